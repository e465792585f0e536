"""Customer loyalty (客户忠诚度理论): loyal customers are attached, buy again and recommend.

The claim: the more satisfied, the more loyal, and only complete satisfaction makes loyal; the loyal buy again;
membership programmes and care campaigns raise purchases. What would refute it: a link that is weak, or bends the
other way; earlier repeat purchases that say nothing of later ones; purchases of members that change as those of
others do; a card by lot that moves nobody. Three traps are shown beside the answers: what people say they intend is
not what they do; who buys often need not be attached; and members bought more before they joined.

Notation      meaning                                                              unit
s             satisfaction, such as 1 … 5                                          rating
promoter      rates the willingness to recommend 9 or 10; detractor: 0 … 6         class
last step     [P(promoter | 5) − P(promoter | 4)] − [P(promoter | 4) − P(… | 3)]   share
true …        true, latent, spurious, no loyalty: by attitude and behaviour        class
wallet        share of wallet: part of a customer's purchases of one brand           share
top           top third by earlier repeat purchases, ties in the rest              group
DiD           change of members − change of others, after − before joining         purchases / period
d             share who bought with a card − share without                         share

Assumptions: answers are honest, and given by those who stand for the customers (weights may help); earlier and later
window are watched alike for all; DiD: without the programme, members and others would have changed alike; A/B: the card
went by lot. Reach, conversion and the value of a new customer are stated, never estimated here.

`links`, `shapes`: from satisfaction to loyalty. `kinds`: attitude × behaviour. `wallet`: share of wallet, switching.
`repurchase`: who buys again; what is said and what is done. `referral`: worth of recommendations. `programme`:
points, tiers, cost. `effects`: what membership does. `campaign`: cards by lot. `words`: what the tables say.
`shares`, `panels`: intervals and the panel that these share.

References: Jones & Sasser 1995, Harvard Business Review 73(6), 88–99 (complete satisfaction); Dick & Basu 1994, J.
Academy of Marketing Science 22, 99–113 (attitude and behaviour); Reichheld 2003, Harvard Business Review 81(12), 46–54
(promoters); Callaway & Sant'Anna 2021, J. Econometrics 225, 200–230 (several times of joining); Bertrand, Duflo &
Mullainathan 2004, Quarterly J. Economics 119, 249–275 (errors of DiD); Roth 2022, American Economic Review: Insights 4,
305–322 (tests of trends); Newcombe 1998, Statistics in Medicine 17, 873–890 (difference of shares).
"""

from crmtheory.loyalty.campaign import ab_power, ab_sample_size, ab_test
from crmtheory.loyalty.effects import did, event_study, naive, parallel_trends
from crmtheory.loyalty.kinds import KINDS, kinds, kinds_table
from crmtheory.loyalty.links import by_level, last_step
from crmtheory.loyalty.programme import Programme, Tier, break_even, cost
from crmtheory.loyalty.referral import referral_value
from crmtheory.loyalty.repurchase import in_top, intention_gap, repurchase, repurchase_difference
from crmtheory.loyalty.shapes import SHAPES, link_curves, link_shapes
from crmtheory.loyalty.shares import yes_no
from crmtheory.loyalty.wallet import switching, wallet_share

__all__ = [
    "KINDS",
    "SHAPES",
    "Programme",
    "Tier",
    "ab_power",
    "ab_sample_size",
    "ab_test",
    "break_even",
    "by_level",
    "cost",
    "did",
    "event_study",
    "in_top",
    "intention_gap",
    "kinds",
    "kinds_table",
    "last_step",
    "link_curves",
    "link_shapes",
    "naive",
    "parallel_trends",
    "referral_value",
    "repurchase",
    "repurchase_difference",
    "switching",
    "wallet_share",
    "yes_no",
]
