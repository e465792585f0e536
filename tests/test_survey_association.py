"""Correlations of answers: by definition, against other packages, and where the truth is known."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

import crmtheory
from crmtheory.errors import DomainError, SchemaError
from crmtheory.survey import association, factor, pairs, polychoric

DATA = Path(crmtheory.__file__).parents[1] / "data"
MOBILE = pd.read_csv(DATA / "ecsi_mobile.csv")
# most answers near the upper end, as people answer
FIVE, ELEVEN = [-2, -1.5, -0.8, 0.3], [-2.2, -2, -1.8, -1.6, -1.4, -1.1, -0.7, -0.2, 0.2, 0.6]
MEASURES = {"pearson": pairs.pearson, "spearman": pairs.spearman, "kendall": pairs.kendall}


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def normal(rho: float, n: int, rng: np.random.Generator) -> np.ndarray:
    x = rng.normal(size=n)
    return np.column_stack([x, rho * x + np.sqrt(1 - rho**2) * rng.normal(size=n)])


def answered(z: np.ndarray, rows=FIVE, columns=ELEVEN) -> pd.DataFrame:
    """What people with these feelings say on scales with these thresholds."""
    answers = {"x": np.searchsorted(rows, z[:, 0]) + 1.0, "y": np.searchsorted(columns, z[:, 1]) * 1.0}
    return pd.DataFrame(answers)


def shares(rho: float, a=FIVE, b=ELEVEN) -> np.ndarray:
    """Cell probabilities, from scipy's bivariate normal."""
    ends = [np.concatenate([[-9], cuts, [9]]) for cuts in (a, b)]
    corners = np.array(np.meshgrid(*ends, indexing="ij")).reshape(2, -1).T
    cdf = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]]).cdf(corners)
    return np.diff(np.diff(np.reshape(cdf, (len(a) + 2, len(b) + 2)), axis=0), axis=1)


def estimates(frame: pd.DataFrame, **options) -> pd.Series:
    return association.compare(frame["x"], frame["y"], **options)["estimate"]


def test_three_correlations_by_hand():
    """Of the ten pairs of respondents eight agree and two do not."""
    found = estimates(pd.DataFrame({"x": [1.0, 2, 3, 4, 5], "y": [2.0, 1, 4, 3, 5]}))
    assert found["pearson"] == pytest.approx(0.8)
    assert found["spearman"] == pytest.approx(1 - 6 * 4 / (5 * 24))
    assert found["kendall"] == pytest.approx((8 - 2) / 10)


def test_ties_count_in_neither_direction():
    """Of six pairs four agree, one is tied on x and one on y: 4 / √(5 · 5)."""
    frame = pd.DataFrame({"x": [1.0, 1, 2, 3], "y": [1.0, 2, 2, 3]})
    assert estimates(frame)["kendall"] == pytest.approx(4 / 5)


@pytest.mark.parametrize("seed", range(3))
def test_estimates_are_those_of_scipy(seed):
    z = normal(0.5, 80, np.random.default_rng(seed))
    for frame in (pd.DataFrame(z, columns=["x", "y"]), answered(z)):
        found = association.compare(frame["x"], frame["y"])["estimate"]
        assert found["pearson"] == pytest.approx(stats.pearsonr(frame["x"], frame["y"])[0])
        assert found["spearman"] == pytest.approx(stats.spearmanr(frame["x"], frame["y"])[0])
        assert found["kendall"] == pytest.approx(stats.kendalltau(frame["x"], frame["y"])[0])


def test_pearsons_interval_is_fishers_and_spearmans_that_of_bonett_and_wright():
    frame = answered(normal(0.5, 80, np.random.default_rng(1)))
    table = association.compare(frame["x"], frame["y"], level=0.9)
    limits = stats.pearsonr(frame["x"], frame["y"]).confidence_interval(0.9)
    assert table.loc["pearson", ["low", "high"]].tolist() == pytest.approx(list(limits))
    r = table.loc["spearman", "estimate"]
    half = stats.norm.isf(0.05) * np.sqrt((1 + r**2 / 2) / 77)
    assert table.loc["spearman", ["low", "high"]].tolist() == pytest.approx(
        [np.tanh(np.arctanh(r) - half), np.tanh(np.arctanh(r) + half)]
    )


