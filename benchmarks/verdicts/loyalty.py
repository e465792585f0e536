"""Worlds for the claims on customer loyalty.

Customers, answers and weights are those of the shipped data, drawn with replacement, so margins and ties are real. What
the claim is about is drawn anew with a parameter that makes θ exactly the one that is wanted.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import integrate, optimize, special, stats

from benchmarks.verdicts.world import World, truths
from crmtheory import datasets, lifecycle, loyalty, simulate, survey, transactions
from crmtheory.lifecycle.design import Design, logistic
from crmtheory.numerics import Array
from crmtheory.survey import association

SATISFACTION, LOYALTY = ["CUSA1", "CUSA2", "CUSA3"], ["CUSL1", "CUSL2", "CUSL3"]
LOADINGS = np.array(
    [0.67, 0.72, 0.81, 0.61, 0.12, 0.89]
)  # of a model with two factors, fitted to these answers
RATINGS = (3, 4, 5)
COMPLAINT, LEFT = "Complains", "Churn"
USAGE = ["Call Failure", "Subscription Length", "Charge Amount", "Seconds of Use"]
USAGE += ["Frequency of SMS", "Distinct Called Numbers", "Age"]
RESPONDENTS, RATERS, BUYERS, SUBSCRIBERS, MEMBERS, SENT = 250, 5120, 2357, 3150, 600, 2000


def two_scales(theta: float, rng: np.random.Generator, n: int = RESPONDENTS) -> pd.DataFrame:
    """The corrected correlation of `answers_on_two_scales`."""
    answers = answers_on_two_scales(theta, rng, n)
    return association.disattenuated(answers, SATISFACTION, LOYALTY, rng)


def answers_on_two_scales(theta: float, rng: np.random.Generator, n: int) -> pd.DataFrame:
    """Satisfaction and loyalty are normal with correlation θ; a question is as good as its loading, and its answers
    are spread over the scale as in the shipped survey.
    """
    satisfied = rng.standard_normal(n)
    loyal = theta * satisfied + np.sqrt(1 - theta**2) * rng.standard_normal(n)
    feelings = np.repeat([satisfied, loyal], 3, axis=0).T * LOADINGS
    said = special.ndtr(feelings + np.sqrt(1 - LOADINGS**2) * rng.standard_normal((n, 6)))
    margins = _ecsi()
    places = np.minimum((said * len(margins)).astype(int), len(margins) - 1)
    return pd.DataFrame(np.take_along_axis(margins, places, axis=0), columns=[*SATISFACTION, *LOYALTY])


def last_step(theta: float, rng: np.random.Generator, n: int = RATERS) -> pd.DataFrame:
    """Respondents with rating, recommendation and weight; of those who rate 5, as many become promoters, or cease to be
    any, as make their share θ + 2 P(promoter given 4) − P(promoter given 3).
    """
    rated = _sfo()
    three, four, five = rated.shares
    wanted = theta + 2 * four - three
    rows = rng.integers(0, len(rated.answers), n)
    rating, recommend, weight = rated.answers[rows].T
    promotes = recommend >= 9
    moved = (1 - wanted / five) * promotes + (wanted - five) / (1 - five) * ~promotes
    other = (rating == RATINGS[2]) & (rng.random(n) < moved)
    recommend = np.where(other, np.where(promotes, 8.0, 9.0), recommend)
    answers = (pd.Series(values) for values in (rating, recommend, weight))
    return loyalty.last_step(*answers, levels=RATINGS)


def repurchase(theta: float, rng: np.random.Generator, n: int = BUYERS) -> pd.DataFrame:
    """Customers with their earlier repeat purchases; some have another customer's later window in place of their own.

    The top third are those with two repeat purchases or more, in the shipped data and in all samples, since ties stay
    together. If a part a keep their own, θ is a times that of the shipped data.
    """
    earlier, later, difference = _cdnow()
    own = rng.integers(0, len(earlier), n)
    others = np.where(rng.random(n) < theta / difference, own, rng.integers(0, len(earlier), n))
    return loyalty.repurchase_difference(pd.Series(earlier[own]), pd.Series(later[others]))


def leaving(theta: float, rng: np.random.Generator, n: int = SUBSCRIBERS) -> pd.DataFrame:
    """Subscribers with usage and complaint; who leaves follows a logistic model fitted to the shipped data, but for the
    coefficient of the complaint, which makes the adjusted difference θ, and the constant, which keeps the share who
    leave. So the model of the claim is right here. Where usage acts in bends it is not, and the adjusted difference
    keeps part of what usage explains.
    """
    frame, p = _leavers(theta)
    rows = rng.integers(0, len(frame), n)
    drawn = frame.iloc[rows].assign(**{LEFT: (rng.random(n) < p[rows]).astype(int)})
    return lifecycle.adjusted_difference(drawn.reset_index(drop=True), LEFT, COMPLAINT, USAGE)


def programme(theta: float, rng: np.random.Generator, n: int = MEMBERS) -> pd.DataFrame:
    """The members of the chapter with an effect of θ. Where it is below 0, members lose each purchase after joining
    with the probability that takes −θ off their mean.
    """
    panel = simulate.programme_members(n, rng, effect=max(theta, 0.0))
    if theta < 0:
        after = panel["member"] & (panel["period"] >= panel["joined"])
        kept = rng.binomial(panel["purchases"], 1 + theta / members_mean())
        panel["purchases"] = panel["purchases"].mask(after, kept)
    return loyalty.did(panel)


def members_mean() -> float:
    """Purchases per period of members after joining, in `simulate.programme_members` without an effect."""
    rate, scale = stats.gamma(2.0, scale=0.5), np.sqrt(0.5)

    def joins(r: float, power: int) -> float:
        odds = np.log(0.3 / 0.7) + (r - 1) / scale
        return float(r**power * rate.pdf(r) * special.expit(odds))

    mean, share = (integrate.quad(joins, 0, 40, args=(power,))[0] for power in (1, 0))
    return float(mean / share + 0.05 * np.arange(4, 8).mean())


def campaign(theta: float, rng: np.random.Generator, n: int = SENT) -> pd.DataFrame:
    """A card sent by lot adds θ to each customer's probability to buy again, which is 0.2 on average."""
    sent = simulate.birthday_campaign(n, rng, effect=theta)
    return loyalty.ab_test(sent.loc[sent["card"], "bought"], sent.loc[~sent["card"], "bought"])


