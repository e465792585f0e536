"""Text and names as SQL, and messages of DuckDB in one line."""

from __future__ import annotations

FILE = "crmtheory_file"  # the column in which DuckDB says which of several files a row is from


def literal(text: str) -> str:
    """`text` as an SQL string.

    >>> literal("O'Hara")
    "'O''Hara'"
    """
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """`name` as an SQL name.

    >>> print(identifier("net (in €)"))
    "net (in €)"
    """
    return '"' + name.replace('"', '""') + '"'


def first_line(error: object) -> str:
    """The first line of a message, without its full stop."""
    return str(error).strip().splitlines()[0].rstrip(".")
