"""The figures of satisfaction: they show the numbers of their tables and touch nothing else."""

import numpy as np
import pandas as pd
import pytest
from drawn import intervals, notes, rows, texts, with_ends

from crmtheory.errors import SchemaError
from crmtheory.plots import captions_satisfaction as words
from crmtheory.plots import satisfaction, style
from crmtheory.plots.labels import label

NAN = np.nan
NPS = intervals(
    [23, -8, 41],
    [5, 6, 9],
    ["online", "branch in the old town", "电话"],
    n=[1200, 640, 220],
    promoters=[0.45, 0.3, 0.58],
    passives=[0.33, 0.32, 0.25],
    detractors=[0.22, 0.38, 0.17],
)
SHARES = pd.DataFrame(
    [[0.05, 0.1, 0.2, 0.4, 0.25], [0.02, 0.03, 0.15, 0.3, 0.5]], ["online", "店"], [1, 2, 3, 4, 5]
)
MEANS = intervals([4.1, 3.7], [0.1, 0.15], ["online", "shop"], n=[1200, 640])
TOP = intervals([0.81, 0.67], [0.03, 0.05], ["online", "shop"], n=[1200, 640])
GAPS = intervals(
    [-0.4, -0.1, 0.15],
    [0.1, 0.12, 0.1],
    ["reliability", "responsiveness", "有形性"],
    perception=[5.1, 5.5, 5.8],
    expectation=[5.5, 5.6, 5.65],
)
KANO = pd.DataFrame(
    {
        "category": ["one_dimensional", "attractive", "must_be", "indifferent", "attractive", "attractive"],
        "clear": [True, True, True, True, True, False],
    },
    ["free returns", "opening at night", "clean shop", "music", "personal offers", "loyalty card"],
)
KANO = with_ends(KANO, "better", [0.7, 0.62, 0.2, 0.1, 0.6, 0.58], [0.06] * 6)
KANO = with_ends(KANO, "worse", [-0.6, -0.2, -0.75, -0.1, -0.18, -0.22], [0.06] * 6)
CHANGE = intervals(
    [0.12, -0.2, NAN, 0.3], [0.15, 0.15, NAN, 0.1], ["returns", "price", "range", "质量"]
).assign(direction=["no clear change", "fell", "not asked twice", "rose"])
THEMES = pd.DataFrame(
    {
        "comments": [120, 80, 1],
        "share": [0.4, 0.27, 0.003],
        "low": [0.35, 0.22, 0.0],
        "high": [0.45, 0.32, 0.02],
        "tone": [-0.6, 0.9, NAN],
    },
    ["waiting", "质量", "parking"],
)
ANSWERS = pd.DataFrame({"difference": [5, 1, 10], "answers": [3832.0, 95800, 958]})

FIGURES = {
    "nps_bars": (satisfaction.nps_bars, words.nps_bars, NPS, {}),
    "distribution": (satisfaction.distribution, words.distribution, SHARES, {}),
    "csat": (satisfaction.csat, words.csat, MEANS, {}),
    "csat, share": (satisfaction.csat, words.csat, TOP, {"what": "top"}),
    "gaps": (satisfaction.gaps, words.gaps, GAPS, {}),
    "kano_map": (satisfaction.kano_map, words.kano_map, KANO, {}),
    "two_periods": (satisfaction.two_periods, words.two_periods, CHANGE, {}),
    "comments": (satisfaction.comments, words.comments, THEMES, {}),
    "sample_size": (
        satisfaction.sample_size,
        words.sample_size,
        ANSWERS,
        {"unit": "NPS points", "at": [1000]},
    ),
}


def test_a_missing_column_is_named():
    with pytest.raises(SchemaError) as error:
        satisfaction.gaps(GAPS.drop(columns=["perception", "high"]))
    assert str(error.value) == (
        'The figure "gaps" draws the columns perception, expectation, estimate, low, high. Missing: perception, high.'
    )


# Ratings


def test_the_three_groups_of_answers_fill_the_bar_and_the_score_stands_beside_it():
    ax = satisfaction.nps_bars(NPS)
    bars = {bars.get_label(): [round(bar.get_width(), 9) for bar in bars] for bars in ax.containers}
    assert bars == {
        "detractors (0–6)": [0.22, 0.38, 0.17],
        "passives (7–8)": [0.33, 0.32, 0.25],
        "promoters (9–10)": [0.45, 0.3, 0.58],
    }
    np.testing.assert_allclose([bar.get_x() for bar in ax.containers[2]], [0.55, 0.7, 0.42])
    (beside,) = ax.child_axes
    assert beside.lines[1].get_xdata().tolist() == [23, -8, 41]
    assert beside.collections[0].get_segments()[0].tolist() == [[18, 0], [28, 0]]
    assert notes(beside) == ["23 [18, 28], n = 1,200", "−8 [−14, −2], n = 640", "41 [32, 50], n = 220"]
    assert beside.get_ylim() == ax.get_ylim()


