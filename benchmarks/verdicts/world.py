"""A world in which the truth about one claim is known, to see how often each verdict is given there.

θ is the estimand of the claim as its ledger entry names it, δ the threshold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

JUST_TRUE, CLEARLY_TRUE, CLEARLY_FALSE = KINDS = ("just true", "clearly true", "clearly false")


def truths(at: float, true: float, false: float) -> dict[str, float]:
    """θ by kind of world."""
    return {JUST_TRUE: at, CLEARLY_TRUE: true, CLEARLY_FALSE: false}


@dataclass(frozen=True)
class World:
    """Data as large as the sample data, drawn so that θ is known.

    Attributes
    ----------
    claim : the claim it is about
    truths : true θ by kind of world; that of "just true" is the threshold itself
    draw : (true θ, rng) → what `claims.test` is given, by the same function that the chapter calls
    n : customers, respondents or cases in one world
    like : the sample data it is as large as, and how it is drawn, in one sentence
    settings : more arguments of `claims.test`
    """

    claim: str
    truths: Mapping[str, float]
    draw: Callable[[float, np.random.Generator], pd.DataFrame]
    n: int
    like: str
    settings: Mapping[str, object] = field(default_factory=dict)
