"""Very many customers: what takes the place of a bootstrap of all of them gives the same answers.

The numbers from which that happens are lowered here, so that the plain way can be taken on the same data.
"""

from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmtheory import (
    assumptions,
    chapter_data,
    claims,
    concentration,
    evaluation,
    holdout,
    large,
    peer,
    relationship,
    simulate,
    transactions,
    value,
)
from crmtheory import tracking as following
from crmtheory.claims.resampling import bootstrap
from crmtheory.concentration import intervals
from crmtheory.models import BGNBD, NBD, GammaGamma, ParetoNBD
from crmtheory.value import crowd

N = 3000
THETA = (0.55, 10.6, 0.61, 11.7)


@pytest.fixture
def many(monkeypatch):
    """From 1,000 customers on there are very many, and 1,500 of them are resampled."""

    def start():
        monkeypatch.setattr(large, "LARGE", 1000)
        monkeypatch.setattr(large, "SAMPLE", 1500)
        for module in (holdout, assumptions, concentration.rankings, crowd):
            monkeypatch.setattr(module, "LARGE", 1000)

    return start


@pytest.fixture(scope="module")
def people():
    rng = np.random.default_rng(1)
    table = ParetoNBD().simulate(THETA, rng.uniform(20, 39, N), rng, t=39.0)
    table["m"] = GammaGamma().simulate((6.25, 3.74, 15.44), table["x"], rng)
    return table.assign(T_holdout=39.0)


@pytest.fixture(scope="module")
def log():
    frame, _ = simulate.customers_log(
        ParetoNBD(),
        (0.8, 8, 0.6, 12),
        N,
        np.random.default_rng(1),
        start="2023-01-01",
        acquisition_end="2023-06-30",
        end="2023-12-31",
        spend=GammaGamma(),
        spend_theta=(6, 4, 16),
        by_day=True,
    )
    return transactions.read(frame)


def rng():
    return np.random.default_rng(7)


def width(table):
    return np.asarray(table["high"] - table["low"], float)


def test_few_customers_are_all_resampled_and_of_many_a_sample_without_repetition():
    assert large.drawn(large.LARGE - 1, rng()) is None
    rows = large.drawn(large.LARGE, rng())
    assert len(np.unique(rows)) == large.SAMPLE
    assert rows.min() >= 0
    assert rows.max() < large.LARGE


def test_the_interval_of_a_mean_of_many_is_that_of_all_and_not_of_those_resampled():
    values = rng().exponential(size=large.LARGE)
    estimate, low, high = bootstrap(lambda rows: float(values[rows].mean()), len(values), rng())
    assert estimate == values.mean()
    exact = 2 * stats.norm.ppf(0.975) * values.std() / np.sqrt(len(values))
    assert high - low == pytest.approx(exact, rel=0.1)
    assert low < estimate < high


def test_epsilon_squared_of_many_has_the_interval_of_a_full_bootstrap(many):
    stage = rng().choice(["new", "active", "lost"], N)
    spend = rng().gamma(1.0, size=N) * np.where(stage == "lost", 0.5, 1.0)
    table = pd.DataFrame({"stage": stage, "next_spend": spend})
    plain = claims.test("LIF-1", table)
    many()
    quick = claims.test("LIF-1", table)
    assert quick.theta == plain.theta
    assert quick.high - quick.low == pytest.approx(plain.high - plain.low, rel=0.25)
    assert quick.low == pytest.approx(plain.low, abs=0.3 * (plain.high - plain.low))


def test_grouped_values_keep_customers_total_and_the_largest_values(monkeypatch):
    monkeypatch.setattr(intervals, "GROUPS", 100)
    monkeypatch.setattr(intervals, "OWN", 10)
    values = np.sort(rng().lognormal(size=1000))[::-1]
    sizes = rng().integers(1, 4, 1000)
    some, counts = intervals.grouped(values, sizes)
    assert len(some) == len(counts) == 100
    assert counts.sum() == sizes.sum()
    assert some @ counts == pytest.approx(values @ sizes, rel=1e-12)
    assert some[:10] == pytest.approx(values[:10], rel=1e-12)
    assert (np.diff(some) < 0).all()


def test_values_that_are_few_stay_as_they_are():
    values, sizes = np.array([3.0, 1.0]), np.array([1, 5])
    assert intervals.grouped(values, sizes) == (values, sizes)


