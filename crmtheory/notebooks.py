"""Run the chapters: with checked parameters, one alone or several side by side.

    run("value", {"transactions": "sales.csv"}, "results/value")

writes into one folder STEM.ipynb, STEM.html, result.json, actions.csv, tables/ and figures/, all at once when the
chapter has run to its end; until then what an earlier run left there stays. Relative paths of the user are taken from
the working directory. ``python -m crmtheory.notebooks build`` makes the notebooks
from their sources.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crmtheory import contents, execution, outputs, resume
from crmtheory import parameters as parameters_of
from crmtheory.building import build, convert, in_step, sources
from crmtheory.contents import THEORIES, Theory, available, find
from crmtheory.errors import SchemaError
from crmtheory.execution import ChapterError, Progress
from crmtheory.parameters import Parameter
from crmtheory.resume import Checksums
from crmtheory.runs import RUNS, Run, lasting

__all__ = [
    "RUNS", "THEORIES", "ChapterError", "Run", "RunResult", "Theory", "available", "build", "check",
    "convert", "find", "in_step", "parameters", "run", "run_all",
]  # fmt: skip


@dataclass(frozen=True)
class RunResult:
    """What a run has left: files, and the content of result.json. `reused` says that it has run before."""

    theory: str
    label: str
    folder: Path
    notebook: Path
    html: Path
    result: Mapping[str, Any]
    seconds: float
    reused: bool = False


def parameters(chapter: str | Path, folder: str | Path | None = None) -> tuple[Parameter, ...]:
    """The parameters of a chapter: name, type, default and help.

    Parameters
    ----------
    chapter : a theory ("value", "5", "05_customer_value") or the path of a notebook
    folder : where the notebooks are; by default those that come with the package
    """
    return parameters_of.read(_notebook(chapter, folder))


def check(
    chapter: str | Path, given: Mapping[str, object], folder: str | Path | None = None
) -> dict[str, Any]:
    """Values of the declared types for what was given as text, or one SchemaError with all that is wrong."""
    path = _notebook(chapter, folder)
    return parameters_of.from_text(parameters_of.read(path), given, _name(path))


def run(
    chapter: str | Path,
    given: Mapping[str, object] | None = None,
    output_dir: str | Path | None = None,
    progress: Progress | None = None,
    *,
    folder: str | Path | None = None,
    label: str = "",
) -> RunResult:
    """Run a chapter and write notebook, page, result, tables and figures into one folder.

    Parameters
    ----------
    chapter : a theory or the path of a notebook
    given : parameters, as text or typed; those not given keep their defaults
    output_dir : the folder to write to, ``results/<theory>`` if None; what an earlier run left there is
        replaced
    progress : called with (cells done, cells in all)
    folder : where the notebooks are; by default those that come with the package
    label : a name for this run, shown in the report

    Raises
    ------
    SchemaError : unknown theory or parameters; nothing has been run or written then
    ChapterError : a cell failed; the notebook up to there has been kept
    """
    path = _notebook(chapter, folder)
    values = check(path, given or {})
    place = Path(output_dir) if output_dir is not None else Path("results") / _name(path)
    if (place / path.name).resolve() == path.resolve():
        raise SchemaError(f"The output would overwrite the notebook {path}. Choose another folder.")
    sums = Checksums()
    with _Workers(1) as workers:
        job = workers.submit(_run, path, values, place, progress, label, workers.stopped, sums, fresh=True)
        return job.result()


def run_all(
    runs: Sequence[Run],
    output_dir: str | Path,
    progress: Callable[[int, int, int], None] | None = None,
    *,
    workers: int | None = None,
    folder: str | Path | None = None,
    fresh: bool = False,
    notice: Callable[[str], None] | None = None,
) -> list[RunResult | Exception]:
    """Run several chapters side by side, each in its own process, those that last long first; results or errors come
    in the order given.

    A chapter that has run before in its folder is not run again if nothing it depends on has changed and all its files
    are there as it left them (see `crmtheory.resume`).

    Parameters
    ----------
    runs : what to run; each writes to its own folder in `output_dir`
    output_dir : the folder of all of them
    progress : called with (place in `runs`, cells done, cells in all); once, with all done, if it has run before
    workers : how many at a time, by default one per processor
    folder : where the notebooks are
    fresh : run all of them again
    notice : called with a sentence before something else that takes long, such as to see if large data have changed
    """
    import os

    sums = Checksums(notice)

    def one(number: int) -> RunResult | Exception:
        job = runs[number]
        tell = None if progress is None else lambda done, total: progress(number, done, total)
        try:
            path = _notebook(job.theory, folder)
            values = check(path, job.given)
            place = Path(output_dir) / job.folder
            return _run(path, values, place, tell, job.label, pool.stopped, sums, fresh=fresh)
        except (SchemaError, ChapterError) as error:
            return error
        except Exception as error:  # whatever stops one chapter must not cost the others, nor the page
            return ChapterError(None, "", type(error).__name__, str(error), None)

    order = sorted(range(len(runs)), key=lambda number: lasting(runs[number].theory))
    with _Workers(workers or os.cpu_count() or 1) as pool:
        jobs = {number: pool.submit(one, number) for number in order}
        return [jobs[number].result() for number in range(len(runs))]


class _Workers(ThreadPoolExecutor):
    """Threads that wait for kernels. When the main thread leaves early (Ctrl-C), the kernels are ended."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.stopped = threading.Event()

    def __exit__(self, *_: object) -> None:
        self.stopped.set()  # without an error there is nothing left that it could stop
        self.shutdown(cancel_futures=True)


