"""What the questions on relationships share: checked columns, dates, and intervals of skewed means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from crmtheory import by_customer
from crmtheory.by_customer import shown
from crmtheory.errors import SchemaError, unknown
from crmtheory.numerics import Array
from crmtheory.survey.complete import intervals, resampled

LARGE = 20_000  # customers from which sums over a bootstrap sample are drawn from their normal limit
CELLS = 4_000_000  # numbers of one block of bootstrap samples held at a time


def columns_there(table: pd.DataFrame, names: Sequence[str], what: str) -> None:
    """Refuse anything but a frame with these columns."""
    if not isinstance(table, pd.DataFrame):
        raise SchemaError(f"{what} must be a frame, not {type(table).__name__}.")
    absent = [name for name in names if name not in table.columns]
    if absent:
        raise SchemaError(f"{what}: {unknown('column', absent[0], [str(name) for name in table.columns])}")


def numbers(values: Any, what: str) -> pd.Series:
    """The values of a Series as floats, one a customer; see `by_customer.numbers`."""
    if not isinstance(values, pd.Series):
        raise SchemaError(
            f"{what} must be a Series with the customers as index, not {type(values).__name__}."
        )
    return by_customer.numbers(values, what)


def matched(like: pd.Index, other: Any, what: str) -> pd.Series:
    """`other` as numbers in the order of `like`; customers who have none there are refused."""
    series = numbers(other, what)
    absent = ~like.isin(series.index)
    if absent.any():
        raise SchemaError(
            f"{what}: {absent.sum():,} of {len(like):,} customers are not in it, first {shown(like[absent][0])}. "
            "If they brought nothing, say so: reindex(…, fill_value=0)."
        )
    return series.reindex(like)


def day(value: Any, what: str) -> pd.Timestamp:
    """A date, without its time of day."""
    found = pd.to_datetime(value, errors="coerce")
    if not isinstance(found, pd.Timestamp):
        raise SchemaError(f"{what} must be a date such as 2024-12-31, not {value!r}.")
    return found.normalize()


def ratio_interval(
    top: Array, bottom: Array, rng: np.random.Generator, resamples: int, level: float
) -> tuple[Array, Array]:
    """Bootstrap percentile limits of Σ top / Σ bottom over customers: top (n, k), bottom (n,) → two of (k,)."""
    table = np.column_stack([top, bottom])
    table = table[np.lexsort(table.T)]  # equal samples for equal customers, in whatever order they come
    n = len(table)
    if n >= LARGE:
        spread = np.cov(table, rowvar=False, bias=True) * n
        sums = rng.multivariate_normal(table.sum(axis=0), spread, resamples, method="eigh")
    else:
        block = max(1, CELLS // n)
        parts = [min(block, resamples - start) for start in range(0, resamples, block)]
        sums = np.concatenate([resampled(n, size, rng) @ table for size in parts])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = sums[:, :-1] / sums[:, -1:]
    return intervals(np.where(np.isfinite(ratios), ratios, np.nan), level)
