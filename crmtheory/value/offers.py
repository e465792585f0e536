"""Choices as tables: one row per choice, as panels are kept, or one row per offer, as a choice model reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.wording import counted

COLUMNS = ("occasion", "household", "brand", "chosen", "price")


class Long(NamedTuple):
    """Choices with one row per offer: `rows`, and what was left out of them, with the reason (index as given)."""

    rows: pd.DataFrame
    left_out: pd.Series


def long(
    frame: pd.DataFrame,
    choice: str = "choice",
    price: str | Mapping[str, str] = "price.",
    household: str = "id",
    more: Mapping[str, str | Mapping[str, str]] | None = None,
    *,
    last: bool = False,
) -> Long:
    """One row per offer from a table with one row per choice.

    Parameters
    ----------
    frame : one row per choice, in the order of time within a household
    choice : column with the name of the brand that was taken
    price : what stands before the brand in the names of the price columns, or brand → column. Empty where a brand was
        not on offer
    household : column that says who chose; empty if each choice is somebody else's
    more : further columns of each offer, as `price`: {"display": "disp."}. Empty counts as 0
    last : whether to add `last`, 1 for the brand the household took at its choice before; first choices are left out

    Returns
    -------
    rows : frame with occasion (0, 1, … by row of the frame), household, brand, chosen (0 or 1), price, the further
        columns. Brands are in the order of the prices
    left_out : reason by index of the frame: a price of 0 or less, or no price for the brand that was taken (no such
        price was paid), fewer than two offers, or a first choice

    Raises
    ------
    SchemaError : columns that are not there, a brand without price column, prices that are no numbers

    >>> shop = pd.DataFrame({"id": [1, 2], "price.a": [2.0, 3.0], "price.b": [2.5, 0.0], "choice": ["a", "b"]})
    >>> rows, left_out = long(shop)
    >>> rows[["brand", "chosen", "price"]].values.tolist(), left_out.tolist()
    ([['a', 1, 2.0], ['b', 0, 2.5]], ['a price of 0 or less'])
    """
    prices = _columns(frame, price)
    brands = list(prices)
    kinds = {name: _columns(frame, what, brands) for name, what in (more or {}).items()}
    taken = {*COLUMNS, *(["last"] if last else [])} & set(kinds)
    if taken:
        raise SchemaError(f"The name {min(taken)} is taken. Call the further column something else.")
    for name in [choice, *([household] if household else [])]:
        if name not in frame.columns:
            raise SchemaError(unknown("column", name, map(str, frame.columns)))
    place = pd.Index(brands).get_indexer(frame[choice].astype("str"))
    if (place < 0).any():
        first = int((place < 0).argmax())
        raise SchemaError(
            f"{(place < 0).sum():,} of {len(frame):,} choices are of a brand without a price column, first: "
            f'"{frame[choice].iloc[first]}" (row {first + 1}). Brands with prices: {", ".join(brands)}.'
        )
    values = _numbers(frame, prices)
    offered = ~np.isnan(values)
    own = offered[np.arange(len(frame)), place] if len(frame) else np.zeros(0, bool)
    who = frame[household].to_numpy() if household else np.arange(len(frame))
    before = pd.Series(place).groupby(who).shift().to_numpy() if last else np.zeros(len(frame))
    reasons = {
        "a price of 0 or less": (offered & (values <= 0)).any(axis=1),
        "no price for the brand taken": ~own,
        "fewer than two offers": offered.sum(axis=1) < 2,
        "the first choice of a household": np.isnan(before),
    }
    why = np.select(list(reasons.values()), list(reasons), default="")
    kept = np.flatnonzero(why == "")
    wide = {"chosen": (np.arange(len(brands)) == place[:, None]).astype(int), "price": values}
    wide |= {name: np.nan_to_num(_numbers(frame, columns)) for name, columns in kinds.items()}
    if last:
        wide["last"] = (np.arange(len(brands)) == before[:, None]).astype(int)
    rows = pd.DataFrame(
        {
            "occasion": np.repeat(kept, len(brands)),
            "household": np.repeat(who[kept], len(brands)),
            "brand": pd.Categorical.from_codes(np.tile(np.arange(len(brands)), len(kept)), brands),
            **{name: table[kept].ravel() for name, table in wide.items()},
        }
    )
    rows = rows[rows["price"].notna()].reset_index(drop=True)
    return Long(rows, pd.Series(why, frame.index, name="reason")[why != ""])


def roles(columns: Mapping[str, Any]) -> tuple[str, str | Mapping[str, str], str, dict[str, Any]]:
    """What `long` is told of a table, from one dictionary: choice, price, household ("" if not named), and the rest.

    Raises
    ------
    SchemaError : choice or price is not named

    >>> roles({"choice": "brand", "price": "p_", "display": "d_"})
    ('brand', 'p_', '', {'display': 'd_'})
    """
    absent = [role for role in ("choice", "price") if role not in columns]
    if absent:
        raise SchemaError(
            f"The columns of the choices must name {' and '.join(absent)}, such as "
            '{"choice": "brand", "price": {"ours": "price_ours", "theirs": "price_theirs"}}.'
        )
    more = {name: what for name, what in columns.items() if name not in ("choice", "price", "household")}
    return columns["choice"], columns["price"], columns.get("household", ""), more


def cube(
    rows: pd.DataFrame, more: list[str]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """(choices, brands, terms), offered, taken, household (0, 1, …) and the brands, of rows that were checked."""
    for name in [*COLUMNS, *more]:
        if name not in rows.columns:
            raise SchemaError(unknown("column", name, map(str, rows.columns)))
        if rows[name].isna().any():
            raise SchemaError(
                f"{rows[name].isna().sum():,} of {len(rows):,} offers have no {name}. Leave them out."
            )
    if not len(rows):
        raise DomainError("There are no choices.")
    brand = rows["brand"].astype("category").cat.remove_unused_categories()
    brands = [str(name) for name in brand.cat.categories]
    occasion, _ = pd.factorize(rows["occasion"])
    n, code = int(occasion.max()) + 1, brand.cat.codes.to_numpy()
    chosen = rows["chosen"].to_numpy(float)
    times = np.bincount(occasion, chosen, n)
    wrong = (times != 1) | ~np.isin(chosen, (0, 1))[np.unique(occasion, return_index=True)[1]]
    if wrong.any():
        first = rows["occasion"].iloc[int((occasion == wrong.argmax()).argmax())]
        raise SchemaError(
            f"{wrong.sum():,} of {n:,} choices do not have exactly one offer chosen, first: occasion {first}. "
            "chosen is 1 for the offer that was taken and 0 for the others."
        )
    if len(np.unique(occasion * len(brands) + code)) < len(rows):
        raise SchemaError("A brand is offered twice at one occasion. Make two brands of them, or keep one.")
    who, _ = pd.factorize(rows["household"])
    group = np.zeros(n, int)
    group[occasion] = who
    if (group[occasion] != who).any():
        raise SchemaError("Offers of one occasion belong to several households. Number the occasions anew.")
    if who.max() < 1 or len(brands) < 2:
        raise DomainError(
            f"A choice model needs at least two brands and two households; these are {counted(len(brands), 'brand')} "
            f"and {counted(int(who.max()) + 1, 'household')}."
        )
    k = 1 + len(more)
    x = np.zeros((n, len(brands), k + len(brands) - 1))
    x[occasion, code, :k] = rows[["price", *more]].to_numpy(float)
    offered = np.zeros((n, len(brands)), bool)
    offered[occasion, code] = True
    for j in range(len(brands) - 1):
        x[:, j, k + j] = offered[:, j]
    taken = np.zeros(n, int)
    taken[occasion[chosen == 1]] = code[chosen == 1]
    never = [brand for j, brand in enumerate(brands) if not (taken == j).any()]
    if never:
        raise DomainError(f"Nobody took {never[0]}, so its constant has no estimate. Leave this brand out.")
    return x, offered, taken, group, brands


def _columns(
    frame: pd.DataFrame, what: str | Mapping[str, str], brands: Sequence[str] | None = None
) -> dict[str, str]:
    """Brand → column."""
    if isinstance(what, str):
        found = {
            str(name).removeprefix(what): str(name) for name in frame.columns if str(name).startswith(what)
        }
        if not what or len(found) < 2:
            raise SchemaError(
                f'No two columns begin with "{what}". Give what stands before the brand in their names, or a '
                'dictionary such as {"our brand": "price_ours", "other": "price_other"}.'
            )
    else:
        found = {str(brand): column for brand, column in what.items()}
    wanted = list(found) if brands is None else list(brands)
    for brand in wanted:
        if brand not in found or found[brand] not in frame.columns:
            name = found.get(brand, f"{what}{brand}" if isinstance(what, str) else brand)
            raise SchemaError(unknown("column", name, map(str, frame.columns)))
    return {brand: found[brand] for brand in wanted}


def _numbers(frame: pd.DataFrame, columns: Mapping[str, str]) -> np.ndarray:
    for column in columns.values():
        if not pd.api.types.is_numeric_dtype(frame[column]):
            raise SchemaError(f"The column {column} must hold numbers.")
    return frame[list(columns.values())].to_numpy(float, copy=True)
