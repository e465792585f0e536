"""The time over which customers are looked at: calibration, holdout, and the unit of their ages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crmtheory.errors import DomainError
from crmtheory.transactions.calendar import day_number, iso
from crmtheory.units import days_per


@dataclass(frozen=True)
class Span:
    """`end` and `until` are the last days of the calibration and of all; `per` is the days in a `unit`."""

    unit: str
    per: float
    end: int
    until: int
    split: bool

    def attrs(self) -> dict[str, Any]:
        """What a summary remembers of it."""
        return {
            "unit": self.unit.lower().removesuffix("s"),
            "calibration_end": iso(self.end) if self.split else None,
            "observation_end": iso(self.until),
        }


def span(unit: str, calibration_end: Any, observation_end: Any, begins: int, last: int, period: str) -> Span:
    """The span that was asked for, checked.

    Parameters
    ----------
    unit : "day", "week", "month" or "year"
    calibration_end, observation_end : ISO text or dates, None for no holdout and for the last day of the log
    begins, last : day of the first purchase and last day of the log
    period : a sentence that says from when to when the log runs

    Raises
    ------
    SchemaError : a date that is none, an unknown unit
    DomainError : a period without purchases, a calibration that leaves no holdout

    >>> span("week", None, "2024-01-31", 19723, 19750, "").attrs()["observation_end"]
    '2024-01-31'
    """
    per = days_per(unit)
    until = last if observation_end is None else day_number(observation_end, "observation_end")
    end = until if calibration_end is None else day_number(calibration_end, "calibration_end")
    if calibration_end is not None and end >= until:
        raise DomainError(
            f"calibration_end, {iso(end)}, leaves no holdout: it must lie before observation_end, "
            f"{iso(until)}. {period}"
        )
    if end < begins:
        name = "observation_end" if calibration_end is None else "calibration_end"
        raise DomainError(f"{name}, {iso(end)}, lies before the first purchase. {period}")
    return Span(unit, per, end, until, calibration_end is not None)
