"""Parameters are checked, chapters are run, notebooks stay in step with their sources."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import papermill
import pytest
import small_chapter

from crmtheory import building, contents, notebooks, parameters
from crmtheory.errors import SchemaError
from crmtheory.notebooks import ChapterError, Run, RunResult


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("chapters")
    small_chapter.write(place)
    return place


@pytest.fixture(scope="module")
def done(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunResult, list[tuple[int, int]]]:
    seen: list[tuple[int, int]] = []
    given = {"customer": "<script>alert(1)</script>", "names": "x, y"}
    place = tmp_path_factory.mktemp("results") / "a {folder}"
    result = notebooks.run("value", given, place, lambda n, total: seen.append((n, total)), folder=folder)
    return result, seen


def test_the_six_theories_are_found_by_name_number_and_stem() -> None:
    assert [theory.number for theory in contents.THEORIES.values()] == [1, 2, 3, 4, 5, 6]
    for theory in contents.THEORIES.values():
        assert theory.stem.startswith(f"{theory.number:02d}_")
        for name in (
            theory.name,
            str(theory.number),
            f"{theory.number:02d}",
            theory.stem,
            theory.name.upper(),
        ):
            assert contents.find(name) is theory


def test_an_unknown_theory_is_named_with_the_closest_one() -> None:
    with pytest.raises(SchemaError) as caught:
        contents.find("loialty")
    assert str(caught.value) == (
        'There is no theory "loialty". Did you mean "loyalty"? '
        "Known: relationship, lifecycle, satisfaction, loyalty, value, segmentation."
    )


def test_a_chapter_that_is_not_written_says_which_are(folder: Path) -> None:
    with pytest.raises(SchemaError) as caught:
        notebooks.run("loyalty", folder=folder)
    assert str(caught.value) == 'The chapter "loyalty" is not written yet. Written so far: value.'


def test_parameters_are_read_from_the_tagged_cell_of_notebook_and_source(folder: Path) -> None:
    found = notebooks.parameters("value", folder)
    assert found == parameters.read(contents.source("value", folder))
    assert found[1] == parameters.Parameter("horizon_weeks", "int", 52, "how far to look ahead, in weeks")
    assert [one.name for one in found] == ["customer", "horizon_weeks", "margin", "names", "deep", "output"]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("margin = 0.3", 'A parameter is one line "name: type = literal  # help", not "margin = 0.3".'),
        (
            "day: date = 3",
            'The parameter day: There is no type "date". Did you mean "dict"? '
            "Known: str, int, float, bool, list, dict.",
        ),
        ("m: int = 2 * x", 'The default of the parameter m is not a literal: "m: int = 2 * x".'),
    ],
)
def test_a_line_that_papermill_could_not_use_is_refused(cell: str, message: str) -> None:
    with pytest.raises(SchemaError) as caught:
        parameters.parse(cell)
    assert str(caught.value) == message


def test_text_becomes_values_of_the_declared_types(folder: Path) -> None:
    given = {"customer": "12", "horizon_weeks": "39", "margin": "1", "names": '["a", "b"]', "deep": "yes"}
    values = notebooks.check("value", given, folder)
    assert values == {"customer": "12", "horizon_weeks": 39, "margin": 1.0, "names": ["a", "b"], "deep": True}
    assert isinstance(values["margin"], float)


def test_all_faults_of_the_parameters_come_in_one_message(folder: Path) -> None:
    with pytest.raises(SchemaError) as caught:
        notebooks.check(
            "value", {"horizon_weeks": "abc", "margn": "1", "deep": "maybe", "margin": "nan"}, folder
        )
    assert str(caught.value) == (
        "The parameters of the value chapter break 4 rules.\n"
        '  horizon_weeks must be an int, not "abc".\n'
        '  There is no parameter "margn". Did you mean "margin"? '
        "Known: customer, horizon_weeks, margin, names, deep, output.\n"
        '  deep must be true or false (bool), not "maybe".\n'
        '  margin must be a number (float), not "nan".'
    )


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int", "3.5"),
        ("int", "1_000"),
        ("int", True),
        ("list", '{"a": 1}'),
        ("dict", "[1]"),
        ("str", 3),
        ("bool", 1),
    ],
)
def test_values_of_another_type_are_refused(kind: str, value: object) -> None:
    with pytest.raises(SchemaError, match="x must be"):
        parameters.from_text(parameters.parse(f"x: {kind} = None"), {"x": value}, "value")


def test_lists_and_dictionaries_may_be_typed_without_quotes() -> None:
    known = parameters.parse("items: list = []\nconstructs: dict = {}")
    given = {"items": "[room, wifi]", "constructs": "{trust: [t1, t2]}"}
    assert parameters.from_text(known, given, "loyalty") == {
        "items": ["room", "wifi"],
        "constructs": {"trust": ["t1", "t2"]},
    }


def test_a_run_leaves_notebook_page_result_tables_and_figures(done: tuple[RunResult, list]) -> None:
    result, _ = done
    files = [path for path in result.folder.rglob("*") if path.is_file()]
    names = {path.relative_to(result.folder).as_posix() for path in files}
    assert names == {
        "05_customer_value.ipynb",
        "05_customer_value.html",
        "result.json",
        "actions.csv",
        "tables/customers.csv",
        "figures/lorenz.png",
        ".finished.json",
    }


def test_the_result_has_the_parameters_given_and_names_no_place(done: tuple[RunResult, list]) -> None:
    result, _ = done
    assert result.result["parameters"]["customer"] == "<script>alert(1)</script>"
    assert result.result["parameters"]["names"] == ["x", "y"]
    assert result.result["key_figures"][0]["high"] is None
    assert str(result.folder.parent) not in (result.folder / "result.json").read_text(encoding="utf-8")


def test_progress_counts_the_cells(done: tuple[RunResult, list]) -> None:
    _, seen = done
    assert seen == [(n, len(seen)) for n in range(1, len(seen) + 1)]


def test_the_output_notebook_holds_no_times(done: tuple[RunResult, list]) -> None:
    result, _ = done
    notebook = nbformat.read(result.notebook, as_version=4)
    assert "papermill" not in notebook.metadata
    assert all(not {"papermill", "execution"} & set(cell.metadata) for cell in notebook.cells)


def test_a_crash_names_the_cell_and_keeps_the_notebook(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text("{}")
    with pytest.raises(ChapterError) as caught:
        notebooks.run("value", {"customer": "crash"}, tmp_path, folder=folder)
    error = caught.value
    assert (error.cell, error.ename, error.evalue) == (4, "KeyError", "'no such customer'")
    assert str(error) == (
        "KeyError: 'no such customer'\n"
        'The notebook stopped in cell In [4], which begins: if customer == "crash":\n'
        f"The notebook up to there: {tmp_path / '05_customer_value.ipynb'}"
    )
    assert (tmp_path / "05_customer_value.ipynb").is_file()
    assert (tmp_path / "result.json").read_text() == "{}"  # the result of an earlier run is there again


def test_what_an_earlier_run_has_written_goes_and_what_it_has_not_stays(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "out"
    (place / "tables").mkdir(parents=True)
    kept = [tmp_path / "other.csv", place / "tables" / "mine.csv"]
    for file in (*kept, place / "tables" / "old.csv"):
        file.write_text("x", encoding="utf-8")
    files = [{"file": "tables/old.csv"}, {"file": "../other.csv"}]
    (place / "result.json").write_text(json.dumps({"tables": files}), encoding="utf-8")
    notebooks.run("value", {}, place, folder=folder)
    assert all(file.is_file() for file in kept)
    assert sorted(path.name for path in (place / "tables").iterdir()) == ["customers.csv", "mine.csv"]


def test_an_error_of_ours_is_told_in_its_own_words(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ChapterError) as caught:
        notebooks.run("value", {"customer": "refused"}, tmp_path, folder=folder)
    assert str(caught.value) == (
        "One customer is not enough: at least 2 are needed.\n"
        f"Stopped in cell In [4]. The notebook up to there: {tmp_path / '05_customer_value.ipynb'}"
    )


def test_plain_papermill_is_stopped_by_the_chapter_when_a_name_is_unknown(
    folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(papermill.PapermillExecutionError) as caught:
        papermill.execute_notebook(
            str(contents.notebook("value", folder)),
            str(tmp_path / "out.ipynb"),
            {"horizn_weeks": 3},
            kernel_name="python3",
            progress_bar=False,
        )
    assert caught.value.ename == "SchemaError"
    assert caught.value.evalue == (
        "The parameters of the value chapter break a rule.\n"
        '  There is no parameter "horizn_weeks". Did you mean "horizon_weeks"? '
        "Known: customer, horizon_weeks, margin, names, deep, output."
    )


def test_several_runs_give_results_and_errors_in_their_order(folder: Path, tmp_path: Path) -> None:
    runs = [Run("value", "A & B"), Run("value", "C", {"customer": "crash"}), Run("value", "D", {"nme": "x"})]
    first, second, third = notebooks.run_all(runs, tmp_path, folder=folder)
    assert isinstance(first, RunResult)
    assert (first.label, first.folder) == ("A & B", tmp_path / "value-a-b")
    assert isinstance(second, ChapterError)
    assert isinstance(third, SchemaError)


def test_whatever_stops_one_chapter_the_others_are_finished(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute = notebooks._execute

    def failing(*given: object) -> None:
        if given[2].get("customer") == "Li":
            raise RuntimeError("Kernel didn't respond in 60 seconds")
        execute(*given)

    monkeypatch.setattr(notebooks, "_execute", failing)
    runs = [Run("value", "Bad", {"customer": "Li"}), Run("value", "Good")]
    bad, good = notebooks.run_all(runs, tmp_path, folder=folder)
    assert isinstance(bad, ChapterError)
    assert "RuntimeError: Kernel didn't respond in 60 seconds" in str(bad)
    assert isinstance(good, RunResult)


def test_a_long_label_gives_a_short_folder_and_another_label_another_one() -> None:
    first, other = Run("value", "very long " * 50), Run("value", "very long " * 51)
    assert len(first.folder.encode()) < 100
    assert first.folder != other.folder


def test_the_output_may_not_overwrite_the_notebook(folder: Path) -> None:
    with pytest.raises(SchemaError, match="would overwrite the notebook"):
        notebooks.run("value", {}, folder, folder=folder)


def test_building_executes_writes_once_and_leaves_no_trace_of_the_machine(tmp_path: Path) -> None:
    small_chapter.write(tmp_path)
    assert building.build("value", tmp_path)
    path = contents.notebook("value", tmp_path)
    before = path.read_bytes()
    assert not building.build("value", tmp_path)
    assert path.read_bytes() == before
    notebook = json.loads(before)
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    assert any(cell.get("outputs") for cell in notebook["cells"])
    outputs = json.dumps([cell.get("outputs") for cell in notebook["cells"]])
    assert str(tmp_path) not in outputs
    assert "results/value" in outputs


def test_a_changed_source_is_out_of_step_until_it_is_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small_chapter.write(tmp_path)
    assert building.in_step("value", tmp_path)
    source = contents.source("value", tmp_path)
    source.write_text(
        source.read_text(encoding="utf-8").replace("## On the data", "## In the data"), encoding="utf-8"
    )
    assert not building.in_step("value", tmp_path)
    assert notebooks.main(["check"], tmp_path) == 1
    expected = "05_customer_value.ipynb is not what its source gives. Run: make notebooks\n"
    assert capsys.readouterr().err == expected


def test_equal_sources_give_equal_notebooks_and_one_cell_changes_one_identity(tmp_path: Path) -> None:
    small_chapter.write(tmp_path)
    source = contents.source("value", tmp_path)
    first = building.convert(source)
    assert building.convert(source) == first
    source.write_text(
        source.read_text(encoding="utf-8").replace("## On the data", "## In the data"), encoding="utf-8"
    )
    changed = [a.id != b.id for a, b in zip(first.cells, building.convert(source).cells, strict=True)]
    assert sum(changed) == 1


def test_a_warning_keeps_a_notebook_from_being_committed(tmp_path: Path) -> None:
    small_chapter.write(tmp_path, '\n# %%\nimport warnings\n\nwarnings.warn("careful", stacklevel=1)\n')
    with pytest.raises(SchemaError, match="writes to the error stream"):
        building.build("value", tmp_path)


def test_a_source_must_say_in_its_first_cell_which_file_it_is(tmp_path: Path) -> None:
    path = tmp_path / "05_customer_value.py"
    path.write_text("# %%\n1 + 1\n", encoding="utf-8")
    with pytest.raises(SchemaError) as caught:
        building.convert(path)
    assert str(caught.value) == (
        "The first cell of 05_customer_value.py must be Markdown and name its source, such as: "
        "*Source: `src/05_customer_value.py`*"
    )


@pytest.mark.parametrize("theory", building.sources(), ids=lambda theory: theory.stem)
def test_the_notebooks_of_the_package_are_in_step_with_their_sources(theory: contents.Theory) -> None:
    assert building.in_step(theory.stem)


@pytest.mark.parametrize("job", notebooks.RUNS, ids=lambda job: job.folder)
def test_the_runs_of_the_report_give_parameters_which_their_chapters_know(job: Run) -> None:
    if contents.find(job.theory) not in contents.available():
        pytest.skip("the chapter is not written yet")
    assert set(notebooks.check(job.theory, job.given)) == set(job.given)
