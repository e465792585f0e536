"""The front page: every claim with its verdict in words, numbers and a picture; goals; cards of the chapters."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest
import small_chapter
from pages import Page, assert_requests_nothing

from crmtheory import notebooks, report, scorecard
from crmtheory.contents import THEORIES
from crmtheory.notebooks import RunResult

VERDICT = {
    "id": "VAL-1", "claim": "20 % bring 80 %", "claim_zh": "", "theta": 0.723, "low": 0.71, "high": 0.74,
    "delta": 0.8, "delta_source": "", "kind": "at least", "verdict": "contradicted", "reason": "", "n": 2357,
    "data": "cdnow",
}  # fmt: skip


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    folder = tmp_path_factory.mktemp("chapters")
    small_chapter.write(folder)
    given = {"customer": "<script>alert(1)</script>"}
    return notebooks.run("value", given, tmp_path_factory.mktemp("out") / "one", folder=folder, label="CDNOW")


def run_with(verdicts: list[dict], folder: Path, label: str = "CDNOW", **more: object) -> RunResult:
    result = {"verdicts": verdicts, "key_figures": [], "goals": [], "figures": [], **more}
    return RunResult("value", label, folder, folder / "a.ipynb", folder / "a.html", result, 1.0)


def front(runs: list[RunResult], folder: Path, failures: dict[str, str] | None = None) -> str:
    return report.index(runs, folder, failures).read_text(encoding="utf-8")


def test_the_front_page_lists_every_claim_and_requests_nothing(chapter: RunResult) -> None:
    text = front([chapter], chapter.folder.parent)
    assert_requests_nothing(text)
    assert not Page(text).all("script")
    assert all(f'<span class="id">{id_}' in text for id_ in scorecard.ledger())
    assert 'href="one/05_customer_value.html"' in text
    assert text.count("not written yet") == len(THEORIES) - 1


def test_a_verdict_is_told_in_words_numbers_and_a_picture_with_a_name(tmp_path: Path) -> None:
    text = front([run_with([VERDICT], tmp_path)], tmp_path)
    assert '<span class="verdict contradicted"><span aria-hidden="true">✘</span> contradicted' in text
    assert "θ 0.723 [0.710, 0.740]; δ 0.8" in text
    assert 'aria-label="estimate 0.723, 95 % interval 0.71 to 0.74, threshold 0.8"' in text


def test_claims_without_a_test_say_so_with_the_reason_of_the_ledger(tmp_path: Path) -> None:
    none = {**VERDICT, "verdict": "not testable", "reason": "not implemented yet", "theta": None}
    for runs in ([], [run_with([none], tmp_path)]):
        text = front(runs, tmp_path)
        counted = re.findall(r"<b>(\d+)</b> .*</span> not implemented yet</span></li>", text)
        assert counted == [str(len(scorecard.ledger()))]
        reasons = [claim["not_testable"] for claim in scorecard.ledger().values() if "not_testable" in claim]
        assert reasons
        for reason in reasons:
            assert f"not testable: not implemented yet. {html.escape(reason, quote=False)}" in html.unescape(
                text
            )


def test_the_pictures_of_one_claim_share_their_axis(tmp_path: Path) -> None:
    other = {**VERDICT, "theta": 0.9, "low": 0.85, "high": 0.95, "verdict": "supported"}
    text = front([run_with([VERDICT], tmp_path), run_with([other], tmp_path, "Other")], tmp_path)
    ends = re.findall(r'text-anchor="(?:start|end)" dx="-?4">(.*?)<', text)
    assert ends == ["0.68", "0.98", "0.68", "0.98"]


def test_an_interval_without_width_or_end_gives_no_crash(tmp_path: Path) -> None:
    point = {**VERDICT, "theta": 0.7, "low": 0.7, "high": 0.7}
    endless = {**VERDICT, "high": float("inf")}
    assert "θ 0.7 [0.7, 0.7]" in front([run_with([point], tmp_path)], tmp_path)
    assert "<svg" not in front([run_with([endless], tmp_path)], tmp_path)


def test_an_equivalence_claim_has_two_thresholds(tmp_path: Path) -> None:
    text = front(
        [run_with([{**VERDICT, "id": "VAL-5", "kind": "equivalence", "delta": 0.1}], tmp_path)], tmp_path
    )
    assert "δ ±0.1" in text
    assert text.count("stroke-dasharray") == 2


def test_a_verdict_without_numbers_gives_its_reason_and_no_picture(tmp_path: Path) -> None:
    bare = {
        **VERDICT,
        "theta": None,
        "low": None,
        "high": None,
        "verdict": "not testable",
        "reason": "no <column>",
    }
    text = front([run_with([bare], tmp_path)], tmp_path)
    assert "not testable: no &lt;column&gt;" in text
    assert "<svg" not in text


def test_claims_are_counted_by_verdict_and_simulations_apart(tmp_path: Path) -> None:
    one = run_with([VERDICT, {**VERDICT, "id": "VAL-2", "verdict": "supported (simulation)"}], tmp_path)
    other = run_with([{**VERDICT, "verdict": "supported"}], tmp_path, "Online Retail")
    text = front([one, other], tmp_path)
    counts = re.findall(r"<li><b>(\d+)</b>.*</span> (.*?)</span>", text)
    assert counts == [
        ("0", "supported"),
        ("0", "contradicted"),
        ("0", "inconclusive"),
        ("1", "differs between data sets"),
        ("1", "supported (simulation)"),
        (str(len(scorecard.ledger()) - 2), "not implemented yet"),
    ]


def test_text_from_results_is_escaped_on_the_front_page(tmp_path: Path) -> None:
    goal = {"indicator": "<i>x", "target": 0.4, "actual": None, "low": None, "high": None, "trend": "<b>"}
    key = {"label": "<u>", "value": 1234.5, "low": None, "high": None, "unit": "£", "text": ""}
    run = run_with([{**VERDICT, "data": "<s>"}], tmp_path, "<em>", goals=[goal], key_figures=[key])
    text = front([run], tmp_path, {"<a>": "<b>\nbroken"})
    for bad in ("<i>x", "<u>", "<s>", "<em>", "<a>"):
        assert bad not in text
    assert "£1,234" in text
    assert "&lt;b&gt;\nbroken" in text


def test_the_goal_table_shows_target_actual_interval_and_trend(chapter: RunResult, tmp_path: Path) -> None:
    text = front([chapter], tmp_path)
    assert "<td>0.4</td><td>0.35</td><td>0.31 to 0.39</td><td>rising</td>" in text


def test_goals_in_per_cent_are_shown_so_and_a_goal_may_have_no_target(tmp_path: Path) -> None:
    goal = {
        "indicator": "x",
        "target": None,
        "actual": 0.29,
        "low": 0.27,
        "high": 0.31,
        "trend": "",
        "unit": "%",
    }
    text = front([run_with([VERDICT], tmp_path, goals=[goal])], tmp_path)
    assert "<td>none set</td><td>29%</td><td>27% to 31%</td><td></td>" in text


def test_a_result_read_back_from_its_file_gives_the_same_page(chapter: RunResult, tmp_path: Path) -> None:
    again = json.loads((chapter.folder / "result.json").read_text(encoding="utf-8"))
    copy = RunResult("value", "CDNOW", chapter.folder, chapter.notebook, chapter.html, again, 9.0)
    assert front([copy], tmp_path) == front([chapter], tmp_path)
