"""The area under the ROC curve: by counting pairs, against another package, and intervals that keep their promise."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from crmtheory.errors import DomainError, SchemaError
from crmtheory.evaluation.auc import auc, auc_difference


def pairs(score, happened):
    """The psi of DeLong et al. (1988) for every pair: 1 in the right order, 1/2 tied, 0 in the wrong one."""
    score, happened = np.asarray(score, float), np.asarray(happened, bool)
    gap = score[happened][:, None] - score[~happened][None, :]
    return (gap > 0) + 0.5 * (gap == 0)


def world(rng, n, distance=1.0, digits=None):
    happened = rng.random(n) < 0.3
    score = rng.normal(size=n) + distance * happened
    return (score if digits is None else score.round(digits)), happened


@pytest.mark.parametrize("digits", [None, 1, 0])
def test_the_area_is_the_share_of_pairs_in_the_right_order_with_ties_half(digits):
    score, happened = world(np.random.default_rng(1), 400, digits=digits)
    row = auc(score, happened).iloc[0]
    assert row["estimate"] == pytest.approx(pairs(score, happened).mean(), rel=1e-12)
    assert row["estimate"] == pytest.approx(roc_auc_score(happened, score), rel=1e-12)
    assert (row["n"], row["events"]) == (400, happened.sum())


@pytest.mark.parametrize("digits", [None, 0])
def test_the_interval_has_the_variance_of_delong_on_the_logit_scale(digits):
    score, happened = world(np.random.default_rng(2), 300, digits=digits)
    psi = pairs(score, happened)
    m, k = psi.shape
    variance = psi.mean(axis=1).var(ddof=1) / m + psi.mean(axis=0).var(ddof=1) / k
    area = psi.mean()
    half = stats.norm.ppf(0.95) * np.sqrt(variance) / (area * (1 - area))
    row = auc(score, happened, level=0.90).iloc[0]
    logit = np.log(row[["low", "high"]].astype(float) / (1 - row[["low", "high"]].astype(float)))
    assert logit.tolist() == pytest.approx(
        [np.log(area / (1 - area)) - half, np.log(area / (1 - area)) + half]
    )


def test_the_interval_covers_the_known_area_of_two_normal_distributions():
    rng, truth = np.random.default_rng(3), stats.norm.cdf(1 / np.sqrt(2))
    rows = pd.concat([auc(*world(rng, 200)) for _ in range(400)])
    covered = ((rows["low"] <= truth) & (truth <= rows["high"])).mean()
    assert 0.92 <= covered <= 0.98


def test_the_interval_of_a_difference_covers_the_known_difference():
    rng, hits = np.random.default_rng(4), []
    truth = stats.norm.cdf(1.5 / np.sqrt(2)) - stats.norm.cdf(0.5 / np.sqrt(2))
    for _ in range(300):
        happened = rng.random(200) < 0.4
        common = rng.normal(size=200)
        a, b = (
            np.sqrt(0.7) * common + np.sqrt(0.3) * rng.normal(size=200) + d * happened for d in (1.5, 0.5)
        )
        row = auc_difference(a, b, happened).iloc[0]
        hits.append(row["low"] <= truth <= row["high"])
    assert 0.92 <= np.mean(hits) <= 0.98


def test_a_difference_is_that_of_the_two_areas_and_pairing_makes_it_sharper():
    rng = np.random.default_rng(5)
    score, happened = world(rng, 500)
    other = score + rng.normal(0, 0.2, 500)
    row = auc_difference(score, other, happened).iloc[0]
    one, two = auc(score, happened).iloc[0], auc(other, happened).iloc[0]
    assert row["difference"] == pytest.approx(one["estimate"] - two["estimate"])
    assert (row["auc_a"], row["auc_b"]) == (one["estimate"], two["estimate"])
    assert row["high"] - row["low"] < 0.5 * (one["high"] - one["low"])
    back = auc_difference(other, score, happened).iloc[0]
    assert [back["difference"], back["low"], back["high"]] == pytest.approx(
        [-row["difference"], -row["high"], -row["low"]]
    )
    same = auc_difference(score, score, happened).iloc[0]
    assert same[["difference", "low", "high"]].tolist() == [0, 0, 0]


def test_order_of_rows_and_monotone_changes_of_the_score_change_nothing():
    rng = np.random.default_rng(6)
    score, happened = world(rng, 300, digits=1)
    order = rng.permutation(300)
    plain = auc(score, happened)
    pd.testing.assert_frame_equal(plain, auc(score[order], happened[order]), rtol=1e-12)
    pd.testing.assert_frame_equal(plain, auc(np.exp(score), happened))
    mirrored = auc(-score, happened).iloc[0]
    assert mirrored["low"] == pytest.approx(1 - plain["high"].iloc[0])


def test_a_score_that_never_errs_is_not_certain_to_be_perfect():
    row = auc([1, 2, 3, 4, 5, 6, 7], [0, 0, 0, 0, 1, 1, 1]).iloc[0]
    assert row["estimate"] == 1
    assert row["low"] == pytest.approx(0.025 ** (1 / 3))
    assert row["high"] == 1
    worst = auc([7, 6, 5, 4, 3, 2, 1], [0, 0, 0, 0, 1, 1, 1]).iloc[0]
    assert (worst["low"], worst["estimate"]) == (0, 0)
    assert worst["high"] == pytest.approx(1 - 0.025 ** (1 / 3))


def test_one_customer_with_the_event_says_nothing_about_others():
    assert auc([1, 2, 3], [0, 1, 0]).iloc[0].tolist() == [0.5, 0, 1, 3, 1]
    row = auc_difference([1, 2, 3], [3, 1, 2], [0, 1, 0]).iloc[0]
    assert row[["difference", "low", "high"]].tolist() == [0.5, -1, 1]


def test_equal_scores_for_all_know_nothing():
    assert auc(np.ones(50), [0, 1] * 25).iloc[0][["estimate", "low", "high"]].tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    ("score", "happened", "message"),
    [
        ([], [], "The outcome must be a list of at least one number, one for each customer."),
        ([1, 2], [1], "One score for each outcome was expected: there are 2 scores and 1 outcomes."),
        (
            [1, np.nan, 2],
            [0, 1, 1],
            "The score is missing or infinite for 1 of 3 customers, the first in place 2. Leave these customers out.",
        ),
        (
            [1, 2, 3],
            [0, 1, 2],
            "The outcome must be 1 where it happened and 0 where not: 1 of 3 values are neither, first: 2.",
        ),
        (["高", "低"], [0, 1], "The score must hold numbers, one for each customer."),
        (
            pd.Series([1, 2], ["a", "b"]),
            pd.Series([1, 0], ["b", "a"]),
            "The score is not on the same customers, in the same order, as the outcome. "
            "Reindex it: score.reindex(happened.index).",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(score, happened, message):
    with pytest.raises(SchemaError) as error:
        auc(score, happened)
    assert str(error.value) == message


@pytest.mark.parametrize(("value", "whom"), [(0, "none"), (1, "all")])
def test_one_outcome_only_has_no_area(value, whom):
    with pytest.raises(DomainError) as error:
        auc([1.0, 2.0], [value, value])
    assert str(error.value) == (
        f"It happened to {whom} of the 2 customers, so no score can tell two kinds apart. "
        "Take more customers, or another period."
    )


def test_an_impossible_level_is_refused():
    with pytest.raises(DomainError, match="level of an interval"):
        auc([1, 2], [0, 1], level=95)