def test_kendalls_error_is_that_of_leaving_one_out():
    frame = answered(normal(0.5, 300, np.random.default_rng(2)))
    row = association.correlation(frame["x"], frame["y"], "kendall").iloc[0]
    left = [stats.kendalltau(frame["x"].drop(i), frame["y"].drop(i))[0] for i in range(300)]
    error = np.sqrt(299 / 300 * np.sum((left - np.mean(left)) ** 2))
    width = np.arctanh(row["high"]) - np.arctanh(row["low"])
    found = width / (2 * stats.norm.isf(0.025)) * (1 - row["estimate"] ** 2)
    assert found == pytest.approx(error, rel=0.02)


@pytest.mark.parametrize("method", sorted(MEASURES))
@pytest.mark.parametrize("ties", [False, True])
def test_influence_is_the_derivative_by_a_respondents_weight(method, ties):
    z = normal(0.6, 15, np.random.default_rng(5))
    values = np.round(z) if ties else z
    weights = np.arange(1.0, 16) / 120
    r, influence = MEASURES[method](values, weights)
    assert weights @ influence == pytest.approx(0, abs=1e-12)
    for i in range(15):
        shifted = weights * (1 - 1e-6) + 1e-6 * (np.arange(15) == i)
        assert (MEASURES[method](values, shifted)[0] - r) / 1e-6 == pytest.approx(influence[i], abs=1e-4)


@pytest.mark.parametrize("p", [0.05, 0.2, 0.25, 0.4, 0.49])
@pytest.mark.parametrize("two_step", [False, True])
def test_answers_split_at_the_medians_have_a_polychoric_correlation_in_closed_form(p, two_step):
    """P(both high) = ¼ + arcsin(ρ) / 2π: Sheppard (1899), Philosophical Transactions A 192, 101–167."""
    found = polychoric.fit(np.array([[p, 0.5 - p], [0.5 - p, p]]), two_step)
    assert found.rho == pytest.approx(np.sin(np.pi / 2 * (4 * p - 1)), abs=1e-9)


@pytest.mark.parametrize("rho", [-0.95, -0.4, 0, 0.3, 0.8, 0.97])
@pytest.mark.parametrize("two_step", [False, True])
def test_a_table_of_probabilities_gives_back_what_made_it(rho, two_step):
    found = polychoric.fit(shares(rho), two_step)
    assert found.rho == pytest.approx(rho, abs=1e-4)
    assert found.rows == pytest.approx(FIVE, abs=1e-3)
    assert found.columns == pytest.approx(ELEVEN, abs=1e-3)


@pytest.mark.parametrize("rho", [-0.999, -0.9, 0.0, 0.5, 0.99, 0.9999])
def test_rectangles_of_the_bivariate_normal(rho):
    """Φ₂(a, b) = ∫ φ(x) Φ((b − ρx) / √(1 − ρ²)) dx up to a."""
    cuts, rest = np.array([-3.0, -1.1, 0, 0.2, 2.5]), np.sqrt(1 - rho**2)
    found = polychoric.distribution(cuts, cuts, rho)
    x = np.linspace(-9, 3, 1_200_001)
    density = stats.norm.pdf(x)
    for j, b in enumerate(cuts):
        part = np.concatenate([[0], np.cumsum((density * stats.norm.cdf((b - rho * x) / rest))[:-1])]) * (
            x[1] - x[0]
        )
        assert found[:, j] == pytest.approx(np.interp(cuts, x, part), abs=5e-6)


def test_limits_without_end_leave_the_margins():
    found = polychoric.distribution(np.array([-np.inf, 0.3, np.inf]), np.array([-np.inf, -1.0, np.inf]), 0.7)
    assert found[0] == pytest.approx([0, 0, 0])
    assert found[2] == pytest.approx([0, stats.norm.cdf(-1), 1])
    assert found[1, 2] == pytest.approx(stats.norm.cdf(0.3))


