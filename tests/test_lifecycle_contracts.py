"""Contracts: published cohorts, rates by hand, own tables of contracts, and a rise that is sorting alone."""

import numpy as np
import pandas as pd
import pytest

from crmtheory import datasets
from crmtheory.errors import DomainError, SchemaError
from crmtheory.lifecycle.contracts import (
    from_retention,
    hardening,
    observed_rates,
    own_contracts,
    projection,
    retention_rates,
)
from crmtheory.models import SBG
from crmtheory.models.sbg import against_constant

TABLE = datasets.load("contract_retention").set_index("year")
SIZE = 1000


@pytest.mark.parametrize(
    ("column", "alpha", "beta"), [("high_end_pct", 0.668, 3.806), ("regular_pct", 0.704, 1.182)]
)
def test_the_published_percentages_give_the_published_parameters(column, alpha, beta):
    """Fader & Hardie 2007, J. Interactive Marketing 21, 76–90: 7 renewals; they printed three digits."""
    summary = from_retention(TABLE[column].loc[:7], SIZE)
    fit = SBG().fit(summary, weights="n")
    assert fit.n == SIZE
    assert fit.theta.tolist() == pytest.approx([alpha, beta], rel=0.01)
    assert against_constant(fit, summary, weights="n")["p_value"].iloc[0] < 1e-6


def test_a_cohort_becomes_counts_of_those_who_left_and_those_still_there():
    summary = from_retention([100, 50, 50, 12.5], 8)
    assert summary.to_numpy().tolist() == [[1, 1, 4], [2, 1, 0], [3, 1, 3], [3, 0, 1]]
    assert summary.columns.tolist() == ["t", "lost", "n"]
    assert from_retention([100, 12.5], 4)["n"].tolist() == [3, 1]  # half a customer is rounded up


def test_rates_are_of_those_still_there():
    table = retention_rates([100, 60, 45, 0, 0], 200)
    assert table["there"].tolist() == [200, 120, 90, 0]
    assert table["left"].tolist() == [80, 30, 90, 0]
    assert table["rate"].tolist()[:3] == [0.6, 0.75, 0]
    assert np.isnan(table.loc[4, ["rate", "low", "high"]]).all()
    z2, n, p = 1.959963984540054**2, 120, 0.75  # Wilson's formula
    middle, half = (
        (p + z2 / 2 / n) / (1 + z2 / n),
        np.sqrt(z2 * (p * (1 - p) / n + z2 / 4 / n**2)) / (1 + z2 / n),
    )
    assert table.loc[2, ["low", "high"]].tolist() == pytest.approx([middle - half, middle + half])


def test_hardening_is_the_difference_of_two_rates_with_newcombes_interval():
    """Newcombe 1998, Statistics in Medicine 17, 873–890, method 10: made of the two Wilson intervals."""
    row = hardening(retention_rates([100, 60, 50], 80), first=1, later=2).iloc[0]
    assert (row["first_rate"], row["n"]) == (0.6, 48)  # of 80
    early, late = retention_rates([100, 60, 50], 80).loc[1], retention_rates([100, 60, 50], 80).loc[2]
    gap = late["rate"] - early["rate"]
    low = gap - np.hypot(late["rate"] - late["low"], early["high"] - early["rate"])
    high = gap + np.hypot(late["high"] - late["rate"], early["rate"] - early["low"])
    assert row[["estimate", "low", "high"]].tolist() == pytest.approx([gap, low, high])


def test_rates_of_running_contracts_count_only_who_had_the_opportunity():
    """Four contracts: one left at the 1st, one at the 2nd, one still there after two, one after one."""
    table = observed_rates(pd.DataFrame({"t": [1, 2, 2, 1], "lost": [1, 1, 0, 0]}))
    assert table[["there", "left", "rate"]].to_numpy().tolist() == [[4, 1, 0.75], [2, 1, 0.5]]


def test_censored_contracts_give_the_same_rates_as_a_cohort_watched_to_the_end():
    rng = np.random.default_rng(3)
    leaves = rng.geometric(0.25, 40_000)
    watched = rng.integers(1, 8, 40_000)
    summary = pd.DataFrame({"t": np.minimum(leaves, watched), "lost": (leaves <= watched).astype(int)})
    table = observed_rates(summary)
    assert len(table) == 7
    assert (table["rate"] - 0.75).abs().max() < 0.02


def test_published_cohorts_harden_by_more_than_five_points():
    regular, high_end = (
        hardening(retention_rates(TABLE[c], SIZE)).iloc[0] for c in ("regular_pct", "high_end_pct")
    )
    assert regular["estimate"] == pytest.approx(28.9 / 32.6 - 0.631, abs=1e-12)
    assert high_end["estimate"] == pytest.approx(55.1 / 59.3 - 0.869, abs=1e-12)
    assert regular["low"] > 0.05


