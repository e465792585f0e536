"""Classes by value (价值分层): high, medium and low; A, B and C; or by cuts that are given.

`tiers` fixes how many customers are in a class, `abc` how much of the total, `by_cuts` the value itself. Equal
customers are always in the same class. Then the classes are put to the test: what did each bring *later*?
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError
from crmtheory.segmentation.classes import (
    best_first,
    checked,
    checked_level,
    class_named,
    codes_of,
    matched,
    mean_draws,
    numbers,
    ordered,
)
from crmtheory.weighted import skewed_means

NAMES = ("high", "medium", "low")
ABSENT = "If they brought nothing, say so: later.reindex(classes.index, fill_value=0)."


def tiers(
    values: pd.Series, shares: Sequence[float] = (0.2, 0.3), names: Sequence[Hashable] = NAMES
) -> pd.Series:
    """Classes by rank: the top 20 % of customers, the next 30 %, the rest.

    A share is the most a class and those above it may hold: customers who tie at a cut all go to the lower class, so
    the top class is never larger than asked for. When all are equal, nobody stands out and all are in the lowest.

    Parameters
    ----------
    values : one number a customer, such as past spend or CLV
    shares : share of customers of each class but the last, the best first; names : one more than shares

    Returns
    -------
    Series of ordered categoricals on the same index, name "class"; how many are in each class says `sizes`

    Raises
    ------
    SchemaError : missing values, a customer twice, names that do not fit; DomainError : shares that are none

    >>> tiers(pd.Series([9, 5, 5, 2, 1], list("abcde")), shares=(0.2, 0.4)).tolist()
    ['high', 'medium', 'medium', 'low', 'low']
    >>> tiers(pd.Series([9, 9, 5, 2, 1], list("abcde")), shares=(0.2, 0.4)).tolist()  # two tie for the first fifth
    ['medium', 'medium', 'medium', 'low', 'low']
    """
    v = numbers(values, "Values")
    _fits(names, shares, "shares")
    if not all(share > 0 for share in shares) or not sum(shares) < 1:
        raise DomainError(
            f"Shares lie above 0 and leave something for the last class, not {tuple(shares)}. For 20 % give 0.2."
        )
    places = v.rank(method="max", ascending=False).to_numpy()
    most = np.cumsum(shares) * len(v) * (1 + 1e-9)  # 0.29 · 100 is a little less than 29
    return ordered(names, np.searchsorted(most, places), v.index)


def abc(
    values: pd.Series, cuts: Sequence[float] = (0.8, 0.95), names: Sequence[Hashable] = tuple("ABC")
) -> pd.Series:
    """Classes by cumulative share of the total: A holds the first 80 %, B the next 15 %, C the rest.

    A is the smallest group of best customers, ties included, that holds at least 80 %: customers who tie with the one
    who reaches a cut are all in the higher class. Customers who brought nothing or less are in the last class.

    Raises
    ------
    SchemaError : as `tiers`; DomainError : the total is not positive, or cuts that are none

    >>> abc(pd.Series([70, 20, 6, 4, 0], list("abcde"))).tolist()
    ['A', 'A', 'B', 'C', 'C']
    """
    v = numbers(values, "Values")
    _fits(names, cuts, "cuts")
    if not all(0 < cut < 1 for cut in cuts) or list(cuts) != sorted(set(cuts)):
        raise DomainError(f"Cuts rise and lie between 0 and 1, not {tuple(cuts)}. For 80 % give 0.8.")
    different, code, count = np.unique(-v.to_numpy(), return_inverse=True, return_counts=True)
    sums = np.cumsum(-different * count)
    if not sums[-1] > 0:
        raise DomainError(
            f"The values of {len(v):,} customers sum to {sums[-1]:,.6g}, so nobody holds a share of a total. "
            "Check the sign of the amounts."
        )
    before = np.concatenate([[0.0], sums[:-1]]) / sums[-1]  # held by the customers who are better
    of_value = np.searchsorted(np.array(cuts) - 1e-12, before, side="right")
    of_value = np.where(different < 0, of_value, len(cuts))
    return ordered(names, of_value[code], v.index)


def by_cuts(values: pd.Series, cuts: Sequence[float], names: Sequence[Hashable] = NAMES) -> pd.Series:
    """Classes by cuts in the unit of the values, the highest first; a value at a cut belongs to the higher class.

    >>> by_cuts(pd.Series([100, 99, 10, 3], list("abcd")), cuts=(100, 10)).tolist()
    ['high', 'medium', 'medium', 'low']
    """
    v = numbers(values, "Values")
    _fits(names, cuts, "cuts")
    falling = np.asarray(cuts, float)
    if not np.isfinite(falling).all() or (np.diff(falling) >= 0).any():
        raise DomainError(f"Cuts fall from the best class to the worst, not {tuple(cuts)}.")
    return ordered(names, np.searchsorted(-falling, -v.to_numpy()), v.index)


def sizes(values: pd.Series, classes: pd.Series) -> pd.DataFrame:
    """What each class holds now, the best first.

    Returns
    -------
    frame: class, customers, share (of customers), least, most (values in the class), total, share_of_total (missing if
    the total is not positive)
    """
    classes = checked(classes)
    v = numbers(matched(classes, values, "Values", "Class and value come from the same customers."), "Values")
    names = best_first(classes)
    rows = v.groupby(codes_of(classes, names)).agg(["size", "min", "max", "sum"]).reindex(range(len(names)))
    total = v.sum()
    return pd.DataFrame(
        {
            "class": names,
            "customers": rows["size"].fillna(0).astype(int),
            "share": rows["size"].fillna(0) / len(v),
            "least": rows["min"],
            "most": rows["max"],
            "total": rows["sum"].fillna(0),
            "share_of_total": rows["sum"].fillna(0) / total if total > 0 else np.nan,
        }
    )


def value_by_class(classes: pd.Series, later: pd.Series, level: float = 0.95) -> pd.DataFrame:
    """What the customers of each class brought later, the best class first.

    Parameters
    ----------
    classes : one a customer; later : what each brought after the classes were made (customers without a class are left
    out)

    Returns
    -------
    frame: class, customers, share (of customers), mean (of later value), low, high (of the mean; allowing for skew
    after Hall 1992), share_of_later (missing if the total is not positive)

    Raises
    ------
    SchemaError : a missing class or value, or customers of the classes who are not in `later`

    >>> table = value_by_class(tiers(pd.Series([9.0, 5, 4, 2, 1])), pd.Series([6.0, 1, 2, 0, 1]))
    >>> table[["class", "mean", "share_of_later"]].round(2)
        class  mean  share_of_later
    0    high   6.0             0.6
    1  medium   1.0             0.1
    2     low   1.0             0.3
    """
    classes, v = _both(classes, later)
    names = best_first(classes)
    code = codes_of(classes, names)
    table = skewed_means(v.to_numpy(), code, len(names), checked_level(level))
    total = v.sum()
    held = (table["n"] * table["mean"]).fillna(0.0)
    return pd.DataFrame(
        {
            "class": names,
            "customers": table["n"],
            "share": table["n"] / len(v),
            "mean": table["mean"],
            "low": table["low"],
            "high": table["high"],
            "share_of_later": held / total if total > 0 else np.nan,
        }
    )


def ratio(
    classes: pd.Series,
    later: pd.Series,
    rng: np.random.Generator,
    top: Hashable = "high",
    bottom: Hashable = "low",
    *,
    resamples: int = 1000,
    level: float = 0.95,
) -> pd.DataFrame:
    """How much more the customers of the top class brought later than those of the bottom: log of the ratio of means.

    The interval is a bootstrap percentile interval over customers, each class on its own. Samples in which the bottom
    class brings nothing count as an infinite ratio.

    Returns
    -------
    one-row frame: top, bottom, estimate (log ratio), low, high, n (customers in the two classes)

    Raises
    ------
    DomainError : a class without customers, or one that brought nothing on the whole

    >>> classes = pd.Series(["high", "high", "low", "low"])
    >>> row = ratio(classes, pd.Series([6.0, 6.0, 2.0, 2.0]), np.random.default_rng(1), resamples=10).iloc[0]
    >>> print(f"{np.exp(row.estimate):.2f}")
    3.00
    """
    classes, v = _both(classes, later)
    means, draws, n = [], [], 0
    for name in (class_named(classes, top), class_named(classes, bottom)):
        mine = v.to_numpy()[(classes == name).to_numpy()]
        if not len(mine) or not mine.sum() > 0:
            said = f"brought {mine.sum():,.6g} later" if len(mine) else "do not exist"
            raise DomainError(
                f'The {len(mine):,} customers of class "{name}" {said}, so a ratio of means has no logarithm. '
                "Take a longer later period, or classes with more customers."
            )
        n += len(mine)
        means.append(np.sort(mine).mean())
        draws.append(np.maximum(mean_draws(mine, rng, resamples), 0.0))
    with np.errstate(divide="ignore"):
        logs = np.log(draws[0]) - np.log(np.where((draws[0] == 0) & (draws[1] == 0), 1.0, draws[1]))
    tail = (1 - checked_level(level)) / 2
    # "nearest" methods, as a mean between a finite and an infinite draw is none
    low = np.quantile(logs, tail, method="lower")
    high = np.quantile(logs, 1 - tail, method="higher")
    estimate = float(np.log(means[0] / means[1]))
    row = {"top": top, "bottom": bottom, "estimate": estimate, "low": low, "high": high, "n": n}
    return pd.DataFrame([row])


def _both(classes: pd.Series, later: pd.Series) -> tuple[pd.Series, pd.Series]:
    classes = checked(classes)
    return classes, numbers(matched(classes, later, "Later values", ABSENT), "Later values")


def _fits(names: Sequence[Hashable], cuts: Sequence[float], what: str) -> None:
    if len(names) != len(cuts) + 1 or len(set(names)) != len(names) or not len(cuts):
        raise SchemaError(
            f"{len(cuts)} {what} make {len(cuts) + 1} classes, each with a name of its own; names: {tuple(names)}."
        )
