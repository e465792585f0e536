"""What the tests of the claims share: an estimate with its interval, and the bootstrap over customers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

Estimate = tuple[float, ...]  # θ, low, high and, where it is not the number of rows, the number of customers
Tests = dict[str, tuple[tuple[str, ...], Callable[[pd.DataFrame, np.random.Generator], Estimate]]]

RESAMPLES = 1000  # of the bootstrap
LEAST = 10  # customers below which no interval by resampling is worth showing


def bootstrap(statistic: Callable[[Any], float], n: int, rng: np.random.Generator) -> Estimate:
    """A statistic of row numbers with its bootstrap percentile interval over customers."""
    draws = [statistic(rng.integers(0, n, n)) for _ in range(RESAMPLES)]
    low, high = np.nanquantile(draws, [0.025, 0.975])
    return statistic(np.arange(n)), float(low), float(high)


def first_row(table: pd.DataFrame) -> Estimate:
    """estimate, low and high of a table of one row."""
    row = table.iloc[0]
    return float(row["estimate"]), float(row["low"]), float(row["high"])
