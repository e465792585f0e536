"""From stage to stage: how often customers move, how sure the shares are, and whether the last stage tells all.

Notation: k stages; n_ij moves from stage i to stage j between successive periods, p_ij = n_ij / n_i. One customer
makes many moves, and they are not independent draws: some customers are livelier than others for ever. So the
intervals are those of a sample of *customers*. With c_ij the moves of one customer, the error of p_ij is the sum over
customers of (c_ij − p_ij c_i.) / n_i (linearisation of a ratio: Cochran 1977, Sampling Techniques, ch. 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special, stats

from crmtheory.errors import DomainError, SchemaError
from crmtheory.holdout import wilson
from crmtheory.lifecycle.stages import NOT_YET, UNKNOWN, Stages
from crmtheory.numerics import Array

ROUNDING = 1e-12  # a smaller spread over customers is none
BLOCK = 100_000  # customers whose moves are multiplied at a time


@dataclass(frozen=True, eq=False)
class Moves:
    """All moves between successive periods, and what is needed for their intervals.

    Attributes
    ----------
    names : the k stages that occur; end : the one in which a relationship is over; unit : the period
    counts : moves, (k, k), rows from, columns to
    paid : revenue in the period after, summed over the moves from each stage, (k,); NaN without amounts
    cross : sums over customers of products of their own moves and revenue, (k² + k, k² + k)
    people : customers who ever moved from each stage, (k,)
    """

    names: tuple[str, ...]
    end: str
    unit: str
    counts: Array
    paid: Array
    cross: Array
    people: Array

    def variance(self, weights: Array) -> Array:
        """Variance of estimates whose error is, for each, a weighted sum of a customer's moves and revenue.

        Parameters
        ----------
        weights : (m, k² + k), first those of the moves (row by row), then those of the revenue
        """
        return np.einsum("ij,jk,ik->i", weights, self.cross, weights)


def moves(stages: Stages, first: int = 1, last: int | None = None) -> Moves:
    """Count the moves between successive periods, from period `first` to `last` (numbered from 1; by default all).

    In the first periods of a log nobody can be lost yet, because nobody has been seen for long enough. Times and values
    that follow from all moves are then too high: start with ``first=lost + 1``.

    Raises
    ------
    DomainError : no two periods, or nobody is seen in two of them
    """
    last = stages.panel.periods if last is None else last
    if not 1 <= first < last <= stages.panel.periods:
        raise DomainError(
            f"Moves need two periods between 1 and {stages.panel.periods}, not {first} to {last}."
        )
    codes = stages.codes[:, first - 1 : last]
    occurring = np.unique(codes[codes != UNKNOWN])
    if not (codes[:, :-1] != UNKNOWN).any():
        raise DomainError("Nobody is seen in two successive periods, so no move can be counted.")
    place = np.full(len(stages.names) + 1, -1)
    place[occurring] = np.arange(len(occurring))
    k = len(occurring)
    money = stages.panel.revenue[:, first - 1 : last]
    priced = not np.isnan(money).any()
    cross, totals, people = np.zeros((k * k + k, k * k + k)), np.zeros(k * k + k), np.zeros(k)
    for start in range(0, len(codes), BLOCK):
        own = place[codes[start : start + BLOCK]]
        who, period = np.nonzero(own[:, :-1] >= 0)
        came, cell = own[who, period], who * (k * k + k)
        size = len(own) * (k * k + k)
        block = np.bincount(cell + came * k + own[who, period + 1], minlength=size).astype(float)
        if priced:
            block += np.bincount(cell + k * k + came, money[start + who, period + 1], size)
        block = block.reshape(len(own), -1)
        cross += block.T @ block
        totals += block.sum(axis=0)
        people += (block[:, : k * k].reshape(-1, k, k).sum(axis=2) > 0).sum(axis=0)
    names = tuple(stages.names[code] for code in occurring)
    paid = totals[k * k :] if priced else np.full(k, np.nan)
    return Moves(names, stages.end, stages.panel.unit, totals[: k * k].reshape(k, k), paid, cross, people)


def matrix(counted: Moves, level: float = 0.95) -> pd.DataFrame:
    """The transition matrix with intervals, see `of_customers`.

    Returns
    -------
    frame: from, to, n (moves), from_n (all moves from there), probability, low, high. Stages that nobody was seen to
    leave or stay in have no rows.
    """
    k = len(counted.names)
    rows = []
    for a in range(k):
        total = counted.counts[a].sum()
        if total == 0:
            continue
        share = counted.counts[a] / total
        weights = np.zeros((k, k * k + k))
        for b in range(k):
            weights[b, a * k : a * k + k] = -share[b] / total
            weights[b, a * k + b] += 1 / total
        low, high = of_customers(share, total, counted.variance(weights), counted.people[a], level)
        for b in range(k):
            rows.append(
                (
                    counted.names[a],
                    counted.names[b],
                    int(counted.counts[a, b]),
                    int(total),
                    share[b],
                    low[b],
                    high[b],
                )
            )
    return pd.DataFrame(rows, columns=["from", "to", "n", "from_n", "probability", "low", "high"])


def of_customers(
    share: Array, cases: NDArray | float, variance: Array, people: NDArray | float, level: float
) -> tuple[Array, Array]:
    """Limits of shares of cases, of which one customer may have several.

    Wilson's interval, with the number of cases divided by the design effect: the variance over customers relative to
    that of independent cases. Where none or all of them happened, the number of customers stands for that of cases.
    """
    plain = share * (1 - share) / cases
    inner = (plain > 0) & (variance > ROUNDING * plain)
    number = np.where(inner, cases * plain / np.where(inner, variance, 1), people)
    return wilson(share * number, number, level)


def order_test(stages: Stages, first: int = 1) -> pd.DataFrame:
    """Likelihood-ratio tests of the order of the chain (Anderson & Goodman 1957, Annals of Mathematical Statistics 28).

    "0 against 1": does the last stage tell anything of the next? "1 against 2": does the stage before the last add to
    it? On the same moves, those with two earlier stages. The moves of one customer count as independent, as in the
    paper; where customers differ for ever, a chain of order 1 is rejected for that alone.

    Parameters
    ----------
    first : number of the first period that counts, as in `moves`

    Returns
    -------
    frame, index test: statistic (G²), df, p_value, n (moves), gain (part of the mean log loss that is explained)

    Raises
    ------
    DomainError : fewer than three periods, or nobody is seen in three
    """
    codes = stages.codes[:, first - 1 :].astype(np.int16)
    k = len(stages.names)
    if codes.shape[1] < 3 or not (codes[:, :-2] != UNKNOWN).any():
        raise DomainError("The order of a chain needs customers who are seen in three successive periods.")
    seen = codes[:, :-2] != UNKNOWN
    triple = (codes[:, :-2] * k + codes[:, 1:-1]) * k + codes[:, 2:]
    cube = np.bincount(triple[seen], minlength=k**3).reshape(k, k, k).astype(float)
    loss = [_log_loss(cube.sum(axis=(0, 1))[None, None]), _log_loss(cube.sum(axis=0)[None]), _log_loss(cube)]
    rows = {
        "0 against 1": (loss[0] - loss[1], _freedom(cube.sum(axis=0)[None]), loss[0]),
        "1 against 2": (loss[1] - loss[2], _freedom(np.moveaxis(cube, 1, 0)), loss[1]),
    }
    table = pd.DataFrame(
        {
            name: {
                "statistic": 2 * max(gain, 0.0),
                "df": df,
                "p_value": float(stats.chi2.sf(2 * max(gain, 0.0), df)) if df else np.nan,
                "n": int(cube.sum()),
                "gain": gain / base if base > 0 else np.nan,
            }
            for name, (gain, df, base) in rows.items()
        }
    ).T
    return table.astype({"df": int, "n": int}).rename_axis("test")


def stationarity_test(stages: Stages, first: int = 1) -> pd.DataFrame:
    """Likelihood-ratio test that the matrix is the same in all periods (Anderson & Goodman 1957).

    The moves of one customer count as independent, so in a large log it rejects too often: look at the gain.

    Parameters
    ----------
    first : number of the first period that counts, as in `moves`

    Returns
    -------
    frame of one row: statistic (G²), df, p_value, n (moves), gain (part of the mean log loss that the periods explain)
    """
    codes = stages.codes[:, first - 1 :].astype(np.int16)
    k, steps = len(stages.names), codes.shape[1] - 1
    if steps < 2:
        raise DomainError("Two matrices need three periods or more.")
    seen = codes[:, :-1] != UNKNOWN
    cell = (np.arange(steps) * k + codes[:, :-1]) * k + codes[:, 1:]
    cube = np.bincount(cell[seen], minlength=steps * k * k).reshape(steps, k, k).astype(float)
    base, own = _log_loss(cube.sum(axis=0)[None]), _log_loss(cube)
    df = _freedom(np.moveaxis(cube, 1, 0))
    statistic = 2 * max(base - own, 0.0)
    row = {"statistic": statistic, "df": df, "p_value": float(stats.chi2.sf(statistic, df)) if df else np.nan}
    return pd.DataFrame([row | {"n": int(cube.sum()), "gain": (base - own) / base if base > 0 else np.nan}])


def flows(stages: Stages, periods: Sequence[int]) -> pd.DataFrame:
    """How many customers went from which stage to which, between successive chosen periods.

    Parameters
    ----------
    periods : two or more numbers of periods (1, 2, …), rising

    Returns
    -------
    frame: step (0: from the first to the second chosen period), from ("not yet" if later a customer), to, customers
    """
    inside = all(1 <= period <= stages.panel.periods for period in periods)
    if len(periods) < 2 or not inside or any(b <= a for a, b in pairwise(periods)):
        raise DomainError(
            f"Give two or more periods from 1 to {stages.panel.periods} in rising order, not {list(periods)}."
        )
    codes, names = stages.codes, (NOT_YET, *stages.names)
    k = len(names)
    rows = []
    for step, (a, b) in enumerate(pairwise(periods)):
        there = codes[:, b - 1] != UNKNOWN
        cell = (codes[there, a - 1].astype(np.int16) + 1) * k + codes[there, b - 1] + 1
        number = np.bincount(cell, minlength=k * k)
        rows += [(step, names[at // k], names[at % k], int(number[at])) for at in np.flatnonzero(number)]
    return pd.DataFrame(rows, columns=["step", "from", "to", "customers"])


def wide(table: pd.DataFrame, column: str = "probability") -> pd.DataFrame:
    """The table of `matrix` as a square: rows from, columns to, in the order of the table.

    >>> table = pd.DataFrame({"from": ["a", "a"], "to": ["a", "b"], "probability": [0.9, 0.1]})
    >>> wide(table).to_dict("list")
    {'a': [0.9], 'b': [0.1]}
    """
    if not {"from", "to", column} <= set(table):
        raise SchemaError(f'The table has no columns from, to and {column}. Give the table of "matrix".')
    order = table["to"].drop_duplicates()
    return table.pivot(index="from", columns="to", values=column).loc[table["from"].drop_duplicates(), order]


def _log_loss(counts: Array) -> float:
    """−Σ n log p of the next stage (last axis), p being the shares within each of the earlier ones."""
    total = counts.sum(axis=-1, keepdims=True)
    return float(special.xlogy(total, total).sum() - special.xlogy(counts, counts).sum())


def _freedom(cube: Array) -> int:
    """Degrees of freedom of the test that within each first entry the second says nothing of the third: only rows and
    columns that occur count.
    """
    return int(
        sum(
            (np.count_nonzero(t.sum(axis=1)) - 1) * (np.count_nonzero(t.sum(axis=0)) - 1)
            for t in cube
            if t.any()
        )
    )
