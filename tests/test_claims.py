"""Claims: the rule of the verdict, estimates with known truth, what cannot be tested and why."""

import dataclasses
import json
import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmtheory import claims, concentration, datasets, transactions, value
from crmtheory.errors import SchemaError
from crmtheory.models import BGNBD, GammaGamma

NAN, INF = float("nan"), float("inf")


def judge(claim: str, data: pd.DataFrame, **options) -> claims.Verdict:
    return claims.test(claim, data, name="made up", **options)


# The rule


@pytest.mark.parametrize(
    ("low", "high", "delta", "verdict"),
    [
        (0.5, 0.9, 0.4, "supported"),
        (0.4, 0.9, 0.4, "supported"),
        (0.39, 0.9, 0.4, "inconclusive"),
        (0.1, 0.4, 0.4, "inconclusive"),
        (0.1, 0.39, 0.4, "contradicted"),
        (0.4, 0.4, 0.4, "supported"),
        (-0.9, -0.5, 0.0, "contradicted"),
        (-INF, INF, 0.4, "inconclusive"),
        (0.5, INF, 0.4, "inconclusive"),
        (NAN, 0.9, 0.4, "inconclusive"),
        (0.5, NAN, 0.4, "inconclusive"),
        (0.9, 0.5, 0.4, "inconclusive"),
    ],
)
def test_at_least_needs_the_whole_interval_on_one_side_of_the_threshold(low, high, delta, verdict):
    assert claims.decide(low, high, delta) == claims.decide(low, high, delta, "at least") == verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (-0.05, 0.05, "supported"),
        (-0.1, 0.1, "supported"),
        (0.02, 0.05, "supported"),
        (-0.11, 0.05, "inconclusive"),
        (0.05, 0.11, "inconclusive"),
        (-0.5, 0.5, "inconclusive"),
        (0.1, 0.3, "inconclusive"),
        (0.11, 0.3, "contradicted"),
        (-0.3, -0.11, "contradicted"),
        (NAN, 0.0, "inconclusive"),
    ],
)
def test_equivalence_needs_the_whole_interval_within_the_threshold_or_beyond_it(low, high, verdict):
    assert claims.decide(low, high, 0.1, "equivalence") == verdict


def test_a_wider_interval_never_turns_into_the_opposite_verdict():
    rng = np.random.default_rng(1)
    for kind in ("at least", "equivalence"):
        for _ in range(300):
            low, high = np.sort(rng.normal(size=2))
            delta, more = rng.random(), rng.random(2)
            narrow = claims.decide(low, high, delta, kind)
            wide = claims.decide(low - more[0], high + more[1], delta, kind)
            assert wide in (narrow, "inconclusive")


def test_an_unknown_kind_of_claim_is_refused():
    with pytest.raises(SchemaError) as error:
        claims.decide(0, 1, 0, "at most")
    assert str(error.value) == (
        'There is no kind of claim "at most". Did you mean "at least"? Known: at least, equivalence.'
    )


# What a verdict says


def test_a_verdict_repeats_the_claim_its_threshold_and_the_data():
    verdict = judge("VAL-1", pd.DataFrame({"revenue": [1.0] * 50}))
    entry = claims.ledger().loc["VAL-1"]
    assert verdict.claim == entry["claim"] == "20 % of customers bring 80 % of revenue"
    assert verdict.claim_zh == entry["claim_zh"]
    assert (verdict.delta, verdict.delta_source) == (0.8, entry["threshold_source"])
    assert (verdict.kind, verdict.n, verdict.data, verdict.reason) == ("at least", 50, "made up", "")
    assert (verdict.theta, verdict.low, verdict.high) == pytest.approx((0.2, 0.2, 0.2))
    assert verdict.verdict == "contradicted"


def test_a_verdict_is_frozen_and_goes_to_json_and_back():
    verdict = judge("VAL-1", pd.DataFrame({"revenue": [9.0, 1, 1, 1, 1]}))
    with pytest.raises(dataclasses.FrozenInstanceError):
        verdict.verdict = "supported"
    assert claims.Verdict(**json.loads(json.dumps(verdict.to_dict()))) == verdict


def test_another_threshold_is_used_and_shown_with_the_ledgers():
    data = pd.DataFrame({"revenue": [1.0] * 50})
    own = judge("VAL-1", data, threshold=0.1)
    assert (own.verdict, own.delta) == ("supported", 0.1)
    assert own.delta_source == "chosen by the analyst; the ledger has 0.8"
    assert judge("VAL-1", data, threshold=0.8) == judge("VAL-1", data)


def test_a_verdict_on_simulated_data_is_marked():
    verdict = judge("VAL-1", pd.DataFrame({"revenue": [1.0] * 50}), simulated=True)
    assert verdict.verdict == "contradicted (simulation)"


