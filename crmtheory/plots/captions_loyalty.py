"""What the figures of loyalty, programmes and tests show, in words computed from the same tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmtheory.plots import marks, shapes
from crmtheory.plots.captions import money
from crmtheory.plots.programme import called, without_noise
from crmtheory.wording import counted, listed

SHAPES = {
    "linear": "a line",
    "diminishing": "diminishing",
    "only complete": "only complete satisfaction counts",
}


def link(
    levels: pd.DataFrame, curves: pd.DataFrame | None = None, best: str | None = None, simulated: bool = False
) -> str:
    """For `loyalty.link`: the first and the last level, and the shape that fits best."""
    text = f"Mean recommendation by satisfaction, with 95% intervals: {_levels(levels)}."
    if curves is not None:
        names = [SHAPES.get(str(name), str(name)) for name in dict.fromkeys(curves["shape"])]
        text += f" Fitted: {', '.join(names)}."
    return marks.said(f"{text} Fits best: {SHAPES.get(best, best)}." if best else text, simulated)


def promoters(levels: pd.DataFrame, simulated: bool = False) -> str:
    text = f"Share who recommend by satisfaction, with 95% intervals: {_levels(levels, parts=True)}."
    return marks.said(text, simulated)


def kinds(table: pd.DataFrame, currency: str = "", simulated: bool = False) -> str:
    worth = "value" in table.columns
    rows = (
        f"{name} {marks.part(row['share'], row['low'], row['high'])}"
        + (f", {money(row['value'], currency)} per customer" if worth and pd.notna(row["value"]) else "")
        for name, row in table.iterrows()
    )
    return marks.said(
        f"Kinds of loyalty by attitude and repeat buying, share of customers: {'; '.join(rows)}.", simulated
    )


def switching(table: pd.DataFrame, simulated: bool = False) -> str:
    """The brands that keep most and fewest, and the likeliest move to another one."""
    known = table.dropna(subset=["probability"])
    stay = known[known["from"].astype(str) == known["to"].astype(str)]
    move = known[known["from"].astype(str) != known["to"].astype(str)]
    parts = ["Probability of each brand at the next purchase, by the brand before."]
    if len(stay):
        most, least = (stay.loc[getattr(stay["probability"], f)()] for f in ("idxmax", "idxmin"))
        parts.append(f"Most stay with {most['from']}, {_move(most)}")
        parts[-1] += f"; fewest with {least['from']}, {_move(least)}." if len(stay) > 1 else "."
    if len(move):
        top = move.loc[move["probability"].idxmax()]
        parts.append(f"The likeliest switch: {top['from']} to {top['to']}, {_move(top)}.")
    return marks.said(" ".join(parts), simulated)


def repurchase(table: pd.DataFrame, difference: pd.DataFrame | None = None, simulated: bool = False) -> str:
    names = {"top": "the most loyal before", "rest": "the others"}
    rows = (
        f"{names.get(str(name), name)} {marks.part(row['share'], row['low'], row['high'])} of {row['customers']:,.0f}"
        for name, row in table.iterrows()
    )
    text = f"Share who bought again: {', '.join(rows)}."
    if difference is not None and len(difference):
        row = difference.iloc[0]
        text += f" Difference: {_points(row)}."
    return marks.said(text, simulated)


def intention(
    studies: pd.DataFrame,
    medians: pd.DataFrame | None = None,
    by: str = "group",
    value: str = "estimate",
    simulated: bool = False,
) -> str:
    """With `medians`, the median of each group; else the median of all studies is not said, only their range."""
    known = studies[value].dropna()
    text = (
        f"Correlation of satisfaction with what customers intend or do, in {_studies(len(known))}, "
        f"from {_number(known.min())} to {_number(known.max())}."
    )
    if medians is None:
        return marks.said(text, simulated)
    rows = (f"{name} {_amount(row)}" for name, row in medians.iterrows())
    return marks.said(f"{text} Medians: {', '.join(rows)}.", simulated)


def programme(table: pd.DataFrame, currency: str = "", simulated: bool = False) -> str:
    rows = (
        f"{name} {row['share']:.0%} of members, "
        + (f"{row['cost_share']:.0%} of cost" if pd.notna(row["cost_share"]) else "cost")
        + f" ({money(row['cost'], currency)})"
        for name, row in table.iterrows()
    )
    return marks.said(f"Members and cost of the programme by tier: {'; '.join(rows)}.", simulated)


def event_study(table: pd.DataFrame, unit: str = "period", simulated: bool = False) -> str:
    """Before joining, the intervals that leave out 0 are counted; after it, the estimates are named."""
    table = without_noise(table.sort_index())
    place = table.index.to_numpy(float)
    before = table[
        (place < 0) & (table["high"] > table["low"])
    ]  # the period that others are compared with has none
    off = int(((before["low"] > 0) | (before["high"] < 0)).sum())
    after = table[place >= 0]
    # Each number is rounded by the size of its own interval: beside limits of ±0.2, 0.000002 is 0.
    shown = [without_noise(after.iloc[[at]], 1e-3).iloc[0] for at in range(len(after))]
    rows = ", ".join(f"{row.name:g}: {_amount(row)}" for row in shown)
    start = f"Purchases per {unit} of members against others, by {unit} since joining (dashed line)."
    if not len(before):
        found = "there is no interval"
    elif len(before) == 1:
        found = f"the only interval {'leaves out' if off else 'holds'} 0"
    else:
        found = f"{off or 'none'} of {counted(len(before), 'interval')} leave{'s' * (off < 2)} out 0"
    return marks.said(f"{start} Before it, {found}{f'; after it, {rows}' * bool(rows)}.", simulated)


def naive_against_did(
    table: pd.DataFrame, truth: float | None = None, unit: str = "period", simulated: bool = False
) -> str:
    rows = (f"{name} {_amount(row)}" for name, row in shapes.named(table, "method").iterrows())
    text = f"Effect of the programme on purchases per {unit}: {', '.join(rows)}."
    return marks.said(text if truth is None else f"{text} The truth is {_number(truth)} (dashed).", simulated)


def ab(table: pd.DataFrame, simulated: bool = False) -> str:
    rows = (
        f"{name} {_points(row)} ({row['treated']:.1%} against {row['control']:.1%})"
        for name, row in called(table).iterrows()
    )
    return marks.said(f"Difference between treated and control: {'; '.join(rows)}.", simulated)


def ab_power(table: pd.DataFrame, wanted: float = 0.8, simulated: bool = False) -> str:
    """For each difference, the smallest of the sizes drawn that reaches the power wanted."""
    parts, never = [], []
    for difference, rows in table.groupby("difference", sort=True):
        enough = rows.loc[rows["power"] >= wanted, "size"]
        name = f"{float(difference):+.1%}".replace("-", "−")
        if len(enough):
            parts.append(f"{name} with {enough.min():,.0f}")
        else:
            never.append(name)
    text = f"Power of the test by customers per group. {wanted:.0%} (dotted) is reached for a true difference of "
    reached = ", ".join(parts) if parts else "none"
    missed = f"; not for {listed(never)}" if never and parts else ""
    return marks.said(f"{text}{reached}{missed}.", simulated)


def _studies(number: int) -> str:
    return "1 published study" if number == 1 else f"{number:,} published studies"


def _levels(levels: pd.DataFrame, parts: bool = False) -> str:
    form = marks.part if parts else marks.amount
    rows = levels.dropna(subset=["estimate"]).iterrows()
    return ", ".join(f"{name:g}: {form(row['estimate'], row['low'], row['high'])}" for name, row in rows)


def _move(row: pd.Series) -> str:
    return marks.part(row["probability"], row["low"], row["high"])


def _points(row: pd.Series) -> str:
    """A difference of shares in percentage points."""
    estimate, low, high = (100 * row[name] for name in ("estimate", "low", "high"))
    return f"{marks.amount(estimate, low, high, 1)} points"


def _amount(row: pd.Series) -> str:
    return marks.amount(row["estimate"], row["low"], row["high"])


def _number(value: float) -> str:
    return marks.amount(value, np.nan, np.nan)
