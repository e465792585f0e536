"""Text as a relation of DuckDB: its rows, and the lines that are none."""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping

import duckdb

from crmtheory.errors import SchemaError
from crmtheory.files.lines import lines_at, true_line
from crmtheory.files.sql import FILE, first_line, identifier, literal
from crmtheory.files.text import Layout
from crmtheory.schema import Problem, absent

SMALL = 1 << 26  # bytes of text that are copied once, because text is slow to take apart; more is streamed
LONGEST = 16_000_000  # bytes of a line
SWALLOWS = (
    "opens a double quote that is not closed where it should be and swallows the lines after it. Mend it."
)


def relation(
    connection: duckdb.DuckDBPyConnection,
    laid: Layout,
    wanted: Mapping[str, str],
    skip_faulty: bool,
    into: str,
) -> tuple[list[Problem], int]:
    """Make the relation `into` of the wanted columns.

    Also the number of lines that are no rows, which the table `faulty` holds.
    """
    problems = absent(wanted, laid.names)
    chosen = [
        f"c{laid.names.index(name)} as {identifier(role)}"
        for role, name in wanted.items()
        if laid.names.count(name) == 1
    ]
    if not chosen:
        return problems, 0
    several = len(laid.files) > 1
    chosen += [f"{FILE} as file"] if several else []
    names = ", ".join(literal(glob.escape(str(path))) for path in laid.files)
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(laid.names)))
    reader = (
        f"read_csv([{names}], auto_detect=false, header=true, skip={laid.header - 1}, "
        f"delim={literal(laid.delimiter)}, quote='\"', escape='\"', columns={{{columns}}}, "
        f"hive_partitioning=false, compression='{'gzip' if laid.packed else 'none'}', max_line_size={LONGEST}"
        f"{f', filename={literal(FILE)}' if several else ''}"
        f"{', store_rejects=true, rejects_limit=0' if skip_faulty else ''})"
    )
    small = sum(path.stat().st_size for path in laid.files) <= SMALL
    what = "table" if small or skip_faulty or laid.packed else "view"
    try:
        connection.execute(f"create {what} {into} as select {', '.join(chosen)} from {reader}")
        if not small:  # a view has read nothing yet: its faults must be told here
            connection.execute(f"select count(*) from {into}").fetchall()
    except duckdb.Error as error:
        raise _refusal(str(error), laid) from None
    if not skip_faulty:
        return problems, 0
    return problems, _faulty(connection, laid)


def _faulty(connection: duckdb.DuckDBPyConnection, laid: Layout) -> int:
    """Make the table `faulty` of the lines that are no rows: file_path, line, csv_line, fault. How many they are."""
    found = connection.execute(
        "select file_path, line, min(line_byte_position), max(csv_line), max(error_type::varchar) "
        "from reject_errors join reject_scans using (scan_id, file_id) group by all"
    ).fetchall()
    connection.execute(
        "create table faulty (file_path varchar, line bigint, csv_line varchar, fault varchar)"
    )
    for file, given in zip(laid.files, laid.given, strict=True):
        # The engine counts a row with line breaks inside as one line, and bytes from 1.
        here = [(line, (byte or 0) - 1, *rest) for path, line, byte, *rest in found if path == str(file)]
        places = lines_at(file, laid.delimiter, laid.header, [byte for _, byte, *_ in here if byte >= 0])
        for line, byte, text, fault in here:
            true, whole = places.get(byte, (line, text))
            if fault == "UNQUOTED VALUE" and "\n" in whole.replace("\r", "\n"):
                raise SchemaError(f'"{given}" cannot be read as CSV: line {true:,} {SWALLOWS}')
            connection.execute("insert into faulty values ($1, $2, $3, $4)", [str(file), true, whole, fault])
    return len(found)


def _refusal(message: str, laid: Layout) -> SchemaError:
    """What DuckDB found wrong, in one sentence and with the next step."""
    named = re.search(r"^  file = (.*)$", message, re.MULTILINE)
    place = next((i for i, file in enumerate(laid.files) if named and str(file) == named[1]), 0)
    here = f'"{laid.given[place]}" cannot be read as CSV:'
    if laid.packed and "CSV" not in message:
        return SchemaError(f"{here} the compressed file is broken or ends too early. Get it again.")
    line = re.search(r"CSV Error on Line: (\d+)", message)
    where = "one line"
    if line:
        where = f"line {true_line(laid.files[place], laid.delimiter, laid.header, int(line[1])):,}"
    fields = re.search(r"^Expected Number of Columns: (\d+) Found: (\d+)$", message, re.MULTILINE)
    if fields:
        number = "1 field" if fields[2] == "1" else f"{fields[2]} fields"
        return SchemaError(
            f"{here} {where} has {number}, the header {fields[1]}. The usual cause is a separator inside a "
            'value; put such values in double quotes. Or pass unreadable="drop" to set such lines aside.'
        )
    if "\nInvalid unicode" in message:
        return SchemaError(f'{here} {where} is not UTF-8 text. Save the file as "CSV UTF-8".')
    if "\nValue with unterminated quote" in message:
        return SchemaError(
            f"{here} {where} has a double quote that is not closed, or not where the value ends. Mend it, "
            'or pass unreadable="drop" to set such lines aside.'
        )
    if "Maximum line size" in message:
        return SchemaError(
            f"{here} {where} has more than {LONGEST:,} bytes. The usual cause is a double quote that is never closed."
        )
    if "state machine reached an invalid state" in message:
        return SchemaError(
            f"{here} its lines end in several ways. The usual cause is files of several systems that were put "
            "together: save them one by one."
        )
    return SchemaError(f'{here} {first_line(message)}. Save it anew as "CSV UTF-8".')
