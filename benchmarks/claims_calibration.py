"""How often each verdict is given where the truth is known; `python -m benchmarks.claims_calibration` writes
crmtheory/calibration.csv and docs/calibration.md.

For each claim there are worlds (benchmarks/verdicts) in which its θ lies at the threshold, clearly on the claim's
side, and clearly on the other. Data sets are drawn from each, the claim is tested on each just as its chapter does, and
the verdicts are counted.
"""

from __future__ import annotations

import multiprocessing
import os
import pkgutil
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache, partial
from importlib import import_module
from pathlib import Path

import click
import numpy as np
import pandas as pd
from scipy import stats
from threadpoolctl import threadpool_limits

from benchmarks import verdicts
from benchmarks.pages import environment, replaced
from benchmarks.pages import table as markdown
from benchmarks.verdicts.world import CLEARLY_FALSE, CLEARLY_TRUE, JUST_TRUE, KINDS, World
from crmtheory import claims
from crmtheory.holdout import wilson

ROOT = Path(__file__).parents[1]
RESULTS, PAGE = ROOT / "crmtheory" / "calibration.csv", ROOT / "docs" / "calibration.md"
VERDICTS = {
    name: name.replace(" ", "_") for name in ("supported", "contradicted", "inconclusive", "not testable")
}
COLUMNS = ["claim", "world", "theta", "worlds", *VERDICTS.values(), "n", "effect"]
AT_MOST = 0.05  # how often "supported" may come where θ is at the threshold; nominally it comes in 2.5 %
POWER = 0.8  # Cohen (1988): what is true and of this size should be found four times in five

Job = tuple[str, str, int]  # claim, kind of world, number of the data set


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", metavar="[CLAIM]...", nargs=-1)
@click.option("--worlds", default=200, show_default=True, help="Data sets of each claim and kind of world.")
@click.option("--seed", default=2024, show_default=True, help="The same seed gives the same table.")
@click.option("--processes", default=2, show_default=True, help="Does not change the table.")
@click.option(
    "--dry-run", is_flag=True, help="Print only; leave the table and docs/calibration.md as they are."
)
@click.option("--page", is_flag=True, help="Run nothing: write docs/calibration.md anew from the table.")
def main(names: tuple[str, ...], worlds: int, seed: int, processes: int, dry_run: bool, page: bool) -> None:
    """How often each claim gets each verdict where the truth is known; all claims, or those named."""
    if page:
        return write_page(pd.read_csv(RESULTS))
    known = all_worlds()
    if strange := [name for name in names if name not in known]:
        raise click.ClickException(
            f"There is no world for {', '.join(strange)}. There are: {', '.join(known)}."
        )
    found = run(names or tuple(known), worlds, seed, processes)
    text = page_text(found)
    click.echo(text)
    if not dry_run:
        write_page(write(found))
        click.echo(f"\nWritten to {RESULTS.name} and {PAGE.parent.name}/{PAGE.name}.")


@cache
def all_worlds() -> dict[str, World]:
    """The worlds of all files in benchmarks/verdicts, in the order of the ledger."""
    found: dict[str, World] = {}
    for module in pkgutil.iter_modules(verdicts.__path__):
        found |= getattr(import_module(f"{verdicts.__name__}.{module.name}"), "WORLDS", {})
    return {claim: found[claim] for claim in claims.ledger().index if claim in found}


def run(names: Sequence[str], worlds: int, seed: int, processes: int = 1) -> pd.DataFrame:
    """Test each claim in each kind of world.

    Parameters
    ----------
    names : claims; worlds : data sets of each claim and kind; processes : 1 for none but this one

    Returns
    -------
    frame with the columns of calibration.csv, one row per claim and kind of world, in the order of the ledger
    """
    chosen = {name: world for name, world in all_worlds().items() if name in names}
    jobs = [(name, kind, number) for name in chosen for kind in KINDS for number in range(worlds)]
    counts: dict[tuple[str, str], Counter[str]] = {(name, kind): Counter() for name, kind, _ in jobs}
    results = _mapped(partial(one_verdict, seed), jobs, processes)
    with click.progressbar(results, length=len(jobs), label=f"{len(jobs):,} data sets") as progress:
        for (name, kind, _), outcome in zip(jobs, progress, strict=True):
            counts[name, kind][outcome] += 1
    rows = []
    for (name, kind), count in counts.items():
        world = chosen[name]
        numbers = [count[outcome] for outcome in VERDICTS]
        rows.append((name, kind, float(world.truths[kind]), worlds, *numbers, world.n, world.like))
    return pd.DataFrame(rows, columns=COLUMNS)


