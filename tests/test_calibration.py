"""The calibration of verdicts: worlds whose truth is true, a run that can be repeated, the table that is shipped."""

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy import stats

from benchmarks import claims_calibration as run
from benchmarks.verdicts import lifecycle, sample, segmentation, shaping, value
from benchmarks.verdicts.world import CLEARLY_FALSE, CLEARLY_TRUE, JUST_TRUE, KINDS
from crmtheory import claims, concentration
from crmtheory.claims import calibration
from crmtheory.claims import value as value_claims
from crmtheory.errors import SchemaError
from crmtheory.evaluation.auc import auc

CLAIMS = list(claims.ledger().index)
WORLDS = run.all_worlds()
TABLE = calibration.calibration()
SLOW = {"SEG-4"}  # a data set takes a second


# The worlds


def test_every_claim_with_a_test_has_worlds():
    assert list(WORLDS) == [claim for claim in CLAIMS if claim in claims.TESTS]


@pytest.mark.parametrize("claim", CLAIMS)
def test_just_true_lies_at_the_threshold_of_the_ledger_and_the_others_on_their_sides(claim):
    world, entry = WORLDS[claim], claims.ledger().loc[claim]
    assert (world.claim, set(world.truths)) == (claim, set(KINDS))
    just, true, false = (world.truths[kind] for kind in (JUST_TRUE, CLEARLY_TRUE, CLEARLY_FALSE))
    assert just == entry["threshold"]
    if entry["kind"] == "equivalence":
        assert abs(true) < just < abs(false)
    else:
        assert false < just < true


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim not in SLOW])
def test_each_kind_of_world_can_be_drawn_and_tested(claim):
    verdicts = [run.one_verdict(1, (claim, kind, 0)) for kind in KINDS]
    assert set(verdicts) <= set(run.VERDICTS)
    assert verdicts[KINDS.index(JUST_TRUE)] != "not testable"


@pytest.mark.parametrize("kind", [JUST_TRUE, CLEARLY_FALSE])
def test_the_slow_worlds_can_be_drawn_too(kind):
    assert run.one_verdict(1, ("SEG-4", kind, 0)) in run.VERDICTS


# Truths are true. Where customers are drawn from a table, θ is that of the table; a very large sample shows it.


def large(world, theta: float, times: int) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.concat([world(theta, rng) for _ in range(times)], ignore_index=True)


@pytest.mark.parametrize("theta", [0.03, 0.06, 0.12])
def test_lif_1_has_this_share_of_the_ranks_between_stages(theta):
    table = large(lifecycle.spend_by_stage, theta, 40)
    assert lifecycle.share_between(table["stage"], table["next_spend"]) == pytest.approx(theta, abs=0.003)


@pytest.mark.parametrize(
    ("world", "columns", "times"),
    [(lifecycle.falling_silent, ["risk", "silent"], 40), (lifecycle.calling, ["score", "converted"], 15)],
)
@pytest.mark.parametrize("theta", [0.6, 0.7, 0.8])
def test_the_area_under_the_curve_is_the_one_asked_for(world, columns, times, theta):
    table = large(world, theta, times)
    assert auc(table[columns[0]], table[columns[1]])["estimate"].iloc[0] == pytest.approx(theta, abs=0.005)


def test_tilted_chances_have_the_rate_and_the_area():
    score = np.random.default_rng(2).integers(0, 9, 500).astype(float)
    chance = shaping.tilted(score, 0.2, 0.75)
    assert (chance.mean(), shaping.area(score, chance)) == pytest.approx((0.2, 0.75))
    pairs = chance[:, None] * (1 - chance) * ((score[:, None] > score) + (score[:, None] == score) / 2)
    assert pairs.sum() / (chance.sum() * (1 - chance).sum()) == pytest.approx(0.75)


@pytest.mark.parametrize("theta", [0.0, 0.05, 0.1])
def test_lif_4_retention_rises_by_this_from_the_first_year_to_the_fifth(theta):
    rng = np.random.default_rng(3)
    tables = [lifecycle.renewing(theta, rng) for _ in range(500)]
    stays = sum(table["there"] - table["left"] for table in tables) / sum(table["there"] for table in tables)
    assert stays[5] - stays[1] == pytest.approx(theta, abs=0.005)
    assert stays[1] == pytest.approx(lifecycle.FIRST_YEAR, abs=0.003)


