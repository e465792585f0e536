"""Contracts: the sBG reproduces what is in print, agrees with exact arithmetic, and says when data cannot tell."""

import math
import warnings
from decimal import Decimal, localcontext

import mpmath
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmtheory import datasets
from crmtheory.errors import ConvergenceError, DomainError, SchemaError
from crmtheory.models import BGNBD
from crmtheory.models.contract import contracts
from crmtheory.models.sbg import SBG, against_constant
from crmtheory.numerics import jacobian

MODEL = SBG()
TYPICAL = [(0.668, 3.806), (0.704, 1.182), (3.8, 15.2), (1.0, 1.0), (0.05, 0.02), (40.0, 300.0)]
EXTREME = [(a, b) for a in (1e-5, 1e-3, 1.0, 1e3, 1e5) for b in (1e-5, 1e-3, 1.0, 1e3, 1e5)]
PRINTED = {"high_end_pct": (0.668, 3.806), "regular_pct": (0.704, 1.182)}

each_theta = pytest.mark.parametrize("theta", TYPICAL, ids=str)
each_segment = pytest.mark.parametrize("segment", PRINTED)


@pytest.fixture(scope="module")
def subscribers():
    """Counts out of 1,000 subscribers a segment, watched for 7 renewals; the file has tenths of a per cent."""
    table = datasets.load("contract_retention")

    def counted(segment: str) -> pd.DataFrame:
        staying = np.round(10 * table[segment].to_numpy()).astype(int)[:8]
        number = [*(staying[:-1] - staying[1:]), staying[-1]]
        return pd.DataFrame({"t": [*range(1, 8), 7], "lost": [1] * 7 + [0], "customers": number})

    return {segment: counted(segment) for segment in PRINTED}


@pytest.fixture(scope="module")
def fits(subscribers):
    return {name: MODEL.fit(frame, "year", weights="customers") for name, frame in subscribers.items()}


def table_of(t, lost, index=None) -> pd.DataFrame:
    return pd.DataFrame({"t": t, "lost": lost}, index=index)


def equally_likely_to_leave(rng, churn: float, n: int = 400, periods: int = 8) -> pd.DataFrame:
    leaves = rng.geometric(churn, n)
    return table_of(np.minimum(leaves, periods), (leaves <= periods).astype(int))


# What is in print


@each_segment
def test_published_estimates_are_as_likely_as_ours_and_no_likelier(segment, subscribers, fits):
    """Fader & Hardie 2007, J. Interactive Marketing 21:76–90: 7 renewals."""
    frame = subscribers[segment]
    likelihood = MODEL.loglik(PRINTED[segment], frame["t"].to_numpy(float), frame["lost"].to_numpy(float))
    assert 0 <= fits[segment].loglik - frame["customers"] @ likelihood <= 0.01
    assert np.all(np.abs(np.array(PRINTED[segment]) - fits[segment].theta) < 0.05 * fits[segment].se)


def test_high_end_survival_in_years_8_to_12_is_forecast_as_published(fits):
    """As reported by the Python package shifted_beta_geometric, from the percentages of Fader & Hardie (2007)."""
    forecast = fits["high_end_pct"].survival(range(8, 13))
    np.testing.assert_allclose(forecast, [0.460, 0.436, 0.414, 0.395, 0.378], atol=0.0005, rtol=0)


@each_segment
def test_survival_at_year_12_is_forecast_within_two_points_where_constant_churn_is_far_too_low(
    segment, subscribers, fits
):
    actual = datasets.load("contract_retention").set_index("year")[segment][12] / 100
    constant = against_constant(fits[segment], subscribers[segment], "customers")["constant_churn"][0]
    assert abs(fits[segment].survival(12)[12] - actual) < 0.02
    assert (1 - constant) ** 12 < actual - 0.1


@each_segment
def test_real_subscribers_differ_in_their_churn(segment, subscribers, fits):
    test = against_constant(fits[segment], subscribers[segment], "customers")
    assert test["p_value"][0] < 1e-10
    assert test["loglik"][0] == fits[segment].loglik


# Laws


@each_theta
def test_leaving_at_some_time_and_staying_have_probabilities_that_sum_to_one(theta):
    t = np.arange(1, 60)
    np.testing.assert_allclose(np.cumsum(MODEL.churn(theta, t)) + MODEL.survival(theta, t), 1.0, rtol=1e-13)


