"""Reliability, discriminant validity and consistent PLS: literal formulas, and models whose truth is known."""

import numpy as np
import pandas as pd
import pytest

from crmtheory import datasets
from crmtheory.survey import path
from crmtheory.survey.path import Model, fit

CONSTRUCTS = {"X": ["x1", "x2", "x3"], "M": ["m1", "m2", "m3", "m4"], "Y": ["y1", "y2"], "Z": ["z1"]}
CHAIN = Model(CONSTRUCTS, {"X": ["M", "Y"], "M": ["Y"], "Y": ["Z"]})
LOADINGS = np.array([0.9, 0.7, 0.5, 0.8, 0.75, 0.6, 0.7, 0.85, 0.65, 1.0])
TRUE = {("X", "M"): 0.6, ("X", "Y"): 0.3, ("M", "Y"): 0.4, ("Y", "Z"): 0.5}


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return pd.read_csv(datasets.path("ecsi_mobile"))


def implied(model: Model, loadings: np.ndarray, paths: dict) -> tuple[np.ndarray, np.ndarray]:
    """Correlations of the items, and of the constructs, in a model of common factors."""
    count = len(model.names)
    r = np.eye(count)
    for j, name in enumerate(model.names):
        for i in range(j):
            causes = [(model.number(a), value) for (a, b), value in paths.items() if b == name]
            r[i, j] = r[j, i] = sum(value * r[i, cause] for cause, value in causes)
    s = np.outer(loadings, loadings) * r[np.ix_(model.owner, model.owner)]
    np.fill_diagonal(s, 1.0)
    return s, r


def exactly(s: np.ndarray, items, n: int = 300, seed: int = 0) -> pd.DataFrame:
    """Answers whose correlations are exactly s."""
    z = np.random.default_rng(seed).normal(size=(n, len(s)))
    z -= z.mean(axis=0)
    z = z @ np.linalg.inv(np.linalg.cholesky(z.T @ z / n)).T
    return pd.DataFrame(z @ np.linalg.cholesky(s).T, columns=list(items))


@pytest.mark.parametrize("scheme", ["centroid", "factor", "path"])
def test_consistent_pls_finds_loadings_and_paths_of_a_factor_model_and_plain_pls_is_too_low(scheme):
    s, r = implied(CHAIN, LOADINGS, TRUE)
    frame = exactly(s, CHAIN.items)
    found = fit(CHAIN, frame, scheme, consistent=True)
    assert found.paths.set_index(["from", "to"])["estimate"].to_dict() == pytest.approx(TRUE, abs=1e-7)
    assert found.loadings["loading"].to_numpy() == pytest.approx(LOADINGS, abs=1e-7)
    assert found.correlations.to_numpy() == pytest.approx(r, abs=1e-7)
    assert found.r_squared.loc["M", "estimate"] == pytest.approx(0.36, abs=1e-7)
    plain = fit(CHAIN, frame, scheme)
    assert (plain.correlations.to_numpy()[np.triu_indices(4, 1)] < r[np.triu_indices(4, 1)] - 0.02).all()
    assert plain.r_squared.loc["M", "estimate"] < 0.36 - 0.05


