"""Parquet files as a relation of DuckDB."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from crmtheory.errors import SchemaError
from crmtheory.files.sql import FILE, first_line, identifier, literal
from crmtheory.schema import Problem, absent

OURS = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException)


def parquet_types(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    """The names of the columns of a file, with their DuckDB types.

    Raises
    ------
    SchemaError : the file is damaged
    """
    try:
        return {row[0]: row[1] for row in connection.execute(f"describe from {_table([path])}").fetchall()}
    except duckdb.Error as error:
        raise _damaged(f'"{path}"', error) from None


def parquet_relation(
    connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], wanted: Mapping[str, str], into: str
) -> list[Problem]:
    """Make the relation `into` of the wanted columns, and of the column `file` when there are several files.

    Raises
    ------
    SchemaError : a file is damaged, or has a column as another type than the first
    """
    first = parquet_types(connection, paths[0])
    for path in paths[1:]:
        others = parquet_types(connection, path)
        for name in wanted.values():
            if name in first and others.get(name) != first[name]:
                kind = f'has "{name}" as {others[name]}' if name in others else f'has no column "{name}"'
                raise SchemaError(
                    f'"{path}" {kind}, "{paths[0]}" has it as {first[name]}. Files read together must have the same '
                    "columns of the same types."
                )
    chosen = [f"{identifier(name)} as {identifier(role)}" for role, name in wanted.items() if name in first]
    several = [f"{FILE} as file"] if len(paths) > 1 else []
    if chosen:
        connection.execute(
            f"create view {into} as select {', '.join([*chosen, *several])} from {_table(paths)}"
        )
    return absent(wanted, list(first))


@contextmanager
def readable(source: str) -> Iterator[None]:
    """What turns out to be damaged only while it is read is told in our own words."""
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise SchemaError(
            f'{source} needs more memory than there is. Pass a larger one, such as memory="4GB".'
        ) from None
    except OURS:
        raise
    except duckdb.Error as error:
        raise _damaged(source, error) from None


def _damaged(here: str, error: duckdb.Error) -> SchemaError:
    cause = "The usual cause is a damaged file, such as a download that was cut off: get it again."
    if isinstance(error, duckdb.IOException):  # a full disk, for example
        cause = f"{first_line(error).removeprefix('IO Error: ')}."
    return SchemaError(f"{here} cannot be read to its end. {cause}")


def _table(paths: Sequence[Path]) -> str:
    # glob.escape: a file called log[1].parquet is one file, not a pattern.
    names = ", ".join(literal(glob.escape(str(path))) for path in paths)
    return f"read_parquet([{names}], hive_partitioning=false{f', filename={literal(FILE)}' if len(paths) > 1 else ''})"
