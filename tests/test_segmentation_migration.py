"""Migration between years: by hand, and given probabilities recovered at the stated rate."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmtheory.errors import DomainError, SchemaError
from crmtheory.segmentation import flows, migration, stays, tiers

BEFORE = pd.Series({"甲": "high", "乙": "high", "丙": "low", "丁": "low", "戊": "low"})
AFTER = pd.Series({"己": "low", "戊": "high", "丁": "low", "甲": "high"})


def test_the_table_by_hand():
    table = migration(BEFORE, AFTER)
    assert list(table) == ["from", "to", "customers", "from_n", "share", "low", "high"]
    rows = table.set_index(["from", "to"])
    assert rows["customers"].to_dict() == {
        ("high", "high"): 1, ("high", "low"): 0, ("high", "gone"): 1,
        ("low", "high"): 1, ("low", "low"): 1, ("low", "gone"): 1,
        ("new", "high"): 0, ("new", "low"): 1,
    }  # fmt: skip
    assert rows["from_n"].tolist() == [2, 2, 2, 3, 3, 3, 1, 1]
    assert rows.loc[("high", "high"), "share"] == 0.5
    assert rows.loc[("high", "high"), ["low", "high"]].tolist() == pytest.approx([0.0945, 0.9055], abs=1e-4)
    assert rows.loc[("high", "low"), "low"] == 0
    assert rows.groupby("from")["share"].sum().tolist() == pytest.approx([1, 1, 1])


def test_ordered_classes_come_best_first_and_empty_ones_have_no_shares():
    values = pd.Series(np.arange(4.0))
    table = migration(tiers(values), tiers(-values))
    assert table["from"].unique().tolist() == ["high", "medium", "low", "new"]
    assert table["to"].unique().tolist() == ["high", "medium", "low", "gone"]
    assert (
        table.loc[table["from"] == "high", ["share", "low", "high"]].isna().all(axis=None)
    )  # a fifth of 4 is nobody
    assert table["customers"].sum() == 4


def test_given_probabilities_are_within_their_intervals_at_the_stated_rate():
    names = ["high", "medium", "low", "gone"]
    truth = {"high": [0.6, 0.2, 0.1, 0.1], "medium": [0.15, 0.5, 0.2, 0.15], "low": [0.05, 0.1, 0.55, 0.3]}
    rng, inside = np.random.default_rng(1), []
    before = pd.Series(np.repeat(list(truth), 150))
    for _ in range(60):
        after = pd.Series(np.concatenate([rng.choice(names, 150, p=p) for p in truth.values()]))
        table = migration(before, after[after != "gone"])
        table = table[table["from"] != "new"]
        p = [truth[f][names.index(t)] for f, t in zip(table["from"], table["to"], strict=True)]
        inside += (table["low"].le(p) & table["high"].ge(p)).tolist()
    assert len(inside) == 60 * 12
    assert stats.binom.ppf(1e-4, len(inside), 0.95) <= sum(inside)


def test_every_customer_is_counted_once():
    rng = np.random.default_rng(2)
    before = tiers(pd.Series(rng.random(80), index=range(80)))
    after = tiers(pd.Series(rng.random(70), index=range(40, 110)))
    table = migration(before, after)
    assert table["customers"].sum() == 110
    assert table.loc[table["to"] == "gone", "customers"].sum() == 40
    assert table.loc[table["from"] == "new", "customers"].sum() == 30


def test_flows_number_the_steps_and_leave_out_what_nobody_did():
    table = flows(BEFORE, AFTER, BEFORE)
    assert list(table) == ["step", "from", "to", "customers"]
    assert table[table["step"] == 0].to_numpy().tolist() == [
        [0, "high", "high", 1], [0, "high", "gone", 1], [0, "low", "high", 1], [0, "low", "low", 1],
        [0, "low", "gone", 1], [0, "new", "low", 1],
    ]  # fmt: skip
    assert table[table["step"] == 1].set_index(["from", "to"])["customers"].to_dict() == {
        ("high", "high"): 1, ("high", "low"): 1, ("low", "low"): 1, ("low", "gone"): 1, ("new", "high"): 1,
        ("new", "low"): 1,
    }  # fmt: skip


def test_those_who_are_gone_have_not_stayed():
    row = stays(BEFORE, AFTER).iloc[0]
    assert row[["class", "stayed", "estimate", "n"]].tolist() == ["high", 1, 0.5, 2]
    assert row[["low", "high"]].tolist() == pytest.approx([0.0945, 0.9055], abs=1e-4)
    assert stays(BEFORE, BEFORE, "low")["estimate"].iloc[0] == 1
    assert stays(BEFORE, AFTER[AFTER == "low"])["estimate"].iloc[0] == 0


def test_the_order_of_the_customers_changes_nothing():
    pd.testing.assert_frame_equal(migration(BEFORE, AFTER), migration(BEFORE[::-1], AFTER[::-1]))
    pd.testing.assert_frame_equal(flows(BEFORE, AFTER), flows(BEFORE[::-1], AFTER[::-1]))
    pd.testing.assert_frame_equal(stays(BEFORE, AFTER), stays(BEFORE[::-1], AFTER[::-1]))


def test_questions_without_an_answer_are_refused():
    with pytest.raises(SchemaError) as error:
        migration(BEFORE.replace("low", "gone"), AFTER)
    assert str(error.value) == (
        'A class is called "gone", which here means customers who left or came. Rename it.'
    )
    with pytest.raises(SchemaError) as error:
        flows(BEFORE)
    assert str(error.value) == "A flow needs the classes of at least two years, not of 1."
    with pytest.raises(SchemaError) as error:
        stays(BEFORE, AFTER, "medium")
    assert str(error.value) == 'There is no class "medium". Known: high, low.'
    values = pd.Series([1.0, 2.0])
    with pytest.raises(DomainError) as error:
        stays(tiers(values), tiers(values))
    assert str(error.value) == 'No customer was in class "high" before, so none can have stayed.'
    with pytest.raises(SchemaError) as error:
        stays(BEFORE, pd.Series([], dtype=object))
    assert str(error.value) == "after: there is no customer. At least one is needed."
    with pytest.raises(SchemaError) as error:
        migration(["high"], AFTER)
    assert str(error.value) == "Classes must be a Series with the customers as index, not list."
