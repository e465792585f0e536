"""BG/NBD and MBG/NBD: after each purchase a customer may leave for good.

λ ~ Gamma(r, α) is the purchase rate, p ~ Beta(a, b) the chance to leave after a purchase. In the BG/NBD
(Fader, Hardie & Lee 2005, Marketing Science 24, 275–284) the chance comes with every repeat purchase; in the
MBG/NBD (Batislam, Denizel & Filiztekin 2007, Int. J. Research in Marketing 24, 201–209) also with the first
one. That is one chance more: k = x + 1 chances survived instead of k = x. Everything else is the same, so
both are one class with a flag.

Given λ and p the likelihood is (1−p)^k λ^x e^(−λT) + [k > 0] p (1−p)^(k−1) λ^x e^(−λ t_x), and the purchases
of a living customer in the next t are (1 − e^(−λpt)) / p. Both are averaged over λ and p: see `bg_living`.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from crmtheory.models.attrition import Attrition
from crmtheory.models.base import Param, positive
from crmtheory.models.bg_living import purchases_of_the_living, survival_of_the_living
from crmtheory.models.history import possible
from crmtheory.numerics import Array, in_logs, log_rising, negative_binomial, of_whole


class BGNBD(Attrition):
    """BG/NBD (Fader, Hardie & Lee 2005); theta = (r, alpha, a, b).

    >>> theta = (0.243, 4.414, 0.793, 2.426)
    >>> round(float(BGNBD().conditional(theta, 39, x=2, t_x=30.43, T=38.86)), 4)
    1.226
    """

    name = "BG/NBD"
    extra_chance = 0
    params = (
        Param("r", "shape of the purchase rates"),
        Param("alpha", "scale of the purchase rates", "time"),
        Param("a", "first shape of the chance to leave"),
        Param("b", "second shape of the chance to leave"),
    )
    processes: ClassVar = {"buying": ("alpha", -1.0), "leaving": ("a", 1.0)}

    def loglik(self, theta: ArrayLike, x: Array, t_x: Array, T: Array) -> Array:
        theta = positive(theta, 4, self.name)
        possible(x, t_x, T)
        return self._likelihood_alive(theta, x, T) + np.logaddexp(0.0, self._log_odds_left(theta, x, t_x, T))

    def _likelihood_alive(self, theta: Array, x: Array, T: Array) -> Array:
        """ln of the likelihood of the purchases by a customer who is alive at T."""
        r, alpha, a, b = theta

        def of_x(x: Array) -> Array:
            k = x + self.extra_chance
            return log_rising(r, x) + log_rising(b, k) - log_rising(a + b, k)

        buying = -r * np.log1p(T / alpha) - x * np.log(alpha + T)
        return buying + (of_whole(of_x, x) if theta.ndim == 1 else of_x(x))

    def _log_odds_left(self, theta: Array, x: Array, t_x: Array, T: Array) -> Array:
        """ln of P(left) / P(alive): the ratio of the two terms of the likelihood; −inf where nobody can have
        left.
        """
        r, alpha, a, b = theta
        k = x + self.extra_chance
        chance = np.log(a) - np.log(np.where(k > 0, b + (k - 1), 1.0))
        return np.where(k > 0, chance + (r + x) * np.log1p((T - t_x) / (alpha + t_x)), -np.inf)

    def loglik_and_score(self, theta: Array, x: Array, t_x: Array, T: Array) -> tuple[Array, Array]:
        r, alpha, a, b = theta
        k = x + self.extra_chance
        log_odds = self._log_odds_left(theta, x, t_x, T)
        left = special.expit(log_odds)
        psi = special.digamma
        of_x = of_whole if theta.ndim == 1 else lambda f, x: f(x)
        by_r = of_x(lambda x: psi(r + x), x) - psi(r) - np.log1p(T / alpha) + left * _silence(alpha, t_x, T)
        by_alpha = r / alpha - (r + x) / (alpha + T) + left * (r + x) * (1 / (alpha + T) - 1 / (alpha + t_x))
        both = psi(a + b) - of_x(lambda k: psi(a + b + k), k)
        by_a = both + left / a
        by_b = both + of_x(lambda k: psi(b + k), k) - psi(b) - left / np.where(k > 0, b + (k - 1), 1.0)
        loglik = self._likelihood_alive(theta, x, T) + np.logaddexp(0.0, log_odds)
        return loglik, np.stack([r * by_r, alpha * by_alpha, a * by_a, b * by_b])

    def hessian(self, theta: Array, weights: Array, x: Array, t_x: Array, T: Array) -> Array:
        r, alpha, a, b = theta
        k = x + self.extra_chance
        left = special.expit(self._log_odds_left(theta, x, t_x, T))
        last = np.where(k > 0, b + (k - 1), 1.0)
        now, then = 1 / (alpha + T), 1 / (alpha + t_x)
        # The likelihood is that of being alive times 1 + the odds of having left; these are the derivatives of ln odds.
        odds = np.stack([_silence(alpha, t_x, T), (r + x) * (now - then), np.full_like(x, 1 / a), -1 / last])
        second = np.einsum("in,jn,n->ij", odds, odds, weights * left * (1 - left))
        gone = weights * left

        def sum_of_trigamma(shape: float, count: Array) -> float:
            change = of_whole(lambda n: special.polygamma(1, shape + n), count) - special.polygamma(1, shape)
            return float(weights @ change)

        second[0, 0] += sum_of_trigamma(r, x)
        second[0, 1] += weights @ (1 / alpha - now) + gone @ (now - then)
        second[1, 0] = second[0, 1]
        second[1, 1] += weights @ ((r + x) * now**2 - r / alpha**2) - gone @ ((r + x) * (now**2 - then**2))
        second[2:, 2:] -= sum_of_trigamma(a + b, k)
        second[2, 2] -= gone.sum() / a**2
        second[3, 3] += sum_of_trigamma(b, k) + gone @ (1 / last**2)
        score = self.loglik_and_score(theta, x, t_x, T)[1] @ weights
        return in_logs(theta, score / theta, second)

    def p_alive(self, theta: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
        theta = positive(theta, 4, self.name)
        x, t_x, T = (np.asarray(value, float) for value in (x, t_x, T))
        possible(x, t_x, T)
        return special.expit(-self._log_odds_left(theta, x, t_x, T))

    def expected_alive(self, theta: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike) -> Array:
        r, alpha, a, b = positive(theta, 4, self.name)
        t, x, T = (np.asarray(value, float) for value in (t, x, T))
        return purchases_of_the_living(r + x, t / (alpha + T), a, b + x + self.extra_chance)

    def survival_alive(self, theta: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike) -> Array:
        r, alpha, a, b = positive(theta, 4, self.name)
        t, x, T = (np.asarray(value, float) for value in (t, x, T))
        return survival_of_the_living(r + x, t / (alpha + T), a, b + x + self.extra_chance)

    def pmf_alive(self, theta: ArrayLike, y: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike) -> Array:
        # Equation (8) of Fader, Hardie & Lee (2005) for a customer whose distributions are updated by the history.
        r, alpha, a, b = positive(theta, 4, self.name)
        y, t, x, T = (np.asarray(value, float) for value in (y, t, x, T))
        rho, u, b = r + x, t / (alpha + T), b + x + self.extra_chance
        staying = np.exp(log_rising(b, y) - log_rising(a + b, y)) * negative_binomial(y, rho, u)
        before = np.maximum(y - 1, 0.0)
        last = a / (a + b) * np.exp(log_rising(b, before) - log_rising(a + b + 1, before))
        at_least_y = special.betainc(np.maximum(y, 1.0), rho, u / (1 + u))
        return staying + np.where(y > 0, last * at_least_y, 0.0)

    def draw_alive(
        self, theta: ArrayLike, x: Array, T: Array, rng: np.random.Generator
    ) -> tuple[Array, Array, Array]:
        r, alpha, a, b = positive(theta, 4, self.name)
        leave = np.maximum(rng.beta(a, b + x + self.extra_chance), 1e-300)  # a draw may underflow to 0
        with np.errstate(divide="ignore", over="ignore"):
            chances = np.floor(np.log1p(-rng.random(len(x))) / np.log1p(-leave))  # geometric, from 0
        return rng.gamma(r + x) / (alpha + T), np.full(len(x), np.inf), chances + 1


class MBGNBD(BGNBD):
    """MBG/NBD (Batislam, Denizel & Filiztekin 2007): BG/NBD with a chance to leave after the first purchase
    too.

    >>> round(float(MBGNBD().p_alive((0.525, 6.183, 0.891, 1.614), x=0, t_x=0, T=0)), 4)  # b / (a + b)
    0.6443
    """

    name = "MBG/NBD"
    extra_chance = 1


def _silence(alpha: Array, t_x: Array, T: Array) -> Array:
    return np.log1p((T - t_x) / (alpha + t_x))
