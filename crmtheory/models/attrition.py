"""The family of attrition models: when and whether a customer buys again, from x, t_x, T.

A model says how likely a history is, how likely the customer is still one, and what those who are will do. What
follows from that is written here once.

Notation: x repeat purchases, t_x age at the last of them, T age at the end of observation, t a further time,
y purchases in it; λ purchase rate; δ continuous discount rate. Ages and t are in one unit of time. θ is (k,), or
(k, n) when each of n customers has parameters of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from crmtheory.errors import ConvergenceError, DomainError
from crmtheory.models.answers import AttritionFit
from crmtheory.models.base import Model
from crmtheory.models.courses import discounted_integral, poisson_futures
from crmtheory.models.history import history
from crmtheory.models.waiting import half_life, median_wait
from crmtheory.numerics import Array, distinct_rows


class Attrition(Model):
    """Customers buy at random and may leave unseen.

    A model gives loglik, p_alive, and of those who are alive: expected_alive, survival_alive, pmf_alive, draw_alive.
    """

    columns: ClassVar = {"x": None, "t_x": "time", "T": "time"}
    # How a covariate z acts on each process: the parameter it multiplies by e^(±γz).
    processes: ClassVar[dict[str, tuple[str, float]]] = {}

    # What a model gives

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

    def survival_alive(self, theta: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike) -> Array:
        """P(still a customer at T + t) of a customer with x repeat purchases who is alive at T."""
        raise NotImplementedError

    def pmf_alive(self, theta: ArrayLike, y: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike) -> Array:
        """P(y purchases in (T, T + t]) of a customer with x repeat purchases who is alive at T."""
        raise NotImplementedError

    def draw_alive(
        self, theta: ArrayLike, x: Array, T: Array, rng: np.random.Generator
    ) -> tuple[Array, Array, Array]:
        """Customers with x repeat purchases who are alive at T: draws of the purchase rate λ, of the time after T
        at which each leaves, and of the number of further purchases after which each leaves.
        """
        raise NotImplementedError

    # What follows

    def p_alive_later(
        self, theta: ArrayLike, t: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
    ) -> Array:
        """P(still a customer at T + t | x, t_x, T); arguments as `conditional`."""
        return self.p_alive(theta, x, t_x, T) * self._alive(self.survival_alive, theta, t, x, T)

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
        return self.p_alive(theta, x, t_x, T) * self._alive(self.expected_alive, theta, t, x, T)

    def expected(self, theta: ArrayLike, t: ArrayLike) -> Array:
        """E[repeat purchases of a new customer in (0, t]]: the conditional expectation without a history."""
        return self.conditional(theta, t, 0.0, 0.0, 0.0)

    def pmf(
        self,
        theta: ArrayLike,
        y: ArrayLike,
        t: ArrayLike,
        x: ArrayLike = 0.0,
        t_x: ArrayLike = 0.0,
        T: ArrayLike = 0.0,
    ) -> Array:
        """P(y purchases in (T, T + t] | x, t_x, T); without a history, of a new customer in the first t.

        Parameters
        ----------
        theta : the model's parameters, in its order; y : whole numbers of 0 or more; others as `conditional`

        Raises
        ------
        DomainError : y is negative or not whole, t is infinite, or a history is impossible
        """
        y = np.asarray(y, float)
        if not np.all((y >= 0) & (y == np.round(y)) & np.isfinite(y)):
            raise DomainError("A number of purchases must be whole and 0 or more.")
        if np.isinf(np.asarray(t, float)).any():
            raise DomainError("A number of purchases needs a finite time.")
        some = self.p_alive(theta, x, t_x, T) * self.pmf_alive(theta, np.maximum(y, 1), t, x, T)
        return np.where(y == 0, self.p_no_purchase(theta, t, x, t_x, T), some)

    def p_no_purchase(
        self, theta: ArrayLike, t: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike
    ) -> Array:
        """P(no purchase in (T, T + t] | x, t_x, T), also for t = inf; arguments as `conditional`.

        The likelihood of (x, t_x, T + t) is that of (x, t_x, T) and silence in between: the answer is their
        ratio, for every model of this family.
        """
        x, t_x, T, t = (np.asarray(value, float) for value in (x, t_x, T, t))
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

        return self.p_alive(theta, x, t_x, T) * self._discounted(theta, horizon, delta, x, T)

    def discounted_alive(self, theta: Array, horizon: float, delta: float, x: Array, T: Array) -> Array:
        """The same for customers with x repeat purchases who are alive at T."""
        if math.isinf(horizon) and not delta > 0:
            raise DomainError(
                "An infinite horizon needs a discount rate above 0: without one the value may be infinite."
            )
        level = np.zeros_like(T)
        if delta:
            # E bends where t is about the age over the number of purchases, and later; e^(−δt) where t is about 1/δ.
            rows = list(
                zip(np.asarray(theta, float), self.params, strict=False)
            )  # θ may be without covariates
            shortest = np.min([value for value, param in rows if param.unit == "time"], axis=0)
            busiest = np.max([value for value, param in rows if param.unit is None], axis=0)
            scale = (T + shortest) / (1 + x + busiest)
            level = discounted_integral(lambda t: self.expected_alive(theta, t, x, T), scale, horizon, delta)
        if math.isinf(horizon):
            return delta * level
        return delta * level + math.exp(-delta * horizon) * self.expected_alive(theta, horizon, x, T)

    def of_the_living(
        self, theta: Array, end: float, delta: float, x: Array, T: Array
    ) -> tuple[Array, Array]:
        """Expected and discounted purchases until `end` of those alive at T; NaN for the first if it is infinite."""
        expected = np.full(x.shape, np.nan)
        if math.isfinite(end):
            expected = self._alive(self.expected_alive, theta, end, x, T)
        return expected, self._discounted(theta, end, delta, x, T)

    def _discounted(self, theta: Any, end: float, delta: float, x: Any, T: Any) -> Array:
        def answer(theta: Array, _: Array, x: Array, T: Array) -> Array:
            return self.discounted_alive(theta, end, delta, x, T)

        return self._alive(answer, theta, 0.0, x, T)

    def _alive(self, answer: Callable[..., Array], theta: Any, t: Any, x: Any, T: Any) -> Array:
        """answer(theta, t, x, T), computed once for customers with equal x and T: for those who are alive nothing else
        of the history matters.
        """
        theta = np.asarray(theta, float)
        t, x, T = np.broadcast_arrays(*(np.asarray(value, float) for value in (t, x, T)))
        if theta.ndim == 2 or x.size < 64:
            return answer(theta, t, x, T)
        rows, _, inverse = distinct_rows([t.ravel(), x.ravel(), T.ravel()], np.ones(x.size))
        return answer(theta, *rows)[inverse].reshape(x.shape)

    def median_wait(
        self, theta: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, *, given_alive: bool = False
    ) -> Array:
        """Median time from T to the next purchase; infinite where it is more likely than not that none will
        come.

        With `given_alive` it is that of a customer known to be one at T.
        """
        theta = np.asarray(theta, float)
        x, t_x, T = np.broadcast_arrays(*(np.asarray(value, float) for value in (x, t_x, T)))
        return median_wait(self, theta, x, t_x, T, given_alive)

    def silence(
        self, theta: ArrayLike, t: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike, *, given_alive: bool
    ) -> Array:
        """P(no purchase in (T, T + t]), of everybody or of those who are alive at T."""
        if given_alive:
            return self.pmf_alive(theta, 0.0, t, x, T)
        return self.p_no_purchase(theta, t, x, t_x, T)

    def half_time(self, silent: Callable[[Array], Array], theta: Array, T: Array) -> Array:
        """The time at which silent(t), which falls with t, is one half; infinite where it stays above."""
        times = [v for v, p in zip(theta, self.params, strict=False) if p.unit == "time"]
        return half_life(silent, T + np.min(times, axis=0))

    def spread(self, theta: Array, *extra: Array) -> Array:
        """The parameters of each customer, from what the model knows of them besides the history: here nothing."""
        return theta

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
        return poisson_futures(alive, *self.draw_alive(theta, x, T, rng), t, rng)

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
