"""The forms in which days are written as text, and which of them a column has.

A form is one for the whole column: nothing is guessed row by row.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from crmtheory.transactions.rules import Rule

TIME = r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?"
OFFSET = r"\s*(Z|UTC|[+-](0\d|1[0-4])(:?[0-5]\d)?)"
HALF = r"\s?[APap]\.?[Mm]\.?"
TEXT = "date_text"  # the column `date` of the source, with Chinese signs and full-width digits made plain
NOON = "(凌晨|早上|上午|中午|下午|晚上) *"  # before a time; the day is the same
CHINESE = ("０１２３４５６７８９年月／－：．　日", "0123456789--/-:. ")  # the last sign goes away
HAS_OFFSET = rf"regexp_matches({TEXT}, ':[\d.]+{OFFSET}\s*$')"
DAY = f"regexp_extract({TEXT}, '[0-9./-]+')"


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
            day = rf"\d{{4}}{dot}\d{{1,2}}{dot}\d{{1,2}}" if dot else r"[1-9]\d{7}"
            return rf"\s*{day}((T|\s+){TIME}({OFFSET}|{HALF})?)?\s*"
        return rf"\s*\d{{1,2}}{dot}\d{{1,2}}{dot}\d{{4}}(\s+{TIME}({HALF})?)?\s*"

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


def plain_text(connection: duckdb.DuckDBPyConnection, kind: str) -> str:
    """SQL of the text that dates are read from, for a column `date` of `raw`."""
    if kind != "VARCHAR":
        return "date::VARCHAR"
    plain = connection.execute("select bool_and(date is null or regexp_full_match(date, '[ -~]*')) from raw")
    if plain.fetchall()[0][0]:
        return "date"
    return f"regexp_replace(translate(date, '{CHINESE[0]}', '{CHINESE[1]}'), '{NOON}', '')"


def usual_form(connection: duckdb.DuckDBPyConnection, written: str) -> Form:
    """The form of most rows, told by where the first separator stands."""
    counts = connection.execute(
        f"""select case when t[2] in ('-', '/', '.') then 'day or month' || t[2]
                        when t[3] in ('-', '/', '.') then 'day or month' || t[3]
                        when t[5] in ('-', '/', '.') then 'year' || t[5]
                        else 'year' end as form, count(*) as n
            from (select ltrim({TEXT}) as t from entries where {written}) group by form"""
    ).fetchall()
    found = dict(counts)
    return max(FORMS, key=lambda form: found.get(form.first + form.separator, 0))


def day_order(connection: duckdb.DuckDBPyConnection, form: Form, written: str) -> tuple[bool, list[Rule]]:
    """Whether the day comes first, as the column shows it; a rule that is broken when it does not show it."""
    fits = f"regexp_full_match({TEXT}, '{form.pattern}')"
    one, two = (f"split_part({DAY}, '{form.separator}', {part})::INT" for part in (1, 2))
    day_first = f"case when {fits} then {one} > 12 and {two} <= 12 end"
    month_first = f"case when {fits} then {two} > 12 and {one} <= 12 end"
    differ = f"case when {fits} then {one} <> {two} end"
    days, months, either = connection.execute(
        f"select count(*) filter ({day_first}), count(*) filter ({month_first}), count(*) filter ({differ}) "
        f"from entries where {written}"
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


def local_day(day: str, timezone: str) -> str:
    """SQL: the day in `timezone` of a text that carries an offset."""
    offset = rf"regexp_extract({TEXT}, '{OFFSET}\s*$', 1)"  # Z, UTC, +01, -0530, +05:30
    hours = f"substr({offset}, 2, 2)::INT"
    rest = f"(case when length({offset}) > 3 then right({offset}, 2)::INT else 0 end)"
    signed = f"({offset}[1] || '1')::INT * ({hours} * 60 + {rest})"
    minutes = f"(case when {offset}[1] in ('+', '-') then {signed} else 0 end)"
    clock = f"try_cast(regexp_extract({TEXT}, '{TIME}') as TIME)"
    return f"(({day} + {clock} - to_minutes({minutes})) at time zone 'UTC' at time zone '{timezone}')::DATE"
