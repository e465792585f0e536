"""From the source of a chapter (src/STEM.py) to the notebook that is kept beside it, executed.

The notebook is written again only when something in it has changed, so building twice changes no file.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import Any

from crmtheory import contents, execution
from crmtheory.errors import SchemaError


def convert(source: str | Path) -> Any:
    """The notebook of a source in percent format, not yet executed.

    Parameters
    ----------
    source : a .py file with cells marked ``# %%``

    Returns
    -------
    nbformat.NotebookNode : cells whose ids follow from their text, so that equal sources give equal notebooks

    Raises
    ------
    SchemaError : there is no such file, or its first cell does not say in Markdown which file is its source
    """
    import jupytext
    import nbformat

    source = Path(source)
    if not source.is_file():
        raise SchemaError(f"There is no source {source}.")
    try:
        draft = jupytext.read(source, fmt="py:percent")
    except nbformat.ValidationError as error:
        raise SchemaError(f"The head of {source.name} is not that of a notebook: {error.message}.") from None
    first = draft.cells[0] if draft.cells else None
    if first is None or first.cell_type != "markdown" or source.name not in first.source:
        raise SchemaError(
            f"The first cell of {source.name} must be Markdown and name its source, such as: "
            f"*Source: `src/{source.name}`*"
        )
    notebook = nbformat.v4.new_notebook()
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": execution.KERNEL},
            "language_info": {"name": "python"},
        }
    )
    seen: set[str] = set()
    for cell in draft.cells:
        cell.id = _identity(cell, seen)
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        notebook.cells.append(cell)
    return notebook


def build(stem: str, folder: str | Path | None = None, progress: execution.Progress | None = None) -> bool:
    """Convert and execute a chapter; write STEM.ipynb if it differs from the one that is there.

    The cells run in an empty folder, so that a chapter which needs a file of this machine fails here.

    Returns
    -------
    bool : whether the file was written

    Raises
    ------
    ChapterError : a cell fails
    SchemaError : a cell writes to the error stream, as warnings do: a committed notebook shows none
    """
    import nbformat

    theory = contents.find(stem)
    with tempfile.TemporaryDirectory() as empty:
        done = execution.execute(
            convert(contents.source(theory, folder)), {}, output=None, cwd=Path(empty), progress=progress
        )
    for cell in done.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "stream" and output.name == "stderr":
                where = f"{theory.stem}: cell In [{cell.execution_count}]"
                raise SchemaError(f"{where} writes to the error stream:\n{output.text}")
    path = contents.notebook(theory, folder)
    if path.is_file() and path.read_text(encoding="utf-8") == nbformat.writes(done) + "\n":
        return False
    execution.write(done, path)
    return True


def in_step(stem: str, folder: str | Path | None = None) -> bool:
    """Whether the cells of the notebook are those of its source (outputs are not compared)."""
    theory = contents.find(stem)
    path = contents.notebook(theory, folder)
    return path.is_file() and _cells(execution.load(path)) == _cells(convert(contents.source(theory, folder)))


def sources(folder: str | Path | None = None) -> tuple[contents.Theory, ...]:
    """The theories whose chapter has a source, in order."""
    return tuple(theory for theory in contents.THEORIES.values() if contents.source(theory, folder).is_file())


def _cells(notebook: Any) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(cell.cell_type, cell.source, tuple(cell.metadata.get("tags", ()))) for cell in notebook.cells]


def _identity(cell: Any, seen: set[str]) -> str:
    """A short hash of the text, which stays when other cells come and go."""
    base = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
    name, copy = base, 1
    while name in seen:
        copy += 1
        name = f"{base}-{copy}"
    seen.add(name)
    return name
