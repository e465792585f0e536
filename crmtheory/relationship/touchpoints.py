"""Touchpoints (接触点): who has not heard from us for long, and where people buy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from crmtheory.by_customer import one_each, shown
from crmtheory.errors import DomainError, SchemaError
from crmtheory.numerics import Array
from crmtheory.relationship.tenure import band_names
from crmtheory.relationship.values import columns_there, day, matched

NEVER = "never"


def contact_gaps(
    last_contact: pd.Series,
    at: Any,
    bands: Sequence[float] = (30, 90, 180, 365),
    value: pd.Series | None = None,
) -> pd.DataFrame:
    """How many customers had their last contact how long ago. All customers are counted, so there is no interval.

    Parameters
    ----------
    last_contact : date of the last contact or purchase of each customer; missing for nobody ever contacted
    at : the day from which it is counted back
    bands : days at which a band ends, rising
    value : money of each customer, such as past revenue or CLV

    Returns
    -------
    frame, index band ("up to 30 days", …, "over 365 days", "never"): customers, share, value, value_share (missing
    without `value`, the share also when the total is not positive)

    Raises
    ------
    SchemaError : contacts after `at`, values that are no dates, customers twice or without a value

    >>> last = pd.Series(["2024-03-30", "2024-01-02", None], ["a", "b", "c"])
    >>> contact_gaps(last, "2024-03-31", bands=(30, 90))["customers"].to_dict()
    {'up to 30 days': 1, '31 to 90 days': 1, 'over 90 days': 0, 'never': 1}
    """
    names = [*band_names(bands), NEVER]
    gap, _ = _gaps(last_contact, at)
    known = ~np.isnan(gap)
    code = np.full(len(gap), len(names) - 1)
    code[known] = np.searchsorted(np.asarray(bands, float), gap[known], side="left")
    n = np.bincount(code, minlength=len(names))
    money, part = np.full(len(names), np.nan), np.full(len(names), np.nan)
    if value is not None:
        v = matched(last_contact.index, value, "value").to_numpy()
        order = np.lexsort((v, code))
        money = np.bincount(code[order], v[order], len(names))
        part = money / money.sum() if money.sum() > 0 else part
    table = {"customers": n, "share": n / len(gap), "value": money, "value_share": part}
    return pd.DataFrame(table, index=pd.Index(names, name="band"))


def silent_list(
    last_contact: pd.Series, at: Any, days: int = 180, value: pd.Series | None = None
) -> pd.DataFrame:
    """The customers without contact for more than so many days, the most valuable first: a list to be worked through.

    Returns
    -------
    frame by customer: last (date), days (since; missing for nobody ever contacted), value (missing without `value`).
    Of equal value the longer silent comes first, and those never contacted before them.

    >>> last = pd.Series(["2024-03-30", "2024-01-02", "2023-01-02"], ["甲", "乙", "丙"])
    >>> silent_list(last, "2024-03-31", days=60, value=pd.Series([9.0, 5.0, 7.0], list("甲乙丙"))).index.tolist()
    ['丙', '乙']
    """
    if not days >= 0:
        raise DomainError(f"days is a number from 0 on, not {days}.")
    gap, last = _gaps(last_contact, at)
    money = matched(last_contact.index, value, "value") if value is not None else np.nan
    table = pd.DataFrame({"last": last, "days": gap, "value": money}, last_contact.index)
    silent = table[~(gap <= days)]
    place = pd.factorize(silent.index, sort=True)[0]
    worth = silent["value"].fillna(0.0).to_numpy()
    return silent.iloc[np.lexsort((place, -silent["days"].fillna(np.inf).to_numpy(), -worth))]


def by_channel(
    table: pd.DataFrame,
    channel: str = "channel",
    customer: str = "customer",
    amount: str | None = None,
    purchase: str | None = None,
) -> pd.DataFrame:
    """What each channel (渠道) is used for; a customer counts in every channel that was used.

    Parameters
    ----------
    table : one row a purchase, or a line of one; channel, customer, amount : its columns
    purchase : column that identifies a purchase, when it has several rows

    Returns
    -------
    frame, index channel (by purchases, the most used first; "unknown" for rows without one): customers, purchases,
    share (of purchases), revenue, revenue_share (missing without amounts)

    >>> sales = pd.DataFrame({"customer": [1, 1, 2], "channel": ["店", "网", "店"], "amount": [5.0, 20.0, 15.0]})
    >>> by_channel(sales, amount="amount")[["customers", "purchases", "revenue_share"]].to_numpy().tolist()
    [[2.0, 2.0, 0.5], [1.0, 1.0, 0.5]]
    """
    named = [name for name in (channel, customer, amount, purchase) if name is not None]
    columns_there(table, named, "The table")
    if not len(table):
        raise DomainError("The table has no row, so no channel was used.")
    frame = pd.DataFrame(
        {
            "channel": table[channel].astype(object).where(table[channel].notna(), "unknown"),
            "customer": table[customer],
            "purchase": np.arange(len(table)) if purchase is None else table[purchase],
            "amount": _money(table, amount),
        }
    )
    by = frame.sort_values("amount").groupby("channel", sort=True)  # sums in a fixed order
    found = by.agg(customers=("customer", "nunique"), purchases=("purchase", "nunique"))
    found["share"] = found["purchases"] / found["purchases"].sum()
    found["revenue"] = by["amount"].sum() if amount is not None else np.nan
    total = found["revenue"].sum()
    found["revenue_share"] = found["revenue"] / total if total > 0 else np.nan
    return found.sort_values("purchases", ascending=False, kind="stable")


def _money(table: pd.DataFrame, amount: str | None) -> pd.Series:
    if amount is None:
        return pd.Series(0.0, table.index)
    if not pd.api.types.is_numeric_dtype(table[amount]):
        raise SchemaError(f"The column {amount} must hold numbers, not {table[amount].dtype}.")
    return table[amount].astype(float)


def _gaps(last_contact: pd.Series, at: Any) -> tuple[Array, pd.Series]:
    """Days from the last contact to `at` (missing for never), and the dates."""
    if not isinstance(last_contact, pd.Series):
        raise SchemaError(
            f"last_contact must be a Series of dates with the customers as index, not {type(last_contact).__name__}."
        )
    one_each(last_contact.index, "last_contact")
    stop = day(at, "at")
    dates = pd.to_datetime(last_contact, errors="coerce").dt.normalize()
    wrong = (dates.isna() & last_contact.notna()).to_numpy()
    if wrong.any():
        raise SchemaError(
            f"last_contact: {wrong.sum():,} of {len(dates):,} values are no dates, first that of customer "
            f"{shown(dates.index[wrong][0])}: {last_contact[wrong].iloc[0]!r}. Leave those missing "
            "who were never contacted."
        )
    gap = (stop - dates).dt.days.to_numpy(float, na_value=np.nan)
    if (gap < 0).any():
        raise SchemaError(
            f"last_contact: {(gap < 0).sum():,} of {len(gap):,} contacts are after {stop.date()}, first that of "
            f"customer {shown(dates.index[gap < 0][0])}. Give a later day, or leave later contacts out."
        )
    return gap, dates
