"""Marks that figures of answers and of tests share: estimates in rows or columns, a panel beside the data, and the
note that data are simulated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis

from crmtheory.plots import shapes
from crmtheory.plots.labels import label
from crmtheory.plots.style import BLUE, GREY, INK, axes

LINES = ("-", "--", "-.", ":")


def finished(ax: Axes, simulated: bool, lang: str = "en") -> Axes:
    """The Axes; if the data are simulated, with a note that says so over the upper right corner, outside the data."""
    if not simulated:
        return ax
    legend, room = ax.get_legend(), 4.0
    if legend is not None:  # the note stands above the legend, which stands above the data
        entries, columns = len(legend.get_texts()), getattr(legend, "_ncols", 1)
        room += 6.0 + 13.5 * math.ceil(entries / max(columns, 1))
    inner = ax.child_axes[-1] if ax.child_axes else ax
    corner = inner if isinstance(inner, Axes) else ax  # that of the panel beside the data, if there is one
    corner.set_title(label("simulated", lang), loc="right", fontsize=8, color=shapes.SOFT, pad=room)
    return ax


def said(text: str, simulated: bool) -> str:
    """A caption that begins with the word on simulated data, if they are.

    >>> said("Two groups.", True)
    'Simulated data. Two groups.'
    """
    return f"Simulated data. {text}" if simulated else text


def part(estimate: float, low: float, high: float, decimals: int = 1) -> str:
    """A part of a whole with its interval, in percent.

    >>> part(0.123, -0.05, 0.2), part(float("nan"), 0, 1), part(0.5, float("nan"), 1)
    ('12.3% [−5.0%, 20.0%]', '–', '50.0%')
    """
    if not np.isfinite(estimate):
        return "–"
    first, *ends = (signed(f"{value:.{decimals}%}") for value in (estimate, low, high))
    return f"{first} [{ends[0]}, {ends[1]}]" if np.isfinite(low) and np.isfinite(high) else first


def signed(number: str) -> str:
    """A written number with a proper minus sign, and none before a zero.

    >>> signed("-1.5%"), signed("-0.0%")
    ('−1.5%', '0.0%')
    """
    return number.replace("-", "" if not number.strip("-+0.,%") else "−")


def amount(estimate: float, low: float, high: float, decimals: int = 2) -> str:
    """An estimate with its interval; without one, the estimate alone.

    >>> amount(-0.25, -0.5, 0.1), amount(0.4, float("nan"), 1.0)
    ('−0.25 [−0.50, 0.10]', '0.40')
    """
    if np.isfinite(estimate) and not (np.isfinite(low) and np.isfinite(high)):
        return signed(f"{estimate:,.{decimals}f}")
    return shapes.interval(estimate, low, high, decimals)


def sizes(numbers: Iterable[float], lang: str) -> list[str]:
    """How many there are, for each row: n = 1,200."""
    return [label("contacts", lang).format(n=shapes.counted(n)) for n in numbers]


def only(table: pd.DataFrame, which: np.ndarray) -> pd.DataFrame:
    """The numbers of some rows; those of the others are missing."""
    return table.where(np.repeat(np.asarray(which, bool)[:, None], len(table.columns), axis=1))


def percents(axis: Axis) -> None:
    """Write an axis of parts as percentages, with decimals only where ticks need them."""
    axis.set_major_formatter(lambda value, _: signed(f"{round(100 * value, 6):.5g}%"))


def between(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The columns name, name_low, name_high as estimate, low, high."""
    columns = {name: "estimate", f"{name}_low": "low", f"{name}_high": "high"}
    return table[list(columns)].rename(columns=columns)


def estimates(
    table: pd.DataFrame,
    figure: str,
    words: str,
    *,
    estimate: str = "estimate",
    more: Sequence[str] = (),
    line: float | None = None,
    form: Callable[[float, float, float], str] = amount,
    notes: Sequence[str] | None = None,
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """Rows of dots with intervals. With a line, what does not reach it is blue and the others are grey.

    Parameters
    ----------
    table : index = what the rows are of; columns estimate, low, high and those of `more`
    words : on the horizontal axis
    form : how an estimate is written at the end of its row, unless there are `notes`; `part` makes a percent axis
    """
    table = shapes.checked(table, (estimate, "low", "high", *more), figure)
    ax = axes(ax, height=1.2 + 0.36 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    ends = table[[estimate, "low", "high"]]
    texts = [form(*row) for row in ends.to_numpy(float)] if notes is None else notes
    if line is None:
        shapes.rows(ax, table, estimate, notes=texts)
    else:
        ax.axvline(line, color=INK, linewidth=1)
        clear = (table["low"] > line) | (table["high"] < line)
        shapes.rows(ax, table.where(~clear), estimate, colour=GREY)
        shapes.rows(ax, table.where(clear), estimate, notes=texts)
    across(ax, ends, line)
    if form is part:
        percents(ax.xaxis)
    ax.set_xlabel(words)
    return finished(ax, simulated, lang)


def across(ax: Axes, ends: pd.DataFrame, line: float | None = None) -> None:
    """Limits of the horizontal axis that hold all numbers and the line, with some room on both sides."""
    numbers = ends.to_numpy(float).ravel()
    numbers = np.append(numbers[np.isfinite(numbers)], [] if line is None else [line])
    if len(numbers):
        low, high = float(numbers.min()), float(numbers.max())
        room = 0.06 * (high - low) or 0.1 * abs(high) or 0.1
        ax.set_xlim(low - room, high + room)


def columns(
    ax: Axes,
    place: Sequence[float],
    table: pd.DataFrame,
    *,
    colour: str = BLUE,
    marker: str = "o",
    form: str = "",
    name: str | None = None,
) -> None:
    """Upright intervals `low` to `high` with dots at `estimate`; a row without an interval is a dot."""
    ax.vlines(place, table["low"].to_numpy(float), table["high"].to_numpy(float), color=colour, linewidth=2)
    ax.plot(
        place,
        table["estimate"].to_numpy(float),
        f"{marker}{form or ' '}",
        color=colour,
        markersize=6,
        label=name,
        linewidth=1.2,
    )


def beside(ax: Axes, table: pd.DataFrame, words: str, notes: Sequence[str], wide: float = 0.5) -> Axes:
    """A second panel on the right of the data, with the estimates of the same rows, a line at 0 and notes."""
    panel = axes(ax.inset_axes((1.1, 0.0, wide, 1.0)))
    panel.axvline(0.0, color=INK, linewidth=1)
    shapes.rows(panel, table, "estimate", colour=INK, marker="D", notes=notes)
    across(panel, table[["estimate", "low", "high"]], 0.0)
    panel.set_yticks([])
    ax.set_yticks(np.arange(len(table)), [shapes.shortened(str(name), 26) for name in table.index])
    panel.locator_params(axis="x", nbins=4)
    panel.set_xlabel(words)
    return panel


def at_end(ax: Axes, notes: Sequence[str], shift: float = 0.0) -> None:
    """Notes at the right of the rows, where rows of several series stand closely above each other."""
    for at, note in enumerate(notes):
        if not note:
            continue
        ax.annotate(
            note,
            (1.0, at + shift),
            xycoords=ax.get_yaxis_transform(),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=shapes.SOFT,
            fontsize=8,
        )


def width_of(text: str, size: float) -> float:
    """About how wide a text is, in points; Chinese letters are as wide as they are high."""
    return size * sum(1.0 if letter >= "\u2e80" else 0.6 for letter in text)
