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

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from crmtheory.models.attrition import Attrition
from crmtheory.models.base import Param, positive
from crmtheory.models.history import possible
from crmtheory.models.pareto_leaving import left, purchases_before_leaving
from crmtheory.numerics import Array, growth_ratio, in_logs, log_rising, negative_binomial, of_whole


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
    processes: ClassVar = {"buying": ("alpha", -1.0), "leaving": ("beta", -1.0)}

    def loglik(self, theta: ArrayLike, x: Array, t_x: Array, T: Array) -> Array:
        theta = positive(theta, 4, self.name)
        possible(x, t_x, T)
        return _alive(theta, x, T) + np.logaddexp(0.0, left(theta, x, t_x, T)[0])

    def loglik_and_score(self, theta: Array, x: Array, t_x: Array, T: Array) -> tuple[Array, Array]:
        return self._with_score(theta, x, T, left(theta, x, t_x, T, moments=1))

    def _with_score(self, theta: Array, x: Array, T: Array, leaving: Array) -> tuple[Array, Array]:
        r, alpha, s, beta = theta
        log_odds, log_alpha, over_alpha, log_beta, over_beta = leaving
        gone = special.expit(log_odds)
        stay = 1 - gone
        psi = special.digamma
        by_r = of_whole(lambda x: psi(r + x), x) if np.ndim(r) == 0 else psi(r + x)
        by_r = by_r - psi(r) + np.log(alpha) - stay * np.log(alpha + T) - gone * log_alpha
        by_alpha = r / alpha - (r + x) * (stay / (alpha + T) + gone * over_alpha)
        by_s = np.log(beta) - stay * np.log(beta + T) + gone * (1 / s - log_beta)
        by_beta = s / beta - s * stay / (beta + T) - (s + 1) * gone * over_beta
        loglik = _alive(theta, x, T) + np.logaddexp(0.0, log_odds)
        return loglik, np.stack([r * by_r, alpha * by_alpha, s * by_s, beta * by_beta])

    def hessian(self, theta: Array, weights: Array, x: Array, t_x: Array, T: Array) -> Array:
        r, alpha, s, beta = theta
        leaving = left(theta, x, t_x, T, moments=2)
        log_odds, *moments = leaving
        mean, square = np.stack(moments[:4]), iter(moments[4:])
        gone = special.expit(log_odds)
        one, bought = np.ones_like(x), r + x
        # The likelihood is a common factor times e^(if alive) + e^(if left); first and second derivatives of each.
        factor = np.stack([-one, -bought, -one, -(s + 1) * one])
        if_left = factor * mean + np.array([0.0, 0.0, 1 / s, 0.0])[:, None]
        if_alive = -np.stack([np.log(alpha + T), bought / (alpha + T), np.log(beta + T), s / (beta + T)])
        apart = if_alive - if_left
        second = np.einsum("in,jn,n->ij", apart, apart, weights * gone * (1 - gone))
        of_left = weights * gone
        for i in range(4):
            for j in range(i, 4):
                product = next(square)  # E[v_i v_j], of which the means' product is taken off: a covariance
                spread = np.sum(of_left * factor[i] * factor[j] * (product - mean[i] * mean[j]))
                second[i, j] += spread
                if i != j:
                    second[j, i] += spread
                elif i in (1, 3):  # E 1/(α+τ)², E 1/(β+τ)²
                    second[i, i] -= np.sum(of_left * factor[i] * product)
        of_alive = weights * (1 - gone)
        trigamma = of_whole(lambda x: special.polygamma(1, r + x), x) - special.polygamma(1, r)
        second[0, 0] += weights @ trigamma
        second[2, 2] -= np.sum(of_left) / s**2
        second[1, 1] += of_alive @ (bought / (alpha + T) ** 2) - weights.sum() * r / alpha**2
        second[3, 3] += of_alive @ (s / (beta + T) ** 2) - weights.sum() * s / beta**2
        for i, scale, over in ((0, alpha, mean[1]), (2, beta, mean[3])):
            mixed = weights.sum() / scale - of_alive @ (1 / (scale + T)) - of_left @ over
            second[i, i + 1] += mixed
            second[i + 1, i] += mixed
        score = self._with_score(theta, x, T, leaving[:5])[1] @ weights
        return in_logs(theta, score / theta, second)

    def p_alive(self, theta: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
        theta = positive(theta, 4, self.name)
        x, t_x, T = (np.asarray(value, float) for value in (x, t_x, T))
        possible(x, t_x, T)
        return special.expit(-left(theta, x, t_x, T)[0])

    def expected_alive(self, theta: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike) -> Array:
        r, alpha, s, beta = positive(theta, 4, self.name)
        x, T = np.asarray(x, float), np.asarray(T, float)
        # (1 − (1 + t/(β+T))^(1−s)) / (s − 1), written so that s = 1 is nothing special
        growth = np.log1p(np.asarray(t, float) / (beta + T))
        return (r + x) / (alpha + T) * (beta + T) * growth * growth_ratio((s - 1) * growth)

    def survival_alive(self, theta: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike) -> Array:
        _, _, s, beta = positive(theta, 4, self.name)
        t, _, T = np.broadcast_arrays(*(np.asarray(value, float) for value in (t, x, T)))
        return np.exp(-s * np.log1p(t / (beta + T)))

    def pmf_alive(self, theta: ArrayLike, y: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike) -> Array:
        theta = positive(theta, 4, self.name)
        y, t, x, T = np.broadcast_arrays(*(np.asarray(value, float) for value in (y, t, x, T)))
        r, alpha, s, beta = theta
        # Silence: as the likelihood of nothing between T and T + t, relative to that of being alive at T.
        silent = -(r + x) * np.log1p(t / (alpha + T)) - s * np.log1p(t / (beta + T))
        silent = silent + np.logaddexp(0.0, left(theta, x, T, T + t)[0])
        if not y.any():  # the other part takes far longer
            return np.exp(np.minimum(silent, 0.0))
        stayed = negative_binomial(y, r + x, t / (alpha + T)) * self.survival_alive(theta, t, x, T)
        bought = stayed + purchases_before_leaving(theta, np.maximum(y, 1.0), t, x, T)
        return np.minimum(np.where(y == 0, np.exp(np.minimum(silent, 0.0)), bought), 1.0)

    def draw_alive(
        self, theta: ArrayLike, x: Array, T: Array, rng: np.random.Generator
    ) -> tuple[Array, Array, Array]:
        r, alpha, s, beta = positive(theta, 4, self.name)
        rate = rng.gamma(r + x) / (alpha + T)
        with np.errstate(over="ignore"):
            leaves = (beta + T) * np.expm1(rng.exponential(1.0, len(x)) / s)
        return rate, leaves, np.full(len(x), np.inf)


def _alive(theta: Array, x: Array, T: Array) -> Array:
    """ln of the likelihood of the purchases by a customer who is alive at T."""
    r, alpha, s, beta = theta
    rising = log_rising(r, x) if np.ndim(r) else of_whole(lambda x: log_rising(r, x), x)
    return rising - r * np.log1p(T / alpha) - x * np.log(alpha + T) - s * np.log1p(T / beta)
