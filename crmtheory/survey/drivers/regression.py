"""Each driver with the others held fixed: linear regression, and ordered logit for an outcome in few levels.

Notation: y outcome, z drivers in standard deviations from their mean, β coefficients, θ thresholds between the levels
of y.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import optimize, stats

from crmtheory.errors import ConvergenceError, DomainError
from crmtheory.numerics import Array
from crmtheory.survey.complete import checked_level
from crmtheory.survey.drivers.asked import asked, standardised

ALONE = 1e-9  # 1 − leverage below it: one respondent alone fixes a coefficient


def linear(
    answers: pd.DataFrame,
    outcome: str,
    drivers: Sequence[str],
    weights: pd.Series | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Standardised coefficient of each driver, the others held fixed, by (weighted) least squares.

    Parameters
    ----------
    answers : frame, one row per respondent; those who answered outcome and all drivers are used
    outcome, drivers : columns
    weights : on the same index; only their ratios matter
    level : of the intervals

    Returns
    -------
    frame, index driver: estimate (standard deviations of the outcome per standard deviation of the driver), low, high,
    p_value, n (respondents), r_squared (of the whole regression)

    Raises
    ------
    SchemaError, DomainError : as `complete`; drivers that determine each other; one respondent who alone fixes a
        coefficient

    Notes
    -----
    Satisfaction varies less among the satisfied, and weights are not counts; so errors are those of the HC3 sandwich
    (MacKinnon & White 1985, J. Econometrics 29, 305–325), with the t distribution on n − k − 1. The standard
    deviations are taken as known.

    >>> answers = pd.DataFrame({"overall": [2.0, 3, 3, 5, 5, 6], "service": [1.0, 2, 3, 4, 5, 6]})
    >>> linear(answers, "overall", ["service"])["estimate"].round(3).to_dict()
    {'service': 0.966}
    """
    from statsmodels.regression.linear_model import WLS  # slow to import

    checked_level(level)
    question = "The linear regression"
    data = asked(answers, outcome, drivers, weights, question=question)
    z = standardised(data.values, data.weights)
    model = WLS(z[:, 0], np.column_stack([np.ones(len(z)), z[:, 1:]]), weights=data.weights)
    q = np.linalg.qr(model.wexog)[0]
    leverage = (q**2).sum(axis=1)
    if leverage.max() > 1 - ALONE:
        raise DomainError(
            f"{question}: respondent {data.index[leverage.argmax()]} alone fixes a coefficient, because nobody else "
            "differs in the same way; there is no telling how sure it is. Leave out the driver that nearly all "
            "answered alike, or ask more people."
        )
    result = model.fit(cov_type="HC3", use_t=True)
    limits = result.conf_int(1 - level)
    table = {
        "estimate": result.params[1:],
        "low": limits[1:, 0],
        "high": limits[1:, 1],
        "p_value": result.pvalues[1:],
        "n": len(data),
        "r_squared": result.rsquared,
    }
    return pd.DataFrame(table, index=pd.Index(data.items[1:], name="driver"))


def ordered_logit(
    answers: pd.DataFrame, outcome: str, drivers: Sequence[str], level: float = 0.95
) -> pd.DataFrame:
    """Odds ratio of each driver per standard deviation, the others held fixed, in a proportional-odds model.

    P(y ≤ c) = 1 / (1 + e^(−(θ_c − z′β))): a ratio e^β of 2 doubles the odds of being above any level of the outcome,
    for one standard deviation more of the driver (McCullagh 1980, J. R. Stat. Soc. B 42, 109–142). Only the order of
    the outcome's levels counts; levels that nobody chose play no part.

    Parameters
    ----------
    answers, outcome, drivers, level : as in `linear`

    Returns
    -------
    frame, index driver: ratio, low, high (Wald), p_value, n

    Raises
    ------
    SchemaError, DomainError : as in `linear`
    ConvergenceError : drivers that tell levels of the outcome apart without error (separation), or no maximum found

    >>> answers = pd.DataFrame({"overall": [1, 2, 1, 2, 3, 2, 3, 3.0], "service": [1, 1, 2, 3, 3, 4, 5, 5.0]})
    >>> bool(ordered_logit(answers, "overall", ["service"])["ratio"].iloc[0] > 1)
    True
    """
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    checked_level(level)
    data = asked(answers, outcome, drivers, question="The ordered logit")
    k = len(data.items) - 1
    y = np.unique(data.values[:, 0], return_inverse=True)[1]
    z = standardised(data.values[:, 1:], np.ones(len(data)))
    _refuse_separation(y, z, data.items)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it warns of is checked below
        result = OrderedModel(y, z, distr="logit").fit(method="bfgs", maxiter=1000, disp=False)
        beta, error = result.params[:k], result.bse[:k]
    if not result.mle_retvals["converged"] or not np.isfinite(error).all():
        raise ConvergenceError(
            f"The ordered logit of {outcome} found no maximum of the likelihood. Put rare levels of the outcome "
            "together, or take fewer drivers."
        )
    half = stats.norm.ppf((1 + level) / 2) * error
    table = {
        "ratio": np.exp(beta),
        "low": np.exp(beta - half),
        "high": np.exp(beta + half),
        "p_value": 2 * stats.norm.sf(np.abs(beta) / error),
        "n": len(data),
    }
    return pd.DataFrame(table, index=pd.Index(data.items[1:], name="driver"))


def _refuse_separation(y: np.ndarray, z: Array, items: Sequence[str]) -> None:
    """ConvergenceError where the likelihood rises for ever along some direction of (β, θ).

    Along a direction the term of a respondent at level c never falls if θ_c − z′β does not fall and θ_(c−1) − z′β does
    not rise. A linear program looks for a direction in which this holds for all and is strict for one (the condition
    of Albert & Anderson 1984, Biometrika 71, 1–10, for ordered levels).
    """
    k, steps = z.shape[1], int(y.max())
    above, below = y < steps, y > 0  # those with a threshold above them, and below them
    rows = np.zeros((above.sum() + below.sum(), k + steps))
    rows[:, :k] = np.vstack([-z[above], z[below]])
    at = np.concatenate([y[above], y[below] - 1])
    rows[np.arange(len(rows)), k + at] = np.repeat([1.0, -1.0], [above.sum(), below.sum()])
    rows = np.unique(rows, axis=0)
    found = optimize.linprog(-rows.mean(axis=0), A_ub=-rows, b_ub=np.zeros(len(rows)), bounds=(-1, 1))
    if found.status == 0 and -found.fun > 1e-7:
        strongest = items[1 + int(np.abs(found.x[:k]).argmax())]
        raise ConvergenceError(
            f"The drivers, above all {strongest}, tell levels of {items[0]} apart without error, so odds ratios have "
            f"no finite value. Leave {strongest} out, put rare levels of the outcome together, or ask more people."
        )
