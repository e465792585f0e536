"""What the made-up worlds share: drawing from tables of chances, and checks of what they are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from crmtheory.errors import DomainError, SchemaError
from crmtheory.numerics import Array

Codes = NDArray[np.int64]


def drawn(chances: Array, rows: Codes, rng: np.random.Generator) -> Codes:
    """For each customer a column, drawn by the chances in the customer's row of the table."""
    upto = np.cumsum(chances, axis=1)
    upto[:, -1] = np.inf  # whatever the chances add up to in the last digit
    at = rng.random(len(rows))
    found = np.zeros(len(rows), np.int64)
    for column in upto.T[:-1]:  # few columns, many customers
        found += at >= column[rows]
    return found


def chances(values: Any, what: str) -> Array:
    """Probabilities that add up to 1 (in each row)."""
    table = np.asarray(values, float)
    if not (
        np.isfinite(table).all() and (table >= 0).all() and np.allclose(table.sum(axis=-1), 1, atol=1e-9)
    ):
        raise DomainError(
            f"{what} must be probabilities that add up to 1, not {np.round(table, 6).tolist()}."
        )
    return table


def between_0_and_1(values: ArrayLike, what: str) -> Array:
    found = np.asarray(values, float)
    if not ((found >= 0) & (found <= 1)).all():
        raise DomainError(f"{what} must lie between 0 and 1, unlike {values!r}.")
    return found


def whole(number: Any, what: str, least: int = 1) -> int:
    if isinstance(number, bool) or number != int(number) or number < least:
        raise DomainError(f"The number of {what} must be whole and {least} or more, not {number}.")
    return int(number)


def from_table(values: Any, names: Sequence[Any] | pd.Index) -> pd.Categorical:
    return pd.Categorical.from_codes(values, pd.Index(names), ordered=True)


def square(matrix: Any) -> pd.DataFrame:
    """A table from stage to stage, the columns in the order of the rows."""
    if not isinstance(matrix, pd.DataFrame) or set(matrix.index) != set(matrix.columns) or not len(matrix):
        raise SchemaError(
            "A table with the same stages as rows (from) and columns (to) was expected, such as "
            "pd.DataFrame([[0.9, 0.1], [0, 1]], ['active', 'lost'], ['active', 'lost'])."
        )
    return matrix[matrix.index]
