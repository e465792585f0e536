"""BG/BB: against 50-digit sums of its plain definition, against its paper, against simulation, and its laws.

Reference: the likelihood of Fader, Hardie & Shang (2010) is a sum of beta functions over the
opportunity before which the customer may have left. All else follows from it: the probability of y purchases in the
next k is that of all longer histories with y more, divided by that of the history.
"""

import itertools
import math
import warnings
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from scipy import stats

from crmtheory import datasets
from crmtheory.errors import ConvergenceError, DomainError, SchemaError
from crmtheory.models.beta_ratios import rise_per_shape, sum_of_ratios
from crmtheory.models.bg_bb import BGBB

MODEL = BGBB()
PRINTED = (1.204, 0.750, 0.657, 2.783)
THETA = (0.9, 1.1, 0.6, 3.0)
HISTORIES = ((0, 0, 6), (2, 4, 6), (6, 6, 6), (1, 1, 6), (0, 0, 0), (3, 17, 30), (1, 30, 30))
AGE, AHEAD = 8, 5


# Reference, 50 digits


@pytest.fixture(autouse=True)
def fifty_digits():
    with mp.workdps(50):
        yield


def exact(*values):
    return [mpf(float(value)) for value in values]


@cache
def ways_to_leave(theta, x, t_x, T):
    """The terms of the likelihood: left before opportunity t_x + 1, t_x + 2, …, T; and alive at T (last)."""
    alpha, beta, gamma, delta = exact(*theta)
    norm = mp.beta(alpha, beta) * mp.beta(gamma, delta)
    buying = mp.beta(alpha + x, beta + t_x - x) / norm
    leaving, staying = mp.beta(gamma + 1, delta + t_x), mp.beta(gamma, delta + t_x)
    terms = []
    for i in range(t_x, T):
        terms.append(buying * leaving)
        buying *= (beta + i - x) / (alpha + beta + i)  # B(a, b + 1) = B(a, b) · b / (a + b)
        leaving *= (delta + i) / (gamma + 1 + delta + i)
        staying *= (delta + i) / (gamma + delta + i)
    return [*terms, buying * staying]


def likelihood(theta, x, t_x, T):
    return mp.fsum(ways_to_leave(theta, x, t_x, T))


def alive(theta, x, t_x, T):
    terms = ways_to_leave(theta, x, t_x, T)
    return terms[-1] / mp.fsum(terms)


def stays(theta, T, k):
    """P(alive at T + 1), …, P(alive at T + k), of one who is alive at T."""
    _, _, gamma, delta = exact(*theta)
    return list(itertools.accumulate(((delta + T + i) / (gamma + delta + T + i) for i in range(k)), mp.fmul))


def chance_to_buy(theta, x, T):
    alpha, beta, _, _ = exact(*theta)
    return (alpha + x) / (alpha + beta + T)


def p_count(theta, y, k, x, t_x, T):
    """Over the opportunities of the last of the y purchases, which the others may precede in any order."""
    if y == 0:
        return likelihood(theta, x, t_x, T + k) / likelihood(theta, x, t_x, T)
    ways = (
        mp.binomial(j - 1, y - 1) * likelihood(theta, x + y, T + j, T + k) for j in range(int(y), int(k) + 1)
    )
    return mp.fsum(ways) / likelihood(theta, x, t_x, T)


def discounted_for_ever(theta, rate, x, T):
    """Σ v^i (b)_i / (b + γ)_i over i ≥ 1, a Gauss hypergeometric function less its first term; of the living."""
    _, _, gamma, delta = exact(*theta)
    return chance_to_buy(theta, x, T) * (mp.hyp2f1(1, delta + T, gamma + delta + T, mp.exp(-mpf(rate))) - 1)


RNG = np.random.default_rng(2010)


def random_theta(low=1e-3, high=1e4):
    return tuple(np.exp(RNG.uniform(np.log(low), np.log(high), 4)))


