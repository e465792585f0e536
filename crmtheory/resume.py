"""A chapter that has run is not run again unless something it depends on has changed.

    depends = Checksums().of(notebook, given, place, label)
    unchanged(place, depends)      whether the run in `place` depended on the same and left the files that are there

A run depends on the cells of its notebook, its parameters, every file that they name, the code of this package, the
versions of Python and of the packages it uses, and on the key if ids are replaced by keyed hashes. All this is kept
in the record of the run (`outputs.RECORD`) as checksums, without a time or a place on this machine. Fonts and the
settings of matplotlib are not looked at: after a change there, run afresh.
"""

from __future__ import annotations

import glob
import hashlib
import json
import platform
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from crmtheory import datasets, execution, outputs, parameters, places, privacy
from crmtheory.chapter import VERSIONS
from crmtheory.errors import SchemaError

SCHEMA = 1
LARGE = 10**9  # bytes, from which it takes long enough to say so
FOLDER = "transactions"  # the one parameter that may name a folder: an export of several files
SECRET = "pseudonymise"
Depends = dict[str, str]


class Checksums:
    """Checksums of what runs depend on; a file that has not changed meanwhile is read once.

    Parameters
    ----------
    notice : called with a sentence before a large file is read
    """

    def __init__(self, notice: Callable[[str], None] | None = None) -> None:
        self._notice = notice
        self._known: dict[tuple[str, int, int, int], str] = {}
        self._lock = threading.Lock()
        self._shipped = frozenset(datasets.catalogue().index)

    def of(self, notebook: Path, given: Mapping[str, Any], place: Path, label: str = "") -> Depends:
        """What a run depends on: a checksum each for notebook, parameters, data, package and versions.

        Parameters
        ----------
        notebook : its file
        given : the checked parameters of the run
        place : the folder it writes to, which its page names
        label : its name in the report
        """
        given = {name: value for name, value in sorted(given.items()) if name != parameters.OUTPUT}
        declared = _declared(notebook)
        values = {one.name: one.default for one in declared} | given
        return {
            "notebook": _sum([_cells(notebook), [repr(one) for one in declared]]),
            "parameters": _sum([repr(given), place.as_posix(), label]),
            "data": _sum([[self._data(name, value) for name, value in values.items()], _key(values)]),
            "package": self._tree(places.PACKAGE),
            "versions": _sum(_versions()),
        }

    def file(self, path: Path) -> str:
        """SHA-256 of a file."""
        with self._lock:  # two runs on the same data wait for one reading
            state = path.stat()
            key = (str(path.absolute()), state.st_size, state.st_mtime_ns, state.st_ino)
            if key not in self._known:
                if self._notice is not None and state.st_size >= LARGE:
                    self._notice(f"Looking whether {path.name} has changed ({state.st_size / 1e9:.1f} GB).")
                self._known[key] = outputs.sha256(path)
            return self._known[key]

    def _data(self, name: str, value: Any) -> list[tuple[str, list[str]]]:
        """Each text in the value of a parameter that names files, with their checksums."""
        found = []
        for text in filter(None, _texts(value)):
            files = [datasets.path(text)] if text in self._shipped else _own(text, name == FOLDER)
            sums = [self.file(path) for path in files if path.is_file()]
            found += [(text, sums)] if sums else []
        return found

    def _tree(self, folder: Path) -> str:
        """The code of the package and what stands beside it, without the data and notebooks that it ships."""
        inside = (path.relative_to(folder) for path in folder.rglob("*"))
        kept = sorted(path for path in inside if not {"__pycache__", "_shipped"} & set(path.parts))
        sums = [(path.as_posix(), self.file(folder / path)) for path in kept if (folder / path).is_file()]
        return _sum([*sums, self.file(places.folder("data") / "manifest.toml")])


def record(stage: Path, depends: Depends | None) -> dict[str, object]:
    """What is kept of a run: what it depended on (None: that changed meanwhile), and a checksum of each file."""
    files = sorted(path for path in stage.rglob("*") if path.is_file())
    return {
        "schema": SCHEMA,
        "depends": depends,
        "files": {path.relative_to(stage).as_posix(): outputs.sha256(path) for path in files},
    }


def unchanged(place: Path, depends: Depends) -> bool:
    """Whether the run in `place` has ended, depended on the same, and its files are as it left them."""
    try:
        found = json.loads((place / outputs.RECORD).read_text(encoding="utf-8"))
        if found["schema"] != SCHEMA or found["depends"] != depends:
            return False
        return all(outputs.sha256(place / name) == sha256 for name, sha256 in found["files"].items())
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return False  # there is none, or none of ours, or a file is gone


def _cells(notebook: Path) -> list[tuple[str, str, list[str]]]:
    cells = execution.load(notebook).cells
    return [(cell.cell_type, cell.source, list(cell.metadata.get("tags", ()))) for cell in cells]


def _declared(notebook: Path) -> tuple[parameters.Parameter, ...]:
    """The parameters of a chapter, which it takes from its source if that is there."""
    source = notebook.parent / "src" / f"{notebook.stem}.py"
    return parameters.read(source if source.is_file() else notebook)


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value; a table of the package may be named by the key of a dictionary."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _own(text: str, folder: bool) -> list[Path]:
    """The files that a text names as `datasets.locate` understands it; most texts in parameters name none."""
    try:
        path = Path(text).expanduser()
        if path.is_dir():
            return sorted(path.iterdir()) if folder else []
        return [path] if path.exists() else sorted(Path(one) for one in glob.glob(str(path)))
    except (OSError, ValueError, RuntimeError):  # too long for a name, a null character, a home of nobody
        return []


def _key(given: Mapping[str, Any]) -> str:
    """The keyed hash of a word, which is no more than the results hold, if ids are replaced by keyed hashes."""
    policies = given.get("policies")
    if not given.get(SECRET) and not (isinstance(policies, Mapping) and policies.get(SECRET)):
        return ""
    try:
        return str(privacy.pseudonym(["crmtheory"], privacy.read_key())[0])
    except SchemaError:  # the chapter will say what is wrong with the key
        return "none"


def _versions() -> list[tuple[str, str]]:
    """Of Python and of the packages that this one needs."""
    try:
        needed = metadata.requires("crmtheory") or []
    except metadata.PackageNotFoundError:  # run from a folder that was never installed
        needed = []
    names = {re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in needed if "extra ==" not in line}
    found = [("python", platform.python_version()), ("system", platform.system())]
    for name in sorted(names | set(VERSIONS)):
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            found.append((name, ""))
    return found


def _sum(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("ascii")).hexdigest()
