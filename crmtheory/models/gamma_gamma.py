"""Gamma-Gamma: what a customer spends per purchase, apart from how often.

The spend of one purchase is Gamma(p, ν) for a customer whose ν ~ Gamma(q, γ): customers differ in their mean
p / ν, and a customer's purchases scatter around it. Mean spend m over x purchases is then Gamma(px, νx).
Source: Fader & Hardie 2013, "The Gamma-Gamma model of monetary value" (note 25). It assumes that spend does
not depend on how often one buys.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from crmtheory.errors import DomainError
from crmtheory.models.base import Param, positive
from crmtheory.models.spend import Spend
from crmtheory.numerics import Array, in_logs, of_whole


class GammaGamma(Spend):
    """Gamma-Gamma (Fader & Hardie 2013); theta = (p, q, gamma).

    >>> theta = (6.25, 3.74, 15.44)
    >>> round(GammaGamma().mean(theta), 2)
    35.22
    >>> round(float(GammaGamma().conditional_mean(theta, x=2, m=22.35)), 1)
    24.7
    """

    name = "Gamma-Gamma"
    params = (
        Param("p", "shape of one customer's purchases"),
        Param("q", "shape of customers' rates of spend"),
        Param("gamma", "scale of customers' rates of spend", "money"),
    )

    def loglik(self, theta: ArrayLike, x: Array, m: Array) -> Array:
        p, q, gamma = positive(theta, 3, self.name)
        spent = x * m
        # ln of γ^q (xm)^(px) / (γ + xm)^(px+q), by its two ratios so that large exponents do not cancel
        ratios = -p * x * np.log1p(gamma / spent) - q * np.log1p(spent / gamma)
        return ratios - np.log(m) - of_whole(lambda x: special.betaln(p * x, q), x)

    def loglik_and_score(self, theta: Array, x: Array, m: Array) -> tuple[Array, Array]:
        p, q, gamma = theta
        spent, shape = x * m, p * x
        psi = special.digamma
        both = of_whole(lambda x: psi(p * x + q), x)
        by_p = x * (both - of_whole(lambda x: psi(p * x), x) - np.log1p(gamma / spent))
        by_q = both - psi(q) - np.log1p(spent / gamma)
        by_gamma = q / gamma - (shape + q) / (gamma + spent)
        return self.loglik(theta, x, m), np.stack([p * by_p, q * by_q, gamma * by_gamma])

    def hessian(self, theta: Array, weights: Array, x: Array, m: Array) -> Array:
        p, q, gamma = theta
        spent, shape = x * m, p * x

        def trigamma(more: float) -> Array:
            return of_whole(lambda x: special.polygamma(1, p * x + more), x)

        of_both, of_shape = trigamma(q), trigamma(0.0)
        second = np.empty((3, 3))
        second[0, 0] = weights @ (x * x * (of_both - of_shape))
        second[0, 1] = second[1, 0] = weights @ (x * of_both)
        second[0, 2] = second[2, 0] = -(weights @ (x / (gamma + spent)))
        second[1, 1] = weights @ (of_both - special.polygamma(1, q))
        second[1, 2] = second[2, 1] = weights @ (1 / gamma - 1 / (gamma + spent))
        second[2, 2] = weights @ ((shape + q) / (gamma + spent) ** 2 - q / gamma**2)
        return in_logs(theta, self.loglik_and_score(theta, x, m)[1] @ weights / theta, second)

    def mean(self, theta: ArrayLike) -> float:
        """pγ / (q − 1), which exists for q > 1 only; DomainError else, with the median instead."""
        p, q, gamma = positive(theta, 3, self.name)
        if q <= 1:
            raise DomainError(
                f"Gamma-Gamma: with q = {q:.4g} (1 or less) a few customers spend so much that mean spend per "
                f"purchase does not exist. The median customer spends {self.median(theta):,.4g}. Look for a few "
                "extreme orders in the log."
            )
        return float(p * gamma / (q - 1))

    def median(self, theta: ArrayLike) -> float:
        """The median over customers of their mean spend p / ν; exists for every q."""
        p, q, gamma = positive(theta, 3, self.name)
        with np.errstate(over="ignore", divide="ignore"):  # for q near 0 it is beyond what a double can say
            return float(p * gamma / special.gammaincinv(q, 0.5))

    def conditional_mean(self, theta: ArrayLike, x: ArrayLike, m: ArrayLike) -> Array:
        """p(γ + xm) / (px + q − 1) (note 25, section 3); DomainError where that does not exist (px + q ≤
        1).
        """
        p, q, gamma = positive(theta, 3, self.name)
        x, m = np.asarray(x, float), np.asarray(m, float)
        below = p * x + q - 1
        if np.any(below <= 0):
            self.mean((p, q, gamma))  # says why, and gives the median
            raise DomainError("Gamma-Gamma: the mean spend does not exist for some of these customers.")
        return p * (gamma + x * m) / below

    def simulate(self, theta: ArrayLike, x: ArrayLike, rng: np.random.Generator) -> Array:
        """Mean spend m of customers with x purchases each; NaN where x = 0."""
        p, q, gamma = positive(theta, 3, self.name)
        x = np.asarray(x, float)
        rate = rng.gamma(q, 1 / gamma, x.shape)
        counted = np.maximum(x, 1)
        return np.where(x > 0, rng.gamma(p * counted) / (rate * counted), np.nan)

    def future(
        self, theta: ArrayLike, purchases: Array, x: Array, m: Array, rng: np.random.Generator
    ) -> Array:
        """One draw of what customers with these histories spend in so many further purchases, in all."""
        p, q, gamma = positive(theta, 3, self.name)
        rate = rng.gamma(q + p * x) / (gamma + x * m)
        return np.where(purchases > 0, rng.gamma(p * np.maximum(purchases, 1)) / rate, 0.0)
