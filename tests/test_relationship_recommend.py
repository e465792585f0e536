"""Personal offers: similarities and lists by hand and by brute force, worlds in which they must and must not win."""

import math
from functools import partial

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics.pairwise import cosine_similarity
from statsmodels.stats.proportion import proportion_confint

from crmtheory.errors import DomainError, SchemaError
from crmtheory.relationship import judging, recommend
from crmtheory.relationship.recommend import Learn

PLAIN = Learn(least=1, shrink=0)


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def lines_of(rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "date", "stock_code"])
    return frame.assign(date=pd.to_datetime(frame["date"], format="ISO8601"))


def random_lines(rng: np.random.Generator, customers=12, items=9, days=20, n=120) -> pd.DataFrame:
    start = pd.Timestamp("2024-01-01")
    return pd.DataFrame(
        {
            "customer_id": rng.integers(0, customers, n),
            "date": start + pd.to_timedelta(np.r_[0, days, rng.integers(0, days + 1, n - 2)], unit="D"),
            "stock_code": np.array([f"货{i}" for i in range(items)])[
                np.minimum(rng.geometric(0.25, n) - 1, items - 1)
            ],
        }
    )


def world(rng: np.random.Generator, groups: bool, customers=300, kinds=20, size=8) -> pd.DataFrame:
    """Everybody buys four products, and four others later: of one own group of products, or of all by popularity."""
    items = np.arange(kinds * size)
    popular = 1 / (1 + rng.permutation(items))
    rows = []
    for c in range(customers):
        own = items // size == rng.integers(kinds) if groups else np.ones(len(items), bool)
        chance = np.where(own, popular, 0)
        picked = rng.choice(items, 8, replace=False, p=chance / chance.sum())
        rows += [(c, "2024-01-01" if i < 4 else "2024-03-01", f"p{item:03}") for i, item in enumerate(picked)]
    return lines_of(rows)


# Similarity


def test_similarities_by_hand():
    """a is bought by 1, 2, 3; b by 1, 2; c by 3. a and b: 2 / √6, a and c: 1 / √3, b and c: nothing."""
    lines = lines_of(
        [
            (c, "2024-01-01", i)
            for c, i in [(1, "a"), (1, "b"), (2, "a"), (2, "b"), (3, "a"), (3, "c"), (3, "c")]
        ]
    )
    found = recommend.similar(lines, PLAIN)
    expect = np.array(
        [[0, 2 / math.sqrt(6), 1 / math.sqrt(3)], [2 / math.sqrt(6), 0, 0], [1 / math.sqrt(3), 0, 0]]
    )
    assert found.matrix.toarray() == pytest.approx(expect)
    assert found.buyers.tolist() == [3, 2, 1]
    assert found.items.tolist() == ["a", "b", "c"]
    drawn = recommend.similar(lines, Learn(least=1, shrink=2)).matrix.toarray()
    assert drawn[0, 1:] == pytest.approx([2 / math.sqrt(6) / 2, 1 / math.sqrt(3) / 3])
    assert recommend.similar(lines, Learn(least=2, shrink=0)).matrix.toarray()[0, 2] == 0
    assert repr(found) == "<Similar: 3 products, 2 similar pairs>"


def test_similarities_are_the_cosines_of_another_library():
    lines = random_lines(np.random.default_rng(1))
    bought = pd.crosstab(lines["customer_id"], lines["stock_code"]).clip(upper=1)
    expect = cosine_similarity(bought.T)
    np.fill_diagonal(expect, 0)
    found = recommend.similar(lines, PLAIN)
    assert found.items.tolist() == bought.columns.tolist()
    assert found.matrix.toarray() == pytest.approx(expect)


# Lists and hits


def brute(lines: pd.DataFrame, n: int, cut: str, how: Learn) -> dict:
    """(method, items) → for each judged customer the hits and the length of the list, from the definition."""
    early, later = lines[lines["date"] < cut], lines[lines["date"] >= cut]
    who = early.groupby("stock_code")["customer_id"].agg(set).to_dict()
    had = early.groupby("customer_id")["stock_code"].agg(set).to_dict()

    def alike(a, b):
        both = len(who[a] & who[b])
        if a == b or both < how.least:
            return 0.0
        return both / math.sqrt(len(who[a]) * len(who[b])) * both / (both + how.shrink)

    found: dict = {}
    for customer in sorted(set(later["customer_id"]) & set(had)):
        mine = later[later["customer_id"] == customer]
        wanted = set(mine[mine["date"] == mine["date"].min()]["stock_code"])
        own = had[customer]
        for kind, allowed in (("new", set(who) - own), ("repeat", own), ("all", set(who))):
            for method in ("item–item", "best sellers"):
                score = {i: sum(alike(i, j) for j in own) if method == "item–item" else 0 for i in allowed}
                ranked = sorted(allowed, key=lambda i: (-round(score[i], 9), -len(who[i]), i))[:n]
                found.setdefault((method, kind), []).append((len(wanted & set(ranked)), len(ranked)))
    return found


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("n", "how"), [(1, PLAIN), (3, Learn(least=2, shrink=3.0)), (20, PLAIN)])
def test_every_hit_is_that_of_a_count_by_the_definition(seed, n, how):
    lines = random_lines(np.random.default_rng(seed))
    judged = recommend.judge(lines, n=n, cut="2024-01-13", how=how)
    expect = brute(lines, n, "2024-01-13", how)
    for i, method in enumerate(recommend.METHODS):
        for j, items in enumerate(recommend.ITEMS):
            assert judged.hits[i, j].tolist() == [hit for hit, _ in expect[method, items]]
            assert judged.listed[i, j].tolist() == [listed for _, listed in expect[method, items]]


