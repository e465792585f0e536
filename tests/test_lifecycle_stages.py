"""Stages: every rule at its boundary, one stage for every customer and period, and the rules in words."""

import numpy as np
import pandas as pd
import pytest

from crmtheory.errors import DomainError, SchemaError
from crmtheory.lifecycle import MarketingRules, RelationshipRules
from crmtheory.panel import Panel, from_frame

RISKY, GONE, DONE = "at risk", "lost", "termination"


def panel_of(bought, revenue=None) -> Panel:
    """A panel from a table customers × periods; cells without a purchase keep their revenue (refunds)."""
    bought = np.atleast_2d(bought)
    money = np.zeros(bought.shape) if revenue is None else np.atleast_2d(np.asarray(revenue, float))
    rows, columns = np.nonzero(bought >= 0)
    frame = pd.DataFrame({"customer": rows, "period": columns + 1, "purchases": bought[rows, columns]})
    return from_frame(frame if revenue is None else frame.assign(revenue=money[rows, columns]))


def life(rules, bought, revenue=None) -> list:
    """The stages of one customer, period by period; None before the first contact."""
    stages = rules.assign(panel_of([bought], None if revenue is None else [revenue]))
    return [stages.names[code] if code >= 0 else None for code in stages.codes[0]]


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


# Marketing stages


def test_a_life_by_the_usual_rules():
    found = life(MarketingRules(), [0, 1, 1, 1, 0, 0, 0, 0, 0, 1])
    # loyal: three purchase days within four periods; lost after four silent ones; back, but not yet loyal
    assert found == [None, "new", "active", "loyal", "loyal", RISKY, RISKY, GONE, GONE, "active"]


@pytest.mark.parametrize(
    ("silent", "stage"), [(0, "active"), (1, "active"), (2, RISKY), (3, RISKY), (4, GONE), (5, GONE)]
)
def test_silence_decides_at_exactly_its_lengths(silent, stage):
    assert life(MarketingRules(), [1, 1] + [0] * silent)[-1] == stage


@pytest.mark.parametrize(
    ("new", "expected"),
    [(1, ["new", "active", RISKY]), (2, ["new", "new", RISKY]), (9, ["new", "new", RISKY])],
)
def test_a_customer_is_new_for_so_many_periods_unless_silent(new, expected):
    assert life(MarketingRules(new=new), [1, 0, 0]) == expected


@pytest.mark.parametrize(
    ("bought", "stage"), [([1, 0, 1, 1], "loyal"), ([1, 1, 1, 0], "loyal"), ([1, 0, 0, 2], "loyal")]
)
def test_all_purchase_days_of_the_window_make_loyal(bought, stage):
    assert life(MarketingRules(), bought)[-1] == stage


def test_a_purchase_that_leaves_the_window_no_longer_counts():
    assert life(MarketingRules(), [1, 1, 0, 1, 0])[-2:] == ["loyal", "active"]
    assert life(MarketingRules(loyal_window=5), [1, 1, 0, 1, 0])[-2:] == ["loyal", "loyal"]
    assert life(MarketingRules(loyal_window=99), [1, 1, 0, 1, 0])[-1] == "loyal"


def test_many_purchases_in_the_first_period_are_still_those_of_a_new_customer():
    assert life(MarketingRules(), [9, 0]) == ["new", "loyal"]


# Relationship stages


@pytest.mark.parametrize(
    ("bought", "stage"),
    [
        ([4, 4, 5, 5], "maturity"),  # exactly a quarter more is not more than a quarter
        ([4, 4, 5, 6], "growth"),
        ([4, 4, 3, 3], "maturity"),
        ([4, 4, 3, 2], "decline"),
        ([4, 4, 4, 4], "maturity"),
        ([4, 4, 0, 0], "decline"),
        ([4, 4, 0, 11], "growth"),
    ],
)
def test_growth_and_decline_are_changes_of_more_than_the_stated_part(bought, stage):
    assert life(RelationshipRules(), bought)[-1] == stage


