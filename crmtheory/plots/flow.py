"""Customers who move between groups: step by step as ribbons, or all moves together as a diagram of stages."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, PathPatch, Rectangle
from matplotlib.path import Path

from crmtheory.errors import SchemaError, unknown
from crmtheory.plots import shapes
from crmtheory.plots.labels import label
from crmtheory.plots.style import INK, axes

PALE = "#c9c9c9"
BLOCK = 0.06  # width of a block, where the distance between two steps is 1
DRAWN = 0.02  # moves less likely than this are left out of the diagram
GAP = 0.025  # between blocks, in parts of all customers


def alluvial(
    flows: pd.DataFrame,
    order: Sequence[str] | None = None,
    names_of_steps: Sequence[str] | None = None,
    outside: Collection[str] = (),
    ax: Axes | None = None,
    lang: str = "en",
) -> Axes:
    """Who went where: a column of blocks for each moment, and a ribbon for each group that moved from one to the next.

    Heights are customers; a ribbon has the colour of the group it comes from. Blocks that are too low for words have
    them moved aside, with a line to the block; in the middle columns they have none.

    Parameters
    ----------
    flows : columns step (0, 1, …), from, to, customers, as `lifecycle.flows` gives them
    order : the groups from top to bottom, by default in the order of the table
    names_of_steps : one more than there are steps, by default 0, 1, …
    outside : names of those who were not customers yet, or no longer; pale, so that the others keep the colours that
        they have in other figures

    Raises
    ------
    SchemaError : a group is not in `order`, or there are too few or too many names of steps
    """
    flows = shapes.checked(flows, ("step", "from", "to", "customers"), "alluvial")
    flows = flows[flows["customers"] > 0]
    steps = sorted(flows["step"].unique())
    new, width = ax is None, max(6.4, 2.6 + 1.9 * len(steps))
    ax = axes(ax, width=width, height=4.4)
    if shapes.nothing(ax, flows, lang):
        return ax
    seen = shapes.groups(flows, "from", "to")
    order = seen if order is None else list(order)
    for name in seen:
        if name not in order:
            raise SchemaError(unknown("group in the order", name, order))
    names = [str(i) for i in range(len(steps) + 1)] if names_of_steps is None else list(names_of_steps)
    if len(names) != len(steps) + 1:
        raise SchemaError(
            f"{len(steps)} steps lie between {len(steps) + 1} moments, but there are {len(names)} names of steps."
        )
    tables = [_square(flows[flows["step"] == step], order) for step in steps]
    blocks = [_heights(tables, i) for i in range(len(names))]
    total = max(float(block.sum()) for block in blocks)
    tops = [_tops(block, GAP * total) for block in blocks]
    inside = [name for name in order if name in seen and name not in outside]
    colours = dict.fromkeys(outside, PALE)
    colours |= shapes.colours(inside)

    for i, table in enumerate(tables):
        _ribbons(ax, i, table, tops[i], tops[i + 1], colours)
    for i, block in enumerate(blocks):
        for name in block.index[block > 0]:
            low = tops[i][name] - block[name]
            ax.add_patch(
                Rectangle((i - BLOCK / 2, low), BLOCK, block[name], color=colours[name], linewidth=0.8)
            )
    lowest = min(float((top - block).min()) for top, block in zip(tops, blocks, strict=True))
    _frame(ax, names, lowest, lang)
    per_line = -lowest / ((4.4 if new else shapes.extent(ax)[1]) * 0.85) * 0.16  # height of a line of words
    for i in range(len(names)):
        side = -1 if i == 0 else 1 if i == len(names) - 1 else 0
        _words(ax, i, blocks[i], tops[i], side, per_line, lowest)
    return ax


def state_diagram(matrix: pd.DataFrame, ax: Axes | None = None, lang: str = "en") -> Axes:
    """Stages as circles, their area by customers, and moves as arrows, their width by probability.

    Moves of less than 2% are left out; the share that stays is written at the circle. Good for up to six stages; with
    more, `lifecycle.transition_heatmap` is easier to read.

    Parameters
    ----------
    matrix : columns from, to, from_n, probability (`lifecycle.matrix`)
    """
    matrix = shapes.checked(matrix, ("from", "to", "from_n", "probability"), "stages")
    stages = shapes.groups(matrix)
    ax = axes(ax, width=6.6, height=6.0 if len(stages) > 2 else 3.0)
    if shapes.nothing(ax, matrix, lang):
        return ax
    turn = np.pi / 2 - 2 * np.pi * np.arange(len(stages)) / len(stages)
    if len(stages) == 2:
        turn = np.array([np.pi, 0.0])
    place = dict(zip(stages, np.column_stack([np.cos(turn), np.sin(turn)]), strict=True))
    colours = shapes.colours(stages)
    number = matrix.drop_duplicates("from").set_index("from")["from_n"].reindex(stages).fillna(0.0)
    widest = min(0.30, 0.8 * np.sin(np.pi / max(len(stages), 3)) * 0.62)
    radius = widest * np.sqrt(number / max(float(number.max()), 1.0))
    moves = matrix[(matrix["probability"] >= DRAWN) & (matrix["from"] != matrix["to"])]
    taken: list[np.ndarray] = []  # where percentages stand already
    for _, move in moves.sort_values("probability", kind="stable").iterrows():
        taken.append(_arrow(ax, move, place, radius, colours[move["from"]], taken))
    stay = matrix[matrix["from"] == matrix["to"]].set_index("from")["probability"].reindex(stages)
    for stage in stages:
        _circle(ax, stage, place[stage], radius[stage], colours[stage], stay[stage], number[stage], lang)
    ax.set_axis_off()
    ax.set_aspect("equal")
    ax.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5) if len(stages) > 2 else (-0.6, 0.6))
    ax.set_title(label("circle is customers", lang), fontsize=9, color=shapes.SOFT)
    return ax


def _square(step: pd.DataFrame, order: Sequence[str]) -> pd.DataFrame:
    wide = step.pivot_table(index="from", columns="to", values="customers", aggfunc="sum", observed=True)
    return wide.reindex(index=order, columns=order).fillna(0.0)


def _heights(tables: list[pd.DataFrame], i: int) -> pd.Series:
    """Customers of each group at one moment; who came or went in between is counted once."""
    arriving = tables[i - 1].sum(axis=0) if i > 0 else None
    leaving = tables[i].sum(axis=1) if i < len(tables) else None
    if arriving is None or leaving is None:
        return leaving if arriving is None else arriving
    return pd.concat([arriving, leaving], axis=1).max(axis=1)


def _tops(block: pd.Series, gap: float) -> pd.Series:
    """The upper edge of each block: from 0 downwards, a gap after each that is not empty."""
    return -(block + gap * (block > 0)).cumsum().shift(fill_value=0.0)


def _ribbons(
    ax: Axes, i: int, table: pd.DataFrame, left: pd.Series, right: pd.Series, colours: dict[str, str]
) -> None:
    start, end, middle = i + BLOCK / 2, i + 1 - BLOCK / 2, i + 0.5
    left, right = left.copy(), right.copy()
    for source in table.index:
        for target in table.columns:
            size = table.loc[source, target]
            if not size > 0:
                continue
            a, b = left[source], right[target]
            left[source], right[target] = a - size, b - size
            corners = [(start, a), (middle, a), (middle, b), (end, b)]
            back = [(end, b - size), (middle, b - size), (middle, a - size), (start, a - size)]
            curve = [Path.CURVE4] * 3
            path = Path(
                [*corners, *back, (start, a)], [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY]
            )
            ax.add_patch(PathPatch(path, facecolor=colours[source], alpha=0.42, linewidth=0))


def _words(ax: Axes, i: int, block: pd.Series, top: pd.Series, side: int, line: float, lowest: float) -> None:
    """Names and counts beside the outer columns; the count alone on the blocks in the middle that are high enough."""
    present = block[block > 0]
    middle = (top - block / 2)[present.index]
    if not side:
        for name in present.index[present >= line]:
            ax.text(
                i + BLOCK, middle[name], shapes.counted(present[name]), fontsize=8, va="center", color="black"
            )
        return
    place = shapes.spread(list(middle), line, lowest, 0.0)
    edge = i + side * BLOCK / 2
    for name, at in zip(present.index, place, strict=True):
        moved = abs(at - middle[name]) > line / 4
        words = f"{shapes.shortened(str(name), 28)}  {shapes.counted(present[name])}"
        ax.annotate(
            words,
            (edge, middle[name]),
            xytext=(edge + side * (0.09 if moved else 0.03), at),
            va="center",
            ha="right" if side < 0 else "left",
            fontsize=9,
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": shapes.SOFT, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 0}
            if moved
            else None,
        )


def _frame(ax: Axes, names: list[str], lowest: float, lang: str) -> None:
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.set_yticks([])
    ax.set_xticks(range(len(names)), [str(name) for name in names])
    ax.tick_params(axis="x", length=0)
    ax.set(xlim=(-BLOCK, len(names) - 1 + BLOCK), ylim=(lowest * 1.01, -lowest * 0.01))
    ax.set_title(label("height is customers", lang), loc="left", fontsize=9, color=shapes.SOFT)


def _arrow(
    ax: Axes,
    move: pd.Series,
    place: dict[str, np.ndarray],
    radius: pd.Series,
    colour: str,
    taken: list[np.ndarray],
) -> np.ndarray:
    """A curved arrow, edge to edge; its percentage stands on the curve where none stands: that place is returned."""
    start, end = place[move["from"]], place[move["to"]]
    line = end - start
    length = float(np.hypot(*line))
    ahead, aside = line / length, np.array([line[1], -line[0]]) / length
    bend = 0.2
    a = start + ahead * (radius[move["from"]] + 0.03) + aside * 0.03
    b = end - ahead * (radius[move["to"]] + 0.04) + aside * 0.03
    width = 0.6 + 7 * move["probability"]
    arrow = FancyArrowPatch(
        tuple(a),
        tuple(b),
        connectionstyle=f"arc3,rad={bend}",
        arrowstyle=f"-|>,head_length={3 + 0.5 * width:.1f},head_width={1.6 + 0.5 * width:.1f}",
        linewidth=width,
        color=colour,
        alpha=0.6,
        shrinkA=0,
        shrinkB=0,
        zorder=1,
    )
    ax.add_patch(arrow)
    control = (a + b) / 2 + bend * np.array([b[1] - a[1], a[0] - b[0]])
    spots = [
        (1 - t) ** 2 * a + 2 * t * (1 - t) * control + t**2 * b for t in (0.36, 0.28, 0.46, 0.2, 0.58, 0.7)
    ]
    room = [min((float(np.hypot(*(spot - other))) for other in taken), default=9.0) for spot in spots]
    free = [spot for spot, far in zip(spots, room, strict=True) if far > 0.17]
    x, y = free[0] if free else spots[int(np.argmax(room))]
    box = {"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
    ax.text(
        x,
        y,
        f"{move['probability']:.0%}",
        fontsize=8,
        ha="center",
        va="center",
        color=INK,
        bbox=box,
        zorder=3,
    )
    return np.array([x, y])


def _circle(
    ax: Axes,
    stage: str,
    at: np.ndarray,
    radius: float,
    colour: str,
    stay: float,
    number: float,
    lang: str,
) -> None:
    ax.add_patch(Circle(tuple(at), max(radius, 0.012), facecolor=colour, linewidth=0, zorder=2))
    words = label("stays", lang).format(share=stay) if np.isfinite(stay) else ""
    if radius > 0.15 and words:
        inside = words.replace(" ", "\n", 1)
        tone = shapes.on(colour)
        ax.text(at[0], at[1], inside, ha="center", va="center", color=tone, fontsize=9, zorder=4)
        words = ""
    outside = at * (1 + (radius + 0.05) / max(float(np.hypot(*at)), 1e-9))
    side = "center" if abs(at[0]) < 0.2 else "left" if at[0] > 0 else "right"
    level = "center" if abs(at[1]) < 0.5 else "bottom" if at[1] > 0 else "top"
    name = f"{shapes.shortened(str(stage), 20)}\n{shapes.counted(number)}"
    ax.text(
        outside[0],
        outside[1],
        f"{name}{f' · {words}' * bool(words)}",
        ha=side,
        va=level,
        fontsize=9,
        zorder=4,
    )