def test_the_table_is_made_of_hits():
    lines = random_lines(np.random.default_rng(7))
    table = recommend.evaluate(lines, n=2, cut="2024-01-13", how=PLAIN)
    for key, cases in brute(lines, 2, "2024-01-13", PLAIN).items():
        row, m = table.loc[key], len(cases)
        hit = sum(h > 0 for h, _ in cases)
        assert row["customers"] == m
        assert row["hit_rate"] == pytest.approx(hit / m)
        assert [row["hit_low"], row["hit_high"]] == pytest.approx(
            list(proportion_confint(hit, m, method="wilson"))
        )
        assert row["precision"] == pytest.approx(np.mean([h / k if k else 0 for h, k in cases]))
        assert 0 <= row["precision_low"] <= row["precision"] <= row["precision_high"] <= 1
    assert table.index.names == ["method", "items"]


def test_the_gain_counts_customers_who_tell_the_lists_apart():
    """The adjusted Wald interval: one customer more on either side, two more in all."""
    judged = recommend.judge(random_lines(np.random.default_rng(8)), n=2, cut="2024-01-13", how=PLAIN)
    hits = np.zeros((2, 3, 20))
    hits[0, 0, :9], hits[1, 0, 7:10] = 1, 2  # 7 by the first only, 1 by the second only, 2 by both
    same = recommend.Judged(pd.RangeIndex(20), hits, np.full((2, 3, 20), 2), judged.cut, 2)
    row = recommend.gain(same).iloc[0]
    p, q = 8 / 22, 2 / 22
    half = 1.959963985 * math.sqrt((p + q - (p - q) ** 2) / 22)
    assert row[["estimate", "low", "high", "n"]].tolist() == pytest.approx(
        [6 / 20, p - q - half, p - q + half, 20]
    )
    assert row[["only_first", "only_second"]].tolist() == [7, 1]
    assert recommend.gain(same, items="repeat").iloc[0]["estimate"] == 0


def made(hits, listed=10) -> recommend.Judged:
    """Judged customers with these hits by the first method, none by the second."""
    m = len(hits)
    both = np.zeros((2, 3, m))
    both[0] = hits
    return recommend.Judged(
        pd.RangeIndex(m), both, np.full((2, 3, m), listed), pd.Timestamp("2024-01-01"), 10
    )


def test_a_difference_of_shares_stays_within_one():
    row = recommend.gain(made([1])).iloc[0]
    assert row["estimate"] == row["high"] == 1
    assert row["low"] < 1


def test_precision_that_is_the_same_for_all_has_the_interval_of_as_many_customers():
    table = recommend.evaluate(made([1] * 30))
    row = table.loc[("item–item", "new")]
    assert [row["precision_low"], row["precision_high"]] == pytest.approx(
        list(proportion_confint(3, 30, method="wilson"))
    )
    assert table.loc[("best sellers", "new"), ["precision", "precision_low"]].tolist() == [0, 0]
    assert table.loc[("best sellers", "new"), "precision_high"] > 0.05


def test_hits_that_differ_little_between_customers_make_precision_more_certain():
    wide = recommend.evaluate(made([0, 10] * 50)).loc[("item–item", "new")]
    near = recommend.evaluate(made([4, 6] * 50)).loc[("item–item", "new")]
    assert wide["precision"] == near["precision"] == 0.5
    low, high = proportion_confint(49.5, 99, method="wilson")  # all or nothing: a customer is one trial
    assert [wide["precision_low"], wide["precision_high"]] == pytest.approx([low, high], abs=1e-3)
    half = 1.96 * np.std([0.4, 0.6]) / 10
    assert near["precision_high"] - near["precision"] == pytest.approx(half, rel=0.02)


