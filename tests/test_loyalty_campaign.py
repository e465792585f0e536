"""Cards by lot: differences, planning, and small numbers."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    power_proportions_2indep,
    proportions_ztest,
    samplesize_proportions_2indep_onetail,
)

from crmtheory.errors import DomainError, SchemaError
from crmtheory.loyalty import ab_power, ab_sample_size, ab_test, yes_no
from crmtheory.simulate import birthday_campaign


def people(yes, of):
    return pd.Series([True] * yes + [False] * (of - yes))


def test_a_large_test_is_the_z_test_with_newcombes_limits():
    row = ab_test(people(60, 400), people(35, 300)).iloc[0]
    low, high = confint_proportions_2indep(60, 400, 35, 300, method="newcomb", compare="diff")
    assert row["estimate"] == pytest.approx(60 / 400 - 35 / 300)
    assert row[["low", "high"]].tolist() == pytest.approx([low, high])
    assert row["p_value"] == pytest.approx(proportions_ztest([60, 35], [400, 300])[1])
    assert row[["n", "n_treated", "n_control", "test"]].tolist() == [700, 400, 300, "z"]


def test_a_small_test_is_fishers():
    row = ab_test(people(3, 5), people(0, 6)).iloc[0]
    assert row["test"] == "Fisher"
    assert row["p_value"] == pytest.approx(stats.fisher_exact([[3, 2], [0, 6]]).pvalue)


@pytest.mark.parametrize(("yes", "estimate"), [((0, 0), 0), ((4, 4), 0), ((4, 0), 1)])
def test_nobody_or_everybody_is_an_answer_with_an_interval(yes, estimate):
    row = ab_test(people(yes[0], 4), people(yes[1], 4)).iloc[0]
    assert row["estimate"] == estimate
    assert row["high"] - row["low"] > 0.3
    assert 0 <= row["p_value"] <= 1


def test_one_customer_each_says_nothing():
    row = ab_test([True], [False]).iloc[0]
    assert row["p_value"] == 1
    assert row["low"] < 0


def test_groups_may_differ_in_form_and_order():
    pd.testing.assert_frame_equal(
        ab_test([1, 0, 1], np.array([0, 1])), ab_test(people(2, 3), people(1, 2)[::-1])
    )


def test_without_a_control_group_nothing_is_said():
    with pytest.raises(DomainError) as refusal:
        ab_test(people(1, 2), [])
    assert str(refusal.value) == (
        "The control group is empty. Without customers drawn by lot who get nothing, what the others bought says "
        "nothing on the campaign."
    )
    with pytest.raises(SchemaError, match="treated: 1 of 2 values is neither yes nor no, first: 3"):
        ab_test([3, 0], [1, 0])
    with pytest.raises(SchemaError, match="control: 1 of 2 values is neither yes nor no, first: a blank"):
        ab_test([1, 0], [np.nan, 0])


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        (1, 0), (1.0, 0.0), (True, False), ("1", "0"), ("1.0", "0.0"), ("TRUE", "False"), (" Yes", "no "), ("Y", "n"),
        ("是", "否"), ("　是　", "Ｎ"), (np.int8(1), np.False_),
    ],
)  # fmt: skip
def test_yes_and_no_are_read_however_a_file_writes_them(yes, no):
    expected = ab_test([1] * 30 + [0] * 70, [1] * 20 + [0] * 80)
    groups = (pd.Series([yes] * n + [no] * (100 - n)) for n in (30, 20))
    pd.testing.assert_frame_equal(ab_test(*groups), expected)
    mixed = pd.Series([yes, True, no, "no", 1], dtype=object).astype("category")
    assert yes_no(mixed, "bought").tolist() == [True, True, False, False, True]


def test_nullable_columns_are_yes_and_no_too():
    assert yes_no(pd.Series([True, False], dtype="boolean"), "bought").tolist() == [True, False]
    assert yes_no(pd.Series([1, 0], dtype="Int64"), "bought").tolist() == [True, False]
    assert yes_no([], "bought").tolist() == []


ALLOWED = (
    "Allowed are 1 and 0, True and False, yes and no, y and n, 是 and 否. Write one of them in every row; a number of "
    "purchases becomes 1 where it is above 0."
)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["yes", "maybe", "", None], '3 of 4 values are neither yes nor no, first: "maybe" (row 1)'),
        ([1, 0, 4, 2], "2 of 4 values are neither yes nor no, first: 4 (row 2)"),
        ([True, None], "1 of 2 values is neither yes nor no, first: a blank (row 1)"),
        (["是", "  "], "1 of 2 values is neither yes nor no, first: a blank (row 1)"),
        (["yes", "2"], "1 of 2 values is neither yes nor no, first: 2 (row 1)"),
        ([pd.NA, "no"], "1 of 2 values is neither yes nor no, first: a blank (row 0)"),
    ],
)
def test_what_is_neither_yes_nor_no_is_refused_and_so_are_blanks(values, said):
    with pytest.raises(SchemaError) as refusal:
        yes_no(pd.Series(values, dtype=object), "bought")
    assert str(refusal.value) == f"bought: {said}. {ALLOWED}"


def test_dates_are_neither_yes_nor_no():
    with pytest.raises(SchemaError) as refusal:
        yes_no(pd.Series(pd.to_datetime(["2024-01-01"])), "bought")
    assert str(refusal.value) == (
        f'bought: 1 of 1 values is neither yes nor no, first: "2024-01-01 00:00:00" (row 0). {ALLOWED}'
    )


def test_by_lot_the_effect_is_found_and_the_interval_covers_it():
    rng = np.random.default_rng(1)
    rows = []
    for _ in range(300):
        frame = birthday_campaign(400, rng, baseline=0.3, effect=0.1)
        row = ab_test(frame.loc[frame["card"], "bought"], frame.loc[~frame["card"], "bought"]).iloc[0]
        rows.append((row["estimate"], row["low"] <= 0.1 <= row["high"]))
    estimate, covered = np.mean(rows, axis=0)
    assert estimate == pytest.approx(0.1, abs=0.01)
    assert covered > 0.92


def test_the_sample_size_is_that_of_another_package():
    for p, d in ((0.1, 0.02), (0.3, -0.1), (0.02, 0.01)):
        for power in (0.8, 0.9):
            n = samplesize_proportions_2indep_onetail(d, p, power, alpha=0.05, alternative="two-sided")
            assert abs(ab_sample_size(p, d, power) - n) <= 1


def test_the_power_is_that_of_another_package():
    table = ab_power(0.1, [0.02, 0.05], [500, 2000])
    assert table[["difference", "size"]].to_numpy().tolist() == [
        [0.02, 500],
        [0.02, 2000],
        [0.05, 500],
        [0.05, 2000],
    ]
    for _, row in table.iterrows():
        said = power_proportions_2indep(row["difference"], 0.1, row["size"], return_results=False)
        assert row["power"] == pytest.approx(said, abs=2e-3)  # it leaves out the other tail
    assert NormalIndPower().power(0.5, 50, 0.05) > 0  # the other package is what it claims to be


def test_the_planned_size_has_the_planned_power_and_one_less_has_not():
    for p, d in ((0.1, 0.05), (0.4, -0.1)):
        n = ab_sample_size(p, d, 0.8)
        powers = ab_power(p, [d], [n, n - 5])["power"].tolist()
        assert powers[0] >= 0.8 > powers[1]


def test_the_power_is_what_repeated_campaigns_show():
    rng = np.random.default_rng(2)
    n = ab_sample_size(0.2, 0.1)
    yes = rng.binomial(n, [0.3, 0.2], (4000, 2))
    pooled = yes.sum(axis=1) / (2 * n)
    z = (yes[:, 0] - yes[:, 1]) / n / np.sqrt(pooled * (1 - pooled) * 2 / n)
    assert np.mean(np.abs(z) > 1.959964) == pytest.approx(0.8, abs=0.025)


def test_without_a_difference_the_power_is_the_error_allowed():
    assert ab_power(0.2, [0], [100, 10_000])["power"].tolist() == pytest.approx([0.05, 0.05])
    assert ab_power(0.0, [0.1, 0.9], [1000, 1000])["power"].min() > 0.99
    assert ab_power(0.2, [], []).empty


def test_plans_that_cannot_be_are_refused():
    with pytest.raises(DomainError) as refusal:
        ab_sample_size(0.95, 0.1)
    assert str(refusal.value) == "With a share of 0.95 a difference of 0.1 leads to 1.05, which is no share."
    with pytest.raises(DomainError, match="No number of customers finds a difference of 0"):
        ab_sample_size(0.5, 0)
    with pytest.raises(DomainError, match="power is a share between 0 and 1, not 1"):
        ab_sample_size(0.5, 0.1, power=1)
    with pytest.raises(DomainError, match=r"A group has a whole number of customers, 1 or more, not 2\.5"):
        ab_power(0.5, [0.1], [2.5])
