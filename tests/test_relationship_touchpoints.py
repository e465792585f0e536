"""Touchpoints: contact gaps, the list of silent customers, and channels, by hand."""

import numpy as np
import pandas as pd
import pytest

from crmtheory.errors import DomainError, SchemaError
from crmtheory.relationship import by_channel, contact_gaps, silent_list

AT = "2024-12-31"
LAST = pd.Series(
    ["2024-12-31", "2024-12-01", "2024-11-30", "2024-01-01", "2023-12-31", None],
    ["甲", "乙", "丙", "丁", "戊", "己"],
)
VALUE = pd.Series([10.0, 20.0, 30.0, 25.0, 15.0, 0.0], LAST.index)


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def test_gaps_by_hand():
    """Gaps of 0, 30, 31, 365, 366 days and never: the day at which a band ends belongs to it."""
    table = contact_gaps(LAST, AT, value=VALUE)
    assert table.index.tolist() == [
        "up to 30 days",
        "31 to 90 days",
        "91 to 180 days",
        "181 to 365 days",
        "over 365 days",
        "never",
    ]
    assert table["customers"].tolist() == [2, 1, 0, 1, 1, 1]
    assert table["share"].tolist() == pytest.approx([2 / 6, 1 / 6, 0, 1 / 6, 1 / 6, 1 / 6])
    assert table["value"].tolist() == [30, 30, 0, 25, 15, 0]
    assert table["value_share"].tolist() == pytest.approx([0.3, 0.3, 0, 0.25, 0.15, 0])
    assert table.columns.tolist() == ["customers", "share", "value", "value_share"]


def test_without_value_the_customers_are_counted_all_the_same():
    table = contact_gaps(LAST, AT)
    assert table["customers"].sum() == 6
    assert table[["value", "value_share"]].isna().all().all()
    assert contact_gaps(LAST, AT, value=-VALUE)["value_share"].isna().all()


def test_the_time_of_day_does_not_matter():
    times = pd.Series(pd.to_datetime(["2024-12-01 23:59", "2024-12-01 00:01"]))
    assert contact_gaps(times, "2024-12-31 12:00")["customers"].tolist() == [2, 0, 0, 0, 0, 0]


def test_the_order_of_customers_changes_nothing():
    mixed = LAST.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(contact_gaps(mixed, AT, value=VALUE), contact_gaps(LAST, AT, value=VALUE))
    pd.testing.assert_frame_equal(silent_list(mixed, AT, 20, VALUE), silent_list(LAST, AT, 20, VALUE))


def test_the_silent_come_by_value():
    table = silent_list(LAST, AT, days=30, value=VALUE)
    assert table.index.tolist() == ["丙", "丁", "戊", "己"]
    assert table["days"].tolist()[:3] == [31, 365, 366]
    assert np.isnan(table.loc["己", "days"])
    assert table.columns.tolist() == ["last", "days", "value"]


def test_of_equal_value_those_never_contacted_come_first_and_then_the_longest_silent():
    assert silent_list(LAST, AT, days=30).index.tolist() == ["己", "戊", "丁", "丙"]
    same_day = pd.Series(["2024-01-01"] * 3, ["c", "a", "b"])
    assert silent_list(same_day, AT).index.tolist() == ["a", "b", "c"]


def test_when_everybody_was_contacted_the_list_is_empty():
    table = silent_list(LAST[:3], AT, days=31)
    assert len(table) == 0
    assert table.columns.tolist() == ["last", "days", "value"]


def test_one_customer_never_contacted():
    nobody = pd.Series([None], ["甲"], dtype=object)
    assert contact_gaps(nobody, AT)["customers"].tolist() == [0, 0, 0, 0, 0, 1]
    assert silent_list(nobody, AT).index.tolist() == ["甲"]


def test_wrong_dates_are_refused():
    assert raised(SchemaError, lambda: contact_gaps(LAST, "2024-12-15")) == (
        "last_contact: 1 of 6 contacts are after 2024-12-15, first that of customer '甲'. Give a later day, or leave "
        "later contacts out."
    )
    assert raised(SchemaError, lambda: contact_gaps(LAST.replace("2024-12-01", "soon"), AT)) == (
        "last_contact: 1 of 6 values are no dates, first that of customer '乙': 'soon'. Leave those missing who were "
        "never contacted."
    )
    assert raised(SchemaError, lambda: contact_gaps(LAST, "soon")) == (
        "at must be a date such as 2024-12-31, not 'soon'."
    )
    assert raised(SchemaError, lambda: contact_gaps(LAST[:0], AT)) == (
        "last_contact: there is no customer. At least one is needed."
    )
    assert raised(SchemaError, lambda: contact_gaps(LAST, AT, value=VALUE[1:])) == (
        "value: 1 of 6 customers are not in it, first '甲'. If they brought nothing, say so: reindex(…, fill_value=0)."
    )
    assert (
        raised(DomainError, lambda: silent_list(LAST, AT, days=-1)) == "days is a number from 0 on, not -1."
    )
    with pytest.raises(SchemaError):
        contact_gaps(list(LAST), AT)
    with pytest.raises(DomainError):
        contact_gaps(LAST, AT, bands=(90, 30))


# Channels


def orders() -> pd.DataFrame:
    rows = [(1, "A", "网店", 10.0), (1, "A", "网店", 5.0), (2, "B", "门店", 30.0), (1, "C", "门店", 40.0)]
    rows += [(3, "D", None, 15.0), (3, "E", "门店", 0.0)]
    return pd.DataFrame(rows, columns=["customer", "invoice", "channel", "amount"])


def test_channels_by_hand():
    table = by_channel(orders(), amount="amount", purchase="invoice")
    assert table.index.tolist() == ["门店", "unknown", "网店"]
    assert table["customers"].tolist() == [3, 1, 1]
    assert table["purchases"].tolist() == [3, 1, 1]
    assert table["share"].tolist() == pytest.approx([0.6, 0.2, 0.2])
    assert table["revenue"].tolist() == [70, 15, 15]
    assert table["revenue_share"].tolist() == pytest.approx([0.7, 0.15, 0.15])


def test_without_a_column_of_purchases_each_row_is_one_and_without_amounts_revenue_is_missing():
    table = by_channel(orders())
    assert table["purchases"].to_dict() == {"门店": 3, "网店": 2, "unknown": 1}
    assert table[["revenue", "revenue_share"]].isna().all().all()


def test_the_order_of_rows_changes_no_channel():
    table = by_channel(orders(), amount="amount")
    pd.testing.assert_frame_equal(by_channel(orders()[::-1], amount="amount"), table)


def test_a_channel_column_that_is_not_there_is_named():
    assert raised(SchemaError, lambda: by_channel(orders(), channel="chanel")) == (
        'The table: There is no column "chanel". Did you mean "channel"? Known: customer, invoice, channel, amount.'
    )
    assert raised(DomainError, lambda: by_channel(orders()[:0])) == (
        "The table has no row, so no channel was used."
    )
    assert raised(SchemaError, lambda: by_channel(orders(), amount="invoice")) == (
        "The column invoice must hold numbers, not str."
    )
