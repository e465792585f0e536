"""Verdicts on many claims at once: the p value says what the interval says, and Holm's method is the published one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from crmtheory.claims import decide
from crmtheory.claims.family import ALPHA, familywise, p_value
from crmtheory.multiplicity import holm

KINDS = ("at least", "equivalence")


def verdict(theta: float | None, low: float | None, high: float | None, **more: object) -> dict[str, object]:
    usual = {"id": "VAL-1", "delta": 0.1, "kind": "at least", "verdict": "supported"}
    return {"theta": theta, "low": low, "high": high, **usual, **more}


def test_holm_agrees_with_statsmodels_also_with_ties() -> None:
    p = np.array([0.01, 0.04, 0.04, 0.03, 0.5, 0.0, 1.0])
    assert holm(pd.Series(p)).to_numpy() == pytest.approx(multipletests(p, method="holm")[1])


def test_holm_leaves_missing_values_out_of_the_count_and_in_their_place() -> None:
    p = holm(pd.Series([0.02, np.nan, 0.03], index=["a", "b", "c"]))
    assert p["a"] == pytest.approx(0.04)
    assert np.isnan(p["b"])
    assert p["c"] == pytest.approx(0.04)


@pytest.mark.parametrize("kind", KINDS)
def test_a_p_value_of_at_most_five_per_cent_is_the_same_as_a_decided_verdict(kind: str) -> None:
    rng = np.random.default_rng(1)
    for _ in range(3000):
        low, theta, high = np.sort(rng.normal(0, 0.3, 3))
        decided = decide(low, high, 0.1, kind) != "inconclusive"
        assert (p_value(theta, low, high, 0.1, kind) <= ALPHA) == decided


def test_an_interval_symmetric_about_its_estimate_has_the_p_value_of_a_z_test() -> None:
    # z = (0.5 − 0.1) / 0.2 = 2, whose two-sided p value is .0455 (any table of the normal distribution)
    half = 1.959964 * 0.2
    assert p_value(0.5, 0.5 - half, 0.5 + half, 0.1) == pytest.approx(0.0455, abs=5e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_an_estimate_outside_its_interval_is_replaced_by_the_middle(kind: str) -> None:
    assert p_value(0.9, 0.2, 0.4, 0.1, kind) == pytest.approx(p_value(0.3, 0.2, 0.4, 0.1, kind))


@pytest.mark.parametrize(
    ("low", "high", "p"),
    [(0.2, 0.2, 0.0), (0.1, 0.1, 0.05), (-np.inf, 0.2, 1.0), (np.nan, 0.2, 1.0), (0.3, 0.2, 1.0)],
)
def test_intervals_without_width_or_end(low: float, high: float, p: float) -> None:
    assert p_value(0.1 if low == 0.1 else 0.2, low, high, 0.1) == pytest.approx(p)


def test_a_verdict_that_is_clear_alone_may_be_open_among_many() -> None:
    clear, just = verdict(0.5, 0.4, 0.6), verdict(0.3, 0.105, 0.495)
    alone = familywise([just])
    assert alone["family_verdict"].tolist() == ["supported"]
    together = familywise([just, *[verdict(0.1, -0.1, 0.3, verdict="inconclusive")] * 5, clear])
    assert together["family_verdict"].tolist() == ["inconclusive"] * 6 + ["supported"]
    assert together["members"].tolist() == [7] * 7


def test_simulations_and_claims_without_numbers_are_no_members_of_the_family() -> None:
    told = familywise(
        [
            verdict(0.5, 0.4, 0.6),
            verdict(0.5, 0.4, 0.6, verdict="supported (simulation)"),
            verdict(None, None, None, verdict="not testable"),
        ]
    )
    assert told["family_verdict"].tolist() == ["supported", "", ""]
    assert told["members"].tolist() == [1, 1, 1]


def test_a_family_of_true_null_hypotheses_has_a_false_finding_in_at_most_five_of_a_hundred() -> None:
    rng, wrong = np.random.default_rng(5), 0
    for _ in range(1000):
        theta = rng.normal(0.1, 0.05, 20)
        family = [verdict(t, t - 1.96 * 0.05, t + 1.96 * 0.05) for t in theta]
        wrong += (familywise(family)["family_verdict"] != "inconclusive").any()
    assert wrong <= 50 + 2 * np.sqrt(1000 * 0.05 * 0.95)


def test_no_verdicts_give_an_empty_table() -> None:
    assert familywise([]).empty
