"""Logs of ten and a hundred million rows: time against SQL written by hand, and the highest use of memory.

    python -m benchmarks.size

takes ten minutes and 3 GB of disk and writes its table into docs/speed.md. Each job runs in a process of its own,
because the highest use of memory can be read only for a whole process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import duckdb
import numpy as np

from benchmarks.logs import END, SQL
from benchmarks.memory import _mark as peak
from benchmarks.pages import environment, replaced, table

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "speed.md"
MEMORY = "1800MB"  # what DuckDB may use for a hundred million rows
HEAD = ("job", "size", "seconds", "by hand, s", "ours / by hand", "peak memory, MB", "same answer?")
MILLION = 1_000_000
REFUNDS = "case when hash(i, 1) % 20 = 0 then -1 else 1 end * "


def make(folder: Path, rows: int, refunds: bool = False, kind: str = "parquet", files: int = 1) -> str:
    """Write a log of a year, five rows to a customer on average; its path or pattern.

    Some buy often and some seldom (in proportion to 1 / (0.2 + rank)), all come in the first half and stay for
    exponential times, and each has a level of spend of his own.
    """
    sign, n = REFUNDS if refunds else "", rows // 5
    for file in range(files):
        first, last = file * rows // files, (file + 1) * rows // files
        options = "format parquet" if kind == "parquet" else "format csv, header"
        duckdb.execute(
            f"""copy (
            with drawn as (
                select i, floor({n} * 0.2 * (pow(6.0, {_uniform("i", 1)}) - 1))::bigint as customer
                from range({first}, {last}) t(i)
            ),
            lives as (
                select *, (183 * {_uniform("customer", 2)})::integer as start,
                       -120 * ln(1 - {_uniform("customer", 3)}) as life, {_uniform("customer", 4)} as level from drawn
            )
            select customer,
                   date '2024-01-01' + start + floor({_uniform("i", 5)} * least(life, 365 - start))::integer as date,
                   {sign}round(1 + exp(3 + level + {_uniform("i", 6)}), 2) as amount from lives
            ) to '{folder}/log-{file:02d}.{kind}' ({options})"""
        )
    return str(folder / (f"log-*.{kind}" if files > 1 else f"log-00.{kind}"))


def _uniform(column: str, salt: int) -> str:
    """SQL: a number between 0 and 1 that depends on the column and the salt alone."""
    return f"((hash({column}, {salt}) % 1000000007)::double / 1000000007)"


def summary(path: str, memory: str | None = None) -> dict[str, Any]:
    """Read, check and count a log; and the same query by hand, in turns."""
    from crmtheory import transactions

    options = {} if memory is None else {"memory": memory}
    ours, hand, answers = [], [], {}
    for _ in range(1 if memory else 3):
        ours.append(_seconds(lambda: answers.update(ours=_ours(transactions, path, options))))
        if memory:  # by hand in the same process would raise the mark of memory
            return {"ours": ours[0], "peak": peak(), "customers": len(answers["ours"])}
        hand.append(_seconds(lambda: answers.update(hand=duckdb.execute(SQL, {"path": path}).df())))
    return {
        "ours": float(np.median(ours)),
        "hand": float(np.median(hand)),
        "peak": 0,
        "same": _same(**answers),
    }


def end_to_end(path: str) -> dict[str, Any]:
    """From a CSV to a CSV of every customer with P(alive), purchases and value, each with its interval."""
    from crmtheory import transactions, value
    from crmtheory.models import GammaGamma, ParetoNBD

    started = time.perf_counter()
    log = transactions.read(path)
    fit = ParetoNBD().fit(log.histories(), weights="customers")
    spend = GammaGamma().fit(log.summary())
    value.scored(log, fit, spend).write_csv(f"{path}.scores.csv")
    return {"ours": time.perf_counter() - started, "peak": peak(), "converged": fit.verdict.converged}


def panel(path: str) -> dict[str, Any]:
    """Every customer in every month since the first purchase, in pandas."""
    from crmtheory import transactions

    log = transactions.read(path)
    found: dict[str, Any] = {}
    seconds = _seconds(lambda: found.update(cells=len(log.panel("month"))))
    return {"ours": seconds, "peak": peak(), "cells": found["cells"]}


JOBS: dict[str, tuple[str, Callable[..., dict[str, Any]], dict[str, Any], tuple[Any, ...]]] = {
    "clean": ("Parquet → customers", summary, {"rows": 10 * MILLION}, ()),
    "refunds": (
        "Parquet with refunds (1 row in 20) → customers",
        summary,
        {"rows": 10 * MILLION, "refunds": True},
        (),
    ),
    "large": (
        f"10 Parquet files → customers, DuckDB held to {MEMORY}",
        summary,
        {"rows": 100 * MILLION, "files": 10},
        (MEMORY,),
    ),
    "whole": (
        "CSV → check, fit Pareto/NBD, score every customer → CSV",
        end_to_end,
        {"rows": 10 * MILLION, "kind": "csv"},
        (),
    ),
    "panel": ("panel customer × month, all cells", panel, {"rows": 5 * MILLION}, ()),
}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1)
@click.option("--dry-run", is_flag=True, help="Print only; leave docs/speed.md as it is.")
def main(names: tuple[str, ...], dry_run: bool) -> None:
    """Speed and memory with large logs; NAMES choose among the jobs."""
    lines = []
    for name, (title, _, log, _) in JOBS.items():
        if names and name not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = make(Path(folder), **log)
            command = [sys.executable, "-m", "benchmarks.size_job", name, path]
            done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout)
        lines.append(_line(title, log["rows"], found))
        click.echo(" | ".join(lines[-1]))
    text = f"{environment()}.\n\n{table(HEAD, lines)}"
    click.echo(f"\n{text}")
    if not dry_run and not names:
        PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), "size", text), "utf-8")


def _line(title: str, rows: int, found: dict[str, Any]) -> tuple[str, ...]:
    hand = found.get("hand")
    size = f"{rows:,} rows" + (f", {found['cells']:,} cells" if "cells" in found else "")
    return (
        title,
        size,
        f"{found['ours']:.1f}",
        f"{hand:.1f}" if hand else "",
        f"{found['ours'] / hand:.2f}" if hand else "",
        f"{found['peak']:,.0f}" if found["peak"] else "",
        found.get("same", ""),
    )


def _ours(transactions: Any, path: str, options: dict[str, Any]) -> Any:
    return transactions.read(path, **options).summary("week", observation_end=END)


def _seconds(job: Callable[[], Any]) -> float:
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


def _same(ours: Any, hand: Any) -> str:
    """Refunds are counted by us and not by hand, so then only the number of customers with a purchase differs."""
    left, right = ours.to_numpy(float), hand.set_index("customer").to_numpy(float)
    if left.shape != right.shape:
        return "by hand, refunds are purchases"
    return (
        "equal"
        if np.allclose(left, right, rtol=1e-9, atol=1e-9, equal_nan=True)
        else "by hand, refunds are purchases"
    )


if __name__ == "__main__":
    main()
