"""The columns beside the answers: ids, weights, and what is carried along. Rows are numbered from 1."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmtheory.schema import Problem
from crmtheory.survey.answers import BLANKS, number, plain, written

EXACT = 2.0**53  # whole numbers up to here are exact in a double


def ids(column: pd.Series, name: str) -> tuple[pd.Index, list[Problem]]:
    """The respondents: integers where all are written as integers (00123 stays text), otherwise texts."""
    values = tidy(column)
    problems: list[Problem] = []
    missing = values.isna().to_numpy()
    if missing.any():
        problems.append(
            (
                name,
                f"{_rows(missing)} no respondent id, first: row {_first(missing):,}. "
                "Complete them, or pass respondent=None to number the rows.",
            )
        )
    again = (values.duplicated() & values.notna()).to_numpy()
    if again.any():
        verb = "repeats" if again.sum() == 1 else "repeat"
        problems.append(
            (
                name,
                f"{again.sum():,} of {again.size:,} rows {verb} the id of an earlier row, "
                f'first: row {_first(again):,} "{written(values[again].iloc[0])}". '
                "The usual cause is several waves in one file: pass respondent=None to number the rows, and "
                "carry the wave along with keep=(…).",
            )
        )
    return pd.Index(values, name=name), problems


def weights(column: pd.Series, name: str) -> tuple[np.ndarray, list[Problem]]:
    """The weights (n,) and their problems: missing, unreadable, negative, not finite, all zero."""
    blank = _blank(column)
    if pd.api.types.is_numeric_dtype(column):
        found = column.to_numpy(float)
    else:
        read = [None if gone else number(text) for text, gone in zip(column, blank, strict=True)]
        found = np.array([np.nan if value is None else value for value in read])
    sentences = (
        (blank, "no weight", "Complete them, or leave these respondents out first.", False),
        (
            np.isnan(found) & ~blank,
            "a weight that is no number",
            "Write a plain decimal point and no thousands separator.",
            True,
        ),
        (
            found < 0,
            "a negative weight",
            "A weight says for how many people a respondent stands; the usual cause is another column.",
            True,
        ),
        (
            found == np.inf,
            "a weight that is not finite",
            "The usual cause is a division by zero when the weights were made.",
            True,
        ),
    )
    problems: list[Problem] = []
    for broken, what, step, shown in sentences:
        if broken.any():
            value = f' "{written(column[broken].iloc[0])}"' if shown else ""
            problems.append((name, f"{_rows(broken)} {what}, first: row {_first(broken):,}{value}. {step}"))
    if found.size and (found == 0).all():
        problems.append(
            (
                name,
                f"All {found.size:,} weights are 0, first: row 1. The usual cause is another column, or "
                "weights that were rounded. Pass weight=None to count everybody once.",
            )
        )
    return found, problems


def tidy(column: pd.Series) -> pd.Series:
    """A column with whole numbers as integers; texts become numbers only when nothing is lost by it.

    Texts from a CSV cannot say what they meant: 2017 becomes a number, 00123 and +5 stay texts. Blank texts
    are missing.
    """
    if pd.api.types.is_float_dtype(column):
        said = column.dropna()
        whole = bool(((said % 1 == 0) & (said.abs() < EXACT)).all())
        return column.astype("int64" if column.notna().all() else "Int64") if whole else column
    if not pd.api.types.is_string_dtype(column):
        return column
    text = column.str.strip().mask(_blank(column))
    said = text.dropna()
    if said.empty:
        return text
    if said.str.fullmatch(r"-?(0|[1-9][0-9]{0,17})").all():
        return text.astype("Int64") if text.isna().any() else text.astype("int64")
    return text.astype(float) if said.str.fullmatch(r"-?(0|[1-9][0-9]*)\.[0-9]+").all() else text


def _blank(column: pd.Series) -> np.ndarray:
    missing = column.isna().to_numpy()
    if pd.api.types.is_string_dtype(column):
        said = column.fillna("").map(lambda text: plain(text) in BLANKS)
        return missing | said.to_numpy(bool)
    return missing


def _rows(broken: np.ndarray) -> str:
    return f"{broken.sum():,} of {broken.size:,} rows {'has' if broken.sum() == 1 else 'have'}"


def _first(broken: np.ndarray) -> int:
    return int(broken.argmax()) + 1
