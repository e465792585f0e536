"""Kano's questionnaire: the published table, hand-made answers, and categories known from a simulation."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from crmtheory import simulate
from crmtheory.errors import DomainError, SchemaError
from crmtheory.satisfaction import kano

PAIRS = {
    "attractive": (1, 3),
    "one_dimensional": (1, 5),
    "must_be": (3, 5),
    "indifferent": (3, 3),
    "reverse": (5, 1),
    "questionable": (1, 1),
}
CATEGORIES = sorted(simulate.services.PAIRS)


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def answers_of(counts: dict[str, int], name="wifi") -> tuple[pd.DataFrame, pd.DataFrame]:
    pairs = [PAIRS[category] for category, count in counts.items() for _ in range(count)]
    both = np.array(pairs, float).reshape(-1, 2)
    return pd.DataFrame({name: both[:, 0]}), pd.DataFrame({name: both[:, 1]})


def test_the_table_is_the_published_one():
    """As in Matzler & Hinterhuber 1998: rows functional, columns dysfunctional, from like to dislike."""
    letters = {name: letter for letter, name in kano.NAMES.items()}
    rows = ["".join(letters[name] for name in row) for row in kano.TABLE.to_numpy()]
    assert rows == ["QAAAO", "RIIIM", "RIIIM", "RIIIM", "RRRRQ"]


def test_the_two_tables_of_the_package_agree():
    for category, pairs in simulate.services.PAIRS.items():
        assert int((category == kano.TABLE).to_numpy().sum()) == len(pairs)
        assert {kano.TABLE.iloc[yes - 1, no - 1] for yes, no in pairs} == {category}


def test_every_pair_of_answers_has_its_category():
    yes, no = (
        pd.DataFrame({"f": np.ravel(side).astype(float)}) for side in np.meshgrid(range(1, 6), range(1, 6))
    )
    found = kano.categories(yes, no)["f"]
    for a, b, category in zip(yes["f"], no["f"], found, strict=True):
        assert category == kano.TABLE.iloc[int(a) - 1, int(b) - 1]


def test_counts_and_coefficients_by_hand():
    counts = {
        "attractive": 9,
        "one_dimensional": 6,
        "must_be": 3,
        "indifferent": 2,
        "reverse": 4,
        "questionable": 1,
    }
    row = kano.summary(*answers_of(counts)).loc["wifi"]
    columns = ["attractive", "one_dimensional", "must_be", "indifferent", "reverse", "questionable", "n"]
    assert row[columns].tolist() == [9, 6, 3, 2, 4, 1, 25]
    assert [row["better"], row["worse"]] == pytest.approx([15 / 20, -9 / 20])
    assert row["category"] == "attractive"
    low, high = proportion_confint(15, 20, 0.05, "wilson")
    assert [row["better_low"], row["better_high"]] == pytest.approx([low, high])
    low, high = proportion_confint(9, 20, 0.05, "wilson")
    assert [row["worse_low"], row["worse_high"]] == pytest.approx([-high, -low])


def test_fong_asks_for_a_clear_lead():
    """n = 50, a + b = 40: 1.65 √(40 · 60 / 100) = 8.08, so a lead of 8 is too little and one of 10 is enough."""
    near = kano.summary(*answers_of({"must_be": 24, "attractive": 16, "indifferent": 10}))
    far = kano.summary(*answers_of({"must_be": 25, "attractive": 15, "indifferent": 10}))
    assert [near["clear"].item(), far["clear"].item()] == [False, True]


@pytest.mark.parametrize(
    ("tied", "taken"),
    [
        (("must_be", "one_dimensional"), "must_be"),
        (("attractive", "one_dimensional"), "one_dimensional"),
        (("indifferent", "attractive"), "attractive"),
        (("reverse", "indifferent"), "indifferent"),
    ],
)
def test_ties_go_to_what_does_more_harm_when_missed(tied, taken):
    table = kano.summary(*answers_of(dict.fromkeys(tied, 30)))
    assert table["category"].item() == taken
    assert not table["clear"].item()


@pytest.mark.parametrize("category", [name for name in CATEGORIES if name != "questionable"])
def test_known_categories_are_recovered(category):
    yes, no, truth = simulate.kano_answers(400, np.random.default_rng(1), {"f": category})
    row = kano.summary(yes, no, level=0.99).loc["f"]
    assert row["category"] == category
    assert row["clear"]
    for name in ("better", "worse"):
        assert row[f"{name}_low"] <= truth.loc["f", name] <= row[f"{name}_high"]


def test_intervals_hold_the_true_coefficients_as_often_as_they_say():
    rng = np.random.default_rng(2)
    hits = np.zeros(2)
    for _ in range(200):
        yes, no, truth = simulate.kano_answers(40, rng, {"f": "one_dimensional"}, noise=0.5)
        row = kano.summary(yes, no).loc["f"]
        hits += [row[f"{k}_low"] <= truth.loc["f", k] <= row[f"{k}_high"] for k in ("better", "worse")]
    assert 0.92 <= hits.sum() / 400 <= 0.98


def test_whole_weights_count_as_repeated_rows():
    yes, no, _ = simulate.kano_answers(60, np.random.default_rng(3), {"f": "must_be"}, noise=0.6)
    weights = pd.Series(np.random.default_rng(4).integers(1, 4, 60), yes.index)
    again = yes.index.repeat(weights)
    one = kano.summary(yes, no, weights).loc["f"]
    other = kano.summary(*(table.loc[again].reset_index(drop=True) for table in (yes, no))).loc["f"]
    assert one["category"] == other["category"]
    assert [one["better"], one["worse"]] == pytest.approx([other["better"], other["worse"]])
    assert one["must_be"] / one["n"] == pytest.approx(other["must_be"] / other["n"])
    assert one["better_high"] - one["better_low"] > other["better_high"] - other["better_low"]
    pd.testing.assert_frame_equal(kano.summary(yes, no, weights * 3), kano.summary(yes, no, weights))


def test_with_nobody_on_a_side_there_are_no_coefficients():
    row = kano.summary(*answers_of({"reverse": 5, "questionable": 2})).loc["wifi"]
    assert row["category"] == "reverse"
    assert np.isnan([row["better"], row["better_low"], row["worse"], row["worse_high"]]).all()


def test_one_respondent_has_a_category_that_is_not_clear():
    row = kano.summary(*answers_of({"attractive": 1})).loc["wifi"]
    assert [row["category"], row["better"], row["worse"], row["n"]] == ["attractive", 1.0, 0.0, 1]
    assert not row["clear"]
    assert row["better_low"] < 0.3
    assert not np.signbit(row["worse"])


def test_one_missing_answer_of_a_pair_leaves_the_respondent_out_of_that_feature():
    yes = pd.DataFrame({"支付": [1.0, np.nan, 1.0], "wifi": [1.0, 1.0, 1.0]})
    no = pd.DataFrame({"支付": [3.0, 3.0, np.nan], "wifi": [5.0, 5.0, 5.0]})
    assert kano.summary(yes, no)["n"].tolist() == [1, 3]


def test_the_order_of_respondents_changes_nothing():
    yes, no, _ = simulate.kano_answers(
        50, np.random.default_rng(5), {"f": "must_be", "g": "attractive"}, noise=0.8
    )
    order = np.random.default_rng(6).permutation(50)
    pd.testing.assert_frame_equal(kano.summary(yes.iloc[order], no.iloc[order]), kano.summary(yes, no))


def test_tables_that_do_not_fit_are_refused():
    yes, no = answers_of({"attractive": 3})
    assert raised(SchemaError, lambda: kano.summary(yes, no * 1.5)) == (
        "Kano's dysfunctional question takes whole numbers from 1 to 5; 3 of 3 answers are something else, first: "
        'respondent 0, wifi, 4.5. The usual cause is a code for "don\'t know" or another scale. Read the export with '
        "crmtheory.survey.read and give it the scale."
    )
    assert "3 and 2 rows" in raised(SchemaError, lambda: kano.summary(yes, no.iloc[:2]))
    other = no.rename(columns={"wifi": "WiFi"})
    assert "is in one of them only" in raised(SchemaError, lambda: kano.summary(yes, other))
    texts = yes.astype(str)
    assert "are none" in raised(SchemaError, lambda: kano.summary(texts, no))
    blank = raised(DomainError, lambda: kano.summary(yes * np.nan, no))
    assert blank.startswith("Nobody answered both questions on wifi, so it has no category.")
    assert "no columns" in raised(SchemaError, lambda: kano.summary(yes[[]], no[[]]))