def test_where_products_come_in_groups_the_personal_list_wins():
    row = recommend.gain(world(np.random.default_rng(9), groups=True)).iloc[0]
    assert row["low"] > 0.3
    assert row["n"] == 300


@pytest.mark.parametrize("seed", range(3))
def test_where_everybody_buys_alike_the_personal_list_does_not_win(seed):
    row = recommend.gain(world(np.random.default_rng(seed), groups=False)).iloc[0]
    assert row["low"] <= 0


def test_what_is_bought_later_teaches_nothing():
    """Lines after a customer's next purchase, and later lines of people without a history, change no judgement."""
    lines = random_lines(np.random.default_rng(10))
    cut = pd.Timestamp("2024-01-13")
    more = lines_of(
        [
            (99, "2024-01-14", "货1"),
            (99, "2024-01-15", "货8"),
            (0, "2024-01-21", "货8"),
            (98, "2024-01-21", "新"),
        ]
    )
    before = recommend.judge(lines, cut=cut)
    after = recommend.judge(pd.concat([lines, more], ignore_index=True), cut=cut)
    assert before.customers.equals(after.customers)
    later = lines[(lines["customer_id"] == 0) & (lines["date"] >= cut)]
    assert later["date"].min() < pd.Timestamp("2024-01-21")
    assert (before.hits == after.hits).all()


def test_the_order_of_lines_and_lines_that_repeat_change_nothing():
    lines = random_lines(np.random.default_rng(11))
    mixed = pd.concat([lines, lines]).sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(recommend.evaluate(mixed), recommend.evaluate(lines))
    pd.testing.assert_frame_equal(recommend.gain(mixed), recommend.gain(lines))
    pd.testing.assert_frame_equal(recommend.for_customers(mixed), recommend.for_customers(lines))
    pd.testing.assert_frame_equal(recommend.because(mixed, least=1), recommend.because(lines, least=1))


def test_two_thirds_of_the_days_are_learnt_from():
    lines = random_lines(np.random.default_rng(12), days=30)
    assert recommend.judge(lines).cut == pd.Timestamp("2024-01-21")
    assert repr(recommend.judge(lines)).endswith("customers, lists of 10, learnt before 2024-01-21>")


def test_invoices_of_one_day_are_one_purchase():
    rows = [
        (1, "2024-01-01", "a"),
        (2, "2024-01-01", "a"),
        (2, "2024-01-01", "b"),
        (1, "2024-02-01 09:00", "c"),
    ]
    rows += [(1, "2024-02-01 17:00", "b")]
    table = recommend.evaluate(lines_of(rows), cut="2024-02-01")
    assert table.loc[("item–item", "new"), "hit_rate"] == 1


def test_blocks_of_customers_make_no_difference(monkeypatch):
    lines = random_lines(np.random.default_rng(13))
    whole = recommend.evaluate(lines), recommend.for_customers(lines)
    monkeypatch.setattr(judging, "CELLS", 20)
    pd.testing.assert_frame_equal(recommend.evaluate(lines), whole[0])
    pd.testing.assert_frame_equal(recommend.for_customers(lines), whole[1])


# Lists for a campaign


def test_similarities_that_are_known_already_are_not_learnt_again(monkeypatch):
    lines = random_lines(np.random.default_rng(14))
    expect, learnt = recommend.for_customers(lines), recommend.similar(lines)
    monkeypatch.setattr(recommend, "similar", None)
    pd.testing.assert_frame_equal(recommend.for_customers(lines, learnt=learnt), expect)


def test_lists_for_customers_by_hand():
    """1 has a and b, 2 has a, 3 has c. For 2 comes b, which is similar to a, then c, for which only buyers speak."""
    lines = lines_of(
        [(1, "2024-01-01", "a"), (1, "2024-01-01", "b"), (2, "2024-01-01", "a"), (3, "2024-01-01", "c")]
    )
    table = recommend.for_customers(lines, how=PLAIN)
    assert table.loc[[2], ["rank", "product"]].to_numpy().tolist() == [[1, "b"], [2, "c"]]
    assert table.loc[[2], "score"].tolist() == pytest.approx([1 / math.sqrt(2), 0])
    assert table.loc[[3], "product"].tolist() == ["a", "b"]
    assert table.loc[[1], "product"].tolist() == ["c"]
    assert table.index.name == "customer_id"
    assert recommend.for_customers(lines, 1, PLAIN, new=False).loc[1, "product"] == "a"


def test_a_customer_who_has_everything_is_offered_nothing_new():
    lines = lines_of([(1, "2024-01-01", "a")])
    assert len(recommend.for_customers(lines)) == 0
    assert recommend.for_customers(lines, new=False)["product"].tolist() == ["a"]


