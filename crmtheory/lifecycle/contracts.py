"""Customers under contract: does loyalty harden with time, and what follows from it for the years to come?

The retention rate of a cohort is the share of those still there at the start of a year who are there at its end. It
nearly always rises with the years. This does *not* show that anybody becomes more loyal. Those who leave easily leave
first, and the rest are a better selection. The shifted beta-geometric model (sBG; Fader & Hardie 2007, J. Interactive
Marketing 21, 76–90) says just this: every customer has a churn probability that never changes, and still the cohort's
retention rate rises. That it rises is a fact about the cohort; sorting is explanation enough.

A published cohort is a list of percentages still there after 0, 1, 2, … years: 100, 86.9, 74.3, … The *size* of the
cohort is needed as well. No estimate changes with it, but every interval does: a list of percentages alone does not say
how sure it is. Counts are rounded to whole customers.

Notation: year t; S(t) share still there after t years; r(t) = S(t) / S(t − 1) the retention rate of year t.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.holdout import wilson
from crmtheory.models import SBG
from crmtheory.models.contract import contracts
from crmtheory.models.history import possible_level
from crmtheory.numerics import Array
from crmtheory.units import days_per
from crmtheory.weighted import newcombe


def from_retention(percent: ArrayLike, size: int) -> pd.DataFrame:
    """A cohort's percentages as the summary that contract models are fitted to, with counts as weights.

    Parameters
    ----------
    percent : (Y + 1,) still there after 0, 1, …, Y years, from 100 downwards; size : customers at the start

    Returns
    -------
    frame with a row for each year in which customers may leave, and one for those still there at the end:
    t (renewal opportunities), lost (1 left at t, 0 still there), n (customers, rounded to whole ones)

    Raises
    ------
    SchemaError : percentages that do not start at 100, rise, or leave 0..100; the message names the year

    >>> from_retention([100, 60, 45], 1000).to_numpy().tolist()
    [[1, 1, 400], [2, 1, 150], [2, 0, 450]]
    >>> summary = from_retention([100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1], 1000)
    >>> SBG().fit(summary, weights="n").table()["estimate"].round(2).tolist()
    [0.67, 3.81]
    """
    there = _there(percent, size)
    years = np.arange(1, len(there))
    return pd.DataFrame(
        {
            "t": np.append(years, years[-1]),
            "lost": np.append(np.ones(len(years), dtype=np.int64), 0),
            "n": np.append(there[:-1] - there[1:], there[-1]),
        }
    )


def retention_rates(percent: ArrayLike, size: int, level: float = 0.95) -> pd.DataFrame:
    """The retention rate of each year: of those still there at its start, the share there at its end.

    Returns
    -------
    frame, index year (1, 2, …): there (customers at its start), left (in the year), rate, low, high (Wilson; rate and
    interval are missing once nobody is there)

    >>> retention_rates([100, 60, 45], 1000)["rate"].tolist()
    [0.6, 0.75]
    """
    there = _there(percent, size)
    return _rates(there[:-1], there[:-1] - there[1:], level)


def observed_rates(summary: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """The retention rate of each year from contracts that began at different times and may still run.

    In a year counts who has had that opportunity to leave, whether taken or not.

    Parameters
    ----------
    summary : of `own_contracts`: t, lost

    Returns
    -------
    frame as of `retention_rates`

    >>> observed_rates(pd.DataFrame({"t": [1, 2, 2, 1], "lost": [1, 1, 0, 0]}))["rate"].tolist()
    [0.75, 0.5]
    """
    t, lost = contracts(summary)
    number = t.astype(np.int64)
    had = np.bincount(number, np.ones(len(number)), 2)[::-1].cumsum()[::-1][1:]
    left = np.bincount(number, lost, 2)[1:].astype(float)
    return _rates(had, left, level)


def hardening(rates: pd.DataFrame, first: int = 1, later: int = 5, level: float = 0.95) -> pd.DataFrame:
    """The retention rate of a later year less that of an early one: "loyalty hardens".

    Both years are of one cohort, but given how many reach the later year, who renews in it is a new chance: the rates
    of different years are conditionally independent. The interval is Newcombe's (1998, Statistics in Medicine 17,
    873–890, method 10). Above 0 does not mean that loyalty grew in anybody; see the head of this module.

    Parameters
    ----------
    rates : of `retention_rates` or `observed_rates`: there, left by year

    Returns
    -------
    one-row frame: first, later, first_rate, later_rate, estimate, low, high, n (customers there at the start of the
    later year)

    Raises
    ------
    DomainError : a year that the table does not have, or one at whose start nobody is left

    >>> hardening(retention_rates([100, 60, 45], 1000), later=2)["estimate"].round(3).tolist()
    [0.15]
    """
    possible_level(level)
    for year in (first, later):
        if not 1 <= year <= len(rates):
            raise DomainError(f"There is no year {year}: the table has years 1 to {len(rates)}.")
        if rates["there"].iloc[year - 1] == 0:
            raise DomainError(f"Nobody is left at the start of year {year}, so it has no retention rate.")
    if later <= first:
        raise DomainError(f"The later year must come after the first, unlike {first} and {later}.")
    (n0, left0), (n1, left1) = (
        rates[["there", "left"]].iloc[year - 1].astype(int) for year in (first, later)
    )
    k0, k1 = n0 - left0, n1 - left1
    estimate, low, high = newcombe(k1, n1, k0, n0, level)
    row = {"first": first, "later": later, "first_rate": k0 / n0, "later_rate": k1 / n1}
    row |= {"estimate": estimate, "low": low, "high": high, "n": n1}
    return pd.DataFrame([row])


def projection(
    percent: ArrayLike, size: int, fitted_years: int, horizon: int | None = None, level: float = 0.95
) -> pd.DataFrame:
    """What the first years say about the rest: the sBG against one churn probability for all customers.

    Both are fitted to the first `fitted_years` only, so that the years after them can be held against what came.

    Parameters
    ----------
    fitted_years : 2 or more; horizon : last year of the table, by default the last of the list

    Returns
    -------
    frame, index year (0, 1, …): fitted (True for the years that were learnt from), actual (share still there; missing
    after the list ends), sbg, low, high (interval of the sBG's share, not of how many customers will stay), constant

    Raises
    ------
    DomainError : too few years to fit, or more than the list has
    ConvergenceError : the sBG has no maximum on these years

    >>> table = projection([100, 63.1, 46.8, 38.2, 32.6, 28.9], 1000, fitted_years=4)
    >>> table.loc[5, ["actual", "sbg", "constant"]].astype(float).round(2).tolist()
    [0.29, 0.28, 0.2]
    """
    there = _there(percent, size)
    last = len(there) - 1
    if not 2 <= fitted_years <= last:
        raise DomainError(
            f"From 2 to {last} years can be fitted with this list of percentages, not {fitted_years}."
        )
    if (horizon := last if horizon is None else horizon) < fitted_years:
        raise DomainError(
            f"The horizon, year {horizon}, comes before the end of the {fitted_years} fitted years."
        )
    years = np.arange(horizon + 1)
    summary = from_retention(np.asarray(percent, float)[: fitted_years + 1], size)
    survival = SBG().fit(summary, weights="n").survival(years, level=level)
    left, decisions = summary["n"] @ summary["lost"], summary["n"] @ summary["t"]
    actual = np.full(horizon + 1, np.nan)
    actual[: last + 1] = (there / size)[: horizon + 1]
    table = {"fitted": years <= fitted_years, "actual": actual, "sbg": survival["estimate"].to_numpy()}
    table |= {name: survival[name].to_numpy() for name in ("low", "high")}
    table["constant"] = (1 - left / decisions) ** years
    return pd.DataFrame(table, index=pd.RangeIndex(horizon + 1, name="year"))


def own_contracts(
    frame: pd.DataFrame,
    start: str,
    end: str,
    observed: str | pd.Timestamp,
    period: str = "year",
    grace_days: float = 3.0,
) -> pd.DataFrame:
    """Own contracts, one a row, as the summary that contract models are fitted to.

    The opportunities to leave come once a period after the start. A contract that ends during its third period, or up
    to `grace_days` after it (periods are of one length, and calendars are not), was left at opportunity 3. One that
    still runs has survived the opportunities that had gone by, with their grace, on the day of observation. An end
    after that day is not known yet and counts as running.

    Parameters
    ----------
    start, end : names of columns with dates; end is blank while a contract runs
    observed : the last day on which an end would be in the table; period : "month", "year", …

    Returns
    -------
    frame on the same index: t (opportunities there have been), lost (1 left at t, 0 still there)

    Raises
    ------
    SchemaError : an unknown column, a date that is none, a start that is blank or after `observed`, an end before it

    >>> table = pd.DataFrame({"start": ["2020-01-01", "2020-01-01"], "end": ["2022-01-01", None]}, index=["Ann", "李"])
    >>> own_contracts(table, "start", "end", "2023-06-30")
         t  lost
    Ann  2     1
    李    3     0
    """
    began, ended = _dates(frame, start), _dates(frame, end)
    day = pd.to_datetime(observed)
    rules = [
        (start, began.isna(), "no start", "Leave these contracts out."),
        (
            start,
            began > day,
            f"a start after {day:%Y-%m-%d}, the day of observation",
            "Leave these contracts out.",
        ),
        (end, ended < began, "an end before the start", "Check whether the columns are exchanged."),
    ]
    for column, wrong, what, step in rules:
        if wrong.any():
            first = frame.index[int(np.flatnonzero(wrong)[0])]
            raise SchemaError(
                f'Column "{column}": {wrong.sum():,} of {len(frame):,} contracts have {what}, first: {first}. {step}'
            )
    lost = (ended <= day).to_numpy()
    days = (ended.where(lost, day) - began).dt.total_seconds().to_numpy() / 86_400
    passed = (days - grace_days) / days_per(period)
    t = np.where(lost, np.maximum(np.ceil(passed), 1), np.maximum(np.floor(passed), 0))
    return pd.DataFrame({"t": t.astype(np.int64), "lost": lost.astype(np.int64)}, index=frame.index)


def _dates(frame: pd.DataFrame, column: str) -> pd.Series:
    if column not in frame.columns:
        raise SchemaError(unknown("column", column, map(str, frame.columns)))
    values = frame[column]
    dates = pd.to_datetime(values, errors="coerce")
    wrong = dates.isna() & values.notna() & (values.astype(str).str.strip() != "")
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        raise SchemaError(
            f'Column "{column}" must hold dates: {wrong.sum():,} of {len(values):,} are none, first: '
            f'{frame.index[i]} ("{values.iloc[i]}"). Write them as 2024-12-31.'
        )
    return dates


def _rates(there: Array, left: Array, level: float) -> pd.DataFrame:
    low, high = wilson(there - left, there, level)
    rate = (there - left) / np.where(there > 0, there, np.nan)
    table = {"there": there, "left": left, "rate": rate, "low": low, "high": high}
    return pd.DataFrame(table, index=pd.RangeIndex(1, len(there) + 1, name="year"))


def _there(percent: ArrayLike, size: int) -> Array:
    """Customers still there after 0, 1, … years; SchemaError names the year that cannot be."""
    if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
        raise SchemaError(f"The size of a cohort is a whole number of 1 or more, not {size!r}.")
    shares = np.asarray(percent, float)
    if shares.ndim != 1 or len(shares) < 2:
        raise SchemaError(
            "A cohort needs the percentage still there at the start (100) and after at least one year."
        )
    out = ~((shares >= 0) & (shares <= 100))
    if out.any():
        year = int(np.flatnonzero(out)[0])
        raise SchemaError(
            f"Percentages lie from 0 to 100, but year {year} has {shares[year]:g}. Fill or correct it."
        )
    if shares[0] != 100:
        hint = (
            " Multiply shares by 100." if shares[0] == 1 else " Leave nothing out before the first renewal."
        )
        raise SchemaError(f"A cohort starts with 100 percent in year 0, not with {shares[0]:g}.{hint}")
    rise = np.flatnonzero(np.diff(shares) > 0)
    if len(rise):
        year = int(rise[0]) + 1
        raise SchemaError(
            f"Those who left do not come back: year {year} has {shares[year]:g} percent, more than the "
            f"{shares[year - 1]:g} of the year before. Check for two figures in the wrong order."
        )
    return np.floor(shares / 100 * size + 0.5).astype(np.int64)
