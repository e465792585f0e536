"""Personal offers (个性化推荐): products similar to what a customer bought, against the list of best sellers.

A product scores the sum of its similarities to the products the customer has bought (item–item, Sarwar et al. 2001,
Proc. WWW10, 285–295). Products of equal score, such as those similar to nothing the customer has, come by number of
buyers, then by name; so a list is never shorter than that of best sellers.

Judged in time. What came before a day, the *cut*, is learnt from: similarities, best sellers, and each customer's
history. Each customer with a history who bought again is then judged on the first purchase on or after the cut (the
invoices of one day count as one). Nobody was shown these lists: a hit says that the list names what people then bought
of themselves, not that it made them buy.

    new       products the customer had not bought before the cut
    repeat    products the customer had
    all       either

The hit rate at 10 is the share of judged customers with at least one of the 10 products in that purchase; precision the
share of the products on a list that are, averaged over judged customers (0 for those with an empty list).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.holdout import wilson
from crmtheory.relationship.judging import ITEMS, METHODS, Judged, judge, scored, top
from crmtheory.relationship.similarity import LEARN, Learn, Similar, matrix_of, similar
from crmtheory.relationship.values import columns_there
from crmtheory.survey.complete import checked_level

__all__ = [
    "ITEMS",
    "LEARN",
    "METHODS",
    "Judged",
    "Learn",
    "Similar",
    "because",
    "evaluate",
    "for_customers",
    "gain",
    "judge",
    "similar",
]


def evaluate(
    lines: pd.DataFrame | Judged, n: int = 10, cut: Any = None, how: Learn = LEARN, level: float = 0.95
) -> pd.DataFrame:
    """How often each method names what the customer bought next.

    Parameters
    ----------
    lines, n, cut, how : as in `judge`, or what that gave

    Returns
    -------
    frame, index method ("item–item", "best sellers"), items ("new", "repeat", "all"): customers, hit_rate, hit_low,
    hit_high (Wilson), precision, precision_low, precision_high (Wilson, for as many independent customers as have the
    variance found)

    >>> table = evaluate(judge(pd.DataFrame({"customer_id": [1, 2, 1], "stock_code": ["a", "b", "b"],
    ...     "date": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-03-01"])})))
    >>> table.loc[("item–item", "new"), ["customers", "hit_rate", "precision"]].tolist()
    [1.0, 1.0, 1.0]
    """
    checked_level(level)
    judged = lines if isinstance(lines, Judged) else judge(lines, n, cut, how)
    rows = {}
    for i, method in enumerate(METHODS):
        for j, items in enumerate(ITEMS):
            hits, listed = judged.hits[i, j], judged.listed[i, j]
            m, hit = len(hits), int((hits > 0).sum())
            low, high = wilson(hit, m, level)
            part = np.sort(hits / np.maximum(listed, 1))
            mean, spread = part.mean(), part.var(ddof=1) if m > 1 else 0.0
            trials = mean * (1 - mean) / spread * m if spread > 1e-20 else m  # above rounding
            least, most = wilson(mean * trials, trials, level)
            rows[method, items] = (
                m,
                hit / m,
                float(low),
                float(high),
                float(mean),
                float(least),
                float(most),
            )
    names = ["customers", "hit_rate", "hit_low", "hit_high", "precision", "precision_low", "precision_high"]
    index = pd.MultiIndex.from_tuples(rows, names=["method", "items"])
    return pd.DataFrame(list(rows.values()), index=index, columns=names)


def gain(
    lines: pd.DataFrame | Judged,
    n: int = 10,
    cut: Any = None,
    how: Learn = LEARN,
    *,
    items: str = "new",
    level: float = 0.95,
) -> pd.DataFrame:
    """Hit rate of item–item less that of best sellers, on the same customers.

    The interval is the adjusted Wald interval for paired shares of Bonett & Price (2012, J. Educ. Behav. Stat. 37,
    479–488), which adds one customer to either side of those who tell the lists apart.

    Returns
    -------
    one-row frame: estimate, low, high, n, only_first, only_second (customers hit by the one list only)
    """
    checked_level(level)
    if items not in ITEMS:
        raise SchemaError(unknown("kind of items", items, ITEMS))
    judged = lines if isinstance(lines, Judged) else judge(lines, n, cut, how)
    first, second = judged.hits[:, ITEMS.index(items)] > 0
    m, more, less = len(first), int((first & ~second).sum()), int((second & ~first).sum())
    p, q = (more + 1) / (m + 2), (less + 1) / (m + 2)
    half = stats.norm.ppf(0.5 + level / 2) * np.sqrt((p + q - (p - q) ** 2) / (m + 2))
    row = {
        "estimate": (more - less) / m,
        "low": max(p - q - half, -1.0),
        "high": min(p - q + half, 1.0),
        "n": m,
        "only_first": more,
        "only_second": less,
    }
    return pd.DataFrame([row])


def because(
    lines: pd.DataFrame | Similar,
    products: pd.DataFrame | None = None,
    n: int = 10,
    how: Learn = LEARN,
    *,
    least: int = 10,
    description: str = "description",
) -> pd.DataFrame:
    """ "Because you bought … → …": the most similar pairs of products, each product with one recommendation at most.

    Parameters
    ----------
    lines : what was bought, or what `similar` gave
    products : names of products, with the column of products of `how` and a `description`; without it their codes stand
    least : fewest common buyers of a pair that is shown

    Returns
    -------
    frame: because (the one of a pair with more buyers), recommended, similarity, buyers_both, because_code,
    recommended_code
    """
    found = lines if isinstance(lines, Similar) else similar(lines, how)
    pairs = found.both.tocoo()  # the similarities stand in the same places
    shown = (pairs.row < pairs.col) & (pairs.data >= least)
    i, j, both, near = (part[shown] for part in (pairs.row, pairs.col, pairs.data, found.matrix.data))
    turn = found.buyers[j] > found.buyers[i]
    i, j = np.where(turn, j, i), np.where(turn, i, j)
    order = np.lexsort((j, i, -both, -np.round(near, 12)))
    order = order[np.sort(np.unique(i[order], return_index=True)[1])][:n]
    codes = found.items[i[order]], found.items[j[order]]
    names = codes
    if products is not None:
        columns_there(products, [how.item, description], "Products")
        known = products.dropna(subset=[description]).drop_duplicates(how.item)
        named = known.set_index(how.item)[description]
        names = tuple(named.reindex(part).where(lambda name: name.notna(), part) for part in codes)
    return pd.DataFrame(
        {
            "because": np.asarray(names[0]),
            "recommended": np.asarray(names[1]),
            "similarity": near[order],
            "buyers_both": both[order].astype(int),
            "because_code": codes[0],
            "recommended_code": codes[1],
        }
    )


def for_customers(
    lines: pd.DataFrame,
    n: int = 10,
    how: Learn = LEARN,
    *,
    new: bool = True,
    learnt: Similar | None = None,
) -> pd.DataFrame:
    """What to offer to each customer, learnt from all lines: a list that a CRM system can import.

    Parameters
    ----------
    n : products a customer; new : only such as the customer has not bought
    learnt : what `similar` gives for these lines, where it is known already

    Returns
    -------
    frame by customer: rank (1 = first), product, score (sum of similarities; 0 where only best sellers are left)

    >>> lines = pd.DataFrame({"customer_id": [1, 1, 2, 2, 3], "stock_code": list("ababa")})
    >>> for_customers(lines)[["rank", "product"]].reset_index().to_numpy().tolist()
    [[3, 1, 'b']]
    """
    if n < 1:
        raise DomainError(f"A list has at least one product, not {n}.")
    learnt = learnt or similar(lines, how)
    customers, _, own = matrix_of(lines, how, learnt.items)
    tables = []
    for rows, had, scores in scored(own, learnt):
        places, there = top(scores, ~had if new else np.ones_like(had), n)
        who, rank = np.nonzero(there)
        place = places[who, rank]
        found = {
            "rank": rank + 1,
            "product": learnt.items[learnt.by_buyers[place]],
            "score": scores[who, place],
        }
        tables.append(pd.DataFrame(found, customers[rows][who]))
    return pd.concat(tables)
