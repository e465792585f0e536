"""What a running chapter shows, saves and concludes.

    chapter = open_chapter("value", globals())

checks the parameters of the notebook. The Chapter then shows sentences, figures and tables, saves tables as
CSV, collects data, key figures, goals and verdicts, and at the end writes them to result.json. It is the one
object here that keeps state. Running a cell again replaces what that cell gave before. No file holds a time
or a place on this machine: the same data give the same bytes.
"""

from __future__ import annotations

import base64
import json
import math
import os
import platform
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crmtheory import contents, markup, outputs, parameters, privacy
from crmtheory.errors import SchemaError
from crmtheory.wording import counted

Theory = contents.Theory
Values = Mapping[str, Any]
SCHEMA = 1
DPI = 144  # sharp on paper and on screens with small pixels; shown at 96 dots per inch
VERSIONS = ("crmtheory", "numpy", "scipy", "pandas", "duckdb", "narwhals", "statsmodels", "matplotlib")
ROWS = 50_000  # of a table written at a time
BESIDE = ("actions", "rejected")  # tables that stand beside result.json
NOTE = {"crmtheory": {"role": "caption"}}  # for the HTML page: this belongs to the figure before it


def open_chapter(
    theory: str,
    namespace: Values,
    *,
    choices: Mapping[str, Sequence[str]] | None = None,
    folder: str | Path | None = None,
) -> Chapter:
    """Check the parameters of a running chapter and open it.

    Parameters
    ----------
    theory : "relationship", "lifecycle", "satisfaction", "loyalty", "value" or "segmentation"
    namespace : ``globals()`` of the notebook
    choices : for parameters that are one of a few words, the words
    folder : where the notebooks are; by default those that come with the package

    Raises
    ------
    SchemaError : one message that lists every unknown name, missing parameter, wrong type and wrong word
    """
    entry = contents.find(theory)
    source = contents.source(entry, folder)
    known = parameters.read(source if source.is_file() else contents.notebook(entry, folder))
    values = parameters.in_notebook(known, namespace, entry.name, choices or {})
    defaults = {one.name: one.default for one in known}
    return Chapter(entry, values, defaults, parameters.given_by_run(namespace))


