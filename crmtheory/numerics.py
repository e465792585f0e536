"""Small numerical tools that the models share: stable gamma ratios, quadrature, distinct rows, derivatives,
optimum.

Nothing here knows about customers. Functions take and return arrays; none has state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

Array = NDArray[np.float64]


@cache
def legendre(nodes: int) -> tuple[Array, Array]:
    """Nodes and weights of Gauss–Legendre quadrature on (−1, 1)."""
    return np.polynomial.legendre.leggauss(nodes)


def log_rising(a: ArrayLike, n: ArrayLike) -> Array:
    """ln Γ(a + n) − ln Γ(a) for a > 0, n ≥ 0, without the loss of digits that the plain difference has for
    large a.

    >>> float(log_rising(1.0, 4.0).round(12)) == float(np.log(24).round(12))
    True
    """
    a, n = np.asarray(a, float), np.asarray(n, float)
    if np.all(a <= 16):
        return special.gammaln(a + n) - special.gammaln(a)
    a, n = np.broadcast_arrays(a, n)
    # Above 16 both logarithms are large and nearly equal: write the difference out by Stirling's series
    # instead.
    big = np.where(a > 16, a, 16.0)
    top = big + n
    stirling = (
        (big - 0.5) * np.log1p(n / big) + n * np.log(top) - n + _stirling_tail(top) - _stirling_tail(big)
    )
    return np.where(a > 16, stirling, special.gammaln(a + n) - special.gammaln(a))


def _stirling_tail(z: Array) -> Array:
    """ln Γ(z) minus its leading Stirling terms, for z ≥ 16 (Abramowitz & Stegun 6.1.41; next term below
    1e-16).
    """
    w = (1.0 / z) ** 2
    return (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w * (1 / 1188 - w * 691 / 360360))))) / z


def negative_binomial(y: ArrayLike, rho: ArrayLike, u: ArrayLike) -> Array:
    """P(y events) where the rate is Gamma with shape ρ and the time is u in units of its scale.

    >>> float(negative_binomial(0, 1.0, 1.0))
    0.5
    """
    y, rho, u = np.broadcast_arrays(*(np.asarray(value, float) for value in (y, rho, u)))
    share = np.where(u > 0, u / (1 + u), 1.0)
    logs = -np.log(rho + y) - special.betaln(rho, y + 1) + y * np.log(share) - rho * np.log1p(u)
    return np.where(u > 0, np.exp(np.minimum(logs, 0.0)), (y == 0).astype(float))


def growth_ratio(y: ArrayLike) -> Array:
    """(1 − e^(−y)) / y, with its limit 1 at y = 0; y may have either sign."""
    return special.exprel(-np.asarray(y, float))


def beta_mean(f: Callable[[Array, Array], Array], a: Array, b: Array, head: ArrayLike = 0.0) -> Array:
    """E[f(p, 1 − p)] for p ~ Beta(a, b), one (a, b) a row, by the trapezoid rule in s = logit p.

    f is smooth, positive and falling in p, and gets arrays of shape (rows, nodes); `head` is a bound on
    ln f(0) − ln E[f]. In s the integrand is analytic in a strip around the real line, so equally spaced nodes
    converge exponentially (Trefethen & Weideman 2014, SIAM Review 56). Needs a and b not far below 0.3: the
    density's tails in s fall like e^(as) and e^(−bs).
    """
    drop, spacing = 36.0, 0.25
    left = drop + np.asarray(head, float)
    mode = np.log(a / b)
    level = _softplus(mode)

    def log_density(s: Array) -> Array:  # relative to the mode
        return a * (s - mode) - (a + b) * (_softplus(s) - level)

    # The density is log-concave: Newton from outside runs to the two ends without crossing them.
    low = mode - (left + (a + b) * level) / a
    high = (drop + (a + b) * level - a * mode) / b
    for _ in range(8):
        low = low - (log_density(low) + left) / (a - (a + b) * special.expit(low))
        high = high - (log_density(high) + drop) / (a - (a + b) * special.expit(high))
    width = np.sqrt((a + b) / (a * b))  # standard deviation of s near its mode
    # f may bring a peak of its own, whose curvature is at most a: nodes no further apart than half of its width
    step = np.minimum(np.minimum(spacing, 0.7 * width), 0.5 / np.sqrt(a))
    nodes = int(np.ceil(np.max((high - low) / step))) + 1
    s = low[:, None] + (high - low)[:, None] * np.linspace(0.0, 1.0, nodes)
    weight = np.exp(a[:, None] * (s - mode[:, None]) - (a + b)[:, None] * (_softplus(s) - level[:, None]))
    return np.sum(weight * f(special.expit(s), special.expit(-s)), axis=1) / np.sum(weight, axis=1)


def _softplus(s: Array) -> Array:
    return np.logaddexp(0.0, s)


def of_whole(f: Callable[[Array], Array], x: Array) -> Array:
    """f at whole numbers x ≥ 0, computed once for each that occurs; for slow functions of counts.

    >>> of_whole(np.sqrt, np.array([4.0, 0.0, 4.0])).tolist()
    [2.0, 0.0, 2.0]
    """
    if x.size < 64:
        return f(x)
    most = int(x.max())
    if most > x.size:  # few rows, large counts
        return f(x)
    whole = x.astype(np.intp)
    occurs = np.flatnonzero(np.bincount(whole.ravel(), minlength=most + 1))
    table = np.empty(most + 1)
    table[occurs] = f(occurs.astype(float))
    return table[whole]


def distinct_rows(columns: list[Array], weights: Array) -> tuple[list[Array], Array, NDArray[np.intp]]:
    """The distinct rows of equally long columns, the summed weight of each, and where each row went.

    A fit or a prediction costs as much as the distinct histories, not as the customers. Sorted, so the result
    does not depend on the order of the rows.
    """
    codes = np.zeros(len(weights), np.int64)
    for column in columns:
        place, values = _coded(column)
        if codes.max(initial=0) > 2**62 // max(len(values), 1):
            codes = _coded(codes)[0]
        codes = codes * len(values) + place
    inverse, distinct = _coded(codes)
    first = np.empty(len(distinct), np.intp)
    first[inverse[::-1]] = np.arange(len(inverse))[::-1]
    counts = np.bincount(inverse, weights, len(distinct)).astype(float)
    return [column[first] for column in columns], counts, inverse


def _coded(values: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """The place of each value among the sorted distinct ones, and these; by hashing, so only the distinct are
    sorted.
    """
    codes, distinct = pd.factorize(values, use_na_sentinel=False)
    order = np.argsort(distinct)
    rank = np.empty(len(order), np.intp)
    rank[order] = np.arange(len(order))
    return rank[codes], np.asarray(distinct)[order]


def systematic_sample(weights: Array, size: int) -> tuple[NDArray[np.intp], Array]:
    """Rows picked at equal steps through the summed weights, and how often each was picked.

    A row that stands for many customers is picked in proportion.

    >>> rows, picked = systematic_sample(np.array([6.0, 1.0, 1.0]), 4)
    >>> rows.tolist(), picked.tolist()
    ([0, 2], [3.0, 1.0])
    """
    total = np.cumsum(weights)
    places = np.searchsorted(total, (np.arange(size) + 0.5) * (total[-1] / size), side="right")
    rows, picked = np.unique(places, return_counts=True)
    return rows, picked.astype(float)


def jacobian(f: Callable[[Array], Array], point: Array, step: ArrayLike = 1e-4) -> Array:
    """Central differences of f, shape (k,) → f's shape, stacked along a new first axis: (k, …). Error of
    order step².
    """
    columns = []
    for i, width in enumerate(np.broadcast_to(np.asarray(step, float), point.shape)):
        up, down = point.copy(), point.copy()
        up[i] += width
        down[i] -= width
        columns.append((f(up) - f(down)) / (2 * width))
    return np.stack(columns)


def in_logs(theta: Array, gradient: Array, hessian: Array) -> Array:
    """The Hessian by ln θ, from gradient (k,) and Hessian (k, k) by θ."""
    return np.outer(theta, theta) * hessian + np.diag(theta * gradient)


@dataclass(frozen=True)
class Optimum:
    """Where a search ended: the point, the value there, gradient, Hessian, evaluations, and what limits
    it.
    """

    point: Array
    value: float
    gradient: Array
    hessian: Array
    evaluations: int
    at_bound: NDArray[np.bool_]


Objective = Callable[[Array], tuple[float, Array]]
Curvature = Callable[[Array], Array]


def search(f: Objective, start: Array, bound: ArrayLike) -> tuple[Array, int]:
    """A point near the maximum of f(point) → (value, gradient) inside |point| ≤ bound, by quasi-Newton;
    evaluations.
    """

    def negative(point: Array) -> tuple[float, Array]:
        value, gradient = f(point)
        return -value, -gradient

    limits = np.broadcast_to(bound, start.shape)
    box = list(zip(-limits, limits, strict=True))
    options = {"maxiter": 500, "maxfun": 2000, "ftol": 1e-13, "gtol": 1e-7}
    found = optimize.minimize(negative, start, jac=True, method="L-BFGS-B", bounds=box, options=options)
    return found.x, int(found.nfev)


def maximise(
    f: Objective, curvature: Curvature, start: Array, bound: ArrayLike, hessian: Array | None = None
) -> Optimum:
    """Maximise f(point) → (value, gradient) inside the box |point| ≤ bound, by Newton from a start that is
    near.

    A Hessian from elsewhere (of fewer rows, say) serves for the first steps while they shrink well; before the last
    ones it is taken anew by `curvature`. Where Newton cannot be trusted (the curvature is not that of a maximum, the
    step is long, the value falls) it goes back to quasi-Newton once, and after that takes shorter steps.
    """
    count = 0

    def evaluate(point: Array) -> tuple[float, Array]:
        nonlocal count
        count += 1
        return f(point)

    bound = np.broadcast_to(bound, start.shape)
    point, searched = np.clip(start, -bound, bound), False
    value, gradient = evaluate(point)
    own = hessian is None
    if hessian is None:
        hessian = curvature(point)
    last = np.inf
    for _ in range(30):  # convergence is fast: three to five steps are the rule
        step = _newton_step(gradient, hessian, _held(point, gradient, bound))
        size = np.inf if step is None else float(np.abs(step).max())
        if not own and (size < 1e-5 or size > 0.25 * last):
            hessian, own, last = curvature(point), True, np.inf
            continue
        if size < 1e-9:
            break
        if step is not None and searched:
            step = step * min(1.0, 0.5 / size)
        trial = point if step is None else np.clip(point + step, -bound, bound)
        trial_value, trial_gradient = (value, gradient) if step is None else evaluate(trial)
        least = value - 1e-13 * abs(value)
        lost = (size > 0.5 and not searched) or trial_value < least
        if lost and not searched:
            trial, searched = search(evaluate, point, bound)[0], True
            trial_value, trial_gradient = evaluate(trial)
        elif step is None:
            break
        for _ in range(6):
            if trial_value >= least or step is None:
                break
            step = step / 4
            trial = np.clip(point + step, -bound, bound)
            trial_value, trial_gradient = evaluate(trial)
        if trial_value < least:
            break
        point, value, gradient, last = trial, trial_value, trial_gradient, size
        # After a step shorter than that the Hessian of the last point is that of this one.
        if lost or (own and size > 1e-5):
            hessian, own = curvature(point), True
    return Optimum(point, value, gradient, 0.5 * (hessian + hessian.T), count, _held(point, gradient, bound))


def _held(point: Array, gradient: Array, bound: ArrayLike) -> NDArray[np.bool_]:
    """Which coordinates lie on the edge of the box and would not come back."""
    return (np.abs(point) > np.asarray(bound) - 0.1) & (np.sign(point) * gradient > -1e-6)


def _newton_step(gradient: Array, hessian: Array, held: NDArray[np.bool_]) -> Array | None:
    """−H⁻¹g over the coordinates that are not held at their bound; None where H is not that of a maximum."""
    free = ~held
    step = np.zeros_like(gradient)
    curvature = -0.5 * (hessian + hessian.T)[np.ix_(free, free)]
    if not free.any():
        return step
    if not np.all(np.isfinite(curvature)) or np.linalg.eigvalsh(curvature).min() <= 0:
        return None
    step[free] = np.linalg.solve(curvature, gradient[free])
    return step
