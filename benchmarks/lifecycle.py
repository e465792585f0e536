"""Stages, cohorts and segments of a million customers over 24 months: time and memory of every step.

    python -m benchmarks.lifecycle

takes a minute or two and writes its table into docs/speed.md. The log is drawn in one process and worked on in a
fresh one, because a process starts with the highest use of memory of the one that started it.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
import pandas as pd

from benchmarks.memory import _mark as highest
from benchmarks.pages import environment, replaced, table
from crmtheory import concentration, lifecycle, panel, segmentation, simulate, transactions
from crmtheory.models import GammaGamma, ParetoNBD

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "speed.md"
CUSTOMERS = 1_000_000
START, ACQUIRED, END = "2022-01-01", "2023-09-30", "2024-01-01"  # of first purchases, and of watching
NEW_YEAR = "2022-12-31", "2023-01-01"
THETA = (
    0.8,
    0.8,
    0.7,
    6.0,
)  # Pareto/NBD, months: a purchase a month at first, on average; 1 in 4 leaves in 3 months
SPEND = (6.25, 3.74, 15.44)  # Gamma-Gamma
RESAMPLES = 200
SECONDS, MEGABYTES = 30, 4000  # targets
HEAD = ("step", "seconds", "peak memory, MB")

Found = dict[str, Any]


class Step(NamedTuple):
    """A line of the table. What `run` returns is kept under `name` for the steps after it."""

    title: str
    name: str
    run: Callable[[Found], Any]


STEPS = (
    Step("read the log (Parquet)", "log", lambda f: transactions.read(f["path"])),
    Step("panel customer × month", "panel", lambda f: panel.of(f["log"], "month")),
    Step(
        "stage of each customer in each month",
        "stages",
        lambda f: lifecycle.MarketingRules().assign(f["panel"]),
    ),
    Step("customers by stage and month", "counts", lambda f: f["stages"].counts()),
    Step("moves between stages", "moves", lambda f: lifecycle.moves(f["stages"])),
    Step("transition matrix with intervals", "matrix", lambda f: lifecycle.matrix(f["moves"])),
    Step("time to loss with intervals", "loss", lambda f: lifecycle.time_to_loss(f["moves"])),
    Step("test of the order of the chain", "order", lambda f: lifecycle.order_test(f["stages"])),
    Step("flows over four half-years", "flows", lambda f: lifecycle.flows(f["stages"], [6, 12, 18, 24])),
    Step("cohort triangle of retention", "triangle", lambda f: lifecycle.triangle(f["panel"])),
    Step("retention curve with intervals", "curve", lambda f: lifecycle.retention_curve(f["panel"])),
    Step("win-back by silence and value, with intervals", "back", lambda f: lifecycle.win_back(f["panel"])),
    Step("purchase days", "purchases", lambda f: f["log"].purchases()),
    Step("RFM table", "rfm", lambda f: segmentation.rfm_table(f["purchases"], _end(f))),
    Step("RFM scores", "scores", lambda f: segmentation.rfm_scores(f["rfm"])),
    Step("RFM segments", "segments", lambda f: segmentation.rfm_segments(f["scores"])),
    Step(
        "activity by each customer's rhythm",
        "activity",
        lambda f: segmentation.by_rhythm(f["purchases"], _end(f)),
    ),
    Step("revenue of each customer, two years", "years", lambda f: _years(f["log"])),
    Step("tiers by revenue, two years", "tiers", lambda f: [segmentation.tiers(year) for year in f["years"]]),
    Step(
        "migration between the tiers, with intervals", "moved", lambda f: segmentation.migration(*f["tiers"])
    ),
    Step(
        f"concentration, four measures ({RESAMPLES} resamples)",
        "rule",
        lambda f: concentration.rule(f["years"][1], _rng(), resamples=RESAMPLES),
    ),
    Step(
        f"whether the best last ({RESAMPLES} resamples)",
        "lasting",
        lambda f: concentration.lasting(*f["years"], _rng(), resamples=RESAMPLES),
    ),
)


def log_of(customers: int, theta: Sequence[float], rng: np.random.Generator) -> pd.DataFrame:
    """A log of customers who come over 21 months, buy at rates of their own, and leave."""
    log, _ = simulate.customers_log(
        ParetoNBD(),
        theta,
        customers,
        rng,
        start=START,
        acquisition_end=ACQUIRED,
        end=END,
        unit="month",
        spend=GammaGamma(),
        spend_theta=SPEND,
        by_day=True,
    )
    return log


def draw(path: str, customers: int) -> None:
    """Write the log."""
    log = log_of(customers, THETA, _rng())
    log.to_parquet(path, index=False)
    print(json.dumps({"rows": len(log)}))


def work(path: str) -> None:
    """Take every step in this process; prints the seconds and the peak of each as JSON."""
    found: Found = {"path": path}
    rows = []
    for step in STEPS:
        gc.collect()
        _reset()
        started = time.perf_counter()
        found[step.name] = step.run(found)
        rows.append((step.title, time.perf_counter() - started, _peak()))
    print(json.dumps(rows))


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--customers", default=CUSTOMERS, show_default=True, help="Fewer for a quick look: not written."
)
@click.option("--dry-run", is_flag=True, help="Print only; leave docs/speed.md as it is.")
def main(customers: int, dry_run: bool) -> None:
    """Time and memory of stages, cohorts and segments."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "log.parquet")
        rows = _run("draw", path, str(customers))["rows"]
        steps = _run("work", path)
    lines = [(title, _shown(seconds), f"{peak:,.0f}") for title, seconds, peak in steps]
    seconds, peak = sum(s for _, s, _ in steps), max(p for _, _, p in steps)
    lines.append(("all steps", _shown(seconds), f"{peak:,.0f}"))
    verdict = [
        f"The target of less than {SECONDS} s was {'met' if seconds < SECONDS else 'missed'}",
        f"that of less than {MEGABYTES:,} MB was {'met' if peak < MEGABYTES else 'missed'}",
    ]
    text = "\n\n".join(
        [
            f"{customers:,} customers, {rows:,} purchases, 24 months. {environment()}.",
            table(HEAD, lines),
            f"{'; '.join(verdict)}.",
        ]
    )
    click.echo(text)
    if not dry_run and customers == CUSTOMERS:
        PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), "lifecycle", text), "utf-8")


