"""Tests of the claims on customer satisfaction. Rows come from `crmtheory.survey`."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from crmtheory.claims.resampling import LEAST, ROW, Estimate, Tests, given_row
from crmtheory.errors import DomainError


def _promoters_among(data: pd.DataFrame, rng: np.random.Generator) -> Estimate:
    """Share of promoters among the satisfied less that among the others.

    `weight` is the survey weight of each respondent (1 where there is none). With weights a group counts as Kish's
    effective number of respondents, (Σw)² / Σw². The interval is that of Agresti & Caffo (2000, American Statistician
    54): one respondent more of each kind in both groups, so that a share of 0 or 1 is not taken as certain.
    """
    means, centres, variances = [], [], []
    for satisfied in (1, 0):
        part = data[(data["satisfied"] == satisfied) & (data["weight"] > 0)]
        who = "satisfied" if satisfied else "not satisfied"
        if len(part) < LEAST:
            raise DomainError(f"{len(part)} respondents are {who}: too few to tell how many recommend")
        share = part["weight"] / part["weight"].sum()
        mean = float(share @ part["promoter"])
        n = part["weight"].sum() ** 2 / (part["weight"] ** 2).sum()
        adjusted = (n * mean + 1) / (n + 2)
        means.append(mean)
        centres.append(adjusted)
        variances.append(adjusted * (1 - adjusted) / (n + 2))
    centre, half = centres[0] - centres[1], stats.norm.ppf(0.975) * np.sqrt(sum(variances))
    return means[0] - means[1], max(centre - half, -1.0), min(centre + half, 1.0), len(data)


TESTS: Tests = {
    "SAT-1": (ROW, given_row),  # `survey.drivers.lead` of quality
    "SAT-2": (ROW, given_row),  # the total effect of expectations in `survey.path.bootstrap`
    "SAT-3": (ROW, given_row),  # the row of complaint handling in `survey.drivers.linear`
    "SAT-4": (ROW, given_row),  # `survey.drivers.largest_asymmetry`
    "SAT-5": (("satisfied", "promoter", "weight"), _promoters_among),
}
