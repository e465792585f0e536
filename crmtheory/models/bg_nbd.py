"""BG/NBD and MBG/NBD: after each purchase a customer may leave for good.

λ ~ Gamma(r, α) is the purchase rate, p ~ Beta(a, b) the chance to leave after a purchase. In the BG/NBD
(Fader, Hardie & Lee 2005, Marketing Science 24, 275–284) the chance comes with every repeat purchase; in the
MBG/NBD (Batislam, Denizel & Filiztekin 2007, Int. J. Research in Marketing 24, 201–209) also with the first
one. That is one chance more: k = x + 1 chances survived instead of k = x. Everything else is the same, so
both are one class with a flag.

Given λ and p the likelihood is (1−p)^k λ^x e^(−λT) + [k > 0] p (1−p)^(k−1) λ^x e^(−λ t_x), and the purchases
of a living customer in the next t are (1 − e^(−λpt)) / p. Both are averaged over λ in closed form. The usual
form of the average of the second over p has a Gauss hypergeometric function that breaks at a = 1, for a + b <
1 and for long gaps. Here it is a series from which those poles are taken out, and where the series would be
slow or lose digits, a quadrature over p.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from crmtheory.models.base import Param, positive
from crmtheory.models.families import Attrition
from crmtheory.models.history import possible
from crmtheory.numerics import Array, beta_mean, distinct_rows, growth_ratio, log_rising


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

    def loglik(self, theta: ArrayLike, x: Array, t_x: Array, T: Array) -> Array:
        r, alpha, a, b = positive(theta, 4, self.name)
        k = x + self.extra_chance
        buying = log_rising(r, x) - r * np.log1p(T / alpha) - x * np.log(alpha + T)
        staying = log_rising(b, k) - log_rising(a + b, k)
        return buying + staying + np.logaddexp(0.0, self._log_odds_left(theta, x, t_x, T))

    def _log_odds_left(self, theta: ArrayLike, x: Array, t_x: Array, T: Array) -> Array:
        """ln of P(left) / P(alive): the ratio of the two terms of the likelihood; −inf where nobody can have
        left.
        """
        r, alpha, a, b = positive(theta, 4, self.name)
        possible(x, t_x, T)
        k = x + self.extra_chance
        chance = np.log(a) - np.log(np.where(k > 0, b + k - 1, 1.0))
        return np.where(k > 0, chance + (r + x) * np.log1p((T - t_x) / (alpha + t_x)), -np.inf)

    def loglik_and_score(self, theta: Array, x: Array, t_x: Array, T: Array) -> tuple[Array, Array]:
        r, alpha, a, b = theta
        k = x + self.extra_chance
        left = special.expit(self._log_odds_left(theta, x, t_x, T))
        psi = special.digamma
        silence = np.log1p((T - t_x) / (alpha + t_x))
        by_r = psi(r + x) - psi(r) - np.log1p(T / alpha) + left * silence
        by_alpha = r / alpha - (r + x) / (alpha + T) + left * (r + x) * (1 / (alpha + T) - 1 / (alpha + t_x))
        both = psi(a + b) - psi(a + b + k)
        by_a = both + left / a
        by_b = both + psi(b + k) - psi(b) - left / np.where(k > 0, b + k - 1, 1.0)
        return self.loglik(theta, x, t_x, T), np.stack([r * by_r, alpha * by_alpha, a * by_a, b * by_b])

    def p_alive(self, theta: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
        x, t_x, T = (np.asarray(value, float) for value in (x, t_x, T))
        return special.expit(-self._log_odds_left(theta, x, t_x, T))

    def expected_alive(self, theta: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike) -> Array:
        r, alpha, a, b = positive(theta, 4, self.name)
        t, x, T = np.broadcast_arrays(*(np.asarray(value, float) for value in (t, x, T)))
        x_, growth = x.ravel(), (t / (alpha + T)).ravel()
        values = np.empty(x_.size)
        kappa = a + b + self.extra_chance - r - 1
        # Up to u = 49 the series is short enough; below κ = −5 its terms alternate too much.
        quick = growth <= 49 if kappa >= -5 else np.zeros(x_.size, bool)
        values[quick], sound = _by_series(growth[quick], a, a + b + x_[quick] + self.extra_chance - 1, kappa)
        quick[quick] = sound
        if not quick.all():
            rows, _, inverse = distinct_rows([x_[~quick], growth[~quick]], np.ones((~quick).sum()))
            values[~quick] = _by_quadrature(r + rows[0], rows[1], a, b + rows[0] + self.extra_chance)[inverse]
        return values.reshape(x.shape)

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


def _by_series(u: Array, a: float, c: Array, kappa: float) -> tuple[Array, NDArray[np.bool_]]:
    """E[(1 − (1 + pu)^(−ρ)) / p], p ~ Beta(a, b + k), from equation (10) of Fader, Hardie & Lee (2005), poles
    taken out.

    With z = u / (1 + u), c = a + b + k − 1 and κ = c − ρ their equation is, after Euler's transformation of
    ₂F₁, c / (a − 1) · [1 − (1 − z)^(a−1) ₂F₁(κ, a − 1; c; z)]. The first term of ₂F₁ is 1 and joins the leading
    1; all others have the factor (a − 1) / c, which cancels. What remains is finite at a = 1 and at c = 0. Also
    returns which values have kept 11 digits in the difference of the two parts.
    """
    z = u / (1 + u)
    term = kappa * z
    total = term.copy()
    log_growth = np.log1p(u)
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # what overflows is not sound, and is done by quadrature
        for j in range(3000):
            term = term * (z * ((kappa + 1 + j) * (a + j) / (2 + j)) / (c + 1 + j))
            total += term
            if not np.any(np.abs(term) > 1e-17 * np.abs(total)):
                break
        first = c * log_growth * growth_ratio((a - 1) * log_growth)
        values = first - np.exp((1 - a) * log_growth) * total
        sound = (np.abs(first) <= 1e5 * values) & (np.abs(term) <= 1e-15 * np.abs(total))
    return values, sound | (u == 0)


def _by_quadrature(rho: Array, u: Array, a: float, b: Array) -> Array:
    """E[(1 − (1 + pu)^(−ρ)) / p] for p ~ Beta(a, b); u = t / (α + T), ρ = r + x, one (ρ, u, b) a row.

    For small a (or b) the density piles up at p = 0 (or 1). There the value at that end is taken out and the
    rest carries one more power of p (or 1 − p), which the quadrature likes.
    """
    start = rho * u  # the integrand at p = 0
    shape_a = np.full_like(b, a)

    def purchases(p: Array, _: Array) -> Array:
        return -np.expm1(-rho[:, None] * np.log1p(p * u[:, None])) / p

    def shortfall(p: Array, _: Array) -> Array:  # (ρu − purchases) / p, as a sum of two positive parts
        y = p * u[:, None]
        z = rho[:, None] * np.log1p(y)
        return (rho[:, None] * _y_less_log1p(y) + _z_plus_expm1_neg(z)) / p**2

    if a >= 0.3:
        centre = purchases((shape_a / (shape_a + b))[:, None], shape_a)[:, 0]
        head = np.log(np.where(start > 0, start, 1.0)) - np.log(np.where(start > 0, centre, 1.0))
        return _beta_mean_any_b(purchases, shape_a, b, head)
    rest = _beta_mean_any_b(shortfall, shape_a + 1, b, np.log1p(rho) + np.log1p(u) + 10)
    return start - a / (a + b) * rest


def _beta_mean_any_b(f: Callable[[Array, Array], Array], a: Array, b: Array, head: Array) -> Array:
    """beta_mean for b of any size: rows with a small b have the value at p = 1 taken out first."""
    if (b >= 0.3).all():
        return beta_mean(f, a, b, head)
    end = f(np.ones((len(b), 1)), np.zeros((len(b), 1)))[:, 0]
    rest = beta_mean(lambda p, q: (f(p, q) - end[:, None]) / q, a, b + 1, head)
    return end + b / (a + b) * rest


def _y_less_log1p(y: Array) -> Array:
    """y − ln(1 + y), by its series where the difference would lose digits."""
    series = y * y * (1 / 2 - y * (1 / 3 - y * (1 / 4 - y * (1 / 5 - y * (1 / 6 - y * (1 / 7 - y / 8))))))
    return np.where(y < 0.01, series, y - np.log1p(y))


def _z_plus_expm1_neg(z: Array) -> Array:
    """z + e^(−z) − 1, by its series where the difference would lose digits."""
    series = z * z * (1 / 2 - z * (1 / 6 - z * (1 / 24 - z * (1 / 120 - z * (1 / 720 - z / 5040)))))
    return np.where(z < 0.01, series, z + np.expm1(-z))
