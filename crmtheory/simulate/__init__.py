"""Made-up customers whose truth is known. Each docstring says what is true and what a method that misses it
will say.

purchases  logs and summaries of customers who follow a model of purchases, or like clockwork
stages     customers who move between stages, or between classes of value, by known chances
lives      logs of customers who fall silent and come back, and of customers who grow
groups     customers of known groups, by their answers
"""

from crmtheory.simulate.groups import segments_world
from crmtheory.simulate.lives import growing_customers, life_profile, returning_customers, returning_share
from crmtheory.simulate.purchases import customers_log, regular_buyers
from crmtheory.simulate.stages import stage_walkers, value_classes_world

__all__ = [
    "customers_log",
    "growing_customers",
    "life_profile",
    "regular_buyers",
    "returning_customers",
    "returning_share",
    "segments_world",
    "stage_walkers",
    "value_classes_world",
]
