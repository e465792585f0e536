"""Chapters that run side by side do not stand in each other's way."""

from pathlib import Path

import nbformat
import pytest

from crmtheory import contents, execution, notebooks
from crmtheory.runs import LONGEST_FIRST, RUNS, Run


def test_linear_algebra_of_a_kernel_has_one_thread_unless_told_otherwise(monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setenv("MKL_NUM_THREADS", "3")
    shown = "import os; print(os.environ['OPENBLAS_NUM_THREADS'], os.environ['MKL_NUM_THREADS'])"
    cells = [
        nbformat.v4.new_code_cell("a = 1", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(shown),
    ]
    done = execution.execute(nbformat.v4.new_notebook(cells=cells), {}, output=None, cwd=Path.cwd())
    assert done.cells[-1].outputs[0].text == "1 3\n"


@pytest.fixture
def started(monkeypatch):
    """The chapters in the order in which they are started; none is run."""
    order = []

    def started_only(path, *rest, **more):
        order.append(path.stem[3:].split("_")[-1])
        return path.stem

    monkeypatch.setattr(notebooks, "_run", started_only)
    return order


def test_the_longest_chapters_start_first_and_the_results_keep_their_order(started, tmp_path):
    theories = ["loyalty", "segmentation", "value"]
    results = notebooks.run_all([Run(theory, "") for theory in theories], tmp_path, workers=1)
    assert started == ["value", "segmentation", "loyalty"]
    assert results == [contents.find(theory).stem for theory in theories]


def test_every_chapter_of_the_report_has_its_place_in_the_order():
    assert {run.theory for run in RUNS} == set(LONGEST_FIRST) == set(contents.THEORIES)
