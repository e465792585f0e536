"""What every chapter does first: read the data that its parameters name, remember them and show what was read."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pandas as pd

from crmtheory import claims, datasets, large, tables
from crmtheory import transactions as logs
from crmtheory.chapter import Chapter
from crmtheory.claims import Verdict
from crmtheory.errors import ConvergenceError, DomainError, SchemaError, unknown
from crmtheory.transactions import Transactions

CHOICES = {
    "dayfirst": ["auto", "yes", "no"],
    "missing_customer": ["error", "drop"],
    "refunds": ["net", "drop"],
}
MANY = (
    "With {n:,} customers, intervals of sums and means come from their spread over all customers. For other numbers "
    "{m:,} customers drawn at random are resampled, and what they scatter is scaled to all; where few customers hold "
    "most of the revenue, such an interval is rough. Estimates are those of all."
)
# What says nothing beyond what `read` does.
USUAL = {"dayfirst": "auto", "missing_customer": "error", "refunds": "net"}


def examples(chapter: Chapter, *names: str, of: Sequence[str] = ("transactions",)) -> list[Any]:
    """The values of parameters whose defaults belong to the example: empty when the data are others.

    An example must not stand in a report on somebody's own customers. Whoever gave a value keeps it, also one that is
    the default.

    Parameters
    ----------
    of : the main data of the chapter; if one of them is not the default, all defaults among `names` are dropped
    """
    own = any(chapter.parameters[main] != chapter.defaults[main] for main in of)
    found = []
    for name in names:
        value = chapter.parameters[name]
        if own and name not in chapter.given and value == chapter.defaults[name]:
            value = type(value)()
            chapter.parameters[name] = value
        found.append(value)
    return found


@dataclass
class Reason:
    """Why something was not possible; empty as long as it was."""

    text: str = ""


@contextmanager
def where_possible(chapter: Chapter, *more: type[Exception]) -> Iterator[Reason]:
    """What these data may be too few for: why it cannot be had is shown in a sentence, and the chapter goes on.

    Parameters
    ----------
    more : other errors that own data may meet here, such as SchemaError
    """
    reason = Reason()
    caught: tuple[type[Exception], ...] = (DomainError, ConvergenceError, *more)
    try:
        yield reason
    except caught as error:
        reason.text = str(error)
        chapter.say("*Not possible with these data.* {error}", error=error)


def read_log(chapter: Chapter) -> Transactions:
    """The log that the parameters transactions, customer, date, amount, dayfirst, missing_customer, refunds and
    policies describe; what was read is shown and remembered, rows set aside are written to rejected.csv.
    """
    given = chapter.parameters
    if not (given["amount"] or "preset" in given["policies"]):
        raise SchemaError("This chapter looks at what customers spend: name the column of amounts (amount).")
    columns = {role: given[role] for role in ("customer", "date", "amount") if given[role]}
    chosen = {name: given[name] for name, usual in USUAL.items() if given[name] != usual}
    if "dayfirst" in chosen:
        chosen["dayfirst"] = chosen["dayfirst"] == "yes"
    log = logs.read(datasets.locate(given["transactions"]), **columns, **{**chosen, **given["policies"]})
    chapter.data(given["transactions"], log.report)
    chapter.set_aside(log.rejected)
    chapter.table(log.report.to_frame(), caption="What was read", rows=30)
    if log.report.customers >= large.LARGE:
        chapter.say(MANY, n=log.report.customers, m=large.SAMPLE)
    return log


def read_table(
    chapter: Chapter, name: str, columns: Sequence[str] = (), ids: Sequence[str] = ()
) -> pd.DataFrame:
    """Another table, by its parameter's value: remembered among the data. See `tables.read`."""
    found = tables.read(name, columns, ids=ids)
    if name != chapter.parameters.get("transactions"):  # the log is remembered already, with more about it
        chapter.data(name, sha256=found.sha256, rows=len(found.frame))
    return found.frame


