"""Judging models at rolling origins: rules and measures by hand, worlds whose truth is known, and no look ahead."""

import io

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from scipy import stats

from crmtheory import holdout, transactions
from crmtheory.errors import DomainError, SchemaError
from crmtheory.evaluation import MEASURES, RULES, evaluate
from crmtheory.evaluation.measures import measures, resampled
from crmtheory.evaluation.origins import Origin
from crmtheory.models import ATTRITION, BGNBD, NBD, GammaGamma, Verdict
from crmtheory.plots import evaluation as figure
from crmtheory.plots.labels import label
from crmtheory.plots.style import BLUE, GREY

TRUTH = (0.8, 60.0, 0.9, 2.5)  # BG/NBD, in days


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def log_of(days: dict) -> transactions.Transactions:
    """A log from the purchase days (numbers) of each customer."""
    rows = [
        (who, pd.Timestamp("2020-01-01") + pd.Timedelta(days=int(d)))
        for who, when in days.items()
        for d in when
    ]
    return transactions.read(pd.DataFrame(rows, columns=["customer", "date"]), amount=None)


def world(n: int, source: np.random.Generator, joined: int = 60, end: int = 400) -> dict:
    """Purchase days of BG/NBD customers; those of one day are one purchase."""
    born, zero = source.integers(0, joined, n).astype(float), np.zeros(n)
    born[0] = 0
    who, when, _ = BGNBD().future(TRUTH, end - 1 - born, zero, zero, zero, source)
    bought = {i: [int(born[i])] for i in range(n)}
    for i, time in zip(who, when, strict=True):
        bought[i].append(int(np.ceil(born[i] + time)))
    bought[0].append(end)
    return bought


class Known(BGNBD):
    """A BG/NBD that is told its parameters (in days) instead of learning them."""

    theta = TRUTH

    def fit(self, summary, unit=None, *, weights=None, robust=False):
        k = np.zeros((4, 4))
        sure = Verdict("converged", "", 0.0, 1.0, 1)
        return self.result(
            model=self,
            theta=np.array(self.theta),
            cov=k,
            loglik=0.0,
            n=len(summary),
            unit="day",
            verdict=sure,
        )


class Silent(NBD):
    """A model whose probabilities of counts are not written yet."""

    def pmf_alive(self, *_):
        raise NotImplementedError


@pytest.fixture(scope="module")
def cdnow_judged(cdnow_log):
    return evaluate(None, cdnow_log, rng(), resamples=60)


def estimates(judged, origin: str = "all") -> pd.DataFrame:
    rows = judged.table[judged.table["origin"] == origin]
    return rows.pivot(index="prediction", columns="measure", values="estimate")


# Rules and measures by hand

FIVE = {
    "A": [0, 5, 25, 28, 35, 40],
    "B": [0, 10],
    "C": [24, 33],
    "D": [10, 22],
    "E": [35],  # not known at the origin, day 30
}


def test_the_rules_by_hand():
    """Origin at day 30 with ten days to come: known are A, B, C, D with x = 3, 1, 0, 1 and T = 30, 30, 6, 20."""
    judged = evaluate([], log_of(FIVE), rng(), origins=1, horizon=10, unit="day", resamples=20)
    assert judged.origins == ("2020-01-31",)
    table = judged.calibration
    mean, last, recent = (table.loc[rule] for rule in RULES)
    assert mean["predicted"].tolist() == pytest.approx([10 * 5 / 86])
    assert mean[["customers", "actual"]].to_numpy().tolist() == [[4, 0.75]]
    # in days 21 to 30: B none; C once, for the first time; D once; A twice
    assert last[["customers", "predicted", "actual"]].to_numpy().tolist() == [
        [1, 0, 0],
        [2, 1, 0.5],
        [1, 2, 2],
    ]
    # B and C: no purchase in the later half of their time; D 1 in 20 days, A 3 in 30
    assert recent["customers"].tolist() == [2, 1, 1]
    assert recent["predicted"].tolist() == pytest.approx([0, 0.5, 1])