def test_because_you_bought_by_hand():
    rows = [(c, "2024-01-01", i) for c, had in enumerate(["ab", "ab", "abc", "abc", "ac", "d"]) for i in had]
    products = pd.DataFrame(
        {"stock_code": ["a", "b", "c", "a"], "description": ["茶", "茶壶", None, "again"]}
    )
    table = recommend.because(lines_of(rows), products, 5, PLAIN, least=2)
    assert table["because"].tolist() == [
        "茶",
        "茶壶",
    ]  # a has one recommendation at most, so a → c is not shown
    assert table["recommended"].tolist() == ["茶壶", "c"]
    assert table["similarity"].tolist() == pytest.approx([4 / math.sqrt(20), 2 / math.sqrt(12)])
    assert table["buyers_both"].tolist() == [4, 2]
    assert table["because_code"].tolist() == ["a", "b"]
    assert recommend.because(lines_of(rows), None, 1, PLAIN, least=2)["recommended"].tolist() == ["b"]
    assert recommend.because(recommend.similar(lines_of(rows), PLAIN), least=2)["because"].tolist() == [
        "a",
        "b",
    ]


def test_without_pairs_of_enough_buyers_the_table_is_empty():
    table = recommend.because(lines_of([(1, "2024-01-01", "a"), (2, "2024-01-01", "b")]))
    assert len(table) == 0
    assert table.columns.tolist() == [
        "because",
        "recommended",
        "similarity",
        "buyers_both",
        "because_code",
        "recommended_code",
    ]


# Edges


def test_nobody_who_came_back_is_said():
    once = lines_of([(1, "2024-01-01", "a"), (2, "2024-03-01", "b")])
    assert raised(DomainError, lambda: recommend.evaluate(once)) == (
        "Nobody bought both before 2024-02-10 and on it or later, so no list can be judged. The lines run from "
        "2024-01-01 to 2024-03-01; take another cut, or lines over a longer time."
    )
    with pytest.raises(DomainError):
        recommend.evaluate(once, cut="2023-01-01")
    with pytest.raises(DomainError):
        recommend.evaluate(once, cut="2025-01-01")


def test_one_customer_who_bought_the_same_again():
    one = lines_of([(1, "2024-01-01", "a"), (1, "2024-03-01", "a")])
    table = recommend.evaluate(one)
    assert table.loc[("item–item", "repeat"), ["hit_rate", "precision"]].tolist() == [1, 1]
    assert table.loc[("item–item", "new"), ["hit_rate", "precision"]].tolist() == [0, 0]
    row = recommend.gain(one).iloc[0]
    assert row["estimate"] == 0
    assert -1 <= row["low"] < 0 < row["high"] <= 1


def test_lines_with_blanks_or_other_columns_are_refused():
    lines = lines_of([(1, "2024-01-01", "a"), (1, "2024-03-01", None)])
    assert raised(SchemaError, lambda: recommend.similar(lines)) == (
        "Lines: 1 of 2 have no stock_code, first line 2. Leave these lines out."
    )
    assert raised(SchemaError, lambda: recommend.judge(lines.assign(date=[pd.NaT, lines["date"][0]]))) == (
        "Lines: 1 of 2 have no date in date, first line 1. Leave these lines out."
    )
    assert raised(SchemaError, lambda: recommend.judge(lines, how=Learn(item="product"))) == (
        'Lines: There is no column "product". Known: customer_id, date, stock_code.'
    )
    for call in (recommend.similar, recommend.judge, recommend.for_customers):
        assert raised(DomainError, partial(call, lines[:0])) == (
            "There are no lines, so nothing is known of what was bought."
        )


def test_lists_and_learning_that_cannot_be_are_refused():
    lines = random_lines(np.random.default_rng(14))
    for call in (recommend.judge, recommend.for_customers):
        assert raised(DomainError, partial(call, lines, 0)) == "A list has at least one product, not 0."
    assert raised(DomainError, lambda: Learn(least=0)) == (
        "least must be 1 or more and shrink 0 or more, not 0 and 5.0."
    )
    assert raised(SchemaError, lambda: recommend.gain(lines, items="newer")) == (
        'There is no kind of items "newer". Did you mean "new"? Known: new, repeat, all.'
    )
    with pytest.raises(SchemaError):
        recommend.evaluate(lines, level=95)


def test_columns_may_have_other_names_and_products_may_be_numbers():
    lines = random_lines(np.random.default_rng(15))
    other = lines.rename(columns={"customer_id": "客户", "date": "日期", "stock_code": "产品"})
    other["产品"] = other["产品"].str[1:].astype(int)
    how = Learn("客户", "产品", "日期")
    assert recommend.evaluate(other, how=how).to_numpy() == pytest.approx(
        recommend.evaluate(lines).to_numpy()
    )
