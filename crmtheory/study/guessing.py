"""What files of data are, and which of their columns are which: guesses, each with its reasons in words.

A guess is made from the names of the columns and from the first rows only. It is something to be checked: `write`
puts it into a study file with its reasons beside it. What cannot be told from data, such as which items of a
survey are turned round, is never guessed.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from crmtheory import datasets
from crmtheory.errors import SchemaError
from crmtheory.files.paths import found as files_of
from crmtheory.study.columns import roles
from crmtheory.study.customers import is_personal
from crmtheory.study.kinds import KINDS, NOTHING_FITS
from crmtheory.study.sampling import Sample, sample
from crmtheory.study.sections import frozen

Key = tuple[str, ...]


@dataclass(frozen=True)
class FileGuess:
    """What one file seems to be.

    `kind` is transactions, survey, contacts, attributes, or "" when nothing fits; `could_be` another kind for
    which as much speaks. `values` are what the section of the study file says; `reasons` give a sentence for keys
    of that section, also for keys that are left to the user; `offers` values for such keys. `personal` says why
    customers must become keyed hashes ("" if nothing speaks for it).
    """

    source: str
    kind: str
    why: str
    values: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    reasons: Mapping[Key, str] = field(default_factory=lambda: MappingProxyType({}))
    could_be: str = ""
    columns: tuple[str, ...] = ()
    offers: Mapping[Key, Any] = field(default_factory=lambda: MappingProxyType({}))
    personal: str = ""

    def __str__(self) -> str:
        lines = [f"{self.source}: {self.kind or 'not clear'} ({self.why})"]
        lines += [f"  {'.'.join(key)}: {why}" for key, why in self.reasons.items()]
        lines += [f"  pseudonymise: {self.personal}"] if self.personal else []
        return "\n".join(lines)


@dataclass(frozen=True)
class Guess:
    """What several files seem to be: `sections` holds the one that is used for each section of a study file, `spare`
    those that are not used."""

    sections: Mapping[str, FileGuess]
    spare: tuple[FileGuess, ...] = ()

    def __str__(self) -> str:
        return "\n".join(str(one) for one in (*self.sections.values(), *self.spare))


def guess(files: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> Guess:
    """Look at files of data and guess what they are.

    Parameters
    ----------
    files
        paths of CSV files (UTF-8 or GB18030; comma, semicolon or tab; also .csv.gz) or Parquet files, or names of
        shipped data sets; a pattern such as sales-*.parquet names several files. Some thousand rows of each are read.

    Raises
    ------
    SchemaError : a file is not there, is empty, or is neither CSV nor Parquet

    >>> guess(["cdnow_sample"]).sections["transactions"].values["columns"]["date"]
    'date'
    """
    given = [files] if isinstance(files, str | os.PathLike) else list(files)
    if not given:
        raise SchemaError("There is no file to look at. Name the files of your data.")
    found = [_file(name) for one in given for name in _expanded(os.fspath(one))]
    sections: dict[str, FileGuess] = {}
    spare: list[FileGuess] = []
    for kind in KINDS:
        same = [one for one in found if one.kind == kind]
        if same:
            used, rest = _together(same)
            sections[kind] = used
            spare += rest
    spare += [one for one in found if not one.kind]
    return Guess(MappingProxyType(sections), tuple(spare))


def _expanded(name: str) -> list[str]:
    """The files of a pattern; any other name as it is."""
    path = Path(name).expanduser()
    if name in datasets.catalogue().index or path.exists() or not glob.has_magic(name):
        return [name]
    return [str(one) for one in files_of(str(path))]


def _file(name: str) -> FileGuess:
    shipped = name in datasets.catalogue().index
    path = datasets.locate(name)
    seen = sample(path)
    source = name if shipped else path.absolute().as_posix()
    if not seen.columns or not seen.rows:
        return FileGuess(source, "", "it has no rows")
    found = roles(seen.columns)
    drafts = [draft for make in KINDS.values() if (draft := make(seen, found))]
    drafts.sort(key=lambda draft: -draft.points)
    names = tuple(column.name for column in seen.columns)
    if not drafts:
        return FileGuess(source, "", NOTHING_FITS, columns=names)
    best = drafts[0]
    other = next((draft.kind for draft in drafts[1:] if draft.points == best.points), "")
    return FileGuess(
        source,
        best.kind,
        best.why,
        frozen({"path": source, **best.values}),
        MappingProxyType(best.reasons),
        other,
        names,
        frozen(best.offers),
        _personal(seen, best.values),
    )


def _personal(seen: Sample, values: Mapping[str, Any]) -> str:
    name = values.get("columns", {}).get("customer", values.get("respondent"))
    column = next((column for column in seen.columns if column.name == name), None)
    if column is None or not is_personal(column):
        return ""
    return (
        f"`{name}` holds e-mail addresses, phone numbers or the like, which become keyed hashes; a key is needed: "
        "crmtheory key"
    )


def _together(same: Sequence[FileGuess]) -> tuple[FileGuess, list[FileGuess]]:
    """Files of one kind: one pattern for all if there is one that fits no other file, else the first of them."""
    first, *rest = same
    if not rest:
        return first, []
    paths = [Path(one.source) for one in same]
    alike = len({one.columns for one in same}) == 1 and len({path.parent for path in paths}) == 1
    if alike and all(path.is_absolute() for path in paths) and (pattern := _pattern(paths)):
        place = (paths[0].parent / pattern).as_posix()
        why = f"{first.why}; {len(paths)} files with the same columns"
        return replace(first, source=place, why=why, values=frozen({**first.values, "path": place})), []
    return first, rest


def _pattern(paths: Sequence[Path]) -> str:
    """A pattern that fits these files of a folder and no other; "" if there is none."""
    names = [path.name for path in paths]
    head = _common(names)
    tail = _common([name[len(head) :][::-1] for name in names])[::-1]
    # sales-2023 and sales-2024 begin with "sales-202", but next is sales-2025, or 2030.
    for start, end in ((head.rstrip("0123456789"), tail.lstrip("0123456789")), (head, tail)):
        pattern = f"{start}*{end}"
        inside = glob.glob(pattern, root_dir=paths[0].parent)
        if start and not glob.has_magic(start + end) and sorted(inside) == sorted(set(names)):
            return pattern
    return ""


def _common(texts: Sequence[str]) -> str:
    """What all texts begin with."""
    low, high = min(texts), max(texts)
    same = next((i for i, (a, b) in enumerate(zip(low, high, strict=False)) if a != b), len(low))
    return low[:same]
