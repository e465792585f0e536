"""What several items have in common: weighted covariances, reliability and one common factor.

Everything works on many covariance matrices at once (any leading axes), so that a bootstrap is one call.

Notation: k items, S their covariance, R their correlation, s standard deviations; the one-factor model is
R = λλ′ + diag(ψ) with loadings λ and unique variances ψ.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from crmtheory.numerics import Array
from crmtheory.survey.complete import Complete, resampled

# A unique variance is not let below this. Where the likelihood would have it at 0 or less (a Heywood case), the item
# would be measured without any error, which nobody believes of an answer.
LEAST_UNIQUE = 0.005
# Cells of a table of bootstrap counts held in memory at once.
AT_ONCE = 4_000_000
# Distance to a limit, or between likelihoods, that counts as none.
NEAR = 1e-12


def covariances(values: Array, weights: Array) -> Array:
    """Weighted covariance of the columns, Σw(x − x̄)(x − x̄)′ / Σw, once for each row of weights.

    Parameters
    ----------
    values : (n, k)
    weights : (n,) or (many, n)

    Returns
    -------
    (k, k) or (many, k, k)

    >>> covariances(np.array([[1.0, 2.0], [3.0, 2.0], [5.0, 5.0]]), np.ones(3)).round(3).tolist()
    [[2.667, 2.0], [2.0, 2.0]]
    """
    n, k = values.shape
    centred = values - values.mean(axis=0)
    products = (centred[:, :, None] * centred[:, None, :]).reshape(n, k * k)
    total = weights.sum(axis=-1)[..., None]
    means = weights @ centred / total
    moments = (weights @ products / total).reshape(*weights.shape[:-1], k, k)
    covariance = moments - means[..., :, None] * means[..., None, :]
    sizes = np.diagonal(moments, axis1=-2, axis2=-1)
    # what is left of a constant by rounding is no variance
    varies = np.diagonal(covariance, axis1=-2, axis2=-1) > NEAR * sizes
    return np.where(varies[..., :, None] & varies[..., None, :], covariance, 0.0)


def alpha(covariance: Array) -> Array:
    """Cronbach's alpha, k / (k − 1) · (1 − Σ variances / variance of the sum); NaN where the sum never varies.

    Cronbach (1951), Psychometrika 16, 297–334, equation 2.

    >>> float(alpha(np.array([[2.0, 1.0], [1.0, 2.0]])).round(6))
    0.666667
    """
    k = covariance.shape[-1]
    single = np.trace(covariance, axis1=-2, axis2=-1)
    total = covariance.sum(axis=(-2, -1))
    varies = (total > NEAR * single) & (k > 1)
    return np.where(varies, k / max(k - 1, 1) * (1 - single / np.where(varies, total, 1.0)), np.nan)


def lambda_2(covariance: Array) -> Array:
    """Guttman's λ₂, 1 − (Σ variances − √(k / (k − 1) · Σ covariances²)) / variance of the sum; NaN as `alpha`.

    The sums are over all items, and over all pairs i ≠ j. Like alpha it is at most the reliability of the sum, if
    errors are independent. It is never below alpha, and so nearer to the reliability where items are not equally good
    (Guttman 1945, Psychometrika 10, 255–282).

    >>> float(lambda_2(np.array([[2.0, 1.0], [1.0, 2.0]])).round(6))
    0.666667
    """
    k = covariance.shape[-1]
    variances = np.diagonal(covariance, axis1=-2, axis2=-1)
    single, total = variances.sum(axis=-1), covariance.sum(axis=(-2, -1))
    squares = (covariance**2).sum(axis=(-2, -1)) - (variances**2).sum(axis=-1)
    shared = np.sqrt(k / max(k - 1, 1) * np.maximum(squares, 0.0))
    varies = (total > NEAR * single) & (k > 1)
    return np.where(varies, 1 - (single - shared) / np.where(varies, total, 1.0), np.nan)


def alpha_influence(values: Array, weights: Array) -> Array:
    """Influence of each respondent on Cronbach's alpha, (n,): its derivative by a respondent's share of the weight.

    Zeros where there is no alpha.

    >>> weights = np.ones(3)
    >>> abs(float(weights @ alpha_influence(np.array([[1.0, 2], [2, 2], [3, 5]]), weights))) < 1e-12
    True
    """
    k = values.shape[1]
    if not np.isfinite(alpha(covariances(values, weights))):
        return np.zeros(len(values))
    centred = values - weights @ values / weights.sum()
    single, total = (centred**2).sum(axis=1), centred.sum(axis=1) ** 2
    whole = weights @ total / weights.sum()
    return -k / (k - 1) * (single - weights @ single / (weights @ total) * total) / whole


def correlations(covariance: Array) -> Array:
    """Correlation matrices of covariance matrices; NaN with an item that does not vary.

    >>> correlations(np.array([[4.0, 1.0], [1.0, 1.0]])).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    variance = np.diagonal(covariance, axis1=-2, axis2=-1)
    sd = np.sqrt(np.where(variance > 0, variance, np.nan))
    return covariance / (sd[..., :, None] * sd[..., None, :])


