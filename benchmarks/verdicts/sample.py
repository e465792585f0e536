"""The tables that the chapters make of the sample data, from which the worlds draw; each is made once."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from crmtheory import datasets, lifecycle, panel, segmentation, transactions
from crmtheory.models import GammaGamma, ParetoNBD
from crmtheory.value import clv

SEED = 20  # that of the chapters
KNOWN = ["age", "job", "marital", "education", "default", "balance", "housing", "loan", "contact", "campaign",
         "previous", "poutcome"]  # fmt: skip


@cache
def retail() -> transactions.Transactions:
    """The log of the shop."""
    path = datasets.locate("online_retail")
    return transactions.read(path, customer="customer_id", date="invoice_time", amount="amount_gbp")


@cache
def cdnow() -> transactions.Transactions:
    path = datasets.locate("cdnow_sample")
    return transactions.read(path, customer="customer_id", date="date", amount="amount_usd")


@cache
def stages() -> lifecycle.Stages:
    """The shop's customers by quarter and marketing stage."""
    return lifecycle.MarketingRules(new=1, at_risk=2, lost=4).assign(panel.of(retail(), "quarter"))


@cache
def outlook() -> pd.DataFrame:
    """Stage, its risk, and what came in the quarter after."""
    return lifecycle.outlook(stages(), 1)


@cache
def thirds() -> pd.DataFrame:
    """Spend in the thirds of the lives that are over."""
    periods = stages().panel
    followed = periods.customers[periods.joined < periods.periods]
    late = periods.joined[periods.joined < periods.periods] >= int(
        (periods.starts < str(retail().report.first_date)).sum()
    )
    now = stages().at()
    gone = now[now == "lost"].index.intersection(followed[late])
    return lifecycle.thirds(retail().purchases(), gone, np.random.default_rng(SEED))


@cache
def lead_scores() -> pd.DataFrame:
    """Scores of the later contacts of the bank, by a score learnt from the earlier ones, and who became a customer."""
    called = datasets.load("bank_marketing")
    called = called.assign(subscribed=called["subscribed"].isin([1, "yes", True]).astype(int))
    cut = int(len(called) * 0.7)
    score = lifecycle.fit_lead_score(called.iloc[:cut], "subscribed", KNOWN).score(called.iloc[cut:])
    return pd.DataFrame({"score": score, "converted": called["subscribed"].iloc[cut:]})


@cache
def halves() -> pd.DataFrame:
    """The shop's customers at the middle of the log: value class, activity, revenue after."""
    log = retail()
    known = log.summary(unit="week", calibration_end=log.half).index
    before = log.revenue(end=log.half).reindex(known)
    came = log.purchases()
    soon = came[came["date"].between(*(pd.Timestamp(log.half) + pd.to_timedelta([1, 91], "D")))][log.customer]
    return pd.DataFrame(
        {
            "value_class": segmentation.tiers(before, (0.2, 0.3)).astype(str),
            "activity": segmentation.by_rhythm(came, log.half).reindex(known).astype(str),
            "later": log.revenue().reindex(known) - before,
            "bought": known.isin(soon.unique()),
        }
    )


@cache
def race() -> pd.DataFrame:
    """CDNOW at the middle of its log: lifetime value, spend so far, revenue after, repeat purchases, mean amount."""
    log = cdnow()
    summary = log.summary(unit="week", calibration_end=log.half)
    ahead = summary["T_holdout"].iloc[0]
    value = clv(ParetoNBD().fit(summary), GammaGamma().fit(summary), summary, horizon=ahead)["clv"]
    before = log.revenue(end=log.half).reindex(summary.index)
    after = log.revenue().reindex(summary.index) - before
    found = pd.DataFrame({"clv": value, "past_spend": before, "holdout_revenue": after})
    return found.join(summary[["x", "m"]])
