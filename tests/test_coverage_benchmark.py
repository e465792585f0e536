"""The measure of coverage: what it calls true is true, and the same seed gives the same table."""

import numpy as np
import pandas as pd
import pytest

from benchmarks import coverage, worlds
from benchmarks.worlds import AHEAD, SPEND, WORLDS, Interval, drawn, shares, truths
from crmtheory.models import GammaGamma

BY_NAME = {world.name: world for world in WORLDS}
NBD = BY_NAME["NBD"]


@pytest.fixture(scope="module")
def few_worlds():
    """A true model with attrition, one without, and a model that is not true; all five would take long."""
    with pytest.MonkeyPatch.context() as patch:
        chosen = tuple(BY_NAME[name] for name in ("Pareto/NBD", "NBD", "BG/NBD where the Pareto/NBD is true"))
        patch.setattr(coverage, "WORLDS", chosen)
        yield chosen


@pytest.fixture(scope="module")
def measured(few_worlds):
    return coverage.run(sets=3, customers=300, seed=1)


def test_every_world_answers_every_question(measured, few_worlds):
    plain = measured[~measured["robust"]].groupby("world", sort=False).size()
    answers = 2 + 3 + 4  # totals, one customer's, futures
    assert plain.to_dict() == {
        world.name: len(world.aim or "abcd") + len(SPEND) + answers - (world is NBD) for world in few_worlds
    }
    assert measured["coverage"].between(0, 1).all()
    assert (measured["low"] <= measured["coverage"]).all()
    assert (measured["coverage"] <= measured["high"]).all()
    together = measured[["coverage", "below", "above"]].sum(axis=1)
    np.testing.assert_allclose(together, 1.0)
    assert len(measured.attrs["statuses"]) == 3 * len(few_worlds)


def test_one_seed_gives_one_table_however_many_processes(monkeypatch):
    monkeypatch.setattr(coverage, "WORLDS", (NBD,))
    alone, shared = (coverage.run(sets=2, customers=200, seed=5, processes=n) for n in (1, 2))
    pd.testing.assert_frame_equal(alone, shared)
    other = coverage.run(sets=2, customers=200, seed=6)
    assert not alone["coverage"].equals(other["coverage"])


def test_an_interval_of_everything_always_holds_and_one_of_nothing_never():
    truth = np.arange(5.0)
    assert shares(Interval("?", -np.inf, np.inf, truth)) == (1, 0, 0)
    assert shares(Interval("?", truth, truth, truth)) == (1, 0, 0)
    assert shares(Interval("?", np.nan, np.nan, truth)) == (0, 0, 0)
    assert shares(Interval("?", truth + 1, truth + 2, truth)) == (0, 0, 1)
    assert shares(Interval("?", truth - 2, truth - 1, truth)) == (0, 1, 0)


def test_coverage_is_one_where_all_intervals_are_without_bounds(monkeypatch):
    def wide(interval: Interval) -> tuple[float, float, float]:
        return shares(interval._replace(low=-np.inf, high=np.inf))

    monkeypatch.setattr(coverage, "shares", wide)
    _, rows = coverage.one_set(200, (NBD, np.random.SeedSequence(3)))
    assert {row[2:] for row in rows} == {(1.0, 0.0, 0.0)}


def test_a_data_set_without_an_answer_holds_nothing():
    group = pd.DataFrame({"held": [1.0, 1.0, 1.0], "below": 0.0, "above": 0.0})
    assert coverage.summarised(group, 4)[0] == 0.75


def test_customers_do_afterwards_what_their_true_averages_say():
    frame = drawn(NBD, 40_000, np.random.default_rng(4))
    true = truths(NBD, frame)
    r, alpha = NBD.theta
    np.testing.assert_allclose(true["purchases"], (r + frame["x"]) / (alpha + frame["T"]) * AHEAD)
    assert frame["x_holdout"].mean() == pytest.approx(true["purchases"].mean(), rel=0.03)
    spend = GammaGamma().conditional_mean(SPEND, frame["x"], frame["m"].fillna(0.0))
    assert frame["revenue"].mean() == pytest.approx((true["purchases"] * spend).mean(), rel=0.05)
    assert (true["clv"] < true["purchases"] * spend).all()  # discounted


def test_a_customer_spends_at_the_same_rate_before_and_after():
    frame = drawn(NBD, 20_000, np.random.default_rng(5))
    both = frame[(frame["x"] > 15) & (frame["x_holdout"] > 15)]
    assert len(both) > 100
    assert np.corrcoef(np.log(both["m"]), np.log(both["revenue"] / both["x_holdout"]))[0, 1] > 0.9


def test_the_aim_of_a_wrong_model_is_what_it_finds_with_many_customers():
    wrong = BY_NAME["BG/NBD where the Pareto/NBD is true"]
    aim = worlds.aimed(wrong, 100, np.random.default_rng(6)).aim
    again = wrong.fitted.fit(drawn(wrong, 20_000, np.random.default_rng(7)), "week")
    table = again.table(0.999)
    assert ((table["low"] < np.array(aim)) & (np.array(aim) < table["high"])).all()
    assert worlds.aimed(NBD, 100, np.random.default_rng(6)) is NBD


def test_the_rows_outside_the_range_are_named(measured):
    text = coverage.page_text(measured, 3, 300)
    assert text.count("\n### ") == 4
    worst = measured.assign(coverage=0.95)
    assert coverage.outside(worst).endswith("0 are outside.")
    worst.loc[0, "coverage"] = 0.5
    assert coverage.outside(worst).endswith("1 are outside. Pareto/NBD, r: 50.0%")
