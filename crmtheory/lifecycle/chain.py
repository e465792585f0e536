"""What follows if customers move as the transition matrix says: time to loss, chance of a stage, value by stage.

A Markov chain in which the last stage ends the relationship (an absorbing chain: Kemeny & Snell 1960, ch. 3; customer
value: Pfeifer & Carraway 2000, Journal of Interactive Marketing 14(2)). With Q the moves among the other stages, the
expected number of visits is (I − Q)⁻¹. Who is lost may come back in the data; here a relationship is over when it is
judged lost for the first time.

Notation: u = c + δ Q u + boundary, with visits M = (I − δ Q)⁻¹. An error dP of the matrix changes u by M dP u, and an
error of the reward by M dc. So the error of every answer is a sum over customers, and its variance is exact to first
order (delta method). Intervals are symmetric in the logarithm (times, positive values) or the log odds (probabilities).

The chain forgets how long a customer has been in a stage. Where the stage is made of silence that is wrong; compare
with the time that was seen, `kaplan_meier`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special, stats

from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.holdout import wilson
from crmtheory.lifecycle.moves import Moves
from crmtheory.numerics import Array
from crmtheory.units import force_of_interest

LONGEST = 10_000  # periods that are looked ahead for a median
TOLERANCE = 1e-6  # rows of a given matrix may miss 1 by this, from rounding


def absorption(matrix: pd.DataFrame, end: str) -> pd.DataFrame:
    """Expected time until `end` for a given matrix, without intervals: for teaching and for matrices from elsewhere.

    Parameters
    ----------
    matrix : rows from, columns to, the same stages in the same order; rows add up to 1
    end : the stage in which it is over; what stands in its row does not matter

    Returns
    -------
    frame, index stage (without `end`): periods (expected), sd (standard deviation over customers)

    Raises
    ------
    SchemaError : the matrix is not square, has negative entries or rows that do not add up to 1
    DomainError : `end` is not reached from every stage

    >>> matrix = pd.DataFrame([[0.8, 0.2], [0.0, 1.0]], ["here", "lost"], ["here", "lost"])
    >>> absorption(matrix, "lost").round(3).loc["here"].tolist()
    [5.0, 4.472]
    """
    _checked(matrix, end)
    inner = np.array([name != end for name in matrix.index])
    q = matrix.to_numpy(float)[np.ix_(inner, inner)]
    _reached(matrix.to_numpy(float), ~inner, tuple(matrix.index), end, None)
    visits = np.linalg.inv(np.eye(len(q)) - q)
    periods = visits.sum(axis=1)
    variance = (2 * visits - np.eye(len(q))) @ periods - periods**2
    index = matrix.index[inner].rename("stage")
    return pd.DataFrame({"periods": periods, "sd": np.sqrt(np.maximum(variance, 0))}, index=index)


def time_to_loss(moves: Moves, level: float = 0.95) -> pd.DataFrame:
    """Expected number of periods until a customer in each stage is judged lost, counted from the end of this period.

    Returns
    -------
    frame, index stage: n (customers ever seen to move from it), estimate, low, high (periods)

    Raises
    ------
    DomainError : nobody was lost, or a stage from which nobody is ever lost
    """
    end = _end(moves)
    inner = ~end & (moves.counts.sum(axis=1) > 0)
    _reached(_shares(moves), end, moves.names, moves.end, moves.people)
    estimate, error = _solve(moves, inner, np.ones(len(inner)), np.zeros(len(inner)))
    return _logarithmic(moves, inner, estimate, error, level)


def median_to_loss(moves: Moves, stage: str) -> float:
    """The number of periods after which half of the customers who are in a stage now have been judged lost.

    Returns
    -------
    float : whole periods; infinite where fewer than half are ever lost within 10,000

    Raises
    ------
    SchemaError : no such stage; DomainError : nobody was lost, or a stage from which nobody is ever lost
    """
    if stage not in moves.names:
        raise SchemaError(unknown("stage", stage, moves.names))
    end, p = _end(moves), _shares(moves)
    if stage == moves.end:
        return 0.0
    _reached(p, end, moves.names, moves.end, moves.people)
    here = np.array([name == stage for name in moves.names], float)
    for period in range(1, LONGEST):
        here = np.where(end, 0.0, here) @ p
        here[end] = 0.0
        if here.sum() <= 0.5:
            return float(period)
    return float("inf")


def ever(moves: Moves, stage: str, level: float = 0.95) -> pd.DataFrame:
    """Probability that a customer in each stage reaches `stage` before being judged lost.

    Returns
    -------
    frame, index stage (without `stage` and the last): n, estimate, low, high

    Raises
    ------
    SchemaError : no such stage; DomainError : nobody was lost, or a stage that leads neither there nor to loss
    """
    if stage not in moves.names:
        raise SchemaError(unknown("stage", stage, moves.names))
    goal = np.array([name == stage for name in moves.names])
    end = _end(moves)
    inner = ~end & ~goal & (moves.counts.sum(axis=1) > 0)
    _reached(_shares(moves), end | goal, moves.names, f"{stage} or {moves.end}", moves.people)
    estimate, error = _solve(moves, inner, np.zeros(len(inner)), goal.astype(float))
    estimate = np.clip(estimate, 0.0, 1.0)
    inside = (estimate > 0) & (estimate < 1) & (error > 0)
    spread = np.where(inside, error / np.where(inside, estimate * (1 - estimate), 1), 0.0)
    half = stats.norm.ppf(0.5 + level / 2) * spread
    centre = special.logit(np.where(inside, estimate, 0.5))
    # Where nobody or everybody got there, the customers in the stage are as many trials (Wilson).
    people = moves.people[inner]
    least, most = wilson(estimate * people, people, level)
    low = np.where(inside, special.expit(centre - half), least)
    high = np.where(inside, special.expit(centre + half), most)
    return _table(moves, inner, estimate, low, high)


def stage_value(
    moves: Moves, *, margin: float = 1.0, discount_rate: float = 0.10, level: float = 0.95
) -> pd.DataFrame:
    """Expected discounted profit from a customer in each stage, from the next period until judged lost.

    Parameters
    ----------
    margin : part of revenue that is profit
    discount_rate : per year; money of the first period to come is discounted by one whole period

    Returns
    -------
    frame, index stage: n, estimate, low, high (money)

    Raises
    ------
    DomainError : no revenue in the panel, a margin or rate outside its range, nobody was lost
    """
    if np.isnan(moves.paid).any():
        raise DomainError("A value needs revenue, and this log was read without amounts.")
    if not 0 < margin <= 1:
        raise DomainError(
            f"The margin is a part of revenue above 0 and up to 1, not {margin}. For 30 % give 0.3."
        )
    delta = float(np.exp(-force_of_interest(discount_rate, moves.unit)))
    end = _end(moves)
    total = moves.counts.sum(axis=1)
    inner = ~end & (total > 0)
    _reached(_shares(moves), end, moves.names, moves.end, moves.people)
    if (np.abs(np.linalg.eigvals(delta * _shares(moves)[np.ix_(inner, inner)])) >= 1).any():
        raise DomainError(
            f"With a discount rate of {discount_rate} later money counts for so much more that the value has no bound. "
            "Give a rate of 0 or more."
        )
    paid = delta * margin * np.divide(moves.paid, total, out=np.zeros(len(total)), where=total > 0)
    estimate, error = _solve(moves, inner, paid, np.zeros(len(inner)), delta, delta * margin)
    half = stats.norm.ppf(0.5 + level / 2) * error
    return _table(moves, inner, estimate, estimate - half, estimate + half)


def _solve(
    moves: Moves,
    inner: NDArray[np.bool_],
    reward: Array,
    boundary: Array,
    delta: float = 1.0,
    scale: float = 0.0,
) -> tuple[Array, Array]:
    """u on the inner stages, with standard errors; `scale` times the mean revenue after a stage is its reward."""
    k = len(moves.names)
    p, total = _shares(moves), moves.counts.sum(axis=1)
    visits = np.linalg.inv(np.eye(inner.sum()) - delta * p[np.ix_(inner, inner)])
    u = boundary.astype(float)
    u[inner] = visits @ (reward[inner] + delta * p[np.ix_(inner, ~inner)] @ boundary[~inner])
    weights = np.zeros((len(visits), k * k + k))
    for column, a in enumerate(np.flatnonzero(inner)):
        share = visits[:, column] / total[a]
        per_move = delta * (u - p[a] @ u)
        if scale:
            per_move = per_move - reward[a]
            weights[:, k * k + a] = share * scale
        weights[:, a * k : a * k + k] = share[:, None] * per_move
    return u[inner], np.sqrt(np.maximum(moves.variance(weights), 0.0))


def _logarithmic(
    moves: Moves, inner: NDArray[np.bool_], estimate: Array, error: Array, level: float
) -> pd.DataFrame:
    factor = np.exp(stats.norm.ppf(0.5 + level / 2) * error / estimate)
    return _table(moves, inner, estimate, estimate / factor, estimate * factor)


def _table(moves: Moves, inner: NDArray[np.bool_], estimate: Array, low: Array, high: Array) -> pd.DataFrame:
    names = pd.Index([name for name, there in zip(moves.names, inner, strict=True) if there], name="stage")
    number = moves.people[inner].astype(int)
    return pd.DataFrame({"n": number, "estimate": estimate, "low": low, "high": high}, index=names)


def _shares(moves: Moves) -> Array:
    total = moves.counts.sum(axis=1, keepdims=True)
    return np.divide(moves.counts, total, out=np.zeros_like(moves.counts), where=total > 0)


def _end(moves: Moves) -> NDArray[np.bool_]:
    if moves.end not in moves.names:
        raise DomainError(
            f'Nobody was ever judged "{moves.end}" here, so there is no time to it. The log may be too short for the '
            "silence that the rules ask for; take a shorter one."
        )
    return np.array([name == moves.end for name in moves.names])


def _reached(
    p: Array, end: NDArray[np.bool_], names: tuple[str, ...], what: str, people: Array | None
) -> None:
    """Every stage that was moved from must lead to the end at last; say which does not, and why."""
    leads = end.copy()
    while (more := leads | (p @ leads > 0)).sum() > leads.sum():
        leads = more
    stuck = ~leads if people is None else ~leads & (p.sum(axis=1) > 0)
    if people is not None and (unseen := ~leads & (p.sum(axis=1) == 0)).any():
        raise DomainError(
            f'No move from "{names[np.flatnonzero(unseen)[0]]}" was seen: customers came there in the last period '
            "only. Take another period, or a longer log."
        )
    if not stuck.any():
        return
    first = int(np.flatnonzero(stuck)[0])
    alone = p[first, first] >= 1 - TOLERANCE
    seen = "" if people is None else f" (none of the {people[first]:,.0f} customers in it left it)"
    reason = f"is absorbing{seen}" if alone else f"leads only to stages that never lead to {what}"
    raise DomainError(
        f'The stage "{names[first]}" {reason}, so {what} is never reached from it and the expected time does not '
        "exist. Join it with another stage, or name it as the end."
    )


def _checked(matrix: pd.DataFrame, end: str) -> None:
    if not isinstance(matrix, pd.DataFrame) or list(matrix.index) != list(matrix.columns):
        raise SchemaError(
            "A transition matrix is a frame whose rows and columns are the same stages in the same order."
        )
    if end not in matrix.index:
        raise SchemaError(unknown("stage", end, matrix.index))
    rows = matrix.drop(index=end).to_numpy(float)
    names = matrix.index.drop(end)
    bad = ~(
        np.isfinite(rows).all(axis=1) & (rows >= 0).all(axis=1) & (np.abs(rows.sum(axis=1) - 1) <= TOLERANCE)
    )
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        raise SchemaError(
            f'{bad.sum()} of {len(rows)} rows are not probabilities that add up to 1, first: "{names[first]}", which '
            f"adds up to {rows[first].sum():.4g}. Rows are where customers come from; transpose a matrix that has them "
            "in columns."
        )
