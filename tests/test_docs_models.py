"""docs/models.md: every block runs and prints what is shown, what the prose says is so, and its own model obeys the
laws that the package's models obey.
"""

import re
import sys

import blocks
import numpy as np
import pytest
import test_models_laws as laws

from crmtheory import value
from crmtheory.models import MODELS

PAGE = blocks.DOCS / "models.md"
TRUTH = (0.8, 8.0, 0.6)


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def ran():
    """The blocks with what they show and print, and the names that they define."""
    return blocks.run(PAGE)


@pytest.fixture(scope="module")
def names(ran):
    return ran[1]


@pytest.fixture(scope="module")
def own(names):
    return names["OnceOnlyNBD"]()


# What is shown


def test_every_block_prints_what_the_page_shows(ran):
    found, _ = ran
    assert len(found) > 20
    for line, shown, printed in found:
        assert blocks.lines(printed) == blocks.lines(shown), f"the block in line {line}"


def test_every_number_in_the_prose_stands_in_a_block(page):
    shown = "".join(re.findall(r"```.*?```", page, flags=re.DOTALL))
    known = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", shown)}
    prose = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    prose = "\n".join(line for line in prose.splitlines() if not line.startswith(("|", "#")))
    found = re.findall(r"(\d[\d,]*\d|\d)(\.\d+)?(%?)", re.sub(r"\]\(.*?\)|[Pp]art [12]", "", prose))
    assert found
    for whole, decimals, percent in found:
        number = float(whole.replace(",", "") + decimals)
        assert (number / 100 if percent else number) in known, whole + decimals + percent


def test_every_link_has_its_file(page):
    for link in re.findall(r"\]\(([^)#]+)\)", page):
        assert link.startswith("https://") or (PAGE.parent / link).exists(), link


def test_the_table_lists_the_models_with_their_columns_and_the_sources_their_files_name(page):
    start = page.index("| model | data |")
    table = page[start : page.index("\n\n", start)].splitlines()[2:]
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table]
    assert [row[0] for row in rows] == list(MODELS)
    for name, columns, _, source in rows:
        assert columns == ", ".join(MODELS[name].columns), name
        assert source in " ".join(sys.modules[type(MODELS[name]).__module__].__doc__.split()), name


# What the prose says of the results


def holds(table, truth) -> bool:
    return bool(((table["low"] <= truth) & (truth <= table["high"])).all())


def test_the_counts_and_shares_lie_inside_the_intervals_as_said(names):
    together = names["together"].iloc[0]
    assert names["summary"]["x_holdout"].sum() == 1882
    assert together["purchases_low"] < 1882 < together["purchases_high"]
    survival = names["contract"].survival([7, 12], level=0.95)
    assert holds(survival, names["share"].loc[[7, 12]] / 100)


def test_a_prediction_interval_is_wider_than_the_confidence_interval(names):
    mean = names["fit"].conditional(names["summary"], "39 weeks", level=0.95)
    each = names["prediction"]
    assert (each["high"] - each["low"] > mean["high"] - mean["low"])[:3].all()


def test_the_pareto_nbd_is_better_in_three_measures_and_worse_in_ranking(names):
    gain = names["gain"]
    assert gain.index[gain["low"] > 0].tolist() == ["MAE", "RMSE", "log score"]
    assert gain.index[gain["high"] < 0].tolist() == ["rank correlation"]
    assert gain.loc["rank correlation", "against"] == "last period repeats"


def test_the_intervals_of_the_own_model_hold_the_truth(names):
    assert names["truth"] == TRUTH
    assert holds(names["found"].table(), np.array(TRUTH))
    silent = names["crowd"].query("x == 0")
    assert holds(names["found"].p_alive(silent, level=0.95), silent["alive"].mean())
    effects = names["WithCovariates"](names["own"], buying=["online"]).fit(names["online"]).table()
    assert holds(effects.loc[["buying: online"]], 1.0)


def test_on_cdnow_the_own_model_is_the_nbd(names, cdnow_fits):
    assert names["cdnow"].loglik == pytest.approx(cdnow_fits["NBD"].loglik, abs=0.01)
    assert names["cdnow"].theta[2] < 1e-4


def test_a_score_by_differences_takes_seven_likelihoods(names):
    calls = []

    class Counting(names["OnceOnlyNBD"]):
        def loglik(self, theta, *columns):
            calls.append(theta)
            return super().loglik(theta, *columns)

    Counting().loglik_and_score(np.array(TRUTH), *names["columns"])
    assert len(calls) == 7


# The laws, of the model on the page

