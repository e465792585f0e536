"""A chapter opened in JupyterLab and run from its menu, without a network."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlparse
from urllib.request import urlopen

import pytest
from visit import watch

HERE = Path(__file__).parents[2]
CHAPTER = "05_customer_value.ipynb"
QUIET = {  # JupyterLab asks about news and looks for them on the network unless it is told not to
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},  # all cells stay in the page
}  # fmt: skip
IDLE = ".jp-NotebookPanel .jp-Notebook-ExecutionIndicator[data-status='idle']"
PATIENCE = 240  # seconds for all cells; about 40 on a machine with nothing else to do
CELLS = """
() => [...document.querySelectorAll(".jp-NotebookPanel .jp-CodeCell")].map((cell) => ({
  source: cell.querySelector(".cm-content")?.textContent.trim() ?? "",
  count: cell.querySelector(".jp-InputPrompt")?.textContent ?? "",
  error: ["error", "stderr"].flatMap((kind) =>
    [...cell.querySelectorAll(`[data-mime-type$=".jupyter.${kind}"]`)].map((e) => e.textContent.slice(0, 500))),
  pictures: [...cell.querySelectorAll(".jp-OutputArea img")].filter((i) => i.complete && i.naturalWidth > 0).length,
}))
"""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """The address of a JupyterLab whose folder holds a copy of the notebooks; it is ended afterwards."""
    folder, settings = tmp_path / "notebooks", tmp_path / "settings"
    shutil.copytree(
        HERE / "notebooks", folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints", "results")
    )
    for name, content in QUIET.items():
        extension, plugin = name.split(":")
        (settings / extension).mkdir(parents=True, exist_ok=True)
        (settings / extension / f"{plugin}.jupyterlab-settings").write_text(json.dumps(content))
    own = {
        name: str(tmp_path / name.lower())
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    }
    environment = {
        **os.environ,
        **own,
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "workspaces"),
    }
    options = ["--no-browser", "--ip=127.0.0.1", "--port=0", f"--ServerApp.root_dir={folder}"]
    options += ["--ServerApp.allow_root=True", "--IdentityProvider.token=", "--ServerApp.password="]
    log = tmp_path / "lab.log"
    with log.open("w") as told:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            env=environment,
            stdout=told,
            stderr=told,
            cwd=folder,
        )
    try:
        yield _address(server, Path(own["JUPYTER_RUNTIME_DIR"]), log)
    finally:
        server.terminate()  # it ends its kernels first
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def _address(server: subprocess.Popen[bytes], runtime: Path, log: Path) -> str:
    for _ in range(600):
        for file in runtime.glob("jpserver-*.json"):
            try:
                address = str(json.loads(file.read_text())["url"])
                urlopen(f"{address}api/status", timeout=5).close()
            except (OSError, ValueError):
                continue
            return address
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab has not started:\n{log.read_text()[-2000:]}")


def test_a_chapter_runs_from_the_menu_of_jupyterlab(
    lab: str, tab: Callable[..., Any], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    screen = tab(1280, 1000)
    requests, trouble = watch(screen)
    try:
        screen.goto(f"{lab}lab/tree/{CHAPTER}")
        _run_all(screen, _code_cells())
        cells = [cell for cell in screen.evaluate(CELLS) if cell["source"]]
        assert [cell["error"] for cell in cells if cell["error"]] == []
        assert [cell["source"][:80] for cell in cells if not ran(cell)] == []
        assert sum(cell["pictures"] for cell in cells) >= 10
    except Exception:
        shots: Path = request.config.getoption("--shots") or tmp_path
        screen.screenshot(path=shots / "jupyterlab.png")
        print(f"A picture of the screen is in {shots / 'jupyterlab.png'}")
        raise
    hosts = {
        urlparse(url).hostname for url in requests if urlparse(url).scheme in {"http", "https", "ws", "wss"}
    }
    assert hosts == {"127.0.0.1"}
    assert [line for line in trouble if not line.startswith("console")] == []


def _code_cells() -> int:
    cells = json.loads((HERE / "notebooks" / CHAPTER).read_text(encoding="utf-8"))["cells"]
    return sum(cell["cell_type"] == "code" and bool("".join(cell["source"]).strip()) for cell in cells)


def ran(cell: dict[str, Any]) -> bool:
    return re.fullmatch(r"\[\d+\]:?", cell["count"]) is not None


def _run_all(screen: Any, number: int) -> None:
    """Clear the outputs, run all cells by the menu, and wait until each has its number, or one has stopped the rest."""

    def cells() -> list[dict[str, Any]]:
        return [cell for cell in screen.evaluate(CELLS) if cell["source"]]

    def until(true: Callable[[], bool], seconds: float, what: str) -> None:
        last = time.monotonic() + seconds
        while not true():
            if time.monotonic() > last:
                raise RuntimeError(
                    f"{what}: not within {seconds} seconds; {sum(map(ran, cells()))} of {number} cells have run."
                )
            screen.wait_for_timeout(300)

    until(lambda: len(cells()) == number, 90, "the notebook is open")
    until(lambda: screen.locator(IDLE).count() == 1, 60, "its kernel is ready")
    _choose(screen, "Edit", "Clear Outputs of All Cells")
    until(lambda: not any(ran(cell) or cell["pictures"] for cell in cells()), 20, "outputs are cleared")
    _choose(screen, "Run", "Run All Cells")
    until(
        lambda: any(ran(cell) or "*" in cell["count"] for cell in cells()), 20, "the cells are asked to run"
    )
    until(lambda: not any("*" in cell["count"] for cell in cells()), PATIENCE, "no cell is left to run")
    until(lambda: screen.locator(IDLE).count() == 1, 20, "the kernel is idle again")


def _choose(screen: Any, menu: str, entry: str) -> None:
    screen.locator(".lm-MenuBar-item", has_text=re.compile(f"^{menu}$")).click()
    screen.locator(".lm-Menu-item", has_text=re.compile(f"^{entry}")).click()
