"""What the pages with results share: where a table goes, how it looks, and on what it was measured."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from importlib.metadata import version

import click

PACKAGES = ("NumPy", "SciPy", "pandas", "DuckDB", "lifetimes")


def environment() -> str:
    """Cores and versions.

    >>> environment().split(", ")[1].startswith("Python 3")
    True
    """
    cores = os.cpu_count() or 1
    versions = [f"{name} {version(name.lower())}" for name in PACKAGES]
    return ", ".join([f"{cores} core{'s' * (cores != 1)}", f"Python {platform.python_version()}", *versions])


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The table in Markdown, padded so that it reads well as plain text too."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [head, ["-" * width for width in widths], *rows]
    padded = (" | ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(f"| {line} |" for line in padded)


def replaced(page: str, name: str, text: str) -> str:
    """The page with `text` between the marks of this name.

    >>> replaced("a <!-- quick --> old <!-- /quick --> z", "quick", "new")
    'a <!-- quick -->\\n\\nnew\\n\\n<!-- /quick --> z'
    """
    opening, closing = f"<!-- {name} -->", f"<!-- /{name} -->"
    pattern = re.compile(f"{re.escape(opening)}.*?{re.escape(closing)}", re.DOTALL)
    if not pattern.search(page):
        raise click.ClickException(
            f"The page has no place for the table: write {opening} and {closing} in it."
        )
    return pattern.sub(lambda _: f"{opening}\n\n{text}\n\n{closing}", page)
