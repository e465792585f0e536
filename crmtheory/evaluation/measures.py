"""The measures of a prediction, computed for many resamples of the customers at once.

A resample is a row of weights: how often each pattern of history and outcome was drawn. Sums over customers are then
products of matrices, and ranks are running sums of weights.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from crmtheory.evaluation.origins import Origin
from crmtheory.numerics import Array

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
        rho, top = _ranking(o.predicted[name], o.actual, part)
        rank, captured, start = rank + part.sum(axis=1) * rho, captured + top, start + len(o.count)
    with np.errstate(divide="ignore", invalid="ignore"):
        table = [
            weights @ np.abs(error) / n,
            np.sqrt(weights @ error**2 / n),
            np.where(total > 0, weights @ predicted / total - 1, np.nan),
            rank / n,
            np.where(total > 0, captured / (0.1 * total), np.nan),
            sure,
            np.where(total > 0, np.abs(_sums(weights, tenth, error)).sum(axis=1) / total, np.nan),
        ]
    return np.stack(table, axis=1)


def _tenths(predicted: Array, count: Array) -> NDArray[np.intp]:
    """The tenth of customers by prediction, 0 to 9; equal predictions fall in the same one."""
    code, below, of_value = _ranks(predicted, count[None, :])
    return ((below + of_value / 2) / count.sum() * TENTHS).astype(np.intp)[0, code]


def _ranking(predicted: Array, actual: Array, weights: Array) -> tuple[Array, Array]:
    """Spearman's correlation, and what the tenth with the highest predictions bought, for each row of weights."""
    n = weights.sum(axis=1, keepdims=True)
    code, below, of_value = _ranks(predicted, weights)
    share = np.clip(below + of_value - 0.9 * n, 0, of_value) / np.where(of_value > 0, of_value, 1)
    captured = (share * _sums(weights, code, actual)).sum(axis=1)
    mine = below + of_value / 2 - n / 2  # mean ranks, less the mean of all
    outcome, fewer, of_outcome = _ranks(actual, weights)
    theirs = fewer + of_outcome / 2 - n / 2
    together = np.einsum("rk,rk,rk->r", weights, mine[:, code], theirs[:, outcome])
    spread = (of_value * mine**2).sum(axis=1) * (of_outcome * theirs**2).sum(axis=1)
    return together / np.sqrt(np.where(spread > 0, spread, np.nan)), captured


def _ranks(values: Array, weights: Array) -> tuple[NDArray[np.intp], Array, Array]:
    """For each distinct value, in order: where it occurs, the weight below it and its own weight (r, values)."""
    distinct, code = np.unique(values, return_inverse=True)
    own = _sums(weights, code, np.ones(len(values)), len(distinct))
    return code, np.cumsum(own, axis=1) - own, own


def _sums(weights: Array, code: NDArray[np.intp], values: Array, groups: int | None = None) -> Array:
    """Σ weight · value over the patterns of each group, (r, groups)."""
    k = len(code)
    shape = (k, int(code.max()) + 1 if groups is None else groups)
    return weights @ sparse.csr_array((values, code, np.arange(k + 1)), shape=shape)
