"""Perceived value: components and effects by hand, habit against opinion, and the value map."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from crmtheory import datasets
from crmtheory.errors import DomainError, SchemaError
from crmtheory.value import perceived, words_perceived
from crmtheory.value.value_map import fair_line, rated, value_map
from crmtheory.value.yea_saying import yea_saying

GET, GIVE, OVERALL = [f"q{i}" for i in range(5, 11)], ["q2", "q3", "q4"], "q1"


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def made(n: int, rng: np.random.Generator, habit: float = 0.0, effect: float = 1.0) -> pd.DataFrame:
    """Three answers on benefits, two on prices, satisfaction, all around 0: opinions act by `effect`, habit on all."""
    get, give = rng.normal(0, 1, (2, n))
    answers = {f"get {i}": get + rng.normal(0, 1, n) for i in range(3)}
    answers |= {f"give {i}": give + rng.normal(0, 1, n) for i in range(2)}
    answers["satisfied"] = effect * (get + give) + rng.normal(0, 1, n)
    return pd.DataFrame(answers).add(habit * rng.normal(0, 1, n), axis=0)


MADE = {"benefits": ["get 0", "get 1", "get 2"], "costs": ["give 0", "give 1"], "scale": (-20, 20)}

# Components


def test_three_respondents_by_hand():
    """Benefits 8 and 6; a price rated 9 is a cost of 1 + 10 − 9 = 2."""
    answers = pd.DataFrame(
        {"a": [8, 1, 5.0], "b": [6, 1, np.nan], "p": [9, 1, 5.0]}, index=["甲", "乙", "丙"]
    )
    table = perceived.components(answers, ["a", "b"], ["p"])
    assert table.loc["甲"].tolist() == [7, 2, 5]
    assert table.loc["乙"].tolist() == [1, 10, -9]
    assert table.loc["丙"].isna().all()
    assert table.index.tolist() == ["甲", "乙", "丙"]


def test_a_price_item_on_which_high_means_dear_is_not_turned():
    answers = pd.DataFrame({"a": [8.0], "dear": [9.0]})
    assert perceived.components(answers, ["a"], ["dear"], favourable=False).iloc[0].tolist() == [8, 9, -1]


def test_centred_parts_are_points_above_the_own_mean():
    """Answers 8, 6, 10 have the mean 8: benefit −1, price rating +2, so cost −2."""
    answers = pd.DataFrame({"a": [8.0], "b": [6.0], "p": [10.0]})
    assert perceived.components(answers, ["a", "b"], ["p"], centred=True).iloc[0].tolist() == [-1, -2, 1]


@pytest.mark.parametrize("shift", [-2.0, 3.0])
def test_a_centred_respondent_does_not_change_when_all_answers_rise_alike(shift):
    answers = pd.DataFrame({"a": [5.0, 4.0], "b": [6.0, 4.0], "p": [4.0, 7.0]})
    one, other = (
        perceived.components(part, ["a", "b"], ["p"], centred=True) for part in (answers, answers + shift)
    )
    pd.testing.assert_frame_equal(one, other)


# Effects


def test_coefficients_are_those_of_statsmodels_on_standardised_parts():
    answers = datasets.load("yellow_pages").iloc[:400]
    parts = perceived.components(answers, GET, GIVE)
    z = (parts - parts.mean()) / parts.std()
    y = (answers[OVERALL] - answers[OVERALL].mean()) / answers[OVERALL].std()
    table = perceived.effects(answers, GET, GIVE, OVERALL)
    for names in (["benefit", "cost"], ["value"]):
        fit = sm.OLS(y, sm.add_constant(z[names])).fit(cov_type="HC3", use_t=True)
        np.testing.assert_allclose(table.loc[names, "estimate"], fit.params[names])
        np.testing.assert_allclose(table.loc[names, ["low", "high"]], fit.conf_int().loc[names], rtol=1e-3)


def test_value_alone_has_the_correlation_with_the_outcome_as_its_coefficient():
    answers = datasets.load("yellow_pages")
    value = perceived.components(answers, GET, GIVE)["value"]
    estimate = perceived.effects(answers, GET, GIVE, OVERALL).loc["value", "estimate"]
    assert estimate == pytest.approx(np.corrcoef(value, answers[OVERALL])[0, 1])


def test_the_intervals_cover_a_known_coefficient_about_as_often_as_they_say():
    """Value has variance 1/3 + 1/2 of error above the opinions' 2, satisfaction 3 in all: r = 2 / √(2.83 · 3)."""
    rng = np.random.default_rng(3)
    truth = 2 / np.sqrt((2 + 1 / 3 + 1 / 2) * 3)
    rows = [perceived.effects(made(150, rng), outcome="satisfied", **MADE).loc["value"] for _ in range(30)]
    inside = sum(row["low"] <= truth <= row["high"] for row in rows)
    assert inside >= 24


