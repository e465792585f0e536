"""What Spark is given and what comes out: paths, names, errors in our words, hashes."""

import datetime as dt
import subprocess
import sys

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crmtheory import privacy, transactions
from crmtheory.errors import SchemaError
from crmtheory.transactions.spark import is_spark

KEY = "a key for tests, no secret"
GOOD = {
    "customer": ["a", "a", "b"],
    "date": ["2024-01-01", "2024-01-15", "2024-01-03"],
    "amount": [20.0, 35.5, 12.0],
}


def framed(spark, **columns):
    return spark.createDataFrame(pa.table({**GOOD, **columns}))


def message(source, *columns, **options):
    with pytest.raises(SchemaError) as caught:
        transactions.read(source, *columns, **options)
    return str(caught.value)


# Without Spark


def test_the_package_and_the_question_whether_a_source_is_spark_do_not_import_it():
    script = (
        "import sys, crmtheory, crmtheory.transactions as t, pandas as pd\n"
        "from crmtheory.transactions.spark import is_spark\n"
        "assert not is_spark(pd.DataFrame()) and not is_spark('sales.csv')\n"
        "t.read(pd.DataFrame({'customer': [1], 'date': ['2024-01-01'], 'amount': [1.0]})).summary()\n"
        "print([name for name in sys.modules if name.split('.')[0] in {'pyspark', 'py4j'}])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_without_spark_the_step_to_install_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    assert message("sales.parquet", engine="spark") == (
        "Spark is not installed. Install the extra: pip install 'crmtheory[spark]'; it also needs Java 17."
    )


# Sources


def test_a_spark_frame_is_known_and_read_where_it_is(spark):
    frame = framed(spark)
    assert is_spark(frame)
    read = transactions.read(frame)
    assert str(read) == (
        "Transactions(Spark DataFrame: 3 rows, 2 customers, 3 purchase days, 2024-01-01 to 2024-01-15)"
    )
    assert read.summary().loc["a"].tolist() == [1, 2.0, 2.0, 35.5]


def test_folders_patterns_and_paths_are_read(spark, tmp_path):
    for name in ("one", "two"):
        pq.write_table(pa.table(GOOD), tmp_path / f"{name}.parquet")
    for source in (tmp_path, str(tmp_path / "*.parquet")):
        read = transactions.read(source, engine="spark")
        assert (read.report.rows, read.report.merged) == (6, 3)


def test_ids_of_a_csv_stay_text_when_one_is_no_integer(spark, tmp_path):
    text = 'customer,date,amount\n00123,2024-01-01,1\n7,2024-01-02,"2"\n,2024-01-03,3\n'
    (tmp_path / "sales.csv").write_text("\ufeff" + text, encoding="utf-8")
    read = transactions.read(tmp_path / "sales.csv", engine="spark", missing_customer="drop")
    assert read.summary().index.tolist() == ["00123", "7"]
    assert read.report.source == "sales.csv"


def test_a_line_with_too_few_fields_is_told(spark, tmp_path):
    (tmp_path / "sales.csv").write_text("customer,date,amount\na,2024-01-01\n")
    assert message(tmp_path / "sales.csv", engine="spark") == (
        '"sales.csv" cannot be read as CSV: a line has not as many fields as the header. engine="duckdb" tells which '
        'line, and sets such lines aside with unreadable="drop".'
    )


@pytest.mark.parametrize("name", ["sales.csv", "sales.parquet"])
def test_a_path_that_does_not_exist_is_told(spark, tmp_path, name):
    assert message(tmp_path / name, engine="spark") == (
        f'Spark cannot read "{tmp_path / name}": [PATH_NOT_FOUND] Path does not exist: file:{tmp_path / name}. '
        "SQLSTATE: 42K03"
    )


def test_a_table_of_pandas_is_no_path(spark):
    assert message(pd.DataFrame(GOOD), engine="spark") == (
        "Spark reads a Spark DataFrame or a path, not DataFrame. Pass spark.createDataFrame(frame), or leave engine "
        "out."
    )


