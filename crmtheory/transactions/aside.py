"""Rows that are set aside: which and why, on which line of the file, and what stands in them. Nothing is lost.

Every row of the source is either used or stands here with the first reason that applies to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from crmtheory.errors import SchemaError
from crmtheory.files import Source, identifier, line_numbers, literal
from crmtheory.transactions.rules import numbered

REFUND = "refund"
OWN = ("file", "line", "row", "reason")  # the columns of rejected.csv that are not of the source
NO_ROW = "line that is no row"
FAULTS = {
    "TOO MANY COLUMNS": "more fields than the header",
    "MISSING COLUMNS": "fewer fields than the header",
    "UNQUOTED VALUE": "quotation mark inside a value",
    "INVALID ENCODING": "not UTF-8 text",
    "LINE SIZE OVER MAXIMUM": "line too long",
}


@dataclass(frozen=True)
class Aside:
    """Rows of `entries` where `broken` (SQL) is true are set aside for this reason."""

    reason: str
    broken: str


def where_filters(where: Mapping[str, Sequence[Any]] | None) -> tuple[dict[str, str], list[Aside]]:
    """The roles under which the columns of `where` are read, and the rows that it sets aside."""
    roles, asides = {}, []
    for number, (column, values) in enumerate((where or {}).items()):
        role = f"where_{number}"
        roles[role] = column
        shown = " or ".join("" if value is None else str(value) for value in values)
        accepted = " or ".join(_is(role, value) for value in values)
        asides.append(Aside(f"{column} is not {shown or 'empty'}", f"not coalesce({accepted}, false)"))
    return roles, asides


def _is(role: str, value: Any) -> str:
    """SQL: the column has this value. Numbers are compared as numbers, so that 10 is 10.0."""
    plain = f"coalesce(trim({role}::varchar), '')"
    if value is None:
        return f"{plain} = ''"
    if isinstance(value, bool):
        return f"lower({plain}) = '{str(value).lower()}'"
    if not isinstance(value, int | float):
        return f"{plain} = {literal(str(value).strip())}"
    # Ids of more than 15 digits are not told apart as doubles, and DuckDB reads 1_0 as a number.
    whole = f"try_cast({plain} as hugeint) = {int(value)}" if value == int(value) else "false"
    decimal = f"not contains({plain}, '_') and try_cast({plain} as double) = {float(value)!r}"
    return f"coalesce(case when regexp_full_match({plain}, '[-+]?[0-9]+') then {whole} else {decimal} end, false)"


def keep_aside(
    connection: duckdb.DuckDBPyConnection,
    asides: Sequence[Aside],
    wanted: Mapping[str, str],
    clear: tuple[str, str],
    several: bool,
) -> None:
    """Make the table `aside` of the rows of `entries` that are set aside: number of row, reason, values as text.

    `clear` is the SQL of the clean customer, for its hash, and of the clean amount, for refunds that are left out.
    """
    reason = " ".join(f"when {one.broken} then {literal(one.reason)}" for one in asides)
    values = ", ".join(f"{role}::varchar as {identifier(role)}" for role in wanted)
    connection.execute(
        f"create table aside as select row, file, case {reason} end as reason, "
        f"{clear[0]} as known, {clear[1]} as worth, {values} "
        f"from {numbered(several)} where {any_of(asides)} order by place"
    )


def any_of(asides: Sequence[Aside]) -> str:
    """SQL: this row is set aside."""
    return " or ".join(f"coalesce({one.broken}, false)" for one in asides) or "false"


def by_reason(connection: duckdb.DuckDBPyConnection, opened: Source) -> tuple[tuple[str, int], ...]:
    """How many rows were set aside for each reason, most first."""
    counts = dict(connection.execute("select reason, count(*) from aside group by reason").fetchall())
    if opened.faulty:
        for fault, number in connection.execute(
            "select fault, count(*) from faulty group by fault"
        ).fetchall():
            counts[_fault(fault)] = number
    return most_first(counts)


def most_first(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Reasons and their rows, most rows first.

    >>> most_first({"no date": 1, "refund": 3})
    (('refund', 3), ('no date', 1))
    """
    return tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def nothing_left(set_aside: Sequence[tuple[str, int]]) -> SchemaError:
    """The error for a source of which every row was set aside."""
    reasons = ", ".join(f"{reason} ({number:,})" for reason, number in set_aside) or "none"
    total = sum(number for _, number in set_aside)
    return SchemaError(f"No row is left of {total:,}. Set aside: {reasons}.")


