"""What a membership programme does: difference in differences, its assumption, and what naive comparisons say.

Members buy more than others before they join, so members − others is too high; and all may buy more with time, so
after − before is wrong as well. The difference in differences takes the change of the others from the change of the
members. It is the mean effect on members if, without the programme, both would have changed by the same amount
(parallel trends), if nobody changes before joining because of it, and if members do not affect others.

The panel has one row per customer and period: customer, period (whole number), member (whether the customer joins at
any time), joined (first period as a member; empty for others), purchases (or spend).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from crmtheory.errors import DomainError
from crmtheory.loyalty.panels import Contrast, Members, Weights, contrast, read
from crmtheory.numerics import Array
from crmtheory.survey.complete import checked_level


def did(panel: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Effect of membership on purchases per period: change of members less change of others, after less before joining.

    One change per customer, so repeated periods do not add customers; Welch's t interval. Different times of joining
    are handled cohort by cohort, see `panels`.

    Returns
    -------
    one row: estimate (purchases per period), low, high, n (customers), members, others (their number), before (mean of
    members before joining), cohorts

    Raises
    ------
    SchemaError : see `panels.read`
    DomainError : fewer than two members or others; no period before or after joining

    >>> from crmtheory.simulate import programme_members
    >>> row = did(programme_members(4000, np.random.default_rng(1), effect=0.5)).iloc[0]
    >>> bool(row["low"] < 0.5 < row["high"])
    True
    """
    checked_level(level)
    members = read(panel)
    found = contrast(members, _after_less_before)
    row = _row(found, 0, level) | {"members": len(found.own), "others": len(found.others)}
    joined = ~np.isnan(members.joined)
    earlier = members.periods < members.joined[joined][:, None]
    before = np.where(earlier, members.purchases[joined], 0.0).sum(axis=1) / earlier.sum(axis=1)
    return pd.DataFrame([row | {"before": float(before.mean()), "cohorts": len(members.cohorts)}])


def event_study(panel: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Members less others in each period, relative to the last period before joining.

    Before joining the estimates should be 0 if trends are parallel; afterwards they show how the effect builds up. Each
    interval stands alone; for the question whether all are 0 before, see `parallel_trends`.

    Returns
    -------
    frame, index period (0 is the first as a member, −1 the last before, where the estimate is 0 by definition):
    estimate, low, high, n (customers: members seen in this period, and the others)

    >>> panel = pd.DataFrame({"customer": [1, 2, 3, 4] * 3, "period": [1] * 4 + [2] * 4 + [3] * 4})
    >>> panel = panel.assign(member=[1, 1, 0, 0] * 3, joined=[3, 3, None, None] * 3)
    >>> panel = panel.assign(purchases=[2, 3, 1, 1, 2, 3, 1, 1, 4, 4, 1, 2])
    >>> event_study(panel)["estimate"].to_dict()
    {-2: 0.0, -1: 0.0, 0: 1.0}
    """
    checked_level(level)
    members = read(panel)
    relative, found = _relative(members)
    rows = [_row(found, place, level) for place in range(len(relative))]
    return pd.DataFrame(rows, index=pd.Index(relative, name="period"))


def parallel_trends(panel: pd.DataFrame) -> pd.DataFrame:
    """Test that members and others moved alike before joining: all estimates of `event_study` before −1 are 0.

    Hotelling's form of the Wald test with the covariance of customers. A small p value speaks against the assumption. A
    large one is no proof: the test often misses a trend that is large enough to matter, and keeping only panels that
    pass it can make the error worse (Roth 2022, American Economic Review: Insights 4, 305–322).

    Returns
    -------
    one row: statistic (F), df, df_error, p_value, n (customers)

    Raises
    ------
    DomainError : fewer than two periods before joining, too few customers, or purchases that never vary
    """
    members = read(panel)
    relative, found = _relative(members)
    before = relative < -1
    before &= (~np.isnan(found.own)).sum(axis=0) > 1
    q, n = int(before.sum()), len(members.joined)
    if not q:
        raise DomainError(
            "A trend before joining needs two periods before it or more, and there is one. Give earlier periods: "
            "without them the assumption of parallel trends cannot even be looked at."
        )
    pooled = n - 2
    covariance = found.covariance()[np.ix_(before, before)]
    scale = np.sqrt(np.diag(covariance))
    standardised = covariance / np.outer(scale, scale) if (scale > 0).all() else np.zeros((q, q))
    if pooled - q + 1 < 1 or np.linalg.matrix_rank(standardised, tol=1e-10) < q:
        raise DomainError(
            f"The {n:,} customers do not vary enough over the {q + 1} periods before joining to test them together. "
            "Take more customers, or fewer and longer periods."
        )
    b = found.estimates[before]
    wald = float(b / scale @ np.linalg.solve(standardised, b / scale))
    statistic, error = wald * (pooled - q + 1) / (pooled * q), pooled - q + 1
    p = float(stats.f.sf(statistic, q, error))
    row = {"statistic": statistic, "df": q, "df_error": error, "p_value": p, "n": n}
    return pd.DataFrame([row])


def naive(panel: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """What would be said without a second difference.

    Returns
    -------
    frame, index method: "members − others" (after joining, over the same periods), "after − before" (members alone);
    estimate (purchases per period), low, high, n (customers compared)
    """
    checked_level(level)
    members = read(panel)
    after = contrast(members, _after)
    change = _alone(members)
    n = len(change)
    half = stats.t.ppf(0.5 + level / 2, n - 1) * change.std(ddof=1) / np.sqrt(n)
    own = {"estimate": change.mean(), "low": change.mean() - half, "high": change.mean() + half, "n": n}
    methods = pd.Index(["members − others", "after − before"], name="method")
    return pd.DataFrame([_row(after, 0, level), own], index=methods)


def _row(found: Contrast, place: int, level: float) -> dict[str, float]:
    low, high = found.intervals(level)
    seen = int((~np.isnan(found.own[:, place])).sum())
    estimate = float(found.estimates[place])
    # a single member seen has no spread, so no interval
    known = seen > 1 or np.nan
    return {
        "estimate": estimate,
        "low": float(low[place]) * known,
        "high": float(high[place]) * known,
        "n": seen + len(found.others),
    }


def _after(periods: NDArray[np.int64], joined: int) -> Array:
    late = periods >= joined
    return (late / late.sum())[:, None]


def _after_less_before(periods: NDArray[np.int64], joined: int) -> Array:
    early = periods < joined
    return _after(periods, joined) - (early / early.sum())[:, None]


def _alone(members: Members) -> Array:
    """The change of each member."""
    parts = [
        members.purchases[members.joined == g] @ _after_less_before(members.periods, int(g))[:, 0]
        for g in members.cohorts
    ]
    return np.concatenate(parts)


def _relative(members: Members) -> tuple[NDArray[np.int64], Contrast]:
    """Periods from joining on which some cohort is seen, and purchases in each less those in the last before."""
    ahead = np.unique(members.periods[:, None] - members.cohorts[None, :])
    return ahead, contrast(members, _since_joining(ahead))


def _since_joining(ahead: NDArray[np.int64]) -> Weights:
    def weights(periods: NDArray[np.int64], joined: int) -> Array:
        base = periods[periods < joined][-1]
        table = (periods[:, None] == joined + ahead).astype(float)
        table[:, ~np.isin(joined + ahead, periods)] = np.nan
        table[periods == base] -= 1.0
        return table

    return weights
