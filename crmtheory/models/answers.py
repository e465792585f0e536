"""What a fitted model answers: the questions of its family, one number per customer, on the summary's
index.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from crmtheory import numerics
from crmtheory.errors import DomainError, SchemaError
from crmtheory.models.base import Fit
from crmtheory.models.history import history
from crmtheory.numerics import Array
from crmtheory.units import days_per


class AttritionFit(Fit):
    """A fitted attrition model. Its answers take a summary and return one number per customer, on the same
    index.
    """

    def p_alive(self, summary: pd.DataFrame) -> pd.Series:
        """P(still a customer at the end of observation)."""
        return self._by_customer(
            "p_alive", summary, lambda x, t_x, T: self.model.p_alive(self.theta, x, t_x, T)
        )

    def conditional(self, summary: pd.DataFrame, t: float | str) -> pd.Series:
        """Expected purchases in the next t, a number in the fit's unit or a duration such as "39 weeks"."""
        time = self.time(t)
        name = "expected_purchases"
        return self._by_customer(
            name, summary, lambda x, t_x, T: self.model.conditional(self.theta, time, x, t_x, T)
        )

    def p_no_purchase(self, summary: pd.DataFrame, t: float | str) -> pd.Series:
        """P(no purchase in the next t)."""
        time = self.time(t)
        name = "p_no_purchase"
        return self._by_customer(
            name, summary, lambda x, t_x, T: self.model.p_no_purchase(self.theta, time, x, t_x, T)
        )

    def median_wait(self, summary: pd.DataFrame) -> pd.Series:
        """Median time to the next purchase, in the fit's unit; infinite where none is the likelier
        outcome.
        """
        return self._by_customer(
            "median_wait", summary, lambda *history: self.model.median_wait(self.theta, *history)
        )

    def expected(self, t: ArrayLike | str) -> Any:
        """Expected repeat purchases of a new customer in the first t."""
        if isinstance(t, str) or np.ndim(t) == 0:
            return self.model.expected(self.theta, self.time(t))  # type: ignore[arg-type]
        times = np.asarray(t, float)
        if not np.all(times >= 0):
            raise DomainError(f"A duration must be 0 or more, not {times.min():g}.")
        return self.model.expected(self.theta, times)

    def discounted(self, summary: pd.DataFrame, horizon: float | str, discount_rate: float) -> pd.Series:
        """Discounted expected purchases over the horizon, the discount rate being annual."""
        delta, end = self.force_of_interest(discount_rate), self.time(horizon)
        name = "discounted_purchases"
        return self._by_customer(name, summary, lambda *h: self.model.discounted(self.theta, end, delta, *h))

    def _by_customer(self, name: str, summary: pd.DataFrame, answer: Any) -> pd.Series:
        rows, weights, inverse = numerics.distinct_rows(list(histories(self, summary)), np.ones(len(summary)))
        values = answer(*rows) if len(weights) else np.empty(0)
        return pd.Series(values[inverse], index=summary.index, name=name)


class SpendFit(Fit):
    """A fitted model of spend."""

    def mean(self) -> float:
        """Mean spend per purchase over all customers; DomainError when it does not exist."""
        return self.model.mean(self.theta)

    def conditional_mean(self, summary: pd.DataFrame) -> pd.Series:
        """Expected spend per purchase of each customer; those without a repeat purchase get the mean of all."""
        (x, m), _ = self.model.read(summary)
        return pd.Series(
            self.model.conditional_mean(self.theta, x, m), index=summary.index, name="expected_spend"
        )


def histories(fit: Fit, summary: pd.DataFrame) -> tuple[Array, Array, Array]:
    """x, t_x, T of a summary, checked, and in the unit of time of the fit.

    Raises
    ------
    SchemaError : the summary was made in another unit than the fit
    """
    unit = summary.attrs.get("unit") if isinstance(summary, pd.DataFrame) else None
    if unit and fit.unit and days_per(unit) != days_per(fit.unit):
        raise SchemaError(
            f"The model was fitted to ages in {fit.unit}s, but this summary has ages in {unit}s. "
            f'Make it with summary(unit="{fit.unit}").'
        )
    return history(summary)