def test_the_measures_by_hand():
    judged = evaluate([], log_of(FIVE), rng(), origins=1, horizon=10, unit="day", resamples=20)
    got = estimates(judged, "2020-01-31").loc["last period repeats"]  # says 2, 0, 1, 1; came 2, 0, 1, 0
    assert got["MAE"] == 0.25
    assert got["RMSE"] == 0.5
    assert got["bias"] == pytest.approx(1 / 3)
    assert got["rank correlation"] == pytest.approx(stats.spearmanr([2, 0, 1, 1], [2, 0, 1, 0]).statistic)
    assert got["top-decile lift"] == pytest.approx(0.4 * 2 / (0.1 * 3))  # the tenth of four is .4 of A
    assert got["calibration error"] == pytest.approx(1 / 3)  # only C and D together got one too many
    assert np.isnan(got["log score"])
    pd.testing.assert_frame_equal(
        estimates(judged), estimates(judged, "2020-01-31")
    )  # there is one origin only


def test_the_log_score_is_the_mean_log_of_the_probability_of_what_came(cdnow_log):
    judged = evaluate([NBD()], cdnow_log, rng(), origins=1, horizon="39 weeks", resamples=2)
    summary = cdnow_log.summary("week", judged.origins[0])
    r, alpha = NBD().fit(summary).theta
    age = summary["T"]  # given x the count of the next 39 weeks is negative binomial
    p = stats.nbinom(r + summary["x"], (alpha + age) / (alpha + age + 39)).pmf(summary["x_holdout"])
    assert estimates(judged).loc["NBD", "log score"] == pytest.approx(np.log(p).mean(), rel=1e-9)


def test_measures_of_one_origin_are_those_of_a_single_split(cdnow_log, cdnow_judged):
    day, until = cdnow_judged.origins[0], cdnow_judged.origins[1]
    summary = cdnow_log.summary("week", day, until)
    predictions = {
        name: model.fit(summary).conditional(summary, cdnow_judged.horizon)
        for name, model in ATTRITION.items()
    }
    known = holdout.scores(predictions, summary["x_holdout"], rng(), resamples=2)
    known = known.pivot(index="prediction", columns="measure", values="estimate")
    got = estimates(cdnow_judged, day).loc[known.index, known.columns]
    pd.testing.assert_frame_equal(got, known, rtol=1e-9)


def test_weights_count_like_repeated_customers():
    """What the resamples rest on: a weight of 3 is the same as three equal customers."""
    source = rng()
    predicted, actual = source.integers(0, 9, 40) / 4, source.poisson(1.0, 40).astype(float)
    one = np.ones(40)
    origin = Origin("d", pd.Series(range(40)), one, actual, {"p": predicted}, {"p": -predicted}, [])
    weights = source.integers(0, 4, (5, 40)).astype(float)
    for w, got in zip(weights, measures([origin], "p", weights), strict=True):
        index = np.repeat(np.arange(40), w.astype(int))
        sample = holdout.scores(
            {"p": pd.Series(predicted[index])}, pd.Series(actual[index]), rng(), resamples=1
        ).set_index("measure")["estimate"]
        got = dict(zip(MEASURES, got, strict=True))
        for measure, value in sample.items():
            assert got[measure] == pytest.approx(value), measure
        assert got["log score"] == pytest.approx(-predicted[index].mean())


