"""Answers of the models in arithmetic with 50 digits, from their definitions: averages over what is not seen.

None of this is how the package computes. A customer alive at T has, in every model, a purchase rate λ ~ Gamma(ρ, A)
with ρ = r + x and A = α + T. The integrals that remain are one-dimensional and have positive integrands:

- Pareto/NBD: over the moment of leaving; B = β + T
- BG/NBD, MBG/NBD: over the chance p ~ Beta(a, b) to leave after a purchase, b counting the chances survived

They are taken by Gauss–Legendre on pieces that are halved until the halves agree with the whole. mpmath numbers
have no smallest and no largest, so nothing overflows. Only the discounted purchases of the BG/NBD are an integral over
p and time, and are summed in double precision: all terms are positive and no digits cancel.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise

import mpmath
import numpy as np
from mpmath import mp, mpf

DIGITS, ORDER = 50, 24
AGREE = mpf(10) ** -18  # halves and whole, relative to the integral
EXTRA_CHANCE = {"BG/NBD": 0, "MBG/NBD": 1}


# Quadrature


@cache
def legendre() -> list[tuple[mpf, mpf]]:
    """Nodes and weights of Gauss–Legendre on (0, 1), by Newton from numpy's."""
    with mp.workdps(DIGITS + 10):
        pairs = []
        for start in np.polynomial.legendre.leggauss(ORDER)[0]:
            z = mpf(float(start))
            for _ in range(4):
                before, now = mpf(1), z
                for n in range(2, ORDER + 1):
                    before, now = now, ((2 * n - 1) * z * now - (n - 1) * before) / n
                slope = ORDER * (z * now - before) / (z * z - 1)
                z -= now / slope
            pairs.append(((1 + z) / 2, 1 / ((1 - z * z) * slope * slope)))
        return pairs


def integral(
    log_f: Callable[[np.ndarray], np.ndarray],
    f: Callable[[mpf], mpf],
    features: list[float],
    low: float,
    high: mpf,
) -> mpf:
    """∫ f from `low` (or −∞) to `high` (or ∞), for f > 0 with its turns near the features.

    log_f is ln f in double precision. It only tells where f is large enough to matter.
    """
    steps = np.concatenate([[0.0], np.geomspace(1e-7, 3e6, 900)])
    grid = np.unique(np.concatenate([point + sign * steps for point in features for sign in (-1, 1)]))
    end = float(high)
    grid = np.unique(
        np.concatenate([grid[(grid > low) & (grid < end)], [v for v in (low, end) if np.isfinite(v)]])
    )
    heights = log_f(grid)
    top = int(np.argmax(heights))
    matters = np.flatnonzero(heights > heights[top] - 80)
    first, last = max(matters[0] - 1, 0), min(matters[-1] + 1, len(grid) - 1)
    around = [
        point + far for point in features for far in (-60.0, -8.0, 0.0, 8.0, 60.0)
    ]  # turns end within 60
    inside = [point for point in around if grid[first] < point < grid[last]]
    points = [mpf(point) for point in sorted({grid[first], *inside, grid[top], grid[last]})]
    if np.isfinite(end) and last == len(grid) - 1:
        points[-1] = high  # exactly
    if len(points) == 1:
        return mpf(0)

    def rule(a: mpf, b: mpf) -> mpf:
        return (b - a) * sum(weight * f(a + node * (b - a)) for node, weight in legendre())

    todo = [(a, b, rule(a, b)) for a, b in pairwise(points)]
    total, done = sum(part for *_, part in todo), mpf(0)
    while todo:
        a, b, whole = todo.pop()
        middle = (a + b) / 2
        halves = rule(a, middle), rule(middle, b)
        total += sum(halves) - whole
        if abs(sum(halves) - whole) <= AGREE * abs(total):
            done += sum(halves)
        else:
            todo += [(a, middle, halves[0]), (middle, b, halves[1])]
    return done


# What all models share


