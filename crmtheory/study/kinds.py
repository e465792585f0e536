"""The four kinds of data and what speaks for each: a log of purchases, a survey, contacts, attributes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from crmtheory.study.columns import Found, by_word, is_day_number, percent, ratings, states
from crmtheory.study.customers import NAMES, are_names
from crmtheory.study.sampling import Column, Sample
from crmtheory.transactions import presets

CURRENCIES = {"gbp": "£", "usd": "$", "eur": "€", "euro": "€", "cny": "¥", "rmb": "¥", "元": "元", "jpy": "¥"}
NOTHING_FITS = (
    "it has no columns of customers and dates, no customers with one row each, and no three columns of ratings on "
    "one scale"
)
FEW = 30  # different words of a column that divides customers
HEADER = "line {} names the columns; what stands above it is no data"
Key = tuple[str, ...]


@dataclass(frozen=True)
class Draft:
    """A file taken as one kind of data: how much speaks for it, the section of the study file, the reasons, and
    values that are offered behind a #."""

    kind: str
    points: int
    why: str
    values: Mapping[str, Any]
    reasons: Mapping[Key, str]
    offers: Mapping[Key, Any] = field(default_factory=dict)


def transactions(seen: Sample, found: Mapping[str, Found]) -> Draft | None:
    """A log of purchases: dates, and customers who come back; better with amounts and invoices."""
    if "customer" not in found or "date" not in found:
        return None
    named = {column.name: column for column in seen.columns}
    customer = named[found["customer"].column]
    again = customer.distinct < customer.filled
    points = 2 + again + ("amount" in found) + ("invoice" in found)
    reasons: dict[Key, str] = {("columns", role): _why(one) for role, one in _ordered(found).items()}
    values: dict[str, Any] = {"columns": {role: one.column for role, one in _ordered(found).items()}}
    special = [
        one for one in presets.detect([column.name for column in seen.columns]) if one.name != "generic"
    ]
    if special and not special[0].files:
        values = {"preset": special[0].name, **values}
        values["columns"] = presets.resolve(special[0], [column.name for column in seen.columns])
        reasons = {("columns", role): f"named by the preset {special[0].name}" for role in values["columns"]}
        reasons[("preset",)] = f"the columns are those of {special[0].title}"
        if are_names(named[values["columns"]["customer"]]):
            reasons[("columns", "customer")] += f"; {NAMES}"
        points += 2
    if "amount" in values["columns"]:
        values |= _currency(named[values["columns"]["amount"]], reasons)
    policies = _policies(seen, {role: named[name] for role, name in values["columns"].items()}, reasons)
    if policies:
        values["policies"] = policies
    told = special[0].where if special else {}
    offers = {} if told else _offers(seen, values["columns"].values(), reasons)
    parts = [role for role in ("customer", "date", "amount", "invoice") if role in values["columns"]]
    why = f"it has columns for {_and(parts)}{', and customers come back' if again else ''}"
    return Draft("transactions", points, why, values, reasons, offers)


def survey(seen: Sample, found: Mapping[str, Found]) -> Draft | None:
    """A survey: many columns of whole numbers on one scale."""
    rated = ratings(seen.columns)
    if rated is None:
        return None
    items, count = list(rated.items), len(seen.columns)
    scale = [rated.low, rated.high]
    values: dict[str, Any] = {"respondent": "", "scale": scale, "items": items}
    reasons: dict[Key, str] = {
        ("scale",): f"the answers of {len(items)} columns are whole numbers from {scale[0]} to {scale[1]}",
        ("items",): f"{len(items)} of {count} columns; take out those that are no ratings",
        ("reverse",): "cannot be told from the data: see the questionnaire",
    }
    rest = [column for column in seen.columns if column.name not in items]
    if person := by_word("respondent", [column for column in rest if _identifies(column)]):
        values["respondent"] = person.column
        reasons[("respondent",)] = f"{_why(person)}; every value is different"
    if rated.codes:
        values["dont_know"] = list(rated.codes)
        reasons[("dont_know",)] = "these answers lie outside the scale and are usual codes"
    weights = [column for column in rest if column.numbers == 1 and (column.low or 0) >= 0]
    asked = [column for column in seen.columns if column.name in {*items, *rated.others}]
    for role, among in (("weight", weights), ("overall", asked), ("recommend", asked)):
        if one := by_word(role, among):
            values[role] = one.column
            reasons[(role,)] = _why(one)
    strange = [values[role] for role in ("overall", "recommend") if values.get(role) in rated.others]
    if strange:
        values["scale"] = dict.fromkeys(items, scale) | {name: list(rated.others[name]) for name in strange}
        values["items"] = [*items, *strange]
        reasons[("scale",)] += f"; those of {_and(strange)} are on another scale"
    if seen.encoding not in {"", "utf-8"}:
        values["encoding"] = seen.encoding
        reasons[("encoding",)] = "the bytes show it"
    if seen.header > 1:
        values["header"] = seen.header
        reasons[("header",)] = HEADER.format(seen.header)
    share = len(items) / count
    points = 1 + (len(items) >= 5) + (share >= 0.3) + 2 * (share >= 0.5)
    why = f"{len(items)} of {count} columns hold answers from {scale[0]} to {scale[1]}"
    return Draft("survey", points, why, {key: value for key, value in values.items() if value}, reasons)


