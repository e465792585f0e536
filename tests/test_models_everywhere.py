"""Laws of the models over the whole of what may be asked: parameters from 0.001 to 10,000, up to 5,000 purchases,
ages up to 10,000, times from 0.001 to 10,000.

Nothing here knows a right number; it knows that a probability is one, what rises and what falls, and that no
warning may be given. Where two answers are compared, `ROUNDING` allows for the last digits of a double.

Notation as in the package: x repeat purchases, t_x age at the last, T age at the end of observation, t a further time.
"""

import math
import warnings

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmtheory.models import ATTRITION, GammaGamma

ROUNDING = 1e-9
EXAMPLES = settings(max_examples=40, deadline=None, derandomize=True, database=None)
TIMES = np.concatenate([np.geomspace(1e-3, 1e4, 15), [3.0, 52.0]])
TIMES.sort()

each_model = pytest.mark.parametrize("model", ATTRITION.values(), ids=ATTRITION)


def log_uniform(low: float, high: float):
    return st.floats(math.log(low), math.log(high)).map(lambda v: min(max(math.exp(v), low), high))


PARAMETERS = st.lists(log_uniform(1e-3, 1e4), min_size=4, max_size=4)
COUNTS = st.one_of(st.integers(0, 3), log_uniform(1, 5000).map(math.floor))


@st.composite
def histories(draw):
    """x, t_x, T; the last purchase anywhere, at the very end, or a moment before it."""
    T = draw(log_uniform(1e-3, 1e4))
    x = draw(COUNTS)
    silence = draw(st.one_of(st.just(0.0), st.floats(0.0, 0.999), log_uniform(1e-12, 0.999)))
    return float(x), (T * (1 - silence) if x else 0.0), T


def asked(model, shapes, history):
    return np.array(shapes[: len(model.params)]), tuple(np.array([value]) for value in history)


@pytest.fixture(autouse=True)
def _no_warning_is_given():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def is_probability(p) -> bool:
    return bool(np.all((p >= 0) & (p <= 1)))  # false for nan


def rises(values) -> bool:
    """Each value is at least the one before, within rounding; and none is nan or infinite."""
    values = np.asarray(values)
    return bool(np.isfinite(values).all() and np.all(values[1:] >= values[:-1] * (1 - ROUNDING)))


def falls(values) -> bool:
    return rises(np.asarray(values)[::-1])


everywhere = given(shapes=PARAMETERS, history=histories())


@EXAMPLES
@everywhere
@each_model
def test_the_likelihood_is_finite_and_that_of_a_customer_who_never_came_back_a_probability(
    model, shapes, history
):
    theta, row = asked(model, shapes, history)
    assert np.isfinite(model.loglik(theta, *row)).all()
    loglik, score = model.loglik_and_score(theta, *row)
    assert np.isfinite(loglik).all()
    assert np.isfinite(score).all()
    nothing = np.zeros(1)
    assert model.loglik(theta, nothing, nothing, row[2])[0] <= ROUNDING


@EXAMPLES
@everywhere
@each_model
def test_the_sooner_the_last_purchase_the_likelier_alive(model, shapes, history):
    theta, (x, _, T) = asked(model, shapes, history)
    p = model.p_alive(theta, x, T * np.array([1e-9, 1e-3, 0.1, 0.5, 0.9, 0.999, 1 - 1e-9, 1.0]) * (x > 0), T)
    assert is_probability(p)
    assert rises(p)


@EXAMPLES
@everywhere
@each_model
def test_the_longer_the_silence_the_less_likely_alive(model, shapes, history):
    """With the last purchase where it was and the end of observation moved away from it."""
    theta, (x, t_x, _) = asked(model, shapes, history)
    p = model.p_alive(theta, x, t_x, t_x + np.concatenate([[0.0], TIMES]))
    assert is_probability(p)
    assert falls(p)


@EXAMPLES
@everywhere
@each_model
def test_to_be_alive_later_is_less_likely_than_now_and_falls(model, shapes, history):
    theta, row = asked(model, shapes, history)
    later = model.p_alive_later(theta, TIMES, *row)
    assert is_probability(later)
    assert falls(np.concatenate([model.p_alive(theta, *row), later]))
    np.testing.assert_allclose(
        model.p_alive_later(theta, 0.0, *row), model.p_alive(theta, *row), rtol=ROUNDING
    )


@EXAMPLES
@everywhere
@each_model
def test_expected_purchases_rise_with_time_and_ever_less(model, shapes, history):
    theta, row = asked(model, shapes, history)
    t = np.concatenate([TIMES, [2e4]])
    ahead = model.conditional(theta, t, *row)
    assert ahead.min() >= 0
    assert rises(ahead)
    assert falls(ahead / t)  # concave, and 0 at first
    most = model.p_alive(theta, *row) * (theta[0] + row[0]) / (theta[1] + row[2]) * t
    assert np.all(ahead <= most * (1 + ROUNDING))
    new = model.expected(theta, t)
    assert rises(new)
    assert falls(new / t)


@EXAMPLES
@everywhere
@each_model
def test_to_buy_nothing_grows_less_likely_with_time(model, shapes, history):
    theta, row = asked(model, shapes, history)
    for_ever = np.concatenate([TIMES, [1e9, np.inf]])
    silent = model.p_no_purchase(theta, for_ever, *row)
    assert is_probability(silent)
    assert np.all(np.diff(silent) <= 1e-8)
    left = 1 - model.p_alive(theta, *row)
    assert np.all(silent >= left - 1e-8)
    # Somebody buys nothing at least as likely as the expectation leaves room for (Markov)
    assert np.all(1 - silent[:-2] <= model.conditional(theta, TIMES, *row) * (1 + ROUNDING) + 1e-8)


