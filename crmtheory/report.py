"""Chapters as pages to read and print: one file, no script or font or picture from elsewhere.

page(notebook)            the HTML of an executed chapter
index(results, folder)    the front page over all chapters (see `crmtheory.scorecard`)
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from crmtheory.markup import TEMPLATES, style
from crmtheory.scorecard import index

__all__ = ["index", "page"]


def page(notebook: Any, lang: str = "en") -> str:
    """The HTML page of an executed notebook, complete in itself.

    Parameters
    ----------
    notebook : nbformat.NotebookNode or the path of a notebook
    lang : the language of its prose

    Returns
    -------
    str : code folded, figures with alternative text and caption, formulas as MathML, a table of contents;
        text of the data is escaped and the page requests nothing
    """
    import nbformat
    from nbconvert.exporters import HTMLExporter

    from crmtheory.prose import Prose, clean, unbroken

    if isinstance(notebook, str | Path):
        notebook = nbformat.read(notebook, as_version=4)
    prose = Prose()
    exporter = HTMLExporter(
        template_name="chapter",
        extra_template_basedirs=[str(TEMPLATES)],
        filters={
            "of_author": prose.of_author,
            "of_output": prose.of_output,
            "clean": clean,
            "unbroken": unbroken,
            "pixels": _size,
            "headings": lambda _: prose.headings,
            "page_title": lambda _: next((h.text for h in prose.headings if h.level == 1), "Chapter"),
            "style": lambda _: style(),
        },
    )
    exporter.language_code = lang
    body, _ = exporter.from_notebook_node(notebook)
    return body


def _size(png: str) -> tuple[int, int] | None:
    """Width and height of a PNG in base64, from its header, so that the page keeps room for it."""
    head = base64.b64decode(png[:48])
    if not head.startswith(b"\x89PNG"):
        return None
    return int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")
