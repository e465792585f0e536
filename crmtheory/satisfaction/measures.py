"""How satisfied are they: CSAT and the net promoter score, with intervals that also hold at the ends of the scale.

Notation: p₊ share of promoters (9, 10), p₋ share of detractors (0 … 6), δ = p₊ − p₋; NPS = 100 δ, in points.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import optimize, stats

from crmtheory.satisfaction.checked import answered
from crmtheory.survey.complete import checked_level
from crmtheory.weighted import effective, mean_interval, share_interval

PROMOTER, DETRACTOR = 9, 6  # Reichheld 2003: 9 and 10 promote, 0 to 6 detract
FARTHEST = 40.0  # standard errors beyond which a p value is 0 in a double


def csat(
    ratings: pd.Series, satisfied: float = 4, weights: pd.Series | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Mean satisfaction and the share of satisfied customers (top box).

    Parameters
    ----------
    ratings : one answer per respondent, NaN where nothing was said; more means better
    satisfied : the rating from which one counts as satisfied (4 on a scale of 1 to 5: top two boxes)
    weights : on the same index; only their ratios matter

    Returns
    -------
    frame, index = measure ("mean", "top"): estimate (points of the scale; share), low, high, n. The mean has a t
    interval, missing where all answers are alike; the share has Wilson's (1927).

    Raises
    ------
    SchemaError : no numbers
    DomainError : nobody answered

    >>> csat(pd.Series([5.0, 4.0, 3.0, 4.0, None])).round(3)
             estimate    low   high  n
    measure
    mean         4.00  2.701  5.299  4
    top          0.75  0.301  0.954  4
    """
    found = answered(ratings, weights, "CSAT")
    values = found.values[:, 0]
    rows = [
        mean_interval(values, found.weights, level),
        share_interval((values >= satisfied).astype(float), found.weights, level),
    ]
    index = pd.Index(["mean", "top"], name="measure")
    return pd.DataFrame(rows, index, ["estimate", "low", "high"]).assign(n=len(found))


def nps(ratings: pd.Series, weights: pd.Series | None = None, level: float = 0.95) -> pd.DataFrame:
    """Net promoter score: the share of promoters less that of detractors, in points from −100 to 100.

    Reichheld 2003, Harvard Business Review 81(12), 46–54. The variance of δ is (p₊ + p₋ − δ²) / n. With few answers,
    or all of one kind, the usual ± 1.96 standard errors is too narrow, down to nothing (Rocks 2016, The American
    Statistician 70, 365–372, compares intervals). Here the interval holds every δ that a score test does not reject,
    with p₊ and p₋ as likely as they can be under that δ. The counts are those of a difference of paired shares, so it
    is the interval of Tango 1998, Statistics in Medicine 17, 891–908. From 5 answers on, a 95 % interval holds the
    truth at least about 92 times in 100, whatever the shares, and 96 times on average over them.

    Parameters
    ----------
    ratings : whole answers from 0 to 10, NaN where nothing was said
    weights : on the same index; the interval is that of as many equal answers as the linearised error is worth

    Returns
    -------
    one row: estimate, low, high (points), n (people), promoters, passives, detractors (shares)

    Raises
    ------
    SchemaError : answers that are no whole numbers from 0 to 10. Answers on a scale of 1 to 5 cannot be told from bad
        ones on 0 to 10: ask which scale it was
    DomainError : nobody answered

    >>> nps(pd.Series([10.0, 9.0, 8.0, 3.0]))[["estimate", "promoters", "passives", "detractors"]]
       estimate  promoters  passives  detractors
    0      25.0        0.5      0.25        0.25
    """
    plus, minus, size, n = _counts(ratings, weights)
    low, high = score_limits(plus, minus, size, level)
    row = {"estimate": 100 * (plus - minus), "low": 100 * low, "high": 100 * high, "n": n}
    return pd.DataFrame([row | {"promoters": plus, "passives": 1 - plus - minus, "detractors": minus}])


