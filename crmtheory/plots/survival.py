"""Figures of who stays: cohorts, retention, survival, and contracts that run on."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from crmtheory.errors import SchemaError, unknown
from crmtheory.plots import shapes
from crmtheory.plots.labels import LABELS, label
from crmtheory.plots.style import BLUE, INK, ORANGE, axes, money, percent

SPAN = 0.98  # part of the cells with revenue that the colours tell apart; one large order must not hide the others


def cohort_heatmap(
    triangle: pd.DataFrame,
    what: str = "retention",
    unit: str = "month",
    currency: str = "",
    ax: Axes | None = None,
    lang: str = "en",
) -> Axes:
    """Cohorts by age; the cells that no cohort has lived yet are white and hatched.

    The colours span the ages after the first: at age 0 everybody buys, and a scale up to there would make all later
    cells alike. For the same reason they end, for revenue, below its highest 2%; a pointed colour bar says that values
    lie beyond.

    Parameters
    ----------
    triangle : index = cohort, columns = age 0, 1, …; NaN where not lived (`lifecycle.triangle`)
    what : "retention" (share who bought), "customers" (who bought) or "revenue" (per customer of the cohort)
    """
    known = [key.removeprefix("what ") for key in LABELS["en"] if key.startswith("what ")]
    if what not in known:
        raise SchemaError(unknown("content of a cohort table", what, known))
    high, wide = triangle.shape
    ax = axes(ax, width=min(2.6 + 0.44 * wide, 12.5), height=min(max(1.4 + 0.28 * high, 2.8), 9))
    if shapes.nothing(ax, triangle, lang):
        return ax
    values = triangle.copy()
    values.index = pd.Index(shapes.dates(triangle.index))
    later = values.iloc[:, 1:].to_numpy(float)
    shown = later if np.isfinite(later).any() else values.to_numpy(float)
    top = (
        float(np.nanquantile(shown, SPAN if what == "revenue" else 1.0)) if np.isfinite(shown).any() else 1.0
    )
    mesh = shapes.heat(ax, values, (0.0, top if top > 0 else 1.0))
    amount = money(currency)

    def words(i: int, j: int, value: float) -> str:
        if what == "retention":
            return f"{value:.0%}"
        return shapes.counted(value) if what == "customers" else amount(value, 0)

    shapes.write(ax, mesh, values, words, sizes=(8, 7, 6))
    columns, lines = shapes.some(wide, 25), shapes.some(high, 30)
    ax.set_xticks(columns, [str(values.columns[i]) for i in columns])
    ax.set_yticks(lines, [shapes.shortened(values.index[i], 16) for i in lines])
    ax.set(xlabel=label("age", lang).format(unit=unit), ylabel=label("cohort", lang))
    beyond = "max" if np.nanmax(values.to_numpy(float), initial=0.0) > top else "neither"
    title = label(f"what {what}", lang).format(unit=currency)
    bar = ax.figure.colorbar(mesh, ax=ax, label=title, extend=beyond, pad=0.02)
    if what == "retention":
        percent(bar.ax.yaxis)
    elif what == "revenue":
        bar.ax.yaxis.set_major_formatter(amount)
    else:
        bar.ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.6g}")
    return ax


def retention_curve(curve: pd.DataFrame, unit: str, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Share of customers who buy at each age, with interval; under each age the customers who were watched that long.

    Parameters
    ----------
    curve : index = age; columns customers, share, low, high (`lifecycle.retention_curve`)
    """
    curve = shapes.checked(curve, ("customers", "share", "low", "high"), "retention_curve")
    ax = axes(ax, width=7.0)
    if shapes.nothing(ax, curve, lang):
        return ax
    age = curve.index.to_numpy(float)
    ax.fill_between(age, curve["low"], curve["high"], color=BLUE, alpha=0.25, linewidth=0)
    ax.plot(age, curve["share"], "o-", color=BLUE, linewidth=2, markersize=4)
    shown = shapes.some(len(curve), 9)
    ax.set_xticks(age[shown], [f"{curve.index[i]:g}\n{curve['customers'].iloc[i]:,.0f}" for i in shown])
    ax.set(xlabel=label("ages and customers", lang).format(unit=unit), ylabel=label("what retention", lang))
    ax.set_ylim(0, 1.02)
    percent(ax.yaxis)
    return ax


