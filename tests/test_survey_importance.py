"""Shares of R²: exact by every order of entry, closed forms, and a bootstrap that keeps its promise."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy import linalg

from crmtheory.errors import DomainError, SchemaError
from crmtheory.survey import drivers
from crmtheory.survey.drivers import shares
from crmtheory.survey.drivers.asked import correlations, moments

METHODS = ("johnson", "lmg")


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def rng(seed: int = 7) -> np.random.Generator:
    return np.random.default_rng(seed)


def answers_of(n: int = 120, k: int = 3, seed: int = 1) -> pd.DataFrame:
    made = rng(seed)
    x = made.normal(size=(n, 1)) + made.normal(size=(n, k))
    y = x @ np.linspace(1, -0.2, k) + 2 * made.normal(size=n)
    return pd.DataFrame(np.column_stack([y, x]), columns=["overall", *[f"x{i}" for i in range(k)]])


def names(table: pd.DataFrame) -> list[str]:
    return [name for name in table if name != "overall"]


def r_squared(table: pd.DataFrame, used: list[str]) -> float:
    x = np.column_stack([np.ones(len(table)), table[used]])
    y = table["overall"].to_numpy()
    return 1 - np.sum((y - x @ np.linalg.lstsq(x, y, rcond=None)[0]) ** 2) / np.sum((y - y.mean()) ** 2)


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5])
def test_lmg_is_what_a_driver_adds_averaged_over_every_order_of_entry(k):
    table = answers_of(40, k, seed=k)
    added = pd.Series(0.0, names(table))
    orders = list(permutations(names(table)))
    for order in orders:
        for at, name in enumerate(order):
            added[name] += r_squared(table, list(order[: at + 1])) - r_squared(table, list(order[:at]))
    found = drivers.importance(table, "overall", names(table), rng(), resamples=100)
    assert found.columns.tolist() == ["share", "low", "high", "r_squared", "correlation", "n"]
    assert found.index.name == "driver"
    whole = r_squared(table, names(table))
    assert found["r_squared"].tolist() == pytest.approx([whole] * k)
    assert (found["share"] * whole).tolist() == pytest.approx((added / len(orders)).tolist())
    assert found["correlation"].tolist() == pytest.approx(table.corr()["overall"].iloc[1:].tolist())


@pytest.mark.parametrize("method", METHODS)
def test_of_two_drivers_each_gets_the_mean_of_entering_first_and_last(method):
    """½ [r₁² + (r₁ − r₂ r₁₂)² / (1 − r₁₂²)]; Johnson's weights are the same for two."""
    table = answers_of(k=2)
    (r1, r2), r12 = table.corr().iloc[0, 1:], table.corr().iloc[1, 2]
    first = (r1**2 + (r1 - r2 * r12) ** 2 / (1 - r12**2)) / 2
    second = (r2**2 + (r2 - r1 * r12) ** 2 / (1 - r12**2)) / 2
    found = drivers.importance(table, "overall", ["x0", "x1"], rng(), method, resamples=100)
    assert found["share"].tolist() == pytest.approx([first / (first + second), second / (first + second)])


@pytest.mark.parametrize("method", METHODS)
def test_uncorrelated_drivers_get_the_squares_of_their_correlations(method):
    square = np.array(np.meshgrid([1.0, 2], [1.0, 2], [1.0, 2], [1.0, 2])).reshape(4, -1).T
    table = pd.DataFrame(square, columns=["a", "b", "c", "noise"])
    table["overall"] = table @ [3.0, -2.0, 1.0, 1.0]
    found = drivers.importance(table, "overall", ["a", "b", "c"], rng(), method, resamples=100)
    assert found["share"].tolist() == pytest.approx([9 / 14, 4 / 14, 1 / 14])
    assert found["r_squared"].tolist() == pytest.approx([14 / 15] * 3)


def test_johnsons_weights_follow_from_the_square_root_of_the_correlations():
    table = answers_of(k=4)
    r = table.corr().to_numpy()
    root = linalg.sqrtm(r[1:, 1:]).real
    weights = root**2 @ np.linalg.solve(root, r[1:, 0]) ** 2
    found = drivers.importance(table, "overall", names(table), rng(), "johnson", resamples=100)
    assert (found["share"] * found["r_squared"]).tolist() == pytest.approx(weights.tolist())


