"""Concentration: how much of a total a few customers hold (the Pareto principle, 帕累托原则).

Notation: n customers with values v; sorted from the largest, the top share S(q) is the part of the total that
the first q·n of them hold, with linear interpolation between customers. The Lorenz curve is the same read
from the smallest; Gini is twice the area between it and the diagonal (0: all equal, 1: one customer holds
everything).

Ties need no rule: customers with equal values have equal shares, in whatever order they are sorted.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from crmtheory.errors import DomainError, SchemaError
from crmtheory.numerics import Array


def lorenz(values: ArrayLike, points: int = 201) -> pd.DataFrame:
    """The Lorenz curve: what share of the total the smallest customers hold.

    Returns
    -------
    frame with `customers` and `total`, both from 0 to 1, at equally spaced shares of customers

    >>> lorenz([1, 1, 2], points=4).round(3).to_numpy().tolist()
    [[0.0, 0.0], [0.333, 0.25], [0.667, 0.5], [1.0, 1.0]]
    """
    held = _held_by_top(_sorted(values))  # from the smallest
    share = np.linspace(0.0, 1.0, points)
    return pd.DataFrame({"customers": share, "total": np.interp(share, np.linspace(0, 1, len(held)), held)})


def gini(values: ArrayLike) -> float:
    """The Gini coefficient (Gini 1912), as the area formula over n customers, without small-sample correction.

    With negative values it can be above 1.

    >>> gini([5, 5, 5, 5]), gini([0, 0, 0, 1])
    (0.0, 0.75)
    """
    return _gini(_sorted(values)[::-1])


def top_share(values: ArrayLike, share: float = 0.2) -> float:
    """The part of the total held by the top `share` of customers.

    >>> top_share([8, 1, 1, 0, 0], 0.2)
    0.8
    """
    return _top_share(_sorted(values)[::-1], _checked_share(share))


def share_needed(values: ArrayLike, part: float = 0.8) -> float:
    """The smallest share of customers that together hold `part` of the total: the exact x of an "x : 80"
    rule.

    >>> round(share_needed([8, 1, 1, 0, 0], 0.8), 12)
    0.2
    """
    return _share_needed(_sorted(values)[::-1], _checked_share(part))


def whale_curve(profit: ArrayLike, points: int = 201) -> pd.DataFrame:
    """Cumulative profit, most profitable customers first, as a share of what the profitable ones earn together.

    It rises to 1 and falls again by what the customers at the far end lose (Kaplan & Narayanan 2001, who divide by
    the final total instead; that fails when the total is not positive). Columns `customers` and `total`.

    >>> whale_curve([3, 2, -1], points=4)["total"].tolist()
    [0.0, 0.6, 1.0, 0.8]
    """
    ordered = np.sort(_finite(profit))[::-1]
    earned = ordered[ordered > 0].sum()
    held = np.concatenate([[0.0], np.cumsum(ordered)]) / (
        earned if earned > 0 else max(np.abs(ordered).sum(), 1.0)
    )
    share = np.linspace(0.0, 1.0, points)
    return pd.DataFrame({"customers": share, "total": np.interp(share, np.linspace(0, 1, len(held)), held)})


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
    return _captured(score, outcome, _checked_share(share))


def capture_curve(score: ArrayLike, outcome: ArrayLike, points: int = 201) -> pd.DataFrame:
    """`captured` for every share of customers: columns `customers` and `total`, both from 0 to 1 (a gain
    curve).

    >>> capture_curve([2, 1], [3, 1], points=3)["total"].tolist()
    [0.0, 0.75, 1.0]
    """
    share = np.linspace(0.0, 1.0, points)
    return pd.DataFrame(
        {"customers": share, "total": [0.0, *(captured(score, outcome, q) for q in share[1:])]}
    )


def overlap(before: pd.Series, after: pd.Series, share: float = 0.2) -> float:
    """Of the top `share` of customers before, the part that is in the top `share` after; customers matched by index.

    Customers missing afterwards count as 0 then. Customers who tie at a cut belong to the top in part, each the same.

    >>> overlap(pd.Series([3, 2, 1, 0], list("abcd")), pd.Series([9, 0, 9, 0], list("abcd")), share=0.5)
    0.5
    """
    later = after.reindex(before.index).fillna(0.0)
    first, second = (_membership(v.to_numpy(float), _checked_share(share)) for v in (before, later))
    return float(first @ second / first.sum())


def _membership(values: Array, share: float) -> Array:
    """How far each customer belongs to the top `share`: 1, 0, or a part for those who tie at the cut."""
    size = share * len(values)
    cut = np.sort(values)[::-1][min(int(np.ceil(size)), len(values)) - 1]
    above, level = values > cut, values == cut
    return above + level * (size - above.sum()) / level.sum()


def with_interval(
    statistic: str,
    values: ArrayLike,
    rng: np.random.Generator,
    *,
    at: float | None = None,
    resamples: int = 1000,
    level: float = 0.95,
) -> pd.DataFrame:
    """A statistic with its bootstrap percentile interval over customers.

    Parameters
    ----------
    statistic : "gini", "top_share" or "share_needed"
    at : the share asked for, where the statistic has one (0.2 or 0.8 by default)

    Returns
    -------
    one-row frame: statistic, at, estimate, low, high, n

    >>> row = with_interval("top_share", np.ones(50), np.random.default_rng(1)).iloc[0]
    >>> print(f"{row.estimate:.3f} [{row.low:.3f}, {row.high:.3f}]")
    0.200 [0.200, 0.200]
    """
    place = {"gini": None, "top_share": 0.2, "share_needed": 0.8}
    if statistic not in place:
        raise SchemaError(f'There is no statistic "{statistic}". Known: {", ".join(place)}.')
    at = place[statistic] if at is None else _checked_share(at)
    measure: Callable[[Array], float] = {
        "gini": _gini,
        "top_share": lambda v: _top_share(v, float(at or 0)),
        "share_needed": lambda v: _share_needed(v, float(at or 0)),
    }[statistic]
    ordered = _sorted(values)[::-1]
    draws = [measure(_resample(ordered, rng)) for _ in range(resamples)]
    low, high = np.nanquantile(draws, [(1 - level) / 2, (1 + level) / 2])
    row = {
        "statistic": statistic,
        "at": at,
        "estimate": measure(ordered),
        "low": low,
        "high": high,
        "n": len(ordered),
    }
    return pd.DataFrame([row])


def _finite(values: ArrayLike) -> Array:
    v = np.asarray(values, dtype=float)
    if v.ndim != 1 or not len(v):
        raise SchemaError("Concentration needs a list of at least one value, one per customer.")
    if not np.isfinite(v).all():
        raise SchemaError(
            f"{(~np.isfinite(v)).sum():,} of {len(v):,} values are missing or infinite. "
            "Leave them out or set them to 0."
        )
    return v


def _sorted(values: ArrayLike) -> Array:
    v = np.sort(_finite(values))
    if not v.sum() > 0:
        raise DomainError(
            "The total is not positive, so nobody holds a share of it. Check the sign of the amounts."
        )
    return v


def _checked_share(share: float) -> float:
    if not 0 < share <= 1:
        raise DomainError(f"A share lies above 0 and up to 1, not {share}. For 20 % give 0.2.")
    return float(share)


def _resample(ordered: Array, rng: np.random.Generator) -> Array:
    """A bootstrap sample, still sorted: counts instead of a new sort."""
    counts = np.bincount(rng.integers(0, len(ordered), len(ordered)), minlength=len(ordered))
    return np.repeat(ordered, counts)


def _held_by_top(descending: Array) -> Array:
    held = np.cumsum(descending)
    return np.concatenate([[0.0], held]) / held[-1]  # by the last sum, so that the end is exactly 1


def _top_share(descending: Array, share: float) -> float:
    held = _held_by_top(descending)
    return float(np.interp(share * len(descending), np.arange(len(held)), held))


def _share_needed(descending: Array, part: float) -> float:
    held = _held_by_top(descending)
    i = int(np.argmax(held >= part))  # the first customer with whom the part is reached
    gained = held[i] - held[i - 1]
    return float((i - 1 + (part - held[i - 1]) / gained) / len(descending))


def _gini(descending: Array) -> float:
    n = len(descending)
    return float(1 - 2 * (1 - _held_by_top(descending)[:-1].mean()) + 1 / n) if n > 1 else 0.0


def _captured(score: Array, outcome: Array, share: float) -> float:
    return float(_membership(score, share) @ outcome / outcome.sum())
