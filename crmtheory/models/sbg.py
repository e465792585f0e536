"""Shifted beta-geometric (sBG): every customer has a churn probability of their own, which never changes.

The probability p to leave at a renewal opportunity is Beta(α, β) over customers. Those with a large p leave first, so
the retention rate of a cohort rises although nobody becomes more loyal. Source: Fader & Hardie 2007, J. Interactive
Marketing 21, 76–90. The value of a customer who has already stayed a while is that of Fader & Hardie 2010, Marketing
Science 29, 85–93.

With B the beta function, P(T = t) = B(α + 1, β + t − 1) / B(α, β) and S(t) = B(α, β + t) / B(α, β). After n renewals
p is Beta(α, β + n), which answers every question about customers who are still there.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special, stats

from crmtheory.errors import DomainError, SchemaError
from crmtheory.models.base import Param, positive
from crmtheory.models.beta_ratios import log_ratio, sum_of_ratios
from crmtheory.models.contract import Contract, ContractFit, contracts, whole
from crmtheory.models.history import counts
from crmtheory.numerics import Array


class SBG(Contract):
    """sBG (Fader & Hardie 2007); theta = (alpha, beta).

    >>> theta = (0.668, 3.806)
    >>> SBG().survival(theta, [0, 1, 7]).round(3).tolist()
    [1.0, 0.851, 0.489]
    >>> SBG().retention(theta, [1, 7]).round(3).tolist()  # it rises
    [0.851, 0.936]
    """

    name = "sBG"
    params = (
        Param("alpha", "first shape of the churn probabilities"),
        Param("beta", "second shape of the churn probabilities"),
    )

    def loglik(self, theta: ArrayLike, t: Array, lost: Array) -> Array:
        alpha, beta = positive(theta, 2, self.name)
        kept = t - lost
        return log_ratio(beta, alpha, kept) + lost * (np.log(alpha) - np.log(alpha + beta + kept))

    def loglik_and_score(self, theta: Array, t: Array, lost: Array) -> tuple[Array, Array]:
        alpha, beta = theta
        kept, both = t - lost, alpha + beta
        psi = special.digamma
        shared = psi(both) - psi(both + kept) - lost / (both + kept)
        by_alpha = shared + lost / alpha
        by_beta = shared + psi(beta + kept) - psi(beta)
        return self.loglik(theta, t, lost), np.stack([alpha * by_alpha, beta * by_beta])

    def hessian(self, theta: Array, weights: Array, t: Array, lost: Array) -> Array:
        alpha, beta = theta
        kept, both = t - lost, alpha + beta

        def psi1(z: Array) -> Array:
            return special.polygamma(1, z)

        shared = np.sum(weights * (psi1(both) - psi1(both + kept) + lost / (both + kept) ** 2))
        by_alpha = shared - np.sum(weights * lost) / alpha**2
        by_beta = shared + np.sum(weights * (psi1(beta + kept) - psi1(beta)))
        score = self.loglik_and_score(theta, t, lost)[1] @ weights  # by ln θ: what the change of scale adds
        plain = np.array([[by_alpha, shared], [shared, by_beta]])
        return np.outer(theta, theta) * plain + np.diag(score)

    def survival(self, theta: ArrayLike, t: ArrayLike) -> Array:
        alpha, beta = positive(theta, 2, self.name)
        return np.exp(log_ratio(beta, alpha, whole(t, 0, "t")))

    def retention(self, theta: ArrayLike, t: ArrayLike) -> Array:
        alpha, beta = positive(theta, 2, self.name)
        kept = whole(t, 1, "t") - 1
        return (beta + kept) / (alpha + beta + kept)

    def churn(self, theta: ArrayLike, t: ArrayLike) -> Array:
        alpha, beta = positive(theta, 2, self.name)
        kept = whole(t, 1, "t") - 1
        return np.exp(log_ratio(beta, alpha, kept)) * (alpha / (alpha + beta + kept))

    def residual(
        self, theta: ArrayLike, n: ArrayLike, delta: float, horizon: float = math.inf, due: float = 0.0
    ) -> Array:
        """As `Contract.residual`. With an infinite horizon and due = 0 it is the discounted expected residual lifetime
        of Fader & Hardie (2010) of a customer about to decide on renewal n + 1.

        Their form of it has a Gauss hypergeometric function, which loses its digits when δ is near 0 or the parameters
        are large. Here the sum over renewals is taken as it stands, its tail by the Euler–Maclaurin formula.
        """
        alpha, beta = positive(theta, 2, self.name)
        n = whole(n, 0, "The number n of opportunities survived")
        if not (math.isfinite(delta) and delta >= 0):
            raise DomainError(f"A discount rate must be 0 or more, not {delta:g}.")
        if not (math.isfinite(due) and due >= 0):
            raise DomainError(f"The time until the next opportunity must be 0 or more, not {due:g}.")
        if math.isinf(horizon) and horizon > 0 and delta == 0:
            raise DomainError(
                "An infinite horizon needs a discount rate above 0: without one the value may be infinite."
            )
        if not math.isinf(horizon) or horizon < 0:
            whole(horizon, 0, "The horizon, in renewal opportunities,")
        a, b = np.broadcast_arrays(alpha, beta + n)
        if horizon == 0:
            return np.zeros(a.shape)
        # The first renewal has factor 1 − p in every term: taken into the density, it makes b + 1 of b.
        end = min(horizon, 60 / delta) if delta > 0 else horizon  # e^(−60) is below what a double can add
        total = sum_of_ratios(np.full(a.shape, math.ceil(end)), b + 1, a, b + 1, np.zeros(a.shape), delta)
        return math.exp(-delta * due) * (b / (a + b)) * total

    def expected_lifetime(self, theta: ArrayLike, n: ArrayLike = 0.0) -> Array:
        """(β + n) / (α − 1) further renewals; infinite when alpha is 1 or less, where a few stay almost for ever."""
        alpha, beta = positive(theta, 2, self.name)
        n = whole(n, 0, "The number n of opportunities survived")
        exists = alpha > 1
        return np.where(exists, (beta + n) / np.where(exists, alpha - 1, 1.0), np.inf)

    def draw(self, theta: ArrayLike, n: int, rng: np.random.Generator) -> Array:
        alpha, beta = positive(theta, 2, self.name)
        p = np.maximum(rng.beta(alpha, beta, n), 1e-300)  # a draw may underflow to 0
        with np.errstate(divide="ignore"):  # p may be 1
            return np.floor(np.log1p(-rng.random(n)) / np.log1p(-p)) + 1  # geometric, from 1


def against_constant(fit: ContractFit, summary: pd.DataFrame, weights: str | None = None) -> pd.DataFrame:
    """Likelihood-ratio test of the sBG against one churn probability for all customers (the geometric distribution).

    The geometric is the limit of the sBG as α and β grow in proportion. It lies on the boundary, so when it is true the
    statistic is 0 in half of all large samples and chi-squared with 1 degree of freedom in the others, and the p-value
    is half the upper tail (Self & Liang 1987, J. American Statistical Association 82, 605–610).

    Parameters
    ----------
    fit : of SBG; summary, weights : what it was fitted to

    Returns
    -------
    frame of one row: constant_churn (estimated), loglik_constant, loglik (of the sBG), statistic, p_value

    Raises
    ------
    SchemaError : the fit is of another model or of another number of customers

    >>> summary = pd.DataFrame({"t": [1, 2, 3, 4, 4], "lost": [1, 1, 1, 1, 0], "n": [369, 163, 86, 56, 326]})
    >>> test = against_constant(SBG().fit(summary, weights="n"), summary, weights="n")
    >>> test.round(3).to_dict("records")[0]["constant_churn"]
    0.272
    """
    t, lost = contracts(summary)
    number = counts(summary, weights) if weights else np.ones(len(t))
    if not isinstance(fit.model, SBG):
        raise SchemaError(f"The test is of a fit of sBG, not of {fit.model.name}.")
    if fit.n != int(number.sum()):
        raise SchemaError(
            f"The model was fitted to {fit.n:,} customers, but this summary stands for {number.sum():,.0f}. Give the "
            "summary, and the weights, that were used for the fit."
        )
    left, decisions = float(number @ lost), float(number @ t)
    constant = float(special.xlogy(left, left / decisions))
    constant += float(special.xlogy(decisions - left, 1 - left / decisions))
    statistic = max(2 * (fit.loglik - constant), 0.0)
    # No more than rounding above the limit: the maximum is the limit itself.
    p_value = 1.0 if statistic < 1e-12 * abs(constant) else float(stats.chi2.sf(statistic, 1)) / 2
    return pd.DataFrame(
        {
            "constant_churn": [left / decisions],
            "loglik_constant": [constant],
            "loglik": [fit.loglik],
            "statistic": [statistic],
            "p_value": [p_value],
        }
    )
