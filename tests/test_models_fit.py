"""Fits: frozen numbers that depend on the data only, errors that say what to mend, verdicts that can be trusted."""

import dataclasses
import re

import mpmath
import numpy as np
import pandas as pd
import pytest
from statsmodels.tools.numdiff import approx_hess

from crmtheory.errors import ConvergenceError, DomainError, SchemaError
from crmtheory.models import ATTRITION, BGNBD, MODELS, NBD, GammaGamma, ParetoNBD

each_model = pytest.mark.parametrize("name", [*ATTRITION, "Gamma-Gamma"])
each_attrition = pytest.mark.parametrize("name", ATTRITION)


def customers(**changes) -> pd.DataFrame:
    """Six customers, three of them with repeat purchases; columns are replaced by `changes`."""
    columns = {
        "x": [0, 0, 0, 1, 2, 5],
        "t_x": [0.0, 0.0, 0.0, 3.0, 10.0, 29.0],
        "T": [30.0, 25.0, 20.0, 30.0, 28.0, 30.0],
        "m": [np.nan, np.nan, np.nan, 10.0, 12.0, 30.0],
    }
    index = pd.Index(["Ann", "Bob", "Cy", "Di", "Ed", "Flo"], name="customer")
    return pd.DataFrame(columns | changes, index=index)


# A fit is a set of frozen numbers


@each_model
def test_a_fit_cannot_be_changed(name, cdnow_fits):
    fit = dataclasses.replace(cdnow_fits[name])
    assert not any(array.flags.writeable for array in (fit.theta, fit.cov, fit.cov_log, fit.cov_used))
    with pytest.raises(dataclasses.FrozenInstanceError):
        fit.loglik = 0.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        fit.verdict.status = "converged"


@each_model
def test_what_a_fit_hands_out_can_be_changed_without_changing_the_fit(name, cdnow_fits):
    fit = cdnow_fits[name]
    before = fit.theta.copy()
    estimates, table = fit.estimates, fit.table()
    estimates[:] = 0
    table["estimate"] = 0
    np.testing.assert_array_equal(fit.theta, before)
    assert (fit.estimates == before).all()


@each_model
def test_the_same_data_give_the_same_fit_to_the_last_digit(name, cdnow, cdnow_fits):
    again, fit = MODELS[name].fit(cdnow), cdnow_fits[name]
    np.testing.assert_array_equal(again.theta, fit.theta)
    np.testing.assert_array_equal(again.cov, fit.cov)
    assert (again.loglik, again.verdict) == (fit.loglik, fit.verdict)


@each_model
def test_two_fits_to_the_same_data_are_equal_and_to_others_they_are_not(name, cdnow, cdnow_fits):
    fit = cdnow_fits[name]
    assert MODELS[name].fit(cdnow) == fit
    assert MODELS[name].fit(cdnow.iloc[:1000]) != fit
    assert all(other != fit for kind, other in cdnow_fits.items() if kind != name)
    assert fit != "a fit"


@each_model
def test_the_order_of_the_customers_does_not_matter(name, cdnow, cdnow_fits):
    shuffled = MODELS[name].fit(cdnow.sample(frac=1, random_state=5))
    np.testing.assert_allclose(shuffled.theta, cdnow_fits[name].theta, rtol=1e-9)
    assert shuffled.loglik == pytest.approx(cdnow_fits[name].loglik, rel=1e-13)


@each_model
def test_customers_counted_twice_give_the_same_estimates_with_smaller_errors(name, cdnow, cdnow_fits):
    fit, twice = cdnow_fits[name], MODELS[name].fit(pd.concat([cdnow, cdnow]))
    np.testing.assert_allclose(twice.theta, fit.theta, rtol=1e-7)
    np.testing.assert_allclose(twice.se * np.sqrt(2), fit.se, rtol=1e-5)
    assert twice.loglik == pytest.approx(2 * fit.loglik, rel=1e-12)


@each_model
def test_fitting_and_asking_leave_the_summary_alone(name, cdnow):
    given = cdnow.copy(deep=True)
    fit = MODELS[name].fit(given)
    if name in ATTRITION:
        fit.p_alive(given)
        fit.conditional(given, "39 weeks")
        fit.median_wait(given)
        fit.discounted(given, "1 year", 0.1)
    else:
        fit.conditional_mean(given)
    pd.testing.assert_frame_equal(given, cdnow)
    assert given.attrs == cdnow.attrs


