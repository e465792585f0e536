"""From days to customers and periods, in expressions that any engine narwhals speaks can run.

The days are those of `crmtheory.transactions.days`.
"""

from __future__ import annotations

import narwhals as nw

from crmtheory.transactions.days import Frame, count

SIXTEENTHS = 16  # every unit of time is a whole number of 1/16 days (a month is 487 of them)
NEVER = 2**31 - 1  # a day after all others


def people(days: Frame, netting: bool, end: int | None = None) -> Frame:
    """What is known of each customer who has bought: first and last purchase day, number, money.

    Parameters
    ----------
    days
        as `customer_days` gives them
    netting
        whether there are days of refunds among them
    end
        last day that is counted, None for all

    Returns
    -------
    frame
        customer, first, last (days), bought (purchase days), total (money), at_first (money of the first purchase day)
    """
    day, buys = nw.col("day"), nw.col("purchase")
    days = days if end is None else days.filter(day <= end)
    # A day of refunds sorts after all purchase days, so that the first in this order is the first purchase.
    order = days.with_columns(order=nw.when(buys).then(day).otherwise(NEVER)) if netting else days
    first = nw.col("order" if netting else "day")
    ordered = days.implementation.is_duckdb()  # Spark has no first value by an order; a join says the same
    seen = order.group_by("customer").agg(
        first.min().alias("first"),
        (nw.when(buys).then(day).max() if netting else day.max()).alias("last"),
        (count(buys) if netting else nw.len()).alias("bought"),
        nw.col("money").sum().alias("total"),
        *(
            [nw.col("money").first(order_by="order" if netting else "day").alias("at_first")]
            if ordered
            else []
        ),
    )
    if not ordered:
        firsts = days.filter(buys).select("customer", first=day, at_first=nw.col("money"))
        seen = seen.join(firsts, on=["customer", "first"], how="left")
    return seen.filter(nw.col("first") < NEVER) if netting else seen


def per_customer(
    people: Frame, early: Frame | None, later: Frame | None, scale: float, end: int, until: int, per: float
) -> Frame:
    """x, t_x, T, m up to `end`; with `later` also x_holdout, m_holdout after it up to `until`.

    Parameters
    ----------
    people
        as the function of this name gives them, up to `end`
    early
        as `early_days` gives them; None when there are none
    later
        the days after `end`, up to `until`; None when there is no holdout
    scale
        units of money in 1
    end, until
        last day of the calibration and of the holdout
    per
        days in one unit of time
    """

    def mean(total: nw.Expr, number: str) -> nw.Expr:
        return nw.when(nw.col(number) > 0).then(total.cast(nw.Float64) / (nw.col(number) * scale))

    seen = people.with_columns(x=nw.col("bought") - 1)
    spend, spent_later = nw.col("total") - nw.col("at_first"), nw.col("later").fill_null(0)
    if later is not None:
        after = later.group_by("customer").agg(
            count(nw.col("purchase")).alias("x_holdout"), nw.col("money").sum().alias("later")
        )
        seen = seen.join(after, on="customer", how="left").with_columns(nw.col("x_holdout").fill_null(0))
    if early is not None:
        day = nw.col("day")
        apart = early.group_by("customer").agg(
            _money(day <= end).alias("early"), _money((day > end) & (day <= until)).alias("early_later")
        )
        seen = seen.join(apart, on="customer", how="left")
        spend -= nw.col("early").fill_null(0)
        spent_later -= nw.col("early_later").fill_null(0)
    holdout = [nw.col("x_holdout").cast(nw.Int64), mean(spent_later, "x_holdout").alias("m_holdout")]
    return seen.select(
        "customer",
        nw.col("x").cast(nw.Int64),
        ((nw.col("last") - nw.col("first")) / per).alias("t_x"),
        ((end - nw.col("first")) / per).alias("T"),
        mean(spend, "x").alias("m"),
        *(holdout if later is not None else []),
    )


def histories(customers: Frame) -> Frame:
    """The distinct x, t_x, T of a table of customers, and how many customers have each."""
    return (
        customers.group_by("x", "t_x", "T")
        .agg(nw.len().cast(nw.Int64).alias("customers"))
        .sort("x", "t_x", "T")
    )


