"""Panel: which purchase falls in which period, and what silence and age follow from it."""

import re

import numpy as np
import pandas as pd
import pytest

from crmtheory import panel as panels
from crmtheory.errors import DomainError, SchemaError
from crmtheory.panel import NEVER
from crmtheory.transactions import read

LENGTH = {"week": 7.0, "month": 30.4375, "quarter": 91.3125, "year": 365.25}


def log_of(customers, dates, amounts=None, **options):
    frame = pd.DataFrame({"customer": customers, "date": dates})
    if amounts is None:
        return read(frame, amount=None, **options)
    return read(frame.assign(amount=amounts), **options)


def cells(customers, periods, purchases=1, **more) -> pd.DataFrame:
    return pd.DataFrame({"customer": customers, "period": periods, "purchases": purchases, **more})


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def random_rows(seed: int, customers: int = 30, days: int = 500, rows: int = 200) -> pd.DataFrame:
    """A log without two rows of a customer on one day, so that every row is a purchase day."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "customer": rng.integers(1, customers + 1, rows),
            "day": rng.integers(0, days, rows),
            "amount": rng.integers(1, 100, rows).astype(float),
        }
    ).drop_duplicates(["customer", "day"])
    return frame.assign(date=pd.Timestamp("2021-03-01") + pd.to_timedelta(frame.pop("day"), unit="D"))


# Periods


def test_three_weeks_by_hand():
    """The log ends on Sunday the 21st: the weeks are 1–7, 8–14 and 15–21 January."""
    log = log_of(
        ["a", "a", "a", "b", "b"],
        ["2024-01-03", "2024-01-07", "2024-01-15", "2024-01-08", "2024-01-21"],
        [1.0, 2.0, 4.0, 8.0, 16.0],
    )
    panel = panels.of(log, "week")
    assert panel.starts.astype(str).tolist() == ["2024-01-01", "2024-01-08", "2024-01-15"]
    assert panel.ends.astype(str).tolist() == ["2024-01-07", "2024-01-14", "2024-01-21"]
    assert panel.customers.tolist() == ["a", "b"]
    assert panel.purchases.tolist() == [[2, 0, 1], [0, 1, 1]]
    assert panel.revenue.tolist() == [[3, 0, 4], [0, 8, 16]]
    assert panel.joined.tolist() == panel.known.tolist() == [0, 1]
    assert panel.age.tolist() == [[0, 1, 2], [-1, 0, 1]]
    assert panel.silence.tolist() == [[0, 1, 0], [-1, 0, 0]]
    assert panel.lived.tolist() == [[True, True, True], [False, True, True]]
    assert (len(panel), panel.periods, panel.unit) == (2, 3, "week")
    assert repr(panel) == "Panel(2 customers × 3 weeks, 2024-01-01 to 2024-01-21)"


@pytest.mark.parametrize(("unit", "days"), [("week", 200), ("month", 500), ("quarter", 900), ("year", 1200)])
@pytest.mark.parametrize("seed", range(3))
def test_each_purchase_is_in_the_period_that_a_count_of_days_from_the_end_gives(unit, days, seed):
    """Period P − i begins on the whole day ⌊i · length⌋ days before the day after the last, rounded to the first
    whole day that lies within it; found here by comparing dates, one by one.
    """
    rows = random_rows(seed, customers=12, days=days, rows=120)
    panel = panels.of(read(rows), unit)
    assert panel.ends[-1] == rows["date"].max()
    assert panel.starts[0] <= rows["date"].min() <= panel.ends[0]
    assert (panel.starts[1:] == panel.ends[:-1] + pd.Timedelta(days=1)).all()
    lengths = (panel.ends - panel.starts).days + 1
    assert set(lengths) <= {int(np.floor(LENGTH[unit])), int(np.ceil(LENGTH[unit]))}
    assert (panel.ends[-1] - panel.starts[0]).days + 1 == np.ceil(panel.periods * LENGTH[unit])
    for place, customer in enumerate(panel.customers):
        own = rows[rows["customer"] == customer]
        for period, (start, end) in enumerate(zip(panel.starts, panel.ends, strict=True)):
            inside = own[(own["date"] >= start) & (own["date"] <= end)]
            assert panel.purchases[place, period] == len(inside)
            assert panel.revenue[place, period] == pytest.approx(inside["amount"].sum())
    assert panel.purchases.sum() == len(rows)
    assert panel.revenue.sum() == pytest.approx(rows["amount"].sum())


@pytest.mark.parametrize("days", [60, 61, 62, 91, 92, 93, 121, 122, 123, 152, 153, 182, 183, 184])
def test_months_end_on_the_last_day_whatever_the_length_of_the_log(days):
    first = pd.Timestamp("2023-11-17")
    last = first + pd.Timedelta(days=days - 1)
    panel = panels.of(log_of([1, 2, 1], [first, first, last]), "month")
    assert (panel.ends[-1], panel.purchases.sum()) == (last, 3)
    assert panel.starts[0] <= first <= panel.ends[0]
    assert panel.purchases[0, 0] == panel.purchases[0, -1] == 1


def test_another_end_leaves_out_what_comes_later_and_who():
    rows = random_rows(1)
    panel = panels.of(read(rows), "month", end="2021-12-31")
    early = rows[rows["date"] <= "2021-12-31"]
    assert panel.ends[-1] == pd.Timestamp("2021-12-31")
    assert panel.purchases.sum() == len(early)
    assert panel.customers.tolist() == sorted(early["customer"].unique())


def test_an_end_after_the_log_leaves_silent_periods():
    panel = panels.of(log_of([1, 1], ["2024-01-01", "2024-01-07"]), "week", end="2024-01-21")
    assert panel.purchases.tolist() == [[2, 0, 0]]
    assert panel.silence.tolist() == [[0, 1, 2]]


def test_several_rows_of_one_day_are_one_purchase_day():
    panel = panels.of(log_of([1, 1, 1], ["2024-01-01", "2024-01-01", "2024-01-14"], [2.0, 3.0, 1.0]), "week")
    assert panel.purchases.tolist() == [[1, 1]]
    assert panel.revenue.tolist() == [[5.0, 1.0]]


def test_refunds_count_when_they_happen_and_buy_nothing():
    log = log_of([1, 1, 1], ["2024-01-01", "2024-01-09", "2024-01-21"], [10.0, -4.0, 1.0], refunds="net")
    panel = panels.of(log, "week")
    assert panel.purchases.tolist() == [[1, 0, 1]]
    assert panel.revenue.tolist() == [[10.0, -4.0, 1.0]]
    assert panel.silence.tolist() == [[0, 1, 0]]


def test_refunds_before_the_first_purchase_are_left_out():
    log = log_of([1, 1, 2], ["2024-01-01", "2024-01-14", "2024-01-14"], [-4.0, 3.0, 1.0], refunds="net")
    panel = panels.of(log, "week")
    assert panel.revenue.tolist() == [[0.0, 3.0], [0.0, 1.0]]
    assert panel.joined.tolist() == [1, 1]


def test_a_log_without_amounts_has_no_revenue():
    panel = panels.of(log_of([1, 1], ["2024-01-01", "2024-01-14"]), "week")
    assert np.isnan(panel.revenue).all()
    assert panel.purchases.tolist() == [[1, 1]]


def test_the_order_of_rows_changes_nothing():
    rows = random_rows(2)
    one, other = (panels.of(read(frame), "month") for frame in (rows, rows.sample(frac=1, random_state=1)))
    pd.testing.assert_frame_equal(one.frame(), other.frame())
    shuffled = panels.from_frame(one.frame().sample(frac=1, random_state=2))
    assert (shuffled.purchases == one.purchases).all()
    assert (shuffled.revenue == one.revenue).all()


# Silence and age


@pytest.mark.parametrize("seed", range(5))
def test_silence_age_and_joining_are_those_of_a_walk_along_each_row(seed):
    rng = np.random.default_rng(seed)
    bought = rng.poisson(0.4, (40, 9))
    bought[0], bought[1, :-1], bought[1, -1] = 1, 0, 1
    rows, columns = np.nonzero(bought)
    panel = panels.from_frame(cells(rows, columns + 1, bought[rows, columns]))
    for place, customer in enumerate(panel.customers):
        last = joined = None
        for period in range(panel.periods):
            if bought[customer, period]:
                last = period
                joined = period if joined is None else joined
            assert panel.silence[place, period] == (-1 if last is None else period - last)
            assert panel.age[place, period] == (-1 if joined is None else period - joined)
            assert panel.lived[place, period] == (joined is not None)
        assert panel.joined[place] == joined


def test_the_tidy_table_has_a_row_for_each_period_since_the_first_contact():
    panel = panels.from_frame(cells(["a", "b"], [1, 2], [1, 3], revenue=[5.0, 7.0]))
    assert panel.frame().to_dict("list") == {
        "customer": ["a", "a", "b"],
        "period": [1, 2, 2],
        "age": [0, 1, 0],
        "purchases": [1, 0, 3],
        "revenue": [5.0, 0.0, 7.0],
    }


def test_the_arrays_cannot_be_written_to():
    panel = panels.from_frame(cells([1, 1], [1, 2]))
    for name in ("known", "joined", "purchases", "revenue", "age", "silence"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(panel, name)[0] = 9


# Prospects


def with_two() -> panels.Panel:
    """a buys in weeks 1 and 3, b in week 2; the log ends on the 21st."""
    return panels.of(
        log_of(["a", "a", "b"], ["2024-01-01", "2024-01-21", "2024-01-10"], [1.0, 2.0, 4.0]), "week"
    )


def test_prospects_are_known_from_their_first_contact_on():
    contacts = pd.Series(
        {
            "z": "2023-05-01",  # long before the first period
            "y": "2024-01-14",  # last day of week 2
            "x": "2024-01-15",  # first day of week 3
            "b": "2024-01-02",  # bought in week 2
            "a": "2024-01-20",  # had bought before
            "w": "2024-01-22",  # after the last period
        }
    )
    panel = with_two().with_contacts(contacts)
    assert panel.customers.tolist() == ["a", "b", "x", "y", "z"]
    assert panel.known.tolist() == [0, 0, 2, 1, 0]
    assert panel.joined.tolist() == [0, 1, NEVER, NEVER, NEVER]
    assert panel.purchases.tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert panel.revenue.sum() == 7
    assert not panel.lived[2:].any()
    assert (panel.age[2:] == -1).all()
    assert (panel.silence[2:] == -1).all()
    assert panel.customers.name == with_two().customers.name
    assert panel.frame().groupby("customer").size().to_dict() == {"a": 3, "b": 3, "x": 1, "y": 2, "z": 3}


def test_the_first_panel_is_left_alone_and_nobody_new_changes_nothing():
    panel = with_two()
    panel.with_contacts(pd.Series({"z": "2024-01-01"}))
    assert len(panel) == 2
    same = panel.with_contacts(pd.Series([], index=pd.Index([], dtype=str), dtype="datetime64[ns]"))
    pd.testing.assert_frame_equal(same.frame(), panel.frame())


def test_a_contact_in_the_afternoon_of_the_last_day_counts():
    panel = with_two().with_contacts(pd.Series({"y": "2024-01-21 15:30"}))
    assert panel.customers.tolist() == ["a", "b", "y"]
    assert panel.known.tolist() == [0, 1, 2]


def test_prospects_of_a_log_without_amounts():
    panel = panels.of(log_of([1, 1], ["2024-01-01", "2024-01-14"]), "week")
    more = panel.with_contacts(pd.Series({2: "2024-01-10"}))
    assert more.known.tolist() == [0, 1]
    assert np.isnan(more.revenue).any()


def test_contacts_without_a_day_are_refused():
    contacts = pd.Series(["2024-01-01", None, "soon"], index=["x", "y", "z"])
    assert raised(SchemaError, lambda: with_two().with_contacts(contacts)) == (
        "2 of 3 contacts have no day, first: y. Write days such as 2024-03-31, or leave those rows out."
    )


def test_two_contacts_of_one_person_are_refused():
    contacts = pd.Series(["2024-01-01", "2024-01-02"], index=["x", "x"])
    assert raised(SchemaError, lambda: with_two().with_contacts(contacts)) == (
        "1 contacts are of someone who stands there already, first: x. Keep the first contact of each: "
        "contacts.groupby(level=0).min()."
    )


def test_contacts_with_another_kind_of_id_are_refused():
    """Text ids beside a log of numbers would all be other people."""
    panel = panels.of(log_of([1, 1], ["2024-01-01", "2024-01-14"]), "week")
    with pytest.raises(SchemaError):
        panel.with_contacts(pd.Series({"1": "2024-01-01"}))


# From a table


def test_a_table_of_cells_becomes_a_panel():
    panel = panels.from_frame(
        cells(["乙", "甲", "甲"], [2, 1, 4], [3, 1, 2], revenue=[9.0, 1.0, 4.0]), "season"
    )
    assert panel.customers.tolist() == ["乙", "甲"]
    assert panel.purchases.tolist() == [[0, 3, 0, 0], [1, 0, 0, 2]]
    assert panel.revenue.tolist() == [[0, 9, 0, 0], [1, 0, 0, 4]]
    assert (panel.unit, panel.periods) == ("season", 4)


def test_cells_without_revenue_have_none():
    assert np.isnan(panels.from_frame(cells([1, 2], [1, 2])).revenue).all()


def test_one_customer_and_two_periods_are_enough():
    assert panels.from_frame(cells(["a"], [2])).silence.tolist() == [[-1, 0]]


def test_whoever_never_bought_has_not_joined():
    panel = panels.from_frame(cells(["a", "b"], [2, 1], [1, 0]))
    assert panel.joined.tolist() == [1, NEVER]
    assert not panel.lived[1].any()


def test_a_table_without_its_columns_is_refused():
    frame = pd.DataFrame({"customer": [1], "time": [1]})
    assert raised(SchemaError, lambda: panels.from_frame(frame)) == (
        "The table has no column period, purchases. It has: customer, time."
    )


@pytest.mark.parametrize(
    ("period", "purchases"),
    [(0, 1), (1.5, 1), (np.nan, 1), ("x", 1), (1, -1), (1, 0.5), (np.inf, 1), (2, None)],
)
def test_numbers_that_are_none_are_refused(period, purchases):
    frame = cells([1, 1], [1, period], [1, purchases])
    assert raised(SchemaError, lambda: panels.from_frame(frame)) == (
        "1 of 2 rows have no whole period from 1 on or no whole number of purchases, first: 1."
    )


def test_a_cell_that_stands_there_twice_is_refused():
    assert raised(SchemaError, lambda: panels.from_frame(cells([1, 1, 1], [1, 2, 2]))) == (
        "1 of 3 rows are of a customer and period that stand there already, first: 2. Add them up before."
    )


def test_fewer_than_two_periods_are_refused():
    for frame in (cells([1, 2], [1, 1]), cells([], [])):
        assert raised(DomainError, lambda frame=frame: panels.from_frame(frame)) == (
            "A panel needs at least two periods."
        )
    log = log_of([1, 1], ["2024-01-01", "2024-01-14"])
    assert raised(DomainError, lambda: panels.of(log, "month")) == (
        "From 2024-01-01 to 2024-01-14 there are not two months. Take shorter periods, or a longer log."
    )
    assert re.match(
        "From 2024-01-01 to 2023-", raised(DomainError, lambda: panels.of(log, "week", "2023-01-01"))
    )


def test_an_unknown_unit_is_refused():
    log = log_of([1, 1], ["2024-01-01", "2024-01-14"])
    assert raised(SchemaError, lambda: panels.of(log, "fortnight")) == (
        'There is no unit of time "fortnight". Known: day, week, month, quarter, year.'
    )


def test_a_row_without_a_customer_is_refused():
    """It must not be counted as somebody else's."""
    with pytest.raises(SchemaError):
        panels.from_frame(cells(["a", None, "b"], [1, 2, 1]))


def test_revenue_that_is_no_number_is_refused():
    with pytest.raises(SchemaError):
        panels.from_frame(cells(["a", "b"], [1, 2], revenue=["much", "little"]))
