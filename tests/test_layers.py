"""The package is built in layers: imports go downwards only, files are short, and importing does no work."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import crmtheory

ROOT = Path(crmtheory.__file__).parent
# Lowest first. A module may import from the layers below its own and from its own package or layer,
# but the theories know nothing of each other.
LAYERS = (
    {"errors", "units", "places", "wording", "outputs"},
    {"numerics", "large", "schema", "contents", "runs", "ranks"},
    {"files", "privacy"},
    {"parameters", "markup"},
    {"by_customer", "models", "concentration", "transactions", "survey", "datasets", "tables"},
    {"study"},
    {
        "assumptions",
        "evaluation",
        "holdout",
        "multiplicity",
        "panel",
        "peer",
        "simulate",
        "tracking",
        "weighted",
    },
    {"relationship", "lifecycle", "satisfaction", "loyalty", "value", "segmentation"},
    {"claims"},
    {"plots"},
    {"execution", "progress"},
    {"building", "prose", "scorecard", "customer_list"},
    {"report", "chapter", "chapter_data", "chapter_survey", "resume", "notebooks"},
    {"cli"},
    {"__main__"},
)
THEORIES = LAYERS[7]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
FILES = sorted(path for path in ROOT.rglob("*.py") if "_shipped" not in path.parts)


def part_of(path: Path) -> str:
    """The top-level module or package a file belongs to; "" for crmtheory itself."""
    first = path.relative_to(ROOT).parts[0]
    return first.removesuffix(".py").replace("__init__", "")


def imported_parts(path: Path) -> set[str]:
    """The top-level parts of the package that a file imports anywhere in its code, also inside functions."""
    parts = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        parts |= {name.split(".")[1] for name in names if name.startswith("crmtheory.")}
    return {part for part in parts if (ROOT / part).is_dir() or (ROOT / f"{part}.py").is_file()}


def test_every_module_has_its_place_in_the_order():
    assert {part_of(path) for path in FILES} - {""} <= set(LEVEL)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_only_downwards(path):
    here = part_of(path)
    if here == "":
        assert imported_parts(path) == set()
        return
    upward = {part for part in imported_parts(path) if LEVEL[part] > LEVEL[here]}
    assert not upward, f"{here} imports from above: {sorted(upward)}"


@pytest.mark.parametrize("theory", sorted(THEORIES))
def test_a_theory_does_not_import_another(theory):
    for path in FILES:
        if part_of(path) == theory:
            assert not imported_parts(path) & THEORIES - {theory}


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: ", ".join(sorted(layer)))
def test_neighbours_in_a_layer_do_not_import_each_other_in_a_circle(layer):
    uses = {name: set() for name in layer}
    for path in FILES:
        if part_of(path) in layer:
            uses[part_of(path)] |= imported_parts(path) & layer - {part_of(path)}
    while free := {name for name, others in uses.items() if not others}:
        uses = {name: others - free for name, others in uses.items() if name not in free}
    assert not uses


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_longer_than_300_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def loaded_by(statement: str) -> set[str]:
    """The modules in memory after a statement in a fresh interpreter, without those of an empty one."""
    program = f"import sys; before = set(sys.modules); {statement}; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_else():
    loaded = loaded_by("import crmtheory")
    assert {name.split(".")[0] for name in loaded} == {"crmtheory"}


def test_the_command_line_starts_without_the_heavy_libraries():
    loaded = {name.split(".")[0] for name in loaded_by("import crmtheory.cli")}
    assert not loaded & {
        "pandas",
        "numpy",
        "scipy",
        "matplotlib",
        "duckdb",
        "lifetimes",
        "nbconvert",
        "papermill",
    }


def test_models_and_values_need_no_plotting_and_no_notebooks():
    loaded = {
        name.split(".")[0] for name in loaded_by("import crmtheory.models, crmtheory.value, crmtheory.claims")
    }
    assert not loaded & {"matplotlib", "seaborn", "papermill", "nbconvert", "lifetimes", "IPython"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_filters_warnings_for_others_or_validates_with_assert(path):
    """A filter set outside `with warnings.catch_warnings()` would change the caller's interpreter."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.With) and "catch_warnings" in ast.unparse(node.items[0])
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Assert)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in (
            "warnings.simplefilter",
            "warnings.filterwarnings",
        ):
            assert id(node) in guarded


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_random_numbers_come_from_a_generator_that_is_handed_in_or_made_from_a_seed(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    drawn = [call for call in calls if call.startswith(("np.random.", "numpy.random.", "random."))]
    assert all(call.startswith("np.random.default_rng(") and "()" not in call for call in drawn), drawn
