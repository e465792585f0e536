"""One list of customers per log, over the chapters that have run on it: stage, segment, value, and what to do.

    customers(results)          the lists as tables
    write(results, folder)      as files: customers.csv for the log with most chapters, customers-NAME.csv for others

The lifecycle gives each customer a stage and its treatment, segmentation a segment and its treatment, value the
chance of being alive and what is to come. Runs belong together when they read the same log in the same way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from crmtheory import contents, outputs, privacy

# theory → (the table it comes from, {column of the list: column there})
SOURCES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "lifecycle": (
        "actions",
        {"stage": "stage", "relationship_stage": "relationship", "treatment_by_stage": "action"},
    ),
    "segmentation": (
        "actions",
        {
            "segment": "segment",
            "value_class": "value_class",
            "activity": "activity",
            "treatment_by_segment": "action",
        },
    ),
    "value": ("customers", {name: name for name in ("p_alive", "clv", "clv_low", "clv_high")}),
}
COLUMNS = (
    "stage", "relationship_stage", "segment", "value_class", "activity", "p_alive", "clv", "clv_low", "clv_high",
    "treatment_by_stage", "treatment_by_segment", "advised_treatment",
)  # fmt: skip
DECIMALS = {"p_alive": 4, "clv": 2, "clv_low": 2, "clv_high": 2}  # also the columns of numbers
THREATENED = ("at risk", "lost")  # stages
RULE = (
    "Customers who are at risk or lost get the treatment of their stage, because what threatens comes first; all "
    "others get that of their segment. Where one of the two is not known, the other counts."
)
READING = ("customer", "date", "amount", "dayfirst", "missing_customer", "refunds", "policies")
ROWS = 50_000  # written at a time
RECORD = ".customers.json"  # which lists were written, so that old ones can be told from files of others


def customers(results: Sequence[Any]) -> dict[str, pd.DataFrame]:
    """The lists of customers, one per log; the log with most chapters first, of equally many the first that was run.

    Parameters
    ----------
    results : runs with theory, folder and result, as `notebooks.run` gives them

    Returns
    -------
    dict : name of the log → table, index the customers as text (001 is not 1), by falling `clv` and then by id
        stage, relationship_stage, segment, value_class, activity : categories
        p_alive, clv, clv_low, clv_high : numbers, as the chapter on value has them
        treatment_by_stage, treatment_by_segment : what the chapters advise
        advised_treatment : one of the two, by `RULE`: at risk or lost, then that of the stage, else that of the
            segment; where one is not known, the other

        A column that no chapter filled is there and empty, see `gaps`. Runs join when they read the same file (by its
        checksum) with the same columns and policies; of several runs of one theory the first counts.
    """
    groups: dict[str, dict[str, Any]] = {}
    for run in results:
        log = _log(run)
        if log is not None and run.theory in SOURCES and _file(run) is not None:
            groups.setdefault(log, {}).setdefault(run.theory, run)
    found: dict[str, pd.DataFrame] = {}
    for runs in sorted(groups.values(), key=len, reverse=True):
        name = _name(next(iter(runs.values())))
        copies = sum(other == name or other.startswith(f"{name} (") for other in found)
        found[f"{name} ({copies + 1})" if copies else name] = _list(runs)
    return found


def gaps(frame: pd.DataFrame) -> list[str]:
    """Which columns of a list are empty, and which chapter would fill them; a sentence for each such chapter.

    >>> gaps(pd.DataFrame({"segment": ["low, silent"], "p_alive": [0.5], "stage": [None]}))
    ['stage: given by the chapter on customer lifecycle (02).']
    """
    found = []
    for theory, (_, columns) in SOURCES.items():
        empty = [name for name in columns if name in frame and frame[name].isna().all()]
        if empty:
            entry = contents.find(theory)
            title = entry.title[0].lower() + entry.title[1:]
            found.append(f"{', '.join(empty)}: given by the chapter on {title} ({entry.number:02d}).")
    return found


def write(results: Sequence[Any], folder: str | Path) -> list[Path]:
    """Write the lists of customers as CSV in UTF-8; text that looks like a formula is disarmed.

    Returns
    -------
    list of Path : customers.csv for the first list, customers-NAME.csv for further ones, none without customers. Lists
        of an earlier call that this one does not write are removed from `folder`, unless somebody has changed them.

    Raises
    ------
    SchemaError : a list looks as if it held e-mail addresses, phone or identity-card numbers
    """
    place, written = Path(folder), list[Path]()
    earlier = _earlier(place)
    for name, frame in customers(results).items():
        slug = re.sub(r"\W+", "-", name.lower()).strip("-") or "log"
        path = place / ("customers.csv" if not written else f"customers-{slug}.csv")
        number = 1
        while path in written:
            number += 1
            path = place / f"customers-{slug}-{number}.csv"
        taken = frame.index.name in COLUMNS  # a customer column that is called as one of ours
        flat = frame.rename_axis("customer" if taken else frame.index.name).reset_index()
        privacy.refuse_personal(flat, path.name)
        safe = privacy.disarm(flat.round(DECIMALS))
        with outputs.opened(path) as stream:
            safe.to_csv(stream, index=False, lineterminator="\n", encoding="utf-8", chunksize=ROWS)
        written.append(path)
    for name, sha256 in earlier.items():
        old = place / Path(name).name
        if old not in written and old.is_file() and outputs.sha256(old) == sha256:
            old.unlink()
    if written:
        sums = {path.name: outputs.sha256(path) for path in written}
        outputs.write(place / RECORD, json.dumps(sums, ensure_ascii=False, indent=2, sort_keys=True) + "\n")
    else:
        (place / RECORD).unlink(missing_ok=True)
    return written


def _earlier(place: Path) -> dict[str, str]:
    """The lists that an earlier call wrote, with their checksums."""
    try:
        found = json.loads((place / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(sha256) for name, sha256 in found.items()} if isinstance(found, dict) else {}


def _log(run: Any) -> str | None:
    """What tells one reading of a log from another; None when the run has no log."""
    given = run.result.get("parameters", {})
    name = given.get("transactions")
    entry = next((one for one in run.result.get("data", ()) if name and one["name"] == name), None)
    if entry is None:
        return None
    how = {key: given.get(key) for key in READING}
    return json.dumps([entry.get("sha256") or name, how], sort_keys=True, ensure_ascii=False)


def _name(run: Any) -> str:
    """The name of a log: that of its file without folder and endings, or of the data set."""
    name = str(run.result["parameters"]["transactions"])
    return re.sub(r"(\.(csv|txt|tsv|gz|parquet|pq))+$", "", Path(name).name, flags=re.IGNORECASE) or name


def _file(run: Any) -> Path | None:
    """The table of a run that its part of the list comes from."""
    wanted = SOURCES[run.theory][0]
    found = [one["file"] for one in run.result.get("tables", ()) if one["name"] == wanted]
    return path if found and (path := Path(run.folder) / found[0]).is_file() else None


def _list(runs: Mapping[str, Any]) -> pd.DataFrame:
    """The list of one log, in the order in which it is shown."""
    tables, title = {}, ""
    for theory, run in runs.items():
        tables[theory], head = _read(run, SOURCES[theory][1])
        title = title or head
    ids = pc.unique(pa.chunked_array([table["id"].cast(pa.string()) for table in tables.values()]))
    found: dict[str, Any] = {}
    for table in tables.values():
        place = pc.index_in(ids, value_set=table["id"].combine_chunks())
        found |= {
            name: table[name].combine_chunks().take(place) for name in table.column_names if name != "id"
        }
    clv = found.get("clv", pa.nulls(len(ids), pa.float64()))
    order = pc.sort_indices(pa.table({"clv": clv, "id": ids}), [("clv", "descending"), ("id", "ascending")])
    index = pd.Index(ids.take(order).to_pandas(), dtype="str", name=title)
    frame = pd.DataFrame({name: _column(found.get(name), name, order) for name in COLUMNS[:-1]})
    frame["advised_treatment"] = _advised(frame)
    return frame.set_axis(index)


def _read(run: Any, columns: Mapping[str, str]) -> tuple[pa.Table, str]:
    """The wanted columns of a table, its first one as `id`; and what that one is called."""
    path = _file(run)
    with path.open(encoding="utf-8", newline="") as lines:  # type: ignore[union-attr]
        head = pd.read_csv(lines, nrows=0, dtype=str).columns
    kinds = {
        there: pa.float64() if here in DECIMALS else pa.dictionary(pa.int32(), pa.string())
        for here, there in columns.items()
        if there in head
    }
    table = csv.read_csv(
        path,
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            include_columns=[head[0], *kinds],
            column_types={head[0]: pa.string(), **kinds},
            strings_can_be_null=True,
            null_values=[""],
        ),
    )
    names = {there: here for here, there in columns.items()}
    ids = pc.fill_null(table[0], "")
    rest = {names[there]: table[there].unify_dictionaries() for there in kinds}
    return pa.table({"id": ids, **rest}), str(head[0])


def _column(values: Any, name: str, order: pa.Array) -> pd.Series:
    """A column in its order; empty if there is none."""
    if name in DECIMALS:
        return (pa.nulls(len(order), pa.float64()) if values is None else values.take(order)).to_pandas()
    if values is None:
        return pd.Series(pd.Categorical([None] * len(order), categories=pd.Index([], dtype="str")))
    return values.take(order).to_pandas()


def _advised(frame: pd.DataFrame) -> pd.Categorical:
    """One treatment for each customer, by `RULE`."""
    stage, segment = frame["treatment_by_stage"].cat, frame["treatment_by_segment"].cat
    kinds = stage.categories.union(segment.categories, sort=False)
    by_stage, by_segment = (
        np.append(kinds.get_indexer(one.categories), -1)[one.codes.to_numpy()] for one in (stage, segment)
    )
    threatened = frame["stage"].isin(THREATENED).to_numpy()
    chosen = np.where(threatened & (by_stage >= 0) | (by_segment < 0), by_stage, by_segment)
    return pd.Categorical.from_codes(chosen, categories=kinds)
