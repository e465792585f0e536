"""Importance and performance: what moves a construct most, and where it stands (Ringle & Sarstedt 2016, IMDS 116:1865).

Items are put on 0 to 100 by the ends of their scales; a score is the mean of its items, weighted by their PLS weights
in these units. Importance is by how many points the target rises with one point of a construct.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError
from crmtheory.numerics import Array
from crmtheory.survey.path.fitting import Solution, checked, prepared, solve
from crmtheory.survey.path.model import Model
from crmtheory.survey.path.moments import Products
from crmtheory.survey.path.resampling import drawn

Scale = tuple[float, float] | Mapping[str, tuple[float, float]]


def importance_performance(
    model: Model,
    answers: pd.DataFrame,
    target: str,
    scale: Scale,
    rng: np.random.Generator | None = None,
    resamples: int = 5000,
    interval: str = "percentile",
    scheme: str = "path",
    weights: pd.Series | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Unstandardised total effect on `target`, and mean score on 0 to 100, of every construct that acts on it.

    Parameters
    ----------
    scale : lowest and highest answer, for all items or by item
    rng : for bootstrap intervals; None: their columns are NaN
    other parameters : as in `bootstrap`

    Returns
    -------
    frame: index construct: importance (points of the target per point of the construct), importance_low,
    importance_high, performance (0 to 100), performance_low, performance_high, n

    Raises
    ------
    as `bootstrap`; SchemaError : a scale that does not rise or does not hold the answers; DomainError : nothing acts on
    the target, or an item with a weight below 0, of which no mean can be made

    >>> answers = pd.DataFrame({"a": [1.0, 2, 3, 4, 5], "b": [2.0, 1, 4, 3, 5]})
    >>> model = Model({"A": ["a"], "B": ["b"]}, {"A": "B"})
    >>> importance_performance(model, answers, "B", (1, 5))[["importance", "performance"]].round(6).loc["A"].tolist()
    [0.8, 50.0]
    """
    goal = model.number(target)
    acting = np.flatnonzero(model.routes[:, goal] > 0)
    if not len(acting):
        raise DomainError(
            f"Nothing acts on {target} in this model, so nothing is important for it. Name a construct to which "
            f"paths lead, such as {model.edges[-1][1]}."
        )
    low, high = _ends(model, answers, scale)
    if rng is None:
        data = prepared(model, answers, weights)
        found = Products(data).all()
        one, n, draws = checked(model, found, solve(model, found, scheme, False)), len(data), None
    else:
        draws = drawn(model, answers, rng, resamples, interval, scheme, False, weights, level)
        one, n = draws.fit, draws.n
    used = np.isin(model.owner, [*acting, goal])
    negative = np.flatnonzero(used & (one.weights[0] < 0))
    if len(negative):
        first = negative[0]
        raise DomainError(
            f"{len(negative)} of {used.sum()} items have a weight below 0, first: {model.items[first]} "
            f"({one.weights[0, first]:.3f}), so scores are no means of answers on 0 to 100. The usual cause is an item "
            "in which less is better: turn it round when reading (reverse=…), or leave it out."
        )

    def pick(found: Solution) -> Array:
        """Importance, then performance, of all that acts on the target: (B, 2 · acting)."""
        points = 100 * (found.means - low) / (high - low)
        per_point = found.weights / (100 * found.sds / (high - low))
        mass = per_point @ model.member  # 1 / standard deviation of the unstandardised score
        performance = (per_point * points) @ model.member / mass
        importance = found.totals[:, acting, goal] * mass[:, acting] / mass[:, [goal]]
        return np.hstack([importance, performance[:, acting]])

    blank = np.full(2 * len(acting), np.nan)
    table = {"estimate": pick(one)[0], "low": blank, "high": blank} if draws is None else draws.of(pick)
    columns: dict[str, object] = {}
    for place, name in enumerate(("importance", "performance")):
        part = slice(place * len(acting), (place + 1) * len(acting))
        columns |= {name: table["estimate"][part]}
        columns |= {f"{name}_low": table["low"][part], f"{name}_high": table["high"][part]}
    index = pd.Index([model.names[j] for j in acting], name="construct")
    return pd.DataFrame({**columns, "n": n}, index)


def _ends(model: Model, answers: pd.DataFrame, scale: Scale) -> tuple[Array, Array]:
    """Lowest and highest answer of each item (K,), checked against the answers."""
    ends = []
    for item in model.items:
        pair = scale.get(item) if isinstance(scale, Mapping) else scale
        if pair is None:
            raise SchemaError(f'The item {item} has no scale. Give "{item}": (low, high) in scale.')
        low, high = float(pair[0]), float(pair[1])
        if not low < high:
            raise SchemaError(
                f"The scale of {item} is ({low:g}, {high:g}); the low end must lie below the high end."
            )
        if item in answers and pd.api.types.is_numeric_dtype(answers[item]):
            outside = (answers[item] < low) | (answers[item] > high)
            if outside.any():
                raise SchemaError(
                    f"{outside.sum():,} of {len(answers):,} answers to {item} lie outside its scale "
                    f"({low:g}, {high:g}), first: {answers[item][outside.to_numpy()].iloc[0]:g}. The usual cause is "
                    "another scale, or a code for no opinion."
                )
        ends.append((low, high))
    return np.array([low for low, _ in ends]), np.array([high for _, high in ends])
