"""Four kinds of relationship (四个中心): what a customer comes back for, by a stated rule.

A buyer comes for the price, a customer for a product, a client because needs are met, a partner because both gain. A
log cannot see why somebody buys; it sees how often, how broadly, for how long and how recently. So these are names for
patterns of buying, not findings about motives, and the thresholds are to be changed until they fit the trade.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmtheory.by_customer import one_each, shown
from crmtheory.errors import DomainError, SchemaError
from crmtheory.holdout import wilson
from crmtheory.relationship.values import columns_there, matched
from crmtheory.survey.complete import checked_level
from crmtheory.weighted import skewed_means

KINDS = ("price-centred", "product-centred", "need-centred", "value-centred")
KINDS_CHINESE = dict(zip(KINDS, ("价格中心", "产品中心", "需求中心", "价值中心"), strict=True))
PEOPLE = dict(zip(KINDS, ("buyer", "customer", "client", "partner"), strict=True))


@dataclass(frozen=True)
class KindRules:
    """Thresholds of the four kinds; every one is a least number.

    purchases, tenure : purchase days, and days from the first to the last, of somebody who came back
    breadth : different products or categories of somebody who buys broadly
    months : active months that stand for breadth where it is not known
    partner_purchases, partner_tenure : the same as the first two, of a partner
    contacts : recent contacts of a partner

    >>> KindRules(purchases=0)
    Traceback (most recent call last):
        ...
    crmtheory.errors.DomainError: purchases must be a number of 1 or more, not 0.
    """

    purchases: int = 3
    tenure: int = 60
    breadth: int = 5
    months: int = 4
    partner_purchases: int = 10
    partner_tenure: int = 365
    contacts: int = 1

    def __post_init__(self) -> None:
        for name, least in (("purchases", 1), ("tenure", 0), ("breadth", 1), ("months", 1), ("contacts", 0)):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= least):
                raise DomainError(f"{name} must be a number of {least} or more, not {value}.")
        for name in ("purchases", "tenure"):
            own, most = getattr(self, name), getattr(self, f"partner_{name}")
            if not most >= own:
                raise DomainError(
                    f"partner_{name}, {most}, must be at least {name}, {own}: a partner is first of all somebody who "
                    "came back."
                )

    def table(self, recent: int = 180) -> pd.DataFrame:
        """The rule in words, in the order in which it is asked: index kind; 中文, who, rule.

        >>> KindRules().table().loc["product-centred", "rule"]
        'came back (3 purchases or more, over 60 days or more), fewer than 5 different products'
        """
        back = f"{self.purchases} purchases or more, over {self.tenure} days or more"
        broad = f"{self.breadth} different products or more (where these are not known: {self.months} active months)"
        rules = [
            f"has not come back: fewer than {self.purchases} purchases, or all within less than {self.tenure} days",
            f"came back ({back}), fewer than {self.breadth} different products",
            f"came back, {broad}, but no partner",
            f"came back, as broadly, with {self.partner_purchases} purchases or more over {self.partner_tenure} days "
            f"or more and {self.contacts} or more contacts in the last {recent} days",
        ]
        rows = {"中文": list(KINDS_CHINESE.values()), "who": list(PEOPLE.values()), "rule": rules}
        return pd.DataFrame(rows, index=pd.Index(KINDS, name="kind"))


def kinds_of_relationship(table: pd.DataFrame, rules: KindRules | None = None) -> pd.Series:
    """The kind of each relationship; every customer is in exactly one.

    Parameters
    ----------
    table : by customer: tenure (days), purchases, and breadth or months (see `facts`). A customer whose breadth is
        missing is judged by months. Without a column contacts a partner needs none.
    rules : the thresholds

    Returns
    -------
    Series of ordered categoricals on the same index, "price-centred" < … < "value-centred", name "kind"

    Raises
    ------
    SchemaError : a column that is not there, or a customer twice or with missing numbers

    >>> table = pd.DataFrame({"tenure": [0, 90, 90, 700], "purchases": [1, 3, 5, 30], "breadth": [9, 2, 8, 40]})
    >>> kinds_of_relationship(table).tolist()
    ['price-centred', 'product-centred', 'need-centred', 'value-centred']
    """
    rules = KindRules() if rules is None else rules
    columns_there(table, ["tenure", "purchases"], "The table")
    one_each(table.index, "The table")
    broad = _broad(table, rules)
    numbers = {name: _complete(table, name) for name in ("tenure", "purchases")}
    back = (numbers["purchases"] >= rules.purchases) & (numbers["tenure"] >= rules.tenure)
    partner = (numbers["purchases"] >= rules.partner_purchases) & (numbers["tenure"] >= rules.partner_tenure)
    if "contacts" in table:
        partner &= _complete(table, "contacts") >= rules.contacts
    code = np.where(back, 1 + broad * (1 + partner), 0)
    return pd.Series(
        pd.Categorical.from_codes(code, categories=list(KINDS), ordered=True), table.index, name="kind"
    )


def kinds_table(kind: pd.Series, value: pd.Series, level: float = 0.95) -> pd.DataFrame:
    """How many customers are in each kind, and what they brought.

    Parameters
    ----------
    kind : of `kinds_of_relationship`; value : money of each of them, such as past or later revenue

    Returns
    -------
    frame, index kind: customers, share, low, high (of the share; Wilson), revenue, revenue_share (missing if the total
    is not positive), mean, mean_low, mean_high (revenue per customer; allowing for skew after Hall 1992)

    Raises
    ------
    SchemaError : a missing or unknown kind, or customers without a value

    >>> kinds = pd.Series(["price-centred", "value-centred"])
    >>> kinds_table(kinds, pd.Series([10.0, 90.0]))["revenue_share"].tolist()
    [0.1, 0.0, 0.0, 0.9]
    """
    checked_level(level)
    if not isinstance(kind, pd.Series):
        raise SchemaError(f"kind must be a Series with the customers as index, not {type(kind).__name__}.")
    one_each(kind.index, "kind")
    code = pd.Index(KINDS).get_indexer(pd.Index(kind.astype(object)))
    if (code < 0).any():
        raise SchemaError(
            f"kind is one of {', '.join(KINDS)}; {(code < 0).sum():,} of {len(kind):,} customers have another, first "
            f"{shown(kind.index[code < 0][0])}: {kind[code < 0].iloc[0]!r}."
        )
    v = matched(kind.index, value, "value").to_numpy()
    means = skewed_means(v, code, len(KINDS), level)
    n = means["n"].to_numpy()
    low, high = wilson(n, np.full(len(KINDS), len(kind)), level)
    revenue = (means["mean"] * n).fillna(0.0).to_numpy()
    total = np.sort(v).sum()
    return pd.DataFrame(
        {
            "customers": n,
            "share": n / len(kind),
            "low": low,
            "high": high,
            "revenue": revenue,
            "revenue_share": revenue / total if total > 0 else np.nan,
            "mean": means["mean"].to_numpy(),
            "mean_low": means["low"].to_numpy(),
            "mean_high": means["high"].to_numpy(),
        },
        index=pd.Index(KINDS, name="kind"),
    )


def _broad(table: pd.DataFrame, rules: KindRules) -> np.ndarray:
    """Whether each customer buys broadly, by breadth where it is known and by active months elsewhere."""
    breadth = _numeric(table, "breadth") if "breadth" in table else np.full(len(table), np.nan)
    unknown = np.isnan(breadth)
    if not unknown.any():
        return breadth >= rules.breadth
    if "months" not in table:
        raise SchemaError(
            f"The breadth of {unknown.sum():,} of {len(table):,} customers is not known, first that of "
            f"{shown(table.index[unknown][0])}. Give a column breadth (different products or categories), or one of "
            "months (with a purchase) to stand for it."
        )
    return np.where(unknown, _complete(table, "months") >= rules.months, breadth >= rules.breadth)


def _numeric(table: pd.DataFrame, name: str) -> np.ndarray:
    if not pd.api.types.is_numeric_dtype(table[name]):
        raise SchemaError(f"The column {name} must hold numbers, not {table[name].dtype}.")
    return table[name].to_numpy(dtype=float, na_value=np.nan)


def _complete(table: pd.DataFrame, name: str) -> np.ndarray:
    values = _numeric(table, name)
    missing = np.isnan(values)
    if missing.any():
        raise SchemaError(
            f"The column {name}: {missing.sum():,} of {len(table):,} customers have none, first "
            f"{shown(table.index[missing][0])}. Leave these customers out, or fill it in."
        )
    return values
