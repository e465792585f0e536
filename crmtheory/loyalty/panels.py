"""A panel of members and others, checked, and sums over its periods compared between the two.

Each question on the panel is a set of contrasts: weights over periods that turn a customer's purchases into one number,
such as the mean after joining less the mean before. So a customer counts once, whatever is repeated within a customer
(Bertrand, Duflo & Mullainathan 2004, Quarterly J. Economics 119, 249–275), and the comparison is one of two independent
samples with Welch's interval.

Where members joined at different times, each cohort is compared with the customers who never joined, over the cohort's
own periods, and cohorts are averaged by their members (Callaway & Sant'Anna 2021, J. Econometrics 225, 200–230, without
covariates). Members who joined earlier never serve as controls: that is where two-way fixed effects go wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.loyalty.shares import numbers, stored_numbers, yes_no
from crmtheory.numerics import Array

IN_ORDER = "Number the periods 1, 2, 3, … in time order."
COLUMNS = ("customer", "period", "member", "joined", "purchases")
Weights = Callable[
    [NDArray[np.int64], int], Array
]  # periods and time of joining → (periods, contrasts); NaN: not seen


@dataclass(frozen=True)
class Members:
    """Purchases (customers, periods), the periods, and when each customer joined (NaN: never)."""

    purchases: Array
    periods: NDArray[np.int64]
    joined: Array

    @property
    def cohorts(self) -> NDArray[np.int64]:
        return np.unique(self.joined[~np.isnan(self.joined)]).astype(np.int64)


@dataclass(frozen=True)
class Contrast:
    """Contrasts of members (own, one row a member, its mean the estimate) and of the others (centred at 0)."""

    own: Array
    others: Array

    @property
    def estimates(self) -> Array:
        return np.nanmean(self.own, axis=0)

    def intervals(self, level: float) -> tuple[Array, Array]:
        """Welch's limits, for each contrast."""
        n = (~np.isnan(self.own)).sum(axis=0)
        spare = np.maximum(n - 1, 1)  # who alone is seen has no spread; the caller gives no interval
        own = np.nansum((self.own - self.estimates) ** 2, axis=0) / spare / n
        parts = np.array([own, self.others.var(axis=0, ddof=1) / len(self.others)])
        variance = parts.sum(axis=0)
        denominator = parts[0] ** 2 / spare + parts[1] ** 2 / (len(self.others) - 1)
        df = np.divide(variance**2, denominator, out=np.ones_like(variance), where=denominator > 0)
        half = stats.t.ppf(0.5 + level / 2, df) * np.sqrt(variance)
        return self.estimates - half, self.estimates + half

    def covariance(self) -> Array:
        """Of the estimates, from the contributions of single customers."""
        n = (~np.isnan(self.own)).sum(axis=0)
        own = np.nan_to_num(self.own - self.estimates) * np.sqrt(n / np.maximum(n - 1, 1)) / n
        m = len(self.others)
        return own.T @ own + self.others.T @ self.others / m / (m - 1)


def contrast(members: Members, weights: Weights) -> Contrast:
    """The contrasts of each member, less the mean of those who never joined over the same periods."""
    never = np.isnan(members.joined)
    joined = members.joined[~never].astype(np.int64)
    mine, control = members.purchases[~never], members.purchases[never]
    by_cohort = {int(g): weights(members.periods, int(g)) for g in members.cohorts}
    size = {g: int((joined == g).sum()) for g in by_cohort}
    seen = {g: ~np.isnan(table).any(axis=0) for g, table in by_cohort.items()}
    total = np.sum([size[g] * seen[g] for g in by_cohort], axis=0)
    own = np.full((len(mine), len(total)), np.nan)
    others = np.zeros((len(control), len(total)))
    for g, table in by_cohort.items():
        table = np.where(seen[g], table, 0.0)
        compared = control @ table
        rows = joined == g
        own[rows] = np.where(seen[g], mine[rows] @ table - compared.mean(axis=0), np.nan)
        others += compared * np.divide(size[g] * seen[g], total, out=np.zeros(len(total)), where=total > 0)
    return Contrast(own, others - others.mean(axis=0))


