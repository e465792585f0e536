"""The columns of a log in Spark: their clean values, their faults, and the reasons for which rows are set aside.

The words are those of DuckDB, where both say the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from crmtheory.schema import Problem, absent
from crmtheory.transactions.aside import REFUND
from crmtheory.transactions.columns import LONGEST
from crmtheory.transactions.date_forms import HALF, TIME
from crmtheory.transactions.dates import FIRST, LAST
from crmtheory.transactions.policies import Policies
from crmtheory.transactions.rules import MISSING, NOTHING

CLOCK = f"{TIME}({HALF})?"
YEAR_FIRST = rf"^\s*(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}})((T|\s+){CLOCK})?\s*$"
YEAR_BARE = rf"^\s*([1-9]\d{{3}})(\d{{2}})(\d{{2}})((T|\s+){CLOCK})?\s*$"
YEAR_LAST = rf"^\s*(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}})(\s+{CLOCK})?\s*$"
NUMBER = r"^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$"
INFINITE = r"(?i)^\s*[-+]?inf(inity)?\s*$"
SHORTENED = r"^\d(\.\d+)?[eE]\+\d{2}$"  # what a spreadsheet makes of a long id
WHOLE = {"tinyint", "smallint", "int", "bigint"}
FLOATING = {"double", "float"}
EXACT = 2**53  # whole numbers up to here are exact in a double
ROLES = ("customer", "date", "amount")


@dataclass(frozen=True)
class Clean:
    """A clean value, missing where it cannot be read, and what is wrong with it: (condition, reason), first first."""

    value: Any
    faults: Sequence[tuple[Any, str]]


@dataclass(frozen=True)
class Entries:
    """The rows of a Spark DataFrame. `is_text` says that it is a CSV, which cannot tell numbers from text."""

    native: Any
    wanted: Mapping[str, str]
    policies: Policies
    is_text: bool = False

    def unusable(self) -> list[Problem]:
        """What is wrong with whole columns: not there, there twice, of a type that cannot be read."""
        where = {f"where_{column}": column for column in self.policies.where or {}}
        found = absent(self.wanted, self.native.columns)
        for name, sentence in absent(where, self.native.columns):
            head, _, tail = sentence.partition(" Name yours with where_")
            found.append((name, f"{head} It is named in where." if tail else sentence))
        gone = {name for name, _ in found}
        for role in ROLES:
            if role not in self.wanted or self.wanted[role] in gone:
                continue
            name = self.wanted[role]
            kind = self._kind(name)
            if not _fits(role, kind):
                found.append((name, f"is of type {kind}{_expected(role)}"))
        return found

    def marked(self) -> Any:
        """The rows with clean columns (customer, day, amount, invoice), every column as text (raw_…), the faults of
        each column (fault_…), the number of a row among its twins, and the first reason to set it aside.
        """
        from pyspark.sql import Window
        from pyspark.sql import functions as F

        clean = self._clean()
        columns = [
            self._column(name).cast("string").alias(f"raw_{role}") for role, name in self.wanted.items()
        ]
        columns += [clean["customer"].value.alias("customer"), clean["date"].value.alias("day")]
        columns.append(
            clean["amount"].value.alias("amount") if "amount" in clean else F.lit(0.0).alias("amount")
        )
        if "invoice" in self.wanted:
            columns.append(self._invoice().alias("invoice"))
        columns += [_first(one.faults).alias(f"fault_{role}") for role, one in clean.items()]
        columns.append(_first(self._elsewhere()).alias("elsewhere"))
        if self.policies.duplicates != "keep":
            same = [self._column(name) for name in (*self.wanted.values(), *(self.policies.where or {}))]
            twin = F.row_number().over(Window.partitionBy(*same).orderBy(F.lit(1)))
            columns.append(twin.alias("twin"))
        return self._numbered.select(*columns).withColumn("reason", self._reason())

    def converts(self) -> bool:
        """Whether dates are moved from one time zone to another."""
        return self.policies.timezone is not None and self._kind(self.wanted["date"]) == "timestamp"

    def _reason(self) -> Any:
        """The first reason for which a row is set aside, null for none."""
        from pyspark.sql import functions as F

        p, day, amount = self.policies, F.col("day"), F.col("amount")
        fault, later = F.col("fault_customer"), list[tuple[Any, str]]()
        reasons = [F.col("elsewhere")]
        if p.drops("missing_customer"):
            reasons.append(F.when(fault == MISSING, fault))
        if p.drops("unreadable"):
            reasons.append(F.when(fault != MISSING, fault))
            reasons += [F.col(f"fault_{role}") for role in ROLES[1:] if role in self.wanted]
        if p.first_day is not None:
            later.append((day < p.first_day, f"before {p.earliest}"))
        if p.last_day is not None:
            later.append((day > p.last_day, f"after {p.latest}"))
        if p.drops("duplicates"):
            later.append((F.col("twin") > 1, "equal to a row before"))
        if "amount" in self.wanted:
            later += [(amount == 0, "amount of zero")] if p.drops("zero_amounts") else []
            later += [(amount < 0, REFUND)] if p.drops("refunds") else []
        return F.coalesce(*reasons, *(F.when(condition, text) for condition, text in later))

    def _elsewhere(self) -> list[tuple[Any, str]]:
        """Rows that have another value than `where` accepts."""
        from pyspark.sql import functions as F

        found = []
        for column, values in (self.policies.where or {}).items():
            shown = " or ".join("" if value is None else str(value) for value in values) or "empty"
            text = F.coalesce(F.trim(self._column(column).cast("string")), F.lit(""))
            accepted = F.lit(False)
            for value in values:
                accepted = accepted | _is(text, value)
            found.append((~accepted, f"{column} is not {shown}"))
        return found

    @cached_property
    def _numbered(self) -> Any:
        """The same rows with columns called _0, _1, …: Spark reads dots, backticks and capitals in names otherwise."""
        return self.native.toDF(*(f"_{i}" for i in range(len(self.native.columns))))

    def _column(self, name: str) -> Any:
        from pyspark.sql import functions as F

        return F.col(f"_{self.native.columns.index(name)}")

    def _kind(self, name: str) -> str:
        return self.native.dtypes[self.native.columns.index(name)][1]

    def _clean(self) -> dict[str, Clean]:
        readers, found = {"customer": self._customer, "date": self._day, "amount": self._amount}, {}
        for role in ROLES:
            if role in self.wanted:
                raw, kind = self._column(self.wanted[role]), self._kind(self.wanted[role])
                found[role] = readers[role](raw.cast("string") if _textual(kind) else raw, kind)
        return found

    def _customer(self, raw: Any, kind: str) -> Clean:
        from pyspark.sql import functions as F

        if kind in WHOLE:
            return Clean(raw.cast("long"), [(raw.isNull(), MISSING)])
        if kind in FLOATING:
            none = raw.isNull() | F.isnan(raw)
            whole = (raw == F.rint(raw)) & (F.abs(raw) < EXACT)
            return Clean(
                F.when(~none & whole, raw.try_cast("long")),
                [(none, MISSING), (~whole, "customer id that is no whole number")],
            )
        text = raw.cast("string")
        none = _blank(text) if _textual(kind) else text.isNull()
        if self.is_text and self._all_whole(text, none):
            return Clean(text.try_cast("long"), [(none, MISSING)])
        faults = [
            (none, MISSING),
            (text.rlike(SHORTENED), "customer id shortened by a spreadsheet"),
            (F.length(text) > LONGEST, f"customer id of more than {LONGEST} characters"),
        ]
        return Clean(F.when(_first(faults).isNull(), text), faults)

    def _all_whole(self, text: Any, none: Any) -> bool:
        """Whether every id that is there is written as an integer."""
        from pyspark.sql import functions as F

        same = F.coalesce(text.try_cast("long").cast("string") == text, none)
        return bool(self._numbered.agg(F.bool_and(same)).collect()[0][0])

    def _day(self, raw: Any, kind: str) -> Clean:
        from pyspark.sql import functions as F

        none = raw.isNull()
        if self.converts():
            # From the seconds since 1970: the session's own clock shows one hour twice when summer time ends.
            start = F.lit("1970-01-01").cast("timestamp_ntz")
            clock = F.timestamp_add("SECOND", F.unix_seconds(raw), start)
            date = F.convert_timezone(F.lit("UTC"), F.lit(self.policies.timezone), clock).cast("date")
        elif _textual(kind):
            none, date = _blank(raw), self._written(raw)
        else:
            date = raw.cast("date")
        inside = date.between(F.lit(FIRST).cast("date"), F.lit(LAST).cast("date"))
        faults = [
            (none, "no date"),
            (date.isNull(), "date that cannot be read"),
            (~inside, "date before 1900 or after 2199"),
        ]
        return Clean(F.when(inside, F.datediff(date, F.lit("1970-01-01").cast("date"))), faults)

    def _written(self, raw: Any) -> Any:
        """The date of a text, null where it is none."""
        from pyspark.sql import functions as F

        forms = [(YEAR_FIRST, (1, 3, 4)), (YEAR_BARE, (1, 2, 3))]
        if self.policies.dayfirst is not None:
            forms.append((YEAR_LAST, (4, 3, 1) if self.policies.dayfirst else (4, 1, 3)))
        parts = [[F.regexp_extract(raw, form, part) for part in order] for form, order in forms]
        return F.coalesce(*(F.concat_ws("-", *three).try_cast("date") for three in parts))

    def _amount(self, raw: Any, kind: str) -> Clean:
        from pyspark.sql import functions as F

        if not _textual(kind):
            number = raw.cast("double")
            none, infinite = number.isNull() | F.isnan(number), F.abs(number) == float("inf")
            return Clean(
                F.when(~none & ~infinite, number),
                [(none, "no amount"), (infinite, "amount that is not finite")],
            )
        none = _blank(raw) | F.trim(raw).isin("-", "–", "—")
        number = F.when(raw.rlike(NUMBER), F.trim(raw).try_cast("double"))
        infinite = raw.rlike(INFINITE) | (F.abs(number) == float("inf"))
        faults = [
            (none, "no amount"),
            (infinite, "amount that is not finite"),
            (number.isNull(), "amount that is no number"),
        ]
        return Clean(F.when(_first(faults).isNull(), number), faults)

    def _invoice(self) -> Any:
        """The invoice as text; a row without one belongs to no invoice."""
        from pyspark.sql import functions as F

        raw, kind = self._column(self.wanted["invoice"]), self._kind(self.wanted["invoice"])
        text = F.trim(raw.cast("string"))
        there = (text != "") & ~F.isnan(raw) if kind in FLOATING else text != ""
        return F.when(there, text)


def _fits(role: str, kind: str) -> bool:
    if _textual(kind):
        return True
    if role == "date":
        return kind in {"date", "timestamp", "timestamp_ntz"}
    return kind in WHOLE | FLOATING or kind.startswith("decimal")


def _expected(role: str) -> str:
    if role == "customer":
        return ", which cannot be a customer id. Give text or integers."
    return f"; {'dates or text' if role == 'date' else 'numbers'} were expected."


def _textual(kind: str) -> bool:
    """Text; a column without any value is text that is nowhere."""
    return kind.startswith(("string", "varchar", "char")) or kind == "void"


def _blank(text: Any) -> Any:
    from pyspark.sql import functions as F

    return text.isNull() | F.btrim(text, F.lit(" \t\u3000\u00a0")).isin(*NOTHING)


def _is(text: Any, value: Any) -> Any:
    """The column has this value. Numbers are compared as numbers, so that 10 is 10.0."""
    from pyspark.sql import functions as F

    if value is None:
        return text == ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return F.coalesce(text.try_cast("double") == float(value), F.lit(False))
    return text == (str(value).lower() if isinstance(value, bool) else str(value))


def _first(faults: Sequence[tuple[Any, str]]) -> Any:
    """The reason of the first condition that holds, null for none."""
    from pyspark.sql import functions as F

    return F.coalesce(*(F.when(condition, text) for condition, text in faults), F.lit(None).cast("string"))
