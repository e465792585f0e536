"""Measure everything, print the table, and put it into docs/speed.md."""

from __future__ import annotations

from pathlib import Path

import click

from benchmarks import fits, logs, memory, scoring, simulating
from benchmarks.pages import environment, replaced
from benchmarks.timing import Row, Sizes, markdown

PAGE = Path(__file__).parents[1] / "docs" / "speed.md"
QUICK = Sizes(customers=100_000, rows=1_000_000, full=False)
FULL = Sizes(customers=1_000_000, rows=10_000_000, full=True)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--full/--quick", default=False, help="A million customers (minutes), or a hundred thousand.")
@click.option("--dry-run", is_flag=True, help="Print only; leave docs/speed.md as it is.")
def main(full: bool, dry_run: bool) -> None:
    """Speed of crmtheory against lifetimes, pandas and DuckDB in the same run."""
    sizes = FULL if full else QUICK
    notes = [memory.sentence(sizes.customers)] if full else []  # first, while this process is small
    measured: list[Row] = []
    for subject in (fits, simulating, scoring, logs):
        for row in subject.rows(sizes):
            click.echo(" | ".join(row.cells))
            measured.append(row)
    grown = [fits.growth(sizes.customers)] if full else []
    notes = [*(row.verdict for row in measured if row.verdict), *grown, *notes]
    text = "\n\n".join([f"{environment()}.", markdown(measured), *notes])
    click.echo(f"\n{text}")
    if not dry_run:
        PAGE.write_text(
            replaced(PAGE.read_text(encoding="utf-8"), "full" if full else "quick", text), "utf-8"
        )
        click.echo(f"\nWritten to {PAGE.parent.name}/{PAGE.name}.")


if __name__ == "__main__":
    main()
