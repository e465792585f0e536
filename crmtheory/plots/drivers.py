"""Figures of why customers come and go: conversion, ratios of drivers, and how well a score tells who."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from crmtheory.errors import SchemaError, unknown
from crmtheory.plots import shapes
from crmtheory.plots.labels import label
from crmtheory.plots.style import BLUE, GREY, INK, axes, percent

RATIOS = ("odds", "hazard")
# Ticks above 1; their inverses are taken as well. The first row that goes far enough is used.
STEPS = ((1.25,), (1.5, 2.0), (2.0, 4.0), (3.0, 10.0), (10.0, 100.0, 1e3), (1e2, 1e4, 1e6, 1e8))


def conversion(table: pd.DataFrame, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Share of the contacted who became customers, by group, with interval and number of contacts.

    Parameters
    ----------
    table : index = group; columns contacts, share, low, high (`lifecycle.conversion`); in the order of the table
    """
    table = shapes.checked(table, ("contacts", "share", "low", "high"), "conversion")
    ax = axes(ax, height=1.2 + 0.34 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    notes = [label("contacts", lang).format(n=shapes.counted(n)) for n in table["contacts"]]
    shapes.rows(ax, table, "share", notes=notes)
    ax.set_xlabel(label("converted", lang))
    ax.set_xlim(0, min(1.0, 1.06 * float(np.nanmax([table["high"].max(), 0.01]))))
    percent(ax.xaxis)
    return ax


def ratios(table: pd.DataFrame, what: str = "odds", ax: Axes | None = None, lang: str = "en") -> Axes:
    """Ratio of each driver with its interval on a logarithmic axis; what does not reach 1 is blue, the others grey.

    Parameters
    ----------
    table : index = driver; columns ratio, low, high, all above 0
    what : "odds" or "hazard"
    """
    if what not in RATIOS:
        raise SchemaError(unknown("ratio", what, RATIOS))
    table = shapes.checked(table, ("ratio", "low", "high"), "ratios")
    ax = axes(ax, height=1.2 + 0.34 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    ax.set_xscale("log")
    ax.axvline(1.0, color=INK, linewidth=1, linestyle="--")
    notes = [shapes.interval(row.ratio, row.low, row.high) for row in table.itertuples()]
    clear = (table["low"] > 1) | (table["high"] < 1)
    shapes.rows(ax, table.where(~clear), "ratio", colour=GREY)
    shapes.rows(ax, table.where(clear), "ratio", colour=BLUE, notes=notes)
    ends = table[["ratio", "low", "high"]].to_numpy(float)
    ends = ends[np.isfinite(ends) & (ends > 0)]
    left, right = (
        min(0.8, float(ends.min(initial=1.0)) / 1.15),
        max(1.25, float(ends.max(initial=1.0)) * 1.15),
    )
    ax.set_xlim(left, right)
    for steps in STEPS:
        marks = [at for at in (1.0, *steps, *(1 / step for step in steps)) if left <= at <= right]
        if max(right, 1 / left) <= 1.6 * steps[-1]:
            break
    ax.xaxis.set_major_locator(FixedLocator(marks))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:.3g}" if value < 10 else f"{value:,.0f}")
    ax.set_xlabel(label(what, lang))
    return ax


def auc_splits(table: pd.DataFrame, threshold: float = 0.7, ax: Axes | None = None, lang: str = "en") -> Axes:
    """How well a score tells who, under several ways to divide the data, with a line at the threshold.

    Parameters
    ----------
    table : columns split, auc, low, high
    """
    table = shapes.checked(table, ("split", "auc", "low", "high"), "auc_splits")
    ax = axes(ax, height=1.3 + 0.42 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    ax.axvline(
        threshold, color=INK, linewidth=1, linestyle="--", label=label("threshold", lang).format(at=threshold)
    )
    notes = [shapes.interval(row.auc, row.low, row.high, 3) for row in table.itertuples()]
    shapes.rows(ax, shapes.named(table, "split"), "auc", notes=notes)
    ax.set_xlabel(label("auc", lang))
    ax.set_xlim(min(0.5, 0.98 * float(np.nanmin([table["low"].min(), 0.5]))), 1.0)
    shapes.above(ax)
    return ax


def score_calibration(table: pd.DataFrame, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Predicted against actual share in groups by score, with intervals; on the dashed line the score says the truth.

    Parameters
    ----------
    table : columns predicted, actual, low, high (`lifecycle.score_calibration`)
    """
    table = shapes.checked(table, ("predicted", "actual", "low", "high"), "score_calibration")
    ax = axes(ax, width=4.8, height=4.2)
    if shapes.nothing(ax, table, lang):
        return ax
    end = 1.05 * float(np.nanmax(table[["predicted", "actual", "high"]].to_numpy(float), initial=0.01))
    ax.plot([0, end], [0, end], color=GREY, linestyle="--", label=label("equal", lang))
    ax.vlines(table["predicted"], table["low"], table["high"], color=BLUE, linewidth=2)
    ax.plot(table["predicted"], table["actual"], "o", color=BLUE, label=label("groups by score", lang))
    ax.set(
        xlabel=label("predicted share", lang), ylabel=label("converted", lang), xlim=(0, end), ylim=(0, end)
    )
    percent(ax.xaxis)
    percent(ax.yaxis)
    shapes.above(ax)
    return ax
