"""A study file with guesses: every key of the schema, those that are not known behind a #, with reasons."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from crmtheory import datasets
from crmtheory.errors import SchemaError
from crmtheory.study.checking import resolve, schema
from crmtheory.study.document import inline
from crmtheory.study.guessing import FileGuess, Guess

HEAD = (
    "A study file. The guesses below were made from the first rows of the data, each with its reason: check them.",
    "Take the # from a line to set its key. All keys are explained in docs/study.md.",
)
INDENT = "  "
NOTHING = FileGuess("", "", "")
Key = tuple[str, ...]


def write(guess: Guess, path: str | Path) -> Path:
    """Write a study file with the guesses and the reasons for them.

    Parameters
    ----------
    guess : what `guess` has found
    path : the file to write; paths of data are written as seen from its folder, where that is possible

    Returns
    -------
    Path : the file; `read` reads it with the values of the guess

    Raises
    ------
    SchemaError : there is such a file already, there is no such folder, or the guess knows no data
    """
    path = Path(path)
    if path.exists():
        raise SchemaError(
            f"{path} exists already and is left as it is. Choose another name, or move it away."
        )
    if not path.absolute().parent.is_dir():
        raise SchemaError(f"There is no folder {path.absolute().parent}. Make it first.")
    if not guess.sections:
        reasons = "\n".join(f"  {one.source}: {one.why}" for one in guess.spare)
        raise SchemaError(f"It is not clear what the files are, so there is no study to write.\n{reasons}")
    text = "\n".join(_lines(guess, path.absolute().parent)) + "\n"
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)
    return path


def section(found: FileGuess, folder: Path) -> dict[str, Any]:
    """What a guess says in a study file in `folder`: its values, with the path as seen from there."""
    return {**_plain(found.values), "path": _relative(found.values["path"], folder)}


def _lines(guess: Guess, folder: Path) -> Iterator[str]:
    yield from (f"# {line}" for line in HEAD)
    for name, rule in schema()["properties"].items():
        yield ""
        personal = [one.personal for one in guess.sections.values() if one.personal]
        if name == "pseudonymise" and personal:
            yield from (_comment(f"{why}.") for why in dict.fromkeys(personal))
            yield "pseudonymise: true"
            continue
        found = guess.sections.get(name)
        if found is None:
            yield from _behind(_key(name, rule, None, NOTHING))
            continue
        values = section(found, folder)
        yield _comment(f"{values['path']}: {found.why}.")
        if found.could_be:
            yield _comment(f"As much speaks for {found.could_be}: choose one.")
        yield from _key(name, rule, values, found)
    for one in guess.spare:
        kind = f"could be {one.kind} too" if one.kind else "is not used"
        yield ""
        yield _comment(f"{_relative(one.source, folder)} {kind}: {one.why}.")


def _key(name: str, rule: Mapping[str, Any], value: Any, found: FileGuess, place: Key = ()) -> list[str]:
    """The lines of one key; without a value, with an example and what the key means."""
    rule = resolve(rule)
    why = [_comment(_sentence(found.reasons[place]))] if place in found.reasons else []
    named = rule.get("properties", {})
    if not named or not (value is None or isinstance(value, Mapping)):
        if value is None:
            shown = inline(_plain(found.offers[place]) if place in found.offers else _example(rule))
        else:
            shown = inline(value)
        meaning = f"  # {rule['description']}" if value is None else ""
        return [*why, f"{inline(name)}: {shown}{meaning}"]
    lines: list[str] = []
    for key, below in named.items():
        inner = None if value is None else value.get(key)
        part = _key(key, below, inner, found, (*place, key))
        # In a block that stands behind a # as a whole, its keys need none of their own.
        lines += part if inner is not None or value is None else _behind(part)
    for key, inner in (value or {}).items():
        if key not in named:  # a name that the user of a study file chooses
            lines += _key(key, {}, inner, found, (*place, key))
    told = [] if value is not None and not place else [_comment(rule["description"])]
    return [*why, *told, f"{name}:", *(INDENT + line for line in lines)]


def _behind(lines: Iterable[str]) -> Iterator[str]:
    """Keys behind a #; what is a comment already stays as it is."""
    yield from (line if line.startswith("#") else f"# {line}" for line in lines)


def _example(rule: Mapping[str, Any]) -> Any:
    if "examples" in rule:
        return rule["examples"][0]
    if "default" in rule:
        return rule["default"]
    return rule["enum"][0]


def _comment(text: str) -> str:
    """A text as one line behind a #: names from the data must not end it."""
    return f"# {''.join(letter if letter.isprintable() else ' ' for letter in text)}"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _relative(place: str, folder: Path) -> str:
    """A path as seen from a folder, with / on every system."""
    if place in datasets.catalogue().index:
        return place
    try:
        seen = Path(os.path.relpath(place, folder)).as_posix()
    except ValueError:  # on another drive
        return place
    # A file with the name of a shipped data set is told from it by its ./
    return f"./{seen}" if seen in datasets.catalogue().index else seen


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
