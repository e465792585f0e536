"""Figures of an evaluation: how well each model and each rule predicted, origin by origin and over all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from crmtheory.errors import SchemaError, unknown
from crmtheory.plots.labels import label
from crmtheory.plots.style import BLUE, GREY, INK, axes

SHOWN = ("RMSE", "top-decile lift", "log score")
NEUTRAL = {"bias": 0.0, "rank correlation": 0.0, "top-decile lift": 1.0, "calibration error": 0.0}
MARKERS = ("o", "s", "^", "v", "P", "X")
STRIPE = 0.66  # part of a row over which its origins are spread


def scores(table: pd.DataFrame, measures: Sequence[str] = SHOWN, lang: str = "en") -> tuple[Axes, ...]:
    """Several measures side by side on one new figure, with one legend below.

    Parameters
    ----------
    table : `evaluation.evaluate(…).table`; measures : which of them, by default RMSE, top-decile lift and log score

    Returns
    -------
    one Axes a measure; they share the predictions on the left
    """
    rows = table["prediction"].nunique()
    figure = Figure(figsize=(1.6 + 2.7 * len(measures), 1.5 + 0.42 * rows), layout="constrained")
    panels = figure.subplots(1, len(measures), sharey=True, squeeze=False)[0]
    for ax, measure in zip(panels, measures, strict=True):
        score(table, measure, ax, lang)
    figure.legend(handles=_handles(table, lang), loc="outside lower center", ncols=6, frameon=False)
    return tuple(panels)


def score(table: pd.DataFrame, measure: str = "RMSE", ax: Axes | None = None, lang: str = "en") -> Axes:
    """One measure of every prediction: each origin, from the earliest down, and all of them together, with intervals.

    Models are blue and rules of thumb grey. On a new figure there is a legend below.

    Raises
    ------
    SchemaError : the table has no such measure
    """
    if measure not in set(table["measure"]):
        raise SchemaError(unknown("measure", measure, dict.fromkeys(table["measure"])))
    names, days, rules = list(dict.fromkeys(table["prediction"])), _origins(table), _rules(table)
    new, ax = ax is None, axes(ax, height=1.7 + 0.42 * len(names))
    rows = table[(table["measure"] == measure) & table["estimate"].notna()].set_index(
        ["prediction", "origin"]
    )
    if measure in NEUTRAL:
        ax.axvline(NEUTRAL[measure], color=INK, linestyle="--", linewidth=1)
    for place, name in enumerate(names):
        colour = GREY if name in rules else BLUE
        if place:
            ax.axhline(place - 0.5, color="#e6e6e6", linewidth=0.6, zorder=0)
        there = [day for day in (*days, "all") if (name, day) in rows.index]
        for day in there:
            step = len(days) if day == "all" else days.index(day)
            height, row = place + STRIPE * (step / len(days) - 0.5), rows.loc[(name, day)]
            width = 2.6 if day == "all" else 1.0
            ax.plot([row["low"], row["high"]], [height] * 2, color=colour, linewidth=width)
            ax.plot(row["estimate"], height, color=colour, linestyle="none", **_form(day, days))
        if not there:
            text = label("no probabilities" if name in rules and measure == "log score" else "nothing", lang)
            middle = ax.get_yaxis_transform()  # wherever the axis of the measure ends
            ax.text(0.5, place, text, transform=middle, color="#6b6b6b", fontsize=8, ha="center", va="center")
    ax.set_yticks(range(len(names)), names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(False, axis="y")
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(label(measure, lang))
    if new:
        ax.figure.legend(handles=_handles(table, lang), loc="outside lower center", ncols=3, frameon=False)
    return ax


def caption(table: pd.DataFrame, gain: pd.DataFrame, horizon: str, level: float = 0.95) -> str:
    """Caption and alternative text of `scores`, computed from the same tables; `horizon` in words ("13 weeks")."""
    days = _origins(table)
    whole = table[table["origin"] == "all"]
    dates = f"{len(days)} date{'s' * (len(days) != 1)} ({', '.join(days)})"
    parts = [
        f"Models (blue) and rules of thumb (grey) judged at {dates}: each learns from what was known then and predicts "
        f"the next {horizon}. {whole['customers'].iloc[0]:,} customers, {level:.0%} intervals."
    ]
    for measure, best in (("RMSE", "idxmin"), ("top-decile lift", "idxmax"), ("log score", "idxmax")):
        found = whole[whole["measure"] == measure].set_index("prediction").dropna(subset=["estimate"])
        if len(found):
            name = getattr(found["estimate"], best)()
            row = found.loc[name]
            parts.append(f"Best {measure} over all: {name}, {_between(row)}.")
    better = gain[(gain["origin"] == "all") & (gain["measure"] == "RMSE")].dropna(subset=["estimate"])
    if len(better):
        row = better.loc[better["estimate"].idxmax()]
        less = pd.Series({"estimate": -row["estimate"], "low": -row["high"], "high": -row["low"]})
        words = (
            "lower than"
            if less["high"] < 0
            else "higher than"
            if less["low"] > 0
            else "not clearly different from"
        )
        parts.append(
            f"The RMSE of {row['prediction']} is {words} that of the best rule, {row['against']}: "
            f"a difference of {_between(less)}."
        )
    lost = whole[whole["reason"].str.startswith("Not fitted")]["prediction"].unique()
    if len(lost):
        parts.append(f"Not fitted at every date: {', '.join(lost)}.")
    return " ".join(parts)


def _between(row: pd.Series) -> str:
    """An estimate with its interval, with a minus sign and not a hyphen.

    >>> _between(pd.Series({"estimate": -0.701, "low": -0.75, "high": -0.655}))
    '−0.701 [−0.750, −0.655]'
    """
    estimate, low, high = (f"{row[name]:.3f}".replace("-", "−") for name in ("estimate", "low", "high"))
    return f"{estimate} [{low}, {high}]"


def _origins(table: pd.DataFrame) -> list[str]:
    return [day for day in dict.fromkeys(table["origin"]) if day != "all"]


def _rules(table: pd.DataFrame) -> set[str]:
    return set(table.loc[table["kind"] == "rule", "prediction"])


def _form(day: str, days: list[str]) -> dict[str, Any]:
    if day == "all":
        return {"marker": "D", "markersize": 6}
    return {"marker": MARKERS[days.index(day) % len(MARKERS)], "markersize": 4, "markerfacecolor": "white"}


def _handles(table: pd.DataFrame, lang: str) -> list[Line2D]:
    days = _origins(table)
    words = {day: label("origin", lang).format(day=day) for day in days} | {"all": label("all", lang)}
    marks = [Line2D([], [], color=INK, label=text, **_form(day, days)) for day, text in words.items()]
    kinds = (("model", BLUE), ("rule", GREY))
    present = set(table["kind"])
    return marks + [
        Line2D([], [], color=colour, linewidth=5, label=label(kind, lang))
        for kind, colour in kinds
        if kind in present
    ]
