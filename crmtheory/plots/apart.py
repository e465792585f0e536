"""Points in a plane with an interval in each direction, and names beside them that keep apart."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from crmtheory.plots import marks, shapes
from crmtheory.plots.style import INK

# Where a label may stand around its point, in the order in which the places are tried: to the upper right first.
ANGLES = (35, 325, 145, 215, 0, 180, 90, 270, 60, 300, 120, 240)
DISTANCES = (8.0, 16.0, 26.0, 40.0, 58.0, 80.0, 110.0)  # from the point, in points


def crosses(
    ax: Axes, x: pd.DataFrame, y: pd.DataFrame, colours: Sequence[str], markers: Sequence[str]
) -> None:
    """Points with an interval in each direction; the tables have the columns estimate, low, high."""
    for i, (colour, marker) in enumerate(zip(colours, markers, strict=True)):
        across_, up = x.iloc[i], y.iloc[i]
        ax.hlines(up["estimate"], across_["low"], across_["high"], color=colour, linewidth=1.4, alpha=0.75)
        ax.vlines(across_["estimate"], up["low"], up["high"], color=colour, linewidth=1.4, alpha=0.75)
        ax.plot(across_["estimate"], up["estimate"], marker, color=colour, markersize=7)


def around(ax: Axes, x: pd.DataFrame, y: pd.DataFrame, also: tuple[float, float] | None = None) -> None:
    """Limits that hold all points, their intervals and one more point, with room for words at the top and bottom."""
    limits: tuple[Callable[..., object], ...] = (ax.set_xlim, ax.set_ylim)
    for k, (table, share) in enumerate(((x, 0.1), (y, 0.13))):
        numbers = np.append(table.to_numpy(float).ravel(), [] if also is None else [also[k]])
        numbers = numbers[np.isfinite(numbers)]
        if len(numbers):
            room = share * float(np.ptp(numbers)) or 0.1 * abs(float(numbers[0])) or 0.1
            limits[k](float(numbers.min()) - room, float(numbers.max()) + room)


def names(
    ax: Axes,
    x: pd.DataFrame,
    y: pd.DataFrame,
    words: Sequence[str],
    size: float = 8.0,
    corners: Mapping[str, tuple[int, int]] | None = None,
    lines: Sequence[tuple[float, float]] = (),
) -> None:
    """Write names beside points with intervals, where they hide no other name, point or interval.

    Each name takes the nearest place that is free, or the freest one; a name that stands far off has a line to its
    point. Limits, legend and words on the axes must be there before. `corners` are words in a corner: (0, 0) is the
    lower left one; `lines` are crossings of a vertical with a horizontal line that names should not stand on.
    """
    scale = _room(ax)
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()

    def spot(across_: float, up: float) -> np.ndarray:
        return scale * [(across_ - left) / (right - left), (up - bottom) / (top - bottom)]

    up_, aside = np.array([0.0, 1.5]), np.array([1.5, 0.0])
    taken = []  # boxes in points: left, bottom, right, top, and how much it matters to leave them free
    for at, up in lines:
        here = spot(at, up)
        taken.append((here[0] - 1.5, 0.0, here[0] + 1.5, scale[1], 0.5))
        taken.append((0.0, here[1] - 1.5, scale[0], here[1] + 1.5, 0.5))
    for (xm, xl, xh), (ym, yl, yh) in zip(_ends(x), _ends(y), strict=True):
        if not (np.isfinite(xm) and np.isfinite(ym)):
            continue
        taken.append((*(spot(xm, ym) - 5), *(spot(xm, ym) + 5), 3.0))
        for low, high, thick in ((spot(xl, ym), spot(xh, ym), up_), (spot(xm, yl), spot(xm, yh), aside)):
            taken.append((*(low - thick), *(high + thick), 1.0))
    for text, (right_, up) in (corners or {}).items():
        ax.text(
            0.99 if right_ else 0.01,
            0.985 if up else 0.015,
            text,
            transform=ax.transAxes,
            ha="right" if right_ else "left",
            va="top" if up else "bottom",
            fontsize=9,
            style="italic",
            color=shapes.SOFT,
        )
        start = np.array([right_ * (scale[0] - marks.width_of(text, 9) - 4), up * (scale[1] - 15)])
        taken.append((*start, start[0] + marks.width_of(text, 9) + 4, start[1] + 15, 3.0))
    for name, (xm, *_), (ym, *_) in zip(words, _ends(x), _ends(y), strict=True):
        if not (np.isfinite(xm) and np.isfinite(ym)):
            continue
        text, point = shapes.shortened(str(name), 26), spot(xm, ym)
        half = np.array([marks.width_of(text, size) / 2 + 1, 0.65 * size + 1])
        best, cost = (0.0, 0.0), np.inf
        for distance in DISTANCES:
            for angle in ANGLES:
                way = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))])
                middle = point + distance * way + half * np.sign(np.round(way, 6))
                box = (*(middle - half), *(middle + half))
                out = sum(max(0.0, -box[i]) + max(0.0, box[i + 2] - scale[i]) for i in (0, 1))
                here = 20.0 * out + distance + sum(weight * _overlap(box, other) for *other, weight in taken)
                if here < cost - 1e-9:
                    best, cost, found = (middle[0] - point[0], middle[1] - point[1]), here, box
        taken.append((*found, 40.0))
        far = float(np.hypot(*(np.maximum(np.abs(best) - half, 0)))) > 14
        ax.annotate(
            text,
            (xm, ym),
            xytext=best,
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=size,
            color=INK,
            arrowprops={"arrowstyle": "-", "color": shapes.SOFT, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 3}
            if far
            else None,
        )


def _room(ax: Axes) -> np.ndarray:
    """Width and height of the Axes in points, after the layout of its figure is made."""
    figure = ax.get_figure(root=True)
    if figure is None:
        return 72 * np.asarray(shapes.extent(ax))
    engine = figure.get_layout_engine()
    if engine is not None:
        with warnings.catch_warnings():  # letters without a font are said when the figure is saved
            warnings.simplefilter("ignore")
            engine.execute(figure)
    box = ax.get_window_extent()
    return np.array([box.width, box.height]) * 72 / figure.dpi


def _ends(table: pd.DataFrame) -> list[tuple[float, float, float]]:
    """Estimate, low and high of each row; a missing end is the estimate."""
    middle = table["estimate"]
    parts = (middle, table["low"].fillna(middle), table["high"].fillna(middle))
    return list(zip(*(column.to_numpy(float) for column in parts), strict=True))


def _overlap(a: Sequence[float], b: Sequence[float]) -> float:
    """The area that two boxes (left, bottom, right, top) share."""
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return wide * high if wide > 0 and high > 0 else 0.0
