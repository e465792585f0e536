"""Importance–performance map: what matters and is done badly comes first.

The map is that of Martilla & James (1977, J. Marketing 41, 77–79).
Both axes are cut at the mean over the drivers shown, so a quadrant says how a driver stands to the others here; it
changes when drivers are added. `probability` says how sure the quadrant is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from crmtheory.errors import SchemaError, unknown
from crmtheory.numerics import Array
from crmtheory.survey.complete import Complete, intervals
from crmtheory.survey.drivers.importance import shared

Scale = tuple[float, float]
# By importance (low, high) and performance (low, high).
QUADRANTS = ("low priority", "possible overkill", "concentrate here", "keep up")
LEVEL = 1e-12  # equal up to rounding counts as at the cut, which is high


def importance_performance(
    answers: pd.DataFrame,
    outcome: str,
    drivers: Sequence[str],
    rng: np.random.Generator,
    scale: Scale | Mapping[str, Scale],
    method: str = "lmg",
    weights: pd.Series | None = None,
    resamples: int = 1000,
    level: float = 0.95,
) -> pd.DataFrame:
    """Importance and performance of each driver, the quadrant it is in, and how sure that is.

    Parameters
    ----------
    scale : lowest and highest answer of the drivers, or one such pair for each driver; performance is the mean answer
        with the lowest at 0 and the highest at 100
    method, rng, weights, resamples, level, and the others : as in `importance`

    Returns
    -------
    frame, index driver: importance (share of R²), importance_low, importance_high, performance (0 to 100),
    performance_low, performance_high, quadrant ("concentrate here": important and badly done, "keep up": important and
    well done, "low priority": neither, "possible overkill": well done and not important), probability (share of
    bootstrap samples in which the driver is in that quadrant, cuts taken anew in each), n

    Raises
    ------
    as `importance`; SchemaError : no scale for a driver, a scale that does not rise, answers outside it
    DomainError : fewer than two drivers

    >>> a, b = [1.0, 1, 2, 2] * 10, [4.0, 5, 4, 5] * 10
    >>> answers = pd.DataFrame({"overall": 2 * np.array(a) + b, "staff": a, "food": b})
    >>> rng = np.random.default_rng(1)
    >>> table = importance_performance(answers, "overall", ["staff", "food"], rng, scale=(1, 5), resamples=200)
    >>> table[["importance", "performance", "quadrant"]].round(3).to_numpy().tolist()
    [[0.8, 12.5, 'concentrate here'], [0.2, 87.5, 'possible overkill']]
    """
    question = "The importance–performance map"
    found = shared(
        answers, outcome, drivers, rng, method, weights, resamples, level, least=2, question=question
    )
    names = found.data.items[1:]
    lowest, highest = _ends(found.data, scale, question)
    performance = 100 * (found.means - lowest) / (highest - lowest)
    draws = 100 * (found.mean_draws - lowest) / (highest - lowest)
    place, places = _quadrant(found.share, performance), _quadrant(found.share_draws, draws)
    usable = np.isfinite(found.share_draws).all(axis=1)
    importance_low, importance_high = intervals(found.share_draws, level)
    performance_low, performance_high = intervals(draws, level)
    table = {
        "importance": found.share,
        "importance_low": importance_low,
        "importance_high": importance_high,
        "performance": performance,
        "performance_low": performance_low,
        "performance_high": performance_high,
        "quadrant": [QUADRANTS[i] for i in place],
        "probability": (places[usable] == place).mean(axis=0),
        "n": len(found.data),
    }
    return pd.DataFrame(table, index=pd.Index(names, name="driver"))


def _quadrant(importance: Array, performance: Array) -> np.ndarray:
    """The place in QUADRANTS of each driver (last axis); what lies at a cut is high."""
    matters = importance >= importance.mean(axis=-1, keepdims=True) - LEVEL
    done = performance >= performance.mean(axis=-1, keepdims=True) - 100 * LEVEL
    return 2 * matters + done


def _ends(data: Complete, scale: Scale | Mapping[str, Scale], question: str) -> tuple[Array, Array]:
    """The ends of the scale of each driver, (k,) each."""
    ends = []
    for name, answers in zip(data.items[1:], data.values.T[1:], strict=True):
        if isinstance(scale, Mapping) and name not in scale:
            raise SchemaError(unknown("scale of the driver", name, scale))
        low, high = scale[name] if isinstance(scale, Mapping) else scale
        if not low < high:
            raise SchemaError(
                f"{question}: a scale is its lowest and its highest answer; {name} has {low:g} and {high:g}."
            )
        outside = (answers < low) | (answers > high)
        if outside.any():
            raise SchemaError(
                f"{question}: {outside.sum():,} of {len(answers):,} answers to {name} lie outside its scale "
                f"{low:g} to {high:g}, first: respondent {data.index[outside.argmax()]} "
                f"({answers[outside.argmax()]:g}). Give the scale of the questionnaire."
            )
        ends.append((low, high))
    lowest, highest = np.array(ends, float).T
    return lowest, highest
