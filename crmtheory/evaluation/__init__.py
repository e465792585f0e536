"""Judging models at several dates of one log: at each *rolling origin* they learn from what was known then, predict
every customer known then, and are held against what came.

One split says how a model did once. Several origins say whether it does so again, and beside rules of thumb that need
no model. The horizons after the origins do not overlap; the last one ends with the log.

Rules
    mean rate            everybody at the mean rate of the past
    last period repeats  each buys as often as in the last period as long as the horizon (since the log began, if that
                         is shorter), the first purchase included
    recency rule         own past rate x / T if the last purchase lies in the later half of the customer's time, else 0

Measures, with y purchases in the horizon, ŷ predicted, n customers
    MAE, RMSE            mean |ŷ − y| and √ mean (ŷ − y)², purchases per customer
    bias                 Σŷ / Σy − 1
    rank correlation     Spearman's, of ŷ with y
    top-decile lift      mean y of the tenth with the highest ŷ, over mean y; those who tie at the cut share it
    log score            mean ln P(y), P being the probability the model gave; no rule gives one
    calibration error    Σ over tenths by ŷ of |Σŷ − Σy|, over Σy; above 0 by chance alone, its interval too

MAE is least for predicting medians and so, where most customers buy nothing, for predicting too little; the rank
correlation then gains from ties at 0. RMSE and the log score have neither fault.

Over all origins ("all") a customer counts once at each, and the two measures of ranking compare customers of the same
origin only: a list of customers is made at one date. Intervals are bootstrap percentiles over customers; those of "all"
draw customers with all their origins. Of very many customers, some are resampled (see `large`).

References
----------
Tashman, L. J. (2000), Out-of-sample tests of forecasting accuracy, Int. J. Forecasting 16, 437–450 (rolling origins).
Gneiting, T. & A. E. Raftery (2007), Strictly proper scoring rules, J. Amer. Statist. Assoc. 102, 359–378 (log score).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmtheory import holdout
from crmtheory.errors import DomainError, SchemaError
from crmtheory.evaluation.measures import MEASURES, measures, resampled
from crmtheory.evaluation.origins import RULES, Origin, among, at_origin
from crmtheory.large import drawn, rescaled
from crmtheory.models import ATTRITION, Attrition
from crmtheory.numerics import Array
from crmtheory.transactions import Transactions
from crmtheory.units import days_per, in_unit

__all__ = ["MEASURES", "RULES", "Evaluation", "evaluate"]

SIGN = {
    "MAE": -1,
    "RMSE": -1,
    "rank correlation": 1,
    "top-decile lift": 1,
    "log score": 1,
}  # 1: higher is better
FITS = ["origin", "prediction", "customers", "log_likelihood", "status", "message"]


@dataclass(frozen=True, repr=False, eq=False)
class Evaluation:
    """What `evaluate` found. An origin is a day (ISO), or "all".

    table : origin, prediction, kind ("model" or "rule"), measure, estimate, low, high, customers (those judged; for
        "all", at any origin), reason (why an estimate is missing, else "")
    gain : origin, prediction (models), measure, against, estimate, low, high: how much *better* the model is than
        `against`, in the measure's own unit and on the same customers; above 0 is better for every measure. `against`
        is the rule that does best in this measure, and for the log score the first of the models.
    calibration : index prediction, group (1 = lowest): customers, predicted, actual, low, high over all origins
    fits : origin, prediction, customers, log_likelihood, status, message
    origins : days; horizon : days in it, as a number of `unit`
    """

    table: pd.DataFrame
    gain: pd.DataFrame
    calibration: pd.DataFrame
    fits: pd.DataFrame
    origins: tuple[str, ...]
    horizon: float
    unit: str

    def __repr__(self) -> str:
        names = ", ".join(self.table["prediction"].unique())
        return f"<Evaluation of {names}; origins {', '.join(self.origins)}, each for {self.horizon:g} {self.unit}s>"


def evaluate(
    models: Mapping[str, Attrition] | Sequence[Attrition] | None,
    log: Transactions,
    rng: np.random.Generator,
    *,
    origins: int = 3,
    horizon: float | str | None = None,
    unit: str = "week",
    resamples: int = 300,
    level: float = 0.95,
) -> Evaluation:
    """Judge models and rules of thumb at several rolling origins of a log.

    Parameters
    ----------
    models : by name, or in a sequence; None for all attrition models. One that cannot be fitted at an origin keeps its
        rows, with the reason.
    origins : how many. The last lies one horizon before the end of the log, the others one horizon apart; before the
        first there must be half a horizon.
    horizon : a number of `unit` or a duration such as "13 weeks", taken in whole days; by default a quarter of the log,
        or less when there are more than three origins
    resamples, level : of the bootstrap intervals

    Raises
    ------
    SchemaError : models that are none, two of one name, or an argument that is no such number
    DomainError : a log too short for these origins and this horizon

    >>> from crmtheory import datasets, transactions
    >>> from crmtheory.models import NBD
    >>> log = transactions.read(datasets.path("cdnow_sample"), "customer_id", "date", "amount_usd")
    >>> evaluate([NBD()], log, np.random.default_rng(1), horizon="26 weeks", origins=2, resamples=20)
    <Evaluation of NBD, mean rate, last period repeats, recency rule; origins 1997-07-01, 1997-12-30, each for 26 weeks>
    """
    named = _named(models)
    _check(log, origins, resamples, level)
    days = _horizon(log, origins, horizon, unit)
    at = [log.days - (i + 1) * days for i in range(origins)][::-1]
    judged = [
        at_origin(
            named, log, unit, _day(log, a - days) if a >= days else None, _day(log, a), _day(log, a + days)
        )
        for a in at
    ]
    rows: list[dict[str, Any]] = []
    gains: list[dict[str, Any]] = []
    # A stream of random numbers for each origin, so that nothing that comes later can change its intervals.
    streams = rng.spawn(origins + 1)
    for scope, stream in zip([*([o] for o in judged), judged], streams, strict=True):
        found, better = _scope(scope, list(named), stream, resamples, level)
        day = scope[0].day if scope is not judged else "all"
        rows += [{"origin": day, **row} for row in found]
        gains += [{"origin": day, **row} for row in better]
    columns = ["origin", "prediction", "measure", "against", "estimate", "low", "high"]
    return Evaluation(
        table=pd.DataFrame(rows),
        gain=pd.DataFrame(gains, columns=columns),
        calibration=_calibration(judged, [*named, *RULES], level),
        fits=pd.DataFrame([row for o in judged for row in o.fits], columns=FITS),
        origins=tuple(o.day for o in judged),
        horizon=days / days_per(unit),
        unit=unit.lower().removesuffix("s"),
    )


def _named(models: Mapping[str, Attrition] | Sequence[Attrition] | None) -> dict[str, Attrition]:
    if models is None:
        return dict(ATTRITION)
    pairs = (
        list(models.items()) if isinstance(models, Mapping) else [(getattr(m, "name", ""), m) for m in models]
    )
    for name, model in pairs:
        if not isinstance(model, Attrition):
            raise SchemaError(
                f"Models of purchases were expected, such as BGNBD(), not {model!r}. "
                "Fitted models are not wanted either: each is fitted anew at every origin."
            )
        if name in RULES or [other for other, _ in pairs].count(name) > 1:
            raise SchemaError(
                f'More than one prediction is called "{name}". '
                "Give the models in a mapping, each under a name of its own."
            )
    return dict(pairs)


def _check(log: Transactions, origins: int, resamples: int, level: float) -> None:
    if not isinstance(log, Transactions):
        raise SchemaError(
            f"A log of purchases was expected, as transactions.read gives it, not {type(log).__name__}."
        )
    for name, value in (("origins", origins), ("resamples", resamples)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise SchemaError(f"{name} must be a whole number of 1 or more, not {value!r}.")
    if not 0 < level < 1:
        raise SchemaError(f"level must lie between 0 and 1, such as 0.95, not {level!r}.")


def _horizon(log: Transactions, origins: int, horizon: float | str | None, unit: str) -> int:
    """Days in the horizon, after a check that the log is long enough."""
    per = days_per(unit)
    if horizon is None:
        days = max(log.days // max(4, origins + 1), 1)
    elif not 0.5 < (length := in_unit(horizon, unit) * per) < math.inf:
        raise DomainError(
            f'A horizon has at least one day and an end, such as "13 weeks", unlike {horizon!r}.'
        )
    else:
        days = round(length)
    least = (days + 1) // 2  # of past: half a horizon
    need = least + origins * days
    if need > log.days:
        longest, most = (2 * log.days) // (2 * origins + 1), (log.days - least) // days
        steps = [f"a horizon of at most {longest:,} days"] * (longest > 0) + [f"origins={most}"] * (most > 0)
        raise DomainError(
            f"The log is too short: {origins} origin{'s' * (origins > 1)} with a horizon of {days:,} days need "
            f"{need:,} days, half a horizon before the first origin and one after each; it has {log.days:,}, from "
            f"{log.report.first_date} to {log.report.last_date}. Take {' or '.join(steps or ['a longer log'])}."
        )
    return days


def _day(log: Transactions, after: int) -> str:
    return (log.report.first_date + dt.timedelta(after)).isoformat()


def _scope(
    origins: list[Origin], models: list[str], rng: np.random.Generator, resamples: int, level: float
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of table and gain for one origin, or for several together."""
    names = [name for name in [*models, *RULES] if all(name in o.predicted for o in origins)]
    estimates = {name: _of_all(origins, name) for name in names}
    n, some = len(origins[-1].pattern), drawn(len(origins[-1].pattern), rng)
    sample = origins if some is None else among(origins, some)
    blocks = [{name: measures(sample, name, w) for name in names} for w in resampled(sample, rng, resamples)]
    draws = {name: np.concatenate([block[name] for block in blocks]) for name in names}
    if some is not None:
        centres = {name: _of_all(sample, name) for name in names}
        draws = {name: rescaled(draws[name], centres[name], estimates[name], len(some), n) for name in names}
    nothing, none = np.full(len(MEASURES), np.nan), np.full((resamples, len(MEASURES)), np.nan)
    rows = []
    for name in [*models, *RULES]:
        for k, measure in enumerate(MEASURES):
            estimate, around = estimates.get(name, nothing)[k], draws.get(name, none)[:, k]
            kind = "rule" if name in RULES else "model"
            row = {"prediction": name, "kind": kind, "measure": measure, **_interval(estimate, around, level)}
            why = "" if np.isfinite(estimate) else _reason(origins, name, measure)
            rows.append(row | {"customers": len(origins[-1].pattern), "reason": why})
    gains = []
    for measure, sign in SIGN.items():
        k = MEASURES.index(measure)
        rivals = models[:1] if measure == "log score" else list(RULES)
        usable = [name for name in rivals if name in estimates and np.isfinite(estimates[name][k])]
        against = max(usable, key=lambda name: sign * estimates[name][k], default="")
        for name in (name for name in models if name != against):
            mine, theirs = (estimates.get(who, nothing)[k] for who in (name, against))
            around = draws.get(name, none)[:, k] - draws.get(against, none)[:, k]
            interval = _interval(sign * (mine - theirs), sign * around, level)
            gains.append({"prediction": name, "measure": measure, "against": against, **interval})
    return rows, gains


