"""The change of the net promoter score between two samples: by hand, published, and by how often it holds the truth."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmtheory.satisfaction import nps, nps_change

DATA = Path(__file__).resolve().parents[1] / "data"


@pytest.fixture(scope="module")
def airport() -> pd.DataFrame:
    return pd.read_csv(DATA / "sfo_survey.csv.gz", usecols=["YEAR", "NETPRO", "WEIGHT"])


def answers_of(promoters: int, passives: int, detractors: int) -> pd.Series:
    return pd.Series([10.0] * promoters + [8.0] * passives + [2.0] * detractors)


def test_the_change_is_the_difference_of_the_scores(airport):
    before, after = (airport.loc[airport["YEAR"] == year] for year in (2017, 2018))
    row = nps_change(before["NETPRO"], after["NETPRO"], before["WEIGHT"], after["WEIGHT"]).iloc[0]
    scores = [nps(year["NETPRO"], year["WEIGHT"])["estimate"].item() for year in (before, after)]
    assert row["estimate"] == pytest.approx(scores[1] - scores[0])
    assert [row["n_before"], row["n_after"]] == [before["NETPRO"].count(), after["NETPRO"].count()]


def test_with_many_answers_the_test_is_that_of_the_normal(airport):
    before, after = (airport.loc[airport["YEAR"] == year, "NETPRO"].dropna() for year in (2017, 2018))
    row = nps_change(before, after).iloc[0]
    signs = [(ratings >= 9) * 1.0 - (ratings <= 6) for ratings in (before, after)]
    error = np.sqrt(sum(sign.var(ddof=0) / len(sign) for sign in signs))
    gap = signs[1].mean() - signs[0].mean()
    half = stats.norm.ppf(0.975) * error
    assert row["estimate"] == pytest.approx(100 * gap)
    assert [row["low"], row["high"]] == pytest.approx([100 * (gap - half), 100 * (gap + half)], abs=0.05)
    assert np.log(row["p_value"]) == pytest.approx(np.log(2 * stats.norm.sf(abs(gap) / error)), abs=0.3)


def test_without_passives_the_change_is_that_of_newcombes_shares():
    """Newcombe 1998, Statistics in Medicine 17, 873–890, table II, example (a): 56/70 and 48/80, method 10:
    0.0524 to 0.3339.
    """
    row = nps_change(answers_of(48, 0, 32), answers_of(56, 0, 14)).iloc[0]
    assert row["estimate"] / 200 == pytest.approx(0.2)
    assert [round(row["low"] / 200, 4), round(row["high"] / 200, 4)] == [0.0524, 0.3339]


@pytest.mark.parametrize("seed", range(8))
def test_p_value_and_interval_never_disagree(seed):
    rng = np.random.default_rng(seed)
    before, after = (pd.Series(rng.integers(low, 11, 30).astype(float)) for low in (0, seed))
    p = nps_change(before, after)["p_value"].item()
    wider, tighter = (nps_change(before, after, level=1 - p * factor).iloc[0] for factor in (0.98, 1 / 0.98))
    if p < 0.97:
        assert wider["low"] < 0 < wider["high"]
        assert not tighter["low"] < 0 < tighter["high"]


def test_the_change_turns_round_with_the_periods():
    one, other = answers_of(9, 5, 2), answers_of(4, 4, 9)
    there, back = nps_change(one, other).iloc[0], nps_change(other, one).iloc[0]
    assert there["estimate"] == -back["estimate"]
    assert [there["low"], there["high"]] == pytest.approx([-back["high"], -back["low"]])
    assert there["p_value"] == pytest.approx(back["p_value"])


def test_equal_and_opposite_samples():
    same = nps_change(answers_of(3, 0, 0), answers_of(5, 0, 0)).iloc[0]
    assert [same["estimate"], same["p_value"]] == [0, 1]
    assert same["low"] < 0 < same["high"]
    far = nps_change(answers_of(0, 0, 5000), answers_of(5000, 0, 0)).iloc[0]
    assert far["estimate"] == far["high"] == 200
    assert far["p_value"] < 1e-200
    single = nps_change(answers_of(1, 0, 0), answers_of(0, 0, 1)).iloc[0]
    assert single["low"] == -200
    assert single["p_value"] > 0.05


def test_the_interval_of_the_change_holds_the_truth():
    rng = np.random.default_rng(8)
    first, second = [0.5, 0.3, 0.2], [0.7, 0.2, 0.1]
    hits = 0
    for _ in range(200):
        draws = [answers_of(*rng.multinomial(15, shares)) for shares in (first, second)]
        row = nps_change(*draws).iloc[0]
        hits += row["low"] <= 30 <= row["high"]
    assert 0.915 <= hits / 200 <= 0.99
