"""Customers of known groups who answer yes or no, for the search for groups by need."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from crmtheory.errors import DomainError, SchemaError
from crmtheory.simulate.drawing import between_0_and_1, chances, drawn, from_table, whole


def segments_world(
    n: int,
    rng: np.random.Generator,
    *,
    sizes: ArrayLike,
    means: ArrayLike,
    groups: Sequence[str] | None = None,
    questions: Sequence[str] | None = None,
) -> tuple[pd.DataFrame, pd.Series]:
    """Customers of known groups and their answers to questions of yes or no.

    Truth: each customer belongs to group g with probability `sizes[g]` and says yes to question q with probability
    `means[g, q]`, each answer independently of the others *within* the group. All that connects two answers is the
    group. With k groups whose rows of `means` differ there are k groups to be found; the nearer the rows, the fewer
    customers can be told from those of another group.

    What a naive method will say: where all rows are equal there are no groups, only people; a clustering finds as many
    as it is asked for all the same, each with a profile of its own. Only that they do not come back in a second sample
    gives it away.

    Parameters
    ----------
    n : customers
    sizes : (k,), share of each group, adding up to 1
    means : (k, questions), probability of yes
    groups, questions : names; by default "group 1", … and "q1", …

    Returns
    -------
    answers : index customer (1 to n), a column of 0 and 1 per question
    group : the true group of each customer (category)

    Raises
    ------
    SchemaError : tables or names that do not fit each other
    DomainError : chances out of range

    >>> answers, group = segments_world(500, np.random.default_rng(1), sizes=[0.5, 0.5], means=[[1, 0], [0, 1]])
    >>> pd.crosstab(group, answers["q1"]).to_numpy().diagonal(0).tolist()
    [0, 0]
    """
    n = whole(n, "customers")
    yes = between_0_and_1(means, "means")
    share = chances(sizes, "sizes")
    if yes.ndim != 2 or share.ndim != 1 or len(yes) != len(share):
        raise SchemaError(
            f"sizes has one number per group and means one row per group; they have {share.shape} and {yes.shape}."
        )
    names = [f"group {g + 1}" for g in range(len(share))] if groups is None else list(groups)
    asked = [f"q{q + 1}" for q in range(yes.shape[1])] if questions is None else list(questions)
    for what, given, number in (("groups", names, len(share)), ("questions", asked, yes.shape[1])):
        if len(given) != number or len(set(given)) != number:
            raise SchemaError(f"{what} needs {number} different names, not {given}.")
    if not yes.shape[1]:
        raise DomainError("Without questions there is nothing to answer.")
    place = drawn(share[None, :], np.zeros(n, np.int64), rng)
    index = pd.RangeIndex(1, n + 1, name="customer")
    answers = (rng.random((n, yes.shape[1])) < yes[place]).astype(np.int8)
    return pd.DataFrame(answers, index, asked), pd.Series(from_table(place, names), index, name="group")
