"""Figures of satisfaction: ratings and NPS by group, gaps to expectations, Kano, change, comments, sample size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize, to_hex

from crmtheory.errors import SchemaError, unknown
from crmtheory.plots import apart, marks, shapes
from crmtheory.plots.labels import label
from crmtheory.plots.style import BLUE, GREY, INK, ORANGE, PURPLE, RED, VIOLET, axes

ANSWERS = {"detractors": ORANGE, "passives": "#dcdce0", "promoters": BLUE}
KANO = {
    "attractive": (VIOLET, "^"),
    "one_dimensional": (BLUE, "o"),
    "must_be": (RED, "s"),
    "indifferent": (GREY, "D"),
    "reverse": (PURPLE, "v"),
    "questionable": (INK, "X"),
}
TONES = "PuOr"  # orange for bad, white in the middle, violet for good
DIRECTIONS = {"rose": (BLUE, "o"), "fell": (ORANGE, "s"), "no clear change": (GREY, "D")}


def nps_bars(table: pd.DataFrame, ax: Axes | None = None, lang: str = "en", simulated: bool = False) -> Axes:
    """Detractors, passives and promoters of each group as parts of a bar; beside it the NPS with its interval.

    Parameters
    ----------
    table : index = group; columns estimate, low, high, n, promoters, passives, detractors (rows of `satisfaction.nps`)
    """
    table = shapes.checked(table, ("estimate", "low", "high", "n", *reversed(ANSWERS)), "nps_bars")
    ax = axes(ax, width=8.2, height=1.5 + 0.42 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    parts = table[list(ANSWERS)].set_axis([label(name, lang) for name in ANSWERS], axis=1)
    _stacked(ax, parts, list(ANSWERS.values()), lang)
    scores = table[["estimate", "low", "high"]]
    notes = [
        f"{marks.amount(row[0], row[1], row[2], 0)}, {size}"
        for row, size in zip(scores.to_numpy(float), marks.sizes(table["n"], lang), strict=True)
    ]
    marks.beside(ax, scores, label("nps", lang), notes, wide=0.55)
    return marks.finished(ax, simulated, lang)


def distribution(
    shares: pd.DataFrame, ax: Axes | None = None, lang: str = "en", simulated: bool = False
) -> Axes:
    """How each group rates: the share of every rating as parts of a bar, from the lowest (orange) to the highest.

    Parameters
    ----------
    shares : index = group or item, a column for each rating in its order; parts from 0 to 1
    """
    ax = axes(ax, width=7.2, height=1.5 + 0.38 * len(shares))
    if shapes.nothing(ax, shares, lang):
        return ax
    steps = np.linspace(0.15, 0.85, max(len(shares.columns), 2))[: len(shares.columns)]
    tones = [to_hex(colormaps[TONES](at)) for at in steps]
    _stacked(ax, shares, tones, lang, columns=11)
    return marks.finished(ax, simulated, lang)


def csat(
    table: pd.DataFrame, what: str = "mean", ax: Axes | None = None, lang: str = "en", simulated: bool = False
) -> Axes:
    """Mean rating or share of satisfied customers of each group, with interval and number of answers.

    Parameters
    ----------
    table : index = group; columns estimate, low, high, n (rows of `satisfaction.csat`)
    what : "mean" or "top"
    """
    if what not in ("mean", "top"):
        raise SchemaError(unknown("measure of satisfaction", what, ("mean", "top")))
    table = shapes.checked(table, ("estimate", "low", "high", "n"), "csat")
    form = marks.part if what == "top" else marks.amount
    notes = marks.sizes(table["n"], lang)
    words = label(f"csat {what}", lang)
    return marks.estimates(
        table, "csat", words, form=form, notes=notes, ax=ax, lang=lang, simulated=simulated
    )


def gaps(table: pd.DataFrame, ax: Axes | None = None, lang: str = "en", simulated: bool = False) -> Axes:
    """Expectation and perception of each dimension, joined by a line; beside them their gap with its interval.

    Parameters
    ----------
    table : index = dimension; columns perception, expectation, estimate, low, high (`satisfaction.gaps`)
    """
    columns = ("perception", "expectation", "estimate", "low", "high")
    table = shapes.checked(table, columns, "gaps")
    ax = axes(ax, width=8.2, height=1.5 + 0.42 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    ends = table[["perception", "expectation"]]
    ax.hlines(np.arange(len(table)), ends.min(axis=1), ends.max(axis=1), color=GREY, linewidth=2.5)
    for name, colour, marker in (("expectation", ORANGE, "s"), ("perception", BLUE, "o")):
        dots = table[[name]].assign(low=np.nan, high=np.nan)
        shapes.rows(ax, dots, name, colour=colour, marker=marker, name=label(name, lang))
    marks.across(ax, ends)
    ax.set_xlabel(label("gap axis", lang))
    shapes.above(ax)
    scores = table[["estimate", "low", "high"]]
    marks.beside(ax, scores, label("gap", lang), [marks.amount(*row) for row in scores.to_numpy(float)])
    return marks.finished(ax, simulated, lang)


def kano_map(table: pd.DataFrame, ax: Axes | None = None, lang: str = "en", simulated: bool = False) -> Axes:
    """What each feature gives if it is there against what it costs if it is missing, by category, with intervals.

    Parameters
    ----------
    table : index = feature; columns category, better, better_low, better_high, worse, worse_low, worse_high
        (`satisfaction.kano.summary`); with `clear`, features without a clear category have an open mark
    """
    columns = [f"{name}{end}" for name in ("better", "worse") for end in ("", "_low", "_high")]
    table = shapes.checked(table, ["category", *columns], "kano_map")
    ax = axes(ax, width=6.4, height=5.4)
    if shapes.nothing(ax, table, lang):
        return ax
    worse = -marks.between(table, "worse")
    worse = worse.assign(
        low=worse["high"], high=worse["low"]
    )  # the sign is dropped, so the ends change places
    better = marks.between(table, "better")
    ax.axvline(0.5, color=INK, linewidth=1, linestyle="--")
    ax.axhline(0.5, color=INK, linewidth=1, linestyle="--")
    styles = [KANO.get(str(name), (GREY, "*")) for name in table["category"]]
    apart.crosses(ax, worse, better, *zip(*styles, strict=True))
    clear = table["clear"].to_numpy(bool) if "clear" in table.columns else np.ones(len(table), bool)
    for dot, sure in zip(ax.lines[2:], clear, strict=True):
        if not sure:
            dot.set_markerfacecolor("white")
    for name in dict.fromkeys(table["category"]):
        colour, marker = KANO.get(str(name), (GREY, "*"))
        words = label(f"kano {name}", lang) if name in KANO else str(name)
        ax.plot([], [], marker, color=colour, markersize=7, label=words)
    if not clear.all():
        words = label("kano unclear", lang)
        ax.plot([], [], "o", color=INK, markerfacecolor="white", markersize=7, label=words)
    ax.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), xlabel=label("worse", lang), ylabel=label("better", lang))
    shapes.above(ax, 3)
    apart.names(ax, worse, better, [str(name) for name in table.index], lines=[(0.5, 0.5)])
    return marks.finished(ax, simulated, lang)


def two_periods(
    table: pd.DataFrame, ax: Axes | None = None, lang: str = "en", simulated: bool = False
) -> Axes:
    """Change of each item from one period to the next, with intervals, sorted; clear changes are coloured.

    Items that were not asked twice stand last, without a change.

    Parameters
    ----------
    table : index = item; columns estimate, low, high, direction (`satisfaction.two_periods`)
    """
    table = shapes.checked(table, ("estimate", "low", "high", "direction"), "two_periods")
    ax = axes(ax, height=1.5 + 0.34 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    table = table.sort_values("estimate", ascending=False, kind="stable")
    ax.axvline(0.0, color=INK, linewidth=1)
    ends = table[["estimate", "low", "high"]]
    for name, (colour, marker) in DIRECTIONS.items():
        here = table["direction"] == name
        if here.any():
            rows = ends.where(here)
            shapes.rows(ax, rows, "estimate", colour=colour, marker=marker, name=label(name, lang))
    notes = [
        label("not asked twice", lang) if name == "not asked twice" else marks.amount(*row)
        for name, row in zip(table["direction"], ends.to_numpy(float), strict=True)
    ]
    shapes.rows(ax, ends * np.nan, "estimate", notes=notes)
    marks.across(ax, ends, 0.0)
    ax.set_xlabel(label("change", lang))
    shapes.above(ax)
    return marks.finished(ax, simulated, lang)


def comments(table: pd.DataFrame, ax: Axes | None = None, lang: str = "en", simulated: bool = False) -> Axes:
    """Share of comments on each theme with its interval, coloured by tone: orange complains, violet praises.

    Themes that no comment names are left out.

    Parameters
    ----------
    table : index = theme; columns comments, share, low, high, tone from −1 to 1 (`satisfaction.comments.summary`)
    """
    table = shapes.checked(table, ("comments", "share", "low", "high", "tone"), "comments")
    table = table[table["comments"] > 0]
    ax = axes(ax, width=7.6, height=1.3 + 0.36 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    notes = [
        label("comments one" if n == 1 else "comments", lang).format(n=shapes.counted(n))
        + f", {label('tone none', lang)}" * bool(n > 0 and pd.isna(tone))
        for n, tone in zip(table["comments"], table["tone"], strict=True)
    ]
    mapped = ScalarMappable(Normalize(-1, 1), colormaps[TONES])
    tones = [
        to_hex(colormaps[TONES]((tone + 1) / 2)) if np.isfinite(tone) else "white" for tone in table["tone"]
    ]
    place = np.arange(len(table))
    bars = ax.barh(place, table["share"], height=0.62, color=tones, edgecolor=INK, linewidth=0.7)
    for bar, tone in zip(bars, table["tone"], strict=True):
        bar.set_hatch("" if np.isfinite(tone) else "////")
    ax.hlines(
        place, table["low"], table["high"], color="white", linewidth=4.5
    )  # dark bars hide dark intervals
    shapes.rows(ax, table, "share", colour=INK, marker="|", notes=notes)
    ax.set_xlim(0, 1.06 * float(np.nanmax(table[["share", "high"]].to_numpy(float), initial=0.01)))
    ax.set_xlabel(label("theme share", lang))
    marks.percents(ax.xaxis)
    # The notes stand between the data and the scale of the tone.
    room = 0.02 + max(marks.width_of(note, 8) for note in notes) / 72 / shapes.extent(ax)[0] + 0.03
    bar = ax.figure.colorbar(mapped, ax=ax, label=label("tone", lang), pad=room)
    bar.ax.tick_params(labelsize=8)
    return marks.finished(ax, simulated, lang)


def sample_size(
    table: pd.DataFrame,
    unit: str = "",
    at: Sequence[float] = (),
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """How many answers show a difference, on a logarithmic axis; with a column `measure`, a line for each.

    Parameters
    ----------
    table : columns difference, answers (`satisfaction.sample_sizes`)
    unit : of the difference, such as "NPS points"
    at : numbers of answers to mark by a dashed line, such as those at hand
    """
    table = shapes.checked(table, ("difference", "answers"), "sample_size")
    ax = axes(ax)
    if shapes.nothing(ax, table, lang):
        return ax
    names = list(dict.fromkeys(table["measure"])) if "measure" in table.columns else [None]
    for i, name in enumerate(names):
        rows = table if name is None else table[table["measure"] == name]
        rows = rows.sort_values("difference")
        colour = (BLUE, ORANGE, *shapes.PALETTE[2:])[i % 8]
        ax.plot(
            rows["difference"], rows["answers"], marks.LINES[i % 4], color=colour, linewidth=2, label=name
        )
    for number in at:
        ax.axhline(number, color=INK, linewidth=1, linestyle="--")
        ax.annotate(
            label("contacts", lang).format(n=shapes.counted(number)),
            (1.0, number),
            xycoords=ax.get_yaxis_transform(),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=shapes.SOFT,
        )
    ax.set_yscale("log")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.6g}")
    ax.yaxis.set_minor_formatter(lambda value, _: "")
    words = label("difference to see", lang).format(unit=unit or label("points", lang))
    ax.set(xlabel=words, ylabel=label("answers needed", lang))
    shapes.above(ax)
    return marks.finished(ax, simulated, lang)


def _stacked(ax: Axes, parts: pd.DataFrame, colours: Sequence[str], lang: str, columns: int = 4) -> None:
    """Bars of parts that add up to the whole, with percentages where there is room."""
    place, left = np.arange(len(parts)), np.zeros(len(parts))
    wide = shapes.extent(ax)[0] * 72
    for name, colour in zip(parts.columns, colours, strict=True):
        size = parts[name].fillna(0).to_numpy(float)
        bars = ax.barh(place, size, left=left, height=0.7, color=colour, label=str(name))
        words = [f"{value:.0%}" if value * wide > 40 else "" for value in size]
        ax.bar_label(bars, words, label_type="center", fontsize=8, color=shapes.on(colour))
        left = left + size
    ax.set_yticks(place, [shapes.shortened(str(name), 30) for name in parts.index])
    ax.set(ylim=(len(parts) - 0.5, -0.5), xlim=(0, max(1.0, float(left.max()))))
    ax.set_xlabel(label("share of answers", lang))
    ax.grid(False, axis="y")
    ax.tick_params(axis="y", length=0)
    marks.percents(ax.xaxis)
    shapes.above(ax, columns)
