"""What every chapter does first: read the data that its parameters name, remember them and show what was read."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crmtheory import datasets, tables
from crmtheory import transactions as logs
from crmtheory.chapter import Chapter
from crmtheory.transactions import Transactions

CHOICES = {
    "dayfirst": ["auto", "yes", "no"],
    "missing_customer": ["error", "drop"],
    "refunds": ["net", "drop"],
}
USUAL = {
    "dayfirst": "auto",
    "missing_customer": "error",
    "refunds": "net",
}  # says nothing beyond what `read` does


def read_log(chapter: Chapter) -> Transactions:
    """The log that the parameters transactions, customer, date, amount, dayfirst, missing_customer, refunds and
    policies describe; what was read is shown and remembered, rows set aside are written to rejected.csv.
    """
    given = chapter.parameters
    columns = {role: given[role] for role in ("customer", "date", "amount") if given[role]}
    chosen = {name: given[name] for name, usual in USUAL.items() if given[name] != usual}
    if "dayfirst" in chosen:
        chosen["dayfirst"] = chosen["dayfirst"] == "yes"
    log = logs.read(datasets.locate(given["transactions"]), **columns, **{**chosen, **given["policies"]})
    chapter.data(given["transactions"], log.report)
    chapter.set_aside(log.rejected)
    chapter.table(log.report.to_frame(), caption="What was read", rows=30)
    return log


def read_table(
    chapter: Chapter, name: str, columns: Sequence[str] = (), ids: Sequence[str] = ()
) -> pd.DataFrame:
    """Another table, by its parameter's value: remembered among the data. See `tables.read`."""
    found = tables.read(name, columns, ids=ids)
    chapter.data(name, sha256=found.sha256, rows=len(found.frame))
    return found.frame
