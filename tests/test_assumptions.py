"""The checks of the value models' assumptions find what was put into the data, and nothing where nothing is."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmtheory import assumptions, simulate
from crmtheory.errors import DomainError
from crmtheory.models import BGNBD, GammaGamma


def purchases(**days: list[int]) -> pd.DataFrame:
    """Purchase days (counted from 1 January 2024) of customers, in order."""
    rows = [
        (who, pd.Timestamp("2024-01-01") + pd.Timedelta(days=d)) for who, when in days.items() for d in when
    ]
    return pd.DataFrame(rows, columns=["customer", "date"])


def log_of(rng: np.random.Generator, shape: float, customers: int = 400) -> pd.DataFrame:
    """Customers at their own rates with five purchases each; times between purchases are Gamma(shape)."""
    gaps = rng.gamma(shape, 1 / shape, (customers, 5)) * rng.uniform(200, 2000, (customers, 1))
    days = np.cumsum(np.ceil(gaps), axis=1).astype(int)  # never twice on one day
    when = pd.Timestamp("1990-01-01") + pd.to_timedelta(days.ravel(), unit="D")
    return pd.DataFrame({"customer": np.repeat(np.arange(customers), 5), "date": when})


# Enough data


@pytest.mark.parametrize(
    ("customers", "again", "days", "said"),
    [
        (49, 30, 1000, "49 customers over 1,000 days, 30 of whom bought on more than one day."),
        (60, 19, 30, "60 customers over 30 days, 19 of whom bought on more than one day."),
        (1, 0, 1, "1 customer over 1 days, 0 of whom bought on more than one day."),
    ],
)
def test_a_log_that_is_too_small_is_refused_in_one_sentence(customers, again, days, said):
    people = pd.DataFrame({"x": [1] * again + [0] * (customers - again)})
    with pytest.raises(DomainError) as error:
        assumptions.enough(people, days)
    assert str(error.value).startswith(
        f"This log is too small: {said} At least 50 customers and 20 who bought"
    )


def test_fifty_customers_of_whom_twenty_came_back_are_enough():
    assumptions.enough(pd.DataFrame({"x": [3] * 20 + [0] * 30}), 30)


# Spend and frequency


def test_spend_is_shown_by_quartiles_for_each_number_of_purchases():
    people = pd.DataFrame(
        {"x": [0, 1, 1, 1, 2, 6, 9, 2], "m": [np.nan, 10, 20, 30, 7, 1, 3, 0.0]}
    )  # the last one paid nothing
    table = assumptions.spend_by_frequency(people)
    assert table.index.tolist() == ["1", "2", "6+"]
    assert table.loc["1"].tolist() == [15, 20, 25, 3]
    assert table.loc["2"].tolist() == [7, 7, 7, 1]
    assert table.loc["6+"].tolist() == [1.5, 2, 2.5, 2]


def test_the_order_of_customers_does_not_matter_for_spend(cdnow):
    shuffled = cdnow.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        assumptions.spend_by_frequency(shuffled), assumptions.spend_by_frequency(cdnow)
    )


def test_independence_leaves_only_a_small_correlation_of_frequency_and_mean_spend(cdnow, cdnow_fits):
    rho = assumptions.correlation_if_independent(cdnow_fits["Gamma-Gamma"], cdnow, np.random.default_rng(5))
    assert 0 < rho < 0.1


def test_with_much_spread_between_and_none_within_customers_independence_means_no_correlation():
    people = BGNBD().simulate((0.8, 6.0, 0.9, 2.5), 50.0, np.random.default_rng(6), n=3000)
    steady = GammaGamma().result(
        model=GammaGamma(), theta=np.array([1e4, 2.0, 30.0]), cov=np.zeros((3, 3)), cov_used=np.zeros((3, 3)),
        loglik=0.0, n=1, unit=None, verdict=None,
    )  # fmt: skip
    rho = assumptions.correlation_if_independent(steady, people, np.random.default_rng(6), draws=20)
    n = (people["x"] > 0).sum()
    assert abs(rho) < 4 / np.sqrt(20 * n)


# Timing


def test_the_fraction_places_the_second_of_the_last_three_purchases():
    """To the day: the moment within the day is drawn."""
    log = purchases(Ann=[0, 50, 100], Bob=[0, 3, 10, 20, 100], Cy=[0, 9], Di=[0, 99, 100], Ed=[5, 6, 7])
    fractions = assumptions.middle_fractions(log, np.random.default_rng(1))
    assert fractions.index.tolist() == [
        "Ann",
        "Bob",
        "Di",
    ]  # Cy bought twice; three days in a row tell nothing
    for who, (low, high) in {"Ann": (49, 50), "Bob": (9, 10), "Di": (98, 99)}.items():
        length = {"Bob": 89}.get(who, 99)
        assert low / length <= fractions[who] <= high / length


def test_the_fraction_of_every_customer_with_three_purchases_lies_between_0_and_1(cdnow_log):
    log = cdnow_log.purchases()  # the customer column has a name of its own
    fractions = assumptions.middle_fractions(log, np.random.default_rng(1))
    last = log.groupby("customer_id")["date"].agg(
        lambda d: (d.iloc[-1] - d.iloc[-3]).days if len(d) > 2 else 0
    )
    assert sorted(fractions.index) == last.index[last >= 3].tolist()
    assert fractions.between(0, 1).all()


def test_a_log_in_order_of_date_gives_each_customer_their_own_fraction():
    """Regression: values joined to ids by place belong to somebody else."""
    by_customer = purchases(Ann=[5, 5000, 9995], Bob=[0, 1000, 10000])
    by_date = by_customer.sort_values("date", kind="stable")
    for log in (by_customer, by_date, by_customer[::-1]):
        fractions = assumptions.middle_fractions(log, np.random.default_rng(1))
        assert fractions.to_dict() == pytest.approx({"Ann": 0.5, "Bob": 0.1}, abs=2e-4)


def test_days_make_random_purchases_look_no_more_regular_than_they_are():
    """Three moments in a few days, no two on one day: the fraction is uniform all the same."""
    rng = np.random.default_rng(23)
    rows = []
    for who in range(6000):
        moments = np.unique(np.floor(np.cumsum(rng.exponential(3.0, 3))).astype(int))
        if len(moments) == 3:
            rows += [(who, pd.Timestamp("2024-01-01") + pd.Timedelta(days=int(d))) for d in moments]
    log = pd.DataFrame(rows, columns=["customer", "date"])
    fractions = assumptions.middle_fractions(log, rng)
    assert len(fractions) > 2000
    assert stats.kstest(fractions, "uniform").pvalue > 1e-3


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (1.0, "no sign against random timing"),
        (6.0, "more regular than random"),
        (0.3, "more bunched than random"),
    ],
)
def test_the_shape_of_the_times_between_purchases_is_found(shape, words):
    rng = np.random.default_rng(17)
    fractions = assumptions.middle_fractions(log_of(rng, shape), rng)
    row = assumptions.timing_shape(fractions, rng, resamples=300).iloc[0]
    assert row["low"] < shape < row["high"]
    assert row["low"] < row["shape"] < row["high"]
    assert row["customers"] == len(fractions) > 380  # some bunched customers bought on three days in a row
    assert assumptions.timing_in_words(row) == words


def test_the_shape_is_the_one_whose_beta_distribution_has_that_variance():
    fractions = pd.Series([0.3, 0.7] * 10)
    k = assumptions.timing_shape(fractions, np.random.default_rng(1), resamples=10)["shape"].item()
    assert stats.beta(k, k).var() == pytest.approx(0.04)


def test_the_interval_of_the_shape_holds_the_truth_at_about_its_stated_rate():
    rng, inside = np.random.default_rng(18), 0
    for _ in range(120):
        row = assumptions.timing_shape(pd.Series(rng.beta(2, 2, 250)), rng, resamples=200).iloc[0]
        inside += row["low"] <= 2 <= row["high"]
    assert stats.binom.ppf(1e-4, 120, 0.95) <= inside


def test_simulated_clockwork_buyers_are_found_to_be_regular():
    """Made-up customers whose gaps are Gamma with shape 20, and who leave with probability 0.1 a purchase."""
    rng = np.random.default_rng(19)
    people = simulate.regular_buyers(4000, 40.0, rng, gap=4.0, leave=0.1)
    assert people["x"].max() <= 13
    silent = people[(people["T"] - people["t_x"] > 8) & (people["x"] > 0)]
    assert silent["alive"].mean() < 0.02  # two gaps of silence: gone
    survivors = 0.9 ** np.arange(1, 4)
    for repeats, alive in zip(
        (0, 1, 2), survivors, strict=True
    ):  # chances passed: first purchase and repeats
        share = (people["x"] > repeats).mean()
        assert abs(share - alive) < 4 * np.sqrt(alive * (1 - alive) / 4000)


def test_timing_of_fewer_than_twenty_customers_is_left_open():
    for few in (0, 19):
        row = assumptions.timing_shape(pd.Series([0.5] * few, dtype=float), np.random.default_rng(1)).iloc[0]
        assert row[["shape", "low", "high"]].isna().all()
        assert row["customers"] == few
        assert assumptions.timing_in_words(row) == "too few customers with three purchases to say"


# Cohorts


def test_cohorts_count_repeat_purchases_of_those_who_could_be_watched():
    log = purchases(Ann=[0, 10, 40], Bob=[5, 30], Cy=[20], Di=[35, 36], Ed=[59, 60], Flo=[33, 62, 63])
    table = assumptions.cohorts(log, pd.Timestamp("2024-03-05"), days=30)  # the 64th day after 1 January
    assert table.index.name == "month"
    assert table.index.tolist() == ["2024-01"]  # of February only Flo could be watched for 30 days
    january = [1, 1, 0]  # Ann on day 10, Bob on day 30 (25 later), Cy never
    half = stats.t.ppf(0.975, 2) * np.std(january, ddof=1) / np.sqrt(3)
    row = table.loc["2024-01"]
    assert row["customers"] == 3
    assert row["mean"] == pytest.approx(2 / 3)
    assert row["low"] == 0  # counts are not negative
    assert row["high"] == pytest.approx(2 / 3 + half)


def test_the_window_of_a_cohort_ends_with_its_last_day():
    on_the_day = assumptions.cohorts(purchases(A=[0, 30], B=[0, 31]), pd.Timestamp("2024-12-31"), days=30)
    assert on_the_day.loc["2024-01", "mean"] == 0.5


def months(means: list[float], error: float, customers: int = 50) -> pd.DataFrame:
    """A table of cohorts with these means and standard errors."""
    half = stats.t.ppf(0.975, customers - 1) * error
    mean = pd.Series(means)
    return pd.DataFrame({"mean": mean, "low": mean - half, "high": mean + half, "customers": customers})


def test_drift_is_seen_when_months_differ_and_not_when_they_do_not():
    """Cochran's Q against χ² with one degree less than months: 3.84 for two, at the 5 % level."""
    none, some = (
        "No difference between the months could be shown.",
        "Customers won in different months differ",
    )
    assert assumptions.drift_in_words(months([1.0, 1.0 + 0.1 * np.sqrt(2 * 3.8)], 0.1)) == none
    assert assumptions.drift_in_words(months([1.0, 1.0 + 0.1 * np.sqrt(2 * 3.9)], 0.1)).startswith(some)
    assert assumptions.drift_in_words(months([1.0], 0.1)) == (
        "Fewer than two months can be watched that long, so drift cannot be seen."
    )


