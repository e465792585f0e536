"""Durations carry units, rates are annual, and a month is a twelfth of a year everywhere."""

import math
import re

import pytest

from crmtheory.errors import DomainError, SchemaError
from crmtheory.units import DAYS_PER, days_per, force_of_interest, in_unit


def test_a_year_has_twelve_months_and_a_week_seven_days():
    assert DAYS_PER["year"] == 12 * DAYS_PER["month"] == 365.25
    assert DAYS_PER["week"] == 7 * DAYS_PER["day"] == 7


@pytest.mark.parametrize("name", ["week", "weeks", "Week", "WEEKS"])
def test_units_are_known_in_singular_and_plural_and_in_any_case(name):
    assert days_per(name) == 7


@pytest.mark.parametrize(
    ("duration", "unit", "expected"),
    [
        ("52 weeks", "day", 364),
        ("52 weeks", "week", 52),
        ("273 days", "week", 39),
        ("12 months", "year", 1),
        ("1 year", "months", 12),
        ("0.5 years", "month", 6),
        ("1e2 days", "day", 100),
        (" 3  WEEKS ", "day", 21),
        ("39weeks", "week", 39),
        ("0 days", "week", 0),
        (39, "week", 39),
        (39.5, None, 39.5),
        (0, "day", 0),
        ("inf", "week", math.inf),
        ("Infinite", None, math.inf),
        (math.inf, "week", math.inf),
    ],
)
def test_durations_are_converted(duration, unit, expected):
    assert in_unit(duration, unit) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text", ["soon", "", "weeks", "52", "12 weeks 3 days", "fifty weeks", "52 weeks.", "-"]
)
def test_text_that_is_no_duration_is_refused(text):
    with pytest.raises(SchemaError) as error:
        in_unit(text, "week")
    assert str(error.value) == (f'"{text}" is not a duration. Write a number and a unit, such as "52 weeks".')


def test_a_number_with_two_points_is_no_number():
    with pytest.raises(SchemaError) as error:
        in_unit("1.2.3 weeks", "week")
    assert str(error.value) == '"1.2.3 weeks" is not a duration: 1.2.3 is not a number.'


@pytest.mark.parametrize(("wanted", "given"), [("3 fortnights", "week"), ("3 weeks", "fortnights")])
def test_an_unknown_unit_is_refused_with_the_list(wanted, given):
    with pytest.raises(SchemaError) as error:
        in_unit(wanted, given)
    assert re.fullmatch(
        r'There is no unit of time "fortnights"\..* Known: day, week, month, quarter, year\.',
        str(error.value),
    )


def test_a_near_miss_names_the_unit_that_was_meant():
    with pytest.raises(SchemaError) as error:
        days_per("wek")
    assert str(error.value) == (
        'There is no unit of time "wek". Did you mean "week"? Known: day, week, month, quarter, year.'
    )


@pytest.mark.parametrize("duration", [-1, "-1 weeks", math.nan, -math.inf])
def test_a_duration_below_0_is_refused(duration):
    with pytest.raises(DomainError) as error:
        in_unit(duration, "week")
    assert str(error.value) == f"A duration must be 0 or more, not {duration}."


def test_words_cannot_be_converted_into_an_unknown_unit():
    with pytest.raises(SchemaError) as error:
        in_unit("52 weeks", None)
    assert str(error.value) == (
        'The unit of time of these data is not known, so "52 weeks" cannot be converted. '
        'Give unit="week" (or day, month, year) when fitting, or a plain number.'
    )


@pytest.mark.parametrize("unit", DAYS_PER)
def test_a_year_of_continuous_discounting_is_the_annual_rate(unit):
    """Regression: 10 % applied per week is a rate of 14,000 % a year."""
    for rate in (-0.5, 0.0, 0.1, 2.0):
        periods = DAYS_PER["year"] / DAYS_PER[unit]
        assert math.exp(force_of_interest(rate, unit) * periods) == pytest.approx(1 + rate)


@pytest.mark.parametrize("rate", [-1.0, -2.0, math.nan])
def test_a_rate_that_takes_everything_is_refused(rate):
    with pytest.raises(DomainError) as error:
        force_of_interest(rate, "week")
    assert str(error.value).replace(" %", "%") == (
        f"An annual discount rate must be above -1 (-100%), not {rate}."
    )
