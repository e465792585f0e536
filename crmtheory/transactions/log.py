"""A log that was read: the questions that can be put to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from crmtheory.errors import DomainError
from crmtheory.transactions import summary as expressions
from crmtheory.transactions.calendar import EPOCH, day_number, iso
from crmtheory.transactions.counting import Counted, Engine, fetched
from crmtheory.transactions.report import Report
from crmtheory.transactions.span import Span, span
from crmtheory.units import days_per


@dataclass(frozen=True, repr=False, eq=False)
class Transactions:
    """A log that was read and checked. Made by `read`; every method leaves it as it is. `report` says what was read;
    `customer` is the name of the customers' index; `has_amount` is False for a log without spend.
    """

    report: Report
    customer: str
    has_amount: bool
    _log: Counted = field(repr=False)

    def __repr__(self) -> str:
        r = self.report
        return (
            f"Transactions({r.source}: {r.rows:,} rows, {r.customers:,} customers, "
            f"{r.purchase_days:,} purchase days, {r.first_date} to {r.last_date})"
        )

    @property
    def rejected(self) -> pd.DataFrame:
        """The rows that were set aside: file (when there are several), line of a CSV or row (from 1; neither with
        Spark), reason, and the columns that were read, as they stand in the source. Empty when there are none.
        """
        return self._log.rejected()

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
        asked = self._span(unit, calibration_end, observation_end)
        frame = self._collect(self._customers(self._ask(), asked).sort("customer"))
        if calibration_end is not None:
            frame = frame.assign(T_holdout=(asked.until - asked.end) / asked.per)
        if not self.has_amount:
            frame = frame.assign(**{name: np.nan for name in frame if name.startswith("m")})
        frame.attrs = asked.attrs()
        return frame

    def histories(
        self, unit: str = "week", calibration_end: Any = None, observation_end: Any = None
    ) -> pd.DataFrame:
        """The distinct x, t_x, T, and how many customers have each: all that an attrition model needs to be fitted.

        Counted where the log is, so that few rows come back however many customers there are:
        ``ParetoNBD().fit(log.histories(), weights="customers")`` is the fit to the summary.

        Returns
        -------
        frame
            x (int), t_x, T (in `unit`), customers (int), by x, t_x, T; `attrs` as in `summary`
        """
        asked = self._span(unit, calibration_end, observation_end)
        customers = self._customers(self._ask(), asked)
        frame = fetched(expressions.histories(customers))
        frame.attrs = asked.attrs()
        return frame

    def scored(
        self,
        table: pd.DataFrame,
        unit: str = "week",
        calibration_end: Any = None,
        observation_end: Any = None,
    ) -> Any:
        """Every customer with the columns of a table of histories: a join where the log is.

        Parameters
        ----------
        table
            as `histories` gives it for the same unit and dates, with columns added, such as p_alive
        unit, calibration_end, observation_end
            as in `summary`

        Returns
        -------
        frame
            a DuckDB relation or a Spark DataFrame, not collected: customer, x, t_x, T, m and the added columns; write
            it with ``.write_parquet(path)`` or ``.write.parquet(path)``
        """
        asked = self._span(unit, calibration_end, observation_end)
        engine = self._ask()
        history = ["x", "t_x", "T"]
        brought = engine.bring(table[[*history, *(c for c in table if c not in {*history, "customers"})]])
        customers = self._customers(engine, asked)
        return nw.to_native(customers.join(brought, on=history, how="left"))

    def panel(
        self, unit: str = "month", end: Any = None, full: bool = True, start: Any = None
    ) -> pd.DataFrame:
        """What each customer did in each period since the one of the first purchase.

        Parameters
        ----------
        unit
            length of a period, see `purchases_by_period`
        start, end
            first day of period 1 and last day counted, by default the first and the last day of the log
        full
            True: a row for every period since the first purchase. False: only periods with a purchase or a refund.

        Returns
        -------
        frame
            by the customer column (under its own name) and period (1, 2, …): age (periods since that of the first
            purchase), purchases (days), revenue (net, without refunds of earlier periods; missing without amounts)

        Raises
        ------
        SchemaError : a date that is none, an unknown unit
        DomainError : `end` lies before the log, `start` after its first day

        >>> from crmtheory.transactions import read
        >>> log = read(pd.DataFrame({"customer": [7, 7], "date": ["2024-01-01", "2024-03-15"], "amount": [20.0, 5.0]}))
        >>> log.panel("month")
           customer  period  age  purchases  revenue
        0         7       1    0          1     20.0
        1         7       2    1          0      0.0
        2         7       3    2          1      5.0
        """
        per, last = days_per(unit), self._until(end)
        first = self._first if start is None else day_number(start, "start")
        if first > self._first:
            raise DomainError(f"start, {iso(first)}, must not lie after the first day. {self._period}")
        engine = self._ask()
        periods = engine.periods(len(expressions.period_starts(first, last, per)) - 1) if full else None
        cells = expressions.panel(
            engine.frame("days"), engine.frame("people"), self._log.scale, first, last, per, periods
        )
        table = fetched(cells).rename(columns={"customer": self.customer})
        return table if self.has_amount else table.assign(revenue=np.nan)

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
        engine = self._ask()
        return self._collect(
            expressions.revenue(engine.frame("days"), engine.frame("people"), self._log.scale, first, last)
        )["revenue"]

    def purchases(self) -> pd.DataFrame:
        """Every purchase day of every customer, by customer and date.

        Returns
        -------
        frame
            the customer column (under its own name), date, number (1 = first), amount (net; missing without amounts)
        """
        table = self._collect(expressions.purchases(self._ask().frame("days"), self._log.scale)).reset_index()
        table = table.assign(date=table["date"].to_numpy().astype("datetime64[D]").astype("datetime64[ns]"))
        return table if self.has_amount else table.assign(amount=np.nan)

    def purchases_by_period(
        self, unit: str = "week", end: Any = None, joined_until: Any = None
    ) -> pd.DataFrame:
        """First and repeat purchases and net revenue, period by period from the first day in the log.

        Parameters
        ----------
        unit
            length of a period: all of one length (to a day), a month of 30.4375 days, not those of the calendar
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
        per, last = days_per(unit), self._until(end)
        joined = None if joined_until is None else day_number(joined_until, "joined_until")
        starts = np.array(expressions.period_starts(self._first, last, per))
        periods = pd.RangeIndex(1, len(starts), name="period")
        frame = pd.DataFrame(
            {"start": starts[:-1].astype("datetime64[D]"), "end": (starts[1:] - 1).astype("datetime64[D]")},
            periods,
        )
        engine = self._ask()
        days, people = engine.frame("days"), engine.frame("people")
        counts = expressions.per_period(days, people, self._log.scale, self._first, last, joined, per)
        counted = self._collect(counts, "period").reindex(periods, fill_value=0)
        table = frame.join(counted).assign(complete=starts[1:] - 1 <= last)
        return table if self.has_amount else table.assign(revenue=np.nan)

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

    def _span(self, unit: str, calibration_end: Any, observation_end: Any) -> Span:
        return span(unit, calibration_end, observation_end, self._log.begins, self._last, self._period)

    def _until(self, end: Any) -> int:
        last = self._last if end is None else day_number(end, "end")
        if last < self._first:
            raise DomainError(f"end, {iso(last)}, lies before the first day. {self._period}")
        return last

    def _ask(self) -> Engine:
        return self._log.engine.question()

    def _customers(self, engine: Engine, asked: Span) -> nw.LazyFrame:
        days, netting, end, until = engine.frame("days"), self._log.netting, asked.end, asked.until
        seen = engine.frame("people") if end >= self._last else expressions.people(days, netting, end)
        later = days.filter((nw.col("day") > end) & (nw.col("day") <= until)) if until > end else None
        early = engine.frame("early") if netting else None
        return expressions.per_customer(seen, early, later, self._log.scale, end, until, asked.per)

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
        table = fetched(frame).set_index(key)
        return table.rename_axis(index=self.customer) if key == "customer" else table
