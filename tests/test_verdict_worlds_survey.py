"""The worlds behind the calibration of REL-1 to REL-6 and SAT-1 to SAT-5 have the truth that they say."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from benchmarks.verdicts import answers, relationship, satisfaction, shop
from benchmarks.verdicts.world import CLEARLY_FALSE, CLEARLY_TRUE, JUST_TRUE, KINDS
from crmtheory import claims
from crmtheory.relationship import invest
from crmtheory.survey import drivers, path
from crmtheory.survey.drivers.shares import lmg

WORLDS = {**relationship.WORLDS, **satisfaction.WORLDS}
CLAIMS = sorted(WORLDS)
MANY = 100_000
rng = partial(np.random.default_rng, 11)

# estimand as a function of the parameter of the world, and parameters that rise
ESTIMANDS = {
    "REL-1": (relationship.indirect_of, (-0.1, 0.0, 0.3, 0.6)),
    "REL-2": (relationship.talk_of, (-0.3, 0.0, 0.2, 0.4)),
    "REL-3": (relationship.service_of, (-0.3, 0.0, 0.2, 0.4)),
    "REL-4": (shop.rank_of, (-0.3, 0.0, 0.1, 0.4)),
    "REL-5": (shop.gain_of, (0.0, 0.3, 0.6, 1.0)),
    "SAT-1": (satisfaction.lead_of, (-0.1, 0.0, 0.1, 0.2)),
    "SAT-2": (satisfaction.total_of, (-0.2, 0.0, 0.4, 1.0)),
    "SAT-3": (satisfaction.handled_of, (-0.1, 0.0, 0.2, 0.4)),
    "SAT-5": (satisfaction.difference_of, (-0.1, 0.0, 0.2, 0.4)),
}
MODULES = dict.fromkeys(["REL-1", "REL-2", "REL-3"], relationship)
MODULES |= dict.fromkeys(["SAT-1", "SAT-2", "SAT-3"], satisfaction)
PARAMETERS = sorted(set(ESTIMANDS) - {"SAT-5"})


def sample(claim: str, theta: float, table: answers.Answers, r) -> pd.DataFrame:
    """Very many respondents of a world of answers; `r` makes the correlations from the parameter."""
    return table.draw(r(MODULES[claim].found(theta, claim)), MANY, rng())


@pytest.mark.parametrize("claim", CLAIMS)
def test_every_claim_has_its_three_worlds_and_the_first_lies_at_the_threshold(claim):
    truths, threshold = WORLDS[claim].truths, claims.ledger().loc[claim, "threshold"]
    assert tuple(truths) == KINDS
    assert truths[JUST_TRUE] == threshold
    assert truths[CLEARLY_FALSE] < threshold < truths[CLEARLY_TRUE]
    assert WORLDS[claim].claim == claim


def test_there_is_a_world_for_every_claim_of_both_theories():
    ledger = claims.ledger()
    expected = ledger.index[ledger["theory"].isin(["relationship", "satisfaction"])]
    assert sorted(expected) == CLAIMS


@pytest.mark.parametrize("claim", sorted(ESTIMANDS))
def test_the_estimand_rises_with_the_parameter(claim):
    estimand, parameters = ESTIMANDS[claim]
    assert (np.diff([estimand(parameter) for parameter in parameters]) > 0).all()


@pytest.mark.parametrize("claim", PARAMETERS)
def test_the_parameter_of_each_world_gives_its_theta(claim):
    module = MODULES.get(claim, shop)
    for theta in WORLDS[claim].truths.values():
        assert ESTIMANDS[claim][0](module.found(theta, claim)) == pytest.approx(theta, abs=1e-7)


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_same_random_numbers_draw_the_same_row_and_it_is_one_that_the_claim_can_be_tested_on(claim):
    world = WORLDS[claim]
    first, second = (world.draw(world.truths[CLEARLY_TRUE], rng()) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    columns, estimate = claims.TESTS[claim]
    assert set(columns) <= set(first.columns)
    theta, low, high, *_ = estimate(first, rng())
    assert low <= theta <= high


def test_covariances_of_answers_are_those_of_very_many_of_them():
    table = answers.like("ecsi_mobile", ("PERQ1", "CUEX1", "CUSCO"))
    r = answers.factors({"a": (0.9, 1), "b": (0.8, 2)}, np.array([[1, 0.7], [0.7, 1]]))
    drawn = table.draw(r, MANY, rng()).cov().to_numpy()
    assert drawn == pytest.approx(table.covariance(r), abs=0.05)


def test_answers_of_two_levels_correlate_as_sheppard_says():
    """Cut in the middle, normal variables with correlation ρ agree in sign with 1/2 + arcsin ρ / π (Sheppard 1899)."""
    halves = answers.Answers(("a", "b"), (np.zeros(1),) * 2, (np.array([-1.0, 1.0]),) * 2)
    found = halves.covariance(np.array([[1, 0.6], [0.6, 1]]))
    assert found[0] == pytest.approx([1, 2 / np.pi * np.arcsin(0.6)])


def test_a_chain_has_the_correlations_of_its_standardised_variables():
    paths = {("a", "b"): 0.6, ("a", "c"): 0.2, ("b", "c"): 0.5}
    a, own_b, own_c = rng().normal(size=(3, MANY))
    b = 0.6 * a + 0.8 * own_b
    signal = 0.2 * a + 0.5 * b
    c = signal + np.sqrt(1 - 0.04 - 0.25 - 2 * 0.2 * 0.5 * 0.6) * own_c
    assert answers.chain("abc", paths) == pytest.approx(np.corrcoef([a, b, c]), abs=0.01)


@pytest.mark.parametrize("theta", [0.0, 0.1, 0.2])
def test_trust_works_by_way_of_commitment_as_much_as_is_said(theta):
    table = sample(
        "REL-1",
        theta,
        answers.like("corporate_reputation", relationship.MODEL.items),
        relationship._trusting,
    )
    fit = path.fit(relationship.MODEL, table, consistent=True)
    steps = fit.paths.set_index(["from", "to"])["estimate"]
    assert fit.admissible
    assert steps["trust", "commitment"] * steps["commitment", "loyalty"] == pytest.approx(theta, abs=0.015)


@pytest.mark.parametrize("theta", [0.0, 0.1])
def test_communication_and_service_move_satisfaction_as_much_as_is_said(theta):
    talk = sample(
        "REL-2",
        theta,
        answers.like("corporate_reputation", relationship.TALK),
        partial(relationship._beside, quality=5, satisfaction=1),
    )
    served = sample(
        "REL-3",
        theta,
        answers.like("ecsi_mobile", relationship.SERVICE),
        partial(relationship._beside, quality=6, satisfaction=3),
    )
    served["satisfaction"] = served[["CUSA1", "CUSA2", "CUSA3"]].mean(axis=1)
    for table, outcome, items in (
        (talk, "cusa", relationship.TALK[:-1]),
        (served, "satisfaction", relationship.SERVICE[:7]),
    ):
        found = drivers.linear(table, outcome, items)["estimate"].iloc[0]
        assert found == pytest.approx(theta, abs=0.01)


def test_tenure_and_spend_of_very_many_customers_go_together_as_much_as_is_said():
    found = shop.staying(0.2, rng(), customers=MANY).iloc[0]
    assert found["estimate"] == pytest.approx(0.2, abs=0.012)  # four standard errors
    assert shop.rank_of(0.0) == pytest.approx(0, abs=1e-12)


def test_the_rank_correlation_is_that_of_many_draws_of_spend_for_the_same_customers():
    _, _, count, _, tenure, scores = shop.days_of_all()
    z, t = np.tile(scores[count > 1], 25), np.tile(tenure[count > 1], 25)
    spend = 0.4 * z + np.sqrt(1 - 0.16) * rng().standard_normal(len(z))
    assert stats.spearmanr(t, spend)[0] == pytest.approx(shop.rank_of(0.4), abs=0.01)


def test_the_gain_in_very_many_customers_is_the_one_that_is_said():
    past, expected, later = shop.valued()
    who, other = rng().integers(0, len(past), (2, 10 * MANY))
    for theta in (0.0, 0.05, 0.1):
        own = rng().random(len(who)) < shop.found(theta, "REL-5")
        came = later[np.where(own, who, other)]
        budget = shop.BUDGET / len(past)
        kept = shop.CURVE.keep(budget * expected[who] / expected[who].mean())
        gain = came @ kept / (came.sum() * shop.CURVE.keep(budget)) - 1
        assert gain == pytest.approx(theta, abs=0.005)


def test_in_the_log_itself_everybody_brings_later_what_the_chapter_finds():
    """All customers as they were: the gain is that of the chapter, whose models say nearly the same of each."""
    past, expected, later = (pd.Series(part) for part in shop.valued())
    found = invest(shop.BUDGET, past, expected, shop.CURVE, rng(), realised=later, resamples=20)
    assert found.loc["expected value", "gain"] == pytest.approx(shop.gain_of(1.0), abs=1e-9)


@pytest.mark.parametrize("theta", [0.02, 0.1])
def test_recommendations_are_ahead_by_as_much_as_is_said(theta):
    found = shop.recommended(theta, rng(), judged=6_000).iloc[0]
    small = 1 - shop.LARGE
    chances = [theta + small * shop.ONLY_BEST, small * shop.ONLY_BEST]
    assert found["estimate"] == pytest.approx(theta, abs=0.023)  # four standard errors
    assert [found["only_first"] / 6_000, found["only_second"] / 6_000] == pytest.approx(chances, abs=0.018)


@pytest.mark.parametrize("theta", [-0.1, 0.0, 0.1])
def test_quality_leads_by_as_much_as_is_said(theta):
    table, groups = satisfaction._asked(satisfaction.RIVALS)
    drawn = sample("SAT-1", theta, table, satisfaction._rivals)
    means = satisfaction._means(drawn, satisfaction.RIVALS, groups)
    parts = lmg(means[["satisfaction", *satisfaction.SOURCES]].corr().to_numpy()[None])[0]
    share = pd.Series(parts / parts.sum(), satisfaction.SOURCES)
    assert share["quality"] - share.drop("quality").max() == pytest.approx(theta, abs=0.015)
    assert share["image"] > share[["expectations", "value"]].max() + 0.08  # one rival


@pytest.mark.parametrize("theta", [0.0, 0.1])
def test_expectations_carry_over_as_much_as_is_said(theta):
    table = satisfaction._asked(tuple(satisfaction.ECSI))[0]
    drawn = sample("SAT-2", theta, table, satisfaction._chain)
    effects = path.fit(satisfaction.MODEL, drawn).effects.set_index(["from", "to"])["total"]
    assert effects["expectations", "satisfaction"] == pytest.approx(theta, abs=0.01)


@pytest.mark.parametrize("theta", [0.0, 0.1, 0.2])
def test_complaint_handling_moves_satisfaction_as_much_as_is_said(theta):
    table, groups = satisfaction._asked(satisfaction.HANDLED)
    drawn = sample("SAT-3", theta, table, satisfaction._handled)
    means = satisfaction._means(drawn, satisfaction.HANDLED, groups)
    found = drivers.linear(means, "satisfaction", ["complaints", "quality"])
    assert found.loc["complaints", "estimate"] == pytest.approx(theta, abs=0.01)


def test_the_asymmetries_of_very_many_passengers_are_those_that_are_said(monkeypatch):
    tables = []
    monkeypatch.setattr(
        satisfaction.drivers, "largest_asymmetry", lambda table: tables.append(table) or table
    )
    satisfaction.uneven(0.2, rng(), passengers=100_000)
    table = tables[0]
    truth = np.where(table.index == satisfaction.UNEVEN, 0.2, 0.1)
    error = (table["high"] - table["low"]).to_numpy() / 2 / 3
    assert (np.abs(table["estimate"] - truth) < 4 * error).all()
    assert table.loc[satisfaction.UNEVEN, "estimate"] == pytest.approx(0.2, abs=0.06)


def test_the_rating_of_the_whole_never_leaves_its_scale():
    """So that its mean is what was meant: rounding up or down by chance moves nothing."""
    ratings, _ = satisfaction._flown()
    high, low = (ratings >= 5).sum(axis=1), (ratings <= 2).to_numpy()
    for theta in satisfaction.WORLDS["SAT-4"].truths.values():
        penalty = (
            np.where(ratings.columns == satisfaction.UNEVEN, theta, min(theta, 0.1)) + satisfaction.REWARD
        )
        mean = satisfaction.LEVEL + satisfaction.REWARD * high - low @ penalty
        assert mean.between(1, 5).all()


@pytest.mark.parametrize("theta", [0.0, 0.2, 0.4])
def test_the_satisfied_recommend_more_often_by_as_much_as_is_said(theta):
    columns, estimate = claims.TESTS["SAT-5"]
    drawn = satisfaction.recommending(theta, rng(), passengers=500_000)
    assert estimate(drawn[list(columns)], rng())[0] == pytest.approx(theta, abs=0.008)
