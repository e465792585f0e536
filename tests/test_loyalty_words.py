"""Sentences say what the tables hold, in each of the ways they may fall."""

import pandas as pd
import pytest

from crmtheory.loyalty import KINDS, SHAPES, words

NAN = float("nan")


def row(**values):
    return pd.DataFrame([values])


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.01, 0.09, "The last step is the larger."),
        (
            -0.09,
            -0.01,
            "The last step is the smaller: promoters are not only among the completely satisfied.",
        ),
        (-0.01, 0.09, "Which step is larger cannot be told."),
    ],
)
def test_the_last_step(low, high, said):
    text = words.step_in_words(row(estimate=(low + high) / 2, low=low, high=high, n=9, last=0.4, before=0.36))
    assert text.endswith(said)


def shapes(aic, lack=0.5, bootstrap=float("nan")):
    table = pd.DataFrame({"aic": aic, "lack_of_fit": lack, "bootstrap": bootstrap}, index=list(SHAPES))
    return table.assign(best=table["aic"] == table["aic"].min())


def test_the_best_shape_is_named_with_its_meaning():
    assert words.shape_in_words(shapes([20.0, 30.0, 10.0], bootstrap=0.9)) == (
        'The link is best described as "only complete": loyalty rises most at the top of satisfaction (AIC 10.0 below '
        '"linear"). It is best in 90% of bootstrap samples.'
    )


def test_shapes_that_are_close_are_not_told_apart_and_a_bad_fit_is_said():
    assert words.shape_in_words(shapes([10.0, 11.5, 12.0])) == (
        'The shapes "linear" and "diminishing" describe the link about equally well (AIC differs by 1.5), so the '
        "simpler one is enough."
    )
    assert words.shape_in_words(shapes([10.0, 20, 20], lack=0.01)).endswith(
        "no shape here is the whole truth."
    )


def test_kinds():
    table = pd.DataFrame({"customers": [3, 2, 1, 4], "share": [0.3, 0.2, 0.1, 0.4]}, index=list(KINDS))
    text = words.kinds_in_words(table)
    assert text.startswith(
        "Of 10 customers 30% are truly loyal, 20% like the firm but seldom buy, 10% buy often"
    )
    assert text.endswith("Of those who buy often, 25% only look loyal.")
    assert "only look" not in words.kinds_in_words(table.assign(customers=[0, 2, 0, 4]))


def test_switching_names_the_most_faithful_first():
    table = pd.DataFrame(
        {
            "from": ["a", "a", "b", "b", "c"],
            "to": ["a", "b", "a", "b", "c"],
            "from_n": [4, 4, 4, 4, 0],
            "probability": [0.5, 0.5, 0.25, 0.75, float("nan")],
            "low": 0.1,
            "high": 0.9,
        }
    )
    assert words.switching_in_words(table).startswith(
        "At the next purchase the same brand was chosen again after b 75% (10% to 90%) and a 50% (10% to 90%)."
    )


def test_repurchase_says_when_ties_make_the_top_small():
    values = {"estimate": 0.47, "low": 0.42, "high": 0.51, "n": 2000, "top": 0.66, "rest": 0.19}
    small = words.repurchase_in_words(row(**values, n_top=430, n_rest=1570))
    assert small == (
        "Of the 430 customers with most earlier repeat purchases 66% bought later, and 19% of the other 1,570: "
        "a difference of +47 percentage points (+42 to +51). The top is 22% of customers and not 33%, as customers who "
        "tie at the cut stay together below it."
    )
    assert "tie" not in words.repurchase_in_words(row(**values, n_top=660, n_rest=1340))


