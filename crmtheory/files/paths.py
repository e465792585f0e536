"""Find files and look at their first bytes; say what is wrong with them, and what to do."""

from __future__ import annotations

import glob
import gzip
import re
import stat
import zlib
from pathlib import Path

from crmtheory.errors import SchemaError
from crmtheory.files import encoding as encodings
from crmtheory.files.sql import first_line

GZIP = b"\x1f\x8b"
PARQUET = b"PAR1"


def found(name: str) -> list[Path]:
    """The files of a path or a pattern, in the order of their names; an error that says what there is instead."""
    here, path = f'"{name}"', Path(name)
    if re.match(r"[a-zA-Z][\w+.-]+://", name):
        raise SchemaError(f"{here} is an address. Download the file first and give its path.")
    if _exists(path) and path.is_dir():
        raise SchemaError(
            f"{here} is a folder ({path.absolute()}). Name one CSV or Parquet file in it, or several by a pattern "
            f'such as "{path / "*.csv"}".'
        )
    if not _exists(path):
        several = sorted(Path(one) for one in glob.glob(name)) if glob.has_magic(name) else []
        if several and all(one.is_file() for one in several):
            return several
        raise SchemaError(
            f"There is no file {here}: looked for {path.absolute()}. Check the spelling, or give the full path."
        )
    if not stat.S_ISREG(path.stat().st_mode):
        raise SchemaError(f"{here} is no ordinary file. Save the data to a file first.")
    return [path]


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long
        return False


def head_of(path: Path) -> bytes:
    try:
        with path.open("rb") as handle:
            head = handle.read(4096)
    except OSError as error:
        raise SchemaError(
            f'"{path}" cannot be opened: {error.strerror or error}. Ask for the right to read it, or copy it.'
        ) from None
    if not head:
        raise SchemaError(f'"{path}" is empty (0 bytes). Export the data again.')
    return head


def checked(path: Path, head: bytes) -> encodings.Checked:
    """The checksum and the encoding of a file, which is read to its end."""
    parquet = head.startswith(PARQUET)
    if path.suffix.lower() in {".parquet", ".pq"} and not parquet:
        raise SchemaError(f'"{path}" cannot be read as Parquet: it does not begin as a Parquet file does.')
    try:
        return encodings.check(path, head.startswith(GZIP), text=not parquet)
    except (OSError, EOFError, zlib.error) as error:
        raise SchemaError(f'"{path}" cannot be read: {_fault(error)}') from None


def _fault(error: Exception) -> str:
    """What is wrong with a file that cannot be read to its end."""
    if isinstance(error, EOFError) or "end-of-stream" in str(error):
        return "the compressed file ends too early. The usual cause is a download that was cut off: get it again."
    if isinstance(error, zlib.error | gzip.BadGzipFile):
        return "the compressed file is broken. Get it again."
    return f"{first_line(getattr(error, 'strerror', None) or error)}. Get or export the file again."
