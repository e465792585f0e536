"""A path model at a glance: one row for each construct that something acts on."""

from __future__ import annotations

import pandas as pd

from crmtheory.survey.path.fitting import Result
from crmtheory.survey.path.resampling import Bootstrap


def table(found: Result | Bootstrap) -> pd.DataFrame:
    """Path coefficients as a matrix: a row for what is acted on, a column for what acts, NaN without a path; then R².

    >>> from crmtheory.survey.path import Model, fit
    >>> answers = pd.DataFrame({"a": [1.0, 2, 3, 4, 5], "b": [2.0, 1, 4, 3, 5]})
    >>> table(fit(Model({"A": ["a"], "B": ["b"]}, {"A": "B"}), answers)).round(3)
    from    A    R²
    to
    B     0.8  0.64
    """
    order = list(dict.fromkeys(found.paths["from"]))
    matrix = found.paths.pivot(index="to", columns="from", values="estimate")
    matrix = matrix.reindex(index=list(found.r_squared.index), columns=order)
    matrix.index.name, matrix.columns.name = "to", "from"
    return matrix.assign(**{"R²": found.r_squared["estimate"]})
