"""Figures of what loyalty measures do: cost of a programme, joining it, tests with and without treatment."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from crmtheory.plots import marks, shapes
from crmtheory.plots.labels import label
from crmtheory.plots.style import BLUE, GREY, INK, ORANGE, RED, axes, money


def programme(
    table: pd.DataFrame,
    currency: str = "",
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """Share of members beside share of cost of each tier of a programme; the cost stands at the end of the row.

    Parameters
    ----------
    table : index = tier; columns share, cost, cost_share (`loyalty.programme.cost`)
    """
    table = shapes.checked(table, ("share", "cost", "cost_share"), "programme")
    ax = axes(ax, height=1.5 + 0.5 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    words = {"share": "tier members", "cost_share": "tier cost"}
    notes = [label("programme cost", lang).format(cost=money(currency)(v, 0)) for v in table["cost"]]
    pairs(ax, table, {name: label(key, lang) for name, key in words.items()}, (GREY, BLUE), notes)
    ax.set_xlabel(label("programme share", lang))
    return marks.finished(ax, simulated, lang)


def event_study(
    table: pd.DataFrame,
    unit: str = "period",
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """Difference between members and others in each period around joining, with intervals.

    Before joining it should be 0 if both would have gone the same way.

    Parameters
    ----------
    table : index = period relative to joining; columns estimate, low, high (`loyalty.event_study`)
    unit : of a period: "month"
    """
    table = without_noise(shapes.checked(table, ("estimate", "low", "high"), "event_study"))
    ax = axes(ax)
    if shapes.nothing(ax, table, lang):
        return ax
    table = table.sort_index()
    place = table.index.to_numpy(float)
    ax.axhline(0.0, color=INK, linewidth=1)
    ax.axvline(-0.5, color=INK, linewidth=1, linestyle="--", label=label("joining", lang))
    marks.columns(ax, list(place), table)
    words = label("relative period", lang).format(unit=unit)
    ax.set(xlabel=words, ylabel=label("effect of joining", lang).format(unit=unit))
    ax.set_xlim(min(float(place.min()), -0.5) - 0.6, max(float(place.max()), -0.5) + 0.6)
    ax.xaxis.set_major_locator(MaxNLocator(12, integer=True))
    shapes.above(ax)
    return marks.finished(ax, simulated, lang)


def naive_against_did(
    table: pd.DataFrame,
    truth: float | None = None,
    unit: str = "period",
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """The effect of a programme by several methods with intervals, and the truth if the data are simulated.

    Parameters
    ----------
    table : index = method; columns estimate, low, high (`loyalty.naive` and `loyalty.did`)
    """
    table = shapes.named(shapes.checked(table, ("estimate", "low", "high"), "naive_against_did"), "method")
    ax = axes(ax, height=1.5 + 0.4 * len(table))
    if shapes.nothing(ax, table, lang):
        return ax
    ax.axvline(0.0, color=INK, linewidth=1)
    ends = table[["estimate", "low", "high"]]
    shapes.rows(ax, ends, "estimate", notes=[marks.amount(*row) for row in ends.to_numpy(float)])
    marks.across(ax, ends if truth is None else pd.concat([ends.stack(), pd.Series([truth])]).to_frame(), 0.0)
    if truth is not None:
        ax.axvline(truth, color=RED, linewidth=1.6, linestyle="--", label=label("truth", lang))
        shapes.above(ax)
    ax.set_xlabel(label("effect on purchases", lang).format(unit=unit))
    return marks.finished(ax, simulated, lang)


def ab(table: pd.DataFrame, ax: Axes | None = None, lang: str = "en", simulated: bool = False) -> Axes:
    """Difference between treated and control of each test, with interval, a line at 0 and both shares.

    Parameters
    ----------
    table : index = test; columns estimate, low, high, treated, control (rows of `loyalty.ab_test`); a single row
        that has only a number is called campaign
    """
    more = ("treated", "control")
    table = called(shapes.checked(table, ("estimate", "low", "high", *more), "ab"), lang)
    notes = [
        label("ab note", lang).format(treated=treated, control=control)
        for treated, control in table[list(more)].to_numpy(float)
    ]
    words = label("ab difference", lang)
    return marks.estimates(
        table,
        "ab",
        words,
        line=0.0,
        form=marks.part,
        notes=notes,
        ax=ax,
        lang=lang,
        simulated=simulated,
    )


def ab_power(
    table: pd.DataFrame,
    wanted: float = 0.8,
    ax: Axes | None = None,
    lang: str = "en",
    simulated: bool = False,
) -> Axes:
    """Power of a test by number of customers per group, a line for each true difference, and the power wanted.

    Parameters
    ----------
    table : columns difference, size, power (`loyalty.ab_power`)
    """
    table = shapes.checked(table, ("difference", "size", "power"), "ab_power")
    ax = axes(ax)
    if shapes.nothing(ax, table, lang):
        return ax
    for i, (difference, rows) in enumerate(table.groupby("difference", sort=True)):
        rows = rows.sort_values("size")
        colour = (BLUE, ORANGE, *shapes.PALETTE[2:])[i % 8]
        words = f"{float(difference):+.1%}".replace("-", "−")
        form = f"{shapes.MARKERS[i % 8]}{marks.LINES[i % 4]}" if len(rows) < 12 else marks.LINES[i % 4]
        name = label("detect", lang).format(difference=words)
        ax.plot(rows["size"], rows["power"], form, color=colour, linewidth=1.8, markersize=5, label=name)
    name = label("power wanted", lang).format(at=wanted)
    ax.axhline(wanted, color=INK, linewidth=1, linestyle=":", label=name)
    ax.set(xlabel=label("group size", lang), ylabel=label("power", lang), ylim=(0, 1.02))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    marks.percents(ax.yaxis)
    shapes.above(ax, 2)
    return marks.finished(ax, simulated, lang)


def called(table: pd.DataFrame, lang: str = "en") -> pd.DataFrame:
    """The table of tests; the only row, if nobody named it, as campaign.

    >>> called(pd.DataFrame({"estimate": [0.1]})).index.tolist()
    ['campaign']
    """
    number = pd.api.types.is_integer_dtype(table.index.dtype) and table.index.name is None
    return table.set_axis([label("campaign", lang)], axis=0) if len(table) == 1 and number else table


def without_noise(table: pd.DataFrame, part: float = 1e-9) -> pd.DataFrame:
    """Estimates and limits, 0 where they are less than a `part` of the widest interval (or of the largest number).

    Sums of purchases leave rounding errors such as 1e−16 where the difference is 0.

    >>> ends = {"estimate": [1e-16, 0.5], "low": [-0.2, 0.3], "high": [0.2, 0.7]}
    >>> without_noise(pd.DataFrame(ends))["estimate"].tolist()
    [0.0, 0.5]
    """
    ends = table[["estimate", "low", "high"]]
    largest = float(np.nanmax(ends.abs().to_numpy(float), initial=0.0))
    widest = float(np.nanmax((ends["high"] - ends["low"]).to_numpy(float), initial=0.0))
    nothing = ends.abs() < max(part * (widest or largest), 1e-12)
    return table.assign(**ends.mask(nothing, 0.0))


def pairs(
    ax: Axes,
    table: pd.DataFrame,
    words: dict[str, str],
    colours: tuple[str, ...],
    notes: list[str],
) -> None:
    """Bars side by side for each row: parts of a whole in the columns of `words`, with percentages and notes."""
    place, height = np.arange(len(table)), 0.76 / len(words)
    for k, (column, name) in enumerate(words.items()):
        size = table[column].to_numpy(float)
        at = place + height * (k - (len(words) - 1) / 2)
        bars = ax.barh(at, size, height=0.94 * height, color=colours[k], label=name)
        texts = [f"{part:.0%}" if np.isfinite(part) else "" for part in size]
        ax.bar_label(bars, texts, padding=3, fontsize=8)
    shapes.rows(ax, table.assign(low=np.nan, high=np.nan, nothing=np.nan), "nothing", notes=notes)
    ax.set_yticks(place, [shapes.shortened(str(name), 26) for name in table.index])
    parts = table[list(words)].to_numpy(float)
    ax.set_xlim(min(0.0, 1.15 * float(np.nanmin(parts, initial=0.0))), 1.16 * np.nanmax(parts, initial=0.01))
    marks.percents(ax.xaxis)
    shapes.above(ax)
