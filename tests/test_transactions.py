"""From a log to customers: what counts as a purchase, where refunds go, and the published counts."""

import dataclasses
import gzip
import hashlib
import itertools
import math
from dataclasses import FrozenInstanceError

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmtheory import transactions
from crmtheory.errors import SchemaError
from crmtheory.places import folder

DAY_ONE = pd.Timestamp("2024-01-01")


def log(rows, **options):
    """A log from (customer, day number, amount)."""
    return transactions.read(frame(rows), **options)


def frame(rows):
    customers, days, amounts = zip(*rows, strict=True)
    dates = [DAY_ONE + pd.Timedelta(days=day) for day in days]
    return pd.DataFrame({"customer": customers, "date": dates, "amount": amounts})


@pytest.fixture(scope="module")
def cdnow():
    return transactions.read(folder("data") / "cdnow_sample.csv", "customer_id", "date", "amount_usd")


@pytest.fixture(scope="module")
def retail():
    return transactions.read(
        folder("data") / "online_retail.csv.gz", "customer_id", "invoice_time", "amount_gbp"
    )


# The definitions, by hand


def test_repeat_days_ages_and_mean_spend_are_those_computed_by_hand():
    got = log([("a", 0, 10.0), ("a", 7, 20.0), ("a", 21, 31.0), ("b", 3, 5.0), ("b", 28, 6.0)]).summary(
        "week"
    )
    assert list(got.columns) == ["x", "t_x", "T", "m"]
    assert got.loc["a"].tolist() == [2, 3.0, 4.0, 25.5]
    assert got.loc["b"].tolist() == [1, 25 / 7, 25 / 7, 6.0]
    assert got["x"].dtype == "int64"
    assert got.index.name == "customer"


def test_a_customer_who_bought_once_has_age_zero_at_the_last_repeat_and_no_mean_spend():
    got = log([("a", 0, 10.0), ("b", 14, 5.0)]).summary("week").loc["a"]
    assert got[["x", "t_x", "T"]].tolist() == [0, 0.0, 2.0]
    assert math.isnan(got["m"])


def test_rows_of_one_day_are_one_purchase_and_their_money_is_added_up():
    many = log([("a", 0, 10.0), ("a", 7, 20.0), ("a", 7, 5.5)])
    assert many.summary().loc["a", ["x", "m"]].tolist() == [1, 25.5]
    assert many.report.merged == 1


def test_times_of_one_day_are_one_purchase():
    dates = ["2024-01-01 00:00", "2024-01-02T09:15:00.25", "2024-01-02 23:59:59"]
    got = transactions.read(pd.DataFrame({"customer": 1, "date": dates, "amount": 1.0}))
    assert got.report.purchase_days == 2


def test_the_unit_scales_all_ages_and_is_remembered():
    a_log = log([("a", 0, 1.0), ("a", 7, 1.0), ("a", 70, 1.0)])
    assert a_log.summary("day").loc["a", ["t_x", "T"]].tolist() == [70, 70]
    assert a_log.summary("weeks").loc["a", ["t_x", "T"]].tolist() == [10, 10]
    assert a_log.summary("month").loc["a", "T"] == 70 / 30.4375
    assert a_log.summary("weeks").attrs == {
        "unit": "week",
        "calibration_end": None,
        "observation_end": "2024-03-11",
    }


def test_both_ends_of_the_calibration_and_of_the_holdout_are_included():
    a_log = log([("a", 0, 1.0), ("a", 10, 2.0), ("a", 11, 4.0), ("a", 20, 8.0), ("a", 21, 16.0)])
    got = a_log.summary("day", calibration_end="2024-01-11", observation_end="2024-01-21")
    assert list(got.columns) == ["x", "t_x", "T", "m", "x_holdout", "m_holdout", "T_holdout"]
    assert got.loc["a"].tolist() == [1, 10, 10, 2.0, 2, 6.0, 10]
    assert got.attrs == {"unit": "day", "calibration_end": "2024-01-11", "observation_end": "2024-01-21"}


def test_customers_who_come_after_the_calibration_are_not_in_it():
    a_log = log([("a", 0, 1.0), ("b", 5, 1.0), ("b", 6, 1.0)])
    assert a_log.summary("day", calibration_end="2024-01-05").index.tolist() == ["a"]


