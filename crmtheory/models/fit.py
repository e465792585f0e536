"""What a fit returns: a frozen result that holds numbers and no data, and can be kept as JSON.

Notation: θ (k,) parameters, all positive; η = ln θ, the scale on which intervals are made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from crmtheory import numerics
from crmtheory.errors import SchemaError
from crmtheory.models.verdict import Verdict
from crmtheory.numerics import Array
from crmtheory.units import force_of_interest, in_unit


@dataclass(frozen=True, repr=False, eq=False)
class Fit:
    """A fitted model: numbers only, never data.

    model : the declaration; theta (k,) : estimates in the model's order; cov (k, k) : their covariance
    cov_used (k, k) : covariance of ln theta for derived quantities (see `models.verdict.judge`); by default that of cov
    loglik : log-likelihood at theta; n : customers used; unit : unit of time of the ages, or None
    verdict : what the optimiser reached; robust : whether cov is the sandwich estimate
    """

    model: Any
    theta: Array
    cov: Array
    loglik: float
    n: int
    unit: str | None
    verdict: Verdict
    cov_used: Array = None  # type: ignore[assignment]  # filled in below
    robust: bool = False

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
        se = np.sqrt(np.diag(self.cov_used))
        # A step that is small beside the error, too: the effect of a covariate is per unit, whatever the unit.
        step = np.where(se > 0, np.minimum(1e-4, 0.05 * se), 1e-4)
        return numerics.jacobian(
            lambda eta: np.asarray(quantity(np.exp(eta)), float), np.log(self.theta), step
        )

    def error_of(self, gradient: Array) -> Array:
        """Standard error of a quantity with this gradient, (k, …) → (…): the delta method."""
        variance = np.einsum("i...,ij,j...->...", gradient, self.cov_used, gradient)
        return np.sqrt(np.maximum(variance, 0.0))

    def draw(self, rng: np.random.Generator) -> Array:
        """One draw of θ from its estimated sampling distribution, normal in ln θ (and at most e^±20 away)."""
        centre = np.log(self.theta)
        drawn = rng.multivariate_normal(centre, self.cov_used, method="eigh")
        return np.exp(np.clip(drawn, centre - 20, centre + 20))

    def force_of_interest(self, annual_rate: float) -> float:
        """An annual discount rate as a continuous one per unit of the ages; SchemaError where that is not known."""
        if self.unit is None:
            raise SchemaError(
                "An annual discount rate needs the unit of the ages. "
                'Fit with unit="week" (or day, month, year).'
            )
        return force_of_interest(annual_rate, self.unit)

    def time(self, duration: float | str) -> float:
        """A duration in the unit of this fit; one in words is rounded where the model knows whole units only."""
        time = in_unit(duration, self.unit)
        return self.model.duration(time) if isinstance(duration, str) else time

    def to_json(self) -> str:
        """The fit as text that `from_json` reads: parameters, covariance, units, verdict; never data."""
        # here, because that file knows the kinds of fit and so imports this one
        from crmtheory.models.interchange import to_json

        return to_json(self)

    @staticmethod
    def from_json(text: str, models: Sequence[Any] = ()) -> Any:
        """The fit that was written by `to_json`; `models` are those of your own it may be of."""
        from crmtheory.models.interchange import from_json

        return from_json(text, models)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Fit) or type(self.model) is not type(other.model):
            return False
        made_of: list[Any] = [getattr(fit.model, "declaration", dict)() for fit in (self, other)]
        if made_of[0] != made_of[1]:
            return False
        plain = (self.loglik, self.n, self.unit) == (other.loglik, other.n, other.unit)
        return plain and all(
            np.array_equal(ours, others, equal_nan=True)
            for ours, others in ((self.theta, other.theta), (self.cov, other.cov))
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        numbers = ", ".join(
            f"{name} = {value:.4g}" for name, value in zip(self.names, self.theta, strict=True)
        )
        unit = f", unit {self.unit}" if self.unit else ""
        found = f"log-likelihood {self.loglik:,.1f}, {self.n:,} customers{unit}"
        return f"<{self.model.name}: {numbers}; {found}; {self.verdict.status}>"
