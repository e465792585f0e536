"""Need groups: groups that are there are found again; groups that are not there are not claimed."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from crmtheory import datasets
from crmtheory.errors import DomainError, SchemaError
from crmtheory.segmentation import candidates, choose, groups, no_groups, stability
from crmtheory.segmentation.words import WITHOUT_GROUPS, groups_in_words

METHODS = ("k-means", "mixture")


def rng(seed=1):
    return np.random.default_rng(seed)


def three_groups(sizes=(60, 50, 40), seed=1):
    """Three groups, ten standard deviations apart, in four columns; and who belongs to which."""
    truth = np.repeat([1, 2, 3], sizes)
    centres = np.array([[0.0, 0, 0, 0], [10, 0, 10, 0], [0, 10, 10, 5]])
    x = centres[truth - 1] + rng(seed).normal(size=(len(truth), 4))
    index = [f"客户{i}" for i in range(len(truth))]
    return pd.DataFrame(x, index=index, columns=list("abcd")), pd.Series(truth, index, name="group")


@pytest.mark.parametrize("method", METHODS)
def test_groups_that_are_there_are_found_and_numbered_by_size(method):
    answers, truth = three_groups()
    found = groups(answers, 3, method, rng())
    assert found.index.equals(answers.index)
    assert (found == truth).all()


@pytest.mark.parametrize("method", METHODS)
def test_groups_that_are_there_come_back_in_every_sample_and_their_number_is_chosen(method):
    table = stability(three_groups()[0], range(2, 6), method, rng(), resamples=10)
    assert list(table) == ["clusters", "method", "ari", "low", "high", "resamples"]
    assert table["clusters"].tolist() == [2, 3, 4, 5]
    assert choose(table) == 3
    three = table.set_index("clusters").loc[3]
    assert (three["ari"], three["low"], three["high"], three["resamples"]) == (1, 1, 1, 10)
    assert table.set_index("clusters").loc[5, "ari"] < 0.95


def test_the_criteria_point_to_the_number_that_is_there():
    answers, _ = three_groups()
    table = candidates(answers, rng(), range(2, 6))
    assert list(table) == ["clusters", "method", "silhouette", "calinski_harabasz", "bic", "inertia"]
    assert table["method"].tolist() == ["k-means"] * 4 + ["mixture"] * 4
    for _, rows in table.groupby("method"):
        assert rows.loc[rows["silhouette"].idxmax(), "clusters"] == 3
        assert rows.loc[rows["calinski_harabasz"].idxmax(), "clusters"] == 3
    mixture, means = (table[table["method"] == m] for m in ("mixture", "k-means"))
    assert mixture.loc[mixture["bic"].idxmin(), "clusters"] == 3
    assert means["bic"].isna().all()
    assert mixture["inertia"].isna().all()
    assert means["inertia"].is_monotonic_decreasing


def test_the_inertia_is_the_sum_of_squares_within_the_groups():
    answers, truth = three_groups()
    within = sum(((rows - rows.mean()) ** 2).to_numpy().sum() for _, rows in answers.groupby(truth))
    assert candidates(answers, rng(), [3], methods=["k-means"])["inertia"].iloc[0] == pytest.approx(within)


def test_answers_without_groups_are_not_stable_and_nothing_is_claimed():
    """One round cloud in six columns: k-means cuts it somewhere, and elsewhere in the next sample."""
    cloud = pd.DataFrame(rng(2).normal(size=(200, 6)))
    found = stability(cloud, [3, 4], "k-means", rng(), resamples=10)
    chance = no_groups(cloud, [3, 4], "k-means", rng(), resamples=10)
    assert (found["ari"] < 0.6).all()
    assert (chance["resamples"] == 10).all()
    for k in (3, 4):
        said = groups_in_words(found, chance, k)
        assert said.endswith("That is no clear gain over no groups at all. " + WITHOUT_GROUPS)


def test_shuffled_answers_keep_their_columns_but_lose_the_groups():
    answers, _ = three_groups()
    found = stability(answers, 3, "k-means", rng(), resamples=10)
    chance = no_groups(answers, 3, "k-means", rng(), resamples=10)
    assert chance["ari"].iloc[0] < found["ari"].iloc[0]
    wide = three_groups()[0].assign(**{f"n{i}": rng(i).normal(size=150) * 4 for i in range(6)})
    chance = no_groups(wide, 3, "k-means", rng(), resamples=10)
    assert chance["ari"].iloc[0] < 0.9


def test_stable_groups_are_said_to_be_there():
    row = {"method": "k-means", "resamples": 50}
    found = pd.DataFrame([{"clusters": 3, "ari": 0.95, "low": 0.9, "high": 1.0} | row])
    chance = pd.DataFrame([{"clusters": 3, "ari": 0.3, "low": 0.1, "high": 0.5} | row])
    assert groups_in_words(found, chance, 3) == (
        "3 groups come back with an adjusted Rand index of 0.95 (0.90 to 1.00) when other people are drawn; "
        "shuffled answers without any groups give 0.30 (0.10 to 0.50). The groups are stable, and more so than chance "
        "makes them: they can be given names."
    )
    said = groups_in_words(found.assign(low=0.55), chance, 3)
    assert "There is more in the answers than chance, but the groups are not stable at 0.6. " in said


def test_one_question_that_halves_the_customers_is_stable_without_any_groups():
    """Why two groups need a reference: a single column answered yes by half always cuts in the same place."""
    answers = pd.DataFrame({"yes": [0, 1] * 50, "other": rng().normal(size=100) * 0.01})
    assert stability(answers, 2, "k-means", rng(), resamples=5)["ari"].iloc[0] == 1
    assert no_groups(answers, 2, "k-means", rng(), resamples=5)["ari"].iloc[0] == 1


def test_the_choice_takes_the_largest_of_equally_stable_numbers():
    assert choose(CHOICE) == 3
    assert choose(CHOICE, tolerance=0) == 2
    assert choose(CHOICE, tolerance=0.06) == 4


CHOICE = pd.DataFrame({"clusters": [2, 3, 4, 5], "ari": [0.9, 0.895, 0.85, 0.3], "low": [0.8, 0.8, 0.7, 0.2]})


def reference_with(high):
    """Of 5, 4, 3 and 2 groups, in this order: where the numbers stand must not matter."""
    return pd.DataFrame({"clusters": [5, 4, 3, 2], "ari": [0.1, 0.1, 0.5, 0.9], "high": high})


def test_with_a_reference_only_numbers_that_are_clearly_above_it_count():
    """2 and 5 groups come back no more clearly than without groups; of 3 and 4 the more stable number counts."""
    reference = reference_with([0.25, 0.3, 0.6, 0.95])
    assert choose(CHOICE, reference) == 3
    assert choose(CHOICE, reference, tolerance=0.06) == 4
    assert choose(CHOICE, reference_with([0.25, 0.3, 0.85, 0.95])) == 4
    assert choose(CHOICE, reference_with([0.15, 0.75, 0.85, 0.95])) == 5
    assert choose(CHOICE, reference_with([0.15, 0.75, 0.8, 0.95])) == 5  # 0.8 is not above 0.8


def test_where_no_number_is_clearly_above_the_reference_the_largest_gain_decides():
    """The gains are 0, 0.395, 0.75 and 0.2."""
    assert choose(CHOICE, reference_with([1.0, 1.0, 1.0, 1.0])) == 4


def test_a_choice_needs_a_table_and_the_same_numbers_in_the_reference():
    table, reference = CHOICE, reference_with([0.2, 0.2, 0.2, 0.2])
    with pytest.raises(SchemaError) as error:
        choose(table, reference.iloc[:3])
    assert str(error.value) == (
        "The reference lacks 1 of 4 numbers of groups, first 2. Make it with no_groups for the same numbers."
    )
    with pytest.raises(SchemaError) as error:
        choose(table.iloc[:0])
    assert str(error.value) == (
        "There is no stability to choose by. Make the table with stability(answers, range(2, 9))."
    )


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_the_customers_changes_nothing_and_equal_answers_are_in_one_group(method):
    answers = pd.DataFrame(rng(3).integers(0, 2, (120, 5)), columns=list("abcde"))
    shuffled = answers.iloc[rng(4).permutation(120)]
    first, second = groups(answers, 3, method, rng()), groups(shuffled, 3, method, rng())
    pd.testing.assert_series_equal(first, second.reindex(first.index))
    assert (first.groupby([answers[c] for c in answers]).nunique() == 1).all()
    assert first.value_counts().sort_index().is_monotonic_decreasing
    tables = [stability(a, 3, method, rng(), resamples=3) for a in (answers, shuffled)]
    pd.testing.assert_frame_equal(*tables)


def test_missing_answers_are_refused_or_dropped_by_name():
    answers, truth = three_groups()
    holes = answers.copy()
    holes.iloc[0, 1] = np.nan
    holes.iloc[7, 2] = np.nan
    with pytest.raises(SchemaError) as error:
        groups(holes, 3, "k-means", rng())
    assert str(error.value) == (
        "2 of 150 customers lack an answer, first '客户0'. Pass missing=\"drop\" to leave them out, or fill in what a "
        "missing answer means."
    )
    found = groups(holes, 3, "k-means", rng(), missing="drop")
    assert found.index.equals(answers.index)
    assert found[found.isna()].index.tolist() == ["客户0", "客户7"]
    assert (found.dropna() == truth[found.notna()]).all()
    with pytest.raises(SchemaError) as error:
        groups(holes, 3, "k-means", rng(), missing="dorp")
    assert (
        str(error.value) == 'There is no way with "missing" "dorp". Did you mean "drop"? Known: refuse, drop.'
    )


def test_answers_that_cannot_be_divided_are_refused():
    with pytest.raises(DomainError) as error:
        groups(pd.DataFrame({"a": [1, 1, 1], "b": [0, 0, 0]}), 2, "k-means", rng())
    assert str(error.value) == "All customers gave the same answers, so there is nothing to divide them by."
    with pytest.raises(DomainError) as error:
        stability(pd.DataFrame({"a": [1, 2, 1]}), 3, "k-means", rng())
    assert str(error.value) == ("3 groups cannot be made of 2 distinct rows of answers. Ask for 2 to 2.")
    with pytest.raises(SchemaError) as error:
        candidates(pd.DataFrame({"a": [1, 2], "城市": ["北京", "上海"]}), rng())
    assert str(error.value) == (
        '1 of 2 columns are not numbers, first "城市". Yes and no become 1 and 0; leave out columns that describe the '
        "customer instead of the need."
    )
    with pytest.raises(SchemaError) as error:
        groups([[1, 2]], 2, "k-means", rng())
    assert str(error.value) == "Answers must be a DataFrame: one row a customer, one column a question."
    with pytest.raises(SchemaError) as error:
        groups(pd.DataFrame({"a": [1, 2]}), 2, "kmeans", rng())
    assert str(error.value) == 'There is no method "kmeans". Did you mean "k-means"? Known: k-means, mixture.'
    with pytest.raises(SchemaError) as error:
        groups(pd.DataFrame({"a": [1, 2]}, index=["x", "x"]), 2, "k-means", rng())
    assert str(error.value) == "Answers: customer 'x' is there more than once. Keep one row a customer."
    with pytest.raises(SchemaError) as error:
        groups(pd.DataFrame({"a": []}, dtype=float), 2, "k-means", rng())
    assert str(error.value) == "There is no customer with all answers. At least two are needed."


def test_the_six_published_groups_of_the_vacation_motives_are_found():
    """The published solution has six groups by the same method on the same 20 answers (Dolnicar & Leisch)."""
    data = datasets.load("vacation_motives")
    motives = data.iloc[:, :20]
    found = groups(motives, 6, "k-means", rng())
    assert adjusted_rand_score(data["cluster6_published"], found) > 0.6
    before = motives.copy()
    groups(motives, 2, "k-means", rng())
    pd.testing.assert_frame_equal(motives, before)


def test_where_every_customer_is_a_group_there_is_no_silhouette():
    row = candidates(pd.DataFrame({"a": [1.0, 5.0, 9.0]}), rng(), [3], methods=["k-means"]).iloc[0]
    assert np.isnan(row["silhouette"])
    assert np.isnan(row["calinski_harabasz"])
    assert row["inertia"] == 0
