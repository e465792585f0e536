"""How long customers stay: the time from the first purchase until a customer is *judged lost*.

Nobody without a contract says good-bye, so a rule decides: lost is who has been silent for a stated number of days. The
event happens on the day on which the silence reaches that length. Whether it has done so by a given day can be seen on
that day (it is a stopping time), so the end of the log merely cuts observation off, and censoring by it is harmless for
customers who joined at any time. The day of the last purchase would not do as the end of a life. That it was the last
is known only from the silence after it; those who joined late would all seem to have short lives.

Only the first spell counts. Who comes back after being judged lost is a matter of win-back.

Notation: S(t) share not yet judged lost t days after the first purchase; level of intervals 0.95.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from crmtheory.errors import DomainError, SchemaError
from crmtheory.lifecycle.hazards import cox, proportional, some_lost, times
from crmtheory.models.history import possible_level
from crmtheory.numerics import Array
from crmtheory.units import in_unit

__all__ = ["cox", "kaplan_meier", "logrank", "median_survival", "proportional", "until_lost"]


def until_lost(purchases: pd.DataFrame, end: str | pd.Timestamp, silence_days: float | str) -> pd.DataFrame:
    """Each customer's time from the first purchase until silence first reached `silence_days`, or until `end`.

    Parameters
    ----------
    purchases : frame of `Transactions.purchases`: the customer column first, and date
    end : last day of observation; later purchases, and customers who joined later, are left out
    silence_days : a number of days, or a duration such as "6 months"

    Returns
    -------
    frame by customer: time (days), lost (1 judged lost at that time, 0 not lost by `end`)

    Raises
    ------
    SchemaError : no date column, dates missing; DomainError : no silence, or nobody who joined by `end`

    >>> days = pd.to_datetime(["2020-01-01", "2020-01-11", "2020-06-01", "2020-05-01"])
    >>> until_lost(pd.DataFrame({"customer": ["a", "a", "a", "b"], "date": days}), "2020-06-30", 90)
              time  lost
    customer
    a        100.0     1
    b         60.0     0
    """
    silence = in_unit(silence_days, "day")
    if not 0 < silence < math.inf:
        raise DomainError(
            f"A customer is judged lost after some days of silence, above 0, not {silence_days!r}."
        )
    if "date" not in purchases.columns or purchases["date"].isna().any():
        raise SchemaError(
            'A table of purchases with a column "date" without gaps was expected, as purchases() gives it.'
        )
    last = pd.Timestamp(end).to_datetime64().astype("datetime64[D]").astype(np.int64)
    day = purchases["date"].to_numpy().astype("datetime64[D]").astype(np.int64)
    customer = purchases.columns[0]
    code, names = pd.factorize(purchases[customer])
    seen = day <= last
    if not seen.all():
        code, day = code[seen], day[seen]
    if not len(day):
        raise DomainError(
            f"No purchase was made by {pd.Timestamp(end):%Y-%m-%d}, so there is nobody to follow."
        )
    if (np.diff(code) < 0).any() or ((np.diff(code) == 0) & (np.diff(day) < 0)).any():
        order = np.lexsort((day, code))
        code, day = code[order], day[order]
    start = np.flatnonzero(np.diff(code, prepend=-1))
    nexts = np.append(day[1:], last)
    nexts[np.append(start[1:], len(day)) - 1] = (
        last  # after a customer's last purchase: the end of observation
    )
    reached = np.where(nexts - day >= silence, day + silence, np.inf)
    at = np.minimum.reduceat(reached, start)  # the first silence is the earliest day
    lost = np.isfinite(at)
    time = np.where(lost, at, last) - day[start]
    index = pd.Index(names[code[start]], name=customer)
    return pd.DataFrame({"time": time.astype(float), "lost": lost.astype(np.int64)}, index=index)


def kaplan_meier(
    time: ArrayLike, lost: ArrayLike, group: ArrayLike | None = None, level: float = 0.95
) -> pd.DataFrame:
    """The share not yet lost after each time (Kaplan & Meier 1958), for all customers or by group.

    The interval is made on ln(−ln S), from Greenwood's variance; it is for one time, not for the curve as a whole. It
    is missing where S is 0.

    Parameters
    ----------
    time, lost : as `until_lost` gives them; group : a label for each customer

    Returns
    -------
    tidy frame: group ("all" without groups), time (0, and every time at which somebody was lost or last watched),
    at_risk (neither before that time), lost (at it), survival, low, high

    Raises
    ------
    SchemaError : lengths that differ, missing or negative times, lost other than 0 or 1

    >>> table = kaplan_meier([1, 2, 2, 3], [1, 0, 1, 0])
    >>> table[["time", "at_risk", "lost", "survival"]].round(9).to_numpy().tolist()
    [[0.0, 4.0, 0.0, 1.0], [1.0, 4.0, 1.0, 0.75], [2.0, 3.0, 1.0, 0.5], [3.0, 1.0, 0.0, 0.5]]
    """
    z = stats.norm.isf(possible_level(level))
    tables = [_curve(name, t, event, z) for name, t, event in _groups(time, lost, group)]
    return pd.concat(tables, ignore_index=True)


def median_survival(
    time: ArrayLike, lost: ArrayLike, group: ArrayLike | None = None, level: float = 0.95
) -> pd.DataFrame:
    """The time after which half of the customers are lost: the first at which the Kaplan–Meier curve is 1/2 or less.

    The interval holds the times whose interval of S holds 1/2 (Brookmeyer & Crowley 1982, Biometrics 38, 29–41).
    A median that was not reached is infinite: longer than anybody was watched. So is a limit that was not reached.

    Returns
    -------
    frame, index group: customers, lost, estimate, low, high

    >>> median_survival([1, 2, 2, 3], [1, 0, 1, 0])["estimate"].tolist()
    [2.0]
    """
    rows = {}
    for name, curve in kaplan_meier(time, lost, group, level).groupby("group", sort=False):
        first = {
            column: curve.loc[curve[of] <= 0.5 + 1e-12, "time"].min()
            for column, of in (("estimate", "survival"), ("low", "low"), ("high", "high"))
        }
        found = {column: math.inf if np.isnan(t) else float(t) for column, t in first.items()}
        rows[name] = {"customers": int(curve["at_risk"].iloc[0]), "lost": int(curve["lost"].sum()), **found}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("group")


def logrank(time: ArrayLike, lost: ArrayLike, group: ArrayLike) -> pd.DataFrame:
    """Whether groups are lost at the same pace at all times: the log-rank test (Mantel 1966).

    Returns
    -------
    one-row frame: statistic (χ²), df, p_value

    Raises
    ------
    DomainError : one group only, or nobody was lost

    >>> logrank([1, 2, 3, 4], [1, 1, 1, 1], list("aabb"))["df"].tolist()
    [1]
    """
    parts = list(_groups(time, lost, group))
    if len(parts) < 2:
        raise DomainError("Only one group was given, so there is nothing to compare. Give at least two.")
    t, event = (np.concatenate([part[k] for part in parts]) for k in (1, 2))
    some_lost(event)
    of = np.repeat(np.arange(len(parts)), [len(part[1]) for part in parts])
    from statsmodels.duration.survfunc import survdiff  # slow to import

    statistic, p_value = survdiff(t, event, of)
    return pd.DataFrame([{"statistic": float(statistic), "df": len(parts) - 1, "p_value": float(p_value)}])


def _curve(name: Any, time: Array, lost: Array, z: float) -> pd.DataFrame:
    """The Kaplan–Meier table of one group."""
    if lost.any():
        from statsmodels.duration.survfunc import SurvfuncRight  # slow to import

        fit = SurvfuncRight(time, lost)
        survival, error = np.asarray(fit.surv_prob), np.asarray(fit.surv_prob_se)
        table = {"time": fit.surv_times, "at_risk": fit.n_risk, "lost": fit.n_events, "survival": survival}
        with np.errstate(divide="ignore", invalid="ignore"):
            half = z * error / (survival * -np.log(survival))  # of ln(−ln S)
            table |= {"low": survival ** np.exp(half), "high": survival ** np.exp(-half)}
        events = pd.DataFrame(table).astype(float)
        events.loc[events["survival"] == 0, ["low", "high"]] = np.nan
    else:
        events = pd.DataFrame(columns=["time", "at_risk", "lost", "survival", "low", "high"], dtype=float)
    start = pd.DataFrame([[0.0, len(time), 0, 1.0, 1.0, 1.0]], columns=events.columns)
    seen, number = np.unique(time, return_counts=True)
    curve = events.set_index("time").reindex(seen)
    # At times at which somebody was only watched for the last time the curve goes on as it was.
    curve = curve.assign(at_risk=number[::-1].cumsum()[::-1], lost=curve["lost"].fillna(0.0))
    ended = curve["survival"].ffill() == 0
    curve = curve.ffill().fillna({"survival": 1.0, "low": 1.0, "high": 1.0})
    curve.loc[ended, ["low", "high"]] = np.nan
    curve = pd.concat([start, curve.rename_axis("time").reset_index()]).drop_duplicates("time", keep="last")
    curve = curve.reset_index(drop=True).astype({"at_risk": int, "lost": int})
    curve.insert(0, "group", name)
    return curve


def _groups(time: ArrayLike, lost: ArrayLike, group: ArrayLike | None) -> Iterator[tuple[Any, Array, Array]]:
    """Name, times and losses of each group, in the order of the names."""
    t, event = np.asarray(time, float), np.asarray(lost, float)
    if t.ndim != 1 or not len(t) or t.shape != event.shape:
        raise SchemaError(
            f"One time and one loss (1 or 0) for each customer were expected: {t.shape} and {event.shape}."
        )
    if not np.isin(event, (0.0, 1.0)).all():
        raise SchemaError(
            "Lost is 1 for a customer who was lost and 0 for one who was not; there are other values."
        )
    times(t)
    if group is None:
        yield "all", t, event
        return
    code, names = pd.factorize(pd.Series(np.asarray(group)), sort=True)
    if len(code) != len(t) or (code < 0).any():
        raise SchemaError('Each customer needs a group, without gaps. Name the unknown ones "unknown".')
    for k, name in enumerate(names):
        yield name, t[code == k], event[code == k]
