"""What goes with being lost sooner: Cox regression on the time until a customer is judged lost.

The hazard is the pace at which those still there are lost. The model says that each driver multiplies it by one factor,
the same at all times (`proportional` looks whether that holds), and leaves the hazard itself free. Drivers must be
known at the start: what is counted over a customer's life grows with it, and would seem to prolong it. Even then the
factors are associations, as `lifecycle.drivers.caution` says.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from crmtheory.errors import ConvergenceError, DomainError, SchemaError
from crmtheory.lifecycle.design import Design, independent, yes_no
from crmtheory.lifecycle.drivers import ratios
from crmtheory.models.history import numeric_columns, possible_level
from crmtheory.numerics import Array


def cox(
    frame: pd.DataFrame,
    time: str,
    lost: str,
    drivers: Sequence[str],
    standardise: bool = True,
    level: float = 0.95,
) -> pd.DataFrame:
    """By what factor each driver multiplies the hazard of being lost, the others held fixed (Cox 1972; ties: Efron).

    Parameters
    ----------
    frame : one row a customer; time, lost : its columns, as `until_lost` gives them; drivers : columns known at time 0
    standardise : numbers per standard deviation (else as they are); two values are 0 and 1, text goes by level

    Returns
    -------
    frame, index driver ("column" or "column: level"): ratio (hazard ratio), low, high, p_value

    Raises
    ------
    SchemaError : unknown columns, missing values; DomainError : nobody lost, fewer losses than coefficients, a driver
        that never varies, drivers that determine each other; ConvergenceError : a level without any loss

    >>> rng = np.random.default_rng(1)
    >>> table = pd.DataFrame({"web": np.repeat([0, 1], 500), "lost": 1})
    >>> table["time"] = rng.exponential(np.where(table["web"] == 1, 50.0, 100.0))
    >>> cox(table, "time", "lost", ["web"])[["low", "high"]].round(1).to_numpy().tolist()
    [[1.6, 2.1]]
    """
    tail = possible_level(level)
    fit, names, _ = _fitted(frame, time, lost, drivers, standardise)
    return ratios(names, np.asarray(fit.params), np.asarray(fit.cov_params()), tail)


def proportional(
    frame: pd.DataFrame, time: str, lost: str, drivers: Sequence[str], level: float = 0.95
) -> pd.DataFrame:
    """Whether each driver's hazard ratio is the same at all times: Schoenfeld residuals against the rank of time.

    At each loss the residual is the driver's value less its expected value among those at risk (Schoenfeld 1982). If
    the ratio grows with time the correlation is positive, if it fades negative. Many customers make small departures
    significant: look at how large the correlation is.

    Returns
    -------
    frame, index driver: correlation, low, high (Fisher's z), p_value

    Raises
    ------
    as `cox`; DomainError : fewer than four losses
    """
    z = stats.norm.isf(possible_level(level))
    fit, names, event = _fitted(frame, time, lost, drivers, True)
    if (number := int(event.sum())) < 4:
        raise DomainError(f"A correlation over {number} losses says nothing. At least four are needed.")
    residuals = np.asarray(fit.schoenfeld_residuals)[event]
    rank = stats.rankdata(frame[time].to_numpy(float)[event])
    rows = {}
    for name, residual in zip(names, residuals.T, strict=True):
        constant = np.ptp(rank) == 0 or np.ptp(residual) == 0
        r, p_value = (np.nan, np.nan) if constant else stats.pearsonr(residual, rank)
        half = z / math.sqrt(number - 3)
        low, high = np.tanh(np.arctanh(r) + np.array([-half, half]))
        rows[name] = {"correlation": float(r), "low": low, "high": high, "p_value": float(p_value)}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("driver")


def _fitted(
    frame: pd.DataFrame, time: str, lost: str, drivers: Sequence[str], standardise: bool
) -> tuple[Any, pd.Index, NDArray[np.bool_]]:
    """The Cox fit, the names of its coefficients, and who was lost."""
    event = yes_no(frame, lost) == 1
    t = times(numeric_columns(frame, (time,))[time])
    some_lost(event)
    x = Design.learn(frame, drivers, standardise).matrix(frame)
    independent(x)
    x = x.iloc[:, 1:]  # the baseline hazard takes the constant's place
    if event.sum() < x.shape[1]:
        raise DomainError(
            f"{event.sum():,} losses are too few for {x.shape[1]:,} coefficients. Take fewer drivers, or watch longer."
        )
    for name in x.columns:
        values = x[name].to_numpy()
        if np.isin(values, (0.0, 1.0)).all() and (among := values[event]).min() == among.max():
            which = "without" if among.max() == 1 else "with"
            raise ConvergenceError(
                f'None of the {int((values != among[0]).sum()):,} customers {which} "{name}" was lost, so no finite '
                "ratio fits. Leave the column out, or merge its levels."
            )
    from statsmodels.duration.hazard_regression import PHReg  # slow to import

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they warn of is judged below
        fit: Any = PHReg(t, x.to_numpy(), status=event.astype(float), ties="efron").fit(disp=0)
    sizes = np.abs(fit.params) * x.to_numpy().std(axis=0)
    if not (np.isfinite(fit.bse).all() and sizes.max() < 25):
        raise ConvergenceError(
            f'The model did not come to an end; "{x.columns[int(np.argmax(np.nan_to_num(sizes, nan=np.inf)))]}" grew '
            "without limit. Leave it out, or merge rare levels."
        )
    return fit, x.columns, event


def times(t: Array) -> Array:
    """The times, all finite and 0 or more; SchemaError else."""
    wrong = ~(np.isfinite(t) & (t >= 0))
    if wrong.any():
        raise SchemaError(
            f"Times must be 0 or more: {wrong.sum():,} of {len(t):,} are negative or missing, the first in place "
            f"{int(np.flatnonzero(wrong)[0]) + 1}. Check that the first purchase comes before the end."
        )
    return t


def some_lost(event: Array | NDArray[np.bool_]) -> None:
    """DomainError when nobody was lost."""
    if not event.any():
        raise DomainError(
            f"None of the {len(event):,} customers was lost, so nothing can be said about what goes with it. "
            "Take a shorter silence, or a longer log."
        )
