"""A report without a mouse: the way of the Tab key, what it shows, and what Enter does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from visit import PHONE, opened

Tab = Callable[..., Any]

# `stops`: what ought to be reached, in document order. `way`: what was, in the order of time, and how it looked then.
RECORD = """
() => {
  const wanted = "a[href], button, input, select, textarea, summary, [tabindex]";
  window.named = (e) => {
    const text = (e.getAttribute("aria-label") || e.textContent).trim().slice(0, 40);
    return `${e.tagName.toLowerCase()} "${text}"`;
  };
  window.stops = [...document.querySelectorAll(wanted)].filter((e) => e.tabIndex >= 0 && e.checkVisibility());
  window.way = [];
  document.addEventListener("focusin", (event) => {
    const style = getComputedStyle(event.target);
    const box = event.target.getBoundingClientRect();
    const outline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
    way.push({
      element: event.target,
      marked: outline || style.boxShadow !== "none",
      there: box.width > 0 && box.height > 0 && box.right > 0 && box.left < innerWidth,
    });
  });
  return stops.length;
}
"""
FOUND = """
() => {
  const after = (a, b) => a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING;
  const reached = way.map((one) => one.element);
  return {
    first: reached.length ? named(reached[0]) : "",
    missed: stops.filter((e) => !reached.includes(e)).map(named),
    unexpected: reached.filter((e) => !stops.includes(e)).map(named),
    backwards: reached.slice(1).filter((e, i) => !after(reached[i], e)).map(named),
    unmarked: way.filter((one) => !one.marked).map((one) => named(one.element)),
    outside: way.filter((one) => !one.there).map((one) => named(one.element)),
  };
}
"""
BOXES = """
() => [...document.querySelectorAll("*")].filter((e) => {
  const style = getComputedStyle(e);
  const sideways = /auto|scroll/.test(style.overflowX) && e.scrollWidth > e.clientWidth + 1;
  const down = /auto|scroll/.test(style.overflowY) && e.scrollHeight > e.clientHeight + 1;
  return e !== document.documentElement && e.checkVisibility() && (sideways || down);
}).filter((e) => e.tabIndex < 0 && !stops.some((stop) => e.contains(stop))).map(named)
"""
WIDER = """
() => {
  const boxes = [...document.querySelectorAll(".scroll")];
  window.box = boxes.find((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 60);
  box.focus();
}
"""


def pressed(tab: Any, key: str, times: int) -> None:
    for _ in range(times):
        tab.keyboard.press(key)


def test_tab_goes_from_the_skip_link_down_the_page_through_everything_and_out(
    tab: Tab, report: Path, page: str, width: int
) -> None:
    screen = tab(width)
    opened(screen, report / page)
    stops = screen.evaluate(RECORD)
    pressed(screen, "Tab", stops)
    found = screen.evaluate(FOUND)
    assert found.pop("first") == 'a "Skip to the content"'
    assert found == {key: [] for key in found}
    screen.keyboard.press("Tab")  # one more leads out of the page, or to its beginning
    assert screen.evaluate(
        "() => document.activeElement === document.body || document.activeElement === stops[0]"
    )


def test_shift_and_tab_go_the_same_way_back(tab: Tab, report: Path, page: str) -> None:
    screen = tab()
    opened(screen, report / page)
    stops = screen.evaluate(RECORD)
    pressed(screen, "Tab", stops)
    pressed(screen, "Shift+Tab", stops - 1)
    ways = screen.evaluate("() => way.map((one) => stops.indexOf(one.element))")
    assert ways == [*range(stops), *range(stops - 2, -1, -1)]


def test_the_skip_link_leads_past_the_contents(tab: Tab, report: Path, page: str) -> None:
    screen = tab()
    opened(screen, report / page)
    pressed(screen, "Tab", 1)
    assert screen.evaluate(
        "() => document.activeElement.getBoundingClientRect().left >= 0"
    )  # it can be seen now
    pressed(screen, "Enter", 1)
    assert screen.evaluate("() => document.activeElement.tagName") == "MAIN"
    pressed(screen, "Tab", 1)
    assert screen.evaluate("() => document.activeElement.closest('main') !== null")


def test_enter_opens_and_closes_every_fold(tab: Tab, report: Path, page: str) -> None:
    screen = tab()
    opened(screen, report / page)
    for fold in screen.locator("summary:visible").all()[:6]:
        fold.focus()
        states = [fold.evaluate("(e) => e.parentElement.open")]
        for _ in range(2):
            screen.keyboard.press("Enter")
            states.append(fold.evaluate("(e) => e.parentElement.open"))
        assert states == [states[0], not states[0], states[0]]


def test_what_scrolls_can_be_reached_also_when_all_folds_are_open(tab: Tab, report: Path, page: str) -> None:
    screen = tab(PHONE)
    opened(screen, report / page)
    screen.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    stops = screen.evaluate(RECORD)
    assert screen.evaluate(BOXES) == []
    pressed(screen, "Tab", stops)
    found = screen.evaluate(FOUND)
    assert found["missed"] == found["unmarked"] == []


def test_the_button_opens_all_code_and_says_so(tab: Tab, report: Path, chapter: str) -> None:
    screen = tab()
    opened(screen, report / chapter)
    button = screen.get_by_role("button", name="Show all code")
    button.focus()
    folds = "() => [...document.querySelectorAll('details.code')].map((one) => one.open)"
    for name, state in (("Hide all code", True), ("Show all code", False)):
        screen.keyboard.press("Enter")
        assert set(screen.evaluate(folds)) == {state}
        button = screen.get_by_role("button", name=name)
        assert button.get_attribute("aria-pressed") == str(state).lower()


def test_arrows_move_a_table_that_is_wider_than_the_phone(tab: Tab, report: Path, chapter: str) -> None:
    screen = tab(PHONE)
    opened(screen, report / chapter)
    screen.evaluate(WIDER)
    moved = []
    for key in ("ArrowRight", "ArrowLeft"):
        pressed(screen, key, 3)
        screen.wait_for_timeout(400)
        moved.append(screen.evaluate("() => box.scrollLeft"))
    assert moved[0] > 0 == moved[1]