def brute(table: np.ndarray, free: bool) -> tuple[float, float]:
    """Greatest log-likelihood per respondent and its ρ, over everything or with thresholds at the margins."""
    k, m = table.shape[0] - 1, table.shape[1] - 1
    a = stats.norm.ppf(np.cumsum(table.sum(axis=1))[:-1] / table.sum())
    b = stats.norm.ppf(np.cumsum(table.sum(axis=0))[:-1] / table.sum())

    def loss(p):
        cells = shares(np.tanh(p[-1]), *((p[:k], p[k : k + m]) if free else (a, b)))
        return -(table / table.sum() * np.log(np.maximum(cells, 1e-14))).sum()

    start = np.concatenate([a, b, [0.5]]) if free else np.array([0.5])
    options = {"xatol": 1e-6, "fatol": 1e-11, "maxiter": 4000, "maxfev": 4000}
    found = optimize.minimize(loss, start, method="Nelder-Mead", options=options)
    return -found.fun, float(np.tanh(found.x[-1]))


def test_maximum_likelihood_is_that_of_a_blind_search():
    table = np.array([[13.0, 6, 2], [9, 20, 14], [0, 7, 18]])
    together, two_step = polychoric.fit(table), polychoric.fit(table, two_step=True)
    assert together.rho == pytest.approx(brute(table, True)[1], abs=2e-4)
    assert two_step.rho == pytest.approx(brute(table, False)[1], abs=2e-5)
    assert together.rho != pytest.approx(two_step.rho, abs=1e-5)


def test_the_variance_is_the_inverse_of_the_curvature_where_the_model_is_true():
    """By numerical second derivatives of Σ π log π(θ), for all parameters together."""
    a, b, rho = [-0.5, 0.6], [-0.2, 0.9], 0.5
    point, k = np.array([*a, *b, rho]), 5
    table = shares(rho, a, b)

    def likelihood(p):
        return polychoric._likelihood(table, p[:2], p[2:4], p[4])

    step, curvature = 1e-3 * np.eye(k), np.empty((k, k))
    for i in range(k):
        for j in range(k):
            signs = [(s * t, point + s * step[i] + t * step[j]) for s in (1, -1) for t in (1, -1)]
            curvature[i, j] = sum(sign * likelihood(p) for sign, p in signs) / (4 * 1e-3**2)
    assert polychoric.fit(table).variance == pytest.approx(np.linalg.inv(-curvature)[-1, -1], rel=1e-3)


@pytest.mark.parametrize("two_step", [False, True])
def test_the_polychoric_interval_holds_the_true_correlation(two_step):
    rng, hits, found = np.random.default_rng(4), [], []
    for _ in range(100):
        frame = answered(normal(0.6, 300, rng), columns=[-1.5, -0.7, 0, 1])
        table = pd.crosstab(frame["x"], frame["y"]).to_numpy(float)
        fit = polychoric.fit(table, two_step)
        low, high = polychoric.interval(table, fit, 300)
        hits.append(low <= 0.6 <= high)
        found.append(fit.rho)
    assert 0.89 <= np.mean(hits) <= 0.99
    assert np.mean(found) == pytest.approx(0.6, abs=0.012)


@pytest.mark.parametrize("method", sorted(MEASURES))
def test_intervals_hold_the_true_correlation_of_normal_amounts(method):
    true = {"pearson": 0.6, "spearman": 6 / np.pi * np.arcsin(0.3), "kendall": 2 / np.pi * np.arcsin(0.6)}[
        method
    ]
    rng, hits = np.random.default_rng(6), []
    for _ in range(200):
        frame = pd.DataFrame(normal(0.6, 60, rng))
        row = association.correlation(frame[0], frame[1], method).iloc[0]
        hits.append(row["low"] <= true <= row["high"])
    assert np.mean(hits) == pytest.approx(0.95, abs=0.035)


