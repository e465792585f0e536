"""How loyalty follows satisfaction, level by level, and whether the last step counts most.

Jones & Sasser (1995, Harvard Business Review 73(6), 88–99) hold that only the completely satisfied are loyal where
customers are free to leave. If so, the step from the last level but one to the highest makes more promoters than the
step before it. The shape of the whole curve is looked at in `shapes`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError
from crmtheory.loyalty.shares import from_0_to_10, two_answers
from crmtheory.survey.complete import checked_level
from crmtheory.weighted import combined, mean_interval, share_interval


def by_level(
    satisfaction: pd.Series, outcome: pd.Series, weights: pd.Series | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Mean of an outcome, or share of yes, at each level of satisfaction.

    An outcome of True and False (1 and 0) is a share with a Wilson interval (see `shares`), other numbers have a mean
    with a sandwich t interval.

    Returns
    -------
    frame, index level (of satisfaction, lowest first): n (respondents), estimate, low, high

    Raises
    ------
    SchemaError : answers of different respondents, or no numbers
    DomainError : nobody gave both answers

    Notes
    -----
    A missing answer leaves the respondent out. `rating >= 9` turns a missing rating into a no: write
    `(rating >= 9).where(rating.notna())`.

    >>> table = by_level(pd.Series([1, 1, 2, 2]), pd.Series([0.0, 4, 5, 7]))
    >>> table["estimate"].to_dict()
    {1.0: 2.0, 2.0: 6.0}
    """
    checked_level(level)
    data = two_answers(
        satisfaction, outcome, weights, ("satisfaction", "outcome"), question="A mean by level", least=1
    )
    s, y = data.values.T
    interval = share_interval if np.isin(y, (0, 1)).all() else mean_interval
    rows = []
    for value in np.unique(s):
        mine = s == value
        estimate, low, high = interval(y[mine], data.weights[mine], level)
        rows.append({"level": value, "n": int(mine.sum()), "estimate": estimate, "low": low, "high": high})
    return pd.DataFrame(rows).set_index("level")


def last_step(
    satisfaction: pd.Series,
    recommend: pd.Series,
    weights: pd.Series | None = None,
    level: float = 0.95,
    *,
    promoter: float = 9,
    levels: Sequence[float] = (3, 4, 5),
) -> pd.DataFrame:
    """Whether the last step of satisfaction makes more promoters than the step before it.

    [P(promoter | 5) − P(promoter | 4)] − [P(promoter | 4) − P(promoter | 3)] = P₅ − 2P₄ + P₃. In large samples the
    limits are those of the linearised (sandwich) variance; see `shares` for small ones. The levels of satisfaction
    are taken as given.

    Parameters
    ----------
    promoter : ratings from which one is a promoter; levels : three levels of satisfaction, the highest last

    Returns
    -------
    one row: estimate, low, high, n (respondents at the three levels), last, before (the two steps)

    Raises
    ------
    SchemaError : ratings outside 0 to 10
    DomainError : a level that nobody chose

    >>> s = pd.Series([3, 3, 4, 4, 5, 5])
    >>> last_step(s, pd.Series([5, 6, 8, 7, 10, 9])).loc[0, ["estimate", "last", "before"]].tolist()
    [1.0, 1.0, 0.0]
    """
    checked_level(level)
    if len(levels) != 3 or not levels[0] < levels[1] < levels[2]:
        raise DomainError(f"The last step needs three rising levels, such as (3, 4, 5), not {tuple(levels)}.")
    names = ("satisfaction", "recommend")
    data = two_answers(satisfaction, recommend, weights, names, question="The last step", least=1)
    s, rating = data.values.T
    from_0_to_10(rating, data.index)
    found = []
    for value in levels:
        mine = s == value
        if not mine.any():
            seen = ", ".join(f"{v:g}" for v in np.unique(s)[:12])
            raise DomainError(
                f"Nobody of {len(s):,} respondents has satisfaction {value:g}, so the step to or from it is not seen. "
                f"Levels with answers: {seen}. Name three of them as levels=."
            )
        found.append(share_interval((rating[mine] >= promoter).astype(float), data.weights[mine], level))
    p = [share for share, _, _ in found]
    estimate, low, high = combined([1, -2, 1], *zip(*found, strict=True))
    n = int(np.isin(s, levels).sum())
    row = {"estimate": estimate, "low": low, "high": high, "n": n, "last": p[2] - p[1], "before": p[1] - p[0]}
    return pd.DataFrame([row])
