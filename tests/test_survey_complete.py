"""Complete cases: who counts, with what weight, and what is said when too few are left."""

import numpy as np
import pandas as pd
import pytest

from crmtheory.errors import DomainError, SchemaError
from crmtheory.survey.complete import checked_level, complete, effective, intervals, resampled

ANSWERS = pd.DataFrame(
    {"a": [1.0, 2, 3, np.nan], "b": [2.0, 2, 5, 4], "c": [1.0, 1, 1, 1]}, index=list("wxyz")
)


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def weights(*values) -> pd.Series:
    return pd.Series(values, ANSWERS.index)


def test_only_those_who_answered_every_item_count():
    data = complete(ANSWERS, ["b", "a"])
    assert data.values.tolist() == [[2, 1], [2, 2], [5, 3]]
    assert data.index.tolist() == ["w", "x", "y"]
    assert data.items == ("b", "a")
    assert len(data) == 3
    assert len(complete(ANSWERS, ["b"])) == 4


def test_answers_and_weights_stay_as_they_are():
    answers, given = ANSWERS.copy(), weights(1.0, 2, 3, 4)
    complete(answers, ["a", "b"], given)
    pd.testing.assert_frame_equal(answers, ANSWERS)
    pd.testing.assert_series_equal(given, weights(1.0, 2, 3, 4))


def test_weights_have_mean_1_over_those_who_count():
    data = complete(ANSWERS, ["a", "b"], weights(1.0, 2, 3, 100))
    assert data.weights.tolist() == pytest.approx([0.5, 1, 1.5])
    assert data.n_effective == pytest.approx(36 / 14)


def test_only_ratios_of_weights_matter():
    for scale in (1e-300, 7.0, 1e308):
        data = complete(ANSWERS, ["a", "b"], weights(*(np.array([0.25, 0.5, 0.75, 1]) * scale)))
        assert data.weights.tolist() == pytest.approx([0.5, 1, 1.5])


def test_a_weight_of_0_leaves_a_respondent_out():
    assert complete(ANSWERS, ["b"], weights(1, 0, 1, 1)).index.tolist() == ["w", "y", "z"]


def test_equal_weights_leave_n():
    assert complete(ANSWERS, ["b"], weights(3, 3, 3, 3)).n_effective == pytest.approx(4)
    assert complete(ANSWERS, ["b"]).n_effective == 4


def test_an_infinite_answer_counts_as_none():
    answers = pd.DataFrame({"a": [1.0, np.inf, 3, -np.inf, 5]})
    assert complete(answers, ["a"]).values.ravel().tolist() == [1, 3, 5]


def test_whole_numbers_with_blanks_and_chinese_names_are_answers():
    answers = pd.DataFrame({"满意度": pd.array([1, None, 3, 4], dtype="Int64")})
    data = complete(answers, ["满意度"])
    assert data.values.ravel().tolist() == [1, 3, 4]
    assert data.items == ("满意度",)


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([], "Reliability needs at least one item; none was named."),
        ("a", 'Reliability needs a list of items; it was given the text "a". Write ["a"].'),
        (["a", "d"], 'There is no item "d". Known: a, b, c.'),
        (["a", "b", "a"], "Reliability: the item a is named twice. Name each item once."),
    ],
)
def test_items_that_are_not_there_are_named(items, message):
    assert raised(SchemaError, lambda: complete(ANSWERS, items, question="Reliability")) == message


def test_answers_must_be_a_frame_of_numbers_with_one_column_per_item():
    assert raised(SchemaError, lambda: complete(ANSWERS["a"], ["a"])) == (
        "This question needs a frame with one column per item; it was given Series."
    )
    assert raised(SchemaError, lambda: complete(ANSWERS.assign(a=list("abcd")), ["a"])) == (
        "This question needs numbers, and the answers to a are none. Read the export with crmtheory.survey.read, "
        "which turns answers into numbers and says what it could not read."
    )
    double = ANSWERS.set_axis(["a", "a", "b"], axis=1)
    assert raised(SchemaError, lambda: complete(double, ["a"])) == (
        "This question: 2 columns are called a. Rename or drop the others, so that it is clear which is meant."
    )
    assert len(complete(double, ["b"], constant=True)) == 4


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            pd.Series([1.0, 2, 3, 4]),
            "Weights must be a Series on the index of the answers, one weight for each respondent.",
        ),
        (
            [1.0, 2, 3, 4],
            "Weights must be a Series on the index of the answers, one weight for each respondent.",
        ),
        (
            weights(1, -2, np.nan, 4),
            "2 of 4 weights are missing or below 0, first: respondent x (-2). A weight of 0 leaves a respondent out.",
        ),
        (
            weights(1, 2, np.inf, 4),
            "1 of 4 weights are missing or below 0, first: respondent y (inf). A weight of 0 leaves a respondent out.",
        ),
        (weights(*"1234"), "Weights must be numbers, and these are str."),
    ],
)
def test_weights_of_other_people_or_no_weights_are_refused(given, message):
    assert raised(SchemaError, lambda: complete(ANSWERS, ["a"], given)) == message


