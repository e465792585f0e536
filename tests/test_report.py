"""Pages of chapters and the front page: complete, harmless, usable without mouse, colours or network."""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
import small_chapter

from crmtheory import notebooks, prose, report, scorecard
from crmtheory.contents import THEORIES
from crmtheory.notebooks import RunResult

VERDICT = {
    "id": "VAL-1", "claim": "20 % bring 80 %", "claim_zh": "", "theta": 0.723, "low": 0.71, "high": 0.74,
    "delta": 0.8, "delta_source": "", "kind": "at least", "verdict": "contradicted", "reason": "", "n": 2357,
    "data": "cdnow",
}  # fmt: skip


class Page(HTMLParser):
    """The tags of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    folder = tmp_path_factory.mktemp("chapters")
    small_chapter.write(folder)
    given = {"customer": "<script>alert(1)</script>"}
    return notebooks.run("value", given, tmp_path_factory.mktemp("out") / "one", folder=folder, label="CDNOW")


@pytest.fixture(scope="module")
def page(chapter: RunResult) -> str:
    return chapter.html.read_text(encoding="utf-8")


def run_with(verdicts: list[dict], folder: Path, label: str = "CDNOW", **more: object) -> RunResult:
    result = {"verdicts": verdicts, "key_figures": [], "goals": [], "figures": [], **more}
    return RunResult("value", label, folder, folder / "a.ipynb", folder / "a.html", result, 1.0)


def front(runs: list[RunResult], folder: Path, failures: dict[str, str] | None = None) -> str:
    return report.index(runs, folder, failures).read_text(encoding="utf-8")


def markdown(text: str) -> str:
    cell = nbformat.v4.new_markdown_cell(text)
    return report.page(nbformat.v4.new_notebook(cells=[cell]))


def output(**data: str) -> str:
    mime = {kind.replace("_", "/"): content for kind, content in data.items()}
    cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("display_data", mime)])
    return report.page(nbformat.v4.new_notebook(cells=[cell]))


def assert_requests_nothing(text: str) -> None:
    tags = Page(text).tags
    loads = [attrs.get("src") for tag, attrs in tags if tag != "a" and attrs.get("src")]
    assert all(source.startswith("data:") for source in loads if source)
    assert not [attrs for tag, attrs in tags if tag in {"link", "iframe", "object", "embed", "base"}]
    assert "@import" not in text
    assert "url(" not in text
    assert "default-src 'none'" in text


def test_a_chapter_requests_nothing_from_anywhere(page: str) -> None:
    assert_requests_nothing(page)
    assert 'href="https://example.org/paper"' in page  # a link in the text is a link


def test_a_customer_called_script_stays_text(page: str) -> None:
    assert "<script>alert" not in page
    assert "<strong>&lt;script&gt;alert(1)&lt;/script&gt;</strong>" in page
    assert len(Page(page).all("script")) == 1  # that of the page


def test_tags_in_markdown_that_a_cell_puts_out_are_shown_not_obeyed() -> None:
    text = output(text_markdown='<img src=x onerror="alert(1)"> **bold** [x](javascript:alert(1))')
    assert "<img" not in text
    assert "<strong>bold</strong>" in text
    assert "javascript:alert" not in text


def test_html_that_a_cell_puts_out_loses_scripts_pictures_and_handlers() -> None:
    text = output(
        text_html='<table onclick="a()"><tr><th>a</th></tr></table><img src="http://x.org/p"><script>b()</script>'
    )
    assert "onclick" not in text
    assert not Page(text).all("img")
    assert "<script>b()" not in text
    assert Page(text).all("th") == [{"scope": "row"}]


def test_code_is_folded_and_figures_have_alternative_text_and_caption(page: str) -> None:
    tags = Page(page)
    code = [attrs for attrs in tags.all("details") if attrs.get("class") == "code"]
    assert code
    assert all("open" not in attrs for attrs in code)
    (image,) = tags.all("img")
    assert image["alt"] == "Lorenz curve: <script>alert(1)</script> and the top 20 % bring 70% of revenue."
    assert len(tags.all("figcaption")) == 1
    assert page.count("Lorenz curve: &lt;script&gt;") == 2  # alternative text and caption, not a third time
    assert int(image["width"] or 0) > 0


def test_formulas_are_mathml(page: str) -> None:
    displays = [attrs["display"] for attrs in Page(page).all("math")]
    assert displays == ["inline", "inline", "inline", "block"]
    assert "<mi>λ</mi>" in page
    assert "$$" not in page


@pytest.mark.parametrize(
    "latex", [r"\left( x", "x_1_2", r"\nosuchword x", r"\begin{gathered}a&b\end{gathered}"]
)
def test_a_formula_that_cannot_be_read_is_shown_as_code(latex: str) -> None:
    assert prose.formula(latex) == f"<code>{html.escape(latex)}</code>"


def test_aligned_equations_are_read() -> None:
    assert "<mtable" in prose.formula(r"\begin{aligned}a &= b\\ &= c\end{aligned}", "block")


def test_an_amount_in_dollars_is_no_formula() -> None:
    from crmtheory.markup import sentence

    text = output(text_markdown=sentence("{a} to {b}", {"a": "$5", "b": "$6"}))
    assert "<p>$5 to $6</p>" in text


def test_the_page_has_language_title_contents_skip_link_and_places(page: str) -> None:
    tags = Page(page)
    assert tags.all("html") == [{"lang": "en"}]
    assert "<title>What is one customer worth?</title>" in page
    assert tags.all("a")[0]["href"] == "#content"
    assert len(tags.all("main")) == len(tags.all("nav")) == 1
    targets = {attrs.get("id") for _, attrs in tags.tags}
    jumps = [attrs["href"] for attrs in tags.all("a") if (attrs["href"] or "").startswith("#")]
    assert len(jumps) == 4
    assert all((jump or "#")[1:] in targets for jump in jumps)
    assert "客户价值" in page


def test_equal_headings_have_different_places() -> None:
    assert {attrs["id"] for attrs in Page(markdown("## 价值\n\n## 价值")).all("h2")} == {"价值", "价值-2"}


def test_heads_of_tables_say_what_they_head_and_wide_tables_scroll_alone(page: str) -> None:
    tags = Page(page)
    assert all(attrs.get("scope") in {"col", "row"} for attrs in tags.all("th"))
    boxes = [attrs for _, attrs in tags.tags if attrs.get("class") == "scroll"]
    assert all(attrs.get("tabindex") == "0" and attrs.get("aria-label") for attrs in boxes)
    assert (
        len([attrs for attrs in boxes if attrs["aria-label"] == "Customers by value (first 2 of 3 rows)"])
        == 1
    )


def test_the_colours_of_the_code_can_be_read() -> None:
    from pygments.styles import get_style_by_name

    for name, ground in ((report.LIGHT, "f6f6f3"), (report.DARK, "1c1f23")):
        for token, look in get_style_by_name(name):
            if look["color"] and not re.search("Error|Generic|Whitespace", str(token)):
                assert contrast(look["color"], ground) > 4.5, token


def test_the_colours_of_the_text_can_be_read() -> None:
    css = (report.TEMPLATES / "style.css").read_text(encoding="utf-8")
    light, dark = (dict(re.findall(r"--(\w+): #(\w{6})", part)) for part in css.split("@media", 2)[:2])
    for colours in (light, dark):
        for name in ("ink", "soft", "link", "good", "bad", "open", "none"):
            for ground in ("ground", "panel"):
                assert contrast(colours[name], colours[ground]) > 4.5, (name, ground)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (WCAG 2.2)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


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
        said = re.findall(r"</span> not implemented yet(.*?)</span></li>\n", text + "\n")
        reasons = [claim["not_testable"] for claim in scorecard.ledger().values() if "not_testable" in claim]
        assert reasons
        for reason in reasons:
            assert f"not implemented yet. {html.escape(reason, quote=False)}" in html.unescape(text)
        assert len(said) >= 1


def test_the_pictures_of_one_claim_share_their_axis(tmp_path: Path) -> None:
    other = {**VERDICT, "theta": 0.9, "low": 0.85, "high": 0.95, "verdict": "supported"}
    text = front([run_with([VERDICT], tmp_path), run_with([other], tmp_path, "Other")], tmp_path)
    ends = re.findall(r'text-anchor="(?:start|end)" dx="-?4">(.*?)<', text)
    assert ends == ["0.65", "1", "0.65", "1"]


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
    assert "<td>none set</td><td>29 %</td><td>27 % to 31 %</td><td></td>" in text


def test_code_of_cells_that_show_nothing_is_folded_with_the_next(page: str) -> None:
    folds = re.findall(r'<details class="code">(.*?)</details>', page, flags=re.DOTALL)
    assert [fold.count('aria-label="Code"') for fold in folds][:2] == [
        3,
        1,
    ]  # parameters, given ones, opening


def test_a_result_read_back_from_its_file_gives_the_same_page(chapter: RunResult, tmp_path: Path) -> None:
    again = json.loads((chapter.folder / "result.json").read_text(encoding="utf-8"))
    copy = RunResult("value", "CDNOW", chapter.folder, chapter.notebook, chapter.html, again, 9.0)
    assert front([copy], tmp_path) == front([chapter], tmp_path)
