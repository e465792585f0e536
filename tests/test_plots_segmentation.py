"""The figures of segmentation and concentration: they show the numbers of their tables and touch nothing else."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from crmtheory import concentration as shares
from crmtheory.errors import SchemaError
from crmtheory.plots import captions_segmentation as words
from crmtheory.plots import concentration, groups, segmentation, shapes, style
from crmtheory.plots.labels import label

NAN = np.nan
GRID = pd.DataFrame([[NAN, 1500.0], [20.0, 300.0]], pd.Index([5, 4], name="r"), pd.Index([1, 2], name="f"))
CLASSES = pd.DataFrame(
    {"class": ["high", "中", "low"], "share": [0.2, 0.3, 0.5], "share_of_total": [0.75, 0.15, 0.1]}
)
ACTIVITY = pd.DataFrame(
    {
        "rule": ["rhythm", "rhythm", "P(alive)", "P(alive)"],
        "class": ["active", "churned"] * 2,
        "customers": [812, 1200, 900, 0],
        "share": [0.62, 0.08, 0.6, NAN],
        "low": [0.59, 0.06, 0.57, NAN],
        "high": [0.65, 0.1, 0.63, NAN],
    }
)
LATER = pd.DataFrame(
    {
        "class": ["high", "low"],
        "customers": [800, 2000],
        "mean": [1520, 90],
        "low": [1300, 70],
        "high": [1800, 120],
    }
)
POLICY = pd.DataFrame(
    {"profit": [0.0, -1.2, 0.8], "low": [NAN, -1.9, 0.3], "high": [NAN, -0.4, 1.4]},
    ["nothing", "all", "by class"],
)
GAIN = pd.DataFrame(
    {
        "estimate": 0.8,
        "low": 0.1,
        "high": 1.5,
        "n": 1200,
        "by_class": 3.1,
        "uniform": 2.3,
        "treatment": "voucher",
    },
    [0],
)
TREATED = pd.DataFrame(
    {
        "class": ["high", "high", "low", "low"],
        "treatment": ["do nothing", "voucher"] * 2,
        "profit": [0.0, 12.3, 0.0, -1.5],
        "chosen": [False, True, True, False],
    }
)
CRITERIA = pd.DataFrame(
    {
        "clusters": [2, 3, 2, 3],
        "method": ["k-means", "k-means", "mixture", "mixture"],
        "silhouette": [0.2, 0.3, 0.1, 0.15],
        "bic": [NAN, NAN, 900.0, 950.0],
    }
)
STABLE = pd.DataFrame(
    {"clusters": [2, 3], "method": "k-means", "ari": [0.8, 0.5], "low": [0.7, 0.3], "high": [0.9, 0.6]}
)
CHANCE = STABLE.assign(ari=[0.2, 0.1], low=[0.1, 0.0], high=[0.3, 0.2])
PROFILE = pd.DataFrame(
    {
        "segment": ["a", "b"] * 3,
        "variable": ["rest", "rest", "sport", "sport", "文化", "文化"],
        "customers": [60, 40] * 3,
        "overall": 0.5,
        "difference": [-0.2, 0.3, 0.1, -0.15, 0.01, -0.01],
    }
).assign(
    mean=lambda t: t["overall"] + t["difference"],
    low=lambda t: t["mean"] - 0.05,
    high=lambda t: t["mean"] + 0.05,
)
VALUES = np.random.default_rng(2).pareto(1.2, 400)
POINT = shares.with_interval("share_needed", VALUES, np.random.default_rng(1), resamples=50).iloc[0]
YEARS = pd.DataFrame(
    {"estimate": [0.74, 0.77], "low": [0.7, 0.73], "high": [0.78, 0.8], "n": [950, 4300]}, [2010, 2011]
)

FIGURES = {
    "rfm_heatmap": (segmentation.rfm_heatmap, GRID, ()),
    "class_shares": (segmentation.class_shares, CLASSES, ()),
    "activity": (segmentation.activity, ACTIVITY, ()),
    "later_value": (segmentation.later_value, LATER, ("£",)),
    "policy": (segmentation.policy, POLICY, ("£",)),
    "policy_gain": (segmentation.policy_gain, GAIN, ("£",)),
    "treatments": (segmentation.treatments, TREATED, ("£",)),
    "stability": (groups.stability, STABLE, (CHANCE,)),
    "profile": (groups.profile, PROFILE, ()),
    "lorenz": (concentration.lorenz, shares.lorenz(VALUES), (POINT,)),
    "stability by year": (concentration.stability, YEARS, ()),
}
each = pytest.mark.parametrize("name", FIGURES)


def texts(ax):
    found = ax.figure.findobj(lambda artist: hasattr(artist, "get_text"))
    return [artist.get_text() for artist in found if artist.get_text()]


@each
def test_a_figure_of_its_own_can_be_saved_and_has_words_for_its_axes(name):
    draw, table, more = FIGURES[name]
    ax = draw(table, *more)
    assert isinstance(ax, Axes)
    assert style.png(ax.figure, 40)[0].startswith(b"\x89PNG")
    assert ax.get_xlabel() or ax.get_ylabel() or any(len(text) > 20 for text in texts(ax))
    assert not any("{" in text or "nan" in text for text in texts(ax))


@each
def test_the_axes_given_are_the_axes_used_and_nothing_else_is_changed(name):
    draw, table, more = FIGURES[name]
    given, before, settings = Figure().subplots(), table.copy(deep=True), dict(mpl.rcParams)
    assert draw(table, *more, ax=given) is given
    pd.testing.assert_frame_equal(table, before)
    assert dict(mpl.rcParams) == settings


@pytest.mark.parametrize("name", sorted(set(FIGURES) - {"policy_gain", "lorenz"}))
def test_an_empty_table_is_said_in_words(name):
    draw, table, more = FIGURES[name]
    ax = draw(table.iloc[:0], *more)
    assert label("nothing") in [text.get_text() for text in ax.texts]


def test_a_missing_column_is_named():
    with pytest.raises(SchemaError) as error:
        segmentation.class_shares(CLASSES.drop(columns="share_of_total"))
    assert str(error.value) == (
        'The figure "class_shares" draws the columns share, share_of_total. Missing: share_of_total.'
    )


# Classes


def test_cells_of_the_grid_without_customers_stay_blank():
    ax = segmentation.rfm_heatmap(GRID, "revenue", "£")
    assert ax.collections[0].get_array().mask.ravel().tolist() == [True, False, False, False]
    assert sorted(text.get_text() for text in ax.texts) == ["£1.5k", "£20", "£300"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["5", "4"]  # the most recent on top
    assert ax.get_ylim()[0] > ax.get_ylim()[1]


def test_a_grid_without_any_number_can_be_drawn():
    ax = segmentation.rfm_heatmap(GRID * NAN, "later")
    assert not ax.texts
    assert style.png(ax.figure, 40)[0]


def test_what_is_in_the_grid_must_be_known():
    with pytest.raises(SchemaError, match='There is no content of an RFM table "profit"'):
        segmentation.rfm_heatmap(GRID, "profit")


def test_shares_of_customers_and_of_value_stand_beside_each_other():
    ax = segmentation.class_shares(CLASSES.assign(share_of_later=[0.6, 0.3, 0.1]))
    widths = [[bar.get_width() for bar in bars] for bars in ax.containers]
    assert widths == [[0.2, 0.3, 0.5], [0.75, 0.15, 0.1], [0.6, 0.3, 0.1]]
    assert [bars.get_label() for bars in ax.containers] == ["of customers", "of value", "of later value"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["high", "中", "low"]


def test_classes_can_be_the_index_of_the_table():
    ax = segmentation.later_value(LATER.set_index("class"), "£")
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["high", "low"]
    assert ax.lines[0].get_xdata().tolist() == [1520, 90]


def test_rules_stand_beside_each_other_and_an_empty_class_is_left_out():
    ax = segmentation.activity(ACTIVITY)
    first, second = ax.lines
    assert (first.get_label(), second.get_label()) == ("rhythm", "P(alive)")
    assert first.get_xdata().tolist() == [0.62, 0.08]
    assert np.isnan(second.get_xdata()[1])
    assert (second.get_ydata() - first.get_ydata()).tolist() == [0.25, 0.25]
    assert [text.get_text() for text in ax.texts] == ["n = 812", "n = 1,200", "n = 900"]


# What treatment earns


def test_a_policy_without_interval_is_a_dot():
    ax = segmentation.policy(POLICY, "£")
    assert ax.lines[1].get_xdata().tolist() == [0.0, -1.2, 0.8]
    assert [text.get_text() for text in ax.texts] == ["£0.00", "−£1.20", "£0.80"]


def test_the_gain_stands_under_what_each_policy_earns():
    ax = segmentation.policy_gain(GAIN, "£")
    names = [tick.get_text() for tick in ax.get_yticklabels()]
    assert names == ["do nothing", "for all: voucher", "one for each class", "gain: each class − all"]
    assert ax.lines[1].get_xdata().tolist() == [0.0, 2.3, 3.1, 0.8]


def test_the_treatment_chosen_for_a_class_has_a_frame():
    ax = segmentation.treatments(TREATED, "£")
    frames = [p for p in ax.patches if isinstance(p, Rectangle) and not p.get_fill()]
    assert [
        (round(p.get_x() + p.get_width() / 2), round(p.get_y() + p.get_height() / 2)) for p in frames
    ] == [
        (1, 0),
        (0, 1),
    ]


# Groups


def test_each_criterion_has_its_own_panel_and_each_method_its_line():
    panels = groups.criteria(CRITERIA, chosen=3)
    assert [panel.get_ylabel() for panel in panels] == [
        "silhouette\nhigher is better",
        "BIC\nlower is better",
    ]
    assert [line.get_label() for line in panels[0].lines] == ["k-means", "mixture", "chosen"]
    assert [line.get_label() for line in panels[1].lines] == ["mixture", "chosen"]  # k-means has no BIC
    assert panels[1].lines[0].get_ydata().tolist() == [900, 950]
    assert style.png(panels[0].figure, 40)[0]


def test_the_number_of_groups_may_be_the_index_and_an_unknown_criterion_is_refused():
    table = pd.DataFrame({"silhouette": [0.3]}, pd.Index([2], name="clusters"))
    assert len(groups.criteria(table)) == 1
    with pytest.raises(SchemaError, match='There is no criterion "elbow"'):
        groups.criteria(table, ["elbow"])


def test_stability_is_shown_against_chance_and_the_threshold():
    ax = groups.stability(STABLE, CHANCE)
    found, chance, line = ax.lines
    assert found.get_ydata().tolist() == [0.8, 0.5]
    assert (chance.get_label(), chance.get_color()) == ("k-means, data without groups", style.GREY)
    assert list(line.get_ydata()) == [0.6, 0.6]


def test_variables_stand_with_the_group_that_is_furthest_above_the_mean():
    ax = groups.profile(PROFILE)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["sport", "文化", "rest"]
    assert ax.collections[0].get_array().ravel().tolist() == [0.1, -0.15, 0.01, -0.01, -0.2, 0.3]
    assert ax.collections[0].get_clim() == (-0.3, 0.3)  # white is the mean of all


def test_differences_within_chance_are_grey():
    ax = groups.profile(PROFILE)
    colours = {text.get_text(): text.get_color() for text in ax.texts}
    assert colours["+1"] == colours["−1"] == shapes.SOFT
    assert shapes.SOFT not in {colours["+30"], colours["−20"], colours["+10"]}


def test_twenty_variables_and_eight_groups_have_a_number_in_every_cell():
    rng = np.random.default_rng(1)
    rows = [(f"segment {i}", f"a motive with a long name {j}") for i in range(8) for j in range(20)]
    table = pd.DataFrame(rows, columns=["segment", "variable"]).assign(
        customers=99, low=0.1, high=0.2, overall=0.3, mean=0.2, difference=rng.normal(0, 0.2, 160)
    )
    ax = groups.profile(table)
    assert len(ax.texts) == 160
    assert "percentage points above (+) or below (−) all customers" in texts(ax)


# Concentration


def test_the_exact_point_lies_on_the_lorenz_curve():
    ax = concentration.lorenz(shares.lorenz(VALUES, points=4001), POINT)
    x, y = (float(ax.containers[0].lines[0].get_data()[i][0]) for i in (0, 1))
    curve = ax.lines[1]
    assert np.interp(x, curve.get_xdata(), curve.get_ydata()) == pytest.approx(y, abs=1e-3)
    assert f"exact: top {POINT['estimate']:.1%} bring 80%" in texts(ax)


def test_each_year_has_its_share_and_its_number_of_customers():
    ax = concentration.stability(YEARS)
    assert ax.lines[1].get_ydata().tolist() == [0.74, 0.77]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["2010\n(n=950)", "2011\n(n=4,300)"]


# Shared parts


def test_labels_keep_their_distance_their_order_and_their_bounds():
    rng = np.random.default_rng(4)
    places = rng.random(12)
    found = shapes.spread(places, 0.07, 0.0, 1.0)
    assert (np.argsort(found) == np.argsort(places)).all()
    assert np.diff(np.sort(found)).min() >= 0.07 - 1e-12
    assert found.min() >= 0
    assert found.max() <= 1 + 1e-12
    assert shapes.spread([0.2, 0.8], 0.07, 0.0, 1.0).tolist() == [0.2, 0.8]  # nothing is moved without need
    assert np.diff(np.sort(shapes.spread(places, 0.5, 0.0, 1.0))).min() == pytest.approx(1 / 11)


def test_words_on_a_colour_stand_out():
    def brightness(colour):
        parts = np.array(mpl.colors.to_rgb(colour))
        return float(
            np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
            @ [0.2126, 0.7152, 0.0722]
        )

    for at in np.linspace(0, 1, 50):
        colour = mpl.colormaps["cividis"](at)
        ends = sorted([brightness(colour), brightness(shapes.on(colour))])
        assert (ends[1] + 0.05) / (ends[0] + 0.05) > 4.5  # the minimum of WCAG 2.1, criterion 1.4.3


# Captions


def test_captions_of_classes_say_the_numbers_of_the_tables():
    assert words.rfm_heatmap(GRID, "revenue", "£") == (
        "Revenue per customer by recency score (rows, 5 on top) and frequency score (columns). Highest: £1,500 at R 5, "
        "F 2. Lowest: £20.00 at R 4, F 1. 1 cell is blank."
    )
    assert words.rfm_heatmap(GRID * NAN, "later").endswith("All cells are blank.")
    assert words.class_shares(CLASSES) == (
        "Share of customers beside share of value, by class. high 20% of customers, 75% of value; 中 30% of customers, "
        "15% of value; low 50% of customers, 10% of value."
    )
    assert words.activity(ACTIVITY) == (
        "Share of customers who bought later, by class. By rhythm: active 62.0% [59.0%, 65.0%] of 812, churned 8.0% "
        "[6.0%, 10.0%] of 1,200. By P(alive): active 60.0% [57.0%, 63.0%] of 900."
    )
    assert words.later_value(LATER, "£") == (
        "Mean later revenue per customer, with 95% intervals: high £1,520 [£1,300, £1,800] (800 customers), low £90.00 "
        "[£70.00, £120] (2,000 customers)."
    )


def test_captions_of_policies_say_the_numbers_of_the_tables():
    assert words.policy(POLICY, "£") == (
        "Profit per customer of each policy: nothing £0.00, all −£1.20 [−£1.90, −£0.40], by class £0.80 [£0.30, £1.40]."
    )
    assert words.policy_gain(GAIN, "£") == (
        'Profit per customer on the half that judges (1,200 customers). The best treatment for all, "voucher", brings '
        "£2.30; one for each class £3.10. The gain is £0.80 [£0.10, £1.50]."
    )
    assert words.treatments(TREATED, "£") == (
        "Profit per customer of every treatment in every class. Chosen (framed): high: voucher £12.30, low: do nothing "
        "£0.00."
    )


def test_captions_of_groups_say_the_numbers_of_the_tables():
    assert words.criteria(CRITERIA) == (
        "Criteria for 2 to 3 groups. Number of groups each likes best: silhouette 3 (k-means), BIC 2 (mixture)."
    )
    assert words.stability(STABLE, CHANCE) == (
        "Adjusted Rand index of the groups of resamples, for 2 to 3 groups. Highest: 0.80 [0.70, 0.90] with 2 groups "
        "(k-means). 1 of 2 intervals lies above 0.6. Data without groups reach 0.20 [0.10, 0.30] at most."
    )
    assert words.profile(PROFILE) == (
        "Means of 3 variables in 2 groups against all customers; in 67% of cells the interval leaves out the overall "
        "mean (the others are grey). Furthest from it, a: rest −20 points; b: rest +30 points."
    )


def test_captions_of_concentration_say_the_numbers_of_the_tables():
    point = pd.Series({"estimate": 0.273, "low": 0.25, "high": 0.3, "at": 0.8, "n": 2357})
    assert words.lorenz(point) == (
        "Lorenz curve of revenue, smallest customers first. The top 27.3% [25.0%, 30.0%] of 2,357 customers bring 80%; "
        "by the rule it would be 20% (diamond)."
    )
    assert words.concentration_by_year(YEARS) == (
        "Share of revenue held by the top 20% (dashed: 80%): 2010 74.0% [70.0%, 78.0%], 2011 77.0% "
        "[73.0%, 80.0%]."
    )
