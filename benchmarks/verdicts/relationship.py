"""Worlds for the claims on relationship marketing: answers as in two shipped surveys (here), customers as in a
shipped log (shop).

In the worlds of REL-1 to REL-3 one parameter of the model behind the answers is found so that the estimand is θ.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from scipy import optimize

from benchmarks.verdicts.answers import chain, coefficients, correlations, factors, like, means_of
from benchmarks.verdicts.shop import JUDGED, recommended, spending, staying
from benchmarks.verdicts.world import World, truths
from crmtheory.numerics import Array
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
    table = like("corporate_reputation", MODEL.items).draw(_trusting(found(theta, "REL-1")), ASKED, rng)
    usable = path.fit(MODEL, table, consistent=True).admissible
    ways = path.mediation(MODEL, table, "trust", "commitment", "loyalty", rng, BOOTSTRAP, consistent=usable)
    return ways.loc[["indirect"]]


def indirect_of(step: float) -> float:
    """θ of REL-1: commitment moves loyalty by `step`."""
    r = correlations(like("corporate_reputation", MODEL.items).covariance(_trusting(step)))[None]
    unit = np.ones((1, len(MODEL.items)))
    paths = solve(MODEL, Moments(unit, unit, r), "path", True).paths[0]
    return float(paths[0, 1] * paths[1, 2])


def _trusting(step: float) -> Array:
    paths = {
        ("trust", "commitment"): STEP,
        ("trust", "loyalty"): ALL - STEP * step,
        ("commitment", "loyalty"): step,
    }
    return factors(dict.fromkeys(THREE, (0.8, 3)), chain(tuple(THREE), paths))


# REL-2 and REL-3: one question beside questions on quality

TALK = ("csor_2", "qual_1", "qual_2", "qual_3", "qual_4", "qual_8", "cusa")
SERVICE = ("PERQ3", "PERQ1", "PERQ2", "PERQ4", "PERQ5", "PERQ6", "PERQ7", "CUSA1", "CUSA2", "CUSA3")
SERVED = 250


def talking(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """The row of communication: one question on it, five on quality, one on satisfaction."""
    answers = like("corporate_reputation", TALK)
    table = answers.draw(_beside(found(theta, "REL-2"), 5, 1), ASKED, rng)
    return drivers.linear(table, TALK[-1], TALK[:-1]).loc[[TALK[0]]]


def talk_of(direct: float) -> float:
    """θ of REL-2: satisfaction moves by `direct` with communication."""
    covariance = like("corporate_reputation", TALK).covariance(_beside(direct, 5, 1))
    return float(coefficients(means_of(covariance, [[6], [0], *([j] for j in range(1, 6))]))[0])


def serving(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """The row of personal service: one question on it, six on other quality, the mean of three on satisfaction."""
    table = like("ecsi_mobile", SERVICE).draw(_beside(found(theta, "REL-3"), 6, 3), SERVED, rng)
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


@cache
def found(theta: float, claim: str) -> float:
    """The parameter of the world in which the estimand is θ."""
    estimand, low, high = {
        "REL-1": (indirect_of, -0.2, 0.7),
        "REL-2": (talk_of, -0.5, 0.6),
        "REL-3": (service_of, -0.5, 0.6),
    }[claim]
    return float(optimize.brentq(lambda parameter: estimand(parameter) - theta, low, high, xtol=1e-9))


def _truths(threshold: float) -> dict[str, float]:
    """At the threshold, twice the threshold, and no effect at all."""
    return truths(threshold, 2 * threshold, 0.0)


CUT = "Answers are normal variables cut so that each answer is as frequent as there."
WORLDS = {
    "REL-1": World(
        "REL-1",
        _truths(0.1),
        mediated,
        ASKED,
        "Corporate reputation, 344 respondents, three questions for each construct: trust brings 0.6 of loyalty, "
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
        "Online Retail, 5,867 customers drawn with their purchase days (about 4,180 of them with two or more); spend "
        "per active month is log-normal and goes with the rank of tenure.",
    ),
    "REL-5": World(
        "REL-5",
        _truths(0.05),
        spending,
        4284,
        "Online Retail, 4,284 customers of the first year drawn with past, expected and later value; some, by chance, "
        "bring later what somebody else brought. Models are not fitted anew: their parameters are those of the "
        "log.",
    ),
    "REL-6": World(
        "REL-6",
        _truths(0.02),
        recommended,
        JUDGED,
        "Online Retail lines, 960 judged of 2,845 customers, but 192 products in 12 families; chances to buy what is "
        "new in one's family, or a best seller, are known.",
    ),
}
