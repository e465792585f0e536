"""Pearson's, Spearman's and Kendall's correlation of two columns, and the influence of each respondent on it.

The influence of a respondent is the derivative of the estimate by the respondent's weight, the others giving way. A
mean of squared influences is n times the variance of an estimate, whatever the distribution.

Notation: w weights adding up to 1, ψ influences, with Σwψ = 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crmtheory.numerics import Array

Places = NDArray[np.intp]
# Pairs of respondents looked at in one go.
AT_ONCE = 4_000_000


def pearson(values: Array, weights: Array) -> tuple[float, Array]:
    """Pearson's correlation of two columns.

    Parameters
    ----------
    values : (n, 2), neither column constant; weights : (n,), adding up to 1

    Returns
    -------
    r, and influences (n,): z₁z₂ − r (z₁² + z₂²) / 2 of standardised columns

    >>> round(pearson(np.array([[1.0, 2], [2, 1], [3, 3]]), np.full(3, 1 / 3))[0], 6)
    0.5
    """
    centred = values - values[0]  # what is constant but for rounding stays so
    centred = centred - weights @ centred
    z = centred / np.sqrt(weights @ centred**2)
    r = float(np.clip(weights @ (z[:, 0] * z[:, 1]), -1, 1))
    return r, z[:, 0] * z[:, 1] - r * (z**2).sum(axis=1) / 2


def spearman(values: Array, weights: Array) -> tuple[float, Array]:
    """Spearman's correlation, Pearson's of mid-ranks; ranks are shares of the weight below, and half of that alike.

    Returns
    -------
    r, and influences (n,): a respondent also moves the ranks of all who answered more

    >>> round(spearman(np.array([[1.0, 2], [2, 1], [3, 9]]), np.full(3, 1 / 3))[0], 6)
    0.5
    """
    places = [np.unique(column, return_inverse=True)[1] for column in values.T]
    ranks = [_upto(place, weights)[place] - 0.5 for place in places]
    x, y = ranks
    product, squares = float(weights @ (x * y)), [float(weights @ rank**2) for rank in ranks]
    r = float(np.clip(product / np.sqrt(squares[0] * squares[1]), -1, 1))
    on_product = x * y + _above(places[0], weights * y) + _above(places[1], weights * x)
    on_squares = [
        rank**2 + 2 * _above(place, weights * rank) for rank, place in zip(ranks, places, strict=True)
    ]
    influence = on_product / np.sqrt(squares[0] * squares[1])
    influence = influence - r / 2 * (on_squares[0] / squares[0] + on_squares[1] / squares[1])
    return r, influence - weights @ influence


def kendall(values: Array, weights: Array) -> tuple[float, Array]:
    """Kendall's tau-b: pairs in the same order less pairs in opposite order, C, over √(TU), pairs untied on each.

    Kendall (1945), Biometrika 33, 239–251, for ties. With c, t and u the parts of a respondent in C, T and U, the
    influence is 2c / √(TU) − τ(t / T + u / U).

    Returns
    -------
    tau, and influences (n,)

    Notes
    -----
    Time grows with the square of the number of different pairs of values.

    >>> round(kendall(np.array([[1.0, 2], [2, 1], [3, 9]]), np.full(3, 1 / 3))[0], 6)
    0.333333
    """
    pairs, place = np.unique(values, axis=0, return_inverse=True)
    place = place.ravel()
    mass = np.bincount(place, weights)
    parts = np.empty((3, len(pairs)))
    step = max(1, AT_ONCE // len(pairs))
    for start in range(0, len(pairs), step):
        part = slice(start, start + step)
        sign = np.sign(pairs[part, None, :] - pairs[None, :, :])
        parts[0, part] = (sign[..., 0] * sign[..., 1]) @ mass
        parts[1, part], parts[2, part] = np.abs(sign[..., 0]) @ mass, np.abs(sign[..., 1]) @ mass
    agreement, untied_x, untied_y = parts @ mass
    size = np.sqrt(untied_x * untied_y)
    tau = float(np.clip(agreement / size, -1, 1))
    influence = 2 * parts[0] / size - tau * (parts[1] / untied_x + parts[2] / untied_y)
    return tau, influence[place]


def _upto(place: Places, amounts: Array) -> Array:
    """For each step: the sum of `amounts` below it, and half of that on it."""
    on = np.bincount(place, amounts)
    return np.cumsum(on) - on / 2


def _above(place: Places, amounts: Array) -> Array:
    """For each respondent: the sum of `amounts` of those above, and half of those alike."""
    return (amounts.sum() - _upto(place, amounts))[place]
