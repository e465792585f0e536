"""Worlds for the claims on customer segmentation.

SEG-1 and SEG-5 draw later spend with replacement from the customers of the online retailer, class by class, with its
extremes, and scale it so that the means of the classes are known.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from scipy import optimize, stats

from benchmarks.verdicts import sample
from benchmarks.verdicts.world import World, truths
from crmtheory import segmentation, simulate
from crmtheory.numerics import Array

MARGIN = 0.30  # of the chapter, as are the treatments: name → cost, gain
TREATMENTS = {"mailing": [2.0, 0.03], "personal contact": [40.0, 0.15]}
BEST = {0.0: 0.0, 1.7: 2.0}  # θ → what the best policy by segment gains per customer
BREAK_EVEN = 2.0 / 0.03  # later profit of a customer at which a mailing brings just what it costs

HIGH = 0.2  # share of class high
# Customers of the first half of the log, those of them who came again in the second, and those who were high then.
FIRST, KEPT, STAYED_UP = 4261, 2692, 708
NEW = 1582  # customers who came in the second half

ASKED, RESAMPLES = 1000, 30  # respondents, bootstrap samples as in the chapter
SIZES, QUESTIONS = (0.5, 0.3, 0.2), 20
# θ → how far the groups lie apart, found by simulation of some 300 data sets (± 0.007)
SEPARATION = {0.6: 0.256, 0.8: 0.315, 0.09: 0.0}
SHUFFLES = 20  # worlds without groups of which each data set is compared with one


def spend_by_class(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """SEG-1. Classes of the size they have in the shop; their later spend as in the shop, the high class scaled."""
    real = {name: part["later"].to_numpy() for name, part in sample.halves().groupby("value_class")}
    real["high"] = real["high"] * (np.exp(theta) * real["low"].mean() / real["high"].mean())
    drawn = {name: rng.choice(values, len(values)) for name, values in real.items()}
    names = np.repeat(list(drawn), [len(values) for values in drawn.values()])
    return pd.DataFrame({"value_class": names, "later_value": np.concatenate(list(drawn.values()))})


@cache
def _links(theta: float) -> tuple[float, float, float, float]:
    """Correlation of the values of both years; least value of a buyer and of class high in the second; mean of the
    newcomers' values, so that in the second year too a fifth is high.
    """
    least, high = stats.norm.isf([KEPT / FIRST, STAYED_UP / FIRST])
    first = stats.norm.isf(HIGH)

    def stays(r: float) -> float:
        return float(stats.multivariate_normal.cdf([-first, -high], cov=[[1, r], [r, 1]])) / HIGH

    up = (HIGH * (KEPT + NEW) - STAYED_UP) / NEW
    mean = optimize.brentq(lambda m: stats.norm.sf(high - m) / stats.norm.sf(least - m) - up, -5, 2)
    return optimize.brentq(lambda r: stays(r) - theta, 0, 0.999), least, high, mean


def two_years(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """SEG-2. Values of both years are normal and correlated; who falls below a limit is gone, and others come. Both
    years are classed by `tiers`. θ is the part of the best fifth of one year who are above the limit of class high in
    the next, from the bivariate normal distribution.
    """
    r, least, _, mean = _links(theta)
    before = rng.standard_normal(FIRST)
    after = r * before + np.sqrt(1 - r**2) * rng.standard_normal(FIRST)
    fresh = stats.norm.isf(rng.random(NEW) * stats.norm.sf(least - mean)) + mean
    bought = after > least
    second = pd.Series(
        np.concatenate([after[bought], fresh]), [*np.flatnonzero(bought), *range(FIRST, FIRST + NEW)]
    )
    first = segmentation.tiers(pd.Series(before), (HIGH, 0.3)).rename("before")
    classed = segmentation.tiers(second, (HIGH, 0.3)).reindex(first.index)
    return first.to_frame().assign(after=classed.astype(object).fillna("gone"))


def active_and_silent(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """SEG-3. Classes of activity as often as in the shop. The silent and churned buy with the chance they have there,
    the active with θ more than the silent.
    """
    real = sample.halves()
    chance = real.groupby("activity")["bought"].mean()
    chance["active"] = chance["silent"] + theta
    activity = rng.choice(real["activity"].to_numpy(), len(real))
    return pd.DataFrame({"activity": activity, "bought": rng.random(len(real)) < chance[activity].to_numpy()})


def answers(separation: float, rng: np.random.Generator) -> pd.DataFrame:
    """Yes or no to twenty questions. Three groups: each says yes more often to a third of the questions."""
    own = np.arange(QUESTIONS) % 3 == np.arange(3)[:, None]
    means = 0.4 + separation * (own - 1 / 3)
    return simulate.segments_world(ASKED, rng, sizes=SIZES, means=means)[0]


def need_groups(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """SEG-4. The groups are searched for as in the chapter, but their number, three, is known. θ has no formula: how
    far the groups must lie apart for it was found by simulation.
    """
    asked = answers(SEPARATION[theta], rng)
    stable = segmentation.stability(asked, 3, "k-means", rng, resamples=RESAMPLES)
    return stable.assign(customers=ASKED, chance_high=_by_chance(theta, int(rng.integers(SHUFFLES))))


@cache
def _by_chance(theta: float, number: int) -> float:
    """How far shuffled answers come back. What shuffling leaves, the share of yes to each question, is much the same in
    all data sets of a world, so one of a few is taken, which saves half of the time.
    """
    rng = np.random.default_rng([number, round(100 * theta)])
    asked = answers(SEPARATION[theta], rng)
    return float(segmentation.no_groups(asked, 3, "k-means", rng, resamples=RESAMPLES // 2)["high"].iloc[0])


@cache
def _segments() -> tuple[list[str], Array, list[Array]]:
    """Names, sizes and later profits of the nine segments, these divided by their mean."""
    table = sample.halves()
    table = table.assign(
        segment=table["value_class"] + ", " + table["activity"],
        profit=(MARGIN * table["later"]).clip(lower=0),
    )
    parts = {name: part["profit"].to_numpy() for name, part in table.groupby("segment")}
    return list(parts), np.array([len(v) for v in parts.values()]), list(parts.values())


def profits(power: float) -> Array:
    """Mean later profit of each segment: all at the break-even of a mailing (0) to what they are in the shop (1)."""
    real = np.array([values.mean() for values in _segments()[2]])
    return BREAK_EVEN * (real / BREAK_EVEN) ** power


def best_gain(means: Array) -> float:
    """What the best policy by segment brings per customer, less the best single treatment, at these means."""
    weight = _segments()[1] / _segments()[1].sum()
    each = np.array([[0.0] * len(means), *(gain * means - cost for cost, gain in TREATMENTS.values())])
    return float(weight @ each.max(axis=0) - (each @ weight).max())


@cache
def _means(theta: float) -> Array:
    if theta < 0:
        return 2 * profits(0)
    best = BEST[theta]
    return profits(optimize.brentq(lambda p: best_gain(profits(p)) - best, 0, 1) if best > 0 else 0.0)


def treating(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """SEG-5. Customers of the nine segments with later profits as in the shop, but other means.

    θ is what the policies gain that are found on half of the customers, on average over what they find. Where a mailing
    just pays in each segment, that is 0 for all of them. Else it is less than the best policy gains; how much, was
    found by simulation of 1,000 data sets (± 0.02), from the segments' true means.
    """
    names, size, real = _segments()
    drawn = [rng.choice(v, n) * (m / v.mean()) for v, n, m in zip(real, size, _means(theta), strict=True)]
    segment = pd.Series(np.repeat(names, size))
    profit = pd.Series(np.concatenate(drawn))
    return segmentation.policy_profit(segment, profit, segmentation.stated(TREATMENTS), rng).gain


WORLDS = {
    "SEG-1": World(
        "SEG-1", truths(1.0986122886681098, np.log(6), np.log(1.5)), spend_by_class, 4284,
        "the value classes of the online retailer with their later spend, that of the high class scaled (clearly true: "
        "six times as much as the low class; clearly false: one and a half times)",
    ),
    "SEG-2": World(
        "SEG-2", truths(0.5, 0.6, 0.4), two_years, 4261,
        "as many customers as the online retailer has in both halves of its log, with normal values; some leave and "
        "others come (clearly true and false: .10 above and below the threshold)",
    ),
    "SEG-3": World(
        "SEG-3", truths(0.2, 0.3, 0.1), active_and_silent, 4284,
        "the classes of activity of the online retailer; the silent buy as often as there (clearly true and false: .10 "
        "above and below the threshold)",
    ),
    "SEG-4": World(
        "SEG-4", truths(0.6, 0.8, 0.09), need_groups, ASKED,
        "1,000 people, 20 questions of yes or no, three groups (clearly true: half-way from the threshold to perfect; "
        "clearly false: no groups)",
    ),
    "SEG-5": World(
        "SEG-5", truths(0.0, 1.7, -0.04), treating, 4284,
        "the nine segments of the online retailer with their later profits, scaled: a mailing just pays for itself in "
        "each (clearly true: the best policy by segment gains 2 per customer, the cost of a mailing, and those that "
        "are found gain 1.7; clearly false: a mailing is best for all, and other policies lose)",
    ),
}  # fmt: skip
