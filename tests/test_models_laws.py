"""Laws that every model of buying and leaving obeys, whatever its formulas, and those of spending.

Notation as in the package: x repeat purchases, t_x age at the last, T age at the end of observation, t a further
time. Simulated answers are compared within 4 standard errors.
"""

import itertools
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats
from typical import HISTORIES, THETA, each_model

from crmtheory.errors import DomainError
from crmtheory.models import ATTRITION, MODELS, GammaGamma

AGE, AHEAD = 30.0, 20.0


def theta_of(model) -> np.ndarray:
    return np.array(THETA[model.name])


def columns(frame: pd.DataFrame) -> tuple[np.ndarray, ...]:
    return tuple(frame[name].to_numpy(float) for name in ("x", "t_x", "T"))


def assert_no_difference(differences: np.ndarray) -> None:
    """The mean is 0 within 4 standard errors."""
    error = differences.std(ddof=1) / np.sqrt(len(differences))
    assert abs(differences.mean()) <= 4 * error


@pytest.fixture(scope="module")
def crowds():
    """60,000 simulated customers of each model, watched to age 30 and for 20 more."""
    rng = np.random.default_rng(1905)
    return {
        name: model.simulate(THETA[name], AGE, rng, n=60_000, t=AHEAD) for name, model in ATTRITION.items()
    }


# Expectations


@each_model
def test_without_a_history_the_conditional_expectation_is_the_expectation(model):
    t = np.array([0.0, 0.1, 7.0, 300.0])
    np.testing.assert_array_equal(
        model.conditional(theta_of(model), t, 0, 0, 0), model.expected(theta_of(model), t)
    )


@each_model
def test_the_expectation_is_the_mean_of_simulated_customers(model, crowds):
    assert_no_difference(crowds[model.name]["x"].to_numpy() - model.expected(theta_of(model), AGE))


@each_model
def test_histories_average_out_the_conditional_expectation(model, crowds):
    """The tower property: E[conditional(t)] = expected(T + t) − expected(T)."""
    theta = theta_of(model)
    ahead = model.conditional(theta, AHEAD, *columns(crowds[model.name]))
    assert_no_difference(ahead - (model.expected(theta, AGE + AHEAD) - model.expected(theta, AGE)))


@each_model
def test_expectations_rise_with_time_and_are_zero_at_once(model):
    theta, t = theta_of(model), np.array([0.0, 1e-6, 0.5, 10.0, 1e3, 1e5])
    for history in HISTORIES:
        ahead = model.conditional(theta, t, *history)
        assert ahead[0] == 0
        assert np.all(np.diff(ahead) > 0)


@each_model
def test_the_rate_of_buying_at_once_is_the_mean_rate_of_those_alive(model):
    """For t → 0: P(alive) · (r + x) / (α + T), for in every model λ of the living is Gamma(r + x, α + T)."""
    theta = theta_of(model)
    for x, t_x, T in HISTORIES:
        rate = model.p_alive(theta, x, t_x, T) * (theta[0] + x) / (theta[1] + T)
        assert model.conditional(theta, 1e-7, x, t_x, T) / 1e-7 == pytest.approx(rate, rel=1e-5)


# Units of time


@each_model
def test_weeks_and_days_tell_the_same_story(model):
    theta = theta_of(model)
    in_days = theta * [7.0 if param.unit == "time" else 1.0 for param in model.params]
    x, t_x, T = (np.array(column, float) for column in zip(*HISTORIES, strict=True))
    weeks, days = (x, t_x, T), (x, 7 * t_x, 7 * T)
    np.testing.assert_allclose(
        model.loglik(in_days, *days), model.loglik(theta, *weeks) - x * np.log(7), rtol=1e-12, atol=1e-12
    )
    for question in ("conditional", "p_no_purchase"):
        ask = getattr(model, question)
        np.testing.assert_allclose(ask(in_days, 140, *days), ask(theta, 20, *weeks), rtol=1e-10)
    np.testing.assert_allclose(model.p_alive(in_days, *days), model.p_alive(theta, *weeks), rtol=1e-12)
    np.testing.assert_allclose(
        model.median_wait(in_days, *days), 7 * model.median_wait(theta, *weeks), rtol=1e-9
    )


# Simulation


