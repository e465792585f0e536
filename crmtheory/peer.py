"""An independent check: the same model fitted by the package `lifetimes`, side by side; and our fits as its
objects, for code that was written for it.

`lifetimes` 0.11.3 is no longer maintained; its fitters work, other parts break with current pandas. It is
called from here only.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from crmtheory.errors import ConvergenceError, DomainError
from crmtheory.models import MODELS
from crmtheory.models.answers import AttritionFit, histories
from crmtheory.models.fit import Fit
from crmtheory.models.history import counts
from crmtheory.numerics import Array

MOST = 10_000  # customers for whom both are fitted
FITTERS = {"BG/NBD": "BetaGeoFitter", "MBG/NBD": "ModifiedBetaGeoFitter", "Pareto/NBD": "ParetoNBDFitter"}


class Peer(NamedTuple):
    """How `lifetimes` calls a model of ours."""

    fitter: str
    data: tuple[str, ...]  # the columns of its `data`, in the order of the model's own
    generator: str | None = None  # the function behind its `generate_new_data`


_AGES = ("frequency", "recency", "T")
PEERS = {
    "BG/NBD": Peer(FITTERS["BG/NBD"], _AGES, "beta_geometric_nbd_model"),
    "MBG/NBD": Peer(FITTERS["MBG/NBD"], _AGES, "modified_beta_geometric_nbd_model"),
    "Pareto/NBD": Peer(FITTERS["Pareto/NBD"], _AGES, "pareto_nbd_model"),
    "Gamma-Gamma": Peer("GammaGammaFitter", ("frequency", "monetary_value")),
    "BG/BB": Peer(
        "BetaGeoBetaBinomFitter", ("frequency", "recency", "n_periods"), "beta_geometric_beta_binom_model"
    ),
}


def to_lifetimes(fit: Fit, summary: pd.DataFrame | None = None, *, weights: str | None = None) -> Any:
    """A fit of ours as the object of `lifetimes` for that model, as if that package had found it.

    The predictions are then computed by `lifetimes`, with its limits: an `inf` or NaN for some very busy
    customers, and no answer where a parameter is exactly 1. Parameters, covariance, standard errors and intervals
    are ours. The intervals are made on ln θ, so they are not symmetric; the covariance is symmetric, which its own
    is not.

    Parameters
    ----------
    fit : a fit of BG/NBD, MBG/NBD, Pareto/NBD, Gamma-Gamma or BG/BB
    summary : the customers, for what needs `data` or `generate_new_data`: its plots
    weights : the column that says for how many customers each row stands

    Returns
    -------
    a fitter of `lifetimes` with params_ (Gamma-Gamma: p, q, v), variance_matrix_, standard_errors_,
    confidence_intervals_ and, where its own fit sets them, predict and generate_new_data (which draws from
    NumPy's global random state)

    Raises
    ------
    DomainError : `lifetimes` has no such model
    SchemaError : the summary was made in another unit than the fit, or has impossible rows

    >>> from crmtheory.models import BGNBD
    >>> people = BGNBD().simulate((0.8, 6, 0.9, 2.5), 30.0, np.random.default_rng(1), n=2000)
    >>> fitter = to_lifetimes(BGNBD().fit(people), people)
    >>> fitter
    <lifetimes.BetaGeoFitter: fitted with 2000 subjects, a: 0.99, alpha: 6.22, b: 2.77, r: 0.77>
    >>> float(fitter.predict(10.0, 2, 20.0, 30.0).round(3))
    0.429
    """
    fitter = _new(fit.model.name)
    names = ["v" if name == "gamma" and fit.model.name == "Gamma-Gamma" else name for name in fit.names]
    fitter.params_ = pd.Series(fit.theta.copy(), index=names)
    fitter.variance_matrix_ = pd.DataFrame(fit.cov.copy(), index=names, columns=names)
    fitter.standard_errors_ = pd.Series(fit.se.to_numpy(), index=names)
    bounds = fit.table()[["low", "high"]].set_axis(["lower 95% bound", "upper 95% bound"], axis=1)
    fitter.confidence_intervals_ = bounds.set_axis(names, axis=0)
    fitter._hessian_ = None  # it serves to compute the covariance, which is there
    if fit.model.name in FITTERS:
        fitter.predict = fitter.conditional_expected_number_of_purchases_up_to_time
    if summary is not None:
        _give_data(fitter, fit, summary, weights)
    return fitter


def lifetimes_fitter(name: str, summary: pd.DataFrame, *, weights: str | None = None) -> Any:
    """The fitter of `lifetimes` for the model of this name, fitted to the summary without any penalty.

    `weights` is the column that says for how many customers each row stands.

    Raises
    ------
    DomainError : `lifetimes` has no such model
    SchemaError : the summary has not the model's columns, or impossible rows
    ConvergenceError : `lifetimes` found no maximum
    """
    fitter = _new(name)
    columns, usable = MODELS[name].read(summary)
    rows = [column[usable] for column in columns]
    number = counts(summary, weights)[usable].astype(int) if weights else None
    with warnings.catch_warnings():  # its own deprecations and overflows say nothing about our data
        warnings.simplefilter("ignore")
        from lifetimes.utils import ConvergenceError as Stopped

        try:
            return fitter.fit(*rows, weights=number)
        except Stopped:
            raise ConvergenceError(f"lifetimes found no maximum of the {name} on these data.") from None


def side_by_side(fit: AttritionFit, summary: pd.DataFrame, t: float) -> pd.DataFrame:
    """Parameters, log-likelihood and expected purchases in the next t: ours and those of `lifetimes`.

    With more than `MOST` customers, which `lifetimes` needs minutes for, both are fitted to so many of them, taken at
    equal steps through the summary.

    Returns
    -------
    frame, index = quantity: crmtheory, lifetimes (missing when it finds no maximum). Both log-likelihoods are
    computed by our formula, so that the points compare.

    Raises
    ------
    DomainError : the model is none of those in FITTERS
    """
    if fit.model.name not in FITTERS:
        raise DomainError(f"side_by_side compares {', '.join(FITTERS)}, not {fit.model.name}.")
    if len(summary) > MOST:
        summary = summary.iloc[np.linspace(0, len(summary) - 1, MOST).astype(int)]
        fit = fit.model.fit(summary, unit=fit.unit)
    ours = [*fit.theta, fit.loglik, float(fit.conditional(summary, t).sum())]
    index = pd.Index([*fit.names, "log-likelihood", "expected purchases, all customers"], name="quantity")
    try:
        fitter = lifetimes_fitter(fit.model.name, summary)
    except ConvergenceError:
        return pd.DataFrame({"crmtheory": ours, "lifetimes": np.nan}, index=index)
    theta = np.asarray(fitter.params_, float)
    loglik = fit.model.loglik(theta, *(summary[c].to_numpy(float) for c in ("x", "t_x", "T"))).sum()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        call = fitter.conditional_expected_number_of_purchases_up_to_time
        expected = float(np.nansum(call(t, summary["x"], summary["t_x"], summary["T"])))
    return pd.DataFrame({"crmtheory": ours, "lifetimes": [*theta, loglik, expected]}, index=index)


def in_words(lead: float) -> str:
    """What a difference in log-likelihood between two searches for the same maximum means.

    >>> in_words(2e-5)
    'The log-likelihoods differ by less than 0.0001: both found the same maximum.'
    """
    if np.isnan(lead):
        return "lifetimes found no maximum on these data, so there is nothing to compare with."
    gap = f"{abs(lead):,.4f}" if abs(lead) >= 1e-4 else "less than 0.0001"
    found = "both found the same maximum"
    if abs(lead) >= 0.01:
        found = f"{'lifetimes' if lead > 0 else 'our search'} stopped before the maximum"
    return f"The log-likelihoods differ by {gap}: {found}."


def _new(name: str) -> Any:
    """An unfitted fitter of `lifetimes` without penalty."""
    if name not in PEERS:
        raise DomainError(f"lifetimes has no {name}. It has {', '.join(PEERS)}.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lifetimes

        return getattr(lifetimes, PEERS[name].fitter)(penalizer_coef=0.0)


def _give_data(fitter: Any, fit: Fit, summary: pd.DataFrame, weights: str | None) -> None:
    """What its own fit keeps of the customers: the data, a way to draw new ones, its log-likelihood."""
    from lifetimes import generate_data

    peer = PEERS[fit.model.name]
    if isinstance(fit, AttritionFit):
        histories(fit, summary)  # refuses another unit of time
    columns, usable = fit.model.read(summary)
    rows = [column[usable] for column in columns]
    number = counts(summary, weights)[usable] if weights else np.ones(len(rows[0]))
    data = pd.DataFrame(dict(zip(peer.data, rows, strict=True)), index=summary.index[usable])
    whole = [name for name in peer.data if name == "frequency" or fit.model.name == "BG/BB"]
    if fit.model.name == "Gamma-Gamma":
        data, whole = data[["monetary_value", "frequency"]], []
    fitter.data = data.astype(dict.fromkeys(whole, int)).assign(weights=number.astype(int))
    fitter._negative_log_likelihood_ = _objective(fitter, fit, rows, number)
    if peer.generator:
        draw = getattr(generate_data, peer.generator)
        ages = rows[2]
        if fit.model.name == "BG/BB":  # its own way of repeating them fails with current numpy
            ages = np.repeat(ages, number.astype(int))
        fitter.generate_new_data = lambda size=1: draw(ages, *fitter._unload_params(*fit.names), size=size)


def _objective(fitter: Any, fit: Fit, rows: list[Array], number: Array) -> float:
    """What `lifetimes` would have minimised, at these parameters: it scales ages to 1 at the most, and averages."""
    loglik = float(number @ fit.model.loglik(fit.theta, *rows))
    if fit.model.name in FITTERS:
        fitter._scale = 1.0 / rows[2].max()
        loglik -= float(number @ rows[0]) * np.log(fitter._scale)
    return -loglik / (number.mean() if fit.model.name == "Pareto/NBD" else number.sum())
