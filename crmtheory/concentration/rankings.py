"""Rankings: what falls on the best of one ranking, and whether the best of one year are the best of the next.

Nowhere is an order among equals assumed: customers who tie at a cut belong to the top in part, each the same.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from crmtheory.concentration.intervals import distinct_rows, percentiles, resampled
from crmtheory.concentration.shares import Counts, checked_share
from crmtheory.errors import DomainError, SchemaError
from crmtheory.large import LARGE
from crmtheory.numerics import Array


def captured(score: ArrayLike, outcome: ArrayLike, share: float = 0.2) -> float:
    """The part of the total outcome that falls on the top `share` of customers ranked by score.

    Customers with equal scores at the cut are taken in part, each the same part: no order among equals is
    assumed.

    >>> captured([3, 2, 1, 1], [10, 0, 6, 4], 0.75)  # the third place is shared by two
    0.75
    """
    score, outcome = np.asarray(score, float), np.asarray(outcome, float)
    if (
        score.shape != outcome.shape
        or score.ndim != 1
        or not len(score)
        or not (np.isfinite(score).all() and np.isfinite(outcome).all())
    ):
        raise SchemaError("Score and outcome must be equally long, not empty and without missing values.")
    if not outcome.sum() > 0:
        raise DomainError("The total of the outcome is not positive, so no part of it can be given.")
    return _captured(score, outcome, checked_share(share))


def capture_curve(score: ArrayLike, outcome: ArrayLike, points: int = 201) -> pd.DataFrame:
    """`captured` for every share of customers: columns `customers` and `total`, both from 0 to 1 (a gain
    curve).

    >>> capture_curve([2, 1], [3, 1], points=3)["total"].tolist()
    [0.0, 0.75, 1.0]
    """
    share = np.linspace(0.0, 1.0, points)
    if np.size(score) < LARGE:
        total = [0.0, *(captured(score, outcome, q) for q in share[1:])]
        return pd.DataFrame({"customers": share, "total": total})
    captured(score, outcome)  # refuses what has no answer
    _, code, count = np.unique(-np.asarray(score, float), return_inverse=True, return_counts=True)
    # Customers with equal scores bring their mean each, so the curve is straight there.
    held = np.concatenate([[0.0], np.cumsum(np.bincount(code, np.asarray(outcome, float)))])
    upto = np.concatenate([[0], np.cumsum(count)])
    return pd.DataFrame({"customers": share, "total": np.interp(share * upto[-1], upto, held) / held[-1]})


def overlap(before: pd.Series, after: pd.Series, share: float = 0.2) -> float:
    """Of the top `share` of customers before, the part that is in the top `share` after; customers matched by index.

    Customers missing afterwards count as 0 then. Customers who tie at a cut belong to the top in part, each the same.

    >>> overlap(pd.Series([3, 2, 1, 0], list("abcd")), pd.Series([9, 0, 9, 0], list("abcd")), share=0.5)
    0.5
    """
    later = after.reindex(before.index).fillna(0.0)
    first, second = (_membership(v.to_numpy(float), checked_share(share)) for v in (before, later))
    return float(first @ second / first.sum())


def lasting(
    before: pd.Series,
    after: pd.Series,
    rng: np.random.Generator,
    *,
    share: float = 0.2,
    resamples: int = 1000,
    level: float = 0.95,
) -> pd.DataFrame:
    """`overlap` with its bootstrap interval over customers, beside what chance would give.

    In two rankings that have nothing to do with each other, the top `share` of the one holds just that share of
    any other group, so `share` of the best would be the best again by chance. An overlap whose interval lies
    above it says that the best last; below 1 it says how many do not.

    Parameters
    ----------
    before, after : value per customer, matched by index. Customers missing afterwards count as 0 then; those
        who came only later are left out.

    Returns
    -------
    one-row frame: share, estimate, low, high, chance, n

    Raises
    ------
    SchemaError : no Series, no customers, one listed twice, missing or infinite values
    DomainError : a share that is none

    >>> before, after = pd.Series([3, 2, 1, 0], list("abcd")), pd.Series([9, 0, 9, 0], list("abcd"))
    >>> row = lasting(before, after, np.random.default_rng(1), share=0.5, resamples=20).iloc[0]
    >>> row[["estimate", "chance", "n"]].tolist()
    [0.5, 0.5, 4.0]
    """
    share = checked_share(share)
    values, sizes = distinct_rows(_matched(before, after))
    first, second = (np.unique(-column, return_inverse=True)[1] for column in values.T)  # 0 is the best

    def kept(counts: Counts) -> float:
        one, other = (_top_by_place(place, counts, share) for place in (first, second))
        return float((counts * one) @ other / (counts @ one))

    low, high = percentiles(np.array([kept(counts) for counts in resampled(sizes, rng, resamples)]), level)
    row = {"share": share, "estimate": kept(sizes), "low": low, "high": high, "chance": share}
    return pd.DataFrame([row | {"n": int(sizes.sum())}])


def _matched(before: pd.Series, after: pd.Series) -> Array:
    """Customers × (before, after)."""
    for name, values in (("before", before), ("after", after)):
        if not isinstance(values, pd.Series) or not len(values) or values.index.has_duplicates:
            raise SchemaError(
                f"{name} must be a Series with one value for each customer, by the customer's id as index."
            )
        unusable = int((~np.isfinite(values.to_numpy(float))).sum())
        if unusable:
            raise SchemaError(
                f"{name}: {unusable:,} of {len(values):,} values are missing or infinite. "
                "Leave them out or set them to 0."
            )
    later = after.reindex(before.index).fillna(0.0)
    return np.column_stack([before.to_numpy(float), later.to_numpy(float)])


def _top_by_place(place: Counts, counts: Counts, share: float) -> Array:
    """How far the customers at each place belong to the top `share`, where so many customers are at each."""
    here = np.bincount(place, weights=counts)
    size = share * counts.sum()
    upto = np.cumsum(here)
    cut = min(int(np.searchsorted(upto, size)), len(upto) - 1)  # the place at which the top ends
    part = (size - upto[cut] + here[cut]) / here[cut]
    return (place < cut) + (place == cut) * part


def _membership(values: Array, share: float) -> Array:
    """How far each customer belongs to the top `share`: 1, 0, or a part for those who tie at the cut."""
    size = share * len(values)
    cut = np.sort(values)[::-1][min(int(np.ceil(size)), len(values)) - 1]
    above, level = values > cut, values == cut
    return above + level * (size - above.sum()) / level.sum()


def _captured(score: Array, outcome: Array, share: float) -> float:
    return float(_membership(score, share) @ outcome / outcome.sum())