def test_over_all_origins_a_customer_counts_once_at_each(cdnow_log, cdnow_judged):
    by_origin = [estimates(cdnow_judged, day) for day in cdnow_judged.origins]
    n = np.array([len(cdnow_log.summary("week", day)) for day in cdnow_judged.origins])
    bought = []
    for day, until in zip(cdnow_judged.origins, [*cdnow_judged.origins[1:], "1998-06-30"], strict=True):
        bought.append(cdnow_log.summary("week", day, until)["x_holdout"].sum())
    everything = estimates(cdnow_judged)
    for measure in ("MAE", "log score", "rank correlation"):
        mean = sum(k * part[measure] for k, part in zip(n, by_origin, strict=True)) / n.sum()
        pd.testing.assert_series_equal(everything[measure], mean)
    square = sum(k * part["RMSE"] ** 2 for k, part in zip(n, by_origin, strict=True)) / n.sum()
    pd.testing.assert_series_equal(everything["RMSE"] ** 2, square)
    for measure in ("top-decile lift", "bias"):
        weighted = sum(b * part[measure] for b, part in zip(bought, by_origin, strict=True)) / sum(bought)
        pd.testing.assert_series_equal(everything[measure], weighted)


def test_resamples_draw_a_customer_with_all_origins():
    """Five customers, three of them known at the first origin already; each has a pattern of its own."""
    early, late = (
        Origin("d", pd.Series(range(len(who)), list(who)), np.ones(len(who)), np.ones(len(who)), {}, {}, [])
        for who in ("bde", "abcde")
    )
    weights = np.concatenate(list(resampled([early, late], rng(), 50)))
    assert weights.shape == (50, 8)
    np.testing.assert_array_equal(weights[:, :3], weights[:, [4, 6, 7]])
    assert (weights[:, 3:].sum(axis=1) == 5).all()
    assert weights.std() > 0.5


def test_the_calibration_error_is_that_of_the_tenths(cdnow_judged):
    for name, tenths in cdnow_judged.calibration.groupby(level="prediction"):
        gap = (tenths["customers"] * (tenths["predicted"] - tenths["actual"]).abs()).sum()
        error = gap / (tenths["customers"] * tenths["actual"]).sum()
        assert estimates(cdnow_judged).loc[name, "calibration error"] == pytest.approx(error)


def test_the_table_is_tidy_and_complete(cdnow_judged):
    table = cdnow_judged.table
    columns = ["origin", "prediction", "kind", "measure", "estimate", "low", "high", "customers", "reason"]
    assert table.columns.tolist() == columns
    assert table["origin"].unique().tolist() == ["1997-05-18", "1997-10-01", "1998-02-14", "all"]
    assert table["prediction"].unique().tolist() == [*ATTRITION, *RULES]
    assert len(table) == 4 * 7 * len(MEASURES)
    assert (table["estimate"].isna() == (table["reason"] != "")).all()
    found = table.dropna()
    lifted = found[(found["measure"] != "calibration error") & (found["prediction"] != "mean rate")]
    assert ((lifted["low"] < lifted["estimate"]) & (lifted["estimate"] < lifted["high"])).all()
    assert repr(cdnow_judged) == (
        "<Evaluation of NBD, BG/NBD, MBG/NBD, Pareto/NBD, mean rate, last period repeats, recency rule; "
        "origins 1997-05-18, 1997-10-01, 1998-02-14, each for 19.4286 weeks>"
    )


def test_the_last_horizon_ends_with_the_log_and_horizons_do_not_overlap(cdnow_judged):
    days = pd.to_datetime([*cdnow_judged.origins, "1998-06-30"])
    assert set(np.diff(days)) == {np.timedelta64(136, "D")}  # a quarter of 545 days
    assert cdnow_judged.horizon == 136 / 7


# Worlds whose truth is known


