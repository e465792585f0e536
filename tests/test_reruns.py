"""A finished chapter runs again only if something changed; a killed one leaves nothing half; equal runs are equal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import small_chapter

from crmtheory import notebooks, outputs, report
from crmtheory.errors import SchemaError
from crmtheory.notebooks import ChapterError, Run, RunResult

# A cell that stops as long as the file "wait" is there, after all has been written.
LATE = """
# %%
import os
import time

if customer == "late" and os.path.exists("wait"):
    with open("kernel.part", "w") as file:
        file.write(str(os.getpid()))
    os.replace("kernel.part", "kernel.pid")
    time.sleep(600)
if customer == "dies" and not os.path.exists("lives"):
    os._exit(9)
"""


RUNS = [Run("value", "A", {"names": "data.csv, b"}), Run("value", "B", {"customer": "late"})]


@pytest.fixture
def chapter(here: Path) -> Path:
    return small_chapter.write(here / "chapters", LATE)


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_report_that_is_killed_goes_on_where_it_was(chapter: Path, here: Path) -> None:
    """The process is killed for good while one of two chapters has written everything but not ended."""
    for name in ("data.csv", "wait"):
        (here / name).write_text("1", encoding="utf-8")
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\nimport test_reruns\nfrom crmtheory import notebooks\n"
        "notebooks.run_all(test_reruns.RUNS, 'out', workers=2, folder='chapters')\n"
    )
    first, second = here / "out" / "value-a", here / "out" / "value-b"
    with subprocess.Popen([sys.executable, "-c", program, str(Path(__file__).parent)], cwd=here) as process:
        try:
            until(lambda: (first / outputs.RECORD).is_file() and (here / "kernel.pid").is_file())
        finally:
            os.kill(process.pid, signal.SIGKILL)
    kernel = int((here / "kernel.pid").read_text())
    until(lambda: not alive(kernel))
    assert [path.name for path in second.iterdir() if not path.name.startswith(".")] == []
    before = {name: (first / name).stat().st_mtime_ns for name in content(first) if name != outputs.LOCK}
    (here / "wait").unlink()

    seen: list[tuple[int, int, int]] = []
    told = lambda *progress: seen.append(progress)  # noqa: E731
    done = notebooks.run_all(RUNS, "out", told, workers=2, folder="chapters")
    assert [(one.label, one.reused) for one in done if isinstance(one, RunResult)] == [
        ("A", True),
        ("B", False),
    ]
    assert {name: (first / name).stat().st_mtime_ns for name in content(first)} == before
    assert [one for one in seen if one[0] == 0] == [(0, seen[0][2], seen[0][2])]
    assert done[0].result["parameters"]["names"] == ["data.csv", "b"]
    for place in (first, second):
        assert [name for name in content(place) if name.startswith(".")] == [outputs.RECORD]
        assert not list(place.glob(f"{outputs.STAGES}*"))

    text = (first / outputs.RECORD).read_text(encoding="utf-8")
    assert str(here) not in text
    assert sorted(json.loads(text)) == ["depends", "files", "schema"]
    assert set(json.loads(text)["files"]) == set(content(first)) - {outputs.RECORD}

    again(here, [True, True])
    (here / "data.csv").write_text("2", encoding="utf-8")
    (second / "figures" / "lorenz.png").unlink()
    again(here, [False, False])
    again(here, [False, False], fresh=True)
    again(here, [True, True])


def again(here: Path, reused: list[bool], **more: bool) -> None:
    done = notebooks.run_all(RUNS, "out", folder="chapters", **more)
    assert [one.reused for one in done if isinstance(one, RunResult)] == reused
    assert (here / "out" / "value-b" / "figures" / "lorenz.png").is_file()


def test_a_run_that_ends_badly_leaves_the_results_of_the_one_before(
    chapter: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [Run("value", "A", {"customer": "dies"})]
    (here / "lives").write_text("", encoding="utf-8")
    assert [one.reused for one in notebooks.run_all(runs, "out", folder="chapters")] == [False]
    before = content(here / "out")
    (here / "lives").unlink()
    (dead,) = notebooks.run_all(runs, "out", folder="chapters", fresh=True)
    assert isinstance(dead, ChapterError)
    assert content(here / "out") == before

    def full(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(report, "page", full)
    with pytest.raises(OSError, match="No space"):
        notebooks.run("value", {}, "out/value-a", folder="chapters")
    assert content(here / "out") == before


def test_what_changes_while_a_chapter_runs_makes_it_run_again(
    chapter: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def executed(notebook: object, name: str, values: object, place: Path, stage: Path, *_: object) -> None:
        outputs.write(stage / name, "{}")
        (here / "data.csv").write_text("22", encoding="utf-8")

    (here / "data.csv").write_text("1", encoding="utf-8")
    monkeypatch.setattr(notebooks, "_execute", executed)
    runs = [Run("value", "A", {"customer": "data.csv"})]
    found = [notebooks.run_all(runs, "out", folder="chapters")[0].reused for _ in range(3)]
    assert found == [False, False, True]
    assert json.loads((here / "out/value-a" / outputs.RECORD).read_text())["depends"] is not None


def test_a_chapter_is_refused_while_another_run_writes_to_its_folder(chapter: Path, here: Path) -> None:
    with outputs.alone("out/value-a"):
        (refused,) = notebooks.run_all([Run("value", "A")], "out", folder="chapters")
    assert isinstance(refused, SchemaError)
    assert str(refused) == (
        f"Another run (process {os.getpid()}) is writing to {Path('out/value-a')}. Wait until it is done, or choose "
        "another folder with --output."
    )
    assert content(here / "out") == {}


def test_equal_runs_give_equal_bytes_in_any_process(chapter: Path, here: Path) -> None:
    program = "from crmtheory import notebooks; notebooks.run('value', {}, 'out', folder='../chapters')"
    found = []
    for seed in ("1", "2"):
        place = here / f"of_seed_{seed}"
        place.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", program], cwd=place, env=environment, check=True)
        found.append(content(place / "out"))
    assert len(found[0]) == 7
    assert found[0] == found[1]


def alive(process: int) -> bool:
    """Whether a process runs; one that has ended and whose parent has not asked yet does not."""
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat")
        return not (state.is_file() and state.read_text().rpartition(")")[2].split()[0] == "Z")
    except (ProcessLookupError, FileNotFoundError):
        return False


def until(condition, seconds: float = 120.0) -> None:  # type: ignore[no-untyped-def]
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