@each_model
def test_other_columns_and_column_order_do_not_matter(name, cdnow, cdnow_fits):
    other = cdnow.assign(colour="red")[["m", "T", "colour", "t_x", "x"]]
    np.testing.assert_array_equal(MODELS[name].fit(other).theta, cdnow_fits[name].theta)


# Answers by customer


@each_attrition
def test_answers_carry_the_index_of_the_summary_also_when_it_is_odd(name, cdnow_fits):
    """Regression: answers without the customers' ids, joined back by position, give other people's values."""
    fit, people = cdnow_fits[name], customers()[::-1]
    for answer in (
        fit.p_alive(people),
        fit.conditional(people, 39),
        fit.p_no_purchase(people, 39),
        fit.median_wait(people),
        fit.discounted(people, 52, 0.1),
    ):
        pd.testing.assert_index_equal(answer.index, people.index)
    alone = pd.concat([fit.conditional(customers().loc[[who]], 39) for who in people.index])
    pd.testing.assert_series_equal(fit.conditional(people, 39), alone, rtol=1e-12)


def test_the_mean_spend_of_each_customer_stays_with_the_customer(cdnow_fits):
    fit, people = cdnow_fits["Gamma-Gamma"], customers()[::-1]
    answer = fit.conditional_mean(people)
    pd.testing.assert_index_equal(answer.index, people.index)
    p, q, gamma = fit.theta
    assert answer["Flo"] == pytest.approx(p * (gamma + 5 * 30) / (p * 5 + q - 1))
    assert answer["Ann"] == pytest.approx(fit.mean())


def test_an_index_with_the_same_id_twice_is_kept(cdnow_fits):
    people = pd.concat([customers(), customers()])
    answer = cdnow_fits["BG/NBD"].p_alive(people)
    pd.testing.assert_index_equal(answer.index, people.index)
    np.testing.assert_array_equal(answer.iloc[:6], answer.iloc[6:])


@each_attrition
def test_nobody_gets_no_answers(name, cdnow, cdnow_fits):
    empty = cdnow_fits[name].p_alive(cdnow.iloc[:0])
    assert (len(empty), empty.name) == (0, "p_alive")


# Units of time


@each_attrition
def test_durations_in_words_are_converted_to_the_unit_of_the_fit(name, cdnow, cdnow_fits):
    fit = cdnow_fits[name]
    in_weeks = fit.conditional(cdnow, 39)
    for same in ("39 weeks", "273 days", "39 Week"):
        pd.testing.assert_series_equal(fit.conditional(cdnow, same), in_weeks, rtol=1e-12)
    assert fit.expected("273 days") == pytest.approx(fit.expected(39))


@each_attrition
def test_the_unit_of_the_log_changes_no_answer(name, cdnow, cdnow_log, cdnow_fits):
    days = cdnow_log.summary(unit="day", calibration_end="1997-09-30")
    fit, in_weeks = ATTRITION[name].fit(days), cdnow_fits[name]
    assert (fit.unit, in_weeks.unit) == ("day", "week")
    factors = [7.0 if param.unit == "time" else 1.0 for param in fit.model.params]
    np.testing.assert_allclose(fit.theta, in_weeks.theta * factors, rtol=1e-6)
    np.testing.assert_allclose(fit.p_alive(days), in_weeks.p_alive(cdnow), rtol=1e-6)
    for question in (lambda f, s: f.conditional(s, "39 weeks"), lambda f, s: f.discounted(s, "1 year", 0.1)):
        np.testing.assert_allclose(question(fit, days), question(in_weeks, cdnow), rtol=1e-6)


def test_the_discount_rate_is_per_year_whatever_the_unit(cdnow, cdnow_fits):
    """Regression: 10 % taken per week leaves next to nothing of next year's purchases."""
    fit, one = cdnow_fits["NBD"], customers().loc[["Flo"]]
    r, alpha = fit.theta
    rate = (r + 5) / (alpha + 30)
    delta = np.log(1.1) * 7 / 365.25
    expected = rate * -np.expm1(-delta * 52) / delta
    assert fit.discounted(one, "52 weeks", 0.10).item() == pytest.approx(expected, rel=1e-9)


def test_the_unit_given_when_fitting_counts_more_than_the_one_noted_on_the_frame(cdnow):
    assert NBD().fit(cdnow, unit="day").unit == "day"


