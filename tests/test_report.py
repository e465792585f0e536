"""Pages of chapters: complete, harmless, usable without mouse, colours or network."""

from __future__ import annotations

import html
import re

import nbformat
import pytest
import small_chapter
from pages import Page, assert_requests_nothing

from crmtheory import markup, notebooks, prose, report
from crmtheory.notebooks import RunResult


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    folder = tmp_path_factory.mktemp("chapters")
    small_chapter.write(folder)
    given = {"customer": "<script>alert(1)</script>"}
    return notebooks.run("value", given, tmp_path_factory.mktemp("out") / "one", folder=folder, label="CDNOW")


@pytest.fixture(scope="module")
def page(chapter: RunResult) -> str:
    return chapter.html.read_text(encoding="utf-8")


def markdown(text: str) -> str:
    cell = nbformat.v4.new_markdown_cell(text)
    return report.page(nbformat.v4.new_notebook(cells=[cell]))


def output(**data: str) -> str:
    mime = {kind.replace("_", "/"): content for kind, content in data.items()}
    cell = nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("display_data", mime)])
    return report.page(nbformat.v4.new_notebook(cells=[cell]))


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
    assert Page(text).all("th") == [{"scope": "row", "class": "short"}]


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

    for name, ground in ((markup.LIGHT, "f6f6f3"), (markup.DARK, "1c1f23")):
        for token, look in get_style_by_name(name):
            if look["color"] and not re.search("Error|Generic|Whitespace", str(token)):
                assert contrast(look["color"], ground) > 4.5, token


def test_the_colours_of_the_text_can_be_read() -> None:
    css = (markup.TEMPLATES / "style.css").read_text(encoding="utf-8")
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


def test_code_of_cells_that_show_nothing_is_folded_with_the_next(page: str) -> None:
    folds = re.findall(r'<details class="code">(.*?)</details>', page, flags=re.DOTALL)
    assert [fold.count('aria-label="Code"') for fold in folds][:2] == [
        3,
        1,
    ]  # parameters, given ones, opening


def test_the_box_in_short_has_answers_first_and_says_nothing_of_what_is_not_known():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Title")])
    result = {
        "answers": [{"name": "a", "text": "First & <b>."}, {"name": "b", "text": "Second."}],
        "data": [{"name": "x.csv", "rows": 13, "customers": None, "first": None, "last": None}],
        "verdicts": [
            {"id": "LIF-4", "claim": "Hardens", "theta": 1.0, "verdict": "supported", "data": "one"},
            {"id": "LIF-4", "claim": "Hardens", "theta": 1.0, "verdict": "inconclusive", "data": "two"},
        ],
    }
    box = re.search(
        r'<aside [^>]*class="short".*?</aside>', report.page(notebook, result=result), flags=re.DOTALL
    )[0]
    assert re.findall(r"<li>(.*?)</li>", box) == [
        "First &amp; &lt;b&gt;.",
        "Second.",
        "LIF-4, Hardens (one): supported",
        "LIF-4, Hardens (two): inconclusive",
        "Data: x.csv, 13 rows",
    ]
