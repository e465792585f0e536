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

from crmtheory import contents, notebooks, outputs, places, privacy, report, resume
from crmtheory.errors import SchemaError
from crmtheory.notebooks import ChapterError, Run, RunResult
from crmtheory.resume import Checksums

PLACE = Path("reports/value")
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


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def chapter(here: Path) -> Path:
    return small_chapter.write(here / "chapters", LATE)


def differ(one: resume.Depends, other: resume.Depends) -> set[str]:
    assert set(one) == set(other)
    return {name for name in one if one[name] != other[name]}


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_gives_the_same(chapter: Path) -> None:
    one = Checksums().of(chapter, {"customer": "Li", "margin": 0.3, "output": "a"}, PLACE, "A")
    other = Checksums().of(chapter, {"margin": 0.3, "customer": "Li", "output": "b"}, PLACE, "A")
    assert one == other
    assert sorted(one) == ["data", "notebook", "package", "parameters", "versions"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"deep": True},
        {"deep": 1},
        {"deep": 1.0},
        {"deep": "1"},
        {"names": ["a", "b"]},
        {"names": ["b", "a"]},
    ],
    ids=str,
)
def test_other_parameters_differ(chapter: Path, given: dict[str, object]) -> None:
    sums = Checksums()
    assert differ(sums.of(chapter, {"deep": False}, PLACE), sums.of(chapter, given, PLACE)) == {"parameters"}


def test_another_label_or_folder_differs(chapter: Path) -> None:
    sums = Checksums()
    one = sums.of(chapter, {}, PLACE, "A")
    assert differ(one, sums.of(chapter, {}, PLACE, "B")) == {"parameters"}
    assert differ(one, sums.of(chapter, {}, Path("elsewhere"), "A")) == {"parameters"}