def refunded(connection: duckdb.DuckDBPyConnection) -> float:
    """The money of the refunds that were set aside, negative."""
    found = connection.execute(f"select coalesce(fsum(worth), 0) from aside where reason = '{REFUND}'")
    return float(found.fetchall()[0][0])


def table(connection: duckdb.DuckDBPyConnection, opened: Source, wanted: Mapping[str, str]) -> pd.DataFrame:
    """The rows set aside, as rejected.csv has them.

    Returns
    -------
    frame
        file (when there are several), line (of a CSV) or row (from 1), reason, and the columns that were read,
        under their own names, as they stand in the source
    """
    frame = connection.execute("select * exclude (known, worth) from aside").df().astype({"row": "Int64"})
    laid = opened.layout
    if laid is not None:
        frame["file"] = frame["file"].fillna(str(laid.files[0]))
        none = _faulty_lines(connection) if opened.faulty else {}
        given_as = {str(file): given.name for file, given in zip(laid.files, laid.given, strict=True)}
        for file, rows in frame.groupby("file")["row"]:
            path = laid.files[list(given_as).index(file)]
            lines: dict[int, int] = {}
            with suppress(OSError):  # the file has gone since it was read: its lines are not known
                lines = line_numbers(path, laid.delimiter, laid.header, rows, none.get(file, ()))
            frame.loc[rows.index, "row"] = pd.array([lines.get(row) for row in rows], "Int64")
        if opened.faulty:
            frame = pd.concat([frame, _faulty(connection, next(iter(wanted)))], ignore_index=True)
        frame["file"] = frame["file"].map(lambda file: given_as.get(file, file))
    frame["row"] = frame["row"].astype("Int64")
    frame = frame.sort_values(["file", "row"], kind="stable", ignore_index=True)
    names = list(wanted.values())
    twice = {name for name in names if names.count(name) > 1}
    names_of = {
        role: f"{name} ({role})" if name in twice or name in OWN else name for role, name in wanted.items()
    }
    frame = frame.rename(columns={"row": "row" if laid is None else "line", **names_of})
    if len(opened.files) < 2:
        return frame.drop(columns="file")
    return frame.assign(file=[Path(file).name for file in frame["file"]])


def hide(connection: duckdb.DuckDBPyConnection, hashed: str, faulty: bool) -> None:
    """Replace the ids of rows set aside by the hash of `known` (SQL); lines that are no rows lose their text.

    An id that could not be read is hidden as well.
    """
    hashed = f"case when known is null then '(hidden)' else {hashed} end"
    connection.execute(f"update aside set customer = {hashed} where trim(customer) <> ''")
    if faulty:
        connection.execute("update faulty set csv_line = '(hidden)'")


def _faulty_lines(connection: duckdb.DuckDBPyConnection) -> dict[str, set[int]]:
    """The lines of each file on which something begins that is no row."""
    found = connection.execute("select file_path, list(line) from faulty group by file_path").fetchall()
    return {file: set(lines) for file, lines in found}


def _faulty(connection: duckdb.DuckDBPyConnection, role: str) -> pd.DataFrame:
    """Lines that are no rows; the text of the line stands in the first column."""
    found = connection.execute(
        f"select file_path as file, line as row, fault as reason, csv_line as {role} from faulty"
    )
    frame = found.df()
    return frame.assign(reason=frame["reason"].map(_fault), **{role: frame[role].str.rstrip("\r\n")})


def _fault(name: str) -> str:
    return FAULTS.get(name, f"{NO_ROW} ({name.lower()})")