def contacts(seen: Sample, found: Mapping[str, Found]) -> Draft | None:
    """Contacts: customers, dates, and a channel or a cost instead of an amount."""
    taken = {found[role].column for role in ("customer", "date") if role in found}
    free = [column for column in seen.columns if column.name not in taken]
    channel = by_word("channel", [column for column in free if column.numbers < 0.5])
    cost = by_word("cost", [column for column in free if column.numbers >= 0.9])
    if len(taken) < 2 or not (channel or cost):
        return None
    parts = {"customer": found["customer"], "date": found["date"], "channel": channel, "cost": cost}
    there = {role: one for role, one in parts.items() if one}
    sold = "amount" in found and found["amount"].column not in {one.column for one in there.values()}
    return Draft(
        "contacts",
        3 + bool(channel) + bool(cost) - 2 * sold - ("invoice" in found),
        f"it has columns for {_and(list(there))}",
        {"columns": {role: one.column for role, one in there.items()}},
        {("columns", role): _why(one) for role, one in there.items()},
    )


def attributes(seen: Sample, found: Mapping[str, Found]) -> Draft | None:
    """Attributes: one row for each customer."""
    if "customer" not in found:
        return None
    named = {column.name: column for column in seen.columns}
    customer = named[found["customer"].column]
    if customer.distinct < customer.filled or customer.filled < seen.rows:
        return None
    there = {"customer": found["customer"]}
    for role in ("segment", "birth_year", "channel"):
        rest = [c for c in seen.columns if c.name not in {one.column for one in there.values()}]
        if one := by_word(role, rest):
            there[role] = one
    if len(there) == 1:  # none has a name that is known: a few words that divide the customers describe them
        for column in seen.columns:
            words = column.numbers < 0.5 and column.dates < 0.5 and 2 <= column.distinct <= FEW
            if words and column.distinct < column.filled / 2 and column.name != customer.name:
                there[column.name] = Found(
                    column.name, f"{column.distinct} different words divide the customers"
                )
    points = 3 + bool(len(there) > 1) - ("invoice" in found)
    return Draft(
        "attributes",
        points,
        "each customer has one row",
        {"columns": {role: one.column for role, one in there.items()}},
        {("columns", role): _why(one) for role, one in there.items()},
    )


KINDS: dict[str, Callable[[Sample, Mapping[str, Found]], Draft | None]] = {
    "transactions": transactions,
    "survey": survey,
    "contacts": contacts,
    "attributes": attributes,
}


def _policies(seen: Sample, parts: Mapping[str, Column], reasons: dict[Key, str]) -> dict[str, Any]:
    """What the values say of how they are to be read. What only the owner of the data knows gets a reason only."""
    policies: dict[str, Any] = {}

    def say(name: str, why: str, *value: Any) -> None:
        reasons[("policies", name)] = why
        policies.update(dict.fromkeys([name], *value) if value else {})

    day, amount = parts["date"], parts.get("amount")
    first, second = day.day_parts
    if day.short_years:
        say("date_format", "years have two digits: write the pattern of the dates here")
    elif is_day_number(day) and not day.dates:
        say("date_format", "the values can be day numbers of a spreadsheet", "excel")
    elif first > 12 and second > 12:
        say("date_format", "some dates have the day first and some the month", "mixed")
    elif first > 12 or second > 12:
        part, largest = ("first", first) if first > 12 else ("second", second)
        say("dayfirst", f"the {part} part of `{day.name}` runs to {largest}", first > 12)
    elif first:
        say("dayfirst", f"the values of `{day.name}` do not show it: neither part exceeds 12. Set it")
    if day.offsets:
        say(
            "timezone",
            f"to be checked: the times of `{day.name}` have an offset from UTC, and the day depends on the place: put "
            "the zone of the shop, such as Europe/London",
            "UTC",
        )
    if amount is not None and amount.decimal_comma:
        say("decimal", f"the values of `{amount.name}` have a comma before two digits", ",")
    blank = parts["customer"].rows - parts["customer"].filled
    if blank:
        say("missing_customer", f"rows without a customer, {blank:,} of {seen.rows:,}, stop the reading")
    if amount is not None and amount.low is not None and amount.low < 0:
        say("refunds", "there are negative amounts; net takes them off earlier purchases")
    if seen.uneven:
        say(
            "unreadable",
            f"lines with a wrong number of fields, {seen.uneven:,} of those looked at, stop the reading",
        )
    if seen.encoding not in {"", "utf-8"}:
        say("encoding", "the bytes show it", seen.encoding)
    if seen.header > 1:
        say("header", HEADER.format(seen.header), seen.header)
    return policies


def _offers(seen: Sample, taken: Collection[str], reasons: dict[Key, str]) -> dict[Key, Any]:
    """Columns of states, from which the owner of the data takes the values that are purchases."""
    found = states([column for column in seen.columns if column.name not in taken])
    if not found:
        return {}
    reasons[("policies", "where")] = "; ".join(
        f"`{column.name}` has {column.distinct} different values: keep only those that are purchases ("
        + ", ".join(f"{value} {percent(rows / column.filled)}" for value, rows in column.values.items())
        + ")"
        for column in found
    )
    return {("policies", "where"): {column.name: list(column.values) for column in found}}


def _currency(amount: Column, reasons: dict[Key, str]) -> dict[str, str]:
    parts = re.split(r"[\W_]+", amount.name.lower())
    for word, sign in CURRENCIES.items():
        if word in parts:
            reasons[("currency",)] = f'the name `{amount.name}` has the word "{word}"'
            return {"currency": sign}
    if amount.sign:
        reasons[("currency",)] = f"it stands in the values of `{amount.name}`"
        return {"currency": amount.sign}
    return {}


def _identifies(column: Column) -> bool:
    return column.filled == column.rows == column.distinct


def _ordered(found: Mapping[str, Found]) -> dict[str, Found]:
    return {role: found[role] for role in ("customer", "date", "amount", "invoice") if role in found}


def _why(found: Found) -> str:
    tie = f". As much speaks for `{found.other}`: choose one" if found.other else ""
    return f"`{found.column}`: {found.why}{tie}"


def _and(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
