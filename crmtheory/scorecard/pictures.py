"""Numbers, words and pictures of verdicts: θ is the estimate, [low, high] its 95 % interval, δ the threshold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from crmtheory import markup

SYMBOLS = {"supported": "✔", "contradicted": "✘", "inconclusive": "?", "not testable": "–"}
DIFFERS = "differs between data sets"
PARTLY = {"supported": "supported on part of the data", "contradicted": "contradicted on part of the data"}
WIDTH, EDGE = 240, 16  # of the picture of an interval, in pixels


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


def numbers(verdict: Mapping[str, Any]) -> str:
    """Estimate and interval, with as many decimals as the width of the interval warrants.

    >>> numbers({"theta": 0.00922, "low": -0.0296, "high": 0.0411})
    '0.009 [−0.030, 0.041]'
    """
    low, high = verdict.get("low"), verdict.get("high")
    if low is None or high is None or not 0 < high - low < math.inf:
        return _minus(f"{short_number(verdict['theta'])} [{short_number(low)}, {short_number(high)}]")
    spec = f",.{max(0, 1 - math.floor(math.log10(high - low)))}f"
    theta, low, high = (markup.number(verdict[key], spec) for key in ("theta", "low", "high"))
    return _minus(f"{theta} [{low}, {high}]")


def kind(verdict: str) -> str:
    return next((kind for kind in SYMBOLS if verdict.startswith(kind)), "not testable")


def symbol(verdict: str) -> str:
    if verdict in PARTLY.values():
        return "◐"
    return SYMBOLS.get(kind(verdict), "–") if verdict != DIFFERS else "≠"


def css(verdict: str) -> str:
    open_ones = {DIFFERS, *PARTLY.values()}
    return "inconclusive" if verdict in open_ones else kind(verdict).replace(" ", "-")


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


def axis(verdicts: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    """Round numbers around all intervals and thresholds of one claim, so that its pictures compare.

    >>> axis([{"theta": 0.67, "low": 0.65, "high": 0.70, "delta": 0.8}])
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


def picture(verdict: Mapping[str, Any], axis: tuple[float, float]) -> dict[str, Any] | None:
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
        "thresholds": [(x(value), _minus(short_number(value))) for value in thresholds],
        "holds": holds,  # the part of the axis where the claim is right
        "ends": [(x(end), _minus(short_number(end))) for end in axis],
        "text": _minus(text),
    }


def _minus(text: str) -> str:
    """With the sign for minus: some voices leave a hyphen out."""
    return text.replace("-", "−")
