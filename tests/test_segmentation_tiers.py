"""Classes by value: cases by hand, ties, intervals that keep their promise, clear refusals."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmtheory.errors import DomainError, SchemaError
from crmtheory.segmentation import abc, by_cuts, ratio, sizes, tiers, value_by_class
from crmtheory.segmentation.classes import best_first
from crmtheory.weighted import skewed_means

TEN = pd.Series([1.0, 10, 9, 8, 7, 6, 5, 4, 3, 2], index=list("jabcdefghi"), name="spend")
WAYS = [tiers, abc, lambda v: by_cuts(v, (8, 4))]


def test_the_top_fifth_is_high_and_the_next_three_tenths_are_medium():
    classes = tiers(TEN)
    assert classes.index.equals(TEN.index)
    assert classes.loc[list("abcdefghij")].tolist() == ["high"] * 2 + ["medium"] * 3 + ["low"] * 5
    assert classes.cat.ordered
    assert (classes > "low").sum() == 5
    assert best_first(classes) == ["high", "medium", "low"]


def test_customers_who_tie_at_a_cut_are_all_in_the_lower_class():
    values = pd.Series([9, 8, 8, 8, 5, 5, 1, 1, 1, 1], dtype=float)
    assert (
        tiers(values).tolist() == ["high"] + ["medium"] * 3 + ["low"] * 6
    )  # fourth place fits in half, sixth does not


def test_no_class_and_those_above_it_hold_more_than_their_share():
    rng = np.random.default_rng(1)
    for n in (1, 3, 10, 99, 100, 1000):
        classes = tiers(pd.Series(rng.integers(0, 20, n)))
        assert (classes == "high").mean() <= 0.2
        assert (classes >= "medium").mean() <= 0.5


def test_a_share_of_customers_without_ties_is_met_exactly_for_every_size():
    for percent in range(1, 100):
        classes = tiers(pd.Series(np.arange(100.0)), shares=(percent / 100,), names=("top", "rest"))
        assert (classes == "top").sum() == percent


def test_abc_follows_the_cumulative_share_of_the_total():
    values = pd.Series([50.0, 30, 10, 5, 4, 1, 0, -2, 2], index=list("ABCDEFGHI"))
    assert abc(values).tolist() == ["A", "A", "B", "B", "C", "C", "C", "C", "C"]
    assert abc(pd.Series([90.0, 6, 4])).tolist() == ["A", "B", "C"]  # one customer holds more than A needs


def test_customers_who_tie_where_a_cut_is_reached_are_all_in_the_higher_abc_class():
    assert abc(pd.Series([40.0, 20, 20, 20])).tolist() == ["A"] * 4
    assert abc(pd.Series([40.0, 40, 10, 10])).tolist() == ["A", "A", "B", "B"]


def test_customers_who_brought_nothing_are_in_the_last_abc_class():
    assert abc(pd.Series([5.0, 0.0, -1.0])).tolist() == ["A", "C", "C"]


def test_a_value_at_a_cut_belongs_to_the_higher_class():
    values = pd.Series([500, 499.99, 100, 99.99, -5])
    assert by_cuts(values, (500, 100), ("金", "银", "铜")).tolist() == ["金", "银", "银", "铜", "铜"]


def test_when_all_are_equal_nobody_stands_out():
    same = pd.Series(7.0, index=range(6))
    assert set(tiers(same)) == {"low"}
    assert set(abc(same)) == {"A"}  # all of them hold the total
    assert tiers(pd.Series([3.0])).tolist() == ["low"]
    assert abc(pd.Series([3.0])).tolist() == ["A"]


@pytest.mark.parametrize("way", WAYS)
def test_equal_customers_are_in_the_same_class_and_the_order_of_rows_changes_nothing(way):
    rng = np.random.default_rng(2)
    for _ in range(20):
        values = pd.Series(rng.integers(0, 12, 60), index=[f"客户{i}" for i in range(60)])
        classes = way(values)
        assert (classes.groupby(values).nunique() == 1).all()
        order = rng.permutation(60)
        pd.testing.assert_series_equal(way(values.iloc[order]), classes.iloc[order])


@pytest.mark.parametrize("way", WAYS)
def test_a_customer_with_more_is_never_in_a_lower_class(way):
    values = pd.Series(np.random.default_rng(3).pareto(1.2, 200)).sort_values()
    assert way(values).cat.codes.is_monotonic_increasing


def test_sizes_say_what_each_class_holds():
    table = sizes(TEN, tiers(TEN))
    assert table["class"].tolist() == ["high", "medium", "low"]
    assert table["customers"].tolist() == [2, 3, 5]
    assert table["share"].tolist() == [0.2, 0.3, 0.5]
    assert table["least"].tolist() == [9, 6, 1]
    assert table["most"].tolist() == [10, 8, 5]
    assert table["total"].tolist() == [19, 21, 15]
    assert table["share_of_total"].tolist() == pytest.approx([19 / 55, 21 / 55, 15 / 55])


def test_later_value_by_class_by_hand():
    later = pd.Series({"a": 30.0, "b": 10, "c": 4, "d": 5, "e": 6, "new": 1e9}).reindex(
        [*"abcdefghij", "new"], fill_value=0
    )
    table = value_by_class(tiers(TEN), later)
    assert list(table) == ["class", "customers", "share", "mean", "low", "high", "share_of_later"]
    assert table["mean"].tolist() == [20, 5, 0]
    assert table["share_of_later"].tolist() == pytest.approx([40 / 55, 15 / 55, 0])
    assert (table["low"] <= table["mean"]).all()
    assert table.loc[2, ["low", "high"]].tolist() == [0, 0]  # nobody bought: no spread


def test_without_skew_the_interval_is_that_of_student():
    values = np.array([1.0, 2, 3, 4, 5, 10, 10, 7])
    row = skewed_means(values, np.array([0] * 5 + [1] * 2 + [2]), 4)
    low, high = stats.t.interval(0.95, 4, loc=3, scale=stats.sem(values[:5]))
    assert row.loc[0, ["low", "high"]].tolist() == pytest.approx([low, high])
    assert row.loc[1, ["low", "mean", "high"]].tolist() == [10, 10, 10]
    assert row["n"].tolist() == [5, 2, 1, 0]
    assert row.loc[2:, ["low", "high"]].isna().all(axis=None)


def test_the_interval_of_a_skewed_mean_holds_the_truth_at_about_its_stated_rate():
    """Lognormal spend (σ = 1, mean √e) of 100 customers: Student's interval holds it in about 91 of 100 worlds."""
    rng, worlds = np.random.default_rng(4), 3000
    values = rng.lognormal(0, 1, (worlds, 100))
    table = skewed_means(values.ravel(), np.repeat(np.arange(worlds), 100), worlds)
    inside = table["low"].le(np.sqrt(np.e)) & table["high"].ge(np.sqrt(np.e))
    assert 0.93 <= inside.mean() <= 0.975
    low, high = stats.t.interval(0.95, 99, loc=values.mean(axis=1), scale=stats.sem(values, axis=1))
    assert inside.mean() > ((low <= np.sqrt(np.e)) & (np.sqrt(np.e) <= high)).mean()