def test_a_weight_of_two_is_a_respondent_twice_for_the_estimate():
    answers = made(60, np.random.default_rng(1))
    weights = pd.Series(np.arange(60) % 3, answers.index, dtype=float)
    twice = answers.loc[answers.index.repeat(weights.astype(int))].reset_index(drop=True)
    one = perceived.effects(answers, outcome="satisfied", weights=weights, **MADE)
    other = perceived.effects(twice, outcome="satisfied", **MADE)
    np.testing.assert_allclose(one["estimate"], other["estimate"])
    assert one["n"].unique().tolist() == [40]


def test_the_order_of_respondents_changes_nothing():
    answers = made(80, np.random.default_rng(2))
    one = perceived.effects(answers, outcome="satisfied", **MADE)
    other = perceived.effects(answers.sample(frac=1, random_state=1), outcome="satisfied", **MADE)
    pd.testing.assert_frame_equal(one, other)


def test_after_centring_benefit_and_cost_have_no_coefficients_of_their_own():
    table = perceived.effects(made(80, np.random.default_rng(2)), outcome="satisfied", centred=True, **MADE)
    assert table.loc[["benefit", "cost"], "estimate"].isna().all()
    assert np.isfinite(table.loc["value", "estimate"])


# Habit


def test_where_nobody_thinks_anything_habit_alone_makes_a_large_coefficient():
    """All items are habit and chance alike: any two correlate by ½, and centring leaves nothing."""
    rng = np.random.default_rng(4)
    answers = pd.DataFrame(
        rng.normal(0, 1, (4000, 1)) + rng.normal(0, 1, (4000, 6)),
        columns=[*MADE["benefits"], *MADE["costs"], "satisfied"],
    )
    table = yea_saying(answers, outcome="satisfied", rng=rng, resamples=200, **MADE)
    assert table.loc["as answered", "low"] > 0.5
    assert table.loc["least correlation taken out", "common"] == pytest.approx(0.5, abs=0.05)
    assert abs(table.loc["least correlation taken out", "estimate"]) < 0.15
    assert abs(table.loc["each respondent centred", "estimate"]) < 0.05


def test_where_there_is_no_habit_centring_takes_the_opinion_away():
    """The truth is as answered; benefits and prices matter alike, so their difference says nothing."""
    table = yea_saying(
        made(4000, np.random.default_rng(5)),
        outcome="satisfied",
        rng=np.random.default_rng(1),
        resamples=200,
        **MADE,
    )
    assert table.loc["as answered", "estimate"] == pytest.approx(2 / np.sqrt(8.5), abs=0.03)
    assert table.loc["least correlation taken out", "common"] < 0.05
    assert table.loc["least correlation taken out", "estimate"] == pytest.approx(2 / np.sqrt(8.5), abs=0.05)
    assert table.loc["each respondent centred", "estimate"] < 0.2


