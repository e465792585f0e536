"""Timing of several ways to do one job, and the table that comes of it.

The ways take turns (ours, peer, ours, peer …), so that whatever else the machine does
meets all of them alike.
"""

from __future__ import annotations

import gc
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.pages import table


@dataclass(frozen=True)
class Sizes:
    """How much to measure: customers, rows of a log, and whether peers that need minutes are left out."""

    customers: int
    rows: int
    full: bool


@dataclass(frozen=True)
class Timed:
    """Seconds of each run, and what the last run returned."""

    seconds: tuple[float, ...]
    answer: Any

    @property
    def median(self) -> float:
        return median(self.seconds)

    def __str__(self) -> str:
        shown = _digits(self.median)
        return shown if len(self.seconds) == 1 else f"{shown} ({_digits(min(self.seconds))})"


@dataclass(frozen=True)
class Row:
    """One line of the table.

    `check` says how far both came to the same answer; `target` is the most seconds allowed, `faster` the least ratio.
    """

    job: str
    size: str
    ours: Timed
    check: str
    peer: str = ""
    theirs: Timed | None = None
    target: float | None = None
    faster: float | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        theirs = str(self.theirs) if self.theirs else ""
        ratio = _digits(self.theirs.median / self.ours.median) if self.theirs else ""
        return self.job, self.size, str(self.ours), self.peer, theirs, ratio, self.check

    @property
    def verdict(self) -> str:
        """Whether the targets were met, in a sentence; empty without a target."""
        found = []
        if self.target is not None:
            met = "met" if self.ours.median < self.target else "missed"
            took = _digits(self.ours.median)
            found.append(f"the target of less than {self.target:g} s was {met} ({took} s)")
        if self.faster is not None and self.theirs is not None:
            ratio = self.theirs.median / self.ours.median
            met = "met" if ratio >= self.faster else "missed"
            found.append(f"the target of {self.faster:g} times as fast was {met} ({_digits(ratio)} times)")
        return f"{self.job}, {self.size}: {' and '.join(found)}." if found else ""


HEAD = ("job", "size", "ours, s", "peer", "peer, s", "ratio", "same answer?")


def race(ways: Mapping[str, tuple[Callable[[], Any], int]]) -> dict[str, Timed]:
    """Run each way as often as it says, in turns.

    Parameters
    ----------
    ways : name → (function without arguments, number of runs)

    Returns
    -------
    name → Timed

    >>> race({"ours": (lambda: 6 * 7, 3)})["ours"].answer
    42
    """
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    answers: dict[str, Any] = {}
    for turn in range(max(runs for _, runs in ways.values())):
        for name, (function, runs) in ways.items():
            if turn >= runs:
                continue
            gc.collect()
            # Whether a peer warns of a deprecation or an overflow is not what is measured here.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                start = time.perf_counter()
                answers[name] = function()
                seconds[name].append(time.perf_counter() - start)
    return {name: Timed(tuple(seconds[name]), answers[name]) for name in ways}


def markdown(rows: Iterable[Row]) -> str:
    """The table in Markdown."""
    return table(HEAD, [row.cells for row in rows])


def _digits(number: float) -> str:
    """Two significant digits, or the whole number.

    >>> [_digits(number) for number in (0.052, 1.234, 9.97, 1234.5)]
    ['0.052', '1.2', '10', '1,234']
    """
    return f"{number:,.0f}" if number >= 9.95 else f"{number:#.2g}"
