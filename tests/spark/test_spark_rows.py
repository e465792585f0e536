"""Rows in Spark: time zones, settings of the session, and what belongs together, by known truth."""

import dataclasses
import datetime as dt

import pyarrow as pa

from crmtheory import transactions


def both(spark, table, **options):
    """The same table read by DuckDB and by Spark, and the same counts found by both."""
    ours = transactions.read(pa.table(table), **options)
    theirs = transactions.read(spark.createDataFrame(pa.table(table)), **options)
    assert dataclasses.replace(theirs.report, source=ours.report.source) == ours.report
    assert theirs.purchases().equals(ours.purchases())
    return ours, theirs


def january(*days):
    return [dt.date(2024, 1, day) for day in days]


def test_times_in_a_zone_fall_on_the_day_there_whatever_the_zone_of_the_session(spark, setting):
    # An hour after summer time has ended in London, where the clock shows 01:30 for the second time.
    times = [dt.datetime(2024, 10, 27, hour, 30, tzinfo=dt.UTC) for hour in (0, 1, 23)]
    table = pa.table(
        {"customer": ["a"] * 3, "date": pa.array(times, pa.timestamp("us", "UTC")), "amount": [1.0] * 3}
    )
    frame = spark.createDataFrame(table)
    ours = transactions.read(table, timezone="Atlantic/Cape_Verde")
    for zone in ("Europe/London", "Asia/Shanghai"):
        setting("spark.sql.session.timeZone", zone)
        theirs = transactions.read(frame, timezone="Atlantic/Cape_Verde")
        assert theirs.report.timezone_converted == ours.report.timezone_converted == 3
        assert theirs.purchases().equals(ours.purchases())
        assert theirs.purchases()["date"].astype(str).tolist() == ["2024-10-26", "2024-10-27"]


def test_without_a_timezone_the_day_is_that_of_the_session(spark, setting):
    times = pa.array([dt.datetime(2024, 1, 1, 20, tzinfo=dt.UTC)], pa.timestamp("us", "UTC"))
    frame = spark.createDataFrame(pa.table({"customer": [1], "date": times, "amount": [1.0]}))
    days = []
    for zone in ("UTC", "Asia/Shanghai"):
        setting("spark.sql.session.timeZone", zone)
        days.append(str(transactions.read(frame).report.first_date))
    assert days == ["2024-01-01", "2024-01-02"]


def test_times_without_a_zone_are_local_and_stay_as_they_are(spark, setting):
    setting("spark.sql.session.timeZone", "Asia/Shanghai")
    frame = spark.sql("select 1 as customer, timestamp_ntz'2024-01-01 23:30:00' as date, 1.0d as amount")
    read = transactions.read(frame, timezone="Pacific/Auckland")
    assert str(read.report.first_date) == "2024-01-01"
    assert read.report.timezone_converted == 0


def test_values_that_no_cast_can_read_are_set_aside_under_both_settings_of_ansi(spark, setting):
    table = {"customer": ["a"] * 4, "date": ["2024-01-01", "2024-13-45", "2024-02-30", "2024-01-04"],
             "amount": ["1", "2", "3", "1e999"]}  # fmt: skip
    frame = spark.createDataFrame(pa.table(table))
    for ansi in ("true", "false"):
        setting("spark.sql.ansi.enabled", ansi)
        read = transactions.read(frame, unreadable="drop")
        assert dict(read.report.set_aside) == {"date that cannot be read": 2, "amount that is not finite": 1}


def test_where_compares_numbers_as_numbers_and_takes_an_empty_cell_for_none(spark):
    table = {
        "customer": list("abcd"),
        "date": january(1, 2, 3, 4),
        "amount": [1.0] * 4,
        "kind": [10.0, 20.0, None, 30.0],
    }
    _, theirs = both(spark, table, where={"kind": [10, None]})
    assert theirs.report.set_aside == (("kind is not 10 or ", 2),)


def test_where_takes_true_and_false_for_what_they_are(spark):
    table = {"customer": list("ab"), "date": january(1, 2), "amount": [1.0] * 2, "paid": [True, False]}
    _, theirs = both(spark, table, where={"paid": [True]})
    assert theirs.report.set_aside == (("paid is not True", 1),)


def test_a_row_without_an_invoice_belongs_to_no_invoice(spark):
    table = {"customer": ["a"] * 4, "date": january(1, 2, 20, 21), "amount": [5.0, 7.0, -5.0, -7.0],
             "invoice": ["", "x", "", "x "]}  # fmt: skip
    _, theirs = both(spark, table, invoice="invoice", refunds="invoice")
    assert theirs.report.refunds_moved == 1


def test_rows_set_aside_are_no_twins(spark):
    table = {"customer": ["a", None, None], "date": january(1, 2, 2), "amount": [1.0, 2.0, 2.0]}
    _, theirs = both(spark, table, missing_customer="drop", duplicates="error")
    assert theirs.report.rows_used == 1


def test_rows_that_differ_in_a_column_of_where_are_no_twins(spark):
    table = {"customer": ["a", "a"], "date": january(1, 1), "amount": [1.0, 1.0], "status": ["open", "paid"]}
    read = transactions.read(
        spark.createDataFrame(pa.table(table)), where={"status": ["paid"]}, duplicates="drop"
    )
    assert read.report.set_aside == (("status is not paid", 1),)


def test_a_log_of_one_row_is_legal(spark):
    ours, theirs = both(spark, {"customer": ["a"], "date": january(1), "amount": [1.0]})
    assert theirs.summary().equals(ours.summary())
    assert theirs.panel().equals(ours.panel())
    assert theirs.rejected.empty


def test_halves_of_money_beyond_64_bits_add_up_exactly(spark):
    # 2⁶³ + 2¹¹ is a double; made a decimal by its 17 digits it would be another number.
    large = 2.0**63 + 2.0**11
    table = {"customer": ["a"] * 3, "date": january(1, 2, 3), "amount": [large, -(2.0**63), 2.0**-30]}
    _, theirs = both(spark, table, refunds="keep")
    assert theirs.purchases()["amount"].tolist() == [large, -(2.0**63), 2.0**-30]
    assert theirs.report.revenue == 2.0**11 + 2.0**-30


def test_nothing_stays_cached_but_what_answers_need(spark):
    spark.catalog.clearCache()
    table = pa.table({"customer": ["a", None], "date": january(1, 2), "amount": [1.0, 2.0]})
    read = transactions.read(spark.createDataFrame(table), missing_customer="drop")
    kept = spark.sparkContext._jsc.sc().getPersistentRDDs().size()
    assert kept == 3  # days, people, rejected: not the log itself
    assert len(read.rejected) == 1
