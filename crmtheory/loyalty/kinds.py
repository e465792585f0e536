"""Attitude and behaviour together: who is truly loyal, and who only looks so.

Dick & Basu (1994, J. Academy of Marketing Science 22, 99–113) cross relative attitude, how much better a customer
thinks of the firm than of others, with repeat patronage:

                   buys again often     buys again seldom
attitude high      true                 latent
attitude low       spurious             no
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError
from crmtheory.loyalty.shares import numbers, same_customers
from crmtheory.survey.complete import checked_level
from crmtheory.weighted import share_interval, skewed_mean

KINDS = ("true", "latent", "spurious", "no")


def kinds(attitude: pd.Series, behaviour: pd.Series, attitude_cut: float, behaviour_cut: float) -> pd.Series:
    """The kind of loyalty of each customer.

    Parameters
    ----------
    attitude : such as a score of commitment or a rating against competitors; behaviour : such as repeat purchases
    attitude_cut, behaviour_cut : from this value on it is high. They are choices: state them, and try others

    Returns
    -------
    Series "kind" on the same index: category "true", "latent", "spurious", "no"; missing where either is missing

    Raises
    ------
    SchemaError : different customers, or no numbers
    DomainError : a cut that is no number

    >>> kinds(pd.Series([5, 5, 2, 2]), pd.Series([4, 0, 4, 0]), 4, 1).tolist()
    ['true', 'latent', 'spurious', 'no']
    """
    same_customers(attitude, behaviour, ("attitude", "behaviour"))
    feels, does = numbers(attitude, "attitude", missing=True), numbers(behaviour, "behaviour", missing=True)
    if not np.isfinite([attitude_cut, behaviour_cut]).all():
        raise DomainError(f"Cuts must be numbers, not {attitude_cut} and {behaviour_cut}.")
    codes = 2 * (feels < attitude_cut) + (does < behaviour_cut)
    codes = np.where(np.isnan(feels) | np.isnan(does), -1, codes)
    return pd.Series(pd.Categorical.from_codes(codes, list(KINDS)), attitude.index, name="kind")


def kinds_table(
    kind: pd.Series, value: pd.Series | None = None, weights: pd.Series | None = None, level: float = 0.95
) -> pd.DataFrame:
    """How many customers are of each kind, and what they are worth.

    Parameters
    ----------
    kind : of `kinds`; customers without a kind are left out
    value : of each customer, such as later spend
    weights : survey weights, 0 or more; they enter the shares. `customers` counts people, `value` is not weighted.

    Returns
    -------
    frame, index kind (all four): customers, share, low, high (Wilson), value (mean), value_low, value_high (allowing
    for skew after Hall 1992; missing for fewer than two customers or without values)

    Raises
    ------
    SchemaError : a kind that is none of the four, or values of other customers or missing
    DomainError : nobody has a kind

    >>> table = kinds_table(pd.Series(["true", "true", "no", "latent"]), pd.Series([9.0, 7, 1, 2]))
    >>> table[["customers", "share", "value"]].to_dict("list")
    {'customers': [2, 1, 0, 1], 'share': [0.5, 0.25, 0.0, 0.25], 'value': [8.0, 2.0, nan, 1.0]}
    """
    checked_level(level)
    if value is not None:
        same_customers(kind, value, ("kind", "value"))
    named = kind.notna().to_numpy()
    found = kind[named].astype(object)
    strange = ~found.isin(KINDS)
    if strange.any():
        raise SchemaError(
            f"{strange.sum():,} of {len(found):,} kinds are not one of {', '.join(KINDS)}, first: "
            f"{found[strange].iloc[0]!r}. Make them with `kinds`."
        )
    n = len(found)
    if not n:
        raise DomainError(
            f"None of {len(kind):,} customers has a kind: attitude or behaviour is missing for each. Join the survey "
            "and the purchases on the customer, and check that the names of customers agree."
        )
    worth = numbers(value[named], "value") if value is not None else None
    w = np.ones(n)
    if weights is not None:
        same_customers(kind, weights, ("kind", "weights"))
        w = numbers(weights[named], "weights")
        if (w < 0).any() or not w.sum() > 0:
            raise DomainError("Weights are 0 or more, and one of them above 0.")
    rows = []
    for name in KINDS:
        mine = (found == name).to_numpy()
        share, low, high = share_interval(mine[w > 0].astype(float), w[w > 0], level)
        amounts = worth[mine] if worth is not None else np.empty(0)
        mean, mean_low, mean_high = skewed_mean(amounts, level)
        row = {"kind": name, "customers": int(mine.sum()), "share": share, "low": low}
        rows.append(row | {"high": high, "value": mean, "value_low": mean_low, "value_high": mean_high})
    return pd.DataFrame(rows).set_index("kind")
