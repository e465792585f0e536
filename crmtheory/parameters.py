"""The parameters of a chapter: read from the cell tagged `parameters`, and checked.

The cell holds one parameter per line, ``name: type = literal  # help``; the types are str, int, float,
bool, list and dict. papermill lets unknown names and wrong types pass without a word, so both are checked
here: for the command line, where everything is text, and inside a notebook, where values have types.
"""

from __future__ import annotations

import ast
import datetime
import io
import json
import math
import re
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crmtheory.errors import SchemaError, unknown

TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict}
WORDS = {
    "str": "text (str)",
    "int": "an int",
    "float": "a number (float)",
    "bool": "true or false (bool)",
    "list": 'a list, such as ["a", "b"]',
    "dict": 'a dict, such as {"name": "value"}',
}
OUTPUT = "output"  # every chapter has it, and no result depends on it


@dataclass(frozen=True)
class Parameter:
    """One line of the cell: `type` is the name of a Python type, `help` the comment."""

    name: str
    type: str
    default: Any
    help: str


def read(path: str | Path) -> tuple[Parameter, ...]:
    """The parameters of a chapter, in the order of its cell.

    Parameters
    ----------
    path : a notebook (.ipynb) or its source (.py in percent format)

    Raises
    ------
    SchemaError : there is no such file, no cell tagged `parameters`, or a line of it is not a flat parameter
    """
    path = Path(path)
    if not path.is_file():
        raise SchemaError(f"There is no notebook {path}.")
    text = path.read_text(encoding="utf-8")
    cell = _cell_of_source(text) if path.suffix == ".py" else _cell_of_notebook(text, path)
    if cell is None:
        raise SchemaError(
            f'{path.name} has no cell tagged "parameters": papermill would ignore every parameter.'
        )
    return parse(cell)


def parse(cell: str) -> tuple[Parameter, ...]:
    """The parameters which the source of a cell declares.

    >>> parse('margin: float = 0.3  # share of an order that is kept')
    (Parameter(name='margin', type='float', default=0.3, help='share of an order that is kept'),)
    """
    comments = {
        token.start[0]: token.string.lstrip("#").strip()
        for token in tokenize.generate_tokens(io.StringIO(cell).readline)
        if token.type == tokenize.COMMENT
    }
    found = []
    for node in ast.parse(cell).body:
        line = ast.get_source_segment(cell, node) or ""
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value):
            raise SchemaError(f'A parameter is one line "name: type = literal  # help", not "{line}".')
        name, kind = node.target.id, ast.unparse(node.annotation)
        if kind not in TYPES:
            raise SchemaError(f"The parameter {name}: {unknown('type', kind, TYPES)}")
        try:
            default = ast.literal_eval(node.value)
        except ValueError:
            raise SchemaError(f'The default of the parameter {name} is not a literal: "{line}".') from None
        found.append(Parameter(name, kind, default, comments.get(node.lineno, "")))
    return tuple(found)


def from_text(known: Sequence[Parameter], given: Mapping[str, object], chapter: str) -> dict[str, Any]:
    """Values for a chapter from the command line (all text) or from a YAML file (typed), checked.

    Parameters
    ----------
    known : the parameters of the chapter
    given : name → text or value
    chapter : what the messages call the chapter

    Returns
    -------
    dict : the same names with values of the declared types

    Raises
    ------
    SchemaError : one message with all unknown names, each with the closest match, and all wrong types

    >>> from_text(parse("weeks: int = 52"), {"weeks": "39"}, "value")
    {'weeks': 39}
    """
    types = {parameter.name: parameter.type for parameter in known}
    values, problems = {}, []
    for name, value in given.items():
        if name not in types:
            problems.append(unknown("parameter", name, types))
            continue
        try:
            values[name] = _convert(value, types[name])
        except ValueError:
            problems.append(_must_be(name, types[name], value))
    _raise(problems, chapter)
    return values


