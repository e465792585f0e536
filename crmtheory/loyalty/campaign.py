"""Care campaigns: what a birthday card does, measured against customers drawn by lot who got none.

Without a control group drawn by lot nothing can be concluded: those who got the card were chosen, and would have bought
more or less without it. No table can show that the lot was fair; it must be known.

Notation: p₁, p₀ shares who bought with and without; d = p₁ − p₀; α = 1 − level.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from crmtheory.errors import DomainError
from crmtheory.loyalty.shares import share_from_0_to_1, yes_no
from crmtheory.numerics import Array
from crmtheory.survey.complete import checked_level
from crmtheory.weighted import newcombe

FEW = 5  # expected number in a cell below which Fisher's exact test is used


def ab_test(treated: Any, control: Any, level: float = 0.95) -> pd.DataFrame:
    """Difference between the shares who bought, with and without the campaign.

    The interval is Newcombe's (1998). The p value is that of the z test with the pooled share, or of Fisher's exact
    test where an expected number is below 5. Interval and test are made differently and may part at the margin.

    Parameters
    ----------
    treated, control : for each customer of a group whether the customer bought (True and False, 1 and 0, or
        yes and no as in `yes_no`)

    Returns
    -------
    one row: estimate (difference of shares), low, high, p_value, n, treated, control (the shares), n_treated,
    n_control, test ("z", "Fisher")

    Raises
    ------
    SchemaError : neither yes nor no, or blank
    DomainError : an empty group

    >>> row = ab_test([1] * 30 + [0] * 70, [1] * 20 + [0] * 80).iloc[0]
    >>> round(float(row["estimate"]), 2), round(float(row["p_value"]), 3)
    (0.1, 0.102)
    """
    checked_level(level)
    groups = [yes_no(treated, "treated"), yes_no(control, "control")]
    for name, group in zip(("treated", "control"), groups, strict=True):
        if not len(group):
            raise DomainError(
                f"The {name} group is empty. Without customers drawn by lot who get nothing, what the others bought "
                "says nothing on the campaign."
            )
    k, n = [int(group.sum()) for group in groups], [len(group) for group in groups]
    estimate, low, high = newcombe(k[0], n[0], k[1], n[1], level)
    p, test = _p_value(k, n)
    row: dict[str, object] = {"estimate": estimate, "low": low, "high": high, "p_value": p, "n": sum(n)}
    row |= {
        "treated": k[0] / n[0],
        "control": k[1] / n[1],
        "n_treated": n[0],
        "n_control": n[1],
        "test": test,
    }
    return pd.DataFrame([row])


def ab_sample_size(baseline: float, difference: float, power: float = 0.8, level: float = 0.95) -> int:
    """Customers needed in each of two equal groups to find a difference.

    n = [z_{1−α/2} √(2p̄q̄) + z_power √(p₁q₁ + p₀q₀)]² / d², the usual normal approximation (Fleiss, Levin & Paik 2003,
    Statistical Methods for Rates and Proportions, without continuity correction), rounded up.

    Parameters
    ----------
    baseline : share who buy without the campaign; difference : smallest one worth finding (0.02: two points), may be
    below 0
    power : probability to find it

    Raises
    ------
    DomainError : shares outside 0 and 1, no difference

    >>> ab_sample_size(0.10, 0.02)
    3841
    """
    checked_level(level)
    share_from_0_to_1(baseline, "baseline")
    share_from_0_to_1(power, "power", open_=True)
    with_it = _with(baseline, difference)
    if difference == 0:
        raise DomainError(
            "No number of customers finds a difference of 0. Name the smallest one worth finding."
        )
    spread_0, spread_1 = _spreads(baseline, with_it)
    z = stats.norm.ppf([0.5 + level / 2, power])
    return max(int(np.ceil((z[0] * spread_0 + z[1] * spread_1) ** 2 / difference**2 - 1e-9)), 2)


def ab_power(
    baseline: float, differences: Sequence[float], sizes: Sequence[int], level: float = 0.95
) -> pd.DataFrame:
    """The probability to find a difference, by its size and that of each group, for a figure.

    Returns
    -------
    frame: difference, size (customers in each group), power (of the two-sided z test; α where the difference is 0)

    >>> ab_power(0.10, [0.02], [3841])["power"].round(3).tolist()
    [0.8]
    """
    checked_level(level)
    share_from_0_to_1(baseline, "baseline")
    rows = []
    for difference in differences:
        spread_0, spread_1 = _spreads(baseline, _with(baseline, difference))
        for size in sizes:
            if size != int(size) or size < 1:
                raise DomainError(f"A group has a whole number of customers, 1 or more, not {size}.")
            cut = stats.norm.ppf(0.5 + level / 2) * spread_0
            shift = abs(difference) * np.sqrt(size)
            if spread_1 > 0:
                power = stats.norm.cdf((shift - cut) / spread_1) + stats.norm.cdf((-shift - cut) / spread_1)
            else:
                power = float(shift > cut)
            rows.append({"difference": float(difference), "size": int(size), "power": float(power)})
    return pd.DataFrame(rows, columns=["difference", "size", "power"])


def _with(baseline: float, difference: float) -> float:
    found = baseline + difference
    if not -1e-12 <= found <= 1 + 1e-12:
        raise DomainError(
            f"With a share of {baseline:g} a difference of {difference:g} leads to {found:g}, which is no share."
        )
    return float(np.clip(found, 0, 1))


def _spreads(p0: float, p1: float) -> tuple[float, float]:
    """√n times the standard error of the difference without, and with, the difference."""
    middle = (p0 + p1) / 2
    return float(np.sqrt(2 * middle * (1 - middle))), float(np.sqrt(p0 * (1 - p0) + p1 * (1 - p1)))


def _p_value(k: list[int], n: list[int]) -> tuple[float, str]:
    table: Array = np.array([k, [of - some for of, some in zip(n, k, strict=True)]], float)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    if expected.min() < FEW:
        return float(stats.fisher_exact(table.astype(int)).pvalue), "Fisher"
    pooled = sum(k) / sum(n)
    z = (k[0] / n[0] - k[1] / n[1]) / np.sqrt(pooled * (1 - pooled) * (1 / n[0] + 1 / n[1]))
    return float(2 * stats.norm.sf(abs(z))), "z"
