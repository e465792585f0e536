"""The sample data that come with the package: what there is, what it means, and the tables themselves.

A data set is known by the name of its file without extensions: `cdnow_sample`, `online_retail`, `sfo_survey`.
What is known about it stands in `data/manifest.toml`: rows, columns with units, licence, citation, warnings.

    catalogue()     all data sets, one row each
    describe(name)  one data set: every column, licence, citation, warnings
    load(name)      the table
    path(name)      the file, for readers that stream it

Dates become `datetime64`, blanks become NaN, invoice numbers and product codes stay text, customer numbers
stay as they are in the file. Nothing is cleaned: refunds, orders of amount 0 and repeated rows are in the
tables, because what to do with them is part of the analysis.
"""

from __future__ import annotations

import functools
import glob
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from crmtheory import places
from crmtheory.errors import SchemaError, unknown


@dataclass(frozen=True)
class Column:
    """One column of a data set. `type` is "date", "text", or "" when the values show it."""

    name: str
    unit: str
    meaning: str
    type: str = ""


@dataclass(frozen=True)
class DataSet:
    """What the manifest says of one data set.

    `kind` is transactions, survey, contacts, contracts, counts, choice, studies or products. `customer`,
    `date` and `amount` name the default columns of a transaction log; they are None where the data have none.
    `sha256` is that of the file as shipped.
    """

    name: str
    file: str
    title: str
    description: str
    kind: str
    real: bool
    rows: int
    columns: tuple[Column, ...]
    licence: str
    licence_source: str
    citation: str
    source: str
    sha256: str
    warnings: tuple[str, ...] = ()
    customer: str | None = None
    date: str | None = None
    amount: str | None = None


def catalogue() -> pd.DataFrame:
    """All data sets that come with the package.

    Returns
    -------
    DataFrame, one row per data set, index `name`
        title, rows, columns (how many), kind, real, licence, citation

    >>> catalogue().loc["cdnow_sample", "licence"]
    'Apache-2.0'
    """
    return pd.DataFrame(
        [
            {
                "name": entry.name,
                "title": entry.title,
                "rows": entry.rows,
                "columns": len(entry.columns),
                "kind": entry.kind,
                "real": entry.real,
                "licence": entry.licence,
                "citation": entry.citation,
            }
            for entry in _manifest().values()
        ]
    ).set_index("name")


def describe(name: str) -> DataSet:
    """Columns, licence, citation and warnings of one data set.

    Parameters
    ----------
    name : str
        the file name without extensions, such as "online_retail"

    Raises
    ------
    SchemaError : there is no such data set; the message names the closest one and lists all

    >>> describe("contract_retention").columns[1]
    Column(name='regular_pct', unit='%', meaning='regular subscribers still there', type='')
    """
    entries = _manifest()
    if name not in entries:
        raise SchemaError(unknown("data set", name, entries))
    return entries[name]


def path(name: str) -> Path:
    """Where the file of a data set is.

    Parameters
    ----------
    name : str
        the file name without extensions

    Raises
    ------
    SchemaError : there is no such data set, or its file is missing from the folder `data`

    >>> path("online_retail").name
    'online_retail.csv.gz'
    """
    place = places.folder("data") / describe(name).file
    if not place.is_file():
        raise SchemaError(
            f'The file of data set "{name}" is missing: {place} does not exist. '
            "Usually the download or the checkout was incomplete; get the package again."
        )
    return place


def locate(name: str | Path) -> Path:
    """A data set of the package by its name, or else a file of your own by its path, seen from the working
    directory; a pattern such as "sales-*.csv" names several.

    Raises
    ------
    SchemaError : it is neither; the message names the place looked at and the data sets there are

    >>> locate("donations") == path("donations")
    True
    """
    names = _manifest()
    if str(name) in names:
        return path(str(name))
    file = Path(name).expanduser()
    if file.exists() or (glob.has_magic(str(file)) and glob.glob(str(file))):
        return file
    if file.suffix or len(file.parts) > 1:
        raise SchemaError(
            f"There is no file {file.absolute()}. Check the path; it is seen from the working directory."
        )
    raise SchemaError(f"There is no file {file.absolute()}. {unknown('data set', name, names)}")


def load(name: str) -> pd.DataFrame:
    """One data set as a table, unchanged but for its types.

    Parameters
    ----------
    name : str
        the file name without extensions

    Returns
    -------
    DataFrame, one row per row of the file, columns as in the manifest
        dates as datetime64, columns of type "text" as text (also when they look like numbers), blanks as NaN,
        everything else as the file has it

    Raises
    ------
    SchemaError : there is no such data set, or its file is missing

    >>> load("contract_retention").head(2)
       year  regular_pct  high_end_pct
    0     0        100.0         100.0
    1     1         63.1          86.9
    """
    columns = describe(name).columns
    return pd.read_csv(
        path(name),
        dtype={column.name: "str" for column in columns if column.type == "text"},
        parse_dates=[column.name for column in columns if column.type == "date"],
        # Only an empty cell is missing: a product called "NA" would be a product.
        keep_default_na=False,
        na_values=[""],
        low_memory=False,
    )


def _manifest() -> Mapping[str, DataSet]:
    file = places.folder("data") / "manifest.toml"
    return _entries(file, file.stat().st_mtime_ns)


@functools.lru_cache(maxsize=1)
def _entries(file: Path, _changed: int) -> Mapping[str, DataSet]:
    """The manifest, read again only when the file has changed."""
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    return MappingProxyType({name: _entry(name, table) for name, table in tables.items()})


def _entry(name: str, table: dict) -> DataSet:
    columns = tuple(Column(**column) for column in table["columns"])
    return DataSet(name=name, **{**table, "columns": columns, "warnings": tuple(table["warnings"])})
