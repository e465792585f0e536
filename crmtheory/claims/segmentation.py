"""Tests of the claims on customer segmentation. The tables come from `crmtheory.segmentation`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmtheory import segmentation
from crmtheory.claims.resampling import LEAST, RESAMPLES, Estimate, Tests, first_row
from crmtheory.errors import DomainError


def _log_ratio(data: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    number = [int((data["value_class"] == name).sum()) for name in ("high", "low")]
    if min(number) < LEAST:
        raise DomainError(f"{number[0]} customers are in class high and {number[1]} in class low: too few")
    table = segmentation.ratio(data["value_class"], data["later_value"], rng, resamples=RESAMPLES)
    return *first_row(table), len(data)


def _stays_high(data: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    if not (data["before"] == "high").any():
        raise DomainError("nobody was in class high in the first year")
    table = segmentation.stays(data["before"], data["after"])
    return *first_row(table), int(table["n"].iloc[0])


def _active_against_silent(data: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    number = [int((data["activity"] == name).sum()) for name in ("active", "silent")]
    if min(number) == 0:
        raise DomainError(f"{number[0]} customers are active and {number[1]} silent: nothing to compare")
    table = segmentation.separation({"rule": data["activity"]}, data["bought"] > 0)
    return *first_row(table), int(table["n"].iloc[0])


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
