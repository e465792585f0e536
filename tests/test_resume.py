"""What a run depends on, and whether an earlier one counts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import small_chapter

from crmtheory import contents, notebooks, outputs, places, privacy, resume
from crmtheory.errors import SchemaError
from crmtheory.resume import Checksums

PLACE = Path("reports/value")


@pytest.fixture
def chapter(here: Path) -> Path:
    return small_chapter.write(here / "chapters")


def differ(one: resume.Depends, other: resume.Depends) -> set[str]:
    assert set(one) == set(other)
    return {name for name in one if one[name] != other[name]}


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


def sealed(place: Path, depends: resume.Depends | None) -> Path:
    with outputs.staged(place) as stage:
        outputs.write(stage / "tables" / "a.csv", "1")
        outputs.seal(stage, resume.record(stage, depends))
    return place


def test_a_run_counts_while_its_record_and_all_its_files_are_as_it_left_them(tmp_path: Path) -> None:
    depends = {"data": "1", "package": "2"}
    assert not resume.unchanged(tmp_path, depends)
    place = sealed(tmp_path, depends)
    assert resume.unchanged(place, depends)
    (place / "mine.csv").write_text("2", encoding="utf-8")
    assert resume.unchanged(place, depends)
    assert not resume.unchanged(place, {**depends, "data": "2"})
    (place / "tables" / "a.csv").write_text("2", encoding="utf-8")
    assert not resume.unchanged(place, depends)
    (place / "tables" / "a.csv").unlink()
    assert not resume.unchanged(place, depends)


def test_a_run_whose_data_changed_meanwhile_does_not_count(tmp_path: Path) -> None:
    assert not resume.unchanged(sealed(tmp_path, None), {"data": "1"})


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", '{"schema": 1, "depends": {}, "files": 3}', '{"schema": 9}']
)
def test_a_record_that_is_none_of_ours_does_not_count(text: str, tmp_path: Path) -> None:
    (tmp_path / outputs.RECORD).write_text(text, encoding="utf-8")
    assert not resume.unchanged(tmp_path, {})
