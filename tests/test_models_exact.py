"""The models against arithmetic with 50 digits and more, done here with other formulas than the package's.

Reference: mpmath. BG/NBD and MBG/NBD have their Gauss hypergeometric closed form, and a quadrature over the
chance to leave; Pareto/NBD has its hypergeometric closed form and a quadrature over the moment of leaving.
Closed forms lose digits without warning, so each is computed again with more of them until nothing changes.
"""

import math
from collections.abc import Callable

import mpmath
import numpy as np
import pytest
from mpmath import mp, mpf

from crmtheory.models import ATTRITION as CONTINUOUS
from crmtheory.models import BGNBD, MBGNBD, MODELS, NBD, GammaGamma, ParetoNBD
from crmtheory.models.bg_living import _by_quadrature, _by_series

ATTRITION = ("NBD", "BG/NBD", "MBG/NBD", "Pareto/NBD")
EXTRA_CHANCE = {"BG/NBD": 0, "MBG/NBD": 1}


# References. Each takes the parameters as numbers and gives mpf.


def sure(f: Callable[[], tuple[mpf, ...]], digits: int = 50) -> tuple[mpf, ...]:
    """f() with so many digits that 60 more change none of the first 20; LookupError if that takes over 800."""
    while digits < 800:
        values = []
        for precision in (digits, digits + 60):
            with mp.workdps(precision):
                try:
                    values.append(f())
                except ValueError:  # mpmath says: more digits
                    break
        if len(values) == 2 and all(
            mpmath.almosteq(a, b, rel_eps=mpf(10) ** -20) for a, b in zip(*values, strict=True)
        ):
            return values[1]
        digits *= 2
    raise LookupError("the closed form does not settle")


def exact(*values: float) -> list[mpf]:
    return [mpf(value) for value in values]


def log_rising(a: mpf, n: mpf) -> mpf:
    return mp.loggamma(a + n) - mp.loggamma(a)


def nbd(theta, t, x, t_x, T):
    """P(alive), E[purchases in the next t], log-likelihood: gamma-Poisson."""
    r, alpha, t, x, T = exact(*theta, t, x, T)
    loglik = log_rising(r, x) + r * mp.log(alpha / (alpha + T)) - x * mp.log(alpha + T)
    return mpf(1), (r + x) / (alpha + T) * t, loglik


def bg_parts(theta, x, t_x, T, extra):
    """P(alive) and log-likelihood: its two terms added as numbers, not as logarithms."""
    r, alpha, a, b, x, t_x, T = exact(*theta, x, t_x, T)
    k = x + extra
    front = log_rising(r, x) + r * mp.log(alpha)
    alive = mp.exp(log_rising(b, k) - log_rising(a + b, k) - (r + x) * mp.log(alpha + T))
    left = mpf(0)
    if k > 0:
        left = (
            a
            / (a + b)
            * mp.exp(log_rising(b, k - 1) - log_rising(a + b + 1, k - 1) - (r + x) * mp.log(alpha + t_x))
        )
    return alive / (alive + left), front + mp.log(alive + left)


def bg_closed(theta, t, x, t_x, T, extra):
    """Equation (10) of Fader, Hardie & Lee (2005); for the MBG/NBD with one chance to leave more."""
    p_alive, loglik = bg_parts(theta, x, t_x, T, extra)
    r, alpha, a, b, t, x, T = exact(*theta, t, x, T)
    k = x + extra
    whole = alpha + T + t
    tail = ((alpha + T) / whole) ** (r + x) * mp.hyp2f1(r + x, b + k, a + b + k - 1, t / whole)
    return p_alive, p_alive * (a + b + k - 1) / (a - 1) * (1 - tail), loglik


