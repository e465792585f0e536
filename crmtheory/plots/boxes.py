"""Diagrams of boxes and arrows: names in boxes, an estimate on each arrow, dashed where its interval holds 0."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from crmtheory.plots import shapes
from crmtheory.plots.style import BLUE, INK, ORANGE

HALF = (0.32, 0.25)  # half of a box, in units of the diagram (1 from column to column)
PALE = "#eef2fb"
SPOTS = (0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73, 0.2, 0.8)  # where a number may stand on its arrow


def box(ax: Axes, at: np.ndarray, name: str, below: str = "") -> None:
    """A box with a name of at most three lines, and a smaller line below it."""
    corner = (at[0] - HALF[0], at[1] - HALF[1])
    style = "round,pad=0,rounding_size=0.06"
    patch = FancyBboxPatch(
        corner, 2 * HALF[0], 2 * HALF[1], boxstyle=style, facecolor=PALE, edgecolor=INK, linewidth=1, zorder=3
    )
    ax.add_patch(patch)
    size = 8.5
    letters = 7 if any(letter >= "\u2e80" for letter in name) else 14
    lines = textwrap.wrap(shapes.shortened(name.replace("_", " "), 36), letters) or [""]
    text = "\n".join([*lines[:3], *([below] if below else [])])
    if len(lines) + bool(below) > 3:
        size = 7.5
    ax.text(
        at[0], at[1], text, ha="center", va="center", fontsize=size, color=INK, zorder=4, linespacing=1.15
    )


def edge(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Where the line from the middle of a box to another point leaves the box."""
    way = end - start
    with np.errstate(divide="ignore"):
        least = np.min(np.array(HALF) / np.abs(way))
    return start + way * min(float(least), 1.0)


def arrow(ax: Axes, start: np.ndarray, end: np.ndarray, estimate: float, clear: bool) -> None:
    """A straight arrow between boxes, the wider the larger the estimate; orange below 0, dashed if not clear."""
    size = min(abs(estimate), 1.0) if np.isfinite(estimate) else 0.0
    width = 0.8 + 4.0 * size
    colour = ORANGE if estimate < 0 else BLUE
    a, b = edge(start, end), edge(end, start)
    ahead = (b - a) / max(float(np.hypot(*(b - a))), 1e-9)
    patch = FancyArrowPatch(
        tuple(a),
        tuple(b - 0.02 * ahead),
        arrowstyle=f"-|>,head_length={4 + 0.9 * width:.1f},head_width={2 + 0.7 * width:.1f}",
        linewidth=width,
        linestyle="-" if clear else (0, (3, 2)),
        color=colour,
        alpha=1.0 if clear else 0.7,
        shrinkA=0,
        shrinkB=0,
        zorder=1,
    )
    ax.add_patch(patch)


def numbers(
    ax: Axes, arrows: Sequence[tuple[np.ndarray, np.ndarray, str]], boxes: Sequence[np.ndarray]
) -> None:
    """Write each number on its arrow (start, end, text), where no other number, box or arrow is near."""
    lines = [np.linspace(edge(a, b), edge(b, a), 40) for a, b, _ in arrows]
    taken: list[np.ndarray] = []
    for i, (a, b, text) in enumerate(arrows):
        start, end = edge(a, b), edge(b, a)
        best, cost = start, np.inf
        for k, part in enumerate(SPOTS):
            spot = start + part * (end - start)
            here = 0.05 * k
            here += sum(4.0 for other in taken if (np.abs(spot - other) < (0.42, 0.24)).all())
            here += sum(9.0 for middle in boxes if (np.abs(spot - middle) < np.add(HALF, (0.2, 0.12))).all())
            for j, line in enumerate(lines):
                if j != i:
                    here += float((np.abs(line - spot) < (0.2, 0.12)).all(axis=1).any())
            if here < cost:
                best, cost = spot, here
        taken.append(best)
        frame = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.9}
        ax.text(best[0], best[1], text, fontsize=8, ha="center", va="center", color=INK, bbox=frame, zorder=5)


