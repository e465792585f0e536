"""Two schemes of stages, each a short list of rules over customers × periods, of which the first that fits counts.

*Marketing stages* ask what to send a customer: prospect 潜在, new 新, active 活跃, loyal 忠诚, at risk 有流失风险,
lost 流失.
*Relationship stages* ask where the relationship is going: development 发展, sign-up 签约, growth 成长, maturity 成熟,
decline 衰退, termination 终止. The rules are numbers that can be changed; ``rules.table()`` is the page for a slide.

Silence is the number of periods since the last purchase, 0 in the period of a purchase itself.
"""

from __future__ import annotations

import numbers
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.panel import Panel
from crmtheory.wording import counted

UNKNOWN = -1  # in `Stages.codes`: not yet heard of
ROUNDING = 1e-9  # part of the largest amount so far
MEASURES = ("purchases", "revenue")
NOT_YET = "not yet"  # in flows: those who were not customers at the earlier step


@dataclass(frozen=True)
class MarketingRules:
    """Rules of the marketing stages; all lengths in periods of the panel.

    Attributes
    ----------
    new : a customer is new in this many periods, that of the first purchase included
    at_risk : silence from which a customer is at risk
    lost : silence from which a customer is judged lost
    loyal_purchases, loyal_window : as many purchase days within so many periods, the present one included, make loyal

    >>> MarketingRules().table("quarter").loc["lost", "rule"]
    'no purchase for 4 quarters'
    """

    new: int = 1
    at_risk: int = 2
    lost: int = 4
    loyal_purchases: int = 3
    loyal_window: int = 4

    names: ClassVar = ("prospect", "new", "active", "loyal", "at risk", "lost")
    end: ClassVar = "lost"

    def __post_init__(self) -> None:
        _whole(self)
        if not self.at_risk < self.lost:
            raise DomainError(
                f"A customer is at risk before being lost: at_risk must be below lost, not {self.at_risk} and "
                f"{self.lost}."
            )

    def table(self, unit: str = "period") -> pd.DataFrame:
        """The rules in words, in the order in which they are asked: index stage; chinese, rule, advice."""
        window = f"within {counted(self.loyal_window, unit)}"
        rules = {
            "prospect": "contacted, no purchase yet",
            "lost": f"no purchase for {counted(self.lost, unit)}",
            "at risk": f"no purchase for {counted(self.at_risk, unit)}",
            "new": f"first purchase {_within_last(self.new, unit)}",
            "loyal": f"{counted(self.loyal_purchases, 'purchase day')} or more {window}",
            "active": "all others",
        }
        return _page(rules)

    def assign(self, panel: Panel) -> Stages:
        """The stage of each customer in each period."""
        often = _rolling(panel.purchases, self.loyal_window) >= self.loyal_purchases
        cases = [
            panel.silence >= self.lost,
            panel.silence >= self.at_risk,
            panel.lived & (panel.age < self.new),
            panel.lived & often,
            panel.lived,
        ]
        return _staged(self, panel, cases, ("lost", "at risk", "new", "loyal", "active"))


@dataclass(frozen=True)
class RelationshipRules:
    """Rules of the relationship stages; lengths in periods of the panel.

    The last `window` periods are compared, per period, with up to `window` periods before them.

    Attributes
    ----------
    window : length of the first stage and of the periods compared
    change : a rise or fall of more than this part is growth or decline
    lost : silence from which the relationship has ended
    measure : what is compared: "purchases" (purchase days) or "revenue"

    >>> RelationshipRules().table("quarter").loc["growth", "rule"]
    'purchases up by more than 25% on the 2 quarters before'
    """

    window: int = 2
    change: float = 0.25
    lost: int = 4
    measure: str = "purchases"

    names: ClassVar = ("development", "sign-up", "growth", "maturity", "decline", "termination")
    end: ClassVar = "termination"

    def __post_init__(self) -> None:
        _whole(self)
        if not 0 <= self.change < 1:
            raise DomainError(
                f"The change must be a part from 0 to below 1, not {self.change}. For 25 % give 0.25."
            )
        if self.measure not in MEASURES:
            raise SchemaError(unknown("measure", self.measure, MEASURES))

    def table(self, unit: str = "period") -> pd.DataFrame:
        """The rules in words, in the order in which they are asked: index stage; chinese, rule, advice."""
        before = f"on the {counted(self.window, unit)} before"
        rules = {
            "development": "contacted, no purchase yet",
            "termination": f"no purchase for {counted(self.lost, unit)}",
            "sign-up": f"first purchase {_within_last(self.window, unit)}",
            "growth": f"{self.measure} up by more than {self.change:.0%} {before}",
            "decline": f"{self.measure} down by more than {self.change:.0%} {before}, or none",
            "maturity": "all others",
        }
        return _page(rules)

    def assign(self, panel: Panel) -> Stages:
        """The stage of each customer in each period.

        Raises
        ------
        DomainError : revenue is compared, but the log has no amounts
        """
        values = panel.purchases if self.measure == "purchases" else panel.revenue
        if np.isnan(values).any():
            raise DomainError(
                'This panel has no revenue. Compare purchases: RelationshipRules(measure="purchases").'
            )
        recent = _rolling(values, self.window)
        earlier = np.zeros_like(recent)
        earlier[:, self.window :] = recent[:, : -self.window]
        # per period lived; the last window is lived in full once the first stage is over
        recent = recent / self.window
        earlier = earlier / np.clip(panel.age + 1 - self.window, 1, self.window)
        # an exact change must not be decided by rounding, nor money that nets to nothing
        slack = ROUNDING * np.maximum.accumulate(np.abs(values).astype(float), axis=1)
        cases = [
            panel.silence >= self.lost,
            panel.lived & (panel.age < self.window),
            panel.lived & (recent > (1 + self.change) * earlier + slack) & (recent > slack),
            panel.lived & ((recent < (1 - self.change) * earlier - slack) | (recent <= slack)),
            panel.lived,
        ]
        return _staged(self, panel, cases, ("termination", "sign-up", "growth", "decline", "maturity"))