def test_a_unit_nobody_knows_is_refused_when_fitting(cdnow):
    with pytest.raises(SchemaError, match='There is no unit of time "fortnight"'):
        NBD().fit(cdnow, unit="fortnight")


def test_without_a_unit_numbers_do_and_words_do_not():
    fit = NBD().fit(customers())
    assert fit.unit is None
    assert fit.conditional(customers(), 10).notna().all()
    with pytest.raises(SchemaError) as error:
        fit.conditional(customers(), "10 weeks")
    assert str(error.value) == (
        'The unit of time of these data is not known, so "10 weeks" cannot be converted. '
        'Give unit="week" (or day, month, year) when fitting, or a plain number.'
    )
    with pytest.raises(SchemaError) as error:
        fit.discounted(customers(), 10, 0.1)
    assert str(error.value) == (
        'An annual discount rate needs the unit of the ages. Fit with unit="week" (or day, month, year).'
    )


@pytest.mark.parametrize("question", ["conditional", "p_no_purchase", "expected"])
def test_a_negative_duration_is_refused(question, cdnow, cdnow_fits):
    fit = cdnow_fits["BG/NBD"]
    ask = fit.expected if question == "expected" else lambda t: getattr(fit, question)(cdnow, t)
    with pytest.raises(DomainError) as error:
        ask(-1)
    assert str(error.value) == "A duration must be 0 or more, not -1."
    with pytest.raises(DomainError) as error:
        fit.expected([1.0, -1.0])
    assert str(error.value) == "A duration must be 0 or more, not -1."


@each_attrition
def test_purchases_for_ever_are_refused(name, cdnow, cdnow_fits):
    for ask in (lambda fit: fit.conditional(cdnow, "inf"), lambda fit: fit.expected(np.inf)):
        with pytest.raises(DomainError) as error:
            ask(cdnow_fits[name])
        assert str(error.value) == (
            "The number of purchases for ever may be infinite. Use `discounted` with a discount rate."
        )


def test_a_summary_in_another_unit_than_the_fit_is_refused(cdnow_log, cdnow_fits):
    days = cdnow_log.summary(unit="day")
    for ask in ("p_alive", "median_wait"):
        with pytest.raises(SchemaError) as error:
            getattr(cdnow_fits["BG/NBD"], ask)(days)
        assert str(error.value) == (
            "The model was fitted to ages in weeks, but this summary has ages in days. "
            'Make it with summary(unit="week").'
        )


# Errors


def message(summary, model=None) -> str:
    """What a fit to these data complains about."""
    with pytest.raises((SchemaError, ConvergenceError)) as error:
        (model or BGNBD()).fit(summary)
    return str(error.value)


LATE = "The last purchase cannot come after the end of observation: check units, and the end of observation."
AGES = "Ages count from the customer's first purchase."

# fmt: off
BROKEN = {
    "t_x above T": (
        {"t_x": [0.0, 0.0, 0.0, 3.0, 28.5, 31.0]},
        f"t_x         2 of 6 customers have t_x above T, first: Ed (x = 2, t_x = 28.5, T = 28). {LATE}",
    ),
    "a missing count": (
        {"x": [0, 0, 0, 1, np.nan, 5]},
        "x           1 of 6 customers has no usable x, first: Ed (x = nan, t_x = 10, T = 28). "
        "Leave out or mend these customers first.",
    ),
    "a negative count": (
        {"x": [0, 0, 0, -1, 2, 5]},
        "x           1 of 6 customers has x below 0 or not whole, first: Di (x = -1, t_x = 3, T = 30). "
        "x counts purchases.",
    ),
    "fractional counts": (
        {"x": [0, 0, 0, 1.5, 2, 5.5]},
        "x           2 of 6 customers have x below 0 or not whole, first: Di (x = 1.5, t_x = 3, T = 30). "
        "x counts purchases.",
    ),
    "a missing recency": (
        {"t_x": [0.0, 0.0, 0.0, 3.0, np.nan, 29.0]},
        f"t_x         1 of 6 customers has no usable t_x, or one below 0, first: Ed (x = 2, t_x = nan, T = 28). {AGES}",
    ),
    "an infinite age": (
        {"T": [30.0, np.inf, 20.0, 30.0, 28.0, 30.0]},
        f"T           1 of 6 customers has no usable T, or one below 0, first: Bob (x = 0, t_x = 0, T = inf). {AGES}",
    ),
    "an age without a purchase": (
        {"t_x": [0.0, 7.0, 0.0, 3.0, 10.0, 29.0]},
        "t_x         1 of 6 customers has t_x above 0 but no repeat purchase, first: Bob (x = 0, t_x = 7, T = 25). "
        "With x = 0, t_x must be 0.",
    ),
    "a repeat purchase on the first day": (
        {"t_x": [0.0, 0.0, 0.0, 0.0, 10.0, 29.0]},
        "t_x         1 of 6 customers has repeat purchases at age 0, first: Di (x = 1, t_x = 0, T = 30). "
        "Merge purchases of the same day first.",
    ),
}
# fmt: on


