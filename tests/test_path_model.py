"""What is no model, and what answers cannot be fitted: whole messages."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from crmtheory.errors import ConvergenceError, DomainError, SchemaError
from crmtheory.survey import path
from crmtheory.survey.path import Model, fit

AB = {"A": ["a1", "a2"], "B": ["b1"]}


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def frame(n: int = 30, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 1))
    return pd.DataFrame(common + rng.normal(size=(n, 3)), columns=["a1", "a2", "b1"])


def test_paths_can_be_given_by_source_or_as_pairs():
    one = Model({"A": "a", "B": ["b"], "C": ("c",)}, {"A": ["B", "C"], "B": "C"})
    two = Model({"A": "a", "B": ["b"], "C": ("c",)}, [("B", "C"), ("A", "C"), ("A", "B")])
    assert one.edges == two.edges == (("A", "B"), ("A", "C"), ("B", "C"))
    assert one.items == ("a", "b", "c")


def test_a_model_cannot_be_changed():
    items = {"A": ["a"], "B": ["b"]}
    model = Model(items, {"A": "B"})
    items["A"].append("z")
    assert model.items == ("a", "b")
    with pytest.raises(TypeError):
        model.constructs["A"] = ("z",)
    with pytest.raises(AttributeError):
        model.paths = ()


def test_the_satisfaction_index_has_seven_constructs_twenty_four_items_and_twelve_paths():
    assert (len(path.ECSI.names), len(path.ECSI.items), len(path.ECSI.edges)) == (7, 24, 12)
    assert set(path.ECSI.modes.values()) == {"A"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (({"A": ["a"]}, {}), "A path model needs two constructs or more; 1 was named."),
        (
            ({"A": ["a"], "B": []}, {"A": "B"}),
            "The construct B has no items. Name the columns that measure it.",
        ),
        (
            ({"A": ["a", "a"], "B": ["b"]}, {"A": "B"}),
            "The item a is named twice in A. An item belongs to one construct, once.",
        ),
        (
            ({"A": ["a"], "B": ["b", "a"]}, {"A": "B"}),
            "The item a is named in A and in B. An item belongs to one construct, once.",
        ),
        ((AB, {"A": "Bb"}), 'There is no construct "Bb". Did you mean "B"? Known: A, B.'),
        ((AB, [("A", "B"), ("A", "B")]), "The path A → B is named twice. Name each path once."),
        ((AB, [("A", "B", "A")]), "A path is a pair (from, to) of constructs; ('A', 'B', 'A') is none."),
        (
            ({**AB, "C": ["c"]}, {"A": "B"}),
            "1 of 3 constructs have no path, first: C. Its weights come from the constructs next to it, so it needs a "
            "path to or from another one; or leave it out.",
        ),
        ((AB, {"A": "B"}, {"Z": "A"}), 'There is no construct "Z". Known: A, B.'),
        ((AB, {"A": "B"}, {"A": "C"}), 'There is no mode "C". Known: A, B.'),
        (
            (AB, {"A": "A", "B": "A"}),
            "The model goes round in a circle: A → A. Effects must run one way; leave out the path you believe least, "
            "or turn it.",
        ),
    ],
)
def test_what_is_no_model_is_said(arguments, message):
    assert raised(SchemaError, lambda: Model(*arguments)) == message


def test_a_circle_is_named_along_its_paths():
    constructs = {"品质": ["q"], "满意": ["s"], "忠诚": ["l"]}
    text = raised(SchemaError, lambda: Model(constructs, {"品质": "满意", "满意": "忠诚", "忠诚": "品质"}))
    circle = text.removeprefix("The model goes round in a circle: ").split(".")[0].split(" → ")
    assert circle[0] == circle[-1]
    assert set(circle) == set(constructs)
    assert set(pairwise(circle)) == {
        ("品质", "满意"),
        ("满意", "忠诚"),
        ("忠诚", "品质"),
    }


def test_chinese_names_are_as_good_as_any():
    model = Model({"品质": ["a1", "a2"], "满意": ["b1"]}, {"品质": "满意"})
    assert fit(model, frame()).paths["from"].tolist() == ["品质"]


def test_unknown_items_and_schemes_are_said():
    model = Model(AB, {"A": "B"})
    assert raised(SchemaError, lambda: fit(model, frame().drop(columns="b1"))) == (
        'There is no item "b1". Did you mean "a1"? Known: a1, a2.'
    )
    assert raised(SchemaError, lambda: fit(model, frame(), "centre")) == (
        'There is no scheme "centre". Did you mean "centroid"? Known: path, centroid, factor.'
    )


def test_texts_are_no_answers():
    answers = frame().assign(a1="often")
    assert "the answers to a1 are none" in raised(SchemaError, lambda: fit(Model(AB, {"A": "B"}), answers))


@pytest.mark.parametrize("n", [0, 1, 3])
def test_too_few_respondents_are_said(n):
    text = raised(DomainError, lambda: fit(Model(AB, {"A": "B"}), frame(n)))
    wanted = f"A path model needs at least 4 respondents who answered a1, a2, b1; {n} of {n} did."
    assert text == wanted + (" The table of answers is empty." if n == 0 else "")


def test_mode_b_needs_more_respondents_than_items():
    model = Model({"A": [f"a{i}" for i in range(6)], "B": ["b"]}, {"A": "B"}, {"A": "B"})
    answers = pd.DataFrame(np.random.default_rng(0).normal(size=(7, 7)), columns=model.items)
    assert "at least 8 respondents" in raised(DomainError, lambda: fit(model, answers))


def test_an_item_everybody_answered_alike_is_named():
    assert raised(DomainError, lambda: fit(Model(AB, {"A": "B"}), frame().assign(a2=7.0))) == (
        "A path model: all 30 respondents gave a2 the same answer (7), so it cannot go together with anything. Leave "
        "it out, or check that the right column was read."
    )


def test_items_that_repeat_each_other_cannot_be_told_apart_in_mode_b_and_can_in_mode_a():
    answers = frame().assign(a2=lambda table: 3 - 2 * table["a1"])
    assert raised(DomainError, lambda: fit(Model(AB, {"A": "B"}, {"A": "B"}), answers)) == (
        "The items of A (a1, a2) repeat each other, so mode B cannot tell their weights apart. Leave one of them out, "
        "or measure the construct in mode A."
    )
    plain = fit(Model(AB, {"A": "B"}), answers)
    assert np.abs(plain.loadings["loading"]).tolist() == pytest.approx([1, 1, 1])


def test_constructs_that_repeat_each_other_are_named():
    answers = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 2)), columns=["a", "c"])
    answers["b"] = answers["a"] * 2 + 1
    model = Model({"A": ["a"], "B": ["b"], "C": ["c"]}, {"A": "C", "B": "C"})
    assert raised(DomainError, lambda: fit(model, answers)) == (
        "The constructs that act on C (A, B) repeat each other, so their paths cannot be told apart. Leave one of them "
        "out."
    )


def test_three_constructs_that_repeat_each_other_are_named():
    answers = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 3)), columns=["a", "b", "d"])
    answers["c"] = answers["a"] + answers["b"]
    model = Model({name.upper(): [name] for name in "abcd"}, [("A", "D"), ("B", "D"), ("C", "D")])
    assert "act on D (A, B, C) repeat each other" in raised(DomainError, lambda: fit(model, answers))


def test_constructs_with_nothing_in_common_have_no_weights():
    """Every item of A is uncorrelated with B, so the first look from inside has no direction."""
    base = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]] * 5, float)
    answers = pd.DataFrame(base, columns=["a1", "a2", "b1"])
    text = raised(ConvergenceError, lambda: fit(Model(AB, {"A": "B"}), answers))
    assert text == (
        "The weights of the path model cannot be found: the scores of two neighbours have nothing in common. The usual "
        "cause is a construct whose items hardly go together, or with hardly any relation to its neighbours. Look at "
        'the correlations of the items, try scheme="factor", or leave the construct out.'
    )


def test_weights_that_do_not_settle_are_said(monkeypatch):
    monkeypatch.setattr("crmtheory.survey.path.estimate.MOST", 2)
    monkeypatch.setattr("crmtheory.survey.path.fitting.MOST", 2)
    answers = pd.DataFrame(np.random.default_rng(1).normal(size=(40, 6)), columns=list("abcdef"))
    model = Model({"X": list("abc"), "Y": list("def")}, {"X": "Y"})
    text = raised(ConvergenceError, lambda: fit(model, answers))
    assert text.startswith(
        "The weights of the path model did not settle within 2 iterations. The usual cause is"
    )
