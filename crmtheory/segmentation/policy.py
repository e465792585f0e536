"""Does different treatment beat equal treatment (差异化策略)?

A treatment costs something per customer and raises what the customer brings later by a stated part. Half of the
customers, drawn at random, chooses: the best treatment of each class, and the best single one for all. The other half
judges, because a choice looks better than it is on the customers it was made with.

Notation      meaning                                                      unit
M             later margin of a customer without treatment                 money
u             uplift: relative gain of M under a treatment (stated)        share
c             cost of the treatment per customer                           money
profit        u · M − c; 0 for "do nothing", which is always an option     money

The uplift is an assumption, not an estimate: who wants to know it must run an experiment.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError
from crmtheory.numerics import Array
from crmtheory.segmentation.classes import (
    CODES,
    best_first,
    checked,
    checked_level,
    codes_of,
    matched,
    mean_draws,
    numbers,
)
from crmtheory.weighted import skewed_means


@dataclass(frozen=True)
class Treatment:
    """What can be done with a customer.

    name; cost (money per customer treated); uplift (relative gain of later margin: one number, or one per class, such
    as ``{"high": 0.05, "medium": 0.1, "low": 0.0}``)
    """

    name: str
    cost: float
    uplift: float | Mapping[Hashable, float] = 0.0

    def __post_init__(self) -> None:
        numbers_given = self.uplift.values() if isinstance(self.uplift, Mapping) else [self.uplift]
        if not (np.isfinite(self.cost) and self.cost >= 0):
            raise DomainError(f"{self.name}: a cost is a number from 0 on, not {self.cost}.")
        wrong = [u for u in numbers_given if not (np.isfinite(u) and u >= -1)]
        if wrong:
            raise DomainError(
                f"{self.name}: an uplift is a number from -1 on, not {wrong[0]}. For 5 % give 0.05."
            )


NOTHING = Treatment("do nothing", 0.0, 0.0)
LEAST = 30  # customers of a class from whom a treatment of its own is learnt


@dataclass(frozen=True, repr=False, eq=False)
class PolicyProfit:
    """What `policy_profit` found.

    gain : one-row frame: estimate (profit per customer of the policy by class less that of the uniform policy, on the
        half that judges), low, high, n (customers of that half), by_class, uniform (profit per customer of each),
        treatment (the uniform one), same (True if the policy by class gives every class the uniform treatment)
    table : frame: class, treatment, customers (of the judging half), planned (profit per customer on the half that
        chooses), profit (on the half that judges), chosen (for the class), uniform (for all)
    """

    gain: pd.DataFrame
    table: pd.DataFrame

    def __repr__(self) -> str:
        g = self.gain.iloc[0]
        return f"PolicyProfit(gain {g['estimate']:,.4g}, {g['low']:,.4g} to {g['high']:,.4g}, {g['n']:,} customers)"

    @property
    def choice(self) -> pd.Series:
        """The treatment chosen, by class."""
        return self.table[self.table["chosen"]].set_index("class")["treatment"]


def stated(treatments: Mapping[str, Any]) -> list[Treatment]:
    """Treatments as a parameter states them: name → [cost per customer, relative gain of later margin].

    Raises
    ------
    SchemaError : anything else than two numbers, a gain that looks like a percentage

    >>> stated({"mailing": [2, 0.03]})[0].cost
    2.0
    """
    found = []
    for name, given in treatments.items():
        pair = list(given) if isinstance(given, list | tuple) else [given]
        if len(pair) != 2 or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in pair):
            raise SchemaError(
                f'The treatment "{name}" needs two numbers, the cost per customer and the relative gain, such as '
                f"[2.0, 0.03], not {given!r}."
            )
        if abs(pair[1]) > 1:
            raise SchemaError(
                f'The treatment "{name}" has a relative gain of {pair[1]:g}, which more than doubles the margin. For '
                "3 % give 0.03."
            )
        found.append(Treatment(str(name), float(pair[0]), float(pair[1])))
    return found


def policy_profit(
    classes: pd.Series,
    later_margin: pd.Series,
    treatments: Sequence[Treatment],
    rng: np.random.Generator,
    *,
    least: int = LEAST,
    resamples: int = 1000,
    level: float = 0.95,
) -> PolicyProfit:
    """Profit of the best treatment of each class against the best single treatment for all.

    Of treatments with equal profit the first is taken, "do nothing" before all. A class with fewer than `least`
    customers in the half that chooses gets the uniform treatment: what a few customers brought later often hangs on one
    of them, and where that one is in neither half, both halves agree on what is wrong. The interval is a bootstrap
    percentile interval over the customers who judge; when both policies are the same, the gain is exactly 0.

    Parameters
    ----------
    classes : one a customer; later_margin : M, one a customer
    treatments : what can be done; "do nothing" is added
    least : customers of the choosing half from whom a class gets a treatment of its own

    Raises
    ------
    SchemaError : treatments of the same name, a class without a stated uplift; DomainError : fewer than 2 customers
    """
    names, code, margin = _sorted(classes, later_margin)
    if len(margin) < 2:
        raise DomainError(
            "One customer cannot both choose and judge. At least 2 are needed; 1,000 are better."
        )
    options = _options(treatments)
    uplift, cost = _uplifts(options, names)
    chooses = np.zeros(len(margin), bool)
    chooses[rng.permutation(len(margin))[: len(margin) // 2]] = True
    planned, n_planned = _profit(margin[chooses], code[chooses], uplift, cost)
    judged, n = _profit(margin[~chooses], code[~chooses], uplift, cost)
    best_for_all = int(np.argmax(_rounded(planned.sum(axis=0))))
    best = np.where(n_planned >= max(least, 1), np.argmax(_rounded(planned), axis=1), best_for_all)

    mine, m = code[~chooses], margin[~chooses]
    by_class = uplift[mine, best[mine]] * m - cost[best[mine]]
    uniform = uplift[mine, best_for_all] * m - cost[best_for_all]
    draws = mean_draws(by_class - uniform, rng, resamples)
    low, high = np.quantile(draws, [(1 - checked_level(level)) / 2, (1 + level) / 2])
    gain = {
        "estimate": np.sort(by_class - uniform).mean(),
        "low": low,
        "high": high,
        "n": len(m),
        "by_class": np.sort(by_class).mean(),
        "uniform": np.sort(uniform).mean(),
        "treatment": options[best_for_all].name,
        "same": bool((best[n > 0] == best_for_all).all()),
    }
    each = np.arange(len(options))
    with np.errstate(invalid="ignore"):
        table = pd.DataFrame(
            {
                "class": np.repeat(np.array(names, object), len(options)),
                "treatment": [o.name for o in options] * len(names),
                "customers": np.repeat(n, len(options)),
                "planned": (planned / n_planned[:, None]).ravel(),
                "profit": (judged / n[:, None]).ravel(),
                "chosen": (best[:, None] == each).ravel(),
                "uniform": np.tile(each == best_for_all, len(names)),
            }
        )
    return PolicyProfit(pd.DataFrame([gain]), table)


def uplift_needed(
    classes: pd.Series, later_margin: pd.Series, treatments: Sequence[Treatment], level: float = 0.95
) -> pd.DataFrame:
    """The uplift at which a treatment pays for itself in each class: cost / mean later margin.

    Returns
    -------
    frame: class, treatment, customers, margin (mean later margin), cost, stated (uplift), needed, low, high (from the
    interval of the margin), pays (stated ≥ needed). Infinite where the class brings nothing.

    >>> classes, margin = pd.Series(["high", "low"]), pd.Series([200.0, 10.0])
    >>> uplift_needed(classes, margin, [Treatment("call", 10.0, 0.1)])[["needed", "pays"]].to_numpy().tolist()
    [[0.05, True], [1.0, False]]
    """
    names, code, margin = _sorted(classes, later_margin)
    options = _options(treatments)[1:]
    if not options:
        raise SchemaError("There is no treatment besides doing nothing. Give at least one.")
    uplift, cost = _uplifts(options, names)
    means = skewed_means(margin, code, len(names), checked_level(level))
    rows = means.loc[np.repeat(np.arange(len(names)), len(options))].reset_index(drop=True)
    table = pd.DataFrame(
        {
            "class": np.repeat(np.array(names, object), len(options)),
            "treatment": [o.name for o in options] * len(names),
            "customers": rows["n"],
            "margin": rows["mean"],
            "cost": np.tile(cost, len(names)),
            "stated": uplift.ravel(),
        }
    )
    for column, source in (("needed", "mean"), ("low", "high"), ("high", "low")):
        table[column] = _break_even(table["cost"].to_numpy(), rows[source].to_numpy())
    return table.assign(pays=table["stated"] >= table["needed"])


def _break_even(cost: Array, margin: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = np.where(cost == 0, 0.0, np.where(margin > 0, cost / margin, np.inf))
    return np.where(np.isnan(margin), np.nan, needed)


def _sorted(classes: pd.Series, later_margin: pd.Series) -> tuple[list[Hashable], CODES, Array]:
    """Class names, class numbers and margins in an order that does not depend on that of the customers."""
    classes = checked(classes)
    advice = "If they brought nothing: later_margin.reindex(classes.index, fill_value=0)."
    margin = numbers(matched(classes, later_margin, "later_margin", advice), "later_margin").to_numpy()
    names = best_first(classes)
    code = codes_of(classes, names)
    order = np.lexsort((margin, code))
    return names, code[order], margin[order]


def _options(treatments: Sequence[Treatment]) -> list[Treatment]:
    options = [NOTHING, *treatments]
    names = [o.name for o in options]
    twice = [name for i, name in enumerate(names) if name in names[:i]]
    if twice:
        raise SchemaError(f'There are two treatments called "{twice[0]}". "do nothing" is always there.')
    return options


def _uplifts(options: Sequence[Treatment], names: Sequence[Hashable]) -> tuple[Array, Array]:
    """Uplift (classes, treatments) and cost (treatments,)."""
    for o in options:
        absent = [n for n in names if n not in o.uplift] if isinstance(o.uplift, Mapping) else []
        if absent:
            raise SchemaError(
                f'{o.name}: no uplift is stated for class "{absent[0]}". State one for each class.'
            )
    table = [[o.uplift[n] if isinstance(o.uplift, Mapping) else o.uplift for o in options] for n in names]
    return np.array(table, float), np.array([o.cost for o in options], float)


def _profit(margin: Array, code: CODES, uplift: Array, cost: Array) -> tuple[Array, CODES]:
    """Total profit (classes, treatments) and customers (classes,)."""
    n = np.bincount(code, minlength=len(uplift))
    total = np.bincount(code, margin, minlength=len(uplift))
    return uplift * total[:, None] - cost * n[:, None], n


def _rounded(profit: Array) -> Array:
    """Profits without differences that are only rounding, so that ties are ties."""
    scale = np.abs(profit).max(initial=0.0)
    return np.round(profit / scale, 12) if scale > 0 else profit
