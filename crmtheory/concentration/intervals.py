"""Bootstrap intervals of concentration: over customers, by percentiles (Efron & Tibshirani 1993, ch. 13).

A sample of n customers with replacement is a number of times for each of them, and these numbers are
multinomial. Customers with the same values need one number together, so a million customers with ten
thousand different values cost as much as ten thousand. Where there are more than `GROUPS` different values,
neighbours among the smaller ones are put together for the samples (not for the estimate): their mean stands
for values that differ by less than a bootstrap can see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from crmtheory.concentration.shares import (
    Counts,
    Measure,
    checked_share,
    measured_balance,
    measured_gini,
    measured_needed,
    measured_top,
    ranked,
    with_total,
)
from crmtheory.errors import SchemaError, unknown
from crmtheory.large import drawn, rescaled
from crmtheory.numerics import Array

PLACE = {
    "gini": None,
    "top_share": 0.2,
    "share_needed": 0.8,
    "balance_point": None,
}  # what is asked by default

GROUPS = 10_000  # different values up to which a sample counts each of them
OWN = 2_000  # of the largest values beyond that, which keep a group of their own


def with_interval(
    statistic: str,
    values: ArrayLike,
    rng: np.random.Generator,
    *,
    at: float | None = None,
    resamples: int = 1000,
    level: float = 0.95,
) -> pd.DataFrame:
    """A statistic with its bootstrap percentile interval over customers.

    Parameters
    ----------
    statistic : "gini", "top_share", "share_needed" or "balance_point"
    at : the share asked for, where the statistic has one (0.2 or 0.8 by default)

    Returns
    -------
    one-row frame: statistic, at, estimate, low, high, n

    >>> row = with_interval("top_share", np.ones(50), np.random.default_rng(1)).iloc[0]
    >>> print(f"{row.estimate:.3f} [{row.low:.3f}, {row.high:.3f}]")
    0.200 [0.200, 0.200]
    """
    if statistic not in PLACE:
        raise SchemaError(unknown("statistic", statistic, PLACE))
    return _table(
        {statistic: PLACE[statistic] if at is None else checked_share(at)}, values, rng, resamples, level
    )


def rule(
    values: ArrayLike, rng: np.random.Generator, *, resamples: int = 1000, level: float = 0.95
) -> pd.DataFrame:
    """The 80/20 rule put to these customers: what the top 20 % hold, how many hold 80 %, the balance point
    between the two, and Gini.

    Returns
    -------
    frame with four rows: statistic, at, estimate, low, high, n; all from the same bootstrap samples

    >>> table = rule([8, 1, 1, 0, 0], np.random.default_rng(1), resamples=50).set_index("statistic")
    >>> table["estimate"].round(9).to_dict()
    {'top_share': 0.8, 'share_needed': 0.2, 'balance_point': 0.2, 'gini': 0.68}
    """
    asked = {name: PLACE[name] for name in ("top_share", "share_needed", "balance_point", "gini")}
    return _table(asked, values, rng, resamples, level)


def stability(
    by_year: pd.DataFrame, rng: np.random.Generator, *, resamples: int = 1000, level: float = 0.95
) -> pd.DataFrame:
    """The rule in each year, and whether it changed since the year before.

    Whether the same customers are on top is another question: see `lasting`.

    Parameters
    ----------
    by_year : customers × years, in order of time. A missing value leaves a customer out of a year (not one
        yet, or no longer); 0 keeps a customer who bought nothing, which makes the year more concentrated.

    Returns
    -------
    frame, a row per year and statistic (top_share, share_needed, balance_point, gini): year, statistic, at,
    estimate, low, high, change, change_low, change_high, n. The change is against the column before, NaN in
    the first; customers are drawn with all their years, so it is a change among the same customers.

    Raises
    ------
    SchemaError : no table of numbers, infinite values, a year without customers
    DomainError : a year whose total is not positive

    >>> spend = pd.DataFrame({2023: [8, 1, 1, 0, 0], 2024: [8, 0, 1, 1, 0]})
    >>> table = stability(spend, np.random.default_rng(1), resamples=20)
    >>> table.loc[table["year"] == 2024, "change"].tolist()
    [0.0, 0.0, 0.0, 0.0]
    """
    years = _years(by_year)
    rows, sizes = distinct_rows(years.to_numpy(float))
    asked = {name: PLACE[name] for name in ("top_share", "share_needed", "balance_point", "gini")}
    measures = _measures(asked)
    estimate, n = _by_year(rows, measures)(sizes), int(sizes.sum())
    some = drawn(n, rng)
    if some is not None:
        rows, sizes = distinct_rows(np.repeat(rows, sizes, axis=0)[some])
    measured = _by_year(rows, measures)
    draws = np.array([measured(counts) for counts in resampled(sizes, rng, resamples)])
    if some is not None:
        draws = rescaled(draws, measured(sizes), estimate, len(some), n)
    limits = percentiles(draws, level)
    changes = percentiles(np.diff(draws, axis=1), level)
    table = []
    for y, year in enumerate(years.columns):
        for s, (name, at) in enumerate(asked.items()):
            row = {"year": year, "statistic": name, "at": at, "estimate": estimate[y, s]}
            row |= {"low": limits[0, y, s], "high": limits[1, y, s]}
            before = (estimate[y - 1, s], *changes[:, y - 1, s]) if y else (np.nan, np.nan, np.nan)
            row |= {"change": estimate[y, s] - before[0], "change_low": before[1], "change_high": before[2]}
            table.append(row | {"n": int(years[year].notna().sum())})
    return pd.DataFrame(table).astype({"at": float})


def _by_year(rows: Array, measures: list[Measure]) -> Callable[[Counts], Array]:
    """The measures of each year (years, measures), as a function of how many customers have each row."""
    orders = _falling(rows)

    def answer(counts: Counts) -> Array:
        pairs = ((rows[order, year], counts[order]) for year, order in enumerate(orders))
        return np.array([[measure(*pair) for measure in measures] for pair in pairs])

    return answer


def _falling(rows: Array) -> list[NDArray[np.intp]]:
    """For each year, the rows with a value, the largest first."""
    return [np.flatnonzero(np.isfinite(v))[np.argsort(-v[np.isfinite(v)])] for v in rows.T]


def resampled(sizes: Counts, rng: np.random.Generator, resamples: int) -> Iterator[Counts]:
    """How many customers of each group a bootstrap sample has, for so many samples; `sizes` says how many there are."""
    n, groups = int(sizes.sum()), len(sizes)
    if 4 * groups < n:
        yield from (rng.multinomial(n, sizes / n) for _ in range(resamples))
    else:  # small groups: to draw the customers one by one is as quick
        group = np.repeat(np.arange(groups), sizes)
        yield from (np.bincount(group[rng.integers(0, n, n)], minlength=groups) for _ in range(resamples))


def grouped(values: Array, sizes: Counts) -> tuple[Array, Counts]:
    """Values, falling, in at most `GROUPS` groups: the `OWN` largest each in one, neighbours among the rest
    together with their mean; the values themselves when they are no more than that.
    """
    if len(values) <= GROUPS:
        return values, sizes
    edges = np.linspace(OWN, len(values), GROUPS - OWN + 1).astype(np.intp)[:-1]
    firsts = np.concatenate([np.arange(OWN), edges])
    counts = np.add.reduceat(sizes, firsts)
    return np.add.reduceat(values * sizes, firsts) / counts, counts


def percentiles(draws: Array, level: float) -> Array:
    """Lower and upper limit along the first axis. Samples without an answer are left out; NaN if none has one."""
    if not 0 < level < 1:
        raise SchemaError(f"level must lie between 0 and 1, such as 0.95, not {level!r}.")
    known = np.isfinite(draws)
    nothing = ~known.any(axis=0)
    filled = np.where(known | nothing, np.where(nothing, 0.0, draws), np.nan)
    return np.where(nothing, np.nan, np.nanquantile(filled, [(1 - level) / 2, (1 + level) / 2], axis=0))


def _table(
    asked: dict[str, float | None], values: ArrayLike, rng: np.random.Generator, resamples: int, level: float
) -> pd.DataFrame:
    distinct, sizes = ranked(values)
    measures = _measures(asked)
    some, groups = grouped(distinct, sizes)
    draws = np.array([[m(some, counts) for m in measures] for counts in resampled(groups, rng, resamples)])
    if some is not distinct:
        draws += [m(distinct, sizes) - m(some, groups) for m in measures]
    n = int(sizes.sum())
    rows = [
        {"statistic": name, "at": at, "estimate": measure(distinct, sizes), "low": low, "high": high, "n": n}
        for (name, at), measure, low, high in zip(
            asked.items(), measures, *percentiles(draws, level), strict=True
        )
    ]
    return pd.DataFrame(rows)


def _measures(asked: dict[str, float | None]) -> list[Measure]:
    def measure(name: str, at: float) -> Measure:
        return {
            "gini": measured_gini,
            "top_share": lambda v, c: measured_top(v, c, at),
            "share_needed": lambda v, c: measured_needed(v, c, at),
            "balance_point": measured_balance,
        }[name]

    return [measure(name, at or 0.0) for name, at in asked.items()]


def _years(by_year: pd.DataFrame) -> pd.DataFrame:
    """The table as it should be: numbers, no infinite ones, and a positive total in each year."""
    if not isinstance(by_year, pd.DataFrame) or not by_year.shape[1]:
        raise SchemaError(
            "A table with a row per customer and a column per year was expected, such as spend by year."
        )
    wrong = [
        c
        for c, kind in zip(by_year.columns, by_year.dtypes, strict=True)
        if not pd.api.types.is_numeric_dtype(kind)
    ]
    if wrong:
        raise SchemaError(
            f"Every column must hold numbers, one year each; {wrong[0]!r} does not. "
            "Set the customer as the index and leave other columns out."
        )
    for year, column in by_year.items():
        known = column.dropna().to_numpy(float)
        if not len(known) or np.isinf(known).any():
            problem = (
                f"{np.isinf(known).sum():,} infinite values" if len(known) else "no customer with a value"
            )
            raise SchemaError(
                f"Year {year} has {problem}. Every year needs at least one customer, and numbers."
            )
        with_total(known.sum())
    return by_year


def distinct_rows(rows: Array) -> tuple[Array, Counts]:
    """The different rows, in order, and how many customers have each; missing values equal each other."""
    names = list(range(rows.shape[1]))
    groups = pd.DataFrame(rows).groupby(names, dropna=False, as_index=False).size()
    return groups[names].to_numpy(float), groups["size"].to_numpy(np.int64)