def test_customers_may_be_watched_after_the_last_purchase_in_the_log():
    got = log([("a", 0, 1.0), ("a", 7, 1.0)]).summary("week", observation_end="2024-01-22")
    assert got.loc["a", ["t_x", "T"]].tolist() == [1.0, 3.0]


def test_a_log_of_one_customer_is_legal():
    assert len(log([("only", 0, 1.0)]).summary()) == 1


def test_a_log_without_amounts_counts_purchases_and_has_no_spend():
    bare = transactions.read(frame([("a", 0, 1.0), ("a", 7, 1.0)])[["customer", "date"]], amount=None)
    got = bare.summary(calibration_end="2024-01-05")
    assert got[["x", "x_holdout"]].to_numpy().tolist() == [[0, 1]]
    assert got["m"].dtype == got["m_holdout"].dtype == "float64"
    assert got[["m", "m_holdout"]].isna().all(axis=None)
    assert bare.purchases_by_period()["revenue"].isna().all()
    assert bare.purchases()["amount"].isna().all()
    assert math.isnan(bare.report.revenue)
    assert bare.report.zero_amounts == 0


# Orders of amount 0


def test_orders_of_amount_zero_are_purchases_without_spend():
    got = log([("a", 0, 10.0), ("a", 7, 0.0), ("a", 14, 30.0), ("b", 0, 1.0), ("b", 7, 0.0)])
    assert got.summary().loc["a", ["x", "m"]].tolist() == [2, 15.0]
    assert got.summary().loc["b", ["x", "m"]].tolist() == [1, 0.0]
    assert got.report.zero_amounts == 2


# Refunds


def test_a_day_whose_purchases_are_cancelled_in_full_is_no_purchase_day():
    got = log([("a", 0, 10.0), ("a", 7, 20.0), ("a", 7, -20.0), ("a", 14, 5.0)])
    assert got.summary().loc["a"].tolist() == [1, 2.0, 2.0, 5.0]
    assert got.report.fully_cancelled_days == 1


def test_decimals_that_cancel_leave_no_trace_in_binary():
    got = log([("a", 0, 1.0), ("a", 7, 0.1), ("a", 7, 0.2), ("a", 7, -0.3), ("b", 0, 1 / 3)])
    assert got.report.fully_cancelled_days == 1
    assert got.summary().loc["a", "x"] == 0


def test_a_refund_of_the_same_day_lowers_the_spend_of_that_day():
    assert log([("a", 0, 10.0), ("a", 7, 20.0), ("a", 7, -5.0)]).summary().loc["a", ["x", "m"]].tolist() == [
        1,
        15.0,
    ]


def test_a_later_refund_lowers_the_spend_of_the_latest_purchase_before_it():
    got = log([("a", 0, 10.0), ("a", 7, 20.0), ("a", 9, -6.0), ("a", 14, 30.0)]).summary()
    assert got.loc["a", ["x", "t_x", "m"]].tolist() == [2, 2.0, 22.0]


def test_a_refund_of_the_first_purchase_never_touches_the_mean_of_the_repeats():
    got = log([("a", 0, 10.0), ("a", 3, -6.0), ("a", 7, 20.0)]).summary()
    assert got.loc["a", ["x", "m"]].tolist() == [1, 20.0]


def test_a_refund_counts_in_the_period_in_which_it_happened():
    rows = [("a", 0, 10.0), ("a", 7, 20.0), ("a", 12, -6.0), ("a", 14, 30.0), ("a", 15, 12.0)]
    got = log(rows).summary("day", calibration_end="2024-01-11")
    assert got.loc["a", ["x", "m"]].tolist() == [1, 20.0]
    assert got.loc["a", ["x_holdout", "m_holdout"]].tolist() == [2, 18.0]


def test_a_refund_in_the_holdout_of_the_first_purchase_leaves_the_holdout_mean_alone():
    rows = [("a", 0, 10.0), ("a", 12, -6.0), ("a", 14, 30.0)]
    assert log(rows).summary("day", calibration_end="2024-01-11").loc["a", "m_holdout"] == 30.0


