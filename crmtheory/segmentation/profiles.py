"""Who is in a segment: means of any columns by segment, cross tables with any attribute, and how strongly they go
together.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import optimize, stats

from crmtheory.errors import DomainError, SchemaError
from crmtheory.segmentation.activity import shares
from crmtheory.segmentation.classes import best_first, checked_level, codes_of, matched


def profile(frame: pd.DataFrame, segment: pd.Series, level: float = 0.95) -> pd.DataFrame:
    """The mean of every column in every segment, against all.

    Parameters
    ----------
    frame : one row a customer, numbers or True/False (a mean is then a share); other columns are left out
    segment : the segment of each customer of the frame; customers without one are left out

    Returns
    -------
    frame: segment, variable, customers (who have a value), mean, low, high (t interval; missing for one customer),
    overall (mean of all who have a segment and a value), difference (mean − overall)

    Raises
    ------
    SchemaError : no column of numbers, or customers of the segments who are not in the frame

    >>> frame = pd.DataFrame({"age": [20.0, 40.0, 60.0]})
    >>> profile(frame, pd.Series(["a", "b", "b"]))[["segment", "mean", "difference"]].to_numpy().tolist()
    [['a', 20.0, -20.0], ['b', 50.0, 10.0]]
    """
    numeric = [c for c in frame if pd.api.types.is_numeric_dtype(frame[c])]
    if not numeric:
        raise SchemaError(
            f"None of the {frame.shape[1]} columns holds numbers. Text goes into crosstab(segment, column)."
        )
    mine = _known(segment)
    names = best_first(mine)
    code = codes_of(mine, names)
    t = 0.5 + checked_level(level) / 2
    tables = []
    for column in numeric:
        values = matched(mine, frame[column], "The frame", "Give a row for every customer who has a segment.")
        x = values.to_numpy(dtype=float, na_value=np.nan)
        there = ~np.isnan(x)
        order = np.lexsort((x[there], code[there]))  # sums in a fixed order
        v, g = x[there][order], code[there][order]
        n = np.bincount(g, minlength=len(names)).astype(float)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.bincount(g, v, minlength=len(names)) / n
            spread = np.sqrt(np.bincount(g, (v - mean[g]) ** 2, minlength=len(names)) / (n - 1))
            half = stats.t.ppf(t, n - 1) * spread / np.sqrt(n)
        overall = np.sort(v).mean() if len(v) else np.nan
        tables.append(
            pd.DataFrame(
                {
                    "segment": names,
                    "variable": column,
                    "customers": n.astype(int),
                    "mean": mean,
                    "low": mean - half,
                    "high": mean + half,
                    "overall": overall,
                    "difference": mean - overall,
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def crosstab(segment: pd.Series, attribute: pd.Series, level: float = 0.95) -> pd.DataFrame:
    """How an attribute (place, channel, stage, …) is spread in each segment.

    Customers without a segment or without the attribute are left out; `attrs["left_out"]` of the table counts them.

    Returns
    -------
    frame: segment, attribute, customers, share (of the segment), low, high (Wilson), expected (customers, if the
    attribute were spread alike in all segments)

    >>> table = crosstab(pd.Series(["a", "a", "b", "b"]), pd.Series(["网店", "网店", "网店", "门店"]))
    >>> table[["segment", "attribute", "customers", "share", "expected"]].to_numpy().tolist()
    [['a', '网店', 2, 1.0, 1.5], ['a', '门店', 0, 0.0, 0.5], ['b', '网店', 1, 0.5, 1.5], ['b', '门店', 1, 0.5, 0.5]]
    """
    counts, left_out = _counts(segment, attribute)
    k = counts.to_numpy()
    rows, columns = k.sum(axis=1, keepdims=True), k.sum(axis=0, keepdims=True)
    n = np.broadcast_to(rows, k.shape)
    rates = shares(k.ravel(), n.ravel(), level)
    table = pd.DataFrame(
        {
            "segment": np.repeat(np.asarray(counts.index, object), k.shape[1]),
            "attribute": np.tile(np.asarray(counts.columns, object), k.shape[0]),
            "customers": k.ravel(),
            "share": rates["share"],
            "low": rates["low"],
            "high": rates["high"],
            "expected": (rows * columns / k.sum()).ravel(),
        }
    )
    table.attrs["left_out"] = left_out
    return table


def association(segment: pd.Series, attribute: pd.Series, level: float = 0.95) -> pd.DataFrame:
    """How strongly segment and attribute go together: 0 not at all, 1 the one tells the other.

    Cramér's V with the bias correction of Bergsma (2013, J. Korean Stat. Soc. 42, 323–328). Its interval holds the
    noncentralities under which the χ² that was found is not extreme, turned into V; `low` is 0 when independence
    is among them. It is exact in large samples for weak links, and rough for V above 1/2.

    Returns
    -------
    one-row frame: chi2, df, p_value, cramers_v, low, high, n, small_cells (expected below 5; when many, χ² is rough)

    Raises
    ------
    DomainError : only one segment or one value of the attribute
    """
    counts = _counts(segment, attribute)[0].to_numpy()
    counts = counts[counts.sum(axis=1) > 0]
    rows, columns = counts.shape
    if min(rows, columns) < 2:
        raise DomainError(
            f"A link needs at least 2 segments and 2 values of the attribute; there are {rows} and {columns}."
        )
    chi2, p_value, df, expected = stats.chi2_contingency(counts, correction=False)
    n = counts.sum()
    r, c = (m - (m - 1) ** 2 / (n - 1) for m in (rows, columns))
    most = max(min(r, c) - 1, 1e-12)
    phi2 = max(0.0, chi2 / n - df / (n - 1))
    tail = (1 - checked_level(level)) / 2
    low, high = (_noncentrality(chi2, df, p) for p in (1 - tail, tail))
    row = {
        "chi2": float(chi2),
        "df": int(df),
        "p_value": float(p_value),
        "cramers_v": min(1.0, float(np.sqrt(phi2 / most))),
        "low": min(1.0, float(np.sqrt(low / n / most))),
        "high": min(1.0, float(np.sqrt(high / n / most))),
        "n": int(n),
        "small_cells": int((expected < 5).sum()),
    }
    return pd.DataFrame([row])


def _noncentrality(chi2: float, df: int, p: float) -> float:
    """The noncentrality under which a χ² as small as the one found has probability p; 0 if none is that small."""

    def gap(noncentrality: float) -> float:
        return (
            float(stats.ncx2.cdf(chi2, df, noncentrality)) - p
            if noncentrality
            else stats.chi2.cdf(chi2, df) - p
        )

    if gap(0.0) <= 0:
        return 0.0
    top = chi2 + 10 * np.sqrt(chi2 + df) + 50
    return float(optimize.brentq(gap, 0.0, top))


def _known(segment: pd.Series) -> pd.Series:
    if not isinstance(segment, pd.Series):
        raise SchemaError(
            f"segment must be a Series with the customers as index, not {type(segment).__name__}."
        )
    known = segment[segment.notna()]
    if not len(known):
        raise SchemaError("No customer has a segment. At least one is needed.")
    return known


def _counts(segment: pd.Series, attribute: pd.Series) -> tuple[pd.DataFrame, int]:
    """Customers by segment (used ones, best first) and attribute, and how many were left out."""
    mine = _known(segment)
    other = matched(
        mine, attribute, "attribute", "Give one for every customer who has a segment, or a missing one."
    )
    both = other.notna().to_numpy()
    if not both.any():
        raise SchemaError(f"None of the {len(mine):,} customers with a segment has the attribute.")
    mine, other = mine[both], other[both]
    names, values = best_first(mine), best_first(other)
    code = codes_of(mine, names) * len(values) + codes_of(other, values)
    k = np.bincount(code, minlength=len(names) * len(values)).reshape(len(names), len(values))
    table = pd.DataFrame(k, index=pd.Index(names), columns=pd.Index(values))
    return table.loc[k.sum(axis=1) > 0, k.sum(axis=0) > 0], len(segment) - int(both.sum())
