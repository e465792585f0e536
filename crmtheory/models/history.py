"""Checks on the one frame the models read: one row per customer, with x, t_x, T (and m)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.numerics import Array
from crmtheory.schema import broken

MEANING = {
    "x": "number of repeat purchases",
    "t_x": "age at the last repeat purchase",
    "T": "age at the end of observation",
    "m": "mean spend per repeat purchase",
}


def numeric_columns(frame: pd.DataFrame, columns: Sequence[str]) -> dict[str, Array]:
    """The named columns as float arrays; SchemaError names the missing ones and the ones that are not
    numbers.
    """
    if not isinstance(frame, pd.DataFrame):
        raise SchemaError(
            f"A summary frame with columns {', '.join(columns)} was expected, not {type(frame).__name__}."
        )
    for name in columns:
        if name not in frame.columns:
            meaning = f" ({MEANING[name]})" if name in MEANING else ""
            raise SchemaError(
                unknown("column", name, map(str, frame.columns)) + f' The model needs "{name}"{meaning}.'
            )
        if not pd.api.types.is_numeric_dtype(frame[name]):
            raise SchemaError(f'Column "{name}" must hold numbers, not {frame[name].dtype}.')
    return {name: frame[name].to_numpy(dtype=float, na_value=np.nan) for name in columns}


def counts(frame: pd.DataFrame, column: str) -> Array:
    """For how many customers each row stands: whole numbers of 0 or more; SchemaError else."""
    values = numeric_columns(frame, (column,))[column]
    wrong = ~(np.isfinite(values) & (values >= 0) & (values == np.round(values)))
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        raise SchemaError(
            f'Column "{column}" must say for how many customers each row stands: {wrong.sum():,} of {len(values):,} '
            f"rows have no whole number of 0 or more there, first: {frame.index[i]} ({values[i]:g}). "
            "Leave these rows out."
        )
    return values


def possible_level(level: float) -> float:
    """The lower tail of an interval of this level, such as 0.025 for 0.95."""
    if not 0 < level < 1:
        raise DomainError(f"The level of an interval lies between 0 and 1 (0.95 is usual), not {level}.")
    return (1 - level) / 2


def possible(x: Array, t_x: Array, T: Array) -> None:
    """Refuse histories that cannot be, when arrays are given instead of a frame: DomainError."""
    if np.any(x < 0) or np.any(t_x < 0) or np.any(t_x > T * (1 + 1e-9)) or np.any((x == 0) & (t_x > 0)):
        raise DomainError(
            "Some history is impossible: it must have x >= 0, 0 <= t_x <= T, and t_x = 0 where x = 0 "
            "(x repeat purchases, the last at age t_x, watched until age T)."
        )


def refuse(
    frame: pd.DataFrame, shown: dict[str, Array], rules: Sequence[tuple[str, NDArray[np.bool_], str, str]]
) -> None:
    """SchemaError with every broken rule: how many customers break it, the first of them, and what to do.

    Parameters
    ----------
    shown : the columns to print of the first offender
    rules : column, (n,) who breaks the rule, what they have that they should not, advice
    """
    problems = []
    for column, mask, what, advice in rules:
        if mask.any():
            i = int(np.flatnonzero(mask)[0])
            values = ", ".join(f"{name} = {column_[i]:g}" for name, column_ in shown.items())
            verb = "has" if mask.sum() == 1 else "have"
            found = f"{mask.sum():,} of {len(mask):,} customers {verb} {what}, first: {frame.index[i]} ({values})."
            problems.append((column, f"{found} {advice}"))
    if problems:
        raise broken("The summary", problems)


def history(frame: pd.DataFrame) -> tuple[Array, Array, Array]:
    """x, t_x, T of a summary, checked: whole x ≥ 0, 0 ≤ t_x ≤ T, t_x = 0 exactly when x = 0, nothing missing.

    Raises
    ------
    SchemaError : every broken rule with the number of rows and the first of them

    >>> history(pd.DataFrame({"x": [-1], "t_x": [0.0], "T": [4.0]}, index=["Ann"]))
    Traceback (most recent call last):
    crmtheory.errors.SchemaError: The summary breaks 1 rule.
      x           1 of 1 customers has x below 0 or not whole, first: Ann (x = -1, t_x = 0, T = 4). x counts
      purchases.
    """
    got = numeric_columns(frame, ("x", "t_x", "T"))
    x, t_x, T = got["x"], got["t_x"], got["T"]
    slack = 1e-9 * np.maximum(1.0, np.abs(T))  # a division of days by 7 may leave the last digit different
    count, age = "x counts purchases.", "Ages count from the customer's first purchase."
    late = (
        "The last purchase cannot come after the end of observation: check units, and the end of observation."
    )
    rules = [
        ("x", ~np.isfinite(x), "no usable x", "Leave out or mend these customers first."),
        ("x", np.isfinite(x) & ((x < 0) | (x != np.round(x))), "x below 0 or not whole", count),
        ("t_x", ~np.isfinite(t_x) | (t_x < 0), "no usable t_x, or one below 0", age),
        ("T", ~np.isfinite(T) | (T < 0), "no usable T, or one below 0", age),
        ("t_x", t_x > T + slack, "t_x above T", late),
        ("t_x", (x == 0) & (t_x > 0), "t_x above 0 but no repeat purchase", "With x = 0, t_x must be 0."),
        ("t_x", (x > 0) & (t_x == 0), "repeat purchases at age 0", "Merge purchases of the same day first."),
    ]
    refuse(frame, got, rules)
    return x, np.minimum(t_x, T), T
