"""Text files: encoding, separator, and the line that names the columns."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import uuid
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from crmtheory.errors import SchemaError
from crmtheory.files import encoding as encodings
from crmtheory.files.paths import GZIP
from crmtheory.files.sql import first_line

DELIMITERS = (",", ";", "\t", "|")
NEAR = 20  # lines under the header in which the names of the columns are looked for
SHOWN = 60  # characters of a header that are shown
SAVE = 'Save it as "CSV UTF-8"'


@dataclass(frozen=True)
class Layout:
    """One or several text files of one layout. `given` are the paths as given, `files` those to read, in UTF-8."""

    given: tuple[Path, ...]
    files: tuple[Path, ...]
    names: tuple[str, ...]
    delimiter: str
    header: int
    packed: bool


def layout(
    paths: Sequence[Path],
    heads: Sequence[bytes],
    used: Sequence[str | None],
    wanted: Mapping[str, str],
    header: int,
    folder: Callable[[], Path],
) -> Layout:
    """How the files are laid out. Files that are not UTF-8 are written anew to `folder()`.

    Parameters
    ----------
    paths, heads, used : the files, their first bytes, their encodings
    wanted : role → name of the column
    header : the line that names the columns, from 1
    """
    if isinstance(header, bool) or not isinstance(header, int) or header < 1:
        raise SchemaError(f"header is the number of the line that names the columns, from 1, not {header!r}.")
    ready = []
    for path, head, encoding in zip(paths, heads, used, strict=True):
        packed = head.startswith(GZIP)
        _refuse_binary(path, head, packed, encoding)
        ready.append(path if encoding == "utf-8" else _in_utf8(path, packed, encoding, folder()))
    if header > 1:
        ready = [_without_quotes_above(file, header, folder) for file in ready]
    names, delimiter = _header(paths[0], ready[0], wanted, header)
    for path, file in zip(paths[1:], ready[1:], strict=True):
        others = _header(path, file, wanted, header)
        if others != (names, delimiter):
            raise SchemaError(f'"{path}" {_difference(others, names, delimiter, paths[0])}')
    return Layout(tuple(paths), tuple(ready), tuple(names), delimiter, header, _is_packed(ready[0]))


def _refuse_binary(path: Path, head: bytes, packed: bool, encoding: str | None) -> None:
    if head.startswith(b"PK\x03\x04"):
        raise SchemaError(
            f'"{path}" cannot be read as CSV or Parquet: it is an Excel workbook or another zip file. '
            'In Excel, save the sheet as "CSV UTF-8".'
        )
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise SchemaError(
            f'"{path}" cannot be read as CSV or Parquet: it is an old Excel workbook. '
            'In Excel, save the sheet as "CSV UTF-8".'
        )
    if not packed and b"\x00" in head and not (encoding or "").startswith(("utf-16", "utf-32")):
        even, odd = head[:200:2].count(0), head[1:200:2].count(0)
        wide = min(even, odd) == 0 and max(even, odd) > len(head[:200]) // 8
        hint = ', or try encoding="utf-16-le" or "utf-16-be"' if wide else ""
        raise SchemaError(f'"{path}" cannot be read as CSV or Parquet: it is not text. {SAVE}{hint}.')


def _in_utf8(path: Path, packed: bool, encoding: str | None, folder: Path) -> Path:
    if encoding is None:
        line = _first_bad_line(path, packed)
        raise SchemaError(
            f'"{path}" cannot be read as CSV: line {line:,} is neither UTF-8 nor GB18030 text. {SAVE}, or name its '
            'encoding, such as encoding="cp1252" (Western Europe) or "big5" (Taiwan).'
        )
    target = folder / f"{uuid.uuid4().hex}.csv"
    try:
        encodings.transcode(path, packed, encoding, target)
    except (OSError, EOFError, zlib.error):
        raise SchemaError(f'"{path}" cannot be read: the compressed file is broken. Get it again.') from None
    except UnicodeError:
        raise SchemaError(
            f'"{path}" cannot be read as CSV: it is not {encoding.upper()} text. Leave encoding out to have it found.'
        ) from None
    return target


def _first_bad_line(path: Path, packed: bool) -> int:
    with gzip.open(path) if packed else path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1


def _header(path: Path, file: Path, wanted: Mapping[str, str], header: int) -> tuple[list[str], str]:
    """The names in the header, and the separator under which most of the wanted names appear."""
    here = f'"{path}" cannot be read as CSV:'
    try:
        found = {delimiter: _names(file, delimiter, header) for delimiter in DELIMITERS}
        best = max(DELIMITERS, key=lambda d: (len(set(wanted.values()) & set(found[d])), len(found[d])))
        blank = not any(found[best])
        if blank or (wanted and not set(wanted.values()) & set(found[best])):
            later = _named_on(file, wanted, header)
            which = "first line" if header == 1 else f"line {header:,}"
            if later:
                raise SchemaError(
                    f"{here} its {which} does not name the columns, line {later} does. Pass header={later}."
                )
            if blank:
                raise SchemaError(
                    f"{here} its {which}, which should name the columns, is blank. If another line names them, pass "
                    "its number as header."
                )
            if len(found[best]) == 1 and len(set(wanted.values())) > 1:
                raise SchemaError(
                    f'{here} its {which}, "{found[best][0][:SHOWN]}", has one column only. Columns are separated by '
                    "comma, semicolon, tab or bar; if another line names them, pass its number as header."
                )
    except UnicodeDecodeError:  # a compressed file, of which only the beginning was looked at
        raise SchemaError(f"{here} it is not UTF-8 text. {SAVE}, or leave encoding out.") from None
    except (csv.Error, OSError, EOFError, zlib.error) as error:
        raise SchemaError(f"{here} {first_line(error)}. {SAVE}.") from None
    return found[best], best


def _names(file: Path, delimiter: str, header: int) -> list[str]:
    with _text(file) as lines:
        for _ in range(header - 1):
            lines.readline()
        reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
        return [name.strip() for name in next(reader, [])]


def _named_on(file: Path, wanted: Mapping[str, str], header: int) -> int | None:
    """The line among the next ones that names all wanted columns."""
    with _text(file) as lines:
        near = [line for _, line in zip(range(header + NEAR), lines, strict=False)][header:]
    for number, line in enumerate(near, header + 1):
        for delimiter in DELIMITERS:
            fields = {one.strip().strip('"') for one in line.split(delimiter)}
            if wanted and set(wanted.values()) <= fields:
                return number
    return None


def _difference(others: tuple[list[str], str], names: list[str], delimiter: str, first: Path) -> str:
    """How the header of one more file differs from that of the first."""
    together = "Files read together must name the same columns in the same order, with the same separator."
    found, separator = others
    if separator != delimiter:
        said = {one: "tabs" if one == "\t" else f'"{one}"' for one in DELIMITERS}
        return f'separates its fields by {said[separator]}, "{first}" by {said[delimiter]}. {together}'
    new = next((name for name in found if name not in names), None)
    lost = next((name for name in names if name not in found), None)
    if new is not None:
        return f'has a column "{new}", which "{first}" has not. {together}'
    if lost is not None:
        return f'has no column "{lost}", which "{first}" has. {together}'
    return f'has its columns in another order than "{first}". {together}'


def _without_quotes_above(file: Path, header: int, folder: Callable[[], Path]) -> Path:
    """The file, or a copy without quotation marks above the header: lines between them would be taken for one."""
    with _opened(file) as source:
        above = [source.readline() for _ in range(header - 1)]
        if not any(b'"' in line for line in above):
            return file
        target = folder() / f"{uuid.uuid4().hex}.csv"
        with target.open("wb") as out:
            out.writelines(line.replace(b'"', b"'") for line in above)
            shutil.copyfileobj(source, out)
    return target


def _is_packed(file: Path) -> bool:
    with file.open("rb") as handle:
        return handle.read(2) == GZIP


def _opened(file: Path) -> IO[bytes]:
    return gzip.open(file) if _is_packed(file) else file.open("rb")  # type: ignore[return-value]


def _text(file: Path) -> io.TextIOWrapper:
    return io.TextIOWrapper(_opened(file), encoding="utf-8-sig", newline="")
