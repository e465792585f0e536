"""From segment to action, and what the tables say in words: each sentence holds on the numbers it is given."""

import numpy as np
import pandas as pd
import pytest

from crmtheory.errors import SchemaError
from crmtheory.segmentation import (
    ADVICE,
    PolicyProfit,
    Treatment,
    abc,
    actions,
    advice,
    policy_profit,
    tiers,
    words,
)

VALUE = pd.Series({"甲": "low", "乙": "high", "丙": "high", "丁": "medium"})
STATE = pd.Series({"丁": "silent", "丙": "active", "乙": "churned", "甲": "active", "未": "active"})


def test_the_most_valuable_come_first_each_with_what_to_do():
    table = actions(VALUE, STATE)
    assert list(table) == ["segment", "action", "value_class", "activity"]
    assert table["segment"].to_dict() == {
        "丙": "high, active", "乙": "high, churned", "丁": "medium, silent", "甲": "low, active",
    }  # fmt: skip
    assert table.index.tolist() == ["丙", "乙", "丁", "甲"]
    assert (
        table["action"]
        == [ADVICE[v, a] for v, a in zip(table["value_class"], table["activity"], strict=True)]
    ).all()


def test_needs_values_and_further_columns_are_joined():
    table = actions(
        VALUE,
        STATE,
        needs=pd.Series([1, 2, None, 1], index=VALUE.index, dtype="Int64"),
        values=pd.Series([9.0, 1, 2, 3], index=VALUE.index),
        columns=pd.DataFrame({"城市": list("abcd")}, index=VALUE.index),
    )
    assert list(table) == ["segment", "action", "value_class", "activity", "need", "value", "城市"]
    assert table.index.tolist() == ["甲", "丁", "丙", "乙"]
    assert table.loc["甲", ["need", "value", "城市"]].tolist() == [1, 9, "a"]
    assert pd.isna(table.loc["丙", "need"])


def test_there_is_one_sentence_for_each_of_the_nine_cells():
    assert advice().shape == (3, 3)
    assert len(set(ADVICE.values())) == 9
    assert all(text.endswith(".") for text in ADVICE.values())


def test_any_three_ordered_classes_will_do():
    classes = abc(pd.Series([80.0, 15, 5], index=list("xyz")))
    table = actions(classes, pd.Series("active", index=list("xyz")))
    assert table["segment"].tolist() == ["high, active", "medium, active", "low, active"]
    assert table["value_class"].tolist() == ["A", "B", "C"]
    same = actions(tiers(pd.Series([2.0, 2.0])), pd.Series(["silent", "silent"]))
    assert same["segment"].nunique() == 1


def test_lists_that_do_not_fit_are_refused():
    with pytest.raises(SchemaError) as error:
        actions(VALUE, STATE.replace("silent", "asleep"))
    assert str(error.value) == (
        "activity is one of active, silent, churned; 1 of 4 customers have another, first '丁': 'asleep'."
    )
    with pytest.raises(SchemaError) as error:
        actions(VALUE.replace("high", "top"), STATE)
    assert str(error.value) == (
        "value_class is one of high, medium, low, or one of three ordered classes as `tiers` and `abc` make them; "
        "found: low, medium, top."
    )
    with pytest.raises(SchemaError) as error:
        actions(VALUE, STATE.drop("甲"))
    assert str(error.value) == (
        "activity: 1 of 4 customers are not in it, first '甲'. Give one for every customer with a value class."
    )
    with pytest.raises(SchemaError) as error:
        actions(VALUE, STATE, columns=pd.DataFrame({"action": 1}, index=VALUE.index))
    assert str(error.value) == 'The column "action" is made here and cannot be given too. Rename it.'
    with pytest.raises(SchemaError) as error:
        actions(VALUE, STATE, table={("high", "active"): "call"})
    assert str(error.value) == (
        "The table of advice has no entry for ('high', 'silent'). It needs one for each of 9 cells."
    )


# Words


def by_class(means, shares=(0.5, 0.5)):
    return pd.DataFrame(
        {
            "class": ["high", "low"],
            "customers": [2, 8],
            "share": [0.2, 0.8],
            "mean": means,
            "share_of_later": shares,
        }
    )


