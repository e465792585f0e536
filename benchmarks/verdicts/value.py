"""Worlds for the claims on customer value that are tested on purchases: VAL-1, VAL-2, VAL-5.

Customers are drawn with replacement from those of CDNOW, the leading data set of these claims. θ is that of the table
as a population.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from scipy import optimize, stats

from benchmarks.verdicts import sample
from benchmarks.verdicts.shaping import ranks
from benchmarks.verdicts.world import World, truths
from crmtheory import concentration
from crmtheory.numerics import Array

CUSTOMERS = 2357
SEED = 20  # of the order among equals, which is part of the world


@cache
def _revenue(theta: float) -> Array:
    real = sample.cdnow().revenue().to_numpy(float)
    real = real[real > 0]
    power = optimize.brentq(lambda p: concentration.top_share(real**p) - theta, 0.2, 5, xtol=1e-12)
    return real**power


def revenues(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """VAL-1. Revenues of customers raised to a power, which leaves their order and spreads them until the top fifth
    holds θ.
    """
    return pd.DataFrame({"revenue": rng.choice(_revenue(theta), CUSTOMERS)})


@cache
def _rankings() -> tuple[Array, Array]:
    """Places by lifetime value, past spend and later revenue, without ties; and the part of later revenue that the top
    fifth of each holds.
    """
    table, rng = sample.race(), np.random.default_rng(SEED)
    columns = ["clv", "past_spend", "holdout_revenue"]
    places = np.column_stack([ranks(table[name].to_numpy(), rng) for name in columns])
    later = table["holdout_revenue"].to_numpy()
    return places, np.array([concentration.captured(place, later) for place in places.T])


def rankings(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """VAL-2. Two rankings that are equally good: for each customer a coin says which is called that by lifetime value.
    For a part w of the customers the one is then the ranking by what came later (the other, for θ below 0). All
    rankings have the same places to give, so parts add up: θ = w (c₃ − (c₁ + c₂) / 2), c what the top fifth of each
    captures.
    """
    places, held = _rankings()
    known = abs(theta) / (held[2] - held[:2].mean())
    pick = rng.integers(0, len(places), len(places))
    coin = (rng.random(len(pick)) < 0.5).astype(int)
    first, second = places[pick, coin], places[pick, 1 - coin]
    better = np.where(rng.random(len(pick)) < known, places[pick, 2], first)
    named = (better, second) if theta >= 0 else (second, better)
    later = sample.race()["holdout_revenue"].to_numpy()[pick]
    return pd.DataFrame({"clv": named[0], "past_spend": named[1], "holdout_revenue": later})


@cache
def _frequency() -> tuple[pd.DataFrame, Array, float, float]:
    """Purchases and mean amount of those who came again; the amounts in the order of the purchases; the rank
    correlation of the customers as they are, and of that order.
    """
    table = sample.race()
    again = table.loc[(table["x"] > 0) & (table["m"] > 0), ["x", "m"]].astype(float).reset_index(drop=True)
    place = ranks(again["x"].to_numpy(), np.random.default_rng(SEED)).astype(int) - 1
    sorted_amounts = np.sort(again["m"].to_numpy())[place]
    as_they_are, ordered = (
        float(stats.spearmanr(again["x"], m).statistic) for m in (again["m"], sorted_amounts)
    )
    return again, sorted_amounts, as_they_are, ordered


def repeat_buyers(theta: float, rng: np.random.Generator) -> pd.DataFrame:
    """VAL-5. For a half of a part of the customers, both numbers are those of one real customer, or the amount is the
    one of the same rank; for all others purchases and amount come from different customers. Both numbers keep their
    distributions, so the parts' rank correlations add up to θ.
    """
    again, ordered, real, perfect = _frequency()
    n = len(again)
    part = theta / ((real + perfect) / 2)
    own, other = rng.integers(0, n, n), rng.integers(0, n, n)
    which = rng.random(n)
    amounts = again["m"].to_numpy()
    m = np.where(which < part / 2, amounts[own], np.where(which < part, ordered[own], amounts[other]))
    return pd.DataFrame({"x": again["x"].to_numpy()[own], "m": m})


WORLDS = {
    "VAL-1": World(
        "VAL-1", truths(0.8, 0.9, 0.7), revenues, CUSTOMERS,
        "the revenues of the CDNOW sample raised to a power (clearly true and false: .10 above and below the "
        "threshold)",
    ),
    "VAL-2": World(
        "VAL-2", truths(0.0, 0.05, -0.05), rankings, CUSTOMERS,
        "the CDNOW sample with its two rankings mixed, and one of them improved by what came later (clearly true and "
        "false: five points more and less of later revenue)",
    ),
    "VAL-5": World(
        "VAL-5", truths(0.1, 0.0, 0.2), repeat_buyers, 946,
        "the repeat buyers of the CDNOW sample, purchases and amounts put together anew (clearly true: no correlation; "
        "clearly false: twice the threshold)",
    ),
}  # fmt: skip
