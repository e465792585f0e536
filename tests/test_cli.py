"""The command line: says what it does, where to look, and in one message what is wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import small_chapter
from click.testing import CliRunner, Result

from crmtheory import notebooks
from crmtheory.cli import main
from crmtheory.notebooks import Run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    small_chapter.write(tmp_path / "notebooks")
    return tmp_path / "notebooks"


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["--notebooks", "notebooks", *arguments])


def assert_refused(result: Result, message: str) -> None:
    assert (result.exit_code, result.stderr) == (1, f"Error: {message}\n")
    assert "Traceback" not in result.output


def test_version_needs_nothing_heavy() -> None:
    code = (
        "import sys; from crmtheory.cli import main\n"
        "try: main(['--version'])\n"
        "except SystemExit: print({'pandas', 'numpy', 'papermill', 'nbconvert'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1] == "set()"


def test_the_module_is_the_command() -> None:
    command = [sys.executable, "-m", "crmtheory", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, encoding="utf-8")
    assert done.stdout.startswith("Usage: crmtheory")


def test_list_shows_six_theories_and_which_are_written(folder: Path) -> None:
    result = call("list")
    assert result.exit_code == 0
    assert result.output.count("not written yet") == 5
    assert "5  value         Customer value 客户价值理论: 05_customer_value.ipynb" in result.output


def test_data_lists_the_catalogue_and_describes_one(folder: Path) -> None:
    assert "cdnow_sample" in call("data").output
    text = call("data", "cdnow_sample").output
    assert "Columns" in text
    assert "Licence: Apache-2.0" in text


def test_an_unknown_data_set_is_refused_with_the_closest(folder: Path) -> None:
    result = call("data", "cdnow_sampel")
    assert result.exit_code == 1
    assert result.stderr.startswith(
        'Error: There is no data set "cdnow_sampel". Did you mean "cdnow_sample"? Known: '
    )


def test_parameters_are_listed_with_default_and_help(folder: Path) -> None:
    lines = call("run", "05", "--parameters").output.splitlines()
    assert lines[2:4] == ["horizon_weeks: int = 52", "    how far to look ahead, in weeks"]


def test_a_run_says_where_to_look_and_what_was_found(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("customer: 李雷\nhorizon_weeks: 12\n", encoding="utf-8")
    result = call("run", "value", "-f", "mine.yaml", "-p", "horizon_weeks", "39")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith("Done in ")
    assert lines[0].endswith(f"Read {Path('results/value/05_customer_value.html')}")
    assert lines[1] == f"  {Path('results/value/tables/customers.csv')}: 3 rows"
    assert lines[2] == f"  {Path('results/value/actions.csv')}: 3 rows"
    assert lines[3:] == ["  supported     none", "  contradicted  VAL-1", "  open          none"]
    text = (tmp_path / "results/value/result.json").read_text(encoding="utf-8")
    assert '"customer": "李雷"' in text
    assert '"horizon_weeks": 39' in text


def test_misspelt_and_wrong_parameters_are_refused_before_anything_runs(folder: Path, tmp_path: Path) -> None:
    assert_refused(
        call("run", "value", "-p", "horizn_weeks", "3", "-p", "margin", "abc"),
        "The parameters of the value chapter break 2 rules.\n"
        '  There is no parameter "horizn_weeks". Did you mean "horizon_weeks"? '
        "Known: customer, horizon_weeks, margin, names, deep, output.\n"
        '  margin must be a number (float), not "abc".',
    )
    assert not (tmp_path / "results").exists()


def test_an_unknown_theory_is_refused(folder: Path) -> None:
    message = (
        'There is no theory "valeu". Did you mean "value"? '
        "Known: relationship, lifecycle, satisfaction, loyalty, value, segmentation."
    )
    assert_refused(call("run", "valeu"), message)


def test_a_missing_notebook_and_a_missing_file_are_refused(folder: Path) -> None:
    assert_refused(call("run", "mine.ipynb"), "There is no notebook mine.ipynb.")
    assert_refused(call("run", "value", "-f", "none.yaml"), "There is no file none.yaml.")


@pytest.mark.parametrize("text", ["just text", "- a\n- b", ""])
def test_a_file_that_holds_no_parameters_is_refused(folder: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "p.yaml").write_text(text, encoding="utf-8")
    assert_refused(
        call("run", "value", "-f", "p.yaml"), 'p.yaml must hold lines such as "horizon_weeks: 52".'
    )


def test_a_failing_cell_is_named_with_its_error_and_the_notebook(folder: Path) -> None:
    result = call("run", "value", "-p", "customer", "crash", "-o", "out")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-3:] == [
        "Error: KeyError: 'no such customer'",
        'The notebook stopped in cell In [4], which begins: if customer == "crash":',
        f"The notebook up to there: {Path('out/05_customer_value.ipynb')}",
    ]


def test_an_error_of_ours_keeps_its_own_words(folder: Path) -> None:
    result = call("run", "value", "-p", "customer", "refused", "-o", "out")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-2:] == [
        "Error: One customer is not enough: at least 2 are needed.",
        f"Stopped in cell In [4]. The notebook up to there: {Path('out/05_customer_value.ipynb')}",
    ]
    assert "DomainError" not in result.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C to the whole console")
def test_ctrl_c_stops_the_kernel_and_says_so(folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "crmtheory", "--notebooks", "notebooks", "run", "value"]
    running = subprocess.Popen(
        [*command, "-p", "customer", "slow"], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    file = tmp_path / "kernel.pid"
    wait_until(lambda: file.is_file() and file.read_text().endswith("\n"))  # the cell is running
    running.send_signal(signal.SIGINT)
    _, error = running.communicate(timeout=60)
    assert (running.returncode, error) == (130, "value: 12 cells\n\nStopped.\n")
    wait_until(lambda: not alive(int(file.read_text())))


def wait_until(come: Callable[[], bool]) -> None:
    for _ in range(600):
        if come():
            return
        time.sleep(0.1)
    raise AssertionError("it has not come within a minute")


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_notebook_of_ones_own_runs_by_its_path(folder: Path, tmp_path: Path) -> None:
    (folder / "05_customer_value.ipynb").rename(tmp_path / "mine.ipynb")
    result = call("run", "mine.ipynb", "-o", "out")
    assert result.exit_code == 0
    assert (tmp_path / "out" / "mine.html").is_file()


def test_the_report_runs_all_and_names_what_failed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notebooks, "RUNS", (Run("value", "Good"), Run("value", "Bad", {"customer": "crash"})))
    result = call("report")
    assert result.exit_code == 1
    assert f"Open {Path('reports/index.html')}" in result.stdout
    assert "Error: value, Bad failed. KeyError: 'no such customer'" in result.stderr
    page = (tmp_path / "reports" / "index.html").read_text(encoding="utf-8")
    assert 'href="value-good/05_customer_value.html"' in page
    assert "KeyError" in page


def test_a_second_report_runs_what_has_not_finished_and_fresh_runs_all(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = Run("value", "Good")
    monkeypatch.setattr(notebooks, "RUNS", (good, Run("value", "Other", {"customer": "crash"})))
    assert call("report").exit_code == 1
    monkeypatch.setattr(notebooks, "RUNS", (good, Run("value", "Other", {"customer": "Li"})))
    again = call("report")
    assert again.exit_code == 0, again.output
    assert "value, Good: finished before\n" in again.stderr
    assert "value, Other: finished\n" in again.stderr
    assert "Done, 1 of 2 finished before and the same, in" in again.stdout
    first = (folder.parent / "reports" / "scorecard.json").read_bytes()
    fresh = call("report", "--fresh")
    assert "finished before" not in fresh.output
    assert (folder.parent / "reports" / "scorecard.json").read_bytes() == first


def test_a_report_without_chapters_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebooks").mkdir()
    assert_refused(call("report"), "There is nothing to report: no chapter is written yet.")