def test_concentration_by_groups_has_the_interval_of_all_values(monkeypatch):
    values = rng().lognormal(3, 1, N).round(2)
    plain = concentration.rule(values, rng())
    monkeypatch.setattr(intervals, "GROUPS", 400)
    monkeypatch.setattr(intervals, "OWN", 100)
    quick = concentration.rule(values, rng())
    assert quick["estimate"].equals(plain["estimate"])
    assert width(quick) == pytest.approx(width(plain), rel=0.15)
    assert (np.abs(quick["low"] - plain["low"]) < 0.1 * width(plain)).all()


def test_concentration_by_year_of_many_has_the_interval_of_all(many):
    years = pd.DataFrame({2023: rng().lognormal(3, 1, N), 2024: rng().lognormal(3, 0.8, N)})
    years.iloc[:300, 0] = np.nan
    plain = concentration.stability(years, rng(), resamples=300)
    many()
    quick = concentration.stability(years, rng(), resamples=300)
    same = ["year", "statistic", "estimate", "change", "n"]
    pd.testing.assert_frame_equal(quick[same], plain[same])
    assert width(quick) == pytest.approx(width(plain), rel=0.35)


def test_the_capture_curve_of_many_is_the_same(many):
    score, outcome = rng().integers(0, 20, N), rng().gamma(0.5, size=N)
    plain = concentration.capture_curve(score, outcome)
    many()
    pd.testing.assert_frame_equal(concentration.capture_curve(score, outcome), plain, rtol=1e-12)


def test_measures_of_a_prediction_of_many_have_the_intervals_of_all(many, people):
    actual = people["x_holdout"].astype(float)
    guesses = {"all": actual * 0 + 0.7, "rate": people["x"] * 1.1}
    plain, gap = holdout.scores(guesses, actual, rng()), holdout.differences(guesses, actual, "all", rng())
    many()
    quick, gap_quick = (
        holdout.scores(guesses, actual, rng()),
        holdout.differences(guesses, actual, "all", rng()),
    )
    pd.testing.assert_series_equal(quick["estimate"], plain["estimate"])
    known = plain["estimate"].notna().to_numpy() & (width(plain) > 0)
    assert width(quick)[known] == pytest.approx(width(plain)[known], rel=0.4)
    assert gap_quick["difference"].equals(gap["difference"])
    assert width(gap_quick) == pytest.approx(width(gap), rel=0.15)


def test_rolling_origins_of_many_have_the_estimates_of_all_and_intervals_as_wide(many, log):
    models = [NBD(), BGNBD()]
    plain = evaluation.evaluate(models, log, rng(), origins=2, resamples=150)
    many()
    quick = evaluation.evaluate(models, log, rng(), origins=2, resamples=150)
    assert quick.table["estimate"].equals(plain.table["estimate"])
    assert quick.gain["estimate"].equals(plain.gain["estimate"])
    spread = width(plain.table) > 0
    ratio = width(quick.table)[spread] / width(plain.table)[spread]
    assert np.median(ratio) == pytest.approx(1.0, abs=0.1)


def test_the_shape_of_timing_of_many_has_the_interval_of_a_bootstrap(many):
    fractions = pd.Series(rng().beta(2, 2, N))
    plain = assumptions.timing_shape(fractions, rng())
    many()
    quick = assumptions.timing_shape(fractions, rng())
    assert quick["shape"].equals(plain["shape"])
    assert width(quick) == pytest.approx(width(plain), rel=0.1)


def test_what_the_days_alone_make_of_tenure_is_the_same_for_many(many, log):
    plain = relationship.tenure_null(log.purchases(), rng(), resamples=100)
    many()
    quick = relationship.tenure_null(log.purchases(), rng(), resamples=100)
    assert quick["n"].equals(plain["n"])
    assert quick["estimate"].to_numpy() == pytest.approx(plain["estimate"].to_numpy(), abs=0.02)
    assert width(quick) == pytest.approx(width(plain), rel=0.4)


def test_purchases_of_many_are_tracked_with_a_band_as_wide(many, people):
    fit = ParetoNBD().fit(people)
    plain = following.tracking(fit, people, 39.0, 60, rng(), draws=100)
    many()
    quick = following.tracking(fit, people, 39.0, 60, rng(), draws=100)
    assert quick["expected"].to_numpy() == pytest.approx(plain["expected"].to_numpy(), rel=1e-9)
    assert width(quick)[-1] == pytest.approx(width(plain)[-1], rel=0.35)


