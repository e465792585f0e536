"""Tables that leave the house: groups of few customers masked, and no text that a spreadsheet would run."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError
from crmtheory.schema import absent, broken

HIDDEN = "hidden"  # in place of a count of k or more that would give a smaller one away
FORMULA = re.compile(r"[\s\x00-\x1f\u200b\ufeff]*[=+\-@＝＋－＠]|[\s\u200b\ufeff]*[\t\r]")
NUMBER = re.compile(r" *[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)? *")
TEXT_KINDS = {"string", "bytes", "mixed", "empty", "categorical"}


def mask_small(
    table: pd.DataFrame,
    count: str,
    k: int = 5,
    columns: Sequence[str] | None = None,
    *,
    zeros: bool = False,
) -> pd.DataFrame:
    """Hide the rows of a table that stand for fewer than `k` customers.

    The count of such a row becomes "<k", and its other numbers become missing. Who knows the total could
    subtract the counts that are shown. So the next smallest counts become "hidden", with their numbers, as
    long as just one row is masked, or as the total leaves a single possible value for a masked count; when
    no positive count is left to hide, there is nothing more to do. Leave rows of totals out of the table.

    Parameters
    ----------
    table : one row for each group, (rows, columns)
    count : the column of counts of customers, whole numbers of 0 or more
    k : the smallest group that is shown, at least 2. With 2, "<2" itself says 1.
    columns : the columns to empty in masked rows; by default all of numbers, truth values, dates and
        durations, since those of a single customer tell about that customer
    zeros : True masks counts of 0 too. By default they stay: a zero tells that nobody is there.

    Returns
    -------
    DataFrame : a copy. When a row is masked, the column of counts holds whole numbers and text, and columns
        of integers become those that can be missing (Int64).

    Raises
    ------
    SchemaError : a column is not there, or counts are missing, negative or not whole
    DomainError : k is not a whole number of at least 2

    >>> mask_small(pd.DataFrame({"n": [40, 3, 9], "spend": [10.0, 20.0, 30.0]}), "n")
            n  spend
    0      40   10.0
    1      <5    NaN
    2  hidden    NaN
    """
    if isinstance(k, bool) or not isinstance(k, int | np.integer) or k < 2:
        raise DomainError(f"k must be a whole number of at least 2, not {k!r}: below that nothing is hidden.")
    wanted = [(count, "count"), *((column, "columns") for column in columns or ())]
    problems = [one for column, role in wanted for one in absent({role: column}, list(table.columns))]
    if problems:
        raise broken("the table to mask", problems)
    counts = _counts(table[count], count)
    small = (counts < k) & ((counts > 0) | zeros)
    if not small.any():
        return table.copy()
    hidden = _also(counts, small, k, 0 if zeros else 1)
    shown = np.array([int(number) for number in counts], dtype=object)
    shown[small], shown[hidden] = f"<{k}", HIDDEN
    masked = small | hidden
    result = table.copy()
    for position, column in enumerate(table.columns):
        values = table.iloc[:, position]  # by position, since two columns may have one name
        if column != count and (_measured(values) if columns is None else column in columns):
            result.isetitem(position, _emptied(values, masked))
    result[count] = pd.Series(shown, index=table.index, dtype=object)
    return result


def disarm(frame: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before all text that a spreadsheet would run as a formula.

    That is text which begins with = + - @, their forms of full width ＝＋－＠, a tab or a carriage return, also
    after spaces. It is looked for in cells, categories, the index, and the names of columns and index. Text
    that is a plain number, such as "-5.30" or "+49", stays: a spreadsheet reads a number and runs nothing.
    Disarming twice changes nothing more.

    Returns
    -------
    DataFrame : a copy with the same shape and order

    >>> disarm(pd.DataFrame({"=name": ["=1+1", "-5.30", "Ann"]}))["'=name"].to_list()
    ["'=1+1", '-5.30', 'Ann']
    """
    safe = frame.copy()
    for position in range(frame.shape[1]):
        column = frame.iloc[:, position]
        disarmed = _disarmed_column(column)
        if disarmed is not column:
            safe.isetitem(position, disarmed)
    safe.index, safe.columns = _disarmed_index(frame.index), _disarmed_index(frame.columns)
    return safe


