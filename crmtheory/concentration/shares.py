"""Who holds how much: curves and single numbers of one list of values.

Everything is computed from distinct values v, descending, and the number of customers c who have each: a
bootstrap sample is then the same values with other numbers of customers, and needs no sorting.

Notation: C, H customers and total up to and including a value, from the largest; n, V all of both.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from crmtheory.errors import DomainError, SchemaError
from crmtheory.numerics import Array

Counts = NDArray[np.int64]
Measure = Callable[[Array, Counts], float]


def lorenz(values: ArrayLike, points: int = 201) -> pd.DataFrame:
    """The Lorenz curve: what share of the total the smallest customers hold.

    Returns
    -------
    frame with `customers` and `total`, both from 0 to 1, at equally spaced shares of customers

    >>> lorenz([1, 1, 2], points=4).round(3).to_numpy().tolist()
    [[0.0, 0.0], [0.333, 0.25], [0.667, 0.5], [1.0, 1.0]]
    """
    ordered = np.sort(finite(values))
    held = np.cumsum(ordered)
    with_total(held[-1])
    held = np.concatenate([[0.0], held]) / held[-1]  # by the last sum, so that the end is exactly 1
    share = np.linspace(0.0, 1.0, points)
    return pd.DataFrame({"customers": share, "total": np.interp(share, np.linspace(0, 1, len(held)), held)})


def gini(values: ArrayLike) -> float:
    """The Gini coefficient (Gini 1912), as the area formula over n customers, without small-sample correction.

    With negative values it can be above 1.

    >>> gini([5, 5, 5, 5]), gini([0, 0, 0, 1])
    (0.0, 0.75)
    """
    return measured_gini(*ranked(values))


def top_share(values: ArrayLike, share: float = 0.2) -> float:
    """The part of the total held by the top `share` of customers.

    >>> top_share([8, 1, 1, 0, 0], 0.2)
    0.8
    """
    return measured_top(*ranked(values), checked_share(share))


def share_needed(values: ArrayLike, part: float = 0.8) -> float:
    """The smallest share of customers that together hold `part` of the total: the exact x of an "x : 80"
    rule.

    >>> round(share_needed([8, 1, 1, 0, 0], 0.8), 12)
    0.2
    """
    return measured_needed(*ranked(values), checked_share(part))


def balance_point(values: ArrayLike) -> float:
    """The share x of customers who hold 1 − x of the total: 0.2 if 20 % hold 80 %, 0.5 if all are equal.

    There is exactly one such x, because the top share never falls faster than it rose (it bends downwards
    from 0 to 1). Without negative values it lies above 0 and is at most 0.5.

    >>> balance_point([8, 1, 1, 0, 0]), balance_point([3, 3])
    (0.2, 0.5)
    """
    return measured_balance(*ranked(values))


# The same from distinct values, descending, and counts. NaN where the total is not positive, which among
# bootstrap samples of values with losses can happen.


def measured_gini(values: Array, counts: Counts) -> float:
    """1 − Σ c v (2C − c) / (n V): the mean difference with ties taken together."""
    upto = np.cumsum(counts)
    held = counts * values
    total = held.sum()
    return float(1 - held @ (2 * upto - counts) / (upto[-1] * total)) if total > 0 else np.nan


def measured_top(values: Array, counts: Counts, share: float) -> float:
    upto, held = np.cumsum(counts), np.cumsum(counts * values)
    if not held[-1] > 0:
        return np.nan
    size = share * upto[-1]
    i = min(int(np.searchsorted(upto, size)), len(upto) - 1)  # in whose group the cut falls
    return float((held[i] - (upto[i] - size) * values[i]) / held[-1])


def measured_needed(values: Array, counts: Counts, part: float) -> float:
    upto, held = np.cumsum(counts), np.cumsum(counts * values)
    if not held[-1] > 0:
        return np.nan
    i = int(np.argmax(held >= part * held[-1]))  # the first group with whom the part is reached
    return float((upto[i] - (held[i] - part * held[-1]) / values[i]) / upto[-1])


def measured_balance(values: Array, counts: Counts) -> float:
    """Where S(x) + x passes 1."""
    upto, held = np.cumsum(counts), np.cumsum(counts * values)
    n, total = upto[-1], held[-1]
    if not total > 0:
        return np.nan
    both = held / total + upto / n
    i = int(np.argmax(both >= 1))
    too_many = (both[i] - 1) / (values[i] / total + 1 / n)  # customers of this group
    return float((upto[i] - too_many) / n)


def ranked(values: ArrayLike) -> tuple[Array, Counts]:
    """Distinct values, descending, and the customers who have each; DomainError without a positive total."""
    distinct, counts = np.unique(finite(values), return_counts=True)
    with_total(float(distinct @ counts))
    return distinct[::-1], counts[::-1]


def finite(values: ArrayLike) -> Array:
    v = np.asarray(values, dtype=float)
    if v.ndim != 1 or not len(v):
        raise SchemaError("Concentration needs a list of at least one value, one per customer.")
    if not np.isfinite(v).all():
        raise SchemaError(
            f"{(~np.isfinite(v)).sum():,} of {len(v):,} values are missing or infinite. "
            "Leave them out or set them to 0."
        )
    return v


def with_total(total: float) -> None:
    if not total > 0:
        raise DomainError(
            "The total is not positive, so nobody holds a share of it. Check the sign of the amounts."
        )


def checked_share(share: float) -> float:
    if not 0 < share <= 1:
        raise DomainError(f"A share lies above 0 and up to 1, not {share}. For 20 % give 0.2.")
    return float(share)
