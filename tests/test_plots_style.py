"""A figure becomes the picture that matplotlib itself would save."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crmtheory.plots import style


def line() -> Axes:
    ax = style.axes(None)
    ax.plot([0, 1, 2], [3.0, 1.0, 2.0], label="a line")
    ax.set(title="A title", xlabel="weeks", ylabel="purchases")
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))  # beside the axes
    return ax


def two_panels() -> Axes:
    left, right = style.pair()
    left.imshow(np.arange(6.0).reshape(2, 3))
    right.bar(["one", "another with a long name"], [1.0, 2.0])
    right.annotate("far out", (1.0, 2.0), (1.9, 2.6), arrowprops={"arrowstyle": "->"})
    style.axes(right)
    return left


def with_colours() -> Axes:
    ax = style.axes(None)
    ax.figure.colorbar(ax.scatter([1, 2], [3, 4], c=[0.1, 0.9]), ax=ax, label="colours")
    return ax


def without_layout() -> Axes:
    ax = Figure(figsize=(3, 2)).subplots()
    ax.set_ylabel("a label")
    return ax


@pytest.mark.parametrize("draw", [line, two_panels, with_colours, without_layout])
def test_the_picture_is_that_of_matplotlib_with_tight_edges(draw: Callable[[], Axes]) -> None:
    plain = io.BytesIO()
    draw().figure.savefig(plain, format="png", dpi=90, bbox_inches="tight", metadata={"Software": None})
    assert style.png(draw().figure, 90) == (plain.getvalue(), "")
