"""Win-back: who returns after how long a silence, intervals for a sample of customers, and whom an offer can pay."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from crmtheory import simulate
from crmtheory.errors import DomainError
from crmtheory.lifecycle import MarketingRules, returned, share_returned, win_back, worth_winning
from crmtheory.panel import NEVER, Panel, of
from crmtheory.transactions import read

NAMES = ("low", "medium", "high")


def panel_of(bought, revenue=None) -> Panel:
    bought = np.array(np.atleast_2d(bought), np.int32)
    n, periods = bought.shape
    money = np.full(bought.shape, np.nan)
    money[:] = np.nan if revenue is None else revenue
    joined = np.where(bought.any(axis=1), (bought > 0).argmax(axis=1), NEVER).astype(np.int32)
    days = pd.date_range("2000-01-01", periods=periods)
    return Panel(pd.RangeIndex(n), "quarter", days, days, joined, joined, bought, money)


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def rows_of(table: pd.DataFrame, value: str = "all") -> pd.DataFrame:
    return table[table["value"] == value].set_index("silence")


def test_four_customers_by_hand():
    """Within 1 period. Silent for 1: a after period 1 (back with 5), b (not), c after 2 (not). Silent for 2: b (back
    with 9). Later silences are watched for too short a time.
    """
    bought = [[1, 0, 1, 1], [1, 0, 0, 1], [1, 1, 0, 0], [1, 1, 1, 1]]
    money = [[2, 0, 5, 1], [1, 0, 0, 9], [3, 1, 0, 0], [9, 9, 9, 9]]
    table = rows_of(win_back(panel_of(bought, np.array(money, float)), within=1))
    assert table.loc[1, ["customers", "returned", "cases"]].tolist() == [3, 1, 3]
    assert table.loc[1, ["share", "spend"]].tolist() == pytest.approx([1 / 3, 5])
    low, high = proportion_confint(1, 3, method="wilson")
    assert table.loc[1, ["low", "high"]].tolist() == pytest.approx([low, high])
    assert table.loc[2, ["customers", "returned", "cases"]].tolist() == [1, 1, 1]
    assert table.loc[2, ["share", "high", "spend"]].tolist() == [1, 1, 9]
    assert table.index.tolist() == [1, 2]


def thirds(values: np.ndarray) -> np.ndarray:
    """By mean rank among n, so that equal values share a third: the third in which (rank − ½) / n lies."""
    return ((stats.rankdata(values) * 2 - 1) * 3 // (2 * len(values))).astype(int)


def brute(panel: Panel, within: int, least: int) -> dict:
    """(silence, value) → list of (customer, returned, spend), from the definition."""
    out: dict = {}
    priced = not np.isnan(panel.revenue).any()
    worth = panel.revenue if priced else panel.purchases
    for now in range(panel.periods - within):
        here = [c for c in range(len(panel)) if panel.purchases[c, : now + 1].any()]
        if not here:
            continue
        place = dict(zip(here, thirds(np.array([worth[c, : now + 1].sum() for c in here])), strict=True))
        for c in here:
            silence = now - max(p for p in range(now + 1) if panel.purchases[c, p])
            if silence < least:
                continue
            ahead = slice(now + 1, now + 1 + within)
            back = bool(panel.purchases[c, ahead].any())
            case = (c, back, panel.revenue[c, ahead].sum())
            for value in ("all", NAMES[place[c]]):
                out.setdefault((silence, value), []).append(case)
    return out


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("within", "least"), [(1, 1), (3, 2)])
def test_every_number_is_that_of_a_count_over_cases(seed, within, least):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(9, 60))
    bought = rng.poisson(0.4, (n, 9))
    bought[bought.sum(axis=1) == 0, 0] = 1
    priced = seed % 2 == 0
    # few different amounts, so that many customers are worth the same
    panel = panel_of(bought, bought * 10.0 if priced else None)
    table = win_back(panel, within, least).set_index(["silence", "value"])
    expected = brute(panel, within, least)
    assert set(table.index) == set(expected)
    for key, cases in expected.items():
        row = table.loc[key]
        back = [case for case in cases if case[1]]
        assert row["cases"] == len(cases)
        assert row["returned"] == len(back)
        assert row["customers"] == len({case[0] for case in cases})
        assert row["share"] == pytest.approx(len(back) / len(cases))
        if priced and back:
            assert row["spend"] == pytest.approx(np.mean([case[2] for case in back]))
        else:
            assert np.isnan(row["spend"])
        assert 0 <= row["low"] <= row["share"] <= row["high"] <= 1


@pytest.mark.parametrize("n", range(1, 20))
def test_different_values_are_in_thirds_of_as_equal_a_size_as_can_be_from_either_end(n):
    """All are silent in period 2; ordering them from the other end mirrors the thirds."""
    bought = np.tile([1, 0, 0], (n, 1))
    sizes = {}
    for sign in (1, -1):
        money = np.zeros((n, 3))
        money[:, 0] = 100 + sign * np.arange(n)
        table = win_back(panel_of(bought, money), within=1).set_index("value")["cases"]
        sizes[sign] = [table.get(name, 0) for name in NAMES]
    assert sizes[1] == sizes[-1] == np.bincount(thirds(np.arange(n)), minlength=3).tolist()
    assert sizes[1][0] == sizes[1][2]
    assert max(sizes[1]) - min(sizes[1]) <= 1 or n < 3


def test_customers_who_are_worth_the_same_are_in_the_same_third():
    table = win_back(panel_of(np.tile([1, 0, 0], (10, 1)), np.tile([5.0, 0, 0], (10, 1))), within=1)
    assert table["value"].tolist() == ["all", "medium"]


def test_the_order_of_customers_changes_nothing():
    rng = np.random.default_rng(1)
    bought = rng.poisson(0.5, (50, 8))
    money = bought * rng.integers(1, 4, bought.shape).astype(float)
    order = rng.permutation(50)
    one, other = win_back(panel_of(bought, money)), win_back(panel_of(bought[order], money[order]))
    pd.testing.assert_frame_equal(one, other)


def test_without_amounts_value_is_purchase_days_and_spend_is_missing():
    bought = [[3, 0, 1], [2, 0, 0], [1, 0, 0]]
    table = win_back(panel_of(bought), within=1)
    assert rows_of(table, "high").loc[1, "share"] == 1
    assert rows_of(table, "low").loc[1, "share"] == 0
    assert table["spend"].isna().all()


def test_prospects_are_not_silent_customers():
    panel = panel_of([[1, 0, 1], [1, 0, 0]], np.ones((2, 3)))
    more = panel.with_contacts(pd.Series({7: "2000-01-01", 8: "2000-01-02"}))
    pd.testing.assert_frame_equal(win_back(more, within=1), win_back(panel, within=1))


def test_periods_before_the_first_customer_change_nothing():
    early = panel_of([[0, 0, 0, 0, 1, 0, 1, 0], [0, 0, 0, 0, 1, 0, 0, 1]])
    late = panel_of([[1, 0, 1, 0], [1, 0, 0, 1]])
    pd.testing.assert_frame_equal(win_back(early, within=1), win_back(late, within=1))


# Intervals


def test_the_width_is_that_of_a_bootstrap_over_customers():
    """Some customers always come back and some never, so one customer's silences are alike."""
    rng = np.random.default_rng(2)
    n = 500
    chance = rng.choice([0.1, 0.9], n)
    bought = np.zeros((n, 25), int)
    bought[:, 0] = 1
    for period in range(1, 25):
        bought[:, period] = np.where(bought[:, period - 1] > 0, 0, rng.random(n) < chance)
    panel = panel_of(bought)
    row = rows_of(win_back(panel, within=1)).loc[1]
    silent = panel.silence[:, 1:24] == 1
    cases, back = silent.sum(axis=1), (silent & (bought[:, 2:25] > 0)).sum(axis=1)
    weights = rng.multinomial(n, np.full(n, 1 / n), 4000)
    width = 2 * stats.norm.ppf(0.975) * ((weights @ back) / (weights @ cases)).std()
    assert row["high"] - row["low"] == pytest.approx(width, rel=0.05)
    naive = proportion_confint(row["returned"], row["cases"], method="wilson")
    assert row["high"] - row["low"] > 1.2 * (naive[1] - naive[0])