def survival(table: pd.DataFrame, unit: str, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Kaplan–Meier curves with bands, one for each group, and below them the customers still at risk.

    Parameters
    ----------
    table : columns group, time, at_risk, survival, low, high (`lifecycle.kaplan_meier`)
    """
    table = shapes.checked(table, ("group", "time", "at_risk", "survival", "low", "high"), "survival")
    groups = list(dict.fromkeys(table["group"]))
    ax = axes(ax, width=6.8, height=3.6 + 0.2 * len(groups))
    if shapes.nothing(ax, table, lang):
        return ax
    end = float(table["time"].max())
    for i, group in enumerate(groups):
        rows = table[table["group"] == group].sort_values("time")
        if rows["time"].iloc[0] > 0:  # all are there at the start
            start = {"time": 0.0, "survival": 1.0, "low": 1.0, "high": 1.0}
            rows = pd.concat([pd.DataFrame([start]), rows], ignore_index=True)
        colour = shapes.PALETTE[i % len(shapes.PALETTE)]
        ax.fill_between(
            rows["time"], rows["low"], rows["high"], step="post", color=colour, alpha=0.18, linewidth=0
        )
        ax.step(
            rows["time"],
            rows["survival"],
            where="post",
            color=colour,
            linewidth=2,
            linestyle=("-", "--", "-.", ":")[i % 4],
            label=shapes.shortened(str(group), 30),
        )
    ax.set(xlabel=label("time", lang).format(unit=unit), ylabel=label("survival", lang))
    ax.set(xlim=(0, end if end > 0 else 1), ylim=(0, 1.02))
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=end >= 3))
    percent(ax.yaxis)
    _at_risk(ax, table, groups, lang)
    if len(groups) > 1:
        shapes.above(ax, 3)
    return ax


def retention_rates(table: pd.DataFrame, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Of the contracts that reached a year, the share that went on, with interval: whether loyalty hardens with time.

    Parameters
    ----------
    table : columns year (or index), there, rate, low, high (`lifecycle.retention_rates`)
    """
    table = shapes.checked(table, ("year", "there", "rate", "low", "high"), "retention_rates")
    ax = axes(ax)
    if shapes.nothing(ax, table, lang):
        return ax
    ax.vlines(table["year"], table["low"], table["high"], color=BLUE, linewidth=2)
    ax.plot(table["year"], table["rate"], "o-", color=BLUE, linewidth=1)
    shown = shapes.some(len(table), 9)
    names = [f"{year:g}\n{n:,.0f}" for year, n in zip(table["year"], table["there"], strict=True)]
    ax.set_xticks(table["year"].to_numpy(float)[shown], [names[i] for i in shown])
    ax.set(xlabel=label("year and contracts", lang), ylabel=label("went on", lang))
    ax.set_ylim(max(0.0, float(np.nanmin([table["low"].min(), 1.0])) - 0.1), 1.005)
    percent(ax.yaxis)
    return ax


def contract_projection(
    table: pd.DataFrame, fitted_years: float | None = None, ax: Axes | None = None, lang: str = "en"
) -> Axes:
    """Contracts still running: what happened, and what two models say, one of them with its band.

    Parameters
    ----------
    table : columns year (or index), actual, sbg, low, high, constant; NaN where there is no actual value
    fitted_years : the last year that the models have seen; by default the last with `fitted`, if that column is there
    """
    table = shapes.checked(table, ("year", "actual", "sbg", "low", "high", "constant"), "contract_projection")
    ax = axes(ax)
    if shapes.nothing(ax, table, lang):
        return ax
    year = table["year"]
    ax.fill_between(
        year, table["low"], table["high"], color=BLUE, alpha=0.22, linewidth=0, label=label("band 95", lang)
    )
    ax.plot(year, table["sbg"], color=BLUE, linewidth=2, label=label("sbg", lang))
    ax.plot(
        year,
        table["constant"],
        color=ORANGE,
        linewidth=2,
        linestyle="--",
        label=label("constant churn", lang),
    )
    ax.plot(year, table["actual"], "o", color=INK, markersize=5, label=label("actual customers", lang))
    if fitted_years is None and "fitted" in table.columns:
        fitted_years = table.loc[table["fitted"].astype(bool), "year"].max()
    if fitted_years is not None and np.isfinite(fitted_years):
        ax.axvline(fitted_years, color=shapes.SOFT, linewidth=1, linestyle=":")
        ax.annotate(
            label("fitted until", lang),
            (fitted_years, 0.03),
            xycoords=ax.get_xaxis_transform(),
            xytext=(4, 0),
            textcoords="offset points",
            color=shapes.SOFT,
            fontsize=9,
        )
    ax.set(xlabel=label("year", lang), ylabel=label("contracts kept", lang))
    ax.set_ylim(0, 1.02)
    ax.set_xlim(left=float(year.min()))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    percent(ax.yaxis)
    shapes.above(ax)
    return ax


def _at_risk(ax: Axes, table: pd.DataFrame, groups: list[str], lang: str) -> None:
    """One row of numbers for each group, under the name of the axis, at the times of its ticks."""
    low, high = ax.get_xlim()
    ticks = [at for at in ax.get_xticks() if low <= at <= high]
    down = -42.0

    def put(text: str, at: float, y: float, colour: str, side: str, x: float = 0.0) -> None:
        ax.annotate(
            text,
            (at, 0),
            xycoords=ax.get_xaxis_transform(),
            xytext=(x, y),
            textcoords="offset points",
            ha=side,
            va="top",
            fontsize=8,
            color=colour,
            annotation_clip=False,
        )

    put(label("at risk", lang), low, down, shapes.SOFT, "left")
    for i, group in enumerate(groups):
        rows = table[table["group"] == group].sort_values("time")
        y = down - 13 * (i + 1)
        if len(groups) > 1:
            put(shapes.shortened(str(group), 22), low, y, INK, "right", -18.0)
        for at in ticks:
            there = rows[rows["time"] >= at]  # at risk just before the next time in the table
            put(shapes.counted(there["at_risk"].iloc[0]) if len(there) else "0", at, y, INK, "center")
