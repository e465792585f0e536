"""Judging predictions on a holdout: what was expected before a date against what happened after it.

A prediction is a Series with one number per customer; the truth is another on the same index. Models and
naive rules are judged by the same functions, with bootstrap intervals over customers.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from crmtheory.errors import ConvergenceError, SchemaError
from crmtheory.large import LARGE, drawn, rescaled
from crmtheory.models import ATTRITION, Fit
from crmtheory.models.answers import AttritionFit
from crmtheory.models.history import possible_level
from crmtheory.numerics import Array
from crmtheory.ranks import ranking

CELLS = 4_000_000  # customers × resamples held at a time


def naive_rules(summary: pd.DataFrame, t: float) -> dict[str, pd.Series]:
    """Expected purchases in the next t by three rules of thumb that need no model.

    "mean rate" gives everybody the average rate of the past; "own past rate" goes on at the customer's own
    rate (x / T); "recency rule" does so for customers whose last purchase lies in the second half of
    their time, and 0 for the rest.

    >>> frame = pd.DataFrame({"x": [2, 0], "t_x": [9.0, 0.0], "T": [10.0, 10.0]})
    >>> naive_rules(frame, 5.0)["own past rate"].tolist()
    [1.0, 0.0]
    """
    age = summary["T"].where(summary["T"] > 0, np.nan)
    own = (summary["x"] / age * t).fillna(0.0)
    overall = summary["x"].sum() / summary["T"].sum() * t
    return {
        "mean rate": pd.Series(overall, index=summary.index),
        "own past rate": own,
        "recency rule": own.where(summary["t_x"] > summary["T"] / 2, 0.0),
    }


def fit_all(summary: pd.DataFrame) -> tuple[dict[str, AttritionFit], pd.DataFrame]:
    """Every attrition model fitted to the same customers.

    Returns
    -------
    the fits by name, without those that failed; and a table with one row per model:
    parameters, log_likelihood, AIC, status, message (a model that failed keeps its row and says why)

    Raises
    ------
    ConvergenceError : no model could be fitted
    """
    fits: dict[str, AttritionFit] = {}
    rows, errors = [], []
    for name, model in ATTRITION.items():
        row = {"model": name, "parameters": len(model.params), "log_likelihood": np.nan, "AIC": np.nan}
        try:
            fit = fits[name] = model.fit(summary)
            row |= {
                "log_likelihood": fit.loglik,
                "AIC": fit.aic,
                "status": fit.verdict.status,
                "message": fit.verdict.message,
            }
        except ConvergenceError as error:
            row |= {"status": "not fitted", "message": str(error)}
            errors.append(error)
        rows.append(row)
    if not fits:
        raise errors[0]
    return fits, pd.DataFrame(rows).set_index("model")


def parameters(fits: Mapping[str, Fit]) -> pd.DataFrame:
    """The parameters of several fits in one table.

    Returns
    -------
    frame, index = model, parameter: estimate, se, low, high, meaning
    """
    return pd.concat({name: fit.table() for name, fit in fits.items()}, names=["model", "parameter"])


def choose(
    predictions: Mapping[str, pd.Series],
    actual: pd.Series,
    fits: Mapping[str, AttritionFit],
    rng: np.random.Generator,
) -> str:
    """The model to use: the lowest AIC among those whose RMSE on the holdout is not clearly above the lowest.

    "Clearly" is by the 95 % interval of the difference on the same customers. Models that have not converged are taken
    only when none has.
    """
    sound = [name for name, fit in fits.items() if fit.verdict.converged] or list(fits)
    truth = actual.to_numpy(float)
    rmse = {name: float(((predictions[name].to_numpy(float) - truth) ** 2).mean()) for name in sound}
    first = min(rmse, key=lambda name: rmse[name])
    behind = differences({name: predictions[name] for name in sound}, actual, first, rng)
    near = [first, *behind.index[behind["low"] <= 0]]
    return min(near, key=lambda name: fits[name].aic)


def scores(
    predictions: Mapping[str, pd.Series],
    actual: pd.Series,
    rng: np.random.Generator,
    *,
    resamples: int = 300,
    level: float = 0.95,
) -> pd.DataFrame:
    """How good each prediction was, one row per prediction and measure.

    Measures: "bias" (sum predicted / sum actual − 1), "MAE" and "RMSE" (per customer), "rank correlation"
    (Spearman) and "top-decile lift" (what the predicted best tenth did, relative to the average customer;
    ties share).

    Returns
    -------
    tidy frame: prediction, measure, estimate, low, high; the interval is a bootstrap percentile interval over
    customers; of very many, some are resampled (see `large`)
    """
    _aligned(predictions, actual)
    truth = actual.to_numpy(float)
    n, sample = len(truth), drawn(len(truth), rng)
    some = slice(None) if sample is None else sample
    m = len(truth[some])
    picks = [rng.integers(0, m, m) for _ in range(resamples)]
    block = max(1, CELLS // m)
    rows = []
    for name, predicted in predictions.items():
        guess = predicted.to_numpy(float)
        mine, theirs = guess[some], truth[some]
        parts = (picks[start : start + block] for start in range(0, resamples, block))
        counts = (np.array([np.bincount(pick, minlength=m) for pick in part], float) for part in parts)
        draws = np.concatenate([_measures(mine, theirs, weights) for weights in counts])
        of_all = _measures(guess, truth, np.ones((1, n)))[0]
        if sample is not None:
            draws = rescaled(draws, _measures(mine, theirs, np.ones((1, m)))[0], of_all, m, n)
        low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
        for measure, estimate, lo, hi in zip(MEASURES, of_all, low, high, strict=True):
            rows.append({"prediction": name, "measure": measure, "estimate": estimate, "low": lo, "high": hi})
    return pd.DataFrame(rows)


def differences(
    predictions: Mapping[str, pd.Series],
    actual: pd.Series,
    best: str,
    rng: np.random.Generator,
    *,
    resamples: int = 500,
    level: float = 0.95,
) -> pd.DataFrame:
    """RMSE of each prediction less that of `best`, on the same customers, with a paired bootstrap interval; with very
    many customers with its normal limit (see `large`).

    Returns
    -------
    frame, index = prediction (without `best`): difference, low, high
    """
    _aligned(predictions, actual)
    truth = actual.to_numpy(float)
    squared = {name: (guess.to_numpy(float) - truth) ** 2 for name, guess in predictions.items()}
    many, rows = len(truth) >= LARGE, {}
    picks = [] if many else [rng.integers(0, len(truth), len(truth)) for _ in range(resamples)]
    for name in [name for name in predictions if name != best]:
        gap = np.sqrt(squared[name].mean()) - np.sqrt(squared[best].mean())
        if many:
            half = stats.norm.ppf(0.5 + level / 2) * _error_of_gap(squared[name], squared[best])
            low, high = gap - half, gap + half
        else:
            draws = [np.sqrt(squared[name][p].mean()) - np.sqrt(squared[best][p].mean()) for p in picks]
            low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
        rows[name] = {"difference": gap, "low": low, "high": high}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["difference", "low", "high"])
    return table.rename_axis("prediction")


def _error_of_gap(first: Array, second: Array) -> float:
    """Standard error of √ mean first − √ mean second over the same customers, by the delta method."""
    parts = [v / (2 * np.sqrt(v.mean())) if v.any() else v for v in (first, second)]
    return float(np.std(parts[0] - parts[1]) / np.sqrt(len(first)))


def _aligned(predictions: Mapping[str, pd.Series], actual: pd.Series) -> None:
    for name, predicted in predictions.items():
        if not predicted.index.equals(actual.index):
            raise SchemaError(
                f'The prediction "{name}" is not on the same customers, in the same order, as the truth. '
                "Reindex it: prediction.reindex(actual.index)."
            )


MEASURES = ("bias", "MAE", "RMSE", "rank correlation", "top-decile lift")


def _measures(guess: Array, truth: Array, weights: Array) -> Array:
    """The measures for each row of weights (r, customers), how often each customer was drawn: (r, measures)."""
    error, n, total = guess - truth, weights.sum(axis=1), weights @ truth
    rank, captured = ranking(guess, truth, weights)
    total = np.where(total > 0, total, np.nan)
    bias, lift = weights @ guess / total - 1, captured / (0.1 * total)
    return np.stack([bias, weights @ np.abs(error) / n, np.sqrt(weights @ error**2 / n), rank, lift], axis=1)


def share_with_interval(happened: pd.Series, level: float = 0.95) -> tuple[float, float, float]:
    """The part of customers for whom something happened, with Wilson's (1927) interval.

    >>> tuple(round(v, 3) for v in share_with_interval(pd.Series([True] * 5 + [False] * 5)))
    (0.5, 0.237, 0.763)
    """
    low, high = wilson(int(happened.sum()), len(happened), level)
    return float(happened.mean()), float(low), float(high)


def wilson(happened: ArrayLike, of: ArrayLike, level: float = 0.95) -> tuple[Array, Array]:
    """Wilson's (1927) limits of the shares happened / of; exactly 0 and 1 where nothing or all of it happened.

    Counts may be fractions, as a number of independent trials that stands for more dependent ones is. The limits are
    missing where `of` is 0.

    >>> low, high = wilson([0, 5], [10, 10])
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0, 0.237], [0.278, 0.763])
    """
    k, n = np.asarray(happened, float), np.asarray(of, float)
    some, z = n > 0, stats.norm.isf(possible_level(level))
    n = np.where(some, n, 1.0)
    share, more = k / n, z**2 / n  # z² imagined trials, half of them with success, pull the share towards 1/2
    centre, half = (
        (share + more / 2) / (1 + more),
        z * np.sqrt(share * (1 - share) / n + more / (4 * n)) / (1 + more),
    )
    # Rounding alone may leave a limit short of the end.
    low, high = np.where(k > 0, centre - half, 0.0), np.where(k < n, centre + half, 1.0)
    return np.where(some, low, np.nan), np.where(some, high, np.nan)


def calibration(
    predicted: pd.Series, actual: pd.Series, groups: int = 10, level: float = 0.95
) -> pd.DataFrame:
    """Customers in groups of equal size by prediction: mean predicted against mean actual, with an interval
    of the mean.

    Equal predictions fall in the same group, so there may be fewer groups than asked for.

    Returns
    -------
    frame with index group (1 = lowest): customers, predicted, actual, low, high
    """
    _aligned({"prediction": predicted}, actual)
    # by mean rank, so that equal predictions stay together
    group = ((predicted.rank(method="average") - 0.5) / len(predicted) * groups).astype(int)
    rows = pd.DataFrame({"predicted": predicted, "actual": actual}).groupby(np.asarray(group))
    table = rows.mean()
    customers = rows.size()
    error = rows["actual"].std().fillna(0.0) / np.sqrt(customers)
    half = stats.t.ppf(0.5 + level / 2, np.maximum(customers - 1, 1)) * error
    # A group in which hardly anybody buys has no spread to show: at least the exact interval of a Poisson count.
    total, tail = rows["actual"].sum(), (1 - level) / 2
    least = pd.Series(stats.chi2.ppf(tail, 2 * total) / 2, total.index).fillna(0.0) / customers
    most = pd.Series(stats.chi2.ppf(1 - tail, 2 * total + 2) / 2, total.index) / customers
    table = table.assign(
        customers=customers,
        low=np.minimum(table["actual"] - half, least).clip(lower=0),
        high=np.maximum(table["actual"] + half, most),
    )
    table.index = pd.RangeIndex(1, len(table) + 1, name="group")
    return table[["customers", "predicted", "actual", "low", "high"]]


def by_frequency(predicted: pd.Series, summary: pd.DataFrame, most: int = 7) -> pd.DataFrame:
    """Mean holdout purchases, actual and predicted, by the number of earlier repeat purchases (`most` and
    more together).
    """
    group = summary["x"].clip(upper=most)
    frame = pd.DataFrame({"actual": summary["x_holdout"], "predicted": predicted}).groupby(group)
    table = frame.mean().assign(customers=frame.size())
    table.index = pd.Index(
        [f"{x}+" if x == most else str(x) for x in table.index], name="repeat purchases so far"
    )
    return table
