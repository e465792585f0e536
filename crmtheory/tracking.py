"""Following a customer base through time: what was counted against what was expected, and who keeps coming back."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmtheory.holdout import share_with_interval
from crmtheory.models.answers import AttritionFit, histories
from crmtheory.numerics import distinct_rows
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
    every customer, given that customer's history.
    """
    rows, weights, _ = distinct_rows(histories(fit, summary), np.ones(len(summary)))
    x, t_x, T, *extra = (np.repeat(column, weights.astype(int)) for column in rows)
    period = np.arange(1, periods + 1)
    ahead = period[period > start] - start
    own = fit.model.spread(fit.theta, *rows[3:])
    ages = np.clip(period[period <= start, None] - (start - rows[2]), 0, None)
    past = np.array([fit.model.expected(own, age) @ weights for age in ages])
    further = [float(fit.model.conditional(own, t, *rows[:3]) @ weights) for t in ahead]
    paths = np.empty((draws, len(ahead)))
    for i in range(draws):
        _, time, _ = fit.model.future(
            fit.model.spread(fit.draw(rng), *extra), periods - start, x, t_x, T, rng
        )
        paths[i] = np.searchsorted(np.sort(time), ahead, side="right")
    low, high = np.quantile(paths, [(1 - level) / 2, (1 + level) / 2], axis=0)
    unknown = np.full(len(past), np.nan)
    columns = {
        "expected": [*past, *(x.sum() + further)],
        "low": [*unknown, *(x.sum() + low)],
        "high": [*unknown, *(x.sum() + high)],
    }
    return pd.DataFrame(columns, index=pd.Index(period, name="period"))


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