def _counts(column: pd.Series, name: str) -> np.ndarray:
    """The counts as whole numbers; (rows,) float, exact up to 2^53."""
    texts = pd.api.types.is_object_dtype(column.dtype) or pd.api.types.is_numeric_dtype(column.dtype)
    numbers = pd.to_numeric(column, errors="coerce") if texts else pd.Series(np.nan, index=column.index)
    values = numbers.to_numpy(dtype="float64", na_value=np.nan)
    wrong = ~((values >= 0) & (values == np.floor(values)) & np.isfinite(values))
    if wrong.any():
        first = int(wrong.argmax())
        sentence = (
            f"must hold whole numbers of 0 or more: {int(wrong.sum()):,} of {len(values):,} rows do not, first: "
            f"row {first + 1}, {column.iloc[first]!r}. Usual causes: a missing count that means 0, which "
            "fillna(0) says, or a table that is masked already."
        )
        raise broken("the table to mask", [(name, sentence)])
    return values


def _also(counts: np.ndarray, small: np.ndarray, k: int, least: int) -> np.ndarray:
    """The rows to hide so that nobody who knows the total and these rules finds a masked count."""
    candidates = np.flatnonzero(~small & (counts > 0))
    order = candidates[np.argsort(counts[candidates], kind="stable")]
    hidden = np.zeros(len(counts), dtype=bool)
    for row, number in enumerate(order):
        # the hidden ones are the smallest, so none is larger than the smallest that is shown
        if not _given_away(counts, small, hidden, k, least, largest=counts[number]):
            break
        hidden[order[row]] = True
    return hidden


def _given_away(
    counts: np.ndarray, small: np.ndarray, hidden: np.ndarray, k: int, least: int, largest: float
) -> bool:
    """Whether the sum of what is masked leaves only one value for each count below k."""
    n_small, n_hidden = int(small.sum()), int(hidden.sum())
    if n_small + n_hidden == 1:
        return True
    total = counts[small | hidden].sum()
    low = total - (n_small - 1) * (k - 1) - n_hidden * largest
    high = total - (n_small - 1) * least - n_hidden * k
    return max(least, math.ceil(low)) >= min(k - 1, high) and least < k - 1


def _measured(column: pd.Series) -> bool:
    """Numbers, truth values, dates and durations, but neither text nor categories."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return False
    return pd.api.types.infer_dtype(column, skipna=True) not in TEXT_KINDS


def _emptied(column: pd.Series, masked: np.ndarray) -> pd.Series:
    kind: Any = column.dtype
    if isinstance(kind, np.dtype) and kind.kind in "iub":  # these cannot be missing
        column = column.astype("boolean" if kind.kind == "b" else "UInt64" if kind.kind == "u" else "Int64")
    return column.mask(pd.Series(masked, index=column.index))


def _disarmed(value: Any) -> Any:
    runs = isinstance(value, str) and FORMULA.match(value) and not NUMBER.fullmatch(value)
    return f"'{value}" if runs else value


def _disarmed_column(column: pd.Series) -> pd.Series:
    """The column itself when nothing in it runs."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        names = column.cat.categories
        safe = [_disarmed(name) for name in names]
        if safe == list(names):
            return column
        # two categories may have become one: "=x" and "'=x"
        same = len(set(safe)) == len(safe)
        return column.cat.rename_categories(safe) if same else column.astype(object).map(_disarmed)
    if not (column.dtype == object or pd.api.types.is_string_dtype(column.dtype)):
        return column
    return column.map(_disarmed, na_action="ignore").astype(column.dtype)


def _disarmed_index(index: pd.Index) -> pd.Index:
    """The index with its names and values disarmed; one of numbers or dates keeps its type."""
    names = [_disarmed(name) for name in index.names]
    if isinstance(index, pd.MultiIndex):
        levels = [
            _disarmed_column(index.get_level_values(level).to_series(index=range(len(index))))
            for level in range(index.nlevels)
        ]
        return pd.MultiIndex.from_arrays(levels, names=names)
    column = index.to_series(index=range(len(index)))
    safe = _disarmed_column(column)
    return index.rename(names[0]) if safe is column else pd.Index(safe, name=names[0])
