"""What the tables of the chapter mean, in sentences that are computed: each says what holds on the data at hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmtheory.segmentation.policy import PolicyProfit

STABLE = 0.6  # adjusted Rand index from which groups count as found again


def classes_in_words(table: pd.DataFrame) -> str:
    """Which class brought what later; a table of `value_by_class`.

    >>> names = ["class", "customers", "share", "mean", "share_of_later"]
    >>> classes_in_words(pd.DataFrame([("high", 2, 0.2, 3.0, 0.6), ("low", 8, 0.8, 0.5, 0.4)], columns=names))[:60]
    'Class "high" holds 20% of customers and brought 60% of what '
    """
    there = table[table["customers"] > 0]
    if there["share_of_later"].isna().any():
        return "The customers brought nothing on the whole in the later period, so the classes cannot be compared."
    parts = [
        f'class "{row["class"]}" holds {row["share"]:.0%}{" of customers" * (i == 0)} and brought '
        f"{row['share_of_later']:.0%}{' of what these customers brought later' * (i == 0)}"
        for i, (_, row) in enumerate(there.iterrows())
    ]
    said = "; ".join(parts)
    said = said[0].upper() + said[1:] + "."
    if len(there) == 1:
        return said + " There is only one class with customers, so nothing is compared."
    falls = (np.diff(there["mean"]) < 0).all()
    follows = "follow" if falls else "do not follow"
    return f"{said} The means {follows} the order of the classes."


def ratio_in_words(row: pd.DataFrame, threshold: float = float(np.log(3))) -> str:
    """How many times more the top class brought; a row of `ratio`."""
    r = row.iloc[0]
    times, low, high = (f"{np.exp(v):,.2f}" for v in (r["estimate"], r["low"], r["high"]))
    least = f"{np.exp(threshold):,.3g}"
    said = f'A customer of class "{r["top"]}" brought {times} times as much later as one of "{r["bottom"]}" '
    said += f"({low} to {high}). "
    if r["low"] >= threshold:
        return said + f"That is clearly at least {least} times."
    if r["high"] < threshold:
        return said + f"That is clearly less than {least} times."
    return said + f"Whether it is {least} times cannot be told from these customers."


def rfm_in_words(table: pd.DataFrame) -> str:
    """Which score ranks customers best by later value; a table of `rfm_against`."""
    single = table[table["score"].isin(["r", "f", "m"])].dropna(subset=["correlation"]).set_index("score")
    if not len(single):
        return "The scores, or what the customers brought later, are the same for all: nothing can be ranked."
    name = {"r": "recency", "f": "frequency", "m": "monetary value"}
    best = single["correlation"].idxmax()
    row = single.loc[best]
    said = (
        f"Of the scores, {name[best]} goes best with later value (rank correlation {row['correlation']:.2f}, "
    )
    said += f"{row['low']:.2f} to {row['high']:.2f})"
    if row["low"] <= 0:
        return said + "; even that may be chance."
    whole = table.set_index("score").reindex(["r + f + m"]).iloc[0]
    if np.isnan(whole["correlation"]):
        return said + "."
    gains = "ranks better" if whole["low"] > row["high"] else "ranks not clearly better"
    return f"{said}. The sum of the three {gains} ({whole['correlation']:.2f})."


def activity_in_words(table: pd.DataFrame) -> str:
    """Which rule tells active from silent customers better; a table of `separation` with one row a rule.

    Two intervals that overlap are not called different, although the rules are judged on the same customers.
    """
    ranked = table.sort_values(["estimate", "rule"], ascending=[False, True])
    rows = [
        f"By {r['rule']}, {r['first']} customers bought later {100 * abs(r['estimate']):.0f} points "
        f"{'more' if r['estimate'] >= 0 else 'less'} often than {r['second']} ones "
        f"({100 * r['low']:.0f} to {100 * r['high']:.0f})."
        for _, r in ranked.iterrows()
    ]
    if len(ranked) < 2:
        return " ".join(rows)
    best, next_ = ranked.iloc[0], ranked.iloc[1]
    if best["low"] > next_["high"]:
        return " ".join(rows) + f" Of the rules, {best['rule']} separates them better."
    return " ".join(rows) + " The intervals overlap: neither rule clearly separates them better."


def order_in_words(table: pd.DataFrame) -> str:
    """Whether later buying falls from active to churned, rule by rule; a table of `activity_on_holdout`.

    >>> names = ["rule", "class", "customers", "share"]
    >>> order_in_words(pd.DataFrame([("rhythm", "active", 9, 0.6), ("rhythm", "silent", 9, 0.2)], columns=names))
    'By rhythm, 60% of the active and 20% of the silent customers bought later, in that order.'
    """
    parts = []
    for rule, rows in table[table["customers"] > 0].groupby("rule", sort=False):
        if len(rows) == 1:
            parts.append(
                f"By {rule}, every customer is {rows['class'].iloc[0]}, so it separates nobody here."
            )
            continue
        said = [f"{row['share']:.0%} of the {row['class']}" for _, row in rows.iterrows()]
        whole = " and ".join([", ".join(said[:-1]), said[-1]])
        falls = bool((np.diff(rows["share"]) < 0).all())
        order = "in that order" if falls else "not in the order the names say"
        parts.append(f"By {rule}, {whole} customers bought later, {order}.")
    return " ".join(parts)


def groups_in_words(
    stabilities: pd.DataFrame, reference: pd.DataFrame, clusters: int, least: float = STABLE
) -> str:
    """Whether the groups are there; tables of `stability` and `no_groups`, and the number of groups chosen."""
    found = stabilities.set_index("clusters").loc[clusters]
    chance = reference.set_index("clusters").loc[clusters]
    said = (
        f"{clusters} groups come back with an adjusted Rand index of {found['ari']:.2f} "
        f"({found['low']:.2f} to {found['high']:.2f}) when other people are drawn; shuffled answers without any "
        f"groups give {chance['ari']:.2f} ({chance['low']:.2f} to {chance['high']:.2f}). "
    )
    if found["low"] >= least and found["low"] > chance["high"]:
        return said + "The groups are stable, and more so than chance makes them: they can be given names."
    if found["low"] <= chance["high"]:
        return said + "That is no clear gain over no groups at all. " + WITHOUT_GROUPS
    return (
        said
        + f"There is more in the answers than chance, but the groups are not stable at {least:g}. "
        + WITHOUT_GROUPS
    )


WITHOUT_GROUPS = (
    "Do not name groups that the next sample would not show: treat the needs as scales on which customers differ, "
    "choose by the single answer that matters for an offer, or divide by value and activity instead. If a "
    "division is "
    "wanted all the same, call it a cut through a continuum and check it again on new answers."
)


def stays_in_words(row: pd.DataFrame, later: str = "a year later") -> str:
    """How many of a class stayed; a row of `stays`, and how much later in words.

    >>> row = {"class": "high", "stayed": 6, "estimate": 0.6, "low": 0.31, "high": 0.83, "n": 10}
    >>> stays_in_words(pd.DataFrame([row]))
    'Of 10 customers in class "high", 60% were in it again a year later (31% to 83%). Whether most of them stay cannot
    be told.'
    """
    r = row.iloc[0]
    said = f'Of {r["n"]:,} customers in class "{r["class"]}", {r["estimate"]:.0%} were in it again {later} '
    said += f"({r['low']:.0%} to {r['high']:.0%}). "
    if r["low"] >= 0.5:
        return said + "Most of them stay."
    if r["high"] < 0.5:
        return said + "Most of them do not stay: a list of the best customers is soon out of date."
    return said + "Whether most of them stay cannot be told."


def association_in_words(row: pd.DataFrame, attribute: str) -> str:
    """How strongly the segments go with an attribute; a row of `association`."""
    r = row.iloc[0]
    said = f"The class and {attribute} go together with a Cramér's V of {r['cramers_v']:.2f} "
    said += f"({r['low']:.2f} to {r['high']:.2f})"
    said += ", which may be chance." if r["low"] == 0 else "."
    if r["small_cells"]:
        cells = "1 cell has" if r["small_cells"] == 1 else f"{int(r['small_cells']):,} cells have"
        said += f" Mind that {cells} fewer than 5 expected customers."
    return said


def policy_in_words(result: PolicyProfit, currency: str = "") -> str:
    """What treating classes differently gains; an answer of `policy_profit`."""
    g = result.gain.iloc[0]
    if g["same"]:
        return (
            f'The best policy by class is "{g["treatment"]}" for everybody: '
            "treating classes differently gains nothing here."
        )
    gain, low, high = (
        f"{'−' if g[name] < 0 else ''}{currency}{abs(g[name]):,.2f}" for name in ("estimate", "low", "high")
    )
    said = (
        f'The best treatment for each class gains {gain} a customer ({low} to {high}) over "{g["treatment"]}" '
        "for all, on the half that did not choose. "
    )
    if g["low"] > 0:
        said += "Different treatment pays"
    elif g["high"] < 0:
        said += "Equal treatment pays more"
    else:
        said += "Whether different treatment pays cannot be told"
    return said + ", if the stated gains hold; they are assumptions."


def break_even_in_words(table: pd.DataFrame) -> str:
    """What each treatment must bring to pay; a table of `uplift_needed`."""
    parts = []
    for treatment, rows in table[table["customers"] > 0].groupby("treatment", sort=False):
        finite = rows[np.isfinite(rows["needed"])]
        needs = "; ".join(
            f'{row["needed"]:.1%} in class "{row["class"]}"'
            if row["needed"] < 10
            else f'over 1,000% in "{row["class"]}"'
            for _, row in finite.iterrows()
        )
        parts.append(
            f'To pay for itself, "{treatment}" must raise later margin by {needs}.'
            if needs
            else f'"{treatment}" cannot pay for itself: no class brings a margin.'
        )
    return " ".join(parts)
