"""Figures of relationship marketing: kinds of relationship, tenure, contact, offers, mediation, channels."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from crmtheory.plots import boxes, marks, shapes
from crmtheory.plots.labels import label
from crmtheory.plots.programme import pairs
from crmtheory.plots.style import BLUE, GREY, INK, ORANGE, PURPLE, axes, money

ITEMS = ("new", "repeat", "all")


def kinds_table(
    table: pd.DataFrame,
    currency: str = "",
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """Share of customers beside share of revenue of each kind of relationship, and the mean revenue of a customer.

    Parameters
    ----------
    table : index = kind; columns share, low, high, revenue_share, mean (`relationship.kinds_table`)
    """
    columns = ("share", "low", "high", "revenue_share", "mean")
    table = shapes.checked(table, columns, "kinds_table")
    ax = axes(ax, height=1.5 + 0.55 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    words = {"share": label("kind customers", lang), "revenue_share": label("kind revenue", lang)}
    notes = [
        label("mean revenue", lang).format(amount=money(currency)(value, 0)) if np.isfinite(value) else ""
        for value in table["mean"]
    ]
    pairs(ax, table, words, (GREY, BLUE), notes)
    ax.hlines(np.arange(len(table)) - 0.19, table["low"], table["high"], color=INK, linewidth=1.2)
    for text, high in zip(
        ax.texts, table["high"], strict=False
    ):  # percentages of customers stand after the interval
        if np.isfinite(high):
            text.xy = (max(high, text.xy[0]), text.xy[1])  # type: ignore[attr-defined]
    ends = table[["share", "high", "revenue_share"]].to_numpy(float)
    ax.set_xlim(right=1.13 * float(np.nanmax(ends, initial=0.01)))
    ax.set_xlabel(label("share of whole", lang))
    return marks.finished(ax, simulated, lang)


def tenure_bands(
    table: pd.DataFrame,
    currency: str = "",
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """Revenue per month by how long customers have stayed, once for each denominator, with intervals.

    Parameters
    ----------
    table : columns denominator, band, mean, low, high (`relationship.tenure_bands`); bands in the order of the table
    """
    table = shapes.checked(table, ("denominator", "band", "mean", "low", "high"), "tenure_bands")
    ax = axes(ax)
    if shapes.nothing(ax, table, lang):
        return ax
    bands, names = (list(dict.fromkeys(table[name])) for name in ("band", "denominator"))
    styles = ((BLUE, "o", "-"), (ORANGE, "s", "--"), (PURPLE, "^", ":"))
    for i, name in enumerate(names):
        rows = table[table["denominator"] == name].set_index("band").reindex(bands)
        rows = rows.rename(columns={"mean": "estimate"})
        colour, marker, form = styles[i % 3]
        place = np.arange(len(bands)) + 0.12 * (i - (len(names) - 1) / 2)
        marks.columns(ax, list(place), rows, colour=colour, marker=marker, form=form, name=str(name))
    words = [shapes.shortened(str(name), 22) for name in bands]
    crowded = sum(marks.width_of(word, 10) + 8 for word in words) / 72 > shapes.extent(ax)[0]
    turn = {"rotation": 35, "ha": "right"} if crowded else {}
    ax.set_xticks(range(len(bands)), words, **turn)  # type: ignore[arg-type]
    ax.set(
        xlabel=label("tenure", lang), ylabel=label("value per month", lang).format(unit=currency or "value")
    )
    ax.set_ylim(bottom=min(0.0, float(np.nanmin(table["low"].to_numpy(float), initial=0.0))))
    ax.margins(x=0.1)
    ax.yaxis.set_major_formatter(money(currency))
    shapes.above(ax)
    return marks.finished(ax, simulated, lang)


def contact_gaps(
    table: pd.DataFrame,
    currency: str = "",
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """How long ago customers heard from us: share of customers in each band, and what they are worth.

    Parameters
    ----------
    table : index = band; columns customers, share, and value if there is one (`relationship.contact_gaps`)
    """
    table = shapes.checked(table, ("customers", "share"), "contact_gaps")
    ax = axes(ax, height=1.3 + 0.38 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    notes = []
    worth = table["value"] if "value" in table.columns else pd.Series(np.nan, table.index)
    for number, value in zip(table["customers"], worth, strict=True):
        key = "gap note" if np.isfinite(value) else "gap note plain"
        amount = money(currency)(value, 0) if np.isfinite(value) else ""
        notes.append(label(key, lang).format(customers=shapes.counted(number), value=amount))
    pairs(ax, table, {"share": label("share of customers", lang)}, (BLUE,), notes)
    ax.get_legend().remove()  # type: ignore[union-attr]
    ax.set(xlabel=label("share of customers", lang), ylabel=label("silent for", lang))
    return marks.finished(ax, simulated, lang)


def hits(
    table: pd.DataFrame,
    what: str = "hit",
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """How often recommendations were right, by method, for new, repeat and all items, with intervals.

    Parameters
    ----------
    table : columns or index levels method, items; columns hit_rate, hit_low, hit_high, or precision, precision_low,
        precision_high (`relationship.recommend.evaluate`)
    what : "hit" or "precision"
    """
    value = "hit_rate" if what == "hit" else what
    columns = ("method", "items", value, f"{what}_low", f"{what}_high")
    table = shapes.checked(table, columns, "hits")
    items, methods = (list(dict.fromkeys(table[name])) for name in ("items", "method"))
    ax = axes(ax, height=1.5 + 0.3 * len(items) * max(len(methods), 1))
    if shapes.nothing(ax, table, lang):
        return ax
    names = [label(f"items {name}", lang) if name in ITEMS else str(name) for name in items]
    ends = table.set_index("items")[["method", *columns[2:]]].set_axis(
        ["method", "share", "low", "high"], axis=1
    )
    for i, method in enumerate(methods):
        rows = ends[ends["method"] == method].reindex(items).drop(columns="method").set_axis(names, axis=0)
        colour, shift = (BLUE, ORANGE, *shapes.PALETTE[2:])[i % 8], 0.44 * ((i + 0.5) / len(methods) - 0.5)
        shapes.rows(
            ax, rows, "share", colour=colour, marker=shapes.MARKERS[i % 8], shift=shift, name=str(method)
        )
        marks.at_end(ax, [marks.part(*row) for row in rows.to_numpy(float)], shift)
    ax.set_xlabel(label("hit rate" if what == "hit" else "precision", lang))
    ax.set_xlim(0, 1.06 * float(np.nanmax(ends[["share", "high"]].to_numpy(float), initial=0.01)))
    marks.percents(ax.xaxis)
    shapes.above(ax)
    return marks.finished(ax, simulated, lang)


def mediation(
    table: pd.DataFrame,
    source: str,
    through: str,
    target: str,
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """Two ways from a source to a target, straight and through a third construct, with the effect of each.

    Parameters
    ----------
    table : index = effect ("direct", "indirect", "total"); columns estimate, low, high (`path.mediation`)
    """
    table = shapes.checked(table, ("estimate", "low", "high"), "mediation")
    ax = axes(ax, width=6.4, height=3.0)
    if shapes.nothing(ax, table, lang):
        return ax
    places = {
        "source": np.array([0.0, 0.0]),
        "through": np.array([1.5, 1.05]),
        "target": np.array([3.0, 0.0]),
    }
    rows = table.reindex(["direct", "indirect", "total"])
    clear = (rows["low"] > 0) | (rows["high"] < 0)
    effect = rows["estimate"].fillna(0.0)
    for start, end, name in (
        ("source", "target", "direct"),
        ("source", "through", "indirect"),
        ("through", "target", "indirect"),
    ):
        boxes.arrow(ax, places[start], places[end], float(effect[name]), bool(clear[name]))
    for key, name in (("source", source), ("through", through), ("target", target)):
        boxes.box(ax, places[key], name)
    words = {
        name: f"{label(f'mediated {name}', lang)}: {marks.amount(*rows.loc[name].to_numpy(float)[:3])}"
        for name in rows.index
    }
    for name, height, weight in (
        ("indirect", 0.55, "normal"),
        ("direct", 0.13, "normal"),
        ("total", -0.22, "bold"),
    ):
        ax.text(1.5, height, words[name], ha="center", va="center", fontsize=9, color=INK, weight=weight)
    boxes.frame(ax, places)
    ax.set_xlabel(label("arrow is effect", lang), fontsize=9, color=shapes.SOFT)
    return marks.finished(ax, simulated, lang)


def by_channel(
    table: pd.DataFrame, ax: Axes | None = None, lang: str = "en", simulated: bool = False
) -> Axes:
    """Share of purchases and of revenue of each channel, with its customers and purchases at the end of the row.

    Parameters
    ----------
    table : index = channel; columns customers, purchases, share (of purchases), and revenue_share if amounts are known
        (`relationship.by_channel`)
    """
    table = shapes.checked(table, ("customers", "purchases", "share"), "by_channel")
    ax = axes(ax, height=1.5 + 0.5 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    notes = [
        label("channel note", lang).format(customers=shapes.counted(n), purchases=shapes.counted(k))
        for n, k in zip(table["customers"], table["purchases"], strict=True)
    ]
    words = {"share": label("channel purchases", lang)}
    if "revenue_share" in table.columns and table["revenue_share"].notna().any():
        words["revenue_share"] = label("channel revenue", lang)
    pairs(ax, table, words, (GREY, BLUE), notes)
    ax.set_xlabel(label("share of whole", lang))
    return marks.finished(ax, simulated, lang)
