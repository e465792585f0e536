"""The command line: list the theories, look at data, run a chapter on your own customers, write the report.

Imports wait until a command needs them, so that help and version appear at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from crmtheory import contents, outputs
from crmtheory.errors import ConvergenceError, DomainError, SchemaError
from crmtheory.execution import ChapterError
from crmtheory.progress import Bars

STOPPED = 130  # what a shell reports after Ctrl-C


class _Commands(click.Group):
    """Errors of the user become one message on the error stream and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (SchemaError, DomainError, ConvergenceError, ChapterError) as error:
            raise click.ClickException(str(error)) from None
        except KeyboardInterrupt:
            click.echo("\nStopped.", err=True)
            ctx.exit(STOPPED)
        except BrokenPipeError:  # `crmtheory data | head`: the reader has had enough
            raise
        except OSError as error:  # a folder that may not be written to, a full disk
            raise click.ClickException(
                f"Cannot write {error.filename or 'the output'}: {error.strerror or error}. "
                "Choose another folder with --output."
            ) from None


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="crmtheory", message="%(prog)s %(version)s")
@click.option("--notebooks", type=click.Path(path_type=Path), help="A folder of chapters of your own.")
@click.pass_context
def main(ctx: click.Context, notebooks: Path | None) -> None:
    """Six theories of customer-relationship management, tested on your own customers."""
    ctx.obj = notebooks


@main.command("list")
@click.pass_obj
def list_theories(folder: Path | None) -> None:
    """The six theories and their chapters."""
    written = contents.available(folder)
    for theory in contents.THEORIES.values():
        state = f"{theory.stem}.ipynb" if theory in written else "not written yet"
        click.echo(f"{theory.number}  {theory.name:<13} {theory.title} {theory.title_zh}: {state}")
        click.echo(f"   {'':<13} {theory.question}")


@main.command()
@click.argument("name", required=False)
def data(name: str | None) -> None:
    """The data sets that come with the package, or one of them: columns, licence, warnings."""
    from crmtheory import datasets

    if name is None:
        for entry in datasets.catalogue().itertuples():
            kind = entry.kind if entry.real else f"{entry.kind}, simulated"
            click.echo(f"{entry.Index:<30} {entry.rows:>9,} rows  {entry.title} ({kind})")
        return
    found = datasets.describe(name)
    click.echo(f"{found.title} ({found.kind}, {'real' if found.real else 'simulated'}, {found.rows:,} rows)")
    click.echo(f"{found.description}\n\nColumns")
    for column in found.columns:
        unit = f" [{column.unit}]" if column.unit else ""
        click.echo(f"  {column.name:<24} {column.meaning}{unit}")
    for warning in found.warnings:
        click.echo(f"\nWarning: {warning}")
    click.echo(
        f"\nLicence: {found.licence} ({found.licence_source})\nSource: {found.citation} {found.source}"
    )


@main.command()
@click.argument("chapter", metavar="THEORY")
@click.option("-p", "given", nargs=2, multiple=True, metavar="NAME VALUE", help="Set a parameter.")
@click.option(
    "-f", "file", type=click.Path(path_type=Path), help="A YAML file of parameters; -p goes before."
)
@click.option(
    "-o", "--output", "output", type=click.Path(path_type=Path), help="Where to write [results/THEORY]."
)
@click.option("--parameters", "list_only", is_flag=True, help="List the parameters and stop.")
@click.pass_obj
def run(
    folder: Path | None,
    chapter: str,
    given: Sequence[tuple[str, str]],
    file: Path | None,
    output: Path | None,
    list_only: bool,
) -> None:
    """Run a chapter. THEORY is its name or number, or a notebook file."""
    from crmtheory import notebooks

    if list_only:
        for parameter in notebooks.parameters(chapter, folder):
            head = f"{parameter.name}: {parameter.type} = {parameter.default!r}"
            click.echo(f"{head}\n    {parameter.help}" if parameter.help else head)
        return
    values = {**(_read(file) if file else {}), **dict(given)}
    notebooks.check(chapter, values, folder)
    place = output or values.pop("output", None) or None
    name = chapter if chapter.endswith(".ipynb") else contents.find(chapter).name
    with Bars([name]) as tell:
        done = notebooks.run(chapter, values, place, lambda n, total: tell(0, n, total), folder=folder)
    click.echo(f"Done in {done.seconds:.0f} s. Read {done.html}")
    for table in done.result.get("tables", ()):
        click.echo(f"  {done.folder / table['file']}: {table['rows']:,} rows")
    _verdicts(done.result.get("verdicts", ()))


