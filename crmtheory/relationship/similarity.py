"""Which products go together: cosine similarity of products over the customers who bought them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from crmtheory.errors import DomainError, SchemaError
from crmtheory.numerics import Array
from crmtheory.relationship.values import columns_there

Matrix = Any  # scipy.sparse.csr_array, which comes without types


@dataclass(frozen=True)
class Learn:
    """How lines are read and similarities learnt.

    customer, item, date : columns of the lines
    least : fewest common buyers of two products that are called similar
    shrink : a similarity of few common buyers c is drawn towards 0, by c / (c + shrink)
    """

    customer: str = "customer_id"
    item: str = "stock_code"
    date: str = "date"
    least: int = 2
    shrink: float = 5.0

    def __post_init__(self) -> None:
        if not (self.least >= 1 and np.isfinite(self.shrink) and self.shrink >= 0):
            raise DomainError(
                f"least must be 1 or more and shrink 0 or more, not {self.least} and {self.shrink}."
            )


LEARN = Learn()


@dataclass(frozen=True, repr=False, eq=False)
class Similar:
    """Similarities of k products.

    items (k,) sorted; buyers (k,) customers of each; matrix (k, k) sparse, symmetric, nothing on the diagonal; both
    (k, k) common buyers of the same pairs, in the same places
    """

    items: pd.Index
    buyers: Array
    matrix: Matrix
    both: Matrix

    def __repr__(self) -> str:
        return f"<Similar: {len(self.items):,} products, {self.matrix.nnz // 2:,} similar pairs>"

    @property
    def by_buyers(self) -> np.ndarray:
        """Positions of the products, the one with most buyers first; equal ones by name."""
        return np.argsort(-self.buyers, kind="stable")


def similar(lines: pd.DataFrame, how: Learn = LEARN) -> Similar:
    """Cosine similarity of products over customers (Sarwar et al. 2001, section 3.1.1, for bought or not).

    For products i and j: common buyers / √(buyers of i · buyers of j), times the shrinkage of `Learn`. How often or how
    much a customer bought does not count, only whether.

    Parameters
    ----------
    lines : one row a customer and product bought, or several
    how : names of columns, and what counts as similar

    Raises
    ------
    SchemaError : columns that are not there, or blanks in them; DomainError : no line

    >>> lines = pd.DataFrame({"customer_id": [1, 1, 2, 2, 3], "stock_code": list("ababa")})
    >>> float(similar(lines, Learn(shrink=0)).matrix.toarray()[0, 1].round(3))  # 2 / √(3 · 2)
    0.816
    """
    _, items, bought = matrix_of(lines, how)
    buyers = bought.sum(axis=0)
    both = sparse.csr_array(bought.T @ bought)
    both.setdiag(0)
    both.data[both.data < how.least] = 0
    both.eliminate_zeros()
    both.sort_indices()
    row, column = both.nonzero()
    cosine = both.data / np.sqrt(buyers[row] * buyers[column]) * (both.data / (both.data + how.shrink))
    return Similar(items, buyers, sparse.csr_array((cosine, both.indices, both.indptr), both.shape), both)


def matrix_of(
    lines: pd.DataFrame, how: Learn, items: pd.Index | None = None
) -> tuple[pd.Index, pd.Index, Matrix]:
    """Customers, products (both sorted), and who bought what: (customers, products) sparse, 1 where bought.

    With `items` those are the columns, and lines of other products are left out, but not their customers.
    """
    columns_there(lines, [how.customer, how.item], "Lines")
    if not len(lines):
        raise DomainError("There are no lines, so nothing is known of what was bought.")
    for name in (how.customer, how.item):
        missing = lines[name].isna().to_numpy()
        if missing.any():
            raise SchemaError(
                f"Lines: {missing.sum():,} of {len(lines):,} have no {name}, first line {int(missing.argmax()) + 1}. "
                "Leave these lines out."
            )
    row, customers = pd.factorize(lines[how.customer], sort=True)
    if items is None:
        column, found = pd.factorize(lines[how.item], sort=True)
        items = pd.Index(found)
    else:
        column = items.get_indexer(pd.Index(lines[how.item]))
    known = column >= 0
    cells = np.unique(row[known].astype(np.int64) * len(items) + column[known])
    shape = (len(customers), len(items))
    bought = sparse.csr_array((np.ones(len(cells)), (cells // len(items), cells % len(items))), shape)
    return pd.Index(customers, name=how.customer), items, bought
