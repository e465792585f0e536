"""Lists of products for every customer, and how often they name what was bought next. The rules: see `recommend`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crmtheory.errors import DomainError, SchemaError
from crmtheory.numerics import Array
from crmtheory.relationship.similarity import LEARN, Learn, Matrix, Similar, matrix_of, similar
from crmtheory.relationship.values import columns_there, day

Flags = NDArray[np.bool_]

METHODS = ("item–item", "best sellers")
ITEMS = ("new", "repeat", "all")
CELLS = 500_000  # scores held at a time: few enough to stay near the processor


@dataclass(frozen=True, repr=False, eq=False)
class Judged:
    """How each list did: customers (m,); hits, listed (methods, kinds of items, m); the cut, and the length n."""

    customers: pd.Index
    hits: Array
    listed: Array
    cut: pd.Timestamp
    n: int

    def __repr__(self) -> str:
        return (
            f"<Judged: {len(self.customers):,} customers, lists of {self.n}, learnt before {self.cut.date()}>"
        )


def judge(lines: pd.DataFrame, n: int = 10, cut: Any = None, how: Learn = LEARN) -> Judged:
    """Lists of both methods for every customer with a history, held against the next purchase.

    Parameters
    ----------
    lines : customer, product and date of what was bought; how : names of its columns, and what counts as similar
    n : length of a list
    cut : first day that is judged on; by default after two thirds of the days

    Raises
    ------
    SchemaError : columns that are not there, or blanks in them; DomainError : nobody bought before and after the cut
    """
    if n < 1:
        raise DomainError(f"A list has at least one product, not {n}.")
    dates = _dates(lines, how)
    first, last = dates.min(), dates.max()
    at = first + pd.Timedelta(days=round((last - first).days * 2 / 3)) if cut is None else day(cut, "cut")
    before = (dates < at).to_numpy()
    early, later, when = lines[before], lines[~before], dates[~before]
    known = later[how.customer].isin(early[how.customer]).to_numpy()
    if not known.any():
        raise DomainError(
            f"Nobody bought both before {at.date()} and on it or later, so no list can be judged. The lines run from "
            f"{first.date()} to {last.date()}; take another cut, or lines over a longer time."
        )
    later, when = later[known], when[known]
    first_day = when.groupby(later[how.customer].to_numpy()).transform("min")
    following = later[(when == first_day).to_numpy()]
    learnt = similar(early, how)
    customers, _, bought = matrix_of(following, how, learnt.items)
    everybody, _, history = matrix_of(early, how, learnt.items)
    own = history[everybody.get_indexer(customers)]
    hits, listed = np.zeros((2, 2, 3, len(customers)))
    for rows, had, scores in scored(own, learnt):
        wanted = bought[rows].toarray()[:, learnt.by_buyers] > 0
        by_buyers = np.broadcast_to(-np.arange(scores.shape[1], dtype=float), scores.shape)
        for method, score in enumerate((scores, by_buyers)):
            for kind, allowed in enumerate((~had, had, np.ones_like(had))):
                places, there = top(score, allowed, n)
                listed[method, kind, rows] = there.sum(axis=1)
                hits[method, kind, rows] = (np.take_along_axis(wanted, places, axis=1) & there).sum(axis=1)
    return Judged(customers, hits, listed, at, n)


def _dates(lines: pd.DataFrame, how: Learn) -> pd.Series:
    columns_there(lines, [how.customer, how.item, how.date], "Lines")
    if not len(lines):
        raise DomainError("There are no lines, so nothing is known of what was bought.")
    dates = pd.to_datetime(lines[how.date], errors="coerce").dt.normalize()
    if dates.isna().any():
        raise SchemaError(
            f"Lines: {dates.isna().sum():,} of {len(lines):,} have no date in {how.date}, first line "
            f"{int(dates.isna().to_numpy().argmax()) + 1}. Leave these lines out."
        )
    return dates


def scored(own: Matrix, learnt: Similar) -> Iterator[tuple[slice, Flags, Array]]:
    """Blocks of customers: their rows, what each has, and scores (rows, products by buyers)."""
    order = learnt.by_buyers
    block = max(1, CELLS // max(len(order), 1))
    for start in range(0, own.shape[0], block):
        rows = slice(start, min(start + block, own.shape[0]))
        # rounded, as sums that are equal but for rounding are ties
        scores = np.round((own[rows] @ learnt.matrix).toarray()[:, order], 10)
        yield rows, own[rows].toarray()[:, order] > 0, scores


def top(scores: Array, allowed: Flags, n: int) -> tuple[NDArray[np.intp], Flags]:
    """Columns of the n highest scores among those allowed, ties by position, and whether there is one: (rows, n).

    Without sorting whole rows: the n-th highest score is found, and what ties with it is taken from the left.
    """
    k = min(n, scores.shape[1])
    s = np.where(allowed, scores, -np.inf)
    bound = np.partition(s, -k, axis=1)[:, -k, None]
    above, tied = s > bound, s == bound
    left = k - above.sum(axis=1, keepdims=True)
    places = np.nonzero(above | (tied & (np.cumsum(tied, axis=1, dtype=np.int32) <= left)))[1].reshape(-1, k)
    order = np.argsort(-np.take_along_axis(s, places, axis=1), axis=1, kind="stable")
    places = np.take_along_axis(places, order, axis=1)
    return places, np.take_along_axis(allowed, places, axis=1)
