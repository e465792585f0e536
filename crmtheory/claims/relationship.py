"""Tests of the claims on relationship marketing. The rows come from `crmtheory.survey` and `crmtheory.relationship`."""

from __future__ import annotations

from crmtheory.claims.resampling import ROW, Tests, given_row

TESTS: Tests = {
    "REL-1": (ROW, given_row),  # the row "indirect" of `survey.path.mediation`
    "REL-2": (ROW, given_row),  # the row of communication in `survey.drivers.linear`
    "REL-3": (ROW, given_row),  # the row of personal service in `survey.drivers.linear`
    "REL-4": (ROW, given_row),  # the row "active months" of `relationship.tenure_value`
    "REL-5": (ROW, given_row),  # the row "expected value" of `relationship.invest`, the gain
    "REL-6": (ROW, given_row),  # `relationship.recommend.gain`
}
