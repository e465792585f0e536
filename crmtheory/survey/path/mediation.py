"""Mediation: what part of an effect goes by way of other constructs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crmtheory.numerics import Array
from crmtheory.survey.path.effects import along, route
from crmtheory.survey.path.fitting import Solution
from crmtheory.survey.path.model import Model
from crmtheory.survey.path.resampling import drawn


def mediation(
    model: Model,
    answers: pd.DataFrame,
    source: str,
    through: str | Sequence[str] | None,
    target: str,
    rng: np.random.Generator,
    resamples: int = 5000,
    interval: str = "percentile",
    scheme: str = "path",
    consistent: bool = False,
    weights: pd.Series | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Direct, indirect and total effect of one construct on another, standardised, with bootstrap intervals.

    Parameters
    ----------
    through : the construct, or in order the constructs, that the indirect effect passes; None: all routes together
    other parameters : as in `bootstrap`

    Returns
    -------
    frame: index effect: "direct" (the path from source to target; where the model has none, 0 without an interval),
    "indirect" (the product of the paths along the named route), "total" (over all routes; more than the sum of the
    other two where there are routes besides the named one); columns estimate, low, high, n

    Raises
    ------
    as `bootstrap`; DomainError : the route is not one of the model

    >>> rng = np.random.default_rng(1)
    >>> a = rng.normal(size=200); b = a + rng.normal(size=200); c = b + rng.normal(size=200)
    >>> model = Model({"A": ["a"], "B": ["b"], "C": ["c"]}, {"A": ["B", "C"], "B": ["C"]})
    >>> found = mediation(model, pd.DataFrame({"a": a, "b": b, "c": c}), "A", "B", "C", rng, resamples=200)
    >>> found["estimate"].round(2).to_dict()
    {'direct': 0.2, 'indirect': 0.46, 'total': 0.66}
    """
    stops = route(model, source, through, target)
    draws = drawn(model, answers, rng, resamples, interval, scheme, consistent, weights, level)
    first, last = stops[0], stops[-1]

    def pick(found: Solution) -> Array:
        direct, total = found.paths[:, first, last], found.totals[:, first, last]
        indirect = total - direct if through is None else along(found.paths, stops)
        return np.stack([direct, indirect, total], axis=1)

    table = pd.DataFrame(draws.of(pick), pd.Index(["direct", "indirect", "total"], name="effect"))
    if not model.adjacent[first, last]:  # fixed at 0 by the model, not estimated
        table.loc["direct", ["low", "high"]] = np.nan
    return table
