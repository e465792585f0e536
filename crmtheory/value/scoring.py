"""Lifetime value of every customer where the log is, however many there are: a join and a formula.

What an attrition model says of a customer depends on x, t_x, T alone, so it is computed once for each distinct history
and joined to the customers. The expected spend of the Gamma-Gamma is a formula of x and m (Fader & Hardie 2013, The
Gamma-Gamma model of monetary value, eq. 5), which the engine computes itself,

E(M | x, m) = p (γ + x m) / (p x + q − 1),

and so are its derivatives by ln p, ln q, ln γ, from which its error comes (delta method).
"""

from __future__ import annotations

from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import stats

from crmtheory.errors import SchemaError
from crmtheory.models import GammaGamma
from crmtheory.models.answers import AttritionFit, histories
from crmtheory.models.history import possible_level
from crmtheory.models.intervals import limits, trusted
from crmtheory.models.spend import SpendFit
from crmtheory.transactions import Transactions
from crmtheory.value.lifetime import ALIVE, DISCOUNTED, PURCHASES, check_models, checked_margin, of_histories

COLUMNS = (
    "p_alive", "expected_purchases", "discounted_purchases", "expected_spend", "clv", "clv_low", "clv_high",
    "p_alive_low", "p_alive_high", "purchases_low", "purchases_high",
)  # fmt: skip


def scored(
    log: Transactions,
    fit: AttritionFit,
    spend: SpendFit,
    *,
    calibration_end: Any = None,
    observation_end: Any = None,
    horizon: float | str = "52 weeks",
    discount_rate: float = 0.10,
    margin: float = 1.0,
    cost_per_purchase: float = 0.0,
    level: float = 0.95,
) -> Any:
    """The table of `clv` for all customers of a log, computed in the engine that holds it and not collected.

    Parameters
    ----------
    log : as `transactions.read` gives it
    fit, spend : a fitted attrition model, in whose unit the ages are counted, and a fitted Gamma-Gamma
    calibration_end, observation_end : as in `Transactions.summary`
    horizon, discount_rate, margin, cost_per_purchase, level : as in `clv`

    Returns
    -------
    DuckDB relation or Spark DataFrame: customer, x, t_x, T, m and the columns of `clv`; write it with
    ``.write_parquet(path)``, ``.write_csv(path)`` or ``.write.parquet(path)``

    Raises
    ------
    DomainError : as `clv`
    SchemaError : the spend model is no Gamma-Gamma, or the fit has covariates

    >>> from crmtheory import datasets, transactions
    >>> from crmtheory.models import ParetoNBD
    >>> log = transactions.read(datasets.path("cdnow_sample"), "customer_id", "date", "amount_usd")
    >>> fit = ParetoNBD().fit(log.histories(), weights="customers")
    >>> spend = GammaGamma().fit(log.summary())
    >>> relation = scored(log, fit, spend)
    >>> relation.filter("customer = 1").df()[["p_alive", "clv"]].round(2)
       p_alive    clv
    0     0.73  33.48
    """
    check_models(fit, spend)
    if not isinstance(spend.model, GammaGamma):
        raise SchemaError(
            f"The engine knows the mean spend of the Gamma-Gamma only, not of {spend.model.name}."
        )
    margin, unit = checked_margin(margin), fit.unit or "week"
    spend.model.conditional_mean(spend.theta, 0.0, 0.0)  # says why, where the mean does not exist
    z = float(stats.norm.ppf(1 - possible_level(level)))
    delta, end = fit.force_of_interest(discount_rate), fit.time(horizon)
    table = _of_histories(fit, log.histories(unit, calibration_end, observation_end), end, delta, level)
    frame = nw.from_native(log.scored(table, unit, calibration_end, observation_end))
    return nw.to_native(_valued(frame, spend, margin, cost_per_purchase, z))


def _of_histories(
    fit: AttritionFit, table: pd.DataFrame, end: float, delta: float, level: float
) -> pd.DataFrame:
    """The columns of `clv` that depend on the history alone, and the error of the discounted purchases."""
    answers, gradient = of_histories(fit, histories(fit, table), end, delta)
    alive = limits(fit, answers[ALIVE], gradient[:, ALIVE], level, "probability")
    purchases = limits(fit, answers[PURCHASES], gradient[:, PURCHASES], level, "number")
    error = trusted(fit, answers[DISCOUNTED], fit.error_of(gradient[:, DISCOUNTED]), "number")
    return table.assign(
        p_alive=answers[ALIVE],
        expected_purchases=answers[PURCHASES],
        discounted_purchases=answers[DISCOUNTED],
        error=error,
        p_alive_low=alive[0],
        p_alive_high=alive[1],
        purchases_low=purchases[0],
        purchases_high=purchases[1],
    )


def _valued(frame: Any, spend: SpendFit, margin: float, cost: float, z: float) -> Any:
    """The columns of spend and value, added by the engine.

    One step for each column: an expression that is used twice would otherwise be computed and planned twice.
    """
    p, q, gamma = (float(part) for part in spend.theta)
    # Derivatives of the mean by ln p, ln q, ln γ are (q − 1, −q, 0) · mean + (0, 0, pγ), over the share px + q − 1, so
    # the variance is a square in the mean.
    by_mean, alone = np.array([q - 1.0, -q, 0.0]), np.array([0.0, 0.0, p * gamma])
    square, mixed, constant = (
        float(left @ spend.cov_used @ right)
        for left, right in ((by_mean, by_mean), (by_mean, alone), (alone, alone))
    )
    known = (nw.col("x") > 0) & ~nw.col("m").is_null()
    mean, share, value, se = nw.col("expected_spend"), nw.col("share"), nw.col("clv"), nw.col("se")
    discounted, relative, factor = nw.col("discounted_purchases"), nw.col("relative"), nw.col("factor")
    steps: tuple[dict[str, nw.Expr], ...] = (
        {
            "times": nw.when(known).then(nw.col("x")).otherwise(0),
            "money": nw.when(known & (nw.col("m") > 0)).then(nw.col("x") * nw.col("m")).otherwise(0.0),
        },
        {"share": p * nw.col("times") + q - 1.0},
        {"expected_spend": p * (gamma + nw.col("money")) / share},
        {"variance": (square * mean * mean + 2 * mixed * mean + constant) / (share * share)},
        {"of_spend": nw.when(nw.col("variance") > 0).then(nw.col("variance")).otherwise(0.0).sqrt()},
        {"worth": margin * mean - cost},
        {
            "clv": discounted * nw.col("worth"),
            "first": nw.col("error") * nw.col("worth"),
            "second": nw.col("of_spend") * margin * discounted,
        },
        {"se": (nw.col("first") * nw.col("first") + nw.col("second") * nw.col("second")).sqrt()},
        # On the log scale where the value is a product of positive things and well known; else symmetric.
        {"relative": (value > 0) & (se < value) & (cost == 0)},
        {"factor": (z * se / nw.when(relative).then(value).otherwise(1.0)).exp()},
        {
            "clv_low": nw.when(relative).then(value / factor).otherwise(value - z * se),
            "clv_high": nw.when(relative).then(value * factor).otherwise(value + z * se),
        },
    )
    for columns in steps:
        frame = frame.with_columns(**columns)
    return frame.select("customer", "x", "t_x", "T", "m", *COLUMNS)
