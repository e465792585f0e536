"""How closely two answers go together: five correlations with intervals, and one corrected for unreliable scales.

Pearson's correlation takes answers as measurements with equal steps. Spearman's and Kendall's use their order only. The
polychoric correlation is that of the feelings behind the answers, if these are normal and an answer says only between
which two thresholds a feeling lies; it is larger than Pearson's, the more so the fewer the steps. They answer different
questions, and `compare` puts them side by side.

Weights change estimates as if respondents were repeated. For intervals they are no counts: n in a formula is then the
number of respondents of equal weight who would leave as much variance (`complete.effective`).

Notation: r an estimate, z = arctanh r (Fisher's), q a quantile of the normal, n respondents, w their weights adding up
to 1, ψ their influence on r.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.numerics import Array
from crmtheory.survey import factor, pairs, polychoric
from crmtheory.survey.complete import Complete, checked_level, complete, effective, intervals

METHODS = ("pearson", "spearman", "kendall", "polychoric", "polychoric two-step")
COMPARED = METHODS[:4]
# A scale with more steps than this is no scale to choose from: its thresholds could not be told apart.
MOST_STEPS = 30


def correlation(
    x: pd.Series,
    y: pd.Series,
    method: str = "pearson",
    weights: pd.Series | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """The correlation of two answers over those who gave both.

    pearson : interval z ± q / √(n − 3), Fisher (1921), Metron 1, 3–32; for answers not far from normal (on a
        five-step scale with most answers at one end, a 95 % interval holds the truth about 91 times in 100)
    spearman : of mid-ranks; z ± q √((1 + r²/2) / (n − 3)), Bonett & Wright (2000), Psychometrika 65, 23–28
    kendall : tau-b, where ties count in neither direction; z ± q se / (1 − r²), with se from each respondent's
        influence on the estimate, which takes account of ties
    polychoric : maximum likelihood, thresholds and correlation together; se from the information; on the scale of z
    polychoric two-step : thresholds from the margins first (Olsson 1979, Psychometrika 44, 443–460)

    Where r is 1 or −1 the formulas on the scale of z leave no width, and low = high = r; that of the polychoric
    correlation is then by likelihood ratio.

    Parameters
    ----------
    x, y : answers of the same respondents, on one index; NaN where nothing was said
    weights : on the same index

    Returns
    -------
    one-row frame: method, estimate, low, high, n

    Raises
    ------
    SchemaError : unknown method; x and y of different respondents; no numbers; too many steps for polychoric
    DomainError : fewer than 4 respondents with both answers, or all with the same answer

    Notes
    -----
    Kendall's tau takes time by the square of the number of different pairs of answers: little on scales, some
    seconds with 10,000 different amounts.

    >>> x, y = pd.Series([1.0, 2, 3, 4, 5]), pd.Series([2.0, 1, 4, 3, 5])
    >>> correlation(x, y, "spearman").round(3).to_dict("records")
    [{'method': 'spearman', 'estimate': 0.8, 'low': -0.457, 'high': 0.991, 'n': 5}]
    """
    if method not in METHODS:
        raise SchemaError(unknown("correlation", method, METHODS))
    checked_level(level)
    data = _pairs(x, y, weights)
    if method.startswith("polychoric"):
        _checked_steps(data)
    return pd.DataFrame([{"method": method, **_estimate(data, method, level)}])


def compare(
    x: pd.Series, y: pd.Series, weights: pd.Series | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Four correlations of the same two answers: what is lost by taking steps as equal, or as nothing but an order.

    Returns
    -------
    frame, index method ("pearson", "spearman", "kendall", "polychoric"): estimate, low, high, n. The polychoric row is
    missing where x or y has more than 30 different values, which is no scale of answers.

    Raises
    ------
    as `correlation`

    >>> x, y = pd.Series([1.0, 2, 3, 4, 5]), pd.Series([2.0, 1, 4, 3, 5])
    >>> compare(x, y)["estimate"].round(2).to_dict()
    {'pearson': 0.8, 'spearman': 0.8, 'kendall': 0.6, 'polychoric': 0.83}
    """
    checked_level(level)
    data = _pairs(x, y, weights)
    nothing = {"estimate": np.nan, "low": np.nan, "high": np.nan, "n": len(data)}
    steps = max(len(np.unique(column)) for column in data.values.T)
    rows = [
        nothing if method == "polychoric" and steps > MOST_STEPS else _estimate(data, method, level)
        for method in COMPARED
    ]
    return pd.DataFrame(rows, index=pd.Index(COMPARED, name="method"))


