"""What chapters on answers read: items and scales from parameters, constructs by name, errors with the next step."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from crmtheory import chapter_survey, contents, survey
from crmtheory.chapter import Chapter
from crmtheory.errors import SchemaError

ANSWERS = """who,overall,recommend,t1,t2,year
1,5,10,4,5,2023
2,4,8,3,3,2023
3,7,9,2,,2024
4,1,0,1,1,2024
"""
DEFAULTS = {
    "survey": "answers.csv",
    "respondent": "",
    "items": [],
    "scale": [1, 5],
    "scales": {"recommend": [0, 10]},
    "reverse": [],
    "dont_know": [],
    "weight": "",
    "constructs": {"trust": ["t1", "t2"]},
    "labels": {},
    "overall": "overall",
    "recommend": "recommend",
    "survey_policies": {},
    "pseudonymise": False,
    "output": "",
}


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    outputs: list[str] = []
    monkeypatch.setattr(
        "crmtheory.chapter._display", lambda data, meta=None: outputs.append(data["text/plain"])
    )
    return outputs


@pytest.fixture
def opened(tmp_path: Path, shown: list[str]):
    (tmp_path / "answers.csv").write_text(ANSWERS, encoding="utf-8")

    def make(**given: object) -> Chapter:
        values = DEFAULTS | {"survey": str(tmp_path / "answers.csv"), "output": str(tmp_path / "out")} | given
        return Chapter(contents.find("satisfaction"), values, DEFAULTS)

    return make


def test_items_are_those_listed_and_those_of_roles_and_constructs(opened):
    found = chapter_survey.read_survey(opened(), keep={"period": "year", "comments": ""})
    assert found.answers.columns.tolist() == ["overall", "recommend", "t1", "t2"]
    assert found.kept["year"].tolist() == [2023, 2023, 2024, 2024]
    assert found.answers["recommend"].tolist() == [10, 8, 9, 0]


def test_an_answer_off_the_scale_is_set_aside_and_written_down(opened, tmp_path, shown):
    found = chapter_survey.read_survey(opened())
    assert found.answers["overall"].isna().tolist() == [False, False, True, False]
    assert "out of range (1 to 5)" in (tmp_path / "out" / "tables" / "rejected_answers.csv").read_text(
        encoding="utf-8"
    )
    assert "Set aside: **1 answer**. They stand in `rejected_answers.csv`, each with its reason." in shown


def test_the_survey_is_remembered_with_its_checksum(opened):
    chapter = opened()
    found = chapter_survey.read_survey(chapter)
    (entry,) = chapter._found["data"].values()
    assert (entry["rows"], entry["sha256"]) == (4, found.report.sha256)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"constructs": {}, "overall": "", "recommend": ""},
            "The survey has no items: name the columns of answers in items or in constructs.",
        ),
        (
            {"scale": [], "scales": {"recommend": [0, 10]}},
            "3 of 4 items have no scale, first: overall. Give one for all in scale, or its own in scales: "
            '{"overall": [1, 10]}.',
        ),
        (
            {"scales": {"recommend": [10]}},
            "recommend: a scale is its lowest and highest answer, such as [1, 10], not [10].",
        ),
        (
            {"pseudonymise": True, "respondent": "who"},
            "pseudonymise hides the customers of a log; respondents are read as they are. Leave respondent empty, "
            "which numbers them, or replace the ids before.",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_next_step(opened, given, message):
    with pytest.raises(SchemaError) as caught:
        chapter_survey.read_survey(opened(**given))
    assert str(caught.value) == message


def test_columns_that_are_not_there_are_told_by_their_parameters(opened):
    chapter = opened(weight="wgt", constructs={"trust": ["t1", "t9"]})
    with pytest.raises(SchemaError) as caught:
        chapter_survey.read_survey(chapter, keep={"period": "season", "comments": ""})
    columns = "who, overall, recommend, t1, t2, year"
    assert str(caught.value).split("\n")[1:] == [
        f'  t9          There is no column "t9". Did you mean "t2"? Known: {columns}. Correct the name in items.',
        '  season      There is no column "season". Correct the parameter period.',
        '  wgt         There is no column "wgt". Name yours in the parameter weight.',
    ]


def test_a_construct_that_was_not_asked_is_named():
    frame = pd.DataFrame({"a": [1, 2], "b": [2, 3]})
    found = survey.read(frame, ["a", "b"], constructs={"trust": ["a"]})
    assert chapter_survey.lacking(found, "trust") == ""
    assert chapter_survey.lacking(found, "trust", "loyalty", "value") == (
        "the survey has no items for loyalty, value (parameter constructs; it names trust)"
    )
    assert chapter_survey.lacking(None, "trust") == "no survey was given (parameter survey)"


def test_weights_that_one_respondent_dominates_are_told(opened, tmp_path, shown):
    path = tmp_path / "answers.csv"
    lines = ANSWERS.splitlines()
    people = [f"{i},{4},{8},3,3,2024,{188 if i == 1 else 1}" for i in range(1, 14)]
    path.write_text("\n".join([lines[0] + ",w", *people]))
    chapter_survey.read_survey(opened(weight="w"))
    assert (
        "*Respondent 1 has 94% of all weight; with these weights the 13 respondents tell as much as 1 of equal weight. "
        "Intervals by so few are not to be trusted: check the column of weights.*"
    ) in shown


def test_answers_of_a_further_survey_that_are_off_its_scale_are_told(opened, tmp_path, shown):
    chapter_survey.read_answers(opened(), str(tmp_path / "answers.csv"), {"overall": ["overall"]}, [1, 4])
    assert shown[-1].startswith("*2 answers of ")
    assert shown[-1].endswith(
        "answers.csv are off the scale and left out, first overall: 5. Check its scale.*"
    )


def test_a_further_survey_is_read_by_its_constructs(opened, tmp_path):
    chapter = opened()
    path = str(tmp_path / "answers.csv")
    found = chapter_survey.read_answers(
        chapter, path, {"trust": ["t1", "t2"]}, [1, 5], keep={"period": "year"}
    )
    assert found.answers.columns.tolist() == ["t1", "t2"]
    assert chapter_survey.scores(found, "trust")["trust"].tolist() == [4.5, 3.0, 2.0, 1.0]
    assert chapter._found["data"][path]["rows"] == 4
