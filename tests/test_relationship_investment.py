"""Spreading a retention budget: cases by hand, the best plan is best, gains are judged by what came later."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from crmtheory.errors import DomainError, SchemaError
from crmtheory.relationship import RULES, Response, allocations, invest, spend_curve
from crmtheory.relationship import values as relationship_values

CURVE = Response(p0=0.5, p1=0.9, h=20.0)


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def customers(n: int = 200, seed: int = 1, noise: float = 0.7) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Past sales, expected and realised value: three noisy looks at one worth."""
    rng = np.random.default_rng(seed)
    worth = rng.normal(3, 1, n)
    names = [f"客户{i}" for i in range(n)]
    return tuple(pd.Series(np.exp(worth + rng.normal(0, noise, n)), names) for _ in range(3))


def gains(*given, seed: int = 1, **options) -> pd.DataFrame:
    return invest(*given, np.random.default_rng(seed), resamples=200, **options)


def test_the_curve_starts_at_p0_ends_at_p1_and_has_closed_63_percent_of_the_gap_at_h():
    keep = CURVE.keep(np.array([0.0, 20.0, 1e9]))
    assert keep.tolist() == pytest.approx([0.5, 0.5 + 0.4 * (1 - np.exp(-1)), 0.9])
    table = CURVE.table(100.0, points=3)
    assert table["spend"].tolist() == [0, 50, 100]
    assert (np.diff(table["keep"], 2) < 0).all()


def test_two_customers_by_hand():
    """30 each; by past sales 45 and 15; by expected value 20 and 40; the best: h ln of the ratio apart."""
    past, expected = pd.Series([3.0, 1.0]), pd.Series([10.0, 20.0])
    spend = allocations(60.0, past, expected, CURVE)
    apart = 20 * np.log(2)
    expect = [[30, 45, 20, 30 - apart / 2], [30, 15, 40, 30 + apart / 2]]
    assert spend.to_numpy() == pytest.approx(np.array(expect))
    table = gains(60.0, past, expected, CURVE)
    kept = [
        sum(v * (0.5 + 0.4 * (1 - np.exp(-b / 20))) for v, b in zip((10, 20), column, strict=True))
        for column in zip(*expect, strict=True)
    ]
    assert table["kept"].tolist() == pytest.approx(kept)
    assert table["gain"].tolist() == pytest.approx([k / kept[0] - 1 for k in kept])
    assert table["n"].tolist() == [2] * 4
    assert table.columns.tolist() == ["kept", "gain", "low", "high", "n"]
    assert table.index.tolist() == list(RULES)


@pytest.mark.parametrize("budget", [1e-9, 1.0, 500.0, 1e5, 1e9])
def test_every_rule_spends_the_whole_budget_and_nothing_below_zero(budget):
    past, expected, _ = customers()
    spend = allocations(budget, past, expected, CURVE)
    assert spend.sum().tolist() == pytest.approx([budget] * 4)
    assert (spend >= 0).all().all()
    assert spend.index.equals(past.index)


@pytest.mark.parametrize("budget", [3.0, 30.0, 300.0])
def test_no_optimiser_finds_a_better_plan_than_the_best(budget):
    expected = customers(12, seed=3)[1]
    v = expected.to_numpy()
    found = optimize.minimize(
        lambda b: -v @ CURVE.keep(b),
        np.full(12, budget / 12),
        jac=lambda b: -v * 0.4 / 20 * np.exp(-b / 20),
        bounds=[(0, None)] * 12,
        constraints={"type": "eq", "fun": lambda b: b.sum() - budget, "jac": lambda b: np.ones(12)},
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-12},
    )
    mine = allocations(budget, expected, expected, CURVE)["best"].to_numpy()
    assert v @ CURVE.keep(mine) >= -found.fun * (1 - 1e-10)
    assert mine == pytest.approx(found.x, abs=1e-2 * budget)


def test_in_the_best_plan_another_unit_saves_as_much_from_everybody_who_gets_something():
    expected = customers(100)[1]
    spend = allocations(200.0, expected, expected, CURVE)["best"]
    marginal = expected * np.exp(-spend / 20)
    used = spend > 0
    assert 0 < used.sum() < 100
    assert np.ptp(marginal[used]) < 1e-9 * marginal[used].max()
    assert marginal[~used].max() <= marginal[used].min()
    assert expected[~used].max() <= expected[used].min()


