"""Figures of concentration: who holds how much."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from crmtheory.plots import shapes
from crmtheory.plots.labels import label
from crmtheory.plots.style import BLUE, GREY, INK, ORANGE, PURPLE, axes, percent


def top_curve(curve: pd.DataFrame, top: pd.Series, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Part of the total held by the largest customers, with the top share and the 80/20 point of the rule.

    Parameters
    ----------
    curve : `concentration.whale_curve`; top : one row of `concentration.with_interval("top_share", …)`
    """
    ax = axes(ax)
    ax.plot(curve["customers"], curve["total"], color=BLUE, linewidth=2, label=label("these customers", lang))
    ax.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--", label=label("all equal", lang))
    ax.errorbar(
        top["at"],
        top["estimate"],
        yerr=[[top["estimate"] - top["low"]], [top["high"] - top["estimate"]]],
        fmt="o",
        color=INK,
        capsize=4,
        label=label("top share", lang).format(at=top["at"]),
    )
    ax.plot(
        0.2, 0.8, marker="D", color=ORANGE, linestyle="none", markersize=8, label=label("80/20 rule", lang)
    )
    ax.set(xlabel=label("customers, largest first", lang), ylabel=label("part of revenue", lang), xlim=(0, 1))
    ax.set_ylim(0, max(1.02, float(curve["total"].max()) * 1.02))
    percent(ax.xaxis)
    percent(ax.yaxis)
    ax.legend(loc="lower right", frameon=False)
    return ax


def capture(
    curves: Mapping[str, pd.DataFrame], share: float, ax: Axes | None = None, lang: str = "en"
) -> Axes:
    """Part of later revenue that falls on the best customers of several rankings, for every share of
    customers.

    Parameters
    ----------
    curves : ranking → frame with `customers` and `total`; the last one is drawn as the unreachable best
    share : where the rankings are compared, drawn as a line
    """
    ax = axes(ax)
    last = len(curves) - 1
    for i, (name, curve) in enumerate(curves.items()):
        colour, line = (GREY, ":") if i == last else ((BLUE, ORANGE, PURPLE)[i % 3], ("-", "--", "-.")[i % 3])
        ax.plot(curve["customers"], curve["total"], linewidth=2, label=name, color=colour, linestyle=line)
    ax.axvline(share, color=INK, linewidth=0.8)
    ax.set(
        xlabel=label("customers, best first", lang),
        ylabel=label("part of later revenue", lang),
        xlim=(0, 1),
        ylim=(0, 1.02),
    )
    percent(ax.xaxis)
    percent(ax.yaxis)
    ax.legend(loc="lower right", frameon=False)
    return ax


def profit(curve: pd.DataFrame, ax: Axes | None = None, lang: str = "en") -> Axes:
    """The whale curve: cumulative profit, most profitable customers first; the hump is what the others take
    away.
    """
    ax = axes(ax)
    ax.plot(curve["customers"], curve["total"], color=BLUE, linewidth=2)
    ax.axhline(1.0, color=GREY, linewidth=1, linestyle="--")
    peak = int(np.argmax(curve["total"]))
    ax.plot(curve["customers"].iloc[peak], curve["total"].iloc[peak], marker="o", color=ORANGE)
    ax.set(xlabel=label("most profitable first", lang), ylabel=label("part of profit", lang), xlim=(0, 1))
    ax.set_ylim(bottom=0)
    percent(ax.xaxis)
    percent(ax.yaxis)
    return ax


def lorenz(curve: pd.DataFrame, point: pd.Series, ax: Axes | None = None, lang: str = "en") -> Axes:
    """The Lorenz curve, with the exact share of customers who bring 80%, and the point of the 80/20 rule.

    Parameters
    ----------
    curve : `concentration.lorenz`; point : one row of `concentration.with_interval("share_needed", …)`
    """
    ax = axes(ax, width=5.2, height=4.6)
    ax.fill_between(
        curve["customers"], curve["total"], curve["customers"], color=BLUE, alpha=0.10, linewidth=0
    )
    ax.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--", label=label("all equal", lang))
    ax.plot(curve["customers"], curve["total"], color=BLUE, linewidth=2, label=label("these customers", lang))
    x, y = 1 - point["estimate"], 1 - point["at"]  # the largest customers are on the right
    ax.errorbar(
        x,
        y,
        xerr=[[point["high"] - point["estimate"]], [point["estimate"] - point["low"]]],
        fmt="o",
        color=INK,
        capsize=4,
        label=label("needed share", lang).format(x=point["estimate"], part=point["at"]),
    )
    ax.plot(
        0.8, 0.2, marker="D", color=ORANGE, linestyle="none", markersize=8, label=label("80/20 rule", lang)
    )
    ax.set(xlabel=label("customers, smallest first", lang), ylabel=label("part of revenue", lang))
    ax.set(xlim=(0, 1), ylim=(min(0.0, 1.02 * float(curve["total"].min())), 1))
    percent(ax.xaxis)
    percent(ax.yaxis)
    ax.legend(loc="upper left", frameon=False, fontsize=9)
    return ax


def stability(table: pd.DataFrame, share: float = 0.2, ax: Axes | None = None, lang: str = "en") -> Axes:
    """The part of revenue that the top 20% hold, year by year, with intervals, against the 80% of the rule.

    Parameters
    ----------
    table : index = year; columns estimate, low, high, n (one row of `concentration.with_interval` a year)
    share : which top share it is
    """
    table = shapes.checked(table, ("estimate", "low", "high", "n"), "stability")
    ax = axes(ax, width=5.4, height=3.6)
    if shapes.nothing(ax, table, lang):
        return ax
    place = np.arange(len(table))
    ax.axhline(0.8, color=ORANGE, linewidth=1.4, linestyle="--", label=label("80/20 rule", lang))
    ax.vlines(place, table["low"], table["high"], color=BLUE, linewidth=2)
    ax.plot(place, table["estimate"], "o-", color=BLUE, linewidth=1, label=label("these customers", lang))
    names = [f"{name}\n(n={n:,.0f})" for name, n in zip(table.index, table["n"], strict=True)]
    shown = shapes.some(len(table), 9)
    ax.set_xticks(place[shown], [names[i] for i in shown])
    ax.set_ylabel(label("top fifth", lang).format(at=share))
    ax.set_ylim(0, 1.02)
    ax.margins(x=0.12)
    percent(ax.yaxis)
    shapes.above(ax)
    return ax
