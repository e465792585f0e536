"""Members and others, cards sent by lot or to the best, and a survey joined to purchases: effects that are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, unknown
from crmtheory.simulate.drawing import between_0_and_1, whole

TRENDS = ("parallel", "diverging")


def programme_members(
    n: int,
    rng: np.random.Generator,
    *,
    effect: float = 0.5,
    selection: float = 1.0,
    periods: int = 8,
    joined: int | Sequence[int] = 5,
    share: float = 0.3,
    growth: float = 0.05,
    trend: str = "parallel",
    drift: float = 0.1,
) -> pd.DataFrame:
    """A panel of members of a programme and other customers, with a known effect of membership.

    Truth: purchases of a customer in period t are Poisson with mean r + growth · (t − 1), plus `effect` for a member
    from the period of joining on. The rate r is gamma with shape 2 and mean 1. Who buys more joins more often: the log
    odds of joining rise by `selection` per standard deviation of r. With parallel trends the difference in differences
    estimates `effect` without bias, whatever the selection.

    With trend="diverging" the mean of members rises by a further `drift` · (t − 1) even without the programme. Then the
    difference in differences is too high by drift · periods / 2 (wherever the period of joining lies), and with data
    enough a test of the periods before joining sees it.

    What a naive method will say: members − others after joining is too high by the difference of mean r between members
    and others, so a programme without any effect looks useful; after − before is too high by growth · periods / 2.

    Parameters
    ----------
    n : customers; share : of the customers of mean rate who join
    joined : first period of membership; several: each member's is drawn from them

    Returns
    -------
    frame with n · periods rows: customer (1 to n), period (1, 2, …), member (bool), joined (float, missing for others),
    purchases

    Raises
    ------
    DomainError : numbers out of range, or too few customers for members and others

    >>> panel = programme_members(100, np.random.default_rng(1), periods=4, joined=3)
    >>> panel.columns.tolist(), len(panel)
    (['customer', 'period', 'member', 'joined', 'purchases'], 400)
    """
    n, periods = whole(n, "customers", 4), whole(periods, "periods", 2)
    if trend not in TRENDS:
        raise DomainError(unknown("trend", trend, TRENDS))
    times = [joined] if isinstance(joined, (int, np.integer)) else list(joined)
    if not times or any(not 2 <= time <= periods for time in times):
        raise DomainError(f"Members join in period 2 to {periods}, not {times}.")
    if not 0 < share < 1:
        raise DomainError(f"share lies between 0 and 1, without the ends, unlike {share:g}.")
    if growth < 0 or effect < 0 or drift < 0:
        raise DomainError("Growth, effect and drift are 0 or more here, so that no mean falls below 0.")
    rate = rng.gamma(2.0, 0.5, n)
    odds = np.log(share / (1 - share)) + selection * (rate - 1) / np.sqrt(0.5)
    member = rng.random(n) < 1 / (1 + np.exp(-odds))
    start = np.asarray(times)[rng.integers(0, len(times), n)]
    time = np.arange(1, periods + 1)
    mean = rate[:, None] + growth * (time - 1) + effect * (member[:, None] & (time >= start[:, None]))
    if trend == "diverging":
        mean = mean + drift * member[:, None] * (time - 1)
    return pd.DataFrame(
        {
            "customer": np.repeat(np.arange(1, n + 1), periods),
            "period": np.tile(time, n),
            "member": np.repeat(member, periods),
            "joined": np.repeat(np.where(member, start, np.nan), periods),
            "purchases": rng.poisson(mean).ravel(),
        }
    )


def birthday_campaign(
    n: int,
    rng: np.random.Generator,
    *,
    baseline: float = 0.2,
    effect: float = 0.05,
    by_lot: bool = True,
    share: float = 0.5,
) -> pd.DataFrame:
    """Customers of whom some get a birthday card, by lot or because they are the best.

    Truth: without a card a customer buys with a probability that is uniform within baseline ± s, where s =
    min(baseline, 1 − baseline, 1 − baseline − effect, baseline + effect); a card adds `effect` to it. By lot, the
    difference between those with and without a card estimates `effect`.

    What a naive method will say: if the share of customers with the highest probability gets the card (by_lot=False),
    the difference is effect + s, so a card without any effect seems to work.

    Parameters
    ----------
    n : customers; share : of them who get a card (a whole number of customers, the same for every draw)

    Returns
    -------
    frame, index customer (1 to n): card, bought (bool)

    Raises
    ------
    DomainError : chances out of range

    >>> frame = birthday_campaign(1000, np.random.default_rng(1), by_lot=False)
    >>> int(frame["card"].sum())
    500
    """
    n = whole(n, "customers", 2)
    for number, what in ((baseline, "baseline"), (share, "share"), (baseline + effect, "baseline + effect")):
        between_0_and_1(number, what)
    spread = min(baseline, 1 - baseline, 1 - baseline - effect, baseline + effect)
    chance = baseline + spread * rng.uniform(-1, 1, n)
    order = rng.permutation(n) if by_lot else np.argsort(-chance)
    card = np.zeros(n, bool)
    card[order[: round(share * n)]] = True
    bought = rng.random(n) < chance + effect * card
    return pd.DataFrame({"card": card, "bought": bought}, pd.RangeIndex(1, n + 1, name="customer"))


def survey_then_purchases(
    n: int,
    rng: np.random.Generator,
    *,
    correlation: float = 0.3,
    intention: float = 0.7,
    reliability: float = 0.6,
    purchases: float = 3.0,
    spread: float = 0.7,
) -> pd.DataFrame:
    """Answers on satisfaction and intention, joined to what the customers bought afterwards.

    Truth: satisfaction S, intention I and the inclination to buy B are standard normal, with correlation `correlation`
    between S and B and `intention` between S and I (and correlation · intention between I and B). Each answer is
    √reliability · S (or I) + √(1 − reliability) · error, three answers each, so that every two answers on the same
    thing correlate by `reliability`. Purchases are Poisson with mean μe^{σB − σ²/2}, μ = `purchases`, σ = `spread`.

    What a naive method will say: the correlation of one answer with the purchases is not `correlation` but
    correlation · √reliability · σμ / √(μ + μ²(e^{σ²} − 1)): errors in answers and chance in purchases hide the link.
    And the correlation of one answer on satisfaction with one on intention, reliability · intention, is no sign of
    what people will buy.

    Returns
    -------
    frame, index customer (1 to n): satisfaction_1 … satisfaction_3, intention_1 … intention_3 (standardised), purchases

    Raises
    ------
    DomainError : numbers out of range

    >>> survey_then_purchases(50, np.random.default_rng(1)).shape
    (50, 7)
    """
    n = whole(n, "customers")
    between_0_and_1(reliability, "reliability")
    between_0_and_1(np.abs([correlation, intention]), "The size of a correlation")
    if purchases <= 0 or spread < 0:
        raise DomainError(f"Purchases must be above 0 and spread 0 or more, not {purchases} and {spread}.")
    latent = rng.standard_normal(n)

    def linked(rho: float) -> np.ndarray:
        return rho * latent + np.sqrt(1 - rho**2) * rng.standard_normal(n)

    inclined, intends = linked(correlation), linked(intention)
    columns = {}
    for name, value in (("satisfaction", latent), ("intention", intends)):
        for item in (1, 2, 3):
            error = np.sqrt(1 - reliability) * rng.standard_normal(n)
            columns[f"{name}_{item}"] = np.sqrt(reliability) * value + error
    mean = purchases * np.exp(spread * inclined - spread**2 / 2)
    return pd.DataFrame(columns, pd.RangeIndex(1, n + 1, name="customer")).assign(purchases=rng.poisson(mean))
