"""Numbers and names as Markdown and HTML: what a chapter shows to its reader.

A sentence is a template with values (``"{share:.1%} of revenue"``). Text that comes from the data is text and
nothing else: a customer called ``<script>`` or ``*star*`` is shown as such. A number that does not exist
reads "n/a".
"""

from __future__ import annotations

import functools
import html
import math
import re
import string
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from crmtheory.errors import SchemaError, unknown
from crmtheory.places import PACKAGE

TEMPLATES = PACKAGE / "templates"
# Pygments styles whose colours keep a contrast of 4.5 : 1 on our grounds
LIGHT, DARK = "xcode", "github-dark"
Format = str | Callable[[Any], str]
_SPECIAL = str.maketrans(
    {character: f"&#{ord(character)};" for character in "\\`*_[]{}|$~#!"} | {"\n": " ", "\r": " "}
)


def sentence(template: str, values: Mapping[str, Any]) -> str:
    """Markdown: the template with its values, text among them escaped (between backticks nothing needs it).

    >>> sentence("The top 20 % ({who}) bring {share:.1%}.", {"who": "<b>", "share": 0.7234})
    'The top 20 % (&lt;b&gt;) bring 72.3%.'
    >>> sentence("column `{name}`", {"name": "customer_id"})
    'column `customer_id`'
    """
    return _fill(template, values, escape)


def plain(template: str, values: Mapping[str, Any]) -> str:
    """The same sentence as plain text, for places that hold no Markdown (the alternative text of a figure).

    >>> plain("{who}: {share:.1%}", {"who": "<b>", "share": float("nan")})
    '<b>: n/a'
    """
    return _fill(template, values, str)