def test_the_gap_between_words_and_deeds():
    table = pd.DataFrame(
        {
            "studies": [26, 4],
            "estimate": [0.6, 0.12],
            "low": [0.49, 0.07],
            "high": [0.7, 0.24],
            "coverage": [0.97, 0.875],
        },
        index=["Intention", "Behavior"],
    )
    assert words.gap_in_words(table, "Intention", "Behavior") == (
        "Satisfaction correlates with intention by 0.60 in the median of 26 studies (0.49 to 0.70), with behavior by "
        "0.12 in the median of 4 studies (0.07 to 0.24). 4 studies are few: the range of all of them covers the "
        "median with a probability of 87.5% only. It goes with what customers say far more than with what they do."
    )
    alone = table.assign(studies=[26, 1], low=[0.49, NAN], high=[0.7, NAN], coverage=[0.97, 0])
    assert words.gap_in_words(alone, "Intention", "Behavior") == (
        "Satisfaction correlates with intention by 0.60 in the median of 26 studies (0.49 to 0.70), with behavior by "
        "0.12 in 1 study. One study has no interval, so the gap is not sure."
    )
    near = table.assign(low=0.1, coverage=0.96)
    assert words.gap_in_words(near, "Intention", "Behavior").endswith("so the gap is not sure.")


def test_recommendations_may_cost_more_than_they_bring():
    text = words.referral_in_words(
        row(estimate=-1.5, low=-2.0, high=0.5, promoters=0.2, detractors=0.5, gained=1.0, undone=2.5), "$"
    )
    assert text.startswith(
        "With 20% promoters and 50% detractors, recommendations bring $1.00 a customer and warnings undo $2.50: -$1.50 "
        "in all (-$2.00 to $0.50)."
    )


def test_the_cost_of_the_programme():
    table = pd.DataFrame(
        {
            "members": [9, 1],
            "share": [0.9, 0.1],
            "spend": [900.0, 100],
            "cost": [3.0, 1],
            "cost_share": [0.75, 0.25],
        },
        index=["basic", "金"],
    )
    assert words.cost_in_words(table, "¥") == (
        'The programme would have cost ¥4.00 for 10 members, 0.40% of spend. The tier "金" holds 10% of members and '
        "takes 25% of it."
    )
    assert words.cost_in_words(table.assign(cost=0.0)) == "Under these terms the programme costs nothing."


@pytest.mark.parametrize(
    ("p", "said"), [(0.01, "do not trust the difference."), (0.4, "which is no proof that there is none.")]
)
def test_an_effect_is_trusted_only_as_far_as_the_trends_before(p, said):
    naive = pd.DataFrame({"estimate": [1.2, 0.7]})
    text = words.effect_in_words(row(estimate=0.5, low=0.4, high=0.6), naive, row(p_value=p))
    assert text.startswith("Members buy +0.50 a period because of the programme (+0.40 to +0.60), if ")
    assert "Members less others would say +1.20, after less before +0.70." in text
    assert text.endswith(said)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.01, 0.03, "The campaign raised the share who bought (p = 0.020), if it went by lot."),
        (-0.03, -0.01, "The campaign lowered the share who bought (p = 0.020), if it went by lot."),
        (-0.01, 0.03, "That may be chance (p = 0.020); it does not show that the campaign does nothing."),
    ],
)
def test_a_campaign(low, high, said):
    text = words.ab_in_words(
        row(estimate=(low + high) / 2, low=low, high=high, p_value=0.02, treated=0.1, control=0.1)
    )
    assert text.endswith(said)


def test_one_period_before_joining_says_nothing_of_trends():
    naive = pd.DataFrame({"estimate": [1.2, 0.7]})
    text = words.effect_in_words(row(estimate=0.5, low=0.4, high=0.6), naive)
    assert text.endswith(
        "after less before +0.70. Only one period lies before joining, so whether they moved alike cannot be seen."
    )


def test_one_of_a_kind_is_said_in_the_singular():
    kinds = pd.DataFrame({"customers": [1, 0, 0, 0], "share": [1.0, 0, 0, 0]}, index=list(KINDS))
    assert words.kinds_in_words(kinds).startswith("Of 1 customer 100% are truly loyal")
    one = row(estimate=0.77, low=0.1, high=0.9, n=48, top=1.0, rest=0.23, n_top=1, n_rest=47)
    assert words.repurchase_in_words(one).startswith(
        "Of the 1 customer with most earlier repeat purchases 100% bought later, and 23% of the other 47: a difference"
    )
    tier = pd.DataFrame(
        {"members": [1], "share": [1.0], "spend": [100.0], "cost": [4.0], "cost_share": [1.0]}
    )
    assert "would have cost $4.00 for 1 member, 4.00% of spend." in words.cost_in_words(tier, "$")
