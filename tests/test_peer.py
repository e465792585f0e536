"""The independent check: the package lifetimes finds what we find on CDNOW."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from crmtheory import datasets, peer
from crmtheory.errors import DomainError, SchemaError
from crmtheory.models import ATTRITION
from crmtheory.models.bg_bb import BGBB

SHARED = ("BG/NBD", "MBG/NBD", "Pareto/NBD")


@pytest.fixture(scope="module")
def tables(cdnow, cdnow_fits):
    return {name: peer.side_by_side(cdnow_fits[name], cdnow, 39.0) for name in SHARED}


@pytest.mark.parametrize("name", SHARED)
def test_both_packages_find_the_same_maximum(name, tables, cdnow_fits):
    """In likelihood: lifetimes may not beat us, nor be worse by more than 0.01."""
    table = tables[name]
    assert table.loc["log-likelihood", "crmtheory"] == cdnow_fits[name].loglik
    lead = table.loc["log-likelihood", "crmtheory"] - table.loc["log-likelihood", "lifetimes"]
    assert -1e-6 <= lead <= 0.01
    parameters = table.loc[cdnow_fits[name].names]
    assert (parameters["crmtheory"] - parameters["lifetimes"]).abs().max() < 0.05 * cdnow_fits[name].se.max()


@pytest.mark.parametrize("name", SHARED)
def test_both_packages_expect_the_same_purchases_in_the_holdout(name, tables):
    expected = tables[name].loc["expected purchases, all customers"]
    assert expected["crmtheory"] == pytest.approx(expected["lifetimes"], rel=5e-3)


@pytest.mark.parametrize("name", SHARED)
def test_with_the_same_parameters_both_give_each_customer_the_same_probability(name, cdnow):
    fitter = peer.lifetimes_fitter(name, cdnow)
    theirs = np.asarray(fitter.conditional_probability_alive(cdnow["x"], cdnow["t_x"], cdnow["T"]), float)
    columns = (cdnow[column].to_numpy(float) for column in ("x", "t_x", "T"))
    ours = ATTRITION[name].p_alive(np.asarray(fitter.params_, float), *columns)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_the_table_names_every_parameter_and_leaves_the_summary_alone(cdnow, cdnow_fits):
    given = cdnow.copy(deep=True)
    table = peer.side_by_side(cdnow_fits["BG/NBD"], given, 39.0)
    assert table.columns.tolist() == ["crmtheory", "lifetimes"]
    assert table.index.tolist() == [
        "r", "alpha", "a", "b", "log-likelihood", "expected purchases, all customers"
    ]  # fmt: skip
    pd.testing.assert_frame_equal(given, cdnow)


def test_a_model_the_other_package_does_not_have_is_refused(cdnow):
    with pytest.raises(DomainError) as error:
        peer.lifetimes_fitter("NBD", cdnow)
    assert str(error.value) == "lifetimes has no NBD. It has BG/NBD, MBG/NBD, Pareto/NBD, Gamma-Gamma, BG/BB."


def test_a_model_of_spend_is_not_put_side_by_side(cdnow, cdnow_fits):
    with pytest.raises(DomainError) as error:
        peer.side_by_side(cdnow_fits["Gamma-Gamma"], cdnow, 39.0)
    assert str(error.value) == "side_by_side compares BG/NBD, MBG/NBD, Pareto/NBD, not Gamma-Gamma."


def test_both_packages_find_the_same_gamma_gamma(cdnow, cdnow_fits):
    theirs = peer.lifetimes_fitter("Gamma-Gamma", cdnow)
    np.testing.assert_allclose(theirs.params_, cdnow_fits["Gamma-Gamma"].theta, rtol=1e-3)


# Our fits as objects of the other package


@pytest.mark.parametrize("name", SHARED)
def test_a_fit_handed_over_predicts_for_each_customer_what_it_predicts_here(name, cdnow, cdnow_fits):
    fit, fitter = cdnow_fits[name], peer.to_lifetimes(cdnow_fits[name])
    x, t_x, T = (cdnow[column] for column in ("x", "t_x", "T"))
    alive = np.asarray(fitter.conditional_probability_alive(x, t_x, T), float)
    np.testing.assert_allclose(alive, fit.p_alive(cdnow), rtol=1e-9)
    np.testing.assert_allclose(fitter.predict(39.0, x, t_x, T), fit.conditional(cdnow, 39.0), rtol=1e-8)
    times = np.array([1.0, 39.0, 100.0])
    theirs = fitter.expected_number_of_purchases_up_to_time(times)
    np.testing.assert_allclose(theirs, fit.expected(times), rtol=1e-9)


def test_a_gamma_gamma_handed_over_has_v_for_gamma_and_expects_the_same_spend(cdnow, cdnow_fits):
    fit, fitter = cdnow_fits["Gamma-Gamma"], peer.to_lifetimes(cdnow_fits["Gamma-Gamma"], cdnow)
    assert fitter.params_.index.tolist() == ["p", "q", "v"]
    repeat = cdnow[cdnow["m"] > 0]
    assert fitter.data.index.equals(repeat.index)
    expected = fit.conditional_mean(repeat)
    np.testing.assert_allclose(fitter.conditional_expected_average_profit(), expected, rtol=1e-12)


def test_a_customer_lifetime_value_of_the_other_package_runs_on_two_fits_handed_over(cdnow, cdnow_fits):
    buying, spend = (peer.to_lifetimes(cdnow_fits[name]) for name in ("BG/NBD", "Gamma-Gamma"))
    history = [cdnow[column] for column in ("x", "t_x", "T")]
    value = spend.customer_lifetime_value(
        buying, *history, cdnow["m"].fillna(0.0), time=12, discount_rate=0.0, freq="W"
    )
    weeks = 12 * 4.345  # so long are its months
    ours = cdnow_fits["BG/NBD"].conditional(cdnow, weeks) * cdnow_fits["Gamma-Gamma"].conditional_mean(cdnow)
    np.testing.assert_allclose(value, ours, rtol=1e-9)


@pytest.mark.parametrize("name", [*SHARED, "Gamma-Gamma"])
def test_a_fit_handed_over_has_all_that_a_fit_of_the_other_package_has(name, cdnow, cdnow_fits):
    theirs, ours = peer.lifetimes_fitter(name, cdnow), peer.to_lifetimes(cdnow_fits[name], cdnow)
    assert type(ours) is type(theirs)
    assert set(vars(theirs)) <= set(vars(ours))
    assert ours.params_.index.equals(theirs.params_.index)
    pd.testing.assert_frame_equal(ours.data.reset_index(drop=True), theirs.data)
    assert getattr(ours, "_scale", None) == getattr(theirs, "_scale", None)
    np.testing.assert_allclose(
        ours._negative_log_likelihood_, theirs._negative_log_likelihood_, rtol=1e-6
    )  # two maxima of one function


@pytest.mark.parametrize("name", [*SHARED, "Gamma-Gamma"])
def test_standard_errors_covariance_and_intervals_handed_over_are_ours(name, cdnow_fits):
    fit, fitter = cdnow_fits[name], peer.to_lifetimes(cdnow_fits[name])
    np.testing.assert_array_equal(fitter.params_, fit.theta)
    np.testing.assert_array_equal(fitter.variance_matrix_, fit.cov)
    np.testing.assert_array_equal(fitter.standard_errors_, fit.se)
    table = fitter.summary
    assert table.columns.tolist() == ["coef", "se(coef)", "lower 95% bound", "upper 95% bound"]
    assert table.index.tolist() == fitter.params_.index.tolist()
    np.testing.assert_array_equal(table, fit.table()[["estimate", "se", "low", "high"]])


def test_a_fit_handed_over_prints_as_the_other_package_does(cdnow, cdnow_fits):
    fit = cdnow_fits["BG/NBD"]
    assert repr(peer.to_lifetimes(fit)) == "<lifetimes.BetaGeoFitter: a: 0.79, alpha: 4.41, b: 2.43, r: 0.24>"
    printed = "<lifetimes.BetaGeoFitter: fitted with 2357 subjects, a: 0.79, alpha: 4.41, b: 2.43, r: 0.24>"
    assert repr(peer.to_lifetimes(fit, cdnow)) == printed


@pytest.fixture
def canvas(monkeypatch):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    yield pyplot
    pyplot.close("all")


@pytest.mark.parametrize("name", SHARED)
def test_the_plots_of_the_other_package_take_a_fit_handed_over(name, cdnow, cdnow_fits, canvas):
    from lifetimes import plotting

    fitter = peer.to_lifetimes(cdnow_fits[name], cdnow.head(200))
    x, t_x, T = 3, 10, 38  # by column, row, and the greatest age in weeks, cut to a whole number
    axes = plotting.plot_probability_alive_matrix(fitter)
    shown = axes.images[0].get_array()[t_x, x]
    model, theta = cdnow_fits[name].model, cdnow_fits[name].theta
    assert shown == pytest.approx(float(model.p_alive(theta, x, t_x, T)), rel=1e-9)
    canvas.close("all")
    axes = plotting.plot_frequency_recency_matrix(fitter, T=5, max_frequency=4, max_recency=T)
    shown = axes.images[0].get_array()[t_x, x]
    assert shown == pytest.approx(float(model.conditional(theta, 5, x, t_x, T)), rel=1e-9)
    canvas.close("all")
    axes = plotting.plot_period_transactions(fitter)
    bars = [bar.get_height() for bar in axes.containers[0]]
    assert bars[:3] == cdnow.head(200)["x"].value_counts().sort_index().tolist()[:3]


def test_customers_counted_in_a_column_stand_for_so_many(cdnow):
    counted = cdnow.groupby(["x", "t_x", "T"], as_index=False).size()
    counted.attrs = cdnow.attrs
    fit = ATTRITION["BG/NBD"].fit(counted, weights="size")
    one_by_one = peer.to_lifetimes(fit, cdnow)
    by_count = peer.to_lifetimes(fit, counted, weights="size")
    assert by_count.data["weights"].sum() == len(cdnow)
    assert by_count._negative_log_likelihood_ == pytest.approx(
        one_by_one._negative_log_likelihood_, rel=1e-12
    )


def test_a_fit_handed_over_shares_no_numbers_with_ours(cdnow, cdnow_fits):
    fit, given = cdnow_fits["BG/NBD"], cdnow.copy(deep=True)
    fitter = peer.to_lifetimes(fit, given)
    before = fit.theta.copy()
    fitter.params_["r"] = 99.0
    fitter.data["frequency"] = 0
    np.testing.assert_array_equal(fit.theta, before)
    pd.testing.assert_frame_equal(given, cdnow)


def test_a_summary_in_another_unit_is_not_handed_over(cdnow_log, cdnow_fits):
    with pytest.raises(SchemaError, match="fitted to ages in weeks, but this summary has ages in days"):
        peer.to_lifetimes(cdnow_fits["BG/NBD"], cdnow_log.summary(unit="day"))


def test_a_fit_of_a_model_the_other_package_does_not_have_is_not_handed_over(cdnow_fits):
    with pytest.raises(DomainError) as error:
        peer.to_lifetimes(cdnow_fits["NBD"])
    assert str(error.value) == "lifetimes has no NBD. It has BG/NBD, MBG/NBD, Pareto/NBD, Gamma-Gamma, BG/BB."


@pytest.mark.parametrize(
    ("lead", "words"),
    [
        (2e-5, "differ by less than 0.0001: both found the same maximum."),
        (-0.0042, "differ by 0.0042: both found the same maximum."),
        (1234.5, "differ by 1,234.5000: lifetimes stopped before the maximum."),
        (-0.02, "differ by 0.0200: our search stopped before the maximum."),
    ],
)
def test_a_difference_in_likelihood_is_put_into_words(lead, words):
    assert peer.in_words(lead).endswith(words)


def test_what_the_other_package_warns_of_says_nothing_about_our_data_and_is_kept_quiet():
    """In a fresh interpreter, since some of it happens once, on import."""
    program = (
        "import numpy as np\n"
        "from crmtheory import peer\n"
        "from crmtheory.models import BGNBD\n"
        "people = BGNBD().simulate((0.8, 6, 0.9, 2.5), 30.0, np.random.default_rng(1), n=300)\n"
        "import warnings\n"
        "warnings.simplefilter('error')\n"
        "peer.lifetimes_fitter('BG/NBD', people)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


# BG/BB: opportunities instead of time


@pytest.fixture(scope="module")
def donors():
    """Fader, Hardie & Shang's donors, counted: one row stands for `weights` of them."""
    table = pd.read_csv(datasets.path("donations"))
    return table.rename(columns={"frequency": "x", "recency": "t_x", "periods": "T"})


