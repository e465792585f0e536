"""What the figures of value to the customer show, in words computed from the same tables."""

from __future__ import annotations

import pandas as pd

from crmtheory.plots import shapes
from crmtheory.wording import listed


def effects(parts: pd.DataFrame, ways: pd.DataFrame) -> str:
    """For `perceived.effects` with the same tables."""
    both = [f"{name} {_interval(parts.loc[name])}" for name in ("benefit", "cost") if name in parts.index]
    read = [f"{name} {_interval(row)}" for name, row in ways.iterrows() if pd.notna(row["estimate"])]
    none = [str(name) for name, row in ways.iterrows() if pd.isna(row["estimate"])]
    text = f"Standardised coefficients on satisfaction, {ways['n'].iloc[0]:,} respondents. "
    text += f"In one regression: {listed(both)}. Value alone: {listed(read)}."
    return f"{text} Nothing is left of value when {listed(none)}." if none else text


def value_map(table: pd.DataFrame) -> str:
    """For `perceived.value_map`."""
    rows = [
        f"{name} {_interval(row, 'ratio')} ({row['position']})"
        for name, row in table.sort_values("ratio", ascending=False).iterrows()
    ]
    return (
        "Relative quality against relative price; right of and below the dashed line people get more than "
        f"they pay for. V = Q/P: {listed(rows)}."
    )


def elasticities(table: pd.DataFrame, mean: pd.DataFrame) -> str:
    """For `perceived.elasticities` with the same tables."""
    rows = [f"{name} {-row['own']:.2f}" for name, row in table.iterrows()]
    return (
        f"Minus the own-price elasticity, {table['choices'].iloc[0]:,} choices: {listed(rows)}. Mean by share of "
        f"choices: {_interval(mean.iloc[0])}."
    )


def _interval(row: pd.Series, estimate: str = "estimate") -> str:
    return shapes.interval(float(row[estimate]), float(row["low"]), float(row["high"]))
