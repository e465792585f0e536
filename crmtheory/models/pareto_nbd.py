"""Pareto/NBD: customers buy at their own rate and leave at their own, unseen moment.

λ ~ Gamma(r, α) is the purchase rate, μ ~ Gamma(s, β) the rate of leaving; both are independent. Source:
Schmittlein, Morrison & Colombo 1987, Management Science 33, 1–24; the likelihood as in Fader & Hardie 2005,
"A note on deriving the Pareto/NBD model".

The likelihood is that of being alive plus an integral over the unknown moment τ of leaving,
    ∫ from t_x to T of  s (β+τ)^−(s+1) (α+τ)^−(r+x) dτ.
It is usually written with Gauss hypergeometric functions, which overflow and need two cases (α above or below
β). Here it is taken by Gauss–Legendre quadrature in u = ln(τ + min(α, β)), in logarithms: the integrand is
log-concave in u and has no feature narrower than about 1, so few nodes give full precision, and the same
nodes give the exact score.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from crmtheory.models.base import Param, positive
from crmtheory.models.families import Attrition
from crmtheory.models.history import possible
from crmtheory.numerics import Array, growth_ratio, log_rising

RULES = {nodes: np.polynomial.legendre.leggauss(nodes) for nodes in (16, 32, 128)}
DROP = 36.0  # what lies e^−36 below the peak of the integrand is left out
CHUNK = 2048  # rows at a time: the work arrays then stay in the processor's cache


class ParetoNBD(Attrition):
    """Pareto/NBD (Schmittlein, Morrison & Colombo 1987); theta = (r, alpha, s, beta).

    >>> theta = (0.553, 10.578, 0.606, 11.669)
    >>> round(float(ParetoNBD().p_alive(theta, x=26, t_x=30.86, T=31)), 4)
    0.9979
    """

    name = "Pareto/NBD"
    params = (
        Param("r", "shape of the purchase rates"),
        Param("alpha", "scale of the purchase rates", "time"),
        Param("s", "shape of the rates of leaving"),
        Param("beta", "scale of the rates of leaving", "time"),
    )

    def loglik(self, theta: ArrayLike, x: Array, t_x: Array, T: Array) -> Array:
        r, alpha, s, beta = positive(theta, 4, self.name)
        return _loglik(r, alpha, s, beta, x, T, _left(theta, x, t_x, T))

    def loglik_and_score(self, theta: Array, x: Array, t_x: Array, T: Array) -> tuple[Array, Array]:
        r, alpha, s, beta = theta
        left = _left(theta, x, t_x, T, moments=True)
        gone = special.expit(left.log_odds)
        stay = 1 - gone
        psi = special.digamma
        by_r = psi(r + x) - psi(r) + np.log(alpha) - stay * np.log(alpha + T) - gone * left.log_alpha
        by_alpha = r / alpha - (r + x) * (stay / (alpha + T) + gone * left.over_alpha)
        by_s = np.log(beta) - stay * np.log(beta + T) + gone * (1 / s - left.log_beta)
        by_beta = s / beta - s * stay / (beta + T) - (s + 1) * gone * left.over_beta
        loglik = _loglik(r, alpha, s, beta, x, T, left)
        return loglik, np.stack([r * by_r, alpha * by_alpha, s * by_s, beta * by_beta])

    def p_alive(self, theta: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
        x, t_x, T = (np.asarray(value, float) for value in (x, t_x, T))
        return special.expit(-_left(theta, x, t_x, T).log_odds)

    def expected_alive(self, theta: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike) -> Array:
        r, alpha, s, beta = positive(theta, 4, self.name)
        x, T = np.asarray(x, float), np.asarray(T, float)
        # (1 − (1 + t/(β+T))^(1−s)) / (s − 1), written so that s = 1 is nothing special
        growth = np.log1p(np.asarray(t, float) / (beta + T))
        return (r + x) / (alpha + T) * (beta + T) * growth * growth_ratio((s - 1) * growth)

    def draw_alive(
        self, theta: ArrayLike, x: Array, T: Array, rng: np.random.Generator
    ) -> tuple[Array, Array, Array]:
        r, alpha, s, beta = positive(theta, 4, self.name)
        rate, leaving = rng.gamma(r + x) / (alpha + T), rng.gamma(s, size=len(x)) / (beta + T)
        with np.errstate(divide="ignore", over="ignore"):  # a rate of leaving that underflows means: never
            return rate, rng.standard_exponential(len(x)) / leaving, np.full(len(x), np.inf)


def _loglik(r: float, alpha: float, s: float, beta: float, x: Array, T: Array, left: _Left) -> Array:
    """ln of the likelihood of being alive, times 1 + the odds of having left."""
    alive = -r * np.log1p(T / alpha) - x * np.log(alpha + T) - s * np.log1p(T / beta)
    return log_rising(r, x) + alive + np.logaddexp(0.0, left.log_odds)


class _Left(NamedTuple):
    """ln of P(left) / P(alive), and averages over the moment of leaving, given that the customer left."""

    log_odds: Array
    log_alpha: Array  # E ln(α + τ)
    log_beta: Array  # E ln(β + τ)
    over_alpha: Array  # E 1 / (α + τ)
    over_beta: Array  # E 1 / (β + τ)


def _left(theta: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, moments: bool = False) -> _Left:
    """The integral over the moment of leaving, relative to the likelihood of being alive; rows are
    broadcast.
    """
    theta = positive(theta, 4, ParetoNBD.name)
    x, t_x, T = np.broadcast_arrays(*(np.asarray(value, float) for value in (x, t_x, T)))
    possible(x, t_x, T)
    flat = [value.ravel() for value in (x, t_x, T)]
    low, high, fall = _range(theta, *flat)
    length = high - low
    nodes = np.where((length <= 1) & (fall <= 18), 16, np.where(length <= 2, 32, 128))
    answer = np.zeros((5, flat[0].size))
    for count, rule in RULES.items():
        rows = np.flatnonzero(nodes == count)
        for part in np.split(rows, range(CHUNK, len(rows), CHUNK)):
            if len(part):
                x_, t_x_, T_, low_, high_ = (value[part] for value in (*flat, low, high))
                answer[:, part] = _integrate(theta, x_, t_x_, T_, low_, high_, rule, moments)
    return _Left(*answer.reshape(5, *x.shape))


def _exponents(theta: Array, x: Array) -> tuple[float, float, Array, Array]:
    """min(α, β), |α − β|, and the powers of (min + τ) and (max + τ) in the integrand."""
    r, alpha, s, beta = theta
    powers = (r + x, np.full_like(x, s + 1))
    return min(alpha, beta), abs(alpha - beta), *(powers if alpha <= beta else powers[::-1])


def _range(theta: Array, x: Array, t_x: Array, T: Array) -> tuple[Array, Array, Array]:
    """The part of (ln(m + t_x), ln(m + T)) that matters, and how far the log integrand falls within it.

    It ends where the integrand is e^−36 of its peak.

    g(u) = u − K₁u − K₂ ln(e^u + D) is concave, so Newton from outside moves towards each end without passing
    it.
    """
    small, gap, near, far = _exponents(theta, x)

    def g(u: Array) -> Array:
        return (1 - near) * u - far * np.log(np.exp(u) + gap)

    def slope(u: Array) -> Array:
        return 1 - near - far * (1.0 if gap == 0 else 1 / (1 + gap * np.exp(-u)))

    low, high = np.log(small + t_x), np.log(small + T)
    share = np.clip((1 - near) / far, 0.0, 1 - 1e-15)  # at an inner peak e^u / (e^u + D) has this value
    with np.errstate(divide="ignore"):
        inner = np.log(gap * share / (1 - share)) if gap > 0 else np.full_like(low, -np.inf)
    peak = np.clip(
        np.where(near < 1, inner if gap > 0 else np.where(near + far < 1, np.inf, -np.inf), -np.inf),
        low,
        high,
    )
    top = g(peak)
    for end in (low, high):
        for _ in range(5):
            outside = np.flatnonzero(g(end) < top - DROP)
            if not len(outside):
                break
            end[outside] -= ((g(end) - top + DROP) / slope(end))[outside]
    return low, high, top - np.minimum(g(low), g(high))


def _integrate(
    theta: Array,
    x: Array,
    t_x: Array,
    T: Array,
    low: Array,
    high: Array,
    rule: tuple[Array, Array],
    moments: bool,
) -> Array:
    """Log odds of having left (and the averages of `_Left`) by one quadrature rule, shape (5, n)."""
    r, alpha, s, beta = theta
    small = min(alpha, beta)
    nodes, weights = rule
    half = (high - low) / 2
    u = low[:, None] + half[:, None] * (1 + nodes)  # ln(τ + min(α, β))
    shifted = np.exp(u)
    tau_alpha = shifted + (alpha - small)
    tau_beta = shifted + (beta - small)
    log_alpha = u if alpha == small else np.log(tau_alpha)
    log_beta = u if beta == small else np.log(tau_beta)
    # relative to the likelihood of being alive, (α+T)^−(r+x) (β+T)^−s
    height = u - (r + x)[:, None] * (log_alpha - np.log(alpha + T)[:, None])
    height -= s * (log_beta - np.log(beta + T)[:, None]) + log_beta
    peak = height.max(axis=1)
    density = weights * np.exp(height - peak[:, None])
    total = density.sum(axis=1)
    with np.errstate(divide="ignore"):  # t_x = T leaves no time to leave: odds 0
        log_odds = np.log(s) + peak + np.log(half) + np.log(total)
    if not moments:
        return np.stack([log_odds, *[np.zeros_like(log_odds)] * 4])
    averages = [
        np.einsum("ij,ij->i", density, v) / total for v in (log_alpha, log_beta, 1 / tau_alpha, 1 / tau_beta)
    ]
    return np.stack([log_odds, *averages])
