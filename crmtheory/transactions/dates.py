"""The day of a purchase: one form for the whole column, nothing guessed.

A date is a day of the calendar where the customer bought. Text is read as year-month-day, or as day and month
in an order that the column shows or `dayfirst` says. A timestamp with an offset from UTC needs `timezone`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from crmtheory.transactions.columns import WHOLE, Column, Rule

TIME = r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?"
OFFSET = r"\s*(Z|UTC|[+-](0\d|1[0-4])(:?[0-5]\d)?)"
EXAMPLES = "2010-12-31, 2010/12/31, 20101231 or 31/12/2010, with or without a time"
TEXT = "date::VARCHAR"
DAY = f"regexp_extract({TEXT}, '[0-9./-]+')"
NO_DATE = "{rows} {has} no date, first: {first}. Complete or remove them first: a purchase needs its day."


@dataclass(frozen=True)
class Form:
    """One way of writing dates: its separator, and which part comes first ("year", "day or month")."""

    first: str
    separator: str

    @property
    def pattern(self) -> str:
        """The regular expression of a whole value, time and offset included."""
        dot = "\\" + self.separator if self.separator else ""
        if self.first == "year":
            day = rf"[1-9]\d{{3}}{dot}\d{{1,2}}{dot}\d{{1,2}}" if dot else r"[1-9]\d{7}"
            return rf"\s*{day}((T|\s+){TIME}({OFFSET})?)?\s*"
        return rf"\s*\d{{1,2}}{dot}\d{{1,2}}{dot}[1-9]\d{{3}}(\s+{TIME}(\s?[APap][Mm])?)?\s*"

    def day(self, dayfirst: bool, sure: bool = False) -> str:
        """SQL of the day, null where the text is no such date; `sure` when every text is known to be one."""
        order = (
            ["%Y", "%m", "%d"]
            if self.first == "year"
            else ["%d", "%m", "%Y"]
            if dayfirst
            else ["%m", "%d", "%Y"]
        )
        parsed = f"try_strptime({DAY}, '{self.separator.join(order)}')::DATE"
        return (
            parsed if sure else f"(case when regexp_full_match({TEXT}, '{self.pattern}') then {parsed} end)"
        )

    def name(self, dayfirst: bool | None) -> str:
        """The form as people write it: DD/MM/YYYY."""
        parts = ["MM", "DD", "YYYY"] if dayfirst is False else ["DD", "MM", "YYYY"]
        return self.separator.join(["YYYY", "MM", "DD"] if self.first == "year" else parts)


FORMS = (
    *(Form("year", separator) for separator in "-/."),
    *(Form("day or month", separator) for separator in "-/."),
    Form("year", ""),
)


def date(
    connection: duckdb.DuckDBPyConnection, kind: str, dayfirst: bool | None, timezone: str | None, kept: str
) -> Column:
    """The day as SQL, with the rules for this type of column."""
    missing = Rule("date is null", NO_DATE)
    if kind == "DATE" or (kind.startswith("TIMESTAMP") and not _zoned(kind)):
        return Column("date::DATE", (missing,))
    if _zoned(kind):
        if timezone is None:
            return Column("", unusable=f"is in a time zone ({kind}). {_ask_zone()}")
        return Column(f"(date at time zone '{timezone}')::DATE", (missing,), converted="true")
    if kind == "VARCHAR" or kind in WHOLE:
        return _text(connection, dayfirst, timezone, kept)
    return Column("", unusable=f"is of type {kind}; dates or text were expected.")


def _zoned(kind: str) -> bool:
    return kind.startswith("TIMESTAMPTZ") or "WITH TIME ZONE" in kind


def _ask_zone() -> str:
    return 'The day depends on the place: pass timezone="Europe/London", or where the shop is.'


def _text(
    connection: duckdb.DuckDBPyConnection, dayfirst: bool | None, timezone: str | None, kept: str
) -> Column:
    blank = f"(date is null or trim({TEXT}) = '')"
    written = f"{kept} and not {blank}"
    form = _usual_form(connection, written)
    rules = [Rule(blank, NO_DATE)]
    reading = dayfirst
    if form.first != "year" and dayfirst is None:
        reading, order = _order(connection, form, written)
        rules += order
        if order:
            return Column("", tuple(rules))
    day = form.day(bool(reading))
    offset = rf"regexp_matches({TEXT}, ':[\d.]+{OFFSET}\s*$')"
    readable, wrong, zoned = connection.execute(
        f"select count({day}), count(*) - count({day}), count(*) filter ({offset} and {day} is not null) "
        f"from raw where {written}"
    ).fetchall()[0]
    if wrong:
        bad = f"not {blank} and {day} is null"
        rules += _unreadable(connection, form, dayfirst, form.name(reading), bad, kept)
    if zoned and timezone is None:
        rules.append(
            Rule(offset, f"{{rows}} {{has}} an offset from UTC, first: {{first}}. {_ask_zone()}", "date")
        )
    elif 0 < zoned < readable:
        rules.append(
            Rule(
                f"{day} is not null and not {offset}",
                "{rows} {has} no offset from UTC, but others have, first: {first}. Write all in one way.",
                "date",
            )
        )
    value = form.day(bool(reading), sure=not wrong)
    if zoned and timezone is not None:
        return Column(_local_day(value, timezone), tuple(rules), converted=offset)
    return Column(value, tuple(rules))


def _usual_form(connection: duckdb.DuckDBPyConnection, written: str) -> Form:
    """The form of most rows, told by where the first separator stands."""
    found = connection.execute(
        f"""select case when t[5] in ('-', '/', '.') then 'year' || t[5]
                        when t[2] in ('-', '/', '.') then 'day or month' || t[2]
                        when t[3] in ('-', '/', '.') then 'day or month' || t[3]
                        else 'year' end as form, count(*) as n
            from (select ltrim({TEXT}) as t from raw where {written})
            group by form order by n desc, form desc limit 1"""
    ).fetchall()
    names = {form.first + form.separator: form for form in FORMS}
    return names[found[0][0]] if found else FORMS[0]


def _order(connection: duckdb.DuckDBPyConnection, form: Form, written: str) -> tuple[bool, list[Rule]]:
    """Whether the day comes first, as the column shows it; a rule that is broken when it does not show it."""
    fits = f"regexp_full_match({TEXT}, '{form.pattern}')"
    one, two = (f"split_part({DAY}, '{form.separator}', {part})::INT" for part in (1, 2))
    day_first = f"case when {fits} then {one} > 12 and {two} <= 12 end"
    month_first = f"case when {fits} then {two} > 12 and {one} <= 12 end"
    differ = f"case when {fits} then {one} <> {two} end"
    days, months, either = connection.execute(
        f"select count(*) filter ({day_first}), count(*) filter ({month_first}), count(*) filter ({differ}) "
        f"from raw where {written}"
    ).fetchall()[0]
    if days and months:
        sentence = "{rows} can only be %s, first: {first}. Two forms are mixed; bring all to one form."
        rules = [
            Rule(day_first, sentence % "day/month", "date"),
            Rule(month_first, sentence % "month/day", "date"),
        ]
        return False, rules
    if either and not days and not months:
        sentence = (
            "{rows} could be day/month or month/day, first: {first}, and no row tells which. "
            "Pass dayfirst=True or dayfirst=False."
        )
        return False, [Rule(differ, sentence, "date")]
    return not months, []


def _unreadable(
    connection: duckdb.DuckDBPyConnection, form: Form, dayfirst: bool | None, usual: str, bad: str, kept: str
) -> Iterator[Rule]:
    """Rules for the rows that are no dates of the usual form: written in another form, or in none."""
    days = [other.day(order) for other in FORMS if other != form for order in (True, False)]
    elsewhere = f"coalesce({', '.join(days)}) is not null"
    yield Rule(
        f"{bad} and {elsewhere}",
        f"{{rows}} {{has}} another form than the usual {usual}, first: {{first}}. Bring all to one form.",
        "date",
    )
    every, wrong, swapped = connection.execute(
        f"select count(*), count(*) filter ({bad}), count({form.day(not dayfirst)}) filter ({bad}) "
        f"from raw where {kept}"
    ).fetchall()[0]
    hint = f"The others are written {usual}; the usual cause is a day that does not exist, or a slip."
    if form.first != "year" and dayfirst is not None and swapped == wrong:
        hint = f"If the {'month' if dayfirst else 'day'} comes first, pass dayfirst={not dayfirst}."
    elif wrong == every:
        hint = f"Dates are read when written {EXAMPLES}."
    sentence = f"{{rows}} cannot be read as dates, first: {{first}}. {hint}"
    yield Rule(f"{bad} and not ({elsewhere})", sentence, "date")


def _local_day(day: str, timezone: str) -> str:
    """SQL: the day in `timezone` of a text that carries an offset."""
    offset = rf"regexp_extract({TEXT}, '{OFFSET}\s*$', 1)"  # Z, UTC, +01, -0530, +05:30
    hours = f"substr({offset}, 2, 2)::INT"
    rest = f"(case when length({offset}) > 3 then right({offset}, 2)::INT else 0 end)"
    signed = f"({offset}[1] || '1')::INT * ({hours} * 60 + {rest})"
    minutes = f"(case when {offset}[1] in ('+', '-') then {signed} else 0 end)"
    clock = f"try_cast(regexp_extract({TEXT}, '{TIME}') as TIME)"
    return f"(({day} + {clock} - to_minutes({minutes})) at time zone 'UTC' at time zone '{timezone}')::DATE"
