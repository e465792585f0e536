"""From rows to days, and what is counted on the way, in expressions that any engine narwhals speaks can run.

Days are whole numbers (days since 1970-01-01) and money is whole numbers of a small unit, so sums are exact
and do not depend on the order of the rows. A day of refunds belongs to the latest purchase day before it. Money
of *early* days, refunds that belong to the first purchase or to none, counts in revenue but not in the mean of
the repeat purchases.
"""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

NOISE = 1e-14  # money of a day that is less than this share of what was moved is the rounding of decimals

Frame = nw.LazyFrame


def checks(log: Frame, places: Sequence[int] = (2,)) -> Frame:
    """One row of counts on which the rest depends: of rows, of rows with something missing, of kinds of amounts.

    Parameters
    ----------
    log
        customer, day, amount; missing where they could not be read
    places
        numbers of decimals: whether all amounts can be written with so many
    """
    amount = nw.col("amount")
    fits = [
        (((amount * 10.0**p).round() / 10.0**p - amount).abs() <= 1e-15 * amount.abs())
        .all()
        .alias(f"fits_{p}")
        for p in places
    ]
    return log.select(
        nw.len().alias("rows"),
        *(count(nw.col(name).is_null()).alias(f"no_{name}") for name in ("customer", "day", "amount")),
        count(amount < 0).alias("negative"),
        count(amount == 0).alias("zero"),
        amount.abs().max().alias("top"),
        *fits,
    )


def on_original(rows: Frame) -> Frame:
    """Rows with refunds moved to the day on which their invoice was bought.

    Parameters
    ----------
    rows
        customer, day, money, invoice (text or missing)

    Returns
    -------
    frame
        the same without invoice, and `moved`: whether the row is such a refund
    """
    bought = (
        rows.filter((nw.col("money") > 0) & ~nw.col("invoice").is_null())
        .group_by("customer", "invoice")
        .agg(nw.col("day").min().alias("bought"))
    )
    joined = rows.join(bought, on=["customer", "invoice"], how="left")
    moved = (nw.col("money") < 0) & ~nw.col("bought").is_null()
    return joined.select(
        "customer",
        nw.when(moved).then(nw.col("bought")).otherwise(nw.col("day")).cast(nw.Int32).alias("day"),
        "money",
        nw.when(moved).then(1).otherwise(0).alias("moved"),
    )


def customer_days(rows: Frame, netting: bool) -> Frame:
    """One row per customer and day.

    Parameters
    ----------
    rows
        customer, day (integer), money (integer, negative for refunds)
    netting
        whether there are refunds to take off; without them every day is a purchase day

    Returns
    -------
    frame
        customer, day, money (net), purchase (whether it is a purchase day); with `netting` also refunds (rows)
        and cancelled (whether something was bought that day and taken back in full)
    """
    money = nw.col("money")
    whole = rows.collect_schema()["money"]  # wide enough for all rows; an engine may widen the sum further
    total = money.sum().cast(whole).alias("money")
    if not netting:
        return rows.group_by("customer", "day").agg(total).with_columns(purchase=nw.lit(True))
    days = rows.group_by("customer", "day").agg(
        total,
        nw.len().cast(nw.Int32).alias("rows"),
        count(money < 0).cast(nw.Int32).alias("refunds"),
        nw.when(money < 0).then(money).otherwise(0).sum().cast(whole).alias("refunded"),
    )
    moved = money - 2 * nw.col("refunded")
    purchase = (nw.col("refunds") == 0) | (money > moved * NOISE)
    return days.with_columns(purchase=purchase).select(
        "customer",
        "day",
        "money",
        "purchase",
        "refunds",
        (~nw.col("purchase") & (nw.col("rows") > nw.col("refunds"))).alias("cancelled"),
    )


def early_days(days: Frame) -> Frame:
    """The days of refunds before a customer's second purchase: customer, day, money, refunds, nth.

    `nth` is 1 when they belong to the first purchase, 0 when nothing had been bought before.
    """
    without = days.filter(~nw.col("purchase")).select("customer").unique()
    nth = nw.when(nw.col("purchase")).then(1).otherwise(0).cum_sum().over("customer", order_by="day")
    return (
        days.join(without, on="customer", how="semi")
        .with_columns(nth=nth.cast(nw.Int32))
        .filter(~nw.col("purchase") & (nw.col("nth") <= 1))
        .select("customer", "day", "money", "refunds", "nth")
    )


def totals(days: Frame, netting: bool) -> Frame:
    """One row with what the report counts in days."""
    cancelled = [count(nw.col("cancelled")).alias("cancelled_days")] if netting else []
    return days.select(
        nw.len().alias("days"),
        nw.col("day").min().alias("first"),
        nw.col("day").max().alias("last"),
        count(nw.col("purchase")).alias("purchase_days"),
        nw.col("money").sum().alias("money"),
        *cancelled,
    )


def strangers(days: Frame, early: Frame) -> Frame:
    """One row: refunds of people who had not bought before, their money, and how many never bought."""
    orphan = nw.col("nth") == 0
    never = (
        days.join(early.select("customer").unique(), on="customer", how="semi")
        .group_by("customer")
        .agg(count(nw.col("purchase")).alias("purchases"))
        .select(count(nw.col("purchases") == 0).alias("never"))
    )
    loose = (nw.col("money") < 0) & orphan
    counted = early.select(
        nw.when(loose).then(nw.col("refunds")).otherwise(0).sum().alias("unmatched"),
        nw.when(loose).then(nw.col("money")).otherwise(0).sum().alias("unmatched_money"),
    )
    return counted.join(never, how="cross")


def count(which: nw.Expr) -> nw.Expr:
    return nw.when(which).then(1).otherwise(0).sum()