@pytest.mark.parametrize("method", ["kendall", "polychoric two-step", "spearman"])
def test_intervals_stay_right_when_rare_answers_are_heavy(method):
    """Those who answer high are asked four times as often; weights undo it. Kish's n would be too large here."""
    rng, hits = np.random.default_rng(7), []
    many = answered(normal(0.6, 400_000, rng))
    true = {
        "kendall": stats.kendalltau(many["x"][:100_000], many["y"][:100_000])[0],
        "spearman": stats.spearmanr(many["x"], many["y"])[0],
        "polychoric two-step": 0.6,
    }[method]
    for _ in range(120):
        frame = answered(normal(0.6, 1200, rng))
        chance = np.where(frame["x"] >= 4, 0.4, 0.1)
        asked = rng.random(1200) < chance
        part, weights = frame[asked], pd.Series(1 / chance[asked], frame.index[asked])
        row = association.correlation(part["x"], part["y"], method, weights).iloc[0]
        hits.append(row["low"] <= true <= row["high"])
    assert np.mean(hits) == pytest.approx(0.95, abs=0.045)


def test_weights_are_repeated_rows_for_estimates_and_no_counts_for_intervals():
    frame = answered(normal(0.5, 120, np.random.default_rng(8)))
    weights = pd.Series(np.arange(120) % 3 + 1.0)
    again = frame.loc[frame.index.repeat(weights.astype(int))].reset_index(drop=True)
    weighted = association.compare(frame["x"], frame["y"], weights)
    repeated = association.compare(again["x"], again["y"])
    assert weighted["estimate"].tolist() == pytest.approx(repeated["estimate"].tolist(), abs=1e-7)
    assert (weighted["n"] == 120).all()
    assert (weighted["high"] - weighted["low"] > repeated["high"] - repeated["low"]).all()
    pd.testing.assert_frame_equal(
        association.compare(frame["x"], frame["y"], weights * 50), weighted, rtol=1e-6
    )
    equal = association.compare(frame["x"], frame["y"], weights * 0 + 3)
    pd.testing.assert_frame_equal(equal, association.compare(frame["x"], frame["y"]), rtol=1e-6)


def test_the_order_of_respondents_and_of_questions_changes_nothing():
    frame = answered(normal(0.5, 120, np.random.default_rng(9)))
    table, mixed = association.compare(frame["x"], frame["y"]), frame.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(association.compare(mixed["x"], mixed["y"]), table, rtol=1e-6)
    pd.testing.assert_frame_equal(association.compare(frame["y"], frame["x"]), table, rtol=1e-6)


@pytest.mark.parametrize("method", association.METHODS)
def test_turning_a_question_round_turns_the_correlation_round(method):
    frame = answered(normal(0.5, 120, np.random.default_rng(10)))
    one = association.correlation(frame["x"], frame["y"], method).iloc[0]
    other = association.correlation(frame["x"], -frame["y"], method).iloc[0]
    assert other[["estimate", "low", "high"]].tolist() == pytest.approx(
        [-one["estimate"], -one["high"], -one["low"]], abs=1e-6
    )


def test_steps_that_nobody_chose_and_uneven_numbers_play_no_part_for_ranks_and_polychoric():
    frame = answered(normal(0.5, 120, np.random.default_rng(11)))
    other = frame["x"].map({1: 0, 2: 1, 3: 7, 4: 8, 5: 100}).astype(float)
    ordered = ["spearman", "kendall", "polychoric"]
    one, two = estimates(frame)[ordered], estimates(frame.assign(x=other))[ordered]
    assert one.tolist() == pytest.approx(two.tolist(), abs=1e-9)


def test_the_fewer_the_steps_the_more_the_polychoric_correlation_restores():
    frame = answered(normal(0.7, 4000, np.random.default_rng(12)), [0.8], [-0.9])
    found = estimates(frame)
    assert found["pearson"] < 0.45
    assert found["polychoric"] == pytest.approx(0.7, abs=0.06)


