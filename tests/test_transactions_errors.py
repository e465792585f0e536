"""What the reader of logs refuses, each time with the whole message: how many rows, the first, what to do."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from crmtheory import transactions
from crmtheory.errors import DomainError, SchemaError


def frame(**columns):
    size = max(len(values) for values in columns.values())
    data = {"customer": ["a"] * size, "date": ["2024-01-01"] * size, "amount": [1.0] * size}
    return pd.DataFrame({**data, **columns})


def refusal(source, *args, **options):
    with pytest.raises(SchemaError) as caught:
        transactions.read(source, *args, **options)
    return str(caught.value)


ADVICE = 'To go on without rows that cannot be read, pass unreadable="drop": they are counted and kept aside.'


def one(problem):
    return f"transactions breaks 1 rule.\n  {problem}"


def row_by_row(problem):
    """A problem of some rows, which can be set aside."""
    return f"{one(problem)}\n{ADVICE}"


# Columns


def test_all_problems_come_at_once():
    data = frame(
        customer=["a", None, "  ", "d"],
        date=["2024-01-01", "2024-02-30", "", "01/02/2024"],
        amount=["1.5", "five", "", "inf"],
    )
    assert refusal(data) == (
        "transactions breaks 7 rules.\n"
        "  customer    2 of 4 rows have no customer id, first: row 2. "
        'Pass missing_customer="drop" to leave them out; the report counts them.\n'
        "  date        1 of 4 rows has no date, first: row 3. "
        "Complete or remove them first: a purchase needs its day.\n"
        '  date        1 of 4 rows has another form than the usual YYYY-MM-DD, first: row 4 "01/02/2024". '
        'Bring all to one form, or pass date_format="mixed".\n'
        '  date        1 of 4 rows cannot be read as dates, first: row 2 "2024-02-30". '
        "The others are written YYYY-MM-DD; the usual cause is a day that does not exist, or a slip.\n"
        "  amount      1 of 4 rows has no amount, first: row 3. "
        "Complete or remove them first, or pass amount=None for a log without spend.\n"
        '  amount      1 of 4 rows cannot be read as numbers, first: row 2 "five". '
        "Amounts are read when written 1234.5, 1,234.50, 1.234,50 € or (5.00).\n"
        '  amount      1 of 4 rows has an amount that is not finite, first: row 4 "inf". '
        f"The usual cause is a division by zero before the log was written.\n{ADVICE}"
    )


def test_missing_columns_are_named_with_the_closest_match_and_the_other_columns_are_still_checked():
    data = frame(amount=[1.0, np.nan]).rename(columns={"customer": "customer_id", "date": "day_of_sale"})
    assert refusal(data) == (
        "transactions breaks 3 rules.\n"
        '  customer    There is no column "customer". Did you mean "customer_id"? '
        'Known: customer_id, day_of_sale, amount. Name yours with customer="…".\n'
        '  date        There is no column "date". Known: customer_id, day_of_sale, amount. '
        'Name yours with date="…".\n'
        "  amount      1 of 2 rows has no amount, first: row 2. "
        "Complete or remove them first, or pass amount=None for a log without spend."
    )


def test_none_of_the_columns_is_there():
    assert refusal(pd.DataFrame({"z": [1]}), "who", "when", None) == (
        "transactions breaks 2 rules.\n"
        '  who         There is no column "who". Known: z. Name yours with customer="…".\n'
        '  when        There is no column "when". Known: z. Name yours with date="…".'
    )


def test_a_column_name_that_occurs_twice_is_refused(tmp_path):
    message = one("amount      2 columns have this name. Rename them so that only one has it.")
    data = pd.DataFrame([["a", "2024-01-01", 1.0, 2.0]], columns=["customer", "date", "amount", "amount"])
    assert refusal(data) == message
    data.to_csv(tmp_path / "log.csv", index=False)
    assert refusal(tmp_path / "log.csv") == message


# Customers


def test_missing_customers_are_counted_and_the_way_out_is_named():
    assert refusal(frame(customer=["a", None, " "])) == one(
        "customer    2 of 3 rows have no customer id, first: row 2. "
        'Pass missing_customer="drop" to leave them out; the report counts them.'
    )


def test_ids_that_are_broken_numbers_are_refused():
    assert refusal(frame(customer=[1.0, 2.5])) == row_by_row(
        'customer    1 of 2 rows has a customer id that is not a whole number, first: row 2 "2.5". '
        "Give ids as integers or text."
    )


def test_ids_of_several_kinds_are_refused():
    assert refusal(frame(customer=pd.Series([1, "a"], dtype=object))) == one(
        "customer    mixes kinds of values (int, str). Convert the column to one kind."
    )


def test_ids_that_are_lists_are_refused():
    assert refusal(frame(customer=[[1], [2]])) == one(
        "customer    is of type BIGINT[], which cannot be a customer id. Give text or integers."
    )


def test_a_log_in_which_nobody_has_an_id_is_refused_even_when_they_are_dropped():
    message = "No row is left of 2. Set aside: no customer id (2)."
    assert refusal(frame(customer=[None, None]), missing_customer="drop") == message


# Dates

UNREADABLE = (
    "Dates are read when written 2010-12-31, 2010/12/31, 20101231 or 31/12/2010, with or without a time; for another "
    'form give its pattern, such as date_format="%d.%m.%y".'
)


def test_days_that_do_not_exist_are_refused():
    assert refusal(frame(date=["2024-02-28", "2023-02-29", "2024-13-01"])) == row_by_row(
        'date        2 of 3 rows cannot be read as dates, first: row 2 "2023-02-29". '
        "The others are written YYYY-MM-DD; the usual cause is a day that does not exist, or a slip."
    )


@pytest.mark.parametrize(
    "text", ["yesterday", "2024-02", "24-02-01", "1/2/24", "2024-01-01 25:00", "2024-01-01x"]
)
def test_texts_that_are_no_dates_are_refused(text):
    assert refusal(frame(date=[text])) == row_by_row(
        f'date        1 of 1 rows cannot be read as dates, first: row 1 "{text}". {UNREADABLE}'
    )


def test_seconds_since_1970_are_not_taken_for_dates():
    assert refusal(frame(date=[1577836800])) == row_by_row(
        'date        1 of 1 rows cannot be read as dates, first: row 1 "1577836800". '
        "They look like seconds or milliseconds since 1970: convert them to dates first."
    )


def test_long_values_are_cut_in_the_message():
    assert f'"{"x" * 39}…"' in refusal(frame(date=["x" * 1000]))


def test_a_column_that_could_be_read_either_way_is_refused():
    assert refusal(frame(date=["03/03/2024", "01/02/2024", "05/04/2024"])) == one(
        'date        2 of 3 rows could be day/month or month/day, first: row 2 "01/02/2024", '
        "and no row tells which. Pass dayfirst=True or dayfirst=False."
    )


def test_a_column_that_holds_both_orders_is_refused():
    assert refusal(frame(date=["13/02/2024", "01/02/2024", "02/13/2024"])) == (
        "transactions breaks 2 rules.\n"
        '  date        1 of 3 rows can only be day/month, first: row 1 "13/02/2024". '
        "Two forms are mixed; bring all to one form.\n"
        '  date        1 of 3 rows can only be month/day, first: row 3 "02/13/2024". '
        "Two forms are mixed; bring all to one form."
    )


@pytest.mark.parametrize(
    ("dayfirst", "text", "other"), [(False, "31/12/2010", "day"), (True, "12/31/2010", "month")]
)
def test_the_wrong_dayfirst_is_told_from_a_wrong_date(dayfirst, text, other):
    assert refusal(frame(date=["01/02/2010", text]), dayfirst=dayfirst) == row_by_row(
        f'date        1 of 2 rows cannot be read as dates, first: row 2 "{text}". '
        f"If the {other} comes first, pass dayfirst={not dayfirst}."
    )


def test_an_impossible_date_of_an_american_column_is_described_in_its_own_form():
    assert refusal(frame(date=["12/31/2010", "02/30/2010"])) == row_by_row(
        'date        1 of 2 rows cannot be read as dates, first: row 2 "02/30/2010". '
        "The others are written MM/DD/YYYY; the usual cause is a day that does not exist, or a slip."
    )


def test_a_date_that_fits_neither_order_does_not_decide_the_order():
    assert refusal(frame(date=["12/31/2010", "31/31/2010"])) == row_by_row(
        'date        1 of 2 rows cannot be read as dates, first: row 2 "31/31/2010". '
        "The others are written MM/DD/YYYY; the usual cause is a day that does not exist, or a slip."
    )


@pytest.mark.parametrize("text", ["2024/01/02", "20240102", "02.01.2024", "13/01/2024"])
def test_a_mix_of_forms_is_refused(text):
    assert refusal(frame(date=["2024-01-01", "2024-01-02 10:00", text])) == row_by_row(
        f'date        1 of 3 rows has another form than the usual YYYY-MM-DD, first: row 3 "{text}". '
        'Bring all to one form, or pass date_format="mixed".'
    )


ZONE = 'The day depends on the place: pass timezone="Europe/London", or where the shop is.'


def test_offsets_from_utc_need_a_time_zone():
    assert refusal(frame(date=["2024-01-01T23:30:00Z", "2024-01-01 22:30:00+01:00"])) == one(
        f'date        2 of 2 rows have an offset from UTC, first: row 1 "2024-01-01T23:30:00Z". {ZONE}'
    )


def test_a_column_in_a_time_zone_needs_a_time_zone():
    data = frame(date=pd.to_datetime(["2024-01-01T23:30:00Z"]).as_unit("us"))
    assert refusal(data) == one(f"date        is in a time zone (TIMESTAMP WITH TIME ZONE). {ZONE}")


def test_offsets_in_some_rows_only_are_refused():
    data = frame(date=["2024-01-01T23:30:00Z", "2024-01-01T23:30:00", "2024-01-02"])
    assert refusal(data, timezone="UTC") == one(
        "date        2 of 3 rows have no offset from UTC, but others have, first: row 2 "
        '"2024-01-01T23:30:00". '
        "Write all in one way."
    )


def test_an_unknown_time_zone_is_refused_with_the_closest_one():
    assert refusal(frame(date=["2024-01-01"]), timezone="Europe/Londn") == (
        'There is no time zone "Europe/Londn". Did you mean "Europe/London"? '
        'Write it as "Europe/London" or "UTC".'
    )


def test_missing_dates_are_refused():
    data = frame(date=pd.to_datetime(["2024-01-01", None, None]))
    assert refusal(data) == row_by_row(
        "date        2 of 3 rows have no date, first: row 2. "
        "Complete or remove them first: a purchase needs its day."
    )


def test_numbers_with_decimals_are_no_dates():
    assert refusal(frame(date=[20240101.0])) == one(
        "date        is of type DOUBLE; dates or text were expected. If they are the day numbers of a spreadsheet, "
        'pass date_format="excel".'
    )


# Amounts


@pytest.mark.parametrize(
    "text", ["1_000", "five", "1.5.2", "5 5", "1 23", "5,-", "(5", "5€50", "1,23,456", "0x10", "5%", "1.2万"]
)
def test_amounts_that_are_not_written_as_numbers_are_refused(text):
    assert refusal(frame(amount=["2", text])) == row_by_row(
        f'amount      1 of 2 rows cannot be read as numbers, first: row 2 "{text}". '
        "Amounts are read when written 1234.5, 1,234.50, 1.234,50 € or (5.00)."
    )


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        *[("1,50", 1.5), ("£5", 5.0), ("1 000", 1000.0), ("1.000,00", 1000.0), ("(5)", -5.0), ("-5", -5.0)],
        *[("5-", -5.0), ("¥1,234.50", 1234.5), ("１２．５", 12.5), ("CHF 1'234.50", 1234.5), ("1e3", 1000.0)],
    ],
)
def test_amounts_as_people_write_them_are_read(text, amount):
    assert transactions.read(frame(amount=["20", text])).report.revenue == 20 + amount


def test_amounts_that_could_be_thousands_or_decimals_are_refused_and_blank_ones_told_with_them():
    assert refusal(frame(amount=["1.234", "5", ""])) == (
        "transactions breaks 2 rules.\n"
        "  amount      1 of 3 rows has no amount, first: row 3. "
        "Complete or remove them first, or pass amount=None for a log without spend.\n"
        '  amount      1 of 3 rows could have thousands or decimals, first: row 1 "1.234", and no row tells which. '
        'Pass decimal="," or decimal=".".'
    )


def test_amounts_in_two_currencies_are_refused():
    assert refusal(frame(amount=["$5", "USD 6", "€7"])) == one(
        'amount      1 of 3 rows has another currency than the usual "$", first: row 3 "€7". Amounts of one log are '
        "in one currency: convert them first, or read each currency by itself with where."
    )


@pytest.mark.parametrize("amounts", [[1.0, np.nan, None], ["1", "", None], ["1", "NaN", " "]])
def test_missing_amounts_are_refused(amounts):
    assert refusal(frame(amount=amounts)) == row_by_row(
        "amount      2 of 3 rows have no amount, first: row 2. "
        "Complete or remove them first, or pass amount=None for a log without spend."
    )


@pytest.mark.parametrize(("amounts", "shown"), [([1.0, -np.inf], "-inf"), (["1", "1e999"], "1e999")])
def test_infinite_amounts_are_refused(amounts, shown):
    assert refusal(frame(amount=amounts)) == row_by_row(
        f'amount      1 of 2 rows has an amount that is not finite, first: row 2 "{shown}". '
        "The usual cause is a division by zero before the log was written."
    )


def test_amounts_of_another_type_are_refused():
    assert refusal(frame(amount=[True, False])) == one(
        "amount      is of type BOOLEAN; numbers were expected."
    )


def test_a_log_of_refunds_only_is_refused():
    assert refusal(frame(amount=[-1.0, -2.0])) == one(
        "amount      2 of 2 rows are negative, and no purchase is left. "
        "If the sign is turned round in this log, multiply the amounts by -1."
    )
    assert (
        refusal(frame(amount=[-1.0, -2.0]), refunds="drop") == "No row is left of 2. Set aside: refund (2)."
    )


# Files and other sources


def written(tmp_path, content, name="log.csv"):
    (tmp_path / name).write_bytes(content)
    return tmp_path / name


def test_a_file_that_is_not_there_is_named_as_given_and_with_the_place_looked_at(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert refusal("logs/nope.csv") == (
        f'There is no file "logs/nope.csv": looked for {tmp_path}/logs/nope.csv. '
        "Check the spelling, or give the full path."
    )


def test_a_file_of_a_header_only_is_refused(tmp_path):
    path = written(tmp_path, b"customer,date,amount\n")
    assert refusal(path) == f'"{path}" names its columns but has no rows.'


def test_a_frame_without_rows_is_refused():
    assert refusal(frame(amount=[1.0]).iloc[:0]) == "The DataFrame names its columns but has no rows."


def test_a_file_that_is_parquet_by_name_only_is_refused(tmp_path):
    path = written(tmp_path, b"customer,date,amount\n", "log.parquet")
    assert refusal(path) == f'"{path}" cannot be read as Parquet: it does not begin as a Parquet file does.'


@pytest.mark.parametrize("source", [[1, 2], {"customer": [1]}, pd.Series([1]), None, 5])
def test_other_sources_are_refused(source):
    assert refusal(source) == (
        "Data are the path of a CSV or Parquet file, or a DataFrame (pandas, Polars, pyarrow), "
        f"not {type(source).__name__}."
    )


def test_unknown_choices_are_refused():
    data = frame(amount=[1.0])
    assert refusal(data, refunds="nett") == (
        'There is no choice of refunds "nett". Did you mean "net"? Known: net, invoice, drop, keep.'
    )
    assert refusal(data, missing_customer="dorp") == (
        'There is no choice of missing_customer "dorp". Did you mean "drop"? Known: error, drop.'
    )


# Questions to a log

PERIOD = "The log runs from 2024-01-02 to 2024-01-30."


@pytest.fixture(scope="module")
def log():
    return transactions.read(frame(date=["2024-01-02", "2024-01-30"]))


def answer(question, error):
    with pytest.raises(error) as caught:
        question()
    return str(caught.value)


@pytest.mark.parametrize("value", ["2024-13-01", "soon", "", 5, pd.NaT, np.datetime64("NaT"), True])
def test_a_date_that_is_none_is_refused(log, value):
    assert answer(lambda: log.summary(calibration_end=value), SchemaError) == (
        f'calibration_end must be a date such as "1997-09-30", not {value!r}.'
    )


@pytest.mark.parametrize(
    "value",
    [
        "2024-01-10",
        dt.date(2024, 1, 10),
        dt.datetime(2024, 1, 10),
        pd.Timestamp(2024, 1, 10),
        np.datetime64("2024-01-10"),
    ],
)
def test_every_kind_of_date_is_understood(log, value):
    assert log.summary("day", calibration_end=value)["T_holdout"].tolist() == [20.0]


@pytest.mark.parametrize("day", ["2024-01-30", "2024-02-01"])
def test_a_calibration_that_leaves_no_holdout_is_refused(log, day):
    assert answer(lambda: log.summary(calibration_end=day), DomainError) == (
        f"calibration_end, {day}, leaves no holdout: it must lie before observation_end, 2024-01-30. {PERIOD}"
    )


def test_periods_before_the_first_purchase_are_refused(log):
    assert answer(lambda: log.summary(calibration_end="2024-01-01"), DomainError) == (
        f"calibration_end, 2024-01-01, lies before the first purchase. {PERIOD}"
    )
    assert answer(lambda: log.summary(observation_end="2023-12-31"), DomainError) == (
        f"observation_end, 2023-12-31, lies before the first purchase. {PERIOD}"
    )
    assert answer(lambda: log.purchases_by_period(end="2024-01-01"), DomainError) == (
        f"end, 2024-01-01, lies before the first day. {PERIOD}"
    )


def test_a_window_without_days_is_refused(log):
    assert answer(lambda: log.revenue("2024-01-10", "2024-01-09"), DomainError) == (
        f"The period from 2024-01-10 to 2024-01-09 has no day. {PERIOD}"
    )


def test_revenue_of_a_log_without_amounts_is_refused():
    bare = transactions.read(frame(amount=[1.0]), amount=None)
    assert (
        answer(bare.revenue, DomainError) == "This log was read with amount=None: there is no revenue in it."
    )


def test_an_unknown_unit_is_refused(log):
    message = 'There is no unit of time "fortnight". Known: day, week, month, quarter, year.'
    assert answer(lambda: log.summary("fortnight"), SchemaError) == message
    assert answer(lambda: log.purchases_by_period("fortnight"), SchemaError) == message
