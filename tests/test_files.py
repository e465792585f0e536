"""Where a log comes from: encodings, line ends, compression, several files, Parquet, frames, and the line of a row."""

import datetime as dt
import gzip
import random

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmtheory import transactions
from crmtheory.errors import SchemaError
from crmtheory.files import line_numbers
from crmtheory.files.encoding import check, known
from crmtheory.files.lines import lines_at, true_line

HEADER = "customer,date,amount\n"
DAY_ONE = pd.Timestamp("2024-01-01")
SOURCE = [(3, 0, 10.25), (1, 0, 0.0), (3, 9, 4.1), (3, 9, 4.2), (1, 9, -2.0), (2, 30, 7.0), (2, 44, 1.15)]


def frame(rows):
    customers, days, amounts = zip(*rows, strict=True)
    dates = [DAY_ONE + pd.Timedelta(days=day) for day in days]
    return pd.DataFrame({"customer": customers, "date": dates, "amount": amounts})


def csv(tmp_path, text, name="log.csv", encoding="utf-8"):
    path = tmp_path / name
    content = text.encode(encoding)
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def refusal(source, **options):
    with pytest.raises(SchemaError) as caught:
        transactions.read(source, **options)
    return str(caught.value)


# One log in many shapes


def variants(data, tmp_path):
    data.to_csv(tmp_path / "log.csv", index=False)
    data.to_csv(tmp_path / "log.csv.gz", index=False, sep=";")
    data.to_parquet(tmp_path / "log.parquet")
    yield data
    yield data.assign(date=data["date"].dt.date)
    yield data.assign(date=data["date"].dt.as_unit("ns"), customer=data["customer"].astype("category"))
    yield data.assign(amount=data["amount"].astype(str), date=data["date"].dt.strftime("%Y-%m-%d"))
    yield data.set_index(pd.Index([5] * len(data)))
    yield pa.Table.from_pandas(data)
    yield from (tmp_path / "log.csv", str(tmp_path / "log.csv.gz"), tmp_path / "log.parquet")


def test_frames_csv_and_parquet_give_identical_results(tmp_path):
    logs = [transactions.read(source) for source in variants(frame(SOURCE), tmp_path)]
    for other in logs[1:]:
        for answer in (
            lambda one: one.summary(calibration_end="2024-01-20"),
            lambda one: one.purchases_by_period(),
            lambda one: one.revenue().to_frame(),
        ):
            pd.testing.assert_frame_equal(answer(logs[0]), answer(other), check_exact=True)


def test_polars_frames_are_read_like_any_other():
    polars = pytest.importorskip("polars")
    got = transactions.read(polars.DataFrame(frame(SOURCE).to_dict("list")))
    pd.testing.assert_frame_equal(got.summary(), transactions.read(frame(SOURCE)).summary())


def test_other_columns_do_not_matter_even_when_they_cannot_be_read():
    odd = frame(SOURCE).assign(extra=[object() for _ in SOURCE])
    pd.testing.assert_frame_equal(
        transactions.read(odd).summary(), transactions.read(frame(SOURCE)).summary()
    )


def test_the_frame_that_goes_in_is_unchanged():
    data = frame(SOURCE)
    before = data.copy(deep=True)
    got = transactions.read(data)
    got.summary(calibration_end="2024-01-20")
    got.purchases_by_period()
    pd.testing.assert_frame_equal(data, before)


def test_what_was_read_does_not_follow_later_changes_of_the_frame():
    data = frame(SOURCE)
    got = transactions.read(data)
    before = got.summary()
    data["amount"] = 0.0
    pd.testing.assert_frame_equal(got.summary(), before)