def nps_change(
    before: pd.Series,
    after: pd.Series,
    weights_before: pd.Series | None = None,
    weights_after: pd.Series | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """The change of the net promoter score between two samples of different people.

    The limits are put together from those of each sample, the way of Newcombe 1998, Statistics in Medicine 17, 873–890,
    for shares; Zou & Donner 2008, Statistics in Medicine 27, 1693–1702, for any estimates. The p value is 1 less the
    level at which the interval just touches 0, so the two never disagree. Answers of the same people twice are not two
    samples: the interval would be too wide.

    Returns
    -------
    one row: estimate (points, after − before), low, high, p_value, n_before, n_after

    Raises
    ------
    SchemaError, DomainError : as `nps`

    >>> nps_change(pd.Series([10.0, 3.0] * 20), pd.Series([10.0, 9.0, 9.0, 3.0] * 10)).round(2)
       estimate   low   high  p_value  n_before  n_after
    0      50.0  7.58  86.66     0.02        40       40
    """
    *first, n_before = _counts(before, weights_before)
    *second, n_after = _counts(after, weights_after)
    low, high = _difference(first, second, stats.norm.ppf(0.5 + checked_level(level) / 2))
    estimate = (second[0] - second[1]) - (first[0] - first[1])
    row = {"estimate": 100 * estimate, "low": 100 * low, "high": 100 * high}
    p = _p_value(first, second, estimate)
    return pd.DataFrame([row | {"p_value": p, "n_before": n_before, "n_after": n_after}])


def score_limits(plus: float, minus: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Limits of δ from the shares of promoters and detractors among n answers (Tango 1998).

    >>> [round(limit, 3) for limit in score_limits(1.0, 0.0, 10)]
    [0.445, 1.0]
    """
    return _limits(plus, minus, n, stats.norm.ppf(0.5 + checked_level(level) / 2))


def _counts(ratings: pd.Series, weights: pd.Series | None) -> tuple[float, float, float, int]:
    """Share of promoters, of detractors, effective and true number of answers."""
    found = answered(ratings, weights, "The net promoter score", (0, 10), whole=True)
    values, w = found.values[:, 0], found.weights
    promotes, detracts = values >= PROMOTER, values <= DETRACTOR
    score = promotes.astype(float) - detracts
    n = len(found)
    # Sums over all of n equal weights can miss 1 by a rounding error; shares of everybody are exactly 1.
    shares = [1.0 if hit.all() else float(w[hit].sum() / w.sum()) for hit in (promotes, detracts)]
    return shares[0], shares[1], effective(score, w), n


def _limits(plus: float, minus: float, n: float, z: float) -> tuple[float, float]:
    """Where the score statistic is z and −z. It falls in δ, so there is one root on each side of the estimate."""
    estimate = plus - minus

    def off(delta: float, side: float) -> float:
        """Squared distance in standard errors under δ, times the variance: no division, so safe at the ends."""
        b = -plus - minus + (2 - plus + minus) * delta
        c = -minus * delta * (1 - delta)
        least = (np.sqrt(max(b * b - 8 * c, 0.0)) - b) / 4  # p₋ at its most likely under δ
        return side * (estimate - delta) - z * np.sqrt(max(2 * least + delta * (1 - delta), 0.0) / n)

    # Where all answers are of one kind the variance is 0 at the estimate itself, so the search stops just short of it.
    top, bottom, outer = estimate - 1e-9, estimate + 1e-9, 1 - 1e-12
    low = high = estimate
    if estimate <= -outer:
        low = -1.0
    elif off(top, 1.0) < 0:
        low = optimize.brentq(off, -outer, top, (1.0,), xtol=1e-14)
    if estimate >= outer:
        high = 1.0
    elif off(bottom, -1.0) < 0:
        high = optimize.brentq(off, bottom, outer, (-1.0,), xtol=1e-14)
    return float(low), float(high)


def _difference(first: list[float], second: list[float], z: float) -> tuple[float, float]:
    (a_plus, a_minus, a_n), (b_plus, b_minus, b_n) = first, second
    a, b = a_plus - a_minus, b_plus - b_minus
    a_low, a_high = _limits(a_plus, a_minus, a_n, z)
    b_low, b_high = _limits(b_plus, b_minus, b_n, z)
    return float(b - a - np.hypot(b - b_low, a_high - a)), float(b - a + np.hypot(b_high - b, a - a_low))


def _p_value(first: list[float], second: list[float], estimate: float) -> float:
    if estimate == 0:
        return 1.0
    side = 0 if estimate > 0 else 1
    if _difference(first, second, FARTHEST)[side] * estimate > 0:
        return 0.0
    z = optimize.brentq(lambda z: _difference(first, second, z)[side], 1e-9, FARTHEST, xtol=1e-10)
    return float(2 * stats.norm.sf(z))