def negative_binomial(y: int, rho: mpf, u: mpf) -> mpf:
    """P(y purchases in the time u A) at the rates Gamma(ρ, A)."""
    front = mp.loggamma(rho + y) - mp.loggamma(rho) - mp.loggamma(mpf(y + 1))
    return mp.exp(front - rho * mp.log1p(u) + y * mp.log(u / (1 + u)))


def log_rising(a: mpf, n: mpf) -> mpf:
    return mp.loggamma(a + n) - mp.loggamma(a)


class NBD:
    """Nobody leaves: everything in closed form."""

    def __init__(self, theta, x, t_x, T):
        r, alpha, x, T = (mpf(float(v)) for v in (*theta[:2], x, T))
        self.rho, self.A = r + x, alpha + T
        self.loglik = log_rising(r, x) + r * mp.log(alpha / self.A) - x * mp.log(self.A)
        self.p_alive = mpf(1)

    def survival(self, t):
        return mpf(1)

    def expected(self, t):
        return self.rho / self.A * t

    def pmf(self, y, t):
        return negative_binomial(y, self.rho, t / self.A)

    def discounted(self, horizon, delta):
        whole = mpf(1) if mp.isinf(horizon) else -mp.expm1(-delta * horizon)
        return self.rho / self.A * whole / delta


class ParetoNBD:
    """A customer leaves at the rate μ ~ Gamma(s, β + T), if alive at T."""

    def __init__(self, theta, x, t_x, T):
        r, alpha, s, beta, x, t_x, T = (mpf(float(v)) for v in (*theta, x, t_x, T))
        self.rho, self.A, self.s, self.B = r + x, alpha + T, s, beta + T
        log_alive = log_rising(r, x) + r * mp.log(alpha) + s * mp.log(beta)
        log_alive -= self.rho * mp.log(self.A) + s * mp.log(self.B)
        left = self.before(0, self.rho, alpha + t_x, beta + t_x, T - t_x)
        odds = left * mp.exp(self.rho * mp.log(self.A) + s * mp.log(self.B))
        self.p_alive = 1 / (1 + odds)
        self.loglik = log_alive + mp.log1p(odds)

    def before(self, y, rho, A, B, t) -> mpf:
        """∫ from 0 to t of s τ^y (A+τ)^−(ρ+y) (B+τ)^−(s+1) dτ, in w = ln τ."""
        if t == 0:
            return mpf(0)
        s = self.s
        y_, n, s_, a, b = float(y), float(rho + y), float(s), float(mp.log(A)), float(mp.log(B))

        def log_f(w):
            return (y_ + 1) * w - n * np.logaddexp(w, a) - (s_ + 1) * np.logaddexp(w, b)

        def f(w):
            tau = mp.exp(w)
            return s * mp.exp((y + 1) * w - (rho + y) * mp.log(A + tau) - (s + 1) * mp.log(B + tau))

        features = [a, b, a - np.log(n), b - np.log(s_ + 1), a + np.log((y_ + 1) / n), float(mp.log(t))]
        return integral(log_f, f, features, -np.inf, mp.log(t))

    def survival(self, t):
        return mp.exp(-self.s * mp.log1p(t / self.B))

    def expected(self, t):
        growth = mp.log1p(t / self.B)
        life = growth if self.s == 1 else -mp.expm1((1 - self.s) * growth) / (self.s - 1)
        return self.rho / self.A * self.B * life

    def pmf(self, y, t):
        """Still there and y purchases, or gone after τ and y purchases until then."""
        front = log_rising(self.rho, mpf(y)) - mp.loggamma(mpf(y + 1))
        scale = mp.exp(front + self.rho * mp.log(self.A) + self.s * mp.log(self.B))
        gone = scale * self.before(y, self.rho, self.A, self.B, t)
        return negative_binomial(y, self.rho, t / self.A) * self.survival(t) + gone

    def discounted(self, horizon, delta):
        """∫ of the rate ρ/A, if still there, at the discount e^(−δt); in w = ln t."""
        s, B = self.s, self.B
        d_, s_, b = float(delta), float(s), float(mp.log(B))

        def log_f(w):
            return w - d_ * np.exp(np.minimum(w, 700)) - s_ * np.logaddexp(0, w - b)

        def f(w):
            t = mp.exp(w)
            return mp.exp(w - delta * t - s * mp.log1p(t / B))

        end = mp.log(horizon) if mp.isfinite(horizon) else mp.log(200 / delta)
        features = [b, b - np.log(s_), -np.log(d_), float(end)]
        return self.rho / self.A * integral(log_f, f, features, -np.inf, end)


