"""Sentences on value to the customer say what holds on the numbers they are given."""

import numpy as np
import pandas as pd
import pytest

from crmtheory import simulate
from crmtheory.value import choice, words_perceived

WAYS = pd.DataFrame(
    {
        "estimate": [0.81, 0.68, 0.2],
        "low": [0.78, 0.65, 0.14],
        "high": [0.84, 0.73, 0.26],
        "common": [0, 0.35, np.nan],
    },
    index=["as answered", "least correlation taken out", "each respondent centred"],
)


def own(estimate: float, low: float, high: float) -> pd.DataFrame:
    return pd.DataFrame({"estimate": [estimate], "low": [low], "high": [high]})


def test_readings_say_on_which_the_claim_stands():
    assert words_perceived.readings(WAYS, 0.3) == (
        "One standard deviation more of value goes with 0.81 more of satisfaction. All answers share a correlation of "
        "at least 0.35; if that is habit, 0.68 remains. After centring it is 0.20. The claim stands on the first two "
        "readings; on the third it does not stand."
    )
    assert words_perceived.readings(WAYS, 0.1).endswith("on the third it also stands.")
    assert words_perceived.readings(WAYS, 0.7).endswith(
        "How the answers are read decides: do not lean on the first number alone."
    )
    assert words_perceived.readings(WAYS, 0.9).endswith("The claim stands on none of the readings.")


def test_answers_that_do_not_all_go_together_show_no_habit():
    text = words_perceived.readings(WAYS.assign(common=[0, 0.0, np.nan]), 0.3)
    assert "Not all answers go together, so there is no sign of a habit of marking everything high. " in text


def test_what_is_left_when_something_is_held_fixed():
    table = pd.DataFrame(
        {"estimate": [0.6, 0.2], "low": [0.5, 0.1], "high": [0.7, 0.3], "n": 250}, index=["nothing", "fixed"]
    )
    assert words_perceived.held_fixed(table, "quality") == (
        "Value as asked directly: 0.60 [0.50, 0.70], of 250 respondents. With quality held fixed: 0.20 [0.10, 0.30]. "
        "More than half of what value seemed to do is what both share with it."
    )
    kept = table.assign(estimate=[0.6, 0.5])
    assert words_perceived.held_fixed(kept, "quality").endswith(
        "So most of it is not what both share with it."
    )
    assert words_perceived.held_fixed(table[:1], "quality") == (
        "Value as asked directly: 0.60 [0.50, 0.70], of 250 respondents."
    )


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ((1.6, 0.9, 2.4), "A price higher by 10% costs a brand about 16% [9%, 24%] of its choices."),
        (
            (0.3, -0.2, 0.8),
            "Whether a price higher by 10% costs choices cannot be told here (3% [−2%, 8%]).",
        ),
        (
            (-0.5, -0.8, -0.2),
            "A price higher by 10% goes with more choices of a brand here (5% [2%, 8%]): price may stand for quality.",
        ),
    ],
)
def test_what_a_higher_price_costs(row, text):
    assert words_perceived.price_turns(own(*row)) == text


@pytest.mark.parametrize(
    ("positions", "text"),
    [
        (
            ["better value", "worse value", "fair value"],
            "甲 gives more than is paid for; b gives less than is paid for; c cannot be told from the line.",
        ),
        (
            ["better value", "better value", "fair value"],
            "甲 and b give more than is paid for; c cannot be told from the line.",
        ),
        (["fair value"] * 3, "No offer is clearly off the fair-value line."),
    ],
)
def test_positions_name_the_offers(positions, text):
    assert words_perceived.positions(pd.DataFrame({"position": positions}, ["甲", "b", "c"])) == text


def test_irrelevant_alternatives_are_judged_with_all_tests_in_mind():
    table = pd.DataFrame({"without": ["a", "b"], "p_value": [0.03, 0.4]})
    assert words_perceived.irrelevant(table) == (
        "Taking a brand out changes the coefficients by no more than chance (2 tests, each at 5% / 2)."
    )
    assert words_perceived.irrelevant(table.assign(p_value=[0.0001, 0.4])) == (
        "Without a the coefficients are others than before (2 tests, each at 5% / 2; least p < 0.001). So read cross "
        "elasticities as a first guess only."
    )


def test_errors_by_household_and_habit_are_put_in_numbers():
    rng = np.random.default_rng(1)
    rows = choice.long(simulate.choosing_households(100, rng, price=-2.0, spread=2.0), last=True).rows
    fit, last = choice.conditional_logit(rows), choice.conditional_logit(rows, ["last"])
    ratio = fit.table.loc["price", "se"] / fit.naive["price"]
    assert words_perceived.by_household(fit).startswith(
        f"900 choices by 100 households. The standard error of price is {ratio:.1f} times"
    )
    text = words_perceived.loyal(own(1.5, 1, 2), own(1.2, 1, 1.4), last)
    assert text.startswith(
        "With the last brand known, minus the elasticity is 1.20 [1.00, 1.40] instead of 1.50 [1.00, 2.00]."
    )
    assert text.endswith("these data cannot part the two.")


def test_nothing_left_out_is_said():
    assert words_perceived.left_out(pd.Series([], dtype=str), 12) == "All 12 choices are used."
