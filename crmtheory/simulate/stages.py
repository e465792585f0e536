"""Customers who move between named stages, or between classes of value, by known chances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.numerics import Array
from crmtheory.simulate.drawing import between_0_and_1, chances, drawn, from_table, square, whole

CLASSES = {"high": 0.2, "middle": 0.3, "low": 0.5}
RANGES = {"high": (300.0, 3000.0), "middle": (80.0, 300.0), "low": (10.0, 80.0)}  # spend a year


def stage_walkers(
    matrix: pd.DataFrame,
    start: str | Mapping[Any, float],
    periods: int,
    n: int,
    rng: np.random.Generator,
    *,
    memory: float = 0.0,
) -> pd.DataFrame:
    """Customers who move from stage to stage by a given matrix, all independently.

    Truth: without `memory` the stages are a chain of first order, so the next stage depends on the present one
    alone: shares of moves scatter around `matrix`, whatever the start, and a test of second order against first
    rejects as rarely as it says.

    With `memory` a customer goes, with this probability, back to the stage of two periods before, if the matrix
    allows the move, and otherwise by the matrix. So P(j → k | before that i) is
    memory · [k = i] + (1 − memory) · P(j → k) where the move j → i is allowed. If the matrix is reversible
    (π_i P_ij = π_j P_ji, as with two stages, or a symmetric matrix) and the start is its lasting distribution π, the
    shares of moves between two periods still are those of the matrix. What looks only at such pairs sees nothing;
    what it says of two periods ahead is wrong, and a test of second order finds it.

    Parameters
    ----------
    matrix : from (rows) to (columns); rows add up to 1
    start : stage of all customers in period 1, or its probabilities by stage
    periods, n : how many
    memory : from 0 to 1

    Returns
    -------
    frame with n · periods rows, by customer and period: customer (1 to n), period (1, 2, …), stage (category, in the
    order of the matrix)

    Raises
    ------
    SchemaError : a matrix that is none, an unknown stage
    DomainError : chances that do not add up to 1, numbers out of range

    >>> chain = pd.DataFrame([[0.9, 0.1], [0.0, 1.0]], ["active", "lost"], ["active", "lost"])
    >>> walk = stage_walkers(chain, "active", 3, 1000, np.random.default_rng(1))
    >>> walk.columns.tolist(), len(walk)
    (['customer', 'period', 'stage'], 3000)
    """
    table = square(matrix)
    allowed = chances(table, "Each row of the matrix")
    periods, n = whole(periods, "periods"), whole(n, "customers")
    between_0_and_1(memory, "memory")
    first = {start: 1.0} if not isinstance(start, Mapping) else start
    for name in first:
        if name not in table.index:
            raise SchemaError(unknown("stage", name, table.index))
    begin = chances([float(first.get(name, 0.0)) for name in table.index], "The start")
    walk = np.empty((n, periods), np.int64)
    walk[:, 0] = drawn(begin[None, :], np.zeros(n, np.int64), rng)
    for period in range(1, periods):
        now = walk[:, period - 1]
        walk[:, period] = drawn(allowed, now, rng)
        if memory and period > 1:
            before = walk[:, period - 2]
            back = (rng.random(n) < memory) & (allowed[now, before] > 0)
            walk[back, period] = before[back]
    return pd.DataFrame(
        {
            "customer": np.repeat(np.arange(1, n + 1), periods),
            "period": np.tile(np.arange(1, periods + 1), n),
            "stage": from_table(walk.ravel(), table.index),
        }
    )


def value_classes_world(
    n: int,
    rng: np.random.Generator,
    *,
    stay: float = 0.6,
    classes: Mapping[str, float] | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two years of spend of customers who change their class of value by a known matrix.

    Truth: with probability `stay` a customer keeps the class; otherwise the class of the second year is drawn anew by
    the shares of the classes, and may be the same. So both years have the same shares, and
    P(i → j) = stay · [i = j] + (1 − stay) · share_j. Of the best 20 %, stay + 0.2 (1 − stay) are the best again: by
    chance alone (stay = 0) one in five. Within a class spend is drawn anew each year, evenly on the log scale between
    its bounds. The bounds do not overlap, so spend shows the class.

    What a naive look will say: the best customers of the first year spend less in the second, and the worst more. That
    is no decline and no success; the classes as a whole have not changed.

    Parameters
    ----------
    stay : from 0 (no memory) to 1 (nobody moves)
    classes : share of customers by class, best first; by default high 0.2, middle 0.3, low 0.5
    ranges : lowest and highest spend of each class

    Returns
    -------
    spend : index customer (1 to n): before, after (spend in either year), class_before, class_after (categories)
    matrix : from (rows) to (columns), the true probabilities

    Raises
    ------
    SchemaError : classes without a range
    DomainError : chances or bounds out of range

    >>> spend, matrix = value_classes_world(1000, np.random.default_rng(1), stay=0.5)
    >>> matrix.loc["high"].round(3).to_dict()
    {'high': 0.6, 'middle': 0.15, 'low': 0.25}
    """
    shares = CLASSES if classes is None else classes
    bounds = RANGES if ranges is None else ranges
    n = whole(n, "customers")
    between_0_and_1(stay, "stay")
    share = chances(list(shares.values()), "The shares of the classes")
    for name in shares:
        if name not in bounds:
            raise SchemaError(
                f'Class "{name}" has no range of spend. Give ranges={{"{name}": (lowest, highest)}}.'
            )
        low, high = bounds[name]
        if not 0 < low < high:
            raise DomainError(
                f'The spend of class "{name}" needs 0 < lowest < highest, not {low} and {high}.'
            )
    index = pd.Index(list(shares))
    true = stay * np.eye(len(index)) + (1 - stay) * share
    first = drawn(share[None, :], np.zeros(n, np.int64), rng)
    second = drawn(true, first, rng)
    limits = np.log([bounds[name] for name in index])

    def spent(place: Any) -> Array:
        low, high = limits[place].T
        return np.exp(low + (high - low) * rng.random(n))

    frame = pd.DataFrame(
        {
            "before": spent(first),
            "after": spent(second),
            "class_before": from_table(first, index),
            "class_after": from_table(second, index),
        },
        index=pd.RangeIndex(1, n + 1, name="customer"),
    )
    return frame, pd.DataFrame(true, index.rename("from"), index.rename("to"))