@pytest.mark.parametrize(
    ("window", "change", "before", "after", "stage"),
    [
        (3, 0.25, [2, 1, 1], [2, 2, 1], "maturity"),  # 4 → 5
        (3, 0.25, [2, 1, 1], [1, 1, 1], "maturity"),  # 4 → 3
        (2, 0.7, [5, 5], [2, 1], "maturity"),  # 10 → 3
        (3, 0.1, [10, 10, 10], [11, 11, 11], "maturity"),
        (7, 0.2, [5] * 7, [6] * 7, "maturity"),
        (7, 0.2, [5] * 7, [6] * 6 + [7], "growth"),
        (1, 0.0, [3], [3], "maturity"),
        (1, 0.0, [3], [4], "growth"),
        (1, 0.0, [3], [2], "decline"),
    ],
)
def test_a_change_of_exactly_the_stated_part_is_maturity_whatever_the_window(
    window, change, before, after, stage
):
    rules = RelationshipRules(window=window, change=change)
    assert life(rules, [*before, *after])[-1] == stage


def test_every_exact_change_is_maturity():
    """Whole numbers, so exactness is known: recent = (1 ± change) · earlier."""
    for window in (1, 2, 3, 4, 6, 7):
        for percent in (5, 10, 20, 25, 30, 40, 50, 60, 70, 80, 90):
            base = 100
            for change in (percent, -percent):
                row = [base] + [0] * (window - 1) + [base + change] + [0] * (window - 1)
                rules = RelationshipRules(window=window, change=percent / 100, lost=99)
                found = life(rules, row)[-1]
                assert found == "maturity", (window, change)


def test_steady_revenue_in_cents_is_maturity():
    rules = RelationshipRules(window=2, change=0.0, measure="revenue")
    for amount in (0.1, 19.99, 1 / 3):
        found = life(rules, [1] * 20, [amount] * 20)
        assert found == ["sign-up"] * 2 + ["maturity"] * 18


def test_revenue_that_nets_to_nothing_is_decline():
    rules = RelationshipRules(window=3, measure="revenue", lost=9)
    assert life(rules, [1, 0, 0, 1, 1, 0], [0.0, 0, 0, 0.1, 0.2, -0.3])[-1] == "decline"


def test_the_second_window_is_compared_with_the_periods_lived_before_it():
    """Window 2: in period 3 the last two are compared with the first alone, not with half of nothing."""
    assert life(RelationshipRules(), [4, 4, 4, 4]) == ["sign-up", "sign-up", "maturity", "maturity"]
    assert life(RelationshipRules(), [0, 2, 2, 2, 4])[2:] == ["sign-up", "maturity", "growth"]


@pytest.mark.parametrize(("silent", "stage"), [(2, "decline"), (3, "decline"), (4, DONE), (5, DONE)])
def test_a_relationship_ends_after_exactly_so_long_a_silence(silent, stage):
    assert life(RelationshipRules(), [1, 1] + [0] * silent)[-1] == stage


def test_whoever_comes_back_grows():
    assert life(RelationshipRules(), [1, 1, 0, 0, 0, 0, 1])[-2:] == [DONE, "growth"]


@pytest.mark.parametrize(
    ("revenue", "stage"),
    [
        ([8.0, 8, 10, 10], "maturity"),
        ([8.0, 8, 10, 10.5], "growth"),
        ([8.0, 8, -3, -3], "decline"),
        ([8.0, 8, 0, 0], "decline"),
        ([-8.0, -8, 0, 0], "decline"),  # none
        ([-8.0, -8, -1, -1], "decline"),
        ([-8.0, -8, 1, 1], "growth"),
        ([0.0, 0, 1, 1], "growth"),
    ],
)
def test_revenue_may_be_nothing_or_less(revenue, stage):
    assert life(RelationshipRules(measure="revenue"), [1, 1, 1, 1], revenue)[-1] == stage


def test_revenue_cannot_be_compared_where_there_is_none():
    panel = from_frame(pd.DataFrame({"customer": [1, 1], "period": [1, 2], "purchases": 1}))
    assert raised(DomainError, lambda: RelationshipRules(measure="revenue").assign(panel)) == (
        'This panel has no revenue. Compare purchases: RelationshipRules(measure="purchases").'
    )


# Both


