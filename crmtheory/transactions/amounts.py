"""Amounts written as text: decimal mark, thousands, currency, full-width digits, brackets for minus.

Plain numbers (1234.5) are read as they are. Anything else is taken apart: `1.234,50 €`, `¥1,234.50`, `(5.00)`,
`１２３４．５`. Which of comma and point is the decimal mark must be seen in the column, or be said: a value with
both shows it, and so does a mark with other than three digits behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from crmtheory.files import literal
from crmtheory.transactions.currencies import SIGN, usual
from crmtheory.transactions.rules import Column, Rule, blank

WIDE = ("０１２３４５６７８９，．－＋（）￥＄　−\u00a0\u2009\u202f\t", "0123456789,.-+()¥$ -    ")
GROUPS = "[ ''’]"  # between groups of thousands: 1 234, 1'234
DIGITS = f"[0-9]{{1,3}}(?:{GROUPS}[0-9]{{3}})+(?:[.,][0-9]+)?|[0-9][0-9.,]*|[.,][0-9]+"
WHOLE = f" *[-+(]? *(?:{SIGN})? *[-+(]? *({DIGITS}) *(?:{SIGN})? *[-)]? *"
NO_AMOUNT = (
    "{rows} {has} no amount, first: {first}. Complete or remove them first, or pass amount=None for a log without "
    "spend."
)
INFINITE = (
    "{rows} {has} an amount that is not finite, first: {first}. The usual cause is a division by zero before the log "
    "was written."
)


@dataclass(frozen=True)
class Marks:
    """What the column shows of its marks, as counts of rows."""

    comma_decimal: int
    point_decimal: int
    comma_either: int
    point_either: int


def text_amount(connection: duckdb.DuckDBPyConnection, decimal: str | None, kept: str) -> Column:
    """The amount as SQL, for a column of text."""
    # DuckDB also reads 1_000 as a number; a price list does not write so.
    plain = "case when not contains(amount, '_') then try_cast(amount as double) end"
    missing = f"({blank('amount')} or trim(amount) in ('-', '–', '—'))"
    no_amount = Rule(missing, NO_AMOUNT, reason="no amount")
    written = f"{kept} and not {missing}"
    bare = f"translate(amount, {literal(WIDE[0])}, '{WIDE[1]}')"
    number = f"replace(replace(replace(regexp_extract({bare}, '^{WHOLE}$', 1), ' ', ''), '''', ''), '’', '')"
    odd, signs = _signs(connection, bare, plain, written)
    if decimal is None and not odd and not _maybe_thousands(connection, written):
        value = plain
    else:
        marks = _marks(connection, number, written)
        usual_sign, others = usual(signs)
        if others:
            return Column("", (no_amount, _other_currency(bare, written, usual_sign, others)))
        mark, rules = _decimal(marks, number, written, decimal)
        if rules:
            return Column("", (no_amount, *rules))
        value = _value(bare, number, mark)
    hint = "Amounts are read when written 1234.5, 1,234.50, 1.234,50 € or (5.00)."
    if decimal is not None and _mostly(connection, f"{value} is null", written):
        hint = f'Most of the column is not written with decimal="{decimal}": leave it out, or pass the other mark.'
    unreadable = Rule(
        f"not {missing} and {value} is null",
        f"{{rows}} cannot be read as numbers, first: {{first}}. {hint}",
        "amount",
        reason="amount that is no number",
    )
    # DuckDB reads "nan" as a number; it is among the signs for no amount.
    infinite = Rule(
        f"not {missing} and not isfinite({value})", INFINITE, "amount", reason="amount that is not finite"
    )
    finite = f"case when not {missing} and isfinite({value}) then {value} end"
    return Column(finite, (no_amount, unreadable, infinite))


def _sign(bare: str) -> str:
    """SQL: the currency of this value, empty when it has none."""
    return f"coalesce(regexp_extract({bare}, '{SIGN}'), '')"


def _signs(
    connection: duckdb.DuckDBPyConnection, bare: str, plain: str, written: str
) -> tuple[int, list[str]]:
    """How many rows are no plain numbers, and the signs of currencies in them, most frequent first."""
    found = connection.execute(
        f"select {_sign(bare)} as sign, count(*) as n from entries where {written} and {plain} is null "
        "group by sign order by n desc, sign"
    ).fetchall()
    return sum(number for _, number in found), [sign for sign, _ in found if sign]


def _other_currency(bare: str, written: str, usual_sign: str, others: Sequence[str]) -> Rule:
    signs = ", ".join(literal(sign) for sign in others)
    return Rule(
        f"{written} and {_sign(bare)} in ({signs})",
        f'{{rows}} {{has}} another currency than the usual "{usual_sign}", first: {{first}}. Amounts of one log are '
        "in one currency: convert them first, or read each currency by itself with where.",
        "amount",
    )


def _shows(n: str, mark: str, other: str) -> str:
    """SQL: the number `n` (text) shows that `mark` is the decimal mark."""
    m, o = f"[{mark}]", f"[{other}]"
    shapes = (
        f"[0-9]*{m}([0-9]{{1,2}}|[0-9]{{4,}})|0*{m}[0-9]+|[0-9]{{4,}}{m}[0-9]+|"
        f"[0-9]{{1,3}}({o}[0-9]{{3}})+{m}[0-9]+|[0-9]{{1,3}}({o}[0-9]{{3}}){{2,}}"
    )
    return f"regexp_full_match({n}, '{shapes}')"


def _marks(connection: duckdb.DuckDBPyConnection, number: str, written: str) -> Marks:
    either = "regexp_full_match(n, '[1-9][0-9]{{0,2}}[{}][0-9]{{3}}')"
    counts = connection.execute(
        f"select count(*) filter ({_shows('n', ',', '.')}), count(*) filter ({_shows('n', '.', ',')}), "
        f"count(*) filter ({either.format(',')}), count(*) filter ({either.format('.')}) "
        f"from (select {number} as n from entries where {written})"
    ).fetchall()[0]
    return Marks(*counts)


def _mostly(connection: duckdb.DuckDBPyConnection, condition: str, written: str) -> bool:
    """Whether a condition (SQL) holds for more than half of the amounts."""
    count, every = connection.execute(
        f"select count(*) filter ({condition}), count(*) from entries where {written}"
    ).fetchall()[0]
    return 2 * count > every


def _maybe_thousands(connection: duckdb.DuckDBPyConnection, written: str) -> bool:
    """Plain to the eye of a computer, but each point may be one of thousands: 1.234, 12.500."""
    behind = "instr(reverse(trim(amount)), '.') - 1"  # digits behind the point, -1 without a point
    three, other = connection.execute(
        f"select count(*) filter (n = 3), count(*) filter (n not in (-1, 3)) from (select {behind} as n from entries "
        f"where {written})"
    ).fetchall()[0]
    return bool(three) and not other


def _decimal(marks: Marks, number: str, written: str, decimal: str | None) -> tuple[str, tuple[Rule, ...]]:
    """The decimal mark; rules that are broken when the column does not show it, or shows both."""
    if decimal is not None:
        return decimal, ()
    if marks.comma_decimal and marks.point_decimal:
        sentence = (
            "{rows} {has} a decimal comma while others have a decimal point, first: {first}. Two forms are mixed; "
            'bring all to one form, or pass decimal="," or decimal="." and the others are refused.'
        )
        return ".", (Rule(f"{written} and {_shows(number, ',', '.')}", sentence, "amount"),)
    if marks.comma_decimal or marks.point_decimal:
        return ("," if marks.comma_decimal else "."), ()
    if marks.comma_either or marks.point_either:
        sentence = (
            '{rows} could have thousands or decimals, first: {first}, and no row tells which. Pass decimal="," or '
            'decimal=".".'
        )
        return ".", (Rule(f"{written} and regexp_matches({number}, '[.,]')", sentence, "amount"),)
    return ".", ()


def _value(bare: str, number: str, mark: str) -> str:
    """SQL of the number, null when the text is none under this decimal mark."""
    other = "." if mark == "," else ","
    shape = f"([0-9]+|[0-9]{{1,3}}([{other}][0-9]{{3}})+)([{mark}][0-9]*)?|[{mark}][0-9]+"
    digits = f"replace(replace({number}, '{other}', ''), '{mark}', '.')"
    signs = f"regexp_replace({bare}, '[^-+()]', '', 'g')"
    balanced = f"{signs} in ('', '+', '-', '()') and not regexp_matches({bare}, '[.,] *-')"  # 5,- is no minus
    scientific = "case when not contains(amount, '_') and not contains(amount, ',') and "
    scientific += "regexp_full_match(trim(amount), '[-+]?[0-9.]+[eE][-+]?[0-9]+|[-+]?[iI]nf(inity)?') "
    scientific += "then try_cast(amount as double) end"
    return (
        f"coalesce(case when {balanced} and regexp_full_match({number}, '{shape}') then "
        f"(case when {signs} in ('-', '()') then -1 else 1 end) * try_cast({digits} as double) end, {scientific})"
    )
