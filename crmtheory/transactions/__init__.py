"""A log of purchases, read once and with care, and the table of customers it becomes.

A log has one row per purchase: who, on which day, for how much. What a model needs is one row per customer:

======  ==========================================================================  ==============
symbol  meaning                                                                     unit
======  ==========================================================================  ==============
x       repeat purchase days: days with a purchase, after the first                 count
t_x     age at the last of them (0 when x = 0)                                      unit of time
T       age at the end of the observation, counted from the first purchase          unit of time
m       mean net spend of the repeat purchase days (missing when there is none)      money
======  ==========================================================================  ==============

The day is the unit of purchase: several rows of one customer and day are added up. Every row that is merged,
netted or left out is counted in the report.

Refunds are rows with a negative amount. A day whose purchases are cancelled in full is no purchase day. Money
given back later belongs to the customer's latest earlier purchase day and lowers the spend of the period in
which the refund happened, so that nothing leaks back from the holdout. A refund of the first purchase never
touches m.

References
----------
Fader, P. S., B. G. S. Hardie & K. L. Lee (2005), "Counting your customers" the easy way: an alternative to
the Pareto/NBD model, Marketing Science 24, 275–284 (x, t_x, T).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd

from crmtheory.errors import DomainError
from crmtheory.transactions import summary as expressions
from crmtheory.transactions.calendar import EPOCH, day_number, iso
from crmtheory.transactions.reading import read_log
from crmtheory.transactions.report import Report
from crmtheory.units import days_per

__all__ = ["Report", "Transactions", "read"]


def read(
    source: Any,
    customer: str = "customer",
    date: str = "date",
    amount: str | None = "amount",
    *,
    dayfirst: bool | None = None,
    missing_customer: str = "error",
    refunds: str = "net",
    timezone: str | None = None,
) -> Transactions:
    """Read a log of purchases, check every row, and count it by customer and day.

    Parameters
    ----------
    source
        path of a CSV file (comma, semicolon or tab; also .csv.gz) or a Parquet file, or a DataFrame (pandas,
        Polars, pyarrow table). Only the three columns are read. The source is not changed.
    customer
        the column of customer ids. Integers stay integers. Ids in a CSV become integers when all of them are
        written as integers, without leading zero or plus sign; otherwise they stay text (00123 stays 00123).
    date
        the column of dates or timestamps: 2010-12-31, 2010/12/31, 20101231, 31/12/2010 (also with - or .),
        with or without a time of day; one form for the whole column
    amount
        the column of amounts, negative for refunds; None for a log without spend (then m is missing)
    dayfirst
        for dates such as 1/2/2010: True (1 February), False (January 2), None to let the column show it
    missing_customer
        what to do with rows without a customer id: "error", or "drop" (they are counted)
    refunds
        "net" (take refunds off what was bought, see the top of this page) or "drop" (leave negative rows out;
        they are counted)
    timezone
        for timestamps with an offset from UTC: the zone in which the day is taken, such as "Europe/London".
        Timestamps without an offset are local already and stay as they are.

    Raises
    ------
    SchemaError : all broken rules at once, each with its rows, its first offender and the next step

    >>> log = read(pd.DataFrame({"customer": [7, 7, 8], "date": ["2024-01-01", "2024-01-15", "2024-01-03"],
    ...                          "amount": [20.0, 35.5, 12.0]}))
    >>> log
    Transactions(DataFrame: 3 rows, 2 customers, 3 purchase days, 2024-01-01 to 2024-01-15)
    >>> log.summary(unit="week")
              x  t_x         T     m
    customer
    7         1  2.0  2.000000  35.5
    8         0  0.0  1.714286   NaN
    """
    wanted = {"customer": customer, "date": date} | ({} if amount is None else {"amount": amount})
    log = read_log(
        source,
        wanted,
        dayfirst=dayfirst,
        missing_customer=missing_customer,
        refunds=refunds,
        timezone=timezone,
    )
    return Transactions(log.report, customer, amount is not None, log.connection, log.scale)


@dataclass(frozen=True, repr=False, eq=False)
class Transactions:
    """A log that was read and checked. Made by `read`; every method leaves it as it is.

    `report` says what was read; `customer` is the name of the customers' index; `has_amount` is False for a
    log without spend.
    """

    report: Report
    customer: str
    has_amount: bool
    _connection: duckdb.DuckDBPyConnection = field(repr=False)
    _scale: float = field(repr=False)

    def __repr__(self) -> str:
        r = self.report
        return (
            f"Transactions({r.source}: {r.rows:,} rows, {r.customers:,} customers, "
            f"{r.purchase_days:,} purchase days, {r.first_date} to {r.last_date})"
        )

    def summary(
        self, unit: str = "week", calibration_end: Any = None, observation_end: Any = None
    ) -> pd.DataFrame:
        """One row per customer: what the attrition and spend models are fitted to.

        Parameters
        ----------
        unit
            unit of t_x, T and T_holdout: "day", "week", "month" (30.4375 days) or "year" (365.25 days)
        calibration_end
            last day of the calibration (ISO text or date); later days become the holdout
        observation_end
            last day on which customers were watched; by default the last day in the log

        Returns
        -------
        frame
            Customers with a purchase by the end of the calibration: x (int), t_x, T (in `unit`), m (money,
            missing without repeat spend); with `calibration_end` also x_holdout (int), m_holdout, T_holdout.
            The index is the customer id, sorted; `attrs` holds unit, calibration_end and observation_end.
            Money refunded on a later day than that of the purchase can make m zero or negative.

        Raises
        ------
        SchemaError : a date that is none, an unknown unit
        DomainError : a period without purchases, a calibration that leaves no holdout
        """
        per = days_per(unit)
        until = self._last if observation_end is None else day_number(observation_end, "observation_end")
        end = until if calibration_end is None else day_number(calibration_end, "calibration_end")
        name = "observation_end" if calibration_end is None else "calibration_end"
        if calibration_end is not None and end >= until:
            raise DomainError(
                f"calibration_end, {iso(end)}, leaves no holdout: it must lie before observation_end, "
                f"{iso(until)}. {self._period}"
            )
        frame = self._collect(expressions.per_customer(self._days, self._scale, end, until, per))
        if frame.empty:
            raise DomainError(f"{name}, {iso(end)}, lies before the first purchase. {self._period}")
        frame = frame.assign(T_holdout=(until - end) / per)
        if not self.has_amount:
            frame[["m", "m_holdout"]] = np.nan
        if calibration_end is None:
            frame = frame[["x", "t_x", "T", "m"]]
        frame.attrs = {
            "unit": unit.lower().removesuffix("s"),
            "calibration_end": None if calibration_end is None else iso(end),
            "observation_end": iso(until),
        }
        return frame

    def revenue(self, start: Any = None, end: Any = None) -> pd.Series:
        """Net revenue of each customer who ever bought, from `start` to `end` (both included; the whole log).

        Refunds count on the day they happened. Refunds to people without any purchase in the log are in
        `report.revenue` but not here.

        Raises
        ------
        SchemaError : a date that is none
        DomainError : a log without amounts, or `start` after `end`
        """
        if not self.has_amount:
            raise DomainError("This log was read with amount=None: there is no revenue in it.")
        first = self._first if start is None else day_number(start, "start")
        last = self._last if end is None else day_number(end, "end")
        if first > last:
            raise DomainError(f"The period from {iso(first)} to {iso(last)} has no day. {self._period}")
        return self._collect(expressions.revenue(self._days, self._scale, first, last))["revenue"]

    def purchases(self) -> pd.DataFrame:
        """Every purchase day of every customer, by customer and date.

        Returns
        -------
        frame
            the customer column (under its own name), date, number (1 = first purchase), amount (net of that
            day; missing without amounts)
        """
        table = self._collect(expressions.purchases(self._days, self._scale)).reset_index()
        if not self.has_amount:
            table["amount"] = np.nan
        return table.assign(date=table["date"].to_numpy().astype("datetime64[D]").astype("datetime64[ns]"))

    def purchases_by_period(
        self, unit: str = "week", end: Any = None, joined_until: Any = None
    ) -> pd.DataFrame:
        """First and repeat purchases and net revenue, period by period from the first day in the log.

        Parameters
        ----------
        unit
            length of a period. Months have 30.4375 days and years 365.25: all of one length (to a day), not
            those of the calendar.
        end
            last day counted, by default the last in the log
        joined_until
            count only customers whose first purchase was on this day or earlier; by default every row

        Returns
        -------
        frame
            index `period` 1, 2, …: start, end (days), first_purchases, repeat_purchases (purchase days),
            revenue (money, missing without amounts), complete (False when it ends after the last day counted)

        Raises
        ------
        SchemaError : a date that is none, an unknown unit
        DomainError : `end` lies before the log
        """
        per = days_per(unit)
        last = self._last if end is None else day_number(end, "end")
        if last < self._first:
            raise DomainError(f"end, {iso(last)}, lies before the first day. {self._period}")
        joined = None if joined_until is None else day_number(joined_until, "joined_until")
        starts = np.array(expressions.period_starts(self._first, last, per))
        periods = pd.RangeIndex(1, len(starts), name="period")
        frame = pd.DataFrame(
            {"start": starts[:-1].astype("datetime64[D]"), "end": (starts[1:] - 1).astype("datetime64[D]")},
            periods,
        )
        counted = self._collect(
            expressions.per_period(self._days, self._scale, self._first, last, joined, per), "period"
        )
        counted = counted.reindex(periods, fill_value=0)
        if not self.has_amount:
            counted["revenue"] = np.nan
        return frame.join(counted).assign(complete=starts[1:] - 1 <= last)

    @property
    def days(self) -> int:
        """Length of the log: days from the first to the last."""
        return self._last - self._first

    @property
    def half(self) -> str:
        """The day in the middle of the log (ISO), where a calibration period may end."""
        return self.day_at(0.5)

    def day_at(self, share: float) -> str:
        """The day (ISO) at a share of the log's length: 0 is the first day, 1 the last."""
        return iso(self._first + int(self.days * share))

    def time_until(self, day: Any, unit: str = "week") -> float:
        """Time from the first day of the log to `day`, in `unit`."""
        return (day_number(day, "day") - self._first) / days_per(unit)

    @property
    def _days(self) -> nw.LazyFrame:
        # A cursor of its own for each question, so that no question can disturb the answer to another.
        return nw.from_native(self._connection.cursor().table("days"))

    @property
    def _first(self) -> int:
        return (self.report.first_date - EPOCH).days

    @property
    def _last(self) -> int:
        return (self.report.last_date - EPOCH).days

    @property
    def _period(self) -> str:
        return f"The log runs from {self.report.first_date} to {self.report.last_date}."

    def _collect(self, frame: nw.LazyFrame, key: str = "customer") -> pd.DataFrame:
        table = frame.collect(backend="pandas").to_native().set_index(key)
        return table.rename_axis(index=self.customer) if key == "customer" else table
