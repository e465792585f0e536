"""The shape of the link from satisfaction to loyalty: a line, diminishing, or up only at the top.

Jones & Sasser (1995, Harvard Business Review 73(6), 88–99) hold that only the completely satisfied are loyal where
customers are free to leave: the curve is flat and turns up at the top. Others expect the opposite, each further step
of satisfaction bringing less. Three shapes are compared, with s satisfaction between 0 (lowest) and 1 (highest seen):

linear          a + b·s
diminishing     a + b·(1 − e^(−c·s)) / (1 − e^(−c)),   0 ≤ c ≤ 30, b ≥ 0
only complete   a + b·s^k,                             1 ≤ k ≤ 30, b ≥ 0

The last two meet the line at c = 0 and k = 1, and bend from there in opposite ways. With the variance of the answers
the line has three parameters and the others four. Weights are not counts: the likelihood is that of Kish's effective
number of respondents m = (Σw)² / Σw², log L = −m/2 · (log 2πσ² + 1) with σ² = Σw(y − ŷ)² / Σw.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import optimize, stats

from crmtheory.errors import DomainError
from crmtheory.loyalty.shares import two_answers
from crmtheory.numerics import Array
from crmtheory.survey.complete import resampled

SHAPES = {"linear": 3, "diminishing": 4, "only complete": 4}  # parameters, with the variance
STEEPEST = 30.0
GRID = np.r_[0.0, np.geomspace(0.02, STEEPEST, 60)]  # c, and k − 1 up to its bound
BOTH = ("satisfaction", "loyalty")


def link_shapes(
    satisfaction: pd.Series,
    loyalty: pd.Series,
    weights: pd.Series | None = None,
    rng: np.random.Generator | None = None,
    resamples: int = 200,
) -> pd.DataFrame:
    """Which of three shapes the link has, by information criteria.

    Parameters
    ----------
    loyalty : a rating, such as 0 to 10, or a mean of several
    rng : if given, a bootstrap over respondents says how often each shape would be best by AIC

    Returns
    -------
    frame, index shape: log_likelihood, parameters, aic, bic, weight (Akaike weight: relative support, adding up to 1),
    best (lowest AIC), bend (c, or k; missing for the line), lack_of_fit (p value of an F test against a mean for every
    level; missing where there are not more levels than parameters), n, and bootstrap (share of samples; missing
    without rng)

    Raises
    ------
    DomainError : fewer than three levels of satisfaction, or answers without scatter round the curve

    References: Burnham & Anderson 2002, Model Selection and Multimodel Inference (Akaike weights).

    >>> s = pd.Series([1.0, 2, 3, 4, 5] * 8)
    >>> y = 2 * s + np.tile([-1, 1, 1, -1], 10)
    >>> link_shapes(s, y)["best"].to_dict()
    {'linear': True, 'diminishing': False, 'only complete': False}
    """
    s, y, w, effective = _data(satisfaction, loyalty, weights)
    fitted = _fitted(s, y, w)
    levels, place = np.unique(s, return_inverse=True)
    total = float(w @ (y - w @ y / w.sum()) ** 2)
    rss = {name: fit[0] for name, fit in fitted.items()}
    if min(rss.values()) <= 1e-20 * max(total, 1e-300):
        raise DomainError(
            "The answers lie on a curve without any scatter, so likelihoods do not exist. Loyalty seems to have been "
            "computed from satisfaction: give an answer of its own."
        )
    means = np.bincount(place, w * y) / np.bincount(place, w)
    saturated = float(w @ (y - means[place]) ** 2)
    rows = []
    for name, parameters in SHAPES.items():
        fit = -effective / 2 * (np.log(2 * np.pi * rss[name] / w.sum()) + 1)
        rows.append(
            {
                "shape": name,
                "log_likelihood": fit,
                "parameters": parameters,
                "aic": 2 * parameters - 2 * fit,
                "bic": np.log(effective) * parameters - 2 * fit,
                "bend": fitted[name][1],
                "lack_of_fit": _lack_of_fit(rss[name], saturated, len(levels), parameters - 1, effective),
                "n": len(y),
            }
        )
    table = pd.DataFrame(rows).set_index("shape")
    support = np.exp(-(table["aic"] - table["aic"].min()) / 2)
    best = np.arange(len(table)) == int(table["aic"].to_numpy().argmin())
    table = table.assign(weight=support / support.sum(), best=best, bootstrap=np.nan)
    if rng is not None:
        table["bootstrap"] = _stability(s, y, w, rng, resamples)
    columns = [
        "log_likelihood",
        "parameters",
        "aic",
        "bic",
        "weight",
        "best",
        "bend",
        "lack_of_fit",
        "n",
        "bootstrap",
    ]
    return table[columns]


def link_curves(
    satisfaction: pd.Series, loyalty: pd.Series, weights: pd.Series | None = None, points: int = 101
) -> pd.DataFrame:
    """The fitted shapes as curves to draw.

    Returns
    -------
    frame: shape, satisfaction (`points` values from the lowest to the highest seen), loyalty

    >>> s = pd.Series([1.0, 2, 3] * 4)
    >>> link_curves(s, s + np.tile([1.0, -1], 6), points=3)["loyalty"].round(2).tolist()[:3]
    [1.0, 2.0, 3.0]
    """
    s, y, w, _ = _data(satisfaction, loyalty, weights)
    at = np.linspace(s.min(), s.max(), points)
    scaled = np.linspace(0.0, 1.0, points)
    curves = []
    for name, (_, _, bend, intercept, slope) in _fitted(s, y, w).items():
        values = intercept + slope * _curve(name, scaled, bend)
        curves.append(pd.DataFrame({"shape": name, "satisfaction": at, "loyalty": values}))
    return pd.concat(curves, ignore_index=True)


def _data(
    satisfaction: pd.Series, loyalty: pd.Series, weights: pd.Series | None
) -> tuple[Array, Array, Array, float]:
    data = two_answers(satisfaction, loyalty, weights, BOTH, question="The shape of the link", least=5)
    s, y = data.values.T
    if len(np.unique(s)) < 3:
        raise DomainError(
            f"A shape needs three levels of satisfaction or more; {len(s):,} respondents chose {len(np.unique(s))}. "
            "Two levels are joined by any curve."
        )
    return s, y, data.weights, data.n_effective


def _curve(name: str, s: Array, bend: float) -> Array:
    """The shape between 0 at s = 0 and 1 at s = 1; a bend of 0 is the line."""
    if name == "linear" or bend == 0:
        return s
    if name == "diminishing":
        return np.expm1(-bend * s) / np.expm1(-bend)
    return s ** (1 + bend)


def _residuals(x: Array, y: Array, w: Array, rising: bool) -> tuple[Array, Array, Array]:
    """Residual sum, intercept and slope of weighted lines y ~ x, one for each row of weights w (…, n)."""
    total = w.sum(axis=-1)
    mean_x, mean_y = w @ x / total, w @ y / total
    sxx = w @ x**2 - total * mean_x**2
    sxy = w @ (x * y) - total * mean_x * mean_y
    syy = w @ y**2 - total * mean_y**2
    slope = np.divide(sxy, sxx, out=np.zeros_like(sxy), where=sxx > 1e-12 * total)
    slope = np.maximum(slope, 0.0) if rising else slope
    return syy - 2 * slope * sxy + slope**2 * sxx, mean_y - slope * mean_x, slope


def _fitted(s: Array, y: Array, w: Array) -> dict[str, tuple[float, float, float, float, float]]:
    """For each shape: residual sum, c or k as written above, the bend, intercept and slope."""
    scaled = (s - s.min()) / np.ptp(s)
    centre = y.mean()
    v = y - centre  # sums of squares from the middle keep their digits
    found = {}
    for name in SHAPES:
        grid = GRID[:1] if name == "linear" else _bends(name)

        def lost(bend: float, name: str = name) -> float:
            return float(_residuals(_curve(name, scaled, bend), v, w[None, :], name != "linear")[0][0])

        sums = [lost(bend) for bend in grid]
        place = int(np.argmin(sums))
        bend = float(grid[place])
        if len(grid) > 1:
            around = (float(grid[max(place - 1, 0)]), float(grid[min(place + 1, len(grid) - 1)]))
            better = optimize.minimize_scalar(lost, bounds=around, method="bounded", options={"xatol": 1e-8})
            bend = float(better.x) if better.fun < sums[place] else bend
        _, intercept, slope = _residuals(_curve(name, scaled, bend), v, w[None, :], name != "linear")
        fit = intercept[0] + slope[0] * _curve(name, scaled, bend)
        said = np.nan if name == "linear" else bend if name == "diminishing" else 1 + bend
        found[name] = (float(w @ (v - fit) ** 2), said, bend, float(intercept[0] + centre), float(slope[0]))
    return found


def _bends(name: str) -> Array:
    return GRID if name == "diminishing" else np.minimum(GRID, STEEPEST - 1)


def _lack_of_fit(rss: float, saturated: float, levels: int, means: int, effective: float) -> float:
    spare, left = levels - means, effective - levels
    if spare < 1 or left <= 0 or saturated <= 0:
        return np.nan
    return float(stats.f.sf(max(rss - saturated, 0.0) / spare / (saturated / left), spare, left))


def _stability(s: Array, y: Array, w: Array, rng: np.random.Generator, resamples: int) -> Array:
    """Share of bootstrap samples in which each shape has the lowest AIC; bends are searched on the grid."""
    drawn = resampled(len(s), resamples, rng) * w
    effective = drawn.sum(axis=1) ** 2 / (drawn * w).sum(
        axis=1
    )  # a person drawn twice has two answers of weight w
    scaled, v = (s - s.min()) / np.ptp(s), y - y.mean()
    criteria = []
    for name, parameters in SHAPES.items():
        grid = GRID[:1] if name == "linear" else _bends(name)
        least = np.min(
            [_residuals(_curve(name, scaled, b), v, drawn, name != "linear")[0] for b in grid], axis=0
        )
        criteria.append(2 * parameters + effective * np.log(np.maximum(least, 1e-300)))
    return np.bincount(np.argmin(criteria, axis=0), minlength=len(SHAPES)) / resamples
