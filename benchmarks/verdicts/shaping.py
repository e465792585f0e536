"""Ways to give the sample data a θ that is known: chances tilted by a score, and parts of a table that are mixed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import optimize, special

from crmtheory.numerics import Array


def area(score: Array, chance: Array) -> float:
    """The area under the ROC curve where each row of a very large population has this chance of the event.

    >>> round(area(np.array([1.0, 2.0]), np.array([0.0, 1.0])), 3), area(np.ones(3), np.full(3, 0.5))
    (1.0, 0.5)
    """
    _, place = np.unique(score, return_inverse=True)
    yes, no = np.bincount(place, chance), np.bincount(place, 1 - chance)
    below = np.cumsum(no) - no / 2
    return float(yes @ below / (yes.sum() * no.sum()))


def tilted(score: Array, rate: float, theta: float) -> Array:
    """The chance of the event for each row, rising with the score, so that its mean is `rate` and its `area` θ.

    The chance is logistic in the normal score of the row's mid-rank; both coefficients are found by root-finding.
    """
    rank = pd.Series(score).rank(method="average").to_numpy()
    z = special.ndtri(rank / (len(score) + 1))

    def chances(slope: float) -> Array:
        level = optimize.brentq(lambda a: special.expit(a + slope * z).mean() - rate, -80, 80, xtol=1e-13)
        return special.expit(level + slope * z)

    slope = optimize.brentq(lambda b: area(score, chances(b)) - theta, -20, 20, xtol=1e-13)
    return chances(slope)


def ranks(values: Array, rng: np.random.Generator) -> Array:
    """The places of the values from 1 (least) to n, equal ones in a random order."""
    place = np.empty(len(values))
    place[np.lexsort((rng.random(len(values)), values))] = np.arange(1, len(values) + 1)
    return place