def test_the_means_follow_the_order_of_the_classes_or_do_not():
    start = 'Class "high" holds 20% of customers and brought 50% of what these customers brought later; '
    start += 'class "low" holds 80% and brought 50%. '
    assert (
        words.classes_in_words(by_class([3.0, 1.0])) == start + "The means follow the order of the classes."
    )
    assert (
        words.classes_in_words(by_class([1.0, 3.0]))
        == start + "The means do not follow the order of the classes."
    )
    one = words.classes_in_words(by_class([3.0, 1.0]).iloc[:1])
    assert one.endswith("There is only one class with customers, so nothing is compared.")
    nothing = by_class([0.0, 0.0], (np.nan, np.nan))
    assert words.classes_in_words(nothing) == (
        "The customers brought nothing on the whole in the later period, so the classes cannot be compared."
    )


@pytest.mark.parametrize(
    ("low", "high", "end"),
    [
        (4, 9, "That is clearly at least 3 times."),
        (1.5, 2.5, "That is clearly less than 3 times."),
        (2, np.inf, "Whether it is 3 times cannot be told from these customers."),
    ],
)
def test_the_ratio_in_words(low, high, end):
    row = pd.DataFrame(
        [{"top": "high", "bottom": "low", "estimate": np.log(5), "low": np.log(low), "high": np.log(high)}]
    )
    said = words.ratio_in_words(row)
    assert said.startswith('A customer of class "high" brought 5.00 times as much later as one of "low" ')
    assert said.endswith(end)


def test_the_best_score_in_words():
    table = pd.DataFrame(
        {
            "score": ["r", "f", "m", "r + f + m"],
            "correlation": [0.1, 0.4, 0.2, 0.45],
            "low": 0.05,
            "high": 0.5,
        }
    )
    assert words.rfm_in_words(table) == (
        "Of the scores, frequency goes best with later value (rank correlation 0.40, 0.05 to 0.50). The sum of the "
        "three ranks not clearly better (0.45)."
    )
    clear = table.assign(correlation=[0.1, 0.4, 0.2, 0.75], low=[0.05, 0.3, 0.1, 0.6])
    assert words.rfm_in_words(clear).endswith("The sum of the three ranks better (0.75).")
    touching = clear.assign(low=[0.05, 0.3, 0.1, 0.5])  # 0.5 is where the interval of frequency ends
    assert words.rfm_in_words(touching).endswith("The sum of the three ranks not clearly better (0.75).")
    assert words.rfm_in_words(table.assign(low=-0.1)).endswith("; even that may be chance.")
    assert words.rfm_in_words(table.assign(correlation=np.nan)) == (
        "The scores, or what the customers brought later, are the same for all: nothing can be ranked."
    )


def test_a_rule_is_called_better_only_where_the_intervals_part():
    table = pd.DataFrame(
        {"rule": ["rhythm", "P(alive)"], "first": "active", "second": "silent", "estimate": [0.1, 0.4],
         "low": [0.05, 0.3], "high": [0.2, 0.5]}
    )  # fmt: skip
    assert words.activity_in_words(table) == (
        "By P(alive), active customers bought later 40 points more often than silent ones (30 to 50). By rhythm, "
        "active customers bought later 10 points more often than silent ones (5 to 20). Of the rules, P(alive) "
        "separates them better."
    )
    assert words.activity_in_words(table.assign(high=0.5)).endswith(
        "neither rule clearly separates them better."
    )
    assert words.activity_in_words(table.iloc[:1]).endswith("(5 to 20).")


def test_classes_that_do_not_fall_in_order_are_named():
    table = pd.DataFrame(
        {"rule": ["a"] * 3 + ["b"], "class": ["active", "silent", "churned", "active"], "customers": [9, 9, 9, 9],
         "share": [0.6, 0.2, 0.4, 0.5]}
    )  # fmt: skip
    assert words.order_in_words(table) == (
        "By a, 60% of the active, 20% of the silent and 40% of the churned customers bought later, not in the order "
        "the names say. By b, every customer is active, so it separates nobody here."
    )


