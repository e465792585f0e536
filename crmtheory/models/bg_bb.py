"""BG/BB: customers buy or not at each of a row of opportunities, and may leave before any of them.

p ~ Beta(α, β) is the chance to buy at an opportunity, θ ~ Beta(γ, δ) the chance to leave; both are independent.
Source: Fader, Hardie & Shang 2010, Marketing Science 29, 1086–1108. It is the model for buying that can only
happen at set times: a yearly appeal, a weekly market, a season ticket.

Notation: x purchases at T opportunities after the first purchase, the last of them at opportunity t_x (0 if there
was none); x ≤ t_x ≤ T, all whole. The unit of time is the opportunity. At the start of each opportunity a customer
leaves with chance θ; who is still there then buys with chance p. So P(alive) is that of being there at opportunity
T, and 1 when t_x = T; the paper prints that of being there at T + 1, which is `p_alive_later` with t = 1. In
(T, T + t] there are ⌊t⌋ opportunities: every answer is a step function of t.

Everything is written with ratios R(b, a, k) = (b)_k / (b + a)_k, where (b)_k = b (b + 1) … (b + k − 1): for a
chance ~ Beta(a, b) this is the expectation of k failures in a row. With A = α + x, B = β + t_x − x, D = δ + t_x
and k = T − t_x the likelihood is the probability of what happened until t_x, times
    R(B, A, k) R(D, γ, k)  +  γ / (γ + D) · Σ over i < k of R(B, A, i) R(D, γ + 1, i),
for a customer who is still there, or has left after i more opportunities.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from crmtheory.errors import DomainError
from crmtheory.models.attrition import Attrition
from crmtheory.models.base import Param, positive
from crmtheory.models.beta_ratios import log_ratio, rise_per_shape, sum_of_ratios
from crmtheory.models.history import history, possible, refuse
from crmtheory.numerics import Array, growth_ratio, log_rising

BLOCK = 32  # terms between two changes of scale
LONGEST = 1e6  # opportunities after which a wait counts as endless
ROUNDING = 1e-9  # "5 years" may come as 4.9999999999


class BGBB(Attrition):
    """BG/BB (Fader, Hardie & Shang 2010); theta = (alpha, beta, gamma, delta).

    >>> theta = (1.204, 0.750, 0.657, 2.783)
    >>> [round(float(BGBB().p_alive_later(theta, 1, *h)), 2) for h in ((0, 0, 6), (2, 4, 6), (6, 6, 6))]
    [0.11, 0.59, 0.93]
    """

    name = "BG/BB"
    params = (
        Param("alpha", "first shape of the chance to buy"),
        Param("beta", "second shape of the chance to buy"),
        Param("gamma", "first shape of the chance to leave"),
        Param("delta", "second shape of the chance to leave"),
    )
    columns: ClassVar = {"x": None, "t_x": None, "T": None}  # counts of opportunities are not rescaled

    def loglik(self, theta: ArrayLike, x: Array, t_x: Array, T: Array) -> Array:
        alpha, beta, gamma, delta = positive(theta, 4, self.name)
        alive, left = self._alive_and_left(theta, x, t_x, T)
        buying = log_ratio(alpha, beta, x) + log_ratio(beta, alpha + x, t_x - x)
        return buying + log_ratio(delta, gamma, t_x) + np.log(alive + left)

    def _alive_and_left(
        self, theta: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
    ) -> tuple[Array, Array]:
        """P(silence after t_x and alive at T), and P(silence after t_x and left by T), both given t_x and x."""
        alpha, beta, gamma, delta = positive(theta, 4, self.name)
        x, t_x, T = (np.asarray(value, float) for value in (x, t_x, T))
        _possible(x, t_x, T)
        return _silence(alpha + x, beta + t_x - x, gamma, delta + t_x, np.round(T - t_x))

    def p_alive(self, theta: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
        alive, left = self._alive_and_left(theta, x, t_x, T)
        return alive / (alive + left)

    def survival_alive(self, theta: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike) -> Array:
        _, _, gamma, delta = positive(theta, 4, self.name)
        k, _, T = np.broadcast_arrays(_opportunities(t), np.asarray(x, float), np.asarray(T, float))
        ever = np.isinf(k)
        return np.where(ever, 0.0, np.exp(log_ratio(delta + T, gamma, np.where(ever, 0.0, k))))

    def expected_alive(self, theta: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike) -> Array:
        alpha, beta, gamma, delta = positive(theta, 4, self.name)
        k, x, T = _opportunities(t), np.asarray(x, float), np.asarray(T, float)
        # With b = δ + T, Σ from 1 to k of R(b, γ, i) is b (1 − (b+1)_k / (b+γ)_k) / (γ − 1): a telescoping sum.
        # In terms of y = ln (b+γ)_k / (b+1)_k it is b · y / (γ − 1) · (1 − e^(−y)) / y, with no pole at γ = 1.
        slope = rise_per_shape(delta + T, gamma, k)
        life = (delta + T) * slope * growth_ratio((gamma - 1) * slope)
        return (alpha + x) / (alpha + beta + T) * life

    def pmf_alive(self, theta: ArrayLike, y: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike) -> Array:
        """P(y purchases in (T, T + t]) of a customer with x purchases who is alive at T.

        A sum over the opportunities before which the customer may leave: the work grows with t, unless y = 0.
        """
        alpha, beta, gamma, delta = positive(theta, 4, self.name)
        x, T = np.asarray(x, float), np.asarray(T, float)
        columns = (np.asarray(y, float), _opportunities(t), alpha + x, beta + T - x, gamma, delta + T)
        broadcast = np.broadcast_arrays(*columns)
        y, k, a, b, c, d = (np.asarray(column, float).ravel() for column in broadcast)
        values = np.zeros(y.size)
        none, some = np.flatnonzero(y == 0), np.flatnonzero((y > 0) & (y <= k))
        if none.size:
            values[none] = np.sum(_silence(a[none], b[none], c[none], d[none], k[none]), axis=0)
        if some.size:
            values[some] = _counts(y[some], k[some], a[some], b[some], c[some], d[some])
        return np.minimum(values, 1.0).reshape(broadcast[0].shape)

    def p_no_purchase(
        self, theta: ArrayLike, t: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
    ) -> Array:
        return super().p_no_purchase(theta, _opportunities(t), x, t_x, T)

    def duration(self, time: float) -> float:
        """Whole opportunities: 52 weeks are one of the yearly ones, though a year is a little longer.

        Raises
        ------
        DomainError : less than one opportunity
        """
        nearest = float(np.round(time)) if np.isfinite(time) else time
        if np.isfinite(time) and 0 < abs(time - nearest) <= min(0.004 * nearest, 0.1):
            time = nearest
        if 0 < time < 1:
            raise DomainError(
                f"{self.name}: the horizon is {time:.2g} of the time between two opportunities, in which nothing can "
                "be bought. Take a longer one."
            )
        return time

    def half_time(self, silent: Callable[[Array], Array], theta: Array, T: Array) -> Array:
        """The least whole number of opportunities after which silent(t) is one half or less; infinite where that takes
        more than a million, or for ever.
        """

        def waiting(k: Array) -> NDArray[np.bool_]:
            return silent(k) > 0.5 + 1e-11  # the rounding of the logarithms

        low, high = np.zeros(T.shape), np.full(T.shape, LONGEST)
        never = waiting(high)
        for _ in range(20):  # 2^20 is more than a million
            middle = np.floor((low + high) / 2)
            yet = waiting(middle)
            low, high = np.where(yet, middle, low), np.where(yet, high, middle)
        return np.where(never, np.inf, high)

    def discounted_alive(self, theta: Array, horizon: float, delta: float, x: Array, T: Array) -> Array:
        """Expected purchases in (T, T + horizon] of customers alive at T, each discounted at the continuous rate δ (per
        opportunity) to T. With an infinite horizon it leads to the DERT of Fader, Hardie & Shang (2010), here
        discounted to T itself.

        Raises
        ------
        DomainError : an infinite horizon without discounting, where the sum need not be finite
        """
        if math.isinf(horizon) and not delta > 0:
            raise DomainError(
                "An infinite horizon needs a discount rate above 0: without one the value may be infinite."
            )
        if delta == 0:
            return self.expected_alive(theta, horizon, x, T)
        alpha, beta, gamma, stay = positive(theta, 4, self.name)
        k = np.minimum(_opportunities(horizon), 60 / delta if delta > 0 else np.inf)
        # the first opportunity is taken out, so that the sum starts with 1
        rest = sum_of_ratios(
            np.full_like(T, np.floor(k)), stay + T + 1, gamma, stay + T + 1, np.zeros_like(T), delta
        )
        chance = (alpha + x) / (alpha + beta + T) * (stay + T) / (stay + T + gamma)
        return chance * math.exp(-delta) * rest

    def draw_alive(
        self, theta: ArrayLike, x: Array, T: Array, rng: np.random.Generator
    ) -> tuple[Array, Array, Array]:
        """Customers with x purchases who are alive at T: draws of the chance to buy at an opportunity, of the
        opportunity after T at which each leaves, and (nothing here) of the purchase after which each leaves.
        """
        alpha, beta, gamma, delta = positive(theta, 4, self.name)
        buy, leave = rng.beta(alpha + x, beta + T - x), rng.beta(gamma, delta + T)
        return buy, _first_success(leave, rng), np.full(len(x), np.inf)

    def future(
        self, theta: ArrayLike, t: ArrayLike, x: Array, t_x: Array, T: Array, rng: np.random.Generator
    ) -> tuple[NDArray[np.intp], Array, Array]:
        """One draw of what customers with these histories do at the opportunities in (T, T + t]; results as in the
        family. Purchases come at whole times, and a customer who leaves at 3 has not been there at the third.
        """
        if np.isinf(np.asarray(t, float)).any():
            raise DomainError("A future can be drawn for a finite time only.")
        alive = rng.random(len(x)) < self.p_alive(theta, x, t_x, T)
        buy, leaves_at, _ = self.draw_alive(theta, x, T, rng)
        until = np.where(alive, np.minimum(leaves_at - 1, _opportunities(t)), 0.0)
        now, place = np.zeros(len(x)), np.arange(len(x))
        buyers, times = [place[:0]], [now[:0]]
        while place.size:  # everybody's next purchase, until it would come too late
            now = now + _first_success(buy[place], rng)
            still = now <= until[place]
            place, now = place[still], now[still]
            buyers.append(place)
            times.append(now)
        customer, time = np.concatenate(buyers), np.concatenate(times)
        order = np.lexsort((time, customer))
        return customer[order], time[order], np.where(alive, leaves_at, 0.0)

    def read(self, summary: pd.DataFrame) -> tuple[list[Array], NDArray[np.bool_]]:
        x, t_x, T = history(summary)
        advice = "Count opportunities, e.g. years, not days."
        many = "There is one purchase at most at each opportunity: count the opportunities with a purchase."
        rules = [
            ("t_x", ~_whole(t_x), "a t_x that is not whole", advice),
            ("T", ~_whole(T), "a T that is not whole", advice),
            ("x", x > np.round(t_x), "x above t_x", many),
        ]
        refuse(summary, {"x": x, "t_x": t_x, "T": T}, rules)
        return [x, np.round(t_x), np.round(T)], np.ones(len(summary), bool)


def _opportunities(t: ArrayLike) -> Array:
    """How many opportunities there are in a time t."""
    return np.floor(np.asarray(t, float) + ROUNDING)


def _whole(age: Array) -> NDArray[np.bool_]:
    return np.abs(age - np.round(age)) <= ROUNDING


def _possible(x: Array, t_x: Array, T: Array) -> None:
    """Refuse histories that cannot be: DomainError."""
    possible(x, t_x, T)
    if np.any(x > t_x + ROUNDING) or not np.all(_whole(t_x) & _whole(T)):
        raise DomainError(
            "Some history is impossible: t_x and T must be whole and x <= t_x "
            "(x purchases at T opportunities, the last at opportunity t_x)."
        )


def _first_success(chance: Array, rng: np.random.Generator) -> Array:
    """The trial of the first success, from 1; a draw for each chance."""
    with np.errstate(divide="ignore", over="ignore"):  # chance 1: at once; a chance that underflows: never
        hazard = -np.log1p(-np.maximum(chance, 1e-300))
        return np.floor(rng.standard_exponential(len(chance)) / hazard) + 1


def _silence(a: ArrayLike, b: ArrayLike, c: ArrayLike, d: ArrayLike, k: ArrayLike) -> tuple[Array, Array]:
    """P(no purchase at k opportunities and still there), and the same and left, of a customer with p ~ Beta(a, b) and
    θ ~ Beta(c, d).
    """
    a, b, c, d, k = np.broadcast_arrays(*(np.asarray(value, float) for value in (a, b, c, d, k)))
    alive = np.exp(log_ratio(b, a, k) + log_ratio(d, c, k))
    return alive, c / (c + d) * sum_of_ratios(k, b, a, d, c + 1)


def _counts(y: Array, k: Array, a: Array, b: Array, c: Array, d: Array) -> Array:
    """P(1 ≤ y ≤ k purchases at k opportunities), columns as in `_silence`: beta-binomial if the customer stays; else
    the sum over how many opportunities came before leaving, in blocks, each on a scale of its own.
    """
    silent = k - y
    choices = log_rising(silent + 1, y) - log_rising(1.0, y)
    buying = log_ratio(a, b, y)
    stay = np.exp(choices + buying + log_ratio(b, a + y, silent) + log_ratio(d, c, k))
    log_term = buying + log_ratio(d, c + 1, y)  # left after y opportunities, a purchase at each
    log_left = np.full_like(y, -np.inf)
    for start in range(0, int(silent.max()), BLOCK):
        term, part = np.ones_like(y), np.zeros_like(y)
        for i in range(start, start + BLOCK):
            part += np.where(i < silent, term, 0.0)
            j = y + i
            term = term * ((d + j) / (d + c + 1 + j) * ((j + 1) / (i + 1)) * ((b + i) / (a + b + j)))
        some = part > 0
        log_left[some] = np.logaddexp(log_left[some], (log_term + np.log(np.where(some, part, 1.0)))[some])
        log_term = log_term + np.log(np.maximum(term, 1e-300))
    return stay + c / (c + d) * np.exp(log_left)