def test_judged_by_the_plan_itself_no_rule_beats_the_best():
    for seed in range(5):
        past, expected, _ = customers(seed=seed)
        table = gains(400.0, past, expected, CURVE)
        assert table["kept"].idxmax() == "best"


def test_equal_customers_get_equal_parts_and_nothing_is_gained():
    same = pd.Series(7.0, index=range(5))
    table = gains(50.0, same, same, CURVE)
    assert table[["gain", "low", "high"]].to_numpy() == pytest.approx(np.zeros((4, 3)), abs=1e-12)
    assert allocations(50.0, same, same, CURVE).to_numpy() == pytest.approx(np.full((5, 4), 10.0))


def test_when_any_spending_keeps_everybody_the_rules_are_alike():
    """h towards 0: who gets anything is kept as well as can be. Only the best plan may leave somebody without."""
    past, expected, realised = customers()
    table = gains(1000.0, past, expected, Response(0.5, 0.9, 1e-4), realised=realised)
    assert table["gain"].to_numpy() == pytest.approx(np.zeros(4), abs=1e-9)


def test_when_no_spending_keeps_anybody_the_rules_are_alike():
    past, expected, realised = customers()
    for curve in (Response(0.5, 0.9, 1e12), Response(0.7, 0.7, 20.0)):
        table = gains(1000.0, past, expected, curve, realised=realised)
        assert table["gain"].to_numpy() == pytest.approx(np.zeros(4), abs=1e-6)


def test_money_in_another_unit_changes_no_gain():
    past, expected, realised = customers()
    one = gains(400.0, past, expected, CURVE, realised=realised)
    other = gains(40_000.0, past * 100, expected * 7, Response(0.5, 0.9, 2000.0), realised=realised * 100)
    assert other["gain"].to_numpy() == pytest.approx(one["gain"].to_numpy())
    assert other["kept"].to_numpy() == pytest.approx(100 * one["kept"].to_numpy())


def test_the_judgement_uses_what_came_later_and_not_what_was_expected():
    """Expectations that are the wrong way round lose; judged by themselves they would praise themselves."""
    realised = pd.Series(np.arange(1.0, 101.0))
    expected = pd.Series(np.arange(100.0, 0.0, -1.0))
    judged = gains(1000.0, realised, expected, CURVE, realised=realised)
    praised = gains(1000.0, realised, expected, CURVE)
    assert judged.loc["expected value", "high"] < 0
    assert judged.loc["best", "high"] < 0
    assert judged.loc["past sales", "low"] > 0
    assert praised.loc["expected value", "low"] > 0


def test_values_below_zero_count_as_nothing():
    past = pd.Series([5.0, -9.0, 3.0])
    one = gains(30.0, past, past, CURVE, realised=past)
    other = gains(30.0, past.clip(lower=0), past.clip(lower=0), CURVE, realised=past.clip(lower=0))
    pd.testing.assert_frame_equal(one, other)
    assert allocations(30.0, past, past, CURVE).loc[1, ["past sales", "best"]].tolist() == [0, 0]


def test_the_order_of_customers_changes_nothing():
    past, expected, realised = customers()
    mixed = past.sample(frac=1, random_state=2)
    one = gains(400.0, past, expected, CURVE, realised=realised)
    other = gains(400.0, mixed, expected, CURVE, realised=realised)
    np.testing.assert_allclose(one, other, rtol=1e-9)


def test_the_interval_is_that_of_spreading_the_budget_anew_in_every_sample():
    past, expected, realised = customers(400, seed=4)
    rng = np.random.default_rng(5)
    draws = []
    for _ in range(400):
        pick = rng.integers(0, 400, 400)
        again = [pd.Series(s.to_numpy()[pick]) for s in (past, expected, realised)]
        spend = allocations(4000.0, again[0], again[1], CURVE).to_numpy()
        kept = again[2].to_numpy() @ CURVE.keep(spend)
        draws.append(kept / kept[0] - 1)
    expect = np.quantile(draws, [0.025, 0.975], axis=0)
    table = invest(4000.0, past, expected, CURVE, np.random.default_rng(6), realised=realised)
    width = (table["high"] - table["low"]).to_numpy()
    assert width[0] == 0
    assert width[1:] == pytest.approx((expect[1] - expect[0])[1:], rel=0.15)
    assert table["low"].to_numpy() == pytest.approx(expect[0], abs=0.15 * width.max())


