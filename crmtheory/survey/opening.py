"""The columns of a survey as they stand in the source, all together in memory: a survey is small."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from crmtheory.files import Opening, Source, connect, open_source
from crmtheory.schema import Problem

NUMBERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
NUMBERS |= {"HUGEINT", "UHUGEINT", "FLOAT", "DOUBLE"}
# What to correct when a column is not there, by the first word of its role.
ARGUMENTS = {"item": "items", "keep": "keep"}


def load(
    source: Any, roles: Mapping[str, str], encoding: str | None, header: int
) -> tuple[Source, pd.DataFrame, list[Problem]]:
    """What was opened, its columns by role in the order of the source, and the columns that cannot be read.

    Items and weights become floats or texts, ids integers, floats or texts; what is kept stays as it is.
    """
    with connect() as connection:
        how = Opening(encoding=encoding, header=header)
        opened = open_source(connection, _one_kind(source, roles), roles, how)
        problems = [(name, _step(sentence)) for name, sentence in opened.problems]
        chosen = []
        for role, kind in opened.kinds.items():
            column = _column(role, kind)
            if column:
                chosen.append(f"{column} as {role}")
            else:
                problems.append((roles[role], f"is of type {kind}; numbers or texts were expected."))
        query = f"select {', '.join(chosen)} from raw"
        frame = connection.sql(query).df() if chosen else pd.DataFrame()
    return opened, frame, problems


def _one_kind(source: Any, roles: Mapping[str, str]) -> Any:
    """Columns that mix numbers and texts, as those of a spreadsheet do ("不知道" among numbers), become texts."""
    if not isinstance(source, pd.DataFrame) or not source.columns.is_unique:
        return source
    mixed = {}
    for name in set(roles.values()) & set(source.columns):
        column = source[name]
        if (
            column.dtype == object
            and column.dropna().map(lambda value: isinstance(value, str)).nunique() == 2
        ):
            mixed[name] = column.map(str, na_action="ignore")
    return source.assign(**mixed)


def _column(role: str, kind: str) -> str | None:
    """The SQL of a column; None when it cannot be what the role asks for."""
    if role.startswith("keep"):
        return role
    if kind == "VARCHAR" or kind.startswith("ENUM"):
        return f"{role}::VARCHAR"
    if role == "respondent":
        return role if kind in NUMBERS else f"{role}::DOUBLE" if kind.startswith("DECIMAL") else None
    if kind in NUMBERS or kind.startswith("DECIMAL"):
        return f"{role}::DOUBLE"
    return f"{role}::INTEGER::DOUBLE" if kind == "BOOLEAN" and role.startswith("item") else None


def _step(sentence: str) -> str:
    """The next step in the words of `survey.read`: roles such as item_3 are none of its arguments."""
    return re.sub(
        r'Name yours with (item|keep)_\d+="…"\.',
        lambda found: f"Correct the name in {ARGUMENTS[found[1]]}.",
        sentence,
    )
