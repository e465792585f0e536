"""Lifetime value of each customer and of all together, with intervals that join the uncertainty of both
models.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from crmtheory import numerics, units
from crmtheory.errors import DomainError, SchemaError
from crmtheory.models.answers import AttritionFit, SpendFit, histories
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
    discounted_purchases, expected_spend, clv, clv_low, clv_high. The interval says how well the customer's
    *average* is known, given both models; what one customer will really do scatters far more.

    Raises
    ------
    DomainError : infinite horizon without discounting, margin outside 0–1, mean spend that does not exist
    SchemaError : a column is missing, a row impossible, or the unit of time unknown
    """
    parts = _parts(fit, spend, summary, horizon, discount_rate, margin, cost_per_purchase)
    value = parts.discounted * parts.worth
    z = stats.norm.ppf(0.5 + level / 2)
    se = np.sqrt(_variance(fit, parts.by_fit) + _variance(spend, parts.by_spend))
    # On the log scale where the value is a product of positive things and well known; else symmetric.
    relative = (cost_per_purchase == 0) & (value > 0) & (se < value)
    factor = np.exp(np.where(relative, z * se / np.where(relative, value, 1.0), 0.0))
    low, high = (
        np.where(relative, value / factor, value - z * se),
        np.where(relative, value * factor, value + z * se),
    )
    end = fit.time(horizon)
    purchases = (
        fit.conditional(summary, end).to_numpy() if np.isfinite(end) else np.full(len(summary), np.nan)
    )
    return pd.DataFrame(
        {
            "p_alive": fit.p_alive(summary),
            "expected_purchases": purchases,
            "discounted_purchases": parts.discounted,
            "expected_spend": parts.spend,
            "clv": value,
            "clv_low": low,
            "clv_high": high,
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
    total = float((parts.discounted * parts.worth).sum())
    variance = _variance(fit, parts.by_fit.sum(axis=1)) + _variance(spend, parts.by_spend.sum(axis=1))
    half = stats.norm.ppf(0.5 + level / 2) * np.sqrt(variance)
    return pd.DataFrame(
        [{"customers": len(summary), "equity": total, "low": total - half, "high": total + half}]
    )


def check_revenue(
    fit: AttritionFit,
    spend: SpendFit,
    summary: pd.DataFrame,
    revenue: pd.Series,
    rng: np.random.Generator,
    *,
    draws: int = 400,
    level: float = 0.95,
) -> pd.DataFrame:
    """Revenue of the holdout: what both models expected of these customers together, and what came.

    Parameters
    ----------
    fit, spend : estimated on the calibration period; summary : with T_holdout
    revenue : what each customer brought in the holdout; draws : simulated futures for the interval

    Returns
    -------
    one-row frame: expected, low, high, actual. The interval is a *prediction* interval for the sum: each draw takes
    parameters from their sampling distributions and simulates every customer's purchases and spend, given the past.
    """
    ahead = float(summary["T_holdout"].iloc[0])
    parts = _parts(fit, spend, summary, ahead, 0.0, 1.0, 0.0)
    x, t_x, T = histories(fit, summary)
    (bought, m), _ = spend.model.read(summary)
    totals = np.empty(draws)
    for i in range(draws):
        customer, _, _ = fit.model.future(fit.draw(rng), ahead, x, t_x, T, rng)
        purchases = np.bincount(customer, minlength=len(summary))
        totals[i] = spend.model.future(spend.draw(rng), purchases, bought, m, rng).sum()
    low, high = np.quantile(totals, [(1 - level) / 2, (1 + level) / 2])
    actual = float(revenue.reindex(summary.index).fillna(0.0).sum())
    row = {
        "expected": float((parts.discounted * parts.worth).sum()),
        "low": low,
        "high": high,
        "actual": actual,
    }
    return pd.DataFrame([row])


class _Parts(NamedTuple):
    """Pieces of the CLV, one per customer: D, S, margin · S − cost, and the derivatives of their product by
    both ln θ.
    """

    discounted: Array
    spend: Array
    worth: Array
    by_fit: Array  # (k, n)
    by_spend: Array  # (3, n)


def _parts(
    fit: AttritionFit,
    spend: SpendFit,
    summary: pd.DataFrame,
    horizon: float | str,
    discount_rate: float,
    margin: float,
    cost_per_purchase: float,
) -> _Parts:
    if not isinstance(fit, AttritionFit) or not isinstance(spend, SpendFit):
        raise SchemaError(
            "The first argument is a fitted attrition model (such as ParetoNBD().fit(summary)), the second a fitted "
            f"spend model (GammaGamma().fit(summary)); got {type(fit).__name__} and {type(spend).__name__}."
        )
    delta, end = fit.force_of_interest(discount_rate), fit.time(horizon)
    margin = checked_margin(margin)
    rows, _, inverse = numerics.distinct_rows(list(histories(fit, summary)), np.ones(len(summary)))
    (x, m), _ = spend.model.read(summary)

    def purchases(theta: Array) -> Array:
        return fit.model.discounted(theta, end, delta, *rows)

    def mean_spend(theta: Array) -> Array:
        return spend.model.conditional_mean(theta, x, m)

    discounted, per_purchase = purchases(fit.theta)[inverse], mean_spend(spend.theta)
    worth = margin * per_purchase - cost_per_purchase
    return _Parts(
        discounted,
        per_purchase,
        worth,
        fit.gradient_of(purchases)[:, inverse] * worth,
        spend.gradient_of(mean_spend) * margin * discounted,
    )


def _variance(fit: AttritionFit | SpendFit, gradient: Array) -> Array:
    """g' V g for each column of the gradient: the delta method. NaN where the parameters have no
    covariance.
    """
    return np.einsum("i...,ij,j...->...", gradient, fit.cov_used, gradient)


def checked_margin(margin: float) -> float:
    """The margin, if it is a part of spend."""
    if not 0 <= margin <= 1:
        raise DomainError(f"The margin is a part of spend between 0 and 1, not {margin}. For 30% give 0.3.")
    return float(margin)
