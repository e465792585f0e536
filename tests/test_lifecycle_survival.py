"""Time until judged lost: cases by hand, known hazards, another implementation, and a rule that does not mislead."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmtheory.errors import ConvergenceError, DomainError, SchemaError
from crmtheory.lifecycle.survival import cox, kaplan_meier, logrank, median_survival, proportional, until_lost

# Freireich et al. (1963), Blood 21, 699–716: weeks of remission of leukaemia patients, 1 = relapsed; the example of
# Cox (1972), J. Royal Statistical Society B 34, 187–220.
TREATED = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def remission():
    return pd.DataFrame(
        {
            "time": TREATED + PLACEBO,
            "lost": RELAPSED + [1] * 21,
            "group": ["treated"] * 21 + ["placebo"] * 21,
        }
    )


def bought(days, first="2020-01-01"):
    rows = [(name, pd.Timestamp(first) + pd.Timedelta(days=d)) for name, of in days.items() for d in of]
    return pd.DataFrame(rows, columns=["customer_id", "date"])


END = "2020-12-31"  # day 365


# Until judged lost


def test_a_customer_is_lost_when_the_silence_reaches_its_length_and_not_at_the_last_purchase():
    got = until_lost(bought({"王": [0, 30, 300], "李": [0, 80, 160, 240, 320], "张": [10]}), END, 90)
    assert got.index.tolist() == ["王", "李", "张"]
    assert got.index.name == "customer_id"
    assert got["time"].tolist() == [120, 365, 90]  # the return on day 300 comes after the first spell
    assert got["lost"].tolist() == [1, 0, 1]


def test_a_gap_of_exactly_that_length_is_long_enough_and_a_day_less_is_not():
    got = until_lost(bought({"a": [0, 90, 300], "b": [0, 89, 178, 277], "c": [275], "d": [276]}), END, 90)
    assert got["time"].tolist() == [90, 268, 90, 89]
    assert got["lost"].tolist() == [1, 1, 1, 0]


def test_silence_may_be_a_duration_and_what_comes_after_the_end_is_not_seen():
    log = bought({"a": [0, 100, 400], "b": [370]})
    got = until_lost(log, END, "1 month")
    assert got.index.tolist() == ["a"]
    assert got["time"].tolist() == [365.25 / 12]
    assert until_lost(log, END, 300)["lost"].tolist() == [0]
    assert until_lost(log, END, 300)["time"].tolist() == [365]


def test_the_order_of_rows_changes_nothing():
    rng = np.random.default_rng(1)
    log = bought({k: np.sort(rng.integers(0, 365, rng.integers(1, 9))) for k in range(200)})
    got = until_lost(log, END, 60)
    mixed = until_lost(log.iloc[rng.permutation(len(log))], END, 60)
    pd.testing.assert_frame_equal(got, mixed.loc[got.index])


def test_it_agrees_with_going_through_each_customer_day_by_day():
    rng = np.random.default_rng(2)
    log = bought({k: np.sort(rng.integers(0, 365, rng.integers(1, 9))) for k in range(150)})
    got = until_lost(log, END, 45)
    for name, days in log.groupby("customer_id")["date"]:
        silent, time, lost = 0, 0, 0
        active = set((days - days.min()).dt.days)
        until = (pd.Timestamp(END) - days.min()).days
        while time < until and not lost:
            time += 1
            # A purchase on the very day on which the silence is complete comes too late.
            silent += 1
            lost = int(silent == 45)
            silent = 0 if time in active else silent
        assert (got.loc[name, "time"], got.loc[name, "lost"]) == (time, lost)


def test_censoring_by_the_end_is_harmless_where_the_last_purchase_would_mislead():
    """Customers who never leave and buy on a day with probability 0.05: when 60 days are silent follows from that."""
    rng, n, silence = np.random.default_rng(3), 3000, 60
    joined = rng.integers(0, 500, n)  # they join all through the log
    rows = [
        (k, j + np.flatnonzero(np.append(True, rng.random(600 - j) < 0.05))) for k, j in enumerate(joined)
    ]
    days = pd.DataFrame(
        {
            "customer": np.repeat([k for k, _ in rows], [len(d) for _, d in rows]),
            "date": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.concatenate([d for _, d in rows]), "D"),
        }
    )
    got = until_lost(days, pd.Timestamp("2020-01-01") + pd.Timedelta(days=600), silence)
    curve = kaplan_meier(got["time"], got["lost"]).set_index("time")
    # The chance to have had no run of 60 silent days after t days, by recursion over the length of the silence.
    state = np.zeros(silence)
    state[0] = 1.0
    for _ in range(300):
        state = np.append(state[:-1].sum() * 0.05, 0.95 * state[:-1])  # after 59 silent days the 60th comes
    at = curve.loc[:300].iloc[-1]
    assert at["low"] < state.sum() < at["high"]
    last = days.groupby("customer")["date"].agg(["min", "max"])  # the same losses, dated by the last purchase
    seen = np.where(got["lost"] == 1, got["time"] - silence, (last["max"] - last["min"]).dt.days)
    wrong = kaplan_meier(seen, np.ones(n)).set_index("time").loc[:300].iloc[-1]
    assert wrong["high"] < state.sum()


@pytest.mark.parametrize(
    ("log", "silence", "kind", "message"),
    [
        (
            bought({"a": [0]}),
            0,
            DomainError,
            "A customer is judged lost after some days of silence, above 0, not 0.",
        ),
        (
            bought({"a": [400]}),
            90,
            DomainError,
            "No purchase was made by 2020-12-31, so there is nobody to follow.",
        ),
        (
            pd.DataFrame({"customer": ["a"]}),
            90,
            SchemaError,
            'A table of purchases with a column "date" without gaps was expected, as purchases() gives it.',
        ),
    ],
)
def test_logs_without_an_answer_are_refused(log, silence, kind, message):
    with pytest.raises(kind) as error:
        until_lost(log, END, silence)
    assert str(error.value) == message


# Kaplan–Meier


def test_the_curve_of_the_treated_patients_is_the_one_in_the_textbooks():
    curve = kaplan_meier(TREATED, RELAPSED)
    assert all(row["at_risk"] == (np.array(TREATED) >= row["time"]).sum() for _, row in curve.iterrows())
    last = curve["time"] == max(TREATED)
    curve = curve[(curve["time"] == 0) | (curve["lost"] > 0) | last].reset_index(drop=True)
    assert curve["time"].tolist() == [0, 6, 7, 10, 13, 16, 22, 23, 35]
    assert curve["at_risk"].tolist() == [21, 21, 17, 15, 12, 11, 7, 6, 1]
    assert curve["lost"].tolist() == [0, 3, 1, 1, 1, 1, 1, 1, 0]
    printed = [1, 0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448, 0.448]
    assert curve["survival"].tolist() == pytest.approx(printed, abs=0.0006)
    greenwood = 3 / (21 * 18) + 1 / (17 * 16)
    s, half = 18 / 21 * 16 / 17, 1.959963984540054 * np.sqrt(greenwood) / -np.log(18 / 21 * 16 / 17)
    assert curve.loc[2, ["low", "high"]].tolist() == pytest.approx([s ** np.exp(half), s ** np.exp(-half)])
    assert curve["group"].unique().tolist() == ["all"]


def test_medians_are_those_in_the_textbooks_and_an_upper_limit_may_be_beyond_the_end():
    frame = remission()
    table = median_survival(frame["time"], frame["lost"], frame["group"])
    assert table["estimate"].to_dict() == {"placebo": 8, "treated": 23}
    assert table.loc["placebo", ["low", "high"]].tolist() == [4, 11]
    assert table.loc["treated", ["low", "high"]].tolist() == [13, np.inf]
    assert table["lost"].to_dict() == {"placebo": 21, "treated": 9}


def test_the_log_rank_test_is_the_one_in_the_textbooks():
    frame = remission()
    row = logrank(frame["time"], frame["lost"], frame["group"]).iloc[0]
    assert row["statistic"] == pytest.approx(16.79, abs=0.01)
    assert row["df"] == 1
    assert row["p_value"] == pytest.approx(stats.chi2.sf(row["statistic"], 1))


def test_where_all_are_lost_the_interval_is_missing_and_where_none_is_the_curve_is_flat():
    curve = kaplan_meier([1, 2], [1, 1])
    assert curve["survival"].tolist() == pytest.approx([1, 0.5, 0])
    assert curve.iloc[-1][["low", "high"]].isna().all()
    flat = kaplan_meier([5, 9], [0, 0])
    assert flat["time"].tolist() == [0, 5, 9]
    assert flat["survival"].tolist() == [1, 1, 1]
    assert median_survival([5, 9], [0, 0]).iloc[0][["estimate", "low", "high"]].tolist() == [np.inf] * 3
    assert kaplan_meier([7], [1])["survival"].tolist() == [1, 0]


def test_the_interval_covers_the_known_survival():
    rng, truth, hits = np.random.default_rng(4), np.exp(-0.5), []
    for _ in range(200):
        life, watched = rng.exponential(100, 80), rng.uniform(30, 200, 80)
        curve = kaplan_meier(np.minimum(life, watched), (life <= watched).astype(int))
        row = curve[curve["time"] <= 50].iloc[-1]
        hits.append(row["low"] <= truth <= row["high"])
    assert 0.91 <= np.mean(hits) <= 0.98


def test_groups_are_followed_apart_and_in_the_order_of_their_names():
    frame = remission()
    both = kaplan_meier(frame["time"], frame["lost"], frame["group"])
    alone = kaplan_meier(TREATED, RELAPSED)
    assert both["group"].unique().tolist() == ["placebo", "treated"]
    apart = both[both["group"] == "treated"].drop(columns="group").reset_index(drop=True)
    pd.testing.assert_frame_equal(apart, alone.drop(columns="group"))


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (
            ([1, 2], [1]),
            SchemaError,
            "One time and one loss (1 or 0) for each customer were expected: (2,) and (1,).",
        ),
        (
            ([1, 2], [1, 2]),
            SchemaError,
            "Lost is 1 for a customer who was lost and 0 for one who was not; there are other values.",
        ),
        (
            ([1, np.nan, -2], [1, 0, 1]),
            SchemaError,
            "Times must be 0 or more: 2 of 3 are negative or missing, the first in place 2. "
            "Check that the first purchase comes before the end.",
        ),
        (
            ([1, 2], [1, 1], ["a", None]),
            SchemaError,
            'Each customer needs a group, without gaps. Name the unknown ones "unknown".',
        ),
    ],
)
def test_times_that_cannot_be_are_refused(arguments, kind, message):
    with pytest.raises(kind) as error:
        kaplan_meier(*arguments)
    assert str(error.value) == message


def test_groups_need_each_other_and_somebody_who_was_lost():
    with pytest.raises(DomainError) as error:
        logrank([1, 2], [1, 1], ["a", "a"])
    assert str(error.value) == "Only one group was given, so there is nothing to compare. Give at least two."
    with pytest.raises(DomainError) as error:
        logrank([1, 2], [0, 0], ["a", "b"])
    assert str(error.value) == (
        "None of the 2 customers was lost, so nothing can be said about what goes with it. "
        "Take a shorter silence, or a longer log."
    )


# Cox


def test_the_hazard_ratio_of_the_remission_trial_is_the_published_one():
    """Efron's ties: coefficient 1.572, standard error 0.412 (the R package survival and many textbooks)."""
    row = cox(remission(), "time", "lost", ["group"]).loc["group: treated"]
    assert np.log(row["ratio"]) == pytest.approx(-1.572, abs=0.001)
    assert np.log(row["high"] / row["low"]) / 2 / 1.959964 == pytest.approx(0.412, abs=0.001)
    assert row["p_value"] == pytest.approx(0.00014, abs=0.00001)


