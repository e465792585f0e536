"""PLS estimates: against a slow textbook algorithm on scores, and in cases whose answer is known otherwise."""

import numpy as np
import pandas as pd
import pytest
from sklearn.cross_decomposition import CCA

from crmtheory.survey import path
from crmtheory.survey.path import Model, fit

SCHEMES = ("centroid", "factor", "path")


def textbook(model: Model, frame: pd.DataFrame, scheme: str, turns: int = 20_000):
    """Lohmöller's algorithm as it is told: scores, neighbours, outside views, one construct after another."""
    z = {item: (frame[item] - frame[item].mean()) / frame[item].std(ddof=0) for item in model.items}
    blocks = {name: np.column_stack([z[item] for item in items]) for name, items in model.constructs.items()}
    w = {name: np.ones(x.shape[1]) for name, x in blocks.items()}
    y: dict[str, np.ndarray] = {}
    old = None
    for _ in range(turns):
        for name, x in blocks.items():
            score = x @ w[name]
            w[name] = w[name] / score.std()
            y[name] = score / score.std()
        flat = np.concatenate(list(w.values()))
        if old is not None and np.abs(np.abs(flat) - np.abs(old)).max() < 1e-13:
            break
        old = flat
        new = {}
        for name, x in blocks.items():
            causes = [a for a, b in model.edges if b == name]
            outcomes = [b for a, b in model.edges if a == name]
            inside = np.zeros(len(frame))
            if scheme == "path" and causes:
                design = np.column_stack([y[cause] for cause in causes])
                inside += design @ np.linalg.lstsq(design, y[name], rcond=None)[0]
                near = outcomes
            else:
                near = causes + outcomes
            for other in near:
                r = np.mean(y[name] * y[other])
                inside += (np.sign(r) if scheme == "centroid" else r) * y[other]
            if model.modes[name] == "A":
                new[name] = x.T @ inside / len(frame)
            else:
                new[name] = np.linalg.lstsq(x, inside, rcond=None)[0]
        w = new
    for name, x in blocks.items():
        loadings = x.T @ y[name] / len(frame)
        if loadings.sum() < 0:
            w[name], y[name] = -w[name], -y[name]
    paths, r_squared = {}, {}
    for name in blocks:
        causes = [a for a, b in model.edges if b == name]
        if causes:
            design = np.column_stack([y[cause] for cause in causes])
            found = np.linalg.lstsq(design, y[name], rcond=None)[0]
            paths |= {(cause, name): value for cause, value in zip(causes, found, strict=True)}
            r_squared[name] = 1 - np.mean((y[name] - design @ found) ** 2)
    return w, y, paths, r_squared


