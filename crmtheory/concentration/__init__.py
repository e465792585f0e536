"""Concentration: how much of a total a few customers hold (the Pareto principle, 帕累托原则).

Notation: n customers with values v; sorted from the largest, the top share S(q) is the part of the total that
the first q·n of them hold, with linear interpolation between customers. The Lorenz curve is the same read
from the smallest; Gini is twice the area between it and the diagonal (0: all equal, 1: one customer holds
everything). The balance point is the share x with S(x) = 1 − x: in a world of 80/20 it is 0.2.

Ties need no rule: customers with equal values have equal shares, in whatever order they are sorted.

shares     one list of values: curves, Gini, top share, share needed, balance point
intervals  the same with bootstrap intervals, and from year to year
rankings   one ranking judged by another quantity; whether the best stay the best
profit     profit with losses: the whale curve and its peak
"""

from crmtheory.concentration.intervals import rule, stability, with_interval
from crmtheory.concentration.profit import whale, whale_curve
from crmtheory.concentration.rankings import _captured as _captured
from crmtheory.concentration.rankings import capture_curve, captured, lasting, overlap
from crmtheory.concentration.shares import balance_point, gini, lorenz, share_needed, top_share

__all__ = [
    "balance_point",
    "capture_curve",
    "captured",
    "gini",
    "lasting",
    "lorenz",
    "overlap",
    "rule",
    "share_needed",
    "stability",
    "top_share",
    "whale",
    "whale_curve",
    "with_interval",
]
