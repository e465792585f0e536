"""The forecast of very many customers: simulated once for those alike, not for each.

Who is still a customer at T does what others with the same x and T do, whatever t_x was; t_x only tells how likely that
is. And what a customer spends is (γ + x m) / γ times what one with the same x and m = 0 would spend (`gamma_gamma`).
So the futures of one customer for each pair of x and T are enough: the limits of each customer are read off them at
the place that the chance of having left moves them to. With so many customers the parameters are known well enough for
the estimates to stand for them in the limits of single customers; in those of the sums their errors are counted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from crmtheory.large import LARGE
from crmtheory.models.answers import AttritionFit, histories
from crmtheory.models.attrition import Attrition
from crmtheory.models.covariates import WithCovariates
from crmtheory.models.gamma_gamma import GammaGamma
from crmtheory.models.spend import SpendFit
from crmtheory.numerics import Array, distinct_rows

CELLS = 25_000  # pairs of x and T simulated at a time


def is_crowd(fit: AttritionFit, spend: SpendFit, summary: pd.DataFrame) -> bool:
    """Whether there are so many customers that `limits` should be used, and the models are such that it can."""
    steady = type(fit.model).future is Attrition.future and not isinstance(fit.model, WithCovariates)
    return len(summary) >= LARGE and steady and isinstance(spend.model, GammaGamma)


def limits(
    fit: AttritionFit,
    spend: SpendFit,
    summary: pd.DataFrame,
    ahead: float,
    rng: np.random.Generator,
    tail: float,
    draws: int,
) -> tuple[Array, Array]:
    """Prediction limits of purchases and of revenue: of each customer (4, n) and of all together (4, 1), low and high
    of purchases before low and high of revenue.
    """
    columns = histories(fit, summary)
    (bought, m), _ = spend.model.read(summary)
    (x, t_x, T, spent_on), count, history = distinct_rows([*columns, bought], np.ones(len(summary)))
    alive = fit.model.p_alive(fit.theta, x, t_x, T)
    alike, _, cell = distinct_rows([x, T, spent_on], count)
    found, variance = np.empty((4, len(x))), np.empty((2, len(x)))
    for first in range(0, len(alike[0]), CELLS):
        here = np.flatnonzero((cell >= first) & (cell < first + CELLS))
        some = [column[first : first + CELLS] for column in alike]
        for kind, values in enumerate(_of_the_living(fit, spend, some, ahead, rng, draws)):
            place, there = cell[here] - first, alive[here]
            for end, q in enumerate((tail, 1 - tail)):
                found[2 * kind + end, here] = _read_off(values, place, there, q)
            mean, square = (np.mean(values**power, axis=0)[place] for power in (1, 2))
            variance[kind, here] = there * square - (there * mean) ** 2
    gamma = spend.theta[2]
    scale = (gamma + bought * m) / gamma
    each = found[:, history]
    each[2:] *= scale
    spread = [float(variance[0] @ count), float(variance[1, history] @ scale**2)]
    return each, _of_all(fit, spend, summary, ahead, tail, spread)


def _of_the_living(
    fit: AttritionFit,
    spend: SpendFit,
    alike: list[Array],
    ahead: float,
    rng: np.random.Generator,
    draws: int,
) -> Array:
    """Purchases and revenue (at m = 0) of customers alive at T, (2, draws, cells), the draws of each in order."""
    x, T, bought = alike
    futures = np.empty((2, draws, len(x)))
    for i in range(draws):
        rate, leaves_at, leaves_after = fit.model.draw_alive(fit.theta, x, T, rng)
        purchases = np.minimum(rng.poisson(rate * np.minimum(leaves_at, ahead)), leaves_after)
        futures[0, i] = purchases
        futures[1, i] = spend.model.future(spend.theta, purchases, bought, np.zeros(len(x)), rng)
    futures.sort(axis=1)
    return futures


def _read_off(values: Array, cell: NDArray[np.intp], alive: Array, q: float) -> Array:
    """The quantile at q of each history, from the ordered values of the living (draws, cells): the smallest value with
    P(left) + P(alive) · F(value) ≥ q, and 0 where P(left) alone is as large.
    """
    draws = len(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        place = np.ceil((q - (1 - alive)) / alive * draws - 1e-9)
    found = values[np.clip(place - 1, 0, draws - 1).astype(np.intp), cell]
    return np.where(place > 0, found, 0.0)


def _of_all(
    fit: AttritionFit, spend: SpendFit, summary: pd.DataFrame, ahead: float, tail: float, spread: list[float]
) -> Array:
    """Limits of the sums, (4, 1): customers scatter with the variances `spread`, and the parameters add theirs."""
    rows, _, inverse = distinct_rows(histories(fit, summary), np.ones(len(summary)))
    (x, m), _ = spend.model.read(summary)
    worth = np.asarray(spend.model.conditional_mean(spend.theta, x, m))
    weights = np.stack([np.bincount(inverse, w, len(rows[0])) for w in (np.ones(len(x)), worth)])

    def sums(theta: Array) -> Array:
        return weights @ fit.model.conditional(theta, ahead, *rows)

    expected = fit.model.conditional(fit.theta, ahead, *rows)[inverse]

    def revenue(theta: Array) -> Array:
        return np.atleast_1d(expected @ spend.model.conditional_mean(theta, x, m))

    error: Any = fit.error_of(fit.gradient_of(sums))
    of_spend = np.array([0.0, float(spend.error_of(spend.gradient_of(revenue))[0])])
    half = stats.norm.ppf(1 - tail) * np.sqrt(error**2 + of_spend**2 + np.array(spread))
    middle = weights @ fit.model.conditional(fit.theta, ahead, *rows)
    low, high = middle - half, middle + half
    return np.array([[np.floor(low[0])], [np.ceil(high[0])], [low[1]], [high[1]]])
