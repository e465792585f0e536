"""On which line of a text file a row stands: not its number plus one when values hold line breaks."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Container, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from crmtheory.files.paths import GZIP

MARK = "\xef\xbb\xbf"  # of UTF-8, as latin-1
FIRST = re.compile(f'(?:{MARK})? *"')
CLOSING = re.compile('[^"]*(?:""[^"]*)*"(?!")')
LOOKED_AT = 1 << 20  # bytes that show how lines end


class Record(NamedTuple):
    """A row as it stands in a file, or a line that is none: its line, its first byte, its text as latin-1."""

    line: int
    start: int
    text: str


def line_numbers(
    path: Path, delimiter: str, header: int, rows: Iterable[int], faulty: Container[int] = ()
) -> dict[int, int]:
    """The lines of some rows of a CSV file, which is read up to the last of them.

    Parameters
    ----------
    path : the file, also compressed by gzip
    delimiter : its separator
    header : the line that names the columns
    rows : numbers of rows, from 1
    faulty : lines on which something begins that is no row

    Returns
    -------
    dict : row → line, both from 1
    """
    wanted = set(rows)
    last = max(wanted, default=0)
    found: dict[int, int] = {}
    row = 0
    for record in _rows(path, delimiter, header) if wanted else ():
        if record.line in faulty:
            continue
        row += 1
        if row in wanted:
            found[row] = record.line
        if row >= last:
            break
    return found


def lines_at(path: Path, delimiter: str, header: int, positions: Iterable[int]) -> dict[int, tuple[int, str]]:
    """The first line and the text of the records (rows, or what is none) that hold some bytes.

    Parameters
    ----------
    positions : numbers of bytes, from 0; one that ends a line belongs to what comes after it

    Returns
    -------
    dict : position → line (from 1) and text
    """
    waiting = sorted(set(positions), reverse=True)
    found: dict[int, tuple[int, str]] = {}
    for record in _rows(path, delimiter, header) if waiting else ():
        while waiting and waiting[-1] < record.start + len(record.text.rstrip("\r\n")):
            text = record.text.encode("latin-1").decode("utf-8", "replace")
            found[waiting.pop()] = (record.line, text.rstrip("\r\n"))
        if not waiting:
            break
    return found


def true_line(path: Path, delimiter: str, header: int, counted: int) -> int:
    """The line of a file when only rows and blank lines were counted, not the line breaks inside values."""
    for number, record in enumerate(_records(path, delimiter, header), header):
        if number == counted:
            return record.line
    return counted


def _rows(path: Path, delimiter: str, header: int) -> Iterator[Record]:
    """What stands under the header, without blank lines."""
    return (one for one in islice(_records(path, delimiter, header), 1, None) if one.text.strip("\r\n"))


def _records(path: Path, delimiter: str, header: int) -> Iterator[Record]:
    """The header and what stands under it."""
    opening = re.compile(f'{re.escape(delimiter)} *"')
    parts: list[str] = []
    first = start = end = 0
    for number, line in enumerate(_lines(path), 1):
        begins, end = end, end + len(line)
        if number < header:
            continue
        if not parts:
            first, start = number, begins
        inside = ('"' in line or bool(parts)) and _stays_open(line, bool(parts), opening)
        parts.append(line)
        if not inside:
            yield Record(first, start, "".join(parts))
            parts = []
    if parts:  # a value that is never closed
        yield Record(first, start, "".join(parts))


def _stays_open(line: str, inside: bool, opening: re.Pattern[str]) -> bool:
    """Whether a value in quotes goes on in the next line. Only a quote at the beginning of a field opens one."""
    place = 0
    if not inside:
        begins = FIRST.match(line)
        inside, place = begins is not None, begins.end() if begins else 0
    while match := (CLOSING.match(line, place) if inside else opening.search(line, place)):
        inside, place = not inside, match.end()
    return inside


def _lines(path: Path) -> Iterator[str]:
    """The lines as latin-1, one character for each byte, with what ends them."""
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
    with gzip.open(path) if packed else path.open("rb") as handle:
        sample = handle.read(LOOKED_AT)
        handle.seek(0)
        ends = "\r" if b"\r" in sample and b"\n" not in sample else "\n"
        yield from io.TextIOWrapper(handle, encoding="latin-1", newline=ends)
