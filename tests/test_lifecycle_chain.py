"""The absorbing chain: textbook numbers, simulation, honest errors, and questions without an answer."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from crmtheory import simulate
from crmtheory.errors import DomainError, SchemaError
from crmtheory.lifecycle import (
    Stages,
    absorption,
    ever,
    median_to_loss,
    moves,
    order_test,
    stage_value,
    stationarity_test,
    time_to_loss,
)
from crmtheory.panel import Panel

NAMES = ("new", "loyal", "lost")
TRUE = pd.DataFrame([[0.4, 0.4, 0.2], [0.2, 0.7, 0.1], [0.0, 0.0, 1.0]], NAMES, NAMES)


def stages_of(codes, names=NAMES, revenue=None, unit="quarter") -> Stages:
    codes = np.atleast_2d(codes).astype(np.int8)
    n, periods = codes.shape
    days = pd.date_range("2024-01-01", periods=periods)
    first, money = np.zeros(n, np.int32), np.full(codes.shape, np.nan)
    money[:] = np.nan if revenue is None else revenue
    panel = Panel(pd.RangeIndex(n), unit, days, days, first, first, np.ones(codes.shape, np.int32), money)
    return Stages(panel, tuple(names), names[-1], codes)


def walked(n: int, periods: int, rng, matrix=TRUE, start="new") -> np.ndarray:
    walk = simulate.stage_walkers(matrix, start, periods, n, rng)
    return walk["stage"].cat.codes.to_numpy().reshape(n, periods)


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def within(times: int, trials: int, rate: float) -> bool:
    """Whether a count lies within the bounds that it would miss twice in ten thousand times at this rate."""
    low, high = stats.binom.ppf([1e-4, 1 - 1e-4], trials, rate)
    return low <= times <= high


# Absorption


def test_two_stages_are_solved_by_hand():
    """M = (I − Q)⁻¹ = 1/0.10 · [[0.3, 0.4], [0.2, 0.6]]: 7 and 8 periods. Var = (2M − I)t − t²: 50 and 52."""
    found = absorption(TRUE, "lost")
    assert found["periods"].to_dict() == pytest.approx({"new": 7.0, "loyal": 8.0})
    assert (found["sd"] ** 2).to_dict() == pytest.approx({"new": 50.0, "loyal": 52.0})


def test_the_drunkards_walk():
    """Corners 0 to 4, the ends absorbing: 3, 4 and 3 steps on average (Grinstead & Snell, Introduction to Probability,
    ch. 11). Both ends are joined in one stage.
    """
    names = ["1", "2", "3", "end"]
    walk = pd.DataFrame([[0, 0.5, 0, 0.5], [0.5, 0, 0.5, 0], [0, 0.5, 0, 0.5], [0, 0, 0, 1]], names, names)
    assert absorption(walk, "end")["periods"].to_dict() == pytest.approx({"1": 3, "2": 4, "3": 3})


def test_absorption_is_that_of_simulated_lives():
    codes = walked(20_000, 150, np.random.default_rng(1))
    time = (codes != 2).sum(axis=1)
    row = absorption(TRUE, "lost").loc["new"]
    assert time.mean() == pytest.approx(row["periods"], abs=4 * row["sd"] / np.sqrt(20_000))
    assert time.std() == pytest.approx(row["sd"], rel=0.05)


def test_what_stands_in_the_row_of_the_end_does_not_matter_nor_where_it_stands():
    changed = TRUE.copy()
    changed.loc["lost"] = np.nan
    pd.testing.assert_frame_equal(absorption(changed, "lost"), absorption(TRUE, "lost"))
    order = ["lost", "loyal", "new"]
    turned = absorption(TRUE.loc[order, order], "lost")
    pd.testing.assert_frame_equal(turned.loc[["new", "loyal"]], absorption(TRUE, "lost"))


def test_a_matrix_that_is_none_is_refused():
    square = "A transition matrix is a frame whose rows and columns are the same stages in the same order."
    assert raised(SchemaError, lambda: absorption(TRUE[["loyal", "new", "lost"]], "lost")) == square
    assert raised(SchemaError, lambda: absorption(TRUE.to_numpy(), "lost")) == square
    assert raised(SchemaError, lambda: absorption(TRUE, "gone")) == (
        'There is no stage "gone". Did you mean "new"? Known: new, loyal, lost.'
    )


@pytest.mark.parametrize(
    ("row", "total"), [([0.4, 0.4, 0.1], "0.9"), ([1.2, -0.4, 0.2], "1"), ([np.nan, 0.5, 0.5], "nan")]
)
def test_rows_that_are_no_probabilities_are_named(row, total):
    wrong = TRUE.copy()
    wrong.loc["new"] = row
    assert raised(SchemaError, lambda: absorption(wrong, "lost")) == (
        f'1 of 2 rows are not probabilities that add up to 1, first: "new", which adds up to {total}. Rows are where '
        "customers come from; transpose a matrix that has them in columns."
    )


def test_a_transposed_matrix_is_refused():
    message = raised(SchemaError, lambda: absorption(TRUE.T, "lost"))
    assert message.startswith('2 of 2 rows are not probabilities that add up to 1, first: "new"')
    assert message.endswith("transpose a matrix that has them in columns.")


def test_rounded_shares_are_still_a_matrix():
    thirds = pd.DataFrame([[0.3333333, 0.6666666], [0, 1]], ["a", "z"], ["a", "z"])
    assert absorption(thirds, "z").loc["a", "periods"] == pytest.approx(1.5, rel=1e-5)


def test_an_absorbing_stage_is_named():
    stuck = TRUE.copy()
    stuck.loc["loyal"] = [0, 1, 0]
    assert raised(DomainError, lambda: absorption(stuck, "lost")) == (
        'The stage "loyal" is absorbing, so lost is never reached from it and the expected time does not exist. Join '
        "it with another stage, or name it as the end."
    )


def test_an_end_that_cannot_be_reached_is_said():
    loop = TRUE.copy()
    loop.loc["new"], loop.loc["loyal"] = [0.5, 0.5, 0], [0.5, 0.5, 0]
    assert raised(DomainError, lambda: absorption(loop, "lost")) == (
        'The stage "new" leads only to stages that never lead to lost, so lost is never reached from it and the '
        "expected time does not exist. Join it with another stage, or name it as the end."
    )


# Estimates


def estimated(codes, revenue=None):
    return moves(stages_of(codes, revenue=revenue))


def test_answers_are_the_linear_algebra_of_the_estimated_matrix():
    rng = np.random.default_rng(2)
    codes = walked(300, 8, rng)
    revenue = rng.gamma(2, 10, codes.shape)
    counted = estimated(codes, revenue)
    p = counted.counts / counted.counts.sum(axis=1, keepdims=True)
    visits = np.linalg.inv(np.eye(2) - p[:2, :2])
    assert time_to_loss(counted)["estimate"].to_numpy() == pytest.approx(visits @ [1, 1])
    assert ever(counted, "loyal")["estimate"].tolist() == pytest.approx([p[0, 1] / (1 - p[0, 0])])
    delta = 1.1 ** (-91.3125 / 365.25)
    mean = np.array([revenue[:, 1:][codes[:, :-1] == a].mean() for a in (0, 1)])
    value = np.linalg.inv(np.eye(2) - delta * p[:2, :2]) @ (delta * 0.3 * mean)
    assert stage_value(counted, margin=0.3)["estimate"].to_numpy() == pytest.approx(value)
    assert time_to_loss(counted)["n"].tolist() == counted.people[:2].tolist()
    assert time_to_loss(counted).index.tolist() == ["new", "loyal"]
    assert time_to_loss(counted).index.name == "stage"
    assert ever(counted, "loyal").index.tolist() == ["new"]


def test_the_end_may_be_left_again_in_the_data():
    """A relationship is over when it is lost for the first time; returns are moves from "lost" and change nothing."""
    codes = [[0, 1, 2, 2], [0, 2, 2, 2], [0, 0, 1, 2]]
    back = [[0, 1, 2, 1], [0, 2, 0, 2], [0, 0, 1, 2]]
    once, again = (estimated(c) for c in (codes, back))
    # the same moves from new and loyal, save those after a return
    assert once.counts[0].tolist() == [1, 2, 1]
    assert again.counts[0].tolist() == [1, 2, 2]
    assert time_to_loss(again).loc["loyal", "estimate"] == pytest.approx(1)


def test_a_value_is_a_discounted_series_added_up_by_hand():
    """From "new" 10 in the next period, with half of them staying: Σ 0.5^(t−1) δ^t · 10 · 0.2; δ = 1 / 1.21^¼."""
    codes = [[0, 0], [0, 2]]
    table = stage_value(estimated(codes, [[9, 10], [9, 10]]), margin=0.2, discount_rate=0.21)
    delta = 1.21**-0.25
    by_hand = sum(0.5 ** (t - 1) * delta**t * 10 * 0.2 for t in range(1, 400))
    assert table.loc["new", "estimate"] == pytest.approx(by_hand)


def test_without_discounting_a_value_is_time_times_revenue():
    rng = np.random.default_rng(3)
    codes = walked(200, 6, rng)
    counted = estimated(codes, np.full(codes.shape, 5.0))
    value = stage_value(counted, discount_rate=0.0)["estimate"]
    assert value.to_numpy() == pytest.approx(5 * time_to_loss(counted)["estimate"].to_numpy())


def bootstrapped(codes, revenue, answer, rng, times=300) -> pd.DataFrame:
    found = []
    for _ in range(times):
        pick = rng.integers(0, len(codes), len(codes))
        found.append(answer(estimated(codes[pick], revenue[pick]))["estimate"])
    return pd.DataFrame(found)


@pytest.mark.parametrize(
    ("answer", "scale"),
    [
        (time_to_loss, np.log),
        (lambda m: ever(m, "loyal"), lambda p: np.log(p / (1 - p))),
        (stage_value, lambda v: v),
    ],
)
def test_errors_are_those_of_a_bootstrap_over_customers(answer, scale):
    """In a world where customers differ for ever: a third never becomes loyal, and each has a level of spend."""
    rng = np.random.default_rng(4)
    flighty = pd.DataFrame([[0.5, 0.1, 0.4], [0.5, 0.3, 0.2], [0, 0, 1]], NAMES, NAMES)
    codes = np.vstack([walked(400, 9, rng), walked(200, 9, rng, flighty)])
    revenue = rng.gamma(2, 10, (600, 1)) * (codes != 2) * rng.random(codes.shape)
    table = answer(estimated(codes, revenue))
    drawn = bootstrapped(codes, revenue, answer, rng)
    for stage, row in table.iterrows():
        width = scale(row["high"]) - scale(row["low"])
        assert width == pytest.approx(2 * stats.norm.ppf(0.975) * scale(drawn[stage]).std(), rel=0.15)
        assert row["low"] < row["estimate"] < row["high"]


def test_intervals_hold_the_truth_at_about_their_rate():
    rng = np.random.default_rng(5)
    worlds = 200
    delta = 1.1**-0.25
    q = TRUE.to_numpy()[:2, :2]
    pays = np.array([20.0, 30.0])  # on average in a period in which somebody is new, loyal
    truth = {
        "time": np.array([7.0, 8.0]),
        "ever": np.array([0.4 / 0.6]),
        "value": np.linalg.inv(np.eye(2) - delta * q) @ (delta * q @ pays),
    }
    inside = {name: np.zeros(len(true), int) for name, true in truth.items()}
    for _ in range(worlds):
        codes = walked(200, 8, rng)
        revenue = np.append(pays, 0)[codes] * rng.exponential(1, codes.shape)
        counted = estimated(codes, revenue)
        for name, table in (
            ("time", time_to_loss(counted)),
            ("ever", ever(counted, "loyal")),
            ("value", stage_value(counted)),
        ):
            inside[name] += ((table["low"] <= truth[name]) & (truth[name] <= table["high"])).to_numpy()
    for counts in inside.values():
        for count in counts:
            assert within(count, worlds, 0.95)


def test_a_higher_level_gives_a_wider_interval_around_the_same_estimate():
    counted = estimated(walked(100, 6, np.random.default_rng(6)), 1.0)
    for answer in (time_to_loss, stage_value, lambda m, level: ever(m, "loyal", level=level)):
        narrow, wide = answer(counted, level=0.5), answer(counted, level=0.99)
        assert (wide["low"] < narrow["low"]).all()
        assert (wide["high"] > narrow["high"]).all()
        assert (wide["estimate"] == narrow["estimate"]).all()


def test_what_all_or_none_of_a_few_did_is_not_certain():
    """Five of five, and none of five: Wilson's interval of five trials."""
    counted = estimated([[0, 1, 2]] * 5)
    low, high = proportion_confint(5, 5, method="wilson")
    assert ever(counted, "loyal").loc["new"].tolist() == pytest.approx([5, 1, low, high])
    assert time_to_loss(counted)["estimate"].tolist() == pytest.approx([2, 1])
    counted = estimated([[0, 2, 2]] * 5 + [[1, 2, 2]] * 2)
    low, high = proportion_confint(0, 5, method="wilson")
    assert ever(counted, "loyal").loc["new"].tolist() == pytest.approx([5, 0, 0, high])


