"""What a stage says of the time after it, and the course of a relationship: no hindsight, no artefacts."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from crmtheory import simulate
from crmtheory.errors import DomainError
from crmtheory.lifecycle import MarketingRules, by_stage, course, enough, outlook, periods_in, thirds
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


def test_a_log_with_customers_who_were_lost_long_enough_is_enough():
    bought = np.tile([1, 0, 0, 0, 0, 0], (50, 1))
    assert enough(RULES.assign(panel_of(bought)), 1) is None


def test_too_few_customers_are_said():
    bought = np.tile([1, 0, 0, 0, 0, 0], (49, 1))
    assert raised(DomainError, lambda: enough(RULES.assign(panel_of(bought)), 1)) == (
        "This log has 49 customers; 50 or more are needed to see stages."
    )


@pytest.mark.parametrize(("within", "words"), [(1, "1 quarter"), (2, "2 quarters"), (6, "6 quarters")])
def test_a_log_too_short_for_its_rules_is_said(within, words):
    bought = np.tile([1, 1, 0, 0, 0, 0], (50, 1))
    assert raised(DomainError, lambda: enough(RULES.assign(panel_of(bought)), within)) == (
        f'Nobody was judged "lost" {words} before the end of the log, which has 6 quarters. Take a shorter silence '
        "for lost, shorter periods, or a longer log."
    )


# The course of life


def bought_on(days, amounts=None, customer=1) -> pd.DataFrame:
    dates = pd.Timestamp("2024-01-01") + pd.to_timedelta(list(days), unit="D")
    return pd.DataFrame({"customer": customer, "date": dates, "amount": amounts or [1.0] * len(days)})


def test_thirds_by_hand():
    """Ninety days: purchases on days 10, 40 and 80 are in the first, middle and last third; the ends are left out."""
    bought = bought_on([0, 10, 40, 80, 90], [100.0, 1, 2, 4, 100])
    assert thirds(bought, pd.Index([1])).loc[1].tolist() == [1, 2, 4]
    assert thirds(bought, pd.Index([1]), ends=True).loc[1].tolist() == [101, 2, 104]


def test_only_those_whose_relationship_is_over_count():
    bought = pd.concat(
        [bought_on([0, 15, 30]), bought_on([0, 15, 30], customer=2), bought_on([0, 9], customer=3)]
    )
    found = thirds(bought, pd.Index([2, 3]))
    assert found.index.tolist() == [2]
    assert found.columns.tolist() == ["first", "middle", "last"]
    assert thirds(bought, pd.Index([2, 3]), ends=True).index.tolist() == [2, 3]


def test_the_customers_keep_the_name_of_their_column():
    bought = bought_on([0, 15, 30]).rename(columns={"customer": "客户"})
    assert thirds(bought, pd.Index([1])).index.name == "客户"


def test_nobody_with_a_course_is_said():
    text = (
        "None of the customers whose relationship is over bought between the first and the last purchase, so their "
        "lives have no course."
    )
    for days in ([0], [0, 9]):
        assert raised(DomainError, lambda days=days: thirds(bought_on(days), pd.Index([1]))) == text
    assert raised(DomainError, lambda: thirds(bought_on([0, 5, 9]), pd.Index([7]))) == text


@pytest.mark.parametrize("length", [2, 3, 4, 5, 6, 7, 9, 10, 30, 31, 32])
def test_a_life_run_backwards_has_its_thirds_backwards(length):
    """No third is favoured, however short the life: a purchase on a border belongs to neither side more."""
    rng = np.random.default_rng(length)
    days = np.array([0, *range(1, length), length])
    amounts = rng.integers(1, 100, len(days)).astype(float).tolist()
    forward = thirds(bought_on(days, amounts), pd.Index([1])).loc[1].tolist()
    backward = thirds(bought_on(length - days[::-1], amounts[::-1]), pd.Index([1])).loc[1].tolist()
    assert backward == pytest.approx(forward[::-1])


def test_a_log_without_amounts_has_no_course_of_spend():
    """Nothing was seen of spend; 0 would be a number."""
    bought = bought_on([0, 15, 30]).assign(amount=np.nan)
    try:
        found = thirds(bought, pd.Index([1]))
    except DomainError:
        return
    assert found.isna().any(axis=None)


def test_the_order_of_rows_changes_nothing():
    rng = np.random.default_rng(1)
    bought = pd.concat([bought_on(np.unique(rng.integers(0, 200, 9)), customer=c) for c in range(20)])
    shuffled = bought.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(thirds(bought, pd.Index(range(20))), thirds(shuffled, pd.Index(range(20))))


def steady(rng, customers: int, days: float) -> pd.DataFrame:
    """Buyers at a steady rate for about so many days each, an amount of 10 on average."""
    parts = []
    for c in range(customers):
        when = np.unique(rng.integers(0, rng.integers(days / 2, days), rng.poisson(8) + 2))
        parts.append(bought_on(when, rng.exponential(10, len(when)).tolist(), customer=c))
    return pd.concat(parts)


@pytest.mark.parametrize("days", [16, 200])
def test_the_course_of_steady_buyers_is_flat(days):
    """Short lives too, where a third is a matter of few days. Paired differences of 1,500 customers."""
    table = thirds(steady(np.random.default_rng(2), 1500, days), pd.Index(range(1500)))
    for other in ("first", "middle"):
        gap = table["last"] - table[other]
        assert abs(gap.mean()) < 3.5 * gap.std() / np.sqrt(len(gap))


def test_with_both_ends_counted_the_same_lives_look_like_a_valley():
    bought = steady(np.random.default_rng(3), 400, 200)
    table = course(thirds(bought, pd.Index(range(400)), ends=True))
    assert table.loc["middle", "high"] < table.loc["first", "low"]
    assert table.loc["middle", "high"] < table.loc["last", "low"]


def test_a_world_that_grows_and_declines_is_found():
    profile = simulate.life_profile(6, 6, 6, top=3.0, last=0.5)
    log, truth = simulate.growing_customers(
        400, np.random.default_rng(4), profile=profile, months=36, rate=2.0
    )
    whole = truth.index[truth["joined"] == truth["joined"].min()]
    early = log[log["customer"].isin(truth.index)].copy()
    first = early.groupby("customer")["date"].transform("min")
    early = early[(early["date"] - first).dt.days < 18 * 30.4375]
    table = course(thirds(read(early).purchases(), truth.index))
    assert len(whole) > 0
    assert table.loc["middle", "low"] > table.loc["first", "high"]
    assert table.loc["middle", "low"] > table.loc["last", "high"]
    flat, _ = simulate.growing_customers(400, np.random.default_rng(5), profile=[1.0], months=36, rate=2.0)
    spent = thirds(read(flat).purchases(), truth.index)
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
    enough(stages, 2)
    table = by_stage(outlook(stages, 2))
    # silent for 1 or 2 months, against bought this month: falling silent for two months in a row is rarer
    assert table.loc["lost", "silent"] > table.loc["at risk", "silent"] > table.loc["loyal", "silent"]
