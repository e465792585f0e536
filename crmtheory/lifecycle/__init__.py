"""The theory of the customer lifecycle (客户生命周期理论): customers move through stages, need different treatment
in each, and leave.

Claim
    The stage a customer is in tells what the customer will do next, and so how to treat the customer. Relationships
    grow, mature and decline; who is lost can be won back; who stays long stays longer (Dwyer, Schurr & Oh 1987, Journal
    of Marketing 51; Reichheld 1996, The Loyalty Effect).

Notation
    ==========  ===============================================  ============
    symbol      meaning                                          unit
    ==========  ===============================================  ============
    P           number of periods of the panel                   periods
    n_ij, p_ij  moves from stage i to stage j, as a share         1
    Q           moves among the stages that are not the end      1
    M           (I − Q)⁻¹, expected visits                       periods
    S(t)        share not yet judged lost at age t               1
    α, β        sBG: shapes of the churn probabilities           1
    ==========  ===============================================  ============

Assumptions
    Without contracts "lost" is a judgement: silence of a chosen length. A chain of stages supposes that only the
    present stage matters; `order_test` and `kaplan_meier` show how far that is wrong.

What would refute it
    Stages whose customers behave alike afterwards; spend that does not fall before the end; nobody coming back; a
    retention rate that does not rise with age.
"""

from crmtheory.lifecycle.chain import absorption, ever, median_to_loss, stage_value, time_to_loss
from crmtheory.lifecycle.cohorts import cohort_sizes, retention_curve, triangle
from crmtheory.lifecycle.contracts import (
    from_retention,
    hardening,
    observed_rates,
    own_contracts,
    projection,
    retention_rates,
)
from crmtheory.lifecycle.drivers import adjusted_difference, caution, churn_drivers, twins
from crmtheory.lifecycle.hazards import cox, proportional
from crmtheory.lifecycle.lead_score import LeadScore, fit_lead_score
from crmtheory.lifecycle.life import by_stage, course, enough, outlook, periods_in, thirds
from crmtheory.lifecycle.moves import Moves, flows, matrix, moves, order_test, stationarity_test, wide
from crmtheory.lifecycle.prospects import (
    by_attempt,
    conversion,
    judged_in_time,
    lift_table,
    score_calibration,
)
from crmtheory.lifecycle.stages import MarketingRules, RelationshipRules, Stages
from crmtheory.lifecycle.survival import kaplan_meier, logrank, median_survival, until_lost
from crmtheory.lifecycle.winback import returned, share_returned, value_thirds, win_back, worth_winning

__all__ = [
    "LeadScore",
    "MarketingRules",
    "Moves",
    "RelationshipRules",
    "Stages",
    "absorption",
    "adjusted_difference",
    "by_attempt",
    "by_stage",
    "caution",
    "churn_drivers",
    "cohort_sizes",
    "conversion",
    "course",
    "cox",
    "enough",
    "ever",
    "fit_lead_score",
    "flows",
    "from_retention",
    "hardening",
    "judged_in_time",
    "kaplan_meier",
    "lift_table",
    "logrank",
    "matrix",
    "median_survival",
    "median_to_loss",
    "moves",
    "observed_rates",
    "order_test",
    "outlook",
    "own_contracts",
    "periods_in",
    "projection",
    "proportional",
    "retention_curve",
    "retention_rates",
    "returned",
    "score_calibration",
    "share_returned",
    "stage_value",
    "stationarity_test",
    "thirds",
    "time_to_loss",
    "triangle",
    "twins",
    "until_lost",
    "value_thirds",
    "wide",
    "win_back",
    "worth_winning",
]