def test_the_model_that_made_the_customers_scores_best_and_is_calibrated():
    off = type("Off", (Known,), {"theta": (0.8, 40.0, 0.9, 2.5)})()
    judged = evaluate(
        {"true": Known(), "off": off, "NBD": NBD()}, log_of(world(3000, rng())), rng(), unit="day"
    )
    table = estimates(judged)
    assert table["log score"].idxmax() == "true"
    assert table["RMSE"].idxmin() == "true"
    assert table.loc["true", "calibration error"] < 0.08
    rows = judged.table.set_index(["origin", "prediction", "measure"])
    for origin in (*judged.origins, "all"):
        bias = rows.loc[(origin, "true", "bias")]
        assert bias["low"] < 0 < bias["high"]
    assert rows.loc[("all", "off", "bias"), "low"] > 0
    gain = judged.gain[judged.gain["origin"] == "all"].set_index(["measure", "prediction"])
    assert gain.loc[("RMSE", "true"), "low"] > 0  # clearly better than the best rule
    assert set(gain.loc["log score", "against"]) == {"true"}
    assert (gain.loc["log score", "high"] < 0).all()  # the others are clearly worse than the first


def test_the_interval_of_the_bias_over_all_origins_holds_0_at_about_its_stated_rate():
    source, inside = np.random.default_rng(5), 0
    for _ in range(20):
        log = log_of(world(200, source))
        judged = evaluate([Known()], log, source, unit="day", horizon=90, resamples=100, level=0.9)
        row = judged.table.set_index(["origin", "prediction", "measure"]).loc[("all", "BG/NBD", "bias")]
        inside += row["low"] <= 0 <= row["high"]
    assert stats.binom.ppf(1e-3, 20, 0.9) - 1 <= inside  # percentile intervals of ratios are a little narrow


def test_the_gain_is_the_difference_to_the_rule_that_does_best(cdnow_judged):
    for origin in (*cdnow_judged.origins, "all"):
        table = estimates(cdnow_judged, origin)
        gains = cdnow_judged.gain[cdnow_judged.gain["origin"] == origin].set_index("measure")
        rules = table.loc[list(RULES)]
        for measure, best in (("RMSE", "idxmin"), ("MAE", "idxmin"), ("top-decile lift", "idxmax")):
            against = getattr(rules[measure], best)()
            sign = 1 if best == "idxmax" else -1
            rows = gains.loc[measure].set_index("prediction")
            assert set(rows["against"]) == {against}
            known = sign * (table[measure] - table.loc[against, measure]).loc[list(ATTRITION)]
            assert rows["estimate"].tolist() == pytest.approx(known.tolist())
            assert (rows["low"] <= rows["estimate"]).all()
            assert (rows["estimate"] <= rows["high"]).all()


def test_a_paired_difference_is_surer_than_the_scores_it_comes_from(cdnow_judged):
    gain = cdnow_judged.gain.set_index(["origin", "measure", "prediction"]).loc[
        ("all", "log score", "BG/NBD")
    ]
    row = cdnow_judged.table.set_index(["origin", "measure", "prediction"]).loc[
        ("all", "log score", "BG/NBD")
    ]
    assert gain["high"] - gain["low"] < 0.6 * (row["high"] - row["low"])


# Nothing leaks


def test_what_comes_after_a_horizon_changes_nothing_at_its_origin():
    bought = world(400, rng())
    later = {
        who: [d for d in days if d <= 200] + [d for d in (333, 377) if who % 3]
        for who, days in bought.items()
    }
    later[0].append(400)
    later |= {who: [250, 260] for who in range(1000, 1100)}
    first, other = (evaluate([NBD(), BGNBD()], log_of(days), rng(), unit="day") for days in (bought, later))
    assert first.origins == other.origins
    day = first.origins[0]
    assert day == "2020-04-10"  # day 100, so that its horizon ends on day 200
    for name in ("table", "gain", "fits"):
        mine, theirs = (
            table[table["origin"] == day] for table in (getattr(first, name), getattr(other, name))
        )
        pd.testing.assert_frame_equal(mine, theirs)
    assert not first.table.equals(other.table)