def test_the_interval_covers_the_known_rise_and_a_larger_cohort_makes_it_shorter():
    rng, truth, hits = np.random.default_rng(1), 0.85 - 0.6, []
    for _ in range(400):
        there = [300]
        for rate in (0.6, 0.7, 0.8, 0.82, 0.85):
            there.append(rng.binomial(there[-1], rate))
        row = hardening(retention_rates(100 * np.array(there) / 300, 300)).iloc[0]
        hits.append(row["low"] <= truth <= row["high"])
    assert 0.92 <= np.mean(hits) <= 0.98
    wide, narrow = (hardening(retention_rates(TABLE["regular_pct"], n)).iloc[0] for n in (1000, 100_000))
    assert narrow["high"] - narrow["low"] < 0.15 * (wide["high"] - wide["low"])


def test_retention_rises_by_sorting_alone_though_nobody_changes():
    rng = np.random.default_rng(2)
    churn = rng.beta(0.7, 1.2, 20_000)  # each customer's own, for ever
    leaves = rng.geometric(np.maximum(churn, 1e-12))
    percent = [100 * np.mean(leaves > t) for t in range(9)]
    assert hardening(retention_rates(percent, 20_000)).iloc[0]["low"] > 0.2
    fit = SBG().fit(from_retention(percent, 20_000), weights="n").table()
    assert (fit["low"] <= [0.7, 1.2]).all()
    assert (fit["high"] >= [0.7, 1.2]).all()


def test_the_projection_is_judged_on_years_it_did_not_see():
    table = projection(TABLE["regular_pct"], SIZE, fitted_years=5)
    assert table.index.tolist() == list(range(13))
    assert table["fitted"].sum() == 6
    assert table["actual"].tolist() == pytest.approx((TABLE["regular_pct"] / 100).tolist())
    later = table[~table["fitted"]]
    assert (later["sbg"] - later["actual"]).abs().max() < 0.02
    assert (later["actual"] - later["constant"]).min() > 0.05
    assert table.loc[0, ["actual", "sbg", "low", "high", "constant"]].tolist() == [1] * 5
    assert ((table["low"] <= table["sbg"]) & (table["sbg"] <= table["high"])).all()
    changed = TABLE["regular_pct"].to_numpy().copy()
    changed[6:] = 5.0
    pd.testing.assert_series_equal(projection(changed, SIZE, 5)["sbg"], table["sbg"])


def test_the_projection_goes_beyond_the_list_without_an_actual_value():
    table = projection([100, 63.1, 46.8, 38.2], SIZE, fitted_years=3, horizon=6)
    assert table["actual"].isna().tolist() == [False] * 4 + [True] * 3
    assert (table["sbg"].diff().iloc[1:] < 0).all()


def test_constant_churn_is_those_who_left_by_decisions_made():
    table = projection([100, 60, 45], 1000, fitted_years=2)
    assert table.loc[1, "constant"] == pytest.approx(1 - 550 / 1600)
    assert table.loc[2, "constant"] == pytest.approx((1 - 550 / 1600) ** 2)


@pytest.mark.parametrize(
    ("percent", "size", "message"),
    [
        (
            [1, 0.6],
            100,
            "A cohort starts with 100 percent in year 0, not with 1. Multiply shares by 100.",
        ),
        (
            [86.9, 74.3],
            100,
            "A cohort starts with 100 percent in year 0, not with 86.9. Leave nothing out before the first renewal.",
        ),
        (
            [100, 60, 61],
            100,
            "Those who left do not come back: year 2 has 61 percent, more than the 60 of the year before. "
            "Check for two figures in the wrong order.",
        ),
        ([100, np.nan], 100, "Percentages lie from 0 to 100, but year 1 has nan. Fill or correct it."),
        ([100, -3], 100, "Percentages lie from 0 to 100, but year 1 has -3. Fill or correct it."),
        (
            [100],
            100,
            "A cohort needs the percentage still there at the start (100) and after at least one year.",
        ),
        ([100, 60], 0, "The size of a cohort is a whole number of 1 or more, not 0."),
        ([100, 60], 99.5, "The size of a cohort is a whole number of 1 or more, not 99.5."),
    ],
)
def test_percentages_that_cannot_be_are_refused_with_the_year(percent, size, message):
    for question in (from_retention, retention_rates):
        with pytest.raises(SchemaError) as error:
            question(percent, size)
        assert str(error.value) == message


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda: hardening(retention_rates([100, 60, 45], 100)),
            "There is no year 5: the table has years 1 to 2.",
        ),
        (
            lambda: hardening(retention_rates([100, 50, 0, 0], 100), later=3),
            "Nobody is left at the start of year 3, so it has no retention rate.",
        ),
        (
            lambda: hardening(retention_rates([100, 60, 45], 100), first=2, later=2),
            "The later year must come after the first, unlike 2 and 2.",
        ),
        (
            lambda: projection([100, 60, 45], 100, 3),
            "From 2 to 2 years can be fitted with this list of percentages, not 3.",
        ),
        (
            lambda: projection([100, 60, 45, 40], 100, 3, horizon=2),
            "The horizon, year 2, comes before the end of the 3 fitted years.",
        ),
    ],
)
def test_years_that_are_not_there_are_refused(ask, message):
    with pytest.raises(DomainError) as error:
        ask()
    assert str(error.value) == message


