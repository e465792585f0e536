"""What the figures of relationship marketing show, in words computed from the same tables."""

from __future__ import annotations

import pandas as pd

from crmtheory.plots import marks, shapes
from crmtheory.plots.captions import money


def kinds_table(table: pd.DataFrame, currency: str = "", simulated: bool = False) -> str:
    rows = (
        f"{name} {marks.part(row['share'], row['low'], row['high'])} of customers, {_share(row['revenue_share'])} of "
        "revenue" + (f", {money(row['mean'], currency)} per customer" if pd.notna(row["mean"]) else "")
        for name, row in table.iterrows()
    )
    return marks.said(f"Kinds of relationship: {'; '.join(rows)}.", simulated)


def investment(table: pd.DataFrame, currency: str = "", simulated: bool = False) -> str:
    rows = (
        f"{name} {marks.part(row['gain'], row['low'], row['high'])}, keeping {money(row['kept'], currency)}"
        for name, row in table.iterrows()
    )
    return marks.said(f"Gain over equal shares of the budget, by rule: {'; '.join(rows)}.", simulated)


def budget_curve(table: pd.DataFrame, currency: str = "", what: str = "gain", simulated: bool = False) -> str:
    """For `investment.budget_curve`: each rule with the smallest and the largest budget."""
    parts = []
    for rule, rows in table.groupby("rule", sort=False, observed=True):
        ends = rows.sort_values("budget")[what].iloc[[0, -1]]
        first, last = (_share(value, 1) if what == "gain" else money(value, currency) for value in ends)
        parts.append(f"{rule} from {first} to {last}")
    low, high = (money(value, currency) for value in (table["budget"].min(), table["budget"].max()))
    start = "Gain over equal shares" if what == "gain" else "Value kept"
    return marks.said(f"{start} with budgets from {low} to {high}: {', '.join(parts)}.", simulated)


def response_curve(
    table: pd.DataFrame,
    currency: str = "",
    x: str = "spend",
    y: str = "keep",
    by: str | None = None,
    simulated: bool = False,
) -> str:
    parts = []
    for name in dict.fromkeys(table[by]) if by else [None]:
        rows = (table if name is None else table[table[by] == name]).sort_values(x)
        first, last = rows.iloc[0], rows.iloc[-1]
        each = f"from {first[y]:.0%} with {money(first[x], currency)} to {last[y]:.0%} with {money(last[x], currency)}"
        parts.append(each if name is None else f"{name} {each}")
    text = f"Assumed share of a customer's value that is kept, by what is spent on the customer: {'; '.join(parts)}."
    return marks.said(text, simulated)


def tenure_bands(table: pd.DataFrame, currency: str = "", simulated: bool = False) -> str:
    table = shapes.checked(table, ("denominator", "band", "mean", "low", "high"), "tenure_bands")
    parts = []
    for name, rows in table.groupby("denominator", sort=False, observed=True):
        each = (
            f"{row['band']} {_money(row, 'mean', currency)}"
            for _, row in rows.dropna(subset=["mean"]).iterrows()
        )
        parts.append(f"Over {name}: {', '.join(each)}.")
    return marks.said(f"Revenue per month by tenure, with 95% intervals. {' '.join(parts)}", simulated)


def contact_gaps(table: pd.DataFrame, currency: str = "", simulated: bool = False) -> str:
    worth = "value" in table.columns
    rows = (
        f"{name} {_share(row['share'])} ({row['customers']:,.0f} customers"
        + (f", {money(row['value'], currency)})" if worth and pd.notna(row["value"]) else ")")
        for name, row in table.iterrows()
    )
    return marks.said(f"Time since the last contact: {', '.join(rows)}.", simulated)


def hits(table: pd.DataFrame, what: str = "hit", simulated: bool = False) -> str:
    """For `relationship.hits`, with the same `what`."""
    value = "hit_rate" if what == "hit" else what
    columns = ("method", "items", value, f"{what}_low", f"{what}_high")
    table = shapes.checked(table, columns, "hits")
    parts = []
    for items, rows in table.groupby("items", sort=False, observed=True):
        each = (
            f"{row['method']} {marks.part(row[value], row[f'{what}_low'], row[f'{what}_high'])}"
            for _, row in rows.dropna(subset=[value]).iterrows()
        )
        parts.append(f"{items} items: {', '.join(each)}")
    start = (
        "Customers for whom a recommendation was right"
        if what == "hit"
        else "Recommendations that were right"
    )
    return marks.said(f"{start}, with 95% intervals; {'; '.join(parts)}.", simulated)


def mediation(table: pd.DataFrame, source: str, through: str, target: str, simulated: bool = False) -> str:
    rows = (
        f"{name} {marks.amount(row['estimate'], row['low'], row['high'])}"
        for name, row in table.reindex(["direct", "indirect", "total"]).iterrows()
    )
    return marks.said(
        f"Standardised effects of {source} on {target}, straight (direct) and through {through} (indirect): "
        f"{', '.join(rows)}.",
        simulated,
    )


def by_channel(table: pd.DataFrame, simulated: bool = False) -> str:
    known = "revenue_share" in table.columns
    rows = (
        f"{name} {_share(row['share'])} of purchases"
        + (f", {_share(row['revenue_share'])} of revenue" if known and pd.notna(row["revenue_share"]) else "")
        + f" ({row['customers']:,.0f} customers)"
        for name, row in table.iterrows()
    )
    return marks.said(f"Purchases by channel: {'; '.join(rows)}.", simulated)


def _share(value: float, decimals: int = 0) -> str:
    return marks.signed(f"{value:.{decimals}%}") if pd.notna(value) else "an unknown part"


def _money(row: pd.Series, name: str, currency: str) -> str:
    if pd.isna(row["low"]):
        return money(row[name], currency)
    return f"{money(row[name], currency)} [{money(row['low'], currency)}, {money(row['high'], currency)}]"
