"""Sentences: each says what its table says, on both sides of every condition."""

import numpy as np
import pandas as pd
import pytest

from crmtheory.lifecycle import words


@pytest.mark.parametrize(
    ("items", "text"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_a_list_in_a_sentence(items, text):
    assert words.listed(items) == text


@pytest.mark.parametrize(
    ("p", "text"), [(0.0, "p < 0.001"), (0.00099, "p < 0.001"), (0.001, "p = 0.001"), (0.5, "p = 0.500")]
)
def test_p_values(p, text):
    assert words.p_value(p) == text


def test_a_test_rejects_below_a_twentieth():
    assert (words.rejected(0.049), words.rejected(0.05)) == ("is rejected", "is not rejected")


def test_where_customers_stand_now_largest_first():
    counts = pd.DataFrame(
        {"new": [9, 300], "lost": [1, 700]}, index=pd.to_datetime(["2024-03-31", "2024-06-30"])
    )
    assert words.where_they_stand(counts) == (
        "On 2024-06-30 there were 1,000 customers: 70% lost and 30% new."
    )


def orders(p: float, gain=0.1) -> pd.DataFrame:
    return pd.DataFrame(
        {"p_value": [1e-9, p], "gain": [0.4, gain]},
        index=pd.Index(["0 against 1", "1 against 2"], name="test"),
    )


def test_memory_that_was_found():
    assert words.memory(orders(0.01)) == (
        "The last stage explains 40% of what is unsure about the next one; knowing the stage before it as well "
        "explains 10% of the rest (p = 0.010). So customers remember more than the chain does, and what it "
        "says of the "
        "far future is rough."
    )


def test_memory_that_was_not_found():
    assert words.memory(orders(0.05)) == (
        "The last stage explains 40% of what is unsure about the next one; the stage before it adds nothing "
        "that could "
        "be told from chance (p = 0.050). The chain is a fair summary."
    )


def test_memory_that_could_not_be_tested_is_not_denied():
    """Without degrees of freedom there is no p value, and nothing is said of a number that does not exist."""
    text = words.memory(orders(np.nan, np.nan))
    assert "nan" not in text
    assert "fair summary" not in text


@pytest.mark.parametrize(
    ("median", "rest"),
    [
        (
            {"estimate": 6.0, "low": 5.5, "high": 7.25},
            "In fact half were lost after 6.0 quarters [5.5, 7.2]. The two agree.",
        ),
        (
            {"estimate": 6.0, "low": 5.5, "high": np.inf},
            "In fact half were lost after 6.0 quarters [5.5, longer than watched]. The two agree.",
        ),
        (
            {"estimate": 4.0, "low": 3.5, "high": 5.0},
            "In fact half were lost after 4.0 quarters [3.5, 5.0]. A chain forgets how long somebody has "
            "been silent, "
            "so do not use its times for a plan.",
        ),
        (
            {"estimate": np.nan, "low": 3.5, "high": np.nan},
            "Of the customers watched, fewer than half were lost, so no median can be seen.",
        ),
    ],
)
def test_the_chain_against_what_was_seen(median, rest):
    assert words.against_seen(7.0, "new", pd.Series(median), "quarter") == (
        f"The chain expects half of the new customers to be lost after 7 quarters. {rest}"
    )


def stages_table(expected) -> pd.DataFrame:
    return pd.DataFrame(
        {"expected": expected, "silent": [0.5, 0.1, 0.9], "low": [0.4, 0.05, 0.8], "high": [0.6, 0.2, 0.95]},
        index=["new", "loyal", "lost"],
    )


def test_what_comes_next_as_foretold():
    assert words.what_comes_next(stages_table([0.5, 0.2, np.nan]), "3 months") == (
        "Of those loyal, 10% [5%, 20%] were silent for the 3 months after; of those lost, 90% [80%, 95%]. Earlier "
        "times had foretold each share within chance."
    )


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ([0.7, 0.1, 0.5], "another share for new and lost"),
        ([0.7, 0.1, np.nan], "a higher share for new"),
        ([0.3, 0.1, 0.5], "a lower share for new and lost"),
        ([0.7, 0.3, 0.99], "a higher share for every stage"),
    ],
)
def test_what_comes_next_otherwise_than_foretold(expected, text):
    assert words.what_comes_next(stages_table(expected), "3 months").endswith(
        f"Earlier times had foretold {text}: seasons and the shop change, rules do not."
    )


