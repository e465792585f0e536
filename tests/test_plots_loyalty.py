"""The figures of loyalty, programmes and tests: they show the numbers of their tables and touch nothing else."""

import numpy as np
import pandas as pd
import pytest
from drawn import intervals, notes, rows, texts

from crmtheory.errors import SchemaError
from crmtheory.plots import captions_loyalty as words
from crmtheory.plots import loyalty, programme, style

NAN = np.nan
LEVELS = intervals([3.1, 3.9, 4.4, 6.2], [0.6, 0.2, 0.15, 0.1], [1, 3, 4, 5], n=[30, 220, 1800, 640])
GRID = np.linspace(1, 5, 30)
CURVES = pd.concat(
    [
        pd.DataFrame({"shape": name, "satisfaction": GRID, "loyalty": values})
        for name, values in (
            ("linear", 2.5 + 0.7 * (GRID - 1)),
            ("diminishing", 2.5 + 3.2 * (1 - np.exp(1 - GRID))),
            ("only complete", 3.2 + 3 * ((GRID - 1) / 4) ** 4),
        )
    ]
)
RECOMMEND = intervals([0.02, 0.11, 0.3, 0.71], [0.02, 0.04, 0.03, 0.03], [1, 3, 4, 5], n=[30, 220, 1800, 640])
KINDS = pd.DataFrame(
    {
        "customers": [400, 300, 200, 100],
        "share": [0.4, 0.3, 0.2, 0.1],
        "low": [0.37, 0.27, 0.18, 0.08],
        "high": [0.43, 0.33, 0.22, 0.12],
        "value": [420, 130, 310, NAN],
        "value_low": [390, 110, 270, NAN],
        "value_high": [450, 150, 360, NAN],
    },
    ["true", "latent", "spurious", "no"],
)
MOVES = pd.DataFrame(
    {
        "from": ["Star", "Star", "海鲜", "海鲜", "gone", "gone"],
        "to": ["Star", "海鲜", "Star", "海鲜", "Star", "海鲜"],
        "from_n": [80, 80, 40, 40, 0, 0],
        "probability": [0.9, 0.1, 0.25, 0.75, NAN, NAN],
        "low": [0.85, 0.05, 0.15, 0.6, NAN, NAN],
        "high": [0.95, 0.15, 0.4, 0.85, NAN, NAN],
    }
)
GROUPS = pd.DataFrame(
    {"customers": [800, 1600], "share": [0.62, 0.26], "low": [0.59, 0.24], "high": [0.66, 0.28]},
    ["top", "rest"],
)
DIFFERENCE = intervals([0.36], [0.04])
STUDIES = pd.DataFrame(
    {"group": ["goods"] * 4 + ["services"] * 3, "estimate": [0.3, 0.5, 0.6, 0.4, 0.2, NAN, 0.7]}
)
MEDIANS = intervals([0.45, 0.45], [0.1, 0.2], ["goods", "services"], studies=[4, 2])
TIERS = pd.DataFrame(
    {"share": [0.7, 0.22, 0.08], "cost": [1000, 1800, 2400], "cost_share": [0.19, 0.35, 0.46]},
    ["basic", "silver", "金卡"],
)
EVENTS = intervals([0.3, 0.02, 0, 0.42, -0.3], [0.1, 0.1, 0, 0.1, 0.1], [0, -3, -1, 1, -2])
METHODS = intervals([1.1, 0.42], [0.1, 0.12], ["members against others", "difference in differences"])
TESTS = intervals(
    [0.02, 0.004], [0.01, 0.012], ["voucher", "reminder"], treated=[0.12, 0.104], control=[0.1, 0.1]
)
POWER = pd.DataFrame(
    {"difference": [0.05, 0.05, 0.01, 0.01], "size": [1000, 300, 300, 1000], "power": [0.99, 0.85, 0.2, 0.33]}
)

FIGURES = {
    "link": (loyalty.link, words.link, LEVELS, {"curves": CURVES, "best": "only complete"}),
    "promoters": (loyalty.promoters, words.promoters, RECOMMEND, {}),
    "kinds": (loyalty.kinds, words.kinds, KINDS, {"currency": "£"}),
    "switching": (loyalty.switching, words.switching, MOVES, {}),
    "repurchase": (loyalty.repurchase, words.repurchase, GROUPS, {"difference": DIFFERENCE}),
    "intention": (loyalty.intention, words.intention, STUDIES, {"medians": MEDIANS}),
    "programme": (programme.programme, words.programme, TIERS, {"currency": "£"}),
    "event_study": (programme.event_study, words.event_study, EVENTS, {"unit": "month"}),
    "naive_against_did": (
        programme.naive_against_did,
        words.naive_against_did,
        METHODS,
        {"truth": 0.4, "unit": "month"},
    ),
    "ab": (programme.ab, words.ab, TESTS, {}),
    "ab_power": (programme.ab_power, words.ab_power, POWER, {}),
}


