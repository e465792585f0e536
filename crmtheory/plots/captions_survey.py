"""What the figures of surveys, drivers and path models show, in words computed from the same tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmtheory.plots import marks, shapes
from crmtheory.wording import counted, listed


def reliability(table: pd.DataFrame, threshold: float = 0.7, simulated: bool = False) -> str:
    """For `survey.reliability`, with the same threshold."""
    parts = []
    for name, row in table.iterrows():
        if pd.isna(row["alpha"]):
            parts.append(f"{name} has one item and none" if row["items"] == 1 else f"{name} has none")
            continue
        text = f"{name} {marks.amount(row['alpha'], row['low'], row['high'])}"
        parts.append(f"{text}, omega {row['omega']:.2f}" if pd.notna(row["omega"]) else text)
    below = [str(name) for name in table.index[table["alpha"] < threshold]]
    line = f"the dashed line at {threshold:g}"
    weak = f" Below {line}: {listed(below)}." if below else f" No scale is below {line}."
    return marks.said(f"Cronbach's alpha of each scale: {'; '.join(parts)}.{weak}", simulated)


def item_table(table: pd.DataFrame, simulated: bool = False) -> str:
    known = table.dropna(subset=["item_rest"])
    text = (
        f"Correlation of each item with the rest of its scale, {counted(len(table), 'item')} in "
        f"{counted(table['construct'].nunique(), 'scale')}."
    )
    if len(known):
        low, high = known.iloc[known["item_rest"].argmin()], known.iloc[known["item_rest"].argmax()]
        text += f" Lowest: {low.name} {_number(low['item_rest'])}; highest: {high.name} {_number(high['item_rest'])}."
    weak = table[table["weak"].astype(bool)]
    if not len(weak):
        return marks.said(f"{text} No item weakens its scale.", simulated)
    names = listed([f"{name} ({row['construct']})" for name, row in weak.iterrows()])
    return marks.said(f"{text} Alpha rises without {names} (cross).", simulated)


def correlations(table: pd.DataFrame, simulated: bool = False) -> str:
    return marks.said(
        f"The correlation by several methods: {_each(shapes.named(table, 'method'))}.", simulated
    )


def importance(table: pd.DataFrame, simulated: bool = False) -> str:
    text = f"Share of the explained variance that each driver brings: {_each(table, 'share', parts=True)}."
    if "r_squared" in table.columns and len(table):
        text = (
            f"{text} Together they explain {table['r_squared'].iloc[0]:.0%} of the variance of the outcome."
        )
    return marks.said(text, simulated)


def importance_performance(table: pd.DataFrame, simulated: bool = False) -> str:
    """With a column `quadrant`, the drivers in each; else importance and performance of each."""
    start = "Importance of each driver (across) against its performance from 0 to 100 (upward)."
    if "quadrant" not in table.columns:
        rows = (
            f"{name} {_number(row['importance'])} and {row['performance']:.0f}"
            for name, row in table.iterrows()
        )
        return marks.said(f"{start} {'; '.join(rows)}.", simulated)
    parts = []
    for name, rows in table.groupby("quadrant", sort=False, observed=True):
        sure = rows["probability"] if "probability" in rows.columns else pd.Series(np.nan, rows.index)
        words = [
            f"{driver} ({chance:.0%} sure)" if np.isfinite(chance) else str(driver)
            for driver, chance in sure.items()
        ]
        parts.append(f"{str(name).capitalize()}: {listed(words)}.")
    return marks.said(f"{start} {' '.join(parts)}", simulated)


def quadrants(table: pd.DataFrame, simulated: bool = False) -> str:
    rows = (f"{name} {row['quadrant']} {row['probability']:.0%}" for name, row in table.iterrows())
    text = f"Probability that each driver lies in its quadrant: {', '.join(rows)}."
    return marks.said(text, simulated)


def penalty_reward(table: pd.DataFrame, simulated: bool = False) -> str:
    known = table.dropna(subset=["estimate"]).sort_values("estimate", ascending=False, kind="stable")
    rows = [
        f"{name} {_of(row, 'penalty')} and {_of(row, 'reward')} ({row['kind']})"
        for name, row in known.iterrows()
    ]
    text = (
        "What a low rating of each driver takes from the outcome and a high one adds, against a middling one"
    )
    text += f", sorted from what annoys to what delights: {'; '.join(rows)}." if rows else "."
    few = [str(name) for name in table.index[table["estimate"].isna()]]
    text += f" Too few low or high ratings for: {listed(few)}." if few else ""
    return marks.said(text, simulated)


def path_diagram(
    paths: pd.DataFrame, r_squared: pd.Series | pd.DataFrame | None = None, simulated: bool = False
) -> str:
    known = {"low", "high"} <= set(paths.columns)
    rows = (
        f"{row['from']} → {row['to']} "
        + (marks.amount(row["estimate"], row["low"], row["high"]) if known else _number(row["estimate"]))
        for _, row in paths.iterrows()
    )
    text = f"Path model with {counted(len(paths), 'arrow')}: {', '.join(rows)}."
    if known:
        unclear = int(((paths["low"] <= 0) & (paths["high"] >= 0)).sum())
        held = f"{counted(unclear, 'interval')} hold{'s' * (unclear == 1)} 0 (dashed)"
        text += f" {held if unclear else 'No interval holds 0'}."
    if r_squared is None:
        return marks.said(text, simulated)
    if isinstance(r_squared, pd.DataFrame):
        r_squared = r_squared["estimate" if "estimate" in r_squared.columns else r_squared.columns[0]]
    explained = ", ".join(f"{name} {value:.2f}" for name, value in r_squared.items() if value > 0)
    return marks.said(f"{text} R²: {explained}.", simulated)


def effects(
    total: pd.DataFrame,
    indirect: pd.DataFrame | None = None,
    simulated: bool = False,
    what: str = "Standardised total effects",
) -> str:
    parts = [f"{what}: {_arrows(total)}."]
    if indirect is not None:
        pairs = set(zip(total["from"], total["to"], strict=True))
        shown = [pair in pairs for pair in zip(indirect["from"], indirect["to"], strict=True)]
        parts.append(f"Of these through other constructs: {_arrows(indirect[shown])}.")
    return marks.said(" ".join(parts), simulated)


def htmt(table: pd.DataFrame, threshold: float = 0.9, simulated: bool = False) -> str:
    top = table.loc[table["estimate"].idxmax()]
    above = int((table["estimate"] > threshold).sum())
    number = marks.amount(top["estimate"], top.get("low", np.nan), top.get("high", np.nan))
    return marks.said(
        f"Heterotrait–monotrait ratios of {counted(len(table), 'pair')} of constructs. Highest: {top['first']} and "
        f"{top['second']} {number}. {above or 'None'} {'is' if above < 2 else 'are'} above {threshold:g}"
        f"{' (framed)' * bool(above)}.",
        simulated,
    )


def _each(table: pd.DataFrame, estimate: str = "estimate", parts: bool = False) -> str:
    """Name and estimate with interval of each row that has one."""
    form = marks.part if parts else marks.amount
    rows = table.dropna(subset=[estimate]).iterrows()
    return ", ".join(f"{name} {form(row[estimate], row['low'], row['high'])}" for name, row in rows)


def _arrows(table: pd.DataFrame) -> str:
    names = [f"{a} → {b}" for a, b in zip(table["from"], table["to"], strict=True)]
    return _each(table.set_axis(names, axis=0))


def _of(row: pd.Series, name: str) -> str:
    return marks.amount(row[name], row[f"{name}_low"], row[f"{name}_high"])


def _number(value: float) -> str:
    return marks.amount(value, np.nan, np.nan)
