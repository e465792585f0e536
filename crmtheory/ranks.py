"""Rankings in many resamples of the customers at once.

A resample is a row of weights: how often each customer was drawn, or each group of customers who are alike. Sums over
customers are then products of matrices, and ranks are running sums of weights, so nothing is sorted again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from crmtheory.numerics import Array


def ranking(predicted: Array, actual: Array, weights: Array) -> tuple[Array, Array]:
    """Spearman's correlation, and what the tenth with the highest predictions bought, for each row of weights (r, n).

    Equal predictions share: of those that tie at the edge of the tenth a part counts, the same for each. Where all
    predictions or all outcomes are equal there is no correlation (NaN).

    >>> predicted, actual = np.array([1.0, 2.0, 3.0]), np.array([0.0, 5.0, 1.0])
    >>> rho, top = ranking(predicted, actual, np.array([[1.0, 1.0, 1.0], [2.0, 0.0, 1.0]]))
    >>> rho.round(6).tolist(), top.round(6).tolist()
    ([0.5, 1.0], [0.3, 0.3])
    """
    n = weights.sum(axis=1, keepdims=True)
    code, below, of_value = by_value(predicted, weights)
    share = np.clip(below + of_value - 0.9 * n, 0, of_value) / np.where(of_value > 0, of_value, 1)
    captured = (share * grouped(weights, code, actual)).sum(axis=1)
    mine = below + of_value / 2 - n / 2  # mean ranks, less the mean of all
    outcome, fewer, of_outcome = by_value(actual, weights)
    theirs = fewer + of_outcome / 2 - n / 2
    together = np.einsum("rk,rk,rk->r", weights, mine[:, code], theirs[:, outcome])
    spread = (of_value * mine**2).sum(axis=1) * (of_outcome * theirs**2).sum(axis=1)
    return together / np.sqrt(np.where(spread > 0, spread, np.nan)), captured


def by_value(values: Array, weights: Array) -> tuple[NDArray[np.intp], Array, Array]:
    """For each distinct value, in order: where it occurs, the weight below it and its own weight (r, values)."""
    distinct, code = np.unique(values, return_inverse=True)
    own = grouped(weights, code, np.ones(len(values)), len(distinct))
    return code, np.cumsum(own, axis=1) - own, own


def grouped(weights: Array, code: NDArray[np.intp], values: Array, groups: int | None = None) -> Array:
    """Σ weight · value over the customers of each group, (r, groups)."""
    k = len(code)
    shape = (k, int(code.max()) + 1 if groups is None else groups)
    return weights @ sparse.csr_array((values, code, np.arange(k + 1)), shape=shape)
