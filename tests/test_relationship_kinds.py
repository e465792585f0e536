"""Facts of each relationship from a sales log, and the four kinds: rules by hand, one kind each, clear refusals."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from crmtheory.errors import DomainError, SchemaError
from crmtheory.relationship import KINDS, KINDS_CHINESE, KindRules, facts, kinds_of_relationship, kinds_table
from crmtheory.relationship.facts import spans
from crmtheory.transactions import read
from crmtheory.weighted import skewed_means


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def one(**given) -> str:
    row = {"tenure": 400, "purchases": 12, "breadth": 9, "contacts": 2} | given
    return kinds_of_relationship(pd.DataFrame([row])).iloc[0]


def some(n: int = 300, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"tenure": rng.integers(0, 900, n), "purchases": rng.integers(1, 30, n)})
    table["breadth"] = rng.integers(1, 20, n)
    table["contacts"] = rng.integers(0, 3, n)
    return table.set_index(pd.Index([f"客户{i}" for i in range(n)]))


# Facts


def sales() -> pd.DataFrame:
    rows = [
        ("甲", "2024-01-05", 10.0),
        ("甲", "2024-01-20", 20.0),
        ("甲", "2024-04-01", 30.0),
        ("乙", "2024-02-10", 5.0),
        ("乙", "2024-02-10", 6.0),
        ("丙", "2024-12-31", 7.0),
    ]
    return pd.DataFrame(rows, columns=["customer", "date", "amount"])


def test_the_facts_of_three_customers_by_hand():
    table = facts(read(sales()))
    assert table.index.name == "customer"
    columns = ["tenure", "purchases", "months", "elapsed", "contacts", "since", "revenue"]
    assert table.loc["甲", columns].tolist() == [87, 3, 2, 4, 0, 274, 60.0]
    assert table.loc["乙", columns].tolist() == [0, 1, 1, 1, 0, 325, 11.0]
    assert table.loc["丙", columns].tolist() == [0, 1, 1, 1, 1, 0, 7.0]
    assert "breadth" not in table


def test_contacts_are_purchase_days_and_other_contacts_of_the_last_days():
    calls = pd.DataFrame(
        {
            "customer": ["甲", "甲", "甲", "丁"],
            "date": ["2024-12-01", "2024-06-01", "2025-01-01", "2024-12-01"],
        }
    )
    table = facts(read(sales()), contacts=calls, recent=180)
    assert table["contacts"].to_dict() == {"甲": 1, "乙": 0, "丙": 1}
    assert facts(read(sales()), contacts=calls, recent=400)["contacts"].to_dict() == {
        "甲": 5,
        "乙": 1,
        "丙": 1,
    }


def test_the_last_days_end_with_the_log_and_are_as_many_as_asked_for():
    """The log ends on 31 December: of the last 30 days, 2 December is the first."""
    rows = pd.DataFrame(
        {"customer": ["a", "b", "c"], "date": ["2024-12-01", "2024-12-02", "2024-12-31"], "amount": 1.0}
    )
    assert facts(read(rows), recent=30)["contacts"].to_dict() == {"a": 0, "b": 1, "c": 1}


def test_breadth_is_the_number_of_different_products_and_missing_where_no_line_is_known():
    lines = pd.DataFrame({"customer": ["甲", "甲", "甲", "乙"], "category": ["茶", "茶", "酒", "茶"]})
    breadth = facts(read(sales()), lines, product="category")["breadth"]
    assert breadth["甲"] == 2
    assert breadth["乙"] == 1
    assert np.isnan(breadth["丙"])


def test_a_log_without_amounts_has_facts_without_revenue():
    table = facts(read(sales(), amount=None))
    assert table["revenue"].isna().all()
    assert table.loc["甲", "purchases"] == 3


def test_lines_of_other_customers_and_columns_that_are_not_there_are_refused():
    lines = pd.DataFrame({"customer": [1, 2], "stock_code": ["a", "b"]})
    assert raised(SchemaError, lambda: facts(read(sales()), lines)) == (
        "Lines: none of the 2 customers is in the log, first 1; the log has customers such as '丙'. Is this the "
        "same kind of id, a text in one and a number in the other?"
    )
    assert raised(SchemaError, lambda: facts(read(sales()), lines, product="stockcode")) == (
        'Lines: There is no column "stockcode". Did you mean "stock_code"? Known: customer, stock_code.'
    )
    assert raised(SchemaError, lambda: facts(sales())) == (
        "A log of sales was expected, as transactions.read gives it, not DataFrame."
    )


def test_elapsed_months_may_be_counted_to_a_day_after_the_last_purchase():
    log = read(sales())
    assert spans(log.purchases(), "2024-12-31")["elapsed"].to_dict() == {"丙": 1, "乙": 11, "甲": 12}
    assert raised(DomainError, lambda: spans(log.purchases(), "2024-04-01")) == (
        "1 of 3 customers bought after 2024-04-01, first '丙'. Give a later end."
    )
    assert raised(SchemaError, lambda: spans(log.purchases(), "soon")) == (
        "end must be a date such as 2024-12-31, not 'soon'."
    )


def test_purchases_without_a_date_and_none_at_all_are_refused():
    frame = pd.DataFrame({"customer": [1, 2], "date": [pd.Timestamp("2024-01-01"), pd.NaT]})
    assert raised(SchemaError, lambda: spans(frame)) == (
        "1 of 2 purchases have no date or no customer, first row 2. Take them from log.purchases(), which sets such "
        "rows aside."
    )
    assert raised(DomainError, lambda: spans(frame[:0])) == (
        "There is no purchase, so there is no relationship to look at."
    )
    with pytest.raises(SchemaError):
        spans(pd.DataFrame({"date": ["2024-01-01"]}))


# The four kinds


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"purchases": 2}, "price-centred"),
        ({"tenure": 59}, "price-centred"),
        ({"purchases": 3, "tenure": 60, "breadth": 4}, "product-centred"),
        ({"breadth": 4}, "product-centred"),  # many purchases over a long time of few products
        ({"purchases": 3, "tenure": 60, "breadth": 5}, "need-centred"),
        ({"purchases": 9}, "need-centred"),
        ({"tenure": 364}, "need-centred"),
        ({"contacts": 0}, "need-centred"),
        ({"purchases": 10, "tenure": 365, "breadth": 5, "contacts": 1}, "value-centred"),
    ],
)
def test_each_threshold_is_a_least_number(given, kind):
    assert one(**given) == kind


def test_every_customer_is_in_exactly_one_kind_and_keeps_the_place_in_the_index():
    table = some()
    kind = kinds_of_relationship(table)
    assert kind.index.equals(table.index)
    assert kind.notna().all()
    assert list(kind.cat.categories) == list(KINDS)
    assert kind.cat.ordered
    assert set(kind) == set(KINDS)
    assert kinds_table(kind, table["purchases"])["customers"].sum() == len(table)


def test_more_of_anything_never_leads_to_a_lower_kind():
    table = some()
    before = kinds_of_relationship(table).cat.codes
    for name in table:
        assert (kinds_of_relationship(table.assign(**{name: table[name] + 7})).cat.codes >= before).all()


def test_the_order_of_customers_changes_nothing():
    table = some()
    mixed = table.sample(frac=1, random_state=3)
    pd.testing.assert_series_equal(
        kinds_of_relationship(mixed).reindex(table.index), kinds_of_relationship(table)
    )
    value = pd.Series(np.random.default_rng(2).normal(5, 9, len(table)), table.index)
    pd.testing.assert_frame_equal(
        kinds_table(kinds_of_relationship(mixed), value), kinds_table(kinds_of_relationship(table), value)
    )


def test_active_months_stand_for_a_breadth_that_is_not_known():
    base = {"tenure": [90, 90, 90, 90], "purchases": [4, 4, 4, 4], "months": [4, 3, 4, 3]}
    table = pd.DataFrame(base)
    assert kinds_of_relationship(table).tolist() == ["need-centred", "product-centred"] * 2
    some_known = table.assign(breadth=[1, 9, np.nan, np.nan])
    assert kinds_of_relationship(some_known).tolist() == [
        "product-centred",
        "need-centred",
        "need-centred",
        "product-centred",
    ]


def test_without_breadth_and_months_the_missing_column_is_named():
    table = pd.DataFrame({"tenure": [90], "purchases": [4]}, index=["甲"])
    assert raised(SchemaError, lambda: kinds_of_relationship(table)) == (
        "The breadth of 1 of 1 customers is not known, first that of '甲'. Give a column breadth (different products "
        "or categories), or one of months (with a purchase) to stand for it."
    )


def test_without_a_column_of_contacts_a_partner_needs_none():
    table = pd.DataFrame({"tenure": [400], "purchases": [12], "breadth": [9]})
    assert kinds_of_relationship(table).tolist() == ["value-centred"]


def test_wrong_tables_are_refused():
    table = some(4)
    assert raised(SchemaError, lambda: kinds_of_relationship(table.rename(columns={"tenure": "tenur"}))) == (
        'The table: There is no column "tenure". Did you mean "tenur"? Known: tenur, purchases, breadth, contacts.'
    )
    assert raised(
        SchemaError, lambda: kinds_of_relationship(table.assign(purchases=[1, np.nan, 2, np.nan]))
    ) == (
        "The column purchases: 2 of 4 customers have none, first '客户1'. Leave these customers out, or fill it in."
    )
    assert raised(SchemaError, lambda: kinds_of_relationship(table.assign(breadth=list("abcd")))) == (
        "The column breadth must hold numbers, not str."
    )
    assert raised(SchemaError, lambda: kinds_of_relationship(pd.concat([table, table]))) == (
        "The table: 4 of 8 rows have a customer who was there before, first '客户0'. Sum them by customer first."
    )
    assert raised(SchemaError, lambda: kinds_of_relationship(table[:0])) == (
        "The table: there is no customer. At least one is needed."
    )


def test_rules_that_contradict_themselves_are_refused():
    assert raised(DomainError, lambda: KindRules(purchases=5, partner_purchases=4)) == (
        "partner_purchases, 4, must be at least purchases, 5: a partner is first of all somebody who came back."
    )
    for wrong in ({"purchases": 0}, {"tenure": -1}, {"breadth": np.nan}, {"contacts": np.inf}):
        with pytest.raises(DomainError):
            KindRules(**wrong)


def test_the_rule_as_a_slide_names_every_threshold():
    table = KindRules(2, 31, 6, 5, 21, 367, 3).table(recent=99)
    assert table.index.tolist() == list(KINDS)
    assert table["中文"].tolist() == list(KINDS_CHINESE.values())
    said = " ".join(table["rule"])
    for number in (2, 31, 6, 5, 21, 367, 3, 99):
        assert f" {number} " in said.replace(",", " ").replace("(", " ")


# The table of kinds


def test_the_table_of_kinds_by_hand():
    kind = pd.Series(["price-centred"] * 3 + ["value-centred"])
    table = kinds_table(kind, pd.Series([1.0, 2.0, 3.0, 14.0]))
    assert table["customers"].tolist() == [3, 0, 0, 1]
    assert table["revenue"].tolist() == [6, 0, 0, 14]
    assert table["revenue_share"].tolist() == pytest.approx([0.3, 0, 0, 0.7])
    assert table["mean"].tolist() == pytest.approx([2, np.nan, np.nan, 14], nan_ok=True)
    assert table.loc["price-centred", ["low", "high"]].tolist() == pytest.approx(
        list(proportion_confint(3, 4, method="wilson"))
    )
    assert table.loc["value-centred", ["mean_low", "mean_high"]].isna().all()
    assert table.loc["product-centred", "low"] == 0
    assert table.columns.tolist() == [
        "customers",
        "share",
        "low",
        "high",
        "revenue",
        "revenue_share",
        "mean",
        "mean_low",
        "mean_high",
    ]


def test_customers_who_all_brought_the_same_leave_no_doubt_about_their_mean():
    table = kinds_table(pd.Series(["price-centred"] * 3), pd.Series([0.1, 0.1, 0.1]))
    mean = table.loc["price-centred", "mean"]
    assert table.loc["price-centred", ["mean_low", "mean_high"]].tolist() == [mean, mean]


def test_revenue_that_sums_to_nothing_is_not_shared_out():
    table = kinds_table(pd.Series(["price-centred", "need-centred"]), pd.Series([5.0, -5.0]))
    assert table["revenue_share"].isna().all()


def test_unknown_kinds_and_customers_without_a_value_are_refused():
    kind = pd.Series(["price-centred", "loyal"], ["a", "b"])
    value = pd.Series([1.0, 2.0], ["a", "b"])
    assert raised(SchemaError, lambda: kinds_table(kind, value)) == (
        "kind is one of price-centred, product-centred, need-centred, value-centred; 1 of 2 customers have another, "
        "first 'b': 'loyal'."
    )
    assert raised(SchemaError, lambda: kinds_table(kind[:1], value[1:])) == (
        "value: 1 of 1 customers are not in it, first 'a'. If they brought nothing, say so: reindex(…, fill_value=0)."
    )
    with pytest.raises(SchemaError):
        kinds_table(kind.tolist(), value)
    with pytest.raises(SchemaError):
        kinds_table(kind[:1], value, level=95)


def test_the_mean_of_skewed_money_is_inside_its_interval_at_about_the_promised_rate():
    """Lognormal spend of 60 customers with log sd 1. A plain t interval misses more often, and mostly on one side."""
    rng = np.random.default_rng(5)
    values = rng.lognormal(0, 1, (1000, 60))
    table = skewed_means(values.ravel(), np.repeat(np.arange(1000), 60), 1000, 0.95)
    inside = ((table["low"] <= np.exp(0.5)) & (np.exp(0.5) <= table["high"])).mean()
    half = 2.0 * values.std(axis=1, ddof=1) / np.sqrt(60)
    plain = (np.abs(values.mean(axis=1) - np.exp(0.5)) <= half).mean()
    assert 0.92 < inside < 0.97
    assert inside > plain
