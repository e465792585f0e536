"""The first rows of a file of data, as text, and what the values of each column look like."""

from __future__ import annotations

import codecs
import csv
import glob
import gzip
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crmtheory.errors import SchemaError
from crmtheory.files.paths import checked, head_of
from crmtheory.study.headings import NEAR, heading, width

ROWS = 5000
BYTES = 4_000_000  # of a CSV file, unpacked
SEPARATORS = (",", ";", "\t")
DAY = re.compile(
    r"(?P<iso>\d{4}([-/.])\d{1,2}\2\d{1,2}|\d{4}年\d{1,2}月\d{1,2}日)"
    r"|(?P<compact>(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01]))"
    r"|(?P<a>\d{1,2})(?P<sign>[-/.])(?P<b>\d{1,2})(?P=sign)(?P<year>\d{4}|\d{2})"
)
TIME = re.compile(
    r"([T ]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?(?P<offset> ?Z| ?[+-]\d\d(:?\d\d)?| ?UTC)?)?"
)
NUMBER = re.compile(r"[-+(]?\s*[£$€¥￥]?\s*[-+]?(\d{1,3}(?:([., '])\d{3})+|\d+)?([.,]\d+)?\s*[£$€¥￥元]?\)?")


@dataclass(frozen=True)
class Column:
    """What the values of a column look like. Shares are of the values that are not blank."""

    name: str
    rows: int
    filled: int
    dates: float
    numbers: float
    whole: float  # numbers without decimals
    distinct: int
    low: float | None
    high: float | None
    values: Mapping[str, int]  # value → rows, of the most frequent
    day_parts: tuple[int, int]  # the largest first and second part of dates such as 3/4/2024
    short_years: bool
    offsets: bool  # some times have an offset from UTC
    decimal_comma: bool
    sign: str  # a sign of money among the values

    @property
    def distinct_share(self) -> float:
        return self.distinct / self.filled if self.filled else 0.0


@dataclass(frozen=True)
class Sample:
    """The first rows of a file."""

    columns: tuple[Column, ...]
    rows: int
    uneven: int  # rows with a wrong number of fields, which are not among `rows`
    encoding: str  # "utf-8", "gb18030", "utf-16" or "utf-32"; "" for Parquet
    header: int = 1  # the line that names the columns


def sample(path: Path) -> Sample:
    """Look at the first rows of a CSV or Parquet file.

    Raises
    ------
    SchemaError : the file is empty, a folder, a workbook, in an unknown encoding, or cannot be taken apart
    """
    if path.is_dir():
        raise SchemaError(f"{path} is a folder. Name the files in it.")
    with path.open("rb") as handle:
        head = handle.read(4)
    if not head:
        raise SchemaError(f"{path} is empty (0 bytes). Export it again.")
    if head.startswith(b"PK\x03\x04") or head == b"\xd0\xcf\x11\xe0":
        raise SchemaError(
            f'{path} is a workbook or an archive. Save its sheet as "CSV UTF-8" and name that file.'
        )
    if head == b"PAR1":
        return _parquet(path)
    return _csv(path, packed=head.startswith(b"\x1f\x8b"))


def _parquet(path: Path) -> Sample:
    import duckdb

    place = glob.escape(str(path)).replace("'", "''")
    try:
        with duckdb.connect() as connection:
            connection.execute("set TimeZone = 'UTC'")  # else times differ from one computer to another
            found = connection.execute(
                f"select columns(*)::varchar from read_parquet('{place}', hive_partitioning=false) limit {ROWS}"
            )
            names = [column[0] for column in found.description or ()]
            rows = found.fetchall()
    except duckdb.Error as error:
        raise SchemaError(f"{path} cannot be read as Parquet: {str(error).splitlines()[0]}") from None
    texts = [["" if value is None else value for value in row] for row in rows]
    return Sample(_columns(names, texts), len(texts), 0, "")


def _csv(path: Path, packed: bool) -> Sample:
    with gzip.open(path) if packed else path.open("rb") as handle:
        try:
            content = handle.read(BYTES + 1)
        except (OSError, EOFError) as error:
            raise SchemaError(f"{path} cannot be unpacked: {error}.") from None
    cut = len(content) > BYTES
    text, encoding = _decoded(path, content, cut)
    if cut:  # the last line is not whole
        text = text[: text.rfind("\n") + 1]
    try:
        tables = {sign: _table(text, sign) for sign in SEPARATORS}
    except csv.Error as error:
        raise SchemaError(f"{path} cannot be read as CSV: {error}.") from None
    table = tables[max(SEPARATORS, key=lambda sign: _fit(tables[sign]))]
    place = heading([row for _, row in table], _is_value)
    header, names = table[place]
    rows = [row for _, row in table[place + 1 : place + 1 + ROWS]]
    even = [row for row in rows if len(row) == len(names)]
    return Sample(_columns(names, even), len(even), len(rows) - len(even), encoding, header)


