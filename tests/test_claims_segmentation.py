"""Claims on segmentation: verdicts on worlds that are plainly so or plainly not, and estimates known from elsewhere."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from crmtheory import claims
from crmtheory.errors import DomainError


def judge(claim: str, data, **options) -> claims.Verdict:
    return claims.test(claim, data, name="made up", **options)


def at_most(times: int, trials: int, rate: float) -> bool:
    """Whether so many are no sign of a higher rate (one in ten thousand)."""
    return times <= stats.binom.ppf(1 - 1e-4, trials, rate)


# Not testable


@pytest.mark.parametrize(
    ("claim", "columns", "reason"),
    [
        ("SEG-1", {"value_class": ["high"]}, "missing: later_value"),
        ("SEG-2", {"before": ["high"]}, "missing: after"),
        ("SEG-3", {"x": [1]}, "missing: activity, bought"),
        ("SEG-4", {"ari": [0.7], "low": [np.nan], "high": [0.9]}, "missing: low, customers, chance_high"),
        ("SEG-5", {"estimate": [1.0], "low": [0.5], "high": [2.0]}, "missing: n, same"),
    ],
)
def test_missing_columns_are_named(claim, columns, reason):
    verdict = judge(claim, pd.DataFrame(columns))
    assert (verdict.verdict, verdict.reason, verdict.theta) == ("not testable", reason, None)


@pytest.mark.parametrize(
    ("claim", "data", "reason"),
    [
        (
            "SEG-1",
            {"value_class": ["high"] * 9 + ["low"] * 30, "later_value": [1.0] * 39},
            "9 customers are in class high and 30 in class low: too few",
        ),
        (
            "SEG-1",
            {"value_class": ["high", "low"] * 20, "later_value": [5.0, 0.0] * 20},
            'The 20 customers of class "low" brought 0 later, so a ratio of means has no logarithm. Take a longer '
            "later period, or classes with more customers.",
        ),
        (
            "SEG-2",
            {"before": ["low"] * 9, "after": ["low"] * 9},
            "nobody was in class high in the first year",
        ),
        (
            "SEG-3",
            {"activity": ["active", "churned"] * 5, "bought": [1, 0] * 5},
            "5 customers are active and 0 silent: nothing to compare",
        ),
        (
            "SEG-4",
            {"ari": [0.9], "low": [0.7], "high": [1.0], "customers": [99], "chance_high": [0.7]},
            "answers without any groups, the same but shuffled, come back about as often as these",
        ),
        (
            "SEG-5",
            {"estimate": [0.0], "low": [0.0], "high": [0.0], "n": [99], "same": [True]},
            "under these costs and responses the best policy by segment gives everybody the same treatment, so there "
            "is no difference to test",
        ),
    ],
)
def test_data_without_an_answer_give_the_reason(claim, data, reason):
    verdict = judge(claim, pd.DataFrame(data))
    assert (verdict.verdict, verdict.reason, verdict.theta) == ("not testable", reason, None)


def test_a_function_may_make_the_data_and_say_why_it_cannot():
    data = pd.DataFrame({"before": ["high"] * 9, "after": ["high", "low", "low"] * 3})
    assert judge("SEG-2", lambda: data) == judge("SEG-2", data)

    def none() -> pd.DataFrame:
        raise DomainError("The log is too short.")

    assert judge("SEG-2", none).reason == "The log is too short."


# SEG-1: value classes differ in later value


def later(n: int, ratio: float, rng, spread: float = 0.5) -> pd.DataFrame:
    """Half of the customers in either class; the high one spends `ratio` times as much later."""
    high = np.arange(n) < n / 2
    value = rng.gamma(1 / spread, spread, n) * np.where(high, ratio, 1.0)
    return pd.DataFrame({"value_class": np.where(high, "high", "low"), "later_value": value})


@pytest.mark.parametrize(("ratio", "verdict"), [(6, "supported"), (3, "inconclusive"), (1.5, "contradicted")])
def test_three_times_as_much_is_asked_for(ratio, verdict):
    data = later(1000, 1, np.random.default_rng(1))
    mean = data.groupby("value_class")["later_value"].transform("mean")
    wanted = np.where(data["value_class"] == "high", ratio, 1.0)
    found = judge("SEG-1", data.assign(later_value=data["later_value"] / mean * wanted))
    assert found.theta == pytest.approx(np.log(ratio))
    assert (found.verdict, found.n) == (verdict, 1000)


def test_the_ratio_is_that_of_means_and_its_error_that_of_the_delta_method():
    data = later(2000, 4, np.random.default_rng(2)).assign(other=1)
    middle = pd.DataFrame({"value_class": ["medium"] * 500, "later_value": 99.0})
    found = judge("SEG-1", pd.concat([data, middle], ignore_index=True))
    groups = data.groupby("value_class")["later_value"]
    mean, error = groups.mean(), groups.sem()
    assert found.theta == pytest.approx(np.log(mean["high"] / mean["low"]))
    width = 2 * 1.96 * np.sqrt(((error / mean) ** 2).sum())
    assert found.high - found.low == pytest.approx(width, rel=0.1)


def test_exactly_three_times_as_much_is_supported_in_few_worlds():
    rng = np.random.default_rng(3)
    supported = sum(judge("SEG-1", later(200, 3, rng)).verdict == "supported" for _ in range(40))
    assert at_most(supported, 40, 0.05)


# SEG-2: value classes last


@pytest.mark.parametrize(
    ("stayed", "verdict"), [(80, "supported"), (50, "inconclusive"), (20, "contradicted")]
)
def test_only_those_who_were_high_are_asked(stayed, verdict):
    data = pd.DataFrame(
        {"before": ["high"] * 100 + ["low"] * 500, "after": ["high"] * stayed + ["low"] * (600 - stayed)}
    )
    found = judge("SEG-2", data)
    low, high = proportion_confint(stayed, 100, method="wilson")
    assert (found.theta, found.low, found.high) == pytest.approx((stayed / 100, low, high))
    assert (found.verdict, found.n) == (verdict, 100)


def test_classes_may_be_categories_and_whoever_is_gone_has_left_the_class():
    data = pd.DataFrame({"before": ["high"] * 40, "after": ["high"] * 10 + ["none"] * 30})
    assert judge("SEG-2", data.astype("category")).theta == pytest.approx(0.25)


def test_one_half_is_supported_in_few_worlds():
    rng = np.random.default_rng(4)
    supported = 0
    for _ in range(200):
        data = pd.DataFrame({"before": "high", "after": rng.choice(["high", "low"], 80)})
        supported += judge("SEG-2", data).verdict == "supported"
    assert at_most(supported, 200, 0.05)


# SEG-3: active against silent


@pytest.mark.parametrize(
    ("active", "silent", "verdict"),
    [(160, 20, "supported"), (80, 30, "inconclusive"), (60, 60, "contradicted"), (20, 160, "contradicted")],
)
def test_active_against_silent_has_newcombes_interval(active, silent, verdict):
    data = pd.DataFrame(
        {
            "activity": ["active"] * 200 + ["silent"] * 180 + ["churned"] * 50,
            "bought": [1] * active + [0] * (200 - active) + [1] * silent + [0] * (180 - silent) + [1] * 50,
        }
    )
    found = judge("SEG-3", data)
    low, high = confint_proportions_2indep(active, 200, silent, 180, method="newcomb")
    assert (found.theta, found.low, found.high) == pytest.approx((active / 200 - silent / 180, low, high))
    assert (found.verdict, found.n) == (verdict, 380)


def test_twenty_points_are_supported_in_few_worlds():
    rng = np.random.default_rng(5)
    supported = 0
    for _ in range(200):
        bought = np.concatenate([rng.random(150) < 0.5, rng.random(150) < 0.3])
        data = pd.DataFrame({"activity": np.repeat(["active", "silent"], 150), "bought": bought})
        supported += judge("SEG-3", data).verdict == "supported"
    assert at_most(supported, 200, 0.05)


# SEG-4, SEG-5: tables whose intervals come from `crmtheory.segmentation`


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.6, 0.95, "supported"), (0.4, 0.9, "inconclusive"), (0.1, 0.59, "contradicted")],
)
def test_groups_must_be_found_again_in_nearly_every_sample(low, high, verdict):
    """Where the shuffled answers come back far less often; the threshold is the ledger's 0.6."""
    data = pd.DataFrame(
        {"ari": [0.5], "low": [low], "high": [high], "customers": [1000], "chance_high": [0.05]}
    )
    found = judge("SEG-4", data)
    assert (found.theta, found.low, found.high, found.n, found.verdict) == (0.5, low, high, 1000, verdict)


def test_groups_that_come_back_only_as_often_as_no_groups_do_say_nothing_of_groups():
    """However often: one question that halves the customers always cuts in the same place."""
    row = {"ari": [0.97], "low": [0.95], "high": [1.0], "customers": [1000]}
    assert judge("SEG-4", pd.DataFrame({**row, "chance_high": [0.94]})).verdict == "supported"
    for chance in (0.95, 1.0):
        assert judge("SEG-4", pd.DataFrame({**row, "chance_high": [chance]})).verdict == "not testable"


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.1, 2.0, "supported"), (-0.1, 2.0, "inconclusive"), (-2.0, -0.1, "contradicted")],
)
def test_different_treatment_must_gain_for_sure(low, high, verdict):
    data = pd.DataFrame({"estimate": [0.05], "low": [low], "high": [high], "n": [500], "same": [False]})
    found = judge("SEG-5", data)
    assert (found.theta, found.low, found.high, found.n, found.verdict) == (0.05, low, high, 500, verdict)
