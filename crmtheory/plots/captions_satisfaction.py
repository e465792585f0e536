"""What the figures of satisfaction show, in words computed from the same tables: caption and alternative text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crmtheory.plots import marks, shapes
from crmtheory.wording import counted, listed


def nps_bars(table: pd.DataFrame, simulated: bool = False) -> str:
    rows = (
        f"{name} {marks.amount(row['estimate'], row['low'], row['high'], 0)} from {row['promoters']:.0%} promoters "
        f"and {row['detractors']:.0%} detractors of {row['n']:,.0f}"
        for name, row in table.iterrows()
    )
    return marks.said(f"Net promoter score in points, with 95% intervals: {'; '.join(rows)}.", simulated)


def distribution(shares: pd.DataFrame, simulated: bool = False) -> str:
    first, last = shares.columns[0], shares.columns[-1]
    rows = (f"{name} {row[last]:.0%} and {row[first]:.0%}" for name, row in shares.iterrows())
    return marks.said(
        f"Ratings from {first} (orange) to {last} (violet) in each group. Share of the highest and of the lowest: "
        f"{', '.join(rows)}.",
        simulated,
    )


def csat(table: pd.DataFrame, what: str = "mean", simulated: bool = False) -> str:
    """For `satisfaction.csat`, with the same `what`."""
    form = marks.part if what == "top" else marks.amount
    rows = (
        f"{name} {form(row['estimate'], row['low'], row['high'])} of {row['n']:,.0f}"
        for name, row in table.dropna(subset=["estimate"]).iterrows()
    )
    start = "Share of satisfied customers" if what == "top" else "Mean rating"
    return marks.said(f"{start}, with 95% intervals: {', '.join(rows)}.", simulated)


def gaps(table: pd.DataFrame, simulated: bool = False) -> str:
    rows = (
        f"{name} {row['perception']:.2f} against {row['expectation']:.2f}, gap {_amount(row)}"
        for name, row in table.iterrows()
    )
    below = [str(name) for name in table.index[table["high"] < 0]]
    end = (
        f" Clearly below expectations: {listed(below)}."
        if below
        else " No dimension is clearly below expectations."
    )
    return marks.said(
        f"Perception against expectation by dimension, with 95% intervals of the gap: {'; '.join(rows)}.{end}",
        simulated,
    )


def kano_map(table: pd.DataFrame, simulated: bool = False) -> str:
    parts = []
    for name, rows in table.groupby("category", sort=False, observed=True):
        pairs = [f"({row['better']:.2f}, {row['worse']:.2f})".replace("-", "−") for _, row in rows.iterrows()]
        features = [f"{feature} {pair}" for feature, pair in zip(rows.index, pairs, strict=True)]
        parts.append(f"{str(name).replace('_', '-')}: {', '.join(features)}")
    text = f"What features give if they are there (better) and cost if they are missing (worse). {'; '.join(parts)}."
    if "clear" in table.columns and not table["clear"].all():
        unclear = [str(name) for name in table.index[~table["clear"].astype(bool)]]
        text += f" Not clear: {listed(unclear)}."
    return marks.said(text, simulated)


def two_periods(table: pd.DataFrame, simulated: bool = False) -> str:
    parts = []
    for name in ("rose", "fell"):
        rows = table[table["direction"] == name].sort_values(
            "estimate", ascending=name == "fell", kind="stable"
        )
        if len(rows):
            each = ", ".join(f"{item} {_amount(row)}" for item, row in rows.iterrows())
            parts.append(f"{name.capitalize()}: {each}.")
    asked = table[table["direction"] != "not asked twice"]
    same = int((asked["direction"] == "no clear change").sum())
    rest = f"{same} of {counted(len(asked), 'item')} {'shows' if same == 1 else 'show'} no clear change."
    return marks.said(
        " ".join(["Change of mean ratings from one period to the next, with 95% intervals.", *parts, rest]),
        simulated,
    )


def comments(table: pd.DataFrame, simulated: bool = False) -> str:
    there = table[table["comments"] > 0]
    if not len(there):
        return marks.said("No comment names a theme of the list.", simulated)
    rows = []
    for name, row in there.iterrows():
        text = f"{name} {marks.part(row['share'], row['low'], row['high'])}"
        tone = f", tone {row['tone']:+.2f}".replace("-", "−") if pd.notna(row["tone"]) else ", no tone word"
        rows.append(text + tone)
    return marks.said(
        f"Share of comments on each theme, and their tone from −1 (orange) to 1 (violet): {'; '.join(rows)}.",
        simulated,
    )


def sample_size(
    table: pd.DataFrame, unit: str = "points", at: Sequence[float] = (), simulated: bool = False
) -> str:
    """The smallest and the largest difference; with answers at hand, the smallest difference that they show."""
    names = list(dict.fromkeys(table["measure"])) if "measure" in table.columns else [None]
    parts = []
    for name in names:
        rows = table if name is None else table[table["measure"] == name]
        rows = rows.sort_values("difference", key=lambda values: values.abs())
        ends = [rows.iloc[0], rows.iloc[-1]][: len(rows)]
        each = " and ".join(f"{row['answers']:,.0f} for {_plain(row['difference'])}" for row in ends)
        parts.append(f"{name} {each}" if name is not None else each)
        for number in at:
            seen = rows.loc[rows["answers"] <= number, "difference"]
            found = _plain(seen.iloc[0]) if len(seen) else "none of these"
            parts.append(f"{shapes.counted(number)} answers show {found}")
    return marks.said(
        f"Answers needed per period to see a difference, in {unit}: {'; '.join(parts)}.", simulated
    )


def _amount(row: pd.Series) -> str:
    return marks.amount(row["estimate"], row["low"], row["high"])


def _plain(value: float) -> str:
    return f"{value:g}".replace("-", "−") if np.isfinite(value) else "–"
