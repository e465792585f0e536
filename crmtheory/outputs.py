"""What is written is whole or not there, and a folder has one writer at a time.

    write(path, content)     a file, written beside its place and moved there
    alone(folder)            while it lasts, nobody else writes to the folder
    staged(place)            a folder inside `place` for what a run writes; moved into place when the run is sealed
    settle(place)            after a run that was killed: move what was sealed, remove the rest

A run writes everything into a hidden folder inside its place, STAGES + a number, and last of all its record, RECORD,
which names every file of the run. With the record there the run is sealed: what it wrote is complete, and moving it
into place can be done over again. Without the record it counts for nothing. So until a run has ended, the results of
the run before it stay as they are.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from crmtheory.errors import SchemaError

STAGE = "CRMTHEORY_STAGE"  # variable of a kernel: where its chapter writes, whatever its output is called
STAGES = ".crmtheory-run-"
PART, PARTS = ".part", ".crmtheory-"
LOCK = ".crmtheory-lock"
RECORD = ".finished.json"
RESULT = "result.json"


@contextmanager
def opened(path: str | Path) -> Iterator[BinaryIO]:
    """A stream to a file that appears under its name when all is written, and not at all after an error.

    Raises
    ------
    OSError : it cannot be written; `filename` is `path`
    """
    path = Path(path)
    draft = path.parent / f"{PARTS}{secrets.token_hex(8)}{PART}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("xb") as stream:
            yield stream
        os.replace(draft, path)
    except BaseException as error:
        with suppress(OSError):  # such as a folder that is none; the first error counts
            draft.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno is not None:
            # It names the file, not the draft of which nobody knows.
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise


def write(path: str | Path, content: str | bytes) -> Path:
    """Write a file whole or not at all; text in UTF-8, its line ends as they are. Missing folders are made.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(folder + "/list.csv", "客户").read_bytes().decode()
    '客户'
    """
    with opened(path) as stream:
        stream.write(content.encode("utf-8") if isinstance(content, str) else content)
    return Path(path)


def sha256(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def alone(folder: str | Path) -> Iterator[None]:
    """Nobody else who asks for the same writes to `folder` meanwhile. Files that a killed writer left half are removed.

    The system holds the lock for the process and lets it go when the process ends, however it ends.

    Raises
    ------
    SchemaError : another process, or another thread of this one, has it
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    handle = _locked(folder)
    try:
        for part in folder.glob(f"{PARTS}*{PART}"):
            part.unlink(missing_ok=True)
        yield
    finally:
        if sys.platform != "win32":  # there an open file cannot be removed; it stays, and does no harm
            (folder / LOCK).unlink(missing_ok=True)
        os.close(handle)


@contextmanager
def staged(place: Path) -> Iterator[Path]:
    """A new hidden folder in `place`; what is sealed in it at the end is moved to `place`, and the folder removed."""
    stage = place / f"{STAGES}{secrets.token_hex(8)}"
    stage.mkdir(parents=True)
    try:
        yield stage
        settle(place)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def seal(stage: Path, record: dict[str, object]) -> None:
    """Write the record of a run, the last of its files."""
    write(stage / RECORD, json.dumps(record, ensure_ascii=False, indent=2, sort_keys=True) + "\n")


def settle(place: Path) -> None:
    """Move what a sealed run wrote to its place, and remove what a killed one left. To be called `alone`."""
    for stage in sorted(place.glob(f"{STAGES}*")):
        if (stage / RECORD).is_file():
            _move(stage, place)
        shutil.rmtree(stage, ignore_errors=True)


def files_of(place: Path) -> list[str]:
    """The files of the run in `place`, relative to it, as its record and its result name them."""
    record, result = _json(place / RECORD), _json(place / RESULT)
    try:
        found = [str(name) for name in record.get("files", {})]
        found += [str(one["file"]) for kind in ("tables", "figures") for one in result.get(kind, ())]
    except (TypeError, KeyError, AttributeError):  # not one of ours
        return []
    here = place.resolve()
    return [name for name in dict.fromkeys(found) if (place / name).resolve().is_relative_to(here)]


def _move(stage: Path, place: Path) -> None:
    """Over again, after any interruption, this comes to the same end: what goes is removed before anything comes."""
    new = files_of(stage)
    for name in set(files_of(place)) - set(new):
        (place / name).unlink(missing_ok=True)
    for name in new:
        if (stage / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(stage / name, place / name)
    os.replace(stage / RECORD, place / RECORD)


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # none, or none of ours
        return {}
    return found if isinstance(found, dict) else {}


def _locked(folder: Path) -> int:
    """A handle that holds the lock of a folder."""
    file = folder / LOCK
    while True:
        handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
        if not _take(handle):
            holder = _holder(handle)
            os.close(handle)
            raise SchemaError(
                f"Another run{holder} is writing to {folder}. Wait until it is done, or choose another folder "
                "with --output."
            )
        with suppress(OSError):
            if os.path.samestat(os.fstat(handle), file.stat()):  # else its last holder has just removed it
                os.truncate(handle, 0)
                os.write(handle, f"{os.getpid()}\n".encode())
                return handle
        os.close(handle)


def _take(handle: int) -> bool:
    """Take the lock of a file, False if another has it. A disk that knows no locks gives it to everybody."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(handle, 1024, os.SEEK_SET)  # behind the number of the process, which others read
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            os.lseek(handle, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return sys.platform != "win32"
    return True


def _holder(handle: int) -> str:
    """Which process has the lock, in words; empty when it has not said so yet."""
    with suppress(OSError, ValueError):
        os.lseek(handle, 0, os.SEEK_SET)
        return f" (process {int(os.read(handle, 32))})"
    return ""
