"""Checks on the one frame the models read: one row per customer, with x, t_x, T (and m)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from crmtheory.errors import SchemaError, unknown
from crmtheory.numerics import Array

MEANING = {
    "x": "number of repeat purchases",
    "t_x": "age at the last repeat purchase",
    "T": "age at the end of observation",
    "m": "mean spend per repeat purchase",
}


def numeric_columns(frame: pd.DataFrame, columns: Sequence[str]) -> dict[str, Array]:
    """The named columns as float arrays; SchemaError names the missing ones and the ones that are not numbers."""
    if not isinstance(frame, pd.DataFrame):
        raise SchemaError(f"A summary frame with columns {', '.join(columns)} was expected, not {type(frame).__name__}.")
    for name in columns:
        if name not in frame.columns:
            meaning = f" ({MEANING[name]})" if name in MEANING else ""
            raise SchemaError(unknown("column", name, map(str, frame.columns)) + f' The model needs "{name}"{meaning}.')
        if not pd.api.types.is_numeric_dtype(frame[name]):
            raise SchemaError(f'Column "{name}" must hold numbers, not {frame[name].dtype}.')
    return {name: frame[name].to_numpy(dtype=float, na_value=np.nan) for name in columns}


def history(frame: pd.DataFrame) -> tuple[Array, Array, Array]:
    """x, t_x, T of a summary, checked: whole x ≥ 0, 0 ≤ t_x ≤ T, t_x = 0 exactly when x = 0, nothing missing.

    Raises
    ------
    SchemaError : every broken rule with the number of rows and the first of them

    >>> history(pd.DataFrame({"x": [1], "t_x": [9.0], "T": [4.0]}, index=["Ann"]))
    Traceback (most recent call last):
    crmtheory.errors.SchemaError: The summary breaks 1 rule.
      t_x   1 of 1 rows has t_x above T, first: Ann (t_x = 9, T = 4). The last purchase cannot come after the end of
            observation: check that both are in the same unit and that the end is not before the last purchase.
    """
    got = numeric_columns(frame, ("x", "t_x", "T"))
    x, t_x, T = got["x"], got["t_x"], got["T"]
    slack = 1e-9 * np.maximum(1.0, np.abs(T))  # a division of days by 7 may leave the last digit different
    rules = {
        "x": (~np.isfinite(x), "is missing or infinite", "Leave out or mend these customers first."),
        "x ": ((x < 0) | (np.isfinite(x) & (x != np.round(x))), "is negative or not a whole number", "x counts purchases."),
        "t_x": (~np.isfinite(t_x) | (t_x < 0), "is missing, infinite or negative", "Ages count from the first purchase."),
        "T": (~np.isfinite(T) | (T < 0), "is missing, infinite or negative", "Ages count from the first purchase."),
        "t_x ": (
            t_x > T + slack,
            "has t_x above T",
            "The last purchase cannot come after the end of\n        observation: check that both are in the same unit "
            "and that the end is not before the last purchase.",
        ),
        "t_x  ": ((x == 0) & (t_x > 0), "has t_x above 0 without a repeat purchase", "With x = 0, t_x must be 0."),
        "x  ": ((x > 0) & (t_x == 0), "has repeat purchases at age 0", "Merge purchases of the same day first."),
    }
    broken = {name: rule for name, rule in rules.items() if rule[0].any()}
    if broken:
        raise SchemaError(_message(frame, broken, got))
    return x, np.minimum(t_x, T), T


def _message(frame: pd.DataFrame, broken: Mapping[str, tuple], got: Mapping[str, Array]) -> str:
    lines = [f"The summary breaks {len(broken)} rule{'s' if len(broken) > 1 else ''}."]
    for name, (mask, what, advice) in broken.items():
        first = int(np.flatnonzero(mask)[0])
        shown = ["t_x", "T"] if "above T" in what else ["x", "t_x"] if name.strip() != "T" else ["T"]
        values = ", ".join(f"{column} = {got[column][first]:g}" for column in shown)
        lines.append(f"  {name.strip():<5} {mask.sum():,} of {len(mask):,} rows {what}, first: {frame.index[first]} ({values}). {advice}")
    return "\n".join(lines)
