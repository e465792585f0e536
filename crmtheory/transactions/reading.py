"""Read a log with DuckDB: open it, check every row, set aside what the policies say, and count the rest.

raw (as opened) → entries (with the text of dates) → log (customer, day, amount; clean) → days
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd
import pyarrow as pa

from crmtheory import privacy
from crmtheory.errors import SchemaError
from crmtheory.files import Joined, Opening, Source, connect, open_joined, open_source
from crmtheory.schema import Problem, broken
from crmtheory.transactions import aside, columns, dates
from crmtheory.transactions import days as expressions
from crmtheory.transactions.aside import REFUND, Aside
from crmtheory.transactions.counting import Counted, Opened, count, row
from crmtheory.transactions.policies import Policies
from crmtheory.transactions.rules import MISSING, Column, Rule, blank, problems

ADVICE = 'To go on without rows that cannot be read, pass unreadable="drop": they are counted and kept aside.'
TWINS = Rule(
    "twin > 1",
    '{rows} {has} an equal row before, first: {first}. Pass duplicates="drop" to use one of each, or '
    'duplicates="keep" if they are real.',
)


@dataclass(frozen=True)
class Duck:
    """DuckDB, in this process."""

    connection: duckdb.DuckDBPyConnection

    def question(self) -> Duck:
        """The same tables through a cursor of its own, so that no question can disturb the answer to another."""
        return Duck(self.connection.cursor())

    def frame(self, name: str) -> nw.LazyFrame:
        """A frame that was kept."""
        return nw.from_native(self.connection.table(name))

    def keep(self, name: str, frame: nw.LazyFrame) -> None:
        """Compute a frame and keep it as a table."""
        nw.to_native(frame).create(name)

    def bring(self, frame: pd.DataFrame) -> nw.LazyFrame:
        """A small table, brought into the engine."""
        return nw.from_native(self.connection.from_arrow(pa.Table.from_pandas(frame, preserve_index=False)))

    def in_units(self, scale: float, wide: bool) -> nw.LazyFrame:
        """The log with money in whole units."""
        kind = "HUGEINT" if wide else "BIGINT"
        sold = f"select * exclude (amount), round(amount * {scale!r}::DOUBLE)::{kind} as money from log"
        return nw.from_native(self.connection.sql(sold))

    def periods(self, number: int) -> nw.LazyFrame:
        """The numbers 1, 2, … of periods."""
        return nw.from_native(
            self.connection.sql(f"select range::INTEGER as period from range(1, {number + 1})")
        )

    def replace_customers(self, sql: str) -> None:
        """Replace the ids in `log` by what the SQL expression makes of the column `customer`."""
        self.connection.execute(
            f"create table ids as select customer, {sql} as hashed from (select distinct customer from log)"
        )
        self.connection.execute(
            "create table hidden as select ids.hashed as customer, log.* exclude (customer) "
            "from log join ids using (customer)"
        )
        _drop(self.connection, "log")
        _drop(self.connection, "ids")
        self.connection.execute("alter table hidden rename to log")


def read_log(source: Any, wanted: Mapping[str, str], policies: Policies) -> Counted:
    """Open, check, count. `wanted` names the column of each role; without "amount" the log has no spend."""
    connection = connect(policies.memory)
    engine = Duck(connection)
    filters, asides = aside.where_filters(policies.where)
    how = Opening(policies.encoding, policies.header, policies.drops("unreadable"))
    opener = open_joined if isinstance(source, Joined) else open_source
    opened = opener(connection, source, {**wanted, **filters}, how)
    _entries(connection, opened, wanted, policies)
    clean, asides = _clean(connection, opened, wanted, asides, policies)
    _make_log(connection, opened, clean, asides, policies)
    found = row(expressions.checks(engine.frame("log")))
    kept = f"not ({aside.any_of(asides)})"
    if found["no_customer"] or found["no_day"] or found["no_amount"]:
        raise _refusal(problems(connection, _rules(clean, wanted), kept, opened))
    total, converted = connection.execute(
        f"select count(*), count(*) filter ({kept} and {clean['date'].converted}) from entries"
    ).fetchall()[0]
    left: tuple[tuple[str, int], ...] = ()
    refunded = 0.0
    if total > found["rows"] or opened.faulty:
        amount = clean["amount"].value if "amount" in clean else "0.0"
        clear = (clean["customer"].value, amount)
        aside.keep_aside(connection, asides, wanted, clear, "file" in opened.kinds)
        left, refunded = aside.by_reason(connection, opened), aside.refunded(connection)
    if not found["rows"]:
        raise aside.nothing_left(left)
    if policies.pseudonymise:
        privacy.prepare(connection, privacy.read_key())
        engine.replace_customers(privacy.hmac_sql("customer"))
        if left:
            aside.hide(connection, privacy.hmac_sql("known"), bool(opened.faulty))

    def rejected() -> pd.DataFrame:
        return aside.table(connection.cursor(), opened, wanted) if left else pd.DataFrame()

    description = Opened(opened.name, opened.sha256, opened.encoding, left, refunded, converted)
    counted = count(engine, description, found, wanted, policies, rejected)
    for name in ("log", "entries", "raw"):
        _drop(connection, name)
    return counted


def _entries(
    connection: duckdb.DuckDBPyConnection, opened: Source, wanted: Mapping[str, str], policies: Policies
) -> None:
    """Make `entries`: `raw` with the text of its dates and, when duplicates matter, the number of each twin."""
    if not opened.kinds:
        return
    extra = []
    if "date" in opened.kinds:
        extra.append(f"{dates.plain_text(connection, opened.kinds['date'])} as date_text")
    if policies.duplicates == "keep":
        connection.execute(f"create view entries as select {', '.join(['*', *extra])} from raw")
        return
    same = ", ".join(role for role in opened.kinds if role != "file")  # also the columns of `where`
    connection.execute(
        "create table entries as select * exclude (place), "
        f"row_number() over (partition by {same} order by place) as twin "
        f"from (select {', '.join(['*', *extra])}, row_number() over () as place from raw) order by place"
    )


def _clean(
    connection: duckdb.DuckDBPyConnection,
    opened: Source,
    wanted: Mapping[str, str],
    filters: Sequence[Aside],
    policies: Policies,
) -> tuple[dict[str, Column], list[Aside]]:
    """The clean columns by role and what is set aside, or one error with every problem of the source."""
    kinds, asides = opened.kinds, list(filters)
    if policies.drops("missing_customer") and "customer" in kinds:
        asides.append(Aside(MISSING, columns.missing_customer(kinds["customer"])))
    kept = f"not ({aside.any_of(asides)})" if not opened.problems else "true"
    clean = {}
    if "customer" in kinds:
        column = columns.customer(connection, kinds["customer"], opened.layout is not None)
        # Ids that are to be hidden are not shown in messages either.
        silent = tuple(replace(rule, value=None) for rule in column.rules)
        clean["customer"] = replace(column, rules=silent) if policies.pseudonymise else column
    if "date" in kinds:
        clean["date"] = dates.date(connection, kinds["date"], policies, kept)
    if "amount" in kinds:
        clean["amount"] = columns.amount(connection, kinds["amount"], policies.decimal, kept)
    found: list[Problem] = [(name, _of_where(sentence)) for name, sentence in opened.problems]
    found += [(wanted[role], column.unusable) for role, column in clean.items() if column.unusable]
    # When something is wrong with a whole column, all else that is wrong is told with it.
    fatal = bool(found) or not all(column.value for column in clean.values())
    rules = [(name, [r for r in several if fatal or not r.reason]) for name, several in _rules(clean, wanted)]
    if policies.duplicates == "error":
        rules.append((wanted["customer"], [TWINS]))
    broken_rules = problems(connection, rules, kept, opened)
    if found or broken_rules:
        order = list(wanted.values())
        raise _refusal(broken_rules, found, order)
    return clean, asides + _dropped(clean, policies)


def _dropped(clean: Mapping[str, Column], policies: Policies) -> list[Aside]:
    """The rows that the policies set aside, in the order in which a reason is given."""
    asides = []
    if policies.drops("unreadable"):
        rules = [rule for column in clean.values() for rule in column.rules]
        asides += [Aside(r.reason, r.broken) for r in rules if r.reason and r.reason != MISSING]
    day = f"datediff('day', date '1970-01-01', {clean['date'].value})"
    if policies.first_day is not None:
        asides.append(Aside(f"before {policies.earliest}", f"{day} < {policies.first_day}"))
    if policies.last_day is not None:
        asides.append(Aside(f"after {policies.latest}", f"{day} > {policies.last_day}"))
    if policies.drops("duplicates"):
        asides.append(Aside("equal to a row before", "twin > 1"))
    if policies.drops("zero_amounts") and "amount" in clean:
        asides.append(Aside("amount of zero", f"{clean['amount'].value} = 0"))
    if policies.drops("refunds") and "amount" in clean:
        asides.append(Aside(REFUND, f"{clean['amount'].value} < 0"))
    return asides


def _make_log(
    connection: duckdb.DuckDBPyConnection,
    opened: Source,
    clean: Mapping[str, Column],
    asides: Sequence[Aside],
    policies: Policies,
) -> None:
    """Make `log`: the clean columns of the rows that are used. Text is taken apart once; the rest is a view."""
    amount = clean["amount"].value if "amount" in clean else "0::DOUBLE"
    none = f"{blank('invoice::varchar')} or lower(invoice::varchar) = 'nan'"
    by_invoice = f", case when not ({none}) then trim(invoice::varchar) end as invoice"
    invoice = by_invoice if policies.refunds == "invoice" else ""
    where = f" where not ({aside.any_of(asides)})" if asides else ""
    connection.execute(
        f"create {'table' if opened.layout else 'view'} log as select {clean['customer'].value} as customer, "
        f"datediff('day', date '1970-01-01', {clean['date'].value})::INTEGER as day, {amount} as amount{invoice} "
        f"from entries{where}"
    )


def _rules(clean: Mapping[str, Column], wanted: Mapping[str, str]) -> list[tuple[str, Sequence[Rule]]]:
    return [(wanted[role], column.rules) for role, column in clean.items()]


def _of_where(sentence: str) -> str:
    """A column of `where` that is not there: the way to name it is another."""
    head, _, tail = sentence.partition(" Name yours with where_")
    return f"{head} It is named in where." if tail else sentence


def _refusal(
    rules: Sequence[tuple[Problem, Rule]], others: Sequence[Problem] = (), order: Sequence[str] = ()
) -> SchemaError:
    """All problems in the order of the columns; the last line says when rows can be set aside."""
    found = [*others, *(problem for problem, _ in rules)]
    found.sort(key=lambda one: order.index(one[0]) if one[0] in order else -1)
    reasons = {rule.reason for _, rule in rules}
    helps = bool(reasons - {MISSING}) and None not in reasons and not others
    return SchemaError(broken("transactions", found).args[0] + (f"\n{ADVICE}" if helps else ""))


def _drop(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    kinds = connection.execute(
        "select 'table' from duckdb_tables() where table_name = $1 "
        "union all select 'view' from duckdb_views() where view_name = $1",
        [name],
    ).fetchall()
    for (kind,) in kinds:
        connection.execute(f"drop {kind} {name}")
