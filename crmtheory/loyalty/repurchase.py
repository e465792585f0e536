"""Do those who bought again before buy again later; and do people do what they say they intend.

Loyal by behaviour are the top third by earlier repeat purchases. Customers who tie at the cut stay together in the
lower group, so the top never holds more than its share; with many ties (most customers never repeat) it holds fewer,
and the table says how many.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.holdout import wilson
from crmtheory.loyalty.shares import numbers, same_customers, share_from_0_to_1, yes_no
from crmtheory.numerics import Array
from crmtheory.survey.complete import checked_level
from crmtheory.weighted import newcombe


def repurchase(
    earlier: pd.Series, bought: pd.Series, top: float = 1 / 3, level: float = 0.95
) -> pd.DataFrame:
    """Share who bought in a later window, by repeat purchases in an earlier one.

    Parameters
    ----------
    earlier : repeat purchases of each customer in the first window; bought : whether the customer bought in the later
    top : largest share of customers in the top group; ties at the cut stay in the rest

    Returns
    -------
    frame, index group ("top", "rest"): customers, bought, share, low, high (Wilson; missing for an empty group), of
    (share of all customers in the group), least, most (earlier repeat purchases in it)

    Raises
    ------
    SchemaError : different customers, missing numbers, `bought` neither yes nor no
    DomainError : no customers

    >>> earlier, bought = pd.Series([5, 3, 1, 0, 0, 0]), pd.Series([True, True, False, True, False, False])
    >>> repurchase(earlier, bought)[["customers", "bought", "share", "least"]].to_dict("list")
    {'customers': [2, 4], 'bought': [2, 1], 'share': [1.0, 0.25], 'least': [3.0, 0.0]}
    """
    checked_level(level)
    values, later, best = _groups(earlier, bought, top)
    rows = []
    for name, mine in (("top", best), ("rest", ~best)):
        k, n = int(later[mine].sum()), int(mine.sum())
        low, high = wilson(k, n, level)
        row = {"group": name, "customers": n, "bought": k, "share": k / n if n else np.nan}
        ends = (values[mine].min(), values[mine].max()) if n else (np.nan, np.nan)
        row |= {"low": float(low), "high": float(high), "of": n / len(values)}
        rows.append(row | {"least": ends[0], "most": ends[1]})
    return pd.DataFrame(rows).set_index("group")


def repurchase_difference(
    earlier: pd.Series, bought: pd.Series, top: float = 1 / 3, level: float = 0.95
) -> pd.DataFrame:
    """P(bought later | top of earlier repeats) − P(bought later | the rest), with Newcombe's (1998) interval.

    It says who will buy, not what made them: a customer who has always bought often is in the top, loyal or not.

    Returns
    -------
    one row: estimate, low, high, n, top, rest (the two shares), n_top, n_rest

    Raises
    ------
    DomainError : nobody stands above the others, because too many tie at the top

    >>> earlier, bought = pd.Series([5, 3, 1, 0, 0, 0]), pd.Series([True, True, False, True, False, False])
    >>> float(repurchase_difference(earlier, bought)["estimate"].iloc[0])
    0.75
    """
    checked_level(level)
    values, later, best = _groups(earlier, bought, top)
    if not best.any():
        highest = values.max()
        raise DomainError(
            f"Nobody is in the top {top:.0%}: {(values == highest).sum():,} of {len(values):,} customers tie at the "
            f"most earlier purchases ({highest:g}), and ties stay together. Take a larger top, or a "
            "longer first window."
        )
    k, n = [int(later[group].sum()) for group in (best, ~best)], [int(best.sum()), int((~best).sum())]
    estimate, low, high = newcombe(k[0], n[0], k[1], n[1], level)
    row = {"estimate": estimate, "low": low, "high": high, "n": len(values)}
    row |= {"top": k[0] / n[0], "rest": k[1] / n[1], "n_top": n[0], "n_rest": n[1]}
    return pd.DataFrame([row])


def intention_gap(studies: pd.DataFrame, by: str, value: str, level: float = 0.95) -> pd.DataFrame:
    """Median of published results by what they measured, such as correlations with intention and with behaviour.

    The interval needs no assumption on the form of the results: it lies between the k-th lowest and the k-th highest,
    with the largest k whose coverage 1 − 2 · P(Bin(n, ½) < k) reaches `level`. With few studies (five or fewer at
    0.95) none does: then the limits are the lowest and the highest result, and `coverage` says what they cover.

    Parameters
    ----------
    studies : one row per result; by : column with the group; value : column with the result

    Returns
    -------
    frame, index group: studies, estimate (median), low, high (missing for a single study), coverage, least, most

    Raises
    ------
    SchemaError : no such column, or missing entries
    DomainError : no studies

    >>> studies = pd.DataFrame({"measured": ["said"] * 3 + ["did"] * 2, "r": [0.5, 0.6, 0.8, 0.1, 0.2]})
    >>> table = intention_gap(studies, "measured", "r")
    >>> table["estimate"].round(2).to_dict(), table["coverage"].to_dict()
    ({'did': 0.15, 'said': 0.6}, {'did': 0.5, 'said': 0.75})
    """
    checked_level(level)
    for name in (by, value):
        if name not in studies.columns:
            raise SchemaError(unknown("column", name, map(str, studies.columns)))
    if not len(studies):
        raise DomainError("There are no studies in the table, so there is no median.")
    gaps = studies[by].isna()
    if gaps.any():
        raise SchemaError(
            f"{gaps.sum():,} of {len(studies):,} studies have no {by}. Name their group, or leave them out."
        )
    results = pd.Series(numbers(studies[value], f"The column {value}"), index=studies.index)
    rows = []
    for name, group in results.groupby(studies[by].astype(object)):
        x, n = np.sort(group.to_numpy()), len(group)
        k = max(int(stats.binom.ppf((1 - level) / 2, n, 0.5)), 1)  # largest k with P(Bin < k) within the tail
        row = {"group": name, "studies": n, "estimate": float(np.median(x))}
        low, high = (x[k - 1], x[n - k]) if n > 1 else (np.nan, np.nan)
        coverage = 1 - 2 * stats.binom.cdf(k - 1, n, 0.5) if n > 1 else 0.0
        row |= {"low": low, "high": high, "coverage": coverage, "least": x[0], "most": x[-1]}
        rows.append(row)
    return pd.DataFrame(rows).set_index("group")


def in_top(earlier: pd.Series, top: float = 1 / 3) -> pd.Series:
    """Who is among the top by earlier repeat purchases: a Series of True and False by customer.

    Customers who tie at the cut stay in the rest, so the top may hold fewer than its share and never more.

    >>> in_top(pd.Series([0, 0, 1, 1, 3, 5])).tolist()
    [False, False, False, False, True, True]
    """
    share_from_0_to_1(top, "top", open_=True)
    values = numbers(earlier, "earlier")
    not_below = len(values) - np.searchsorted(np.sort(values), values, side="left")  # as much or more
    return pd.Series(not_below <= top * len(values) + 1e-9, earlier.index, name="top")


def _groups(
    earlier: pd.Series, bought: pd.Series, top: float
) -> tuple[Array, NDArray[np.bool_], NDArray[np.bool_]]:
    """Earlier purchases, whether bought later, and who is in the top."""
    same_customers(earlier, bought, ("earlier", "bought"))
    values, later = numbers(earlier, "earlier"), yes_no(bought, "bought")
    if not len(values):
        raise DomainError("There are no customers in the table, so nobody could buy again.")
    return values, later, in_top(earlier, top).to_numpy()
