"""What a stage says of the time after it, and how a relationship runs from its first purchase to its last."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from crmtheory.errors import DomainError
from crmtheory.holdout import share_with_interval
from crmtheory.lifecycle.stages import UNKNOWN, Stages
from crmtheory.numerics import Array
from crmtheory.units import in_unit

THIRDS = ("first", "middle", "last")
LEAST, LEAST_PERIODS = 50, 4


def periods_in(duration: str, unit: str) -> int:
    """A duration as whole periods, at least one.

    >>> periods_in("3 months", "quarter"), periods_in("6 months", "month")
    (1, 6)
    """
    return max(round(in_unit(duration, unit)), 1)


def enough(stages: Stages) -> None:
    """Stop with one sentence when a log is too short for stages at all: 50 customers, four periods.

    Raises
    ------
    DomainError : what there is, what is needed, and what to do
    """
    panel = stages.panel
    customers = int(panel.lived[:, -1].sum())
    if customers < LEAST:
        raise DomainError(f"This log has {customers:,} customers; {LEAST} or more are needed to see stages.")
    if panel.periods < LEAST_PERIODS:
        raise DomainError(
            f"This log has {panel.periods} {panel.unit}s; {LEAST_PERIODS} or more are needed. Take shorter periods "
            '(period="month" or "week", with new, at_risk and lost to match), or a longer log.'
        )


def outlook(stages: Stages, within: int = 1) -> pd.DataFrame:
    """Each customer's stage `within` periods before the end, what was known of it then, and what happened since.

    The risk of a stage is the share of customers in it who were silent for as long at earlier times, up to that day. So
    the last part of the log judges what was learnt before it.

    Returns
    -------
    frame, index = customer (prospects left out): stage (category), risk (NaN where the stage had not occurred before),
    next_spend (money), silent (bool)

    Raises
    ------
    DomainError : the panel is too short to learn from
    """
    panel = stages.panel
    origin = panel.periods - within
    if within < 1 or origin - within < 1:
        raise DomainError(
            f"To learn and to judge {within} periods ahead takes {2 * within + 1} periods or more, and there are "
            f"{panel.periods}. Take shorter periods, or a longer log."
        )
    counted = np.zeros((2, len(stages.names)))
    for column in range(origin - within):
        there = panel.lived[:, column]
        silent = ~(panel.purchases[there, column + 1 : column + 1 + within] > 0).any(axis=1)
        codes = stages.codes[there, column]
        for row, chosen in enumerate((codes[silent], codes)):
            counted[row] += np.bincount(chosen, minlength=len(stages.names))
    risk = np.divide(counted[0], counted[1], out=np.full(len(stages.names), np.nan), where=counted[1] > 0)
    there = panel.lived[:, origin - 1] & (stages.codes[:, origin - 1] != UNKNOWN)
    codes = stages.codes[there, origin - 1].astype(int)
    return pd.DataFrame(
        {
            "stage": pd.Categorical.from_codes(codes, list(stages.names), ordered=True),
            "risk": risk[codes],
            "next_spend": panel.revenue[there, origin:].sum(axis=1),
            "silent": ~(panel.purchases[there, origin:] > 0).any(axis=1),
        },
        index=panel.customers[there],
    )


def by_stage(table: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """The table of `outlook` by stage.

    Returns
    -------
    frame, index stage (those that occur): customers, expected (share silent at earlier times), silent (share), low,
    high (Wilson), median_spend, mean_spend
    """
    rows = {}
    for name, group in table.groupby("stage", observed=True):
        share, low, high = share_with_interval(group["silent"], level)
        rows[name] = {
            "customers": len(group),
            "expected": group["risk"].iloc[0],
            "silent": share,
            "low": low,
            "high": high,
            "median_spend": group["next_spend"].median(),
            "mean_spend": group["next_spend"].mean(),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("stage")


def thirds(
    purchases: pd.DataFrame,
    gone: pd.Index,
    rng: np.random.Generator,
    *,
    orders: int = 100,
    ends: bool = False,
) -> pd.DataFrame:
    """Spend in the first, middle and last third of the time between a customer's first and last purchase.

    Two traps lie in the way of counting, and both are taken out. The first and the last purchase lie at the ends by
    definition; they are left out. And where the others fall depends on how regular a customer is: four purchases at
    equal gaps leave two in the middle. So the spend of each third is compared with what the *same gaps in random order*
    would give, on average over so many orders, and the difference is added to a third of the customer's total. Somebody
    who neither grows nor declines then has three equal thirds on average, whatever the rhythm. Pass ``ends=True`` for
    the plain count with first and last purchase.

    Parameters
    ----------
    purchases : of `Transactions.purchases`; gone : customers whose relationship is over
    rng : draws the orders

    Returns
    -------
    frame, index = those of `gone` with a purchase in between (with `ends`: with two purchases): first, middle, last
    (money)

    Raises
    ------
    DomainError : nobody has one

    >>> days = pd.to_datetime(["2024-01-01", "2024-01-11", "2024-01-21", "2024-01-31"])
    >>> bought = pd.DataFrame({"customer": 1, "date": days, "amount": [5.0, 6.0, 6.0, 5.0]})
    >>> thirds(bought, pd.Index([1]), np.random.default_rng(1)).round(9).loc[1].tolist()
    [4.0, 4.0, 4.0]
    """
    name = purchases.columns[0]
    own = purchases[purchases[name].isin(gone)].sort_values([name, "date"], kind="stable")
    if own["amount"].isna().any():
        raise DomainError("The course of spend needs amounts, and this log was read without.")
    code, ids = pd.factorize(own[name])
    day = own["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    starts = np.flatnonzero(np.r_[True, np.diff(code) != 0]) if len(code) else np.empty(0, int)
    ended = np.r_[starts[1:], len(code)] - 1 if len(code) else starts
    length = (day[ended] - day[starts])[code] if len(code) else day
    inside = np.ones(len(code), bool)
    if not ends:
        inside[starts] = inside[ended] = False
    inside &= length > 0
    if not inside.any():
        raise DomainError(
            "None of the customers whose relationship is over bought between the first and the last purchase, so their "
            "lives have no course."
        )
    amount = own["amount"].to_numpy(float)

    def added(place: Array, weight: Array) -> Array:
        """Sums by customer and third; place is the time since the first purchase in parts of the whole."""
        third = np.minimum((place * 3).astype(int), 2)
        return np.bincount(code[inside] * 3 + third, weight, 3 * len(ids)).reshape(-1, 3).astype(float)

    seen = added(((day - day[starts][code]) / np.maximum(length, 1))[inside], amount[inside])
    if not ends:
        spent = seen.sum(axis=1, keepdims=True)
        number = np.bincount(code[inside], minlength=len(ids))[:, None]
        gap = np.diff(day, prepend=day[0])
        gap[starts] = 0
        expected = np.zeros(seen.shape)
        for _ in range(orders):
            place = np.where(gap > 0, rng.random(len(gap)), -1.0)  # each first purchase stays first
            mixed = np.lexsort((place, code))
            since = np.cumsum(gap[mixed])
            since = since - since[starts][code]
            expected += added((since / np.maximum(length, 1))[inside], np.ones(inside.sum()))
        seen = seen - spent * expected / orders / np.maximum(number, 1) + spent / 3
    kept = np.unique(code[inside])
    return pd.DataFrame(seen[kept], pd.Index(ids[kept], name=name), list(THIRDS))


def course(table: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Mean spend in each third of life, with intervals over customers (t).

    Returns
    -------
    frame, index third ("first", "middle", "last"): customers, mean, low, high
    """
    n = len(table)
    error = table.std(ddof=1) / np.sqrt(n) if n > 1 else table.iloc[0] * np.nan
    half = stats.t.ppf(0.5 + level / 2, max(n - 1, 1)) * error
    mean = table.mean()
    shown = pd.DataFrame({"customers": n, "mean": mean, "low": mean - half, "high": mean + half})
    return shown.rename_axis("third")
