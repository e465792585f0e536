"""VAL-3 and VAL-4: verdicts on worlds that are plainly so or plainly not, and on the samples."""

import numpy as np
import pandas as pd
import pytest

from crmtheory import claims, datasets, simulate
from crmtheory.value import choice, perceived

GET, GIVE = [f"q{i}" for i in range(5, 11)], ["q2", "q3", "q4"]


def believers(effect: float, rng: np.random.Generator) -> pd.DataFrame:
    """Satisfaction follows value by `effect`."""
    get, give, other = rng.normal(0, 1, (3, 800))
    return pd.DataFrame({"get": get, "give": give, "satisfied": effect * (get + give) + other})


@pytest.mark.parametrize(
    ("effect", "verdict"), [(1.0, "supported"), (0.0, "contradicted"), (-1.0, "contradicted")]
)
def test_value_drives_satisfaction_where_it_does(effect, verdict):
    table = perceived.effects(
        believers(effect, np.random.default_rng(1)), ["get"], ["give"], "satisfied", (-20, 20)
    )
    found = claims.test("VAL-3", table.loc[["value"]], name="made up")
    assert (found.verdict, found.n, found.delta) == (verdict, 800, 0.3)
    assert found.theta == pytest.approx(table.loc["value", "estimate"])


@pytest.mark.parametrize(
    ("price", "verdict"), [(-2.0, "supported"), (-1e-9, "contradicted"), (2.0, "contradicted")]
)
def test_customers_choose_by_price_where_they_do(price, verdict):
    shop = simulate.choosing_households(200, np.random.default_rng(1), price=price)
    row = choice.own_elasticity(choice.conditional_logit(choice.long(shop).rows))
    found = claims.test("VAL-4", row, name="made up")
    assert (found.verdict, found.n, found.delta) == (verdict, 200, 0.5)
    assert found.theta == pytest.approx(row["estimate"].iloc[0])


def test_both_claims_are_supported_on_the_samples():
    """The correlation of value with satisfaction, and the crackers with intervals by household."""
    answers = datasets.load("yellow_pages")
    value = answers[GET].mean(axis=1) + answers[GIVE].mean(axis=1)
    table = perceived.effects(answers, GET, GIVE, "q1")
    felt = claims.test("VAL-3", table.loc[["value"]], name="yellow_pages")
    assert (felt.verdict, felt.n) == ("supported", 1811)
    assert felt.theta == pytest.approx(value.corr(answers["q1"]))
    rows = choice.long(datasets.load("cracker_choice"), more={"display": "disp.", "feature": "feat."}).rows
    row = choice.own_elasticity(choice.conditional_logit(rows, ["display", "feature"]))
    turned = claims.test("VAL-4", row, name="cracker_choice")
    assert (turned.verdict, turned.n) == ("supported", 136)


@pytest.mark.parametrize("claim", ["VAL-3", "VAL-4"])
def test_a_missing_column_is_named(claim):
    verdict = claims.test(claim, pd.DataFrame({"estimate": [1.0], "low": [0.5], "n": [9]}), name="made up")
    assert (verdict.verdict, verdict.reason) == ("not testable", "missing: high")


def test_a_survey_too_small_says_so_and_stops_nothing():
    few = believers(1.0, np.random.default_rng(1)).iloc[:5]
    verdict = claims.test(
        "VAL-3", lambda: perceived.effects(few, ["get"], ["give"], "satisfied", (-20, 20)).loc[["value"]]
    )
    assert verdict.verdict == "not testable"
    assert verdict.reason == (
        "The effect of perceived value needs at least 10 respondents who answered get, give, satisfied; 5 of 5 did."
    )