@pytest.mark.parametrize("method", METHODS)
def test_shares_add_up_to_one_and_to_the_same_explained_variance_as_the_regression(method):
    table = answers_of(k=6)
    found = drivers.importance(table, "overall", names(table), rng(), method, resamples=200)
    assert found["share"].sum() == pytest.approx(1)
    assert (found["share"] >= 0).all()
    assert ((found["low"] <= found["share"]) & (found["share"] <= found["high"])).all()
    linear = drivers.linear(table, "overall", names(table))
    assert found["r_squared"].tolist() == pytest.approx(linear["r_squared"].tolist())


def test_many_drivers_and_samples_are_shared_out_in_blocks_of_which_nothing_is_seen():
    """Fifteen uncorrelated drivers, each sample with its own correlations: the shares are their squares."""
    r = rng().uniform(0.05, 0.25, (130, 15))
    matrices = np.tile(np.eye(16), (130, 1, 1))
    matrices[:, 0, 1:] = matrices[:, 1:, 0] = r
    np.testing.assert_allclose(shares.lmg(matrices), r**2, atol=1e-12)


@pytest.mark.parametrize("k", [9, 10, 12])
def test_two_blocks_of_drivers_that_are_not_correlated_are_shared_out_each_by_itself(k):
    """The second block has three drivers, so that its shares can be had from every order."""
    small = np.corrcoef(rng(4).normal(size=(4, 30)) + rng(5).normal(size=30))
    matrix = np.eye(k + 1)
    matrix[k - 2 :, k - 2 :] = small[1:, 1:]
    matrix[0, k - 2 :] = matrix[k - 2 :, 0] = small[0, 1:]
    matrix[0, 1] = matrix[1, 0] = 0.2
    found = shares.lmg(matrix[None])[0]
    np.testing.assert_allclose(found, [0.04, *[0] * (k - 4), *shares.lmg(small[None])[0]], atol=1e-12)


def test_more_drivers_than_sets_can_be_looked_at_are_sent_to_johnson():
    table = answers_of(60, 16)
    assert raised(DomainError, lambda: drivers.importance(table, "overall", names(table), rng())) == (
        'Relative importance: method="lmg" looks at every set of drivers, which is done for up to 15, not 16. Take '
        'method="johnson", or name fewer rated attributes in items: those that belong together can be one mean.'
    )
    found = drivers.importance(table, "overall", names(table), rng(), "johnson", resamples=100)
    assert found["share"].sum() == pytest.approx(1)


@pytest.mark.parametrize("method", METHODS)
def test_drivers_that_play_the_same_part_get_the_same_share(method):
    table = answers_of(50, 2)
    turned = table.rename(columns={"x0": "x1", "x1": "x0"})
    both = pd.concat([table, turned], ignore_index=True)
    found = drivers.importance(both, "overall", ["x0", "x1"], rng(), method, resamples=100)
    assert found["share"].tolist() == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("method", METHODS)
def test_neither_order_of_rows_nor_of_drivers_nor_units_nor_direction_matter(method):
    table = answers_of(80, 4)
    found = drivers.importance(table, "overall", names(table), rng(), method)
    other = table.sample(frac=1, random_state=5).assign(x1=lambda t: t["x1"] * 100 + 3)
    again = drivers.importance(other, "overall", names(table)[::-1], rng(), method).loc[names(table)]
    pd.testing.assert_frame_equal(found, again)
    turned = table.assign(x2=-table["x2"], overall=10 - table["overall"])
    again = drivers.importance(turned, "overall", names(table), rng(), method)
    assert again["share"].tolist() == pytest.approx(found["share"].tolist())


@pytest.mark.parametrize("method", METHODS)
def test_a_weight_counts_like_repeated_rows_in_the_estimate_but_adds_no_people(method):
    table = answers_of(60)
    w = pd.Series(np.arange(60) % 4, table.index, dtype=float)
    found = drivers.importance(table, "overall", names(table), rng(), method, weights=w)
    rows = table.loc[table.index.repeat(w.astype(int))]
    repeated = drivers.importance(rows, "overall", names(table), rng(), method)
    for column in ("share", "r_squared", "correlation"):
        assert found[column].tolist() == pytest.approx(repeated[column].tolist())
    assert found["n"].tolist() == [45] * 3
    pd.testing.assert_frame_equal(
        found, drivers.importance(table, "overall", names(table), rng(), method, weights=8 * w)
    )
    twice = pd.concat([table, table]), pd.concat([w, w])
    more = drivers.importance(twice[0], "overall", names(table), rng(), method, weights=twice[1])
    narrower = (more["high"] - more["low"]) / (found["high"] - found["low"])
    assert narrower.mean() == pytest.approx(0.5**0.5, abs=0.1)