def test_the_calibration_does_not_change_when_the_future_does():
    past = [("a", 0, 10.0), ("a", 7, 20.0), ("b", 2, 5.0)]
    future = [("a", 20, -25.0), ("b", 21, 9.0), ("b", 22, -9.0), ("c", 25, 1.0)]
    columns = ["x", "t_x", "T", "m"]
    whole = log(past + future).summary("day", calibration_end="2024-01-10")
    alone = log(past).summary("day", observation_end="2024-01-10")
    pd.testing.assert_frame_equal(whole[columns], alone)


def test_refunds_before_any_purchase_are_reported_and_belong_to_no_purchase():
    got = log([("a", 0, -7.0), ("a", 1, -1.0), ("a", 7, 20.0), ("a", 14, 30.0), ("b", 3, -2.5)])
    assert got.summary().loc["a"].tolist() == [1, 1.0, 1.0, 30.0]
    assert (got.report.refunds_unmatched, got.report.refunds_unmatched_amount) == (3, 10.5)
    assert got.report.customers_without_purchase == 1
    assert "b" not in got.summary().index
    assert "b" not in got.revenue().index


def test_dropped_refunds_are_left_out_and_counted():
    got = log([("a", 0, 10.0), ("a", 7, 20.0), ("a", 7, -20.0), ("a", 14, -5.0)], refunds="drop")
    assert got.summary().loc["a"].tolist() == [1, 1.0, 1.0, 20.0]
    report = got.report
    assert (report.rows, report.rows_used, report.set_aside, report.dropped) == (4, 2, (("refund", 2),), 2)
    assert (report.refunds, report.refund_amount, report.revenue) == (2, 25.0, 30.0)


def test_without_negative_rows_both_refund_policies_are_the_same():
    rows = [("a", 0, 10.0), ("a", 7, 0.0), ("b", 7, 3.0)]
    pd.testing.assert_frame_equal(log(rows).summary(), log(rows, refunds="drop").summary())
    dropped = log(rows, refunds="drop").report
    assert dropped.policies == (("refunds", "drop"),)
    assert log(rows).report == dataclasses.replace(dropped, policies=())


# Revenue and periods


def test_revenue_is_net_by_customer_and_its_window_has_both_ends():
    got = log([("a", 0, 10.0), ("a", 7, 20.0), ("a", 8, -5.0), ("b", 3, 1.0)])
    assert got.revenue().to_dict() == {"a": 25.0, "b": 1.0}
    assert got.revenue(start="2024-01-08", end="2024-01-08").to_dict() == {"a": 20.0, "b": 0.0}
    assert got.revenue().name == "revenue"
    assert got.revenue().index.name == "customer"


def test_periods_count_first_and_repeat_purchases_and_show_empty_weeks():
    got = log(
        [("a", 0, 10.0), ("a", 6, 20.0), ("b", 7, 1.0), ("b", 21, 2.0), ("b", 22, -0.5)]
    ).purchases_by_period()
    assert list(got.columns) == ["start", "end", "first_purchases", "repeat_purchases", "revenue", "complete"]
    assert got.index.tolist() == [1, 2, 3, 4]
    assert got.index.name == "period"
    assert got["first_purchases"].tolist() == [1, 1, 0, 0]
    assert got["repeat_purchases"].tolist() == [1, 0, 0, 1]
    assert got["revenue"].tolist() == [30.0, 1.0, 0.0, 1.5]
    assert got["start"].dt.strftime("%m-%d").tolist() == ["01-01", "01-08", "01-15", "01-22"]
    assert got["end"].dt.strftime("%m-%d").tolist() == ["01-07", "01-14", "01-21", "01-28"]
    assert got["complete"].tolist() == [True, True, True, False]


def test_periods_end_where_they_are_told_to():
    got = log([("a", 0, 1.0), ("a", 6, 1.0), ("a", 7, 1.0), ("a", 30, 1.0)])
    assert got.purchases_by_period(end="2024-01-07")["repeat_purchases"].tolist() == [1]
    assert got.purchases_by_period(end="2024-01-07")["complete"].tolist() == [True]
    assert got.purchases_by_period(end="2024-01-06")["complete"].tolist() == [False]


