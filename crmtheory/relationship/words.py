"""What the tables of the chapter mean, in sentences that are computed: each says what holds on the data at hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmtheory.relationship.investment import Response
from crmtheory.relationship.kinds import PEOPLE
from crmtheory.wording import counted, listed


def kinds_in_words(table: pd.DataFrame) -> str:
    """Who is there and who brings what; a table of `kinds_table`.

    >>> names = ["kind", "customers", "share", "revenue_share"]
    >>> rows = [("price-centred", 8, 0.8, 0.3), ("value-centred", 2, 0.2, 0.7)]
    >>> kinds_in_words(pd.DataFrame(rows, columns=names).set_index("kind"))
    'Of the customers, 80% are price-centred buyers and 20% value-centred partners. The partners bring 70% of revenue.'
    """
    there = table[table["customers"] > 0]
    parts = [
        f"{row['share']:.0%} {'are ' * (i == 0)}{kind} {PEOPLE[str(kind)]}s"
        for i, (kind, row) in enumerate(there.iterrows())
    ]
    said = f"Of the customers, {listed(parts)}."
    if there["revenue_share"].isna().any():
        return said + " They brought nothing on the whole, so revenue is not shared out."
    if "value-centred" not in there.index:
        return said + " There is no partner under these rules."
    return said + f" The partners bring {there.loc['value-centred', 'revenue_share']:.0%} of revenue."


def invest_in_words(table: pd.DataFrame, response: Response, threshold: float = 0.05) -> str:
    """Whether to spend by contribution pays, under which assumption; a table of `invest` and the curve that was stated.

    >>> names = ["gain", "low", "high", "n"]
    >>> rows = {"equal": (0, 0, 0, 90), "past sales": (0.04, 0.01, 0.06, 90), "expected value": (0.08, 0.06, 0.11, 90),
    ...     "best": (0.09, 0.07, 0.12, 90)}
    >>> table = pd.DataFrame.from_dict(rows, orient="index", columns=names)
    >>> print(invest_in_words(table, Response(0.5, 0.8, 20)).partition(". ")[0])
    If spending works as assumed (50% of value stays without it, 80% at most), a budget spread by expected value keeps
    8.0% more than one spread equally (6.0% to 11.0%)
    """
    row = table.loc["expected value"]
    if np.isnan(row["gain"]):
        return "An equal spread keeps nothing, so no gain over it can be told."
    more = "more" if row["gain"] >= 0 else "less"
    said = (
        f"If spending works as assumed ({response.p0:.0%} of value stays without it, {response.p1:.0%} at "
        "most), a budget "
        f"spread by expected value keeps {abs(row['gain']):.1%} {more} than one spread equally ({row['low']:.1%} to "
        f"{row['high']:.1%}). "
    )
    if row["low"] >= threshold:
        said += f"That is clearly at least {threshold:.0%}."
    elif row["high"] < threshold:
        said += f"That is clearly less than {threshold:.0%}."
    else:
        said += f"Whether it is {threshold:.0%} cannot be told."
    past, best = table.loc["past sales", "gain"], table.loc["best", "gain"]
    return (
        said + f" By past sales the gain is {past:.1%}; by the best plan under the stated curve {best:.1%}."
    )


def tenure_in_words(table: pd.DataFrame, threshold: float = 0.1) -> str:
    """Whether longer relationships are worth more per month, and whether that hangs on the month; `tenure_value`."""
    active, elapsed = table.loc["active months"], table.loc["elapsed months"]
    if table["estimate"].isna().any():
        return "All customers have the same tenure or the same spend per month: nothing can be ranked."
    said = (
        f"Of {counted(int(active['n']), 'customer')} who came back, tenure goes with spend per active month "
        "at a rank "
        f"correlation of {active['estimate']:.2f} ({active['low']:.2f} to {active['high']:.2f}), with spend per "
        f"elapsed month at {elapsed['estimate']:.2f} ({elapsed['low']:.2f} to {elapsed['high']:.2f}). "
    )
    if active["low"] >= threshold:
        said += "Per month in which they buy, longer relationships are worth more."
    elif active["high"] < threshold:
        said += f"Per month in which they buy, longer relationships are not clearly worth more (below {threshold:g})."
    else:
        said += f"Whether the correlation is at least {threshold:g} cannot be told."
    if active["low"] > 0 > elapsed["high"] or active["high"] < 0 < elapsed["low"]:
        said += " The sign depends on what is called a month: elapsed months grow with tenure itself."
    return said


def null_in_words(null: pd.DataFrame, found: pd.DataFrame) -> str:
    """What the purchase days alone make of the correlations; tables of `tenure_null` and `tenure_value`."""
    active, elapsed = null.loc["active months"], null.loc["elapsed months"]
    r = found.loc["active months", "estimate"]
    said = (
        "If everybody drew the amounts of another customer at random, the correlation would be "
        f"{active['estimate']:.2f} per active month ({active['low']:.2f} to {active['high']:.2f}) and "
        f"{elapsed['estimate']:.2f} per elapsed month ({elapsed['low']:.2f} to {elapsed['high']:.2f}). That much comes "
        "from the purchase days and from the division, not from what is spent on a purchase. "
    )
    if r > active["high"]:
        return said + f"The {r:.2f} found is more: customers who stay longer also spend more on a purchase."
    if r < active["low"]:
        return said + f"The {r:.2f} found is less: customers who stay longer spend less on a purchase."
    return said + f"The {r:.2f} found is no more and no less than that."


def gaps_in_words(table: pd.DataFrame, days: int = 180) -> str:
    """How many have not heard from us for long; a table of `contact_gaps` with a band that ends at `days`.

    >>> names = ["up to 30 days", "31 to 180 days", "over 180 days", "never"]
    >>> table = pd.DataFrame({"customers": [5, 3, 2, 0], "value_share": [0.7, 0.2, 0.1, 0.0]}, index=names)
    >>> gaps_in_words(table)
    '2 of 10 customers (20%) had no contact for more than 180 days; they brought 10% of all revenue.'
    """
    ends = [name for name in table.index if name.endswith(f" {days} days") and not name.startswith("over")]
    if ends:
        late = table.iloc[table.index.get_loc(ends[0]) + 1 :]
    else:
        late = table.loc[[name for name in table.index if name == f"over {days} days" or name == "never"]]
    n, total = int(late["customers"].sum()), int(table["customers"].sum())
    said = f"{n:,} of {counted(total, 'customer')} ({n / total:.0%}) had no contact for more than {days} days"
    if table["value_share"].isna().all():
        return said + "."
    return f"{said}; they brought {late['value_share'].sum():.0%} of all revenue."


def recommend_in_words(table: pd.DataFrame, row: pd.DataFrame, threshold: float = 0.02) -> str:
    """Whether personal lists of new products beat best sellers; tables of `recommend.evaluate` and "
    "`recommend.gain`."""
    mine, theirs = (table.loc[(method, "new"), "hit_rate"] for method in ("item–item", "best sellers"))
    r = row.iloc[0]
    said = (
        f"Of {counted(int(r['n']), 'customer')} who bought again, {mine:.1%} bought at least one new product "
        "of their "
        f"personal list and {theirs:.1%} one of the best sellers they did not have: a difference of "
        f"{100 * r['estimate']:.1f} points ({100 * r['low']:.1f} to {100 * r['high']:.1f}). "
    )
    if r["low"] >= threshold:
        said += f"That is clearly at least {100 * threshold:g} points."
    elif r["high"] < threshold:
        said += f"That is clearly less than {100 * threshold:g} points."
    else:
        said += f"Whether it is {100 * threshold:g} points cannot be told."
    first, second = (table.loc[(method, "repeat"), "hit_rate"] for method in ("item–item", "best sellers"))
    return f"{said} Of products they already had, the lists name one bought again in {first:.0%} and {second:.0%}."