@pytest.mark.parametrize("k", [3, 7, 13, 49, 98])
def test_one_customer_who_was_silent_many_times_is_one_customer(k):
    """Back once in k times; the other silences last for longer. Rounding must not pass for certainty."""
    one = [1, 0, 1] + [1, 0, 0, 1] * (k - 1) + [1, 1]
    row = rows_of(win_back(panel_of([one]), within=1)).loc[1]
    assert row["share"] == pytest.approx(1 / k)
    low, high = proportion_confint(1 / k, 1, method="wilson")
    assert row[["low", "high"]].tolist() == pytest.approx([low, high], abs=1e-6)


def test_a_known_chance_of_return_is_inside_the_interval_at_about_its_rate():
    rng = np.random.default_rng(3)
    back = (0.3, 0.2, 0.1)
    truth = simulate.returning_share(back, within=2)
    worlds, inside = 200, {1: 0, 2: 0}
    for _ in range(worlds):
        n, months = 100, 12
        chances = np.array([0.6, *back, 0.0])
        silence, bought = np.zeros(n, int), np.zeros((n, months), int)
        bought[:, 0] = 1
        for month in range(1, months):
            came = rng.random(n) < chances[np.minimum(silence, 4)]
            bought[:, month] = came
            silence = np.where(came, 0, silence + 1)
        table = rows_of(win_back(panel_of(bought), within=2))
        for k in inside:
            inside[k] += table.loc[k, "low"] <= truth[k] <= table.loc[k, "high"]
    low, high = stats.binom.ppf([1e-4, 1 - 1e-4], worlds, 0.95)
    assert all(low <= count <= high for count in inside.values())


