"""What a chapter shows, saves and concludes."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import small_chapter
from matplotlib.figure import Figure

from crmtheory import contents, markup
from crmtheory.chapter import Chapter, open_chapter
from crmtheory.errors import SchemaError
from crmtheory.plots import style

GIVEN = {"customer": "Zhang", "horizon_weeks": 52, "margin": 0.3, "names": [], "deep": False, "output": ""}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    small_chapter.write(tmp_path / "notebooks")
    return tmp_path / "notebooks"


@pytest.fixture
def chapter(tmp_path: Path) -> Chapter:
    return Chapter(contents.find("value"), {"output": str(tmp_path / "out"), "horizon_weeks": 52})


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict, dict]]:
    """What the chapter displays: data and metadata of each output."""
    outputs: list[tuple[dict, dict]] = []
    monkeypatch.setattr(
        "crmtheory.chapter._display", lambda data, meta=None: outputs.append((data, meta or {}))
    )
    return outputs


def written(chapter: Chapter) -> dict:
    return json.loads((chapter.folder / "result.json").read_text(encoding="utf-8"))


def test_opening_accepts_the_defaults_and_an_integer_where_a_number_is_wanted(folder: Path) -> None:
    opened = open_chapter("value", {**GIVEN, "margin": 1}, folder=folder)
    assert opened.parameters == {k: v for k, v in {**GIVEN, "margin": 1}.items() if k != "output"}
    assert opened.folder == Path("results/value")


def test_opening_lists_every_fault_in_one_message(folder: Path) -> None:
    given = {
        **GIVEN,
        "horizon_weeks": "abc",
        "deep": 1,
        "In": ["", "# Parameters\nhorizn_weeks = 3\nmargin = 0.2"],
    }
    del given["names"]
    with pytest.raises(SchemaError) as caught:
        open_chapter("value", given, folder=folder)
    assert str(caught.value) == (
        "The parameters of the value chapter break 4 rules.\n"
        '  There is no parameter "horizn_weeks". Did you mean "horizon_weeks"? '
        "Known: customer, horizon_weeks, margin, names, deep, output.\n"
        '  horizon_weeks must be an int, not "abc".\n'
        "  names is missing from the cell tagged parameters.\n"
        "  deep must be true or false (bool), not 1."
    )


def test_a_parameter_which_the_analyst_has_added_to_the_cell_is_accepted(folder: Path) -> None:
    history = ["", "mine: int = 3", "# Parameters\nmine = 4"]
    assert open_chapter("value", {**GIVEN, "In": history}, folder=folder).parameters["margin"] == 0.3


@pytest.mark.parametrize("value", [float("nan"), True, "0.3", None])
def test_a_number_must_be_a_number(folder: Path, value: object) -> None:
    with pytest.raises(SchemaError, match="margin must be a number"):
        open_chapter("value", {**GIVEN, "margin": value}, folder=folder)


def test_nothing_is_written_before_the_first_save(chapter: Chapter, shown: list) -> None:
    chapter.say("hello")
    chapter.key_figure("value", 3)
    assert not chapter.folder.exists()


def test_text_of_the_data_is_shown_as_it_is_and_numbers_as_the_template_says(
    chapter: Chapter, shown: list
) -> None:
    chapter.say(
        "**{who}** has {n:,} orders, `{column}`, {gap:.1%}",
        who="<script>*$",
        n=1234,
        column="a_b",
        gap=np.nan,
    )
    assert shown[0][0]["text/markdown"] == "**&lt;script&gt;&#42;&#36;** has 1,234 orders, `a_b`, n/a"


def test_a_name_missing_from_a_sentence_is_named(chapter: Chapter) -> None:
    with pytest.raises(SchemaError) as caught:
        chapter.say("{shares}", share=1)
    expected = 'There is no value for this sentence "shares". Did you mean "share"? Known: share.'
    assert str(caught.value) == expected


def test_a_figure_is_shown_once_with_number_and_alternative_text_and_closed(
    chapter: Chapter, shown: list
) -> None:
    import matplotlib.pyplot as plt

    for name in ("first", "second", "first"):
        figure, ax = plt.subplots()
        ax.plot([0, 1])
        chapter.show(ax, alt="{who} {share:.0%}", name=name, who="a<b", share=0.7)
        assert not plt.fignum_exists(figure.number)
    assert [meta["image/png"]["label"] for data, meta in shown if "image/png" in data] == [
        "Figure 1.",
        "Figure 2.",
        "Figure 1.",
    ]
    assert shown[0][1]["image/png"]["alt"] == "a<b 70%"
    assert shown[1][0]["text/markdown"] == "*Figure 1.* a&lt;b 70%"
    assert (chapter.folder / "figures" / "first.png").read_bytes().startswith(b"\x89PNG")


def test_the_same_figure_gives_the_same_bytes(chapter: Chapter, shown: list) -> None:
    import matplotlib.pyplot as plt

    for name in ("first", "second"):
        figure, ax = plt.subplots()
        ax.plot([0, 1])
        chapter.show(figure, alt="a line", name=name)
    first, second = (
        (chapter.folder / "figures" / f"{name}.png").read_bytes() for name in ("first", "second")
    )
    assert first == second


def test_a_table_is_escaped_aligned_and_says_how_much_of_it_is_shown() -> None:
    frame = pd.DataFrame({"name": ["<b>", "李雷", "x"], "clv": [1234.5, np.nan, 2.0]}, index=[7, 8, 9])
    page = markup.table(frame.rename_axis("customer"), caption="By value", rows=2)
    assert '<caption style="text-align:left">By value (first 2 of 3 rows)</caption>' in page
    assert '<th scope="row" style="text-align:right">7</th><td style="text-align:left">&lt;b&gt;</td>' in page
    assert '<td style="text-align:right">1,234.5</td>' in page
    assert '<td style="text-align:right">n/a</td>' in page
    assert page.count("<tr>") == 3


def test_the_report_of_a_log_says_which_data_were_used(chapter: Chapter) -> None:
    given = {"sha256": "00ff", "rows": 5, "customers": 3}
    log = SimpleNamespace(**given, first_date=date(2010, 1, 1), last_date=date(2010, 12, 31))
    chapter.data("mine.csv", log)
    days = {"first": "2010-01-01", "last": "2010-12-31"}
    assert chapter.result()["data"] == [{"name": "mine.csv", **given, **days}]


def test_a_column_of_many_kinds_and_a_checksum_stay_readable() -> None:
    page = markup.table(pd.DataFrame({"value": ["f" * 64, 6919, 244091.936, date(1997, 1, 1), True]}))
    cells = re.findall(r"<td[^>]*>(.*?)</td>", page)
    assert cells == ["<wbr>".join(["f" * 16] * 4), "6,919", "244,091.94", "1997-01-01", "True"]


def test_a_format_may_be_a_template_or_a_function() -> None:
    frame = pd.DataFrame({"a": [1234.5, np.nan], "b": [0.5, 1.0], "c": ["x", "y"]})
    page = markup.table(frame, formats={"a": "£{:,.0f}", "b": lambda value: f"{value:.0%}", "c": "{:.1f}"})
    cells = re.findall(r"<td[^>]*>(.*?)</td>", page)
    assert cells == ["£1,234", "50%", "x", "n/a", "100%", "y"]


def test_a_customer_number_has_no_thousands_separator() -> None:
    assert ">12346</th>" in markup.table(pd.DataFrame({"x": [1]}, index=pd.Index([12346], name="customer")))


def test_a_format_for_a_column_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SchemaError) as caught:
        markup.table(pd.DataFrame({"clv": [1.0]}), formats={"clvv": ".1f"})
    assert str(caught.value) == 'There is no column "clvv". Did you mean "clv"? Known: clv.'


def test_a_saved_table_keeps_its_index_and_disarms_formulas(chapter: Chapter) -> None:
    frame = pd.DataFrame(
        {"text": ["=1+1", "+a", "-b"], "kind": pd.Categorical(["@x", "y", "y"]), "n": [-1.5, np.nan, 2]},
        index=pd.Index(["\tq", "李雷", "c"], name="customer"),
    )
    chapter.save(frame, "customers")
    content = (chapter.folder / "tables" / "customers.csv").read_bytes()
    assert content.decode("utf-8") == (
        "customer,text,kind,n\n'\tq,'=1+1,'@x,-1.5\n李雷,'+a,y,\nc,'-b,y,2.0\n"
    )
    assert frame.loc["c", "text"] == "-b"


@pytest.mark.parametrize("name", ["../out", "a b", ""])
def test_a_name_that_could_leave_the_folder_is_refused(chapter: Chapter, name: str) -> None:
    with pytest.raises(SchemaError, match="cannot name a file"):
        chapter.save(pd.DataFrame({"x": [1]}), name)


def test_a_failed_write_leaves_no_half_file(chapter: Chapter, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("crmtheory.chapter.os.replace", full)
    with pytest.raises(OSError, match="no space left"):
        chapter.save(pd.DataFrame({"x": [1]}), "customers")
    assert list((chapter.folder / "tables").iterdir()) == []


def test_the_result_holds_what_was_found_with_null_for_missing_numbers(chapter: Chapter, shown: list) -> None:
    first = pd.Timestamp("2010-01-01 10:00")
    chapter.data("mine.csv", sha256="00ff", rows=np.int64(5), customers=3, first=first, last=pd.NaT)
    chapter.key_figure("value", np.float64("nan"), low=float("-inf"), high=2.5, unit="£")
    chapter.goal("repeat rate", 0.4, 0.3, trend="rising")
    chapter.verdict({"id": "VAL-1", "verdict": "supported", "theta": float("nan"), "data": "a"})
    chapter.verdict(
        {"id": "VAL-1", "verdict": "contradicted", "data": "a"}, {"id": "VAL-2", "verdict": "supported"}
    )
    chapter.finish()
    found = written(chapter)
    assert found["data"] == [
        {"name": "mine.csv", "sha256": "00ff", "rows": 5, "customers": 3, "first": "2010-01-01", "last": None}
    ]
    assert found["key_figures"] == [
        {"label": "value", "value": None, "low": None, "high": 2.5, "unit": "£", "text": ""}
    ]
    assert [(one["id"], one["verdict"]) for one in found["verdicts"]] == [
        ("VAL-1", "contradicted"),
        ("VAL-2", "supported"),
    ]
    assert found["goals"][0]["low"] is None
    assert found["parameters"] == {"horizon_weeks": 52}
    assert (found["schema"], found["theory"]) == (1, "value")
    assert {"python", "crmtheory", "numpy", "scipy", "pandas"} <= set(found["versions"])


def test_the_result_does_not_depend_on_where_it_is_written(tmp_path: Path, shown: list) -> None:
    texts = []
    for name in ("one", "two"):
        chapter = Chapter(contents.find("value"), {"output": str(tmp_path / name), "names": ["b", "a"]})
        chapter.finish()
        texts.append((tmp_path / name / "result.json").read_bytes())
    assert texts[0] == texts[1]


def test_a_verdict_must_name_its_claim(chapter: Chapter) -> None:
    with pytest.raises(SchemaError, match="A verdict must name its id: "):
        chapter.verdict({"verdict": "supported"})


def test_chinese_names_on_a_figure_are_drawn_with_a_font_that_has_them():
    ax = Figure().subplots()
    ax.set_yticks([0, 1], ["王小明", "Ann"])
    missing = style.readable(ax.figure)
    name, other = ax.get_yticklabels()
    if missing:  # no such font here
        assert (
            missing
            == "A figure has Chinese names and no font for them: install fonts-noto-cjk, or another one."
        )
    else:
        assert name.get_fontfamily()[-1] in style.CHINESE
    assert other.get_fontfamily()[-1] not in style.CHINESE


def test_every_answer_is_kept_and_a_cell_that_runs_again_replaces_its_own(
    chapter: Chapter, shown: list[tuple[dict, dict]]
) -> None:
    chapter.answer("first", "{text}", text="One.")
    chapter.answer("second", "{text}", text="Two & <three>.")
    chapter.answer("first", "{text}", text="One again.")
    assert [data["text/plain"] for data, _ in shown] == ["**One.**", "**Two & <three>.**", "**One again.**"]
    chapter.finish()
    assert written(chapter)["answers"] == [
        {"name": "first", "text": "One again."},
        {"name": "second", "text": "Two & <three>."},
    ]
