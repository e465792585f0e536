"""Worlds for the claims on relationship marketing: answers as in two shipped surveys, customers as in a shipped log.

In the worlds of REL-1 to REL-5 one parameter is found so that the estimand is θ; in that of REL-6 it is θ by
construction.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from scipy import optimize, stats

from benchmarks.verdicts.answers import chain, coefficients, correlations, factors, like, means_of
from benchmarks.verdicts.world import CLEARLY_FALSE, CLEARLY_TRUE, JUST_TRUE, World
from crmtheory import datasets, relationship, transactions
from crmtheory.numerics import Array
from crmtheory.relationship import recommend
from crmtheory.survey import drivers, path
from crmtheory.survey.path.fitting import solve
from crmtheory.survey.path.moments import Moments

BOOTSTRAP = 1000  # resamples; the chapter takes 5,000 for REL-1, which only steadies the limits

# REL-1: trust, commitment, loyalty

ASKED = 344
THREE = {
    "trust": ("qual_5", "qual_6", "qual_7"),
    "commitment": ("like_1", "like_2", "like_3"),
    "loyalty": ("cusl_1", "cusl_2", "cusl_3"),
}
MODEL = path.Model(THREE, {"trust": ["commitment", "loyalty"], "commitment": ["loyalty"]})
STEP, ALL = 0.8, 0.6  # from trust to commitment; from trust to loyalty by all ways


def mediated(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """The row "indirect": of what trust brings in all, more or less goes by way of commitment."""
    table = like("corporate_reputation", MODEL.items).draw(_trusting(_found(theta, "REL-1")), ASKED, rng)
    usable = path.fit(MODEL, table, consistent=True).admissible
    ways = path.mediation(
        MODEL, table, "trust", "commitment", "loyalty", rng, BOOTSTRAP, consistent=usable
    )
    return ways.loc[["indirect"]]


def indirect_of(step: float) -> float:
    """θ of REL-1: commitment moves loyalty by `step`."""
    r = correlations(like("corporate_reputation", MODEL.items).covariance(_trusting(step)))[None]
    unit = np.ones((1, len(MODEL.items)))
    paths = solve(MODEL, Moments(unit, unit, r), "path", True).paths[0]
    return float(paths[0, 1] * paths[1, 2])


def _trusting(step: float) -> Array:
    paths = {("trust", "commitment"): STEP, ("trust", "loyalty"): ALL - STEP * step, ("commitment", "loyalty"): step}
    return factors(dict.fromkeys(THREE, (0.8, 3)), chain(tuple(THREE), paths))


# REL-2 and REL-3: one question beside questions on quality

TALK = ("csor_2", "qual_1", "qual_2", "qual_3", "qual_4", "qual_8", "cusa")
SERVICE = ("PERQ3", "PERQ1", "PERQ2", "PERQ4", "PERQ5", "PERQ6", "PERQ7", "CUSA1", "CUSA2", "CUSA3")
SERVED = 250


def talking(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """The row of communication: one question on it, five on quality, one on satisfaction."""
    answers = like("corporate_reputation", TALK)
    table = answers.draw(_beside(_found(theta, "REL-2"), 5, 1), ASKED, rng)
    return drivers.linear(table, TALK[-1], TALK[:-1]).loc[[TALK[0]]]


def talk_of(direct: float) -> float:
    """θ of REL-2: satisfaction moves by `direct` with communication."""
    covariance = like("corporate_reputation", TALK).covariance(_beside(direct, 5, 1))
    return float(coefficients(means_of(covariance, [[6], [0], *([j] for j in range(1, 6))]))[0])


def serving(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """The row of personal service: one question on it, six on other quality, the mean of three on satisfaction."""
    table = like("ecsi_mobile", SERVICE).draw(_beside(_found(theta, "REL-3"), 6, 3), SERVED, rng)
    table = table.assign(satisfaction=table[[*SERVICE[7:]]].mean(axis=1))
    return drivers.linear(table, "satisfaction", SERVICE[:7]).loc[[SERVICE[0]]]


def service_of(direct: float) -> float:
    """θ of REL-3: satisfaction moves by `direct` with personal service."""
    covariance = like("ecsi_mobile", SERVICE).covariance(_beside(direct, 6, 3))
    return float(coefficients(means_of(covariance, [[7, 8, 9], [0], *([j] for j in range(1, 7))]))[0])


def _beside(direct: float, quality: int, satisfaction: int) -> Array:
    """One item on the point in question, and items on quality, which goes with it and weighs 0.5."""
    names = ("point", "quality", "satisfaction")
    paths = {("point", "quality"): 0.7, ("point", "satisfaction"): direct, ("quality", "satisfaction"): 0.5}
    items = {"point": (0.85, 1), "quality": (0.75, quality), "satisfaction": (0.8, satisfaction)}
    return factors(items, chain(names, paths))


# REL-4: tenure and spend


def staying(theta: float, rng: np.random.Generator, customers: int = 0) -> pd.DataFrame:
    """The row "active months": purchase days of customers of the log, drawn anew, and spend that goes with tenure.

    Spend per active month is a logarithm away from normal, and goes with the normal score of tenure.
    """
    days, start, count, months, tenure, scores = _days()
    n = customers or len(count)
    who = rng.integers(0, len(count), n)
    r = _found(theta, "REL-4")
    rate = np.exp(0.75 * (r * scores[who] + np.sqrt(1 - r**2) * rng.standard_normal(n)))
    many = count[who]
    at = np.repeat(start[who] - (np.cumsum(many) - many), many) + np.arange(many.sum())
    table = pd.DataFrame({"customer": np.repeat(np.arange(n), many), "date": days[at]})
    return relationship.tenure_value(table, revenue=pd.Series(rate * months[who])).loc[["active months"]]


def rank_of(r: float) -> float:
    """θ of REL-4: among customers with two purchase days or more, log spend goes with the normal score z of tenure by r.

    The place of a customer in the spend of all is, on average, the mean of Φ(r (z − z′) / √(2 (1 − r²))) over all
    others z′; θ is the correlation of that with the rank of tenure.
    """
    _, _, count, _, tenure, scores = _days()
    values, at, many = np.unique(tenure[count > 1], return_index=True, return_counts=True)
    z, share = scores[count > 1][at], many / many.sum()
    rank = np.cumsum(share) - share / 2
    place = stats.norm.cdf(r * (z[:, None] - z) / np.sqrt(2 * (1 - r**2))) @ share
    spread = share @ (rank - 0.5) ** 2
    return float(share @ ((rank - 0.5) * (place - 0.5)) / np.sqrt(spread / 12))


@cache
def _days() -> tuple[np.ndarray, np.ndarray, np.ndarray, Array, Array, Array]:
    """Purchase days in order of customers, where those of each begin, how many; months, tenure, normal score of it."""
    log = _log()
    table = log.purchases()
    table = table.sort_values([log.customer, "date"])
    found = relationship.facts(log)
    count = table.groupby(log.customer).size().reindex(found.index).to_numpy()
    tenure, again = found["tenure"].to_numpy(float), found["purchases"].to_numpy() > 1
    scores = np.zeros(len(tenure))
    scores[again] = stats.norm.ppf((stats.rankdata(tenure[again]) - 0.5) / again.sum())
    return table["date"].to_numpy(), np.cumsum(count) - count, count, found["months"].to_numpy(float), tenure, scores


@cache
def _log() -> transactions.Transactions:
    where = datasets.path("online_retail")
    return transactions.read(where, customer="customer_id", date="invoice_time", amount="amount_gbp")


# REL-5: spreading a budget

BUDGET, CURVE, MARGIN = 20_000.0, relationship.Response(0.5, 0.8, 20.0), 0.3
# What Pareto/NBD and Gamma-Gamma come to on the first year of the log: nobody leaves, so it is an NBD (r, α per week).
R, ALPHA, P, Q, GAMMA = 0.8957, 10.70, 2.184, 3.718, 516.7


def spending(theta: float, rng: np.random.Generator, customers: int = 0) -> pd.DataFrame:
    """The row "expected value": customers of the log, drawn anew.

    Some, taken at random, bring later what they brought; the others bring what somebody else brought.
    """
    past, expected, later = _valued()
    n = customers or len(past)
    who, other = rng.integers(0, len(past), (2, n))
    came = later[np.where(rng.random(n) < _found(theta, "REL-5"), who, other)]
    budget = BUDGET * n / len(past)
    found = relationship.invest(
        budget,
        pd.Series(past[who]),
        pd.Series(expected[who]),
        CURVE,
        rng,
        realised=pd.Series(came),
        resamples=300,
    )
    return found.loc[["expected value"]].rename(columns={"gain": "estimate"})


def gain_of(share: float) -> float:
    """θ of REL-5: a `share` of the customers bring later what they brought; exact, as the log is all there is."""
    _, expected, later = _valued()
    kept = CURVE.keep(BUDGET / len(expected) * expected / expected.mean())
    value = share * later @ kept + (1 - share) * later.sum() * kept.mean()
    return float(value / (later.sum() * CURVE.keep(BUDGET / len(expected))) - 1)


@cache
def _valued() -> tuple[Array, Array, Array]:
    """Past sales, expected value and later value of each customer of the first year."""
    log = _log()
    summary = log.summary(unit="week", calibration_end=log.half)
    past = log.revenue(end=log.half).reindex(summary.index)
    later = (log.revenue().reindex(summary.index) - past) * MARGIN
    x, spent = summary["x"], summary["m"].fillna(0.0).clip(lower=0.0) * summary["x"]
    expected = (R + x) / (ALPHA + summary["T"]) * (GAMMA + spent) * P / (P * x + Q - 1)
    return past.to_numpy(float), expected.to_numpy(float), later.clip(lower=0.0).to_numpy(float)


# REL-6: recommendation

JUDGED, BUYERS = 960, 2845  # customers in the lines, and those who buy before and after the cut
FAMILIES, PRODUCTS, OWN, LARGE = 24, 16, 6, 0.1  # a customer has 6 of the 16 products of one family
BOTH, ONLY_BEST = 0.27, 0.09  # about as in the sample


def recommended(theta: float, rng: np.random.Generator, judged: int = JUDGED) -> pd.DataFrame:
    """Everybody buys from one family of products, a tenth of the customers from the largest, which has the best sellers.

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
def _found(theta: float, claim: str) -> float:
    """The parameter of the world in which the estimand is θ."""
    estimand, low, high = {
        "REL-1": (indirect_of, -0.2, 0.7),
        "REL-2": (talk_of, -0.5, 0.6),
        "REL-3": (service_of, -0.5, 0.6),
        "REL-4": (rank_of, -0.5, 0.5),
        "REL-5": (gain_of, 0.0, 1.0),
    }[claim]
    return float(optimize.brentq(lambda parameter: estimand(parameter) - theta, low, high, xtol=1e-9))


