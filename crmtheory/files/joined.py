"""A source of several files that belong together: a folder, the files by short names, and one query over them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from crmtheory.errors import SchemaError
from crmtheory.files.opening import Opening, Source, column_names, open_source, types
from crmtheory.files.sql import first_line, identifier
from crmtheory.schema import absent


@dataclass(frozen=True)
class Joined:
    """A folder; its files by the names under which `query` knows them; a query that gives one row per entry."""

    folder: Path
    files: Mapping[str, str]
    query: str


def open_joined(
    connection: duckdb.DuckDBPyConnection, source: Joined, wanted: Mapping[str, str], how: Opening
) -> Source:
    """Make the relation `raw` of the query. Of each file only the columns that the query names are read.

    Raises
    ------
    SchemaError : the folder or a file is not there, or a file has not the columns that the query names
    """
    if not source.folder.is_dir():
        raise SchemaError(
            f'"{source.folder}" is no folder. This export is several files ({", ".join(source.files.values())}): '
            "name the folder they are in."
        )
    how = replace(how, skip_faulty=False)  # a line that is lost here could change the rows of others
    sums = []
    for name, file in source.files.items():
        path = str(source.folder / file)
        used = {column: column for column in column_names(path, how) if column in source.query}
        opened = open_source(connection, path, used, how, into=name)
        sums.append(opened.sha256 or "")
    try:
        columns = [row[0] for row in connection.execute(f"describe {source.query}").fetchall()]
        problems = absent(wanted, columns)
        chosen = ", ".join(
            f"{identifier(name)} as {identifier(role)}" for role, name in wanted.items() if name in columns
        )
        connection.execute(f"create table raw as select {chosen} from ({source.query})")
    except duckdb.Error as error:
        raise SchemaError(
            f'The files in "{source.folder}" do not fit together: {first_line(error)}. Compare their columns with '
            "those of the preset."
        ) from None
    sha256 = hashlib.sha256("".join(sums).encode()).hexdigest()
    kinds = types(connection, f'"{source.folder}"', problems)
    return Source(source.folder.name, sha256, kinds, tuple(problems))
