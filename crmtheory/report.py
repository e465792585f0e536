"""Chapters as pages to read and print: one file, no script or font or picture from elsewhere.

page(notebook)            the HTML of an executed chapter
index(results, folder)    the front page over all chapters (see `crmtheory.scorecard`)
"""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crmtheory.markup import TEMPLATES, png_size, style
from crmtheory.scorecard import index, short_number

__all__ = ["index", "page"]
LISTS = ("actions", "customers", "rejected")  # tables that are named at the top of a page


def page(notebook: Any, lang: str = "en", result: Mapping[str, Any] | None = None) -> str:
    """The HTML page of an executed notebook, complete in itself.

    Parameters
    ----------
    notebook : nbformat.NotebookNode or the path of a notebook
    lang : the language of its prose
    result : the content of its result.json, for the box "In short" at the top

    Returns
    -------
    str : code folded, figures with alternative text and caption, formulas as MathML, a table of contents;
        text of the data is escaped and the page requests nothing
    """
    import nbformat
    from nbconvert.exporters import HTMLExporter, TemplateExporter
    from nbconvert.filters.highlight import Highlight2HTML

    from crmtheory.prose import Prose, clean, unbroken

    if isinstance(notebook, str | Path):
        notebook = nbformat.read(notebook, as_version=4)
    prose = Prose()
    exporter = HTMLExporter(
        template_name="chapter",
        extra_template_basedirs=[str(TEMPLATES)],
        filters={
            "highlight_code": Highlight2HTML(pygments_lexer=_lexer(notebook)),
            "of_author": prose.of_author,
            "of_output": prose.of_output,
            "clean": clean,
            "unbroken": unbroken,
            "pixels": _size,
            "headings": lambda _: prose.headings,
            "page_title": lambda _: next((h.text for h in prose.headings if h.level == 1), "Chapter"),
            "style": lambda _: style(),
            "in_short": lambda _: _in_short(result or {}),
        },
    )
    exporter.language_code = lang
    # Not its own method: that reads the finished page once more, slowly, for what the template has written already.
    body, _ = TemplateExporter.from_notebook_node(
        exporter, notebook, {"language_code": exporter.language_code}
    )
    return body


def _lexer(notebook: Any) -> str:
    """The language of the code, as pygments calls it."""
    language = notebook.metadata.get("language_info", {})
    return language.get("pygments_lexer") or language.get("name") or "ipython3"


def _in_short(result: Mapping[str, Any]) -> str:
    """What a reader in a hurry needs: the data, the key figures, the verdicts, and the lists to act on."""
    items = []
    items += [answer["text"] for answer in result.get("answers", ())]
    for figure in result.get("key_figures", ()):
        unit = figure.get("unit", "")
        value, *ends = (short_number(figure.get(part), unit) for part in ("value", "low", "high"))
        items.append(
            f"{figure['label']}: {value}" + (f" [{ends[0]}, {ends[1]}]" if "n/a" not in ends else "")
        )
    verdicts = result.get("verdicts", ())
    judged = [v for v in verdicts if v.get("theta") is not None]
    open_ones = [v["id"] for v in verdicts if v.get("theta") is None]
    twice = {v["id"] for v in judged if sum(other["id"] == v["id"] for other in judged) > 1}
    for v in judged:
        where = f" ({v.get('data', '')})" if v["id"] in twice else ""
        items.append(f"{v['id']}, {v.get('claim', '')}{where}: {v['verdict']}")
    if open_ones:
        items.append(
            f"Not testable with these data: {', '.join(open_ones)}; the reasons stand with the claims below"
        )
    items += [_data(data) for data in result.get("data", ())]
    if not items:
        return ""
    lines = [f"<li>{html.escape(item)}</li>" for item in items]
    files = [table["file"] for table in result.get("tables", ()) if table["name"] in LISTS]
    if files:
        links = ", ".join(f'<a href="{html.escape(file)}">{html.escape(file)}</a>' for file in files)
        lines.append(f"<li>Lists: {links}</li>")
    return (
        f'<aside class="short" aria-label="In short"><p><b>In short</b></p><ul>{"".join(lines)}</ul></aside>'
    )


def _data(data: Mapping[str, Any]) -> str:
    """A data set in a line: how much there is, and from when to when, as far as it is known."""
    counts = [f"{data[name]:,} {name}" for name in ("rows", "customers") if data.get(name)]
    days = [f"{data['first']} to {data['last']}"] if data.get("first") else []
    return f"Data: {', '.join([str(data['name']), *counts, *days])}"


def _size(png: str) -> tuple[int, int] | None:
    """Width and height of a PNG in base64, from its header, so that the page keeps room for it."""
    return png_size(base64.b64decode(png[:48]))
