"""Moves between stages: counts, intervals that hold for a sample of customers, tests of the chain, flows."""

import sys

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from crmtheory import simulate
from crmtheory.errors import DomainError, SchemaError
from crmtheory.lifecycle import (
    MarketingRules,
    Stages,
    flows,
    matrix,
    moves,
    order_test,
    stationarity_test,
    wide,
)
from crmtheory.panel import Panel, from_frame

NAMES = ("a", "b", "c")
CHAIN = np.array([[0.7, 0.2, 0.1], [0.3, 0.5, 0.2], [0.2, 0.2, 0.6]])


def stages_of(codes, names=NAMES, revenue=None, unit="quarter") -> Stages:
    """Stages that were drawn rather than judged: customers × periods of places in `names`, −1 for not known."""
    codes = np.atleast_2d(codes).astype(np.int8)
    n, periods = codes.shape
    days = pd.date_range("2024-01-01", periods=periods)
    first, money = np.zeros(n, np.int32), np.full(codes.shape, np.nan)
    money[:] = np.nan if revenue is None else revenue
    panel = Panel(pd.RangeIndex(n), unit, days, days, first, first, np.ones(codes.shape, np.int32), money)
    return Stages(panel, tuple(names), names[-1], codes)


def walked(p, start, periods, n, rng, memory=0.0) -> Stages:
    names = NAMES[: len(p)]
    table = pd.DataFrame(p, names, names)
    walk = simulate.stage_walkers(table, start, periods, n, rng, memory=memory)
    return stages_of(walk["stage"].cat.codes.to_numpy().reshape(n, periods), names)


def lively(n: int, periods: int, rng) -> np.ndarray:
    """Two kinds of customers, equally likely: some stay where they are with probability 0.9, some with 0.3."""
    stay = rng.choice([0.9, 0.3], n)
    codes = np.zeros((n, periods), int)
    for period in range(1, periods):
        change = rng.random(n) >= stay
        codes[:, period] = np.where(change, 1 - codes[:, period - 1], codes[:, period - 1])
    return codes


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def within(times: int, trials: int, rate: float) -> bool:
    """Whether a count lies within the bounds that it would miss twice in ten thousand times at this rate."""
    low, high = stats.binom.ppf([1e-4, 1 - 1e-4], trials, rate)
    return low <= times <= high


# Counts


def test_moves_of_two_customers_by_hand():
    counted = moves(stages_of([[0, 0, 1, 2], [-1, 1, 0, 0]], revenue=[[1, 2, 4, 8], [16, 32, 64, 128]]))
    assert counted.names == NAMES
    assert (counted.end, counted.unit) == ("c", "quarter")
    assert counted.counts.tolist() == [[2, 1, 0], [1, 0, 1], [0, 0, 0]]
    assert counted.people.tolist() == [2, 2, 0]
    assert counted.paid.tolist() == [2 + 4 + 128, 8 + 64, 0]


@pytest.mark.parametrize("seed", range(3))
def test_counts_are_those_of_a_walk_along_each_row(seed):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 3, (50, 7))
    joined = rng.integers(0, 7, 50)
    codes[np.arange(7) < joined[:, None]] = -1
    first, last = 2, 6
    counts = np.zeros((3, 3))
    who = [set(), set(), set()]
    for row, line in enumerate(codes):
        for period in range(first - 1, last - 1):
            if line[period] >= 0:
                counts[line[period], line[period + 1]] += 1
                who[line[period]].add(row)
    counted = moves(stages_of(codes), first, last)
    assert counted.counts.tolist() == counts.tolist()
    assert counted.people.tolist() == [len(one) for one in who]
    table = matrix(counted)
    assert table["n"].sum() == counts.sum()
    assert table.groupby("from")["probability"].sum().to_numpy() == pytest.approx(1)
    assert (table["low"] <= table["probability"]).all()
    assert (table["probability"] <= table["high"]).all()
    assert table[["low", "high"]].stack().between(0, 1).all()
    assert (table.groupby("from")["n"].transform("sum") == table["from_n"]).all()


def test_stages_that_do_not_occur_are_left_out():
    counted = moves(stages_of([[0, 2, 0]]))
    assert counted.names == ("a", "c")
    assert matrix(counted)["from"].tolist() == ["a", "a", "c", "c"]


def test_a_stage_that_nobody_left_or_stayed_in_has_no_row():
    assert set(matrix(moves(stages_of([[0, 1]])))["from"]) == {"a"}


def test_a_log_without_amounts_has_no_payments():
    assert np.isnan(moves(stages_of([[0, 1]])).paid).all()


