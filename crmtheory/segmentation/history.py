"""From purchase days to one row a customer: first and last day, number of days, total amount, silence."""

from __future__ import annotations

from typing import Any

import pandas as pd

from crmtheory.errors import DomainError, SchemaError


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
    # "amount" as it is: all missing for a log read without amounts
    amount = purchases["amount"] if "amount" in purchases else pd.Series(float("nan"), purchases.index)
    kept = pd.DataFrame({"customer": purchases[customer], "date": dates, "amount": amount.astype(float)})[
        inside
    ].sort_values(["customer", "date", "amount"])
    whole = kept.groupby("customer", sort=True)
    of_day = kept.drop_duplicates(["customer", "date"]).groupby("customer", sort=True)
    table = pd.DataFrame({"days": of_day.size(), "first": whole["date"].min(), "last": whole["date"].max()})
    table["silence"] = (last_day - table["last"]).dt.days
    table["total"] = whole["amount"].sum(min_count=1)
    return table.rename_axis(customer)
