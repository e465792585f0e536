"""What the numbers of the chapter mean, in sentences that are computed: each says what holds on the data at hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

SMALL = 0.001  # p values below it are not written out


def listed(items: list[str]) -> str:
    """Items as a list in a sentence.

    >>> listed(["new", "loyal", "lost"])
    'new, loyal and lost'
    """
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else "".join(items)


def where_they_stand(counts: pd.DataFrame) -> str:
    """How customers are spread over the stages now; a table of `Stages.counts`."""
    now = counts.iloc[-1]
    shares = (now[now > 0] / now.sum()).sort_values(ascending=False)
    parts = listed([f"{share:.0%} {name}" for name, share in shares.items()])
    return f"On {counts.index[-1]:%Y-%m-%d} there were {now.sum():,} customers: {parts}."


def memory(test: pd.DataFrame) -> str:
    """Whether the last stage tells all; a table of `order_test`."""
    one, two = test.loc["0 against 1"], test.loc["1 against 2"]
    start = f"The last stage explains {one['gain']:.0%} of what is unsure about the next one"
    p = p_value(two["p_value"])
    if two["p_value"] < 0.05:
        return (
            f"{start}; knowing the stage before it as well explains {two['gain']:.0%} of the rest ({p}). So "
            "customers "
            "remember more than the chain does, and what it says of the far future is rough."
        )
    return (
        f"{start}; the stage before it adds nothing that could be told from chance ({p}). The chain is a fair "
        "summary."
    )


def against_seen(chain: pd.DataFrame, start: str, median: pd.Series, unit: str) -> str:
    """The chain's time to loss of new customers beside the median that was seen.

    Parameters
    ----------
    chain : of `time_to_loss`; start : the stage of a new customer; median : a row of `median_survival`, in `unit`
    """
    if start not in chain.index:
        return "Nobody new was seen to move on, so the chain says nothing of a new customer."
    expected = chain.loc[start]
    text = (
        f"The chain expects {expected['estimate']:.1f} {unit}s [{expected['low']:.1f}, "
        f"{expected['high']:.1f}] on average "
        f"until a {start} customer is judged lost. "
    )
    if not np.isfinite(median["estimate"]):
        return text + "Of the customers watched, fewer than half were lost, so no median can be seen."
    high = "longer than watched" if not np.isfinite(median["high"]) else f"{median['high']:.1f}"
    return (
        f"{text}Half of all customers were in fact lost after {median['estimate']:.1f} {unit}s "
        f"[{median['low']:.1f}, {high}]. "
        "A mean lies above a median where a few stay very long, and a chain that forgets how long somebody has been "
        "silent errs as well."
    )


def what_comes_next(table: pd.DataFrame, duration: str) -> str:
    """How far the stages part afterwards; a table of `by_stage`."""
    ordered = table.sort_values("silent")
    best, worst = ordered.iloc[0], ordered.iloc[-1]
    text = (
        f"Of those {ordered.index[0]}, {_share(best, 'silent')} were silent for the {duration} after; of those "
        f"{ordered.index[-1]}, {_share(worst, 'silent')}."
    )
    outside = table[(table["expected"] < table["low"]) | (table["expected"] > table["high"])]
    if outside.empty:
        return f"{text} Earlier times had foretold each share within chance."
    names = listed(list(map(str, outside.index)))
    return f"{text} Earlier times had foretold another share for {names}: seasons and the shop change, rules do not."


def coming_back(table: pd.DataFrame, unit: str, duration: str) -> str:
    """Who comes back; a table of `win_back`."""
    everybody = table[table["value"] == "all"].set_index("silence")
    first, last = everybody.iloc[0], everybody[everybody["cases"] >= 30].iloc[-1:]
    text = (
        f"After {_count(int(everybody.index[0]), unit)} of silence {_share(first, 'share')} bought again within "
        f"{duration}"
    )
    if last.empty or last.index[0] == everybody.index[0]:
        return f"{text}."
    text += f"; after {_count(int(last.index[0]), unit)}, {_share(last.iloc[0], 'share')}."
    by_value = table[table["silence"] == everybody.index[0]].set_index("value")
    if {"low", "high"} <= set(by_value.index):
        low, high = by_value.loc["low"], by_value.loc["high"]
        apart = high["low"] > low["high"]
        verb = "Past value tells more" if apart else "Past value does not tell for sure"
        text += f" {verb}: {_share(high, 'share')} of high past value, {_share(low, 'share')} of low."
    return text


def worth(table: pd.DataFrame, currency: str, lift: float) -> str:
    """For whom an offer would pay; a table of `worth_winning`."""
    tiers = table[table["value"] != "all"]
    paying = tiers[tiers["worth"]]
    assumed = f"If an offer raised each chance by {lift:.0%} of itself (an assumption, no log can show it)"
    if paying.empty:
        return f"{assumed}, it would pay for none of these groups."
    longest = {name: int(group["silence"].max()) for name, group in paying.groupby("value", sort=False)}
    parts = listed([f"up to {most} for {name} past value" for name, most in longest.items()])
    best = paying.loc[paying["gain"].idxmax()]
    return (
        f"{assumed}, it would pay after so many periods of silence: {parts}. It would gain most, "
        f"{currency}{best['gain']:,.2f} a "
        f"customer, for {best['value']} past value after {int(best['silence'])}."
    )


def course_of_life(inner: pd.DataFrame, ends: pd.DataFrame, currency: str) -> str:
    """Whether spend rises and falls; tables of `course` without and with the first and last purchase."""
    values = ", ".join(f"{currency}{value:,.0f}" for value in inner["mean"])
    peak = inner["mean"].idxmax()
    overlap = inner.loc[peak, "low"] <= inner["mean"].drop(peak).max()
    sure = "The difference is within chance" if overlap else "That is more than chance"
    naive = ends["mean"]
    valley = naive["middle"] < min(naive["first"], naive["last"])
    text = f"Mean spend in the first, middle and last third: {values}. It is highest in the {peak} third. {sure}."
    if valley:
        text += (
            " With the first and last purchase counted it would be "
            f"{', '.join(f'{currency}{v:,.0f}' for v in naive)}: a "
            "valley made by the way of counting."
        )
    return text


def foretold(table: pd.DataFrame, fitted_years: int) -> str:
    """How the sBG and constant churn foretold the years after the fit; a table of `projection`."""
    last = table["actual"].dropna().index[-1]
    row = table.loc[last]
    text = f"After year {last}, {row['actual']:.1%} were still there. "
    if last <= fitted_years:
        return text
    return (
        f"{text}From the first {fitted_years} years the sBG foretold {row['sbg']:.1%} [{row['low']:.1%}, "
        f"{row['high']:.1%}], constant churn {row['constant']:.1%}. "
    )


def constant_churn(test: pd.DataFrame) -> str:
    """Whether one churn rate for all is enough; a row of `against_constant`."""
    row = test.iloc[0]
    p = row["p_value"]
    return f"The likelihood ratio is {row['statistic']:,.1f} ({p_value(p)}): constant churn {rejected(p)}."


def why_they_leave(table: pd.DataFrame) -> str:
    """The strongest drivers; a table of `churn_drivers`."""
    sure = table[(table["low"] > 1) | (table["high"] < 1)]
    if sure.empty:
        return "No driver could be told from chance."
    strength = np.log(sure["ratio"]).abs().sort_values(ascending=False)
    first = sure.loc[strength.index[0]]
    return (
        f"{len(sure)} of {len(table)} drivers can be told from chance. Strongest is {strength.index[0]}: the "
        "odds of leaving "
        f"are {_ratio(first['ratio'])} times as high [{_ratio(first['low'])}, {_ratio(first['high'])}]."
    )


def complaint(table: pd.DataFrame) -> str:
    """A difference in leaving before and after adjustment, with and without twins; a table of `twins`."""
    row, other = table.iloc[0], table.iloc[-1]
    crude, adjusted = (
        f"{100 * row[name]:.0f} percentage points [{100 * row[low]:.0f}, {100 * row[high]:.0f}]"
        for name, low, high in (("crude", "crude_low", "crude_high"), ("estimate", "low", "high"))
    )
    return (
        f"Those who had it left more often by {crude}; with the other columns held equal by {adjusted}. Without the "
        f"{int(row['twins']):,} rows that repeat another one it would be {100 * other['estimate']:.0f}."
    )


def lead_score(table: pd.DataFrame) -> str:
    """How honest the score is in time; a table of `judged_in_time`, index or column split."""
    rows = table.set_index("split") if "split" in table else table
    time, random = rows.loc["in time"], rows.loc["random"]
    flatters = random["low"] > time["high"]
    text = (
        f"Judged on later contacts the area is {_area(time)}; judged on a random part it is {_area(random)}. "
        f"The random split {'flatters the score' if flatters else 'gives no clearly better number here'}."
    )
    leaks = [name for name in rows.index if name not in ("in time", "random")]
    if not leaks:
        return text
    column = leaks[0].removeprefix("in time, with ")
    return f'{text} With "{column}", which is known only after the contact, it would be {_area(rows.loc[leaks[0]])}.'


def rejected(p: float) -> str:
    """What a test says, as a verb.

    >>> rejected(0.2)
    'is not rejected'
    """
    return "is rejected" if p < 0.05 else "is not rejected"


def p_value(p: float) -> str:
    """A p value as people write it.

    >>> p_value(0.00001), p_value(0.04)
    ('p < 0.001', 'p = 0.040')
    """
    return f"p < {SMALL}" if p < SMALL else f"p = {p:.3f}"


def _area(row: pd.Series) -> str:
    return f"{row['auc']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"


def _share(row: pd.Series, column: str = "probability") -> str:
    return f"{row[column]:.0%} [{row['low']:.0%}, {row['high']:.0%}]"


def _ratio(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"
