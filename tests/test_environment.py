"""The three lists of packages agree, and what the README shows works."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
CONDA_NAMES = {"duckdb": "python-duckdb"}  # where conda-forge has another name for a package
ONLY_CONDA = {"python", "pip"}
IMPORT_NAMES = {"PyYAML": "yaml", "scikit-learn": "sklearn"}
NOT_IMPORTED = {"jupyterlab", "seaborn", "pyarrow"}  # for people at work, and pandas' reader of Parquet


def _project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _split(requirement: str) -> tuple[str, str]:
    name, version = re.fullmatch(r"([A-Za-z0-9._-]+)\s*(.*)", requirement.strip()).groups()
    return name.lower(), version.replace(" ", "")


def _declared() -> dict[str, str]:
    project = _project()
    return dict(map(_split, [*project["dependencies"], *project["optional-dependencies"]["dev"]]))


def test_environment_yml_lists_the_packages_of_pyproject_with_the_same_versions():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    listed = {name: version for name, version in map(_split, conda) if name not in ONLY_CONDA}
    assert listed == {CONDA_NAMES.get(name, name): version for name, version in _declared().items()}


def test_environment_yml_asks_for_the_pythons_of_pyproject():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    assert ("python", _project()["requires-python"]) in set(map(_split, conda))


def test_the_lock_has_every_declared_package_in_a_version_that_fits():
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\\n]+)", lock, flags=re.MULTILINE):
        pinned.setdefault(canonicalize_name(name), []).append(version)
    for text in [*_project()["dependencies"], *_project()["optional-dependencies"]["dev"]]:
        wanted = Requirement(text)
        versions = pinned.get(canonicalize_name(wanted.name), [])
        assert versions, f"{wanted.name} is missing from requirements.lock: run make lock"
        assert all(wanted.specifier.contains(version) for version in versions), f"{text}: locked {versions}"


@pytest.mark.parametrize(
    ("name", "least"),
    [("requirements.lock", 50), ("requirements-spark.lock", 2), ("requirements-browser.lock", 2)],
)
def test_the_locks_name_no_host_and_have_a_hash_for_every_package(name, least):
    lock = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"https?://|file:|index-url|find-links", lock)
    packages = re.split(r"^(?=[A-Za-z0-9._-]+==)", lock, flags=re.MULTILINE)[1:]
    assert len(packages) >= least
    assert all("--hash=sha256:" in package for package in packages)


def test_the_package_imports_only_what_pyproject_declares():
    project = _project()
    declared = {
        IMPORT_NAMES.get(re.match(r"[\w-]+", d)[0], re.match(r"[\w-]+", d)[0])
        for d in project["dependencies"]
    }
    known = {"crmtheory", *sys.stdlib_module_names, *declared}
    # The engine of an extra is imported inside functions only, see test_layers.
    known |= {"py4j", *(re.match(r"[\w-]+", d)[0] for d in project["optional-dependencies"]["spark"])}
    # jupyter's own parts come with jupyterlab and nbconvert and are imported under their own names
    known |= {"IPython", "jupyter_client", "nbclient", "nbformat", "ipykernel", "jinja2", "tqdm", "pygments"}
    known |= {"bs4", "traitlets", "jupyter_core", "bleach", "mistune"}
    used: set[str] = set()
    for path in (ROOT / "crmtheory").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                used |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                used.add(node.module.split(".")[0])
    assert used <= known, f"imported but not declared: {sorted(used - known)}"
    assert declared - used - NOT_IMPORTED <= set(), f"declared but not imported: {sorted(declared - used)}"


def test_the_python_example_of_the_readme_runs_and_prints_customers():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", readme, flags=re.DOTALL)
    done = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "clv_low" in done.stdout
    assert "equity" in done.stdout


@pytest.mark.parametrize(
    "link", re.findall(r"\]\(([^)#]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
)
def test_every_link_of_the_readme_has_its_file(link):
    assert link.startswith("https://") or (ROOT / link).exists()
