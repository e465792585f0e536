"""The data report: what was read, what was merged, what was left out, and why."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import date

import pandas as pd


@dataclass(frozen=True)
class Report:
    """Counts of one log. Money is in the unit of the amounts; refunds are given as positive numbers.

    `rows` is always `rows_used` + `dropped`; `set_aside` says why rows were dropped. `policies` are the choices that
    differ from the usual ones. Without an amount column the money is NaN.
    """

    source: str
    sha256: str | None
    encoding: str | None
    rows: int
    rows_used: int
    set_aside: tuple[tuple[str, int], ...]
    customers: int
    customers_without_purchase: int
    first_date: date
    last_date: date
    purchase_days: int
    merged: int
    refunds: int
    refund_amount: float
    refunds_moved: int
    refunds_unmatched: int
    refunds_unmatched_amount: float
    fully_cancelled_days: int
    zero_amounts: int
    revenue: float
    timezone_converted: int
    policies: tuple[tuple[str, object], ...]

    @property
    def dropped(self) -> int:
        """Rows that were set aside: they are in no other count."""
        return sum(number for _, number in self.set_aside)

    def to_frame(self) -> pd.DataFrame:
        """The report as a table with the columns item, value and note, one row per count."""
        return pd.DataFrame(self._lines(), columns=["item", "value", "note"])

    def __str__(self) -> str:
        lines = [(item, _plain(value), note) for item, value, note in self._lines()]
        left, right = max(len(line[0]) for line in lines), max(len(line[1]) for line in lines)
        return "\n".join(f"{item:<{left}}  {value:>{right}}  {note}".rstrip() for item, value, note in lines)

    def _repr_html_(self) -> str:
        frame = self.to_frame()
        return frame.assign(value=[_plain(value) for value in frame["value"]]).to_html(index=False)

    def _lines(self) -> list[tuple[str, object, str]]:
        return [
            ("source", self.source, f"sha256 {self.sha256[:12]}…" if self.sha256 else ""),
            *([("encoding", self.encoding, "")] if self.encoding not in {None, "utf-8"} else []),
            ("rows", self.rows, "as they stand in the source"),
            ("rows used", self.rows_used, ""),
            ("rows set aside", self.dropped, "they are in rejected.csv, each with its reason"),
            *((f"set aside: {reason}", number, "") for reason, number in self.set_aside),
            ("customers", self.customers, "with at least one purchase day"),
            (
                "customers without a purchase",
                self.customers_without_purchase,
                "refunds or cancelled orders only",
            ),
            ("first day", self.first_date, ""),
            ("last day", self.last_date, ""),
            ("purchase days", self.purchase_days, "days on which a customer bought; the unit of x"),
            ("rows merged", self.merged, "into another row of the same customer and day"),
            ("refund rows", self.refunds, "rows with a negative amount"),
            ("money refunded", self.refund_amount, ""),
            *(
                [("refund rows moved to the day of their invoice", self.refunds_moved, "")]
                if self.refunds_moved
                else []
            ),
            (
                "refund rows without a purchase",
                self.refunds_unmatched,
                "no earlier purchase of this customer",
            ),
            ("money of these", self.refunds_unmatched_amount, "net of what was bought on the same day"),
            ("days cancelled in full", self.fully_cancelled_days, "not purchase days"),
            (
                "rows of amount 0",
                self.zero_amounts,
                "purchases without spend: they count, in x and in the mean m",
            ),
            ("net revenue", self.revenue, "all amounts used, refunds taken off"),
            ("rows moved to the time zone", self.timezone_converted, "before the day was taken"),
            *((f"policy {name}", "", _shown(value)) for name, value in self.policies),
        ]


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _plain(value: object) -> str:
    if isinstance(value, float):
        return "unknown" if math.isnan(value) else f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