def test_a_missing_column_is_named():
    with pytest.raises(SchemaError) as error:
        programme.ab_power(POWER.drop(columns="size"))
    assert (
        str(error.value) == 'The figure "ab_power" draws the columns difference, size, power. Missing: size.'
    )


# The link with satisfaction


def test_means_stand_at_their_level_with_the_number_of_answers_below():
    ax = loyalty.link(LEVELS)
    assert (ax.lines[0].get_xdata().tolist(), ax.lines[0].get_ydata().tolist()) == (
        [1, 3, 4, 5],
        [3.1, 3.9, 4.4, 6.2],
    )
    assert [tick.get_text() for tick in ax.get_xticklabels()] == [
        "1\n(30)",
        "3\n(220)",
        "4\n(1,800)",
        "5\n(640)",
    ]


def test_each_shape_has_its_line_and_the_best_is_named():
    ax = loyalty.link(LEVELS, CURVES, "only complete")
    lines = {line.get_label(): line for line in ax.lines}
    assert list(lines) == ["linear", "diminishing", "only complete satisfaction (best)", "mean, 95% interval"]
    assert lines["linear"].get_ydata()[0] == 2.5
    assert len({line.get_linestyle() for line in ax.lines[:3]}) == 3


def test_promoters_are_shares():
    ax = loyalty.promoters(RECOMMEND)
    assert ax.lines[0].get_ydata().tolist() == [0.02, 0.11, 0.3, 0.71]
    assert ax.get_ylim()[0] == 0
    assert ax.yaxis.get_major_formatter()(0.3) == "30%"


# Kinds and brands


def test_true_loyalty_stands_upper_right_and_none_lower_left():
    ax = loyalty.kinds(KINDS, "£")
    place = {text.get_text(): (text.get_position()[0], round(text.get_position()[1])) for text in ax.texts}
    assert place["true loyalty"] == (1, 1)
    assert place["no loyalty"] == (0, 0)
    assert place["latent loyalty"] == (1, 0)
    assert place["spurious loyalty"] == (0, 1)
    assert "40.0% [37.0%, 43.0%] of customers\n£420 [£390, £450] per customer" in notes(ax)
    assert "10.0% [8.0%, 12.0%] of customers" in notes(ax)  # no value, no words on it


def test_kinds_without_value_have_shares_only():
    ax = loyalty.kinds(KINDS[["share", "low", "high"]])
    assert not any("per customer" in text for text in notes(ax))


def test_a_brand_that_nobody_left_stays_blank():
    ax = loyalty.switching(MOVES)
    filled = ax.collections[0].get_array().filled(NAN)
    np.testing.assert_equal(filled[:2, :2], [[0.9, 0.1], [0.25, 0.75]])
    assert np.isnan(filled[2]).all()
    assert rows(ax) == ["Star (80)", "海鲜 (40)", "gone (0)"]
    assert "90%\n85–95%" in notes(ax)


# Buying again


def test_the_difference_stands_under_both_groups():
    ax = loyalty.repurchase(GROUPS, DIFFERENCE)
    assert rows(ax) == ["most loyal before", "the others", "difference (points)"]
    np.testing.assert_equal(ax.lines[2].get_xdata(), [0.62, 0.26, NAN])
    np.testing.assert_equal(ax.lines[3].get_xdata(), [NAN, NAN, 0.36])
    assert notes(ax) == [
        "62.0% [59.0%, 66.0%], n = 800",
        "26.0% [24.0%, 28.0%], n = 1,600",
        "36.0% [32.0%, 40.0%]",
    ]


def test_every_study_has_a_dot_in_the_row_of_its_group():
    ax = loyalty.intention(STUDIES, MEDIANS)
    goods, services, median = ax.lines[1:4]
    assert goods.get_xdata().tolist() == [0.3, 0.4, 0.5, 0.6]
    assert services.get_xdata().tolist() == [0.2, 0.7]
    assert (np.abs(services.get_ydata() - 1) < 0.3).all()
    assert median.get_xdata().tolist() == [0.45, 0.45]