def disattenuated(
    answers: pd.DataFrame,
    first: Sequence[str],
    second: Sequence[str],
    rng: np.random.Generator,
    weights: pd.Series | None = None,
    resamples: int = 1000,
    level: float = 0.95,
) -> pd.DataFrame:
    """The correlation of what two scales measure, corrected for their errors of measurement.

    The correlation of the scale means divided by the square root of both reliabilities: Spearman (1904), American
    Journal of Psychology 15, 72–101. Reliability is Guttman's λ₂ (`factor.lambda_2`). Alpha is further below the
    reliability where items are not equally good, so it would correct too much. The corrected correlation can come out
    above 1, by chance or because a reliability is still too low; it is not cut off. The interval is a percentile
    bootstrap over respondents, of the whole calculation; samples in which an alpha is not above 0 are left out.

    Parameters
    ----------
    answers : one row per respondent, one column per item
    first, second : the items of the two scales, two or more each, none in both
    weights : on the same index

    Returns
    -------
    one-row frame: estimate, low, high, n (answered all items of both), observed (correlation of the scale means),
    reliability_first, reliability_second (λ₂)

    Raises
    ------
    SchemaError : an unknown item, an item in both scales, a scale of one item
    DomainError : fewer than 4 complete respondents, an item that all answered alike, an alpha of 0 or less

    >>> answers = pd.DataFrame({"a": [1.0, 2, 3, 4, 5, 6], "b": [2.0, 1, 4, 3, 6, 5],
    ...                         "c": [1.0, 3, 2, 5, 4, 6], "d": [3.0, 1, 2, 6, 5, 4]})
    >>> table = disattenuated(answers, ["a", "b"], ["c", "d"], np.random.default_rng(1), resamples=200)
    >>> table[["estimate", "observed", "reliability_first"]].round(3).to_dict("records")
    [{'estimate': 0.891, 'observed': 0.735, 'reliability_first': 0.906}]
    """
    checked_level(level)
    if resamples < 1:
        raise SchemaError(f"resamples is a number of bootstrap samples, 1 or more; it is {resamples}.")
    first, second = _scale(first, "first"), _scale(second, "second")
    both = [item for item in first if item in second]
    if both:
        raise SchemaError(
            f"{both[0]} is in both scales, so its error is in both and they agree by themselves. Put it in one."
        )
    question = "A correlation corrected for reliability"
    data = complete(answers, [*first, *second], weights, question=question, least=4)
    k = len(first)
    covariance = factor.covariances(data.values, data.weights)
    for name, items, part in (("first", first, slice(None, k)), ("second", second, slice(k, None))):
        value = factor.alpha(covariance[part, part])
        if not value > 0:
            raise DomainError(
                f"The {name} scale ({', '.join(items)}) has an alpha of {value:.2f}. Only what is measured with an "
                "alpha above 0 can be corrected. See scales.item_table for an item that runs against the rest."
            )
    found = _corrected(covariance, k)
    draws = factor.bootstrap(data, lambda many: _corrected(many, k)[0], resamples, rng)
    low, high = intervals(draws, level)
    row = {"estimate": float(found[0]), "low": float(low), "high": float(high), "n": len(data)}
    row |= {"observed": float(found[1]), "reliability_first": float(found[2])}
    return pd.DataFrame([row | {"reliability_second": float(found[3])}])


