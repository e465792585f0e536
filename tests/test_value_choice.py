"""Choice among brands: the fit against other code and a known truth, elasticities against their definition, IIA."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.discrete.conditional_models import ConditionalLogit

from crmtheory import datasets, simulate
from crmtheory.errors import ConvergenceError, DomainError, SchemaError
from crmtheory.value import choice, words_perceived

MORE = {"display": "disp.", "feature": "feat."}


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def world(seed: int, households: int = 120, **options):
    shop = simulate.choosing_households(
        households, np.random.default_rng(seed), price=-2.0, **({"display": 0.5} | options)
    )
    rows = choice.long(shop, more={"display": "disp."}).rows
    return rows, choice.conditional_logit(rows, ["display"])


@pytest.fixture(scope="module")
def crackers():
    rows = choice.long(datasets.load("cracker_choice"), more=MORE).rows
    return rows, choice.conditional_logit(rows, list(MORE))


# From one row per choice to one row per offer

SHOP = pd.DataFrame(
    {
        "who": ["甲", "甲", "乙", "乙", "丙"],
        "took": ["a", "b", "a", "b", "c"],
        "price.a": [1.0, 2.0, 0.0, 1.5, 1.0],
        "price.b": [2.0, 1.0, 1.0, np.nan, 1.0],
        "price.c": [3.0, np.nan, 1.0, 1.0, 1.0],
        "disp.a": [1, 0, 0, 0, 1],
        "disp.b": [0, np.nan, 0, 0, 0],
        "disp.c": [0, 0, 0, 0, 0],
    },
    index=[10, 20, 30, 40, 50],
)


def test_choices_become_offers_and_what_cannot_be_used_is_named():
    rows, left_out = choice.long(SHOP, "took", "price.", "who", {"display": "disp."})
    assert left_out.to_dict() == {30: "a price of 0 or less", 40: "no price for the brand taken"}
    assert rows["occasion"].tolist() == [0, 0, 0, 1, 1, 4, 4, 4]
    assert rows["brand"].astype(str).tolist() == ["a", "b", "c", "a", "b", "a", "b", "c"]
    assert rows["chosen"].tolist() == [1, 0, 0, 0, 1, 0, 0, 1]
    assert rows["price"].tolist() == [1, 2, 3, 2, 1, 1, 1, 1]
    assert rows["display"].tolist() == [1, 0, 0, 0, 0, 1, 0, 0]
    assert rows["household"].tolist() == ["甲"] * 5 + ["丙"] * 3
    assert words_perceived.left_out(left_out, 5) == (
        "Left out of 5 choices: 1 (a price of 0 or less) and 1 (no price for the brand taken)."
    )


def test_the_last_brand_is_that_of_the_household_at_its_choice_before():
    rows, left_out = choice.long(SHOP, "took", "price.", "who", last=True)
    assert left_out.to_dict() == {
        10: "the first choice of a household",
        30: "a price of 0 or less",
        40: "no price for the brand taken",
        50: "the first choice of a household",
    }
    assert rows["last"].tolist() == [1, 0]


def test_brands_may_have_columns_of_any_name():
    frame = SHOP.rename(columns={"price.a": "our price", "price.b": "theirs", "price.c": "第三"})
    named = {"a": "our price", "b": "theirs", "c": "第三"}
    one, other = choice.long(frame, "took", named, "who"), choice.long(SHOP, "took", "price.", "who")
    pd.testing.assert_frame_equal(one.rows, other.rows)


def test_the_crackers_without_a_price_are_left_out():
    rows, left_out = choice.long(datasets.load("cracker_choice"), more=MORE)
    assert left_out.to_dict() == dict.fromkeys([318, 320, 1050], "a price of 0 or less")
    assert len(rows) == 4 * 3289


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"price": "cost."},
            'No two columns begin with "cost.". Give what stands before the brand in their names, or a dictionary such '
            'as {"our brand": "price_ours", "other": "price_other"}.',
        ),
        (
            {"price": {"a": "price.a", "b": "price.b"}},
            '1 of 5 choices are of a brand without a price column, first: "c" (row 5). Brands with prices: a, b.',
        ),
        ({"more": {"price": "disp."}}, "The name price is taken. Call the further column something else."),
        (
            {"more": {"display": {"a": "disp.a", "b": "disp.b", "c": "disp.x"}}},
            'There is no column "disp.x". Did you mean "disp.c"? Known: who, took, price.a, price.b, price.c, disp.a, '
            "disp.b, disp.c.",
        ),
        ({"price": {"a": "who", "b": "price.b", "c": "price.c"}}, "The column who must hold numbers."),
    ],
)
def test_columns_that_do_not_fit_are_refused(options, message):
    given = {"choice": "took", "price": "price.", "household": "who"} | options
    assert raised(SchemaError, lambda: choice.long(SHOP, **given)) == message


def test_roles_must_name_choice_and_price():
    assert raised(SchemaError, lambda: choice.roles({"household": "id"})) == (
        "The columns of the choices must name choice and price, such as "
        '{"choice": "brand", "price": {"ours": "price_ours", "theirs": "price_theirs"}}.'
    )


# The fit


def test_the_fit_is_that_of_statsmodels(crackers):
    rows, fit = crackers
    design = rows[["price", *MORE]].assign(
        **{name: (rows["brand"] == name).astype(float) for name in fit.brands[:-1]}
    )
    few = rows["occasion"] < 400
    own = choice.conditional_logit(rows[few], list(MORE))
    model = ConditionalLogit(rows.loc[few, "chosen"], design[few], groups=rows.loc[few, "occasion"])
    found = own.table["estimate"].to_numpy()
    assert own.log_likelihood == pytest.approx(model.loglike(found))
    scaled = model.score(found) * own.naive.to_numpy()
    np.testing.assert_allclose(scaled, 0, atol=1e-6)  # the top of their likelihood, in standard errors
    close = model.fit(start_params=found, disp=False)
    np.testing.assert_allclose(own.naive, close.bse, rtol=1e-3)


def test_two_brands_are_a_logistic_regression_on_differences():
    """With clusters the sandwich is that of statsmodels without its correction for the number of coefficients."""
    import statsmodels.api as sm

    shop = simulate.choosing_households(
        60, np.random.default_rng(2), price=-1.5, constants={"a": 1, "b": 0}, spread=1
    )
    fit = choice.conditional_logit(choice.long(shop).rows)
    x = pd.DataFrame({"price": shop["price.a"] - shop["price.b"], "a": 1.0})
    logit = sm.Logit((shop["choice"] == "a").astype(int), x)
    other = logit.fit(
        disp=False, cov_type="cluster", cov_kwds={"groups": shop["id"], "use_correction": False}
    )
    np.testing.assert_allclose(fit.table["estimate"], other.params, rtol=1e-6)
    np.testing.assert_allclose(fit.table["se"], other.bse * np.sqrt(60 / 59), rtol=1e-5)


def test_without_prices_that_vary_shares_are_the_constants():
    """Constants alone give each brand its share of choices: α_a − α_b = ln(3 / 1)."""
    shop = simulate.choosing_households(
        400, np.random.default_rng(1), price=-1e-9, constants={"a": np.log(3), "b": 0}
    )
    fit = choice.conditional_logit(choice.long(shop).rows)
    assert fit.table.loc["a", "low"] < np.log(3) < fit.table.loc["a", "high"]
    np.testing.assert_allclose(
        fit.probabilities().mean(axis=0), shop["choice"].value_counts(normalize=True)[["a", "b"]], rtol=1e-9
    )


def test_intervals_cover_known_coefficients_about_as_often_as_they_say():
    truth, worlds = np.array([-2.0, 0.5, -1.0, -0.5]), 60
    inside = np.zeros(4)
    for seed in range(worlds):
        table = world(seed, 60)[1].table
        inside += (table["low"] <= truth) & (truth <= table["high"])
    low, high = stats.binom.ppf([1e-4, 1 - 1e-4], worlds, 0.95)
    assert ((inside >= low) & (inside <= high)).all()


def test_households_with_lasting_tastes_need_errors_by_household():
    """The scatter of the constants between worlds is that of the errors by household, not of the naive ones."""
    fits = [world(seed, 60, spread=2.0)[1] for seed in range(60)]
    scatter = np.std([fit.table.loc["plain", "estimate"] for fit in fits], ddof=1)
    assert np.mean([fit.table.loc["plain", "se"] for fit in fits]) == pytest.approx(scatter, rel=0.25)
    assert np.mean([fit.naive["plain"] for fit in fits]) < 0.6 * scatter


def test_neither_the_order_of_rows_nor_the_names_of_households_matter(crackers):
    rows, fit = crackers
    mixed = rows.sample(frac=1, random_state=1).assign(household=lambda frame: frame["household"].astype(str))
    other = choice.conditional_logit(mixed, list(MORE))
    pd.testing.assert_frame_equal(fit.table, other.table, rtol=1e-7)
    pd.testing.assert_frame_equal(choice.own_elasticity(fit), choice.own_elasticity(other), rtol=1e-7)


@pytest.mark.parametrize("unit", [0.01, 100.0])
def test_the_unit_of_price_changes_its_coefficient_and_nothing_else(crackers, unit):
    rows, fit = crackers
    other = choice.conditional_logit(rows.assign(price=rows["price"] * unit), list(MORE))
    np.testing.assert_allclose(
        other.table.loc["price", "estimate"] * unit, fit.table.loc["price", "estimate"]
    )
    np.testing.assert_allclose(other.table["estimate"].iloc[1:], fit.table["estimate"].iloc[1:], rtol=1e-6)
    pd.testing.assert_frame_equal(choice.own_elasticity(fit), choice.own_elasticity(other))


def test_choices_that_cannot_be_modelled_are_refused():
    rows, _ = world(1, 20)
    fit = choice.conditional_logit
    assert raised(SchemaError, lambda: fit(rows.drop(columns="price"))).startswith(
        'There is no column "price".'
    )
    assert raised(SchemaError, lambda: fit(rows.assign(chosen=0))) == (
        "200 of 200 choices do not have exactly one offer chosen, first: occasion 0. chosen is 1 for the offer that "
        "was taken and 0 for the others."
    )
    assert raised(SchemaError, lambda: fit(pd.concat([rows, rows[rows["chosen"] == 0]]))) == (
        "A brand is offered twice at one occasion. Make two brands of them, or keep one."
    )
    blank = rows.assign(price=rows["price"].where(rows.index > 2))
    assert raised(SchemaError, lambda: fit(blank)) == "3 of 600 offers have no price. Leave them out."
    assert raised(SchemaError, lambda: fit(rows.assign(household=rows.index))) == (
        "Offers of one occasion belong to several households. Number the occasions anew."
    )
    assert raised(DomainError, lambda: fit(rows[:0])) == "There are no choices."
    assert raised(DomainError, lambda: fit(rows[rows["household"] == 1])) == (
        "A choice model needs at least two brands and two households; these are 3 brands and 1 household."
    )
    assert raised(DomainError, lambda: fit(rows.assign(display=1), ["display"])) == (
        "The choices do not turn on display: it is the same for all offers, or follows from the other columns. Leave "
        "it out."
    )
    never = rows[
        ~rows["occasion"].isin(rows.loc[(rows["brand"] == "good") & (rows["chosen"] == 1), "occasion"])
    ]
    assert raised(DomainError, lambda: fit(never)) == (
        "Nobody took good, so its constant has no estimate. Leave this brand out."
    )


def test_a_column_that_tells_what_is_chosen_has_no_coefficient():
    rows, _ = world(1, 20)
    assert raised(
        ConvergenceError, lambda: choice.conditional_logit(rows.assign(sold=rows["chosen"]), ["sold"])
    ) == (
        "The choices have no finite coefficient of sold: it tells almost without error what is chosen. Leave it out, "
        "or take more choices."
    )


# Elasticities


def moved(fit, brand: int, factor: float) -> np.ndarray:
    """Expected choices of each brand with one price changed."""
    x = fit.x.copy()
    x[:, brand, 0] *= factor
    v = np.where(fit.offered, x @ fit.table["estimate"].to_numpy(), -np.inf)
    p = np.exp(v - v.max(axis=1, keepdims=True))
    return (p / p.sum(axis=1, keepdims=True)).sum(axis=0)


def test_elasticities_are_the_change_of_all_choices_when_a_price_changes(crackers):
    _, fit = crackers
    table = choice.cross(fit)
    assert np.diag(table).tolist() == pytest.approx(choice.elasticities(fit)["own"].tolist())
    for k, brand in enumerate(fit.brands):
        step = 1e-5
        change = (np.log(moved(fit, k, 1 + step)) - np.log(moved(fit, k, 1 - step))) / (2 * step)
        np.testing.assert_allclose(table[brand], change, rtol=1e-6)


def test_one_choice_by_hand():
    """β p (1 − P): with a price coefficient of −3, a price of 1 and equal shares of two, −3 · 1 · 0.5."""
    shop = pd.DataFrame(
        {"id": [1, 2, 3, 4], "price.a": [1.0, 1.2, 1.0, 1.2], "price.b": [1.1] * 4, "choice": list("aabb")}
    )
    fit = choice.conditional_logit(choice.long(shop).rows)
    assert fit.table["estimate"].tolist() == pytest.approx(
        [0, 0], abs=1e-9
    )  # choices do not turn on price here
    assert choice.own_elasticity(fit)["estimate"].iloc[0] == pytest.approx(0, abs=1e-9)
    assert raised(DomainError, lambda: choice.worth(fit, np.random.default_rng(1))).startswith(
        "The coefficient of price is"
    )


def test_the_single_number_is_the_mean_of_the_brands_by_share(crackers):
    _, fit = crackers
    table = choice.elasticities(fit)
    row = choice.own_elasticity(fit).iloc[0]
    assert row["estimate"] == pytest.approx(-(table["own"] * table["share"]).sum())
    assert table["share"].sum() == pytest.approx(1)
    assert (row["n"], row["choices"]) == (136, 3289)


def test_the_interval_of_the_elasticity_is_that_of_a_bootstrap_over_households():
    rows, fit = world(3, 60, spread=1.0, choices=6)
    rng = np.random.default_rng(1)
    size = len(rows) // 60  # all households chose equally often, and stand one after the other
    draws = []
    for _ in range(100):
        place = (rng.integers(0, 60, (60, 1)) * size + np.arange(size)).ravel()
        again = rows.iloc[place].assign(
            household=np.repeat(range(60), size), occasion=np.repeat(range(len(rows) // 3), 3)
        )
        draws.append(choice.own_elasticity(choice.conditional_logit(again, ["display"]))["estimate"].iloc[0])
    row = choice.own_elasticity(fit).iloc[0]
    width = 2 * stats.t.ppf(0.975, 59) * np.std(draws, ddof=1)
    assert row["high"] - row["low"] == pytest.approx(width, rel=0.25)


def test_the_elasticity_of_a_known_rule_is_inside_its_interval_about_as_often_as_it_says():
    truth = simulate.choice_elasticity(np.random.default_rng(99), price=-2.0, display=0.5)
    worlds = 40
    found = [choice.own_elasticity(world(seed, 60)[1]).iloc[0] for seed in range(worlds)]
    inside = sum(row["low"] <= truth <= row["high"] for row in found)
    assert inside >= stats.binom.ppf(1e-4, worlds, 0.95)
    assert np.mean([row["estimate"] for row in found]) == pytest.approx(truth, rel=0.02)


# Worth, IIA, habit


def test_what_a_brand_is_worth_is_its_constant_over_the_price_coefficient(crackers):
    _, fit = crackers
    table, draws = choice.worth(fit, np.random.default_rng(1))
    constant = fit.table["estimate"]
    dearer = table.loc["nabisco", "quality"] - table.loc["private", "quality"]
    assert dearer == pytest.approx(constant["nabisco"] / -constant["price"])
    assert table["quality"].mean() == pytest.approx(table["price"].mean())
    assert ((table["low"] < table["quality"]) & (table["quality"] < table["high"])).all()
    assert np.nanmedian(draws[:, 2] - draws[:, 3]) == pytest.approx(dearer, rel=0.05)


def test_which_brand_stands_last_does_not_change_what_brands_are_worth(crackers):
    rows, fit = crackers
    turned = rows.assign(brand=rows["brand"].cat.reorder_categories(list(fit.brands[::-1])))
    one, _ = choice.worth(fit, np.random.default_rng(1))
    other, _ = choice.worth(choice.conditional_logit(turned, list(MORE)), np.random.default_rng(1))
    np.testing.assert_allclose(other["quality"][list(fit.brands)], one["quality"], rtol=1e-6)


def test_where_iia_holds_the_test_rarely_says_otherwise():
    worlds = [world(seed, 60) for seed in range(40)]
    p = np.array([choice.iia(rows, fit, "best")["p_value"].iloc[0] for rows, fit in worlds])
    assert (p < 0.05).sum() <= stats.binom.ppf(1 - 1e-4, 40, 0.05)
    assert stats.kstest(p, "uniform").pvalue > 1e-4


def test_brands_that_are_close_rivals_are_found_by_the_test():
    """Blue and red are the same to a household, which likes or dislikes both: without one the other takes all."""
    rng = np.random.default_rng(5)
    n, choices = 300, 10
    bus = np.repeat(rng.normal(0, 3, n), choices)
    price = rng.uniform(1, 3, (n * choices, 3))
    utility = np.column_stack([bus, bus, np.zeros(n * choices)]) - 1.5 * price + rng.gumbel(size=price.shape)
    shop = pd.DataFrame(
        {
            "id": np.repeat(range(n), choices),
            **{f"price.{b}": price[:, j] for j, b in enumerate(("red", "blue", "car"))},
        }
    )
    rows = choice.long(shop.assign(choice=np.array(["red", "blue", "car"])[utility.argmax(axis=1)])).rows
    tests = pd.concat([choice.iia(rows, choice.conditional_logit(rows), brand) for brand in ("red", "car")])
    assert tests["p_value"].iloc[1] < 1e-3
    assert words_perceived.irrelevant(tests).startswith("Without")


def test_iia_cannot_be_asked_of_two_brands_or_of_one_that_is_not_there(crackers):
    rows, fit = crackers
    assert raised(SchemaError, lambda: choice.iia(rows, fit, "nabisko")) == (
        'There is no brand "nabisko". Did you mean "nabisco"? Known: sunshine, kleebler, nabisco, private.'
    )
    shop = simulate.choosing_households(30, np.random.default_rng(2), price=-1.0, constants={"a": 1, "b": 0})
    two = choice.long(shop).rows
    assert raised(DomainError, lambda: choice.iia(two, choice.conditional_logit(two), "a")) == (
        "With two brands nothing is left to choose when one is taken out."
    )


def test_tastes_draw_the_coefficient_of_price_towards_zero_and_the_last_brand_seems_to_matter():
    shop = simulate.choosing_households(200, np.random.default_rng(7), price=-2.0, spread=2.0)
    rows = choice.long(shop, last=True).rows
    fit = choice.conditional_logit(rows, ["last"])
    assert choice.conditional_logit(rows).table.loc["price", "high"] < 0
    assert choice.conditional_logit(rows).table.loc["price", "low"] > -2
    assert fit.table.loc["last", "low"] > 0  # nobody has habits here, only tastes


@pytest.mark.parametrize(
    "options", [{"constants": {"a": 1.0}}, {"prices": (0.0, 1.0)}, {"prices": (2.0, 1.0)}, {"spread": -1.0}]
)
def test_households_that_cannot_choose_are_refused(options):
    with pytest.raises(DomainError, match="Choosing needs two brands or more"):
        simulate.choosing_households(5, np.random.default_rng(1), price=-1.0, **options)


def test_with_tastes_the_coefficient_is_missed_and_the_elasticity_of_all_together_is_not():
    truth = simulate.choice_elasticity(np.random.default_rng(1), price=-2.0, display=0.5, spread=2.0)
    fits = [world(seed, 150, spread=2.0)[1] for seed in range(10)]
    assert all(fit.table.loc["price", "low"] > -2 for fit in fits)
    assert np.mean([choice.own_elasticity(fit)["estimate"].iloc[0] for fit in fits]) == pytest.approx(
        truth, rel=0.05
    )


def test_the_true_elasticity_is_the_loss_of_choices_when_one_price_rises():
    """Three brands alike at one price: −β p (1 − 1/3), of any spread of 0."""
    rng = np.random.default_rng(1)
    alike = {"a": 0.0, "b": 0.0, "c": 0.0}
    found = simulate.choice_elasticity(rng, price=-1.5, constants=alike, prices=(2.0, 2.0), draws=10)
    assert found == pytest.approx(1.5 * 2 * 2 / 3)