@pytest.fixture(scope="module")
def donors_fit(donors):
    return BGBB().fit(donors, unit="year", weights="weights")


def test_a_bg_bb_handed_over_predicts_for_each_history_what_it_predicts_here(donors, donors_fit):
    fitter = peer.to_lifetimes(donors_fit, donors, weights="weights")
    history = [donors[column].to_numpy() for column in ("x", "t_x", "T")]
    theirs = fitter.conditional_expected_number_of_purchases_up_to_time(5, *history)
    np.testing.assert_allclose(theirs, donors_fit.conditional(donors, 5), rtol=1e-9)
    model, theta = donors_fit.model, donors_fit.theta
    for later in (0, 1, 4):
        theirs = fitter.conditional_probability_alive(later, *history)
        np.testing.assert_allclose(theirs, model.p_alive_later(theta, later, *history), rtol=1e-9)


def test_a_bg_bb_handed_over_expects_the_counts_that_were_fitted(donors, donors_fit):
    fitter = peer.to_lifetimes(donors_fit, donors, weights="weights")
    theirs = fitter.expected_number_of_transactions_in_first_n_periods(6)["model"]
    ours = donors["weights"].sum() * donors_fit.model.pmf(donors_fit.theta, theirs.index.to_numpy(), 6)
    np.testing.assert_allclose(theirs, ours, rtol=1e-9)


def test_new_donors_are_drawn_for_as_many_opportunities_as_the_old_ones_had(donors, donors_fit):
    fitter = peer.to_lifetimes(donors_fit, donors, weights="weights")
    drawn = fitter.generate_new_data(size=50)
    assert len(drawn) == 50
    assert (drawn["n_periods"] == 6).all()
    assert drawn["frequency"].between(0, 6).all()


def test_a_bg_bb_handed_over_has_all_that_a_fit_of_the_other_package_has(donors, donors_fit):
    theirs = peer.lifetimes_fitter("BG/BB", donors, weights="weights")
    ours = peer.to_lifetimes(donors_fit, donors, weights="weights")
    assert type(ours) is type(theirs)
    assert set(vars(theirs)) <= set(vars(ours))
    assert ours.params_.index.equals(theirs.params_.index)
    pd.testing.assert_frame_equal(ours.data, theirs.data)
    np.testing.assert_allclose(ours.params_, theirs.params_, rtol=2e-3)
    assert ours._negative_log_likelihood_ == pytest.approx(theirs._negative_log_likelihood_, rel=1e-9)
