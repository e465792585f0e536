"""The family of contract models: customers who renew, period after period, until they leave for good.

Leaving is seen, and it can only happen at a renewal opportunity. One row is one customer:

    t     renewal opportunities there have been: whole, 0 or more
    lost  1 when the customer left at opportunity t (so t is 1 or more, and t − 1 renewals were made);
          0 when the customer is still there after t opportunities, having renewed t times

Notation: S(t) share still there after t renewal opportunities, S(0) = 1; n opportunities a customer has survived;
δ continuous discount rate per period. The unit of time is the period between two opportunities. θ is (k,).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from crmtheory.errors import ConvergenceError, DomainError
from crmtheory.models.base import Model
from crmtheory.models.fit import Fit
from crmtheory.models.history import numeric_columns, refuse
from crmtheory.models.intervals import limits
from crmtheory.numerics import Array, distinct_rows

LARGEST = 500  # the search for a median ends at 2 to this power, about 3e150 periods


class Contract(Model):
    """Customers leave at renewal opportunities, and that they left is known.

    A model gives loglik, survival, retention, churn, residual, expected_lifetime and draw.
    """

    columns: ClassVar = {"t": None, "lost": None}

    # What a model gives

    def survival(self, theta: ArrayLike, t: ArrayLike) -> Array:
        """S(t): P(still there after t renewal opportunities); t whole, 0 or more; DomainError else."""
        raise NotImplementedError

    def retention(self, theta: ArrayLike, t: ArrayLike) -> Array:
        """S(t) / S(t − 1): P(renewing at opportunity t | there until then); t whole, 1 or more; DomainError else."""
        raise NotImplementedError

    def churn(self, theta: ArrayLike, t: ArrayLike) -> Array:
        """S(t − 1) − S(t): P(a new customer leaves at opportunity t); t whole, 1 or more; DomainError else."""
        raise NotImplementedError

    def residual(
        self, theta: ArrayLike, n: ArrayLike, delta: float, horizon: float = math.inf, due: float = 0.0
    ) -> Array:
        """Discounted expected further renewals of a customer who has survived n opportunities.

        This is the sum over j = 0, …, horizon − 1 of S(n + 1 + j) / S(n) · e^(−δ(due + j)).

        Parameters
        ----------
        theta : the model's parameters, in its order; n : whole numbers of 0 or more
        delta : continuous discount rate per period, 0 or more; horizon : renewal opportunities that count, or inf
        due : periods until the next opportunity: 0 when it is about to come, 1 when one has just gone by

        Raises
        ------
        DomainError : an argument out of its range, or an infinite horizon without discounting, where the sum need not
            be finite
        """
        raise NotImplementedError

    def expected_lifetime(self, theta: ArrayLike, n: ArrayLike = 0.0) -> Array:
        """Expected further renewals of a customer who has survived n opportunities; may be infinite."""
        raise NotImplementedError

    def draw(self, theta: ArrayLike, n: int, rng: np.random.Generator) -> Array:
        """The opportunity, counted from 1, at which each of n new customers leaves; may be infinite."""
        raise NotImplementedError

    # What follows

    def median_lifetime(self, theta: ArrayLike, n: float = 0.0) -> float:
        """The least number of further opportunities after which half of those who have survived n are gone.

        Infinite when it is beyond 2^500, about 3e150.
        """
        n = float(whole(n, 0, "The number n of opportunities survived"))
        start = self.survival(theta, n)

        def half_left(t: ArrayLike) -> NDArray[np.bool_]:
            return self.survival(theta, n + np.asarray(t)) > start / 2

        powers = 2.0 ** np.arange(LARGEST + 1)
        left = half_left(powers)
        if left.all():
            return math.inf
        first = int(np.argmin(left))
        if first == 0:
            return 1.0
        low, high = powers[first - 1], powers[first]
        while True:
            middle = np.floor((low + high) / 2)
            if middle in (low, high):
                return float(high)
            low, high = (middle, high) if half_left(middle) else (low, middle)

    def simulate(
        self, theta: ArrayLike, n: int, periods: ArrayLike, rng: np.random.Generator
    ) -> pd.DataFrame:
        """Draw n new customers and watch each for so many renewal opportunities (one number, or one a customer).

        Returns
        -------
        frame with t and lost (both whole), ready to be fitted

        >>> from crmtheory.models.sbg import SBG
        >>> frame = SBG().simulate((0.7, 1.2), 1000, 7, np.random.default_rng(1))
        >>> int(frame["t"].max()), sorted(frame["lost"].unique().tolist())
        (7, [0, 1])
        """
        watched = np.broadcast_to(whole(periods, 0, "The number of renewal opportunities"), (n,))
        leaves = self.draw(theta, n, rng)
        return pd.DataFrame(
            {
                "t": np.minimum(leaves, watched).astype(np.int64),
                "lost": (leaves <= watched).astype(np.int64),
            }
        )

    def read(self, summary: pd.DataFrame) -> tuple[list[Array], NDArray[np.bool_]]:
        return list(contracts(summary)), np.ones(len(summary), bool)

    def check(self, *rows: Array) -> None:
        t, lost = rows
        n = len(t)
        if not lost.any():
            raise ConvergenceError(
                f"{self.name}: none of the {n:,} customers has left, so nothing can be said about churn. Watch "
                "them for more periods, or check that the table also holds the customers who are gone."
            )
        if t[lost == 1].max() == 1:
            renewed = 1 - lost.sum() / (t > 0).sum()
            raise ConvergenceError(
                f"{self.name}: all who left did so at the first renewal opportunity, so nothing can be said about "
                f"churn at later ones. Watch customers for more periods, check that t counts periods, or use the "
                f"share who renewed once ({renewed:.1%}) as it is."
            )

    def result(self, **parts: Any) -> ContractFit:
        return ContractFit(**parts)


class ContractFit(Fit):
    """A fitted contract model. Its unit is the period between two renewal opportunities."""

    def survival(self, t: ArrayLike, level: float | None = None) -> Any:
        """S(t), the share of new customers still there after t renewal opportunities.

        Parameters
        ----------
        t : whole numbers of 0 or more; level : confidence level of an interval, such as 0.95

        Returns
        -------
        Series on index t, or with a level a frame estimate, low, high. The interval is about S(t), not about how many
        of so many customers stay. It is made on ln(S / (1 − S)) by the delta method.
        """
        return self._curve("survival", self.model.survival, whole(t, 0, "t"), level)

    def retention(self, t: ArrayLike, level: float | None = None) -> Any:
        """S(t) / S(t − 1), the retention rate at opportunity t; t of 1 or more, otherwise as `survival`."""
        return self._curve("retention", self.model.retention, whole(t, 1, "t"), level)

    def churn(self, t: ArrayLike, level: float | None = None) -> Any:
        """S(t − 1) − S(t), the share of new customers who leave at opportunity t; t of 1 or more, otherwise as
        `survival`.
        """
        return self._curve("churn", self.model.churn, whole(t, 1, "t"), level)

    def residual(
        self,
        n: ArrayLike,
        discount_rate: float,
        horizon: float | str = math.inf,
        due: float | str = 0.0,
        *,
        level: float | None = None,
    ) -> Any:
        """Discounted expected further renewals of customers who have survived n opportunities, on index n.

        Parameters
        ----------
        n : whole numbers of 0 or more; discount_rate : annual
        horizon : opportunities that count, or a duration such as "5 years"
        due : time until the next opportunity, in periods or as a duration (see `Contract.residual`)
        level : confidence level; with it the answer is a frame residual, low, high
        """
        n = np.atleast_1d(whole(n, 0, "n"))
        index = pd.Index(n.astype(np.int64), name="n")
        return self._residual("residual", n, index, (discount_rate, horizon, due), level)

    def expected_residual(
        self,
        summary: pd.DataFrame,
        discount_rate: float,
        horizon: float | str = math.inf,
        due: float | str = 0.0,
        *,
        level: float | None = None,
    ) -> Any:
        """Discounted expected further renewals of each customer, on the summary's index; 0 for those who left."""
        t, lost = contracts(summary)
        rows, _, inverse = distinct_rows([np.where(lost == 1, 0.0, t)], np.ones(len(t)))
        name = "expected_residual"
        of_n = self._residual(
            name, rows[0], pd.RangeIndex(len(rows[0])), (discount_rate, horizon, due), level
        )
        each = of_n.iloc[inverse].set_axis(summary.index)
        return each.where(lost == 0, 0.0)

    def _residual(
        self, name: str, n: Array, index: pd.Index, terms: tuple[Any, Any, Any], level: float | None
    ) -> Any:
        discount_rate, horizon, due = terms
        end = self.time(horizon)
        # "24 months" are 2 years, whatever the last digit says.
        end = float(np.round(end)) if math.isclose(end, np.round(end), rel_tol=1e-9) else end
        delta = self.force_of_interest(discount_rate)
        start = self.time(due)

        def residual(theta: Array) -> Array:
            return self.model.residual(theta, n, delta, end, start)

        value = residual(self.theta)
        if level is None:
            return pd.Series(value, index=index, name=name)
        low, high = limits(self, value, self.gradient_of(residual), level, "number")
        return pd.DataFrame({name: value, "low": low, "high": high}, index=index)

    def _curve(self, name: str, curve: Callable[[Array, Array], Array], t: Array, level: float | None) -> Any:
        t = np.atleast_1d(t)
        index = pd.Index(t.astype(np.int64), name="t")
        p = curve(self.theta, t)
        if level is None:
            return pd.Series(p, index=index, name=name)
        gradient = self.gradient_of(lambda theta: curve(theta, t))
        low, high = limits(self, p, gradient, level, "probability")
        return pd.DataFrame({"estimate": p, "low": low, "high": high}, index=index)