@pytest.mark.parametrize(("changes", "line"), BROKEN.values(), ids=BROKEN)
def test_an_impossible_row_is_named_with_its_cause(changes, line):
    assert message(customers(**changes)) == f"The summary breaks 1 rule.\n  {line}"


def test_all_broken_rules_are_told_at_once():
    broken = customers(x=[0, 0, 0, 1, 2.5, 5], T=[30.0, 25.0, -1.0, 30.0, 28.0, 30.0])
    assert message(broken).splitlines() == [
        "The summary breaks 3 rules.",
        "  x           1 of 6 customers has x below 0 or not whole, first: Ed (x = 2.5, t_x = 10, T = 28). "
        "x counts purchases.",
        f"  T           1 of 6 customers has no usable T, or one below 0, first: Cy (x = 0, t_x = 0, T = -1). {AGES}",
        f"  t_x         1 of 6 customers has t_x above T, first: Cy (x = 0, t_x = 0, T = -1). {LATE}",
    ]


def test_asking_a_fit_checks_the_summary_as_fitting_does(cdnow_fits):
    with pytest.raises(SchemaError, match=re.escape("2 of 6 customers have t_x above T, first: Ed")):
        cdnow_fits["Pareto/NBD"].p_alive(customers(t_x=[0.0, 0.0, 0.0, 3.0, 28.5, 31.0]))


def test_a_last_digit_lost_in_dividing_days_by_seven_is_forgiven():
    rounded = customers(t_x=[0.0, 0.0, 0.0, 3.0, 10.0, np.nextafter(30.0, 31)])
    assert NBD().fit(rounded).n == 6


def test_a_missing_column_is_named_with_its_meaning_and_a_likely_spelling():
    assert message(customers().rename(columns={"t_x": "tx"})) == (
        'There is no column "t_x". Did you mean "tx"? Known: x, tx, T, m. '
        'The model needs "t_x" (age at the last repeat purchase).'
    )
    assert message(customers()[["x", "t_x", "T"]], GammaGamma()) == (
        'There is no column "m". Known: x, t_x, T. The model needs "m" (mean spend per repeat purchase).'
    )


def test_text_where_numbers_belong_is_refused():
    assert message(customers(x=list("000125"))) == 'Column "x" must hold numbers, not str.'


def test_something_else_than_a_frame_is_refused():
    assert message({"x": [1], "t_x": [1.0], "T": [2.0]}) == (
        "A summary frame with columns x, t_x, T was expected, not dict."
    )


@each_attrition
def test_customers_who_never_came_back_cannot_be_fitted(name):
    nobody = customers(x=0, t_x=0.0)
    assert message(nobody, ATTRITION[name]) == (
        f"{name}: none of the 6 customers bought again, so nothing can be said about the rate of buying. "
        "Choose a longer calibration period, or check that the customer column identifies people and not orders."
    )


@pytest.mark.parametrize(("count", "words"), [(0, "0 usable customers"), (1, "1 usable customer")])
@each_model
def test_one_customer_is_too_few(name, count, words):
    model = MODELS[name]
    assert message(customers().iloc[6 - count :], model) == (
        f"{name} has {len(model.params)} parameters and was given {words}. "
        "Give a log with more customers; a few hundred are the least for useful estimates."
    )


def test_customers_without_age_cannot_be_fitted():
    born_today = pd.DataFrame({"x": [0] * 9, "t_x": 0.0, "T": 0.0})
    assert "none of the 9 customers bought again" in message(born_today)


