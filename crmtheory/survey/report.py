"""The report of a survey: what was answered, what was left blank, what was set aside, item by item."""

from __future__ import annotations

import html
import unicodedata
from dataclasses import asdict, dataclass

import pandas as pd


@dataclass(frozen=True)
class Counts:
    """The answers to one item. The five counts add up to the respondents.

    `set_aside` shows the commonest answers that are out of range or not a number, at most five.
    """

    item: str
    answered: int
    blank: int
    dont_know: int
    out_of_range: int
    not_a_number: int
    set_aside: str


@dataclass(frozen=True)
class Report:
    """Counts of one survey. No respondent is left out; single answers are set aside.

    `silent` are respondents without an answer to any item; `warnings` are sentences on what to look at.
    """

    source: str
    sha256: str | None
    respondents: int
    silent: int
    counts: tuple[Counts, ...]
    warnings: tuple[str, ...]

    @property
    def items(self) -> int:
        """How many items were read."""
        return len(self.counts)

    @property
    def answered(self) -> int:
        """Answers used, over all items."""
        return sum(count.answered for count in self.counts)

    @property
    def rejected(self) -> int:
        """Answers set aside, over all items: out of range or not a number."""
        return sum(count.out_of_range + count.not_a_number for count in self.counts)

    def to_frame(self) -> pd.DataFrame:
        """One row per item (the index), with its five counts and the values set aside."""
        return pd.DataFrame([asdict(count) for count in self.counts]).set_index("item")

    def __str__(self) -> str:
        heads = [name.replace("_", " ").replace("dont", "don't") for name in self.to_frame().reset_index()]
        table = [heads, *([_plain(value) for value in asdict(count).values()] for count in self.counts)]
        *wide, last = [max(map(_width, column)) for column in zip(*table, strict=True)]
        rows = [
            row[0]
            + " " * (wide[0] - _width(row[0]))
            + "".join(f"  {cell:>{width}}" for cell, width in zip(row[1:-1], wide[1:], strict=True))
            + (f"  {row[-1]}" if last else "")
            for row in table
        ]
        left = max(len(name) for name, _, _ in self._lines())
        right = max(_width(value) for _, value, _ in self._lines())
        top = [
            f"{name:<{left}}  {' ' * (right - _width(value))}{value}  {note}"
            for name, value, note in self._lines()
        ]
        warnings = ["", *(f"! {warning}" for warning in self.warnings)] if self.warnings else []
        return "\n".join(line.rstrip() for line in [*top, "", *rows, *warnings])

    def _repr_html_(self) -> str:
        top = pd.DataFrame(self._lines(), columns=["item", "value", "note"]).to_html(index=False)
        warnings = "".join(f"<p>{html.escape(warning)}</p>" for warning in self.warnings)
        return f"{top}{self.to_frame().to_html()}{warnings}"

    def _lines(self) -> list[tuple[str, str, str]]:
        return [
            ("source", self.source, f"sha256 {self.sha256[:12]}…" if self.sha256 else ""),
            ("respondents", _plain(self.respondents), "one row each; nobody is left out"),
            ("respondents without an answer", _plain(self.silent), "to any of the items"),
            ("items", _plain(self.items), ""),
            ("answers", _plain(self.answered), "used"),
            ("answers set aside", _plain(self.rejected), "out of range or not a number"),
        ]


def _plain(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _width(text: str) -> int:
    """Columns of a terminal that a text fills: a Chinese character fills two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
