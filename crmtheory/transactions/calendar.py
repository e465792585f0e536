"""Days as whole numbers: 0 is 1970-01-01."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd

from crmtheory.errors import SchemaError

EPOCH = dt.date(1970, 1, 1)


def day_number(value: Any, name: str) -> int:
    """The number of a day given as ISO text, a date or a timestamp; `name` is the argument it came from.

    >>> day_number("1970-02-01", "end")
    31
    """
    try:
        if isinstance(value, str):
            return (dt.datetime.strptime(value, "%Y-%m-%d").date() - EPOCH).days
        if isinstance(value, dt.date | np.datetime64):
            return (pd.Timestamp(value).date() - EPOCH).days
    except (ValueError, TypeError):  # pandas' missing date has no day either
        pass
    raise SchemaError(f'{name} must be a date such as "1997-09-30", not {value!r}.')


def iso(day: int) -> str:
    """The day as ISO text.

    >>> iso(31)
    '1970-02-01'
    """
    return (EPOCH + dt.timedelta(int(day))).isoformat()
