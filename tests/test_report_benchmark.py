"""The measure of the whole report: what it reads of memory is there, and its page says whether the targets were met."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from benchmarks import report
from benchmarks.report import Measured

GOOD = Measured("parquet", 200.0, 380.0, 4_000_000_000, 1_200_000, 5, "")

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def test_the_memory_of_a_tree_of_processes_counts_those_it_started():
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'x = bytearray(80_000_000); print(1, flush=True); input()'],"
        "stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "child.stdout.readline(); print(1, flush=True); input(); child.communicate(b'\\n')"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        measured = report.memory(process.pid)
        process.communicate(b"\n")
    assert 80_000_000 < measured < 300_000_000


def test_a_process_that_has_ended_takes_no_memory():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert report.memory(process.pid) == 0


def test_the_page_says_which_targets_were_met():
    text = report.page(1_000_000, 4_846_631, [GOOD, GOOD._replace(kind="csv", peak=6_500_000_000)])
    assert "1,000,000 customers, 4,846,631 purchases, 24 months." in text
    assert "| Parquet | 200     | 380               | 4.0             | 1.2              | 5        |" in text
    assert "The target of less than 5 minutes was met." in text
    assert "The target of less than 6 GB of memory was missed." in text
    assert "The target of less than 5 MB a page was met." in text


def test_a_report_that_did_not_finish_has_met_no_target():
    text = report.page(1000, 5000, [GOOD._replace(failed="a chapter stopped", chapters=4)])
    assert "4, not all" in text
    assert "met" not in text
    assert "The report did not finish" in text


def test_the_log_that_is_drawn_is_the_same_in_both_forms(tmp_path):
    for kind in report.KINDS:
        assert report.draw(tmp_path, 200, kind) > 200
    frames = pd.read_parquet(tmp_path / "log.parquet"), pd.read_csv(tmp_path / "log.csv")
    assert len(frames[0]) == len(frames[1])
    assert np.allclose(frames[0]["amount"], frames[1]["amount"])


def test_the_page_on_speed_has_a_place_for_the_table():
    assert "<!-- report -->" in report.PAGE.read_text(encoding="utf-8")