@each_theta
def test_retention_is_the_ratio_of_survivals_and_rises(theta):
    t = np.arange(1, 60)
    retention = MODEL.retention(theta, t)
    np.testing.assert_allclose(retention, MODEL.survival(theta, t) / MODEL.survival(theta, t - 1), rtol=1e-12)
    assert np.all(np.diff(retention) > 0)


@each_theta
def test_probabilities_are_the_ratios_of_beta_functions_of_the_paper(theta):
    """Fader & Hardie (2007): P(T = t) = B(α + 1, β + t − 1) / B(α, β), S(t) = B(α, β + t) / B(α, β)."""
    a, b = map(mpmath.mpf, theta)
    t = [1, 2, 7, 30, 400]
    churn = [float(mpmath.beta(a + 1, b + k - 1) / mpmath.beta(a, b)) for k in t]
    survival = [float(mpmath.beta(a, b + k) / mpmath.beta(a, b)) for k in t]
    np.testing.assert_allclose(MODEL.churn(theta, t), churn, rtol=1e-12)
    np.testing.assert_allclose(MODEL.survival(theta, t), survival, rtol=1e-12)


@each_theta
def test_the_likelihood_is_that_of_leaving_at_t_or_of_staying_until_t(theta):
    t = np.array([1.0, 3.0, 20.0])
    np.testing.assert_allclose(MODEL.loglik(theta, t, np.ones(3)), np.log(MODEL.churn(theta, t)), rtol=1e-11)
    np.testing.assert_allclose(
        MODEL.loglik(theta, t, np.zeros(3)), np.log(MODEL.survival(theta, t)), rtol=1e-11
    )
    assert MODEL.loglik(theta, np.zeros(1), np.zeros(1)) == 0


@each_theta
def test_score_and_hessian_are_the_derivatives_of_the_likelihood(theta):
    t, lost = np.array([0.0, 1.0, 1.0, 4.0, 9.0]), np.array([0.0, 1.0, 0.0, 1.0, 0.0])
    weights, eta = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.log(theta)

    def score(point):
        return MODEL.loglik_and_score(np.exp(point), t, lost)[1]

    expected = jacobian(lambda point: MODEL.loglik(np.exp(point), t, lost), eta, 1e-5)
    np.testing.assert_allclose(score(eta), expected, atol=1e-8)
    slope = jacobian(lambda point: score(point) @ weights, eta, 1e-4)
    np.testing.assert_allclose(MODEL.hessian(np.array(theta), weights, t, lost), slope, atol=1e-6)


@pytest.mark.parametrize("theta", [(0.7, 2.0), (0.01, 0.02), (200.0, 600.0)], ids=str)
def test_simulated_customers_leave_as_often_as_the_model_says(theta):
    n, periods = 40_000, 6
    frame = MODEL.simulate(theta, n, periods, np.random.default_rng(2))
    seen = [
        *np.bincount(frame["t"][frame["lost"] == 1], minlength=periods + 1)[1:],
        (frame["lost"] == 0).sum(),
    ]
    t = np.arange(1, periods + 1)
    expected = n * np.array([*MODEL.churn(theta, t), MODEL.survival(theta, periods)])
    assert (frame.loc[frame["lost"] == 0, "t"] == periods).all()
    assert stats.chisquare(seen, expected * sum(seen) / expected.sum()).pvalue > 0.001


def test_simulated_customers_can_be_watched_for_different_times():
    periods = np.array([0, 1, 5, 0])
    frame = MODEL.simulate((0.7, 2.0), 4, periods, np.random.default_rng(2))
    assert (frame["t"] <= periods).all()
    assert frame["lost"].tolist()[0] == frame["lost"].tolist()[3] == 0
    pd.testing.assert_frame_equal(frame, MODEL.simulate((0.7, 2.0), 4, periods, np.random.default_rng(2)))


# Residual lifetime against exact arithmetic


