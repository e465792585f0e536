"""Reliability of scales: alpha, omega, variance extracted, and the item that does not belong."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats
from statsmodels.multivariate.factor import Factor

import crmtheory
from crmtheory.errors import DomainError, SchemaError
from crmtheory.survey import factor, scales

MOBILE = pd.read_csv(Path(crmtheory.__file__).parents[1] / "data" / "ecsi_mobile.csv")
ECSI = {
    "image": [f"IMAG{i}" for i in range(1, 6)],
    "expectations": [f"CUEX{i}" for i in range(1, 4)],
    "quality": [f"PERQ{i}" for i in range(1, 8)],
    "value": ["PERV1", "PERV2"],
    "satisfaction": [f"CUSA{i}" for i in range(1, 4)],
    "loyalty": [f"CUSL{i}" for i in range(1, 4)],
}


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def with_covariance(covariance, n: int = 60, seed: int = 0) -> pd.DataFrame:
    """Answers whose covariance (dividing by n) is exactly this one; items a, b, c, …"""
    covariance = np.asarray(covariance, float)
    z = np.random.default_rng(seed).normal(size=(n, len(covariance)))
    z = z - z.mean(axis=0)
    z = z @ np.linalg.inv(np.linalg.cholesky(z.T @ z / n)).T
    return pd.DataFrame(z @ np.linalg.cholesky(covariance).T, columns=list("abcdefgh")[: len(covariance)])


def congeneric(loadings, n: int, rng: np.random.Generator) -> np.ndarray:
    """Standard normal items with these loadings on one factor."""
    loadings = np.asarray(loadings)
    return rng.normal(size=(n, 1)) * loadings + rng.normal(size=(n, len(loadings))) * np.sqrt(1 - loadings**2)


def one(answers: pd.DataFrame, **options) -> pd.Series:
    return scales.reliability(answers, {"scale": list(answers.columns)}, **options).loc["scale"]


def test_alpha_by_hand():
    """Variances 5/3 each; covariances 1, 4/3 and 0; the sum has variance 5 + 2 · 7/3."""
    answers = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [2.0, 1, 4, 3], "c": [1.0, 3, 2, 4]})
    assert one(answers)["alpha"] == pytest.approx(1.5 * (1 - 5 / (29 / 3)))


def test_alpha_is_the_agreement_of_fixed_judges():
    """Shrout & Fleiss (1979), Psychological Bulletin 86, 420–428: six targets, four judges, ICC(3, 4) = 0.91."""
    ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    assert round(one(pd.DataFrame(ratings, columns=list("abcd"), dtype=float))["alpha"], 2) == 0.91


def test_standardised_items_of_the_mobile_survey_have_the_published_alphas():
    """Tenenhaus, Esposito Vinzi, Chatelin & Lauro (2005), Computational Statistics & Data Analysis 48, 159–205."""
    table = scales.reliability((MOBILE - MOBILE.mean()) / MOBILE.std(), ECSI)
    published = {
        "image": 0.723,
        "expectations": 0.452,
        "quality": 0.877,
        "value": 0.824,
        "satisfaction": 0.779,
    }
    assert table["alpha"].round(3).to_dict() == published | {"loyalty": 0.472}
    assert (table["n"] == 250).all()


def test_feldts_interval_is_where_an_f_test_stops_rejecting():
    low, high = scales.feldt(0.8, 101, 5, 0.9)
    assert stats.f.sf((1 - low) / 0.2, 100, 400) == pytest.approx(0.05)
    assert stats.f.cdf((1 - high) / 0.2, 100, 400) == pytest.approx(0.05)


@pytest.mark.parametrize(("n", "k", "loading"), [(30, 3, 0.7), (100, 6, 0.5), (15, 2, 0.8)])
def test_feldts_interval_holds_the_true_alpha_95_times_in_100(n, k, loading):
    rng = np.random.default_rng(k)
    true = k * loading**2 / (1 + (k - 1) * loading**2)
    found = [
        scales.feldt(
            float(factor.alpha(factor.covariances(congeneric([loading] * k, n, rng), np.ones(n)))), n, k
        )
        for _ in range(800)
    ]
    assert np.mean([low <= true <= high for low, high in found]) == pytest.approx(0.95, abs=0.02)


def test_the_interval_stays_right_when_rare_answers_are_heavy():
    """People with high scores are asked four times as often; weights undo it."""
    rng, hits = np.random.default_rng(3), []
    true = 3 * 0.49 / (1 + 2 * 0.49)
    for _ in range(200):
        z = congeneric([0.7] * 3, 800, rng)
        chance = np.where(z.sum(axis=1) > 0, 0.4, 0.1)
        asked = rng.random(800) < chance
        answers = pd.DataFrame(z[asked], columns=list("abc"))
        row = scales.reliability(answers, {"s": list("abc")}, pd.Series(1 / chance[asked])).loc["s"]
        hits.append(row["low"] <= true <= row["high"])
    assert np.mean(hits) == pytest.approx(0.95, abs=0.035)


def test_omega_and_variance_extracted_by_hand():
    """Loadings 0.9, 0.8, 0.7, 0.6: ω = 3² / (3² + 1.7); the mean of their squares is 0.575."""
    loadings = np.array([0.9, 0.8, 0.7, 0.6])
    answers = with_covariance(np.outer(loadings, loadings) + np.diag(1 - loadings**2))
    row = one(answers)
    assert row["omega"] == pytest.approx(9 / 10.7, abs=1e-7)
    assert row["ave"] == pytest.approx(0.575, abs=1e-7)
    assert row["alpha"] < row["omega"]


def test_omega_is_of_the_sum_of_items_as_they_are_not_of_standardised_ones():
    loadings, sd = np.array([0.9, 0.8, 0.7, 0.6]), np.array([1.0, 2, 3, 4])
    common, unique = (loadings * sd).sum() ** 2, ((1 - loadings**2) * sd**2).sum()
    answers = with_covariance((np.outer(loadings, loadings) + np.diag(1 - loadings**2)) * np.outer(sd, sd))
    row = one(answers)
    assert row["omega"] == pytest.approx(common / (common + unique), abs=1e-7)
    assert row["ave"] == pytest.approx(0.575, abs=1e-7)


def test_items_of_equal_covariance_have_omega_equal_to_alpha():
    covariance = np.full((4, 4), 0.5) + np.diag([0.5, 0.8, 1.2, 2.0])
    row = one(with_covariance(covariance))
    assert row["omega"] == pytest.approx(row["alpha"], abs=1e-7)


def test_two_items_are_taken_as_equally_good():
    row = one(with_covariance([[1, 0.6], [0.6, 1]]))
    assert row["omega"] == pytest.approx(2 * 0.6 / 1.6)
    assert row["ave"] == pytest.approx(0.6)
    assert row["alpha"] == pytest.approx(row["omega"])


def test_two_items_that_run_against_each_other_have_nothing_in_common_in_their_sum():
    row = one(with_covariance([[1, -0.5], [-0.5, 1]]))
    assert row["alpha"] == pytest.approx(-2)
    assert row["omega"] == pytest.approx(0)
    assert row["ave"] == pytest.approx(0.5)


@pytest.mark.parametrize("construct", ["image", "expectations", "quality", "satisfaction"])
def test_loadings_are_those_of_another_package(construct):
    r = MOBILE[ECSI[construct]].corr().to_numpy()
    loadings, unique = factor.one_factor(r)
    other = Factor(corr=r, n_factor=1, method="ml", nobs=250).fit()
    assert loadings == pytest.approx(np.abs(other.loadings[:, 0]), abs=1e-5)
    assert unique == pytest.approx(other.uniqueness, abs=1e-5)


def test_three_items_have_loadings_by_their_three_correlations():
    r12, r13, r23 = 0.5, 0.4, 0.6
    loadings, unique = factor.one_factor(np.array([[1, r12, r13], [r12, 1, r23], [r13, r23, 1]]))
    squares = [r12 * r13 / r23, r12 * r23 / r13, r13 * r23 / r12]
    assert loadings**2 == pytest.approx(squares, abs=1e-7)
    assert unique == pytest.approx(1 - np.array(squares), abs=1e-7)


def test_a_loading_beyond_1_is_held_where_a_little_error_is_left():
    """Three correlations that ask for λ₁² = 0.7 · 0.6 / 0.3 = 1.4; then a blind search within the same limits."""
    r = np.array([[1, 0.7, 0.6], [0.7, 1, 0.3], [0.6, 0.3, 1]])
    loadings, unique = factor.one_factor(r)
    assert unique[0] == pytest.approx(factor.LEAST_UNIQUE)
    assert loadings.max() < 1

    def loss(p):
        model = np.outer(p[:3], p[:3]) + np.diag(p[3:])
        return np.linalg.slogdet(model)[1] + np.trace(r @ np.linalg.inv(model))

    limits = [(-1.5, 1.5)] * 3 + [(factor.LEAST_UNIQUE, 1)] * 3
    found = optimize.minimize(
        loss, np.full(6, 0.6), method="L-BFGS-B", bounds=limits, options={"ftol": 1e-15}
    )
    assert np.concatenate([loadings, unique]) == pytest.approx(found.x, abs=1e-3)
    same = factor.one_factor(np.array([[1, 1, 0.5], [1, 1, 0.5], [0.5, 0.5, 1.0]]))
    assert same[1][:2] == pytest.approx([factor.LEAST_UNIQUE] * 2)


def test_many_matrices_at_once_are_each_alone():
    rng = np.random.default_rng(1)
    many = np.array([np.corrcoef(congeneric([0.8, 0.7, 0.6, 0.5], 80, rng).T) for _ in range(20)])
    together = factor.one_factor(many)[0]
    assert together == pytest.approx(np.array([factor.one_factor(r)[0] for r in many]), abs=1e-6)


def test_an_item_whose_bootstrap_sample_does_not_vary_has_no_loading():
    r = np.array([[1, np.nan, 0.5], [np.nan, np.nan, np.nan], [0.5, np.nan, 1]])
    assert np.isnan(factor.one_factor(r)[0]).all()


def test_omegas_bootstrap_interval_holds_the_true_omega():
    loadings, rng, hits = np.array([0.9, 0.8, 0.6, 0.5]), np.random.default_rng(1), []
    true = loadings.sum() ** 2 / (loadings.sum() ** 2 + (1 - loadings**2).sum())
    for _ in range(60):
        answers = pd.DataFrame(congeneric(loadings, 100, rng), columns=list("abcd"))
        row = scales.reliability(answers, {"s": list("abcd")}, rng=rng, resamples=120).loc["s"]
        hits.append(row["omega_low"] <= true <= row["omega_high"])
    assert np.mean(hits) >= 0.88


def test_without_a_generator_omega_has_no_interval():
    table = scales.reliability(MOBILE, ECSI)
    assert table[["omega_low", "omega_high"]].isna().all(axis=None)
    columns = ["items", "n", "alpha", "low", "high", "omega", "omega_low", "omega_high", "ave"]
    assert table.columns.tolist() == columns
    assert table.index.name == "construct"


def test_a_single_item_has_no_reliability():
    table = scales.reliability(MOBILE, {"complaints": ["CUSCO"]}, rng=np.random.default_rng(1))
    assert table.loc["complaints", ["items", "n"]].tolist() == [1, 250]
    assert table.drop(columns=["items", "n"]).isna().all(axis=None)
    row = scales.item_table(MOBILE, {"complaints": ["CUSCO"]}).loc["CUSCO"]
    assert row[["item_rest", "alpha_without", "alpha"]].isna().all()
    assert row["weak"] is np.False_ or row["weak"] is False
    assert row["mean"] == pytest.approx(MOBILE["CUSCO"].mean())


def test_weights_are_repeated_rows_for_estimates_and_no_counts_for_intervals():
    answers = MOBILE[ECSI["image"]].head(60)
    weights = pd.Series(np.arange(60) % 3 + 1.0)
    again = answers.loc[answers.index.repeat(weights.astype(int))].reset_index(drop=True)
    image = {"image": ECSI["image"]}
    weighted, repeated = (
        scales.reliability(answers, image, weights).loc["image"],
        scales.reliability(again, image).loc["image"],
    )
    for column in ("alpha", "omega", "ave"):
        assert weighted[column] == pytest.approx(repeated[column], rel=1e-9)
    assert weighted["n"] == 60
    assert weighted["high"] - weighted["low"] > repeated["high"] - repeated["low"]
    pd.testing.assert_frame_equal(
        scales.reliability(answers, image, weights * 1000), scales.reliability(answers, image, weights)
    )
    one_, other = scales.item_table(answers, image, weights), scales.item_table(again, image)
    columns = ["mean", "item_rest", "alpha_without", "alpha"]
    pd.testing.assert_frame_equal(one_[columns], other[columns])


def test_the_order_of_respondents_changes_nothing():
    answers = MOBILE[ECSI["loyalty"]]
    order = np.random.default_rng(2).permutation(250)
    loyalty, weights = {"loyalty": ECSI["loyalty"]}, pd.Series(1.0 + np.arange(250) % 4)
    tables = [
        scales.reliability(
            answers.iloc[rows], loyalty, weights.iloc[rows], rng=np.random.default_rng(1), resamples=50
        )
        for rows in (np.arange(250), order)
    ]
    pd.testing.assert_frame_equal(*tables)


def test_only_complete_respondents_of_a_scale_count_for_it():
    answers = MOBILE.copy()
    answers.loc[:9, "IMAG1"] = np.nan
    table = scales.reliability(answers, ECSI)
    assert table["n"].to_dict() == dict.fromkeys(ECSI, 250) | {"image": 240}
    alone = scales.reliability(answers.iloc[10:], {"image": ECSI["image"]})
    assert table.loc["image", "alpha"] == pytest.approx(alone.loc["image", "alpha"])
    assert (
        scales.item_table(answers, ECSI).groupby("construct")["n"].first() == table["n"].sort_index()
    ).all()


def test_item_and_rest_by_definition():
    table = scales.item_table(MOBILE, ECSI)
    for item, row in table.iterrows():
        others = [name for name in ECSI[row["construct"]] if name != item]
        assert row["item_rest"] == pytest.approx(MOBILE[item].corr(MOBILE[others].sum(axis=1)))
        assert row[["mean", "sd"]].tolist() == pytest.approx([MOBILE[item].mean(), MOBILE[item].std()])
        if len(others) > 1:
            without = scales.reliability(MOBILE, {"s": others}).loc["s", "alpha"]
            assert row["alpha_without"] == pytest.approx(without)
        else:
            assert np.isnan(row["alpha_without"])
    assert table.index.tolist() == [item for items in ECSI.values() for item in items]


def test_the_second_loyalty_question_of_the_mobile_survey_breaks_its_scale():
    table = scales.item_table(MOBILE, ECSI)
    assert table.index[table["weak"]].tolist() == ["CUEX3", "CUSL2"]
    assert table.loc["CUSL2", ["alpha", "alpha_without"]].astype(float).round(2).tolist() == [0.44, 0.70]
    assert scales.advice(table)["CUSL2"] == (
        "CUSL2 agrees little with the rest of loyalty (r = 0.08): without it alpha rises from 0.44 to 0.70."
    )


def test_an_item_that_was_not_turned_round_is_found():
    answers = MOBILE.assign(PERQ3=11 - MOBILE["PERQ3"])
    table = scales.item_table(answers, {"quality": ECSI["quality"]})
    assert table.index[table["item_rest"] < 0].tolist() == ["PERQ3"]
    words = scales.advice(table)
    assert words.index.tolist() == ["PERQ3"]
    rest = [item for item in ECSI["quality"] if item != "PERQ3"]
    r = answers["PERQ3"].corr(answers[rest].sum(axis=1))
    with_it, without = (
        len(items) / (len(items) - 1) * (1 - answers[items].var().sum() / answers[items].sum(axis=1).var())
        for items in (ECSI["quality"], rest)
    )
    assert words["PERQ3"] == (
        f"PERQ3 runs against the rest of quality (r = −{-r:.2f}): is it reversed? "
        f"Without it alpha rises from {with_it:.2f} to {without:.2f}."
    )


def test_two_items_against_each_other_are_both_asked_about():
    words = scales.advice(scales.item_table(with_covariance([[1, -0.5], [-0.5, 1]]), {"信任": ["a", "b"]}))
    assert words.tolist() == [
        "a runs against the rest of 信任 (r = −0.50): is it reversed?",
        "b runs against the rest of 信任 (r = −0.50): is it reversed?",
    ]


def test_a_good_scale_needs_no_advice():
    words = scales.advice(scales.item_table(MOBILE, {"satisfaction": ECSI["satisfaction"]}))
    assert words.empty


def test_items_that_cancel_each_other_have_no_alpha():
    row = one(pd.DataFrame({"a": [1.0, 2, 3, 5], "b": [5.0, 4, 3, 1]}))
    assert row[["alpha", "low", "high"]].isna().all()


@pytest.mark.parametrize("ask", [scales.reliability, scales.item_table])
def test_a_scale_that_cannot_be_asked_is_named(ask):
    answers = pd.DataFrame({"a": [1.0, 2, 3], "b": [2.0, 2, 2], "c": [1.0, np.nan, np.nan]})
    assert raised(DomainError, lambda: ask(answers, {"trust": ["a", "b"]})) == (
        "The reliability of trust: all 3 respondents gave b the same answer (2), so it cannot go together with "
        "anything. Leave it out, or check that the right column was read."
    )
    assert raised(DomainError, lambda: ask(answers, {"trust": ["a", "c"]})) == (
        "The reliability of trust needs at least 3 respondents who answered a, c; 1 of 3 did. c has the fewest answers "
        "(1): leave it out, or ask more people."
    )
    assert raised(SchemaError, lambda: ask(answers, {})) == (
        'constructs must say which items belong to each construct, such as {"trust": ["T1", "T2", "T3"]}.'
    )
    assert raised(SchemaError, lambda: ask(answers, {"trust": "a"})) == (
        'The items of trust must be a list; they are the text "a". Write {"trust": ["a"]}.'
    )
    assert (
        raised(SchemaError, lambda: ask(answers, {"trust": ["a", "d"]}))
        == 'There is no item "d". Known: a, b, c.'
    )


def test_other_wrong_questions():
    assert raised(SchemaError, lambda: scales.reliability(MOBILE, ECSI, resamples=0)) == (
        "resamples is a number of bootstrap samples, 1 or more; it is 0."
    )
    assert raised(SchemaError, lambda: scales.reliability(MOBILE, ECSI, level=95)) == (
        "level is a share between 0 and 1, such as 0.95; it is 95."
    )
    assert raised(SchemaError, lambda: scales.advice(pd.DataFrame({"construct": []}))) == (
        "advice needs the table of scales.item_table; it has no column n."
    )


def test_the_influence_on_alpha_is_its_derivative():
    values, weights = congeneric([0.8, 0.6, 0.5], 12, np.random.default_rng(4)), np.arange(1.0, 13)
    found, step = factor.alpha_influence(values, weights), 1e-6
    for i in range(12):
        share = weights / weights.sum() * (1 - step) + step * (np.arange(12) == i)
        change = factor.alpha(factor.covariances(values, share)) - factor.alpha(
            factor.covariances(values, weights)
        )
        assert change / step == pytest.approx(found[i], abs=1e-4)


def test_three_respondents_and_identical_items_have_an_answer():
    few = pd.DataFrame({"a": [1.0, 2, 5], "b": [2.0, 2, 4], "c": [3.0, 1, 4], "d": [1.0, 1, 2]})
    row = one(few, rng=np.random.default_rng(1), resamples=50)
    assert row["low"] < row["alpha"] < row["high"] <= 1
    assert np.isfinite(row[["omega", "omega_low", "omega_high"]].astype(float)).all()
    same = pd.DataFrame({name: [1.0, 2, 3, 4, 5] for name in "abc"})
    row = one(same, rng=np.random.default_rng(1), resamples=50)
    assert row[["alpha", "low", "high"]].tolist() == pytest.approx([1, 1, 1])
    assert 0.99 < row["omega"] <= 1
    table = scales.item_table(same, {"s": list("abc")})
    assert table["item_rest"].tolist() == pytest.approx([1, 1, 1])
    assert not table["weak"].any()


def test_what_rounding_leaves_of_a_constant_is_no_variance():
    values = np.column_stack([np.full(7, 0.1), np.arange(7.0)])
    assert factor.covariances(values, np.linspace(0.1, 1, 7))[0].tolist() == [0, 0]
