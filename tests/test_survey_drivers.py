"""Regressions of satisfaction on its drivers, and the map of importance and performance."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from crmtheory.errors import ConvergenceError, DomainError, SchemaError
from crmtheory.survey import drivers

COLUMNS = ["estimate", "low", "high", "p_value", "n", "r_squared"]


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def answers_of(n: int = 120, seed: int = 1, k: int = 3) -> pd.DataFrame:
    """Answers 1 to 10 that go together, overall first; noisier where the first driver is low."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 1)) + rng.normal(size=(n, k))
    y = x @ np.linspace(1, 0.2, k) + rng.normal(size=n) * (1 + (x[:, 0] < 0))
    table = np.clip(np.round(5.5 + 1.5 * np.column_stack([y / 1.5, x])), 1, 10)
    return pd.DataFrame(table, columns=["overall", *[f"x{i}" for i in range(k)]])


def names(table: pd.DataFrame) -> list[str]:
    return [name for name in table if name != "overall"]


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


# Linear regression


def test_with_one_driver_the_coefficient_is_the_correlation():
    table = answers_of()
    found = drivers.linear(table, "overall", ["x0"])
    r = np.corrcoef(table["overall"], table["x0"])[0, 1]
    assert found.columns.tolist() == COLUMNS
    assert found.index.name == "driver"
    assert found.loc["x0", ["estimate", "r_squared", "n"]].tolist() == pytest.approx([r, r**2, 120])


def test_with_two_drivers_the_coefficients_are_those_of_the_textbook():
    """β₁ = (r₁ − r₂ r₁₂) / (1 − r₁₂²), and the other way round."""
    table = answers_of(k=2)
    (r1, r2), r12 = table.corr().iloc[0, 1:], table.corr().iloc[1, 2]
    found = drivers.linear(table, "overall", ["x0", "x1"])["estimate"]
    assert found.tolist() == pytest.approx([(r1 - r2 * r12) / (1 - r12**2), (r2 - r1 * r12) / (1 - r12**2)])


