"""The rules of axe-core (WCAG 2 A and AA, best practices) on every page, wide and narrow; colours also when dark."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from visit import opened

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
RULES = {
    "light": {},
    "dark": {"runOnly": ["color-contrast", "link-in-text-block"]},
}  # of the rest, none looks at colours


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_obstacle_is_found(
    tab: Callable[..., Any], report: Path, page: str, width: int, scheme: str
) -> None:
    screen = tab(width, color_scheme=scheme)
    opened(screen, report / page)
    screen.evaluate(AXE.read_text(encoding="utf-8"))
    options = {"resultTypes": ["violations"], **RULES[scheme]}
    found = screen.evaluate("(options) => axe.run(document, options)", options)["violations"]
    lines = {
        f"{one['impact']}: {one['id']} {node['target'][0]}: {node['failureSummary'].splitlines()[1].strip()}"
        for one in found
        for node in one["nodes"]
    }
    grave = sorted(line for line in lines if line.startswith(("serious", "critical")))
    for line in sorted(lines - set(grave)):
        warnings.warn(f"{page}: {line}", stacklevel=1)
    assert grave == []
