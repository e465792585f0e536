"""What the figures of a chapter show, in words computed from the same tables: caption and alternative
text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd


def money(value: float, currency: str) -> str:
    """An amount as people write it: the minus sign first, no decimals from 100 on.

    >>> money(-1234.5, "$"), money(3.456, "€")
    ('−$1,234', '€3.46')
    """
    if not math.isfinite(value):
        return "unknown"
    sign = "−" if value < 0 else ""
    return f"{sign}{currency}{abs(value):,.{0 if abs(value) >= 100 else 2}f}"


def concentration(unequal: pd.DataFrame, whale: pd.DataFrame, profit: pd.Series, cost: str) -> str:
    """`unequal` has the rows top_share and share_needed of `concentration.with_interval`."""
    lost = f"{1 - whale['total'].iloc[-1]:.0%}" if whale["total"].iloc[-1] > 0 else "all"
    rows = unequal.set_index("statistic")
    top, needed = rows.loc["top_share"], rows.loc["share_needed"]
    return (
        f"Left: share of revenue held by the largest customers. The top {top['at']:.0%} bring "
        f"{top['estimate']:.1%} [{top['low']:.1%}, {top['high']:.1%}]; {needed['at']:.0%} of revenue needs the "
        f"top {needed['estimate']:.1%}. Right: cumulative profit if {cost}. The dot is its peak, "
        f"all that profitable customers earned; the others take {lost} of it away again. "
        f"{(profit < 0).mean():.0%} of customers have not paid their costs back yet."
    )


def spend_by_frequency(groups: pd.DataFrame, correlation: object, currency: str) -> str:
    """`correlation` is the verdict on VAL-5."""
    low, high = (money(value, currency) for value in (groups["median"].min(), groups["median"].max()))
    text = (
        "Spend per purchase by number of repeat purchases. The median of the groups lies between "
        f"{low} and {high}."
    )
    if correlation.theta is None:  # type: ignore[attr-defined]
        return text
    rho = f"{correlation.theta:.2f} [{correlation.low:.2f}, {correlation.high:.2f}]"  # type: ignore[attr-defined]
    return f"{text} The rank correlation of frequency and spend is {rho} (0: none, 1: perfect)."


def timing(shape: pd.Series, words: str) -> str:
    return (
        f"Where the middle one of three successive purchases falls, {shape['customers']:,.0f} customers. "
        f"Shape {shape['shape']:.2f} [{shape['low']:.2f}, {shape['high']:.2f}]: {words}."
    )


def cohorts(table: pd.DataFrame, days: int, words: str) -> str:
    return (
        f"Repeat purchases per customer in the first {days} days, by month of the first purchase "
        f"({len(table)} months): between {table['mean'].min():.2f} and {table['mean'].max():.2f}. {words}"
    )


def by_frequency(table: pd.DataFrame, best: str) -> str:
    first = table.iloc[0]
    return (
        "Mean purchases in the holdout by earlier repeat purchases. Customers without any made "
        f"{first['actual']:.2f}; {best} expected {first[best]:.2f}."
    )


def calibration(table: pd.DataFrame) -> str:
    low, high = table["predicted"] < table["low"], table["predicted"] > table["high"]
    return (
        f"Predicted against actual purchases in {len(table)} groups by prediction, both axes by powers of ten. "
        f"{(~low & ~high).sum()} predictions lie within the interval of what happened, {low.sum()} are too low, "
        f"{high.sum()} too high; about 1 in 20 would miss by chance."
    )


def tracking(table: pd.DataFrame, best: str, split: float, unit: str) -> str:
    end = table.dropna().iloc[-1]
    band = table.dropna()
    outside = ((band["actual"] < band["low"]) | (band["actual"] > band["high"])).sum()
    return (
        f"Repeat purchases so far, {unit} by {unit}, split after {split:.0f} {unit}s. At the end {end['actual']:,.0f} "
        f"were counted; {best} expected {end['expected']:,.0f} [{end['low']:,.0f}, {end['high']:,.0f}]. After "
        f"the split the count is outside the band in {outside} of {len(band)} {unit}s."
    )


def alive(grid: pd.DataFrame, p_alive: pd.Series, age: float, unit: str) -> str:
    return (
        f"P(alive) of a customer watched for {age:.0f} {unit}s, by repeat purchases ({grid.columns[0]} to "
        f"{grid.columns[-1]}) and {unit}s of silence. Of all {len(p_alive):,} customers, {(p_alive >= 0.9).sum():,} "
        f"are alive with 90% or more, {(p_alive < 0.1).sum():,} with less than 10%."
    )


def ranking(table: pd.DataFrame, currency: str, horizon: str) -> str:
    top = table.nlargest(1, "clv").iloc[0]
    value, low, high = (money(top[column], currency) for column in ("clv", "clv_low", "clv_high"))
    return (
        "The fifteen most valuable customers, with the interval of the model's mean. "
        f"The first is worth {value} [{low}, {high}] {horizon}."
    )


def capture(held: Mapping[str, float]) -> str:
    """`held` gives, for each ranking, the share of holdout revenue that its top 20% brought."""
    shares = ", ".join(f"{name} {share:.1%}" for name, share in held.items())
    return f"Share of holdout revenue brought by the best-ranked customers. The top 20%: {shares}."


def paying_back(path: pd.DataFrame, cost: str, words: str, currency: str) -> str:
    start, end = (money(path["value"].iloc[i], currency) for i in (0, -1))
    return (
        f"Value of a new customer, month by month, if {cost}: {start} after the first purchase, {end} after "
        f"{path.index[-1]} months. {words}"
    )


def sensitivity(table: pd.DataFrame, currency: str) -> str:
    low, high = (money(value, currency) for value in (table["equity"].min(), table["equity"].max()))
    return (
        f"Customer equity under other horizons and discount rates, between {low} and {high}. "
        "The diamond is the choice in force."
    )
