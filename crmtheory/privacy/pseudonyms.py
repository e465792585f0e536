"""Customer ids as keyed hashes: the same person gets the same hash, and without the key nobody gets back.

hash = first digits of HMAC-SHA-256(key, UTF-8 text of the id)

computed in Python, inside DuckDB and inside Spark, with the same result. A hash without a key would hide
nothing: there are so few ids and phone numbers that all can be tried.

HMAC (RFC 2104; with SHA-256, FIPS 198-1) is two hashes around the message,

sha256(outer || sha256(inner || message)),   inner = key xor 0x36…, outer = key xor 0x5c…,

with the key filled up with zeros to 64 bytes. So an engine that has sha256 needs only these two blocks.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Iterable
from decimal import Decimal
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from crmtheory.errors import SchemaError

if TYPE_CHECKING:
    import duckdb

BLOCK = 64  # bytes that SHA-256 takes at a time
LENGTH, SHORTEST = 32, 16  # hexadecimal digits; 16 (64 bits) make a clash unlikely up to 100 million ids
KEY = 16  # bytes a key needs at least
INNER, OUTER = "crmtheory_inner", "crmtheory_outer"  # the DuckDB variables
EXACT = 2**53  # from here on not every integer has a float of its own
UNPREPARED = "This connection has no key. Call crmtheory.privacy.prepare(connection, key) first."
FRACTION = "Customer ids must be text or whole numbers; some are fractions or too long. Read them as text."


def pseudonym(ids: Iterable[Any], key: bytes, length: int = LENGTH) -> Any:
    """Keyed hashes of ids.

    Parameters
    ----------
    ids : (n,) text or whole numbers. A whole number has the hash of its text, so 7, 7.0 and "7" are the same
        person; "007" and "7.0" are others. Text is taken as it is: spaces and capitals count.
    key : at least 16 bytes, see `read_key`
    length : hexadecimal digits to keep, 16 to 64

    Returns
    -------
    Series or list : (n,) text of `length` digits; missing ids stay missing (None). A Series gives a Series
        with the same index and name, anything else a list.

    Raises
    ------
    SchemaError : the key is too short, the length is out of range, an id is neither text nor whole number

    >>> pseudonym([7, "7", None], b"an example, no secret", length=16)
    ['8b383e4b48c933b7', '8b383e4b48c933b7', None]
    """
    _check(key, length)
    if isinstance(ids, str | bytes) or not isinstance(ids, Iterable):
        raise SchemaError("Give a list or a column of ids, not a single id.")
    values = list(ids)
    texts = [_text(value, row) for row, value in enumerate(values, start=1)]
    hashes: dict[str | None, str | None] = {None: None}
    for row, text in enumerate(texts, start=1):
        if text is not None and text not in hashes:
            hashes[text] = hmac.digest(key, _encoded(text, row), "sha256").hex()[:length]
    found = [hashes[text] for text in texts]
    if isinstance(ids, pd.Series):
        return pd.Series(found, index=ids.index, name=ids.name, dtype="str")
    return found


def prepare(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Give a DuckDB connection the key that the SQL of `hmac_sql` uses.

    The two blocks go into variables as parameters, so they never stand in the text of a query. But they can
    be read on this connection (``getvariable``, EXPLAIN, a profile with constants): hand none of these on.
    Variables belong to one connection; each cursor of it must be prepared anew.

    >>> import duckdb
    >>> prepare(duckdb.connect(), b"an example, no secret")
    """
    _check(key, LENGTH)
    for name, block in zip((INNER, OUTER), _blocks(key), strict=True):
        connection.execute(f"SET VARIABLE {name} = $block", {"block": block})


