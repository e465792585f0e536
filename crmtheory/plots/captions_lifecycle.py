"""What the figures of the lifecycle show, in words computed from the same tables: caption and alternative text.

Numbers of customers, shares and amounts are written as on the figures; an estimate stands with its interval.
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from crmtheory.plots import shapes
from crmtheory.plots.captions import money


def flow(flows: pd.DataFrame, what: str = "stage", outside: Collection[str] = (), most: int = 3) -> str:
    """For `flow.alluvial`, with the largest moves between different groups.

    Parameters
    ----------
    what : the customers move between; outside : groups that are none, such as "not yet", left out of all numbers
    most : how many of the largest moves are named

    >>> moves = pd.DataFrame({"step": 0, "from": ["new", "new"], "to": ["loyal", "new"], "customers": [30, 70]})
    >>> flow(moves)
    'Customers who went from stage to stage, over 1 step. Of those who had one before and after a step, 30.0% were in
    another stage. Largest moves: new to loyal 30.'
    """
    there = flows[flows["customers"] > 0]
    there = there[~(there["from"].isin(list(outside)) | there["to"].isin(list(outside)))]
    total = there["customers"].sum()
    steps = there["step"].nunique()
    start = f"Customers who went from {what} to {what}, over {steps} step{'s' * (steps != 1)}."
    if not total:
        return f"{start} Nobody moved."
    moved = there[there["from"].astype(str) != there["to"].astype(str)]
    sums = moved.groupby(["from", "to"], sort=False, observed=True)["customers"].sum()
    largest = sums.sort_values(ascending=False, kind="stable").head(most)
    names = ", ".join(f"{a} to {b} {n:,.0f}" for (a, b), n in largest.items())
    text = f"{start} Of those who had one before and after a step, {sums.sum() / total:.1%} were in another {what}."
    text = f"{text} Largest moves: {names}." if names else text
    beside = flows[flows["from"].isin(list(outside)) | flows["to"].isin(list(outside))]
    came = ", ".join(
        f"{a} to {b} {n:,.0f}"
        for a, b, n in beside[["from", "to", "customers"]].itertuples(index=False)
        if n > 0
    )
    return f"{text} Besides: {came}." if came and steps == 1 else text


def stage_counts(counts: pd.DataFrame) -> str:
    first, last = counts.iloc[0], counts.iloc[-1]
    start, end = shapes.dates(counts.index[[0, -1]])
    parts = ", ".join(f"{stage} {number:,.0f}" for stage, number in last.items())
    return (
        f"Customers in each stage at the end of each of {len(counts)} periods, from {start} ({first.sum():,.0f} "
        f"customers) to {end} ({last.sum():,.0f}). At the end: {parts}."
    )


def transitions(matrix: pd.DataFrame, what: str = "stage") -> str:
    """For `flow.state_diagram` and `lifecycle.transition_heatmap`."""
    known = matrix.dropna(subset=["probability"])
    stay = known[known["from"].astype(str) == known["to"].astype(str)]
    move = known[known["from"].astype(str) != known["to"].astype(str)]
    parts = [f"Probability of each move from one {what} to the next, one period later."]
    stay = stay[stay["probability"] > 0]  # a stage that is left by rule, such as the newest, tells nothing
    if len(stay):
        most, least = (stay.loc[getattr(stay["probability"], f)()] for f in ("idxmax", "idxmin"))
        parts.append(f"Most stay in {most['from']}, {_share(most, 'probability')}")
        parts[-1] += f"; fewest in {least['from']}, {_share(least, 'probability')}." if len(stay) > 1 else "."
    if len(move):
        top = move.loc[move["probability"].idxmax()]
        parts.append(
            f"The likeliest move to another {what}: {top['from']} to {top['to']}, {_share(top, 'probability')}."
        )
    missing = [str(name) for name in shapes.groups(matrix) if name not in set(known["from"])]
    if missing:
        parts.append(f"Nobody was seen to leave or to stay in {', '.join(missing)}.")
    return " ".join(parts)


def expected(table: pd.DataFrame, unit: str, what: str = "time to loss") -> str:
    """For `lifecycle.expected`, with the same `unit` and `what`."""

    def word(value: float) -> str:
        if what == "ever":
            return f"{value:.1%}"
        return money(value, unit) if what == "stage value" else f"{value:.1f}"

    start = {
        "time to loss": f"Expected time until a customer is lost, in {unit}s, by stage.",
        "stage value": "Value to come of a customer, by stage.",
        "ever": "Probability that a customer is ever loyal, by stage.",
    }[what]
    rows = (
        f"{stage} {word(row['estimate'])} [{word(row['low'])}, {word(row['high'])}]"
        for stage, row in table.dropna(subset=["estimate"]).iterrows()
    )
    return f"{start} With 95% intervals: {', '.join(rows)}."


def silence(table: pd.DataFrame) -> str:
    rows = (
        f"{stage} {_share(row, 'silent')}, expected {row['expected']:.1%}"
        if pd.notna(row["expected"])
        else f"{stage} {_share(row, 'silent')}"
        for stage, row in table.dropna(subset=["silent"]).iterrows()
    )
    return f"Share of customers who did not buy in the next period, by stage: {'; '.join(rows)}."


def thirds(table: pd.DataFrame, currency: str) -> str:
    rows = (
        f"{name} {money(row['mean'], currency)} [{money(row['low'], currency)}, {money(row['high'], currency)}]"
        for name, row in table.iterrows()
    )
    return f"Mean spend in each third of a customer's life: {', '.join(rows)}."


def win_back(table: pd.DataFrame, unit: str, within: str) -> str:
    """`within` is how long a return is waited for, in words ("6 months")."""
    parts = [f"Share of silent customers who buy again within {within}, by {unit}s of silence."]
    for value, rows in table.groupby("value", sort=False, observed=True):
        ordered = rows.sort_values("silence").dropna(subset=["share"])
        if not len(ordered):
            continue
        name = "All customers" if value == "all" else f"{str(value).capitalize()} value"
        first, last = ordered.iloc[0], ordered.iloc[-1]
        text = f"{name}: {_share(first, 'share')} after {first['silence']:g}"
        if len(ordered) > 1:
            text += f", {_share(last, 'share')} after {last['silence']:g}"
        parts.append(f"{text}.")
    return " ".join(parts)


def cohorts(triangle: pd.DataFrame, what: str = "retention", unit: str = "month", currency: str = "") -> str:
    """For `survival.cohort_heatmap`, with the same `what`, `unit` and `currency`."""
    cells = {
        "retention": "Share of each cohort who bought",
        "customers": "Customers of each cohort who bought",
        "revenue": "Revenue per customer of each cohort",
    }[what]
    names = shapes.dates(triangle.index)
    blank = int(triangle.isna().to_numpy().sum())
    text = (
        f"{cells}, by {unit}s since the first purchase: {len(triangle)} cohort{'s' * (len(triangle) != 1)}, "
        f"{names[0]} to {names[-1]}. {blank:,} of {triangle.size:,} cells are blank, because they are not lived yet."
    )
    later = triangle.iloc[:, 1:].stack().dropna()
    if not len(later):
        return text

    def word(value: float) -> str:
        if what == "retention":
            return f"{value:.1%}"
        return money(value, currency) if what == "revenue" else f"{value:,.0f}"

    (a, i), (b, j) = later.idxmax(), later.idxmin()
    high, low = (shapes.dates(pd.Index([name]))[0] for name in (a, b))
    return (
        f"{text} After the first {unit} the highest is {word(later.max())} (cohort {high}, {unit} {i}), the lowest "
        f"{word(later.min())} (cohort {low}, {unit} {j})."
    )


def retention_curve(curve: pd.DataFrame, unit: str) -> str:
    shown = list(dict.fromkeys([min(1, len(curve) - 1), len(curve) // 2, len(curve) - 1]))
    rows = (
        f"{unit} {curve.index[i]} {_share(curve.iloc[i], 'share')} of {curve['customers'].iloc[i]:,.0f} customers"
        for i in shown
    )
    return f"Share of customers who bought, by {unit}s since the first purchase: {', '.join(rows)}."


def survival(table: pd.DataFrame, unit: str) -> str:
    parts = []
    for group, rows in table.groupby("group", sort=False, observed=True):
        last = rows.sort_values("time").iloc[-1]
        n = rows["at_risk"].max()
        parts.append(
            f"{group} ({n:,.0f} at the start) {_share(last, 'survival')} after {last['time']:g} {unit}s"
        )
    return f"Share not lost yet over time (Kaplan–Meier), with 95% bands: {'; '.join(parts)}."


def retention_rates(table: pd.DataFrame) -> str:
    years = shapes.checked(table, ("year", "there", "rate", "low", "high"), "retention_rates")
    first, last = years.iloc[0], years.iloc[-1]
    return (
        f"Share of contracts that went on for another year: {_share(first, 'rate')} of {first['there']:,.0f} in year "
        f"{first['year']:g}, {_share(last, 'rate')} of {last['there']:,.0f} in year {last['year']:g}."
    )


def contract_projection(table: pd.DataFrame, fitted_years: int) -> str:
    years = table.reset_index() if "year" not in table.columns else table
    text = (
        f"Contracts still running, year by year. Both models were fitted to the first {fitted_years} years "
        "(dots are what happened)."
    )
    later = years[(years["year"] > fitted_years) & years["actual"].notna()]
    if len(later):
        end = later.iloc[-1]
        return (
            f"{text} In year {end['year']:g}, {end['actual']:.1%} were still there; the shifted-beta-geometric said "
            f"{_share(end, 'sbg')}, constant churn {end['constant']:.1%}."
        )
    end = years.iloc[-1]
    return (
        f"{text} For year {end['year']:g} the shifted-beta-geometric says {_share(end, 'sbg')}, constant churn "
        f"{end['constant']:.1%}."
    )


def conversion(table: pd.DataFrame) -> str:
    best, worst = (table.loc[getattr(table["share"], f)()] for f in ("idxmax", "idxmin"))
    return (
        f"Share of the contacted who became customers, in {len(table)} group{'s' * (len(table) != 1)} "
        f"({table['contacts'].sum():,.0f} contacts): from {_share(worst, 'share')} ({worst.name}) to "
        f"{_share(best, 'share')} ({best.name})."
    )


def ratios(table: pd.DataFrame, what: str = "odds") -> str:
    """For `drivers.ratios`, with the same `what`."""
    known = table.dropna(subset=["ratio"])
    up, down = known[known["low"] > 1], known[known["high"] < 1]
    text = [f"{what.capitalize()} ratios of {len(known)} driver{'s' * (len(known) != 1)} with 95% intervals."]
    for rows, words in ((up, "Above 1"), (down, "Below 1")):
        if len(rows):
            each = (f"{n} {shapes.interval(r['ratio'], r['low'], r['high'])}" for n, r in rows.iterrows())
            text.append(f"{words}: {', '.join(each)}.")
    unclear = len(known) - len(up) - len(down)
    if unclear:
        text.append(f"{unclear} interval{'s reach' if unclear != 1 else ' reaches'} 1 (grey).")
    return " ".join(text)


def auc_splits(table: pd.DataFrame, threshold: float = 0.7) -> str:
    rows = (
        f"{split} {shapes.interval(row['auc'], row['low'], row['high'], 3)}"
        for split, row in shapes.named(table, "split").iterrows()
    )
    return f"AUC of the score (0.5: chance, 1: perfect; dashed line {threshold:g}): {', '.join(rows)}."


def score_calibration(table: pd.DataFrame) -> str:
    high, low = table["predicted"] > table["high"], table["predicted"] < table["low"]
    return (
        f"Predicted against actual share who became customers, in {len(table)} groups by score. "
        f"{(~low & ~high).sum()} predictions lie within the interval of what happened, {low.sum()} are too low, "
        f"{high.sum()} too high."
    )


def _share(row: pd.Series, name: str) -> str:
    """A share with its interval, where it has one."""
    if pd.isna(row["low"]):
        return f"{row[name]:.1%}"
    return f"{row[name]:.1%} [{row['low']:.1%}, {row['high']:.1%}]"
