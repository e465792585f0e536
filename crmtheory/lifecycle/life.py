"""What a stage says of the time after it, and how a relationship runs from its first purchase to its last."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from crmtheory.errors import DomainError
from crmtheory.holdout import share_with_interval
from crmtheory.lifecycle.stages import UNKNOWN, Stages
from crmtheory.units import in_unit

DAY = np.timedelta64(1, "D")
THIRDS = ("first", "middle", "last")
LEAST = 50  # customers


def periods_in(duration: str, unit: str) -> int:
    """A duration as whole periods, at least one.

    >>> periods_in("3 months", "quarter"), periods_in("6 months", "month")
    (1, 6)
    """
    return max(round(in_unit(duration, unit)), 1)


def enough(stages: Stages, within: int) -> None:
    """Stop with one sentence when a log is too short for these stages.

    Parameters
    ----------
    within : periods to look ahead after a customer was judged lost

    Raises
    ------
    DomainError : too few customers, or nobody who was judged lost and watched for as long after that; what to do
    """
    panel = stages.panel
    customers = int(panel.lived[:, -1].sum())
    if customers < LEAST:
        raise DomainError(f"This log has {customers:,} customers; {LEAST} or more are needed to see stages.")
    place = stages.names.index(stages.end)
    origin = panel.periods - within
    gone = 0 if origin < 1 else int((stages.codes[:, origin - 1] == place).sum())
    if not gone:
        raise DomainError(
            f'Nobody was judged "{stages.end}" {within} {panel.unit}s before the end of the log, which has '
            f"{panel.periods} {panel.unit}s. Take a shorter silence for lost, shorter periods, or a longer log."
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


def thirds(purchases: pd.DataFrame, gone: pd.Index, *, ends: bool = False) -> pd.DataFrame:
    """Spend in the first, middle and last third of the time between a customer's first and last purchase.

    The first and the last purchase are left out. They lie at the ends by definition, so counting them would make every
    life look like a valley; the others of a customer who buys at a steady rate fall evenly into the thirds. Pass
    ``ends=True`` to see the difference.

    Parameters
    ----------
    purchases : of `Transactions.purchases`; gone : customers whose relationship is over

    Returns
    -------
    frame, index = those of `gone` with a purchase that counts: first, middle, last (money)

    Raises
    ------
    DomainError : nobody has one

    >>> bought = pd.DataFrame({"customer": 1, "date": pd.to_datetime(["2024-01-01", "2024-01-16", "2024-01-31"]),
    ...     "amount": [5.0, 7.0, 5.0]})
    >>> thirds(bought, pd.Index([1])).loc[1].tolist()
    [0.0, 7.0, 0.0]
    """
    name = purchases.columns[0]
    own = purchases[purchases[name].isin(gone)]
    first = own.groupby(name)["date"].transform("min")
    last = own.groupby(name)["date"].transform("max")
    length = (last - first) / DAY
    inside = length > 0 if ends else (own["date"] > first) & (own["date"] < last)
    if not inside.any():
        raise DomainError(
            "None of the customers whose relationship is over bought between the first and the last "
            "purchase, so their "
            "lives have no course."
        )
    place = ((own["date"] - first) / DAY)[inside] / length[inside]
    third = np.minimum((place * 3).astype(int), 2)
    table = (
        own[inside].assign(third=third).pivot_table("amount", name, "third", aggfunc="sum", fill_value=0.0)
    )
    return table.reindex(columns=[0, 1, 2], fill_value=0.0).set_axis(list(THIRDS), axis=1).astype(float)


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