class Rated(NamedTuple):
    """(n, 3) rating, recommendation, weight; the weighted shares of promoters among those who rate 3, 4 and 5."""

    answers: Array
    shares: tuple[float, ...]


@cache
def _ecsi() -> Array:
    """The answers to each question, lowest first."""
    return np.sort(datasets.load("ecsi_mobile")[[*SATISFACTION, *LOYALTY]].to_numpy(float), axis=0)


@cache
def _sfo() -> Rated:
    scale = {"Q7ALL": (1, 5), "NETPRO": (0, 10)}
    found = survey.read(datasets.locate("sfo_survey"), list(scale), scale=scale, weight="WEIGHT")
    answers = found.answers.assign(weight=found.weights).dropna().to_numpy(float)
    rating, recommend, weight = answers.T
    shares = [np.average(recommend[rating == s] >= 9, weights=weight[rating == s]) for s in RATINGS]
    return Rated(answers, tuple(map(float, shares)))


@cache
def _cdnow() -> tuple[Array, Array, float]:
    """Earlier repeat purchases, whether each customer bought later, and θ of the shipped data."""
    roles = {"customer": "customer_id", "date": "date", "amount": "amount_usd"}
    log = transactions.read(datasets.path("cdnow_sample"), **roles)
    windows = log.summary(unit="week", calibration_end="1997-09-30")
    earlier, later = windows["x"].to_numpy(float), windows["x_holdout"].to_numpy() > 0
    return earlier, later, float(later[earlier >= 2].mean() - later[earlier < 2].mean())


@cache
def _leavers(theta: float) -> tuple[pd.DataFrame, Array]:
    """The shipped table, and the probability of each row to leave in a world with this θ."""
    frame = datasets.load("telecom_churn")[[LEFT, COMPLAINT, *USAGE]]
    left = frame[LEFT].to_numpy(float)
    x = Design.learn(frame, [COMPLAINT, *USAGE]).matrix(frame)
    beta, _ = logistic(x, left)
    complained = frame[COMPLAINT].to_numpy(float)
    usage = x.to_numpy()[:, 2:] @ beta[2:]

    def missed(parameters: Array) -> list[float]:
        with_it, without = special.expit(usage + parameters.sum()), special.expit(usage + parameters[0])
        mean = np.where(complained == 1, with_it, without).mean()
        return [float((with_it - without).mean()) - theta, float(mean - left.mean())]

    constant, effect = optimize.root(missed, beta[:2], tol=1e-12).x
    return frame, special.expit(usage + constant + effect * complained)


WORLDS = {
    "LOY-1": World(
        "LOY-1",
        truths(0.5, 0.7, 0.0),
        two_scales,
        RESPONDENTS,
        "the ECSI survey of mobile customers: normal satisfaction and loyalty with correlation θ, questions as good "
        "and answers spread as there (loadings .67, .72, .81 and .61, .12, .89)",
    ),
    "LOY-2": World(
        "LOY-2",
        truths(0.0, 0.1, -0.1),
        last_step,
        RATERS,
        "the SFO survey: its respondents with ratings, recommendations and weights, drawn with replacement; among "
        "those who rate 5, promoters are added or taken away by lot until θ is exact",
    ),
    "LOY-3": World(
        "LOY-3",
        truths(0.2, 0.3, 0.0),
        repurchase,
        BUYERS,
        "the CDNOW sample: its customers with their earlier repeat purchases, drawn with replacement; a part of them, "
        "by lot, get the later window of any customer, which makes θ exact",
    ),
    "LOY-4": World(
        "LOY-4",
        truths(0.1, 0.2, 0.0),
        leaving,
        SUBSCRIBERS,
        "the Iranian telecom data: its customers with usage and complaints, drawn with replacement; who leaves follows "
        "the logistic model fitted there, with the coefficient of the complaint that makes θ exact",
    ),
    "LOY-5": World(
        "LOY-5",
        truths(0.0, 0.5, -0.5),
        programme,
        MEMBERS,
        "the simulated members of the chapter, with an effect of θ purchases a period (below 0: members lose purchases "
        "by lot); .5 is the effect in the chapter",
    ),
    "LOY-6": World(
        "LOY-6",
        truths(0.0, 0.04, -0.04),
        campaign,
        SENT,
        "a campaign sent by lot to half of 2,000 customers of whom 20 % buy again without it; four percentage points "
        "are the effect for which the chapter plans",
    ),
}
