"""Markdown to HTML for a page that is read without a network: formulas as MathML, headings to jump to.

The author may write HTML. In Markdown that a cell puts out tags are text; HTML that it puts out is cleaned.
"""

from __future__ import annotations

import functools
import html
import re
from dataclasses import dataclass
from typing import Any

from latex2mathml.converter import convert
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors.sanitize import SanitizeHTML

from crmtheory.markup import anchor

TAGS = [
    "a", "b", "blockquote", "br", "caption", "code", "col", "colgroup", "dd", "details", "div", "dl", "dt",
    "em", "figcaption", "figure", "h2", "h3", "h4", "hr", "i", "li", "ol", "p", "pre", "s", "small", "span",
    "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "wbr",
]  # fmt: skip
ATTRIBUTES = {
    "*": ["class", "style", "lang", "title"],
    "a": ["href"],
    "details": ["open"],
    "td": ["colspan", "rowspan"],
    "th": ["colspan", "rowspan", "scope"],
}
SHORT, LONG = 14, 32  # letters in a cell of a table
SCROLL = '<div class="scroll" tabindex="0" role="group" aria-label="{label}">{content}</div>'
FORMULA = '<span class="scroll" tabindex="0" role="group" aria-label="Formula">{}</span>'


@dataclass(frozen=True)
class Heading:
    """A heading of the page: its level, its text and the name to jump to."""

    level: int
    text: str
    name: str


class Prose:
    """Turns the Markdown of one page into HTML and keeps its headings for the table of contents."""

    def __init__(self) -> None:
        self.headings: list[Heading] = []

    def of_author(self, source: str) -> str:
        """The HTML of a Markdown cell."""
        return MarkdownWithMath(_Renderer(self.headings, escape=False)).render(source)

    def of_output(self, source: str) -> str:
        """The HTML of Markdown that a cell has put out: tags in it are shown, not obeyed."""
        return MarkdownWithMath(_Renderer(self.headings, escape=True)).render(source)


def formula(latex: str, display: str = "inline") -> str:
    """A formula as MathML; its source as code when it cannot be read.

    >>> formula("x^2").startswith("<math")
    True
    >>> "<mi>λ</mi>" in formula(r"\\lambda"), "<mo>&lt;</mo>" in formula("a < b")
    (True, True)
    """
    readable = re.sub(
        r"\\(begin|end)\{aligned\}", r"\\\1{split}", latex.strip()
    )  # the converter knows split only
    try:
        page = convert(readable, display=display)
    except Exception:  # the converter raises many kinds; a formula must not cost the page
        page = ""
    if not page or "<mi>&</mi>" in page or "<mi>\\" in page:  # it passes on what it does not know
        return f"<code>{html.escape(latex)}</code>"
    return re.sub(r"&#x([0-9A-Fa-f]+);", lambda one: html.escape(chr(int(one[1], 16)), quote=False), page)


def clean(source: str) -> str:
    """HTML that a cell has put out, without scripts, forms, frames, images and styles; tables can scroll.

    >>> clean("<b>yes</b><script>no()</script>")
    '<b>yes</b>&lt;script&gt;no()&lt;/script&gt;'
    """
    safe = re.sub(r"<style\b.*?</style>", "", source, flags=re.DOTALL | re.IGNORECASE)  # of pandas tables
    return _scrolling(_sized(_scoped(_cleaner().sanitize_html_tags(safe))))


def unbroken(text: str) -> str:
    """The text with a space before a per cent sign at which no line ends.

    >>> unbroken("the top 20 %") == "the top 20\\u00a0%"
    True
    """
    return re.sub(r"(?<=\d) %", "\u00a0%", text)


@functools.cache
def _cleaner() -> SanitizeHTML:
    return SanitizeHTML(tags=TAGS, attributes=ATTRIBUTES, styles=["text-align"])


def _scoped(page: str) -> str:
    """Heads of tables say what they head: pandas writes none of it. An empty one heads nothing and is a cell.

    >>> _scoped("<thead><tr><th></th><th>n</th></tr></thead>")
    '<thead><tr><td></td><th scope="col">n</th></tr></thead>'
    """
    head, end, rest = page.partition("</thead>")
    if not end:
        return page.replace("<th>", '<th scope="row">')
    return head.replace("<th></th>", "<td></td>").replace("<th>", '<th scope="col">') + end + _scoped(rest)


def _sized(page: str) -> str:
    """Cells with a word or a number stay on one line, cells with a sentence are wide enough to be read.

    >>> _sized('<td>VAL-1</td><th scope="col">p_alive</th>')
    '<td class="short">VAL-1</td><th scope="col">p_<wbr>alive</th>'
    """

    def cell(match: re.Match[str]) -> str:
        tag, attributes, text = match.groups()
        if 'scope="col"' in attributes:
            return f"<{tag}{attributes}>{text.replace('_', '_<wbr>')}</{tag}>"
        length = len(_bare(text))
        kind = ' class="short"' if length <= SHORT else ' class="long"' if length >= LONG else ""
        return f"<{tag}{attributes}{kind}>{unbroken(text)}</{tag}>"

    return re.sub(r"<(t[dh])\b((?:(?! class=)[^>])*)>(.*?)</\1>", cell, page, flags=re.DOTALL)


def _scrolling(page: str) -> str:
    """Each table in a box of its own that scrolls, so that the page does not; the keyboard reaches it."""

    def boxed(match: re.Match[str]) -> str:
        caption = re.search(r"<caption[^>]*>(.*?)</caption>", match[0], flags=re.DOTALL)
        if caption is None:
            return SCROLL.format(label="Table", content=match[0])
        staying = match[0].replace(caption[1], f'<span class="stay">{caption[1]}</span>', 1)
        return SCROLL.format(label=_bare(caption[1]), content=staying)

    return re.sub(r"<table\b.*?</table>", boxed, page, flags=re.DOTALL)


def _bare(page: str) -> str:
    return html.escape(html.unescape(re.sub(r"<[^>]+>", "", page)).strip())


class _Renderer(IPythonRenderer):
    def __init__(self, headings: list[Heading], escape: bool) -> None:
        super().__init__(escape=escape, allow_harmful_protocols=False, exclude_anchor_links=True)
        self.headings = headings

    def text(self, text: str) -> str:
        return html.escape(unbroken(html.unescape(text)), quote=False)  # an entity is one character, not five

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        bare = html.unescape(re.sub(r"<annotation\b.*?</annotation>|<[^>]+>", "", text)).strip()
        base = anchor(bare)
        taken = {heading.name for heading in self.headings}
        name = next(n for n in (base, *(f"{base}-{i}" for i in range(2, 1000))) if n not in taken)
        self.headings.append(Heading(level, bare, name))
        return f'<h{level} id="{name}">{text}</h{level}>\n'

    def block_math(self, body: str) -> str:
        return FORMULA.format(formula(body, "block"))

    def inline_math(self, body: str) -> str:
        return formula(body)

    def latex_environment(self, name: str, body: str) -> str:
        return FORMULA.format(formula(rf"\begin{{{name}}}{body}\end{{{name}}}", "block"))

    def table(self, text: str) -> str:
        return SCROLL.format(label="Table", content=f"<table>{_sized(text)}</table>\n")

    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
        style = f' style="text-align:{align}"' if align else ""
        return f'<th scope="col"{style}>{text}</th>' if head and text else f"<td{style}>{text}</td>"