@pytest.mark.parametrize(
    ("low", "high", "end"),
    [
        (0.51, 0.7, "Most of them stay."),
        (0.2, 0.4, "Most of them do not stay: a list of the best customers is soon out of date."),
        (0.4, 0.6, "Whether most of them stay cannot be told."),
    ],
)
def test_staying_in_words(low, high, end):
    row = pd.DataFrame([{"class": "high", "stayed": 5, "estimate": 0.5, "low": low, "high": high, "n": 1234}])
    assert words.stays_in_words(row) == (
        f'Of 1,234 customers in class "high", 50% were in it again a year later ({low:.0%} to {high:.0%}). {end}'
    )
    assert " in it again two years later (" in words.stays_in_words(row, later="two years later")


def test_a_link_in_words():
    row = pd.DataFrame([{"cramers_v": 0.2, "low": 0.1, "high": 0.3, "small_cells": 0}])
    assert words.association_in_words(row, "城市") == (
        "The class and 城市 go together with a Cramér's V of 0.20 (0.10 to 0.30)."
    )
    assert words.association_in_words(row.assign(low=0.0, small_cells=2), "城市") == (
        "The class and 城市 go together with a Cramér's V of 0.20 (0.00 to 0.30), which may be chance. Mind that 2 "
        "cells have fewer than 5 expected customers."
    )


def test_the_policy_in_words():
    classes, margin = pd.Series(["high", "low"] * 100), pd.Series([100.0, 10.0] * 100)
    result = policy_profit(classes, margin, [Treatment("call", 10.0, 0.2)], np.random.default_rng(1))
    said = words.policy_in_words(result, "£")
    # the call gains 20 − 10 in class high and 2 − 10 in class low: without it in class low 8 more for half of them
    gain = result.gain.iloc[0]
    assert gain["low"] < 4 < gain["high"]
    assert said == (
        f"The best treatment for each class gains £{gain['estimate']:.2f} a customer (£{gain['low']:.2f} to "
        f'£{gain["high"]:.2f}) over "call" for all, on the half that did not choose. Different treatment pays, if the '
        "stated gains hold; they are assumptions."
    )


def test_a_policy_that_treats_everybody_alike_in_words():
    classes, margin = pd.Series(["high", "low"] * 100), pd.Series([100.0, 90.0] * 100)
    result = policy_profit(classes, margin, [Treatment("call", 1.0, 0.2)], np.random.default_rng(1))
    assert words.policy_in_words(result) == (
        'The best policy by class is "call" for everybody: treating classes differently gains nothing here.'
    )


@pytest.mark.parametrize(
    ("low", "high", "interval", "end"),
    [
        (0.5, 2000, "€0.50 to €2,000.00", "Different treatment pays"),
        (-2, -0.5, "−€2.00 to −€0.50", "Equal treatment pays more"),
        (-1, 1, "−€1.00 to €1.00", "Whether different treatment pays cannot be told"),
        (0, 1, "€0.00 to €1.00", "Whether different treatment pays cannot be told"),
    ],
)
def test_the_verdict_on_the_policy_follows_the_interval(low, high, interval, end):
    row = {"estimate": 0.1, "low": low, "high": high, "n": 9, "same": False, "treatment": "mail"}
    table = pd.DataFrame({"class": ["high"], "treatment": ["call"], "chosen": [True]})
    assert words.policy_in_words(PolicyProfit(pd.DataFrame([row]), table), "€") == (
        f'The best treatment for each class gains €0.10 a customer ({interval}) over "mail" for all, on the half that '
        f"did not choose. {end}, if the stated gains hold; they are assumptions."
    )


def test_scores_without_their_sum_are_enough_to_name_the_best():
    table = pd.DataFrame({"score": ["r", "f"], "correlation": [0.1, 0.4], "low": 0.05, "high": 0.5})
    assert words.rfm_in_words(table) == (
        "Of the scores, frequency goes best with later value (rank correlation 0.40, 0.05 to 0.50)."
    )
