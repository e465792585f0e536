"""The numerical tools against exact arithmetic, and the search for a maximum where the maximum is known."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from scipy import stats

from crmtheory import numerics
from crmtheory.numerics import beta_mean, distinct_rows, growth_ratio, jacobian, log_rising, maximise, search

QUICK = settings(max_examples=150, deadline=None, derandomize=True, database=None)


# Gamma ratios


@QUICK
@given(st.floats(-9, 20).map(np.exp), st.one_of(st.just(0.0), st.floats(0, 5000)))
def test_the_log_of_a_rising_factorial_keeps_its_digits(a, n):
    """Also where ln Γ(a + n) and ln Γ(a) agree in all but their last digits."""
    with mp.workdps(60):
        truth = mp.loggamma(mpf(a) + mpf(n)) - mp.loggamma(mpf(a))
        sizes = [abs(mp.loggamma(mpf(a))), abs(mp.loggamma(mpf(a) + mpf(n)))] if a <= 16 else [0]
        assert abs(log_rising(a, n) - truth) <= 1e-12 * abs(truth) + 4e-16 * max(1, *sizes)


def test_the_rising_factorial_of_whole_numbers_is_a_product():
    for a in (0.001, 0.5, 3.0, 15.9, 16.1, 1e6):
        product = np.sum(np.log(a + np.arange(7)))
        assert log_rising(a, 7) == pytest.approx(product, rel=1e-13)


def test_the_rising_factorial_does_not_jump_where_the_formula_changes():
    below, above = log_rising(np.nextafter(16.0, 0), 5.0), log_rising(np.nextafter(16.0, 17), 5.0)
    assert below == pytest.approx(above, rel=1e-13)


def test_the_rising_factorial_takes_arrays_of_any_matching_shape():
    values = log_rising(np.array([[0.5], [20.0]]), np.array([0.0, 1.0, 2.0]))
    assert values.shape == (2, 3)
    assert values[:, 0].tolist() == [0, 0]
    np.testing.assert_allclose(values[:, 1], np.log([0.5, 20.0]))


@QUICK
@given(st.floats(-700, 700))
def test_the_growth_ratio_is_exact_on_both_sides_of_0(y):
    with mp.workdps(40):
        truth = -mp.expm1(-mpf(y)) / mpf(y) if y else mpf(1)
        assert abs(growth_ratio(y) - truth) <= 1e-14 * truth


# Quadrature over a beta distribution


@pytest.mark.parametrize("a", [0.35, 1.0, 7.0, 300.0, 1e4])
@pytest.mark.parametrize("b", [0.35, 1.0, 40.0, 1e4])
def test_means_over_a_beta_distribution_are_its_moments(a, b):
    shapes = np.array([a]), np.array([b])
    assert beta_mean(lambda p, q: np.ones_like(p), *shapes)[0] == pytest.approx(1, rel=1e-12)
    assert beta_mean(lambda p, q: q, *shapes)[0] == pytest.approx(b / (a + b), rel=1e-11)
    assert beta_mean(lambda p, q: q**3, *shapes)[0] == pytest.approx(stats.beta(b, a).moment(3), rel=1e-10)


def test_a_mean_over_a_beta_distribution_of_a_steep_function_is_exact():
    """E[1 / (1 + 50 p)] for p ~ Beta(a, b): a hypergeometric function."""
    a, b = np.array([0.5, 2.0, 30.0]), np.array([0.5, 4.0, 2.0])
    got = beta_mean(lambda p, q: 1 / (1 + 50 * p), a, b, head=np.log(51.0))
    with mp.workdps(30):
        truth = [float(mp.hyp2f1(1, i, i + j, -50)) for i, j in zip(a, b, strict=True)]
    np.testing.assert_allclose(got, truth, rtol=1e-11)


# Distinct rows


def test_distinct_rows_come_back_in_order_with_their_weights():
    x, y = np.array([2.0, 1.0, 2.0, 1.0, 2.0]), np.array([0.5, 9.0, 0.5, 1.0, 0.5])
    rows, weights, inverse = distinct_rows([x, y], np.array([1.0, 2, 4, 8, 16]))
    assert np.stack(rows).tolist() == [[1, 1, 2], [1, 9, 0.5]]
    assert weights.tolist() == [8, 2, 21]
    np.testing.assert_array_equal(rows[0][inverse], x)
    np.testing.assert_array_equal(rows[1][inverse], y)


@QUICK
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=40), st.randoms())
def test_distinct_rows_do_not_depend_on_the_order_of_the_rows(pairs, random):
    shuffled = list(pairs)
    random.shuffle(shuffled)
    answers = []
    for order in (pairs, shuffled):
        columns = [np.array(column, float) for column in zip(*order, strict=True)]
        rows, weights, inverse = distinct_rows(columns, np.ones(len(order)))
        assert [tuple(row[i] for row in rows) for i in inverse] == [tuple(map(float, pair)) for pair in order]
        answers.append((np.stack(rows).tolist(), weights.tolist()))
    assert answers[0] == answers[1]
    assert len(answers[0][1]) == len(set(pairs))
    assert sum(answers[0][1]) == len(pairs)


def test_no_rows_have_no_distinct_rows():
    rows, weights, inverse = distinct_rows([np.empty(0), np.empty(0)], np.empty(0))
    assert (len(rows[0]), len(weights), len(inverse)) == (0, 0, 0)


# Derivatives


def test_the_jacobian_of_a_known_function():
    def f(v):
        return np.array([v[0] ** 2 * v[1], np.sin(v[1]), 7.0])

    got = jacobian(f, np.array([2.0, 0.5]))
    np.testing.assert_allclose(got, [[2.0, 0, 0], [4.0, np.cos(0.5), 0]], rtol=1e-7, atol=1e-12)


def test_the_error_of_the_jacobian_falls_with_the_square_of_the_step():
    errors = [abs(jacobian(np.exp, np.array([1.0]), step)[0, 0] - np.e) for step in (1e-2, 1e-3)]
    assert errors[0] / errors[1] == pytest.approx(100, rel=0.01)


# Maxima


def peak(centre, curvature):
    """−½ (v − c)' A (v − c) with its gradient."""

    def f(v):
        gap = v - centre
        return -0.5 * gap @ curvature @ gap, -curvature @ gap

    return f


