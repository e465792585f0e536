"""The report on a log of a million customers, as a user makes it: seconds, processor time and memory of all processes.

    python -m benchmarks.report --customers 1000000

draws the log, lets `crmtheory init` write the study and runs `crmtheory report --study` on it in a folder of its own,
and writes its table into docs/speed.md. It takes some ten minutes and 3 GB of disk. While the command runs, the memory
of the whole tree of processes is read twice a second from /proc (Linux): the sum of the proportional set sizes, in
which memory that several processes share counts once.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np

from benchmarks.lifecycle import log_of
from benchmarks.pages import environment, replaced, table

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "speed.md"
CUSTOMERS = 1_000_000
# Pareto/NBD, months: a purchase in two months at first, on average; 1 in 4 leaves in 3 months
THETA = (0.8, 1.7, 0.7, 6.0)
KINDS = ("parquet", "csv")
MINUTES, GIGABYTES, PAGE_MEGABYTES = 5, 6, 5  # targets
EVERY = 0.5  # seconds between two looks at the memory
HEAD = ("log", "seconds", "processor time, s", "peak memory, GB", "largest page, MB", "chapters")


class Measured(NamedTuple):
    """One run of the command. Seconds; bytes; `largest` is the largest page, `chapters` those that finished."""

    kind: str
    wall: float
    processor: float
    peak: int
    largest: int
    chapters: int
    failed: str


def draw(folder: Path, customers: int, kind: str) -> int:
    """Write log.KIND and give the number of its rows."""
    log = log_of(customers, THETA, np.random.default_rng(1))
    if kind == "csv":
        log.to_csv(folder / "log.csv", index=False)
    else:
        log.to_parquet(folder / "log.parquet", index=False)
    return len(log)


def measure(folder: Path, kind: str) -> Measured:
    """Make the study and the report of a log in this folder, and measure the report."""
    program = [sys.executable, "-m", "crmtheory"]
    subprocess.run([*program, "init", f"log.{kind}"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    before, started = _processor(), time.perf_counter()
    with (folder / "said.txt").open("w", encoding="utf-8") as said:
        command = [*program, "report", "--study", "study.yaml", "-o", "report"]
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=subprocess.STDOUT)
        peak = 0
        while process.poll() is None:
            peak = max(peak, memory(process.pid))
            time.sleep(EVERY)
    wall, processor = time.perf_counter() - started, _processor() - before
    pages = [page.stat().st_size for page in (folder / "report").rglob("*.html")]
    chapters = len(list((folder / "report").glob("*/result.json")))
    text = (folder / "said.txt").read_text(encoding="utf-8")
    failed = "" if process.returncode == 0 else text.strip()[-2000:]
    return Measured(kind, wall, processor, peak, max(pages, default=0), chapters, failed)


def memory(root: int) -> int:
    """Bytes of a process and all that it started, each page of memory counted once.

    >>> import os
    >>> memory(os.getpid()) > 10_000_000
    True
    """
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        parents[int(entry.parent.name)] = int(fields[1])
    tree, new = {root}, {root}
    while new := {child for child, parent in parents.items() if parent in new} - tree:
        tree |= new
    return sum(map(_of_one, tree))


def _of_one(process: int) -> int:
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text("ascii", "replace")
        return int(text.split("\nPss:")[1].split()[0]) * 1024
    except (OSError, IndexError):  # it has ended meanwhile
        return 0


def _processor() -> float:
    """Seconds of processor time of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def page(customers: int, rows: int, found: Sequence[Measured]) -> str:
    """The text for docs/speed.md."""
    lines = [
        (
            one.kind.capitalize() if one.kind == "parquet" else one.kind.upper(),
            f"{one.wall:.0f}",
            f"{one.processor:.0f}",
            f"{one.peak / 1e9:.1f}",
            f"{one.largest / 1e6:.1f}",
            f"{one.chapters}" + (", not all" if one.failed else ""),
        )
        for one in found
    ]
    verdicts = [
        _verdict(f"{MINUTES} minutes", all(one.wall < 60 * MINUTES for one in found)),
        _verdict(f"{GIGABYTES} GB of memory", all(one.peak < 1e9 * GIGABYTES for one in found)),
        _verdict(f"{PAGE_MEGABYTES} MB a page", all(one.largest < 1e6 * PAGE_MEGABYTES for one in found)),
    ]
    if any(one.failed for one in found):
        verdicts = ["The report did not finish, so nothing is said of the targets."]
    head = f"{customers:,} customers, {rows:,} purchases, 24 months. {environment()}."
    return "\n\n".join([head, table(HEAD, lines), " ".join(verdicts)])


def _verdict(target: str, met: bool) -> str:
    return f"The target of less than {target} was {'met' if met else 'missed'}."


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--customers", default=CUSTOMERS, show_default=True, help="Fewer for a quick look: not written."
)
@click.option("--kind", "kinds", type=click.Choice(KINDS), multiple=True, default=KINDS, show_default=True)
@click.option("--dry-run", is_flag=True, help="Print only; leave docs/speed.md as it is.")
def main(customers: int, kinds: Sequence[str], dry_run: bool) -> None:
    """Time and memory of the whole report on one large log."""
    found, rows = [], 0
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            # In a process of its own: one that starts others hands its highest use of memory on.
            command = [sys.executable, "-m", "benchmarks.report", "draw", folder, str(customers), kind]
            rows = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
            found.append(measure(Path(folder), kind))
        if found[-1].failed:
            click.echo(found[-1].failed, err=True)
    text = page(customers, rows, found)
    click.echo(text)
    whole = not dry_run and customers == CUSTOMERS and tuple(kinds) == KINDS
    if whole and not any(one.failed for one in found):
        PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), "report", text), "utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["draw"]:
        print(json.dumps(draw(Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])))
    else:
        main()
