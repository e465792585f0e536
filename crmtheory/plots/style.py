"""What all figures share: colours that colour-blind readers can tell apart, a fresh Axes, and quiet frames.

The colours are those of Petroff (2021, "Accessible color sequences for data visualization"), matplotlib's
petroff6.
"""

from __future__ import annotations

import io
import warnings

from matplotlib import font_manager, rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, PercentFormatter
from matplotlib.transforms import Bbox

# Fonts with Chinese letters, in the order in which they are tried; the names are those that matplotlib knows.
CHINESE = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "Microsoft YaHei",
    "PingFang SC",
    "Noto Serif CJK SC",
    "Noto Serif CJK JP",
)
BLUE, ORANGE, RED, PURPLE, GREY, VIOLET = "#5790fc", "#f89c20", "#e42536", "#964a8b", "#9c9ca1", "#7a21dd"
INK = "#333333"


def axes(ax: Axes | None, width: float = 6.4, height: float = 3.8) -> Axes:
    """The Axes given, or one on a new Figure that belongs to nobody (no global figure list)."""
    if ax is None:
        ax = Figure(figsize=(width, height), layout="constrained").subplots()
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(True, color="#e6e6e6", linewidth=0.6)
    ax.set_axisbelow(True)
    return ax


def readable(figure: Figure) -> str:
    """Give Chinese words on a figure a font that has them; if there is none, return what to install in a sentence."""
    words = [text for text in figure.findobj(Text) if any(letter >= "\u2e80" for letter in text.get_text())]
    if not words:
        return ""
    fonts = _chinese_fonts()
    for text in words:
        text.set_fontfamily([*text.get_fontfamily(), *fonts[:1]])
    return (
        ""
        if fonts
        else "A figure has Chinese names and no font for them: install fonts-noto-cjk, or another one."
    )


def _chinese_fonts() -> list[str]:
    """The fonts of `CHINESE` on this machine, also those that were installed after matplotlib had made its list."""
    fonts = [name for name in CHINESE if name in font_manager.get_font_names()]
    if fonts:
        return fonts
    for path in font_manager.findSystemFonts():
        if any(
            part in path.lower() for part in ("cjk", "notosanssc", "sourcehansans", "wqy", "msyh", "pingfang")
        ):
            font_manager.fontManager.addfont(path)
    return [name for name in CHINESE if name in font_manager.get_font_names()]


def png(figure: Figure, dpi: int) -> tuple[bytes, str]:
    """The figure as PNG, and what `readable` says of its letters."""
    missing, buffer = readable(figure), io.BytesIO()
    with warnings.catch_warnings():
        if missing:  # it is said in words, once, and not for each letter
            warnings.filterwarnings("ignore", message="Glyph .* missing")
        edges = _laid_out(figure, dpi)
        figure.savefig(buffer, format="png", dpi=dpi, bbox_inches=edges, metadata={"Software": None})
    return buffer.getvalue(), missing


def _laid_out(figure: Figure, dpi: int) -> Bbox:
    """Lay the figure out for good; the box in inches that holds all of it.

    With ``bbox_inches="tight"`` savefig gives the same picture, but draws the figure twice to know its edges.
    """
    figure.set_dpi(dpi)
    renderer = FigureCanvasAgg(figure).get_renderer()
    if engine := figure.get_layout_engine():
        engine.execute(figure)
    figure.set_layout_engine(None)
    return figure.get_tightbbox(renderer).padded(rcParams["savefig.pad_inches"])


def pair(width: float = 8.4, height: float = 3.7) -> tuple[Axes, Axes]:
    """Two Axes side by side on one new Figure."""
    left, right = Figure(figsize=(width, height), layout="constrained").subplots(1, 2)
    return left, right


def percent(axis: object, decimals: int = 0) -> None:
    """Write an axis of parts as percentages."""
    axis.set_major_formatter(PercentFormatter(1.0, decimals=decimals))  # type: ignore[attr-defined]


def money(currency: str) -> FuncFormatter:
    """Tick labels such as $950, $1.2k or $40k; the minus sign goes before the currency."""

    def write(value: float, _: int) -> str:
        size, sign = abs(value), "−" if value < 0 else ""
        for limit, letter in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
            if size >= limit:
                return f"{sign}{currency}{size / limit:.3g}{letter}"
        return f"{sign}{currency}{size:.3g}"

    return FuncFormatter(write)