def returns(cases=(100, 50, 10), low=(0.1, 0.2), high=(0.4, 0.6)) -> pd.DataFrame:
    rows = [
        (1, "all", cases[0], 0.3, 0.2, 0.4),
        (1, "low", 30, 0.15, *low),
        (1, "high", 30, 0.5, *high),
        (2, "all", cases[1], 0.2, 0.1, 0.3),
        (3, "all", cases[2], 0.1, 0.0, 0.3),
    ]
    return pd.DataFrame(rows, columns=["silence", "value", "cases", "share", "low", "high"])


def test_coming_back_up_to_the_last_silence_with_thirty_cases():
    assert words.coming_back(returns(), "quarter", "6 months") == (
        "After 1 quarter of silence 30% [20%, 40%] bought again within 6 months; after 2 quarters, 20% [10%, 30%]. "
        "Past value tells more: 50% [40%, 60%] of high past value against 15% [10%, 20%] of low after 1 quarter."
    )


def test_coming_back_without_a_clear_difference_of_value():
    assert words.coming_back(returns(high=(0.2, 0.6)), "quarter", "6 months").endswith(
        "; after 2 quarters, 20% [10%, 30%]. Past value does not tell for sure who returns."
    )


@pytest.mark.parametrize("cases", [(100, 10, 10), (10, 10, 10)])
def test_coming_back_with_few_cases(cases):
    assert words.coming_back(returns(cases), "quarter", "6 months") == (
        "After 1 quarter of silence 30% [20%, 40%] bought again within 6 months."
    )


def test_coming_back_without_tiers():
    table = returns()
    """Where all are of one past value, it cannot tell who returns."""
    text = (
        "After 1 month of silence 30% [20%, 40%] bought again within 6 months; after 2 months, 20% [10%, 30%]. Past "
        "value does not tell for sure who returns."
    )
    assert words.coming_back(table[table["value"] == "all"], "month", "6 months") == text
    one = table["value"].replace("low", "medium") != "high"
    assert words.coming_back(table[one], "month", "6 months") == text


def tiers_at(apart) -> pd.DataFrame:
    """Silences of 1, 2, … periods; whether the intervals of high and low past value lie apart at each."""
    rows = []
    for silence, clear in enumerate(apart, start=1):
        rows += [
            (silence, "all", 90, 0.3, 0.2, 0.4),
            (silence, "low", 30, 0.15, 0.1, 0.2),
            (silence, "high", 30, 0.5, 0.4 if clear else 0.15, 0.6),
        ]
    return pd.DataFrame(rows, columns=["silence", "value", "cases", "share", "low", "high"])


@pytest.mark.parametrize(
    ("apart", "end"),
    [
        ([True, True, True], "of low after 1 quarter."),
        (
            [True, True, False],
            "of low after 1 quarter. From 3 quarters of silence on it does not tell for sure.",
        ),
        (
            [True, False, True],
            "of low after 1 quarter. From 2 quarters of silence on it does not tell for sure.",
        ),
        ([False, True, True], "Past value does not tell for sure who returns."),
    ],
)
def test_how_long_past_value_tells_who_comes_back(apart, end):
    text = words.coming_back(tiers_at(apart), "quarter", "6 months")
    assert text.endswith(end)
    assert ("Past value tells more: 50%" in text) == apart[0]


def offers(gains) -> pd.DataFrame:
    rows = [(1, "all", 9.0), (1, "high", gains[0]), (2, "high", gains[1]), (1, "low", gains[2])]
    table = pd.DataFrame(rows, columns=["silence", "value", "gain"])
    return table.assign(worth=table["gain"] > 0)