@pytest.mark.parametrize("method", METHODS)
def test_intervals_hold_the_true_share_about_as_often_as_they_say(method):
    """The truth is the share at the correlations the answers are drawn from."""
    r = np.array([[1.0, 0.6, 0.5, 0.3], [0.6, 1, 0.5, 0.3], [0.5, 0.5, 1, 0.2], [0.3, 0.3, 0.2, 1]])
    parts = {"lmg": shares.lmg, "johnson": shares.johnson}[method](r[None])[0]
    truth = parts / parts.sum()
    made = rng(3)
    inside = []
    for _ in range(150):
        table = pd.DataFrame(
            made.multivariate_normal(np.zeros(4), r, 250), columns=["overall", "a", "b", "c"]
        )
        found = drivers.importance(table, "overall", ["a", "b", "c"], made, method, resamples=200)
        inside.append((found["low"] <= truth) & (truth <= found["high"]))
    assert 0.90 <= np.mean(inside) <= 0.985


def test_moments_are_those_of_numpy_for_every_sample():
    made = rng(2)
    values, weights = made.normal(size=(30, 4)) * 3 + 100, made.uniform(0, 2, (5, 30))
    means, covariances = moments(values, weights)
    for mean, covariance, w in zip(means, covariances, weights, strict=True):
        np.testing.assert_allclose(mean, np.average(values, axis=0, weights=w))
        np.testing.assert_allclose(covariance, np.cov(values.T, aweights=w, ddof=0), rtol=1e-9)
        sd = np.sqrt(np.diag(covariance))
        np.testing.assert_allclose(correlations(covariance[None])[0], covariance / np.outer(sd, sd))


@pytest.mark.parametrize("method", METHODS)
def test_a_driver_that_hardly_varies_breaks_no_bootstrap(method):
    """One of 20 answered differently: about a third of the samples miss that one."""
    table = answers_of(20).assign(rare=0.0)
    table.loc[4, "rare"] = 1
    found = drivers.importance(table, "overall", ["x0", "rare"], rng(), method, resamples=500)
    assert np.isfinite(found).all(axis=None)
    assert found.loc["rare", "low"] == pytest.approx(0, abs=1e-9)


def test_a_driver_determined_by_others_in_a_sample_adds_nothing_there():
    r = np.array([[1, 0.6, 0.6, 0.4], [0.6, 1, 1, 0], [0.6, 1, 1, 0], [0.4, 0, 0, 1]])
    assert shares.lmg(r[None])[0].tolist() == pytest.approx([0.18, 0.18, 0.16])
    assert shares.johnson(r[None])[0].tolist() == pytest.approx([0.18, 0.18, 0.16])


# The lead


@pytest.mark.parametrize("method", METHODS)
def test_the_lead_is_the_share_less_the_largest_of_the_others(method):
    table = answers_of(200, 4)
    share = drivers.importance(table, "overall", names(table), rng(), method)["share"]
    found = drivers.lead(table, "overall", names(table), "x0", rng(), method)
    assert found.columns.tolist() == ["estimate", "low", "high", "n", "other"]
    others = share.drop("x0")
    assert found["estimate"].tolist() == pytest.approx([share["x0"] - others.max()])
    assert found[["n", "other"]].iloc[0].tolist() == [200, others.idxmax()]
    behind = drivers.lead(table, "overall", names(table), "x3", rng(), method)
    assert behind["estimate"].iloc[0] == pytest.approx(share["x3"] - share.max())
    assert behind["high"].iloc[0] < 0


def test_of_two_drivers_the_lead_of_one_is_what_the_other_lacks():
    table = answers_of(k=2)
    ahead = drivers.lead(table, "overall", ["x0", "x1"], "x0", rng()).iloc[0]
    behind = drivers.lead(table, "overall", ["x0", "x1"], "x1", rng()).iloc[0]
    assert [behind["estimate"], behind["low"], behind["high"]] == pytest.approx(
        [-ahead["estimate"], -ahead["high"], -ahead["low"]]
    )


