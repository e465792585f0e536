"""Courses in time that the attrition models share: discounting, and drawing what will happen."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crmtheory.numerics import Array, legendre

PANEL = 3.0  # length of one panel of the quadrature in the logarithm of time
BLOCK = 20_000  # values of the integrand at a time


def discounted_integral(f: Callable[[Array], Array], scale: Array, horizon: float, delta: float) -> Array:
    """∫ e^(−δt) f(t) dt over (0, horizon), by Gauss–Legendre on panels of equal length in ln(1 + t / scale).

    f maps times (j, n) to values (j, n), a column for each row of `scale` (n,), and is smooth where t is below it.
    """
    shape, scale = scale.shape, np.atleast_1d(scale)
    end = min(horizon, 45.0 / delta) if delta > 0 else horizon  # e^(−45) is below what a double can add
    length = np.log1p(end / scale)
    panels = max(math.ceil(length.max(initial=0.0) / PANEL), 1)
    if delta < 0:  # what grows with time has its weight in a small part near the end
        panels *= 1 + math.ceil(-delta * end / 20)
    nodes, weights = legendre(20)
    places = (np.arange(panels)[:, None] + (nodes + 1) / 2).ravel() / panels
    weights = np.tile(weights / 2 / panels, panels)
    total = np.zeros_like(scale)
    size = max(BLOCK // max(scale.size, 1), 1)
    for first in range(0, len(places), size):
        part = slice(first, first + size)
        t = scale * np.expm1(places[part, None] * length)
        total += length * np.einsum("j,jn->n", weights[part], (t + scale) * np.exp(-delta * t) * f(t))
    return total.reshape(shape)


def poisson_futures(
    alive: NDArray[np.bool_],
    rate: Array,
    leaves_at: Array,
    leaves_after: Array,
    t: ArrayLike,
    rng: np.random.Generator,
) -> tuple[NDArray[np.intp], Array, Array]:
    """Purchases at random moments at a steady rate until the customer leaves, or t has passed.

    Parameters
    ----------
    alive : who is a customer at first; rate : of buying; leaves_at : the time, leaves_after : the number of purchases
        after which each leaves

    Returns
    -------
    as `Attrition.future`
    """
    until = np.where(alive, np.minimum(leaves_at, t), 0.0)
    counts = rng.poisson(rate * until)
    customer = np.repeat(np.arange(len(rate)), counts)
    time = rng.random(len(customer)) * until[customer]  # a Poisson process given its count
    order = np.lexsort((time, customer))
    time = time[order]
    rank = np.arange(len(customer)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    last = rank == leaves_after[customer]
    leaves = np.where(alive, leaves_at, 0.0)
    leaves[customer[last]] = time[last]
    kept = rank <= leaves_after[customer]
    return customer[kept], time[kept], leaves