def _run(*arguments: str) -> Any:
    command = [sys.executable, "-m", "benchmarks.lifecycle", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def _rng() -> np.random.Generator:
    return np.random.default_rng(1)


def _end(found: Found) -> Any:
    return found["log"].report.last_date


def _years(log: transactions.Transactions) -> tuple[Any, Any]:
    """Revenue in each year, of the customers who bought in it."""
    first, second = log.revenue(end=NEW_YEAR[0]), log.revenue(start=NEW_YEAR[1])
    return first[first > 0], second[second > 0]


def _shown(seconds: float) -> str:
    if seconds < 0.01:
        return "< 0.01"
    return f"{seconds:.1f}" if seconds >= 0.95 else f"{seconds:.2f}"


def _reset() -> None:
    """Forget the highest use of memory so far, where the system can (Linux); elsewhere peaks are those up to a step."""
    try:
        Path("/proc/self/clear_refs").write_text("5", "ascii")
    except OSError:
        return


def _peak() -> float:
    """The highest use of memory since `_reset`, in MB."""
    try:
        status = Path("/proc/self/status").read_text("ascii")
    except OSError:
        return highest()
    return int(status.split("VmHWM:")[1].split()[0]) / 1e3


if __name__ == "__main__":
    if sys.argv[1:2] == ["draw"]:
        draw(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1:2] == ["work"]:
        work(sys.argv[2])
    else:
        main()
