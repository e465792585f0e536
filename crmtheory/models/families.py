"""The two families of models of this package, and the questions each family answers.

Attrition: when and whether a customer buys again (x, t_x, T). Spend: how much a purchase is worth (x, m).
What can be derived from a model's closed forms is written here once.

Notation: x repeat purchases, t_x age at the last of them, T age at the end of observation, t a further time;
λ purchase rate; δ continuous discount rate. Ages and t are in one unit of time.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from crmtheory.errors import ConvergenceError, DomainError
from crmtheory.models.answers import AttritionFit, SpendFit
from crmtheory.models.base import Model
from crmtheory.models.history import history, numeric_columns
from crmtheory.numerics import Array

LEGENDRE = np.polynomial.legendre.leggauss(40)


class Attrition(Model):
    """Customers buy at random and may leave unseen. A model gives loglik, p_alive, expected_alive and
    draw.
    """

    columns: ClassVar = {"x": None, "t_x": "time", "T": "time"}

    def p_alive(self, theta: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
        """P(still a customer at T | x, t_x, T).

        Parameters
        ----------
        theta : the model's parameters, in its order; x, t_x, T : histories, numbers or arrays that broadcast

        Raises
        ------
        SchemaError : theta is not the right number of positive parameters
        DomainError : some history is impossible
        """
        raise NotImplementedError

    def expected_alive(self, theta: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike) -> Array:
        """Expected purchases in (T, T + t] of a customer with x repeat purchases who is alive at T."""
        raise NotImplementedError

    def draw_alive(
        self, theta: ArrayLike, x: Array, T: Array, rng: np.random.Generator
    ) -> tuple[Array, Array, Array]:
        """Customers with x repeat purchases who are alive at T: draws of the purchase rate λ, of the time after T
        at which each leaves, and of the number of further purchases after which each leaves.
        """
        raise NotImplementedError

    def conditional(
        self, theta: ArrayLike, t: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
    ) -> Array:
        """E[purchases in (T, T + t] | x, t_x, T]: P(alive at T) times the purchases of one who is.

        Parameters
        ----------
        theta : the model's parameters, in its order; t : further time; x, t_x, T : histories (numbers or arrays)

        Raises
        ------
        DomainError : t is infinite (the sum may be infinite too: use `discounted`), or a history is impossible
        """
        if np.isinf(np.asarray(t, float)).any():
            raise DomainError(
                "The number of purchases for ever may be infinite. Use `discounted` with a discount rate."
            )
        return self.p_alive(theta, x, t_x, T) * self.expected_alive(theta, t, x, T)

    def expected(self, theta: ArrayLike, t: ArrayLike) -> Array:
        """E[repeat purchases of a new customer in (0, t]]: the conditional expectation without a history."""
        return self.conditional(theta, t, 0.0, 0.0, 0.0)

    def p_no_purchase(
        self, theta: ArrayLike, t: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
    ) -> Array:
        """P(no purchase in (T, T + t] | x, t_x, T), also for t = inf; arguments as `conditional`.

        The likelihood of (x, t_x, T + t) is that of (x, t_x, T) and silence in between: the answer is their
        ratio, for every model of this family.
        """
        theta, x, t_x, T, t = (np.asarray(value, float) for value in (theta, x, t_x, T, t))
        t = np.where(np.isinf(t), 1e250 * (1 + T), t)  # for ever: as long as a double can say
        longer = self.loglik(theta, *np.broadcast_arrays(x, t_x, T + t))
        return np.exp(np.minimum(longer - self.loglik(theta, *np.broadcast_arrays(x, t_x, T)), 0.0))

    def discounted(
        self, theta: ArrayLike, horizon: float, delta: float, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
    ) -> Array:
        """Expected purchases in (T, T + horizon], each discounted at the continuous rate δ (per unit of time)
        to T.

        With an infinite horizon this is DERT, the discounted expected residual transactions of Fader, Hardie
        & Lee (2005, J. Marketing Research 42). ∫ e^(−δt) dE(t) is integrated by parts, so a model needs E(t)
        only.

        Raises
        ------
        DomainError : an infinite horizon without discounting, where the sum need not be finite
        """
        theta, x, t_x, T = (np.asarray(value, float) for value in (theta, x, t_x, T))
        if math.isinf(horizon) and not delta > 0:
            raise DomainError(
                "An infinite horizon needs a discount rate above 0: without one the value may be infinite."
            )
        shape = np.broadcast_shapes(x.shape, t_x.shape, T.shape)
        x, t_x, T = (np.broadcast_to(value, shape).ravel() for value in (x, t_x, T))
        at_end = (
            self.expected_alive(theta, horizon, x, T) * math.exp(-delta * horizon)
            if math.isfinite(horizon)
            else 0.0
        )
        total = at_end + delta * self._discounted_level(theta, horizon, delta, x, T) if delta else at_end
        return (self.p_alive(theta, x, t_x, T) * total).reshape(shape)

    def _discounted_level(self, theta: Array, horizon: float, delta: float, x: Array, T: Array) -> Array:
        """∫ e^(−δt) E(t) dt over (0, horizon), by Gauss–Legendre in ln(1 + t / scale): E bends on the scale
        of the age.
        """
        times = [value for value, param in zip(theta, self.params, strict=True) if param.unit == "time"]
        scale = T + min(times)
        end = min(horizon, 45.0 / abs(delta))  # e^(−45) is below what a double can add
        nodes, weights = LEGENDRE
        length = np.log1p(end / scale)
        total = np.zeros_like(T)
        for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
            t = scale * np.expm1(node * length)
            total += weight * length * (t + scale) * np.exp(-delta * t) * self.expected_alive(theta, t, x, T)
        return total

    def median_wait(self, theta: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
        """Median time from T to the next purchase; infinite where it is more likely than not that none will
        come.

        Found by bisection of P(no purchase in the next t) = 1/2 up to a million times the age.
        """
        x, t_x, T = np.broadcast_arrays(*(np.asarray(value, float) for value in (x, t_x, T)))
        scale = T + min(
            v for v, p in zip(np.asarray(theta, float), self.params, strict=True) if p.unit == "time"
        )
        low, high = np.full(T.shape, -12.0), np.full(T.shape, 6.0)  # log10 of t / scale
        never = self.p_no_purchase(theta, scale * 1e6, x, t_x, T) > 0.5
        for _ in range(50):
            middle = (low + high) / 2
            waiting = self.p_no_purchase(theta, scale * 10**middle, x, t_x, T) > 0.5
            low, high = np.where(waiting, middle, low), np.where(waiting, high, middle)
        return np.where(never, np.inf, scale * 10**high)

    def simulate(
        self, theta: ArrayLike, T: ArrayLike, rng: np.random.Generator, n: int | None = None, t: float = 0.0
    ) -> pd.DataFrame:
        """Draw customers with these parameters and watch each until age T, and t longer.

        Parameters
        ----------
        theta : parameters; T : age at the end of observation, one number or one a customer
        n : number of customers (by default the length of T); t : length of the holdout after T

        Returns
        -------
        frame with x, t_x, T, alive (at T, which no real log shows) and x_holdout

        >>> from crmtheory.models import NBD
        >>> NBD().simulate((1, 10), T=20.0, rng=np.random.default_rng(1), n=3).shape
        (3, 5)
        """
        ages = np.broadcast_to(np.asarray(T, float), (n,) if n is not None else np.shape(T))
        zero = np.zeros(len(ages))
        customer, time, leaves = self.future(theta, ages + t, zero, zero, zero, rng)
        seen = time <= ages[customer]
        x = np.bincount(customer[seen], minlength=len(ages))
        t_x = np.zeros(len(ages))
        np.maximum.at(t_x, customer[seen], time[seen])
        x_holdout = np.bincount(customer[~seen], minlength=len(ages))
        return pd.DataFrame({"x": x, "t_x": t_x, "T": ages, "alive": leaves > ages, "x_holdout": x_holdout})

    def future(
        self, theta: ArrayLike, t: ArrayLike, x: Array, t_x: Array, T: Array, rng: np.random.Generator
    ) -> tuple[NDArray[np.intp], Array, Array]:
        """One draw of what customers with these histories do in (T, T + t].

        Returns
        -------
        customer : place of the buyer of each purchase, by customer and time; time : when, counted from T
        leaves : for each customer, when they leave, counted from T (0 if they had left before; infinite if they
            stay beyond t as far as t tells)
        """
        alive = rng.random(len(x)) < self.p_alive(theta, x, t_x, T)
        rate, leaves_at, leaves_after = self.draw_alive(theta, x, T, rng)
        until = np.where(alive, np.minimum(leaves_at, t), 0.0)
        counts = rng.poisson(rate * until)
        customer = np.repeat(np.arange(len(x)), counts)
        time = rng.random(len(customer)) * until[customer]  # a Poisson process given its count
        order = np.lexsort((time, customer))
        time = time[order]
        rank = np.arange(len(customer)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
        last = rank == leaves_after[customer]
        leaves = np.where(alive, leaves_at, 0.0)
        leaves[customer[last]] = time[last]
        kept = rank <= leaves_after[customer]
        return customer[kept], time[kept], leaves

    def read(self, summary: pd.DataFrame) -> tuple[list[Array], NDArray[np.bool_]]:
        columns = history(summary)
        return list(columns), np.ones(len(summary), bool)

    def check(self, *rows: Array) -> None:
        x, _, T = rows
        if not x.any():
            raise ConvergenceError(
                f"{self.name}: none of the {len(x):,} customers bought again, so "
                f"nothing can be said about the rate of buying. "
                "Choose a longer calibration period, or check that the customer column "
                "identifies people and not orders."
            )
        if not T.any():
            raise ConvergenceError(
                f"{self.name}: every customer has age T = 0. Choose a later end of observation."
            )

    def result(self, **parts: Any) -> AttritionFit:
        return AttritionFit(**parts)


class Spend(Model):
    """How much customers spend per purchase. A fit leaves out customers whose repeat purchases brought nothing, or
    less than nothing after refunds; a prediction takes their mean spend as 0.
    """

    columns: ClassVar = {"x": None, "m": "money"}

    def conditional_mean(self, theta: ArrayLike, x: ArrayLike, m: ArrayLike) -> Array:
        """E[mean spend per purchase | x purchases of mean m]."""
        raise NotImplementedError

    def mean(self, theta: ArrayLike) -> float:
        """Mean spend per purchase over all customers."""
        raise NotImplementedError

    def future(
        self, theta: ArrayLike, purchases: Array, x: Array, m: Array, rng: np.random.Generator
    ) -> Array:
        """One draw of what customers with these histories spend in so many further purchases, in all."""
        raise NotImplementedError

    def read(self, summary: pd.DataFrame) -> tuple[list[Array], NDArray[np.bool_]]:
        got = numeric_columns(summary, ("x", "m"))
        known = (got["x"] > 0) & np.isfinite(got["m"])
        x, m = np.where(known, got["x"], 0.0), np.where(known, np.maximum(got["m"], 0.0), 0.0)
        return [x, m], m > 0

    def check(self, *rows: Array) -> None:
        if np.ptp(rows[1]) == 0:
            raise ConvergenceError(
                f"{self.name}: every customer spends exactly {rows[1][0]:g} per "
                f"purchase, so spread cannot be estimated. "
                "Use that number as the spend, or check that the amount column is the money and not a count."
            )

    def result(self, **parts: Any) -> SpendFit:
        return SpendFit(**parts)
