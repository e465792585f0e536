"""What the numbers on value to the customer mean, in sentences that are computed: each says what holds on the data at
hand.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmtheory.value.logit import Logit
from crmtheory.wording import counted, listed, p_value


def readings(ways: pd.DataFrame, threshold: float) -> str:
    """What three readings of the answers leave of the coefficient of value; a table of `yea_saying`."""
    raw, less, own = (ways.iloc[place] for place in range(3))
    text = f"One standard deviation more of value goes with {raw['estimate']:.2f} more of satisfaction. "
    if less["common"] > 0:
        text += (
            f"All answers share a correlation of at least {less['common']:.2f}; if that is habit, "
            f"{less['estimate']:.2f} remains. "
        )
    else:
        text += "Not all answers go together, so there is no sign of a habit of marking everything high. "
    if np.isnan(own["estimate"]):
        return (
            text + "After centring no value is left: as many benefits as prices were asked, all worded alike."
        )
    text += f"After centring it is {own['estimate']:.2f}. "
    sides = {bool(row["low"] >= threshold) for row in (raw, less)}
    if sides == {True}:
        word = "also stands" if own["low"] >= threshold else "does not stand"
        return text + f"The claim stands on the first two readings; on the third it {word}."
    if sides == {False} and not own["low"] >= threshold:
        return text + "The claim stands on none of the readings."
    return text + "How the answers are read decides: do not lean on the first number alone."


def held_fixed(table: pd.DataFrame, what: str) -> str:
    """What is left of the coefficient of value when something else is held fixed; a table of `perceived.rated`."""
    alone = table.loc["nothing"]
    text = f"Value as asked directly: {_interval(alone)}, of {counted(int(alone['n']), 'respondent')}."
    if "fixed" not in table.index:
        return text
    fixed = table.loc["fixed"]
    text += f" With {what} held fixed: {_interval(fixed)}. "
    if fixed["estimate"] < 0.5 * alone["estimate"]:
        return text + "More than half of what value seemed to do is what both share with it."
    return text + "So most of it is not what both share with it."


def by_household(fit: Logit) -> str:
    """How far standard errors that take all choices as independent are off."""
    ratio = fit.table.loc["price", "se"] / fit.naive["price"]
    start = (
        f"{counted(fit.choices, 'choice')} by {counted(fit.households, 'household')}. The standard error of price is "
        f"{ratio:.1f} times the one that takes all choices as independent: "
    )
    if ratio < 1.2:
        return start + "nearly the same."
    return start + "so much would its interval have been too narrow."


def price_turns(own: pd.DataFrame, change: float = 0.10) -> str:
    """What a higher price costs in choices; a row of `choice.own_elasticity`."""
    row = own.iloc[0]
    low, middle, high = (change * row[name] for name in ("low", "estimate", "high"))
    if row["high"] < 0:
        return (
            f"A price higher by {change:.0%} goes with more choices of a brand here ({_part(-high, -middle, -low)}): "
            "price may stand for quality."
        )
    if row["low"] <= 0:
        return f"Whether a price higher by {change:.0%} costs choices cannot be told here ({_part(low, middle, high)})."
    return f"A price higher by {change:.0%} costs a brand about {_part(low, middle, high)} of its choices."


def left_out(reasons: pd.Series, choices: int) -> str:
    """How many choices were left out, and why; the second part of `choice.long`."""
    if reasons.empty:
        return f"All {counted(choices, 'choice')} are used."
    each = [f"{number:,} ({reason})" for reason, number in reasons.value_counts().sort_index().items()]
    return f"Left out of {counted(choices, 'choice')}: {listed(each)}."


def positions(table: pd.DataFrame) -> str:
    """Who gives more, and who less, than is paid for; a table of `value_map`."""
    groups = {name: [str(offer) for offer in rows.index] for name, rows in table.groupby("position")}
    more, less, rest = (groups.get(name, []) for name in ("better value", "worse value", "fair value"))
    parts = [f"{listed(more)} {_verb(more, 'give')} more than is paid for"] if more else []
    if less:
        parts.append(f"{listed(less)} {_verb(less, 'give')} less than is paid for")
    if not parts:
        return "No offer is clearly off the fair-value line."
    if rest:
        parts.append(f"{listed(rest)} cannot be told from the line")
    return "; ".join(parts) + "."


def _verb(names: list[str], verb: str) -> str:
    return verb if len(names) > 1 else f"{verb}s"


def irrelevant(table: pd.DataFrame, at: float = 0.05) -> str:
    """Whether taking a brand out leaves the coefficients as they are; rows of `choice.iia`."""
    broken = table[table["p_value"] < at / len(table)]
    tests = f"{counted(len(table), 'test')}, each at {at:.0%} / {len(table)}"
    if broken.empty:
        return f"Taking a brand out changes the coefficients by no more than chance ({tests})."
    worst = table.sort_values("p_value").iloc[0]
    return (
        f"Without {listed([str(name) for name in broken['without']])} the coefficients are others than before "
        f"({tests}; least {p_value(worst['p_value'])}). So read cross elasticities as a first guess only."
    )


def loyal(before: pd.DataFrame, after: pd.DataFrame, fit: Logit) -> str:
    """What becomes of the elasticity when the brand taken last is known; rows of `choice.own_elasticity`."""
    old, new = before.iloc[0], after.iloc[0]
    last = fit.table.loc["last"]
    text = (
        f"With the last brand known, minus the elasticity is {_interval(new)} instead of {_interval(old)}. "
        f"Having taken a brand last multiplies its odds by {np.exp(last['estimate']):.1f}. "
    )
    if last["low"] <= 0:
        return text + "That may be chance."
    return (
        text
        + "Part of that is habit and part is that households like different brands: these data cannot part the two."
    )


def _part(low: float, middle: float, high: float) -> str:
    return f"{middle:.0%} [{low:.0%}, {high:.0%}]".replace("-", "−")


def _interval(row: pd.Series) -> str:
    return f"{row['estimate']:.2f} [{row['low']:.2f}, {row['high']:.2f}]".replace("-", "−")
