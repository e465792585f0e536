"""Prospects: shares by hand, a score with known odds, and a world that changes, where a random split flatters."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from crmtheory import datasets
from crmtheory.errors import ConvergenceError, DomainError, SchemaError
from crmtheory.lifecycle.prospects import (
    BANK_FEATURES,
    by_attempt,
    conversion,
    fit_lead_score,
    judged_in_time,
    lift_table,
    score_calibration,
)

FEATURES = ["visits", "member", "area"]


def leads(rng, n=3000):
    frame = pd.DataFrame({"visits": rng.normal(5, 2, n), "member": rng.random(n) < 0.4})
    frame["area"] = rng.choice(["北", "南", "东"], n, p=[0.5, 0.3, 0.2])
    linear = -1.5 + 0.4 * (frame["visits"] - 5) + 1.0 * frame["member"] - 0.8 * (frame["area"] == "东")
    return frame.assign(bought=rng.random(n) < 1 / (1 + np.exp(-linear)), linear=linear)


@pytest.fixture(scope="module")
def bank():
    return datasets.load("bank_marketing")


# Conversion


def test_numbers_of_contacts_go_one_by_one_and_the_many_together():
    frame = pd.DataFrame({"calls": [1, 2, 2, 6, 7, 40], "bought": [1, 0, 1, 0, 0, 1]})
    table = conversion(frame, "calls", "bought")
    assert table.index.tolist() == ["1", "2", "6+"]
    assert table.index.name == "calls"
    assert table[["contacts", "converted"]].to_numpy().tolist() == [[1, 1], [2, 1], [3, 1]]
    assert table["share"].tolist() == pytest.approx([1, 0.5, 1 / 3])
    assert table.loc["6+", ["low", "high"]].tolist() == pytest.approx(
        proportion_confint(1, 3, method="wilson")
    )


def test_text_goes_by_size_an_ordered_category_by_its_order_and_gaps_last():
    frame = pd.DataFrame({"channel": ["电话", "短信", "短信", None], "bought": [1, 0, 1, 0]})
    assert conversion(frame, "channel", "bought").index.tolist() == ["短信", "电话", "(blank)"]
    kind = pd.CategoricalDtype(["电话", "短信", "邮件"], ordered=True)
    ordered = conversion(frame.astype({"channel": kind}), "channel", "bought")
    assert ordered.index.tolist() == ["电话", "短信", "(blank)"]
    assert ordered["contacts"].tolist() == [1, 2, 1]


def test_other_numbers_go_in_fifths_and_equal_numbers_stay_together():
    frame = pd.DataFrame({"balance": np.arange(100.0) - 50, "bought": 0})
    table = conversion(frame, "balance", "bought")
    assert table["contacts"].tolist() == [20] * 5
    assert table.index.tolist()[:2] == ["-50 to -31", "-30 to -11"]
    most_alike = frame.assign(balance=np.where(np.arange(100) < 70, 100.0, np.arange(100) + 200.5))
    table = conversion(most_alike, "balance", "bought")
    assert table["contacts"].tolist()[0] == 70
    assert table["contacts"].sum() == 100
    assert conversion(frame.assign(balance=np.nan), "balance", "bought").index.tolist() == ["(blank)"]


def test_the_bank_converts_at_the_first_contact_twice_as_often_as_later(bank):
    table = conversion(bank, "campaign", "subscribed")
    assert table["contacts"].sum() == 45_211
    assert table.loc["1", "share"] == pytest.approx(0.146, abs=0.0005)
    assert table["share"].iloc[-1] < table["share"].iloc[0] / 2


def test_an_attempt_is_counted_for_all_who_were_contacted_so_often():
    frame = pd.DataFrame({"calls": [1, 1, 2, 3, 3, 9], "bought": [1, 0, 1, 0, 1, 1]})
    table = by_attempt(frame, "calls", "bought", most=4)
    assert table["contacts"].tolist() == [6, 4, 3, 1]
    assert table["converted"].tolist() == [1, 1, 1, 0]
    assert table["share"].tolist() == pytest.approx([1 / 6, 1 / 4, 1 / 3, 0])
    assert np.isnan(by_attempt(frame.head(2), "calls", "bought", most=2).loc[2, "share"])


def test_the_share_of_those_who_stopped_at_a_contact_is_not_the_chance_of_a_contact():
    """Each call succeeds with 0.1 whatever came before, and nobody is called more than four times."""
    rng = np.random.default_rng(1)
    first = rng.geometric(0.1, 20_000)
    frame = pd.DataFrame({"calls": np.minimum(first, 4), "bought": first <= 4})
    chance = by_attempt(frame, "calls", "bought", most=4)
    assert (chance["low"] < 0.1).all()
    assert (chance["high"] > 0.1).all()
    assert conversion(frame, "calls", "bought")["share"].iloc[0] == 1


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda f: conversion(f, "chanel", "bought"),
            'There is no column "chanel". Did you mean "channel"? Known: channel, calls, bought.',
        ),
        (
            lambda f: conversion(f.assign(bought=[1, 2]), "channel", "bought"),
            'Column "bought" must be 1 for yes and 0 for no: 1 of 2 values are neither, first: 1 ("2"). '
            "Write 1 and 0, or yes and no, in the file.",
        ),
        (
            lambda f: by_attempt(f, "calls", "bought"),
            'Column "calls" must count contacts, 1 or more: 1 of 2 values do not, first: 0. '
            "Leave out those who were not contacted.",
        ),
        (
            lambda f: fit_lead_score(f, "bought", ["calls", "bought"]),
            '"bought" is the outcome and cannot be a feature. Take it out of features.',
        ),
        (
            lambda f: lift_table(pd.Series([1, 2]), pd.Series([1, 0], ["a", "b"])),
            "Score and outcome must be on the same contacts: score.reindex(happened.index).",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(ask, message):
    frame = pd.DataFrame({"channel": ["a", "b"], "calls": [0, 1], "bought": [0, 1]})
    with pytest.raises(SchemaError) as error:
        ask(frame)
    assert str(error.value) == message


# The score


def test_the_known_odds_are_inside_their_intervals_and_twenty_points_double_them():
    frame = leads(np.random.default_rng(2))
    table = fit_lead_score(frame, "bought", FEATURES).table()
    truth = {"visits": 0.4 * frame["visits"].std(), "member": 1.0, "area: 南": 0.0, "area: 东": -0.8}
    assert table.index.tolist() == list(truth)
    for name, value in truth.items():
        assert np.log(table.loc[name, "low"]) < value < np.log(table.loc[name, "high"])
    assert (2 ** (table["points"] / 20)).tolist() == pytest.approx(table["ratio"].tolist())


def test_the_score_is_the_probability_of_an_unpenalised_logistic_model():
    frame = leads(np.random.default_rng(3), 800)
    x = pd.get_dummies(frame[FEATURES], columns=["area"]).drop(columns="area_北").astype(float)
    other = LogisticRegression(C=np.inf, tol=1e-10, max_iter=10_000).fit(x, frame["bought"])
    lead = fit_lead_score(frame, "bought", FEATURES)
    score = lead.score(frame)
    assert score.index.equals(frame.index)
    assert score.to_numpy() == pytest.approx(other.predict_proba(x)[:, 1], abs=1e-4)
    assert repr(lead) == f"<LeadScore of visits, member, area; {frame['bought'].sum()} of 800 converted>"


def test_a_level_that_was_not_there_counts_as_the_most_frequent_one_and_is_counted():
    lead = fit_lead_score(leads(np.random.default_rng(4)), "bought", FEATURES)
    new = pd.DataFrame({"visits": [5.0, 5.0], "member": [1, 1], "area": ["西", "北"]}, index=["a", "b"])
    score = lead.score(new)
    assert score["a"] == score["b"]
    assert lead.unseen(new).to_dict() == {"area": 1}
    assert lead.features == ("visits", "member", "area")


def test_the_order_of_rows_and_columns_changes_no_score():
    frame = leads(np.random.default_rng(5), 500)
    one = fit_lead_score(frame, "bought", FEATURES).score(frame)
    mixed = fit_lead_score(frame.sample(frac=1, random_state=1), "bought", FEATURES[::-1]).score(frame)
    pd.testing.assert_series_equal(one, mixed, rtol=1e-6)


def test_a_feature_that_tells_the_outcome_is_named():
    frame = leads(np.random.default_rng(6), 300)
    frame["signed"] = np.where(frame["bought"], "yes", "no")
    with pytest.raises(ConvergenceError) as error:
        fit_lead_score(frame, "bought", ["visits", "signed"])
    rows = frame["bought"].sum()
    assert str(error.value) == (
        f'All {rows:,} customers with "signed: yes" have the same outcome, so no finite ratio fits (perfect '
        "separation). Leave the column out, or merge its levels."
    )
    with pytest.raises(DomainError, match=r'cannot be told apart: "visits", "twice"'):
        fit_lead_score(frame.assign(twice=2 * frame["visits"]), "bought", ["visits", "twice"])


def test_text_where_numbers_were_learnt_is_refused():
    lead = fit_lead_score(leads(np.random.default_rng(7), 300), "bought", ["visits"])
    with pytest.raises(SchemaError) as error:
        lead.score(pd.DataFrame({"visits": ["many"]}))
    assert str(error.value) == 'Column "visits" held numbers when the model was fitted, and now holds text.'


# Judged


def drifting(rng, n=6000):
    """What makes customers buy wears off with time, and a column knows the time."""
    at = np.arange(n) / n
    taste = rng.normal(size=n)
    wave = np.floor(at * 10)
    base = np.where(wave % 2 == 0, -2.5, 0.0)
    linear = base + 2.0 * (1 - at) * taste
    bought = rng.random(n) < 1 / (1 + np.exp(-linear))
    campaign = pd.Series(wave.astype(int)).map("c{}".format)
    return pd.DataFrame({"taste": taste, "campaign": campaign, "bought": bought})


def test_where_the_market_changes_a_random_split_flatters():
    frame = drifting(np.random.default_rng(8))
    table = judged_in_time(frame, "bought", ["taste", "campaign"], np.random.default_rng(1)).set_index(
        "split"
    )
    assert table.loc["in time", "high"] < table.loc["random", "low"] - 0.05
    assert table["n"].tolist() == [1800, 1800]
    assert table.loc["in time", "unseen"] == 1800  # the later campaigns are new


def test_where_nothing_changes_both_splits_agree_with_the_truth():
    frame = leads(np.random.default_rng(9), 9000)
    truth = roc_auc_score(frame["bought"], frame["linear"])
    table = judged_in_time(frame, "bought", FEATURES, np.random.default_rng(1))
    assert table["split"].tolist() == ["in time", "random"]
    assert ((table["low"] < truth) & (truth < table["high"])).all()


def test_the_bank_score_is_worse_in_time_than_a_random_split_says_and_the_leak_feigns_more(bank):
    table = judged_in_time(bank, "subscribed", BANK_FEATURES, np.random.default_rng(1), leak="duration")
    table = table.set_index("split")
    assert table.index.tolist() == ["in time", "random", "in time, with duration"]
    assert table.loc["in time", "high"] < table.loc["random", "low"]
    assert table.loc["in time, with duration", "low"] > table.loc["in time", "high"] + 0.05
    assert table["n"].tolist() == [45_211 - int(0.7 * 45_211)] * 3
    assert not {"duration", "day", "month", "subscribed"} & set(BANK_FEATURES)


def test_it_learns_from_the_first_part_only():
    frame = leads(np.random.default_rng(10), 2000)
    table = judged_in_time(frame, "bought", FEATURES, np.random.default_rng(1), share=0.5)
    lead = fit_lead_score(frame.iloc[:1000], "bought", FEATURES)
    expected = roc_auc_score(frame["bought"].iloc[1000:], lead.score(frame.iloc[1000:]))
    assert table.loc[0, "auc"] == pytest.approx(expected)


@pytest.mark.parametrize("share", [0.0, 1.0, 0.999])
def test_a_share_that_leaves_nothing_to_judge_is_refused(share):
    with pytest.raises(DomainError) as error:
        judged_in_time(
            leads(np.random.default_rng(1), 50), "bought", FEATURES, np.random.default_rng(1), share
        )
    assert str(error.value) == (
        f"A share of {share:g} of 50 contacts leaves too few to learn from or to judge. Take one such as 0.7."
    )


def test_a_right_score_is_calibrated_and_an_outdated_one_is_not(bank):
    frame = leads(np.random.default_rng(11), 12_000)
    lead = fit_lead_score(frame.iloc[:8000], "bought", FEATURES)
    table = score_calibration(lead, frame.iloc[8000:], "bought")
    inside = (table["low"] <= table["predicted"]) & (table["predicted"] <= table["high"])
    assert inside.sum() >= 8
    cut = int(0.7 * len(bank))
    old = fit_lead_score(bank.iloc[:cut], "subscribed", BANK_FEATURES)
    later = score_calibration(old, bank.iloc[cut:], "subscribed")
    assert (later["low"] > later["predicted"]).all()  # the market rose fourfold


def test_the_best_tenth_is_counted_and_ties_at_the_cut_are_shared():
    score = pd.Series([9.0] + [5.0] * 4 + [1.0] * 5)
    won = pd.Series([1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    table = lift_table(score, won, [0.1, 0.3, 1.0])
    assert table["contacts"].tolist() == pytest.approx([1, 3, 10])
    assert table["converted"].tolist() == pytest.approx([1, 1.5, 2])
    assert table["rate"].tolist() == pytest.approx([1, 0.5, 0.2])
    assert table["lift"].tolist() == pytest.approx([5, 2.5, 1])
    assert table["captured"].tolist() == pytest.approx([0.5, 0.75, 1])
    assert table.loc[1.0, ["low", "high"]].tolist() == pytest.approx(
        proportion_confint(2, 10, method="wilson")
    )
    order = np.random.default_rng(1).permutation(10)
    pd.testing.assert_frame_equal(table, lift_table(score.iloc[order], won.iloc[order], [0.1, 0.3, 1.0]))


def test_a_share_outside_0_to_1_is_refused():
    with pytest.raises(DomainError) as error:
        lift_table(pd.Series([1, 2]), pd.Series([0, 1]), [10])
    assert str(error.value) == "A share lies above 0 and up to 1, not 10. For 10 % give 0.1."
