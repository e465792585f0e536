"""Figures of concentration: who holds how much."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

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