def test_what_comes_in_the_horizon_changes_no_prediction():
    bought = world(400, rng())
    other = {who: [d for d in days if d <= 300] + [350] * (who % 2) for who, days in bought.items()}
    other[0].append(400)
    first, second = (
        evaluate([NBD(), BGNBD()], log_of(d), rng(), unit="day", origins=1) for d in (bought, other)
    )
    assert first.origins == ("2020-10-27",)  # day 300
    pd.testing.assert_frame_equal(first.fits, second.fits)
    columns = ["customers", "predicted"]
    pd.testing.assert_frame_equal(first.calibration[columns], second.calibration[columns])
    assert not first.calibration["actual"].equals(second.calibration["actual"])


def test_neither_the_order_of_rows_nor_the_names_of_customers_matter():
    bought = world(300, rng())
    backwards = {who: days[::-1] for who, days in reversed(bought.items())}
    renamed = {1000 - who: days for who, days in bought.items()}
    first, same, other = (
        evaluate([NBD()], log_of(days), rng(), unit="day", resamples=30)
        for days in (bought, backwards, renamed)
    )
    pd.testing.assert_frame_equal(first.table, same.table)
    np.testing.assert_allclose(other.table["estimate"], first.table["estimate"], rtol=1e-6)


def test_the_same_seed_gives_the_same_intervals_and_a_prediction_does_not_depend_on_its_rivals(cdnow_log):
    one, again = (evaluate([NBD()], cdnow_log, rng(), resamples=20) for _ in range(2))
    pd.testing.assert_frame_equal(one.table, again.table)
    two = evaluate({"NBD": NBD(), "other": Silent()}, cdnow_log, rng(), resamples=20)
    rows = two.table[two.table["prediction"] != "other"].reset_index(drop=True)
    pd.testing.assert_frame_equal(rows, one.table)


# What fails


def once_again() -> dict:
    """Nobody buys again before day 200."""
    days = {i: [i % 50] for i in range(60)} | {i: [i % 50, 200 + i, 300] for i in range(60, 90)}
    return days | {99: [0, 400]}


def test_a_model_that_cannot_be_fitted_keeps_its_rows_with_the_reason():
    judged = evaluate([NBD()], log_of(once_again()), rng(), unit="day", resamples=20)
    why = (
        "NBD: none of the 91 customers bought again, so nothing can be said about the rate of buying. "
        "Choose a longer calibration period, or check that the customer column identifies people and not orders."
    )
    rows = judged.table[judged.table["prediction"] == "NBD"].set_index("origin")
    assert rows.loc["2020-04-10", "estimate"].isna().all()
    assert set(rows.loc["2020-04-10", "reason"]) == {why}
    assert rows.loc["2020-10-27", "estimate"].notna().all()
    assert rows.loc["all", "estimate"].isna().all()
    assert set(rows.loc["all", "reason"]) == {"Not fitted at 2020-04-10."}
    fits = judged.fits.set_index("origin")
    assert fits["status"].tolist()[0] == "not fitted"
    assert fits["message"].tolist()[0] == why
    assert "NBD" not in judged.calibration.index
    assert judged.gain.query("origin == 'all'")["estimate"].isna().all()


def test_what_has_no_estimate_says_why(cdnow_log):
    judged = evaluate([Silent()], cdnow_log, rng(), resamples=5)
    reasons = judged.table.set_index(["origin", "prediction", "measure"])["reason"]
    same = "All customers have the same prediction, or the same purchases."
    for origin in (*judged.origins, "all"):
        assert reasons[(origin, "mean rate", "rank correlation")] == same
        assert reasons[(origin, "NBD", "log score")] == "It gives no probabilities."
        assert reasons[(origin, "NBD", "RMSE")] == ""


