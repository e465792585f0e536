"""Cohorts by age: the triangle by hand, blanks where nobody has lived yet, and the curve of all cohorts."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from crmtheory.errors import DomainError, SchemaError
from crmtheory.lifecycle import cohort_sizes, retention_curve, triangle
from crmtheory.panel import Panel, from_frame, of
from crmtheory.transactions import read

BLANK = float("nan")


def small() -> Panel:
    """a and b join in period 1, nobody in 2, c in 3; four periods. d was never a customer."""
    rows = [("a", 1, 2, 10.0), ("a", 3, 1, 4.0), ("b", 1, 1, 2.0), ("c", 3, 1, 6.0), ("c", 4, 5, 3.0)]
    frame = pd.DataFrame([*rows, ("d", 4, 0, 0.0)], columns=["customer", "period", "purchases", "revenue"])
    return from_frame(frame)


def table(values) -> list:
    return [[None if np.isnan(v) else v for v in row] for row in values.to_numpy().tolist()]


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("customers", [[2, 0, 1, 0], [1, 1, None, None]]),
        ("retention", [[1, 0, 0.5, 0], [1, 1, None, None]]),
        ("revenue", [[6, 0, 2, 0], [6, 3, None, None]]),
    ],
)
def test_the_triangle_by_hand(what, expected):
    found = triangle(small(), what)
    assert table(found) == expected
    assert found.index.tolist() == ["2000-01-01", "2000-01-03"]
    assert found.index.name == "cohort"
    assert found.columns.tolist() == [0, 1, 2, 3]
    assert found.columns.name == "age"


def test_ages_that_no_shown_cohort_has_lived_have_no_column():
    found = triangle(small(), "retention", first=2)
    assert table(found) == [[1, 1]]
    assert found.columns.tolist() == [0, 1]


def test_sizes_of_cohorts():
    sizes = cohort_sizes(small())
    assert sizes.to_dict() == {"2000-01-01": 2, "2000-01-03": 1}
    assert (sizes.name, sizes.index.name) == ("customers", "cohort")


def test_cohorts_carry_the_first_day_of_their_period():
    log = read(pd.DataFrame({"customer": [1, 2], "date": ["2024-01-01", "2024-01-14"], "amount": 1.0}))
    assert cohort_sizes(of(log, "week")).index.tolist() == ["2024-01-01", "2024-01-08"]


@pytest.mark.parametrize("seed", range(3))
def test_the_triangle_is_that_of_a_walk_over_customers(seed):
    rng = np.random.default_rng(seed)
    bought = rng.poisson(0.5, (60, 7))
    rows, columns = np.nonzero(np.ones(bought.shape))
    money = rng.random(bought.shape)
    panel = from_frame(
        pd.DataFrame(
            {"customer": rows, "period": columns + 1, "purchases": bought.ravel(), "revenue": money.ravel()}
        )
    )
    joined = [next((p for p in range(7) if line[p]), None) for line in bought]
    retention, revenue = triangle(panel, "retention"), triangle(panel, "revenue")
    for place, cohort in enumerate(sorted({j for j in joined if j is not None})):
        members = [c for c in range(60) if joined[c] == cohort]
        for age in range(7):
            if cohort + age < 7:
                share = np.mean([bought[c, cohort + age] > 0 for c in members])
                mean = np.mean([money[c, cohort + age] for c in members])
                assert retention.iloc[place, age] == pytest.approx(share)
                assert revenue.iloc[place, age] == pytest.approx(mean)
            elif age < retention.shape[1]:
                assert np.isnan(retention.iloc[place, age])


def test_the_curve_by_hand_with_wilsons_interval():
    curve = retention_curve(small())
    assert curve["customers"].tolist() == [3, 3, 2, 2]
    assert curve["share"].tolist() == pytest.approx([1, 1 / 3, 1 / 2, 0])
    low, high = proportion_confint([3, 1, 1, 0], [3, 3, 2, 2], method="wilson")
    assert curve["low"].to_numpy() == pytest.approx(low, abs=1e-12)
    assert curve["high"].to_numpy() == pytest.approx(high, abs=1e-12)
    assert curve.index.name == "age"
    wide = retention_curve(small(), level=0.99)
    assert (wide["high"] - wide["low"] > curve["high"] - curve["low"]).all()


def test_the_first_cohort_can_be_left_out():
    curve = retention_curve(small(), first=2)
    assert curve["customers"].tolist() == [1, 1]
    assert curve["share"].tolist() == [1, 1]


@pytest.mark.parametrize("n", range(1, 40))
def test_limits_stay_between_0_and_1(n):
    frame = pd.DataFrame({"customer": [*range(n), "z"], "period": [1] * n + [2], "purchases": 1})
    curve = retention_curve(from_frame(frame.astype({"customer": str})))
    assert (curve["low"] >= 0).all()
    assert (curve["low"] <= curve["share"]).all()
    assert (curve["share"] <= curve["high"]).all()
    assert (curve["high"] <= 1).all()


def test_nobody_who_joined_so_late_is_said():
    assert raised(DomainError, lambda: triangle(small(), first=4)) == (
        "Nobody joined in period 4 or later, so there is no cohort to show."
    )
    assert raised(DomainError, lambda: retention_curve(small(), first=9)) == (
        "Nobody joined in period 9 or later, so there is no curve to draw."
    )


def test_an_unknown_kind_is_refused():
    assert raised(SchemaError, lambda: triangle(small(), "retain")) == (
        'There is no kind of triangle "retain". Did you mean "retention"? Known: customers, retention, revenue.'
    )


def test_revenue_needs_amounts():
    panel = from_frame(pd.DataFrame({"customer": [1, 2], "period": [1, 2], "purchases": 1}))
    assert raised(DomainError, lambda: triangle(panel, "revenue")) == (
        "A triangle of revenue needs amounts, and this log was read without."
    )
    assert table(triangle(panel, "customers")) == [[1, 0], [1, None]]


def test_prospects_are_in_no_cohort():
    more = small().with_contacts(pd.Series({"p": "2000-01-01", "q": "2000-01-02"}))
    pd.testing.assert_frame_equal(triangle(more), triangle(small()))
    pd.testing.assert_frame_equal(retention_curve(more), retention_curve(small()))
    pd.testing.assert_series_equal(cohort_sizes(more), cohort_sizes(small()))