def test_perfect_agreement_is_1_and_the_polychoric_interval_says_how_sure_that_is():
    x = pd.Series(np.repeat([1.0, 2, 3], 4))
    table = association.compare(x, x * 2)
    assert table["estimate"].tolist() == [1, 1, 1, 1]
    assert table.loc[["pearson", "spearman", "kendall"], ["low", "high"]].eq(1).all(axis=None)
    assert 0.5 < table.loc["polychoric", "low"] < 1 == table.loc["polychoric", "high"]
    against = association.compare(x, -x)
    assert against["estimate"].tolist() == [-1, -1, -1, -1]
    assert against.loc["polychoric", "high"] == pytest.approx(-table.loc["polychoric", "low"])
    longer = pd.concat([x] * 5, ignore_index=True)
    assert association.compare(longer, longer).loc["polychoric", "low"] > table.loc["polychoric", "low"]


@pytest.mark.parametrize("table", [[[5, 1], [0, 5]], [[1, 1], [0, 1]], [[30, 9], [0, 2]]])
def test_two_by_two_with_an_empty_corner_is_as_likely_as_can_be_at_1(table):
    assert polychoric.fit(np.array(table)).rho == 1
    assert polychoric.fit(np.array(table)[::-1]).rho == -1
    low, high = polychoric.interval(np.array(table), polychoric.fit(np.array(table)), np.sum(table))
    assert -1 <= low < 1 == high


def test_empty_cells_in_a_larger_table_are_no_obstacle():
    table = np.array([[9.0, 2, 0, 0], [1, 8, 2, 0], [0, 1, 9, 0], [0, 0, 1, 12]])
    fit = polychoric.fit(table)
    low, high = polychoric.interval(table, fit, table.sum())
    assert 0.9 < low < fit.rho < high < 1
    assert fit.rho == pytest.approx(brute(table, False)[1], abs=0.01)


def test_no_association_is_0():
    fit = polychoric.fit(np.outer([0.2, 0.3, 0.5], [0.1, 0.9]))
    assert fit.rho == pytest.approx(0, abs=1e-10)


@pytest.mark.parametrize(
    "table", [[[1, 2]], [[1, 0], [2, 0]], [[0, 0], [2, 1]], [[1, -1], [1, 1]], [[1, np.nan], [1, 1]]]
)
def test_a_table_with_nothing_to_compare_is_refused(table):
    with pytest.raises(SchemaError, match="A polychoric correlation needs"):
        polychoric.fit(np.array(table, float))


def test_passengers_satisfaction_and_recommendation():
    """0.58 is Spearman's correlation of the two questions in both years together."""
    sfo = pd.read_csv(DATA / "sfo_survey.csv.gz", usecols=["Q7ALL", "NETPRO"])
    table = association.compare(sfo["Q7ALL"], sfo["NETPRO"])
    assert round(table.loc["spearman", "estimate"], 2) == 0.58
    assert table.index.tolist() == ["pearson", "spearman", "kendall", "polychoric"]
    assert table.columns.tolist() == ["estimate", "low", "high", "n"]
    assert (table["n"] == len(sfo.dropna())).all()
    assert table["estimate"].idxmax() == "polychoric"


def test_amounts_have_no_polychoric_correlation():
    z = pd.DataFrame(normal(0.5, 40, np.random.default_rng(13)), columns=["spend", "visits"])
    table = association.compare(z["spend"], z["visits"])
    assert table.loc["polychoric", ["estimate", "low", "high"]].isna().all()
    assert table["n"].tolist() == [40] * 4
    assert raised(SchemaError, lambda: association.correlation(z["spend"], z["visits"], "polychoric")) == (
        "The polychoric correlation is for answers on a scale, and spend has 40 different values (at most 30). Amounts "
        "have Pearson's or Spearman's correlation."
    )


def test_four_respondents_leave_all_open_and_three_are_too_few():
    x, y = pd.Series([1.0, 2, 3, 4]), pd.Series([2.0, 1, 4, 3])
    row = association.correlation(x, y).iloc[0]
    assert row["low"] < -0.8
    assert row["high"] > 0.99
    assert raised(DomainError, lambda: association.correlation(x[:3], y[:3])) == (
        "A correlation needs at least 4 respondents who answered x, y; 3 of 3 did."
    )
    weights = pd.Series([1e-9, 1, 1, 1])
    assert association.correlation(x, y, weights=weights)[["low", "high"]].iloc[0].tolist() == pytest.approx(
        [-1, 1]
    )


