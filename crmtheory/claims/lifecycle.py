"""Tests of the claims on the customer lifecycle. The tables come from `crmtheory.lifecycle`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from crmtheory.claims.resampling import LEAST, RESAMPLES, Estimate, Tests, first_row
from crmtheory.errors import DomainError
from crmtheory.evaluation.auc import auc
from crmtheory.holdout import share_with_interval
from crmtheory.large import drawn, rescaled
from crmtheory.lifecycle.contracts import hardening
from crmtheory.numerics import Array

Codes = NDArray[np.intp]


def _spread_between_stages(data: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    """ε² of Kruskal & Wallis (1952), adjusted for the number of stages: (H − k + 1) / (n − k), the share of the
    variance of ranks that lies between stages.

    Bootstrap over customers, whose draws are shifted by the bias that resampling adds once more. Only the weights of
    the distinct amounts change, so they are sorted once.
    """
    group, names = pd.factorize(data["stage"])
    spend = data["next_spend"].to_numpy(float)
    n, k = len(data), len(names)
    if k < 2 or np.ptp(spend) == 0 or n < LEAST + k:
        different = len(np.unique(spend))
        raise DomainError(
            f"{n} customers in {k} stages with {different} different amounts: nothing to tell apart"
        )
    estimate, rows = _share_between(group, spend, k)(np.ones(n)), drawn(n, rng)
    some = slice(None) if rows is None else rows
    share, m = _share_between(group[some], spend[some], k), len(group[some])
    picks = (np.bincount(rng.integers(0, m, m), minlength=m).astype(float) for _ in range(RESAMPLES))
    draws = np.array([share(pick) for pick in picks])
    if rows is None:
        low, high = np.nanquantile(draws, [0.025, 0.975]) - (k - 1) / (n - k)
    else:
        around = rescaled(draws - (k - 1) / (m - k), share(np.ones(m)), estimate, m, n)
        low, high = np.nanquantile(around, [0.025, 0.975])
    return estimate, float(low), float(high)


def _share_between(group: Codes, spend: Array, k: int) -> Callable[[Array], float]:
    """ε² of customers in k groups as a function of how often each is drawn; the amounts are sorted once."""
    value, level = np.unique(spend, return_inverse=True)
    n = len(spend)

    def share(weights: Array) -> float:
        tied = np.bincount(level, weights, len(value))
        rank = (np.cumsum(tied) - (tied - 1) / 2)[level]
        size = np.bincount(group, weights, k)
        mean = np.bincount(group, weights * rank, k) / np.where(size > 0, size, 1)
        middle = (n + 1) / 2
        total = float(weights @ (rank - middle) ** 2)
        plain = float(size @ (mean - middle) ** 2) / total if total > 0 else np.nan
        return 1 - (1 - plain) * (n - 1) / (n - k)

    return share


def _warning(data: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    return first_row(auc(data["risk"], data["silent"] > 0))


def _lead_score(data: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    return first_row(auc(data["score"], data["converted"] > 0))


def _share_returned(data: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    return share_with_interval(data["returned"] > 0)


def _hardening(data: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    """Retention in year 5 less that in year 1; the rows are years 1, 2, …"""
    if not (data.index == np.arange(len(data)) + data.index[0]).all():
        raise DomainError("a year is missing in the table of contracts")
    return *first_row(hardening(data)), int(data["there"].iloc[0])


def _hump(data: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    """Spend in the middle third of life less the larger of both ends, over the mean.

    That is the smaller of two ratios of means, one for each end. Each has the interval of Fieller (1954, J. R. Statist.
    Soc. B 16, 175–185) over customers, and the limits are the smaller of both: the middle lies above both ends only if
    it lies above each. Where θ is 0 this is the t test of the difference, which a few very large customers mislead less
    than percentiles of resamples.
    """
    thirds = data[["first", "middle", "last"]].to_numpy()
    if len(data) < LEAST or not thirds.sum() > 0:
        raise DomainError(
            f"only {len(data)} customers whose relationship is over bought between the first and the last purchase"
        )
    first, middle, last = thirds.T
    mean = thirds.mean(axis=1)
    low, high = zip(*(_fieller(middle - end, mean) for end in (first, last)), strict=True)
    estimate = (middle.mean() - max(first.mean(), last.mean())) / mean.mean()
    return float(estimate), min(low), min(high)


def _fieller(above: Array, below: Array) -> tuple[float, float]:
    """95 % limits of mean(above) / mean(below) of pairs: all θ for which the mean of above − θ · below is not clearly
    different from 0.
    """
    n = len(above)
    errors = np.cov(above, below) / n * stats.t.ppf(0.975, n - 1) ** 2
    a = below.mean() ** 2 - errors[1, 1]
    if not a > 0:
        raise DomainError(
            f"the {n} customers whose relationship is over spend so differently that not even their mean is known"
        )
    b, c = above.mean() * below.mean() - errors[0, 1], above.mean() ** 2 - errors[0, 0]
    half = np.sqrt(max(b**2 - a * c, 0.0))
    return float((b - half) / a), float((b + half) / a)


TESTS: Tests = {
    "LIF-1": (("stage", "next_spend"), _spread_between_stages),
    "LIF-2": (("risk", "silent"), _warning),
    "LIF-3": (("returned",), _share_returned),
    "LIF-4": (("there", "left"), _hardening),
    "LIF-5": (("first", "middle", "last"), _hump),
    "LIF-6": (("score", "converted"), _lead_score),
}
