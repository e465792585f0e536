"""The PLS algorithm for many correlation matrices at once (Lohmöller 1989; Tenenhaus et al. 2005, CSDA 48:159–205).

A construct's score is a weighted sum of its standardised items, with variance 1. In turns, each construct is
approached from the inside, as a sum of its neighbours' scores, and from the outside: the new weights of its items are
their correlations with that sum (mode A) or their coefficients in its regression on them (mode B).
S are the correlations of items (B, K, K), w weights (B, K), R correlations of scores (B, J, J).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmtheory.errors import SchemaError, unknown
from crmtheory.numerics import Array
from crmtheory.survey.path.model import Model

SCHEMES = ("path", "centroid", "factor")
TOLERANCE = 1e-10  # largest change of a weight
MOST = 2000  # iterations
NOTHING = 1e-12  # a score that varies less has no direction but that of rounding
SINGULAR = 1e-10  # smallest eigenvalue of correlations that can still be inverted


@dataclass(frozen=True)
class Outer:
    """Weights (B, K), loadings (B, K), R (B, J, J), all NaN where there is no solution; iterations (B,)."""

    weights: Array
    loadings: Array
    constructs: Array
    iterations: np.ndarray


def outer(model: Model, items: Array, scheme: str, start: Array | None = None) -> Outer:
    """Weights that no longer change, for each correlation matrix.

    Parameters
    ----------
    items : (B, K, K) correlations of items
    scheme : how neighbours are added up: "centroid" by the sign of their correlation, "factor" by the correlation,
        "path" by the coefficient for what acts on the construct and the correlation for what it acts on
    start : (K,) weights to begin with, which also fix the signs; None: signs such that loadings add up to more than 0

    Raises
    ------
    SchemaError : no such scheme
    """
    if scheme not in SCHEMES:
        raise SchemaError(unknown("scheme", scheme, SCHEMES))
    inverse = _inverses(model, items)
    for first in _starts(model, items) if start is None else [start]:
        weights, iterations = _settled(model, items, inverse, scheme, first)
        if np.isfinite(weights).all():
            break
    return _finished(model, items, weights, iterations, start)


def _settled(
    model: Model, items: Array, inverse: Array, scheme: str, start: Array
) -> tuple[Array, np.ndarray]:
    """Weights (B, K) up to sign, NaN where there are none, and iterations (B,)."""
    b, k = len(items), len(model.items)
    weights = np.full((b, k), np.nan)
    iterations = np.zeros(b, int)
    left = np.flatnonzero(np.isfinite(items).all(axis=(1, 2)) & np.isfinite(inverse).all(axis=(1, 2)))
    s, inverted = (items, inverse) if len(left) == b else (items[left], inverse[left])
    now = np.broadcast_to(start, (len(left), k))
    before = now
    for turn in range(1, MOST + 1):
        cover, now, r = _scored(model, s, now)
        # a score may change its sign without meaning anything: it stays next to the one before
        facing = np.where(_of_own(model, cover, before) < 0, -1.0, 1.0)
        now, cover = now * facing[:, model.owner], cover * facing[:, None, :]
        r = r * facing[:, :, None] * facing[:, None, :]
        change = np.abs(now - before).max(axis=1)
        # A NaN has no way back. The first turn only gives the start its scale, so that it settles nothing.
        done = np.isnan(change) if turn == 1 else np.logical_not(change > TOLERANCE)
        weights[left[done]] = now[done]
        iterations[left[done]] = turn
        if done.all():
            break
        if done.mean() > 0.2:  # not at every turn: leaving some out copies the others
            stay = ~done
            left, s, inverted = left[stay], s[stay], inverted[stay]
            now, cover, r = now[stay], cover[stay], r[stay]
        before = now
        inner = _inner(model, r, scheme)
        target = np.einsum("bki,bki->bk", cover, inner.transpose(0, 2, 1)[:, model.owner])
        now = _regressed(model, inverted, target)
    else:
        iterations[left[~done]] = MOST  # their weights stay NaN
    return weights, iterations


def structural(model: Model, constructs: Array) -> tuple[Array, Array]:
    """Path coefficients (B, J, J; from × to) and R² (B, J; NaN where nothing acts) by least squares on R."""
    paths, explained = np.zeros_like(constructs), np.full(constructs.shape[:2], np.nan)
    for end in np.flatnonzero(model.adjacent.any(axis=0)):
        causes = np.flatnonzero(model.adjacent[:, end])
        found = coefficients(constructs, causes, int(end))
        paths[:, causes, end] = found
        explained[:, end] = (found * constructs[:, causes, end]).sum(axis=1)
    return paths, explained


def coefficients(r: Array, causes: np.ndarray, end: int) -> Array:
    """Standardised coefficients (B, p) of construct `end` on `causes`; NaN where these are collinear."""
    goal = r[:, causes, end]
    if len(causes) == 1:
        return goal
    if len(causes) == 2:
        shared = r[:, causes[0], causes[1]]
        room = 1 - shared**2
        return (goal - shared[:, None] * goal[:, ::-1]) / np.where(np.abs(room) > SINGULAR, room, np.nan)[
            :, None
        ]
    matrices = r[:, causes[:, None], causes]
    try:
        return np.asarray(np.linalg.solve(matrices, goal[:, :, None])[:, :, 0], float)
    except np.linalg.LinAlgError:  # one singular matrix stops them all: leave out those that are
        fine = np.flatnonzero(np.abs(np.linalg.det(matrices)) > SINGULAR)
        found = np.full(goal.shape, np.nan)
        found[fine] = np.linalg.solve(matrices[fine], goal[fine][:, :, None])[:, :, 0]
        return found


def _starts(model: Model, items: Array) -> list[Array]:
    """Weights to begin with, tried in turn: an equal sum can be 0 for everybody, or unrelated to all neighbours."""
    first = np.searchsorted(model.owner, np.arange(len(model.names)))
    places = np.arange(len(model.owner))
    facing = np.where(items[0, places, first[model.owner]] < 0, -1.0, 1.0)
    return [np.ones(len(places)), facing, np.isin(places, first).astype(float)]


def _scored(model: Model, s: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Covariances of items with scores (B, K, J), weights and R, after scores are given the variance 1."""
    cover = s @ (weights[:, :, None] * model.member)
    with np.errstate(invalid="ignore", divide="ignore"):
        size = np.sqrt(_of_own(model, cover, weights))
        size = np.where(size > NOTHING, size, np.nan)
        cover = cover / size[:, None, :]
        scaled = weights / size[:, model.owner]
    return cover, scaled, model.member.T @ (scaled[:, :, None] * cover)


