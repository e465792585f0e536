"""Worlds for the claims on relationship marketing that rest on purchases: customers as in the shipped log.

In the worlds of REL-4 and REL-5 one parameter is found so that the estimand is θ; in that of REL-6 it is θ by
construction.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from scipy import optimize, stats

from benchmarks.verdicts.sample import retail
from crmtheory import relationship
from crmtheory.numerics import Array
from crmtheory.relationship import recommend

# REL-4: tenure and spend


def staying(theta: float, rng: np.random.Generator, customers: int = 0) -> pd.DataFrame:
    """The row "active months": purchase days of customers of the log, drawn anew, and spend that goes with tenure.

    Spend per active month is a logarithm away from normal, and goes with the normal score of tenure.
    """
    days, start, count, months, _, scores = days_of_all()
    n = customers or len(count)
    who = rng.integers(0, len(count), n)
    r = found(theta, "REL-4")
    rate = np.exp(0.75 * (r * scores[who] + np.sqrt(1 - r**2) * rng.standard_normal(n)))
    many = count[who]
    at = np.repeat(start[who] - (np.cumsum(many) - many), many) + np.arange(many.sum())
    table = pd.DataFrame({"customer": np.repeat(np.arange(n), many), "date": days[at]})
    return relationship.tenure_value(table, revenue=pd.Series(rate * months[who])).loc[["active months"]]


def rank_of(r: float) -> float:
    """θ of REL-4: of customers with two purchase days or more, log spend goes with the normal score z of tenure by r.

    The place of a customer in the spend of all is, on average, the mean of Φ(r (z − z′) / √(2 (1 − r²))) over all
    others z′; θ is the correlation of that with the rank of tenure.
    """
    _, _, count, _, tenure, scores = days_of_all()
    _, at, many = np.unique(tenure[count > 1], return_index=True, return_counts=True)
    z, share = scores[count > 1][at], many / many.sum()
    rank = np.cumsum(share) - share / 2
    place = stats.norm.cdf(r * (z[:, None] - z) / np.sqrt(2 * (1 - r**2))) @ share
    spread = share @ (rank - 0.5) ** 2
    return float(share @ ((rank - 0.5) * (place - 0.5)) / np.sqrt(spread / 12))


@cache
def days_of_all() -> tuple[np.ndarray, np.ndarray, np.ndarray, Array, Array, Array]:
    """Purchase days in order of customers, where those of each begin, how many; months, tenure, normal score of it."""
    log = retail()
    table = log.purchases()
    table = table.sort_values([log.customer, "date"])
    found = relationship.facts(log)
    count = table.groupby(log.customer).size().reindex(found.index).to_numpy()
    tenure, again = found["tenure"].to_numpy(float), found["purchases"].to_numpy() > 1
    scores = np.zeros(len(tenure))
    scores[again] = stats.norm.ppf((stats.rankdata(tenure[again]) - 0.5) / again.sum())
    return (
        table["date"].to_numpy(),
        np.cumsum(count) - count,
        count,
        found["months"].to_numpy(float),
        tenure,
        scores,
    )


# REL-5: spreading a budget

BUDGET, CURVE, MARGIN = 20_000.0, relationship.Response(0.5, 0.8, 20.0), 0.3
# What Pareto/NBD and Gamma-Gamma come to on the first year of the log: nobody leaves, so it is an NBD (r, α per week).
R, ALPHA, P, Q, GAMMA = 0.8957, 10.70, 2.184, 3.718, 516.7


def spending(theta: float, rng: np.random.Generator, customers: int = 0) -> pd.DataFrame:
    """The row "expected value": customers of the log, drawn anew.

    Some, taken at random, bring later what they brought; the others bring what somebody else brought.
    """
    past, expected, later = valued()
    n = customers or len(past)
    who, other = rng.integers(0, len(past), (2, n))
    came = later[np.where(rng.random(n) < found(theta, "REL-5"), who, other)]
    budget = BUDGET * n / len(past)
    table = relationship.invest(
        budget,
        pd.Series(past[who]),
        pd.Series(expected[who]),
        CURVE,
        rng,
        realised=pd.Series(came),
        resamples=1000,
    )
    return table.loc[["expected value"]].rename(columns={"gain": "estimate"})


def gain_of(share: float) -> float:
    """θ of REL-5: a `share` of the customers bring later what they brought; exact, as the log is all there is."""
    _, expected, later = valued()
    kept = CURVE.keep(BUDGET / len(expected) * expected / expected.mean())
    value = share * later @ kept + (1 - share) * later.sum() * kept.mean()
    return float(value / (later.sum() * CURVE.keep(BUDGET / len(expected))) - 1)


@cache
def valued() -> tuple[Array, Array, Array]:
    """Past sales, expected value and later value of each customer of the first year."""
    log = retail()
    summary = log.summary(unit="week", calibration_end=log.half)
    past = log.revenue(end=log.half).reindex(summary.index)
    later = (log.revenue().reindex(summary.index) - past) * MARGIN
    x, spent = summary["x"], summary["m"].fillna(0.0).clip(lower=0.0) * summary["x"]
    expected = (R + x) / (ALPHA + summary["T"]) * (GAMMA + spent) * P / (P * x + Q - 1)
    return past.to_numpy(float), expected.to_numpy(float), later.clip(lower=0.0).to_numpy(float)


# REL-6: recommendation

JUDGED, BUYERS = 960, 2845  # customers in the lines, and those who buy before and after the cut
FAMILIES, PRODUCTS, OWN, LARGE = 12, 16, 6, 0.2  # a customer has 6 of the 16 products of one family
BOTH, ONLY_BEST = 0.27, 0.09  # about as in the sample


def recommended(theta: float, rng: np.random.Generator, judged: int = JUDGED) -> pd.DataFrame:
    """Everybody buys from one family of products, a fifth of all from the largest, which has the best sellers.

    Customers of small families next buy a product of their family that is new to them, one of the ten best sellers,
    both, or neither, by known chances; so θ is the difference of the two chances, times the share of small families.
    """
    buyers = round(BUYERS * judged / JUDGED)
    family = np.where(rng.random(buyers) < LARGE, 0, rng.integers(1, FAMILIES, buyers))
    order = np.argsort(rng.random((buyers, PRODUCTS)), axis=1) + family[:, None] * PRODUCTS
    had, new = order[:, :OWN], order[:judged, OWN]
    counts = np.bincount(had[family == 0].ravel(), minlength=PRODUCTS)
    best = np.argsort(-counts, kind="stable")[:10]
    only_own = theta / (1 - LARGE) + ONLY_BEST
    kind = np.searchsorted(np.cumsum([BOTH, only_own, ONLY_BEST]), rng.random(judged), side="right")
    everybody = np.arange(judged)
    own, other = kind <= 1, ((kind == 0) | (kind == 2)) & (family[:judged] > 0)
    parts = [
        (np.repeat(np.arange(buyers), OWN), had.ravel(), 0),
        (everybody, had[:judged, 0], 90),  # so that everybody judged comes again
        (everybody[own], new[own], 90),
        (everybody[other], rng.choice(best, other.sum()), 90),
    ]
    start = pd.Timestamp("2011-01-01")
    lines = [
        pd.DataFrame({"customer_id": who, "stock_code": what, "date": start + pd.Timedelta(days=day)})
        for who, what, day in parts
    ]
    return recommend.gain(recommend.judge(pd.concat(lines, ignore_index=True)))


@cache
def found(theta: float, claim: str) -> float:
    """The parameter of the world in which the estimand is θ."""
    estimand, low, high = {"REL-4": (rank_of, -0.5, 0.5), "REL-5": (gain_of, 0.0, 1.0)}[claim]
    return float(optimize.brentq(lambda parameter: estimand(parameter) - theta, low, high, xtol=1e-9))
