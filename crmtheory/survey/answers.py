"""What one answer means: a number on its scale, a blank, "don't know", or something that is set aside.

Every answer is exactly one of five kinds, so that for each item the five counts add up to the respondents.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmtheory.schema import Problem

ANSWERED, BLANK, DONT_KNOW, OUT_OF_RANGE, NOT_A_NUMBER = range(5)

# How R, pandas, SQL and SPSS write "nothing" into a text file.
BLANKS = frozenset({"", "na", "nan", "null", "#null!"})
FULL_WIDTH = {0xFF01 + i: 0x21 + i for i in range(94)} | {0x3000: 0x20, 0x2212: 0x2D}
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?")
# A code with its label: "5 - very satisfied", "5：非常满意", "5、满意", or "5分". No second number may follow.
LABELLED = re.compile(r"([+-]?\d+)\s*(?:分|[-–—:=.)、]\s*[^\W\d_]\D*)")


def plain(text: str) -> str:
    """`text` as it is compared: full-width characters as ordinary ones, no outer spaces, no capitals.

    >>> plain(" ５ ＝ Ｙｅｓ　")
    '5 = yes'
    """
    return text.translate(FULL_WIDTH).strip().casefold()


def number(text: str) -> float | None:
    """The number that a text holds, written plainly; None when it is something else.

    >>> number("５"), number("-1.5"), number("1,5"), number("1_000")
    (5.0, -1.5, None, None)
    """
    bare = plain(text)
    return float(bare) if NUMBER.fullmatch(bare) else None


@dataclass(frozen=True)
class Key:
    """What the analyst said of answers: the codes of texts, and what stands for "don't know"."""

    codes: Mapping[str, float]
    silent_texts: frozenset[str]
    silent_codes: frozenset[float]

    def read(self, value: str | float, low: float, high: float) -> tuple[int, float]:
        """The kind of an answer, and its value (NaN unless answered)."""
        if isinstance(value, str) and plain(value) in self.silent_texts:
            return DONT_KNOW, math.nan
        code = self.code(value)
        if code is None:
            return NOT_A_NUMBER, math.nan
        if math.isnan(code):
            return BLANK, math.nan
        if code in self.silent_codes:
            return DONT_KNOW, math.nan
        return (ANSWERED, code) if low <= code <= high else (OUT_OF_RANGE, math.nan)

    def code(self, value: str | float) -> float | None:
        """The number meant; NaN where nothing was said, None where no number can be seen."""
        if not isinstance(value, str):
            return float(value)
        bare = plain(value)
        if bare in self.codes:
            return self.codes[bare]
        if bare in BLANKS:
            return math.nan
        if NUMBER.fullmatch(bare):
            return float(bare)
        labelled = LABELLED.fullmatch(bare)
        return float(labelled[1]) if labelled else None


def key(dont_know: Sequence[Any], answers: Mapping[str, Any] | None) -> tuple[Key, list[Problem]]:
    """The key to the answers, and what is wrong with it."""
    problems: list[Problem] = []
    codes: dict[str, float] = {}
    for text, code in (answers or {}).items():
        if not isinstance(code, int | float | np.number) or not math.isfinite(code):
            problems.append(("answers", f'"{text}" has the code {code!r}; a finite number was expected.'))
        elif codes.setdefault(plain(str(text)), float(code)) != code:
            problems.append(
                ("answers", f'"{text}" has two codes: texts that differ only in width or capitals are one.')
            )
    texts = frozenset(plain(entry) for entry in dont_know if isinstance(entry, str))
    silent = set()
    for entry in dont_know:
        if isinstance(entry, int | float | np.number) and not np.isnan(entry):
            silent.add(float(entry))
        elif not isinstance(entry, str):
            problems.append(("dont_know", f"{entry!r} is neither a number nor a text. Blanks are known."))
        elif (code := number(entry)) is not None:
            silent.add(code)
    return Key(codes, texts, frozenset(silent)), problems


def read_column(column: pd.Series, key: Key, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """The values (n,) of one item, NaN unless answered, and the kind (n,) of each answer.

    Every distinct answer is read once; `factorize` gives -1 to what is missing, which is the last entry.
    """
    position, distinct = pd.factorize(column)
    read = [*(key.read(value, low, high) for value in distinct), (BLANK, math.nan)]
    values = np.array([value for _, value in read])
    kinds = np.array([kind for kind, _ in read], dtype=np.int8)
    return values[position], kinds[position]


def written(value: str | float) -> str:
    """An answer as it stands in the source, as text: 11.0 is 11."""
    return value if isinstance(value, str) else f"{value:.15g}"