def test_spend_without_spread_cannot_be_fitted():
    same = pd.DataFrame({"x": [1, 2, 3, 4, 5], "m": 9.99})
    assert message(same, GammaGamma()) == (
        "Gamma-Gamma: every customer spends exactly 9.99 per purchase, so spread cannot be estimated. "
        "Use that number as the spend, or check that the amount column is the money and not a count."
    )


def test_customers_without_repeat_spend_say_nothing_about_spend(cdnow, cdnow_fits):
    only_payers = cdnow[(cdnow["x"] > 0) & (cdnow["m"] > 0)]
    alone = GammaGamma().fit(only_payers)
    np.testing.assert_allclose(alone.theta, cdnow_fits["Gamma-Gamma"].theta, rtol=1e-9)
    assert alone.n == cdnow_fits["Gamma-Gamma"].n == len(only_payers)


# Spend whose mean does not exist


def test_a_mean_that_does_not_exist_is_not_reported_as_a_number():
    """Regression: with q ≤ 1, pγ / (q − 1) is negative or infinite. The median exists always."""
    theta = (2.0, 0.8, 20.0)
    with mpmath.workdps(30):
        rate = mpmath.findroot(lambda v: mpmath.gammainc(0.8, 0, v, regularized=True) - 0.5, 0.4)
        median = float(2 * 20 / rate)
    assert GammaGamma().median(theta) == pytest.approx(median, rel=1e-12)
    with pytest.raises(DomainError) as error:
        GammaGamma().mean(theta)
    assert str(error.value) == (
        "Gamma-Gamma: with q = 0.8 (1 or less) a few customers spend so much that mean spend per purchase does not "
        f"exist. The median customer spends {median:,.4g}. Look for a few extreme orders in the log."
    )
    with pytest.raises(DomainError, match="does not exist"):
        GammaGamma().conditional_mean(theta, 0, 0)
    assert GammaGamma().conditional_mean(theta, 3, 15.0) == pytest.approx(2 * (20 + 45) / (6 + 0.8 - 1))


def test_half_of_simulated_customers_spend_less_than_the_median():
    rng, theta = np.random.default_rng(8), (200.0, 1.5, 3.0)
    spend = GammaGamma().simulate(
        theta, np.full(40_000, 500), rng
    )  # so many purchases that m is the own mean
    below = (spend < GammaGamma().median(theta)).mean()
    assert abs(below - 0.5) < 4 * 0.5 / 200


def test_the_conditional_mean_lies_between_own_past_and_everybody(cdnow_fits):
    fit = cdnow_fits["Gamma-Gamma"]
    for own in (5.0, 200.0):
        few, many = (float(fit.model.conditional_mean(fit.theta, x, own)) for x in (1, 50))
        low, high = sorted((fit.mean(), own))
        assert low < few < high
        assert abs(many - own) < abs(few - own)


def test_purchases_that_brought_nothing_count_as_nothing_and_are_not_fitted(cdnow, cdnow_fits):
    """After refunds m may be 0 or negative: a prediction takes it as 0, a fit leaves the customer out."""
    fit = cdnow_fits["Gamma-Gamma"]
    p, q, gamma = fit.theta
    refunded = customers(m=[np.nan, np.nan, np.nan, 0.0, -5.0, np.nan])
    mean = fit.conditional_mean(refunded)
    assert mean["Di"] == pytest.approx(p * gamma / (p + q - 1))
    assert mean["Ed"] == pytest.approx(p * gamma / (2 * p + q - 1))
    assert mean["Flo"] == pytest.approx(fit.mean())  # how much was spent is not known at all
    more = pd.concat([cdnow, refunded.assign(m=[np.nan, np.nan, np.nan, 0.0, -5.0, 0.0])])
    np.testing.assert_allclose(GammaGamma().fit(more).theta, fit.theta, rtol=1e-9)


# Verdicts


@pytest.mark.parametrize("seed", [*range(20), 56, 74, 160, 306, 331, 342, 343])
def test_the_nbd_has_a_maximum_only_where_counts_scatter_more_than_by_chance(seed):
    """Poisson counts with one rate λ for all. The likelihood has an inner maximum if Σ(x − λT)² > Σx, with r near
    Σ(λT)² divided by the excess; if not, it rises as r and α grow together, ever more slowly.
    """
    rng = np.random.default_rng(seed)
    T = rng.uniform(20, 60, 300)
    x = rng.poisson(0.2 * T)
    rate = x.sum() / T.sum()
    excess = ((x - rate * T) ** 2 - x).sum()
    fit = NBD().fit(pd.DataFrame({"x": x, "t_x": np.where(x > 0, 0.9 * T, 0.0), "T": T}))
    if excess < 0:
        assert fit.verdict.status in ("on a boundary", "not identified")
    elif ((rate * T) ** 2).sum() / excess < 5000:
        assert fit.verdict.status == "converged"
    assert fit.theta[0] / fit.theta[1] == pytest.approx(rate, rel=1e-2)


