"""Is satisfaction rising or falling, where, and is the change more than noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from crmtheory.errors import SchemaError
from crmtheory.multiplicity import holm
from crmtheory.numerics import Array
from crmtheory.survey.complete import checked_level, complete
from crmtheory.weighted import mean_and_error

DIRECTIONS = ("rose", "fell", "no clear change", "not asked twice")


def two_periods(
    answers: pd.DataFrame, period: pd.Series, weights: pd.Series | None = None, level: float = 0.95
) -> pd.DataFrame:
    """The change of the mean of each item between two samples of different people.

    Welch's (1947) interval and test; with weights, on linearised errors. Among many items some change by chance, so the
    direction is that of the p values adjusted for all items asked twice (Holm 1979, Scand. J. Statist. 6, 65–70). The
    interval is that of the one item.

    Parameters
    ----------
    answers : one row per respondent, one column per item, NaN where nothing was said
    period : on the same index, two values; the first in order (of an ordered category, or sorted) is before.
        Respondents without a period are left out
    weights : on the same index; only their ratios within a period matter

    Returns
    -------
    frame, index = item: before, after (means), estimate (after − before), low, high, p_value, adjusted, n_before,
    n_after, direction ("rose", "fell", "no clear change", or "not asked twice" for items that nobody answered in one of
    the periods). Interval and p are missing with one answer in a period, or where all in both periods are alike.

    Raises
    ------
    SchemaError : not two periods, or not on the respondents of the answers

    >>> answers = pd.DataFrame({"overall": [3.0, 4, 3, 4, 5, 5, 4, 5]})
    >>> year = pd.Series([2017] * 4 + [2018] * 4)
    >>> two_periods(answers, year).round(2)[["before", "after", "estimate", "low", "high", "adjusted", "direction"]]
          before  after  estimate   low  high  adjusted direction
    item
    overall  3.5   4.75      1.25  0.31  2.19      0.02      rose
    """
    checked_level(level)
    first, second = _two(answers, period)
    w = np.ones(len(answers)) if weights is None else _weights(answers, weights)
    if not len(answers.columns):
        raise SchemaError("No item was given: the table of answers has no columns.")
    texts = [item for item in answers.columns if not pd.api.types.is_numeric_dtype(answers[item])]
    if texts:
        raise SchemaError(
            f"The change of {texts[0]} needs numbers, and its answers are none. Read the export with "
            "crmtheory.survey.read, which turns answers into numbers."
        )
    when = period.to_numpy()
    rows = []
    for item in answers.columns:
        values = answers[item].to_numpy(float, na_value=np.nan)
        said = np.isfinite(values) & (w > 0)
        samples = [(values[said & (when == at)], w[said & (when == at)]) for at in (first, second)]
        rows.append(_change(samples, level))
    table = pd.DataFrame(rows, pd.Index(answers.columns, name="item"))
    table["adjusted"] = holm(table["p_value"])
    table["direction"] = _direction(table, level)
    order = ["before", "after", "estimate", "low", "high", "p_value", "adjusted", "n_before", "n_after"]
    return table[[*order, "direction"]]


def _two(answers: pd.DataFrame, period: pd.Series) -> tuple[Any, Any]:
    if not isinstance(period, pd.Series) or not period.index.equals(answers.index):
        raise SchemaError("The period must be a Series on the index of the answers, one for each respondent.")
    said = period.dropna()
    if isinstance(period.dtype, pd.CategoricalDtype):
        found = [value for value in period.cat.categories if (said == value).any()]
    else:
        found = sorted(said.unique().tolist(), key=lambda value: (str(type(value)), value))
    if len(found) != 2:
        names = ", ".join(str(value) for value in found[:8]) + (", …" if len(found) > 8 else "")
        raise SchemaError(
            f"Two periods were expected, and {len(found):,} {'was' if len(found) == 1 else 'were'} found: "
            f"{names or 'none'}. Keep the respondents of two: answers[period.isin([…])]."
        )
    return found[0], found[1]


def _weights(answers: pd.DataFrame, weights: pd.Series) -> Array:
    """Checked at the same door as everywhere, with one item that everybody answered."""
    everybody = pd.DataFrame({"any item": 1.0}, answers.index)
    complete(everybody, ["any item"], weights, question="A change", least=1, constant=True)
    return weights.to_numpy(float)


def _change(samples: list[tuple[Array, Array]], level: float) -> dict[str, float]:
    (x, v), (y, w) = samples
    row: dict[str, float] = {"n_before": len(x), "n_after": len(y)}
    before, after = _mean_and_variance(x, v), _mean_and_variance(y, w)
    gap, total = after[0] - before[0], before[1] + after[1]
    row |= {"before": before[0], "after": after[0], "estimate": gap}
    if not total > 0:
        return row | {"low": np.nan, "high": np.nan, "p_value": np.nan}
    # Welch–Satterthwaite; a period in which all answer alike adds nothing to either side
    df = total**2 / (before[1] ** 2 / (len(x) - 1) + after[1] ** 2 / (len(y) - 1))
    error = np.sqrt(total)
    half = stats.t.ppf(0.5 + level / 2, df) * error
    return row | {
        "low": gap - half,
        "high": gap + half,
        "p_value": float(2 * stats.t.sf(abs(gap) / error, df)),
    }


def _mean_and_variance(values: Array, weights: Array) -> tuple[float, float]:
    """Mean, and variance of the mean: 0 where several answers are alike, missing with fewer than two."""
    mean, error = mean_and_error(values, weights)
    alike = len(values) > 1 and np.ptp(values) == 0
    return mean, 0.0 if alike else error**2


def _direction(table: pd.DataFrame, level: float) -> Array:
    twice = (table["n_before"] > 0) & (table["n_after"] > 0)
    clear = table["adjusted"] < 1 - level
    kinds = [~twice, clear & (table["estimate"] > 0), clear & (table["estimate"] < 0)]
    return np.select(kinds, ["not asked twice", "rose", "fell"], "no clear change")
