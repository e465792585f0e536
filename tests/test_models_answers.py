"""What fits answer besides estimates: counts, survival, waits, intervals of confidence and of prediction, and totals.

Notation as in the package: x repeat purchases, t_x age at the last, T age at the end of observation, t a further
time. Simulated answers are compared within 4 standard errors.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from typical import HISTORIES, THETA, each_model

from crmtheory.errors import DomainError, SchemaError
from crmtheory.models import ATTRITION, BGNBD, NBD, GammaGamma, ParetoNBD
from crmtheory.models.intervals import interval

each_history = pytest.mark.parametrize("history", HISTORIES, ids=str)


def drawn_futures(model, t, history, n=40_000):
    """Purchases in t, and the moment of leaving, of n customers with this history."""
    columns = (np.full(n, float(value)) for value in history)
    customer, _, leaves = model.future(THETA[model.name], t, *columns, np.random.default_rng(11))
    return np.bincount(customer, minlength=n), leaves


def assert_share(happened, p):
    """A simulated share is p within 4 standard errors."""
    assert abs(happened.mean() - p) <= 4 * np.sqrt(max(p * (1 - p), 1e-4) / len(happened))


# Counts


@each_history
@each_model
def test_counts_of_simulated_futures_have_the_probabilities_of_the_model(model, history):
    counts, _ = drawn_futures(model, 20.0, history)
    for y in (0, 1, 2, 5):
        assert_share(counts == y, float(model.pmf(THETA[model.name], y, 20.0, *history)))


@each_history
@each_model
def test_the_probabilities_of_all_counts_add_up_to_1_and_have_the_expectation_as_mean(model, history):
    theta, y = THETA[model.name], np.arange(1500.0)
    p = model.pmf(theta, y, 20.0, *history)
    assert p.sum() == pytest.approx(1, abs=1e-9)
    assert p @ y == pytest.approx(float(model.conditional(theta, 20.0, *history)), rel=1e-6)


@each_history
@each_model
def test_no_purchase_is_a_count_of_0(model, history):
    theta = THETA[model.name]
    for t in (0.0, 1e-3, 7.0, 500.0):
        wanted = float(model.p_no_purchase(theta, t, *history))
        assert float(model.pmf(theta, 0, t, *history)) == pytest.approx(wanted, rel=1e-10)


@each_model
def test_counts_of_a_new_customer_are_those_of_a_customer_without_a_history(model):
    theta, y = THETA[model.name], np.arange(9.0)
    np.testing.assert_array_equal(model.pmf(theta, y, 15.0), model.pmf(theta, y, 15.0, 0, 0, 0))


@each_model
def test_two_spans_of_time_make_one(model):
    """The count in 15 after a silent 5, weighted, is part of the count in 20: P(0 then y) ≤ P(y in 20)."""
    theta = THETA[model.name]
    first = model.p_no_purchase(theta, 5.0, 3, 20, 25)
    for y in range(6):
        later = first * model.pmf(theta, y, 15.0, 3, 20, 30)
        assert later <= model.pmf(theta, y, 20.0, 3, 20, 25) + 1e-12
    # Nothing in both spans is nothing in the whole.
    nothing = first * model.pmf(theta, 0, 15.0, 3, 20, 30)
    assert float(nothing) == pytest.approx(float(model.pmf(theta, 0, 20.0, 3, 20, 25)), rel=1e-10)


@pytest.mark.parametrize("y", [-1, 0.5, np.nan, np.inf])
def test_a_count_is_whole_and_not_negative(y):
    with pytest.raises(DomainError) as error:
        BGNBD().pmf(THETA["BG/NBD"], y, 10.0)
    assert str(error.value) == "A number of purchases must be whole and 0 or more."


def test_counts_need_an_end():
    with pytest.raises(DomainError) as error:
        BGNBD().pmf(THETA["BG/NBD"], 1, np.inf)
    assert str(error.value) == "A number of purchases needs a finite time."


def test_counts_of_the_nbd_are_negative_binomial():
    y = np.arange(12)
    wanted = stats.nbinom.pmf(y, 0.9 + 3, (8.0 + 25) / (8.0 + 25 + 10))
    np.testing.assert_allclose(NBD().pmf((0.9, 8.0), y, 10.0, 3, 20, 25), wanted, rtol=1e-12)


def test_the_table_of_counts_has_a_column_a_count(cdnow, cdnow_fits):
    table = cdnow_fits["BG/NBD"].pmf(cdnow, "13 weeks", most=3)
    assert table.columns.tolist() == [0, 1, 2, 3]
    assert table.index.equals(cdnow.index)
    wanted = cdnow_fits["BG/NBD"].p_no_purchase(cdnow, "13 weeks")
    np.testing.assert_allclose(table[0], wanted, rtol=1e-10)


def test_probabilities_of_counts_have_intervals(cdnow, cdnow_fits):
    fit, some = cdnow_fits["Pareto/NBD"], cdnow.head(30)
    table = fit.pmf(some, "13 weeks", most=2, level=0.95)
    assert table.columns.tolist() == [(y, part) for y in range(3) for part in ("pmf", "low", "high")]
    for y in range(3):
        np.testing.assert_array_equal(table[y]["pmf"], fit.pmf(some, "13 weeks", most=2)[y])
        assert ((table[y]["low"] <= table[y]["pmf"]) & (table[y]["pmf"] <= table[y]["high"])).all()


# Staying


@each_history
@each_model
def test_those_who_are_still_customers_later_are_as_many_as_simulated(model, history):
    _, leaves = drawn_futures(model, 25.0, history)
    assert_share(leaves > 25.0, float(model.p_alive_later(THETA[model.name], 25.0, *history)))


@each_model
def test_staying_starts_at_1_and_falls(model):
    theta, t = THETA[model.name], np.array([0.0, 1e-6, 1.0, 30.0, 1000.0])
    for x, T in ((0, 10.0), (5, 30.0)):
        stays = model.survival_alive(theta, t, x, T)
        assert stays[0] == 1
        assert np.all(np.diff(stays) <= 0)
        assert np.all((stays >= 0) & (stays <= 1))


@each_model
def test_asking_later_at_once_is_asking_now(model, cdnow, cdnow_fits):
    fit = cdnow_fits[model.name]
    pd.testing.assert_series_equal(fit.p_alive(cdnow), fit.p_alive(cdnow, t=0))
    assert (fit.p_alive(cdnow, "20 weeks") <= fit.p_alive(cdnow) + 1e-12).all()


# Waiting


@each_model
def test_the_median_wait_of_the_living_is_no_longer_than_that_of_all(model):
    theta = THETA[model.name]
    for history in HISTORIES[:5]:
        alive = model.median_wait(theta, *history, given_alive=True)
        assert alive <= model.median_wait(theta, *history) * (1 + 1e-10)
        if np.isfinite(alive):
            assert float(model.pmf_alive(theta, 0, alive, history[0], history[2])) == pytest.approx(0.5)


def test_somebody_who_may_have_left_waits_for_ever_but_not_if_known_to_be_alive():
    theta, history = THETA["Pareto/NBD"], (9, 6, 30)
    assert ParetoNBD().median_wait(theta, *history) == np.inf
    assert np.isfinite(ParetoNBD().median_wait(theta, *history, given_alive=True))


def test_the_interval_of_the_wait_holds_it_and_is_infinite_where_it_may_be(cdnow, cdnow_fits):
    fit, some = cdnow_fits["Pareto/NBD"], cdnow.drop_duplicates(["x", "t_x", "T"]).head(150)
    table = fit.median_wait(some, level=0.95)
    assert table["median_wait"].equals(fit.median_wait(some))
    assert (table["low"] <= table["median_wait"]).all()
    assert (table["high"] >= table["median_wait"]).all()
    assert np.isinf(table.loc[np.isinf(table["median_wait"]), "high"]).all()


# Confidence

QUESTIONS = {
    "p_alive": ((), "p_alive"),
    "conditional": (("26 weeks",), "expected_purchases"),
    "p_no_purchase": (("13 weeks",), "p_no_purchase"),
    "discounted": (("52 weeks", 0.1), "discounted_purchases"),
}


@pytest.mark.parametrize("question", QUESTIONS)
@each_model
def test_intervals_hold_the_estimate_and_keep_within_their_range(model, question, cdnow, cdnow_fits):
    arguments, name = QUESTIONS[question]
    fit = cdnow_fits[model.name]
    table = getattr(fit, question)(cdnow, *arguments, level=0.95)
    assert table.columns.tolist() == [name, "low", "high"]
    pd.testing.assert_series_equal(table[name], getattr(fit, question)(cdnow, *arguments))
    assert ((table["low"] <= table[name]) & (table[name] <= table["high"])).all()
    assert (table["low"] >= 0).all()
    if question.startswith("p_"):
        assert (table["high"] <= 1).all()


@pytest.mark.parametrize("question", QUESTIONS)
def test_intervals_are_those_of_parameters_drawn_around_the_estimate(question, cdnow, cdnow_fits):
    fit, some, rng = cdnow_fits["BG/NBD"], cdnow.iloc[::150], np.random.default_rng(2)
    arguments, _ = QUESTIONS[question]
    table = getattr(fit, question)(some, *arguments, level=0.95)
    given = {"conditional": (26,), "p_no_purchase": (13,), "discounted": (52.0, np.log(1.1) * 7 / 365.25)}
    columns = [some[c].to_numpy(float) for c in ("x", "t_x", "T")]
    draws = [
        getattr(fit.model, question)(fit.draw(rng), *given.get(question, ()), *columns) for _ in range(600)
    ]
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    width = np.asarray(table["high"] - table["low"])
    uncertain = width > 1e-12
    assert np.all(np.abs(table["low"] - low)[uncertain] <= 0.15 * width[uncertain])
    assert np.all(np.abs(table["high"] - high)[uncertain] <= 0.15 * width[uncertain])


def test_a_wider_level_gives_a_wider_interval(cdnow, cdnow_fits):
    fit = cdnow_fits["Pareto/NBD"]
    narrow, wide = (fit.conditional(cdnow, 26, level=level) for level in (0.5, 0.99))
    assert (wide["low"] < narrow["low"]).all()
    assert (wide["high"] > narrow["high"]).all()


@pytest.mark.parametrize("level", [0, 1, 95, np.nan])
def test_a_level_is_a_share(level, cdnow, cdnow_fits):
    with pytest.raises(DomainError) as error:
        cdnow_fits["BG/NBD"].p_alive(cdnow, level=level)
    wanted = f"The level of an interval lies between 0 and 1 (0.95 is usual), not {level}."
    assert str(error.value) == wanted


def test_what_is_certain_has_an_interval_without_width():
    low, high = interval(np.array([0.0, 1.0]), np.array([0.0, 0.0]), 0.95, "probability")
    assert low.tolist() == high.tolist() == [0, 1]
    low, high = interval(np.array([0.0]), np.array([0.0]), 0.95, "number")
    assert low.tolist() == high.tolist() == [0]


def test_a_number_known_badly_has_an_interval_from_0():
    low, high = interval(np.array([1.0]), np.array([3.0]), 0.95, "number")
    assert low[0] == 0
    assert high[0] == pytest.approx(1 + 3 * stats.norm.ppf(0.975))


@each_model
def test_the_total_is_the_sum_and_its_errors_do_not_average_out(model, cdnow, cdnow_fits):
    fit = cdnow_fits[model.name]
    each = fit.conditional(cdnow, "39 weeks", level=0.95)
    row = fit.total("conditional", cdnow, "39 weeks").iloc[0]
    assert row["customers"] == len(cdnow)
    assert row["total"] == pytest.approx(each["expected_purchases"].sum())
    independent = np.sqrt((((each["high"] - each["low"]) / 2) ** 2).sum())
    assert row["high"] - row["low"] > 2 * independent


def test_totals_of_other_answers_are_sums_too(cdnow, cdnow_fits):
    fit = cdnow_fits["Pareto/NBD"]
    assert fit.total("p_alive", cdnow)["total"].item() == pytest.approx(fit.p_alive(cdnow).sum())
    later = fit.total("p_alive", cdnow, "10 weeks")["total"].item()
    assert later == pytest.approx(fit.p_alive(cdnow, "10 weeks").sum())
    dert = fit.total("discounted", cdnow, "inf", 0.1)["total"].item()
    assert dert == pytest.approx(fit.discounted(cdnow, "inf", 0.1).sum())


def test_a_total_nobody_knows_is_refused(cdnow, cdnow_fits):
    with pytest.raises(SchemaError) as error:
        cdnow_fits["BG/NBD"].total("expected_purchases", cdnow, 3)
    wanted = (
        'There is no question "expected_purchases". Did you mean "p_no_purchase"? '
        "Known: p_alive, conditional, p_no_purchase, discounted."
    )
    assert str(error.value) == wanted


def test_the_expectation_of_a_new_customer_has_an_interval(cdnow_fits):
    table = cdnow_fits["BG/NBD"].expected([0.0, 13.0, 52.0], level=0.95)
    assert table.index.tolist() == [0, 13, 52]
    assert table.iloc[0].tolist() == [0, 0, 0]
    assert (table["low"].iloc[1:] < table["expected"].iloc[1:]).all()


def test_mean_spend_has_an_interval(cdnow, cdnow_fits):
    table = cdnow_fits["Gamma-Gamma"].conditional_mean(cdnow, level=0.95)
    assert (table["low"] < table["expected_spend"]).all()
    assert (table["expected_spend"] < table["high"]).all()
    one = table.loc[cdnow["x"] == 0, "high"] - table.loc[cdnow["x"] == 0, "low"]
    assert one.nunique() == 1


# Prediction


@each_model
def test_prediction_intervals_hold_what_simulated_customers_do(model):
    """Parameters are known here but for their estimated error; counts are discrete, so at least 95 % are held."""
    crowd = model.simulate(THETA[model.name], 30.0, np.random.default_rng(3), n=4000, t=20.0)
    fit = model.fit(crowd, unit="week")
    table = fit.prediction(crowd, 20, np.random.default_rng(4), draws=400)
    held = (crowd["x_holdout"] >= table["low"]) & (crowd["x_holdout"] <= table["high"])
    assert 0.94 <= held.mean() <= 1
    assert (table["low"] <= table["high"]).all()
    assert (table["low"] % 1 == 0).all()
    pd.testing.assert_series_equal(table["expected_purchases"], fit.conditional(crowd, 20))


def test_a_prediction_is_wider_than_a_confidence_interval(cdnow, cdnow_fits):
    fit = cdnow_fits["Pareto/NBD"]
    sure = fit.conditional(cdnow, 39, level=0.95)
    will = fit.prediction(cdnow, 39, np.random.default_rng(1), draws=200)
    busy = fit.conditional(cdnow, 39) > 3
    assert (will["high"] - will["low"])[busy].min() > (sure["high"] - sure["low"])[busy].min()


def test_the_same_seed_gives_the_same_prediction_whatever_the_order_of_customers(cdnow, cdnow_fits):
    fit = cdnow_fits["BG/NBD"]
    one = fit.prediction(cdnow, 10, np.random.default_rng(5), draws=60)
    other = fit.prediction(cdnow.iloc[::-1], 10, np.random.default_rng(5), draws=60)
    pd.testing.assert_frame_equal(one, other.loc[cdnow.index])


def test_nobody_gets_no_prediction(cdnow, cdnow_fits):
    table = cdnow_fits["BG/NBD"].prediction(cdnow.iloc[:0], 10, np.random.default_rng(5), draws=10)
    assert len(table) == 0


# Spend whose mean does not exist


def test_without_a_mean_the_median_is_given():
    people = pd.DataFrame({"x": [1, 3, 2], "m": [10.0, 20.0, 5.0]}, index=list("abc"))
    fit = GammaGamma().fit(
        pd.DataFrame({"x": [1] * 400, "m": stats.lomax.rvs(0.7, size=400, random_state=1) * 10})
    )
    with pytest.raises(DomainError, match=r"does not exist\. The median customer spends"):
        fit.mean()
    assert 0 < fit.median() < np.inf
    assert fit.model.conditional_mean((1.5, 0.8, 10.0), people["x"], people["m"]).min() > 0


# Corners


@each_model
def test_for_ever_nobody_stays_where_customers_leave(model, cdnow, cdnow_fits):
    stays = cdnow_fits[model.name].p_alive(cdnow, "inf")
    assert (stays == (1 if model.name == "NBD" else 0)).all()


def test_no_more_customers_are_alive_than_there_are():
    crowd = NBD().simulate((0.9, 8.0), 20.0, np.random.default_rng(3), n=300)
    for name in ("MBG/NBD", "Pareto/NBD"):
        row = ATTRITION[name].fit(crowd).total("p_alive", crowd).iloc[0]
        assert not row["high"] > 300
        assert row["total"] <= 300


def test_a_negative_rate_is_counted_to_the_end_of_the_horizon():
    """At −50 % a year later purchases count for more; the sum of weekly increments says how much."""
    theta, delta = np.array(THETA["NBD"]), np.log(0.5) / 52
    t = np.linspace(0, 4000, 400_001)
    growth = np.diff(NBD().conditional(theta, t, 2, 10, 20))
    wanted = growth @ np.exp(-delta * (t[1:] + t[:-1]) / 2)
    assert float(NBD().discounted(theta, 4000.0, delta, 2, 10, 20)) == pytest.approx(wanted, rel=1e-6)


def test_totals_count_customers_that_were_counted(cdnow, cdnow_fits):
    fit, some = cdnow_fits["BG/NBD"], cdnow.head(40)
    numbers = np.arange(40) % 3
    counted = fit.total("conditional", some.assign(n=numbers), 26, weights="n").iloc[0]
    repeated = fit.total("conditional", some.loc[some.index.repeat(numbers)], 26).iloc[0]
    np.testing.assert_allclose(counted.astype(float), repeated.astype(float), rtol=1e-12)
