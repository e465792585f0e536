"""Customers who buy as a model says, and customers who buy like clockwork."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from crmtheory.errors import DomainError, SchemaError
from crmtheory.models.attrition import Attrition
from crmtheory.models.base import positive
from crmtheory.models.gamma_gamma import GammaGamma
from crmtheory.numerics import Array
from crmtheory.transactions.calendar import day_number, iso
from crmtheory.units import days_per

MICROSECONDS = 86_400_000_000  # in a day


def customers_log(
    model: Attrition,
    theta: ArrayLike,
    n: int,
    rng: np.random.Generator,
    *,
    start: Any,
    acquisition_end: Any,
    end: Any,
    unit: str = "week",
    spend: GammaGamma | None = None,
    spend_theta: ArrayLike | None = None,
    by_day: bool = False,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A log of purchases, as a shop would have it, of customers who follow a model exactly.

    Truth: n customers make their first purchase at midnight on a day drawn evenly from `start` to
    `acquisition_end`, buy again as the model says, and are watched until `end` begins. With a spend model each
    customer has a rate of spend ν ~ Gamma(q, γ) of their own and each purchase is worth Gamma(p, ν), so two
    purchases of one customer are correlated: p / (p + q − 1). Spend does not depend on how often one buys.

    A reader that counts days, as `transactions.read` does, moves every purchase to the midnight before it, takes two
    purchases on one day for one, and one on the day of the first purchase for part of it. So it sees a little less
    than was bought: a Pareto/NBD fitted to a year's log of 4,000 customers who buy 0.1 times a week finds an α that is
    too large by about one standard error. Fewer customers, or slower ones, hide it; `model.fit(truth)` is free of it.
    With `by_day` the log and the truth are in whole days already: what is read back equals the truth to the last
    digit, and has the same bias.

    Parameters
    ----------
    model : any attrition model; theta : its parameters, in its order, ages in `unit`: (k,), or (k, n) with one
        column per customer
    n : number of customers; rng : source of randomness
    start, acquisition_end : first and last day of first purchases; end : day on which the observation ends (ISO
        text or date)
    unit : "day", "week", "month" (30.4375 days) or "year" (365.25 days); for BG/BB a day or a week, since its
        purchases come at whole units after the first and a log shows days
    spend, spend_theta : Gamma-Gamma and its p, q, gamma; without them the log has no amounts
    by_day : leave out the time of day

    Returns
    -------
    log
        one row per purchase, the first ones included, by date: customer (1 to n), date, and with a spend model
        amount, in cents, at least 0.01
    truth
        index customer: alive (at `end`), x, t_x, T (in `unit`) as the log shows them, with by_day counted in days;
        with a spend model mean_spend, p / ν, which no log shows. For BG/BB T has a fraction: its whole part is the
        number of opportunities.

    Raises
    ------
    SchemaError : a date that is none, an unknown unit, parameters that do not fit, half a spend model
    DomainError : days in the wrong order, a model that says nothing of when customers buy

    >>> from crmtheory.models import ParetoNBD
    >>> log, truth = customers_log(ParetoNBD(), (0.8, 8, 0.6, 12), 1000, np.random.default_rng(1),
    ...     start="2023-01-01", acquisition_end="2023-03-31", end="2023-12-31",
    ...     spend=GammaGamma(), spend_theta=(6, 4, 16), by_day=True)
    >>> log.columns.tolist()
    ['customer', 'date', 'amount']
    >>> from crmtheory import transactions
    >>> summary = transactions.read(log).summary(unit="week", observation_end="2023-12-31")
    >>> bool((summary[["x", "t_x", "T"]] == truth[["x", "t_x", "T"]]).all(axis=None))
    True
    """
    first_day, last_day, over = _days(start=start, acquisition_end=acquisition_end, end=end)
    if not isinstance(model, Attrition):
        raise DomainError(
            f"{model!r} says nothing of when customers buy. Take an attrition model, such as ParetoNBD()."
        )
    if n != int(n) or n < 1:
        raise DomainError(f"The number of customers must be whole and 1 or more, not {n}.")
    if (spend is None) != (spend_theta is None):
        raise SchemaError(
            "Amounts need both spend and spend_theta: spend=GammaGamma(), spend_theta=(p, q, gamma)."
        )
    n, per = int(n), days_per(unit)
    joined = rng.integers(first_day, last_day + 1, n)
    ages = (over - joined) / per
    zero = np.zeros(n)
    place, time, leaves = model.future(theta, ages, zero, zero, zero, rng)
    step = MICROSECONDS if by_day else 1
    # A purchase later by less than the smallest step of the clock would seem to be the first one again.
    later = (
        np.maximum(np.floor(time * (per * MICROSECONDS / step)), 0 if by_day else 1).astype(np.int64) * step
    )

    everybody = np.arange(n)
    customer = np.concatenate([everybody, place])
    since = np.concatenate([np.zeros(n, np.int64), later])
    moment = joined[customer] * MICROSECONDS + since
    log = pd.DataFrame({"customer": customer + 1, "date": moment.view("datetime64[us]")})
    seen = pd.DataFrame({"customer": customer, "since": since})
    seen = seen[seen["since"] > 0]  # by day, one on the day of the first purchase is part of it
    repeat = seen.drop_duplicates() if by_day else seen
    x = np.bincount(repeat["customer"], minlength=n)
    t_x = np.zeros(n, np.int64)
    np.maximum.at(t_x, repeat["customer"], repeat["since"])
    truth = pd.DataFrame(
        {"alive": leaves > ages, "x": x, "t_x": t_x / MICROSECONDS / per, "T": ages},
        index=pd.RangeIndex(1, n + 1, name="customer"),
    )
    if spend is not None:
        log["amount"], truth["mean_spend"] = _amounts(spend, spend_theta, customer, n, rng)
    return log.sort_values(["date", "customer"], ignore_index=True), truth