def exact_residual(theta, n: int, delta: float, horizon: float) -> Decimal:
    """The discounted sum in 50 digits. Over an infinite horizon it is ₂F₁(1, B; C; v) times its first term, by Gauss's
    continued fraction; over a long one the difference of two of these.
    """
    with localcontext(prec=50):
        a, b, v = Decimal(float(theta[0])), Decimal(float(theta[1])) + n, (-Decimal(float(delta))).exp()
        if horizon <= 2000:
            term, total = Decimal(1), Decimal(0)
            for j in range(int(horizon)):
                term *= (b + j) / (a + b + j) * (v if j else 1)
                total += term
            return total
        if math.isfinite(horizon):
            share = Decimal(1)
            for j in range(int(horizon)):
                share *= (b + j) / (a + b + j) * v
            later = exact_residual(theta, n + int(horizon), delta, math.inf)
            return exact_residual(theta, n, delta, math.inf) - share * later
        over, under, fraction = b + 1, a + b + 1, Decimal(1)
        for k in range(int(30 / math.sqrt(delta)) + 60, 0, -1):
            even = k * (under - over + k - 1) / ((under + 2 * k - 2) * (under + 2 * k - 1))
            odd = (over + k - 1) * (under + k - 2) / ((under + 2 * k - 3) * (under + 2 * k - 2))
            fraction = 1 - odd * v / (1 - even * v / fraction)
        return b / (a + b) / fraction


def test_exact_arithmetic_agrees_with_the_hypergeometric_function_of_the_paper():
    """Fader & Hardie 2010, equation (6) as reported by the R package sBGmodel; computed here by mpmath."""
    for a, b, n, rate in [(0.668, 3.806, 0, 0.1), (3.8, 15.2, 5, 0.1), (1.0, 0.2, 2, 0.02)]:
        with mpmath.workdps(50):
            v = 1 / (1 + mpmath.mpf(rate))
            paper = (
                (b + n) / (mpmath.mpf(a) + b + n) * mpmath.hyp2f1(1, b + n + 1, mpmath.mpf(a) + b + n + 1, v)
            )
        ours = exact_residual((a, b), n, math.log1p(rate), math.inf)
        assert float(ours) == pytest.approx(float(paper), rel=1e-14)


def test_residual_lifetime_has_ten_digits_everywhere():
    rng = np.random.default_rng(3)
    for i in range(200):
        theta, n = 10 ** rng.uniform(-3, 4, 2), int(10 ** rng.uniform(0, 4)) - 1
        delta = 10 ** rng.uniform(-6, math.log10(3))
        horizon = [math.inf, math.inf, float(rng.integers(1, 2000)), float(rng.integers(2000, 40_000))][i % 4]
        exact = float(exact_residual(theta, n, delta, horizon))
        assert MODEL.residual(theta, n, delta, horizon) == pytest.approx(exact, rel=1e-10, abs=0), (theta, n)


@pytest.mark.parametrize("delta", [1e-6, 0.1, 3.0])
@pytest.mark.parametrize("alpha", [1e-3, 0.2999, 0.3, 1.0, 1e4])
def test_residual_lifetime_has_ten_digits_in_the_corners(alpha, delta):
    for beta, n in [(1e-3, 0), (1e-3, 10_000), (1e4, 0), (1e4, 10_000)]:
        exact = float(exact_residual((alpha, beta), n, delta, math.inf))
        assert MODEL.residual((alpha, beta), n, delta) == pytest.approx(exact, rel=1e-10, abs=0)


@each_theta
def test_the_value_of_a_customer_is_the_next_renewal_and_the_value_after_it(theta):
    n = np.arange(6)
    value = MODEL.residual(theta, n, 0.1)
    after = MODEL.retention(theta, n + 1) * (1 + math.exp(-0.1) * MODEL.residual(theta, n + 1, 0.1))
    np.testing.assert_allclose(value, after, rtol=1e-11)
    np.testing.assert_allclose(MODEL.residual(theta, n, 0.1, 1), MODEL.retention(theta, n + 1), rtol=1e-12)
    np.testing.assert_allclose(MODEL.residual(theta, n, 0.1, due=1), math.exp(-0.1) * value, rtol=1e-14)
    assert (MODEL.residual(theta, n, 0.1, 0) == 0).all()


