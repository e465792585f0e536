"""Probability models of buying, leaving and spending. Each is a declaration; `fit` returns a frozen result.

>>> from crmtheory.models import MODELS
>>> list(MODELS)
['NBD', 'BG/NBD', 'MBG/NBD', 'Pareto/NBD', 'Gamma-Gamma']
"""

from crmtheory.models.answers import AttritionFit, SpendFit
from crmtheory.models.attrition import Attrition
from crmtheory.models.base import Model, Param
from crmtheory.models.bg_nbd import BGNBD, MBGNBD
from crmtheory.models.fit import Fit
from crmtheory.models.gamma_gamma import GammaGamma
from crmtheory.models.nbd import NBD
from crmtheory.models.pareto_nbd import ParetoNBD
from crmtheory.models.spend import Spend
from crmtheory.models.verdict import Verdict

MODELS: dict[str, Model] = {
    model.name: model for model in (NBD(), BGNBD(), MBGNBD(), ParetoNBD(), GammaGamma())
}
ATTRITION: dict[str, Attrition] = {
    name: model for name, model in MODELS.items() if isinstance(model, Attrition)
}

__all__ = [
    "ATTRITION",
    "BGNBD",
    "MBGNBD",
    "MODELS",
    "NBD",
    "Attrition",
    "AttritionFit",
    "Fit",
    "GammaGamma",
    "Model",
    "Param",
    "ParetoNBD",
    "Spend",
    "SpendFit",
    "Verdict",
]
