"""NBD: customers buy at random at their own steady rate, and nobody ever leaves.

λ ~ Gamma(r, α) over customers; purchases of one customer are Poisson with rate λ. Source: Ehrenberg 1959,
Applied Statistics 8, 26–41. It is the null model: a model with attrition has to beat it.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from crmtheory.models.attrition import Attrition
from crmtheory.models.base import Param, positive
from crmtheory.numerics import Array, in_logs, log_rising, negative_binomial, of_whole


class NBD(Attrition):
    """NBD (Ehrenberg 1959): gamma–Poisson buying without attrition; theta = (r, alpha).

    >>> round(float(NBD().conditional((1, 10), 10, x=2, t_x=5, T=20)), 6)
    1.0
    """

    name = "NBD"
    params = (
        Param("r", "shape of the purchase rates"),
        Param("alpha", "scale of the purchase rates", "time"),
    )
    processes: ClassVar = {"buying": ("alpha", -1.0)}

    def loglik(self, theta: ArrayLike, x: Array, t_x: Array, T: Array) -> Array:
        r, alpha = positive(theta, 2, self.name)
        return log_rising(r, x) - r * np.log1p(T / alpha) - x * np.log(alpha + T)

    def loglik_and_score(self, theta: Array, x: Array, t_x: Array, T: Array) -> tuple[Array, Array]:
        r, alpha = theta
        psi = special.digamma
        by_r = (
            (of_whole(lambda x: psi(r + x), x) if np.ndim(r) == 0 else psi(r + x))
            - psi(r)
            - np.log1p(T / alpha)
        )
        by_alpha = r / alpha - (r + x) / (alpha + T)
        return self.loglik(theta, x, t_x, T), np.stack([r * by_r, alpha * by_alpha])

    def hessian(self, theta: Array, weights: Array, x: Array, t_x: Array, T: Array) -> Array:
        r, alpha = theta
        trigamma = of_whole(lambda x: special.polygamma(1, r + x), x) - special.polygamma(1, r)
        mixed = weights @ (1 / alpha - 1 / (alpha + T))
        by_alpha = weights @ ((r + x) / (alpha + T) ** 2 - r / alpha**2)
        second = np.array([[weights @ trigamma, mixed], [mixed, by_alpha]])
        return in_logs(theta, self.loglik_and_score(theta, x, t_x, T)[1] @ weights / theta, second)

    def p_alive(self, theta: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
        return np.ones(np.broadcast_shapes(np.shape(x), np.shape(t_x), np.shape(T)))

    def expected_alive(self, theta: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike) -> Array:
        r, alpha = positive(theta, 2, self.name)
        return (r + np.asarray(x)) / (alpha + np.asarray(T)) * np.asarray(t)

    def survival_alive(self, theta: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike) -> Array:
        return np.ones(np.broadcast_shapes(np.shape(t), np.shape(x), np.shape(T)))

    def pmf_alive(self, theta: ArrayLike, y: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike) -> Array:
        r, alpha = positive(theta, 2, self.name)
        y, t, x, T = (np.asarray(value, float) for value in (y, t, x, T))
        return negative_binomial(y, r + x, t / (alpha + T))

    def draw_alive(
        self, theta: ArrayLike, x: Array, T: Array, rng: np.random.Generator
    ) -> tuple[Array, Array, Array]:
        r, alpha = positive(theta, 2, self.name)
        return rng.gamma(r + x) / (alpha + T), np.full(len(x), np.inf), np.full(len(x), np.inf)
