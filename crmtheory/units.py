"""Durations carry units, rates are annual.

A month is 365.25 / 12 days and a year 365.25 days, everywhere: a horizon of "12 months" equals one of "1
year".
"""

from __future__ import annotations

import math
import re

from crmtheory.errors import DomainError, SchemaError, unknown

DAYS_PER = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "quarter": 365.25 / 4, "year": 365.25}


def days_per(unit: str) -> float:
    """Days in one `unit` ("day", "week", "month", "quarter", "year"; plural accepted).

    >>> days_per("weeks")
    7.0
    """
    name = unit.lower().removesuffix("s")
    if name not in DAYS_PER:
        raise SchemaError(unknown("unit of time", unit, DAYS_PER))
    return DAYS_PER[name]


def in_unit(duration: float | str, unit: str | None) -> float:
    """A duration as a number of `unit`.

    Parameters
    ----------
    duration : a number (taken as already in `unit`) or text such as "52 weeks", "18 months", "inf"
    unit : the unit wanted, or None when the data do not say theirs

    Raises
    ------
    SchemaError : the text is not a duration, or `unit` is None and the text names one
    DomainError : the duration is negative or not a number

    >>> in_unit("52 weeks", "day")
    364.0
    >>> in_unit(39, "week")
    39.0
    """
    if isinstance(duration, str):
        text = duration.strip().lower()
        if text in {"inf", "infinite", "infinity"}:
            return math.inf
        match = re.fullmatch(r"([+-]?[0-9.]+(?:e[+-]?[0-9]+)?)\s*([a-z]+)", text)
        if match is None:
            raise SchemaError(
                f'"{duration}" is not a duration. Write a number and a unit, such as "52 weeks".'
            )
        if unit is None:
            raise SchemaError(
                f'The unit of time of these data is not known, so "{duration}" cannot be converted. '
                'Give unit="week" (or day, month, year) when fitting, or a plain number.'
            )
        try:
            value = float(match[1]) * days_per(match[2]) / days_per(unit)
        except ValueError as error:
            if isinstance(error, SchemaError):
                raise
            raise SchemaError(f'"{duration}" is not a duration: {match[1]} is not a number.') from None
    else:
        value = float(duration)
    if math.isnan(value) or value < 0:
        raise DomainError(f"A duration must be 0 or more, not {duration}.")
    return value


def force_of_interest(annual_rate: float, unit: str) -> float:
    """The continuous discount rate per `unit` that equals an annual rate: ln(1 + d) · (days per unit) /
    365.25.

    >>> round(force_of_interest(0.10, "year"), 6)
    0.09531
    """
    if not annual_rate > -1:
        raise DomainError(f"An annual discount rate must be above -1 (-100 %), not {annual_rate}.")
    return math.log1p(annual_rate) * days_per(unit) / DAYS_PER["year"]
