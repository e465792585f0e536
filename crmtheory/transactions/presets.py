"""Presets: how the exports of other systems name their columns, and which of their rows are purchases.

A preset says, for the export of one system, which columns hold customers, dates, amounts and invoices, which rows
count, and which policies fit: see presets.toml. `generic` has the usual names of any table of purchases.

Names are compared without regard to case, spaces, underscores, hyphens, dots, apostrophes, accents, full-width
forms, a byte-order mark, or a unit in brackets: 订单金额（元） is found by 订单金额, and keeps its own name.
"""

from __future__ import annotations

import re
import textwrap
import tomllib
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from crmtheory.errors import SchemaError, unknown
from crmtheory.schema import Problem

ROLES = ("customer", "date", "amount", "invoice")
GENERIC = "generic"
PRESETS = Path(__file__).parent / "presets.toml"
IGNORED = re.compile(r"[\s_\-.'’`\ufeff\u200b]+")
UNIT = re.compile(
    r"[(\[]\s*(?:(?:us|hk|nt|r|a|c)?[$€£¥%]|(?:千|万|百万|亿)?元|人民币|美元|港币|欧元|円|usd|eur|gbp|cny|rmb|hkd|twd|jpy|krw|inr"
    r"|brl|chf|cad|aud|nzd|sgd|sek|nok|dkk|pln|mxn|zar|euros?|dollars?|yuan)\s*[)\]]$"
)


@dataclass(frozen=True)
class Preset:
    """One table of presets.toml; its first comment says what each field means."""

    name: str
    title: str
    title_zh: str
    verified: bool
    seen: tuple[str, ...]
    note: str
    customer: tuple[str, ...]
    date: tuple[str, ...]
    amount: tuple[str, ...]
    invoice: tuple[str, ...]
    policies: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    where: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    where_names: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    hints: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    marks: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    query: str | None = None


def load() -> dict[str, Preset]:
    """All presets by their names, the generic one last.

    >>> list(load())
    ['shopify_orders', 'zoho_deals', 'fxiaoke_orders', 'olist_orders', 'generic']
    """
    tables = {name: _frozen(table) for name, table in _tables().items() if name != "guess"}
    return {name: Preset(name=name, **table) for name, table in tables.items()}


def find(name: str) -> Preset:
    """The preset of this name.

    Raises
    ------
    SchemaError : there is none, with the closest match

    >>> find("shopify_orders").where["Financial Status"]
    ('paid', 'partially_refunded')
    """
    presets = load()
    if name not in presets:
        raise SchemaError(unknown("preset", name, presets))
    return presets[name]


def resolve(preset: Preset, columns: Sequence[str], given: Collection[str] = ()) -> dict[str, str]:
    """For each role, the column of an export that has it: the first of the preset's names that is there.

    Parameters
    ----------
    preset
        what `find` gives
    columns
        the columns of the export; for a preset with files, those of its query
    given
        arguments that need no column from the preset ("customer", "where", …), as the caller has set them

    Returns
    -------
    columns by role (customer, date, amount; invoice where there is one), named as in the export

    Raises
    ------
    SchemaError : every role that no column has or that two columns have, and every missing column of `where`

    >>> resolve(find("generic"), ["Order_ID", "客户编号", "order date", "金额（元）"])
    {'customer': '客户编号', 'date': 'order date', 'amount': '金额（元）', 'invoice': 'Order_ID'}
    """
    roles, _, problems = _look(preset, columns, given)
    if problems:
        raise _unfit(preset, columns, problems)
    return roles


def conditions(preset: Preset, columns: Sequence[str]) -> dict[str, list[str]]:
    """The `where` of a preset, with the columns named as in the export.

    Raises
    ------
    SchemaError : a column of `where` is not there

    >>> conditions(find("zoho_deals"), ["Account Name", "金额", "阶段"])
    {'阶段': ['Closed Won', '成交', '赢单']}
    """
    _, where, problems = _look(preset, columns, ROLES)
    if problems:
        raise _unfit(preset, columns, problems)
    return where


def detect(columns: Sequence[str]) -> list[Preset]:
    """Presets whose columns are all among these, the most specific first and the generic one last.

    A preset with files is told by the marks of its main file.

    >>> [preset.name for preset in detect(["Record Id", "Account Name", "Amount", "Closing Date", "Stage"])]
    ['zoho_deals']
    """
    fitting = [(preset, _fit(preset, columns)) for preset in load().values()]
    ranked = sorted(fitting, key=lambda pair: (pair[0].name == GENERIC, -pair[1]))
    return [preset for preset, found in ranked if found]


def guess(columns: Sequence[str]) -> dict[str, tuple[str, str]]:
    """For each role, the column that most likely has it, and why. Roles without a likely column are left out.

    A usual name comes first, then a telling word of the name; no column gets two roles.

    >>> guess(["order_id", "cust_ref", "update_time", "order_date", "quantity", "amount"])["customer"]
    ('cust_ref', 'its name has the word "cust"')
    """
    usual, words = find(GENERIC), _tables()["guess"]
    likely: dict[str, tuple[str, str]] = {}
    for role in ROLES:
        taken = {column for column, _ in likely.values()}
        free = [column for column in columns if column not in taken]
        exact = _named(getattr(usual, role), free)
        told = _by_word(free, words[role]["words"], words[role]["avoid"])
        if exact:
            likely[role] = (exact[0], "a usual name")
        elif told is not None:
            likely[role] = (told[0], f'its name has the word "{told[1]}"')
    return likely


