"""Tests of the claims on customer value."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from crmtheory import concentration
from crmtheory.claims.resampling import RESAMPLES, ROW, Estimate, Tests, bootstrap, first_row, given_row
from crmtheory.errors import DomainError
from crmtheory.large import LARGE
from crmtheory.numerics import Array

Z = float(stats.norm.ppf(0.975))


def _top_share_of_revenue(data: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    return first_row(
        concentration.with_interval("top_share", data["revenue"], rng, at=0.2, resamples=RESAMPLES)
    )


def _capture_gain(data: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    """Part of holdout revenue held by the top 20 % by CLV, less that by past spend; each resample ranks its
    own customers.
    """
    outcome = data["holdout_revenue"].to_numpy()
    by_clv, by_past = (
        np.unique(-data[name].to_numpy(), return_inverse=True)[1] for name in ("clv", "past_spend")
    )

    def gain(rows: NDArray[np.intp]) -> float:
        later = outcome[rows]
        if not later.sum() > 0:  # a resample without any buyer has no top
            return np.nan
        return _captured(by_clv[rows], later) - _captured(by_past[rows], later)

    if not outcome.sum() > 0:
        raise DomainError("no revenue in the holdout, so nothing to capture")
    if len(data) < LARGE:
        return bootstrap(gain, len(data), rng)
    estimate = gain(np.arange(len(data)))  # a sample of so many would miss the few who hold most
    apart = _influence(by_clv, outcome) - _influence(by_past, outcome)
    spread = float(np.std(apart)) / math.sqrt(len(data))
    return estimate, estimate - Z * spread, estimate + Z * spread


def _captured(place: NDArray[np.intp], outcome: Array, share: float = 0.2) -> float:
    """`concentration.captured` by places that were made before (0 the best): nothing is sorted again."""
    held = np.bincount(place, outcome)
    cut, part = _cut(np.bincount(place), share)
    return float((held[:cut].sum() + part * held[cut]) / outcome.sum())


def _cut(customers: NDArray[np.intp], share: float) -> tuple[int, float]:
    """The place at which the top ends, and which part of the customers there is in it."""
    size, upto = share * customers.sum(), np.cumsum(customers)
    cut = min(int(np.searchsorted(upto, size)), len(upto) - 1)
    return cut, float((size - upto[cut] + customers[cut]) / customers[cut])


def _influence(place: NDArray[np.intp], outcome: Array, share: float = 0.2) -> Array:
    """What each customer adds to `_captured`: its influence function, whose standard deviation over √n is the error.

    With y the outcome, S the share held and c the mean outcome at the place of the cut, it is
    ((y − c) · top + c · share − S · y) / mean(y).
    """
    customers = np.bincount(place)
    upto, n = np.cumsum(customers), len(place)
    cut, part = _cut(customers, share)
    top = np.where(place < cut, 1.0, np.where(place == cut, part, 0.0))
    near = (np.abs(upto - customers / 2 - share * n) <= 0.01 * n)[place] | (place == cut)
    at_cut = outcome[near].mean()
    held = _captured(place, outcome, share)
    influence: Array = ((outcome - at_cut) * top + at_cut * share - held * outcome) / outcome.mean()
    return influence


def _spearman(data: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    """Spearman's rank correlation of x and m among those who bought again, interval of Bonett & Wright (2000,
    Psychometrika 65).
    """
    used = data[(data["x"] > 0) & (data["m"] > 0)]
    n = len(used)
    if n < 10 or used["x"].nunique() == 1 or used["m"].nunique() == 1:
        raise DomainError(
            f"only {n} customers with repeat spend, or no spread in it: too few for a rank correlation"
        )
    rho = float(stats.spearmanr(used["x"], used["m"]).statistic)
    half = stats.norm.ppf(0.975) * math.sqrt((1 + rho**2 / 2) / (n - 3))
    centre = math.atanh(min(max(rho, -1 + 1e-12), 1 - 1e-12))
    return rho, math.tanh(centre - half), math.tanh(centre + half)


TESTS: Tests = {
    "VAL-1": (("revenue",), _top_share_of_revenue),
    "VAL-2": (("clv", "past_spend", "holdout_revenue"), _capture_gain),
    "VAL-3": (ROW, given_row),
    "VAL-4": (ROW, given_row),
    "VAL-5": (("x", "m"), _spearman),
}
