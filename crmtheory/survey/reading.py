"""From an export to a `Survey`, by way of every check. Single answers are set aside, respondents are not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from crmtheory.schema import Problem, broken
from crmtheory.survey import columns
from crmtheory.survey.answers import (
    ANSWERED,
    BLANK,
    NOT_A_NUMBER,
    OUT_OF_RANGE,
    Key,
    key,
    read_column,
    written,
)
from crmtheory.survey.items import Item, declare, several, twice
from crmtheory.survey.opening import load
from crmtheory.survey.report import Counts, Report
from crmtheory.survey.result import Survey
from crmtheory.wording import listed

OUTSIDE, AT_LEAST = (
    0.02,
    5,
)  # share and number of answers beyond the scale from which it may be the wrong scale
ENOUGH = 30  # answers from which an empty upper half of a scale is worth a warning


def read(
    source: Any,
    items: Iterable[str],
    *,
    scale: tuple[float, float] | Mapping[str, tuple[float, float]] = (1, 10),
    reverse: Iterable[str] = (),
    dont_know: Iterable[Any] = (),
    weight: str | None = None,
    respondent: str | None = None,
    constructs: Mapping[str, Iterable[str]] | None = None,
    labels: Mapping[str, str] | None = None,
    answers: Mapping[str, float] | None = None,
    keep: Iterable[str] = (),
    encoding: str | None = None,
    header: int = 1,
) -> Survey:
    """Read a survey with one row per respondent and one column per item, and check every answer.

    An answer is a number on the scale of its item (4.5 is one too). In texts, full-width characters count as
    ordinary ones (５ is 5); outer spaces and capitals do not matter. A text is looked up, in this order: in
    `dont_know`; in `answers`; as a blank (nothing, NA, NaN, NULL, #NULL!); as a plain number; as a whole
    number with its label, when a mark stands between the two and the label has no digit ("5 - very
    satisfied", "5：非常满意", "5、满意", also "5分"). All else is not a number ("5 or more", "4-5", "3,5").

    Parameters
    ----------
    source
        path of a CSV file (comma, semicolon or tab; also .csv.gz) or a Parquet file, or a DataFrame (pandas,
        Polars, pyarrow table). Only the columns named here are read. The source is not changed.
    items
        the columns of answers
    scale
        the lowest and the highest answer, for all items or by item; answers outside are set aside. True and
        False in a DataFrame are 1 and 0.
    reverse
        items in which less is better: they become low + high - answer
    dont_know
        codes (99) and texts ("不知道") that mean "no opinion". A code may lie inside the scale: you said it.
    weight
        the column of survey weights (0 or more)
    respondent
        the column of ids; None numbers the respondents 1, 2, …. The index of a DataFrame is not used.
    constructs
        the items of each construct; an item may belong to several
    labels
        what an item asks, or what a construct is called, for tables and figures; without a label the item's
        own name is used. Labels of other columns do no harm.
    answers
        the code of each text, such as {"非常满意": 5, "满意": 4}
    keep
        further columns to carry along, such as a group or a year
    encoding, header
        of a CSV: how its text is coded (None finds out), and the line that names the columns

    Raises
    ------
    SchemaError : all broken rules at once, each with its rows, its first offender and the next step

    >>> export = pd.DataFrame({"id": [11, 12, 13], "overall": [9, 99, 7], "trouble": ["2", "11", "一般"]})
    >>> survey = read(export, ["overall", "trouble"], reverse=["trouble"], dont_know=[99], respondent="id")
    >>> survey
    Survey(DataFrame: 3 respondents, 2 items, 3 answers, 2 set aside)
    >>> survey.answers
        overall  trouble
    id
    11      9.0      9.0
    12      NaN      NaN
    13      7.0      NaN
    """
    names, kept = several(items), several(keep)
    members = {name: several(found) for name, found in (constructs or {}).items()}
    declared, problems = declare(names, scale, several(reverse), members, labels or {})
    codes, faults = key(several(dont_know), answers)
    problems += [*faults, *twice("keep", kept)]
    roles = {f"item_{i}": name for i, name in enumerate(dict.fromkeys(names))}
    roles |= {f"keep_{i}": name for i, name in enumerate(dict.fromkeys(kept))}
    roles |= {"weight": weight} if weight is not None else {}
    roles |= {"respondent": respondent} if respondent is not None else {}
    if strange := [name for name in roles.values() if not isinstance(name, str)]:
        problems.append(("items", f"Columns are named by texts; {strange[0]!r} is none."))
        raise broken("survey", problems)
    if not roles:
        raise broken("survey", problems)
    opened, raw, faults = load(source, roles, encoding, header)
    problems += faults
    asked = {name: raw[role] for role, name in roles.items() if role.startswith("item_") and role in raw}
    values, kinds = {}, {}
    for item in declared:
        if item.name in asked:
            column = asked[item.name]
            values[item.name], kinds[item.name] = read_column(column, codes, item.low, item.high)
            problems += _unusable(column, kinds[item.name], item, codes, isinstance(scale, Mapping))
    index = pd.Index(np.arange(1, len(raw) + 1), name="respondent")
    weights = None
    if respondent is not None and "respondent" in raw:
        index, faults = columns.ids(raw["respondent"], respondent)
        problems += faults
    if weight is not None and "weight" in raw:
        found, faults = columns.weights(raw["weight"], weight)
        problems += faults
        weights = pd.Series(found, index, name=weight)
    if problems:
        raise broken("survey", problems)
    table = pd.DataFrame(
        {i.name: i.low + i.high - values[i.name] if i.reversed else values[i.name] for i in declared}, index
    )
    carried = {name: columns.tidy(raw[f"keep_{i}"]).set_axis(index) for i, name in enumerate(kept)}
    return Survey(
        answers=table,
        weights=weights,
        kept=pd.DataFrame(carried, index),
        rejected=_rejected(asked, kinds, declared, index),
        report=Report(
            source=opened.name,
            sha256=opened.sha256,
            respondents=len(raw),
            silent=int(table.isna().all(axis=1).sum()),
            counts=tuple(_counts(item.name, asked[item.name], kinds[item.name]) for item in declared),
            warnings=tuple(_warnings(asked, values, kinds, declared, codes)),
        ),
        items=tuple(declared),
        constructs=MappingProxyType(members),
        labels=MappingProxyType(dict(labels or {})),
    )


def _unusable(
    column: pd.Series, kinds: np.ndarray, item: Item, codes: Key, by_item: bool
) -> Iterable[Problem]:
    """Why an item is useless as it was read: nobody's answer lies on the scale."""
    count = np.bincount(kinds, minlength=5)
    wrong = int(count[OUT_OF_RANGE] + count[NOT_A_NUMBER])
    if count[ANSWERED] or not wrong:
        return
    if count[NOT_A_NUMBER] > count[OUT_OF_RANGE]:
        row = int((kinds == NOT_A_NUMBER).argmax())
        texts = Counter(column[kinds == NOT_A_NUMBER].map(written)).most_common(3)
        example = ", ".join(f'"{text}": …' for text, _ in texts)
        yield (
            item.name,
            f'None of the {wrong:,} answers is a number, first: row {row + 1:,} "{written(column.iloc[row])}". '
            f"Give the code of each text: answers={{{example}}}.",
        )
        return
    seen = [codes.code(value) for value in column[kinds == OUT_OF_RANGE].unique()]
    low, high = min(code for code in seen if code is not None), max(code for code in seen if code is not None)
    where = f"None of the {wrong:,} answers lies on the scale {item.low:g} to {item.high:g}; seen: {low:g}"
    pair = f"({low:g}, {high:g})"
    if low == high:
        step = f" only. If this means no opinion, pass dont_know=({low:g},); otherwise give the true scale."
    elif by_item:
        step = f' to {high:g}. Give "{item.name}": {pair} in scale.'
    else:
        step = f' to {high:g}. Pass scale={pair}, or one scale for each item: {{"{item.name}": {pair}, …}}.'
    yield item.name, where + step


def _rejected(
    asked: Mapping[str, pd.Series], kinds: Mapping[str, np.ndarray], items: Sequence[Item], index: pd.Index
) -> pd.DataFrame:
    """One row per answer set aside, row by row and item by item."""
    parts = []
    for item in items:
        rows = (kinds[item.name] >= OUT_OF_RANGE).nonzero()[0]
        faulty = kinds[item.name][rows] == NOT_A_NUMBER
        part = {
            "respondent": index[rows],
            "row": rows + 1,
            "item": item.name,
            "value": asked[item.name].iloc[rows].map(written).to_numpy(),
            "reason": np.where(faulty, "not a number", f"out of range ({item.low:g} to {item.high:g})"),
        }
        parts.append(pd.DataFrame(part).astype({"item": "str", "value": "str", "reason": "str"}))
    return pd.concat(parts).sort_values("row", kind="stable", ignore_index=True)


def _counts(name: str, column: pd.Series, kinds: np.ndarray) -> Counts:
    answered, blank, dont_know, out_of_range, not_a_number = np.bincount(kinds, minlength=5).tolist()
    common = Counter(column[kinds >= OUT_OF_RANGE].map(written)).most_common(6)
    shown = [f'"{value}" ×{times:,}' for value, times in common[:5]] + (["…"] if len(common) > 5 else [])
    return Counts(name, answered, blank, dont_know, out_of_range, not_a_number, ", ".join(shown))


def _warnings(
    asked: Mapping[str, pd.Series],
    values: Mapping[str, np.ndarray],
    kinds: Mapping[str, np.ndarray],
    items: Sequence[Item],
    codes: Key,
) -> Iterable[str]:
    """What is no error but should be looked at."""
    for item in items:
        outside = kinds[item.name] == OUT_OF_RANGE
        count, n = (
            int(outside.sum()),
            int(np.isin(kinds[item.name], (ANSWERED, OUT_OF_RANGE, NOT_A_NUMBER)).sum()),
        )
        if count >= AT_LEAST and count > OUTSIDE * n:
            seen = Counter(codes.code(value) for value in asked[item.name][outside])
            # Equally common values stand by size, so that the order of the rows does not matter.
            common = sorted(seen.items(), key=lambda found: (-found[1], found[0] or 0.0))[:2]
            yield (
                f"{item.name}: {count:,} of {n:,} answers lie outside {item.low:g} to {item.high:g}, such as "
                f"{listed([f'{value:g}' for value, _ in common])}. Is this its scale?"
            )
        said = values[item.name][kinds[item.name] == ANSWERED]
        if (kinds[item.name] == BLANK).all():
            yield f"{item.name} is blank for everybody. Check that this is the column of answers."
        elif not said.size:
            yield f'{item.name} has no answer: everything is blank or "don\'t know".'
        elif said.size > 1 and said.min() == said.max():
            yield f"{item.name} has one answer from all {said.size:,} who gave any: nothing varies with it."
        elif said.size >= ENOUGH and said.max() <= (item.low + item.high) / 2:
            yield (
                f"{item.name} has no answer in the upper half of the scale {item.low:g} to {item.high:g}; the "
                f"highest is {said.max():g}. Check the scale."
            )
