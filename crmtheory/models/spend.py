"""The family of models of spend: how much a purchase is worth, from x purchases of mean m."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from crmtheory.errors import ConvergenceError, SchemaError
from crmtheory.models.base import Model
from crmtheory.models.fit import Fit
from crmtheory.models.history import numeric_columns
from crmtheory.models.intervals import limits
from crmtheory.numerics import Array


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
        broken = np.isfinite(got["x"]) & (got["x"] != np.round(got["x"]))
        if broken.any():
            i = int(np.flatnonzero(broken)[0])
            raise SchemaError(
                f"x counts purchases and must be whole: {broken.sum():,} of {len(broken):,} customers have another x, "
                f"first: {summary.index[i]} (x = {got['x'][i]:g})."
            )
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


class SpendFit(Fit):
    """A fitted model of spend."""

    def mean(self) -> float:
        """Mean spend per purchase over all customers; DomainError when it does not exist."""
        return self.model.mean(self.theta)

    def median(self) -> float:
        """The median over customers of their mean spend; exists always."""
        return self.model.median(self.theta)

    def conditional_mean(self, summary: pd.DataFrame, *, level: float | None = None) -> Any:
        """Expected spend per purchase of each customer; those without a repeat purchase get the mean of all."""
        (x, m), _ = self.model.read(summary)
        name = "expected_spend"
        value = self.model.conditional_mean(self.theta, x, m)
        if level is None:
            return pd.Series(value, index=summary.index, name=name)
        gradient = self.gradient_of(lambda theta: self.model.conditional_mean(theta, x, m))
        low, high = limits(self, value, gradient, level, "number")
        return pd.DataFrame({name: value, "low": low, "high": high}, index=summary.index)
