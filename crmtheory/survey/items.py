"""The items that were asked: what each is called, on which scale, in which construct. All names are checked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crmtheory.errors import unknown
from crmtheory.schema import Problem


@dataclass(frozen=True)
class Item:
    """One question. `reversed` items were turned round: low + high - answer."""

    name: str
    label: str
    constructs: tuple[str, ...]
    low: float
    high: float
    reversed: bool


def several(names: Any) -> tuple[Any, ...]:
    """A tuple of what was given; one text or number alone counts as one."""
    return tuple(names) if isinstance(names, Iterable) and not isinstance(names, str) else (names,)


def declare(
    names: Sequence[str],
    scale: Any,
    reverse: Sequence[str],
    constructs: Mapping[str, Sequence[str]],
    labels: Mapping[str, str],
) -> tuple[list[Item], list[Problem]]:
    """The items whose scale is known, in the order of `names`, and every problem with what was said of them."""
    problems: list[Problem] = []
    if not names:
        problems.append(("items", 'No item is named. Name the columns of answers, such as ["q1", "q2"].'))
    problems += twice("items", names)
    known = list(dict.fromkeys(names))
    scales = _scales(known, scale, problems)
    problems += [
        ("reverse", unknown("item", name, known)) for name in dict.fromkeys(reverse) if name not in known
    ]
    for construct, members in constructs.items():
        if not members:
            problems.append(("constructs", f'"{construct}" has no items.'))
        for name in dict.fromkeys(members):
            if name not in known:
                problems.append(("constructs", f'"{construct}": {unknown("item", name, known)}'))
            elif members.count(name) > 1:
                problems.append(("constructs", f'"{construct}" names "{name}" more than once.'))
    items = [
        Item(
            name,
            str(labels.get(name, name)),
            tuple(construct for construct, members in constructs.items() if name in members),
            *scales[name],
            name in reverse,
        )
        for name in known
        if name in scales
    ]
    return items, problems


def twice(argument: str, names: Sequence[str]) -> list[Problem]:
    """One problem for each name that is given more than once."""
    return [
        (name, f"is named {names.count(name)} times in {argument}. Name it once.")
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]


def _scales(names: Sequence[str], scale: Any, problems: list[Problem]) -> dict[str, tuple[float, float]]:
    """Lowest and highest answer by item. Problems are added to the list."""
    if not isinstance(scale, Mapping):
        fault = _fault(scale)
        if fault:
            problems.append(("scale", fault))
            return {}
        return {name: (float(scale[0]), float(scale[1])) for name in names}
    found = {}
    for name in names:
        if name not in scale:
            problems.append((name, f'has no scale. Give "{name}": (low, high) in scale.'))
        elif fault := _fault(scale[name]):
            problems.append((name, fault))
        else:
            found[name] = (float(scale[name][0]), float(scale[name][1]))
    return found


def _fault(pair: Any) -> str | None:
    """What is wrong with the ends of a scale."""
    try:
        low, high = (float(end) for end in pair)
    except (TypeError, ValueError):
        return f"The scale is {pair!r}; the lowest and the highest answer were expected, such as (1, 10)."
    if not (math.isfinite(low) and math.isfinite(high)):
        return f"The scale ({low:g}, {high:g}) has no ends. Give the lowest and the highest answer."
    if low >= high:
        return (
            f"The scale ({low:g}, {high:g}) does not rise: the low end must lie below the high end. "
            "Items in which less is better belong into reverse."
        )
    return None