def random_history(longest):
    T = int(np.exp(RNG.uniform(0, np.log(longest + 1)))) - 1
    t_x = int(RNG.integers(0, T + 1)) if RNG.random() < 0.8 else T
    x = int(RNG.integers(1, t_x + 1)) if t_x and RNG.random() < 0.8 else min(t_x, 1)
    return min(x, 5000), t_x, T


LONG = [(random_theta(), random_history(10_000), random_history(1000)[2] + 1) for _ in range(200)]
SHORT = [
    (random_theta(1e-2, 1e3), random_history(60), k, int(RNG.integers(0, k + 1)))
    for k in RNG.integers(1, 25, 200).tolist()
]


def as_double(value: mpf) -> float:
    return float(value) if abs(value) > 1e-290 else 0.0


def assert_equal(got, expected: mpf, rel: float = 1e-8) -> None:
    assert float(got) == pytest.approx(as_double(expected), rel=rel, abs=1e-280)


def test_log_likelihood_is_that_of_the_sum_of_beta_functions():
    for theta, history, _ in LONG:
        got = MODEL.loglik(theta, *(np.array(float(value)) for value in history))
        expected = mp.log(likelihood(theta, *history))
        assert abs(float(got) - expected) < 1e-9 + 1e-13 * abs(expected)


def test_the_living_and_who_stays_agree_with_50_digits():
    for theta, history, k in LONG:
        survival = stays(theta, history[2], k)[-1]
        p_alive = alive(theta, *history)
        assert_equal(MODEL.p_alive(theta, *history), p_alive)
        assert_equal(MODEL.survival_alive(theta, k, history[0], history[2]), survival)
        assert_equal(MODEL.p_alive_later(theta, k, *history), p_alive * survival)


def test_expected_purchases_agree_with_their_sum_over_opportunities():
    for theta, history, k in LONG:
        x, _, T = history
        ahead = alive(theta, *history) * chance_to_buy(theta, x, T) * mp.fsum(stays(theta, T, k))
        assert_equal(MODEL.conditional(theta, k, *history), ahead)


def test_the_probability_of_silence_agrees_with_50_digits():
    for theta, (x, t_x, T), k in LONG:
        expected = likelihood(theta, x, t_x, T + k) / likelihood(theta, x, t_x, T)
        assert_equal(MODEL.p_no_purchase(theta, k, x, t_x, T), expected)


def test_the_distribution_of_purchases_is_that_of_all_longer_histories():
    for theta, history, k, y in SHORT:
        assert_equal(MODEL.pmf(theta, y, k, *history), p_count(theta, y, k, *history))


def test_discounted_purchases_agree_with_their_sum_over_opportunities():
    for i, (theta, history, k) in enumerate(LONG):
        x, _, T = history
        rate = (0.1, 0.003, 1e-5, -0.01)[i % 4]
        terms = (mp.exp(-mpf(rate) * (j + 1)) * s for j, s in enumerate(stays(theta, T, k)))
        expected = alive(theta, *history) * chance_to_buy(theta, x, T) * mp.fsum(terms)
        assert_equal(MODEL.discounted(theta, k, rate, *history), expected, rel=1e-9)


def test_discounted_for_ever_is_a_hypergeometric_function():
    for i, (theta, history, _) in enumerate(LONG):
        x, _, T = history
        rate = (0.5, 0.1, 0.01, 1e-4, 1e-7)[i % 5]
        expected = alive(theta, *history) * discounted_for_ever(theta, rate, x, T)
        assert_equal(MODEL.discounted(theta, math.inf, rate, *history), expected, rel=1e-9)