def test_blanks_on_either_side_leave_a_respondent_out():
    frame = answered(normal(0.5, 60, np.random.default_rng(14)))
    blank = pd.concat(
        [frame, pd.DataFrame({"x": [1, np.nan, np.nan], "y": [np.nan, 9, np.nan]})], ignore_index=True
    )
    pd.testing.assert_frame_equal(
        association.compare(blank["x"], blank["y"]), association.compare(frame["x"], frame["y"])
    )


def test_wrong_questions_are_explained():
    x, y = pd.Series([1.0, 2, 3, 4], name="满意"), pd.Series([2.0, 2, 2, 2], name="推荐")
    assert raised(SchemaError, lambda: association.correlation(x, y, "Spearmann")) == (
        'There is no correlation "Spearmann". Did you mean "spearman"? '
        "Known: pearson, spearman, kendall, polychoric, polychoric two-step."
    )
    form = "x and y must be Series on one index: two answers of the same respondents."
    assert raised(SchemaError, lambda: association.correlation(x, y.iloc[::-1])) == form
    assert raised(SchemaError, lambda: association.compare([1, 2, 3, 4], y)) == form
    assert raised(DomainError, lambda: association.compare(x, y)) == (
        "A correlation: all 4 respondents gave 推荐 the same answer (2), so it cannot go together with anything. Leave "
        "it out, or check that the right column was read."
    )
    assert raised(DomainError, lambda: association.compare(x[:0], y[:0])) == (
        "A correlation needs at least 4 respondents who answered 满意, 推荐; 0 of 0 did. The table of answers is empty."
    )


def measured(rho: float, n: int, rng: np.random.Generator, noise: float = 1.0) -> pd.DataFrame:
    """Two scales of three items, each item what is measured plus an error of its own."""
    truth = normal(rho, n, rng)
    items = np.repeat(truth, 3, axis=1) + rng.normal(scale=noise, size=(n, 6))
    return pd.DataFrame(items, columns=list("abcdef"))


def test_corrected_correlation_by_definition():
    answers = MOBILE
    first, second = ["CUSA1", "CUSA2", "CUSA3"], ["CUSL1", "CUSL3"]
    row = association.disattenuated(answers, first, second, np.random.default_rng(1), resamples=50).iloc[0]
    reliable = []
    for items in (first, second):  # Guttman's λ₂, pair by pair
        table, k = answers[items].cov(), len(items)
        squares = sum(table.loc[one, other] ** 2 for one in items for other in items if one != other)
        alone = answers[items].var().sum() - np.sqrt(k / (k - 1) * squares)
        reliable.append(1 - alone / answers[items].sum(axis=1).var())
    observed = answers[first].mean(axis=1).corr(answers[second].mean(axis=1))
    assert row[["reliability_first", "reliability_second"]].tolist() == pytest.approx(reliable)
    assert row["observed"] == pytest.approx(observed)
    assert row["estimate"] == pytest.approx(observed / np.sqrt(reliable[0] * reliable[1]))
    assert row["low"] < row["estimate"] < row["high"]
    assert row["n"] == 250


def test_corrected_correlations_find_the_truth_behind_noisy_scales():
    rng, rows = np.random.default_rng(2), []
    for _ in range(80):
        answers = measured(0.6, 200, rng)
        rows.append(association.disattenuated(answers, list("abc"), list("def"), rng, resamples=150).iloc[0])
    table = pd.DataFrame(rows)
    assert table["observed"].mean() == pytest.approx(0.6 * 0.75, abs=0.02)
    assert table["estimate"].mean() == pytest.approx(0.6, abs=0.02)
    assert 0.87 <= ((table["low"] <= 0.6) & (table["high"] >= 0.6)).mean() <= 1


