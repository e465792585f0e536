"""What the tables of the chapter mean, in sentences that are computed: each says what holds on the data at hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmtheory.wording import counted, listed, p_value


def step_in_words(row: pd.DataFrame) -> str:
    """Whether the share of promoters rises more on the last step than on the one below; a row of `last_step`.

    >>> row = {"estimate": 0.03, "low": -0.02, "high": 0.08, "n": 5038, "last": 0.39, "before": 0.36}
    >>> print(step_in_words(pd.DataFrame([row])))
    On the last step of satisfaction the share of promoters is 39 points higher than before it, on the step below 36
    points: a difference of +3 percentage points (-2 to +8). Which step is larger cannot be told.
    """
    r = row.iloc[0]
    said = (
        f"On the last step of satisfaction the share of promoters is {100 * r['last']:.0f} points higher than "
        "before it, "
        f"on the step below {100 * r['before']:.0f} points: a difference of {_points(r)}. "
    )
    if r["low"] > 0:
        return said + "The last step is the larger."
    if r["high"] < 0:
        return said + "The last step is the smaller: promoters are not only among the completely satisfied."
    return said + "Which step is larger cannot be told."


def shape_in_words(table: pd.DataFrame) -> str:
    """Which shape the link has; a table of `link_shapes`."""
    best = table["best"].idxmax()
    row = table.loc[best]
    second = table["aic"].drop(best).idxmin()
    distance = table.loc[second, "aic"] - row["aic"]
    meaning = {
        "linear": "each step of satisfaction brings the same",
        "diminishing": "each further step of satisfaction brings less than the one before",
        "only complete": "loyalty rises most at the top of satisfaction",
    }
    if distance < 2:
        return (
            f'The shapes "{best}" and "{second}" describe the link about equally well (AIC differs by {distance:.1f}), '
            "so the simpler one is enough."
        )
    said = f'The link is best described as "{best}": {meaning[best]} (AIC {distance:,.1f} below "{second}").'
    if row["bootstrap"] == row["bootstrap"]:
        said += f" It is best in {row['bootstrap']:.0%} of bootstrap samples."
    if row["lack_of_fit"] < 0.05:
        said += f" Yet a mean for every level fits better ({p_value(row['lack_of_fit'])}): "
        said += "no shape here is the whole truth."
    return said


def kinds_in_words(table: pd.DataFrame) -> str:
    """How many of those who buy often are attached; a table of `kinds_table`.

    >>> table = pd.DataFrame({"customers": [30, 20, 10, 40], "share": [0.3, 0.2, 0.1, 0.4]})
    >>> kinds_in_words(table.set_index(pd.Index(["true", "latent", "spurious", "no"])))[:46]
    'Of 100 customers 30% are truly loyal, 20% like'
    """
    share = table["share"]
    n = counted(int(table["customers"].sum()), "customer")
    said = (
        f"Of {n} {share['true']:.0%} are truly loyal, {share['latent']:.0%} like the firm but "
        "seldom buy, "
        f"{share['spurious']:.0%} buy often without attachment, and {share['no']:.0%} do neither."
    )
    often = table.loc[["true", "spurious"], "customers"].sum()
    if not often:
        return said
    return f"{said} Of those who buy often, {table.loc['spurious', 'customers'] / often:.0%} only look loyal."


def switching_in_words(table: pd.DataFrame) -> str:
    """Which brand keeps its buyers; a table of `switching`."""
    stay = table[(table["from"] == table["to"]) & (table["from_n"] > 0)].sort_values(
        ["probability", "from"], ascending=[False, True]
    )
    parts = [
        f"{row['from']} {row['probability']:.0%} ({row['low']:.0%} to {row['high']:.0%})"
        for _, row in stay.iterrows()
    ]
    return (
        f"At the next purchase the same brand was chosen again after {listed(parts)}. That may be loyalty, or only "
        "that customers differ in what they like."
    )


def repurchase_in_words(row: pd.DataFrame, top: float = 1 / 3) -> str:
    """Whether earlier repeat purchases tell who buys later; a row of `repurchase_difference`."""
    r = row.iloc[0]
    said = (
        f"Of the {counted(int(r['n_top']), 'customer')} with most earlier repeat purchases {r['top']:.0%} bought "
        f"later, and {r['rest']:.0%} of the other {r['n_rest']:,.0f}: a difference of {_points(r)}."
    )
    if r["n_top"] < 0.9 * top * r["n"]:
        said += (
            f" The top is {r['n_top'] / r['n']:.0%} of customers and not {top:.0%}, as customers who tie at the cut "
            "stay together below it."
        )
    return said


def gap_in_words(table: pd.DataFrame, said: str, done: str) -> str:
    """How much more satisfaction goes with what people say than with what they do; a table of `intention_gap`."""
    a, b = table.loc[said], table.loc[done]
    text = (
        f"Satisfaction correlates with {said.lower()} by {a['estimate']:.2f} in {_studies(a)}, with "
        f"{done.lower()} by {b['estimate']:.2f} in {_studies(b)}."
    )
    if np.isnan([a["low"], b["high"]]).any():
        return text + " One study has no interval, so the gap is not sure."
    if b["coverage"] < 0.95:
        text += f" {b['studies']:.0f} studies are few: the range of all of them covers the median with a "
        text += f"probability of {b['coverage']:.1%} only."
    if a["low"] > b["high"]:
        return text + " It goes with what customers say far more than with what they do."
    return text + " The intervals overlap, so the gap is not sure."


def referral_in_words(row: pd.DataFrame, currency: str = "") -> str:
    """What recommendations are worth; a row of `referral_value`."""
    r = row.iloc[0]
    said = (
        f"With {r['promoters']:.0%} promoters and {r['detractors']:.0%} detractors, recommendations bring "
        f"{_money(r['gained'], currency)} a customer and warnings undo {_money(r['undone'], currency)}: "
        f"{_money(r['estimate'], currency)} in all ({_money(r['low'], currency)} to {_money(r['high'], currency)})."
    )
    return said + " The interval knows only the survey; reach, conversion and value are stated."


def cost_in_words(table: pd.DataFrame, currency: str = "") -> str:
    """What the programme would cost, and for whom; a table of `programme.cost`."""
    total = table["cost"].sum()
    if not total > 0:
        return "Under these terms the programme costs nothing."
    top = table.iloc[-1]
    members = counted(int(table["members"].sum()), "member")
    said = f"The programme would have cost {_money(total, currency)} for {members}, "
    said += f"{total / table['spend'].sum():.2%} of spend. "
    return (
        said
        + f'The tier "{table.index[-1]}" holds {top["share"]:.0%} of members and takes {top["cost_share"]:.0%} of it.'
    )


def effect_in_words(row: pd.DataFrame, naive: pd.DataFrame, trends: pd.DataFrame | None = None) -> str:
    """What membership does, and beside naive comparisons; tables of `did`, `naive` and `parallel_trends`.

    Where members have only one period before joining there is no such test; then `trends` is None.
    """
    r = row.iloc[0]
    said = f"Members buy {r['estimate']:+.2f} a period because of the programme ({r['low']:+.2f} to {r['high']:+.2f}), "
    said += "if members and others would have changed alike without it. "
    others = naive.iloc[0]
    said += f"Members less others would say {others['estimate']:+.2f}, after less before "
    said += f"{naive.iloc[1]['estimate']:+.2f}. "
    if trends is None:
        return said + "Only one period lies before joining, so whether they moved alike cannot be seen."
    p = float(trends["p_value"].iloc[0])
    if p < 0.05:
        return (
            said + f"But before joining they did not move alike ({p_value(p)}): do not trust the difference."
        )
    return (
        said
        + f"Before joining no different movement was seen ({p_value(p)}), which is no proof that there is none."
    )


def ab_in_words(row: pd.DataFrame) -> str:
    """What the campaign did; a row of `ab_test`.

    >>> from crmtheory.loyalty import ab_test
    >>> print(ab_in_words(ab_test([1] * 60 + [0] * 40, [1] * 30 + [0] * 70)))
    With the campaign 60.0% bought, without it 30.0%: a difference of +30.0 percentage points (+16.3 to +42.2). The
    campaign raised the share who bought (p < 0.001), if it went by lot.
    """
    r = row.iloc[0]
    said = f"With the campaign {r['treated']:.1%} bought, without it {r['control']:.1%}: "
    said += f"a difference of {_points(r, 1)}. "
    if r["low"] > 0 or r["high"] < 0:
        verb = "raised" if r["low"] > 0 else "lowered"
        return (
            said + f"The campaign {verb} the share who bought ({p_value(r['p_value'])}), if it went by lot."
        )
    return (
        said
        + f"That may be chance ({p_value(r['p_value'])}); it does not show that the campaign does nothing."
    )


def _points(r: pd.Series, digits: int = 0) -> str:
    numbers = (np.round(100 * r[name], digits) + 0.0 for name in ("estimate", "low", "high"))
    estimate, low, high = (f"{number:+.{digits}f}" for number in numbers)
    return f"{estimate} percentage points ({low} to {high})"


def _studies(r: pd.Series) -> str:
    """How many studies a median is of, with its interval."""
    if r["studies"] == 1:
        return "1 study"
    return f"the median of {r['studies']:.0f} studies ({r['low']:.2f} to {r['high']:.2f})"


def _money(amount: float, currency: str) -> str:
    return f"{'-' if amount < 0 else ''}{currency}{abs(amount):,.2f}"
