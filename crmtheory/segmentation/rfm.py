"""RFM: when a customer last bought (recency), on how many days (frequency), and for how much (monetary).

Each is scored 1 to 5, 5 best, by mid-rank: the customer's place among all, where equals share the mean of their places.
So identical customers have identical scores, and a column that is the same for everybody gives everybody the middle
score. Segments are named by r and by v, the mean of f and m (halves rounded up).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from crmtheory.by_customer import one_each
from crmtheory.errors import SchemaError
from crmtheory.segmentation.classes import checked_level, matched, numbers
from crmtheory.segmentation.history import by_customer


@dataclass(frozen=True)
class RfmSegment:
    """A named part of the grid: lowest and highest r and v, what it means, and what to do."""

    name: str
    chinese: str
    r: tuple[int, int]
    v: tuple[int, int]
    rule: str
    advice: str


SEGMENTS = (
    RfmSegment("champions", "冠军客户", (4, 5), (4, 5), "bought lately, often and for much",
               "reward them, give early access, ask them to recommend"),
    RfmSegment("loyal", "忠诚客户", (3, 3), (4, 5), "buy often and for much, last some time ago",
               "remind them of what they usually buy; offer membership"),
    RfmSegment("promising", "潜力客户", (4, 5), (3, 3), "bought lately, not yet often",
               "suggest a next purchase that fits the last"),
    RfmSegment("new", "新客户", (4, 5), (1, 2), "bought lately, once or little",
               "welcome them and make the first purchase go well"),
    RfmSegment("need attention", "需要关注", (3, 3), (3, 3), "in the middle in everything",
               "send one offer with an end date and see who answers"),
    RfmSegment("about to sleep", "即将沉睡", (3, 3), (1, 2), "bought little, last some time ago",
               "send a cheap reminder"),
    RfmSegment("cannot lose", "不可失去", (1, 2), (5, 5), "were among the best, silent for long",
               "call in person and ask why; win back at a price up to their margin"),
    RfmSegment("at risk", "流失风险", (1, 2), (3, 4), "were good, silent for long",
               "one personal offer to come back"),
    RfmSegment("hibernating", "沉睡客户", (2, 2), (1, 2), "bought little, silent for long",
               "general mailings only"),
    RfmSegment("lost", "流失客户", (1, 1), (1, 2), "bought little, silent longest",
               "spend nothing on them"),
)  # fmt: skip


def rfm_table(purchases: pd.DataFrame, end: Any) -> pd.DataFrame:
    """Recency, frequency and monetary value of each customer up to a day.

    Parameters
    ----------
    purchases : frame of `Transactions.purchases`: the customer first, then date, amount; end : last day counted

    Returns
    -------
    frame by customer, sorted: recency_days (from the last purchase to `end`), frequency (days with a purchase),
    monetary (total amount; missing for a log without amounts). Customers who first bought after `end` are not in it.

    >>> log = pd.DataFrame({"customer": [1, 1], "date": ["2024-01-01", "2024-01-11"], "amount": [5.0, 7.0]})
    >>> rfm_table(log, "2024-01-31").iloc[0].tolist()
    [20.0, 2.0, 12.0]
    """
    history = by_customer(purchases, end)
    return pd.DataFrame(
        {
            "recency_days": history["silence"].astype(int),
            "frequency": history["days"].astype(int),
            "monetary": history["total"],
        }
    )


def rfm_scores(table: pd.DataFrame, groups: int = 5) -> pd.DataFrame:
    """Scores 1 to 5, 5 best, tie-safe.

    Parameters
    ----------
    table : recency_days, frequency, monetary, one row a customer (as `rfm_table`); groups : number of scores

    Returns
    -------
    frame on the same index: r, f, m. With ties the groups differ in size. Without any amounts m is the middle score
    for everybody.

    >>> frame = pd.DataFrame({"recency_days": [1, 9, 9, 30], "frequency": [4, 1, 1, 1], "monetary": [7.0, 7, 7, 7]})
    >>> rfm_scores(frame).to_numpy().tolist()
    [[5, 5, 3], [3, 2, 3], [3, 2, 3], [1, 2, 3]]
    """
    lacking = [name for name in ("recency_days", "frequency", "monetary") if name not in table]
    if lacking:
        raise SchemaError(
            f"The table lacks {', '.join(lacking)}. Make it with rfm_table(log.purchases(), end)."
        )
    if groups < 2:
        raise SchemaError(f"Scores need at least 2 groups, not {groups}.")
    money = table["monetary"].fillna(0.0) if table["monetary"].isna().all() else table["monetary"]
    columns = {"r": -numbers(table["recency_days"], "recency_days"),
               "f": numbers(table["frequency"], "frequency"), "m": numbers(money, "monetary")}  # fmt: skip
    return pd.DataFrame({name: _score(values, groups) for name, values in columns.items()})


def _score(values: pd.Series, groups: int) -> pd.Series:
    twice = (
        (2 * values.rank(method="average")).round().astype(int)
    )  # whole numbers, so no rounding at the cuts
    return (twice - 1) * groups // (2 * len(values)) + 1


def rfm_segments(scores: pd.DataFrame) -> pd.Series:
    """The named segment of each customer, by the rules of `SEGMENTS`; every score of 5 × 5 × 5 is in exactly one.

    Returns
    -------
    Series of categoricals on the same index, name "segment", categories in the order of `SEGMENTS`

    >>> rfm_segments(pd.DataFrame({"r": [5, 1], "f": [5, 1], "m": [4, 2]})).tolist()
    ['champions', 'lost']
    """
    _checked_scores(scores)
    r = scores["r"].to_numpy()
    v = (scores["f"].to_numpy() + scores["m"].to_numpy() + 1) // 2
    cell = np.full((6, 6), -1)
    for i, s in enumerate(SEGMENTS):
        cell[s.r[0] : s.r[1] + 1, s.v[0] : s.v[1] + 1] = i
    values = pd.Categorical.from_codes(cell[r, v], categories=[s.name for s in SEGMENTS])
    return pd.Series(values, index=scores.index, name="segment")


def segment_rules() -> pd.DataFrame:
    """`SEGMENTS` as a table, index segment: chinese, r, f and m, rule, advice.

    >>> segment_rules().loc["cannot lose", "r"]
    '1–2'
    """

    def span(ends: tuple[int, int]) -> str:
        return str(ends[0]) if ends[0] == ends[1] else f"{ends[0]}–{ends[1]}"

    rows = [(s.chinese, span(s.r), span(s.v), s.rule, s.advice) for s in SEGMENTS]
    index = pd.Index([s.name for s in SEGMENTS], name="segment")
    return pd.DataFrame(rows, index=index, columns=["chinese", "r", "f and m", "rule", "advice"])


def rfm_grid(scores: pd.DataFrame, values: pd.Series | None = None) -> pd.DataFrame:
    """Customers (or the mean of `values`) by recency and frequency score: for a heat map.

    Returns
    -------
    frame, index r (5 … 1), columns f (1 … 5): a count, 0 where nobody is, or a mean, missing where nobody is

    >>> rfm_grid(pd.DataFrame({"r": [5, 5], "f": [1, 1], "m": [3, 3]})).loc[5, 1]
    np.int64(2)
    """
    _checked_scores(scores)
    r, f = scores["r"].rename("r"), scores["f"].rename("f")
    if values is None:
        grid = pd.crosstab(r, f).reindex(index=range(5, 0, -1), columns=range(1, 6), fill_value=0)
    else:
        v = numbers(matched(scores["r"], values, "Values", "Give one for every customer scored."), "Values")
        grid = v.groupby([r, f]).mean().unstack().reindex(index=range(5, 0, -1), columns=range(1, 6))
    return grid.rename_axis(index="r", columns="f")


def rfm_against(scores: pd.DataFrame, later: pd.Series, level: float = 0.95) -> pd.DataFrame:
    """How well each score ranks customers by what they brought later.

    Spearman's rank correlation, with the interval of Bonett & Wright (2000, Psychometrika 65, 23–28).

    Returns
    -------
    frame: score ("r", "f", "m", "r + f + m"), correlation, low, high; missing where a score or `later` is the same for
    all
    """
    _checked_scores(scores)
    v = numbers(
        matched(scores["r"], later, "Later values", "Give one for every customer scored."), "Later values"
    )
    z, rows = stats.norm.ppf(0.5 + checked_level(level) / 2), []
    columns = {name: scores[name] for name in ("r", "f", "m")} | {
        "r + f + m": scores[["r", "f", "m"]].sum(axis=1)
    }
    for name, score in columns.items():
        rho = np.nan
        if score.nunique() > 1 and v.nunique() > 1:
            rho = float(np.corrcoef(stats.rankdata(score), stats.rankdata(v))[0, 1])
        half = z * np.sqrt((1 + rho**2 / 2) / (len(v) - 3)) if len(v) > 3 else np.nan
        middle = np.arctanh(np.clip(rho, -1 + 1e-15, 1 - 1e-15))
        rows.append((name, rho, np.tanh(middle - half), np.tanh(middle + half)))
    return pd.DataFrame(rows, columns=["score", "correlation", "low", "high"])


def _checked_scores(scores: pd.DataFrame) -> None:
    lacking = [name for name in "rfm" if name not in scores]
    if lacking:
        raise SchemaError(f"The scores lack {', '.join(lacking)}. Make them with rfm_scores(table).")
    one_each(scores.index, "Scores")
    wrong = ~scores[list("rfm")].isin(range(1, 6)).all(axis=1).to_numpy()
    if wrong.any():
        raise SchemaError(
            f"{wrong.sum():,} of {len(scores):,} customers have a score that is none of 1 to 5, first "
            f"{scores.index[wrong][0]!r}. The named segments are for rfm_scores(table, groups=5)."
        )
