"""The highest use of memory of both fits and the lifetime values, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[1]


def sentence(n: int) -> str:
    """What n customers need, in a sentence.

    A new process starts with the highest mark of the one that started it (on Linux). So call this before
    anything large is done; the customers, too, are drawn in a process of their own.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "customers.parquet")
        _run("draw", path, str(n))
        start, read, peak = (float(mark) for mark in _run("score", path).split())
    return (
        f"Memory for {n:,} customers, both fits and lifetime value with intervals: at most {peak:,.0f} MB, of which "
        f"{start:,.0f} MB are Python with its packages and {read - start:,.0f} MB reading the table."
    )


def _run(*arguments: str) -> str:
    command = [sys.executable, "-m", "benchmarks.memory", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def _mark() -> float:
    """The highest use of memory of this process so far, in MB."""
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)  # bytes there, kilobytes elsewhere


def _draw(path: str, n: int) -> None:
    from benchmarks.fits import customers

    customers(n).to_parquet(path)


def _score(path: str) -> None:
    from crmtheory import value
    from crmtheory.models import GammaGamma, ParetoNBD

    marks = [_mark()]
    frame = pd.read_parquet(path)
    marks.append(_mark())
    fit, spend = ParetoNBD().fit(frame, unit="week"), GammaGamma().fit(frame)
    value.clv(fit, spend, frame)
    print(*marks, _mark())


if __name__ == "__main__":
    if sys.argv[1] == "draw":
        _draw(sys.argv[2], int(sys.argv[3]))
    else:
        _score(sys.argv[2])
