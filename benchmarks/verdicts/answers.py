"""Answers on the scale of a shipped survey whose moments are known exactly.

Behind each answer stands a normal variable, cut so that every answer is as frequent as in the shipped survey; so
answers are as skewed and as coarse as there. Correlations R between the normal variables follow from a model of
constructs: a construct is a common factor of its items. What an estimator that uses only covariances comes to with
ever more respondents then follows without drawing a single one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy import stats

from crmtheory import datasets
from crmtheory.numerics import Array

TERMS = 80  # of the series below; it falls like |r|^k, and no |r| here is above 0.9


@dataclass(frozen=True, eq=False)
class Answers:
    """Items cut from standard normals: cuts[j] (rising), values[j] (one more than the cuts)."""

    items: tuple[str, ...]
    cuts: tuple[Array, ...]
    values: tuple[Array, ...]

    def draw(self, correlation: Array, n: int, rng: np.random.Generator) -> pd.DataFrame:
        """n respondents, a column for each item."""
        normal = rng.standard_normal((n, len(self.items))) @ np.linalg.cholesky(correlation).T
        answers = [
            values[np.searchsorted(cuts, column)]
            for column, cuts, values in zip(normal.T, self.cuts, self.values, strict=True)
        ]
        return pd.DataFrame(dict(zip(self.items, answers, strict=True)))

    def covariance(self, correlation: Array) -> Array:
        """Covariances of the answers, exact: Σ_k h_ik h_jk r_ij^k with the Hermite coefficients h of each item
        (Mehler's formula).
        """
        h = np.array([_hermite(*item) for item in zip(self.cuts, self.values, strict=True)])
        found = np.zeros_like(correlation)
        for coefficients in h.T[::-1]:  # Horner's rule
            found = (found + np.outer(coefficients, coefficients)) * correlation
        shares = [np.diff(stats.norm.cdf(cuts), prepend=0, append=1) for cuts in self.cuts]
        for j, (share, values) in enumerate(zip(shares, self.values, strict=True)):
            found[j, j] = share @ values**2 - (share @ values) ** 2
        return found


@cache
def like(survey: str, items: tuple[str, ...]) -> Answers:
    """Items answered as often with each answer as in a shipped survey."""
    table = pd.read_csv(datasets.path(survey), usecols=list(items))
    cuts, values = [], []
    for item in items:
        shares = table[item].value_counts(normalize=True).sort_index()
        cuts.append(stats.norm.ppf(shares.cumsum().to_numpy()[:-1]))
        values.append(shares.index.to_numpy(float))
    return Answers(items, tuple(cuts), tuple(values))


def factors(loadings: Mapping[str, tuple[float, int]], constructs: Array) -> Array:
    """R of the items: construct → (loading, number of its items), in order, and the correlations of the constructs."""
    member = np.repeat(np.arange(len(loadings)), [many for _, many in loadings.values()])
    loading = np.array([size for size, _ in loadings.values()])[member]
    found = np.outer(loading, loading) * constructs[np.ix_(member, member)]
    np.fill_diagonal(found, 1.0)
    return found


def chain(names: Sequence[str], paths: Mapping[tuple[str, str], float]) -> Array:
    """Correlations of constructs from the standardised paths of a chain, causes named before effects.

    >>> chain(["a", "b", "c"], {("a", "b"): 0.5, ("b", "c"): 0.4}).round(2)[0].tolist()
    [1.0, 0.5, 0.2]
    """
    r = np.eye(len(names))
    for j, name in enumerate(names):
        acting = np.array([paths.get((other, name), 0.0) for other in names[:j]])
        r[j, :j] = r[:j, j] = r[:j, :j] @ acting
    return r


def means_of(covariance: Array, groups: Sequence[Sequence[int]]) -> Array:
    """Covariances of the means of groups of items."""
    picked = np.zeros((len(groups), len(covariance)))
    for row, group in enumerate(groups):
        picked[row, list(group)] = 1 / len(group)
    return picked @ covariance @ picked.T


def correlations(covariance: Array) -> Array:
    scale = np.sqrt(np.diag(covariance))
    return np.asarray(covariance / np.outer(scale, scale), float)


def coefficients(covariance: Array) -> Array:
    """Standardised coefficients of the first variable on all others."""
    r = correlations(covariance)
    return np.asarray(np.linalg.solve(r[1:, 1:], r[1:, 0]), float)


def _hermite(cuts: Array, values: Array) -> Array:
    """(TERMS,) coefficients of the step function of a standard normal on the orthonormal Hermite polynomials 1, 2, …

    A step at c has φ(c) He_{k−1}(c) / √(k!), and He_k / √(k!) follows from the two before it.
    """
    steps = np.diff(values) * stats.norm.pdf(cuts)
    before, now = np.zeros_like(cuts), np.ones_like(cuts)  # He_k / √(k!), k = −1 and 0
    found = []
    for k in range(1, TERMS + 1):
        found.append(steps @ now / np.sqrt(k))
        before, now = now, (cuts * now - np.sqrt(k - 1) * before) / np.sqrt(k)
    return np.array(found)
