"""Who answered a question, and whether the answers lie on its scale: the checks that the measures share."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError
from crmtheory.survey.complete import Complete, complete


def answered(
    ratings: pd.Series,
    weights: pd.Series | None,
    question: str,
    scale: tuple[float, float] | None = None,
    whole: bool = False,
) -> Complete:
    """Those who answered one item: `values` (n, 1) and `weights` (n,) with mean 1.

    Raises
    ------
    SchemaError : no Series of numbers, answers outside of `scale`, answers between two numbers where `whole`
    DomainError : nobody answered

    >>> answered(pd.Series([5.0, None, 3.0]), None, "CSAT").values.ravel().tolist()
    [5.0, 3.0]
    """
    if not isinstance(ratings, pd.Series):
        raise SchemaError(
            f"{question} needs a Series with one answer per respondent, not {type(ratings).__name__}."
        )
    name = "the question" if ratings.name is None else str(ratings.name)
    if pd.api.types.is_numeric_dtype(ratings):
        ratings = pd.Series(ratings.to_numpy(float, na_value=np.nan), ratings.index)
    frame = ratings.to_frame(name)
    if not ratings.notna().any():
        raise DomainError(
            f"{question} needs an answer, and of {len(ratings):,} respondents none answered {name}. Check that the "
            "right column was read, and which codes were taken for blanks."
        )
    found = complete(frame, [name], weights, question=question, least=1, constant=True)
    if scale:
        on_scale(frame, question, scale, whole)
    return found


def on_scale(answers: pd.DataFrame, question: str, scale: tuple[float, float], whole: bool = True) -> None:
    """Refuse answers outside of a scale, or between its points.

    >>> on_scale(pd.DataFrame({"q": [3.0, 99.0]}), "Kano's question", (1, 5))
    Traceback (most recent call last):
        ...
    crmtheory.errors.SchemaError: Kano's question takes whole numbers from 1 to 5; 1 of 2 answers is something else,
    first: respondent 1, q, 99. The usual cause is a code for "don't know" or another scale. Read the export with
    crmtheory.survey.read and give it the scale.
    """
    values = answers.to_numpy(float, na_value=np.nan)
    said = ~np.isnan(values)
    low, high = scale
    bad = said & ~((values >= low) & (values <= high) & (not whole or values % 1 == 0))
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise SchemaError(
            f"{question} takes {'whole ' if whole else ''}numbers from {low:g} to {high:g}; {bad.sum():,} of "
            f"{said.sum():,} answers {'is' if bad.sum() == 1 else 'are'} something else, first: respondent "
            f"{answers.index[row]}, {answers.columns[column]}, {values[row, column]:g}. The usual cause is a code "
            'for "don\'t know" or another scale. Read the export with crmtheory.survey.read and give it the scale.'
        )
