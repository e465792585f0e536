"""What is on a page that is opened from disk, and what happened while it loaded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

WIDE, PHONE = 1280, 390  # pixels

LOOK = r"""
() => {
  const all = (what) => [...document.querySelectorAll(what)];
  const root = document.documentElement;
  const shown = (e) => e.checkVisibility() && !e.closest("details:not([open]) > :not(summary)");
  const called = (e) => [e.getAttribute("aria-label"), e.querySelector("title")?.textContent,
    document.getElementById(e.getAttribute("aria-labelledby"))?.textContent].filter((t) => (t || "").trim());
  return {
    lang: root.lang,
    title: document.title.trim(),
    sideways: root.scrollWidth - root.clientWidth,
    images: all("img").map((i) => ({
      alt: i.alt.trim(), data: i.src.startsWith("data:"), whole: i.complete && i.naturalWidth > 0})),
    drawings: all("svg").map((s) => ({
      image: s.getAttribute("role") === "img", hidden: s.closest("[aria-hidden=true]") !== null,
      called: called(s).length > 0})),
    headings: all("h1, h2, h3, h4, h5, h6").map((h) => [Number(h.tagName[1]), h.textContent.trim()]),
    links: all("a[href]").map((a) => a.href),
    places: all("[id]").map((e) => e.id),
    claims: all("[aria-labelledby=scorecard] .id").map((e) => e.textContent.trim().split(/\s/)[0]),
    formulas: all("math").filter(shown).map((m) => {
      const box = m.getBoundingClientRect();
      return {width: box.width, height: box.height, text: m.textContent.trim()};
    }),
    scripts: all("script").length,
    text: document.body.innerText,
  };
}
"""
SETTLED = "() => Promise.all([...document.images].map((i) => i.decode().catch(() => 0))).then(() => 1)"


@dataclass(frozen=True)
class Visit:
    """A page at a width: what LOOK found, every address it asked for, every error and every dialog."""

    file: Path
    found: dict[str, Any]
    requests: tuple[str, ...]
    trouble: tuple[str, ...]


def linked(folder: Path) -> list[str]:
    """The pages that the front page of a report leads to, in order; none if there is no front page."""
    front = folder / "index.html"
    text = front.read_text(encoding="utf-8") if front.is_file() else ""
    links = [unquote(unescape(link)) for link in re.findall(r'href="([^":#]+\.html)[#"]', text)]
    return [link for link in dict.fromkeys(links) if link != "index.html"]


def watch(tab: Any) -> tuple[list[str], list[str]]:
    """Two lists that fill while a tab is used: addresses that were asked for; errors and dialogs."""
    requests: list[str] = []
    trouble: list[str] = []

    def asked(dialog: Any) -> None:
        trouble.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    tab.context.on("request", lambda request: requests.append(request.url[:200]))
    tab.on("console", lambda told: trouble.append(f"console: {told.text}") if told.type == "error" else None)
    tab.on("pageerror", lambda error: trouble.append(f"script: {error}"))
    tab.on("dialog", asked)
    return requests, trouble


def opened(tab: Any, file: Path) -> None:
    """Load a file and wait until its pictures are there and whatever it starts late has started."""
    tab.goto(file.as_uri())
    tab.evaluate(SETTLED)
    tab.wait_for_timeout(150)


def visit(browser: Any, file: Path, width: int, shot: Path | None = None) -> Visit:
    context = browser.new_context(viewport={"width": width, "height": 900})
    tab = context.new_page()
    requests, trouble = watch(tab)
    opened(tab, file)
    found = tab.evaluate(LOOK)
    if shot is not None:
        tab.screenshot(path=shot, full_page=True)
    context.close()
    return Visit(file, found, tuple(requests), tuple(trouble))
