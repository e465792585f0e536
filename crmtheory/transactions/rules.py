"""Rules that every row keeps, and the sentence about the rows that do not. Rows are numbered from 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from crmtheory.files import Source, literal
from crmtheory.schema import Problem

WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
NULL = '"NULL"'  # DuckDB's name for the type of a column without any value
MISSING = "no customer id"  # the reason that has a policy of its own
SHOWN = 40  # characters of an offending value that are shown
# What programs write where there is no value. As they write it: a customer may be called Null.
NOTHING = (
    "",
    "NULL",
    "null",
    "None",
    "none",
    "NaN",
    "nan",
    "NAN",
    "N/A",
    "n/a",
    "#N/A",
    "<NA>",
    "NaT",
    "(null)",
    "\\N",
)


@dataclass(frozen=True)
class Rule:
    """Rows where `broken` (SQL over `entries`) is true break it.

    `sentence` has the places {rows}, {has} and {first}; `value` is the SQL of the offending value; `reason` is what
    rejected.csv says of such a row; rules without a reason are about the whole column and no row can be set aside.
    """

    broken: str
    sentence: str
    value: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Column:
    """The SQL of the clean value (missing where it cannot be read), its rules, and why the whole column is unusable."""

    value: str
    rules: tuple[Rule, ...] = ()
    unusable: str | None = None
    converted: str = "false"  # SQL: rows that were moved from one time zone to another


def blank(text: str) -> str:
    """SQL: there is no value in this text (an SQL expression)."""
    words = ", ".join(literal(word) for word in NOTHING)
    return f"({text} is null or trim({text}, ' \t\u3000\u00a0') in ({words}))"


def numbered(several: bool) -> str:
    """SQL of `entries` with the number of each row in its file, `row`, and in all files, `place`."""
    within = "place - min(place) over (partition by file) + 1" if several else "place"
    file = "" if several else ", null::varchar as file"
    return f"(select *, {within} as row from (select *{file}, row_number() over () as place from entries))"


def problems(
    connection: duckdb.DuckDBPyConnection,
    columns: Sequence[tuple[str, Sequence[Rule]]],
    kept: str,
    source: Source,
) -> list[tuple[Problem, Rule]]:
    """The broken rules of the named columns, each with its number of rows and its first offender.

    `kept` (SQL) leaves out rows that are set aside anyway; `source` knows on which line a row stands.
    """
    rules = [(name, rule) for name, several in columns for rule in several]
    if not rules:
        return []
    counts = [f"count(*) filter ({kept} and ({rule.broken}))" for _, rule in rules]
    total, *found = connection.execute(f"select {', '.join(['count(*)', *counts])} from entries").fetchall()[
        0
    ]
    return [
        ((name, _sentence(connection, rule, kept, number, total, source)), rule)
        for (name, rule), number in zip(rules, found, strict=True)
        if number
    ]


def _sentence(
    connection: duckdb.DuckDBPyConnection, rule: Rule, kept: str, count: int, total: int, source: Source
) -> str:
    shown = f"({rule.value})::varchar" if rule.value else "''"
    file, row, value = connection.execute(
        f"select arg_min(file, place), arg_min(row, place), arg_min({shown}, place) "
        f"from {numbered('file' in source.kinds)} where {kept} and ({rule.broken})"
    ).fetchall()[0]
    if len(value) > SHOWN:
        value = value[: SHOWN - 1] + "…"
    where = source.place(file, row)
    return rule.sentence.format(
        rows=f"{count:,} of {total:,} rows",
        has="has" if count == 1 else "have",
        first=f'{where} "{value}"' if rule.value else where,
    )