def test_the_simulated_log_gives_its_chances_back():
    back = (0.3, 0.2, 0.1)
    log = simulate.returning_customers(3000, np.random.default_rng(4), back=back, months=20)
    table = rows_of(win_back(of(read(log), "month"), within=2))
    truth = simulate.returning_share(back, within=2)
    for k in truth.index:
        assert table.loc[k, "low"] <= truth[k] <= table.loc[k, "high"]
        assert table.loc[k, "high"] - table.loc[k, "low"] < 0.06
    assert table.loc[5:, "returned"].sum() == 0


# Too short


def test_a_panel_that_is_too_short_is_refused():
    panel = panel_of([[1, 0, 1]])
    assert raised(DomainError, lambda: win_back(panel, within=2)) == (
        "A silence of 1 and a wait of 2 need a panel of 4 periods or more, and this one has 3. Take shorter periods, "
        "or a longer log."
    )
    assert win_back(panel, within=1)["cases"].tolist() == [1, 1]
    with pytest.raises(DomainError):
        win_back(panel, within=0)


def test_nobody_silent_is_said():
    assert raised(DomainError, lambda: win_back(panel_of(np.ones((3, 6), int)), within=2)) == (
        "No customer was silent for 1 quarter and watched for 2 more."
    )


# Judged lost


def lost_by() -> Panel:
    """Six periods, lost after two silent ones. By period 4: a and b are lost and a comes back, c is not, d was."""
    return panel_of([[1, 0, 0, 0, 0, 1], [1, 1, 0, 0, 0, 0], [1, 0, 1, 0, 1, 1], [1, 0, 0, 1, 0, 0]])


RULES = MarketingRules(at_risk=1, lost=2)


def test_who_was_judged_lost_and_came_back_by_hand():
    stages = RULES.assign(lost_by())
    assert returned(stages, within=2).to_dict() == {0: True, 1: False}
    assert returned(stages, within=2).name == "returned"
    assert returned(stages, within=3).to_dict() == {0: True, 3: True}
    table = share_returned(stages, within=2)
    low, high = proportion_confint(1, 2, method="wilson")
    assert table.iloc[0].tolist() == pytest.approx([2, 0.5, low, high])
    assert table.columns.tolist() == ["customers", "share", "low", "high"]


@pytest.mark.parametrize("within", [0, 6, -1])
def test_a_wait_outside_the_panel_is_refused(within):
    assert raised(DomainError, lambda: returned(RULES.assign(lost_by()), within)) == (
        f"The wait must be 1 to 5 periods, not {within}."
    )


def test_nobody_lost_by_then_is_said():
    assert raised(DomainError, lambda: returned(RULES.assign(lost_by()), 5)) == (
        'Nobody had been judged "lost" by 2000-01-01, so nobody could come back. Give a longer log, or take a shorter '
        "silence for lost."
    )


# Whom an offer pays


def shares() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "silence": [1, 1, 2, 2],
            "value": ["all", "high", "all", "low"],
            "share": [0.10, 0.50, 0.0, 0.20],
            "spend": [100.0, 200.0, np.nan, -5.0],
        }
    )


def test_what_an_offer_must_add_and_what_it_is_assumed_to_add():
    """A margin of 0.3, an offer of 1, a rise by a fifth: 0.10 · 0.2 = 0.02 of 30 is 0.60, less than 1."""
    table = worth_winning(shares(), margin=0.3, cost=1.0, lift=0.2)
    assert table["needed"].tolist() == pytest.approx([1 / 30, 1 / 60, np.nan, np.nan], nan_ok=True)
    assert table["assumed"].tolist() == pytest.approx([0.02, 0.10, 0, 0.04])
    assert table["gain"].tolist() == pytest.approx([-0.4, 5.0, np.nan, np.nan], nan_ok=True)
    assert table["worth"].tolist() == [False, True, False, False]
    assert table.columns.tolist() == [
        "silence",
        "value",
        "share",
        "spend",
        "needed",
        "assumed",
        "gain",
        "worth",
    ]


def test_an_offer_that_gains_exactly_its_cost_is_not_worth_it():
    table = worth_winning(shares().iloc[[1]], margin=0.5, cost=25.0, lift=0.5)
    assert table["gain"].tolist() == [0]
    assert table["worth"].tolist() == [False]


@pytest.mark.parametrize(
    "given", [{"margin": 0}, {"margin": 1.1}, {"margin": np.nan}, {"cost": -1}, {"lift": -0.1}]
)
def test_numbers_outside_their_range_are_refused(given):
    chosen = {"margin": 0.3, "cost": 1.0, "lift": 0.2} | given
    assert raised(DomainError, lambda: worth_winning(shares(), **chosen)) == (
        f"The margin must be above 0 and up to 1, cost and lift 0 or more, not {chosen['margin']}, {chosen['cost']}, "
        f"{chosen['lift']}."
    )
