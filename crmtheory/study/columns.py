"""Which column of a file has which role: guessed from its name and from its values, with the reasons in words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from crmtheory.study.customers import NAMES, are_names, by_name, by_number
from crmtheory.study.sampling import Column
from crmtheory.transactions import presets

WORDS: dict[str, tuple[str, ...]] = {
    "respondent": ("respondent", "resp", "respid", "respnum", "participant", "受访者", "答卷", "id", "编号", "序号"),
    "weight": ("weight", "weights", "wt", "权重"),
    "channel": ("channel", "medium", "campaign", "渠道", "方式", "媒介"),
    "cost": ("cost", "costs", "spend", "fee", "成本", "费用", "花费"),
    "overall": ("overall", "satisfaction", "satisfied", "csat", "总体", "满意"),
    "recommend": ("recommend", "recommendation", "nps", "推荐"),
    "status": ("status", "state", "stage", "zustand", "état", "etat", "estado", "状态", "狀態", "阶段"),
    "segment": ("segment", "tier", "等级", "分组", "类别"),
    "birth_year": ("birth", "birthyear", "birthday", "born", "出生", "生日"),
    "person": (
        "age", "sex", "gender", "education", "occupation", "income", "job", "household", "year", "month", "region",
        "年龄", "性别", "学历", "职业", "收入", "年", "月", "地区",
    ),
}  # fmt: skip
POINTS = 11  # of the longest scale
CODES = {-99, -9, -8, -2, -1, 11, 66, 77, 88, 97, 98, 99, 997, 998, 999}  # usual for "do not know"


@dataclass(frozen=True)
class Found:
    """A column for a role, why, and another column for which as much speaks ("" without a tie)."""

    column: str
    why: str
    other: str = ""


@dataclass(frozen=True)
class Ratings:
    """The items of a survey, the ends of their scale, answers beside it, and columns on another scale."""

    items: tuple[str, ...]
    low: int
    high: int
    codes: tuple[int, ...]
    others: Mapping[str, tuple[int, int]]


def roles(columns: Sequence[Column]) -> dict[str, Found]:
    """The columns of customer, date, amount and invoice, as far as names and values tell them."""
    alone = {column.name: presets.guess([column.name]) for column in columns}
    together = presets.guess([column.name for column in columns])
    found: dict[str, Found] = {}
    for role, (content, least) in CONTENTS.items():
        taken = {one.column for one in found.values()}
        ranked = []
        for place, column in enumerate(columns):
            name = alone[column.name].get(role, ("", ""))[1]
            worth, told = content(column, bool(name))
            if column.name in taken or not worth or (not name and worth < least):
                continue
            first = column.name == together.get(role, ("", ""))[0]
            why = "; ".join(part for part in (name, told) if part)
            ranked.append((worth + 3 * bool(name), first, -place, column.name, why))
        ranked.sort(reverse=True)
        if ranked:
            worth, _, _, best, why = ranked[0]
            other = next((name for value, _, _, name, _ in ranked[1:] if value == worth), "")
            found[role] = Found(best, why, other)
    if "customer" in found:
        found["customer"] = _not_by_name(columns, found)
    return found


def states(columns: Sequence[Column]) -> list[Column]:
    """Columns that may say which rows are purchases: 2 to 12 texts, and a name such as status."""
    return [
        column
        for column in columns
        if 2 <= column.distinct <= 12
        and column.numbers < 0.5
        and column.dates < 0.5
        and _word("status", column.name)
    ]


def by_word(role: str, columns: Sequence[Column]) -> Found | None:
    """The column whose name has a word for this role; the first word of the list goes first."""
    told = [(_word(role, column.name), column.name) for column in columns]
    hits = sorted((hit for hit in told if hit[0]), key=lambda hit: WORDS[role].index(hit[0]))
    if not hits:
        return None
    word, name = hits[0]
    other = next((name for told, name in hits[1:] if told == word), "")
    return Found(name, f'its name has the word "{word}"', other)


def ratings(columns: Sequence[Column]) -> Ratings | None:
    """The largest set of columns with answers on one scale of 3 to 11 points; None if there are fewer than 3.

    A column in which nobody gave the two highest answers, or any of the lower half, can have the same scale.
    """
    scales = {column.name: found for column in columns if (found := _scale(column))}
    ends = [(low, high) for low, high, _ in scales.values()]
    best: list[str] = []
    low = high = 0
    # Of scales that hold equally many columns, it is the one of which most columns have both ends.
    for first, last in sorted(set(ends), key=lambda pair: (-ends.count(pair), pair)):
        half = (first + last) / 2
        inside = [name for name, (a, b, _) in scales.items() if first <= a <= half and last - 2 <= b <= last]
        if len(inside) >= max(3, len(best) + 1):
            best, low, high = inside, first, last
    if not best:
        return None
    codes = {code for name in best for code in scales[name][2]}
    others = {name: _ends(a, b) for name, (a, b, _) in scales.items() if name not in best}
    return Ratings(tuple(best), low, high, tuple(sorted(codes)), others)


def is_day_number(column: Column) -> bool:
    """Whether all values can be day numbers of a spreadsheet, from 1982 to 2064."""
    if column.low is None or column.high is None or column.numbers < 1 or column.whole < 1:
        return False
    return column.low > 30_000 and column.high < 60_000


def percent(share: float) -> str:
    """A share as a percentage, rounded down: not 100% when something is missing.

    >>> percent(0.9996), percent(1.0)
    ('99%', '100%')
    """
    return f"{int(share * 100)}%"


def _not_by_name(columns: Sequence[Column], found: Mapping[str, Found]) -> Found:
    """The column of customers: numbers go before names, which two customers can share."""
    best = found["customer"]
    column = next(column for column in columns if column.name == best.column)
    if not by_name(column):
        return best
    number = by_number(columns, {one.column for one in found.values()})
    if number is None:
        return Found(best.column, f"{best.why}; {NAMES}", best.other) if are_names(column) else best
    return Found(number.name, f"a number goes before the names in `{best.column}`; {_counted(number)}")


def _customer(column: Column, named: bool) -> tuple[int, str]:
    if not column.filled or column.dates > 0.5 or column.whole < column.numbers:
        return 0, ""
    if column.filled >= 50 and column.distinct <= max(2, 0.002 * column.filled):
        return 0, ""  # a kind of customer, or a constant
    if column.distinct == column.filled:
        return 1, "every value is different"
    told = _counted(column)
    # A repeated text or small number can be anything; an id without a telling name has many values.
    return (2 if named or column.distinct > 0.05 * column.filled else 1), told


def _date(column: Column, named: bool) -> tuple[int, str]:
    if named and is_day_number(column):
        return 1, "its values can be day numbers of a spreadsheet"
    if column.dates < 0.5 or _word("birth_year", column.name):
        return 0, ""
    return 2, f"{percent(column.dates)} of the values are dates"


def _amount(column: Column, named: bool) -> tuple[int, str]:
    if column.numbers < 0.9 or column.dates > 0.5 or (column.high == column.low and not named):
        return 0, ""
    told = f"{percent(column.numbers)} of the values are numbers"
    return (2, f"{told}, some with decimals") if column.whole < column.numbers or column.sign else (1, told)


def _invoice(column: Column, named: bool) -> tuple[int, str]:
    if not column.filled or column.whole < column.numbers:
        return 0, ""
    return 1, _counted(column)


# How much the values speak for a role, and how much they must say of a column without a telling name.
CONTENTS: dict[str, tuple[Callable[[Column, bool], tuple[int, str]], int]] = {
    "date": (_date, 2),
    "amount": (_amount, 2),
    "invoice": (_invoice, 9),
    "customer": (_customer, 2),
}


def _counted(column: Column) -> str:
    return f"{column.distinct:,} different in {column.filled:,} rows"


def _scale(column: Column) -> tuple[int, int, tuple[int, ...]] | None:
    """The lowest and the highest answer and the codes beside them, if the values look like answers."""
    if column.filled < 3 or column.whole < 0.98 or column.dates > 0.5 or _word("person", column.name):
        return None
    numbers = {int(float(value)) for value in column.values if re.fullmatch(r"-?\d+(\.0*)?", value.strip())}
    inside = sorted(number for number in numbers if 0 <= number <= 10)
    codes = numbers - set(inside)
    if column.distinct > POINTS + 3 or len(inside) < 3 or not codes <= CODES:
        return None
    return inside[0], inside[-1], tuple(codes)


def _ends(low: int, high: int) -> tuple[int, int]:
    """The ends of the scale of one column: from 0 to 10 when answers run to 8 and beyond, else as they are."""
    return (0, 10) if high >= 8 else (low, high)


def _word(role: str, name: str) -> str:
    """The first word of the role that is in a name."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", unicodedata.normalize("NFKC", name))
    parts = {part.casefold() for part in re.split(r"[\W_]+", apart)} | {name.casefold()}
    for word in WORDS[role]:
        if word in parts or (not word.isascii() and any(word in part for part in parts)):
            return word
    return ""