def test_counting_in_blocks_changes_nothing(monkeypatch):
    rng = np.random.default_rng(3)
    stages = stages_of(rng.integers(0, 3, (101, 5)), revenue=rng.random((101, 5)))
    whole = moves(stages)
    monkeypatch.setattr(sys.modules[moves.__module__], "BLOCK", 10)
    parts = moves(stages)
    assert parts.counts.tolist() == whole.counts.tolist()
    assert parts.people.tolist() == whole.people.tolist()
    np.testing.assert_allclose(parts.cross, whole.cross)
    np.testing.assert_allclose(parts.paid, whole.paid)


def test_the_order_of_customers_changes_nothing():
    rng = np.random.default_rng(4)
    codes = rng.integers(0, 3, (80, 6))
    one, other = (matrix(moves(stages_of(c))) for c in (codes, codes[rng.permutation(80)]))
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize(("first", "last"), [(0, 3), (2, 2), (3, 2), (1, 4)])
def test_periods_that_do_not_exist_are_refused(first, last):
    assert raised(DomainError, lambda: moves(stages_of([[0, 1, 2]]), first, last)) == (
        f"Moves need two periods between 1 and 3, not {first} to {last}."
    )


def test_nobody_seen_twice_is_refused():
    assert raised(DomainError, lambda: moves(stages_of([[-1, -1, 1]]))) == (
        "Nobody is seen in two successive periods, so no move can be counted."
    )


# Intervals


def test_with_one_move_each_the_interval_is_wilsons():
    rng = np.random.default_rng(5)
    table = matrix(moves(stages_of(np.column_stack([np.zeros(300), rng.choice(3, 300, p=[0.7, 0.2, 0.1])]))))
    low, high = proportion_confint(table["n"], 300, method="wilson")
    assert table["low"].to_numpy() == pytest.approx(np.asarray(low), abs=1e-9)
    assert table["high"].to_numpy() == pytest.approx(np.asarray(high), abs=1e-9)


def test_the_width_is_that_of_a_bootstrap_over_customers():
    """Customers differ for ever, so the moves of one are alike and the naive interval is far too narrow."""
    rng = np.random.default_rng(6)
    n, periods = 600, 13
    codes = lively(n, periods, rng)
    table = matrix(moves(stages_of(codes, ("a", "b")))).set_index(["from", "to"])
    own = np.stack([[(codes[:, :-1] == a) & (codes[:, 1:] == b) for b in (0, 1)] for a in (0, 1)]).sum(
        axis=-1
    )  # from, to, customer
    weights = rng.multinomial(n, np.full(n, 1 / n), 4000)
    for a, name in enumerate("ab"):
        drawn = weights @ own[a].T
        share = drawn[:, 0] / drawn.sum(axis=1)
        width = 2 * stats.norm.ppf(0.975) * share.std()
        row = table.loc[(name, name)]
        assert row["high"] - row["low"] == pytest.approx(width, rel=0.05)
        naive = proportion_confint(row["n"], row["from_n"], method="wilson")
        assert row["high"] - row["low"] > 1.4 * (naive[1] - naive[0])


def test_copies_of_a_customer_are_as_many_customers_and_copies_of_time_are_not():
    one = stages_of([[0, 0, 1, 0, 0], [0, 1, 1, 0, 1], [0, 0, 0, 0, 1]], ("a", "b"))
    many = stages_of(np.tile(one.codes, (40, 1)), ("a", "b"))
    narrow, wide_ = (matrix(moves(s)).eval("high - low") for s in (many, one))
    assert (narrow < wide_ / 3).all()


@pytest.mark.parametrize("n", [2, 3, 5, 7, 9, 11, 13, 49, 103])
def test_one_customer_is_never_more_than_one_customer(n):
    """However many moves: between customers there is nothing to see, and rounding must not pass for certainty."""
    codes = np.zeros((1, n + 2))
    codes[0, -1] = 1  # once in n + 1 moves
    table = matrix(moves(stages_of(codes, ("a", "b"))))
    low, high = proportion_confint(table["probability"], 1, method="wilson")
    assert table["low"].to_numpy() == pytest.approx(np.asarray(low), abs=1e-6)
    assert table["high"].to_numpy() == pytest.approx(np.asarray(high), abs=1e-6)


@pytest.mark.parametrize("n", [3, 7, 11, 49])
def test_customers_who_all_did_the_same_leave_doubt(n):
    codes = np.zeros((10, n + 2))
    codes[:, -1] = 1
    table = matrix(moves(stages_of(codes, ("a", "b"))))
    assert ((table["high"] - table["low"]) > 0.1).all()


