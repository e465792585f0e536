"""The report from disk: whole, quiet, without leftovers, as wide as the screen; formulas shown; printable."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urlparse

import pytest
from visit import LOOK, Visit, opened, watch

from crmtheory import claims

Seen = Callable[[str, int], Visit]
A4 = 718  # pixels between margins of a centimetre
LEDGER = Path(claims.__file__).parents[1] / "claims.toml"
LEFTOVER = re.compile(r"\bnan\b|\bNaN\b|\bNone\b|\bTraceback\b|\{[\w.!:,%]*\}|\{\{|\{%")
RAW_FORMULA = re.compile(r"\$\$|\\(?:frac|begin|mathrm|left|lambda|hat|sum|text)\b")
CUT = """
() => [...document.body.querySelectorAll("*")].filter((e) => {
  if (!e.checkVisibility() || e.closest("svg, math, .hidden, .skip")) return false;
  const box = e.getBoundingClientRect();
  const cut = getComputedStyle(e).overflowX !== "visible" && e.scrollWidth > e.clientWidth + 1;
  return cut || box.right > document.documentElement.clientWidth + 1;
}).map((e) => `${e.tagName} to ${Math.round(e.getBoundingClientRect().right)} px: ${e.textContent.trim().slice(0, 60)}`)
"""


def test_the_front_page_leads_to_a_chapter(report: Path, chapter: str) -> None:
    assert (report / chapter).is_file()


def test_a_page_asks_for_nothing_from_a_network(seen: Seen, page: str, width: int) -> None:
    assert [url for url in seen(page, width).requests if urlparse(url).scheme not in {"file", "data"}] == []


def test_a_page_loads_without_an_error(seen: Seen, page: str, width: int) -> None:
    assert seen(page, width).trouble == ()


def test_a_page_does_not_scroll_sideways(seen: Seen, page: str, width: int) -> None:
    assert seen(page, width).found["sideways"] <= 0


def test_every_picture_is_loaded_and_described(seen: Seen, page: str, width: int) -> None:
    found = seen(page, width).found
    assert [
        image for image in found["images"] if not (image["whole"] and image["alt"] and image["data"])
    ] == []
    assert [s for s in found["drawings"] if not s["hidden"] and not (s["image"] and s["called"])] == []


def test_headings_have_one_top_and_skip_no_level(seen: Seen, page: str, width: int) -> None:
    headings = seen(page, width).found["headings"]
    assert [level for level, _ in headings].count(1) == 1
    assert [text for (before, _), (level, text) in pairwise(headings) if level > before + 1] == []
    assert all(text for _, text in headings)


def test_a_page_says_its_language_and_title(seen: Seen, page: str, width: int) -> None:
    found = seen(page, width).found
    assert found["lang"]
    assert found["title"]


def test_every_link_within_the_folder_leads_somewhere(
    seen: Seen, report: Path, page: str, width: int
) -> None:
    visit = seen(page, width)
    broken = []
    for link in visit.found["links"]:
        bare, anchor = urldefrag(link)
        target = Path(unquote(urlparse(bare).path))
        if urlparse(link).scheme == "file" and not _leads(target, unquote(anchor), report, visit):
            broken.append(link)
    assert broken == []


def _leads(target: Path, anchor: str, report: Path, visit: Visit) -> bool:
    if not (target.is_file() and target.is_relative_to(report)):
        return False
    if not anchor or target == visit.file:
        return not anchor or anchor in visit.found["places"]
    return f'id="{anchor}"' in target.read_text(encoding="utf-8")


def test_no_two_places_of_a_page_have_one_name(seen: Seen, page: str, width: int) -> None:
    assert [name for name, times in Counter(seen(page, width).found["places"]).items() if times > 1] == []


def test_no_leftover_of_the_making_is_in_the_text(seen: Seen, page: str, width: int) -> None:
    text = seen(page, width).found["text"]
    found = [" ".join(text[max(0, m.start() - 30) : m.end() + 30].split()) for m in LEFTOVER.finditer(text)]
    assert found == []


def test_every_claim_of_the_ledger_is_listed_once(seen: Seen, width: int) -> None:
    ledger = Counter(claim["id"] for claim in tomllib.loads(LEDGER.read_text(encoding="utf-8"))["claim"])
    assert Counter(seen("index.html", width).found["claims"]) == ledger


def test_every_formula_is_drawn_and_none_is_left_raw(seen: Seen, chapter: str, width: int) -> None:
    found = seen(chapter, width).found
    assert bool(found["formulas"]) == ("<math" in seen(chapter, width).file.read_text(encoding="utf-8"))
    assert [one for one in found["formulas"] if one["width"] < 2 or one["height"] < 2] == []
    assert RAW_FORMULA.findall(found["text"]) == []


def test_nothing_of_a_page_is_cut_on_paper(tab: Callable[..., Any], report: Path, page: str) -> None:
    paper = tab(A4)
    _, trouble = watch(paper)
    paper.emulate_media(media="print")
    opened(paper, report / page)
    assert paper.evaluate(LOOK)["sideways"] <= 0
    assert paper.evaluate(CUT) == []
    assert paper.pdf(format="A4").startswith(b"%PDF")
    assert trouble == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_follows_the_colours_of_the_system(
    tab: Callable[..., Any], report: Path, page: str, scheme: str
) -> None:
    screen = tab(color_scheme=scheme)
    opened(screen, report / page)
    ground = screen.evaluate("() => getComputedStyle(document.body).backgroundColor")
    light = sum(map(int, re.findall(r"\d+", ground)[:3])) > 3 * 128
    assert light == (scheme == "light")
