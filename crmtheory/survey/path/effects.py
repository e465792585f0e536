"""Direct, indirect and total effects: a path is a coefficient, a route the product of its paths, a total their sum."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError
from crmtheory.numerics import Array
from crmtheory.survey.path.model import Model


def totals(paths: Array) -> Array:
    """Total effects (B, J, J; from × to) of paths B: (I − B)⁻¹ − I, the sum B + B² + … over all routes."""
    unit = np.eye(paths.shape[-1])
    return np.linalg.inv(unit - paths) - unit


def reached(model: Model, least: int = 1) -> list[tuple[int, int]]:
    """Pairs of constructs (from, to) joined by a route of `least` paths or more (1 or 2), in order."""
    routes = model.routes - (model.adjacent if least == 2 else 0)
    return [(int(i), int(j)) for i, j in np.argwhere(routes > 0)]


def named(model: Model, pairs: list[tuple[int, int]]) -> pd.DataFrame:
    """Columns from, to with the names of constructs."""
    columns = {"from": [model.names[i] for i, _ in pairs], "to": [model.names[j] for _, j in pairs]}
    return pd.DataFrame(columns, dtype="str")


def effects(model: Model, paths: Array) -> pd.DataFrame:
    """Columns from, to, direct (0 without a path), indirect, total, for every pair that a route joins; paths (J, J)."""
    total = totals(paths[None])[0]
    pairs = reached(model)
    direct = np.array([paths[pair] for pair in pairs])
    whole = np.array([total[pair] for pair in pairs])
    return named(model, pairs).assign(direct=direct, indirect=whole - direct, total=whole)


def route(model: Model, source: str, through: str | Sequence[str] | None, target: str) -> list[int]:
    """The numbers of the constructs on a route; only source and target where `through` is None.

    Raises
    ------
    SchemaError : no such construct, or one that is on the route twice
    DomainError : a step of the route is no path of the model, or no route leads from source to target past others
    """
    between = [] if through is None else [through] if isinstance(through, str) else list(through)
    stops = [source, *between, target]
    numbers = [model.number(name) for name in stops]
    if len(set(stops)) < len(stops):
        raise SchemaError(
            f"The route {' → '.join(stops)} passes a construct twice. Name source, mediators and target once each."
        )
    if through is None:
        if model.routes[numbers[0], numbers[1]] - model.adjacent[numbers[0], numbers[1]] <= 0:
            raise DomainError(
                f"No route of the model leads from {source} to {target} by way of another construct, so nothing "
                "mediates. Turn them round, or add the paths you mean."
            )
        return numbers
    for start, end in pairwise(numbers):
        if not model.adjacent[start, end]:
            ways = ", ".join(model.names[j] for j in np.flatnonzero(model.adjacent[start])) or "nothing"
            raise DomainError(
                f"The route {' → '.join(stops)} needs a path {model.names[start]} → {model.names[end]}, and the model "
                f"has none; {model.names[start]} acts on {ways}. Name every construct on the way, in order."
            )
    return numbers


def along(paths: Array, numbers: list[int]) -> Array:
    """The product (B,) of the paths (B, J, J) along a route."""
    steps = [paths[:, start, end] for start, end in pairwise(numbers)]
    return np.prod(steps, axis=0)