def in_notebook(
    known: Sequence[Parameter],
    namespace: Mapping[str, Any],
    chapter: str,
    choices: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """The values of the parameters in a running notebook, checked.

    Parameters
    ----------
    known : the parameters of the chapter as shipped
    namespace : ``globals()`` of the notebook; its history ``In`` shows the cell that papermill has put in
    chapter : what the messages call the chapter
    choices : for parameters that are one of a few words, the words

    Raises
    ------
    SchemaError : one message with all missing parameters, wrong types and unknown names

    >>> in_notebook(parse("weeks: int = 52"), {"weeks": 39, "other": 1}, "value")
    {'weeks': 39}
    """
    names = [parameter.name for parameter in known]
    problems = [unknown("parameter", name, names) for name in _injected(namespace.get("In", ()), names)]
    values = {}
    for parameter in known:
        if parameter.name not in namespace:
            problems.append(f"{parameter.name} is missing from the cell tagged parameters.")
        elif not _is_a(namespace[parameter.name], parameter.type):
            problems.append(_must_be(parameter.name, parameter.type, namespace[parameter.name]))
        else:
            values[parameter.name] = namespace[parameter.name]
    for name, words in (choices or {}).items():
        if name in values and values[name] not in words:
            problems.append(unknown(f"choice for {name}", values[name], words))
    _raise(problems, chapter)
    return values


def given_by_run(namespace: Mapping[str, Any]) -> frozenset[str]:
    """The names that papermill has set in a running notebook, whatever their values.

    >>> sorted(given_by_run({"In": ["", "margin = 0.3", "# Parameters\\nweeks = 39\\n"]}))
    ['weeks']
    """
    cells = [cell for cell in namespace.get("In", ()) if cell.startswith("# Parameters\n")]
    return frozenset(name for cell in cells for name in _assigned(cell))


def _injected(history: Sequence[str], known: Sequence[str]) -> list[str]:
    """Names put in by papermill that neither the shipped chapter nor an earlier cell of this one knows."""
    for place, cell in enumerate(history):
        if cell.startswith("# Parameters\n"):
            earlier = {name for before in history[:place] for name in _assigned(before)}
            return [name for name in _assigned(cell) if name not in {*earlier, *known, OUTPUT}]
    return []


def _assigned(cell: str) -> list[str]:
    try:
        body = ast.parse(cell).body
    except SyntaxError:  # a cell with magics assigns no parameter
        return []
    targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    targets += [node.target for node in body if isinstance(node, ast.AnnAssign)]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _is_a(value: Any, kind: str) -> bool:
    if kind in {"int", "float"} and isinstance(value, bool):
        return False
    if kind == "float":
        return isinstance(value, int | float) and not math.isnan(value)
    return isinstance(value, TYPES[kind])


def _convert(value: object, kind: str) -> Any:
    """Text or a typed value as `kind`; ValueError when it is something else."""
    if isinstance(value, datetime.date) and kind == "str":  # YAML reads 2011-03-31 as a date
        return value.isoformat()
    if isinstance(value, str) and kind != "str":
        value = _from_string(value, kind)
    if not _is_a(value, kind):
        raise ValueError(kind)
    return float(value) if kind == "float" else value  # type: ignore[arg-type]


def _from_string(text: str, kind: str) -> Any:
    text = text.strip()
    if kind in {"int", "float"}:
        return TYPES[kind](text.replace("_", "!"))  # int("1_000") is Python, not a number people write
    if kind == "bool":
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(
            text.lower()
        )
    if kind == "list" and not text.startswith(("[", "{")):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        try:
            return ast.literal_eval(text)
        except (SyntaxError, ValueError):
            return _from_yaml(text, kind)


def _from_yaml(text: str, kind: str) -> Any:
    """Lists and dictionaries without quotes, as people type them: [room, wifi], {trust: [t1, t2]}."""
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        raise ValueError(kind) from None


def _must_be(name: str, kind: str, value: object) -> str:
    shown = f'"{value}"' if isinstance(value, str) else repr(value)
    return f"{name} must be {WORDS[kind]}, not {shown}."


def _raise(problems: list[str], chapter: str) -> None:
    if problems:
        rules = "a rule" if len(problems) == 1 else f"{len(problems)} rules"
        raise SchemaError("\n  ".join([f"The parameters of the {chapter} chapter break {rules}.", *problems]))


def _cell_of_source(text: str) -> str | None:
    cells = re.split(r"^(?=# %%)", text, flags=re.MULTILINE)
    for cell in cells:
        marker, _, body = cell.partition("\n")
        if marker.startswith("# %%") and re.search(r'tags=\[[^\]]*"parameters"', marker):
            return body
    return None


def _cell_of_notebook(text: str, path: Path) -> str | None:
    try:
        cells = json.loads(text)["cells"]
    except (json.JSONDecodeError, KeyError, TypeError):
        raise SchemaError(f"{path} is not a notebook: it cannot be read as JSON with cells.") from None
    for cell in cells:
        if "parameters" in cell.get("metadata", {}).get("tags", ()):
            return "".join(cell["source"])
    return None