def test_a_horizon_in_which_nobody_bought_leaves_errors_but_no_ratios():
    days = {i: [i % 30, 30 + i % 60] for i in range(50)}
    days[0].append(400)  # the last day of the log, in the last horizon
    judged = evaluate([NBD()], log_of(days), rng(), unit="day", resamples=5)
    rows = judged.table.query("origin == '2020-07-19' and prediction == 'NBD'").set_index("measure")
    assert rows.loc[["MAE", "RMSE", "log score"], "estimate"].notna().all()
    for measure in ("bias", "rank correlation", "top-decile lift", "calibration error"):
        assert np.isnan(rows.loc[measure, "estimate"])
        assert rows.loc[measure, "reason"] == "Nobody bought in the horizon."


def test_a_log_that_is_too_short_is_refused_with_the_next_step(cdnow_log):
    with pytest.raises(DomainError) as error:
        evaluate(None, cdnow_log, rng(), horizon="26 weeks")
    assert str(error.value) == (
        "The log is too short: 3 origins with a horizon of 182 days need 637 days, half a horizon before the first "
        "origin and one after each; it has 545, from 1997-01-01 to 1998-06-30. "
        "Take a horizon of at most 155 days or origins=2."
    )
    assert len(evaluate([], cdnow_log, rng(), horizon=155, unit="day", resamples=1).origins) == 3
    assert len(evaluate([], cdnow_log, rng(), horizon="26 weeks", origins=2, resamples=1).origins) == 2
    with pytest.raises(DomainError) as error:
        evaluate(None, log_of({1: [0, 1], 2: [0]}), rng(), origins=1)
    assert str(error.value) == (
        "The log is too short: 1 origin with a horizon of 1 days need 2 days, half a horizon before the first "
        "origin and one after each; it has 1, from 2020-01-01 to 2020-01-02. Take a longer log."
    )


def test_when_the_past_is_shorter_than_the_horizon_the_last_period_is_all_of_it():
    judged = evaluate([], log_of(FIVE), rng(), origins=1, horizon=25, unit="day", resamples=5)
    assert judged.origins == ("2020-01-16",)  # day 15: A bought on days 0 and 5, B on 0 and 10, D on 10
    last = judged.calibration.loc["last period repeats"]
    assert last[["customers", "predicted"]].to_numpy().tolist() == [[1, 1], [2, 2]]


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (
            {"horizon": 0},
            DomainError,
            'A horizon has at least one day and an end, such as "13 weeks", unlike 0.',
        ),
        (
            {"horizon": "inf"},
            DomainError,
            "A horizon has at least one day and an end, such as \"13 weeks\", unlike 'inf'.",
        ),
        ({"origins": 0}, SchemaError, "origins must be a whole number of 1 or more, not 0."),
        ({"resamples": 2.5}, SchemaError, "resamples must be a whole number of 1 or more, not 2.5."),
        ({"level": 95}, SchemaError, "level must lie between 0 and 1, such as 0.95, not 95."),
        (
            {"models": [NBD(), NBD()]},
            SchemaError,
            'More than one prediction is called "NBD". Give the models in a mapping, each under a name of its own.',
        ),
        (
            {"models": {"mean rate": NBD()}},
            SchemaError,
            'More than one prediction is called "mean rate". '
            "Give the models in a mapping, each under a name of its own.",
        ),
        (
            {"models": [GammaGamma()]},
            SchemaError,
            "Models of purchases were expected, such as BGNBD(), not GammaGamma(). "
            "Fitted models are not wanted either: each is fitted anew at every origin.",
        ),
        (
            {"log": pd.DataFrame()},
            SchemaError,
            "A log of purchases was expected, as transactions.read gives it, not DataFrame.",
        ),
    ],
)
def test_wrong_arguments_are_named(cdnow_log, arguments, kind, message):
    arguments = {"models": None, "log": cdnow_log} | arguments
    with pytest.raises(kind) as error:
        evaluate(arguments.pop("models"), arguments.pop("log"), rng(), **arguments)
    assert str(error.value) == message


# The figure


