"""The effect of membership: by hand, against two-way fixed effects, and on panels whose truth is known."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from crmtheory.errors import DomainError, SchemaError
from crmtheory.loyalty import did, event_study, naive, parallel_trends
from crmtheory.simulate import programme_members


def panel(rows, joined):
    """Purchases by customer (rows) and period, and the period in which each customer joined (None: never)."""
    table = pd.DataFrame(rows).rename_axis(index="customer", columns="period")
    table.columns += 1
    long = table.stack().rename("purchases").reset_index()
    when = long["customer"].map(dict(enumerate(joined)))
    return long.assign(member=when.notna(), joined=when.astype(float))


SMALL = panel(
    [[1, 3, 6, 8], [2, 2, 4, 6], [1, 1, 2, 2], [0, 2, 2, 4], [1, 1, 1, 1]], [3, 3, None, None, None]
)


def test_the_difference_in_differences_by_hand():
    row = did(SMALL).iloc[0]
    members, others = [7 - 2, 5 - 2], [2 - 1, 3 - 1, 0]
    assert row["estimate"] == pytest.approx(np.mean(members) - np.mean(others))
    welch = stats.ttest_ind(members, others, equal_var=False).confidence_interval(0.95)
    assert row[["low", "high"]].tolist() == pytest.approx(list(welch))
    assert row[["n", "members", "others", "before", "cohorts"]].tolist() == [5, 2, 3, 2, 1]


def test_naive_comparisons_by_hand():
    table = naive(SMALL)
    welch = stats.ttest_ind([7, 5], [2, 3, 1], equal_var=False).confidence_interval(0.95)
    assert table.loc["members − others", ["estimate", "low", "high"]].tolist() == pytest.approx([4, *welch])
    alone = stats.ttest_1samp([5, 3], 0).confidence_interval(0.95)
    assert table.loc["after − before", ["estimate", "low", "high"]].tolist() == pytest.approx([4, *alone])
    assert table["n"].tolist() == [5, 2]


def test_the_estimate_and_events_are_those_of_two_way_fixed_effects_with_clustered_errors():
    data = programme_members(300, np.random.default_rng(1), periods=5, joined=4)
    data = data.assign(treated=data["member"] & (data["period"] >= 4))
    clusters = {"groups": data["customer"], "use_correction": False}
    fit = smf.ols("purchases ~ treated + C(customer) + C(period)", data).fit(
        cov_type="cluster", cov_kwds=clusters
    )
    row = did(data).iloc[0]
    assert row["estimate"] == pytest.approx(fit.params["treated[T.True]"])
    assert row["high"] - row["low"] == pytest.approx(2 * 1.97 * fit.bse["treated[T.True]"], rel=0.02)
    for k in (-3, -2, 0, 1):
        data[f"k{k + 5}"] = (data["member"] & (data["period"] == 4 + k)).astype(float)
    fit = smf.ols("purchases ~ k2 + k3 + k5 + k6 + C(customer) + C(period)", data).fit(
        cov_type="cluster", cov_kwds=clusters
    )
    table = event_study(data)
    assert table.index.tolist() == [-3, -2, -1, 0, 1]
    assert table["estimate"].drop(-1).tolist() == pytest.approx(fit.params[["k2", "k3", "k5", "k6"]].tolist())
    width = (table["high"] - table["low"]).drop(-1)
    assert width.to_numpy() == pytest.approx(
        2 * 1.97 * fit.bse[["k2", "k3", "k5", "k6"]].to_numpy(), rel=0.02
    )
    assert table.loc[-1, ["estimate", "low", "high"]].tolist() == [0, 0, 0]
    wald = fit.wald_test("k2 = 0, k3 = 0", use_f=False, scalar=True)
    test = parallel_trends(data).iloc[0]
    assert test["df"] == 2
    assert test["statistic"] * 2 == pytest.approx(wald.statistic, rel=0.03)


def test_with_two_periods_the_test_of_trends_is_that_of_two_means():
    data = panel(np.random.default_rng(2).poisson(3, (40, 3)).tolist(), [3] * 20 + [None] * 20)
    test = parallel_trends(data).iloc[0]
    change = data.pivot(index="customer", columns="period", values="purchases")
    same = stats.ttest_ind((change[1] - change[2])[:20], (change[1] - change[2])[20:], equal_var=True)
    assert test["statistic"] == pytest.approx(same.statistic**2)
    assert test["p_value"] == pytest.approx(same.pvalue)


def test_the_truth_is_recovered_where_naive_comparisons_say_too_much():
    found, members, change = [], [], []
    rng = np.random.default_rng(3)
    for _ in range(60):
        data = programme_members(400, rng, effect=0.3, growth=0.05)
        found.append(did(data)[["estimate", "low", "high"]].iloc[0].tolist())
        table = naive(data)["estimate"]
        members.append(table.iloc[0])
        change.append(table.iloc[1])
    found = np.array(found)
    assert found[:, 0].mean() == pytest.approx(0.3, abs=0.04)
    assert np.mean((found[:, 1] <= 0.3) & (found[:, 2] >= 0.3)) >= 0.88
    assert np.mean(members) > 0.8
    assert np.mean(change) == pytest.approx(0.3 + 0.05 * 8 / 2, abs=0.04)


def test_several_times_of_joining_are_handled_even_if_the_effect_grows():
    rng = np.random.default_rng(4)
    rows, joined = [], []
    for place in range(3000):
        when = [3, 5, None][place % 3]
        rate = np.full(6, 5.0)
        if when:
            rate[when - 1 :] += np.arange(7 - when) + 1.0  # 1 in the first period, 2 in the second, …
        rows.append(rng.poisson(rate))
        joined.append(when)
    data = panel(np.array(rows).tolist(), joined)
    table = event_study(data)
    assert table.index.tolist() == [-4, -3, -2, -1, 0, 1, 2, 3]
    assert table["estimate"].tolist() == pytest.approx(
        [0, 0, 0, 0, 1, 2, 3, 4], abs=0.45
    )  # three standard errors
    row = did(data).iloc[0]
    assert row["cohorts"] == 2
    assert row["low"] < (2.5 + 1.5) / 2 < row["high"]
    assert parallel_trends(data).loc[0, "p_value"] > 0.001


def test_a_cohort_by_hand():
    data = panel([[1, 4, 4], [1, 1, 6], [0, 1, 2], [0, 1, 2]], [2, 3, None, None])
    assert did(data).loc[0, "estimate"] == pytest.approx(((3 - 1.5) + (5 - 1.5)) / 2)
    table = event_study(data)
    assert table["estimate"].tolist() == pytest.approx([1, 0, (2 + 4) / 2, 1])
    assert table["n"].tolist() == [3, 4, 4, 3]
    assert table.loc[[-2, 1], ["low", "high"]].isna().all(axis=None)  # seen for one member only


def test_the_test_of_trends_holds_its_level_and_sees_trends_that_part():
    rng = np.random.default_rng(5)
    same = [parallel_trends(programme_members(150, rng)).loc[0, "p_value"] for _ in range(150)]
    apart = [
        parallel_trends(programme_members(600, rng, trend="diverging", drift=0.2)).loc[0, "p_value"]
        for _ in range(30)
    ]
    assert np.mean(np.array(same) < 0.05) < 0.11
    assert np.mean(np.array(apart) < 0.05) > 0.8


def test_order_of_rows_and_names_of_customers_change_nothing():
    shuffled = SMALL.sample(frac=1, random_state=1)
    named = shuffled.assign(customer=shuffled["customer"].map(dict(enumerate("张李王赵孙"))))
    for question in (did, event_study, parallel_trends, naive):
        pd.testing.assert_frame_equal(question(named), question(SMALL))


def test_a_panel_without_any_variation_has_an_interval_without_width():
    flat = panel([[1, 1, 3]] * 2 + [[0, 0, 0]] * 2, [3, 3, None, None])
    assert did(flat)[["estimate", "low", "high"]].iloc[0].tolist() == [2, 2, 2]
    with pytest.raises(DomainError, match="do not vary enough over the 2 periods before joining"):
        parallel_trends(flat)


def test_one_period_before_joining_allows_no_look_at_trends():
    with pytest.raises(DomainError, match="needs two periods before it or more, and there is one"):
        parallel_trends(panel([[1, 2], [2, 2], [1, 1], [0, 1]], [2, 2, None, None]))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.drop(columns="member"), 'There is no column "member"'),
        (lambda d: d.drop(index=3), "1 of 5 have not, first: customer 0 has 0 in period 4"),
        (lambda d: pd.concat([d, d[:1]]), "1 of 5 have not, first: customer 0 has 2 in period 1"),
        (
            lambda d: d.assign(member=d["member"] & (d["period"] > 2)),
            "2 customers have several values of member",
        ),
        (lambda d: d.assign(joined=np.nan), "8 rows of members have no period of joining"),
        (lambda d: d.assign(purchases=d["purchases"].where(d["period"] > 1)), "purchases: 5 of 20 numbers"),
        (
            lambda d: d.assign(period=d["period"] / 2),
            "10 of 20 periods are no whole numbers, first: 0.5. Number the periods 1, 2, 3, … in time order.",
        ),
        (
            lambda d: d.assign(period="2024-0" + d["period"].astype(str)),
            'period: 20 of 20 values are no numbers, first: "2024-01" (row 0). Number the periods 1, 2, 3, … in time '
            "order.",
        ),
        (
            lambda d: d.assign(period=pd.Timestamp("2024-01-01")),
            "Number the periods 1, 2, 3, … in time order.",
        ),
        (
            lambda d: d.assign(joined=np.where(d["member"], "2024-03", "")),
            'joined: 8 of 8 values are no numbers, first: "2024-03" (row 0). Number the periods 1, 2, 3, … in time '
            "order.",
        ),
        (
            lambda d: d.assign(purchases=["many", *["1"] * 19]),
            'purchases: 1 of 20 values is no number, first: "many" (row 0). Write them as plain numbers, such as 2 or '
            "12.5.",
        ),
        (
            lambda d: d.assign(period=2 * d["period"]),
            "Periods must follow one another; 3 are skipped, the first after 2",
        ),
        (
            lambda d: d.assign(customer=d["customer"].where(d["customer"] > 0)),
            "4 of 20 rows have no customer",
        ),
        (lambda d: d.assign(member="gold"), "member: 20 of 20 values are neither yes nor no"),
    ],
)
def test_panels_of_the_wrong_form_are_refused(change, said):
    with pytest.raises(SchemaError) as refusal:
        did(change(SMALL))
    assert said in str(refusal.value)


@pytest.mark.parametrize("joined", [None, np.nan, "", "-"])
def test_a_panel_without_members_is_told_so_whatever_stands_in_joined(joined):
    with pytest.raises(DomainError) as refusal:
        did(SMALL.assign(member="no", joined=joined))
    assert str(refusal.value) == (
        "The comparison needs two members and two others or more; there are 0 and 5. Without members, nothing shows "
        "what membership does: see which customers `member` marks."
    )


def test_numbers_and_members_written_as_texts_are_read():
    written = SMALL.astype({"period": str, "purchases": str}).assign(
        member=SMALL["member"].map({True: "是", False: "否"}),
        joined=SMALL["joined"].map(lambda value: "" if np.isnan(value) else f" {value:.0f}"),
    )
    for question in (did, event_study, naive, parallel_trends):
        pd.testing.assert_frame_equal(question(written), question(SMALL))
    only_members = SMALL.assign(joined=SMALL["joined"].astype(object).where(SMALL["member"], None))
    pd.testing.assert_frame_equal(did(only_members), did(SMALL))


def test_panels_without_an_answer_are_refused():
    with pytest.raises(DomainError) as refusal:
        did(SMALL[SMALL["member"]])
    assert str(refusal.value) == (
        "The comparison needs two members and two others or more; there are 2 and 0. Without customers who never "
        "joined, nothing says what members would have bought anyway."
    )
    with pytest.raises(DomainError, match="there are 1 and 3"):
        did(SMALL[SMALL["customer"] > 0])
    for when, said in (
        (1, "2 joined in period 1 or earlier and 0 after period 4"),
        (5, "and 2 after period 4"),
    ):
        with pytest.raises(DomainError, match=said):
            did(SMALL.assign(joined=SMALL["joined"].where(~SMALL["member"], when)))
    with pytest.raises(DomainError, match="The panel is empty"):
        did(SMALL[:0])
