"""Rankings under weights are those of the customers drawn as often as the weights say."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmtheory import concentration, holdout
from crmtheory.ranks import by_value, ranking


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.fixture
def drawn():
    """Predictions and outcomes of 60 customers with ties, and how often each is in 8 samples."""
    random = rng()
    predicted, actual = random.integers(0, 12, 60) / 4, random.poisson(1.5, 60).astype(float)
    return predicted, actual, random.multinomial(60, np.full(60, 1 / 60), size=8).astype(float)


def test_the_correlation_is_spearmans_of_the_drawn_customers(drawn):
    predicted, actual, weights = drawn
    rho, _ = ranking(predicted, actual, weights)
    for found, times in zip(rho, weights.astype(int), strict=True):
        mine, theirs = np.repeat(predicted, times), np.repeat(actual, times)
        assert found == pytest.approx(stats.spearmanr(mine, theirs).statistic, rel=1e-12)


def test_the_best_tenth_bought_what_the_captured_part_of_the_drawn_customers_is(drawn):
    predicted, actual, weights = drawn
    _, top = ranking(predicted, actual, weights)
    for found, times in zip(top, weights.astype(int), strict=True):
        mine, theirs = np.repeat(predicted, times), np.repeat(actual, times)
        captured = concentration.captured(mine, theirs, share=0.1)
        assert found == pytest.approx(captured * theirs.sum(), rel=1e-12)


def test_weights_below_and_at_a_value_are_those_of_the_customers_with_it():
    code, below, own = by_value(np.array([3.0, 1.0, 3.0]), np.array([[1.0, 2.0, 4.0]]))
    assert code.tolist() == [1, 0, 1]
    assert (below.tolist(), own.tolist()) == ([[0.0, 2.0]], [[2.0, 5.0]])


@pytest.mark.parametrize("constant", ["predicted", "actual"])
def test_where_all_are_equal_there_is_no_correlation(constant):
    values = {"predicted": np.arange(10.0), "actual": np.arange(10.0), constant: np.ones(10)}
    rho, top = ranking(values["predicted"], values["actual"], np.ones((1, 10)))
    assert np.isnan(rho[0])
    assert top[0] == pytest.approx({"predicted": 4.5, "actual": 1.0}[constant])


def test_the_limits_of_scores_are_percentiles_of_the_measures_of_each_sample():
    """The plain way: draw the customers, then compute each measure on those drawn."""
    random, n = rng(), 80
    actual = pd.Series(random.poisson(1.0, n).astype(float))
    guess = pd.Series(np.round(random.gamma(1.0, 1.0, n), 1))
    table = holdout.scores({"guess": guess}, actual, rng(), resamples=40).set_index("measure")
    again, rows = rng(), []
    for _ in range(40):
        pick = again.integers(0, n, n)
        mine, theirs = guess.to_numpy()[pick], actual.to_numpy()[pick]
        error = mine - theirs
        rows.append(
            {
                "bias": mine.sum() / theirs.sum() - 1,
                "MAE": np.abs(error).mean(),
                "RMSE": np.sqrt((error**2).mean()),
                "rank correlation": stats.spearmanr(mine, theirs).statistic,
                "top-decile lift": concentration.captured(mine, theirs, share=0.1) / 0.1,
            }
        )
    plain = pd.DataFrame(rows).quantile([0.025, 0.975])
    for measure, limits in plain.items():
        found = table.loc[measure, ["low", "high"]].astype(float).to_numpy()
        np.testing.assert_allclose(found, limits, rtol=1e-12)