def test_where_nobody_or_everybody_moved_the_customers_count():
    table = matrix(moves(stages_of(np.zeros((10, 20)), ("a", "b"))))
    assert len(table) == 1
    low, _ = proportion_confint(10, 10, method="wilson")
    assert table.loc[0, ["probability", "low", "high"]].tolist() == pytest.approx([1, low, 1])
    assert table.loc[0, "high"] == 1


def test_intervals_hold_the_matrix_of_a_true_chain_at_about_their_rate():
    rng = np.random.default_rng(7)
    worlds, inside = 200, np.zeros(9, int)
    for _ in range(worlds):
        table = matrix(moves(walked(CHAIN, "a", 7, 120, rng)))
        truth = CHAIN.ravel()
        inside += ((table["low"] <= truth) & (truth <= table["high"])).to_numpy()
    for count in inside:
        assert within(count, worlds, 0.95)


def test_intervals_hold_the_truth_where_customers_differ_for_ever():
    """Stages "stayed" and "moved": of those who stay with 0.9 or 0.3 and just did, 0.75 stay again."""
    rng = np.random.default_rng(17)
    worlds, inside = 200, 0
    truth = (0.9**2 + 0.3**2) / (0.9 + 0.3)
    for _ in range(worlds):
        moved = (np.diff(lively(150, 9, rng), axis=1) != 0).astype(int)
        row = matrix(moves(stages_of(moved, ("a", "b")))).iloc[0]
        inside += row["low"] <= truth <= row["high"]
    assert within(inside, worlds, 0.95)


# The order of the chain


def g2(tables) -> tuple[float, int]:
    """G² and degrees of freedom by scipy, summed over tables, rows and columns without entries left out."""
    total, df = 0.0, 0
    for table in tables:
        kept = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
        if min(kept.shape, default=0) > 1:
            result = stats.chi2_contingency(kept, correction=False, lambda_="log-likelihood")
            total, df = total + result.statistic, df + result.dof
    return total, df


@pytest.mark.parametrize("seed", range(4))
def test_the_statistics_are_sums_of_those_of_contingency_tables(seed):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 3, (40, 6))
    codes[(codes == 2) & (rng.random(codes.shape) < 0.8)] = 0  # some cells stay empty
    codes[np.arange(6) < rng.integers(0, 4, 40)[:, None]] = -1
    triples = [tuple(line[i : i + 3]) for line in codes for i in range(4) if line[i] >= 0]
    cube = np.zeros((3, 3, 3))
    for triple in triples:
        cube[triple] += 1
    table = order_test(stages_of(codes))
    expected = {"0 against 1": [cube.sum(axis=0)], "1 against 2": list(cube.transpose(1, 0, 2))}
    for name, tables in expected.items():
        statistic, df = g2(tables)
        assert table.loc[name, "statistic"] == pytest.approx(statistic)
        assert table.loc[name, "df"] == df
        assert table.loc[name, "p_value"] == pytest.approx(stats.chi2.sf(statistic, df))
        assert table.loc[name, "n"] == len(triples)
    last = cube.sum(axis=(0, 1))
    entropy = -(last * np.log(last / last.sum())).sum()
    assert table.loc["0 against 1", "gain"] == pytest.approx(
        table.loc["0 against 1", "statistic"] / 2 / entropy
    )

    single = stationarity_test(stages_of(codes)).iloc[0]
    steps = np.zeros((5, 3, 3))
    for line in codes:
        for i in range(5):
            if line[i] >= 0:
                steps[i, line[i], line[i + 1]] += 1
    statistic, df = g2(list(steps.transpose(1, 0, 2)))
    assert single["statistic"] == pytest.approx(statistic)
    assert single["df"] == df
    assert single["n"] == steps.sum()


def test_g2_by_hand():
    """After stage a those who came from a go (8, 2), those from b (4, 6): G² = 2 Σ O ln(O / E), E = 6 and 4."""
    codes = [[0, 0, 0]] * 8 + [[0, 0, 1]] * 2 + [[1, 0, 0]] * 4 + [[1, 0, 1]] * 6
    row = order_test(stages_of(codes, ("a", "b"))).loc["1 against 2"]
    by_hand = 2 * (8 * np.log(8 / 6) + 2 * np.log(2 / 4) + 4 * np.log(4 / 6) + 6 * np.log(6 / 4))
    assert row["statistic"] == pytest.approx(by_hand)
    assert (row["df"], row["n"]) == (1, 20)


def test_a_true_chain_of_order_one_is_rejected_as_rarely_as_stated():
    rng = np.random.default_rng(8)
    order = flat = 0
    for _ in range(200):
        stages = walked(CHAIN, {"a": 0.4, "b": 0.3, "c": 0.3}, 6, 150, rng)
        order += order_test(stages).loc["1 against 2", "p_value"] < 0.05
        flat += stationarity_test(stages).loc[0, "p_value"] < 0.05
    assert within(order, 200, 0.05)
    assert within(flat, 200, 0.05)


