"""Win-back: who comes back after silence, how often, and for whom an offer can pay.

The log shows returns of people who were, as a rule, offered nothing. So these shares say who is still reachable, not
what an offer does. What an offer does is only known from customers drawn by lot of whom some get none.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crmtheory.errors import DomainError
from crmtheory.holdout import share_with_interval
from crmtheory.lifecycle.moves import of_customers
from crmtheory.lifecycle.stages import Stages
from crmtheory.numerics import Array
from crmtheory.panel import Panel
from crmtheory.wording import counted

VALUES = ("low", "medium", "high")


def win_back(panel: Panel, within: int = 2, least: int = 1, level: float = 0.95) -> pd.DataFrame:
    """Share of silent customers who buy again within so many periods, by length of silence and past value.

    Past value is the revenue up to then (without amounts: purchase days), in thirds of all customers known in that
    period; equal values are in the same third. One customer may be silent several times; the interval is that of a
    sample of customers, see `moves.of_customers`.

    Parameters
    ----------
    within : how many periods to wait for a return; silences too late to be watched as long are left out
    least : shortest silence shown

    Returns
    -------
    frame: silence (periods), value ("all", "low", "medium", "high"), customers, returned and cases (one customer may be
    several), share, low, high, spend (mean revenue of those who returned, in that time; NaN without amounts)

    Raises
    ------
    DomainError : the panel is too short

    >>> from crmtheory.panel import from_frame
    >>> cells = pd.DataFrame({"customer": [1, 2, 3, 1], "period": [1, 1, 1, 3], "purchases": 1})
    >>> win_back(from_frame(cells), within=1).iloc[0][["returned", "cases"]].astype(int).tolist()
    [1, 3]
    """
    last = panel.periods - within
    if within < 1 or last < 1 + least:
        raise DomainError(
            f"A silence of {least} and a wait of {within} need a panel of {1 + least + within} periods or more, and "
            f"this one has {panel.periods}. Take shorter periods, or a longer log."
        )
    priced = not np.isnan(panel.revenue).any()
    past = np.cumsum(panel.revenue if priced else panel.purchases, axis=1, dtype=float)
    third = np.stack(
        [_thirds(past[:, column], panel.lived[:, column]) for column in range(least, last)], axis=1
    )
    soon, spending = np.zeros(third.shape, bool), np.zeros(third.shape)
    for ahead in range(1, within + 1):
        soon |= panel.purchases[:, least + ahead : last + ahead] > 0
        spending += panel.revenue[:, least + ahead : last + ahead]
    silent = panel.silence[:, least:last] >= least
    customer, silence = np.nonzero(silent)[0], panel.silence[:, least:last][silent]
    back, spent, third = soon[silent], spending[silent], third[silent]
    order = np.argsort(
        customer * panel.periods + silence, kind="stable"
    )  # equal silences of one customer together
    customer, silence, third = customer[order], silence[order], third[order]
    back, spent = back[order], spent[order]
    if not len(customer):
        raise DomainError(
            f"No customer was silent for {counted(least, panel.unit)} and watched for {within} more."
        )
    groups = [_shares(silence, customer, back, spent, level).assign(value="all")]
    for place, name in enumerate(VALUES):
        of = third == place
        if of.any():
            groups.append(_shares(silence[of], customer[of], back[of], spent[of], level).assign(value=name))
    table = pd.concat(groups)
    rank = table["value"].map({name: place for place, name in enumerate(("all", *VALUES))})
    table = table.assign(rank=rank).sort_values(["silence", "rank"]).reset_index(drop=True)
    return table[["silence", "value", "customers", "returned", "cases", "share", "low", "high", "spend"]]


def value_thirds(panel: Panel) -> pd.Series:
    """The third of past value in which each customer is now, as in `win_back`: "low", "medium", "high"."""
    priced = not np.isnan(panel.revenue).any()
    past = (panel.revenue if priced else panel.purchases).sum(axis=1).astype(float)
    known = panel.lived[:, -1]
    thirds = _thirds(past, known)[known]
    return pd.Series(np.array(VALUES)[thirds], panel.customers[known], name="past_value")


def returned(stages: Stages, within: int) -> pd.Series:
    """For each customer judged lost `within` periods before the end: whether there was a purchase since.

    Raises
    ------
    DomainError : the panel is too short, or nobody was judged lost by then
    """
    panel = stages.panel
    if not 1 <= within < panel.periods:
        raise DomainError(f"The wait must be 1 to {panel.periods - 1} periods, not {within}.")
    origin = panel.periods - within
    gone = stages.codes[:, origin - 1] == stages.names.index(stages.end)
    if not gone.any():
        raise DomainError(
            f'Nobody had been judged "{stages.end}" by {panel.ends[origin - 1]:%Y-%m-%d}, so nobody could come back. '
            "Give a longer log, or take a shorter silence for lost."
        )
    back = (panel.purchases[gone, origin:] > 0).any(axis=1)
    return pd.Series(back, panel.customers[gone], name="returned")


def share_returned(stages: Stages, within: int, level: float = 0.95) -> pd.DataFrame:
    """One row: customers judged lost `within` periods before the end, share who bought since, low, high (Wilson)."""
    back = returned(stages, within)
    share, low, high = share_with_interval(back, level)
    return pd.DataFrame([{"customers": len(back), "share": share, "low": low, "high": high}])


def worth_winning(table: pd.DataFrame, *, margin: float, cost: float, lift: float) -> pd.DataFrame:
    """For whom an offer pays: what it must add to the chance of a return, against what it is assumed to add.

    Parameters
    ----------
    table : of `win_back`
    margin : part of revenue that is profit; cost : of the offer, per customer it is sent to, in money
    lift : assumed effect: the part by which the offer raises the chance of a return (0.2: from 10 % to 12 %)

    Returns
    -------
    frame: silence, value, share, spend, needed (rise of the chance that pays the cost), assumed (lift · share), gain
    (expected profit per customer, less cost), worth (gain above 0). No log can show the lift: it is an assumption.
    """
    if not 0 < margin <= 1 or cost < 0 or lift < 0:
        raise DomainError(
            f"The margin must be above 0 and up to 1, cost and lift 0 or more, not {margin}, {cost}, {lift}."
        )
    kept = table[["silence", "value", "share", "spend"]]
    profit = (margin * kept["spend"]).where(lambda value: value > 0)
    assumed = lift * kept["share"]
    gain = assumed * profit - cost
    return kept.assign(needed=cost / profit, assumed=assumed, gain=gain, worth=gain > 0)


def _shares(silence: NDArray, customer: NDArray, back: NDArray, spent: Array, level: float) -> pd.DataFrame:
    """Share who returned for each length of silence, with intervals of a sample of customers.

    Rows must stand by customer and silence.
    """
    lengths = np.flatnonzero(np.bincount(silence))
    k = len(lengths)
    group = np.searchsorted(lengths, np.arange(lengths[-1] + 1))[
        silence
    ]  # few lengths, so no sorting of many rows
    cases, came = np.bincount(group, minlength=k), np.bincount(group, back, k)
    share = came / cases
    # A customer may have been silent so long several times: the errors of one are added before they are squared.
    starts = np.flatnonzero(np.r_[True, (np.diff(customer) != 0) | (np.diff(silence) != 0)])
    own, times = group[starts], np.diff(np.r_[starts, len(customer)])
    error = np.add.reduceat(back.astype(float), starts) - share[own] * times
    people = np.bincount(own, minlength=k)
    low, high = of_customers(share, cases, np.bincount(own, error**2, k) / cases**2, people, level)
    money = np.bincount(group, np.where(back, spent, 0.0), k)
    return pd.DataFrame(
        {
            "silence": lengths.astype(int),
            "customers": people,
            "returned": came.astype(int),
            "cases": cases,
            "share": share,
            "low": low,
            "high": high,
            "spend": np.divide(money, came, out=np.full(k, np.nan), where=came > 0),
        }
    )


def _thirds(values: Array, known: NDArray[np.bool_]) -> NDArray[np.int8]:
    """0, 1, 2 for the lowest, middle and highest third of those known, −1 for others; equal values share a third.

    A value's place is its mean rank, so only the values that stand at the two cuts need a closer look.
    """
    third = np.full(len(values), -1, np.int8)
    inside = values[known]
    n = len(inside)
    place = np.zeros(n, np.int8)
    for cut in (1, 2) if n else ():
        at = cut * n // 3
        value = np.partition(inside, at)[at]
        below, level = (inside < value).sum(), (inside == value).sum()
        upper = (below + level / 2) * 3 >= cut * n
        place += inside >= value if upper else inside > value
    third[known] = place
    return third