LAWS = [
    laws.test_without_a_history_the_conditional_expectation_is_the_expectation,
    laws.test_expectations_rise_with_time_and_are_zero_at_once,
    laws.test_the_rate_of_buying_at_once_is_the_mean_rate_of_those_alive,
    laws.test_weeks_and_days_tell_the_same_story,
    laws.test_simulation_is_the_same_for_the_same_seed_and_takes_ages_one_by_one,
    laws.test_p_no_purchase_starts_at_1_and_falls,
    laws.test_for_ever_only_those_never_buy_who_have_left_or_will_leave_first,
    laws.test_nobody_without_time_to_leave_has_left,
    laws.test_at_the_median_wait_a_purchase_has_come_in_half_of_the_cases,
    laws.test_without_discounting_the_discounted_purchases_are_the_expected_ones,
    laws.test_a_longer_horizon_is_worth_more_and_a_very_long_one_as_much_as_an_infinite_one,
    laws.test_an_infinite_horizon_without_discounting_is_refused,
    laws.test_no_parameters_and_no_history_give_nan_or_a_warning,
]
OF_A_CROWD = [
    laws.test_the_expectation_is_the_mean_of_simulated_customers,
    laws.test_histories_average_out_the_conditional_expectation,
    laws.test_a_simulated_history_is_a_possible_one,
    laws.test_futures_drawn_for_simulated_histories_are_the_simulated_futures,
]


@pytest.fixture
def with_parameters(own, monkeypatch):
    """The laws look up the parameters of a model by its name."""
    monkeypatch.setitem(laws.THETA, own.name, TRUTH)


@pytest.fixture(scope="module")
def crowds(own):
    rng = np.random.default_rng(1905)
    return {own.name: own.simulate(TRUTH, laws.AGE, rng, n=60_000, t=laws.AHEAD)}


@pytest.mark.usefixtures("with_parameters")
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__.removeprefix("test_"))
def test_the_own_model_obeys(law, own):
    law(model=own)


@pytest.mark.usefixtures("with_parameters")
@pytest.mark.parametrize("law", OF_A_CROWD, ids=lambda law: law.__name__.removeprefix("test_"))
def test_simulated_customers_of_the_own_model_obey(law, own, crowds):
    law(model=own, crowds=crowds)


@pytest.mark.usefixtures("with_parameters")
@pytest.mark.parametrize("group", laws.GROUPS.values(), ids=laws.GROUPS)
def test_simulated_customers_of_the_own_model_do_what_its_formulas_say(group, own, crowds):
    laws.test_simulated_customers_do_what_the_formulas_say(own, group, crowds)


@pytest.mark.usefixtures("with_parameters")
@pytest.mark.parametrize("history", laws.HISTORIES, ids=str)
def test_its_futures_drawn_for_a_history_do_what_its_formulas_say(history, own):
    laws.test_futures_drawn_for_a_history_do_what_the_formulas_say(own, history)


@pytest.mark.usefixtures("with_parameters")
@pytest.mark.parametrize("history", [(3000, 300, 730), (1, 1e-9, 1e9), (0, 0, 1e9), (0, 0, 0)], ids=str)
def test_its_answers_to_extreme_histories_are_finite(history, own):
    laws.test_extreme_histories_give_finite_answers_without_a_warning(own, history)


@pytest.mark.parametrize("T", [1.0, 15.0])
def test_the_probabilities_of_all_its_histories_add_up_to_1(own, T):
    assert laws.likelihood_sums_to(own, TRUTH, T, most=260) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("history", laws.HISTORIES, ids=str)
def test_its_counts_add_up_to_1_have_the_expected_mean_and_begin_with_no_purchase(own, history):
    y = np.arange(2000)
    p = own.pmf(TRUTH, y, laws.AHEAD, *history)
    assert p.sum() == pytest.approx(1, abs=1e-9)
    assert p @ y == pytest.approx(float(own.conditional(TRUTH, laws.AHEAD, *history)), rel=1e-9)
    assert p[0] == pytest.approx(float(own.p_no_purchase(TRUTH, laws.AHEAD, *history)), rel=1e-9)


def test_each_customer_may_have_parameters_of_their_own(own):
    x, t_x, T = (np.array(column, float) for column in zip(*laws.HISTORIES, strict=True))
    each = np.array(TRUTH)[:, None] * np.linspace(0.5, 2, len(x))
    for question, more in (
        ("p_alive", ()),
        ("loglik", ()),
        ("conditional", (20.0,)),
        ("p_no_purchase", (20.0,)),
    ):
        ask = getattr(own, question)
        one_by_one = [
            float(np.squeeze(ask(theta, *more, *(np.array([v]) for v in row))))
            for theta, row in zip(each.T, zip(x, t_x, T, strict=True), strict=True)
        ]
        np.testing.assert_allclose(ask(each, *more, x, t_x, T), one_by_one, rtol=1e-12)


def test_every_kind_of_answer_of_the_own_model_comes_with_its_interval(names):
    fit, people = names["found"], names["crowd"].head(200)
    for answer in (
        fit.p_alive(people, level=0.95),
        fit.conditional(people, "26 weeks", level=0.95),
        fit.p_no_purchase(people, "26 weeks", level=0.95),
        fit.discounted(people, "inf", 0.1, level=0.95),
        fit.prediction(people, "26 weeks", np.random.default_rng(1), draws=100),
    ):
        estimate = answer.iloc[:, 0]
        assert ((answer["low"] <= estimate) & (estimate <= answer["high"])).all()


def test_lifetime_values_of_the_own_model_add_up_to_the_equity(names):
    fit, now = names["mine"], names["now"]
    spend = names["GammaGamma"]().fit(now)
    each = value.clv(fit, spend, now)["clv"]
    assert each.sum() == pytest.approx(value.equity(fit, spend, now)["equity"].iloc[0], rel=1e-9)
