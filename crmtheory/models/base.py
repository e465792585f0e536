"""What every probability model has in common: parameters, likelihood per row, fitting, and the frozen result.

A model is a declaration: its parameters, the log-likelihood of each row and the closed forms. This file does
the rest once: equal rows are grouped, time and money are rescaled to numbers near 1, the likelihood is
maximised over log parameters with the score, and the covariance comes from the Hessian there.

Notation: θ (k,) parameters, all positive; n rows; η = ln θ, the scale on which the search and the intervals
are made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from crmtheory import numerics
from crmtheory.errors import ConvergenceError, SchemaError
from crmtheory.models.verdict import Verdict, judge
from crmtheory.numerics import Array
from crmtheory.units import days_per, force_of_interest, in_unit

SAMPLE = 4000  # distinct rows on which the first search is made
LOG_BOUND = float(np.log(1e5))  # parameters are sought between 1e-5 and 1e5, in units of the data's own scale


@dataclass(frozen=True)
class Param:
    """One positive parameter. `unit` is "time" or "money" when it scales with the data's unit, else None."""

    name: str
    meaning: str
    unit: str | None = None


class Model:
    """Base of all models. A subclass gives `name`, `params`, `columns`, `loglik` and its family's closed
    forms.
    """

    name: ClassVar[str]
    params: ClassVar[tuple[Param, ...]]
    columns: ClassVar[dict[str, str | None]]  # the columns of the summary, and what they scale with

    def loglik(self, theta: ArrayLike, *columns: Array) -> Array:
        """Log-likelihood of each row, shape (n,)."""
        raise NotImplementedError

    def loglik_and_score(self, theta: Array, *columns: Array) -> tuple[Array, Array]:
        """Log-likelihood (n,) and its derivatives by ln θ (k, n). A model that gives none has them by
        differences.
        """
        eta = np.log(theta)
        return self.loglik(theta, *columns), numerics.jacobian(
            lambda e: self.loglik(np.exp(e), *columns), eta, 1e-5
        )

    def read(self, summary: pd.DataFrame) -> tuple[list[Array], NDArray[np.bool_]]:
        """The model's columns, checked, and which rows it can use, (n,) of bool."""
        raise NotImplementedError

    def result(self, **parts: Any) -> Fit:
        """The family's kind of Fit."""
        return Fit(**parts)

    def fit(self, summary: pd.DataFrame, unit: str | None = None) -> Any:
        """Maximum likelihood on one row per customer.

        Parameters
        ----------
        summary : frame with the model's columns (see `columns`); other columns are ignored
        unit : unit of time of the ages ("day", "week", …); by default what `Transactions.summary` noted on
            the frame

        Returns
        -------
        Fit : frozen; holds no data

        Raises
        ------
        SchemaError : a column is missing or a row is impossible
        ConvergenceError : these data cannot tell the parameters
        """
        columns, usable = self.read(summary)
        unit = unit or summary.attrs.get("unit")
        if unit is not None:
            days_per(unit)  # an unknown unit is refused here and not when it is first needed
        rows = [column[usable] for column in columns]
        n = int(usable.sum())
        if n <= len(self.params):
            raise ConvergenceError(
                f"{self.name} has {len(self.params)} parameters and was given {n} "
                f"usable customer{'s' * (n != 1)}. "
                "Give a log with more customers; a few hundred are the least for useful estimates."
            )
        self.check(*rows)
        distinct, weights, _ = numerics.distinct_rows(rows, np.ones(n))
        scales = {
            unit_: float(np.mean(c)) for c, unit_ in zip(rows, self.columns.values(), strict=True) if unit_
        }
        by_column = [scales.get(unit_ or "", 1.0) for unit_ in self.columns.values()]
        by_param = np.array([scales.get(p.unit or "", 1.0) for p in self.params])
        scaled = [column / scale for column, scale in zip(distinct, by_column, strict=True)]

        def average_over(rows: slice) -> numerics.Objective:
            part, weight = [column[rows] for column in scaled], weights[rows]

            def average(eta: Array) -> tuple[float, Array]:
                ll, score = self.loglik_and_score(np.exp(eta), *part)
                # einsum and not @: small products through BLAS threads wait long on a busy machine
                return float(np.einsum("i,i", weight, ll)) / weight.sum(), np.einsum(
                    "ki,i->k", score, weight
                ) / weight.sum()

            return average

        # The way to the maximum's neighbourhood is walked on a few thousand of the rows, the last steps on
        # all of them.
        thin = slice(None, None, max(1, len(weights) // SAMPLE))
        start, searched = self._search(average_over(thin))
        best = numerics.maximise(average_over(slice(None)), start, LOG_BOUND)
        theta = np.exp(best.point) * by_param
        cov_log, used, verdict = judge(
            self.name, [p.name for p in self.params], best, n, best.evaluations + searched
        )
        return self.result(
            model=self,
            theta=theta,
            cov=np.outer(theta, theta) * cov_log,
            cov_used=used,
            loglik=float(weights @ self.loglik(theta, *distinct)),
            n=n,
            unit=unit,
            verdict=verdict,
        )

    def _search(self, average: numerics.Objective) -> tuple[Array, int]:
        """A point near the maximum. A search that ends on the edge is repeated from elsewhere; the best
        counts.
        """
        k = len(self.params)
        point, evaluations = numerics.search(average, np.zeros(k), LOG_BOUND)
        if np.abs(point).max() < LOG_BOUND - 1e-6:
            return point, evaluations
        found = [point]
        for other in np.random.default_rng(0).uniform(-3, 3, (10, k)):  # the same starts every time
            point, more = numerics.search(average, other, LOG_BOUND)
            found.append(point)
            evaluations += more
        return max(found, key=lambda p: average(p)[0]), evaluations

    def check(self, *rows: Array) -> None:
        """Refuse data on which the likelihood has no maximum. A family says which."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


@dataclass(frozen=True, repr=False, eq=False)
class Fit:
    """A fitted model: numbers only, never data.

    model : the declaration; theta (k,) : estimates in the model's order; cov (k, k) : their covariance
    cov_used (k, k) : covariance of ln theta for derived quantities (see `models.verdict.judge`); by default that of cov
    loglik : log-likelihood at theta; n : customers used; unit : unit of time of the ages, or None
    verdict : what the optimiser reached
    """

    model: Any
    theta: Array
    cov: Array
    loglik: float
    n: int
    unit: str | None
    verdict: Verdict
    cov_used: Array = None  # type: ignore[assignment]  # filled in below

    def __post_init__(self) -> None:
        if self.cov_used is None:
            object.__setattr__(self, "cov_used", np.asarray(self.cov) / np.outer(self.theta, self.theta))
        for name in ("theta", "cov", "cov_used"):
            frozen = np.array(getattr(self, name), dtype=float)
            frozen.flags.writeable = False
            object.__setattr__(self, name, frozen)

    @property
    def names(self) -> list[str]:
        return [param.name for param in self.model.params]

    @property
    def se(self) -> pd.Series:
        """Standard errors, index = parameter names."""
        return pd.Series(np.sqrt(np.diag(self.cov)), index=self.names, name="se")

    @property
    def estimates(self) -> pd.Series:
        return pd.Series(self.theta.copy(), index=self.names, name="estimate")

    @property
    def aic(self) -> float:
        return 2 * len(self.theta) - 2 * self.loglik

    @property
    def bic(self) -> float:
        return len(self.theta) * float(np.log(self.n)) - 2 * self.loglik

    @cached_property
    def cov_log(self) -> Array:
        """Covariance of ln θ."""
        cov = self.cov / np.outer(self.theta, self.theta)
        cov.flags.writeable = False
        return cov

    def table(self, level: float = 0.95) -> pd.DataFrame:
        """One row per parameter: estimate, se, low, high, meaning. Intervals are made on ln θ, so they stay
        positive.
        """
        half = stats.norm.ppf(0.5 + level / 2) * np.sqrt(np.diag(self.cov_log))
        with np.errstate(over="ignore"):
            low, high = self.theta * np.exp(-half), self.theta * np.exp(half)
        return pd.DataFrame(
            {
                "estimate": self.theta,
                "se": self.se.to_numpy(),
                "low": low,
                "high": high,
                "meaning": [p.meaning for p in self.model.params],
            },
            index=pd.Index(self.names, name="parameter"),
        )

    def gradient_of(self, quantity: Callable[[Array], Array]) -> Array:
        """∂ quantity(θ) / ∂ ln θ, shape (k, …): what the delta method needs, with `cov_used`."""
        return numerics.jacobian(lambda eta: np.asarray(quantity(np.exp(eta)), float), np.log(self.theta))

    def draw(self, rng: np.random.Generator) -> Array:
        """One draw of θ from its estimated sampling distribution, normal in ln θ."""
        return np.exp(rng.multivariate_normal(np.log(self.theta), self.cov_used, method="eigh"))

    def force_of_interest(self, annual_rate: float) -> float:
        """An annual discount rate as a continuous one per unit of the ages; SchemaError where that is not known."""
        if self.unit is None:
            raise SchemaError(
                "An annual discount rate needs the unit of the ages. "
                'Fit with unit="week" (or day, month, year).'
            )
        return force_of_interest(annual_rate, self.unit)

    def time(self, duration: float | str) -> float:
        """A duration in the unit of this fit."""
        return in_unit(duration, self.unit)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Fit) or type(self.model) is not type(other.model):
            return False
        plain = (self.loglik, self.n, self.unit) == (other.loglik, other.n, other.unit)
        return plain and all(
            np.array_equal(mine, theirs, equal_nan=True)
            for mine, theirs in ((self.theta, other.theta), (self.cov, other.cov))
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        numbers = ", ".join(
            f"{name} = {value:.4g}" for name, value in zip(self.names, self.theta, strict=True)
        )
        unit = f", unit {self.unit}" if self.unit else ""
        found = f"log-likelihood {self.loglik:,.1f}, {self.n:,} customers{unit}"
        return f"<{self.model.name}: {numbers}; {found}; {self.verdict.status}>"


def positive(theta: ArrayLike, k: int, name: str) -> Array:
    """θ as an array of k positive numbers."""
    values = np.asarray(theta, dtype=float)
    if values.shape != (k,) or not np.all(values > 0):
        raise SchemaError(f"{name} takes {k} positive parameters, not {theta!r}.")
    return values
