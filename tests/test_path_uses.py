"""Mediation, and importance with performance: by hand, by regression on rescaled scores, and what cannot be asked."""

import numpy as np
import pandas as pd
import pytest

from crmtheory import datasets
from crmtheory.errors import DomainError, SchemaError
from crmtheory.survey import path
from crmtheory.survey.path import Model, fit, importance_performance, mediation

CHAIN = Model({c: [c.lower()] for c in "ABCD"}, {"A": ["B", "C"], "B": ["C", "D"], "C": "D"})


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return pd.read_csv(datasets.path("ecsi_mobile"))


def people(n: int = 300, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    a = rng.normal(size=n)
    b = 0.5 * a + rng.normal(size=n)
    c = 0.3 * a + 0.4 * b + rng.normal(size=n)
    return pd.DataFrame({"a": a, "b": b, "c": c, "d": b + c + rng.normal(size=n)})


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def ask(source, through, target, model=CHAIN, frame=None, **more) -> pd.DataFrame:
    frame = people() if frame is None else frame
    return mediation(model, frame, source, through, target, np.random.default_rng(0), resamples=200, **more)


def test_the_indirect_effect_is_the_product_of_the_paths_on_the_route():
    p = fit(CHAIN, people()).paths.set_index(["from", "to"])["estimate"]
    found = ask("A", "B", "C")
    assert found.index.tolist() == ["direct", "indirect", "total"]
    assert found["estimate"].tolist() == pytest.approx(
        [p["A", "C"], p["A", "B"] * p["B", "C"], p["A", "C"] + p["A", "B"] * p["B", "C"]]
    )
    assert (found["low"] < found["estimate"]).all()
    assert (found["estimate"] < found["high"]).all()
    assert found["n"].tolist() == [300] * 3
    serial = ask("A", ["B", "C"], "D")
    assert serial.loc["indirect", "estimate"] == pytest.approx(p["A", "B"] * p["B", "C"] * p["C", "D"])


def test_all_routes_together_and_the_direct_path_are_the_total():
    found = ask("A", None, "C")
    assert found.loc["total", "estimate"] == pytest.approx(found["estimate"][:2].sum())
    parts = [ask("A", through, "D").loc["indirect", "estimate"] for through in ("B", "C", ["B", "C"])]
    assert ask("A", None, "D").loc["indirect", "estimate"] == pytest.approx(sum(parts))
    assert ask("A", "B", "D").loc["total", "estimate"] == pytest.approx(sum(parts))


def test_a_path_the_model_does_not_have_is_0_without_an_interval():
    row = ask("A", "B", "D").loc["direct"]
    assert row["estimate"] == 0
    assert row[["low", "high"]].isna().all()


def test_an_effect_that_is_not_there_has_an_interval_around_0_and_one_that_is_has_not():
    found = ask("A", "B", "C")
    assert found.loc["indirect", "low"] > 0
    rng = np.random.default_rng(8)
    nothing = pd.DataFrame(rng.normal(size=(300, 4)), columns=list("abcd"))
    found = ask("A", "B", "C", frame=nothing)
    assert found.loc["indirect", "low"] < 0 < found.loc["indirect", "high"]


def test_the_route_is_followed_by_the_bootstrap_of_paths():
    """With the same draws, the interval of the total effect is that of `bootstrap`."""
    found = ask("A", "B", "D", interval="bca")
    whole = path.bootstrap(CHAIN, people(), np.random.default_rng(0), 200, "bca").total
    row = whole[(whole["from"] == "A") & (whole["to"] == "D")].iloc[0]
    assert found.loc["total", ["low", "high"]].tolist() == pytest.approx([row["low"], row["high"]])


@pytest.mark.parametrize(
    ("route", "error", "message"),
    [
        (("A", "Z", "C"), SchemaError, 'There is no construct "Z". Known: A, B, C, D.'),
        (
            ("A", "A", "C"),
            SchemaError,
            "The route A → A → C passes a construct twice. Name source, mediators and target once each.",
        ),
        (
            ("A", "D", "C"),
            DomainError,
            "The route A → D → C needs a path A → D, and the model has none; A acts on B, C. Name every construct on "
            "the way, in order.",
        ),
        (
            ("D", "B", "C"),
            DomainError,
            "The route D → B → C needs a path D → B, and the model has none; D acts on nothing. Name every construct "
            "on the way, in order.",
        ),
        (
            ("A", None, "B"),
            DomainError,
            "No route of the model leads from A to B by way of another construct, so nothing mediates. Turn them "
            "round, or add the paths you mean.",
        ),
    ],
)
def test_a_route_that_is_none_is_said(route, error, message):
    assert raised(error, lambda: ask(*route)) == message


def rescaled_scores(answers: pd.DataFrame, weights: pd.Series | None = None) -> pd.DataFrame:
    """Scores on 0 to 100 as Ringle & Sarstedt (2016) make them, step by step."""
    found = fit(path.ECSI, answers, weights=weights).loadings.set_index("item")["weight"]
    points = (answers - 1) / 9 * 100
    scores = {}
    for name, items in path.ECSI.constructs.items():
        own = found[list(items)] / points[list(items)].std(ddof=0)
        scores[name] = points[list(items)] @ (own / own.sum())
    return pd.DataFrame(scores)


def test_performance_is_the_mean_and_importance_the_regression_of_rescaled_scores(answers):
    found = importance_performance(path.ECSI, answers, "Loyalty", (1, 10))
    assert found.index.tolist() == ["Image", "Expectation", "Quality", "Value", "Satisfaction", "Complaints"]
    scores = rescaled_scores(answers)
    assert found["performance"].to_dict() == pytest.approx(scores[list(found.index)].mean().to_dict())
    paths = np.zeros((7, 7))
    centred = scores - scores.mean()
    for end in path.ECSI.names:
        causes = [a for a, b in path.ECSI.edges if b == end]
        if causes:
            slopes = np.linalg.lstsq(centred[causes], centred[end], rcond=None)[0]
            for cause, slope in zip(causes, slopes, strict=True):
                paths[path.ECSI.number(cause), path.ECSI.number(end)] = slope
    total = np.linalg.inv(np.eye(7) - paths) - np.eye(7)
    assert found["importance"].tolist() == pytest.approx(total[:6, 6])
    assert found[["importance_low", "performance_high"]].isna().all(axis=None)


def test_intervals_hold_the_estimates_and_performance_has_that_of_a_mean(answers):
    rng = np.random.default_rng(0)
    found = importance_performance(path.ECSI, answers, "Satisfaction", (1, 10), rng, resamples=800)
    for name in ("importance", "performance"):
        assert (found[f"{name}_low"] < found[name]).all()
        assert (found[name] < found[f"{name}_high"]).all()
    scores = rescaled_scores(answers)
    width = (found["performance_high"] - found["performance_low"]).to_dict()
    wanted = (2 * 1.96 * scores[list(found.index)].std() / np.sqrt(250)).to_dict()
    assert width == pytest.approx(wanted, rel=0.25)
    assert (found["n"] == 250).all()


def test_a_scale_twice_as_wide_halves_the_points_of_performance(answers):
    narrow = importance_performance(path.ECSI, answers, "Loyalty", (1, 10))
    by_item = importance_performance(path.ECSI, answers, "Loyalty", dict.fromkeys(path.ECSI.items, (1, 19)))
    assert by_item["performance"].tolist() == pytest.approx((narrow["performance"] / 2).tolist())
    assert by_item["importance"].tolist() == pytest.approx(narrow["importance"].tolist())


def test_integer_weights_are_repeated_rows_in_performance(answers):
    times = pd.Series(np.random.default_rng(0).integers(0, 3, 250), answers.index)
    repeated = answers.loc[answers.index.repeat(times)].reset_index(drop=True)
    one = importance_performance(path.ECSI, answers, "Loyalty", (1, 10), weights=times)
    two = importance_performance(path.ECSI, repeated, "Loyalty", (1, 10))
    pd.testing.assert_frame_equal(one.drop(columns="n"), two.drop(columns="n"), atol=1e-8)


@pytest.mark.parametrize(
    ("target", "scale", "error", "message"),
    [
        (
            "Image",
            (1, 10),
            DomainError,
            "Nothing acts on Image in this model, so nothing is important for it. Name a construct to which paths "
            "lead, such as Loyalty.",
        ),
        (
            "Loyal",
            (1, 10),
            SchemaError,
            'There is no construct "Loyal". Did you mean "Loyalty"? Known: Image, Expectation, Quality, Value, '
            "Satisfaction, Complaints, Loyalty.",
        ),
        (
            "Loyalty",
            (10, 1),
            SchemaError,
            "The scale of IMAG1 is (10, 1); the low end must lie below the high end.",
        ),
        (
            "Loyalty",
            {"IMAG1": (1, 10)},
            SchemaError,
            'The item IMAG2 has no scale. Give "IMAG2": (low, high) in scale.',
        ),
        (
            "Loyalty",
            (2, 10),
            SchemaError,
            "2 of 250 answers to IMAG1 lie outside its scale (2, 10), first: 1. The usual cause is another scale, or a "
            "code for no opinion.",
        ),
    ],
)
def test_what_has_no_importance_is_said(answers, target, scale, error, message):
    assert raised(error, lambda: importance_performance(path.ECSI, answers, target, scale)) == message


def test_a_reversed_item_makes_no_mean(answers):
    turned = answers.assign(PERQ7=11 - answers["PERQ7"])
    weight = fit(path.ECSI, turned).loadings.set_index("item").loc["PERQ7", "weight"]
    assert raised(DomainError, lambda: importance_performance(path.ECSI, turned, "Loyalty", (1, 10))) == (
        f"1 of 24 items have a weight below 0, first: PERQ7 ({weight:.3f}), so scores are no means of answers on 0 to "
        "100. The usual cause is an item in which less is better: turn it round when reading (reverse=…), or leave it "
        "out."
    )
