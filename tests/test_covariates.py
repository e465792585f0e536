"""Covariates on buying and leaving: known effects are found, and adding what says nothing changes nothing."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmtheory import tracking, value
from crmtheory.errors import ConvergenceError, DomainError, SchemaError
from crmtheory.models import BGNBD, MBGNBD, NBD, Fit, GammaGamma, ParetoNBD, WithCovariates, likelihood_ratio
from crmtheory.numerics import jacobian
from crmtheory.value import clv, equity

BASES = {
    "NBD": (NBD(), (0.8, 6.0)),
    "BG/NBD": (BGNBD(), (0.8, 6.0, 0.9, 2.5)),
    "MBG/NBD": (MBGNBD(), (0.8, 6.0, 0.9, 2.5)),
    "Pareto/NBD": (ParetoNBD(), (0.8, 8.0, 0.7, 12.0)),
}
FASTER, LEAVES_SOONER = 0.5, -0.35  # effects on the logarithm of the rates


def with_both(base):
    leaving = ["years"] if "leaving" in base.processes else []
    return WithCovariates(base, buying=["online"], leaving=leaving)


def truth_of(model, theta):
    effects = [FASTER if process == "buying" else LEAVES_SOONER for process, _ in model.effects]
    return np.array([*theta, *np.exp(effects)])


def true_at_means(model, theta):
    """The truth for a customer whose covariates are the means, which is what a fit speaks of."""
    truth = truth_of(model, theta)
    plain = WithCovariates(
        model.base, **{k: v for k, v in model.declaration().items() if k in ("buying", "leaving")}
    )
    means = [np.array([model.centre[name]]) for name in model.covariates]
    return np.array([*plain.spread(truth, *means)[:, 0], *truth[len(theta) :]])


def crowd(base, theta, n=3000, seed=1):
    """Customers who buy e^0.5 times as fast when online, and leave e^−0.35 times as fast per unit of `years`."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"online": (rng.random(n) < 0.4).astype(float), "years": rng.normal(0, 1, n)})
    model = with_both(base)
    own = model.spread(truth_of(model, theta), *(frame[name].to_numpy() for name in model.covariates))
    return pd.concat([base.simulate(own, rng.uniform(20, 40, n), rng), frame], axis=1)


@pytest.fixture(scope="module")
def crowds():
    return {name: crowd(base, theta) for name, (base, theta) in BASES.items()}


@pytest.fixture(scope="module")
def fits(crowds):
    return {name: with_both(base).fit(crowds[name], unit="week") for name, (base, _) in BASES.items()}


each = pytest.mark.parametrize("name", BASES)


@each
def test_true_effects_and_parameters_lie_within_their_intervals(name, fits):
    table, truth = fits[name].table(level=0.999), true_at_means(fits[name].model, BASES[name][1])
    assert fits[name].verdict.converged
    assert ((table["low"] < truth) & (truth < table["high"])).all()


def test_95_percent_intervals_hold_the_true_effects_at_their_stated_rate():
    base, theta = BASES["BG/NBD"]
    model, held = with_both(base), []
    for seed in range(60):
        table = model.fit(crowd(base, theta, n=1200, seed=seed), unit="week").table().iloc[-2:]
        held.append(
            (table["low"] < truth_of(model, theta)[-2:]) & (truth_of(model, theta)[-2:] < table["high"])
        )
    assert stats.binomtest(int(np.sum(held)), 120, 0.95).pvalue > 0.001


@each
def test_the_score_is_the_derivative_of_the_log_likelihood(name, crowds):
    model, theta = with_both(BASES[name][0]), truth_of(with_both(BASES[name][0]), BASES[name][1])
    columns, _ = model.read(crowds[name].head(40))
    _, score = model.loglik_and_score(theta, *columns)
    wanted = jacobian(lambda eta: model.loglik(np.exp(eta), *columns), np.log(theta), 1e-5)
    np.testing.assert_allclose(score, wanted, rtol=1e-6, atol=1e-7)


@each
def test_an_effect_of_1_is_the_model_without(name, crowds):
    base, theta = BASES[name]
    model, frame = with_both(base), crowds[name].head(50)
    columns, _ = model.read(frame)
    plain = np.array([*theta, *np.ones(len(model.effects))])
    np.testing.assert_allclose(model.loglik(plain, *columns), base.loglik(theta, *columns[:3]), rtol=1e-13)


@each
def test_each_customer_is_answered_with_the_parameters_of_their_own(name, fits, crowds):
    fit, frame = fits[name], crowds[name].head(5)
    base = fit.model.base
    for question, arguments in (("p_alive", ()), ("conditional", (10.0,)), ("p_no_purchase", (5.0,))):
        got = getattr(fit, question)(frame, *arguments)
        for row in frame.itertuples():
            z = [np.array([getattr(row, covariate)]) for covariate in fit.model.covariates]
            own = fit.model.spread(fit.theta, *z)[:, 0]
            wanted = getattr(base, question)(own, *arguments, row.x, row.t_x, row.T)
            assert got[row.Index] == pytest.approx(float(wanted), rel=1e-12)


