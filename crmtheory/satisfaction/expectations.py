"""Are expectations met: the gaps of SERVQUAL, perception less expectation, by dimension.

Parasuraman, Zeithaml & Berry 1988, Journal of Retailing 64, 12–40: quality is the gap between what customers perceive
and what they expect, on five dimensions (tangibles, reliability, responsiveness, assurance, empathy). The criticism: a
difference of two ratings is less reliable than either, expectations are nearly always rated high, and perception alone
(SERVPERF) predicted satisfaction better (Cronin & Taylor 1992, Journal of Marketing 56(3), 55–68). So show both, and
read a gap as where to look, not as a measurement of quality.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from crmtheory.errors import SchemaError, unknown
from crmtheory.survey.complete import complete
from crmtheory.weighted import mean_interval


def gaps(
    perceptions: pd.DataFrame,
    expectations: pd.DataFrame,
    dimensions: Mapping[str, Sequence[str]],
    weights: pd.Series | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """The gap of each dimension: mean of its items as perceived, less the mean as expected, on the same people.

    Parameters
    ----------
    perceptions, expectations : one row per respondent, the same index, the same scale; turned so that more is better
        (items worded the other way round are turned by `crmtheory.survey.read`)
    dimensions : the items (columns of both) of each dimension
    weights : on the same index

    Returns
    -------
    frame, index = dimension, in the order given: perception, expectation (means), estimate (gap, below 0: expectations
    are not met), low, high (paired t interval, linearised with weights; missing where every gap is alike), n (those who
    answered all items of the dimension, both ways)

    Raises
    ------
    SchemaError : tables on different respondents, unknown items, no dimensions
    DomainError : fewer than 2 complete respondents in a dimension

    >>> seen = pd.DataFrame({"q1": [5.0, 6.0, 4.0]})
    >>> hoped = pd.DataFrame({"q1": [6.0, 6.0, 6.0]})
    >>> gaps(seen, hoped, {"reliability": ["q1"]}).round(2)
                 perception  expectation  estimate   low  high  n
    dimension
    reliability         5.0          6.0      -1.0 -3.48  1.48  3
    """
    if not dimensions:
        raise SchemaError('No dimension was named. Give their items, such as {"reliability": ["q1", "q2"]}.')
    if not perceptions.index.equals(expectations.index):
        raise SchemaError(
            "Perceptions and expectations must be of the same respondents, in the same order; they have "
            f"{len(perceptions):,} and {len(expectations):,} rows. Reindex one: "
            "expectations.reindex(perceptions.index)."
        )
    rows = {
        name: _row(perceptions, expectations, name, list(items), weights, level)
        for name, items in dimensions.items()
    }
    columns = ["perception", "expectation", "estimate", "low", "high", "n"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("dimension")
    return table.astype({"n": int})


def paired(
    answers: pd.DataFrame, perceived: Mapping[str, Sequence[str]], expected: Mapping[str, Sequence[str]]
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, list[str]]]:
    """Perceptions and expectations that stand in one table under different names, as `gaps` takes them.

    Parameters
    ----------
    answers : one row per respondent
    perceived, expected : the items of each dimension; the first of the one belongs to the first of the other

    Returns
    -------
    perceptions, expectations : both with the names of the perceived items
    dimensions : as `perceived`

    Raises
    ------
    SchemaError : not the same dimensions, or not as many items, or no such items

    >>> answers = pd.DataFrame({"p1": [5.0, 4.0], "e1": [6.0, 6.0]})
    >>> gaps(*paired(answers, {"reliability": ["p1"]}, {"reliability": ["e1"]}))["estimate"].tolist()
    [-1.5]
    """
    if set(perceived) != set(expected):
        raise SchemaError(
            f"Perceptions and expectations must be of the same dimensions; they are of {', '.join(perceived)} and of "
            f"{', '.join(expected)}."
        )
    pairs: list[tuple[str, str]] = []
    for name, items in perceived.items():
        if len(items) != len(expected[name]):
            raise SchemaError(
                f'"{name}" has {len(items)} perceived and {len(expected[name])} expected items; each item is asked '
                "twice, so give as many, in the same order."
            )
        pairs += zip(items, expected[name], strict=True)
    for item in [item for pair in pairs for item in pair]:
        if item not in answers.columns:
            raise SchemaError(unknown("item", item, [str(column) for column in answers.columns]))
    tables = [
        pd.DataFrame({pair[0]: answers[pair[side]] for pair in pairs}, answers.index) for side in (0, 1)
    ]
    return tables[0], tables[1], {name: list(items) for name, items in perceived.items()}


def _row(
    perceptions: pd.DataFrame,
    expectations: pd.DataFrame,
    name: str,
    items: list[str],
    weights: pd.Series | None,
    level: float,
) -> list[float]:
    both = {}
    for what, answers in (("perceived", perceptions), ("expected", expectations)):
        for item in items:
            if item not in answers.columns:
                raise SchemaError(
                    unknown(f"item ({what})", item, [str(column) for column in answers.columns])
                )
            both[f"{item} ({what})"] = answers[item]
    asked = [f"{item} ({what})" for what in ("perceived", "expected") for item in items]
    frame = pd.DataFrame(both, perceptions.index)
    question = f'The gap of "{name}"'
    found = complete(frame, asked, weights, question=question, least=2, constant=True)
    seen, hoped = found.values[:, : len(items)].mean(axis=1), found.values[:, len(items) :].mean(axis=1)
    w = found.weights
    gap, low, high = mean_interval(seen - hoped, w, level)
    return [w @ seen / w.sum(), w @ hoped / w.sum(), gap, low, high, len(found)]