def test_for_whom_an_offer_would_pay():
    assert words.worth(offers([1234.5, 2.0, 0.5]), "£", 0.2, "quarter") == (
        "If an offer raised each chance by 20% of itself (an assumption, no log can show it), it would pay for high "
        "past value after 1 and 2 and low past value after 1 quarters of silence. It would gain most, £1,234.50 a "
        "customer, for high past value after 1 quarter."
    )


def test_an_offer_that_pays_for_nobody():
    assert words.worth(offers([-1.0, np.nan, 0.0]), "£", 0.2, "quarter") == (
        "If an offer raised each chance by 20% of itself (an assumption, no log can show it), it would pay for none "
        "of these groups."
    )


def life(means, half) -> pd.DataFrame:
    mean = pd.Series(means, index=["first", "middle", "last"], dtype=float)
    return pd.DataFrame({"customers": 1234, "mean": mean, "low": mean - half, "high": mean + half})


def test_a_life_with_a_hump_and_the_valley_made_by_counting():
    assert words.course_of_life(life([10, 30, 12], 1), life([40, 30, 41], 1), "£") == (
        "Of the 1,234 lost customers who bought between their first and last purchase, mean spend in the "
        "first, middle "
        "and last third was £10, £30, £12. It is highest in the middle third. That is "
        "more than chance. With their first and last purchase counted it would be £40, £30, £41: a valley "
        "made by the "
        "way of counting."
    )


def test_a_flat_life_without_a_valley():
    assert words.course_of_life(life([1000, 1030, 1020], 50), life([40, 50, 41], 1), "£") == (
        "Of the 1,234 lost customers who bought between their first and last purchase, mean spend in the "
        "first, middle "
        "and last third was £1,000, £1,030, £1,020. It is highest in the middle third. "
        "The difference is within chance."
    )


def test_one_life_is_no_proof():
    text = words.course_of_life(life([1, 5, 1], np.nan), life([1, 5, 1], np.nan), "£")
    assert "more than chance" not in text


def kept(last_actual: float) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "actual": [0.9, 0.8, last_actual],
            "sbg": [0.9, 0.81, 0.75],
            "low": [0.89, 0.8, 0.7],
            "high": [0.91, 0.82, 0.8],
            "constant": [0.9, 0.8, 0.6],
        },
        index=pd.Index([1, 2, 3], name="year"),
    )


def test_contracts_judged_after_the_fit():
    assert words.foretold(kept(0.74), 2).strip() == (
        "After year 3, 74.0% were still there. From the first 2 years the sBG foretold 75.0% [70.0%, 80.0%], "
        "constant "
        "churn 60.0%."
    )


def test_contracts_without_a_year_after_the_fit():
    assert words.foretold(kept(np.nan), 2).strip() == "After year 2, 80.0% were still there."


@pytest.mark.parametrize(
    ("statistic", "p", "text"),
    [
        (1234.56, 1e-9, "The likelihood ratio is 1,234.6 (p < 0.001): constant churn is rejected."),
        (0.5, 0.48, "The likelihood ratio is 0.5 (p = 0.480): constant churn is not rejected."),
    ],
)
def test_constant_churn(statistic, p, text):
    assert words.constant_churn(pd.DataFrame([{"statistic": statistic, "p_value": p}])) == text


def test_the_strongest_driver_may_work_downwards():
    table = pd.DataFrame(
        {"ratio": [2.0, 0.1, 30.0], "low": [1.5, 0.05, 0.9], "high": [3.0, 0.2, 99.0]},
        index=["price", "help", "luck"],
    )
    assert words.why_they_leave(table) == (
        "2 of 3 drivers can be told from chance. The largest factor is that of help: the odds of leaving are divided "
        "by 10 [5, 20]."
    )
    assert "multiplied by 12 [10, 15]" in words.why_they_leave(
        pd.DataFrame({"ratio": [12.3], "low": [10.4], "high": [15.2]}, index=["x"])
    )
    assert words.why_they_leave(table.loc[["luck"]]) == "No driver could be told from chance."