def test_the_least_correlation_is_taken_out_of_every_pair_by_hand():
    """Two items and the outcome, correlations .8, .6 and .5: less .5 they are .6, .2 and 0, and value is a sum."""
    target = np.array([[1, 0.8, 0.6], [0.8, 1, 0.5], [0.6, 0.5, 1]])
    rng = np.random.default_rng(1)
    raw = rng.normal(0, 1, (500, 3))
    raw = np.linalg.solve(np.linalg.cholesky(np.cov(raw.T, ddof=0)), (raw - raw.mean(axis=0)).T).T
    frame = pd.DataFrame(raw @ np.linalg.cholesky(target).T, columns=["get", "give", "satisfied"])
    row = yea_saying(frame, ["get"], ["give"], "satisfied", rng, (-9, 9), resamples=20).iloc[1]
    assert row["common"] == pytest.approx(0.5)
    assert row["estimate"] == pytest.approx((0.2 + 0) / np.sqrt(1 + 1 + 2 * 0.6))


def test_as_many_benefits_as_prices_leave_nothing_after_centring():
    answers = made(50, np.random.default_rng(6))
    table = yea_saying(
        answers, ["get 0"], ["give 0"], "satisfied", np.random.default_rng(1), (-20, 20), resamples=20
    )
    assert table.loc["each respondent centred", ["estimate", "low", "high"]].isna().all()
    assert words_perceived.readings(table, 0.3).endswith(
        "After centring no value is left: as many benefits as prices were asked, all worded alike."
    )


# Value asked directly


def test_holding_quality_fixed_is_a_regression_on_both_means():
    answers = datasets.load("ecsi_mobile")
    value, outcome = ["PERV1", "PERV2"], ["CUSA1", "CUSA2", "CUSA3"]
    quality = [f"PERQ{i}" for i in range(1, 8)]
    means = pd.DataFrame(
        {
            name: answers[items].mean(axis=1)
            for name, items in zip("vqy", (value, quality, outcome), strict=True)
        }
    )
    z = (means - means.mean()) / means.std()
    table = perceived.rated(answers, value, outcome, quality)
    assert table.loc["nothing", "estimate"] == pytest.approx(z["v"].corr(z["y"]))
    assert table.loc["fixed", "estimate"] == pytest.approx(sm.OLS(z["y"], z[["v", "q"]]).fit().params["v"])
    assert perceived.rated(answers, value, outcome).index.tolist() == ["nothing"]


# What cannot be asked


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"costs": []}, SchemaError, "Value is benefits less costs: name at least one item of each."),
        (
            {"outcome": "a"},
            SchemaError,
            "The outcome a is one of the items of value. It cannot explain itself.",
        ),
        (
            {"scale": (10, 1)},
            SchemaError,
            "scale names the lowest and the highest answer, such as (1, 10); it is (10, 1).",
        ),
        (
            {"scale": (1, 5)},
            SchemaError,
            "1 answer outside the scale of 1 to 5, first: a of respondent 5 (6). Correct the scale, or set codes such "
            "as 99 to missing.",
        ),
        (
            {"costs": ["a again"]},
            DomainError,
            "value is the same for all 12 respondents, so it goes with nothing.",
        ),
    ],
)
def test_a_question_in_the_wrong_form_is_refused(change, error, message):
    a = np.r_[1:7, 5, 4, 3, 2, 1, 1].astype(float)
    answers = pd.DataFrame(
        {"a": a, "a again": a, "p": np.r_[5, 1:6, 1:6, 2].astype(float), "y": np.r_[2:8, 1:7].astype(float)}
    )
    given = {"benefits": ["a"], "costs": ["p"], "outcome": "y", "scale": (1, 10)} | change
    if change.get("costs") == ["a again"]:  # dear where useful: cost equals benefit
        given["favourable"] = False
    assert raised(error, lambda: perceived.effects(answers, **given)) == message


def test_too_few_respondents_are_refused():
    assert "needs at least 10 respondents" in raised(
        DomainError, lambda: perceived.effects(made(9, np.random.default_rng(1)), outcome="satisfied", **MADE)
    )