@pytest.fixture(scope="module")
def regular_counts():
    """Everybody bought 4 times in 20 weeks, at the same moments: less spread than chance would give."""
    return pd.DataFrame({"x": [4] * 500, "t_x": 19.0, "T": 20.0})


@each_attrition
def test_no_spread_between_customers_is_a_verdict_and_not_a_number_to_trust(name, regular_counts):
    fit = ATTRITION[name].fit(regular_counts)
    assert fit.verdict.status == "on a boundary"
    assert not fit.verdict.converged
    assert fit.se.isna().any()
    assert fit.expected(20.0) == pytest.approx(4, rel=0.01)


def test_the_message_on_a_boundary_names_the_parameters(regular_counts):
    fit = NBD().fit(regular_counts)
    stuck = ", ".join(fit.se.index[fit.se.isna()])
    assert fit.verdict.message == (
        f"The likelihood still rises as {stuck} leaves the range that makes sense, so {stuck} has no standard error. "
        "The data show no sign of what that parameter describes: compare with a simpler model."
    )


@each_model
def test_a_good_fit_says_so(name, cdnow_fits):
    verdict = cdnow_fits[name].verdict
    assert (verdict.status, verdict.message) == ("converged", "The maximum was reached.")
    assert verdict.gradient_norm < 1e-9
    assert verdict.condition < 1e4


@each_model
def test_no_direction_leads_further_up(name, cdnow, cdnow_fits):
    """The score summed over customers vanishes, and 50 random neighbours are all less likely."""
    fit = cdnow_fits[name]
    columns, usable = fit.model.read(cdnow)
    rows = [column[usable] for column in columns]
    total = fit.model.loglik_and_score(fit.theta, *rows)[1].sum(axis=1)
    np.testing.assert_allclose(total, 0, atol=1e-5)
    rng = np.random.default_rng(4)
    for _ in range(50):
        neighbour = fit.theta * np.exp(rng.normal(0, 0.02, len(fit.theta)))
        assert fit.model.loglik(neighbour, *rows).sum() < fit.loglik


# Covariance


@each_model
def test_the_covariance_is_the_inverse_of_an_independent_hessian(name, cdnow, cdnow_fits):
    """Regression: params² · H⁻¹ is not symmetric. Here the Hessian is taken in the parameters themselves."""
    fit = cdnow_fits[name]
    columns, usable = fit.model.read(cdnow)
    rows = [column[usable] for column in columns]

    def loglik(scaled):
        return fit.model.loglik(scaled * fit.theta, *rows).sum()

    hessian = approx_hess(np.ones(len(fit.theta)), loglik, epsilon=2e-4)
    expected = np.linalg.inv(-hessian) * np.outer(fit.theta, fit.theta)
    np.testing.assert_allclose(fit.cov, fit.cov.T, rtol=1e-12)
    np.testing.assert_allclose(fit.cov, expected, rtol=1e-3)
    np.testing.assert_allclose(fit.se, np.sqrt(np.diag(expected)), rtol=1e-3)
    np.testing.assert_allclose(fit.cov_log, np.linalg.inv(-hessian), rtol=1e-3)


def test_the_nbd_has_the_covariance_of_exact_second_derivatives(cdnow, cdnow_fits):
    """∂²ln L: ψ′(r + x) − ψ′(r); 1/α − 1/(α + T); −r/α² + (r + x)/(α + T)²."""
    from scipy.special import polygamma

    r, alpha = cdnow_fits["NBD"].theta
    x, T = cdnow["x"].to_numpy(float), cdnow["T"].to_numpy()
    rr = (polygamma(1, r + x) - polygamma(1, r)).sum()
    ra = (1 / alpha - 1 / (alpha + T)).sum()
    aa = (-r / alpha**2 + (r + x) / (alpha + T) ** 2).sum()
    np.testing.assert_allclose(
        cdnow_fits["NBD"].cov, np.linalg.inv(-np.array([[rr, ra], [ra, aa]])), rtol=1e-6
    )