# The median


@pytest.mark.parametrize(
    ("stay", "go", "periods"), [(1, 1, 1), (3, 1, 3), (9, 1, 7), (1, 3, 1), (20_000, 1, float("inf"))]
)
def test_the_median_of_one_stage_is_where_a_power_falls_to_a_half(stay, go, periods):
    """0.5; 0.75³ = 0.42 but 0.75² = 0.56; 0.9⁷ = 0.478 but 0.9⁶ = 0.53; and too long to look for."""
    assert median_to_loss(estimated([[0, 0]] * stay + [[0, 2]] * go), "new") == periods


def test_the_median_is_that_of_powers_of_the_matrix():
    counted = estimated(walked(500, 8, np.random.default_rng(8)))
    p = counted.counts / counted.counts.sum(axis=1, keepdims=True)
    p[2] = [0, 0, 1]
    for start, name in enumerate(("new", "loyal")):
        lost = [np.linalg.matrix_power(p, t)[start, 2] for t in range(50)]
        assert median_to_loss(counted, name) == np.argmax(np.array(lost) >= 0.5)


def test_returns_after_a_loss_do_not_put_it_off():
    """The same lives, whether or not some come back: lost for the first time is lost."""
    codes = [[0, 1, 1, 2, 2, 2]] * 3 + [[0, 0, 1, 1, 2, 2]] * 2
    back = [[0, 1, 1, 2, 2, 2]] * 3 + [[0, 0, 1, 1, 2, 1]] * 2
    assert median_to_loss(estimated(back), "new") == median_to_loss(estimated(codes), "new")


