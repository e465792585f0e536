"""What a membership programme costs: points by spend, tiers by spend in a year, and the part that is redeemed.

Points of a member in a year = points per unit of money · multiplier of the tier · spend (none for negative spend).
Cost = points · share redeemed · value of a point. What is never redeemed (breakage) costs nothing here; as long as
points do not expire it is a debt all the same. What the programme brings is another question: see `effects`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.loyalty.shares import numbers, share_from_0_to_1


@dataclass(frozen=True)
class Tier:
    """A tier of the programme: its name, the spend in a year from which one is in it, the multiplier of points."""

    name: str
    spend: float
    multiplier: float = 1.0


@dataclass(frozen=True)
class Programme:
    """The terms of a programme.

    Attributes
    ----------
    points : earned for each unit of money
    tiers : the lowest first, beginning with a spend of 0
    point_value : money a redeemed point costs the firm
    redeemed : share of points that are ever redeemed (1 − breakage)

    Raises
    ------
    DomainError : numbers out of range, or tiers that do not rise from 0

    >>> Programme(1, (Tier("basic", 0), Tier("gold", 500, 2)), point_value=0.01, redeemed=0.7).tier_of(500).name
    'gold'
    """

    points: float
    tiers: tuple[Tier, ...]
    point_value: float
    redeemed: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "tiers", tuple(self.tiers))
        for what, number in {"points": self.points, "point_value": self.point_value}.items():
            if not np.isfinite(number) or number < 0:
                raise DomainError(f"{what} must be a number of 0 or more, not {number}.")
        share_from_0_to_1(self.redeemed, "redeemed")
        least = [tier.spend for tier in self.tiers]
        if not least or least[0] != 0 or not (np.diff(least) > 0).all():
            raise DomainError(
                f"Tiers begin with a spend of 0 and rise, not {least}. Put the lowest tier first."
            )
        wrong = [tier.name for tier in self.tiers if not np.isfinite(tier.multiplier) or tier.multiplier < 0]
        if wrong:
            raise DomainError(f'The multiplier of tier "{wrong[0]}" must be a number of 0 or more.')
        names = [tier.name for tier in self.tiers]
        if len(set(names)) < len(names):
            raise DomainError(f"Tiers need different names, not {', '.join(names)}.")

    def tier_of(self, spend: float) -> Tier:
        """The tier of a member who spent so much in the year."""
        return self.tiers[max(sum(spend >= tier.spend for tier in self.tiers) - 1, 0)]


def cost(
    programme: Programme,
    purchases: pd.DataFrame,
    customer: str | None = None,
    end: Any = None,
    months: int = 12,
) -> pd.DataFrame:
    """What the programme would have cost in a year of real purchases, tier by tier, if all buyers were members.

    The tier is that of the spend in the same year. Customers are assumed to buy what they bought without a programme.

    Parameters
    ----------
    purchases : one row per purchase: a column for the customer, `date`, `amount`; as `log.purchases()` gives them
    customer : its column; by default the first
    end : last day of the year; by default the day of the last purchase
    months : length of the year; the spend of the tiers is for this time

    Returns
    -------
    frame, index tier (all, the lowest first): members (who bought in the year), share, spend, points, cost (money),
    cost_share (missing if it costs nothing), rate (cost / spend; missing without spend)

    Raises
    ------
    SchemaError : columns that are not there, dates that are none, missing amounts
    DomainError : no purchases in the year

    >>> days = pd.to_datetime(["2024-01-05", "2024-03-01", "2024-06-30"])
    >>> purchases = pd.DataFrame({"customer": [1, 1, 2], "date": days, "amount": [300.0, 300.0, 100.0]})
    >>> terms = Programme(1, (Tier("basic", 0), Tier("gold", 500, 2)), point_value=0.01, redeemed=0.5)
    >>> cost(terms, purchases)[["members", "spend", "points", "cost"]].to_numpy().tolist()
    [[1.0, 100.0, 100.0, 0.5], [1.0, 600.0, 1200.0, 6.0]]
    """
    who = str(purchases.columns[0]) if customer is None and len(purchases.columns) else str(customer)
    for name in (who, "date", "amount"):
        if name not in purchases.columns:
            raise SchemaError(unknown("column", name, map(str, purchases.columns)))
    days = purchases["date"]
    if not pd.api.types.is_datetime64_any_dtype(days):
        raise SchemaError(
            f"The column date must hold dates, not {days.dtype}. Read it with crmtheory.transactions.read."
        )
    amounts = numbers(purchases["amount"], "The column amount")
    gaps = purchases[who].isna() | days.isna()
    if gaps.any():
        raise SchemaError(
            f"{gaps.sum():,} of {len(gaps):,} purchases have no {who} or date, first: row {gaps.idxmax()}. "
            "Leave them out."
        )
    last = days.max() if end is None else pd.Timestamp(end)
    inside = (
        ((days <= last) & (days > last - pd.DateOffset(months=months))).to_numpy()
        if len(days)
        else np.array([])
    )
    if not inside.any():
        raise DomainError(
            f"None of {len(days):,} purchases lies in the {months} months up to {end or 'the last day'}. "
            "Give another end."
        )
    year = pd.DataFrame({"who": purchases[who].to_numpy()[inside], "amount": amounts[inside]})
    spend = np.sort(year.sort_values("amount").groupby("who")["amount"].sum().to_numpy())
    least = np.array([tier.spend for tier in programme.tiers])
    place = np.maximum(np.searchsorted(least, spend, side="right") - 1, 0)
    size = len(programme.tiers)
    factors = np.array([tier.multiplier for tier in programme.tiers])
    totals = np.bincount(place, spend, minlength=size)
    points = programme.points * factors * np.bincount(place, np.maximum(spend, 0.0), minlength=size)
    paid = points * programme.redeemed * programme.point_value
    members = np.bincount(place, minlength=size)
    table = pd.DataFrame({"tier": [tier.name for tier in programme.tiers], "members": members})
    table = table.assign(share=members / len(spend), spend=totals, points=points, cost=paid)
    table["cost_share"] = paid / paid.sum() if paid.sum() > 0 else np.nan
    table["rate"] = np.divide(paid, totals, out=np.full(size, np.nan), where=totals > 0)
    return table.set_index("tier")


def break_even(table: pd.DataFrame, margin: float) -> pd.DataFrame:
    """How much more each tier must buy for the programme to pay for itself.

    Additional purchases earn points, too: with the rate c = cost / spend and the margin m, spend must rise by the share
    g with m · g = c · (1 + g), so g = c / (m − c). Where the rate reaches the margin no rise is enough.

    Parameters
    ----------
    table : of `cost`; margin : part of spend that is profit before the cost of the programme

    Returns
    -------
    frame, index tier: rate, needed (rise of spend, as a share; infinite where none is enough)

    >>> rates = pd.DataFrame({"rate": [0.01, 0.4]}, index=["basic", "gold"])
    >>> break_even(rates, margin=0.26)["needed"].round(3).tolist()
    [0.04, inf]
    """
    share_from_0_to_1(margin, "margin")
    rate = table["rate"]
    left = margin - rate
    needed = (rate / left.where(left > 0)).where(left > 0, np.inf).where(rate.notna())
    return pd.DataFrame({"rate": rate, "needed": needed.where(rate != 0, 0.0)})
