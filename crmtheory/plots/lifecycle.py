"""Figures of the customer lifecycle: stages over time, moves between them, and what a stage is worth."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from crmtheory.plots import shapes
from crmtheory.plots.labels import label
from crmtheory.plots.style import BLUE, GREY, INK, ORANGE, axes, money, percent

TIERS = ("all", "low", "medium", "high")


def stage_counts(counts: pd.DataFrame, ax: Axes | None = None, lang: str = "en") -> Axes:
    """How many customers are in each stage at the end of each period, as stacked bars; names stand at the last bar.

    Parameters
    ----------
    counts : index = end of the period, one column per stage, the first one at the bottom (`Stages.counts`)
    """
    ax = axes(ax, width=7.2, height=4.0)
    if shapes.nothing(ax, counts, lang):
        return ax
    place, bottom = np.arange(len(counts)), np.zeros(len(counts))
    middle = []
    colours = shapes.colours(counts.columns)
    for stage in counts.columns:
        size = counts[stage].fillna(0).to_numpy(float)
        ax.bar(place, size, bottom=bottom, width=0.86, color=colours[stage])
        middle.append(float(bottom[-1] + size[-1] / 2))
        bottom = bottom + size
    top = 1.03 * max(float(bottom.max()), 1.0)
    line = top / shapes.extent(ax)[1] * 0.17
    edge = len(counts) - 1 + 0.43
    aside = shapes.spread(middle, line, 0.0, top)
    for stage, at, there in zip(counts, aside, middle, strict=True):
        ax.annotate(
            f"{shapes.shortened(str(stage), 24)}  {shapes.counted(counts[stage].iloc[-1])}",
            (edge, there),
            xytext=(edge + 0.028 * len(counts) + 0.06, at),
            va="center",
            fontsize=9,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": colours[stage],  # the line to a name is its key
                "linewidth": 2.2,
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )
    shown = shapes.some(len(counts), 8)
    names = shapes.dates(counts.index)
    long = max(map(len, names)) > 5
    ax.set_xticks(
        shown, [names[i] for i in shown], rotation=35 if long else 0, ha="right" if long else "center"
    )
    ax.set(xlabel=label("period end", lang), ylabel=label("customers", lang))
    ax.set(xlim=(-0.6, edge), ylim=(0, top))
    ax.grid(False, axis="x")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    return ax


def transition_heatmap(
    matrix: pd.DataFrame, what: str = "stage", ax: Axes | None = None, lang: str = "en"
) -> Axes:
    """Probability of each move, with its interval, from the stage of a row to that of a column.

    Stages that the table has no moves from have no row, those without moves to them no column.

    Parameters
    ----------
    matrix : columns from, to, n, from_n, probability, low, high (`lifecycle.matrix`); one without probability
        stays blank
    what : customers move between "stage"s or "class"es
    """
    matrix = shapes.checked(matrix, ("from", "to", "from_n", "probability", "low", "high"), "transitions")
    stages = shapes.groups(matrix)
    starts, ends = ([name for name in stages if name in set(matrix[side])] for side in ("from", "to"))
    ax = axes(ax, width=2.6 + 0.82 * len(ends), height=1.4 + 0.5 * len(starts))
    if shapes.nothing(ax, matrix, lang):
        return ax
    square = {
        name: matrix.pivot(index="from", columns="to", values=name).reindex(index=starts, columns=ends)
        for name in ("probability", "low", "high")
    }
    mesh = shapes.heat(ax, square["probability"], (0.0, 1.0))
    low, high = square["low"].to_numpy(float), square["high"].to_numpy(float)

    def words(i: int, j: int, value: float) -> str:
        return f"{value:.0%}\n{100 * low[i, j]:.0f}–{100 * high[i, j]:.0f}%" if value > 0 else "0%"

    if not shapes.write(ax, mesh, square["probability"], words, sizes=(9, 8)):
        shapes.write(ax, mesh, square["probability"], lambda i, j, value: f"{value:.0%}", sizes=(9, 7))
    size = matrix.drop_duplicates("from").set_index("from")["from_n"]
    left = [f"{shapes.shortened(str(name), 18)} ({shapes.counted(size[name])})" for name in starts]
    ax.set_yticks(range(len(starts)), left)
    below = [shapes.shortened(str(name), 18) for name in ends]
    crowded = sum(map(len, below)) * shapes.LETTER * 10 / 72 > shapes.extent(ax)[0] * 0.85
    ax.set_xticks(range(len(ends)), below, rotation=35 if crowded else 0, ha="right" if crowded else "center")
    ax.set(
        xlabel=label(f"to {what}", lang), ylabel=f"{label(f'from {what}', lang)} ({label('customers', lang)})"
    )
    bar = ax.figure.colorbar(mesh, ax=ax, label=label("probability", lang))
    percent(bar.ax.yaxis)
    return ax


def expected(
    table: pd.DataFrame, unit: str, what: str = "time to loss", ax: Axes | None = None, lang: str = "en"
) -> Axes:
    """What lies ahead of a customer in each stage, with interval and number of customers.

    Parameters
    ----------
    table : index = stage; columns n, estimate, low, high
    unit : of the estimate: a unit of time ("quarter") or a currency ("$")
    what : "time to loss", "stage value" or "ever" (a probability)
    """
    table = shapes.checked(table, ("n", "estimate", "low", "high"), "expected")
    ax = axes(ax, height=1.2 + 0.36 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    shapes.rows(ax, table, "estimate", notes=_sizes(table["n"], lang))
    ax.set_xlabel(label(what, lang).format(unit=unit))
    ax.set_xlim(left=min(0.0, float(np.nanmin([table["low"].min(), 0.0]))))
    if what == "stage value":
        ax.xaxis.set_major_formatter(money(unit))
    if what == "ever":
        ax.set_xlim(0, 1)
        percent(ax.xaxis)
    return ax


def silence(table: pd.DataFrame, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Share of the customers of each stage who do not buy in the next period, and what earlier periods let expect.

    Parameters
    ----------
    table : index = stage; columns customers, expected, silent, low, high (`lifecycle.by_stage`)
    """
    table = shapes.checked(table, ("customers", "expected", "silent", "low", "high"), "silence")
    ax = axes(ax, height=1.4 + 0.36 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    notes = _sizes(table["customers"], lang)
    shapes.rows(ax, table, "silent", name=label("happened", lang), notes=notes)
    place, name = np.arange(len(table)), label("expected before", lang)
    ax.plot(table["expected"], place, "D", color=ORANGE, linestyle="none", markersize=6, label=name)
    ax.set(xlabel=label("silent", lang), xlim=(0, 1))
    percent(ax.xaxis)
    shapes.above(ax)
    return ax


def thirds(table: pd.DataFrame, currency: str, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Mean spend in the first, middle and last third of customers' lives, with intervals.

    Parameters
    ----------
    table : index = third; columns mean, low, high
    """
    table = shapes.checked(table, ("mean", "low", "high"), "thirds")
    ax = axes(ax, width=4.8, height=3.6)
    if shapes.nothing(ax, table, lang):
        return ax
    place = np.arange(len(table))
    ax.plot(place, table["mean"], color=GREY, linewidth=1.2, linestyle="--")
    ax.vlines(place, table["low"], table["high"], color=BLUE, linewidth=2)
    ax.plot(place, table["mean"], "o", color=BLUE, markersize=7)
    ax.set_xticks(place, [str(name) for name in table.index])
    ax.set(xlabel=label("third", lang), ylabel=label("spend in third", lang).format(unit=currency))
    ax.set_ylim(
        min(0.0, 1.1 * float(np.nanmin(table["low"]))), 1.08 * float(np.nanmax([table["high"].max(), 0])) or 1
    )
    ax.margins(x=0.2)
    ax.yaxis.set_major_formatter(money(currency))
    return ax


def win_back(table: pd.DataFrame, unit: str, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Share of silent customers who buy again, by length of silence, one line for each value tier, with intervals.

    Parameters
    ----------
    table : columns silence, value ("all", "low", "medium", "high"), customers, share, low, high (`lifecycle.win_back`)
    """
    table = shapes.checked(table, ("silence", "value", "share", "low", "high"), "win_back")
    ax = axes(ax)
    if shapes.nothing(ax, table, lang):
        return ax
    values = list(dict.fromkeys(table["value"]))
    colours = shapes.colours(values)
    step = float(np.diff(np.unique(table["silence"])).min()) if table["silence"].nunique() > 1 else 1.0
    for i, value in enumerate(values):
        group = table[table["value"] == value].sort_values("silence")
        shift = 0.11 * step * (i - (len(values) - 1) / 2)
        colour = INK if value == "all" else colours[value]
        name = label(f"value {value}", lang) if value in TIERS else str(value)
        at = group["silence"] + shift
        ax.vlines(at, group["low"], group["high"], color=colour, linewidth=1.4)
        ax.plot(at, group["share"], f"{shapes.MARKERS[i % 8]}-", color=colour, markersize=5, label=name)
    waits = table["silence"].astype(float)
    ax.set_xlim(waits.min() - 0.6 * step, waits.max() + 0.6 * step)
    ax.set_xticks(np.unique(table["silence"])[:: max(1, table["silence"].nunique() // 12)])
    ax.set(xlabel=label("wait", lang).format(unit=unit), ylabel=label("returned", lang))
    ax.set_ylim(0, min(1.02, 1.08 * float(np.nanmax([table["high"].max(), 0.05]))))
    percent(ax.yaxis)
    shapes.above(ax)
    return ax


def _sizes(numbers: pd.Series, lang: str) -> list[str]:
    return [label("contacts", lang).format(n=shapes.counted(n)) for n in numbers]
