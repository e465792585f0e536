"""NBD: customers buy at random at their own steady rate, and nobody ever leaves.

λ ~ Gamma(r, α) over customers; purchases of one customer are Poisson with rate λ. Source: Ehrenberg 1959,
Applied Statistics 8, 26–41. It is the null model: a model with attrition has to beat it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from crmtheory.models.base import Param, positive
from crmtheory.models.families import Attrition
from crmtheory.numerics import Array, log_rising


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

    def loglik(self, theta: ArrayLike, x: Array, t_x: Array, T: Array) -> Array:
        r, alpha = positive(theta, 2, self.name)
        return log_rising(r, x) - r * np.log1p(T / alpha) - x * np.log(alpha + T)

    def loglik_and_score(self, theta: Array, x: Array, t_x: Array, T: Array) -> tuple[Array, Array]:
        r, alpha = theta
        by_r = special.digamma(r + x) - special.digamma(r) - np.log1p(T / alpha)
        by_alpha = r / alpha - (r + x) / (alpha + T)
        return self.loglik(theta, x, t_x, T), np.stack([r * by_r, alpha * by_alpha])

    def p_alive(self, theta: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
        return np.ones(np.broadcast_shapes(np.shape(x), np.shape(t_x), np.shape(T)))

    def expected_alive(self, theta: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike) -> Array:
        r, alpha = positive(theta, 2, self.name)
        return (r + np.asarray(x)) / (alpha + np.asarray(T)) * np.asarray(t)

    def draw_alive(
        self, theta: ArrayLike, x: Array, T: Array, rng: np.random.Generator
    ) -> tuple[Array, Array, Array]:
        r, alpha = positive(theta, 2, self.name)
        return rng.gamma(r + x) / (alpha + T), np.full(len(x), np.inf), np.full(len(x), np.inf)