def revenue(days: Frame, people: Frame, scale: float, start: int, end: int) -> Frame:
    """Net revenue from `start` to `end`, for every customer who ever bought."""
    inside = days.filter((nw.col("day") >= start) & (nw.col("day") <= end))
    spent = inside.group_by("customer").agg(nw.col("money").sum().alias("money"))
    return (
        people.select("customer")
        .join(spent, on="customer", how="left")
        .select("customer", (nw.col("money").fill_null(0).cast(nw.Float64) / scale).alias("revenue"))
        .sort("customer")
    )


def purchases(days: Frame, scale: float) -> Frame:
    """The purchase days: customer, date (day), number (1 = the first), amount."""
    return (
        days.filter(nw.col("purchase"))
        .with_columns(
            number=nw.when(nw.col("purchase")).then(1).otherwise(0).cum_sum().over("customer", order_by="day")
        )
        .select(
            "customer",
            nw.col("day").alias("date"),
            nw.col("number").cast(nw.Int64),
            (nw.col("money").cast(nw.Float64) / scale).alias("amount"),
        )
        .sort("customer", "date")
    )


def per_period(
    days: Frame, people: Frame, scale: float, first: int, end: int, joined: int | None, per: float
) -> Frame:
    """First and repeat purchases and net revenue of each period that has rows; period 1 begins on `first`.

    With `joined`, only customers whose first purchase was on that day or earlier are counted.
    """
    buys = nw.col("purchase")
    days = days.filter(nw.col("day") <= end)
    starts = people.select("customer", nw.col("first").alias("day")).filter(nw.col("day") <= end)
    if joined is not None:
        starts = starts.filter(nw.col("day") <= joined)
        days = days.join(starts.select("customer"), on="customer", how="semi")
    firsts = (
        starts.with_columns(period=_period(first, per))
        .group_by("period")
        .agg(nw.len().alias("first_purchases"))
    )
    return (
        days.with_columns(period=_period(first, per))
        .group_by("period")
        .agg(count(buys).alias("all"), nw.col("money").sum().alias("revenue"))
        .join(firsts, on="period", how="left")
        .with_columns(nw.col("first_purchases").fill_null(0))
        .select(
            nw.col("period").cast(nw.Int64),
            nw.col("first_purchases").cast(nw.Int64),
            (nw.col("all") - nw.col("first_purchases")).cast(nw.Int64).alias("repeat_purchases"),
            nw.col("revenue").cast(nw.Float64) / scale,
        )
        .sort("period")
    )


def panel(
    days: Frame, people: Frame, scale: float, first: int, end: int, per: float, periods: Frame | None
) -> Frame:
    """Purchase days and net revenue of each customer in each period since the first purchase; period 1 begins on
    `first`.

    Parameters
    ----------
    periods
        all periods (a column `period`) for a full panel; None for the cells with rows only
    """
    buys = nw.col("purchase")
    days = days.filter(nw.col("day") <= end).with_columns(period=_period(first, per))
    cells = days.group_by("customer", "period").agg(
        count(buys).cast(nw.Int64).alias("purchases"),
        (nw.col("money").sum().cast(nw.Float64) / scale).alias("revenue"),
    )
    joined = people.select("customer", nw.col("first").alias("day")).filter(nw.col("day") <= end)
    joined = joined.select("customer", _period(first, per).alias("joined"))
    if periods is None:
        full = cells.join(joined, on="customer", how="inner")
    else:
        full = joined.join(periods, how="cross").join(cells, on=["customer", "period"], how="left")
    return (
        full.filter(nw.col("period") >= nw.col("joined"))
        .select(
            "customer",
            nw.col("period").cast(nw.Int64),
            (nw.col("period") - nw.col("joined")).cast(nw.Int64).alias("age"),
            nw.col("purchases").fill_null(0),
            nw.col("revenue").fill_null(0.0),
        )
        .sort("customer", "period")
    )


def period_starts(first: int, last: int, per: float) -> list[int]:
    """First days of the periods from day `first` to the one that holds day `last`, and of the one after it.

    >>> period_starts(0, 61, 365.25 / 12)
    [0, 31, 61, 92]
    """
    length = round(per * SIXTEENTHS)
    number = (last - first) * SIXTEENTHS // length + 1
    return [first - (-i * length // SIXTEENTHS) for i in range(number + 1)]


def _money(which: nw.Expr) -> nw.Expr:
    return nw.when(which).then(nw.col("money")).otherwise(0).sum()


def _period(first: int, per: float) -> nw.Expr:
    # In whole numbers, because a month is 30.4375 days and a quotient of decimals may fall on the wrong side.
    return ((nw.col("day") - first) * SIXTEENTHS // round(per * SIXTEENTHS) + 1).cast(nw.Int32)
