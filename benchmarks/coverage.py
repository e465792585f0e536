"""How often 95% intervals hold the truth, by simulation; `python -m benchmarks.coverage` writes docs/coverage.md.

A data set is drawn from a world again and again; each time the models are fitted, and every interval is compared with
what is true in this world. An interval at 95% promises that it holds the truth 95 times in a hundred.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.pages import environment, replaced
from benchmarks.pages import table as markdown
from benchmarks.worlds import (
    SPEND,
    WORLDS,
    World,
    aimed,
    drawn,
    of_customers,
    of_futures,
    of_parameters,
    of_totals,
    shares,
)
from crmtheory.errors import ConvergenceError, DomainError
from crmtheory.models import GammaGamma

PAGE = Path(__file__).parents[1] / "docs" / "coverage.md"
RANGE = (0.92, 0.98)  # where the coverage of parameters and totals should be
COLUMNS = ("holds, %", "its interval", "too low, %", "too high, %", "robust, %")

Row = tuple[str, bool, float, float, float]  # question, robust, share that holds, lies below, lies above


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--sets", default=400, show_default=True, help="Simulated data sets of each world.")
@click.option("--customers", default=2500, show_default=True, help="Customers of a data set.")
@click.option("--seed", default=2024, show_default=True, help="The same seed gives the same table.")
@click.option("--processes", default=2, show_default=True, help="Does not change the table.")
@click.option("--dry-run", is_flag=True, help="Print only; leave docs/coverage.md as it is.")
def main(sets: int, customers: int, seed: int, processes: int, dry_run: bool) -> None:
    """How often 95% intervals hold the truth."""
    measured = run(sets, customers, seed, processes)
    text = page_text(measured, sets, customers)
    click.echo(text)
    if not dry_run:
        PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), "coverage", text), encoding="utf-8")
        click.echo(f"\nWritten to {PAGE.parent.name}/{PAGE.name}.")


def run(sets: int, customers: int, seed: int, processes: int = 1) -> pd.DataFrame:
    """Measure all worlds.

    Parameters
    ----------
    sets : data sets of each world; customers : of each data set; processes : 1 for none but this one

    Returns
    -------
    frame, one row per world, question and robust: coverage and its own 95% interval (low, high), the shares of
    intervals that lie below and above the truth; attrs["statuses"]: what each fit came to, one
    (world, buying, spend) per data set
    """
    *seeds, extra = np.random.SeedSequence(seed).spawn(len(WORLDS) + 1)
    worlds = [aimed(world, customers, np.random.default_rng(extra)) for world in WORLDS]
    jobs = [(world, own) for world, part in zip(worlds, seeds, strict=True) for own in part.spawn(sets)]
    rows: list[tuple[Any, ...]] = []
    statuses: list[tuple[str, ...]] = []
    results = _mapped(partial(one_set, customers), jobs, processes)
    with click.progressbar(results, length=len(jobs), label=f"{len(jobs):,} data sets") as progress:
        for (world, _), (status, found) in zip(jobs, progress, strict=True):
            statuses.append((world.name, *status))
            rows += [(world.name, *row) for row in found]
    keys = ["world", "question", "robust"]
    answers = pd.DataFrame(rows, columns=[*keys, "held", "below", "above"])
    groups = answers.groupby(keys, sort=False)
    table = pd.DataFrame([(*key, *summarised(group, sets)) for key, group in groups])
    table.columns = pd.Index([*keys, "coverage", "low", "high", "below", "above"])
    table.attrs["statuses"] = statuses
    return table


def one_set(customers: int, job: tuple[World, np.random.SeedSequence]) -> tuple[tuple[str, str], list[Row]]:
    """One data set: what the two fits came to, and the shares for each question."""
    world, seed = job
    rng = np.random.default_rng(seed)
    frame = drawn(world, customers, rng)
    rows: list[Row] = []
    try:
        for robust in (False, True):
            fit = world.fitted.fit(frame, "week", robust=robust)
            spend = GammaGamma().fit(frame, robust=robust)
            intervals = [*of_parameters(world, fit, spend)]
            if not (robust and world.true):
                intervals += of_totals(world, frame, fit, spend)
            if not robust:
                intervals += [*of_customers(world, frame, fit, spend), *of_futures(frame, fit, spend, rng)]
            rows += [(interval.question, robust, *shares(interval)) for interval in intervals]
    except (ConvergenceError, DomainError):
        return ("no answer", "no answer"), rows  # what is missing from the rows counts as not held
    return (fit.verdict.status, spend.verdict.status), rows


def summarised(group: pd.DataFrame, sets: int) -> tuple[float, ...]:
    """Coverage, its own interval, and the shares below and above; a data set without an answer holds nothing.

    The interval is that of Wilson for one yes or no per data set, and for shares it is made from their spread.
    """
    held = np.zeros(sets)
    held[: len(group)] = group["held"]
    if np.isin(held, (0.0, 1.0)).all():
        own = stats.binomtest(int(held.sum()), sets).proportion_ci(method="wilson")
        low, high = float(own.low), float(own.high)
    else:
        half = stats.norm.ppf(0.975) * held.std(ddof=1) / np.sqrt(sets)
        low, high = max(held.mean() - half, 0.0), min(held.mean() + half, 1.0)
    return float(held.mean()), low, high, group["below"].sum() / sets, group["above"].sum() / sets


def _mapped(function: Any, jobs: Sequence[Any], processes: int) -> Iterator[Any]:
    """function of each job, in order."""
    if processes <= 1:
        yield from map(function, jobs)
        return
    # New processes, each with one thread of BLAS: that is decided before numpy is loaded there.
    name, before = "OPENBLAS_NUM_THREADS", os.environ.get("OPENBLAS_NUM_THREADS")
    os.environ[name] = "1"
    try:
        pool = multiprocessing.get_context("spawn").Pool(processes)
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
    with pool:
        yield from pool.imap(function, jobs, chunksize=4)


def page_text(table: pd.DataFrame, sets: int, customers: int) -> str:
    """What stands between the marks of the page: three tables, what is outside the range, and what fits came to."""
    keys = ["world", "question"]
    ordinary = table[~table["robust"]].set_index(keys)
    ordinary["robust"] = table[table["robust"]].set_index(keys)["coverage"]
    lines = {key: _cells(row) for key, row in zip(ordinary.index, ordinary.itertuples(), strict=True)}
    true, wrong = [w for w in WORLDS if w.true], [w for w in WORLDS if not w.true]
    parameters = [
        (world.name, name, f"{number:g}", *lines[world.name, name])
        for world in true
        for model, theta in ((world.model, world.theta), (GammaGamma(), SPEND))
        for name, number in zip([param.name for param in model.params], theta, strict=True)
    ]
    names = [world.name for world in true]
    asked = dict.fromkeys(question for world, question in lines if world == names[0] and " " in question)
    answers = [(question, *(_short(lines.get((name, question))) for name in names)) for question in asked]
    found = Counter((world, *status) for world, *status in table.attrs["statuses"])
    rest = [
        f"{w}: {buying}, Gamma-Gamma: {spend} ({n})"
        for (w, buying, spend), n in found.items()
        if (buying, spend) != ("converged", "converged")
    ]
    fits = f"Fits that were not converged: {'; '.join(rest) or 'none'}."
    blocks = [
        f"{environment()}. {sets:,} data sets of {customers:,} customers for each model.",
        "### Parameters",
        markdown(("world", "parameter", "true", *COLUMNS), parameters),
        "### Answers",
        markdown(("answer", *names), answers),
        f"### Outside {RANGE[0]:.0%} to {RANGE[1]:.0%}",
        outside(table),
        fits,
    ]
    for world in wrong:
        rows = [(question, *cells) for (name, question), cells in lines.items() if name == world.name]
        blocks += [f"### {world.name}", markdown(("question", *COLUMNS), rows)]
    return "\n\n".join(blocks)


def outside(table: pd.DataFrame) -> str:
    """Which parameters and totals of the true models have a coverage outside the range, in a sentence."""
    true = table["world"].isin([world.name for world in WORLDS if world.true])
    judged = table[true & ~table["question"].str.startswith("one customer")]
    off = judged[~judged["coverage"].between(*RANGE)]
    rows = [
        f"{row.world}, {row.question}{', robust' * row.robust}: {100 * row.coverage:.1f}%"
        for row in off.itertuples()
    ]
    return f"Of {len(judged)} coverages of parameters and totals, {len(off)} are outside. {'; '.join(rows)}".strip()


def _short(cells: tuple[str, ...] | None) -> str:
    return f"{cells[0]} ({cells[1]})" if cells else ""


def _cells(row: Any) -> tuple[str, ...]:
    own = f"{100 * row.low:.1f}–{100 * row.high:.1f}"
    robust = "" if np.isnan(row.robust) else f"{100 * row.robust:.1f}"
    return f"{100 * row.coverage:.1f}", own, f"{100 * row.below:.1f}", f"{100 * row.above:.1f}", robust


if __name__ == "__main__":
    main()