def test_months_have_thirty_or_thirty_one_days_and_no_day_is_lost():
    got = log([("a", day, 1.0) for day in range(400)]).purchases_by_period("month")
    lengths = (got["end"] - got["start"]).dt.days + 1
    assert set(lengths) == {30, 31}
    counts = got["first_purchases"] + got["repeat_purchases"]
    assert counts[got["complete"]].tolist() == lengths[got["complete"]].tolist()
    assert (
        got["start"].iloc[1:].to_numpy() == got["end"].iloc[:-1].to_numpy() + np.timedelta64(1, "D")
    ).all()


def test_periods_can_follow_only_those_who_joined_early():
    got = log([("a", 0, 1.0), ("b", 8, 2.0), ("a", 9, 4.0)]).purchases_by_period(joined_until="2024-01-07")
    assert got["first_purchases"].tolist() == [1, 0]
    assert got["repeat_purchases"].tolist() == [0, 1]
    assert got["revenue"].tolist() == [1.0, 4.0]


def test_purchases_lists_every_purchase_day_with_its_number():
    got = log([("b", 1, 5.0), ("a", 7, 2.0), ("a", 0, 1.0), ("a", 7, 2.0), ("a", 8, -1.0)]).purchases()
    assert got["customer"].tolist() == ["a", "a", "b"]
    assert got["number"].tolist() == [1, 2, 1]
    assert got["amount"].tolist() == [1.0, 4.0, 5.0]
    assert got["date"].dt.strftime("%m-%d").tolist() == ["01-01", "01-08", "01-02"]


# Ids and dates


def csv(tmp_path, text, name="log.csv"):
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


def test_ids_with_leading_zeros_stay_text(tmp_path):
    got = transactions.read(csv(tmp_path, "customer,date,amount\n00123,2024-01-01,1\n7,2024-01-01,1\n"))
    assert got.summary().index.tolist() == ["00123", "7"]


@pytest.mark.parametrize("odd", ["+7", "7.0", "9223372036854775808", "-0", "7 "])
def test_ids_that_are_not_plain_integers_keep_the_whole_column_text(tmp_path, odd):
    got = transactions.read(csv(tmp_path, f"customer,date,amount\n8,2024-01-01,1\n{odd},2024-01-01,1\n"))
    assert sorted(got.summary().index) == sorted(["8", odd])


def test_plain_integer_ids_in_a_csv_become_integers_and_sort_as_numbers(tmp_path):
    got = transactions.read(
        csv(tmp_path, "customer,date,amount\n10,2024-01-01,1\n9,2024-01-01,1\n-1,2024-01-01,1\n")
    )
    assert got.summary().index.tolist() == [-1, 9, 10]
    assert got.summary().index.dtype == "int64"


def test_integer_ids_that_a_missing_value_made_decimal_become_integers_again():
    data = pd.DataFrame({"customer": [13085.0, None], "date": "2024-01-01", "amount": 1.0})
    assert transactions.read(data, missing_customer="drop").summary().index.tolist() == [13085]


def test_dropped_customers_are_counted_and_their_other_faults_do_not_matter(tmp_path):
    text = "customer,date,amount\na,2024-01-01,1\n,never,x\n  ,2024-01-02,1\n"
    report = transactions.read(csv(tmp_path, text), missing_customer="drop").report
    assert (report.rows, report.rows_used, report.set_aside) == (3, 1, (("no customer id", 2),))


DATES = {
    "2024-02-01": {},
    "2024-2-1": {},
    "2024/02/01": {},
    "2024.02.01": {},
    "20240201": {},
    " 2024-02-01 ": {},
    "2024-02-01T23:59:59.999999": {},
    "2024-02-01 7:05": {},
    "01/02/2024": {"dayfirst": True},
    "1.2.2024 08:26": {"dayfirst": True},
    "02-01-2024": {"dayfirst": False},
    "2/1/2024 8:26 PM": {"dayfirst": False},
    "2024-02-01T23:30:00Z": {"timezone": "UTC"},
    "2024-02-01 00:30:00+01:00": {"timezone": "Europe/Paris"},
    "2024-01-31T23:30:00+00": {"timezone": "Europe/Paris"},
    "2024-01-31 19:00 -0500": {"timezone": "Europe/London"},
    "2024-02-02T04:00:00+05:30": {"timezone": "UTC"},
    "20240131T23:30:00 UTC": {"timezone": "Europe/Paris"},
}


