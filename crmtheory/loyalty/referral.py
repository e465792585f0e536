"""What recommendations are worth: promoters bring new customers, detractors keep some away.

Only the shares of promoters and detractors are estimated. How many people one tells, how many of them come, and what a
new customer is worth are stated, and belong beside the result. The willingness to recommend is an intention; that the
people told would not have come anyway is an assumption.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError
from crmtheory.loyalty.shares import as_numbers, from_0_to_10, share_from_0_to_1
from crmtheory.survey.complete import checked_level, complete
from crmtheory.weighted import share_interval


def referral_value(
    recommend: pd.Series,
    reach: float,
    conversion: float,
    value: float,
    *,
    warned: float = 0.0,
    deterred: float = 0.0,
    weights: pd.Series | None = None,
    promoter: float = 9,
    detractor: float = 6,
    level: float = 0.95,
) -> pd.DataFrame:
    """Value of recommendations per customer, with the interval that comes from the shares of promoters and detractors.

    With p promoters and d detractors: p · reach · conversion · value − d · warned · deterred · value. The limits join
    the Wilson limits of both shares and allow for their negative correlation (Zou & Donner 2008); the stated numbers
    are taken as known.

    Parameters
    ----------
    recommend : ratings from 0 to 10
    reach : people a promoter tells; conversion : share of them who become customers because of it
    value : of a new customer, in money, such as lifetime value
    warned : people a detractor warns; deterred : share of them who would have become customers and do not
    promoter, detractor : ratings from which, and up to which, one is called so

    Returns
    -------
    one row: estimate (money per customer), low, high, n, promoters, detractors (shares), gained, undone (the two parts
    of the estimate), new_customers (net, per customer)

    Raises
    ------
    SchemaError : ratings that are no numbers, or outside 0 to 10
    DomainError : no ratings, or numbers out of range

    >>> row = referral_value(pd.Series([10.0, 9, 8, 3]), 3, 0.1, 50, warned=5, deterred=0.1).iloc[0]
    >>> row[["gained", "undone", "estimate"]].round(6).tolist()
    [7.5, 6.25, 1.25]
    """
    checked_level(level)
    if not isinstance(recommend, pd.Series):
        raise SchemaError(f"recommend must be a pandas Series, not {type(recommend).__name__}.")
    for name, number in {"reach": reach, "warned": warned, "value": value}.items():
        if not np.isfinite(number) or number < 0:
            raise DomainError(f"{name} must be a number of 0 or more, not {number}.")
    share_from_0_to_1(conversion, "conversion")
    share_from_0_to_1(deterred, "deterred")
    if detractor >= promoter:
        raise DomainError(
            f"Detractors rate up to {detractor:g} and promoters from {promoter:g}: nobody may be both."
        )
    data = complete(
        pd.DataFrame({"recommend": as_numbers(recommend)}, index=recommend.index),
        ["recommend"],
        weights,
        question="The value of recommendations",
        least=1,
        constant=True,
    )
    order = np.lexsort((data.weights, data.values[:, 0]))
    rating, w = data.values[order, 0], data.weights[order]
    from_0_to_10(rating, data.index[order])
    p, p_low, p_high = share_interval((rating >= promoter).astype(float), w, level)
    d, d_low, d_high = share_interval((rating <= detractor).astype(float), w, level)
    brings, costs = reach * conversion * value, warned * deterred * value
    # Shares of one sample: who is a promoter is no detractor. At the ends the correlation does not exist; −1 is safe.
    odds = (1 - p) * (1 - d)
    rho = -np.sqrt(p * d / odds) if odds > 0 and p * d > 0 else -1.0

    def half(a: float, b: float) -> float:
        return float(np.sqrt(max(a**2 + b**2 - 2 * rho * a * b, 0.0)))

    estimate = brings * p - costs * d
    row = {
        "estimate": estimate,
        "low": estimate - half(brings * (p - p_low), costs * (d_high - d)),
        "high": estimate + half(brings * (p_high - p), costs * (d - d_low)),
        "n": len(rating),
        "promoters": p,
        "detractors": d,
        "gained": brings * p,
        "undone": costs * d,
        "new_customers": reach * conversion * p - warned * deterred * d,
    }
    return pd.DataFrame([row])
