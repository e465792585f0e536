"""Figures of segmentation: classes by value, by recency and behaviour, and what treating them apart earns."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from crmtheory.errors import SchemaError, unknown
from crmtheory.plots import marks, shapes
from crmtheory.plots.labels import LABELS, label
from crmtheory.plots.style import BLUE, GREY, INK, ORANGE, axes, money, percent


def rfm_heatmap(
    grid: pd.DataFrame,
    what: str = "revenue",
    currency: str = "",
    ax: Axes | None = None,
    lang: str = "en",
) -> Axes:
    """A mean or a count in each cell of recency by frequency score; cells without customers stay blank.

    Parameters
    ----------
    grid : index = r from 5 to 1, columns = f from 1 to 5 (`segmentation.rfm_grid`)
    what : "revenue", "later revenue", "purchases", "customers", "share" or "later" (the last two are parts)
    """
    known = [key.removeprefix("rfm ") for key in LABELS["en"] if key.startswith("rfm ")]
    if what not in known:
        raise SchemaError(unknown("content of an RFM table", what, known))
    ax = axes(ax, width=5.4, height=4.2)
    if shapes.nothing(ax, grid, lang):
        return ax
    top = float(np.nanmax(grid.to_numpy(float), initial=0.0)) or 1.0
    mesh = shapes.heat(ax, grid, (0.0, top))
    forms: dict[str, Callable[[float], str]] = {
        "revenue": lambda value: money(currency)(value, 0),
        "later revenue": lambda value: money(currency)(value, 0),
        "customers": shapes.counted,
        "purchases": lambda value: f"{value:.3g}",
    }
    form = forms.get(what, lambda value: f"{value:.{0 if top > 0.2 else 1}%}")
    shapes.write(ax, mesh, grid, lambda i, j, value: form(value), sizes=(9, 7))
    ax.set(xlabel=label("frequency score", lang), ylabel=label("recency score", lang))
    bar = ax.figure.colorbar(mesh, ax=ax, label=label(f"rfm {what}", lang).format(unit=currency))
    bar.ax.yaxis.set_major_formatter(lambda value, _: form(value))
    return ax


def class_shares(table: pd.DataFrame, ax: Axes | None = None, lang: str = "en") -> Axes:
    """For each class, its share of customers beside its share of value, now or later or both.

    Parameters
    ----------
    table : columns class (or index), share, and share_of_total, share_of_later or both (`segmentation.sizes`,
        `segmentation.value_by_class`); parts from 0 to 1
    """
    shown = [name for name in ("share_of_total", "share_of_later") if name in table.columns]
    table = shapes.named(
        shapes.checked(table, ("share", *(shown or ["share_of_total"])), "class_shares"), "class"
    )
    ax = axes(ax, width=6.0, height=1.3 + 0.55 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    place, height = np.arange(len(table)), 0.76 / (1 + len(shown))
    for k, column in enumerate(("share", *shown)):
        size, colour = (
            table[column].to_numpy(float),
            {"share": GREY, "share_of_total": BLUE}.get(column, ORANGE),
        )
        at = place + height * (k - len(shown) / 2)
        bars = ax.barh(at, size, height=0.95 * height, color=colour, label=label(column, lang))
        ax.bar_label(
            bars, [f"{part:.0%}" if np.isfinite(part) else "" for part in size], padding=3, fontsize=9
        )
    ax.set_yticks(place, [shapes.shortened(str(name), 30) for name in table.index])
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.set_xlabel(label("share of whole", lang))
    parts = table[["share", *shown]].to_numpy(float)
    ax.set_xlim(1.15 * np.nanmin(parts, initial=0.0), 1.12 * np.nanmax(parts, initial=0.01))
    ax.grid(False, axis="y")
    ax.tick_params(axis="y", length=0)
    percent(ax.xaxis)
    shapes.above(ax)
    return ax


def activity(table: pd.DataFrame, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Share who buy later in each class, by the rules that made the classes, with intervals and numbers of customers.

    Parameters
    ----------
    table : columns rule, class, customers, share, low, high (`segmentation.activity_on_holdout`)
    """
    columns = ("rule", "class", "customers", "share", "low", "high")
    table = shapes.checked(table, columns, "activity")
    classes, rules = (list(dict.fromkeys(table[name])) for name in ("class", "rule"))
    ax = axes(ax, height=1.5 + 0.32 * len(classes) * max(len(rules), 1))
    if shapes.nothing(ax, table, lang):
        return ax
    for i, rule in enumerate(rules):
        rows = table[table["rule"] == rule].set_index("class").reindex(classes)
        shift = 0.5 * ((i + 0.5) / len(rules) - 0.5)
        colour = (BLUE, ORANGE, *shapes.PALETTE[2:])[i % len(shapes.PALETTE)]
        shapes.rows(
            ax, rows, "share", colour=colour, marker=shapes.MARKERS[i % 8], shift=shift, name=str(rule)
        )
        note = label("contacts", lang)
        there = [shapes.counted(row.customers) if np.isfinite(row.share) else "" for row in rows.itertuples()]
        marks.at_end(ax, [note.format(n=n) if n else "" for n in there], shift)
    ax.set_xlabel(label("later share", lang))
    ax.set_xlim(0, min(1.0, 1.06 * float(np.nanmax([table["high"].max(), 0.05]))))
    percent(ax.xaxis)
    shapes.above(ax)
    return ax


