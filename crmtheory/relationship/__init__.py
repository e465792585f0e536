"""Relationship marketing (关系营销理论), as far as sales show it: long relationships beat single transactions.

The claim: customers who stay are worth more; money for keeping them belongs where they contribute; an offer that fits
the person beats one that fits everybody. What would refute it: customers of long standing who bring no more per month
than short ones; a budget spread by expected value that keeps no more of what came later than one spread equally; a
personal recommendation that is taken up no more often than the list of best sellers.

Notation      meaning                                                              unit
tenure        time from the first purchase to the last                             days
active …      calendar months with a purchase                                      months
elapsed …     calendar months from the first purchase to the last, both counted    months
kinds         price-centred buyer 价格中心, product-centred customer 产品中心,
              need-centred client 需求中心, value-centred partner 价值中心         class
b, B          spend on one relationship, the whole budget                          money
p(b)          chance to keep a customer: p0 + (p1 − p0)(1 − exp(−b / h)) (stated)  probability
v             value at stake if the customer is lost                               money
s(i, j)       cosine of two products: buyers of both / √(buyers of i · of j)       0 … 1

Assumptions: the curve p(b) is stated, never estimated here, and the same for all; a customer who bought later would
have been lost with 1 − p(b); what a customer buys next without any offer is what a good recommendation names; rules for
the four kinds are stated and may be changed. `facts`: one row a customer. `kinds`: the four kinds. `tenure`: is a month
of a long relationship worth more. `investment`: spreading a budget. `touchpoints`: who has not heard from us.
`recommend`: personal offers. `words`: what the tables say.

References: Berry 1983, in Emerging Perspectives on Services Marketing, 25–28 (relationship marketing); Reichheld 1996,
The Loyalty Effect, against Reinartz & Kumar 2000, J. Marketing 64(4), 17–35 (tenure and value); Blattberg & Deighton
1996, Harvard Business Review 74(4), 136–144 (retention spending with falling returns); Sarwar, Karypis, Konstan & Riedl
2001, Proc. WWW10, 285–295 (item–item recommendation).
"""

from crmtheory.relationship.facts import facts
from crmtheory.relationship.investment import RULES, Response, allocations, invest, spend_curve
from crmtheory.relationship.kinds import KINDS, KINDS_CHINESE, KindRules, kinds_of_relationship, kinds_table
from crmtheory.relationship.tenure import tenure_bands, tenure_null, tenure_value
from crmtheory.relationship.touchpoints import by_channel, contact_gaps, silent_list

__all__ = [
    "KINDS",
    "KINDS_CHINESE",
    "RULES",
    "KindRules",
    "Response",
    "allocations",
    "by_channel",
    "contact_gaps",
    "facts",
    "invest",
    "kinds_of_relationship",
    "kinds_table",
    "silent_list",
    "spend_curve",
    "tenure_bands",
    "tenure_null",
    "tenure_value",
]
