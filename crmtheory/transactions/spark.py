"""Read a log where it is: a Spark DataFrame, or files that Spark opens. Nothing is collected but counts.

The same expressions as in DuckDB count the days. What differs is the door: columns of a Spark DataFrame have types,
and text is read only where it is plain (dates that begin with the year or whose order `dayfirst` says, numbers with
a decimal point). A timestamp is taken on the day of the session's time zone, or of `timezone`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import narwhals as nw
import pandas as pd

from crmtheory import privacy
from crmtheory.errors import SchemaError
from crmtheory.schema import Problem, broken
from crmtheory.transactions import days as expressions
from crmtheory.transactions.aside import REFUND, most_first, nothing_left
from crmtheory.transactions.counting import Counted, Opened, count, row
from crmtheory.transactions.policies import Policies
from crmtheory.transactions.rules import MISSING, SHOWN
from crmtheory.transactions.spark_columns import ROLES, Entries

NOT_HERE = ("encoding", "header", "memory", "decimal", "date_format")  # policies for text files
HALF = 2.0**62
INSTALL = "Spark is not installed. Install the extra: pip install 'crmtheory[spark]'; it also needs Java 17."


@dataclass(frozen=True)
class Spark:
    """A Spark session; frames stay in it and are cached."""

    session: Any
    frames: dict[str, Any] = field(default_factory=dict)

    def question(self) -> Spark:
        """Spark keeps questions apart by itself."""
        return self

    def frame(self, name: str) -> nw.LazyFrame:
        """A frame that was kept."""
        return nw.from_native(self.frames[name])

    def keep(self, name: str, frame: nw.LazyFrame) -> None:
        """Keep a frame; it is computed once and cached."""
        self.frames[name] = nw.to_native(frame).cache()

    def bring(self, frame: pd.DataFrame) -> nw.LazyFrame:
        """A small table, brought into the session."""
        rows = [tuple(values) for values in frame.astype(object).itertuples(index=False)]
        return nw.from_native(self.session.createDataFrame(rows, list(frame.columns)))

    def in_units(self, scale: float, wide: bool) -> nw.LazyFrame:
        """The log with money in whole units."""
        from pyspark.sql import functions as F

        units = F.round(F.col("amount") * scale)
        if wide:  # a decimal made of a double would keep 17 digits only: two halves of 62 bits keep all
            high = (units / HALF).cast("long")
            low = (units - high.cast("double") * HALF).cast("long").cast("decimal(19,0)")
            units = high.cast("decimal(19,0)") * F.lit(int(HALF)).cast("decimal(19,0)") + low
        money = units.cast("decimal(38,0)" if wide else "long")
        return nw.from_native(self.frames["log"].withColumn("money", money).drop("amount"))

    def periods(self, number: int) -> nw.LazyFrame:
        """The numbers 1, 2, … of periods."""
        from pyspark.sql import functions as F

        return nw.from_native(
            self.session.range(1, number + 1).select(F.col("id").cast("int").alias("period"))
        )


def is_spark(source: Any) -> bool:
    """Whether this is a Spark DataFrame; Spark is not imported to find out.

    >>> is_spark(pd.DataFrame())
    False
    """
    return type(source).__module__.startswith("pyspark.sql")


def read_spark(source: Any, wanted: Mapping[str, str], policies: Policies) -> Counted:
    """Open, check, count in Spark. `wanted` names the column of each role.

    Raises
    ------
    SchemaError : Spark is not installed; all broken rules at once; a policy that is for text files
    """
    try:
        import pyspark  # noqa: F401
    except ImportError:
        raise SchemaError(INSTALL) from None
    chosen = [name for name in NOT_HERE if name in policies.changed()]
    if chosen:
        raise SchemaError(
            f"With Spark, {', '.join(chosen)} cannot be given: read the text with Spark's own options and pass the "
            "DataFrame, with columns of dates and numbers."
        )
    native, name, is_text = _open(source)
    with _told(name):
        return _read(Entries(native, wanted, policies, is_text), name)


def _read(entries: Entries, name: str) -> Counted:
    from pyspark.sql import functions as F

    wanted, policies = entries.wanted, entries.policies
    unusable = entries.unusable()
    if unusable:
        raise broken("transactions", unusable)
    marked = entries.marked().cache()
    try:
        counts = _counts(marked, wanted)
        faults = problems(counts, wanted, policies)
        if faults:
            raise broken("transactions", faults)
        left: dict[str, int] = {}
        for one in counts:
            if one["reason"] is not None:
                left[one["reason"]] = left.get(one["reason"], 0) + one["n"]
        used = sum(one["n"] for one in counts) - sum(left.values())
        set_aside = most_first(left)
        if not used:
            raise nothing_left(set_aside)
        key = privacy.read_key() if policies.pseudonymise else None
        rejected = _aside(marked, wanted, key)
        log = marked.filter("reason is null")
        log = log if key is None else log.withColumn("customer", privacy.hmac_spark("customer", key))
        invoice = ["invoice"] if policies.refunds == "invoice" else []
        engine = Spark(
            entries.native.sparkSession, {"log": log.select("customer", "day", "amount", *invoice)}
        )
        found = row(expressions.checks(engine.frame("log")))
        refunds = 0.0
        if REFUND in left:
            refunds = marked.filter(F.col("reason") == REFUND).agg(F.sum("amount")).collect()[0][0]
        opened = Opened(name, None, None, set_aside, float(refunds), used if entries.converts() else 0)

        def brought() -> pd.DataFrame:
            columns = ["reason", *wanted.values()]
            return pd.DataFrame([tuple(one) for one in rejected.collect()], columns=columns)

        if left:  # they stay where they are, as what the source had when it was read
            rejected = rejected.cache()
            rejected.count()
        return count(engine, opened, found, wanted, policies, brought)
    finally:
        marked.unpersist()


def _counts(marked: Any, wanted: Mapping[str, str]) -> Sequence[Any]:
    """The number of rows by what is wrong with them."""
    from pyspark.sql import functions as F

    roles = [role for role in ROLES if role in wanted]
    twins = F.sum((F.col("twin") > 1).cast("long")) if "twin" in marked.columns else F.lit(0)
    firsts = [F.min(F.when(F.col(f"fault_{role}").isNotNull(), F.col(f"raw_{role}"))) for role in roles]
    return (
        marked.groupBy("reason", *(f"fault_{role}" for role in roles))
        .agg(
            F.count("*").alias("n"),
            twins.alias("twins"),
            *(first.alias(f"raw_{role}") for first, role in zip(firsts, roles, strict=True)),
        )
        .collect()
    )


def problems(counts: Sequence[Any], wanted: Mapping[str, str], policies: Policies) -> list[Problem]:
    """What is wrong with the rows that are not set aside.

    Parameters
    ----------
    counts
        rows by reason, fault_customer, fault_date and fault_amount: n, the smallest raw_… of each, twins
    """
    found, total = [], sum(one["n"] for one in counts)
    kept = [one for one in counts if one["reason"] is None]
    for role in ROLES:
        if role not in wanted:
            continue
        for fault in sorted({one[f"fault_{role}"] for one in kept} - {None}):
            those = [one for one in kept if one[f"fault_{role}"] == fault]
            # Ids that are to be hidden are not shown in messages either.
            hidden = fault.startswith("no ") or (role == "customer" and policies.pseudonymise)
            first = None if hidden else min(one[f"raw_{role}"] for one in those)
            number = sum(one["n"] for one in those)
            found.append((wanted[role], _sentence(role, fault, number, total, first, policies)))
    twins = sum(one["twins"] for one in kept) if policies.duplicates == "error" else 0
    if twins:
        rows = f"{twins:,} of {total:,} rows {'has' if twins == 1 else 'have'}"
        sentence = (
            f'{rows} an equal row before. Pass duplicates="drop" to use one of each, or duplicates="keep" '
        )
        found.append((wanted["customer"], f"{sentence}if they are real."))
    return found


def _sentence(role: str, fault: str, number: int, total: int, first: str | None, policies: Policies) -> str:
    what = fault if fault.startswith("no ") else f"{'an' if fault.startswith('a') else 'a'} {fault}"
    shown = ""
    if first is not None:
        shown = f', such as "{first if len(first) <= SHOWN else first[: SHOWN - 1] + "…"}"'
    step = 'Complete them, or pass unreadable="drop" to set them aside.'
    if fault == MISSING:
        step = 'Pass missing_customer="drop" to leave them out; the report counts them.'
    elif not fault.startswith("no "):
        step = 'Convert the column in Spark, or pass unreadable="drop" to set them aside.'
        if fault == "date that cannot be read" and policies.dayfirst is None:
            step = f"For dates such as 1/2/2010 pass dayfirst=True or dayfirst=False. {step}"
    return f"{number:,} of {total:,} rows {'has' if number == 1 else 'have'} {what}{shown}. {step}"


def _open(source: Any) -> tuple[Any, str, bool]:
    """A Spark DataFrame, of a DataFrame or of a path that Spark can open; its name; whether it is text."""
    if is_spark(source):
        return source, "Spark DataFrame", False
    if not isinstance(source, str | os.PathLike):
        raise SchemaError(
            f"Spark reads a Spark DataFrame or a path, not {type(source).__name__}. Pass "
            "spark.createDataFrame(frame), or leave engine out."
        )
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    session, path = SparkSession.builder.getOrCreate(), os.fspath(source)
    is_text = path.rstrip("/").lower().endswith((".csv", ".csv.gz"))
    options: dict[str, Any] = {"header": True, "multiLine": True, "escape": '"', "mode": "FAILFAST"}
    try:
        native = session.read.options(**options).csv(path) if is_text else session.read.parquet(path)
    except PySparkException as error:
        raise SchemaError(f'Spark cannot read "{path}": {str(error).splitlines()[0]}') from None
    return native, path.rstrip("/").rsplit("/", 1)[-1], is_text


@contextmanager
def _told(name: str) -> Iterator[None]:
    """A CSV is read when it is counted: a line that is no row is told in our words, other failures in Spark's."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException) as error:
        if not re.search("MALFORMED_(CSV_)?RECORD", str(error)):
            raise
        raise SchemaError(
            f'"{name}" cannot be read as CSV: a line has not as many fields as the header. engine="duckdb" tells '
            'which line, and sets such lines aside with unreadable="drop".'
        ) from None


def _aside(marked: Any, wanted: Mapping[str, str], key: bytes | None) -> Any:
    """The rows set aside: reason, and the columns that were read, as text. Rows of Spark have no numbers."""
    from pyspark.sql import functions as F

    frame = marked.filter("reason is not null")
    if key is not None:
        # 7.0 has the hash of 7, as in the log; what is no id is none of anybody either.
        frame = frame.withColumn("id", F.coalesce(F.col("customer").cast("string"), F.col("raw_customer")))
        shown = F.when(F.col("fault_customer") == MISSING, F.col("raw_customer"))
        frame = frame.withColumn("raw_customer", F.coalesce(shown, privacy.hmac_spark("id", key)))
    return frame.select("reason", *(f"raw_{role}" for role in wanted))
