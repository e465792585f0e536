"""The front page: a card for each theory, the claims with their verdicts, goals, data, how far to trust a verdict."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from crmtheory import contents, markup, outputs
from crmtheory.claims.calibration import POWER, calibration
from crmtheory.places import PACKAGE
from crmtheory.scorecard import files
from crmtheory.scorecard.pictures import axis, css, kind, numbers, picture, short_number, symbol
from crmtheory.scorecard.rows import STOPPED, counts, link, rows, stopped, together

READINGS = {
    "association": "An association.",
    "cause": "An effect.",
    "prediction": "A prediction.",
    "description": "A description.",
}


def index(
    results: Sequence[Any],
    output_dir: str | Path,
    failures: Mapping[str, str] | None = None,
    *,
    left_out: Mapping[str, str] | None = None,
    lists: Sequence[Path] = (),
    rule: str = "",
    title: str = "",
    claims: str | Path | None = None,
    lang: str = "en",
) -> Path:
    """Write index.html, scorecard.csv and scorecard.json over the runs of the chapters.

    Parameters
    ----------
    results : runs with theory, label, html, notebook, folder and result, as `notebooks.run` gives them
    output_dir : where to write; links to the chapters are relative to this folder
    failures : label → message of runs that failed; the page says so
    left_out : theory → why its chapter was not run
    lists : lists of customers beside the page; rule : how they come by the advised treatment
    title : whose customers they are, such as the title of a study
    claims : the ledger, by default the claims.toml of the package
    lang : the language of the page

    Returns
    -------
    Path : the page; it needs no other file than the chapters it links to, and no network
    """
    place, failures = Path(output_dir), dict(failures or {})
    found = rows(results, place, failures=failures, left_out=left_out, claims=claims)
    place.mkdir(parents=True, exist_ok=True)
    page = _template().render(
        lang=lang,
        title=title,
        style=markup.style(),
        counts=counts(found),
        family=_family(found),
        claims=len({row["id"] for row in found}),
        asked=len({row["id"] for row in found if row["family_verdict"]}),
        groups=_groups(found),
        untestable=_untestable(found),
        goals=[(run, goal) for run in results for goal in run.result.get("goals", ())],
        cards=[_card(theory, results, found, place, failures) for theory in contents.THEORIES.values()],
        data=_data(results),
        trust=_trust(),
        lists=[(quote(file.name), file.name) for file in lists],
        rule=rule,
        failures=failures,
        left_out=dict(left_out or {}),
    )
    files.write(found, results, place, failures=failures, left_out=dict(left_out or {}))
    return outputs.write(place / "index.html", page)


def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from crmtheory.prose import unbroken

    environment = Environment(
        loader=FileSystemLoader(PACKAGE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        short=short_number, symbol=symbol, css=css, numbers=numbers, readings=READINGS, kind=kind
    )
    environment.filters["unbroken"] = unbroken
    return environment.get_template("report.html.j2")


def _groups(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Per theory its claims, each with its verdicts and their pictures; the pictures of one claim share their axis."""
    groups = []
    for theory in contents.THEORIES.values():
        of_theory = [row for row in found if row["theory"] == theory.name]
        claims = []
        for _, same in groupby(of_theory, key=lambda row: row["id"]):
            verdicts = list(same)
            judged = [row for row in verdicts if kind(row["verdict"]) != "not testable"]
            verdicts = judged or verdicts  # that other data cannot answer it is of no interest then
            shared = axis(verdicts)
            claims.append([{**row, "drawn": picture(row, shared)} for row in verdicts])
        groups.append({"theory": theory, "claims": claims})
    return groups


