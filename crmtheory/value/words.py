"""What the numbers of the chapter mean, in sentences that are computed: each says what holds on the data at
hand.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crmtheory.holdout import share_with_interval
from crmtheory.models.answers import AttritionFit
from crmtheory.models.spend import SpendFit
from crmtheory.value.lifetime import Settings
from crmtheory.wording import listed

MODELS_NOTE = "the holdout chose the model, so it flatters it a little"


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


def choice(differences: pd.DataFrame, table: pd.DataFrame, best: str, first: str) -> str:
    """How the model was chosen: `first` has the smallest RMSE, `best` the lowest AIC of those within chance of it.

    Takes a table of `holdout.differences` against `best` and one of `holdout.fit_all`.
    """
    near = [name for name in table.index if name in differences.index and differences.loc[name, "low"] <= 0]
    start = f"{first} has the smallest error (RMSE) of the fitted models. "
    if near:
        verb = "is" if len(near) == 1 else "are"
        start += f"{listed(near)} {verb} within chance of {best}; among these {best} has the lowest AIC. "
    return start + f"So {best} is used from here on. Mind that {MODELS_NOTE}."


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
    sentences: list[str] = []
    early = False
    for name, group in (
        ("one repeat purchase", quiet[quiet["x"] == 1]),
        ("five or more", quiet[quiet["x"] >= 5]),
    ):
        if len(group) < 5:
            sentences.append(f"Only {len(group)} had {name}: too few to say.")
            continue
        share, low, high = share_with_interval(group["x_holdout"] > 0)
        expected = 1 - fit.p_no_purchase(group, t).mean()
        early = low > expected and name == "five or more"
        sentences.append(
            f"Of the {len(group):,} with {name}, {share:.0%} bought in the holdout [{low:.0%}, {high:.0%}]; "
            f"the model expected {expected:.0%}."
        )
    end = "The model writes busy customers off too early." if early else ""
    return " ".join(
        ["Take the customers who were silent for the second half of their time.", *sentences, end]
    ).strip()


def heavy_buyers(correlation: object, trap: float) -> str:
    """What the correlation of frequency and spend means for the values.

    `correlation` is the verdict on VAL-5, `trap` the correlation that independence itself would give
    (`assumptions.correlation_if_independent`).
    """
    rho, low, high = correlation.theta, correlation.low, correlation.high  # type: ignore[attr-defined]
    if rho is None:
        return "With so little spread in frequency or spend there is no correlation to speak of."
    start = f"Without any dependence it would be {trap:.2f} (spend is skewed), and here it is {rho:.2f}: "
    if low <= trap <= high:
        return start + "no sign that busy customers spend more or less per purchase."
    more, valued = ("more", "high") if rho > trap else ("less", "low")
    return start + (
        f"customers who buy often spend {more} per purchase. The model does not know that, so it values customers with "
        f"few purchases a little too {valued}."
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


def passed(check: pd.Series) -> bool:
    """Whether holdout revenue lies inside a prediction interval that is narrow enough to say something."""
    return bool(
        check["low"] <= check["actual"] <= check["high"] and check["high"] - check["low"] <= check["expected"]
    )


def verdict_on_amounts(check: pd.Series, currency: str) -> str:
    """Whether the amounts can be trusted: expected and actual holdout revenue (a row of `value.check_revenue`)."""
    expected, low, high, actual = (
        f"{currency}{check[name]:,.0f}" for name in ("expected", "low", "high", "actual")
    )
    start = f"Over the holdout the two models expected {expected} of revenue [{low}, {high}]; {actual} came. "
    if passed(check):
        return start + "That is inside the interval: the amounts below deserve some trust."
    if check["low"] <= check["actual"] <= check["high"]:
        return start + "The interval is so wide that this says little: look for a few extreme orders."
    side = "more" if check["actual"] > check["expected"] else "less"
    return start + (
        f"That is {side} than the models allow: they failed this test. Use the ranking below, not the amounts, and "
        "take the intervals for too narrow."
    )


def caveat(check: pd.Series) -> str:
    """What has to stand beside every amount."""
    if passed(check):
        return "if the model holds"
    return "not to be relied on: the models failed on the holdout"


def two_intervals(table: pd.DataFrame, will: pd.DataFrame, span: str) -> str:
    """How well the best customer's average is known, and how far what the customer does may lie from it."""
    best = table["clv"].idxmax()
    row, own = table.loc[best], will.loc[best]
    return (
        f"For the customer worth most, the mean of all customers with that history is {row['expected_purchases']:.1f} "
        f"purchases {span}, known to within [{row['purchases_low']:.1f}, {row['purchases_high']:.1f}]. "
        f"That one customer may make anything from {own['purchases_low']:.0f} to {own['purchases_high']:.0f}."
    )


