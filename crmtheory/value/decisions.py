"""What lifetime values are used for: what a new customer may cost, whom to treat how, and how firm the
numbers are.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from crmtheory import units
from crmtheory.errors import DomainError, SchemaError
from crmtheory.models.answers import AttritionFit
from crmtheory.models.covariates import WithCovariates
from crmtheory.models.spend import SpendFit
from crmtheory.value.lifetime import Settings, checked_margin, equity


def new_customer(
    fit: AttritionFit,
    spend: SpendFit,
    *,
    horizon: float | str = "52 weeks",
    discount_rate: float = 0.10,
    margin: float = 1.0,
    cost_per_purchase: float = 0.0,
    acquisition_cost: float = 0.0,
    first_spend: float | None = None,
) -> pd.DataFrame:
    """Value of a customer at the moment of the first purchase, that purchase included, month by month.

    Parameters
    ----------
    horizon, discount_rate, margin, cost_per_purchase : as in `clv`; acquisition_cost : of winning the customer
    first_spend : mean amount of a first purchase; by default the model's mean of repeat purchases

    Returns
    -------
    frame with index month (0, 1, …, up to the horizon; at most 120 months): purchases (discounted, the first
    included), value (after the acquisition cost). The payback month is the first with value ≥ 0; see
    `payback`.
    """
    _without_covariates(fit)
    if fit.unit is None:
        raise SchemaError('Months need the unit of the ages. Fit with unit="week" (or day, month, year).')
    margin = checked_margin(margin)
    worth = margin * spend.mean() - cost_per_purchase
    first = worth if first_spend is None else margin * first_spend - cost_per_purchase
    delta = units.force_of_interest(discount_rate, fit.unit)
    days = fit.time(horizon) * units.days_per(fit.unit)
    months = int(min(max(round(days / units.days_per("month")), 1), 120)) if np.isfinite(days) else 120
    ends = [units.in_unit(f"{month} months", fit.unit) for month in range(months + 1)]
    purchases = np.array(
        [1 + float(fit.model.discounted(fit.theta, end, delta, 0.0, 0.0, 0.0)) for end in ends]
    )
    index = pd.RangeIndex(months + 1, name="month")
    return pd.DataFrame(
        {"purchases": purchases, "value": first + worth * (purchases - 1) - acquisition_cost}, index=index
    )


def payback(path: pd.DataFrame) -> int | None:
    """The first month in which a new customer has paid back the acquisition cost; None when that is not
    within the horizon.

    >>> payback(pd.DataFrame({"value": [-3.0, -1.0, 0.5]}))
    2
    """
    paid = path.index[path["value"] >= 0]
    return int(paid[0]) if len(paid) else None


def actions(
    table: pd.DataFrame, past_spend: pd.Series, share: float = 0.2, summary: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Each customer's class and the treatment the theory advises, most valuable first: a list a CRM system
    can import.

    Classes, the first that fits: "key" (top `share` by CLV, CLV above 0), "win back" (top `share` by past spend but
    P(alive) < 1/2), "unprofitable" (CLV of 0 or less), "develop" (P(alive) ≥ 1/2 and at least one repeat purchase
    if `summary` is given), "low touch" (the rest).

    Parameters
    ----------
    table : frame of `clv`; past_spend : revenue so far; share : how many are "key"
    summary : with x, to keep customers who never came back out of "develop", where some models cannot see them leave

    Returns
    -------
    frame on the table's index: class, action, clv, clv_low, clv_high, p_alive, past_spend
    """
    past = past_spend.reindex(table.index).fillna(0.0)
    top = (table["clv"] >= table["clv"].quantile(1 - share)) & (table["clv"] > 0)
    spent = (past >= past.quantile(1 - share)) & (past > 0)
    alive = table["p_alive"] >= 0.5
    again = summary["x"].reindex(table.index) > 0 if summary is not None else pd.Series(True, table.index)
    cases = [top, spent & ~alive, table["clv"] <= 0, alive & again]
    names = np.select(cases, ["key", "win back", "unprofitable", "develop"], default="low touch")
    frame = pd.DataFrame({"class": names}, index=table.index)
    frame["action"] = frame["class"].map(TREATMENT)
    frame[["clv", "clv_low", "clv_high", "p_alive"]] = table[["clv", "clv_low", "clv_high", "p_alive"]]
    return frame.assign(past_spend=past).sort_values("clv", ascending=False, kind="stable")


