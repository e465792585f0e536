"""Means, deviations and correlations of the items for many weightings of the same respondents at once.

Everything in PLS depends on the answers only through the correlations S of the items, so a bootstrap sample is no more
than another weighting: all its sums of products are rows of one matrix product.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from crmtheory.numerics import Array
from crmtheory.survey.complete import Complete, resampled

CELLS = 4_000_000  # of a block of samples × respondents, so that memory stays bounded
MANY = 1000  # samples in a block: their matrices still fit into a processor's cache


@dataclass(frozen=True)
class Moments:
    """For B samples and K items: `means` (B, K), `sds` (B, K, divisor Σw), `correlations` (B, K, K).

    Correlations are NaN where an item is the same for everybody in a sample.
    """

    means: Array
    sds: Array
    correlations: Array


class Products:
    """Items of n respondents with all products of two of them, ready to be summed under any weights."""

    def __init__(self, data: Complete) -> None:
        self.centre = data.values.mean(axis=0)
        self.unit = data.values.std(axis=0)
        self.weights = data.weights
        z = (
            data.values - self.centre
        ) / self.unit  # standardised first, so that sums of products lose no digits
        first, second = np.triu_indices(z.shape[1])
        self.sums = np.hstack([z, z[:, first] * z[:, second]])
        self.pair = np.zeros((z.shape[1],) * 2, int)
        self.pair[first, second] = self.pair[second, first] = np.arange(len(first)) + z.shape[1]

    def __len__(self) -> int:
        return len(self.sums)

    def all(self) -> Moments:
        """Of the sample itself; B = 1."""
        return self._moments((self.weights @ self.sums)[None], self.weights.sum(keepdims=True))

    def resamples(self, many: int, rng: np.random.Generator) -> Iterator[Moments]:
        """Of bootstrap samples of respondents, each drawn with its weight, in blocks."""
        step = max(1, min(MANY, CELLS // len(self)))
        for start in range(0, many, step):
            drawn = resampled(len(self), min(step, many - start), rng) * self.weights
            yield self._moments(drawn @ self.sums, drawn.sum(axis=1))

    def without_each(self) -> Iterator[Moments]:
        """Of the sample without each respondent in turn (jackknife), in blocks."""
        total, mass = self.weights @ self.sums, self.weights.sum()
        for start in range(0, len(self), MANY):
            own = self.weights[start : start + MANY]
            part = self.sums[start : start + MANY]
            yield self._moments(total - own[:, None] * part, mass - own)

    def _moments(self, sums: Array, mass: Array) -> Moments:
        k = len(self.unit)
        averages = sums / mass[:, None]
        means = averages[:, :k]
        products = averages[:, self.pair] - means[:, :, None] * means[:, None, :]
        variances = np.einsum("bkk->bk", products)
        sds = np.sqrt(np.where(variances > 1e-12, variances, np.nan))
        correlations = products / (sds[:, :, None] * sds[:, None, :])
        np.einsum("bkk->bk", correlations)[:] = np.where(np.isnan(sds), np.nan, 1.0)
        return Moments(self.centre + self.unit * means, self.unit * sds, correlations)
