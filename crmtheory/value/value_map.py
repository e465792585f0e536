"""The customer value map (客户价值图): quality as customers see it, against price.

Gale (1994, Managing Customer Value, Free Press) sets the *market-perceived quality ratio* of each offer, its quality
over the average of all offers, against its relative price, its price over the average. V = Q/P is the first over the
second. Along the *fair-value line* an offer costs what its quality is worth: above 1 in V (right of the line, where
quality is on the horizontal axis) customers get more than they pay for.

    relative quality q_j = Q_j / mean(Q)       relative price p_j = P_j / mean(P)
    fair relative price  f_j = 1 + (1 − w) / w · (q_j − 1)      w: weight of price in the choice, ½ unless known

With w = ½ the line is f = q. Quality must be on a scale with a zero, such as points from nothing, or money.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError
from crmtheory.survey.complete import complete, intervals, resampled

POSITIONS = ("better value", "fair value", "worse value")


def value_map(
    offers: pd.DataFrame,
    draws: np.ndarray | None = None,
    *,
    price_weight: float = 0.5,
    level: float = 0.95,
) -> pd.DataFrame:
    """Where each offer stands on the map.

    Parameters
    ----------
    offers : index offer; columns quality (above 0) and price (above 0)
    draws : (resamples, offers), quality drawn anew, from `rated` or `choice.worth`; without it there are no intervals
    price_weight : how much price counts in the choice against quality, between 0 and 1

    Returns
    -------
    frame on the index of the offers: relative_quality, quality_low, quality_high, relative_price, ratio (V = relative
    quality / relative price), low, high (of the ratio; all limits are NaN without draws), fair_price (price on the
    fair-value line, in the unit of price), fair_low, fair_high, position: "better value" where the whole interval of
    the fair price is above the price, "worse value" where it is below, else "fair value" (without draws: the fair price
    itself against the price)

    Raises
    ------
    SchemaError : missing columns or values, draws of another number of offers
    DomainError : fewer than two offers, quality or price of 0 or less, a weight out of range

    >>> offers = pd.DataFrame({"quality": [6.0, 9.0], "price": [10.0, 10.0]}, ["ours", "theirs"])
    >>> value_map(offers)[["ratio", "fair_price", "position"]].values.tolist()
    [[0.8, 8.0, 'worse value'], [1.2, 12.0, 'better value']]
    """
    quality, price = _checked(offers)
    slope = _slope(price_weight)
    drawn = np.empty((0, len(offers))) if draws is None else np.asarray(draws, float)
    if drawn.ndim != 2 or drawn.shape[1] != len(offers):
        raise SchemaError(
            f"draws need one column for each of the {len(offers)} offers; they have {drawn.shape}."
        )
    level_of = price.mean()

    def fair(relative: np.ndarray) -> np.ndarray:
        line: np.ndarray = level_of * (1 + slope * (relative - 1))
        return line

    relative = quality / quality.mean()
    again = drawn / drawn.mean(axis=1, keepdims=True)
    price_ratio = price / level_of
    low, high = intervals(again / price_ratio, level)
    fair_low, fair_high = intervals(fair(again), level)
    lower, upper = (fair(relative), fair(relative)) if draws is None else (fair_low, fair_high)
    near = 1e-12 * level_of
    position = np.select(
        [lower > price + near, upper < price - near], [POSITIONS[0], POSITIONS[2]], POSITIONS[1]
    )
    return pd.DataFrame(
        {
            "relative_quality": relative,
            "quality_low": intervals(again, level)[0],
            "quality_high": intervals(again, level)[1],
            "relative_price": price_ratio,
            "ratio": relative / price_ratio,
            "low": low,
            "high": high,
            "fair_price": fair(relative),
            "fair_low": fair_low,
            "fair_high": fair_high,
            "position": position,
        },
        offers.index,
    )


def fair_line(table: pd.DataFrame, price_weight: float = 0.5) -> pd.DataFrame:
    """Two ends of the fair-value line through a table of `value_map`, to draw it: relative_quality, relative_price.

    >>> offers = pd.DataFrame({"quality": [6.0, 9.0], "price": [10.0, 10.0]})
    >>> fair_line(value_map(offers))["relative_quality"].tolist()
    [0.8, 1.2]
    """
    ends = np.array([table["relative_quality"].min(), table["relative_quality"].max()])
    ends = np.array(
        [min(ends[0], table["relative_price"].min()), max(ends[1], table["relative_price"].max())]
    )
    return pd.DataFrame({"relative_quality": ends, "relative_price": 1 + _slope(price_weight) * (ends - 1)})


def rated(
    ratings: pd.DataFrame,
    price: Mapping[str, float],
    rng: np.random.Generator,
    weights: pd.Series | None = None,
    *,
    resamples: int = 2000,
    level: float = 0.95,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Quality of each offer as respondents rate it, with a (weighted) bootstrap over respondents.

    Parameters
    ----------
    ratings : one row per respondent, one column per offer; who did not rate all offers is left out, so that all offers
        are judged by the same people
    price : offer → price

    Returns
    -------
    offers : frame, index offer: quality (mean rating), low, high, price, n;  draws : (resamples, offers)

    Raises
    ------
    SchemaError : an offer without rating, ratings that are no numbers
    DomainError : fewer than 10 respondents rated all the offers

    >>> rng = np.random.default_rng(1)
    >>> ratings = pd.DataFrame(rng.integers(5, 10, (40, 2)), columns=["ours", "theirs"])
    >>> offers, draws = rated(ratings, {"ours": 9.0, "theirs": 8.0}, rng)
    >>> offers.index.tolist(), draws.shape
    (['ours', 'theirs'], (2000, 2))
    """
    names = list(price)
    found = complete(ratings, names, weights, question="The value map", least=10, constant=True)
    counts = resampled(len(found), resamples, rng) * found.weights
    draws: np.ndarray = counts @ found.values / counts.sum(axis=1, keepdims=True)
    low, high = intervals(draws, level)
    table = pd.DataFrame(
        {"quality": np.average(found.values, axis=0, weights=found.weights), "low": low, "high": high},
        pd.Index(names, name="offer"),
    )
    return table.assign(price=[float(price[name]) for name in names], n=len(found)), draws


def _slope(price_weight: float) -> float:
    if not 0 < price_weight < 1:
        raise DomainError(f"price_weight lies between 0 and 1, such as 0.5; it is {price_weight:g}.")
    return (1 - price_weight) / price_weight


def _checked(offers: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    for name in ("quality", "price"):
        if name not in offers.columns:
            raise SchemaError(f"A value map needs the columns quality and price. Missing: {name}.")
    values = offers[["quality", "price"]].to_numpy(float)
    if len(values) < 2:
        raise DomainError("A value map compares at least two offers.")
    bad = ~(values > 0).all(axis=1)
    if bad.any():
        first = int(bad.argmax())
        raise DomainError(
            f"{bad.sum()} of {len(values)} offers have no quality and price above 0, first: {offers.index[first]} "
            f"({values[first, 0]:g}, {values[first, 1]:g}). A ratio needs a scale with a zero."
        )
    return values[:, 0], values[:, 1]