def test_renewals_without_discounting_add_up_to_the_expected_lifetime():
    assert MODEL.expected_lifetime((3.0, 5.0), [0, 4]).tolist() == [2.5, 4.5]
    np.testing.assert_allclose(MODEL.residual((3.0, 5.0), [0, 4], 0.0, 1e9), [2.5, 4.5], rtol=1e-12)
    assert MODEL.residual((0.7, 2.0), 3, 0.0, 50) == pytest.approx(
        np.sum(MODEL.survival((0.7, 2.0), np.arange(4, 54))) / MODEL.survival((0.7, 2.0), 3), rel=1e-12
    )


def test_expected_lifetime_is_infinite_when_a_few_customers_hardly_ever_leave():
    assert MODEL.expected_lifetime((1.0, 5.0)) == MODEL.expected_lifetime((0.3, 5.0)) == math.inf


@each_theta
@pytest.mark.parametrize("n", [0, 7])
def test_half_of_the_customers_are_gone_after_the_median_lifetime_and_not_before(theta, n):
    median = MODEL.median_lifetime(theta, n)
    half = MODEL.survival(theta, n) / 2
    assert MODEL.survival(theta, n + median) <= half
    assert MODEL.survival(theta, n + median - 1) > half or median > 2**53


@pytest.mark.parametrize("theta", EXTREME, ids=str)
def test_extreme_parameters_give_numbers_and_no_warning(theta):
    t, rng = np.array([1.0, 2.0, 300.0, 1e6]), np.random.default_rng(1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for share in (MODEL.survival(theta, t), MODEL.retention(theta, t), MODEL.churn(theta, t)):
            assert np.all((share >= 0) & (share <= 1))
        ll, score = MODEL.loglik_and_score(np.array(theta), t, np.array([1.0, 0.0, 1.0, 0.0]))
        assert np.isfinite(ll).all()
        assert np.isfinite(score).all()
        assert np.isfinite(MODEL.hessian(np.array(theta), np.ones(4), t, np.ones(4))).all()
        value = MODEL.residual(theta, t, 0.01)
        assert np.all((value >= 0) & (value <= 1 / -math.expm1(-0.01) + 1e-9))
        assert not np.isnan(MODEL.expected_lifetime(theta, t)).any()
        assert MODEL.median_lifetime(theta) >= 1
        assert len(MODEL.simulate(theta, 100, 5, rng)) == 100


# Fits


def test_intervals_cover_the_truth_as_often_as_they_say():
    """100 data sets of 300 customers: at 95 % fewer than 88 covered happens once in 250 times."""
    truth, rng = (0.7, 2.0), np.random.default_rng(4)
    t = [1, 8, 16]
    covered = np.zeros(5)
    for _ in range(100):
        fit = MODEL.fit(MODEL.simulate(truth, 300, 8, rng))
        table, curve = fit.table(), fit.survival(t, level=0.95)
        covered[:2] += (table["low"].to_numpy() < truth) & (truth < table["high"].to_numpy())
        true_curve = MODEL.survival(truth, t)
        covered[2:] += (curve["low"].to_numpy() < true_curve) & (true_curve < curve["high"].to_numpy())
    assert (covered >= 88).all()


def test_where_churn_is_constant_the_test_says_so_as_often_as_promised_and_intervals_still_cover():
    """Half the statistics are 0; of 80 tests at 10 %, more than 16 rejections happen once in 200 times."""
    rng, t = np.random.default_rng(5), [1, 8]
    p_values, covered = [], np.zeros(2)
    for _ in range(80):
        frame = equally_likely_to_leave(rng, 0.5)
        fit = MODEL.fit(frame)
        p_values.append(against_constant(fit, frame)["p_value"][0])
        curve = fit.survival(t, level=0.95)
        covered += (curve["low"] <= 0.5**curve.index) & (0.5**curve.index <= curve["high"])
    p_values = np.array(p_values)
    assert 24 <= (p_values == 1).sum() <= 56
    assert 1 <= (p_values < 0.1).sum() <= 16
    assert (covered >= 69).all()


def test_a_constant_churn_keeps_its_interval_when_both_shapes_run_away():
    """50 customers, all lost at the second opportunity: churn is 1/2, from 100 decisions."""
    fit = MODEL.fit(table_of([2] * 50, [1] * 50))
    assert fit.verdict.status == "on a boundary"
    interval = fit.retention(1, level=0.95).loc[1]
    half = stats.norm.ppf(0.975) / math.sqrt(100 * 0.25)
    expected = [0.5, 1 / (1 + math.exp(half)), 1 / (1 + math.exp(-half))]
    np.testing.assert_allclose(interval, expected, atol=1e-4)


def test_a_row_that_stands_for_many_customers_counts_as_often(subscribers, fits):
    frame = subscribers["regular_pct"]
    one_each = frame.loc[frame.index.repeat(frame["customers"]), ["t", "lost"]].reset_index(drop=True)
    assert MODEL.fit(one_each, "year") == fits["regular_pct"]


def test_lost_may_be_true_or_false_and_the_frame_is_left_as_it_was():
    frame = table_of([1, 2, 3, 3], [True, True, False, True])
    before = frame.copy()
    assert MODEL.fit(frame) == MODEL.fit(table_of([1, 2, 3, 3], [1, 1, 0, 1]))
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("curve", ["survival", "retention", "churn"])
def test_a_curve_comes_on_its_periods_with_an_interval_around_it_when_asked_for(curve, fits):
    fit, t = fits["high_end_pct"], [1, 5, 12]
    plain, frame = getattr(fit, curve)(t), getattr(fit, curve)(t, level=0.9)
    assert plain.index.tolist() == frame.index.tolist() == t
    assert (plain.name, plain.index.name, list(frame)) == (curve, "t", ["estimate", "low", "high"])
    np.testing.assert_array_equal(frame["estimate"], plain)
    np.testing.assert_array_equal(plain, getattr(MODEL, curve)(fit.theta, t))
    assert ((frame["low"] > 0) & (frame["low"] < plain) & (plain < frame["high"]) & (frame["high"] < 1)).all()
    wider = getattr(fit, curve)(t, level=0.99)
    assert ((wider["low"] < frame["low"]) & (wider["high"] > frame["high"])).all()


def test_the_interval_of_a_share_among_those_watched_is_about_that_of_the_share_itself(fits):
    """1,000 subscribers: the standard error of S(7) cannot be far from √(S(1 − S) / 1000)."""
    frame = fits["high_end_pct"].survival(7, level=0.95).loc[7]
    binomial = math.sqrt(frame["estimate"] * (1 - frame["estimate"]) / 1000)
    assert 0.8 < (frame["high"] - frame["low"]) / (2 * 1.96 * binomial) < 1.05


def test_what_is_certain_has_an_interval_of_no_width(fits):
    assert fits["regular_pct"].survival(0, level=0.95).loc[0].tolist() == [1.0, 1.0, 1.0]


def test_residual_value_takes_an_annual_rate_and_periods_of_any_length(fits, subscribers):
    yearly = fits["high_end_pct"]
    monthly = MODEL.fit(subscribers["high_end_pct"], "month", weights="customers")
    series = yearly.residual([0, 3], 0.1)
    np.testing.assert_allclose(series, MODEL.residual(yearly.theta, [0, 3], math.log(1.1)))
    assert (series.name, series.index.name, series.index.tolist()) == ("residual", "n", [0, 3])
    np.testing.assert_allclose(
        monthly.residual(2, 0.1, "2 years", "1 month"),
        MODEL.residual(monthly.theta, [2], math.log(1.1) / 12, 24, 1),
    )


def test_expected_residual_is_on_the_index_that_came_in_and_zero_for_those_who_left(fits):
    frame = table_of([3, 2, 0, 3], [0, 1, 0, 0], ["d", "b", "c", "a"])
    fit = fits["regular_pct"]
    values = fit.expected_residual(frame, 0.1, due=1)
    assert values.index.tolist() == ["d", "b", "c", "a"]
    assert values["b"] == 0
    np.testing.assert_allclose(values[["d", "c", "a"]], fit.residual([3, 0, 3], 0.1, due=1))
    assert fit.expected_residual(frame.iloc[:0], 0.1).empty


# Errors


def error_of(kind, call) -> str:
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value)


