"""What the questions on loyalty share: checks of answers, of yes and no, of customers. Intervals: see `weighted`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crmtheory.errors import DomainError, SchemaError
from crmtheory.numerics import Array
from crmtheory.survey.answers import BLANKS, number, plain
from crmtheory.survey.complete import Complete, complete

# As `survey.answers.plain` writes them: without capitals, outer spaces and full-width letters.
YES, NO = ("true", "yes", "y", "是"), ("false", "no", "n", "否")


def two_answers(
    first: pd.Series, second: pd.Series, weights: pd.Series | None, names: tuple[str, str], **asked: Any
) -> Complete:
    """Those who gave both answers, in an order that does not depend on that of the rows.

    Raises
    ------
    SchemaError : answers of different respondents, or no numbers; bad weights
    DomainError : too few
    """
    for what, series in zip(names, (first, second), strict=True):
        if not isinstance(series, pd.Series):
            raise SchemaError(f"{what} must be a pandas Series, not {type(series).__name__}.")
    same_customers(first, second, names)
    columns = dict(zip(names, (as_numbers(first), as_numbers(second)), strict=True))
    found = complete(pd.DataFrame(columns, index=first.index), names, weights, constant=True, **asked)
    order = np.lexsort((found.weights, *found.values.T[::-1]))
    return Complete(found.values[order], found.weights[order], found.index[order], found.items)


def as_numbers(series: pd.Series) -> Any:
    """Numbers as floats with NaN; anything else as it is, for the caller to refuse."""
    if pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series):
        return series.astype("Float64").to_numpy(float, na_value=np.nan)
    return series.to_numpy()


def numbers(series: pd.Series, what: str, missing: bool = False) -> Array:
    """Numbers of customers, complete unless `missing`."""
    if not isinstance(series, pd.Series):
        raise SchemaError(f"{what} must be a pandas Series, not {type(series).__name__}.")
    values = as_numbers(series)
    if len(series) and values.dtype.kind != "f":
        raise SchemaError(f"{what} must be numbers, not {series.dtype}, first: {series.iloc[0]!r}.")
    values = values.astype(float)
    bad = np.isinf(values) if missing else ~np.isfinite(values)
    if bad.any():
        raise SchemaError(
            f"{what}: {bad.sum():,} of {len(values):,} numbers are missing or infinite, first: "
            f"{series.index[bad.argmax()]}. Leave these customers out, or say what they have."
        )
    return values


def yes_no(happened: Any, what: str) -> NDArray[np.bool_]:
    """Yes and no as booleans: 1 and 0, True and False, yes and no, y and n, 是 and 否, whatever their capitals.

    Raises
    ------
    SchemaError : anything else, also a blank: who was not asked has not said no

    >>> yes_no(pd.Series([1, 0, 1]), "Bought").tolist(), yes_no(["Yes", " n ", "是"], "Bought").tolist()
    ([True, False, True], [True, False, True])
    """
    series = pd.Series(happened)
    plain_numbers = pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series)
    values = as_numbers(series) if plain_numbers else np.array([_meant(value) for value in series], float)
    bad = (values != 0) & (values != 1)
    if bad.any():
        place, n = int(bad.argmax()), int(bad.sum())
        raise SchemaError(
            f"{what}: {n:,} of {len(values):,} values {'is' if n == 1 else 'are'} neither yes nor no, first: "
            f"{_shown(series.iloc[place])} (row {series.index[place]}). Allowed are 1 and 0, True and False, yes and "
            "no, y and n, 是 and 否. Write one of them in every row; a number of purchases becomes 1 where it is above "
            "0."
        )
    return values == 1


def stored_numbers(series: pd.Series, what: str, step: str) -> pd.Series:
    """Numbers that a file holds as text, as numbers; blanks are missing.

    Raises
    ------
    SchemaError : texts that are no numbers, and dates; it ends with the next `step`

    >>> stored_numbers(pd.Series(["2", " 10 ", ""]), "period", "").tolist()
    [2.0, 10.0, nan]
    """
    if pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series):
        return series
    found = [_number(value) for value in series]
    bad = np.array([value is None for value in found], bool)
    if bad.any():
        place, n = int(bad.argmax()), int(bad.sum())
        raise SchemaError(
            f"{what}: {n:,} of {len(series):,} values {'is no number' if n == 1 else 'are no numbers'}, first: "
            f"{_shown(series.iloc[place])} (row {series.index[place]}). {step}"
        )
    return pd.Series(np.array(found, float), series.index)


def from_0_to_10(ratings: Array, index: pd.Index) -> None:
    """Refuse ratings that are none: codes such as 99 for "don't know" would count as promoters."""
    bad = (ratings < 0) | (ratings > 10)
    if bad.any():
        raise SchemaError(
            f"Ratings of the willingness to recommend lie between 0 and 10; {bad.sum():,} of {len(ratings):,} do not, "
            f"first: {ratings[bad.argmax()]:g} (respondent {index[bad.argmax()]}). Codes such as 99 mean that nothing "
            "was said: make them missing."
        )


def same_customers(first: pd.Series, second: pd.Series, names: tuple[str, str]) -> None:
    if not first.index.equals(second.index):
        raise SchemaError(
            f"{names[0]} and {names[1]} must have the same index, one row per customer in the same order; they have "
            f"{len(first):,} and {len(second):,} rows. Join them on the customer first."
        )


def _meant(value: Any) -> float:
    """1 for yes, 0 for no, NaN for anything else."""
    text = plain(value) if isinstance(value, str) else ""
    if text in YES or text in NO:
        return float(text in YES)
    found = _number(value)
    return np.nan if found is None else found


def _number(value: Any) -> float | None:
    """NaN where nothing was written, None where it is no number."""
    if isinstance(value, str):
        return np.nan if plain(value) in BLANKS else number(value)
    if value is None or value is pd.NA or value is pd.NaT:
        return np.nan
    return float(value) if isinstance(value, (int, float, np.number, np.bool_)) else None


def _shown(value: Any) -> str:
    """A value as a reader finds it in the file."""
    found = _number(value)
    if found is None:
        return f'"{value}"'
    return "a blank" if np.isnan(found) else f"{found:g}"


def share_from_0_to_1(value: float, what: str, *, open_: bool = False) -> float:
    inside = 0 < value < 1 if open_ else 0 <= value <= 1
    if not inside:
        raise DomainError(f"{what} is a share between 0 and 1, not {value:g}.")
    return float(value)
