"""Every form of answer of every model against 50-digit arithmetic, at random points of wide ranges.

Parameters from 0.001 to 10,000, up to 5,000 purchases, ages to 10,000, the last purchase anywhere, times from 0.001 to
10,000, discount rates to 0.05 per unit of time. Two points in three have times near those in which such a customer
buys, so that answers are seldom 0 for all that a double can say.

The right answers of the models with attrition take minutes, so they lie in data/exact_answers.csv. `tests/exact.py`
works them out, from other formulas than the package's; the file is written anew by

    python tests/test_models_exact_answers.py

and a test works out some rows again, chosen by the file's own digest. Numbers in the file are those the
package is asked about, digit by digit; answers have 14 digits. The right answers of the NBD and of the Gamma-Gamma
are quick and are not stored.
"""

import csv
import zlib
from pathlib import Path

import mpmath
import numpy as np
import pytest
from exact import answers, gamma_gamma, significant
from mpmath import mp, mpf

from crmtheory.models import MODELS, GammaGamma

FILE = Path(__file__).parent / "data" / "exact_answers.csv"
STORED = ("BG/NBD", "MBG/NBD", "Pareto/NBD")
ASKED = ("r", "alpha", "shape", "other", "x", "t_x", "T", "t", "y", "delta")  # shape, other: a, b or s, beta
POINTS = 300
# Points at which answers were once wrong
CORNERS = {
    "BG/NBD": [
        (2985.0, 1.0, 120.5, 0.0046, 0, 0, 0, 1.6, 0, 0.01),
        (1173, 1, 20, 13.8, 0, 0, 0, 0.14, 3, 0.01),
    ],
    "MBG/NBD": [(381.1, 5810, 104.8, 0.006191, 1, 0.00731848121289, 0.05937, 6277, 1, 0.02868)],
    "Pareto/NBD": [(7346, 9.466, 0.001, 10000, 677, 0.00858112888021, 0.01007, 10000, 0, 0.04913)],
}
FORMS = {
    "loglik": lambda model, theta, h, t, y, delta: model.loglik(theta, *h),
    "p_alive": lambda model, theta, h, t, y, delta: model.p_alive(theta, *h),
    "p_alive_later": lambda model, theta, h, t, y, delta: model.p_alive_later(theta, t, *h),
    "conditional": lambda model, theta, h, t, y, delta: model.conditional(theta, t, *h),
    "p_no_purchase": lambda model, theta, h, t, y, delta: model.p_no_purchase(theta, t, *h),
    "silence_alive": lambda model, theta, h, t, y, delta: model.pmf_alive(theta, 0.0, t, h[0], h[2]),
    "pmf": lambda model, theta, h, t, y, delta: model.pmf(theta, y, t, *h),
    "pmf_new": lambda model, theta, h, t, y, delta: model.pmf(theta, y, np.array([t])),
    "expected": lambda model, theta, h, t, y, delta: model.expected(theta, np.array([t])),
    "discounted": lambda model, theta, h, t, y, delta: model.discounted(theta, t, delta, *h),
    "discounted_for_ever": lambda model, theta, h, t, y, delta: model.discounted(theta, np.inf, delta, *h),
}


# The points


def rounded(value: float, digits: int = 4) -> float:
    return float(f"{value:.{digits}g}")