@EXAMPLES
@everywhere
@each_model
def test_to_buy_nothing_is_the_first_of_the_probabilities_of_counts(model, shapes, history):
    theta, row = asked(model, shapes, history)
    np.testing.assert_allclose(
        model.p_no_purchase(theta, TIMES, *row), model.pmf(theta, 0, TIMES, *row), rtol=1e-8, atol=1e-9
    )


@EXAMPLES
@given(shapes=PARAMETERS, history=histories(), t=log_uniform(1e-3, 1e4))
@each_model
def test_probabilities_of_counts_add_up_to_1_at_most_and_to_1_where_all_are_counted(
    model, shapes, history, t
):
    theta, row = asked(model, shapes, history)
    y = np.arange(400.0)
    for p in (model.pmf(theta, y, t, *row), model.pmf(theta, y, t), model.pmf_alive(theta, y, t, *row[::2])):
        assert is_probability(p)
        assert p.sum() <= 1 + ROUNDING
    # Markov: the rest is at most E / 400; and the mean of what is counted at most the mean
    p, mean = model.pmf(theta, y, t, *row), model.conditional(theta, t, *row)[0]
    assert p.sum() >= 1 - mean / 400 - ROUNDING
    assert p @ y <= mean * (1 + 1e-8) + 1e-300
    if p[-1] < 1e-14 and p[-1] < p[-2] * 0.9:  # a thin tail
        assert p @ y == pytest.approx(mean, rel=1e-7, abs=1e-9)


@settings(EXAMPLES, max_examples=8)  # slow
@given(shapes=PARAMETERS, history=histories(), delta=log_uniform(1e-6, 0.05))
@each_model
def test_discounted_purchases_rise_with_the_horizon_and_fall_with_the_rate(model, shapes, history, delta):
    theta, row = asked(model, shapes, history)
    times = np.array([1e-3, 1.0, 52.0, 1e4])
    worth = np.array([model.discounted(theta, t, delta, *row)[0] for t in (*times, np.inf)])
    assert worth.min() >= 0
    assert rises(worth)
    plain = model.conditional(theta, times, *row)
    assert np.all(worth[:-1] <= plain * (1 + ROUNDING))
    assert np.all(worth[:-1] >= plain * np.exp(-delta * times) * (1 - ROUNDING))
    assert worth[-1] <= model.p_alive(theta, *row)[0] * (theta[0] + row[0][0]) / (
        theta[1] + row[2][0]
    ) / delta * (1 + ROUNDING)
    dearer = [model.discounted(theta, t, 2 * delta, *row)[0] for t in (52.0, np.inf)]
    assert dearer[0] <= worth[2] * (1 + ROUNDING)
    assert dearer[1] <= worth[-1] * (1 + ROUNDING)


@EXAMPLES
@everywhere
@example(shapes=[1.0, 1e4, 1e-3, 1e-3], history=(0.0, 0.0, 1e-3))  # α a million times β + T
@example(shapes=[0.04, 1.0, 0.3, 2.0], history=(0.0, 0.0, 1e-3))  # the NBD's wait is (α + T) (2^25 − 1)
@each_model
def test_a_customer_known_to_be_one_waits_no_longer(model, shapes, history):
    """And at the median wait a purchase has come in half of the cases."""
    theta, row = asked(model, shapes, history)
    anyone, alive = model.median_wait(theta, *row), model.median_wait(theta, *row, given_alive=True)
    assert (alive > 0).all()
    assert (alive <= anyone * (1 + 1e-6)).all()
    if np.isfinite(anyone).all():
        assert model.p_no_purchase(theta, anyone, *row) == pytest.approx(0.5, abs=1e-6)
    else:  # infinite is who is more likely than not never to buy again
        assert model.p_no_purchase(theta, np.inf, *row)[0] >= 0.5 - 1e-9
    if np.isfinite(alive).all():
        assert model.pmf_alive(theta, 0.0, alive, *row[::2]) == pytest.approx(0.5, abs=1e-6)


@EXAMPLES
@given(
    theta=st.lists(log_uniform(1e-3, 1e4), min_size=3, max_size=3),
    x=log_uniform(1, 5000).map(math.floor),
    m=log_uniform(1e-3, 1e4),
)
@example(theta=[1e4, 1e-3, 1e4], x=1, m=1.0)
def test_what_is_said_about_spend_is_finite_and_lies_between_the_data_and_the_crowd(theta, x, m):
    theta, x, m = np.array(theta), np.array([float(x)]), np.array([m])
    loglik, score = GammaGamma().loglik_and_score(theta, x, m)
    assert np.isfinite(loglik).all()
    assert np.isfinite(score).all()
    assert GammaGamma().median(theta) > 0
    p, q, _ = theta
    if p * x[0] + q > 1:
        mean = GammaGamma().conditional_mean(theta, x, m)[0]
        assert 0 < mean < np.inf
        if q > 1:
            crowd = GammaGamma().mean(theta)
            assert min(m[0], crowd) * (1 - ROUNDING) <= mean <= max(m[0], crowd) * (1 + ROUNDING)