def later_value(table: pd.DataFrame, currency: str, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Mean later revenue of a customer of each class, with interval and number of customers.

    Parameters
    ----------
    table : columns class (or index), customers, mean, low, high (`segmentation.value_by_class`)
    """
    table = shapes.named(shapes.checked(table, ("customers", "mean", "low", "high"), "later_value"), "class")
    ax = axes(ax, height=1.2 + 0.4 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    notes = [label("contacts", lang).format(n=shapes.counted(n)) for n in table["customers"]]
    shapes.rows(ax, table, "mean", notes=notes)
    ax.set_xlabel(label("later value", lang).format(unit=currency))
    ax.set_xlim(left=min(0.0, 1.05 * float(np.nanmin([table["low"].min(), 0.0]))))
    ax.xaxis.set_major_formatter(money(currency))
    return ax


def policy(table: pd.DataFrame, currency: str, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Profit per customer of each way to treat them, with interval and a line at 0.

    Parameters
    ----------
    table : columns policy (or index), profit, low, high; without an interval there is only a dot
    """
    table = shapes.named(shapes.checked(table, ("profit", "low", "high"), "policy"), "policy")
    ax = axes(ax, height=1.2 + 0.4 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    ax.axvline(0.0, color=INK, linewidth=1)
    notes = [_money(value, currency) for value in table["profit"]]
    shapes.rows(ax, table, "profit", notes=notes)
    ax.set_xlabel(label("profit per customer", lang).format(unit=currency))
    ax.margins(x=0.06)
    ax.xaxis.set_major_formatter(money(currency))
    return ax


def policy_gain(gain: pd.DataFrame, currency: str, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Profit per customer if nothing is done, with one treatment for all, and with one for each class; and the gain.

    Parameters
    ----------
    gain : one row; columns estimate, low, high, by_class, uniform, treatment (`segmentation.policy_profit(…).gain`)
    """
    columns = ("estimate", "low", "high", "by_class", "uniform", "treatment")
    row = shapes.checked(gain, columns, "policy_gain").iloc[0]
    keys = ("policy nothing", "policy uniform", "policy by class", "policy gain")
    names = [label(key, lang).format(treatment=row["treatment"]) for key in keys]
    table = pd.DataFrame(
        {
            "profit": [0.0, row["uniform"], row["by_class"], row["estimate"]],
            "low": [np.nan] * 3 + [row["low"]],
            "high": [np.nan] * 3 + [row["high"]],
        },
        index=names,
    )
    return policy(table, currency, ax, lang)


def treatments(table: pd.DataFrame, currency: str, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Profit per customer of every treatment in every class; the one chosen for a class has a frame.

    Parameters
    ----------
    table : columns class, treatment, profit, chosen (`segmentation.policy_profit(…).table`)
    """
    table = shapes.checked(table, ("class", "treatment", "profit", "chosen"), "treatments")
    classes, names = (list(dict.fromkeys(table[name])) for name in ("class", "treatment"))
    ax = axes(ax, width=2.8 + 1.25 * len(names), height=1.5 + 0.45 * len(classes))
    if shapes.nothing(ax, table, lang):
        return ax
    wide, chosen = (
        table.pivot(index="class", columns="treatment", values=name).reindex(index=classes, columns=names)
        for name in ("profit", "chosen")
    )
    reach = float(np.nanmax(np.abs(wide.to_numpy(float)), initial=0.0)) or 1.0
    mesh = shapes.heat(ax, wide, (-reach, reach), shapes.DIVERGING)
    shapes.write(ax, mesh, wide, lambda i, j, value: _money(value, currency), sizes=(9, 7))
    for i, j in np.argwhere(chosen.fillna(False).to_numpy(bool)):
        ax.add_patch(Rectangle((j - 0.47, i - 0.45), 0.94, 0.9, fill=False, edgecolor=INK, linewidth=2))
    ax.set_xticks(range(len(names)), [textwrap.fill(shapes.shortened(str(name), 36), 16) for name in names])
    ax.set_yticks(range(len(classes)), [shapes.shortened(str(name), 24) for name in classes])
    ax.set_title(label("frame is chosen", lang), loc="left", fontsize=9, color=shapes.SOFT)
    bar = ax.figure.colorbar(mesh, ax=ax, label=label("profit per customer", lang).format(unit=currency))
    bar.ax.yaxis.set_major_formatter(money(currency))
    return ax


def _money(value: float, currency: str) -> str:
    """An amount in a cell or note: −£1.20, £85, £1.2k.

    >>> _money(-1.2, "£"), _money(85.4, "£"), _money(1234.0, "£")
    ('−£1.20', '£85.4', '£1.23k')
    """
    if not np.isfinite(value):
        return "–"
    if abs(value) < 10:
        return f"{'−' if value < 0 else ''}{currency}{abs(value):.2f}"
    return money(currency)(value, 0)