def _of_all(origins: list[Origin], name: str) -> Array:
    """The measures of one prediction, every customer counted once at each origin."""
    return measures(origins, name, np.concatenate([o.count for o in origins])[None, :])[0]


def _interval(estimate: float, draws: Array, level: float) -> dict[str, float]:
    draws = draws[np.isfinite(draws)]
    if not np.isfinite(estimate) or not len(draws):
        return {"estimate": float(estimate), "low": np.nan, "high": np.nan}
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return {"estimate": float(estimate), "low": float(low), "high": float(high)}


def _reason(origins: list[Origin], name: str, measure: str) -> str:
    """Why there is no estimate."""
    failed = [f for o in origins for f in o.fits if f["prediction"] == name and f["status"] == "not fitted"]
    if failed:
        return failed[0]["message"] if len(origins) == 1 else f"Not fitted at {failed[0]['origin']}."
    if measure == "log score" and not all(name in o.log_p for o in origins):
        return "It gives no probabilities."
    if not any(o.actual.any() for o in origins):
        return "Nobody bought in the horizon."
    if measure == "rank correlation":
        return "All customers have the same prediction, or the same purchases."
    return "The prediction is no finite number for some customer."


def _calibration(origins: list[Origin], names: list[str], level: float) -> pd.DataFrame:
    """Tenths by each prediction over all origins.

    A customer counts once at each. For a model that is right, what it misses at one origin says nothing about what it
    misses at the next, so they may be taken as different customers.
    """
    tables = {}
    for name in (name for name in names if all(name in o.predicted for o in origins)):
        predicted, actual = (
            pd.Series(np.concatenate([np.repeat(values, o.count.astype(int)) for values, o in pairs]))
            for pairs in ([(o.predicted[name], o) for o in origins], [(o.actual, o) for o in origins])
        )
        tables[name] = holdout.calibration(predicted, actual, level=level)
    return pd.concat(tables, names=["prediction"])
