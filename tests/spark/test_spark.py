"""A log that Spark holds: the same answers as DuckDB, row for row, and the same words where something is wrong."""

import dataclasses
import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crmtheory import datasets, transactions, value
from crmtheory.models import GammaGamma, ParetoNBD
from crmtheory.transactions.spark import is_spark

RETAIL = ("customer_id", "invoice_time", "amount_gbp")
CDNOW = ("customer_id", "date", "amount_usd")
OF_DUCKDB = {"source", "sha256", "encoding", "set_aside", "refund_amount", "policies"}


@pytest.fixture(scope="module")
def retail(spark, tmp_path_factory):
    """Online Retail with integer ids, as a folder of Parquet files."""
    folder = tmp_path_factory.mktemp("retail")
    table = pa.Table.from_pandas(datasets.load("online_retail")[list(RETAIL)], preserve_index=False)
    half = len(table) // 2
    pq.write_table(table.slice(0, half), folder / "one.parquet")
    pq.write_table(table.slice(half), folder / "two.parquet")
    return (
        transactions.read(folder / "*.parquet", *RETAIL),
        transactions.read(folder, *RETAIL, engine="spark"),
        folder,
    )


@pytest.fixture(scope="module")
def cdnow(spark):
    file = datasets.path("cdnow_sample")
    return transactions.read(file, *CDNOW), transactions.read(file, *CDNOW, engine="spark")


def both(spark, table, *columns, **options):
    """The same table read by DuckDB and by Spark."""
    table = table if isinstance(table, pa.Table) else pa.table(table)
    ours = transactions.read(table, *columns, **options)
    return ours, transactions.read(spark.createDataFrame(table), *columns, **options)


def reason(words):
    """DuckDB knows the usual form of a column of dates; Spark says only that a date cannot be read."""
    return "date that cannot be read" if words.startswith("date not written") else words


def by_reason(report):
    counts = {}
    for words, number in report.set_aside:
        counts[reason(words)] = counts.get(reason(words), 0) + number
    return counts


def same_report(ours, theirs):
    one, other = dataclasses.asdict(ours.report), dataclasses.asdict(theirs.report)
    differ = {name: (one[name], other[name]) for name in one if one[name] != other[name]}
    # Money is NaN in a log without amounts, and NaN is unequal to itself.
    differ = {name: pair for name, pair in differ.items() if not all(part != part for part in pair)}
    assert {name: pair for name, pair in differ.items() if name not in OF_DUCKDB} == {}
    chosen = [{**dict(report.policies), "engine": None} for report in (ours.report, theirs.report)]
    assert chosen[0] == chosen[1]
    assert by_reason(ours.report) == by_reason(theirs.report)
    assert theirs.report.refund_amount == pytest.approx(ours.report.refund_amount, rel=1e-12)


def same_rejected(ours, theirs):
    one = ours.rejected.drop(columns=["row", "line", "file"], errors="ignore")
    other = theirs.rejected
    assert len(one) == len(other)
    if len(one):
        assert list(one.columns) == list(other.columns)
        one["reason"] = one["reason"].map(reason)
        rows = [sorted(frame.fillna("–").astype(str).to_numpy().tolist()) for frame in (one, other)]
        assert rows[0] == rows[1]


def same_tables(ours, theirs, compare=None):
    compare = compare or equal
    compare(ours.summary(), theirs.summary())
    compare(ours.summary("day", ours.half), theirs.summary("day", ours.half))
    compare(ours.purchases(), theirs.purchases())
    compare(ours.panel(), theirs.panel())


def same_questions(ours, theirs):
    equal(ours.histories(), theirs.histories())
    equal(ours.histories("month", ours.half), theirs.histories("month", ours.half))
    equal(ours.panel(full=False), theirs.panel(full=False))
    equal(ours.revenue(), theirs.revenue())
    equal(ours.revenue(ours.half), theirs.revenue(ours.half))
    equal(ours.purchases_by_period(), theirs.purchases_by_period())
    joined = {"unit": "month", "joined_until": ours.half}
    equal(ours.purchases_by_period(**joined), theirs.purchases_by_period(**joined))


