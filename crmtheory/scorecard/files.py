"""The scorecard to compute with: scorecard.csv for a spreadsheet, scorecard.json for a program.

The same runs give the same bytes: no file holds a time or a place on this machine.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from crmtheory import outputs, privacy

SCHEMA = 1
COLUMNS = (
    "id", "theory", "claim", "data", "label", "verdict", "family_verdict", "theta", "low", "high", "delta", "kind",
    "n", "p_value", "p_family", "effect", "reading", "caveat", "method", "estimand", "delta_source", "reason", "needs",
    "gives", "power", "n_power", "theta_power", "enough", "link", "claim_zh",
)  # fmt: skip


def write(
    found: Sequence[Mapping[str, Any]], results: Sequence[Any], folder: Path, **more: Any
) -> list[Path]:
    """Write scorecard.csv and scorecard.json.

    Parameters
    ----------
    found : rows of the scorecard
    results : the runs; their goals, key figures and data go into the JSON
    more : further entries of the JSON
    """
    table = pd.DataFrame([{key: _cell(row[key]) for key in COLUMNS} for row in found], columns=list(COLUMNS))
    csv = privacy.disarm(table).to_csv(index=False, lineterminator="\n")
    runs = [
        {"theory": run.theory, "label": run.label}
        | {key: run.result.get(key, []) for key in ("data", "answers", "key_figures", "goals")}
        for run in results
    ]
    content = {
        "schema": SCHEMA,
        "claims": [{key: row[key] for key in COLUMNS} for row in found],
        "runs": runs,
        **more,
    }
    text = json.dumps(_plain(content), ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
    return [
        outputs.write(folder / "scorecard.csv", csv),
        outputs.write(folder / "scorecard.json", f"{text}\n"),
    ]


def _cell(value: Any) -> Any:
    return "; ".join(map(str, value)) if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    """Only what JSON knows."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