def depths(names: Sequence[str], arrows: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The longest way of arrows that leads to each name; what no arrow reaches is 0.

    >>> depths(["a", "b", "c"], [("a", "b"), ("b", "c"), ("a", "c")])
    {'a': 0, 'b': 1, 'c': 2}
    """
    depth = dict.fromkeys(names, 0)
    for _ in names:  # a way is never longer than there are names; a circle ends here as well
        for start, end in arrows:
            depth[end] = min(max(depth[end], depth[start] + 1), len(depth) - 1)
    return depth


def layout(names: Sequence[str], arrows: Sequence[tuple[str, str]]) -> dict[str, np.ndarray]:
    """A place for each name: columns by depth, heights such that arrows pass no box and cross as little as can be.

    The heights are found by moving one or two boxes at a time, from a few fixed starts, so the same model always has
    the same picture.
    """
    depth = depths(names, arrows)
    most = max(map(list(depth.values()).count, depth.values()), default=1)
    levels = np.arange(-2, 2.5, 0.5) if most < 4 else np.arange(-most / 2, most / 2 + 0.5, 0.5)
    across = np.array([depth[name] for name in names], float)
    ends = np.array([[names.index(a), names.index(b)] for a, b in arrows], int).reshape(-1, 2)
    starts = [
        np.array([list(depth.values())[:i].count(depth[n]) for i, n in enumerate(names)], float)
        + lift * (across % 2)
        for lift in (0.0, 1.0, -1.0)
    ]
    best = min(
        (_improved(across, start, ends, levels, pairs=False) for start in starts), key=_price(across, ends)
    )
    best = _improved(across, best, ends, levels, pairs=True)
    best = best - (best.max(initial=0.0) + best.min(initial=0.0)) / 2
    return {name: np.array([across[i], best[i]]) for i, name in enumerate(names)}


def _improved(
    across: np.ndarray, up: np.ndarray, ends: np.ndarray, levels: np.ndarray, pairs: bool
) -> np.ndarray:
    """Heights after moving one box at a time, or two at a time, until no move makes the picture better."""
    number = len(up)
    moves = [(i, j) for i in range(number) for j in range(i, number) if pairs or i == j]
    cost, moved = float(_costs(across, up[None], ends)[0]), True
    while moved:
        moved = False
        for i, j in moves:
            first, second = (grid.ravel() for grid in np.meshgrid(levels, levels if j > i else levels[:1]))
            trials = np.repeat(up[None], len(first), axis=0)
            trials[:, j] = second
            trials[:, i] = first
            found = _costs(across, trials, ends)
            least = int(found.argmin())
            if found[least] < cost - 1e-9:
                up, cost, moved = trials[least], float(found[least]), True
    return up


def _price(across: np.ndarray, ends: np.ndarray) -> Callable[[np.ndarray], float]:
    return lambda up: float(_costs(across, up[None], ends)[0])


def _costs(across: np.ndarray, ups: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """For each row of heights: arrows through boxes, boxes on each other, crossings, and the length of the arrows."""
    number = len(across)
    place = np.stack([np.broadcast_to(across, ups.shape), ups], axis=-1)  # trials × boxes × 2
    same = (np.abs(across[:, None] - across) < 0.5) & (np.abs(ups[:, :, None] - ups[:, None, :]) < 0.9)
    total = 25.0 * (same.sum(axis=(1, 2)) - number) + 0.02 * np.abs(ups).sum(axis=1)
    if not len(ends):
        return np.asarray(total)
    a, b = place[:, ends[:, 0]], place[:, ends[:, 1]]
    part = np.linspace(0, 1, 15)[:, None]
    dots = a[:, :, None] + part * (b - a)[:, :, None]  # trials × arrows × dots × 2
    far = np.abs(dots[:, :, None] - place[:, None, :, None])
    near = ((far[..., 0] < HALF[0] + 0.07) & (far[..., 1] < HALF[1] + 0.07)).any(axis=-1)
    near[:, np.arange(len(ends)), ends[:, 0]] = near[:, np.arange(len(ends)), ends[:, 1]] = False
    total = total + 20.0 * near.sum(axis=(1, 2))

    def side(p: np.ndarray, q: np.ndarray, r: np.ndarray) -> np.ndarray:
        u, v = q - p, r - p
        return np.sign(u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0])

    p, q, r, s = a[:, :, None], b[:, :, None], a[:, None], b[:, None]
    cross = (side(p, q, r) * side(p, q, s) < 0) & (side(r, s, p) * side(r, s, q) < 0)
    total = total + 1.5 * cross.sum(axis=(1, 2))
    return np.asarray(total + 0.1 * np.hypot(*np.moveaxis(b - a, -1, 0)).sum(axis=1))


def frame(ax: Axes, places: Mapping[str, np.ndarray]) -> None:
    """Limits around all boxes, without axes."""
    spots = np.array(list(places.values()))
    low, high = spots.min(axis=0) - HALF - np.array(0.08), spots.max(axis=0) + HALF + np.array(0.08)
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.set_xticks([])
    ax.set_yticks([])
