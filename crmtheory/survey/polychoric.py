"""The polychoric correlation: the correlation of two normal variables of which only steps were seen.

An answer on a scale is taken as a normal variable cut at thresholds. The correlation before the cutting is what the
counts of the table of answers make most likely (Olsson 1979, Psychometrika 44, 443–460): with the thresholds together
(maximum likelihood), or with the thresholds taken from the margins first (two-step).

Notation: P shares of the cells of the table, π their probabilities under the model, a and b thresholds of the rows and
of the columns, ρ the correlation, φ₂ and Φ₂ density and distribution of the bivariate normal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, special, stats

from crmtheory.errors import SchemaError
from crmtheory.numerics import Array, legendre

# Correlations beyond this are reported as 1 or −1: the likelihood rises to the end.
END = 0.9999
# A rectangle less probable than this is beyond what differences of Φ₂ can tell.
FLOOR = 1e-15
NODES = 48
# Log-likelihoods per respondent nearer than this are the same.
LEVEL = 1e-7
ANGLES = np.linspace(-np.arcsin(END), np.arcsin(END), 41)


@dataclass(frozen=True)
class Fit:
    """A polychoric correlation.

    `variance`: of `rho` times the number of respondents; `influence` (rows, columns): of a respondent in a cell on
    `rho` (its mean square is the variance). Both are missing, as NaN and zeros, where rho is 1 or −1. `rows`,
    `columns`: the thresholds.
    """

    rho: float
    variance: float
    influence: Array
    rows: Array
    columns: Array


def fit(shares: Array, two_step: bool = False) -> Fit:
    """The polychoric correlation of a table of shares.

    Steps that nobody used have no part in it: leave their rows and columns out. Cells that are 0 stay as they are;
    nothing is added to them. The variance is that of the information at the estimate; in two steps it takes account of
    the thresholds having been estimated.

    Parameters
    ----------
    shares : (rows, columns), 2 or more of each, adding up to 1, every row and column above 0

    Returns
    -------
    Fit

    >>> found = fit(np.array([[0.4, 0.1], [0.1, 0.4]]))  # at the medians ρ = sin(π/2 · (4 · 0.4 − 1))
    >>> round(found.rho, 6), round(float(np.sin(np.pi / 2 * 0.6)), 6)
    (0.809017, 0.809017)
    """
    shares = _table(shares)
    a = special.ndtri(np.cumsum(shares.sum(axis=1))[:-1])
    b = special.ndtri(np.cumsum(shares.sum(axis=0))[:-1])
    rho = _first(shares, a, b)
    if abs(rho) < END and not two_step:
        a, b, rho = _together(shares, a, b, rho)
    if abs(rho) >= END:
        return Fit(float(np.sign(rho)), np.nan, np.zeros(shares.shape), a, b)
    probability, slopes = _slopes(a, b, rho)
    influence = _influence(probability, slopes, a, b, shares.shape if two_step else None)
    return Fit(rho, float(probability @ influence**2), influence.reshape(shares.shape), a, b)


def interval(shares: Array, found: Fit, n: float, level: float = 0.95) -> tuple[float, float]:
    """The interval of a polychoric correlation of n respondents.

    By the normal approximation of arctanh ρ. At ρ = ±1 there is no curvature to go by: the interval then holds every
    ρ whose likelihood, thresholds fixed at the margins, is not rejected by the likelihood-ratio test.

    >>> shares = np.array([[0.4, 0.1], [0.1, 0.4]])
    >>> [round(limit, 3) for limit in interval(shares, fit(shares), 100)]
    [0.608, 0.913]
    """
    z = stats.norm.isf((1 - level) / 2)
    if abs(found.rho) < 1:
        half = z * np.sqrt(found.variance / n) / (1 - found.rho**2)
        low, high = np.tanh(np.arctanh(found.rho) + np.array([-half, half]))
        return float(low), float(high)
    shares = _table(shares)
    end = END * found.rho
    best = _likelihood(shares, found.rows, found.columns, end)

    def left(rho: float) -> float:
        return float(2 * n * (best - _likelihood(shares, found.rows, found.columns, rho)) - z**2)

    edge = -end if left(-end) <= 0 else optimize.brentq(left, -end, end)
    ends = sorted((found.rho, edge if abs(edge) < END else -found.rho))
    return float(ends[0]), float(ends[1])


def distribution(a: Array, b: Array, rho: Array | float) -> Array:
    """Φ₂(a, b; ρ) for every a with every b: Φ(a)Φ(b) + ∫ φ₂(a, b; t) dt from 0 to ρ, with t = sin θ.

    The derivative of Φ₂ by ρ is φ₂ (Plackett 1954, Biometrika 41, 351–360), which makes the rectangle a smooth integral
    over an angle (Drezner & Wesolowsky 1990, J. Stat. Comput. Simul. 35, 101–107); Gauss–Legendre with 48 nodes.

    Parameters
    ----------
    a : (rows,); b : (columns,); both may hold ±infinity; rho : between −1 and 1, any shape

    Returns
    -------
    (…, rows, columns), with the axes of rho first

    >>> float(distribution(np.zeros(1), np.zeros(1), 0.5)[0, 0].round(12))  # 1/4 + arcsin(1/2) / 2π
    0.333333333333
    """
    nodes, weights = legendre(NODES)
    angle = np.arcsin(np.asarray(rho, float))[..., None, None, None] * (nodes + 1) / 2
    sine, cosine = np.sin(angle), np.cos(angle)
    x, y = _finite(a)[:, None, None], _finite(b)[None, :, None]
    density = np.exp(-((x - y) ** 2 / (2 * cosine**2) + x * y / (1 + sine)))
    step = np.arcsin(np.asarray(rho, float))[..., None, None] / 2
    return special.ndtr(a)[:, None] * special.ndtr(b) + step * (density @ weights) / (2 * np.pi)


def _finite(limits: Array) -> Array:
    """±infinity as limits at which a density is 0 but arithmetic is safe."""
    return np.clip(limits, -60.0, 60.0)


def _table(shares: Array) -> Array:
    shares = np.asarray(shares, float)
    if shares.ndim != 2 or min(shares.shape) < 2:
        raise SchemaError(
            f"A polychoric correlation needs a table of at least 2 rows and 2 columns; it is {shares.shape}."
        )
    empty = not (np.isfinite(shares).all() and (shares >= 0).all())
    if empty or not (shares.sum(axis=0) > 0).all() or not (shares.sum(axis=1) > 0).all():
        raise SchemaError(
            "A polychoric correlation needs shares of 0 or more, and no row or column that is empty. Leave out the "
            "steps that nobody chose."
        )
    return shares / shares.sum()


def _ends(thresholds: Array) -> Array:
    return np.concatenate([[-np.inf], thresholds, [np.inf]])


def _cells(a: Array, b: Array, rho: Array | float) -> Array:
    """π, (…, rows, columns)."""
    corners = distribution(_ends(a), _ends(b), rho)
    return np.maximum(np.diff(np.diff(corners, axis=-1), axis=-2), FLOOR)


def _density(a: Array, b: Array, rho: float) -> Array:
    """φ₂ at every corner."""
    x, y = _finite(_ends(a))[:, None], _finite(_ends(b))[None, :]
    rest = 1 - rho**2
    return np.exp(-(x**2 - 2 * rho * x * y + y**2) / (2 * rest)) / (2 * np.pi * np.sqrt(rest))


def _likelihood(shares: Array, a: Array, b: Array, rho: Array | float) -> Array:
    """Σ P log π, for each rho."""
    return (shares * np.log(_cells(a, b, rho))).sum(axis=(-2, -1))


def _first(shares: Array, a: Array, b: Array) -> float:
    """ρ of the greatest likelihood with thresholds fixed: the best of a grid of angles, then where the slope is 0."""
    values = _likelihood(shares, a, b, np.sin(ANGLES))
    best = int(values.argmax())
    low, high = (np.sin(ANGLES[min(max(best + side, 0), len(ANGLES) - 1)]) for side in (-1, 1))

    def slope(rho: float) -> float:
        change = np.diff(np.diff(_density(a, b, rho), axis=1), axis=0)
        return float((shares * change / _cells(a, b, rho)).sum())

    # with an empty corner the likelihood may run level long before the end: then the end is as likely
    for end in (0, -1):
        if values[end] >= values[best] - LEVEL and np.sin(ANGLES[best]) * ANGLES[end] > 0.5:
            return float(np.sin(ANGLES[end]))
    if slope(low) > 0 > slope(high):
        return float(optimize.brentq(slope, low, high, xtol=1e-13))
    found = optimize.minimize_scalar(
        lambda rho: -float(_likelihood(shares, a, b, rho)), bounds=(low, high), method="bounded"
    )
    return float(found.x)


def _slopes(a: Array, b: Array, rho: float) -> tuple[Array, Array]:
    """π as a vector of cells, and its derivatives by a, b and ρ, (cells, thresholds + 1)."""
    rows, columns, rest = _ends(a), _ends(b), np.sqrt(1 - rho**2)
    by_row = stats.norm.pdf(a)[:, None] * np.diff(special.ndtr((columns - rho * a[:, None]) / rest), axis=1)
    by_column = stats.norm.pdf(b)[:, None] * np.diff(special.ndtr((rows - rho * b[:, None]) / rest), axis=1)
    table = np.zeros((len(a) + 1, len(b) + 1, len(a) + len(b) + 1))
    steps, others = np.arange(len(a)), np.arange(len(b))
    table[steps, :, steps] = by_row  # a threshold further up: more below it, less above
    table[steps + 1, :, steps] = -by_row
    table[:, others, len(a) + others] = by_column.T
    table[:, others + 1, len(a) + others] = -by_column.T
    table[:, :, -1] = np.diff(np.diff(_density(a, b, rho), axis=1), axis=0)
    return _cells(a, b, rho).ravel(), table.reshape(-1, table.shape[-1])


def _information(probability: Array, slopes: Array) -> Array:
    return (slopes / probability[:, None]).T @ slopes


def _together(shares: Array, a: Array, b: Array, rho: float) -> tuple[Array, Array, float]:
    """Fisher scoring of all thresholds and ρ, from the two-step estimate; steps are halved until they improve."""
    best = float(_likelihood(shares, a, b, rho))
    for _ in range(200):
        probability, slopes = _slopes(a, b, rho)
        gradient = slopes.T @ (shares.ravel() / probability)
        step = np.linalg.pinv(_information(probability, slopes)) @ gradient
        if gradient @ step < 1e-18:
            break
        for halving in range(30):
            move = step * 0.5**halving
            new_a, new_b, new_rho = a + move[: len(a)], b + move[len(a) : -1], rho + move[-1]
            if abs(new_rho) >= END or (np.diff(new_a) <= 0).any() or (np.diff(new_b) <= 0).any():
                continue
            value = float(_likelihood(shares, new_a, new_b, new_rho))
            if value > best:
                break
        else:
            break
        a, b, rho, best = new_a, new_b, float(new_rho), value
    return a, b, rho


def _influence(
    probability: Array, slopes: Array, a: Array, b: Array, two_step: tuple[int, ...] | None
) -> Array:
    """Influence of a respondent in each cell on ρ, where all are estimated together or thresholds first."""
    information, score = _information(probability, slopes), slopes / probability[:, None]
    if two_step is None:
        return score @ np.linalg.pinv(information)[-1]
    row, column = (axis.ravel()[:, None] for axis in np.indices(two_step))
    on_a = ((row <= np.arange(len(a))) - special.ndtr(a)) / stats.norm.pdf(a)
    on_b = ((column <= np.arange(len(b))) - special.ndtr(b)) / stats.norm.pdf(b)
    return (score[:, -1] - np.hstack([on_a, on_b]) @ information[-1, :-1]) / information[-1, -1]
