"""What the questions on loyalty share: checks of answers, of yes and no, of customers. Intervals: see `weighted`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crmtheory.errors import DomainError, SchemaError
from crmtheory.numerics import Array
from crmtheory.survey.complete import Complete, complete


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
    """True and False, or 1 and 0, as booleans.

    >>> yes_no(pd.Series([1, 0, 1]), "Bought").tolist()
    [True, False, True]
    """
    values = numbers(pd.Series(happened), what)
    bad = (values != 0) & (values != 1)
    if bad.any():
        raise SchemaError(
            f"{what} must be True or False (1 or 0); {bad.sum():,} of {len(values):,} are not, first: "
            f"{values[bad.argmax()]:g}. From a number of purchases make it with `> 0`."
        )
    return values == 1


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


def share_from_0_to_1(value: float, what: str, *, open_: bool = False) -> float:
    inside = 0 < value < 1 if open_ else 0 <= value <= 1
    if not inside:
        raise DomainError(f"{what} is a share between 0 and 1, not {value:g}.")
    return float(value)
