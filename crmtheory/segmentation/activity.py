"""Classes by behaviour: active (活跃), silent (沉默) and churned (流失).

Two rules. By rhythm: the silence since the last purchase, in units of the customer's own usual gap; three weeks are
long for one who comes every week and nothing for one who comes twice a year. By model: the probability that the
customer is still there. A holdout says which rule tells better who buys again.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError
from crmtheory.holdout import wilson
from crmtheory.segmentation.classes import (
    best_first,
    checked,
    checked_level,
    class_named,
    codes_of,
    matched,
    numbers,
    ordered,
)
from crmtheory.segmentation.history import by_customer
from crmtheory.weighted import newcombe

ACTIVITY = ("active", "silent", "churned")
ACTIVITY_CHINESE = {"active": "活跃", "silent": "沉默", "churned": "流失"}


def rhythm(purchases: pd.DataFrame, end: Any) -> pd.DataFrame:
    """How long each customer has been silent, measured by the own rhythm.

    The usual gap of a customer with k gaps between purchase days is (sum of the gaps + g) / (k + 1), where g is the
    population's: the median of the mean gaps of all who bought at least twice. So a customer with one purchase is
    judged by g, and the more gaps there are, the more they count.

    Parameters
    ----------
    purchases : frame of `Transactions.purchases`: the customer first, then date; end : day of judging

    Returns
    -------
    frame by customer: silence (days), gaps (number), own_gap (mean, days; missing without gaps), usual_gap (days),
    ratio (silence / usual_gap)

    Raises
    ------
    DomainError : nobody has bought twice

    >>> log = pd.DataFrame({"customer": [1, 1, 2], "date": ["2024-01-01", "2024-01-11", "2024-01-11"]})
    >>> rhythm(log, "2024-01-31")["ratio"].tolist()
    [2.0, 2.0]
    """
    history = by_customer(purchases, end)
    gaps = history["days"] - 1
    total = (history["last"] - history["first"]).dt.days
    own = total / gaps.where(gaps > 0)
    if not (gaps > 0).any():
        raise DomainError(
            f"None of {len(history):,} customers has bought on two days up to {pd.Timestamp(end).date()}, so there is "
            "no rhythm to compare a silence with. Take a longer log, or classes by p_alive."
        )
    usual = (total + own.median()) / (gaps + 1)
    return pd.DataFrame(
        {
            "silence": history["silence"],
            "gaps": gaps,
            "own_gap": own,
            "usual_gap": usual,
            "ratio": history["silence"] / usual,
        }
    )


def by_rhythm(purchases: pd.DataFrame, end: Any, active: float = 2.0, churned: float = 4.0) -> pd.Series:
    """Active up to `active` usual gaps of silence, churned beyond `churned` of them, silent in between.

    See `rhythm` for the usual gap.

    Returns
    -------
    Series of ordered categoricals by customer, name "class"
    """
    if not 0 < active < churned:
        raise DomainError(f"active lies above 0 and below churned, not active={active}, churned={churned}.")
    table = rhythm(purchases, end)
    return ordered(ACTIVITY, np.searchsorted([active, churned], table["ratio"].to_numpy()), table.index)


def by_p_alive(p_alive: pd.Series, active: float = 0.5, churned: float = 0.1) -> pd.Series:
    """Active from P(alive) `active` on, churned below `churned`, silent in between.

    >>> by_p_alive(pd.Series([0.9, 0.5, 0.1, 0.05])).tolist()
    ['active', 'active', 'silent', 'churned']
    """
    if not 0 < churned < active < 1:
        raise DomainError(f"churned lies above 0 and below active, not active={active}, churned={churned}.")
    p = numbers(p_alive, "p_alive")
    wrong = ((p < 0) | (p > 1)).to_numpy()
    if wrong.any():
        raise SchemaError(
            f"{wrong.sum():,} of {len(p):,} probabilities are not between 0 and 1, first that of customer "
            f"{p.index[wrong][0]!r}: {p[wrong].iloc[0]}. For 50 % give 0.5."
        )
    return ordered(ACTIVITY, np.searchsorted([-active, -churned], -p.to_numpy()), p.index)


def on_holdout(classes: Mapping[str, pd.Series], bought: pd.Series, level: float = 0.95) -> pd.DataFrame:
    """The part of each class that bought later, for several rules.

    Parameters
    ----------
    classes : the classes by the name of the rule, such as {"rhythm": …, "P(alive)": …}
    bought : whether each customer bought in the later period

    Returns
    -------
    frame: rule, class, customers, share, low, high (Wilson 1927); the share of an empty class is missing

    >>> classes = pd.Series(["active", "active", "churned"])
    >>> on_holdout({"given": classes}, pd.Series([True, False, False]))[["class", "share"]].to_numpy().tolist()
    [['active', 0.5], ['churned', 0.0]]
    """
    tables = []
    for rule, given in classes.items():
        mine, yes = _both(given, bought, rule)
        names = best_first(mine)
        code = codes_of(mine, names)
        n, k = np.bincount(code, minlength=len(names)), np.bincount(code[yes], minlength=len(names))
        tables.append(shares(k, n, level).assign(rule=rule, **{"class": names}))
    if not tables:
        raise SchemaError("There is no rule to judge. Give the classes of at least one.")
    whole = pd.concat(tables, ignore_index=True)
    return whole[["rule", "class", "customers", "share", "low", "high"]]


def separation(
    classes: Mapping[str, pd.Series],
    bought: pd.Series,
    first: Hashable = "active",
    second: Hashable = "silent",
    level: float = 0.95,
) -> pd.DataFrame:
    """How far two classes differ in buying later: P(bought given first) − P(bought given second).

    Returns
    -------
    frame: rule, first, second, estimate, low, high (Newcombe 1998, Statist. Med. 17, 873–890), n (in both classes)

    Raises
    ------
    DomainError : one of the classes has no customer
    """
    rows = []
    for rule, given in classes.items():
        mine, yes = _both(given, bought, rule)
        members = [(mine == class_named(mine, name)).to_numpy() for name in (first, second)]
        n, k = [int(m.sum()) for m in members], [int(yes[m].sum()) for m in members]
        for name, size in zip((first, second), n, strict=True):
            if not size:
                raise DomainError(f'{rule}: class "{name}" has no customer, so there is nothing to compare.')
        interval = newcombe(k[0], n[0], k[1], n[1], checked_level(level))
        rows.append((rule, first, second, *interval, sum(n)))
    return pd.DataFrame(rows, columns=["rule", "first", "second", "estimate", "low", "high", "n"])


def shares(k: np.ndarray, n: np.ndarray, level: float = 0.95) -> pd.DataFrame:
    """k of n as customers, share, low, high, with Wilson's interval; missing where n is 0."""
    low, high = wilson(k, n, checked_level(level))
    return pd.DataFrame({"customers": n, "share": k / np.where(n > 0, n, np.nan), "low": low, "high": high})


def _both(classes: pd.Series, bought: pd.Series, rule: str) -> tuple[pd.Series, np.ndarray]:
    classes = checked(classes, rule)
    later = matched(
        classes, bought, "bought", "If they bought nothing: bought.reindex(classes.index, fill_value=False)."
    )
    wrong = ~later.isin([True, False]).to_numpy()
    if wrong.any():
        raise SchemaError(
            f"bought must be True or False; {wrong.sum():,} of {len(later):,} are neither, first that of customer "
            f"{later.index[wrong][0]!r}. From counts: x_holdout > 0."
        )
    return classes, later.to_numpy(dtype=bool)