TREATMENT = {
    "key": "personal contact, early access and rewards; ask what is missing",
    "win back": "ask why they stopped; one offer worth less than the margin they brought",
    "unprofitable": "find out what makes each purchase cost more than it brings; no rewards",
    "develop": "after-sales care, suggestions for a next purchase",
    "low touch": "welcome newcomers once, then general mailings only; spend no personal effort",
}


def payback_in_words(path: pd.DataFrame) -> str:
    """The payback month as a sentence.

    >>> payback_in_words(pd.DataFrame({"value": [-3.0, -1.0]}))
    'The cost is not paid back within 1 month.'
    """
    month = payback(path)
    if month is None:
        return f"The cost is not paid back within {_months(int(path.index[-1]))}."
    return (
        "The first purchase pays the cost back."
        if month == 0
        else f"The cost is paid back after {_months(month)}."
    )


def _months(count: int) -> str:
    return f"{count} month{'s' * (count != 1)}"


def profit_to_date(revenue: pd.Series, purchases: pd.DataFrame, settings: Settings) -> pd.Series:
    """Profit each customer has brought so far: margin on revenue, less the cost of each purchase and of
    winning the customer.

    Parameters
    ----------
    revenue : net revenue, one a customer; purchases : frame of `Transactions.purchases`
    """
    count = purchases.groupby(purchases.columns[0]).size().reindex(revenue.index).fillna(0)
    profit = settings.margin * revenue - settings.cost_per_purchase * count - settings.acquisition_cost
    return profit.rename("profit")


def alive_map(fit: AttritionFit, summary: pd.DataFrame, points: int = 60) -> pd.DataFrame:
    """P(alive) over a grid of repeat purchases and silence, for a customer as old as the oldest in the
    summary.

    The grid runs up to the 99 % point of repeat purchases, and to the whole age in silence (less the time to
    make them).

    Returns
    -------
    frame: index = time since the last purchase, columns = repeat purchases (1, 2, …)
    """
    _without_covariates(fit)
    age = float(summary["T"].max())
    most = max(3, int(summary["x"].quantile(0.99)))
    x = np.arange(1, most + 1)
    silence = np.linspace(0.0, 0.95 * age, points)
    grid = fit.model.p_alive(fit.theta, x[None, :], age - silence[:, None], age)
    return pd.DataFrame(grid, index=pd.Index(silence, name="silence"), columns=pd.Index(x, name="x"))


def sensitivity(
    fit: AttritionFit, spend: SpendFit, summary: pd.DataFrame, settings: Settings
) -> pd.DataFrame:
    """Customer equity when one assumption changes and the others stay.

    Returns
    -------
    frame, index = assumption in words: equity, low, high, chosen (True for the settings in force)
    """
    rate, margin, horizon = settings.discount_rate, settings.margin, settings.horizon
    cases = {f"as chosen: {horizon},\n{rate:.0%} a year, margin {margin:.0%}": settings}
    cases |= {
        f"horizon {other}": dataclasses.replace(settings, horizon=other)
        for other in ("26 weeks", "2 years", "5 years")
    }
    rates = (rate / 2, rate + 0.1)
    cases |= {
        f"discount rate {100 * other:.3g}%": dataclasses.replace(settings, discount_rate=other)
        for other in rates
    }
    rows = [equity(fit, spend, summary, **case.for_clv).iloc[0] for case in cases.values()]
    table = pd.DataFrame(rows, index=pd.Index(cases, name="assumption"))[["equity", "low", "high"]]
    return table.assign(chosen=[case is settings for case in cases.values()])


def _without_covariates(fit: AttritionFit) -> None:
    if isinstance(fit.model, WithCovariates):
        raise DomainError(
            f"{fit.model.name}: no single customer stands for all when rates depend on covariates. "
            "Fit the model without them for this question."
        )