def _truths(threshold: float) -> dict[str, float]:
    """At the threshold, twice the threshold, and no effect at all."""
    return {JUST_TRUE: threshold, CLEARLY_TRUE: 2 * threshold, CLEARLY_FALSE: 0.0}


CUT = "Answers are normal variables cut so that each answer is as frequent as there."
WORLDS = {
    "REL-1": World(
        "REL-1",
        _truths(0.1),
        mediated,
        ASKED,
        "Corporate reputation, 344 respondents, three questions for each construct: trust brings 0.6 of loyalty in all, "
        f"a known part by way of commitment; 1,000 bootstrap samples instead of 5,000. {CUT}",
    ),
    "REL-2": World(
        "REL-2",
        _truths(0.1),
        talking,
        ASKED,
        f"Corporate reputation, 344 respondents: communication goes with quality and moves satisfaction. {CUT}",
    ),
    "REL-3": World(
        "REL-3",
        _truths(0.1),
        serving,
        SERVED,
        f"ECSI mobile, 250 respondents: personal service goes with quality and moves satisfaction. {CUT}",
    ),
    "REL-4": World(
        "REL-4",
        _truths(0.1),
        staying,
        5867,
        "Online Retail, 5,867 customers drawn with their purchase days (about 4,180 of them with two or more); spend per "
        "active month is log-normal and goes with the rank of tenure.",
    ),
    "REL-5": World(
        "REL-5",
        _truths(0.05),
        spending,
        4284,
        "Online Retail, 4,284 customers of the first year drawn with past, expected and later value; some, by chance, "
        "bring later what somebody else brought. Models are not fitted anew: their parameters are those of the log; 300 bootstrap "
        "samples instead of 1,000.",
    ),
    "REL-6": World(
        "REL-6",
        _truths(0.02),
        recommended,
        JUDGED,
        "Online Retail lines, 960 judged of 2,845 customers, but 384 products in 24 families; chances to buy what is new "
        "in one's family, or a best seller, are known.",
    ),
}
