"""A path model: constructs, the items that measure them, and the paths between constructs.

K is the number of items, J the number of constructs, in the order in which they are named. A model must not go round
in circles, so that every effect is a sum over finitely many routes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from types import MappingProxyType

import numpy as np

from crmtheory.errors import SchemaError, unknown
from crmtheory.numerics import Array

Paths = Mapping[str, str | Sequence[str]] | Sequence[tuple[str, str]]
MODES = ("A", "B")


@dataclass(frozen=True, eq=False)
class Model:
    """Constructs, paths and modes.

    Parameters
    ----------
    constructs : construct → its items; an item belongs to one construct; one item alone is allowed
    paths : construct → the constructs it acts on, or pairs (from, to)
    modes : construct → "A" (the items reflect the construct; weights are correlations) or "B" (the items form it;
        weights are regression coefficients). Those not named are "A".

    Raises
    ------
    SchemaError : no constructs or no paths, unknown names, an item twice, a construct without a path, a circle

    >>> model = Model({"quality": ["q1", "q2"], "loyalty": ["l1"]}, {"quality": "loyalty"})
    >>> model.names, model.edges, model.modes["quality"]
    (('quality', 'loyalty'), (('quality', 'loyalty'),), 'A')
    """

    constructs: Mapping[str, Sequence[str]]
    paths: Paths
    modes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        constructs = {str(name): _several(items) for name, items in self.constructs.items()}
        edges = _edges(self.paths)
        _check_items(constructs)
        _check_paths(constructs, edges)
        for name, mode in self.modes.items():
            if name not in constructs:
                raise SchemaError(unknown("construct", name, constructs))
            if mode not in MODES:
                raise SchemaError(unknown("mode", mode, MODES))
        # `frozen` forbids assignment; this is the one place where the given names are brought into their form
        object.__setattr__(self, "constructs", MappingProxyType(constructs))
        object.__setattr__(self, "paths", edges)
        modes = {name: self.modes.get(name, "A") for name in constructs}
        object.__setattr__(self, "modes", MappingProxyType(modes))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The constructs, in the order in which they were named."""
        return tuple(self.constructs)

    @cached_property
    def items(self) -> tuple[str, ...]:
        """All items, construct after construct."""
        return tuple(item for items in self.constructs.values() for item in items)

    @cached_property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """The paths (from, to), by the order of constructs."""
        place = {name: number for number, name in enumerate(self.names)}
        pairs: Sequence[tuple[str, str]] = self.paths  # type: ignore[assignment]  # brought into form above
        return tuple(sorted(pairs, key=lambda pair: (place[pair[0]], place[pair[1]])))

    @cached_property
    def owner(self) -> np.ndarray:
        """The number of the construct of each item (K,)."""
        sizes = [len(items) for items in self.constructs.values()]
        return np.repeat(np.arange(len(sizes)), sizes)

    @cached_property
    def member(self) -> Array:
        """Items × constructs (K, J): 1 where the item belongs to the construct."""
        return (self.owner[:, None] == np.arange(len(self.names))).astype(float)

    @cached_property
    def adjacent(self) -> np.ndarray:
        """Constructs × constructs (J, J): whether there is a path from the first to the second."""
        found = np.zeros((len(self.names), len(self.names)), bool)
        for start, end in self.edges:
            found[self.names.index(start), self.names.index(end)] = True
        return found

    @cached_property
    def routes(self) -> np.ndarray:
        """Constructs × constructs (J, J): the number of routes, of any length, from the first to the second."""
        unit = np.eye(len(self.names))
        return np.rint(np.linalg.inv(unit - self.adjacent) - unit).astype(int)

    @cached_property
    def reflective(self) -> np.ndarray:
        """Whether each construct (J,) is measured in mode A by two items or more."""
        return np.array([self.modes[name] == "A" and len(self.constructs[name]) > 1 for name in self.names])

    def places(self, name: str) -> np.ndarray:
        """The places of a construct's items among all items."""
        return np.flatnonzero(self.owner == self.number(name))

    def number(self, name: str) -> int:
        """The place of a construct among all. SchemaError: there is none of that name."""
        if name not in self.names:
            raise SchemaError(unknown("construct", name, self.names))
        return self.names.index(name)


def _several(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _edges(paths: Paths) -> tuple[tuple[str, str], ...]:
    if isinstance(paths, Mapping):
        return tuple((start, end) for start, ends in paths.items() for end in _several(ends))
    pairs = tuple(_several(pair) for pair in paths)
    for pair in pairs:
        if len(pair) != 2:
            raise SchemaError(f"A path is a pair (from, to) of constructs; {pair!r} is none.")
    return tuple((pair[0], pair[1]) for pair in pairs)


def _check_items(constructs: Mapping[str, Sequence[str]]) -> None:
    if len(constructs) < 2:
        raise SchemaError(f"A path model needs two constructs or more; {len(constructs)} was named.")
    owners: dict[str, str] = {}
    for name, items in constructs.items():
        if not items:
            raise SchemaError(f"The construct {name} has no items. Name the columns that measure it.")
        for item in items:
            if item in owners:
                where = "twice in" if owners[item] == name else f"in {owners[item]} and in"
                raise SchemaError(
                    f"The item {item} is named {where} {name}. An item belongs to one construct, once."
                )
            owners[item] = name


def _check_paths(constructs: Mapping[str, Sequence[str]], edges: Sequence[tuple[str, str]]) -> None:
    for name in (name for edge in edges for name in edge):
        if name not in constructs:
            raise SchemaError(unknown("construct", name, constructs))
    for start, end in edges:
        if edges.count((start, end)) > 1:
            raise SchemaError(f"The path {start} → {end} is named twice. Name each path once.")
    lonely = [name for name in constructs if not any(name in edge for edge in edges)]
    if lonely:
        raise SchemaError(
            f"{len(lonely)} of {len(constructs)} constructs have no path, first: {lonely[0]}. Its weights come from "
            "the constructs next to it, so it needs a path to or from another one; or leave it out."
        )
    graph: dict[str, list[str]] = {name: [] for name in constructs}
    for start, end in edges:
        graph[end].append(start)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        raise SchemaError(
            f"The model goes round in a circle: {' → '.join(circle.args[1])}. Effects must run one way; "
            "leave out the path you believe least, or turn it."
        ) from None


ECSI = Model(
    constructs={
        "Image": ("IMAG1", "IMAG2", "IMAG3", "IMAG4", "IMAG5"),
        "Expectation": ("CUEX1", "CUEX2", "CUEX3"),
        "Quality": ("PERQ1", "PERQ2", "PERQ3", "PERQ4", "PERQ5", "PERQ6", "PERQ7"),
        "Value": ("PERV1", "PERV2"),
        "Satisfaction": ("CUSA1", "CUSA2", "CUSA3"),
        "Complaints": ("CUSCO",),
        "Loyalty": ("CUSL1", "CUSL2", "CUSL3"),
    },
    paths={
        "Image": ("Expectation", "Satisfaction", "Loyalty"),
        "Expectation": ("Quality", "Value", "Satisfaction"),
        "Quality": ("Value", "Satisfaction"),
        "Value": ("Satisfaction",),
        "Satisfaction": ("Complaints", "Loyalty"),
        "Complaints": ("Loyalty",),
    },
)
"""The European customer satisfaction index on the items of `ecsi_mobile` (Tenenhaus et al. 2005, CSDA 48:159–205)."""
