"""Cohorts: customers who joined in the same period, followed by age. A period not yet lived is blank, never 0.

Without contracts nobody says that they leave. So *retention* here is the share of a cohort that bought in a period; it
can fall and rise again. The first period of a log also holds customers who came long before it began; leave it out
with ``first=2`` where the shop is older than its log.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.holdout import wilson
from crmtheory.numerics import Array
from crmtheory.panel import NEVER, Panel

KINDS = ("customers", "retention", "revenue")


def triangle(panel: Panel, what: str = "retention", first: int = 1) -> pd.DataFrame:
    """Cohorts by age: how many bought, what share, or what they brought.

    Parameters
    ----------
    what : "customers" (who bought), "retention" (share who bought) or "revenue" (per customer of the cohort, money)
    first : number of the first cohort shown (1, 2, …)

    Returns
    -------
    frame, index cohort (first day of its first period), columns age 0, 1, …; NaN where not yet lived. Periods in which
    nobody joined have no row.

    >>> from crmtheory.panel import from_frame
    >>> cells = pd.DataFrame({"customer": ["a", "b", "c", "b"], "period": [1, 1, 2, 3], "purchases": 1})
    >>> triangle(from_frame(cells)).to_numpy().tolist()
    [[1.0, 0.0, 0.5], [1.0, 0.0, nan]]
    """
    if what not in KINDS:
        raise SchemaError(unknown("kind of triangle", what, KINDS))
    if what == "revenue" and np.isnan(panel.revenue).any():
        raise DomainError("A triangle of revenue needs amounts, and this log was read without.")
    values = panel.revenue if what == "revenue" else (panel.purchases > 0).astype(float)
    sums, size = _by_cohort(panel, values)
    if what != "customers":
        sums = np.divide(sums, size[:, None], out=np.full(sums.shape, np.nan), where=size[:, None] > 0)
    shown = (size > 0) & (np.arange(panel.periods) >= first - 1)
    if not shown.any():
        raise DomainError(f"Nobody joined in period {first} or later, so there is no cohort to show.")
    names = pd.Index(panel.starts[shown].strftime("%Y-%m-%d"), name="cohort")
    table = pd.DataFrame(sums[shown], names, pd.RangeIndex(panel.periods, name="age"))
    return table.loc[:, table.notna().any()]


def cohort_sizes(panel: Panel) -> pd.Series:
    """Customers who joined in each period that has any: index cohort (first day of the period)."""
    _, size = _by_cohort(panel, panel.purchases > 0)
    names = pd.Index(panel.starts.strftime("%Y-%m-%d"), name="cohort")
    return pd.Series(size, names, name="customers")[size > 0]


def retention_curve(panel: Panel, first: int = 1, level: float = 0.95) -> pd.DataFrame:
    """Share of customers who buy in each period after that of the first purchase, all cohorts together.

    Each age is of the cohorts old enough to have lived it, so later ages are of earlier cohorts.

    Returns
    -------
    frame, index age (0, 1, …): customers (old enough), share, low, high (Wilson)
    """
    sums, size = _by_cohort(panel, panel.purchases > 0)
    keep = np.arange(panel.periods) >= first - 1
    if not size[keep].any():
        raise DomainError(f"Nobody joined in period {first} or later, so there is no curve to draw.")
    bought = np.nansum(sums[keep], axis=0)
    there = np.array([size[keep][~np.isnan(sums[keep, age])].sum() for age in range(panel.periods)])
    bought, there = bought[there > 0], there[there > 0]
    low, high = wilson(bought, there, level)
    index = pd.RangeIndex(len(there), name="age")
    return pd.DataFrame({"customers": there, "share": bought / there, "low": low, "high": high}, index=index)


def _by_cohort(panel: Panel, values: NDArray) -> tuple[Array, NDArray[np.int64]]:
    """Sums of `values` by cohort and age (P, P), NaN where not lived; and the size of each cohort (P,)."""
    number = panel.periods
    size = np.bincount(panel.joined[panel.joined < NEVER], minlength=number).astype(np.int64)
    sums = np.full((number, number), np.nan)
    for cohort in range(number):
        if size[cohort]:
            members = panel.joined == cohort
            sums[cohort, : number - cohort] = values[members, cohort:].sum(axis=0)
    return sums, size
