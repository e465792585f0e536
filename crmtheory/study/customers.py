"""The column of customers: numbers rather than names, and whether its values tell who somebody is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence

import pandas as pd

from crmtheory.errors import SchemaError
from crmtheory.privacy import refuse_personal
from crmtheory.study.sampling import Column

PERSON = re.compile(
    r"customer|cust\b|client|account|acct|member|buyer|shopper|user|kunde|konto|cliente|客户|客戶|会员|顾客|买家|用户"
)
NUMBERED = re.compile(r"#|\b(no|nr|num|number|id|code|key)\b|nummer|编号|编码|代码|号$")
BARE = {"id", "编号"}
NAMED = re.compile(r"\bname\b|\bnom\b|\bnombre\b|名称|姓名|名字")
NAMES = "these look like names of persons; they are written to the lists unless pseudonymise is true"


def by_number(columns: Sequence[Column], taken: Collection[str]) -> Column | None:
    """The first column with numbers of customers that come back, or None."""
    for column in columns:
        name = _plain(column.name)
        is_number = name in BARE or (PERSON.search(name) and NUMBERED.search(name) and not NAMED.search(name))
        again = 2 <= column.distinct < column.filled
        # Fractions are amounts; dates are no ids; an id that most rows lack would lose them.
        fits = column.whole >= column.numbers and column.dates < 0.5 and column.filled >= 0.9 * column.rows
        if is_number and again and fits and column.name not in taken:
            return column
    return None


def by_name(column: Column) -> bool:
    """Whether the name of a column says that it holds names."""
    return NAMED.search(_plain(column.name)) is not None


def are_names(column: Column) -> bool:
    """Whether a column holds names: its own name says so, and hardly any value has a digit."""
    values = sum(column.values.values())
    digits = sum(rows for value, rows in column.values.items() if re.search(r"\d", value))
    return by_name(column) and digits <= 0.1 * values


def is_personal(column: Column) -> bool:
    """Whether a list with these customers would be refused: they are e-mail addresses, phone numbers or the like."""
    try:
        refuse_personal(pd.DataFrame({column.name: list(column.values)}), "customers")
    except SchemaError:
        return True
    return False


def _plain(name: str) -> str:
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", unicodedata.normalize("NFKC", name))
    return re.sub(r"[_\-.\s]+", " ", apart).strip().casefold()
