"""The reader of surveys: every answer is one of five kinds, nobody is lost, and every refusal says what to do."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmtheory import datasets, survey
from crmtheory.errors import DomainError, SchemaError

KINDS = ("answered", "blank", "dont_know", "out_of_range", "not_a_number")


def refusal(source, items, **options):
    with pytest.raises(SchemaError) as caught:
        survey.read(source, items, **options)
    return str(caught.value)


def one(problem):
    return f"survey breaks 1 rule.\n  {problem}"


def read_texts(*texts, **options):
    """The answers to one item, after a first answer that lies on the scale."""
    export = pd.DataFrame({"q": pd.Series(["5", *texts], dtype="str")})
    return survey.read(export, "q", **options).answers["q"].tolist()[1:]


def counts(read, item="q"):
    return read.report.to_frame().loc[item, list(KINDS)].tolist()


# What an answer is


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("5", 5), (" 5 ", 5), ("５", 5), ("１０", 10), ("5.0", 5), ("4.5", 4.5), ("+5", 5), ("5e0", 5),
        ("5 - very satisfied", 5), ("10 – sehr zufrieden", 10), ("5：非常满意", 5), ("5、满意", 5),
        ("1) poor", 1), ("3. neither", 3), ("8分", 8), ("８ 分", 8), ("7=good", 7),
    ],
)  # fmt: skip
def test_a_number_is_read_with_its_label_and_in_full_width(text, code):
    assert read_texts(text) == [code]


@pytest.mark.parametrize(
    "text", ["5 or more", "4-5", "3,5", "1_0", "five", "5 6", "1 - below 10 %", "满意", "-"]
)
def test_what_is_not_plainly_a_number_is_set_aside_and_not_guessed(text):
    read = survey.read(pd.DataFrame({"q": ["5", text]}), ["q"])
    assert counts(read) == [1, 0, 0, 0, 1]
    assert read.rejected.to_dict("records") == [
        {"respondent": 2, "row": 2, "item": "q", "value": text, "reason": "not a number"}
    ]


@pytest.mark.parametrize("text", ["", "  ", "　", "NA", "NaN", "nan", "NULL", "#NULL!", None])
def test_blanks_are_blank_however_they_are_written(text):
    assert counts(survey.read(pd.DataFrame({"q": ["5", text]}), ["q"])) == [1, 1, 0, 0, 0]


def test_texts_are_looked_up_whatever_their_width_and_capitals():
    key = {"非常满意": 5, "Satisfied": 4, "Ａ": 1}
    assert read_texts("非常满意", " SATISFIED ", "a", answers=key, scale=(1, 5)) == [5, 4, 1]


def test_dont_know_goes_before_every_other_reading():
    read = survey.read(
        pd.DataFrame({"q": ["5", "不知道", "99", "９８", "99 - keine Angabe", "k.A.", "NA", "7", "unsure"]}),
        ["q"],
        dont_know=(99, "98", "不知道", "K.A.", "na", 7),
        answers={"unsure": 99},
    )
    assert counts(read) == [1, 0, 8, 0, 0]
    assert read.rejected.empty


def test_one_text_alone_is_one_name_and_not_its_letters():
    export = pd.DataFrame({"满意": ["5", "不知道", "3"], "组": [1, 2, 3]})
    read = survey.read(
        export, "满意", dont_know="不知道", keep="组", reverse="满意", constructs={"总体": "满意"}
    )
    assert read.answers["满意"].tolist()[0] == 6
    assert read.constructs["总体"] == ("满意",)
    assert read.kept["组"].tolist() == [1, 2, 3]


def test_numbers_in_a_frame_are_read_whatever_their_type():
    export = pl.DataFrame(
        {"whole": [1, None, 11], "broken": [1.5, float("nan"), float("inf")], "yes": [True, False, None]},
        schema_overrides={"whole": pl.UInt8},
    )
    read = survey.read(
        export, ["whole", "broken", "yes"], scale={"whole": (1, 10), "broken": (1, 2), "yes": (0, 1)}
    )
    assert [counts(read, item) for item in read.answers] == [
        [1, 1, 0, 1, 0],
        [1, 1, 0, 1, 0],
        [2, 1, 0, 0, 0],
    ]
    assert read.rejected["value"].tolist() == ["11", "inf"]


def test_a_spreadsheet_column_of_numbers_and_texts_is_read():
    export = pd.DataFrame({"q": pd.Series([5, "不知道", 7.0, None, "８"], dtype=object)})
    read = survey.read(export, ["q"], dont_know="不知道")
    assert read.answers["q"].dropna().tolist() == [5, 7, 8]
    assert counts(read) == [3, 1, 1, 0, 0]


def test_categories_are_read_as_their_texts():
    export = pd.DataFrame({"q": pd.Categorical(["满意", "不满意", None])})
    read = survey.read(export, ["q"], answers={"满意": 2, "不满意": 1}, scale=(1, 2))
    assert read.answers["q"].tolist()[:2] == [2, 1]


# Nothing is lost

ANSWERS = st.one_of(
    st.none(), st.integers(-3, 14).map(str), st.sampled_from(["99", "不知道", "５", "x", "NA", "5 - good", ""]),
    st.text(max_size=4),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(ANSWERS, ANSWERS), min_size=1, max_size=12))
def test_every_answer_is_one_of_five_kinds_and_every_respondent_stays(rows):
    export = pd.DataFrame([("5", "5"), *rows], columns=["a", "b"], dtype="str")
    read = survey.read(export, ["a", "b"], reverse=["b"], dont_know=(99, "不知道"))
    table = read.report.to_frame()
    assert (table[list(KINDS)].sum(axis=1) == len(export)).all()
    assert len(read.answers) == read.report.respondents == len(export)
    assert read.answers.notna().sum().tolist() == table["answered"].tolist()
    assert len(read.rejected) == read.report.rejected
    for rejected in read.rejected.itertuples():
        assert export[rejected.item].iloc[rejected.row - 1] == rejected.value


def test_turning_an_item_round_twice_gives_the_answers_back():
    export = pd.DataFrame({"q": [1, 2, 4, 5]})
    once = survey.read(export, ["q"], scale=(1, 5), reverse=["q"]).answers.reset_index(drop=True)
    assert once["q"].tolist() == [5, 4, 2, 1]
    again = survey.read(once, ["q"], scale=(1, 5), reverse=["q"]).answers
    assert again["q"].tolist() == export["q"].tolist()


def test_the_source_is_left_as_it_was():
    export = pd.DataFrame(
        {"q": pd.Series([5, "x", None], dtype=object), "w": [1.0, 2.0, 0.0]}, index=[9, 8, 7]
    )
    before = export.copy(deep=True)
    survey.read(export, ["q"], weight="w", reverse=["q"])
    pd.testing.assert_frame_equal(export, before)


# Files


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_in_chinese_is_read_in_every_usual_form(tmp_path, separator, encoding):
    path = tmp_path / "调查.csv"
    lines = [
        ["编号", "总体满意度", "推荐"],
        ["001", "非常满意", "９"],
        ["002", "不知道", "11"],
        ["003", "满意", ""],
    ]
    path.write_bytes("\r\n".join(separator.join(line) for line in lines).encode(encoding))
    read = survey.read(
        path,
        ["总体满意度", "推荐"],
        scale={"总体满意度": (1, 5), "推荐": (0, 10)},
        answers={"非常满意": 5, "满意": 4},
        dont_know="不知道",
        respondent="编号",
        constructs={"忠诚": ["推荐"]},
        labels={"推荐": "您会推荐我们吗？", "other": "not read"},
    )
    assert read.answers.index.tolist() == ["001", "002", "003"]
    assert read.answers.index.name == "编号"
    assert read.answers["总体满意度"].tolist()[::2] == [5, 4]
    assert read.rejected.to_dict("records") == [
        {"respondent": "002", "row": 2, "item": "推荐", "value": "11", "reason": "out of range (0 to 10)"}
    ]
    assert read.codebook().loc["推荐", ["label", "construct"]].tolist() == ["您会推荐我们吗？", "忠诚"]
    assert read.codebook().loc["总体满意度", "label"] == "总体满意度"


def test_the_named_encoding_and_the_line_of_names_are_used(tmp_path):
    path = tmp_path / "export.csv"
    path.write_bytes("Umfrage 2024\nZufriedenheit,Größe\n5,7\n".encode("cp1252"))
    read = survey.read(path, ["Größe"], encoding="cp1252", header=2)
    assert read.answers["Größe"].tolist() == [7]


def test_csv_parquet_and_frames_give_the_same_answers(tmp_path):
    export = pd.DataFrame(
        {"q1": [1, 9, 10, 11], "q2": [3, np.nan, 2, 99], "who": [4, 3, 2, 1], "w": [1, 2, 0.5, 0]}
    )
    export.to_csv(tmp_path / "s.csv", index=False)
    export.to_parquet(tmp_path / "s.parquet")
    sources = [export, pl.from_pandas(export), pl.from_pandas(export).to_arrow(), tmp_path / "s.csv"]
    read = [
        survey.read(source, ["q1", "q2"], dont_know=99, weight="w", respondent="who")
        for source in [*sources, str(tmp_path / "s.parquet")]
    ]
    for other in read[1:]:
        pd.testing.assert_frame_equal(other.answers, read[0].answers)
        pd.testing.assert_series_equal(other.weights, read[0].weights)
        pd.testing.assert_frame_equal(other.codebook(), read[0].codebook())
        assert other.report.counts == read[0].report.counts


def test_answers_written_to_csv_are_read_again_as_they_were(tmp_path):
    read = survey.read(pd.DataFrame({"id": ["007", "x"], "满意": [4, None]}), ["满意"], respondent="id")
    read.answers.to_csv(tmp_path / "answers.csv")
    again = survey.read(tmp_path / "answers.csv", ["满意"], respondent="id")
    pd.testing.assert_frame_equal(again.answers, read.answers)


def test_only_the_named_columns_are_read():
    export = pd.DataFrame({"q": [1], "other": [object()]})
    assert list(survey.read(export, ["q"]).answers) == ["q"]


def test_columns_carried_along_keep_their_form(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("q,year,code,group,size\n1,2017,01,东,1.5\n2,,02,,2.5\n", encoding="utf-8")
    kept = survey.read(path, ["q"], keep=["year", "code", "group", "size"]).kept
    assert kept["year"].tolist() == [2017, pd.NA]
    assert kept["code"].tolist() == ["01", "02"]
    assert kept["group"].fillna("?").tolist() == ["东", "?"]
    assert kept["size"].tolist() == [1.5, 2.5]
    assert kept.index.tolist() == [1, 2]


def test_items_may_bear_the_names_of_roles_and_be_weights_and_groups_too():
    export = pd.DataFrame({"weight": [1, 2], "respondent": [3, 4], "item_0": [5, 6]})
    read = survey.read(
        export, ["respondent", "weight", "item_0"], weight="weight", respondent="respondent", keep=["item_0"]
    )
    assert read.answers.to_numpy().tolist() == [[3, 1, 5], [4, 2, 6]]
    assert read.weights.tolist() == [1, 2]
    assert read.kept["item_0"].tolist() == [5, 6]


# Codebook

WEIGHTED = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(1, 10)), st.integers(0, 4)), min_size=1, max_size=15
)


@settings(max_examples=60, deadline=None)
@given(WEIGHTED)
def test_the_weighted_mean_is_that_of_repeated_rows(rows):
    rows = [(5, 1), *rows]
    export = pd.DataFrame(rows, columns=["q", "w"])
    repeated = export.loc[export.index.repeat(export["w"]), ["q"]]
    weighted = survey.read(export, ["q"], weight="w", reverse=["q"]).codebook()
    plain = survey.read(repeated, ["q"], reverse=["q"]).codebook()
    assert weighted.loc["q", "mean"] == pytest.approx(plain.loc["q", "mean"], rel=1e-12)


def test_equal_weights_of_any_size_change_nothing():
    export = pd.DataFrame({"q": [1, 4, 4, 9, None], "w": [0.3] * 5})
    weighted = survey.read(export, ["q"], weight="w").codebook()
    plain = survey.read(export, ["q"]).codebook()
    pd.testing.assert_frame_equal(weighted, plain, rtol=1e-12)
    assert plain.loc["q", ["n", "mean", "missing"]].tolist() == [4, 4.5, 1]
    assert plain.loc["q", "sd"] == pytest.approx((33 / 3) ** 0.5)  # 3.5² + 2 · 0.5² + 4.5² = 33


def test_the_unit_of_the_weights_does_not_matter_even_when_it_is_extreme():
    export = pd.DataFrame({"q": [1, 4, 9], "w": [1.0, 2.0, 3.0]})
    books = [
        survey.read(export.assign(w=export["w"] * unit), ["q"], weight="w").codebook()
        for unit in (1, 1e-300, 1e300)
    ]
    assert books[0].loc["q", "mean"] == pytest.approx(6)
    for other in books[1:]:
        pd.testing.assert_frame_equal(other, books[0], rtol=1e-12)


def test_weights_of_zero_leave_a_respondent_out_of_mean_and_deviation_but_not_of_n():
    export = pd.DataFrame({"q": [1, 3, 9], "w": [2, 2, 0]})
    row = survey.read(export, ["q"], weight="w").codebook().loc["q"]
    assert (row["n"], row["mean"]) == (3, 2)
    assert row["sd"] == pytest.approx(2**0.5)


def test_a_constant_item_has_no_deviation_at_all():
    export = pd.DataFrame({"q": [4.1] * 5, "w": [1.9, 0.9, 0.2, 0.1, 2.5]})
    read = survey.read(export, ["q"], weight="w")
    assert read.codebook().loc["q", ["mean", "sd"]].tolist() == [4.1, 0]
    assert read.report.warnings == ("q has one answer from all 5 who gave any: nothing varies with it.",)


def test_one_respondent_has_a_mean_and_no_deviation():
    row = survey.read(pd.DataFrame({"q": [7]}), ["q"]).codebook().loc["q"]
    assert row["mean"] == 7
    assert np.isnan(row["sd"])


def test_the_codebook_says_what_each_item_is():
    export = pd.DataFrame({"a": [1, 2], "b": [5, 99]})
    read = survey.read(
        export,
        ["b", "a"],
        scale={"a": (1, 2), "b": (0, 10)},
        reverse=["b"],
        constructs={"x": "b", "y": ["a", "b"]},
    )
    book = read.codebook()
    assert list(book) == ["label", "construct", "low", "high", "reversed", "n", "mean", "sd", "missing"]
    assert book.drop(columns="sd").reset_index().to_numpy().tolist() == [
        ["b", "b", "x, y", 0.0, 10.0, True, 1, 5.0, 1],
        ["a", "a", "y", 1.0, 2.0, False, 2, 1.5, 0],
    ]


# Scores


def test_a_score_is_the_mean_of_what_was_answered_when_half_was():
    export = pd.DataFrame({"a": [2, 2, None, None], "b": [4, None, None, None], "c": [9, 4, 3, None]})
    read = survey.read(export, ["a", "b", "c"], constructs={"all": ["a", "b", "c"], "two": ["a", "b"]})
    scores = read.scores()
    assert scores["all"].fillna(-1).tolist() == [5, 3, -1, -1]
    assert scores["two"].fillna(-1).tolist() == [3, 2, -1, -1]
    pd.testing.assert_series_equal(read.scores("two"), scores["two"])
    pd.testing.assert_index_equal(scores.index, read.answers.index)


def test_scores_turn_reversed_items_round():
    export = pd.DataFrame({"good": [9], "bad": [2]})
    read = survey.read(export, ["good", "bad"], reverse=["bad"], constructs={"x": ["good", "bad"]})
    assert read.scores("x").tolist() == [9]


def test_scores_that_mean_nothing_are_refused():
    export = pd.DataFrame({"a": [2], "b": [4]})
    read = survey.read(export, ["a", "b"], scale={"a": (1, 5), "b": (0, 10)}, constructs={"忠诚": ["a", "b"]})
    with pytest.raises(DomainError) as caught:
        read.scores()
    assert str(caught.value) == (
        'The construct "忠诚" has no mean: its items are on different scales (a 1 to 5, b 0 to 10). '
        "Put items of one scale together."
    )
    with pytest.raises(SchemaError) as unknown:
        read.scores("忠")
    assert str(unknown.value) == 'There is no construct "忠". Did you mean "忠诚"? Known: 忠诚.'
    with pytest.raises(SchemaError) as none:
        survey.read(export, ["a"]).scores()
    assert str(none.value) == (
        'This survey has no constructs. Pass constructs={"name": ["item", …]} to survey.read.'
    )


# Report


def test_the_report_says_what_was_read_item_by_item():
    export = pd.DataFrame(
        {
            "q1": ["5", "99", "12", "12", "x"],
            "推荐度": ["1", "2", "", None, ""],
            "空": ["", None, " ", "", ""],
        }
    )
    read = survey.read(export, ["q1", "推荐度", "空"], dont_know=99)
    assert str(read.report) == "\n".join(
        [
            "source                         DataFrame",
            "respondents                            5  one row each; nobody is left out",
            "respondents without an answer          3  to any of the items",
            "items                                  3",
            "answers                                3  used",
            "answers set aside                      3  out of range or not a number",
            "",
            "item    answered  blank  don't know  out of range  not a number  set aside",
            'q1             1      0           1             2             1  "12" ×2, "x" ×1',
            "推荐度         2      3           0             0             0",
            "空             0      5           0             0             0",
            "",
            "! 空 is blank for everybody. Check that this is the column of answers.",
        ]
    )
    assert repr(read) == "Survey(DataFrame: 5 respondents, 3 items, 3 answers, 3 set aside)"
    assert "<td>推荐度</td>" in read.report._repr_html_() or "<th>推荐度</th>" in read.report._repr_html_()


def test_a_survey_without_any_answer_is_read_and_warned_of():
    read = survey.read(pd.DataFrame({"a": [None, None], "b": [99, None]}), ["a", "b"], dont_know=99)
    assert read.answers.isna().all(axis=None)
    assert read.answers.dtypes.tolist() == [float, float]
    assert read.codebook()["mean"].isna().all()
    assert read.report.silent == 2
    assert read.report.warnings == (
        "a is blank for everybody. Check that this is the column of answers.",
        'b has no answer: everything is blank or "don\'t know".',
    )


def test_a_scale_that_seems_too_long_is_warned_of():
    export = pd.DataFrame({"q": [1, 2, 3, 4, 5] * 6})
    assert survey.read(export, ["q"]).report.warnings == (
        "q has no answer in the upper half of the scale 1 to 10; the highest is 5. Check the scale.",
    )
    assert survey.read(export, ["q"], scale=(1, 5)).report.warnings == ()


def test_many_answers_beyond_the_scale_are_warned_of():
    said = [6.0] * 40 + [7.0] * 29 + [1.0, 2, 3, 4, 5] * 46 + [1.0, 99.0]
    warning = "overall: 69 of 300 answers lie outside 1 to 5, such as 6 and 7. Is this its scale?"
    for export in (said, said[::-1], [f"{value:g}" for value in said]):
        for reverse in ([], ["overall"]):
            frame = pd.DataFrame({"overall": export})
            read = survey.read(frame, ["overall"], scale=(1, 5), reverse=reverse, dont_know=99)
            assert read.report.warnings == (warning,)


@pytest.mark.parametrize(("outside", "inside", "warned"), [(4, 40, 0), (5, 40, 1), (6, 294, 0), (7, 294, 1)])
def test_a_few_answers_beyond_the_scale_are_only_set_aside(outside, inside, warned):
    export = pd.DataFrame({"q": [0] * outside + [1, 5] * (inside // 2)})
    report = survey.read(export, ["q"], scale=(1, 5)).report
    assert (report.rejected, len(report.warnings)) == (outside, warned)


# Real surveys


def test_the_mobile_phone_survey_is_complete():
    export = pd.read_csv(datasets.path("ecsi_mobile"))
    read = survey.read(datasets.path("ecsi_mobile"), list(export), reverse=["CUSL2"])
    expected = export.astype(float).assign(CUSL2=11.0 - export["CUSL2"])
    pd.testing.assert_frame_equal(read.answers.reset_index(drop=True), expected)
    assert read.report.rejected == 0


def test_the_airport_survey_has_blanks_and_weights():
    items = {"Q7ALL": (1, 5), "NETPRO": (0, 10)}
    read = survey.read(datasets.path("sfo_survey"), items, scale=items, weight="WEIGHT", keep="YEAR")
    assert [counts(read, item) for item in items] == [[5313, 327, 0, 0, 0], [5396, 244, 0, 0, 0]]
    export = pd.read_csv(datasets.path("sfo_survey")).dropna(subset="Q7ALL")
    mean = np.average(export["Q7ALL"], weights=export["WEIGHT"])
    assert read.codebook().loc["Q7ALL", "mean"] == pytest.approx(mean, rel=1e-12)
    assert read.kept["YEAR"].value_counts().to_dict() == {2017: 2831, 2018: 2809}


# Refusals


def test_all_problems_are_told_at_once():
    export = pd.DataFrame({"q1": [1, 2], "q2": [0, 0], "w": [-1.0, np.nan], "id": [7, 7]})
    assert refusal(
        export, ["q1", "q2", "q3", "q1"], reverse=["q4"], weight="w", respondent="id", keep="years",
        constructs={"x": ["q2", "q2", "q9"], "y": []}, dont_know=[None], answers={"good": "five"},
    ) == (
        "survey breaks 13 rules.\n"
        "  q1          is named 2 times in items. Name it once.\n"
        '  reverse     There is no item "q4". Did you mean "q3"? Known: q1, q2, q3.\n'
        '  constructs  "x" names "q2" more than once.\n'
        '  constructs  "x": There is no item "q9". Did you mean "q3"? Known: q1, q2, q3.\n'
        '  constructs  "y" has no items.\n'
        "  answers     \"good\" has the code 'five'; a finite number was expected.\n"
        "  dont_know   None is neither a number nor a text. Blanks are known.\n"
        '  q3          There is no column "q3". Did you mean "q2"? Known: q1, q2, w, id. '
        "Correct the name in items.\n"
        '  years       There is no column "years". Known: q1, q2, w, id. Correct the name in keep.\n'
        "  q2          None of the 2 answers lies on the scale 1 to 10; seen: 0 only. If this means no "
        "opinion, pass dont_know=(0,); otherwise give the true scale.\n"
        '  id          1 of 2 rows repeats the id of an earlier row, first: row 2 "7". The usual cause is '
        "several waves in one file: pass respondent=None to number the rows, and carry the wave along with "
        "keep=(…).\n"
        "  w           1 of 2 rows has no weight, first: row 2. Complete them, or leave these respondents out "
        "first.\n"
        '  w           1 of 2 rows has a negative weight, first: row 1 "-1". A weight says for how many people '
        "a respondent stands; the usual cause is another column."
    )  # fmt: skip


def test_a_wrong_scale_is_recognised_by_the_answers():
    export = pd.DataFrame({"q": [0, 10, None, 5]})
    assert refusal(export, ["q"], scale=(20, 30)) == one(
        "q           None of the 3 answers lies on the scale 20 to 30; seen: 0 to 10. Pass scale=(0, 10), or one "
        'scale for each item: {"q": (0, 10), …}.'
    )
    assert refusal(export, ["q"], scale={"q": (20, 30)}) == one(
        "q           None of the 3 answers lies on the scale 20 to 30; seen: 0 to 10. "
        'Give "q": (0, 10) in scale.'
    )


def test_texts_without_a_key_are_refused_and_shown():
    assert refusal(pd.DataFrame({"q": ["", "满意", "非常满意", "满意"]}), ["q"]) == one(
        'q           None of the 3 answers is a number, first: row 2 "满意". '
        'Give the code of each text: answers={"满意": …, "非常满意": …}.'
    )


@pytest.mark.parametrize(
    ("scale", "sentence"),
    [
        (
            (10, 1),
            "scale       The scale (10, 1) does not rise: the low end must lie below the high end. Items in which "
            "less is better belong into reverse.",
        ),
        (
            (1, np.inf),
            "scale       The scale (1, inf) has no ends. Give the lowest and the highest answer.",
        ),
        (
            5,
            "scale       The scale is 5; the lowest and the highest answer were expected, such as (1, 10).",
        ),
        ({"q": (2, 2)}, None),
        ({"p": (1, 5)}, 'q           has no scale. Give "q": (low, high) in scale.'),
    ],
)
def test_a_scale_has_a_low_and_a_high_end(scale, sentence):
    sentence = sentence or (
        "q           The scale (2, 2) does not rise: the low end must lie below the high end. Items in which "
        "less is better belong into reverse."
    )
    assert refusal(pd.DataFrame({"q": [1]}), ["q"], scale=scale) == one(sentence)


def test_texts_that_differ_only_in_capitals_cannot_have_two_codes():
    assert refusal(pd.DataFrame({"q": ["1"]}), ["q"], answers={"Yes": 1, "ＹＥＳ": 2}) == one(
        'answers     "ＹＥＳ" has two codes: texts that differ only in width or capitals are one.'
    )


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        (
            ["1", "1,5", "x"],
            '2 of 3 rows have a weight that is no number, first: row 2 "1,5". '
            "Write a plain decimal point and no thousands separator.",
        ),
        (
            [1, np.inf, 2],
            '1 of 3 rows has a weight that is not finite, first: row 2 "inf". '
            "The usual cause is a division by zero when the weights were made.",
        ),
        (
            [0, 0, 0],
            "All 3 weights are 0, first: row 1. The usual cause is another column, or weights that were rounded. "
            "Pass weight=None to count everybody once.",
        ),
    ],
)
def test_weights_that_cannot_be_used_are_refused(weights, sentence):
    export = pd.DataFrame({"q": [1, 2, 3], "w": weights})
    assert refusal(export, ["q"], weight="w") == one(f"w           {sentence}")


def test_missing_ids_are_refused_and_whole_numbers_become_integers_where_that_is_exact():
    export = pd.DataFrame({"q": [1, 2, 3], "id": ["a", " ", None]})
    assert refusal(export, ["q"], respondent="id") == one(
        "id          2 of 3 rows have no respondent id, first: row 2. "
        "Complete them, or pass respondent=None to number the rows."
    )
    floats = export.assign(id=[1.0, 2.0, 3.0])
    assert survey.read(floats, ["q"], respondent="id").answers.index.tolist() == [1, 2, 3]
    odd = export.assign(id=[1.5, 1e300, 3.0])
    assert survey.read(odd, ["q"], respondent="id").answers.index.tolist() == [1.5, 1e300, 3.0]


def test_a_survey_needs_items_columns_named_by_texts_and_rows():
    export = pd.DataFrame({"q": [1]})
    assert refusal(export, []) == one(
        'items       No item is named. Name the columns of answers, such as ["q1", "q2"].'
    )
    assert refusal(export, [1]) == one("items       Columns are named by texts; 1 is none.")
    assert refusal(export[:0], ["q"]) == "The DataFrame names its columns but has no rows."


def test_columns_that_hold_no_answers_are_refused():
    export = pd.DataFrame({"q": pd.to_datetime(["2024-01-01"]), "w": [[1]]})
    assert refusal(export, ["q"], weight="w") == (
        "survey breaks 2 rules.\n"
        "  q           is of type TIMESTAMP; numbers or texts were expected.\n"
        "  w           is of type BIGINT[]; numbers or texts were expected."
    )
