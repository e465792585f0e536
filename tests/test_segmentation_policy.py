"""Different against equal treatment: worlds in which it is known which is better, and by how much."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmtheory.errors import DomainError, SchemaError
from crmtheory.segmentation import NOTHING, Treatment, policy_profit, uplift_needed
from crmtheory.segmentation.words import break_even_in_words, policy_in_words

CALL = Treatment("call", 10.0, 0.2)
MAIL = Treatment("mail", 1.0, 0.05)
CLASSES = pd.Series(["high"] * 200 + ["low"] * 200, index=[f"客户{i}" for i in range(400)])
MARGIN = pd.Series([100.0] * 200 + [10.0] * 200, index=CLASSES.index)


def rng(seed=1):
    return np.random.default_rng(seed)


def test_the_gain_by_hand_where_different_treatment_is_better():
    """A call brings 20 − 10 = 10 from a high customer and 2 − 10 = −8 from a low one; mail 4 and −0.5."""
    result = policy_profit(CLASSES, MARGIN, [CALL, MAIL], rng())
    assert result.choice.to_dict() == {"high": "call", "low": "do nothing"}
    gain, table = result.gain.iloc[0], result.table
    assert list(result.gain) == ["estimate", "low", "high", "n", "by_class", "uniform", "treatment", "same"]
    assert list(table) == ["class", "treatment", "customers", "planned", "profit", "chosen", "uniform"]
    by_hand = {("high", "do nothing"): 0, ("high", "call"): 10, ("high", "mail"): 4,
               ("low", "do nothing"): 0, ("low", "call"): -8, ("low", "mail"): -0.5}  # fmt: skip
    assert table.set_index(["class", "treatment"])["profit"].to_dict() == pytest.approx(by_hand)
    assert table.set_index(["class", "treatment"])["planned"].to_dict() == pytest.approx(by_hand)
    n = table.drop_duplicates("class").set_index("class")["customers"]
    assert n.sum() == gain["n"] == 200
    uniform = {"mail": (4 * n["high"] - 0.5 * n["low"]) / 200, "call": (10 * n["high"] - 8 * n["low"]) / 200}
    assert gain["by_class"] == pytest.approx(10 * n["high"] / 200)
    assert gain["uniform"] == pytest.approx(uniform[gain["treatment"]])
    assert gain["estimate"] == pytest.approx(gain["by_class"] - gain["uniform"])
    assert 0 < gain["low"] < gain["estimate"] < gain["high"]
    assert not gain["same"]


def test_where_one_treatment_is_best_for_all_there_is_no_gain():
    result = policy_profit(CLASSES, MARGIN, [Treatment("letter", 0.5, 0.1)], rng())
    assert result.choice.to_dict() == {"high": "letter", "low": "letter"}
    gain = result.gain.iloc[0]
    assert (gain["estimate"], gain["low"], gain["high"], gain["same"]) == (0, 0, 0, True)
    assert repr(result) == "PolicyProfit(gain 0, 0 to 0, 200 customers)"
    assert policy_in_words(result) == (
        'The best policy by class is "letter" for everybody: treating classes differently gains nothing here.'
    )


def test_classes_that_are_noise_promise_a_gain_on_the_half_that_chooses_and_have_none_on_the_other():
    """Ten classes that mean nothing, a treatment that just pays for itself: the best policy is a uniform one."""
    gains, planned, above = [], [], 0
    for seed in range(60):
        draw = rng(seed)
        classes, margin = pd.Series(draw.integers(0, 10, 300)), pd.Series(draw.exponential(10.0, 300))
        result = policy_profit(classes, margin, [Treatment("gift", 1.0, 0.1)], draw, least=1, resamples=100)
        gains.append(result.gain["estimate"].iloc[0])
        above += result.gain["low"].iloc[0] > 0
        first = result.table.pivot(index="class", columns="treatment", values="planned")
        planned.append((first.max(axis=1) - first.mean().max()).mean())
    assert np.mean(planned) > 0.05  # what judging on the half that chose would have claimed
    assert abs(np.mean(gains)) < 4 * np.std(gains) / np.sqrt(60)
    assert above <= stats.binom.ppf(1 - 1e-3, 60, 0.05)


def test_a_class_with_few_customers_gets_what_all_get():
    """Most of what 40 customers bring, one of them brings: without that one a gift seems to be wasted on them."""
    classes = pd.Series(["many"] * 360 + ["few"] * 40)
    margin = pd.Series([20.0] * 360 + [1.0] * 39 + [5000.0])
    gift = [Treatment("gift", 1.0, 0.1)]
    alone = [policy_profit(classes, margin, gift, rng(seed), least=1, resamples=50) for seed in range(20)]
    assert {result.choice["few"] for result in alone} == {"gift", "do nothing"}
    for seed in range(20):
        result = policy_profit(classes, margin, gift, rng(seed), resamples=50)
        assert result.choice.to_dict() == {"few": "gift", "many": "gift"}
        assert result.gain["same"].iloc[0]


def test_the_interval_holds_the_true_gain_at_about_its_stated_rate():
    """A call at 10 with uplift 0.2 on margins of mean 100 and 10: a gain of 8/2 per customer over a call for all."""
    inside, judged = 0, 120
    for seed in range(judged):
        draw = rng(seed)
        high = draw.random(400) < 0.5
        margin = pd.Series(np.where(high, 100.0, 10.0) * draw.exponential(1.0, 400))
        result = policy_profit(
            pd.Series(np.where(high, "high", "low")), margin, [CALL], draw, resamples=150
        ).gain.iloc[0]
        if result["treatment"] == "call":
            inside += result["low"] <= 4 <= result["high"]
        else:  # nothing for all: the gain is 10 for the high half
            inside += result["low"] <= 5 <= result["high"]
    assert stats.binom.ppf(1e-3, judged, 0.94) <= inside


def test_an_uplift_may_differ_by_class():
    gift = Treatment("gift", 1.0, {"high": 0.0, "low": 0.5})
    result = policy_profit(CLASSES, MARGIN, [gift], rng())
    assert result.choice.to_dict() == {"high": "do nothing", "low": "gift"}
    assert result.table.set_index(["class", "treatment"]).loc[("low", "gift"), "profit"] == pytest.approx(4)


def test_doing_nothing_is_always_there_and_wins_ties():
    result = policy_profit(CLASSES, MARGIN, [Treatment("free and useless", 0.0, 0.0)], rng())
    assert set(result.choice) == {NOTHING.name}
    assert result.gain["treatment"].iloc[0] == "do nothing"
    assert set(policy_profit(CLASSES, MARGIN, [], rng()).choice) == {"do nothing"}


def test_the_order_of_the_customers_changes_nothing():
    margin = pd.Series(rng(5).exponential(50.0, 400), index=CLASSES.index)
    order = rng(6).permutation(400)
    first = policy_profit(CLASSES, margin, [CALL, MAIL], rng())
    second = policy_profit(CLASSES.iloc[order], margin, [CALL, MAIL], rng())
    pd.testing.assert_frame_equal(first.gain, second.gain, check_exact=True)
    pd.testing.assert_frame_equal(first.table, second.table, check_exact=True)


def test_two_customers_are_enough_to_ask_and_one_is_not():
    result = policy_profit(pd.Series(["a", "b"]), pd.Series([100.0, 100.0]), [CALL], rng())
    assert result.gain["n"].iloc[0] == 1
    assert result.gain["estimate"].iloc[0] == 0  # the class nobody chose for gets the uniform treatment
    with pytest.raises(DomainError) as error:
        policy_profit(pd.Series(["a"]), pd.Series([1.0]), [CALL], rng())
    assert str(error.value) == (
        "One customer cannot both choose and judge. At least 2 are needed; 1,000 are better."
    )


def test_a_treatment_pays_from_its_cost_over_the_margin_on():
    table = uplift_needed(CLASSES, MARGIN, [CALL, MAIL])
    assert list(table) == [
        "class", "treatment", "customers", "margin", "cost", "stated", "needed", "low", "high", "pays",
    ]  # fmt: skip
    rows = table.set_index(["class", "treatment"])
    assert rows["needed"].to_dict() == pytest.approx(
        {("high", "call"): 0.1, ("high", "mail"): 0.01, ("low", "call"): 1.0, ("low", "mail"): 0.1}
    )
    assert rows["pays"].tolist() == [True, True, False, False]
    spread = uplift_needed(CLASSES, pd.Series(rng().exponential(50, 400), CLASSES.index), [CALL])
    assert ((spread["low"] < spread["needed"]) & (spread["needed"] < spread["high"])).all()


def test_where_a_class_brings_nothing_no_uplift_is_enough():
    table = uplift_needed(pd.Series(["a", "b"]), pd.Series([0.0, -4.0]), [CALL, Treatment("free", 0.0, 0.1)])
    assert table["needed"].tolist() == [np.inf, 0, np.inf, 0]
    assert break_even_in_words(table) == (
        '"call" cannot pay for itself: no class brings a margin. '
        'To pay for itself, "free" must raise later margin by 0.0% in class "a"; 0.0% in class "b".'
    )


def test_treatments_that_make_no_sense_are_refused():
    with pytest.raises(DomainError) as error:
        Treatment("call", -1.0)
    assert str(error.value) == "call: a cost is a number from 0 on, not -1.0."
    with pytest.raises(DomainError) as error:
        Treatment("call", 1.0, {"high": np.nan})
    assert str(error.value) == "call: an uplift is a number from -1 on, not nan. For 5 % give 0.05."
    with pytest.raises(SchemaError) as error:
        policy_profit(CLASSES, MARGIN, [Treatment("call", 1.0, {"high": 0.1})], rng())
    assert str(error.value) == 'call: no uplift is stated for class "low". State one for each class.'
    with pytest.raises(SchemaError) as error:
        policy_profit(CLASSES, MARGIN, [CALL, CALL], rng())
    assert str(error.value) == 'There are two treatments called "call". "do nothing" is always there.'
    with pytest.raises(SchemaError) as error:
        policy_profit(CLASSES, MARGIN.iloc[1:], [CALL], rng())
    assert str(error.value) == (
        "later_margin: 1 of 400 customers are not in it, first '客户0'. If they brought nothing: "
        "later_margin.reindex(classes.index, fill_value=0)."
    )
    with pytest.raises(SchemaError) as error:
        uplift_needed(CLASSES, MARGIN, [])
    assert str(error.value) == "There is no treatment besides doing nothing. Give at least one."
