"""What a stage says of the time after it, and the course of a relationship: no hindsight, no artefacts."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from crmtheory import simulate
from crmtheory.errors import DomainError
from crmtheory.lifecycle import (
    MarketingRules,
    by_stage,
    course,
    enough,
    outlook,
    periods_in,
    thirds,
    value_thirds,
)
from crmtheory.panel import Panel, from_frame, of
from crmtheory.transactions import read

RULES = MarketingRules()


def panel_of(bought, revenue=None, unit="quarter") -> Panel:
    bought = np.atleast_2d(bought)
    rows, columns = np.nonzero(np.ones(bought.shape))
    frame = pd.DataFrame({"customer": rows, "period": columns + 1, "purchases": bought.ravel()})
    money = None if revenue is None else np.atleast_2d(revenue).ravel()
    return from_frame(frame if money is None else frame.assign(revenue=money), unit)


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


@pytest.mark.parametrize(
    ("duration", "unit", "periods"),
    [
        ("3 months", "quarter", 1),
        ("1 year", "quarter", 4),
        ("6 months", "month", 6),
        ("1 week", "year", 1),
        ("91 days", "month", 3),
    ],
)
def test_a_duration_is_whole_periods_and_at_least_one(duration, unit, periods):
    assert periods_in(duration, unit) == periods


# Outlook


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("within", [1, 2, 3])
def test_outlook_is_what_a_count_over_earlier_times_gives(seed, within):
    rng = np.random.default_rng(seed)
    bought = rng.poisson(0.5, (60, 10))
    money = bought * rng.random(bought.shape)
    panel = panel_of(bought, money)
    stages = RULES.assign(panel)
    origin = 10 - within  # the number of the period at whose end we stand
    cases: dict = {}
    for c in range(60):
        for period in range(1, origin - within + 1):
            if panel.lived[c, period - 1]:
                name = stages.names[stages.codes[c, period - 1]]
                later = bought[c, period : period + within]
                cases.setdefault(name, []).append(not later.any())
    table = outlook(stages, within)
    assert table.index.tolist() == [c for c in range(60) if panel.lived[c, origin - 1]]
    for c, row in table.iterrows():
        assert row["stage"] == stages.names[stages.codes[c, origin - 1]]
        assert row["silent"] == (not bought[c, origin:].any())
        assert row["next_spend"] == pytest.approx(money[c, origin:].sum())
        if row["stage"] in cases:
            assert row["risk"] == pytest.approx(np.mean(cases[row["stage"]]))
        else:
            assert np.isnan(row["risk"])


@pytest.mark.parametrize("within", [1, 2, 4])
def test_the_risk_knows_nothing_of_the_time_it_is_judged_on(within):
    rng = np.random.default_rng(6)
    bought = rng.poisson(0.5, (80, 12))
    changed = bought.copy()
    changed[:, -within:] = rng.poisson(3, (80, within))
    known = bought[:, :-within].any(axis=1)
    one, other = (outlook(RULES.assign(panel_of(b, b * 1.0)), within) for b in (bought, changed))
    assert one.index.tolist() == np.flatnonzero(known).tolist()
    pd.testing.assert_frame_equal(one[["stage", "risk"]], other[["stage", "risk"]])
    assert not one["silent"].equals(other["silent"])


def test_prospects_are_left_out():
    panel = panel_of(np.ones((3, 4), int), np.ones((3, 4))).with_contacts(pd.Series({9: "2000-01-01"}))
    assert outlook(RULES.assign(panel)).index.tolist() == [0, 1, 2]


def test_spend_is_missing_in_a_log_without_amounts():
    table = outlook(RULES.assign(panel_of(np.ones((3, 4), int))))
    assert table["next_spend"].isna().all()
    assert not table["silent"].any()


@pytest.mark.parametrize("within", [0, 2, 3])
def test_a_panel_too_short_to_learn_from_is_refused(within):
    assert raised(DomainError, lambda: outlook(RULES.assign(panel_of([[1, 1, 1, 1]])), within)) == (
        f"To learn and to judge {within} periods ahead takes {2 * within + 1} periods or more, and there are 4. Take "
        "shorter periods, or a longer log."
    )


def test_the_outlook_by_stage_by_hand():
    table = pd.DataFrame(
        {
            "stage": pd.Categorical(["new", "lost", "new", "new"], list(RULES.names), ordered=True),
            "risk": [0.5, np.nan, 0.5, 0.5],
            "next_spend": [0.0, 1.0, 3.0, 6.0],
            "silent": [True, False, False, False],
        }
    )
    found = by_stage(table)
    low, high = proportion_confint(1, 3, method="wilson")
    assert found.index.tolist() == ["new", "lost"]
    assert found.index.name == "stage"
    assert found.loc["new"].tolist() == pytest.approx([3, 0.5, 1 / 3, low, high, 3, 3])
    assert found.loc["lost", ["customers", "silent", "median_spend"]].tolist() == [1, 0, 1]
    assert np.isnan(found.loc["lost", "expected"])
    assert found.columns.tolist() == [
        "customers",
        "expected",
        "silent",
        "low",
        "high",
        "median_spend",
        "mean_spend",
    ]


# Is there enough to say?


@pytest.mark.parametrize(("customers", "periods"), [(50, 4), (50, 30), (200, 4)])
def test_fifty_customers_and_four_periods_are_enough(customers, periods):
    assert enough(RULES.assign(panel_of(np.ones((customers, periods), int)))) is None


def test_too_few_customers_are_said():
    bought = np.tile([1, 0, 0, 0, 0, 0], (49, 1))
    text = "This log has 49 customers; 50 or more are needed to see stages."
    assert raised(DomainError, lambda: enough(RULES.assign(panel_of(bought)))) == text
    contacted = panel_of(bought).with_contacts(pd.Series("2000-01-01", [97, 98, 99]))
    assert raised(DomainError, lambda: enough(RULES.assign(contacted))) == text  # who never bought is none


@pytest.mark.parametrize("unit", ["quarter", "month"])
@pytest.mark.parametrize("periods", [2, 3])
def test_too_few_periods_are_said(periods, unit):
    stages = RULES.assign(panel_of(np.ones((50, periods), int), unit=unit))
    assert raised(DomainError, lambda: enough(stages)) == (
        f'This log has {periods} {unit}s; 4 or more are needed. Take shorter periods (period="month" or "week", with '
        "new, at_risk and lost to match), or a longer log."
    )


# Past value


def test_past_value_is_in_thirds_of_those_known_now():
    """Revenue of 1 to 9 in all; a prospect has none, and is not among the three lowest."""
    bought, money = np.ones((9, 2), int), np.outer(np.arange(1, 10), [0.4, 0.6])
    panel = panel_of(bought, money).with_contacts(pd.Series({99: "2000-01-01"}))
    found = value_thirds(panel)
    assert found.index.tolist() == list(range(9))
    assert found.tolist() == ["low"] * 3 + ["medium"] * 3 + ["high"] * 3
    assert found.name == "past_value"


def test_equal_past_values_are_in_one_third_and_purchases_stand_in_for_amounts():
    assert value_thirds(panel_of([[2, 0], [1, 1], [0, 2]])).tolist() == ["medium"] * 3
    found = value_thirds(panel_of([[1, 0], [3, 5], [1, 0], [2, 1], [1, 0], [3, 0]]))
    assert found.tolist() == ["low", "high", "low", "high", "low", "high"]
    pd.testing.assert_series_equal(
        value_thirds(panel_of(np.eye(3, 2, dtype=int) + 1, [[1.0, 0], [0, 5], [9, 9]])),
        pd.Series(["low", "medium", "high"], pd.Index([0, 1, 2], name="customer"), name="past_value"),
    )


# The course of life


def bought_on(days, amounts=None, customer=1) -> pd.DataFrame:
    dates = pd.Timestamp("2024-01-01") + pd.to_timedelta(list(days), unit="D")
    return pd.DataFrame({"customer": customer, "date": dates, "amount": amounts or [1.0] * len(days)})


def chance(seed=1) -> np.random.Generator:
    return np.random.default_rng(seed)


def spent_by(bought, customers=(1,), orders=100, seed=1) -> pd.DataFrame:
    return thirds(bought, pd.Index(customers), chance(seed), orders=orders)


def test_thirds_at_equal_gaps_by_hand():
    """Equal gaps have one order. Three purchases in between fall one in each third. Of four, two fall in the middle: of
    their 10, 10 (1/2 − 1/3) is taken off the middle and 10 (1/3 − 1/4) added to either end.
    """
    three = bought_on([0, 10, 20, 30, 40], [100.0, 1, 2, 4, 100])
    assert spent_by(three).loc[1].tolist() == pytest.approx([1, 2, 4])
    four = bought_on([0, 10, 20, 30, 40, 50], [100.0, 1, 2, 3, 4, 100])
    assert spent_by(four).loc[1].tolist() == pytest.approx([1 + 10 / 12, 5 - 10 / 6, 4 + 10 / 12])


def test_thirds_with_both_ends_are_the_plain_count():
    bought = bought_on([0, 10, 40, 80, 90], [100.0, 1, 2, 4, 100])
    assert thirds(bought, pd.Index([1]), chance(), ends=True).loc[1].tolist() == [101, 2, 104]


@pytest.mark.parametrize("days", [[0, 10, 90], [0, 10, 40, 80, 90], [0, 3, 5, 50, 71, 100]])
def test_each_third_is_compared_with_all_orders_of_the_gaps(days):
    """Every order of the gaps, counted one by one; with so many random orders the shares come close."""
    amounts = [7.0, *range(1, len(days) - 1), 9.0]
    gaps = np.diff(days)
    counts = [np.bincount(np.cumsum(order)[:-1] * 3 // days[-1], minlength=3) for order in permutations(gaps)]
    inner = np.array(amounts[1:-1])
    seen = np.bincount(np.array(days[1:-1]) * 3 // days[-1], inner, 3)
    expected = seen - inner.sum() * (np.mean(counts, axis=0) / len(inner) - 1 / 3)
    found = spent_by(bought_on(days, amounts), orders=4000).loc[1]
    assert found.tolist() == pytest.approx(expected.tolist(), abs=0.03 * inner.sum())


def test_only_those_whose_relationship_is_over_count():
    bought = pd.concat(
        [bought_on([0, 15, 30]), bought_on([0, 15, 30], customer=2), bought_on([0, 9], customer=3)]
    )
    found = spent_by(bought, [2, 3])
    assert found.index.tolist() == [2]
    assert found.columns.tolist() == ["first", "middle", "last"]
    assert thirds(bought, pd.Index([2, 3]), chance(), ends=True).index.tolist() == [2, 3]


def test_the_customers_keep_the_name_of_their_column():
    bought = bought_on([0, 15, 30]).rename(columns={"customer": "客户"})
    assert spent_by(bought).index.name == "客户"


def test_nobody_with_a_course_is_said():
    text = (
        "None of the customers whose relationship is over bought between the first and the last purchase, so their "
        "lives have no course."
    )
    for days in ([0], [0, 9]):
        assert raised(DomainError, lambda days=days: spent_by(bought_on(days))) == text
    assert raised(DomainError, lambda: spent_by(bought_on([0, 5, 9]), [7])) == text


def test_the_thirds_of_a_customer_add_up_to_what_was_spent_in_between():
    bought = steady(chance(6), 200, 1.0, 200)
    inner = bought.groupby("customer")["amount"].agg(lambda spent: spent.iloc[1:-1].sum())
    found = spent_by(bought, range(200))
    assert found.sum(axis=1).to_numpy() == pytest.approx(inner.loc[found.index].to_numpy())


@pytest.mark.parametrize("length", [2, 3, 4, 5, 6, 7, 9, 10, 30, 31, 32])
def test_a_purchase_on_every_day_has_equal_thirds_however_short_the_life(length):
    """No third is favoured, although a border may fall on a day."""
    found = spent_by(bought_on(range(length + 1), [6.0] * (length + 1))).loc[1]
    assert found.tolist() == pytest.approx([2.0 * (length - 1)] * 3)


@pytest.mark.parametrize("length", [4, 5, 7, 10, 31, 32, 100])
def test_a_life_run_backwards_has_its_thirds_backwards(length):
    """Lengths at which no day is on a border; but for the orders that were drawn."""
    rng = np.random.default_rng(length)
    days = np.array([0, *np.sort(rng.permutation(np.arange(1, length))[: min(length - 2, 8)]), length])
    amounts = (2.0 ** np.arange(len(days))).tolist()  # each twice the one before
    forward = spent_by(bought_on(days, amounts), orders=3000).loc[1].to_numpy()
    backward = spent_by(bought_on(length - days[::-1], amounts[::-1]), orders=3000).loc[1].to_numpy()
    assert backward == pytest.approx(forward[::-1], abs=0.05 * sum(amounts[1:-1]))
    assert abs(forward - forward[::-1]).max() > 0.1 * sum(amounts[1:-1])  # it matters which way it runs


@pytest.mark.parametrize("missing", [[0, 1, 2], [1], [2]])
def test_a_log_without_amounts_has_no_course_of_spend(missing):
    """Nothing was seen of spend; 0 would be a number."""
    bought = bought_on([0, 15, 30])
    bought.loc[missing, "amount"] = np.nan
    for ends in (False, True):
        text = raised(DomainError, lambda ends=ends: thirds(bought, pd.Index([1]), chance(), ends=ends))
        assert text == "The course of spend needs amounts, and this log was read without."


def test_the_order_of_rows_changes_nothing():
    rng = np.random.default_rng(1)
    bought = pd.concat([bought_on(np.unique(rng.integers(0, 200, 9)), customer=c) for c in range(20)])
    shuffled = bought.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(spent_by(bought, range(20)), spent_by(shuffled, range(20)))


def steady(rng, customers: int, shape: float, days: float) -> pd.DataFrame:
    """Buyers who neither grow nor decline, watched for half to all of so many days, about ten purchases in all.

    The gaps are gamma with a mean of a tenth of the days: shape 1 is at random, 20 nearly a clock, 0.5 in bursts. They
    are rounded each on its own to whole days, so that one is as good as another. Amounts are 10 on average.
    """
    gaps = np.maximum(np.round(rng.gamma(shape, days / 10 / shape, (customers, 200))), 1).astype(int)
    when = np.cumsum(np.c_[np.zeros(customers, int), gaps], axis=1)
    kept = when < rng.integers(days / 2, days + 1, (customers, 1))
    frame = pd.DataFrame({"customer": np.nonzero(kept)[0], "day": when[kept]})
    date = pd.Timestamp("2024-01-01") + pd.to_timedelta(frame["day"], unit="D")
    return pd.DataFrame(
        {"customer": frame["customer"], "date": date, "amount": rng.exponential(10, len(frame))}
    )


@pytest.mark.parametrize("days", [20, 200])
@pytest.mark.parametrize("shape", [0.5, 1, 4, 20])
def test_the_course_of_steady_buyers_is_flat_however_regular_they_are(days, shape):
    """Short lives too, where a third is a matter of few days. Paired differences of 3,000 customers."""
    table = spent_by(steady(np.random.default_rng(2), 3000, shape, days), range(3000), orders=30)
    for one, other in (("last", "first"), ("last", "middle"), ("middle", "first")):
        gap = table[one] - table[other]
        assert abs(gap.mean()) < 3.5 * gap.std() / np.sqrt(len(gap))


def test_without_the_comparison_regular_buyers_would_have_a_hump():
    """Why the gaps are put in random order: two of the four purchases in between at equal gaps are in the middle."""
    bought = bought_on([0, 10, 20, 30, 40, 50], [6.0] * 6)
    inner = bought.iloc[1:-1]
    place = (inner["date"] - bought["date"].iloc[0]).dt.days * 3 // 50
    assert place.tolist() == [0, 1, 1, 2]
    assert spent_by(bought).loc[1].tolist() == pytest.approx([8, 8, 8])


def test_with_both_ends_counted_the_same_lives_look_like_a_valley():
    bought = steady(np.random.default_rng(3), 400, 1.0, 200)
    table = course(thirds(bought, pd.Index(range(400)), chance(), ends=True))
    assert table.loc["middle", "high"] < table.loc["first", "low"]
    assert table.loc["middle", "high"] < table.loc["last", "low"]


@pytest.mark.parametrize(("shape", "highest"), [("rise", "last"), ("fall", "first"), ("hump", "middle")])
def test_amounts_that_grow_or_decline_are_found_in_steady_rhythm(shape, highest):
    """Spend of a third is three times that of the others, whatever the days."""
    bought = steady(np.random.default_rng(8), 800, 4.0, 200)
    since = bought["date"] - bought.groupby("customer")["date"].transform("min")
    place = since / since.groupby(bought["customer"]).transform("max").replace(pd.Timedelta(0), pd.NaT)
    third = np.minimum(place.fillna(0) * 3 // 1, 2).astype(int)
    factor = {"rise": [1, 1, 3], "fall": [3, 1, 1], "hump": [1, 3, 1]}[shape]
    table = course(spent_by(bought.assign(amount=bought["amount"] * np.array(factor)[third]), range(800)))
    assert table["mean"].idxmax() == highest
    assert table.loc[highest, "low"] > table["high"].drop(highest).max()


def test_a_world_that_grows_and_declines_is_found():
    profile = simulate.life_profile(6, 6, 6, top=3.0, last=0.5)
    log, truth = simulate.growing_customers(
        400, np.random.default_rng(4), profile=profile, months=36, rate=2.0
    )
    whole = truth.index[truth["joined"] == truth["joined"].min()]
    early = log[log["customer"].isin(truth.index)].copy()
    first = early.groupby("customer")["date"].transform("min")
    early = early[(early["date"] - first).dt.days < 18 * 30.4375]
    table = course(spent_by(read(early).purchases(), truth.index))
    assert len(whole) > 0
    assert table.loc["middle", "low"] > table.loc["first", "high"]
    assert table.loc["middle", "low"] > table.loc["last", "high"]
    flat, _ = simulate.growing_customers(400, np.random.default_rng(5), profile=[1.0], months=36, rate=2.0)
    spent = spent_by(read(flat).purchases(), truth.index)
    assert stats.ttest_rel(spent["first"], spent["last"]).pvalue > 0.001
    assert stats.ttest_rel(spent["first"], spent["middle"]).pvalue > 0.001


def test_means_have_the_intervals_of_students_t():
    table = pd.DataFrame({"first": [1.0, 3, 8], "middle": [2.0, 2, 2], "last": [0.0, 0, 6]}, index=[4, 5, 6])
    found = course(table, level=0.9)
    for name in table:
        low, high = stats.t.interval(0.9, 2, table[name].mean(), max(stats.sem(table[name]), 1e-300))
        assert found.loc[name].tolist() == pytest.approx([3, table[name].mean(), low, high])
    assert found.index.name == "third"
    assert found.columns.tolist() == ["customers", "mean", "low", "high"]


def test_one_customer_has_no_interval():
    found = course(pd.DataFrame({"first": [1.0], "middle": [2.0], "last": [0.0]}))
    assert found["mean"].tolist() == [1, 2, 0]
    assert found[["low", "high"]].isna().all(axis=None)


def test_a_shop_from_log_to_outlook():
    log = read(simulate.returning_customers(600, np.random.default_rng(7), months=18))
    stages = MarketingRules(at_risk=1, lost=3).assign(of(log, "month"))
    enough(stages)
    table = by_stage(outlook(stages, 2))
    # silent for 1 or 2 months, against bought this month: falling silent for two months in a row is rarer
    assert table.loc["lost", "silent"] > table.loc["at risk", "silent"] > table.loc["loyal", "silent"]
