"""Claims on the lifecycle: verdicts on worlds plainly so or plainly not, and estimates known from elsewhere."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from crmtheory import claims, lifecycle, simulate
from crmtheory.errors import DomainError, SchemaError
from crmtheory.panel import of
from crmtheory.transactions import read


def judge(claim: str, data, **options) -> claims.Verdict:
    return claims.test(claim, data, name="made up", **options)


def at_most(times: int, trials: int, rate: float) -> bool:
    """Whether so many are no sign of a higher rate (one in ten thousand)."""
    return times <= stats.binom.ppf(1 - 1e-4, trials, rate)


# Not testable


@pytest.mark.parametrize(
    ("claim", "columns", "reason"),
    [
        ("LIF-1", {"stage": ["new"]}, "missing: next_spend"),
        ("LIF-1", {"stage": ["new"], "next_spend": [np.nan]}, "missing: next_spend"),
        ("LIF-2", {"stage": ["new"]}, "missing: risk, silent"),
        ("LIF-3", {"back": [1]}, "missing: returned"),
        ("LIF-4", {"left": [1]}, "missing: there"),
        ("LIF-5", {"first": [1.0], "last": [1.0]}, "missing: middle"),
        ("LIF-6", {"score": [0.1]}, "missing: converted"),
    ],
)
def test_missing_columns_are_named(claim, columns, reason):
    verdict = judge(claim, pd.DataFrame(columns))
    assert (verdict.verdict, verdict.reason) == ("not testable", reason)
    assert (verdict.theta, verdict.low, verdict.high) == (None, None, None)


@pytest.mark.parametrize(
    ("claim", "data", "reason"),
    [
        (
            "LIF-1",
            {"stage": ["new"] * 20, "next_spend": np.arange(20)},
            "20 customers in 1 stages with 20 different amounts: nothing to tell apart",
        ),
        (
            "LIF-1",
            {"stage": ["new", "lost"] * 10, "next_spend": [3.0] * 20},
            "20 customers in 2 stages with 1 different amounts: nothing to tell apart",
        ),
        (
            "LIF-1",
            {"stage": ["new", "lost"] * 4, "next_spend": np.arange(8)},
            "8 customers in 2 stages with 8 different amounts: nothing to tell apart",
        ),
        (
            "LIF-2",
            {"risk": [0.1, 0.2], "silent": [True, True]},
            "It happened to all of the 2 customers, so no score can tell two kinds apart. Take more customers, or "
            "another period.",
        ),
        (
            "LIF-4",
            {"there": [9, 8, 7, 6], "left": [1, 1, 1, 1]},
            "There is no year 5: the table has years 1 to 4.",
        ),
        (
            "LIF-4",
            {"there": [9, 8, 7, 6, 0], "left": [1, 1, 1, 6, 0]},
            "Nobody is left at the start of year 5, so it has no retention rate.",
        ),
        (
            "LIF-5",
            {"first": [1.0] * 9, "middle": [2.0] * 9, "last": [1.0] * 9},
            "only 9 customers whose relationship is over bought between the first and the last purchase",
        ),
    ],
)
def test_data_without_an_answer_give_the_reason(claim, data, reason):
    verdict = judge(claim, pd.DataFrame(data))
    assert (verdict.verdict, verdict.reason, verdict.theta) == ("not testable", reason, None)


@pytest.mark.parametrize(
    ("claim", "columns"),
    [("LIF-1", ("stage", "next_spend")), ("LIF-2", ("risk", "silent")), ("LIF-4", ("there", "left"))],
)
def test_a_table_without_a_single_complete_row_is_not_testable(claim, columns):
    data = pd.DataFrame([[1.0, np.nan], [np.nan, 1.0]], columns=columns)
    verdict = judge(claim, data)
    assert (verdict.verdict, verdict.n) == ("not testable", 0)
    assert verdict.reason == f"no row has all of {columns[0]}, {columns[1]}"


def test_a_claim_whose_data_were_not_given_says_what_would_make_it_testable():
    verdict = claims.not_given("LIF-6", "no table of contacts was given (parameter leads)", name="shop")
    entry = claims.ledger().loc["LIF-6"]
    assert (verdict.verdict, verdict.reason, verdict.n, verdict.data) == (
        "not testable",
        "no table of contacts was given (parameter leads)",
        0,
        "shop",
    )
    assert (verdict.theta, verdict.low, verdict.high) == (None, None, None)
    assert (verdict.claim, verdict.delta) == (entry["claim"], entry["threshold"])
    with pytest.raises(SchemaError, match=r'^There is no claim "LIF-66"\. Did you mean "LIF-6"\?'):
        claims.not_given("LIF-66", "nothing")


def test_a_function_may_make_the_data_and_say_why_it_cannot():
    data = pd.DataFrame({"returned": [True] * 50 + [False] * 50})
    assert judge("LIF-3", lambda: data) == judge("LIF-3", data)

    def none() -> pd.DataFrame:
        raise DomainError("Nobody was judged lost.")

    verdict = judge("LIF-3", none)
    assert (verdict.verdict, verdict.reason, verdict.n) == ("not testable", "Nobody was judged lost.", 0)


def test_a_function_that_breaks_for_another_reason_is_not_hushed_up():
    def broken() -> pd.DataFrame:
        raise SchemaError("no such column")

    with pytest.raises(SchemaError, match="no such column"):
        judge("LIF-3", broken)


def test_a_series_of_customers_will_do():
    returned = pd.Series([True] * 30 + [False] * 70, name="returned")
    assert judge("LIF-3", returned).theta == pytest.approx(0.3)


# LIF-1: stages differ


def spending(n: int, k: int, apart: float, rng) -> pd.DataFrame:
    place = rng.integers(0, k, n)
    return pd.DataFrame({"stage": place.astype(str), "next_spend": rng.normal(place * apart, 1.0)})


def epsilon(data: pd.DataFrame) -> float:
    """(H − k + 1) / (n − k) with H of scipy, which allows for ties."""
    groups = [group for _, group in data["next_spend"].groupby(data["stage"].to_numpy())]
    return (stats.kruskal(*groups).statistic - len(groups) + 1) / (len(data) - len(groups))


@pytest.mark.parametrize("ties", [False, True])
def test_the_share_is_that_of_kruskal_and_wallis(ties):
    data = spending(300, 4, 0.5, np.random.default_rng(1))
    if ties:
        data["next_spend"] = data["next_spend"].clip(lower=0).round()  # many spend nothing
    verdict = judge("LIF-1", data.assign(stage=data["stage"].astype("category")))
    assert verdict.low < epsilon(data) < verdict.high
    assert verdict.theta == pytest.approx(epsilon(data))
    assert verdict.n == 300


def test_the_interval_is_that_of_resampled_customers_less_what_resampling_adds():
    """A resample has its ties, and its share is larger than that of the data by (k − 1) / (n − k) or so: 0.073 here."""
    data = spending(60, 5, 0.4, np.random.default_rng(12))
    verdict = judge("LIF-1", data)
    rng = np.random.default_rng(13)
    draws = [epsilon(data.iloc[rng.integers(0, 60, 60)]) for _ in range(400)]
    low, high = np.quantile(draws, [0.025, 0.975]) - 4 / 55
    assert verdict.low == pytest.approx(low, abs=0.045)
    assert verdict.high == pytest.approx(high, abs=0.06)


def test_stages_that_differ_much_are_supported_and_stages_in_name_only_are_not():
    rng = np.random.default_rng(2)
    assert judge("LIF-1", spending(500, 4, 1.0, rng)).verdict == "supported"
    assert judge("LIF-1", spending(2000, 4, 0.0, rng)).verdict == "contradicted"


def test_which_names_the_stages_have_does_not_matter_nor_the_order_of_rows():
    data = spending(200, 3, 0.4, np.random.default_rng(3))
    renamed = data.assign(stage=data["stage"].map({"0": "流失", "1": "新", "2": "活跃"}))
    assert judge("LIF-1", renamed).theta == pytest.approx(judge("LIF-1", data).theta)
    assert judge("LIF-1", renamed.iloc[::-1]).theta == pytest.approx(judge("LIF-1", data).theta)


@pytest.mark.parametrize("n", [20, 40, 100])
def test_stages_that_tell_nothing_are_hardly_ever_supported_however_few_customers(n):
    """Unadjusted, the share is (k − 1) / (n − 1) by chance, 0.21 of 20 customers, and more so in a resample."""
    rng = np.random.default_rng(4)
    found = [judge("LIF-1", spending(n, 5, 0.0, rng)) for _ in range(40)]
    assert at_most(sum(verdict.verdict == "supported" for verdict in found), 40, 0.025)
    theta = np.array([verdict.theta for verdict in found])
    assert abs(theta.mean()) < 4 * theta.std() / np.sqrt(40)


def test_a_claim_that_is_just_true_is_supported_in_few_worlds():
    """Five stages, the shift chosen so that ε² = 0.06 in a very large sample; 200 worlds of 150 customers."""
    rng = np.random.default_rng(5)
    apart = 0.1829
    assert epsilon(spending(200_000, 5, apart, np.random.default_rng(6))) == pytest.approx(0.06, abs=0.002)
    supported = sum(judge("LIF-1", spending(150, 5, apart, rng)).verdict == "supported" for _ in range(200))
    assert at_most(supported, 200, 0.05)


# LIF-2, LIF-6: areas under the curve


@pytest.mark.parametrize(
    ("claim", "score", "event"), [("LIF-2", "risk", "silent"), ("LIF-6", "score", "converted")]
)
def test_a_score_that_knows_is_supported_and_one_that_guesses_is_not(claim, score, event):
    rng = np.random.default_rng(7)
    happened = rng.random(600) < 0.4
    knows = pd.DataFrame({score: happened + rng.normal(0, 0.5, 600), event: happened})
    guesses = pd.DataFrame({score: rng.random(600).round(1), event: happened})
    assert judge(claim, knows).verdict == "supported"
    assert judge(claim, guesses).verdict == "contradicted"
    ranked = stats.mannwhitneyu(guesses.loc[happened, score], guesses.loc[~happened, score]).statistic
    area = ranked / (happened.sum() * (~happened).sum())
    assert judge(claim, guesses).theta == pytest.approx(area)


def test_customers_in_a_stage_without_a_risk_are_left_out():
    data = pd.DataFrame({"risk": [0.1, 0.9, np.nan] * 20, "silent": [False, True, True] * 20})
    verdict = judge("LIF-2", data)
    assert (verdict.theta, verdict.n) == (1, 40)


# LIF-3: lost customers


@pytest.mark.parametrize(
    ("came", "verdict"), [(100, "supported"), (55, "inconclusive"), (10, "contradicted")]
)
def test_the_share_of_the_lost_who_return_has_wilsons_interval(came, verdict):
    found = judge("LIF-3", pd.DataFrame({"returned": [True] * came + [False] * (1000 - came)}))
    low, high = proportion_confint(came, 1000, method="wilson")
    assert (found.theta, found.low, found.high) == pytest.approx((came / 1000, low, high))
    assert (found.verdict, found.n) == (verdict, 1000)


def test_one_in_twenty_is_supported_in_few_worlds():
    rng = np.random.default_rng(8)
    supported = sum(
        judge("LIF-3", pd.DataFrame({"returned": rng.random(400) < 0.05})).verdict == "supported"
        for _ in range(200)
    )
    assert at_most(supported, 200, 0.05)


# LIF-4: loyalty hardens


def cohort(years) -> pd.DataFrame:
    left = [1000.0]
    for rate in years:
        left.append(round(left[-1] * rate))
    return pd.DataFrame({"there": left[:-1], "left": -np.diff(left)})


@pytest.mark.parametrize(
    ("rates", "verdict"),
    [
        ([0.6, 0.7, 0.8, 0.85, 0.9], "supported"),
        ([0.8, 0.8, 0.8, 0.8, 0.8], "contradicted"),
        ([0.8, 0.8, 0.8, 0.8, 0.85], "inconclusive"),
    ],
)
def test_retention_in_year_five_against_year_one_has_newcombes_interval(rates, verdict):
    data = cohort(rates)
    found = judge("LIF-4", data)
    risk = data["there"]
    kept = risk - data["left"]
    low, high = confint_proportions_2indep(kept[4], risk[4], kept[0], risk[0], method="newcomb")
    assert found.theta == pytest.approx(kept[4] / risk[4] - kept[0] / risk[0])
    assert (found.low, found.high) == pytest.approx((low, high))
    assert (found.verdict, found.n) == (verdict, 1000)


def test_years_after_the_fifth_change_nothing():
    rates = [0.6, 0.7, 0.8, 0.85, 0.9]
    assert judge("LIF-4", cohort([*rates, 0.1, 0.1])) == judge("LIF-4", cohort(rates))


@pytest.mark.parametrize("year", [1, 2, 4])
def test_a_year_that_is_missing_does_not_make_the_sixth_year_the_fifth(year):
    data = cohort([0.6, 0.7, 0.8, 0.85, 0.9, 0.2]).astype(float)
    without = data.drop(index=year)
    data.loc[year, "left"] = np.nan
    for given in (data, without):
        found = judge("LIF-4", given)
        assert (found.verdict, found.reason) == (
            "not testable",
            "a year is missing in the table of contracts",
        )


def test_years_may_be_numbered_from_one():
    data = cohort([0.6, 0.7, 0.8, 0.85, 0.9])
    assert judge("LIF-4", data.set_axis(range(1, 6))) == judge("LIF-4", data)


# LIF-5: growth, maturity, decline


def lives(n: int, means, rng) -> pd.DataFrame:
    level = rng.gamma(4, 0.25, (n, 1))
    spent = rng.gamma(4, 0.25, (n, 3)) * np.array(means) * level
    return pd.DataFrame(spent, columns=["first", "middle", "last"])


def test_a_hump_is_supported_and_a_valley_contradicted():
    rng = np.random.default_rng(9)
    hump, valley = lives(400, [10, 20, 10], rng), lives(400, [20, 10, 20], rng)
    assert judge("LIF-5", hump).verdict == "supported"
    assert judge("LIF-5", valley).verdict == "contradicted"
    assert judge("LIF-5", lives(400, [10, 20, 30], rng)).verdict == "contradicted"
    first, middle, last = hump.mean()
    assert judge("LIF-5", hump).theta == pytest.approx(
        (middle - max(first, last)) / ((first + middle + last) / 3)
    )


def test_a_flat_life_is_supported_in_few_worlds():
    rng = np.random.default_rng(10)
    supported = sum(judge("LIF-5", lives(60, [10, 10, 10], rng)).verdict == "supported" for _ in range(40))
    assert at_most(supported, 40, 0.025)


def steady(n: int, shape: float, rng) -> pd.DataFrame:
    """Purchases of people who neither grow nor decline: gaps of 20 days on average, the more regular the larger the
    shape (1: at random, 20: nearly a clock), watched for 100 to 300 days.
    """
    gaps = np.maximum(np.round(rng.gamma(shape, 20 / shape, (n, 300))), 1)
    days = np.cumsum(np.c_[np.zeros(n), gaps], axis=1)
    kept = days < rng.integers(100, 300, (n, 1))
    date = pd.Timestamp("2024-01-01") + pd.to_timedelta(days[kept], unit="D")
    customer, amount = np.nonzero(kept)[0], rng.exponential(10, kept.sum())
    return pd.DataFrame({"customer": customer, "date": date, "amount": amount})


@pytest.mark.parametrize("shape", [0.5, 1, 4, 20])
def test_customers_who_stay_as_they_are_hardly_ever_support_a_hump_however_regular(shape):
    rng = np.random.default_rng(14)
    supported = 0
    for _ in range(20):
        bought = steady(400, shape, rng)
        table = lifecycle.thirds(bought, pd.Index(range(400)), rng, orders=30)
        supported += judge("LIF-5", table).verdict == "supported"
    assert at_most(supported, 20, 0.025)


@pytest.mark.parametrize("shape", [0.5, 1, 4, 20])
def test_the_hump_of_customers_who_stay_as_they_are_is_near_nothing(shape):
    """Of 3,000: θ compares with the larger end, so it is a little below 0 if anything."""
    rng = np.random.default_rng(15)
    table = lifecycle.thirds(steady(3000, shape, rng), pd.Index(range(3000)), rng, orders=30)
    mean = table.mean()
    assert (mean["middle"] - max(mean["first"], mean["last"])) / mean.mean() == pytest.approx(0, abs=0.08)


def test_the_limits_are_where_a_paired_t_test_just_rejects_the_ratio():
    rng = np.random.default_rng(16)
    table = lives(80, [10, 14, 13], rng)
    found, mean = judge("LIF-5", table), table.mean(axis=1)
    for limit in (found.low, found.high):
        p = [
            stats.ttest_1samp(table["middle"] - table[end] - limit * mean, 0).pvalue
            for end in ("first", "last")
        ]
        assert min(p, key=lambda value: abs(value - 0.05)) == pytest.approx(0.05)
    assert found.low < found.theta < found.high


def test_spend_of_which_one_customer_has_nearly_all_says_nothing_about_a_ratio():
    table = pd.DataFrame({"first": [1.0] * 20, "middle": [1.0] * 19 + [1e6], "last": [1.0] * 20})
    verdict = judge("LIF-5", table)
    assert (verdict.verdict, verdict.reason) == (
        "not testable",
        "the 20 customers whose relationship is over spend so differently that not even their mean is known",
    )


def test_lives_without_spend_give_no_number():
    data = pd.DataFrame({"first": [0.0] * 20, "middle": [0.0] * 20, "last": [0.0] * 20})
    assert judge("LIF-5", data).verdict == "not testable"


# From a log to verdicts


def test_a_simulated_shop_whose_truth_is_known():
    """The chance to return falls with silence, so stages tell a lot; of those silent for three months 5 % return."""
    rng = np.random.default_rng(11)
    log = read(simulate.returning_customers(1500, rng, back=(0.3, 0.15, 0.05), months=18))
    stages = lifecycle.MarketingRules(at_risk=1, lost=3).assign(of(log, "month"))
    table = lifecycle.outlook(stages)
    assert judge("LIF-1", table, simulated=True).verdict == "supported (simulation)"
    assert judge("LIF-2", table).verdict == "supported"
    back = lifecycle.returned(stages, 1)
    verdict = judge("LIF-3", back)
    assert verdict.n == len(back)
    assert verdict.theta < 0.05
    assert verdict.verdict in ("contradicted", "inconclusive")