def _run(
    path: Path,
    values: dict[str, Any],
    place: Path,
    progress: Progress | None,
    label: str,
    stopped: threading.Event,
    sums: Checksums,
    *,
    fresh: bool,
) -> RunResult:
    """Run a chapter with checked parameters, or take what an earlier run of the same has left."""
    started = time.perf_counter()
    notebook = execution.load(path)
    with outputs.alone(place):
        outputs.settle(place)
        depends = sums.of(path, values, place, label)
        if reused := not fresh and resume.unchanged(place, depends):
            if progress is not None:
                progress(len(notebook.cells), len(notebook.cells))
        else:
            with outputs.staged(place) as stage:
                _execute(notebook, path.name, values, place, stage, progress, stopped)
                # What has changed meanwhile may have been read before or after.
                same = sums.of(path, values, place, label) == depends
                outputs.seal(stage, resume.record(stage, depends if same else None))
    html = place / f"{path.stem}.html"
    seconds = time.perf_counter() - started
    return RunResult(_name(path), label, place, place / path.name, html, _found(place), seconds, reused)


def _execute(
    notebook: Any,
    name: str,
    values: dict[str, Any],
    place: Path,
    stage: Path,
    progress: Progress | None,
    stopped: threading.Event,
) -> None:
    """Run a notebook that is called `place` and writes to `stage`; when a cell fails, it is kept in `place`."""
    done = execution.execute(
        notebook,
        {**values, parameters_of.OUTPUT: place.as_posix()},
        output=stage / name,
        failed=place / name,
        cwd=Path.cwd(),
        progress=progress,
        stopped=stopped,
        environment={outputs.STAGE: str(stage.absolute())},
    )
    from crmtheory.report import page  # nbconvert is slow to import

    outputs.write(stage / f"{Path(name).stem}.html", page(done, result=_found(stage)))


def _found(folder: Path) -> dict[str, Any]:
    """The content of result.json; a notebook of the user's own may have none."""
    file = folder / outputs.RESULT
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return found


def _notebook(chapter: str | Path, folder: str | Path | None) -> Path:
    if isinstance(chapter, Path) or chapter.endswith(".ipynb"):
        path = Path(chapter)
        if not path.is_file():
            raise SchemaError(f"There is no notebook {path}.")
        return path
    theory = contents.find(chapter)
    path = contents.notebook(theory, folder)
    if not path.is_file():
        written = ", ".join(other.name for other in contents.available(folder)) or "none"
        raise SchemaError(f'The chapter "{theory.name}" is not written yet. Written so far: {written}.')
    return path


def _name(path: Path) -> str:
    """The theory of a notebook, or the stem of a notebook of the user's own."""
    stems = {theory.stem: theory.name for theory in THEORIES.values()}
    return stems.get(path.stem, path.stem)


def main(arguments: Sequence[str], folder: str | Path | None = None) -> int:
    """``build`` makes the notebooks from their sources; ``check`` says which are out of step."""
    command, *names = arguments or ["", ""]
    stems: Iterable[str] = names or [theory.stem for theory in sources(folder)]
    if command == "build":
        for stem in stems:
            print(f"{stem}.ipynb: {'written' if build(stem, folder) else 'unchanged'}", flush=True)
        return 0
    if command == "check":
        late = [stem for stem in stems if not in_step(stem, folder)]
        for stem in late:
            print(f"{stem}.ipynb is not what its source gives. Run: make notebooks", file=sys.stderr)
        return 1 if late else 0
    print("usage: python -m crmtheory.notebooks build|check [STEM ...]", file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (SchemaError, ChapterError) as error:
        sys.exit(str(error))
