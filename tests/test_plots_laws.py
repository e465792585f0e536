"""What holds for every figure of surveys, satisfaction, loyalty and relationships: its own file has the tables."""

import matplotlib as mpl
import pandas as pd
import pytest
import test_plots_loyalty
import test_plots_relationship
import test_plots_satisfaction
import test_plots_survey
from drawn import harder, notes, overlapping, texts
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crmtheory.errors import SchemaError
from crmtheory.plots import style
from crmtheory.plots.labels import label

# name → how it is drawn and said, its table, further arguments
FIGURES = {
    **test_plots_loyalty.FIGURES,
    **test_plots_relationship.FIGURES,
    **test_plots_satisfaction.FIGURES,
    **test_plots_survey.FIGURES,
}
FREE = {"distribution"}  # its columns are the ratings that were given
each = pytest.mark.parametrize("name", FIGURES)


@each
def test_a_figure_of_its_own_can_be_saved_and_has_words_for_its_axes(name):
    draw, _, table, more = FIGURES[name]
    ax = draw(table, **more)
    assert isinstance(ax, Axes)
    assert style.png(ax.figure, 40)[0].startswith(b"\x89PNG")
    assert ax.get_xlabel() or ax.get_ylabel()
    assert not any("{" in text or "nan" in text for text in texts(ax))


@each
def test_the_axes_given_are_the_axes_used_and_nothing_else_is_changed(name):
    draw, _, table, more = FIGURES[name]
    given, before, settings = Figure().subplots(), table.copy(deep=True), dict(mpl.rcParams)
    assert draw(table, **more, ax=given) is given
    pd.testing.assert_frame_equal(table, before)
    assert dict(mpl.rcParams) == settings


@each
def test_no_words_lie_on_each_other(name):
    draw, _, table, more = FIGURES[name]
    assert overlapping(draw(table, **more, simulated=True)) == []


@each
def test_one_row_long_and_chinese_names_and_missing_intervals_can_be_drawn_and_said(name):
    draw, caption, table, more = FIGURES[name]
    for what, hard in harder(table):
        ax = draw(hard, **more)
        assert not any("nan" in text for text in texts(ax)), what
        assert overlapping(ax) == [], what
        assert "nan" not in caption(hard, **more), what


@each
def test_simulated_data_are_said_to_be_so(name):
    draw, caption, table, more = FIGURES[name]
    assert "simulated data" not in texts(draw(table, **more))
    assert "simulated data" in texts(draw(table, **more, simulated=True))
    assert caption(table, **more, simulated=True) == f"Simulated data. {caption(table, **more)}"


@each
def test_an_empty_table_is_said_in_words(name):
    draw, _, table, more = FIGURES[name]
    assert label("nothing") in notes(draw(table.iloc[:0], **more))


@pytest.mark.parametrize("name", sorted(set(FIGURES) - FREE))
def test_a_table_without_a_column_is_refused(name):
    draw, _, table, more = FIGURES[name]
    with pytest.raises(SchemaError, match=f'The figure "{draw.__name__}" draws the columns .* Missing: '):
        draw(table.iloc[:, :0], **more)


@each
def test_another_language_that_is_not_there_is_refused(name):
    draw, _, table, more = FIGURES[name]
    with pytest.raises(SchemaError, match="language"):
        draw(table, **more, lang="fr")
