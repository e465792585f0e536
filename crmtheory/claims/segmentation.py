"""Tests of the claims on customer segmentation. The tables come from `crmtheory.segmentation`."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from statsmodels.stats.proportion import confint_proportions_2indep

from crmtheory.claims.resampling import Estimate, Tests, bootstrap
from crmtheory.errors import DomainError
from crmtheory.holdout import share_with_interval

LEAST = 10  # customers below which no interval by resampling is worth showing


def _log_ratio(data: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    """Logarithm of mean later value, class "high" against class "low"; bootstrap over customers."""
    values = data["later_value"].to_numpy()
    high, low = (data["value_class"].to_numpy() == name for name in ("high", "low"))
    if high.sum() < LEAST or low.sum() < LEAST:
        raise DomainError(f"{high.sum()} customers are in class high and {low.sum()} in class low: too few")

    def ratio(rows: NDArray[np.int64]) -> float:
        picked = values[rows]
        above, below = picked[high[rows]], picked[low[rows]]
        if not (len(above) and len(below) and above.mean() > 0 and below.mean() > 0):
            return np.nan
        return float(np.log(above.mean() / below.mean()))

    if not np.isfinite(ratio(np.arange(len(values)))):
        raise DomainError("a class brought nothing later, so there is no ratio")
    return bootstrap(ratio, len(values), rng)


def _stays_high(data: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    high = data["before"] == "high"
    if not high.any():
        raise DomainError("nobody was in class high in the first year")
    return *share_with_interval(data.loc[high, "after"] == "high"), int(high.sum())


def _active_against_silent(data: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    """Share who buy next among the active less that among the silent, Newcombe's (1998) interval."""
    came = data["bought"] > 0
    active, silent = (came[data["activity"] == name] for name in ("active", "silent"))
    if not (len(active) and len(silent)):
        raise DomainError(f"{len(active)} customers are active and {len(silent)} silent: nothing to compare")
    low, high = confint_proportions_2indep(
        active.sum(), len(active), silent.sum(), len(silent), method="newcomb"
    )
    return active.mean() - silent.mean(), float(low), float(high), len(active) + len(silent)


def _same_groups(data: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    """A row of `segmentation.stability` with `chance_high` of `no_groups`: the mean adjusted Rand index over bootstrap
    samples, and the middle 95 % of them.
    """
    row = data.iloc[0]
    if row["low"] <= row["chance_high"]:
        raise DomainError(
            "answers without any groups, the same but shuffled, come back about as often as these"
        )
    return row["ari"], row["low"], row["high"], int(row["customers"])


def _gain(data: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    """The row `gain` of `segmentation.policy_profit`."""
    row = data.iloc[0]
    if row["same"] > 0:
        raise DomainError(
            "under these costs and responses the best policy by segment gives everybody the same treatment, so there "
            "is no difference to test"
        )
    return row["estimate"], row["low"], row["high"], int(row["n"])


TESTS: Tests = {
    "SEG-1": (("value_class", "later_value"), _log_ratio),
    "SEG-2": (("before", "after"), _stays_high),
    "SEG-3": (("activity", "bought"), _active_against_silent),
    "SEG-4": (("ari", "low", "high", "customers", "chance_high"), _same_groups),
    "SEG-5": (("estimate", "low", "high", "n", "same"), _gain),
}
