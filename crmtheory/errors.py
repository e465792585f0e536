"""The three errors this package raises, and the wording they share.

Every message says what was expected, how much of the data breaks it, where first, the usual cause and the
next step.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class SchemaError(ValueError):
    """The data or the names given do not have the promised form (a column, a type, a range)."""


class DomainError(ValueError):
    """The question has no answer for these numbers (a mean that does not exist, a negative horizon)."""


class ConvergenceError(RuntimeError):
    """A model could not be fitted: the likelihood has no usable maximum on these data."""


def unknown(what: str, name: object, options: Iterable[str]) -> str:
    """Say that `name` is not one of `options`: the closest match first, then the whole list.

    >>> unknown("data set", "cdnow", ["cdnow_sample", "donations"])
    'There is no data set "cdnow". Did you mean "cdnow_sample"? Known: cdnow_sample, donations.'
    """
    known = [str(option) for option in options]
    lowered = {option.lower(): option for option in known}
    close = get_close_matches(str(name).lower(), list(lowered), n=1, cutoff=0.5)
    hint = f' Did you mean "{lowered[close[0]]}"?' if close else ""
    return f'There is no {what} "{name}".{hint} Known: {", ".join(known) or "none"}.'