def equal(one, other):
    compare = pd.testing.assert_series_equal if isinstance(one, pd.Series) else pd.testing.assert_frame_equal
    compare(one, other, check_exact=True)
    assert one.attrs == other.attrs


# The published logs


def test_online_retail_with_its_refunds_is_the_same_in_every_answer(usual, retail):
    ours, theirs, _ = retail
    assert ours.report.refunds > 0
    assert ours.report.fully_cancelled_days > 0
    same_report(ours, theirs)
    same_tables(ours, theirs)
    same_questions(ours, theirs)


def test_a_csv_that_spark_opens_is_the_same_log_with_integer_ids(usual, cdnow):
    ours, theirs = cdnow
    same_report(ours, theirs)
    same_tables(ours, theirs)
    same_questions(ours, theirs)
    assert theirs.summary().index.dtype == "int64"


def test_every_customer_is_scored_in_spark_as_in_memory_and_written_by_it(usual, cdnow, tmp_path):
    log = cdnow[1]
    summary = log.summary(calibration_end=log.half)
    fit, spend = ParetoNBD().fit(summary), GammaGamma().fit(summary)
    again = ParetoNBD().fit(log.histories(calibration_end=log.half), weights="customers")
    np.testing.assert_allclose(again.theta, fit.theta, rtol=1e-6)
    scored = value.scored(log, fit, spend, calibration_end=log.half)
    assert is_spark(scored)
    scored.write.parquet(str(tmp_path / "scores"))
    written = pd.read_parquet(tmp_path / "scores").set_index("customer").sort_index()
    expected = value.clv(fit, spend, summary)
    assert written.index.tolist() == expected.index.tolist()
    np.testing.assert_allclose(written[expected.columns], expected, rtol=1e-6, atol=1e-10)


# A dirty table


def dirty(seed=1, rows=160):
    """Every fault that can be set aside, in text: ids with zeros and in Chinese, dates, amounts."""
    rng = np.random.default_rng(seed)
    ids = ["00123", "123", "张伟", "李娜 ", " x", "o'Neil", "NULLA", "7"]
    faulty_ids = [None, "", " ", "NULL", "nan", "1.23457E+17", "9" * 201]
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 120, rows), "D")
    written = [str(day.date()) for day in days]
    faulty_dates = [
        None,
        "",
        "2024-13-45",
        "2024-02-30",
        "soon",
        "9999-12-31",
        "1899-12-31",
        "2024-01-05T25:00",
    ]
    amounts = [f"{amount:.2f}" for amount in rng.choice([5, 7.5, 12.25, 30, -5, -7.5, 0], rows)]
    faulty_amounts = [None, "", "-", "–", "five", "inf", "-Infinity", "nan", "1e999", "1_000", "0x1F"]
    table = {
        "customer": rng.choice(ids, rows).tolist(),
        "date": written,
        "amount": amounts,
        "invoice": rng.choice(["a", "b", "c", "", " ", None], rows).tolist(),
        "status": rng.choice(["paid", "paid", "paid ", "open", None], rows).tolist(),
    }
    for column, values in (("customer", faulty_ids), ("date", faulty_dates), ("amount", faulty_amounts)):
        for place in rng.choice(rows, 2 * len(values), replace=False):
            table[column][place] = values[place % len(values)]
    for place in range(0, rows, 9):  # twins, and a time of day
        for values in table.values():
            values[place] = values[place - 1 if place else 0]
    table["date"] = [f"{text} 23:59:59" if text and not i % 7 else text for i, text in enumerate(written)]
    return pa.table({name: pa.array(values, pa.string()) for name, values in table.items()})


DROPS = {"missing_customer": "drop", "unreadable": "drop"}