def read_contacts(chapter: Chapter, customers: pd.Index, *, last: bool = False) -> pd.Series:
    """The first contact with each person, or the last, from the table that the parameter contacts names.

    Parameters
    ----------
    customers : ids of the log; those of the table take their form
    last : the last contact instead of the first

    Raises
    ------
    SchemaError : contacts_columns does not name customer and date, a column is not there, rows without a day
    """
    given = chapter.parameters
    columns = given["contacts_columns"]
    absent = [role for role in ("customer", "date") if role not in columns]
    if absent:
        raise SchemaError(
            f'contacts_columns must name {" and ".join(absent)}, such as {{"customer": "client", "date": "sent"}}.'
        )
    frame = read_table(
        chapter, given["contacts"], [columns["customer"], columns["date"]], ids=[columns["customer"]]
    )
    days = pd.to_datetime(frame[columns["date"]], dayfirst=given["dayfirst"] == "yes", errors="coerce")
    if days.isna().any():
        raise SchemaError(
            f"{days.isna().sum():,} of {len(days):,} contacts have no day that can be read, first: row "
            f"{int(days.isna().to_numpy().argmax()) + 1}. Write days such as 2024-03-31."
        )
    ids = tables.same_customers(frame[columns["customer"]], customers, given["pseudonymise"])
    grouped = days.groupby(ids.to_numpy())
    return grouped.max() if last else grouped.min()


def read_attributes(chapter: Chapter, customers: pd.Index) -> dict[str, pd.Series]:
    """What the table that the parameter attributes names tells of each customer: name → text by customer.

    Where a customer has several rows, the most frequent value counts (of equally frequent ones the first in order).

    Raises
    ------
    SchemaError : attributes_columns does not name the customer and something else, a column is not there
    """
    given = chapter.parameters
    columns = dict(given["attributes_columns"])
    if "customer" not in columns or len(columns) < 2:
        raise SchemaError(
            'attributes_columns must name customer and something else, such as {"customer": "client", "place": "city"}.'
        )
    identity = columns.pop("customer")
    frame = read_table(chapter, given["attributes"], [identity, *columns.values()], ids=[identity])
    ids = tables.same_customers(frame[identity], customers, given["pseudonymise"]).to_numpy()
    found = {}
    for name, column in columns.items():
        counted = (
            pd.DataFrame({"customer": ids, "value": frame[column].astype("str")}).value_counts().reset_index()
        )
        ordered = counted.sort_values(["customer", "count", "value"], ascending=[True, False, True])
        usual = ordered.drop_duplicates("customer").set_index("customer")["value"]
        found[name] = usual.reindex(customers).rename(name)
    return found


def deltas(chapter: Chapter) -> dict[str, float]:
    """δ of each claim of the chapter: the ledger's, or what the parameter thresholds puts in its place.

    Raises
    ------
    SchemaError : there is no such claim in the ledger, a threshold is not a finite number
    """
    ledger = claims.ledger()
    entries = ledger.query("theory == @chapter.theory.name")["threshold"]
    given: dict[str, Any] = chapter.parameters["thresholds"]
    for name, value in given.items():
        if name not in ledger.index:
            raise SchemaError(f"thresholds: {unknown('claim', name, entries.index)}")
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise SchemaError(
                f"thresholds: {name} is {value!r}, and must be a number such as {ledger.loc[name, 'threshold']:g}."
            )
    return {**entries.to_dict(), **{name: value for name, value in given.items() if name in entries.index}}


def judge(chapter: Chapter) -> Callable[..., Verdict]:
    """`claims.test` with the seed of the chapter and its `thresholds`."""
    delta, seed = deltas(chapter), chapter.parameters["seed"]

    def test(claim: str, data: Any, **more: Any) -> Verdict:
        return claims.test(claim, data, **{"seed": seed, "threshold": delta[claim], **more})

    return test


def conclude(chapter: Chapter, verdicts: Sequence[Verdict]) -> None:
    """Remember the verdicts of the chapter, show them in one table, and say below it what each means and does not mean,
    or why a claim could not be tested.
    """
    chapter.verdict(*verdicts)
    columns = ["claim", "data", "theta", "low", "high", "delta", "verdict"]
    table = pd.DataFrame([verdict.to_dict() for verdict in verdicts]).set_index("id")[columns]
    numbers = dict.fromkeys(["theta", "low", "high", "delta"], "{:.3f}")
    chapter.table(table, caption="Verdicts", rows=len(table), formats=numbers)
    said = [verdict for verdict in verdicts if verdict.effect]
    ids = [verdict.id for verdict in said]
    values: dict[str, str] = {}
    lines = []
    for i, one in enumerate(said):
        of = f" ({one.data})" if ids.count(one.id) > 1 else ""
        values |= {f"id{i}": one.id + of, f"effect{i}": one.effect, f"caveat{i}": one.caveat}
        lines.append(f"- **{{id{i}}}** {{effect{i}}} *{{caveat{i}}}*")
    if lines:
        chapter.say("\n".join(lines), **values)
    for verdict in verdicts:
        if verdict.reason:
            chapter.say("{id} cannot be tested: {reason}.", id=verdict.id, reason=verdict.reason.rstrip("."))