def test_studies_can_stand_without_medians_and_under_other_names():
    table = STUDIES.rename(columns={"group": "domain", "estimate": "r"})
    ax = loyalty.intention(table, by="domain", value="r")
    assert rows(ax) == ["goods", "services"]
    assert notes(ax) == []


# Programmes and tests


def test_members_and_cost_stand_beside_each_other():
    ax = programme.programme(TIERS, "£")
    bars = {bars.get_label(): [bar.get_width() for bar in bars] for bars in ax.containers}
    assert bars == {"of members": [0.7, 0.22, 0.08], "of cost": [0.19, 0.35, 0.46]}
    assert notes(ax)[-3:] == ["cost £1k", "cost £1.8k", "cost £2.4k"]


def test_periods_stand_in_order_and_joining_between_minus_one_and_zero():
    ax = programme.event_study(EVENTS, "month")
    zero, joining, dots = ax.lines
    assert list(zero.get_ydata()) == [0, 0]
    assert list(joining.get_xdata()) == [-0.5, -0.5]
    assert dots.get_xdata().tolist() == [-3, -2, -1, 0, 1]
    assert dots.get_ydata().tolist() == [0.02, -0.3, 0, 0.3, 0.42]
    assert ax.get_xlabel() == "months since joining"
    assert ax.get_ylabel() == "effect on purchases per month,\n95% interval"


def test_the_truth_has_a_line_only_if_it_is_given():
    ax = programme.naive_against_did(METHODS, truth=2.0)
    assert list(ax.lines[-1].get_xdata()) == [2, 2]
    assert ax.get_xlim()[1] > 2
    assert "truth of the simulation" not in texts(programme.naive_against_did(METHODS))


def test_a_difference_that_reaches_zero_is_grey():
    ax = programme.ab(TESTS)
    unclear, clear = ax.lines[1:]
    np.testing.assert_equal(unclear.get_xdata(), [NAN, 0.004])
    np.testing.assert_equal(clear.get_xdata(), [0.02, NAN])
    assert (unclear.get_color(), clear.get_color()) == (style.GREY, style.BLUE)
    assert notes(ax) == ["12.0% against 10.0%", "10.4% against 10.0%"]


def test_power_rises_with_size_one_line_for_each_difference():
    ax = programme.ab_power(POWER, wanted=0.9)
    small, large, wanted = ax.lines
    assert (small.get_label(), large.get_label()) == ("true difference of +1.0%", "true difference of +5.0%")
    assert (large.get_xdata().tolist(), large.get_ydata().tolist()) == ([300, 1000], [0.85, 0.99])
    assert (wanted.get_label(), list(wanted.get_ydata())) == ("power 90%", [0.9, 0.9])


# Captions


def test_captions_of_the_link_say_the_numbers_of_the_tables():
    assert words.link(LEVELS.iloc[2:], CURVES, "only complete") == (
        "Mean recommendation by satisfaction, with 95% intervals: 4: 4.40 [4.25, 4.55], 5: 6.20 [6.10, 6.30]. Fitted: "
        "a line, diminishing, only complete satisfaction counts. Fits best: only complete satisfaction counts."
    )
    assert words.promoters(RECOMMEND.iloc[:1]) == (
        "Share who recommend by satisfaction, with 95% intervals: 1: 2.0% [0.0%, 4.0%]."
    )


def test_captions_of_kinds_and_brands_say_the_numbers_of_the_tables():
    assert words.kinds(KINDS.iloc[2:], "£") == (
        "Kinds of loyalty by attitude and repeat buying, share of customers: spurious 20.0% [18.0%, 22.0%], £310 per "
        "customer; no 10.0% [8.0%, 12.0%]."
    )
    assert words.switching(MOVES) == (
        "Probability of each brand at the next purchase, by the brand before. Most stay with Star, 90.0% [85.0%, "
        "95.0%]; fewest with 海鲜, 75.0% [60.0%, 85.0%]. The likeliest switch: 海鲜 to Star, 25.0% [15.0%, 40.0%]."
    )


def test_captions_of_buying_again_say_the_numbers_of_the_tables():
    assert words.repurchase(GROUPS, DIFFERENCE) == (
        "Share who bought again: the most loyal before 62.0% [59.0%, 66.0%] of 800, the others 26.0% [24.0%, 28.0%] of "
        "1,600. Difference: 36.0 [32.0, 40.0] points."
    )
    assert words.intention(STUDIES, MEDIANS) == (
        "Correlation of satisfaction with what customers intend or do, in 6 published studies, from 0.20 to "
        "0.70. Medians: goods 0.45 [0.35, 0.55], services 0.45 [0.25, 0.65]."
    )


