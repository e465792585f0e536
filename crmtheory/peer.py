"""An independent check: the same model fitted by the package `lifetimes`, side by side.

`lifetimes` 0.11.3 is no longer maintained; its fitters work, other parts break with current pandas. It is
called from here only.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError
from crmtheory.models.answers import AttritionFit

FITTERS = {"BG/NBD": "BetaGeoFitter", "MBG/NBD": "ModifiedBetaGeoFitter", "Pareto/NBD": "ParetoNBDFitter"}


def lifetimes_fitter(name: str, summary: pd.DataFrame) -> Any:
    """The fitter of `lifetimes` for the model of this name, fitted to the summary without any penalty.

    Raises
    ------
    DomainError : `lifetimes` has no such model
    """
    if name not in FITTERS:
        raise DomainError(f"lifetimes has no {name}. It has {', '.join(FITTERS)}.")
    with warnings.catch_warnings():  # its own deprecations and overflows say nothing about our data
        warnings.simplefilter("ignore")
        import lifetimes

        fitter = getattr(lifetimes, FITTERS[name])(penalizer_coef=0.0)
        return fitter.fit(summary["x"], summary["t_x"], summary["T"])


def side_by_side(fit: AttritionFit, summary: pd.DataFrame, t: float) -> pd.DataFrame:
    """Parameters, log-likelihood and expected purchases in the next t: ours and those of `lifetimes`.

    Returns
    -------
    frame, index = quantity: crmtheory, lifetimes. Both log-likelihoods are computed by our formula, so that
    the points compare.
    """
    fitter = lifetimes_fitter(fit.model.name, summary)
    theta = np.asarray(fitter.params_, float)
    loglik = fit.model.loglik(theta, *(summary[c].to_numpy(float) for c in ("x", "t_x", "T"))).sum()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        call = fitter.conditional_expected_number_of_purchases_up_to_time
        expected = float(np.nansum(call(t, summary["x"], summary["t_x"], summary["T"])))
    ours = [*fit.theta, fit.loglik, float(fit.conditional(summary, t).sum())]
    index = pd.Index([*fit.names, "log-likelihood", "expected purchases, all customers"], name="quantity")
    return pd.DataFrame({"crmtheory": ours, "lifetimes": [*theta, loglik, expected]}, index=index)


def in_words(lead: float) -> str:
    """What a difference in log-likelihood between two searches for the same maximum means.

    >>> in_words(2e-5)
    'The log-likelihoods differ by less than 0.0001: both found the same maximum.'
    """
    gap = f"{abs(lead):,.4f}" if abs(lead) >= 1e-4 else "less than 0.0001"
    found = "both found the same maximum"
    if abs(lead) >= 0.01:
        found = f"{'lifetimes' if lead > 0 else 'our search'} stopped before the maximum"
    return f"The log-likelihoods differ by {gap}: {found}."
