"""What a living customer of the BG/NBD is expected to do: averages over the chance p to leave after a purchase.

With ρ = r + x and u = t / (α + T), the purchases in the next t are E[(1 − (1 + pu)^(−ρ)) / p] and the probability to
stay is E[(1 + pu)^(−ρ)], p ~ Beta(a, b). The usual forms have a Gauss hypergeometric function that breaks at a = 1, for
a + b < 1 and for long gaps. Here the first is a series from which those poles are taken out, and where the series would
be slow or lose digits, a quadrature over p; the second follows from the first with a + 1 in place of a.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from crmtheory.numerics import Array, beta_mean, distinct_rows, growth_ratio

CHUNK = 256  # rows of a quadrature at a time: the work arrays then stay in the processor's cache


def purchases_of_the_living(rho: Array, u: Array, a: Array, b: Array) -> Array:
    """E[(1 − (1 + pu)^(−ρ)) / p], p ~ Beta(a, b); arguments broadcast."""
    rho, u, a, b = np.broadcast_arrays(rho, u, a, b)
    shape = rho.shape
    rho, u, a, b = (value.ravel() for value in (rho, u, a, b))
    c = a + b - 1
    kappa = c - rho
    # Up to u = 19 the series is short enough; below κ = −5 its terms alternate too much.
    quick = (u <= 19) & (kappa >= -5)
    values = np.empty(rho.size)
    values[quick], sound = _by_series(u[quick], a[quick], c[quick], kappa[quick])
    quick[quick] = sound
    if not quick.all():
        rows, _, inverse = distinct_rows([v[~quick] for v in (a, b, rho, u)], np.ones((~quick).sum()))
        slow = np.empty(len(rows[0]))
        for first in range(0, len(slow), CHUNK):
            a_, b_, rho_, u_ = (value[first : first + CHUNK] for value in rows)
            slow[first : first + CHUNK] = _by_quadrature(rho_, u_, a_, b_)
        values[~quick] = slow[inverse]
    return values.reshape(shape)


def survival_of_the_living(rho: Array, u: Array, a: Array, b: Array) -> Array:
    """E[(1 + pu)^(−ρ)], p ~ Beta(a, b); arguments broadcast. For u = inf nobody stays."""
    rho, u, a, b = np.broadcast_arrays(rho, u, a, b)
    for_ever = np.isinf(u)
    if for_ever.any():
        finite = survival_of_the_living(rho, np.where(for_ever, 0.0, u), a, b)
        return np.where(for_ever, 0.0, finite)
    left = a / (a + b) * purchases_of_the_living(rho, u, a + 1, b)
    stays = np.asarray(np.clip(1 - left, 0.0, 1.0))
    few = (stays < 0.01) & (a >= 0.3)  # here the difference has lost digits
    rows = np.flatnonzero(few)
    flat = stays.reshape(-1)
    for first in range(0, len(rows), CHUNK):
        part = rows[first : first + CHUNK]
        flat[part] = _mean_of_power(*(value.ravel()[part] for value in (rho, u, a, b)))
    return stays


def _mean_of_power(rho: Array, u: Array, a: Array, b: Array) -> Array:
    head = rho * np.log1p(u * a / (a + b))
    return _beta_mean_any_b(lambda p, _: np.exp(-rho[:, None] * np.log1p(p * u[:, None])), a, b, head)


def _by_series(u: Array, a: Array, c: Array, kappa: Array) -> tuple[Array, NDArray[np.bool_]]:
    """E[(1 − (1 + pu)^(−ρ)) / p], p ~ Beta(a, b), from equation (10) of Fader, Hardie & Lee (2005), poles
    taken out.

    With z = u / (1 + u), c = a + b − 1 and κ = c − ρ their equation is, after Euler's transformation of
    ₂F₁, c / (a − 1) · [1 − (1 − z)^(a−1) ₂F₁(κ, a − 1; c; z)]. The first term of ₂F₁ is 1 and joins the leading
    1; all others have the factor (a − 1) / c, which cancels. What remains is finite at a = 1 and at c = 0. Also
    returns which values have kept 11 digits in the difference of the two parts.
    """
    z = u / (1 + u)
    term = kappa * z
    total = term.copy()
    log_growth = np.log1p(u)
    # what overflows is not sound, and is done by quadrature
    with np.errstate(over="ignore", invalid="ignore"):
        for j in range(3000):
            term = term * (z * ((kappa + 1 + j) * (a + j) / (2 + j)) / (c + 1 + j))
            total += term
            if not np.any(np.abs(term) > 1e-17 * np.abs(total)):
                break
        first = c * log_growth * growth_ratio((a - 1) * log_growth)
        values = first - np.exp((1 - a) * log_growth) * total
        sound = (np.abs(first) <= 1e5 * values) & (np.abs(term) <= 1e-15 * np.abs(total))
    return values, sound | (u == 0)


def _by_quadrature(rho: Array, u: Array, a: Array, b: Array) -> Array:
    """E[(1 − (1 + pu)^(−ρ)) / p] for p ~ Beta(a, b), one (ρ, u, a, b) a row.

    For small a (or b) the density piles up at p = 0 (or 1). There the value at that end is taken out and the
    rest carries one more power of p (or 1 − p), which the quadrature likes.
    """
    values = np.empty_like(rho)
    for rows, plain in ((a >= 0.3, True), (a < 0.3, False)):
        if rows.any():
            values[rows] = (_plain if plain else _less_start)(rho[rows], u[rows], a[rows], b[rows])
    return values


def _plain(rho: Array, u: Array, a: Array, b: Array) -> Array:
    def purchases(p: Array, _: Array | None = None) -> Array:
        return -np.expm1(-rho[:, None] * np.log1p(p * u[:, None])) / p

    start = rho * u  # the integrand at p = 0
    centre = purchases((a / (a + b))[:, None])[:, 0]
    head = np.log(np.where(start > 0, start, 1.0)) - np.log(np.where(start > 0, centre, 1.0))
    return _beta_mean_any_b(purchases, a, b, head)


def _less_start(rho: Array, u: Array, a: Array, b: Array) -> Array:
    def shortfall(p: Array, _: Array) -> Array:  # (ρu − purchases) / p, as a sum of two positive parts
        y = p * u[:, None]
        z = rho[:, None] * np.log1p(y)
        return (rho[:, None] * _y_less_log1p(y) + _z_plus_expm1_neg(z)) / p**2

    rest = _beta_mean_any_b(shortfall, a + 1, b, np.log1p(rho) + np.log1p(u) + 10)
    return rho * u - a / (a + b) * rest


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