@pytest.mark.parametrize(
    ("rules", "name"), [(MarketingRules(), "prospect"), (RelationshipRules(), "development")]
)
def test_prospects_wait_until_they_buy(rules, name):
    panel = panel_of([[0, 0, 1, 0], [1, 0, 0, 0]]).with_contacts(
        pd.Series({0: "2000-01-02", 7: "2000-01-03", 1: "2000-01-01"})
    )
    stages = rules.assign(panel)
    assert (stages.codes[0] == -1).tolist() == [True, False, False, False]
    assert stages.names[stages.codes[0, 1]] == name
    assert stages.names[stages.codes[0, 2]] in ("new", "sign-up")
    assert [stages.names[code] if code >= 0 else None for code in stages.codes[2]] == [None, None, name, name]
    assert stages.at(1).index.tolist() == [1]
    assert stages.at(4).tolist().count(name) == 1


def reference(rules, panel: Panel) -> list:
    """The rules, read from the page and applied to one cell after another."""
    out = []
    for bought, money in zip(panel.purchases.tolist(), panel.revenue.tolist(), strict=True):
        row = []
        for now in range(panel.periods):
            seen = [p for p in range(now + 1) if bought[p]]
            if not seen:
                row.append(None)
                continue
            joined, silence = seen[0], now - seen[-1]
            if isinstance(rules, MarketingRules):
                window = sum(bought[max(now - rules.loyal_window + 1, 0) : now + 1])
                row.append(
                    GONE
                    if silence >= rules.lost
                    else RISKY
                    if silence >= rules.at_risk
                    else "new"
                    if now - joined < rules.new
                    else "loyal"
                    if window >= rules.loyal_purchases
                    else "active"
                )
                continue
            values = bought if rules.measure == "purchases" else money
            w = rules.window
            recent = sum(values[max(now - w + 1, 0) : now + 1]) / w
            before = values[max(now - 2 * w + 1, joined) : max(now - w + 1, 0)]
            earlier = sum(before) / max(len(before), 1)
            row.append(
                DONE
                if silence >= rules.lost
                else "sign-up"
                if now - joined < w
                else "growth"
                if recent > (1 + rules.change) * earlier + 1e-9 and recent > 0
                else "decline"
                if recent < (1 - rules.change) * earlier - 1e-9 or recent <= 1e-12
                else "maturity"
            )
        out.append(row)
    return out


@pytest.mark.parametrize("seed", range(8))
def test_the_stages_are_those_of_the_rules_read_one_after_another(seed):
    rng = np.random.default_rng(seed)
    bought = rng.poisson(rng.gamma(1.0, 1.0, (60, 1)), (60, 12)) * (rng.random((60, 12)) < 0.6)
    panel = panel_of(bought, bought * rng.integers(1, 9, bought.shape))
    for rules in (
        MarketingRules(),
        MarketingRules(new=2, at_risk=1, lost=2, loyal_purchases=5, loyal_window=2),
        MarketingRules(new=3, at_risk=3, lost=9, loyal_purchases=1, loyal_window=1),
        RelationshipRules(),
        RelationshipRules(window=1, change=0.0, lost=1),
        RelationshipRules(window=3, change=0.5, lost=5, measure="revenue"),
        RelationshipRules(window=20),
    ):
        stages = rules.assign(panel)
        found = [[stages.names[code] if code >= 0 else None for code in row] for row in stages.codes]
        assert found == reference(rules, panel)


def test_every_cell_that_was_lived_has_a_stage_and_no_other_has():
    rng = np.random.default_rng(1)
    panel = panel_of(rng.poisson(0.5, (200, 10)))
    for rules in (MarketingRules(), RelationshipRules()):
        stages = rules.assign(panel)
        assert ((stages.codes >= 0) == panel.lived).all()
        assert (stages.codes < len(stages.names)).all()
        assert stages.counts().sum(axis=1).tolist() == panel.lived.sum(axis=0).tolist()


def test_customers_with_the_same_purchases_have_the_same_stages_in_any_order():
    rng = np.random.default_rng(2)
    bought = rng.poisson(0.5, (30, 8))
    both = panel_of(np.vstack([bought, bought]))
    order = rng.permutation(30)
    for rules in (MarketingRules(), RelationshipRules()):
        codes = rules.assign(both).codes
        assert (codes[:30] == codes[30:]).all()
        assert (rules.assign(panel_of(bought[order])).codes == codes[order]).all()


