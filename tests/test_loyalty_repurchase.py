"""Who buys again, what is said and what is done, and what recommendations are worth."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from crmtheory import datasets, transactions
from crmtheory.errors import DomainError, SchemaError
from crmtheory.loyalty import intention_gap, referral_value, repurchase, repurchase_difference
from crmtheory.simulate import survey_then_purchases

EARLIER = pd.Series([4, 3, 3, 1, 0, 0, 0, 0, 0], index=list("abcdefghi"))
BOUGHT = pd.Series([1, 1, 0, 1, 0, 0, 0, 0, 1], index=list("abcdefghi")).astype(bool)


def test_the_top_third_by_hand():
    table = repurchase(EARLIER, BOUGHT)
    assert table.loc["top", ["customers", "bought", "least", "most"]].tolist() == [3, 2, 3, 4]
    assert table.loc["rest", ["customers", "bought", "least", "most"]].tolist() == [6, 2, 0, 1]
    assert table["share"].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert table.loc["top", ["low", "high"]].tolist() == pytest.approx(
        proportion_confint(2, 3, method="wilson")
    )


def test_customers_who_tie_at_the_cut_are_all_in_the_rest():
    table = repurchase(EARLIER, BOUGHT, top=0.3)  # two customers and a bit: the second and third tie
    assert table["customers"].tolist() == [1, 8]
    assert table["of"].tolist() == pytest.approx([1 / 9, 8 / 9])


def test_the_difference_has_newcombes_limits_and_the_order_changes_nothing():
    row = repurchase_difference(EARLIER, BOUGHT)
    low, high = confint_proportions_2indep(2, 3, 2, 6, method="newcomb", compare="diff")
    assert row.loc[0, ["estimate", "low", "high"]].tolist() == pytest.approx([1 / 3, low, high])
    assert row.loc[0, ["n", "n_top", "n_rest"]].tolist() == [9, 3, 6]
    pd.testing.assert_frame_equal(repurchase_difference(EARLIER[::-1], BOUGHT[::-1]), row)


def test_if_all_tie_nobody_is_loyal():
    same, bought = pd.Series([0, 0, 0]), pd.Series([True, False, True])
    table = repurchase(same, bought)
    assert table["customers"].tolist() == [0, 3]
    assert table.loc["top", ["share", "low", "high", "least"]].isna().all()
    with pytest.raises(DomainError) as refusal:
        repurchase_difference(same, bought)
    assert str(refusal.value) == (
        "Nobody is in the top 33%: 3 of 3 customers tie at the most earlier purchases (0), and ties stay together. "
        "Take a larger top, or a longer first window."
    )


def test_on_the_cdnow_sample_two_repeats_make_the_top():
    log = transactions.read(
        datasets.locate("cdnow_sample"), customer="customer_id", date="date", amount="amount_usd"
    )
    summary = log.summary(unit="week", calibration_end="1997-09-30")
    table = repurchase(summary["x"], summary["x_holdout"] > 0)
    # published (Fader, Hardie & Lee 2005): 1,411 customers without and 439 with one repeat purchase
    assert table.loc["rest", "customers"] == 1411 + 439
    assert table.loc["top", ["customers", "least"]].tolist() == [2357 - 1411 - 439, 2]
    assert repurchase_difference(summary["x"], summary["x_holdout"] > 0).loc[0, "low"] > 0.2


def test_repurchase_refuses_what_it_cannot_use():
    with pytest.raises(SchemaError, match="must have the same index"):
        repurchase(EARLIER, BOUGHT[::-1])
    with pytest.raises(SchemaError) as refusal:
        repurchase(EARLIER, EARLIER)
    assert str(refusal.value) == (
        f"bought: 3 of 9 values are neither yes nor no, first: 4 (row {EARLIER[EARLIER > 1].index[0]}). Allowed are 1 "
        "and 0, True and False, yes and no, y and n, 是 and 否. Write one of them in every row; a number of purchases "
        "becomes 1 where it is above 0."
    )
    with pytest.raises(SchemaError, match="earlier: 1 of 9 numbers are missing"):
        repurchase(EARLIER.where(EARLIER < 4), BOUGHT)
    with pytest.raises(DomainError, match="There are no customers"):
        repurchase(EARLIER[:0], BOUGHT[:0])
    with pytest.raises(DomainError, match="top is a share between 0 and 1, not 1"):
        repurchase(EARLIER, BOUGHT, top=1)


def test_the_interval_of_a_median_is_between_order_statistics():
    x = np.random.default_rng(1).permutation(26).astype(float)
    row = intention_gap(pd.DataFrame({"kind": "said", "r": x}), "kind", "r").loc["said"]
    # n = 26: the 8th lowest and highest
    assert row[["studies", "estimate", "low", "high"]].tolist() == [26, 12.5, 7, 18]
    assert row["coverage"] == pytest.approx(0.9710, abs=5e-5)
    assert row["coverage"] == pytest.approx(1 - 2 * stats.binom.cdf(7, 26, 0.5))


def test_few_studies_have_their_range_with_what_it_covers():
    frame = pd.DataFrame({"kind": ["a"] * 4 + ["b"], "r": [0.1, 0.2, 0.3, 0.9, 0.5]})
    table = intention_gap(frame, "kind", "r")
    assert table.loc["a", ["estimate", "low", "high", "coverage"]].tolist() == [0.25, 0.1, 0.9, 0.875]
    assert table.loc["b", ["estimate", "coverage"]].tolist() == [0.5, 0]
    assert table.loc["b", ["low", "high"]].isna().all()


def test_the_interval_of_a_median_covers_at_least_as_often_as_it_says():
    rng = np.random.default_rng(2)
    covered = 0
    for _ in range(300):
        frame = pd.DataFrame({"kind": "a", "r": rng.exponential(1, 11)})
        row = intention_gap(frame, "kind", "r").iloc[0]
        covered += row["low"] <= np.log(2) <= row["high"]
    assert covered / 300 > 0.94


def test_studies_of_behaviour_show_less_than_studies_of_intention():
    table = intention_gap(
        pd.read_csv(datasets.locate("satisfaction_retention_studies")), "Retention_Measure", "Corr"
    )
    assert table["studies"].to_dict() == {"Behavior": 4, "Intention": 26}
    assert table.loc["Behavior", "high"] < table.loc["Intention", "low"]


def test_studies_without_a_group_or_result_are_refused():
    frame = pd.DataFrame({"kind": ["a", None], "r": [0.1, 0.2]})
    with pytest.raises(SchemaError) as refusal:
        intention_gap(frame, "kind", "r")
    assert str(refusal.value) == "1 of 2 studies have no kind. Name their group, or leave them out."
    with pytest.raises(SchemaError, match="The column r: 1 of 1 numbers are missing"):
        intention_gap(pd.DataFrame({"kind": ["a"], "r": [np.nan]}), "kind", "r")
    with pytest.raises(SchemaError, match='There is no column "corr"'):
        intention_gap(frame, "kind", "corr")
    with pytest.raises(DomainError, match="There are no studies"):
        intention_gap(frame[:0], "kind", "r")


def test_an_intention_goes_with_satisfaction_more_than_behaviour_does():
    frame = survey_then_purchases(3000, np.random.default_rng(3), correlation=0.3, intention=0.7)
    answers = frame[["intention_1", "purchases"]].corrwith(frame["satisfaction_1"])
    assert answers["intention_1"] > 2 * answers["purchases"]


def test_the_value_of_recommendations_by_hand():
    row = referral_value(pd.Series([10, 9, 8, 7, 6]), 5, 0.2, 30, warned=10, deterred=0.1).iloc[0]
    assert row[["promoters", "detractors", "n"]].tolist() == [0.4, 0.2, 5]
    assert row["gained"] == pytest.approx(0.4 * 5 * 0.2 * 30)
    assert row["undone"] == pytest.approx(0.2 * 10 * 0.1 * 30)
    assert row["estimate"] == pytest.approx(12 - 6)
    assert row["new_customers"] == pytest.approx(0.4 - 0.2)


def test_without_detractors_at_work_the_limits_are_wilsons():
    row = referral_value(pd.Series([10] * 4 + [1] * 6), 1, 1, 1).iloc[0]
    assert row[["low", "high"]].tolist() == pytest.approx(proportion_confint(4, 10, method="wilson"))


def test_with_equal_parts_the_limits_are_those_of_the_net_promoter_score():
    rng = np.random.default_rng(4)
    score = rng.choice([1.0, 0, -1], 5000, p=[0.5, 0.3, 0.2])
    row = referral_value(
        pd.Series(np.select([score > 0, score < 0], [10, 3], 7)), 1, 1, 1, warned=1, deterred=1
    )
    half = 1.959964 * score.std() / np.sqrt(5000)
    assert row.loc[0, "estimate"] == pytest.approx(score.mean())
    assert row.loc[0, ["low", "high"]].tolist() == pytest.approx(
        [score.mean() - half, score.mean() + half], abs=3e-4
    )


def test_the_interval_of_the_value_covers_the_truth():
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(300):
        ratings = pd.Series(rng.choice([10, 8, 2], 40, p=[0.45, 0.45, 0.1]))
        row = referral_value(ratings, 3, 0.1, 100, warned=5, deterred=0.1).iloc[0]
        covered += row["low"] <= 30 * 0.45 - 50 * 0.1 <= row["high"]
    assert covered / 300 > 0.92


def test_only_promoters_or_weights_leave_an_honest_interval():
    row = referral_value(pd.Series([10, 10, 10]), 1, 1, 1, warned=1, deterred=1).iloc[0]
    assert row["low"] < row["estimate"] == 1 == row["high"]
    ratings, w = pd.Series([10, 8, 2]), pd.Series([1, 2, 1])
    weighted = referral_value(ratings, 2, 0.5, 10, weights=w, warned=1, deterred=0.1)
    repeated = referral_value(pd.Series([10, 8, 8, 2]), 2, 0.5, 10, warned=1, deterred=0.1)
    assert weighted.loc[0, "estimate"] == pytest.approx(repeated.loc[0, "estimate"])
    assert weighted.loc[0, "n"] == 3


def test_missing_ratings_are_left_out_and_codes_refused():
    ratings = pd.Series([10, None, 2], index=["张", "李", "王"], dtype="Int64")
    assert referral_value(ratings, 1, 1, 1).loc[0, ["n", "promoters"]].tolist() == [2, 0.5]
    with pytest.raises(SchemaError, match="1 of 2 do not, first: 98 \\(respondent 王\\)"):
        referral_value(ratings.replace(2, 98), 1, 1, 1)
    with pytest.raises(SchemaError, match="the answers to recommend are none"):
        referral_value(pd.Series(["ten"]), 1, 1, 1)
    with pytest.raises(SchemaError, match="recommend must be a pandas Series, not list"):
        referral_value([10, 9], 1, 1, 1)


def test_stated_numbers_out_of_range_are_refused():
    ratings = pd.Series([10, 8, 2])
    for said, kwargs in (
        ("reach must be a number of 0 or more, not -1", {"reach": -1, "conversion": 0.1, "value": 1}),
        ("conversion is a share between 0 and 1, not 2", {"reach": 1, "conversion": 2, "value": 1}),
        ("deterred is a share", {"reach": 1, "conversion": 0.1, "value": 1, "deterred": 3}),
        ("nobody may be both", {"reach": 1, "conversion": 0.1, "value": 1, "detractor": 9}),
    ):
        with pytest.raises(DomainError, match=said):
            referral_value(ratings, **kwargs)
    with pytest.raises(DomainError, match="needs at least 1 respondents"):
        referral_value(pd.Series([np.nan]), 1, 0.1, 1)
