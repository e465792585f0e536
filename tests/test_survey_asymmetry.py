"""Penalty and reward: means by hand, the sandwich by another package, and intervals that hold together."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from crmtheory.errors import DomainError, SchemaError
from crmtheory.survey import drivers

COLUMNS = [
    *("penalty", "penalty_low", "penalty_high", "reward", "reward_low", "reward_high"),
    *("estimate", "low", "high", "n_low", "n_middle", "n_high", "kind"),
]


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def rng(seed: int = 7) -> np.random.Generator:
    return np.random.default_rng(seed)


def world(effects, n: int = 600, seed: int = 1, silent: float = 0.0) -> pd.DataFrame:
    """Ratings 1 to 5 that go together; overall has penalty and reward of each driver, more noise where x0 is low."""
    made = rng(seed)
    k = len(effects)
    x = 1.0 + np.digitize(made.normal(size=(n, 1)) + made.normal(size=(n, k)), [-1.6, -0.6, 0.6, 1.6])
    y = 4 + made.normal(size=n) * (0.4 + 0.4 * (x[:, 0] <= 2))
    for j, (penalty, reward) in enumerate(effects):
        y += penalty * (x[:, j] <= 2) + reward * (x[:, j] >= 4)
    x[made.random(x.shape) < silent] = np.nan
    return pd.DataFrame(np.column_stack([y, x]), columns=["overall", *[f"x{j}" for j in range(k)]])


def names(table: pd.DataFrame) -> list[str]:
    return [name for name in table if name != "overall"]


def contrast(table: pd.DataFrame, wanted=None, seed: int = 7, low_at=2, high_at=4, **more) -> pd.DataFrame:
    wanted = names(table) if wanted is None else wanted
    return drivers.penalty_reward(table, "overall", wanted, rng(seed), low_at, high_at, **more)


def test_of_one_driver_penalty_and_reward_are_differences_of_means():
    """Middle 3.0 on average, low 1.5, high 3.5: penalty −1.5, reward 0.5, asymmetry 1."""
    food = [1.0, 2] * 10 + [3.0] * 20 + [4.0, 5] * 10
    overall = [1.0, 2] * 10 + [2.0, 4] * 10 + [3.0, 4] * 10
    found = contrast(pd.DataFrame({"overall": overall, "food": food}))
    assert found.columns.tolist() == COLUMNS
    assert found.index.tolist() == ["food"]
    assert found.index.name == "driver"
    assert found.loc["food", ["penalty", "reward", "estimate"]].tolist() == pytest.approx([-1.5, 0.5, 1.0])
    assert found.loc["food", ["n_low", "n_middle", "n_high"]].tolist() == [20, 20, 20]
    # Groups of 20: HC3 divides each squared residual by (1 − 1/20)², so the variance of a mean is s² / (20 · 0.95²).
    error = np.sqrt((0.25 + 1.0) / 20) / 0.95
    half = stats.t.ppf(0.975, 57) * error
    assert found.loc["food", ["penalty_low", "penalty_high"]].tolist() == pytest.approx(
        [-1.5 - half, -1.5 + half]
    )


def design(table: pd.DataFrame) -> pd.DataFrame:
    columns = {}
    for name in names(table):
        columns[f"{name} low"], columns[f"{name} high"] = table[name] <= 2, table[name] >= 4
    columns |= {f"{name} silent": table[name].isna() for name in names(table)}
    return sm.add_constant(pd.DataFrame(columns).astype(float))


@pytest.mark.parametrize("weighted", [False, True])
def test_coefficients_and_intervals_are_those_of_statsmodels(weighted):
    table = world([(-0.5, 0.1), (-0.1, 0.5), (0, 0)], silent=0.2)
    w = pd.Series(rng(3).uniform(0.2, 3, len(table)), table.index)
    model = sm.WLS(table["overall"], design(table), weights=w if weighted else 1.0)
    fit = model.fit(cov_type="HC3", use_t=True)
    found = contrast(table, weights=w if weighted else None, level=0.9)
    limits = fit.conf_int(0.1)
    for name in names(table):
        for what, column in (("penalty", f"{name} low"), ("reward", f"{name} high")):
            row = found.loc[name, [what, f"{what}_low", f"{what}_high"]].tolist()
            assert row == pytest.approx([fit.params[column], *limits.loc[column]])
    assert found["estimate"].tolist() == pytest.approx(
        (found["penalty"].abs() - found["reward"].abs()).tolist()
    )
    assert found["n_low"].tolist() == [(table[name] <= 2).sum() for name in names(table)]


def test_with_clear_signs_the_interval_is_that_of_the_sum_at_the_quantile_of_the_largest_t():
    """|p| − |r| = −(p + r) then. The quantile lies between that of one t and that of 2k by Bonferroni."""
    table = world([(-1.5, 1.0)] * 3, n=900)
    fit = sm.OLS(table["overall"], design(table).iloc[:, :7]).fit(cov_type="HC3", use_t=True)
    found = contrast(table)
    for name in names(table):
        place = [list(fit.params.index).index(f"{name} {kind}") for kind in ("low", "high")]
        error = np.sqrt(fit.cov_params().to_numpy()[np.ix_(place, place)].sum())
        row = found.loc[name]
        assert (row["low"] + row["high"]) / 2 == pytest.approx(row["estimate"])
        width = (row["high"] - row["low"]) / 2 / error
        assert stats.t.ppf(0.975, 893) < width < stats.t.ppf(1 - 0.025 / 6, 893) * 1.01


def test_the_intervals_of_all_drivers_hold_together_as_often_as_they_say_at_least():
    """Also for drivers without penalty or without reward, where |p| − |r| has its kinks."""
    effects = [(-0.6, 0.1), (0.0, 0.4), (-0.3, 0.3), (0.0, 0.0)]
    truth = np.array([0.5, -0.4, 0.0, 0.0])
    together, largest = [], []
    for seed in range(110):
        table = contrast(world(effects, 400, seed), seed=seed, resamples=1000)
        together.append(((table["low"] <= truth) & (truth <= table["high"])).all())
        row = drivers.largest_asymmetry(table).iloc[0]
        largest.append(row["low"] <= 0.5 <= row["high"])
    assert np.mean(together) >= 0.92
    assert np.mean(largest) >= 0.92


def test_an_estimate_lies_in_its_interval_whatever_the_signs():
    for seed in range(20):
        found = contrast(world([(0.0, 0.0)] * 4, 200, seed), seed=seed, resamples=500)
        assert ((found["low"] <= found["estimate"]) & (found["estimate"] <= found["high"])).all()


def test_four_kinds_of_drivers_are_told_apart():
    effects = [(-1.0, 0.0), (0.0, 1.0), (-0.5, 0.5), (1.0, 0.0), (0.0, -1.0)]
    found = contrast(world(effects, 20_000))
    assert found["kind"].tolist() == ["annoys", "delights", "both alike", "unclear", "unclear"]
    assert (found.loc["x3", "low"] > 0) & (found.loc["x4", "high"] < 0)  # large, but with an odd sign
    assert contrast(world(effects[2:3], 60))["kind"].tolist() == ["unclear"]


def test_more_drivers_need_wider_intervals():
    table = world([(-0.5, 0.5)] + [(0.0, 0.0)] * 5, 800)
    alone = contrast(table, ["x0"])
    wide = contrast(table)
    assert wide.loc["x0", "high"] - wide.loc["x0", "low"] > 1.1 * (
        alone.loc["x0", "high"] - alone.loc["x0", "low"]
    )


# Ratings not given


def test_a_rating_not_given_is_a_category_of_its_own_and_nobody_is_lost():
    table = world([(-0.5, 0.1), (-0.1, 0.5)], silent=0.3)
    found = contrast(table)
    rated = table[names(table)].notna().sum()
    assert found[["n_low", "n_middle", "n_high"]].sum(axis=1).tolist() == rated.tolist()
    dropped = contrast(table, missing="drop")
    pd.testing.assert_frame_equal(dropped, contrast(table.dropna()))
    assert (dropped["high"] - dropped["low"] > found["high"] - found["low"]).all()


def test_a_page_left_out_leaves_all_its_drivers_blank_and_changes_nothing_for_those_who_saw_it():
    """Both blanks are one column twice: the answer is that of the regression with the column once."""
    table = world([(-0.5, 0.1), (-0.1, 0.5)])
    table.loc[:99, ["x0", "x1"]] = np.nan
    found = contrast(table)
    fit = sm.OLS(table["overall"], design(table).drop(columns="x1 silent")).fit(cov_type="HC3", use_t=True)
    wanted = fit.params[["x0 low", "x0 high", "x1 low", "x1 high"]]
    assert found[["penalty", "reward"]].to_numpy().ravel().tolist() == pytest.approx(wanted.tolist())
    assert found["penalty_high"].tolist() == pytest.approx(fit.conf_int()[1][["x0 low", "x1 low"]].tolist())
    seen = contrast(table.loc[100:])
    assert seen["estimate"].tolist() == pytest.approx(found["estimate"].tolist())


def test_one_blank_answer_changes_coefficients_as_if_that_person_were_not_there():
    table = world([(-0.5, 0.1), (-0.1, 0.5)])
    table.loc[3, "x0"] = np.nan
    found = contrast(table)
    without = contrast(table.drop(3))
    for column in ("penalty", "reward", "estimate"):
        assert found[column].tolist() == pytest.approx(without[column].tolist())
    assert found["low"].tolist() == pytest.approx(without["low"].tolist(), abs=1e-3)


# Few answers


def test_a_driver_with_too_few_ratings_of_a_kind_is_unclear_and_the_others_are_judged():
    table = world([(-0.5, 0.1), (-0.1, 0.5)])
    table["x2"] = np.where(np.arange(600) < 9, 1.0, np.where(np.arange(600) < 300, 3.0, 5.0))
    found = contrast(table)
    assert found.loc["x2", COLUMNS[:9]].isna().all()
    assert found.loc["x2", ["n_low", "n_middle", "n_high", "kind"]].tolist() == [9, 291, 300, "unclear"]
    assert found.loc[["x0", "x1"], COLUMNS[:9]].notna().all(axis=None)
    # its high ratings are held fixed all the same
    x = design(table[["overall", "x0", "x1"]]).iloc[:, :5].assign(high=(table["x2"] >= 4).astype(float))
    fit = sm.OLS(table["overall"], x).fit()
    assert found.loc["x0", "penalty"] == pytest.approx(fit.params["x0 low"])
    ten = table.assign(x2=table["x2"].where(table.index != 9, 1.0))
    assert contrast(ten).notna().all(axis=None)
    assert drivers.largest_asymmetry(found)["driver"].iloc[0] in ("x0", "x1")


def test_a_driver_that_nobody_rated_is_unclear():
    table = world([(-0.5, 0.1)]).assign(blank=np.nan)
    found = contrast(table)
    assert found.loc["blank", ["n_low", "n_middle", "n_high", "kind"]].tolist() == [0, 0, 0, "unclear"]
    pd.testing.assert_frame_equal(found.loc[["x0"]], contrast(table, ["x0"]))


def test_no_driver_with_enough_ratings_is_an_error_that_shows_the_counts():
    table = world([(-0.5, 0.1), (0.0, 0.0)])
    low, high = (table["x0"] <= 3).sum(), (table["x0"] >= 4).sum()
    assert raised(DomainError, lambda: contrast(table, low_at=3, high_at=4)) == (
        "The penalty–reward contrast needs 10 low, 10 middle and 10 high ratings of a driver; none of the 2 drivers "
        f"has them. x0 has {low} low, 0 middle and {high} high. Set low_at and high_at (low_rating and high_rating "
        "in the chapter) so that all three occur, or ask more people."
    )


# What must not matter, and what must


def test_cuts_may_differ_by_driver():
    table = world([(-0.5, 0.1), (-0.1, 0.5)])
    stretched = table.assign(x1=2 * table["x1"])
    found = contrast(stretched, low_at={"x0": 2, "x1": 4}, high_at={"x0": 4, "x1": 8})
    pd.testing.assert_frame_equal(found, contrast(table))


def test_rows_may_stand_in_any_order_and_names_may_be_chinese():
    table = world([(-0.5, 0.1), (-0.1, 0.5)], silent=0.1)
    found = contrast(table)
    pd.testing.assert_frame_equal(found, contrast(table.sample(frac=1, random_state=2)))
    chinese = table.rename(columns={"overall": "满意度", "x0": "餐饮", "x1": "标识"}).assign(note="text")
    again = drivers.penalty_reward(chinese, "满意度", ["餐饮", "标识"], rng(), 2, 4)
    pd.testing.assert_frame_equal(found, again.set_axis(found.index))
    assert again.index.tolist() == ["餐饮", "标识"]


def test_a_turned_scale_turns_penalties_into_rewards():
    table = world([(-0.5, 0.1), (-0.1, 0.5)])
    found = contrast(table)
    turned = contrast(table.assign(x0=6 - table["x0"]))
    assert turned.loc["x0", ["penalty", "reward"]].tolist() == pytest.approx(
        found.loc["x0", ["reward", "penalty"]].tolist()
    )
    assert turned.loc["x0", "estimate"] == pytest.approx(-found.loc["x0", "estimate"])


def test_a_weight_counts_like_repeated_rows_in_the_estimate_but_adds_no_people():
    table = world([(-0.5, 0.1), (-0.1, 0.5)], 200, silent=0.1)
    w = pd.Series(np.arange(200) % 4, table.index, dtype=float)
    found = contrast(table, weights=w)
    repeated = contrast(table.loc[table.index.repeat(w.astype(int))])
    for column in ("penalty", "reward", "estimate"):
        assert found[column].tolist() == pytest.approx(repeated[column].tolist())
    assert (found["n_low"] < repeated["n_low"]).all()
    pd.testing.assert_frame_equal(found, contrast(table, weights=5 * w))


def test_drivers_rated_alike_by_the_same_people_are_named():
    table = world([(-0.5, 0.1), (-0.1, 0.5)]).assign(again=lambda t: t["x1"].replace({1.0: 2.0}))
    assert raised(DomainError, lambda: contrast(table)) == (
        "The penalty–reward contrast: low, middle or high ratings of x1 and again come from the same people, so their "
        "parts cannot be told apart. Leave one of these drivers out."
    )


def test_the_answers_are_left_as_they_are_and_a_seed_repeats_the_result():
    table = world([(-0.5, 0.1), (-0.1, 0.5)], silent=0.1)
    before = table.copy()
    pd.testing.assert_frame_equal(contrast(table), contrast(table))
    pd.testing.assert_frame_equal(table, before)


def test_questions_that_cannot_be_meant_are_refused():
    table = world([(-0.5, 0.1), (-0.1, 0.5)], 60)
    title = "The penalty–reward contrast"
    assert raised(SchemaError, lambda: contrast(table, low_at=4, high_at=4)) == (
        f"{title}: low_at must lie below high_at, so that no rating is both; for x0 they are 4 and 4. "
        "Lower the one or raise the other (low_rating and high_rating in the chapter)."
    )
    assert raised(SchemaError, lambda: contrast(table, low_at={"x0": 2})) == (
        'There is no low_at of the driver "x1". Did you mean "x0"? Known: x0.'
    )
    assert raised(SchemaError, lambda: contrast(table, missing="zero")) == (
        f'{title}: missing is "category" or "drop", not "zero".'
    )
    assert raised(SchemaError, lambda: contrast(table, ["x0", "overall"])) == (
        f"{title}: overall is the outcome and cannot explain itself. Take it out of the drivers."
    )
    assert raised(SchemaError, lambda: contrast(table, "x0")) == (
        f'{title}: drivers is a list of items, such as ["x0"], not a text.'
    )
    assert raised(DomainError, lambda: contrast(table, [])) == (
        f"{title} needs 1 or more drivers, not 0. Name the rated attributes in items."
    )
    assert "There is no item" in raised(SchemaError, lambda: contrast(table, ["x7"]))
    assert "named twice" in raised(SchemaError, lambda: contrast(table, ["x0", "x0"]))
    assert "are none" in raised(SchemaError, lambda: contrast(table.assign(x0="good")))
    assert "; 1 of 1 did." in raised(DomainError, lambda: contrast(table.head(1)))
    assert "is empty" in raised(DomainError, lambda: contrast(table.head(0)))
    assert "overall the same answer (3)" in raised(DomainError, lambda: contrast(table.assign(overall=3.0)))
    blank = table.assign(overall=np.where(table.index < 30, 3.0, 4.0))
    blank.loc[30:, "x1"] = np.nan
    assert raised(DomainError, lambda: contrast(blank, missing="drop")) == (
        f"{title}: all 30 respondents who rated everything gave overall the same answer (3). Take "
        'missing="category", which uses those who left something out.'
    )


# The largest asymmetry


def asymmetries(rows: dict) -> pd.DataFrame:
    table = pd.DataFrame(rows, index=["estimate", "low", "high"]).T
    sides = {
        "penalty": -table["estimate"].clip(lower=0) - 0.1,
        "reward": 0.1 - table["estimate"].clip(upper=0),
    }
    return table.assign(**sides, n_low=10, n_middle=20, n_high=30)


def test_the_largest_asymmetry_takes_its_bounds_from_whichever_driver_gives_them():
    """Art is the largest; food is the surest (0.2 from 0), signs reach farthest (0.95)."""
    rows = {
        "art": [-0.5, -0.9, -0.1],
        "food": [0.3, 0.2, 0.4],
        "signs": [0.1, -0.75, 0.95],
        "wifi": [np.nan] * 3,
    }
    found = drivers.largest_asymmetry(asymmetries(rows))
    assert found.to_dict("records") == [{"driver": "art", "estimate": 0.5, "low": 0.2, "high": 0.95, "n": 60}]


def test_where_every_interval_holds_0_the_largest_asymmetry_may_be_0():
    rows = {"art": [-0.2, -0.5, 0.1], "food": [0.1, -0.2, 0.4]}
    assert drivers.largest_asymmetry(asymmetries(rows))[["low", "high"]].iloc[0].tolist() == [0, 0.5]


def test_a_low_rating_that_goes_with_more_is_no_penalty():
    """Art has the larger difference, but those who rate it low are the happier ones."""
    table = asymmetries({"art": [0.4, 0.3, 0.5], "food": [0.2, 0.1, 0.3]})
    table.loc["art", ["penalty", "reward"]] = [0.45, -0.05]
    assert drivers.largest_asymmetry(table).to_dict("records") == [
        {"driver": "food", "estimate": 0.2, "low": 0.1, "high": 0.3, "n": 60}
    ]
    assert raised(DomainError, lambda: drivers.largest_asymmetry(table.loc[["art"]])) == (
        "With all 1 drivers a low rating goes with more of the outcome, or a high one with less. Are the items "
        "reversed?"
    )


def test_a_table_without_asymmetries_is_refused():
    assert raised(DomainError, lambda: drivers.largest_asymmetry(asymmetries({"art": [np.nan] * 3}))) == (
        "None of the 1 drivers has an asymmetry: a driver needs 10 low, 10 middle and 10 high ratings. Ask more "
        "people, or set low_at and high_at (low_rating and high_rating in the chapter) so that all three occur."
    )
    assert raised(
        SchemaError, lambda: drivers.largest_asymmetry(asymmetries({"art": [1, 0, 2]}).drop(columns="low"))
    ) == ("The largest asymmetry is looked up in a table of penalty_reward; low is missing.")
