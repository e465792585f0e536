"""Path models of satisfaction: how image, expectations and quality lead to satisfaction and loyalty.

A construct such as satisfaction is not asked by one question but by several. A path model (PLS) gives each construct a
score made of its items, and each arrow between constructs a coefficient:

>>> import pandas as pd
>>> from crmtheory import datasets
>>> from crmtheory.survey import path
>>> answers = pd.read_csv(datasets.path("ecsi_mobile"))
>>> round(path.fit(path.ECSI, answers).r_squared.loc["Satisfaction", "estimate"], 2)
np.float64(0.68)

`fit` gives the estimates, `bootstrap` their intervals, `mediation` the part of an effect that goes by way of other
constructs, `importance_performance` what to work on. `model`, `moments`, `estimate`, `consistent`, `quality` and
`effects` are the pieces, each from one paper.
"""

from __future__ import annotations

from crmtheory.survey.path.ecsi import ecsi
from crmtheory.survey.path.fitting import Result, fit
from crmtheory.survey.path.ipma import importance_performance
from crmtheory.survey.path.mediation import mediation
from crmtheory.survey.path.model import ECSI, Model
from crmtheory.survey.path.reading import table
from crmtheory.survey.path.resampling import Bootstrap, bca, bootstrap

__all__ = [
    "ECSI",
    "Bootstrap",
    "Model",
    "Result",
    "bca",
    "bootstrap",
    "ecsi",
    "fit",
    "importance_performance",
    "mediation",
    "table",
]