def describe(name: str) -> str:
    """A preset in plain text: columns, rows, policies, hints, where its names were seen, and its limits.

    Raises
    ------
    SchemaError : there is no such preset

    >>> print(describe("generic").splitlines()[0])
    generic: Any table of purchases with usual column names (常见列名的交易表)
    """
    preset = find(name)
    roles = [f"{role}: {', '.join(getattr(preset, role))}" for role in ROLES]
    rows = [
        f"{' or '.join((column, *preset.where_names.get(column, ())))}: {', '.join(values)}"
        for column, values in preset.where.items()
    ]
    policies = [f"{key}={value!r}".replace("'", '"') for key, value in preset.policies.items()]
    sections = {
        "Files": [f"{key}: {file}" for key, file in preset.files.items()],
        "Columns, the first that is there": roles,
        "Rows that are purchases": rows or ["all"],
        "Policies": policies or ["the usual ones"],
        "For you to choose": [f"{key}: {hint}" for key, hint in preset.hints.items()],
        "Names seen in": preset.seen,
        f"Verified: {'yes' if preset.verified else 'no'}": [preset.note],
    }
    wrapped = textwrap.TextWrapper(96, "  ", "    ", break_long_words=False, break_on_hyphens=False)
    lines = [f"{preset.name}: {preset.title} ({preset.title_zh})"]
    for head, items in sections.items():
        if items:
            lines += ["", head, *(line for item in items for line in wrapped.wrap(item))]
    return "\n".join(lines)


def normal(name: str) -> str:
    """A column's name as it is compared: without case, accents, spaces, underscores, hyphens and the like.

    >>> normal("\\ufeffＯｒｄｅｒ＿ID "), normal("Número de pedido")
    ('orderid', 'numerodepedido')
    """
    plain = unicodedata.normalize("NFKD", str(name))
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return IGNORED.sub("", letters.casefold())


def _tables() -> dict[str, Any]:
    with PRESETS.open("rb") as file:
        return tomllib.load(file)


def _frozen(value: Any) -> Any:
    """The same without anything that can be changed: lists become tuples, tables read-only."""
    if isinstance(value, dict):
        return MappingProxyType({key: _frozen(item) for key, item in value.items()})
    return tuple(value) if isinstance(value, list) else value


def _named(names: Sequence[str], columns: Sequence[str]) -> list[str]:
    """The columns with the first of these names that any has: written so, alike, or alike but for a unit."""
    for name in names:
        plain = normal(name)
        for fits in (
            [column for column in columns if column == name],
            [column for column in columns if normal(column) == plain],
            [column for column in columns if UNIT.sub("", normal(column)) == plain],
        ):
            if fits:
                return fits
    return []


def _look(
    preset: Preset, columns: Sequence[str], given: Collection[str] = ()
) -> tuple[dict[str, str], dict[str, list[str]], list[Problem]]:
    """The columns by role, the conditions by column, and what is missing or in doubt."""
    wanted = [(role, getattr(preset, role), f'Name yours with {role}="…".') for role in ROLES]
    telling = "It tells purchases from other rows: pass where={…}, or where={} for all rows."
    wanted += [("where", (name, *preset.where_names.get(name, ())), telling) for name in preset.where]
    roles, where, problems = {}, {}, []
    for role, names, remedy in wanted:
        if role in given:
            continue
        fits = _named(names, columns)
        if len(fits) > 1:
            problems.append((role, f"{len(fits)} columns fit: {', '.join(fits)}. {remedy}"))
        elif not fits and role != "invoice":  # a log can do without invoices
            problems.append((role, f"none of {', '.join(names)}. {remedy}"))
        elif fits and role == "where":
            where[fits[0]] = list(preset.where[names[0]])
        elif fits:
            roles[role] = fits[0]
    return roles, where, problems


def _unfit(preset: Preset, columns: Sequence[str], problems: Sequence[Problem]) -> SchemaError:
    """The one error that says which roles have no column, and which columns there are."""
    head = f'The preset "{preset.name}" does not fit: {len(problems)} of its columns cannot be told.'
    lines = [f"  {role:<12}{sentence}" for role, sentence in problems]
    there = f"Columns: {', '.join(columns) or 'none'}."
    if preset.files:
        there += f" This preset reads a folder with {', '.join(preset.files.values())}."
    others = [f' They fit preset="{other.name}".' for other in detect(columns) if other.name != preset.name]
    return SchemaError("\n".join([head, *lines, there + "".join(others[:1])]))


def _fit(preset: Preset, columns: Sequence[str]) -> int:
    """How many columns of the export the preset knows, 0 when one that it needs is missing."""
    marked = all(_named([mark], columns) for mark in preset.marks)
    roles, where, problems = ({}, {}, []) if preset.files else _look(preset, columns)
    return 0 if problems or not marked else len(roles) + len(where) + len(preset.marks)


def _by_word(columns: Sequence[str], words: Sequence[str], avoid: Sequence[str]) -> tuple[str, str] | None:
    """The column with the best word in its name and the fewest others, and that word."""
    told = [
        (rank, len(parts), place)
        for place, parts in enumerate(map(_words, columns))
        if not any(_has(parts, word) for word in avoid)
        for rank, word in enumerate(words)
        if _has(parts, word)
    ]
    if not told:
        return None
    rank, _, place = min(told)
    return columns[place], words[rank]


def _words(column: str) -> list[str]:
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", unicodedata.normalize("NFKC", column))  # orderDate
    return [normal(word) for word in re.split(r"[\W_]+", apart) if word]


def _has(parts: Sequence[str], word: str) -> bool:
    """Chinese is written without spaces, so there a word may stand anywhere in a part."""
    return word in parts if word.isascii() else any(normal(word) in part for part in parts)
