"""Figures of value to the customer: effects of benefit, cost and value, the value map, and elasticities of choice."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from crmtheory.plots import shapes
from crmtheory.plots.labels import label
from crmtheory.plots.style import BLUE, GREY, INK, ORANGE, axes

STANDING = {"better value": (BLUE, "o"), "fair value": (GREY, "s"), "worse value": (ORANGE, "D")}


def effects(
    parts: pd.DataFrame,
    ways: pd.DataFrame,
    threshold: float | None = None,
    ax: Axes | None = None,
    lang: str = "en",
) -> Axes:
    """Coefficients on satisfaction: benefit and cost together (blue), then value alone, read in several ways (orange).

    Parameters
    ----------
    parts : index part with the rows benefit and cost (`perceived.effects`)
    ways : index way (`yea_saying`); columns of both: estimate, low, high
    threshold : of the claim, a dashed line
    """
    parts, ways = (shapes.checked(table, ("estimate", "low", "high"), "effects") for table in (parts, ways))
    parts = parts[parts.index.isin(["benefit", "cost"])]
    table = pd.concat([parts, ways])[["estimate", "low", "high"]]
    table.index = pd.Index([label(str(name), lang) for name in table.index])
    ax = axes(ax, height=1.3 + 0.46 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    ax.axvline(0, color=INK, linewidth=0.8)
    if threshold is not None:
        ax.axvline(
            threshold,
            color=INK,
            linewidth=1,
            linestyle="--",
            label=label("threshold of the claim", lang).format(at=threshold),
        )
    notes = [shapes.interval(row.estimate, row.low, row.high) for row in table.itertuples()]
    first = np.arange(len(table)) < len(parts)
    shapes.rows(ax, table.where(_across(first, table)), "estimate", colour=BLUE)
    shapes.rows(ax, table.where(_across(~first, table)), "estimate", colour=ORANGE, marker="D", notes=notes)
    ax.set_yticks(np.arange(len(table)), list(table.index))  # two lines, where the name has them
    ax.set_xlabel(label("effect of value", lang))
    shapes.above(ax)
    return ax


def value_map(table: pd.DataFrame, line: pd.DataFrame, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Relative quality with its interval against relative price, and the fair-value line.

    Parameters
    ----------
    table : index offer; relative_quality, quality_low, quality_high, relative_price, position (`value_map.value_map`)
    line : relative_quality, relative_price, two rows or more (`value_map.fair_line`)
    """
    columns = ("relative_quality", "quality_low", "quality_high", "relative_price", "position")
    table = shapes.checked(table, columns, "value_map")
    ax = axes(ax, width=6.0, height=4.6)
    if shapes.nothing(ax, table, lang):
        return ax
    ax.plot(
        line["relative_quality"],
        line["relative_price"],
        color=INK,
        linestyle="--",
        linewidth=1,
        label=label("fair-value line", lang),
    )
    for position, (colour, marker) in STANDING.items():
        rows = table[table["position"] == position]
        if rows.empty:
            continue
        ax.hlines(
            rows["relative_price"], rows["quality_low"], rows["quality_high"], color=colour, linewidth=2
        )
        ax.plot(
            rows["relative_quality"],
            rows["relative_price"],
            marker,
            color=colour,
            linestyle="none",
            markersize=7,
            label=position,
        )
    for name, row in table.iterrows():
        ax.annotate(
            shapes.shortened(str(name), 24),
            (row["relative_quality"], row["relative_price"]),
            xytext=(0, 8),
            textcoords="offset points",
            ha="center",
            fontsize=9,
        )
    ax.margins(0.12)
    for text, x, y, across in (
        ("more for the money", 0.98, 0.03, "right"),
        ("less for the money", 0.02, 0.96, "left"),
    ):
        ax.text(
            x,
            y,
            label(text, lang),
            transform=ax.transAxes,
            ha=across,
            va="bottom" if y < 0.5 else "top",
            color=shapes.SOFT,
            fontsize=9,
            style="italic",
        )
    ax.set(xlabel=label("map quality", lang), ylabel=label("map price", lang))
    shapes.above(ax)
    return ax


def elasticities(
    table: pd.DataFrame,
    mean: pd.DataFrame,
    threshold: float | None = None,
    ax: Axes | None = None,
    lang: str = "en",
) -> Axes:
    """Minus the own-price elasticity of each brand, and their mean by share of choices.

    Parameters
    ----------
    table : index brand; own, low, high, share (`choice.elasticities`)
    mean : one row: estimate, low, high (`choice.own_elasticity`)
    threshold : of the claim, a dashed line
    """
    table = shapes.checked(table, ("share", "own", "low", "high"), "elasticities")
    mean = shapes.checked(mean, ("estimate", "low", "high"), "elasticities")
    ax = axes(ax, height=1.6 + 0.42 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    shown = pd.DataFrame({"estimate": -table["own"], "low": -table["high"], "high": -table["low"]})
    shown.index = pd.Index([f"{name} ({share:.0%})" for name, share in table["share"].items()])
    together = mean[["estimate", "low", "high"]].set_axis([label("weighted mean", lang)])
    both = pd.concat([shown, together])
    ax.axvline(0, color=INK, linewidth=0.8)
    if threshold is not None:
        ax.axvline(
            threshold,
            color=INK,
            linewidth=1,
            linestyle="--",
            label=label("threshold of the claim", lang).format(at=threshold),
        )
    notes = [shapes.interval(row.estimate, row.low, row.high) for row in both.itertuples()]
    last = np.arange(len(both)) == len(shown)
    shapes.rows(ax, both.where(_across(~last, both)), "estimate", colour=BLUE)
    shapes.rows(ax, both.where(_across(last, both)), "estimate", colour=ORANGE, marker="D", notes=notes)
    ax.set_xlabel(label("own-price elasticity", lang))
    shapes.above(ax)
    return ax


def _across(rows: np.ndarray, table: pd.DataFrame) -> np.ndarray:
    """The rows chosen, as a mask of the whole table."""
    return np.repeat(rows[:, None], table.shape[1], axis=1)