@pytest.mark.parametrize(("start", "true"), [("new", 5), ("loyal", 6)])
def test_the_median_is_that_of_simulated_lives(start, true):
    """Of the true matrix 0.56 and 0.47 of the new are there after 4 and 5 periods; of the loyal 0.52 and 0.45 after 5
    and 6.
    """
    codes = walked(4000, 60, np.random.default_rng(9), start=start)
    assert np.median((codes != 2).sum(axis=1)) == true
    assert median_to_loss(estimated(codes), start) == true


def test_a_median_without_an_answer_is_refused_as_the_time_is():
    unseen = estimated([[0, 0, 1], [0, 0, 2], [0, 2, 2]])
    stuck = estimated([[0, 1, 1], [0, 1, 1], [0, 0, 2]])
    never = estimated([[0, 1, 0], [0, 0, 1]])
    for counted in (unseen, stuck, never):
        text = raised(DomainError, lambda counted=counted: time_to_loss(counted))
        assert raised(DomainError, lambda counted=counted: median_to_loss(counted, "new")) == text
    assert raised(SchemaError, lambda: median_to_loss(stuck, "loyalty")) == (
        'There is no stage "loyalty". Did you mean "loyal"? Known: new, loyal, lost.'
    )


# From a later period on


@pytest.mark.parametrize("test", [order_test, stationarity_test])
@pytest.mark.parametrize("first", [2, 4])
def test_a_test_from_a_later_period_is_that_of_a_log_that_begins_there(test, first):
    codes = walked(300, 8, np.random.default_rng(10))
    pd.testing.assert_frame_equal(test(stages_of(codes), first), test(stages_of(codes[:, first - 1 :])))
    assert test(stages_of(codes), first)["n"].iloc[0] < test(stages_of(codes))["n"].iloc[0]


