"""The sentences of the chapter follow the tables, also when the data say the opposite or nothing."""

import numpy as np
import pandas as pd
import pytest

from crmtheory.satisfaction import comments, csat, gaps, kano, nps, nps_change, two_periods, words
from crmtheory.satisfaction.wordlists import THEMES_CHINESE


def answers_of(promoters: int, passives: int, detractors: int) -> pd.Series:
    return pd.Series([10.0] * promoters + [8.0] * passives + [2.0] * detractors)


def test_csat():
    assert words.csat_in_words(csat(pd.Series([5.0, 4, 3, 4]))) == (
        "75% of 4 respondents are satisfied (30% to 95%); the mean rating is 4.00 (too few answers for an interval)."
    )
    assert words.csat_in_words(csat(pd.Series([5.0, 4, 3, 4, 4]))).endswith("is 4.00 (3.12 to 4.88).")
    assert words.csat_in_words(csat(pd.Series([5.0] * 5))).endswith(
        "is 5.00. The answers show no spread, so the mean has no interval."
    )
    assert words.csat_in_words(csat(pd.Series([5.0]))) == (
        "100% of 1 respondent is satisfied (21% to 100%); the mean rating is 5.00 (too few answers for an "
        "interval)."
    )


@pytest.mark.parametrize(
    ("counts", "ending"),
    [
        ((80, 10, 10), "There are clearly more promoters than detractors."),
        ((10, 10, 80), "There are clearly more detractors than promoters."),
        ((5, 5, 5), "Whether there are more promoters or more detractors cannot be told."),
    ],
)
def test_nps(counts, ending):
    assert words.nps_in_words(nps(answers_of(*counts))).endswith(ending)


def test_nps_is_said_in_points_with_a_true_minus():
    said = words.nps_in_words(nps(answers_of(1, 0, 3)))
    assert said.startswith("25% are promoters and 75% detractors, a net promoter score of −50.0 (−90.9 to ")
    assert "score of 0.0 (−" in words.nps_in_words(nps(answers_of(2, 0, 2)))


def test_change():
    fell = words.change_in_words(nps_change(answers_of(90, 5, 5), answers_of(10, 20, 70)))
    assert fell.startswith("The net promoter score fell by 145.0 points (change −")
    assert fell.endswith("p < 0.001). That is more than the noise of two samples.")
    same = words.change_in_words(nps_change(answers_of(5, 5, 5), answers_of(5, 5, 5)))
    assert same.startswith("The net promoter score stayed the same (change −")
    assert same.endswith("Two samples may differ as much by chance.")
    assert "rose by" in words.change_in_words(nps_change(answers_of(1, 1, 1), answers_of(2, 1, 1)))


