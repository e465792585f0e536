"""Active, silent, churned: the rhythm by hand, and worlds in which it is known who has left."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmtheory.errors import DomainError, SchemaError
from crmtheory.segmentation import activity_on_holdout, by_p_alive, by_rhythm, rhythm, separation


def log(**days):
    """Purchases by customer: days of 2024, from 1."""
    rows = [
        (name, pd.Timestamp("2023-12-31") + pd.Timedelta(days=d)) for name, all_ in days.items() for d in all_
    ]
    return pd.DataFrame(rows, columns=["customer", "date"])


THREE = log(a=[1, 11, 21, 31], b=[1, 41], 丙=[21])


def test_the_usual_gap_is_drawn_to_that_of_the_population():
    table = rhythm(THREE, "2024-02-20")  # day 51
    assert table["silence"].to_dict() == {"a": 20, "b": 10, "丙": 30}
    assert table["gaps"].to_dict() == {"a": 3, "b": 1, "丙": 0}
    assert table["own_gap"].dropna().to_dict() == {"a": 10, "b": 40}
    # the median of 10 and 40 is 25: (30 + 25) / 4, (40 + 25) / 2, 25 / 1
    assert table["usual_gap"].to_dict() == {"a": 13.75, "b": 32.5, "丙": 25}
    assert table["ratio"].to_dict() == {"a": 20 / 13.75, "b": 10 / 32.5, "丙": 1.2}


def test_a_silence_of_exactly_the_limit_belongs_to_the_better_class():
    purchases = log(a=[1, 11], b=[1, 11])  # every gap is 10 days
    for day, name in ((31, "active"), (32, "silent"), (51, "silent"), (52, "churned")):
        end = pd.Timestamp("2023-12-31") + pd.Timedelta(days=day)
        assert by_rhythm(purchases, end).tolist() == [name, name]


def test_the_same_silence_means_different_things_to_different_rhythms():
    purchases = log(weekly=range(1, 101, 7), yearly=[1, 50, 99])
    classes = by_rhythm(purchases, pd.Timestamp("2023-12-31") + pd.Timedelta(days=150))
    assert classes.to_dict() == {"weekly": "churned", "yearly": "active"}
    assert classes.cat.categories.tolist() == ["churned", "silent", "active"]


def test_rows_of_one_day_are_one_purchase_and_later_days_do_not_count():
    more = pd.concat([THREE, THREE, log(a=[200], 新=[201])])
    pd.testing.assert_frame_equal(rhythm(more, "2024-02-20"), rhythm(THREE, "2024-02-20"))
    pd.testing.assert_frame_equal(rhythm(THREE[::-1], "2024-02-20"), rhythm(THREE, "2024-02-20"))


def test_customers_whose_purchases_are_alike_are_in_the_same_class():
    rng = np.random.default_rng(1)
    histories = {f"c{i}": sorted(rng.choice(100, rng.integers(1, 6), replace=False) + 1) for i in range(30)}
    twins = log(**histories, **{f"{name}'": days for name, days in histories.items()})
    classes = by_rhythm(twins, "2024-05-01")
    assert all(classes[name] == classes[f"{name}'"] for name in histories)


def test_where_nobody_came_back_there_is_no_rhythm():
    with pytest.raises(DomainError) as error:
        by_rhythm(log(a=[1], b=[5]), "2024-03-01")
    assert str(error.value) == (
        "None of 2 customers has bought on two days up to 2024-03-01, so there is no rhythm to compare a silence with. "
        "Take a longer log, or classes by p_alive."
    )


def test_classes_by_the_probability_of_being_there():
    p = pd.Series({"甲": 1.0, "乙": 0.5, "丙": 0.499, "丁": 0.1, "戊": 0.099, "己": 0.0})
    assert by_p_alive(p).tolist() == ["active", "active", "silent", "silent", "churned", "churned"]
    assert by_p_alive(p, active=0.45, churned=0.3).tolist() == ["active"] * 3 + ["churned"] * 3


def test_the_rule_finds_those_who_left_in_a_world_where_that_is_known():
    """Everybody buys about every 10 days; half stopped on day 100. On day 200 the rule knows who."""
    rng = np.random.default_rng(2)
    days = {i: np.unique(np.cumsum(rng.integers(7, 14, 40)) + rng.integers(0, 9)) for i in range(100)}
    histories = {f"c{i}": d[d <= (100 if i % 2 else 200)] for i, d in days.items()}
    classes = by_rhythm(log(**histories), pd.Timestamp("2023-12-31") + pd.Timedelta(days=200))
    left = [name for name in histories if int(name[1:]) % 2]
    assert set(classes[left]) == {"churned"}
    assert set(classes.drop(left)) == {"active"}


def test_the_holdout_table_by_hand():
    classes = by_p_alive(pd.Series([0.9, 0.8, 0.7, 0.6, 0.2]))
    bought = pd.Series([True, True, True, False, False, True])  # the last one has no class
    table = activity_on_holdout({"P(alive)": classes}, bought)
    assert list(table) == ["rule", "class", "customers", "share", "low", "high"]
    assert table["class"].tolist() == ["active", "silent", "churned"]
    assert table["customers"].tolist() == [4, 1, 0]
    assert table["share"].tolist()[:2] == [0.75, 0]
    # Wilson for 3 of 4: (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n)
    z, p, n = stats.norm.ppf(0.975), 0.75, 4
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    ends = [(p + z**2 / (2 * n) + sign * half) / (1 + z**2 / n) for sign in (-1, 1)]
    assert table.loc[0, ["low", "high"]].tolist() == pytest.approx(ends)
    assert table.loc[1, "low"] == 0
    assert table.loc[2, ["share", "low", "high"]].isna().all()


def test_several_rules_stand_one_below_the_other():
    good, blind = pd.Series(["active", "silent"] * 50), pd.Series(["active"] * 50 + ["silent"] * 50)
    bought = pd.Series([True, False] * 50)
    table = activity_on_holdout({"good": good, "blind": blind}, bought).set_index(["rule", "class"])["share"]
    assert table.to_dict() == {
        ("good", "active"): 1, ("good", "silent"): 0, ("blind", "active"): 0.5, ("blind", "silent"): 0.5,
    }  # fmt: skip
    gaps = separation({"good": good, "blind": blind}, bought)
    assert gaps["estimate"].tolist() == [1, 0]
    assert gaps["n"].tolist() == [100, 100]
    assert gaps.loc[0, "low"] > gaps.loc[1, "high"]


def test_the_difference_has_the_published_interval():
    """Newcombe (1998), Table II: 56/70 − 48/80 = 0.2, method 10: 0.0524 to 0.3339."""
    classes = pd.Series(["active"] * 70 + ["silent"] * 80)
    bought = pd.Series([True] * 56 + [False] * 14 + [True] * 48 + [False] * 32)
    row = separation({"rule": classes}, bought).iloc[0]
    assert row["estimate"] == pytest.approx(0.2)
    assert (round(row["low"], 4), round(row["high"], 4)) == (0.0524, 0.3339)


def test_the_order_of_the_customers_changes_nothing():
    rng = np.random.default_rng(3)
    classes, bought = by_p_alive(pd.Series(rng.random(60))), pd.Series(rng.random(60) < 0.5)
    order = rng.permutation(60)
    for ask in (activity_on_holdout, separation):
        pd.testing.assert_frame_equal(ask({"a": classes}, bought), ask({"a": classes.iloc[order]}, bought))


def test_wrong_questions_are_refused():
    classes = pd.Series(["active", "churned"])
    with pytest.raises(DomainError) as error:
        by_rhythm(THREE, "2024-02-20", active=4, churned=2)
    assert str(error.value) == "active lies above 0 and below churned, not active=4, churned=2."
    with pytest.raises(DomainError) as error:
        by_p_alive(pd.Series([0.5]), active=0.1, churned=0.5)
    assert str(error.value) == "churned lies above 0 and below active, not active=0.1, churned=0.5."
    with pytest.raises(SchemaError) as error:
        by_p_alive(pd.Series([50.0, 0.5]))
    assert str(error.value) == (
        "1 of 2 probabilities are not between 0 and 1, first that of customer 0: 50.0. For 50 % give 0.5."
    )
    with pytest.raises(SchemaError) as error:
        activity_on_holdout({"rule": classes}, pd.Series([1, 3]))
    assert str(error.value) == (
        "bought must be True or False; 1 of 2 are neither, first that of customer 1. From counts: x_holdout > 0."
    )
    with pytest.raises(SchemaError) as error:
        activity_on_holdout({"rule": pd.Series(["active", None])}, pd.Series([True, True]))
    assert str(error.value) == (
        "rule: 1 of 2 customers have none, first 1. Leave them out or give them a class of their own."
    )
    with pytest.raises(SchemaError) as error:
        activity_on_holdout({}, pd.Series([True]))
    assert str(error.value) == "There is no rule to judge. Give the classes of at least one."
    empty = by_p_alive(pd.Series([0.9]))
    with pytest.raises(DomainError) as error:
        separation({"rule": empty}, pd.Series([True]))
    assert str(error.value) == 'rule: class "silent" has no customer, so there is nothing to compare.'
