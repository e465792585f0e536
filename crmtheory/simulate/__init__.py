"""Made-up customers whose truth is known. Each docstring says what is true and what a method that misses it
will say.

purchases  logs and summaries of customers who follow a model of purchases, or like clockwork
stages     customers who move between stages, or between classes of value, by known chances
lives      logs of customers who fall silent and come back, and of customers who grow
groups     customers of known groups, by their answers
choices    households who choose among brands by a known rule
services   customers who rate a service, answer Kano's two questions, or write comments
programmes members of a programme, customers who got a card, a survey joined to purchases
"""

from crmtheory.simulate.choices import choice_elasticity, choosing_households
from crmtheory.simulate.groups import segments_world
from crmtheory.simulate.lives import growing_customers, life_profile, returning_customers, returning_share
from crmtheory.simulate.programmes import birthday_campaign, programme_members, survey_then_purchases
from crmtheory.simulate.purchases import customers_log, regular_buyers
from crmtheory.simulate.services import comments_with_ratings, kano_answers, servqual_pairs
from crmtheory.simulate.stages import stage_walkers, value_classes_world

__all__ = [
    "birthday_campaign",
    "choice_elasticity",
    "choosing_households",
    "comments_with_ratings",
    "customers_log",
    "growing_customers",
    "kano_answers",
    "life_profile",
    "programme_members",
    "regular_buyers",
    "returning_customers",
    "returning_share",
    "segments_world",
    "servqual_pairs",
    "stage_walkers",
    "survey_then_purchases",
    "value_classes_world",
]