def hc3(y: np.ndarray, x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and errors from the definition, respondent by respondent."""
    x = np.column_stack([np.ones(len(y)), x])
    inverse = np.linalg.inv(sum(wi * np.outer(xi, xi) for wi, xi in zip(w, x, strict=True)))
    beta = inverse @ (x.T @ (w * y))
    meat = np.zeros_like(inverse)
    for yi, xi, wi in zip(y, x, w, strict=True):
        h = wi * xi @ inverse @ xi
        meat += (wi * (yi - xi @ beta) / (1 - h)) ** 2 * np.outer(xi, xi)
    return beta, np.sqrt(np.diag(inverse @ meat @ inverse))


@pytest.mark.parametrize("weighted", [False, True])
def test_intervals_are_those_of_the_sandwich(weighted):
    table = answers_of(60)
    w = np.random.default_rng(3).uniform(0.2, 3, 60) if weighted else np.ones(60)
    mean = np.average(table, axis=0, weights=w)
    z = ((table - mean) / np.sqrt(np.average((table - mean) ** 2, axis=0, weights=w))).to_numpy()
    beta, error = hc3(z[:, 0], z[:, 1:], w)
    given = pd.Series(w, table.index) if weighted else None
    found = drivers.linear(table, "overall", names(table), given, level=0.9)
    half = stats.t.ppf(0.95, 60 - 4) * error[1:]
    assert found["estimate"].tolist() == pytest.approx(beta[1:])
    assert found["low"].tolist() == pytest.approx(beta[1:] - half)
    assert found["high"].tolist() == pytest.approx(beta[1:] + half)
    assert found["p_value"].tolist() == pytest.approx(2 * stats.t.sf(np.abs(beta[1:] / error[1:]), 56))


def test_a_weight_counts_like_repeated_rows_in_the_estimate_but_adds_no_people():
    table = answers_of(50)
    w = pd.Series(np.arange(50) % 4, table.index, dtype=float)
    found = drivers.linear(table, "overall", names(table), w)
    repeated = drivers.linear(table.loc[table.index.repeat(w.astype(int))], "overall", names(table))
    assert found["estimate"].tolist() == pytest.approx(repeated["estimate"].tolist())
    assert found["r_squared"].tolist() == pytest.approx(repeated["r_squared"].tolist())
    assert found["n"].unique().tolist() == [37]
    pd.testing.assert_frame_equal(found, drivers.linear(table, "overall", names(table), 7 * w))


def test_neither_the_order_of_rows_nor_units_matter_and_a_turned_item_turns_its_sign():
    table = answers_of()
    found = drivers.linear(table, "overall", names(table))
    other = table.sample(frac=1, random_state=3).assign(
        x0=lambda t: t["x0"] * 10 - 4, x1=lambda t: 11 - t["x1"]
    )
    again = drivers.linear(other, "overall", names(table))
    assert again["estimate"].tolist() == pytest.approx((found["estimate"] * [1, -1, 1]).tolist())
    assert again["p_value"].tolist() == pytest.approx(found["p_value"].tolist())
    assert again.loc["x1", ["low", "high"]].tolist() == pytest.approx(
        (-found.loc["x1", ["high", "low"]]).tolist()
    )


def test_intervals_hold_the_truth_as_often_as_they_say_though_errors_differ():
    """y = 0.6 x + e, with e three times as large for the extreme: β = 0.6 · sd(x) / sd(y)."""
    made = np.random.default_rng(5)
    inside = []
    for _ in range(300):
        x = made.normal(size=150)
        y = 0.6 * x + made.normal(size=150) * (0.5 + (np.abs(x) > 1))
        truth = 0.6 * x.std() / y.std()  # the standard deviations count as known
        row = drivers.linear(pd.DataFrame({"y": y, "x": x}), "y", ["x"]).iloc[0]
        inside.append(row["low"] <= truth <= row["high"])
    assert 0.91 <= np.mean(inside) <= 0.985


def test_chinese_names_and_other_columns_do_no_harm():
    table = answers_of(40).rename(columns={"overall": "满意度", "x0": "质量"}).assign(note="text")
    table.loc[3, "x1"] = np.nan  # not asked for here
    found = drivers.linear(table, "满意度", ["质量"])
    assert found.index.tolist() == ["质量"]
    assert found["n"].tolist() == [40]


def test_those_who_left_something_out_are_left_out():
    table = answers_of(60)
    table.loc[[3, 9], "x1"] = np.nan
    table.loc[5, "overall"] = np.inf
    before = table.copy()
    found = drivers.linear(table, "overall", names(table))
    pd.testing.assert_frame_equal(found, drivers.linear(table.drop([3, 5, 9]), "overall", names(table)))
    assert found["n"].tolist() == [57] * 3
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize("ask", ["linear", "ordered_logit", "importance"])
def test_drivers_that_say_the_same_are_named(ask):
    table = answers_of().assign(again=lambda t: 22 - 2 * t["x1"])
    table = table.assign(total=table["x0"] + table["x1"])
    title = {
        "linear": "The linear regression",
        "ordered_logit": "The ordered logit",
        "importance": "Relative importance",
    }[ask]
    more = {"rng": rng()} if ask == "importance" else {}
    call = getattr(drivers, ask)
    assert raised(DomainError, lambda: call(table, "overall", ["x0", "x1", "again"], **more)) == (
        f"{title}: x1 and again always go together (r = -1), so their parts cannot be told apart. Leave one of them "
        "out."
    )
    assert raised(DomainError, lambda: call(table, "overall", ["x0", "x2", "x1", "total"], **more)) == (
        f"{title}: x0, x1 and total determine each other, so their parts cannot be told apart. The usual cause is a "
        "total among its own parts. Leave one of them out."
    )


def test_drivers_that_nearly_say_the_same_are_allowed():
    table = answers_of().assign(again=lambda t: t["x1"] + 0.01 * (t.index % 2))
    assert np.isfinite(drivers.linear(table, "overall", ["x1", "again"])).all(axis=None)


def test_one_respondent_who_alone_fixes_a_coefficient_is_named():
    table = answers_of(30).assign(odd=1.0)
    table.loc[17, "odd"] = 2
    assert raised(DomainError, lambda: drivers.linear(table, "overall", ["x0", "odd"])) == (
        "The linear regression: respondent 17 alone fixes a coefficient, because nobody else differs in the same way; "
        "there is no telling how sure it is. Leave out the driver that nearly all answered alike, or ask more people."
    )


def test_questions_that_cannot_be_meant_are_refused():
    table = answers_of(20)

    def ask(*wanted, of=table, **more):
        return lambda: drivers.linear(of, "overall", *wanted, **more)

    assert raised(SchemaError, ask("x0")) == (
        'The linear regression: drivers is a list of items, such as ["x0"], not a text.'
    )
    assert raised(SchemaError, ask(["x0", "overall"])) == (
        "The linear regression: overall is the outcome and cannot explain itself. Take it out of the drivers."
    )
    assert raised(DomainError, ask([])) == (
        "The linear regression needs 1 or more drivers, not 0. Name the rated attributes in items."
    )
    assert raised(SchemaError, ask(["x00"])) == (
        'There is no item "x00". Did you mean "x0"? Known: overall, x0, x1, x2.'
    )
    assert raised(SchemaError, ask(["x0", "x0"])) == (
        "The linear regression: the item x0 is named twice. Name each item once."
    )
    assert raised(SchemaError, ask(["x0"], level=95)) == (
        "level is a share between 0 and 1, such as 0.95; it is 95."
    )
    assert "x0 the same answer (4)" in raised(DomainError, ask(["x0"], of=table.assign(x0=4.0)))
    assert "overall the same answer (4)" in raised(DomainError, ask(["x0"], of=table.assign(overall=4.0)))
    assert "; 4 of 4 did." in raised(DomainError, ask(["x0", "x1"], of=table.head(4)))
    assert "; 1 of 1 did." in raised(DomainError, ask(["x0"], of=table.head(1)))
    assert "The table of answers is empty." in raised(DomainError, ask(["x0"], of=table.head(0)))
    assert "; 0 of 20 did." in raised(DomainError, ask(["x0"], of=table.assign(x0=np.nan)))
    assert "the answers to x0 are none" in raised(SchemaError, ask(["x0"], of=table.assign(x0="good")))


# Ordered logit


def two_by_two(a: int, b: int, c: int, d: int) -> pd.DataFrame:
    """a people with driver 1 and outcome 1, b with 1 and 2, c with 2 and 1, d with 2 and 2."""
    return pd.DataFrame([(1.0, 1.0)] * a + [(1, 2)] * b + [(2, 1)] * c + [(2, 2)] * d, columns=["x", "y"])


def test_of_two_by_two_answers_the_ratio_is_the_cross_ratio_to_the_power_of_a_standard_deviation():
    table = two_by_two(20, 10, 8, 22)
    sd = table["x"].std()
    found = drivers.ordered_logit(table, "y", ["x"]).loc["x"]
    error = sd * np.sqrt(1 / 20 + 1 / 10 + 1 / 8 + 1 / 22)
    ratio = sd * np.log(20 * 22 / (10 * 8))
    wanted = np.exp([ratio, ratio - 1.959964 * error, ratio + 1.959964 * error])
    assert found[["ratio", "low", "high"]].tolist() == pytest.approx(wanted.tolist(), rel=1e-3)
    assert found["p_value"] == pytest.approx(2 * stats.norm.sf(ratio / error), rel=1e-2)
    assert found["n"] == 60


def test_with_two_levels_it_is_the_logistic_regression():
    table = answers_of().assign(overall=lambda t: 1.0 * (t["overall"] > 5))
    z = (table[names(table)] - table[names(table)].mean()) / table[names(table)].std()
    logit = sm.Logit(table["overall"], sm.add_constant(z)).fit(disp=False)
    found = drivers.ordered_logit(table, "overall", names(table))
    assert found.columns.tolist() == ["ratio", "low", "high", "p_value", "n"]
    assert found["ratio"].tolist() == pytest.approx(np.exp(logit.params.iloc[1:]).tolist(), rel=1e-3)
    assert found["low"].tolist() == pytest.approx(np.exp(logit.conf_int().iloc[1:, 0]).tolist(), rel=1e-2)


def test_the_ratios_that_made_the_answers_are_found_again():
    made = np.random.default_rng(11)
    z = made.normal(size=(4000, 2))
    latent = z @ [1.0, -0.5] + made.logistic(size=4000)
    table = pd.DataFrame(z * [3, 0.2] + 5, columns=["a", "b"]).assign(
        y=np.digitize(latent, [-2, -1, 1, 2]) + 1.0
    )
    found = drivers.ordered_logit(table, "y", ["a", "b"])
    truth = np.exp([1.0, -0.5])
    assert ((found["low"] < truth) & (truth < found["high"])).all()
    assert found["ratio"].tolist() == pytest.approx(truth.tolist(), rel=0.1)


def test_only_the_order_of_the_levels_counts_and_levels_nobody_chose_play_no_part():
    table = answers_of()
    table["overall"] = np.digitize(table["overall"], [4, 6, 8]) + 1.0
    found = drivers.ordered_logit(table, "overall", names(table))
    apart = table.assign(overall=table["overall"].map({1: 1, 2: 4, 3: 5, 4: 10}).astype(float))
    apart = apart.assign(x1=11 - apart["x1"]).sample(frac=1, random_state=1)
    again = drivers.ordered_logit(apart, "overall", names(table))
    assert again["ratio"].tolist() == pytest.approx((found["ratio"] ** [1, -1, 1]).tolist(), rel=1e-3)


@pytest.mark.parametrize(
    "table",
    [
        two_by_two(20, 0, 0, 20),
        two_by_two(20, 10, 0, 30),  # nobody with driver 2 has outcome 1
        pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 6, 7, 8, 9], "y": [1.0, 1, 1, 2, 2, 2, 3, 3, 3]}),
    ],
)
def test_levels_told_apart_without_error_have_no_finite_ratio(table):
    assert raised(ConvergenceError, lambda: drivers.ordered_logit(table, "y", ["x"])) == (
        "The drivers, above all x, tell levels of y apart without error, so odds ratios have no finite value. Leave x "
        "out, put rare levels of the outcome together, or ask more people."
    )


# The map


def exact() -> pd.DataFrame:
    """overall = 2 staff + food; uncorrelated, so shares are 0.8 and 0.2."""
    staff, food = [1.0, 1, 2, 2] * 25, [4.0, 5, 4, 5] * 25
    return pd.DataFrame({"overall": 2 * np.array(staff) + food, "staff": staff, "food": food})


def test_the_map_by_hand():
    """Performance: (1.5 − 1) / 4 and (4.5 − 1) / 4 of 100; both axes are cut at 50 %."""
    found = drivers.importance_performance(
        exact(), "overall", ["staff", "food"], rng(), (1, 5), resamples=200
    )
    assert found.columns.tolist() == [
        "importance",
        "importance_low",
        "importance_high",
        "performance",
        "performance_low",
        "performance_high",
        "quadrant",
        "probability",
        "n",
    ]
    assert found["importance"].tolist() == pytest.approx([0.8, 0.2])
    assert found["performance"].tolist() == pytest.approx([12.5, 87.5])
    assert found["quadrant"].tolist() == ["concentrate here", "possible overkill"]
    assert found["probability"].tolist() == [1, 1]
    turned = exact().assign(staff=lambda t: t["staff"] + 3, food=lambda t: t["food"] - 3)
    found = drivers.importance_performance(turned, "overall", ["staff", "food"], rng(), (1, 5), resamples=200)
    assert found["quadrant"].tolist() == ["keep up", "low priority"]


def test_each_driver_may_have_its_own_scale_and_the_interval_of_a_mean_is_that_of_means():
    table = answers_of(400)
    scales = {"x0": (1, 10), "x1": (0, 10), "x2": (1, 11)}
    found = drivers.importance_performance(table, "overall", names(table), rng(), scales, resamples=4000)
    assert found["performance"].tolist() == pytest.approx(
        [100 * (table[name].mean() - low) / (high - low) for name, (low, high) in scales.items()]
    )
    for name, (low, high) in scales.items():
        half = 100 / (high - low) * 1.96 * table[name].std() / 20
        row = found.loc[name]
        assert row["performance_high"] - row["performance_low"] == pytest.approx(2 * half, rel=0.1)


def test_a_driver_at_a_cut_is_as_likely_on_either_side():
    """Three alike but for chance: which lies above the mean performance is open."""
    table = answers_of(300)
    level = table[names(table)] - table[names(table)].mean() + 5
    found = drivers.importance_performance(
        level.assign(overall=table["overall"]), "overall", names(table), rng(), (-10, 20)
    )
    assert found["performance"].tolist() == pytest.approx([50] * 3)
    assert (found["probability"] < 0.8).all()


def test_weights_move_performance_as_repeated_rows_would():
    table = answers_of(50)
    w = pd.Series(np.arange(50) % 4, table.index, dtype=float)
    found = drivers.importance_performance(table, "overall", names(table), rng(), (1, 10), weights=w)
    rows = table.loc[table.index.repeat(w.astype(int))]
    again = drivers.importance_performance(rows, "overall", names(table), rng(), (1, 10))
    for column in ("importance", "performance"):
        assert found[column].tolist() == pytest.approx(again[column].tolist())


def test_scales_that_do_not_fit_are_refused():
    table = answers_of(30)
    table.loc[4, "x1"] = 12

    def ask(scale, wanted=("x0", "x1")):
        return lambda: drivers.importance_performance(table, "overall", list(wanted), rng(), scale)

    title = "The importance–performance map"
    assert raised(SchemaError, ask((1, 10))) == (
        f"{title}: 1 of 30 answers to x1 lie outside its scale 1 to 10, first: respondent 4 (12). Give the scale of "
        "the questionnaire."
    )
    assert raised(SchemaError, ask((10, 1))) == (
        f"{title}: a scale is its lowest and its highest answer; x0 has 10 and 1."
    )
    assert raised(SchemaError, ask({"x0": (1, 10)})) == (
        'There is no scale of the driver "x1". Did you mean "x0"? Known: x0.'
    )
    assert raised(DomainError, ask((1, 12), ["x0"])) == (
        f"{title} needs 2 or more drivers, not 1. Name the rated attributes in items."
    )
