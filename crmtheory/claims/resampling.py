"""What the tests of the claims share: an estimate with its interval, the bootstrap over customers, and a row of a table
that holds θ and its interval already.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError
from crmtheory.large import drawn, rescaled

Estimate = tuple[float, ...]  # θ, low, high and, where it is not the number of rows, the number of customers
Tests = dict[str, tuple[tuple[str, ...], Callable[[pd.DataFrame, np.random.Generator], Estimate]]]

RESAMPLES = 1000  # of the bootstrap
LEAST = 10  # customers below which no interval by resampling is worth showing


def bootstrap(statistic: Callable[[Any], float], n: int, rng: np.random.Generator) -> Estimate:
    """A statistic of row numbers with its bootstrap percentile interval over customers; of very many, some are
    resampled (see `large`).
    """
    everybody, rows = np.arange(n), drawn(n, rng)
    estimate = statistic(everybody)
    some = everybody if rows is None else rows
    m = len(some)
    draws = np.array([statistic(some[rng.integers(0, m, m)]) for _ in range(RESAMPLES)])
    if rows is not None:
        draws = rescaled(draws, statistic(some), estimate, m, n)
    low, high = np.nanquantile(draws, [0.025, 0.975])
    return estimate, float(low), float(high)


def first_row(table: pd.DataFrame) -> Estimate:
    """estimate, low and high of a table of one row."""
    row = table.iloc[0]
    return float(row["estimate"]), float(row["low"]), float(row["high"])


# What a row needs that is taken as it is: the table was made by the function that the chapter shows.
ROW = ("estimate", "low", "high", "n")


def given_row(data: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    """θ, its interval and the number of customers, as a table of one row gives them.

    Raises
    ------
    DomainError : the table has more rows, so that it is not said which is θ
    """
    if len(data) != 1:
        raise DomainError(f"the table has {len(data)} rows: which of them is meant is not said")
    return *first_row(data), int(data["n"].iloc[0])
