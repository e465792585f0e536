"""What the numbers of the chapter mean, in sentences that are computed: each says what holds on the data at
hand.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crmtheory.holdout import share_with_interval
from crmtheory.models.answers import AttritionFit
from crmtheory.value.lifetime import Settings

MODELS_NOTE = "the holdout chose the model, so it flatters it a little"


def listed(items: Sequence[str]) -> str:
    """Items as a list in a sentence.

    >>> listed(["bias", "MAE", "lift"])
    'bias, MAE and lift'
    """
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else "".join(items)


def null_model(table: pd.DataFrame) -> str:
    """Whether letting customers leave is worth its parameters; a table of `holdout.fit_all`."""
    if "NBD" not in table.index or table["AIC"].isna().all() or np.isnan(table.loc["NBD", "AIC"]):
        return "The NBD could not be fitted, so there is nothing to compare with."
    best = table["AIC"].idxmin()
    gain = table["log_likelihood"].max() - table.loc["NBD", "log_likelihood"]
    aic = table.loc["NBD", "AIC"] - table["AIC"].min()
    start = f"Letting customers leave raises the log-likelihood by {gain:,.1f} over the NBD, in which nobody leaves. "
    if best == "NBD" or aic < 2:
        return start + "AIC does not improve: on these data there is little sign that customers leave."
    return start + f"AIC improves by {aic:,.1f}; it is lowest for {best}."


def choice(differences: pd.DataFrame, table: pd.DataFrame, best: str) -> str:
    """How clear the choice between the models is; a table of `holdout.differences` and one of
    `holdout.fit_all`.
    """
    rivals = differences.loc[[name for name in table.index if name != best and name in differences.index]]
    start = f"{best} has the smallest error (RMSE) of the models that converged. "
    if rivals.empty:
        return start
    second = rivals["difference"].idxmin()
    row = rivals.loc[second]
    clear = "clear" if row["low"] > 0 else "within chance"
    return start + (
        f"{second} is {row['difference']:.3f} behind [{row['low']:.3f}, {row['high']:.3f}], which is {clear}. "
        f"AIC prefers {table['AIC'].idxmin()}. Mind that {MODELS_NOTE}."
    )


def beaten(scores: pd.DataFrame, best: str, naive: Sequence[str]) -> str:
    """On which measures the model beats all naive rules; a table of `holdout.scores`."""
    wide = scores.pivot(index="measure", columns="prediction", values="estimate")
    won: list[str] = []
    lost: list[str] = []
    for measure, row in wide.iterrows():
        error = row.abs() if measure in ("bias", "MAE", "RMSE") else -row
        (won if error[best] < error[list(naive)].min() else lost).append(str(measure))
    if not won:
        return f"{best} beats the naive rules on no measure."
    return f"{best} beats all naive rules on {listed(won)}" + (f"; not on {listed(lost)}." if lost else ".")


def silent(fit: AttritionFit, summary: pd.DataFrame, t: float) -> str:
    """How the customers fared who were silent for the second half of their time: busy ones and others,
    against the model.
    """
    quiet = summary[(summary["t_x"] <= summary["T"] / 2) & (summary["x"] > 0)]
    sentences, early = [], False
    for name, group in (
        ("one repeat purchase", quiet[quiet["x"] == 1]),
        ("five or more", quiet[quiet["x"] >= 5]),
    ):
        if len(group) < 5:
            sentences.append(f"Only {len(group)} had {name}: too few to say.")
            continue
        share, low, high = share_with_interval(group["x_holdout"] > 0)
        expected = 1 - fit.p_no_purchase(group, t).mean()
        early = low > expected
        sentences.append(
            f"Of the {len(group):,} with {name}, {share:.0%} bought in the holdout [{low:.0%}, {high:.0%}]; "
            f"the model expected {expected:.0%}."
        )
    end = "The model writes busy customers off too early." if early else ""
    return " ".join(
        ["Take the customers who were silent for the second half of their time.", *sentences, end]
    ).strip()


def heavy_buyers(correlation: object) -> str:
    """What the correlation of frequency and spend means for heavy buyers; `correlation` is the verdict on
    VAL-5.
    """
    rho, outcome = correlation.theta, correlation.verdict  # type: ignore[attr-defined]
    if outcome.startswith("supported"):
        return f"Here it is {rho:.2f}: small enough to ignore."
    more = "more" if rho > 0 else "less"
    return (
        f"Here it is {rho:.2f}: customers who buy often spend {more} per purchase. The model does not know that, so it "
        f"values customers with few purchases a little too {'high' if rho > 0 else 'low'}."
    )


def unseen(fit: AttritionFit, summary: pd.DataFrame) -> str:
    """How many customers without a repeat purchase the model takes for surely alive (BG/NBD: all of them)."""
    none = summary[summary["x"] == 0]
    certain = int((fit.p_alive(none) > 1 - 1e-9).sum())
    if not certain:
        return f"{fit.model.name} lets customers leave before their first repeat purchase too."
    return (
        f"{fit.model.name} cannot see customers leave who never came back: {certain:,} customers without a repeat "
        "purchase count as alive for sure. Do not take that for knowledge."
    )


def verdict_on_amounts(check: pd.Series, currency: str) -> str:
    """Whether the amounts can be trusted: expected and actual holdout revenue (a row of
    `value.check_revenue`).
    """
    expected, low, high, actual = (
        f"{currency}{check[name]:,.0f}" for name in ("expected", "low", "high", "actual")
    )
    start = f"Over the holdout the two models expected {expected} of revenue [{low}, {high}]; {actual} came. "
    if check["low"] <= check["actual"] <= check["high"]:
        return start + "That is inside the interval: the amounts below deserve some trust."
    side = "more" if check["actual"] > check["expected"] else "less"
    return start + (
        f"That is {side} than the models allow: they failed this test. Use the ranking below, not the amounts, and "
        "take the intervals for too narrow."
    )


def nearer(naive: float, model: float, best: str) -> str:
    """Which of two ratios of expected to actual is nearer to 1.

    >>> nearer(1.6, 0.9, "BG/NBD")
    'Nearer to 1: BG/NBD.'
    """
    return f"Nearer to 1: {best if abs(np.log(model)) < abs(np.log(naive)) else 'the naive way'}."


def advice(gain: object) -> str:
    """What the verdict on VAL-2 means for the list."""
    outcome = gain.verdict  # type: ignore[attr-defined]
    if outcome.startswith("supported"):
        return "Lifetime value picked better customers than past spend did: prefer this list to one by past spend."
    if outcome.startswith("contradicted"):
        return "Past spend picked better customers than lifetime value did: prefer a list by past spend here."
    return "Lifetime value did not clearly beat past spend here: a list by past spend would not be clearly worse."


def trend(quarters: pd.DataFrame) -> str:
    """Whether more or fewer customers come back than a quarter before; a table of `holdout.returning`.

    >>> trend(pd.DataFrame({"share": [0.2, 0.1], "low": [0.19, 0.09], "high": [0.21, 0.11]}, index=[3, 4]))
    'falling: 20.0% in the third quarter of the log, 10.0% in the fourth'
    """
    third, fourth = quarters.loc[3], quarters.loc[4]
    word = "steady"
    if third["low"] > fourth["high"] or fourth["low"] > third["high"]:
        word = "falling" if fourth["share"] < third["share"] else "rising"
    return (
        f"{word}: {third['share']:.1%} in the third quarter of the log, {fourth['share']:.1%} in the fourth"
    )


def which_alive(one: float, ten: float) -> str:
    """The answer to the second prediction."""
    if abs(one - ten) < 1e-9:
        return f"Neither: to this model both are alive with {one:.1%}."
    name = "the one who had bought once" if one > ten else "the one who had bought ten times"
    return f"{name.capitalize()}, says the model: {max(one, ten):.1%} against {min(one, ten):.1%}."


def costs(settings: Settings, currency: str) -> str:
    """The assumed costs, for captions."""
    words = f"winning a customer costs {currency}{settings.acquisition_cost:,.2f}"
    words += f" and the margin is {settings.margin:.0%}"
    per = settings.cost_per_purchase
    return words + (f", less {currency}{per:,.2f} a purchase" if per else "") + " (all assumed)"