@pytest.mark.parametrize("text", DATES)
def test_every_way_of_writing_the_first_of_february_is_read_as_that_day(text):
    data = pd.DataFrame({"customer": [1], "date": [text], "amount": [1.0]})
    assert transactions.read(data, **DATES[text]).report.first_date.isoformat() == "2024-02-01"


def test_the_column_itself_shows_whether_the_day_comes_first():
    def first_day(*dates):
        data = pd.DataFrame({"customer": 1, "date": dates, "amount": 1.0})
        return transactions.read(data).report.first_date.isoformat()

    assert first_day("01/02/2024", "13/02/2024") == "2024-02-01"
    assert first_day("01/02/2024", "02/13/2024") == "2024-01-02"
    assert first_day("03/03/2024", "4/4/2024") == "2024-03-03"


def test_dayfirst_does_not_turn_round_dates_that_begin_with_the_year():
    data = pd.DataFrame({"customer": 1, "date": ["2024-02-01"], "amount": 1.0})
    assert transactions.read(data, dayfirst=True).report.first_date.isoformat() == "2024-02-01"


def test_dates_written_as_integers_are_read_as_year_month_day():
    data = pd.DataFrame({"customer": 1, "date": [20240201], "amount": 1.0})
    assert transactions.read(data).report.first_date.isoformat() == "2024-02-01"


def test_the_day_is_taken_in_the_time_zone_of_the_shop_in_winter_and_summer():
    instants = pd.to_datetime(["2024-01-01T23:30Z", "2024-07-01T23:30Z"])
    got = transactions.read(
        pd.DataFrame({"customer": [1, 2], "date": instants, "amount": 1.0}), timezone="Europe/London"
    )
    assert got.purchases()["date"].dt.strftime("%m-%d").tolist() == ["01-01", "07-02"]
    assert got.report.timezone_converted == 2


def test_timestamps_without_an_offset_are_local_already():
    got = log([("a", 0, 1.0)], timezone="Asia/Tokyo")
    assert got.report.first_date == DAY_ONE.date()
    assert got.report.timezone_converted == 0


SOURCE = [(3, 0, 10.25), (1, 0, 0.0), (3, 9, 4.1), (3, 9, 4.2), (1, 9, -2.0), (2, 30, 7.0), (2, 44, 1.15)]


def test_what_was_read_cannot_be_changed():
    got = log(SOURCE)
    with pytest.raises(FrozenInstanceError):
        got.customer = "other"
    with pytest.raises(FrozenInstanceError):
        got.report.rows = 0


@pytest.mark.parametrize("factor", [1.0, 1 / 3, 1e-9, 1e12])
def test_the_order_of_the_rows_changes_nothing_not_even_the_last_digit(factor):
    rows = [(customer, day, amount * factor) for customer, day, amount in SOURCE]
    first = log(rows).summary()
    for order in itertools.islice(itertools.permutations(rows), 0, None, 631):
        pd.testing.assert_frame_equal(log(order).summary(), first, check_exact=True)


@pytest.mark.parametrize("amounts", [[0.1] * 10, [1e15 / 7, 0.25, 1 / 3], [1e-12, 3e-12], [1e20, 1.0]])
def test_sums_of_money_are_rounded_once(amounts):
    got = log([("a", 0, amount) for amount in amounts])
    assert got.revenue()["a"] == math.fsum(amounts)


# The report


def test_the_report_counts_every_row():
    got = log(
        [
            *[("a", 0, 10.0), ("a", 0, 5.0), ("a", 2, -3.0), ("a", 9, 4.0), ("a", 9, -4.0)],
            *[("b", 4, 0.0), ("c", 4, -1.25), (None, 5, 9.0)],
        ],
        missing_customer="drop",
    )
    assert got.report == transactions.Report(
        source="DataFrame",
        sha256=None,
        encoding=None,
        rows=8,
        rows_used=7,
        set_aside=(("no customer id", 1),),
        customers=2,
        customers_without_purchase=1,
        first_date=DAY_ONE.date(),
        last_date=(DAY_ONE + pd.Timedelta(days=9)).date(),
        purchase_days=2,
        merged=2,
        refunds=3,
        refund_amount=8.25,
        refunds_moved=0,
        refunds_unmatched=1,
        refunds_unmatched_amount=1.25,
        fully_cancelled_days=1,
        zero_amounts=1,
        revenue=10.75,
        timezone_converted=0,
        policies=(("missing_customer", "drop"),),
    )
    assert got.report.rows == got.report.rows_used + got.report.dropped
    assert (
        repr(got) == "Transactions(DataFrame: 8 rows, 2 customers, 2 purchase days, 2024-01-01 to 2024-01-10)"
    )


