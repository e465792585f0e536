"""How well the items measure: reliability, convergent and discriminant validity; and the size of effects.

All of it is computed from the correlations of the items, so α is that of standardised items.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmtheory.numerics import Array
from crmtheory.survey.path.consistent import rho_a
from crmtheory.survey.path.estimate import coefficients
from crmtheory.survey.path.model import Model


def reliability(model: Model, items: Array, weights: Array, loadings: Array) -> pd.DataFrame:
    """Index construct: alpha, rho_a, rho_c, ave; NaN for one item and in mode B, where items need not agree.

    rho_c = (Σλ)² / ((Σλ)² + Σ(1 − λ²)) and ave = mean of λ² (Fornell & Larcker 1981), with loadings λ (K,).
    """
    sizes = model.member.sum(axis=0)
    total = np.diag(model.member.T @ items @ model.member)
    sums, squares = loadings @ model.member, loadings**2 @ model.member
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = {
            "alpha": sizes / (sizes - 1) * (1 - sizes / total),
            "rho_a": rho_a(model, weights[None])[0],
            "rho_c": sums**2 / (sums**2 + sizes - squares),
            "ave": squares / sizes,
        }
    columns = {name: np.where(model.reflective, values, np.nan) for name, values in columns.items()}
    return pd.DataFrame(columns, index=pd.Index(model.names, name="construct"))


def htmt_pairs(model: Model) -> list[tuple[int, int]]:
    """Pairs of constructs of which the ratio can be asked: none in mode B with several items."""
    asked = [
        j for j, name in enumerate(model.names) if model.reflective[j] or len(model.constructs[name]) == 1
    ]
    return [(i, j) for i in asked for j in asked if i < j]


def htmt(model: Model, items: Array) -> Array:
    """Heterotrait–monotrait ratio (B, pairs): correlations between the items of two constructs against those within.

    Mean correlation between, over the geometric mean of the mean correlations within (Henseler, Ringle & Sarstedt 2015,
    JAMS 43:115–135). Within a construct of one item it is taken as 1. NaN where it is 0 or less: items that
    are coded the other way round should be turned before.
    """
    sizes = model.member.sum(axis=0)
    sums = model.member.T @ items @ model.member
    own = np.einsum("bjj->bj", sums)
    with np.errstate(invalid="ignore", divide="ignore"):
        within = np.where(sizes > 1, (own - sizes) / (sizes * (sizes - 1)), 1.0)
    root = np.sqrt(np.where(within > 0, within, np.nan))
    ratio = sums / (sizes[:, None] * sizes) / (root[:, :, None] * root[:, None, :])
    pairs = htmt_pairs(model)
    return ratio[:, [i for i, _ in pairs], [j for _, j in pairs]]


def f_squared(model: Model, constructs: Array) -> pd.DataFrame:
    """(R² with − R² without the cause) / (1 − R² with), for each path (Cohen 1988); columns from, to, estimate."""
    rows = []
    for start, end in model.edges:
        i, j = model.number(start), model.number(end)
        causes = np.flatnonzero(model.adjacent[:, j])
        full = _explained(constructs, causes, j)
        without = _explained(constructs, causes[causes != i], j)
        rows.append({"from": start, "to": end, "estimate": (full - without) / (1 - full)})
    return pd.DataFrame(rows)


def _explained(constructs: Array, causes: np.ndarray, end: int) -> float:
    if not len(causes):
        return 0.0
    found = coefficients(constructs[None], causes, end)[0]
    return float(found @ constructs[causes, end])
