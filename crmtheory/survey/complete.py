"""The door to every question asked of answers: respondents who answered all the items in question, and their weights.

Weights say how many customers a respondent stands for. They change estimates as if the respondent were repeated;
they are not counts, so they never add respondents: n is the number of people who answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError, unknown


@dataclass(frozen=True)
class Complete:
    """Respondents with an answer to every item. `values` (n, k) float; `weights` (n,) with mean 1; `index` (n,)."""

    values: np.ndarray
    weights: np.ndarray
    index: pd.Index
    items: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def n_effective(self) -> float:
        """Kish's effective number of respondents, (Σw)² / Σw²."""
        return float(self.weights.sum() ** 2 / (self.weights**2).sum())


def complete(
    answers: pd.DataFrame,
    items: Sequence[str],
    weights: pd.Series | None = None,
    *,
    question: str = "This question",
    least: int = 3,
    constant: bool = False,
) -> Complete:
    """The respondents who answered all of `items` (and weigh more than 0).

    Parameters
    ----------
    answers : frame, one row per respondent, float columns, NaN where nothing was said (`survey.read(…).answers`);
        an infinite answer counts as none
    items : columns of it
    weights : on the same index; 0 or more; only their ratios matter
    question : how messages call what is asked, such as "Cronbach's alpha"
    least : fewest respondents it can be asked of
    constant : whether items with the same answer from everybody are allowed

    Raises
    ------
    SchemaError : no such items, an item twice, answers that are no numbers, weights of other respondents, negative or
        missing
    DomainError : fewer than `least` complete respondents, or an item that everybody answered alike

    >>> answers = pd.DataFrame({"a": [1.0, 2, 3, None], "b": [2.0, 2, 5, 4]})
    >>> complete(answers, ["a", "b"]).values.tolist()
    [[1.0, 2.0], [2.0, 2.0], [3.0, 5.0]]
    """
    if not isinstance(answers, pd.DataFrame):
        raise SchemaError(
            f"{question} needs a frame with one column per item; it was given {type(answers).__name__}."
        )
    if isinstance(items, str):
        raise SchemaError(
            f'{question} needs a list of items; it was given the text "{items}". Write ["{items}"].'
        )
    items = list(items)
    if not items:
        raise SchemaError(f"{question} needs at least one item; none was named.")
    absent = [item for item in items if item not in answers.columns]
    if absent:
        raise SchemaError(unknown("item", str(absent[0]), [str(name) for name in answers.columns]))
    repeated = sorted({item for item in items if items.count(item) > 1})
    if repeated:
        raise SchemaError(f"{question}: the item {repeated[0]} is named twice. Name each item once.")
    double = [item for item in items if (answers.columns == item).sum() > 1]
    if double:
        raise SchemaError(
            f"{question}: {(answers.columns == double[0]).sum()} columns are called {double[0]}. Rename or drop the "
            "others, so that it is clear which is meant."
        )
    texts = [item for item in items if not pd.api.types.is_numeric_dtype(answers[item])]
    if texts:
        raise SchemaError(
            f"{question} needs numbers, and the answers to {texts[0]} are none. Read the export with "
            "crmtheory.survey.read, which turns answers into numbers and says what it could not read."
        )
    values = answers[items].to_numpy(float)
    given = _checked(weights, answers.index) if weights is not None else np.ones(len(values))
    values = np.where(np.isfinite(values), values, np.nan)
    kept = ~np.isnan(values).any(axis=1) & (given > 0)
    if kept.sum() < least:
        raise DomainError(_too_few(question, values, items, given, least))
    if not constant:
        alike = [item for item, column in zip(items, values[kept].T, strict=True) if np.ptp(column) == 0]
        if alike:
            raise DomainError(
                f"{question}: all {kept.sum():,} respondents gave {alike[0]} the same answer "
                f"({values[kept][0, items.index(alike[0])]:g}), so it cannot go together with anything. Leave it "
                "out, or check that the right column was read."
            )
    used = given[kept] / given[kept].max()  # so that the sum of huge weights is finite
    return Complete(values[kept], used / used.mean(), answers.index[kept], tuple(map(str, items)))