def test_every_broken_rule_of_the_table_is_reported_at_once():
    frame = table_of([np.nan, -1, 1.5, 0, 2, 3], [0, 0, 1, 1, 2, np.nan], list("ABCDEF"))
    assert error_of(SchemaError, lambda: MODEL.fit(frame)) == (
        "The summary breaks 4 rules.\n"
        "  t           1 of 6 customers has no usable t, first: A (t = nan, lost = 0). Leave out or mend these "
        "customers first.\n"
        "  t           2 of 6 customers have t below 0 or not whole, first: B (t = -1, lost = 0). t counts renewal "
        "opportunities: whole periods, not dates or days.\n"
        "  lost        2 of 6 customers have lost neither 0 nor 1, first: E (t = 2, lost = 2). Write 1 for customers "
        "who left at opportunity t, 0 for those still there.\n"
        "  t           1 of 6 customers has left at opportunity 0, first: D (t = 0, lost = 1). The first opportunity "
        "to leave is t = 1."
    )


def test_a_missing_column_is_named_with_those_that_are_there():
    message = error_of(SchemaError, lambda: contracts(pd.DataFrame({"t": [1], "left": [1]})))
    assert message.startswith('There is no column "lost".')


def test_when_nobody_has_left_there_is_nothing_to_fit():
    assert error_of(ConvergenceError, lambda: MODEL.fit(table_of([5, 6, 0], [0, 0, 0]))) == (
        "sBG: none of the 3 customers has left, so nothing can be said about churn. Watch them for more periods, or "
        "check that the table also holds the customers who are gone."
    )


