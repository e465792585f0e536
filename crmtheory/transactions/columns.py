"""What each column of a log must be: the SQL of its clean value, and the rules that every row keeps.

A rule counts its own offenders and shows the first. Rows are numbered from 1, the first row of data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb

from crmtheory.schema import Problem

WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"}
SHOWN = 40  # characters of an offending value that are shown


@dataclass(frozen=True)
class Rule:
    """Rows where `broken` (SQL) is true break it; `sentence` has the places {rows}, {has} and {first}."""

    broken: str
    sentence: str
    value: str | None = None


@dataclass(frozen=True)
class Column:
    """The SQL of the clean value, its rules, and why the whole column is unusable (None when it is not)."""

    value: str
    rules: tuple[Rule, ...] = ()
    unusable: str | None = None
    converted: str = "false"  # SQL: rows that were moved from one time zone to another


def customer(connection: duckdb.DuckDBPyConnection, kind: str, is_csv: bool) -> Column:
    """Integers stay integers; 13085.0, which comes of missing ids, becomes an integer; the rest is text.

    Text stays text in a DataFrame or a Parquet file. A CSV cannot say what it meant: its ids become integers
    when every one of them is written as an integer (no leading zero, no plus sign), and stay text otherwise.
    """
    missing = missing_customer(kind)
    rule = Rule(
        missing,
        '{rows} {has} no customer id, first: {first}. Pass missing_customer="drop" to leave them out; '
        "the report counts them.",
    )
    if kind in WHOLE:
        return Column("customer::BIGINT", (rule,))
    if kind in {"FLOAT", "DOUBLE"}:
        whole = Rule(
            f"not {missing} and (customer <> trunc(customer) or abs(customer) >= 2^53)",
            "{rows} {has} a customer id that is not a whole number, first: {first}. Give ids as integers or "
            "text.",
            "customer",
        )
        return Column("customer::BIGINT", (rule, whole))
    if kind == "BLOB" or (any(mark in kind for mark in "[(") and not kind.startswith(("DECIMAL", "ENUM"))):
        return Column(
            "", unusable=f"is of type {kind}, which cannot be a customer id. Give text or integers."
        )
    if is_csv or kind in {"UBIGINT", "HUGEINT"}:
        whole_again = "try_cast(customer as bigint)::varchar = customer::varchar"
        found = connection.execute(f"select bool_and(coalesce({whole_again}, {missing})) from raw").fetchall()
        if found[0][0]:
            return Column("try_cast(customer as bigint)", (rule,))
    return Column("customer::VARCHAR", (rule,))


def missing_customer(kind: str) -> str:
    """SQL: this row has no customer id."""
    if kind in {"FLOAT", "DOUBLE"}:
        return "(customer is null or isnan(customer))"
    if kind == "VARCHAR":
        return "(customer is null or trim(customer) = '')"
    return "(customer is null)"


def amount(kind: str) -> Column:
    """Numbers, or text that holds plain numbers with a decimal point. Nothing is repaired."""
    none = (
        "{rows} {has} no amount, first: {first}. Complete or remove them first, or pass amount=None for a "
        "log without spend."
    )
    finite = Rule(
        "isinf({0})",
        "{rows} {has} an amount that is not finite, first: {first}. The usual cause is a division by zero "
        "before the log was written.",
    )
    if kind == "VARCHAR":
        # DuckDB also reads 1_000 as a number; a price list does not write so.
        value = "case when not contains(amount, '_') then try_cast(amount as double) end"
        blank = "(amount is null or trim(amount) = '' or lower(trim(amount)) = 'nan')"
        unreadable = Rule(
            f"not {blank} and {value} is null",
            "{rows} cannot be read as numbers, first: {first}. Write a plain decimal point, no currency sign "
            "and no thousands separator.",
            "amount",
        )
        infinite = Rule(finite.broken.format(value), finite.sentence, "amount")
        return Column(value, (Rule(blank, none), unreadable, infinite))
    if kind in WHOLE or kind in {"FLOAT", "DOUBLE", "UBIGINT", "HUGEINT"} or kind.startswith("DECIMAL"):
        value = "amount::DOUBLE"
        blank = f"(amount is null or isnan({value}))"
        return Column(
            value, (Rule(blank, none), Rule(finite.broken.format(value), finite.sentence, "amount"))
        )
    return Column("", unusable=f"is of type {kind}; numbers were expected.")


def problems(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[tuple[str, Column]], kept: str
) -> Iterator[Problem]:
    """The broken rules of the named columns, each with its number of rows and its first offender.

    `kept` (SQL) leaves out rows that are dropped anyway. A rule on missing customers then finds none.
    """
    rules = [rule for _, column in columns for rule in column.rules]
    counts = [f"count(*) filter ({kept} and ({rule.broken}))" for rule in rules]
    total, *found = connection.execute(f"select {', '.join(['count(*)', *counts])} from raw").fetchall()[0]
    numbers = iter(found)
    for name, column in columns:
        if column.unusable:
            yield name, column.unusable
        for rule in column.rules:
            count = next(numbers)
            if count:
                yield name, _sentence(connection, rule, kept, count, total)


def _sentence(connection: duckdb.DuckDBPyConnection, rule: Rule, kept: str, count: int, total: int) -> str:
    shown = f"({rule.value})::varchar" if rule.value else "''"
    row, value = connection.execute(
        f"select min(row), arg_min({shown}, row) from (select *, row_number() over () as row from raw) "
        f"where {kept} and ({rule.broken})"
    ).fetchall()[0]
    if len(value) > SHOWN:
        value = value[: SHOWN - 1] + "…"
    return rule.sentence.format(
        rows=f"{count:,} of {total:,} rows",
        has="has" if count == 1 else "have",
        first=f'row {row:,} "{value}"' if rule.value else f"row {row:,}",
    )
