"""The guard before a table is written: no e-mail addresses, phone, identity-card or payment-card numbers.

The values decide, not the name of the column: an "id" may hold phone numbers, and "email" may hold "yes" and
"no". A telling name only lowers the number of values that it takes. See `kinds` for the rules. What the guard
does not see: names and postal addresses, and kinds of numbers that are not in that list.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from crmtheory.errors import SchemaError
from crmtheory.privacy.kinds import KINDS, Kind
from crmtheory.schema import Problem

SAMPLE = 2_000  # distinct values of a column that are looked at
FEWEST = 0.05  # of these must be personal, unless the name of the column tells
EXACT = 2**53  # larger floats are not exact
SMALLEST = 10**7  # a number with fewer than 8 digits is none of these kinds
NEVER = (bool, np.bool_, date, time, timedelta, np.datetime64, np.timedelta64, pd.Period, pd.Interval)


def refuse_personal(frame: pd.DataFrame, name: str) -> None:
    """Refuse a table that holds personal data, before it is written.

    Looked at are the distinct values of each column, of the index and of the column names: all, or 2,000
    spread evenly over the order in which they first appear, the same ones each time. Dates, durations, truth
    values and fractions are never personal; floats that are all whole numbers may be ids and are looked at.
    Signs and digits of full width count as plain ones.

    Parameters
    ----------
    frame : the table, (rows, columns)
    name : what it is called in the message

    Raises
    ------
    SchemaError : one line for each column with personal data: how many values, of which kind, the first one
        masked, what to do. No message holds a whole value.

    >>> refuse_personal(pd.DataFrame({"customer": [13085, 13800], "email": ["yes", "no"]}), "customers")
    >>> refuse_personal(pd.DataFrame({"who": ["ann@example.org"]}), "customers")
    Traceback (most recent call last):
    crmtheory.errors.SchemaError: The table "customers" is not written: it would give away personal data.
      who         e-mail addresses in 1 of the 1 distinct values looked at, first: an*************.
    Leave these columns out, or set pseudonymise: true, which turns customer ids into keyed hashes.
    """
    problems = [problem for label, values in _parts(frame) for problem in _problems(label, _texts(values))]
    if not problems:
        return
    width = max([12, *(len(label) + 2 for label, _ in problems)])
    lines = [f"  {label:<{width}}{sentence}" for label, sentence in problems]
    raise SchemaError(
        "\n".join(
            [
                f'The table "{name}" is not written: it would give away personal data.',
                *lines,
                "Leave these columns out, or set pseudonymise: true, which turns customer ids into keyed hashes.",
            ]
        )
    )


def _parts(frame: pd.DataFrame) -> Iterator[tuple[str, Any]]:
    """Everything a file would hold: each column, each level of the index, the names of the columns."""
    for axis, label in ((frame.index, "(index)"), (frame.columns, "(column names)")):
        for level in range(axis.nlevels):
            values, title = axis.get_level_values(level), axis.names[level]
            if not isinstance(values, pd.RangeIndex):
                yield (label if title is None or axis is frame.columns else str(title)), values.to_series()
    for position, label in enumerate(frame.columns):
        yield str(label), frame.iloc[:, position]


def _texts(values: pd.Series) -> list[str]:
    """The distinct values that could be personal, as text; at most SAMPLE of them."""
    kind = values.dtype
    if isinstance(kind, pd.CategoricalDtype):
        values = values.cat.remove_unused_categories().cat.categories.to_series()
        kind = values.dtype
    if pd.api.types.is_bool_dtype(kind) or kind.kind in "mMc":
        return []
    if pd.api.types.is_float_dtype(kind):
        numbers = values.dropna().to_numpy(dtype="float64")
        # one fraction shows that these are amounts and not ids
        if not ((np.trunc(numbers) == numbers) & (np.abs(numbers) < EXACT)).all():
            return []
    if pd.api.types.is_numeric_dtype(kind) and not (values.dropna() >= SMALLEST).any():
        return []
    try:
        distinct = values.dropna().unique()
    except TypeError:  # lists and other values that cannot be compared
        distinct = values.dropna().map(str).unique()
    if len(distinct) > SAMPLE:
        distinct = distinct[np.linspace(0, len(distinct) - 1, SAMPLE).astype(int)]
    texts = (_text(value) for value in distinct)
    return [text for text in texts if text is not None]


def _text(value: Any) -> str | None:
    """A value as a file would show it, in plain signs; None for what is never personal."""
    if isinstance(value, NEVER):
        return None
    if isinstance(value, Real | Decimal):
        number: Any = value
        return str(int(number)) if math.isfinite(number) and number == int(number) else None
    text = unicodedata.normalize("NFKC", str(value)).strip()
    whole, _, rest = text.partition(".")  # "13800138000.0" was a float once
    return whole if whole.isdecimal() and rest and not rest.strip("0") else text


def _problems(label: str, texts: list[str]) -> list[Problem]:
    """One problem for each kind of personal data among the values of a column."""
    found: dict[str, tuple[int, str]] = {}
    told_name = unicodedata.normalize("NFKC", label).lower()
    for kind in KINDS:
        hits = _hits(kind, texts, kind.told.search(told_name) is not None)
        if hits and len(hits) > found.get(kind.name, (0, ""))[0]:
            found[kind.name] = (len(hits), hits[0])
    return [
        (
            _safe(label),
            f"{kind} in {count:,} of the {len(texts):,} distinct values looked at, first: {_masked(first)}.",
        )
        for kind, (count, first) in found.items()
    ]


def _hits(kind: Kind, texts: list[str], told: bool) -> list[str]:
    """The values of this kind; none when there are so few that they may be chance."""
    shapes, hits = 0, []
    for text in texts:
        has_shape, hit = kind.found(text)
        shapes += has_shape
        if hit is not None:
            hits.append(hit)
    enough = len(hits) >= (0 if told else FEWEST) * len(texts)
    return hits if enough and len(hits) >= (kind.told_share if told else kind.share) * shapes else []


def _masked(value: str) -> str:
    """The first two characters, and a star for each other one."""
    text = value.strip()
    return text[:2] + "*" * (len(text) - 2)


def _safe(label: str) -> str:
    """The name of a column, masked where it is personal itself."""
    return _masked(label) if any(kind.found(label)[1] for kind in KINDS if kind.share <= 1) else label
