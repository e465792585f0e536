"""What a habit of marking everything high ("yea-saying") does to the coefficient of value on satisfaction.

Who marks everything high makes all answers go together, whatever customers think of the product. No single column
tells habit from contentment, so three readings stand side by side: the answers as given, the answers with their least
common correlation taken out, and each respondent centred. The first is too high if there is such a habit. The last is
another question altogether once all items point the same way: a respondent who is content with everything and one who
is content with nothing become equal.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError
from crmtheory.survey.complete import complete, intervals, resampled
from crmtheory.value import perceived

WAYS = ("as answered", "least correlation taken out", "each respondent centred")


def yea_saying(
    answers: pd.DataFrame,
    benefits: Sequence[str],
    costs: Sequence[str],
    outcome: str,
    rng: np.random.Generator,
    scale: tuple[float, float] = (1, 10),
    *,
    favourable: bool = True,
    weights: pd.Series | None = None,
    resamples: int = 1000,
    level: float = 0.95,
) -> pd.DataFrame:
    """The coefficient of value on the outcome under three readings of answers that all go together.

    "as answered" and "each respondent centred" are those of `perceived.effects`. Between them: if habit loads alike on
    every answer, it adds about the same correlation r to each pair, and r can be no more than the least correlation in
    the table. Take it out of every pair, (r_ij − r) / (1 − r), and form the coefficient of value anew (after the marker
    variable of Lindell & Whitney 2001, Journal of Applied Psychology 86, 114–121). This is a rule of thumb: the least
    correlation may itself be true. Where it is below 0, nothing is taken out. The interval is a (weighted) bootstrap.

    Parameters
    ----------
    as `perceived.effects`

    Returns
    -------
    frame, index way ("as answered", "least correlation taken out", "each respondent centred"): estimate, low,
    high, n, common (the correlation that was taken out; NaN in the third row). Where as many benefits as costs point
    the same way, centring leaves no value at all, and the third estimate is NaN.

    Raises
    ------
    as `perceived.effects`

    >>> rng = np.random.default_rng(1)
    >>> habit = rng.normal(0, 1, (900, 1))  # nobody thinks anything: all answers are habit and chance
    >>> made = pd.DataFrame(6 + habit + rng.normal(0, 1, (900, 4)), columns=["get", "give", "give too", "satisfied"])
    >>> table = yea_saying(made, ["get"], ["give", "give too"], "satisfied", rng, (-9, 21))
    >>> (table["estimate"].abs() < [0.65, 0.2, 0.05]).tolist()
    [True, True, True]
    """
    given = {"favourable": favourable, "weights": weights, "level": level}
    raw = perceived.effects(answers, benefits, costs, outcome, scale, **given).loc["value"]  # type: ignore[arg-type]
    items = [*benefits, *costs, outcome]
    found = complete(answers, items, weights, question="The effect of perceived value", least=perceived.LEAST)
    n = len(found)
    turned = 1 if favourable else -1
    parts = np.r_[np.full(len(benefits), 1 / len(benefits)), np.full(len(costs), turned / len(costs))]
    least, left = _without_least(found.values, parts, found.weights[None, :])
    draws = resampled(n, resamples, rng) * found.weights
    low, high = intervals(_without_least(found.values, parts, draws)[1], level)
    rows = [[*raw[["estimate", "low", "high"]], n, 0.0], [left[0], low, high, n, least[0]]]
    try:
        own = perceived.effects(answers, benefits, costs, outcome, scale, centred=True, **given)  # type: ignore[arg-type]
        rows.append([*own.loc["value", ["estimate", "low", "high"]], n, np.nan])
    except DomainError:  # nothing is left of value
        rows.append([np.nan, np.nan, np.nan, n, np.nan])
    table = pd.DataFrame(rows, pd.Index(WAYS, name="way"), ["estimate", "low", "high", "n", "common"])
    return table.astype({"n": int})


def _without_least(
    values: np.ndarray, parts: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The least correlation (0 if below), and the correlation of value with the outcome without it, for each draw.

    `values` (n, items) has the outcome last, `parts` what each other item adds to value, `weights` (draws, n).
    """
    k = values.shape[1]
    z = (values - values.mean(axis=0)) / values.std(axis=0)
    share = weights / weights.sum(axis=1, keepdims=True)
    first, second = np.triu_indices(k)
    mean = share @ z
    pairs = share @ (z[:, first] * z[:, second]) - mean[:, first] * mean[:, second]
    table = np.zeros((len(weights), k, k))
    table[:, first, second] = table[:, second, first] = pairs
    sd = np.sqrt(np.maximum(np.einsum("dii->di", table), 0.0))
    spread = sd[:, :, None] * sd[:, None, :]
    off = np.triu_indices(k, 1)
    # A sample in which all gave one item the same answer, or in which habit would explain all, has no answer.
    with np.errstate(invalid="ignore", divide="ignore"):
        least = np.maximum((table / spread)[:, off[0], off[1]].min(axis=1), 0.0)
        rest = (table - least[:, None, None] * spread) / (1 - least)[:, None, None]
        weight = (
            parts * values.std(axis=0)[:-1]
        )  # the items are standardised here, value is a mean of answers
        with_outcome = rest[:, -1, :-1] @ weight
        own = np.einsum("i,dij,j->d", weight, rest[:, :-1, :-1], weight)
        return least, np.where(own > 0, with_outcome / np.sqrt(own * rest[:, -1, -1]), np.nan)