def test_rates_and_not_their_inverses_are_multiplied():
    """Twice the rate is twice the purchases, and twice the chance to leave, of a new customer in the first moment."""
    model = WithCovariates(ParetoNBD(), buying=["z"], leaving=["z"])
    theta = np.array([0.8, 8.0, 0.7, 12.0, 2.0, 2.0])
    own = model.spread(theta, np.array([0.0, 1.0]))
    at_once = ParetoNBD().expected(own, 1e-6)
    assert at_once[1] / at_once[0] == pytest.approx(2, rel=1e-5)
    leaving = 1 - ParetoNBD().p_alive_later(own, 1e-6, np.zeros(2), 0, 0)
    assert leaving[1] / leaving[0] == pytest.approx(2, rel=1e-5)


def test_in_the_bg_nbd_the_odds_of_leaving_are_multiplied():
    model = WithCovariates(BGNBD(), leaving=["z"])
    own = model.spread(np.array([0.8, 6.0, 0.9, 2.5, 3.0]), np.array([0.0, 1.0]))
    odds = own[2] / own[3]
    assert odds[1] / odds[0] == pytest.approx(3)


@each
def test_where_a_covariate_is_counted_from_changes_no_answer(name, crowds, fits):
    frame = crowds[name]
    moved = frame.assign(online=frame["online"] * 5 - 3, years=frame["years"] + 2020)
    fit = fits[name].model.fit(moved, unit="week")
    assert fit.loglik == pytest.approx(fits[name].loglik, rel=1e-10)
    np.testing.assert_allclose(fit.conditional(moved, 10), fits[name].conditional(frame, 10), rtol=1e-6)
    np.testing.assert_allclose(
        fit.theta[-1:] ** (1 if "leaving" in fit.names[-1] else 5), fits[name].theta[-1:], rtol=1e-6
    )
    effect = fit.table()["se"].iloc[-1] / fit.theta[-1]
    wanted = fits[name].table()["se"].iloc[-1] / fits[name].theta[-1]
    assert effect * (1 if "leaving" in fit.names[-1] else 5) == pytest.approx(wanted, rel=1e-5)


@each
def test_the_test_finds_effects_that_are_there(name, crowds, fits):
    row = likelihood_ratio(fits[name], BASES[name][0].fit(crowds[name], unit="week")).iloc[0]
    assert row["p_value"] < 1e-6
    assert row["df"] == len(fits[name].model.effects)


def test_where_there_is_no_effect_the_p_value_is_uniform():
    base, theta = BASES["BG/NBD"]
    p = []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        frame = base.simulate(theta, rng.uniform(20, 40, 600), rng).assign(z=rng.normal(0, 1, 600))
        larger = WithCovariates(base, buying=["z"], leaving=["z"]).fit(frame)
        p.append(likelihood_ratio(larger, base.fit(frame))["p_value"].item())
    assert stats.kstest(p, "uniform").pvalue > 0.001


def test_a_model_with_some_of_the_covariates_is_contained_in_one_with_more(crowds, fits):
    smaller = WithCovariates(BGNBD(), buying=["online"]).fit(crowds["BG/NBD"], unit="week")
    row = likelihood_ratio(fits["BG/NBD"], smaller).iloc[0]
    assert row["df"] == 1
    assert row["statistic"] == pytest.approx(2 * (fits["BG/NBD"].loglik - smaller.loglik))


def test_value_intervals_and_forecasts_know_the_covariates(crowds, fits):
    frame = crowds["Pareto/NBD"].head(400)
    spend = GammaGamma().fit(frame.assign(m=np.random.default_rng(1).gamma(3, 10, len(frame)).round(2)))
    people = frame.assign(m=20.0)
    table = clv(fits["Pareto/NBD"], spend, people)
    assert ((table["clv_low"] < table["clv"]) & (table["clv"] < table["clv_high"])).all()
    assert equity(fits["Pareto/NBD"], spend, people)["equity"].item() == pytest.approx(table["clv"].sum())
    alone = clv(fits["Pareto/NBD"], spend, people.iloc[[7]])
    assert alone["clv"].item() == pytest.approx(table["clv"].iloc[7])
    will = fits["Pareto/NBD"].prediction(people, 20, np.random.default_rng(1), draws=40)
    assert (will["low"] <= will["high"]).all()


def test_a_fit_with_covariates_can_be_kept_as_text(fits):
    for fit in fits.values():
        back = Fit.from_json(fit.to_json())
        assert back == fit
        assert repr(back.model) == repr(fit.model)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: WithCovariates(NBD(), leaving=["z"]),
            "In the NBD nobody leaves, so no covariate can act on it.",
        ),
        (
            lambda: WithCovariates(BGNBD(), buying="online"),
            'buying takes a list of columns: buying=["online"].',
        ),
        (
            lambda: WithCovariates(BGNBD(), buying=["z", "z"]),
            "A covariate is named twice for buying: z, z.",
        ),
        (lambda: WithCovariates(BGNBD()), "Name at least one covariate for buying or leaving."),
    ],
)
def test_what_cannot_be_a_model_is_refused(make, message):
    with pytest.raises(SchemaError) as error:
        make()
    assert str(error.value) == message