@pytest.mark.parametrize(
    "shapes", [(0.3, 0.2, 0.4, 0.5), (1.2, 0.8, 0.7, 2.8), (2, 90, 1, 300), (0.1, 30, 0.1, 5)]
)
def test_who_never_buys_again_has_left_or_leaves_first(shapes):
    """Per customer θ / (θ + (1 − θ) p) of the living never buy again; averaged here over θ and p."""
    alpha, beta, gamma, delta = exact(*shapes)

    def logit_nodes(a, b):  # E over Beta(a, b) as a trapezoid sum in s = logit, both 1 − p and p kept exact
        grid = [mpf(i) / 3 for i in range(-int(180 / a) - 30, int(180 / b) + 31)]
        parts = [(1 / (1 + mp.exp(-s)), 1 / (1 + mp.exp(s))) for s in grid]
        weights = [mp.exp(a * mp.log(p) + b * mp.log(q)) for p, q in parts]
        total = mp.fsum(weights)
        return [(float(w / total), float(p), float(q)) for w, (p, q) in zip(weights, parts, strict=True)]

    leave, buy = (np.array(logit_nodes(a, b)).T for a, b in ((gamma, delta), (alpha, beta)))
    never = leave[1][:, None] / (leave[1][:, None] + leave[2][:, None] * buy[1])
    expected = leave[0] @ never @ buy[0]
    assert MODEL.p_no_purchase(shapes, math.inf, 0, 0, 0) == pytest.approx(expected, rel=1e-9)


def test_sums_beyond_256_terms_are_exact_to_ten_digits():
    """Sums of up to 10,000 terms, added one by one with 50 digits, for shapes from 0.001 to 10,000."""
    for i in range(60):
        b1, a1, b2, a2 = random_theta()
        k, rate = int(np.exp(RNG.uniform(np.log(250), np.log(10_000)))), (0, 1e-4, 0.02)[i % 3]
        term, total, fade = mpf(1), mpf(0), mp.exp(-mpf(rate))
        for j in range(k):
            total += term
            term *= fade * (b1 + mpf(j)) / (b1 + mpf(a1) + j) * (b2 + mpf(j)) / (b2 + mpf(a2) + j)
        assert_equal(sum_of_ratios(np.array(float(k)), b1, a1, b2, a2, rate), total, rel=1e-10)


# The paper


@pytest.fixture(scope="module")
def donors():
    renamed = {"frequency": "x", "recency": "t_x", "periods": "T"}
    return datasets.load("donations").rename(columns=renamed)


@pytest.fixture(scope="module")
def fit(donors):
    return MODEL.fit(donors, unit="year", weights="weights")


def columns(frame):
    return tuple(frame[name].to_numpy(float) for name in ("x", "t_x", "T"))


def test_published_estimates_are_as_likely_as_ours_and_no_likelier(fit, donors):
    """Fader, Hardie & Shang 2010: 11,104 donors, six years."""
    lead = fit.loglik - donors["weights"] @ MODEL.loglik(PRINTED, *columns(donors))
    assert 0 <= lead <= 0.01
    assert fit.n == 11_104
    assert fit.loglik == pytest.approx(-33225.6, abs=0.05)
    assert np.all(np.abs(np.array(PRINTED) - fit.theta) < 0.05 * fit.se)
    assert fit.verdict.converged


def test_donors_are_alive_in_the_next_year_as_often_as_published(fit):
    later = [float(MODEL.p_alive_later(fit.theta, 1, *history)) for history in HISTORIES[:3]]
    assert [f"{p:.2f}" for p in later] == ["0.11", "0.59", "0.93"]


def test_donations_of_the_next_five_years_add_up_to_the_published_total(fit, donors):
    assert fit.conditional(donors, 5) @ donors["weights"] == pytest.approx(12884.2, abs=0.05)
    pd.testing.assert_series_equal(fit.conditional(donors, "5 years"), fit.conditional(donors, 5))


def test_the_score_by_differences_vanishes_at_the_estimates_and_robust_errors_are_near_the_plain_ones(
    fit, donors
):
    score = MODEL.loglik_and_score(fit.theta, *columns(donors))[1]
    assert np.abs(score @ donors["weights"]).max() < 1e-3
    robust = MODEL.fit(donors, weights="weights", robust=True)
    assert np.all(np.abs(np.log(robust.se / fit.se)) < 0.5)


# Laws


def every_history(T):
    return [(0, 0, T)] + [(x, t_x, T) for t_x in range(1, T + 1) for x in range(1, t_x + 1)]


def orders(x, t_x):
    return math.comb(t_x - 1, x - 1) if x else 1


