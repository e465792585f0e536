"""From a clean log to days and a report, the same for every engine.

An engine keeps frames under names (`log`, `days`, `early`); what is counted is said once, in
`crmtheory.transactions.days`.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import narwhals as nw
import pandas as pd

from crmtheory.schema import broken
from crmtheory.transactions import days as expressions
from crmtheory.transactions.aside import REFUND
from crmtheory.transactions.calendar import EPOCH, iso
from crmtheory.transactions.money import PLACES, money
from crmtheory.transactions.policies import Policies
from crmtheory.transactions.report import Report
from crmtheory.transactions.summary import people

LONELY = 0.01  # a share of rows
GAP = 400  # days


class Engine(Protocol):
    """Where the log is: it keeps frames and runs expressions on them."""

    def question(self) -> Engine:
        """The same frames for one question, so that questions do not disturb each other."""

    def frame(self, name: str) -> nw.LazyFrame:
        """A frame that was kept."""

    def keep(self, name: str, frame: nw.LazyFrame) -> None:
        """Compute a frame and keep it under a name."""

    def bring(self, frame: pd.DataFrame) -> nw.LazyFrame:
        """A small table, brought to where the log is."""

    def in_units(self, scale: float, wide: bool) -> nw.LazyFrame:
        """The frame `log` with `money`, the amount in whole units, in the place of `amount`."""

    def periods(self, number: int) -> nw.LazyFrame:
        """A frame of the numbers 1, 2, … of periods, in the column `period`."""


@dataclass(frozen=True)
class Opened:
    """What was opened, before anything was counted.

    `set_aside` has the number of rows for each reason; `refunded` is the money of refunds among them, negative.
    """

    name: str
    sha256: str | None
    encoding: str | None
    set_aside: tuple[tuple[str, int], ...]
    refunded: float
    converted: int


@dataclass(frozen=True)
class Counted:
    """A log that was counted.

    `scale` units of money make 1; `netting` says whether refunds were taken off; `begins` is the day of the first
    purchase; `rejected` gives the rows that were set aside.
    """

    engine: Engine
    report: Report
    scale: float
    netting: bool
    begins: int
    rejected: Callable[[], pd.DataFrame]


def count(
    engine: Engine,
    opened: Opened,
    found: Mapping[str, Any],
    wanted: Mapping[str, str],
    policies: Policies,
    rejected: Callable[[], pd.DataFrame],
) -> Counted:
    """Count a clean log by customer and day.

    Parameters
    ----------
    engine : keeps `log`: customer, day, amount, invoice (if refunds are matched by it), nothing missing
    opened : what it was made from
    found : what `days.checks` counted in it
    wanted : role → column as the source names it
    policies : the choices of the analyst
    rejected : gives the rows that were set aside

    Raises
    ------
    SchemaError : no purchase is left; several rows a day where that is an error; rows far away from all others
    """
    if not found["fits_2"]:
        found = {**found, **row(expressions.checks(engine.frame("log"), PLACES))}
    unit = money(found)
    netting = bool(found["negative"]) and policies.refunds in {"net", "invoice"}
    sold = engine.in_units(unit.scale, unit.wide)
    used, moved = int(found["rows"]), 0
    refunds, refunded = dict(opened.set_aside).get(REFUND, 0), opened.refunded
    if found["negative"]:
        backs = row(sold.filter(nw.col("money") < 0).select(nw.len().alias("rows"), nw.col("money").sum()))
        refunds, refunded = backs["rows"], float(backs["money"]) / unit.scale
    if netting and policies.refunds == "invoice":
        sold = expressions.on_original(sold)
        moved = row(sold.select(nw.col("moved").sum()))["moved"]
    engine.keep("days", expressions.customer_days(sold, netting))
    days = engine.frame("days")
    if netting:
        engine.keep("early", expressions.early_days(days))
    total = row(expressions.totals(days, netting))
    if not total["purchase_days"]:
        raise _no_purchase(wanted, refunds, used)
    if netting and total["money"] < 0 and 2 * refunds > used:
        raise _more_refunded(wanted, refunds, used, float(total["money"]) / unit.scale)
    engine.keep("people", people(days, netting))
    first = row(engine.frame("people").select(nw.len().alias("number"), nw.col("first").min()))
    if policies.same_day == "error" and used > total["days"]:
        raise _same_day(wanted, used - total["days"], used)
    _refuse_lonely(days, int(total["days"]), wanted, policies)
    strange = {"unmatched": 0, "unmatched_money": 0, "never": 0}
    if netting:
        strange = row(expressions.strangers(days, engine.frame("early")))
    spent = "amount" in wanted
    report = Report(
        source=opened.name,
        sha256=opened.sha256,
        encoding=opened.encoding,
        rows=used + sum(number for _, number in opened.set_aside),
        rows_used=used,
        set_aside=opened.set_aside,
        customers=int(first["number"]),
        customers_without_purchase=int(strange["never"] or 0),
        first_date=EPOCH + dt.timedelta(int(total["first"])),
        last_date=EPOCH + dt.timedelta(int(total["last"])),
        purchase_days=int(total["purchase_days"]),
        merged=int(used - total["days"]),
        refunds=refunds,
        refund_amount=abs(refunded),
        refunds_moved=int(moved or 0),
        refunds_unmatched=int(strange["unmatched"] or 0),
        refunds_unmatched_amount=abs(float(strange["unmatched_money"] or 0)) / unit.scale,
        fully_cancelled_days=int(total.get("cancelled_days") or 0),
        zero_amounts=int(found["zero"]) if spent else 0,
        revenue=float(total["money"]) / unit.scale if spent else math.nan,
        timezone_converted=opened.converted,
        policies=tuple(policies.changed().items()),
    )
    return Counted(engine, report, unit.scale, netting, int(first["first"]), rejected)


def fetched(frame: nw.LazyFrame) -> pd.DataFrame:
    """The rows of a frame, in pandas.

    >>> fetched(nw.from_native(pd.DataFrame({"n": [3]})).lazy())
       n
    0  3
    """
    return frame.collect(backend="pyarrow").to_native().to_pandas()


def row(frame: nw.LazyFrame) -> dict[str, Any]:
    """The only row of a frame.

    >>> row(nw.from_native(pd.DataFrame({"n": [3]})).lazy())
    {'n': 3}
    """
    return frame.collect(backend="pyarrow").to_native().to_pylist()[0]


def _no_purchase(wanted: Mapping[str, str], negative: int, rows: int) -> Exception:
    sentence = (
        f"{negative:,} of {rows:,} rows are negative, and no purchase is left. If the sign is turned round in this "
        "log, multiply the amounts by -1."
    )
    return broken("transactions", [(wanted["amount"], sentence)])


def _more_refunded(wanted: Mapping[str, str], refunds: int, rows: int, money: float) -> Exception:
    sentence = (
        f"{refunds:,} of {rows:,} rows are negative, and more was given back than was bought: {money:,.2f} in all. If "
        'the sign is turned round in this log, multiply the amounts by -1; if it is right, pass refunds="drop" or '
        'refunds="keep".'
    )
    return broken("transactions", [(wanted["amount"], sentence)])


def _same_day(wanted: Mapping[str, str], merged: int, rows: int) -> Exception:
    sentence = (
        f"{merged:,} of {rows:,} rows {'falls' if merged == 1 else 'fall'} on a day on which the same customer has "
        'another row. Pass same_day="merge" to add them up.'
    )
    return broken("transactions", [(wanted["date"], sentence)])


def _refuse_lonely(days: nw.LazyFrame, number: int, wanted: Mapping[str, str], policies: Policies) -> None:
    """Refuse a log of which a few rows lie years away from all others: a slip in the year moves the end of the log."""
    per_day = days.group_by("day").agg(nw.len().alias("rows")).sort("day")
    table = fetched(per_day)
    gaps = table["day"].diff()
    before = table["rows"].cumsum().shift(fill_value=0)
    for place in gaps.index[gaps > GAP]:
        early, late = int(before[place]), number - int(before[place])
        left, right = int(table["day"][place - 1]), int(table["day"][place])
        if late <= LONELY * number and policies.latest is None:
            where, pass_on = (
                "after",
                f'latest="{iso(left)}" to set them aside, or latest="{iso(table["day"].iloc[-1])}"',
            )
            lonely, alone = late, right
        elif early <= LONELY * number and policies.earliest is None:
            where, lonely, alone = "before", early, left
            pass_on = f'earliest="{iso(right)}" to set them aside, or earliest="{iso(table["day"].iloc[0])}"'
        else:
            continue
        sentence = (
            f"{lonely:,} of {number:,} purchase days {'lies' if lonely == 1 else 'lie'} {right - left:,} days {where} "
            f"all others, first: {iso(alone)}. The usual cause is a slip in the year. Pass {pass_on} if they are right."
        )
        raise broken("transactions", [(wanted["date"], sentence)])
