"""The text of a study file: YAML, read with the line of every key, and with nothing taken silently.

YAML has traps: of two equal keys the last one wins, `no` is false, 007 is 7, tabs are not spaces. Duplicates,
aliases and tags are refused here. The text of every value is kept as it was written, so that a column called
`no` or 2024 can be told from false and a number.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from crmtheory.errors import SchemaError

Place = tuple[str | int, ...]  # the keys and positions that lead to a value
LARGEST = 1_000_000  # bytes
EXAMPLE = 'Write lines such as "title: My shop".'
PLAIN = {
    f"tag:yaml.org,2002:{kind}"
    for kind in ["str", "bool", "int", "float", "null", "timestamp", "merge", "value"]
}


@dataclass(frozen=True)
class Document:
    """A study file as it was written.

    `data` holds dictionaries, lists and scalars; `lines` the line of each place and `texts` the text of each
    scalar; `problems` pairs of place and sentence.
    """

    path: Path
    sha256: str
    data: dict[str, Any]
    lines: Mapping[Place, int]
    texts: Mapping[Place, str]
    problems: tuple[tuple[Place, str], ...]


def load(path: Path) -> Document:
    """Read a study file.

    Raises
    ------
    SchemaError : there is no such file, it is no UTF-8 text, no YAML, or not a block of keys
    """
    content = _bytes(path)
    text = _text(path, content)
    node = _node(path, text)
    walk = _Walk()
    data = walk.value(node, ())
    digest = hashlib.sha256(content).hexdigest()
    return Document(path, digest, data, walk.lines, walk.texts, tuple(walk.problems))


def inline(value: Any) -> str:
    """A value as YAML in one line, in quotes where YAML would take it for something else.

    >>> print(inline("no"), inline("order no: 1"), inline([1, 10]), inline({"a": ["b"]}))
    'no' 'order no: 1' [1, 10] {a: [b]}
    """
    options: dict[str, Any] = {"allow_unicode": True, "width": 10**9, "default_flow_style": True}
    text = yaml.safe_dump(value, sort_keys=False, **options).removesuffix("...\n").strip()
    if not text.isprintable():  # line breaks and the like: between double quotes they have names
        text = yaml.safe_dump(value, sort_keys=False, default_style='"', **options).strip()
    return text


def _bytes(path: Path) -> bytes:
    if path.is_dir():
        raise SchemaError(f"{path} is a folder. Name the study file in it, such as {path / 'study.yaml'}.")
    if not path.is_file():
        raise SchemaError(f"There is no study file {path}. Check the path; it is seen from {Path.cwd()}.")
    size = path.stat().st_size
    if size > LARGEST:
        raise SchemaError(
            f"{path.name} has {size:,} bytes, and a study file is a page of text. Is it the data? "
            "Write a study file that names them."
        )
    return path.read_bytes()


def _text(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
    guess = ""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        guess = " It looks like UTF-16."
    elif b"\x00" not in content:
        try:
            content.decode("gb18030")
            guess = " It looks like GB18030, which Chinese editions of Windows use."
        except UnicodeDecodeError:
            pass
    raise SchemaError(
        f"{path.name} is not UTF-8 text: line {line} cannot be read.{guess} "
        "Open it in an editor, save it with the encoding UTF-8 and read it again."
    )


def _node(path: Path, text: str) -> yaml.MappingNode:
    """The tree of the YAML text, or one message with line, column and the usual cause."""
    try:
        for event in yaml.parse(text, yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                mark = event.start_mark
                raise SchemaError(
                    f"{path.name} cannot be read: line {mark.line + 1}, column {mark.column + 1} has the "
                    f"alias *{event.anchor}. Write the value out. A text that begins with * stands in quotes."
                )
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise SchemaError(_syntax(path.name, text, error)) from None
    except RecursionError:
        raise SchemaError(f"{path.name} cannot be read: its brackets are nested too deeply.") from None
    if node is None:
        raise SchemaError(f"{path.name} is empty. {EXAMPLE}")
    if not isinstance(node, yaml.MappingNode):
        kind = "a list" if isinstance(node, yaml.SequenceNode) else "a text"
        step = _wide_colon(text) or EXAMPLE
        line = node.start_mark.line + 1
        raise SchemaError(f"{path.name} must be a block of keys, not {kind} (line {line}). {step}")
    return node


CAUSES = (
    ("scanning an alias", 'A text that begins with * stands in quotes: path: "*.csv".'),
    ("scanning an anchor", "A text that begins with & stands in quotes."),
    ("cannot start any token", "A text that begins with a special sign stands in quotes."),
    ("unknown escape", 'Between double quotes \\ is special. Write C:/data or use single quotes: \'C:\\data\'.'),
    ("escape sequence", 'Between double quotes \\ is special. Write C:/data or use single quotes: \'C:\\data\'.'),
    ("mapping values are not allowed", 'Put a text with ": " in quotes; begin the keys of a block in one column; '
     'leave a space after the ":" of every key.'),
    ("could not find expected ':'", 'Every key is followed by ":" and a space.'),
    ("quoted scalar", "A quote is opened and not closed."),
    ("flow sequence", "A [ is opened and not closed, or a comma is missing."),
    ("flow mapping", "A { is opened and not closed, or a comma is missing."),
    ("expected <block end>", "Keys of one block begin in the same column."),
    ("single document", "Only one document may stand in the file: take out the second line of ---."),
    ("special characters", "Take out the invisible sign there."),
)  # fmt: skip


def _syntax(name: str, text: str, error: yaml.YAMLError) -> str:
    words = " ".join(str(error).split())
    marks = [getattr(error, name, None) for name in ("problem_mark", "context_mark")]
    if (
        "unexpected end of stream" in words or "flow" in words
    ):  # where it was opened says more than where the file ends
        marks.reverse()
    mark = marks[0] or marks[1]
    if mark is not None:
        line, column = mark.line, mark.column
    else:  # an error of the reader, which counts characters only
        before = text[: getattr(error, "position", 0)]
        line, column = before.count("\n"), len(before) - before.rfind("\n") - 1
    for number, content in enumerate(text.splitlines()):
        if number <= line and "\t" in content[: len(content) - len(content.lstrip())]:
            return f"{name} cannot be read: line {number + 1} begins with a tab. Indent with spaces."
    cause = _wide_colon(text) or next((step for sign, step in CAUSES if sign in words), "")
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or words
    where = f"line {line + 1}, column {column + 1}"
    what = f"{name} cannot be read as YAML: {where}: {problem.removeprefix('but ')}."
    return f"{what} {cause}".rstrip()


def _wide_colon(text: str) -> str:
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"\s*[\w-]+\s*：", line):
            return f"Line {number} has the wide colon ：. Write the plain colon and a space after it."
    return ""


class _Walk:
    """Values, lines and texts of a tree of nodes, gathered in one pass."""

    def __init__(self) -> None:
        self.lines: dict[Place, int] = {}
        self.texts: dict[Place, str] = {}
        self.problems: list[tuple[Place, str]] = []
        self.loader = yaml.SafeLoader("")

    def value(self, node: yaml.Node, place: Place) -> Any:
        self.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*place, i)) for i, item in enumerate(node.value)]
        return self._scalar(node, place)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, item in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.problems.append((place, f"The key in line {line} is no text. Write key: value."))
                continue
            here = (*place, key.value)
            if key.value in found:
                first = self.lines[here]
                self.problems.append(
                    (here, f"The key stands twice, in line {first} and in line {line}. Keep one.")
                )
                continue
            self.lines[here] = line
            found[key.value] = self.value(item, here)
        return found

    def _scalar(self, node: yaml.Node, place: Place) -> Any:
        self.texts[place] = node.value
        if node.tag not in PLAIN:
            self.problems.append(
                (place, f"The tag {node.tag} is not known here. Write the value without it.")
            )
            return node.value
        try:
            value = self.loader.construct_object(node)
        except (ValueError, yaml.YAMLError):  # 2011-02-30 has the form of a date
            return node.value
        if isinstance(value, dt.date):
            return node.value
        # YAML 1.1 reads 010 as 8 and 1:30 as 90. Nobody means that.
        if isinstance(value, int | float) and re.match(r"[-+]?0\d|.*:", node.value):
            return node.value
        return value
