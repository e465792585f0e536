"""Lifetime value of each customer and of all together, with intervals that join the uncertainty of both
models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from crmtheory import numerics, units
from crmtheory.errors import DomainError, SchemaError
from crmtheory.models.answers import AttritionFit, histories
from crmtheory.models.history import possible_level
from crmtheory.models.intervals import limits, trusted
from crmtheory.models.spend import SpendFit
from crmtheory.numerics import Array
from crmtheory.schema import broken


@dataclass(frozen=True)
class Settings:
    """What an analyst assumes: horizon, annual discount rate, margin, cost per purchase and cost of winning a
    customer.
    """

    horizon: float | str = "52 weeks"
    discount_rate: float = 0.10
    margin: float = 1.0
    cost_per_purchase: float = 0.0
    acquisition_cost: float = 0.0

    def __post_init__(self) -> None:
        problems = []
        try:
            if not units.in_unit(self.horizon, "day") > 0:
                problems.append(("horizon", f"must be longer than 0, not {self.horizon}."))
        except (SchemaError, DomainError) as error:
            problems.append(("horizon", str(error)))
        if not -1 < self.discount_rate < 10:
            problems.append(("discount_rate", f"is a rate per year such as 0.10, not {self.discount_rate}."))
        if not 0 <= self.margin <= 1:
            problems.append(
                ("margin", f"is a part of spend between 0 and 1, not {self.margin}. For 30% give 0.3.")
            )
        for name in ("cost_per_purchase", "acquisition_cost"):
            if not getattr(self, name) >= 0:
                problems.append((name, f"is an amount of 0 or more, not {getattr(self, name)}."))
        if problems:
            raise broken("This set of assumptions", problems)

    @property
    def for_clv(self) -> dict[str, Any]:
        """The arguments of `clv` and `equity`."""
        return {name: value for name, value in asdict(self).items() if name != "acquisition_cost"}

    @property
    def for_new(self) -> dict[str, Any]:
        """The arguments of `new_customer`."""
        return asdict(self)

    def over(self, horizon: float | str) -> dict[str, Any]:
        """The arguments of `clv` with another horizon."""
        return self.for_clv | {"horizon": horizon}


def clv(
    fit: AttritionFit,
    spend: SpendFit,
    summary: pd.DataFrame,
    *,
    horizon: float | str = "52 weeks",
    discount_rate: float = 0.10,
    margin: float = 1.0,
    cost_per_purchase: float = 0.0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Lifetime value of each customer from the end of observation on, with a confidence interval.

    Parameters
    ----------
    fit, spend : a fitted attrition model and a fitted spend model
    summary : frame with x, t_x, T, m
    horizon : how far to look, such as "52 weeks" or "3 years", a number in the fit's unit, or "inf"
    discount_rate : per *year* (0.10 is 10% a year), whatever the unit of the ages
    margin : profit as a part of spend, between 0 and 1; with 1 the value is discounted revenue
    cost_per_purchase : cost of serving one purchase, in money, subtracted from the margin

    Returns
    -------
    frame on the summary's index: p_alive, expected_purchases (not discounted; NaN for an infinite horizon),
    discounted_purchases, expected_spend, clv, and p_alive_low, p_alive_high, purchases_low, purchases_high, clv_low,
    clv_high. The intervals say how well the customer's *average* is known, given both models; what one customer will
    really do scatters far more: see `forecast`.

    Raises
    ------
    DomainError : infinite horizon without discounting, margin outside 0–1, mean spend that does not exist
    SchemaError : a column is missing, a row impossible, or the unit of time unknown
    """
    parts = _parts(fit, spend, summary, horizon, discount_rate, margin, cost_per_purchase)
    discounted, place = parts.answers[DISCOUNTED][parts.inverse], parts.inverse
    value = discounted * parts.worth
    of_fit, of_spend = fit.error_of(parts.by_fit), spend.error_of(parts.by_spend)
    of_fit[DISCOUNTED] = trusted(fit, parts.answers[DISCOUNTED], of_fit[DISCOUNTED], "number")
    se = np.hypot(of_fit[DISCOUNTED][place] * parts.worth, of_spend * margin * discounted)
    z = stats.norm.ppf(1 - possible_level(level))
    # On the log scale where the value is a product of positive things and well known; else symmetric.
    relative = (cost_per_purchase == 0) & (value > 0) & (se < value)
    factor = np.exp(np.where(relative, z * se / np.where(relative, value, 1.0), 0.0))
    alive_limits = limits(fit, parts.answers[ALIVE], parts.by_fit[:, ALIVE], level, "probability")
    purchase_limits = limits(fit, parts.answers[PURCHASES], parts.by_fit[:, PURCHASES], level, "number")
    return pd.DataFrame(
        {
            "p_alive": parts.answers[ALIVE][place],
            "expected_purchases": parts.answers[PURCHASES][place],
            "discounted_purchases": discounted,
            "expected_spend": parts.spend,
            "clv": value,
            "clv_low": np.where(relative, value / factor, value - z * se),
            "clv_high": np.where(relative, value * factor, value + z * se),
            "p_alive_low": alive_limits[0][place],
            "p_alive_high": alive_limits[1][place],
            "purchases_low": purchase_limits[0][place],
            "purchases_high": purchase_limits[1][place],
        },
        index=summary.index,
    )


