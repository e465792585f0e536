"""What the tables of relationships mean, in sentences: each case says what holds."""

import numpy as np
import pandas as pd

from crmtheory.relationship import RULES, Response, contact_gaps, kinds_table, words


def investment(row, best=0.2) -> pd.DataFrame:
    rows = [(0.0, 0.0, 0.0, 90), (0.04, 0.01, 0.06, 90), (*row, 90), (best, best, best, 90)]
    return pd.DataFrame(rows, index=RULES, columns=["gain", "low", "high", "n"])


def tenure(active, elapsed) -> pd.DataFrame:
    index = ["active months", "elapsed months"]
    return pd.DataFrame([(*active, 4000), (*elapsed, 4000)], index, columns=["estimate", "low", "high", "n"])


def test_kinds_that_nobody_is_in_are_not_named():
    said = words.kinds_in_words(kinds_table(pd.Series(["price-centred"] * 3), pd.Series([1.0, 2.0, 3.0])))
    assert said == "Of the customers, 100% are price-centred buyers. There is no partner under these rules."
    table = kinds_table(pd.Series(["need-centred", "value-centred"]), pd.Series([1.0, -1.0]))
    assert words.kinds_in_words(table) == (
        "Of the customers, 50% are need-centred clients and 50% value-centred partners. They brought nothing on the "
        "whole, so revenue is not shared out."
    )


CURVE = Response(0.5, 0.8, 20.0)


def test_a_gain_is_set_against_its_threshold():
    assert words.invest_in_words(investment((0.08, 0.06, 0.1)), CURVE) == (
        "If spending works as assumed (50% of value stays without it, 80% at most), a budget spread by "
        "expected value "
        "keeps 8.0% more than one spread equally (6.0% to 10.0%). That is clearly at least 5%. By past sales "
        "the gain is 4.0%; by the best plan under the stated curve 20.0%."
    )
    assert "That is clearly less than 5%." in words.invest_in_words(investment((0.01, 0.0, 0.02)), CURVE)
    assert "Whether it is 5% cannot be told." in words.invest_in_words(investment((0.05, 0.0, 0.1)), CURVE)
    less = words.invest_in_words(investment((-0.02, -0.03, -0.01)), CURVE)
    assert "keeps 2.0% less than one spread equally (-3.0% to -1.0%)." in less
    assert words.invest_in_words(investment((np.nan, np.nan, np.nan)), CURVE) == (
        "An equal spread keeps nothing, so no gain over it can be told."
    )


def test_tenure_says_when_the_sign_depends_on_the_month():
    said = words.tenure_in_words(tenure((0.19, 0.16, 0.22), (-0.07, -0.10, -0.04)))
    assert said == (
        "Of 4,000 customers who came back, tenure goes with spend per active month at a rank correlation of "
        "0.19 (0.16 "
        "to 0.22), with spend per elapsed month at -0.07 (-0.10 to -0.04). Per month in which they buy, longer "
        "relationships are worth more. The sign depends on what is called a month: elapsed months grow with tenure "
        "itself."
    )
    said = words.tenure_in_words(tenure((0.05, 0.02, 0.08), (0.03, 0.0, 0.06)))
    assert said.endswith(
        "Per month in which they buy, longer relationships are not clearly worth more (below 0.1)."
    )
    said = words.tenure_in_words(tenure((0.1, 0.05, 0.15), (0.03, 0.0, 0.06)))
    assert said.endswith("Whether the correlation is at least 0.1 cannot be told.")
    assert words.tenure_in_words(tenure((np.nan,) * 3, (0.1, 0.0, 0.2))) == (
        "All customers have the same tenure or the same spend per month: nothing can be ranked."
    )


def test_what_the_days_alone_make_is_said():
    null, elapsed = tenure((0.13, 0.11, 0.16), (-0.13, -0.15, -0.12)), (-0.07, -0.1, -0.04)
    said = words.null_in_words(null, tenure((0.19, 0.16, 0.22), elapsed))
    assert said == (
        "If everybody drew the amounts of another customer at random, the correlation would be 0.13 per active month "
        "(0.11 to 0.16) and -0.13 per elapsed month (-0.15 to -0.12). That much comes from the purchase days and from "
        "the division, not from what is spent on a purchase. The 0.19 found is more: customers who stay longer also "
        "spend more on a purchase."
    )
    said = words.null_in_words(null, tenure((0.02, 0.0, 0.04), elapsed))
    assert said.endswith("The 0.02 found is less: customers who stay longer spend less on a purchase.")
    said = words.null_in_words(null, tenure((0.14, 0.1, 0.18), elapsed))
    assert said.endswith("The 0.14 found is no more and no less than that.")


def test_gaps_are_counted_from_the_band_that_ends_at_the_days():
    last = pd.Series(["2024-12-30", "2024-08-01", "2023-01-01", None], list("abcd"))
    table = contact_gaps(last, "2024-12-31", value=pd.Series([5.0, 1.0, 2.0, 2.0], list("abcd")))
    assert words.gaps_in_words(table, 90) == (
        "3 of 4 customers (75%) had no contact for more than 90 days; they brought 50% of all revenue."
    )
    assert words.gaps_in_words(table, 180) == (
        "2 of 4 customers (50%) had no contact for more than 180 days; they brought 40% of all revenue."
    )
    assert words.gaps_in_words(contact_gaps(last, "2024-12-31"), 365) == (
        "2 of 4 customers (50%) had no contact for more than 365 days."
    )


def test_recommendations_are_set_against_best_sellers():
    index = pd.MultiIndex.from_product([["item–item", "best sellers"], ["new", "repeat", "all"]])
    table = pd.DataFrame({"hit_rate": [0.46, 0.76, 0.6, 0.34, 0.8, 0.5]}, index)
    names = ["estimate", "low", "high", "n"]
    row = pd.DataFrame([(0.12, 0.09, 0.155, 960)], columns=names)
    assert words.recommend_in_words(table, row) == (
        "Of 960 customers who bought again, 46.0% bought at least one new product of their personal list and "
        "34.0% one "
        "of the best sellers they did not have: a difference of 12.0 points (9.0 to 15.5). That is clearly "
        "at least 2 "
        "points. Of products they already had, the lists name one bought again in 76% and 80%."
    )
    less = words.recommend_in_words(table, row.assign(estimate=0.0, low=-0.01, high=0.01))
    assert "That is clearly less than 2 points." in less
    unclear = words.recommend_in_words(table, row.assign(estimate=0.02, low=0.0, high=0.04))
    assert "Whether it is 2 points cannot be told." in unclear