def test_a_known_gain_is_inside_the_interval_at_about_its_rate():
    everybody = customers(50_000, seed=7)
    values = np.array([s.to_numpy() for s in everybody])
    spend = allocations(10.0 * 50_000, everybody[0], everybody[1], CURVE).to_numpy()
    kept = values[2] @ CURVE.keep(spend)
    truth = kept / kept[0] - 1
    rng = np.random.default_rng(8)
    worlds, inside = 100, np.zeros(4)
    for _ in range(worlds):
        pick = rng.integers(0, 50_000, 300)
        past, expected, realised = (pd.Series(row[pick]) for row in values)
        table = invest(3000.0, past, expected, CURVE, rng, realised=realised, resamples=200)
        inside += (table["low"] <= truth) & (truth <= table["high"])
    low = stats.binom.ppf(1e-4, worlds, 0.93)  # percentile intervals of skewed money fall a little short
    assert (inside >= low).all()


def test_the_normal_limit_of_many_customers_is_what_resampling_gives(monkeypatch):
    past, expected, realised = customers(2000, seed=9)
    drawn = invest(
        20_000.0, past, expected, CURVE, np.random.default_rng(1), realised=realised, resamples=4000
    )
    monkeypatch.setattr(relationship_values, "LARGE", 1000)
    limit = invest(
        20_000.0, past, expected, CURVE, np.random.default_rng(1), realised=realised, resamples=4000
    )
    assert (limit["high"] - limit["low"]).to_numpy() == pytest.approx(
        (drawn["high"] - drawn["low"]).to_numpy(), rel=0.06
    )
    assert limit["gain"].tolist() == drawn["gain"].tolist()


def test_the_curve_over_budgets_is_the_table_for_each():
    past, expected, realised = customers()
    curve = spend_curve([100.0, 400.0], past, expected, CURVE, realised=realised)
    table = gains(400.0, past, expected, CURVE, realised=realised)
    assert curve[curve["budget"] == 400]["kept"].tolist() == pytest.approx(table["kept"].tolist())
    assert curve["rule"].tolist() == list(RULES) * 2
    assert curve.columns.tolist() == ["budget", "rule", "kept", "gain"]
    assert spend_curve([], past, expected, CURVE).columns.tolist() == ["budget", "rule", "kept", "gain"]


def test_one_customer_gets_everything_and_nothing_is_gained():
    one = pd.Series([5.0])
    assert gains(10.0, one, one, CURVE)["gain"].tolist() == pytest.approx([0] * 4)


def test_questions_without_an_answer_are_refused():
    past = pd.Series([1.0, 2.0], ["甲", "乙"])
    for budget in (0, -1, np.nan, np.inf):
        with pytest.raises(DomainError):
            allocations(budget, past, past, CURVE)
    assert raised(DomainError, lambda: allocations(5.0, past, past * 0, CURVE)) == (
        "No customer has expected value above 0, so a budget cannot be spread by it. Check the sign and the period."
    )
    assert raised(DomainError, lambda: gains(5.0, past, past, CURVE, realised=-past)) == (
        "The 2 customers brought nothing, so there is nothing to keep."
    )
    assert raised(DomainError, lambda: Response(0.9, 0.5, 1.0)) == (
        "The chances to keep a customer rise from p0 to p1, both from 0 to 1, not 0.9 and 0.5."
    )
    assert raised(DomainError, lambda: Response(0.5, 0.9, 0.0)) == "h is an amount of money above 0, not 0.0."


def test_a_curve_that_keeps_nobody_has_no_gain():
    past = pd.Series([1.0, 2.0])
    assert gains(5.0, past, past, Response(0, 0, 1.0))["gain"].isna().all()


def test_values_of_other_customers_or_missing_ones_are_refused():
    past = pd.Series([1.0, 2.0], ["甲", "乙"])
    assert raised(SchemaError, lambda: allocations(5.0, past, past[:1], CURVE)) == (
        "expected: 1 of 2 customers are not in it, first '乙'. If they brought nothing, say so: reindex(…, "
        "fill_value=0)."
    )
    assert raised(SchemaError, lambda: allocations(5.0, past.replace(2.0, np.nan), past, CURVE)) == (
        "past: 1 of 2 are missing or infinite, first that of customer '乙'. Leave these customers out, or set them to "
        "0 if they brought nothing."
    )
    assert raised(SchemaError, lambda: allocations(5.0, past.astype(str) + "元", past, CURVE)) == (
        "past must be numbers, one a customer, not str."
    )
    assert raised(SchemaError, lambda: allocations(5.0, [1.0, 2.0], past, CURVE)) == (
        "past must be a Series with the customers as index, not list."
    )
