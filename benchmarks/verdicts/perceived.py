"""Worlds for the claims on value to the customer.

Respondents and households are those of the shipped data, drawn with replacement. The link that the claim is about is
cut for some of them, by lot; how many decides how large θ is.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import optimize, special

from benchmarks.verdicts.world import World, truths
from crmtheory import datasets
from crmtheory.numerics import Array
from crmtheory.value import choice
from crmtheory.value.perceived import components, effects

BENEFITS, COSTS, SATISFACTION = ["q5", "q6", "q7", "q8", "q9", "q10"], ["q2", "q3", "q4"], "q1"
SCALE = (1, 10)
ROLES = {"display": "disp.", "feature": "feat."}
RESPONDENTS, HOUSEHOLDS = 1811, 136


def perceived_value(theta: float, rng: np.random.Generator, n: int = RESPONDENTS) -> pd.DataFrame:
    """Respondents with their answers; some have another respondent's satisfaction in place of their own. If a part a
    keep their own, the correlation of value and satisfaction is a times that of the shipped data.
    """
    answers, correlation = _yellow_pages()
    own = rng.integers(0, len(answers), n)
    others = np.where(rng.random(n) < theta / correlation, own, rng.integers(0, len(answers), n))
    satisfied = answers[SATISFACTION].to_numpy()[others]
    drawn = answers.iloc[own].assign(**{SATISFACTION: satisfied}).reset_index(drop=True)
    return effects(drawn, BENEFITS, COSTS, SATISFACTION, SCALE).loc[["value"]]


def brand_choice(theta: float, rng: np.random.Generator, n: int = HOUSEHOLDS) -> pd.DataFrame:
    """Households with all their choices, so that each likes its brands as in the shipped panel; some keep the offers at
    these choices, and the others get those that another household met, to which their choices owe nothing.
    """
    panel = _crackers()
    keeps = rng.random(n) < kept(theta)
    who, other, start = rng.integers(0, len(panel.rows), (3, n))
    chosen = [panel.rows[place] for place in who]
    met = [
        rows if own else np.resize(np.roll(panel.rows[place], turn), len(rows))
        for rows, own, place, turn in zip(chosen, keeps, other, start, strict=True)
    ]
    drawn = panel.table.iloc[np.concatenate(met)].assign(
        id=np.repeat(np.arange(n), [len(rows) for rows in chosen]),
        choice=panel.table["choice"].to_numpy()[np.concatenate(chosen)],
    )
    offers = choice.long(drawn.reset_index(drop=True), more=ROLES).rows
    return choice.own_elasticity(choice.conditional_logit(offers, list(ROLES)))


@cache
def kept(theta: float) -> float:
    """The part of households that keep their offers with which the elasticity tends to θ in ever larger samples."""
    return 0.0 if theta == 0 else float(optimize.brentq(lambda part: limit(part) - theta, 0, 1, xtol=1e-9))


def limit(part: float) -> float:
    """Minus the own-price elasticity of a conditional logit fitted to all choices there can be, if this part of
    households keep their offers. The likelihood is that of their choices, and of the brands' shares at the offers of
    all households alike.
    """
    panel = _crackers()
    count, brands = panel.taken.shape
    x = np.zeros((count, brands, 3 + brands - 1))
    x[:, :, :3] = panel.offers
    x[:, :, 0] /= 100  # like the other columns in size
    x[:, np.arange(brands - 1), 3 + np.arange(brands - 1)] = 1
    shares = panel.taken.mean(axis=0)
    weights = part / count + (1 - part) * panel.alike
    wanted = part / count * panel.taken + (1 - part) * panel.alike[:, None] * shares

    def loss(beta: Array) -> tuple[float, Array]:
        log_chance = special.log_softmax(x @ beta, axis=1)
        away = weights[:, None] * np.exp(log_chance) - wanted
        return -float((wanted * log_chance).sum()), np.einsum("nj,njk->k", away, x)

    beta = optimize.minimize(loss, np.zeros(x.shape[2]), jac=True, method="BFGS", options={"gtol": 1e-9}).x
    chance = weights[:, None] * special.softmax(x @ beta, axis=1)
    own = beta[0] * x[:, :, 0] * (1 - chance / weights[:, None])
    return -float((chance * own).sum(axis=0) / chance.sum(axis=0) @ shares)


class Panel(NamedTuple):
    """The shipped choices, the places of each household's rows, offers (choices, brands, price, display and feature),
    which brand was taken (choices, brands), and the weight of each choice if all households weigh the same.
    """

    table: pd.DataFrame
    rows: list[Array]
    offers: Array
    taken: Array
    alike: Array


@cache
def _yellow_pages() -> tuple[pd.DataFrame, float]:
    """The answers, and the correlation of value with satisfaction."""
    answers = datasets.load("yellow_pages")[[SATISFACTION, *COSTS, *BENEFITS]].dropna()
    value = components(answers, BENEFITS, COSTS, SCALE)["value"]
    return answers, float(np.corrcoef(value, answers[SATISFACTION])[0, 1])


@cache
def _crackers() -> Panel:
    table = datasets.load("cracker_choice")
    table = table.drop(index=choice.long(table, more=ROLES).left_out.index).reset_index(drop=True)
    brands = [name.removeprefix("price.") for name in table if name.startswith("price.")]
    kinds = ("price.", *ROLES.values())
    offers = [table[[f"{kind}{brand}" for brand in brands]].to_numpy(float) for kind in kinds]
    rows = [np.asarray(places) for places in table.groupby("id").indices.values()]
    alike = np.zeros(len(table))
    for places in rows:
        alike[places] = 1 / len(places) / len(rows)
    taken = (table["choice"].to_numpy()[:, None] == np.array(brands)).astype(float)
    return Panel(table, rows, np.stack(offers, axis=2), taken, alike)


WORLDS = {
    "VAL-3": World(
        "VAL-3",
        truths(0.3, 0.5, 0.0),
        perceived_value,
        RESPONDENTS,
        "the Yellow Pages survey: its respondents, drawn with replacement; a part of them, by lot, get the "
        "satisfaction of any respondent, which makes θ exact",
    ),
    "VAL-4": World(
        "VAL-4",
        truths(0.5, 1.0, 0.0),
        brand_choice,
        HOUSEHOLDS,
        "the cracker panel: its households with all their choices, drawn with replacement; a part of them, by lot, "
        "get the offers that another household met, and the size of this part is found by root-finding so that the "
        "elasticity tends to θ in ever larger samples",
    ),
}
