"""Exports of other systems: a preset fills in the columns and policies that the analyst has not named."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from crmtheory.errors import SchemaError
from crmtheory.files import Joined, Opening, column_names
from crmtheory.transactions import presets

USUAL = {
    "customer": "customer",
    "date": "date",
    "amount": "amount",
    "invoice": None,
}  # of `transactions.read`


def fill_in(
    preset: str, source: Any, columns: Mapping[str, str | None], policies: Mapping[str, Any]
) -> tuple[Any, dict[str, str | None], dict[str, Any]]:
    """Source, columns and policies after a preset.

    Parameters
    ----------
    preset : its name, see `presets.load`
    source : as for `transactions.read`; a folder when the export is several files
    columns : role → column as given; those that have their usual value count as not given
    policies : as given; they go before those of the preset

    Raises
    ------
    SchemaError : there is no such preset, or the source has not its columns
    """
    found = presets.find(preset)
    if found.files:
        source = _joined(found, source)
        names = _columns_of(found.query or "")
    else:
        names = column_names(source, Opening(policies.get("encoding"), policies.get("header", 1)))
    given = {role for role, column in columns.items() if column != USUAL[role]} | ({"where"} & set(policies))
    filled = {**columns, **presets.resolve(found, names, given)}
    chosen = {**found.policies, **policies}
    if found.where and "where" not in policies:
        chosen["where"] = presets.conditions(found, names)
    return source, filled, chosen


def _joined(preset: presets.Preset, source: Any) -> Joined:
    if not isinstance(source, str | os.PathLike):
        raise SchemaError(f'The preset "{preset.name}" reads a folder of files, not {type(source).__name__}.')
    return Joined(Path(source), preset.files, preset.query or "")


def _columns_of(query: str) -> list[str]:
    """The names that a query gives, without running it."""
    with duckdb.connect() as connection:
        node = connection.execute("select json_serialize_sql($1)", [query]).fetchall()[0][0]
        aliases = "select json_extract_string($1::json, '$.statements[0].node.select_list[*].alias')"
        return list(connection.execute(aliases, [node]).fetchall()[0][0])
