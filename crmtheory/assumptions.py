"""Checks of what the value models assume, each as a small table that can be drawn and a number with an
interval.

Three assumptions carry the most weight: spend per purchase does not depend on how often one buys; purchases
come at random moments; customers won at different times behave alike.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from crmtheory.errors import DomainError
from crmtheory.large import LARGE, drawn
from crmtheory.models.spend import SpendFit

LEAST_CUSTOMERS, LEAST_REPEATS = 50, 20


def enough(summary: pd.DataFrame, days: int) -> None:
    """Stop with one sentence when a log is too small for the chapter: 50 customers, 20 of whom bought again.

    Raises
    ------
    DomainError : what there is, what is needed, and what to do
    """
    if days > 36525:
        raise DomainError(
            f"The log spans {days / 365.25:,.0f} years. Some date is probably mistyped: see the first and last day in "
            "the table of what was read."
        )
    customers, again = len(summary), int((summary["x"] > 0).sum())
    if customers < LEAST_CUSTOMERS or again < LEAST_REPEATS:
        raise DomainError(
            f"This log is too small: {customers:,} customer{'s' * (customers != 1)} over {days:,} days, {again:,} of "
            f"whom bought on more than one day. At least {LEAST_CUSTOMERS} customers and {LEAST_REPEATS} who bought "
            "again are needed. Give a longer log, or check that the customer column identifies people and not orders."
        )


def spend_by_frequency(summary: pd.DataFrame, most: int = 6) -> pd.DataFrame:
    """Spend per purchase in groups by number of repeat purchases (`most` and more together).

    Returns
    -------
    frame, index = repeat purchases: low, median, high (quartiles of m), customers. Customers without repeat
    spend are left out.

    >>> spend_by_frequency(pd.DataFrame({"x": [1, 1, 9], "m": [10.0, 20.0, 15.0]}))["median"].to_dict()
    {'1': 15.0, '6+': 15.0}
    """
    used = summary[(summary["x"] > 0) & (summary["m"] > 0)]
    groups = used["m"].groupby(used["x"].clip(upper=most))
    table = groups.quantile([0.25, 0.5, 0.75]).unstack().set_axis(["low", "median", "high"], axis=1)
    table["customers"] = groups.size()
    table.index = pd.Index([f"{x}+" if x == most else str(x) for x in table.index], name="repeat purchases")
    return table


def correlation_if_independent(
    spend: SpendFit, summary: pd.DataFrame, rng: np.random.Generator, draws: int = 20
) -> float:
    """Mean rank correlation of x and m in made-up data in which spend does not depend on frequency.

    It is a little above 0 even then: spend is skewed, and the mean of few purchases lies below the middle more often.
    Of very many customers some are drawn for it (see `large`).
    """
    x = summary.loc[summary["x"] > 0, "x"].to_numpy()
    some = drawn(len(x), rng)
    x = x if some is None else x[some]
    made = (spend.model.simulate(spend.theta, x, rng) for _ in range(draws))
    return float(np.mean([stats.spearmanr(x, m).statistic for m in made]))


def middle_fractions(purchases: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
    """For each customer with three purchases or more: where the second of the last three falls between its
    neighbours, 0 to 1.

    When purchases come at random (a Poisson process at the customer's own rate) this is uniform, whatever the rates
    are (Wheat & Morrison 1990, J. Marketing Research 27, 87–93). Regular buyers heap up in the middle. Purchases are
    known to the day and never fall on the same day, which alone would look regular; a random moment within the day
    makes up for it exactly. Customers with fewer than three days between the first and the third tell nothing.

    Parameters
    ----------
    purchases : frame of `Transactions.purchases`: customer (first column) and date, one row per purchase day
    """
    customer = purchases.columns[0]
    last = purchases.sort_values([customer, "date"]).groupby(customer, sort=True).tail(3)
    last = last[last.groupby(customer)[customer].transform("size") == 3]
    days = last["date"].to_numpy("datetime64[D]").astype(np.int64).reshape(-1, 3)
    gap = days[:, 2] - days[:, 0]
    fraction = (days[:, 1] - days[:, 0] - 1 + rng.random(len(days))) / np.maximum(gap - 1, 1)
    found = pd.Series(fraction, index=last[customer].to_numpy()[::3], name="fraction")
    return found[gap >= 3]


def timing_shape(
    fractions: pd.Series, rng: np.random.Generator, resamples: int = 1000, level: float = 0.95
) -> pd.DataFrame:
    """The shape k of the times between purchases: 1 for random timing, more for regular, less for bunched.

    If the times between purchases are Gamma with shape k, the fraction is Beta(k, k) with variance 1 / (4(2k + 1))
    (Wheat & Morrison 1990), so k = (1 / (4 · variance) − 1) / 2.

    Returns
    -------
    one-row frame: shape, low, high (bootstrap over customers; of very many the normal limit of the variance),
    customers; NaN with fewer than 20 customers

    >>> timing_shape(pd.Series([0.0, 1.0] * 20), np.random.default_rng(1))["shape"].item()
    0.0
    """
    values = fractions.to_numpy(float)
    if len(values) < 20:
        return pd.DataFrame([{"shape": np.nan, "low": np.nan, "high": np.nan, "customers": len(values)}])

    def shape(variance: float) -> float:
        return (1 / (4 * variance) - 1) / 2 if variance > 0 else np.inf

    squares = (values - 0.5) ** 2
    n, middle = len(values), float(np.mean(squares))
    if n >= LARGE:
        half = stats.norm.ppf(0.5 + level / 2) * float(np.std(squares)) / np.sqrt(n)
        low, high = shape(middle + half), shape(middle - half)
    else:
        draws = [shape(float(np.mean(squares[rng.integers(0, n, n)]))) for _ in range(resamples)]
        low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return pd.DataFrame([{"shape": shape(middle), "low": low, "high": high, "customers": n}])


def timing_in_words(shape: pd.Series) -> str:
    """What a row of `timing_shape` says.

    >>> timing_in_words(pd.Series({"shape": 2.0, "low": 1.5, "high": 2.6}))
    'more regular than random'
    """
    if np.isnan(shape["shape"]):
        return "too few customers with three purchases to say"
    if shape["low"] > 1:
        return "more regular than random"
    return "more bunched than random" if shape["high"] < 1 else "no sign against random timing"


def cohorts(purchases: pd.DataFrame, last: pd.Timestamp, days: int, level: float = 0.95) -> pd.DataFrame:
    """Repeat purchases in the first `days` after the first purchase, by month of the first purchase.

    Only customers who could be watched that long are counted, so late months may be missing.

    Parameters
    ----------
    purchases : frame of `Transactions.purchases`; last : last day of the log

    Returns
    -------
    frame, index = month as text: mean, low, high (t interval), customers
    """
    customer = purchases.columns[0]
    born = purchases.groupby(customer)["date"].transform("min")
    watched = born + pd.Timedelta(days=days) <= last
    early = watched & (purchases["date"] > born) & (purchases["date"] <= born + pd.Timedelta(days=days))
    each = early[watched].groupby(purchases.loc[watched, customer]).sum()
    month = born[watched].groupby(purchases.loc[watched, customer]).first().dt.strftime("%Y-%m")
    groups = each.groupby(month)
    table = pd.DataFrame({"mean": groups.mean(), "customers": groups.size()})
    table = table[table["customers"] > 1]
    half = (
        stats.t.ppf(0.5 + level / 2, table["customers"] - 1)
        * groups.std().loc[table.index]
        / np.sqrt(table["customers"])
    )
    table = table.assign(low=(table["mean"] - half).clip(lower=0), high=table["mean"] + half)
    return table.rename_axis("month")[["mean", "low", "high", "customers"]]


def drift_in_words(table: pd.DataFrame) -> str:
    """Whether the months of a `cohorts` table can be told apart, by Cochran's Q (1954) at the 5% level."""
    if len(table) < 2:
        return "Fewer than two months can be watched that long, so drift cannot be seen."
    error = (table["high"] - table["mean"]) / stats.t.ppf(0.975, table["customers"] - 1)
    known = table[error > 0]
    weight = 1 / error[error > 0] ** 2
    centre = (weight * known["mean"]).sum() / weight.sum()
    q = float((weight * (known["mean"] - centre) ** 2).sum())
    if len(known) < 2 or stats.chi2.sf(q, len(known) - 1) > 0.05:
        return "No difference between the months could be shown."
    return "Customers won in different months differ by more than chance."
