"""Relative importance: how much of what is explained belongs to each driver, when drivers go together.

Good service comes with good staff and good staff with good service; coefficients then depend on who else is in the
regression. Shares of R² divide what drivers explain together, too. They say how much goes with a driver, not what
would follow from improving it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.numerics import Array
from crmtheory.survey.complete import Complete, checked_level, intervals
from crmtheory.survey.drivers import shares
from crmtheory.survey.drivers.asked import (
    asked,
    bootstrap_moments,
    checked_resamples,
    correlations,
    moments,
)

METHODS: dict[str, Callable[[Array], Array]] = {"lmg": shares.lmg, "johnson": shares.johnson}
NOTHING = 1e-12  # R² below it: there is nothing to share


@dataclass(frozen=True)
class Shared:
    """Shares of R² of one survey, and in bootstrap samples of it.

    `parts` (k,) of R², `correlation` (k,) with the outcome, `means` (k,) of the drivers; `share_draws` and `mean_draws`
    (resamples, k).
    """

    data: Complete
    parts: Array
    correlation: Array
    means: Array
    share_draws: Array
    mean_draws: Array

    @property
    def share(self) -> Array:
        """Parts of R² as shares that add up to 1."""
        return self.parts / self.parts.sum()


def importance(
    answers: pd.DataFrame,
    outcome: str,
    drivers: Sequence[str],
    rng: np.random.Generator,
    method: str = "lmg",
    weights: pd.Series | None = None,
    resamples: int = 1000,
    level: float = 0.95,
) -> pd.DataFrame:
    """Share of each driver in the explained variance of the outcome, with bootstrap intervals.

    Parameters
    ----------
    answers : frame, one row per respondent; those who answered outcome and all drivers are used
    outcome, drivers : columns
    rng : draws respondents with replacement, who carry their weights
    method : "lmg" (R² gained by a driver, averaged over all orders of entry; up to 15 drivers) or "johnson" (relative
        weights, any number). See `shares.lmg` and `shares.johnson`; both agree for two drivers.
    weights : on the same index; only their ratios matter
    resamples, level : number of bootstrap samples, level of the percentile intervals

    Returns
    -------
    frame, index driver: share (adds up to 1), low, high, r_squared (of all drivers), correlation (with the outcome), n

    Raises
    ------
    SchemaError, DomainError : as `complete`; drivers that determine each other, or explain nothing; too many for "lmg"

    Notes
    -----
    A share cannot be negative, so a driver that goes with nothing keeps a small share; an interval above 0 is no test.

    Overall = 2 · staff + food, and the two are uncorrelated, so that the shares are as 4 to 1:

    >>> a, b = [1.0, 1, 2, 2] * 10, [4.0, 5, 4, 5] * 10
    >>> answers = pd.DataFrame({"overall": 2 * np.array(a) + b, "staff": a, "food": b})
    >>> table = importance(answers, "overall", ["staff", "food"], np.random.default_rng(1), resamples=200)
    >>> table["share"].round(6).to_dict()
    {'staff': 0.8, 'food': 0.2}
    """
    found = shared(answers, outcome, drivers, rng, method, weights, resamples, level)
    low, high = intervals(found.share_draws, level)
    table = {
        "share": found.share,
        "low": low,
        "high": high,
        "r_squared": found.parts.sum(),
        "correlation": found.correlation,
        "n": len(found.data),
    }
    return pd.DataFrame(table, index=pd.Index(found.data.items[1:], name="driver"))


def lead(
    answers: pd.DataFrame,
    outcome: str,
    drivers: Sequence[str],
    of: str,
    rng: np.random.Generator,
    method: str = "lmg",
    weights: pd.Series | None = None,
    resamples: int = 1000,
    level: float = 0.95,
) -> pd.DataFrame:
    """How far the share of one driver lies above the largest share of the others (below: negative).

    Parameters
    ----------
    of : the driver in question; all others as in `importance`

    Returns
    -------
    one-row frame: estimate (share of `of` less the largest other share), low, high, n, other (who has that share)

    Raises
    ------
    as `importance`; SchemaError : `of` is none of the drivers; DomainError : fewer than two drivers

    Notes
    -----
    The lead is the smallest of the gaps to the others. It is at least so much with confidence if every gap is, so its
    lower limit is the smallest of theirs. It is at most so much if any gap is, and with k others to choose from that
    takes intervals of level 1 − (1 − level) / k (Bonferroni). The largest of several uncertain shares tends to be too
    large: where others are about level, the estimate is somewhat too small.

    >>> a, b = [1.0, 1, 2, 2] * 10, [4.0, 5, 4, 5] * 10
    >>> answers = pd.DataFrame({"overall": 2 * np.array(a) + b, "staff": a, "food": b})
    >>> table = lead(answers, "overall", ["staff", "food"], "food", np.random.default_rng(1), resamples=200)
    >>> round(float(table["estimate"].iloc[0]), 6), table["other"].iloc[0]
    (-0.6, 'staff')
    """
    found = shared(answers, outcome, drivers, rng, method, weights, resamples, level, least=2)
    names = found.data.items[1:]
    if of not in names:
        raise SchemaError(unknown("driver", of, names))
    at = names.index(of)
    others = [name for name in names if name != of]
    rest = np.delete(found.share, at)
    gaps = found.share_draws[:, [at]] - np.delete(found.share_draws, at, axis=1)
    low, high = intervals(gaps, level)[0].min(), intervals(gaps, 1 - (1 - level) / len(others))[1].min()
    row = {"estimate": found.share[at] - rest.max(), "low": float(low), "high": float(high)}
    return pd.DataFrame([row | {"n": len(found.data), "other": others[int(rest.argmax())]}])


def shared(
    answers: pd.DataFrame,
    outcome: str,
    drivers: Sequence[str],
    rng: np.random.Generator,
    method: str,
    weights: pd.Series | None,
    resamples: int,
    level: float,
    least: int = 1,
    question: str = "Relative importance",
) -> Shared:
    """Shares of R² and their bootstrap draws; checks and errors of `importance`."""
    checked_level(level)
    checked_resamples(resamples, rng, question)
    if method not in METHODS:
        raise SchemaError(unknown("method", method, METHODS))
    if method == "lmg" and len(drivers) > shares.LARGEST and not isinstance(drivers, str):
        raise DomainError(
            f'{question}: method="lmg" looks at every set of drivers, which is done for up to {shares.LARGEST}, not '
            f'{len(drivers)}. Take method="johnson", or name fewer rated attributes in items: those that belong '
            "together can be one mean."
        )
    data = asked(answers, outcome, drivers, weights, question=question, least=least)
    share_of = METHODS[method]
    means, covariances = moments(data.values, data.weights[None])
    r = correlations(covariances)
    parts = share_of(r)[0]
    if parts.sum() < NOTHING:
        raise DomainError(
            f"{question}: the drivers explain nothing of {outcome}, so there is nothing to share. Check that the right "
            "columns were read."
        )
    drawn = list(bootstrap_moments(data, resamples, rng))
    draws = share_of(correlations(np.concatenate([c for _, c in drawn])))
    total = draws.sum(axis=1, keepdims=True)
    return Shared(
        data=data,
        parts=parts,
        correlation=r[0, 1:, 0],
        means=means[0, 1:],
        share_draws=np.where(total > NOTHING, draws / np.maximum(total, NOTHING), np.nan),
        mean_draws=np.concatenate([m for m, _ in drawn])[:, 1:],
    )