def message_of(error, summary) -> str:
    with pytest.raises(error) as caught:
        WithCovariates(BGNBD(), buying=["z"]).fit(summary)
    return str(caught.value)


def test_a_covariate_that_is_missing_names_the_first_customer():
    frame = pd.DataFrame(
        {"x": [1, 2, 0], "t_x": [3.0, 4.0, 0.0], "T": [9.0, 9.0, 9.0], "z": [1.0, np.nan, np.inf]},
        index=["Ann", "Bob", "Cy"],
    )
    assert message_of(SchemaError, frame) == (
        'Covariate "z" is missing or infinite for 2 of 3 customers, first: Bob. '
        "Fill it in, or leave these customers out."
    )


def test_a_covariate_that_is_a_word_is_refused():
    frame = pd.DataFrame({"x": [1], "t_x": [3.0], "T": [9.0], "z": ["web"]})
    assert message_of(SchemaError, frame) == (
        'Covariate "z" must hold numbers, not str. For categories make columns of 0 and 1, as pandas.get_dummies does.'
    )


def test_a_covariate_that_never_differs_is_refused(crowds):
    assert message_of(ConvergenceError, crowds["BG/NBD"].assign(z=2.0)) == (
        'Covariate "z" is 2 for every customer, so its effect cannot be told. Leave it out.'
    )


def test_a_covariate_in_far_too_large_a_unit_is_refused(crowds):
    frame = crowds["BG/NBD"].assign(z=crowds["BG/NBD"]["online"] * 1e-6)
    assert message_of(ConvergenceError, frame) == (
        'Covariate "z" differs between customers by 4.9e-07 (standard deviation) only, so its effect per unit is '
        "beyond what can be written. Give it in a smaller unit, such as thousandths."
    )


def test_fits_that_cannot_be_compared_are_refused(crowds, fits):
    plain = BGNBD().fit(crowds["BG/NBD"], unit="week")
    for larger, smaller, words in (
        (plain, plain, "The larger model must have covariates, and BG/NBD has none."),
        (fits["Pareto/NBD"], plain, "is not contained in"),
        (
            fits["BG/NBD"],
            BGNBD().fit(crowds["BG/NBD"].head(99), unit="week"),
            "Fit both to the same summary. A join or merge forgets the unit",
        ),
    ):
        with pytest.raises(SchemaError) as error:
            likelihood_ratio(larger, smaller)
        assert words in str(error.value)


# What is asked of all customers together


def test_the_tracking_curve_is_the_mean_over_customers_and_not_that_of_the_mean_customer(crowds):
    """Rates that differ by e^(±z) have a mean well above the rate at the mean of z."""
    rng = np.random.default_rng(5)
    z = rng.normal(0, 1, 3000)
    model = WithCovariates(NBD(), buying=["z"])
    own = model.spread(np.array([2.0, 20.0, np.e]), z)
    frame = NBD().simulate(own, np.full(3000, 30.0), rng).assign(z=z)
    fit = model.fit(frame, unit="week")
    track = tracking.tracking(fit, frame, 30.0, 30, rng, draws=5)
    assert track["expected"].iloc[-1] == pytest.approx(frame["x"].sum(), rel=0.05)
    assert float(fit.expected(30.0)) * 3000 < 0.75 * frame["x"].sum()


@pytest.mark.parametrize("question", ["new_customer", "alive_map"])
def test_nobody_is_the_typical_new_customer_when_rates_depend_on_covariates(question, crowds, fits):
    fit, frame = fits["Pareto/NBD"], crowds["Pareto/NBD"]
    spend = GammaGamma().fit(frame.assign(m=np.random.default_rng(1).gamma(3, 10, len(frame))))
    with pytest.raises(DomainError) as error:
        value.new_customer(fit, spend) if question == "new_customer" else value.alive_map(fit, frame)
    assert str(error.value) == (
        "Pareto/NBD with covariates: no single customer stands for all when rates depend on covariates. "
        "Fit the model without them for this question."
    )


def test_the_unit_of_a_covariate_changes_no_interval(crowds):
    """The effect per unit may be tiny or large; the intervals are the same."""
    frame = crowds["BG/NBD"].head(600)
    small = WithCovariates(BGNBD(), buying=["years"]).fit(frame).conditional(frame, 10, level=0.95)
    for unit in (1e6, 0.1):
        scaled = frame.assign(years=frame["years"] * unit)
        other = WithCovariates(BGNBD(), buying=["years"]).fit(scaled).conditional(scaled, 10, level=0.95)
        np.testing.assert_allclose(other, small, rtol=1e-4)
