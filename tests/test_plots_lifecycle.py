"""The figures of the lifecycle: they show the numbers of their tables, leave blanks blank, and touch nothing else."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, PathPatch, Rectangle
from matplotlib.text import Annotation

from crmtheory.errors import SchemaError
from crmtheory.plots import captions_lifecycle as words
from crmtheory.plots import drivers, flow, lifecycle, shapes, style, survival
from crmtheory.plots.labels import LABELS, label

NAN = np.nan
FLOWS = pd.DataFrame(
    {
        "step": [0, 0, 0, 1, 1, 1, 1, 1],
        "from": ["new", "new", "loyal", "new", "lost", "loyal", "loyal", "new"],
        "to": ["new", "lost", "loyal", "loyal", "lost", "loyal", "lost", "lost"],
        "customers": [40, 60, 100, 40, 60, 75, 25, 0],
    }
)
MATRIX = pd.DataFrame(
    {
        "from": ["new"] * 3 + ["loyal"] * 3,
        "to": ["new", "lost", "loyal"] * 2,
        "n": [90, 108, 2, 0, 10, 40],
        "probability": [0.45, 0.54, 0.01, 0.0, 0.2, 0.8],
    }
).assign(
    from_n=[200] * 3 + [50] * 3, low=lambda t: t["probability"] * 0.9, high=lambda t: t["probability"] * 1.1
)
COUNTS = pd.DataFrame(
    {"new": [30, 10], "loyal": [0, 25], "流失": [0, 5]}, index=pd.to_datetime(["2010-03-31", "2010-06-30"])
)
STAGES = pd.DataFrame(
    {"n": [1200, 30], "estimate": [3.2, 12.5], "low": [3.0, 8.0], "high": [3.4, 17.0]}, ["new", "loyal"]
)
THIRDS = pd.DataFrame(
    {"mean": [100, 140, 90], "low": [90, 125, 80], "high": [110, 155, 100]}, ["first", "middle", "last"]
)
BACK = pd.DataFrame(
    [(3, "all", 900, 0.3, 0.27, 0.33), (4, "all", 700, 0.2, 0.17, 0.23), (3, "high", 100, 0.5, 0.4, 0.6)],
    columns=["silence", "value", "customers", "share", "low", "high"],
)
TRIANGLE = pd.DataFrame([[1, 0.4, 0.3], [1, 0.2, NAN], [1, NAN, NAN]], ["2010-01", "2010-02", "2010-03"])
CURVE = pd.DataFrame(
    {
        "customers": [500, 400, 100],
        "share": [1, 0.3, 0.25],
        "low": [0.99, 0.25, 0.2],
        "high": [1, 0.35, 0.31],
    },
    pd.RangeIndex(3, name="age"),
)
MEIER = pd.DataFrame(
    [
        ("complaint", 1, 100, 0.8, 0.7, 0.9),
        ("complaint", 5, 60, 0.5, 0.4, 0.6),
        ("none", 5, 900, 0.95, 0.9, 0.99),
    ],
    columns=["group", "time", "at_risk", "survival", "low", "high"],
).assign(lost=5)
CONTRACTS = pd.DataFrame(
    {"actual": [1, 0.8, 0.7, NAN], "sbg": [1, 0.8, 0.69, 0.6], "constant": [1, 0.8, 0.64, 0.51]},
    pd.RangeIndex(4, name="year"),
).assign(low=lambda t: t["sbg"] - 0.02, high=lambda t: t["sbg"] + 0.02)
GROUPS = pd.DataFrame(
    {
        "contacts": [1000, 12],
        "converted": [150, 1],
        "share": [0.15, 0.083],
        "low": [0.13, 0.01],
        "high": [0.17, 0.35],
    },
    ["cellular", "电话"],
)
RATIOS = pd.DataFrame(
    {"ratio": [3.2, 0.5, 1.1], "low": [2.1, 0.4, 0.8], "high": [4.9, 0.6, 1.5]}, ["complaint", "usage", "age"]
)
SCORED = pd.DataFrame(
    {"predicted": [0.02, 0.3], "actual": [0.05, 0.28], "low": [0.03, 0.2], "high": [0.08, 0.36]}
)
SILENT = pd.DataFrame(
    {
        "customers": [600, 40],
        "expected": [0.4, NAN],
        "silent": [0.45, 0.1],
        "low": [0.41, 0.04],
        "high": [0.49, 0.23],
    },
    ["new", "loyal"],
)
RATES = pd.DataFrame(
    {
        "there": [1000, 631],
        "left": [369, 163],
        "rate": [0.631, 0.742],
        "low": [0.6, 0.7],
        "high": [0.66, 0.78],
    },
    pd.Index([1, 2], name="year"),
)
SPLITS = pd.DataFrame(
    {"split": ["random", "later"], "auc": [0.93, 0.65], "low": [0.92, 0.6], "high": [0.94, 0.69]}
)

FIGURES = {
    "alluvial": (flow.alluvial, FLOWS, ()),
    "state_diagram": (flow.state_diagram, MATRIX, ()),
    "stage_counts": (lifecycle.stage_counts, COUNTS, ()),
    "transition_heatmap": (lifecycle.transition_heatmap, MATRIX, ()),
    "expected": (lifecycle.expected, STAGES, ("quarter",)),
    "thirds": (lifecycle.thirds, THIRDS, ("£",)),
    "win_back": (lifecycle.win_back, BACK, ("month",)),
    "cohort_heatmap": (survival.cohort_heatmap, TRIANGLE, ()),
    "retention_curve": (survival.retention_curve, CURVE, ("month",)),
    "survival": (survival.survival, MEIER, ("month",)),
    "contract_projection": (survival.contract_projection, CONTRACTS, (2,)),
    "conversion": (drivers.conversion, GROUPS, ()),
    "ratios": (drivers.ratios, RATIOS, ()),
    "silence": (lifecycle.silence, SILENT, ()),
    "retention_rates": (survival.retention_rates, RATES, ()),
    "score_calibration": (drivers.score_calibration, SCORED, ()),
    "auc_splits": (drivers.auc_splits, SPLITS, ()),
}
each = pytest.mark.parametrize("name", FIGURES)


def texts(ax):
    """All the words that a figure shows, also those outside the Axes."""
    found = ax.figure.findobj(lambda artist: hasattr(artist, "get_text"))
    return [artist.get_text() for artist in found if artist.get_text()]


def test_every_language_has_the_same_words():
    assert all(set(known) == set(LABELS["en"]) for known in LABELS.values())


@each
def test_a_figure_of_its_own_can_be_saved_and_has_words_for_its_axes(name):
    draw, table, more = FIGURES[name]
    ax = draw(table, *more)
    assert isinstance(ax, Axes)
    data, _ = style.png(ax.figure, 40)
    assert data.startswith(b"\x89PNG")
    if name not in ("alluvial", "state_diagram"):
        assert ax.get_xlabel() or ax.get_ylabel()
    assert not any("{" in text or "nan" in text for text in texts(ax))


@each
def test_the_axes_given_are_the_axes_used_and_nothing_else_is_changed(name):
    draw, table, more = FIGURES[name]
    given, before, settings = Figure().subplots(), table.copy(deep=True), dict(mpl.rcParams)
    assert draw(table, *more, ax=given) is given
    pd.testing.assert_frame_equal(table, before)
    assert dict(mpl.rcParams) == settings


@each
def test_an_empty_table_is_said_in_words(name):
    draw, table, more = FIGURES[name]
    ax = draw(table.iloc[:0], *more)
    assert label("nothing") in [text.get_text() for text in ax.texts]


@each
def test_another_language_that_is_not_there_is_refused(name):
    draw, table, more = FIGURES[name]
    with pytest.raises(SchemaError, match='There is no language "xx"'):
        draw(table, *more, lang="xx")


def test_a_missing_column_is_named():
    with pytest.raises(SchemaError) as error:
        flow.alluvial(FLOWS.drop(columns="customers"))
    assert str(error.value) == (
        'The figure "alluvial" draws the columns step, from, to, customers. Missing: customers.'
    )


# Flows


def test_blocks_are_as_high_as_they_have_customers():
    ax = flow.alluvial(FLOWS, ["new", "loyal", "lost"])
    blocks = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    heights = sorted((round(b.get_x() + b.get_width() / 2), round(b.get_height())) for b in blocks)
    assert heights == [(0, 100), (0, 100), (1, 40), (1, 60), (1, 100), (2, 85), (2, 115)]


def test_a_ribbon_is_as_high_as_it_has_customers_and_has_the_colour_of_where_it_starts():
    ax = flow.alluvial(FLOWS, ["new", "loyal", "lost"])
    ribbons = [patch for patch in ax.patches if isinstance(patch, PathPatch)]
    assert len(ribbons) == 7  # the one without customers is not drawn
    ends = [patch.get_path().vertices for patch in ribbons]
    assert sorted(round(v[0, 1] - v[7, 1]) for v in ends) == [25, 40, 40, 60, 60, 75, 100]
    assert sorted(round(v[3, 1] - v[4, 1]) for v in ends) == [25, 40, 40, 60, 60, 75, 100]
    colours = [to_hex(patch.get_facecolor()) for patch in ribbons[:2]]
    assert colours == [shapes.OWN["new"]] * 2  # both come from "new"


def test_the_order_given_is_the_order_from_top_to_bottom():
    ax = flow.alluvial(FLOWS, ["lost", "loyal", "new"])
    first = [text for text in ax.texts if text.get_position()[0] < 0]
    ordered = sorted(first, key=lambda text: -text.get_position()[1])
    assert [text.get_text() for text in ordered] == ["loyal  100", "new  100"]


def test_those_outside_are_pale_and_leave_the_other_colours_as_they_are():
    ax = flow.alluvial(FLOWS, ["lost", "new", "loyal"], outside=["lost"])
    colours = {to_hex(p.get_facecolor()) for p in ax.patches if isinstance(p, Rectangle)}
    assert colours == {flow.PALE, shapes.OWN["new"], shapes.OWN["loyal"]}


def test_a_stage_has_the_same_colour_whatever_other_stages_are_there():
    alone, together = shapes.colours(["lost", "?"]), shapes.colours(["new", "active", "?", "lost"])
    assert alone["lost"] == together["lost"]
    assert len(set(together.values())) == 4


def test_who_joins_between_two_moments_makes_the_later_block_higher():
    joined = pd.DataFrame(
        [(0, "a", "a", 10), (1, "a", "a", 10), (1, "later", "a", 5)],
        columns=["step", "from", "to", "customers"],
    )
    ax = flow.alluvial(joined)
    blocks = [p for p in ax.patches if isinstance(p, Rectangle)]
    assert sorted((round(b.get_x() + 0.03), b.get_height()) for b in blocks) == [
        (0, 10),
        (1, 5),
        (1, 10),
        (2, 15),
    ]


def test_names_of_tiny_blocks_keep_their_distance():
    order = [f"阶段{i}" for i in range(8)]
    tiny = pd.DataFrame({"step": 0, "from": order, "to": order, "customers": [1000, 1, 1, 1, 1, 1, 1, 1]})
    ax = flow.alluvial(tiny, order, ["2024年", "2025年"])
    left = sorted(t.xyann[1] for t in ax.texts if isinstance(t, Annotation) and t.xyann[0] < 0)
    height = ax.get_ylim()[1] - ax.get_ylim()[0]
    assert len(left) == 8
    assert np.diff(left).min() > 0.03 * height


def test_a_group_that_is_not_in_the_order_is_named():
    with pytest.raises(SchemaError, match='There is no group in the order "lost"'):
        flow.alluvial(FLOWS, ["new", "loyal"])


def test_moments_need_one_name_more_than_there_are_steps():
    with pytest.raises(SchemaError) as error:
        flow.alluvial(FLOWS, names_of_steps=["before", "after"])
    assert str(error.value) == "2 steps lie between 3 moments, but there are 2 names of steps."


def test_circles_have_areas_by_customers_and_only_moves_of_two_percent_have_arrows():
    ax = flow.state_diagram(MATRIX)
    size = [p.radius**2 for p in ax.patches if isinstance(p, Circle)]
    assert size[0] / size[2] == pytest.approx(4)  # 200 and 50; nobody was seen to leave "lost"
    assert sum(isinstance(patch, FancyArrowPatch) for patch in ax.patches) == 2
    assert {"54%", "20%"} <= set(texts(ax))
    assert not {"1%", "0%"} & set(texts(ax))


@pytest.mark.parametrize("number", [1, 2, 8])
def test_a_diagram_of_one_two_or_eight_stages_can_be_drawn(number):
    names = [f"stage {i}" for i in range(number)]
    rows = [(a, b, 10, 10 * number, 1 / number, 0.0, 1.0) for a in names for b in names]
    table = pd.DataFrame(rows, columns=["from", "to", "n", "from_n", "probability", "low", "high"])
    for draw in (flow.state_diagram, lifecycle.transition_heatmap):
        assert style.png(draw(table).figure, 40)[0]


# Stages and moves


def test_bars_are_stacked_to_the_number_of_customers():
    ax = lifecycle.stage_counts(COUNTS)
    tops = {bar.get_x(): bar.get_y() + bar.get_height() for bar in ax.patches}
    assert sorted(tops.values()) == [30, 40]
    assert {"new  10", "loyal  25", "流失  5", "2010-03-31", "2010-06-30"} <= set(texts(ax))


def test_every_move_is_written_with_its_interval():
    ax = lifecycle.transition_heatmap(MATRIX)
    cells = [text.get_text() for text in ax.texts]
    assert "54%\n49–59%" in cells
    assert len(cells) == 6
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [
        "new (200)",
        "loyal (50)",
    ]  # nobody left "lost"
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["new", "lost", "loyal"]


def test_moves_without_a_probability_stay_blank():
    blank = MATRIX.assign(probability=MATRIX["probability"].where(MATRIX["from"] == "new"))
    ax = lifecycle.transition_heatmap(blank, "class")
    assert ax.collections[0].get_array().mask.ravel().tolist() == [False] * 3 + [True] * 3
    assert len(ax.texts) == 3
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("class after", "class before (customers)")


def test_dots_stand_at_the_estimates_and_say_how_many_customers_they_are_from():
    ax = lifecycle.expected(STAGES, "quarter")
    assert ax.lines[0].get_xdata().tolist() == [3.2, 12.5]
    assert [text.get_text() for text in ax.texts] == ["n = 1,200", "n = 30"]
    assert ax.get_xlabel() == "expected time to loss (quarters)"


def test_silence_stands_beside_what_was_expected():
    happened, expected = lifecycle.silence(SILENT).lines
    assert happened.get_xdata().tolist() == [0.45, 0.1]
    assert expected.get_xdata()[0] == 0.4
    assert np.isnan(expected.get_xdata()[1])


def test_each_year_of_a_contract_says_how_many_there_were():
    ax = survival.retention_rates(RATES)
    assert ax.lines[0].get_ydata().tolist() == [0.631, 0.742]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["1\n1,000", "2\n631"]


def test_win_back_has_a_line_for_each_tier():
    ax = lifecycle.win_back(BACK, "month")
    assert [line.get_label() for line in ax.lines] == ["all customers", "high value"]
    assert ax.lines[0].get_ydata().tolist() == [0.3, 0.2]


# Who stays


def test_cells_that_are_not_lived_stay_blank():
    ax = survival.cohort_heatmap(TRIANGLE)
    assert np.isnan(TRIANGLE.to_numpy()).tolist() == ax.collections[0].get_array().mask.reshape(3, 3).tolist()
    assert sorted(text.get_text() for text in ax.texts) == ["100%"] * 3 + ["20%", "30%", "40%"]


def test_colours_span_the_ages_after_the_first():
    ax = survival.cohort_heatmap(TRIANGLE)
    assert ax.collections[0].get_clim() == (0.0, 0.4)


@pytest.mark.parametrize("shape", [(1, 1), (1, 12), (24, 24), (60, 60)])
def test_triangles_of_any_size_can_be_drawn_and_values_are_written_where_there_is_room(shape):
    ages = np.add.outer(np.arange(shape[0]), np.arange(shape[1]))
    table = pd.DataFrame(np.where(ages < max(shape), 1.0, NAN), [f"c{i}" for i in range(shape[0])])
    ax = survival.cohort_heatmap(table)
    assert style.png(ax.figure, 40)[0]
    assert len(ax.texts) == (0 if shape == (60, 60) else int(np.isfinite(table.to_numpy()).sum()))


def test_one_large_order_does_not_hide_the_other_cells():
    table = pd.DataFrame(np.full((20, 20), 10.0))
    table.iloc[3, 3] = 10_000.0
    ax = survival.cohort_heatmap(table, "revenue", currency="£")
    assert ax.collections[0].get_clim() == (0.0, 10.0)
    assert "£10k" in texts(ax)


def test_what_is_in_the_cells_is_written_in_its_unit():
    revenue = survival.cohort_heatmap(TRIANGLE * 1000, "revenue", "quarter", "£")
    assert "£300" in texts(revenue)
    assert "revenue per customer of the cohort (£)" in texts(revenue)
    assert "1,000" in texts(survival.cohort_heatmap(TRIANGLE * 1000, "customers"))
    with pytest.raises(SchemaError, match='There is no content of a cohort table "sales"'):
        survival.cohort_heatmap(TRIANGLE, "sales")


def test_the_customers_behind_each_age_stand_under_it():
    ax = survival.retention_curve(CURVE, "month")
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["0\n500", "1\n400", "2\n100"]


def test_a_survival_curve_starts_with_everybody_and_falls_in_steps():
    ax = survival.survival(MEIER, "month")
    assert ax.lines[0].get_drawstyle() == "steps-post"
    assert ax.lines[0].get_xdata().tolist() == [0, 1, 5]
    assert ax.lines[0].get_ydata().tolist() == [1, 0.8, 0.5]


def test_the_customers_at_risk_stand_below_the_curve():
    ax = survival.survival(MEIER[MEIER["group"] == "complaint"], "month")
    risk = {text.xy[0]: text.get_text() for text in ax.texts if text.get_text().isdigit()}
    assert risk == {0: "100", 1: "100", 2: "60", 3: "60", 4: "60", 5: "60"}


def test_where_fitting_ends_is_given_or_read_from_the_table():
    given = survival.contract_projection(CONTRACTS, 1)
    read = survival.contract_projection(CONTRACTS.assign(fitted=[True, True, False, False]))
    for ax in (given, read):
        assert [text.xy[0] for text in ax.texts] == [1]
    assert not survival.contract_projection(CONTRACTS).texts


# Drivers


def test_ratios_whose_interval_holds_one_are_grey():
    ax = drivers.ratios(RATIOS)
    grey, blue = ax.lines[1], ax.lines[2]
    assert (grey.get_color(), blue.get_color()) == (style.GREY, style.BLUE)
    assert np.isnan(grey.get_xdata()).tolist() == [True, True, False]
    assert np.isnan(blue.get_xdata()).tolist() == [False, False, True]
    assert ax.get_xscale() == "log"
    assert "3.20 [2.10, 4.90]" in texts(ax)


@pytest.mark.parametrize("reach", [1.02, 1.8, 4.0, 30.0, 1e5])
def test_a_log_axis_has_a_tick_at_one_and_few_others(reach):
    ax = drivers.ratios(pd.DataFrame({"ratio": [1.0], "low": [1 / reach], "high": [reach]}, ["a"]))
    ticks = [at for at in ax.get_xticks() if ax.get_xlim()[0] <= at <= ax.get_xlim()[1]]
    assert 1.0 in ticks
    assert 3 <= len(ticks) <= 7


def test_the_threshold_of_an_auc_is_a_line_with_a_name():
    ax = drivers.auc_splits(SPLITS)
    assert ax.lines[0].get_xdata() == [0.7, 0.7]
    assert "threshold 0.7" in texts(ax)


# Captions


def test_captions_say_the_numbers_of_the_tables():
    assert words.flow(FLOWS) == (
        "Customers who went from stage to stage, over 2 steps. Of those who had one before and after a step, 31.2% "
        "were in another stage. Largest moves: new to lost 60, new to loyal 40, loyal to lost 25."
    )
    assert words.stage_counts(COUNTS) == (
        "Customers in each stage at the end of each of 2 periods, from 2010-03-31 (30 customers) to 2010-06-30 (40). "
        "At the end: new 10, loyal 25, 流失 5."
    )
    assert words.transitions(MATRIX) == (
        "Probability of each move from one stage to the next, one period later. Most stay in loyal, 80.0% [72.0%, "
        "88.0%]; fewest in new, 45.0% [40.5%, 49.5%]. The likeliest move to another stage: new to lost, 54.0% [48.6%, "
        "59.4%]. Nobody was seen to leave or to stay in lost."
    )
    assert words.expected(STAGES, "quarter") == (
        "Expected time until a customer is lost, in quarters, by stage. With 95% intervals: new 3.2 [3.0, 3.4], loyal "
        "12.5 [8.0, 17.0]."
    )
    assert words.thirds(THIRDS, "£") == (
        "Mean spend in each third of a customer's life: first £100 [£90.00, £110], middle £140 [£125, £155], last "
        "£90.00 [£80.00, £100]."
    )
    assert words.win_back(BACK, "month", "6 months") == (
        "Share of silent customers who buy again within 6 months, by months of silence. All customers: 30.0% [27.0%, "
        "33.0%] after 3, 20.0% [17.0%, 23.0%] after 4. High value: 50.0% [40.0%, 60.0%] after 3."
    )


def test_captions_of_cohorts_and_contracts_say_the_numbers_of_the_tables():
    assert words.cohorts(TRIANGLE) == (
        "Share of each cohort who bought, by months since the first purchase: 3 cohorts, 2010-01 to 2010-03. 3 of 9 "
        "cells are blank, because they are not lived yet. After the first month the highest is 40.0% (cohort 2010-01, "
        "month 1), the lowest 20.0% (cohort 2010-02, month 1)."
    )
    assert words.cohorts(TRIANGLE.iloc[2:, :1]).endswith(
        "1 cohort, 2010-03 to 2010-03. 0 of 1 cells are blank, because they are not lived yet."
    )
    assert words.retention_curve(CURVE, "month") == (
        "Share of customers who bought, by months since the first purchase: month 1 30.0% [25.0%, 35.0%] of 400 "
        "customers, month 2 25.0% [20.0%, 31.0%] of 100 customers."
    )
    assert words.survival(MEIER, "month") == (
        "Share not lost yet over time (Kaplan–Meier), with 95% bands: complaint (100 at the start) 50.0% [40.0%, "
        "60.0%] after 5 months; none (900 at the start) 95.0% [90.0%, 99.0%] after 5 months."
    )
    assert words.contract_projection(CONTRACTS, 1).endswith(
        "In year 2, 70.0% were still there; the shifted-beta-geometric said 69.0% [67.0%, 71.0%], constant churn 64.0%."
    )
    assert words.contract_projection(CONTRACTS, 3).endswith(
        "For year 3 the shifted-beta-geometric says 60.0% [58.0%, 62.0%], constant churn 51.0%."
    )


def test_captions_of_silence_rates_and_scores_say_the_numbers_of_the_tables():
    assert words.silence(SILENT) == (
        "Share of customers who did not buy in the next period, by stage: new 45.0% [41.0%, 49.0%], expected 40.0%; "
        "loyal 10.0% [4.0%, 23.0%]."
    )
    assert words.retention_rates(RATES) == (
        "Share of contracts that went on for another year: 63.1% [60.0%, 66.0%] of 1,000 in year 1, 74.2% [70.0%, "
        "78.0%] of 631 in year 2."
    )
    assert words.score_calibration(SCORED) == (
        "Predicted against actual share who became customers, in 2 groups by score. 1 predictions lie within the "
        "interval of what happened, 1 are too low, 0 too high."
    )


def test_captions_of_drivers_say_the_numbers_of_the_tables():
    assert words.conversion(GROUPS) == (
        "Share of the contacted who became customers, in 2 groups (1,012 contacts): from 8.3% [1.0%, 35.0%] (电话) to "
        "15.0% [13.0%, 17.0%] (cellular)."
    )
    assert words.ratios(RATIOS) == (
        "Odds ratios of 3 drivers with 95% intervals. Above 1: complaint 3.20 [2.10, 4.90]. Below 1: usage 0.50 [0.40, "
        "0.60]. 1 interval reaches 1 (grey)."
    )
    assert words.auc_splits(SPLITS) == (
        "AUC of the score (0.5: chance, 1: perfect; dashed line 0.7): random 0.930 [0.920, 0.940], later 0.650 [0.600, "
        "0.690]."
    )


def test_a_caption_of_flows_leaves_out_what_is_no_stage():
    assert "60.0% were in" in words.flow(FLOWS.iloc[:3], outside=["loyal"])
    assert words.flow(FLOWS.iloc[7:]) == "Customers who went from stage to stage, over 0 steps. Nobody moved."
