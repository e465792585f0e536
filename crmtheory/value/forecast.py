"""What customers will do and spend, with *prediction* intervals: they hold what will be counted, not its average."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError
from crmtheory.models.answers import AttritionFit, histories
from crmtheory.models.history import possible_level
from crmtheory.models.spend import SpendFit
from crmtheory.numerics import Array
from crmtheory.value.crowd import is_crowd, limits
from crmtheory.value.lifetime import check_models

CUSTOMERS = 2_000_000  # simulated customers at a time


def forecast(
    fit: AttritionFit,
    spend: SpendFit,
    summary: pd.DataFrame,
    rng: np.random.Generator,
    *,
    horizon: float | str = "52 weeks",
    level: float = 0.95,
    draws: int = 400,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Purchases and revenue of each customer over the horizon, and of all together, with prediction intervals.

    Each draw takes the parameters of both models from their estimated sampling distributions and simulates what every
    customer does and spends, given the past. Nothing is discounted, and revenue is before margin and costs. Of very
    many customers those alike are simulated once (see `crowd`).

    Parameters
    ----------
    fit, spend, summary, horizon : as in `clv`, the horizon finite; draws : simulated futures

    Returns
    -------
    by customer, on the summary's index: purchases, purchases_low, purchases_high, revenue, revenue_low, revenue_high
    (purchases and revenue are the means by the estimates); and the same columns for the sum over all, one row

    Raises
    ------
    DomainError : the horizon is infinite, or mean spend does not exist
    """
    check_models(fit, spend)
    tail, ahead = possible_level(level), fit.time(horizon)
    if not np.isfinite(ahead):
        raise DomainError(
            'A forecast needs an end, such as "52 weeks": for ever, a customer may buy without end.'
        )
    means = [fit.conditional(summary, ahead).to_numpy()]
    means.append(means[0] * spend.conditional_mean(summary).to_numpy())
    sums = [np.array([mean.sum()]) for mean in means]
    if is_crowd(fit, spend, summary):
        each, together = limits(fit, spend, summary, ahead, rng, tail, draws)
        return _frame(means, each, summary.index), _frame(sums, together, pd.RangeIndex(1))
    parts, totals = [], np.zeros((2, draws))
    for futures in _futures(fit, spend, summary, ahead, rng, draws):
        totals += futures.sum(axis=2)
        parts.append(_limits(futures, tail))
    each = np.concatenate(parts, axis=1) if parts else np.empty((4, 0))
    return (
        _frame(means, each, summary.index),
        _frame(sums, _limits(totals[:, :, None], tail), pd.RangeIndex(1)),
    )


def check_revenue(
    fit: AttritionFit,
    spend: SpendFit,
    summary: pd.DataFrame,
    revenue: pd.Series,
    rng: np.random.Generator,
    *,
    draws: int = 400,
    level: float = 0.95,
) -> pd.DataFrame:
    """Revenue of the holdout: what both models expected of these customers together, and what came.

    Parameters
    ----------
    fit, spend : estimated on the calibration period; summary : with T_holdout
    revenue : what each customer brought in the holdout; draws : simulated futures for the interval

    Returns
    -------
    one-row frame: expected, low, high, actual. The interval is the *prediction* interval of `forecast` for the sum.
    """
    ahead = float(summary["T_holdout"].iloc[0])
    _, together = forecast(fit, spend, summary, rng, horizon=ahead, level=level, draws=draws)
    row = {
        "expected": float(together["revenue"].iloc[0]),
        "low": float(together["revenue_low"].iloc[0]),
        "high": float(together["revenue_high"].iloc[0]),
        "actual": float(revenue.reindex(summary.index).fillna(0.0).sum()),
    }
    return pd.DataFrame([row])


def _futures(
    fit: AttritionFit,
    spend: SpendFit,
    summary: pd.DataFrame,
    ahead: float,
    rng: np.random.Generator,
    draws: int,
) -> Iterator[Array]:
    """Simulated purchases and revenue, (2, draws, customers), of some of the customers at a time."""
    columns = histories(fit, summary)
    (bought, m), _ = spend.model.read(summary)
    thetas = [(fit.draw(rng), spend.draw(rng)) for _ in range(draws)]
    size = max(CUSTOMERS // draws, 1)
    for first in range(0, len(summary), size):
        rows = slice(first, first + size)
        x, t_x, T, *extra = (column[rows] for column in columns)
        futures = np.empty((2, draws, len(x)))
        for i, (theta, spend_theta) in enumerate(thetas):
            own = fit.model.spread(theta, *extra)
            customer, _, _ = fit.model.future(own, ahead, x, t_x, T, rng)
            purchases = np.bincount(customer, minlength=len(x))
            futures[0, i] = purchases
            futures[1, i] = spend.model.future(spend_theta, purchases, bought[rows], m[rows], rng)
        yield futures


def _limits(futures: Array, tail: float) -> Array:
    """Low and high over the draws of purchases and of revenue, (4, customers); counts stay whole numbers."""
    low, high = np.quantile(futures, [tail, 1 - tail], axis=1, method="inverted_cdf")
    return np.stack([low[0], high[0], low[1], high[1]])


def _frame(means: list[Array], limits: Array, index: pd.Index) -> pd.DataFrame:
    columns = {"purchases": means[0], "purchases_low": limits[0], "purchases_high": limits[1]}
    columns |= {"revenue": means[1], "revenue_low": limits[2], "revenue_high": limits[3]}
    return pd.DataFrame(columns, index=index)