def random_rows(rng, n=40, longest=300):
    T = rng.integers(0, longest, n)
    t_x = rng.integers(0, T + 1)
    x = np.where(t_x > 0, rng.integers(1, np.maximum(t_x, 1) + 1), 0)
    return tuple(column.astype(float) for column in (x, t_x, T))


@pytest.mark.parametrize("T", [1, 6, 14])
@pytest.mark.parametrize("theta", [THETA, PRINTED, (0.01, 20, 0.02, 0.1), (50, 3, 4, 100)], ids=str)
def test_the_probabilities_of_all_histories_add_up_to_1(theta, T):
    total = sum(
        orders(x, t_x) * np.exp(MODEL.loglik(theta, *np.array([x, t_x, T], float)))
        for x, t_x, T in every_history(T)
    )
    assert total == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("theta", [THETA, PRINTED, (0.01, 20, 0.02, 0.1), (50, 3, 4, 100)], ids=str)
def test_histories_average_out_what_is_expected(theta):
    """The tower property, exactly: a sum over all histories, of purchases, of their distribution, of being alive."""
    T, k = 9, 5
    every = np.array(every_history(T), float).T
    weight = np.array([orders(int(x), int(t_x)) for x, t_x in every[:2].T])
    weight = weight * np.exp(MODEL.loglik(theta, *every))
    ahead = MODEL.expected(theta, T + k) - MODEL.expected(theta, T)
    assert weight @ MODEL.conditional(theta, k, *every) == pytest.approx(ahead, rel=1e-11)
    assert weight @ every[0] == pytest.approx(float(MODEL.expected(theta, T)), rel=1e-11)
    survival = float(MODEL.p_alive_later(theta, T, 0, 0, 0))
    assert weight @ MODEL.p_alive(theta, *every) == pytest.approx(survival, rel=1e-11)
    for x in range(T + 1):
        assert weight[every[0] == x].sum() == pytest.approx(float(MODEL.pmf(theta, x, T)), rel=1e-11)


@pytest.mark.parametrize("k", [0, 1, 7, 60, 2500])
def test_the_distribution_adds_up_to_1_and_has_the_expectation_as_its_mean(k):
    y = np.arange(k + 3.0)
    for history in HISTORIES:
        p = MODEL.pmf(THETA, y, k, *history)
        assert p.sum() == pytest.approx(1, rel=1e-9)
        assert p @ y == pytest.approx(float(MODEL.conditional(THETA, k, *history)), rel=1e-9)
        assert p[0] == pytest.approx(float(MODEL.p_no_purchase(THETA, k, *history)), rel=1e-11)
        assert np.all(p[k + 1 :] == 0)


def test_nobody_who_bought_at_the_last_opportunity_has_left():
    assert MODEL.p_alive(THETA, np.array([1, 5, 0]), np.array([5, 5, 0]), np.array([5, 5, 0])).tolist() == [
        1,
        1,
        1,
    ]


def test_what_lies_ahead_changes_only_at_whole_opportunities():
    for question in ("conditional", "p_no_purchase", "p_alive_later"):
        ask = getattr(MODEL, question)
        got = [float(ask(THETA, t, 2, 4, 6)) for t in (0.0, 0.99, 1.0, 1.5, 2 - 1e-12, 2.0)]
        assert got[0] == got[1]
        assert got[2] == got[3]
        assert got[4] == got[5]
        assert len(set(got)) == 3
    ask = [float(MODEL.discounted(THETA, t, 0.1, 2, 4, 6)) for t in (0.5, 1.0, 1.5)]
    assert ask[0] == 0
    assert ask[1] == ask[2] == pytest.approx(float(MODEL.conditional(THETA, 1, 2, 4, 6)) * math.exp(-0.1))


