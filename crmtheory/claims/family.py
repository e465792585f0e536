"""Verdicts on many claims at once. Of forty claims that are just wrong one would be supported by luck alone; a verdict
that holds for the whole family is one that luck among so many does not explain.

A verdict is decided when the 95 % interval lies on one side of the threshold δ. That is a test of θ = δ at 5 %, so each
interval has a p value: its half that points to the threshold is taken as 1.96 standard errors. All p values of a report
are then adjusted by Holm's method; what is not decided any more reads "inconclusive".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from scipy.special import ndtr, ndtri

from crmtheory.multiplicity import holm

ALPHA = 0.05  # for one verdict, and for the family as a whole
Z = float(ndtri(1 - ALPHA / 2))


def p_value(theta: float, low: float, high: float, delta: float, kind: str = "at least") -> float:
    """p value of the test that a verdict is: at most .05 exactly where the verdict is decided.

    Parameters
    ----------
    theta, low, high : estimate and 95 % interval
    delta : the threshold; kind : "at least" or "equivalence" (|θ| ≤ δ), see `claims.decide`

    Returns
    -------
    float : two-sided, in [0, 1]; 1 where the interval has no end

    >>> round(p_value(0.3, 0.1, 0.5, 0.1), 3), round(p_value(0.3, 0.2, 0.5, 0.0), 6)
    (0.05, 0.0)
    """
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        return 1.0
    if not low <= theta <= high:  # an interval corrected for bias may leave its estimate outside
        theta = (low + high) / 2
    if kind != "equivalence":
        away = _away(theta, low, high, delta)
    elif abs(theta) <= delta:  # both ends must be inside: the nearer one counts
        away = min(_away(theta, low, high, -delta), _away(theta, low, high, delta))
    else:
        away = _away(theta, low, high, math.copysign(delta, theta))
    return float(2 * ndtr(-Z * away))


def familywise(verdicts: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The verdicts of a report beside those that hold for all of them together.

    Parameters
    ----------
    verdicts : as `Verdict.to_dict` gives them; simulated ones and those without numbers are no members of the family

    Returns
    -------
    DataFrame in the order given: p_value, p_family (Holm), family_verdict ("" for no members), members (their number)

    >>> one = {"theta": 0.3, "low": 0.11, "high": 0.49, "delta": 0.1, "kind": "at least", "verdict": "supported"}
    >>> familywise([one])["family_verdict"].tolist(), familywise([one] * 20)["family_verdict"].unique().tolist()
    (['supported'], ['inconclusive'])
    """
    p = pd.Series(
        [
            p_value(v["theta"], v["low"], v["high"], v["delta"], v["kind"]) if _member(v) else math.nan
            for v in verdicts
        ],
        dtype=float,
    )
    adjusted = holm(p)
    kept = [
        "" if math.isnan(q) else verdict["verdict"] if q <= ALPHA else "inconclusive"
        for verdict, q in zip(verdicts, adjusted, strict=True)
    ]
    return pd.DataFrame(
        {"p_value": p, "p_family": adjusted, "family_verdict": kept, "members": int(p.notna().sum())}
    )


def _member(verdict: Mapping[str, Any]) -> bool:
    return (
        all(verdict.get(key) is not None for key in ("theta", "low", "high", "delta"))
        and "simulation" not in verdict["verdict"]
        and verdict["verdict"] != "not testable"
    )


def _away(theta: float, low: float, high: float, point: float) -> float:
    """How far a point is from the estimate, in halves of the interval on that side."""
    distance, half = (theta - point, theta - low) if theta >= point else (point - theta, high - theta)
    if half > 0:
        return distance / half
    return math.inf if distance > 0 else 1.0  # no width: decided, except by a point that is the estimate