def test_the_same_data_and_seed_give_the_same_verdict(cdnow_log):
    revenue = cdnow_log.revenue().to_frame()
    assert judge("VAL-1", revenue, seed=3) == judge("VAL-1", revenue, seed=3)
    assert judge("VAL-1", revenue, seed=3).theta == judge("VAL-1", revenue, seed=4).theta


# Not testable


def test_a_claim_without_a_test_in_this_version_says_so(monkeypatch):
    monkeypatch.delitem(claims.TESTS, "VAL-1")
    verdict = judge("VAL-1", pd.DataFrame({"revenue": [1.0, 2.0]}))
    assert (verdict.verdict, verdict.reason) == ("not testable", "not implemented yet")
    assert (verdict.theta, verdict.low, verdict.high, verdict.n) == (None, None, None, 0)
    assert verdict.delta == claims.ledger().loc["VAL-1", "threshold"]


@pytest.mark.parametrize(
    ("claim", "columns", "reason"),
    [
        ("VAL-1", {"amount": [1.0]}, "missing: revenue"),
        ("VAL-2", {"clv": [1.0]}, "missing: past_spend, holdout_revenue"),
        ("VAL-2", {"clv": [1.0], "past_spend": [np.nan], "holdout_revenue": [1.0]}, "missing: past_spend"),
        ("VAL-5", {"x": [1, 2]}, "missing: m"),
        ("VAL-5", {"x": [1, 2], "m": [np.nan, np.nan]}, "missing: m"),
    ],
)
def test_missing_columns_are_named(claim, columns, reason):
    verdict = judge(claim, pd.DataFrame(columns))
    assert (verdict.verdict, verdict.reason, verdict.theta) == ("not testable", reason, None)


def test_data_without_an_answer_give_the_reason_and_no_number():
    verdict = judge("VAL-1", pd.DataFrame({"revenue": [0.0, 0.0]}))
    assert verdict.verdict == "not testable"
    assert verdict.reason == (
        "The total is not positive, so nobody holds a share of it. Check the sign of the amounts."
    )
    few = judge("VAL-5", pd.DataFrame({"x": [0, 1, 2, 3], "m": [np.nan, 5.0, 6.0, 7.0]}))
    assert few.verdict == "not testable"
    assert few.reason == (
        "only 3 customers with repeat spend, or no spread in it: too few for a rank correlation"
    )
    alike = judge("VAL-5", pd.DataFrame({"x": [2] * 30, "m": np.arange(1.0, 31)}))
    assert alike.verdict == "not testable"


def test_an_unknown_claim_is_refused_with_the_closest_name():
    with pytest.raises(SchemaError) as error:
        judge("VAL9", pd.DataFrame())
    known = ", ".join(claims.ledger().index)
    assert re.fullmatch(
        rf'There is no claim "VAL9"\. Did you mean "VAL-\d"\? Known: {known}\.', str(error.value)
    )


def test_rows_with_a_missing_value_are_left_out_and_not_counted():
    data = pd.DataFrame({"revenue": [9.0, np.nan, 1, 1, 1, 1, np.nan]})
    assert judge("VAL-1", data).n == 5
    assert judge("VAL-1", data).theta == pytest.approx(9 / 13)


def test_the_data_are_left_alone(cdnow):
    given = cdnow.copy(deep=True)
    judge("VAL-5", given)
    pd.testing.assert_frame_equal(given, cdnow)


# VAL-1: a few bring most


def test_a_shop_that_lives_on_a_few_customers_supports_the_pareto_principle():
    rng = np.random.default_rng(1)
    revenue = np.concatenate([rng.uniform(90, 110, 200), rng.uniform(0.5, 1.5, 1800)])
    assert judge("VAL-1", pd.DataFrame({"revenue": revenue})).verdict == "supported"


# VAL-2: past sales do not show a customer's value


def shop(rng: np.random.Generator, customers: int, by_clv: float, by_past: float) -> pd.DataFrame:
    """Two rankings of holdout revenue with errors of the given size."""
    revenue = rng.exponential(10, customers)
    noisy = {
        name: revenue + rng.normal(0, size, customers)
        for name, size in (("clv", by_clv), ("past_spend", by_past))
    }
    return pd.DataFrame(noisy | {"holdout_revenue": revenue})


@pytest.mark.parametrize(
    ("errors", "verdict"), [((1, 30), "supported"), ((30, 1), "contradicted"), ((10, 10), "inconclusive")]
)
def test_the_better_of_two_rankings_wins(errors, verdict):
    assert judge("VAL-2", shop(np.random.default_rng(7), 800, *errors)).verdict == verdict


