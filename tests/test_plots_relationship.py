"""The figures of relationship marketing and of investment show the numbers of their tables and touch nothing else."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from drawn import intervals, notes, rows

from crmtheory.errors import SchemaError
from crmtheory.plots import captions_relationship as words
from crmtheory.plots import investment, relationship, style

NAN = np.nan
KINDS = pd.DataFrame(
    {
        "share": [0.5, 0.3, 0.2],
        "low": [0.47, 0.27, 0.17],
        "high": [0.53, 0.33, 0.23],
        "revenue_share": [0.1, 0.3, 0.6],
        "mean": [20, 100, 1266],
    },
    ["price-centred", "product-centred", "价值"],
)
RULES = pd.DataFrame(
    {
        "kept": [1000, 1100, 1260],
        "gain": [0, 0.1, 0.26],
        "low": [0, -0.02, 0.2],
        "high": [0, 0.22, 0.31],
    },
    ["equal", "past sales", "best"],
)
BUDGETS = pd.DataFrame(
    {
        "budget": [500.0, 100, 100, 500],
        "rule": ["best", "best", "equal", "equal"],
        "kept": [600.0, 1250, 1000, 500],
        "gain": [0.2, 0.25, 0, 0],
    }
)
RESPONSE = pd.DataFrame({"spend": [0.0, 10, 50], "keep": [0.6, 0.75, 0.89]})
BANDS = pd.DataFrame(
    {"mean": [45.0, 51, 30, 21], "low": [42, 48, 27, 18], "high": [48, 54, 33, 24]},
    pd.MultiIndex.from_product(
        [["active months", "elapsed months"], ["up to 90 days", "over 90 days"]],
        names=["denominator", "band"],
    ),
)
GAPS = pd.DataFrame(
    {"customers": [120, 3000, 33], "share": [0.04, 0.95, 0.01], "value": [12e3, 22e3, NAN]},
    ["up to 30 days", "over 30 days", "never"],
)
HITS = pd.DataFrame(
    {"hit_rate": [0.12, 0.3, 0.07, 0.35]},
    pd.MultiIndex.from_product([["item–item", "best sellers"], ["new", "repeat"]], names=["method", "items"]),
).assign(
    hit_low=lambda t: t["hit_rate"] - 0.02,
    hit_high=lambda t: t["hit_rate"] + 0.02,
    precision=lambda t: t["hit_rate"] / 5,
    precision_low=lambda t: t["precision"] - 0.004,
    precision_high=lambda t: t["precision"] + 0.004,
)
WAYS = intervals([0.05, 0.32, 0.37], [0.1, 0.08, 0.1], ["direct", "indirect", "total"])
NAMES = {"source": "trust", "through": "commitment", "target": "loyalty to the shop"}
CHANNELS = pd.DataFrame(
    {"customers": [500, 20], "purchases": [1500, 33], "share": [0.98, 0.02], "revenue_share": [0.9, 0.1]},
    ["online", "电话"],
)

FIGURES = {
    "kinds_table": (relationship.kinds_table, words.kinds_table, KINDS, {"currency": "£"}),
    "investment": (investment.investment, words.investment, RULES, {"currency": "£"}),
    "budget_curve": (investment.budget_curve, words.budget_curve, BUDGETS, {"currency": "£"}),
    "budget_curve, money": (
        investment.budget_curve,
        words.budget_curve,
        BUDGETS,
        {"currency": "£", "what": "kept"},
    ),
    "response_curve": (investment.response_curve, words.response_curve, RESPONSE, {"currency": "£"}),
    "tenure_bands": (relationship.tenure_bands, words.tenure_bands, BANDS, {"currency": "£"}),
    "contact_gaps": (relationship.contact_gaps, words.contact_gaps, GAPS, {"currency": "£"}),
    "hits": (relationship.hits, words.hits, HITS, {}),
    "hits, precision": (relationship.hits, words.hits, HITS, {"what": "precision"}),
    "mediation": (relationship.mediation, words.mediation, WAYS, NAMES),
    "by_channel": (relationship.by_channel, words.by_channel, CHANNELS, {}),
}


def test_a_missing_column_is_named():
    with pytest.raises(SchemaError) as error:
        relationship.contact_gaps(GAPS.drop(columns="share"))
    assert str(error.value) == 'The figure "contact_gaps" draws the columns customers, share. Missing: share.'


# Kinds and investment


def test_customers_and_revenue_stand_side_by_side_with_the_interval_on_customers():
    ax = relationship.kinds_table(KINDS, "£")
    bars = {bars.get_label(): [bar.get_width() for bar in bars] for bars in ax.containers}
    assert bars == {"of customers, 95% interval": [0.5, 0.3, 0.2], "of revenue": [0.1, 0.3, 0.6]}
    np.testing.assert_allclose(ax.collections[-1].get_segments()[0], [[0.47, -0.19], [0.53, -0.19]])
    assert notes(ax)[-3:] == ["£20 per customer", "£100 per customer", "£1.27k per customer"]


def test_a_kind_that_nobody_is_of_has_no_mean():
    table = KINDS.assign(mean=[20, NAN, 1266])
    assert notes(relationship.kinds_table(table, "£"))[-2] == ""
    assert words.kinds_table(table.iloc[1:2], "£").endswith("of customers, 30% of revenue.")


def test_a_gain_that_reaches_zero_is_grey_and_the_value_kept_is_written():
    ax = investment.investment(RULES, "£")
    unclear, clear = ax.lines[1:]
    np.testing.assert_equal(unclear.get_xdata(), [0, 0.1, NAN])
    np.testing.assert_equal(clear.get_xdata(), [NAN, NAN, 0.26])
    assert notes(ax) == ["keeps £1k", "keeps £1.1k", "keeps £1.26k"]


def test_each_rule_has_its_line_over_the_budgets():
    ax = investment.budget_curve(BUDGETS, "£", "kept")
    best = ax.lines[0]
    assert (best.get_label(), best.get_xdata().tolist(), best.get_ydata().tolist()) == (
        "best",
        [100, 500],
        [1250, 600],
    )
    assert ax.get_ylabel() == "value kept (£)"
    assert investment.budget_curve(BUDGETS).yaxis.get_major_formatter()(0.05) == "5%"
    with pytest.raises(SchemaError, match='There is no result of a budget "profit"'):
        investment.budget_curve(BUDGETS, what="profit")


def test_a_response_may_have_groups_and_a_band():
    both = pd.concat([RESPONSE.assign(who="high"), RESPONSE.assign(who="low", keep=[0.4, 0.5, 0.6])])
    both = both.assign(low=both["keep"] - 0.05, high=both["keep"] + 0.05)
    ax = investment.response_curve(both, "£", by="who")
    assert [line.get_label() for line in ax.lines] == ["high", "low"]
    assert ax.lines[1].get_ydata().tolist() == [0.4, 0.5, 0.6]
    assert len(ax.collections) == 2


# Tenure, contact, offers


def test_each_denominator_has_its_line_over_the_bands():
    ax = relationship.tenure_bands(BANDS, "£")
    active, elapsed = ax.lines
    assert (active.get_label(), active.get_ydata().tolist()) == ("active months", [45, 51])
    assert (elapsed.get_label(), elapsed.get_ydata().tolist()) == ("elapsed months", [30, 21])
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["up to 90 days", "over 90 days"]
    assert ax.get_ylabel() == "revenue per month (£), 95% interval"


def test_bands_without_contact_show_customers_and_what_they_are_worth():
    ax = relationship.contact_gaps(GAPS, "£")
    assert [bar.get_width() for bar in ax.containers[0]] == [0.04, 0.95, 0.01]
    assert notes(ax)[-3:] == ["120 customers, brought £12k", "3,000 customers, brought £22k", "33 customers"]
    assert notes(relationship.contact_gaps(GAPS.drop(columns="value")))[-1] == "33 customers"


def test_methods_stand_beside_each_other_for_new_and_repeat_items():
    ax = relationship.hits(HITS)
    assert rows(ax) == ["new items", "repeat items"]
    first, second = ax.lines
    assert (first.get_label(), first.get_xdata().tolist()) == ("item–item", [0.12, 0.3])
    assert (second.get_label(), second.get_xdata().tolist()) == ("best sellers", [0.07, 0.35])
    assert (second.get_ydata() > first.get_ydata()).all()
    assert notes(ax)[0] == "12.0% [10.0%, 14.0%]"


# Mediation and channels


def test_both_ways_are_drawn_and_the_unclear_one_is_dashed():
    ax = relationship.mediation(WAYS, **NAMES)
    arrows = [patch for patch in ax.patches if hasattr(patch, "get_arrowstyle")]
    assert [arrow.get_linestyle() == "-" for arrow in arrows] == [False, True, True]
    assert {"trust", "commitment", "loyalty to the\nshop", "direct: 0.05 [−0.05, 0.15]"} <= set(notes(ax))


def test_a_way_that_the_model_does_not_have_has_no_interval():
    ax = relationship.mediation(WAYS.assign(estimate=[0, 0.32, 0.32], low=[NAN, 0.2, 0.2]), **NAMES)
    assert "direct: 0.00" in notes(ax)


def test_channels_show_purchases_and_revenue_if_it_is_known():
    ax = relationship.by_channel(CHANNELS)
    assert [bars.get_label() for bars in ax.containers] == ["of purchases", "of revenue"]
    assert notes(ax)[-2:] == ["500 customers, 1,500 purchases", "20 customers, 33 purchases"]
    ax = relationship.by_channel(CHANNELS.assign(revenue_share=NAN))
    assert [bars.get_label() for bars in ax.containers] == ["of purchases"]
    assert ax.containers[0][0].get_facecolor() == mpl.colors.to_rgba(style.GREY)


# Captions


def test_captions_of_kinds_and_investment_say_the_numbers_of_the_tables():
    assert words.kinds_table(KINDS.iloc[1:], "£") == (
        "Kinds of relationship: product-centred 30.0% [27.0%, 33.0%] of customers, 30% of revenue, £100 per "
        "customer; "
        "价值 20.0% [17.0%, 23.0%] of customers, 60% of revenue, £1,266 per customer."
    )
    assert words.investment(RULES.iloc[1:], "£") == (
        "Gain over equal shares of the budget, by rule: past sales 10.0% [−2.0%, 22.0%], keeping £1,100; best 26.0% "
        "[20.0%, 31.0%], keeping £1,260."
    )
    assert words.budget_curve(BUDGETS, "£") == (
        "Gain over equal shares with budgets from £100 to £500: best from 25.0% to 20.0%, equal from 0.0% to 0.0%."
    )
    falling = BUDGETS.assign(gain=[-0.0004, 0.1, 0, 0])
    assert "best from 10.0% to 0.0%" in words.budget_curve(falling, "£")  # no minus before a zero
    assert words.budget_curve(BUDGETS, "£", "kept").startswith(
        "Value kept with budgets from £100 to £500: best from £1,250"
    )
    assert words.response_curve(RESPONSE, "£") == (
        "Assumed share of a customer's value that is kept, by what is spent on the customer: from 60% with "
        "£0.00 to 89% with £50.00."
    )


def test_captions_of_tenure_contact_and_offers_say_the_numbers_of_the_tables():
    assert words.tenure_bands(BANDS, "£") == (
        "Revenue per month by tenure, with 95% intervals. Over active months: up to 90 days £45.00 [£42.00, £48.00], "
        "over 90 days £51.00 [£48.00, £54.00]. Over elapsed months: up to 90 days £30.00 [£27.00, £33.00], over 90 "
        "days £21.00 [£18.00, £24.00]."
    )
    assert words.contact_gaps(GAPS, "£") == (
        "Time since the last contact: up to 30 days 4% (120 customers, £12,000), over 30 days 95% (3,000 customers, "
        "£22,000), never 1% (33 customers)."
    )
    assert words.hits(HITS) == (
        "Customers for whom a recommendation was right, with 95% intervals; new items: item–item 12.0% "
        "[10.0%, 14.0%], "
        "best sellers 7.0% [5.0%, 9.0%]; repeat items: item–item 30.0% [28.0%, 32.0%], best sellers 35.0% [33.0%, "
        "37.0%]."
    )
    assert words.hits(HITS, "precision").startswith(
        "Recommendations that were right, with 95% intervals; new items:"
    )


def test_captions_of_mediation_and_channels_say_the_numbers_of_the_tables():
    assert words.mediation(WAYS, **NAMES) == (
        "Standardised effects of trust on loyalty to the shop, straight (direct) and through commitment (indirect): "
        "direct 0.05 [−0.05, 0.15], indirect 0.32 [0.24, 0.40], total 0.37 [0.27, 0.47]."
    )
    assert words.by_channel(CHANNELS) == (
        "Purchases by channel: online 98% of purchases, 90% of revenue (500 customers); 电话 2% of purchases, 10% of "
        "revenue (20 customers)."
    )