CURVATURE = np.array([[4.0, 1.0], [1.0, 2.0]])


def climb(f, start, bound):
    """The maximum, with curvature by differences of the gradient."""
    return maximise(f, lambda v: jacobian(lambda w: f(w)[1], v), start, bound)


def test_the_top_of_a_paraboloid_is_found_with_its_curvature():
    centre = np.array([1.5, -2.0])
    best = climb(peak(centre, CURVATURE), np.array([1.3, -1.7]), bound=10.0)
    np.testing.assert_allclose(best.point, centre, atol=1e-9)
    np.testing.assert_allclose(best.hessian, -CURVATURE, rtol=1e-6)
    np.testing.assert_allclose(best.gradient, 0, atol=1e-9)
    assert not best.at_bound.any()
    assert best.value == pytest.approx(0, abs=1e-15)


def test_a_search_from_far_away_comes_near():
    centre = np.array([6.0, -7.0])
    point, evaluations = search(peak(centre, CURVATURE), np.zeros(2), bound=10.0)
    np.testing.assert_allclose(point, centre, atol=1e-4)
    assert 0 < evaluations < 100
    far = climb(peak(centre, CURVATURE), np.array([-9.0, 9.0]), bound=10.0)
    np.testing.assert_allclose(far.point, centre, atol=1e-8)


def test_a_curved_ridge_is_climbed_to_the_top():
    """Rosenbrock's function upside down, whose top is at (1, 1)."""

    def f(v):
        a, b = 1 - v[0], v[1] - v[0] ** 2
        return -(a**2 + 100 * b**2), np.array([2 * a + 400 * v[0] * b, -200 * b])

    best = climb(f, search(f, np.array([-1.2, 1.0]), 5.0)[0], 5.0)
    np.testing.assert_allclose(best.point, [1, 1], atol=1e-8)


def test_a_maximum_outside_the_box_is_sought_on_its_edge_and_reported():
    best = climb(peak(np.array([1.0, 25.0]), CURVATURE), np.array([0.0, 0.0]), bound=10.0)
    assert best.at_bound.tolist() == [False, True]
    assert best.point[1] == 10
    assert best.point[0] == pytest.approx(1 - (10 - 25) * CURVATURE[0, 1] / CURVATURE[0, 0])
    assert best.gradient[1] > 0


