"""Pages whose Python blocks are run: each block with what the page shows below it and what it prints."""

import contextlib
import io
import re
import warnings
from pathlib import Path

import pandas as pd

DOCS = Path(__file__).parents[1] / "docs"
BLOCK = re.compile(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", flags=re.DOTALL)


def run(page: Path) -> tuple[list[tuple[int, str, str]], dict]:
    """The blocks, run in order in one namespace with warnings as errors: (line, shown, printed) of each; the names."""
    text, names, blocks = page.read_text(encoding="utf-8"), {"__name__": "page"}, []
    display = pd.option_context("display.width", 120, "display.max_columns", 20)
    with warnings.catch_warnings(), display:
        warnings.simplefilter("error")
        for block in BLOCK.finditer(text):
            line = text[: block.start()].count("\n") + 1
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):  # a traceback shows the line of the page
                exec(compile("\n" * line + block[1], str(page), "exec"), names)
            blocks.append((line, block[2] or "", printed.getvalue()))
    return blocks, names


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]
