"""Tenure and value (关系时长与价值): is a month of a long relationship worth more?

Reichheld (1996, The Loyalty Effect) says that customers bring more the longer they stay. Reinartz & Kumar (2000,
J. Marketing 64(4), 17–35) looked at a business without contracts and often found no such rise. The answer depends on
what a month is:

    active months      calendar months with a purchase: what a month of buying brings
    elapsed months     calendar months from the first purchase to the last, both counted: what a month of the
                       relationship brings

Elapsed months are tenure itself in another unit. Whatever a customer spent is divided by something that grows with
tenure, so the correlation is pulled down, also where tenure makes no difference at all. Active months are freer of it,
as a customer of long standing need not have bought in many months, but not quite free: those who buy more often within
a month are also found later. `tenure_null` shows how much the purchase days alone make. The verdict uses active months,
because there the division does not decide the answer.

Customers with one purchase have a tenure of 0 and nothing to divide by but one month; they say nothing about staying
and are left out unless `least` is 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from crmtheory.errors import DomainError, SchemaError
from crmtheory.large import LARGE
from crmtheory.numerics import Array
from crmtheory.relationship.facts import spans
from crmtheory.relationship.values import columns_there, matched
from crmtheory.survey.complete import checked_level, intervals
from crmtheory.weighted import skewed_means

FEW = 20  # deals of very many customers
DENOMINATORS = ("active months", "elapsed months")
COLUMNS = ("months", "elapsed")


def tenure_value(
    purchases: pd.DataFrame,
    *,
    revenue: pd.Series | None = None,
    end: Any = None,
    least: int = 2,
    level: float = 0.95,
) -> pd.DataFrame:
    """Spearman's rank correlation of tenure (days from the first to the last purchase) with spend per month.

    The interval is that of Bonett & Wright (2000, Psychometrika 65, 23–28): on Fisher's scale with the variance
    (1 + r²/2) / (n − 3); equal values share their mean rank.

    Parameters
    ----------
    purchases : the customer in the first column, then date and amount (`log.purchases()`)
    revenue : what each customer brought, such as `log.revenue()`, which takes off refunds of later days; by default the
        sum of the amounts
    end : count elapsed months to this day, so that silence since the last purchase counts as part of the relationship
    least : fewest purchase days of a customer who is looked at

    Returns
    -------
    frame, index denominator ("active months", "elapsed months"): estimate, low, high (missing when all have the same
    tenure or the same spend), n

    Raises
    ------
    SchemaError : columns that are not there; DomainError : no amounts, or fewer than 4 customers

    >>> days = ["2024-01-05", "2024-02-05", "2024-01-05", "2024-03-05", "2024-01-05", "2024-04-05", "2024-01-05",
    ...     "2024-05-05"]
    >>> sales = pd.DataFrame({"customer": list("aabbccdd"), "date": days, "amount": [4, 4, 5, 5, 6, 6, 7, 7]})
    >>> tenure_value(sales)["estimate"].round(2).tolist()
    [1.0, -1.0]
    """
    checked_level(level)
    table = _rates(purchases, revenue, end, least)
    rows = [
        _spearman(table["tenure"].to_numpy(float), table[name].to_numpy(), level) for name in DENOMINATORS
    ]
    return pd.DataFrame(rows, index=pd.Index(DENOMINATORS, name="denominator"))


def tenure_null(
    purchases: pd.DataFrame,
    rng: np.random.Generator,
    *,
    end: Any = None,
    least: int = 2,
    resamples: int = 200,
    level: float = 0.95,
) -> pd.DataFrame:
    """What the correlations of `tenure_value` are when tenure says nothing of amounts: everybody keeps the purchase
    days, and draws the amounts from those of another customer, taken at random.

    Small and large buyers stay what they are, only who they are is dealt out anew. What is left comes from the days
    alone: from dividing by months, and from how often people bought. For very many customers a few deals are made, and
    the limits are those of a normal distribution with their scatter.

    Returns
    -------
    frame, index denominator: estimate (mean over the deals), low, high (in which `level` of them lie), n
    """
    checked_level(level)
    table = _rates(purchases, None, end, least)
    n = len(table)
    resamples = resamples if n < LARGE else min(resamples, FEW)
    code = table.index.get_indexer(pd.Index(purchases.iloc[:, 0]))
    amount = purchases["amount"].to_numpy(float)
    order = np.lexsort((amount, code))  # by customer and size, so that the order of the rows changes nothing
    order = order[code[order] >= 0]
    code, amount = code[order], amount[order]
    count = np.bincount(code, minlength=len(table))
    first = np.cumsum(count) - count
    tenure = _ranks(table["tenure"].to_numpy(float))
    months = table[list(COLUMNS)].to_numpy(float)
    draws = np.empty((resamples, len(COLUMNS)))
    for i in range(resamples):
        donor = rng.permutation(len(table))[code]
        dealt = amount[first[donor] + (rng.random(len(code)) * count[donor]).astype(int)]
        total = np.bincount(code, dealt, len(table))
        draws[i] = [_correlation(tenure, _ranks(total / column)) for column in months.T]
    estimate = draws.mean(axis=0)
    if n < LARGE:
        low, high = intervals(draws, level)
    else:  # the next deal lies in these limits
        width = stats.t.ppf((1 + level) / 2, resamples - 1) * np.sqrt(1 + 1 / resamples)
        low, high = (estimate + side * width * draws.std(axis=0, ddof=1) for side in (-1, 1))
    table = pd.DataFrame({"estimate": estimate, "low": low, "high": high, "n": n})
    return table.set_axis(pd.Index(DENOMINATORS, name="denominator"))


def tenure_bands(
    purchases: pd.DataFrame,
    bands: Sequence[float] = (90, 180, 365),
    *,
    revenue: pd.Series | None = None,
    end: Any = None,
    least: int = 2,
    level: float = 0.95,
) -> pd.DataFrame:
    """Mean spend per month of customers by tenure, for each denominator.

    Parameters
    ----------
    bands : days at which a band ends, rising; others as in `tenure_value`

    Returns
    -------
    frame, index denominator, band ("up to 90 days", "91 to 180 days", …): customers, mean, low, high (money per month;
    allowing for skew after Hall 1992, missing for fewer than two customers)
    """
    checked_level(level)
    names = band_names(bands)
    table = _rates(purchases, revenue, end, least)
    code = np.searchsorted(np.asarray(bands, float), table["tenure"].to_numpy(float), side="left")
    parts = {name: skewed_means(table[name].to_numpy(), code, len(names), level) for name in DENOMINATORS}
    found = pd.concat(
        {name: part.set_axis(names) for name, part in parts.items()}, names=["denominator", "band"]
    )
    return found.rename(columns={"n": "customers"})


def band_names(bands: Sequence[float]) -> list[str]:
    """Names of bands of days that end at `bands`, the last open.

    >>> band_names([30, 90])
    ['up to 30 days', '31 to 90 days', 'over 90 days']
    """
    ends = list(bands)
    whole = all(isinstance(e, int | float | np.integer) and float(e).is_integer() and e >= 0 for e in ends)
    if not ends or not whole or ends != sorted(set(ends)):
        raise DomainError(f"Bands end at whole days that rise, such as (30, 90, 180), not {tuple(ends)}.")
    ends = [int(e) for e in ends]
    inner = [f"{a + 1} to {b} days" for a, b in pairwise(ends)]
    return [f"up to {ends[0]} days", *inner, f"over {ends[-1]} days"]


def _rates(purchases: pd.DataFrame, revenue: pd.Series | None, end: Any, least: int) -> pd.DataFrame:
    """Tenure, months and spend per month of the customers with enough purchases."""
    if least < 1:
        raise DomainError(f"least is a number of purchase days from 1 on, not {least}.")
    table = spans(purchases, end)
    if revenue is None:
        columns_there(purchases, ["amount"], "Purchases")
        amounts = purchases["amount"]
        if not pd.api.types.is_numeric_dtype(amounts):
            raise SchemaError(f"The column amount must hold numbers, not {amounts.dtype}.")
        if amounts.isna().any():
            raise DomainError(
                f"{amounts.isna().sum():,} of {len(amounts):,} purchases have no amount, so spend per month is not "
                "known. Read the log with its column of amounts."
            )
        frame = purchases.iloc[np.lexsort((amounts, pd.factorize(purchases.iloc[:, 0], sort=True)[0]))]
        total = frame.groupby(frame.columns[0])["amount"].sum().reindex(table.index).astype(float)
    else:
        total = matched(table.index, revenue, "revenue")
    keep = (table["purchases"] >= least).to_numpy()
    if keep.sum() < 4:
        raise DomainError(
            f"Tenure and value need at least 4 customers with {least} or more purchase days; {keep.sum():,} of "
            f"{len(table):,} have so many. Take a longer log."
        )
    rates = {name: total / table[column] for name, column in zip(DENOMINATORS, COLUMNS, strict=True)}
    return table.assign(**rates)[keep]


def _spearman(x: Array, y: Array, level: float) -> dict[str, float]:
    n, r = len(x), _correlation(_ranks(x), _ranks(y))
    if not abs(r) < 1:  # on Fisher's scale a perfect correlation has no limits; a missing one stays missing
        return {"estimate": r, "low": r, "high": r, "n": n}
    half = stats.norm.ppf(0.5 + level / 2) * np.sqrt((1 + r**2 / 2) / (n - 3))
    z = np.arctanh(r)
    return {"estimate": r, "low": float(np.tanh(z - half)), "high": float(np.tanh(z + half)), "n": n}


def _ranks(values: Array) -> Array:
    """Centred mean ranks; values that differ by rounding only are equal."""
    scale = np.abs(values).max(initial=0.0)
    ranks = stats.rankdata(np.round(values / scale, 12) if scale > 0 else values)
    return np.asarray(ranks - (len(values) + 1) / 2, float)


def _correlation(x: Array, y: Array) -> float:
    norm = np.sqrt((x @ x) * (y @ y))
    return float(np.clip(x @ y / norm, -1, 1)) if norm > 0 else np.nan
