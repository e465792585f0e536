"""Where a log comes from: a CSV or Parquet file, or a DataFrame. It becomes one DuckDB relation, `raw`.

The columns of `raw` are named by their role (customer, date, amount) and its rows stand in the order of the
source. Nothing has been converted: a CSV is read as text, so that 00123 stays 00123.
"""

from __future__ import annotations

import csv
import glob
import gzip
import hashlib
import os
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pyarrow as pa

from crmtheory.errors import SchemaError
from crmtheory.schema import Problem, absent

DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True)
class Source:
    """What was opened. `kinds` gives the DuckDB type of each column found, by role."""

    name: str
    sha256: str | None
    is_csv: bool
    kinds: Mapping[str, str]
    problems: tuple[Problem, ...]


def open_source(connection: duckdb.DuckDBPyConnection, source: Any, wanted: Mapping[str, str]) -> Source:
    """Make the relation `raw` of a path or a DataFrame. Absent columns become problems, not errors."""
    if isinstance(source, str | os.PathLike):
        return _file(connection, Path(source), wanted)
    return _frame(connection, source, wanted)


def literal(text: str) -> str:
    """`text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def _file(connection: duckdb.DuckDBPyConnection, path: Path, wanted: Mapping[str, str]) -> Source:
    here = f'"{path}"'
    if path.is_dir():
        raise SchemaError(f"{here} is a folder ({path.absolute()}). Name one CSV or Parquet file in it.")
    if not path.is_file():
        raise SchemaError(
            f"There is no file {here}: looked for {path.absolute()}. "
            "Check the spelling, or give the full path."
        )
    with path.open("rb") as handle:
        head = handle.read(4096)
        handle.seek(0)
        sha256 = hashlib.file_digest(handle, "sha256").hexdigest()
    if not head:
        raise SchemaError(f"{here} is empty (0 bytes). Export the log again.")
    is_parquet = head.startswith(b"PAR1")
    if path.suffix.lower() in {".parquet", ".pq"} and not is_parquet:
        raise SchemaError(f"{here} cannot be read as Parquet: it does not begin as a Parquet file does.")
    if is_parquet:
        problems = _parquet(connection, path, wanted)
    else:
        problems = _csv(connection, path, wanted, packed=head.startswith(b"\x1f\x8b"), head=head)
    kinds = _kinds(connection, here, problems)
    return Source(path.name, sha256, not is_parquet, kinds, tuple(problems))


def _parquet(connection: duckdb.DuckDBPyConnection, path: Path, wanted: Mapping[str, str]) -> list[Problem]:
    # glob.escape: a file called log[1].parquet is one file, not a pattern.
    table = f"read_parquet({literal(glob.escape(str(path)))}, hive_partitioning=false)"
    try:
        columns = [row[0] for row in connection.execute(f"describe select * from {table}").fetchall()]
    except duckdb.Error as error:
        raise SchemaError(f'"{path}" cannot be read as Parquet: {_first_line(error)}.') from None
    problems = absent(wanted, columns)
    chosen = [
        f'"{name.replace(chr(34), chr(34) * 2)}" as {role}'
        for role, name in wanted.items()
        if columns.count(name) == 1
    ]
    if chosen:
        connection.execute(f"create view raw as select {', '.join(chosen)} from {table}")
    return problems


def _csv(
    connection: duckdb.DuckDBPyConnection, path: Path, wanted: Mapping[str, str], packed: bool, head: bytes
) -> list[Problem]:
    if not packed and (b"\x00" in head or head.startswith(b"PK\x03\x04")):
        raise SchemaError(
            f'"{path}" cannot be read as CSV or Parquet: it is not UTF-8 text. Save it as "CSV UTF-8".'
        )
    header, delimiter = _header(path, packed, wanted)
    problems = absent(wanted, header)
    chosen = [f"c{header.index(name)} as {role}" for role, name in wanted.items() if header.count(name) == 1]
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(header)))
    reader = (
        f"read_csv({literal(glob.escape(str(path)))}, auto_detect=false, header=true, "
        f"delim={literal(delimiter)}, quote='\"', escape='\"', columns={{{columns}}}, "
        f"hive_partitioning=false, compression='{'gzip' if packed else 'none'}')"
    )
    if chosen:
        try:
            # Copied once (DuckDB moves it to disk when memory is short), because text is slow to take apart.
            connection.execute(f"create table raw as select {', '.join(chosen)} from {reader}")
        except duckdb.Error as error:
            raise SchemaError(f'"{path}" cannot be read as CSV: {_csv_fault(str(error))}') from None
    return problems


def _header(path: Path, packed: bool, wanted: Mapping[str, str]) -> tuple[list[str], str]:
    """The names in the first line, and the separator under which most of the wanted names appear."""

    def names(delimiter: str) -> list[str]:
        with (
            gzip.open(path, "rt", encoding="utf-8-sig", newline="")
            if packed
            else path.open(encoding="utf-8-sig", newline="") as lines
        ):
            return [name.strip() for name in next(csv.reader(lines, delimiter=delimiter), [])]

    try:
        found = {delimiter: names(delimiter) for delimiter in DELIMITERS}
    except UnicodeDecodeError:
        raise SchemaError(
            f'"{path}" cannot be read as CSV: it is not UTF-8 text. Save it as "CSV UTF-8".'
        ) from None
    except (csv.Error, OSError, EOFError, zlib.error) as error:
        raise SchemaError(f'"{path}" cannot be read as CSV: {_first_line(error)}.') from None
    best = max(DELIMITERS, key=lambda d: (len(set(wanted.values()) & set(found[d])), len(found[d])))
    if not any(found[best]):
        raise SchemaError(
            f'"{path}" cannot be read as CSV: its first line, which should name the columns, is blank.'
        )
    return found[best], best


def _csv_fault(message: str) -> str:
    """What DuckDB found wrong, in one sentence and with the next step."""
    line = re.search(r"CSV Error on Line: (\d+)", message)
    where = f"line {int(line[1]):,}" if line else "one line"
    fields = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message)
    if "utf-8" in message.lower():
        return f'{where} is not UTF-8 text. Save the file as "CSV UTF-8".'
    if "unterminated quote" in message:
        return f"{where} opens a double quote that is never closed."
    if fields:
        return (
            f"{where} has {fields[2]} fields, the header {fields[1]}. The usual cause is a separator "
            "inside a value; put such values in double quotes."
        )
    return f"{_first_line(message)}."


def _frame(connection: duckdb.DuckDBPyConnection, source: Any, wanted: Mapping[str, str]) -> Source:
    try:
        frame = nw.from_native(source)
    except TypeError:
        raise SchemaError(
            "A log is the path of a CSV or Parquet file, or a DataFrame (pandas, Polars, pyarrow), "
            f"not {type(source).__name__}."
        ) from None
    except nw.exceptions.DuplicateError:
        names = [str(name) for name in getattr(source, "columns", [])]
        frame, problems = None, absent(wanted, names)
        twice = sorted({name for name in names if names.count(name) > 1})
        problems = problems or [
            (twice[0], "Several columns have this name. Rename them so that only one has it.")
        ]
        return Source("DataFrame", None, False, {}, tuple(problems))
    columns = list(frame.collect_schema().names())
    problems = absent(wanted, columns)
    present = {role: name for role, name in wanted.items() if columns.count(name) == 1}
    chosen = frame.select(*dict.fromkeys(present.values()))
    table = chosen.collect(backend="pyarrow") if isinstance(chosen, nw.LazyFrame) else chosen
    arrays = {}
    for role, name in present.items():
        try:
            array = table.get_column(name).to_arrow()
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            kinds = sorted({type(value).__name__ for value in table.get_column(name).to_list()})
            problems.append(
                (name, f"mixes kinds of values ({', '.join(kinds)}). Convert the column to one kind.")
            )
            continue
        if pa.types.is_dictionary(array.type):
            array = array.cast(array.type.value_type)
        if pa.types.is_null(array.type):
            array = array.cast(pa.string())
        if isinstance(array.type, pa.ExtensionType) or pa.types.is_float16(array.type):
            problems.append(
                (name, f"is of type {array.type}, which cannot be read. Convert it to numbers or text.")
            )
            continue
        arrays[role] = array
    if arrays:
        connection.register("raw", pa.table(arrays))
    return Source("DataFrame", None, False, _kinds(connection, "The DataFrame", problems), tuple(problems))


def _kinds(connection: duckdb.DuckDBPyConnection, here: str, problems: Sequence[Problem]) -> dict[str, str]:
    """The type of each column of `raw`; an error when it has no rows."""
    try:
        described = connection.execute("describe raw").fetchall()
    except duckdb.CatalogException:  # none of the wanted columns is there
        return {}
    if not problems and not connection.execute("select 1 from raw limit 1").fetchall():
        raise SchemaError(f"{here} names its columns but has no rows.")
    return {row[0]: row[1] for row in described}


def _first_line(error: object) -> str:
    return str(error).strip().splitlines()[0].rstrip(".")
