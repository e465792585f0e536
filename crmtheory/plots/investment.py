"""Figures of a budget spread over customers: what each rule keeps, at what budget, and how customers respond."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from crmtheory.errors import SchemaError, unknown
from crmtheory.plots import marks, shapes
from crmtheory.plots.labels import label
from crmtheory.plots.style import BLUE, GREY, ORANGE, axes, money


def investment(
    table: pd.DataFrame,
    currency: str = "",
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """What each rule to spread a budget gains over equal shares, with interval; and the value it keeps.

    Parameters
    ----------
    table : index = rule; columns kept (money), gain, low, high (parts of what equal shares keep; `relationship.invest`)
    """
    table = shapes.checked(table, ("kept", "gain", "low", "high"), "investment")
    notes = [label("kept", lang).format(amount=money(currency)(value, 0)) for value in table["kept"]]
    words = label("gain over equal", lang)
    return marks.estimates(
        table,
        "investment",
        words,
        estimate="gain",
        line=0.0,
        form=marks.part,
        notes=notes,
        ax=ax,
        lang=lang,
        simulated=simulated,
    )


def budget_curve(
    table: pd.DataFrame,
    currency: str = "",
    what: str = "gain",
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """What each rule keeps, or gains over equal shares, with budgets of several sizes.

    Parameters
    ----------
    table : columns budget, rule, kept, gain (`relationship.spend_curve`)
    what : "gain" (a part) or "kept" (money)
    """
    if what not in ("gain", "kept"):
        raise SchemaError(unknown("result of a budget", what, ("gain", "kept")))
    table = shapes.checked(table, ("budget", "rule", what), "budget_curve")
    ax = axes(ax)
    if shapes.nothing(ax, table, lang):
        return ax
    for i, (rule, rows) in enumerate(table.groupby("rule", sort=False, observed=True)):
        rows, colour = rows.sort_values("budget"), (GREY, ORANGE, BLUE, *shapes.PALETTE[3:])[i % 8]
        ax.plot(rows["budget"], rows[what], marks.LINES[i % 4], color=colour, linewidth=2, label=str(rule))
    ax.set(xlabel=label("budget", lang).format(unit=currency or "value"))
    ax.set_ylabel(label(f"budget {what}", lang).format(unit=currency or "value"))
    ax.xaxis.set_major_formatter(money(currency))
    if what == "gain":
        marks.percents(ax.yaxis)
    else:
        ax.yaxis.set_major_formatter(money(currency))
    shapes.above(ax)
    return marks.finished(ax, simulated, lang)


def response_curve(
    table: pd.DataFrame,
    currency: str = "",
    x: str = "spend",
    y: str = "keep",
    by: str | None = None,
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """How what is spent on a customer moves the probability of staying; with `by`, a line for each group.

    Parameters
    ----------
    table : columns x and y, and `by`; with low and high, a band (`relationship.investment.Response.table`)
    """
    table = shapes.checked(table, (x, y, *([by] if by else [])), "response_curve")
    ax = axes(ax)
    if shapes.nothing(ax, table, lang):
        return ax
    band = {"low", "high"} <= set(table.columns)
    for i, name in enumerate(dict.fromkeys(table[by]) if by else [None]):
        rows = (table if name is None else table[table[by] == name]).sort_values(x)
        colour = (BLUE, ORANGE, *shapes.PALETTE[2:])[i % 8]
        if band:
            ax.fill_between(rows[x], rows["low"], rows["high"], color=colour, alpha=0.2, linewidth=0)
        words = None if name is None else str(name)
        ax.plot(rows[x], rows[y], marks.LINES[i % 4], color=colour, linewidth=2, label=words)
    ax.set(xlabel=label("effort", lang).format(unit=currency or "value"), ylabel=label("response", lang))
    ax.set_ylim(0, min(1.02, 1.08 * float(np.nanmax(table[[y, *(["high"] if band else [])]], initial=0.01))))
    ax.xaxis.set_major_formatter(money(currency))
    marks.percents(ax.yaxis)
    shapes.above(ax)
    return marks.finished(ax, simulated, lang)
