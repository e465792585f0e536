"""Worlds for the claims on customer satisfaction: answers as in two shipped surveys, with a known truth behind.

In the worlds of SAT-1 to SAT-3 one parameter of the model behind the answers is found so that the estimand, as the
answers show it, is θ. Answers measure constructs with error, and so does what the claims are about: the shares of SAT-1
and the effects of SAT-2 and SAT-3 are those of means and of scores, not freed from that error.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from scipy import optimize

from benchmarks.verdicts.answers import (
    Answers,
    chain,
    coefficients,
    correlations,
    factors,
    like,
    means_of,
)
from benchmarks.verdicts.world import World, truths
from crmtheory import datasets
from crmtheory.numerics import Array
from crmtheory.survey import drivers, path
from crmtheory.survey.drivers.shares import lmg
from crmtheory.survey.path.fitting import solve
from crmtheory.survey.path.moments import Moments

RESPONDENTS = 250  # of ECSI mobile
ECSI = {
    "image": ("IMAG1", "IMAG2", "IMAG3", "IMAG4", "IMAG5"),
    "expectations": ("CUEX1", "CUEX2", "CUEX3"),
    "quality": ("PERQ1", "PERQ2", "PERQ3", "PERQ4", "PERQ5", "PERQ6", "PERQ7"),
    "value": ("PERV1", "PERV2"),
    "satisfaction": ("CUSA1", "CUSA2", "CUSA3"),
    "complaints": ("CUSCO",),
    "loyalty": ("CUSL1", "CUSL2", "CUSL3"),
}
# How well an item shows its construct, so that the scales are about as reliable as in the survey.
LOADINGS = {
    **{"image": 0.65, "expectations": 0.55, "quality": 0.75, "value": 0.88},
    **{"satisfaction": 0.78, "complaints": 0.9, "loyalty": 0.6},
}
MODEL = path.ecsi(ECSI)
SOURCES = ("image", "expectations", "quality", "value")
BOOTSTRAP = 1000  # resamples; the chapter takes 5,000 for SAT-2, which only steadies the limits

PASSENGERS, WEIGHED = 5046, 5120  # of the airport's survey, with the answers that SAT-4 and SAT-5 need
ATTRIBUTES = (
    *(
        "Q7ART",
        "Q7FOOD",
        "Q7STORE",
        "Q7SIGN",
        "Q7WALKWAYS",
        "Q7SCREENS",
        "Q7WIFI",
        "Q9BOARDING",
        "Q9RESTROOM",
    ),
    *("Q10SAFE", "Q13GETRATE", "Q14FIND", "Q14PASSTHRU"),
)
UNEVEN = "Q7FOOD"  # the attribute with most low ratings
REWARD, LEVEL, SPREAD = 0.1, 3.6, 0.6  # of a high rating; of a passenger without any; of the rest


# SAT-1: quality against one rival

RIVALS = ("image", "expectations", "quality", "value", "satisfaction")
BESIDE = np.array([[1, 0.6, 0.7, 0.6], [0.6, 1, 0.6, 0.5], [0.7, 0.6, 1, 0.6], [0.6, 0.5, 0.6, 1]])


def leading(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """Image is the only rival of quality; expectations and value lie clearly behind."""
    answers, groups = _asked(RIVALS)
    table = answers.draw(_rivals(found(theta, "SAT-1")), RESPONDENTS, rng)
    means = _means(table, RIVALS, groups)
    return drivers.lead(means, "satisfaction", SOURCES, "quality", rng, resamples=BOOTSTRAP)


def lead_of(more: float) -> float:
    """θ of SAT-1: image has 0.35 − more, quality 0.35 + more of satisfaction."""
    answers, groups = _asked(RIVALS)
    covariance = means_of(answers.covariance(_rivals(more)), [groups[-1], *groups[:-1]])
    parts = lmg(correlations(covariance)[None])[0]
    return float((parts[2] - np.delete(parts, 2).max()) / parts.sum())


def _rivals(more: float) -> Array:
    r = np.eye(5)
    r[:4, :4] = BESIDE
    r[4, :4] = r[:4, 4] = BESIDE @ [0.35 - more, 0.05, 0.35 + more, 0.15]
    return factors(_sizes(RIVALS), r)


# SAT-2: the chain


def expecting(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """The row of expectations among the total effects on satisfaction in the chain of the index."""
    table = _asked(tuple(ECSI))[0].draw(_chain(found(theta, "SAT-2")), RESPONDENTS, rng)
    total = path.bootstrap(MODEL, table, rng, resamples=BOOTSTRAP).total
    return total[(total["from"] == "expectations") & (total["to"] == "satisfaction")]


def total_of(strength: float) -> float:
    """θ of SAT-2: the path from expectations to quality is 0.6 · strength, the two others a sixth of it."""
    r = correlations(_asked(tuple(ECSI))[0].covariance(_chain(strength)))[None]
    unit = np.ones((1, len(MODEL.items)))
    totals = solve(MODEL, Moments(unit, unit, r), "path", False).totals[0]
    return float(totals[MODEL.number("expectations"), MODEL.number("satisfaction")])


def _chain(strength: float) -> Array:
    paths = {
        **{("image", "expectations"): 0.6, ("image", "satisfaction"): 0.25, ("image", "loyalty"): 0.2},
        ("expectations", "quality"): 0.6 * strength,
        **dict.fromkeys([("expectations", "value"), ("expectations", "satisfaction")], 0.1 * strength),
        **{("quality", "value"): 0.55, ("quality", "satisfaction"): 0.5, ("value", "satisfaction"): 0.2},
        **{("satisfaction", "complaints"): 0.6, ("satisfaction", "loyalty"): 0.5},
        ("complaints", "loyalty"): 0.1,
    }
    return factors(_sizes(tuple(ECSI)), chain(tuple(ECSI), paths))


# SAT-3: complaints beside quality

HANDLED = ("complaints", "quality", "satisfaction")


def handling(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """The row of complaint handling, quality held fixed."""
    answers, groups = _asked(HANDLED)
    table = _means(answers.draw(_handled(found(theta, "SAT-3")), RESPONDENTS, rng), HANDLED, groups)
    return drivers.linear(table, "satisfaction", ["complaints", "quality"]).loc[["complaints"]]


def handled_of(direct: float) -> float:
    """θ of SAT-3: satisfaction moves by `direct` with complaint handling and by 0.65 with quality."""
    answers, groups = _asked(HANDLED)
    covariance = means_of(answers.covariance(_handled(direct)), [groups[2], groups[0], groups[1]])
    return float(coefficients(covariance)[0])


def _handled(direct: float) -> Array:
    paths = {("complaints", "quality"): 0.6, ("complaints", "satisfaction"): direct}
    return factors(_sizes(HANDLED), chain(HANDLED, paths | {("quality", "satisfaction"): 0.65}))


# SAT-4: penalty against reward


def uneven(theta: float, rng: np.random.Generator, passengers: int = PASSENGERS) -> pd.DataFrame:
    """Passengers of the survey, drawn anew with their ratings, blanks and weights; their rating of the whole is made.

    Its mean is 3.6, plus 0.1 for each very good rating, less 0.1 plus the asymmetry for each bad one: θ for
    restaurants, for all other attributes the smaller of θ and 0.1. So at the threshold all attributes lie there, which
    is where one of them is most easily taken to lie above it.
    """
    ratings, weights = _flown()
    rows = rng.integers(0, len(ratings), passengers)
    ratings, weights = ratings.iloc[rows].reset_index(drop=True), weights[rows]
    penalty = np.where(ratings.columns == UNEVEN, theta, min(theta, 0.1)) + REWARD
    mean = LEVEL + REWARD * (ratings >= 5).sum(axis=1).to_numpy() - (ratings <= 2).to_numpy() @ penalty
    room = np.minimum(SPREAD, np.minimum(mean - 1, 5 - mean))
    exact = mean + room * rng.uniform(-1, 1, passengers)
    ratings["overall"] = np.floor(exact + rng.random(passengers))  # up or down by chance: the mean stays
    found = drivers.penalty_reward(
        ratings, "overall", ATTRIBUTES, rng, 2, 5, weights=pd.Series(weights), resamples=BOOTSTRAP
    )
    return drivers.largest_asymmetry(found)


@cache
def _flown() -> tuple[pd.DataFrame, Array]:
    table = pd.read_csv(datasets.path("sfo_survey"), usecols=[*ATTRIBUTES, "Q7ALL", "WEIGHT"])
    table = table[table["Q7ALL"].notna()]
    return table[list(ATTRIBUTES)].astype(float), table["WEIGHT"].to_numpy(float)


# SAT-5: satisfied and not


def recommending(theta: float, rng: np.random.Generator, passengers: int = WEIGHED) -> pd.DataFrame:
    """Weights of the survey; heavy passengers are less often satisfied and more often promoters."""
    weights, satisfied, promoter = _chances()
    rows = rng.integers(0, len(weights), passengers)
    happy = rng.random(passengers) < satisfied[rows]
    chance = promoter[rows] + np.where(happy, theta - difference_of(0.0), 0.0)
    table = {"satisfied": happy, "promoter": rng.random(passengers) < chance, "weight": weights[rows]}
    return pd.DataFrame(table).astype(float)


def difference_of(more: float) -> float:
    """θ of SAT-5 where the satisfied are promoters with a chance larger by `more`, exact."""
    weights, satisfied, promoter = _chances()
    first, second = weights * satisfied, weights * (1 - satisfied)
    return float(first @ (promoter + more) / first.sum() - second @ promoter / second.sum())


@cache
def _chances() -> tuple[Array, Array, Array]:
    """Weights of all passengers, and their chances to be satisfied, and to be promoters if they are not."""
    weights = pd.read_csv(datasets.path("sfo_survey"), usecols=["WEIGHT"])["WEIGHT"].to_numpy(float)
    heavy = weights > np.median(weights)
    return weights, np.where(heavy, 0.75, 0.85), np.where(heavy, 0.25, 0.15)


# Constructs of the satisfaction index


@cache
def _asked(roles: tuple[str, ...]) -> tuple[Answers, list[list[int]]]:
    """The items of some constructs, and where those of each stand."""
    groups, start = [], 0
    for role in roles:
        groups.append(list(range(start, start + len(ECSI[role]))))
        start += len(ECSI[role])
    return like("ecsi_mobile", tuple(item for role in roles for item in ECSI[role])), groups


def _sizes(roles: tuple[str, ...]) -> dict[str, tuple[float, int]]:
    return {role: (LOADINGS[role], len(ECSI[role])) for role in roles}


def _means(table: pd.DataFrame, roles: tuple[str, ...], groups: list[list[int]]) -> pd.DataFrame:
    means = {role: table.to_numpy()[:, at].mean(axis=1) for role, at in zip(roles, groups, strict=True)}
    return pd.DataFrame(means)


@cache
def found(theta: float, claim: str) -> float:
    """The parameter of the world in which the estimand is θ."""
    estimand, low, high = {
        "SAT-1": (lead_of, -0.3, 0.3),
        "SAT-2": (total_of, -0.3, 1.2),
        "SAT-3": (handled_of, -0.2, 0.5),
    }[claim]
    return float(optimize.brentq(lambda parameter: estimand(parameter) - theta, low, high, xtol=1e-9))


CUT = "Answers are normal variables cut so that each answer is as frequent as in ECSI mobile."
WORLDS = {
    "SAT-1": World(
        "SAT-1",
        truths(0.0, 0.1, -0.1),
        leading,
        RESPONDENTS,
        f"ECSI mobile, 250 respondents: image is the one rival of quality, expectations and value lie behind. {CUT}",
    ),
    "SAT-2": World(
        "SAT-2",
        truths(0.1, 0.2, 0.0),
        expecting,
        RESPONDENTS,
        "ECSI mobile, 250 respondents on 24 questions: the chain of the index with arrows from expectations of known "
        f"strength; θ is the limit of plain PLS; 1,000 bootstrap samples instead of 5,000. {CUT}",
    ),
    "SAT-3": World(
        "SAT-3",
        truths(0.1, 0.2, 0.0),
        handling,
        RESPONDENTS,
        f"ECSI mobile, 250 respondents: one question on complaints, seven on quality, three on satisfaction. {CUT}",
    ),
    "SAT-4": World(
        "SAT-4",
        truths(0.1, 0.2, 0.0),
        uneven,
        PASSENGERS,
        "SFO survey, 5,046 passengers drawn with their ratings, blanks and weights; the rating of the whole is made. "
        "Just true: all 13 attributes at the threshold; clearly true: restaurants at 0.2, the others at 0.1.",
    ),
    "SAT-5": World(
        "SAT-5",
        truths(0.2, 0.4, 0.0),
        recommending,
        WEIGHED,
        "SFO survey, 5,120 passengers with its weights; heavy ones are less often satisfied and more often promoters.",
    ),
}
