"""From a source to the table `days` in DuckDB, by way of every check. What is left out is counted.

raw (as opened) → log (customer, day, amount; clean) → days (customer, day, net money and counts)
"""

from __future__ import annotations

import datetime as dt
import math
import tempfile
import uuid
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import narwhals as nw

from crmtheory.errors import SchemaError, unknown
from crmtheory.schema import broken
from crmtheory.transactions import columns, summary
from crmtheory.transactions.calendar import EPOCH
from crmtheory.transactions.dates import date as date_column
from crmtheory.transactions.report import Report
from crmtheory.transactions.source import Source, open_source

EXACT = 2.0**53  # whole numbers up to here are exact in a double
WIDE = 2.0**62  # sums up to here fit into 64 bits, even doubled
ROOM = 125  # bits of DuckDB's widest integer that a sum of money may fill


class Log(NamedTuple):
    """The connection that holds `days`, the units of money in 1, and the report."""

    connection: duckdb.DuckDBPyConnection
    scale: float
    report: Report


def read_log(
    source: Any,
    wanted: dict[str, str],
    *,
    dayfirst: bool | None,
    missing_customer: str,
    refunds: str,
    timezone: str | None,
) -> Log:
    """Open, check, count. `wanted` names the column of each role; without "amount" the log has no spend."""
    for name, choice, choices in (
        ("missing_customer", missing_customer, ("error", "drop")),
        ("refunds", refunds, ("net", "drop")),
    ):
        if choice not in choices:
            raise SchemaError(unknown(f"choice of {name}", choice, choices))
    connection = _connect()
    if timezone is not None:
        _check_zone(connection, timezone)
    opened = open_source(connection, source, wanted)
    drop = missing_customer == "drop" and "customer" in opened.kinds
    kept = f"not {columns.missing_customer(opened.kinds['customer'])}" if drop else "true"
    clean = _clean(connection, opened, wanted, dayfirst, timezone, kept)
    rows, used, converted = connection.execute(
        f"select count(*), count(*) filter ({kept}), count(*) filter ({kept} and {clean['date'].converted}) "
        "from raw"
    ).fetchall()[0]
    if not used:
        raise SchemaError(f"No row is left: none of the {rows:,} rows has a customer id.")
    amount = clean["amount"].value if "amount" in clean else "0::DOUBLE"
    connection.execute(
        f"create view log as select {clean['customer'].value} as customer, "
        f"datediff('day', date '1970-01-01', {clean['date'].value})::INTEGER as day, {amount} as amount "
        f"from raw where {kept}"
    )
    money, scale = _money(connection)
    refunds_only = refunds == "drop"
    report = _report(connection, opened, wanted, rows, used, converted, money, scale, refunds_only)
    return Log(connection, scale, report)


def _connect() -> duckdb.DuckDBPyConnection:
    # DuckDB makes this folder when a log is larger than memory; by default it would be in the working folder.
    spill = Path(tempfile.gettempdir()) / f"crmtheory-{uuid.uuid4().hex}"
    return duckdb.connect(":memory:", config={"temp_directory": str(spill)})


def _check_zone(connection: duckdb.DuckDBPyConnection, timezone: str) -> None:
    zones = [row[0] for row in connection.execute("select name from pg_timezone_names()").fetchall()]
    if timezone not in zones:
        close = get_close_matches(str(timezone), zones, n=1, cutoff=0.5)
        hint = f' Did you mean "{close[0]}"?' if close else ""
        raise SchemaError(f'There is no time zone "{timezone}".{hint} Write it as "Europe/London" or "UTC".')


