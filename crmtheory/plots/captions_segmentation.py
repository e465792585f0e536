"""What the figures of segmentation show, in words computed from the same tables: caption and alternative text."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmtheory.plots import shapes
from crmtheory.plots.captions import money


def lorenz(point: pd.Series) -> str:
    """`point` is the row of `concentration.with_interval("share_needed", …)` that `concentration.lorenz` shows."""
    x, low, high = (f"{point[name]:.1%}" for name in ("estimate", "low", "high"))
    return (
        f"Lorenz curve of revenue, smallest customers first. The top {x} [{low}, {high}] of {point['n']:,.0f} "
        f"customers bring {point['at']:.0%}; by the rule it would be 20% (diamond)."
    )


def concentration_by_year(table: pd.DataFrame, share: float = 0.2) -> str:
    """For `concentration.stability`."""
    rows = (
        f"{year} {row['estimate']:.1%} [{row['low']:.1%}, {row['high']:.1%}]"
        for year, row in table.iterrows()
    )
    return f"Share of revenue held by the top {share:.0%} (dashed: 80%): {', '.join(rows)}."


def rfm_heatmap(grid: pd.DataFrame, what: str = "revenue", currency: str = "") -> str:
    """For `segmentation.rfm_heatmap`, with the same `what` and `currency`."""
    cells = grid.stack().dropna()
    blank = int(grid.isna().to_numpy().sum())
    names = {
        "revenue": "Revenue per customer",
        "later revenue": "Later revenue per customer",
        "customers": "Number of customers",
        "purchases": "Purchases per customer",
        "share": "Share of customers",
        "later": "Share who buy later",
    }[what]
    text = f"{names} by recency score (rows, 5 on top) and frequency score (columns)."
    if not len(cells):
        return f"{text} All cells are blank."

    def word(value: float) -> str:
        if what.endswith("revenue"):
            return money(value, currency)
        return (
            f"{value:,.0f}"
            if what == "customers"
            else f"{value:.2f}"
            if what == "purchases"
            else f"{value:.1%}"
        )

    (r, f), (s, g) = cells.idxmax(), cells.idxmin()
    text += f" Highest: {word(cells.max())} at R {r}, F {f}. Lowest: {word(cells.min())} at R {s}, F {g}."
    return f"{text} {blank} cell{'s are' if blank != 1 else ' is'} blank." if blank else text


def class_shares(table: pd.DataFrame) -> str:
    words = {"share_of_total": "of value", "share_of_later": "of later value"}
    shown = [name for name in words if name in table.columns]
    rows = (
        f"{name} {row['share']:.0%} of customers, "
        + ", ".join(f"{row[column]:.0%} {words[column]}" for column in shown if pd.notna(row[column]))
        for name, row in shapes.named(table, "class").iterrows()
    )
    return f"Share of customers beside share of value, by class. {'; '.join(rows)}."


def activity(table: pd.DataFrame) -> str:
    parts = []
    for rule, rows in table.dropna(subset=["share"]).groupby("rule", sort=False, observed=True):
        each = (
            f"{row['class']} {row['share']:.1%} [{row['low']:.1%}, {row['high']:.1%}] of {row['customers']:,.0f}"
            for _, row in rows.iterrows()
        )
        parts.append(f"By {rule}: {', '.join(each)}.")
    return " ".join(["Share of customers who bought later, by class.", *parts])


def later_value(table: pd.DataFrame, currency: str) -> str:
    rows = (
        f"{name} {_amount(row['mean'], row, currency)} ({row['customers']:,.0f} customers)"
        for name, row in shapes.named(table, "class").dropna(subset=["mean"]).iterrows()
    )
    return f"Mean later revenue per customer, with 95% intervals: {', '.join(rows)}."


def policy(table: pd.DataFrame, currency: str) -> str:
    rows = (
        f"{name} {_amount(row['profit'], row, currency)}"
        for name, row in shapes.named(table, "policy").dropna(subset=["profit"]).iterrows()
    )
    return f"Profit per customer of each policy: {', '.join(rows)}."


def policy_gain(gain: pd.DataFrame, currency: str) -> str:
    row = gain.iloc[0]
    return (
        f"Profit per customer on the half that judges ({row['n']:,.0f} customers). The best treatment for all, "
        f'"{row["treatment"]}", brings {money(row["uniform"], currency)}; one for each class '
        f"{money(row['by_class'], currency)}. The gain is {_amount(row['estimate'], row, currency)}."
    )


def treatments(table: pd.DataFrame, currency: str) -> str:
    chosen = table[table["chosen"].astype(bool)]
    rows = (
        f"{row['class']}: {row['treatment']} {money(row['profit'], currency)}" for _, row in chosen.iterrows()
    )
    return f"Profit per customer of every treatment in every class. Chosen (framed): {', '.join(rows)}."


def criteria(table: pd.DataFrame) -> str:
    """The number of groups each criterion of `groups.criteria` prefers."""
    best = {
        "silhouette": "idxmax",
        "calinski_harabasz": "idxmax",
        "stability": "idxmax",
        "gap": "idxmax",
        "bic": "idxmin",
        "aic": "idxmin",
        "davies_bouldin": "idxmin",
    }
    names = {
        "bic": "BIC",
        "aic": "AIC",
        "calinski_harabasz": "Calinski–Harabasz",
        "davies_bouldin": "Davies–Bouldin",
    }
    rows = shapes.checked(table, ("clusters",), "criteria").reset_index(drop=True)
    parts = []
    for column, choose in best.items():
        if column in rows.columns and rows[column].notna().any():
            row = rows.loc[getattr(rows[column], choose)()]
            method = f" ({row['method']})" if "method" in rows.columns else ""
            parts.append(f"{names.get(column, column)} {row['clusters']:g}{method}")
    numbers = rows["clusters"]
    return (
        f"Criteria for {numbers.min():g} to {numbers.max():g} groups. Number of groups each likes best: "
        f"{', '.join(parts) or 'none'}."
    )


def stability(table: pd.DataFrame, reference: pd.DataFrame | None = None, threshold: float = 0.6) -> str:
    top = table.loc[table["ari"].idxmax()]
    reach = int((table["low"] >= threshold).sum())
    text = (
        f"Adjusted Rand index of the groups of resamples, for {table['clusters'].min():g} to "
        f"{table['clusters'].max():g} groups. Highest: {shapes.interval(top['ari'], top['low'], top['high'])} with "
        f"{top['clusters']:g} groups ({top['method']}). {reach} of {len(table)} intervals "
        f"{'lies' if reach == 1 else 'lie'} above {threshold:g}."
    )
    if reference is None or not len(reference):
        return text
    chance = reference.loc[reference["ari"].idxmax()]
    found = shapes.interval(chance["ari"], chance["low"], chance["high"])
    return f"{text} Data without groups reach {found} at most."


def profile(table: pd.DataFrame, points: bool = True) -> str:
    """For `groups.profile`: the variable that sets each group apart most."""
    segments = list(dict.fromkeys(table["segment"]))
    clear = (table["low"] > table["overall"]) | (table["high"] < table["overall"])
    each = []
    for name in segments:
        rows = table[(table["segment"] == name) & table["difference"].notna()]
        if len(rows):
            row = rows.loc[rows["difference"].abs().idxmax()]
            size = f"{100 * row['difference']:+.0f} points" if points else f"{row['difference']:+.2f}"
            each.append(f"{name}: {row['variable']} {size.replace('-', '−')}")
    share = float(np.mean(clear)) if len(table) else 0.0
    return (
        f"Means of {table['variable'].nunique()} variables in {len(segments)} groups against all customers; in "
        f"{share:.0%} of cells the interval leaves out the overall mean (the others are grey). "
        f"Furthest from it, {'; '.join(each)}."
    )


def _amount(value: float, row: pd.Series, currency: str) -> str:
    if pd.isna(row["low"]):
        return money(value, currency)
    return f"{money(value, currency)} [{money(row['low'], currency)}, {money(row['high'], currency)}]"