@pytest.mark.parametrize("model", [ParetoNBD(), BGNBD()], ids=["Pareto/NBD", "BG/NBD"])
def test_a_forecast_of_many_is_that_of_each(many, people, model):
    people = people.iloc[:1200]
    fit, spend = model.fit(people, unit="week"), GammaGamma().fit(people)
    each, together = value.forecast(fit, spend, people, rng(), horizon=26.0, draws=200)
    many()
    each_quick, together_quick = value.forecast(fit, spend, people, rng(), horizon=26.0)
    for name in ("purchases", "revenue"):
        assert each_quick[name].equals(each[name])
        assert together_quick[name].equals(together[name])
        for end in ("low", "high"):
            limit, quick = each[f"{name}_{end}"], each_quick[f"{name}_{end}"]
            assert quick.mean() == pytest.approx(limit.mean(), rel=0.1, abs=0.02)
        wide, quick = (t[f"{name}_high"] - t[f"{name}_low"] for t in (together, together_quick))
        assert quick.to_numpy() == pytest.approx(wide.to_numpy(), rel=0.3)
    assert np.corrcoef(each["purchases_high"], each_quick["purchases_high"])[0, 1] > 0.95


def test_limits_of_many_are_whole_purchases_and_0_for_those_who_have_surely_left(many, people):
    fit, spend = ParetoNBD().fit(people, unit="week"), GammaGamma().fit(people)
    many()
    each, _ = value.forecast(fit, spend, people, rng(), horizon=26.0, draws=200)
    for end in ("low", "high"):
        assert (each[f"purchases_{end}"] % 1 == 0).all()
    gone = fit.p_alive(people) < 0.02
    assert gone.any()
    assert (each.loc[gone, ["purchases_high", "revenue_high"]] == 0).all(axis=None)


def test_lifetimes_is_given_some_of_many_customers_and_so_are_we(monkeypatch, people):
    monkeypatch.setattr(peer, "MOST", 600)
    fit = BGNBD().fit(people, unit="week")
    compared = peer.side_by_side(fit, people, 26.0)
    some = people.iloc[np.linspace(0, N - 1, 600).astype(int)]
    assert compared.loc["log-likelihood", "crmtheory"] == BGNBD().fit(some).loglik
    assert compared.loc["log-likelihood", "lifetimes"] == pytest.approx(BGNBD().fit(some).loglik, rel=1e-4)


def test_silence_asked_alone_is_that_asked_with_purchases():
    history = (20.0, np.array([2.0, 0.0]), np.array([30.0, 12.0]))
    with_more = ParetoNBD().pmf_alive(THETA, np.array([[0.0], [3.0]]), *history)
    assert ParetoNBD().pmf_alive(THETA, 0.0, *history) == pytest.approx(with_more[0], rel=1e-14)


def test_the_median_wait_of_the_living_does_not_depend_on_the_last_purchase():
    x, T = np.array([2.0, 2.0, 5.0]), np.array([30.0, 30.0, 30.0])
    wait = ParetoNBD().median_wait(THETA, x, np.array([3.0, 29.0, 10.0]), T, given_alive=True)
    assert wait[0] == wait[1] > wait[2]
    assert ParetoNBD().pmf_alive(THETA, 0.0, wait, x, T) == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize(("least", "said"), [(1, True), (10**9, False)])
def test_a_chapter_on_many_customers_says_how_its_intervals_are_made(monkeypatch, least, said):
    monkeypatch.setattr(large, "LARGE", least)
    sentences = []

    class Stub:
        parameters: ClassVar = {
            "transactions": "cdnow_sample",
            "customer": "customer_id",
            "date": "date",
            "amount": "amount_usd",
            "dayfirst": "auto",
            "missing_customer": "error",
            "refunds": "net",
            "policies": {},
        }

        def data(self, *_):
            pass

        set_aside = table = lambda self, *_, **__: None

        def say(self, template, **values):
            sentences.append(template.format(**values))

    chapter_data.read_log(Stub())
    assert any("10,000 customers drawn at random" in sentence for sentence in sentences) is said


def test_the_limits_of_many_are_as_good_when_those_alike_are_simulated_in_parts(many, monkeypatch, people):
    fit, spend = BGNBD().fit(people, unit="week"), GammaGamma().fit(people)
    many()
    whole, all_whole = value.forecast(fit, spend, people, rng(), horizon=26.0, draws=200)
    monkeypatch.setattr(crowd, "CELLS", 700)
    parts, all_parts = value.forecast(fit, spend, people, rng(), horizon=26.0, draws=200)
    assert parts["purchases"].equals(whole["purchases"])
    assert parts["purchases_high"].mean() == pytest.approx(whole["purchases_high"].mean(), rel=0.05)
    assert parts["revenue_high"].mean() == pytest.approx(whole["revenue_high"].mean(), rel=0.05)
    assert all_parts["revenue_high"][0] == pytest.approx(all_whole["revenue_high"][0], rel=0.02)
