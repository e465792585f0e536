"""Files are whole or not there; a folder has one writer; what a killed run left is put in order."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from crmtheory import outputs
from crmtheory.errors import SchemaError

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")


def files(folder: Path) -> dict[str, str]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in found}


def put(folder: Path, content: dict[str, str]) -> Path:
    for name, text in content.items():
        outputs.write(folder / name, text)
    return folder


def record(*names: str) -> dict[str, object]:
    return {"files": dict.fromkeys(names, "")}


def test_a_file_is_written_with_its_folders_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "tables" / "客户.csv"
    assert outputs.write(path, "a\r\n") == path
    outputs.write(str(path), b"b\n")
    assert path.read_bytes() == b"b\n"
    assert os.listdir(path.parent) == [path.name]


@POSIX
def test_a_file_has_the_rights_that_the_user_wants_for_new_files(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        outputs.write(tmp_path / "a", "x")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_an_error_while_writing_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = outputs.write(tmp_path / "a.csv", "old")

    def interrupted() -> None:
        with outputs.opened(path) as stream:
            stream.write(b"ne")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert files(tmp_path) == {"a.csv": "old"}


@POSIX
def test_a_full_disk_leaves_the_file_as_it_was_and_the_error_names_it(tmp_path: Path) -> None:
    """A limit on the size of files, at which the system refuses to write on as it does on a full disk."""
    outputs.write(tmp_path / "a.csv", "old")
    program = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "from crmtheory import outputs\n"
        "try:\n    outputs.write('a.csv', 'x' * 5000)\n"
        "except OSError as error:\n    print(error.errno, error.filename)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{errno.EFBIG} a.csv\n"
    assert files(tmp_path) == {"a.csv": "old"}


@POSIX
def test_a_writer_that_is_killed_leaves_the_file_as_it_was_and_the_next_one_clears_up(tmp_path: Path) -> None:
    outputs.write(tmp_path / "a.csv", "old")
    program = (
        "import os, signal\nfrom crmtheory import outputs\n"
        "with outputs.alone('.'), outputs.opened('a.csv') as stream:\n"
        "    stream.write(b'half'); stream.flush(); os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=False)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "a.csv").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 3  # with the half of a file and the lock of the dead
    mine = tmp_path / ".mine.part"
    mine.write_text("not ours")
    with outputs.alone(tmp_path):
        pass
    assert files(tmp_path) == {".mine.part": "not ours", "a.csv": "old"}


@POSIX
def test_a_second_writer_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    program = (
        "import time\nfrom crmtheory import outputs\n"
        "with outputs.alone('out'):\n    print(flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path, stdout=subprocess.PIPE) as first:
        first.stdout.readline()
        with pytest.raises(SchemaError) as caught, outputs.alone(tmp_path / "out"):
            pass
        first.kill()
    assert str(caught.value) == (
        f"Another run (process {first.pid}) is writing to {tmp_path / 'out'}. Wait until it is done, or choose "
        "another folder with --output."
    )
    with outputs.alone(tmp_path / "out"):  # the lock of the dead is taken over
        pass
    assert files(tmp_path) == {}


def test_of_many_threads_one_at_a_time_is_alone(tmp_path: Path) -> None:
    inside, most, refused = [0], [0], [0]

    def work() -> None:
        for _ in range(30):
            try:
                with outputs.alone(tmp_path):
                    inside[0] += 1
                    most[0] = max(most[0], inside[0])
                    time.sleep(0.0005)
                    inside[0] -= 1
            except SchemaError:
                refused[0] += 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] == 1
    assert refused[0] > 0
    assert files(tmp_path) == {}


def test_a_sealed_run_takes_the_place_of_the_one_before_and_leaves_other_files(tmp_path: Path) -> None:
    result = '{"tables": [{"file": "tables/old.csv"}, {"file": "../other.csv"}]}'
    put(tmp_path / "run", {"result.json": result, "tables/old.csv": "1", "tables/mine.csv": "2"})
    put(tmp_path, {"other.csv": "3"})
    with outputs.staged(tmp_path / "run") as stage:
        put(stage, {"result.json": "{}", "tables/new.csv": "4"})
        assert (tmp_path / "run" / "tables" / "old.csv").is_file()  # until the very end
        outputs.seal(stage, record("result.json", "tables/new.csv"))
    found = files(tmp_path)
    assert found.pop("run/.finished.json")
    assert found == {
        "other.csv": "3",
        "run/result.json": "{}",
        "run/tables/mine.csv": "2",
        "run/tables/new.csv": "4",
    }


def test_a_run_that_fails_changes_nothing(tmp_path: Path) -> None:
    put(tmp_path, {"result.json": "{}"})

    def failing() -> None:
        with outputs.staged(tmp_path) as stage:
            put(stage, {"result.json": "[]"})
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        failing()
    assert files(tmp_path) == {"result.json": "{}"}


@pytest.mark.parametrize("stop", range(8))
def test_wherever_the_move_into_place_is_cut_off_the_next_run_ends_it(
    stop: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    done = [0]

    def counted(function):  # type: ignore[no-untyped-def]
        def call(*given, **more):  # type: ignore[no-untyped-def]
            done[0] += 1
            if done[0] > stop:
                raise Killed
            return function(*given, **more)

        return call

    put(
        tmp_path, {"result.json": '{"tables": [{"file": "b.csv"}]}', "a.csv": "1", "b.csv": "1", "c.csv": "1"}
    )
    outputs.seal(tmp_path, record("result.json", "a.csv", "c.csv"))
    stage = put(tmp_path / f"{outputs.STAGES}1", {"result.json": "{}", "a.csv": "2", "d/e.csv": "2"})
    outputs.seal(stage, record("result.json", "a.csv", "d/e.csv"))
    with monkeypatch.context() as patch:
        patch.setattr(outputs.os, "replace", counted(os.replace))
        patch.setattr(Path, "unlink", counted(Path.unlink))
        patch.setattr(outputs.shutil, "rmtree", counted(outputs.shutil.rmtree))
        if stop < 7:  # 2 files go, 3 come, the record, the folder
            with pytest.raises(Killed):
                outputs.settle(tmp_path)
        else:
            outputs.settle(tmp_path)
    outputs.settle(tmp_path)
    found = files(tmp_path)
    assert "d/e.csv" in found.pop(".finished.json")
    assert found == {"result.json": "{}", "a.csv": "2", "d/e.csv": "2"}


def test_what_was_not_sealed_is_cleared_away(tmp_path: Path) -> None:
    put(
        tmp_path, {"result.json": "{}", f"{outputs.STAGES}1/result.json": "half", f"{outputs.STAGES}2/a": "b"}
    )
    outputs.settle(tmp_path)
    assert files(tmp_path) == {"result.json": "{}"}
    assert not list(tmp_path.glob(f"{outputs.STAGES}*"))


@pytest.mark.parametrize(
    "text", ["", "[]", "null", '{"tables": 3}', '{"tables": [{}]}', '{"figures": ["x"]}', "\xff"]
)
def test_a_result_of_others_names_no_files(text: str, tmp_path: Path) -> None:
    put(tmp_path, {"result.json": text})
    assert outputs.files_of(tmp_path) == []