def read(panel: pd.DataFrame) -> Members:
    """The panel as arrays, customers in an order that does not depend on that of the rows.

    Numbers may be stored as text, and `member` may say yes or no in any way that `yes_no` reads. What stands in
    `joined` of those who are no members is not looked at.

    Raises
    ------
    SchemaError : columns not there or with gaps, no numbers, a customer twice in a period or not in all of them, a
        member without a time of joining or with several
    DomainError : fewer than two members or two others, or members without periods before and after they joined
    """
    for name in COLUMNS:
        if name not in panel.columns:
            raise SchemaError(unknown("column", name, map(str, panel.columns)))
    gaps = panel[["customer", "period"]].isna().any(axis=1)
    if gaps.any():
        raise SchemaError(
            f"{gaps.sum():,} of {len(panel):,} rows have no customer or period, first: {gaps.idxmax()}."
        )
    period = numbers(stored_numbers(panel["period"], "period", IN_ORDER), "period")
    bought = stored_numbers(
        panel["purchases"], "purchases", "Write them as plain numbers, such as 2 or 12.5."
    )
    bought, is_member = numbers(bought, "purchases"), yes_no(panel["member"], "member")
    joined = np.full(len(panel), np.nan)
    when_said = stored_numbers(panel["joined"][is_member], "joined", IN_ORDER)
    joined[is_member] = numbers(when_said, "joined", missing=True)
    if not len(panel):
        raise DomainError("The panel is empty: there are no members to compare.")
    for what, values in (("periods", period), ("times of joining", joined[is_member])):
        values = values[np.isfinite(values)]
        broken = values % 1 != 0
        if broken.any():
            n = int(broken.sum())
            raise SchemaError(
                f"{n:,} of {len(values):,} {what} {'is no whole number' if n == 1 else 'are no whole numbers'}, first: "
                f"{values[broken.argmax()]:g}. {IN_ORDER}"
            )
    if np.isnan(joined[is_member]).any():
        raise SchemaError(
            f"{np.isnan(joined[is_member]).sum():,} rows of members have no period of joining. Give `joined` in every "
            "row of a member, and leave it empty for others."
        )
    people, names = pd.factorize(panel["customer"])
    periods, column = np.unique(period, return_inverse=True)
    cells = np.zeros((len(names), len(periods)), int)
    np.add.at(cells, (people, column), 1)
    if (cells != 1).any():
        row, at = np.argwhere(cells != 1)[0]
        raise SchemaError(
            f"Each customer needs one row per period; {(cells != 1).any(axis=1).sum():,} of {len(names):,} have not, "
            f"first: customer {names[row]} has {cells[row, at]} in period {periods[at]:g}. Add up purchases "
            "within a period, and write 0 where a customer bought nothing."
        )
    if (np.diff(periods) != 1).any():
        raise SchemaError(
            f"Periods must follow one another; {(np.diff(periods) != 1).sum():,} are skipped, the first after "
            f"{periods[:-1][np.diff(periods) != 1][0]:g}. Give every period, with 0 where nobody bought."
        )
    purchases, when = np.zeros(cells.shape), np.zeros(cells.shape)
    purchases[people, column], when[people, column] = bought, joined
    start = np.nan_to_num(when, nan=np.inf)  # customers who never join, never
    changing = (start != start[:, :1]).any(axis=1)
    if changing.any():
        raise SchemaError(
            f"{changing.sum():,} customers have several values of member or joined, first: {names[changing.argmax()]}. "
            "`member` says whether a customer joins at any time, and is the same in all periods."
        )
    order = np.lexsort((*purchases.T[::-1], when[:, 0]))
    members = Members(purchases[order], periods.astype(np.int64), when[order, 0])
    _answerable(members)
    return members


def _answerable(members: Members) -> None:
    number = int((~np.isnan(members.joined)).sum())
    others = len(members.joined) - number
    if min(number, others) < 2:
        why = (
            "Without customers who never joined, nothing says what members would have bought anyway."
            if others < 2
            else "Without members, nothing shows what membership does: see which customers `member` marks."
        )
        raise DomainError(
            f"The comparison needs two members and two others or more; there are {number:,} and {others:,}. {why}"
        )
    first, last = members.periods[0], members.periods[-1]
    early, late = (members.joined <= first).sum(), (members.joined > last).sum()
    if early or late:
        raise DomainError(
            f"Members need a period before and one after joining; {early:,} joined in period {first} or earlier and "
            f"{late:,} after period {last}. Leave out the first; count the others as non-members until they join."
        )
