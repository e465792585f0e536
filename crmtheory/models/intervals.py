"""Confidence limits of what follows from a fit, by the delta method, within the range of the quantity."""

from __future__ import annotations

import numpy as np
from scipy import stats

from crmtheory.models.fit import Fit
from crmtheory.models.history import possible_level
from crmtheory.numerics import Array


def limits(fit: Fit, value: Array, gradient: Array, level: float, kind: str) -> tuple[Array, Array]:
    """The interval of a quantity of a fit, from its gradient by ln θ (see `interval`)."""
    return interval(value, trusted(fit, value, fit.error_of(gradient), kind), level, kind)


def trusted(fit: Fit, value: Array, se: Array, kind: str) -> Array:
    """Standard errors, NaN where they are only small because a parameter is held on a boundary: what hangs on nothing
    else would seem known for certain. An exact 0, or probability 1, is certain by the model and stays so.
    """
    if fit.verdict.converged:
        return se
    if kind == "probability":
        doubtful = ((value > 0.999) & (value < 1)) | ((value < 1e-6) & (value > 0))
    else:
        doubtful = (se < 0.05 / np.sqrt(fit.n) * np.abs(value)) & (value != 0)
    return np.where(doubtful, np.nan, se)


def interval(value: Array, se: Array, level: float, kind: str) -> tuple[Array, Array]:
    """Confidence limits of a "number" of 0 or more, made on its logarithm, or of a "probability", on its logit."""
    z = stats.norm.ppf(1 - possible_level(level))
    if kind == "number":
        # Where the error is larger than the value the logarithm says little: symmetric then, and not below 0.
        known = (value > 0) & (se < value)
        factor = np.exp(np.where(known, z * se / np.where(known, value, 1.0), 0.0))
        low, high = np.maximum(value - z * se, np.minimum(value, 0.0)), value + z * se
        return np.where(known, value / factor, low), np.where(known, value * factor, high)
    inside = (value > 0) & (value < 1)
    p = np.where(inside, value, 0.5)
    centre = np.log(p) - np.log1p(-p)
    half = z * np.minimum(se / (p * (1 - p)), 700.0)
    low, high = (1 / (1 + np.exp(-np.clip(centre + side * half, -700, 700))) for side in (-1, 1))
    return np.where(inside, low, value), np.where(inside, high, value)
