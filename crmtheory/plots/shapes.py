"""Parts that several figures draw with: the check of a table, dots with intervals, heat maps, a legend above the
data, labels that keep their distance, a palette for up to eight groups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import Normalize, to_rgb
from matplotlib.patches import Rectangle
from scipy.optimize import isotonic_regression

from crmtheory.errors import SchemaError
from crmtheory.plots.labels import label
from crmtheory.plots.style import BLUE, GREY, ORANGE, PURPLE, RED, VIOLET

# petroff6, then two of petroff10 that differ from them; a ninth group takes the first colour again.
PALETTE = (BLUE, ORANGE, RED, PURPLE, GREY, VIOLET, "#92dadd", "#a96b59")
# The same thing has the same colour in every figure; classes with an order go from dark to light.
OWN = {
    "prospect": "#92dadd", "new": BLUE, "active": ORANGE, "loyal": PURPLE, "at risk": RED, "lost": GREY,
    "development": "#92dadd", "sign-up": BLUE, "growth": ORANGE, "maturity": PURPLE, "decline": RED,
    "termination": GREY, "high": "#1b3f8b", "medium": BLUE, "low": "#a8c5fd",
}  # fmt: skip
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
# White in the middle, orange below, violet above: safe for the colour-blind. Cividis has no middle.
DIVERGING = "PuOr"
SOFT = "#6b6b6b"  # notes beside the data: grey, and still 5 : 1 against white
LETTER = 0.62  # width of a letter in parts of its size


def colours(names: Iterable[Any]) -> dict[Any, str]:
    """A colour for each group: its own where it has one, else the next of the palette that is not taken.

    >>> colours(["at risk", "lost"])["lost"] == colours(["lost"])["lost"]
    True
    """
    listed = list(names)
    taken = {OWN[name] for name in listed if name in OWN}
    free = [colour for colour in PALETTE if colour not in taken] or list(PALETTE)
    others = [name for name in listed if name not in OWN]
    return {name: OWN.get(name) or free[others.index(name) % len(free)] for name in listed}


def checked(table: pd.DataFrame, columns: Iterable[str], figure: str) -> pd.DataFrame:
    """The table with its named index levels as columns too, after a check that nothing is missing.

    Raises
    ------
    SchemaError : columns that the figure draws are not in the table

    >>> checked(pd.DataFrame({"share": [0.5]}), ["share", "low"], "conversion")
    Traceback (most recent call last):
        ...
    crmtheory.errors.SchemaError: The figure "conversion" draws the columns share, low. Missing: low.
    """
    columns = list(columns)
    named = [name for name in table.index.names if name in columns and name not in table.columns]
    table = table.reset_index(named) if named else table
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise SchemaError(
            f'The figure "{figure}" draws the columns {", ".join(columns)}. Missing: {", ".join(missing)}.'
        )
    return table


def named(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """The table with a column as its index; one without that column has it as its index already."""
    return table.set_index(column) if column in table.columns else table


def nothing(ax: Axes, table: pd.DataFrame, lang: str) -> bool:
    """Whether the table is empty; then the figure says so in words instead of showing empty axes."""
    if len(table) and len(table.columns):
        return False
    ax.set_axis_off()
    ax.text(0.5, 0.5, label("nothing", lang), transform=ax.transAxes, ha="center", va="center", color=SOFT)
    return True


def above(ax: Axes, columns: int = 4) -> None:
    """A legend over the axes, where it hides no data."""
    handles, _ = ax.get_legend_handles_labels()
    if handles:
        ax.legend(
            loc="lower center",
            bbox_to_anchor=(0.5, 1.0),
            ncols=min(columns, len(handles)),
            frameon=False,
            fontsize=9,
        )


def counted(number: float) -> str:
    """A number of customers.

    >>> counted(1234.0), counted(float("nan"))
    ('1,234', '–')
    """
    return f"{number:,.0f}" if np.isfinite(number) else "–"


def interval(estimate: float, low: float, high: float, decimals: int = 2) -> str:
    """An estimate with its interval, in fewer decimals where numbers are large and more where they are small.

    >>> interval(1.234, 0.9, 2), interval(300, 2.1, 4000), interval(float("nan"), 1, 2)
    ('1.23 [0.90, 2.00]', '300 [2.10, 4,000]', '–')
    """
    if not np.isfinite(estimate):
        return "–"
    least = 10.0**-decimals

    def word(value: float) -> str:
        if value and abs(value) < least:
            return f"{value:.1g}"
        return f"{value:,.{0 if abs(value) >= 100 else decimals}f}"

    return f"{word(estimate)} [{word(low)}, {word(high)}]".replace("-", "−")


def rows(
    ax: Axes,
    table: pd.DataFrame,
    estimate: str,
    *,
    colour: str = BLUE,
    marker: str = "o",
    shift: float = 0.0,
    name: str | None = None,
    notes: Sequence[str] = (),
) -> None:
    """Horizontal dots with the intervals `low` to `high`, one row of the table below the other, and notes on the right.

    A row without estimate stays empty; a row without interval is a dot.
    """
    place = np.arange(len(table)) + shift
    middle = table[estimate].to_numpy(float)
    low, high = (table[side].to_numpy(float) for side in ("low", "high"))
    ax.hlines(place, low, high, color=colour, linewidth=2)
    ax.plot(middle, place, marker, color=colour, linestyle="none", markersize=6, label=name)
    ax.set_yticks(np.arange(len(table)), [shortened(str(group), 40) for group in table.index])
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.grid(False, axis="y")
    ax.tick_params(axis="y", length=0)
    for at, note in enumerate(notes):
        ax.annotate(
            note,
            (1.0, at),
            xycoords=ax.get_yaxis_transform(),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=SOFT,
            fontsize=8,
        )


def shortened(text: str, letters: int) -> str:
    """At most so many letters; the last one kept is an ellipsis.

    >>> shortened("a very long name", 8)
    'a very …'
    """
    return text if len(text) <= letters else text[: letters - 1] + "…"


def heat(
    ax: Axes,
    values: pd.DataFrame,
    limits: tuple[float, float],
    colours: str = "cividis",
) -> QuadMesh:
    """A heat map with the first row on top; cells without a number stay white and hatched."""
    high, wide = values.shape
    ax.grid(False)
    ax.spines[:].set_visible(False)
    behind = Rectangle(
        (-0.5, -0.5), wide, high, facecolor="white", edgecolor="#dedede", hatch="////", zorder=0
    )
    ax.add_patch(behind)
    low, top = limits if limits[0] < limits[1] else (limits[0] - 0.5, limits[0] + 0.5)
    mesh = ax.pcolormesh(
        np.arange(wide + 1) - 0.5,
        np.arange(high + 1) - 0.5,
        np.ma.masked_invalid(values.to_numpy(float)),
        cmap=colormaps[colours],
        norm=Normalize(low, top),
        edgecolors="white",
        linewidth=0.5,
    )
    ax.set(xlim=(-0.5, wide - 0.5), ylim=(high - 0.5, -0.5))
    ax.set_xticks(np.arange(wide), [str(name) for name in values.columns])
    ax.set_yticks(np.arange(high), [str(name) for name in values.index])
    ax.tick_params(length=0)
    return mesh


def write(
    ax: Axes,
    mesh: QuadMesh,
    values: pd.DataFrame,
    words: Callable[[int, int, float], str],
    sizes: Sequence[float] = (8.0,),
    faint: Callable[[int, int], bool] = lambda row, column: False,
) -> bool:
    """Write into every cell that has a number, dark on light and light on dark, and return whether there was room.

    Parameters
    ----------
    words : row, column, value → text, of one line or more
    sizes : of the letters in points; the first that fits the widest text is taken; if none does, nothing is written
    faint : row, column → whether the text is set in a thinner tone
    """
    numbers = values.to_numpy(float)
    texts = {
        (int(i), int(j)): words(int(i), int(j), float(numbers[i, j]))
        for i, j in np.argwhere(np.isfinite(numbers))
    }
    lines = [text.split("\n") for text in texts.values()]
    letters = max((len(line) for text in lines for line in text), default=0)
    width, height = extent(ax)
    wide, high = (
        72 * width / max(values.shape[1], 1),
        72 * height / max(values.shape[0], 1),
    )  # of a cell, in points
    most = max(map(len, lines), default=0)
    fitting = [size for size in sizes if letters * LETTER * size <= wide and most * 1.25 * size <= high]
    if not fitting:
        return False
    colours = mesh.get_cmap()
    for (i, j), text in texts.items():
        dark = on(colours(mesh.norm(numbers[i, j]))) == "black"
        colour = (SOFT if faint(i, j) else "black") if dark else "white"
        ax.text(j, i, text, ha="center", va="center", color=colour, fontsize=fitting[0], linespacing=1.15)
    return True


def on(colour: Any) -> str:
    """Black or white, whichever stands out more on a colour (contrast ratio of WCAG 2).

    >>> on("#92dadd"), on("#00224e")
    ('black', 'white')
    """
    parts = np.asarray(to_rgb(colour))
    linear = np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return "black" if float(linear @ [0.2126, 0.7152, 0.0722]) > 0.179 else "white"


def extent(ax: Axes) -> tuple[float, float]:
    """Width and height of the Axes in inches, as they are before the layout is made."""
    box = ax.get_position()
    width, height = ax.figure.get_size_inches()  # type: ignore[union-attr]
    return float(box.width * width), float(box.height * height)


def groups(moves: pd.DataFrame, *columns: str) -> list:
    """The names in the columns from and to, in the order of the table; those of the column named first come first."""
    first, second = columns or ("to", "from")
    return list(dict.fromkeys([*moves[first], *moves[second]]))


def spread(places: Sequence[float], gap: float, low: float, high: float) -> np.ndarray:
    """The nearest places that keep the order and at least `gap` between neighbours, inside `low` to `high`.

    What is squeezed is moved equally up and down (least squares: an isotonic regression of the places without the
    gaps). Too many for the room are set closer.

    >>> spread([1.0, 1.0, 5.0], 1.0, 0.0, 10.0).tolist()
    [0.5, 1.5, 5.0]
    """
    given = np.asarray(places, float)
    if not len(given):
        return given
    gap = min(gap, (high - low) / max(len(given) - 1, 1))
    order, steps = np.argsort(given, kind="stable"), gap * np.arange(len(given))
    found = np.clip(isotonic_regression(given[order] - steps).x, low, high - steps[-1]) + steps
    result = np.empty_like(given)
    result[order] = found
    return result


def dates(index: pd.Index) -> list[str]:
    """The names of periods: a time as its day, anything else as it is written."""
    return [f"{name:%Y-%m-%d}" if isinstance(name, pd.Timestamp) else str(name) for name in index]


def some(number: int, most: int) -> list[int]:
    """Which of `number` places carry a tick label, so that there are about `most`; the first is always among them.

    >>> some(10, 5)
    [0, 2, 4, 6, 8]
    """
    return list(range(0, number, max(1, -(-number // most))))
