"""Households who choose among brands by a known rule, for models of choice."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import softmax

from crmtheory.errors import DomainError
from crmtheory.simulate.drawing import whole

LIKED = {"plain": 0.0, "good": 0.5, "best": 1.0}


def choosing_households(
    n: int,
    rng: np.random.Generator,
    *,
    price: float,
    constants: Mapping[str, float] | None = None,
    prices: tuple[float, float] = (1.0, 2.5),
    choices: int = 10,
    display: float = 0.0,
    spread: float = 0.0,
) -> pd.DataFrame:
    """Households who take the brand of the highest utility, again and again.

    Truth: utility = price · p + display · d + constant + taste + ε, with prices p uniform and display d (one time in
    five) drawn anew for each brand and choice, ε extreme-value (Gumbel) distributed, and the taste of a household for a
    brand normal with standard deviation `spread`, the same at all its choices. Without spread, choices follow a
    conditional logit with these coefficients, and the elasticity of a brand to its own price at one choice is price · p
    · (1 − P).

    What a naive method will say: with spread, choices of one household are alike. Standard errors that take them as
    independent are too small for the constants, and coefficients are drawn towards 0: they describe the crowd and no
    household. The elasticity of the crowd comes out about right all the same (`choice_elasticity` is the truth).

    Parameters
    ----------
    n : households
    price : coefficient of price; constants : brand → what is liked about it, at least two; by default three brands
    prices : lowest and highest price; choices : of each household; display : coefficient of display
    spread : of tastes between households

    Returns
    -------
    frame, one row per choice: id, price.BRAND, disp.BRAND, choice

    Raises
    ------
    DomainError : fewer than two brands, no households, prices out of order or not above 0, a spread below 0

    >>> choosing_households(2, np.random.default_rng(1), price=-2.0, choices=1).columns[-1]
    'choice'
    """
    n, choices = whole(n, "households"), whole(choices, "choices")
    liked = dict(LIKED if constants is None else constants)
    low, high = _checked(liked, prices, spread)
    shape = (n * choices, len(liked))
    p = rng.uniform(low, high, shape)
    shown = (rng.random(shape) < 0.2).astype(int)
    taste = np.repeat(rng.normal(0, spread, (n, len(liked))), choices, axis=0)
    utility = price * p + display * shown + np.array(list(liked.values())) + taste + rng.gumbel(size=shape)
    names = np.array(list(liked), dtype=object)
    columns: dict[str, np.ndarray] = {"id": np.repeat(np.arange(1, n + 1), choices)}
    columns |= {f"price.{name}": p[:, j] for j, name in enumerate(names)}
    columns |= {f"disp.{name}": shown[:, j] for j, name in enumerate(names)}
    return pd.DataFrame({**columns, "choice": names[utility.argmax(axis=1)]})


def choice_elasticity(
    rng: np.random.Generator,
    *,
    price: float,
    constants: Mapping[str, float] | None = None,
    prices: tuple[float, float] = (1.0, 2.5),
    display: float = 0.0,
    spread: float = 0.0,
    draws: int = 100_000,
) -> float:
    """Minus the own-price elasticity of all who choose as in `choosing_households`: the brands' mean by share.

    An average over so many drawn choices, with the probabilities of each household's own tastes.

    >>> round(choice_elasticity(np.random.default_rng(1), price=-2.0, constants={"a": 0, "b": 0}, prices=(1, 1)), 9)
    1.0
    """
    liked = dict(LIKED if constants is None else constants)
    low, high = _checked(liked, prices, spread)
    shape = (whole(draws, "draws"), len(liked))
    p = rng.uniform(low, high, shape)
    utility = price * p + display * (rng.random(shape) < 0.2) + np.array(list(liked.values()))
    chance = softmax(utility + rng.normal(0, spread, shape), axis=1)
    return float(-(chance * (1 - chance) * price * p).sum(axis=1).mean())


def _checked(liked: Mapping[str, float], prices: tuple[float, float], spread: float) -> tuple[float, float]:
    low, high = prices
    if len(liked) < 2 or not 0 < low <= high or spread < 0:
        raise DomainError(
            "Choosing needs two brands or more, prices above 0 from low to high, and a spread of tastes of 0 or more; "
            f"these are {len(liked)} brands, prices {low:g} to {high:g} and a spread of {spread:g}."
        )
    return low, high