def test_expectations_rise_with_time_and_purchases_and_hope_falls_with_silence():
    t = np.arange(200.0)
    for history in HISTORIES:
        assert np.all(np.diff(MODEL.conditional(THETA, t, *history)) > 0)
        assert np.all(np.diff(MODEL.conditional(THETA, t, *history), 2) < 0)
        assert np.all(np.diff(MODEL.p_no_purchase(THETA, t, *history)) < 0)
        assert np.all(np.diff(MODEL.p_alive_later(THETA, t, *history)) < 0)
    T = np.arange(8.0, 400)
    for x in (1.0, 8.0):
        assert np.all(np.diff(MODEL.p_alive(THETA, x, 8, T)) < 0)
        assert np.all(np.diff(MODEL.conditional(THETA, 5, x, 8, T)) < 0)
    x = np.arange(1.0, 51)
    assert np.all(np.diff(MODEL.p_alive(THETA, x, 50, 60)) < 0)  # silence says more of those who bought often
    assert np.all(np.diff(MODEL.conditional(THETA, 5, x, 50, 50)) > 0)
    assert np.all(np.diff(MODEL.p_alive(THETA, 5, np.arange(5.0, 61), 60)) > 0)


def test_for_ever_is_a_very_long_time():
    for history in HISTORIES:
        p = MODEL.p_no_purchase(THETA, np.array([1e3, 1e6, 1e9, 1e12, math.inf]), *history)
        assert np.all(np.diff(p) <= 1e-12)
        assert p[4] == pytest.approx(p[3], abs=1e-9)
    assert MODEL.p_alive_later(THETA, math.inf, 2, 4, 6) == 0


def test_the_median_wait_is_the_first_opportunity_by_which_half_have_bought():
    x, t_x, T = random_rows(np.random.default_rng(5), 300, 30)
    theta = (2.0, 9.0, 0.8, 4.0)
    for given_alive in (False, True):
        wait = MODEL.median_wait(theta, x, t_x, T, given_alive=given_alive)
        sure = np.isfinite(wait)
        assert sure.any()
        assert given_alive or not sure.all()
        w = wait[sure]
        assert np.all(w == np.round(w))
        assert np.all(w >= 1)

        def silent(k, rows, given_alive=given_alive):
            if given_alive:
                return MODEL.pmf_alive(theta, 0.0, k, x[rows], T[rows])
            return MODEL.p_no_purchase(theta, k, x[rows], t_x[rows], T[rows])

        assert np.all(silent(w, sure) <= 0.5 + 1e-9)
        assert np.all(silent(w - 1, sure) > 0.5)
        assert np.all(silent(1e6, ~sure) > 0.5)


def test_a_fair_coin_is_half_of_the_time_tossed_at_once():
    """p is uniform and hardly anybody leaves: P(no purchase at the next opportunity) is just above 1/2, or at it."""
    assert MODEL.median_wait((1, 1, 1e-14, 1e4), 0, 0, 0) == 1
    assert MODEL.median_wait((1, 1, 1e-3, 1e2), 0, 0, 0) == 2


def test_without_discounting_the_discounted_purchases_are_the_expected_ones():
    for history in HISTORIES:
        plain = MODEL.conditional(THETA, 700, *history)
        assert MODEL.discounted(THETA, 700, 0.0, *history) == plain
        assert MODEL.discounted(THETA, 700, 1e-12, *history) == pytest.approx(plain, rel=1e-8)
        longer = [MODEL.discounted(THETA, h, 0.05, *history) for h in (0.0, 1.0, 50.0, 2000.0, math.inf)]
        assert longer[0] == 0
        assert np.all(np.diff(longer[:4]) > 0)
        assert longer[4] == pytest.approx(longer[3], rel=1e-10)


def test_customers_with_parameters_of_their_own_get_the_answers_of_those():
    rows = random_rows(np.random.default_rng(6), 12, 400)
    theta = np.exp(np.random.default_rng(7).normal(0, 1, (4, 12)))
    ahead = np.arange(12.0)
    answers = {
        "loglik": lambda th, t, *h: MODEL.loglik(th, *h),
        "p_alive": lambda th, t, *h: MODEL.p_alive(th, *h),
        "conditional": MODEL.conditional,
        "p_no_purchase": MODEL.p_no_purchase,
        "p_alive_later": MODEL.p_alive_later,
        "pmf": lambda th, t, *h: MODEL.pmf(th, np.floor(t / 2), t, *h),
        "discounted": lambda th, t, *h: MODEL.discounted(th, 300.0, 0.05, *h),
        "median_wait": lambda th, t, *h: MODEL.median_wait(th, *h),
    }
    for name, ask in answers.items():
        together = ask(theta, ahead, *rows)
        one_by_one = [ask(theta[:, i], ahead[i : i + 1], *(c[i : i + 1] for c in rows))[0] for i in range(12)]
        np.testing.assert_allclose(together, one_by_one, rtol=1e-11, err_msg=name)