def test_benefit_and_cost_that_are_one_question_have_no_effects_of_their_own():
    answers = pd.DataFrame(
        {"a": np.arange(1.0, 11), "p": np.arange(1.0, 11), "y": np.arange(1.0, 11)[::-1] ** 2}
    )
    assert raised(DomainError, lambda: perceived.effects(answers, ["a"], ["p"], "y")) == (
        "Benefit and cost rise and fall together without exception, so neither has an effect of its own."
    )


# The value map

TWO = pd.DataFrame({"quality": [6.0, 9.0], "price": [8.0, 12.0]}, index=["我们", "theirs"])


def test_two_offers_by_hand():
    """Quality 0.8 and 1.2 of the mean, price 0.8 and 1.2: both exactly on the line."""
    table = value_map(TWO)
    assert table["relative_quality"].tolist() == pytest.approx([0.8, 1.2])
    assert table["ratio"].tolist() == pytest.approx([1, 1])
    assert table["fair_price"].tolist() == pytest.approx([8, 12])
    assert table["position"].tolist() == ["fair value", "fair value"]
    assert table[["low", "high", "fair_low"]].isna().all(axis=None)


def test_a_price_that_counts_for_more_makes_the_line_flatter():
    """With w = ¾ a quality 20 % above the mean is worth a price 0.2 / 3 above it."""
    table = value_map(TWO, price_weight=0.75)
    assert table["fair_price"].tolist() == pytest.approx([10 * (1 - 0.2 / 3), 10 * (1 + 0.2 / 3)])
    assert table["position"].tolist() == ["better value", "worse value"]
    line = fair_line(table, 0.75)
    slope = line.diff().iloc[1]
    assert slope["relative_price"] / slope["relative_quality"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("factor", [0.1, 7.0])
def test_units_of_quality_and_price_do_not_matter(factor):
    columns = ["relative_quality", "relative_price", "ratio"]
    one, other = value_map(TWO), value_map(TWO * factor)
    pd.testing.assert_frame_equal(one[columns], other[columns])


def test_ratings_that_cannot_be_told_apart_are_fair_value_and_clear_ones_are_not():
    rng = np.random.default_rng(8)
    ratings = pd.DataFrame({"good": rng.normal(8, 1, 100), "poor": rng.normal(5, 1, 100)}).clip(1, 10)
    offers, draws = rated(ratings, {"good": 10.0, "poor": 10.0}, rng)
    assert value_map(offers, draws)["position"].tolist() == ["better value", "worse value"]
    fair = {"good": float(offers["quality"]["good"]), "poor": float(offers["quality"]["poor"])}
    offers, draws = rated(ratings, fair, rng)
    assert value_map(offers, draws)["position"].tolist() == ["fair value", "fair value"]


def test_only_respondents_who_rated_all_offers_count():
    ratings = pd.DataFrame({"a": [5.0] * 12, "b": [7.0] * 10 + [np.nan] * 2})
    offers, _ = rated(ratings, {"a": 1.0, "b": 1.0}, np.random.default_rng(1), resamples=10)
    assert offers[["quality", "n"]].to_numpy().tolist() == [[5, 10], [7, 10]]


@pytest.mark.parametrize(
    ("offers", "options", "error", "message"),
    [
        (
            TWO[["price"]],
            {},
            SchemaError,
            "A value map needs the columns quality and price. Missing: quality.",
        ),
        (TWO.iloc[:1], {}, DomainError, "A value map compares at least two offers."),
        (
            TWO.assign(price=[8.0, 0.0]),
            {},
            DomainError,
            "1 of 2 offers have no quality and price above 0, first: theirs (9, 0). A ratio needs a scale with a zero.",
        ),
        (TWO, {"price_weight": 1.0}, DomainError, "price_weight lies between 0 and 1, such as 0.5; it is 1."),
        (
            TWO,
            {"draws": np.ones((5, 3))},
            SchemaError,
            "draws need one column for each of the 2 offers; they have (5, 3).",
        ),
    ],
)
def test_a_map_that_cannot_be_drawn_is_refused(offers, options, error, message):
    assert raised(error, lambda: value_map(offers, **options)) == message