@pytest.mark.parametrize("theta", [-0.2, 0.0, 0.2])
def test_lif_5_the_middle_is_this_much_above_the_last_third(theta):
    first, middle, last = large(lifecycle.thirds_of_life, theta, 2000).mean()
    assert (middle - max(first, last)) / ((first + middle + last) / 3) == pytest.approx(theta, abs=0.015)
    assert last / first == pytest.approx(2, rel=0.02)


@pytest.mark.parametrize("theta", [np.log(1.5), np.log(3), np.log(6)])
def test_seg_1_the_ratio_of_means_is_the_one_asked_for(theta):
    table = large(segmentation.spend_by_class, theta, 200)
    means = table.groupby("value_class")["later_value"].mean()
    assert np.log(means["high"] / means["low"]) == pytest.approx(theta, abs=0.03)


@pytest.mark.parametrize("theta", [0.4, 0.5, 0.6])
def test_seg_2_this_part_of_the_high_class_is_high_again(theta):
    table = large(segmentation.two_years, theta, 40)
    high = table["before"] == "high"
    assert high.mean() == pytest.approx(0.2, abs=0.001)
    assert (table.loc[high, "after"] == "high").mean() == pytest.approx(theta, abs=0.008)
    assert (table["after"] == "gone").mean() == pytest.approx(1 - 2692 / 4261, abs=0.005)


@pytest.mark.parametrize("theta", [0.1, 0.2, 0.3])
def test_seg_3_the_active_buy_this_much_more_often_than_the_silent(theta):
    table = large(segmentation.active_and_silent, theta, 40)
    rate = table.groupby("activity")["bought"].mean()
    assert rate["active"] - rate["silent"] == pytest.approx(theta, abs=0.008)


def test_seg_5_no_policy_gains_where_a_mailing_just_pays_and_the_best_gains_what_is_said():
    flat, steep = segmentation._means(0.0), segmentation._means(1.7)
    cost, gain = segmentation.TREATMENTS["mailing"]
    np.testing.assert_allclose(gain * flat - cost, 0, atol=1e-12)
    assert segmentation.best_gain(flat) == pytest.approx(0, abs=1e-12)
    assert segmentation.best_gain(steep) == pytest.approx(2.0)
    clear = segmentation._means(-0.04)  # the same treatment is best for all, so that another one loses
    assert segmentation.best_gain(clear) == pytest.approx(0, abs=1e-12)
    assert (gain * clear - cost > 1).all()


@pytest.mark.parametrize("theta", [0.7, 0.8, 0.9])
def test_val_1_the_top_fifth_holds_this(theta):
    assert concentration.top_share(value._revenue(theta)) == pytest.approx(theta)


@pytest.mark.parametrize("theta", [-0.05, 0.0, 0.05])
def test_val_2_one_ranking_captures_this_much_more(theta):
    table = large(value.rankings, theta, 100)
    by_clv, by_past = (
        concentration.captured(table[name], table["holdout_revenue"]) for name in ("clv", "past_spend")
    )
    assert by_clv - by_past == pytest.approx(theta, abs=0.008)


def test_val_2_ranked_places_capture_what_scores_capture():
    """The test of VAL-2 ranks once instead of in each resample."""
    rng = np.random.default_rng(4)
    for _ in range(50):
        score, outcome = rng.integers(0, 30, 97).astype(float), rng.exponential(1, 97)
        place = np.unique(-score, return_inverse=True)[1]
        assert value_claims._captured(place, outcome) == pytest.approx(concentration.captured(score, outcome))


@pytest.mark.parametrize("theta", [0.0, 0.1, 0.2])
def test_val_5_has_this_rank_correlation(theta):
    table = large(value.repeat_buyers, theta, 150)
    assert stats.spearmanr(table["x"], table["m"]).statistic == pytest.approx(theta, abs=0.01)
    real = sample.race().query("x > 0")
    assert table["m"].mean() == pytest.approx(real["m"].mean(), rel=0.03)


# The run


def test_one_seed_gives_one_table_however_many_processes():
    alone, shared = (run.run(["LIF-3"], worlds=4, seed=5, processes=n) for n in (1, 2))
    pd.testing.assert_frame_equal(alone, shared)
    assert alone[list(run.VERDICTS.values())].sum(axis=1).tolist() == [4, 4, 4]
    more = run.run(["LIF-3", "LIF-2"], worlds=4, seed=5)  # in the order of the ledger
    assert more["claim"].tolist() == ["LIF-2"] * 3 + ["LIF-3"] * 3
    pd.testing.assert_frame_equal(more[3:].reset_index(drop=True), alone)


