"""How many answers are needed to see a change: closed forms for two samples of equal size.

Notation: Δ the change to be seen, V the variance of one answer, z quantiles of the normal; per period

    n = (z₁₋α/₂ + z_power)² (V_before + V_after) / Δ².

The other side of the formula is often the news: a team that collects 100 answers a month cannot see a change of 5
points, whatever the dashboard shows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.numerics import Array
from crmtheory.satisfaction.checked import answered
from crmtheory.satisfaction.measures import csat, nps
from crmtheory.survey.complete import checked_level

MEASURES = ("nps", "mean", "top")


def nps_sample_size(
    difference: float, promoters: float, detractors: float, power: float = 0.8, level: float = 0.95
) -> int:
    """Answers per period that show a change of the net promoter score of so many points.

    Parameters
    ----------
    difference : points, such as 5; its sign does not matter
    promoters, detractors : shares; the spread is taken to stay as it is
    power : chance of seeing the change when it is there

    Raises
    ------
    SchemaError : shares or chances out of range
    DomainError : no change to be seen, or no spread

    >>> nps_sample_size(10, promoters=0.5, detractors=0.2)
    958
    """
    for name, share in (("promoters", promoters), ("detractors", detractors)):
        _checked_share(share, name)
    if promoters + detractors > 1:
        raise SchemaError(
            f"Promoters and detractors are shares of the same people: {promoters:g} and {detractors:g} add up to "
            "more than 1."
        )
    spread = promoters + detractors - (promoters - detractors) ** 2
    return _needed(difference / 100, 2 * spread, power, level)


def csat_sample_size(
    difference: float,
    *,
    sd: float | None = None,
    share: float | None = None,
    power: float = 0.8,
    level: float = 0.95,
) -> int:
    """Answers per period that show a change of mean satisfaction (give `sd`) or of the share satisfied (`share`).

    Parameters
    ----------
    difference : in points of the scale for the mean; as a share, with its sign, for the top box (−0.03: three points
        lower)
    sd : standard deviation of one answer; share : share of satisfied now

    >>> csat_sample_size(0.1, sd=0.8), csat_sample_size(-0.03, share=0.82)
    (1005, 2735)
    """
    if (sd is None) == (share is None):
        raise SchemaError("Give either sd (for a change of the mean) or share (for a change of the top box).")
    if sd is not None:
        if not sd >= 0:
            raise SchemaError(f"sd is a standard deviation, 0 or more; it is {sd:g}.")
        return _needed(difference, 2 * sd**2, power, level)
    now = _checked_share(float(share or 0.0), "share")
    later = now + difference
    if not 0 <= later <= 1:
        raise DomainError(
            f"A share of {now:g} cannot change by {difference:g}: it would be {later:g}. Ask for a smaller change, or "
            "for one in the other direction."
        )
    return _needed(difference, now * (1 - now) + later * (1 - later), power, level)


def sample_sizes(
    ratings: pd.Series,
    differences: Sequence[float],
    measure: str = "nps",
    *,
    satisfied: float = 4,
    weights: pd.Series | None = None,
    power: float = 0.8,
    level: float = 0.95,
) -> pd.DataFrame:
    """Answers per period for several changes, with the spread of the ratings at hand.

    Weighted answers tell less than equally weighted ones: with weights, the answers needed are raised by
    n / n_effective of the ratings at hand (Kish 1965).

    Parameters
    ----------
    measure : "nps" (differences in points), "mean" (in points of the scale) or "top" (as shares, with sign)

    Returns
    -------
    frame: difference, answers (float, whole)

    >>> sample_sizes(pd.Series([10.0, 9.0, 8.0, 3.0] * 10), [5, 10])
       difference  answers
    0         5.0   4317.0
    1        10.0   1080.0
    """
    if measure not in MEASURES:
        raise SchemaError(unknown("measure", measure, MEASURES))
    found = answered(ratings, weights, "The sample size")
    if measure == "nps":
        row = nps(ratings, weights).iloc[0]
        needed = [nps_sample_size(d, row["promoters"], row["detractors"], power, level) for d in differences]
    elif measure == "mean":
        sd = _sd(found.values[:, 0], found.weights)
        needed = [csat_sample_size(d, sd=sd, power=power, level=level) for d in differences]
    else:
        share = float(csat(ratings, satisfied, weights).loc["top", "estimate"])
        needed = [csat_sample_size(d, share=share, power=power, level=level) for d in differences]
    more = len(found) / found.n_effective
    answers = np.ceil(np.asarray(needed, float) * more - 1e-9)
    return pd.DataFrame({"difference": np.asarray(differences, float), "answers": answers})


def _sd(values: Array, weights: Array) -> float:
    n, mean = len(values), weights @ values / weights.sum()
    return float(np.sqrt(weights @ (values - mean) ** 2 / weights.sum() * n / max(n - 1, 1)))


def _needed(difference: float, spread: float, power: float, level: float) -> int:
    checked_level(level)
    if not 0 < power < 1:
        raise SchemaError(f"power is a chance between 0 and 1, such as 0.8; it is {power:g}.")
    if not np.isfinite(difference) or difference == 0:
        raise DomainError(
            "No number of answers shows a change of nothing. Name the smallest change that would matter."
        )
    if spread == 0:
        raise DomainError(
            "All answers are alike, so the formula would ask for none. Take the spread from another survey."
        )
    z = stats.norm.ppf(0.5 + level / 2) + stats.norm.ppf(power)
    return max(2, int(np.ceil(z**2 * spread / difference**2 - 1e-9)))


def _checked_share(share: float, name: str) -> float:
    if not 0 <= share <= 1:
        raise SchemaError(f"{name} is a share between 0 and 1; it is {share:g}.")
    return share
