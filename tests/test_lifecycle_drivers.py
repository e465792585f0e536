"""Drivers of churn: odds by hand, known truth, another package's effects, and errors that name the column."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from crmtheory import datasets
from crmtheory.errors import ConvergenceError, DomainError, SchemaError
from crmtheory.lifecycle.drivers import adjusted_difference, caution, churn_drivers, twins

USAGE = [
    "Call Failure",
    "Subscription Length",
    "Charge Amount",
    "Frequency of use",
    "Frequency of SMS",
    "Age",
]
COUNTED = [(1, 1, 30), (1, 0, 10), (0, 1, 20), (0, 0, 40)]  # complaint, left, customers


def counted(cells=COUNTED):
    rows = [(complaint, left) for complaint, left, n in cells for _ in range(n)]
    return pd.DataFrame(rows, columns=["complaint", "left"])


def world(rng, n=4000):
    """Heavy users complain more and leave less; complaints raise the log odds to leave by 1."""
    use = rng.normal(50, 20, n)
    complaint = rng.random(n) < 1 / (1 + np.exp(-(use - 60) / 15))
    region = rng.choice(["北", "南", "东"], n, p=[0.5, 0.3, 0.2])
    linear = -0.5 + 1.0 * complaint - 1.2 * (use - 50) / 20 + 0.7 * (region == "南")
    p = 1 / (1 + np.exp(-linear))
    frame = pd.DataFrame({"use": use, "complaint": complaint, "region": region, "left": rng.random(n) < p})
    with_it, without = (1 / (1 + np.exp(-(linear + d * 1.0))) for d in (1 - complaint, -1 * complaint))
    return frame, float((with_it - without).mean())


def test_one_two_valued_driver_has_the_odds_ratio_of_the_two_by_two_table():
    row = churn_drivers(counted(), "left", ["complaint"]).iloc[0]
    assert row["ratio"] == pytest.approx(30 * 40 / (10 * 20))
    half = 1.959963984540054 * np.sqrt(1 / 30 + 1 / 10 + 1 / 20 + 1 / 40)  # Woolf's interval
    assert np.log([row["low"], row["high"]]).tolist() == pytest.approx([np.log(6) - half, np.log(6) + half])
    assert row["effect"] == pytest.approx(30 / 40 - 20 / 60)
    error = np.sqrt(0.75 * 0.25 / 40 + (1 / 3) * (2 / 3) / 60)  # of a difference of two shares
    assert row["effect_high"] - row["effect"] == pytest.approx(1.959963984540054 * error)


def test_the_known_odds_are_inside_their_intervals():
    frame, truth = world(np.random.default_rng(1))
    table = churn_drivers(frame, "left", ["complaint", "use", "region"])
    assert table.index.tolist() == ["complaint", "use", "region: 南", "region: 东"]
    expected = {"complaint": 1.0, "use": -1.2 * frame["use"].std() / 20, "region: 南": 0.7, "region: 东": 0.0}
    for name, value in expected.items():
        assert table.loc[name, "low"] < np.exp(value) < table.loc[name, "high"]
    assert table.loc["complaint", "effect_low"] < truth < table.loc["complaint", "effect_high"]
    assert table.loc["use", "p_value"] < 1e-10


def test_effects_of_numbers_and_of_two_values_are_those_of_statsmodels():
    frame = datasets.load("telecom_churn")
    table = churn_drivers(frame, "Churn", ["Complains", *USAGE])
    x = frame[["Complains", *USAGE]].astype(float)
    x[USAGE] = (x[USAGE] - x[USAGE].mean()) / x[USAGE].std()
    fit = sm.Logit(frame["Churn"], sm.add_constant(x)).fit(disp=0)
    assert np.log(table["ratio"]).tolist() == pytest.approx(fit.params.iloc[1:].tolist(), rel=1e-6)
    assert np.log(table["low"]).tolist() == pytest.approx(fit.conf_int()[0].iloc[1:].tolist(), rel=1e-5)
    effects = fit.get_margeff(dummy=True)
    assert table["effect"].tolist() == pytest.approx(effects.margeff.tolist(), rel=1e-5)
    assert table[["effect_low", "effect_high"]].to_numpy().tolist() == [
        pytest.approx(limits) for limits in effects.conf_int().tolist()
    ]


def test_a_level_is_compared_with_the_base_level_while_the_others_are_gone():
    """With nothing else in the model the fit is exact: each effect is a difference of two shares."""
    shares = {"甲": (100, 40), "乙": (50, 10), "丙": (40, 30)}
    frame = pd.DataFrame(
        [(name, i < left) for name, (n, left) in shares.items() for i in range(n)], columns=["plan", "left"]
    )
    table = churn_drivers(frame, "left", ["plan"])
    assert table["effect"].to_dict() == pytest.approx({"plan: 乙": 0.2 - 0.4, "plan: 丙": 0.75 - 0.4})


def test_the_adjusted_difference_is_the_standardised_one_where_the_model_is_saturated():
    """By hand: shares within two strata, weighted by how many customers the strata have."""
    cells = {("a", 1): (20, 10), ("a", 0): (80, 20), ("b", 1): (60, 45), ("b", 0): (40, 20)}
    rows = [(s, t, i < left) for (s, t), (n, left) in cells.items() for i in range(n)]
    frame = pd.DataFrame(rows, columns=["stratum", "complaint", "left"])
    row = adjusted_difference(frame, "left", "complaint", ["stratum"]).iloc[0]
    assert row["crude"] == pytest.approx(55 / 80 - 40 / 120)
    # Odds ratios are 3 in both strata (10·60 / (10·20) and 45·20 / (15·20)), so the model without interaction is exact.
    assert row["estimate"] == pytest.approx(0.5 * (0.5 - 0.25) + 0.5 * (0.75 - 0.5))
    assert (row["n"], row["treated"]) == (200, 80)
    assert row["low"] < row["estimate"] < row["high"]
    assert row["crude_low"] < row["crude"] < row["crude_high"]


def test_without_columns_held_equal_nothing_changes():
    row = adjusted_difference(counted(), "left", "complaint", []).iloc[0]
    assert row["estimate"] == pytest.approx(row["crude"])


def test_adjustment_removes_what_a_common_cause_puts_in():
    """Heavy users complain more and leave less, which hides part of what complaints go with."""
    rng = np.random.default_rng(2)
    frames = [world(rng, 800)[0] for _ in range(80)]
    table = pd.concat(adjusted_difference(f, "left", "complaint", ["use", "region"]) for f in frames)
    truth = world(rng, 300_000)[1]
    assert abs(table["estimate"].mean() - truth) < 0.015
    assert table["crude"].mean() < truth - 0.1
    assert ((table["low"] <= truth) & (truth <= table["high"])).mean() >= 0.88


def test_complaints_go_with_churn_with_and_without_the_twins():
    frame = datasets.load("telecom_churn")
    table = twins(frame, lambda rows: adjusted_difference(rows, "Churn", "Complains", USAGE))
    assert table["twins"].tolist() == [300, 0]
    assert table["customers"].tolist() == [3150, 2850]
    assert table.loc["all", "crude"] == pytest.approx(0.830 - 0.101, abs=0.001)
    assert (table["low"] > 0.1).all()
    assert (table["estimate"] < table["crude"]).all()


def test_twins_are_counted_without_a_question_too():
    frame = pd.DataFrame({"a": ["王", "王", "王", "李"], "b": [1, 1, 2, 1]})
    assert twins(frame).to_dict("list") == {"customers": [4, 3], "twins": [1, 0]}
    with pytest.raises(SchemaError) as error:
        twins(frame, lambda rows: rows)
    assert str(error.value) == "The question must answer in a frame of one row, as adjusted_difference does."


def test_the_order_of_rows_and_the_scale_of_a_number_change_nothing():
    rng = np.random.default_rng(3)
    frame, _ = world(rng, 500)
    names = ["complaint", "use", "region"]
    table = churn_drivers(frame, "left", names)
    mixed = frame.iloc[rng.permutation(500)].assign(use=lambda f: 7 * f["use"] + 1e6)
    pd.testing.assert_frame_equal(table, churn_drivers(mixed, "left", names), rtol=1e-4)
    one = adjusted_difference(frame, "left", "complaint", ["use", "region"])
    pd.testing.assert_frame_equal(
        one, adjusted_difference(mixed, "left", "complaint", ["use", "region"]), rtol=1e-4
    )


def test_the_words_of_caution_speak_of_association_and_not_of_cause():
    assert "associations" in caution()
    assert "chosen at random" in caution()


# What has no answer


def table_with(**columns):
    base = counted().assign(use=np.random.default_rng(4).normal(size=100))
    return base.assign(**columns)


@pytest.mark.parametrize(
    ("frame", "drivers", "kind", "message"),
    [
        (
            table_with(left=0),
            ["use"],
            DomainError,
            "It happened to none of the 100 customers, so nothing can drive it. "
            "Take more customers, or another period.",
        ),
        (
            table_with(tariff="A"),
            ["use", "tariff"],
            DomainError,
            'Column "tariff" has the same value for all 100 customers, so nothing can be said about it. Leave it out.',
        ),
        (
            table_with().assign(minutes=lambda f: 60 * f["use"] + 3),
            ["complaint", "use", "minutes"],
            DomainError,
            'These columns determine each other, so their parts cannot be told apart: "use", "minutes". '
            "Leave one of them out.",
        ),
        (
            table_with().head(2).assign(left=[0, 1], use=[1, 2]),
            ["use"],
            DomainError,
            "2 customers are too few for 2 coefficients, the constant included. Take more customers, or fewer drivers.",
        ),
        (
            table_with().assign(status=lambda f: f["left"] * 2 + f["use"].rank() / 1000),
            ["use", "status"],
            ConvergenceError,
            '"status" tells without error who belongs where (perfect separation), so no finite ratio fits. '
            "Was it known beforehand? Leave it out.",
        ),
        (
            table_with(plan=["新"] * 5 + ["旧"] * 95),
            ["plan", "use"],
            ConvergenceError,
            'All 5 customers with "plan: 新" have the same outcome, so no finite ratio fits (perfect separation). '
            "Leave the column out, or merge its levels.",
        ),
        (
            table_with(use=[np.nan] * 3 + [1.0] * 97),
            ["use"],
            SchemaError,
            'Column "use" is missing or infinite for 3 of 100 customers, first: 0. Fill it, for text with a level such '
            'as "unknown", or leave these customers out.',
        ),
        (
            table_with(name=[f"顾客{i}" for i in range(100)]),
            ["name"],
            SchemaError,
            'Column "name" has 100 different texts, more than 50. An identifier is no driver: leave it out, or group '
            "it.",
        ),
        (
            table_with(day=pd.Timestamp("2020-01-01")),
            ["day"],
            SchemaError,
            'Column "day" holds dates. Turn it into a number first, such as days until a day.',
        ),
        (
            table_with(left=["yes"] * 60 + ["maybe"] * 40),
            ["use"],
            SchemaError,
            'Column "left" must be 1 for yes and 0 for no: 40 of 100 values are neither, first: 60 ("maybe"). '
            "Write 1 and 0, or yes and no, in the file.",
        ),
        (
            table_with(left="yes"),
            ["use"],
            DomainError,
            "It happened to all of the 100 customers, so nothing can drive it. "
            "Take more customers, or another period.",
        ),
        (
            table_with(),
            ["used"],
            SchemaError,
            'There is no column "used". Did you mean "use"? Known: complaint, left, use.',
        ),
        (
            table_with(),
            ["use", "use"],
            SchemaError,
            "A list of different columns was expected, not ['use', 'use'].",
        ),
        (table_with().head(0), ["use"], SchemaError, "The table has no rows. Check the filter before it."),
    ],
)
def test_what_cannot_be_fitted_says_which_column_is_to_blame(frame, drivers, kind, message):
    with pytest.raises(kind) as error:
        churn_drivers(frame, "left", drivers)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ("yes", "no"),
        ("YES", "No"),
        ("True", "false"),
        ("y", "N"),
        (" yes ", "no"),
        ("是", "否"),
        (True, False),
        (1.0, 0.0),
    ],
)
def test_yes_and_no_may_be_words(yes, no):
    frame = table_with()
    worded = frame.assign(left=[yes if left else no for left in frame["left"]])
    pd.testing.assert_frame_equal(
        churn_drivers(worded, "left", ["use"]), churn_drivers(frame, "left", ["use"])
    )
    assert churn_drivers(worded, "left", ["use"])["ratio"].iloc[0] != 1


def test_columns_that_separate_only_together_are_found():
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=(2, 200))
    frame = pd.DataFrame({"a": a, "b": b, "left": a + b > 0})
    with pytest.raises(ConvergenceError, match=r"^The columns together tell without error who belongs where"):
        churn_drivers(frame, "left", ["a", "b"])


def test_the_treatment_cannot_be_held_equal():
    with pytest.raises(SchemaError) as error:
        adjusted_difference(counted(), "left", "complaint", ["complaint"])
    assert str(error.value) == '"complaint" is the treatment and cannot be held equal. Take it out of adjust.'