def test_policies_for_text_files_cannot_be_given(spark):
    assert message(framed(spark), decimal=",", header=2) == (
        "With Spark, header, decimal cannot be given: read the text with Spark's own options and pass the DataFrame, "
        "with columns of dates and numbers."
    )


@pytest.mark.parametrize(
    "names", [("顾客", "the date", "a`b"), ("Date", "date", "a.b"), ("_1", "_0", "reason")]
)
def test_any_name_of_a_column_is_read_as_it_stands(spark, names):
    frame = spark.createDataFrame(pa.table(GOOD)).toDF(*names)
    read = transactions.read(frame, *names, where={names[0]: ["a"]})
    assert read.summary().index.name == names[0]
    assert read.report.set_aside == ((f"{names[0]} is not a", 1),)
    assert read.rejected.columns.tolist() == ["reason", *names]


# What is wrong, in our words


def test_columns_that_are_not_there_are_told_all_at_once(spark):
    found = message(framed(spark), "costumer", "day", where={"state": ["paid"]})
    assert found == (
        "transactions breaks 3 rules.\n"
        '  costumer    There is no column "costumer". Did you mean "customer"? Known: customer, date, amount. '
        'Name yours with customer="…".\n'
        '  day         There is no column "day". Did you mean "date"? Known: customer, date, amount. '
        'Name yours with date="…".\n'
        '  state       There is no column "state". Did you mean "date"? Known: customer, date, amount. '
        "It is named in where."
    )


def test_columns_of_a_wrong_type_are_told_all_at_once(spark):
    frame = framed(spark, customer=[True] * 3, date=[20240101] * 3, amount=[dt.date(2024, 1, 1)] * 3)
    assert message(frame) == (
        "transactions breaks 3 rules.\n"
        "  customer    is of type boolean, which cannot be a customer id. Give text or integers.\n"
        "  date        is of type bigint; dates or text were expected.\n"
        "  amount      is of type date; numbers were expected."
    )


def test_rows_that_cannot_be_read_are_counted_and_shown_all_at_once(spark):
    frame = framed(
        spark,
        customer=["a", None, "9" * 201],
        date=["1/2/2024", "", "2024-13-45"],
        amount=["five", "", "inf"],
    )
    assert message(frame) == (
        "transactions breaks 7 rules.\n"
        f'  customer    1 of 3 rows has a customer id of more than 200 characters, such as "{"9" * 39}…". '
        'Convert the column in Spark, or pass unreadable="drop" to set them aside.\n'
        '  customer    1 of 3 rows has no customer id. Pass missing_customer="drop" to leave them out; the report '
        "counts them.\n"
        '  date        2 of 3 rows have a date that cannot be read, such as "1/2/2024". For dates such as 1/2/2010 '
        'pass dayfirst=True or dayfirst=False. Convert the column in Spark, or pass unreadable="drop" to '
        "set them aside.\n"
        '  date        1 of 3 rows has no date. Complete them, or pass unreadable="drop" to set them aside.\n'
        '  amount      1 of 3 rows has an amount that is no number, such as "five". Convert the column in Spark, or '
        'pass unreadable="drop" to set them aside.\n'
        '  amount      1 of 3 rows has an amount that is not finite, such as "inf". Convert the column in Spark, or '
        'pass unreadable="drop" to set them aside.\n'
        '  amount      1 of 3 rows has no amount. Complete them, or pass unreadable="drop" to set them aside.'
    )


def test_twins_are_told_where_they_are_an_error(spark):
    frame = framed(spark, date=["2024-01-01", "2024-01-01", "2024-01-03"], amount=[1.0] * 3)
    assert message(frame, duplicates="error") == (
        "transactions breaks 1 rule.\n"
        '  customer    1 of 3 rows has an equal row before. Pass duplicates="drop" to use one of each, or '
        'duplicates="keep" if they are real.'
    )


