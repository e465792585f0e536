"""How well a score tells those to whom something happened from the others: the area under the ROC curve.

The area A is the probability that a customer to whom it happened has a higher score than one to whom it did not, a tie
counting half. 0.5 is a score that knows nothing, 1 one that never errs. It says nothing about calibration: any score in
the same order has the same area.

Notation: m customers with the event and k without it. The *placement* of a customer with the event is the share of the
others who have a lower score (ties half); that of one without it is the share of those with the event who have a higher
score. Both have mean A, and the variance of A is var₁ / m + var₀ / k of the placements (DeLong, DeLong & Clarke-Pearson
1988). Mid-ranks give all placements after two sorts (Sun & Xu 2014).

References
----------
DeLong, E. R., D. M. DeLong & D. L. Clarke-Pearson (1988), Comparing the areas under two or more correlated receiver
operating characteristic curves: a nonparametric approach, Biometrics 44, 837–845.
Sun, X. & W. Xu (2014), Fast implementation of DeLong's algorithm for comparing the areas under correlated receiver
operating characteristic curves, IEEE Signal Processing Letters 21, 1389–1393.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from crmtheory.errors import DomainError, SchemaError
from crmtheory.models.history import possible_level
from crmtheory.numerics import Array


def auc(score: ArrayLike, happened: ArrayLike, level: float = 0.95) -> pd.DataFrame:
    """The area under the ROC curve, with an interval.

    The interval is made on ln(A / (1 − A)) with the variance of DeLong et al. (1988). Where the score never errs, that
    variance is 0 and says nothing; the limit is then exact: min(m, k) pairs of different customers are all in the right
    order with probability A^min(m, k) or less. With one customer in a class there is no variance, and the interval is
    from 0 to 1.

    Parameters
    ----------
    score : (n,) higher for those to whom it should happen; happened : (n,) 1 or 0, True or False

    Returns
    -------
    one-row frame: estimate, low, high, n, events

    Raises
    ------
    SchemaError : different lengths or customers, missing values, outcomes that are neither 0 nor 1
    DomainError : it happened to everybody, or to nobody

    >>> auc([1, 2, 3, 4, 5, 6], [0, 0, 1, 0, 1, 1]).round(3).to_dict("records")
    [{'estimate': 0.889, 'low': 0.261, 'high': 0.995, 'n': 6, 'events': 3}]
    """
    tail, (values,), event = possible_level(level), *_checked([score], happened)
    with_event, without = _placements(values, event)
    area = float(with_event.mean())
    low, high = _limits(area, with_event, without, tail)
    row = {"estimate": area, "low": low, "high": high, "n": len(event), "events": int(event.sum())}
    return pd.DataFrame([row])


def auc_difference(
    score_a: ArrayLike, score_b: ArrayLike, happened: ArrayLike, level: float = 0.95
) -> pd.DataFrame:
    """The area of score a less that of score b on the same customers.

    The interval is normal, with the variance of the paired placements (DeLong et al. 1988), so that what the two scores
    share cancels out. With one customer in a class it is from −1 to 1.

    Returns
    -------
    one-row frame: difference, low, high, auc_a, auc_b, n, events

    >>> auc_difference([1, 2, 3, 4], [4, 3, 2, 1], [0, 0, 1, 1])["difference"].tolist()
    [1.0]
    """
    tail, (a, b), event = possible_level(level), *_checked([score_a, score_b], happened)
    (a_with, a_without), (b_with, b_without) = _placements(a, event), _placements(b, event)
    gap = float(a_with.mean() - b_with.mean())
    variance = _variance(a_with - b_with, a_without - b_without)
    half = stats.norm.isf(tail) * np.sqrt(variance) if np.isfinite(variance) else 2.0
    row = {"difference": gap, "low": max(gap - half, -1.0), "high": min(gap + half, 1.0)}
    row |= {"auc_a": float(a_with.mean()), "auc_b": float(b_with.mean())}
    return pd.DataFrame([row | {"n": len(event), "events": int(event.sum())}])


def _placements(score: Array, event: NDArray[np.bool_]) -> tuple[Array, Array]:
    """The placements of those with the event and of those without it."""
    above, below = score[event], score[~event]
    ranks = stats.rankdata(score)
    # A mid-rank among all, less that among one's own class, counts the others below (ties half).
    with_event = (ranks[event] - stats.rankdata(above)) / len(below)
    without = 1 - (ranks[~event] - stats.rankdata(below)) / len(above)
    return with_event, without


def _variance(with_event: Array, without: Array) -> float:
    """The variance of a mean placement; NaN with fewer than two customers in a class."""
    if min(len(with_event), len(without)) < 2:
        return np.nan
    return float(with_event.var(ddof=1) / len(with_event) + without.var(ddof=1) / len(without))


def _limits(area: float, with_event: Array, without: Array, tail: float) -> tuple[float, float]:
    variance = _variance(with_event, without)
    if not np.isfinite(variance):
        return 0.0, 1.0
    if area in (0.0, 1.0):
        reach = tail ** (1 / min(len(with_event), len(without)))
        return (reach, 1.0) if area == 1.0 else (0.0, 1 - reach)
    half = stats.norm.isf(tail) * np.sqrt(variance) / (area * (1 - area))
    middle = special.logit(area)
    return float(special.expit(middle - half)), float(special.expit(middle + half))


def _checked(scores: list[ArrayLike], happened: ArrayLike) -> tuple[list[Array], NDArray[np.bool_]]:
    """The scores and the outcome as arrays of one length, without missing values and with both outcomes."""
    outcome = _floats("The outcome", happened)
    values = [_floats("The score", score) for score in scores]
    for score, value in zip(scores, values, strict=True):
        if value.shape != outcome.shape:
            raise SchemaError(
                f"One score for each outcome was expected: there are {len(value):,} scores and {len(outcome):,} "
                "outcomes."
            )
        if (
            isinstance(score, pd.Series)
            and isinstance(happened, pd.Series)
            and not score.index.equals(happened.index)
        ):
            raise SchemaError(
                "The score is not on the same customers, in the same order, as the outcome. "
                "Reindex it: score.reindex(happened.index)."
            )
    wrong = ~np.isin(outcome, (0.0, 1.0))
    if wrong.any():
        raise SchemaError(
            f"The outcome must be 1 where it happened and 0 where not: {wrong.sum():,} of {len(wrong):,} values are "
            f"neither, first: {outcome[wrong][0]:g}."
        )
    event = outcome == 1.0
    if event.all() or not event.any():
        whom = "all" if event.all() else "none"
        raise DomainError(
            f"It happened to {whom} of the {len(event):,} customers, so no score can tell two kinds apart. "
            "Take more customers, or another period."
        )
    return values, event


def _floats(what: str, values: ArrayLike) -> Array:
    try:
        array = np.asarray(
            values.to_numpy(float, na_value=np.nan) if isinstance(values, pd.Series) else values, float
        )
    except (TypeError, ValueError):
        raise SchemaError(f"{what} must hold numbers, one for each customer.") from None
    if array.ndim != 1 or not len(array):
        raise SchemaError(f"{what} must be a list of at least one number, one for each customer.")
    missing = ~np.isfinite(array)
    if missing.any():
        raise SchemaError(
            f"{what} is missing or infinite for {missing.sum():,} of {len(array):,} customers, the first in place "
            f"{int(np.flatnonzero(missing)[0]) + 1}. Leave these customers out."
        )
    return array