def test_another_cell_differs_and_another_output_does_not(here: Path) -> None:
    path = small_chapter.write(here / "chapters")
    one = Checksums().of(path, {}, PLACE)
    found = json.loads(path.read_text(encoding="utf-8"))
    code = next(cell for cell in found["cells"] if cell["cell_type"] == "code")
    code["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["1"]}]
    path.write_text(json.dumps(found), encoding="utf-8")
    assert differ(one, Checksums().of(path, {}, PLACE)) == set()
    found["cells"][-1]["source"] = "1 + 1"
    path.write_text(json.dumps(found), encoding="utf-8")
    assert differ(one, Checksums().of(path, {}, PLACE)) == {"notebook"}


def test_another_default_in_the_source_differs(chapter: Path) -> None:
    one = Checksums().of(chapter, {}, PLACE)
    source = contents.source("value", chapter.parent)
    source.write_text(
        source.read_text(encoding="utf-8").replace("float = 0.3", "float = 0.4"), encoding="utf-8"
    )
    assert differ(one, Checksums().of(chapter, {}, PLACE)) == {"notebook"}


@pytest.mark.parametrize(
    "given",
    [{"customer": "a.csv"}, {"names": ["x", "a.csv"]}, {"d": {"a.csv": 1}}, {"d": {"x": ["a.csv"]}}, {"c": "*.csv"},
     {"transactions": "folder"}],
    ids=str,
)  # fmt: skip
def test_a_file_that_parameters_name_differs_when_its_content_does(
    chapter: Path, here: Path, given: dict[str, object]
) -> None:
    (here / "folder").mkdir()
    for file in (here / "a.csv", here / "folder" / "orders.csv"):
        file.write_text("1", encoding="utf-8")
    sums = Checksums()
    one = sums.of(chapter, given, PLACE)
    assert differ(one, sums.of(chapter, given, PLACE)) == set()
    for file in (here / "a.csv", here / "folder" / "orders.csv"):
        file.write_text("22", encoding="utf-8")
    assert differ(one, sums.of(chapter, given, PLACE)) == {"data"}
    assert differ(sums.of(chapter, given, PLACE), Checksums().of(chapter, given, PLACE)) == set()


def test_one_file_more_under_a_pattern_differs(chapter: Path, here: Path) -> None:
    (here / "a1.csv").write_text("1", encoding="utf-8")
    one = Checksums().of(chapter, {"customer": "a?.csv"}, PLACE)
    (here / "a2.csv").write_text("1", encoding="utf-8")
    assert differ(one, Checksums().of(chapter, {"customer": "a?.csv"}, PLACE)) == {"data"}


def test_a_shipped_data_set_is_looked_at_by_its_name(
    chapter: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Checksums().of(chapter, {"customer": "donations"}, PLACE)
    (here / "other.csv").write_text("1", encoding="utf-8")
    monkeypatch.setattr(resume.datasets, "path", lambda name: here / "other.csv")
    assert differ(one, Checksums().of(chapter, {"customer": "donations"}, PLACE)) == {"data"}


@pytest.mark.parametrize("text", ["", ".", "x" * 5000, "a\0b", "~nobody-of-this-name/a", "[", "chapters"])
def test_a_text_that_names_no_file_is_no_data(chapter: Path, text: str) -> None:
    sums = Checksums()
    assert (
        sums.of(chapter, {"customer": text}, PLACE)["data"]
        == sums.of(chapter, {"customer": "Li"}, PLACE)["data"]
    )


def test_a_changed_file_of_the_package_differs(
    chapter: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = here / "package"
    (code / "__pycache__").mkdir(parents=True)
    (code / "a.py").write_text("1", encoding="utf-8")
    monkeypatch.setattr(places, "PACKAGE", code)
    monkeypatch.setattr(places, "folder", lambda name: Path(notebooks.__file__).parents[1] / name)
    one = Checksums().of(chapter, {}, PLACE)
    (code / "__pycache__" / "a.pyc").write_text("1", encoding="utf-8")
    assert differ(one, Checksums().of(chapter, {}, PLACE)) == set()
    (code / "claims.toml").write_text("1", encoding="utf-8")
    assert differ(one, Checksums().of(chapter, {}, PLACE)) == {"package"}


def test_another_version_of_a_package_differs(chapter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Checksums().of(chapter, {}, PLACE)
    version = resume.metadata.version
    monkeypatch.setattr(resume.metadata, "version", lambda name: "99" if name == "scipy" else version(name))
    assert differ(one, Checksums().of(chapter, {}, PLACE)) == {"versions"}


@pytest.mark.parametrize("hidden", [{"pseudonymise": True}, {"policies": {"pseudonymise": True}}], ids=str)
def test_the_key_counts_where_ids_are_hidden_and_is_not_kept(
    chapter: Path, monkeypatch: pytest.MonkeyPatch, hidden: dict[str, object]
) -> None:
    keys = ["a key for the tests, no secret", "another key for the tests, no secret"]
    plain, found = [], []
    for key in keys:
        monkeypatch.setenv("CRMTHEORY_KEY", key)
        plain.append(Checksums().of(chapter, {}, PLACE))
        found.append(Checksums().of(chapter, hidden, PLACE))
    assert differ(*plain) == set()
    assert differ(*found) == {"data"}
    monkeypatch.setattr(privacy, "read_key", lambda: (_ for _ in ()).throw(SchemaError("no key")))
    assert differ(found[0], Checksums().of(chapter, hidden, PLACE)) == {"data"}


def test_large_data_are_announced_and_read_once(
    chapter: Path, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (here / "log.csv").open("wb") as file:
        file.truncate(3_000_000)
    monkeypatch.setattr(resume, "LARGE", 2_000_000)
    told: list[str] = []
    sums = Checksums(told.append)
    for _ in range(3):
        sums.of(chapter, {"customer": "log.csv", "names": ["log.csv"]}, PLACE)
    assert told == ["Looking whether log.csv has changed (0.0 GB)."]


RUNS = [Run("value", "A", {"names": "data.csv, b"}), Run("value", "B", {"customer": "late"})]


def test_a_report_that_is_killed_goes_on_where_it_was(chapter: Path, here: Path) -> None:
    """The process is killed for good while one of two chapters has written everything but not ended."""
    for name in ("data.csv", "wait"):
        (here / name).write_text("1", encoding="utf-8")
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\nimport test_resume\nfrom crmtheory import notebooks\n"
        "notebooks.run_all(test_resume.RUNS, 'out', workers=2, folder='chapters')\n"
    )
    first, second = here / "out" / "value-a", here / "out" / "value-b"
    with subprocess.Popen([sys.executable, "-c", program, str(Path(__file__).parent)], cwd=here) as process:
        until(lambda: (first / outputs.RECORD).is_file() and (here / "kernel.pid").is_file())
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
    again(here, [False, True])
    (first / "actions.csv").write_text("changed by somebody", encoding="utf-8")
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