def ahead(horizon: float | str) -> str:
    """A horizon as people say it.

    >>> ahead("52 weeks"), ahead("inf")
    ('over 52 weeks', 'for ever')
    """
    return (
        "for ever" if str(horizon).strip().lower() in {"inf", "infinite", "infinity"} else f"over {horizon}"
    )


def largest(purchases: pd.DataFrame) -> str:
    """A warning when one purchase day is a large part of all revenue; a frame of `Transactions.purchases`."""
    total = purchases["amount"].sum()
    top = purchases.loc[purchases["amount"].idxmax()] if purchases["amount"].notna().any() else None
    if top is None or not total > 0 or top["amount"] < 0.1 * total:
        return ""
    return (
        f"One purchase day, {top['date']:%Y-%m-%d} of customer {top.iloc[0]}, is {top['amount'] / total:.0%} of all "
        "revenue. Make sure that it is real: it decides every amount below."
    )


def spend_used(spend: SpendFit, summary: pd.DataFrame) -> str:
    """Whom the model of spend rests on, and whether a mean exists."""
    again = int((summary["x"] > 0).sum())
    text = f"The model of spend rests on the {spend.n:,} customers with repeat purchases and positive spend"
    left = again - spend.n
    text += f"; {left:,} whose refunds ate up their spend are left out." if left else "."
    if float(spend.table().loc["q", "low"]) <= 1:
        text += (
            " The interval of q reaches 1 or less: mean spend is hardly determined, so distrust every amount."
        )
    return text


def nearer(naive: float, model: float, best: str) -> str:
    """Which of two ratios of expected to actual is nearer to 1.

    >>> nearer(1.6, 0.9, "BG/NBD")
    'Nearer to 1: BG/NBD.'
    """
    return f"Nearer to 1: {best if abs(np.log(model)) < abs(np.log(naive)) else 'the naive way'}."


def advice(gain: object) -> str:
    """What the verdict on VAL-2 means for the list."""
    outcome = gain.verdict  # type: ignore[attr-defined]
    if outcome == "not testable":
        return "Whether lifetime value beats past spend could not be tested on these data."
    if outcome.startswith("supported"):
        return "Lifetime value picked better customers than past spend did: prefer this list to one by past spend."
    if outcome.startswith("contradicted"):
        return "Past spend picked better customers than lifetime value did: prefer a list by past spend here."
    return "Lifetime value did not clearly beat past spend here: a list by past spend would not be clearly worse."


def trend(quarters: pd.DataFrame) -> str:
    """Whether more or fewer customers come back than a quarter before; a table of `holdout.returning`.

    Told by the interval of the difference, made from those of the two shares by squaring and adding (Newcombe 1998,
    Statistics in Medicine 17, 873–890, method 10), and not by whether two intervals overlap.

    >>> trend(pd.DataFrame({"share": [0.2, 0.1], "low": [0.19, 0.09], "high": [0.21, 0.11]}, index=[3, 4]))
    'falling: 20.0% in the third quarter of the log, 10.0% in the fourth'
    """
    third, fourth = quarters.loc[3], quarters.loc[4]
    change = fourth["share"] - third["share"]
    below = np.hypot(fourth["share"] - fourth["low"], third["high"] - third["share"])
    above = np.hypot(fourth["high"] - fourth["share"], third["share"] - third["low"])
    word = "rising" if change - below > 0 else "falling" if change + above < 0 else "no clear change"
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


def points(gain: object) -> str:
    """The verdict on VAL-2 in a sentence."""
    theta, low, high = gain.theta, gain.low, gain.high  # type: ignore[attr-defined]
    if theta is None:
        return f"The claim is not testable here: {gain.reason}."  # type: ignore[attr-defined]
    return (
        f"Lifetime value captures {100 * theta:+.1f} percentage points of holdout revenue compared with past spend "
        f"[{100 * low:+.1f}, {100 * high:+.1f}]: the claim is {gain.verdict}."  # type: ignore[attr-defined]
    )


def key_customers(plan: pd.DataFrame) -> str:
    """How much of the value the key customers hold; `plan` has one row per class, with customers and clv."""
    if "key" not in plan.index:
        return "At these costs and this margin no customer is worth more than 0."
    count, held, total = plan.loc["key", "customers"], plan.loc["key", "clv"], plan["clv"].sum()
    if not total > 0 or (plan["clv"] < 0).any():
        return f"{count:,} customers are key. Some classes are worth less than nothing, so shares say little."
    return f"The {count:,} key customers hold {held / total:.0%} of customer equity."
