"""RFM: scores by hand, ties, segments that cover every score once, and a ranking with known truth."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from crmtheory.errors import DomainError, SchemaError
from crmtheory.segmentation import (
    SEGMENTS,
    rfm_against,
    rfm_grid,
    rfm_scores,
    rfm_segments,
    rfm_table,
    segment_rules,
)

PURCHASES = pd.DataFrame(
    {
        "客户": ["甲", "甲", "甲", "乙", "丙", "丙"],
        "date": pd.to_datetime(
            ["2024-01-01", "2024-01-01", "2024-03-01", "2024-02-10", "2024-03-30", "2024-05-01"]
        ),
        "number": [1, 2, 3, 1, 1, 2],
        "amount": [10.0, 5, 20, 7, 100, 1000],
    }
)


def test_the_table_counts_days_and_sums_amounts_up_to_the_end():
    table = rfm_table(PURCHASES, "2024-03-31")
    assert table.index.name == "客户"
    assert table.loc["甲"].tolist() == [30, 2, 35]
    assert table.loc["乙"].tolist() == [50, 1, 7]
    assert table.loc["丙"].tolist() == [1, 1, 100]  # May lies after the end
    assert "丙" not in rfm_table(PURCHASES, "2024-03-29").index
    pd.testing.assert_frame_equal(rfm_table(PURCHASES[::-1], "2024-03-31"), table)


def test_a_real_log_gives_as_many_days_as_its_summary(cdnow_log):
    table = rfm_table(cdnow_log.purchases(), "1997-09-30")
    summary = cdnow_log.summary(unit="day", calibration_end="1997-09-30")
    assert table.index.equals(summary.index)
    assert (table["frequency"] == summary["x"] + 1).all()
    assert (table["recency_days"] == summary["T"] - summary["t_x"]).all()
    revenue = cdnow_log.revenue(end="1997-09-30").reindex(table.index)
    np.testing.assert_allclose(table["monetary"], revenue, atol=1e-9)


def frame(recency, frequency, monetary):
    return pd.DataFrame({"recency_days": recency, "frequency": frequency, "monetary": monetary})


def test_without_ties_every_score_holds_a_fifth_and_the_most_recent_score_best():
    scores = rfm_scores(frame(range(10), range(10), np.arange(10.0)))
    assert scores["r"].tolist() == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert scores["f"].tolist() == scores["m"].tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_equal_customers_share_the_score_of_their_middle_place():
    scores = rfm_scores(frame([0] * 10, [1] * 7 + [2, 3, 4], np.arange(10.0)))
    assert set(scores["r"]) == {3}
    assert scores["f"].tolist() == [2] * 7 + [4, 5, 5]  # places 1 to 7: the middle one is the 4th of 10


def test_identical_customers_have_identical_scores_whatever_the_order():
    rng = np.random.default_rng(1)
    table = frame(rng.integers(0, 9, 200), rng.geometric(0.6, 200), rng.integers(1, 5, 200) * 10.0)
    scores = rfm_scores(table)
    assert (scores.groupby([table[c] for c in table]).nunique() == 1).all(axis=None)
    order = rng.permutation(200)
    pd.testing.assert_frame_equal(rfm_scores(table.iloc[order]), scores.iloc[order])


def test_one_customer_and_equal_customers_are_in_the_middle():
    for n in (1, 2, 5, 8):
        assert (rfm_scores(frame([3] * n, [1] * n, [2.0] * n)) == 3).all(axis=None)


def test_a_log_without_amounts_scores_all_alike_in_money():
    table = rfm_table(PURCHASES.drop(columns="amount"), "2024-03-31")
    assert table["monetary"].isna().all()
    assert set(rfm_scores(table)["m"]) == {3}


def test_every_score_has_exactly_one_segment():
    for r, v in product(range(1, 6), repeat=2):
        fitting = [s.name for s in SEGMENTS if s.r[0] <= r <= s.r[1] and s.v[0] <= v <= s.v[1]]
        assert len(fitting) == 1
    every = pd.DataFrame(list(product(range(1, 6), repeat=3)), columns=list("rfm"))
    segments = rfm_segments(every)
    assert segments.notna().all()
    assert set(segments) == {s.name for s in SEGMENTS}
    assert segments.index.equals(every.index)


@pytest.mark.parametrize(
    ("rfm", "name"),
    [
        ((5, 5, 5), "champions"),
        ((4, 3, 4), "champions"),  # the mean of f and m, 3.5, is rounded up
        ((3, 4, 4), "loyal"),
        ((5, 1, 1), "new"),
        ((5, 1, 2), "new"),
        ((4, 3, 3), "promising"),
        ((3, 3, 3), "need attention"),
        ((3, 1, 2), "about to sleep"),
        ((1, 5, 5), "cannot lose"),
        ((2, 3, 4), "at risk"),
        ((2, 2, 2), "hibernating"),
        ((1, 1, 1), "lost"),
    ],
)
def test_segments_by_hand(rfm, name):
    assert rfm_segments(pd.DataFrame([rfm], columns=list("rfm"), index=["客户"])).tolist() == [name]


def test_the_rules_are_a_table_with_chinese_names_and_advice():
    rules = segment_rules()
    assert len(rules) == len(SEGMENTS)
    assert rules.loc["champions"].tolist()[:3] == ["冠军客户", "4–5", "4–5"]
    assert rules["chinese"].is_unique
    assert (rules["advice"].str.len() > 10).all()


def test_the_grid_counts_customers_or_gives_the_mean():
    scores = pd.DataFrame({"r": [5, 5, 1], "f": [1, 1, 4], "m": [1, 2, 3]}, index=list("abc"))
    counts = rfm_grid(scores)
    assert counts.index.tolist() == [5, 4, 3, 2, 1]
    assert counts.columns.tolist() == [1, 2, 3, 4, 5]
    assert (counts.loc[5, 1], counts.loc[1, 4], counts.to_numpy().sum()) == (2, 1, 3)
    means = rfm_grid(scores, pd.Series({"c": 7.0, "a": 1.0, "b": 4.0}))
    assert (means.loc[5, 1], means.loc[1, 4], means.notna().to_numpy().sum()) == (2.5, 7, 2)


def test_the_score_that_makes_later_value_ranks_it_best():
    rng = np.random.default_rng(2)
    scores = pd.DataFrame(rng.integers(1, 6, (500, 3)), columns=list("rfm"))
    table = rfm_against(scores, scores["f"] * 10.0).set_index("score")
    assert table.loc["f", "correlation"] == pytest.approx(1)
    assert table.loc["r", "low"] < 0 < table.loc["r", "high"]
    assert table.loc["r", "low"] < table.loc["r", "correlation"] < table.loc["r", "high"]
    same = rfm_against(scores.assign(m=3), pd.Series(1.0, scores.index))
    assert same["correlation"].isna().all()


def test_the_interval_of_the_rank_correlation_holds_0_at_its_stated_rate_when_nothing_goes_together():
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(150):
        scores = pd.DataFrame(rng.integers(1, 6, (80, 3)), columns=list("rfm"))
        table = rfm_against(scores, pd.Series(rng.random(80))).iloc[:3]
        inside += int((table["low"] <= 0).mul(table["high"] >= 0).sum())
    assert 0.92 <= inside / 450 <= 0.98


def test_what_is_no_score_or_no_purchase_is_refused():
    with pytest.raises(SchemaError) as error:
        rfm_segments(pd.DataFrame({"r": [1, 7], "f": [1, 1], "m": [1, 1]}))
    assert str(error.value) == (
        "1 of 2 customers have a score that is none of 1 to 5, first 1. The named segments are for "
        "rfm_scores(table, groups=5)."
    )
    with pytest.raises(SchemaError) as error:
        rfm_grid(pd.DataFrame({"r": [1]}))
    assert str(error.value) == "The scores lack f, m. Make them with rfm_scores(table)."
    with pytest.raises(SchemaError) as error:
        rfm_scores(pd.DataFrame({"frequency": [1]}))
    assert str(error.value) == (
        "The table lacks recency_days, monetary. Make it with rfm_table(log.purchases(), end)."
    )
    with pytest.raises(DomainError) as error:
        rfm_table(PURCHASES, "2023-12-31")
    assert str(error.value) == "There is no purchase up to 2023-12-31. Give a later end."
    with pytest.raises(SchemaError) as error:
        rfm_table(PURCHASES.assign(date=PURCHASES["date"].where(PURCHASES["number"] < 3)), "2024-03-31")
    assert str(error.value) == (
        "1 of 6 purchases have no date or no customer, first row 3. Take them from log.purchases(), which sets such "
        "rows aside."
    )
    with pytest.raises(SchemaError) as error:
        rfm_scores(frame([1, 2], [1, 1], [5.0, np.nan]))
    assert str(error.value) == (
        "monetary: 1 of 2 are missing or infinite, first that of customer 1. Leave these customers out, or set them "
        "to 0 if they brought nothing."
    )
    for end in ("the end", None):
        with pytest.raises(SchemaError) as error:
            rfm_table(PURCHASES, end)
        assert str(error.value) == f"end must be a date such as 2024-12-31, not {end!r}."
    with pytest.raises(SchemaError) as error:
        rfm_table(PURCHASES.drop(columns="date"), "2024-03-31")
    assert str(error.value) == (
        "Purchases need the customer in the first column and a column date. Take them from log.purchases()."
    )
    with pytest.raises(SchemaError) as error:
        rfm_scores(frame([1], [1], [1.0]), groups=1)
    assert str(error.value) == "Scores need at least 2 groups, not 1."