def bg_quadrature(theta, t, x, t_x, T, extra):
    """The purchases of a living customer, averaged over the chance to leave p ~ Beta(a, b + k); in logit p."""
    p_alive, loglik = bg_parts(theta, x, t_x, T, extra)
    r, alpha, a, b, t, x, T = exact(*theta, t, x, T)
    b += x + extra
    u, norm, mode = t / (alpha + T), mp.log(mp.beta(a, b)), mp.log(a / b)

    def integrand(s):
        density = mp.exp(a * s - (a + b) * mp.log1p(mp.exp(s)) - norm)
        p = 1 / (1 + mp.exp(-s))
        return density * -mp.expm1(-(r + x) * mp.log1p(p * u)) / p

    width = 60 / mp.sqrt(min(a, 1)) + 60  # far enough into both tails for 25 digits
    ends = [mode - 100 / a, *mp.linspace(mode - width, mode + width, 60), mode + width + 100 / b]
    return p_alive, p_alive * mp.quad(integrand, sorted(ends)), loglik


def pareto_growth(theta, t, x, T, p_alive):
    r, alpha, s, beta, t, x, T = exact(*theta, t, x, T)
    ratio = (beta + T) / (beta + T + t)
    life = -mp.log(ratio) if s == 1 else (1 - ratio ** (s - 1)) / (s - 1)
    return p_alive * (r + x) / (alpha + T) * (beta + T) * life


def pareto_from_odds(theta, t, x, T, odds_left):
    r, alpha, s, beta, x_, T_ = exact(*theta, x, T)
    alive = log_rising(r, x_) + r * mp.log(alpha) + s * mp.log(beta)
    alive -= (r + x_) * mp.log(alpha + T_) + s * mp.log(beta + T_)
    p_alive = 1 / (1 + odds_left)
    return p_alive, pareto_growth(theta, t, x, T, p_alive), alive + mp.log(1 + odds_left)


def pareto_closed(theta, t, x, t_x, T):
    """Fader & Hardie (2005), note 9: two Gauss hypergeometric functions, for α ≥ β and for α < β."""
    r, alpha, s, beta, x_, t_x_, T_ = exact(*theta, x, t_x, T)
    A = r + s + x_
    second, larger = (s + 1, alpha) if alpha >= beta else (r + x_, beta)

    def part(age):
        return mp.hyp2f1(A, second, A + 1, abs(alpha - beta) / (larger + age)) / (larger + age) ** A

    odds = s / A * (part(t_x_) - part(T_)) * (alpha + T_) ** (r + x_) * (beta + T_) ** s
    return pareto_from_odds(theta, t, x, T, odds)


def pareto_quadrature(theta, t, x, t_x, T):
    """The integral over the moment of leaving, in the logarithm of the age, on short pieces."""
    r, alpha, s, beta, x_, t_x_, T_ = exact(*theta, x, t_x, T)
    near = min(alpha, beta)

    def integrand(u):
        tau = mp.exp(u) - near
        alive_then = (r + x_) * mp.log((alpha + T_) / (alpha + tau)) + s * mp.log((beta + T_) / (beta + tau))
        return s * mp.exp(alive_then) / (beta + tau) * mp.exp(u)

    low, high = mp.log(near + t_x_), mp.log(near + T_)
    pieces = 2 + int(mp.ceil((high - low) * mp.sqrt(1 + r + x_ + s)))
    odds = mp.quad(integrand, mp.linspace(low, high, pieces)) if high > low else mpf(0)
    return pareto_from_odds(theta, t, x, T, odds)


def reference(name: str, theta, t, x, t_x, T) -> tuple[mpf, ...]:
    """P(alive), E[purchases in the next t] and log-likelihood of any of the models.

    LookupError where mpmath's hypergeometric function breaks down for good: a probability outside 0 to 1, or
    more purchases than somebody who never leaves would make.
    """
    if name == "NBD":
        return sure(lambda: nbd(theta, t, x, t_x, T))
    if name == "Pareto/NBD":
        values = sure(lambda: pareto_closed(theta, t, x, t_x, T))
    else:
        values = sure(lambda: bg_closed(theta, t, x, t_x, T, EXTRA_CHANCE[name]))
    p_alive, purchases, _ = values
    if not (
        0 <= p_alive <= 1 and 0 <= purchases <= p_alive * (theta[0] + x) / (theta[1] + T) * t * (1 + 1e-15)
    ):
        raise LookupError("mpmath breaks down")
    return values