def _corrected(covariance: Array, k: int) -> tuple[Array, Array, Array, Array]:
    """Corrected and observed correlation of the first k items with the others, and both reliabilities; NaN where an
    alpha is not above 0.
    """
    one, other = covariance[..., :k, :k], covariance[..., k:, k:]
    sizes = one.sum(axis=(-2, -1)) * other.sum(axis=(-2, -1))
    together = covariance[..., :k, k:].sum(axis=(-2, -1))
    observed = together / np.sqrt(np.where(sizes > 0, sizes, np.nan))
    usable = (factor.alpha(one) > 0) & (factor.alpha(other) > 0)
    reliable = factor.lambda_2(one), factor.lambda_2(other)
    scale = np.sqrt(np.where(usable, reliable[0] * reliable[1], np.nan))
    return observed / scale, observed, *reliable


def _estimate(data: Complete, method: str, level: float) -> dict[str, float]:
    """estimate, low, high, n."""
    q, w = stats.norm.isf((1 - level) / 2), data.weights / data.weights.sum()
    if method.startswith("polychoric"):
        shares, cells = _table(data, w)
        fit = polychoric.fit(shares, two_step=method != "polychoric")
        limits = polychoric.interval(shares, fit, effective(fit.influence.ravel()[cells], w), level)
        return {"estimate": fit.rho, "low": limits[0], "high": limits[1], "n": len(data)}
    r, influence = {"pearson": pairs.pearson, "spearman": pairs.spearman, "kendall": pairs.kendall}[method](
        data.values, w
    )
    if abs(r) > 1 - factor.NEAR:
        end = float(np.sign(r))
        return {"estimate": end, "low": end, "high": end, "n": len(data)}
    n = effective(influence, w)
    if method == "kendall":
        error = np.sqrt((w**2 * influence**2).sum() * len(w) / (len(w) - 1)) / (1 - r**2)
    else:
        error = np.sqrt((1 + r**2 / 2 * (method == "spearman")) / (n - 3)) if n > 3 else np.inf
    low, high = np.tanh(np.arctanh(r) + q * error * np.array([-1.0, 1.0]))
    return {"estimate": r, "low": float(low), "high": float(high), "n": len(data)}


def _table(data: Complete, w: Array) -> tuple[Array, NDArray[np.intp]]:
    """Shares of the weight by answer to x (rows) and to y (columns), and each respondent's cell."""
    places = [np.unique(column, return_inverse=True)[1] for column in data.values.T]
    shape = tuple(int(place.max()) + 1 for place in places)
    cells = np.ravel_multi_index(tuple(places), shape)
    shares = np.bincount(cells, w, minlength=shape[0] * shape[1]).reshape(shape).astype(float)
    return shares, cells


def _checked_steps(data: Complete) -> None:
    for name, column in zip(data.items, data.values.T, strict=True):
        steps = len(np.unique(column))
        if steps > MOST_STEPS:
            raise SchemaError(
                f"The polychoric correlation is for answers on a scale, and {name} has {steps:,} different values "
                f"(at most {MOST_STEPS}). Amounts have Pearson's or Spearman's correlation."
            )


def _pairs(x: pd.Series, y: pd.Series, weights: pd.Series | None) -> Complete:
    if not isinstance(x, pd.Series) or not isinstance(y, pd.Series) or not x.index.equals(y.index):
        raise SchemaError("x and y must be Series on one index: two answers of the same respondents.")
    names = [str(x.name), str(y.name)]
    if names[0] == names[1] or x.name is None or y.name is None:
        names = ["x", "y"]
    frame = pd.DataFrame(dict(zip(names, (x, y), strict=True)))
    return complete(frame, names, weights, question="A correlation", least=4)


def _scale(items: Sequence[str], name: str) -> list[str]:
    if isinstance(items, str) or len(items) < 2:
        raise SchemaError(
            f"The {name} scale must be a list of two or more items: the reliability of a single answer cannot be "
            "seen in it."
        )
    return list(items)