@dataclass(frozen=True, eq=False, repr=False)
class Stages:
    """The stage of each of n customers in each of P periods.

    Attributes
    ----------
    names : the stages, k of them, in the order of a relationship; end : the one in which it is over
    codes : place of the stage in `names`, (n, P); `UNKNOWN` before the first contact
    """

    panel: Panel
    names: tuple[str, ...]
    end: str
    codes: NDArray[np.int8]

    def __repr__(self) -> str:
        return f"Stages({', '.join(self.names)}; {self.panel!r})"

    def at(self, period: int | None = None) -> pd.Series:
        """The stage of each customer known in a period (1, 2, …; by default the last), as an ordered category."""
        column = self.panel.periods if period is None else period
        if column not in range(1, self.panel.periods + 1):
            raise DomainError(
                f"There is no period {period}: they are numbered from 1 to {self.panel.periods}."
            )
        codes = self.codes[:, column - 1]
        there = codes != UNKNOWN
        stage = pd.Categorical.from_codes(codes[there].astype(int), list(self.names), ordered=True)
        return pd.Series(stage, self.panel.customers[there], name="stage")

    def counts(self) -> pd.DataFrame:
        """Customers in each stage at the end of each period: index period end, one column per stage that occurs."""
        found = [np.bincount(column[column != UNKNOWN], minlength=len(self.names)) for column in self.codes.T]
        table = pd.DataFrame(found, self.panel.ends.rename("period end"), pd.Index(self.names, name="stage"))
        return table.loc[:, table.any()]


CHINESE = {
    "prospect": "潜在",
    "new": "新",
    "active": "活跃",
    "loyal": "忠诚",
    "at risk": "有流失风险",
    "lost": "流失",
    "development": "发展",
    "sign-up": "签约",
    "growth": "成长",
    "maturity": "成熟",
    "decline": "衰退",
    "termination": "终止",
}
ADVICE = {
    "prospect": "attract: show what others bought, one low-risk first offer",
    "new": "welcome, after-sales care, a reason for a second purchase",
    "active": "suggest what fits earlier purchases; keep the rhythm",
    "loyal": "reward and membership; ask for a recommendation",
    "at risk": "ask what is missing before the silence grows",
    "lost": "analyse why; win back where past value pays for it",
    "development": "attract: show what others bought, one low-risk first offer",
    "sign-up": "welcome, after-sales care, a reason for a second purchase",
    "growth": "widen: related products, better terms for more",
    "maturity": "reward and membership; protect against competitors",
    "decline": "ask what has changed; mend it before offering anything",
    "termination": "analyse why; win back where past value pays for it",
}


def _staged(
    rules: MarketingRules | RelationshipRules,
    panel: Panel,
    cases: list[NDArray[np.bool_]],
    names: tuple[str, ...],
) -> Stages:
    codes = np.full(panel.purchases.shape, UNKNOWN, np.int8)
    for case, name in zip(cases[::-1], names[::-1], strict=True):  # the first that fits is written last
        codes[case] = rules.names.index(name)
    if (panel.known < panel.joined).any():
        waiting = (np.arange(panel.periods) >= panel.known[:, None]) & ~panel.lived
        codes[waiting] = 0  # prospect, development
    codes.flags.writeable = False
    return Stages(panel, rules.names, rules.end, codes)


def _rolling(values: NDArray, window: int) -> NDArray:
    """Sum of each row over the last `window` columns, the present one included."""
    total = np.cumsum(values, axis=1)
    rolled = total.copy()
    rolled[:, window:] -= total[:, :-window]
    return rolled


def _whole(rules: MarketingRules | RelationshipRules) -> None:
    for field in fields(rules):
        value = getattr(rules, field.name)
        if field.type != "int":
            continue
        if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 1:
            raise DomainError(f"{field.name} must be a whole number of 1 or more, not {value}.")


def _page(rules: dict[str, str]) -> pd.DataFrame:
    index = pd.Index(rules, name="stage")
    return pd.DataFrame(
        {"chinese": index.map(CHINESE), "rule": list(rules.values()), "advice": index.map(ADVICE)},
        index=index,
    )


def _within_last(number: int, unit: str) -> str:
    return f"in this {unit}" if number == 1 else f"in the last {counted(number, unit)}"
