"""A study file becomes a study: read, checked, and its paths found."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from crmtheory import datasets
from crmtheory.study.checking import Problem, check, complain
from crmtheory.study.document import load
from crmtheory.study.sections import Log, Study, Survey, Table, frozen

DATA = ("transactions", "survey", "contacts", "attributes")
POLICIES = ("answers", "keep", "encoding", "header")  # of a survey


def read(path: str | Path) -> Study:
    """Read and check a study file.

    Parameters
    ----------
    path
        a YAML file; its keys are described in docs/study.md. Paths in it are seen from its folder.

    Returns
    -------
    Study : frozen; `sha256` is that of the file as it stands

    Raises
    ------
    SchemaError : no such file, no YAML, or one message with all that breaks the rules, each with its line

    >>> from crmtheory import study
    >>> study.read(study.EXAMPLE).transactions.columns["date"]
    'invoice_time'
    """
    document = load(Path(path))
    data = check(document)
    folder = document.path.absolute().parent
    places = {name: _located(data[name]["path"], folder) for name in DATA if name in data}
    complain(document.path.name, list(_absent(data, places, folder)), document.lines)
    sections = {name: {**data[name], "path": place} for name, place in places.items() if place}
    return Study(
        path=document.path.absolute(),
        sha256=document.sha256,
        title=data.get("title", ""),
        language=data.get("language", "en"),
        transactions=_section(Log, sections.get("transactions")),
        survey=_section(Survey, _survey(sections.get("survey"))),
        contacts=_section(Table, sections.get("contacts")),
        attributes=_section(Table, sections.get("attributes")),
        pseudonymise=data.get("pseudonymise", False),
        parameters=frozen(data.get("parameters", {})),
        chapters=frozen(data.get("chapters", {})),
        lines=frozen(document.lines),
    )


def _located(written: str, folder: Path) -> str | None:
    """The name of a shipped data set as it is; else the full path, or None if nothing is there."""
    if written in datasets.catalogue().index:
        return written
    place = folder / Path(written).expanduser()
    if place.exists():
        return place.as_posix()
    base = Path(place.anchor) if Path(written).expanduser().is_absolute() else folder
    pattern = place.relative_to(base).as_posix()
    if glob.glob(pattern, root_dir=base, recursive=True):
        return f"{glob.escape(base.as_posix()).rstrip('/')}/{pattern}"  # a folder called "data [1]" is no pattern
    return None


def _absent(data: Mapping[str, Any], places: Mapping[str, str | None], folder: Path) -> Iterator[Problem]:
    for name, place in places.items():
        if place is not None:
            continue
        written = data[name]["path"]
        parent = (folder / Path(written).expanduser()).parent
        there = [file.name for file in parent.iterdir()] if parent.is_dir() else []
        close = get_close_matches(Path(written).name, [*there, *datasets.catalogue().index], n=1)
        hint = f'Did you mean "{close[0]}"?' if close else "A path is seen from the folder of the study file."
        yield (
            (name, "path"),
            f'There is no file and no shipped data set "{written}": looked in {parent}. {hint}',
        )


def _survey(given: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The section with a list of items, their wordings as labels, and its further policies in one place."""
    if given is None:
        return None
    items, labels = given.get("items"), given.get("labels", {})
    if isinstance(items, dict):
        labels = {**items, **labels}
    if items is None:
        members = [item for construct in given.get("constructs", {}).values() for item in construct]
        items = members + [given[role] for role in ("overall", "recommend") if role in given]
    policies = {name: given[name] for name in POLICIES if name in given}
    rest = {name: value for name, value in given.items() if name not in POLICIES}
    return {**rest, "items": list(dict.fromkeys(items)), "labels": labels, "policies": policies}


def _section(kind: Any, given: Mapping[str, Any] | None) -> Any:
    return None if given is None else kind(**frozen(given))
