"""Open a source: find the files, say what is wrong with them, and make the relation `raw`."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
import uuid
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import narwhals as nw
import pyarrow as pa

from crmtheory.errors import SchemaError
from crmtheory.files import encoding as encodings
from crmtheory.files.lines import line_numbers
from crmtheory.files.parquet import parquet_relation, parquet_types, readable
from crmtheory.files.paths import GZIP, PARQUET, checked, found, head_of
from crmtheory.files.rows import relation
from crmtheory.files.text import Layout, layout
from crmtheory.schema import Problem, absent

KINDS = "a CSV or Parquet file, or a DataFrame (pandas, Polars, pyarrow)"


@dataclass(frozen=True)
class Opening:
    """How a file is to be read. None for the encoding: found from its bytes.

    `header` is the line that names the columns; `skip_faulty` sets lines with a wrong number of fields aside.
    """

    encoding: str | None = None
    header: int = 1
    skip_faulty: bool = False


@dataclass(frozen=True)
class Source:
    """What was opened.

    `kinds` gives the DuckDB type of each column found, by role; `layout` how the text is laid out (None unless CSV);
    `files` what was read, as UTF-8; `faulty` how many lines were no rows (they are in the table `faulty`).
    """

    name: str
    sha256: str | None
    kinds: Mapping[str, str]
    problems: tuple[Problem, ...]
    files: tuple[Path, ...] = ()
    layout: Layout | None = None
    encoding: str | None = None
    faulty: int = 0

    def place(self, file: str | None, row: int) -> str:
        """Where a row stands, in words: the line of a text file, or its number; and the file when there are several."""
        laid, of = self.layout, f' of "{Path(file).name}"' if file else ""
        if laid is None:
            return f"row {row:,}{of}"
        number = 0 if file is None else [str(one) for one in laid.files].index(file)
        of = f' of "{laid.given[number].name}"' if file else ""
        lines = line_numbers(laid.files[number], laid.delimiter, laid.header, [row])
        # With lines set aside for their number of fields the rows are counted without these.
        return f"line {lines[row]:,}{of}" if row in lines and not self.faulty else f"row {row:,}{of}"


def connect(memory: str | None = None) -> duckdb.DuckDBPyConnection:
    """An engine of its own, in memory; what does not fit goes to the folder for temporary files.

    Raises
    ------
    SchemaError : `memory` is no amount of memory such as "3GB"
    """
    # DuckDB makes this folder when it needs it; by default it would be in the working folder.
    spill = Path(tempfile.gettempdir()) / f"crmtheory-{uuid.uuid4().hex}"
    settings: dict[str, Any] = {"temp_directory": str(spill)} | (
        {} if memory is None else {"memory_limit": memory}
    )
    if memory is not None and not re.fullmatch(r"\d+(\.\d+)? ?[KMGT]i?B", str(memory), re.IGNORECASE):
        raise SchemaError(f'memory must be an amount such as "3GB" or "500MB", not {memory!r}.')
    return duckdb.connect(":memory:", config=settings)


def scratch(connection: duckdb.DuckDBPyConnection) -> Path:
    """A folder for files that are needed while `connection` is read; it goes away with the connection."""
    found = connection.execute("select current_setting('temp_directory')").fetchall()[0][0]
    if not Path(found).is_dir():
        Path(found).mkdir(mode=0o700)
        weakref.finalize(connection, shutil.rmtree, found, ignore_errors=True)
    return Path(found)


def open_source(
    connection: duckdb.DuckDBPyConnection,
    source: Any,
    wanted: Mapping[str, str],
    how: Opening | None = None,
    into: str = "raw",
) -> Source:
    """Make the relation `raw` of a path or a DataFrame. Absent columns become problems, not errors.

    Parameters
    ----------
    connection : from `connect`
    source : path of a CSV or Parquet file, a pattern of several ("sales-*.csv"), or a DataFrame
    wanted : role → name of the column in the source
    how : encoding and layout of text
    into : another name for the relation

    Raises
    ------
    SchemaError : there is nothing that can be read; one sentence with the next step
    """
    if isinstance(source, str | os.PathLike):
        return _files(connection, os.fspath(source), wanted, how or Opening(), into)
    return _frame(connection, source, wanted, into)


def column_names(source: Any, how: Opening | None = None) -> list[str]:
    """The names of the columns of a source as `open_source` takes it.

    >>> column_names(pa.table({"client": [1], "day": [2]}))
    ['client', 'day']
    """
    if not isinstance(source, str | os.PathLike):
        return [str(name) for name in nw.from_native(source).collect_schema().names()]
    paths = found(os.fspath(source))[:1]
    head = head_of(paths[0])
    with connect() as connection:
        if head.startswith(PARQUET):
            return list(parquet_types(connection, paths[0]))
        how = how or Opening()
        used = _encoding(checked(paths[0], head), how)
        return list(layout(paths, [head], [used], {}, how.header, lambda: scratch(connection)).names)


def _files(
    connection: duckdb.DuckDBPyConnection, name: str, wanted: Mapping[str, str], how: Opening, into: str
) -> Source:
    paths = found(name)
    heads = [head_of(path) for path in paths]
    for mark in (PARQUET, GZIP):
        if len({head.startswith(mark) for head in heads}) > 1:
            raise SchemaError(f'"{name}" holds files of several kinds. Read one kind at a time.')
    parquet = heads[0].startswith(PARQUET)
    states = [checked(path, head) for path, head in zip(paths, heads, strict=True)]
    sha256 = states[0].sha256
    if len(paths) > 1:
        sha256 = hashlib.sha256("".join(one.sha256 for one in states).encode()).hexdigest()
    label = paths[0].name if len(paths) == 1 else f"{len(paths)} files {Path(name).name}"
    here = f'"{name}"'
    if parquet:
        problems = parquet_relation(connection, paths, wanted, into)
        with readable(here):
            kinds = types(connection, here, problems, into)
        return Source(label, sha256, kinds, tuple(problems), tuple(paths))
    used = [_encoding(one, how) for one in states]
    laid = layout(paths, heads, used, wanted, how.header, lambda: scratch(connection))
    problems, faulty = relation(connection, laid, wanted, how.skip_faulty, into)
    kinds = types(connection, here, problems, into, faulty)
    return Source(
        label,
        sha256,
        kinds,
        tuple(problems),
        laid.files,
        laid,
        " and ".join(sorted({str(one) for one in used})),
        faulty,
    )


def _encoding(state: encodings.Checked, how: Opening) -> str | None:
    return state.encoding if how.encoding is None else encodings.known(how.encoding)


def _frame(
    connection: duckdb.DuckDBPyConnection, source: Any, wanted: Mapping[str, str], into: str
) -> Source:
    try:
        frame = nw.from_native(source)
    except TypeError:
        raise SchemaError(f"Data are the path of {KINDS}, not {type(source).__name__}.") from None
    except nw.exceptions.DuplicateError:
        names = [str(name) for name in getattr(source, "columns", [])]
        frame, problems = None, absent(wanted, names)
        twice = sorted({name for name in names if names.count(name) > 1})
        problems = problems or [
            (twice[0], "Several columns have this name. Rename them so that only one has it.")
        ]
        return Source("DataFrame", None, {}, tuple(problems))
    columns = list(frame.collect_schema().names())
    problems = absent(wanted, columns)
    present = {role: name for role, name in wanted.items() if columns.count(name) == 1}
    chosen = frame.select(*dict.fromkeys(present.values()))
    table = chosen.collect(backend="pyarrow") if isinstance(chosen, nw.LazyFrame) else chosen
    arrays = {}
    for role, name in present.items():
        array = _array(table, name, problems)
        if array is not None:
            arrays[role] = array
    if arrays:
        connection.register(into, pa.table(arrays))
    return Source("DataFrame", None, types(connection, "The DataFrame", problems, into), tuple(problems))


def _array(table: Any, name: str, problems: list[Problem]) -> Any:
    """A column as Arrow; None, and a problem more, when it is of no kind that can be read."""
    try:
        array = table.get_column(name).to_arrow()
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        kinds = sorted({type(value).__name__ for value in table.get_column(name).to_list()})
        problems.append(
            (name, f"mixes kinds of values ({', '.join(kinds)}). Convert the column to one kind.")
        )
        return None
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    if pa.types.is_decimal256(array.type):  # wider than DuckDB knows
        array = array.cast(pa.float64())
    if pa.types.is_null(array.type):
        array = array.cast(pa.string())
    if isinstance(array.type, pa.ExtensionType) or pa.types.is_float16(array.type):
        problems.append(
            (name, f"is of type {array.type}, which cannot be read. Convert it to numbers or text.")
        )
        return None
    return array


def types(
    connection: duckdb.DuckDBPyConnection,
    here: str,
    problems: Sequence[Problem],
    into: str = "raw",
    faulty: int = 0,
) -> dict[str, str]:
    """The type of each column of a relation; an error when it has no rows."""
    with suppress(duckdb.CatalogException):  # none of the wanted columns is there
        described = connection.execute(f"describe {into}").fetchall()
        if not problems and not connection.execute(f"select 1 from {into} limit 1").fetchall():
            lost = f" All {faulty:,} lines under it have another number of fields." if faulty else ""
            raise SchemaError(f"{here} names its columns but has no rows.{lost}")
        return {row[0]: row[1] for row in described}
    return {}
