"""Why customers leave: what goes with churn, and by how much once other things are held equal.

A table of customers shows *association*. That 83 % of those who complained left, and 10 % of the others, does not say
how many would have stayed without the reason to complain (see `caution`).

Columns enter a model in one way throughout the lifecycle part (`Design`): a number with two values as 0 and 1 (the
higher against the lower), another number in standard deviations from its mean, text as one 0/1 column a level against
the most frequent level. A column computed from others, or known only after the event, does not belong among the
drivers. In the telecom sample these are Customer Value (a formula of usage) and Status (who no longer uses the phone
has all but left); Age Group is Age once more.

Notation: x design row with a leading 1, β coefficients, V their covariance, p = 1 / (1 + e^(−x′β)).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special, stats

from crmtheory.errors import SchemaError
from crmtheory.lifecycle.design import Design, logistic, yes_no
from crmtheory.models.history import possible_level
from crmtheory.numerics import Array
from crmtheory.weighted import newcombe


def churn_drivers(
    frame: pd.DataFrame, churn: str, drivers: Sequence[str], level: float = 0.95
) -> pd.DataFrame:
    """Each driver's odds ratio and its mean effect on the probability to leave, the others held fixed (logistic).

    `effect` is the average over the customers in the table: for a two-valued driver or a level of a text column, p with
    it less p without it (or with the base level); for another number the slope of p, per standard deviation. Its
    interval is by the delta method and takes these customers as given.

    Parameters
    ----------
    frame : one row a customer; churn : column with 1 where the customer left, else 0; drivers : columns

    Returns
    -------
    frame, index driver ("column" or "column: level"): ratio (odds ratio; numbers per standard deviation), low, high,
    p_value, effect, effect_low, effect_high

    Raises
    ------
    SchemaError : an unknown column, missing values, a column that is neither number nor category
    DomainError : nobody or everybody left, a driver that never varies, drivers that determine each other, too few rows
    ConvergenceError : a driver that tells without error who leaves (perfect separation)

    >>> frame = pd.DataFrame({"complaint": [0, 0, 0, 0, 1, 1, 1, 1], "left": [0, 0, 0, 1, 0, 1, 1, 1]})
    >>> table = churn_drivers(frame, "left", ["complaint"])
    >>> table[["ratio", "effect"]].round(3).to_dict("index")
    {'complaint': {'ratio': 9.0, 'effect': 0.5}}
    """
    tail = possible_level(level)
    left = yes_no(frame, churn)
    design = Design.learn(frame, drivers)
    x = design.matrix(frame)
    beta, covariance = logistic(x, left)
    table = ratios(x.columns[1:], beta[1:], covariance[1:, 1:], tail)
    effects = [_mean_effect(x.to_numpy(), beta, j, design.rivals(j)) for j in range(1, len(beta))]
    effect, gradient = np.array([e for e, _ in effects]), np.array([g for _, g in effects])
    half = stats.norm.isf(tail) * np.sqrt(np.einsum("ij,jk,ik->i", gradient, covariance, gradient))
    return table.assign(effect=effect, effect_low=effect - half, effect_high=effect + half)


def adjusted_difference(
    frame: pd.DataFrame, churn: str, treatment: str, adjust: Sequence[str], level: float = 0.95
) -> pd.DataFrame:
    """How much oftener those with a treatment leave: as counted, and with the columns of `adjust` held equal.

    The adjusted difference is standardised (the g-formula): a logistic model with the treatment and `adjust` says how
    likely each customer is to leave with and without the treatment, and the difference is averaged over all. If no
    other common cause exists, it is the causal effect; no table can show that there is none. The interval is by the
    delta method, J′VJ plus the variance of the mean difference over customers, who are taken as a sample.

    Parameters
    ----------
    treatment : column with 1 or 0 (a complaint, a failure, a campaign); adjust : columns held equal, may be empty

    Returns
    -------
    one-row frame: crude, crude_low, crude_high (Newcombe), estimate, low, high (adjusted), n, treated

    Raises
    ------
    as `churn_drivers`

    >>> frame = pd.DataFrame({"complaint": [0, 0, 0, 0, 1, 1, 1, 1], "left": [0, 0, 0, 1, 0, 1, 1, 1]})
    >>> adjusted_difference(frame, "left", "complaint", [])[["crude", "estimate"]].round(6).to_numpy().tolist()
    [[0.5, 0.5]]
    """
    tail = possible_level(level)
    left, treated = yes_no(frame, churn), yes_no(frame, treatment)
    if treatment in adjust:
        raise SchemaError(f'"{treatment}" is the treatment and cannot be held equal. Take it out of adjust.')
    design = Design.learn(frame, [treatment, *adjust])
    x = design.matrix(frame)
    beta, covariance = logistic(x, left)
    gain, slope = _contrast(x.to_numpy(), beta, 1, [1])
    variance = slope @ covariance @ slope + gain.var(ddof=1) / len(gain)
    half = stats.norm.isf(tail) * np.sqrt(variance)
    counts = [int(left[treated == group].sum()) for group in (1, 0)]
    sizes = [int((treated == group).sum()) for group in (1, 0)]
    crude, low, high = newcombe(counts[0], sizes[0], counts[1], sizes[1], level)
    row = {"crude": crude, "crude_low": low, "crude_high": high, "estimate": float(gain.mean())}
    row |= {"low": float(gain.mean() - half), "high": float(gain.mean() + half)}
    return pd.DataFrame([row | {"n": len(left), "treated": sizes[0]}])


def twins(
    frame: pd.DataFrame, question: Callable[[pd.DataFrame], pd.DataFrame] | None = None
) -> pd.DataFrame:
    """Rows that repeat an earlier row exactly, and an answer with and without them.

    Without a customer number a twin is either one customer entered twice or two customers alike. Where that cannot be
    told, keep all rows, and show that the answer does not hang on it.

    Parameters
    ----------
    question : a function of the frame that answers in one row, such as `adjusted_difference` with its columns

    Returns
    -------
    frame, index rows ("all", "without twins"): customers, twins, and the columns of the answer

    >>> table = twins(pd.DataFrame({"usage": [1, 1, 2]}), lambda rows: rows.mean().to_frame().T)
    >>> table.to_dict("list")
    {'customers': [3, 2], 'twins': [1, 0], 'usage': [1.3333333333333333, 1.5]}
    """
    again = frame.duplicated().to_numpy()
    rows = {"all": frame, "without twins": frame[~again]}
    counts = {"customers": [len(part) for part in rows.values()], "twins": [int(again.sum()), 0]}
    table = pd.DataFrame(counts, index=pd.Index(rows, name="rows"))
    if question is None:
        return table
    answers = pd.concat([question(part) for part in rows.values()], ignore_index=True)
    if len(answers) != 2:
        raise SchemaError("The question must answer in a frame of one row, as adjusted_difference does.")
    return pd.concat([table, answers.set_axis(table.index)], axis=1)


def caution() -> str:
    """What a table of drivers says and what it does not, in words to stand beside it.

    >>> caution().split(". ")[0]
    'These are associations among customers as they were, not effects of what a company might do'
    """
    return (
        "These are associations among customers as they were, not effects of what a company might do. Holding other "
        "columns fixed removes only what those columns measure; whatever else differs, such as how disappointed "
        "somebody already was, stays in the figure. A sign that a customer is leaving looks like a cause of it, "
        "and a driver that follows another takes over part of its effect. To learn what an action changes, take it "
        "for some customers chosen at random and compare."
    )


def ratios(names: Sequence[str] | pd.Index, beta: Array, covariance: Array, tail: float) -> pd.DataFrame:
    """Coefficients as ratios e^β: index driver, with ratio, low, high (Wald), p_value."""
    error = np.sqrt(np.diag(covariance))
    half = stats.norm.isf(tail) * error
    with np.errstate(over="ignore"):  # a limit beyond what a double can hold is infinite
        table = {"ratio": np.exp(beta), "low": np.exp(beta - half), "high": np.exp(beta + half)}
    table["p_value"] = 2 * stats.norm.sf(np.abs(beta) / error)
    return pd.DataFrame(table, index=pd.Index(names, name="driver"))


def _mean_effect(x: Array, beta: Array, j: int, rivals: list[int]) -> tuple[float, Array]:
    """The average effect of column j on p, and its gradient by β."""
    if rivals:
        gain, gradient = _contrast(x, beta, j, rivals)
        return float(gain.mean()), gradient
    p = special.expit(x @ beta)
    slope = p * (1 - p)
    gradient = (slope * (1 - 2 * p)) @ x / len(x) * beta[j]
    gradient[j] += slope.mean()
    return float(slope.mean() * beta[j]), gradient


def _contrast(x: Array, beta: Array, j: int, rivals: list[int]) -> tuple[Array, Array]:
    """Each customer's p with column j at 1 less p with it at 0, its rivals (the other levels) at 0 in both.

    Also the gradient of the mean by β.
    """
    rest = x @ beta - x[:, rivals] @ beta[rivals]
    with_it, without = special.expit(rest + beta[j]), special.expit(rest)
    slope_with, slope_without = with_it * (1 - with_it), without * (1 - without)
    gradient: NDArray[np.float64] = (slope_with - slope_without) @ x / len(x)
    gradient[rivals] = 0.0
    gradient[j] = slope_with.mean()
    return with_it - without, gradient
