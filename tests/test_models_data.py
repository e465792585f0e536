"""Fits to unusual data: customers that were counted, models that are not true, and data that cannot tell.

Degenerate data have a decided answer: an error that says what to do, or a verdict "on a boundary" with answers that can
be defended.
"""

import numpy as np
import pandas as pd
import pytest
from statsmodels.discrete.discrete_model import NegativeBinomial

from crmtheory.errors import ConvergenceError, SchemaError
from crmtheory.models import ATTRITION, BGNBD, MBGNBD, MODELS, NBD, GammaGamma, ParetoNBD

THREE = pd.DataFrame(
    {"x": [1, 2, 0], "t_x": [3.0, 4.0, 0.0], "T": [9.0, 9.0, 9.0]}, index=["Ann", "Bob", "Cy"]
)

each_model = pytest.mark.parametrize("name", [*ATTRITION, "Gamma-Gamma"])


# Counted customers


@each_model
def test_a_row_that_stands_for_many_is_that_many_rows(name, cdnow):
    some = cdnow.head(300)
    numbers = np.arange(300) % 4  # 0 customers are no customer
    repeated = some.loc[some.index.repeat(numbers)]
    counted = MODELS[name].fit(some.assign(n=numbers), weights="n")
    assert counted.n == (
        numbers[(some["m"] > 0).to_numpy()].sum() if name == "Gamma-Gamma" else len(repeated)
    )
    alone = MODELS[name].fit(repeated)
    assert counted.loglik == pytest.approx(alone.loglik, rel=1e-12)
    np.testing.assert_allclose(counted.theta, alone.theta, rtol=1e-6)
    np.testing.assert_allclose(counted.cov, alone.cov, rtol=1e-4)


@pytest.mark.parametrize(("number", "shown"), [(-1, "-1"), (0.5, "0.5"), (np.nan, "nan")])
def test_counts_that_are_no_counts_are_refused(number, shown):
    with pytest.raises(SchemaError) as error:
        NBD().fit(THREE.assign(n=[2.0, number, 1.0]), weights="n")
    assert str(error.value) == (
        'Column "n" must say for how many customers each row stands: 1 of 3 rows have no whole number of 0 or more '
        f"there, first: Bob ({shown}). Leave these rows out."
    )


# The sandwich


@each_model
def test_the_robust_covariance_is_that_of_the_ordinary_one_where_the_model_is_true(name):
    rng = np.random.default_rng(8)
    crowd = ParetoNBD().simulate((0.8, 8.0, 0.7, 12.0), rng.uniform(30, 60, 20_000), rng)
    if name in ("NBD", "BG/NBD", "MBG/NBD"):
        theta = {"NBD": (0.8, 6.0)}.get(name, (0.8, 6.0, 0.9, 2.5))
        crowd = MODELS[name].simulate(theta, rng.uniform(30, 60, 20_000), rng)
    crowd["m"] = GammaGamma().simulate((6.25, 3.74, 15.44), crowd["x"], rng)
    plain, robust = MODELS[name].fit(crowd), MODELS[name].fit(crowd, robust=True)
    np.testing.assert_array_equal(plain.theta, robust.theta)
    assert robust.robust
    assert not plain.robust
    np.testing.assert_allclose(robust.se / plain.se, 1, atol=0.08)


def test_the_robust_covariance_of_the_nbd_is_that_of_statsmodels():
    """Its negative binomial regression without regressors is the NBD watched for equally long."""
    rng = np.random.default_rng(9)
    x = rng.poisson(rng.lognormal(0, 1, 3000))  # no gamma: the model is not true
    age = np.full(3000, 10.0)
    fit = NBD().fit(pd.DataFrame({"x": x, "t_x": np.where(x > 0, 5.0, 0.0), "T": age}), robust=True)
    peer = NegativeBinomial(x, np.ones(3000)).fit(disp=0, cov_type="HC0", method="newton", tol=1e-12)
    # there: ln of the mean, and 1 / r
    r, alpha = fit.theta
    gradient = np.array([[1 / r, -1 / alpha], [-1 / r**2, 0.0]])
    np.testing.assert_allclose([np.log(10 * r / alpha), 1 / r], peer.params, rtol=1e-5)
    np.testing.assert_allclose(gradient @ fit.cov @ gradient.T, peer.cov_params(), rtol=2e-3)


# What the likelihood cannot tell