def hazards(rng, n=3000, fading=False):
    frame = pd.DataFrame({"use": rng.normal(40, 10, n), "web": rng.integers(0, 2, n)})
    frame["area"] = rng.choice(["北", "南"], n, p=[0.7, 0.3])
    pace = 0.01 * np.exp(0.8 * frame["web"] - 0.03 * (frame["use"] - 40) + 0.4 * (frame["area"] == "南"))
    life = rng.exponential(1 / pace)
    if fading:  # after day 50 the channel makes no difference
        later = 50 + rng.exponential(1 / (pace / np.exp(0.8 * frame["web"])))
        life = np.where(life > 50, later, life)
    watched = rng.uniform(50, 200, n)
    return frame.assign(time=np.ceil(np.minimum(life, watched)), lost=(life <= watched).astype(int))


def test_known_hazard_ratios_are_inside_their_intervals():
    table = cox(hazards(np.random.default_rng(5)), "time", "lost", ["web", "use", "area"], standardise=False)
    for name, truth in {"web": 0.8, "use": -0.03, "area: 南": 0.4}.items():
        assert np.log(table.loc[name, "low"]) < truth < np.log(table.loc[name, "high"])


def test_a_standardised_ratio_is_that_of_one_standard_deviation():
    frame = hazards(np.random.default_rng(6), 800)
    one, plain = (cox(frame, "time", "lost", ["use"], s)["ratio"]["use"] for s in (True, False))
    assert np.log(one) == pytest.approx(np.log(plain) * frame["use"].std(), rel=1e-4)


