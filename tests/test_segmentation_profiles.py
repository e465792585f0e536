"""Who is in a segment: means and cross tables by hand, links with known strength."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmtheory.errors import DomainError, SchemaError
from crmtheory.segmentation import association, crosstab, profile, tiers

SEGMENT = pd.Series({"a": "金", "b": "金", "c": "金", "d": "银", "e": "银", "f": None})
FRAME = pd.DataFrame(
    {
        "age": [20.0, 30, 40, 50, np.nan, 99],
        "member": [True, True, False, False, True, True],
        "city": list("xyxyxy"),
    },
    index=list("abcdef"),
)


def test_the_profile_by_hand():
    table = profile(FRAME, SEGMENT)
    assert list(table) == ["segment", "variable", "customers", "mean", "low", "high", "overall", "difference"]
    rows = table.set_index(["segment", "variable"])
    assert rows.loc[("金", "age"), ["customers", "mean", "overall", "difference"]].tolist() == [3, 30, 35, -5]
    low, high = stats.t.interval(0.95, 2, loc=30, scale=stats.sem([20, 30, 40]))
    assert rows.loc[("金", "age"), ["low", "high"]].tolist() == pytest.approx([low, high])
    assert rows.loc[("银", "age"), ["customers", "mean"]].tolist() == [1, 50]
    assert rows.loc[("银", "age"), ["low", "high"]].isna().all()
    assert rows.loc[("金", "member"), "mean"] == pytest.approx(2 / 3)
    assert rows.loc[("金", "member"), "overall"] == pytest.approx(0.6)  # f has no segment
    assert "city" not in table["variable"].tolist()


def test_ordered_segments_come_best_first_and_empty_ones_stay():
    values = pd.Series(np.arange(4.0))
    table = profile(pd.DataFrame({"v": values}), tiers(values))
    assert table["segment"].tolist() == ["high", "medium", "low"]
    assert table["customers"].tolist() == [0, 2, 2]
    assert np.isnan(table["mean"][0])


def test_the_cross_table_by_hand():
    table = crosstab(SEGMENT, FRAME["city"]).set_index(["segment", "attribute"])
    assert list(table) == ["customers", "share", "low", "high", "expected"]
    assert table["customers"].to_dict() == {("金", "x"): 2, ("金", "y"): 1, ("银", "x"): 1, ("银", "y"): 1}
    assert table.loc[("金", "x"), "share"] == pytest.approx(2 / 3)
    assert table["expected"].tolist() == pytest.approx([1.8, 1.2, 1.2, 0.8])
    assert table["expected"].sum() == table["customers"].sum() == 5
    assert table.loc[("金", "x"), ["low", "high"]].tolist() == pytest.approx([0.2077, 0.9385], abs=1e-4)


def test_customers_without_the_attribute_are_left_out_and_counted():
    city = FRAME["city"].where(FRAME["city"].index != "a")
    table = crosstab(SEGMENT, city)
    assert table.attrs["left_out"] == 2
    assert table["customers"].sum() == 4
    assert association(SEGMENT, city)["n"].iloc[0] == 4


def both(counts):
    """Segment and attribute with the given counts."""
    cells = [(f"s{i}", f"a{j}") for i, row in enumerate(counts) for j, k in enumerate(row) for _ in range(k)]
    frame = pd.DataFrame(cells)
    return frame[0], frame[1]


def test_the_link_by_hand():
    """χ² of [[30, 10], [10, 30]] is 80 · (30·30 − 10·10)² / 40⁴ = 20; V̂² = (20/80 − 1/79) / (2 − 1/79 − 1)."""
    row = association(*both([[30, 10], [10, 30]])).iloc[0]
    assert row["chi2"] == pytest.approx(20)
    assert row["df"] == 1
    assert row["p_value"] == pytest.approx(stats.chi2.sf(20, 1))
    assert row["cramers_v"] == pytest.approx(np.sqrt((20 / 80 - 1 / 79) / (1 - 1 / 79)))
    assert row["n"] == 80
    assert row["small_cells"] == 0
    # with one degree of freedom χ² is a squared normal: √λ is about √20 ± 1.96
    assert row["low"] == pytest.approx((np.sqrt(20) - 1.96) / np.sqrt(79), rel=1e-2)
    assert row["high"] == pytest.approx((np.sqrt(20) + 1.96) / np.sqrt(79), rel=1e-2)


def test_no_link_and_a_whole_link():
    none = association(*both([[20, 20], [20, 20]])).iloc[0]
    assert (none["cramers_v"], none["low"]) == (0, 0)
    assert none["p_value"] == 1
    whole = association(*both([[40, 0, 0], [0, 40, 0], [0, 0, 40]])).iloc[0]
    assert whole["cramers_v"] == pytest.approx(1, abs=1e-9)
    assert whole["low"] < 1
    assert whole["high"] == 1
    assert association(*both([[1, 9], [9, 1]])).iloc[0]["small_cells"] == 0


def test_where_nothing_goes_together_the_interval_holds_0_at_its_stated_rate_and_v_is_0_half_of_the_time():
    rng = np.random.default_rng(1)
    rows = pd.concat(
        association(pd.Series(rng.integers(0, 3, 150)), pd.Series(rng.integers(0, 4, 150)))
        for _ in range(200)
    )
    assert stats.binom.ppf(1e-3, 200, 0.975) <= (rows["low"] == 0).sum()
    assert 0.4 <= (rows["cramers_v"] == 0).mean() <= 0.75


def test_the_interval_of_a_weak_link_holds_it_at_about_its_stated_rate():
    """Two by two with P = (0.3, 0.2; 0.2, 0.3): V = 0.2."""
    rng = np.random.default_rng(2)
    rows = pd.concat(
        association(*both(rng.multinomial(400, [0.3, 0.2, 0.2, 0.3]).reshape(2, 2))) for _ in range(120)
    )
    inside = (rows["low"] <= 0.2) & (rows["high"] >= 0.2)
    assert stats.binom.ppf(1e-3, 120, 0.95) <= inside.sum()
    assert rows["cramers_v"].mean() == pytest.approx(0.2, abs=0.01)


def test_the_order_of_the_customers_changes_nothing():
    order = list("fedcba")
    for ask in (
        lambda s, f: profile(f, s),
        lambda s, f: crosstab(s, f["city"]),
        lambda s, f: association(s, f["city"]),
    ):
        pd.testing.assert_frame_equal(ask(SEGMENT, FRAME), ask(SEGMENT[order], FRAME))
        pd.testing.assert_frame_equal(ask(SEGMENT, FRAME), ask(SEGMENT, FRAME.loc[order]))


def test_questions_without_an_answer_are_refused():
    with pytest.raises(SchemaError) as error:
        profile(FRAME[["city"]], SEGMENT)
    assert (
        str(error.value) == "None of the 1 columns holds numbers. Text goes into crosstab(segment, column)."
    )
    with pytest.raises(SchemaError) as error:
        profile(FRAME.iloc[:1], SEGMENT)
    assert str(error.value) == (
        "The frame: 4 of 5 customers are not in it, first 'b'. Give a row for every customer who has a segment."
    )
    with pytest.raises(SchemaError) as error:
        profile(FRAME, pd.Series([None, None], index=["a", "b"]))
    assert str(error.value) == "No customer has a segment. At least one is needed."
    with pytest.raises(SchemaError) as error:
        crosstab(["金"], FRAME["city"])
    assert str(error.value) == "segment must be a Series with the customers as index, not list."
    with pytest.raises(SchemaError) as error:
        crosstab(SEGMENT, pd.Series(None, index=list("abcdef"), dtype=object))
    assert str(error.value) == "None of the 5 customers with a segment has the attribute."
    with pytest.raises(DomainError) as error:
        association(SEGMENT, pd.Series("same", index=list("abcdef")))
    assert str(error.value) == (
        "A link needs at least 2 segments and 2 values of the attribute; there are 2 and 1."
    )