def test_counts_and_stages_at_a_period_by_hand():
    stages = MarketingRules().assign(panel_of([[1, 0, 0], [0, 1, 1], [0, 0, 1]]))
    assert stages.counts().to_dict("list") == {"new": [1, 1, 1], "active": [0, 1, 1], RISKY: [0, 0, 1]}
    assert stages.counts().index.name == "period end"
    assert stages.counts().index.tolist() == stages.panel.ends.tolist()
    assert stages.at().to_dict() == {0: RISKY, 1: "active", 2: "new"}
    assert stages.at(1).to_dict() == {0: "new"}
    assert stages.at().dtype.ordered
    assert stages.at().cat.categories.tolist() == list(MarketingRules.names)


@pytest.mark.parametrize("period", [0, -1, 4])
def test_a_period_that_does_not_exist_is_refused(period):
    stages = MarketingRules().assign(panel_of([[1, 0, 0]]))
    assert raised(DomainError, lambda: stages.at(period)) == (
        f"There is no period {period}: they are numbered from 1 to 3."
    )


def test_stages_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        MarketingRules().assign(panel_of([[1, 0]])).codes[0, 0] = 1


# The page


def test_the_marketing_rules_in_words():
    table = MarketingRules(new=1, loyal_purchases=1, loyal_window=1, at_risk=1, lost=2).table("month")
    assert table["rule"].to_dict() == {
        "prospect": "contacted, no purchase yet",
        "lost": "no purchase for 2 months",
        "at risk": "no purchase for 1 month",
        "new": "first purchase in this month",
        "loyal": "1 purchase day or more within 1 month",
        "active": "all others",
    }
    assert table["chinese"].tolist() == ["潜在", "流失", "有流失风险", "新", "忠诚", "活跃"]
    assert set(table.index) == set(MarketingRules.names)
    assert table["advice"].notna().all()
    assert MarketingRules(new=2).table().loc["new", "rule"] == "first purchase in the last 2 periods"


def test_the_relationship_rules_in_words():
    table = RelationshipRules(window=1, change=0.1, measure="revenue").table("year")
    assert table["rule"].to_dict() == {
        "development": "contacted, no purchase yet",
        "termination": "no purchase for 4 years",
        "sign-up": "first purchase in this year",
        "growth": "revenue up by more than 10% on the 1 year before",
        "decline": "revenue down by more than 10% on the 1 year before, or none",
        "maturity": "all others",
    }
    assert table["chinese"].tolist() == ["发展", "终止", "签约", "成长", "衰退", "成熟"]
    assert set(table.index) == set(RelationshipRules.names)


# What is refused


@pytest.mark.parametrize("field", ["new", "at_risk", "lost", "loyal_purchases", "loyal_window"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, float("nan"), float("inf"), "2", None])
def test_lengths_that_are_no_whole_numbers_are_refused(field, value):
    assert raised(DomainError, lambda: MarketingRules(**{field: value})) == (
        f"{field} must be a whole number of 1 or more, not {value}."
    )


@pytest.mark.parametrize("field", ["window", "lost"])
def test_the_same_for_a_relationship(field):
    assert raised(DomainError, lambda: RelationshipRules(**{field: 0})) == (
        f"{field} must be a whole number of 1 or more, not 0."
    )


@pytest.mark.parametrize("value", [4.0, np.int64(4), np.float64(4)])
def test_a_whole_number_in_another_type_is_that_number_or_refused(value):
    """Parameters from a file may come as 4.0; what is accepted must work."""
    panel = panel_of([[1, 1, 1, 0, 0, 0, 0, 0]])
    try:
        rules = MarketingRules(loyal_window=value, lost=value)
    except DomainError:
        return
    assert (rules.assign(panel).codes == MarketingRules().assign(panel).codes).all()
    assert rules.table().loc["lost", "rule"] == "no purchase for 4 periods"


def test_lost_comes_after_at_risk():
    assert raised(DomainError, lambda: MarketingRules(at_risk=4, lost=4)) == (
        "A customer is at risk before being lost: at_risk must be below lost, not 4 and 4."
    )


@pytest.mark.parametrize("change", [-0.1, 1, 25, float("nan")])
def test_a_change_that_is_no_part_is_refused(change):
    assert raised(DomainError, lambda: RelationshipRules(change=change)) == (
        f"The change must be a part from 0 to below 1, not {change}. For 25 % give 0.25."
    )


def test_an_unknown_measure_is_refused():
    assert raised(SchemaError, lambda: RelationshipRules(measure="profit")) == (
        'There is no measure "profit". Known: purchases, revenue.'
    )
