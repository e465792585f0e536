"""One list of customers per log, joined over the chapters; made by hand here, with the answer known."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from crmtheory import customer_list, lifecycle, segmentation
from crmtheory.errors import SchemaError

GIVEN = {
    "transactions": "sales/log.csv",
    "customer": "client",
    "date": "day",
    "amount": "sum",
    "policies": {},
}
STAGES = """client,stage,relationship,silence,action,past_spend
007,loyal,growth,0,reward,1
7,at risk,decline,2,win back in time,2
李雷,lost,termination,5,let go,3
'=1+1,new,sign-up,0,welcome,4
"""
SEGMENTS = """client,segment,action,value_class,activity,value
李雷,"low, churned",leave alone,low,churned,3
7,"high, silent",ask why,high,silent,2
007,"high, active",thank,high,active,1
only here,"low, active",nothing,low,active,0
"""
VALUES = """client,p_alive,expected_purchases,clv,clv_low,clv_high,x
007,0.98765,1,10.125,9,11,2
7,0.5,1,10.125,1,20,2
李雷,0.1,1,,,,2
'=1+1,0.75,1,99.5,98,100.005,2
"""


@dataclass(frozen=True)
class Done:
    theory: str
    folder: Path
    result: dict[str, Any]
    label: str = "A label"


def run(folder: Path, theory: str, text: str, sha256: str = "00ff", **given: Any) -> Done:
    """A run as it stands in a folder, with the table from which its columns come."""
    name = "customers" if theory == "value" else "actions"
    file = "tables/customers.csv" if theory == "value" else "actions.csv"
    place = folder / f"{theory}-{sha256}-{len(list(folder.iterdir()))}"
    (place / file).parent.mkdir(parents=True)
    (place / file).write_text(text, encoding="utf-8", newline="")
    values = {**GIVEN, **given}
    data = [{"name": "survey", "sha256": "1"}, {"name": values["transactions"], "sha256": sha256}]
    return Done(theory, place, {"parameters": values, "data": data, "tables": [{"name": name, "file": file}]})


@pytest.fixture
def runs(tmp_path: Path) -> list[Done]:
    (tmp_path / "in").mkdir()
    texts = {"segmentation": SEGMENTS, "lifecycle": STAGES, "value": VALUES}
    return [run(tmp_path / "in", theory, text) for theory, text in texts.items()]


def test_the_chapters_are_joined_by_customer_and_sorted_by_value_and_then_by_id(runs: list[Done]) -> None:
    found = customer_list.customers(runs)
    assert list(found) == ["log"]
    frame = found["log"]
    assert frame.index.tolist() == ["'=1+1", "007", "7", "only here", "李雷"]
    assert frame.index.name == "client"
    assert list(frame.columns) == list(customer_list.COLUMNS)
    assert frame["clv"].tolist()[:3] == [99.5, 10.125, 10.125]
    assert frame["clv"].isna().tolist() == [False, False, False, True, True]
    assert frame.loc["7"].dropna().to_dict() == {
        "stage": "at risk",
        "relationship_stage": "decline",
        "segment": "high, silent",
        "value_class": "high",
        "activity": "silent",
        "p_alive": 0.5,
        "clv": 10.125,
        "clv_low": 1.0,
        "clv_high": 20.0,
        "treatment_by_stage": "win back in time",
        "treatment_by_segment": "ask why",
        "advised_treatment": "win back in time",
    }
    assert customer_list.gaps(frame) == []


def test_what_threatens_comes_first_and_where_one_treatment_is_not_known_the_other_counts(
    runs: list[Done],
) -> None:
    advised = customer_list.customers(runs)["log"]["advised_treatment"]
    assert advised.to_dict() == {
        "'=1+1": "welcome",  # no segment
        "007": "thank",  # loyal: by segment
        "7": "win back in time",  # at risk: by stage
        "only here": "nothing",  # no stage
        "李雷": "let go",  # lost: by stage
    }


def test_the_stages_that_threaten_are_stages_of_the_chapter() -> None:
    assert set(customer_list.THREATENED) < set(lifecycle.MarketingRules.names)
    assert all(stage in customer_list.RULE for stage in customer_list.THREATENED)


def test_the_order_of_the_runs_changes_nothing(runs: list[Done]) -> None:
    one = customer_list.customers(runs)["log"]
    other = customer_list.customers(runs[::-1])["log"]
    pd.testing.assert_frame_equal(one.astype("object"), other.astype("object"))


@pytest.mark.parametrize(
    ("theory", "empty", "sentence"),
    [
        (
            "lifecycle",
            ["stage", "relationship_stage", "treatment_by_stage"],
            "stage, relationship_stage, treatment_by_stage: given by the chapter on customer lifecycle (02).",
        ),
        (
            "segmentation",
            ["segment", "value_class", "activity", "treatment_by_segment"],
            "segment, value_class, activity, treatment_by_segment: given by the chapter on customer segmentation (06).",
        ),
        (
            "value",
            ["p_alive", "clv", "clv_low", "clv_high"],
            "p_alive, clv, clv_low, clv_high: given by the chapter on customer value (05).",
        ),
    ],
)
def test_a_chapter_that_is_missing_leaves_its_columns_empty_and_is_named(
    runs: list[Done], theory: str, empty: list[str], sentence: str
) -> None:
    frame = customer_list.customers([one for one in runs if one.theory != theory])["log"]
    assert list(frame.columns) == list(customer_list.COLUMNS)
    assert frame.columns[frame.isna().all()].tolist() == empty
    assert customer_list.gaps(frame) == [sentence]
    assert pd.notna(frame.loc["7", "advised_treatment"])


def test_a_customer_column_called_as_one_of_ours_is_renamed_in_the_file(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    text = "stage" + VALUES[VALUES.index(",") :]
    (path,) = customer_list.write([run(tmp_path / "in", "value", text)], tmp_path)
    head = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    assert head[:2] == ["customer", "stage"]
    assert len(set(head)) == len(head)


def test_value_alone_advises_nothing(runs: list[Done], tmp_path: Path) -> None:
    frame = customer_list.customers(runs[2:])["log"]
    assert frame["advised_treatment"].isna().all()
    assert len(frame) == 4
    (path,) = customer_list.write(runs[2:], tmp_path)
    assert path.read_text(encoding="utf-8").splitlines()[1] == "'=1+1,,,,,,0.75,99.5,98.0,100.0,,,"


def test_runs_that_read_the_log_in_another_way_are_not_joined(runs: list[Done], tmp_path: Path) -> None:
    place = tmp_path / "in"
    others = [
        run(place, "value", VALUES, sha256="1"),
        run(place, "value", VALUES, customer="household"),
        run(place, "value", VALUES, policies={"pseudonymise": True}),
        run(place, "value", VALUES, refunds="drop"),
    ]
    found = customer_list.customers([*others, *runs])
    assert list(found) == ["log", "log (2)", "log (3)", "log (4)", "log (5)"]
    assert customer_list.gaps(found["log"]) == []
    assert all(len(customer_list.gaps(found[f"log ({n})"])) == 2 for n in (2, 3, 4, 5))


def test_the_log_with_most_chapters_comes_first_and_of_equals_the_first(
    runs: list[Done], tmp_path: Path
) -> None:
    place = tmp_path / "in"
    small = [
        run(place, "value", VALUES, "1", transactions="cdnow"),
        run(place, "lifecycle", STAGES, "2", transactions="中国/订单 2024.csv.gz"),
    ]
    assert list(customer_list.customers([*small, *runs])) == ["log", "cdnow", "订单 2024"]
    written = customer_list.write([*small, *runs], tmp_path / "out")
    assert [path.name for path in written] == [
        "customers.csv",
        "customers-cdnow.csv",
        "customers-订单-2024.csv",
    ]


def test_of_two_runs_of_a_chapter_on_one_log_the_first_counts(runs: list[Done], tmp_path: Path) -> None:
    again = run(tmp_path / "in", "lifecycle", STAGES.replace("win back in time", "other"))
    assert customer_list.customers([*runs, again])["log"].loc["7", "treatment_by_stage"] == "win back in time"


def test_what_gives_no_customers_gives_no_list(runs: list[Done], tmp_path: Path) -> None:
    other = run(tmp_path / "in", "satisfaction", "attribute,action\na,b\n")
    bare = Done("value", tmp_path, {})
    no_log = Done("value", tmp_path, {**runs[2].result, "parameters": {"transactions": ""}})
    no_table = Done("value", tmp_path, {**runs[2].result, "tables": []})
    gone = Done("value", tmp_path / "gone", runs[2].result)
    found = [other, bare, no_log, no_table, gone]
    assert customer_list.customers(found) == {}
    assert customer_list.write(found, tmp_path / "out") == []
    assert not (tmp_path / "out").exists()


def test_the_file_is_read_by_a_spreadsheet_as_it_was_meant(runs: list[Done], tmp_path: Path) -> None:
    (path,) = customer_list.write(runs, tmp_path / "out")
    lines = path.read_bytes().decode("utf-8").splitlines()
    assert lines[0] == "client," + ",".join(customer_list.COLUMNS)
    assert lines[2] == '007,loyal,growth,"high, active",high,active,0.9876,10.12,9.0,11.0,reward,thank,thank'
    assert lines[5] == '李雷,lost,termination,"low, churned",low,churned,0.1,,,,let go,leave alone,let go'
    again = pd.read_csv(path, dtype={"client": str}, keep_default_na=False).set_index("client")
    assert again.index.tolist() == ["'=1+1", "007", "7", "only here", "李雷"]  # the apostrophe is put once
    before = path.read_bytes()
    customer_list.write(runs[::-1], tmp_path / "out")
    assert path.read_bytes() == before


def test_ids_are_neither_numbers_nor_missing_values(tmp_path: Path) -> None:
    ids = ["NA", "nan", "null", "1e5", "0x1F", "1.50", "True", "-5", '"a, b"', "line\nbreak", " x"]
    text = io.StringIO()
    pd.DataFrame({"client": ids, "clv": np.arange(len(ids), 0.0, -1)}).to_csv(text, index=False)
    (tmp_path / "in").mkdir()
    frame = customer_list.customers([run(tmp_path / "in", "value", text.getvalue())])["log"]
    assert frame.index.tolist() == ids


def test_personal_ids_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    text = "client,clv\n" + "".join(f"person{n}@example.org,{n}\n" for n in range(9))
    with pytest.raises(SchemaError, match=r"customers\.csv") as caught:
        customer_list.write([run(tmp_path / "in", "value", text)], tmp_path / "out")
    assert "person3@example.org" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_list_of_an_earlier_report_goes_unless_somebody_has_changed_it(
    runs: list[Done], tmp_path: Path
) -> None:
    place, out = tmp_path / "in", tmp_path / "out"
    small = [run(place, "value", VALUES, name, transactions=name) for name in ("a", "b")]
    customer_list.write([*runs, *small], out)
    (out / "customers-of-mine.csv").write_text("x", encoding="utf-8")
    (out / "customers-b.csv").write_text("changed", encoding="utf-8")
    customer_list.write(runs, out)
    names = sorted(path.name for path in out.iterdir() if not path.name.startswith("."))
    assert names == ["customers-b.csv", "customers-of-mine.csv", "customers.csv"]
    customer_list.write([], out)
    assert sorted(path.name for path in out.iterdir()) == ["customers-b.csv", "customers-of-mine.csv"]


def test_the_tables_that_the_chapters_save_have_the_columns_that_are_read() -> None:
    advised = segmentation.actions(
        pd.Series(["high"], name="value_class"), pd.Series(["active"], name="activity")
    )
    assert set(customer_list.SOURCES["segmentation"][1].values()) <= set(advised.columns)
