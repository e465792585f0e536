"""Do several questions measure one thing: reliability of a scale, and the item that does not belong.

A scale is a construct asked with several items. Its reliability is the share of the variance of the mean of its items
that would come back if people were asked with other items of the same kind. An item that agrees little with the others,
or was asked the other way round and not turned, shows in the correlation with the rest.

Only respondents who answered every item of a scale count for it; n is their number. Weights change covariances as
if respondents were repeated; for the interval of alpha n is the number of respondents of equal weight who would leave
as much variance (`complete.effective`).

Notation: k items, n respondents, α Cronbach's alpha, ω McDonald's omega, AVE average variance extracted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from crmtheory.errors import SchemaError
from crmtheory.numerics import Array
from crmtheory.survey import factor
from crmtheory.survey.complete import Complete, checked_level, complete, effective, intervals

TABLE = ["construct", "n", "mean", "sd", "item_rest", "alpha_without", "alpha", "weak"]


def reliability(
    answers: pd.DataFrame,
    constructs: Mapping[str, Sequence[str]],
    weights: pd.Series | None = None,
    level: float = 0.95,
    rng: np.random.Generator | None = None,
    resamples: int = 500,
) -> pd.DataFrame:
    """Cronbach's alpha, McDonald's omega and the average variance extracted of each scale.

    Alpha's interval is Feldt's: (1 − α) / (1 − α̂) is F with n − 1 and (n − 1)(k − 1) degrees of freedom (Feldt 1965,
    Psychometrika 30, 357–370). It takes items as equally good measures and answers as normal. Omega allows items of
    different quality (one common factor by maximum likelihood, see `factor.one_factor`); its interval is a percentile
    bootstrap over respondents. With two items the factor model takes both as equally good; an item that would be
    measured without error or better (a Heywood case) is left an error of 0.5 % of its variance.

    Parameters
    ----------
    answers : one row per respondent, one column per item, NaN where nothing was said
    constructs : the items of each construct
    weights : on the same index
    rng : for the interval of omega; without it omega_low and omega_high are missing

    Returns
    -------
    frame, index construct: items (how many), n, alpha, low, high, omega, omega_low, omega_high, ave. A construct of one
    item has no reliability that could be seen in its answers: all missing.

    Raises
    ------
    SchemaError : no constructs, unknown items
    DomainError : a scale with fewer than 3 complete respondents, or an item that all answered alike

    >>> answers = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [2.0, 1, 4, 3], "c": [1.0, 3, 2, 4]})
    >>> reliability(answers, {"trust": ["a", "b", "c"]})[["items", "n", "alpha"]].round(3).to_dict("index")
    {'trust': {'items': 3, 'n': 4, 'alpha': 0.724}}
    """
    checked_level(level)
    if resamples < 1:
        raise SchemaError(f"resamples is a number of bootstrap samples, 1 or more; it is {resamples}.")
    rows = {}
    for construct, items in _checked(constructs).items():
        data = _scale(answers, construct, items, weights)
        row = dict.fromkeys(["alpha", "low", "high", "omega", "omega_low", "omega_high", "ave"], np.nan)
        if len(items) > 1:
            covariance = factor.covariances(data.values, data.weights)
            row["alpha"] = float(factor.alpha(covariance))
            n = effective(factor.alpha_influence(data.values, data.weights), data.weights)
            row["low"], row["high"] = feldt(row["alpha"], n, len(items), level)
            row["omega"], row["ave"] = map(float, factor.omega_and_ave(covariance))
        if len(items) > 1 and rng is not None:
            draws = factor.bootstrap(data, lambda many: factor.omega_and_ave(many)[0], resamples, rng)
            row["omega_low"], row["omega_high"] = map(float, intervals(draws, level))
        rows[construct] = {"items": len(items), "n": len(data), **row}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("construct")


def feldt(alpha: float, n: float, k: int, level: float = 0.95) -> tuple[float, float]:
    """The interval of Cronbach's alpha with n respondents and k items (Feldt 1965).

    Parameters
    ----------
    alpha : as found; n : respondents (or their effective number), more than 1; k : items, 2 or more

    >>> low, high = feldt(0.8, 101, 5)
    >>> round(low, 3), round(high, 3)
    (0.731, 0.856)
    """
    tail = (1 - checked_level(level)) / 2
    first, second = n - 1, (n - 1) * (k - 1)
    low = 1 - (1 - alpha) * stats.f.isf(tail, first, second)
    high = 1 - (1 - alpha) * stats.f.ppf(tail, first, second)
    return float(low), float(high)


def item_table(
    answers: pd.DataFrame, constructs: Mapping[str, Sequence[str]], weights: pd.Series | None = None
) -> pd.DataFrame:
    """How each item fits into its scale.

    Returns
    -------
    frame, index item, in the order of `constructs`:

    construct, n (respondents who answered the whole scale), mean, sd (as in `Survey.codebook`)
    item_rest : correlation of the item with the sum of the other items; below 0 where it runs against them
    alpha_without : alpha of the scale without the item, missing with two items; alpha : of the whole scale
    weak : whether alpha is higher without the item

    Raises
    ------
    as `reliability`

    >>> answers = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [1.0, 3, 2, 4], "c": [2.0, 1, 3, 1]})
    >>> table = item_table(answers, {"trust": ["a", "b", "c"]})
    >>> table["weak"].tolist(), table["item_rest"].round(2).tolist()
    ([False, False, True], [0.94, 0.26, -0.43])
    """
    parts = []
    for construct, items in _checked(constructs).items():
        data = _scale(answers, construct, items, weights)
        covariance = factor.covariances(data.values, data.weights)
        n, whole = len(data), float(factor.alpha(covariance))
        fits = [_fit(covariance, j) for j in range(len(items))]
        part = pd.DataFrame(fits, columns=["item_rest", "alpha_without"], index=pd.Index(items, name="item"))
        share = data.weights / data.weights.sum()
        spread = np.sqrt(np.diag(covariance) * n / (n - 1)) if n > 1 else np.nan
        part = part.assign(construct=construct, n=n, mean=share @ data.values, sd=spread, alpha=whole)
        # rounding must not make an item weak that changes nothing
        parts.append(part.assign(weak=part["alpha_without"] > whole + 1e-12)[TABLE])
    return pd.concat(parts)


def advice(table: pd.DataFrame) -> pd.Series:
    """A sentence for each item of `item_table` that does not fit into its scale; empty where all do.

    An item that runs against the rest was usually asked the other way round. An item that agrees little with the rest
    lowers alpha; whether it is dropped is for whoever wrote the questions, since it may be the only one of its kind.

    >>> answers = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [1.0, 3, 2, 4], "c": [2.0, 1, 3, 1]})
    >>> print(advice(item_table(answers, {"trust": ["a", "b", "c"]}))["c"])
    c runs against the rest of trust (r = −0.43): is it reversed? Without it alpha rises from 0.20 to 0.89.
    """
    absent = [name for name in TABLE if name not in table.columns]
    if absent:
        raise SchemaError(f"advice needs the table of scales.item_table; it has no column {absent[0]}.")
    poor = table[table["weak"] | (table["item_rest"] < 0)]
    return pd.Series([_sentence(item, row) for item, row in poor.iterrows()], poor.index, str, "advice")


def _sentence(item: object, row: pd.Series) -> str:
    found = f"(r = {row['item_rest']:.2f})".replace("-", "−")
    change = f"alpha rises from {row['alpha']:.2f} to {row['alpha_without']:.2f}".replace("-", "−")
    if row["item_rest"] < 0:
        text = f"{item} runs against the rest of {row['construct']} {found}: is it reversed?"
        return f"{text} Without it {change}." if row["weak"] else text
    return f"{item} agrees little with the rest of {row['construct']} {found}: without it {change}."


def _fit(covariance: Array, j: int) -> tuple[float, float]:
    """Correlation of item j with the sum of the others, and alpha without it."""
    others = np.arange(len(covariance)) != j
    rest = covariance[np.ix_(others, others)]
    size = covariance[j, j] * rest.sum()
    if rest.sum() <= factor.NEAR * np.trace(rest) or not len(rest):
        return np.nan, float(factor.alpha(rest)) if len(rest) else np.nan
    return float(covariance[j, others].sum() / np.sqrt(size)), float(factor.alpha(rest))


def _scale(answers: pd.DataFrame, construct: str, items: list[str], weights: pd.Series | None) -> Complete:
    single = len(items) == 1
    question = f"The reliability of {construct}"
    return complete(answers, items, weights, question=question, least=1 if single else 3, constant=single)


def _checked(constructs: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    if not isinstance(constructs, Mapping) or not constructs:
        raise SchemaError(
            'constructs must say which items belong to each construct, such as {"trust": ["T1", "T2", "T3"]}.'
        )
    text = [name for name, items in constructs.items() if isinstance(items, str)]
    if text:
        name = text[0]
        raise SchemaError(
            f'The items of {name} must be a list; they are the text "{constructs[name]}". '
            f'Write {{"{name}": ["{constructs[name]}"]}}.'
        )
    return {name: list(items) for name, items in constructs.items()}