def one_factor(correlation: Array) -> tuple[Array, Array]:
    """Loadings λ and unique variances ψ of one common factor by maximum likelihood.

    Minimises Σ(θ − log θ − 1) over the eigenvalues θ of ψ^(−½) R ψ^(−½) but the largest (Jöreskog 1967,
    Psychometrika 32, 443–482), by Newton's method in log ψ with his approximate second derivatives.

    Two items do not tell their loadings apart: they are taken to be equal in size, √|r|, with opposite signs where
    r < 0. Unique variances stay between 0.005 and 1 (see LEAST_UNIQUE). Where the items have nothing in common the
    likelihood can have several peaks; the one next to equal unique variances is taken.

    Parameters
    ----------
    correlation : (…, k, k), k ≥ 2

    Returns
    -------
    loadings (…, k), with a sum of 0 or more, and unique variances (…, k); NaN where the matrix has NaN

    >>> true = np.array([0.9, 0.8, 0.7, 0.6])
    >>> loadings, unique = one_factor(np.outer(true, true) + np.diag(1 - true**2))
    >>> loadings.round(6).tolist(), unique.round(6).tolist()
    ([0.9, 0.8, 0.7, 0.6], [0.19, 0.36, 0.51, 0.64])
    """
    k = correlation.shape[-1]
    if k == 2:
        r = correlation[..., 0, 1]
        size = np.sqrt(np.minimum(np.abs(r), 1 - LEAST_UNIQUE))
        return np.stack([size, np.where(r < 0, -size, size)], axis=-1), np.stack([1 - size**2] * 2, axis=-1)
    flat = correlation.reshape(-1, k, k)
    loadings, unique = np.full(flat.shape[:2], np.nan), np.full(flat.shape[:2], np.nan)
    usable = np.isfinite(flat).all(axis=(1, 2))
    if usable.any():
        unique[usable] = np.exp(_log_unique(flat[usable]))
        values, vectors = np.linalg.eigh(_scaled(flat[usable], np.log(unique[usable])))
        size = np.sqrt(np.maximum(values[:, -1:] - 1, 0.0) * unique[usable])
        loadings[usable] = size * vectors[:, :, -1]
    loadings *= np.where(loadings.sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
    return loadings.reshape(correlation.shape[:-1]), unique.reshape(correlation.shape[:-1])


def omega_and_ave(covariance: Array) -> tuple[Array, Array]:
    """McDonald's omega of the sum of the items, and the average variance extracted, from one common factor.

    ω = (Σλs)² / ((Σλs)² + Σψs²): McDonald (1999), Test Theory: A Unified Treatment, chapter 6. AVE is the mean of λ²:
    Fornell & Larcker (1981), Journal of Marketing Research 18, 39–50.

    >>> omega, ave = omega_and_ave(np.array([[1.0, 0.5], [0.5, 1.0]]))
    >>> float(omega.round(6)), float(ave.round(6))
    (0.666667, 0.5)
    """
    loadings, unique = one_factor(correlations(covariance))
    sd = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
    common = (loadings * sd).sum(axis=-1) ** 2
    return common / (common + (unique * sd**2).sum(axis=-1)), (loadings**2).mean(axis=-1)


def bootstrap(
    data: Complete, statistic: Callable[[Array], Array], resamples: int, rng: np.random.Generator
) -> Array:
    """A statistic of covariance matrices in weighted bootstrap samples of respondents.

    A respondent drawn twice counts with twice the weight. Respondents are put in the order of their answers first,
    so that the order of rows does not matter.

    Parameters
    ----------
    statistic : takes (many, k, k), gives (many, …)

    >>> from crmtheory.survey.complete import Complete
    >>> import pandas as pd
    >>> data = Complete(np.array([[1.0, 1], [2, 3], [3, 2]]), np.ones(3), pd.RangeIndex(3), ("a", "b"))
    >>> bootstrap(data, alpha, 4, np.random.default_rng(0)).shape
    (4,)
    """
    order = np.lexsort((data.weights, *data.values.T))
    values, weights = data.values[order], data.weights[order]
    step = max(1, AT_ONCE // len(values))
    sizes = [min(step, resamples - start) for start in range(0, resamples, step)]
    parts = [statistic(covariances(values, resampled(len(values), size, rng) * weights)) for size in sizes]
    return np.concatenate(parts)


def _scaled(correlation: Array, x: Array) -> Array:
    """ψ^(−½) R ψ^(−½) with x = log ψ."""
    return correlation * np.exp(-(x[:, :, None] + x[:, None, :]) / 2)


def _log_unique(correlation: Array) -> Array:
    """log ψ of the greatest likelihood, (many, k)."""
    floor = np.log(LEAST_UNIQUE)
    many, k, _ = correlation.shape
    x = np.full((many, k), np.log(0.5))
    live = np.arange(len(x))
    for _ in range(500):
        loss, gradient, hessian = _likelihood(correlation[live], x[live])
        held = ((x[live] <= floor + NEAR) & (gradient > 0)) | ((x[live] >= -NEAR) & (gradient < 0))
        gradient = np.where(held, 0.0, gradient)
        open_ = np.abs(gradient).max(axis=1) > 1e-9
        if not open_.any():
            break
        live, loss, gradient = live[open_], loss[open_], gradient[open_]
        hessian, held = hessian[open_], held[open_]
        hessian = np.where(held[:, :, None] | held[:, None, :], 0.0, hessian) + 1e-7 * np.eye(k)
        hessian = hessian + np.eye(k) * held[:, None, :]
        step = np.clip(np.linalg.solve(hessian, gradient[..., None])[..., 0], -1.5, 1.5)
        moved = np.zeros(len(live), bool)
        for halving in range(25):
            trial = np.clip(x[live[~moved]] - 0.5**halving * step[~moved], floor, 0.0)
            better = _likelihood(correlation[live[~moved]], trial)[0] <= loss[~moved] + NEAR
            where = np.flatnonzero(~moved)[better]
            x[live[where]] = trial[better]
            moved[where] = True
            if moved.all():
                break
        live = live[moved]  # who can no longer be improved is done
        if not len(live):
            break
    return x


def _likelihood(correlation: Array, x: Array) -> tuple[Array, Array, Array]:
    """Jöreskog's loss by x = log ψ, its gradient and approximate second derivatives.

    Σ log θ over all eigenvalues is log |R| − Σx. Without its first part, which is the same for every x, the loss also
    stands for items that repeat each other.
    """
    values, vectors = np.linalg.eigh(_scaled(correlation, x))
    rest, u = values[:, :-1], vectors[:, :, :-1]
    loss = (rest - 1).sum(axis=1) + x.sum(axis=1) + np.log(values[:, -1])
    gradient = (u**2 * (1 - rest[:, None, :])).sum(axis=2)
    return loss, gradient, (u @ u.transpose(0, 2, 1)) ** 2
