"""What is done with unusual rows: every choice has a name, nothing is done unasked, and all of it is counted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from functools import cache
from typing import Any

import duckdb

from crmtheory.errors import SchemaError, unknown
from crmtheory.transactions.calendar import day_number

CHOICES: dict[str, tuple[str, ...]] = {
    "missing_customer": ("error", "drop"),
    "unreadable": ("error", "drop"),
    "refunds": ("net", "invoice", "drop", "keep"),
    "zero_amounts": ("keep", "drop"),
    "duplicates": ("keep", "drop", "error"),
    "same_day": ("merge", "error"),
}
DATE_WORDS = ("mixed", "excel", "excel1904")
ENGINES = ("duckdb", "spark")


@dataclass(frozen=True)
class Policies:
    """The choices of `transactions.read`, checked. See there for what each one means."""

    where: Mapping[str, Sequence[Any]] | None = None
    missing_customer: str = "error"
    unreadable: str = "error"
    refunds: str = "net"
    zero_amounts: str = "keep"
    duplicates: str = "keep"
    same_day: str = "merge"
    dayfirst: bool | None = None
    date_format: str | None = None
    earliest: Any = None
    latest: Any = None
    decimal: str | None = None
    encoding: str | None = None
    timezone: str | None = None
    header: int = 1
    pseudonymise: bool = False
    engine: str | None = None
    memory: str | None = None

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise SchemaError(unknown(f"choice of {name}", getattr(self, name), choices))
        if self.decimal not in {None, ".", ","}:
            raise SchemaError(f'decimal is the decimal mark, "." or ",", not {self.decimal!r}.')
        if self.dayfirst not in {None, True, False}:
            raise SchemaError(f"dayfirst is True, False or None, not {self.dayfirst!r}.")
        if self.engine not in {None, *ENGINES}:
            raise SchemaError(unknown("engine", self.engine, ENGINES))
        if self.date_format is not None and not _is_format(self.date_format):
            raise SchemaError(
                f"date_format is one of {', '.join(DATE_WORDS)}, or a pattern with year, month and day such as "
                f'"%d.%m.%y", not {self.date_format!r}.'
            )
        if self.timezone is not None and self.timezone not in _zones():
            close = get_close_matches(str(self.timezone), sorted(_zones()), n=1, cutoff=0.5)
            hint = f' Did you mean "{close[0]}"?' if close else ""
            raise SchemaError(
                f'There is no time zone "{self.timezone}".{hint} Write it as "Europe/London" or "UTC".'
            )
        if not isinstance(self.pseudonymise, bool):
            raise SchemaError(
                "pseudonymise is True or False. The key comes from the environment variable CRMTHEORY_KEY or from a "
                "key file, never from a parameter."
            )
        if not isinstance(self.where, Mapping | None):
            raise SchemaError(
                f'where gives a list of values for each column, such as {{"status": ["paid"]}}, not {self.where!r}.'
            )
        for column, values in (self.where or {}).items():
            if isinstance(values, str) or not isinstance(values, Sequence) or not values:
                raise SchemaError(
                    f'where gives a list of values for each column, such as {{"{column}": ["paid"]}}.'
                )
        first, last = self.first_day, self.last_day
        if first is not None and last is not None and first > last:
            raise SchemaError(f"earliest, {self.earliest}, lies after latest, {self.latest}.")

    @property
    def first_day(self) -> int | None:
        """Number of the first day that is used, None for no limit."""
        return None if self.earliest is None else day_number(self.earliest, "earliest")

    @property
    def last_day(self) -> int | None:
        """Number of the last day that is used, None for no limit."""
        return None if self.latest is None else day_number(self.latest, "latest")

    def drops(self, name: str) -> bool:
        """Whether rows that break the rule of this policy are set aside."""
        return getattr(self, name) == "drop"

    def changed(self) -> dict[str, Any]:
        """The choices that differ from the usual ones.

        >>> Policies(refunds="drop").changed()
        {'refunds': 'drop'}
        """
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}


def chosen(given: Mapping[str, Any], invoice: str | None) -> Policies:
    """The policies of these names and values; an unknown name is told with the closest one.

    Raises
    ------
    SchemaError : an unknown name or choice; refunds by invoice without a column of invoices
    """
    names = [one.name for one in fields(Policies)]
    for name in given:
        if name not in names:
            raise SchemaError(unknown("policy", name, names))
    policies = Policies(**given)
    if policies.refunds == "invoice" and invoice is None:
        raise SchemaError('refunds="invoice" needs the column of invoice ids: invoice="…".')
    return policies


def _is_format(text: Any) -> bool:
    if text in DATE_WORDS:
        return True
    parts = ("[yY]", "[mbB]", "d")
    return (
        isinstance(text, str) and all(re.search(f"%-?{part}", text) for part in parts) and _is_pattern(text)
    )


@cache
def _is_pattern(text: str) -> bool:
    with duckdb.connect() as connection:
        try:
            connection.execute("select try_strptime('', $1)", [text])
        except duckdb.Error:
            return False
    return True


@cache
def _zones() -> frozenset[str]:
    with duckdb.connect() as connection:  # the zones of the engine that will use them
        return frozenset(
            row[0] for row in connection.execute("select name from pg_timezone_names()").fetchall()
        )