def test_rho_a_is_the_squared_correlation_of_score_and_factor_in_a_factor_model():
    """ρ_A is (w'λ)², with w scaled to variance 1 (Dijkstra & Henseler 2015)."""
    s, _ = implied(CHAIN, LOADINGS, TRUE)
    found = fit(CHAIN, exactly(s, CHAIN.items))
    for name in ("X", "M", "Y"):
        own = (found.loadings["construct"] == name).to_numpy()
        wanted = (found.loadings["weight"].to_numpy()[own] @ LOADINGS[own]) ** 2
        assert found.reliability.loc[name, "rho_a"] == pytest.approx(wanted, abs=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_consistent_pls_comes_closer_to_the_truth_in_samples(seed):
    s, _ = implied(CHAIN, LOADINGS, TRUE)
    frame = pd.DataFrame(
        np.random.default_rng(seed).multivariate_normal(np.zeros(10), s, 20_000), columns=CHAIN.items
    )
    found = fit(CHAIN, frame, consistent=True)
    errors = found.paths["estimate"] - [TRUE[edge] for edge in CHAIN.edges]
    assert errors.abs().max() < 0.04
    assert np.abs(found.loadings["loading"] - LOADINGS).max() < 0.03


def test_equal_loadings_make_alpha_rho_a_and_rho_c_of_consistent_pls_one():
    """With equal loadings λ, α is kλ² / (1 + (k − 1)λ²), and all three are the reliability of the sum."""
    model = Model({"X": ["a", "b", "c"], "Y": ["d", "e", "f"]}, {"X": "Y"})
    s, _ = implied(model, np.full(6, 0.7), {("X", "Y"): 0.5})
    table = fit(model, exactly(s, model.items), consistent=True).reliability
    wanted = 3 * 0.49 / (1 + 2 * 0.49)
    assert table[["alpha", "rho_a", "rho_c"]].to_numpy() == pytest.approx(np.full((2, 3), wanted), abs=1e-8)
    assert table["ave"].tolist() == pytest.approx([0.49, 0.49])


def test_rho_a_is_the_formula_of_the_paper(answers):
    found = fit(path.ECSI, answers)
    for name, items in path.ECSI.constructs.items():
        if len(items) == 1:
            assert found.reliability.loc[name].isna().all()
            continue
        w = found.loadings.set_index("item").loc[list(items), "weight"].to_numpy()
        s = answers[list(items)].corr().to_numpy()
        outer = np.outer(w, w)
        wanted = (
            (w @ w) ** 2 * (w @ (s - np.diag(np.diag(s))) @ w) / (w @ (outer - np.diag(np.diag(outer))) @ w)
        )
        assert found.reliability.loc[name, "rho_a"] == pytest.approx(wanted, abs=1e-10)


def test_alpha_is_that_of_standardised_items_and_ave_and_rho_c_follow_from_loadings(answers):
    found = fit(path.ECSI, answers)
    items = list(path.ECSI.constructs["Quality"])
    z = (answers[items] - answers[items].mean()) / answers[items].std()
    assert found.reliability.loc["Quality", "alpha"] == pytest.approx(7 / 6 * (1 - 7 / z.sum(axis=1).var()))
    own = found.loadings.loc[found.loadings["construct"] == "Quality", "loading"]
    score = found.scores["Quality"]
    assert own.tolist() == pytest.approx([answers[item].corr(score) for item in items])
    assert found.reliability.loc["Quality", "ave"] == pytest.approx((own**2).mean())
    wanted = own.sum() ** 2 / (own.sum() ** 2 + (1 - own**2).sum())
    assert found.reliability.loc["Quality", "rho_c"] == pytest.approx(wanted)


def test_htmt_is_the_mean_between_against_the_means_within(answers):
    found = fit(path.ECSI, answers).htmt.set_index(["first", "second"])["estimate"]
    assert len(found) == 21
    r = answers.corr()
    for (first, second), value in found.items():
        one, two = list(path.ECSI.constructs[first]), list(path.ECSI.constructs[second])
        within = []
        for items in (one, two):
            own = r.loc[items, items].to_numpy()[np.triu_indices(len(items), 1)]
            within.append(own.mean() if len(items) > 1 else 1.0)
        assert value == pytest.approx(r.loc[one, two].to_numpy().mean() / np.sqrt(within[0] * within[1]))


def test_htmt_is_the_correlation_of_factors_when_loadings_are_equal():
    model = Model({"X": ["a", "b", "c"], "Y": ["d", "e", "f"]}, {"X": "Y"})
    s, _ = implied(model, np.full(6, 0.7), {("X", "Y"): 0.8})
    assert fit(model, exactly(s, model.items)).htmt["estimate"].tolist() == pytest.approx([0.8])


def test_f_squared_is_the_loss_of_r_squared_without_the_cause(answers):
    found = fit(path.ECSI, answers)
    scores = found.scores
    causes = [a for a, b in path.ECSI.edges if b == "Satisfaction"]
    full = found.r_squared.loc["Satisfaction", "estimate"]
    table = found.f_squared.set_index(["from", "to"])["estimate"]
    for cause in causes:
        rest = scores[[name for name in causes if name != cause]]
        fitted = rest @ np.linalg.lstsq(rest, scores["Satisfaction"], rcond=None)[0]
        without = fitted.var() / scores["Satisfaction"].var()
        assert table[cause, "Satisfaction"] == pytest.approx((full - without) / (1 - full))
    only = found.r_squared.loc["Quality", "estimate"]
    assert table["Expectation", "Quality"] == pytest.approx(only / (1 - only))


def test_one_item_and_mode_b_are_not_corrected():
    model = Model(CONSTRUCTS, {"X": ["M", "Y"], "M": ["Y"], "Y": ["Z"]}, {"X": "B", "M": "B", "Y": "B"})
    frame = exactly(implied(CHAIN, LOADINGS, TRUE)[0], model.items)
    plain, consistent = fit(model, frame), fit(model, frame, consistent=True)
    pd.testing.assert_frame_equal(plain.paths, consistent.paths)
    pd.testing.assert_frame_equal(plain.loadings, consistent.loadings)
    assert consistent.reliability.isna().all(axis=None)
    assert consistent.htmt.empty


def test_a_correlation_beyond_1_is_said_and_not_clipped():
    """Items of X and Y go together more than those of X among themselves: two names for one thing."""
    model = Model({"X": ["a", "b"], "Y": ["c", "d"]}, {"X": "Y"})
    s = np.array([[1, 0.4, 0.5, 0.5], [0.4, 1, 0.5, 0.5], [0.5, 0.5, 1, 0.4], [0.5, 0.5, 0.4, 1]])
    found = fit(model, exactly(s, model.items), consistent=True)
    assert found.paths["estimate"].tolist() == pytest.approx([1.25])
    assert not found.admissible
    assert found.problems == (
        "The corrected correlation of X and Y is 1.250, beyond 1: their items do not tell the two apart.",
        "R² of Y is 1.562, above 1.",
    )
    assert fit(model, exactly(s, model.items)).admissible


def test_correlations_that_contradict_each_other_are_said(answers):
    """In the satisfaction index no corrected correlation is beyond 1, but together they have a negative eigenvalue."""
    found = fit(path.ECSI, answers, consistent=True)
    assert np.abs(found.correlations.to_numpy()).max() == 1
    assert np.linalg.eigvalsh(found.correlations)[0] < 0
    assert not found.admissible
    assert found.problems == (
        "The corrected correlations of the constructs contradict each other (their matrix has a negative eigenvalue), "
        "so paths and R² cannot be taken at face value.",
    )


def test_a_reliability_below_0_leaves_what_depends_on_it_empty_and_says_so():
    model = Model({"X": ["a", "b"], "Y": ["c"]}, {"X": "Y"})
    s = np.array([[1, -0.2, 0.4], [-0.2, 1, 0.4], [0.4, 0.4, 1]])
    found = fit(model, exactly(s, model.items), consistent=True)
    assert found.paths["estimate"].isna().all()
    assert found.problems == ("The reliability ρ_A of X is -0.500; it must be above 0.",)


def test_the_table_to_read_has_a_row_for_each_construct_acted_on(answers):
    found = fit(path.ECSI, answers)
    table = path.table(found)
    assert table.index.tolist() == [
        "Expectation",
        "Quality",
        "Value",
        "Satisfaction",
        "Complaints",
        "Loyalty",
    ]
    assert table.columns.tolist() == [*list(path.ECSI.names)[:-1], "R²"]
    for row in found.paths.itertuples(index=False):
        assert table.loc[row[1], row[0]] == row[2]
    assert table.notna().sum().sum() == len(found.paths) + 6
