"""Tests of the claims on relationship, satisfaction and loyalty."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmtheory import claims

ROWS = sorted(
    name for name, (columns, _) in claims.TESTS.items() if tuple(columns) == ("estimate", "low", "high", "n")
)


def row(estimate: float, low: float, high: float, n: int = 200) -> pd.DataFrame:
    return pd.DataFrame([{"estimate": estimate, "low": low, "high": high, "n": n}])


def happy(satisfied: list, promoter: list, weight: list | float = 1.0) -> pd.DataFrame:
    return pd.DataFrame({"satisfied": satisfied, "promoter": promoter, "weight": weight}).astype(float)


def test_every_claim_of_the_ledger_has_a_test():
    assert set(claims.TESTS) == set(claims.ledger().index)


@pytest.mark.parametrize("claim", ROWS)
def test_a_row_is_taken_as_it_is(claim):
    delta = claims.ledger().loc[claim, "threshold"]
    verdict = claims.test(claim, row(delta + 0.2, delta + 0.1, delta + 0.3, 321))
    assert (verdict.theta, verdict.low, verdict.high, verdict.n) == (
        delta + 0.2,
        delta + 0.1,
        delta + 0.3,
        321,
    )
    assert verdict.verdict == "supported"
    assert claims.test(claim, row(delta - 0.2, delta - 0.3, delta - 0.1)).verdict == "contradicted"
    assert claims.test(claim, row(delta, delta - 0.1, delta + 0.1)).verdict == "inconclusive"


def test_a_table_of_several_rows_does_not_say_which_is_meant():
    verdict = claims.test("SAT-1", pd.concat([row(0.1, 0.0, 0.2)] * 3))
    assert verdict.reason == "the table has 3 rows: which of them is meant is not said"


def test_an_interval_that_could_not_be_computed_is_not_testable():
    verdict = claims.test("LOY-5", row(0.1, np.nan, np.nan))
    assert (verdict.verdict, verdict.reason) == ("not testable", "missing: low, high")


def test_promoters_among_the_satisfied_are_compared_as_newcombe_does():
    # Newcombe 1998, Statistics in Medicine 17, example (a): 56 of 70 against 48 of 80, 0.0524 to 0.3339
    data = happy([1] * 70 + [0] * 80, [1] * 56 + [0] * 14 + [1] * 48 + [0] * 32)
    verdict = claims.test("SAT-5", data)
    assert verdict.theta == pytest.approx(0.2)
    assert (verdict.low, verdict.high) == (pytest.approx(0.0524, abs=5e-5), pytest.approx(0.3339, abs=5e-5))
    assert verdict.verdict == "inconclusive"


def test_weights_change_the_shares_as_repeated_rows_do_and_never_add_respondents():
    data = happy([1] * 30 + [0] * 30, [1, 0, 0] * 10 + [1, 0] * 15, [3.0, 1.0, 1.0] * 10 + [1.0] * 30)
    repeated = data.loc[data.index.repeat(data["weight"].astype(int))].assign(weight=1.0)
    weighted, rows = claims.test("SAT-5", data), claims.test("SAT-5", repeated)
    assert weighted.theta == pytest.approx(rows.theta)
    assert weighted.high - weighted.low > rows.high - rows.low
    assert weighted.n == 60
    scaled = claims.test("SAT-5", data.assign(weight=data["weight"] * 7))
    assert (scaled.low, scaled.high) == (pytest.approx(weighted.low), pytest.approx(weighted.high))


def test_the_interval_of_promoters_among_the_satisfied_holds_the_truth():
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(300):
        satisfied = rng.random(120) < 0.7
        promoter = rng.random(120) < np.where(satisfied, 0.6, 0.2)
        verdict = claims.test("SAT-5", happy(satisfied.tolist(), promoter.tolist()))
        held += verdict.low <= 0.4 <= verdict.high
    assert 0.92 <= held / 300 <= 0.98


def test_too_few_of_one_kind_is_not_testable():
    verdict = claims.test("SAT-5", happy([1] * 50 + [0] * 3, [1] * 53))
    assert verdict.reason == "3 respondents are not satisfied: too few to tell how many recommend"
