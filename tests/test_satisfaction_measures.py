"""CSAT and the net promoter score: by hand, against other packages, on the airport survey, and by how often intervals
hold the truth.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from crmtheory.errors import DomainError, SchemaError
from crmtheory.satisfaction import csat, nps
from crmtheory.satisfaction.measures import score_limits
from crmtheory.weighted import mean_and_error

DATA = Path(__file__).resolve().parents[1] / "data"


@pytest.fixture(scope="module")
def airport() -> pd.DataFrame:
    return pd.read_csv(DATA / "sfo_survey.csv.gz", usecols=["YEAR", "NETPRO", "Q7ALL"])


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def answers_of(promoters: int, passives: int, detractors: int) -> pd.Series:
    return pd.Series([10.0] * promoters + [8.0] * passives + [2.0] * detractors)


# --- CSAT


def test_csat_is_the_mean_and_the_share_at_or_above_the_cut():
    table = csat(pd.Series([5.0, 4.0, 3.0, 1.0, np.nan]))
    assert table.index.tolist() == ["mean", "top"]
    assert table["estimate"].tolist() == [3.25, 0.5]
    assert table["n"].tolist() == [4, 4]
    assert csat(pd.Series([5.0, 4.0, 3.0, 1.0]), satisfied=5).loc["top", "estimate"] == 0.25


def test_the_intervals_of_csat_are_those_of_student_and_wilson():
    ratings = pd.Series(np.random.default_rng(3).integers(1, 6, 40).astype(float))
    table = csat(ratings, level=0.9)
    expected = stats.t.interval(0.9, 39, ratings.mean(), stats.sem(ratings))
    assert table.loc["mean", ["low", "high"]].tolist() == pytest.approx(expected)
    expected = proportion_confint((ratings >= 4).sum(), 40, 0.1, "wilson")
    assert table.loc["top", ["low", "high"]].tolist() == pytest.approx(expected)


@pytest.mark.parametrize(("year", "top"), [(2017, 82.1), (2018, 78.4)])
def test_the_share_of_satisfied_passengers_is_the_known_one(airport, year, top):
    ratings = airport.loc[airport["YEAR"] == year, "Q7ALL"]
    table = csat(ratings.where(ratings.between(1, 5)))
    assert round(100 * table.loc["top", "estimate"], 1) == top


def test_whole_weights_give_the_estimates_of_repeated_rows():
    rng = np.random.default_rng(4)
    ratings = pd.Series(rng.integers(0, 11, 30).astype(float))
    weights = pd.Series(rng.integers(1, 5, 30))
    again = ratings.repeat(weights).reset_index(drop=True)
    assert csat(ratings, 9, weights)["estimate"].tolist() == pytest.approx(
        csat(again, 9)["estimate"].tolist()
    )
    assert nps(ratings, weights)["estimate"].item() == pytest.approx(nps(again)["estimate"].item())
    other = DescrStatsW(ratings, weights).mean
    assert csat(ratings, 9, weights).loc["mean", "estimate"] == pytest.approx(other)


@pytest.mark.parametrize("measure", [csat, nps], ids=["csat", "nps"])
def test_only_ratios_of_weights_matter_and_zero_leaves_out(measure):
    rng = np.random.default_rng(5)
    ratings = pd.Series(rng.integers(0, 11, 25).astype(float))
    weights = pd.Series(rng.uniform(0.2, 3, 25))
    pd.testing.assert_frame_equal(measure(ratings, weights=weights), measure(ratings, weights=weights * 40))
    weights.iloc[:5] = 0
    pd.testing.assert_frame_equal(
        measure(ratings, weights=weights), measure(ratings.iloc[5:], weights=weights.iloc[5:])
    )
    pd.testing.assert_frame_equal(measure(ratings, weights=weights * 0 + 7.0), measure(ratings))


@pytest.mark.parametrize("measure", [csat, nps], ids=["csat", "nps"])
def test_the_order_of_rows_changes_nothing(measure):
    rng = np.random.default_rng(6)
    ratings = pd.Series(rng.integers(0, 11, 25).astype(float))
    weights = pd.Series(rng.uniform(0.2, 3, 25))
    order = rng.permutation(25)
    shuffled = measure(ratings.iloc[order], weights=weights.iloc[order])
    pd.testing.assert_frame_equal(shuffled, measure(ratings, weights=weights))


def test_weights_as_varied_as_answers_are_honoured_by_the_intervals():
    """Detractors weigh 4 times as much as others, as in a sample that missed them."""
    rng = np.random.default_rng(7)
    hits = {"mean": 0, "top": 0, "nps": 0}
    truth = {"mean": 0.5 * 10 + 0.2 * 8 + 0.3 * 3, "top": 0.5, "nps": 20.0}
    drawn = np.array([0.5, 0.2, 0.3]) / [1, 1, 4]
    for _ in range(250):
        kind = rng.choice(3, 150, p=drawn / drawn.sum())
        ratings = pd.Series(np.array([10.0, 8, 3])[kind])
        weights = pd.Series(np.array([1.0, 1, 4])[kind])
        table, score = csat(ratings, 9, weights), nps(ratings, weights).iloc[0]
        for name in ("mean", "top"):
            hits[name] += table.loc[name, "low"] <= truth[name] <= table.loc[name, "high"]
        hits["nps"] += score["low"] <= truth["nps"] <= score["high"]
    assert all(0.92 <= count / 250 <= 0.985 for count in hits.values()), hits


def test_one_answer_or_equal_answers_have_a_mean_without_an_interval():
    for ratings in (pd.Series([4.0]), pd.Series([4.0, 4.0, 4.0])):
        table = csat(ratings)
        assert table.loc["mean", "estimate"] == 4
        assert table.loc["mean", ["low", "high"]].isna().all()
        assert table.loc["top", "estimate"] == table.loc["top", "high"] == 1
        assert 0 < table.loc["top", "low"] < 1
    assert mean_and_error(np.array([]), np.array([]))[0] is np.nan


# --- net promoter score


@pytest.mark.parametrize(("year", "score"), [(2017, 39.8), (2018, 31.0)])
def test_the_net_promoter_score_of_the_airport_is_the_known_one(airport, year, score):
    table = nps(airport.loc[airport["YEAR"] == year, "NETPRO"])
    assert round(table["estimate"].item(), 1) == score


def test_promoters_are_nine_and_ten_and_detractors_zero_to_six():
    table = nps(pd.Series(range(11), dtype=float)).iloc[0]
    assert table[["promoters", "passives", "detractors"]].tolist() == pytest.approx([2 / 11, 2 / 11, 7 / 11])
    assert table["estimate"] == pytest.approx(-500 / 11)


def test_with_many_answers_the_interval_is_that_of_the_multinomial_variance():
    row = nps(answers_of(5_000, 3_000, 2_000)).iloc[0]
    half = 100 * stats.norm.ppf(0.975) * np.sqrt((0.7 - 0.09) / 10_000)
    assert [row["low"], row["high"]] == pytest.approx([30 - half, 30 + half], abs=0.03)


def test_the_limits_are_where_a_score_test_of_the_whole_likelihood_rejects():
    """p₋ under δ is found by maximising the likelihood; the statistic then is the z of δ."""
    plus, minus, n, z = 7, 2, 15, stats.norm.ppf(0.975)

    def score(delta: float) -> float:
        inner = max(0.0, -delta) + 1e-12, (1 - delta) / 2 - 1e-12

        def loss(q: float) -> float:
            return -(
                plus * np.log(q + delta) + minus * np.log(q) + (n - plus - minus) * np.log(1 - 2 * q - delta)
            )

        q = optimize.minimize_scalar(loss, bounds=inner, method="bounded", options={"xatol": 1e-12}).x
        return ((plus - minus) / n - delta) / np.sqrt((2 * q + delta - delta**2) / n)

    low = optimize.brentq(lambda d: score(d) - z, -0.9, 0.3)
    high = optimize.brentq(lambda d: score(d) + z, 0.35, 0.95)
    assert score_limits(plus / n, minus / n, n) == pytest.approx((low, high), abs=1e-5)


@pytest.mark.parametrize("n", [1, 3, 10, 400])
def test_all_promoters_leave_the_low_limit_of_the_closed_form(n):
    """Without detractors p₋ = (1 − δ) / 2 is most likely, and the statistic is √(n (1 − δ) / (1 + δ))."""
    z2 = stats.norm.ppf(0.975) ** 2
    row = nps(answers_of(n, 0, 0)).iloc[0]
    assert [row["estimate"], row["low"], row["high"]] == pytest.approx([100, 100 * (n - z2) / (n + z2), 100])
    row = nps(answers_of(0, 0, n)).iloc[0]
    assert [row["estimate"], row["low"], row["high"]] == pytest.approx(
        [-100, -100, -100 * (n - z2) / (n + z2)]
    )


@pytest.mark.parametrize("n", [1, 4, 50])
def test_all_passive_answers_say_little_in_both_directions(n):
    row = nps(answers_of(0, n, 0)).iloc[0]
    bound = 100 * proportion_confint(0, n, 0.05, "wilson")[1]
    assert [row["estimate"], row["low"], row["high"]] == pytest.approx([0, -bound, bound])


def test_without_passives_the_interval_is_that_of_wilson_for_promoters():
    low, high = proportion_confint(13, 20, 0.05, "wilson")
    row = nps(answers_of(13, 0, 7)).iloc[0]
    assert [row["low"], row["high"]] == pytest.approx([100 * (2 * low - 1), 100 * (2 * high - 1)])


def test_turning_promoters_and_detractors_round_turns_the_interval_round():
    one, other = score_limits(0.5, 0.2, 30), score_limits(0.2, 0.5, 30)
    assert one == pytest.approx((-other[1], -other[0]))


@pytest.mark.parametrize("n", [5, 10, 20])
def test_the_interval_holds_the_truth_at_small_n_whatever_the_shares(n):
    """Exact, over all outcomes of n answers; the usual ± 1.96 standard errors goes down to 0 at the ends."""
    outcomes = [(a, n - a - b, b) for a in range(n + 1) for b in range(n + 1 - a)]
    limits = np.array([score_limits(a / n, b / n, n) for a, _, b in outcomes])
    held = []
    for a in np.linspace(0, 1, 11):
        for b in np.linspace(0, 1 - a, 6):
            chance = stats.multinomial.pmf(outcomes, n, [a, max(1 - a - b, 0.0), b])
            inside = (limits[:, 0] <= a - b + 1e-12) & (a - b - 1e-12 <= limits[:, 1])
            held.append(chance[inside].sum())
    assert min(held) > 0.915
    assert 0.95 < np.mean(held) < 0.98


def test_answers_off_the_scale_are_refused_and_counted():
    ratings = pd.Series([10.0, 99.0, 7.0, -1.0, np.nan], ["安娜", "李四", "c", "d", "e"], name="推荐")
    assert raised(SchemaError, lambda: nps(ratings)) == (
        "The net promoter score takes whole numbers from 0 to 10; 2 of 4 answers are something else, first: "
        'respondent 李四, 推荐, 99. The usual cause is a code for "don\'t know" or another scale. Read the export '
        "with crmtheory.survey.read and give it the scale."
    )
    assert "takes whole numbers" in raised(SchemaError, lambda: nps(pd.Series([8.5, 9.0])))


def test_no_answers_are_no_score():
    message = raised(DomainError, lambda: nps(pd.Series([np.nan, np.nan], name="NETPRO")))
    assert message == (
        "The net promoter score needs an answer, and of 2 respondents none answered NETPRO. Check that the right "
        "column was read, and which codes were taken for blanks."
    )
    assert "of 0 respondents" in raised(DomainError, lambda: csat(pd.Series([], dtype=float)))
    raised(DomainError, lambda: nps(pd.Series([9.0, 3.0]), pd.Series([0.0, 0.0])))


def test_texts_and_lists_are_refused():
    assert "are none" in raised(SchemaError, lambda: nps(pd.Series(["9", "10"])))
    assert raised(SchemaError, lambda: csat([4, 5])) == (
        "CSAT needs a Series with one answer per respondent, not list."
    )
    assert "level is a share" in raised(SchemaError, lambda: nps(pd.Series([9.0]), level=95))
    assert "Weights must be" in raised(SchemaError, lambda: nps(pd.Series([9.0]), pd.Series([1.0], [5])))


def test_whole_number_types_with_blanks_are_read():
    ratings = pd.Series([9, None, 3], dtype="Int64")
    assert nps(ratings)["n"].item() == csat(ratings).loc["top", "n"] == 2


def test_light_weights_never_make_people_out_of_nothing():
    """One detractor of next to no weight among 9 promoters leaves an interval as wide as 10 answers do at least."""
    row = nps(answers_of(9, 0, 1), pd.Series([1.0] * 9 + [0.01])).iloc[0]
    low, high = score_limits(9 / 9.01, 0.01 / 9.01, 10)
    assert [row["low"], row["high"]] == pytest.approx([100 * low, 100 * high])
    assert row["n"] == 10
