"""Figures of path models: the diagram, the effects, and whether constructs can be told apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from crmtheory.plots import boxes, marks, shapes
from crmtheory.plots.labels import label
from crmtheory.plots.style import BLUE, INK, ORANGE, axes


def path_diagram(
    paths: pd.DataFrame,
    r_squared: pd.Series | pd.DataFrame | None = None,
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """A path model from left to right: boxes are constructs, numbers and widths of the arrows path coefficients.

    An arrow is dashed if its interval holds 0; without intervals all are drawn through.

    Parameters
    ----------
    paths : columns from, to, estimate, and low and high if there are any (`paths` of `path.fit` or `path.bootstrap`)
    r_squared : index = construct; written into its box. Of a frame, the column estimate, or the first one
    """
    known = {"low", "high"} <= set(paths.columns)
    columns = ("from", "to", "estimate", *(("low", "high") if known else ()))
    table = shapes.checked(paths, columns, "path_diagram")
    arrows = [(str(a), str(b)) for a, b in zip(table["from"], table["to"], strict=True)]
    names = list(dict.fromkeys(name for pair in arrows for name in pair))
    places = boxes.layout(names, arrows)
    wide, high = np.ptp([*places.values()], axis=0) + 1 if places else (4.0, 2.0)
    ax = axes(ax, width=max(4.0, (1.5 if wide > 5 else 1.8) * wide), height=max(2.2, 1.3 * high + 0.3))
    if shapes.nothing(ax, table, lang):
        return ax
    if isinstance(r_squared, pd.DataFrame):
        r_squared = r_squared["estimate" if "estimate" in r_squared.columns else r_squared.columns[0]]
    explained = {} if r_squared is None else {str(name): value for name, value in r_squared.items()}
    clear = (table["low"] > 0) | (table["high"] < 0) if known else table["estimate"].notna()
    for (a, b), estimate, sure in zip(arrows, table["estimate"], clear, strict=True):
        boxes.arrow(ax, places[a], places[b], float(estimate), bool(sure))
    for name, at in places.items():
        r2 = explained.get(name, np.nan)
        boxes.box(ax, at, name, f"R² {r2:.2f}" if np.isfinite(r2) and r2 > 0 else "")
    texts = [
        (places[a], places[b], marks.amount(value, np.nan, np.nan))
        for (a, b), value in zip(arrows, table["estimate"], strict=True)
    ]
    boxes.numbers(ax, texts, list(places.values()))
    boxes.frame(ax, places)
    key = "arrow is path" if known else "arrow is path only"
    ax.set_xlabel(label(key, lang), fontsize=9, color=shapes.SOFT)
    return marks.finished(ax, simulated, lang)


def effects(
    total: pd.DataFrame,
    indirect: pd.DataFrame | None = None,
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """Total effects, with the part of them that goes through other constructs below each, both with intervals.

    Parameters
    ----------
    total, indirect : columns from, to, estimate, low, high (`path.bootstrap(…).total` and `.indirect`)
    """
    columns = ("from", "to", "estimate", "low", "high")
    tables = [shapes.checked(part, columns, "effects") for part in (total, indirect) if part is not None]
    first = _arrows(tables[0])
    ax = axes(ax, height=1.5 + 0.36 * len(first))
    if shapes.nothing(ax, first, lang):
        return ax
    ax.axvline(0.0, color=INK, linewidth=1)
    notes = [marks.amount(*row) for row in first.to_numpy(float)]
    shift = 0.15 if len(tables) > 1 else 0.0
    shapes.rows(
        ax, first, "estimate", colour=BLUE, shift=-shift, name=label("effect total", lang), notes=notes
    )
    ends = first
    if len(tables) > 1:
        second = _arrows(tables[1]).reindex(first.index)
        name = label("effect indirect", lang)
        shapes.rows(ax, second, "estimate", colour=ORANGE, marker="s", shift=shift, name=name)
        ends = pd.concat([first, second])
        shapes.above(ax)
    marks.across(ax, ends, 0.0)
    ax.set_xlabel(label("effect", lang))
    return marks.finished(ax, simulated, lang)


def htmt(
    table: pd.DataFrame,
    threshold: float = 0.9,
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """Heterotrait–monotrait ratio of each pair of constructs; a frame marks those above the threshold.

    Parameters
    ----------
    table : columns first, second, estimate; with low and high, the interval is written as well
        (`path.fit(…).htmt`, `path.bootstrap(…).htmt`)
    """
    known = {"low", "high"} <= set(table.columns)
    columns = ("first", "second", "estimate", *(("low", "high") if known else ()))
    table = shapes.checked(table, columns, "htmt")
    names = list(dict.fromkeys([*table["first"], *table["second"]]))
    rank = {name: i for i, name in enumerate(names)}
    number = max(len(names) - 1, 1)
    ax = axes(ax, width=max(4.2, 2.6 + 0.85 * number), height=max(2.8, 1.6 + 0.5 * number))
    if shapes.nothing(ax, table, lang):
        return ax
    wide = {column: pd.DataFrame(np.nan, names[1:], names[:-1]) for column in columns[2:]}
    for pair in table.to_dict("records"):
        low, high = sorted((pair["first"], pair["second"]), key=rank.__getitem__)
        for column, square in wide.items():
            square.loc[high, low] = pair[column]
    square = wide["estimate"]
    mesh = shapes.heat(ax, square, (0.0, max(1.0, float(np.nanmax(square.to_numpy(float), initial=1.0)))))
    ax.patches[0].set_visible(False)  # the empty half is empty by design, nothing is missing there

    def words(i: int, j: int, value: float) -> str:
        if not known or not np.isfinite(wide["low"].iloc[i, j]):
            return f"{value:.2f}"
        return f"{value:.2f}\n{wide['low'].iloc[i, j]:.2f}–{wide['high'].iloc[i, j]:.2f}"

    if not shapes.write(ax, mesh, square, words, sizes=(9, 8)):
        shapes.write(ax, mesh, square, lambda i, j, value: f"{value:.2f}", sizes=(9, 7))
    for i, j in np.argwhere(square.to_numpy(float) > threshold):
        ax.add_patch(Rectangle((j - 0.46, i - 0.44), 0.92, 0.88, fill=False, edgecolor=INK, linewidth=2))
    ax.set_xticks(range(number), [shapes.shortened(str(n), 18) for n in names[:-1]], rotation=35, ha="right")
    ax.set_yticks(range(number), [shapes.shortened(str(n), 18) for n in names[1:]])
    ax.set_xlabel(label("frame is above", lang).format(at=threshold), fontsize=9, color=shapes.SOFT)
    ax.figure.colorbar(mesh, ax=ax, label=label("htmt", lang))
    return marks.finished(ax, simulated, lang)


def _arrows(table: pd.DataFrame) -> pd.DataFrame:
    """The estimates by the name of their arrow: from → to."""
    names = [
        f"{shapes.shortened(str(a), 36)} → {shapes.shortened(str(b), 18)}"
        for a, b in zip(table["from"], table["to"], strict=True)
    ]
    return table[["estimate", "low", "high"]].set_axis(names, axis=0)