class BGNBD:
    """A customer leaves after a purchase with chance p ~ Beta(a, b + chances survived), if alive at T."""

    def __init__(self, theta, x, t_x, T, extra=0):
        r, alpha, a, b, x, t_x, T = (mpf(float(v)) for v in (*theta, x, t_x, T))
        k = x + extra
        self.rho, self.A, self.a, self.b = r + x, alpha + T, a, b + k
        log_alive = log_rising(r, x) + r * mp.log(alpha) - self.rho * mp.log(self.A)
        log_alive += log_rising(b, k) - log_rising(a + b, k)
        odds = mpf(0)
        if k > 0:
            odds = a / (b + k - 1) * mp.exp(self.rho * mp.log(self.A / (alpha + t_x)))
        self.p_alive = 1 / (1 + odds)
        self.loglik = log_alive + mp.log1p(odds)

    def over_p(self, log_g, g, *turns: float) -> mpf:
        """E[g(p)], in s = ln p / (1 − p)."""
        a, b = self.a, self.b
        a_, b_ = float(a), float(b)
        norm = mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)

        def log_f(s):
            return a_ * s - (a_ + b_) * np.logaddexp(0, s) + log_g(-np.logaddexp(0, -s))

        def f(s):
            return mp.exp(a * s - (a + b) * mp.log1p(mp.exp(s)) - norm) * g(1 / (1 + mp.exp(-s)))

        return integral(log_f, f, [0.0, np.log(a_ / b_), *turns], -np.inf, mp.inf)

    def survival(self, t):
        rho, u = self.rho, t / self.A
        log_u, n = float(mp.log(u)), float(rho)
        return self.over_p(
            lambda log_p: -n * np.logaddexp(0, log_p + log_u),
            lambda p: mp.exp(-rho * mp.log1p(p * u)),
            -log_u,
            -log_u - np.log(n),
            -float(mp.log1p(u)),
            float(mp.log(self.a / (self.b + rho))) - log_u,
        )

    def expected(self, t):
        """Given λ and p a customer makes (1 − e^(−λpt)) / p purchases."""
        rho, u = self.rho, t / self.A
        log_u, n = float(mp.log(u)), float(rho)

        def log_g(log_p):
            z = n * np.logaddexp(0, log_p + log_u)
            small = np.log(n) + np.minimum(log_u + log_p, 0)
            return np.where(z > 1e-8, np.log(-np.expm1(-np.maximum(z, 1e-9))), small) - log_p

        return self.over_p(log_g, lambda p: -mp.expm1(-rho * mp.log1p(p * u)) / p, -log_u, -log_u - np.log(n))

    def pmf(self, y, t):
        """y purchases and none the last; or y at least, and gone after that one."""
        rho, u, a, b = self.rho, t / self.A, self.a, self.b
        stay = mp.exp(log_rising(b, mpf(y)) - log_rising(a + b, mpf(y)))
        bought = stay * negative_binomial(y, rho, u)
        if y == 0:
            return bought
        with mp.workdps(800):  # a small rest of 1 keeps its digits
            share, term = u / (1 + u), mp.exp(-rho * mp.log1p(u))
            fewer = mpf(0)
            for j in range(y):
                fewer += term
                term *= share * (rho + j) / (j + 1)
            rest = 1 - fewer
        leave = a / (a + b) * mp.exp(log_rising(b, mpf(y - 1)) - log_rising(a + b + 1, mpf(y - 1)))
        return bought + leave * rest

    def discounted(self, horizon, delta, nodes=16, growth=1.5):
        """∫ over t of E[λ e^(−λpt)] e^(−δt) = ρ/A E[(1 + pt/A)^−(ρ+1)] e^(−δt), over p and t in double precision."""
        rho, A, a, b = (float(v) for v in (self.rho, self.A, self.a, self.b))
        d, end = float(delta), float(min(horizon, 60 / delta))
        unit, weight = np.polynomial.legendre.leggauss(nodes)
        unit, weight = (1 + unit) / 2, weight / 2

        def spread(edges):
            width = np.diff(edges)[:, None]
            return (edges[:-1, None] + width * unit).ravel(), (width * weight).ravel()

        mode = np.log(a / b)
        steps = np.concatenate([[0.0], 1e-3 * growth ** np.arange(60)])
        turns = [0.0, mode, np.log(A / rho), np.log(A / rho / end), np.log(d * A / rho)]
        edges = np.unique(np.concatenate([p + sign * steps for p in turns for sign in (-1, 1)]))
        edges = edges[np.abs(edges) < 80 / min(a, b) + 80]
        s, size = spread(edges)
        density = a * (s - mode) - (a + b) * (np.logaddexp(0, s) - np.logaddexp(0, mode))
        density = np.exp(density - density.max()) * size
        keep = density > 1e-25 * density.max()
        p, density = np.exp(-np.logaddexp(0, -s[keep])), density[keep] / density.sum()
        start = 0.05 * min(A / (rho + 1), 1 / d, end)
        count = max(int(np.ceil(np.log(end / start) / np.log(growth))), 1)
        t, size = spread(np.concatenate([[0.0], start * (end / start) ** (np.arange(count + 1) / count)]))
        inner = np.array([np.exp(-(rho + 1) * np.log1p(p * at / A)) @ density for at in t])
        return mpf(rho / A) * mpf(float((size * np.exp(-d * t)) @ inner))


