"""Figures of customer value: assumptions, predictions against what happened, and what customers are worth."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from crmtheory.plots.labels import label
from crmtheory.plots.style import BLUE, GREY, INK, ORANGE, PURPLE, RED, VIOLET, axes, money, percent


def spend_by_frequency(table: pd.DataFrame, currency: str, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Spend per purchase by number of repeat purchases: median, middle half and group size.

    Parameters
    ----------
    table : index = group; columns low, median, high, customers
    """
    ax = axes(ax)
    place = np.arange(len(table))
    ax.bar(
        place,
        table["high"] - table["low"],
        bottom=table["low"],
        width=0.55,
        color=BLUE,
        alpha=0.35,
        label=label("middle half", lang),
    )
    ax.plot(place, table["median"], "o", color=INK, label=label("median", lang))
    ax.set_xticks(
        place, [f"{name}\n(n={n:,})" for name, n in zip(table.index, table["customers"], strict=True)]
    )
    ax.set(
        xlabel=label("repeat purchases", lang), ylabel=label("spend per purchase", lang).format(unit=currency)
    )
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(money(currency))
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.14), ncols=2, frameon=False)
    return ax


def regularity(fractions: pd.Series, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Where the middle of three successive purchases falls: flat for random timing, a hill for regular
    timing.
    """
    ax = axes(ax)
    ax.hist(
        fractions,
        bins=10,
        range=(0, 1),
        density=True,
        color=BLUE,
        alpha=0.6,
        label=label("these customers", lang),
    )
    ax.axhline(1.0, color=INK, linestyle="--", label=label("random timing", lang))
    x = np.linspace(0, 1, 101)
    ax.plot(x, 30 * x**2 * (1 - x) ** 2, color=ORANGE, linewidth=2, label=label("regular timing", lang))
    ax.set(xlabel=label("middle purchase", lang), ylabel=label("density", lang), xlim=(0, 1))
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.16), ncols=3, frameon=False)
    return ax


def cohorts(table: pd.DataFrame, unit: str, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Repeat purchases per customer in a fixed time after the first purchase, by month of the first purchase,
    with intervals.
    """
    ax = axes(ax)
    place = np.arange(len(table))
    error = [table["mean"] - table["low"], table["high"] - table["mean"]]
    ax.errorbar(place, table["mean"], yerr=error, fmt="o", color=BLUE, capsize=4)
    ax.set_xticks(
        place, table.index, rotation=45 if len(table) > 6 else 0, ha="right" if len(table) > 6 else "center"
    )
    ax.set(xlabel=label("first purchase in", lang), ylabel=label("repeats in first", lang).format(unit=unit))
    ax.set_ylim(bottom=0)
    ax.margins(x=0.1)
    return ax


def by_frequency(table: pd.DataFrame, holdout: str, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Mean purchases in the holdout by earlier repeat purchases: what happened and what each model said.

    Parameters
    ----------
    table : index = earlier repeat purchases; "actual" and one column per model
    """
    ax = axes(ax)
    place = np.arange(len(table))
    styles = zip((BLUE, ORANGE, PURPLE, RED), ("s--", "^:", "v-.", "x--"), strict=True)
    for name, (colour, form) in zip([c for c in table.columns if c != "actual"], styles, strict=False):
        ax.plot(place, table[name], form, color=colour, label=name, markersize=5)
    ax.plot(place, table["actual"], "o-", color=INK, linewidth=2, label=label("actual", lang))
    ax.set_xticks(place, table.index)
    ax.set(
        xlabel=label("repeat purchases before", lang),
        ylabel=label("mean purchases in holdout", lang).format(holdout=holdout),
    )
    ax.legend(loc="upper left", frameon=False)
    return ax


def tracking(table: pd.DataFrame, split: float, unit: str, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Cumulative repeat purchases over time: counted, and expected from the calibration period with its
    prediction band.

    Parameters
    ----------
    table : index = period; columns actual, expected, low, high; split : period in which calibration ends
    """
    ax = axes(ax)
    ax.fill_between(
        table.index,
        table["low"],
        table["high"],
        color=BLUE,
        alpha=0.25,
        linewidth=0,
        label=label("band", lang),
    )
    ax.plot(
        table.index, table["expected"], color=BLUE, linestyle="--", linewidth=2, label=label("expected", lang)
    )
    ax.plot(table.index, table["actual"], color=INK, linewidth=1.6, label=label("counted", lang))
    ax.axvline(split, color=ORANGE, linewidth=1.4)
    ax.annotate(
        label("calibration ends", lang),
        (split, 0.03),
        xycoords=("data", "axes fraction"),
        xytext=(4, 0),
        textcoords="offset points",
    )
    ax.set(xlabel=label("time since start", lang).format(unit=unit), ylabel=label("cumulative repeats", lang))
    ax.set_ylim(bottom=0)
    ax.set_xlim(0, table.index.max())
    ax.yaxis.set_major_formatter(lambda v, _: f"{v:,.0f}")
    ax.legend(loc="upper left", frameon=False)
    return ax


def calibration(table: pd.DataFrame, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Mean purchases per customer in groups by prediction: predicted against actual, on logarithmic axes."""
    ax = axes(ax, width=4.8, height=4.2)
    shown = table[(table["predicted"] > 0) & (table["actual"] > 0)]
    floor = 0.6 * float(min(shown["predicted"].min(), shown["actual"].min()))
    ends = [floor, 1.4 * float(max(shown["predicted"].max(), shown["high"].max()))]
    ax.plot(ends, ends, color=GREY, linestyle="--", label=label("equal", lang))
    error = [shown["actual"] - shown["low"].clip(lower=floor), shown["high"] - shown["actual"]]
    ax.errorbar(
        shown["predicted"],
        shown["actual"],
        yerr=error,
        fmt="o",
        color=BLUE,
        capsize=3,
        label=label("tenths", lang),
    )
    ax.set(xscale="log", yscale="log", xlim=ends, ylim=ends)
    ax.set(xlabel=label("predicted mean", lang), ylabel=label("actual mean", lang))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.legend(loc="upper left", frameon=False)
    return ax


def alive_map(table: pd.DataFrame, unit: str, ax: Axes | None = None, lang: str = "en") -> Axes:
    """P(alive) over the number of repeat purchases and the time since the last one.

    Parameters
    ----------
    table : index = time since the last purchase, columns = repeat purchases, both increasing; values from 0
        to 1
    """
    ax = axes(ax)
    ax.grid(False)
    mesh = ax.pcolormesh(
        table.columns, table.index, table.to_numpy(), cmap="cividis", vmin=0, vmax=1, shading="nearest"
    )
    lines = ax.contour(
        table.columns,
        table.index,
        table.to_numpy(),
        levels=[0.1, 0.5, 0.9],
        colors=["white", "white", INK],
        linewidths=1.2,
    )
    ax.clabel(lines, fmt=lambda v: f"{v:.0%}", fontsize=8)
    ax.set(xlabel=label("repeat purchases", lang), ylabel=label("silence", lang).format(unit=unit))
    bar = ax.figure.colorbar(mesh, ax=ax, label="P(alive)")
    percent(bar.ax.yaxis)
    return ax


def ranking(
    table: pd.DataFrame, currency: str, rows: int = 15, ax: Axes | None = None, lang: str = "en"
) -> Axes:
    """The most valuable customers with the interval of each lifetime value.

    Parameters
    ----------
    table : frame of `value.clv`, in any order
    """
    top = table.nlargest(rows, "clv").iloc[::-1]
    ax = axes(ax, height=1.0 + 0.22 * len(top))
    place = np.arange(len(top))
    ax.errorbar(
        top["clv"],
        place,
        xerr=[top["clv"] - top["clv_low"], top["clv_high"] - top["clv"]],
        fmt="o",
        color=BLUE,
        capsize=3,
        markersize=4,
    )
    ax.set_yticks(place, [str(name)[:24] for name in top.index])
    ax.set(xlabel=label("lifetime value", lang).format(unit=currency), ylabel=label("customer", lang))
    ax.xaxis.set_major_formatter(money(currency))
    ax.set_xlim(left=min(0, float(top["clv_low"].min())))
    return ax


def paying_back(path: pd.DataFrame, currency: str, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Value of a new customer, month by month after the first purchase, acquisition cost included."""
    ax = axes(ax)
    ax.plot(path.index, path["value"], color=BLUE, linewidth=2)
    ax.fill_between(
        path.index,
        path["value"],
        0,
        where=path["value"] < 0,
        interpolate=True,
        color=RED,
        alpha=0.15,
        linewidth=0,
    )
    ax.axhline(0, color=INK, linewidth=1)
    ax.set(xlabel=label("months since first", lang), ylabel=label("value so far", lang).format(unit=currency))
    ax.yaxis.set_major_formatter(money(currency))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return ax


def sensitivity(table: pd.DataFrame, currency: str, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Customer equity under other assumptions, each as a dot with its interval; the assumption in force is
    marked.

    Parameters
    ----------
    table : index = assumption in words; columns equity, low, high, chosen (bool)
    """
    rows = table.iloc[::-1]
    ax = axes(ax, height=1.0 + 0.3 * len(rows))
    for place, (_, row) in enumerate(rows.iterrows()):
        colour, marker = (VIOLET, "D") if row["chosen"] else (BLUE, "o")
        error = [[row["equity"] - row["low"]], [row["high"] - row["equity"]]]
        ax.errorbar(row["equity"], place, xerr=error, fmt=marker, color=colour, capsize=3, markersize=4)
    ax.set_yticks(np.arange(len(rows)), rows.index)
    ax.set_xlabel(label("equity", lang).format(unit=currency))
    ax.xaxis.set_major_formatter(money(currency))
    ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.set_xlim(left=min(0, float(rows["low"].min())))
    ax.margins(y=0.08)
    return ax