def test_the_gain_is_what_the_one_ranking_captures_more_than_the_other():
    data = shop(np.random.default_rng(2), 300, 5, 10)
    verdict = judge("VAL-2", data)
    captured = [concentration.captured(data[c], data["holdout_revenue"]) for c in ("clv", "past_spend")]
    assert verdict.theta == pytest.approx(captured[0] - captured[1])
    assert verdict.low < verdict.theta < verdict.high


def test_two_equal_rankings_differ_by_nothing():
    data = shop(np.random.default_rng(3), 100, 5, 5)
    verdict = judge("VAL-2", data.assign(past_spend=2 * data["clv"]))
    assert (verdict.theta, verdict.low, verdict.high) == (0, 0, 0)


def test_a_holdout_in_which_only_one_customer_bought_is_still_judged():
    """Most bootstrap samples hold this customer; those that do not say nothing about the share."""
    data = pd.DataFrame({"clv": np.arange(40.0), "past_spend": np.arange(40.0)[::-1], "holdout_revenue": 0.0})
    data.loc[39, "holdout_revenue"] = 100.0
    verdict = judge("VAL-2", data)
    assert verdict.theta == 1
    assert verdict.verdict != "not testable"


# VAL-5: how much says nothing about how often


def test_the_correlation_is_spearmans_among_those_who_came_back():
    rng = np.random.default_rng(4)
    data = pd.DataFrame({"x": rng.integers(0, 9, 400), "m": rng.gamma(2, 10, 400)})
    data.loc[data["x"] == 0, "m"] = np.nan
    used = data[data["x"] > 0]
    verdict = judge("VAL-5", data)
    assert verdict.theta == pytest.approx(stats.spearmanr(used["x"], used["m"]).statistic)
    assert verdict.low < verdict.theta < verdict.high


def test_the_interval_of_the_correlation_holds_the_truth_at_about_its_stated_rate():
    """Bivariate normal with correlation .4: Spearman's is 6/π · asin(.2). Cut into counts it stays nearly that."""
    rng, inside = np.random.default_rng(5), 0
    truth = 6 / np.pi * np.arcsin(0.2)
    for _ in range(400):
        normal = rng.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], 300)
        data = pd.DataFrame({"x": stats.rankdata(normal[:, 0]), "m": np.exp(normal[:, 1])})
        verdict = judge("VAL-5", data)
        inside += verdict.low <= truth <= verdict.high
    low, high = stats.binom.ppf([1e-4, 1 - 1e-4], 400, 0.95)
    assert low <= inside <= high


def test_independent_spend_is_supported_and_dependent_spend_contradicted():
    rng = np.random.default_rng(6)
    x = rng.integers(1, 30, 4000)
    independent = pd.DataFrame({"x": x, "m": rng.gamma(50, 1, 4000)})
    dependent = pd.DataFrame({"x": x, "m": rng.gamma(50, 1, 4000) + x})
    assert judge("VAL-5", independent).verdict == "supported"
    assert judge("VAL-5", dependent).verdict == "contradicted"


def test_perfect_agreement_does_not_break_the_interval():
    verdict = judge("VAL-5", pd.DataFrame({"x": np.arange(1, 31), "m": np.arange(1.0, 31)}))
    assert verdict.theta == pytest.approx(1)
    assert -1 <= verdict.low <= verdict.high <= 1
    assert verdict.verdict == "contradicted"


# On the shipped data


@pytest.fixture(scope="module", params=["cdnow_sample", "online_retail"])
def shipped(request):
    """A shipped log: revenue, the customers half way, and the race of two rankings."""
    entry = datasets.describe(request.param)
    log = transactions.read(
        datasets.path(request.param), entry.customer, entry.date, entry.amount, missing_customer="drop"
    )
    half = log.half
    summary = log.summary(unit="week", calibration_end=half)
    past = log.revenue(end=half)
    worth = value.clv(BGNBD().fit(summary), GammaGamma().fit(summary), summary)["clv"]
    race = pd.DataFrame({"clv": worth, "past_spend": past, "holdout_revenue": log.revenue() - past})
    return {"VAL-1": log.revenue().to_frame(), "VAL-2": race.loc[summary.index], "VAL-5": summary}


@pytest.mark.parametrize("claim", ["VAL-1", "VAL-2", "VAL-5"])
def test_the_shipped_logs_give_an_interval_that_holds_the_estimate(claim, shipped):
    verdict = judge(claim, shipped[claim])
    assert verdict.low < verdict.theta < verdict.high
    assert verdict.high - verdict.low < 0.2
    assert verdict.verdict == claims.decide(verdict.low, verdict.high, verdict.delta, verdict.kind)
    assert verdict.n <= len(shipped[claim])


def test_every_test_belongs_to_a_claim_of_the_ledger():
    assert set(claims.TESTS) <= set(claims.ledger().index)
