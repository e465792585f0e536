"""Tenure and value: cases by hand, known truths for both denominators, and what the purchase days alone make."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmtheory.errors import DomainError, SchemaError
from crmtheory.relationship import tenure_bands, tenure_null, tenure_value

START = pd.Timestamp("2020-01-01")


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def sales(rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer", "date", "amount"])
    return frame.assign(date=pd.to_datetime(frame["date"]))


def even(rng: np.random.Generator) -> float:
    return rng.uniform(0.5, 1.5)


def skewed(rng: np.random.Generator) -> float:
    return rng.lognormal(0, 1.5)


def monthly(n: int, rng: np.random.Generator, rise: float = 0.0, spread=even) -> pd.DataFrame:
    """Customers who stay for 2 to 24 months and buy in a month with some chance, once; spend may rise with the stay."""
    rows = []
    for c in range(n):
        months = int(rng.integers(2, 25))
        level = 10 * (1 + rise * months)
        for m in range(months):
            if m in (0, months - 1) or rng.random() < 0.5:
                rows.append((c, START + pd.DateOffset(months=m), level * spread(rng)))
    return sales(rows)


def two_purchases(tenure, total) -> pd.DataFrame:
    """Customers with a first purchase and one `tenure` days later (31 or more), half of `total` at each."""
    days = np.ravel(np.column_stack([np.zeros(len(total), int), tenure]))
    dates = START + pd.to_timedelta(days, unit="D")
    return pd.DataFrame(
        {"customer": np.arange(len(total)).repeat(2), "date": dates, "amount": np.repeat(total, 2) / 2}
    )


FOUR = [
    ("甲", "2024-01-05", 10.0),
    ("甲", "2024-01-25", 10.0),  # tenure 20, one active month, one elapsed: 20 and 20
    ("乙", "2024-01-05", 10.0),
    ("乙", "2024-03-05", 20.0),  # tenure 60, two active, three elapsed: 15 and 10
    ("丙", "2024-01-31", 50.0),
    ("丙", "2024-02-01", 50.0),  # tenure 1, two active, two elapsed: 50 and 50
    ("丁", "2024-01-01", 12.0),
    ("丁", "2024-04-30", 12.0),  # tenure 120, two active, four elapsed: 12 and 6
    ("戊", "2024-01-01", 99.0),  # one purchase: left out
]


def test_four_customers_by_hand():
    table = tenure_value(sales(FOUR))
    tenure = [20, 60, 1, 120]
    assert table["estimate"].tolist() == pytest.approx(
        [stats.spearmanr(tenure, [20, 15, 50, 12])[0], stats.spearmanr(tenure, [20, 10, 50, 6])[0]]
    )
    assert table["n"].tolist() == [4, 4]
    assert table.index.tolist() == ["active months", "elapsed months"]
    assert table.columns.tolist() == ["estimate", "low", "high", "n"]


def test_silence_counts_when_months_elapse_to_a_given_day():
    rows = FOUR[:-1]
    table = tenure_value(sales(rows), end="2024-12-31")
    tenure, rate = [20, 60, 1, 120], [20 / 12, 30 / 12, 100 / 12, 24 / 12]
    assert table.loc["elapsed months", "estimate"] == pytest.approx(stats.spearmanr(tenure, rate)[0])
    assert (
        table.loc["active months", "estimate"] == tenure_value(sales(rows)).loc["active months", "estimate"]
    )


def test_one_time_buyers_count_when_asked_for():
    assert tenure_value(sales(FOUR), least=1)["n"].tolist() == [5, 5]


def test_several_rows_of_one_day_are_one_purchase_and_their_amounts_are_added():
    twice = sales(
        [*FOUR[:-1], ("丁", "2024-01-01", 88.0), ("戊", "2024-01-01", 1.0), ("戊", "2024-01-01", 1.0)]
    )
    table = tenure_value(twice)
    assert table["n"].tolist() == [4, 4]
    tenure, active = [20, 60, 1, 120], [20, 15, 50, 56]
    assert table.loc["active months", "estimate"] == pytest.approx(stats.spearmanr(tenure, active)[0])


def test_revenue_given_takes_the_place_of_the_amounts():
    revenue = pd.Series({"甲": 20.0, "乙": 300.0, "丙": 10.0, "丁": 240.0, "戊": 0.0})
    table = tenure_value(sales(FOUR), revenue=revenue)
    assert table.loc["active months", "estimate"] == pytest.approx(
        stats.spearmanr([20, 60, 1, 120], [20, 150, 5, 120])[0]
    )


def test_ties_share_their_mean_rank_as_in_scipy():
    rng = np.random.default_rng(1)
    tenure, total = rng.integers(31, 36, 80), rng.integers(1, 5, 80).astype(float)
    table = tenure_value(two_purchases(tenure, total))
    assert table.loc["active months", "estimate"] == pytest.approx(stats.spearmanr(tenure, total)[0])


def test_spend_that_differs_by_rounding_only_is_a_tie():
    total = np.array([0.1 + 0.2, 0.3, 5.0, 6.0])
    assert total[0] != total[1]
    table = tenure_value(two_purchases([40, 50, 60, 70], total))
    expect = stats.spearmanr([40, 50, 60, 70], [1.5, 1.5, 3, 4])[0]
    assert table.loc["active months", "estimate"] == pytest.approx(expect)


def test_the_interval_is_that_of_bonett_and_wright():
    rng = np.random.default_rng(2)
    tenure, total = rng.integers(31, 900, 50), rng.lognormal(0, 1, 50)
    row = tenure_value(two_purchases(tenure, total), level=0.9).loc["active months"]
    z = stats.norm.ppf(0.95) * np.sqrt((1 + row["estimate"] ** 2 / 2) / 47)
    assert row["low"] == pytest.approx(np.tanh(np.arctanh(row["estimate"]) - z))
    assert row["high"] == pytest.approx(np.tanh(np.arctanh(row["estimate"]) + z))


def test_a_known_correlation_is_inside_the_interval_at_about_its_rate():
    """Normal with r = 0.5 has a rank correlation of 6/π · arcsin(r/2)."""
    truth = 6 / np.pi * np.arcsin(0.25)
    rng = np.random.default_rng(3)
    worlds, inside = 120, 0
    for _ in range(worlds):
        x, y = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 60).T
        days = 500 + np.argsort(np.argsort(x))
        row = tenure_value(two_purchases(days, np.exp(y))).loc["active months"]
        inside += row["low"] <= truth <= row["high"]
    low, high = stats.binom.ppf([1e-4, 1 - 1e-4], worlds, 0.95)
    assert low <= inside <= high


def test_the_order_of_rows_changes_nothing():
    log = monthly(60, np.random.default_rng(4))
    mixed = log.sample(frac=1, random_state=5)
    pd.testing.assert_frame_equal(tenure_value(log), tenure_value(mixed))
    pd.testing.assert_frame_equal(tenure_bands(log), tenure_bands(mixed))
    one, other = (tenure_null(frame, np.random.default_rng(6), resamples=20) for frame in (log, mixed))
    pd.testing.assert_frame_equal(one, other)


# What the denominator does


def test_when_tenure_makes_no_difference_active_months_show_none_and_elapsed_months_are_pulled_down():
    """One purchase in an active month, of the same expected amount for all. Dividing by all months that passed makes
    long relationships look poor, as the first and the last month always have a purchase and those between need not.
    """
    log = monthly(1500, np.random.default_rng(7))
    table = tenure_value(log)
    assert table.loc["active months", "low"] < 0 < table.loc["active months", "high"]
    assert table.loc["elapsed months", "high"] < -0.2


def test_when_spend_rises_with_the_stay_active_months_show_it():
    table = tenure_value(monthly(500, np.random.default_rng(8), rise=0.1))
    assert table.loc["active months", "low"] > 0.3


def test_dealing_out_amounts_shows_what_the_purchase_days_alone_make():
    """In a world where tenure makes no difference the correlations are those of dealt-out amounts."""
    log = monthly(600, np.random.default_rng(9))
    table, null = tenure_value(log), tenure_null(log, np.random.default_rng(10), resamples=100)
    assert null.columns.tolist() == ["estimate", "low", "high", "n"]
    assert null.index.tolist() == table.index.tolist()
    for name in table.index:
        assert null.loc[name, "low"] - 0.03 < table.loc[name, "estimate"] < null.loc[name, "high"] + 0.03
    assert null.loc["elapsed months", "high"] < -0.2


def test_where_spend_rises_with_the_stay_the_dealt_out_amounts_do_not_show_it():
    log = monthly(300, np.random.default_rng(11), rise=0.2)
    null = tenure_null(log, np.random.default_rng(12), resamples=50)
    assert null.loc["active months", "high"] < tenure_value(log).loc["active months", "low"]


def test_buying_more_often_within_a_month_is_found_by_the_dealt_out_amounts_too():
    """Heavy buyers stay longer and buy thrice in each active month: worth more per active month by days alone."""
    rows = [
        (c, START + pd.DateOffset(months=m) + pd.Timedelta(days=d), 10.0)
        for c in range(40)
        for m in range(2 + c // 2)
        for d in range(1 if c < 20 else 3)
    ]
    null = tenure_null(sales(rows), np.random.default_rng(13), resamples=20)
    assert null.loc["active months", "estimate"] > 0.8


def test_customers_with_a_level_of_their_own_keep_it_when_they_are_dealt_out():
    """Small and large buyers whose level has nothing to do with tenure: neither the data nor the deal shows a link.

    Amounts dealt out purchase by purchase would show one, because a mean of many skewed amounts is more often high than
    a mean of few.
    """
    rng = np.random.default_rng(14)
    log = monthly(1500, rng)
    level = pd.Series(np.exp(rng.normal(0, 1.5, 1500)), log["customer"].unique())
    log["amount"] *= log["customer"].map(level)
    table, null = tenure_value(log), tenure_null(log, np.random.default_rng(15), resamples=30)
    assert table.loc["active months", "low"] < 0 < table.loc["active months", "high"]
    assert null.loc["active months", "low"] < 0.02 < null.loc["active months", "high"] + 0.04


# Bands


def test_bands_by_hand():
    table = tenure_bands(sales(FOUR), (1, 60))
    assert (
        table.index.get_level_values("band").tolist() == ["up to 1 days", "2 to 60 days", "over 60 days"] * 2
    )
    assert table.loc["active months", "customers"].tolist() == [1, 2, 1]
    assert table.loc["active months", "mean"].tolist() == pytest.approx([50, 17.5, 12])
    assert table.loc["elapsed months", "mean"].tolist() == pytest.approx([50, 15, 6])
    assert table.loc[("active months", "over 60 days"), ["low", "high"]].isna().all()
    assert table.columns.tolist() == ["customers", "mean", "low", "high"]


def test_a_band_without_customers_is_kept():
    table = tenure_bands(sales(FOUR), (500, 600))
    assert table.loc[("active months", "501 to 600 days"), "customers"] == 0
    assert np.isnan(table.loc[("active months", "501 to 600 days"), "mean"])


@pytest.mark.parametrize("bands", [(), (30, 30), (90, 30), (1.5, 3), (-1, 5)])
def test_bands_that_are_none_are_refused(bands):
    assert raised(DomainError, lambda: tenure_bands(sales(FOUR), bands)) == (
        f"Bands end at whole days that rise, such as (30, 90, 180), not {bands}."
    )


# Edges


def test_too_few_customers_who_came_back_are_said():
    assert raised(DomainError, lambda: tenure_value(sales(FOUR[:6]))) == (
        "Tenure and value need at least 4 customers with 2 or more purchase days; 3 of 3 have so many. Take a longer "
        "log."
    )
    only_once = sales([(c, "2024-01-01", 1.0) for c in range(9)])
    assert raised(DomainError, lambda: tenure_value(only_once)) == (
        "Tenure and value need at least 4 customers with 2 or more purchase days; 0 of 9 have so many. Take a longer "
        "log."
    )


def test_when_all_spend_the_same_there_is_no_correlation():
    row = tenure_value(two_purchases([40, 50, 60, 70], [5.0] * 4)).loc["active months"]
    assert row[["estimate", "low", "high"]].isna().all()
    assert row["n"] == 4


def test_a_perfect_order_has_an_interval_of_no_width():
    row = tenure_value(two_purchases([40, 50, 60, 70], [5.0, 6, 7, 8])).loc["active months"]
    assert row[["estimate", "low", "high"]].tolist() == [1, 1, 1]


def test_a_log_without_amounts_is_refused():
    assert raised(DomainError, lambda: tenure_value(sales(FOUR).assign(amount=np.nan))) == (
        "9 of 9 purchases have no amount, so spend per month is not known. Read the log with its column of amounts."
    )
    assert raised(SchemaError, lambda: tenure_value(sales(FOUR).drop(columns="amount"))) == (
        'Purchases: There is no column "amount". Known: customer, date.'
    )
    assert raised(SchemaError, lambda: tenure_value(sales(FOUR).assign(amount="¥5"))) == (
        "The column amount must hold numbers, not str."
    )
    with pytest.raises(SchemaError):
        tenure_value(sales(FOUR), level=0)
    with pytest.raises(DomainError):
        tenure_value(sales(FOUR), least=0)
