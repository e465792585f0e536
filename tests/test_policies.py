"""Every choice of what is done with unusual rows: by hand on small logs, and by laws on random ones."""

import dataclasses
import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmtheory import transactions
from crmtheory.errors import SchemaError
from crmtheory.transactions.policies import CHOICES, Policies, chosen

ROWS = pd.DataFrame(
    [
        *[("ann", "2024-01-01", 10.0, "paid", "A1"), ("ann", "2024-01-08", 20.0, "paid", "A2")],
        *[("ann", "2024-01-20", -20.0, "paid", "A2"), ("ben", "2024-01-08", 0.0, "open", "B1")],
        *[("ben", "2024-01-09", 5.0, "paid ", "B2"), ("ben", "2024-01-09", 5.0, "paid", "B2")],
        *[("cid", "2024-02-01", 7.0, None, "C1"), ("cid", "2024-02-01", 3.0, "paid", "C2")],
    ],
    columns=["customer", "date", "amount", "status", "invoice"],
)


def read(data=ROWS, **policies):
    return transactions.read(data, **policies)


def counts(**policies):
    """Rows used, purchase days, net revenue, and what was set aside."""
    report = read(**policies).report
    assert report.rows == len(ROWS) == report.rows_used + report.dropped
    return report.rows_used, report.purchase_days, report.revenue, dict(report.set_aside)


def refusal(data=ROWS, **policies):
    with pytest.raises(SchemaError) as caught:
        transactions.read(data, **policies)
    return str(caught.value)


# where


def test_where_keeps_the_rows_with_the_accepted_values_and_blanks_round_them_do_not_matter():
    assert counts(where={"status": ["paid"]}) == (6, 4, 23.0, {"status is not paid": 2})
    assert counts(where={"status": ["paid", "open"]}) == (7, 5, 23.0, {"status is not paid or open": 1})


def test_where_may_accept_missing_values():
    assert counts(where={"status": [None]}) == (1, 1, 7.0, {"status is not empty": 7})
    assert counts(where={"status": ["open", None]})[0] == 2


def test_where_may_look_at_several_columns_and_the_first_reason_is_given():
    got = read(where={"status": ["paid"], "invoice": ["A1", "C1"]})
    assert dict(got.report.set_aside) == {"status is not paid": 2, "invoice is not A1 or C1": 5}
    assert got.rejected.iloc[-2].tolist() == [7, "status is not paid", "cid", "2024-02-01", "7.0"]


def test_where_compares_numbers_as_numbers_and_truth_as_truth(tmp_path):
    data = ROWS.assign(shop=[1, 1, 1, 2, 2, 2, 3, 3], price=[1.50] * 8, real=[True] * 7 + [False])
    for source in (data, tmp_path / "log.parquet", tmp_path / "log.csv"):
        data.to_parquet(tmp_path / "log.parquet")
        data.to_csv(tmp_path / "log.csv", index=False)
        assert transactions.read(source, where={"shop": [1, 2.0], "price": [1.5]}).report.rows_used == 6
    assert read(data, where={"real": [True]}).report.rows_used == 7


def test_rows_that_where_sets_aside_are_not_checked():
    data = ROWS.assign(date=ROWS["date"].where(ROWS["status"] != "open", "never"))
    assert read(data, where={"status": ["paid"]}).report.rows_used == 6


def test_a_where_that_cannot_be_meant_is_refused():
    message = 'where gives a list of values for each column, such as {"status": ["paid"]}.'
    assert refusal(where={"status": "paid"}) == refusal(where={"status": []}) == message
    assert refusal(where=["paid"]) == f"{message[:-1]}, not ['paid']."
    assert refusal(where={"state": ["paid"]}) == (
        "transactions breaks 1 rule.\n"
        '  state       There is no column "state". Did you mean "status"? Known: customer, date, amount, status, '
        "invoice. It is named in where."
    )
    assert refusal(where={"status": ["payed"]}) == "No row is left of 8. Set aside: status is not payed (8)."


# duplicates, zero amounts, days