def test_independent_stages_need_no_last_stage():
    rng = np.random.default_rng(9)
    same = np.tile([0.5, 0.3, 0.2], (3, 1))
    found = sum(
        order_test(walked(same, "a", 6, 100, rng)).loc["0 against 1", "p_value"] < 0.05 for _ in range(200)
    )
    assert within(found, 200, 0.05)


def test_memory_and_change_are_found():
    rng = np.random.default_rng(10)
    symmetric = np.array([[0.6, 0.2, 0.2], [0.2, 0.6, 0.2], [0.2, 0.2, 0.6]])
    start = {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}
    found = [
        order_test(walked(symmetric, start, 6, 200, rng, memory=0.3)).loc["1 against 2", "p_value"] < 0.05
        for _ in range(30)
    ]
    assert sum(found) >= 28
    early = walked(CHAIN, "a", 4, 400, rng).codes
    late = walked(CHAIN[::-1], "a", 4, 400, rng).codes
    changed = stages_of(np.hstack([early, late]))
    assert stationarity_test(changed).loc[0, "p_value"] < 0.001


def test_a_log_in_which_nothing_varies_has_no_p_value():
    stages = stages_of(np.zeros((5, 4)), ("a", "b"))
    table = order_test(stages)
    assert table["df"].tolist() == [0, 0]
    assert table["p_value"].isna().all()
    assert stationarity_test(stages)["p_value"].isna().all()


def test_too_few_periods_are_refused():
    assert raised(DomainError, lambda: order_test(stages_of([[0, 1]]))) == (
        "The order of a chain needs customers who are seen in three successive periods."
    )
    assert raised(DomainError, lambda: order_test(stages_of([[-1, -1, 0, 1]]))) == (
        "The order of a chain needs customers who are seen in three successive periods."
    )
    assert raised(DomainError, lambda: stationarity_test(stages_of([[0, 1]]))) == (
        "Two matrices need three periods or more."
    )


# Flows


def test_flows_by_hand():
    stages = stages_of([[0, 1, 2], [0, 0, 2], [-1, 0, 1], [-1, -1, 0]])
    table = flows(stages, [1, 2, 3])
    assert table.to_numpy().tolist() == [
        [0, "not yet", "a", 1],
        [0, "a", "a", 1],
        [0, "a", "b", 1],
        [1, "not yet", "a", 1],
        [1, "a", "b", 1],
        [1, "a", "c", 1],
        [1, "b", "c", 1],
    ]
    assert table.columns.tolist() == ["step", "from", "to", "customers"]
    assert flows(stages, [1, 3])["customers"].sum() == 4


@pytest.mark.parametrize("seed", range(3))
def test_flows_into_and_out_of_each_stage_are_its_customers(seed):
    rng = np.random.default_rng(seed)
    bought = rng.poisson(0.6, (80, 9))
    rows, columns = np.nonzero(bought)
    panel = from_frame(
        pd.DataFrame({"customer": rows, "period": columns + 1, "purchases": bought[rows, columns]})
    )
    stages = MarketingRules().assign(panel)
    table = flows(stages, [2, 5, 9])
    for step, (a, b) in enumerate([(2, 5), (5, 9)]):
        part = table[table["step"] == step]
        into = part.groupby("to")["customers"].sum()
        out = part[part["from"] != "not yet"].groupby("from")["customers"].sum()
        assert into.to_dict() == stages.at(b).astype(str).value_counts().to_dict()
        assert out.to_dict() == stages.at(a).astype(str).value_counts().to_dict()


@pytest.mark.parametrize("periods", [[], [1], [2, 1], [1, 1], [1, 3], [0, 1]])
def test_flows_need_rising_periods_that_exist(periods):
    assert raised(DomainError, lambda: flows(stages_of([[0, 1]]), periods)) == (
        f"Give two or more periods from 1 to 2 in rising order, not {periods}."
    )


# The square


def test_the_square_has_the_shares_in_their_places():
    codes = [[2, 0, 1], [0, 0, 2], [1, 0, 2]]
    table = matrix(moves(stages_of(codes)))
    square = wide(table)
    assert square.index.tolist() == square.columns.tolist() == ["a", "b", "c"]
    for row in table.itertuples():
        assert square.loc[row[1], row.to] == row.probability
    assert wide(table, "n").to_numpy().sum() == 6


def test_another_table_has_no_square():
    assert raised(SchemaError, lambda: wide(pd.DataFrame({"from": [1]}), "n")) == (
        'The table has no columns from, to and n. Give the table of "matrix".'
    )