def ours(name: str, theta, t, x, t_x, T) -> tuple[float, ...]:
    model, history = MODELS[name], [np.array([float(value)]) for value in (x, t_x, T)]
    values = (
        model.p_alive(theta, *history),
        model.conditional(theta, t, *history),
        model.loglik(theta, *history),
    )
    return tuple(float(value[0]) for value in values)


def assert_same(got, wanted, rel):
    """Relative agreement. Values too small for a double must be as good as 0.

    A log-likelihood may be wrong by 1e-10 near 0, for its parts are as large as 1e5.
    """
    for value, truth, least in zip(got, wanted, (1e-290, 1e-290, 1e-10), strict=True):
        assert math.isfinite(value)
        assert abs(value - truth) <= rel * abs(truth) + least


# Values worked out beforehand

A_CUSTOMER = (39, 2, 30.43, 38.86)  # t; x, t_x, T


@pytest.mark.parametrize(
    ("theta", "row", "expected"),
    [
        ((0.243, 4.414, 0.793, 2.426), A_CUSTOMER, "1.22602817477"),
        ((0.11, 2.24, 0.31, 0.5), (30, 0, 0, 1), "0.564588615533"),
        ((0.5, 5, 0.3, 3), (365, 3000, 300, 730), "9.823e-1140"),
    ],
    ids=["ordinary", "a + b below 1", "a long gap after many purchases"],
)
def test_bg_nbd_expectation_has_its_exact_value(theta, row, expected):
    t, x, t_x, T = row
    closed = sure(lambda: bg_closed(theta, t, x, t_x, T, 0))
    digits = len(expected.partition("e")[0].replace(".", "").lstrip("0"))
    assert mp.nstr(closed[1], digits) == expected
    assert_same(ours("BG/NBD", theta, t, x, t_x, T), closed, 1e-9)
    with mp.workdps(40):
        assert mpmath.almosteq(bg_quadrature(theta, t, x, t_x, T, 0)[1], closed[1], rel_eps=1e-20)


def test_bg_nbd_expectation_at_a_equal_to_1_has_its_exact_value_and_no_jump():
    history, r_alpha, b = (39, 2, 30, 38), (0.243, 4.414), 2.426
    with mp.workdps(40):
        truth = bg_quadrature((*r_alpha, 1, b), *history, 0)[1]
    assert mp.nstr(truth, 12) == "1.12656132331"
    for a in (1.0, 1 - 1e-9, 1 + 1e-9):
        assert BGNBD().conditional((*r_alpha, a, b), *history) == pytest.approx(float(truth), rel=1e-8)
    assert BGNBD().conditional((*r_alpha, 1.0, b), *history) == pytest.approx(float(truth), rel=1e-9)


@pytest.mark.parametrize(
    ("theta", "row", "expected"),
    [
        (
            (1.5, 0.5, 0.5, 5000),
            (52, 221, 103.43, 103.57),
            ("0.999984009067", "110.891641391", "-56.142728409038"),
        ),
        ((0.55, 10.58, 1, 11.67), A_CUSTOMER, ("0.794687805473", "1.18470047816", "-10.044828442852")),
        (
            (0.55, 10.58, 0.61, 11.67),
            (39, 0, 0, 38.86),
            ("0.293773950467", "0.10582535589", "-0.51702515088754"),
        ),
        ((2, 1, 0.5, 3), (10, 200, 20, 365), ("2.0405314303e-249", "1.11864637983e-248", "246.429101305163")),
        (
            (0.55, 10.58, 0.61, 11.67),
            (52, 3000, 300, 730),
            ("1.15015133873e-1129", "2.37323556766e-1127", "3792.25029690816"),
        ),
    ],
    ids=["far apart", "s = 1", "never came back", "a long gap", "a long gap after many purchases"],
)
def test_pareto_nbd_has_its_exact_values(theta, row, expected):
    t, x, t_x, T = row
    closed = sure(lambda: pareto_closed(theta, t, x, t_x, T))
    for truth, text in zip(closed, expected, strict=True):
        digits = len(text.partition("e")[0].replace(".", "").lstrip("-0"))
        assert mpmath.almosteq(truth, mpf(text), rel_eps=mpf(10) ** (1 - digits))
    assert_same(ours("Pareto/NBD", theta, t, x, t_x, T), closed, 1e-9)
    with mp.workdps(30):
        by_quadrature = pareto_quadrature(theta, t, x, t_x, T)
    assert all(mpmath.almosteq(a, b, rel_eps=1e-15) for a, b in zip(by_quadrature, closed, strict=True))