# Simulation


@pytest.fixture(scope="module")
def crowd():
    """60,000 simulated customers watched at 8 opportunities and at 5 more."""
    return MODEL.simulate(THETA, AGE, np.random.default_rng(1905), n=60_000, t=AHEAD)


def assert_no_difference(differences):
    """The mean is 0 within 4 standard errors."""
    assert abs(np.mean(differences)) <= 4 * np.std(differences, ddof=1) / np.sqrt(len(differences))


def test_a_simulated_history_is_a_possible_one(crowd):
    x, t_x, T = columns(crowd)
    MODEL.read(crowd)
    assert np.all((x <= t_x) & (t_x <= T) & (t_x == np.round(t_x)))
    assert ((t_x > 0) == (x > 0)).all()
    assert crowd["alive"][t_x == T].all()
    assert (crowd["x_holdout"][~crowd["alive"]] == 0).all()
    assert crowd["x_holdout"].max() == AHEAD


@pytest.mark.parametrize(
    "group", ["x >= 0", "x == 0", "x == 1", "2 <= x <= 4", "x >= 5", "x > 0 and t_x <= 4"]
)
def test_simulated_customers_do_what_the_formulas_say(group, crowd):
    chosen = crowd.query(group)
    seen = columns(chosen)
    assert len(chosen) > 1000
    assert_no_difference(chosen["alive"] - MODEL.p_alive(THETA, *seen))
    assert_no_difference(chosen["x_holdout"] - MODEL.conditional(THETA, AHEAD, *seen))
    assert_no_difference((chosen["x_holdout"] == 0) - MODEL.p_no_purchase(THETA, AHEAD, *seen))
    for y in range(AHEAD + 1):
        assert_no_difference((chosen["x_holdout"] == y) - MODEL.pmf(THETA, y, AHEAD, *seen))


def test_every_history_is_simulated_as_often_as_it_is_likely(crowd):
    every = np.array(every_history(AGE), float)
    share = [orders(int(x), int(t_x)) for x, t_x, _ in every] * np.exp(MODEL.loglik(THETA, *every.T))
    seen = crowd.groupby(["x", "t_x"]).size().reindex([(x, t_x) for x, t_x, _ in every], fill_value=0)
    assert stats.chisquare(seen.to_numpy(), share * len(crowd)).pvalue > 1e-4


@pytest.mark.parametrize("history", HISTORIES, ids=str)
def test_futures_drawn_for_a_history_do_what_the_formulas_say(history):
    n, t = 20_000, 12.5
    x, t_x, T = (np.full(n, float(value)) for value in history)
    customer, time, leaves = MODEL.future(THETA, t, x, t_x, T, np.random.default_rng(33))
    assert np.all((time >= 1) & (time <= t) & (time == np.round(time)))
    assert np.all(np.diff(customer) >= 0)
    assert np.all(np.diff(time)[np.diff(customer) == 0] > 0)  # in order, one at most at each opportunity
    assert np.all(time < leaves[customer])
    counts = np.bincount(customer, minlength=n)
    assert_no_difference(counts - MODEL.conditional(THETA, t, *history))
    assert_no_difference((counts == 0) - MODEL.p_no_purchase(THETA, t, *history))
    for later in (1.0, 7.0):
        assert_no_difference((leaves > later) - MODEL.p_alive_later(THETA, later, *history))
        at = np.bincount(customer[time == later], minlength=n)
        buys = MODEL.conditional(THETA, later, *history) - MODEL.conditional(THETA, later - 1, *history)
        assert_no_difference(at - buys)


