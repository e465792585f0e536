"""Following a customer base through time: what was counted against what was expected, and who keeps coming back."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmtheory.holdout import share_with_interval
from crmtheory.large import drawn, rescaled
from crmtheory.models.answers import AttritionFit, histories
from crmtheory.numerics import Array, distinct_rows
from crmtheory.transactions import Transactions


def tracking(
    fit: AttritionFit,
    summary: pd.DataFrame,
    start: float,
    periods: int,
    rng: np.random.Generator,
    *,
    draws: int = 200,
    level: float = 0.95,
) -> pd.DataFrame:
    """Cumulative repeat purchases of all these customers together, period by period, as the model expects them.

    Up to the end of calibration it is what the model says of new customers: how well it describes what it was fitted
    to. From there on it starts from the count and adds what the model expects of these very customers.

    Parameters
    ----------
    fit : estimated on the calibration period; summary : the customers it speaks about
    start : time from the first day of the log to the end of calibration, in the fit's unit
    periods : how many periods of one unit to follow; draws : simulated futures for the band

    Returns
    -------
    frame with index period (1, …): expected, low, high. The band begins after calibration and is for *what will be
    counted*: each draw takes parameters from their estimated sampling distribution and then simulates the future of
    every customer, given that customer's history. Of very many customers some are simulated: what their sum scatters is
    scaled to all (see `large`), and what the parameters add is taken to first order.
    """
    rows, weights, _ = distinct_rows(histories(fit, summary), np.ones(len(summary)))
    times = weights.astype(int)
    period = np.arange(1, periods + 1)
    ahead = np.asarray(period[period > start] - start, float)
    own = fit.model.spread(fit.theta, *rows[3:])
    ages = np.clip(period[period <= start, None] - (start - rows[2]), 0, None)
    past = np.array([fit.model.expected(own, age) @ weights for age in ages])
    some = drawn(int(times.sum()), rng)
    if some is None:
        further = np.array([float(fit.model.conditional(own, t, *rows[:3]) @ weights) for t in ahead])
        everybody = [np.repeat(column, times) for column in rows]
        thetas = (fit.draw(rng) for _ in range(draws))
        paths = np.array([_path(fit, theta, everybody, ahead, rng) for theta in thetas])
    else:
        further = _totals(fit, fit.theta, rows, weights, ahead)
        sample = [column[np.repeat(np.arange(len(times)), times)[some]] for column in rows]
        paths = np.array([_path(fit, fit.theta, sample, ahead, rng) for _ in range(draws)])
        shifts = np.log([fit.draw(rng) for _ in range(draws)]) - np.log(fit.theta)
        by_theta = fit.gradient_of(lambda theta: _totals(fit, theta, rows, weights, ahead))
        paths = rescaled(paths, paths.mean(axis=0), further, times.sum(), len(some)) + shifts @ by_theta
    low, high = np.quantile(paths, [(1 - level) / 2, (1 + level) / 2], axis=0)
    unknown = np.full(len(past), np.nan)
    bought = float(rows[0] @ weights)
    columns = {
        "expected": [*past, *(bought + further)],
        "low": [*unknown, *(bought + low)],
        "high": [*unknown, *(bought + high)],
    }
    return pd.DataFrame(columns, index=pd.Index(period, name="period"))


def _path(
    fit: AttritionFit, theta: Array, rows: list[Array], ahead: Array, rng: np.random.Generator
) -> Array:
    """One future of these customers together: purchases until each of the times."""
    longest = float(ahead[-1]) if len(ahead) else 0.0
    _, time, _ = fit.model.future(fit.model.spread(theta, *rows[3:]), longest, *rows[:3], rng)
    return np.searchsorted(np.sort(time), ahead, side="right").astype(float)


def _totals(fit: AttritionFit, theta: Array, rows: list[Array], weights: Array, ahead: Array) -> Array:
    """Expected purchases of all customers until each of the times; who is alive is asked once for all of them."""
    x, t_x, T, *extra = rows
    own = fit.model.spread(theta, *extra)
    alive = fit.model.p_alive(own, x, t_x, T) * weights
    if not extra:  # of the living, x and T say all
        (x, T), alive, _ = distinct_rows([x, T], alive)
    return np.array([alive @ fit.model.expected_alive(own, np.full(len(x), t), x, T) for t in ahead])


def returning(log: Transactions) -> pd.DataFrame:
    """The share of earlier customers who buy, in the third and in the fourth quarter of the log, with intervals.

    Returns
    -------
    frame, index = quarter (3, 4): share, low, high, customers (who had bought before that quarter)
    """
    rows = []
    for quarter in (3, 4):
        before, end = log.day_at((quarter - 1) / 4), log.day_at(quarter / 4)
        seen = log.summary("day", calibration_end=before, observation_end=end)
        share, low, high = share_with_interval(seen["x_holdout"] > 0)
        rows.append({"share": share, "low": low, "high": high, "customers": len(seen)})
    return pd.DataFrame(rows, index=pd.Index([3, 4], name="quarter"))
