"""Probability models of buying, leaving and spending. Each is a declaration; `fit` returns a frozen result.

>>> from crmtheory.models import MODELS
>>> list(MODELS)
['NBD', 'BG/NBD', 'MBG/NBD', 'Pareto/NBD', 'BG/BB', 'Gamma-Gamma', 'sBG']
"""

from crmtheory.models.answers import AttritionFit
from crmtheory.models.attrition import Attrition
from crmtheory.models.base import Model, Param
from crmtheory.models.bg_bb import BGBB
from crmtheory.models.bg_nbd import BGNBD, MBGNBD
from crmtheory.models.contract import Contract, ContractFit
from crmtheory.models.covariates import WithCovariates, likelihood_ratio
from crmtheory.models.fit import Fit
from crmtheory.models.gamma_gamma import GammaGamma
from crmtheory.models.nbd import NBD
from crmtheory.models.pareto_nbd import ParetoNBD
from crmtheory.models.sbg import SBG
from crmtheory.models.spend import Spend, SpendFit
from crmtheory.models.verdict import Verdict

MODELS: dict[str, Model] = {
    model.name: model for model in (NBD(), BGNBD(), MBGNBD(), ParetoNBD(), BGBB(), GammaGamma(), SBG())
}
# Those that a log of purchases on any day can be fitted with; the BG/BB needs opportunities that can be counted.
ATTRITION: dict[str, Attrition] = {
    name: model for name, model in MODELS.items() if isinstance(model, Attrition) and name != BGBB.name
}

__all__ = [
    "ATTRITION",
    "BGBB",
    "BGNBD",
    "MBGNBD",
    "MODELS",
    "NBD",
    "SBG",
    "Attrition",
    "AttritionFit",
    "Contract",
    "ContractFit",
    "Fit",
    "GammaGamma",
    "Model",
    "Param",
    "ParetoNBD",
    "Spend",
    "SpendFit",
    "Verdict",
    "WithCovariates",
    "likelihood_ratio",
]