@pytest.mark.parametrize("model", [BGNBD(), MBGNBD(), ParetoNBD()], ids=lambda model: model.name)
def test_a_customer_certain_to_have_left_is_expected_to_buy_nothing(model):
    theta = (0.55, 10.58, 0.61, 11.67)
    with np.errstate(all="raise", under="ignore"):
        assert model.p_alive(theta, 3000, 300, 730) == 0.0
        assert model.conditional(theta, 52, 3000, 300, 730) == 0.0


# Random points


def random_case(rng: np.random.Generator, low: float, high: float) -> tuple:
    """θ (k = 4) between 10^low and 10^high; t; and a history: sometimes new, just seen, or never back."""
    theta = 10 ** rng.uniform(low, high, 4)
    T = float(rng.choice([0, 1, 1, 1, 1, 1]) * 10 ** rng.uniform(-1, 4))
    x = float(rng.choice([0, 1, np.floor(10 ** rng.uniform(0, np.log10(5000)))])) if T else 0.0
    t_x = float(T * rng.random() ** rng.choice([0, 0.1, 1, 3])) if x else 0.0
    return theta, float(10 ** rng.uniform(-1, 4)), x, t_x, T


@pytest.mark.parametrize("ranges", [(-2, 2), (-3, 4)], ids=["ordinary parameters", "wild parameters"])
@pytest.mark.parametrize("name", ATTRITION)
def test_random_histories_have_their_exact_values(name, ranges):
    rng = np.random.default_rng(1959)
    missed = 0
    for _ in range(60):
        theta, *row = random_case(rng, *ranges)
        theta = theta[: len(MODELS[name].params)]
        try:
            truth = reference(name, theta, *row)
        except LookupError:
            missed += 1
            continue
        assert_same(ours(name, theta, *row), truth, 1e-8)
    assert missed <= 2


@pytest.mark.parametrize("name", ["BG/NBD", "MBG/NBD", "Pareto/NBD"])
def test_closed_form_and_quadrature_agree_about_the_reference_itself(name):
    rng = np.random.default_rng(1987)
    with mp.workdps(25):
        for _ in range(4):
            theta, *row = random_case(rng, -1, 1)
            if name == "Pareto/NBD":
                other = pareto_quadrature(theta, *row)
            else:
                other = bg_quadrature(theta, *row, EXTRA_CHANCE[name])
            for a, b in zip(reference(name, theta, *row), other, strict=True):
                assert abs(a - b) <= 1e-15 * abs(a)


@pytest.mark.parametrize("beside", [0.0, 1e-12, 1e-7, -1e-7, 1e-3])
def test_pareto_nbd_is_exact_where_alpha_and_beta_meet(beside):
    theta, row = (0.7, 9.0, 0.6, 9.0 * (1 + beside)), (26, 4, 20, 39)
    assert_same(ours("Pareto/NBD", theta, *row), reference("Pareto/NBD", theta, *row), 1e-10)