@each_model
def test_intervals_are_positive_and_hold_the_estimate(name, cdnow_fits):
    fit = cdnow_fits[name]
    table = fit.table()
    assert table.index.tolist() == [param.name for param in fit.model.params]
    assert (table["low"] > 0).all()
    assert (table["low"] < table["estimate"]).all()
    assert (table["estimate"] < table["high"]).all()
    np.testing.assert_allclose(table["low"] * table["high"], table["estimate"] ** 2, rtol=1e-12)
    wider = fit.table(level=0.99)
    assert (wider["low"] < table["low"]).all()
    assert (wider["high"] > table["high"]).all()


def test_information_criteria_count_the_parameters(cdnow_fits):
    fit = cdnow_fits["BG/NBD"]
    assert fit.aic == pytest.approx(2 * 4 + 2 * 9582.427, abs=0.01)
    assert fit.bic == pytest.approx(4 * np.log(2357) + 2 * 9582.427, abs=0.01)


def test_the_delta_method_gradient_is_that_of_the_quantity(cdnow_fits):
    """∂(r / α) by ln r and ln α is r / α and −r / α."""
    fit = cdnow_fits["NBD"]
    rate = fit.theta[0] / fit.theta[1]
    np.testing.assert_allclose(fit.gradient_of(lambda theta: theta[0] / theta[1]), [rate, -rate], rtol=1e-7)


def test_derived_quantities_use_the_covariance_where_the_maximum_is_a_good_one(cdnow_fits):
    for fit in cdnow_fits.values():
        np.testing.assert_allclose(fit.cov_used, fit.cov_log, rtol=1e-8)


def test_a_parameter_on_a_boundary_is_held_there_for_derived_quantities(regular_counts):
    fit = NBD().fit(regular_counts)
    assert np.isnan(fit.cov).any()
    assert np.isfinite(fit.cov_used).all()


@each_model
def test_parameters_are_drawn_around_the_estimate_with_its_covariance(name, cdnow_fits):
    fit, rng = cdnow_fits[name], np.random.default_rng(13)
    draws = np.log([fit.draw(rng) for _ in range(4000)])
    error = np.sqrt(np.diag(fit.cov_log))
    assert np.all(np.abs(draws.mean(axis=0) - np.log(fit.theta)) < 4 * error / np.sqrt(4000))
    scale = np.outer(error, error)
    np.testing.assert_allclose(np.cov(draws.T) / scale, fit.cov_log / scale, atol=0.1)


# Printing, and what a model refuses


def test_a_fit_prints_its_numbers_and_no_data(cdnow_fits):
    assert repr(cdnow_fits["NBD"]) == (
        "<NBD: r = 0.3848, alpha = 12.07; log-likelihood -9,763.7, 2,357 customers, unit week; converged>"
    )


@each_model
def test_parameters_must_be_as_many_as_the_model_has_and_positive(name):
    model = MODELS[name]
    k = len(model.params)
    row = [np.array([1.0])] * 3 if name in ATTRITION else [np.array([1.0])] * 2
    for wrong in ((1.0,) * (k + 1), (-1.0,) + (1.0,) * (k - 1), (np.nan,) * k, (0.0,) * k):
        with pytest.raises(SchemaError) as error:
            model.loglik(wrong, *row)
        assert str(error.value) == f"{name} takes {k} positive parameters, not {wrong!r}."


def test_extreme_units_are_rescaled_away():
    """Ages in seconds instead of weeks: the same customers, the same likelihood but for the unit."""
    rng = np.random.default_rng(12)
    weeks = ParetoNBD().simulate((0.8, 8.0, 0.7, 12.0), rng.uniform(20, 60, 800), rng)
    second = 1 / (7 * 24 * 3600)
    seconds = weeks.assign(t_x=weeks["t_x"] / second, T=weeks["T"] / second)
    fit, other = ParetoNBD().fit(weeks), ParetoNBD().fit(seconds)
    np.testing.assert_allclose(other.theta * [1, second, 1, second], fit.theta, rtol=1e-6)
    assert other.loglik == pytest.approx(fit.loglik + weeks["x"].sum() * np.log(second), abs=1e-6)
