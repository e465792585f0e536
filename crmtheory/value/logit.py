"""The conditional logit (条件 logit 模型): its one maximum by Newton's method, its covariance by household.

With utilities v_j = β·x_j + α_j the probability to take j is P_j = exp(v_j) / Σ exp(v_k) (McFadden 1974). The last
brand's constant α is 0: choices do not show the level of utility.

Households choose many times, and one household's choices are alike. So the covariance is a sandwich with the scores
added up within households, times G / (G − 1); limits are of the t distribution with G − 1 degrees (G households).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from crmtheory.errors import ConvergenceError, DomainError
from crmtheory.survey.complete import checked_level
from crmtheory.value.offers import cube

STEPS = 60


@dataclass(frozen=True, eq=False)
class Logit:
    """A fitted conditional logit. Made by `conditional_logit`.

    Attributes
    ----------
    table : index term (price, the further columns, then a constant for each brand but the last): estimate, se, low,
        high, p_value, n (households); se by household
    brands, households, choices, log_likelihood
    naive : standard errors that take all choices as independent, index term
    """

    table: pd.DataFrame
    naive: pd.Series
    brands: tuple[str, ...]
    terms: tuple[str, ...]
    households: int
    choices: int
    log_likelihood: float
    level: float
    x: np.ndarray  # (choices, brands, terms), 0 where a brand was not offered
    offered: np.ndarray  # (choices, brands)
    taken: np.ndarray  # (choices,), place of the brand that was taken
    group: np.ndarray  # (choices,), 0 … households − 1
    influence: np.ndarray  # (households, terms): what each household adds to the error of the coefficients

    def probabilities(self) -> np.ndarray:
        """P of each brand at each choice, (choices, brands); 0 where it was not offered."""
        return probabilities(self.x, self.offered, self.table["estimate"].to_numpy())

    @property
    def prices(self) -> np.ndarray:
        """(choices, brands); 0 where a brand was not offered."""
        return self.x[:, :, 0]

    def covariance(self) -> np.ndarray:
        """Of the coefficients, by household, (terms, terms)."""
        return clustered(self.influence)


def conditional_logit(rows: pd.DataFrame, more: Sequence[str] = (), level: float = 0.95) -> Logit:
    """Fit a conditional logit with a constant for each brand but the last.

    Parameters
    ----------
    rows : as `long` makes them, or your own: occasion, household, brand, chosen, price and `more`
    more : further columns of the offers

    Raises
    ------
    SchemaError : missing columns or values, an occasion with no or several offers chosen, or of several households
    DomainError : fewer than two households or brands, a brand nobody took, a column that no choice turns on
    ConvergenceError : a column that tells without error what is chosen

    >>> from crmtheory.value import offers
    >>> rng = np.random.default_rng(1)
    >>> shop = pd.DataFrame({"id": range(900), "price.a": rng.uniform(1, 3, 900), "price.b": rng.uniform(1, 3, 900)})
    >>> utility = -1.5 * shop[["price.a", "price.b"]].to_numpy() + rng.gumbel(size=(900, 2))
    >>> fit = conditional_logit(offers.long(shop.assign(choice=np.where(utility[:, 0] > utility[:, 1], "a", "b"))).rows)
    >>> fit.table.index.tolist(), bool(fit.table.loc["price", "low"] < -1.5 < fit.table.loc["price", "high"])
    (['price', 'a'], True)
    """
    tail = (1 - checked_level(level)) / 2
    x, offered, taken, group, brands = cube(rows, list(more))
    terms = ("price", *more, *brands[:-1])
    beta, information, scores, value = _newton(x, offered, taken, terms)
    group, households = np.asarray(group), int(group.max()) + 1
    added = np.zeros((households, len(terms)))
    np.add.at(added, group, scores)
    inverse = np.linalg.inv(information)
    influence = added @ inverse
    se = np.sqrt(np.diag(clustered(influence)))
    half = stats.t.isf(tail, households - 1) * se
    table = pd.DataFrame({"estimate": beta, "se": se, "low": beta - half, "high": beta + half})
    table["p_value"] = 2 * stats.t.sf(np.abs(beta) / se, households - 1)
    table = table.set_index(pd.Index(terms, name="term")).assign(n=households)
    naive = pd.Series(np.sqrt(np.diag(inverse)), table.index, name="naive")
    sizes = households, len(taken), value, level
    return Logit(table, naive, tuple(brands), terms, *sizes, x, offered, taken, group, influence)


def clustered(influence: np.ndarray) -> np.ndarray:
    """Covariance of an estimate whose error is the sum of these rows, one per household."""
    households = len(influence)
    return influence.T @ influence * households / (households - 1)


def _newton(
    x: np.ndarray, offered: np.ndarray, taken: np.ndarray, terms: Sequence[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Coefficients, information, scores (choices, terms) and log-likelihood at the maximum.

    The log-likelihood is concave, so Newton with halved steps finds the one maximum wherever there is one.
    """
    scale = np.where(offered[:, :, None], np.abs(x), 0).max(axis=(0, 1))
    scale[scale == 0] = 1.0
    z, each = x / scale, np.arange(len(taken))

    def value(beta: np.ndarray) -> float:
        return float(np.log(np.maximum(probabilities(z, offered, beta)[each, taken], 1e-300)).sum())

    beta = np.zeros(len(terms))
    now = value(beta)
    for _ in range(STEPS):
        p = probabilities(z, offered, beta)
        mean = np.einsum("nj,njk->nk", p, z)
        scores = z[each, taken] - mean
        information = np.einsum("nj,njk,njl->kl", p, z, z, optimize=True) - mean.T @ mean
        values, vectors = np.linalg.eigh(information)
        if values[0] <= 1e-9 * values[-1]:
            term = terms[int(np.abs(vectors[:, 0]).argmax())]
            if np.abs(beta).max() > 15:
                break
            raise DomainError(
                f"The choices do not turn on {term}: it is the same for all offers, or follows from the other columns. "
                "Leave it out."
            )
        step = np.linalg.solve(information, scores.sum(axis=0))
        if np.abs(step).max() < 1e-9:
            return beta / scale, information * np.outer(scale, scale), scores * scale, now
        size = 1.0
        while size > 1e-6 and value(beta + size * step) < now - 1e-12 * abs(now):
            size /= 2
        beta = beta + size * step
        now = value(beta)
    term = terms[int(np.abs(beta).argmax())]
    raise ConvergenceError(
        f"The choices have no finite coefficient of {term}: it tells almost without error what is chosen. Leave "
        "it out, or take more choices."
    )


def probabilities(x: np.ndarray, offered: np.ndarray, beta: np.ndarray) -> np.ndarray:
    v = np.where(offered, x @ beta, -np.inf)
    u = np.exp(v - v.max(axis=1, keepdims=True))
    p: np.ndarray = u / u.sum(axis=1, keepdims=True)
    return p
