"""What the tables of the chapter mean, in sentences that are computed: each says what holds on the data at hand."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crmtheory.wording import counted, listed, p_value

FEW = 5  # answers below which the limits of a mean may lie far outside the scale, so they are not said
MOST = 3  # names in a sentence; a reader finds the others in the table


def csat_in_words(table: pd.DataFrame) -> str:
    """How satisfied they are; a table of `csat`.

    >>> row = {"estimate": 0.8, "low": 0.7, "high": 0.9, "n": 90}
    >>> csat_in_words(pd.DataFrame([row | {"estimate": 4.1, "low": 4.0, "high": 4.2}, row], ["mean", "top"]))
    '80% of 90 respondents are satisfied (70% to 90%); the mean rating is 4.10 (4.00 to 4.20).'
    """
    mean, top = table.loc["mean"], table.loc["top"]
    one = top["n"] == 1
    said = (
        f"{top['estimate']:.0%} of {counted(int(top['n']), 'respondent')} {'is' if one else 'are'} satisfied "
    )
    said += f"({top['low']:.0%} to {top['high']:.0%}); the mean rating is {mean['estimate']:.2f}"
    if mean["n"] < FEW:
        return said + " (too few answers for an interval)."
    if np.isnan(mean["low"]):
        return said + ". The answers show no spread, so the mean has no interval."
    return said + f" ({mean['low']:.2f} to {mean['high']:.2f})."


def nps_in_words(table: pd.DataFrame) -> str:
    """The net promoter score and what it is made of; a row of `nps`."""
    r = table.iloc[0]
    said = (
        f"{r['promoters']:.0%} are promoters and {r['detractors']:.0%} detractors, a net promoter score of "
        f"{_points(r['estimate'])} ({_points(r['low'])} to {_points(r['high'])}) from "
        f"{counted(int(r['n']), 'answer')}. "
    )
    if r["low"] > 0:
        return said + "There are clearly more promoters than detractors."
    if r["high"] < 0:
        return said + "There are clearly more detractors than promoters."
    return said + "Whether there are more promoters or more detractors cannot be told."


def change_in_words(table: pd.DataFrame) -> str:
    """What became of the net promoter score; a row of `nps_change`."""
    r = table.iloc[0]
    verb = "rose" if r["estimate"] > 0 else "fell" if r["estimate"] < 0 else "stayed the same"
    size = f" by {abs(r['estimate']):.1f} points" if r["estimate"] else ""
    said = f"The net promoter score {verb}{size} (change {_points(r['low'])} to {_points(r['high'])}; "
    said += f"{p_value(r['p_value'])}). "
    if r["low"] > 0 or r["high"] < 0:
        return said + "That is more than the noise of two samples."
    return said + "Two samples may differ as much by chance."


def gaps_in_words(table: pd.DataFrame) -> str:
    """Where expectations are not met; a table of `gaps`."""
    below, above = table[table["high"] < 0], table[table["low"] > 0]
    parts = []
    if len(below):
        worst = below["estimate"].idxmin()
        r = below.loc[worst]
        names = _some(below.sort_values("estimate", kind="stable").index)
        parts.append(f"Expectations are clearly not met on {names}.")
        parts.append(f"The widest gap is on {worst}: {_signed(r)}.")
        lowest = table["perception"].idxmin()
        if lowest != worst:
            parts.append(f"Perception alone would have named {lowest}, which is rated lowest.")
    if len(above):
        names = _some(above.sort_values("estimate", ascending=False, kind="stable").index)
        parts.append(f"{'They' if parts else 'Expectations'} are clearly exceeded on {names}.")
    rest = table.index.difference([*below.index, *above.index], sort=False)
    if len(rest) and parts:
        parts.append(f"On {_some(rest)} it cannot be told.")
    return " ".join(parts) or "On no dimension can it be told whether expectations are met."


def kano_in_words(table: pd.DataFrame) -> str:
    """What the features are to most; a table of `kano.summary`.

    >>> table = pd.DataFrame({"category": ["must_be"], "clear": [True]}, ["wifi"])
    >>> kano_in_words(table)
    'Must-be: wifi (missing it annoys, having it is taken for granted).'
    """
    parts = []
    for category, meaning in KANO.items():
        of = table[table["category"] == category]
        clear = of[of["clear"]]
        if len(clear):
            name = category.replace("_", "-").capitalize()
            parts.append(f"{name}: {_some(clear.index)} ({meaning}).")
    unclear = table[~table["clear"].astype(bool)]
    if len(unclear):
        parts.append(
            f"No category is clearly ahead for {listed([str(name) for name in unclear.index])}: customers may want "
            "different things, so look at groups of them before deciding."
        )
    return " ".join(parts)


KANO = {
    "must_be": "missing it annoys, having it is taken for granted",
    "one_dimensional": "the more, the better",
    "attractive": "having it delights, missing it does no harm",
    "indifferent": "most do not mind",
    "reverse": "most would rather not have it",
    "questionable": "the two answers contradict each other; check the wording of the questions",
}


def importance_performance_in_words(table: pd.DataFrame, least: float = 0.8) -> str:
    """Where to work first; a table of `survey.drivers.importance_performance`."""
    parts = []
    sure = table[table["probability"] >= least]
    for quadrant, advice in QUADRANTS.items():
        of = sure[sure["quadrant"] == quadrant].sort_values("importance", ascending=False, kind="stable")
        if len(of):
            parts.append(f"{advice}: {listed([str(name) for name in of.index])}.")
    rest = table.index[table["probability"] < least]
    if len(rest):
        parts.append(f"Too near the middle of the map to be placed: {listed([str(name) for name in rest])}.")
    return " ".join(parts)


QUADRANTS = {
    "concentrate here": "Important and rated below the others, so work here first",
    "keep up": "Important and rated well, so keep it up",
    "low priority": "Rated below the others, but of little importance",
    "possible overkill": "Rated well, but of little importance",
}


def penalty_reward_in_words(table: pd.DataFrame) -> str:
    """What only annoys and what delights; a table of `survey.drivers.penalty_reward`."""
    parts = []
    few = table["estimate"].isna()
    for kind, meaning in PENALTIES.items():
        names = table.index[(table["kind"] == kind) & ~few]
        if len(names):
            parts.append(f"{meaning}: {listed([str(name) for name in names])}.")
    if few.any():
        parts.append(
            f"Too few low or high ratings to judge: {listed([str(name) for name in table.index[few]])}."
        )
    if not table["kind"].isin(["annoys", "delights"]).any():
        parts.append("So no driver clearly works in one direction only.")
    return " ".join(parts)


PENALTIES = {
    "annoys": "Costs more when bad than it gains when good",
    "delights": "Gains more when good than it costs when bad",
    "both alike": "Counts alike in both directions",
    "unclear": "Cannot be told",
}


def comments_in_words(table: pd.DataFrame, names: Mapping[str, str] | None = None, lang: str = "en") -> str:
    """What comments are about; a table of `comments.summary`, and other names of themes (as `THEMES_CHINESE`).

    Parameters
    ----------
    lang : the language whose list of themes was used; it is named where no theme was found
    """
    there = table[table["comments"] > 0].sort_values("share", ascending=False, kind="stable")
    if not len(there):
        size = int(table["n"].iloc[0]) if len(table) else 0  # a table of no themes does not know
        none = f"Not one of the {f'{size:,} ' if size else ''}comments names a"
        none = "The only comment names no" if size == 1 else none
        return f"{none} theme of the list (language {lang}): give own words or the language."
    n = counted(int(there["n"].iloc[0]), "comment")
    called = {theme: (names or {}).get(theme, theme) for theme in there.index}
    most = [f"{called[theme]} ({there.loc[theme, 'share']:.0%})" for theme in there.index[:MOST]]
    said = f"Of {n}, most name {listed(most)}."
    toned = there["tone"].dropna()
    if not len(toned) or np.isclose(toned.min(), toned.max()):
        return said
    low, high = toned.idxmin(), toned.idxmax()
    return (
        f"{said} The tone is lowest where {called[low]} is named ({toned[low]:+.2f}) and highest with {called[high]} "
        f"({toned[high]:+.2f})."
    )


def agreement_in_words(table: pd.DataFrame) -> str:
    """Whether the tone of comments can stand for ratings; a row of `comments.agreement`."""
    r = table.iloc[0]
    said = f"Tone and rating go together with a rank correlation of {r['estimate']:.2f} ({r['low']:.2f} to "
    said += f"{r['high']:.2f}). "
    if r["low"] >= 0.5:
        return said + "The tone orders comments much as ratings do."
    if r["low"] > 0:
        return said + "The tone tells something, but does not replace a rating."
    return said + "The tone of these comments says nothing sure about ratings."


def path_in_words(effects: pd.DataFrame, target: str, least: float = 0.0) -> str:
    """What moves the target most, all ways together; `.total` of `survey.path.bootstrap`.

    >>> row = {"from": "Expectation", "to": "Satisfaction", "estimate": 0.5, "low": 0.4, "high": 0.6, "n": 250}
    >>> path_in_words(pd.DataFrame([row]), "Satisfaction")
    'On Satisfaction, the total effect is clearly above 0 for Expectation (0.50, 0.40 to 0.60).'
    """
    of = effects[effects["to"] == target].sort_values("estimate", ascending=False, kind="stable")
    if not len(of):
        return f"Nothing in the model leads to {target}."
    above = of[of["low"] > least]
    parts = []
    if len(above):
        said = [
            f"{r['from']} ({r['estimate']:.2f}, {r['low']:.2f} to {r['high']:.2f})"
            for _, r in above.iterrows()
        ]
        parts.append(f"On {target}, the total effect is clearly above {least:g} for {listed(said)}.")
        if len(above) > 1:
            first, second = above.iloc[0], above.iloc[1]
            clear = "largest" if first["low"] > second["high"] else "largest, though not clearly"
            parts.append(f"That of {first['from']} is {clear}.")
    rest = of[~(of["low"] > least)]
    if len(rest):
        parts.append(f"For {listed([str(name) for name in rest['from']])} it is not clearly above {least:g}.")
    return " ".join(parts)


def periods_in_words(table: pd.DataFrame) -> str:
    """What rose and what fell; a table of `two_periods`."""
    asked = table[table["direction"] != "not asked twice"]
    if not len(asked):
        return "No item was answered in both periods."
    parts = []
    for direction, first in (("fell", True), ("rose", False)):
        of = asked[asked["direction"] == direction].sort_values("estimate", ascending=first, kind="stable")
        if len(of):
            most = [f"{name} ({_two(of.loc[name, 'estimate'])})" for name in of.index[:MOST]]
            more = f" and {len(of) - MOST} more" if len(of) > MOST else ""
            parts.append(f"{direction.capitalize()}: {', '.join(most) if more else listed(most)}{more}.")
    rest = int((asked["direction"] == "no clear change").sum())
    if rest:
        parts.append(f"{counted(rest, 'item')} of {len(asked)} changed no more than chance may do.")
    left = len(table) - len(asked)
    if left:
        parts.append(f"{counted(left, 'item')} {'was' if left == 1 else 'were'} answered in one period only.")
    return " ".join(parts)


def _points(value: float) -> str:
    """Points with a true minus and no minus zero."""
    return f"{value:.1f}".replace("-0.0", "0.0").replace("-", "−")


def _two(value: float) -> str:
    """A change in two decimals, with a true minus."""
    return f"{value:+.2f}".replace("-", "−")


def _signed(row: pd.Series) -> str:
    return f"{row['estimate']:+.2f} ({row['low']:+.2f} to {row['high']:+.2f})"


def _some(names: pd.Index) -> str:
    return listed([str(name) for name in names])