def test_guttman_lies_between_alpha_and_the_reliability():
    """One factor with loadings λ: the reliability of the sum is (Σλ)² over its variance."""
    for loadings in ([0.8, 0.8, 0.8], [0.61, 0.12, 0.89], [0.9, 0.5], [0.2, 0.4, 0.6, 0.8, 0.9]):
        size = np.array(loadings)
        covariance = np.outer(size, size) + np.diag(1 - size**2)
        alpha, guttman = float(factor.alpha(covariance)), float(factor.lambda_2(covariance))
        reliability = size.sum() ** 2 / covariance.sum()
        assert alpha <= guttman + 1e-12
        assert guttman <= reliability + 1e-12
        if len(set(loadings)) == 1 or len(loadings) == 2:
            assert guttman == pytest.approx(alpha)
        else:
            assert reliability - guttman < 0.6 * (reliability - alpha)


def test_one_poor_question_corrects_little_too_much():
    """Alpha alone would make 0.55 or more of a true 0.5 here, Guttman's λ₂ makes less than 0.53."""
    rng = np.random.default_rng(3)
    satisfied, loyal = normal(0.5, 200_000, rng).T
    size = np.array([0.67, 0.72, 0.81, 0.61, 0.12, 0.89])
    feelings = np.repeat([satisfied, loyal], 3, axis=0).T * size
    answers = pd.DataFrame(
        feelings + np.sqrt(1 - size**2) * rng.normal(size=feelings.shape), columns=list("abcdef")
    )
    row = association.disattenuated(answers, list("abc"), list("def"), rng, resamples=2).iloc[0]
    parts = [factor.alpha(answers[list(items)].cov().to_numpy()) for items in ("abc", "def")]
    assert row["observed"] / np.sqrt(np.prod(parts)) > 0.545
    assert 0.5 < row["estimate"] < 0.53


def test_a_corrected_correlation_above_1_is_told_as_it_is():
    """Errors shared between the scales (a with c, b with d) make the correction too large."""
    rng = np.random.default_rng(13)
    errors = np.tile(rng.normal(size=(60, 2)), 2) + 0.1 * rng.normal(size=(60, 4))
    answers = pd.DataFrame(rng.normal(size=(60, 1)) + errors, columns=list("abcd"))
    row = association.disattenuated(answers, ["a", "b"], ["c", "d"], np.random.default_rng(1)).iloc[0]
    assert row["estimate"] > 1 > row["observed"]
    assert row["low"] > 1


def test_corrected_with_weights_as_with_repeated_rows_in_any_order():
    answers = measured(0.6, 60, np.random.default_rng(4)).round()
    weights = pd.Series(np.arange(60) % 3 + 1.0)
    again = answers.loc[answers.index.repeat(weights.astype(int))].reset_index(drop=True)

    def ask(frame, given=None):
        return association.disattenuated(
            frame, list("abc"), list("def"), np.random.default_rng(1), given, 200
        )

    weighted, repeated = ask(answers, weights), ask(again)
    columns = ["estimate", "observed", "reliability_first", "reliability_second"]
    pd.testing.assert_frame_equal(weighted[columns], repeated[columns])
    mixed = answers.sample(frac=1, random_state=2)
    pd.testing.assert_frame_equal(ask(mixed, weights.loc[mixed.index]), weighted)
    pd.testing.assert_frame_equal(ask(answers, weights * 7), weighted)


def test_scales_that_cannot_be_corrected_are_refused():
    rng = np.random.default_rng(1)
    answers = measured(0.6, 40, rng)
    assert raised(SchemaError, lambda: association.disattenuated(answers, ["a"], ["b", "c"], rng)) == (
        "The first scale must be a list of two or more items: the reliability of a single answer cannot be seen in it."
    )
    assert raised(SchemaError, lambda: association.disattenuated(answers, ["a", "b"], ["b", "c"], rng)) == (
        "b is in both scales, so its error is in both and they agree by themselves. Put it in one."
    )
    against = answers.assign(b=-answers["a"] * 0.9 + answers["d"] * 0.1)
    assert raised(
        DomainError, lambda: association.disattenuated(against, ["a", "b"], ["c", "d"], rng)
    ).startswith("The first scale (a, b) has an alpha of -")
    assert raised(
        SchemaError, lambda: association.disattenuated(answers, ["a", "b"], ["c", "d"], rng, resamples=0)
    ) == ("resamples is a number of bootstrap samples, 1 or more; it is 0.")
