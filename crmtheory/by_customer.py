"""Series with one row a customer: the checks that theories share, and how a customer is named in a message."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from crmtheory.errors import SchemaError


def shown(customer: Any) -> str:
    """An id as it is written in Python, also when numpy holds it.

    >>> shown(np.int64(7)), shown("甲")
    ('7', "'甲'")
    """
    return repr(customer.item() if isinstance(customer, np.generic) else customer)


def one_each(index: pd.Index, what: str) -> None:
    """Refuse no customers, and a customer twice."""
    if not len(index):
        raise SchemaError(f"{what}: there is no customer. At least one is needed.")
    twice = index.duplicated()
    if twice.any():
        raise SchemaError(
            f"{what}: {twice.sum():,} of {len(index):,} rows have a customer who was there before, first "
            f"{shown(index[twice][0])}. Sum them by customer first."
        )


def numbers(values: pd.Series, what: str) -> pd.Series:
    """The values as floats, one a customer; refused when empty, missing, infinite or with a customer twice."""
    try:
        series = values.astype(float)
    except (TypeError, ValueError):
        raise SchemaError(f"{what} must be numbers, one a customer, not {values.dtype}.") from None
    one_each(series.index, what)
    bad = ~np.isfinite(series.to_numpy())
    if bad.any():
        raise SchemaError(
            f"{what}: {bad.sum():,} of {len(series):,} are missing or infinite, first that of customer "
            f"{shown(series.index[bad][0])}. Leave these customers out, or set them to 0 if they brought nothing."
        )
    return series
