"""The figures of value to the customer: they show the numbers of their tables and touch nothing else."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crmtheory.errors import SchemaError
from crmtheory.plots import captions_perceived as words
from crmtheory.plots import perceived, style
from crmtheory.plots.labels import label

NAN = np.nan
PARTS = pd.DataFrame(
    {"estimate": [0.41, -0.48, 0.81], "low": [0.37, -0.52, 0.78], "high": [0.45, -0.44, 0.84], "n": 1811},
    index=["benefit", "cost", "value"],
)
WAYS = pd.DataFrame(
    {"estimate": [0.81, 0.68, 0.2], "low": [0.78, 0.65, 0.14], "high": [0.84, 0.73, 0.26], "n": 1811},
    index=["as answered", "least correlation taken out", "each respondent centred"],
)
MAP = pd.DataFrame(
    {
        "relative_quality": [0.7, 1.3],
        "quality_low": [0.5, 1.2],
        "quality_high": [0.8, 1.6],
        "relative_price": [1.0, 1.1],
        "ratio": [0.7, 1.18],
        "low": [0.5, 1.09],
        "high": [0.8, 1.45],
        "position": ["worse value", "better value"],
    },
    index=["我们的品牌", "theirs"],
)
LINE = pd.DataFrame({"relative_quality": [0.7, 1.3], "relative_price": [0.7, 1.3]})
ELASTIC = pd.DataFrame(
    {"share": [0.25, 0.75], "own": [-2.5, -1.0], "low": [-3.5, -1.5], "high": [-1.5, -0.5], "choices": 3289},
    index=["a", "乙"],
)
MEAN = pd.DataFrame({"estimate": [1.375], "low": [0.9], "high": [1.9]})
DRAWN = {
    "effects": lambda **options: perceived.effects(PARTS, WAYS, 0.3, **options),
    "value_map": lambda **options: perceived.value_map(MAP, LINE, **options),
    "elasticities": lambda **options: perceived.elasticities(ELASTIC, MEAN, 0.5, **options),
}


def dots(ax: Axes, marker: str) -> list[tuple[float, float]]:
    found = [line for line in ax.lines if line.get_marker() == marker]
    points = [point for line in found for point in zip(line.get_xdata(), line.get_ydata(), strict=True)]
    return [(float(x), float(y)) for x, y in points if np.isfinite(x)]


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_a_figure_is_drawn_on_the_axes_it_is_given_or_on_its_own(name):
    ax = Figure().subplots()
    assert DRAWN[name](ax=ax) is ax
    own = DRAWN[name]()
    style.png(own.figure, 40)
    assert own.get_xlabel()


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_a_figure_leaves_its_tables_as_they_are(name):
    before = [table.copy() for table in (PARTS, WAYS, MAP, LINE, ELASTIC, MEAN)]
    DRAWN[name]()
    for table, copy in zip((PARTS, WAYS, MAP, LINE, ELASTIC, MEAN), before, strict=True):
        pd.testing.assert_frame_equal(table, copy)


def test_effects_show_the_parts_together_and_value_in_each_reading():
    ax = perceived.effects(PARTS, WAYS, 0.3)
    assert dots(ax, "o") == [(0.41, 0), (-0.48, 1)]
    assert dots(ax, "D") == [(0.81, 2), (0.68, 3), (0.2, 4)]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [
        label(name) for name in [*PARTS.index[:2], *WAYS.index]
    ]
    assert texts(ax)[1] == "−0.48 [−0.52, −0.44]"
    assert ax.get_legend().get_texts()[0].get_text() == "threshold of the claim (0.3)"


def test_a_reading_that_leaves_nothing_has_a_dash_and_no_dot():
    none = WAYS.assign(estimate=[0.81, 0.68, NAN], low=[0.78, 0.65, NAN], high=[0.84, 0.73, NAN])
    ax = perceived.effects(PARTS, none)
    assert len(dots(ax, "D")) == 2
    assert texts(ax)[-1] == "–"
    assert words.effects(PARTS, none).endswith("Nothing is left of value when each respondent centred.")


def test_the_map_shows_each_offer_where_it_stands():
    ax = perceived.value_map(MAP, LINE)
    assert dots(ax, "D") == [(0.7, 1.0)]
    assert dots(ax, "o") == [(1.3, 1.1)]
    assert {"我们的品牌", "theirs"} <= set(texts(ax))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        label("fair-value line"),
        "better value",
        "worse value",
    ]


def test_elasticities_are_shown_with_their_sign_turned():
    ax = perceived.elasticities(ELASTIC, MEAN, 0.5)
    assert dots(ax, "o") == [(2.5, 0), (1.0, 1)]
    assert dots(ax, "D") == [(1.375, 2)]
    assert texts(ax) == ["2.50 [1.50, 3.50]", "1.00 [0.50, 1.50]", "1.38 [0.90, 1.90]"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [
        "a (25%)",
        "乙 (75%)",
        label("weighted mean"),
    ]


def test_captions_say_the_numbers():
    assert words.effects(PARTS, WAYS) == (
        "Standardised coefficients on satisfaction, 1,811 respondents. In one regression: benefit 0.41 [0.37, 0.45] "
        "and cost −0.48 [−0.52, −0.44]. Value alone: as answered 0.81 [0.78, 0.84], least correlation taken out 0.68 "
        "[0.65, 0.73] and each respondent centred 0.20 [0.14, 0.26]."
    )
    assert words.value_map(MAP) == (
        "Relative quality against relative price; right of and below the dashed line people get more than they pay "
        "for. V = Q/P: theirs 1.18 [1.09, 1.45] (better value) and 我们的品牌 0.70 [0.50, 0.80] (worse value)."
    )
    assert words.elasticities(ELASTIC, MEAN) == (
        "Minus the own-price elasticity, 3,289 choices: a 2.50 and 乙 1.00. Mean by share of choices: 1.38 "
        "[0.90, 1.90]."
    )


@pytest.mark.parametrize(
    ("draw", "columns"),
    [
        (lambda: perceived.effects(PARTS[["estimate"]], WAYS), "estimate, low, high. Missing: low, high."),
        (
            lambda: perceived.value_map(MAP.drop(columns="position"), LINE),
            "relative_quality, quality_low, quality_high, relative_price, position. Missing: position.",
        ),
        (
            lambda: perceived.elasticities(ELASTIC.drop(columns="own"), MEAN),
            "share, own, low, high. Missing: own.",
        ),
    ],
)
def test_a_missing_column_is_named(draw, columns):
    with pytest.raises(SchemaError) as found:
        draw()
    assert str(found.value).endswith(f"draws the columns {columns}")


def test_empty_tables_say_so():
    for ax in (
        perceived.value_map(MAP[:0], LINE),
        perceived.elasticities(ELASTIC[:0], MEAN),
        perceived.effects(PARTS[:0], WAYS[:0]),
    ):
        assert texts(ax) == [label("nothing")]
