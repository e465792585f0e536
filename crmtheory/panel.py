"""Customers by periods: what each customer did in each stretch of time. Lifecycle and segmentation start from it.

The periods are of equal length and *end on the last day* of the log. So the last one is whole, and what is said of
today is not a guess from a few days. The first period may begin before the log does.

Notation: n customers, P periods, numbered from 0 in the arrays and from 1 in tables. A customer joins in the period of
the first purchase. Age counts the periods since then, silence those since the last purchase; both are 0 in the period
in question itself and −1 before the customer joined.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crmtheory.errors import DomainError, SchemaError
from crmtheory.numerics import Array
from crmtheory.transactions import Transactions
from crmtheory.transactions.calendar import EPOCH, day_number, iso
from crmtheory.transactions.summary import SIXTEENTHS, period_starts
from crmtheory.units import days_per

Whole = NDArray[np.int32]
NEVER = np.iinfo(np.int32).max  # joins after every period


@dataclass(frozen=True, repr=False, eq=False)
class Panel:
    """What n customers did in P periods. Made by `of` or `from_frame`; the arrays cannot be written to.

    Attributes
    ----------
    customers : index of the ids, (n,), sorted
    unit : length of a period in words, such as "quarter"
    starts, ends : first and last day of each period, (P,)
    known : period, from 0, of the first contact, (n,); that of the first purchase where no contacts were given
    joined : period, from 0, of the first purchase, (n,); `NEVER` for those who have not bought
    purchases : purchase days, (n, P)
    revenue : net revenue in money, (n, P); NaN in a log without amounts
    """

    customers: pd.Index
    unit: str
    starts: pd.DatetimeIndex
    ends: pd.DatetimeIndex
    known: Whole
    joined: Whole
    purchases: Whole
    revenue: Array

    def __post_init__(self) -> None:
        for array in (self.known, self.joined, self.purchases, self.revenue):
            array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.customers)

    def __repr__(self) -> str:
        return (
            f"Panel({len(self):,} customers × {self.periods} {self.unit}s, {self.starts[0]:%Y-%m-%d} to "
            f"{self.ends[-1]:%Y-%m-%d})"
        )

    @property
    def periods(self) -> int:
        return self.purchases.shape[1]

    @cached_property
    def age(self) -> Whole:
        """Periods since that of the first purchase, (n, P); −1 before."""
        age = np.arange(self.periods, dtype=np.int32) - self.joined[:, None]
        return _kept(np.maximum(age, -1, out=age))

    @cached_property
    def lived(self) -> NDArray[np.bool_]:
        """Whether each was a customer, lost or not, in each period, (n, P)."""
        return self.age >= 0

    @cached_property
    def silence(self) -> Whole:
        """Periods since the last purchase, (n, P): 0 when there was one in this period; −1 before the first."""
        silence = np.empty(self.purchases.shape, np.int32)
        so_far = np.full(len(self), -1, np.int32)
        for period in range(self.periods):  # column by column: few periods, many customers
            so_far = np.where(so_far >= 0, so_far + 1, so_far)
            so_far[self.purchases[:, period] > 0] = 0
            silence[:, period] = so_far
        return _kept(silence)

    def frame(self) -> pd.DataFrame:
        """A row for each period since the first contact: customer, period (from 1), age, purchases, revenue."""
        rows, columns = np.nonzero(np.arange(self.periods) >= self.known[:, None])
        return pd.DataFrame(
            {
                "customer": self.customers[rows],
                "period": columns + 1,
                "age": self.age[rows, columns],
                "purchases": self.purchases[rows, columns],
                "revenue": self.revenue[rows, columns],
            }
        )

    def with_contacts(self, contacts: pd.Series) -> Panel:
        """The same panel with prospects: people who were contacted, whether they have bought or not.

        Parameters
        ----------
        contacts : day of the first contact (dates or ISO text); the index is the customer id, as in the log

        Returns
        -------
        Panel
            of all customers and of those contacted by the end of the last period. Someone contacted before the first
            period is known from the first one on; a contact after the first purchase changes nothing.

        Raises
        ------
        SchemaError : an id stands there twice, or a day is none
        """
        days = pd.to_datetime(contacts, errors="coerce")
        if days.isna().any():
            first = contacts.index[days.isna()][0]
            raise SchemaError(
                f"{days.isna().sum():,} of {len(contacts):,} contacts have no day, first: {first}. Write days such as "
                "2024-03-31, or leave those rows out."
            )
        if contacts.index.has_duplicates:
            twice = contacts.index[contacts.index.duplicated()]
            raise SchemaError(
                f"{len(twice):,} contacts are of someone who stands there already, first: {twice[0]}. Keep the first "
                "contact of each: contacts.groupby(level=0).min()."
            )
        if len(contacts) and pd.api.types.is_numeric_dtype(contacts.index) != pd.api.types.is_numeric_dtype(
            self.customers
        ):
            kinds = [
                "numbers" if pd.api.types.is_numeric_dtype(i) else "text"
                for i in (self.customers, contacts.index)
            ]
            raise SchemaError(
                f"The customers of the log are {kinds[0]} and those of the contacts {kinds[1]}, first: "
                f"{contacts.index[0]!r}. Bring them to one form: tables.same_customers."
            )
        days = days.dt.normalize()  # a contact in the afternoon of the last day counts
        days = days[days <= self.ends[-1]]
        everybody = self.customers.union(days.index).rename(self.customers.name)
        place = everybody.get_indexer(self.customers)
        period = np.clip(np.searchsorted(self.starts, days.to_numpy(), side="right") - 1, 0, None)
        known = np.full(len(everybody), NEVER, np.int32)
        known[everybody.get_indexer(days.index)] = period
        known[place] = np.minimum(known[place], self.known)
        joined = np.full(len(everybody), NEVER, np.int32)
        joined[place] = self.joined
        purchases = np.zeros((len(everybody), self.periods), np.int32)
        purchases[place] = self.purchases
        revenue = np.zeros((len(everybody), self.periods))
        revenue[place] = self.revenue
        return Panel(everybody, self.unit, self.starts, self.ends, known, joined, purchases, revenue)


def of(log: Transactions, unit: str = "quarter", end: Any = None) -> Panel:
    """The panel of a log.

    Parameters
    ----------
    log : as `transactions.read` gives it
    unit : length of a period: "week", "month" (30.4375 days), "quarter" (91.3125) or "year" (365.25)
    end : last day of the last period, by default the last in the log

    Returns
    -------
    Panel
        Refunds count in the period in which they happened. Those before the period of the first purchase, of
        something bought before the log begins, are left out.

    Raises
    ------
    SchemaError : an unknown unit, a date that is none
    DomainError : fewer than two periods

    >>> from crmtheory.transactions import read
    >>> log = read(pd.DataFrame({"customer": [7, 7], "date": ["2024-01-20", "2024-03-15"], "amount": [20.0, 5.0]}))
    >>> panel = of(log, "month")
    >>> panel.purchases.tolist(), panel.starts.astype(str).tolist()
    ([[1, 1]], ['2024-01-15', '2024-02-15'])
    """
    length = round(days_per(unit) * SIXTEENTHS)
    first = day_number(log.report.first_date, "first")
    last = day_number(log.report.last_date if end is None else end, "end")
    number = max((last - first) * SIXTEENTHS // length + 1, 0)  # the fewest that reach back to the first day
    if number < 2:
        raise DomainError(
            f"From {iso(first)} to {iso(last)} there are not two {unit}s. Take shorter periods, or a longer log."
        )
    start = last + 1 - -(-number * length // SIXTEENTHS)  # so that the last period ends with `last`
    cells = log.panel(unit, end=iso(last), full=False, start=iso(start))
    days = np.array(period_starts(start, last, days_per(unit))) + np.datetime64(EPOCH, "D")
    return _panel(cells.rename(columns={log.customer: "customer"}), unit, days, log.customer)


def from_frame(frame: pd.DataFrame, unit: str = "period") -> Panel:
    """The panel of a table that was counted elsewhere.

    Parameters
    ----------
    frame : columns customer, period (1, 2, …), purchases and, if there is money, revenue; a row for each cell that is
        not empty
    unit : what a period is called

    Raises
    ------
    SchemaError : a column is missing, a cell stands there twice, numbers that are none

    >>> from_frame(pd.DataFrame({"customer": ["a", "a"], "period": [1, 3], "purchases": [2, 1]})).silence.tolist()
    [[0, 1, 0]]
    """
    missing = [name for name in ("customer", "period", "purchases") if name not in frame]
    if missing:
        raise SchemaError(
            f"The table has no column {', '.join(missing)}. It has: {', '.join(map(str, frame))}."
        )
    nobody = frame["customer"].isna()
    if nobody.any():
        raise SchemaError(
            f"{nobody.sum():,} of {len(frame):,} rows have no customer, first: {frame.index[nobody][0]}. Leave these "
            "rows out."
        )
    numbers = frame[["period", "purchases"]].apply(pd.to_numeric, errors="coerce")
    wrong = ~((numbers % 1 == 0).all(axis=1) & (numbers["period"] >= 1) & (numbers["purchases"] >= 0))
    if wrong.any():
        raise SchemaError(
            f"{wrong.sum():,} of {len(frame):,} rows have no whole period from 1 on or no whole number of purchases, "
            f"first: {frame.index[wrong][0]}."
        )
    twice = frame.duplicated(["customer", "period"])
    if twice.any():
        raise SchemaError(
            f"{twice.sum():,} of {len(frame):,} rows are of a customer and period that stand there already, first: "
            f"{frame.index[twice][0]}. Add them up before."
        )
    last = int(numbers["period"].max()) if len(frame) else 0
    if last < 2:
        raise DomainError("A panel needs at least two periods.")
    days = np.datetime64("2000-01-01", "D") + np.arange(
        last + 1
    )  # one day a period: nothing is known of real ones
    money = (
        pd.to_numeric(frame["revenue"], errors="coerce")
        if "revenue" in frame
        else pd.Series(np.nan, frame.index)
    )
    wrong = money.isna() | np.isinf(money)
    if "revenue" in frame and wrong.any() and not frame["revenue"].isna().all():
        raise SchemaError(
            f"{wrong.sum():,} of {len(frame):,} rows have no number as revenue, first: {frame.index[wrong][0]}. Write "
            "0 where nothing was paid."
        )
    cells = frame.assign(**numbers, revenue=money)
    return _panel(cells, unit, days, "customer")


def _panel(cells: pd.DataFrame, unit: str, days: NDArray[np.datetime64], name: str) -> Panel:
    rows, customers = pd.factorize(cells["customer"], sort=True)
    column = cells["period"].to_numpy(np.int64) - 1
    purchases = np.zeros((len(customers), len(days) - 1), np.int32)
    purchases[rows, column] = cells["purchases"]
    revenue = np.full(purchases.shape, np.nan) if cells["revenue"].isna().all() else np.zeros(purchases.shape)
    if not np.isnan(revenue).all():
        revenue[rows, column] = cells["revenue"]
    bought = purchases > 0
    joined = np.where(bought.any(axis=1), bought.argmax(axis=1), NEVER).astype(np.int32)
    index = pd.Index(customers, name=name)
    ends = pd.DatetimeIndex(days[1:] - np.timedelta64(1, "D"))
    return Panel(index, unit, pd.DatetimeIndex(days[:-1]), ends, joined.copy(), joined, purchases, revenue)


def _kept(array: Whole) -> Whole:
    array.flags.writeable = False
    return array
