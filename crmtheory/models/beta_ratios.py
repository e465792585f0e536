"""Ratios of rising factorials, R(b, a, k) = (b)_k / (b + a)_k, and sums of their products.

For a chance p ~ Beta(a, b), R(b, a, k) is the expectation of k failures in a row, E[(1 − p)^k]. It stays between 0
and 1 where the factorials overflow. Models of opportunities that are taken or not, and of contracts that are renewed
or not, are written with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from crmtheory.numerics import Array, legendre, log_rising

FIRST = 256  # terms of a sum that are added one by one
DROP = 45.0  # what lies e^−45 below the first term of a sum is left out
POINTS = 50_000  # of the integrand, computed at a time


def log_ratio(b: ArrayLike, a: ArrayLike, k: ArrayLike) -> Array:
    """ln R(b, a, k) = ln (b)_k / (b + a)_k; a and k may change places, and the smaller is the better second one."""
    less, more = np.minimum(a, k), np.maximum(a, k)
    top = np.minimum(b + more, 1e100)  # beyond, (z)_a is z^a
    return log_rising(b, less) - log_rising(top, less) - less * np.log((b + more) / top)


def rise_per_shape(b: Array, gamma: ArrayLike, k: Array) -> Array:
    """ln [(b + γ)_k / (b + 1)_k] / (γ − 1), and its limit ψ(b + 1 + k) − ψ(b + 1) at γ = 1."""
    b, gamma, k = np.broadcast_arrays(b, gamma, k)
    apart = np.abs(gamma - 1)
    low = np.minimum(gamma, 1.0)
    far = -log_ratio(b + low, np.maximum(apart, 0.2), k) / np.maximum(apart, 0.2)
    if not np.any(apart < 0.2):
        return far
    near = np.zeros(b.shape)  # the mean slope between 1 and γ
    for node, weight in zip(*legendre(10), strict=True):
        z = b + low + apart * (node + 1) / 2
        near += weight / 2 * (special.digamma(z + k) - special.digamma(z))
    return np.where(apart < 0.2, near, far)


def sum_of_ratios(k: Array, b1: Array, a1: ArrayLike, b2: Array, a2: ArrayLike, rate: float = 0.0) -> Array:
    """Σ over i < k of f(i) = e^(−rate · i) R(b₁, a₁, i) R(b₂, a₂, i), for any k up to 1e250.

    The first terms are added one by one, the others by the Euler–Maclaurin formula.
    """
    columns = np.broadcast_arrays(*(np.asarray(value, float) for value in (k, b1, a1, b2, a2)))
    k, b1, a1, b2, a2 = (column.ravel() for column in columns)
    total, term = np.zeros(k.size), np.ones(k.size)
    fade = math.exp(-rate)
    for i in range(int(min(k.max(initial=0.0), FIRST))):
        total += np.where(i < k, term, 0.0)
        term = term * (fade * ((b1 + i) / (b1 + a1 + i)) * ((b2 + i) / (b2 + a2 + i)))
    more = np.flatnonzero(k > FIRST)
    if more.size:
        total[more] += _tail(k[more], b1[more], a1[more], b2[more], a2[more], rate)
    return total.reshape(columns[0].shape)


def _tail(k: Array, b1: Array, a1: Array, b2: Array, a2: Array, rate: float) -> Array:
    """Σ of f(i) over FIRST ≤ i < k: the integral, and the corrections of Euler and Maclaurin at both ends.

    In v = ln((i + s) / (FIRST + s)), s the smaller b, f falls ever faster, and like a power in the end. Where it
    is small enough to be left out is found by bisection; the rest is cut into panels.
    """
    start = FIRST + np.minimum(b1, b2)
    rows = (b1, a1, b2, a2)

    def log_f(i: Array, b1: Array, a1: Array, b2: Array, a2: Array) -> Array:
        return log_ratio(b1, a1, i) + log_ratio(b2, a2, i) - rate * i

    def log_integrand(v: Array, start: Array, *rows: Array) -> Array:
        return log_f(FIRST + start * np.expm1(v), *rows) + np.log(start) + v

    whole = np.log1p((k - FIRST) / start)
    low, high = np.full(k.size, -21.0), np.zeros(k.size)  # ln of the share of the whole that matters
    low = np.where(log_integrand(whole, start, *rows) > -DROP, high, low)
    for _ in range(12):
        middle = (low + high) / 2
        matters = log_integrand(whole * np.exp(middle), start, *rows) > -DROP
        low, high = np.where(matters, middle, low), np.where(matters, high, middle)
    length = whole * np.exp(high)
    # e^(−rate · i) is steepest at the end
    steep = abs(rate) * start * np.expm1(np.minimum(length, 690.0)) * length / 15
    panels = max(3, math.ceil(max(length.max() / 1.5, steep.max())))
    nodes, weights = legendre(20)
    share = ((np.arange(panels)[:, None] + (nodes + 1) / 2) / panels).ravel()
    weight = np.tile(weights / 2 / panels, panels)
    total = np.empty(k.size)
    for part in np.array_split(np.arange(k.size), math.ceil(k.size * share.size / POINTS)):
        columns = (column[part, None] for column in (start, *rows))
        total[part] = length[part] * (np.exp(log_integrand(length[part, None] * share, *columns)) @ weight)
    at_first = np.full(k.size, float(FIRST))
    return (
        total + _correction(lambda i: log_f(i, *rows), k) - _correction(lambda i: log_f(i, *rows), at_first)
    )


def _correction(log_f: Callable[[Array], Array], i: Array) -> Array:
    """−f / 2 + f′ / 12 − f‴ / 720 at i, the derivatives by differences: f is smooth over a few opportunities."""
    below2, below, at, above, above2 = (np.exp(log_f(i + step)) for step in (-2, -1, 0, 1, 2))
    first = (8 * (above - below) - (above2 - below2)) / 12
    third = (above2 - 2 * above + 2 * below - below2) / 2
    return -at / 2 + first / 12 - third / 720
