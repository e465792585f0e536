"""Amounts as whole numbers of a small unit, so that sums are exact and do not depend on the order of the rows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

EXACT = 2.0**53  # whole numbers up to here are exact in a double
WIDE = 2.0**62  # sums up to here fit into 64 bits, even doubled
ROOM = 125  # bits of the widest integer that a sum of money may fill
PLACES = (2, 4, 6)


@dataclass(frozen=True)
class Money:
    """`scale` units make 1. `wide` says that sums need more than 64 bits."""

    scale: float
    wide: bool


def money(found: Mapping[str, Any]) -> Money:
    """The unit for amounts of which `days.checks` has counted the kinds.

    Amounts in cents become cents. Amounts with more than six decimals become multiples of a power of two, so
    fine that every digit of a double is kept.

    >>> money({"top": 12.5, "rows": 3, "fits_2": True})
    Money(scale=100.0, wide=False)
    """
    top, rows = float(found["top"]), int(found["rows"])
    for places in PLACES:
        if found.get(f"fits_{places}") and top * 10**places < EXACT and rows * top * 10**places < WIDE:
            return Money(float(10**places), False)
    bits = min(ROOM - math.frexp(top)[1] - rows.bit_length(), 1000)
    return Money(2.0**bits, True)
