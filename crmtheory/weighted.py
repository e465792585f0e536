"""Means and shares with weights, differences of shares, and means of skewed amounts: the intervals that theories share.

A weight says for how many customers a respondent stands. It moves the estimate as if the respondent were repeated, but
one person stays one person: errors are those of a ratio estimate, Σ w²(x − x̄)² / (Σ w)² (Särndal, Swensson & Wretman
1992, Model Assisted Survey Sampling), and depend only on the ratios of the weights.

Notation: y answers, w weights, both (n,), w above 0.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from crmtheory.holdout import wilson
from crmtheory.numerics import Array
from crmtheory.survey.complete import checked_level
from crmtheory.survey.complete import effective as equal_answers


def mean_and_error(y: Array, w: Array) -> tuple[float, float]:
    """Weighted mean, and its standard error with the factor n / (n − 1).

    The error is missing for one answer and where all answers are alike: such answers show no spread to judge by, which
    does not mean that there is none.

    >>> [round(v, 3) for v in mean_and_error(np.array([1.0, 2.0, 3.0]), np.ones(3))]
    [2.0, 0.577]
    """
    n, total = len(y), w.sum()
    if n < 2 or np.ptp(y) == 0:
        return float(y[0]) if n else np.nan, np.nan
    mean = float(w @ y / total)
    return mean, float(np.sqrt(n / (n - 1) * (w**2 @ (y - mean) ** 2)) / total)


def mean_interval(y: Array, w: Array, level: float = 0.95) -> tuple[float, float, float]:
    """Weighted mean with the t interval of n − 1 degrees of freedom; limits missing as in `mean_and_error`."""
    mean, error = mean_and_error(y, w)
    half = stats.t.ppf(0.5 + checked_level(level) / 2, max(len(y) - 1, 1)) * error
    return mean, float(mean - half), float(mean + half)


def share_interval(y: Array, w: Array, level: float = 0.95) -> tuple[float, float, float]:
    """Weighted share of yes with Wilson's interval for as many independent answers as its error is worth (Korn &
    Graubard 1998, Survey Methodology 24, 193–201); missing where nobody answered.

    >>> [round(v, 3) for v in share_interval(np.array([1.0] * 5 + [0.0] * 5), np.ones(10))]
    [0.5, 0.237, 0.763]
    """
    checked_level(level)
    if not len(y):
        return np.nan, np.nan, np.nan
    share = float(y[0]) if np.ptp(y) == 0 else float(w @ y / w.sum())
    n = effective(y, w)
    low, high = wilson(share * n, n, level)
    return share, float(low), 1.0 if share == 1 else float(high)  # share · n may miss n by a rounding error


def effective(y: Array, w: Array) -> float:
    """How many equally weighted answers would have the same standard error, but no more than there are.

    A heavy respondent near the mean can make the sum look as if there were more: with few answers that is luck.

    >>> effective(np.array([0.0, 1.0, 1.0, 0.0]), np.ones(4))
    4.0
    """
    if np.ptp(y) == 0:  # a mean of equal numbers may miss them by a rounding error
        return equal_answers(np.zeros(len(y)), w)
    return min(equal_answers(y - w @ y / w.sum(), w), float(len(y)))


def combined(
    factors: ArrayLike, shares: ArrayLike, lows: ArrayLike, highs: ArrayLike
) -> tuple[float, float, float]:
    """Σ factor · share of independent shares, with limits joined from theirs (Zou & Donner 2008, Statistics in Medicine
    27, 1693–1702); for a plain difference this is Newcombe's (1998) interval.

    >>> tuple(round(v, 3) for v in combined([1, -1], [0.5, 0.5], [0.237, 0.237], [0.763, 0.763]))
    (0.0, -0.372, 0.372)
    """
    c, p, low, high = (np.asarray(x, float) for x in (factors, shares, lows, highs))
    down = c * np.where(c > 0, p - low, p - high)
    up = c * np.where(c > 0, high - p, low - p)
    estimate = float(c @ p)
    return estimate, estimate - float(np.sqrt(down @ down)), estimate + float(np.sqrt(up @ up))


def newcombe(
    first: int, of_first: int, second: int, of_second: int, level: float = 0.95
) -> tuple[float, float, float]:
    """Difference of two independent shares with Newcombe's interval from Wilson limits (Newcombe 1998, Statistics in
    Medicine 17, 873–890, method 10; below, his example (a)).

    >>> tuple(round(v, 3) for v in newcombe(56, 70, 48, 80, 0.95))
    (0.2, 0.052, 0.334)
    """
    k, n = np.array([first, second], float), np.array([of_first, of_second], float)
    return combined([1, -1], k / n, *wilson(k, n, level))


def skewed_means(values: Array, codes: np.ndarray, groups: int, level: float = 0.95) -> pd.DataFrame:
    """Mean of each group with an interval that allows for skew.

    Money per customer is skewed and often 0, so a plain t interval sits too low and a log does not exist. Hall's
    (1992, J. R. Statist. Soc. B 54, 221–228) cubic transformation takes the skew out of the t statistic; it needs no
    random numbers. A group of one has no interval; one without any spread has an interval of no width.

    Parameters
    ----------
    values, codes : (n,); the number of the group of each value, from 0

    Returns
    -------
    frame, one row per group: n, mean, low, high
    """
    order = np.lexsort((values, codes))  # sums in a fixed order: the order of the rows changes no digit
    v, g = values[order], codes[order]
    n = np.bincount(g, minlength=groups).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.bincount(g, v, minlength=groups) / n
        away = v - mean[g]
        spread = np.sqrt(np.bincount(g, away**2, minlength=groups) / n)
        skew = np.bincount(g, away**3, minlength=groups) / n / spread**3
        # squares far below the rounding of the mean are no spread
        flat = spread <= 1e-12 * np.maximum(np.abs(mean), 1e-300)
        t = stats.t.ppf(0.5 + level / 2, np.maximum(n - 1, 1)) / np.sqrt(n)
        scale = spread * np.sqrt(n / np.maximum(n - 1, 1))
        low, high = mean - scale * _unskewed(t, skew, n), mean - scale * _unskewed(-t, skew, n)
    low, high = np.where(flat, mean, low), np.where(flat, mean, high)
    low, high = np.where(n > 1, low, np.nan), np.where(n > 1, high, np.nan)
    return pd.DataFrame({"n": n.astype(int), "mean": mean, "low": low, "high": high})


def skewed_mean(values: Array, level: float = 0.95) -> tuple[float, float, float]:
    """Mean of one group as in `skewed_means`, with its limits; all missing without values."""
    row = skewed_means(values, np.zeros(len(values), int), 1, level).iloc[0]
    return float(row["mean"]), float(row["low"]), float(row["high"])


def _unskewed(x: Array, skew: Array, n: Array) -> Array:
    """Inverse of Hall's g(w) = w + γ w²/3 + γ² w³/27 + γ/(6n)."""
    plain = np.abs(skew) < 1e-6
    safe = np.where(plain, 1.0, skew)
    return np.where(plain, x, 3 / safe * (np.cbrt(1 + safe * (x - safe / (6 * n))) - 1))