def point(rng: np.random.Generator, wild: bool, ends: bool) -> tuple[float, ...]:
    """One value for each of ASKED. With `ends` parameters lie near the ends of their ranges more often."""

    def power(low: float, high: float) -> float:
        share = rng.beta(0.35, 0.35) if ends else rng.random()
        return 10 ** (low + (high - low) * share)

    theta = [rounded(power(-3, 4)) for _ in range(4)]
    T = rounded(power(-2, 4))
    x = float(rng.choice([0, 1, np.floor(power(0, np.log10(5000))), np.floor(power(0, 2))]))
    rate = (theta[0] + x) / (theta[1] + T)
    silence, t, y = (
        T * rng.random() ** rng.choice([0.1, 1, 3]),
        power(-3, 4),
        rng.choice([0, 1, power(0, 2.5)]),
    )
    if not wild:
        silence = min(silence, 10 ** rng.uniform(-2, 1) / rate)
        t = np.clip(10 ** rng.uniform(-1.5, 1.5) / rate, 1e-3, 1e4)
        y = rate * t * 10 ** rng.uniform(-1, 0.3)
    t_x = rounded(T - silence, 12) if x else 0.0
    if x and not 0 < t_x <= T:
        t_x = T
    return (*theta, x, t_x, T, rounded(t), float(min(round(y), 400)), rounded(power(-6, np.log10(0.05))))


def points(name: str, count: int) -> list[tuple[float, ...]]:
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return [point(rng, wild=i % 3 == 0, ends=i % 2 == 0) for i in range(count)]


def right(name: str, row: tuple[float, ...]) -> dict[str, mpf]:
    return answers(name, row[:4], *row[4:])


def lines(name: str):
    """The rows of the file for one model."""
    for row in [*CORNERS.get(name, []), *points(name, POINTS)]:
        yield [name, *(repr(float(v)) for v in row), *(significant(v, 14) for v in right(name, row).values())]


def write() -> None:
    FILE.parent.mkdir(exist_ok=True)
    with FILE.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["model", *ASKED, *FORMS])
        for name in STORED:
            table.writerows(lines(name))


@pytest.fixture(scope="module")
def known():
    """{model: [(row, {form: right answer})]}"""
    table = {name: [] for name in STORED}
    with FILE.open(newline="", encoding="utf-8") as file, mp.workdps(30):
        for line in csv.DictReader(file):
            row = tuple(float(line[column]) for column in ASKED)
            table[line["model"]].append((row, {form: mpf(line[form]) for form in FORMS}))
    with mp.workdps(30):
        table["NBD"] = [(row, right("NBD", row)) for row in points("NBD", POINTS)]
    return table


# The tests


def ours(name: str, form: str, row: tuple[float, ...]) -> float:
    model = MODELS[name]
    theta = np.array(row[: len(model.params)])
    x, t_x, T, t, y, delta = row[4:]
    history = [np.array([value]) for value in (x, t_x, T)]
    return float(FORMS[form](model, theta, history, t, y, delta)[0])


def ours_at_once(name: str, form: str, table) -> list[float]:
    """All customers in one call, each with parameters of their own."""
    rows = np.array([row for row, _ in table]).T
    theta, (x, t_x, T, t, y, _) = rows[: len(MODELS[name].params)], rows[4:]
    model = MODELS[name]
    if form == "silence_alive":
        return model.pmf_alive(theta, np.zeros_like(t), t, x, T).tolist()
    if form in ("pmf_new", "expected"):
        new = np.zeros_like(x)
        return (
            model.pmf(theta, y, t, new, new, new) if form == "pmf_new" else model.expected(theta, t)
        ).tolist()
    return FORMS[form](model, theta, (x, t_x, T), t, y, None).tolist()


def faults(name: str, form: str, table, got: list[float] | None = None) -> list[str]:
    """Answers more than 1e-8 off, relatively; values below 1e-300 must be as good as 0.

    A log-likelihood may be 1e-10 off: the likelihood itself then agrees to that many digits.
    """
    least = mpf("1e-10") if form == "loglik" else mpf("1e-300")
    if got is None:
        got = [ours(name, form, row) for row, _ in table]
    return [
        f"{dict(zip(ASKED, row, strict=True))}: {value!r}, not {mpmath.nstr(truth[form], 14)}"
        for value, (row, truth) in zip(got, table, strict=True)
        if not abs(value - truth[form]) <= abs(truth[form]) * mpf("1e-8") + least
    ]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["NBD", *STORED])
