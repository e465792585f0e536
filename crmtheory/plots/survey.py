"""Figures of answers: how reliable scales are, and which drivers matter for an outcome."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from crmtheory.plots import apart, marks, shapes
from crmtheory.plots.labels import label
from crmtheory.plots.style import BLUE, GREY, INK, ORANGE, RED, VIOLET, axes

QUADRANTS = ("concentrate here", "keep up", "low priority", "possible overkill")
KINDS = ("annoys", "delights", "both alike", "unclear", "too few")


def reliability(
    table: pd.DataFrame,
    threshold: float = 0.7,
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """Cronbach's alpha and McDonald's omega of each scale with intervals, and a line at the usual threshold.

    Parameters
    ----------
    table : index = construct; columns items, alpha, low, high, omega, omega_low, omega_high (`scales.reliability`);
        a scale without alpha or omega has no dot
    """
    columns = ("items", "alpha", "low", "high", "omega", "omega_low", "omega_high")
    table = shapes.checked(table, columns, "reliability")
    ax = axes(ax, height=1.5 + 0.42 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    ax.axvline(
        threshold, color=INK, linewidth=1, linestyle="--", label=label("threshold", lang).format(at=threshold)
    )
    notes = [
        label("one item" if n == 1 else "items", lang).format(n=shapes.counted(n)) for n in table["items"]
    ]
    omega = marks.between(table, "omega")
    shapes.rows(ax, table, "alpha", shift=-0.14, name=label("alpha", lang))
    if omega["estimate"].notna().any():
        name = label("omega", lang)
        shapes.rows(ax, omega, "estimate", colour=ORANGE, marker="s", shift=0.14, name=name)
    shapes.rows(ax, table.assign(alpha=np.nan, low=np.nan, high=np.nan), "alpha", notes=notes)
    ends = pd.concat([table[["alpha", "low", "high"]], omega.set_axis(["alpha", "low", "high"], axis=1)])
    lowest = float(np.nanmin(ends.to_numpy(float), initial=threshold))
    ax.set(xlabel=label("reliability", lang), xlim=(min(0.5, lowest - 0.03), 1.0))
    shapes.above(ax, 2)
    return marks.finished(ax, simulated, lang)


def item_table(
    table: pd.DataFrame, ax: Axes | None = None, lang: str = "en", simulated: bool = False
) -> Axes:
    """Correlation of each item with the rest of its scale; a weak item has its own colour and mark.

    Parameters
    ----------
    table : index = item; columns construct, item_rest, alpha, weak (`scales.item_table`); the items of a construct
        stand together, in the order of the table
    """
    table = shapes.checked(table, ("construct", "item_rest", "alpha", "weak"), "item_table")
    ax = axes(ax, height=1.5 + 0.27 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    order = {name: i for i, name in enumerate(dict.fromkeys(table["construct"]))}
    table = table.iloc[np.argsort(table["construct"].map(order).to_numpy(), kind="stable")]
    names, weak = list(table["construct"]), table["weak"].to_numpy(bool)
    heads = [
        label("scale alpha", lang).format(
            name=shapes.shortened(str(name), 24), alpha=marks.amount(alpha, alpha, np.nan)
        )
        if i == 0 or names[i - 1] != name
        else ""
        for i, (name, alpha) in enumerate(zip(names, table["alpha"], strict=True))
    ]
    dots = table[["item_rest"]].assign(low=np.nan, high=np.nan)
    shapes.rows(ax, marks.only(dots, ~weak), "item_rest", name=label("item keeps", lang))
    if weak.any():
        name = label("item weak", lang)
        shapes.rows(ax, marks.only(dots, weak), "item_rest", colour=RED, marker="X", name=name)
    shapes.rows(ax, dots * np.nan, "item_rest", notes=heads)
    for i, (before, after) in enumerate(pairwise(names)):
        if before != after:
            ax.axhline(i + 0.5, color=GREY, linewidth=0.8)
    lowest = float(np.nanmin(dots["item_rest"].to_numpy(float), initial=0.0))
    ax.set(xlabel=label("item rest", lang), xlim=(lowest - 0.05 * (lowest < 0), 1.0))
    shapes.above(ax, 2)
    return marks.finished(ax, simulated, lang)


def correlations(
    table: pd.DataFrame, ax: Axes | None = None, lang: str = "en", simulated: bool = False
) -> Axes:
    """One correlation by several methods, with intervals.

    Parameters
    ----------
    table : index or column = method; columns estimate, low, high (`association.compare`, `association.correlation`)
    """
    table = shapes.named(shapes.checked(table, ("estimate", "low", "high"), "correlations"), "method")
    words = label("correlation", lang)
    return marks.estimates(table, "correlations", words, ax=ax, lang=lang, simulated=simulated)


def importance(
    table: pd.DataFrame, ax: Axes | None = None, lang: str = "en", simulated: bool = False
) -> Axes:
    """Share of R² of each driver with its interval, in the order of the table.

    Parameters
    ----------
    table : index = driver; columns share, low, high; with r_squared, it is written above (`drivers.importance`)
    """
    words = label("importance", lang)
    ax = marks.estimates(table, "importance", words, estimate="share", form=marks.part, ax=ax, lang=lang)
    if len(table) and "r_squared" in table.columns and np.isfinite(table["r_squared"].iloc[0]):
        note = label("importance r2", lang).format(r2=table["r_squared"].iloc[0])
        ax.set_title(note, loc="left", fontsize=9, color=shapes.SOFT)
    return marks.finished(ax, simulated, lang)


def importance_performance(
    table: pd.DataFrame,
    cut: tuple[float, float] | None = None,
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """Importance of each driver against its performance, with an interval in both directions and four quadrants.

    Parameters
    ----------
    table : index = driver or construct; columns importance, importance_low, importance_high, performance,
        performance_low, performance_high (`drivers.importance_performance`, `path.importance_performance`)
    cut : importance and performance where the quadrants meet; by default the means of the table
    """
    columns = [f"{name}{end}" for name in ("importance", "performance") for end in ("", "_low", "_high")]
    table = shapes.checked(table, columns, "importance_performance")
    ax = axes(ax, width=6.4, height=5.0)
    if shapes.nothing(ax, table, lang):
        return ax
    x, y = marks.between(table, "importance"), marks.between(table, "performance")
    across, up = (float(x["estimate"].mean()), float(y["estimate"].mean())) if cut is None else cut
    ax.axvline(across, color=INK, linewidth=1, linestyle="--")
    ax.axhline(up, color=INK, linewidth=1, linestyle="--")
    apart.crosses(ax, x, y, [BLUE] * len(table), ["o"] * len(table))
    ax.set(xlabel=label("importance axis", lang), ylabel=label("performance axis", lang))
    apart.around(ax, x, y, (across, up))
    places = {
        "concentrate here": (1, 0),
        "keep up": (1, 1),
        "low priority": (0, 0),
        "possible overkill": (0, 1),
    }
    corners = {label(f"quadrant {name}", lang): places[name] for name in QUADRANTS}
    apart.names(ax, x, y, [str(name) for name in table.index], corners=corners, lines=[(across, up)])
    return marks.finished(ax, simulated, lang)


def penalty_reward(
    table: pd.DataFrame, ax: Axes | None = None, lang: str = "en", simulated: bool = False
) -> Axes:
    """What a low rating of each driver takes away and a high one adds, with intervals, sorted by asymmetry.

    Drivers on top only annoy, those at the bottom delight; the kind stands at the end of the row. Drivers without an
    asymmetry stand last, and it is said why.

    Parameters
    ----------
    table : index = driver; columns penalty, penalty_low, penalty_high, reward, reward_low, reward_high, estimate,
        kind (`drivers.penalty_reward`)
    """
    columns = [f"{name}{end}" for name in ("penalty", "reward") for end in ("", "_low", "_high")]
    table = shapes.checked(table, [*columns, "estimate", "kind"], "penalty_reward")
    ax = axes(ax, height=1.5 + 0.42 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    table = table.sort_values("estimate", ascending=False, kind="stable")
    place, ends = np.arange(len(table)), table[columns]
    known = table["kind"].where(table["estimate"].notna(), "too few")
    kinds = [label(f"kind {kind}", lang) if kind in KINDS else str(kind) for kind in known]
    for name, colour in (("penalty", ORANGE), ("reward", VIOLET)):
        part = marks.between(table, name)
        ax.barh(place, part["estimate"], height=0.5, color=colour, alpha=0.55, label=label(name, lang))
        notes = kinds if name == "reward" else ()
        shapes.rows(ax, part, "estimate", colour=INK, marker="|", notes=notes)
    ax.axvline(0.0, color=INK, linewidth=1)
    marks.across(ax, ends, 0.0)
    ax.set_xlabel(label("penalty reward", lang))
    shapes.above(ax)
    return marks.finished(ax, simulated, lang)


def quadrants(table: pd.DataFrame, ax: Axes | None = None, lang: str = "en", simulated: bool = False) -> Axes:
    """How sure it is that each driver lies in the quadrant where its point lies.

    Parameters
    ----------
    table : index = driver; columns quadrant, probability (`drivers.importance_performance`)
    """
    table = shapes.checked(table, ("quadrant", "probability"), "quadrants")
    ax = axes(ax, height=1.2 + 0.36 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    dots = table[["probability"]].assign(low=np.nan, high=np.nan)
    notes = [
        label(f"quadrant {name}", lang) if name in QUADRANTS else str(name) for name in table["quadrant"]
    ]
    shapes.rows(ax, dots, "probability", notes=notes)
    ax.set(xlabel=label("quadrant probability", lang), xlim=(0, 1.02))
    marks.percents(ax.xaxis)
    return marks.finished(ax, simulated, lang)