def test_simulation_is_the_same_for_the_same_seed_and_takes_ages_one_by_one():
    ages = np.array([0.0, 1.0, 50.0])
    first, second = (MODEL.simulate(THETA, ages, np.random.default_rng(3), t=5) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    assert first["T"].tolist() == ages.tolist()
    assert first.loc[0, "x"] == 0


def test_true_parameters_are_in_their_95_percent_intervals_at_the_stated_rate():
    rng, truth = np.random.default_rng(2718), np.array(THETA)
    inside, leads = [], []
    for _ in range(30):
        data = MODEL.simulate(truth, rng.integers(5, 13, 2000), rng)
        refit = MODEL.fit(data)
        table = refit.table()
        inside.append((table["low"] <= truth) & (truth <= table["high"]))
        leads.append(2 * (refit.loglik - MODEL.loglik(truth, *columns(data)).sum()))
    assert np.all(np.sum(inside, axis=0) >= stats.binom.ppf(1e-4, 30, 0.95))
    assert np.all(np.array(leads) >= 0)
    low, high = stats.chi2.ppf([1e-4, 1 - 1e-4], 30 * 4)
    assert low < np.sum(leads) < high


# Extremes


def test_nothing_jumps_when_gamma_passes_through_1_or_the_series_changes_its_formula():
    x, t_x, T = (np.array(column, float) for column in zip(*HISTORIES, strict=True))
    for centre in (1.0, 0.8, 1.2):
        below, at, above = (
            np.array(
                [
                    MODEL.loglik(theta, x, t_x, T),
                    MODEL.conditional(theta, 20, x, t_x, T),
                    MODEL.discounted(theta, 52, 0.01, x, t_x, T),
                ]
            )
            for theta in ((0.9, 1.1, centre + shift, 3.0) for shift in (-1e-6, 0.0, 1e-6))
        )
        np.testing.assert_allclose((below + above) / 2, at, rtol=1e-10)
    for k in (1.0, 50.0, 1e6):
        slopes = rise_per_shape(
            np.full(5, 3.0), 1 + np.array([-1e-9, -1e-15, 0.0, 1e-15, 1e-9]), np.full(5, k)
        )
        np.testing.assert_allclose(slopes, slopes[2], rtol=1e-9)


def log_uniform(low, high):
    return st.floats(np.log(low), np.log(high)).map(np.exp)


@st.composite
def histories(draw):
    T = draw(st.one_of(st.just(0), st.integers(0, 60), st.integers(0, 10_000)))
    t_x = draw(st.one_of(st.just(T), st.integers(0, T)))
    return (draw(st.integers(1, min(t_x, 5000))) if t_x else 0), t_x, T


@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(
    shapes=st.lists(log_uniform(1e-3, 1e4), min_size=4, max_size=4),
    history=histories(),
    t=log_uniform(1e-3, 1e5),
)
def test_no_parameters_and_no_history_give_nan_or_a_warning(shapes, history, t):
    theta, whole = np.array(shapes), math.floor(t + 1e-9)
    row = tuple(np.array([float(value)]) for value in history)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        p_alive, loglik = MODEL.p_alive(theta, *row)[0], MODEL.loglik(theta, *row)[0]
        ahead, further = MODEL.conditional(theta, np.array([t, 2 * whole]), *history)
        silent, never = MODEL.p_no_purchase(theta, np.array([t, math.inf]), *history)
        later = MODEL.p_alive_later(theta, np.array([t, math.inf]), *history)
        discounted = [MODEL.discounted(theta, h, 0.001, *row)[0] for h in (t, math.inf)]
        score = MODEL.loglik_and_score(theta, *row)[1]
        p = MODEL.pmf(theta, np.arange(4), min(t, 300), *history)
        wait = MODEL.median_wait(theta, *history)
        MODEL.simulate(theta, float(min(history[2], 40)), np.random.default_rng(1), n=3, t=3)
    assert 0 <= p_alive <= 1
    assert np.isfinite(loglik)
    assert np.isfinite(score).all()
    assert 0 <= never <= silent <= 1
    assert 0 == later[1] <= later[0] <= p_alive
    assert np.all((p >= 0) & (p <= 1))
    assert wait >= 1
    rounding = 1 + 1e-9
    assert 0 <= ahead <= further * rounding
    assert further <= 2 * ahead * rounding  # expectations are concave in t
    assert 0 <= discounted[0] <= min(ahead, discounted[1]) * rounding
    assert ahead <= p_alive * (theta[0] + row[0][0]) / (theta[0] + theta[1] + row[2][0]) * whole * rounding


# What is refused


def message(error, function, *arguments, **named):
    with pytest.raises(error) as caught:
        function(*arguments, **named)
    return str(caught.value)


def test_days_instead_of_opportunities_are_refused_with_the_first_of_them():
    frame = pd.DataFrame(
        {"x": [1, 2, 3, 5], "t_x": [1.0, 3.5, 3.0, 4.0], "T": [6.0, 6.0, 6.25, 6.0]},
        index=["Ann", "Bob", "Eve", "Joe"],
    )
    expected = (
        "The summary breaks 3 rules.\n"
        "  t_x         1 of 4 customers has a t_x that is not whole, first: Bob (x = 2, t_x = 3.5, T = 6). "
        "Count opportunities, e.g. years, not days.\n"
        "  T           1 of 4 customers has a T that is not whole, first: Eve (x = 3, t_x = 3, T = 6.25). "
        "Count opportunities, e.g. years, not days.\n"
        "  x           1 of 4 customers has x above t_x, first: Joe (x = 5, t_x = 4, T = 6). "
        "There is one purchase at most at each opportunity: count the opportunities with a purchase."
    )
    assert message(SchemaError, MODEL.fit, frame) == expected


def test_a_last_digit_lost_in_a_division_is_no_fraction():
    frame = pd.DataFrame({"x": [2.0], "t_x": [2 - 1e-12], "T": [6 + 1e-12]})
    (_, t_x, T), usable = MODEL.read(frame)
    assert (t_x[0], T[0], usable.all()) == (2, 6, True)


@pytest.mark.parametrize("history", [(3, 2, 5), (1, 1.5, 5), (1, 1, 5.5)], ids=str)
def test_a_history_that_no_opportunities_give_is_refused(history):
    expected = (
        "Some history is impossible: t_x and T must be whole and x <= t_x "
        "(x purchases at T opportunities, the last at opportunity t_x)."
    )
    for question in (MODEL.p_alive, MODEL.loglik):
        assert message(DomainError, question, THETA, *(np.array([float(v)]) for v in history)) == expected


def test_questions_without_an_answer_are_refused():
    assert message(DomainError, MODEL.discounted, THETA, math.inf, 0.0, 1, 2, 3) == (
        "An infinite horizon needs a discount rate above 0: without one the value may be infinite."
    )
    zero = np.zeros(1)
    assert message(
        DomainError, MODEL.future, THETA, math.inf, zero, zero, zero, np.random.default_rng(1)
    ) == ("A future can be drawn for a finite time only.")
    silent = pd.DataFrame({"x": np.zeros(10), "t_x": np.zeros(10), "T": np.full(10, 6.0)})
    with pytest.raises(ConvergenceError):
        MODEL.fit(silent)


# Durations in words


def test_52_weeks_hold_one_yearly_opportunity_and_five_years_of_weeks_hold_five(fit, donors):
    for words, whole in (("52 weeks", 1), ("1 year", 1), ("365 days", 1), ("260 weeks", 5), ("30 months", 2)):
        assert fit.conditional(donors, words).equals(fit.conditional(donors, whole))


def test_a_horizon_without_an_opportunity_is_refused(fit, donors):
    with pytest.raises(DomainError) as error:
        fit.conditional(donors, "26 weeks")
    assert str(error.value) == (
        "BG/BB: the horizon is 0.5 of the time between two opportunities, in which nothing can be bought. "
        "Take a longer one."
    )


def test_waits_of_yearly_donors_have_intervals_of_whole_years(fit, donors):
    table = fit.median_wait(donors, level=0.95)
    known = np.isfinite(table["high"])
    assert known.any()
    assert (table[known] % 1 == 0).all(axis=None)
    assert (table["low"] <= table["median_wait"]).all()
