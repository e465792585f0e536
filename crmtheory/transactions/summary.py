"""From rows to days to customers: the whole counting, in expressions that any engine narwhals speaks can run.

Days are whole numbers (days since 1970-01-01) and money is whole numbers of a small unit, so sums are exact
and do not depend on the order of the rows. `nth` says which purchase day of the customer a day belongs to:
its own number when it is one, the latest earlier one when it is a day of refunds, 0 when none came before.
"""

from __future__ import annotations

import narwhals as nw

NOISE = 1e-14  # money of a day that is less than this share of what was moved is the rounding of decimals
SIXTEENTHS = 16  # every unit of time is a whole number of 1/16 days (a month is 487 of them)

Frame = nw.LazyFrame


def customer_days(rows: Frame) -> Frame:
    """One row per customer and day.

    Parameters
    ----------
    rows
        customer, day (integer), money (integer, negative for refunds)

    Returns
    -------
    frame
        customer, day, money (net), rows, refunds (rows), refunded (money of these), zeros (rows of amount 0),
        purchase (whether it is a purchase day), nth
    """
    money = nw.col("money")
    whole = rows.collect_schema()[
        "money"
    ]  # wide enough for the sum of all rows; an engine may widen it further
    days = rows.group_by("customer", "day").agg(
        money.sum().cast(whole).alias("money"),
        nw.len().cast(nw.Int32).alias("rows"),
        nw.when(money < 0).then(1).otherwise(0).sum().cast(nw.Int32).alias("refunds"),
        nw.when(money < 0).then(money).otherwise(0).sum().cast(whole).alias("refunded"),
        nw.when(money == 0).then(1).otherwise(0).sum().cast(nw.Int32).alias("zeros"),
    )
    moved = money - 2 * nw.col("refunded")
    purchase = (nw.col("refunds") == 0) | (money > moved * NOISE)
    return days.with_columns(purchase=purchase).with_columns(
        nth=nw.when(nw.col("purchase"))
        .then(1)
        .otherwise(0)
        .cum_sum()
        .over("customer", order_by="day")
        .cast(nw.Int32)
    )


def per_customer(days: Frame, scale: float, end: int, until: int, per: float) -> Frame:
    """x, t_x, T, m up to `end`, and x_holdout, m_holdout after it up to `until`, for customers seen by `end`.

    Parameters
    ----------
    days
        as `customer_days` gives them
    scale
        units of money in 1
    end
        last day of the calibration
    until
        last day of the holdout
    per
        days in one unit of time
    """
    day, buys = nw.col("day"), nw.col("purchase")
    calibration = day <= end
    holdout = (day > end) & (day <= until)
    again = nw.col("nth") > 1

    def count(which: nw.Expr) -> nw.Expr:
        return nw.when(which).then(1).otherwise(0).sum()

    def money(which: nw.Expr) -> nw.Expr:
        return nw.when(which).then(nw.col("money")).otherwise(0).sum()

    def mean(total: str, number: str) -> nw.Expr:
        return nw.when(nw.col(number) > 0).then(nw.col(total).cast(nw.Float64) / (nw.col(number) * scale))

    seen = days.group_by("customer").agg(
        nw.when(buys & calibration).then(day).min().alias("first"),
        nw.when(buys & calibration).then(day).max().alias("last"),
        count(again & buys & calibration).alias("x"),
        money(again & calibration).alias("spend"),
        count(again & buys & holdout).alias("x_holdout"),
        money(again & holdout).alias("spend_holdout"),
    )
    return (
        seen.filter(~nw.col("first").is_null())
        .select(
            "customer",
            nw.col("x").cast(nw.Int64),
            ((nw.col("last") - nw.col("first")) / per).alias("t_x"),
            ((end - nw.col("first")) / per).alias("T"),
            mean("spend", "x").alias("m"),
            nw.col("x_holdout").cast(nw.Int64),
            mean("spend_holdout", "x_holdout").alias("m_holdout"),
        )
        .sort("customer")
    )