class MBGNBD(BGNBD):
    def __init__(self, theta, x, t_x, T):
        super().__init__(theta, x, t_x, T, extra=1)


CUSTOMERS = {"NBD": NBD, "BG/NBD": BGNBD, "MBG/NBD": MBGNBD, "Pareto/NBD": ParetoNBD}


# The forms in which the package answers


def answers(name: str, theta, x, t_x, T, t, y, delta) -> dict[str, mpf]:
    """Every form of answer about one customer, as mpf."""
    with mp.workdps(DIGITS):
        time, rate = mpf(float(t)), mpf(float(delta))
        one, new = CUSTOMERS[name](theta, x, t_x, T), CUSTOMERS[name](theta, 0, 0, 0)
        alive, silent = one.p_alive, one.pmf(0, time)

        def pmf(customer):
            return customer.p_alive * customer.pmf(int(y), time) + (1 - customer.p_alive if y == 0 else 0)

        return {
            "loglik": one.loglik,
            "p_alive": alive,
            "p_alive_later": alive * one.survival(time),
            "conditional": alive * one.expected(time),
            "p_no_purchase": 1 - alive + alive * silent,
            "silence_alive": silent,
            "pmf": pmf(one),
            "pmf_new": pmf(new),
            "expected": new.p_alive * new.expected(time),
            "discounted": alive * one.discounted(time, rate),
            "discounted_for_ever": alive * one.discounted(mp.inf, rate),
        }


def gamma_gamma(theta, x, m) -> mpf:
    """ln of the density of mean spend m over x purchases."""
    with mp.workdps(DIGITS):
        p, q, gamma, x, m = (mpf(float(v)) for v in (*theta, x, m))
        value = mp.loggamma(p * x + q) - mp.loggamma(p * x) - mp.loggamma(q)
        return (
            value + q * mp.log(gamma / (gamma + x * m)) + p * x * mp.log(x * m / (gamma + x * m)) - mp.log(m)
        )


def significant(value: mpf, digits: int = 15) -> str:
    return mpmath.nstr(value, digits, min_fixed=-4, max_fixed=8)