def test_the_log_ratio_is_that_of_the_means():
    classes = pd.Series(["high"] * 3 + ["low"] * 4)
    row = ratio(classes, pd.Series([9.0, 12, 15, 1, 2, 3, 2]), np.random.default_rng(1)).iloc[0]
    assert row["estimate"] == pytest.approx(np.log(6))
    assert row["low"] < row["estimate"] < row["high"]
    assert (row["top"], row["bottom"], row["n"]) == ("high", "low", 7)


def test_the_interval_of_the_ratio_holds_the_truth_at_about_its_stated_rate():
    rng, inside = np.random.default_rng(5), 0
    classes = pd.Series(["high"] * 100 + ["low"] * 200)
    for _ in range(150):
        later = np.concatenate([rng.exponential(6, 100), rng.exponential(2, 200)])
        row = ratio(classes, pd.Series(later), rng, resamples=150).iloc[0]
        inside += row["low"] <= np.log(3) <= row["high"]
    assert stats.binom.ppf(1e-4, 150, 0.95) <= inside


def test_the_normal_limit_of_many_customers_agrees_with_the_bootstrap():
    rng = np.random.default_rng(6)
    few, many = (
        ratio(
            pd.Series(["high"] * n + ["low"] * n),
            pd.Series(np.concatenate([np.tile([0.0, 4, 8], n // 3), np.tile([0.0, 1, 2], n // 3)])),
            rng,
            resamples=2000,
        ).iloc[0]
        for n in (9_999, 10_002)
    )
    assert many["high"] - many["low"] == pytest.approx(few["high"] - few["low"], rel=0.08)


def test_a_bottom_class_that_may_bring_nothing_leaves_the_ratio_open_above():
    classes = pd.Series(["high"] * 3 + ["low"] * 3)
    row = ratio(classes, pd.Series([5.0, 6, 7, 0, 0, 1]), np.random.default_rng(1)).iloc[0]
    assert np.isfinite(row["low"])
    assert row["high"] == np.inf


def test_the_order_of_the_rows_changes_no_digit_of_the_tables():
    rng = np.random.default_rng(7)
    values, later = pd.Series(rng.pareto(2, 300)), pd.Series(rng.pareto(2, 300))
    classes, order = tiers(values), rng.permutation(300)
    pd.testing.assert_frame_equal(
        value_by_class(classes, later),
        value_by_class(classes.iloc[order], later),
        check_exact=False,
        rtol=1e-12,
    )
    rows = [ratio(c, later, np.random.default_rng(1)) for c in (classes, classes.iloc[order])]
    pd.testing.assert_frame_equal(*rows, check_exact=True)


# Refusals


@pytest.mark.parametrize("way", WAYS)
def test_values_that_are_missing_double_or_none_are_refused(way):
    with pytest.raises(SchemaError) as error:
        way(pd.Series({"甲": 1.0, "乙": np.nan, "丙": np.inf}))
    assert str(error.value) == (
        "Values: 2 of 3 are missing or infinite, first that of customer '乙'. Leave these customers out, or set them "
        "to 0 if they brought nothing."
    )
    with pytest.raises(SchemaError) as error:
        way(pd.Series([], dtype=float))
    assert str(error.value) == "Values: there is no customer. At least one is needed."
    with pytest.raises(SchemaError) as error:
        way(pd.Series([1.0, 2.0, 3.0], index=["a", "b", "a"]))
    assert str(error.value) == (
        "Values: 1 of 3 rows have a customer who was there before, first 'a'. Sum them by customer first."
    )
    with pytest.raises(SchemaError) as error:
        way(pd.Series(["many", "few"]))
    assert str(error.value) == "Values must be numbers, one a customer, not str."


def test_a_total_that_is_not_positive_has_no_shares():
    with pytest.raises(DomainError) as error:
        abc(pd.Series([3.0, -5.0]))
    assert str(error.value) == (
        "The values of 2 customers sum to -2, so nobody holds a share of a total. Check the sign of the amounts."
    )


def test_shares_and_cuts_that_are_none_are_refused():
    with pytest.raises(DomainError) as error:
        tiers(TEN, shares=(20, 30))
    assert str(error.value) == (
        "Shares lie above 0 and leave something for the last class, not (20, 30). For 20 % give 0.2."
    )
    with pytest.raises(DomainError) as error:
        abc(TEN, cuts=(0.95, 0.8))
    assert str(error.value) == "Cuts rise and lie between 0 and 1, not (0.95, 0.8). For 80 % give 0.8."
    with pytest.raises(DomainError) as error:
        by_cuts(TEN, (1, 2))
    assert str(error.value) == "Cuts fall from the best class to the worst, not (1, 2)."
    with pytest.raises(SchemaError) as error:
        tiers(TEN, shares=(0.2,))
    assert str(error.value) == (
        "1 shares make 2 classes, each with a name of its own; names: ('high', 'medium', 'low')."
    )


def test_a_customer_without_later_value_is_not_taken_for_nothing():
    with pytest.raises(SchemaError) as error:
        value_by_class(tiers(TEN), pd.Series({"a": 1.0}))
    assert str(error.value) == (
        "Later values: 9 of 10 customers are not in it, first 'j'. If they brought nothing, say so: "
        "later.reindex(classes.index, fill_value=0)."
    )


def test_a_ratio_to_nothing_has_no_logarithm():
    classes = pd.Series(["high", "low"])
    with pytest.raises(DomainError) as error:
        ratio(classes, pd.Series([1.0, 0.0]), np.random.default_rng(1))
    assert str(error.value) == (
        'The 1 customers of class "low" brought 0 later, so a ratio of means has no logarithm. Take a longer later '
        "period, or classes with more customers."
    )
    with pytest.raises(SchemaError) as error:
        ratio(classes, pd.Series([1.0, 1.0]), np.random.default_rng(1), top="hihg")
    assert str(error.value) == 'There is no class "hihg". Did you mean "high"? Known: high, low.'


def test_a_level_is_a_part_and_not_a_percentage():
    with pytest.raises(DomainError) as error:
        value_by_class(tiers(TEN), TEN, level=95)
    assert str(error.value) == "A level lies between 0 and 1, not 95. For 95 % give 0.95."


@pytest.mark.parametrize(
    "names", [(True, False), (1, 2), ("a", 2), pd.Categorical(["x", "y"]).categories.tolist()], ids=str
)
def test_classes_may_have_names_of_any_kind(names):
    classes = pd.Series([names[0]] * 2 + [names[1]] * 3)
    table = value_by_class(classes, pd.Series([2.0, 4, 1, 1, 1])).set_index("class")
    assert table["customers"].to_dict() == {names[0]: 2, names[1]: 3}
    assert table["mean"].to_dict() == {names[0]: 3, names[1]: 1}


def test_nothing_given_is_changed():
    values, later = TEN.copy(), TEN[::-1].copy()
    for way in WAYS:
        classes = way(values)
        before = classes.copy()
        value_by_class(classes, later)
        sizes(values, classes)
        pd.testing.assert_series_equal(classes, before)
    pd.testing.assert_series_equal(values, TEN)
    pd.testing.assert_series_equal(later, TEN[::-1])