def contracts(frame: pd.DataFrame) -> tuple[Array, Array]:
    """t and lost of a summary, checked: whole t ≥ 0, lost 0 or 1, t ≥ 1 where lost, nothing missing.

    Raises
    ------
    SchemaError : every broken rule with the number of rows and the first of them

    >>> contracts(pd.DataFrame({"t": [0], "lost": [1]}, index=["Ann"]))
    Traceback (most recent call last):
    crmtheory.errors.SchemaError: The summary breaks 1 rule.
      t           1 of 1 customers has left at opportunity 0, first: Ann (t = 0, lost = 1). The first opportunity to
      leave is t = 1.
    """
    got = numeric_columns(frame, ("t", "lost"))
    t, lost = got["t"], got["lost"]
    known = np.isfinite(t)
    counted = "t counts renewal opportunities: whole periods, not dates or days."
    either = "Write 1 for customers who left at opportunity t, 0 for those still there."
    rules = [
        ("t", ~known, "no usable t", "Leave out or mend these customers first."),
        ("t", known & ((t < 0) | (t != np.round(t))), "t below 0 or not whole", counted),
        ("lost", ~np.isin(lost, (0.0, 1.0)), "lost neither 0 nor 1", either),
        ("t", (t == 0) & (lost == 1), "left at opportunity 0", "The first opportunity to leave is t = 1."),
    ]
    refuse(frame, got, rules)
    return t, lost


def whole(values: ArrayLike, least: int, what: str) -> Array:
    """The values as floats when all are finite whole numbers of `least` or more; DomainError else."""
    numbers = np.asarray(values, float)
    wrong = ~(np.isfinite(numbers) & (numbers >= least) & (numbers == np.round(numbers)))
    if wrong.any():
        raise DomainError(f"{what} must be whole and {least} or more, not {numbers[wrong].flat[0]:g}.")
    return numbers
