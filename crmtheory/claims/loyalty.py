"""Tests of the claims on customer loyalty. The rows come from `crmtheory.survey`, `crmtheory.loyalty` and
`crmtheory.lifecycle`.
"""

from __future__ import annotations

from crmtheory.claims.resampling import ROW, Tests, given_row

TESTS: Tests = {
    "LOY-1": (ROW, given_row),  # `survey.association.disattenuated`
    "LOY-2": (ROW, given_row),  # `loyalty.last_step`
    "LOY-3": (ROW, given_row),  # `loyalty.repurchase_difference`
    "LOY-4": (ROW, given_row),  # `lifecycle.adjusted_difference`
    "LOY-5": (ROW, given_row),  # `loyalty.did`
    "LOY-6": (ROW, given_row),  # `loyalty.ab_test`
}
