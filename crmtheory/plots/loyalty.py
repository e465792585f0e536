"""Figures of loyalty: its link to satisfaction, its kinds, buying again, switching, intention against behaviour."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from crmtheory.plots import marks, shapes
from crmtheory.plots.labels import label
from crmtheory.plots.style import GREY, INK, ORANGE, PURPLE, RED, axes, money

SHAPES = {"linear": (GREY, "--"), "diminishing": (ORANGE, "-."), "only complete": (PURPLE, "-")}
# Kind → place (attitude, repeat buying: 0 low, 1 high) and a pale colour behind dark words.
KINDS = {
    "spurious": ((0, 1), "#fde3c0"),
    "true": ((1, 1), "#c9dbff"),
    "no": ((0, 0), "#ececee"),
    "latent": ((1, 0), "#e6d3f5"),
}


def link(
    levels: pd.DataFrame,
    curves: pd.DataFrame | None = None,
    best: str | None = None,
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """Mean recommendation at each level of satisfaction with interval and number of answers, and the fitted shapes.

    Parameters
    ----------
    levels : index = level of satisfaction (numbers); columns estimate, low, high, n (`loyalty.by_level`)
    curves : columns shape, satisfaction, loyalty (`loyalty.link_curves`)
    best : the shape that the data like best; it is named so in the legend
    """
    levels = shapes.checked(levels, ("estimate", "low", "high", "n"), "link")
    ax = axes(ax)
    if shapes.nothing(ax, levels, lang):
        return ax
    if curves is not None:
        curves = shapes.checked(curves, ("shape", "satisfaction", "loyalty"), "link")
        for i, (shape, rows) in enumerate(curves.groupby("shape", sort=False, observed=True)):
            colour, line = SHAPES.get(str(shape), (shapes.PALETTE[i % 8], marks.LINES[i % 4]))
            name = label(f"shape {shape}", lang) if shape in SHAPES else str(shape)
            name = label("best shape", lang).format(name=name) if shape == best else name
            rows = rows.sort_values("satisfaction")
            above = 2.5 if shape == "linear" else 2  # a curve that found no bend lies on the line
            ax.plot(
                rows["satisfaction"],
                rows["loyalty"],
                line,
                color=colour,
                linewidth=1.8,
                label=name,
                zorder=above,
            )
    _levels(ax, levels, label("mean of level", lang), lang)
    ax.set_ylabel(label("loyalty", lang))
    shapes.above(ax, 2)
    return marks.finished(ax, simulated, lang)


def promoters(
    levels: pd.DataFrame, ax: Axes | None = None, lang: str = "en", simulated: bool = False
) -> Axes:
    """Share who recommend at each level of satisfaction, with interval and number of answers.

    Parameters
    ----------
    levels : index = level of satisfaction (numbers); columns estimate, low, high, n (`loyalty.by_level`)
    """
    levels = shapes.checked(levels, ("estimate", "low", "high", "n"), "promoters")
    ax = axes(ax)
    if shapes.nothing(ax, levels, lang):
        return ax
    _levels(ax, levels, None, lang, form="--")
    ax.set_ylabel(label("promoters of level", lang))
    ax.set_ylim(
        0, min(1.02, 1.1 * float(np.nanmax(levels[["estimate", "high"]].to_numpy(float), initial=0.05)))
    )
    marks.percents(ax.yaxis)
    return marks.finished(ax, simulated, lang)


def kinds(
    table: pd.DataFrame,
    currency: str = "",
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """Attitude against repeat buying: four fields with the share of customers, its interval and the value of each.

    Parameters
    ----------
    table : index = kind ("true", "latent", "spurious", "no"); columns share, low, high, and value, value_low,
        value_high if there is a value (`loyalty.kinds_table`)
    """
    table = shapes.checked(table, ("share", "low", "high"), "kinds")
    ax = axes(ax, width=5.6, height=4.2)
    if shapes.nothing(ax, table, lang):
        return ax
    ax.grid(False)
    ax.spines[:].set_visible(False)
    for kind, ((x, y), colour) in KINDS.items():
        ax.add_patch(Rectangle((x - 0.48, y - 0.48), 0.96, 0.96, facecolor=colour, linewidth=0))
        lines = []
        if kind in table.index:
            row = table.loc[kind]
            share = marks.part(row["share"], row["low"], row["high"])
            lines = [label("of customers", lang).format(share=share)]
            if "value" in table.columns and np.isfinite(row["value"]):
                lines.append(label("value each", lang).format(value=_worth(row, currency)))
        ax.text(x, y + 0.2, label(f"kind {kind}", lang), ha="center", va="center", fontsize=11, weight="bold")
        ax.text(
            x, y - 0.06, "\n".join(lines), ha="center", va="center", fontsize=8, color=INK, linespacing=1.6
        )
    ends = [label("low", lang), label("high", lang)]
    ax.set_xticks([0, 1], ends)
    ax.set_yticks([0, 1], ends)
    ax.tick_params(length=0)
    ax.set(
        xlim=(-0.5, 1.5), ylim=(-0.5, 1.5), xlabel=label("attitude", lang), ylabel=label("behaviour", lang)
    )
    return marks.finished(ax, simulated, lang)


def switching(table: pd.DataFrame, ax: Axes | None = None, lang: str = "en", simulated: bool = False) -> Axes:
    """Probability that a customer of one brand buys each brand next, with interval.

    Parameters
    ----------
    table : columns from, to, from_n, probability, low, high (`loyalty.switching`)
    """
    table = shapes.checked(table, ("from", "to", "from_n", "probability", "low", "high"), "switching")
    brands = shapes.groups(table, "from", "to")
    ax = axes(ax, width=3.0 + 0.85 * len(brands), height=1.6 + 0.5 * len(brands))
    if shapes.nothing(ax, table, lang):
        return ax
    square = {
        name: table.pivot(index="from", columns="to", values=name).reindex(index=brands, columns=brands)
        for name in ("probability", "low", "high")
    }
    mesh = shapes.heat(ax, square["probability"], (0.0, 1.0))
    low, high = square["low"].to_numpy(float), square["high"].to_numpy(float)

    def words(i: int, j: int, value: float) -> str:
        return (
            f"{value:.0%}\n{100 * low[i, j]:.0f}–{100 * high[i, j]:.0f}%"
            if low[i, j] >= 0
            else f"{value:.0%}"
        )

    if not shapes.write(ax, mesh, square["probability"], words, sizes=(9, 8)):
        shapes.write(ax, mesh, square["probability"], lambda i, j, value: f"{value:.0%}", sizes=(9, 7))
    size = table.drop_duplicates("from").set_index("from")["from_n"].reindex(brands)
    left = [f"{shapes.shortened(str(name), 18)} ({shapes.counted(size[name])})" for name in brands]
    ax.set_yticks(range(len(brands)), left)
    below = [shapes.shortened(str(name), 18) for name in brands]
    crowded = sum(marks.width_of(name, 10) for name in below) / 72 > shapes.extent(ax)[0] * 0.8
    ax.set_xticks(
        range(len(brands)), below, rotation=35 if crowded else 0, ha="right" if crowded else "center"
    )
    ax.set(xlabel=label("brand after", lang), ylabel=label("brand before", lang))
    marks.percents(ax.figure.colorbar(mesh, ax=ax, label=label("switch", lang)).ax.yaxis)
    return marks.finished(ax, simulated, lang)


def repurchase(
    table: pd.DataFrame,
    difference: pd.DataFrame | None = None,
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """Share who bought again of those most loyal before and of the others, with intervals, and the difference.

    Parameters
    ----------
    table : index = group; columns customers, share, low, high (`loyalty.repurchase`)
    difference : one row; columns estimate, low, high (`loyalty.repurchase_difference`)
    """
    table = shapes.checked(table, ("customers", "share", "low", "high"), "repurchase")
    ax = axes(ax, height=1.4 + 0.42 * (len(table) + (difference is not None)))
    if shapes.nothing(ax, table, lang):
        return ax
    names = {name: label(f"repurchase {name}", lang) for name in ("top", "rest")}
    rows = table.rename(index=names)[["share", "low", "high"]]
    notes = [
        f"{marks.part(*row)}, {size}"
        for row, size in zip(rows.to_numpy(float), marks.sizes(table["customers"], lang), strict=True)
    ]
    if difference is None:
        shapes.rows(ax, rows, "share", notes=notes)
    else:
        found = shapes.checked(difference, ("estimate", "low", "high"), "repurchase")
        last = found[["estimate", "low", "high"]].iloc[:1].set_axis(["share", "low", "high"], axis=1)
        last.index = pd.Index([label("repurchase difference", lang)])
        both = pd.concat([rows, last])
        ax.axvline(0.0, color=INK, linewidth=1)
        ax.axhline(len(rows) - 0.5, color=GREY, linewidth=0.8)
        first = np.arange(len(both)) < len(rows)
        shapes.rows(ax, marks.only(both, first), "share")
        notes = [*notes, marks.part(*last.iloc[0].to_numpy(float))]
        shapes.rows(ax, marks.only(both, ~first), "share", colour=RED, marker="D", notes=notes)
        rows = both
    marks.across(ax, rows, 0.0)
    ax.set_xlabel(label("bought again", lang))
    marks.percents(ax.xaxis)
    return marks.finished(ax, simulated, lang)


def intention(
    studies: pd.DataFrame,
    medians: pd.DataFrame | None = None,
    by: str = "group",
    value: str = "estimate",
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """Correlation of satisfaction with intention or behaviour in each study, and each group's median with interval.

    Parameters
    ----------
    studies : one row a study; columns `by` and `value`
    medians : index = group; columns estimate, low, high, studies (`loyalty.intention_gap`)
    """
    studies = shapes.checked(studies, (by, value), "intention")
    groups = list(dict.fromkeys(studies[by] if medians is None else medians.index))
    ax = axes(ax, height=1.6 + 0.6 * len(groups))
    if shapes.nothing(ax, studies, lang):
        return ax
    ax.axvline(0.0, color=INK, linewidth=1)
    for i, group in enumerate(groups):
        found = np.sort(studies.loc[studies[by] == group, value].dropna().to_numpy(float))
        # Studies next to each other by value stand on different heights, always the same ones.
        aside = 0.3 * (np.arange(len(found)) * 0.618 % 1 - 0.5)
        words = label("study", lang) if i == 0 else None
        ax.plot(found, i + aside, "o", color=GREY, markersize=4, alpha=0.6, linestyle="none", label=words)
    empty = pd.DataFrame(np.nan, groups, ["estimate", "low", "high"])
    ends = (
        empty
        if medians is None
        else shapes.checked(medians, tuple(empty.columns), "intention")[[*empty.columns]]
    )
    notes = [marks.amount(*row) for row in ends.to_numpy(float)] if medians is not None else ()
    name = label("median of studies", lang) if medians is not None else None
    shapes.rows(ax, ends, "estimate", marker="D", name=name, notes=notes)
    marks.across(ax, pd.concat([ends.stack(), studies[value]]).to_frame(), 0.0)
    ax.set_xlabel(label("intention", lang))
    shapes.above(ax)
    return marks.finished(ax, simulated, lang)


def _levels(ax: Axes, levels: pd.DataFrame, name: str | None, lang: str, form: str = "") -> None:
    """Upright intervals at the levels, with the number of answers below each."""
    place = levels.index.to_numpy(float)
    marks.columns(ax, list(place), levels, name=name, form=form)
    ticks = [f"{at:g}\n({shapes.counted(n)})" for at, n in zip(place, levels["n"], strict=True)]
    shown = shapes.some(len(place), 11)
    ax.set_xticks(place[shown], [ticks[i] for i in shown])
    ax.set_xlabel(label("satisfaction", lang))
    ax.margins(x=0.08)


def _worth(row: pd.Series, currency: str) -> str:
    """The value of a customer with its interval, if there is one."""
    ends = [row.get(name, np.nan) for name in ("value", "value_low", "value_high")]
    first, low, high = (money(currency)(value, 0) if np.isfinite(value) else "" for value in ends)
    return f"{first} [{low}, {high}]" if low and high else first
