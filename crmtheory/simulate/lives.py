"""Logs of customers who fall silent and come back, and of customers who grow and decline.

Time passes in months of 30.4375 days, the last of which ends with the log: a panel by month of the log has just
these months.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from crmtheory.errors import DomainError
from crmtheory.numerics import Array
from crmtheory.simulate.drawing import Codes, between_0_and_1, whole
from crmtheory.transactions.calendar import EPOCH, day_number
from crmtheory.transactions.summary import SIXTEENTHS, period_starts
from crmtheory.units import days_per

SPREAD = 0.4  # standard deviation of the logarithm of amounts of one customer


def returning_customers(
    n: int,
    rng: np.random.Generator,
    *,
    rate: float = 1.5,
    leave: float = 0.15,
    back: ArrayLike = (0.2, 0.1, 0.05),
    months: int = 24,
    start: Any = "2022-01-01",
    spend: float = 40.0,
) -> pd.DataFrame:
    """A log of customers who buy every month, fall silent, and come back or not.

    Truth: customers join evenly over the first half of the months. Who bought in a month buys in the next one too with
    probability 1 − `leave`, on `rate` occasions on average. Who has not bought for k months comes back in the next one
    with probability back[k − 1], and after len(back) months never. So the share of those silent for k months who
    return within w is 1 − Π (1 − back[k − 1 + i]), i = 0 … w − 1: `returning_share`. Nothing else matters: not how
    much a customer spent, not how long ago the customer joined. Each has a level of spend of their own.

    What a naive method will say: a rule "lost after k months of silence" counts as lost all who would come back, and a
    retention rate from month to month counts them as lost and then as new. Of all silent customers, those silent for
    longest are the most, and hardly any of them returns; a win-back share that is not split by silence tells of
    them, not of those one could write to.

    Parameters
    ----------
    n : customers
    rate : mean number of purchases in a month with purchases, at least 1
    leave : probability to fall silent after a month with purchases
    back : probability to return in the month after 1, 2, … months of silence
    months : length of the log; start : its first day; spend : mean amount of a purchase

    Returns
    -------
    frame customer (1 to n), date, amount (to the cent), by date. With some dozens of customers or more its last day is
    the last of the months, whatever `rng`.

    >>> log = returning_customers(200, np.random.default_rng(1), months=6)
    >>> log.columns.tolist(), str(log["date"].max().date())
    (['customer', 'date', 'amount'], '2022-07-01')
    """
    n, months = whole(n, "customers"), whole(months, "months", 2)
    chance = np.atleast_1d(between_0_and_1(back, "back"))
    between_0_and_1(leave, "leave")
    returns = np.concatenate([[1 - leave], chance, [0.0]])  # after 0, 1, … months of silence
    joined = rng.integers(0, max(months // 2, 1), n)
    silence = np.full(n, -1)
    buys = np.zeros((n, months), bool)
    for month in range(months):
        here = silence >= 0
        again = here & (rng.random(n) < returns[np.minimum(np.where(here, silence, 0), len(returns) - 1)])
        buys[:, month] = again | (joined == month)
        silence = np.where(buys[:, month], 0, np.where(here, silence + 1, silence))
    level = spend * rng.gamma(2.0, 0.5, n)
    return _log(buys, np.repeat(level[:, None], months, axis=1), rate, day_number(start, "start"), rng)


def returning_share(back: ArrayLike, within: int = 1) -> pd.Series:
    """Of those silent for 1, 2, … months, the share who return within so many, as `returning_customers` has it.

    >>> returning_share([0.5, 0.2], within=2).round(9).to_dict()
    {1: 0.6, 2: 0.2}
    """
    within = whole(within, "months")
    chance = np.atleast_1d(between_0_and_1(back, "back"))
    stays = np.concatenate([1 - chance, np.ones(within)])
    share = [1 - stays[k : k + within].prod() for k in range(len(chance))]
    return pd.Series(share, pd.RangeIndex(1, len(chance) + 1, name="silence"), name="share")


def growing_customers(
    n: int,
    rng: np.random.Generator,
    *,
    profile: ArrayLike,
    leave: float = 0.0,
    months: int = 36,
    rate: float = 1.5,
    start: Any = "2022-01-01",
    spend: float = 60.0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A log of customers whose spend follows a profile of life: growing and falling, or flat.

    Truth: customers join evenly over the first half of the months and buy in every month, on `rate` occasions on
    average. A customer of level ν is expected to spend ν · profile[a] in month a of life (from 0; after the end of the
    profile its last value). `life_profile` makes a profile of rise, plateau and fall; a profile of [1] is flat.
    With `leave` the smaller half of the customers, by level, leaves with this probability after each month.

    What a naive method will say: with a profile, spend by *calendar* month mixes ages and shows neither rise nor fall
    as it is. With a flat profile and `leave`, mean spend of those who are still there rises with age, and loyal
    customers seem to grow, although nobody's spend changes: the small ones have left. Spend by age of the *same*
    customers is flat.

    Parameters
    ----------
    n : customers
    profile : spend in each month of life, relative to the customer's level
    leave : probability, each month, that a customer below the median level leaves
    months : length of the log; rate : mean number of purchases a month, at least 1
    start : first day; spend : mean level, money a month

    Returns
    -------
    log : customer (1 to n), date, amount (to the cent), by date
    truth : index customer: joined (month, from 1), level, months (of life seen in the log)

    >>> log, truth = growing_customers(100, np.random.default_rng(1), profile=life_profile(6, 6, 12))
    >>> log.columns.tolist(), truth.columns.tolist()
    (['customer', 'date', 'amount'], ['joined', 'level', 'months'])
    """
    n, months = whole(n, "customers"), whole(months, "months", 2)
    shape = np.atleast_1d(np.asarray(profile, float))
    if not (np.isfinite(shape).all() and (shape > 0).all() and len(shape)):
        raise DomainError(f"A profile of life needs positive numbers, unlike {profile!r}.")
    between_0_and_1(leave, "leave")
    joined = rng.integers(0, max(months // 2, 1), n)
    level = spend * rng.gamma(2.0, 0.5, n)
    life = np.full(n, months)
    if leave:
        life = np.where(level < np.median(level), rng.geometric(leave, n), months)
    age = np.arange(months) - joined[:, None]
    there = (age >= 0) & (age < life[:, None])
    due = level[:, None] * shape[np.clip(age, 0, len(shape) - 1)] / rate
    truth = pd.DataFrame(
        {"joined": joined + 1, "level": level, "months": there.sum(axis=1)},
        index=pd.RangeIndex(1, n + 1, name="customer"),
    )
    return _log(there, due, rate, day_number(start, "start"), rng), truth


def life_profile(rise: int, plateau: int, fall: int, *, top: float = 2.0, last: float = 0.5) -> Array:
    """Spend by month of life: from 1 straight up to `top` in so many months, a plateau, and straight down to `last`.

    >>> life_profile(2, 2, 3).tolist()
    [1.0, 1.5, 2.0, 2.0, 1.5, 1.0, 0.5]
    """
    up = np.linspace(1.0, top, rise + 1)[:-1]
    down = np.linspace(top, last, fall + 1)[1:]
    return np.concatenate([up, np.full(plateau, float(top)), down])


def _log(
    there: NDArray[np.bool_], mean: Array, rate: float, first: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Purchases on random days of the months (n, months) in which customers buy, of a mean amount (n, months)."""
    if not rate >= 1:
        raise DomainError(f"Whoever buys in a month buys at least once: rate must be 1 or more, not {rate}.")
    months = there.shape[1]
    place, month = np.nonzero(there)
    times = 1 + rng.poisson(rate - 1, len(place))
    place, month = np.repeat(place, times), np.repeat(month, times)
    bounds = _months(first, months)
    day = bounds[month] + np.floor(rng.random(len(place)) * np.diff(bounds)[month]).astype(np.int64)
    latest = int(day.argmax())
    if month[latest] == months - 1:  # the log ends with its last month
        day[latest] = bounds[-1] - 1
    noise = rng.lognormal(-(SPREAD**2) / 2, SPREAD, len(place))
    amount = np.maximum((mean[place, month] * noise).round(2), 0.01)
    date = np.datetime64(EPOCH, "D") + day
    log = pd.DataFrame({"customer": place + 1, "date": date.astype("datetime64[us]"), "amount": amount})
    return log.sort_values(["date", "customer"], ignore_index=True)


def _months(first: int, months: int) -> Codes:
    """First day of each month and the day after the last, counted from the end, as a panel does."""
    length = round(days_per("month") * SIXTEENTHS)
    last = first + months * length // SIXTEENTHS - 1
    begin = last + 1 - -(-months * length // SIXTEENTHS)
    bounds = np.array(period_starts(begin, last, days_per("month")))
    bounds[0] = first
    return bounds
