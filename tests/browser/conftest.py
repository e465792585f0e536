"""A real browser for the tests of this folder: Chromium, driven by Playwright.

    python -m pytest tests/browser [--report DIR] [--shots DIR]

Without Chromium or Playwright the tests are skipped and say why; with CRMTHEORY_BROWSER=required they fail. A plain
run of pytest leaves the folder out (tests/conftest.py).
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from visit import PHONE, WIDE, Visit, linked, visit

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ("--disable-quic", "--disable-sync", "--disable-component-update", "--disable-background-networking")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--report", type=Path, default=Path("reports"), help="folder of the report to look at")
    parser.addoption("--shots", type=Path, help="folder for pictures of its pages")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each page of the report: `page` is its place in the folder; `chapter` leaves the front page out."""
    folder = metafunc.config.getoption("--report").resolve()
    if "page" in metafunc.fixturenames:
        metafunc.parametrize("page", ["index.html", *linked(folder)])
    if "chapter" in metafunc.fixturenames:
        metafunc.parametrize("chapter", linked(folder) or ["no chapter"])
    if "width" in metafunc.fixturenames:
        metafunc.parametrize("width", (WIDE, PHONE))


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.config.getoption("--report").resolve()
    if not (folder / "index.html").is_file():
        pytest.fail(
            f"There is no report in {folder}: run `make report` first, or name another folder by --report."
        )
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    missing = "" if found else f"None of {', '.join(NAMES)} is installed: apt install chromium."
    if importlib.util.find_spec("playwright") is None:
        missing = "Playwright is not installed: pip install playwright."
    if missing:
        (pytest.fail if os.environ.get("CRMTHEORY_BROWSER") == "required" else pytest.skip)(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def tab(browser: Any) -> Iterator[Callable[..., Any]]:
    """``tab(width, …)`` opens a fresh page in a context of its own; all are closed after the test."""
    contexts = []

    def opened(width: int = WIDE, height: int = 900, **more: Any) -> Any:
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **more))
        return contexts[-1].new_page()

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def seen(browser: Any, report: Path, request: pytest.FixtureRequest) -> Callable[[str, int], Visit]:
    """``seen(page, width)``: what is on a page of the report; each is opened once."""
    shots: Path | None = request.config.getoption("--shots")
    known: dict[tuple[str, int], Visit] = {}

    def look(page: str, width: int) -> Visit:
        if (page, width) not in known:
            shot = shots / f"{page.replace('/', '-').removesuffix('.html')}-{width}.png" if shots else None
            known[page, width] = visit(browser, report / page, width, shot)
        return known[page, width]

    return look
