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
UNTESTED = "not implemented yet"  # there is no test, so nothing can be said about the data
WIDTH, EDGE = 240, 16  # of the picture of an interval, in pixels


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

    from crmtheory.prose import unbroken

    place = Path(output_dir)
    environment = Environment(
        loader=FileSystemLoader(PACKAGE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(short=short_number, symbol=_symbol, css=_css, numbers=_numbers)
    environment.filters["unbroken"] = unbroken
    groups = _groups(results, ledger(claims))
    page = environment.get_template("report.html.j2").render(
        lang=lang,
        style=markup.style(),
        counts=_counts(groups),
        claims=sum(len(group["rows"]) for group in groups),
        groups=groups,
        goals=[(run, goal) for run in results for goal in run.result.get("goals", ())],
        cards=[_card(theory, results, place, failures or {}) for theory in contents.THEORIES.values()],
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
    """Per theory: its runs that have verdicts, and a row per claim with the verdicts of these runs.

    Verdicts that only say that there is no test yet are left out; `reason` is then what the ledger says.
    """
    groups = []
    for theory in contents.THEORIES.values():
        runs = [run for run in results if run.theory == theory.name and run.result.get("verdicts")]
        rows = {id_: claim for id_, claim in claims.items() if claim.get("theory") == theory.name}
        for run in runs:  # a verdict on a claim of the analyst's own is shown, too
            rows |= {v["id"]: v for v in run.result["verdicts"] if v["id"] not in claims}
        listed = [_row(id_, claim, runs) for id_, claim in rows.items()]
        listed.sort(key=lambda row: not row["tested"])
        groups.append({"theory": theory, "runs": runs, "rows": listed})
    return sorted(groups, key=lambda group: not group["runs"])  # what has been tested comes first


def _row(id_: str, claim: Mapping[str, Any], runs: Sequence[Any]) -> dict[str, Any]:
    cells = [[v for v in run.result["verdicts"] if v["id"] == id_ and _tested(v)] for run in runs]
    flat = [verdict for cell in cells for verdict in cell]
    axis = _axis(flat)
    drawn = [[(verdict, _picture(verdict, axis)) for verdict in cell] for cell in cells]
    reason = claim.get("not_testable") or claim.get("simulation") or ""
    return {"id": id_, "claim": claim, "cells": drawn, "tested": bool(flat), "reason": reason}


def _tested(verdict: Mapping[str, Any]) -> bool:
    return _kind(verdict["verdict"]) != "not testable" or verdict.get("reason") != UNTESTED


def _counts(groups: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """How many claims have which verdict; claims whose verdict depends on the data are counted apart."""
    found: Counter[str] = Counter()
    for row in (row for group in groups for row in group["rows"]):
        texts = {verdict["verdict"] for cell in row["cells"] for verdict, _ in cell}
        judged = {text for text in texts if _kind(text) != "not testable"}
        silent = "not testable" if row["tested"] else UNTESTED
        found[DIFFERS if len(judged) > 1 else next(iter(judged), silent)] += 1
    always = [(kind, found.pop(kind, 0)) for kind in SYMBOLS if kind != "not testable"]
    last = [(kind, found.pop(kind)) for kind in ("not testable", UNTESTED) if kind in found]
    return [*always, *sorted(found.items()), *last]


def _card(
    theory: contents.Theory, results: Sequence[Any], place: Path, failures: Mapping[str, str]
) -> dict[str, Any]:
    runs = [run for run in results if run.theory == theory.name]
    return {
        "theory": theory,
        "stopped": any(label.split(",")[0] == theory.name for label in failures),
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


def short_number(value: Any, unit: str = "") -> str:
    """A number in about three figures, with its unit before (currencies) or after it; "%" writes a share so.

    >>> short_number(0.80312), short_number(1234.56, "£"), short_number(None)
    ('0.803', '£1,235', 'n/a')
    >>> short_number(12, "weeks"), short_number(0.3, "%")
    ('12 weeks', '30%')
    """
    if not isinstance(value, int | float) or isinstance(value, bool):
        return "n/a" if value is None else str(value)
    number = value * 100 if unit == "%" else value
    text = markup.number(number, ",.0f" if abs(number) >= 1000 else ".3g")
    if unit in {"£", "$", "€", "¥"}:
        return f"-{unit}{text[1:]}" if text.startswith("-") else f"{unit}{text}"
    return f"{text}%" if unit == "%" else f"{text} {unit}".rstrip()


def _numbers(verdict: Mapping[str, Any]) -> str:
    """Estimate and interval, with as many decimals as the width of the interval warrants.

    >>> _numbers({"theta": 0.00922, "low": -0.0296, "high": 0.0411})
    '0.009 [-0.030, 0.041]'
    """
    low, high = verdict.get("low"), verdict.get("high")
    if low is None or high is None or not 0 < high - low < math.inf:
        return f"{short_number(verdict['theta'])} [{short_number(low)}, {short_number(high)}]"
    spec = f",.{max(0, 1 - math.floor(math.log10(high - low)))}f"
    theta, low, high = (markup.number(verdict[key], spec) for key in ("theta", "low", "high"))
    return f"{theta} [{low}, {high}]"


def _kind(verdict: str) -> str:
    return next((kind for kind in SYMBOLS if verdict.startswith(kind)), "not testable")


def _symbol(verdict: str) -> str:
    return SYMBOLS.get(_kind(verdict), "–") if verdict != DIFFERS else "≠"


def _css(verdict: str) -> str:
    return "inconclusive" if verdict == DIFFERS else _kind(verdict).replace(" ", "-")


def _ends(verdict: Mapping[str, Any]) -> list[float]:
    """Every number that the picture of a verdict must hold; none when it has no finite interval."""
    theta, low, high = (verdict.get(key) for key in ("theta", "low", "high"))
    ends = [value for value in (low, high, theta, *_thresholds(verdict)) if value is not None]
    return ends if low is not None and high is not None and all(map(math.isfinite, ends)) else []


def _thresholds(verdict: Mapping[str, Any]) -> list[float]:
    delta = verdict.get("delta")
    if delta is None:
        return []
    return [-delta, delta] if "equiv" in str(verdict.get("kind", "")) else [delta]


def _axis(verdicts: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Round numbers around all intervals and thresholds of one claim, so that its pictures compare.

    >>> _axis([{"theta": 0.67, "low": 0.65, "high": 0.70, "delta": 0.8}])
    (0.64, 0.82)
    """
    ends = [end for verdict in verdicts for end in _ends(verdict)]
    if not ends:
        return 0.0, 1.0
    span = (max(ends) - min(ends)) or abs(ends[0]) or 1.0
    step = 10.0 ** math.floor(math.log10(span / 2))
    step *= max(factor for factor in (0.2, 0.5, 1.0, 2.0) if factor * step <= span / 5)
    low, high = (math.floor((min(ends) - span / 20) / step), math.ceil((max(ends) + span / 20) / step))
    return round(low * step, 12), round(high * step, 12)


def _picture(verdict: Mapping[str, Any], axis: tuple[float, float]) -> dict[str, Any] | None:
    """Where interval, estimate and thresholds lie on the axis; None without an interval."""
    if not _ends(verdict):
        return None
    thresholds, span = _thresholds(verdict), axis[1] - axis[0]

    def x(value: float) -> float:
        return round(EDGE + (WIDTH - 2 * EDGE) * (value - axis[0]) / span, 1)

    theta, low, high = verdict.get("theta"), x(verdict["low"]), x(verdict["high"])
    ends = f"{short_number(verdict['low'])} to {short_number(verdict['high'])}"
    text = f"estimate {short_number(theta)}, 95 % interval {ends}"
    holds = None
    if thresholds:
        text += f", threshold {'±' if len(thresholds) == 2 else ''}{short_number(thresholds[-1])}"
        holds = (x(thresholds[0]), x(thresholds[1]) if len(thresholds) == 2 else x(axis[1]))
    return {
        "low": low,
        "width": max(round(high - low, 1), 1),
        "theta": None if theta is None else x(theta),
        "thresholds": [(x(value), short_number(value)) for value in thresholds],
        "holds": holds,  # the part of the axis where the claim is right
        "ends": [(x(end), short_number(end)) for end in axis],
        "text": text,
    }
