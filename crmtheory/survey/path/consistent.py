"""Consistent PLS: correlations of constructs freed from the error of measurement.

A score of several items is a noisy picture of its construct, so plain PLS paths are too close to 0 when the items
reflect a common factor. Dijkstra & Henseler (2015, MISQ 39:297–316; CSDA 81:10–23) divide by the reliabilities ρ_A.
"""

from __future__ import annotations

import numpy as np

from crmtheory.numerics import Array
from crmtheory.survey.path.model import Model


def rho_a(model: Model, weights: Array) -> Array:
    """Reliability ρ_A of each score (B, J); NaN in mode B and for one item.

    (w'w)² · w'(S − diag S)w / w'(ww' − diag ww')w (Dijkstra & Henseler 2015). Scores have variance w'Sw = 1 and S is a
    matrix of correlations, so w'(S − diag S)w = 1 − w'w: the units of the items cannot matter.
    """
    square = weights**2 @ model.member
    with np.errstate(invalid="ignore", divide="ignore"):
        found = square**2 * (1 - square) / (square**2 - weights**4 @ model.member)
    return np.where(model.reflective, found, np.nan)


def corrected(model: Model, weights: Array, loadings: Array, constructs: Array) -> tuple[Array, Array]:
    """Loadings (B, K) and correlations of constructs (B, J, J) without the error of measurement.

    Loadings are w √ρ_A / w'w, correlations r / √(ρ_A ρ_A'); a construct in mode B or with one item stays as it is.
    Where ρ_A is not above 0, all that depends on it is NaN. Nothing is clipped: correlations beyond 1 stay visible.
    """
    rho = np.where(model.reflective, rho_a(model, weights), 1.0)
    root = np.sqrt(np.where(rho > 0, rho, np.nan))
    square = weights**2 @ model.member
    free = weights * (root / square)[:, model.owner]
    plain = ~model.reflective[model.owner]
    r = constructs / (root[:, :, None] * root[:, None, :])
    every = np.arange(len(model.names))
    r[:, every, every] = 1.0
    return np.where(plain, loadings, free), r