def test_duplicates_are_rows_equal_in_the_columns_read():
    assert counts(duplicates="keep") == (8, 5, 30.0, {})
    assert counts(duplicates="drop") == (7, 5, 25.0, {"equal to a row before": 1})
    assert counts(duplicates="drop", invoice="invoice")[0] == 7
    data = ROWS.assign(invoice=[f"{n}" for n in range(8)])
    assert read(data, duplicates="drop").report.rows_used == 7
    assert read(data, duplicates="drop", invoice="invoice").report.rows_used == 8
    assert read(duplicates="drop").rejected["row"].tolist() == [6]


def test_duplicates_may_be_refused():
    assert refusal(duplicates="error") == (
        "transactions breaks 1 rule.\n"
        '  customer    1 of 8 rows has an equal row before, first: row 6. Pass duplicates="drop" to use one of each, '
        'or duplicates="keep" if they are real.'
    )
    assert read(ROWS.drop(index=5), duplicates="error").report.rows_used == 7


def test_rows_of_amount_zero_are_purchases_or_set_aside():
    assert counts(zero_amounts="keep")[1] == 5
    assert counts(zero_amounts="drop") == (7, 4, 30.0, {"amount of zero": 1})
    assert read(zero_amounts="drop").report.zero_amounts == 0


def test_several_rows_a_day_are_added_up_or_refused():
    assert read(same_day="merge").report.merged == 2
    assert refusal(same_day="error") == (
        "transactions breaks 1 rule.\n"
        "  date        2 of 8 rows fall on a day on which the same customer has another row. "
        'Pass same_day="merge" to add them up.'
    )
    alone = ROWS.drop(index=[5, 7])
    pd.testing.assert_frame_equal(read(alone, same_day="error").summary(), read(alone).summary())


def test_days_outside_the_period_are_set_aside_and_both_ends_belong_to_it():
    assert counts(earliest="2024-01-08", latest="2024-01-20") == (
        *[5, 3, 10.0],
        {"after 2024-01-20": 2, "before 2024-01-08": 1},
    )
    assert counts(earliest=dt.date(2024, 1, 9)) == (5, 2, 0.0, {"before 2024-01-09": 3})
    assert refusal(earliest="2024-02-02", latest="2024-01-01") == (
        "earliest, 2024-02-02, lies after latest, 2024-01-01."
    )
    assert refusal(earliest="2025-01-01") == "No row is left of 8. Set aside: before 2025-01-01 (8)."
    assert refusal(latest="soon") == "latest must be a date such as \"1997-09-30\", not 'soon'."


# refunds


def test_a_refund_is_taken_off_what_was_bought_before():
    got = read(refunds="net")
    assert got.summary("day").loc["ann"].tolist() == [1, 7.0, 31.0, 0.0]
    assert (got.report.refunds, got.report.refund_amount, got.report.refunds_moved) == (1, 20.0, 0)


def test_a_refund_by_invoice_goes_back_to_the_day_of_its_purchase():
    got = read(refunds="invoice", invoice="invoice")
    assert got.summary("day").loc["ann", ["x", "t_x", "T"]].tolist() == [0, 0.0, 31.0]
    assert (got.report.refunds, got.report.refunds_moved, got.report.fully_cancelled_days) == (1, 1, 1)
    assert got.report.revenue == 30.0
    assert got.summary("day", calibration_end="2024-01-10").loc["ann", "x"] == 0


def test_a_refund_without_its_invoice_is_taken_off_what_was_bought_before():
    data = ROWS.assign(invoice=[*ROWS["invoice"][:2], "lost", *ROWS["invoice"][3:]])
    got = read(data, refunds="invoice", invoice="invoice")
    assert got.report.refunds_moved == 0
    assert got.summary("day").loc["ann", ["x", "m"]].tolist() == [1, 0.0]


def test_an_invoice_of_another_customer_is_not_taken_for_the_purchase():
    data = ROWS.assign(invoice=[*ROWS["invoice"][:2], "B2", *ROWS["invoice"][3:]])
    assert read(data, refunds="invoice", invoice="invoice").report.refunds_moved == 0