def test_gamma_gamma_is_exact_at_random_points():
    rng = np.random.default_rng(2013)
    for _ in range(60):
        p, q, gamma, m = (float(v) for v in 10 ** rng.uniform(-3, 4, 4))
        x = float(np.floor(10 ** rng.uniform(0, 3.7)))
        with mp.workdps(50):
            p_, q_, g_, x_, m_ = exact(p, q, gamma, x, m)
            truth = mp.loggamma(p_ * x_ + q_) - mp.loggamma(p_ * x_) - mp.loggamma(q_) + q_ * mp.log(g_)
            truth += (p_ * x_ - 1) * mp.log(m_) + p_ * x_ * mp.log(x_) - (p_ * x_ + q_) * mp.log(g_ + x_ * m_)
        got = float(GammaGamma().loglik((p, q, gamma), np.array([x]), np.array([m]))[0])
        assert abs(got - truth) <= 1e-8 * max(1, abs(truth))


# The two ways of the BG/NBD to its expectation


def expected_alive_exactly(rho, u, a, b):
    """E[(1 − (1 + pu)^(−ρ)) / p], p ~ Beta(a, b): equation (10) of Fader, Hardie & Lee (2005), α + T = 1."""

    def closed():
        rho_, u_, a_, b_ = exact(rho, u, a, b)
        tail = (1 + u_) ** -rho_ * mp.hyp2f1(rho_, b_, a_ + b_ - 1, u_ / (1 + u_))
        return ((a_ + b_ - 1) / (a_ - 1) * (1 - tail),)

    return float(sure(closed)[0])


CORNERS = [
    # ρ, u, a, b
    (2.2, 0.9, 0.8, 4.4),
    (0.1, 10.0, 0.31, 0.5),  # a + b below 1
    (0.1, 10.0, 0.05, 0.1),  # mass at both ends
    (30.0, 18.9, 0.25, 12.0),
    (3.0, 1e-6, 0.7, 2.0),  # hardly any time
    (12.0, 5.0, 1 + 1e-7, 3.0),
    (50.0, 0.5, 80.0, 900.0),
    (0.3, 19.0, 3.0, 1e4),
]


def by_series(rho, u, a, b):
    """The series at one point, and whether it vouches for its digits."""
    values, sound = _by_series(*(np.array([value]) for value in (u, a, a + b - 1, a + b - 1 - rho)))
    return values[0], sound[0]


@pytest.mark.parametrize("corner", CORNERS)
def test_the_quadrature_of_the_bg_nbd_is_exact(corner):
    got = _by_quadrature(*(np.array([value]) for value in corner))[0]
    assert got == pytest.approx(expected_alive_exactly(*corner), rel=1e-10)


@pytest.mark.parametrize("corner", CORNERS)
def test_the_series_of_the_bg_nbd_is_exact(corner):
    value, sound = by_series(*corner)
    assert sound
    assert value == pytest.approx(expected_alive_exactly(*corner), rel=1e-10)


@pytest.mark.parametrize("r", [0.001, 8.0, 40.0, 203.0, 3000.0])
@pytest.mark.parametrize("b", [0.4, 2.0, 490.0])
def test_where_the_series_would_lose_its_digits_the_answer_is_exact_all_the_same(r, b):
    """With κ = a + b − 1 − r far below 0 its terms alternate and are larger than their sum."""
    got = BGNBD().expected_alive((r, 1.0, 2.0, b), 15.0, 0, 0)
    assert got == pytest.approx(expected_alive_exactly(r, 15.0, 2.0, b), rel=1e-9)


def test_series_and_quadrature_agree_where_one_takes_over_from_the_other():
    """At u = t / (α + T) = 19 and, in the parameters, at κ = a + b − r − 1 = −5."""
    r, alpha, a, b = 0.243, 4.414, 0.793, 2.426
    before, after = (
        BGNBD().expected_alive((r, alpha, a, b), u * alpha, 7, 0) for u in (19 - 1e-9, 19 + 1e-9)
    )
    assert before == pytest.approx(after, rel=1e-9)
    before, after = (BGNBD().expected_alive((5 + e, alpha, 0.5, 0.5), 60, 7, 0) for e in (-1e-12, 1e-12))
    assert before == pytest.approx(after, rel=1e-9)


# The score

