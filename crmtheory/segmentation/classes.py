"""What all ways of dividing customers share: checked values, classes in order, and intervals of a mean.

Classes are a Series of ordered categoricals, one a customer, the worst class first, so that ``classes > "low"`` reads
as it should. Tables list the best class first.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crmtheory import by_customer
from crmtheory.by_customer import one_each
from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.numerics import Array

CODES = NDArray[np.intp]
LARGE = 10_000  # customers from which the mean of a bootstrap sample is drawn from its normal limit


def numbers(values: object, what: str) -> pd.Series:
    """The values as floats, one a customer; see `by_customer.numbers`."""
    return by_customer.numbers(values if isinstance(values, pd.Series) else pd.Series(values), what)


def checked(classes: pd.Series, what: str = "Classes") -> pd.Series:
    """The classes, all there and one a customer."""
    if not isinstance(classes, pd.Series):
        raise SchemaError(
            f"{what} must be a Series with the customers as index, not {type(classes).__name__}."
        )
    one_each(classes.index, what)
    missing = classes.isna().to_numpy()
    if missing.any():
        raise SchemaError(
            f"{what}: {missing.sum():,} of {len(classes):,} customers have none, first "
            f"{classes.index[missing][0]!r}. Leave them out or give them a class of their own."
        )
    return classes


def best_first(classes: pd.Series) -> list[Hashable]:
    """The names of the classes: the best first if they are ordered, else by name; unused ones are kept.

    >>> best_first(ordered(["high", "low"], np.array([1, 1]), pd.RangeIndex(2)))
    ['high', 'low']
    """
    if isinstance(classes.dtype, pd.CategoricalDtype):
        names = list(classes.cat.categories)
        return names[::-1] if classes.cat.ordered else names
    return sorted(classes.unique(), key=lambda name: (str(type(name)), name))


def ordered(names: Sequence[Hashable], codes: CODES, index: pd.Index) -> pd.Series:
    """Classes by number, 0 the best, as a Series of ordered categoricals (the worst first)."""
    worst_first = list(names)[::-1]
    values = pd.Categorical.from_codes(len(names) - 1 - codes, categories=worst_first, ordered=True)
    return pd.Series(values, index=index, name="class")


def matched(classes: pd.Series, other: pd.Series, what: str, advice: str) -> pd.Series:
    """`other` in the order of the classes; customers who have no value there are refused."""
    one_each(other.index, what)
    absent = ~classes.index.isin(other.index)
    if absent.any():
        raise SchemaError(
            f"{what}: {absent.sum():,} of {len(classes):,} customers are not in it, first "
            f"{classes.index[absent][0]!r}. {advice}"
        )
    return other.reindex(classes.index)


def class_named(classes: pd.Series, name: Hashable) -> Hashable:
    """The name, if there is such a class."""
    names = best_first(classes)
    if name not in names:
        raise SchemaError(unknown("class", name, [str(n) for n in names]))
    return name


def codes_of(classes: pd.Series, names: Sequence[Hashable]) -> CODES:
    """The number of each customer's class in `names`."""
    return pd.Index(names).get_indexer(pd.Index(classes.astype(object)))


def mean_draws(values: Array, rng: np.random.Generator, resamples: int) -> Array:
    """Means of bootstrap samples of the values, (resamples,); from 10,000 values on, draws of their normal
    limit.
    """
    v = np.sort(values)
    if len(v) >= LARGE:
        return rng.normal(v.mean(), v.std() / np.sqrt(len(v)), resamples)
    return np.array([v[rng.integers(0, len(v), len(v))].mean() for _ in range(resamples)])


def checked_level(level: float) -> float:
    """A level of confidence between 0 and 1."""
    if not 0 < level < 1:
        raise DomainError(f"A level lies between 0 and 1, not {level}. For 95 % give 0.95.")
    return level