def test_too_few_respondents_are_counted_and_the_scarce_item_is_named():
    answers = pd.DataFrame({"a": [1.0, np.nan, np.nan, np.nan], "b": [2.0, 2, 5, 4]})
    assert raised(DomainError, lambda: complete(answers, ["a", "b"])) == (
        "This question needs at least 3 respondents who answered a, b; 1 of 4 did. a has the fewest answers (1): "
        "leave it out, or ask more people."
    )
    assert raised(DomainError, lambda: complete(answers * np.nan, ["a", "b"])) == (
        "This question needs at least 3 respondents who answered a, b; 0 of 4 did."
    )
    assert raised(DomainError, lambda: complete(answers.iloc[:0], ["a"])) == (
        "This question needs at least 3 respondents who answered a; 0 of 0 did. The table of answers is empty."
    )


def test_respondents_who_weigh_nothing_are_told_from_those_who_did_not_answer():
    assert raised(DomainError, lambda: complete(ANSWERS, ["a"], weights(0, 0, 1, 1))) == (
        "This question needs at least 3 respondents who answered a; 1 of 4 did. 2 more answered but have a weight of 0."
    )


def test_an_item_that_all_answered_alike_is_refused_unless_allowed():
    assert raised(DomainError, lambda: complete(ANSWERS, ["b", "c"], question="A correlation")) == (
        "A correlation: all 4 respondents gave c the same answer (1), so it cannot go together with anything. Leave it "
        "out, or check that the right column was read."
    )
    assert len(complete(ANSWERS, ["b", "c"], constant=True)) == 4


def test_an_item_is_judged_by_those_who_count():
    """b varies, but not among those with a weight."""
    assert "gave b the same answer (2)" in raised(
        DomainError, lambda: complete(ANSWERS, ["b"], weights(1, 1, 0, 0), least=2)
    )


def test_intervals_are_quantiles_of_the_draws_that_could_be_computed():
    low, high = intervals(np.array([[0.0, np.nan], [1, 5], [2, np.nan], [np.nan, 7]]), 0.5)
    assert low.tolist() == [0.5, 5.5]
    assert high.tolist() == [1.5, 6.5]


@pytest.mark.parametrize("draws", [np.full((3, 2), np.nan), np.empty((0, 2))])
def test_without_a_draw_there_is_no_interval(draws):
    low, high = intervals(draws)
    assert np.isnan(low).tolist() == np.isnan(high).tolist() == [True, True]


def test_one_unknown_column_leaves_the_others_alone():
    low, high = intervals(np.column_stack([np.full(101, np.nan), np.arange(101.0)]), 0.9)
    assert np.isnan([low[0], high[0]]).all()
    assert [low[1], high[1]] == pytest.approx([5, 95])


def test_a_bootstrap_sample_has_as_many_respondents_and_everyone_is_as_likely():
    counts = resampled(8, 4000, np.random.default_rng(0))
    assert counts.shape == (4000, 8)
    assert (counts.sum(axis=1) == 8).all()
    assert counts.mean(axis=0) == pytest.approx(1, abs=0.08)
    assert counts.var(axis=0) == pytest.approx(7 / 8, abs=0.1)


def test_respondents_of_equal_weight_count_once_each_whatever_their_influence():
    assert effective(np.array([5.0, -1, 0, 2]), np.full(4, 0.3)) == pytest.approx(4)
    assert effective(np.zeros(4), np.ones(4)) == 4


def test_the_effective_number_is_kishs_where_all_have_the_same_influence():
    w = np.array([1.0, 2, 3, 4])
    assert effective(np.array([1.0, -1, -1, 1]), w) == pytest.approx(
        complete(ANSWERS, ["b"], weights(*w)).n_effective
    )


def test_heavy_respondents_with_much_influence_count_for_little():
    w = np.array([1.0, 2, 3, 4])
    assert effective(w, w) < w.sum() ** 2 / (w**2).sum() < effective(1 / w, w)


@pytest.mark.parametrize("level", [0, 1, 95, -0.1, np.nan])
def test_a_level_is_a_share(level):
    assert raised(SchemaError, lambda: checked_level(level)) == (
        f"level is a share between 0 and 1, such as 0.95; it is {level:g}."
    )