# fmt: off
HISTORIES = np.array([
    [0, 0, 0.5], [0, 0, 38.86], [1, 1.7, 38.86], [2, 30.43, 38.86], [26, 30.86, 31], [5, 5, 5], [40, 10, 300],
    [900, 80, 81],
]).T
# fmt: on
SPENDS = (np.array([1.0, 2.0, 7.0, 300.0]), np.array([0.3, 22.35, 41.0, 1e4]))
POINTS = {
    "NBD": [(0.385, 12.07), (3.0, 0.2), (40.0, 900.0)],
    "BG/NBD": [(0.243, 4.414, 0.793, 2.426), (2.0, 1.0, 1.0, 1.0), (0.05, 40.0, 6.0, 0.2)],
    "MBG/NBD": [(0.525, 6.183, 0.891, 1.614), (2.0, 1.0, 1.0, 1.0), (0.05, 40.0, 6.0, 0.2)],
    "Pareto/NBD": [(0.553, 10.578, 0.606, 11.669), (2.0, 5.0, 1.0, 5.0), (0.05, 40.0, 6.0, 0.2)],
    "Gamma-Gamma": [(6.25, 3.74, 15.44), (0.4, 0.8, 3.0), (60.0, 1.0, 400.0)],
}


def columns_of(name):
    return SPENDS if name == "Gamma-Gamma" else tuple(HISTORIES)


@pytest.mark.parametrize(
    ("name", "theta"), [(name, theta) for name, points in POINTS.items() for theta in points]
)
def test_the_score_is_the_derivative_of_the_log_likelihood(name, theta):
    """By central differences of fourth order in ln θ."""
    model, columns = MODELS[name], columns_of(name)
    eta, h = np.log(theta), 2e-3
    _, score = model.loglik_and_score(np.array(theta), *columns)
    for i, derivative in enumerate(score):
        step = h * np.eye(len(theta))[i]
        f = [model.loglik(np.exp(eta + j * step), *columns) for j in (-2, -1, 1, 2)]
        differences = (f[0] - 8 * f[1] + 8 * f[2] - f[3]) / (12 * h)
        np.testing.assert_allclose(derivative, differences, rtol=1e-7, atol=1e-7 * np.abs(f[0]).max() ** 0.5)


@pytest.mark.parametrize("name", ["BG/NBD", "Pareto/NBD"])
def test_the_score_is_the_exact_derivative_at_a_busy_and_long_silent_customer(name):
    theta, row = (0.55, 10.58, 0.61, 11.67), (1, 60, 40, 75)
    _, score = MODELS[name].loglik_and_score(np.array(theta), *(np.array([float(v)]) for v in row[1:]))

    def loglik(i, e):
        moved = [mpf(v) * (mp.exp(e) if j == i else 1) for j, v in enumerate(theta)]
        return pareto_closed(moved, *row)[2] if name == "Pareto/NBD" else bg_parts(moved, *row[1:], 0)[1]

    with mp.workdps(80):
        for i in range(4):
            h = mpf(10) ** -20
            assert float((loglik(i, h) - loglik(i, -h)) / (2 * h)) == pytest.approx(score[i, 0], rel=1e-9)


@pytest.mark.parametrize("name", [*CONTINUOUS, "Gamma-Gamma"])
def test_likelihood_and_score_together_give_the_same_likelihood(name):
    theta = np.array(POINTS[name][0])
    together, _ = MODELS[name].loglik_and_score(theta, *columns_of(name))
    np.testing.assert_allclose(together, MODELS[name].loglik(theta, *columns_of(name)), rtol=1e-13)


def test_a_model_without_a_score_of_its_own_gets_one_by_differences():
    class Plain(NBD):
        """The NBD without its exact score."""

        loglik_and_score = MODELS["NBD"].__class__.__mro__[2].loglik_and_score

    theta = np.array(POINTS["NBD"][0])
    _, by_differences = Plain().loglik_and_score(theta, *HISTORIES)
    np.testing.assert_allclose(
        by_differences, NBD().loglik_and_score(theta, *HISTORIES)[1], rtol=1e-6, atol=1e-7
    )