@pytest.mark.parametrize(
    "options",
    [
        {"where": {"status": ["paid", None]}},
        {"refunds": "invoice", "invoice": "invoice", "duplicates": "drop"},
        {"refunds": "drop", "zero_amounts": "drop", "earliest": "2024-01-15", "latest": "2024-03-31"},
        {"refunds": "keep"},
        {"amount": None, "duplicates": "drop"},
    ],
    ids=" ".join,
)
def test_a_dirty_table_is_the_same_under_every_policy(spark, options):
    ours, theirs = both(spark, dirty(), **DROPS, **options)
    same_report(ours, theirs)
    assert ours.report.dropped > 0
    same_rejected(ours, theirs)
    equal(ours.summary("day", ours.half), theirs.summary("day", ours.half))
    equal(ours.purchases(), theirs.purchases())


def test_a_random_dirty_table_is_the_same_in_every_answer(spark):
    ours, theirs = both(spark, dirty(2, 80), **DROPS)
    same_report(ours, theirs)
    same_questions(ours, theirs)


@pytest.mark.parametrize("dayfirst", [True, False])
def test_dates_in_the_order_that_dayfirst_says_are_the_same(spark, dayfirst):
    days = ["1/2/2024", "03/04/2024 10:15", "5/6/2024 1:15 PM", " 7/8/2024 "]
    days += ["25/12/2024", "31/6/2024"] if dayfirst else ["12/25/2024", "6/31/2024"]
    table = {"customer": ["a", "b"] * 3, "date": days, "amount": ["1", "+2.5", ".5", "1e1", "-0.5", "3"]}
    ours, theirs = both(spark, table, dayfirst=dayfirst, unreadable="drop")
    assert ours.report.dropped == 1
    same_report(ours, theirs)
    same_rejected(ours, theirs)
    equal(ours.purchases(), theirs.purchases())


def decimals(values, scale):
    return pa.array([Decimal(value) for value in values], pa.decimal128(18, scale))


def january(*days):
    return [dt.date(2024, 1, day) for day in days]


WIDE = {
    "customer": ["a", "a", "a", "b", "b", "b", "c", "c"],
    "date": january(1, 8, 15, 1, 8, 9, 2, 30),
    "amount": [1 / 3, 2 / 7, 1e-9, 0.1, 0.2, -0.3, 1e9 / 3, -1e9 / 3],
}
TYPES = {
    "float ids": {
        "customer": [1.0, float("nan"), 2.0, 2.5, 1e300, float("inf"), 2.0],
        "date": january(1, 2, 3, 4, 5, 6, 20),
        "amount": decimals(["10.00", "1.00", "0.10", "0.20", "1.00", "1.00", "-0.10"], 2),
    },
    "small numbers": {
        "customer": pa.array([3, 3, -1, None, 2], pa.int16()),
        "date": [*january(1, 9, 20), None, dt.date(2024, 1, 2)],
        "amount": pa.array([1.5, float("nan"), float("-inf"), 2.0, 19.75], pa.float32()),
    },
    "decimal ids": {
        "customer": decimals(["12", "7", "7"], 0),
        "date": january(1, 2, 30),
        "amount": pa.array([5, 0, 9], pa.int8()),
    },
}


@pytest.mark.parametrize("kinds", TYPES)
def test_columns_of_every_type_are_the_same(spark, kinds):
    ours, theirs = both(spark, TYPES[kinds], **DROPS)
    same_report(ours, theirs)
    assert len(ours.rejected) == len(theirs.rejected) == ours.report.dropped
    equal(ours.summary(), theirs.summary())
    equal(ours.purchases(), theirs.purchases())


def test_amounts_with_many_decimals_are_added_up_alike(spark):
    ours, theirs = both(spark, WIDE)
    assert theirs.report.fully_cancelled_days == ours.report.fully_cancelled_days
    assert theirs.report.purchase_days == ours.report.purchase_days == 6

    def close(one, other):  # the sums are equal; DuckDB rounds once more when it makes a double of one
        pd.testing.assert_frame_equal(one, other, rtol=1e-15, atol=0)

    same_tables(ours, theirs, close)
