"""From satisfaction to loyalty: levels by hand, the last step, shapes that are found where they are true."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from crmtheory.errors import DomainError, SchemaError
from crmtheory.loyalty import by_level, last_step, link_curves, link_shapes
from crmtheory.weighted import combined, newcombe, share_interval, skewed_mean

S = pd.Series([1, 1, 2, 2, 2, 3], dtype=float)
LEVELS = np.repeat([1.0, 2, 3, 4, 5], 60)


def answers(rng, mean, scale=1.0):
    """Satisfaction 1 to 5, and loyalty with a given mean at each level."""
    return pd.Series(LEVELS), pd.Series(np.repeat(mean, 60) + scale * rng.standard_normal(300))


def test_each_level_has_the_mean_of_its_answers_and_a_t_interval():
    y = pd.Series([2.0, 4, 5, 6, 7, 9])
    table = by_level(S, y)
    assert table.index.name == "level"
    assert table["n"].tolist() == [2, 3, 1]
    assert table["estimate"].tolist() == [3, 6, 9]
    low, high = sm.stats.DescrStatsW(y[2:5]).tconfint_mean()
    assert table.loc[2.0, ["low", "high"]].tolist() == pytest.approx([low, high])
    assert table.loc[3.0, ["low", "high"]].isna().all()  # one answer has no spread


def test_yes_and_no_have_shares_with_wilson_limits():
    table = by_level(S, pd.Series([True, False, True, True, True, False]))
    assert table["estimate"].tolist() == [0.5, 1, 0]
    assert table.loc[1.0, ["low", "high"]].tolist() == pytest.approx(
        proportion_confint(1, 2, method="wilson")
    )
    assert table.loc[2.0, "high"] == 1
    assert table.loc[3.0, "low"] == 0


@pytest.mark.parametrize("outcome", [[2.0, 4, 5, 6, 7, 9], [1.0, 0, 1, 1, 0, 0]])
def test_whole_weights_give_the_estimates_of_repeated_rows(outcome):
    w = pd.Series([1.0, 2, 3, 1, 1, 2])
    times = w.astype(int)
    y = pd.Series(outcome)
    repeated = by_level(S.repeat(times).reset_index(drop=True), y.repeat(times).reset_index(drop=True))
    weighted = by_level(S, y, w)
    assert weighted["estimate"].to_numpy() == pytest.approx(repeated["estimate"].to_numpy())
    assert weighted["n"].tolist() == [2, 3, 1]
    pd.testing.assert_frame_equal(by_level(S, y, 7 * w), weighted)


def test_an_answer_that_is_missing_leaves_the_respondent_out():
    table = by_level(pd.Series([1.0, None, 1, 2]), pd.Series([5, 5, None, 7], dtype="Int64"))
    assert table["n"].to_dict() == {1.0: 1, 2.0: 1}


def test_the_last_step_by_hand():
    s = pd.Series([3] * 4 + [4] * 4 + [5] * 4)
    rating = pd.Series([9, 0, 0, 0, 10, 9, 0, 0, 9, 9, 9, 9])
    row = last_step(s, rating).iloc[0]
    assert row[["last", "before", "estimate", "n"]].tolist() == [0.5, 0.25, 0.25, 12]
    assert row["low"] < 0.25 < row["high"]


def test_the_last_step_has_the_linearised_limits_in_large_samples():
    rng = np.random.default_rng(1)
    n = 20_000
    s = pd.Series(rng.integers(3, 6, n))
    y = rng.random(n) < np.array([0.2, 0.5, 0.9])[s - 3]
    row = last_step(s, pd.Series(np.where(y, 10, 0))).iloc[0]
    fit = sm.OLS(y.astype(float), pd.get_dummies(s).astype(float)).fit(cov_type="HC0")
    said = fit.t_test([1, -2, 1]).conf_int(0.05)[0]
    assert row[["low", "high"]].tolist() == pytest.approx(said.tolist(), abs=2e-4)


def test_with_weights_the_last_step_has_the_sandwich_limits_in_large_samples():
    rng = np.random.default_rng(2)
    n = 20_000
    s, w = pd.Series(rng.integers(3, 6, n)), pd.Series(rng.gamma(2, 1, n))
    y = rng.random(n) < np.array([0.2, 0.5, 0.8])[s - 3]
    row = last_step(s, pd.Series(np.where(y, 10, 0)), w).iloc[0]
    fit = sm.WLS(y.astype(float), pd.get_dummies(s).astype(float), weights=w).fit(cov_type="HC0")
    said = fit.t_test([1, -2, 1]).conf_int(0.05)[0]
    assert row[["low", "high"]].tolist() == pytest.approx(said.tolist(), abs=3e-4)


def test_the_interval_of_the_last_step_covers_the_truth_even_with_few_answers():
    rng = np.random.default_rng(3)
    covered = 0
    s = pd.Series(np.repeat([3, 4, 5], [15, 30, 25]))
    for _ in range(300):
        y = rng.random(70) < np.repeat([0.05, 0.4, 0.95], [15, 30, 25])
        row = last_step(s, pd.Series(np.where(y, 9, 1))).iloc[0]
        covered += row["low"] <= 0.95 - 0.8 + 0.05 <= row["high"]
    assert covered / 300 > 0.92


def test_a_level_without_answers_is_named():
    with pytest.raises(DomainError) as refusal:
        last_step(pd.Series([3, 3, 5, 5, 1]), pd.Series([9, 9, 9, 9, 1]))
    assert str(refusal.value) == (
        "Nobody of 5 respondents has satisfaction 4, so the step to or from it is not seen. Levels with answers: "
        "1, 3, 5. Name three of them as levels=."
    )


def test_codes_that_are_no_ratings_are_not_counted_as_promoters():
    with pytest.raises(SchemaError) as refusal:
        last_step(pd.Series([3, 4, 5]), pd.Series([9, 99, 9]))
    assert str(refusal.value) == (
        "Ratings of the willingness to recommend lie between 0 and 10; 1 of 3 do not, first: 99 (respondent 1). Codes "
        "such as 99 mean that nothing was said: make them missing."
    )


def test_levels_must_rise():
    with pytest.raises(DomainError, match="three rising levels"):
        last_step(S, S, levels=(3, 2, 1))


@pytest.mark.parametrize(
    ("mean", "shape"),
    [
        ([2, 3.5, 5, 6.5, 8], "linear"),
        ([2, 5, 6.5, 7.2, 7.5], "diminishing"),
        ([2, 2, 2.1, 2.6, 8], "only complete"),
    ],
)
def test_the_true_shape_is_found(mean, shape):
    table = link_shapes(*answers(np.random.default_rng(4), mean), rng=np.random.default_rng(5))
    assert table["best"].idxmax() == shape
    assert table["best"].sum() == 1
    assert table["weight"].sum() == pytest.approx(1)
    assert table["bootstrap"].sum() == pytest.approx(1)
    assert table["bootstrap"].idxmax() == shape
    assert table.loc[shape, "lack_of_fit"] > 0.01


def test_the_line_is_that_of_least_squares():
    s, y = answers(np.random.default_rng(6), [1, 2, 4, 4, 5])
    w = pd.Series(np.random.default_rng(7).gamma(2, 1, 300))
    table = link_shapes(s, y)
    fit = sm.OLS(y, sm.add_constant(s)).fit()
    assert table.loc["linear", "log_likelihood"] == pytest.approx(fit.llf)
    assert table.loc["linear", "aic"] == pytest.approx(fit.aic + 2)  # statsmodels does not count the variance
    assert table.loc["linear", "bic"] == pytest.approx(fit.bic + np.log(300))
    full = sm.OLS(y, pd.get_dummies(s).astype(float)).fit()
    assert table.loc["linear", "lack_of_fit"] == pytest.approx(full.compare_f_test(fit)[1])
    curve = link_curves(s, y, w, points=2).query("shape == 'linear'")["loyalty"]
    weighted = sm.WLS(y, sm.add_constant(s), weights=w).fit()
    assert curve.tolist() == pytest.approx(weighted.predict([[1, 1], [1, 5]]).tolist())


def test_a_power_is_recovered_and_a_falling_link_is_never_called_rising():
    s = pd.Series(np.tile(np.linspace(0, 1, 21), 20))
    noise = np.tile(np.repeat([0.01, -0.01], 210), 1)
    assert link_shapes(s, 1 + 3 * s**4 + noise).loc["only complete", "bend"] == pytest.approx(4, rel=1e-3)
    curved = 1 + 3 * np.expm1(-2.5 * s) / np.expm1(-2.5) + noise
    assert link_shapes(s, curved).loc["diminishing", "bend"] == pytest.approx(2.5, rel=1e-3)
    falling = link_curves(s, -s + noise)
    for name in ("diminishing", "only complete"):
        assert np.ptp(falling.loc[falling["shape"] == name, "loyalty"]) == pytest.approx(0, abs=1e-12)


def test_order_of_rows_and_unit_of_weights_change_no_shape():
    s, y = answers(np.random.default_rng(8), [2, 5, 6.5, 7.2, 7.5])
    w = pd.Series(np.random.default_rng(9).gamma(2, 1, 300))
    order = np.random.default_rng(10).permutation(300)
    one = link_shapes(s, y, w, np.random.default_rng(1), 20)
    two = link_shapes(s[order], y[order], 3 * w[order], np.random.default_rng(1), 20)
    pd.testing.assert_frame_equal(one, two)


def test_weights_that_differ_make_the_evidence_weaker_not_stronger():
    s, y = answers(np.random.default_rng(11), [2, 5, 6.5, 7.2, 7.5])
    uneven = pd.Series(np.tile([0.1, 1.9], 150))
    near, far = link_shapes(s, y), link_shapes(s, y, uneven)
    assert np.ptp(far["aic"]) < np.ptp(near["aic"])


def test_shapes_need_levels_and_scatter():
    with pytest.raises(DomainError, match="three levels of satisfaction or more"):
        link_shapes(pd.Series([1, 2, 1, 2, 1, 2]), pd.Series([1, 2, 3, 4, 5, 6]))
    with pytest.raises(DomainError, match="without any scatter"):
        link_shapes(pd.Series([1, 2, 3, 4, 5]), pd.Series([1, 2, 3, 4, 5]))
    with pytest.raises(DomainError, match="without any scatter"):
        link_shapes(pd.Series([1, 2, 3, 4, 5]), pd.Series([7, 7, 7, 7, 7]))
    with pytest.raises(DomainError, match="The table of answers is empty"):
        link_shapes(pd.Series([], dtype=float), pd.Series([], dtype=float))


def test_answers_of_other_respondents_and_texts_are_refused():
    with pytest.raises(SchemaError, match="must have the same index"):
        by_level(S, S.rename(lambda i: i + 1))
    with pytest.raises(SchemaError, match="the answers to outcome are none"):
        by_level(S, S.astype(str))
    with pytest.raises(SchemaError, match="satisfaction must be a pandas Series, not list"):
        by_level([1, 2], S)
    with pytest.raises(SchemaError, match="level is a share"):
        by_level(S, S, level=95)


def test_joined_limits_of_a_difference_are_newcombes():
    low, high = confint_proportions_2indep(7, 34, 1, 34, method="newcomb", compare="diff")
    assert newcombe(7, 34, 1, 34, 0.95)[1:] == pytest.approx((low, high))
    assert combined([1], [0.5], [0.2], [0.9]) == pytest.approx((0.5, 0.2, 0.9))


def test_the_share_interval_is_wilsons_without_weights_and_depends_only_on_ratios_with_them():
    y = np.array([1.0, 1, 0, 0, 0])
    assert share_interval(y, np.ones(5), 0.9)[1:] == pytest.approx(proportion_confint(2, 5, 0.1, "wilson"))
    w = np.array([1.0, 2, 1, 3, 1])
    assert share_interval(y, w, 0.9) == pytest.approx(share_interval(y, 10 * w, 0.9))
    assert share_interval(np.ones(3), np.ones(3), 0.95)[1] < 1  # everybody said yes: still not certain


def test_the_interval_of_a_skewed_mean_covers_better_than_a_t_interval():
    rng = np.random.default_rng(12)
    hall = plain = 0
    for _ in range(400):
        x = rng.exponential(1, 25) ** 1.5
        _, low, high = skewed_mean(x, 0.95)
        truth = 1.3293403881791370  # Γ(2.5)
        hall += low <= truth <= high
        low, high = sm.stats.DescrStatsW(x).tconfint_mean()
        plain += low <= truth <= high
    assert hall > plain
    assert hall / 400 > 0.87
