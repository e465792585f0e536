"""The integral of the Pareto/NBD over the unknown moment of leaving, by quadrature in logarithms.

With u = ln τ (or ln(τ + min(α, β))) the integrands are log-concave and have no feature narrower than about
1 / √(purchases), so Gauss–Legendre needs few nodes. A range is first cut to where the integrand is above e^−36 of its
peak.

Notation: τ moment of leaving; θ = (r, α, s, β), shape (4,) or (4, n) for parameters by customer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from crmtheory.numerics import Array, legendre

DROP = 36.0  # what lies e^−36 below the peak of the integrand is left out
CHUNK = 2048  # rows at a time: the work arrays then stay in the processor's cache
# Nodes for a range of at most this length on which the logarithm of the integrand falls by at most so much.
RULES = ((8, 1.0, 1.0), (12, 1.5, 4.0), (16, 2.0, 10.0), (32, 4.0, 40.0), (128, np.inf, np.inf))


def left(theta: Array, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, moments: int = 0) -> Array:
    """ln of P(left) / P(alive) at T, and averages over the moment of leaving, given that the customer left.

    ∫ from t_x to T of s (β+τ)^−(s+1) (α+τ)^−(r+x) dτ, relative to the likelihood of being alive; rows are broadcast.

    Returns
    -------
    (1, …): the log odds; with moments = 1 (5, …): and the means of v = ln(α+τ), 1/(α+τ), ln(β+τ), 1/(β+τ); with
    moments = 2 (15, …): and the means of v_i v_j, i ≤ j
    """
    like = theta[0]  # a number, or one for each customer
    x, t_x, T, _ = np.broadcast_arrays(*(np.asarray(value, float) for value in (x, t_x, T)), like)
    flat = [value.ravel() for value in (x, t_x, T)]
    theta = theta[:, None] if theta.ndim == 1 else theta
    low, high, fall = _range(theta, *flat)
    length = high - low
    answer = np.zeros(((1, 5, 15)[moments], flat[0].size))
    todo = np.ones(flat[0].size, bool)
    for count, longest, steepest in RULES:
        fits = todo & (length <= longest) & (fall <= steepest)
        todo &= ~fits
        rows = np.flatnonzero(fits)
        for part in np.split(rows, range(CHUNK, len(rows), CHUNK)):
            if len(part):
                own = theta if theta.shape[1] == 1 else theta[:, part]
                x_, t_x_, T_, low_, high_ = (value[part] for value in (*flat, low, high))
                answer[:, part] = _integrate(own, x_, t_x_, T_, low_, high_, count, moments)
    return answer.reshape(len(answer), *x.shape)


def _range(theta: Array, x: Array, t_x: Array, T: Array) -> tuple[Array, Array, Array]:
    """The part of (ln(m + t_x), ln(m + T)) that matters, and how far the log integrand falls within it.

    g(u) = u − K₁u − K₂ ln(e^u + D), with m = min(α, β), D = |α − β|.
    """
    r, alpha, s, beta = theta
    small, gap = np.minimum(alpha, beta), np.abs(alpha - beta)
    first = alpha <= beta
    near, far = np.where(first, r + x, s + 1), np.where(first, s + 1, r + x)

    def g(u: Array, rows: Any = slice(None)) -> Array:
        return (1 - near[rows]) * u - far[rows] * np.log(np.exp(u) + _of(gap, rows))

    def slope(u: Array, rows: Any) -> Array:
        return 1 - near[rows] - far[rows] / (1 + _of(gap, rows) * np.exp(-u))

    low, high = np.log(small + t_x), np.log(small + T)
    share = np.clip((1 - near) / far, 0.0, 1 - 1e-15)  # at an inner peak e^u / (e^u + D) has this value
    with np.errstate(divide="ignore"):
        inner = np.log(gap * share / (1 - share))
    peak = np.clip(np.where(near < 1, inner, -np.inf), low, high)
    top = g(peak)
    return *_cut(g, slope, low, high, top, 5), top - np.minimum(g(low), g(high))


def _of(values: Array, rows: Any) -> Array:
    """The rows of values that are one for all or one each."""
    return values if values.size == 1 else values[rows]


def _cut(g: Any, slope: Any, low: Array, high: Array, top: Array, steps: int) -> tuple[Array, Array]:
    """The ends of a range, moved to where the concave g is DROP below its top.

    Newton from outside moves towards each end without passing it.
    """
    for end in (low, high):
        rows = np.flatnonzero(g(end) < top - DROP)
        for _ in range(steps):
            if not len(rows):
                break
            u = end[rows]
            end[rows] = u - (g(u, rows) - top[rows] + DROP) / slope(u, rows)
            rows = rows[g(end[rows], rows) < top[rows] - DROP]
    return low, high


def _integrate(
    theta: Array, x: Array, t_x: Array, T: Array, low: Array, high: Array, count: int, moments: int
) -> Array:
    """Log odds of having left (and the averages of `left`) by one quadrature rule."""
    r, alpha, s, beta = theta
    small = np.minimum(alpha, beta)
    nodes, weights = legendre(count)
    half = (high - low) / 2
    u = low[:, None] + half[:, None] * (1 + nodes)  # ln(τ + min(α, β))
    shifted = np.exp(u)
    tau_alpha = shifted + (alpha - small)[:, None]
    tau_beta = shifted + (beta - small)[:, None]
    log_alpha = u if (alpha == small).all() else np.log(tau_alpha)
    log_beta = u if (beta == small).all() else np.log(tau_beta)
    # relative to the likelihood of being alive, (α+T)^−(r+x) (β+T)^−s
    height = (r + x)[:, None] * (np.log(alpha + T)[:, None] - log_alpha)
    height -= (s + 1)[:, None] * log_beta
    height += u
    height += (s * np.log(beta + T))[:, None]
    peak = height.max(axis=1)
    height -= peak[:, None]
    density = weights * np.exp(height)
    total = density.sum(axis=1)
    with np.errstate(divide="ignore"):  # t_x = T leaves no time to leave: odds 0
        log_odds = np.log(s) + peak + np.log(half) + np.log(total)
    if not moments:
        return log_odds[None]
    density /= total[:, None]
    values = (log_alpha, 1 / tau_alpha, log_beta, 1 / tau_beta)
    answer = [log_odds, *(np.einsum("ij,ij->i", density, v) for v in values)]
    if moments == 2:
        for i, v in enumerate(values):
            weighted = density * v
            answer += [np.einsum("ij,ij->i", weighted, other) for other in values[i:]]
    return np.stack(answer)


def purchases_before_leaving(theta: Array, y: Array, t: Array, x: Array, T: Array) -> Array:
    """P(y ≥ 1 purchases in (T, T + t], and leaving in it) of a customer with x repeat purchases alive at T.

    ∫ over τ from 0 to t of the density of leaving at τ, s B^s (B+τ)^−(s+1), times the negative binomial probability of
    y purchases until then; A = α + T, B = β + T. In u = ln τ the logarithm is, but for a constant,
    (y+1) u − (r+x+y) ln(e^u + A) − (s+1) ln(e^u + B).
    """
    shape = y.shape
    y, t, x, T = (value.ravel() for value in (y, t, x, T))
    r, alpha, s, beta = theta[:, None] if theta.ndim == 1 else theta
    A, B = alpha + T, beta + T
    rho, power = r + x, s + 1 + np.zeros_like(T)
    answer = np.zeros(y.size)
    for part in np.split(np.arange(y.size), range(CHUNK, y.size, CHUNK)):
        part = part[t[part] > 0]
        if not len(part):
            continue
        answer[part] = _before(*(value[part] for value in (y, t, rho, power, A, B)))
    return answer.reshape(shape)


def _before(y: Array, t: Array, rho: Array, power: Array, A: Array, B: Array) -> Array:
    bought = rho + y

    def g(u: Array, rows: Any = slice(None)) -> Array:
        tau = np.exp(u)
        return (y[rows] + 1) * u - bought[rows] * np.log(tau + A[rows]) - power[rows] * np.log(tau + B[rows])

    def slope(u: Array, rows: Any) -> Array:
        tau = np.exp(-u)
        return y[rows] + 1 - bought[rows] / (1 + A[rows] * tau) - power[rows] / (1 + B[rows] * tau)

    # The peak of g solves a quadratic equation in e^u, of which one root is positive.
    first = rho + power - 1
    second = (y + 1) * (A + B) - bought * B - power * A
    root = np.sqrt(second**2 + 4 * first * (y + 1) * A * B)
    tau = np.where(second > 0, (second + root) / (2 * first), 2 * (y + 1) * A * B / (root - second))
    high = np.log(t)
    peak = np.minimum(np.log(tau), high)
    top = g(peak)
    floor = (top - DROP + bought * np.log(A) + power * np.log(B)) / (y + 1)
    low, high = _cut(g, slope, np.minimum(floor, peak), high, top, 30)
    nodes, weights = legendre(128)
    half = (high - low) / 2
    u = low[:, None] + half[:, None] * (1 + nodes)
    tau = np.exp(u)
    ratio_A, ratio_B = np.log1p(tau / A[:, None]), np.log1p(tau / B[:, None])
    height = y[:, None] * (u - np.log(A)[:, None]) - bought[:, None] * ratio_A - power[:, None] * ratio_B
    height += u - np.log(B)[:, None]
    density = np.einsum("j,ij->i", weights, np.exp(height - height.max(axis=1)[:, None]))
    constant = np.log(power - 1) - np.log(bought) - special.betaln(rho, y + 1)
    return np.exp(constant + height.max(axis=1) + np.log(half * density))
