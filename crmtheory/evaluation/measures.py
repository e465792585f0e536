"""The measures of a prediction, computed for many resamples of the customers at once.

A resample is a row of weights: how often each pattern of history and outcome was drawn (see `ranks`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from crmtheory.evaluation.origins import Origin
from crmtheory.numerics import Array
from crmtheory.ranks import by_value, grouped, ranking

MEASURES = ("MAE", "RMSE", "bias", "rank correlation", "top-decile lift", "log score", "calibration error")
TENTHS = 10
CELLS = 4_000_000  # numbers of one block of resamples held at a time


def resampled(origins: list[Origin], rng: np.random.Generator, resamples: int) -> Iterator[Array]:
    """How often each pattern of each origin is drawn, (block of resamples, patterns), when customers are drawn with
    replacement, each with all its origins.
    """
    customers = origins[-1].pattern.index  # those known at an earlier origin are among them
    sizes = [len(o.count) for o in origins]
    codes = [o.pattern.reindex(customers, fill_value=len(o.count)).to_numpy() for o in origins]
    block = max(1, CELLS // sum(sizes))
    for start in range(0, resamples, block):
        rows = []
        for _ in range(min(block, resamples - start)):
            pick = rng.integers(0, len(customers), len(customers))
            drawn = [np.bincount(c[pick], minlength=k + 1)[:k] for c, k in zip(codes, sizes, strict=True)]
            rows.append(np.concatenate(drawn))
        yield np.array(rows, float)


def measures(origins: list[Origin], name: str, weights: Array) -> Array:
    """Every measure of one prediction for each row of weights (r, patterns): (r, measures)."""
    predicted = np.concatenate([o.predicted[name] for o in origins])
    actual = np.concatenate([o.actual for o in origins])
    error, n, total = predicted - actual, weights.sum(axis=1), weights @ actual
    sure = np.full(len(weights), np.nan)
    if all(name in o.log_p for o in origins):
        sure = weights @ np.concatenate([o.log_p[name] for o in origins]) / n
    tenth = _tenths(predicted, np.concatenate([o.count for o in origins]))
    rank, captured, start = np.zeros(len(weights)), np.zeros(len(weights)), 0
    for o in origins:
        part = weights[:, start : start + len(o.count)]
        rho, top = ranking(o.predicted[name], o.actual, part)
        rank, captured, start = rank + part.sum(axis=1) * rho, captured + top, start + len(o.count)
    with np.errstate(divide="ignore", invalid="ignore"):
        table = [
            weights @ np.abs(error) / n,
            np.sqrt(weights @ error**2 / n),
            np.where(total > 0, weights @ predicted / total - 1, np.nan),
            rank / n,
            np.where(total > 0, captured / (0.1 * total), np.nan),
            sure,
            np.where(total > 0, np.abs(grouped(weights, tenth, error)).sum(axis=1) / total, np.nan),
        ]
    return np.stack(table, axis=1)


def _tenths(predicted: Array, count: Array) -> NDArray[np.intp]:
    """The tenth of customers by prediction, 0 to 9; equal predictions fall in the same one."""
    code, below, of_value = by_value(predicted, count[None, :])
    return ((below + of_value / 2) / count.sum() * TENTHS).astype(np.intp)[0, code]