def test_drift_is_seen_by_chance_in_one_case_of_twenty():
    rng, seen = np.random.default_rng(24), 0
    for _ in range(400):
        counts = rng.normal(2.0, 1.0, (6, 200))
        table = months(list(counts.mean(axis=1)), 1.0)
        half = stats.t.ppf(0.975, 199) * counts.std(axis=1, ddof=1) / np.sqrt(200)
        table = table.assign(low=table["mean"] - half, high=table["mean"] + half, customers=200)
        seen += assumptions.drift_in_words(table).startswith("Customers won")
    low, high = stats.binom.ppf([1e-4, 1 - 1e-4], 400, 0.05)
    assert low <= seen <= high


def test_a_log_over_a_century_has_a_mistyped_date():
    with pytest.raises(DomainError) as error:
        assumptions.enough(pd.DataFrame({"x": [3] * 60}), 40_000)
    assert str(error.value) == (
        "The log spans 110 years. Some date is probably mistyped: see the first and last day in the table of what "
        "was read."
    )


def test_nothing_given_is_changed(cdnow_log):
    log = cdnow_log.purchases()
    given = log.copy(deep=True)
    assumptions.middle_fractions(given, np.random.default_rng(1))
    assumptions.cohorts(given, given["date"].max(), days=90)
    pd.testing.assert_frame_equal(given, log)