def regular_buyers(
    n: int, length: float, rng: np.random.Generator, *, gap: float = 4.0, leave: float = 0.1
) -> pd.DataFrame:
    """Customers who buy like clockwork, which no model of random timing expects.

    Truth: everybody buys about every `gap` weeks (times between purchases are Gamma with shape 20) and leaves
    with probability `leave` after each purchase. A customer silent for two gaps has almost surely left. A
    model of random timing takes the silence for bad luck and keeps hoping.

    Parameters
    ----------
    n : customers; length : weeks each is watched

    Returns
    -------
    frame x, t_x, T (weeks), alive (at T)

    >>> regular_buyers(3, 20.0, np.random.default_rng(1)).columns.tolist()
    ['x', 't_x', 'T', 'alive']
    """
    most = int(3 * length / gap) + 10
    times = np.cumsum(rng.gamma(20.0, gap / 20.0, (n, most)), axis=1)
    chances = rng.geometric(
        leave, n
    )  # the first purchase is a chance to leave too: chances − 1 repeats follow at the most
    made = (times <= length) & (np.arange(1, most + 1) < chances[:, None])
    x = made.sum(axis=1)
    t_x = np.where(x > 0, np.take_along_axis(times, np.maximum(x - 1, 0)[:, None], axis=1)[:, 0], 0.0)
    return pd.DataFrame({"x": x, "t_x": t_x, "T": float(length), "alive": x + 1 < chances})


def _days(**given: Any) -> list[int]:
    """The days as numbers; DomainError where one lies before the one named before it."""
    days = {name: day_number(value, name) for name, value in given.items()}
    names = list(days)
    for earlier, later in pairwise(names):
        if days[later] < days[earlier]:
            raise DomainError(f"{later}, {iso(days[later])}, lies before {earlier}, {iso(days[earlier])}.")
    return list(days.values())


def _amounts(
    spend: Any, theta: Any, customer: Array, n: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """The amount of each purchase, in cents, and each customer's own mean."""
    if not isinstance(spend, GammaGamma):
        raise DomainError(f"Amounts are drawn by Gamma-Gamma, not by {spend!r}.")
    p, q, gamma = positive(theta, 3, spend.name)
    rate = rng.gamma(q, 1 / gamma, n)
    amount = rng.gamma(p, 1, len(customer)) / rate[customer]
    return np.maximum(amount.round(2), 0.01), p / rate
