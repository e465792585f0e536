"""Worlds of stages, silences, lives and groups: what is said to be true of them holds within the error of
simulation.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmtheory import panel, simulate, transactions
from crmtheory.errors import DomainError, SchemaError

STAGES = ["潜在", "活跃", "流失"]
CHAIN = pd.DataFrame([[0.5, 0.4, 0.1], [0.0, 0.8, 0.2], [0.0, 0.05, 0.95]], STAGES, STAGES)
# Symmetric, so reversible, and its lasting distribution is even.
EVEN = pd.DataFrame([[0.6, 0.3, 0.1], [0.3, 0.5, 0.2], [0.1, 0.2, 0.7]], list("abc"), list("abc"))


def rng(seed=1):
    return np.random.default_rng(seed)


def wide(walk):
    codes = walk["stage"].cat.codes.to_numpy().reshape(walk["customer"].max(), -1)
    return codes.astype(int)


def counted(one, other, k):
    return np.bincount(one.ravel() * k + other.ravel(), minlength=k * k).reshape(k, k)


def fits(counts, chances):
    """No count lies further from its expectation than chance allows: chi-squared by row, at 1 in 10,000."""
    for row, chance in zip(np.asarray(counts, float), np.asarray(chances, float), strict=True):
        possible = chance > 0
        assert row[~possible].sum() == 0
        if possible.sum() > 1:
            expected = row.sum() * chance[possible] / chance[possible].sum()
            assert stats.chisquare(row[possible], expected).pvalue > 1e-4


# Stages


def test_walkers_move_as_the_matrix_says_and_start_where_they_are_told():
    walk = simulate.stage_walkers(CHAIN, {"潜在": 0.7, "活跃": 0.3}, 12, 5000, rng())
    assert walk.columns.tolist() == ["customer", "period", "stage"]
    assert walk["stage"].cat.categories.tolist() == STAGES
    assert walk["customer"].tolist()[:13] == [1] * 12 + [2]
    assert walk["period"].tolist()[:13] == [*range(1, 13), 1]
    codes = wide(walk)
    fits([np.bincount(codes[:, 0], minlength=3)], [[0.7, 0.3, 0.0]])
    for half in (slice(0, 6), slice(6, 12)):  # the same early and late
        part = codes[:, half]
        fits(counted(part[:, :-1], part[:, 1:], 3), CHAIN)


def test_without_memory_the_stage_before_the_last_says_nothing():
    codes = wide(simulate.stage_walkers(EVEN, dict.fromkeys("abc", 1 / 3), 10, 4000, rng()))
    for before in range(3):
        since = codes[:, :-2] == before
        fits(counted(codes[:, 1:-1][since], codes[:, 2:][since], 3), EVEN)


def test_with_memory_pairs_are_those_of_a_reversible_matrix_and_triples_are_as_stated():
    memory = 0.3
    codes = wide(simulate.stage_walkers(EVEN, dict.fromkeys("abc", 1 / 3), 10, 6000, rng(), memory=memory))
    pairs = counted(codes[:, 8], codes[:, 9], 3)  # one pair a customer, so that they are independent
    fits(pairs, EVEN)
    for before in range(3):
        since = codes[:, 7] == before
        expected = memory * np.eye(3)[before] + (1 - memory) * EVEN.to_numpy()
        fits(counted(codes[since, 8], codes[since, 9], 3), expected)


def test_with_memory_nobody_makes_a_move_that_the_matrix_does_not_allow():
    codes = wide(simulate.stage_walkers(CHAIN, "潜在", 10, 2000, rng(), memory=0.9))
    assert (counted(codes[:, :-1], codes[:, 1:], 3)[CHAIN.to_numpy() == 0] == 0).all()


def test_a_single_customer_in_a_single_period_stays_where_it_starts():
    walk = simulate.stage_walkers(CHAIN, "流失", 1, 1, rng())
    assert walk.to_numpy().tolist() == [[1, 1, "流失"]]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        (
            {"matrix": pd.DataFrame([[1.0]], ["a"], ["b"])},
            SchemaError,
            "A table with the same stages as rows (from) and columns (to) was expected, such as "
            "pd.DataFrame([[0.9, 0.1], [0, 1]], ['active', 'lost'], ['active', 'lost']).",
        ),
        (
            {"matrix": EVEN * 2},
            DomainError,
            "Each row of the matrix must be probabilities that add up to 1, not "
            "[[1.2, 0.6, 0.2], [0.6, 1.0, 0.4], [0.2, 0.4, 1.4]].",
        ),
        ({"start": "d"}, SchemaError, 'There is no stage "d". Known: a, b, c.'),
        (
            {"start": {"a": 0.5}},
            DomainError,
            "The start must be probabilities that add up to 1, not [0.5, 0.0, 0.0].",
        ),
        ({"periods": 0}, DomainError, "The number of periods must be whole and 1 or more, not 0."),
        ({"n": 2.5}, DomainError, "The number of customers must be whole and 1 or more, not 2.5."),
        ({"memory": 1.5}, DomainError, "memory must lie between 0 and 1, unlike 1.5."),
    ],
)
def test_walks_that_cannot_be_drawn_are_refused(changes, error, message):
    given = {"matrix": EVEN, "start": "a", "periods": 3, "n": 5, "rng": rng()} | changes
    with pytest.raises(error) as found:
        simulate.stage_walkers(**given)
    assert str(found.value) == message


# Classes of value


@pytest.mark.parametrize("stay", [0.0, 0.6, 1.0])
def test_classes_move_by_the_matrix_and_keep_their_shares(stay):
    spend, matrix = simulate.value_classes_world(30_000, rng(), stay=stay)
    fits(pd.crosstab(spend["class_before"], spend["class_after"]), matrix)
    assert matrix.sum(axis=1).to_numpy() == pytest.approx(1)
    assert matrix.loc["high", "high"] == pytest.approx(stay + 0.2 * (1 - stay))
    for column in ("class_before", "class_after"):
        fits([spend[column].value_counts(sort=False)], [[0.2, 0.3, 0.5]])


def test_spend_shows_the_class():
    spend, _ = simulate.value_classes_world(5000, rng())
    for year in ("before", "after"):
        seen = pd.cut(spend[year], [10, 80, 300, 3000], labels=["low", "middle", "high"])
        assert (seen.astype(str) == spend[f"class_{year}"].astype(str)).all()


def test_the_best_fall_and_the_worst_rise_though_nothing_changes():
    spend, _ = simulate.value_classes_world(20_000, rng())
    mean = spend.groupby("class_before", observed=True)[["before", "after"]].mean()
    assert mean.loc["high", "after"] < 0.8 * mean.loc["high", "before"]
    assert mean.loc["low", "after"] > 1.5 * mean.loc["low", "before"]
    assert stats.ks_2samp(spend["before"], spend["after"]).pvalue > 1e-3


def test_classes_that_cannot_be_drawn_are_refused():
    with pytest.raises(SchemaError) as error:
        simulate.value_classes_world(5, rng(), classes={"高": 1.0})
    assert str(error.value) == 'Class "高" has no range of spend. Give ranges={"高": (lowest, highest)}.'
    with pytest.raises(DomainError) as error:
        simulate.value_classes_world(5, rng(), classes={"a": 1.0}, ranges={"a": (5.0, 5.0)})
    assert str(error.value) == 'The spend of class "a" needs 0 < lowest < highest, not 5.0 and 5.0.'
    with pytest.raises(DomainError) as error:
        simulate.value_classes_world(5, rng(), classes={"a": 0.5}, ranges={"a": (1.0, 5.0)})
    assert str(error.value) == "The shares of the classes must be probabilities that add up to 1, not [0.5]."


# Groups


def test_answers_come_in_the_stated_shares_and_are_independent_within_a_group():
    sizes, means = [0.5, 0.3, 0.2], np.array([[0.9, 0.1, 0.5], [0.2, 0.8, 0.5], [0.5, 0.5, 0.0]])
    answers, group = simulate.segments_world(20_000, rng(), sizes=sizes, means=means)
    assert answers.columns.tolist() == ["q1", "q2", "q3"]
    assert answers.index.equals(group.index)
    fits([group.value_counts(sort=False)], [sizes])
    for g, name in enumerate(group.cat.categories):
        part = answers[group == name]
        for q, question in enumerate(answers):
            yes = int(part[question].sum())
            assert stats.binomtest(yes, len(part), means[g, q]).pvalue > 1e-4
        assert abs(np.corrcoef(part["q1"], part["q2"])[0, 1]) < 4 / np.sqrt(len(part))
    assert np.corrcoef(answers["q1"], answers["q2"])[0, 1] < -0.2  # the groups connect them


def test_groups_and_questions_may_have_names_and_must_fit():
    answers, group = simulate.segments_world(
        9, rng(), sizes=[1.0], means=[[1.0, 0.0]], groups=["安全"], questions=["甲", "乙"]
    )
    assert answers.to_numpy().tolist() == [[1, 0]] * 9
    assert set(group) == {"安全"}
    with pytest.raises(SchemaError) as error:
        simulate.segments_world(9, rng(), sizes=[0.5, 0.5], means=[[1.0]])
    assert str(error.value) == (
        "sizes has one number per group and means one row per group; they have (2,) and (1, 1)."
    )
    with pytest.raises(SchemaError) as error:
        simulate.segments_world(9, rng(), sizes=[1.0], means=[[1.0, 0.5]], questions=["a", "a"])
    assert str(error.value) == "questions needs 2 different names, not ['a', 'a']."
    with pytest.raises(DomainError) as error:
        simulate.segments_world(9, rng(), sizes=[0.5, 0.4], means=[[1.0], [0.0]])
    assert str(error.value) == "sizes must be probabilities that add up to 1, not [0.5, 0.4]."
    with pytest.raises(DomainError) as error:
        simulate.segments_world(9, rng(), sizes=[1.0], means=[[1.5]])
    assert str(error.value) == "means must lie between 0 and 1, unlike [[1.5]]."


# Customers who come back

BACK = (0.3, 0.15, 0.05)


@pytest.fixture(scope="module")
def silent():
    log = simulate.returning_customers(4000, rng(), rate=1.4, leave=0.2, back=BACK, months=18)
    return log, panel.of(transactions.read(log), "month")


def test_a_panel_by_month_shows_the_months_of_the_world(silent):
    log, found = silent
    assert log.columns.tolist() == ["customer", "date", "amount"]
    assert log["date"].is_monotonic_increasing
    assert found.periods == 18
    assert found.customers.tolist() == list(range(1, 4001))
    joined = np.bincount(found.joined, minlength=18)
    assert joined[9:].sum() == 0
    assert stats.chisquare(joined[:9]).pvalue > 1e-3


def test_after_each_length_of_silence_as_many_come_back_as_said(silent):
    _, found = silent
    before, buys = found.silence[:, :-1], found.purchases[:, 1:] > 0
    for months, chance in enumerate((1 - 0.2, *BACK)):
        again = buys[before == months]
        assert stats.binomtest(int(again.sum()), len(again), chance).pvalue > 1e-4
    assert not buys[before > len(BACK)].any()


@pytest.mark.parametrize("within", [1, 2, 6])
def test_the_share_that_returns_in_several_months_is_the_stated_one(silent, within):
    _, found = silent
    share = simulate.returning_share(BACK, within)
    assert share.index.tolist() == [1, 2, 3]
    at = 8  # one silence a customer
    soon = (found.purchases[:, at + 1 : at + 1 + within] > 0).any(axis=1)
    for months, chance in share.items():
        again = soon[found.silence[:, at] == months]
        assert stats.binomtest(int(again.sum()), len(again), chance).pvalue > 1e-4


def test_the_share_that_returns_is_one_minus_the_product_of_staying_away():
    assert simulate.returning_share(BACK, 2).tolist() == pytest.approx(
        [1 - 0.7 * 0.85, 1 - 0.85 * 0.95, 0.05]
    )
    assert simulate.returning_share(0.5, 9).tolist() == [0.5]


def test_months_with_purchases_have_the_stated_number_and_amount():
    """Purchases are counted in the log: a panel takes those of one day for one."""
    log = simulate.returning_customers(3000, rng(), rate=1.4, leave=0.0, months=6, spend=50.0)
    first = log.groupby("customer")["date"].min()
    length = 365.25 / 12
    age = (log["date"].max() - first).dt.days.to_numpy() / length
    bought = len(log) - np.ceil(age + 1e-9).sum() * 1.4
    assert abs(bought) < 0.01 * len(log)
    mean = log.groupby("customer")["amount"].mean()
    assert abs(mean.mean() - 50) < 4 * mean.std() / np.sqrt(len(mean))
    np.testing.assert_array_equal(log["amount"], log["amount"].round(2))


# Customers who grow

PROFILE = simulate.life_profile(6, 4, 8, top=3.0)


def by_age(log, truth, months):
    """Spend by customer and month of life; months as in the panel."""
    found = panel.of(transactions.read(log), "month")
    assert found.periods == months
    revenue = pd.DataFrame(found.revenue, found.customers)
    ages = found.age
    assert (found.joined + 1 == truth["joined"]).all()
    return revenue.to_numpy(), ages


def test_spend_follows_the_profile_of_life():
    log, truth = simulate.growing_customers(3000, rng(), profile=PROFILE, months=24, rate=1.3)
    revenue, ages = by_age(log, truth, 24)
    relative = revenue / truth["level"].to_numpy()[:, None]
    expected = np.concatenate([PROFILE, np.full(24, PROFILE[-1])])
    for age in range(23):
        seen = relative[ages == age]
        assert abs(seen.mean() - expected[age]) < 4.5 * seen.std() / np.sqrt(len(seen))
    assert ((revenue > 0) == (ages >= 0)).all()  # everybody buys every month


def test_a_profile_rises_stays_and_falls():
    assert PROFILE.tolist() == pytest.approx(
        [
            1,
            4 / 3,
            5 / 3,
            2,
            7 / 3,
            8 / 3,
            3,
            3,
            3,
            3,
            2.6875,
            2.375,
            2.0625,
            1.75,
            1.4375,
            1.125,
            0.8125,
            0.5,
        ]
    )
    assert simulate.life_profile(0, 3, 0, top=1.0).tolist() == [1, 1, 1]


def test_where_small_customers_leave_those_who_stay_seem_to_grow_though_nobody_does():
    leave = 0.15
    log, truth = simulate.growing_customers(6000, rng(), profile=[1.0], leave=leave, months=20)
    revenue, ages = by_age(log, truth, 20)
    large = truth["level"] >= truth["level"].median()
    means = [truth.loc[large, "level"].mean(), truth.loc[~large, "level"].mean()]
    for age in (0, 3, 9):
        seen = revenue[(ages == age) & (revenue > 0)]
        kept = (1 - leave) ** age
        expected = (means[0] + kept * means[1]) / (1 + kept)
        assert abs(seen.mean() - expected) < 4.5 * seen.std() / np.sqrt(len(seen))
    same = np.where(truth["months"] >= 10, 1, 0).astype(bool)
    early, late = revenue[same & (ages == 1).any(axis=1)], ages[same & (ages == 1).any(axis=1)]
    ratio = early[late == 9].mean() / early[late == 1].mean()
    assert ratio == pytest.approx(1, abs=0.04)


def test_months_of_life_end_where_the_log_shows_them_to_end():
    log, truth = simulate.growing_customers(500, rng(), profile=[1.0], leave=0.3, months=12)
    revenue, _ = by_age(log, truth, 12)
    np.testing.assert_array_equal((revenue > 0).sum(axis=1), truth["months"])


def test_the_same_seed_gives_the_same_world():
    for draw in (
        lambda: simulate.stage_walkers(EVEN, "a", 3, 50, rng(), memory=0.5),
        lambda: simulate.returning_customers(50, rng(), months=6),
        lambda: simulate.growing_customers(50, rng(), profile=[1, 2], months=6)[0],
        lambda: simulate.value_classes_world(50, rng())[0],
        lambda: simulate.segments_world(50, rng(), sizes=[1.0], means=[[0.5]])[0],
    ):
        pd.testing.assert_frame_equal(draw(), draw())


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda: simulate.returning_customers(5, rng(), rate=0.5),
            "Whoever buys in a month buys at least once: rate must be 1 or more, not 0.5.",
        ),
        (
            lambda: simulate.returning_customers(5, rng(), back=[0.2, 1.2]),
            "back must lie between 0 and 1, unlike [0.2, 1.2].",
        ),
        (
            lambda: simulate.growing_customers(5, rng(), profile=[1.0, 0.0]),
            "A profile of life needs positive numbers, unlike [1.0, 0.0].",
        ),
        (
            lambda: simulate.growing_customers(5, rng(), profile=[1.0], months=1),
            "The number of months must be whole and 2 or more, not 1.",
        ),
    ],
)
def test_lives_that_cannot_be_drawn_are_refused(draw, message):
    with pytest.raises(DomainError) as error:
        draw()
    assert str(error.value) == message