def test_the_lowest_rating_is_orange_and_the_highest_violet():
    ax = satisfaction.distribution(SHARES)
    assert [bars.get_label() for bars in ax.containers] == ["1", "2", "3", "4", "5"]
    first, last = (ax.containers[i][0].get_facecolor() for i in (0, -1))
    assert first[0] > first[2]  # more red than blue
    assert last[2] > last[0]
    assert "5%" not in notes(ax)  # no room for it


def test_a_mean_has_points_and_a_share_percent():
    assert satisfaction.csat(MEANS).get_xlabel() == "mean rating (points of the scale), 95% interval"
    ax = satisfaction.csat(TOP, "top")
    assert ax.get_xlabel() == "share satisfied, 95% interval"
    assert ax.xaxis.get_major_formatter()(0.125) == "12.5%"
    assert notes(ax) == ["n = 1,200", "n = 640"]
    with pytest.raises(SchemaError, match='There is no measure of satisfaction "median"'):
        satisfaction.csat(MEANS, "median")


# Expectations


def test_expectation_and_perception_are_joined_and_the_gap_has_its_interval():
    ax = satisfaction.gaps(GAPS)
    expectation, perception = ax.lines
    assert expectation.get_xdata().tolist() == [5.5, 5.6, 5.65]
    assert perception.get_xdata().tolist() == [5.1, 5.5, 5.8]
    assert ax.collections[0].get_segments()[0].tolist() == [[5.1, 0], [5.5, 0]]
    beside = ax.child_axes[0]
    assert beside.lines[1].get_xdata().tolist() == [-0.4, -0.1, 0.15]
    assert notes(beside)[0] == "−0.40 [−0.50, −0.30]"


def test_features_stand_by_better_and_worse_without_its_sign():
    ax = satisfaction.kano_map(KANO)
    dots = ax.lines[2:8]
    assert [(float(dot.get_xdata()[0]), float(dot.get_ydata()[0])) for dot in dots] == list(
        zip(-KANO["worse"], KANO["better"], strict=True)
    )
    np.testing.assert_allclose(ax.collections[0].get_segments()[0], [[0.54, 0.7], [0.66, 0.7]])
    np.testing.assert_allclose(ax.collections[1].get_segments()[0], [[0.6, 0.64], [0.6, 0.76]])


def test_each_category_has_its_colour_and_mark_and_unclear_features_are_open():
    ax = satisfaction.kano_map(KANO)
    dots = ax.lines[2:8]
    assert {(dot.get_color(), dot.get_marker()) for dot in dots} == {
        (style.BLUE, "o"),
        (style.VIOLET, "^"),
        (style.RED, "s"),
        (style.GREY, "D"),
    }
    assert [dot.get_markerfacecolor() == "white" for dot in dots] == [False] * 5 + [True]
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert shown == [
        "one-dimensional",
        "attractive",
        "must be",
        "indifferent",
        "open marker: category not clear",
    ]


# Change and comments


def test_changes_are_sorted_and_only_clear_ones_are_coloured():
    ax = satisfaction.two_periods(CHANGE)
    assert rows(ax) == ["质量", "returns", "price", "range"]
    found = {line.get_label(): (line.get_color(), line.get_xdata().tolist()) for line in ax.lines[1:4]}
    assert {name: colour for name, (colour, _) in found.items()} == {
        "rose": style.BLUE,
        "fell": style.ORANGE,
        "no clear change": style.GREY,
    }
    np.testing.assert_equal(found["fell"][1], [NAN, NAN, -0.2, NAN])
    assert notes(ax)[-1] == "not asked twice"


def test_themes_are_as_long_as_their_share_and_coloured_by_tone():
    ax = satisfaction.comments(THEMES)
    bars = ax.containers[0]
    assert [bar.get_width() for bar in bars] == [0.4, 0.27, 0.003]
    bad, good, none = (bar.get_facecolor()[:3] for bar in bars)
    assert bad[0] > bad[2]
    assert good[2] > good[1]
    assert none == (1.0, 1.0, 1.0)
    assert bars[2].get_hatch() == "////"
    assert notes(ax) == ["120 comments", "80 comments", "1 comment, no tone word"]


