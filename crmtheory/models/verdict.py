"""What an optimiser reached, in words, and the covariance that goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crmtheory.errors import ConvergenceError
from crmtheory.numerics import Array, Optimum


@dataclass(frozen=True)
class Verdict:
    """What the optimiser reached, in words, and the two numbers that say how well.

    status : "converged", "on a boundary" or "not identified"
    gradient_norm : expected further gain in log-likelihood from one more Newton step (0 is perfect)
    condition : condition number of the Hessian of the free log parameters
    """

    status: str
    message: str
    gradient_norm: float
    condition: float
    evaluations: int

    @property
    def converged(self) -> bool:
        return self.status == "converged"


def judge(
    model: str, names: Sequence[str], best: Optimum, n: int, evaluations: int
) -> tuple[Array, Array, Verdict]:
    """Covariance of ln θ, the same for derived quantities, and the verdict in words.

    The first has NaN where a parameter cannot be told. The second holds parameters on a boundary there, and leaves out
    directions in which the likelihood is flat: what is the same along them (such as the purchases expected by a model
    that has degenerated to a simpler one) still gets its interval.
    """
    k = len(names)
    cov, used = np.full((k, k), np.nan), np.zeros((k, k))
    free = ~best.at_bound
    place = np.ix_(free, free)
    curvature = -best.hessian[place]
    condition, gain = np.inf, np.inf
    if free.any() and np.isfinite(curvature).all():
        values, vectors = np.linalg.eigh(curvature)
        told = values > 1e-10 * np.abs(values).max()
        used[place] = (vectors[:, told] / values[told]) @ vectors[:, told].T / n
        if values.min() > 0:
            condition = float(values.max() / values.min())
            inverse = np.linalg.inv(curvature)
            cov[place] = inverse / n
            gain = float(n * best.gradient[free] @ inverse @ best.gradient[free] / 2)
    # A parameter known only to a factor of e^10 is not known: there the likelihood goes on rising, ever more slowly.
    flat = not np.isfinite(gain) or condition > 1e12 or np.nanmax(np.diag(cov)) > 25
    if gain > 1e-4 and not flat:
        raise ConvergenceError(
            f"{model}: the search stopped before the maximum (a further gain of {gain:.3g} in log-likelihood is in "
            "sight). Check the summary for a few extreme customers and for ages in a wrong unit."
        )
    if best.at_bound.any():
        stuck = ", ".join(name for name, at in zip(names, best.at_bound, strict=True) if at)
        status = "on a boundary"
        message = (
            f"The likelihood still rises as {stuck} leaves the range that makes "
            f"sense, so {stuck} has no standard error. "
            "The data show no sign of what that parameter describes: compare with a simpler model."
        )
    elif flat:
        status = "not identified"
        message = (
            "The likelihood is flat in some direction: several sets of parameters "
            "explain these data equally well. "
            "Use a simpler model or a longer log; single parameters mean nothing here."
        )
    else:
        status, message = "converged", "The maximum was reached."
    return cov, used, Verdict(status, message, gain, condition, evaluations)
