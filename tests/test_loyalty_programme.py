"""Cost of a membership programme: terms, tiers and points by hand."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from crmtheory.errors import DomainError, SchemaError
from crmtheory.loyalty import Programme, Tier, break_even, cost

TERMS = Programme(
    2, (Tier("铜", 0), Tier("银", 100, 1.5), Tier("金", 500, 3)), point_value=0.01, redeemed=0.5
)
PURCHASES = pd.DataFrame(
    {
        "customer": ["a", "b", "a", "c", "d", "b"],
        "date": pd.to_datetime(
            ["2023-06-30", "2023-07-01", "2024-01-10", "2024-02-01", "2024-03-01", "2024-06-30"]
        ),
        "amount": [1000.0, 60, 50, 600, -20, 40],
    }
)


def test_a_year_by_hand():
    table = cost(TERMS, PURCHASES)  # the first purchase of a lies a year and a day before the last
    assert table.index.tolist() == ["铜", "银", "金"]
    assert table["members"].tolist() == [2, 1, 1]
    assert table["share"].tolist() == [0.5, 0.25, 0.25]
    assert table["spend"].tolist() == [30, 100, 600]
    assert table["points"].tolist() == [2 * 50, 2 * 1.5 * 100, 2 * 3 * 600]  # returns earn nothing
    assert table["cost"].tolist() == pytest.approx([0.5, 1.5, 18])
    assert table["cost_share"].tolist() == pytest.approx([0.025, 0.075, 0.9])
    assert table["rate"].tolist() == pytest.approx([0.5 / 30, 0.015, 0.03])


def test_the_year_may_end_on_another_day_and_the_order_of_rows_changes_nothing():
    table = cost(TERMS, PURCHASES, end="2024-01-31")
    assert table["spend"].sum() == 1000 + 60 + 50
    pd.testing.assert_frame_equal(cost(TERMS, PURCHASES[::-1]), cost(TERMS, PURCHASES))
    renamed = PURCHASES[["date", "amount", "customer"]].rename(columns={"customer": "客户"})
    pd.testing.assert_frame_equal(cost(TERMS, renamed, customer="客户"), cost(TERMS, PURCHASES))


def test_a_programme_that_gives_nothing_costs_nothing():
    free = dataclasses.replace(TERMS, redeemed=0)
    table = cost(free, PURCHASES)
    assert table["cost"].sum() == 0
    assert table["cost_share"].isna().all()
    assert break_even(table, 0.2)["needed"].tolist() == [0, 0, 0]


def test_an_empty_tier_stays_in_the_table():
    table = cost(TERMS, PURCHASES[PURCHASES["customer"] == "b"])
    assert table["members"].tolist() == [0, 1, 0]
    assert np.isnan(table.loc["金", "rate"])


def test_the_rise_needed_pays_for_its_own_points():
    table = cost(TERMS, PURCHASES)
    needed = break_even(table, 0.2)["needed"]
    more = table["spend"] * needed
    assert (0.2 * more).tolist() == pytest.approx((table["rate"] * (table["spend"] + more)).tolist())
    assert break_even(table, 0.02).loc["金", "needed"] == np.inf


def test_a_tier_begins_at_its_spend():
    assert [TERMS.tier_of(spend).name for spend in (-5, 0, 99.99, 100, 499, 500)] == list("铜铜铜银银金")


def test_terms_cannot_be_changed_and_must_make_sense():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TERMS.points = 3
    basic = (Tier("basic", 0),)
    for said, build in (
        (r"Tiers begin with a spend of 0 and rise, not \[5\]", lambda: Programme(1, (Tier("a", 5),), 0.01)),
        ("Tiers begin", lambda: Programme(1, (), 0.01)),
        ("Tiers need different names, not a, a", lambda: Programme(1, (Tier("a", 0), Tier("a", 5)), 0.01)),
        ("points must be a number of 0 or more, not -1", lambda: Programme(-1, basic, 0.01)),
        ("redeemed is a share between 0 and 1, not 2", lambda: Programme(1, basic, 0.01, 2)),
        ('The multiplier of tier "a"', lambda: Programme(1, (Tier("a", 0, -1),), 0.01)),
    ):
        with pytest.raises(DomainError, match=said):
            build()


def test_purchases_that_cannot_be_counted_are_refused():
    with pytest.raises(SchemaError, match='There is no column "date"'):
        cost(TERMS, PURCHASES.drop(columns="date"))
    with pytest.raises(SchemaError, match="The column date must hold dates"):
        cost(TERMS, PURCHASES.assign(date="2024"))
    with pytest.raises(SchemaError, match="The column amount: 1 of 6 numbers are missing"):
        cost(TERMS, PURCHASES.assign(amount=[np.nan, 1, 1, 1, 1, 1]))
    with pytest.raises(SchemaError, match="1 of 6 purchases have no customer or date, first: row 0"):
        cost(TERMS, PURCHASES.assign(customer=[None, *"bacdb"]))
    with pytest.raises(DomainError, match="None of 6 purchases lies in the 12 months up to 2020-01-01"):
        cost(TERMS, PURCHASES, end="2020-01-01")
    with pytest.raises(DomainError, match="None of 0 purchases"):
        cost(TERMS, PURCHASES[:0])
