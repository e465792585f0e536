"""What the questions on loyalty share: yes and no as numbers, and intervals of shares, means and their differences.

Shares get Wilson's interval, also with weights or with several cases of one customer: the variance of the share is
estimated from the data, and the number of independent answers n* that would have this variance takes the place of n
(Korn & Graubard 1998, Survey Methodology 24, 193–201). Differences and other sums of shares join the limits of the
single shares (Zou & Donner 2008, Statistics in Medicine 27, 1693–1702), which for a plain difference is Newcombe's
(1998) interval. So limits make sense also where nobody, or everybody, said yes.

Notation: y answers of 0 and 1, w weights, p = Σwy / Σw, v = Σw²(y − p)² / (Σw)², n* = p(1 − p) / v.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from crmtheory.errors import DomainError, SchemaError
from crmtheory.holdout import wilson
from crmtheory.numerics import Array
from crmtheory.survey.complete import Complete, complete


def share_interval(y: Array, w: Array, level: float) -> tuple[float, float, float]:
    """Weighted share of yes and its limits; missing where nobody answered.

    >>> tuple(round(v, 3) for v in share_interval(np.array([1.0, 1, 0, 0]), np.ones(4), 0.95))
    (0.5, 0.15, 0.85)
    """
    if not len(y):
        return np.nan, np.nan, np.nan
    p = float(np.clip(w @ y / w.sum(), 0.0, 1.0))
    variance = w**2 @ (y - p) ** 2 / w.sum() ** 2
    kish = w.sum() ** 2 / (w**2).sum()
    independent = min(p * (1 - p) / variance, len(y)) if variance > 0 else kish
    low, high = wilson(p * independent, independent, level)
    return p, float(low), float(high)


def combined(
    factors: ArrayLike, shares: ArrayLike, lows: ArrayLike, highs: ArrayLike
) -> tuple[float, float, float]:
    """Σ factor · share of independent shares, with limits joined from theirs.

    >>> tuple(round(v, 3) for v in combined([1, -1], [0.5, 0.5], [0.237, 0.237], [0.763, 0.763]))
    (0.0, -0.372, 0.372)
    """
    c, p, low, high = (np.asarray(x, float) for x in (factors, shares, lows, highs))
    down = c * np.where(c > 0, p - low, p - high)
    up = c * np.where(c > 0, high - p, low - p)
    estimate = float(c @ p)
    return estimate, estimate - float(np.sqrt(down @ down)), estimate + float(np.sqrt(up @ up))


def newcombe(
    first: int, of_first: int, second: int, of_second: int, level: float
) -> tuple[float, float, float]:
    """Difference of two independent shares with Newcombe's (1998) interval from Wilson limits.

    >>> tuple(round(v, 3) for v in newcombe(56, 70, 48, 80, 0.95))  # Newcombe 1998, Table II, example (a), method 10
    (0.2, 0.052, 0.334)
    """
    k, n = np.array([first, second], float), np.array([of_first, of_second], float)
    return combined([1, -1], k / n, *wilson(k, n, level))


def weighted_mean(y: Array, w: Array, level: float) -> tuple[float, float, float]:
    """Weighted mean with a sandwich t interval; no interval for a single answer."""
    n = len(y)
    if not n:
        return np.nan, np.nan, np.nan
    mean = float(y[0] + w @ (y - y[0]) / w.sum())
    if n == 1:
        return mean, np.nan, np.nan
    error = np.sqrt(w**2 @ (y - mean) ** 2 * n / (n - 1)) / w.sum()
    half = float(stats.t.ppf(0.5 + level / 2, n - 1) * error)
    return mean, mean - half, mean + half


def skewed_mean(values: Array, level: float) -> tuple[float, float, float]:
    """Mean of a skewed amount with the interval of Hall (1992, J. R. Statist. Soc. B 54, 221–228).

    His cubic g(t) = t + γt²/3 + γ²t³/27 + γ/(6n) takes the skewness γ out of the t statistic; the limits solve
    g(t) = ± the t quantile. No interval for a single customer.
    """
    v, n = np.sort(values), len(values)
    if n < 2:
        return (float(v[0]) if n else np.nan), np.nan, np.nan
    mean = float(v.mean())
    spread = float(v.std())
    if spread <= 1e-12 * max(abs(mean), 1e-300):
        return mean, mean, mean
    skew = float(((v - mean) ** 3).mean() / spread**3)
    quantile = float(stats.t.ppf(0.5 + level / 2, n - 1)) / np.sqrt(n)
    scale = spread * np.sqrt(n / (n - 1))

    def solved(x: float) -> float:
        if abs(skew) < 1e-6:
            return x
        return float(3 / skew * (np.cbrt(1 + skew * (x - skew / (6 * n))) - 1))

    return mean, mean - scale * solved(quantile), mean - scale * solved(-quantile)


def two_answers(
    first: pd.Series, second: pd.Series, weights: pd.Series | None, names: tuple[str, str], **asked: Any
) -> Complete:
    """Those who gave both answers, in an order that does not depend on that of the rows.

    Raises
    ------
    SchemaError : answers of different respondents, or no numbers; bad weights
    DomainError : too few
    """
    for what, series in zip(names, (first, second), strict=True):
        if not isinstance(series, pd.Series):
            raise SchemaError(f"{what} must be a pandas Series, not {type(series).__name__}.")
    same_customers(first, second, names)
    columns = dict(zip(names, (as_numbers(first), as_numbers(second)), strict=True))
    found = complete(pd.DataFrame(columns, index=first.index), names, weights, constant=True, **asked)
    order = np.lexsort((found.weights, *found.values.T[::-1]))
    return Complete(found.values[order], found.weights[order], found.index[order], found.items)


def as_numbers(series: pd.Series) -> Any:
    """Numbers as floats with NaN; anything else as it is, for the caller to refuse."""
    if pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series):
        return series.astype("Float64").to_numpy(float, na_value=np.nan)
    return series.to_numpy()


def numbers(series: pd.Series, what: str, missing: bool = False) -> Array:
    """Numbers of customers, complete unless `missing`."""
    if not isinstance(series, pd.Series):
        raise SchemaError(f"{what} must be a pandas Series, not {type(series).__name__}.")
    values = as_numbers(series)
    if len(series) and values.dtype.kind != "f":
        raise SchemaError(f"{what} must be numbers, not {series.dtype}, first: {series.iloc[0]!r}.")
    values = values.astype(float)
    bad = np.isinf(values) if missing else ~np.isfinite(values)
    if bad.any():
        raise SchemaError(
            f"{what}: {bad.sum():,} of {len(values):,} numbers are missing or infinite, first: "
            f"{series.index[bad.argmax()]}. Leave these customers out, or say what they have."
        )
    return values


def yes_no(happened: Any, what: str) -> NDArray[np.bool_]:
    """True and False, or 1 and 0, as booleans.

    >>> yes_no(pd.Series([1, 0, 1]), "Bought").tolist()
    [True, False, True]
    """
    values = numbers(pd.Series(happened), what)
    bad = (values != 0) & (values != 1)
    if bad.any():
        raise SchemaError(
            f"{what} must be True or False (1 or 0); {bad.sum():,} of {len(values):,} are not, first: "
            f"{values[bad.argmax()]:g}. From a number of purchases make it with `> 0`."
        )
    return values == 1


def from_0_to_10(ratings: Array, index: pd.Index) -> None:
    """Refuse ratings that are none: codes such as 99 for "don't know" would count as promoters."""
    bad = (ratings < 0) | (ratings > 10)
    if bad.any():
        raise SchemaError(
            f"Ratings of the willingness to recommend lie between 0 and 10; {bad.sum():,} of {len(ratings):,} do not, "
            f"first: {ratings[bad.argmax()]:g} (respondent {index[bad.argmax()]}). Codes such as 99 mean that nothing "
            "was said: make them missing."
        )


def same_customers(first: pd.Series, second: pd.Series, names: tuple[str, str]) -> None:
    if not first.index.equals(second.index):
        raise SchemaError(
            f"{names[0]} and {names[1]} must have the same index, one row per customer in the same order; they have "
            f"{len(first):,} and {len(second):,} rows. Join them on the customer first."
        )


def share_from_0_to_1(value: float, what: str, *, open_: bool = False) -> float:
    inside = 0 < value < 1 if open_ else 0 <= value <= 1
    if not inside:
        raise DomainError(f"{what} is a share between 0 and 1, not {value:g}.")
    return float(value)