@pytest.mark.parametrize(
    ("t", "renewed"), [([1, 1, 1, 1], "75.0%"), ([1, 5, 5, 9], "75.0%"), ([1, 0, 0, 0], "0.0%")]
)
def test_when_all_who_left_did_so_at_the_first_opportunity_later_churn_cannot_be_told(t, renewed):
    assert error_of(ConvergenceError, lambda: MODEL.fit(table_of(t, [1, 0, 0, 0]))) == (
        "sBG: all who left did so at the first renewal opportunity, so nothing can be said about churn at later ones. "
        "Watch customers for more periods, check that t counts periods, or use the share who renewed once "
        f"({renewed}) as it is."
    )


def test_questions_without_an_answer_are_refused(fits):
    fit = fits["regular_pct"]
    for call, message in [
        (lambda: fit.survival(1.5), "t must be whole and 0 or more, not 1.5."),
        (lambda: fit.retention([3, 0]), "t must be whole and 1 or more, not 0."),
        (lambda: fit.churn(math.nan), "t must be whole and 1 or more, not nan."),
        (
            lambda: fit.survival(1, level=95),
            "The level of an interval lies between 0 and 1 (0.95 is usual), not 95.",
        ),
        (lambda: fit.residual(-1, 0.1), "n must be whole and 0 or more, not -1."),
        (lambda: fit.residual(0, -0.1), "A discount rate must be 0 or more, not -0.105361."),
        (
            lambda: fit.residual(0, 0.0),
            "An infinite horizon needs a discount rate above 0: without one the value may be infinite.",
        ),
        (
            lambda: fit.residual(0, 0.1, "18 months"),
            "The horizon, in renewal opportunities, must be whole and 0 or more, not 1.5.",
        ),
        (
            lambda: MODEL.residual((1, 1), 0, 0.1, due=-1),
            "The time until the next opportunity must be 0 or more, not -1.",
        ),
    ]:
        assert error_of(DomainError, call) == message


def test_an_annual_rate_needs_the_length_of_a_period(subscribers):
    fit = MODEL.fit(subscribers["regular_pct"], weights="customers")
    message = error_of(SchemaError, lambda: fit.residual(0, 0.1))
    assert message.startswith("An annual discount rate needs the unit of the ages.")


def test_the_test_of_constant_churn_wants_the_data_of_the_fit(subscribers, fits, cdnow):
    frame, fit = subscribers["regular_pct"], fits["regular_pct"]
    assert error_of(SchemaError, lambda: against_constant(fit, frame)) == (
        "The model was fitted to 1,000 customers, but this summary stands for 8. Give the summary, and the weights, "
        "that were used for the fit."
    )
    other = BGNBD().fit(cdnow)
    assert (
        error_of(SchemaError, lambda: against_constant(other, frame))
        == "The test is of a fit of sBG, not of BG/NBD."
    )
