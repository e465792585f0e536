"""One row for each claim and each data set that it was tested on; claims that were not tested say why."""

from __future__ import annotations

import os
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from crmtheory import contents
from crmtheory.claims.calibration import calibration, enough, power
from crmtheory.claims.family import familywise
from crmtheory.errors import SchemaError
from crmtheory.markup import anchor
from crmtheory.places import PACKAGE
from crmtheory.scorecard.pictures import DIFFERS, PARTLY, SYMBOLS, kind

STOPPED = "its chapter stopped, see above"
# What a row holds of its verdict, and of the ledger's entry of its claim.
OF_VERDICT = (
    "data", "n", "theta", "low", "high", "delta", "delta_source", "kind", "verdict", "reason", "effect",
)  # fmt: skip
OF_CLAIM = (
    "claim",
    "claim_zh",
    "label_zh",
    "estimand",
    "method",
    "reading",
    "caveat",
    "place",
    "needs",
    "gives",
)


def rows(
    results: Sequence[Any],
    folder: str | Path = ".",
    *,
    failures: Mapping[str, str] | None = None,
    left_out: Mapping[str, str] | None = None,
    claims: str | Path | None = None,
) -> list[dict[str, Any]]:
    """The scorecard as rows, in the order of the ledger.

    Parameters
    ----------
    results : runs with theory, label, html, folder and result, as `notebooks.run` gives them
    folder : where the links of the rows are seen from
    failures : label of a run → message; left_out : theory → why its chapter was not run
    claims : the ledger, by default the claims.toml of the package

    Returns
    -------
    list of dict : id, theory, label (of the run), claim, data, n, theta, low, high, delta, delta_source, kind, verdict,
        p_value, p_family, family_verdict (Holm over all verdicts on real data), effect, reading, caveat, method,
        estimand, reason, needs, gives, place, link, power (share of samples as large as the shipped one in which the
        claim, when clearly true, is supported), n_power (their size), theta_power (true θ there), enough (power of at
        least .8)
    """
    entries, place = ledger(claims), Path(folder)
    found: list[dict[str, Any]] = []
    for theory in contents.THEORIES.values():
        own = {id_: entry for id_, entry in entries.items() if entry.get("theory") == theory.name}
        runs = [run for run in results if run.theory == theory.name]
        for run in runs:  # a verdict on a claim of the analyst's own is shown, too
            own |= {v["id"]: v for v in run.result.get("verdicts", ()) if v["id"] not in entries}
        for id_, entry in own.items():
            judged = [(run, v) for run in runs for v in run.result.get("verdicts", ()) if v["id"] == id_]
            found += [_row(theory, entry, verdict, run, place) for run, verdict in judged]
            if not judged:
                why = _why(theory, runs, failures or {}, left_out or {})
                found.append(_row(theory, entry, {"verdict": "not testable", "reason": why}, None, place))
    family = familywise(found).to_dict("records")
    return [{**row, **_plain(more), **_power(row["id"])} for row, more in zip(found, family, strict=True)]


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


def counts(found: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """How many claims have which verdict; claims whose verdict depends on the data are counted apart."""
    told: dict[str, set[str]] = {}
    for row in found:
        told.setdefault(row["id"], set()).add(row["verdict"])
    summed = Counter(together(verdicts) for verdicts in told.values())
    always = [(verdict, summed.pop(verdict, 0)) for verdict in SYMBOLS if verdict != "not testable"]
    none = summed.pop("not testable", 0)
    return [*always, *sorted(summed.items()), ("not testable", none)]


def together(verdicts: Iterable[str]) -> str:
    """One verdict for several data sets; those that could not be tested do not count.

    >>> together(["supported", "not testable"]), together(["supported", "contradicted"])
    ('supported', 'differs between data sets')
    >>> together(["supported", "inconclusive"])  # open is not against
    'supported on part of the data'
    """
    judged = {verdict for verdict in verdicts if kind(verdict) != "not testable"}
    if len(judged) < 2:
        return next(iter(judged), "not testable")
    decided = {kind(verdict) for verdict in judged} - {"inconclusive"}
    return PARTLY[decided.pop()] if len(decided) == 1 and "inconclusive" in judged else DIFFERS


def stopped(theory: contents.Theory, failures: Iterable[str]) -> list[str]:
    """The labels of the runs of a theory among those that failed."""
    return [label for label in failures if label.split(",")[0] == theory.name]


def link(file: Path, place: Path, heading: str = "") -> str:
    """The address of a file, or of a heading in it, as seen from the folder `place`."""
    page = quote(Path(os.path.relpath(file, place)).as_posix())
    return f"{page}#{quote(anchor(heading))}" if heading else page


def _row(
    theory: contents.Theory,
    entry: Mapping[str, Any],
    verdict: Mapping[str, Any],
    run: Any,
    place: Path,
) -> dict[str, Any]:
    row = {
        "id": entry["id"],
        "theory": theory.name,
        "label": "" if run is None else run.label or theory.title,
    }
    row |= {key: verdict.get(key, "" if key in ("data", "effect", "reason") else None) for key in OF_VERDICT}
    row |= {key: verdict.get(key) or entry.get(key, "") for key in OF_CLAIM}
    if row["delta"] is None:
        row |= {"delta": entry.get("threshold"), "delta_source": entry.get("threshold_source", "")}
    row["kind"] = row["kind"] or entry.get("kind", "at least")
    row["needs"] = (
        [row["needs"]] if isinstance(row["needs"], str) and row["needs"] else list(row["needs"] or ())
    )
    row["reason"] = (row["reason"] or "").rstrip(".")
    row["link"] = "" if run is None else link(run.html, place, row["place"])
    return row


def _why(
    theory: contents.Theory, runs: Sequence[Any], failures: Mapping[str, str], left_out: Mapping[str, str]
) -> str:
    """Why there is no verdict at all on the claims of a theory."""
    if stopped(theory, failures):
        return STOPPED
    if theory.name in left_out:
        return f"its chapter was not run: {left_out[theory.name]}"
    return "its chapter does not ask it of these data" if runs else "its chapter was not run"


def _power(claim: str) -> dict[str, Any]:
    """How the claim fared where it is clearly true; nothing where that was never tried out."""
    found = power(claim)
    if found is None:
        return dict.fromkeys(("power", "n_power", "theta_power", "enough"))
    world = calibration().loc[(claim, "clearly true")]
    size = {"n_power": int(world["n"]), "theta_power": float(world["theta"])}
    return {"power": found, **size, "enough": enough(claim)}


def _plain(family: Mapping[str, Any]) -> dict[str, Any]:
    """Without NaN, which JSON does not know."""
    return {key: None if value != value else value for key, value in family.items()}