def test_captions_of_programmes_and_tests_say_the_numbers_of_the_tables():
    assert words.programme(TIERS.iloc[1:], "£") == (
        "Members and cost of the programme by tier: silver 22% of members, 35% of cost (£1,800); 金卡 8% of members, "
        "46% of cost (£2,400)."
    )
    assert words.event_study(EVENTS, "month") == (
        "Purchases per month of members against others, by month since joining (dashed line). Before it, 1 of 2 "
        "intervals leaves out 0; after it, 0: 0.30 [0.20, 0.40], 1: 0.42 [0.32, 0.52]."
    )
    assert words.naive_against_did(METHODS, 0.4, "month") == (
        "Effect of the programme on purchases per month: members against others 1.10 [1.00, 1.20], difference in "
        "differences 0.42 [0.30, 0.54]. The truth is 0.40 (dashed)."
    )
    assert words.ab(TESTS) == (
        "Difference between treated and control: voucher 2.0 [1.0, 3.0] points (12.0% against 10.0%); reminder 0.4 "
        "[−0.8, 1.6] points (10.4% against 10.0%)."
    )
    assert words.ab_power(POWER) == (
        "Power of the test by customers per group. 80% (dotted) is reached for a true difference of +5.0% with 300; "
        "not for +1.0%."
    )


def test_the_link_is_about_recommendation():
    assert loyalty.link(LEVELS).get_ylabel() == "mean recommendation\n(points of the scale), 95% interval"


@pytest.mark.parametrize(
    ("index", "name"),
    [(None, "campaign"), (["birthday"], "birthday"), (pd.Index([2024], name="year"), "2024")],
)
def test_the_only_test_is_called_campaign_unless_it_has_a_name(index, name):
    one = TESTS.iloc[:1].reset_index(drop=True)
    one = one if index is None else one.set_axis(index, axis=0)
    assert rows(programme.ab(one)) == [name]
    assert words.ab(one).startswith(f"Difference between treated and control: {name} 2.0 [1.0, 3.0] points")
    several = TESTS.reset_index(drop=True)
    assert rows(programme.ab(several)) == ["0", "1"]


def test_rounding_errors_are_drawn_and_said_as_zero():
    table = intervals([1e-16, 0, -3e-17, 2e-6], [0.1, 0, 0.1, 0.2], [-2, -1, 0, 1])
    assert programme.event_study(table).lines[-1].get_ydata().tolist() == [0, 0, 0, 2e-6]
    assert words.event_study(table).endswith(
        "Before it, the only interval holds 0; after it, 0: 0.00 [−0.10, 0.10], 1: 0.00 [−0.20, 0.20]."
    )
    flat = intervals([1e-16, 0, 2e-16], [1e-17, 0, 1e-17], [-2, -1, 0])
    assert words.event_study(flat).endswith(
        "Before it, there is no interval; after it, 0: 0.00 [0.00, 0.00]."
    )
    small = intervals([2e-5, 0, 3e-4], [1e-5, 0, 1e-4], [-2, -1, 0])
    assert words.event_study(small).endswith(
        "Before it, the only interval leaves out 0; after it, 0: 0.0003 [0.0002, 0.0004]."
    )


def test_each_number_is_rounded_by_its_own_interval():
    table = intervals([0, 0.004, 0.004], [0, 0.002, 20], [-1, 0, 1])
    assert "0: 0.004 [0.002, 0.006], 1: 0.00 [−20.00, 20.00]." in words.event_study(table)


def test_intervals_before_joining_are_counted_in_words():
    table = intervals([0.02, -0.02, 0, 0.3], [0.1, 0.1, 0, 0.1], [-3, -2, -1, 0])
    assert "Before it, none of 2 intervals leaves out 0; after it" in words.event_study(table)
    assert "Before it, 2 of 2 intervals leave out 0;" in words.event_study(
        table.assign(low=0.01, high=0.4).drop(-1)
    )
    assert "Before it, there is no interval; after it" in words.event_study(table.loc[[-1, 0]])
    assert words.event_study(table.loc[[-2, -1]]).endswith("Before it, the only interval holds 0.")


def test_one_study_is_said_in_the_singular():
    assert "in 1 published study, from 0.30 to 0.30." in words.intention(STUDIES.iloc[:1])
