"""What every probability model has in common: parameters, likelihood per row, and fitting.

A model is a declaration: its parameters, the log-likelihood of each row and the closed forms. This file does
the rest once: equal rows are grouped, time and money are rescaled to numbers near 1, the likelihood is
maximised over log parameters with the score, and the covariance comes from the Hessian there.

Notation: θ (k,) parameters, all positive; n rows; η = ln θ, the scale on which the search and the intervals
are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from crmtheory import numerics
from crmtheory.errors import ConvergenceError, SchemaError
from crmtheory.models.fit import Fit
from crmtheory.models.history import counts
from crmtheory.models.verdict import judge
from crmtheory.numerics import Array
from crmtheory.units import days_per

LEVELS = (4000, 40_000)  # customers of the samples on which the way to the maximum is walked
LOG_BOUND = float(np.log(1e5))  # parameters are sought between 1e-5 and 1e5, in units of the data's own scale
# Each next parameter has a little more room: when two grow in proportion only the first is held at its bound, and what
# their ratio says keeps its interval.
MORE_ROOM = 0.5
FAR = 9.0  # |ln θ| from which on a search may have lost its way on a flat stretch


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

    def hessian(self, theta: Array, weights: Array, *columns: Array) -> Array:
        """Σ weight · ∂² log-likelihood / ∂ ln θ ∂ ln θ, (k, k). A model that gives none has it by central differences
        of its score, good to about 8 digits.
        """

        def total(eta: Array) -> Array:
            return np.einsum("ki,i->k", self.loglik_and_score(np.exp(eta), *columns)[1], weights)

        return numerics.jacobian(total, np.log(theta))

    def read(self, summary: pd.DataFrame) -> tuple[list[Array], NDArray[np.bool_]]:
        """The model's columns, checked, and which rows it can use, (n,) of bool."""
        raise NotImplementedError

    def result(self, **parts: Any) -> Fit:
        """The family's kind of Fit."""
        return Fit(**parts)

    def fit(
        self,
        summary: pd.DataFrame,
        unit: str | None = None,
        *,
        weights: str | None = None,
        robust: bool = False,
    ) -> Any:
        """Maximum likelihood on one row per customer.

        Parameters
        ----------
        summary : frame with the model's columns (see `columns`); other columns are ignored
        unit : unit of time of the ages ("day", "week", …); by default what `Transactions.summary` noted on
            the frame
        weights : the column that says for how many customers each row stands, when equal customers were counted
        robust : take the covariance from the scores as well as from the Hessian (the "sandwich" of Huber 1967 and
            White 1982), which is right for the parameters nearest to the truth when the model is not quite true

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
        number = counts(summary, weights) if weights else np.ones(len(summary))
        usable = usable & (number > 0)
        rows, stands_for = [column[usable] for column in columns], number[usable]
        n = int(stands_for.sum())
        if n <= len(self.params):
            raise ConvergenceError(
                f"{self.name} has {len(self.params)} parameters and was given {n} "
                f"usable customer{'s' * (n != 1)}. "
                "Give a log with more customers; a few hundred are the least for useful estimates."
            )
        self.check(*rows)
        distinct, numbers, _ = numerics.distinct_rows(rows, stands_for)
        scales = {
            unit_: float(numbers @ c / n)
            for c, unit_ in zip(distinct, self.columns.values(), strict=True)
            if unit_
        }
        by_column = [scales.get(unit_ or "", 1.0) for unit_ in self.columns.values()]
        by_param = np.array([scales.get(p.unit or "", 1.0) for p in self.params])
        scaled = [column / scale for column, scale in zip(distinct, by_column, strict=True)]
        model = self.settled(scaled, numbers)
        scaled, factor = model.standardise(scaled, numbers)
        best, evaluations = model._climb(scaled, numbers)
        theta = np.exp(factor * best.point) * by_param
        cov_log, used, verdict = judge(
            self.name, [p.name for p in self.params], best, n, best.evaluations + evaluations
        )
        if robust:
            score = model.loglik_and_score(np.exp(best.point), *scaled)[1]
            scatter = np.einsum("ji,ki,i->jk", score, score, numbers)
            unknown = np.isnan(cov_log)  # of a parameter on a boundary
            plain = np.nan_to_num(cov_log)
            cov_log = np.where(unknown, np.nan, plain @ scatter @ plain)
            used = used @ scatter @ used
        cov_log, used = cov_log * np.outer(factor, factor), used * np.outer(factor, factor)
        return self.result(
            model=model,
            theta=theta,
            cov=np.outer(theta, theta) * cov_log,
            cov_used=used,
            loglik=float(numbers @ model.loglik(theta, *distinct)),
            n=n,
            unit=unit,
            verdict=verdict,
            robust=robust,
        )

    def _climb(self, rows: list[Array], weights: Array) -> tuple[numerics.Optimum, int]:
        """The maximum, and how many evaluations went into the way there.

        The neighbourhood of the maximum is searched on a sample of a few thousand customers; then come Newton steps on
        larger samples, the last ones on all.
        """
        samples = []
        for size in LEVELS:
            if size < weights.sum() / 4 and size < len(weights):
                picked, times = numerics.systematic_sample(weights, size)
                samples.append(([column[picked] for column in rows], times))
        samples.append((rows, weights))
        point, evaluations = self._search(self._average(*samples[0])[0])
        hessian = None
        for part, times in samples:
            average, curvature = self._average(part, times)
            best = numerics.maximise(average, curvature, point, self._bounds, hessian)
            point, hessian = best.point, best.hessian
            evaluations += best.evaluations
        return best, evaluations - best.evaluations

    @property
    def _bounds(self) -> Array:
        return np.asarray(LOG_BOUND + MORE_ROOM * np.arange(len(self.params)), float)

    def _average(self, rows: list[Array], weights: Array) -> tuple[numerics.Objective, numerics.Curvature]:
        """The mean log-likelihood with its gradient, and its Hessian, as functions of ln θ."""
        total = weights.sum()

        def average(eta: Array) -> tuple[float, Array]:
            ll, score = self.loglik_and_score(np.exp(eta), *rows)
            # einsum and not @: small products through BLAS threads wait long on a busy machine
            return float(np.einsum("i,i", weights, ll)) / total, np.einsum("ki,i->k", score, weights) / total

        def curvature(eta: Array) -> Array:
            return self.hessian(np.exp(eta), weights, *rows) / total

        return average, curvature

    def _search(self, average: numerics.Objective) -> tuple[Array, int]:
        """A point near the maximum. A search that ends far out is repeated from elsewhere; the best counts."""
        k = len(self.params)
        point, evaluations = numerics.search(average, np.zeros(k), self._bounds)
        if (np.abs(point) < FAR).all():
            return point, evaluations
        found = [point]
        for other in np.random.default_rng(0).uniform(-3, 3, (10, k)):  # the same starts every time
            point, more = numerics.search(average, other, self._bounds)
            found.append(point)
            evaluations += more
        return max(found, key=lambda p: average(p)[0]), evaluations

    def duration(self, time: float) -> float:
        """A duration given in words, in the unit of the ages, as the model takes it."""
        return time

    def settled(self, rows: list[Array], weights: Array) -> Model:
        """The model with what it takes from the data beside its parameters; for most that is nothing."""
        return self

    def standardise(self, rows: list[Array], weights: Array) -> tuple[list[Array], Array]:
        """The columns on which the search is made, and the factors (k,) that take the ln θ found there back."""
        return rows, np.ones(len(self.params))

    def check(self, *rows: Array) -> None:
        """Refuse data on which the likelihood has no maximum. A family says which."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def positive(theta: ArrayLike, k: int, name: str) -> Array:
    """θ as an array of k positive numbers, or (k, n) when each of n customers has parameters of their own."""
    values = np.asarray(theta, dtype=float)
    if values.ndim not in (1, 2) or len(values) != k or not np.all(values > 0):
        raise SchemaError(f"{name} takes {k} positive parameters, not {theta!r}.")
    return values
