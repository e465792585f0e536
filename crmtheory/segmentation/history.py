"""From purchase days to one row a customer: first and last day, number of days, total amount, silence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError
from crmtheory.numerics import Array


def by_customer(purchases: pd.DataFrame, end: Any) -> pd.DataFrame:
    """One row a customer, sorted by id, counting purchases up to and including `end`.

    Parameters
    ----------
    purchases : the customer in the first column, then date and perhaps amount; several rows of one day are one purchase
        day

    Returns
    -------
    frame by customer: days (with a purchase), first, last, silence (days from the last purchase to `end`), total
    (missing without amounts)
    """
    if not isinstance(purchases, pd.DataFrame) or "date" not in purchases.columns[1:]:
        raise SchemaError(
            "Purchases need the customer in the first column and a column date. Take them from log.purchases()."
        )
    customer = purchases.columns[0]
    last_day = pd.to_datetime(end, errors="coerce")
    if not isinstance(last_day, pd.Timestamp):
        raise SchemaError(f"end must be a date such as 2024-12-31, not {end!r}.")
    last_day = last_day.normalize()
    dates = pd.to_datetime(purchases["date"]).dt.normalize()
    missing = (dates.isna() | purchases[customer].isna()).to_numpy()
    if missing.any():
        raise SchemaError(
            f"{missing.sum():,} of {len(purchases):,} purchases have no date or no customer, first row "
            f"{int(missing.argmax()) + 1}. Take them from log.purchases(), which sets such rows aside."
        )
    inside = (dates <= last_day).to_numpy()
    if not inside.any():
        raise DomainError(f"There is no purchase up to {last_day.date()}. Give a later end.")
    code, ids = pd.factorize(purchases[customer][inside], sort=True)
    day = dates[inside].to_numpy().astype("datetime64[D]").astype(np.int64)
    # "amount" as it is: all missing for a log read without amounts
    amount = (purchases["amount"] if "amount" in purchases else pd.Series(np.nan, purchases.index))[
        inside
    ].to_numpy(float)
    return _summed(code, day, amount, pd.Index(ids, name=customer), last_day)


def _summed(code: Array, day: Array, amount: Array, ids: pd.Index, last_day: pd.Timestamp) -> pd.DataFrame:
    """Sums over rows that stand, or are put, in the order of customer, day and amount: no grouping is needed then."""
    order = (np.diff(code) > 0) | ((np.diff(code) == 0) & (np.diff(day) > 0))
    if not order.all():  # amounts too, so that sums do not hang on the order of the rows
        place = np.lexsort((amount, day, code))
        code, day, amount = code[place], day[place], amount[place]
    changes = np.r_[True, np.diff(code) != 0]
    starts, ends = np.flatnonzero(changes), np.r_[np.flatnonzero(changes)[1:], len(code)] - 1
    known = ~np.isnan(amount)
    total = np.add.reduceat(np.where(known, amount, 0.0), starts)
    moments = day.astype("datetime64[D]")
    table = pd.DataFrame(
        {
            "days": np.add.reduceat((changes | np.r_[True, np.diff(day) != 0]).astype(np.int64), starts),
            "first": pd.to_datetime(moments[starts]),
            "last": pd.to_datetime(moments[ends]),
        },
        index=ids,
    )
    table["silence"] = (last_day - table["last"]).dt.days
    return table.assign(total=np.where(np.add.reduceat(known.astype(int), starts) > 0, total, np.nan))