def test_every_form_of_answer_is_exact_wherever_it_is_asked(name, form, known):
    assert len(known[name]) >= POINTS
    table = known[name]
    if "discounted" in form and name in (
        "BG/NBD",
        "MBG/NBD",
    ):  # slow: 100 points of each of these two like models
        table = [one for i, one in enumerate(table) if i // 3 % 3 == 0]
    assert faults(name, form, table) == []


@pytest.mark.parametrize("form", [form for form in FORMS if "discounted" not in form])
@pytest.mark.parametrize("name", ["NBD", *STORED])
def test_all_customers_at_once_with_their_own_parameters_get_exact_answers_too(name, form, known):
    assert faults(name, form, known[name], ours_at_once(name, form, known[name])) == []


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["NBD", *STORED])
def test_most_of_these_answers_are_of_ordinary_size(name, form, known):
    """So that agreement is not agreement about zeros and ones."""
    values = [abs(truth[form]) for _, truth in known[name]]
    certain = form in ("p_alive", "p_alive_later")
    if not (name == "NBD" and certain):
        assert sum(bool(mpf("1e-12") < value and abs(value - 1) > 1e-12) for value in values) >= 150


def test_the_points_in_the_file_are_those_of_its_generator(known):
    for name in STORED:
        assert [row for row, _ in known[name]] == [
            tuple(float(v) for v in row) for row in [*CORNERS[name], *points(name, POINTS)]
        ]


@pytest.mark.parametrize("name", STORED)
def test_rows_of_the_file_worked_out_again_are_the_same(name, known):
    """The corner, and three rows picked by the file's own digest: other rows when the file changes."""
    rng = np.random.default_rng(zlib.crc32(FILE.read_bytes()))
    for i in (0, *rng.choice(len(known[name]), 3, replace=False)):
        row, truth = known[name][i]
        again = right(name, row)
        for form, value in truth.items():
            assert mpmath.almosteq(again[form], value, rel_eps=1e-12, abs_eps=mpf("1e-4000")), (form, row)


def test_the_log_likelihood_of_spend_is_exact_wherever_it_is_asked():
    rng = np.random.default_rng(2005)
    for _ in range(200):
        theta = [rounded(10 ** rng.uniform(-3, 4)) for _ in range(3)]
        x = np.floor(10 ** rng.uniform(0, np.log10(5000)))
        p, q, gamma = theta
        typical = p * gamma / max(q, 0.5)
        m = rounded(np.clip(typical * 10 ** rng.normal(0, 1), 1e-6, 1e9))
        truth = gamma_gamma(theta, x, m)
        got = GammaGamma().loglik(np.array(theta), np.array([x]), np.array([m]))[0]
        assert abs(got - truth) <= 1e-8 * abs(truth) + 1e-10, (theta, x, m)


def test_mean_and_median_spend_are_exact_wherever_they_are_asked():
    rng = np.random.default_rng(2006)
    for _ in range(200):
        p, q, gamma, m = (rounded(10 ** rng.uniform(-3, 4)) for _ in range(4))
        x = np.floor(10 ** rng.uniform(0, np.log10(5000)))
        with mp.workdps(50):
            P, Q, G, X, M = (mpf(float(v)) for v in (p, q, gamma, x, m))
            if P * X + Q > 1:  # a customer's ν is Gamma(q + px, γ + xm), and E[p/ν] this
                truth = P * (G + X * M) / (P * X + Q - 1)
                assert GammaGamma().conditional_mean((p, q, gamma), x, m) == pytest.approx(
                    float(truth), rel=1e-8
                )
            rate = (
                P * G / mpf(GammaGamma().median((p, q, gamma)))
            )  # half of the customers have a ν γ below it
            if rate > 0:
                below = mp.gammainc(Q, 0, rate, regularized=True)
                density = mp.exp((Q - 1) * mp.log(rate) - rate - mp.loggamma(Q))
                assert abs(below - mpf("0.5")) / density <= 1e-8 * rate, (p, q, gamma)


if __name__ == "__main__":
    write()
