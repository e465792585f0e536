"""The figures of surveys, drivers and path models: they show the numbers of their tables and touch nothing else."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from drawn import intervals, notes, overlapping, rows, texts, with_ends
from matplotlib.patches import Rectangle

from crmtheory.errors import SchemaError
from crmtheory.plots import boxes, paths, style, survey
from crmtheory.plots import captions_survey as words

NAN = np.nan
DRIVERS = [
    "product quality",
    "friendliness of the staff",
    "价格",
    "delivery time",
    "range of goods",
    "ease of returns",
]
SCALES = with_ends(
    pd.DataFrame(
        {
            "items": [4, 3, 1],
            "alpha": [0.82, 0.64, NAN],
            "low": [0.78, 0.55, NAN],
            "high": [0.86, 0.71, NAN],
        },
        ["trust", "commitment", "满意度"],
    ),
    "omega",
    [0.83, 0.66, NAN],
    [0.03, 0.08, NAN],
)
ITEMS = pd.DataFrame(
    {
        "construct": ["trust", "commitment", "trust", "trust", "complaints"],
        "item_rest": [0.62, 0.44, 0.18, 0.66, NAN],
        "alpha": [0.82, 0.64, 0.82, 0.82, NAN],
        "weak": [False, False, True, False, False],
    },
    ["t1", "c1", "t2", "t3", "p1"],
)
METHODS = intervals([0.58, 0.46], [0.05, 0.06], ["pearson", "kendall"])
IMPORTANCE = pd.DataFrame(
    {
        "share": [0.34, 0.22, 0.18, 0.12, 0.09, 0.05],
        "low": [0.28, 0.16, 0.12, 0.07, 0.05, 0.02],
        "high": [0.41, 0.29, 0.24, 0.18, 0.14, 0.09],
        "r_squared": 0.62,
    },
    DRIVERS,
)
MAP = pd.DataFrame(
    {
        "quadrant": [
            "keep up",
            "keep up",
            "concentrate here",
            "low priority",
            "low priority",
            "possible overkill",
        ],
        "probability": [0.99, 0.9, 0.95, 0.6, 0.7, 0.98],
    },
    DRIVERS,
)
MAP = with_ends(MAP, "importance", [0.34, 0.22, 0.2, 0.12, 0.11, 0.05], [0.05] * 6)
MAP = with_ends(MAP, "performance", [70, 74, 55, 60, 62, 78], [3, 3, 3, 4, 3, 2.5])
PENALTY = pd.DataFrame(
    {"estimate": [-0.7, 0.9, 0.1], "kind": ["delights", "annoys", "unclear"]},
    ["ease of returns", "product quality", "价格"],
)
PENALTY = with_ends(PENALTY, "penalty", [-0.2, -1.2, -0.3], [0.3, 0.3, 0.2])
PENALTY = with_ends(PENALTY, "reward", [0.9, 0.3, 0.2], [0.3, 0.2, 0.3])
NAMES = ["Image", "Expectations", "Quality", "Value", "Satisfaction", "Complaints", "Loyalty"]
ARROWS = [(0, 1), (0, 4), (0, 6), (1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4), (4, 5), (4, 6), (5, 6)]
PATHS = intervals([0.5, 0.18, 0.2, 0.55, 0.05, 0.06, 0.54, 0.5, 0.19, 0.53, 0.48, 0.05], [0.1] * 12).assign(
    **{"from": [NAMES[a] for a, _ in ARROWS], "to": [NAMES[b] for _, b in ARROWS]}
)
TRUST = intervals([0.4, 0.5, -0.3], [0.1, 0.1, 0.4]).assign(
    **{"from": ["trust", "commitment", "trust"], "to": ["commitment", "loyalty", "loyalty"]}
)
EXPLAINED = pd.DataFrame({"estimate": [0.16, 0.34]}, ["commitment", "loyalty"])
PAIRS = intervals([0.95, 0.7, 0.6], [0.02, 0.1, 0.1]).assign(
    first=["trust", "loyalty", "trust"], second=["loyalty", "commitment", "commitment"]
)

FIGURES = {
    "reliability": (survey.reliability, words.reliability, SCALES, {}),
    "item_table": (survey.item_table, words.item_table, ITEMS, {}),
    "correlations": (survey.correlations, words.correlations, METHODS, {}),
    "importance": (survey.importance, words.importance, IMPORTANCE, {}),
    "importance_performance": (survey.importance_performance, words.importance_performance, MAP, {}),
    "quadrants": (survey.quadrants, words.quadrants, MAP, {}),
    "penalty_reward": (survey.penalty_reward, words.penalty_reward, PENALTY, {}),
    "path_diagram": (paths.path_diagram, words.path_diagram, PATHS, {}),
    "path_diagram, small": (paths.path_diagram, words.path_diagram, TRUST, {"r_squared": EXPLAINED}),
    "effects": (paths.effects, words.effects, PATHS, {"indirect": PATHS.iloc[3:6]}),
    "htmt": (paths.htmt, words.htmt, PAIRS, {}),
}


def test_a_missing_column_is_named():
    with pytest.raises(SchemaError) as error:
        survey.importance(IMPORTANCE.drop(columns="low"))
    assert str(error.value) == 'The figure "importance" draws the columns share, low, high. Missing: low.'


# Scales


def test_alpha_and_omega_stand_beside_each_other_and_the_threshold_between_them():
    ax = survey.reliability(SCALES, threshold=0.75)
    line, alpha, omega, _ = ax.lines
    assert line.get_xdata() == [0.75, 0.75]
    np.testing.assert_equal(alpha.get_xdata(), [0.82, 0.64, NAN])
    np.testing.assert_equal(omega.get_xdata(), [0.83, 0.66, NAN])
    assert notes(ax) == ["4 items", "3 items", "1 item"]


def test_without_omega_there_is_only_alpha():
    ax = survey.reliability(SCALES.assign(omega=NAN, omega_low=NAN, omega_high=NAN))
    assert "McDonald's omega, 95% interval" not in texts(ax)


def test_items_stand_by_scale_and_the_weak_one_is_marked():
    ax = survey.item_table(ITEMS)
    assert rows(ax) == ["t1", "t2", "t3", "c1", "p1"]
    strong, weak = ax.lines[:2]
    np.testing.assert_equal(strong.get_xdata(), [0.62, NAN, 0.66, 0.44, NAN])
    np.testing.assert_equal(weak.get_xdata(), [NAN, 0.18, NAN, NAN, NAN])
    assert (weak.get_marker(), weak.get_color()) == ("X", style.RED)
    assert [text for text in notes(ax) if text] == [
        "trust (α = 0.82)",
        "commitment (α = 0.64)",
        "complaints (α = –)",
    ]


def test_a_correlation_may_have_its_method_as_a_column():
    ax = survey.correlations(METHODS.reset_index(names="method"))
    assert rows(ax) == ["pearson", "kendall"]
    assert notes(ax) == ["0.58 [0.53, 0.63]", "0.46 [0.40, 0.52]"]


# Drivers


def test_shares_stand_in_the_order_of_the_table_with_r_squared_above():
    ax = survey.importance(IMPORTANCE)
    assert ax.lines[0].get_xdata().tolist() == IMPORTANCE["share"].tolist()
    assert notes(ax)[0] == "34.0% [28.0%, 41.0%]"
    assert "R² = 0.62" in texts(ax)


def test_quadrants_meet_at_the_means_unless_a_cut_is_given():
    ax = survey.importance_performance(MAP)
    assert ax.lines[0].get_xdata() == [MAP["importance"].mean()] * 2
    assert ax.lines[1].get_ydata() == [MAP["performance"].mean()] * 2
    ax = survey.importance_performance(MAP, cut=(0.2, 65.0))
    assert (ax.lines[0].get_xdata(), ax.lines[1].get_ydata()) == ([0.2, 0.2], [65.0, 65.0])


def test_points_of_the_map_have_an_interval_in_both_directions():
    ax = survey.importance_performance(MAP)
    across, up = ax.collections[0].get_segments()[0], ax.collections[1].get_segments()[0]
    np.testing.assert_allclose(across, [[0.29, 70], [0.39, 70]])
    np.testing.assert_allclose(up, [[0.34, 67], [0.34, 73]])
    named = {text.get_text(): text.xy for text in ax.texts if hasattr(text, "xy")}
    assert named["价格"] == (0.2, 55)


def test_a_map_of_constructs_needs_no_quadrants():
    table = MAP.drop(columns=["quadrant", "probability"])
    assert survey.importance_performance(table)
    assert words.importance_performance(table.iloc[:1]).endswith("product quality 0.34 and 70.")


def test_many_points_close_together_have_names_apart():
    rng = np.random.default_rng(3)
    table = with_ends(
        pd.DataFrame(index=[f"driver {i}" for i in range(12)]), "importance", rng.uniform(0, 0.1, 12), 0.01
    )
    table = with_ends(table, "performance", rng.uniform(50, 60, 12), 1.0)
    assert overlapping(survey.importance_performance(table)) == []


def test_drivers_that_annoy_stand_above_those_that_delight():
    ax = survey.penalty_reward(PENALTY)
    assert rows(ax) == ["product quality", "价格", "ease of returns"]
    bars = {bars.get_label(): [bar.get_width() for bar in bars] for bars in ax.containers}
    assert bars == {"penalty when low": [-1.2, -0.3, -0.2], "reward when high": [0.3, 0.2, 0.9]}
    assert notes(ax) == ["only annoys", "unclear", "delights"]


# Path models


def heights(ax):
    return {patch.get_path().vertices.shape for patch in ax.patches}


def test_constructs_stand_from_left_to_right_by_depth():
    places = boxes.layout(NAMES, [(NAMES[a], NAMES[b]) for a, b in ARROWS])
    assert [places[name][0] for name in NAMES] == list(range(7))
    assert boxes.depths(["a", "b"], [("a", "b"), ("b", "a")]) == {"a": 1, "b": 1}  # a circle ends


def test_no_arrow_passes_through_a_box_of_the_satisfaction_chain():
    places = boxes.layout(NAMES, [(NAMES[a], NAMES[b]) for a, b in ARROWS])
    for a, b in ARROWS:
        line = np.linspace(places[NAMES[a]], places[NAMES[b]], 200)
        for name in set(NAMES) - {NAMES[a], NAMES[b]}:
            assert not (np.abs(line - places[name]) < boxes.HALF).all(axis=1).any(), (
                NAMES[a],
                NAMES[b],
                name,
            )


def test_the_same_model_has_the_same_picture_whatever_order_its_numbers_come_in():
    pairs = [(NAMES[a], NAMES[b]) for a, b in ARROWS]
    first, second = boxes.layout(NAMES, pairs), boxes.layout(NAMES, pairs[::-1])
    assert all((first[name] == second[name]).all() for name in NAMES)


def test_arrows_carry_their_coefficients_and_are_dashed_where_the_interval_holds_zero():
    ax = paths.path_diagram(TRUST, EXPLAINED)
    arrows = [patch for patch in ax.patches if hasattr(patch, "get_arrowstyle")]
    assert [arrow.get_linestyle() == "-" for arrow in arrows] == [True, True, False]
    widths = [arrow.get_linewidth() for arrow in arrows]
    assert widths[1] > widths[0] > widths[2]
    assert arrows[2].get_edgecolor()[:3] == mpl.colors.to_rgb(style.ORANGE)
    assert notes(ax)[-3:] == ["0.40", "0.50", "−0.30"]
    assert notes(ax)[:3] == ["trust", "commitment\nR² 0.16", "loyalty\nR² 0.34"]


def test_without_intervals_all_arrows_are_drawn_through():
    ax = paths.path_diagram(TRUST[["from", "to", "estimate"]], pd.Series([0.2], ["loyalty"]))
    arrows = [patch for patch in ax.patches if hasattr(patch, "get_arrowstyle")]
    assert all(arrow.get_linestyle() == "-" for arrow in arrows)
    assert "loyalty\nR² 0.20" in notes(ax)


def test_long_and_chinese_constructs_fit_into_their_boxes():
    long = {
        "trust": "the trust that customers have in the shop",
        "commitment": "承诺与归属感的强度",
        "loyalty": "l",
    }
    assert overlapping(paths.path_diagram(TRUST.replace(long))) == []


def test_indirect_effects_stand_under_their_total_effects():
    ax = paths.effects(PATHS.iloc[:3], PATHS.iloc[[2, 5]])
    assert rows(ax) == ["Image → Expectations", "Image → Satisfaction", "Image → Loyalty"]
    total, indirect = ax.lines[1:3]
    assert total.get_xdata().tolist() == [0.5, 0.18, 0.2]
    np.testing.assert_equal(indirect.get_xdata(), [NAN, NAN, 0.2])


def test_pairs_stand_in_the_lower_half_and_high_ratios_have_a_frame():
    ax = paths.htmt(PAIRS)
    np.testing.assert_equal(ax.collections[0].get_array().filled(NAN), [[0.95, NAN], [0.6, 0.7]])
    assert sorted(notes(ax)) == ["0.60\n0.50–0.70", "0.70\n0.60–0.80", "0.95\n0.93–0.97"]
    frames = [p for p in ax.patches if isinstance(p, Rectangle) and not p.get_fill()]
    assert [(round(p.get_x() + 0.46), round(p.get_y() + 0.44)) for p in frames] == [(0, 0)]


# Captions


def test_captions_of_scales_say_the_numbers_of_the_tables():
    assert words.reliability(SCALES) == (
        "Cronbach's alpha of each scale: trust 0.82 [0.78, 0.86], omega 0.83; commitment 0.64 [0.55, 0.71], omega "
        "0.66; 满意度 has one item and none. Below the dashed line at 0.7: commitment."
    )
    assert words.item_table(ITEMS) == (
        "Correlation of each item with the rest of its scale, 5 items in 3 scales. Lowest: t2 0.18; highest: t3 0.66. "
        "Alpha rises without t2 (trust) (cross)."
    )
    assert words.correlations(METHODS) == (
        "The correlation by several methods: pearson 0.58 [0.53, 0.63], kendall 0.46 [0.40, 0.52]."
    )


def test_captions_of_drivers_say_the_numbers_of_the_tables():
    assert words.importance(IMPORTANCE.iloc[:2]) == (
        "Share of the explained variance that each driver brings: product quality 34.0% [28.0%, 41.0%], friendliness "
        "of the staff 22.0% [16.0%, 29.0%]. Together they explain 62% of the variance of the outcome."
    )
    assert words.importance_performance(MAP) == (
        "Importance of each driver (across) against its performance from 0 to 100 (upward). Keep up: product quality "
        "(99% sure) and friendliness of the staff (90% sure). Concentrate here: 价格 (95% sure). Low priority: "
        "delivery time (60% sure) and range of goods (70% sure). Possible overkill: ease of returns (98% sure)."
    )
    assert words.penalty_reward(PENALTY.iloc[:1]) == (
        "What a low rating of each driver takes from the outcome and a high one adds, against a middling one, sorted "
        "from what annoys to what delights: ease of returns −0.20 [−0.50, 0.10] and 0.90 [0.60, 1.20] (delights)."
    )
    assert words.quadrants(MAP.iloc[2:4]) == (
        "Probability that each driver lies in its quadrant: 价格 concentrate here 95%, delivery time low priority 60%."
    )


def test_captions_of_path_models_say_the_numbers_of_the_tables():
    assert words.path_diagram(TRUST, EXPLAINED) == (
        "Path model with 3 arrows: trust → commitment 0.40 [0.30, 0.50], commitment → loyalty 0.50 [0.40, 0.60], trust "
        "→ loyalty −0.30 [−0.70, 0.10]. 1 interval holds 0 (dashed). R²: commitment 0.16, loyalty 0.34."
    )
    assert words.effects(TRUST.iloc[:2], TRUST.iloc[1:]) == (
        "Standardised total effects: trust → commitment 0.40 [0.30, 0.50], commitment → loyalty 0.50 [0.40, 0.60]. Of "
        "these through other constructs: commitment → loyalty 0.50 [0.40, 0.60]."
    )
    assert words.htmt(PAIRS) == (
        "Heterotrait–monotrait ratios of 3 pairs of constructs. Highest: trust and loyalty 0.95 [0.93, 0.97]. 1 is "
        "above 0.9 (framed)."
    )


FEW = pd.concat([PENALTY, PENALTY.iloc[:2].assign(kind="unclear").set_axis(["wifi", "艺术"])])
FEW.loc[["wifi", "艺术"], FEW.columns.drop("kind")] = NAN


def test_drivers_with_too_few_ratings_are_told_apart_from_unclear_ones():
    ax = survey.penalty_reward(FEW)
    assert rows(ax) == ["product quality", "价格", "ease of returns", "wifi", "艺术"]
    few = "too few low or high ratings"
    assert notes(ax) == ["only annoys", "unclear", "delights", few, few]
    assert overlapping(ax) == []
    text = words.penalty_reward(FEW)
    assert text.endswith("0.90 [0.60, 1.20] (delights). Too few low or high ratings for: wifi and 艺术.")
    assert "–" not in text
    assert words.penalty_reward(FEW.loc[["wifi"]]) == (
        "What a low rating of each driver takes from the outcome and a high one adds, against a middling one. Too few "
        "low or high ratings for: wifi."
    )


def test_intervals_that_hold_zero_are_counted_in_words():
    assert "2 arrows: " in words.path_diagram(TRUST.iloc[:2])
    assert words.path_diagram(TRUST.iloc[:2]).endswith("0.50 [0.40, 0.60]. No interval holds 0.")
    assert words.path_diagram(TRUST.iloc[2:]) == (
        "Path model with 1 arrow: trust → loyalty −0.30 [−0.70, 0.10]. 1 interval holds 0 (dashed)."
    )
    both = pd.concat([TRUST.iloc[2:], TRUST.iloc[2:]])
    assert words.path_diagram(both).endswith("2 intervals hold 0 (dashed).")
    assert words.htmt(PAIRS.iloc[:1]).startswith("Heterotrait–monotrait ratios of 1 pair of constructs.")
