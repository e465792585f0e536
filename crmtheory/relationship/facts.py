"""What is known of each relationship: how long, how often, how broad, how recent, and what it brought."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crmtheory.by_customer import shown
from crmtheory.errors import DomainError, SchemaError
from crmtheory.relationship.values import columns_there, day
from crmtheory.transactions import Transactions


def facts(
    log: Transactions,
    lines: pd.DataFrame | None = None,
    *,
    product: str = "stock_code",
    contacts: pd.DataFrame | None = None,
    recent: int = 180,
) -> pd.DataFrame:
    """One row a customer of a sales log: what `kinds_of_relationship` asks for, and more.

    Parameters
    ----------
    log : as `transactions.read` gives it
    lines : what was bought, the customer in a column of the log's name; product : its column of products or categories
    contacts : other contacts (calls, visits, messages): the customer in a column of the log's name, and `date`
    recent : days before the end of the log in which contacts are counted

    Returns
    -------
    frame by customer: first, last (purchase), tenure (days from first to last), purchases (days with one), months
    (active: calendar months with one), elapsed (calendar months from first to last, both counted), contacts (purchase
    days and other contacts in the last `recent` days), since (days from the last purchase to the end of the log),
    revenue (net; missing without amounts), and with `lines` breadth (different products; missing for customers who are
    not in the lines)

    Raises
    ------
    SchemaError : no log, columns that are not there, or a table with none of the customers of the log

    >>> from crmtheory.transactions import read
    >>> days = ["2024-01-05", "2024-03-15", "2024-03-31"]
    >>> sales = pd.DataFrame({"customer": [7, 7, 8], "date": days, "amount": 20.0})
    >>> facts(read(sales))[["tenure", "purchases", "months", "elapsed", "contacts"]].to_numpy().tolist()
    [[70, 2, 2, 3, 2], [0, 1, 1, 1, 1]]
    """
    if not isinstance(log, Transactions):
        raise SchemaError(
            f"A log of sales was expected, as transactions.read gives it, not {type(log).__name__}."
        )
    end = pd.Timestamp(log.report.last_date)
    purchases = log.purchases()
    table = spans(purchases)
    start = end - pd.Timedelta(days=recent)
    dates = purchases["date"]
    table["contacts"] = _counted(purchases[log.customer][dates > start], table.index)
    if contacts is not None:
        _of_the_log(contacts, [log.customer, "date"], "Contacts", table.index)
        when = pd.to_datetime(contacts["date"], errors="coerce")
        inside = (when > start) & (when < end + pd.Timedelta(days=1))
        table["contacts"] += _counted(contacts[log.customer][inside], table.index)
    table["since"] = (end - table["last"]).dt.days
    table["revenue"] = log.revenue().reindex(table.index) if log.has_amount else np.nan
    if lines is not None:
        _of_the_log(lines, [log.customer, product], "Lines", table.index)
        table["breadth"] = lines.groupby(log.customer)[product].nunique().reindex(table.index)
    return table


def spans(purchases: pd.DataFrame, end: Any = None) -> pd.DataFrame:
    """Length and activity of each relationship, from purchase days.

    Parameters
    ----------
    purchases : the customer in the first column, then date (`log.purchases()`); several rows of a day are one purchase
    end : count elapsed months to this day instead of to the last purchase

    Returns
    -------
    frame by customer, sorted: first, last, tenure (days), purchases (days), months (active), elapsed (months)
    """
    if not isinstance(purchases, pd.DataFrame) or "date" not in purchases.columns[1:]:
        raise SchemaError(
            "Purchases need the customer in the first column and a column date. Take them from log.purchases()."
        )
    customer, dates = purchases.iloc[:, 0], pd.to_datetime(purchases["date"]).dt.normalize()
    missing = (dates.isna() | customer.isna()).to_numpy()
    if missing.any():
        raise SchemaError(
            f"{missing.sum():,} of {len(purchases):,} purchases have no date or no customer, first row "
            f"{int(missing.argmax()) + 1}. Take them from log.purchases(), which sets such rows aside."
        )
    if not len(purchases):
        raise DomainError("There is no purchase, so there is no relationship to look at.")
    month = dates.dt.year * 12 + dates.dt.month
    frame = pd.DataFrame({"customer": customer, "date": dates, "month": month})
    by = frame.groupby("customer")
    table = by.agg(
        first=("date", "min"),
        last=("date", "max"),
        purchases=("date", "nunique"),
        months=("month", "nunique"),
    )
    until = by["month"].max()
    if end is not None:
        stop = day(end, "end")
        late = (table["last"] > stop).to_numpy()
        if late.any():
            raise DomainError(
                f"{late.sum():,} of {len(table):,} customers bought after {stop.date()}, first "
                f"{shown(table.index[late][0])}. Give a later end."
            )
        until = pd.Series(stop.year * 12 + stop.month, table.index)
    table["tenure"] = (table["last"] - table["first"]).dt.days
    table["elapsed"] = until - by["month"].min() + 1
    names = ["first", "last", "tenure", "purchases", "months", "elapsed"]
    return table[names].rename_axis(index=purchases.columns[0])


def _counted(customers: pd.Series, index: pd.Index) -> pd.Series:
    return customers.value_counts().reindex(index, fill_value=0).astype(int)


def _of_the_log(table: pd.DataFrame, names: list[str], what: str, customers: pd.Index) -> None:
    """Refuse a table without these columns, and one in which no customer of the log is found."""
    columns_there(table, names, what)
    if len(table) and not table[names[0]].isin(customers).any():
        raise SchemaError(
            f"{what}: none of the {table[names[0]].nunique():,} customers is in the log, first "
            f"{shown(table[names[0]].iloc[0])}; the log has customers such as {shown(customers[0])}. Is this the same "
            "kind of id, a text in one and a number in the other?"
        )