REGULAR = {
    "everybody buys every week": {"x": [20.0] * 300, "t_x": [20.0] * 300, "T": [20.0] * 300},
    "a million identical customers": {
        "x": [3.0] * 1_000_000,
        "t_x": [10.0] * 1_000_000,
        "T": [20.0] * 1_000_000,
    },
    "everybody bought once": {"x": [1.0] * 300, "t_x": [20.0] * 300, "T": [20.0] * 300},
}


@pytest.mark.parametrize("data", REGULAR)
@pytest.mark.parametrize("name", ATTRITION)
def test_customers_without_differences_are_on_a_boundary_and_expected_to_go_on_as_they_did(name, data):
    frame = pd.DataFrame(REGULAR[data])
    fit = MODELS[name].fit(frame, unit="week")
    assert fit.verdict.status == "on a boundary"
    assert "compare with a simpler model" in fit.verdict.message
    table = fit.conditional(frame.head(1), 10, level=0.95).iloc[0]
    if data == "a million identical customers":
        rate = 3 / 20 if name == "NBD" else 3 / 10
        assert table["expected_purchases"] <= 10 * rate * 1.001
    elif not (name == "BG/NBD" and data == "everybody bought once"):
        rate = frame["x"][0] / 20
        assert table["expected_purchases"] == pytest.approx(10 * rate, rel=1e-3)
        # The rate is known as well as so many purchases tell it.
        error = rate * 10 / np.sqrt(frame["x"].sum())
        assert table["high"] - table["low"] == pytest.approx(2 * 1.96 * error, rel=0.05)
    else:
        # As likely as "nobody leaves": whoever was lost after one purchase cannot have bought again.
        assert table["expected_purchases"] <= 0.5


@pytest.mark.parametrize("name", ATTRITION)
def test_equal_ages_are_no_hindrance(name):
    theta = np.array({"NBD": (0.9, 8.0), "Pareto/NBD": (0.8, 8.0, 0.7, 12.0)}.get(name, (0.8, 6.0, 0.9, 2.5)))
    crowd = MODELS[name].simulate(theta, 40.0, np.random.default_rng(1), n=6000)
    table = MODELS[name].fit(crowd).table(level=0.999)
    assert ((table["low"] < theta) & (theta < table["high"])).all()


def test_rows_that_stand_for_nobody_are_as_good_as_absent():
    frame = pd.DataFrame(
        {"x": [0, 0, 0, 3], "t_x": [0.0, 0.0, 0.0, 5.0], "T": [9.0] * 4, "n": [30, 20, 9, 0]}
    )
    with pytest.raises(ConvergenceError, match="none of the 3 customers bought again"):
        BGNBD().fit(frame, weights="n")


def test_the_robust_errors_of_the_free_parameters_survive_one_on_a_boundary():
    rng = np.random.default_rng(4)
    crowd = NBD().simulate((0.9, 8.0), rng.uniform(20, 40, 3000), rng)
    plain, robust = MBGNBD().fit(crowd), MBGNBD().fit(crowd, robust=True)
    assert plain.verdict.status == "on a boundary"
    np.testing.assert_array_equal(plain.se.isna(), robust.se.isna())
    known = plain.se.notna() & (plain.se < plain.estimates)
    assert known[["r", "alpha"]].all()
    np.testing.assert_allclose((robust.se / plain.se)[known], 1, atol=0.2)


def test_where_only_a_boundary_says_so_nobody_is_alive_for_certain():
    """No sign of leaving in 3,000 customers does not prove that none has left: the limits are unknown, and not 1."""
    rng = np.random.default_rng(4)
    crowd = NBD().simulate((0.9, 8.0), rng.uniform(20, 40, 3000), rng)
    fit = ParetoNBD().fit(crowd)
    table = fit.p_alive(crowd, level=0.95)
    unsure = table["p_alive"] < 1
    assert unsure.any()
    assert table.loc[unsure, ["low", "high"]].isna().all(axis=None)
    purchases = fit.conditional(crowd, 10, level=0.95)
    assert (purchases["high"] > purchases["low"]).all()


def test_spend_of_part_of_a_purchase_is_refused():
    with pytest.raises(SchemaError) as error:
        GammaGamma().fit(pd.DataFrame({"x": [1.0, 2.5], "m": [3.0, 4.0]}, index=["Ann", "Bob"]))
    assert str(error.value) == (
        "x counts purchases and must be whole: 1 of 2 customers have another x, first: Bob (x = 2.5)."
    )
