"""Tables that are no log: what is read, what stays text, and whose ids they are."""

import os

import numpy as np
import pandas as pd
import pytest

from crmtheory import datasets, privacy, tables
from crmtheory.errors import SchemaError


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def test_a_shipped_data_set_is_read_by_its_name():
    found = tables.read("contract_retention", ["regular_pct", "year"])
    assert found.frame.columns.tolist() == ["regular_pct", "year"]
    assert found.sha256 == datasets.describe("contract_retention").sha256
    assert found.name == "contract_retention"


def test_a_frame_stays_as_it_is():
    frame = pd.DataFrame({"b": ["1", "2"], "a": [1, 2]})
    found = tables.read(frame, ["a"])
    assert (found.sha256, found.name) == (None, "")
    pd.testing.assert_frame_equal(found.frame, frame[["a"]])
    pd.testing.assert_frame_equal(tables.read(frame).frame, frame)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_texts_that_are_numbers_become_numbers_and_ids_stay_text(tmp_path, encoding):
    path = tmp_path / "客户.csv"
    path.write_text("编号,年龄,渠道,备注\n007,31,微信,\n012,,电话,3\n101,44.5,微信,x\n", encoding=encoding)
    found = tables.read(str(path), ["年龄", "编号", "备注", "渠道"], ids=["编号"])
    assert found.frame.columns.tolist() == ["年龄", "编号", "备注", "渠道"]
    assert found.frame["编号"].tolist() == ["007", "012", "101"]
    assert found.frame["年龄"].tolist() == pytest.approx([31, np.nan, 44.5], nan_ok=True)
    assert found.frame["渠道"].tolist() == ["微信", "电话", "微信"]
    assert found.frame["备注"].isna().tolist() == [True, False, False]
    assert found.frame["备注"].tolist()[1:] == ["3", "x"]
    assert len(found.sha256) == 64


def test_all_columns_are_read_where_none_are_named(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_text("id,sold\n01,yes\n02,no\n")
    assert tables.read(str(path)).frame.to_dict("list") == {"id": [1, 2], "sold": ["yes", "no"]}
    assert tables.read(str(path), ids=["id"]).frame["id"].tolist() == ["01", "02"]


def test_a_parquet_file_keeps_its_types(tmp_path):
    frame = pd.DataFrame(
        {"id": ["01", "02"], "day": pd.to_datetime(["2024-01-01", None]), "age": [3, 4], "x": [0.5, np.nan]}
    )
    frame.to_parquet(tmp_path / "t.parquet")
    found = tables.read(str(tmp_path / "t.parquet"), ids=["id"]).frame
    assert found["id"].tolist() == ["01", "02"]
    assert found["day"].tolist()[0] == pd.Timestamp("2024-01-01")
    assert found["age"].tolist() == [3, 4]
    assert found["x"].isna().tolist() == [False, True]


def test_missing_columns_are_named_all_at_once_in_one_form_for_every_source(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_text("age,sold\n1,2\n")
    lines = (
        "breaks 2 rules.\n"
        '  aged        There is no column "aged". Did you mean "age"? Known: age, sold. Correct the name.\n'
        '  colour      There is no column "colour". Known: age, sold. Correct the name.'
    )
    wanted = ["aged", "sold", "colour"]
    frame = pd.DataFrame({"age": [1], "sold": [2]})
    assert raised(SchemaError, lambda: tables.read(frame, wanted)) == f"The table {lines}"
    assert raised(SchemaError, lambda: tables.read(str(path), wanted)) == f"{path} {lines}"


def test_a_table_with_a_header_and_no_rows_is_empty(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_text("age,sold\n")
    try:
        found = tables.read(str(path))
    except SchemaError:
        return
    assert found.frame.empty
    assert found.frame.columns.tolist() == ["age", "sold"]


# Whose ids


def test_ids_take_the_form_of_the_log():
    numbers = tables.same_customers(pd.Series(["7", "12"]), pd.Index([7, 8]))
    assert numbers.tolist() == [7, 12]
    assert numbers.dtype == pd.Index([7]).dtype
    assert tables.same_customers(pd.Series([7, 12]), pd.Index(["7"])).tolist() == ["7", "12"]
    assert tables.same_customers(pd.Series(["007", "甲"]), pd.Index(["007"])).tolist() == ["007", "甲"]


def test_pseudonymised_ids_are_hashed_in_the_same_way(monkeypatch):
    """Made with the key that the log was made with."""
    key = b"k" * 32
    monkeypatch.setattr(privacy, "read_key", lambda: key)
    found = tables.same_customers(pd.Series(["7", "甲"], name="id"), pd.Index(["x"]), pseudonymise=True)
    assert found.tolist() == list(privacy.pseudonym(pd.Series(["7", "甲"]), key))
    assert found.nunique() == 2


def test_missing_ids_are_refused():
    assert (
        raised(
            SchemaError, lambda: tables.same_customers(pd.Series(["7", None, None], name="id"), pd.Index([7]))
        )
        == "2 of 3 rows have no id, first: row 2. Leave these rows out of the table."
    )


def test_missing_ids_are_refused_whatever_the_index():
    values = pd.Series(["7", None], index=["x", "y"], name="id")
    with pytest.raises(SchemaError):
        tables.same_customers(values, pd.Index([7]))


def test_ids_that_are_no_numbers_are_refused_where_the_log_has_numbers():
    assert raised(SchemaError, lambda: tables.same_customers(pd.Series(["7", "x", "y"]), pd.Index([7]))) == (
        "The customers of the log are numbers, but 2 of 3 ids in this table are not, first: "
        '"x". Is this the same kind of id?'
    )


@pytest.mark.parametrize("value", ["7.5", "inf"])
def test_ids_are_not_cut_to_whole_numbers(value):
    """7.5 is nobody, and certainly not customer 7."""
    with pytest.raises(SchemaError):
        tables.same_customers(pd.Series([value]), pd.Index([7]))


def test_the_file_is_left_as_it_was(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_text("age\n1\n")
    before = (path.read_bytes(), os.stat(path).st_mtime_ns)
    tables.read(str(path))
    assert (path.read_bytes(), os.stat(path).st_mtime_ns) == before
