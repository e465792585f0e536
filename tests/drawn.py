"""What the tests of figures share: the words on a figure, which of them lie on each other, and tables hard to draw."""

import warnings

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from crmtheory.plots import style

LONG = "a name that is much longer than any name in a table should ever be, number {}"
CHINESE = "很长的中文名称第{}个"


def texts(ax):
    """All words on the figure of an Axes."""
    found = ax.figure.findobj(lambda artist: hasattr(artist, "get_text"))
    return [artist.get_text() for artist in found if artist.get_text()]


def notes(ax):
    """The words that stand in or beside the data, without those of axes and legends."""
    return [text.get_text() for text in ax.texts]


def rows(ax):
    return [tick.get_text() for tick in ax.get_yticklabels()]


def overlapping(ax):
    """Pairs of words on the figure of an Axes that lie on each other, when it is drawn."""
    figure = ax.figure
    style.readable(figure)
    canvas = FigureCanvasAgg(figure)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a layout that found no room is a fault, too
        canvas.draw()
    found = []
    panels = [panel for outer in figure.axes for panel in (outer, *outer.child_axes)]
    for panel in panels:
        found += [*panel.texts, panel.title, panel._left_title, panel._right_title]
        if panel.axison:
            for axis in (panel.xaxis, panel.yaxis):
                found += [axis.label, *(tick.label1 for tick in axis._update_ticks())]
        if panel.get_legend() is not None:
            found += panel.get_legend().get_texts()
    shown = [text for text in dict.fromkeys(found) if text.get_visible() and text.get_text().strip()]
    # The extent of the words alone: that of an annotation has its line as well.
    boxes = [Text.get_window_extent(text, canvas.get_renderer()) for text in shown]
    pairs = []
    for i, a in enumerate(boxes):
        for j in range(i):
            b = boxes[j]
            wide, high = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
            if wide > 1.5 and high > 2.5:  # letters do not fill the whole height of their line
                pairs.append((shown[i].get_text(), shown[j].get_text()))
    return pairs


def harder(table):
    """The same table with one row, long names, Chinese names, and without intervals."""
    yield "one row", table.iloc[:1]
    if isinstance(table.index, pd.Index) and table.index.nlevels == 1 and not _numbers(table.index):
        for name, form in (("long names", LONG), ("Chinese names", CHINESE)):
            yield name, table.set_axis([form.format(i) for i in range(len(table))], axis=0)
    ends = [name for name in table.columns if str(name).split("_")[-1] in ("low", "high")]
    if ends:
        yield "no intervals", table.assign(**dict.fromkeys(ends, np.nan))


def _numbers(index):
    return pd.api.types.is_numeric_dtype(index)


def intervals(estimates, half, index=None, **more):
    """A table of estimates with intervals of the given half width."""
    middle, width = np.asarray(estimates, float), np.asarray(half, float)
    columns = {"estimate": middle, "low": middle - width, "high": middle + width, **more}
    return pd.DataFrame(columns, index)


def with_ends(table, name, values, half):
    """The table with a column and its interval, such as better, better_low, better_high."""
    middle, width = np.asarray(values, float), np.asarray(half, float)
    return table.assign(**{name: middle, f"{name}_low": middle - width, f"{name}_high": middle + width})