GROUPS = {
    "all": slice(0, None),
    "x = 0": slice(0, 1),
    "x = 1": slice(1, 2),
    "x = 2–4": slice(2, 5),
    "x ≥ 5": slice(5, None),
}


@pytest.mark.parametrize("group", GROUPS.values(), ids=GROUPS)
@each_model
def test_simulated_customers_do_what_the_formulas_say(model, group, crowds):
    """Who is alive, how many purchases follow, and whether any does: all together and by repeat purchases."""
    crowd = crowds[model.name]
    chosen = crowd[(crowd["x"] >= group.start) & (crowd["x"] < (group.stop or np.inf))]
    theta, seen = theta_of(model), columns(chosen)
    assert len(chosen) > 1000
    assert_no_difference(chosen["x_holdout"].to_numpy() - model.conditional(theta, AHEAD, *seen))
    silent = (chosen["x_holdout"] == 0).to_numpy(float)
    assert_no_difference(silent - model.p_no_purchase(theta, AHEAD, *seen))
    alive = chosen["alive"].to_numpy(float) - model.p_alive(theta, *seen)
    if np.ptp(alive) > 0:
        assert_no_difference(alive)
    else:  # where leaving is impossible there is nothing to estimate
        assert np.all(alive == 0)


@each_model
def test_the_silent_are_less_often_alive_and_simulation_shows_how_much(model, crowds):
    crowd = crowds[model.name]
    for low, high in itertools.pairwise((0.01, 10, 20, 27, 30)):
        chosen = crowd[(crowd["x"] == 1) & crowd["t_x"].between(low, high)]
        difference = chosen["alive"].to_numpy(float) - model.p_alive(theta_of(model), *columns(chosen))
        assert np.ptp(difference) == 0 or abs(difference.mean()) < 4 * difference.std() / np.sqrt(len(chosen))


@each_model
def test_a_simulated_history_is_a_possible_one(model, crowds):
    crowd = crowds[model.name]
    assert list(crowd) == ["x", "t_x", "T", "alive", "x_holdout"]
    assert ((crowd["t_x"] > 0) == (crowd["x"] > 0)).all()
    assert crowd["t_x"].between(0, AGE).all()
    assert (crowd["x_holdout"][~crowd["alive"]] == 0).all()


