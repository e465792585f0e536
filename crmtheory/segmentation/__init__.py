"""Customer segmentation (客户分类理论): customers differ in value, in behaviour and in need.

The claim: divided by value, by activity or by need, customers fall into classes that differ in what they do next, that
last, and that deserve different treatment. What would refute it: classes that bring the same later; a high class that
is another one a year on; silent customers who buy like active ones; need groups that another sample does not show;
a policy by class that earns no more, on customers it was not chosen with, than the best single treatment for all.

Notation      meaning                                                              unit
tiers         high, medium, low: by rank of value, ties in the lower class         class
A, B, C       by cumulative share of the total, ties in the higher class           class
r, f, m       recency, frequency, monetary value, scored by mid-rank               1 … 5, 5 best
ratio         silence since the last purchase / the customer's usual gap           number
active …      active 活跃, silent 沉默, churned 流失: by ratio or by P(alive)      class
ARI           adjusted Rand index of two divisions; 1 same, 0 chance               number
u             relative gain of later margin under a treatment (stated)             share

Assumptions: classes are made from what was known before a day and judged by what came after it; a customer's rhythm is
steady enough for a usual gap to mean something; answers on needs are on comparable scales; the uplift of a treatment is
stated, never estimated here. `tiers`, `rfm`, `activity`, `needs`: making classes. `profiles`: who is in them.
`migration`: do they last. `policy`, `treatments`: what to do, and whether it pays. `words`: what the tables say.

References: Smith 1956, J. Marketing 21, 3–8 (segmentation as a strategy); Hughes 1994, Strategic Database Marketing
(RFM); Hennig 2007, Comput. Stat. Data Anal. 52, 258–271, and Dolnicar & Leisch 2010, Marketing Letters 21, 83–101
(stability of groups); Bergsma 2013, J. Korean Stat. Soc. 42, 323–328 (Cramér's V); Hall 1992, J. R. Statist. Soc. B 54,
221–228 (intervals of skewed means).
"""

from crmtheory.segmentation.activity import (
    ACTIVITY,
    ACTIVITY_CHINESE,
    by_p_alive,
    by_rhythm,
    rhythm,
    separation,
)
from crmtheory.segmentation.activity import on_holdout as activity_on_holdout
from crmtheory.segmentation.migration import flows, migration, stays
from crmtheory.segmentation.needs import candidates, choose, groups, no_groups, stability
from crmtheory.segmentation.policy import (
    NOTHING,
    PolicyProfit,
    Treatment,
    policy_profit,
    stated,
    uplift_needed,
)
from crmtheory.segmentation.profiles import association, crosstab, profile
from crmtheory.segmentation.rfm import (
    SEGMENTS,
    RfmSegment,
    rfm_against,
    rfm_grid,
    rfm_scores,
    rfm_segments,
    rfm_table,
    segment_rules,
)
from crmtheory.segmentation.tiers import abc, by_cuts, ratio, sizes, tiers, value_by_class
from crmtheory.segmentation.treatments import ADVICE, actions, advice

__all__ = [
    "ACTIVITY",
    "ACTIVITY_CHINESE",
    "ADVICE",
    "NOTHING",
    "SEGMENTS",
    "PolicyProfit",
    "RfmSegment",
    "Treatment",
    "abc",
    "actions",
    "activity_on_holdout",
    "advice",
    "association",
    "by_cuts",
    "by_p_alive",
    "by_rhythm",
    "candidates",
    "choose",
    "crosstab",
    "flows",
    "groups",
    "migration",
    "no_groups",
    "policy_profit",
    "profile",
    "ratio",
    "rfm_against",
    "rfm_grid",
    "rfm_scores",
    "rfm_segments",
    "rfm_table",
    "rhythm",
    "segment_rules",
    "separation",
    "sizes",
    "stability",
    "stated",
    "stays",
    "tiers",
    "uplift_needed",
    "value_by_class",
]