def test_rows_of_other_claims_are_kept(tmp_path):
    first = run.run(["LIF-3"], worlds=2, seed=1)
    second = run.run(["LIF-2"], worlds=2, seed=1)
    path = tmp_path / "calibration.csv"
    run.write(first, path)
    run.write(second, path)
    table = run.write(first.assign(worlds=9), path)
    assert table["claim"].tolist() == ["LIF-2"] * 3 + ["LIF-3"] * 3
    assert table["worlds"].tolist() == [2] * 3 + [9] * 3
    pd.testing.assert_frame_equal(pd.read_csv(path), table, check_dtype=False)
    assert [file.name for file in tmp_path.iterdir()] == ["calibration.csv"]


def test_an_unknown_claim_is_refused_and_a_dry_run_writes_nothing(monkeypatch):
    monkeypatch.setattr(run, "write", None)
    wrong = CliRunner().invoke(run.main, ["LIF-9"])
    assert wrong.exit_code == 1
    assert "There is no world for LIF-9." in wrong.output
    dry = CliRunner().invoke(run.main, ["LIF-3", "--worlds", "2", "--processes", "1", "--dry-run"])
    assert dry.exit_code == 0, dry.output
    assert "| LIF-3 | 626" in dry.output


def test_supported_at_the_threshold_may_come_as_often_as_chance_allows_at_five_percent():
    assert run.most(200) == 16
    assert stats.binom.cdf(16, 200, 0.05) >= 0.975 > stats.binom.cdf(15, 200, 0.05)


# The table that is shipped


def test_the_table_is_of_all_claims_in_the_order_of_the_ledger():
    assert TABLE.index.tolist() == [(claim, kind) for claim in WORLDS for kind in KINDS]
    assert tuple(TABLE.reset_index().columns) == calibration.COLUMNS == tuple(run.COLUMNS)
    assert calibration.KINDS == KINDS
    assert (TABLE["worlds"] >= 200).all()
    assert (TABLE[list(calibration.OUTCOMES)].sum(axis=1) == TABLE["worlds"]).all()


def test_the_table_is_of_these_worlds():
    for claim, world in WORLDS.items():
        rows = TABLE.loc[claim]
        assert rows["theta"].tolist() == pytest.approx([world.truths[kind] for kind in KINDS])
        assert set(rows["n"]) == {world.n}
        assert set(rows["effect"]) == {world.like}


def test_what_is_just_true_is_not_supported_too_often():
    just = TABLE.xs(JUST_TRUE, level="world")
    allowed = just["worlds"].map(run.most)
    assert just.index[just["supported"] > allowed].tolist() == []


def test_what_is_clearly_false_is_hardly_ever_supported():
    false = TABLE.xs(CLEARLY_FALSE, level="world")
    assert false.index[false["supported"] > 0.01 * false["worlds"]].tolist() == []


def test_shares_and_power_are_read_from_the_table():
    for claim in WORLDS:
        row = TABLE.loc[(claim, CLEARLY_TRUE)]
        assert calibration.power(claim) == row["supported"] / row["worlds"]
        assert calibration.enough(claim) == (row["supported"] >= 0.8 * row["worlds"])
        shares = [calibration.share(claim, JUST_TRUE, verdict) for verdict in calibration.OUTCOMES]
        assert sum(shares) == pytest.approx(1)
    assert calibration.power("LOY-99") is None
    assert calibration.enough("LOY-99") is False


def test_nobody_can_change_the_table_for_others():
    table = calibration.calibration()
    table["supported"] = -1
    assert (calibration.calibration()["supported"] >= 0).all()


def test_an_unknown_world_or_verdict_is_named():
    with pytest.raises(SchemaError, match='kind of world "perhaps"'):
        calibration.share("LIF-3", "perhaps")
    with pytest.raises(SchemaError, match='verdict "refuted"'):
        calibration.share("LIF-3", JUST_TRUE, "refuted")


def test_the_page_shows_the_table_that_is_shipped():
    page = run.PAGE.read_text(encoding="utf-8")
    shown = run.page_text(TABLE.reset_index())
    assert shown.split("\n\n", 1)[1] in page  # the first paragraph names the machine
