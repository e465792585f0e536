"""Every customer valued where the log is: the same numbers as the table made in memory."""

import numpy as np
import pandas as pd
import pytest

from crmtheory import datasets, transactions, value
from crmtheory.errors import DomainError, SchemaError
from crmtheory.models import BGNBD, GammaGamma, ParetoNBD

CDNOW = ("customer_id", "date", "amount_usd")
RETAIL = ("customer_id", "invoice_time", "amount_gbp")


@pytest.fixture(
    scope="module", params=[("cdnow_sample", CDNOW), ("online_retail", RETAIL)], ids=["CDNOW", "retail"]
)
def world(request):
    name, columns = request.param
    log = transactions.read(datasets.path(name), *columns)
    summary = log.summary(calibration_end=log.half)
    return log, summary, ParetoNBD().fit(summary), GammaGamma().fit(summary)


@pytest.mark.parametrize(
    "terms",
    [{}, {"margin": 0.4, "cost_per_purchase": 3.0}, {"horizon": "2 years", "level": 0.8}, {"margin": 0.0}],
)
def test_the_engine_and_the_table_in_memory_agree_in_every_column(world, terms):
    log, summary, fit, spend = world
    ours = value.clv(fit, spend, summary, **terms)
    theirs = (
        value.scored(log, fit, spend, calibration_end=log.half, **terms)
        .df()
        .set_index("customer")
        .sort_index()
    )
    assert theirs.index.tolist() == ours.index.tolist()
    # Ours differentiates the mean spend by differences, the engine by its formula.
    np.testing.assert_allclose(theirs[ours.columns], ours, rtol=1e-6, atol=1e-10)
    np.testing.assert_array_equal(theirs[["x", "t_x", "T"]], summary[["x", "t_x", "T"]])


def test_the_fit_to_counted_histories_is_the_fit_to_the_customers(world):
    log, summary, fit, _ = world
    counted = log.histories(calibration_end=log.half)
    assert counted["customers"].sum() == len(summary)
    assert not counted[["x", "t_x", "T"]].duplicated().any()
    again = ParetoNBD().fit(counted, weights="customers")
    np.testing.assert_allclose(again.theta, fit.theta, rtol=1e-6)
    np.testing.assert_allclose(again.cov, fit.cov, rtol=1e-4)


def test_other_models_and_units_are_scored_alike():
    log = transactions.read(datasets.path("cdnow_sample"), *CDNOW)
    summary = log.summary("month")
    fit, spend = BGNBD().fit(summary), GammaGamma().fit(summary)
    theirs = value.scored(log, fit, spend, horizon="12 months").df().set_index("customer").sort_index()
    np.testing.assert_allclose(
        theirs["clv"], value.clv(fit, spend, summary, horizon="12 months")["clv"], rtol=1e-9
    )


def test_the_scores_can_be_written_by_the_engine(tmp_path):
    log = transactions.read(datasets.path("cdnow_sample"), *CDNOW)
    fit, spend = ParetoNBD().fit(log.histories(), weights="customers"), GammaGamma().fit(log.summary())
    value.scored(log, fit, spend).write_parquet(str(tmp_path / "scores.parquet"))
    assert len(pd.read_parquet(tmp_path / "scores.parquet")) == log.report.customers


def test_a_mean_spend_that_does_not_exist_is_told_before_anything_is_computed(world):
    log, _, fit, spend = world
    heavy = type(spend)(**{**spend.__dict__, "theta": np.array([5.0, 0.9, 10.0])})
    with pytest.raises(DomainError, match="mean spend per purchase does not exist"):
        value.scored(log, fit, heavy)


def test_the_models_must_come_in_their_order(world):
    log, _, fit, spend = world
    with pytest.raises(SchemaError, match="The first argument is a fitted attrition model"):
        value.scored(log, spend, fit)