def _decoded(path: Path, content: bytes, cut: bool) -> tuple[str, str]:
    """The text and its encoding, which is the one that the reader finds."""
    wide = content.startswith(
        (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
    )
    if b"\x00" in content[:4096] and not wide:
        raise SchemaError(f"{path} is neither CSV nor Parquet: it holds bytes that no text has.")
    encoding = checked(path, head_of(path)).encoding
    if encoding is None:
        raise SchemaError(
            f'{path} is neither UTF-8 nor GB18030 text. Save it as "CSV UTF-8" and name that file, or write the '
            "study file by hand and name its `encoding`, such as cp1252 (Western Europe) or big5 (Taiwan)."
        )
    decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)("replace")
    return decoder.decode(
        content, final=not cut
    ), encoding  # the bytes may end within a letter if they were cut


def _table(text: str, separator: str) -> list[tuple[int, list[str]]]:
    """The fields of each line that is not blank, with the number of the line in the file."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows: list[tuple[int, list[str]]] = []
    line = 1
    for row in reader:
        if row:
            rows.append((line, [field.strip() for field in row]))
        line = reader.line_num + 1
        if len(rows) > ROWS + NEAR:
            break
    return rows or [(1, [])]


def _fit(table: Sequence[tuple[int, Sequence[str]]]) -> tuple[float, int]:
    """How well a separator fits: the share of lines with as many fields as most have, and how many these are."""
    rows = [row for _, row in table]
    wide = width(rows)
    return (sum(len(row) == wide for row in rows) / len(rows) if wide > 1 else 0.0, wide)


def _is_value(text: str) -> bool:
    return _day(text) is not None or as_number(text) is not None


def _columns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[Column, ...]:
    return tuple(
        _column(name, [row[place] for row in rows])
        for place, name in enumerate(names)
        if name and list(names).count(name) == 1
    )


def _column(name: str, values: Sequence[str]) -> Column:
    counts = Counter(value for value in values if value.strip())
    filled = sum(counts.values())
    days = {value: match for value in counts if (match := _day(value))}
    numbers = {value: number for value in counts if (number := as_number(value)) is not None}
    offsets = any(_zoned(value, match) for value, match in days.items())
    parts = [(int(match["a"]), int(match["b"])) for match in days.values() if match["a"]]

    def share(found: Mapping[str, object]) -> float:
        return sum(counts[value] for value in found) / filled if filled else 0.0

    return Column(
        name=name,
        rows=len(values),
        filled=filled,
        dates=share(days),
        numbers=share(numbers),
        whole=share({value: 0 for value, number in numbers.items() if number == int(number)}),
        distinct=len(counts),
        low=min(numbers.values(), default=None),
        high=max(numbers.values(), default=None),
        values=dict(counts.most_common(200)),
        day_parts=(max((a for a, _ in parts), default=0), max((b for _, b in parts), default=0)),
        short_years=any(match["year"] and len(match["year"]) == 2 for match in days.values()),
        offsets=offsets,
        decimal_comma=any(re.search(r",\d{1,2}\D*$", value) for value in numbers)
        and not any(re.search(r"\.\d{1,2}\D*$", value) for value in numbers),
        sign=next((sign for value in numbers for sign in "£$€¥￥元" if sign in value), ""),
    )


def _day(value: str) -> re.Match[str] | None:
    match = DAY.match(value)
    if match is None or not TIME.fullmatch(value[match.end() :].rstrip()):
        return None
    return match


def _zoned(value: str, day: re.Match[str]) -> bool:
    time = TIME.fullmatch(value[day.end() :].rstrip())
    return time is not None and bool(time["offset"])


def as_number(value: str) -> float | None:
    """The number a text stands for, or None. The last of "," and "." that is followed by one or two digits, or
    by any number if there is only one, is the decimal sign.

    >>> as_number("£1,234.50"), as_number("1.234,5"), as_number("(20)"), as_number("A12")
    (1234.5, 1234.5, -20.0, None)
    """
    match = NUMBER.fullmatch(value.strip())
    if match is None or not (match[1] or match[3]):
        return None
    whole = re.sub(r"\D", "", match[1] or "0")
    number = float(f"{whole}.{(match[3] or '.0')[1:]}")
    return -number if re.match(r"\s*[-(]|[£$€¥￥]\s*-", value) else number