def intervals(draws: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Percentile interval of bootstrap draws along the first axis; draws that could not be computed (NaN) are left out.

    >>> low, high = intervals(np.arange(101.0), 0.9)
    >>> round(float(low), 6), round(float(high), 6)
    (5.0, 95.0)
    """
    checked_level(level)
    tail = (1 - level) / 2
    draws = np.asarray(draws, float)
    if not np.isfinite(draws).any():
        return np.full(draws.shape[1:], np.nan), np.full(draws.shape[1:], np.nan)
    if not np.isnan(draws).any():
        low, high = np.quantile(draws, [tail, 1 - tail], axis=0)
        return low, high
    finite = np.isfinite(draws).any(axis=0)
    low, high = np.nanquantile(np.where(finite, draws, 0.0), [tail, 1 - tail], axis=0)
    return np.where(finite, low, np.nan), np.where(finite, high, np.nan)


def resampled(n: int, resamples: int, rng: np.random.Generator) -> np.ndarray:
    """How often each respondent is drawn in each bootstrap sample, (resamples, n): rows add up to n.

    >>> resampled(5, 3, np.random.default_rng(0)).sum(axis=1).tolist()
    [5.0, 5.0, 5.0]
    """
    return rng.multinomial(n, np.full(n, 1 / n), size=resamples).astype(float)


def effective(influence: np.ndarray, weights: np.ndarray) -> float:
    """How many respondents of equal weight would leave as much variance of an estimate, Σw · Σwψ² / Σw²ψ².

    Kish's (Σw)² / Σw² is this number where weights have nothing to do with the influence ψ of respondents. In surveys
    they often have, since rare answers are heavy; an interval by Kish's number is then too short. With equal weights
    both are n.

    Parameters
    ----------
    influence : (n,), derivative of the estimate by a respondent's share of the weight; weights : (n,), above 0

    >>> effective(np.array([1.0, -1.0, 1.0]), np.ones(3))
    3.0
    >>> round(effective(np.array([2.0, -1.0, 0.5]), np.array([3.0, 1.0, 1.0])), 3)
    1.779
    """
    squared = influence**2
    if not weights @ squared > 0:
        squared = np.ones(len(weights))
    return float(weights.sum() * (weights @ squared) / (weights**2 @ squared))


def checked_level(level: float) -> float:
    """The level of an interval, between 0 and 1.

    >>> checked_level(95)
    Traceback (most recent call last):
        ...
    crmtheory.errors.SchemaError: level is a share between 0 and 1, such as 0.95; it is 95.
    """
    if not 0 < level < 1:
        raise SchemaError(f"level is a share between 0 and 1, such as 0.95; it is {level:g}.")
    return level


def _checked(weights: pd.Series, index: pd.Index) -> np.ndarray:
    if not isinstance(weights, pd.Series) or not weights.index.equals(index):
        raise SchemaError(
            "Weights must be a Series on the index of the answers, one weight for each respondent."
        )
    if not pd.api.types.is_numeric_dtype(weights):
        raise SchemaError(f"Weights must be numbers, and these are {weights.dtype}.")
    values = weights.to_numpy(float)
    bad = ~np.isfinite(values) | (values < 0)
    if bad.any():
        raise SchemaError(
            f"{bad.sum():,} of {len(values):,} weights are missing or below 0, first: respondent "
            f"{index[bad.argmax()]} ({values[bad.argmax()]:g}). A weight of 0 leaves a respondent out."
        )
    return values


def _too_few(question: str, values: np.ndarray, items: list[str], weights: np.ndarray, least: int) -> str:
    whole = ~np.isnan(values).any(axis=1)
    found = int((whole & (weights > 0)).sum())
    text = (
        f"{question} needs at least {least} respondents who answered {', '.join(map(str, items))}; "
        f"{found:,} of {len(values):,} did."
    )
    if not len(values):
        return f"{text} The table of answers is empty."
    weightless = int(whole.sum()) - found
    if weightless:
        return f"{text} {weightless:,} more answered but have a weight of 0."
    answered = (~np.isnan(values)).sum(axis=0)
    scarce = int(answered.argmin())
    if len(items) > 1 and answered[scarce] < answered.max():
        text += f" {items[scarce]} has the fewest answers ({answered[scarce]:,}): leave it out, or ask more people."
    return text
