"""Concentration: cases by hand, bounds, ties without an order, intervals that keep their promise."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats
from statsmodels.stats.proportion import proportion_confint

from crmtheory import concentration
from crmtheory.concentration import (
    balance_point,
    capture_curve,
    captured,
    gini,
    lasting,
    lorenz,
    overlap,
    rule,
    share_needed,
    stability,
    top_share,
    whale,
    whale_curve,
    with_interval,
)
from crmtheory.errors import DomainError, SchemaError

FIVE = [1.0, 50.0, 9.0, 10.0, 30.0]  # total 100
SKEWED = np.random.default_rng(1).pareto(1.3, 500)


# By hand


def test_the_top_fifth_of_five_is_the_largest():
    assert top_share(FIVE, 0.2) == 0.5
    assert top_share(FIVE, 0.4) == 0.8
    assert top_share(FIVE, 0.3) == pytest.approx(0.65)  # half of the second largest
    assert top_share(FIVE, 1.0) == pytest.approx(1)


def test_the_share_that_is_needed_turns_the_top_share_round():
    assert share_needed(FIVE, 0.5) == pytest.approx(0.2)
    assert share_needed(FIVE, 0.8) == pytest.approx(0.4)
    assert share_needed(FIVE, 0.65) == pytest.approx(0.3)
    for part in (0.01, 0.2, 0.5, 0.8, 0.999):
        assert top_share(SKEWED, share_needed(SKEWED, part)) == pytest.approx(part)


@pytest.mark.parametrize("seed", range(6))
def test_all_customers_are_needed_for_all_of_the_total(seed):
    assert share_needed(np.random.default_rng(seed).random(1000), 1.0) == pytest.approx(1)


def test_customers_who_bring_nothing_are_not_needed_for_the_whole():
    assert share_needed([3.0, 1.0, 0.0, 0.0], 1.0) == pytest.approx(0.5)


def test_gini_is_half_the_mean_difference_over_the_mean():
    """The definition of Gini (1912): Σ Σ |v_i − v_j| / (2 n² mean)."""
    for values in (FIVE, SKEWED, [1, 2], [0, 0, 7]):
        v = np.asarray(values, float)
        expected = np.abs(v[:, None] - v).sum() / (2 * len(v) ** 2 * v.mean())
        assert gini(values) == pytest.approx(expected)


def test_gini_is_0_among_equals_and_nearly_1_if_one_has_all():
    assert gini([4.0] * 7) == pytest.approx(0, abs=1e-15)
    assert gini([3.0]) == 0
    assert gini([0.0] * 99 + [1.0]) == pytest.approx(0.99)


def test_the_lorenz_curve_starts_at_the_smallest():
    curve = lorenz(FIVE, points=6)
    assert curve["customers"].tolist() == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert curve["total"].tolist() == pytest.approx([0, 0.01, 0.10, 0.20, 0.50, 1])


def test_the_lorenz_curve_is_the_top_share_turned_round_and_bends_downwards():
    curve = lorenz(SKEWED)
    np.testing.assert_allclose(
        1 - curve["total"][1:], [top_share(SKEWED, q) for q in 1 - curve["customers"][1:-1]] + [0], atol=1e-12
    )
    assert (np.diff(curve["total"], 2) >= -1e-12).all()
    area = np.trapezoid(lorenz(SKEWED, points=501)["total"], dx=1 / 500)
    assert gini(SKEWED) == pytest.approx(1 - 2 * area)


def test_the_whale_curve_rises_to_1_and_falls_by_what_the_last_customers_lose():
    curve = whale_curve([-20.0, 60.0, 40.0, 20.0], points=5)
    assert curve["total"].tolist() == pytest.approx([0, 1 / 2, 5 / 6, 1, 5 / 6])
    assert curve["customers"].tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert whale_curve([3.0, -9.0], points=3)["total"].tolist() == [0, 1, -2]  # more lost than earned
    losses = whale_curve([-3.0, -1.0], points=3)["total"]
    assert losses.iloc[0] == 0
    assert losses.is_monotonic_decreasing
    assert whale_curve([0.0, 0.0], points=3)["total"].tolist() == [0, 0, 0]


# The balance point


def test_the_balance_point_is_where_the_top_share_and_its_customers_make_1():
    assert balance_point([4.0] * 20 + [0.25] * 80) == pytest.approx(0.2)  # 80/20
    # 30 customers hold 210 of 420; c hold 210 + 3 (c − 30) = 420 (1 − c / 100), so c = 300 / 7.2
    assert balance_point([7.0] * 30 + [3.0] * 70) == pytest.approx(3 / 7.2)
    assert balance_point([1.0, 3.0]) == pytest.approx(0.4)  # 0.8 customers hold 2.4 of 4
    for values in (FIVE, SKEWED, [3.0, 2.0, -1.0], [0.0, 0.0, 7.0]):
        x = balance_point(values)
        assert top_share(values, x) == pytest.approx(1 - x)


def test_the_balance_point_is_half_among_equals_and_for_a_single_customer_and_never_more_without_losses():
    assert balance_point([6.0] * 9) == pytest.approx(0.5)
    assert balance_point([6.0]) == pytest.approx(0.5)
    rng = np.random.default_rng(2)
    for spread in (0.1, 1.0, 3.0):
        assert 0 < balance_point(rng.lognormal(0, spread, 400)) < 0.5


def test_the_balance_point_of_exponential_amounts_solves_its_equation():
    """S(x) = x (1 − ln x), so x (2 − ln x) = 1."""
    truth = optimize.brentq(lambda x: x * (2 - np.log(x)) - 1, 0.01, 0.5)
    even = -np.log((np.arange(100_000) + 0.5) / 100_000)  # quantiles
    assert balance_point(even) == pytest.approx(truth, abs=1e-5)


# The whale in three numbers


def test_the_peak_is_reached_with_the_last_customer_who_brings_a_profit():
    row = whale([60.0, 40.0, 20.0, 0.0, -20.0], np.random.default_rng(1), resamples=200).iloc[0]
    assert row["peak"] == pytest.approx(0.6)
    assert row["profit_at_peak"] == pytest.approx(1.2)
    assert row["losing"] == pytest.approx(0.2)
    assert row["n"] == 5
    assert (row["peak_low"], row["peak_high"]) == pytest.approx(proportion_confint(3, 5, method="wilson"))
    assert row["profit_at_peak_low"] <= 1.2 <= row["profit_at_peak_high"]


def test_the_whale_agrees_with_its_curve():
    profit = np.random.default_rng(3).normal(1, 2, 400)
    row, curve = (
        whale(profit, np.random.default_rng(1), resamples=50).iloc[0],
        whale_curve(profit, points=401),
    )
    assert row["peak"] == curve["customers"][curve["total"].argmax()]
    assert row["profit_at_peak"] == pytest.approx(1 / curve["total"].iloc[-1])


def test_the_interval_of_the_profit_at_the_peak_holds_the_truth_at_about_its_stated_rate():
    """Normal profit with mean 1 and standard deviation 2: E max(v, 0) = Φ(½) + 2 φ(½)."""
    truth = stats.norm.cdf(0.5) + 2 * stats.norm.pdf(0.5)
    rng, inside = np.random.default_rng(5), 0
    for _ in range(150):
        row = whale(rng.normal(1, 2, 400), rng, resamples=200).iloc[0]
        inside += row["profit_at_peak_low"] <= truth <= row["profit_at_peak_high"]
    assert stats.binom.ppf(1e-4, 150, 0.95) <= inside


def test_where_nobody_loses_the_peak_is_the_total():
    row = whale(np.ones(40), np.random.default_rng(1), resamples=50).iloc[0]
    assert row[
        ["peak", "profit_at_peak", "profit_at_peak_low", "profit_at_peak_high", "losing"]
    ].tolist() == (pytest.approx([1, 1, 1, 1, 0]))
    assert row["losing_high"] > 0.05  # none of 40 lost, which leaves room for some


def test_profit_at_the_peak_has_no_answer_without_a_total_and_no_upper_limit_near_one():
    nothing = whale([5.0, -9.0], np.random.default_rng(1), resamples=50).iloc[0]
    assert nothing[["profit_at_peak", "profit_at_peak_low", "profit_at_peak_high"]].isna().all()
    assert nothing["losing"] == 0.5
    losses = whale([-5.0, -9.0], np.random.default_rng(1), resamples=50).iloc[0]
    assert losses[["peak", "losing"]].tolist() == [0, 1]
    assert losses["profit_at_peak":"profit_at_peak_high"].isna().all()
    near = whale([10.0, -9.0] * 20, np.random.default_rng(1), resamples=300).iloc[0]
    assert near["profit_at_peak"] == pytest.approx(10)
    assert np.isfinite(near["profit_at_peak_low"])
    assert near["profit_at_peak_high"] == np.inf


# Capture: one ranking judged by another quantity


def test_the_captured_part_is_what_the_best_ranked_brought():
    score, brought = [5, 4, 3, 2, 1], [0.0, 50.0, 10.0, 40.0, 0.0]
    assert captured(score, brought, 0.2) == 0
    assert captured(score, brought, 0.4) == 0.5
    assert captured(score, brought, 0.5) == pytest.approx(0.55)
    assert captured(score, brought, 1.0) == 1


def test_a_ranking_by_the_outcome_itself_captures_its_top_share_and_no_ranking_more():
    rng = np.random.default_rng(3)
    for share in (0.05, 0.2, 0.73):
        best = captured(SKEWED, SKEWED, share)
        assert best == pytest.approx(top_share(SKEWED, share))
        assert all(captured(rng.random(500), SKEWED, share) < best for _ in range(20))


def test_equal_scores_are_taken_in_equal_parts():
    """Regression: ties broken by customer id. Whoever scores everybody alike captures just the share."""
    for share in (0.1, 0.2, 0.55):
        assert captured(np.ones(500), SKEWED, share) == pytest.approx(share)
    assert captured([2, 1, 1, 1], [0.0, 3.0, 0.0, 6.0], 0.5) == pytest.approx(1 / 3)


def test_the_order_of_the_customers_does_not_matter_whatever_the_ties():
    rng = np.random.default_rng(4)
    score = rng.integers(0, 5, 500)
    for _ in range(5):
        order = rng.permutation(500)
        for share in (0.1, 0.2, 0.5):
            one, other = captured(score, SKEWED, share), captured(score[order], SKEWED[order], share)
            assert one == pytest.approx(other, rel=1e-12)
        assert gini(SKEWED[order]) == gini(SKEWED)
        assert top_share(SKEWED[order]) == top_share(SKEWED)
        assert share_needed(SKEWED[order]) == share_needed(SKEWED)


def test_a_monotone_change_of_the_score_changes_nothing():
    score = np.random.default_rng(5).random(500)
    assert captured(score, SKEWED) == captured(np.exp(3 * score) - 7, SKEWED)


def test_the_capture_curve_holds_the_captured_parts():
    score = np.random.default_rng(6).integers(0, 30, 500)
    curve = capture_curve(score, SKEWED, points=11)
    assert curve["total"].iloc[0] == 0
    assert curve["total"].iloc[-1] == pytest.approx(1)
    for q, part in curve.iloc[1:].itertuples(index=False):
        assert part == captured(score, SKEWED, q)
    assert (curve["total"].diff().iloc[1:] > 0).all()


# Overlap of two rankings


def test_overlap_is_the_part_of_the_best_who_are_the_best_again():
    before = pd.Series([9.0, 8, 7, 6, 5, 4, 3, 2, 1, 0], index=list("ABCDEFGHIJ"))
    after = pd.Series({"A": 1.0, "B": 90.0, "J": 95.0, "Z": 1e9})
    assert overlap(before, after, 0.2) == 0.5  # A and B before; J and B after; Z was not a customer
    assert overlap(before, before, 0.2) == 1
    assert overlap(before, -before, 0.2) == 0
    assert overlap(before, -before, 1.0) == 1


def test_overlap_matches_customers_by_index_and_not_by_place():
    before = pd.Series(np.arange(100.0), index=np.arange(100))
    assert overlap(before, before.sample(frac=1, random_state=1)) == 1


def test_overlap_of_rankings_that_have_nothing_to_do_with_each_other_is_the_share():
    rng = np.random.default_rng(7)
    parts = [overlap(pd.Series(rng.random(500)), pd.Series(rng.random(500)), 0.2) for _ in range(200)]
    assert abs(np.mean(parts) - 0.2) < 4 * np.std(parts) / np.sqrt(200)


def test_overlap_does_not_depend_on_the_order_of_the_customers_also_with_ties():
    """Of ten customers two were the best; afterwards nobody bought at all: no order among equals is assumed."""
    before = pd.Series([9.0, 8, 7, 6, 5, 4, 3, 2, 1, 0])
    nothing = pd.Series(0.0, before.index)
    assert overlap(before, nothing, 0.2) == overlap(before[::-1], nothing, 0.2)


def test_overlap_with_ties_is_what_a_random_order_among_equals_gives_on_average():
    """A and B are the best before; afterwards A leads and nine are equal: B is the second best in 1 case of 9."""
    before = pd.Series([9.0, 8, 7, 6, 5, 4, 3, 2, 1, 0], index=list("ABCDEFGHIJ"))
    after = pd.Series([5.0] + [1.0] * 9, index=before.index)
    assert overlap(before, after, 0.2) == pytest.approx((1 + 1 / 9) / 2)


# Intervals


@pytest.mark.parametrize("statistic", ["gini", "top_share", "share_needed", "balance_point"])
def test_the_interval_holds_the_estimate_and_depends_on_the_seed_only(statistic):
    rows = [
        with_interval(statistic, values, np.random.default_rng(2), resamples=200).iloc[0]
        for values in (SKEWED, SKEWED[::-1])
    ]
    assert rows[0].equals(rows[1])
    assert rows[0]["low"] < rows[0]["estimate"] < rows[0]["high"]
    assert rows[0]["n"] == 500
    plain = {
        "gini": gini,
        "top_share": top_share,
        "share_needed": share_needed,
        "balance_point": balance_point,
    }
    assert rows[0]["estimate"] == pytest.approx(plain[statistic](SKEWED))
    assert rows[0]["at"] == {"top_share": 0.2, "share_needed": 0.8}.get(statistic)


def test_the_interval_of_the_top_share_holds_the_truth_at_about_its_stated_rate():
    """Exponential amounts: the top fifth holds 0.2 · (1 + ln 5) of the total."""
    truth, rng = 0.2 * (1 + np.log(5)), np.random.default_rng(8)
    inside = 0
    for _ in range(150):
        row = with_interval("top_share", rng.exponential(size=400), rng, resamples=200).iloc[0]
        inside += row["low"] <= truth <= row["high"]
    assert stats.binom.ppf(1e-4, 150, 0.95) <= inside


def test_among_equals_nothing_is_uncertain():
    row = with_interval("gini", np.ones(30), np.random.default_rng(1), resamples=50).iloc[0]
    assert (row["low"], row["estimate"], row["high"]) == pytest.approx((0, 0, 0), abs=1e-12)


def test_the_rule_asks_four_questions_of_the_same_samples():
    table = rule(SKEWED, np.random.default_rng(2), resamples=200)
    assert table.columns.tolist() == ["statistic", "at", "estimate", "low", "high", "n"]
    for row in table.itertuples(index=False):
        alone = with_interval(row.statistic, SKEWED, np.random.default_rng(2), resamples=200).iloc[0]
        assert (row.estimate, row.low, row.high) == (alone["estimate"], alone["low"], alone["high"])


def test_groups_of_equals_give_the_intervals_that_customers_one_by_one_give():
    """50 different values among 5,000 are drawn by group: the limits differ by the noise of resampling only."""
    values = np.random.default_rng(3).poisson(3.0, 5000).astype(float)
    split = values + 1e-9 * np.arange(5000)  # the same, all different
    for statistic in ("gini", "top_share", "share_needed", "balance_point"):
        one, other = (
            with_interval(statistic, v, np.random.default_rng(4), resamples=1000).iloc[0]
            for v in (values, split)
        )
        width = one["high"] - one["low"]
        assert abs(one["low"] - other["low"]) < 0.15 * width
        assert abs(one["high"] - other["high"]) < 0.15 * width
        assert other["high"] - other["low"] == pytest.approx(width, rel=0.15)


def test_samples_without_a_positive_total_are_left_out():
    row = with_interval("top_share", [9.0, -4.0, -4.0], np.random.default_rng(1), resamples=300).iloc[0]
    assert np.isfinite(row[["low", "high"]].astype(float)).all()


# From year to year

YEARS = pd.DataFrame({2022: [8.0, 1, 1, 0, 0], 2023: [2.0, 2, 2, 2, 2], 2024: [np.nan, 1, 3, np.nan, 0]})


def test_each_year_is_measured_among_the_customers_it_has():
    table = stability(YEARS, np.random.default_rng(1), resamples=50).set_index(["year", "statistic"])
    for year, column in YEARS.items():
        there = column.dropna()
        assert (table.loc[year, "n"] == len(there)).all()
        for name, measure in (("top_share", top_share), ("gini", gini), ("share_needed", share_needed)):
            assert table.loc[(year, name), "estimate"] == pytest.approx(measure(there))
        assert table.loc[(year, "balance_point"), "estimate"] == pytest.approx(balance_point(there))
    assert table.loc[2022, ["change", "change_low", "change_high"]].isna().all(axis=None)
    assert table.loc[(2023, "top_share"), "change"] == pytest.approx(0.2 - 0.8)


def test_a_change_that_is_none_has_no_width_and_one_that_is_large_excludes_0():
    spend = pd.DataFrame({"a": SKEWED, "b": 3 * SKEWED, "c": np.sqrt(SKEWED)})
    table = stability(spend, np.random.default_rng(1), resamples=200).set_index(["year", "statistic"])
    assert table.loc["b", ["change", "change_low", "change_high"]].to_numpy() == pytest.approx(0, abs=1e-12)
    assert (table.loc[("c", "gini"), ["change", "change_low", "change_high"]] < 0).all()
    assert (table["low"] <= table["estimate"]).all()
    assert (table["estimate"] <= table["high"]).all()


def test_the_interval_of_a_year_is_that_of_the_rule():
    table = stability(pd.DataFrame({"only": SKEWED}), np.random.default_rng(1), resamples=1000)
    alone = rule(SKEWED, np.random.default_rng(5), resamples=1000)
    width = alone["high"] - alone["low"]
    assert ((table["low"] - alone["low"]).abs() < 0.2 * width).all()
    assert ((table["high"] - alone["high"]).abs() < 0.2 * width).all()


def test_the_order_of_the_customers_changes_nothing_from_year_to_year():
    spend = pd.DataFrame({"a": SKEWED.round(1), "b": SKEWED[::-1].round(0)})
    one, other = (
        stability(frame, np.random.default_rng(1), resamples=30)
        for frame in (spend, spend.sample(frac=1, random_state=1))
    )
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize(
    ("table", "error", "message"),
    [
        (
            pd.Series([1.0]),
            SchemaError,
            "A table with a row per customer and a column per year was expected, such as spend by year.",
        ),
        (
            pd.DataFrame({"顾客": ["甲"], 2024: [1.0]}),
            SchemaError,
            "Every column must hold numbers, one year each; '顾客' does not. "
            "Set the customer as the index and leave other columns out.",
        ),
        (
            pd.DataFrame({2023: [1.0], 2024: [np.nan]}),
            SchemaError,
            "Year 2024 has no customer with a value. Every year needs at least one customer, and numbers.",
        ),
        (
            pd.DataFrame({2023: [1.0, np.inf]}),
            SchemaError,
            "Year 2023 has 1 infinite values. Every year needs at least one customer, and numbers.",
        ),
        (
            pd.DataFrame({2023: [1.0, -1.0]}),
            DomainError,
            "The total is not positive, so nobody holds a share of it. Check the sign of the amounts.",
        ),
    ],
)
def test_years_that_cannot_be_measured_are_refused(table, error, message):
    with pytest.raises(error) as found:
        stability(table, np.random.default_rng(1), resamples=1)
    assert str(found.value) == message


# Whether the best last


def test_lasting_is_the_overlap_beside_what_chance_gives():
    rng = np.random.default_rng(1)
    before = pd.Series(rng.integers(0, 40, 500).astype(float))
    after = (before + rng.integers(0, 40, 500)).where(rng.random(500) < 0.9, 0.0)
    row = lasting(before, after, rng, share=0.3, resamples=200).iloc[0]
    assert row["estimate"] == pytest.approx(overlap(before, after, 0.3))
    assert row["low"] < row["estimate"] < row["high"]
    assert (row["share"], row["chance"], row["n"]) == (0.3, 0.3, 500)


def test_rankings_that_have_nothing_to_do_with_each_other_last_no_more_than_by_chance():
    """The interval holds the chance at about its stated rate, also with many ties."""
    rng, inside = np.random.default_rng(2), 0
    for _ in range(100):
        before, after = (pd.Series(rng.poisson(1.0, 300).astype(float)) for _ in range(2))
        row = lasting(before, after, rng, resamples=150).iloc[0]
        inside += row["low"] <= 0.2 <= row["high"]
    assert stats.binom.ppf(1e-4, 100, 0.95) <= inside


def test_the_interval_of_lasting_holds_the_truth_at_about_its_stated_rate():
    """Values of correlation 0.8: the truth is that both of two normal variables are among the top fifth."""
    cut = stats.norm.ppf(0.8)
    both = stats.multivariate_normal(cov=[[1, 0.8], [0.8, 1]]).cdf([-cut, -cut])
    rng, inside = np.random.default_rng(4), 0
    for _ in range(100):
        level = rng.normal(size=600)
        before, after = (pd.Series(level + 0.5 * rng.normal(size=600)) for _ in range(2))
        row = lasting(before, after, rng, resamples=150).iloc[0]
        inside += row["low"] <= both / 0.2 <= row["high"]
    assert stats.binom.ppf(1e-4, 100, 0.95) <= inside


def test_lasting_does_not_depend_on_the_order_of_the_customers():
    rng = np.random.default_rng(3)
    before, after = pd.Series(rng.poisson(2, 300)), pd.Series(rng.poisson(2, 300))
    rows = [
        lasting(some, after, np.random.default_rng(1), resamples=30)
        for some in (before, before.sample(frac=1, random_state=2))
    ]
    pd.testing.assert_frame_equal(*rows)


def test_customers_who_are_gone_count_as_0_and_new_ones_do_not_count():
    before = pd.Series({"甲": 5.0, "乙": 4.0, "丙": 1.0, "丁": 1.0})
    row = lasting(
        before, pd.Series({"甲": 1.0, "新": 9.0}), np.random.default_rng(1), share=0.25, resamples=5
    )
    assert row["estimate"].iloc[0] == 1
    assert row["n"].iloc[0] == 4


@pytest.mark.parametrize(
    ("before", "message"),
    [
        ([1.0], "before must be a Series with one value for each customer, by the customer's id as index."),
        (
            pd.Series([1.0, 2.0], index=["a", "a"]),
            "before must be a Series with one value for each customer, by the customer's id as index.",
        ),
        (
            pd.Series([1.0, np.nan]),
            "before: 1 of 2 values are missing or infinite. Leave them out or set them to 0.",
        ),
    ],
)
def test_what_is_no_value_per_customer_is_refused(before, message):
    with pytest.raises(SchemaError) as error:
        lasting(before, pd.Series([1.0]), np.random.default_rng(1))
    assert str(error.value) == message


# Refusals


@pytest.mark.parametrize("measure", [gini, top_share, share_needed, balance_point, lorenz, whale_curve])
def test_values_that_are_missing_are_refused(measure):
    with pytest.raises(SchemaError) as error:
        measure([])
    assert str(error.value) == "Concentration needs a list of at least one value, one per customer."
    with pytest.raises(SchemaError) as error:
        measure([1.0, np.nan, np.inf])
    assert str(error.value) == "2 of 3 values are missing or infinite. Leave them out or set them to 0."


@pytest.mark.parametrize("measure", [gini, top_share, share_needed, balance_point, lorenz])
def test_shares_of_nothing_are_refused(measure):
    with pytest.raises(DomainError) as error:
        measure([1.0, -1.0])
    assert str(error.value) == (
        "The total is not positive, so nobody holds a share of it. Check the sign of the amounts."
    )


@pytest.mark.parametrize("share", [0.0, -0.1, 20, np.nan])
def test_a_share_is_a_part_and_not_a_percentage(share):
    series = pd.Series([1.0, 2.0])
    for ask in (
        lambda: top_share([1, 2], share),
        lambda: share_needed([1, 2], share),
        lambda: captured([1, 2], [1, 2], share),
        lambda: overlap(series, series, share),
        lambda: with_interval("top_share", [1, 2], np.random.default_rng(1), at=share, resamples=1),
    ):
        with pytest.raises(DomainError) as error:
            ask()
        said = str(error.value).replace(" %", "%")
        assert said == f"A share lies above 0 and up to 1, not {share}. For 20% give 0.2."


def test_rankings_that_do_not_match_are_refused():
    for score, outcome in (([1, 2], [1]), ([], []), ([1, np.nan], [1, 2]), ([1, 2], [1, np.inf])):
        with pytest.raises(SchemaError) as error:
            captured(score, outcome)
        assert (
            str(error.value)
            == "Score and outcome must be equally long, not empty and without missing values."
        )
    with pytest.raises(DomainError) as error:
        captured([1, 2], [0, 0])
    assert str(error.value) == "The total of the outcome is not positive, so no part of it can be given."


def test_an_unknown_statistic_is_refused():
    with pytest.raises(SchemaError) as error:
        with_interval("theil", [1, 2], np.random.default_rng(1))
    assert (
        str(error.value)
        == 'There is no statistic "theil". Known: gini, top_share, share_needed, balance_point.'
    )


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_is_a_part_too(level):
    with pytest.raises(SchemaError) as error:
        rule([1, 2], np.random.default_rng(1), level=level, resamples=1)
    assert str(error.value) == f"level must lie between 0 and 1, such as 0.95, not {level}."


def test_nothing_given_is_changed():
    values = np.array([3.0, 1.0, 2.0])
    for measure in (gini, top_share, share_needed, lorenz, whale_curve):
        measure(values)
    concentration.captured(values, values)
    assert values.tolist() == [3, 1, 2]
