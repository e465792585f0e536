"""The claims ledger: what the theories say, put to the test on data, with a verdict that is computed and
never written by hand.

θ is the estimand of a claim, [low, high] its 95 % interval, δ the threshold that was fixed beforehand (see
claims.toml).
    "at least"      low ≥ δ: supported      high < δ: contradicted                else inconclusive
    "equivalence"   −δ ≤ low, high ≤ δ: supported      interval outside ±δ: contradicted      else
    inconclusive
A claim without data, or without a test in this version, is "not testable" and says why. Simulated data are
marked as such. A verdict also says in words how θ was computed, what it means for a manager and what it does not mean.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crmtheory.claims import lifecycle, loyalty, relationship, satisfaction, segmentation, value
from crmtheory.claims.effects import effect
from crmtheory.errors import DomainError, SchemaError, unknown

# The tests this version has: the columns each needs, and the function that gives θ, low, high and, where it is not the
# number of rows, the number of customers.
TESTS = {
    **relationship.TESTS,
    **lifecycle.TESTS,
    **satisfaction.TESTS,
    **loyalty.TESTS,
    **value.TESTS,
    **segmentation.TESTS,
}
LABELS = {"stage", "value_class", "before", "after", "activity"}  # columns of words; all others are numbers


@dataclass(frozen=True)
class Verdict:
    """What the data say about one claim. `theta`, `low`, `high` are None where the claim is not testable.

    `method` says how θ and its interval are computed, `effect` what they mean for a manager (empty where the claim is
    not testable), `reading` whether that is an association, a cause, a prediction or a description, `caveat` what may
    not be concluded, and `place` under which heading of the chapter it is worked out.
    """

    id: str
    claim: str
    claim_zh: str
    theta: float | None
    low: float | None
    high: float | None
    delta: float
    delta_source: str
    kind: str
    verdict: str
    reason: str
    n: int
    data: str
    method: str = ""
    effect: str = ""
    reading: str = ""
    caveat: str = ""
    place: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@cache
def _ledger() -> tuple[dict[str, Any], ...]:
    with (Path(__file__).parents[1] / "claims.toml").open("rb") as file:
        return tuple(tomllib.load(file)["claim"])


def ledger() -> pd.DataFrame:
    """All claims, one row each, index = id: theory, claim, claim_zh, estimand, kind, threshold, its source, data; the
    columns or tables that a test needs, and the parameters of the chapter that name them (gives); how the claim is
    tested (method), the sentence in which a result is told (effect), reading, caveat and place as in a verdict.

    >>> ledger().loc["VAL-1", "claim"]
    '20 % of customers bring 80 % of revenue'
    """
    return pd.DataFrame([dict(entry) for entry in _ledger()]).set_index("id")


def decide(low: float, high: float, delta: float, kind: str = "at least") -> str:
    """The verdict rule on an interval and a threshold.

    >>> decide(0.1, 0.3, 0.0), decide(-0.2, 0.1, 0.0), decide(-0.05, 0.02, 0.1, "equivalence")
    ('supported', 'inconclusive', 'supported')
    """
    if kind not in ("at least", "equivalence"):
        raise SchemaError(unknown("kind of claim", kind, ("at least", "equivalence")))
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        return "inconclusive"
    if kind == "equivalence":
        inside, outside = -delta <= low and high <= delta, low > delta or high < -delta
    else:
        inside, outside = low >= delta, high < delta
    return "supported" if inside else "contradicted" if outside else "inconclusive"


def test(
    claim: str,
    data: pd.DataFrame | pd.Series | Callable[[], pd.DataFrame | pd.Series],
    *,
    name: str = "",
    seed: int = 0,
    threshold: float | None = None,
    simulated: bool = False,
) -> Verdict:
    """Test one claim of the ledger on a table, as a rule with one row per customer.

    Parameters
    ----------
    claim : its id, such as "VAL-1"
    data : a frame with the columns the claim needs, which ``claims.TESTS[claim][0]`` names; or a function that makes
        it, whose DomainError is why the claim is not testable
    name : what the data are called in the report
    threshold : another δ than the ledger's; the verdict shows both
    simulated : marks the verdict as one on simulated data

    Returns
    -------
    Verdict; "not testable" with the missing column named when one is missing, or when this version has no
    test yet

    >>> test("VAL-1", pd.DataFrame({"revenue": [1.0] * 50}), name="equal customers").verdict
    'contradicted'
    """
    entry = _entry(claim)
    delta = float(entry["threshold"] if threshold is None else threshold)
    answer = partial(_verdict, entry, delta, name)
    if claim not in TESTS:
        return answer(reason="not implemented yet")
    columns, estimate = TESTS[claim]
    try:
        data = data() if callable(data) else data
    except DomainError as error:
        return answer(reason=str(error))
    data = data.to_frame() if isinstance(data, pd.Series) else data
    missing = [column for column in columns if column not in data.columns or not data[column].notna().any()]
    if missing:
        return answer(reason=f"missing: {', '.join(missing)}")
    used = data[list(columns)].dropna()
    if used.empty:
        return answer(reason=f"no row has all of {', '.join(columns)}")
    used = used.astype({column: str if column in LABELS else float for column in columns})
    try:
        theta, low, high, *counted = estimate(used, np.random.default_rng(seed))
    except DomainError as error:
        return answer(reason=str(error), n=len(used))
    n = int(counted[0]) if counted else len(used)
    return answer((theta, low, high), n=n, simulated=simulated)


def not_given(claim: str, what: str, *, name: str = "") -> Verdict:
    """The verdict on a claim whose data were not given: not testable, and what would make it so.

    >>> not_given("LIF-6", "no table of contacts was given (parameter leads)").verdict
    'not testable'
    """
    entry = _entry(claim)
    return _verdict(entry, float(entry["threshold"]), name, reason=what)


test.__test__ = False  # type: ignore[attr-defined]  # pytest must not take this function for a test of its own


def _entry(claim: str) -> dict[str, Any]:
    entries = {entry["id"]: entry for entry in _ledger()}
    if claim not in entries:
        raise SchemaError(unknown("claim", claim, entries))
    return entries[claim]


def _verdict(
    entry: dict[str, Any],
    delta: float,
    name: str,
    found: tuple[float, float, float] | None = None,
    *,
    reason: str = "",
    n: int = 0,
    simulated: bool = False,
) -> Verdict:
    """The verdict on θ and its interval, `found`; without them it is "not testable" for a reason."""
    outcome, said, source = "not testable", "", entry["threshold_source"]
    theta, low, high = found or (None, None, None)
    if found:
        outcome = decide(*found[1:], delta, entry["kind"]) + (" (simulation)" if simulated else "")
        said = ("Simulated customers. " if simulated else "") + effect(entry, *found, n, delta)
    if delta != float(entry["threshold"]):
        source = f"chosen by the analyst; the ledger has {entry['threshold']:g}"
    return Verdict(
        entry["id"],
        entry["claim"],
        entry["claim_zh"],
        theta,
        low,
        high,
        delta,
        source,
        entry["kind"],
        outcome,
        reason,
        n,
        name,
        entry["method"],
        said,
        entry["reading"],
        entry["caveat"],
        entry["place"],
    )
