"""Means and shares of answers with weights, and their intervals: the arithmetic that the measures share.

A weight says for how many customers a respondent stands. It moves the estimate as if the respondent were repeated, but
one person stays one person: errors are those of a ratio estimate, Σ w²(x − x̄)² / (Σ w)² (Särndal, Swensson & Wretman
1992, Model Assisted Survey Sampling), and depend only on the ratios of the weights.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from crmtheory.errors import DomainError, SchemaError
from crmtheory.holdout import wilson
from crmtheory.numerics import Array
from crmtheory.survey.complete import Complete, checked_level, complete
from crmtheory.survey.complete import effective as equal_answers


def answered(
    ratings: pd.Series,
    weights: pd.Series | None,
    question: str,
    scale: tuple[float, float] | None = None,
    whole: bool = False,
) -> Complete:
    """Those who answered one item: `values` (n, 1) and `weights` (n,) with mean 1.

    Raises
    ------
    SchemaError : no Series of numbers, answers outside of `scale`, answers between two numbers where `whole`
    DomainError : nobody answered

    >>> answered(pd.Series([5.0, None, 3.0]), None, "CSAT").values.ravel().tolist()
    [5.0, 3.0]
    """
    if not isinstance(ratings, pd.Series):
        raise SchemaError(
            f"{question} needs a Series with one answer per respondent, not {type(ratings).__name__}."
        )
    name = "the question" if ratings.name is None else str(ratings.name)
    if pd.api.types.is_numeric_dtype(ratings):
        ratings = pd.Series(ratings.to_numpy(float, na_value=np.nan), ratings.index)
    frame = ratings.to_frame(name)
    if not ratings.notna().any():
        raise DomainError(
            f"{question} needs an answer, and of {len(ratings):,} respondents none answered {name}. Check that the "
            "right column was read, and which codes were taken for blanks."
        )
    found = complete(frame, [name], weights, question=question, least=1, constant=True)
    if scale:
        on_scale(frame, question, scale, whole)
    return found


def on_scale(answers: pd.DataFrame, question: str, scale: tuple[float, float], whole: bool = True) -> None:
    """Refuse answers outside of a scale, or between its points.

    >>> on_scale(pd.DataFrame({"q": [3.0, 99.0]}), "Kano's question", (1, 5))
    Traceback (most recent call last):
        ...
    crmtheory.errors.SchemaError: Kano's question takes whole numbers from 1 to 5; 1 of 2 answers is something else,
    first: respondent 1, q, 99. The usual cause is a code for "don't know" or another scale. Read the export with
    crmtheory.survey.read and give it the scale.
    """
    values = answers.to_numpy(float, na_value=np.nan)
    said = ~np.isnan(values)
    low, high = scale
    bad = said & ~((values >= low) & (values <= high) & (not whole or values % 1 == 0))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise SchemaError(
            f"{question} takes {'whole ' if whole else ''}numbers from {low:g} to {high:g}; {bad.sum():,} of "
            f"{said.sum():,} answers {'is' if bad.sum() == 1 else 'are'} something else, first: respondent "
            f"{answers.index[row]}, {answers.columns[column]}, {values[row, column]:g}. The usual cause is a code "
            'for "don\'t know" or another scale. Read the export with crmtheory.survey.read and give it the scale.'
        )


def mean_and_error(values: Array, weights: Array) -> tuple[float, float]:
    """Weighted mean, and its standard error with the factor n / (n − 1).

    The error is missing for one answer and where all answers are alike: such answers show no spread to judge by, which
    does not mean that there is none.

    >>> [round(v, 3) for v in mean_and_error(np.array([1.0, 2.0, 3.0]), np.ones(3))]
    [2.0, 0.577]
    """
    n, total = len(values), weights.sum()
    if n < 2 or np.ptp(values) == 0:
        return float(values[0]) if n else np.nan, np.nan
    mean = float(weights @ values / total)
    return mean, float(np.sqrt(n / (n - 1) * (weights**2 @ (values - mean) ** 2)) / total)


def mean_with_interval(values: Array, weights: Array, level: float = 0.95) -> tuple[float, float, float]:
    """Weighted mean with the t interval of n − 1 degrees of freedom; limits missing as in `mean_and_error`."""
    mean, error = mean_and_error(values, weights)
    half = stats.t.ppf(0.5 + checked_level(level) / 2, max(len(values) - 1, 1)) * error
    return mean, float(mean - half), float(mean + half)


def share_with_interval(happened: Array, weights: Array, level: float = 0.95) -> tuple[float, float, float]:
    """Weighted share with Wilson's interval for as many independent answers as its error is worth.

    >>> [round(v, 3) for v in share_with_interval(np.array([1.0] * 5 + [0.0] * 5), np.ones(10))]
    [0.5, 0.237, 0.763]
    """
    checked_level(level)
    if not len(happened):
        return np.nan, np.nan, np.nan
    share = float(weights @ happened / weights.sum())
    share = float(happened[0]) if np.ptp(happened) == 0 else share
    n = effective(happened, weights)
    low, high = wilson(share * n, n, level)
    return share, float(low), 1.0 if share == 1 else float(high)  # share · n may miss n by a rounding error


def effective(values: Array, weights: Array) -> float:
    """How many equally weighted answers would have the same standard error, but no more than there are.

    A heavy respondent near the mean can make the sum look as if there were more: with few answers that is luck.

    >>> effective(np.array([0.0, 1.0, 1.0, 0.0]), np.ones(4))
    4.0
    """
    if np.ptp(values) == 0:  # a mean of equal numbers may miss them by a rounding error
        return equal_answers(np.zeros(len(values)), weights)
    mean = weights @ values / weights.sum()
    return min(equal_answers(values - mean, weights), float(len(values)))
