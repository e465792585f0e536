"""How R² is shared among drivers, on correlation matrices, for many bootstrap samples at once.

Notation: R correlations of the k drivers among each other, r with the outcome, S a set of drivers, R²(S) the explained
share of the outcome's variance. Matrices are (…, k + 1, k + 1) with the outcome first. A driver that adds nothing
because others determine it (or that does not vary in a bootstrap sample) gets its part of nothing: 0.
"""

from __future__ import annotations

from math import factorial

import numpy as np

from crmtheory.numerics import Array

TINY = 1e-10  # what others leave of a driver's variance; below it nothing is left
LARGEST = 15  # drivers for which all 2^k sets are looked at
SAMPLES = 100  # bootstrap samples at a time, and
DEEP = 8  # drivers whose sets are taken all at once: together they fit in a processor's cache


def lmg(correlation: Array) -> Array:
    """LMG parts (b, k) of R²: what each driver adds, averaged over all orders in which drivers can enter.

    These are the Shapley values of R² (Lindeman, Merenda & Gold 1980, Introduction to Bivariate and Multivariate
    Analysis, 119–127; Grömping 2006, J. Stat. Software 17(1), section 3.2), exact:
    Σ_S |S|! (k − |S| − 1)! / k! · [R²(S ∪ j) − R²(S)].

    >>> lmg(np.array([[[1, 0.6, 0.4], [0.6, 1, 0], [0.4, 0, 1]]])).round(12).tolist()
    [[0.36, 0.16]]
    """
    weights = _set_weights(correlation.shape[-1] - 1)
    starts = range(0, len(correlation), SAMPLES)
    parts = [weights @ _explained(correlation[at : at + SAMPLES]) for at in starts]
    return np.concatenate(parts, axis=1).T


def johnson(correlation: Array) -> Array:
    """Johnson's relative weights (b, k): R² shared by way of the uncorrelated variables nearest to the drivers.

    With R = PΔP′ and Λ = PΔ^½P′, the weight of driver j is Σ_m λ_jm² β_m², β = Λ⁻¹r (Johnson 2000, Multivariate
    Behavioral Research 35, 1–19).

    >>> johnson(np.array([[[1, 0.6, 0.4], [0.6, 1, 0], [0.4, 0, 1]]])).round(12).tolist()
    [[0.36, 0.16]]
    """
    values, vectors = np.linalg.eigh(correlation[:, 1:, 1:])
    kept = values > TINY
    root = np.sqrt(np.where(kept, values, 0.0))
    inverse = np.where(kept, 1 / np.where(kept, root, 1.0), 0.0)
    turned = np.einsum("bji,bj->bi", vectors, correlation[:, 1:, 0])
    beta = np.einsum("bji,bi->bj", vectors, inverse * turned)
    half = (vectors * root[:, None, :]) @ np.swapaxes(vectors, 1, 2)
    return np.einsum("bjm,bm->bj", half**2, beta**2)


def _explained(correlation: Array) -> Array:
    """R²(S) for every set S of drivers, (2^k, b); bit j of a row's number says whether driver j is in S."""
    # outcome last and samples on the last axis: (sets, k + 1, k + 1, b)
    left = np.ascontiguousarray(np.roll(np.moveaxis(correlation, 0, -1), -1, axis=(0, 1)))[None]
    return left[0, -1, -1] - _unexplained(left)


def _unexplained(left: Array) -> Array:
    """What is left of the outcome's variance, (sets · 2^(m − 1), b), from matrices (sets, m, m, b) with outcome last.

    Driver by driver, each set so far is kept without it and with it: with it, the driver is swept out of what is left
    of the others and of the outcome. Matrices shrink as sets double, so all sets cost about six numbers each.
    """
    sets, m, _, b = left.shape
    if m == 1:
        return left[:, 0, 0]
    if m - 1 > DEEP:  # one half of the sets after the other, so that what is held stays small
        out = np.empty((2 ** (m - 1), b))
        out[0::2], out[1::2] = _unexplained(left[:, 1:, 1:]), _unexplained(_swept(left))
        return out
    both = np.empty((2 * sets, m - 1, m - 1, b))
    both[:sets], both[sets:] = left[:, 1:, 1:], _swept(left)
    return _unexplained(both)


def _swept(left: Array) -> Array:
    """The matrices of the other drivers and the outcome, less what the first driver explains of them."""
    pivot = left[:, 0, 0]
    part = left[:, 0, 1:] * np.where(pivot > TINY, 1 / np.maximum(pivot, TINY), 0.0)[:, None]
    return left[:, 1:, 1:] - left[:, 1:, 0][:, :, None] * part[:, None]


def _set_weights(k: int) -> Array:
    """How R²(S) counts in the part of driver j, (k, 2^k): positive where j is in S, negative where it is not."""
    sets = np.arange(2**k)
    inside = (sets >> np.arange(k)[:, None]) & 1 == 1
    size = inside.sum(axis=0)
    entering = np.array([factorial(s) * factorial(k - 1 - s) / factorial(k) for s in range(k)] + [0.0])
    return np.where(inside, entering[size - 1], -entering[size])
