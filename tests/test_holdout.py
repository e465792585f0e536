"""Judging predictions on what happened afterwards: cases by hand, invariances, intervals that keep their promise."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmtheory import holdout, tracking
from crmtheory.errors import ConvergenceError, SchemaError
from crmtheory.models import ATTRITION, BGNBD, NBD, Verdict

MEASURES = ["bias", "MAE", "RMSE", "rank correlation", "top-decile lift"]


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


@pytest.fixture(scope="module")
def crowd():
    """2,000 BG/NBD customers watched for 30 weeks and 20 more."""
    return BGNBD().simulate((0.8, 6.0, 0.9, 2.5), 30.0, np.random.default_rng(9), n=2000, t=20.0)


@pytest.fixture(scope="module")
def crowd_fits(crowd):
    return holdout.fit_all(crowd)


# Rules of thumb


def test_the_rules_of_thumb_by_hand():
    people = pd.DataFrame(
        {"x": [4, 2, 0, 0], "t_x": [9.0, 3.0, 0.0, 0.0], "T": [10.0, 10.0, 20.0, 0.0]}, index=list("ABCD")
    )
    rules = holdout.naive_rules(people, 5.0)
    assert list(rules) == ["mean rate", "own past rate", "recency rule"]
    assert rules["mean rate"].tolist() == [0.75] * 4  # 6 purchases in 40 weeks, for 5 weeks
    assert rules["own past rate"].tolist() == [2, 1, 0, 0]
    assert rules["recency rule"].tolist() == [2, 0, 0, 0]
    for rule in rules.values():
        pd.testing.assert_index_equal(rule.index, people.index)


# Fitting every model


def test_every_model_is_fitted_and_keeps_its_row(crowd, crowd_fits):
    fits, table = crowd_fits
    assert list(fits) == list(table.index) == list(ATTRITION)
    for name, fit in fits.items():
        assert table.loc[name, "log_likelihood"] == fit.loglik
        assert table.loc[name, "AIC"] == 2 * len(fit.theta) - 2 * fit.loglik
        assert table.loc[name, "parameters"] == len(fit.theta)
        assert table.loc[name, "status"] == fit.verdict.status
    assert table["AIC"].idxmin() == "BG/NBD"  # the model that made the customers


def test_when_no_model_can_be_fitted_the_first_reason_is_given():
    nobody = pd.DataFrame({"x": [0] * 10, "t_x": 0.0, "T": 5.0})
    with pytest.raises(ConvergenceError, match="NBD: none of the 10 customers bought again"):
        holdout.fit_all(nobody)


def test_a_model_that_failed_keeps_its_row_and_says_why():
    """Four customers are enough for the two parameters of the NBD, and for no other model."""
    four = pd.DataFrame({"x": [0, 1, 3, 9], "t_x": [0.0, 2.0, 9.0, 9.5], "T": 10.0})
    fits, table = holdout.fit_all(four)
    assert list(fits) == ["NBD"]
    assert table.loc["Pareto/NBD", "status"] == "not fitted"
    assert table.loc["Pareto/NBD", "message"] == (
        "Pareto/NBD has 4 parameters and was given 4 usable customers. "
        "Give a log with more customers; a few hundred are the least for useful estimates."
    )
    assert np.isnan(table.loc["Pareto/NBD", "log_likelihood"])


def test_the_parameters_of_all_fits_stand_in_one_table(crowd_fits):
    fits, _ = crowd_fits
    table = holdout.parameters(fits)
    assert table.index.names == ["model", "parameter"]
    assert table.loc[("BG/NBD", "alpha"), "estimate"] == fits["BG/NBD"].theta[1]
    assert len(table) == 2 + 3 * 4


def guesses(truth: pd.Series, **errors: float) -> dict[str, pd.Series]:
    """Predictions that miss the truth by normal errors of these sizes."""
    source = np.random.default_rng(21)
    return {name: truth + source.normal(0, size, len(truth)) for name, size in errors.items()}


def test_the_choice_is_the_lowest_aic_among_those_not_clearly_worse_on_the_holdout(crowd, crowd_fits):
    fits = {name: crowd_fits[0][name] for name in ("NBD", "BG/NBD")}
    assert fits["BG/NBD"].aic < fits["NBD"].aic
    truth = crowd["x_holdout"].astype(float)
    good, bad, best = guesses(truth, good=1.0, bad=3.0, best=0.1).values()
    for nbd, bg, chosen in ((good, good, "BG/NBD"), (good, bad, "NBD"), (bad, good, "BG/NBD")):
        predictions = {"NBD": nbd, "BG/NBD": bg, "mean rate": best}  # the last is no model
        assert holdout.choose(predictions, truth, fits, rng()) == chosen


def test_a_model_that_has_not_converged_is_chosen_only_when_none_has(crowd, crowd_fits):
    fits = {name: crowd_fits[0][name] for name in ("NBD", "BG/NBD")}
    truth = crowd["x_holdout"].astype(float)
    predictions = guesses(truth, **{"NBD": 3.0, "BG/NBD": 0.5})
    doubtful = Verdict("not identified", "", 1.0, 1e15, 1)
    weak = {name: dataclasses.replace(fit, verdict=doubtful) for name, fit in fits.items()}
    assert holdout.choose(predictions, truth, fits, rng()) == "BG/NBD"
    assert holdout.choose(predictions, truth, fits | {"BG/NBD": weak["BG/NBD"]}, rng()) == "NBD"
    assert holdout.choose(predictions, truth, weak, rng()) == "BG/NBD"


# Scores


def measured(guess, truth) -> pd.Series:
    index = [f"c{i}" for i in range(len(truth))]
    table = holdout.scores(
        {"guess": pd.Series(guess, index, dtype=float)}, pd.Series(truth, index), rng(), resamples=20
    )
    assert table["prediction"].unique().tolist() == ["guess"]
    return table.set_index("measure")["estimate"]


def test_the_measures_by_hand():
    guess, truth = [4.0, 1, 1, 0, 0, 0, 0, 0, 0, 0], [6, 0, 2, 0, 0, 0, 0, 0, 0, 0]
    got = measured(guess, truth)
    assert got.index.tolist() == MEASURES
    assert got["bias"] == pytest.approx(6 / 8 - 1)
    assert got["MAE"] == pytest.approx(4 / 10)
    assert got["RMSE"] == pytest.approx(np.sqrt(6 / 10))
    assert got["rank correlation"] == pytest.approx(stats.spearmanr(guess, truth).statistic)
    assert got["top-decile lift"] == pytest.approx((6 / 8) / 0.1)


def test_a_perfect_prediction_has_no_error():
    got = measured([5.0, 3, 0, 0, 1, 2, 0, 0, 7, 0], [5, 3, 0, 0, 1, 2, 0, 0, 7, 0])
    assert got.tolist() == pytest.approx([0, 0, 0, 1, 7 / 18 / 0.1])


def test_predicting_the_same_for_all_has_no_ranking_and_lifts_nothing():
    got = measured([2.0] * 10, range(10))
    assert np.isnan(got["rank correlation"])
    assert got["top-decile lift"] == pytest.approx(1)


def test_scores_do_not_depend_on_the_order_of_customers_or_on_other_predictions(crowd):
    rules, actual = holdout.naive_rules(crowd, 20.0), crowd["x_holdout"]
    order = np.random.default_rng(1).permutation(len(crowd))
    table = holdout.scores(rules, actual, rng(), resamples=10)
    shuffled = holdout.scores(
        {name: rule.iloc[order] for name, rule in rules.items()}, actual.iloc[order], rng(), resamples=10
    )
    np.testing.assert_allclose(shuffled["estimate"], table["estimate"], rtol=1e-12)
    alone = holdout.scores({"own past rate": rules["own past rate"]}, actual, rng(), resamples=10)
    same = table[table["prediction"] == "own past rate"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone, same)


def test_predictions_for_other_customers_are_refused(crowd):
    shifted = crowd["x"].astype(float).set_axis(crowd.index + 1)
    truth = crowd["x_holdout"]
    for ask in (
        lambda: holdout.scores({"good": crowd["x"], "prediction": shifted}, truth, rng(), resamples=2),
        lambda: holdout.differences({"good": crowd["x"], "prediction": shifted}, truth, "good", rng()),
        lambda: holdout.calibration(shifted, truth),
    ):
        with pytest.raises(SchemaError) as error:
            ask()
        assert str(error.value) == (
            'The prediction "prediction" is not on the same customers, in the same order, as the truth. '
            "Reindex it: prediction.reindex(actual.index)."
        )


def test_intervals_of_the_scores_hold_the_estimates(crowd, crowd_fits):
    fits, _ = crowd_fits
    predictions = {name: fit.conditional(crowd, 20.0) for name, fit in fits.items()}
    table = holdout.scores(predictions, crowd["x_holdout"], rng(), resamples=100)
    assert (table["low"] < table["estimate"]).all()
    assert (table["estimate"] < table["high"]).all()
    bias = table[(table["prediction"] == "BG/NBD") & (table["measure"] == "bias")].iloc[0]
    assert bias["low"] - 0.1 < 0 < bias["high"] + 0.1


def test_the_mae_interval_holds_the_truth_at_about_its_stated_rate():
    """Predicting 0 for standard exponential outcomes has a mean absolute error of 1."""
    source, inside = np.random.default_rng(12), 0
    for _ in range(120):
        truth = pd.Series(source.exponential(size=150))
        table = holdout.scores({"nothing": truth * 0.0}, truth, source, resamples=150).set_index("measure")
        inside += table.loc["MAE", "low"] <= 1 <= table.loc["MAE", "high"]
    assert stats.binom.ppf(1e-4, 120, 0.95) - 2 <= inside  # percentile intervals of 150 are a little narrow


def test_differences_are_those_of_the_scores_on_the_same_resamples(crowd):
    rules, actual = holdout.naive_rules(crowd, 20.0), crowd["x_holdout"]
    table = holdout.differences(rules, actual, "recency rule", rng(), resamples=100)
    assert table.index.tolist() == ["mean rate", "own past rate"]
    rmse = {name: np.sqrt(((rule - actual) ** 2).mean()) for name, rule in rules.items()}
    for name, row in table.iterrows():
        assert row["difference"] == pytest.approx(rmse[name] - rmse["recency rule"])
        assert row["low"] < row["difference"] < row["high"]


def test_a_prediction_does_not_differ_from_its_copy(crowd):
    guess = crowd["x"].astype(float)
    table = holdout.differences(
        {"one": guess, "other": guess}, crowd["x_holdout"], "one", rng(), resamples=20
    )
    assert table.loc["other"].tolist() == [0, 0, 0]


# Shares


def test_the_share_has_wilsons_interval():
    """Wilson (1927): the two solutions p of (share − p)² = z² p (1 − p) / n."""
    share, low, high = holdout.share_with_interval(pd.Series([True] * 7 + [False] * 33))
    z, n = stats.norm.ppf(0.975), 40
    roots = np.sort(np.roots([1 + z**2 / n, -(2 * share + z**2 / n), share**2]))
    assert share == 7 / 40
    assert (low, high) == pytest.approx(tuple(roots))


def test_a_share_of_nothing_stays_between_0_and_1():
    for happened in ([False] * 12, [True] * 12):
        share, low, high = holdout.share_with_interval(pd.Series(happened))
        assert -1e-12 <= low <= share + 1e-12
        assert share - 1e-12 <= high <= 1 + 1e-12
        assert high - low > 0.1


def test_returning_counts_earlier_customers_who_buy_in_each_quarter(cdnow_log):
    table = tracking.returning(cdnow_log)
    assert table.index.tolist() == [3, 4]
    assert table["customers"].tolist() == [2357, 2357]  # all of them joined in the first quarter
    assert (table["low"] < table["share"]).all()
    assert (table["share"] < table["high"]).all()
    bought = cdnow_log.purchases()
    start, end = cdnow_log.day_at(0.75), cdnow_log.day_at(1.0)
    last = bought[(bought["date"] > str(start)) & (bought["date"] <= str(end))]
    assert table.loc[4, "share"] == pytest.approx(last["customer_id"].nunique() / 2357)


# Calibration


def test_calibration_groups_customers_by_prediction():
    predicted = pd.Series(np.arange(40.0))[::-1]
    actual = predicted * 20
    table = holdout.calibration(predicted, actual, groups=4)
    assert table.index.tolist() == [1, 2, 3, 4]
    assert table["customers"].tolist() == [10] * 4
    assert table["predicted"].tolist() == [4.5, 14.5, 24.5, 34.5]
    assert table["actual"].tolist() == [90, 290, 490, 690]
    half = stats.t.ppf(0.975, 9) * np.std(np.arange(0, 200, 20), ddof=1) / np.sqrt(10)
    np.testing.assert_allclose(table["low"], table["actual"] - half)
    np.testing.assert_allclose(table["high"], table["actual"] + half)


def test_a_group_in_which_nobody_bought_has_the_exact_interval_of_a_poisson_count():
    table = holdout.calibration(pd.Series(np.arange(40.0)), pd.Series([0.0] * 39 + [1.0]), groups=2)
    assert table["low"].tolist() == [0, 0]
    assert table.loc[1, "high"] == pytest.approx(-np.log(0.025) / 20)  # e^(−20 · high) = .025


def test_equal_predictions_share_a_group_and_no_customer_is_lost():
    predicted = pd.Series([1.0] * 25 + [2.0] * 25 + list(range(3, 53)))
    table = holdout.calibration(predicted, predicted * 0 + 1)
    assert table["customers"].sum() == 100
    assert table["predicted"].is_monotonic_increasing
    assert table.loc[1, ["customers", "predicted"]].tolist() == [25, 1]


def test_predictions_that_are_all_equal_make_one_group():
    table = holdout.calibration(pd.Series([1.0] * 40), pd.Series(np.arange(40.0)))
    assert table["customers"].tolist() == [40]
    assert table.loc[1, ["predicted", "actual"]].tolist() == [1, 19.5]


def test_two_values_of_a_prediction_make_two_groups():
    table = holdout.calibration(pd.Series([1.0] * 30 + [2.0] * 10), pd.Series([0.0] * 30 + [5.0] * 10))
    assert table["customers"].tolist() == [30, 10]
    assert table["actual"].tolist() == [0, 5]


def test_a_true_model_is_calibrated(crowd):
    theta = (0.8, 6.0, 0.9, 2.5)
    columns = (crowd[name].to_numpy(float) for name in ("x", "t_x", "T"))
    predicted = pd.Series(BGNBD().conditional(theta, 20.0, *columns), crowd.index)
    table = holdout.calibration(predicted, crowd["x_holdout"], level=0.9999)
    assert ((table["low"] <= table["predicted"]) & (table["predicted"] <= table["high"])).all()


def test_means_by_frequency_by_hand():
    people = pd.DataFrame({"x": [0, 0, 1, 7, 12], "x_holdout": [1, 0, 3, 4, 8]})
    table = holdout.by_frequency(pd.Series([0.5, 0.5, 2.0, 5.0, 7.0]), people)
    assert table.index.tolist() == ["0", "1", "7+"]
    assert table["actual"].tolist() == [0.5, 3, 6]
    assert table["predicted"].tolist() == [0.5, 2, 6]
    assert table["customers"].tolist() == [2, 1, 2]


# Tracking


def known_fit(model, *theta) -> "holdout.AttritionFit":
    """A fit whose parameters are known for certain."""
    k = len(theta)
    return model.result(
        model=model, theta=np.array(theta), cov=np.zeros((k, k)), cov_used=np.zeros((k, k)), loglik=0.0, n=3,
        unit="week", verdict=Verdict("converged", "", 0.0, 1.0, 1),
    )  # fmt: skip


def test_the_tracking_curve_is_the_expectation_of_new_customers_and_then_the_count_and_what_is_to_come():
    people = pd.DataFrame({"x": [1, 0, 2], "t_x": [1.0, 0.0, 5.0], "T": [10.0, 10.0, 6.0]})
    table = tracking.tracking(known_fit(NBD(), 2.0, 8.0), people, 10.0, 20, rng(), draws=2000)
    weeks = np.arange(1, 21)
    assert table.index.tolist() == weeks.tolist()
    past = 2 / 8 * (2 * weeks + np.clip(weeks - 4, 0, None))  # two from the first week, one from the fifth
    np.testing.assert_allclose(table["expected"][:10], past[:10])
    rate = (2 + 1) / (8 + 10) + (2 + 0) / (8 + 10) + (2 + 2) / (8 + 6)
    np.testing.assert_allclose(table["expected"][10:], 3 + rate * (weeks[10:] - 10))
    assert table.loc[:10, ["low", "high"]].isna().all(axis=None)
    assert (table.loc[11:, "low"] <= table.loc[11:, "expected"]).all()
    assert (table.loc[11:, "expected"] <= table.loc[11:, "high"]).all()
    # given its history the count of each in 10 weeks is negative binomial
    counts = sum(
        stats.nbinom(shape, scale / (scale + 10)).rvs(50_000, random_state=shape)
        for shape, scale in ((3, 18), (2, 18), (4, 14))
    )
    assert abs(table.loc[20, "high"] - 3 - np.quantile(counts, 0.975)) <= 1
    assert abs(table.loc[20, "low"] - 3 - np.quantile(counts, 0.025)) <= 1


@pytest.mark.parametrize("name", ATTRITION)
def test_the_band_of_the_tracking_curve_holds_what_is_counted(name):
    model = ATTRITION[name]
    theta = (0.8, 6.0) if name == "NBD" else (0.8, 6.0, 0.9, 2.5)
    source, inside = np.random.default_rng(15), 0
    for _ in range(25):
        people = model.simulate(theta, 30.0, source, n=150, t=20.0)
        table = tracking.tracking(known_fit(model, *theta), people, 30.0, 50, source, draws=100)
        count = people["x"].sum() + people["x_holdout"].sum()
        inside += table.loc[50, "low"] <= count <= table.loc[50, "high"]
    assert stats.binom.ppf(1e-4, 25, 0.95) <= inside


def test_the_curve_speaks_of_whole_periods_also_when_calibration_ends_within_one():
    people = pd.DataFrame({"x": [1, 0], "t_x": [1.0, 0.0], "T": [10.5, 10.5]})
    table = tracking.tracking(known_fit(NBD(), 2.0, 8.0), people, 10.5, 12, rng(), draws=50)
    assert table["low"].notna().tolist() == [False] * 10 + [True] * 2
    rate = (2 + 1) / (8 + 10.5) + 2 / (8 + 10.5)
    assert table.loc[11, "expected"] == pytest.approx(1 + rate * 0.5)


def test_a_summary_in_another_unit_cannot_be_tracked(cdnow_log, cdnow_fits):
    with pytest.raises(SchemaError, match="fitted to ages in weeks, but this summary has ages in days"):
        tracking.tracking(cdnow_fits["BG/NBD"], cdnow_log.summary(unit="day"), 273.0, 300, rng())