def png_size(png: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG in pixels, from its first 24 bytes; None if it is none."""
    if not png.startswith(b"\x89PNG"):
        return None
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")


def anchor(heading: str) -> str:
    """The name to jump to of a heading.

    >>> anchor("Who comes back?"), anchor("客户 & 价值")
    ('who-comes-back', '客户-价值')
    """
    return re.sub(r"\W+", "-", heading.lower()).strip("-") or "part"


def escape(text: str) -> str:
    """Text as Markdown that shows exactly this text.

    >>> escape("2 < 3 * 4")
    '2 &lt; 3 &#42; 4'
    """
    return html.escape(text, quote=False).translate(_SPECIAL)


def number(value: Any, spec: str = "") -> str:
    """A number by its format, with "n/a" for a missing one and ∞ for an infinite one.

    >>> number(1234.5, ",.0f"), number(float("nan"), ".1%"), number(float("-inf"))
    ('1,234', 'n/a', '-∞')
    >>> number(-0.0001, ".2f")
    '0.00'
    """
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return "n/a"
    if isinstance(value, float) and math.isinf(value):
        return "∞" if value > 0 else "-∞"
    text = format(value, spec)
    return text[1:] if text.startswith("-") and not re.search(r"[1-9a-z]", text) else text  # not "-0.00"


def table(
    frame: pd.DataFrame | pd.Series,
    *,
    caption: str = "",
    rows: int = 10,
    formats: Mapping[str, Format] | None = None,
) -> str:
    """An HTML table: escaped, numbers to the right with thousands separators, the caption first.

    Parameters
    ----------
    frame : any data frame; its index is shown unless it is a plain numbering without a name
    caption : plain text; when the frame is cut, "first 10 of 2,357 rows" is added
    rows : how many rows to show at most
    formats : column → format specification (",.2f"), template ("£{:,.0f}") or function of one value

    Raises
    ------
    SchemaError : a format is given for a column that does not exist

    >>> "1,234.5</td>" in table(pd.DataFrame({"clv": [1234.5]}), formats={"clv": ",.1f"})
    True
    """
    frame = frame.to_frame() if isinstance(frame, pd.Series) else frame
    formats = dict(formats or {})
    for column in formats:
        if column not in frame.columns and column not in frame.index.names:
            raise SchemaError(unknown("column", column, map(str, frame.columns)))
    if len(frame) > rows:
        cut = f"first {rows:,} of {len(frame):,} rows"
        caption = f"{caption} ({cut})" if caption else cut.capitalize()
    numbered = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None
    whole = frame if numbered else frame.reset_index(names=_index_names(frame.index))
    heads = 0 if numbered else frame.index.nlevels
    columns = [
        _column(
            str(name), whole.iloc[:, place], whole.iloc[:rows, place], formats.get(name), head=place < heads
        )
        for place, name in enumerate(whole.columns)
    ]
    lines = ["<table>"]
    if caption:
        lines.append(f'<caption style="text-align:left">{html.escape(caption)}</caption>')
    lines.append(f"<thead><tr>{''.join(column[0] for column in columns)}</tr></thead>")
    lines.append("<tbody>")
    lines += [f"<tr>{''.join(cells)}</tr>" for cells in zip(*(column[1:] for column in columns), strict=True)]
    return "\n".join([*lines, "</tbody>", "</table>"])


def _column(name: str, whole: pd.Series, shown: pd.Series, form: Format | None, *, head: bool) -> list[str]:
    """The head of a column and its cells; the whole column chooses the format, not the rows shown."""
    numeric = pd.api.types.is_numeric_dtype(whole) and not pd.api.types.is_bool_dtype(whole)
    style = f'style="text-align:{"right" if numeric else "left"}"'
    if form is None:  # 12,346 is a number, customer 12346 is a name
        form = "d" if head and pd.api.types.is_integer_dtype(whole) else _default_format(whole)
    texts = [form(value) if callable(form) else _text(value, form) for value in shown]
    tag, scope = ("th", ' scope="row"') if head else ("td", "")
    cells = [f"<{tag}{scope} {style}>{_breakable(text)}</{tag}>" for text in texts]
    return [f'<th scope="col" {style}>{html.escape(name)}</th>', *cells]


def _breakable(text: str) -> str:
    """Escaped text; a word as long as a checksum may break, so that it does not make the table wide."""
    parts = re.split(r"(\S{40,})", text)
    return "".join(
        "<wbr>".join(html.escape(part[i : i + 16]) for i in range(0, len(part), 16))
        if n % 2
        else html.escape(part)
        for n, part in enumerate(parts)
    )


def _text(value: Any, spec: str) -> str:
    if isinstance(value, str):
        return value
    if not spec and isinstance(value, int | float) and not isinstance(value, bool):
        spec = ",d" if isinstance(value, int) else ",.2f"  # numbers in a column of many kinds
    try:
        bare = number(value, "" if "{" in spec else spec)
        return spec.format(value) if "{" in spec and bare != "n/a" else bare
    except (TypeError, ValueError):  # lists and other objects know no specification
        return str(value)


def _default_format(values: pd.Series) -> Format:
    """Integers with separators, about three figures for the rest, dates without an empty time of day."""
    if pd.api.types.is_bool_dtype(values):
        return lambda value: number(value) if pd.isna(value) else ("yes" if value else "no")
    if pd.api.types.is_integer_dtype(values):
        return ",d"
    if pd.api.types.is_datetime64_any_dtype(values):
        days = (values.dropna() == values.dropna().dt.normalize()).all()
        return "%Y-%m-%d" if days else "%Y-%m-%d %H:%M"
    if not pd.api.types.is_float_dtype(values):
        return ""
    largest = values.abs().replace(math.inf, math.nan).max()
    for bound, spec in ((10_000, ",.0f"), (100, ",.1f"), (1, ",.2f"), (0.01, ".3f")):
        if largest >= bound:
            return spec
    return ".3g"


def _index_names(index: pd.Index) -> list[str]:
    return [str(name) if name is not None else "" for name in index.names]


def _fill(template: str, values: Mapping[str, Any], harmless: Callable[[str], str]) -> str:
    """`str.format`, with "n/a" for missing numbers, and text made `harmless` except between backticks."""
    formatter, parts, ticks = string.Formatter(), [], 0
    for literal, field, spec, conversion in formatter.parse(template):
        parts.append(literal)
        ticks += literal.count("`")
        if field is None:
            continue
        try:
            value, _ = formatter.get_field(field, (), values)
        except KeyError:
            raise SchemaError(unknown("value for this sentence", field, values)) from None
        value = formatter.convert_field(value, conversion)
        text = number(value, (spec or "").format(**values))
        if isinstance(value, int | float):
            parts.append(text)
        elif ticks % 2:
            parts.append(text.replace("`", "'").replace("\n", " "))
        else:
            parts.append(harmless(text))
    return "".join(parts)


@functools.cache
def style() -> str:
    """The style sheet of all pages, with the colours of the code."""
    from pygments.formatters import HtmlFormatter

    light = HtmlFormatter(style=LIGHT).get_style_defs(".highlight")
    dark = HtmlFormatter(style=DARK).get_style_defs(".highlight")
    own = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}\n{own}"
