"""Kinds of loyalty, share of wallet and switching: by hand, with ties, gaps and Chinese names."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from crmtheory.errors import DomainError, SchemaError
from crmtheory.loyalty import KINDS, kinds, kinds_table, switching, wallet_share

CHOICES = pd.DataFrame(
    {
        "id": ["张", "李", "张", "张", "王", "李", "张"],
        "brand": ["茶", "茶", "茶", "咖啡", "咖啡", "茶", "茶"],
    }
)


def test_kinds_by_hand_keep_the_index_and_a_value_at_the_cut_is_high():
    index = ["张", "李", "王", "赵", "孙"]
    found = kinds(pd.Series([4, 5, 3, 1, np.nan], index), pd.Series([2, 1, 2, 0, 5], index), 4, 2)
    assert found.index.tolist() == index
    assert found.tolist()[:4] == ["true", "latent", "spurious", "no"]
    assert found.isna().tolist() == [False] * 4 + [True]
    assert found.cat.categories.tolist() == list(KINDS)


def test_the_table_has_all_four_kinds_with_wilson_limits():
    table = kinds_table(pd.Series(["true"] * 3 + ["no"] * 7), pd.Series(np.arange(10.0)))
    assert table.index.tolist() == list(KINDS)
    assert table["customers"].tolist() == [3, 0, 0, 7]
    assert table.loc["true", ["low", "high"]].tolist() == pytest.approx(
        proportion_confint(3, 10, method="wilson")
    )
    assert table.loc["latent", "low"] == 0
    assert table["value"].tolist()[::3] == [1, 6]
    assert table.loc["latent", ["value", "value_low"]].isna().all()
    assert (table["value_low"] < table["value"])[["true", "no"]].all()


def test_a_symmetric_value_has_the_t_interval():
    table = kinds_table(pd.Series(["true"] * 3), pd.Series([1.0, 2, 3]))
    assert table.loc["true", ["value_low", "value_high"]].tolist() == pytest.approx(
        [2 - 2.484138, 2 + 2.484138]
    )


def test_customers_without_a_kind_are_left_out_and_the_order_changes_nothing():
    kind = kinds(pd.Series([5, np.nan, 1, 5.0]), pd.Series([1, 1, 1, 0]), 3, 1)
    value = pd.Series([0.1, np.nan, 0.2, 0.7])
    table = kinds_table(kind, value)
    assert table["customers"].sum() == 3
    pd.testing.assert_frame_equal(kinds_table(kind[::-1], value[::-1]), table)


def test_kinds_are_refused_where_they_cannot_be_made():
    one = pd.Series([1.0])
    with pytest.raises(SchemaError, match="must have the same index"):
        kinds(one, pd.Series([1.0], ["a"]), 1, 1)
    with pytest.raises(SchemaError, match="attitude must be numbers, not str"):
        kinds(pd.Series(["5"]), one, 1, 1)
    with pytest.raises(DomainError, match="Cuts must be numbers"):
        kinds(one, one, np.nan, 1)
    with pytest.raises(
        SchemaError, match="1 of 1 kinds are not one of true, latent, spurious, no, first: 'loyal'"
    ):
        kinds_table(pd.Series(["loyal"]))
    with pytest.raises(DomainError, match="None of 1 customers has a kind"):
        kinds_table(pd.Series([None]))
    with pytest.raises(SchemaError, match="value: 1 of 1 numbers are missing"):
        kinds_table(pd.Series(["no"]), pd.Series([np.nan]))


def test_share_of_wallet_by_hand():
    table = wallet_share(CHOICES, "id", "brand")
    tea = table.loc["茶"]
    assert tea["estimate"] == pytest.approx((3 / 4 + 1) / 2)
    assert tea[["n", "sole", "reach", "market_share"]].tolist() == pytest.approx([2, 1 / 2, 2 / 3, 5 / 7])
    assert ((table["low"] >= 0) & (table["high"] <= 1)).all()


def test_share_of_wallet_of_money():
    table = wallet_share(CHOICES.assign(paid=[1, 1, 1, 7, 5, 1, 1]), "id", "brand", amount="paid")
    assert table.loc["咖啡", "estimate"] == pytest.approx((7 / 10 + 1) / 2)
    assert table.loc["咖啡", "market_share"] == pytest.approx(12 / 17)
    with pytest.raises(SchemaError, match="1 amounts are below 0"):
        wallet_share(CHOICES.assign(paid=[1, 1, 1, 7, 5, 1, -1]), "id", "brand", amount="paid")


def test_customers_who_paid_nothing_have_no_wallet():
    paid = CHOICES.assign(paid=[1.0, 0, 1, 1, 5, 0, 1])  # 李 paid nothing
    table = wallet_share(paid, "id", "brand", amount="paid")
    assert table["n"].to_dict() == {"咖啡": 2, "茶": 1}
    with pytest.raises(DomainError, match="All amounts in paid are 0"):
        wallet_share(paid.assign(paid=0), "id", "brand", amount="paid")


def test_a_brand_that_everybody_buys_alone_has_the_whole_wallet():
    table = wallet_share(pd.DataFrame({"id": [1, 2, 3], "brand": "a"}), "id", "brand")
    assert table.loc["a", ["estimate", "low", "high", "sole"]].tolist() == [1, 1, 1, 1]


def test_switching_by_hand():
    table = switching(CHOICES, "id", "brand").set_index(["from", "to"])
    assert table["n"].to_dict() == {
        ("咖啡", "咖啡"): 0,
        ("咖啡", "茶"): 1,
        ("茶", "咖啡"): 1,
        ("茶", "茶"): 2,
    }
    assert table.loc[("茶", "茶"), "probability"] == pytest.approx(2 / 3)
    assert table.groupby("from")["probability"].sum().tolist() == pytest.approx([1, 1])


def test_the_order_of_customers_does_not_matter_only_that_of_their_purchases():
    by_customer = CHOICES.sort_values("id", kind="stable")
    pd.testing.assert_frame_equal(switching(by_customer, "id", "brand"), switching(CHOICES, "id", "brand"))


def test_a_brand_that_is_only_ever_chosen_last_has_no_probability():
    table = switching(pd.DataFrame({"id": [1, 1], "brand": ["a", "b"]}), "id", "brand")
    last = table[table["from"] == "b"]
    assert last["from_n"].tolist() == [0, 0]
    assert last[["probability", "low", "high"]].isna().all(axis=None)


def test_intervals_are_those_of_a_sample_of_customers_not_of_moves():
    rng = np.random.default_rng(1)
    covered, wilson = 0, 0
    for _ in range(100):  # half of the households stay with 90 %, half with 30 %; 20 moves each
        stay = np.where(rng.random(60) < 0.5, 0.9, 0.3)
        other = rng.random((60, 40)) > stay[:, None]
        brand = np.cumsum(other, axis=1) % 2
        frame = pd.DataFrame({"id": np.repeat(np.arange(60), 40), "brand": brand.ravel()})
        row = switching(frame, "id", "brand").iloc[0]
        covered += row["low"] <= 0.6 <= row["high"]
        low, high = proportion_confint(row["n"], row["from_n"], method="wilson")
        wilson += low <= 0.6 <= high
    assert covered / 100 > 0.88
    assert wilson / 100 < 0.6


def test_switching_is_refused_where_nobody_bought_twice():
    with pytest.raises(DomainError, match="None of 2 customers bought twice"):
        switching(pd.DataFrame({"id": [1, 2], "brand": ["a", "b"]}), "id", "brand")
    with pytest.raises(DomainError, match="There are no purchases"):
        switching(CHOICES[:0], "id", "brand")
    with pytest.raises(SchemaError) as refusal:
        wallet_share(CHOICES, "customer", "brand")
    assert str(refusal.value) == 'There is no column "customer". Known: id, brand.'
    with pytest.raises(SchemaError) as refusal:
        switching(CHOICES.assign(brand=[None, *CHOICES["brand"][1:]]), "id", "brand")
    assert str(refusal.value) == (
        "1 of 7 rows have no brand, first: row 0. Leave these purchases out, or say what they are."
    )
