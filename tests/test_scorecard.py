"""The front page: every claim with its verdict in words, numbers and a picture; goals; cards of the chapters."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pandas as pd
import pytest
import small_chapter
from pages import Page, assert_requests_nothing

from crmtheory import notebooks, report, scorecard
from crmtheory.claims.calibration import calibration
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
    assert all(text.count(f'id="{id_}"') == 1 for id_ in scorecard.ledger())
    assert 'href="one/05_customer_value.html"' in text
    assert 'href="one/05_customer_value.ipynb"' in text
    assert text.count('<p class="soft">Not run.</p>') == len(THEORIES) - 1


def test_a_verdict_is_told_in_words_numbers_and_a_picture_with_a_name(tmp_path: Path) -> None:
    text = front([run_with([VERDICT], tmp_path)], tmp_path)
    assert '<span class="verdict contradicted"><span aria-hidden="true">✘</span> contradicted' in text
    assert "θ 0.723 [0.710, 0.740]; δ 0.8" in text
    assert 'aria-label="estimate 0.723, 95 % interval 0.71 to 0.74, threshold 0.8"' in text


def test_a_claim_without_a_verdict_says_why_and_what_would_make_it_testable(tmp_path: Path) -> None:
    text = html.unescape(front([run_with([VERDICT], tmp_path)], tmp_path))
    needs = scorecard.ledger()["LIF-6"]["needs"]
    assert text.count("its chapter was not run.") >= len(scorecard.ledger()) - 5
    assert f"It becomes testable with {'; '.join(needs)}.".replace("20 %", "20\u00a0%") in text
    rows = {row["id"]: row for row in scorecard.rows([run_with([VERDICT], tmp_path)])}
    assert rows["VAL-2"]["reason"] == "its chapter does not ask it of these data"
    assert rows["LIF-6"]["reason"] == "its chapter was not run"


def test_a_chapter_that_stopped_or_was_left_out_is_the_reason_of_its_claims(tmp_path: Path) -> None:
    rows = {
        row["id"]: row
        for row in scorecard.rows(
            [], failures={"value, CDNOW": "broken"}, left_out={"satisfaction": "The study has no survey."}
        )
    }
    assert rows["VAL-1"]["reason"] == "its chapter stopped, see above"
    assert rows["SAT-1"]["reason"] == "its chapter was not run: The study has no survey"
    page = front([], tmp_path, {"value, CDNOW": "broken"})
    assert "Stopped: value, CDNOW." in page


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
    assert "Not testable: no &lt;column&gt;." in text
    assert "<svg" not in text


def test_claims_are_counted_by_verdict_and_simulations_apart(tmp_path: Path) -> None:
    one = run_with([VERDICT, {**VERDICT, "id": "VAL-2", "verdict": "supported (simulation)"}], tmp_path)
    other = run_with([{**VERDICT, "verdict": "supported"}], tmp_path, "Online Retail")
    text = front([one, other], tmp_path)
    counts = re.findall(r"<li><b>(\d+)</b>.*</span> (.*?)</span></li>", text)
    assert counts == [
        ("0", "supported"),
        ("0", "contradicted"),
        ("0", "inconclusive"),
        ("1", "differs between data sets"),
        ("1", "supported (simulation)"),
        (str(len(scorecard.ledger()) - 2), "not testable"),
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


def test_each_verdict_stands_beside_that_of_the_family(tmp_path: Path) -> None:
    just = {
        **VERDICT,
        "id": "VAL-2",
        "theta": 0.3,
        "low": 0.01,
        "high": 0.59,
        "delta": 0.0,
        "verdict": "supported",
    }
    runs = [run_with([VERDICT, just], tmp_path)]
    rows = {row["id"]: row for row in scorecard.rows(runs)}
    assert (rows["VAL-1"]["family_verdict"], rows["VAL-2"]["family_verdict"]) == ("contradicted", "supported")
    many = [run_with([VERDICT, just, *[{**just, "data": f"d{i}"} for i in range(5)]], tmp_path)]
    rows = {(row["id"], row["data"]): row for row in scorecard.rows(many)}
    assert rows["VAL-2", "cdnow"]["family_verdict"] == "inconclusive"
    text = front(many, tmp_path)
    assert 'among all 7: <b class="inconclusive">inconclusive</b>' in text
    assert f"what the data say about 2 of {len(scorecard.ledger())} claims" in text
    assert "Not decided any more when all 7 verdicts are judged together: VAL-2 (cdnow)," in text
    assert "These do not hold among so many and read inconclusive then: VAL-2 (cdnow)" in text


def test_a_row_links_to_the_heading_of_its_chapter(tmp_path: Path) -> None:
    told = {**VERDICT, "place": "How unequal are customers?"}
    text = front([run_with([told], tmp_path / "value-cdnow")], tmp_path)
    assert 'href="value-cdnow/a.html#how-unequal-are-customers"' in text


def test_effect_caveat_method_and_source_of_the_threshold_are_on_the_page(tmp_path: Path) -> None:
    told = {
        **VERDICT, "effect": "The best bring 72 %.", "caveat": "It says nothing of why.", "reading": "description",
        "method": "Sorted and summed.", "delta_source": "the claim itself",
    }  # fmt: skip
    text = html.unescape(front([run_with([told], tmp_path)], tmp_path))
    assert "<p>The best bring 72\u00a0%.</p>" in text
    assert "<b>A description.</b> It says nothing of why." in text
    assert "Method: Sorted and summed." in text
    assert "δ = 0.8: the claim itself." in text


def test_the_files_hold_the_page_for_programs_and_the_same_runs_give_the_same_bytes(tmp_path: Path) -> None:
    for place in (tmp_path / "a", tmp_path / "b"):
        runs = [
            run_with(
                [{**VERDICT, "data": "=cmd()"}, {**VERDICT, "id": "VAL-2", "low": None}], place / "value-x"
            )
        ]
        front(runs, place)
    for name in ("scorecard.csv", "scorecard.json", "index.html"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    told = json.loads((tmp_path / "a" / "scorecard.json").read_text(encoding="utf-8"))
    assert {row["id"] for row in told["claims"]} == set(scorecard.ledger())
    table = pd.read_csv(tmp_path / "a" / "scorecard.csv").set_index("id")
    assert table.loc["VAL-1", "data"] == "'=cmd()"
    assert table.loc["VAL-1", "verdict"] == "contradicted"
    assert list(tmp_path.glob("a/.*")) == []


def test_the_data_are_listed_once_with_the_chapters_that_use_them(tmp_path: Path) -> None:
    log = {
        "name": "sales.csv",
        "sha256": "ab" * 32,
        "rows": 1234,
        "customers": 99,
        "first": "2024-01-01",
        "last": "2024-12-31",
    }
    tables = [{"name": "rejected", "file": "rejected.csv", "rows": 7, "columns": []}]
    runs = [
        run_with([VERDICT], tmp_path, data=[log], tables=tables),
        RunResult(
            "lifecycle", "CDNOW", tmp_path, tmp_path / "b.ipynb", tmp_path / "b.html", {"data": [log]}, 1.0
        ),
    ]
    text = front(runs, tmp_path)
    assert text.count('<th scope="row">sales.csv</th>') == 1
    assert '<td class="number">1,234</td><td class="number">7</td><td class="number">99</td>' in text
    assert "<td>2, 5</td><td><code>abababababab</code></td>" in text


def test_how_far_a_verdict_can_be_trusted_is_told_from_the_simulated_worlds(tmp_path: Path) -> None:
    text = front([run_with([VERDICT], tmp_path)], tmp_path)
    assert 'id="trust"' in text
    worlds = calibration().reset_index()
    clear = worlds[worlds["world"] == "clearly true"]
    small = clear.loc[clear["supported"] < 0.8 * clear["worlds"], "claim"]
    part = text[text.index('id="trust"') : text.index('id="files"')]
    assert re.findall(r'href="#([A-Z]+-\d)"', part) == small.tolist()