def test_no_row_and_no_row_that_is_left_are_told(spark):
    assert message(framed(spark).limit(0)) == "No row is left of 0. Set aside: none."
    assert (
        message(framed(spark), where={"customer": ["c"]})
        == "No row is left of 3. Set aside: customer is not c (3)."
    )
    assert message(framed(spark, customer=[None] * 3), missing_customer="drop") == (
        "No row is left of 3. Set aside: no customer id (3)."
    )


# Hashes


@pytest.fixture(scope="module")
def hidden(spark):
    table = pa.table(
        {
            "customer": ["张伟", "00123", " ", "张伟", "7"],
            "date": ["2024-01-01"] * 3 + ["2024-01-09", "soon"],
            "amount": [1.0] * 5,
        }
    )
    choices = {"pseudonymise": True, "missing_customer": "drop", "unreadable": "drop"}
    with pytest.MonkeyPatch.context() as patch:  # what was read must need the key no more
        patch.delenv("CRMTHEORY_KEY_FILE", raising=False)
        patch.setenv("CRMTHEORY_KEY", KEY)
        return transactions.read(table, **choices), transactions.read(spark.createDataFrame(table), **choices)


def test_ids_have_the_hashes_that_python_and_duckdb_give(hidden):
    ours, theirs = hidden
    expected = sorted(privacy.pseudonym(["张伟", "00123"], KEY.encode()))
    assert theirs.summary().index.tolist() == ours.summary().index.tolist() == expected


def test_ids_of_rows_set_aside_are_hidden_too(hidden):
    ours, theirs = hidden
    expected = [" ", *privacy.pseudonym(["7"], KEY.encode())]
    assert sorted(theirs.rejected["customer"]) == sorted(ours.rejected["customer"]) == expected


def test_neither_the_key_nor_an_id_stands_in_anything_that_comes_out(hidden):
    _, theirs = hidden
    out = [
        theirs.report,
        theirs.report.policies,
        theirs.rejected,
        theirs.summary(),
        theirs.purchases(),
        theirs,
    ]
    shown = "\n".join(part.to_csv() if isinstance(part, pd.DataFrame) else f"{part!r} {part}" for part in out)
    for secret in (KEY, KEY.encode().hex(), "张伟", "00123"):
        assert secret not in shown


def test_the_key_stands_in_no_plan_and_its_blocks_can_be_hidden_there(spark, setting, capsys):
    frame = framed(spark)
    hashed = frame.select(privacy.hmac_spark("customer", KEY.encode()))
    hashed.explain(True)
    plan = capsys.readouterr().out
    assert KEY not in plan
    assert KEY.encode().hex() not in plan
    setting("spark.sql.redaction.string.regex", "(?i)[0-9a-f]{128}")
    framed(spark).select(privacy.hmac_spark("customer", KEY.encode())).explain(True)
    block = bytes(byte ^ 0x36 for byte in KEY.encode().ljust(64, b"\0")).hex()
    assert block not in capsys.readouterr().out.lower()


def test_numbers_kept_as_decimals_have_one_hash_in_the_log_and_among_rows_set_aside(spark, monkeypatch):
    monkeypatch.delenv("CRMTHEORY_KEY_FILE", raising=False)
    monkeypatch.setenv("CRMTHEORY_KEY", KEY)
    frame = framed(spark, customer=[7.0, 7.0, 8.0], amount=[1.0, 0.0, 1.0])
    read = transactions.read(frame, pseudonymise=True, zero_amounts="drop")
    assert read.rejected["customer"].tolist() == privacy.pseudonym([7], KEY.encode())


def test_an_id_that_is_to_be_hidden_is_not_shown_in_a_message(spark):
    assert message(framed(spark, customer=["a", "1.23457E+17", "b"]), pseudonymise=True) == (
        "transactions breaks 1 rule.\n"
        "  customer    1 of 3 rows has a customer id shortened by a spreadsheet. Convert the column in Spark, or pass "
        'unreadable="drop" to set them aside.'
    )