def _of_own(model: Model, cover: Array, weights: Array) -> Array:
    """Covariance (B, J) of each score with the one that `weights` give to the same items."""
    return (weights * cover[:, np.arange(len(model.owner)), model.owner]) @ model.member


def _inner(model: Model, r: Array, scheme: str) -> Array:
    """How much of each neighbour (second axis) goes into the inside view of each construct (third axis)."""
    near = model.adjacent | model.adjacent.T
    if scheme == "centroid":
        return np.where(near, np.where(r < 0, -1.0, 1.0), 0.0)
    inner = np.where(near, r, 0.0)
    if scheme == "path":
        for end in np.flatnonzero(model.adjacent.sum(axis=0) > 1):
            causes = np.flatnonzero(model.adjacent[:, end])
            inner[:, causes, end] = coefficients(r, causes, int(end))
    return inner


def _formed(model: Model) -> list[np.ndarray]:
    """The places of the items of each construct in mode B with two items or more."""
    return [
        model.places(name)
        for name in model.names
        if model.modes[name] == "B" and len(model.constructs[name]) > 1
    ]


def _inverses(model: Model, items: Array) -> Array:
    """Inverse correlations of the items of each construct in mode B, in one (B, K, K); NaN where collinear."""
    blocks = _formed(model)
    if not blocks:
        return np.zeros((len(items), 0, 0))
    found = np.zeros_like(items)
    for places in blocks:
        own = items[:, places[:, None], places]
        finite = np.asarray(np.isfinite(own).all(axis=(1, 2)))
        values, vectors = np.linalg.eigh(np.where(finite[:, None, None], own, 0.0))
        ratio = np.where(values > SINGULAR, values, np.nan) ** -1.0
        found[:, places[:, None], places] = (vectors * ratio[:, None, :]) @ vectors.transpose(0, 2, 1)
    return found


def _regressed(model: Model, inverse: Array, target: Array) -> Array:
    """Weights from the covariances (B, K) of items with the inside view: as they are, or regressed in mode B."""
    for places in _formed(model):
        target[:, places] = (inverse[:, places[:, None], places] @ target[:, places][:, :, None])[:, :, 0]
    return target


def _finished(
    model: Model, items: Array, weights: Array, iterations: np.ndarray, start: Array | None
) -> Outer:
    """Scores turned the right way round: like those of `start`, or with loadings that add up to more than 0."""
    cover, weights, r = _scored(model, items, weights)
    loadings = cover[:, np.arange(len(model.owner)), model.owner]
    if start is not None:
        facing = _of_own(model, cover, np.broadcast_to(start, weights.shape))
    else:
        facing = loadings @ model.member
        for j in range(len(model.names)):
            own = loadings[:, model.owner == j]
            strongest = own[np.arange(len(own)), np.abs(own).argmax(axis=1)]
            facing[:, j] = np.where(np.abs(facing[:, j]) > 1e-8, facing[:, j], strongest)
    facing = np.where(facing < 0, -1.0, 1.0)
    r = r * facing[:, :, None] * facing[:, None, :]
    own = facing[:, model.owner]
    return Outer(weights * own, loadings * own, r, iterations)
