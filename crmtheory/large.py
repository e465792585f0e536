"""Intervals for very many customers, where a bootstrap of all of them would take hours.

From `LARGE` customers on, two things take the place of a bootstrap of all n. Sums and means are normal with the
spread of the values over √n. Any other statistic is resampled among `SAMPLE` customers drawn without replacement; what
such a sample of m scatters is √(n / m) times what n customers scatter, and is divided by that (Bickel, Götze & van Zwet
1997, Statistica Sinica 7, 1–31). The estimate is always that of all customers. Where a few of them hold most of what is
counted, a sample of m misses most of these few, and such an interval is rough: it is not for verdicts on such numbers.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crmtheory.numerics import Array

LARGE = 50_000  # customers from which on not all of them are resampled
SAMPLE = 10_000  # customers that are resampled then


def drawn(n: int, rng: np.random.Generator) -> NDArray[np.intp] | None:
    """Places of the customers to resample, in order; None where all of them are.

    >>> drawn(100, np.random.default_rng(1)) is None, len(drawn(60_000, np.random.default_rng(1)))
    (True, 10000)
    """
    return None if n < LARGE else np.sort(rng.choice(n, SAMPLE, replace=False))


def rescaled(draws: Array, centre: Array | float, estimate: Array | float, m: int, n: int) -> Array:
    """Draws of a statistic around its estimate from n customers, from draws around `centre` among m of these.

    >>> rescaled(np.array([1.0, 3.0]), 2.0, 5.0, 1, 4).tolist()
    [4.5, 5.5]
    """
    return estimate + (np.asarray(draws, float) - centre) * np.sqrt(m / n)
