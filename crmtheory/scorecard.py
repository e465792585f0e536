"""The front page over all chapters: the claims with their verdicts, the goals, and a card for each theory.

θ is the estimand of a claim, [low, high] its 95 % interval, δ the threshold it is held against.
"""

from __future__ import annotations

import base64
import math
import os
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from crmtheory import contents, markup
from crmtheory.errors import SchemaError
from crmtheory.places import PACKAGE

SYMBOLS = {"supported": "✔", "contradicted": "✘", "inconclusive": "?", "not testable": "–"}
DIFFERS = "differs between data sets"
MISSING = {"verdict": "not testable", "reason": "not implemented yet"}


def index(
    results: Sequence[Any],
    output_dir: str | Path,
    failures: Mapping[str, str] | None = None,
    *,
    claims: str | Path | None = None,
    lang: str = "en",
) -> Path:
    """Write index.html over the runs of the chapters.

    Parameters
    ----------
    results : runs with theory, label, html, folder and result, as `notebooks.run` gives them
    output_dir : where to write it; links to the chapters are relative to this folder
    failures : label → message of runs that failed; the page says so
    claims : the ledger, by default the claims.toml of the package
    lang : the language of the page

    Returns
    -------
    Path : the page; it needs no other file than the chapters it links to, and no network
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from crmtheory.report import style

    place = Path(output_dir)
    environment = Environment(
        loader=FileSystemLoader(PACKAGE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(short=_short, symbol=_symbol, css=_css, picture=_picture)
    groups = _groups(results, ledger(claims))
    page = environment.get_template("report.html.j2").render(
        lang=lang,
        style=style(),
        counts=_counts(groups),
        claims=sum(len(group["rows"]) for group in groups),
        groups=groups,
        goals=[(run, goal) for run in results for goal in run.result.get("goals", ())],
        cards=[_card(theory, results, place) for theory in contents.THEORIES.values()],
        failures=failures or {},
    )
    place.mkdir(parents=True, exist_ok=True)
    path = place / "index.html"
    path.write_text(page, encoding="utf-8", newline="\n")
    return path


def ledger(path: str | Path | None = None) -> dict[str, dict[str, Any]]:
    """The claims by their id, as claims.toml gives them."""
    path = Path(path) if path is not None else PACKAGE / "claims.toml"
    if not path.is_file():
        raise SchemaError(f"The ledger of claims {path} is missing.")
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    tables = next((value for value in content.values() if isinstance(value, list)), None)
    if tables is None:  # one table per claim, named by its id
        tables = [{"id": name, **table} for name, table in content.items() if isinstance(table, dict)]
    return {claim["id"]: claim for claim in tables}


def _groups(results: Sequence[Any], claims: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Per theory: its runs that have verdicts, and a row per claim with the verdicts of these runs."""
    groups = []
    for theory in contents.THEORIES.values():
        runs = [run for run in results if run.theory == theory.name and run.result.get("verdicts")]
        rows = {id_: claim for id_, claim in claims.items() if claim.get("theory") == theory.name}
        for run in runs:  # a verdict on a claim of the analyst's own is shown, too
            rows |= {v["id"]: v for v in run.result["verdicts"] if v["id"] not in claims}
        cells = {id_: [[v for v in run.result["verdicts"] if v["id"] == id_] for run in runs] for id_ in rows}
        listed = [{"id": id_, "claim": claim, "cells": cells[id_]} for id_, claim in rows.items()]
        groups.append({"theory": theory, "runs": runs, "rows": listed, "missing": MISSING})
    return sorted(groups, key=lambda group: not group["runs"])  # what has been tested comes first


def _counts(groups: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """How many claims have which verdict; claims whose verdict depends on the data are counted apart."""
    found: Counter[str] = Counter()
    for row in (row for group in groups for row in group["rows"]):
        texts = {verdict["verdict"] for cell in row["cells"] for verdict in cell}
        tested = {text for text in texts if _kind(text) != "not testable"}
        found[DIFFERS if len(tested) > 1 else next(iter(tested), "not testable")] += 1
    always = {kind: found.pop(kind, 0) for kind in SYMBOLS}
    none = always.pop("not testable")
    return [*always.items(), *sorted(found.items()), ("not testable", none)]


def _card(theory: contents.Theory, results: Sequence[Any], place: Path) -> dict[str, Any]:
    runs = [run for run in results if run.theory == theory.name]
    return {
        "theory": theory,
        "picture": next((shown for run in runs if (shown := _thumbnail(run))), None),
        "runs": [
            {
                "label": run.label or theory.title,
                "link": quote(Path(os.path.relpath(run.html, place)).as_posix()),
                "key": next(iter(run.result.get("key_figures", ())), None),
            }
            for run in runs
        ],
    }


def _thumbnail(run: Any) -> dict[str, str] | None:
    """The first figure of a run, inside the page, so that the page can be sent alone."""
    for figure in run.result.get("figures", ()):
        file = Path(run.folder) / figure["file"]
        if file.is_file():
            return {"data": base64.b64encode(file.read_bytes()).decode(), "alt": figure["alt"]}
    return None


def _short(value: Any, unit: str = "") -> str:
    """A number in about three figures, with its unit before (currencies) or after it.

    >>> _short(0.80312), _short(1234.56, "£"), _short(None), _short(12, "weeks")
    ('0.803', '£1,235', 'n/a', '12 weeks')
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        return "n/a" if value is None else str(value)
    number = value * 100 if unit == "%" and abs(value) <= 1 else value
    text = markup.number(number, ",.0f" if abs(number) >= 1000 else ".3g")
    if unit in {"£", "$", "€", "¥"}:
        return f"-{unit}{text[1:]}" if text.startswith("-") else f"{unit}{text}"
    return f"{text} {unit}".rstrip()


def _kind(verdict: str) -> str:
    return next((kind for kind in SYMBOLS if verdict.startswith(kind)), "not testable")


def _symbol(verdict: str) -> str:
    return SYMBOLS[_kind(verdict)]


def _css(verdict: str) -> str:
    return _kind(verdict).replace(" ", "-")


def _picture(verdict: Mapping[str, Any]) -> dict[str, Any] | None:
    """Where interval, estimate and thresholds lie in a picture 160 wide; None without an interval."""
    theta, low, high, delta = (verdict.get(key) for key in ("theta", "low", "high", "delta"))
    known = [value for value in (theta, low, high, delta) if isinstance(value, int | float)]
    if low is None or high is None or not known or not all(map(math.isfinite, known)):
        return None
    thresholds = (
        [] if delta is None else [delta, -delta] if "equiv" in str(verdict.get("kind", "")) else [delta]
    )
    ends = [low, high, *thresholds, *([] if theta is None else [theta])]
    span = (max(ends) - min(ends)) or 1.0

    def x(value: float) -> float:
        return round(10 + 140 * (value - min(ends)) / span, 1)

    text = f"estimate {_short(theta)}, 95 % interval {_short(low)} to {_short(high)}"
    if delta is not None:
        text += f", threshold {'±' if len(thresholds) == 2 else ''}{_short(delta)}"
    return {
        "low": x(low),
        "width": max(round(x(high) - x(low), 1), 1),
        "theta": None if theta is None else x(theta),
        "thresholds": [x(value) for value in thresholds],
        "text": text,
    }