def test_answers_needed_fall_from_left_to_right_and_those_at_hand_are_marked():
    ax = satisfaction.sample_size(ANSWERS, at=[500])
    assert ax.get_yscale() == "log"
    assert (ax.lines[0].get_xdata().tolist(), ax.lines[0].get_ydata().tolist()) == (
        [1, 5, 10],
        [95800, 3832, 958],
    )
    assert list(ax.lines[1].get_ydata()) == [500, 500]
    assert notes(ax) == ["n = 500"]
    assert ax.get_xlabel() == "difference to see (points)"


def test_each_measure_has_its_line():
    both = pd.concat([ANSWERS.assign(measure="nps"), ANSWERS.assign(measure="mean")])
    assert [line.get_label() for line in satisfaction.sample_size(both).lines] == ["nps", "mean"]


# Captions


def test_captions_of_ratings_say_the_numbers_of_the_tables():
    assert words.nps_bars(NPS.iloc[1:]) == (
        "Net promoter score in points, with 95% intervals: branch in the old town −8 [−14, −2] from 30% promoters and "
        "38% detractors of 640; 电话 41 [32, 50] from 58% promoters and 17% detractors of 220."
    )
    assert words.distribution(SHARES) == (
        "Ratings from 1 (orange) to 5 (violet) in each group. Share of the highest and of the lowest: online 25% and "
        "5%, 店 50% and 2%."
    )
    assert words.csat(MEANS) == (
        "Mean rating, with 95% intervals: online 4.10 [4.00, 4.20] of 1,200, shop 3.70 [3.55, 3.85] of 640."
    )
    assert words.csat(TOP, "top") == (
        "Share of satisfied customers, with 95% intervals: online 81.0% [78.0%, 84.0%] of 1,200, shop 67.0% [62.0%, "
        "72.0%] of 640."
    )


def test_captions_of_expectations_say_the_numbers_of_the_tables():
    assert words.gaps(GAPS) == (
        "Perception against expectation by dimension, with 95% intervals of the gap: reliability 5.10 against 5.50, "
        "gap −0.40 [−0.50, −0.30]; responsiveness 5.50 against 5.60, gap −0.10 [−0.22, 0.02]; 有形性 5.80 against "
        "5.65, gap 0.15 [0.05, 0.25]. Clearly below expectations: reliability."
    )
    assert words.kano_map(KANO) == (
        "What features give if they are there (better) and cost if they are missing (worse). one-dimensional: free "
        "returns (0.70, −0.60); attractive: opening at night (0.62, −0.20), personal offers (0.60, −0.18), loyalty "
        "card (0.58, −0.22); must-be: clean shop (0.20, −0.75); indifferent: music (0.10, −0.10). Not clear: loyalty "
        "card."
    )


def test_captions_of_change_and_comments_say_the_numbers_of_the_tables():
    assert words.two_periods(CHANGE) == (
        "Change of mean ratings from one period to the next, with 95% intervals. Rose: 质量 0.30 [0.20, 0.40]. Fell: "
        "price −0.20 [−0.35, −0.05]. 1 of 3 items shows no clear change."
    )
    assert words.comments(THEMES) == (
        "Share of comments on each theme, and their tone from −1 (orange) to 1 (violet): waiting 40.0% [35.0%, 45.0%], "
        "tone −0.60; 质量 27.0% [22.0%, 32.0%], tone +0.90; parking 0.3% [0.0%, 2.0%], no tone word."
    )
    assert words.sample_size(ANSWERS, "NPS points", at=[4000, 10]) == (
        "Answers needed per period to see a difference, in NPS points: 95,800 for 1 and 958 for 10; 4,000 answers show "
        "5; 10 answers show none of these."
    )


def test_themes_that_nobody_names_are_neither_drawn_nor_said():
    silent = pd.DataFrame({"comments": 0, "share": 0.0, "low": 0.0, "high": 0.03, "tone": NAN}, ["food"])
    ax = satisfaction.comments(pd.concat([THEMES, silent]))
    assert rows(ax) == ["waiting", "质量", "parking"]
    assert words.comments(pd.concat([THEMES, silent])) == words.comments(THEMES)
    assert texts(satisfaction.comments(silent)) == texts(satisfaction.comments(THEMES.iloc[:0]))
    assert label("nothing") in texts(satisfaction.comments(silent))
    assert words.comments(silent) == "No comment names a theme of the list."