def _clean(
    connection: duckdb.DuckDBPyConnection,
    opened: Source,
    wanted: dict[str, str],
    dayfirst: bool | None,
    timezone: str | None,
    kept: str,
) -> dict[str, columns.Column]:
    """The clean columns by role, or one error with every problem of the source."""
    kinds, clean = opened.kinds, {}
    if "customer" in kinds:
        clean["customer"] = columns.customer(connection, kinds["customer"], opened.is_csv)
    if "date" in kinds:
        clean["date"] = date_column(connection, kinds["date"], dayfirst, timezone, kept)
    if "amount" in kinds:
        clean["amount"] = columns.amount(kinds["amount"])
    named = [(wanted[role], column) for role, column in clean.items()]
    problems = [*opened.problems, *(columns.problems(connection, named, kept) if named else ())]
    if problems:
        raise broken("transactions", problems)
    return clean


def _money(connection: duckdb.DuckDBPyConnection) -> tuple[str, float]:
    """SQL of an amount as a whole number of small units, and how many of these make 1.

    Amounts in cents become cents. Amounts with more than six decimals become multiples of a power of two, so
    fine that every digit of a double is kept. Either way sums are exact, whatever the order of the rows.
    """
    places = (2, 4, 6)
    fits = [
        f"bool_and(abs(round(amount * {10**p}::DOUBLE) / {10**p}::DOUBLE - amount) <= 1e-15 * abs(amount))"
        for p in places
    ]
    count, top, *decimal = connection.execute(
        f"select count(*), max(abs(amount)), {', '.join(fits)} from log"
    ).fetchall()[0]
    for p, fit in zip(places, decimal, strict=True):
        if fit and top * 10**p < EXACT and count * top * 10**p < WIDE:
            return f"round(amount * {10**p}::DOUBLE)::BIGINT", float(10**p)
    bits = min(ROOM - math.frexp(top)[1] - count.bit_length(), 1000)
    return f"round(amount * {2.0**bits!r}::DOUBLE)::HUGEINT", 2.0**bits


def _report(
    connection: duckdb.DuckDBPyConnection,
    opened: Source,
    wanted: dict[str, str],
    rows: int,
    used: int,
    converted: int,
    money: str,
    scale: float,
    drop_refunds: bool,
) -> Report:
    """Make the table `days` and count what is in it."""
    sold = f"select customer, day, {money} as money from log"
    refunds, refunded = 0, 0.0
    if drop_refunds:
        refunds, refunded = connection.execute(
            f"select count(*), coalesce(sum(money), 0)::DOUBLE from ({sold}) where money < 0"
        ).fetchall()[0]
        sold += " where amount >= 0"
    days = summary.customer_days(nw.from_native(connection.sql(sold)))
    nw.to_native(days).create("days")
    connection.execute("drop view log")
    total = nw.to_native(summary.totals(nw.from_native(connection.table("days")))).df().iloc[0]
    if not total["customers"]:
        raise broken(
            "transactions",
            [
                (
                    wanted["amount"],
                    f"{refunds or int(total['refunds']):,} of {rows:,} rows are negative, and no purchase is "
                    "left. If the sign is turned round in this log, multiply the amounts by -1.",
                )
            ],
        )
    if not opened.is_csv:
        connection.execute("drop view raw")
    return Report(
        source=opened.name,
        sha256=opened.sha256,
        rows=rows,
        rows_used=int(total["rows_used"]),
        missing_customer_dropped=rows - used,
        refunds_dropped=refunds,
        customers=int(total["customers"]),
        customers_without_purchase=int(total["people"] - total["customers"]),
        first_date=EPOCH + dt.timedelta(int(total["first"])),
        last_date=EPOCH + dt.timedelta(int(total["last"])),
        purchase_days=int(total["purchase_days"]),
        merged=int(total["rows_used"] - total["days"]),
        refunds=refunds or int(total["refunds"]),
        refund_amount=abs(refunded or float(total["refunded"])) / scale,
        refunds_unmatched=int(total["unmatched"]),
        refunds_unmatched_amount=abs(float(total["unmatched_money"])) / scale,
        fully_cancelled_days=int(total["cancelled_days"]),
        zero_amounts=int(total["zeros"]) if "amount" in wanted else 0,
        revenue=float(total["money"]) / scale if "amount" in wanted else math.nan,
        timezone_converted=converted,
    )
