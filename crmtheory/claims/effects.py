"""What a verdict means for a manager, in a sentence with numbers of daily life.

The sentence of each claim is a template in claims.toml. A template names what it wants of θ, its interval [low, high]
and the threshold δ, each on one of these scales:

    theta        as it is, such as a standardised coefficient or money
    points       100 θ: customers in a hundred, or percentage points
    percent      100 θ with the sign %
    tens         10 θ with the sign %: what goes with a price lower by 10 %, where θ is minus an elasticity
    times        e^θ, where θ is the logarithm of a ratio
    pairs        of 100 pairs of customers those in which who is higher in the one is higher in the other as well, where
                 θ is a correlation; rank_pairs where θ is Spearman's rank correlation

"{points}" is θ on its scale, "{points_between}" the interval in words, "{points_delta}" the threshold, and
"{points_minus}" −δ. After a colon stand words for above and below: "{points:more|fewer}" is "13 more" or "5 fewer", and
"{points_between:more|fewer}" is "between 9 and 16" or, on both sides of 0, "anything between 2 fewer and 12 more". A
star is an s where the number is not 1. "{way:more|less}" is the word alone. "{strength}" and "{a_strength}" say in
words how close a link is, and "{n}" is the number of customers.

That r makes 50 + 100 arcsin(r) / π such pairs holds for normal variables, and for rank correlations ρ with
r = 2 sin(π ρ / 6) for all that become normal when they are stretched (Kruskal 1958, J. Am. Statist. Assoc. 53,
814–861). So a sentence on pairs says "about".
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

# Cohen (1988): a correlation of .10 is small, .30 medium, .50 large. The same words are used here for standardised
# coefficients, as in the thresholds of the ledger.
STRENGTHS = ((0.5, "large"), (0.3, "medium"), (0.1, "small"), (0.0, "next to no"))

NOTHING = "The data give no number here, so nothing can be said."
OPEN = "no limits can be given"


@dataclass(frozen=True)
class Scale:
    """How θ is shown: what is computed of it, the sign behind it, fewest and most decimals."""

    of: Callable[[float], float]
    sign: str = ""
    least: int = 0
    most: int = 1


def _pairs(r: float) -> float:
    return 50 + 100 * math.asin(min(max(r, -1.0), 1.0)) / math.pi  # corrected correlations may exceed 1


def _rank_pairs(rho: float) -> float:
    return _pairs(2 * math.sin(math.pi * min(max(rho, -1.0), 1.0) / 6))


def _ratio(log: float) -> float:
    return min(math.exp(min(log, 700.0)), 1e6)  # nobody reads more digits


SCALES = {
    "theta": Scale(lambda theta: theta, most=2),
    "points": Scale(lambda theta: 100 * theta),
    "percent": Scale(lambda theta: 100 * theta, " %"),
    "tens": Scale(lambda theta: 10 * theta, " %"),
    "times": Scale(_ratio, least=1, most=2),
    "pairs": Scale(_pairs, most=0),
    "rank_pairs": Scale(_rank_pairs, most=0),
}


def effect(entry: Mapping[str, Any], theta: float, low: float, high: float, n: int, delta: float) -> str:
    """What θ and its interval mean, as a manager would say it.

    Parameters
    ----------
    entry : of the ledger, with the template `effect` and, where a θ below 0 needs other words, `effect_below`
    theta, low, high : the estimate and its 95 % interval, which may be infinite or missing
    n : customers or respondents; delta : the threshold

    Returns
    -------
    One or two sentences, with as many decimals as the width of the interval warrants, and enough of them to see on
    which side of the threshold it lies; where θ is missing, that nothing can be said.

    >>> entry = {"effect": "Of 100 customers with a complaint, {points:more|fewer} left ({points_between:more|fewer})."}
    >>> effect(entry, 0.127, 0.094, 0.161, 3150, 0.1)
    'Of 100 customers with a complaint, 13 more left (between 9 and 16).'
    >>> effect(entry, -0.01, -0.06, 0.04, 40, 0.1)
    'Of 100 customers with a complaint, 1 fewer left (anything between 6 fewer and 4 more).'
    """
    if not math.isfinite(theta):
        return NOTHING
    parts: dict[str, Any] = {"n": f"{n:,}"}
    for name, scale in SCALES.items():
        parts |= _on(name, scale, theta, low, high, delta)
    shown = round(theta, parts["theta"].decimals)  # so that the word fits the number beside it
    parts |= {"strength": strength(shown), "a_strength": _with_article(shown)}
    below = theta < 0
    template = str(entry.get("effect_below", entry["effect"]) if below else entry["effect"])
    if delta == 0:  # "0 or more" would be no gain at all
        template = re.sub(r"\{\w+_delta\} or more", "more than 0", template)
    sentence = template.format(**parts, way=_Way(-1 if below else 1))
    return sentence[:1].upper() + sentence[1:]


def strength(theta: float) -> str:
    """How close a link is, after Cohen (1988).

    >>> [strength(theta) for theta in (0.04, -0.1, 0.3, 0.7)]
    ['next to no', 'small', 'medium', 'large']
    """
    size = round(abs(theta), 12)  # 0.1 + 0.2 is 0.3
    return next(word for least, word in STRENGTHS if size >= least)


def _with_article(theta: float) -> str:
    word = strength(theta)
    return word if word == STRENGTHS[-1][1] else f"a {word}"


def _on(
    name: str, scale: Scale, theta: float, low: float, high: float, delta: float
) -> dict[str, _Number | _Between]:
    """What templates may name on one scale."""
    values = [scale.of(value) if math.isfinite(value) else value for value in (theta, low, high)]
    bounds = [scale.of(delta), scale.of(-delta)]
    decimals = _decimals(values, bounds, scale)
    shown = [_Number(value, decimals, scale.sign) for value in values]
    edge = [_Number(bound, _needed(bound, scale), scale.sign) for bound in bounds]
    return {
        name: shown[0],
        f"{name}_low": shown[1],
        f"{name}_high": shown[2],
        f"{name}_between": _Between(*shown),
        f"{name}_delta": edge[0],
        f"{name}_minus": edge[1],
    }


def _decimals(values: list[float], bounds: list[float], scale: Scale) -> int:
    """As many as let the interval be told apart, and more where rounding would move a limit over the threshold."""
    _, low, high = values
    width = high - low
    decimals = least = scale.least if min(map(abs, values)) < 10 else 0
    while decimals < scale.most and not width >= 4 * 10.0**-decimals:
        decimals += 1
    if not width > 0:
        decimals = max(least, *(_needed(value, scale) for value in values)) if width == 0 else scale.most
    for bound in bounds:
        while decimals < 3 and any(
            (round(value, decimals) < bound) != (value < bound)
            for value in (low, high)
            if math.isfinite(value)
        ):
            decimals += 1
    return decimals


def _needed(value: float, scale: Scale) -> int:
    """Decimals of a number that was stated, such as a threshold."""
    exact = (d for d in range(3) if math.isclose(round(value, d), value, abs_tol=1e-9))
    return next(exact, max(scale.most, 1))


@dataclass(frozen=True)
class _Number:
    """A number in a sentence."""

    value: float
    decimals: int
    sign: str

    @property
    def text(self) -> str:
        if not math.isfinite(self.value):
            return "unknown"
        written = f"{self.value:,.{self.decimals}f}"
        if not written.strip("-0.,"):
            written = written.lstrip("-")  # no −0
        return written.replace("-", "−") + self.sign

    def __format__(self, words: str) -> str:
        if not words:
            return self.text
        size = self.text.lstrip("−")
        word = _Way(-1 if self.text.startswith("−") else 1).word(words)
        return f"{size} {word.replace('*', '' if size == '1' else 's')}"


@dataclass(frozen=True)
class _Between:
    """An interval in a sentence."""

    theta: _Number
    low: _Number
    high: _Number

    def __format__(self, words: str) -> str:
        if math.isnan(self.low.value) or math.isnan(self.high.value):
            return OPEN
        ends = [number for number in (self.low, self.high) if math.isfinite(number.value)]
        if not ends:
            return OPEN
        negative = {
            number.text.startswith("−") for number in (self.theta, *ends) if number.text.strip("−0.,% ")
        }
        if not words:
            shown = [number.text for number in ends]
        elif len(negative) < 2:  # all on the side that the sentence names already
            shown = [number.text.lstrip("−") for number in ends]
        else:
            shown = [format(number, words) for number in ends]
        crossing = bool(words) and len(negative) == 2
        falling = bool(words) and negative == {True}
        if len(ends) == 1:
            least = math.isfinite(self.low.value) != falling
            return f"{'at least' if least else 'at most'} {shown[0]}"
        if falling:
            shown.reverse()
        if shown[0] == shown[1]:
            about = "" if self.low.value == self.high.value else "about "
            return f"{about}{shown[0]} at both ends"
        if not crossing and self.low.sign:
            shown[0] = shown[0].removesuffix(self.low.sign)
        return f"{'anything between' if crossing else 'between'} {shown[0]} and {shown[1]}"


@dataclass(frozen=True)
class _Way:
    """The word for above 0 or below 0."""

    side: int

    def word(self, words: str) -> str:
        above, _, below = words.partition("|")
        return below if self.side < 0 else above

    def __format__(self, words: str) -> str:
        return self.word(words)