def one_verdict(seed: int, job: Job) -> str:
    """The verdict on one data set: a stream of random numbers of its own makes it, and another one tests it."""
    name, kind, number = job
    world = all_worlds()[name]
    rng = np.random.default_rng([seed, zlib.crc32(name.encode()), KINDS.index(kind), number])
    data = partial(world.draw, world.truths[kind], rng)
    with threadpool_limits(1):
        found = claims.test(name, data, name=world.like, **{"seed": number, **world.settings})
    return found.verdict.removesuffix(" (simulation)")


def most(worlds: int) -> int:
    """The largest number of "supported" at the threshold that is within chance of AT_MOST.

    >>> most(200)
    16
    """
    return int(stats.binom.ppf(0.975, worlds, AT_MOST))


def write(found: pd.DataFrame, path: Path = RESULTS) -> pd.DataFrame:
    """Put these rows in the place of the older ones of the same claims; the whole table is returned."""
    table = found
    if path.is_file():
        before = pd.read_csv(path)
        table = pd.concat([before[~before["claim"].isin(found["claim"])], found])
    order = {name: place for place, name in enumerate(claims.ledger().index)}
    place = table["claim"].map(order) * len(KINDS) + table["world"].map(KINDS.index)
    table = table.iloc[np.argsort(place.to_numpy(), kind="stable")].reset_index(drop=True)
    _replace(path, table.to_csv(index=False, lineterminator="\n"))
    return table


def write_page(table: pd.DataFrame) -> None:
    """Put the whole table into docs/calibration.md."""
    _replace(PAGE, replaced(PAGE.read_text(encoding="utf-8"), "calibration", page_text(table)))


def page_text(table: pd.DataFrame) -> str:
    """What stands between the marks of the page: the table, the sentences on what is too short or too small, and
    what each world is like.
    """
    rows, wide, against, small, like = [], [], [], [], []
    for name, part in table.groupby("claim", sort=False):
        by = part.set_index("world")
        at, true, false = (by.loc[kind] for kind in (JUST_TRUE, CLEARLY_TRUE, CLEARLY_FALSE))
        share = at["supported"] / at["worlds"]
        low, high = wilson(at["supported"], at["worlds"])
        enough = true["supported"] >= POWER * true["worlds"]
        if at["supported"] > most(int(at["worlds"])):
            wide.append(f"{name} ({share:.1%})")
        if at["contradicted"] > most(int(at["worlds"])):
            against.append(f"{name} ({at['contradicted'] / at['worlds']:.1%})")
        if not enough:
            small.append(f"{name} ({true['supported'] / true['worlds']:.0%})")
        cells = (f"{at['theta']:.3g}", f"{true['theta']:.3g}", f"{false['theta']:.3g}")
        at_threshold = f"{share:.1%} ({100 * low:.1f}–{100 * high:.1f})"
        contradicted = f"{at['contradicted'] / at['worlds']:.1%}"
        told = (at_threshold, contradicted, _verdicts(true), _verdicts(false), _yes(enough))
        rows.append((name, f"{at['n']:,}", *cells, *told))
        like.append((name, at["effect"]))
    sets = sorted(set(table["worlds"]))
    limits = ", ".join(f"{most(n)} of {n}" for n in sets)
    head = (
        *(
            "claim",
            "n",
            "θ at the threshold",
            "θ clearly true",
            "θ clearly false",
            "supported at the threshold",
            "contradicted there",
        ),
        *("where clearly true", "where clearly false", "large enough?"),
    )
    text = "The share of “supported” at the threshold is within chance of 5% for all claims."
    return "\n\n".join(
        [
            f"{environment()}. {len(rows)} claims, {', '.join(map(str, sets))} data sets of each kind of world. "
            f"Within chance of 5% are up to {limits}.",
            markdown(head, rows),
            f"Supported too often at the threshold: {', '.join(wide)}." if wide else text,
            f"Contradicted at the threshold more often than chance around 5% allows: {', '.join(against) or 'none'}.",
            f"Too small for the effect called clearly true: {', '.join(small) or 'none'}.",
            "### What the worlds are like",
            markdown(("claim", "as large as, and how drawn"), like),
        ]
    )


def _verdicts(row: pd.Series) -> str:
    """Shares of the verdicts, those that never came left out."""
    shares = {name: row[column] / row["worlds"] for name, column in VERDICTS.items()}
    return ", ".join(f"{share:.1%} {name}" for name, share in shares.items() if share > 0)


def _yes(enough: bool) -> str:
    return "yes" if enough else "no"


def _replace(path: Path, text: str) -> None:
    """Write a file at once, so that nobody reads half of it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    os.chmod(name, 0o644)
    os.replace(name, path)


def _mapped(function: partial[str], jobs: Sequence[Job], processes: int) -> Iterator[str]:
    """function of each job, in order."""
    if processes <= 1:
        yield from map(function, jobs)
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(function, jobs, chunksize=4)


if __name__ == "__main__":
    main()