def test_an_early_time_in_which_nobody_can_be_lost_does_not_count_against_one_matrix():
    """Nobody is lost in the first three moves, then all moves are as the matrix says."""
    rng = np.random.default_rng(11)
    early = TRUE.copy()
    early.loc["new"], early.loc["loyal"] = [0.5, 0.5, 0.0], [0.3, 0.7, 0.0]
    first = walked(600, 4, rng, early)
    later = np.vstack([walked(1, 6, rng, start=NAMES[code]) for code in first[:, -1]])
    stages = stages_of(np.hstack([first, later[:, 1:]]))
    assert stationarity_test(stages)["p_value"].iloc[0] < 1e-6
    assert stationarity_test(stages, first=4)["p_value"].iloc[0] > 0.001


@pytest.mark.parametrize("first", [7, 8])
def test_too_few_periods_after_the_first_are_said(first):
    stages = stages_of(walked(30, 8, np.random.default_rng(12)))
    if first == 8:
        assert raised(DomainError, lambda: stationarity_test(stages, 8)) == (
            "Two matrices need three periods or more."
        )
    assert raised(DomainError, lambda: order_test(stages, first)) == (
        "The order of a chain needs customers who are seen in three successive periods."
    )


# Questions without an answer


def test_nobody_lost_is_said():
    counted = estimated([[0, 1, 0], [0, 0, 1]], 1.0)
    text = (
        'Nobody was ever judged "lost" here, so there is no time to it. The log may be too short for the silence that '
        "the rules ask for; take a shorter one."
    )
    for call in (time_to_loss, stage_value, lambda m: ever(m, "loyal")):
        assert raised(DomainError, lambda call=call: call(counted)) == text


