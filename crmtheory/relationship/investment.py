"""Relationship investment (关系投入): a fixed budget for keeping customers, spread by different rules.

A customer on whom b is spent is kept with probability p(b) = p0 + (p1 − p0)(1 − exp(−b / h)): p0 without any spending,
p1 at most, and h the spend that closes 63 % of the gap. That returns fall exponentially is the form of Blattberg &
Deighton (1996, Harvard Business Review 74(4), 136–144). The curve is stated; who wants to know it must run an
experiment. What is lost with a customer is v, so Σ v p(b) is the value kept.

The plan uses what was known before; give `realised`, what the customers in fact brought later, to judge it. A plan by
expected value that is judged by expected value praises itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError
from crmtheory.numerics import Array
from crmtheory.relationship.values import matched, numbers, ratio_interval
from crmtheory.survey.complete import checked_level

RULES = ("equal", "past sales", "expected value", "best")


@dataclass(frozen=True)
class Response:
    """How the chance to keep a customer answers to what is spent on the relationship.

    p0 : chance without spending; p1 : with as much as one likes; h : money that closes 1 − 1/e = 63 % of the gap

    >>> float(Response(p0=0.6, p1=0.9, h=20.0).keep(20.0).round(3))
    0.79
    """

    p0: float
    p1: float
    h: float

    def __post_init__(self) -> None:
        if not 0 <= self.p0 <= self.p1 <= 1:
            raise DomainError(
                f"The chances to keep a customer rise from p0 to p1, both from 0 to 1, not {self.p0} and {self.p1}."
            )
        if not (np.isfinite(self.h) and self.h > 0):
            raise DomainError(f"h is an amount of money above 0, not {self.h}.")

    def keep(self, spend: Array | float) -> Array:
        """p(b) of each spend, in the same shape."""
        return self.p0 - (self.p1 - self.p0) * np.expm1(-np.asarray(spend, float) / self.h)

    def table(self, most: float, points: int = 61) -> pd.DataFrame:
        """The curve from 0 to `most`, to be drawn: frame spend, keep."""
        spend = np.linspace(0, most, points)
        return pd.DataFrame({"spend": spend, "keep": self.keep(spend)})


def invest(
    budget: float,
    past: pd.Series,
    expected: pd.Series,
    response: Response,
    rng: np.random.Generator,
    *,
    realised: pd.Series | None = None,
    resamples: int = 1000,
    level: float = 0.95,
) -> pd.DataFrame:
    """The value that each way to spread the budget keeps, and its gain over spreading it equally.

    Values below 0 count as 0. "best" is the spread that keeps most of the *expected* value under the curve: everybody
    whose value is above a bound, chosen so that the budget is used, gets h · ln(value / bound).

    Parameters
    ----------
    budget : money for all customers together
    past, expected : past sales and expected value (such as CLV) of each customer, money
    response : the curve
    realised : what each customer brought later, by which all spreads are judged; by default by `expected`, which
        favours the spreads that use it

    Returns
    -------
    frame, index rule ("equal", "past sales", "expected value", "best"): kept (money), gain (relative to equal, share),
    low, high (of the gain), n

    The interval is a bootstrap percentile interval over customers. When other customers are drawn, the budget stays and
    is spread anew; that shift is taken to first order.

    Raises
    ------
    SchemaError : values that are missing or of other customers; DomainError : no budget, or values that sum to nothing

    >>> past, expected = pd.Series([100.0, 0.0]), pd.Series([50.0, 50.0])
    >>> table = invest(40.0, past, expected, Response(0.5, 0.9, 20.0), np.random.default_rng(1), resamples=20)
    >>> table["gain"].round(3).tolist()
    [0.0, -0.106, 0.0, 0.0]
    """
    checked_level(level)
    spend = allocations(budget, past, expected, response)
    value = _positive(matched(spend.index, expected if realised is None else realised, "realised"))
    v, b = value.to_numpy(), spend.to_numpy()
    if not v.sum() > 0:
        raise DomainError(f"The {len(v):,} customers brought nothing, so there is nothing to keep.")
    part = v[:, None] * response.keep(b)
    kept = np.sort(part, axis=0).sum(axis=0)
    # With one more customer of a kind, the others get less: b_i in all, each rule taking it where it takes it.
    slope = v[:, None] * (response.p1 - response.p0) / response.h * np.exp(-b / response.h)
    taken = b / budget
    taken[:, 3] = (b[:, 3] > 0) / max(
        (b[:, 3] > 0).sum(), 1
    )  # the bound moves alike for all who get something
    shifted = part - (slope * taken).sum(axis=0) * (b - budget / len(v))
    if kept[0] > 0:
        low, high = ratio_interval(shifted[:, 1:], part[:, 0], rng, resamples, level)
        gain = kept / kept[0] - 1
    else:  # nothing is kept when nothing is spent and p0 is 0; a budget is above 0, so only when p1 is 0 too
        low = high = np.full(3, np.nan)
        gain = np.full(4, np.nan)
    table = {
        "kept": kept,
        "gain": gain,
        "low": np.r_[0.0, low - 1],
        "high": np.r_[0.0, high - 1],
        "n": len(v),
    }
    return pd.DataFrame(table, index=pd.Index(RULES, name="rule"))


def allocations(budget: float, past: pd.Series, expected: pd.Series, response: Response) -> pd.DataFrame:
    """What each rule spends on each customer: frame by customer, columns the four rules, each summing to the budget.

    >>> table = allocations(30.0, pd.Series([9.0, 1.0]), pd.Series([2.0, 1.0]), Response(0.5, 0.9, 10.0))
    >>> table.round(2).to_numpy().tolist()
    [[15.0, 27.0, 20.0, 18.47], [15.0, 3.0, 10.0, 11.53]]
    """
    if not (np.isfinite(budget) and budget > 0):
        raise DomainError(f"The budget is an amount of money above 0, not {budget}.")
    sales = _positive(numbers(past, "past"))
    value = _positive(matched(sales.index, expected, "expected"))
    for series, what in ((sales, "past sales"), (value, "expected value")):
        if not series.sum() > 0:
            raise DomainError(
                f"No customer has {what} above 0, so a budget cannot be spread by it. Check the sign and the period."
            )
    spend = {
        "equal": np.full(len(sales), budget / len(sales)),
        "past sales": _in_proportion(sales.to_numpy(), budget),
        "expected value": _in_proportion(value.to_numpy(), budget),
        "best": _best(value.to_numpy(), budget, response.h),
    }
    return pd.DataFrame(spend, index=sales.index)


def spend_curve(
    budgets: Sequence[float],
    past: pd.Series,
    expected: pd.Series,
    response: Response,
    *,
    realised: pd.Series | None = None,
) -> pd.DataFrame:
    """The value kept by each rule with budgets of several sizes, to be drawn: frame budget, rule, kept, gain."""
    rows = []
    for budget in budgets:
        spend = allocations(budget, past, expected, response)
        value = _positive(matched(spend.index, expected if realised is None else realised, "realised"))
        kept = np.sort(value.to_numpy()[:, None] * response.keep(spend.to_numpy()), axis=0).sum(axis=0)
        gain = kept / kept[0] - 1 if kept[0] > 0 else np.full(4, np.nan)
        rows.append(pd.DataFrame({"budget": float(budget), "rule": RULES, "kept": kept, "gain": gain}))
    names = ["budget", "rule", "kept", "gain"]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=names)


def _positive(values: pd.Series) -> pd.Series:
    return values.clip(lower=0.0)


def _in_proportion(values: Array, budget: float) -> Array:
    return budget * (values / np.sort(values).sum())


def _best(values: Array, budget: float, h: float) -> Array:
    """b = h (ln v − μ)₊ with Σ b = budget: where one is spent on, another unit saves as much from each.

    Going down from the highest value, k customers share the budget at μ_k = (Σ ln v − budget / h) / k; the right k is
    the last whose lowest value still lies above μ_k.
    """
    with np.errstate(divide="ignore"):
        logs = np.log(values)
    falling = np.sort(logs[np.isfinite(logs)])[::-1]
    k = np.arange(1, len(falling) + 1)
    mu = (np.cumsum(falling) - budget / h) / k
    above = np.flatnonzero(falling > mu)
    if not len(above):  # so small a budget that it drowns in rounding goes to the most valuable
        return _in_proportion((logs == falling[0]).astype(float), budget)
    return h * np.maximum(logs - mu[above[-1]], 0.0)