def test_a_constant_ratio_passes_the_check_and_a_fading_one_does_not():
    rng = np.random.default_rng(7)
    steady = proportional(hazards(rng), "time", "lost", ["web", "use"])
    assert (steady["low"] < 0).all()
    assert (steady["high"] > 0).all()
    fading = proportional(hazards(rng, fading=True), "time", "lost", ["web", "use"])
    assert fading.loc["web", "high"] < 0
    assert fading.loc["web", "p_value"] < 0.001
    assert fading.loc["use", "p_value"] > 0.001


def test_the_order_of_rows_does_not_change_a_ratio():
    frame = hazards(np.random.default_rng(8), 400)
    mixed = frame.sample(frac=1, random_state=1)
    for question in (cox, proportional):
        one, other = (question(f, "time", "lost", ["web", "use"]) for f in (frame, mixed))
        pd.testing.assert_frame_equal(one, other, rtol=1e-5)


@pytest.mark.parametrize(
    ("change", "drivers", "kind", "message"),
    [
        (
            lambda f: f.assign(lost=0),
            ["use"],
            DomainError,
            "None of the 300 customers was lost, so nothing can be said about what goes with it. "
            "Take a shorter silence, or a longer log.",
        ),
        (
            lambda f: f.assign(plan="A"),
            ["plan"],
            DomainError,
            'Column "plan" has the same value for all 300 customers, so nothing can be said about it. Leave it out.',
        ),
        (
            lambda f: f.assign(twice=2 * f["use"]),
            ["web", "use", "twice"],
            DomainError,
            'These columns determine each other, so their parts cannot be told apart: "use", "twice". '
            "Leave one of them out.",
        ),
        (
            lambda f: f.assign(lost=[1] + [0] * 299),
            ["use", "web"],
            DomainError,
            "1 losses are too few for 2 coefficients. Take fewer drivers, or watch longer.",
        ),
        (
            lambda f: f.assign(vip=np.where(f["lost"] == 0, f.index % 2, 0)),
            ["vip"],
            ConvergenceError,
            None,
        ),
        (
            lambda f: f.assign(time=-1.0),
            ["use"],
            SchemaError,
            "Times must be 0 or more: 300 of 300 are negative or missing, the first in place 1. "
            "Check that the first purchase comes before the end.",
        ),
        (
            lambda f: f.head(2).assign(use=[1, 2], lost=1),
            ["use"],
            DomainError,
            "2 customers are too few for 2 coefficients, the constant included. Take more customers, or fewer drivers.",
        ),
    ],
)
def test_what_cannot_be_fitted_says_why(change, drivers, kind, message):
    frame = change(hazards(np.random.default_rng(9), 300))
    with pytest.raises(kind) as error:
        cox(frame, "time", "lost", drivers)
    if message is None:
        message = (
            f'None of the {frame["vip"].sum()} customers with "vip" was lost, so no finite ratio fits. '
            "Leave the column out, or merge its levels."
        )
    assert str(error.value) == message


def test_three_losses_are_too_few_for_a_correlation():
    frame = hazards(np.random.default_rng(10), 60).assign(lost=[1, 1, 1] + [0] * 57, time=range(60))
    with pytest.raises(DomainError) as error:
        proportional(frame, "time", "lost", ["use"])
    assert str(error.value) == "A correlation over 3 losses says nothing. At least four are needed."