def test_refunds_may_be_left_out_or_kept_as_purchases():
    assert counts(refunds="drop") == (7, 5, 50.0, {"refund": 1})
    assert read(refunds="drop").report.refund_amount == 20.0
    assert counts(refunds="keep") == (8, 6, 30.0, {})
    assert read(refunds="keep").summary("day").loc["ann"].tolist() == [2, 19.0, 31.0, 0.0]


def test_refunds_by_invoice_need_the_column_of_invoices():
    assert refusal(refunds="invoice") == ('refunds="invoice" needs the column of invoice ids: invoice="…".')


# missing and unreadable


def test_rows_without_a_customer_or_with_faults_are_refused_or_set_aside_with_the_first_reason():
    data = pd.DataFrame(
        {
            "customer": ["ann", None, "ben", "cid", None, "dan"],
            "date": ["2024-01-01", "2024-01-02", "2024-01-99", "", "never", "2024-01-03"],
            "amount": ["1", "2", "x", "3", "x", "inf"],
        }
    )
    assert refusal(data).startswith("transactions breaks 5 rules.")
    got = read(data, unreadable="drop", missing_customer="drop")
    assert dict(got.report.set_aside) == {
        **{"no customer id": 2, "date that cannot be read": 1, "no date": 1},
        "amount that is not finite": 1,
    }
    assert got.rejected["row"].tolist() == [2, 3, 4, 5, 6]
    assert got.rejected["reason"].tolist() == [
        *["no customer id", "date that cannot be read", "no date", "no customer id"],
        "amount that is not finite",
    ]
    assert refusal(data, unreadable="drop").startswith(
        "transactions breaks 1 rule.\n  customer    1 of 6 rows"
    )


# The choices themselves


def test_every_choice_has_a_name_and_an_unknown_one_is_told():
    for name, options in CHOICES.items():
        assert getattr(Policies(), name) == options[0]
        assert refusal(**{name: "nonsense"}).startswith(f'There is no choice of {name} "nonsense".')
    assert refusal(zero_amount="drop").startswith(
        'There is no policy "zero_amount". Did you mean "zero_amounts"? Known: where, missing_customer,'
    )


@pytest.mark.parametrize(
    ("policies", "message"),
    [
        ({"decimal": ";"}, 'decimal is the decimal mark, "." or ",", not \';\'.'),
        ({"dayfirst": "yes"}, "dayfirst is True, False or None, not 'yes'."),
        ({"engine": "dask"}, 'There is no engine "dask". Known: duckdb, spark.'),
        (
            {"date_format": "%Y"},
            "date_format is one of mixed, excel, excel1904, or a pattern with year, month and day such as "
            "\"%d.%m.%y\", not '%Y'.",
        ),
        (
            {"pseudonymise": "my key"},
            "pseudonymise is True or False. The key comes from the environment variable CRMTHEORY_KEY or from a key "
            "file, never from a parameter.",
        ),
    ],
)
def test_a_choice_that_cannot_be_meant_is_refused(policies, message):
    assert refusal(**policies) == message


def test_the_report_says_what_was_chosen_and_only_that():
    assert read().report.policies == ()
    got = read(where={"status": ["paid"]}, refunds="drop").report
    assert dict(got.policies) == {"where": {"status": ["paid"]}, "refunds": "drop"}
    assert "policy refunds" in str(got)


def test_choices_cannot_be_changed_afterwards():
    with pytest.raises(dataclasses.FrozenInstanceError):
        chosen({}, None).refunds = "drop"


# Laws

