"""Profit, which some customers take away: the whale curve and its peak."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from crmtheory.concentration.intervals import percentiles, resampled
from crmtheory.concentration.shares import Counts, finite
from crmtheory.numerics import Array


def whale_curve(profit: ArrayLike, points: int = 201) -> pd.DataFrame:
    """Cumulative profit, most profitable customers first, as a share of what the profitable ones earn together.

    It rises to 1 and falls again by what the customers at the far end lose (Kaplan & Narayanan 2001, who divide by
    the final total instead; that fails when the total is not positive). Columns `customers` and `total`.

    >>> whale_curve([3, 2, -1], points=4)["total"].tolist()
    [0.0, 0.6, 1.0, 0.8]
    """
    ordered = np.sort(finite(profit))[::-1]
    earned = ordered[ordered > 0].sum()
    held = np.concatenate([[0.0], np.cumsum(ordered)]) / (
        earned if earned > 0 else max(np.abs(ordered).sum(), 1.0)
    )
    share = np.linspace(0.0, 1.0, points)
    return pd.DataFrame({"customers": share, "total": np.interp(share, np.linspace(0, 1, len(held)), held)})


def whale(
    profit: ArrayLike, rng: np.random.Generator, *, resamples: int = 1000, level: float = 0.95
) -> pd.DataFrame:
    """The whale curve in three numbers, each with its interval over customers.

    Returns
    -------
    one-row frame; each of the three with `_low` and `_high`
        peak : share of customers at the peak, those who bring a profit (Wilson interval)
        profit_at_peak : what they earn, relative to the total of all; 1 if nobody loses, 1.5 if the others take a
            third of it away again (bootstrap percentiles). NaN without a positive total; `high` is infinite where
            a total of 0 cannot be excluded.
        losing : share of customers who bring a loss (Wilson interval)
        n : customers

    >>> row = whale([3, 2, 0, -1], np.random.default_rng(1), resamples=50).iloc[0]
    >>> row[["peak", "profit_at_peak", "losing"]].tolist()
    [0.5, 1.25, 0.25]
    """
    distinct, counts = np.unique(finite(profit), return_counts=True)
    n, draws = int(counts.sum()), resampled(counts, rng, resamples)
    # What is left of the earnings is never infinite, so its percentiles are taken and then turned round.
    most, least = percentiles(np.array([_left(distinct, drawn) for drawn in draws]), level)
    left = _left(distinct, counts)
    whole = left > 0
    row: dict[str, float] = _share("peak", int(counts[distinct > 0].sum()), n, level)
    row |= {
        "profit_at_peak": 1 / left if whole else np.nan,
        "profit_at_peak_low": 1 / least if whole and least > 0 else np.nan,
        "profit_at_peak_high": (1 / most if most > 0 else np.inf) if whole else np.nan,
    }
    return pd.DataFrame([row | _share("losing", int(counts[distinct < 0].sum()), n, level) | {"n": n}])


def _left(profit: Array, counts: Counts) -> float:
    """What the others leave of the earnings: total / earned, at most 1; NaN if nobody earns anything."""
    earned = float(np.maximum(profit, 0) @ counts)
    return 1 + float(np.minimum(profit, 0) @ counts) / earned if earned > 0 else np.nan


def _share(name: str, happened: int, n: int, level: float) -> dict[str, float]:
    limits = stats.binomtest(happened, n).proportion_ci(level, method="wilson")
    return {name: happened / n, f"{name}_low": float(limits.low), f"{name}_high": float(limits.high)}