@each_model
def test_simulation_is_the_same_for_the_same_seed_and_takes_ages_one_by_one(model):
    ages = np.array([0.0, 1.0, 50.0])
    first, second = (model.simulate(THETA[model.name], ages, np.random.default_rng(3), t=5) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    assert first["T"].tolist() == ages.tolist()
    assert first.loc[0, "x"] == 0


def futures(model, t: float, *history: float, n: int = 20_000):
    """n draws of the next t of a customer with this history: counts, and when each draw leaves."""
    x, t_x, T = (np.full(n, float(value)) for value in history)
    customer, time, leaves = model.future(theta_of(model), t, x, t_x, T, np.random.default_rng(33))
    assert ((time > 0) & (time <= t)).all()
    assert (np.diff(customer) >= 0).all()
    assert (leaves[customer] >= time).all()  # nobody buys after leaving
    return np.bincount(customer, minlength=n), leaves


@pytest.mark.parametrize("history", HISTORIES, ids=str)
@each_model
def test_futures_drawn_for_a_history_do_what_the_formulas_say(model, history):
    counts, leaves = futures(model, AHEAD, *history)
    theta = theta_of(model)
    assert_no_difference(counts - model.conditional(theta, AHEAD, *history))
    assert_no_difference((counts == 0) - model.p_no_purchase(theta, AHEAD, *history))
    alive = (leaves > 0) - model.p_alive(theta, *history)
    assert np.all(alive == 0) or abs(alive.mean()) < 4 * alive.std() / np.sqrt(len(alive))


@each_model
def test_futures_drawn_for_simulated_histories_are_the_simulated_futures(model, crowds):
    """The whole distribution of counts, for those who had come back once or more."""
    crowd = crowds[model.name].query("x > 0")
    customer, _, _ = model.future(theta_of(model), AHEAD, *columns(crowd), np.random.default_rng(34))
    counts = np.bincount(customer, minlength=len(crowd))
    for k in range(8):
        drawn, made = (counts == k).mean(), (crowd["x_holdout"] == k).mean()
        assert abs(drawn - made) < 4 * np.sqrt(2 * made * (1 - made) / len(crowd))


def test_in_the_pareto_nbd_the_living_leave_by_a_pareto_law():
    """P(alive at T + t) = P(alive at T) · ((β + T) / (β + T + t))^s."""
    model, history = ATTRITION["Pareto/NBD"], (4, 28, 30)
    _, leaves = futures(model, AHEAD, *history)
    _, _, s, beta = theta_of(model)
    for t in (1.0, 5.0, 19.0):
        assert_no_difference(
            (leaves > t) - model.p_alive(theta_of(model), *history) * ((beta + 30) / (beta + 30 + t)) ** s
        )


def test_spend_drawn_for_a_history_has_the_conditional_mean():
    theta, n = (4.0, 5.0, 40.0), 40_000
    rng = np.random.default_rng(35)
    for x, m, purchases in ((0.0, 0.0, 1), (3.0, 15.0, 4)):
        total = GammaGamma().future(theta, np.full(n, purchases), np.full(n, x), np.full(n, m), rng)
        assert_no_difference(total - purchases * GammaGamma().conditional_mean(theta, x, m))
    assert GammaGamma().future(theta, np.zeros(5), np.ones(5), np.ones(5), rng).tolist() == [0] * 5


# Probabilities


@each_model
def test_p_no_purchase_starts_at_1_and_falls(model):
    t = np.concatenate([[0.0], np.geomspace(1e-3, 1e6, 60)])
    for history in HISTORIES:
        p = model.p_no_purchase(theta_of(model), t, *history)
        assert p[0] == 1
        assert np.all(np.diff(p) <= 1e-12)  # the rounding of exp(ln L − ln L)
        assert np.all((p >= 0) & (p <= 1))


@each_model
def test_for_ever_only_those_never_buy_who_have_left_or_will_leave_first(model):
    """In the NBD and BG/NBD whoever is alive buys again; in the Pareto/NBD some leave before."""
    theta = theta_of(model)
    for history in HISTORIES[1:5]:
        never, left = model.p_no_purchase(theta, np.inf, *history), 1 - model.p_alive(theta, *history)
        if model.name == "Pareto/NBD":
            assert left < never < 1
        else:
            assert never == pytest.approx(left, abs=1e-11)  # ln(1e250) · (r + x) has lost some digits
        both = model.p_no_purchase(theta, np.array([1e9, np.inf]), *history)
        assert both[1] == pytest.approx(never, abs=1e-12)


@pytest.mark.parametrize("history", [(-1, 0, 5), (1, -1, 5), (1, 6, 5), (0, 3, 5)], ids=str)
@pytest.mark.parametrize("name", ["BG/NBD", "MBG/NBD", "Pareto/NBD"])
def test_an_impossible_history_is_refused(name, history):
    for question in ("p_alive", "loglik"):
        with pytest.raises(DomainError) as error:
            getattr(ATTRITION[name], question)(THETA[name], *(np.array([float(v)]) for v in history))
        assert str(error.value) == (
            "Some history is impossible: it must have x >= 0, 0 <= t_x <= T, and t_x = 0 where x = 0 "
            "(x repeat purchases, the last at age t_x, watched until age T)."
        )


def test_p_no_purchase_of_somebody_who_never_came_back_has_no_term_for_leaving_in_the_bg_nbd():
    """With x = 0 the likelihood is ((α + T) / (α + T + t))^r: .951 for CDNOW's estimates, and not .975."""
    theta = (0.243, 4.414, 0.793, 2.426)
    p = ATTRITION["BG/NBD"].p_no_purchase(theta, 10, 0, 0, 38.86)
    assert p == pytest.approx((43.274 / 53.274) ** 0.243, rel=1e-12)
    assert round(float(p), 3) == 0.951


@each_model
def test_nobody_without_time_to_leave_has_left(model):
    """A purchase at the very end of observation: only a chance to leave at that purchase is in question."""
    p = model.p_alive(theta_of(model), 3, 30, 30)
    chance = {"BG/NBD": 0.9 / (2.5 + 3 - 1), "MBG/NBD": 0.9 / (2.5 + 4 - 1)}.get(model.name, 0.0)
    assert p == pytest.approx(1 / (1 + chance), rel=1e-12)


def likelihood_sums_to(model, theta, T: float, most: int) -> float:
    """Σ over x of ∫ over t_x: the likelihood counts one order of purchases, t_x^(x−1) / (x−1)! the others."""
    total = float(np.exp(model.loglik(theta, *np.array([[0.0], [0.0], [T]])))[0])
    nodes, weights = np.polynomial.legendre.leggauss(80)
    t_x = T * (nodes + 1) / 2
    for x in range(1, most + 1):
        orders = (x - 1) * np.log(t_x) - special.gammaln(x)
        density = np.exp(model.loglik(theta, np.full(80, float(x)), t_x, np.full(80, T)) + orders)
        total += float(weights @ density) * T / 2
    return total


@pytest.mark.parametrize("T", [1.0, 15.0])
@each_model
def test_the_probabilities_of_all_histories_add_up_to_1(model, T):
    assert likelihood_sums_to(model, theta_of(model), T, most=260) == pytest.approx(1, abs=1e-9)


def test_the_density_of_spend_adds_up_to_1():
    theta = (2.0, 3.0, 20.0)
    for x in (1.0, 4.0, 30.0):

        def density(log_m, x=x):
            m = np.array([np.exp(log_m)])
            return float(np.exp(GammaGamma().loglik(theta, np.array([x]), m))[0] * m[0])

        total, _ = integrate.quad(density, -25, 25, limit=200, epsabs=1e-11, points=[0, 2, 4])
        assert total == pytest.approx(1, abs=1e-9)


# Waiting


@each_model
def test_at_the_median_wait_a_purchase_has_come_in_half_of_the_cases(model):
    theta = theta_of(model)
    for history in HISTORIES:
        wait = model.median_wait(theta, *history)
        if np.isfinite(wait):
            assert model.p_no_purchase(theta, wait, *history) == pytest.approx(0.5, abs=1e-9)


def test_the_median_wait_of_the_nbd_is_that_of_its_pareto_distribution():
    """P(no purchase in t) = ((α + T) / (α + T + t))^(r + x)."""
    r, alpha = THETA["NBD"]
    for x, t_x, T in HISTORIES:
        expected = (alpha + T) * (2 ** (1 / (r + x)) - 1)
        assert ATTRITION["NBD"].median_wait(THETA["NBD"], x, t_x, T) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", ["BG/NBD", "MBG/NBD", "Pareto/NBD"])
def test_the_median_wait_is_infinite_exactly_for_those_who_will_rather_never_come(name):
    """What is left of P(no purchase) after a very long time is the probability that none will come."""
    model, theta = ATTRITION[name], theta_of(ATTRITION[name])
    x, silence = (grid.ravel() for grid in np.meshgrid(np.arange(1, 12), np.linspace(0, 29, 30)))
    never = model.p_no_purchase(theta, 1e12, x, 30 - silence, 30)
    infinite = np.isinf(model.median_wait(theta, x, 30 - silence, 30))
    assert infinite.any()
    assert not infinite.all()
    sure = np.abs(never - 0.5) > 1e-3
    np.testing.assert_array_equal(infinite[sure], never[sure] > 0.5)


# Discounting


def dert_by_fader_hardie_lee(theta, delta, x, t_x, T, p_alive):
    """DERT of the Pareto/NBD: Fader, Hardie & Lee (2005), J. Marketing Research 42:415–430, with Tricomi's Ψ.

    Their expression, with the likelihood replaced by P(alive): given that a customer is alive, λ is
    Gamma(r + x, α + T) and μ is Gamma(s, β + T), and ∫ e^(−(δ+μ)t) dt = 1 / (δ + μ) is averaged over μ.
    """
    r, alpha, s, beta = theta
    tricomi = special.hyperu(s, s, delta * (beta + T))
    return p_alive * (r + x) / (alpha + T) * (delta * (beta + T)) ** (s - 1) * (beta + T) * tricomi


@pytest.mark.parametrize("s", [0.3, 0.7, 1.0, 1.8])
def test_infinite_horizon_of_the_pareto_nbd_is_dert(s):
    model, theta = ATTRITION["Pareto/NBD"], (0.8, 8.0, s, 12.0)
    delta = np.log(1.15) / 52.18  # 15 % a year, per week
    for history in HISTORIES:
        expected = dert_by_fader_hardie_lee(theta, delta, *history, model.p_alive(theta, *history))
        assert model.discounted(theta, np.inf, delta, *history) == pytest.approx(expected, rel=1e-8)


def test_infinite_horizon_of_the_nbd_is_the_rate_over_delta():
    r, alpha = THETA["NBD"]
    for x, t_x, T in HISTORIES:
        value = ATTRITION["NBD"].discounted(THETA["NBD"], np.inf, 0.002, x, t_x, T)
        assert value == pytest.approx((r + x) / (alpha + T) / 0.002, rel=1e-6)


@pytest.mark.parametrize("delta", [-0.002, 0.002, 0.05])
@each_model
def test_a_finite_horizon_is_the_sum_of_discounted_increments(model, delta):
    theta, edges = theta_of(model), np.linspace(0, 156, 20_001)
    for history in HISTORIES:
        steps = np.diff(model.conditional(theta, edges, *history))
        riemann = steps @ np.exp(-delta * (edges[1:] + edges[:-1]) / 2)
        assert model.discounted(theta, 156.0, delta, *history) == pytest.approx(riemann, rel=1e-6)


@each_model
def test_without_discounting_the_discounted_purchases_are_the_expected_ones(model):
    theta = theta_of(model)
    for history in HISTORIES:
        plain = model.conditional(theta, 52.0, *history)
        assert model.discounted(theta, 52.0, 0.0, *history) == pytest.approx(plain, rel=1e-12)
        assert model.discounted(theta, 52.0, 1e-10, *history) == pytest.approx(plain, rel=1e-7)
        assert model.discounted(theta, 0.0, 0.01, *history) == 0


@each_model
def test_a_longer_horizon_is_worth_more_and_a_very_long_one_as_much_as_an_infinite_one(model):
    theta, delta = theta_of(model), 0.01
    values = [model.discounted(theta, h, delta, 4, 28, 30) for h in (1.0, 52.0, 520.0, 5000.0, np.inf)]
    assert np.all(np.diff(values) > -1e-9)
    assert values[-1] == pytest.approx(values[-2], rel=1e-8)


@each_model
def test_an_infinite_horizon_without_discounting_is_refused(model):
    with pytest.raises(DomainError) as error:
        model.discounted(theta_of(model), np.inf, 0.0, 1, 2, 3)
    assert str(error.value) == (
        "An infinite horizon needs a discount rate above 0: without one the value may be infinite."
    )


# Extremes


@pytest.mark.parametrize(
    "history",
    [
        (3000, 300, 300),
        (3000, 299.9, 300),
        (3000, 300, 730),
        (3000, 300, 1e9),
        (1, 1e-9, 1e9),
        (1, 1e9, 1e9),
        (0, 0, 1e9),
        (0, 0, 0),
        (1, 1e-12, 1e-12),
    ],
    ids=str,
)
@each_model
def test_extreme_histories_give_finite_answers_without_a_warning(model, history):
    theta = theta_of(model)
    row = tuple(np.array([float(value)]) for value in history)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        p_alive = model.p_alive(theta, *row)
        answers = [
            model.loglik(theta, *row),
            model.conditional(theta, 52.0, *row),
            model.discounted(theta, 52.0, 0.002, *row),
            model.p_no_purchase(theta, 52.0, *row),
            *model.loglik_and_score(theta, *row),
        ]
        wait = model.median_wait(theta, *row)
    assert 0 <= p_alive[0] <= 1
    assert all(np.isfinite(answer).all() for answer in answers)
    assert wait[0] > 0


@pytest.mark.parametrize(("name", "place"), [("BG/NBD", 2), ("MBG/NBD", 2), ("Pareto/NBD", 2), ("NBD", 0)])
def test_nothing_jumps_when_a_shape_passes_through_1(name, place):
    model = ATTRITION[name]
    x, t_x, T = (np.array(column, float) for column in zip(*HISTORIES, strict=True))
    answers = []
    for shift in (-1e-6, -1e-9, 0.0, 1e-9, 1e-6):
        theta = theta_of(model)
        theta[place] = 1 + shift
        answers.append(
            [
                model.loglik(theta, x, t_x, T),
                model.conditional(theta, 20.0, x, t_x, T),
                model.discounted(theta, 52.0, 0.002, x, t_x, T),
                model.loglik_and_score(theta, x, t_x, T)[1][place],
            ]
        )
    below, just_below, at, just_above, above = (np.array(answer) for answer in answers)
    np.testing.assert_allclose(just_below, at, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose(just_above, at, rtol=1e-7, atol=1e-7)
    np.testing.assert_allclose((below + above) / 2, at, rtol=1e-9, atol=1e-9)


def test_spend_of_a_known_customer_does_not_jump_when_q_passes_through_1():
    values = [float(GammaGamma().conditional_mean((2.0, 1 + e, 20.0), 3, 15)) for e in (-1e-9, 0, 1e-9)]
    assert values == pytest.approx([2 * (20 + 45) / 6] * 3, rel=1e-8)


def log_uniform(low: float, high: float):
    return st.floats(np.log(low), np.log(high)).map(np.exp)


@st.composite
def histories(draw):
    T = draw(st.one_of(st.just(0.0), log_uniform(1e-3, 1e5)))
    x = draw(st.integers(0, 4000)) if T > 0 else 0
    part = draw(st.one_of(st.just(1.0), st.floats(1e-6, 1.0)))
    return float(x), (T * part if x else 0.0), T


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    shapes=st.lists(log_uniform(1e-3, 1e4), min_size=4, max_size=4),
    history=histories(),
    t=log_uniform(1e-3, 1e5),
)
@each_model
def test_no_parameters_and_no_history_give_nan_or_a_warning(model, shapes, history, t):
    theta = np.array(shapes[: len(model.params)])
    row = tuple(np.array([value]) for value in history)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        p_alive, loglik = model.p_alive(theta, *row)[0], model.loglik(theta, *row)[0]
        ahead, further = model.conditional(theta, np.array([t, 2 * t]), *history)
        silent = model.p_no_purchase(theta, t, *row)[0]
        discounted = model.discounted(theta, t, 0.001, *row)[0]
        score = model.loglik_and_score(theta, *row)[1]
    assert 0 <= p_alive <= 1
    assert np.isfinite(loglik)
    assert np.isfinite(score).all()
    assert 0 <= silent <= 1
    rounding = 1 + 1e-9
    assert 0 <= ahead <= further * rounding
    assert further <= 2 * ahead * rounding  # expectations are concave in t
    assert 0 <= discounted <= ahead * (1 + 1e-3)
    assert ahead <= p_alive * (theta[0] + row[0][0]) / (theta[1] + row[2][0]) * t * rounding


# Parameters come back

DATA_SETS, CUSTOMERS = 40, 600


@pytest.fixture(scope="module", params=[*THETA, "Gamma-Gamma"])
def refits(request):
    """True parameters, and fits to data sets simulated with them: (truth, intervals, twice the log-likelihood lead)."""
    model, rng = MODELS[request.param], np.random.default_rng(2718)
    truth = np.array(THETA.get(request.param, (2.0, 3.0, 20.0)))
    inside, leads = [], []
    for _ in range(DATA_SETS):
        if request.param in THETA:
            data = model.simulate(truth, rng.uniform(20, 60, CUSTOMERS).round(), rng)
        else:
            x = rng.geometric(0.3, CUSTOMERS)
            data = pd.DataFrame({"x": x, "m": model.simulate(truth, x, rng)})
        fit = model.fit(data)
        table = fit.table()
        inside.append((table["low"].to_numpy() <= truth) & (truth <= table["high"].to_numpy()))
        rows, _ = model.read(data)
        leads.append(2 * (fit.loglik - model.loglik(truth, *rows).sum()))
    return truth, np.array(inside), np.array(leads)


def test_95_percent_intervals_hold_the_true_parameters_at_their_stated_rate(refits):
    _, inside, _ = refits
    least = stats.binom.ppf(1e-4, DATA_SETS, 0.95)
    assert np.all(inside.sum(axis=0) >= least)
    assert 0.9 < inside.mean() < 0.99


def test_the_lead_of_the_estimate_over_the_truth_is_chi_squared(refits):
    truth, _, leads = refits
    assert np.all(leads >= 0)
    low, high = stats.chi2.ppf([1e-4, 1 - 1e-4], DATA_SETS * len(truth))
    assert low < leads.sum() < high