def test_a_true_lead_is_held_and_no_lead_is_seldom_claimed():
    """Shares 0.4, 0.3, 0.3 of uncorrelated drivers, and 1/3 each: neither a lead nor its lack is claimed falsely."""
    made = rng(9)
    for squares, truth in (((0.24, 0.18, 0.18), 0.1), ((0.2, 0.2, 0.2), 0.0)):
        inside, claimed, denied = [], [], []
        for _ in range(100):
            x = made.normal(size=(200, 3))
            y = x @ np.sqrt(squares) + np.sqrt(1 - sum(squares)) * made.normal(size=200)
            table = pd.DataFrame(np.column_stack([y, x]), columns=["overall", "a", "b", "c"])
            row = drivers.lead(table, "overall", ["a", "b", "c"], "a", made, resamples=200).iloc[0]
            inside.append(row["low"] <= truth <= row["high"])
            claimed.append(row["low"] > truth)
            denied.append(row["high"] < truth)
        assert np.mean(inside) >= 0.93
        assert np.mean(claimed) <= 0.06
        assert np.mean(denied) <= 0.05


# Refusals


def test_questions_that_cannot_be_meant_are_refused():
    table = answers_of(30)

    def ask(*more, of=table, wanted=("x0", "x1"), **options):
        return lambda: drivers.importance(of, "overall", list(wanted), *more, **options)

    assert raised(SchemaError, ask(1)) == (
        "Relative importance: rng is a generator of random numbers, such as numpy.random.default_rng(1), not int."
    )
    assert raised(SchemaError, ask(rng(), "shapley")) == (
        'There is no method "shapley". Known: lmg, johnson.'
    )
    assert raised(SchemaError, ask(rng(), resamples=10)) == (
        "Relative importance: an interval needs 100 or more resamples, not 10."
    )
    assert (
        raised(SchemaError, ask(rng(), level=0)) == "level is a share between 0 and 1, such as 0.95; it is 0."
    )
    assert raised(DomainError, ask(rng(), wanted=())) == (
        "Relative importance needs 1 or more drivers, not 0. Name the rated attributes in items."
    )
    assert raised(SchemaError, ask(rng(), wanted=["overall"])) == (
        "Relative importance: overall is the outcome and cannot explain itself. Take it out of the drivers."
    )
    assert raised(SchemaError, lambda: drivers.importance(table, "overall", "x0", rng())) == (
        'Relative importance: drivers is a list of items, such as ["x0"], not a text.'
    )
    assert "x0 the same answer (4)" in raised(DomainError, ask(rng(), of=table.assign(x0=4.0)))
    assert "; 1 of 1 did." in raised(DomainError, ask(rng(), of=table.head(1)))
    assert "The table of answers is empty." in raised(DomainError, ask(rng(), of=table.head(0)))
    assert raised(SchemaError, lambda: drivers.lead(table, "overall", ["x0", "x1"], "x2", rng())) == (
        'There is no driver "x2". Did you mean "x1"? Known: x0, x1.'
    )
    assert raised(DomainError, lambda: drivers.lead(table, "overall", ["x0"], "x0", rng())) == (
        "Relative importance needs 2 or more drivers, not 1. Name the rated attributes in items."
    )


@pytest.mark.parametrize("method", METHODS)
def test_nothing_explained_is_nothing_to_share(method):
    a, b = np.array([1.0, 1, 2, 2] * 5), np.array([1.0, 2, 1, 2] * 5)
    table = pd.DataFrame({"overall": (a - 1.5) * (b - 1.5), "a": a, "b": b})
    assert raised(DomainError, lambda: drivers.importance(table, "overall", ["a", "b"], rng(), method)) == (
        "Relative importance: the drivers explain nothing of overall, so there is nothing to share. Check that the "
        "right columns were read."
    )


def test_the_answers_are_left_as_they_are_and_a_seed_repeats_the_result():
    table = answers_of(50)
    before = table.copy()
    first = drivers.importance(table, "overall", names(table), rng())
    pd.testing.assert_frame_equal(first, drivers.importance(table, "overall", names(table), rng()))
    pd.testing.assert_frame_equal(table, before)