class Chapter:
    """One chapter while it runs: shows things, saves tables and figures, and remembers what was found."""

    def __init__(
        self, theory: Theory, values: Values, defaults: Values | None = None, given: Iterable[str] = ()
    ) -> None:
        self.theory, self.defaults, self.given = theory, dict(defaults or {}), frozenset(given)
        self.parameters = {name: value for name, value in values.items() if name != parameters.OUTPUT}
        self.folder = Path(values.get(parameters.OUTPUT) or f"results/{theory.name}")
        # A run writes beside its folder and is moved there when all of it is written.
        self._place = Path(os.environ.get(outputs.STAGE) or self.folder)
        kinds = ("data", "answers", "key_figures", "verdicts", "goals", "tables", "figures")
        self._found: dict[str, dict[str, dict[str, Any]]] = {kind: {} for kind in kinds}

    def say(self, template: str, /, **values: Any) -> None:
        """Show a sentence in Markdown, text among its values escaped: ``say("{n:,} rows", n=2357)``."""
        _display(
            {"text/markdown": markup.sentence(template, values), "text/plain": markup.plain(template, values)}
        )

    def answer(self, name: str, template: str, /, **values: Any) -> None:
        """Show a sentence that answers the question of the chapter; by its name it also stands on top of the page."""
        self.say(f"**{template}**", **values)
        self._keep("answers", name, {"name": name, "text": markup.plain(template, values)})

    def show(self, figure: Any, /, *, alt: str, name: str, **values: Any) -> None:
        """Show a figure once, with number and caption, and save it as figures/NAME.png.

        Parameters
        ----------
        figure : a matplotlib Figure or Axes; it is closed afterwards
        alt : caption and alternative text, a template like that of `say`; name : the name of its file
        """
        from crmtheory.plots import style

        figure = getattr(figure, "figure", None) or figure
        png, missing = style.png(figure, DPI)
        # Slow to import; where nobody did, it keeps no list of figures.
        if plt := sys.modules.get("matplotlib.pyplot"):
            plt.close(figure)
        text, file = markup.plain(alt, values), f"figures/{_file_name(name)}.png"
        self._write(file, png)
        self._keep("figures", name, {"name": name, "file": file, "alt": text})
        label = f"Figure {list(self._found['figures']).index(name) + 1}."
        width = (markup.png_size(png) or (0, 0))[0] * 96 // DPI
        _display(
            {"image/png": base64.b64encode(png).decode(), "text/plain": f"{label} {text}"},
            {"image/png": {"alt": text, "label": label, "width": width}},
        )
        caption = f"*{label}* {markup.sentence(alt, values)} {missing}".rstrip()
        _display({"text/markdown": caption, "text/plain": f"{label} {text}"}, NOTE)

    def table(
        self,
        frame: pd.DataFrame | pd.Series,
        /,
        *,
        caption: str = "",
        rows: int = 10,
        formats: Mapping[str, markup.Format] | None = None,
    ) -> None:
        """Show the first `rows` of a table; the caption says when there are more. See `markup.table`."""
        text = markup.table(frame, caption=caption, rows=rows, formats=formats)
        _display({"text/html": text, "text/plain": caption or "a table"})

    def save(self, frame: pd.DataFrame | pd.Series, name: str) -> None:
        """Write a table to tables/NAME.csv in UTF-8, index kept, text that looks like a formula disarmed.

        The list of treatments, "actions", and the rows "rejected" stand beside result.json. A table in which a
        column looks like e-mail addresses, phone or identity-card numbers is refused.
        """
        frame = frame.to_frame() if isinstance(frame, pd.Series) else frame
        numbered = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None
        flat = frame if numbered else frame.reset_index(names=[n or "index" for n in frame.index.names])
        privacy.refuse_personal(flat, f"{name}.csv")
        safe = privacy.disarm(flat)
        file = f"{'' if name in BESIDE else 'tables/'}{_file_name(name)}.csv"
        with outputs.opened(self._place / file) as stream:  # row by row: a table may be large
            safe.to_csv(stream, index=False, lineterminator="\n", encoding="utf-8", chunksize=ROWS)
        self._keep(
            "tables", name, {"name": name, "file": file, "rows": len(frame), "columns": list(map(str, flat))}
        )

    def set_aside(self, rejected: pd.DataFrame, what: str = "row") -> None:
        """Write the rows or answers that were set aside to a table, if there are any, and say so."""
        if not rejected.empty:
            name = "rejected" if what == "row" else f"rejected_{what}s"
            self.save(rejected, name)
            text = "Set aside: **{rows}**. They stand in `{name}.csv`, each with its reason."
            self.say(text, rows=counted(len(rejected), what), name=name)

    def data(
        self,
        name: str,
        report: Any = None,
        *,
        sha256: str | None = None,
        rows: int | None = None,
        customers: int | None = None,
        first: Any = None,
        last: Any = None,
    ) -> None:
        """Remember which data were used: name or path as given, checksum, counts, first and last day.

        `report` is that of a transaction log and gives all the rest; without one give what is known.
        """
        if report is not None:
            sha256, rows, customers = report.sha256, report.rows, report.customers
            first, last = report.first_date, report.last_date
        days = {
            "first": None if pd.isna(first) else str(first)[:10],
            "last": None if pd.isna(last) else str(last)[:10],
        }
        self._keep(
            "data", name, {"name": name, "sha256": sha256, "rows": rows, "customers": customers, **days}
        )

    def key_figure(
        self,
        label: str,
        value: Any,
        low: float | None = None,
        high: float | None = None,
        unit: str = "",
        text: str = "",
    ) -> None:
        """Remember a number for the front page of the report; the first one is the key figure.

        `text` is the number as people read it ("£1.2 million"), `low` and `high` are the ends of its
        interval.
        """
        entry = {"label": label, "value": value, "low": low, "high": high, "unit": unit, "text": text}
        self._keep("key_figures", label, entry)

    def goal(
        self,
        indicator: str,
        target: Any,
        actual: Any,
        low: float | None = None,
        high: float | None = None,
        trend: str = "",
        unit: str = "",
    ) -> None:
        """Remember a line of the table of goals: target, actual with interval, trend in words, unit ("%")."""
        entry = {"indicator": indicator, "target": target, "actual": actual, "low": low, "high": high}
        self._keep("goals", indicator, {**entry, "trend": trend, "unit": unit})

    def verdict(self, *verdicts: Any) -> None:
        """Remember verdicts on claims: objects with ``to_dict()``, or dictionaries with id and verdict."""
        for verdict in verdicts:
            entry = dict(verdict if isinstance(verdict, Mapping) else verdict.to_dict())
            missing = [key for key in ("id", "verdict") if not entry.get(key)]
            if missing:
                raise SchemaError(f"A verdict must name its {' and its '.join(missing)}: {entry}.")
            self._keep("verdicts", f"{entry['id']} {entry.get('data', '')}", entry)

    def finish(self) -> None:
        """Write result.json and show which files there are. The last cell of every chapter."""
        result = self.result()
        text = json.dumps(result, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
        self._write("result.json", f"{text}\n".encode())
        lines = [f"- `{table['file']}`: {counted(table['rows'], 'row')}" for table in result["tables"]]
        if result["figures"]:
            lines.append(f"- `figures/`: {counted(len(result['figures']), 'figure')}")
        lines.append("- `result.json`: parameters, data, key figures, verdicts")
        shown = "\n".join([f"Files in `{self.folder.as_posix()}`:", "", *lines])
        _display({"text/markdown": shown, "text/plain": shown})

    def result(self) -> dict[str, Any]:
        """What result.json holds; numbers that do not exist are None."""
        found = {kind: list(entries.values()) for kind, entries in self._found.items()}
        about = {"schema": SCHEMA, "theory": self.theory.name, "title": self.theory.question}
        return _plain({**about, "parameters": self.parameters, "versions": _versions(), **found})

    def _keep(self, kind: str, key: str, entry: dict[str, Any]) -> None:
        self._found[kind][key] = entry

    def _write(self, file: str, content: bytes) -> None:
        outputs.write(self._place / file, content)


def _display(data: dict[str, str], meta: dict[str, Any] | None = None) -> None:
    from IPython.display import display

    display(data, metadata=meta or {}, raw=True)


def _file_name(name: str) -> str:
    if not re.fullmatch(r"[\w-]+", name):
        raise SchemaError(f'"{name}" cannot name a file: use letters, digits, "-" and "_" only.')
    return name


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in VERSIONS:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:  # run from a folder that was never installed
            continue
    return found


def _plain(value: Any) -> Any:
    """Only what JSON knows: NaN and infinities become None, NumPy scalars numbers, dates ISO text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | np.ndarray | pd.Series):
        return [_plain(item) for item in (sorted(value) if isinstance(value, set) else value)]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