def gap_rows(**rows: tuple[float, ...]) -> pd.DataFrame:
    columns = ["perception", "estimate", "low", "high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("dimension")


def test_gaps():
    table = gap_rows(a=(5.5, -1.0, -1.2, -0.8), b=(4.0, 0.5, 0.3, 0.7), c=(5.0, 0.0, -0.2, 0.2))
    assert words.gaps_in_words(table) == (
        "Expectations are clearly not met on a. The widest gap is on a: -1.00 (-1.20 to -0.80). Perception alone "
        "would have named b, which is rated lowest. They are clearly exceeded on b. On c it cannot be told."
    )
    assert words.gaps_in_words(table.loc[["c"]]) == (
        "On no dimension can it be told whether expectations are met."
    )
    assert words.gaps_in_words(table.loc[["b"]]) == "Expectations are clearly exceeded on b."
    real = gaps(pd.DataFrame({"q": [4.0, 5, 3]}), pd.DataFrame({"q": [5.0, 6, 4]}), {"x": ["q"]})
    assert words.gaps_in_words(real) == "On no dimension can it be told whether expectations are met."


def test_kano():
    yes, no = pd.DataFrame({"网络": [3.0] * 20, "art": [1.0] * 20}), pd.DataFrame({"网络": [5.0] * 20})
    no["art"] = [3.0] * 10 + [5.0] * 10
    assert words.kano_in_words(kano.summary(yes, no)) == (
        "Must-be: 网络 (missing it annoys, having it is taken for granted). No category is clearly ahead for art: "
        "customers may want different things, so look at groups of them before deciding."
    )


def test_importance_performance():
    table = pd.DataFrame(
        {
            "importance": [0.3, 0.4, 0.2, 0.1],
            "quadrant": ["concentrate here", "concentrate here", "keep up", "low priority"],
            "probability": [0.9, 0.95, 0.5, 0.99],
        },
        index=["signs", "restrooms", "wifi", "art"],
    )
    assert words.importance_performance_in_words(table) == (
        "Important and rated below the others, so work here first: restrooms and signs. Rated below the others, but "
        "of little importance: art. Too near the middle of the map to be placed: wifi."
    )


def test_penalty_reward():
    table = pd.DataFrame({"kind": ["annoys", "unclear", "delights"]}, index=["restrooms", "wifi", "art"])
    table["estimate"] = [0.4, 0.1, -0.5]
    assert words.penalty_reward_in_words(table) == (
        "Costs more when bad than it gains when good: restrooms. Gains more when good than it costs when bad: art. "
        "Cannot be told: wifi."
    )
    assert words.penalty_reward_in_words(table.iloc[[1]]) == (
        "Cannot be told: wifi. So no driver clearly works in one direction only."
    )


def test_too_few_ratings_are_told_apart_from_what_cannot_be_told():
    table = pd.DataFrame(
        {"kind": "unclear", "estimate": [0.1, np.nan, np.nan]}, index=["wifi", "art", "标识"]
    )
    assert words.penalty_reward_in_words(table) == (
        "Cannot be told: wifi. Too few low or high ratings to judge: art and 标识. So no driver clearly works in one "
        "direction only."
    )


def test_comments():
    texts = pd.Series(["slow", "Friendly staff", "slow", None])
    assert words.comments_in_words(comments.summary(texts)) == (
        "Of 3 comments, most name waiting (67%) and staff (33%). The tone is lowest where waiting is named (-1.00) and "
        "highest with staff (+1.00)."
    )
    said = words.comments_in_words(comments.summary(pd.Series(["排队"]), "zh"), THEMES_CHINESE)
    assert said == "Of 1 comment, most name 等待 (100%)."


def test_comments_without_a_theme():
    next_step = "theme of the list (language {}): give own words or the language."
    assert words.comments_in_words(comments.summary(pd.Series(["hm"]))) == (
        "The only comment names no " + next_step.format("en")
    )
    none = comments.summary(pd.Series(["hm", "aha", "好"]), "zh")
    assert words.comments_in_words(none, THEMES_CHINESE, "zh") == (
        "Not one of the 3 comments names a " + next_step.format("zh")
    )
    assert words.comments_in_words(none[none["comments"] > 0]) == (
        "Not one of the comments names a " + next_step.format("en")
    )


@pytest.mark.parametrize(
    ("low", "ending"),
    [
        (0.6, "The tone orders comments much as ratings do."),
        (0.1, "The tone tells something, but does not replace a rating."),
        (-0.1, "The tone of these comments says nothing sure about ratings."),
    ],
)
def test_agreement(low, ending):
    said = words.agreement_in_words(pd.DataFrame([{"estimate": 0.7, "low": low, "high": 0.8}]))
    assert said.endswith(ending)


def effects(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["from", "to", "estimate", "low", "high"])


def test_path():
    table = effects(
        ("Image", "Satisfaction", 0.3, 0.2, 0.4),
        ("Quality", "Satisfaction", 0.6, 0.5, 0.7),
        ("Expectation", "Satisfaction", 0.05, -0.1, 0.2),
        ("Image", "Loyalty", 0.9, 0.8, 1.0),
    )
    assert words.path_in_words(table, "Satisfaction") == (
        "On Satisfaction, the total effect is clearly above 0 for Quality (0.60, 0.50 to 0.70) and Image (0.30, 0.20 "
        "to 0.40). That of Quality is largest. For Expectation it is not clearly above 0."
    )
    assert "is largest, though not clearly." in words.path_in_words(table.assign(low=0.1), "Satisfaction")
    assert words.path_in_words(table, "Price") == "Nothing in the model leads to Price."


def test_periods():
    rng = np.random.default_rng(1)
    year = pd.Series([1] * 100 + [2] * 100)
    answers = pd.DataFrame(rng.integers(2, 5, (200, 3)).astype(float), columns=["a", "b", "c"])
    answers.loc[100:, "a"] += 1
    answers.loc[100:, "c"] = np.nan
    said = words.periods_in_words(two_periods(answers, year))
    assert said.startswith("Rose: a (+")
    assert said.endswith(
        "). 1 item of 2 changed no more than chance may do. 1 item was answered in one period only."
    )
    assert (
        words.periods_in_words(two_periods(answers[["c"]], year)) == "No item was answered in both periods."
    )


def test_many_changes_are_cut_short():
    table = pd.DataFrame(
        {"direction": "fell", "estimate": [-0.1, -0.5, -0.3, -0.2, -0.4]}, index=list("abcde")
    )
    assert words.periods_in_words(table) == "Fell: b (−0.50), e (−0.40), c (−0.30) and 2 more."