@main.command()
@click.option(
    "-s", "--study", type=click.Path(path_type=Path), help="A study file: run the chapters on your own data."
)
@click.option(
    "-o", "--output", "output", type=click.Path(path_type=Path), default=Path("reports"), show_default=True
)
@click.option(
    "--fresh",
    is_flag=True,
    help="Run all chapters again, also finished ones whose data are the same.",
)
@click.pass_obj
def report(folder: Path | None, study: Path | None, output: Path, fresh: bool) -> None:
    """Run all chapters, on the data that come with the package or on a study of yours, and write one report.

    A chapter that an earlier report in the same folder has finished is not run again while its data, its parameters
    and this package are the same; so a report that was interrupted goes on where it was.
    """
    import time

    from crmtheory import notebooks

    started = time.perf_counter()
    written = {theory.name for theory in contents.available(folder)}
    runs = [job for job in notebooks.RUNS if job.theory in written]
    left_out: Mapping[str, str] = {}
    if study is not None:
        runs, left_out = _of_study(study, sorted(written), folder)
    if not runs:
        why = (
            "no chapter is written yet" if study is None else "no chapter can be run on this study, see above"
        )
        raise SchemaError(f"There is nothing to report: {why}.")
    names = [f"{job.theory}, {job.label}" for job in runs]
    with outputs.alone(output):
        with Bars(names) as tell:
            done = notebooks.run_all(
                runs, output, tell, folder=folder, fresh=fresh, notice=partial(click.echo, err=True)
            )
        from crmtheory import customer_list
        from crmtheory.report import index

        failures = {
            name: str(one) for name, one in zip(names, done, strict=True) if isinstance(one, Exception)
        }
        results = [one for one in done if not isinstance(one, Exception)]
        lists = customer_list.write(results, output)
        title = runs[0].label if study is not None else ""
        page = index(
            results, output, failures, left_out=left_out, lists=lists, rule=customer_list.RULE, title=title
        )
    outcome = f"{len(failures)} of {len(runs)} stopped" if failures else "Done"
    if again := sum(one.reused for one in results):
        outcome += f", {again} of {len(runs)} finished before and the same,"
    click.echo(f"{outcome} in {time.perf_counter() - started:.0f} s. Open {page}")
    if failures:
        raise SchemaError("\n".join(f"{name} failed. {message}" for name, message in failures.items()))


@main.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "-o", "--output", "output", type=click.Path(path_type=Path), default=Path("study.yaml"), show_default=True
)
def init(files: Sequence[str], output: Path) -> None:
    """Look at your files, guess what their columns mean, and write a study file to check and run."""
    from crmtheory import study

    found = study.guess(files)
    click.echo(str(found))
    written = study.write(found, output)
    click.echo(f"\nWritten to {written}. Check every guess in it, then: crmtheory report --study {written}")


@main.command()
@click.argument("name", required=False)
def presets(name: str | None) -> None:
    """The exports of other systems that can be read by name, or one of them."""
    from crmtheory.transactions import presets as known

    if name is not None:
        click.echo(known.describe(name))
        return
    for preset in known.load().values():
        state = "" if preset.verified else " (not verified on a real export)"
        click.echo(f"{preset.name:<16} {preset.title}{state}")


@main.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
def key(file: Path | None) -> None:
    """Make a key file for hiding customer ids (pseudonymise: true). Keep it apart from the results."""
    from crmtheory import privacy

    click.echo(f"Written to {privacy.make_key(file)}. Whoever has it can find the customers again.")


def _of_study(
    file: Path, theories: Sequence[str], folder: Path | None
) -> tuple[list[Any], Mapping[str, str]]:
    """The runs of a study, and why other chapters cannot be run on it, which is said, too."""
    from crmtheory import notebooks
    from crmtheory import study as studies

    study = studies.read(file)
    known = {name: [one.name for one in notebooks.parameters(name, folder)] for name in theories}
    runs, left_out = study.runs(known)
    for name, reason in left_out.items():
        click.echo(f"{name} is not run: {reason}", err=True)
    label = study.title or file.stem
    return [notebooks.Run(name, label, _from_here(given)) for name, given in runs.items()], left_out


def _from_here(given: Mapping[str, Any]) -> dict[str, Any]:
    """Paths of data as seen from the working folder, so that no result holds a place on this machine."""
    here, paths = Path.cwd(), {}
    for name in ("transactions", "survey", "contacts", "attributes"):
        path = Path(given.get(name) or "")
        if path.is_absolute() and path.is_relative_to(here):
            paths[name] = str(path.relative_to(here))
    return {**given, **paths}


def _read(file: Path) -> Mapping[str, Any]:
    """The parameters in a YAML file."""
    import yaml

    if not file.is_file():
        raise SchemaError(f"There is no file {file}.")
    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SchemaError(f"{file} cannot be read as YAML: {str(error).splitlines()[0]}.") from None
    if not isinstance(values, dict):
        raise SchemaError(f'{file} must hold lines such as "horizon_weeks: 52".')
    return {str(name): value for name, value in values.items()}


def _verdicts(verdicts: Sequence[Mapping[str, Any]]) -> None:
    """Three lines: which claims the data support, contradict, and leave open."""
    if not verdicts:
        return
    for word, kinds in (
        ("supported", ("supported",)),
        ("contradicted", ("contradicted",)),
        ("open", ("inconclusive", "not testable")),
    ):
        found = [
            one["id"]
            if one["verdict"] in {"supported", "contradicted"}
            else f"{one['id']} ({one['verdict']})"
            for one in verdicts
            if one["verdict"].startswith(kinds)
        ]
        click.echo(f"  {word:<13} {', '.join(found) or 'none'}")