def test_a_function_that_rises_for_ever_ends_on_the_edge():
    best = climb(lambda v: (float(v.sum()), np.ones(2)), np.zeros(2), bound=3.0)
    assert best.point.tolist() == [3, 3]
    assert best.at_bound.all()


def test_a_hessian_from_elsewhere_serves_for_the_first_steps_and_is_replaced_before_the_last():
    centre, taken = np.array([0.3, -0.2]), []

    def curvature(v):
        taken.append(v)
        return -CURVATURE

    best = maximise(peak(centre, CURVATURE), curvature, np.zeros(2), 5.0, hessian=-1.05 * CURVATURE)
    np.testing.assert_allclose(best.point, centre, atol=1e-9)
    assert np.array_equal(best.hessian, -CURVATURE)
    assert len(taken) == 1


def test_a_useless_hessian_from_elsewhere_is_replaced_at_once():
    centre = np.array([0.3, -0.2])
    best = maximise(peak(centre, CURVATURE), lambda v: -CURVATURE, np.zeros(2), 5.0, hessian=-20 * CURVATURE)
    np.testing.assert_allclose(best.point, centre, atol=1e-9)


# Rows and counts


def test_distinct_rows_are_sorted_counted_and_lead_back():
    rng = np.random.default_rng(3)
    columns = [rng.integers(0, 5, 400).astype(float), rng.integers(0, 9, 400) / 7, rng.random(400).round(2)]
    weights = rng.integers(1, 4, 400).astype(float)
    rows, counts, inverse = numerics.distinct_rows(columns, weights)
    wanted, place = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    np.testing.assert_array_equal(np.stack(rows, axis=1), wanted)
    np.testing.assert_array_equal(inverse, place.ravel())
    np.testing.assert_array_equal(counts, np.bincount(place.ravel(), weights))


def test_many_columns_of_many_values_do_not_run_out_of_codes():
    columns = [np.random.default_rng(i).random(3000) for i in range(9)]
    rows, counts, inverse = numerics.distinct_rows(columns, np.ones(3000))
    assert (counts == 1).all()
    for column, row in zip(columns, rows, strict=True):
        np.testing.assert_array_equal(row[inverse], column)


def test_a_systematic_sample_takes_rows_in_proportion_to_their_weight():
    weights = np.array([500.0, 0.0, 300.0, 200.0])
    rows, picked = numerics.systematic_sample(weights, 10)
    assert rows.tolist() == [0, 2, 3]
    assert picked.tolist() == [5, 3, 2]


@pytest.mark.parametrize("size", [10, 500], ids=["few rows", "many rows"])
def test_a_function_of_counts_is_the_function(size):
    x = np.random.default_rng(1).poisson(3, size).astype(float)
    np.testing.assert_array_equal(numerics.of_whole(np.sqrt, x), np.sqrt(x))


def test_counts_larger_than_a_table_could_hold_are_no_hindrance():
    x = np.array([0.0, 1e12] * 50)
    np.testing.assert_array_equal(numerics.of_whole(np.sqrt, x), np.sqrt(x))


@pytest.mark.parametrize(("rho", "u"), [(0.3, 0.7), (40.0, 3.0), (1e4, 1e-4), (2.0, 0.0)])
def test_the_negative_binomial_is_that_of_scipy(rho, u):
    y = np.arange(60)
    wanted = stats.nbinom.pmf(y, rho, 1 / (1 + u))
    np.testing.assert_allclose(numerics.negative_binomial(y, rho, u), wanted, rtol=1e-9, atol=1e-300)


def test_nothing_given_is_changed():
    start = np.array([0.5, 0.5])
    climb(peak(np.zeros(2), CURVATURE), start, 5.0)
    search(peak(np.zeros(2), CURVATURE), start, 5.0)
    jacobian(np.sin, start)
    assert start.tolist() == [0.5, 0.5]


def test_the_sum_of_digits_that_stirling_leaves_out_is_below_rounding():
    z = np.array([16.0, 40.0])
    leading = (z - 0.5) * np.log(z) - z + 0.5 * np.log(2 * np.pi)
    truth = [float(mpmath.loggamma(v)) for v in z]
    np.testing.assert_allclose(leading + numerics._stirling_tail(z), truth, rtol=1e-15)