def _family(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many verdicts are judged together, and which of them do not hold for all together."""
    changed = [row for row in found if row["family_verdict"] and row["family_verdict"] != row["verdict"]]
    return {
        "members": max((row["members"] for row in found), default=0),
        "changed": [f"{row['id']} ({row['data']})" for row in changed],
    }


def _untestable(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Claims on which no data set gave a verdict, with what would make them testable."""
    told = []
    for _, same in groupby(found, key=lambda row: row["id"]):
        verdicts = list(same)
        if all(kind(row["verdict"]) == "not testable" for row in verdicts):
            reasons = dict.fromkeys(row["reason"] for row in verdicts if row["reason"])
            told.append({**verdicts[0], "reasons": list(reasons), "stopped": STOPPED in reasons})
    return told


def _card(
    theory: contents.Theory,
    results: Sequence[Any],
    found: Sequence[Mapping[str, Any]],
    place: Path,
    failures: Mapping[str, str],
) -> dict[str, Any]:
    runs = [run for run in results if run.theory == theory.name]
    of_theory = [row for row in found if row["theory"] == theory.name]
    verdicts = {
        row["id"]: [one["verdict"] for one in of_theory if one["id"] == row["id"]] for row in of_theory
    }
    words = {row["id"]: row["claim"] for row in of_theory}
    return {
        "theory": theory,
        "stopped": stopped(theory, failures),
        "picture": next((shown for run in runs if (shown := _thumbnail(run))), None),
        "claims": [(id_, words[id_], together(all_of_it)) for id_, all_of_it in verdicts.items()],
        "runs": [
            {
                "label": run.label or theory.title,
                "link": link(run.html, place),
                "notebook": link(run.notebook, place),
                "key": next(iter(run.result.get("key_figures", ())), None),
            }
            for run in runs
        ],
    }


def _thumbnail(run: Any) -> dict[str, str] | None:
    """A figure of a run, inside the page, so that it can be sent alone: the first that can be read when small."""
    first = None
    for figure in run.result.get("figures", ()):
        file = Path(run.folder) / figure["file"]
        if not file.is_file():
            continue
        png = file.read_bytes()
        shown = {"data": base64.b64encode(png).decode(), "alt": figure["alt"]}
        width, height = markup.png_size(png) or (0, 1)
        if width < 2 * height:  # two panels side by side do not fit
            return shown
        first = first or shown
    return first


def _data(results: Sequence[Any]) -> list[dict[str, Any]]:
    """What was read: each data set once, with the chapters that use it and the rows that were set aside."""
    told: dict[tuple[str, str], dict[str, Any]] = {}
    for run in results:
        aside = {table["name"]: table["rows"] for table in run.result.get("tables", ())}
        for entry in run.result.get("data", ()):
            key = (entry["name"], entry.get("sha256") or "")
            one = told.setdefault(key, {**entry, "chapters": [], "aside": None})
            number = contents.THEORIES[run.theory].number if run.theory in contents.THEORIES else run.theory
            one["chapters"] = list(dict.fromkeys([*one["chapters"], number]))
            if entry.get("customers"):  # it is a log: what of it was set aside stands in rejected.csv
                one["aside"] = max(one["aside"] or 0, aside.get("rejected", 0))
    return list(told.values())


def _trust() -> dict[str, Any] | None:
    """What the simulated worlds say about the verdicts, in numbers; None where they were never run."""
    told = calibration().reset_index()
    if told.empty:
        return None
    told["share"] = told["supported"] / told["worlds"]
    told["against"] = told["contradicted"] / told["worlds"]
    just, clear = (told[told["world"] == world] for world in ("just true", "clearly true"))
    worst, worst_against = just.loc[just["share"].idxmax()], just.loc[just["against"].idxmax()]
    small: Iterable[Any] = clear[clear["share"] < POWER].itertuples()
    return {
        "claims": len(just),
        "worlds": int(told["worlds"].min()),
        "mean": float(just["share"].mean()),
        "worst": (worst["claim"], float(worst["share"])),
        "against": (float(just["against"].mean()), worst_against["claim"], float(worst_against["against"])),
        "false": float(told.loc[told["world"] == "clearly false", "share"].max()),
        "enough": int((clear["share"] >= POWER).sum()),
        "small": [(row.claim, row.share, row.n, row.theta) for row in small],
    }