def world(seed: int) -> tuple[Model, pd.DataFrame]:
    """A random model without circles, and answers that more or less follow it."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 6))
    names = [f"c{j}" for j in range(count)]
    edges = [(names[i], names[j]) for j in range(count) for i in range(j) if i == j - 1 or rng.random() < 0.5]
    sizes = rng.integers(1, 5, count)
    constructs = {name: [f"{name}_{k}" for k in range(size)] for name, size in zip(names, sizes, strict=True)}
    modes = {name: str(rng.choice(["A", "B"])) for name in names}
    n = int(rng.integers(80, 200))
    latent = rng.normal(size=(n, count))
    for j in range(1, count):
        latent[:, j] += latent[:, :j] @ rng.uniform(0.3, 1, j)
    columns = {}
    for j, name in enumerate(names):
        for item in constructs[name]:
            columns[item] = 5 + rng.uniform(0.5, 3) * (
                latent[:, j] + rng.normal(size=n) * rng.uniform(0.4, 1.5)
            )
    model = Model(dict(sorted(constructs.items(), key=lambda _: rng.random())), edges, modes)
    return model, pd.DataFrame(columns)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("seed", range(12))
def test_weights_scores_paths_and_r_squared_are_those_of_the_textbook(seed, scheme):
    model, frame = world(seed)
    w, y, paths, r_squared = textbook(model, frame, scheme)
    ours = fit(model, frame, scheme)
    assert ours.loadings["weight"].to_numpy() == pytest.approx(
        np.concatenate([w[name] for name in model.names]), abs=1e-8
    )
    for name in model.names:
        assert ours.scores[name].to_numpy() == pytest.approx(y[name], abs=1e-7)
    found = ours.paths.set_index(["from", "to"])["estimate"].to_dict()
    assert found == pytest.approx(paths, abs=1e-8)
    assert ours.r_squared["estimate"].to_dict() == pytest.approx(r_squared, abs=1e-8)
    assert ours.problems == ()


def two_blocks(seed: int, mode: str, sizes=(3, 4)) -> tuple[Model, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(120, 1))
    columns = [f"x{i}" for i in range(sizes[0])], [f"y{i}" for i in range(sizes[1])]
    frame = pd.DataFrame(common + rng.normal(size=(120, sum(sizes))), columns=columns[0] + columns[1])
    return Model({"X": columns[0], "Y": columns[1]}, {"X": "Y"}, {"X": mode, "Y": mode}), frame


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("seed", range(3))
def test_two_constructs_in_mode_b_have_the_first_canonical_correlation(seed, scheme):
    model, frame = two_blocks(seed, "B")
    found = fit(model, frame, scheme).paths["estimate"][0]
    x, y = frame[list(model.constructs["X"])], frame[list(model.constructs["Y"])]
    first, second = CCA(1, max_iter=10_000, tol=1e-14).fit_transform(x, y)
    assert found == pytest.approx(np.corrcoef(first[:, 0], second[:, 0])[0, 1], abs=1e-7)


def test_mode_b_is_the_largest_singular_value_between_orthonormal_bases():
    model, frame = two_blocks(7, "B")
    bases = [
        np.linalg.qr((frame[list(items)] - frame[list(items)].mean()).to_numpy())[0]
        for items in model.constructs.values()
    ]
    assert fit(model, frame).paths["estimate"][0] == pytest.approx(
        np.linalg.svd(bases[0].T @ bases[1])[1][0], abs=1e-9
    )


@pytest.mark.parametrize("scheme", SCHEMES)
def test_two_constructs_in_mode_a_have_the_first_singular_vectors_as_weights(scheme):
    """Interbattery factor analysis (Tucker 1958): the singular vectors of the correlations between the blocks."""
    model, frame = two_blocks(3, "A")
    between = frame.corr().loc[list(model.constructs["X"]), list(model.constructs["Y"])].to_numpy()
    left, _, right = np.linalg.svd(between)
    ours = fit(model, frame, scheme).loadings.groupby("construct")["weight"].apply(np.array)
    for name, vector in (("X", left[:, 0]), ("Y", right[0])):
        assert np.abs(ours[name] / np.linalg.norm(ours[name])) == pytest.approx(np.abs(vector), abs=1e-9)


def test_single_items_make_an_ordinary_path_analysis():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(50, 3)) @ rng.normal(size=(3, 3)), columns=["a", "b", "c"])
    model = Model({"A": ["a"], "B": ["b"], "C": ["c"]}, {"A": ["B", "C"], "B": "C"})
    z = (frame - frame.mean()) / frame.std()
    found = fit(model, frame)
    wanted = [z["a"].corr(z["b"]), *np.linalg.lstsq(z[["a", "b"]], z["c"], rcond=None)[0]]
    assert found.paths["estimate"].tolist() == pytest.approx(wanted)
    assert found.loadings[["weight", "loading"]].to_numpy() == pytest.approx(np.ones((3, 2)))


def same(one: path.Result, two: path.Result, tolerance: float = 1e-9) -> None:
    for name in (
        "paths",
        "loadings",
        "r_squared",
        "reliability",
        "htmt",
        "f_squared",
        "effects",
        "correlations",
    ):
        a, b = getattr(one, name), getattr(two, name)
        pd.testing.assert_frame_equal(a, b, rtol=0, atol=tolerance)


@pytest.mark.parametrize("consistent", [False, True])
def test_units_of_the_items_do_not_matter_not_even_for_rho_a(consistent):
    model, frame = world(4)
    rng = np.random.default_rng(0)
    scaled = frame * rng.uniform(0.001, 1000, frame.shape[1]) + rng.normal(size=frame.shape[1]) * 100
    same(fit(model, frame, consistent=consistent), fit(model, scaled, consistent=consistent), 1e-7)


def test_integer_weights_are_repeated_rows():
    model, frame = world(5)
    times = np.random.default_rng(0).integers(0, 4, len(frame))
    repeated = frame.loc[frame.index.repeat(times)].reset_index(drop=True)
    weighted = fit(model, frame, weights=pd.Series(times, frame.index))
    same(weighted, fit(model, repeated))
    assert weighted.n == (times > 0).sum()
    assert weighted.scores.loc[times == 0].isna().all(axis=None)


def test_the_order_of_respondents_and_of_columns_changes_nothing():
    model, frame = world(6)
    turned = frame.sample(frac=1, random_state=1)[list(frame)[::-1]]
    same(fit(model, frame), fit(model, turned))
    assert fit(model, turned).scores.index.equals(turned.index)


def test_who_left_an_item_out_is_left_out_and_has_no_score():
    model, frame = world(7)
    blank = frame.copy()
    blank.iloc[2, 0] = np.nan
    same(fit(model, blank), fit(model, frame.drop(index=2)))
    assert fit(model, blank).scores.loc[2].isna().all()
    assert fit(model, blank).scores.drop(index=2).notna().all(axis=None)


def test_scores_have_mean_0_and_variance_1():
    model, frame = world(8)
    scores = fit(model, frame).scores
    assert scores.mean().to_numpy() == pytest.approx(np.zeros(scores.shape[1]), abs=1e-9)
    assert scores.std(ddof=0).to_numpy() == pytest.approx(np.ones(scores.shape[1]))


def test_a_reversed_item_changes_the_sign_of_its_loading_only():
    model, frame = two_blocks(2, "A")
    turned = frame.assign(x0=11 - frame["x0"])
    before, after = fit(model, frame), fit(model, turned)
    assert after.paths["estimate"][0] == pytest.approx(before.paths["estimate"][0])
    signs = np.where(before.loadings["item"] == "x0", -1, 1)
    assert after.loadings["loading"].to_numpy() == pytest.approx(before.loadings["loading"] * signs)


def test_total_effects_are_the_sum_over_all_routes():
    model = Model({c: [c.lower()] for c in "ABCD"}, {"A": ["B", "C"], "B": ["C", "D"], "C": "D"})
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(40, 4)) @ rng.normal(size=(4, 4)), columns=list("abcd"))
    found = fit(model, frame)
    p = found.paths.set_index(["from", "to"])["estimate"]
    ab, ac, bc, bd, cd = (p[tuple(pair)] for pair in ("AB", "AC", "BC", "BD", "CD"))
    row = found.effects.set_index(["from", "to"]).loc[("A", "D")]
    assert row.tolist() == pytest.approx(
        [0, ab * bd + ac * cd + ab * bc * cd, ab * bd + ac * cd + ab * bc * cd]
    )
    row = found.effects.set_index(["from", "to"]).loc[("A", "C")]
    assert row.tolist() == pytest.approx([ac, ab * bc, ac + ab * bc])
