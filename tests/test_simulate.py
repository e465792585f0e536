"""Made-up customers: what is said to be true of them is true, and a log of them reads back as they are."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmtheory import simulate, transactions
from crmtheory.errors import DomainError, SchemaError
from crmtheory.models import BGNBD, MBGNBD, NBD, GammaGamma, ParetoNBD
from crmtheory.models.bg_bb import BGBB

START, ACQUIRED, END = "2023-01-01", "2023-03-31", "2024-01-01"
DAYS = {"start": START, "acquisition_end": ACQUIRED, "end": END}
BUYERS = {
    "NBD": (NBD(), (0.8, 16.0)),
    "BG/NBD": (BGNBD(), (0.8, 8.0, 0.9, 2.5)),
    "MBG/NBD": (MBGNBD(), (0.8, 8.0, 0.9, 2.5)),
    "Pareto/NBD": (ParetoNBD(), (0.8, 8.0, 0.6, 12.0)),
    "BG/BB": (BGBB(), (1.2, 4.0, 0.7, 12.0)),
}
HISTORY = ["x", "t_x", "T"]
DAY = np.timedelta64(1, "D")


def drawn(name="Pareto/NBD", n=2000, seed=1, **options):
    model, theta = BUYERS[name]
    return simulate.customers_log(model, theta, n, np.random.default_rng(seed), **DAYS, **options)


def read(log, unit="week", end=END):
    amount = "amount" if "amount" in log else None
    return transactions.read(log, amount=amount).summary(unit=unit, observation_end=end)


@pytest.mark.parametrize("unit", ["day", "week", "month"])
@pytest.mark.parametrize("name", BUYERS)
def test_a_log_by_day_reads_back_as_the_truth_to_the_last_digit(name, unit):
    log, truth = drawn(name, unit=unit, by_day=True, n=500)
    assert (log["date"] == log["date"].dt.normalize()).all()
    back = read(log, unit)
    pd.testing.assert_frame_equal(back[HISTORY], truth[HISTORY], check_exact=True, check_dtype=False)


@pytest.mark.parametrize("name", BUYERS)
def test_a_log_with_times_of_day_shows_the_truth_to_the_microsecond(name):
    log, truth = drawn(name)
    by_customer = log.groupby("customer")["date"].agg(["min", "max", "size"])
    week = pd.Timedelta(weeks=1)
    shown = pd.DataFrame(
        {
            "x": by_customer["size"] - 1,
            "t_x": (by_customer["max"] - by_customer["min"]) / week,
            "T": (pd.Timestamp(END) - by_customer["min"]) / week,
        }
    )
    pd.testing.assert_frame_equal(shown, truth[HISTORY], check_dtype=False, rtol=1e-14)


def test_what_reads_back_from_times_of_day_is_the_midnight_before_each_purchase():
    log, truth = drawn()
    back = read(log)
    days = log.assign(date=log["date"].dt.floor("D")).drop_duplicates().groupby("customer").size()
    np.testing.assert_array_equal(back["x"], days - 1)
    lost = truth["t_x"] - back["t_x"]
    assert lost.between(0, 1 / 7, inclusive="left").all()
    np.testing.assert_array_equal(back["T"], truth["T"])


def test_opportunities_are_at_whole_weeks_after_the_first_purchase():
    log, truth = drawn("BG/BB")
    first = log.groupby("customer")["date"].transform("min")
    assert ((log["date"] - first) % np.timedelta64(7, "D") == pd.Timedelta(0)).all()
    assert not log.duplicated().any()
    pd.testing.assert_frame_equal(read(log)[HISTORY], truth[HISTORY], check_exact=True, check_dtype=False)


def test_the_log_holds_the_first_purchases_and_nothing_before_or_after_the_observation():
    log, truth = drawn(by_day=True)
    first = log.groupby("customer")["date"].min()
    assert first.index.tolist() == truth.index.tolist() == list(range(1, 2001))
    assert first.min() == pd.Timestamp(START)
    assert first.max() == pd.Timestamp(ACQUIRED)
    assert log["date"].max() < pd.Timestamp(END)
    assert log["date"].is_monotonic_increasing
    assert log.columns.tolist() == ["customer", "date"]


def test_first_purchases_fall_evenly_on_the_days_of_acquisition():
    _, truth = drawn(n=9000)
    days = (truth["T"] * 7).round().astype(int)
    assert stats.chisquare(days.value_counts()).pvalue > 0.01
    assert days.nunique() == 90


@pytest.mark.parametrize("name", BUYERS)
def test_as_many_are_alive_and_buy_as_the_model_expects(name):
    model, theta = BUYERS[name]
    _, truth = drawn(name, n=4000)
    x, t_x, T = (truth[column].to_numpy(float) for column in HISTORY)
    if name == "BG/BB":
        T = np.floor(T)
    p = model.p_alive(theta, x, t_x, T)
    spread = np.sqrt(np.sum(p * (1 - p)))
    assert abs(truth["alive"].sum() - p.sum()) <= 4 * spread
    surplus = x - model.expected(theta, T)
    assert abs(surplus.mean()) < 4 * surplus.std() / np.sqrt(len(x))


def distance(fit, theta):
    """How far the truth lies from the estimates, as a chi-squared with one degree of freedom per parameter."""
    off = np.log(theta) - np.log(fit.theta)
    return float(off @ np.linalg.solve(fit.cov_log, off))


@pytest.mark.parametrize("by_day", [False, True])
def test_pareto_nbd_fitted_to_the_log_finds_the_parameters_it_was_drawn_from(by_day):
    """Customers who buy every year or so, for whom a day is nothing."""
    theta, days = (0.8, 40.0, 0.6, 60.0), DAYS | {"end": "2028-01-01"}
    rng = np.random.default_rng(1)
    log, _ = simulate.customers_log(ParetoNBD(), theta, 4000, rng, **days, by_day=by_day)
    fit = ParetoNBD().fit(read(log, end="2028-01-01"))
    assert distance(fit, theta) < stats.chi2.ppf(0.95, 4)


@pytest.mark.parametrize("name", ["NBD", "BG/NBD", "MBG/NBD", "Pareto/NBD"])
def test_a_model_fitted_to_the_truth_with_times_of_day_finds_its_parameters(name):
    model, theta = BUYERS[name]
    _, truth = drawn(name, n=4000)
    assert distance(model.fit(truth, unit="week"), theta) < stats.chi2.ppf(0.95, len(theta))


def test_bg_bb_fitted_to_whole_opportunities_finds_the_parameters_it_was_drawn_from():
    model, theta = BUYERS["BG/BB"]
    log, _ = drawn("BG/BB", n=4000)
    back = read(log)
    fit = model.fit(back.assign(T=np.floor(back["T"])))
    assert distance(fit, theta) < stats.chi2.ppf(0.99, 4)


def test_gamma_gamma_fitted_to_the_log_finds_the_parameters_it_was_drawn_from():
    theta = (6.0, 4.0, 16.0)
    log, _ = drawn(n=4000, by_day=True, spend=GammaGamma(), spend_theta=theta)
    fit = GammaGamma().fit(read(log))
    assert distance(fit, theta) < stats.chi2.ppf(0.99, 3)


def test_amounts_are_cents_and_two_of_one_customer_are_correlated():
    """By p / (p + q − 1); those of two customers are not."""
    p, q, gamma = 6.0, 12.0, 55.0
    log, truth = drawn(n=20_000, spend=GammaGamma(), spend_theta=(p, q, gamma))
    np.testing.assert_array_equal(log["amount"], log["amount"].round(2))
    first, second = (log.groupby("customer")["amount"].nth(i) for i in (0, 1))
    pairs = pd.DataFrame(
        {
            "one": first.set_axis(log["customer"][first.index]),
            "two": second.set_axis(log["customer"][second.index]),
        }
    ).dropna()
    found, expected = np.corrcoef(pairs["one"], pairs["two"])[0, 1], p / (p + q - 1)
    assert abs(np.arctanh(found) - np.arctanh(expected)) < 4 / np.sqrt(len(pairs))
    strangers = np.corrcoef(pairs["one"].iloc[1:], pairs["two"].iloc[:-1])[0, 1]
    assert abs(np.arctanh(strangers)) < 4 / np.sqrt(len(pairs))
    mean = p * gamma / (q - 1)
    error = truth["mean_spend"].std() / np.sqrt(len(truth))
    assert abs(truth["mean_spend"].mean() - mean) < 4 * error
    off = log["amount"] - log["customer"].map(truth["mean_spend"])
    assert abs(off.mean()) < 4 * off.std() / np.sqrt(len(off))


def test_no_amount_is_below_a_cent():
    log, _ = drawn(n=200, spend=GammaGamma(), spend_theta=(0.05, 3.0, 0.1))
    assert log["amount"].min() == 0.01


def test_spend_has_nothing_to_do_with_how_often_one_buys():
    _, truth = drawn(n=4000, spend=GammaGamma(), spend_theta=(6.0, 4.0, 16.0))
    assert abs(stats.spearmanr(truth["mean_spend"], truth["x"]).statistic) < 4 / np.sqrt(4000)


def test_a_spend_model_does_not_change_when_customers_buy():
    plain, _ = drawn(n=100)
    log, _ = drawn(n=100, spend=GammaGamma(), spend_theta=(6.0, 4.0, 16.0))
    pd.testing.assert_frame_equal(log[["customer", "date"]], plain)


def test_the_same_seed_gives_the_same_log():
    for one, other in zip(drawn(n=100), drawn(n=100), strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_every_customer_may_have_parameters_of_their_own():
    busy, idle = (50.0, 10.0), (50.0, 1000.0)  # 5 purchases a week, and one in 20
    theta = np.repeat(np.array([busy, idle]), 200, axis=0).T
    _, truth = simulate.customers_log(NBD(), theta, 400, np.random.default_rng(1), **DAYS)
    rate = truth["x"] / truth["T"]
    assert rate.iloc[:200].mean() == pytest.approx(5.0, rel=0.05)
    assert rate.iloc[200:].mean() == pytest.approx(0.05, rel=0.1)


def test_customers_who_join_on_the_last_day_have_age_0():
    days = {"start": END, "acquisition_end": END, "end": END}
    log, truth = simulate.customers_log(NBD(), (1.0, 1.0), 5, np.random.default_rng(1), **days)
    assert len(log) == 5
    assert (truth[["x", "t_x", "T"]] == 0).all(axis=None)
    assert truth["alive"].all()


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"end": "2023-02-01"}, DomainError, "end, 2023-02-01, lies before acquisition_end, 2023-03-31."),
        (
            {"acquisition_end": "2022-12-31"},
            DomainError,
            "acquisition_end, 2022-12-31, lies before start, 2023-01-01.",
        ),
        ({"start": "soon"}, SchemaError, "start must be a date such as \"1997-09-30\", not 'soon'."),
        ({"n": 0}, DomainError, "The number of customers must be whole and 1 or more, not 0."),
        (
            {"model": GammaGamma(), "theta": (6.0, 4.0, 16.0)},
            DomainError,
            "GammaGamma() says nothing of when customers buy. Take an attrition model, such as ParetoNBD().",
        ),
        (
            {"spend": GammaGamma()},
            SchemaError,
            "Amounts need both spend and spend_theta: spend=GammaGamma(), spend_theta=(p, q, gamma).",
        ),
        (
            {"spend": NBD(), "spend_theta": (1.0, 1.0)},
            DomainError,
            "Amounts are drawn by Gamma-Gamma, not by NBD().",
        ),
        (
            {"unit": "fortnight"},
            SchemaError,
            'There is no unit of time "fortnight". Known: day, week, month, quarter, year.',
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(changes, error, message):
    given = {"model": NBD(), "theta": (1.0, 10.0), "n": 5, "rng": np.random.default_rng(1), **DAYS} | changes
    with pytest.raises(error) as found:
        simulate.customers_log(**given)
    assert str(found.value) == message


# Regular buyers


def test_regular_buyers_buy_about_every_gap_and_stay_after_a_purchase_as_said():
    people = simulate.regular_buyers(5000, 400.0, np.random.default_rng(1), gap=4.0, leave=0.1)
    gaps = (people["t_x"] / people["x"])[people["x"] > 20]
    assert gaps.mean() == pytest.approx(4.0, rel=0.02)
    left = people[~people["alive"]]
    assert left["x"].mean() == pytest.approx((1 - 0.1) / 0.1, rel=0.05)  # purchases survived before leaving


def test_a_regular_buyer_alive_bought_in_the_last_two_gaps():
    people = simulate.regular_buyers(5000, 40.0, np.random.default_rng(1), gap=4.0, leave=0.1)
    silent = people["T"] - people["t_x"] > 8.0
    assert people.loc[silent, "alive"].mean() < 0.01
