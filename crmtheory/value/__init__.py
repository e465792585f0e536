"""Customer value (客户价值理论), the first sense: what a customer is worth to the firm.

The claim: customers should be judged by what they will bring, not by what they brought; a few bring most;
effort should follow value. What would refute it: past sales picking the future's best customers as well as
lifetime value does.

Notation      meaning                                                    unit
x, t_x, T     repeat purchases, age at the last, age at the end          count, time, time
S             expected spend per purchase                                money
D             discounted expected purchases over the horizon             count
margin        part of spend that is profit before the costs below        share
CLV           customer lifetime value, D · (margin · S − cost)           money

Assumptions: purchases come at random at a steady rate until the customer leaves; spend per purchase does not
depend on how often one buys; margin and cost are the same for all. The chapter tests each.

The second sense, what a customer gets for what is given, has modules of its own, imported by name:

perceived    benefits less costs from a survey, and whether they go with satisfaction (yea_saying: habit or opinion)
choice       choices among brands: what a price turns, what a brand is worth
value_map    quality against price, and the line on which an offer costs what it is worth

References: Fader, Hardie & Lee 2005, J. Marketing Research 42, 415–430 (CLV from x, t_x, T, m); Schmittlein,
Morrison & Colombo 1987, Management Science 33, 1–24; Fader & Hardie 2013, note 25 (Gamma-Gamma).
"""

from crmtheory.value.decisions import (
    TREATMENT,
    actions,
    alive_map,
    new_customer,
    payback,
    payback_in_words,
    profit_to_date,
    sensitivity,
)
from crmtheory.value.forecast import check_revenue, forecast
from crmtheory.value.lifetime import Settings, clv, equity
from crmtheory.value.scoring import scored

__all__ = [
    "TREATMENT",
    "Settings",
    "actions",
    "alive_map",
    "check_revenue",
    "clv",
    "equity",
    "forecast",
    "new_customer",
    "payback",
    "payback_in_words",
    "profit_to_date",
    "scored",
    "sensitivity",
]