def test_the_report_is_a_tidy_table_and_reads_as_text_and_html(cdnow):
    table = cdnow.report.to_frame()
    assert list(table.columns) == ["item", "value", "note"]
    assert table.set_index("item")["value"]["rows merged"] == 223
    assert str(cdnow.report).count("\n") == len(table) - 1
    line = next(line for line in str(cdnow.report).splitlines() if line.startswith("rows merged"))
    assert line.split(maxsplit=3) == [
        "rows",
        "merged",
        "223",
        "into another row of the same customer and day",
    ]
    assert "<td>244,091.94</td>" in cdnow.report._repr_html_()


def test_the_report_names_the_file_but_not_its_folder_and_gives_its_hash(cdnow):
    path = folder("data") / "cdnow_sample.csv"
    assert cdnow.report.source == "cdnow_sample.csv"
    assert cdnow.report.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


# Published and real data


def test_cdnow_gives_the_published_counts(cdnow):
    got = cdnow.summary("week", calibration_end="1997-09-30")
    assert len(got) == 2357
    assert got["x"].sum() == 2457
    assert got["T"].max() == pytest.approx(38.857, abs=5e-4)
    assert (got["x"] > 0).sum() == 946
    assert got["m"].notna().sum() == 946
    assert got["T_holdout"].unique().tolist() == [39.0]
    assert cdnow.report.zero_amounts == 8


def test_cdnow_periods_and_summary_count_the_same_purchases(cdnow):
    weeks = cdnow.purchases_by_period("week")
    assert weeks["first_purchases"].sum() == 2357
    assert weeks["repeat_purchases"].sum() == cdnow.summary()["x"].sum()
    assert len(weeks) == 78
    assert weeks["complete"].all()


def test_the_largest_order_of_online_retail_was_cancelled_and_is_no_purchase(retail):
    data = pd.read_csv(folder("data") / "online_retail.csv.gz")
    largest = data.loc[data["amount_gbp"].idxmax()]
    assert largest["amount_gbp"] == 168_469.60
    day = largest["invoice_time"][:10]
    assert retail.revenue(start=day, end=day)[largest["customer_id"]] == 0.0
    bought = retail.purchases().query("customer_id == @largest.customer_id")
    assert day not in bought["date"].dt.strftime("%Y-%m-%d").tolist()


def test_the_net_revenue_of_online_retail_is_the_plain_sum_of_all_amounts(retail):
    data = pd.read_csv(folder("data") / "online_retail.csv.gz")
    total = round(math.fsum(data["amount_gbp"]), 2)
    assert retail.report.revenue == total
    assert round(retail.purchases_by_period()["revenue"].sum(), 2) == total
    strangers = ~data["customer_id"].isin(retail.revenue().index)
    refunded = data.loc[strangers, "amount_gbp"].sum()
    assert data.loc[strangers, "customer_id"].nunique() == retail.report.customers_without_purchase
    assert round(retail.revenue().sum() + refunded, 2) == total


# A slow reference, written from the rules in words


def slowly(rows, end, until):
    """x, t_x, T, m, x_holdout, m_holdout by customer, in days and cents, one customer and day at a time."""
    table = {}
    for customer in {row[0] for row in rows}:
        book = {}
        for who, day, cents in rows:
            if who == customer:
                book.setdefault(day, []).append(cents)
        bought = []
        wins = {"before": 0, "after": 0}
        for day in sorted(book):
            cents = book[day]
            ordered = all(c >= 0 for c in cents) or sum(cents) > 0
            if ordered:
                bought.append(day)
            if len(bought) >= 2 and day <= until:  # money of the repeats, or taken off them
                wins["before" if day <= end else "after"] += sum(cents)
        before = [day for day in bought if day <= end]
        after = [day for day in bought if end < day <= until]
        if not before:
            continue
        paid = len(before) - 1
        paid_after = len(after)
        table[customer] = (
            len(before) - 1,
            before[-1] - before[0],
            end - before[0],
            wins["before"] / paid / 100 if paid else math.nan,
            len(after),
            wins["after"] / paid_after / 100 if paid_after else math.nan,
        )
    return table


ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 12), st.integers(-3, 3).map(lambda n: n * 35)),
    min_size=1,
    max_size=25,
)