def test_the_figure_shows_every_estimate_of_the_table_in_the_colour_of_its_kind(cdnow_judged):
    table = cdnow_judged.table
    panels = figure.scores(table)
    assert [ax.get_xlabel().split("\n")[0] for ax in panels] == [
        "RMSE (purchases per customer)",
        "top-decile lift (1: as the average)",
        "log score (per customer)",
    ]
    assert [text.get_text() for text in panels[0].get_yticklabels()] == [*ATTRITION, *RULES]
    for ax, measure in zip(panels, figure.SHOWN, strict=True):
        rows = table[(table["measure"] == measure) & table["estimate"].notna()]
        points = [line for line in ax.lines if line.get_marker() not in ("None", None, "")]
        assert sorted(line.get_xdata()[0] for line in points) == pytest.approx(sorted(rows["estimate"]))
        for line in points:
            name = [*ATTRITION, *RULES][round(float(line.get_ydata()[0]))]
            assert to_hex(line.get_color()) == (GREY if name in RULES else BLUE)
    assert [text.get_text() for text in panels[2].texts] == ["gives no probabilities"] * 3
    drawn = panels[0].figure
    legend = [text.get_text() for text in drawn.legends[0].get_texts()]
    origins = [f"origin {day}" for day in cdnow_judged.origins]
    assert legend == [*origins, "all origins", "model", "rule of thumb"]
    drawn.savefig(io.BytesIO())
    below = drawn.legends[0].get_window_extent()
    assert all(ax.get_window_extent().y0 > below.y1 for ax in panels)  # no legend over the data


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_can_be_drawn(cdnow_judged, measure):
    ax = figure.score(cdnow_judged.table, measure)
    assert ax.get_xlabel() == label(measure, "en")
    assert figure.score(cdnow_judged.table, measure, ax) is ax


def test_an_unknown_measure_or_language_is_refused(cdnow_judged):
    with pytest.raises(SchemaError, match=r'There is no measure "RSME"\. Did you mean "RMSE"\?'):
        figure.score(cdnow_judged.table, "RSME")
    with pytest.raises(SchemaError, match='There is no language "xx"'):
        figure.score(cdnow_judged.table, "RMSE", lang="xx")


def test_the_caption_says_what_the_table_says():
    rows = [
        ("all", "A", "model", "RMSE", 0.9), ("all", "A", "model", "log score", -0.7),
        ("all", "B", "model", "RMSE", np.nan), ("all", "rule", "rule", "RMSE", 1.25),
        ("2020-01-01", "A", "model", "RMSE", 0.9),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["origin", "prediction", "kind", "measure", "estimate"])
    table = table.assign(low=table["estimate"] - 0.1, high=table["estimate"] + 0.1, customers=1234, reason="")
    table.loc[2, "reason"] = "Not fitted at 2020-01-01."
    gain = pd.DataFrame(
        {"origin": "all", "prediction": ["A"], "measure": "RMSE", "against": "rule", "estimate": 0.35}
    ).assign(low=0.2, high=0.5)
    start = (
        "Models (blue) and rules of thumb (grey) judged at 1 date (2020-01-01): each learns from what was known then "
        "and predicts the next 13 weeks. 1,234 customers, 95% intervals. Best RMSE over all: A, 0.900 [0.800, 1.000]. "
        "Best log score over all: A, −0.700 [−0.800, −0.600]. The RMSE of A is "
    )
    end = " Not fitted at every date: B."
    assert figure.caption(table, gain, "13 weeks") == (
        start + "lower than that of the best rule, rule: a difference of −0.350 [−0.500, −0.200]." + end
    )
    for low, high, words in ((0.2, 0.5, "lower than"), (-0.1, 0.5, "not clearly different from")):
        assert f"is {words} that" in figure.caption(table, gain.assign(low=low, high=high), "13 weeks")
    worse = gain.assign(estimate=-0.3, low=-0.5, high=-0.1)
    assert (
        "is higher than that of the best rule, rule: a difference of 0.300 [0.100, 0.500]."
        in figure.caption(table, worse, "13 weeks")
    )