def equity(
    fit: AttritionFit,
    spend: SpendFit,
    summary: pd.DataFrame,
    *,
    horizon: float | str = "52 weeks",
    discount_rate: float = 0.10,
    margin: float = 1.0,
    cost_per_purchase: float = 0.0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Customer equity: the lifetime value of all these customers together, with a confidence interval
    (arguments as `clv`).

    Returns
    -------
    one-row frame: customers, equity, low, high. Errors of the estimated parameters are shared by all
    customers, so the interval is made for the sum itself and is wider than independent customers would make
    it.
    """
    parts = _parts(fit, spend, summary, horizon, discount_rate, margin, cost_per_purchase)
    discounted = parts.answers[DISCOUNTED][parts.inverse]
    total = float((discounted * parts.worth).sum())
    worth = np.bincount(parts.inverse, parts.worth, parts.answers.shape[1])
    of_fit = fit.error_of(parts.by_fit[:, DISCOUNTED] @ worth)
    of_spend = spend.error_of(parts.by_spend @ (margin * discounted))
    half = stats.norm.ppf(1 - possible_level(level)) * np.hypot(of_fit, of_spend)
    return pd.DataFrame(
        [{"customers": len(summary), "equity": total, "low": total - half, "high": total + half}]
    )


ALIVE, PURCHASES, DISCOUNTED = 0, 1, 2  # places in `_Parts.answers`


class _Parts(NamedTuple):
    """Pieces of the CLV. Those of the attrition model are one per distinct history (d), those of spend one per customer
    (n); derivatives are by ln θ.
    """

    answers: Array  # (3, d): P(alive), expected purchases, discounted purchases
    by_fit: Array  # (k, 3, d)
    inverse: NDArray[np.intp]  # (n,): the history of each customer
    spend: Array  # (n,)
    by_spend: Array  # (3, n)
    worth: Array  # (n,): margin · spend − cost


def _parts(
    fit: AttritionFit,
    spend: SpendFit,
    summary: pd.DataFrame,
    horizon: float | str,
    discount_rate: float,
    margin: float,
    cost_per_purchase: float,
) -> _Parts:
    check_models(fit, spend)
    delta, end = fit.force_of_interest(discount_rate), fit.time(horizon)
    margin = checked_margin(margin)
    rows, _, inverse = numerics.distinct_rows(histories(fit, summary), np.ones(len(summary)))
    (x, m), _ = spend.model.read(summary)
    distinct, _, of_rows = numerics.distinct_rows([x, m], np.ones(len(x)))
    answers, by_fit = of_histories(fit, rows, end, delta)

    def mean_spend(theta: Array) -> Array:
        return spend.model.conditional_mean(theta, *distinct)

    per_purchase = mean_spend(spend.theta)[of_rows]
    return _Parts(
        answers,
        by_fit,
        inverse,
        per_purchase,
        spend.gradient_of(mean_spend)[:, of_rows],
        margin * per_purchase - cost_per_purchase,
    )


def of_histories(fit: AttritionFit, rows: Sequence[Array], end: float, delta: float) -> tuple[Array, Array]:
    """P(alive), expected and discounted purchases until `end` of each history (3, d); gradients (k, 3, d) by ln θ.

    `rows` are x, t_x, T and what else the model knows, (d,) each; `delta` is the force of interest.
    """

    def purchases(theta: Array) -> Array:
        own = fit.model.spread(theta, *rows[3:])
        alive = fit.model.p_alive(own, *rows[:3])
        counts = fit.model.of_the_living(own, end, delta, rows[0], rows[2])
        return np.stack([alive, *(alive * count for count in counts)])

    return purchases(fit.theta), fit.gradient_of(purchases)


def check_models(fit: Any, spend: Any) -> None:
    """Refuse anything but a fitted attrition model and a fitted spend model, in this order."""
    if not isinstance(fit, AttritionFit) or not isinstance(spend, SpendFit):
        raise SchemaError(
            "The first argument is a fitted attrition model (such as ParetoNBD().fit(summary)), the second a fitted "
            f"spend model (GammaGamma().fit(summary)); got {type(fit).__name__} and {type(spend).__name__}."
        )


def checked_margin(margin: float) -> float:
    """The margin, if it is a part of spend."""
    if not 0 <= margin <= 1:
        raise DomainError(f"The margin is a part of spend between 0 and 1, not {margin}. For 30% give 0.3.")
    return float(margin)