# Own contracts


def contracts(rows, index=None):
    return pd.DataFrame(rows, columns=["start", "end"], index=index)


def test_a_contract_is_left_at_the_opportunity_that_ended_it_leap_years_or_not():
    rows = [
        ("2020-01-01", "2020-12-31"),  # 365 days, a day short of a year
        ("2020-01-01", "2021-01-01"),  # 366 days, a leap year
        ("2019-01-01", "2021-01-01"),
        ("2019-01-01", "2019-03-01"),  # before the first opportunity: it counts as left at the first
        ("2019-01-01", "2020-06-01"),
    ]
    got = own_contracts(contracts(rows), "start", "end", "2022-06-30")
    assert got["t"].tolist() == [1, 1, 2, 1, 2]
    assert got["lost"].tolist() == [1] * 5


def test_what_still_runs_has_survived_the_opportunities_gone_by():
    rows = [("2020-01-01", None), ("2021-06-29", ""), ("2022-06-30", None), ("2020-01-01", "2023-01-01")]
    got = own_contracts(contracts(rows, list("甲乙丙丁")), "start", "end", "2022-06-30")
    assert got["t"].tolist() == [2, 0, 0, 2]  # the second renewed yesterday, if at all: within the grace
    assert got["lost"].tolist() == [0] * 4  # the end in 2023 is not known yet
    assert got.index.tolist() == list("甲乙丙丁")


def test_monthly_contracts_drift_no_more_than_the_grace():
    starts = pd.Timestamp("2021-01-31")
    ends = [starts + pd.DateOffset(months=k) for k in range(1, 25)]
    got = own_contracts(contracts([(starts, e) for e in ends]), "start", "end", "2024-01-01", period="month")
    assert got["t"].tolist() == list(range(1, 25))


def test_own_contracts_of_a_known_world_give_its_parameters_back():
    rng = np.random.default_rng(3)
    start = pd.Timestamp("2012-01-01") + pd.to_timedelta(rng.integers(0, 365 * 8, 6000), "D")
    renewals = np.minimum(rng.geometric(np.maximum(rng.beta(1.0, 4.0, 6000), 1e-9)), 60)
    end = [s + pd.DateOffset(years=int(k)) for s, k in zip(start, renewals, strict=True)]
    frame = pd.DataFrame({"start": start, "end": end})
    frame["end"] = frame["end"].where(frame["end"] <= "2022-12-31")
    summary = own_contracts(frame, "start", "end", "2022-12-31")
    fit = SBG().fit(summary).table()
    assert (fit["low"] <= [1.0, 4.0]).all()
    assert (fit["high"] >= [1.0, 4.0]).all()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [("2020-01-01", None), (None, None)],
            'Column "start": 1 of 2 contracts have no start, first: 1. Leave these contracts out.',
        ),
        (
            [("2024-01-01", None)],
            'Column "start": 1 of 1 contracts have a start after 2022-06-30, the day of observation, first: 0. '
            "Leave these contracts out.",
        ),
        (
            [("2020-01-01", "2019-01-01")],
            'Column "end": 1 of 1 contracts have an end before the start, first: 0. '
            "Check whether the columns are exchanged.",
        ),
        (
            [("2020-01-01", "runs")],
            'Column "end" must hold dates: 1 of 1 are none, first: 0 ("runs"). Write them as 2024-12-31.',
        ),
    ],
)
def test_contracts_that_cannot_be_read_are_refused(rows, message):
    with pytest.raises(SchemaError) as error:
        own_contracts(contracts(rows), "start", "end", "2022-06-30")
    assert str(error.value) == message


def test_an_unknown_column_is_named():
    with pytest.raises(SchemaError) as error:
        own_contracts(contracts([("2020-01-01", None)]), "begin", "end", "2022-06-30")
    assert str(error.value) == 'There is no column "begin". Did you mean "end"? Known: start, end.'
