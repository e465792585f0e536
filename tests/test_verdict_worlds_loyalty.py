"""The worlds in which claims on loyalty and on value to the customer are tried: θ is what they say it is."""

import numpy as np
import pandas as pd
import pytest
from scipy import special

from benchmarks.verdicts import loyalty, perceived
from benchmarks.verdicts.world import CLEARLY_FALSE, CLEARLY_TRUE, JUST_TRUE, KINDS
from crmtheory import claims, datasets
from crmtheory.survey import association
from crmtheory.value import choice

WORLDS = {**loyalty.WORLDS, **perceived.WORLDS}
CASES = [(claim, kind) for claim in sorted(WORLDS) for kind in KINDS if claim != "LOY-1"]
# As many times the size of the sample data, so that chance leaves little.
LARGER = {
    "LOY-2": 40,
    "LOY-3": 100,
    "LOY-4": 40,
    "LOY-5": 60,
    "LOY-6": 200,
    "VAL-3": 60,
    "VAL-4": 10,
}


def large(claim: str, theta: float, seed: int = 1) -> pd.Series:
    world = WORLDS[claim]
    return world.draw(theta, np.random.default_rng(seed), world.n * LARGER[claim]).iloc[0]


def test_there_is_a_world_for_each_claim_and_its_threshold_is_that_of_the_ledger():
    ledger = claims.ledger()
    assert sorted(WORLDS) == [*(f"LOY-{number}" for number in range(1, 7)), "VAL-3", "VAL-4"]
    for claim, world in WORLDS.items():
        assert world.claim == claim
        assert world.truths[JUST_TRUE] == ledger.loc[claim, "threshold"]
        assert world.truths[CLEARLY_FALSE] < world.truths[JUST_TRUE] < world.truths[CLEARLY_TRUE]


@pytest.mark.parametrize(("claim", "kind"), CASES)
def test_a_very_large_sample_finds_the_truth(claim, kind):
    theta = WORLDS[claim].truths[kind]
    row = large(claim, theta)
    error = (row["high"] - row["low"]) / (2 * 1.96)
    assert 0 < error < 0.12
    assert row["estimate"] == pytest.approx(theta, abs=4 * error)


@pytest.mark.parametrize("kind", KINDS)
def test_the_correlation_of_feelings_is_found_behind_poor_questions_but_for_a_thirtieth(kind):
    """One question of loyalty is poor and answers come in steps, so the correction leaves a small error for ever."""
    theta, rng = WORLDS["LOY-1"].truths[kind], np.random.default_rng(1)
    answers = loyalty.answers_on_two_scales(theta, rng, 200_000)
    sides = (loyalty.SATISFACTION, loyalty.LOYALTY)
    estimate = association.disattenuated(answers, *sides, rng, resamples=2)["estimate"].iloc[0]
    assert theta - 0.01 < estimate < theta * 31 / 30 + 0.01


@pytest.mark.parametrize("claim", sorted(WORLDS))
def test_a_world_is_as_large_as_the_sample_data_and_the_same_for_the_same_random_numbers(claim):
    world = WORLDS[claim]
    theta = world.truths[JUST_TRUE]
    row, again = (world.draw(theta, np.random.default_rng(seed)) for seed in (3, 3))
    pd.testing.assert_frame_equal(row, again)
    assert len(row) == 1
    verdict = claims.test(claim, row)
    assert verdict.theta == row["estimate"].iloc[0]
    assert 0.97 * world.n < verdict.n <= world.n
    assert world.draw(theta, np.random.default_rng(4))["estimate"].iloc[0] != verdict.theta


def test_sizes_are_those_of_the_shipped_data():
    rows = {"LOY-1": "ecsi_mobile", "LOY-4": "telecom_churn", "VAL-3": "yellow_pages"}
    assert {claim: len(datasets.load(name)) for claim, name in rows.items()} == {
        claim: WORLDS[claim].n for claim in rows
    }
    assert datasets.load("cdnow_sample")["customer_id"].nunique() == WORLDS["LOY-3"].n
    assert datasets.load("cracker_choice")["id"].nunique() == WORLDS["VAL-4"].n
    assert len(datasets.load("sfo_survey")[["Q7ALL", "NETPRO"]]) > WORLDS["LOY-2"].n


def test_nothing_changed_gives_the_shipped_data_back():
    """Where nobody's link is cut, the large sample tends to what the claim finds in the shipped data."""
    shipped = {"LOY-2": 0.0326, "LOY-3": 0.4696, "VAL-3": 0.8090}
    for claim, theta in shipped.items():
        row = large(claim, theta)
        assert row["estimate"] == pytest.approx(theta, abs=2 * (row["high"] - row["low"]))
    table = datasets.load("cracker_choice")
    offers = choice.long(table, more=perceived.ROLES).rows
    fitted = choice.own_elasticity(choice.conditional_logit(offers, list(perceived.ROLES)))
    assert perceived.limit(1.0) == pytest.approx(fitted["estimate"].iloc[0], abs=1e-6)
    assert perceived.limit(0.0) == pytest.approx(0, abs=1e-6)


def test_the_part_of_households_that_turns_on_price_rises_with_the_elasticity():
    assert perceived.kept(0.0) == 0
    assert 0 < perceived.kept(0.5) < perceived.kept(1.0) < 1
    assert perceived.limit(perceived.kept(0.5)) == pytest.approx(0.5, abs=1e-6)


def test_who_leaves_has_the_adjusted_difference_and_the_share_that_are_said():
    frame = datasets.load("telecom_churn")
    for theta in (0.0, 0.1, 0.2):
        used, p = loyalty._leavers(theta)
        odds = special.logit(p)
        x = np.column_stack([np.ones(len(used)), used[[loyalty.COMPLAINT, *loyalty.USAGE]].to_numpy(float)])
        beta = np.linalg.lstsq(x, odds, rcond=None)[0]
        assert x @ beta == pytest.approx(odds, abs=1e-6)  # a logistic model
        rest = odds - beta[1] * used[loyalty.COMPLAINT]
        assert (special.expit(rest + beta[1]) - special.expit(rest)).mean() == pytest.approx(theta, abs=1e-9)
        assert p.mean() == pytest.approx(frame[loyalty.LEFT].mean(), abs=1e-9)


def test_members_who_lose_purchases_had_the_mean_that_is_said():
    from crmtheory import simulate

    panel = simulate.programme_members(60_000, np.random.default_rng(5), effect=0.0)
    after = panel[panel["member"] & (panel["period"] >= panel["joined"])]
    assert after["purchases"].mean() == pytest.approx(loyalty.members_mean(), abs=0.02)


def test_latent_feelings_have_the_margins_of_the_shipped_answers():
    answers = datasets.load("ecsi_mobile")[[*loyalty.SATISFACTION, *loyalty.LOYALTY]].to_numpy(float)
    margins = loyalty._ecsi()
    assert np.sort(answers, axis=0).tolist() == margins.tolist()
    assert margins.min() >= 1
    assert margins.max() <= 10
