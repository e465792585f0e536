"""Made-up ratings, Kano answers and comments: what their docstrings call true is true."""

import numpy as np
import pandas as pd
import pytest

from crmtheory import simulate
from crmtheory.errors import DomainError, SchemaError


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


WORLDS = {
    "comments": lambda rng: simulate.comments_with_ratings(50, rng),
    "kano": lambda rng: simulate.kano_answers(50, rng, {"wifi": "must-be"}),
    "servqual": lambda rng: simulate.servqual_pairs(50, rng, {"empathy": -0.5}),
}


@pytest.mark.parametrize("world", sorted(WORLDS))
def test_the_same_generator_gives_the_same_world(world):
    one, other, third = (WORLDS[world](np.random.default_rng(seed)) for seed in (1, 1, 2))
    for left, right in zip(one, other, strict=True):
        assert left.equals(right)
    assert not one[0].equals(third[0])


@pytest.mark.parametrize("scale", [(1, 7), (0, 10), (1, 5)])
def test_ratings_are_whole_on_the_scale_and_their_means_are_the_true_ones(scale):
    n = 20_000
    means = {"a": 0.75 * scale[1], "b": 0.5 * scale[1]}
    true = {"a": -0.7, "b": 0.3}
    seen, hoped, truth = simulate.servqual_pairs(
        n, np.random.default_rng(3), true, expectations=means, scale=scale
    )
    for answers, column in ((seen, "perception"), (hoped, "expectation")):
        assert (answers % 1 == 0).all(axis=None)
        assert answers.min(axis=None) >= scale[0]
        assert answers.max(axis=None) <= scale[1]
        for name in true:
            found = answers[truth.loc[name, "items"]].mean(axis=1)
            assert found.mean() == pytest.approx(truth.loc[name, column], abs=4 * found.std() / np.sqrt(n))
    assert truth["gap"].tolist() == pytest.approx([-0.7, 0.3])


def test_means_at_the_very_ends_allowed_stay_on_the_scale():
    seen, hoped, _ = simulate.servqual_pairs(
        3_000, np.random.default_rng(4), {"a": -4.0}, expectations={"a": 6.0}, items=1
    )
    assert [hoped["a 1"].max(), seen["a 1"].min()] == [7, 1]


def test_ratings_of_one_customer_go_together():
    seen, hoped, _ = simulate.servqual_pairs(5_000, np.random.default_rng(5), {"a": 0.0})
    assert np.corrcoef(seen["a 1"], hoped["a 1"])[0, 1] > 0.1


def test_means_without_room_on_the_scale_are_refused():
    call = lambda: simulate.servqual_pairs(9, np.random.default_rng(1), {"a": -5.5})  # noqa: E731
    assert raised(DomainError, call) == (
        "The mean perception of a would be 0.5; on a scale of 1 to 7 it must lie between 2 and 6, or answers would "
        "reach past the scale. Take smaller gaps, or give expectations=."
    )
    rng = np.random.default_rng(1)
    assert "same dimensions" in raised(
        SchemaError, lambda: simulate.servqual_pairs(9, rng, {"a": 0.0}, expectations={"b": 4.0})
    )
    assert "No dimension" in raised(SchemaError, lambda: simulate.servqual_pairs(9, rng, {}))
    assert "whole and 1 or more" in raised(DomainError, lambda: simulate.servqual_pairs(0, rng, {"a": 0.0}))


@pytest.mark.parametrize("category", sorted(simulate.services.PAIRS))
def test_pairs_of_answers_come_as_often_as_said(category):
    yes, no, truth = simulate.kano_answers(20_000, np.random.default_rng(6), {"f": category}, noise=0.3)
    for name, pairs in simulate.services.PAIRS.items():
        found = np.mean([pair in pairs for pair in zip(yes["f"], no["f"], strict=True)])
        assert found == pytest.approx(truth.loc["f", name], abs=0.02)
    assert truth.loc["f", sorted(simulate.services.PAIRS)].sum() == pytest.approx(1)


def test_without_noise_the_coefficients_are_those_of_the_category():
    names = {"m": "must-be", "o": "one-dimensional", "a": "attractive", "i": "indifferent", "r": "reverse"}
    truth = simulate.kano_answers(5, np.random.default_rng(7), names, noise=0)[2]
    assert truth["better"].tolist()[:4] == [0, 1, 1, 0]
    assert truth["worse"].tolist()[:4] == [-1, -1, 0, 0]
    assert truth.loc["r", ["better", "worse"]].isna().all()


def test_the_first_question_alone_cannot_tell_what_the_docstring_says_it_cannot():
    names = {"m": "must-be", "o": "one-dimensional", "a": "attractive", "i": "indifferent"}
    yes = simulate.kano_answers(4_000, np.random.default_rng(8), names)[0]
    likes = (yes == 1).mean()
    assert likes["a"] == pytest.approx(likes["o"], abs=0.04)
    assert likes["m"] == pytest.approx(likes["i"], abs=0.04)


def test_a_hyphen_in_a_category_is_as_good_as_an_underscore():
    one, other = (
        simulate.kano_answers(30, np.random.default_rng(9), {"f": name})[0] for name in ("must-be", "must_be")
    )
    assert one.equals(other)


def test_kano_worlds_that_make_no_sense_are_refused():
    rng = np.random.default_rng(9)
    message = raised(SchemaError, lambda: simulate.kano_answers(5, rng, {"f": "must be"}))
    assert message.startswith('There is no category "must be". Did you mean "must_be"?')
    assert "No feature" in raised(SchemaError, lambda: simulate.kano_answers(5, rng, {}))
    assert "between 0 and 1" in raised(
        DomainError, lambda: simulate.kano_answers(5, rng, {"f": "must-be"}, noise=2)
    )


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_ratings_follow_the_tone_but_for_the_noise(lang):
    texts, ratings, truth = simulate.comments_with_ratings(4_000, np.random.default_rng(10), lang, noise=0.5)
    assert set(ratings) == {1, 2, 3, 4, 5}
    assert ((ratings > 3) == (truth["tone"] > 0)).mean() == pytest.approx(1 - 0.5 / 2, abs=0.07)
    assert truth["tone"].mean() == pytest.approx(0, abs=0.08)
    assert texts.index.equals(ratings.index)
    assert set(pd.unique(truth["theme"])) == {"price", "cleanliness", "staff"}


def test_unknown_languages_are_refused():
    message = raised(SchemaError, lambda: simulate.comments_with_ratings(5, np.random.default_rng(1), "fr"))
    assert message == 'There is no language "fr". Known: en, zh.'
