"""The day of a purchase: one form for the whole column, nothing guessed.

A date is a day of the calendar where the customer bought. Text is read as year-month-day (also 2024年1月31日), or
as day and month in an order that the column shows or `dayfirst` says. A timestamp with an offset from UTC needs
`timezone`. Several forms in one column, day numbers of a spreadsheet and other patterns are read when
`date_format` says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import duckdb

from crmtheory.files import literal
from crmtheory.transactions.date_forms import (
    FORMS,
    HAS_OFFSET,
    TEXT,
    Form,
    day_order,
    local_day,
    plain_text,
    usual_form,
)
from crmtheory.transactions.policies import Policies
from crmtheory.transactions.rules import NULL, WHOLE, Column, Rule, blank

__all__ = ["date", "plain_text"]

EXAMPLES = "2010-12-31, 2010/12/31, 20101231 or 31/12/2010, with or without a time"
PATTERN = 'for another form give its pattern, such as date_format="%d.%m.%y"'
EXCEL = {"excel": "1899-12-30", "excel1904": "1904-01-01"}  # day 0; the first counts a 29 February 1900
SERIAL = (61, 109_574)  # 1 March 1900, before which that count is ambiguous, to the end of 2199
FIRST, LAST = "1900-01-01", "2199-12-31"
UNREADABLE = "{rows} cannot be read as dates, first: {first}."
MIXED_ZONE = (
    "Forms can be mixed, but not local times and times of other zones: bring these to one form first."
)
BLANK = blank(TEXT)
NO_DATE = "{rows} {has} no date, first: {first}. Complete or remove them first: a purchase needs its day."


def date(connection: duckdb.DuckDBPyConnection, kind: str, policies: Policies, kept: str) -> Column:
    """The day as SQL, with the rules for this type of column."""
    column = _date(connection, kind, policies, kept)
    if column.unusable or not column.value:
        return column
    outside = Rule(
        f"{column.value} not between date '{FIRST}' and date '{LAST}'",
        "{rows} {has} a date before 1900 or after 2199, first: {first}. The usual cause is a placeholder for a date "
        "that is not known, such as 9999-12-31.",
        "date",
        reason="date before 1900 or after 2199",
    )
    value = f"case when {column.value} between date '{FIRST}' and date '{LAST}' then {column.value} end"
    return replace(column, value=value, rules=(*column.rules, outside))


def _date(connection: duckdb.DuckDBPyConnection, kind: str, policies: Policies, kept: str) -> Column:
    if kind == NULL:
        return Column("null::DATE", (Rule("true", NO_DATE, reason="no date"),))
    missing = Rule("date is null", NO_DATE, reason="no date")
    timezone, form = policies.timezone, policies.date_format
    if kind == "DATE" or (kind.startswith("TIMESTAMP") and not _zoned(kind)):
        return Column("date::DATE", (missing,))
    if _zoned(kind):
        if timezone is None:
            return Column("", unusable=f"is in a time zone ({kind}). {_ask_zone()}")
        return Column(f"(date at time zone '{timezone}')::DATE", (missing,), converted="true")
    if form in EXCEL and (kind in {"VARCHAR", *WHOLE, "FLOAT", "DOUBLE"} or kind.startswith("DECIMAL")):
        return _serial(form)
    if kind == "VARCHAR" or kind in WHOLE:
        if form == "mixed":
            return _mixed(connection, policies, kept)
        if form is not None:
            return _pattern(form, timezone)
        return _text(connection, policies.dayfirst, timezone, kept)
    number = kind in {"FLOAT", "DOUBLE"} or kind.startswith("DECIMAL")
    hint = ' If they are the day numbers of a spreadsheet, pass date_format="excel".' if number else ""
    return Column("", unusable=f"is of type {kind}; dates or text were expected.{hint}")


def _serial(form: str) -> Column:
    """Day numbers of a spreadsheet: 45292 or 45292.75."""
    number = f"try_cast({TEXT} as double)"
    inside = f"{number} >= {SERIAL[0] if form == 'excel' else 0} and {number} < {SERIAL[1] + 1}"
    wrong = Rule(
        f"not {BLANK} and not coalesce({inside}, false)",
        "{rows} {has} no day number of a spreadsheet (1 March 1900 is 61), first: {first}. Leave date_format out if "
        "the dates are written out.",
        "date",
        reason="no day number of a spreadsheet",
    )
    value = f"case when {inside} then date '{EXCEL[form]}' + try_cast(floor({number}) as integer) end"
    return Column(value, (_no_date(), wrong))


def _pattern(form: str, timezone: str | None) -> Column:
    """Dates of a pattern that the analyst gave."""
    instant = f"try_strptime(trim({TEXT}), {literal(form)})"
    zoned = re.search("%[zZ]", form) is not None
    if zoned and timezone is None:
        return Column("", unusable=f"is read with an offset from UTC (date_format={form!r}). {_ask_zone()}")
    value = f"({instant} at time zone '{timezone}')::DATE" if zoned else f"{instant}::DATE"
    wrong = Rule(
        f"not {BLANK} and {value} is null",
        f"{{rows}} cannot be read as dates written {form.replace('{', '{{').replace('}', '}}')}, first: {{first}}. "
        "Write the pattern as these dates are written.",
        "date",
        reason=f"date not written {form}",
    )
    return Column(value, (_no_date(), wrong), converted="true" if zoned else "false")


def _mixed(connection: duckdb.DuckDBPyConnection, policies: Policies, kept: str) -> Column:
    """Every row in whatever form fits it; which of day and month comes first is still one order for all."""
    days, rules = [form.day(False) for form in FORMS if form.first == "year"], [_no_date()]
    for form in FORMS:
        if form.first == "year":
            continue
        reading = policies.dayfirst
        if reading is None:
            reading, order = day_order(connection, form, f"{kept} and not {BLANK}")
            rules += order
            if order:
                return Column("", tuple(rules))
        days.append(form.day(bool(reading)))
    value = f"coalesce({', '.join(days)})"
    hint = f"Dates are read when written {EXAMPLES}."
    rules.append(
        Rule(
            f"not {BLANK} and {value} is null",
            f"{UNREADABLE} {hint}",
            "date",
            reason="date that cannot be read",
        )
    )
    zoned = Rule(HAS_OFFSET, f"{{rows}} {{has}} an offset from UTC, first: {{first}}. {MIXED_ZONE}", "date")
    return Column(value, (*rules, zoned))


def _no_date() -> Rule:
    return Rule(BLANK, NO_DATE, reason="no date")


def _zoned(kind: str) -> bool:
    return kind.startswith("TIMESTAMPTZ") or "WITH TIME ZONE" in kind


def _ask_zone() -> str:
    return 'The day depends on the place: pass timezone="Europe/London", or where the shop is.'


def _text(
    connection: duckdb.DuckDBPyConnection, dayfirst: bool | None, timezone: str | None, kept: str
) -> Column:
    written = f"{kept} and not {BLANK}"
    form = usual_form(connection, written)
    rules = [_no_date()]
    reading = dayfirst
    if form.first != "year" and dayfirst is None:
        reading, order = day_order(connection, form, written)
        rules += order
        if order:
            return Column("", tuple(rules))
    day = form.day(bool(reading))
    readable, wrong, zoned = connection.execute(
        f"select count({day}), count(*) - count({day}), count(*) filter ({HAS_OFFSET} and {day} is not null) "
        f"from entries where {written}"
    ).fetchall()[0]
    if wrong:
        bad = f"not {BLANK} and {day} is null"
        rules += _unreadable(connection, form, dayfirst, form.name(reading), bad, kept)
    if zoned and timezone is None:
        rules.append(
            Rule(HAS_OFFSET, f"{{rows}} {{has}} an offset from UTC, first: {{first}}. {_ask_zone()}", "date")
        )
    elif 0 < zoned < readable:
        rules.append(
            Rule(
                f"{day} is not null and not {HAS_OFFSET}",
                "{rows} {has} no offset from UTC, but others have, first: {first}. Write all in one way.",
                "date",
            )
        )
    value = form.day(bool(reading), sure=not wrong)
    if zoned and timezone is not None:
        return Column(local_day(value, timezone), tuple(rules), converted=HAS_OFFSET)
    return Column(value, tuple(rules))


def _unreadable(
    connection: duckdb.DuckDBPyConnection, form: Form, dayfirst: bool | None, usual: str, bad: str, kept: str
) -> Iterator[Rule]:
    """Rules for the rows that are no dates of the usual form: written in another form, or in none."""
    days = [other.day(order) for other in FORMS if other != form for order in (True, False)]
    elsewhere = f"coalesce({', '.join(days)}) is not null"
    yield Rule(
        f"{bad} and {elsewhere}",
        f"{{rows}} {{has}} another form than the usual {usual}, first: {{first}}. Bring all to one form, or pass "
        'date_format="mixed".',
        "date",
        reason=f"date not written {usual}",
    )
    every, wrong, swapped = connection.execute(
        f"select count(*), count(*) filter ({bad}), count({form.day(not dayfirst)}) filter ({bad}) "
        f"from entries where {kept}"
    ).fetchall()[0]
    hint = f"The others are written {usual}; the usual cause is a day that does not exist, or a slip."
    if form.first != "year" and dayfirst is not None and swapped == wrong:
        hint = f"If the {'month' if dayfirst else 'day'} comes first, pass dayfirst={not dayfirst}."
    elif wrong == every:
        hint = f"Dates are read when written {EXAMPLES}; {PATTERN}."
        if _all(connection, r"[2-6]\d{4}(\.\d+)?", bad, kept):
            hint = 'They look like the day numbers of a spreadsheet: pass date_format="excel".'
        if _all(connection, r"1\d{9}(\d{3})?(\.\d+)?", bad, kept):
            hint = "They look like seconds or milliseconds since 1970: convert them to dates first."
    yield Rule(
        f"{bad} and not ({elsewhere})", f"{UNREADABLE} {hint}", "date", reason="date that cannot be read"
    )


def _all(connection: duckdb.DuckDBPyConnection, shape: str, bad: str, kept: str) -> bool:
    """Whether all rows that are no dates look like this."""
    fits = f"regexp_full_match(trim({TEXT}), '{shape}')"
    found = connection.execute(f"select bool_and({fits}) from entries where {kept} and {bad}").fetchall()
    return bool(found[0][0])
