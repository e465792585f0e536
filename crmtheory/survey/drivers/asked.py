"""The data of every question on drivers: one outcome and its drivers, checked, and their moments.

Notation: y outcome, x drivers, w weights (mean 1), R correlation matrix.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError
from crmtheory.numerics import Array
from crmtheory.survey.complete import Complete, complete, resampled
from crmtheory.wording import listed

SAME = 1e-9  # 1 − |r| below it: two items say the same
SINGULAR = 1e-8  # smallest eigenvalue of R below it: some driver follows from the others
CELLS = 4_000_000  # of respondents × resamples at a time, so that memory stays small


def asked(
    answers: pd.DataFrame,
    outcome: str,
    drivers: Sequence[str],
    weights: pd.Series | None = None,
    *,
    question: str,
    least: int = 1,
) -> Complete:
    """Those who answered the outcome (first column of the values) and all drivers, in an order of the answers' own.

    The order makes a bootstrap the same however the rows stood in the table.

    Parameters
    ----------
    least : fewest drivers the question can be asked of

    Raises
    ------
    SchemaError, DomainError : as `complete`; the outcome among the drivers, too few drivers, drivers that determine
        each other
    """
    names = named(outcome, drivers, question, least)
    data = complete(answers, [outcome, *names], weights, question=question, least=len(names) + 3)
    refuse_collinear(data, question)
    return in_order(data)


def named(outcome: str, drivers: Sequence[str], question: str, least: int = 1) -> list[str]:
    """The names of the drivers as a list; refused where they cannot be meant."""
    if isinstance(drivers, str):
        raise SchemaError(f'{question}: drivers is a list of items, such as ["{drivers}"], not a text.')
    names = list(drivers)
    if len(names) < least:
        raise DomainError(
            f"{question} needs {least} or more drivers, not {len(names)}. Name the rated attributes in items."
        )
    if outcome in names:
        raise SchemaError(
            f"{question}: {outcome} is the outcome and cannot explain itself. Take it out of the drivers."
        )
    return names


def in_order(data: Complete) -> Complete:
    """The same respondents, sorted by weight and answers; items count by name, not by place."""
    by_name = [data.values[:, i] for i in np.argsort(data.items, kind="stable")]
    order = np.lexsort([data.weights, *by_name])
    return Complete(data.values[order], data.weights[order], data.index[order], data.items)


def standardised(values: Array, weights: Array) -> Array:
    """Columns less their weighted mean, in weighted standard deviations (those of `Survey.codebook`)."""
    n = len(values)
    centred = values - weights @ values / weights.sum()
    return centred / np.sqrt(weights @ centred**2 / weights.sum() * n / (n - 1))


def moments(values: Array, weights: Array) -> tuple[Array, Array]:
    """Weighted means (b, k) and covariances (b, k, k) of the columns of values (n, k), for each row of weights (b, n).

    All products of two columns are added up by one matrix product.
    """
    k = values.shape[1]
    centre = values.mean(axis=0)
    centred = values - centre  # products of numbers near 0 keep their digits
    first, second = np.triu_indices(k)
    sums = weights @ np.hstack([centred, centred[:, first] * centred[:, second]])
    sums /= weights.sum(axis=1)[:, None]
    means = sums[:, :k]
    covariances = np.empty((len(weights), k, k))
    covariances[:, first, second] = sums[:, k:] - means[:, first] * means[:, second]
    covariances[:, second, first] = covariances[:, first, second]
    return means + centre, covariances


def correlations(covariances: Array) -> Array:
    """Covariance matrices (…, k, k) as correlations; 0 all along where an item does not vary in a sample."""
    variances = np.diagonal(covariances, axis1=-2, axis2=-1)
    varies = variances > SAME * variances.mean(axis=0)
    scale = np.where(varies, 1 / np.sqrt(np.where(varies, variances, 1.0)), 0.0)
    return covariances * scale[..., :, None] * scale[..., None, :]


def bootstrap_moments(
    data: Complete, resamples: int, rng: np.random.Generator
) -> Iterator[tuple[Array, Array]]:
    """Means and covariances in bootstrap samples of respondents, who carry their weights; block by block."""
    block = max(1, CELLS // len(data))
    for done in range(0, resamples, block):
        counts = resampled(len(data), min(block, resamples - done), rng)
        yield moments(data.values, counts * data.weights)


def checked_resamples(resamples: int, rng: np.random.Generator, question: str) -> None:
    """Refuse what is no generator of random numbers, and no number of samples."""
    if not isinstance(rng, np.random.Generator):
        raise SchemaError(
            f"{question}: rng is a generator of random numbers, such as numpy.random.default_rng(1), "
            f"not {type(rng).__name__}."
        )
    if resamples < 100:
        raise SchemaError(f"{question}: an interval needs 100 or more resamples, not {resamples}.")


def refuse_collinear(data: Complete, question: str) -> None:
    """DomainError where a driver repeats another, or follows from the others."""
    drivers = data.items[1:]
    k = len(drivers)
    r = correlations(moments(data.values[:, 1:], data.weights[None])[1])[0]
    pairs = np.abs(np.triu(r, 1))
    if k > 1 and pairs.max() > 1 - SAME:
        i, j = np.unravel_index(pairs.argmax(), pairs.shape)
        raise DomainError(
            f"{question}: {drivers[i]} and {drivers[j]} always go together (r = {r[i, j]:.0f}), so their parts "
            "cannot be told apart. Leave one of them out."
        )
    values, vectors = np.linalg.eigh(r)
    if values[0] < SINGULAR:
        together = [name for name, v in zip(drivers, np.abs(vectors[:, 0]), strict=True) if v > 1e-3]
        raise DomainError(
            f"{question}: {listed(together)} determine each other, so their parts cannot be told apart. The usual "
            "cause is a total among its own parts. Leave one of them out."
        )
