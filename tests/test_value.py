"""Lifetime values: small cases by hand, units, intervals that keep their promise, and what the values are used for."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from crmtheory import places, value
from crmtheory.errors import DomainError, SchemaError
from crmtheory.models import BGNBD, NBD, GammaGamma, Verdict
from crmtheory.value import Settings, words

FOUND = Verdict("converged", "The maximum was reached.", 0.0, 1.0, 1)
R, ALPHA, P, Q, GAMMA = 2.0, 8.0, 4.0, 3.0, 30.0


@pytest.fixture(scope="module")
def fit():
    """An NBD with known numbers: r = 2 and α = 8 weeks, with errors of 10 % and 20 % and no correlation."""
    cov = np.diag([0.1 * R, 0.2 * ALPHA]) ** 2
    return NBD().result(
        model=NBD(),
        theta=np.array([R, ALPHA]),
        cov=cov,
        cov_used=np.diag([0.1, 0.2]) ** 2,
        loglik=0.0,
        n=100,
        unit="week",
        verdict=FOUND,
    )


@pytest.fixture(scope="module")
def spend():
    """A Gamma-Gamma with known numbers; only γ = 30 is uncertain, by 5 %."""
    cov = np.diag([0, 0, 0.05 * GAMMA]) ** 2
    theta = np.array([P, Q, GAMMA])
    return GammaGamma().result(
        model=GammaGamma(),
        theta=theta,
        cov=cov,
        cov_used=np.diag([0, 0, 0.05]) ** 2,
        loglik=0.0,
        n=100,
        unit=None,
        verdict=FOUND,
    )


@pytest.fixture
def people():
    """Ann never came back; Bob did three times, at 20 a time."""
    return pd.DataFrame(
        {"x": [0, 3], "t_x": [0.0, 10.0], "T": [12.0, 12.0], "m": [np.nan, 20.0]}, index=["Ann", "Bob"]
    )


DELTA = np.log(1.1) * 7 / 365.25  # 10 % a year, per week
YEAR = (1 - np.exp(-52 * DELTA)) / DELTA  # 52 weeks, each discounted
RATE = {"Ann": R / (ALPHA + 12), "Bob": (R + 3) / (ALPHA + 12)}
SPEND = {"Ann": P * GAMMA / (Q - 1), "Bob": P * (GAMMA + 3 * 20) / (P * 3 + Q - 1)}


# The value of each customer


def test_lifetime_value_is_discounted_purchases_times_margin_on_spend_less_cost(fit, spend, people):
    table = value.clv(fit, spend, people, margin=0.5, cost_per_purchase=2.0)
    assert table.index.tolist() == ["Ann", "Bob"]
    for who in people.index:
        row = table.loc[who]
        assert row["p_alive"] == 1
        assert row["expected_purchases"] == pytest.approx(RATE[who] * 52)
        assert row["discounted_purchases"] == pytest.approx(RATE[who] * YEAR, rel=1e-9)
        assert row["expected_spend"] == pytest.approx(SPEND[who])
        assert row["clv"] == pytest.approx(RATE[who] * YEAR * (0.5 * SPEND[who] - 2), rel=1e-9)


def test_the_interval_joins_the_errors_of_both_models(fit, spend, people):
    """By hand: ∂ ln D / ∂ ln r = r / (r + x), ∂ ln D / ∂ ln α = −α / (α + T), ∂ ln S / ∂ ln γ = γ / (γ + xm)."""
    table = value.clv(fit, spend, people, level=0.9)
    for who, x, gamma_part in (("Ann", 0, 1.0), ("Bob", 3, GAMMA / (GAMMA + 60))):
        by_purchases = np.hypot(0.1 * R / (R + x), 0.2 * ALPHA / (ALPHA + 12))
        error = np.hypot(by_purchases, 0.05 * gamma_part)
        factor = np.exp(stats.norm.ppf(0.95) * error)
        assert table.loc[who, "clv_low"] == pytest.approx(table.loc[who, "clv"] / factor, rel=1e-6)
        assert table.loc[who, "clv_high"] == pytest.approx(table.loc[who, "clv"] * factor, rel=1e-6)


def test_with_a_cost_the_interval_is_symmetric_and_may_reach_below_zero(fit, spend, people):
    """A customer may cost more than they bring. By hand: D · cost is as uncertain as D, D · margin · S as both."""
    table = value.clv(fit, spend, people, margin=0.1, cost_per_purchase=10.0)
    for who, x, gamma_part in (("Ann", 0, 1.0), ("Bob", 3, GAMMA / (GAMMA + 60))):
        row, D = table.loc[who], RATE[who] * YEAR
        assert row["clv"] < 0
        by_purchases = np.hypot(0.1 * R / (R + x), 0.2 * ALPHA / (ALPHA + 12)) * row["clv"]
        error = np.hypot(by_purchases, D * 0.1 * SPEND[who] * 0.05 * gamma_part)
        assert row["clv_high"] - row["clv"] == pytest.approx(stats.norm.ppf(0.975) * error, rel=1e-6)
        assert row["clv_low"] + row["clv_high"] == pytest.approx(2 * row["clv"])


def test_without_margin_and_cost_everybody_is_worth_nothing_for_certain(fit, spend, people):
    table = value.clv(fit, spend, people, margin=0.0)
    assert (table[["clv", "clv_low", "clv_high"]] == 0).all(axis=None)


def test_a_rate_per_year_gives_the_same_value_for_logs_in_days_and_in_weeks(fit, spend, people):
    """Regression: a rate applied per unit of time makes 10 % a year into 10 % a week."""
    in_days = dataclasses.replace(
        fit, theta=np.array([R, 7 * ALPHA]), cov=np.diag([0.1 * R, 0.2 * 7 * ALPHA]) ** 2, unit="day"
    )
    older = people.assign(t_x=7 * people["t_x"], T=7 * people["T"])
    for horizon in ("52 weeks", "1 year", "inf"):
        weeks = value.clv(fit, spend, people, horizon=horizon)
        days = value.clv(in_days, spend, older, horizon=horizon)
        pd.testing.assert_frame_equal(days, weeks, rtol=1e-7)


def test_a_plain_number_is_a_horizon_in_the_unit_of_the_fit(fit, spend, people):
    pd.testing.assert_frame_equal(
        value.clv(fit, spend, people, horizon=52),
        value.clv(fit, spend, people, horizon="364 days"),
        rtol=1e-12,
    )


def test_discounting_lowers_values_and_without_it_they_are_expected_spend(fit, spend, people):
    worth = {
        rate: value.clv(fit, spend, people, discount_rate=rate)["clv"] for rate in (-0.05, 0.0, 0.1, 0.5)
    }
    for lower, higher in ((-0.05, 0.0), (0.0, 0.1), (0.1, 0.5)):
        assert (worth[lower] > worth[higher]).all()
    table = value.clv(fit, spend, people, discount_rate=0.0)
    assert table["clv"].to_numpy() == pytest.approx(table["expected_purchases"] * table["expected_spend"])


def test_an_infinite_horizon_counts_all_purchases_and_has_no_undiscounted_sum(fit, spend, people):
    table = value.clv(fit, spend, people, horizon="inf")
    assert table["discounted_purchases"].to_numpy() == pytest.approx(
        [RATE[w] / DELTA for w in people.index], rel=1e-6
    )
    assert table["expected_purchases"].isna().all()


def test_values_do_not_depend_on_the_order_of_customers_and_stay_with_them(cdnow, cdnow_fits):
    fit, spend = cdnow_fits["BG/NBD"], cdnow_fits["Gamma-Gamma"]
    shuffled = cdnow.sample(frac=1, random_state=2)
    first, second = value.clv(fit, spend, cdnow), value.clv(fit, spend, shuffled)
    pd.testing.assert_index_equal(second.index, shuffled.index)
    pd.testing.assert_frame_equal(second.loc[cdnow.index], first, rtol=1e-12)
    pd.testing.assert_frame_equal(value.clv(fit, spend, cdnow.iloc[7:9]), first.iloc[7:9], rtol=1e-10)


def test_every_value_lies_inside_its_interval_and_no_customer_is_forgotten(cdnow, cdnow_fits):
    for name in ("BG/NBD", "MBG/NBD", "Pareto/NBD"):
        table = value.clv(cdnow_fits[name], cdnow_fits["Gamma-Gamma"], cdnow, margin=0.3)
        assert len(table) == len(cdnow)
        assert table.notna().all(axis=None)
        assert (table["clv_low"] < table["clv"]).all()
        assert (table["clv"] < table["clv_high"]).all()
        assert table["p_alive"].between(0, 1).all()


def test_valuing_leaves_the_summary_alone(cdnow, cdnow_fits):
    given = cdnow.copy(deep=True)
    value.clv(cdnow_fits["BG/NBD"], cdnow_fits["Gamma-Gamma"], given)
    value.equity(cdnow_fits["BG/NBD"], cdnow_fits["Gamma-Gamma"], given)
    pd.testing.assert_frame_equal(given, cdnow)


# Refusals


@pytest.mark.parametrize("margin", [-0.1, 30, np.nan])
@pytest.mark.parametrize("answer", [value.clv, value.equity])
def test_a_margin_is_a_part_and_not_a_percentage(answer, margin, fit, spend, people):
    with pytest.raises(DomainError) as error:
        answer(fit, spend, people, margin=margin)
    assert (
        str(error.value) == f"The margin is a part of spend between 0 and 1, not {margin}. For 30% give 0.3."
    )


@pytest.mark.parametrize("answer", [value.clv, value.equity])
def test_values_without_end_or_without_a_mean_are_refused(answer, fit, spend, people):
    with pytest.raises(DomainError) as error:
        answer(fit, spend, people, horizon="inf", discount_rate=0.0)
    assert str(error.value) == (
        "An infinite horizon needs a discount rate above 0: without one the value may be infinite."
    )
    heavy = dataclasses.replace(spend, theta=np.array([P, 0.9, GAMMA]))
    with pytest.raises(DomainError, match="does not exist"):
        answer(fit, heavy, people)
    with pytest.raises(DomainError) as error:
        answer(fit, spend, people, discount_rate=-1.0)
    assert (
        str(error.value).replace(" %", "%") == "An annual discount rate must be above -1 (-100%), not -1.0."
    )


@pytest.mark.parametrize("answer", [value.clv, value.equity])
def test_an_annual_rate_without_a_unit_of_time_is_refused(answer, fit, spend, people):
    with pytest.raises(SchemaError) as error:
        answer(dataclasses.replace(fit, unit=None), spend, people)
    assert str(error.value) == (
        'An annual discount rate needs the unit of the ages. Fit with unit="week" (or day, month, year).'
    )


def test_a_summary_without_spend_is_refused(fit, spend, people):
    with pytest.raises(SchemaError, match=re.escape('The model needs "m" (mean spend per repeat purchase).')):
        value.clv(fit, spend, people.drop(columns="m"))


# All customers together


def test_equity_is_the_sum_of_the_values_and_its_errors_do_not_average_out(fit, spend):
    crowd = pd.DataFrame({"x": [2] * 50, "t_x": 5.0, "T": 12.0, "m": 20.0})
    one = value.clv(fit, spend, crowd).iloc[0]
    row = value.equity(fit, spend, crowd).iloc[0]
    assert row["customers"] == 50
    assert row["equity"] == pytest.approx(50 * one["clv"])
    by_purchases = np.hypot(0.1 * R / (R + 2), 0.2 * ALPHA / (ALPHA + 12))
    error = np.hypot(by_purchases, 0.05 * GAMMA / (GAMMA + 40)) * row["equity"]
    assert (row["high"] - row["low"]) / 2 == pytest.approx(stats.norm.ppf(0.975) * error, rel=1e-6)
    assert row["high"] + row["low"] == pytest.approx(2 * row["equity"])


def test_equity_of_cdnow_is_the_sum_over_customers(cdnow, cdnow_fits):
    both = cdnow_fits["Pareto/NBD"], cdnow_fits["Gamma-Gamma"]
    total = value.equity(*both, cdnow, margin=0.3, cost_per_purchase=1).iloc[0]
    assert total["equity"] == pytest.approx(
        value.clv(*both, cdnow, margin=0.3, cost_per_purchase=1)["clv"].sum()
    )
    assert total["low"] < total["equity"] < total["high"]


@pytest.fixture(scope="module")
def worlds():
    """40 simulated shops: 300 customers each, NBD and Gamma-Gamma fitted, and the values that are true."""
    rng, truth = np.random.default_rng(50), (np.array([0.9, 8.0]), np.array([P, Q, GAMMA]))
    shops = []
    for _ in range(40):
        crowd = NBD().simulate(truth[0], 30.0, rng, n=300)
        crowd["m"] = GammaGamma().simulate(truth[1], crowd["x"].to_numpy(), rng)
        known = [GammaGamma().conditional_mean(truth[1], crowd["x"], crowd["m"].fillna(0.0))]
        known += [NBD().discounted(truth[0], 52.0, DELTA, crowd["x"], crowd["t_x"], crowd["T"])]
        fits = NBD().fit(crowd, unit="week"), GammaGamma().fit(crowd)
        shops.append((crowd, *fits, np.prod(known, axis=0)))
    return shops


def test_the_interval_of_equity_holds_the_truth_at_its_stated_rate(worlds):
    inside = 0
    for crowd, fit, spend, truth in worlds:
        row = value.equity(fit, spend, crowd).iloc[0]
        inside += row["low"] <= truth.sum() <= row["high"]
    assert stats.binom.ppf(1e-4, 40, 0.95) <= inside


def test_the_intervals_of_customers_hold_their_true_means_at_the_stated_rate(worlds):
    rates = []
    for crowd, fit, spend, truth in worlds:
        table = value.clv(fit, spend, crowd)
        rates.append(((table["clv_low"] <= truth) & (truth <= table["clv_high"])).mean())
    error = np.std(rates) / np.sqrt(len(rates))  # customers of one shop share their errors, shops do not
    assert abs(np.mean(rates) - 0.95) < 4 * error


# Expected against actual revenue


def test_expected_revenue_of_the_holdout_is_undiscounted_and_the_actual_is_counted(fit, spend, people):
    ahead = people.assign(T_holdout=10.0)
    came = pd.Series({"Bob": 70.0, "Eve": 1e6})
    row = value.check_revenue(fit, spend, ahead, came, np.random.default_rng(1)).iloc[0]
    expected = sum(RATE[who] * 10 * SPEND[who] for who in people.index)
    assert row["expected"] == pytest.approx(expected)
    assert row["actual"] == 70  # Eve is none of these customers, and Ann brought nothing
    assert row["low"] < row["expected"] < row["high"]


def test_the_interval_of_holdout_revenue_holds_what_came_at_its_stated_rate():
    rng, inside = np.random.default_rng(51), 0
    for _ in range(30):
        crowd = NBD().simulate((0.9, 8.0), 30.0, rng, n=200, t=20.0).assign(T_holdout=20.0)
        own = rng.gamma(Q, 1 / GAMMA, 200)  # the rate ν of each customer: purchases are Gamma(p, ν)
        past, ahead = (
            rng.gamma(P * np.maximum(crowd[c], 1)) / own * (crowd[c] > 0) for c in ("x", "x_holdout")
        )
        crowd["m"] = past / crowd["x"].replace(0, np.nan)
        fits = NBD().fit(crowd, unit="week"), GammaGamma().fit(crowd)
        row = value.check_revenue(*fits, crowd, pd.Series(ahead, crowd.index), rng, draws=100).iloc[0]
        inside += row["low"] <= row["actual"] <= row["high"]
    assert stats.binom.ppf(1e-4, 30, 0.95) <= inside


def test_models_in_the_wrong_places_are_refused(fit, spend, people):
    with pytest.raises(SchemaError) as error:
        value.clv(spend, fit, people)
    assert str(error.value) == (
        "The first argument is a fitted attrition model (such as ParetoNBD().fit(summary)), the second a fitted "
        "spend model (GammaGamma().fit(summary)); got SpendFit and AttritionFit."
    )


# Settings


def test_settings_hand_their_numbers_to_the_functions_that_need_them():
    settings = Settings("2 years", 0.08, 0.3, 1.5, 12.0)
    common = {"horizon": "2 years", "discount_rate": 0.08, "margin": 0.3, "cost_per_purchase": 1.5}
    assert settings.for_clv == common
    assert settings.for_new == common | {"acquisition_cost": 12.0}
    assert settings.over(39.0) == common | {"horizon": 39.0}
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.margin = 0.5


def test_impossible_settings_are_refused_all_at_once():
    with pytest.raises(SchemaError) as error:
        Settings("0 weeks", 10.0, 30, -1.0, np.nan)
    lines = str(error.value).splitlines()
    assert lines[0] == "This set of assumptions breaks 5 rules."
    assert [line.split(maxsplit=1) for line in lines[1:]] == [
        ["horizon", "must be longer than 0, not 0 weeks."],
        ["discount_rate", "is a rate per year such as 0.10, not 10.0."],
        ["margin", "is a part of spend between 0 and 1, not 30. For 30% give 0.3."],
        ["cost_per_purchase", "is an amount of 0 or more, not -1.0."],
        ["acquisition_cost", "is an amount of 0 or more, not nan."],
    ]


def test_a_horizon_that_is_no_duration_is_refused():
    with pytest.raises(SchemaError, match=re.escape('"soon" is not a duration')):
        Settings(horizon="soon")


# A new customer


def test_a_new_customer_starts_with_the_first_purchase_less_the_cost_of_winning(fit, spend):
    path = value.new_customer(fit, spend, margin=0.5, cost_per_purchase=2.0, acquisition_cost=50.0)
    worth = 0.5 * P * GAMMA / (Q - 1) - 2
    assert path.loc[0].tolist() == pytest.approx([1.0, worth - 50])
    assert path.index.tolist() == list(range(13))
    months = np.arange(13) * 365.25 / 12 / 7
    purchases = 1 + R / ALPHA * -np.expm1(-DELTA * months) / DELTA
    np.testing.assert_allclose(path["purchases"], purchases, rtol=1e-8)
    np.testing.assert_allclose(path["value"], worth * purchases - 50, rtol=1e-8)


@pytest.mark.parametrize(
    ("horizon", "months"),
    [("1 year", 12), ("18 months", 18), ("26 weeks", 6), (52, 12), ("inf", 120), ("50 years", 120)],
)
def test_a_new_customer_is_followed_by_months_up_to_the_horizon(horizon, months, fit, spend):
    assert value.new_customer(fit, spend, horizon=horizon).index.tolist() == list(range(months + 1))


def test_a_new_customer_needs_a_unit_of_time(fit, spend):
    with pytest.raises(SchemaError) as error:
        value.new_customer(dataclasses.replace(fit, unit=None), spend)
    assert str(error.value) == 'Months need the unit of the ages. Fit with unit="week" (or day, month, year).'


@pytest.mark.parametrize(
    ("values", "month", "words"),
    [
        ([-3.0, -1.0, 0.0, 2.0], 2, "The cost is paid back after 2 months."),
        ([-3.0, 0.5], 1, "The cost is paid back after 1 month."),
        ([0.0, 1.0], 0, "The first purchase pays the cost back."),
        ([-3.0, -2.0, -1.5], None, "The cost is not paid back within 2 months."),
    ],
)
def test_payback_is_the_first_month_without_a_loss(values, month, words):
    path = pd.DataFrame({"value": values}, index=pd.RangeIndex(len(values), name="month"))
    assert value.payback(path) == month
    assert value.payback_in_words(path) == words


def test_the_first_purchase_may_be_worth_something_else_than_the_later_ones(fit, spend):
    costs = {"margin": 0.5, "cost_per_purchase": 2.0, "acquisition_cost": 50.0}
    plain, other = (
        value.new_customer(fit, spend, **costs),
        value.new_customer(fit, spend, **costs, first_spend=10.0),
    )
    assert other.loc[0, "value"] == pytest.approx(0.5 * 10 - 2 - 50)
    np.testing.assert_allclose(plain["value"] - other["value"], 0.5 * (P * GAMMA / (Q - 1) - 10))
    pd.testing.assert_series_equal(plain["purchases"], other["purchases"])


# Whom to treat how


def listing(clv, p_alive) -> pd.DataFrame:
    """A table of values with intervals of ±1."""
    names = list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")[: len(clv)]
    frame = pd.DataFrame({"clv": np.asarray(clv, float), "p_alive": p_alive}, index=names)
    return frame.assign(clv_low=frame["clv"] - 1, clv_high=frame["clv"] + 1)


@pytest.fixture
def ten():
    return listing([90, 80, 30, 5, 4, 3, 2, 1, 0, -2], [0.9, 0.4, 0.8, 0.1, 0.2, 0.5, 0.6, 0.3, 0.7, 0.0])


def test_each_customer_has_the_first_class_that_fits(ten):
    past = pd.Series({"A": 10.0, "B": 20.0, "D": 300.0, "E": 250.0, "G": 30.0})
    listed = value.actions(ten, past)
    assert "".join(listed.index) == "ABCDEFGHIJ"
    assert listed["class"].to_dict() == {
        "A": "key", "B": "key", "C": "develop", "D": "win back", "E": "win back", "F": "develop", "G": "develop",
        "H": "low touch", "I": "unprofitable", "J": "unprofitable",
    }  # fmt: skip
    assert (listed["action"] == listed["class"].map(value.TREATMENT)).all()
    assert listed.columns.tolist() == [
        "class",
        "action",
        "clv",
        "clv_low",
        "clv_high",
        "p_alive",
        "past_spend",
    ]
    assert listed.loc["J", "past_spend"] == 0


def test_customers_who_never_came_back_are_not_developed(ten):
    summary = pd.DataFrame({"x": [3, 3, 0, 3, 3, 1, 0, 3, 3, 3]}, index=ten.index)
    classes = value.actions(ten, pd.Series(0.0, ten.index), summary=summary)["class"]
    assert (classes["C"], classes["F"], classes["G"]) == ("low touch", "develop", "low touch")


def test_nobody_is_a_key_customer_who_brings_nothing():
    worthless = listing([-1, -2, -3, -4, -5], [0.9] * 5)
    assert set(value.actions(worthless, pd.Series(0.0, worthless.index))["class"]) == {"unprofitable"}


def test_the_list_is_in_order_of_value_whatever_the_order_of_the_table(ten):
    past = pd.Series(0.0, ten.index)
    shuffled = value.actions(ten.sample(frac=1, random_state=3), past)
    assert shuffled["clv"].is_monotonic_decreasing
    pd.testing.assert_frame_equal(shuffled.sort_index(), value.actions(ten, past).sort_index())


def test_equal_customers_are_treated_equally():
    """Regression: ties broken by customer id gave 20 identical customers 20 different scores."""
    same = listing([7.0] * 20, 0.3)
    assert value.actions(same, pd.Series(5.0, same.index))["class"].nunique() == 1


def test_nobody_is_won_back_for_having_spent_nothing():
    lost = listing(np.arange(10.0, 0, -1), 0.1)
    past = pd.Series([50.0] + [0.0] * 9, lost.index)
    assert value.actions(lost, past)["class"].tolist() == ["key"] * 2 + ["low touch"] * 8


def test_profit_to_date_takes_off_each_purchase_and_the_winning():
    revenue = pd.Series({1: 100.0, 2: 10.0, 3: -5.0})
    purchases = pd.DataFrame({"customer": [1, 1, 1, 2], "date": pd.Timestamp("2024-01-01"), "amount": 1.0})
    settings = Settings(margin=0.4, cost_per_purchase=2.0, acquisition_cost=15.0)
    profit = value.profit_to_date(revenue, purchases, settings)
    assert profit.to_dict() == {1: 40 - 6 - 15, 2: 4 - 2 - 15, 3: -2 - 15}
    assert profit.name == "profit"


def test_the_map_of_p_alive_holds_the_answers_of_the_model(cdnow, cdnow_fits):
    fit = cdnow_fits["BG/NBD"]
    grid = value.alive_map(fit, cdnow, points=5)
    age = cdnow["T"].max()
    assert grid.columns.tolist() == list(range(1, int(cdnow["x"].quantile(0.99)) + 1))
    assert grid.index[0] == 0
    for silence in grid.index:
        for x in (1, 5):
            assert grid.loc[silence, x] == fit.model.p_alive(fit.theta, x, age - silence, age)
    assert (grid.diff().iloc[1:] < 0).all(axis=None)


def test_sensitivity_changes_one_assumption_at_a_time(fit, spend, people):
    settings = Settings("52 weeks", 0.10, 0.3)
    table = value.sensitivity(fit, spend, people, settings)
    chosen = table[table["chosen"]]
    assert len(chosen) == 1
    whole = value.equity(fit, spend, people, **settings.for_clv).iloc[0]
    assert chosen[["equity", "low", "high"]].iloc[0].tolist() == whole[["equity", "low", "high"]].tolist()
    other = table["equity"].drop(chosen.index)
    assert other["horizon 26 weeks"] < whole["equity"] < other["horizon 2 years"] < other["horizon 5 years"]
    by_rate = other[other.index.str.startswith("discount rate")]
    assert sorted(by_rate, reverse=True) == by_rate.tolist()
    assert by_rate.iloc[0] > whole["equity"] > by_rate.iloc[1]


# The chapter's formula


def test_the_case_by_hand_in_the_chapter_is_the_bg_nbd():
    source = (places.folder("notebooks") / "src" / "05_customer_value.py").read_text(encoding="utf-8")
    cells = re.split(r"^# %%", source, flags=re.MULTILINE)
    (cell,) = [cell for cell in cells if cell.startswith(' tags=["by-hand"]')]
    names: dict = {}
    exec(cell.partition("\n")[2], names)
    rng = np.random.default_rng(7)
    for _ in range(200):
        theta = 10 ** rng.uniform(-1.5, 1.5, 4)
        T = 10 ** rng.uniform(0, 2)
        x, t_x = int(rng.integers(1, 30)), T * rng.random()
        by_hand = names["p_alive_by_hand"](*theta, x, t_x, T)
        assert by_hand == pytest.approx(float(BGNBD().p_alive(theta, x, t_x, T)), rel=1e-9)


def test_a_change_between_quarters_is_told_by_the_interval_of_the_difference():
    # 180 of 512 and 216 of 762: z = 2.6, although the two 95% intervals overlap
    first, second = (proportion_confint(k, n, method="wilson") for k, n in ((180, 512), (216, 762)))
    assert first[0] < second[1]
    quarters = pd.DataFrame(
        {"share": [180 / 512, 216 / 762], "low": [first[0], second[0]], "high": [first[1], second[1]]},
        index=[3, 4],
    )
    assert words.trend(quarters) == "falling: 35.2% in the third quarter of the log, 28.3% in the fourth"
    assert words.trend(quarters.iloc[::-1].set_axis([3, 4])).startswith("rising: ")
    assert words.trend(quarters.assign(share=0.3, low=0.25, high=0.35)).startswith("no clear change: ")