@given(rows=ROWS, end=st.integers(0, 12), longer=st.integers(1, 5))
@settings(max_examples=100, deadline=None)
def test_the_summary_agrees_with_a_slow_reference(rows, end, longer):
    expected = slowly(rows, end, end + longer)
    cents = [amount for _, _, amount in rows]
    turned = sum(cents) < 0 and 2 * sum(amount < 0 for amount in cents) > len(cents)  # refused
    if not expected or turned:
        return
    got = log([(who, day, cents / 100) for who, day, cents in rows]).summary(
        "day",
        calibration_end=DAY_ONE + pd.Timedelta(days=end),
        observation_end=DAY_ONE + pd.Timedelta(days=end + longer),
    )
    assert got.index.tolist() == sorted(expected)
    columns = ["x", "t_x", "T", "m", "x_holdout", "m_holdout"]
    want = np.array([expected[customer] for customer in sorted(expected)])
    np.testing.assert_allclose(got[columns].to_numpy(), want, rtol=1e-15)
    assert (got["T_holdout"] == longer).all()


def test_a_log_with_more_given_back_than_bought_is_refused():
    with pytest.raises(SchemaError) as caught:
        log([("a", 0, -5.0), ("a", 1, -6.0), ("b", 1, -7.0), ("b", 2, 2.0)])
    assert str(caught.value) == (
        "transactions breaks 1 rule.\n"
        "  amount      3 of 4 rows are negative, and more was given back than was bought: -16.00 in all. If the sign "
        "is turned round in this log, multiply the amounts by -1; if it is right, pass "
        'refunds="drop" or refunds="keep".'
    )


def test_equal_rows_of_another_status_are_no_duplicates_in_whatever_order():
    data = pd.DataFrame(
        {
            "customer": ["a", "a", "b"],
            "date": "2024-01-01",
            "amount": [5.0, 5.0, 1.0],
            "s": ["no", "paid", "paid"],
        }
    )
    for rows in (data, data[::-1]):
        got = transactions.read(rows, where={"s": ["paid"]}, duplicates="drop")
        assert got.report.revenue == 6.0


def test_long_numbers_in_where_are_told_apart():
    data = pd.DataFrame(
        {"customer": ["a", "b"], "date": "2024-01-01", "amount": 1.0, "s": [2**53, 2**53 + 1]}
    )
    assert transactions.read(data, where={"s": [2**53 + 1]}).summary().index.tolist() == ["b"]


def test_rows_set_aside_keep_columns_that_are_called_like_ours(tmp_path):
    path = csv(tmp_path, "file,line,reason\n7,2024-01-01,1\n8,x,1\n")
    got = transactions.read(path, "file", "line", "reason", unreadable="drop").rejected
    assert got.to_dict("list") == {
        "line": [3],
        "reason": ["date that cannot be read"],
        "file (customer)": ["8"],
        "line (date)": ["x"],
        "reason (amount)": ["1"],
    }


def test_rows_without_an_invoice_belong_to_no_invoice():
    data = frame([("a", 0, 10.0), ("a", 4, 20.0), ("a", 8, -5.0), ("a", 20, 1.0)]).assign(
        no=["NULL", "1", "NULL", "2"]
    )
    got = transactions.read(data, invoice="no", refunds="invoice")
    assert got.report.refunds_moved == 0
    assert got.revenue(end="2024-01-01").to_dict() == {"a": 10.0}


def test_lines_of_many_rows_in_several_files_are_right(tmp_path):
    for month in range(3):
        rows = [f"{i},2024-0{month + 1}-01,{'x' if i % 800 == 0 else 1}" for i in range(40_000)]
        csv(tmp_path, "\n".join(["customer,date,amount", *rows]), f"log-{month}.csv")
    got = transactions.read(str(tmp_path / "log-*.csv"), unreadable="drop").rejected
    assert len(got) == 150
    assert (got["line"] == got["customer"].astype(int) + 2).all()
    assert got["file"].value_counts().tolist() == [50, 50, 50]
