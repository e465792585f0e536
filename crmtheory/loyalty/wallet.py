"""Share of wallet, and switching from brand to brand, from the choices of customers in a whole category.

A shop sees only its own sales, so its log cannot say what customers buy elsewhere: this needs a household panel, a
purchase diary, or a survey. Rows are purchases, in the order of time for each customer.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.holdout import wilson
from crmtheory.loyalty.shares import numbers
from crmtheory.survey.complete import checked_level
from crmtheory.weighted import skewed_mean


def wallet_share(
    choices: pd.DataFrame, customer: str, brand: str, amount: str | None = None, level: float = 0.95
) -> pd.DataFrame:
    """What part of its buyers' category purchases each brand has (share of requirements).

    The share is taken of each customer who bought the brand at least once, and averaged over them. Small brands have
    fewer buyers who also give them a smaller share ("double jeopardy", Ehrenberg, Goodhardt & Barwise 1990, J.
    Marketing 54(3), 82–91): compare with `market_share` before calling buyers disloyal.

    Parameters
    ----------
    choices : one row per purchase; customer, brand : its columns; amount : column of money, or None to count purchases

    Returns
    -------
    frame, index brand: estimate (mean share of wallet), low, high (allowing for skew, Hall 1992), n (its buyers), reach
    (share of all customers who bought it), sole, sole_low, sole_high (share of its buyers who bought no other brand,
    Wilson), market_share (of all purchases)

    Raises
    ------
    SchemaError : a column that is not there or has gaps; amounts below 0
    DomainError : no purchases

    >>> choices = pd.DataFrame({"id": [1, 1, 2, 2], "brand": ["a", "a", "a", "b"]})
    >>> wallet_share(choices, "id", "brand")[["estimate", "sole", "market_share"]].to_numpy().tolist()
    [[0.75, 0.5, 0.75], [0.5, 0.0, 0.25]]
    """
    checked_level(level)
    people, brands = _columns(choices, customer, brand)
    size = np.ones(len(choices))
    if amount is not None:
        if amount not in choices.columns:
            raise SchemaError(unknown("column", amount, map(str, choices.columns)))
        size = numbers(choices[amount], f"The column {amount}")
        if (size < 0).any():
            raise SchemaError(
                f"{(size < 0).sum():,} amounts are below 0, first in row {choices.index[(size < 0).argmax()]}. A share "
                "of wallet counts purchases: leave returns out."
            )
    table = pd.crosstab(people, brands, values=size, aggfunc="sum").fillna(0.0)
    bought = pd.crosstab(people, brands) > 0
    whole = table.sum(axis=1)
    if not whole.sum() > 0:
        raise DomainError(
            f"All amounts in {amount} are 0, so nobody has a share of wallet. Check the column."
        )
    if (whole == 0).any():
        table, bought, whole = table[whole > 0], bought[whole > 0], whole[whole > 0]
    rows = []
    for name in table.columns:
        mine = bought[name].to_numpy()
        share = (table[name] / whole).to_numpy()[mine]
        alone = (bought.sum(axis=1) == 1).to_numpy()[mine]
        estimate, low, high = skewed_mean(share, level)
        sole_low, sole_high = wilson(alone.sum(), mine.sum(), level)
        rows.append(
            {
                "brand": name,
                "estimate": estimate,
                "low": max(low, 0.0) if low == low else low,
                "high": min(high, 1.0) if high == high else high,
                "n": int(mine.sum()),
                "reach": mine.mean(),
                "sole": alone.mean() if mine.any() else np.nan,
                "sole_low": float(sole_low),
                "sole_high": float(sole_high),
                "market_share": table[name].sum() / whole.sum(),
            }
        )
    return pd.DataFrame(rows).set_index("brand")


def switching(choices: pd.DataFrame, customer: str, brand: str, level: float = 0.95) -> pd.DataFrame:
    """Which brand follows which at a customer's next purchase.

    One customer makes many moves, and they resemble each other. So the limits are those of a sample of customers: the
    errors of one customer are added before they are squared, and Wilson's interval is taken for the number of
    independent moves with this variance; where nobody or everybody moved, for the number of customers.

    Staying more often than the market share may mean loyalty, or only that customers differ in what they like; the
    table cannot tell the two apart.

    Parameters
    ----------
    choices : one row per purchase; the rows of a customer in the order of time

    Returns
    -------
    frame, all pairs of brands: from, to, n (moves), from_n (moves from that brand), probability (n / from_n), low, high
    (missing where from_n is 0)

    Raises
    ------
    DomainError : no customer bought twice

    >>> choices = pd.DataFrame({"id": [1, 1, 1, 2, 2], "brand": ["a", "a", "b", "b", "b"]})
    >>> switching(choices, "id", "brand")[["from", "to", "n", "probability"]].to_numpy().tolist()
    [['a', 'a', 1, 0.5], ['a', 'b', 1, 0.5], ['b', 'a', 0, 0.0], ['b', 'b', 1, 1.0]]
    """
    checked_level(level)
    people, brands = _columns(choices, customer, brand)
    person, _ = pd.factorize(people, sort=True)
    names = list(pd.crosstab(brands, brands).index)
    code = pd.Index(names).get_indexer(pd.Index(brands))
    order = np.argsort(person, kind="stable")  # keeps the order of time within a customer
    person, code = person[order], code[order]
    follows = person[1:] == person[:-1]
    who, start, end = person[1:][follows], code[:-1][follows], code[1:][follows]
    if not len(who):
        raise DomainError(
            f"None of {len(np.unique(person)):,} customers bought twice, so nobody moved or stayed. Check that "
            f'"{customer}" names the customer and not the order.'
        )
    rows = []
    for i, first in enumerate(names):
        mine = start == i
        people_here, moves = np.unique(who[mine], return_counts=True)
        for j, then in enumerate(names):
            went = end[mine] == j
            n, of = int(went.sum()), int(mine.sum())
            row: dict[str, object] = {"from": first, "to": then, "n": n, "from_n": of}
            probability = n / of if of else np.nan
            own = np.bincount(np.searchsorted(people_here, who[mine]), went, len(people_here))
            low, high = _of_customers(probability, own - probability * moves, of, level)
            rows.append(row | {"probability": probability, "low": low, "high": high})
    return pd.DataFrame(rows)


def _of_customers(p: float, errors: np.ndarray, cases: int, level: float) -> tuple[float, float]:
    people = len(errors)
    if not people:
        return np.nan, np.nan
    variance = float(errors @ errors) / cases**2 * people / max(people - 1, 1)
    inside = 0 < p < 1 and variance > 0 and people > 1
    independent = min(p * (1 - p) / variance, cases) if inside else people
    low, high = wilson(p * independent, independent, level)
    return float(low), float(high)


def _columns(choices: pd.DataFrame, customer: str, brand: str) -> tuple[np.ndarray, np.ndarray]:
    for name in (customer, brand):
        if name not in choices.columns:
            raise SchemaError(unknown("column", name, map(str, choices.columns)))
        gaps = choices[name].isna().to_numpy()
        if gaps.any():
            raise SchemaError(
                f"{gaps.sum():,} of {len(choices):,} rows have no {name}, first: row {choices.index[gaps.argmax()]}. "
                "Leave these purchases out, or say what they are."
            )
    if not len(choices):
        raise DomainError("There are no purchases in the table, so there is no brand to choose.")
    return choices[customer].to_numpy(), choices[brand].to_numpy()
