"""Run the cells of a notebook, tell how far it is, and leave nothing behind that changes from run to run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from crmtheory import outputs
from crmtheory.errors import SchemaError

KERNEL = "python3"  # whatever the notebook says: the environment that runs this code
ENGINE = "crmtheory"
INJECTED = "injected-parameters"  # tag of the cell that papermill puts in
OURS = ("SchemaError", "DomainError", "ConvergenceError")  # their messages say everything
Progress = Callable[[int, int], None]
NOTHING: Mapping[str, str] = MappingProxyType({})
# Threads of linear algebra wait for each other in a busy loop: for the small matrices of a model that costs most of the
# time when several chapters run side by side. Who sets these variables decides otherwise.
ONE_THREAD = MappingProxyType(
    dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1")
)


class ChapterError(RuntimeError):
    """A cell of a chapter failed.

    Attributes
    ----------
    cell : its number, as in ``In [cell]``; None when the kernel itself failed
    line : the first line of its code
    ename, evalue : name and message of the error
    notebook : the notebook with all outputs up to the failure; None when none was kept
    """

    def __init__(self, cell: int | None, line: str, ename: str, evalue: str, notebook: Path | None) -> None:
        self.cell, self.line, self.ename, self.evalue, self.notebook = cell, line, ename, evalue, notebook
        super().__init__(str(self))

    def __str__(self) -> str:
        if self.ename in OURS:
            place = "" if self.cell is None else f"Stopped in cell In [{self.cell}]. "
            return f"{self.evalue}\n{place}The notebook up to there: {self.notebook}"
        lines = [f"{self.ename}: {self.evalue}"]
        if self.cell is not None:
            lines.append(f"The notebook stopped in cell In [{self.cell}], which begins: {self.line}")
        if self.notebook is not None:
            lines.append(f"The notebook up to there: {self.notebook}")
        return "\n".join(lines)


def load(path: Path) -> Any:
    """Read a notebook file."""
    import nbformat

    if not path.is_file():
        raise SchemaError(f"There is no notebook {path}.")
    try:
        return nbformat.read(path, as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, UnicodeDecodeError) as error:
        raise SchemaError(f"{path} is not a notebook: {str(error).splitlines()[0]}") from None


def execute(
    notebook: Any,
    parameters: Mapping[str, Any],
    *,
    output: Path | None,
    cwd: Path,
    progress: Progress | None = None,
    stopped: threading.Event | None = None,
    failed: Path | None = None,
    environment: Mapping[str, str] = NOTHING,
) -> Any:
    """Run all cells of a notebook in a fresh kernel.

    Parameters
    ----------
    notebook : a notebook as `load` gives it; it is not changed
    parameters : checked values, put in after the cell tagged `parameters`
    output : where to write the executed notebook; None keeps it in memory
    cwd : the working directory of the cells, against which relative paths of the user are resolved
    progress : called with (cells done, cells in all) after each cell
    stopped : when another thread sets it, the kernel is ended within about a second
    failed : where to write it when a cell fails, if not to `output`
    environment : further environment variables of the kernel

    Raises
    ------
    ChapterError : a cell failed, or the kernel died
    """
    import copy
    import logging

    import papermill
    from nbclient.exceptions import DeadKernelError

    _register_engine()
    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # errors are told once, by ChapterError
    kept: list[Any] = []
    try:
        done = papermill.execute_notebook(
            copy.deepcopy(notebook),
            None,  # papermill writes by a working directory that all threads share: `write` does it instead
            parameters=dict(parameters),
            engine_name=ENGINE,
            kernel_name=KERNEL,
            progress_bar=False,
            request_save_on_cell_execute=False,
            resources={"metadata": {"path": str(cwd)}},  # of the kernel alone, not of this process
            progress=progress,
            stopped=stopped or threading.Event(),
            kept=kept,
            environment=environment,
        )
    except papermill.PapermillExecutionError as error:
        where = failed or output
        if where is not None:
            write(strip(kept[0]), where)
        line = next((row for row in error.source.splitlines() if row.strip()), "")
        raise ChapterError(error.exec_count, line, error.ename, error.evalue, where) from None
    except DeadKernelError:
        text = "The kernel died, most often because the memory of the machine was full. Try fewer rows."
        raise ChapterError(None, "", "DeadKernelError", text, None) from None
    stripped = strip(done)
    if output is not None:
        write(stripped, output)
    return stripped


def strip(notebook: Any) -> Any:
    """The notebook without times and chance: what papermill notes about the run, the version of Python."""
    import copy

    clean = copy.deepcopy(notebook)
    clean.metadata.pop("papermill", None)
    clean.metadata.get("language_info", {}).pop("version", None)
    for cell in clean.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        if INJECTED in cell.metadata.get("tags", ()):
            cell.id = INJECTED  # papermill draws one by chance
    return clean


def write(notebook: Any, path: Path) -> None:
    """Write a notebook file, whole or not at all."""
    import nbformat

    outputs.write(path, nbformat.writes(notebook) + "\n")


def _register_engine() -> None:
    """Papermill's own engine, which also tells after each cell how far it is, and which can be stopped."""
    import os

    from jupyter_client.manager import AsyncKernelManager
    from papermill.engines import NBClientEngine, papermill_engines

    class Engine(NBClientEngine):
        @classmethod
        def execute_managed_notebook(
            cls,
            nb_man: Any,
            kernel_name: str,
            stopped: threading.Event,
            kept: list[Any],
            environment: Mapping[str, str],
            progress: Progress | None = None,
            **options: Any,
        ) -> None:
            kept.append(nb_man.nb)  # with its outputs so far, also when a cell fails

            class Manager(AsyncKernelManager):
                async def _async_pre_start_kernel(self, **given: Any) -> Any:
                    return await super()._async_pre_start_kernel(
                        **{**given, "env": {**ONE_THREAD, **os.environ, **environment}}
                    )

                async def _async_is_alive(self) -> bool:  # asked every second while a cell runs
                    if stopped.is_set() and self.provisioner is not None:
                        await self.provisioner.kill()
                    return await super()._async_is_alive()

            complete = nb_man.cell_complete

            def cell_complete(cell: Any, cell_index: int | None = None, **more: Any) -> None:
                complete(cell, cell_index=cell_index, **more)
                if progress is not None and cell_index is not None:
                    progress(cell_index + 1, len(nb_man.nb.cells))

            nb_man.cell_complete = cell_complete
            quiet = ["--IPKernelApp.log_level=CRITICAL"]  # its log is not for the terminal of the user
            super().execute_managed_notebook(
                nb_man, kernel_name, extra_arguments=quiet, kernel_manager_class=Manager, **options
            )

    papermill_engines.register(ENGINE, Engine)
