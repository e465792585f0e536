"""Tests of the claims on customer value."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy import stats

from crmtheory import concentration
from crmtheory.claims.resampling import RESAMPLES, ROW, Estimate, Tests, bootstrap, first_row, given_row
from crmtheory.errors import DomainError
from crmtheory.numerics import Array


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

    def gain(rows: Array) -> float:
        later = outcome[rows]
        if not later.sum() > 0:  # a resample without any buyer has no top
            return np.nan
        return _captured(by_clv[rows], later) - _captured(by_past[rows], later)

    if not outcome.sum() > 0:
        raise DomainError("no revenue in the holdout, so nothing to capture")
    return bootstrap(gain, len(data), rng)


def _captured(place: Array, outcome: Array, share: float = 0.2) -> float:
    """`concentration.captured` by places that were made before (0 the best): nothing is sorted again."""
    customers, held = np.bincount(place), np.bincount(place, outcome)
    size, upto = share * len(place), np.cumsum(customers)
    cut = min(int(np.searchsorted(upto, size)), len(upto) - 1)  # the place at which the top ends
    part = (size - upto[cut] + customers[cut]) / customers[cut]
    return float((held[:cut].sum() + part * held[cut]) / outcome.sum())


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
