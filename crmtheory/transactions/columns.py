"""What the columns of a log must be: the SQL of their clean values, and the rules that every row keeps."""

from __future__ import annotations

import duckdb

from crmtheory.transactions.amounts import INFINITE, NO_AMOUNT, text_amount
from crmtheory.transactions.rules import MISSING, NULL, WHOLE, Column, Rule, blank

LONGEST = 200  # characters of an id


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
        reason=MISSING,
    )
    if kind in WHOLE:
        return Column("customer::BIGINT", (rule,))
    if kind in {"FLOAT", "DOUBLE"}:
        fits = "customer = trunc(customer) and abs(customer) < 2^53"
        whole = Rule(
            f"not {missing} and not ({fits})",
            "{rows} {has} a customer id that is not a whole number, first: {first}. Give ids as integers or text.",
            "customer",
            reason="customer id that is no whole number",
        )
        return Column(f"case when {fits} then customer::BIGINT end", (rule, whole))
    if (
        not kind.startswith(("VARCHAR", "UBIGINT", "HUGEINT", "UHUGEINT", "DECIMAL", "ENUM", "UUID", NULL))
        or "[" in kind
    ):
        return Column(
            "", unusable=f"is of type {kind}, which cannot be a customer id. Give text or integers."
        )
    if is_csv or kind in {"UBIGINT", "HUGEINT"}:
        whole_again = "try_cast(customer as bigint)::varchar = customer::varchar"
        found = connection.execute(
            f"select bool_and(coalesce({whole_again}, {missing})) from entries"
        ).fetchall()
        if found[0][0]:
            return Column("try_cast(customer as bigint)", (rule,))
    text = "customer::VARCHAR"
    # Excel writes a number of more than 15 digits as 1.23457E+17 and forgets the rest: many customers become one.
    cut = f"regexp_full_match({text}, '\\d(\\.\\d+)?[eE]\\+\\d{{2}}')"
    broken = Rule(
        cut,
        "{rows} {has} a customer id that a spreadsheet has shortened, first: {first}. Export the ids as text: the "
        "missing digits are lost in this file.",
        text,
        reason="customer id shortened by a spreadsheet",
    )
    long = Rule(
        f"length({text}) > {LONGEST}",
        f"{{rows}} {{has}} a customer id of more than {LONGEST} characters, first: {{first}}. The usual cause is "
        "another column, or a quotation mark that is not closed.",
        text,
        reason=f"customer id of more than {LONGEST} characters",
    )
    return Column(
        f"case when not ({missing}) and not ({cut}) and length({text}) <= {LONGEST} then {text} end",
        (rule, broken, long),
    )


def missing_customer(kind: str) -> str:
    """SQL: this row has no customer id."""
    if kind in {"FLOAT", "DOUBLE"}:
        return "(customer is null or isnan(customer))"
    if kind == "VARCHAR":
        return blank("customer")
    return "(customer is null)"


def amount(connection: duckdb.DuckDBPyConnection, kind: str, decimal: str | None, kept: str) -> Column:
    """Numbers, or text that holds amounts as people write them."""
    if kind == "VARCHAR":
        return text_amount(connection, decimal, kept)
    if kind == NULL:
        return Column("null::DOUBLE", (Rule("true", NO_AMOUNT, reason="no amount"),))
    if kind in WHOLE or kind in {"FLOAT", "DOUBLE", "UBIGINT", "HUGEINT"} or kind.startswith("DECIMAL"):
        value = "amount::DOUBLE"
        blank = Rule(f"(amount is null or isnan({value}))", NO_AMOUNT, reason="no amount")
        infinite = Rule(f"isinf({value})", INFINITE, "amount", reason="amount that is not finite")
        if kind in {"FLOAT", "DOUBLE"}:
            value = f"case when isfinite({value}) then {value} end"
        return Column(value, (blank, infinite))
    return Column("", unusable=f"is of type {kind}; numbers were expected.")