def revenue(days: Frame, scale: float, start: int, end: int) -> Frame:
    """Net revenue from `start` to `end`, for every customer who ever bought."""
    inside = (nw.col("day") >= start) & (nw.col("day") <= end)
    return (
        days.group_by("customer")
        .agg(
            nw.col("nth").max().alias("purchases"),
            nw.when(inside).then(nw.col("money")).otherwise(0).sum().alias("revenue"),
        )
        .filter(nw.col("purchases") > 0)
        .select("customer", nw.col("revenue").cast(nw.Float64) / scale)
        .sort("customer")
    )


def purchases(days: Frame, scale: float) -> Frame:
    """The purchase days: customer, date (day), number (1 = the first), amount."""
    return (
        days.filter(nw.col("purchase"))
        .select(
            "customer",
            nw.col("day").alias("date"),
            nw.col("nth").cast(nw.Int64).alias("number"),
            (nw.col("money").cast(nw.Float64) / scale).alias("amount"),
        )
        .sort("customer", "date")
    )


def per_period(days: Frame, scale: float, first: int, end: int, joined: int | None, per: float) -> Frame:
    """First and repeat purchases and net revenue of each period that has rows; period 1 begins on `first`.

    With `joined`, only customers whose first purchase was on that day or earlier are counted.
    """
    # In whole numbers, because a month is 30.4375 days and a quotient of decimals may fall on the wrong side.
    period = (nw.col("day") - first) * SIXTEENTHS // round(per * SIXTEENTHS) + 1
    buys, nth = nw.col("purchase"), nw.col("nth")
    if joined is not None:
        first_purchase = nw.when(buys & (nth == 1)).then(nw.col("day")).min().over("customer")
        days = days.with_columns(joined=first_purchase).filter(nw.col("joined") <= joined)
    return (
        days.filter(nw.col("day") <= end)
        .with_columns(period=period)
        .group_by("period")
        .agg(
            nw.when(buys & (nth == 1)).then(1).otherwise(0).sum().alias("first_purchases"),
            nw.when(buys & (nth > 1)).then(1).otherwise(0).sum().alias("repeat_purchases"),
            nw.col("money").sum().alias("revenue"),
        )
        .select(
            nw.col("period").cast(nw.Int64),
            nw.col("first_purchases").cast(nw.Int64),
            nw.col("repeat_purchases").cast(nw.Int64),
            nw.col("revenue").cast(nw.Float64) / scale,
        )
        .sort("period")
    )


def period_starts(first: int, last: int, per: float) -> list[int]:
    """First days of the periods from day `first` to the one that holds day `last`, and of the one after it.

    >>> period_starts(0, 61, 365.25 / 12)
    [0, 31, 61, 92]
    """
    length = round(per * SIXTEENTHS)
    number = (last - first) * SIXTEENTHS // length + 1
    return [first - (-i * length // SIXTEENTHS) for i in range(number + 1)]


def totals(days: Frame) -> Frame:
    """One row with what the report counts."""
    buys, nth, money = nw.col("purchase"), nw.col("nth"), nw.col("money")
    unmatched = ~buys & (nth == 0) & (money < 0)

    def count(which: nw.Expr) -> nw.Expr:
        return nw.when(which).then(1).otherwise(0).sum()

    return days.select(
        nw.col("rows").sum().alias("rows_used"),
        nw.len().alias("days"),
        nw.col("day").min().alias("first"),
        nw.col("day").max().alias("last"),
        nw.col("customer").n_unique().alias("people"),
        count(buys & (nth == 1)).alias("customers"),
        count(buys).alias("purchase_days"),
        nw.col("refunds").sum().alias("refunds"),
        nw.col("refunded").sum().alias("refunded"),
        nw.when(unmatched).then(nw.col("refunds")).otherwise(0).sum().alias("unmatched"),
        nw.when(unmatched).then(money).otherwise(0).sum().alias("unmatched_money"),
        count(~buys & (nw.col("rows") > nw.col("refunds"))).alias("cancelled_days"),
        nw.col("zeros").sum().alias("zeros"),
        money.sum().alias("money"),
    )
