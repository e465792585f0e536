"""Perceived value (感知价值): what a customer gets less what the customer gives, and whether it goes with satisfaction.

Zeithaml (1988, Journal of Marketing 52(3), 2–22) calls value the customer's overall judgement of what is received
against what is given. Here it is put together from answers to a survey:

    benefit = mean of the answers on benefits
    cost    = mean of the answers on prices and efforts, turned so that more means a larger sacrifice
    value   = benefit − cost, in points of the scale, from −(high − low) to high − low

Both parts are plain means on the same scale, so a point of cost weighs as much as a point of benefit. Fitting weights
to satisfaction instead would make the question whether value goes with satisfaction true by construction.

People use scales differently: some mark everything high. What that does to the coefficient of value is asked in
`yea_saying`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError
from crmtheory.survey.complete import Complete, complete
from crmtheory.survey.drivers import linear
from crmtheory.wording import counted

PARTS = ("benefit", "cost", "value")
LEAST = 10  # respondents below which no coefficient is worth showing


def components(
    answers: pd.DataFrame,
    benefits: Sequence[str],
    costs: Sequence[str],
    scale: tuple[float, float] = (1, 10),
    *,
    favourable: bool = True,
    centred: bool = False,
) -> pd.DataFrame:
    """Benefit, cost and value of each respondent who answered all the items.

    Parameters
    ----------
    answers : frame, one row per respondent, answers on one scale; NaN where nothing was said
    benefits, costs : columns of it
    scale : lowest and highest answer that could be given
    favourable : whether a high answer on a cost item is good for the customer ("prices are competitive"), so that
        cost = low + high − answer; False where it tells of a large sacrifice ("prices are high")
    centred : take each respondent's mean over all these items from the answers first; benefit and cost are then in
        points above the own mean, and each determines the other

    Returns
    -------
    frame on the index of the answers: benefit, cost, value (points of the scale); NaN for who left an item out

    Raises
    ------
    SchemaError : no such items, an item named twice, answers outside the scale, a scale without length
    DomainError : nobody answered all the items

    >>> answers = pd.DataFrame({"useful": [9.0, 4.0], "fair price": [8.0, 3.0]})
    >>> components(answers, ["useful"], ["fair price"])["value"].tolist()
    [6.0, -4.0]
    """
    benefits, costs = named(benefits, costs)
    found = complete(answers, [*benefits, *costs], question="Perceived value", least=1, constant=True)
    on_scale(found, scale)
    table = parts(found.values, len(benefits), scale, favourable, centred)
    return pd.DataFrame(table, found.index, PARTS).reindex(answers.index)


def effects(
    answers: pd.DataFrame,
    benefits: Sequence[str],
    costs: Sequence[str],
    outcome: str,
    scale: tuple[float, float] = (1, 10),
    *,
    favourable: bool = True,
    centred: bool = False,
    weights: pd.Series | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """How the outcome goes with benefit and cost together, and with value alone: standardised coefficients.

    Benefit and cost stand in one regression, each with the other held fixed; value stands alone in a second one, so
    its coefficient is the correlation with the outcome. Intervals are HC3 (heteroscedasticity-robust); with weights,
    the sandwich of weighted least squares.

    Parameters
    ----------
    outcome : column, such as overall satisfaction; the others as in `components`
    centred : as in `components`; the respondent's mean is taken from the outcome too. It is formed over the benefit and
        cost items only: with the outcome in it, the parts would determine the outcome. Benefit and cost then
        determine each other and have no coefficients (NaN), and value is only how much *better* one is rated than the
        other.

    Returns
    -------
    frame, index part ("benefit", "cost", "value"): estimate (standard deviations of the outcome per standard
    deviation), low, high, n

    Raises
    ------
    SchemaError : as `components`; the outcome is one of the items
    DomainError : fewer than 10 complete respondents, or an item that everybody answered alike

    >>> rng = np.random.default_rng(1)
    >>> get, price = rng.uniform(1, 10, (2, 300))
    >>> answers = pd.DataFrame({"get": get, "price": price, "satisfied": 3 + (get + price) / 4})
    >>> effects(answers, ["get"], ["price"], "satisfied").loc["value", "estimate"].round(3)
    np.float64(1.0)
    """
    benefits, costs = named(benefits, costs, outcome)
    items = [*benefits, *costs, outcome]
    found = complete(answers, items, weights, question="The effect of perceived value", least=LEAST)
    on_scale(found, scale, len(items) - 1)
    table = parts(found.values[:, :-1], len(benefits), scale, favourable, centred)
    y = found.values[:, -1]
    if centred:
        y = y - found.values[:, :-1].mean(axis=1)
    for part, name in zip(table.T[2 * centred :], PARTS[2 * centred :], strict=True):
        _varies(part, name)
    _varies(y, outcome)
    if not centred and _alike(table[:, 0], table[:, 1]):
        raise DomainError(
            "Benefit and cost rise and fall together without exception, so neither has an effect of its own."
        )
    both = np.full((2, 3), np.nan) if centred else _coefficients(table[:, :2], y, found.weights, level)
    table = np.vstack([both, _coefficients(table[:, 2:], y, found.weights, level)])
    index = pd.Index(PARTS, name="part")
    return pd.DataFrame(table, index, ["estimate", "low", "high"]).assign(n=len(found))


def rated(
    answers: pd.DataFrame,
    value: Sequence[str],
    outcome: Sequence[str],
    fixed: Sequence[str] = (),
    *,
    weights: pd.Series | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """The coefficient of value that was asked for directly, alone and with the mean of other items held fixed.

    Parameters
    ----------
    value, outcome, fixed : items whose means are value, outcome and what is held fixed, such as quality

    Returns
    -------
    frame, index held ("nothing", and with `fixed` also "fixed"): estimate (standardised), low, high (HC3), n. Both rows
    are of the same respondents.

    Raises
    ------
    SchemaError : no such items, or an item in two places
    DomainError : fewer than 10 complete respondents, an item or a mean that does not vary

    >>> rng = np.random.default_rng(1)
    >>> answers = pd.DataFrame(rng.normal(0, 1, (200, 2)), columns=["worth", "quality"])
    >>> answers["satisfied"] = answers.sum(axis=1)
    >>> rated(answers, ["worth"], ["satisfied"], ["quality"])["estimate"].gt(0.5).tolist()
    [True, True]
    """
    groups = [list(value), list(outcome), *([list(fixed)] if len(fixed) else [])]
    if not groups[0] or not groups[1]:
        raise SchemaError("Name at least one item of value and one of the outcome.")
    items = [item for group in groups for item in group]
    found = complete(answers, items, weights, question="The effect of perceived value", least=LEAST)
    ends = np.cumsum([0, *map(len, groups)])
    means = [found.values[:, start:end].mean(axis=1) for start, end in pairwise(ends)]
    for mean, name in zip(means, ("value", "the outcome", "what is held fixed"), strict=False):
        _varies(mean, name)
    rows = [_coefficients(means[0][:, None], means[1], found.weights, level)[0]]
    if len(means) == 3:
        rows.append(_coefficients(np.column_stack([means[0], means[2]]), means[1], found.weights, level)[0])
    index = pd.Index(["nothing", "fixed"][: len(rows)], name="held")
    return pd.DataFrame(rows, index, ["estimate", "low", "high"]).assign(n=len(found))


def parts(values: np.ndarray, benefits: int, scale: tuple[float, float], good: bool, own: bool) -> np.ndarray:
    """Benefit, cost and value, (n, 3), of answers whose first columns are those on benefits."""
    if own:
        values = values - values.mean(axis=1, keepdims=True)
    benefit, cost = values[:, :benefits].mean(axis=1), values[:, benefits:].mean(axis=1)
    if good:
        cost = -cost if own else sum(scale) - cost
    return np.column_stack([benefit, cost, benefit - cost])


def _coefficients(x: np.ndarray, y: np.ndarray, weights: np.ndarray, level: float) -> np.ndarray:
    """Standardised coefficients with HC3 limits, (columns of x, 3)."""
    names = [f"column {place}" for place in range(x.shape[1])]
    frame = pd.DataFrame(x, columns=names).assign(outcome=y)
    table = linear(frame, "outcome", names, pd.Series(weights), level)
    return table[["estimate", "low", "high"]].to_numpy()


def named(benefits: Sequence[str], costs: Sequence[str], outcome: str = "") -> tuple[list[str], list[str]]:
    if not len(benefits) or not len(costs):
        raise SchemaError("Value is benefits less costs: name at least one item of each.")
    if outcome and outcome in [*benefits, *costs]:
        raise SchemaError(f"The outcome {outcome} is one of the items of value. It cannot explain itself.")
    return list(benefits), list(costs)


def on_scale(found: Complete, scale: tuple[float, float], items: int | None = None) -> None:
    low, high = scale
    if not low < high:
        raise SchemaError(
            f"scale names the lowest and the highest answer, such as (1, 10); it is {tuple(scale)}."
        )
    values = found.values[:, :items]
    out = (values < low) | (values > high)
    if out.any():
        row, column = np.argwhere(out)[0]
        raise SchemaError(
            f"{counted(int(out.sum()), 'answer')} outside the scale of {low:g} to {high:g}, first: "
            f"{found.items[column]} of respondent {found.index[row]} ({values[row, column]:g}). Correct the scale, or "
            "set codes such as 99 to missing."
        )


def _alike(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether one determines the other."""
    spread = first.std() * second.std()
    return bool(spread > 0 and abs(np.cov(first, second, ddof=0)[0, 1]) >= (1 - 1e-12) * spread)


def _varies(values: np.ndarray, name: str) -> None:
    if np.ptp(values) <= 1e-9 * max(1.0, np.abs(values).max()):
        raise DomainError(f"{name} is the same for all {len(values):,} respondents, so it goes with nothing.")
