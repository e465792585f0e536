"""Tests of the claims on customer satisfaction. Rows come from `crmtheory.survey`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmtheory.claims.resampling import LEAST, ROW, Estimate, Tests, given_row
from crmtheory.errors import DomainError
from crmtheory.weighted import combined, share_interval


def _promoters_among(data: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    """Share of promoters among the satisfied less that among the others, with Newcombe's interval; `weight` is the
    survey weight of each respondent (1 where there is none).
    """
    found = []
    for satisfied in (1, 0):
        part = data[(data["satisfied"] == satisfied) & (data["weight"] > 0)]
        if len(part) < LEAST:
            who = "satisfied" if satisfied else "not satisfied"
            raise DomainError(f"{len(part)} respondents are {who}: too few to tell how many recommend")
        found.append(share_interval(part["promoter"].to_numpy(), part["weight"].to_numpy()))
    return *combined([1, -1], *zip(*found, strict=True)), len(data)


TESTS: Tests = {
    "SAT-1": (ROW, given_row),  # `survey.drivers.lead` of quality
    "SAT-2": (ROW, given_row),  # the total effect of expectations in `survey.path.bootstrap`
    "SAT-3": (ROW, given_row),  # the row of complaint handling in `survey.drivers.linear`
    "SAT-4": (ROW, given_row),  # `survey.drivers.largest_asymmetry`
    "SAT-5": (("satisfied", "promoter", "weight"), _promoters_among),
}
