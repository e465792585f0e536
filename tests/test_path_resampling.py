"""Bootstrap of path models: every sample is an honest fit, BCa is that of SciPy, and intervals cover."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmtheory.errors import ConvergenceError, SchemaError
from crmtheory.survey import path
from crmtheory.survey.complete import complete, resampled
from crmtheory.survey.path import Model, bca, bootstrap, fit
from crmtheory.survey.path.moments import Products
from crmtheory.survey.path.resampling import drawn

MODEL = Model(
    {"X": ["x1", "x2", "x3"], "M": ["m1", "m2"], "Y": ["y1"]},
    {"X": ["M", "Y"], "M": "Y"},
    {"M": "B"},
)


def people(n: int = 80, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    m = 0.6 * x + rng.normal(size=n)
    y = 0.3 * x + 0.5 * m + rng.normal(size=n)
    noise = rng.normal(size=(n, 6))
    return pd.DataFrame(np.column_stack([x, x, x, m, m, y]) + noise, columns=MODEL.items)


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def draws_of(frame, interval="percentile", scheme="path", consistent=False, weights=None, resamples=25):
    rng = np.random.default_rng(3)
    return drawn(MODEL, frame, rng, resamples, interval, scheme, consistent, weights, 0.95)


@pytest.mark.parametrize("consistent", [False, True])
@pytest.mark.parametrize("scheme", ["centroid", "factor", "path"])
def test_every_sample_is_the_fit_of_its_respondents(scheme, consistent):
    frame = people()
    found = draws_of(frame, scheme=scheme, consistent=consistent)
    counts = resampled(len(frame), 25, np.random.default_rng(3)).astype(int)
    assert found.failed == 0
    for b, times in enumerate(counts):
        alone = fit(MODEL, frame.loc[frame.index.repeat(times)].reset_index(drop=True), scheme, consistent)
        assert found.samples.weights[b] == pytest.approx(alone.loadings["weight"].to_numpy(), abs=1e-8)
        assert found.samples.loadings[b] == pytest.approx(alone.loadings["loading"].to_numpy(), abs=1e-8)
        ours = [found.samples.paths[b, MODEL.number(i), MODEL.number(j)] for i, j in MODEL.edges]
        assert ours == pytest.approx(alone.paths["estimate"].tolist(), abs=1e-8)
        assert found.samples.htmt[b] == pytest.approx(alone.htmt["estimate"].to_numpy())


def test_a_sample_of_weighted_respondents_keeps_their_weights():
    frame = people()
    weights = pd.Series(np.random.default_rng(5).integers(1, 4, len(frame)), frame.index)
    found = draws_of(frame, weights=weights, resamples=5)
    counts = resampled(len(frame), 5, np.random.default_rng(3)).astype(int)
    for b, times in enumerate(counts):
        alone = fit(MODEL, frame.loc[frame.index.repeat(times * weights)].reset_index(drop=True))
        assert found.samples.weights[b] == pytest.approx(alone.loadings["weight"].to_numpy(), abs=1e-8)


def test_without_each_respondent_is_the_fit_of_the_others():
    frame = people(40)
    found = draws_of(frame, "bca", resamples=5)
    for i in (0, 17, 39):
        alone = fit(MODEL, frame.drop(index=i)).loadings["weight"].to_numpy()
        assert found.without.weights[i] == pytest.approx(alone, abs=1e-8)


def test_samples_face_the_same_way_as_the_fit():
    """One item against two weak ones: sums of loadings alone would turn some samples round."""
    frame = people(60, seed=2)
    frame["x1"] = -3 * frame["x1"]
    found = draws_of(frame, resamples=300)
    s = Products(complete(frame, MODEL.items)).resamples(300, np.random.default_rng(3))
    items = np.concatenate([block.correlations for block in s])[:, :3, :3]
    agreement = np.einsum("bi,bij,j->b", found.samples.weights[:, :3], items, found.fit.weights[0, :3])
    assert (agreement > 0).all()


def test_blocks_of_samples_draw_what_one_block_draws(monkeypatch):
    data = complete(people(), MODEL.items)
    whole = np.concatenate([m.correlations for m in Products(data).resamples(23, np.random.default_rng(1))])
    monkeypatch.setattr("crmtheory.survey.path.moments.MANY", 5)
    parts = np.concatenate([m.correlations for m in Products(data).resamples(23, np.random.default_rng(1))])
    np.testing.assert_allclose(whole, parts, atol=1e-13)


@pytest.mark.parametrize("statistic", [np.mean, np.var, stats.skew], ids=["mean", "variance", "skewness"])
def test_bca_is_that_of_scipy(statistic):
    x = np.random.default_rng(2).exponential(size=30)
    theirs = stats.bootstrap((x,), statistic, n_resamples=999, method="BCa", rng=np.random.default_rng(1))
    without = np.array([[statistic(np.delete(x, i))] for i in range(30)])
    low, high = bca(theirs.bootstrap_distribution[:, None], np.array([statistic(x)]), without)
    assert (low[0], high[0]) == pytest.approx(tuple(theirs.confidence_interval))


def test_bca_of_a_statistic_that_never_changes_is_the_statistic():
    low, high = bca(np.ones((50, 1)), np.ones(1), np.ones((9, 1)))
    assert (low[0], high[0]) == (1, 1)


def test_bca_when_all_draws_lie_on_one_side_stays_among_the_draws():
    low, high = bca(np.arange(100.0)[:, None], np.array([200.0]), np.array([[199.0], [201.0]]))
    assert 0 <= low[0] <= high[0] <= 99


@pytest.mark.parametrize("interval", ["bca", "percentile"])
def test_intervals_cover_the_truth_about_as_often_as_they_say(interval):
    """A correlation of .5 between two single items; 120 samples of 60 people: 95 % ± 3 standard errors of 2 %."""
    model = Model({"A": ["a"], "B": ["b"]}, {"A": "B"})
    rng = np.random.default_rng(11)
    inside = 0
    for _ in range(120):
        frame = pd.DataFrame(rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 60), columns=["a", "b"])
        row = bootstrap(model, frame, rng, 300, interval).paths.iloc[0]
        inside += row["low"] <= 0.5 <= row["high"]
    assert 0.88 * 120 <= inside <= 120


def test_every_table_has_estimates_of_the_fit_with_intervals_around_them():
    frame = people()
    one, many = fit(MODEL, frame), bootstrap(MODEL, frame, np.random.default_rng(0), 300)
    assert many.paths["estimate"].tolist() == pytest.approx(one.paths["estimate"].tolist())
    assert many.weights["estimate"].tolist() == pytest.approx(one.loadings["weight"].tolist())
    assert many.loadings["estimate"].tolist() == pytest.approx(one.loadings["loading"].tolist())
    assert many.htmt["estimate"].tolist() == pytest.approx(one.htmt["estimate"].tolist())
    assert many.r_squared["estimate"].to_dict() == pytest.approx(one.r_squared["estimate"].to_dict())
    assert many.rho_a["estimate"].to_dict() == pytest.approx({"X": one.reliability.loc["X", "rho_a"]})
    assert many.total["estimate"].tolist() == pytest.approx(one.effects["total"].tolist())
    indirect = one.effects[one.effects["indirect"] != 0]
    assert many.indirect["estimate"].tolist() == pytest.approx(indirect["indirect"].tolist())
    for name in ("paths", "total", "indirect", "loadings", "weights", "htmt", "r_squared", "rho_a"):
        table = getattr(many, name)
        assert list(table)[-4:] == ["estimate", "low", "high", "n"]
        assert (table["low"] <= table["high"]).all()
        assert (table["n"] == 80).all()
    assert (many.failed, many.problems) == (0, ())


def test_a_respondent_with_weight_2_is_one_respondent():
    """All weights doubled change nothing, not even the intervals."""
    frame = people()
    twice = pd.Series(2.0, frame.index)
    one = bootstrap(MODEL, frame, np.random.default_rng(0), 50).paths
    two = bootstrap(MODEL, frame, np.random.default_rng(0), 50, weights=twice).paths
    pd.testing.assert_frame_equal(one, two)


def test_samples_that_fail_are_counted_and_left_out_and_said():
    """x1 is the same for all but two people: 13 % of samples draw neither of them."""
    frame = people(40)
    frame["x1"] = np.where(frame.index < 2, 5.0, 4.0)
    found = bootstrap(MODEL, frame, np.random.default_rng(0), 400)
    assert 0.08 * 400 < found.failed < 0.19 * 400
    assert found.paths[["low", "high"]].notna().all(axis=None)
    assert found.problems == (
        f"{found.failed} of 400 bootstrap samples have no solution and were left out, so the intervals are too narrow. "
        "The usual causes are few respondents, items that nearly everybody answered alike, or a construct whose items "
        "hardly go together.",
    )


def test_no_interval_is_given_from_fewer_than_half_of_the_samples():
    """x1 and m1 are each the same for all but one person: 60 % of samples miss one of the two."""
    frame = people(40)
    frame["x1"] = np.where(frame.index == 0, 5.0, 4.0)
    frame["m1"] = np.where(frame.index == 1, 5.0, 4.0)
    text = raised(ConvergenceError, lambda: bootstrap(MODEL, frame, np.random.default_rng(0), 400))
    failed, rest = text.split(" ", 1)
    assert 0.5 * 400 < int(failed) < 0.7 * 400
    assert rest == (
        "of 400 bootstrap samples have no solution, so no interval can be given. The usual causes are few respondents, "
        "items that nearly everybody answered alike, or a construct whose items hardly go together. Leave such items "
        "out, or ask more people."
    )


def test_samples_beyond_what_can_be_are_counted_and_kept():
    rng = np.random.default_rng(4)
    common = rng.normal(size=(60, 1))
    frame = pd.DataFrame(common + rng.normal(size=(60, 4)), columns=list("abcd"))
    model = Model({"X": ["a", "b"], "Y": ["c", "d"]}, {"X": "Y"})
    found = bootstrap(model, frame, np.random.default_rng(0), 300, consistent=True)
    assert 0 < found.inadmissible < 300
    assert found.paths["high"][0] > 1
    assert found.problems == (
        f"{found.inadmissible} of 300 bootstrap samples have corrected correlations or loadings that cannot be, such "
        "as a correlation beyond 1. They were kept. The items do not tell some constructs apart: trust no single "
        "corrected path, and look at htmt for the pairs near 1.",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"interval": "bc"}, 'There is no interval "bc". Did you mean "bca"? Known: percentile, bca.'),
        ({"resamples": 0}, "resamples is a number of bootstrap samples, such as 5000; it is 0."),
        ({"level": 95}, "level is a share between 0 and 1, such as 0.95; it is 95."),
    ],
)
def test_what_cannot_be_asked_is_said(arguments, message):
    call = {"resamples": 10, **arguments}
    assert (
        raised(SchemaError, lambda: path.bootstrap(MODEL, people(), np.random.default_rng(0), **call))
        == message
    )
