"""Worlds for the claims on the customer lifecycle.

LIF-1, LIF-2, LIF-5 and LIF-6 draw customers from the tables of the chapter with replacement, so that the amounts, the
scores and their ties are those of real customers; θ is that of the table as a population.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.verdicts import sample
from benchmarks.verdicts.shaping import tilted
from benchmarks.verdicts.world import World, truths
from crmtheory import lifecycle
from crmtheory.numerics import Array

COHORT, FIRST_YEAR, YEARS = 1000, 0.631, 7  # size, retention of the first year, years of the published table
LOST = 626  # customers of the shop who had been judged lost half a year before its log ends


def share_between(stage: pd.Series, spend: pd.Series) -> float:
    """The share of the variance of mid-ranks of spend that lies between stages, if these rows are everybody."""
    rank = pd.Series(stats.rankdata(spend))
    mean = rank.groupby(stage.to_numpy()).transform("mean")
    return float(mean.var() / rank.var())


@cache
def _stages_matter() -> float:
    table = sample.outlook()
    return share_between(table["stage"].astype(str), table["next_spend"])


def spend_by_stage(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """LIF-1. A part w of the customers spends as somebody of the same stage did, the others as anybody did. Amounts
    keep their distribution, so ranks stay what they are, and the differences between stages shrink by w: θ = w² θ₁ with
    θ₁ that of the shop.
    """
    table = sample.outlook()
    n = len(table)
    own, other = rng.integers(0, n, n), rng.integers(0, n, n)
    keeps = rng.random(n) < np.sqrt(theta / _stages_matter())
    spend = table["next_spend"].to_numpy()[np.where(keeps, own, other)]
    return pd.DataFrame({"stage": table["stage"].astype(str).to_numpy()[own], "next_spend": spend})


@cache
def _silence(theta: float) -> tuple[Array, Array]:
    table = sample.outlook()
    table = table[table["stage"] != "lost"]
    risk = table["risk"].to_numpy()
    return risk, tilted(risk, float(table["silent"].mean()), theta)


def falling_silent(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """LIF-2. Customers keep their stage and its risk; the chance of silence rises with it as steeply as θ asks."""
    risk, chance = _silence(theta)
    pick = rng.integers(0, len(risk), len(risk))
    return pd.DataFrame({"risk": risk[pick], "silent": rng.random(len(pick)) < chance[pick]})


def returning(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """LIF-3. Each customer judged lost buys again with chance θ."""
    return pd.DataFrame({"returned": rng.random(LOST) < theta})


def renewing(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """LIF-4. Every customer has a churn probability that never changes, drawn from a beta distribution (sBG); the
    retention rate of year t is (β + t − 1) / (α + β + t − 1). With r₁ = β / (α + β), year 5 is 4 (1 − r₁) / (α + β + 4)
    above year 1, which gives α + β; with θ = 0 all have the same probability.
    """
    churn: Array | float = 1 - FIRST_YEAR
    if theta > 0:
        both = 4 * (1 - FIRST_YEAR) / theta - 4
        churn = rng.beta(both * (1 - FIRST_YEAR), both * FIRST_YEAR, COHORT)
    left_in = rng.geometric(churn, COHORT)
    there = (left_in[:, None] > np.arange(YEARS + 1)).sum(axis=0)
    return lifecycle.retention_rates(100 * there / COHORT, COHORT)


def thirds_of_life(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """LIF-5. Customers with the spend of the three thirds of their lives as in the shop, each third scaled so that the
    last brings twice what the first does and the middle θ times the mean more than the last.

    Of all worlds with this θ it is one of those in which the claim is supported most easily: where both ends are alike,
    the larger of two estimates is too large on average.
    """
    real = sample.thirds().to_numpy()
    last = (3 - theta) / 2.5
    lives = real / real.mean(axis=0) * [last / 2, last + theta, last]
    return pd.DataFrame(lives[rng.integers(0, len(lives), len(lives))], columns=sample.thirds().columns)


@cache
def _leads(theta: float) -> tuple[Array, Array]:
    table = sample.lead_scores()
    score = table["score"].to_numpy()
    return score, tilted(score, float(table["converted"].mean()), theta)


def calling(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """LIF-6. Scores of later contacts as the score of the chapter gives them; the chance of a sale rises with the score
    as steeply as θ asks. The score itself is not learnt anew: θ is that of this score.
    """
    score, chance = _leads(theta)
    pick = rng.integers(0, len(score), len(score))
    return pd.DataFrame({"score": score[pick], "converted": rng.random(len(pick)) < chance[pick]})


WORLDS = {
    "LIF-1": World(
        "LIF-1", truths(0.06, 0.12, 0.03), spend_by_stage, 5268,
        "the customers of the online retailer by stage; a part of them spends as others of the stage did, the rest as "
        "anybody did (clearly true: twice the threshold; clearly false: half)",
    ),
    "LIF-2": World(
        "LIF-2", truths(0.7, 0.8, 0.6), falling_silent, 4309,
        "the customers of the online retailer not yet lost, with the risk of their stage; the chance of silence rises "
        "with the risk (clearly true and false: .10 above and below the threshold)",
    ),
    "LIF-3": World(
        "LIF-3", truths(0.05, 0.1, 0.025), returning, LOST,
        "the lost customers of the online retailer, each with the same chance to buy again (clearly true: twice the "
        "threshold; clearly false: half)",
    ),
    "LIF-4": World(
        "LIF-4", truths(0.05, 0.1, 0.0), renewing, COHORT,
        "a cohort as in the published table, 63.1 % of whom renew in the first year; churn differs between "
        "customers (clearly true: twice the threshold; clearly false: one probability for all)",
    ),
    "LIF-5": World(
        "LIF-5", truths(0.0, 0.2, -0.2), thirds_of_life, 253,
        "the ended lives of the online retailer; the last third brings twice the first (clearly true and false: the "
        "middle a fifth of the mean above and below the last)",
    ),
    "LIF-6": World(
        "LIF-6", truths(0.7, 0.8, 0.6), calling, 13564,
        "the later contacts of the bank with their scores; the chance of a sale rises with the score (clearly true and "
        "false: .10 above and below the threshold)",
    ),
}  # fmt: skip
