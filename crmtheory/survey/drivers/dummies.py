"""The regression behind penalty and reward: low, middle and high ratings as 0/1 columns, with a sandwich for errors.

Notation: X design, w weights, e residuals, h leverages; β coefficients (penalty and reward of each judged driver in
turn), V their covariance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.numerics import Array
from crmtheory.survey.complete import Complete, complete
from crmtheory.survey.drivers.asked import in_order, named
from crmtheory.wording import listed

LEAST = 10  # ratings of each kind from which a driver is judged
LOW, MIDDLE, HIGH, SILENT = 0.0, 1.0, 2.0, 3.0
RANK = 1e-9  # singular values below it, relative to the largest, are 0


@dataclass(frozen=True)
class Dummies:
    """Outcome (n,), weights (n,) with mean 1, kinds of rating (n, k), and how many rated low, middle, high (k, 3)."""

    outcome: Array
    weights: Array
    kinds: Array
    counts: np.ndarray
    drivers: tuple[str, ...]


@dataclass(frozen=True)
class Fit:
    """Coefficients (2k,) of the judged drivers, penalty and reward in turn, their covariance, degrees of freedom."""

    beta: Array
    covariance: Array
    freedom: int


def dummies(
    answers: pd.DataFrame,
    outcome: str,
    drivers: Sequence[str],
    low_at: float | Mapping[str, float],
    high_at: float | Mapping[str, float],
    weights: pd.Series | None,
    drop: bool,
    question: str,
) -> Dummies:
    """Those who answered the outcome (with `drop`: and rated every driver), and the kinds of their ratings."""
    names = named(outcome, drivers, question)
    complete(answers, [outcome], weights, question=question)  # refuses an outcome that does not vary
    coded = answers.copy()
    for name in names:
        if name in coded.columns and pd.api.types.is_numeric_dtype(coded[name]):
            low, high = _cut(low_at, name, "low_at"), _cut(high_at, name, "high_at")
            if not low < high:
                raise SchemaError(
                    f"{question}: low_at must lie below high_at, so that no rating is both; for {name} they are "
                    f"{low:g} and {high:g}. Lower the one or raise the other (low_rating and high_rating in the "
                    "chapter)."
                )
            coded[name] = _kinds(
                coded[name].to_numpy(float, na_value=np.nan), low, high, np.nan if drop else SILENT
            )
    data = complete(coded, [outcome, *names], weights, question=question, constant=True)
    data = in_order(data)
    kinds = data.values[:, 1:]
    counts = np.stack([(kinds == kind).sum(axis=0) for kind in (LOW, MIDDLE, HIGH)], axis=1)
    _refuse_constant(data, outcome, question)
    return Dummies(data.values[:, 0], data.weights, kinds, counts, data.items[1:])


def sandwich(data: Dummies, judged: np.ndarray, question: str) -> Fit:
    """Weighted least squares and its HC3 covariance, V = A (Σ w² e² / (1 − h)² x x′) A with A = (X′WX)⁻¹.

    Who alone makes up a category has leverage 1 and residual 0: without such a person the other coefficients would be
    the same, so nothing is added for them. Columns beside the judged ones may determine each other (a page of the
    questionnaire left out leaves all its drivers blank); then the shortest solution is taken, which leaves the
    coefficients of the judged columns as they are.

    Raises
    ------
    DomainError : coefficients of judged drivers cannot be told apart; too few respondents
    """
    columns = []
    for j in np.flatnonzero(judged).tolist():
        columns += [data.kinds[:, j] == LOW, data.kinds[:, j] == HIGH]
    wanted = len(columns)
    for j, sure in enumerate(judged):
        others = (SILENT,) if sure else (LOW, HIGH, SILENT)
        enough = 1 if sure else LEAST
        found = [data.kinds[:, j] == kind for kind in others]
        columns += [column for column in found if enough <= column.sum()]
    x = np.stack([*columns, np.ones(len(data.outcome), bool)], axis=1).astype(float)
    root = np.sqrt(data.weights)
    left, size, right = np.linalg.svd(x * root[:, None], full_matrices=False)
    kept = size > RANK * size[0]
    unclear = np.abs(right[~kept, :wanted]).max(axis=0, initial=0.0) > 1e-6
    freedom = len(x) - int(kept.sum())
    if unclear.any():
        names = np.array(data.drivers)[judged][np.unique(np.flatnonzero(unclear) // 2)]
        raise DomainError(
            f"{question}: low, middle or high ratings of {listed([str(name) for name in names])} come from the same "
            "people, so their parts cannot be told apart. Leave one of these drivers out."
        )
    if freedom < 1:
        raise DomainError(
            f"{question} has {kept.sum():,} columns and {len(x):,} respondents. Ask more people, or take fewer "
            "drivers."
        )
    left, size, right = left[:, kept], size[kept], right[kept]
    target = data.outcome - data.weights @ data.outcome / data.weights.sum()
    beta = right.T @ ((left.T @ (target * root)) / size)
    room = 1 - (left**2).sum(axis=1)
    residual = np.where(room > RANK, (target - x @ beta) * root / np.maximum(room, RANK), 0.0)
    # A X′√W is one row of influence per coefficient; V adds up its squares, weighted by the residuals.
    influence = (right.T[:wanted] / size) @ left.T * residual
    return Fit(beta[:wanted], influence @ influence.T, freedom)


def _kinds(ratings: Array, low: float, high: float, silent: float) -> Array:
    kinds = np.where(ratings <= low, LOW, np.where(ratings >= high, HIGH, MIDDLE))
    return np.where(np.isfinite(ratings), kinds, silent)


def _cut(cut: float | Mapping[str, float], name: str, what: str) -> float:
    if not isinstance(cut, Mapping):
        return float(cut)
    if name not in cut:
        raise SchemaError(unknown(f"{what} of the driver", name, cut))
    return float(cut[name])


def _refuse_constant(data: Complete, outcome: str, question: str) -> None:
    """With "drop", those who rated everything may be alike in the outcome."""
    values = data.values[:, 0]
    if np.ptp(values) == 0:
        raise DomainError(
            f"{question}: all {len(values):,} respondents who rated everything gave {outcome} the same answer "
            f'({values[0]:g}). Take missing="category", which uses those who left something out.'
        )
