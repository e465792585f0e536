"""Figures of groups by need: how many, whether other samples have the same ones, and what sets them apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from crmtheory.errors import SchemaError, unknown
from crmtheory.plots import shapes
from crmtheory.plots.labels import LABELS, label
from crmtheory.plots.style import BLUE, GREY, INK, ORANGE, axes


def criteria(
    table: pd.DataFrame,
    measures: Sequence[str] | None = None,
    chosen: int | None = None,
    lang: str = "en",
) -> tuple[Axes, ...]:
    """Criteria for the number of groups side by side on one new figure, each on its own scale.

    Parameters
    ----------
    table : clusters (column or index) and a column for each criterion; with a column `method`, a line for each
    measures : which criteria, by default all columns that have words: silhouette, bic, stability, ari, gap, …
    chosen : the number of groups in force, marked in every panel
    """
    table = shapes.checked(table, ("clusters",), "criteria")
    known = [key.removeprefix("criterion ") for key in LABELS["en"] if key.startswith("criterion ")]
    names = [name for name in table.columns if name in known] if measures is None else list(measures)
    for name in names:
        if name not in known:
            raise SchemaError(unknown("criterion", name, known))
    table = shapes.checked(table, ("clusters", *names), "criteria")
    methods = list(dict.fromkeys(table["method"])) if "method" in table.columns else [None]
    figure = Figure(figsize=(1.0 + 2.6 * max(len(names), 1), 3.0), layout="constrained")
    panels = figure.subplots(1, max(len(names), 1), squeeze=False)[0]
    if not names or not len(table):
        shapes.nothing(panels[0], table.iloc[:0], lang)
        return tuple(panels)
    for panel, name in zip(panels, names, strict=True):
        ax = axes(panel)
        for i, method in enumerate(methods):
            rows = table if method is None else table[table["method"] == method]
            rows = rows.dropna(subset=[name]).sort_values("clusters")
            if not len(rows):
                continue
            form, colour = f"{shapes.MARKERS[i % 8]}-", (BLUE, ORANGE, *shapes.PALETTE[2:])[i % 8]
            ax.plot(rows["clusters"], rows[name], form, color=colour, markersize=5, label=method)
        if chosen is not None:
            ax.axvline(chosen, color=INK, linewidth=1, linestyle=":", label=label("chosen", lang))
        ax.set(xlabel=label("clusters", lang), ylabel=label(f"criterion {name}", lang))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.yaxis.set_major_locator(MaxNLocator(4))
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.6g}")
    shown = {
        word: handle
        for panel in panels
        for handle, word in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    if shown:
        figure.legend(list(shown.values()), list(shown), loc="outside lower center", ncols=4, frameon=False)
    return tuple(panels)


def stability(
    table: pd.DataFrame,
    reference: pd.DataFrame | None = None,
    threshold: float = 0.6,
    ax: Axes | None = None,
    lang: str = "en",
) -> Axes:
    """How alike the groups of two resamples are, by number of groups, against data without groups and a threshold.

    Parameters
    ----------
    table : columns clusters, method, ari, low, high (`segmentation.stability`)
    reference : the same columns, from data of the same spread without any groups
    """
    parts = [(table, "-", 1.0, "")]
    if reference is not None:
        parts.append((reference, ":", 0.8, label("by chance", lang)))
    parts = [
        (shapes.checked(part, ("clusters", "method", "ari", "low", "high"), "stability"), *rest)
        for part, *rest in parts
    ]
    ax = axes(ax)
    if shapes.nothing(ax, parts[0][0], lang):
        return ax
    methods = list(dict.fromkeys(parts[0][0]["method"]))
    series = [(part, method, *rest) for part, *rest in parts for method in dict.fromkeys(part["method"])]
    for k, (part, method, line, alpha, words) in enumerate(series):
        rows = part[part["method"] == method].sort_values("clusters")
        at = rows["clusters"] + 0.07 * (k - (len(series) - 1) / 2)
        i = methods.index(method) if method in methods else k
        colour = GREY if words else (BLUE, ORANGE, *shapes.PALETTE[2:])[i % 8]
        name = f"{method}, {words}" if words else str(method)
        ax.vlines(at, rows["low"], rows["high"], color=colour, linewidth=1.6, alpha=alpha)
        ax.plot(at, rows["ari"], f"{shapes.MARKERS[i % 8]}{line}", color=colour, alpha=alpha, label=name)
    ax.axhline(
        threshold, color=INK, linewidth=1, linestyle="--", label=label("threshold", lang).format(at=threshold)
    )
    ax.set(xlabel=label("clusters", lang), ylabel=label("ari", lang))
    lowest = min(float(part["low"].min()) for part, *_ in parts)
    ax.set_ylim(min(0.0, lowest - 0.03), 1.02)
    counts = np.concatenate([part["clusters"].to_numpy(float) for part, *_ in parts])
    ax.set_xlim(counts.min() - 0.5, counts.max() + 0.5)
    ax.xaxis.set_major_locator(MaxNLocator(12, integer=True, min_n_ticks=1))
    shapes.above(ax, 3)
    return ax


def profile(table: pd.DataFrame, points: bool = True, ax: Axes | None = None, lang: str = "en") -> Axes:
    """What sets each group apart: its mean of each variable minus that of all customers.

    Each variable stands with the group that is furthest above the mean in it, so that the strong cells form a
    staircase. Where the interval of the group holds the overall mean, the number is grey.

    Parameters
    ----------
    table : columns segment, variable, customers, mean, low, high, overall, difference (`segmentation.profile`)
    points : the variables are parts (yes or no), so differences are written in percentage points
    """
    columns = ("segment", "variable", "customers", "low", "high", "overall", "difference")
    table = shapes.checked(table, columns, "profile")
    segments, variables = (list(dict.fromkeys(table[name])) for name in ("segment", "variable"))
    ax = axes(ax, width=3.6 + 0.85 * len(segments), height=1.6 + 0.29 * len(variables))
    if shapes.nothing(ax, table, lang):
        return ax
    wide = table.pivot(index="variable", columns="segment", values="difference").reindex(
        index=variables, columns=segments
    )
    best = wide.fillna(-np.inf).to_numpy(float)
    order = np.lexsort((-best.max(axis=1), best.argmax(axis=1)))
    wide = wide.iloc[order]
    by_chance = (table["low"] <= table["overall"]) & (table["overall"] <= table["high"])
    same = table.assign(same=by_chance).pivot(index="variable", columns="segment", values="same")
    same = same.reindex(index=wide.index, columns=segments)
    reach = float(np.nanmax(np.abs(wide.to_numpy(float)), initial=0.0)) or 1.0
    mesh = shapes.heat(ax, wide, (-reach, reach), shapes.DIVERGING)
    scale, form = (100, ".0f") if points else (1, ".2f" if reach < 10 else ",.0f")

    def words(i: int, j: int, value: float) -> str:
        text = f"{scale * value:+{form}}".replace("-", "−")
        return text[1:] if not text.strip("+−0.") else text  # no sign before a zero

    shapes.write(ax, mesh, wide, words, faint=lambda i, j: bool(same.iloc[i, j]))
    sizes = table.drop_duplicates("segment").set_index("segment")["customers"]
    names = [f"{shapes.shortened(str(s), 14)}\nn = {shapes.counted(sizes[s])}" for s in segments]
    ax.set_xticks(range(len(segments)), names, fontsize=8)
    ax.xaxis.tick_top()
    ax.set_yticks(range(len(wide)), [shapes.shortened(str(name), 44) for name in wide.index], fontsize=8)
    title = label("difference in points" if points else "difference", lang)
    bar = ax.figure.colorbar(mesh, ax=ax, label=title, location="bottom", shrink=0.9, aspect=35, pad=0.02)
    bar.ax.xaxis.set_major_formatter(
        lambda value, _: f"{scale * value:+.3g}".replace("-", "−") if value else "0"
    )
    return ax
