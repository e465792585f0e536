"""What is asked at one origin: fits to what was known then, predictions for every customer then, and what came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crmtheory import holdout
from crmtheory.errors import ConvergenceError
from crmtheory.models import Attrition
from crmtheory.numerics import Array, distinct_rows
from crmtheory.transactions import Transactions

RULES = ("mean rate", "last period repeats", "recency rule")
LEAST = np.finfo(float).tiny  # what a double calls 0 may only be very unlikely


@dataclass(frozen=True)
class Origin:
    """One origin. A pattern is a history together with what came; customers who share it are judged once."""

    day: str
    pattern: pd.Series  # the number of each customer's pattern
    count: Array  # customers of each pattern; the arrays below have its length
    actual: Array
    predicted: dict[str, Array]  # without the models that failed
    log_p: dict[str, Array]  # without those that give no probabilities
    fits: list[dict[str, Any]]


def at_origin(
    models: Mapping[str, Attrition], log: Transactions, unit: str, before: str | None, day: str, until: str
) -> Origin:
    """Fit and predict at one day, for the time until another.

    Parameters
    ----------
    before, day, until : days (ISO) that are one horizon apart; `before` is None when the log began later
    """
    summary = log.summary(unit, day, until)
    t = float(summary["T_holdout"].iloc[0])
    recent = summary["x"] + 1.0  # all purchases so far, the first included
    if before is not None:
        earlier = log.summary(unit, before, day)["x_holdout"]
        recent = earlier.reindex(summary.index).fillna(recent)
    columns = [summary[name].to_numpy(float) for name in ("x", "t_x", "T", "x_holdout")]
    rows, count, place = distinct_rows([*columns, recent.to_numpy(float)], np.ones(len(summary)))
    x, t_x, T, actual, _ = rows
    first = np.unique(place, return_index=True)[1]  # a customer of each pattern
    predictions, log_p, fits = {}, {}, []
    for name, model in models.items():
        row = {"origin": day, "prediction": name, "customers": len(summary), "log_likelihood": np.nan}
        try:
            fit = model.fit(summary)
        except ConvergenceError as error:
            fits.append(row | {"status": "not fitted", "message": str(error)})
            continue
        fits.append(row | {"log_likelihood": fit.loglik, **_verdict(fit)})
        predictions[name] = fit.conditional(summary, t)
        try:
            p = model.pmf(fit.theta, actual, t, x, t_x, T)
        except NotImplementedError:
            continue
        log_p[name] = np.log(np.maximum(p, LEAST))
    rules = holdout.naive_rules(summary, t)
    predictions |= dict(zip(RULES, (rules["mean rate"], recent, rules["recency rule"]), strict=True))
    predicted = {name: series.to_numpy(float)[first] for name, series in predictions.items()}
    return Origin(day, pd.Series(place, summary.index), count, actual, predicted, log_p, fits)


def among(origins: list[Origin], customers: NDArray[np.intp]) -> list[Origin]:
    """The same origins with some of the customers: places among those known at the last origin."""
    chosen = origins[-1].pattern.index[customers]
    found = []
    for o in origins:
        pattern = o.pattern[o.pattern.index.isin(chosen)]
        kept, place = np.unique(pattern.to_numpy(), return_inverse=True)
        predicted, log_p = ({name: v[kept] for name, v in held.items()} for held in (o.predicted, o.log_p))
        count = np.bincount(place, minlength=len(kept)).astype(float)
        numbered = pd.Series(place, pattern.index)
        found.append(Origin(o.day, numbered, count, o.actual[kept], predicted, log_p, o.fits))
    return found


def _verdict(fit: Any) -> dict[str, str]:
    return {"status": fit.verdict.status, "message": fit.verdict.message}
