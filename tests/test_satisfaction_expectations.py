"""Gaps between what is perceived and what was expected, and changes between two periods."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from crmtheory import simulate
from crmtheory.errors import DomainError, SchemaError
from crmtheory.satisfaction import gaps, paired, two_periods

TRUE_GAPS = {"reliability": -1.2, "empathy": 0.0, "tangibles": 0.4}


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


@pytest.fixture(scope="module")
def rated():
    seen, hoped, truth = simulate.servqual_pairs(400, np.random.default_rng(1), TRUE_GAPS)
    return seen, hoped, dict(truth["items"])


def test_the_gap_is_the_mean_paired_difference_with_students_interval(rated):
    seen, hoped, items = rated
    row = gaps(seen, hoped, items, level=0.9).loc["reliability"]
    a, b = (table[items["reliability"]].mean(axis=1) for table in (seen, hoped))
    test = stats.ttest_rel(a, b)
    assert row["estimate"] == pytest.approx((a - b).mean())
    assert [row["low"], row["high"]] == pytest.approx(list(test.confidence_interval(0.9)))
    assert [row["perception"], row["expectation"], row["n"]] == pytest.approx([a.mean(), b.mean(), 400])


def test_known_gaps_are_recovered_and_their_order_kept(rated):
    table = gaps(*rated, level=0.99)
    assert table.index.tolist() == list(TRUE_GAPS)
    for name, true in TRUE_GAPS.items():
        assert table.loc[name, "low"] <= true <= table.loc[name, "high"]


def test_perception_alone_misses_the_widest_gap():
    true = {"reliability": -0.9, "empathy": 0.3}
    seen, hoped, truth = simulate.servqual_pairs(
        300, np.random.default_rng(2), true, expectations={"reliability": 6, "empathy": 4}
    )
    table = gaps(seen, hoped, dict(truth["items"]))
    assert table["perception"].idxmax() == "reliability"
    assert table["estimate"].idxmin() == "reliability"


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(150):
        seen, hoped, truth = simulate.servqual_pairs(25, rng, {"empathy": -0.5})
        row = gaps(seen, hoped, dict(truth["items"])).loc["empathy"]
        hits += row["low"] <= -0.5 <= row["high"]
    assert 0.92 <= hits / 150 <= 0.98


def test_whole_weights_give_the_gap_of_repeated_rows(rated):
    seen, hoped, items = rated
    weights = pd.Series(np.random.default_rng(4).integers(0, 4, len(seen)), seen.index)
    again = seen.index.repeat(weights)
    one = gaps(seen, hoped, items, weights)
    other = gaps(seen.loc[again].reset_index(drop=True), hoped.loc[again].reset_index(drop=True), items)
    columns = ["perception", "expectation", "estimate"]
    pd.testing.assert_frame_equal(one[columns], other[columns])
    assert (one["n"] == (weights > 0).sum()).all()


def test_only_those_who_answered_both_ways_count():
    seen = pd.DataFrame({"q1": [5.0, 4, np.nan, 3], "q2": [5.0, 2, 4, np.nan], "q3": [1.0, 2, 3, 4]})
    hoped = pd.DataFrame({"q1": [6.0, 6, 6, 6], "q2": [6.0, 6, 6, 6], "q3": [np.nan, 3, 3, 3]})
    table = gaps(seen, hoped, {"a": ["q1", "q2"], "b": ["q3"]})
    assert table["n"].tolist() == [2, 3]
    assert table["estimate"].tolist() == [-2.0, pytest.approx(0.0)]


def test_a_reversed_item_turned_by_the_reader_gives_the_gap_of_the_item_as_it_should_be(rated):
    seen, hoped, _ = rated
    turned_seen, turned_hoped = 8 - seen[["empathy 1"]], 8 - hoped[["empathy 1"]]
    wrong = gaps(turned_seen, turned_hoped, {"empathy": ["empathy 1"]})["estimate"].item()
    right = gaps(8 - turned_seen, 8 - turned_hoped, {"empathy": ["empathy 1"]})["estimate"].item()
    assert right == -wrong


def test_gaps_that_are_all_alike_have_no_interval():
    seen = pd.DataFrame({"q1": [4.0, 5, 3]})
    row = gaps(seen, seen + 1, {"a": ["q1"]}).loc["a"]
    assert row["estimate"] == -1
    assert row[["low", "high"]].isna().all()


def test_the_order_of_respondents_changes_nothing(rated):
    seen, hoped, items = rated
    order = np.random.default_rng(5).permutation(len(seen))
    pd.testing.assert_frame_equal(gaps(seen.iloc[order], hoped.iloc[order], items), gaps(seen, hoped, items))


def test_tables_that_do_not_fit_are_refused(rated):
    seen, hoped, items = rated
    assert raised(SchemaError, lambda: gaps(seen, hoped.iloc[1:], items)) == (
        "Perceptions and expectations must be of the same respondents, in the same order; they have 400 and 399 rows. "
        "Reindex one: expectations.reindex(perceptions.index)."
    )
    message = raised(SchemaError, lambda: gaps(seen, hoped.drop(columns="empathy 2"), items))
    assert message.startswith('There is no item (expected) "empathy 2".')
    assert "No dimension was named" in raised(SchemaError, lambda: gaps(seen, hoped, {}))
    message = raised(DomainError, lambda: gaps(seen * np.nan, hoped, {"可靠性": items["empathy"]}))
    assert message.startswith('The gap of "可靠性" needs at least 2 respondents')
    raised(DomainError, lambda: gaps(seen.iloc[:1], hoped.iloc[:1], items))


def test_items_of_one_table_are_paired_in_order(rated):
    seen, hoped, items = rated
    both = seen.join(hoped.add_suffix(" 期望"))
    expected = {name: [f"{item} 期望" for item in of] for name, of in items.items()}
    pd.testing.assert_frame_equal(gaps(*paired(both, items, expected)), gaps(seen, hoped, items))


def test_items_that_are_no_pairs_are_refused():
    answers = pd.DataFrame({"p1": [5.0], "p2": [5.0], "e1": [6.0]})
    assert raised(SchemaError, lambda: paired(answers, {"a": ["p1", "p2"]}, {"a": ["e1"]})) == (
        '"a" has 2 perceived and 1 expected items; each item is asked twice, so give as many, in the same order.'
    )
    assert raised(SchemaError, lambda: paired(answers, {"a": ["p1"]}, {"b": ["e1"]})) == (
        "Perceptions and expectations must be of the same dimensions; they are of a and of b."
    )
    message = raised(SchemaError, lambda: paired(answers, {"a": ["p1"]}, {"a": ["e2"]}))
    assert message.startswith('There is no item "e2". Did you mean "p2"?')


# --- two periods


def world(rng, n=200, change=(0.6, 0.0, -0.6)):
    year = pd.Series(np.repeat([2017, 2018], n))
    answers = rng.integers(3, 6, (2 * n, 3)).astype(float)
    answers[n:] += np.array(change)
    return pd.DataFrame(answers, columns=["a", "b", "c"]), year


def test_each_item_has_welchs_test_and_interval():
    answers, year = world(np.random.default_rng(6), 40)
    answers.iloc[::7, 1] = np.nan
    table = two_periods(answers, year, level=0.9)
    for item in answers:
        before, after = (answers.loc[year == when, item].dropna() for when in (2017, 2018))
        test = stats.ttest_ind(after, before, equal_var=False)
        row = table.loc[item]
        assert row["p_value"] == pytest.approx(test.pvalue)
        assert [row["low"], row["high"]] == pytest.approx(list(test.confidence_interval(0.9)))
        assert [row["before"], row["after"]] == pytest.approx([before.mean(), after.mean()])
        assert [row["n_before"], row["n_after"]] == [len(before), len(after)]
    assert table["adjusted"].tolist() == pytest.approx(multipletests(table["p_value"], method="holm")[1])


def test_rises_and_falls_are_found():
    answers, year = world(np.random.default_rng(7))
    assert two_periods(answers, year)["direction"].tolist() == ["rose", "no clear change", "fell"]


def test_among_many_items_without_a_change_hardly_ever_is_one_called_changed():
    rng = np.random.default_rng(8)
    year = pd.Series(np.repeat([1, 2], 60))
    found = 0
    for _ in range(100):
        answers = pd.DataFrame(rng.integers(1, 6, (120, 15)).astype(float))
        found += (two_periods(answers, year)["direction"] != "no clear change").any()
    assert found / 100 <= 0.09


def test_an_item_asked_in_one_period_only_keeps_its_row():
    answers, year = world(np.random.default_rng(9), 30)
    answers["new"] = answers["a"].where(year == 2018)
    answers["never"] = np.nan
    table = two_periods(answers, year)
    for item in ("new", "never"):
        assert table.loc[item, "direction"] == "not asked twice"
        assert table.loc[item, ["estimate", "low", "high", "p_value", "adjusted"]].isna().all()
    assert table.loc["new", ["n_before", "n_after"]].tolist() == [0, 30]
    alone = two_periods(answers[["a", "b", "c"]], year)
    pd.testing.assert_series_equal(table["adjusted"].iloc[:3], alone["adjusted"])
    empty = two_periods(answers[["never"]], year)
    assert empty["direction"].tolist() == ["not asked twice"]


def test_one_answer_or_equal_answers_in_both_periods_have_no_test():
    year = pd.Series([1, 1, 1, 2, 2, 2])
    answers = pd.DataFrame({"equal": [3.0, 3, 3, 4, 4, 4], "one": [3.0, np.nan, np.nan, 4, 5, 4]})
    table = two_periods(answers, year)
    assert table["estimate"].tolist() == pytest.approx([1, 4 / 3])
    assert table[["low", "high", "p_value", "adjusted"]].isna().all(axis=None)
    assert table["direction"].tolist() == ["no clear change"] * 2


def test_equal_answers_in_one_period_leave_the_noise_of_the_other():
    year = pd.Series([1] * 4 + [2] * 4)
    answers = pd.DataFrame({"q": [3.0, 3, 3, 3, 4, 5, 4, 5]})
    row = two_periods(answers, year).loc["q"]
    expected = stats.ttest_1samp([4, 5, 4, 5], 3)
    assert row["p_value"] == pytest.approx(expected.pvalue)


def test_weights_move_the_means_as_repeated_rows():
    rng = np.random.default_rng(10)
    answers, year = world(rng, 30)
    weights = pd.Series(rng.integers(1, 4, 60))
    again = np.repeat(np.arange(60), weights)
    one = two_periods(answers, year, weights)
    other = two_periods(answers.iloc[again].reset_index(drop=True), year.iloc[again].reset_index(drop=True))
    columns = ["before", "after", "estimate"]
    pd.testing.assert_frame_equal(one[columns], other[columns])
    scaled = weights * np.where(year == 2017, 1.0, 9.0)
    pd.testing.assert_frame_equal(two_periods(answers, year, scaled), one)
    pd.testing.assert_frame_equal(two_periods(answers, year, weights * 0 + 2), two_periods(answers, year))


def test_before_is_the_first_in_order():
    answers, _ = world(np.random.default_rng(11), 10)
    waves = pd.Series(["第二次"] * 10 + ["第一次"] * 10)
    ordered = pd.Series(pd.Categorical(waves, ["第一次", "第二次", "第三次"], ordered=True))
    table = two_periods(answers, ordered)
    assert table["after"].tolist() == pytest.approx(answers.iloc[:10].mean().tolist())


def test_other_than_two_periods_are_named():
    answers = pd.DataFrame({"q": [1.0, 2, 3]})
    assert raised(SchemaError, lambda: two_periods(answers, pd.Series([2019, 2017, 2018]))) == (
        "Two periods were expected, and 3 were found: 2017, 2018, 2019. Keep the respondents of two: "
        "answers[period.isin([…])]."
    )
    assert "1 was found: 2017" in raised(SchemaError, lambda: two_periods(answers, pd.Series([2017] * 3)))
    assert "0 were found: none" in raised(SchemaError, lambda: two_periods(answers, pd.Series([np.nan] * 3)))
    assert "must be a Series on the index" in raised(SchemaError, lambda: two_periods(answers, [1, 2, 2]))
    texts = pd.DataFrame({"q": ["1", "2", "3"]})
    message = raised(SchemaError, lambda: two_periods(texts, pd.Series([1, 1, 2])))
    assert message.startswith("The change of q needs numbers")
    message = raised(SchemaError, lambda: two_periods(answers, pd.Series([1, 1, 2]), pd.Series([1.0, -1, 1])))
    assert "1 of 3 weights are missing or below 0" in message
    assert "no columns" in raised(SchemaError, lambda: two_periods(answers[[]], pd.Series([1, 1, 2])))
