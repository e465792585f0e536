"""What the numbers of the chapter mean, in sentences that are computed: each says what holds on the data at hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmtheory.wording import counted, listed, p_value, rejected


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
    if not np.isfinite(two["p_value"]):
        return "Too little varies here to say whether the last stage tells all."
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


def against_seen(expected: float, start: str, median: pd.Series, unit: str) -> str:
    """The chain's median time to loss of new customers beside the median that was seen.

    Parameters
    ----------
    expected : of `median_to_loss`; start : the stage of a new customer; median : a row of `median_survival`, in `unit`
    """
    text = f"The chain expects half of the {start} customers to be lost after {expected:.0f} {unit}s. "
    if not np.isfinite(median["estimate"]):
        return text + "Of the customers watched, fewer than half were lost, so no median can be seen."
    high = "longer than watched" if not np.isfinite(median["high"]) else f"{median['high']:.1f}"
    seen = f"In fact half were lost after {median['estimate']:.1f} {unit}s [{median['low']:.1f}, {high}]."
    if median["low"] <= expected <= median["high"]:
        return f"{text}{seen} The two agree."
    return (
        f"{text}{seen} A chain forgets how long somebody has been silent, so do not use its times for a plan."
    )


def what_comes_next(table: pd.DataFrame, duration: str) -> str:
    """How far the stages part afterwards; a table of `by_stage`."""
    ordered = table.sort_values("silent")
    best, worst = ordered.iloc[0], ordered.iloc[-1]
    text = (
        f"Of those {ordered.index[0]}, {_share(best, 'silent')} were silent for the {duration} after; of those "
        f"{ordered.index[-1]}, {_share(worst, 'silent')}."
    )
    known = table.dropna(subset="expected")
    outside = known[(known["expected"] < known["low"]) | (known["expected"] > known["high"])]
    if outside.empty:
        return f"{text} Earlier times had foretold each share within chance."
    fewer = (outside["silent"] < outside["expected"]).all()
    more = (outside["silent"] > outside["expected"]).all()
    names = "every stage" if len(outside) == len(known) else listed(list(map(str, outside.index)))
    way = "a higher" if fewer else "a lower" if more else "another"
    return f"{text} Earlier times had foretold {way} share for {names}: seasons and the shop change, rules do not."


def hazards(ratios: pd.DataFrame, trend: pd.DataFrame) -> str:
    """What lowers or raises the risk of being lost, and whether at all times; tables of `cox` and `proportional`."""
    parts = [
        f"{name} {'lowers' if row['high'] < 1 else 'raises'} it ({row['ratio']:.2f} times)"
        for name, row in ratios.iterrows()
        if row["high"] < 1 or row["low"] > 1
    ]
    text = (
        f"Of the risk of being lost: {listed(parts)}."
        if parts
        else "No fact changes the risk of being lost for sure."
    )
    moving = [str(name) for name, row in trend.iterrows() if row["low"] > 0 or row["high"] < 0]
    return f"{text} The ratio of {listed(moving)} changes with time, so it is an average." if moving else text


def coming_back(table: pd.DataFrame, unit: str, duration: str) -> str:
    """Who comes back; a table of `win_back`."""
    everybody = table[table["value"] == "all"].set_index("silence")
    first, last = everybody.iloc[0], everybody[everybody["cases"] >= 30].iloc[-1:]
    text = (
        f"After {counted(int(everybody.index[0]), unit)} of silence {_share(first, 'share')} bought again within "
        f"{duration}"
    )
    if last.empty or last.index[0] == everybody.index[0]:
        return f"{text}."
    text += f"; after {counted(int(last.index[0]), unit)}, {_share(last.iloc[0], 'share')}."
    apart = {}
    for silence, group in table.groupby("silence"):
        by_value = group.set_index("value")
        if {"low", "high"} <= set(by_value.index):
            apart[silence] = by_value.loc["high", "low"] > by_value.loc["low", "high"]
    if not apart or not apart[min(apart)]:
        return f"{text} Past value does not tell for sure who returns."
    by_value = table[table["silence"] == min(apart)].set_index("value")
    high, low = (_share(by_value.loc[name], "share") for name in ("high", "low"))
    sure = max(silence for silence in apart if all(apart[other] for other in apart if other <= silence))
    until = (
        ""
        if sure == max(apart)
        else f" From {counted(int(sure) + 1, unit)} of silence on it does not tell for sure."
    )
    return (
        f"{text} Past value tells more: {high} of high past value against {low} of low after "
        f"{counted(int(min(apart)), unit)}.{until}"
    )


def worth(table: pd.DataFrame, currency: str, lift: float, unit: str) -> str:
    """For whom an offer would pay; a table of `worth_winning`."""
    tiers = table[table["value"] != "all"]
    paying = tiers[tiers["worth"]]
    assumed = f"If an offer raised each chance by {lift:.0%} of itself (an assumption, no log can show it)"
    if paying.empty:
        return f"{assumed}, it would pay for none of these groups."
    waits = {
        name: [int(silence) for silence in group["silence"]]
        for name, group in paying.groupby("value", sort=False)
    }
    parts = listed(
        [f"{name} past value after {listed([str(w) for w in wait])}" for name, wait in waits.items()]
    )
    best = paying.loc[paying["gain"].idxmax()]
    return (
        f"{assumed}, it would pay for {parts} {unit}s of silence. It would gain most, "
        f"{currency}{best['gain']:,.2f} a "
        f"customer, for {best['value']} past value after {counted(int(best['silence']), unit)}."
    )


def next_step(customers: pd.DataFrame, cost: float, currency: str) -> str:
    """Whom to write to first.

    Parameters
    ----------
    customers : the silent ones, with gain (expected profit of an offer less its cost, missing where too few were seen)
    """
    paying = customers[customers["gain"] > 0]
    if customers.empty:
        return "No customer is silent now."
    if paying.empty:
        return (
            f"An offer that costs {currency}{cost:g} would pay for none of the {len(customers):,} silent "
            "customers under "
            "these assumptions; write to them at no cost, or not at all."
        )
    return (
        f"An offer that costs {currency}{cost:g} would pay for {len(paying):,} of the {len(customers):,} "
        "silent customers and "
        f"gain {currency}{paying['gain'].sum():,.0f} in all under these assumptions; they stand in the list "
        "with their gain."
    )


def course_of_life(inner: pd.DataFrame, ends: pd.DataFrame, currency: str) -> str:
    """Whether spend rises and falls; tables of `course` without and with the first and last purchase."""
    values = ", ".join(f"{currency}{value:,.0f}" for value in inner["mean"])
    peak = inner["mean"].idxmax()
    overlap = not inner.loc[peak, "low"] > inner["mean"].drop(peak).max()  # also where there is no interval
    sure = "The difference is within chance" if overlap else "That is more than chance"
    number = int(inner["customers"].iloc[0])
    text = (
        f"Of the {number:,} lost customers who bought between their first and last purchase, mean spend in "
        "the first, middle "
        f"and last third was {values}. It is highest in the {peak} third. {sure}."
    )
    naive = ends["mean"]
    if naive["middle"] < min(naive["first"], naive["last"]):
        counted = ", ".join(f"{currency}{value:,.0f}" for value in naive)
        text += (
            f" With their first and last purchase counted it would be {counted}: a valley made by the way of "
            "counting."
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
    many = f"{len(sure)} of {len(table)} drivers" if len(table) > 1 else "This driver"
    ends = sorted(
        [first["low"], first["high"]] if first["ratio"] >= 1 else [1 / first["high"], 1 / first["low"]]
    )
    factor = max(first["ratio"], 1 / first["ratio"])
    verb = "multiplied" if first["ratio"] >= 1 else "divided"
    return (
        f"{many} can be told from chance. The largest factor is that of {strength.index[0]}: the odds of "
        f"leaving are {verb} by "
        f"{_ratio(factor)} [{_ratio(ends[0])}, {_ratio(ends[1])}]."
    )


def complaint(table: pd.DataFrame, what: str = "a complaint") -> str:
    """A difference in leaving before and after adjustment, with and without twins; a table of `twins`.

    Parameters
    ----------
    what : what some customers had and others not
    """
    row, other = table.iloc[0], table.iloc[-1]
    crude, adjusted = (
        f"{100 * row[name]:+.0f} percentage points [{100 * row[low]:+.0f}, {100 * row[high]:+.0f}]"
        for name, low, high in (("crude", "crude_low", "crude_high"), ("estimate", "low", "high"))
    )
    text = (
        f"Leaving of customers with {what}, less that of the others: {crude}; with the other columns held equal "
        f"{adjusted}."
    )
    if not row["twins"]:
        return text
    return (
        f"{text} Without the {int(row['twins']):,} rows that repeat another one it would be "
        f"{100 * other['estimate']:+.0f}."
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


def _area(row: pd.Series) -> str:
    return f"{row['auc']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"


def _share(row: pd.Series, column: str = "probability") -> str:
    return f"{row[column]:.0%} [{row['low']:.0%}, {row['high']:.0%}]"


def _ratio(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
