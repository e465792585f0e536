"""Worlds whose truth is known: customers drawn from them, intervals of fitted models, and what these should hold.

Notation: x, t_x, T, m as in a summary, in weeks; θ true parameters of buying; ν a customer's own rate of spend, the
same before and after the end of observation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from crmtheory import value
from crmtheory.models import BGNBD, MBGNBD, NBD, Attrition, GammaGamma, ParetoNBD
from crmtheory.numerics import Array
from crmtheory.units import force_of_interest

LEVEL = 0.95
AHEAD = 52.0  # weeks
RATE = 0.10  # a year
DRAWS = 119  # simulated futures; the third smallest and the third largest of them hold 114 / 120 = 95% of one more
ASKED = 250  # of so many customers of a data set each one's own averages are looked at
SPEND = (6.25, 3.74, 15.44)  # p, q, γ


@dataclass(frozen=True)
class World:
    """Where customers come from, and what is fitted to them.

    `aim` is what the estimates of the fitted model come to with ever more customers: the true parameters, if the
    fitted model is the true one.
    """

    name: str
    model: Attrition
    theta: tuple[float, ...]
    fitted: Attrition
    aim: tuple[float, ...] = ()

    @property
    def true(self) -> bool:
        return type(self.fitted) is type(self.model)


class Interval(NamedTuple):
    """Limits and truth, one number each or one per customer."""

    question: str
    low: Any
    high: Any
    truth: Any


PARETO = (0.8, 8.0, 0.6, 12.0)
WORLDS = (
    *(
        World(model.name, model, theta, model, theta)
        for model, theta in (
            (ParetoNBD(), PARETO),
            (BGNBD(), (0.8, 8.0, 0.8, 2.5)),
            (MBGNBD(), (0.8, 8.0, 0.8, 2.5)),
            (NBD(), (0.8, 12.0)),
        )
    ),
    World("BG/NBD where the Pareto/NBD is true", ParetoNBD(), PARETO, BGNBD()),
)


def drawn(world: World, customers: int, rng: np.random.Generator) -> pd.DataFrame:
    """Customers of 27 to 52 weeks with x, t_x, T, m, and what they will do in a year: x_holdout, revenue."""
    ages = rng.integers(27 * 7, 52 * 7 + 1, customers) / 7
    frame = world.model.simulate(world.theta, ages, rng, t=AHEAD)
    p, q, gamma = SPEND
    own = rng.gamma(q, 1 / gamma, customers)
    past, revenue = (
        np.where(frame[column] > 0, rng.gamma(p * np.maximum(frame[column], 1)) / own, 0.0)
        for column in ("x", "x_holdout")
    )
    return frame.assign(m=past / frame["x"].where(frame["x"] > 0), revenue=revenue)


def truths(world: World, frame: pd.DataFrame) -> dict[str, Array]:
    """What is true of each customer, given the same history, (n,) each: clv, purchases, p_alive.

    >>> frame = pd.DataFrame({"x": [2], "t_x": [5.0], "T": [40.0], "m": [30.0]})
    >>> nbd = WORLDS[3]  # (r + x) / (α + T) · 52
    >>> round(float(truths(nbd, frame)["purchases"][0]), 3)
    2.8
    """
    history = [frame[column].to_numpy(float) for column in ("x", "t_x", "T")]
    discounted = world.model.discounted(world.theta, AHEAD, force_of_interest(RATE, "week"), *history)
    spend = GammaGamma().conditional_mean(SPEND, history[0], frame["m"].fillna(0.0).to_numpy())
    return {
        "clv": discounted * spend,
        "purchases": world.model.conditional(world.theta, AHEAD, *history),
        "p_alive": world.model.p_alive(world.theta, *history),
    }


def of_parameters(world: World, fit: Any, spend: Any) -> Iterator[Interval]:
    """The intervals of the parameters of both models."""
    for part, aim in ((fit, world.aim), (spend, SPEND)):
        table = part.table(LEVEL)
        for name, low, high, truth in zip(table.index, table["low"], table["high"], aim, strict=True):
            yield Interval(str(name), low, high, truth)


def of_totals(world: World, frame: pd.DataFrame, fit: Any, spend: Any) -> Iterator[Interval]:
    """Confidence intervals of what is expected of all customers together."""
    true = truths(world, frame)
    equity = value.equity(fit, spend, frame, horizon=AHEAD, discount_rate=RATE, level=LEVEL).iloc[0]
    yield Interval("total CLV", equity["low"], equity["high"], true["clv"].sum())
    total = fit.total("conditional", frame, AHEAD, level=LEVEL).iloc[0]
    yield Interval("total expected purchases", total["low"], total["high"], true["purchases"].sum())


def of_customers(world: World, frame: pd.DataFrame, fit: Any, spend: Any) -> Iterator[Interval]:
    """Confidence intervals of what is expected of each of the first customers (they come in no order)."""
    few = frame[:ASKED]
    true = truths(world, few)
    own = value.clv(fit, spend, few, horizon=AHEAD, discount_rate=RATE, level=LEVEL)
    for name, words in (("clv", "CLV"), ("purchases", "expected purchases"), ("p_alive", "P(alive)")):
        if name != "p_alive" or not isinstance(
            world.fitted, NBD
        ):  # in an NBD everybody stays: nothing is estimated
            yield Interval(f"one customer's {words}", own[f"{name}_low"], own[f"{name}_high"], true[name])


def of_futures(frame: pd.DataFrame, fit: Any, spend: Any, rng: np.random.Generator) -> Iterator[Interval]:
    """Prediction intervals, of all customers together and of each; the truth is what they did."""
    each, together = value.forecast(fit, spend, frame, rng, horizon=AHEAD, level=LEVEL, draws=DRAWS)
    for name, came in {"purchases": frame["x_holdout"], "revenue": frame["revenue"]}.items():
        low, high = (float(together[f"{name}_{end}"].iloc[0]) for end in ("low", "high"))
        yield Interval(f"next year's {name}", low, high, came.sum())
        yield Interval(f"one customer's next {name}", each[f"{name}_low"], each[f"{name}_high"], came)


def shares(interval: Interval) -> tuple[float, float, float]:
    """Share of the intervals that hold their truth, that lie below it, and that lie above it.

    >>> shares(Interval("?", np.array([1.0, 2.0, np.nan, 0.0]), np.array([2.0, 3.0, np.nan, 0.5]), 1.5))
    (0.25, 0.25, 0.25)
    """
    low, high, truth = (np.asarray(part, float) for part in interval[1:])
    held = (low <= truth) & (truth <= high)
    return float(held.mean()), float(np.mean(high < truth)), float(np.mean(low > truth))


def aimed(world: World, customers: int, rng: np.random.Generator) -> World:
    """The world with its `aim`; for a model that is not true, what a fit to 200 times as many customers finds."""
    if world.aim:
        return world
    fit = world.fitted.fit(drawn(world, 200 * customers, rng), "week")
    return replace(world, aim=tuple(float(part) for part in fit.theta))