def test_a_stage_that_nobody_left_is_named_with_its_customers():
    counted = estimated([[0, 1, 1], [0, 1, 1], [0, 0, 2]])
    assert raised(DomainError, lambda: time_to_loss(counted)) == (
        'The stage "loyal" is absorbing (none of the 2 customers in it left it), so lost is never reached from it and '
        "the expected time does not exist. Join it with another stage, or name it as the end."
    )
    assert ever(counted, "loyal").loc["new", "estimate"] == pytest.approx(2 / 3)


def test_the_value_of_a_stage_that_is_never_left_is_not_given_discounted_or_not():
    """A discounted sum without end would be a number, of customers who never leave in so short a time."""
    counted = estimated([[0, 1, 1], [0, 1, 1], [0, 0, 2]], 1.0)
    text = raised(DomainError, lambda: time_to_loss(counted))
    for rate in (0.0, 0.1, 0.5):
        assert raised(DomainError, lambda rate=rate: stage_value(counted, discount_rate=rate)) == text


@pytest.mark.parametrize("discount_rate", [0.0, 0.1])
def test_a_stage_that_was_entered_in_the_last_period_only_is_named(discount_rate):
    """What comes after it was not seen; to count it as nothing would be a silent error."""
    counted = estimated([[0, 0, 1], [0, 0, 2], [0, 2, 2]], 1.0)
    text = (
        'No move from "loyal" was seen: customers came there in the last period only. Take another period, or a '
        "longer log."
    )
    assert raised(DomainError, lambda: time_to_loss(counted)) == text
    assert raised(DomainError, lambda: stage_value(counted, discount_rate=discount_rate)) == text


def test_an_unknown_stage_is_refused():
    counted = estimated([[0, 1, 2], [0, 0, 2]])
    assert raised(SchemaError, lambda: ever(counted, "loyalty")) == (
        'There is no stage "loyalty". Did you mean "loyal"? Known: new, loyal, lost.'
    )


def test_a_value_needs_revenue_a_margin_and_a_rate():
    codes = [[0, 0, 2], [0, 2, 2]]
    assert raised(DomainError, lambda: stage_value(estimated(codes))) == (
        "A value needs revenue, and this log was read without amounts."
    )
    counted = estimated(codes, 1.0)
    for margin in (0, -0.1, 30, float("nan")):
        assert raised(DomainError, lambda margin=margin: stage_value(counted, margin=margin)) == (
            f"The margin is a part of revenue above 0 and up to 1, not {margin}. For 30 % give 0.3."
        )
    assert raised(DomainError, lambda: stage_value(counted, discount_rate=-1)) == (
        "An annual discount rate must be above -1 (-100 %), not -1."
    )


def test_a_value_that_grows_without_end_is_not_given():
    """With a rate so far below 0 the series does not add up; the linear algebra would give a negative number."""
    counted = estimated([[0, 0, 0, 0, 2]] * 4 + [[0, 0, 0, 0, 0]] * 4, 1.0)
    with pytest.raises(DomainError):
        stage_value(counted, discount_rate=-0.9)
