"""Do classes last (分层稳定)? Customers by their class in one year and in the next.

Customers of the first year who are not there in the next are "gone"; those of the next who were not there before are
"new".
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import pairwise

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError
from crmtheory.segmentation.activity import shares
from crmtheory.segmentation.classes import best_first, checked, class_named, codes_of

GONE, NEW = "gone", "new"


def migration(before: pd.Series, after: pd.Series, level: float = 0.95) -> pd.DataFrame:
    """Where the customers of each class went.

    Parameters
    ----------
    before, after : class of each customer in the one year and in the next, matched by index. Who bought nothing in a
        year is "gone" or "new" if left out of its classes, and in the lowest class if given a value of 0

    Returns
    -------
    frame, every class with every class, best first, "new" the last row and "gone" the last column: from, to, customers,
    from_n, share (of those who were in `from`), low, high (Wilson); shares are missing where nobody was

    >>> before, after = pd.Series({"a": "high", "b": "low"}), pd.Series({"a": "low", "c": "low"})
    >>> table = migration(before, after)
    >>> table[table["customers"] > 0][["from", "to", "customers", "share"]].to_numpy().tolist()
    [['high', 'low', 1, 1.0], ['low', 'gone', 1, 1.0], ['new', 'low', 1, 1.0]]
    """
    names = _names(before, after)
    start, end = [*names, NEW], [*names, GONE]
    k = _counted(before, after, names)
    n = np.broadcast_to(k.sum(axis=1, keepdims=True), k.shape)
    table = shares(k.ravel(), n.ravel(), level).assign(
        customers=k.ravel(),
        from_n=n.ravel(),
        **{
            "from": np.repeat(np.array(start, object), len(end)),
            "to": np.tile(np.array(end, object), len(start)),
        },
    )
    nobody = (table["from"] == NEW) & (table["to"] == GONE)  # never there at all
    return table.loc[~nobody, ["from", "to", "customers", "from_n", "share", "low", "high"]].reset_index(
        drop=True
    )


def flows(*years: pd.Series) -> pd.DataFrame:
    """How many customers went from which class to which, from each year to the next: for a flow picture.

    Returns
    -------
    frame: step (0 for the first two years, …), from, to, customers; only flows with customers in them
    """
    if len(years) < 2:
        raise SchemaError(f"A flow needs the classes of at least two years, not of {len(years)}.")
    names = _names(*years)
    start, end = [*names, NEW], [*names, GONE]
    rows = []
    for step, (before, after) in enumerate(pairwise(years)):
        k = _counted(before, after, names)
        for i, j in zip(*np.nonzero(k), strict=True):
            rows.append((step, start[i], end[j], int(k[i, j])))
    return pd.DataFrame(rows, columns=["step", "from", "to", "customers"])


def stays(before: pd.Series, after: pd.Series, name: Hashable = "high", level: float = 0.95) -> pd.DataFrame:
    """The part of a class that is in it again a year later; those who are gone have not stayed.

    Returns
    -------
    one-row frame: class, stayed (customers), estimate, low, high (Wilson), n (customers in the class before)

    >>> stays(pd.Series({"a": "high", "b": "high"}), pd.Series({"a": "high"}))["estimate"].iloc[0]
    np.float64(0.5)
    """
    before, after = checked(before, "before"), checked(after, "after")
    class_named(before, name)
    members = before.index[(before == name).to_numpy()]
    if not len(members):
        raise DomainError(f'No customer was in class "{name}" before, so none can have stayed.')
    same = after.index[(after == name).to_numpy()]
    stayed = int(members.isin(same).sum())
    row = shares(np.array([stayed]), np.array([len(members)]), level).iloc[0]
    answer = {
        "class": name,
        "stayed": stayed,
        "estimate": row["share"],
        "low": row["low"],
        "high": row["high"],
    }
    return pd.DataFrame([answer | {"n": len(members)}])


def _names(*years: pd.Series) -> list[Hashable]:
    """The classes of all years, best first; the first year's order leads."""
    names: list[Hashable] = []
    for year in years:
        names += [name for name in best_first(checked(year)) if name not in names]
    taken = [name for name in names if name in (GONE, NEW)]
    if taken:
        raise SchemaError(
            f'A class is called "{taken[0]}", which here means customers who left or came. Rename it.'
        )
    return names


def _counted(before: pd.Series, after: pd.Series, names: list[Hashable]) -> np.ndarray:
    """Customers by class before (new the last row) and after (gone the last column)."""
    size = len(names)
    first, second = codes_of(before, names), codes_of(after, names)
    place = after.index.get_indexer(before.index)
    to = np.where(place >= 0, second[place], size)
    fresh = second[~after.index.isin(before.index)]
    code = np.concatenate([first * (size + 1) + to, size * (size + 1) + fresh])
    return np.bincount(code, minlength=(size + 1) ** 2).reshape(size + 1, size + 1)