def hmac_sql(expression: str, length: int = LENGTH) -> str:
    """SQL (DuckDB) of the keyed hash of `expression`, the same as `pseudonym` gives.

    Parameters
    ----------
    expression : SQL of an id, text or whole number, such as a quoted column name. It is repeated, so it must
        give the same value each time.
    length : hexadecimal digits to keep, 16 to 64

    Returns
    -------
    str : SQL of text; NULL where the id is NULL or NaN. The query fails when the connection is not prepared,
        and when a number is not whole.

    >>> import duckdb
    >>> with duckdb.connect() as connection:
    ...     prepare(connection, b"an example, no secret")
    ...     connection.execute(f"SELECT {hmac_sql('id', 16)} FROM (VALUES (7), (NULL)) t(id)").fetchall()
    [('8b383e4b48c933b7',), (None,)]
    """
    _check_length(length)
    number = f"TRY_CAST({expression} AS DOUBLE)"
    is_float = f"regexp_matches(typeof({expression}), '^(FLOAT|DOUBLE|DECIMAL)')"
    text = (
        f"CASE WHEN {is_float} AND isnan({number}) THEN NULL "
        f"WHEN {is_float} AND {number} = trunc({number}) AND abs({number}) < {EXACT} "
        f"THEN CAST(TRY_CAST({number} AS BIGINT) AS VARCHAR) "
        f"WHEN {is_float} AND {number} IS NOT NULL THEN CAST(error('{FRACTION}') AS VARCHAR) "
        f"ELSE CAST({expression} AS VARCHAR) END"
    )
    # the casts keep coalesce from being folded away to NULL, which would lose every customer silently
    inner, outer = (
        f"coalesce(CAST(getvariable('{name}') AS BLOB), CAST(error('{UNPREPARED}') AS BLOB))"
        for name in (INNER, OUTER)
    )
    return f"left(sha256({outer} || unhex(sha256({inner} || encode({text})))), {length})"


def hmac_spark(column_name: str, key: bytes, length: int = LENGTH) -> Any:
    """A Spark column of the keyed hash of a column, the same as `pseudonym` gives.

    The two blocks of the key are constants of the query, so its plan shows them, and with it the web page and
    the event log of the application. Hide them there with the setting ::

        spark.sql.redaction.string.regex = (?i)[0-9a-f]{128}

    Parameters
    ----------
    column_name : a column of text or whole numbers; cast others first
    key, length : as for `pseudonym`

    Returns
    -------
    pyspark.sql.Column : text; null where the id is null
    """
    _check(key, length)
    from pyspark.sql import functions as F

    quoted = "`" + column_name.replace("`", "``") + "`"  # a dot would mean a field of a structure
    message = F.encode(F.col(quoted).cast("string"), "UTF-8")
    inner, outer = (F.unhex(F.lit(block.hex())) for block in _blocks(key))
    digest = F.sha2(F.concat(outer, F.unhex(F.sha2(F.concat(inner, message), 256))), 256)
    return F.substring(digest, 1, length)


def _blocks(key: bytes) -> tuple[bytes, bytes]:
    """The inner and the outer block of HMAC-SHA-256."""
    short = hashlib.sha256(key).digest() if len(key) > BLOCK else key
    padded = short.ljust(BLOCK, b"\0")
    return bytes(byte ^ 0x36 for byte in padded), bytes(byte ^ 0x5C for byte in padded)


def _text(value: Any, row: int) -> str | None:
    """The text whose hash an id gets; None when it is missing."""
    if isinstance(value, str):
        return str(value)
    if type(value) is int:  # the usual case, before the slower questions
        return str(value)
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return None
    if isinstance(value, bool | np.bool_):
        raise _no_id(value, row)
    if isinstance(value, Integral):
        return str(int(value))
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, Decimal) and value.is_finite() and value == int(value):
        return str(int(value))
    # a float that stands for a whole number comes of missing ids; a large one has lost its last digits
    if isinstance(value, Real) and float(value).is_integer() and abs(float(value)) < EXACT:
        return str(int(float(value)))
    raise _no_id(value, row)


def _no_id(value: Any, row: int) -> SchemaError:
    return SchemaError(
        f"Customer ids must be text or whole numbers. Row {row} holds one of type {type(value).__name__} that "
        "is neither. Usual causes: the wrong column, or long ids read as decimals. Read the column as text."
    )


def _encoded(text: str, row: int) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise SchemaError(
            f"The id in row {row} is not valid text: half of a character is missing. Usual cause: a file read "
            "with the wrong encoding. Name the encoding when reading."
        ) from None


def _check(key: bytes, length: int) -> None:
    if not isinstance(key, bytes) or len(key) < KEY:
        raise SchemaError(
            f"A key must be bytes, at least {KEY}. crmtheory.privacy.read_key() gives one; the command "
            "crmtheory key makes one."
        )
    _check_length(length)


def _check_length(length: int) -> None:
    if isinstance(length, bool) or not isinstance(length, int) or not SHORTEST <= length <= 64:
        raise SchemaError(
            f"length must be a whole number from {SHORTEST} to 64 (fewer digits would let two customers "
            f"share a hash), not {length!r}."
        )
