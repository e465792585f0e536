"""Customers, products, columns, titles and comments that are markup: everywhere they stay text."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from visit import LOOK, linked, opened, watch

from crmtheory import contents, simulate
from crmtheory.cli import main
from crmtheory.models import ParetoNBD

CUSTOMER = "<img src=x onerror=alert(1)>"
COLUMN = "Kunde <img src=x onerror=alert(2)>"
PLACE = '"><script>alert(3)</script>'
PRODUCT = "<svg onload=alert(4)> mug"
TITLE = 'Shop "><script>alert(5)</script> & <img src=x onerror=alert(5)>'
CURRENCY = "<b onclick=alert(6)>€"
QUESTION = '<a href="javascript:alert(7)">friendly?</a>'
COMMENT = "Friendly staff <img src=x onerror=alert(8)> but **too** expensive, [click](javascript:alert(8))"
MISSING = "</p><script>alert(9)</script>"
CHAPTERS = ("relationship", "lifecycle", "satisfaction", "value", "segmentation")
INJECTED = """
() => [...document.querySelectorAll("*")].filter((e) =>
  [...e.attributes].some((a) => a.name.startsWith("on") || /^\\s*javascript:/i.test(a.value))
  || (e.tagName === "IMG" && !e.src.startsWith("data:"))
  || (e.tagName === "SCRIPT" && e.textContent.includes("alert"))
  || (e.tagName === "A" && e.textContent === "friendly?")
).map((e) => e.outerHTML.slice(0, 100))
"""


@pytest.fixture(scope="module")
def hostile(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The report of a small shop whose data are full of markup, and what the command said."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "notebooks").mkdir()
    for name in CHAPTERS:
        shutil.copy(contents.notebook(name), folder / "notebooks")
    _data(folder)
    (folder / "study.yaml").write_text(yaml.safe_dump(_study(), allow_unicode=True), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done = CliRunner().invoke(
            main, ["--notebooks", "notebooks", "report", "-s", "study.yaml", "-o", "out"]
        )
    return folder / "out", done.output


def _data(folder: Path) -> None:
    rng = np.random.default_rng(5)
    dates = {"start": "2023-01-01", "acquisition_end": "2023-03-31", "end": "2023-12-31"}
    log, _ = simulate.customers_log(ParetoNBD(), (0.8, 8.0, 0.6, 12.0), 400, rng, **dates)
    known = log["customer"].map(lambda one: f"{CUSTOMER} {one}")
    amounts = rng.gamma(3.0, 12.0, len(log)).round(2) + 0.01
    pd.DataFrame({COLUMN: known, "date": log["date"], "amount": amounts}).to_csv(
        folder / "log.csv", index=False
    )
    bought = rng.integers(0, 12, 4 * len(log))
    lines = pd.DataFrame({COLUMN: known, "date": log["date"]}).loc[np.repeat(log.index, 4)]
    lines.assign(item=bought).to_csv(folder / "lines.csv", index=False)
    pd.DataFrame({"item": range(12), "name": [f"{PRODUCT} {one}" for one in range(12)]}).to_csv(
        folder / "products.csv", index=False
    )
    people = known.drop_duplicates()
    places = rng.choice([PLACE, "<b>north</b>", "south"], len(people))
    left = rng.integers(0, 2, len(people))
    pd.DataFrame({COLUMN: people, PLACE: places, "left": left}).to_csv(folder / "people.csv", index=False)
    mood = rng.normal(size=(300, 1)) + rng.normal(size=(300, 5))
    answers = pd.DataFrame((5.5 + 1.5 * mood).round().clip(1, 10).astype(int), columns=[QUESTION, *"bcde"])
    answers.assign(comment=COMMENT).to_csv(folder / "answers.csv", index=False)


def _study() -> dict[str, Any]:
    return {
        "title": TITLE,
        "transactions": {
            "path": "log.csv",
            "columns": {"customer": COLUMN, "date": "date", "amount": "amount"},
            "currency": CURRENCY,
        },
        "attributes": {"path": "people.csv", "columns": {"customer": COLUMN, "place": PLACE}},
        "survey": {
            "path": "answers.csv",
            "constructs": {"quality": [QUESTION, "b", "c"], "satisfaction": ["d"], "loyalty": ["e"]},
            "labels": {"b": PLACE, "c": CUSTOMER},
            "overall": "d",
        },
        "chapters": {
            "relationship": {
                "lines": "lines.csv",
                "line_columns": {"customer": COLUMN, "date": "date", "item": "item"},
                "products": "products.csv",
                "product_columns": {"item": "item", "name": "name"},
            },
            "satisfaction": {"comments": "comment"},
            "lifecycle": {"leavers": "people.csv", "left": MISSING},
        },
    }


def test_the_data_are_taken_as_they_are_and_only_the_wrong_column_stops_a_chapter(
    hostile: tuple[Path, str],
) -> None:
    folder, told = hostile
    assert len(linked(folder)) == len(CHAPTERS) - 1
    assert "1 of 5 stopped" in told
    assert MISSING in told


def test_no_script_of_the_data_runs_and_no_tag_of_theirs_is_obeyed(
    hostile: tuple[Path, str], tab: Callable[..., Any], width: int
) -> None:
    folder, _ = hostile
    for page in ("index.html", *linked(folder)):
        screen = tab(width)
        requests, trouble = watch(screen)
        opened(screen, folder / page)
        screen.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        screen.wait_for_timeout(200)
        assert (page, trouble) == (page, [])
        assert (page, [url for url in requests if not url.startswith(("file:", "data:"))]) == (page, [])
        assert (page, screen.evaluate(INJECTED)) == (page, [])
        found = screen.evaluate(LOOK)
        assert found["scripts"] == (page != "index.html")  # that of the template
        assert (page, found["sideways"] <= 0) == (page, True)


@pytest.mark.parametrize(
    ("start", "texts"),
    [
        ("index.html", (TITLE, CURRENCY, MISSING)),
        ("value", (CUSTOMER, CURRENCY)),
        ("segmentation", (PLACE, CURRENCY)),
        ("relationship", (CUSTOMER, PRODUCT)),
        ("satisfaction", (QUESTION, PLACE, CUSTOMER)),
    ],
)
def test_markup_in_the_data_is_shown_letter_by_letter(
    hostile: tuple[Path, str], tab: Callable[..., Any], start: str, texts: tuple[str, ...]
) -> None:
    folder, _ = hostile
    file = next(one for one in ("index.html", *linked(folder)) if one.startswith(start))
    screen = tab()
    opened(screen, folder / file)
    shown = " ".join(screen.evaluate("() => document.body.textContent").split())
    assert [text for text in texts if text not in shown] == []


def test_tables_keep_the_ids_as_they_are(hostile: tuple[Path, str]) -> None:
    folder, _ = hostile
    files = [*folder.glob("*/tables/customers.csv"), *folder.glob("customers.csv")]
    assert files
    for file in files:
        table = pd.read_csv(file, dtype=str)
        (column,) = [name for name in table.columns if table[name].str.startswith(CUSTOMER).all()]
        assert table[column].str.removeprefix(f"{CUSTOMER} ").str.fullmatch(r"\d+").all()