@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz", "log[1]*.csv"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_compression_and_odd_file_names_make_no_difference(tmp_path, name, separator):
    text = 'who;when;what;how much\n1;2024-01-01;"a, b\tand c";1.5\n1;2024-01-03;;2\n'.replace(";", separator)
    if separator == "\t":
        text = text.replace("b\tand", "b and")
    got = transactions.read(csv(tmp_path, text, name), "who", "when", "how much")
    assert got.summary("day").loc[1].tolist() == [1, 2.0, 2.0, 2.0]


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    text = "\ufeffcustomer,date,amount\r\n1,2024-01-01,1\r\n1,2024-01-02,1"
    assert transactions.read(csv(tmp_path, text)).summary().index.tolist() == [1]


# Encodings

CHINESE = "客户,日期,金额\n张三,2024年1月5日,￥1.50\n李四,2024年1月6日,￥2.25\n"


@pytest.mark.parametrize("name", ["log.csv", "log.csv.gz"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        *[("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("utf-32", "utf-32")],
        *[("gbk", "gb18030"), ("gb18030", "gb18030"), ("gb2312", "gb18030")],
    ],
)
def test_the_encoding_is_found_and_reported(tmp_path, encoding, found, name, ends):
    got = transactions.read(
        csv(tmp_path, CHINESE.replace("\n", ends), name, encoding), "客户", "日期", "金额"
    )
    assert got.report.encoding == found
    assert got.summary().index.tolist() == ["张三", "李四"]
    assert got.report.revenue == 3.75


@pytest.mark.parametrize("text", ["Zoë,Björn,Ægir,São", "naïve café", "Ωmega ¼ ½"])
def test_western_text_is_not_taken_for_chinese(tmp_path, text):
    path = tmp_path / "log.csv"
    path.write_bytes(text.encode("cp1252", "replace").replace(b"?", b"\xe9 "))
    assert check(path, packed=False, text=True).encoding is None


def test_an_encoding_may_be_called_by_any_of_its_names():
    assert [known(name) for name in ("UTF8", "utf-8-sig", "GBK", "latin1", "Big5")] == [
        *["utf-8", "utf-8", "gbk", "iso8859-1", "big5"]
    ]


@pytest.mark.parametrize("name", ["base64", "rot13", "hex", "zip", "nonsense", 5])
def test_what_is_no_encoding_of_text_is_refused(tmp_path, name):
    assert refusal(csv(tmp_path, HEADER + "a,2024-01-01,1\n"), encoding=name).startswith(
        f'There is no encoding "{name}".'
    )


def test_characters_cut_at_the_end_of_a_megabyte_do_no_harm(tmp_path):
    text = HEADER + "客,2024-01-01,1\n" * 70_000
    for lead in range(3):
        path = csv(tmp_path, text.replace("customer", "x" * lead + "customer", 1))
        got = transactions.read(path, customer="x" * lead + "customer")
        assert (got.report.encoding, got.report.customers) == ("utf-8", 1)


def test_copies_of_files_in_other_encodings_go_away_with_the_log(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    got = transactions.read(csv(tmp_path, CHINESE, encoding="gbk"), "客户", "日期", "金额")
    assert got.report.rows == 2
    del got
    assert [one for one in (tmp_path / "scratch").rglob("*") if one.is_file()] == []


# The line of a row


def test_lines_are_counted_with_blank_lines_and_line_breaks_in_values(tmp_path):
    text = 'a,b\n1,2\n\n"x\ny",2\n1,"2"\n"q""\n",\n last,1'
    path = csv(tmp_path, text)
    assert line_numbers(path, ",", 1, range(1, 6)) == {1: 2, 2: 4, 3: 6, 4: 7, 5: 9}
    assert line_numbers(path, ",", 1, [3], faulty={4}) == {3: 7}
    assert line_numbers(path, ",", 1, []) == {}
    assert line_numbers(path, ",", 1, [99]) == {}


def test_lines_are_told_from_bytes_and_from_rows(tmp_path):
    text = 'a,b\r\n"x\r\ny",2\r\n\r\nfaulty\r\n'
    path = csv(tmp_path, text)
    place = text.index("faulty")
    assert lines_at(path, ",", 1, [place, place - 1]) == {place: (5, "faulty"), place - 1: (5, "faulty")}
    assert [true_line(path, ",", 1, counted) for counted in (1, 2, 3, 4)] == [1, 2, 4, 5]


def test_a_quote_inside_a_value_opens_nothing(tmp_path):
    path = csv(tmp_path, 'a,b\n5" disk,2\n1,3" disk\n1,2\n')
    assert line_numbers(path, ",", 1, [1, 2, 3]) == {1: 2, 2: 3, 3: 4}


RECORDS = st.lists(
    st.sampled_from(
        [
            *["ann,2024-01-01,1", "bad,2024-01-99,1", "bad", "bad,2024-01-01,1,2", "", "bad,,1"],
            *['"two\nlines",2024-01-01,1', '"bad\n\n",2024-01-99,1', '"a ""b"", c",2024-01-02,2'],
            '"bad\n",x,1,2',
        ]
    ),
    min_size=1,
    max_size=30,
)


@given(records=RECORDS, ends=st.sampled_from(["\n", "\r\n"]), above=st.integers(0, 3), packed=st.booleans())
@settings(max_examples=40, deadline=None)
def test_every_rejected_row_is_given_with_its_line(tmp_path_factory, records, ends, above, packed):
    text = ["title"] * above + [HEADER.strip()]
    expected, rows = [], 0
    for record in records:
        line = sum(one.count("\n") + 1 for one in text) + 1
        text.append(record)
        rows += record != ""
        expected += [line] if "bad" in record else []
    if rows == len(expected):
        return
    content = ("\n".join(text) + "\n").replace("\n", ends)
    path = csv(tmp_path_factory.mktemp("lines"), content, "log.csv.gz" if packed else "log.csv")
    got = transactions.read(path, unreadable="drop", header=above + 1)
    assert got.report.rows == rows
    assert got.rejected.get("line", pd.Series(dtype=int)).tolist() == expected


def test_lines_are_right_in_a_file_that_is_read_by_several_threads(tmp_path):
    choose = random.Random(5)
    kinds = ["%d customer,2024-01-01,5", "x", "a,b,c,d", '"multi\nline",2024-01-02,5', "", "e,never,1"]
    weights = [900, 1, 1, 60, 20, 1]
    text, expected, line = [HEADER.strip()], [], 2
    for number in range(150_000):
        kind = choose.choices(range(6), weights)[0]
        expected += [line] if kind in {1, 2, 5} else []
        text.append(kinds[kind].replace("%d", str(number)))
        line += 2 if kind == 3 else 1
    got = transactions.read(csv(tmp_path, "\n".join(text)), unreadable="drop")
    assert got.rejected["line"].tolist() == expected


def test_rows_set_aside_can_be_asked_for_after_the_file_has_gone(tmp_path):
    path = csv(tmp_path, HEADER + "ann,2024-01-01,1\nben,never,1\n")
    got = transactions.read(path, unreadable="drop")
    path.unlink()
    assert got.rejected["customer"].tolist() == ["ben"]


# Several files


def test_several_files_are_one_log_and_rows_set_aside_name_their_file(tmp_path):
    csv(tmp_path, HEADER + "ann,2024-01-01,1\nben,never,1\n", "1.csv")
    csv(tmp_path, "\ufeff" + HEADER + '"cid\nx",2024-02-01,2\nben\ndan,never,1\n', "2.csv")
    csv(tmp_path, HEADER + "张三,2024-03-01,4\nben,never,1\n", "3.csv", "gbk")
    got = transactions.read(tmp_path / "*.csv", unreadable="drop")
    assert (got.report.source, got.report.encoding) == ("3 files *.csv", "gb18030 and utf-8")
    assert (got.report.rows, got.report.rows_used, got.report.revenue) == (7, 3, 7.0)
    assert got.rejected[["file", "line"]].to_numpy().tolist() == [
        *[["1.csv", 3], ["2.csv", 4], ["2.csv", 5], ["3.csv", 3]]
    ]


def test_files_are_read_in_the_order_of_their_names_and_have_one_checksum(tmp_path):
    first = csv(tmp_path, HEADER + "ann,2024-01-01,1\n", "1.csv")
    csv(tmp_path, HEADER + "ben,2024-01-02,1\n", "2.csv")
    pattern = transactions.read(tmp_path / "[12].csv").report
    assert pattern.sha256 != transactions.read(first).report.sha256
    assert pattern == transactions.read(tmp_path / "[12].csv").report


def test_several_compressed_files_and_several_parquet_files_are_read_alike(tmp_path):
    for number in (1, 2):
        text = HEADER + f"ann,2024-01-0{number},{number}\nben,2024-01-99,1\n"
        csv(tmp_path, text, f"{number}.csv.gz")
        table = {
            "customer": ["ann", "ben"],
            "date": [f"2024-01-0{number}", "2024-01-99"],
            "amount": [number, 1],
        }
        pq.write_table(pa.table(table), tmp_path / f"{number}.parquet")
    packed = transactions.read(tmp_path / "*.csv.gz", unreadable="drop")
    parquet = transactions.read(tmp_path / "*.parquet", unreadable="drop")
    pd.testing.assert_frame_equal(packed.summary(), parquet.summary())
    assert packed.rejected[["file", "line"]].to_numpy().tolist() == [["1.csv.gz", 3], ["2.csv.gz", 3]]
    assert parquet.rejected[["file", "row"]].to_numpy().tolist() == [["1.parquet", 2], ["2.parquet", 2]]


def test_a_column_called_like_a_role_or_like_the_engine_s_own_does_no_harm(tmp_path):
    table = {"row": ["a", "b"], "file": ["2024-01-01", "never"], "filename": [1.0, 2.0], "reason": ["x", "y"]}
    pq.write_table(pa.table(table), tmp_path / "log.parquet")
    got = transactions.read(
        tmp_path / "log.parquet", "row", "file", "filename", unreadable="drop", where={"reason": ["x", "y"]}
    )
    assert got.report.set_aside == (("date that cannot be read", 1),)


# Parquet and frames


def test_decimals_wider_than_the_engine_knows_are_read():
    table = pa.table(
        {"customer": ["a"], "date": ["2024-01-01"], "amount": pa.array([1], pa.decimal256(60, 2))}
    )
    assert transactions.read(table).report.revenue == 1.0


@pytest.mark.parametrize("kind", ["bool", "date", "timestamp", "list", "binary"])
def test_columns_that_cannot_be_ids_are_refused(kind):
    day = dt.datetime(2024, 1, 1)
    values = {"bool": True, "date": day.date(), "timestamp": day, "list": [1], "binary": b"a"}
    table = pa.table({"customer": [values[kind]], "date": ["2024-01-01"], "amount": [1.0]})
    shown = {
        "bool": "BOOLEAN",
        "date": "DATE",
        "timestamp": "TIMESTAMP",
        "list": "BIGINT[]",
        "binary": "BLOB",
    }
    assert refusal(table) == (
        "transactions breaks 1 rule.\n"
        f"  customer    is of type {shown[kind]}, which cannot be a customer id. Give text or integers."
    )


# Memory


def test_a_log_larger_than_the_memory_given_is_read_from_disk_or_refused(tmp_path):
    path = tmp_path / "log.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select i % 400000 as customer, date '2024-01-01' + (i % 700)::int as date, 1.5 as amount "
            f"from range(2000000) t(i)) to '{path}'"
        )
    got = transactions.read(path, memory="150MB")
    assert (got.report.rows, got.report.customers, got.report.revenue) == (2_000_000, 400_000, 3_000_000.0)
    assert (
        refusal(path, memory="3MB")
        == f'"{path}" needs more memory than there is. Pass a larger one, such as memory="4GB".'
    )


@pytest.mark.parametrize("memory", ["much", "1", 5, "-3GB"])
def test_what_is_no_amount_of_memory_is_refused(memory):
    assert refusal(frame(SOURCE), memory=memory) == (
        f'memory must be an amount such as "3GB" or "500MB", not {memory!r}.'
    )
