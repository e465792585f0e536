"""Tables that are no log of sales: prospects, contracts, what is known of each customer.

    found = read("leads.csv", ["age", "channel", "sold"])
    found.frame

A shipped data set is read by its name, a file as every other file here is (encoding, delimiter, Parquet). Texts that
are numbers throughout become numbers, except in columns that are named as ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmtheory import datasets, privacy
from crmtheory.errors import SchemaError
from crmtheory.files import Opening, column_names, connect, open_source
from crmtheory.schema import absent, broken


@dataclass(frozen=True)
class Table:
    """What was read: the frame, the checksum of its file (None for a frame), and its name as given."""

    frame: pd.DataFrame
    sha256: str | None
    name: str


def read(
    source: str | pd.DataFrame,
    columns: Sequence[str] = (),
    *,
    ids: Sequence[str] = (),
    encoding: str | None = None,
    header: int = 1,
) -> Table:
    """Read a table of a few columns.

    Parameters
    ----------
    source : name of a shipped data set, path of a CSV or Parquet file, or a frame
    columns : those wanted, all if none are named; ids : those of them that stay text, such as customer ids with
        leading zeros
    encoding, header : of a text file, as in `transactions.read`

    Raises
    ------
    SchemaError : there is nothing that can be read, or a column is not there; one message with all of them

    >>> read("contract_retention", ["year", "regular_pct"]).frame.iloc[1].tolist()
    [1.0, 63.1]
    """
    if isinstance(source, str) and source in datasets.catalogue().index:
        data = datasets.describe(source)
        return Table(_chosen(datasets.load(source), columns, source), data.sha256, source)
    if isinstance(source, pd.DataFrame):
        return Table(_chosen(source, columns, "The table"), None, "")
    path = datasets.locate(source)
    how = Opening(encoding=encoding, header=header)
    names = list(columns) or column_names(path, how)
    roles = {f"column_{place}": name for place, name in enumerate(names)}
    with connect() as connection:
        opened = open_source(connection, path, roles, how)
        if opened.problems:
            raise broken(source, [(name, _step(sentence)) for name, sentence in opened.problems])
        frame = connection.sql(f"select {', '.join(roles)} from raw").df()
    frame = frame.set_axis(names, axis=1)
    texts = [name for name in names if name not in ids and _is_text(frame[name])]
    return Table(frame.assign(**{name: _numbers(frame[name]) for name in texts}), opened.sha256, source)


def same_customers(values: pd.Series, like: pd.Index, pseudonymise: bool = False) -> pd.Series:
    """Customer ids of another table in the form in which a log has them.

    Parameters
    ----------
    values : ids as read; like : the index of customers; pseudonymise : whether the ids of the log are keyed hashes

    Raises
    ------
    SchemaError : ids are missing; the log has numbers and some of these are none

    >>> same_customers(pd.Series(["7", "12"]), pd.Index([7, 8])).tolist()
    [7, 12]
    """
    if values.isna().any():
        first = values.index[values.isna()][0]
        raise SchemaError(
            f"{values.isna().sum():,} of {len(values):,} rows have no {values.name or 'customer'}, first: row "
            f"{first + 1 if isinstance(first, int | np.integer) else first}. Leave these rows out of the table."
        )
    if pseudonymise:
        return pd.Series(privacy.pseudonym(values, privacy.read_key()), values.index, name=values.name)
    if not pd.api.types.is_numeric_dtype(like.dtype):
        return values.astype(str)
    numbers = pd.to_numeric(values, errors="coerce")
    if pd.api.types.is_integer_dtype(like.dtype):
        numbers = numbers.where(numbers % 1 == 0)  # 7.5 is nobody; an infinite remainder is missing
    if numbers.isna().any():
        wrong = values[numbers.isna()]
        raise SchemaError(
            f"The customers of the log are numbers, but {len(wrong):,} of {len(values):,} ids in this table are not, "
            f'first: "{wrong.iloc[0]}". Is this the same kind of id?'
        )
    return numbers.astype(like.dtype)


def _chosen(frame: pd.DataFrame, columns: Sequence[str], what: str) -> pd.DataFrame:
    problems = absent({name: name for name in columns}, [str(name) for name in frame.columns])
    if problems:
        raise broken(what, [(name, _step(sentence)) for name, sentence in problems])
    return frame[list(columns)] if columns else frame


def _step(sentence: str) -> str:
    return sentence.partition(" Name yours with")[0] + " Correct the name." * (" Name yours with" in sentence)


def _is_text(column: pd.Series) -> bool:
    return not pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_datetime64_any_dtype(column)


def _numbers(column: pd.Series) -> pd.Series:
    """The column as numbers if every text in it is one; otherwise as it is, an empty text being a missing value."""
    filled = column.where(column != "")
    numbers = pd.to_numeric(filled, errors="coerce")
    return numbers if numbers.isna().sum() == filled.isna().sum() and filled.notna().any() else filled