def test_a_complaint_before_and_after_adjustment():
    table = pd.DataFrame(
        {
            "crude": [0.62, 0.5],
            "crude_low": [0.55, 0.4],
            "crude_high": [0.7, 0.6],
            "estimate": [0.31, 0.244],
            "low": [0.25, 0.2],
            "high": [0.38, 0.3],
            "twins": [1200, 0],
        }
    )
    assert words.complaint(table) == (
        "Leaving of customers with a complaint, less that of the others: +62 percentage points [+55, +70]; "
        "with the other columns "
        "held equal +31 percentage points [+25, +38]. Without the 1,200 rows that repeat another one it would be +24."
    )


def test_a_complaint_that_goes_with_staying_and_has_no_twins():
    table = pd.DataFrame(
        [{"crude": -0.1, "crude_low": -0.2, "crude_high": 0.04, "estimate": -0.05, "low": -0.1, "high": 0.03}]
    ).assign(twins=0)
    assert words.complaint(table) == (
        "Leaving of customers with a complaint, less that of the others: -10 percentage points [-20, +4]; "
        "with the other columns "
        "held equal -5 percentage points [-10, +3]."
    )


def areas(random_low: float, leak: bool) -> pd.DataFrame:
    rows = {
        "in time": (0.7, 0.65, 0.75),
        "random": (0.8, random_low, 0.85),
        "in time, with duration": (0.93, 0.9, 0.95),
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["auc", "low", "high"])
    return table if leak else table.iloc[:2]


def test_a_score_that_a_random_split_flatters_and_a_leak():
    text = (
        "Judged on later contacts the area is 0.700 [0.650, 0.750]; judged on a random part it is 0.800 "
        "[0.760, 0.850]. "
        'The random split flatters the score. With "duration", which is known only after the contact, it would be '
        "0.930 [0.900, 0.950]."
    )
    assert words.lead_score(areas(0.76, leak=True)) == text
    assert words.lead_score(areas(0.76, leak=True).rename_axis("split").reset_index()) == text


def test_a_score_without_a_leak_that_holds_in_time():
    assert words.lead_score(areas(0.75, leak=False)) == (
        "Judged on later contacts the area is 0.700 [0.650, 0.750]; judged on a random part it is 0.800 "
        "[0.750, 0.850]. "
        "The random split gives no clearly better number here."
    )


def test_what_raises_and_lowers_the_risk_of_being_lost():
    ratios = pd.DataFrame(
        {"ratio": [0.5, 2.0, 1.1], "low": [0.4, 1.5, 0.9], "high": [0.6, 3.0, 1.3]},
        index=["often", "far", "luck"],
    )
    trend = pd.DataFrame({"low": [0.1, -0.2, -0.2], "high": [0.2, 0.2, 0.2]}, index=ratios.index)
    assert words.hazards(ratios, trend) == (
        "Of the risk of being lost: often lowers it (0.50 times) and far raises it (2.00 times). The ratio of often "
        "changes with time, so it is an average."
    )
    assert words.hazards(ratios.loc[["luck"]], trend.loc[["luck"]]) == (
        "No fact changes the risk of being lost for sure."
    )


def test_whom_to_write_to_first():
    silent = pd.DataFrame({"gain": [5.0, -1.0, np.nan, 1200.0]})
    assert words.next_step(silent, 2.5, "£") == (
        "An offer that costs £2.5 would pay for 2 of the 4 silent customers and gain £1,205 in all under these "
        "assumptions; they stand in the list with their gain."
    )
    assert words.next_step(silent.iloc[[1]], 2, "£") == (
        "An offer that costs £2 would pay for none of the 1 silent customers under these assumptions; write "
        "to them at "
        "no cost, or not at all."
    )
    assert words.next_step(silent.iloc[:0], 2, "£") == "No customer is silent now."