GOOD = st.tuples(
    st.sampled_from(["ann", "ben", "cid"]),
    st.sampled_from([f"2024-01-0{day}" for day in range(1, 8)]),
    st.sampled_from(["5", "0", "-5", "12.50", "1,250.00"]),
    st.sampled_from(["paid", "open"]),
)
ODD = st.tuples(
    st.sampled_from(["ann", "ben", " ", None, "NULL", "1.23457E+17"]),
    st.sampled_from(["2024-01-04", "2024-01-99", "", "9999-12-31", "05/01/2024"]),
    st.sampled_from(["5", "-5", "", "free", "inf"]),
    st.sampled_from(["paid", "open", ""]),
)
SURE = [
    ("ann", "2024-01-05", "99.00", "paid"),
    ("ben", "2024-01-04", "1,099.00", "open"),
]  # of these a log is left
DIRTY = st.lists(st.one_of(GOOD, ODD), max_size=25).flatmap(lambda rows: st.permutations([*SURE, *rows]))
CHOSEN = st.fixed_dictionaries(
    {
        "where": st.sampled_from([None, {"status": ["paid", "open"]}]),
        "refunds": st.sampled_from(["net", "drop", "keep"]),
        "zero_amounts": st.sampled_from(CHOICES["zero_amounts"]),
        "duplicates": st.sampled_from(["keep", "drop"]),
        "earliest": st.sampled_from([None, "2024-01-03"]),
        "latest": st.sampled_from([None, "2024-01-06"]),
    }
)
DROP = {"unreadable": "drop", "missing_customer": "drop"}


def dirty(rows):
    frame = pd.DataFrame(rows, columns=["customer", "date", "amount", "status"])
    return frame.astype({"customer": "object"})


def outcome(rows, policies):
    """The log, or None when nothing is left of it or its form cannot be told."""
    try:
        return transactions.read(dirty(rows), **DROP, **policies)
    except SchemaError:
        return None


@given(rows=DIRTY, policies=CHOSEN)
@settings(max_examples=12, deadline=None)
def test_every_row_is_either_used_or_set_aside_with_one_reason(rows, policies):
    log = outcome(rows, policies)
    if log is None:
        return
    report = log.report
    assert report.rows == len(rows) == report.rows_used + report.dropped
    assert len(log.rejected) == report.dropped
    if report.dropped:
        assert log.rejected["reason"].value_counts().to_dict() == dict(report.set_aside)
        assert log.rejected["row"].is_monotonic_increasing
        for row in log.rejected.itertuples():
            assert dirty(rows)["date"][row.row - 1] == row.date
    used = [number for number in range(len(rows)) if number + 1 not in set(log.rejected.get("row", []))]
    clean = [float(rows[number][2].replace(",", "")) for number in used]
    assert report.revenue == pytest.approx(sum(clean))


@given(rows=DIRTY, policies=CHOSEN, shuffled=st.randoms(use_true_random=False))
@settings(max_examples=12, deadline=None)
def test_the_order_of_rows_changes_nothing_but_their_numbers(rows, policies, shuffled):
    order = list(rows)
    shuffled.shuffle(order)
    first, second = outcome(rows, policies), outcome(order, policies)
    assert (first is None) == (second is None)
    if first is None or second is None:
        return
    assert first.report == second.report
    pd.testing.assert_frame_equal(first.summary(), second.summary(), check_exact=True)
    rejected = [one.rejected.drop(columns="row", errors="ignore") for one in (first, second)]
    if len(rejected[0]):
        listed = [sorted(map(str, one.to_numpy().tolist())) for one in rejected]
        assert listed[0] == listed[1]


@given(rows=DIRTY, policies=CHOSEN, number=st.integers(0, 24))
@settings(max_examples=12, deadline=None)
def test_a_row_that_is_set_aside_changes_no_other_number(rows, policies, number):
    log = outcome(rows, policies)
    if log is None:
        return
    place = number % (len(rows) + 1)
    more = outcome([*rows[:place], ("ann", "2024-01-99", "5", "paid"), *rows[place:]], policies)
    assert more is not None
    assert more.report.dropped == log.report.dropped + 1
    same = {"rows": log.report.rows, "set_aside": log.report.set_aside}
    assert dataclasses.replace(more.report, **same) == log.report
    pd.testing.assert_frame_equal(more.summary(), log.summary(), check_exact=True)
