"""What a verdict says in words: whole sentences worked out by hand, and laws that hold for every claim."""

from __future__ import annotations

import ast
import itertools
import json
import math
import re

import numpy as np
import pandas as pd
import pytest

from crmtheory import claims, markup, places
from crmtheory.claims.effects import NOTHING, effect, strength

ENTRIES = {entry["id"]: entry for entry in claims.ledger().reset_index().to_dict("records")}
for _entry in ENTRIES.values():
    if not isinstance(_entry["effect_below"], str):  # a claim without one
        del _entry["effect_below"]
each = pytest.mark.parametrize("claim", sorted(ENTRIES))
NAN, INF = float("nan"), float("inf")
READINGS = ("association", "cause", "prediction", "description")
CHAPTERS = {"REL": 1, "LIF": 2, "SAT": 3, "LOY": 4, "VAL": 5, "SEG": 6}


def said(claim: str, theta: float, low: float, high: float, n: int = 1000, delta: float | None = None) -> str:
    entry = ENTRIES[claim]
    return effect(entry, theta, low, high, n, entry["threshold"] if delta is None else delta)


def source(claim: str) -> str:
    """The chapter of a claim, as it is written."""
    found = sorted((places.PACKAGE.parent / "notebooks" / "src").glob(f"{CHAPTERS[claim[:3]]:02}_*.py"))
    assert len(found) == 1
    return found[0].read_text(encoding="utf-8")


# Sentences worked out by hand


@pytest.mark.parametrize(
    ("claim", "numbers", "sentence"),
    [
        (
            "LOY-4",
            (0.127, 0.094, 0.161),
            "In 100 customers with a complaint, 13 more left than in 100 alike in usage without one (between "
            "9 and 16). The claim needs 10 or more.",
        ),
        (
            "LOY-4",
            (-0.012, -0.061, 0.042),
            "In 100 customers with a complaint, 1 fewer left than in 100 alike in usage without one "
            "(anything between 6 fewer and 4 more). The claim needs 10 or more.",
        ),
        (
            "LIF-3",
            (0.083, 0.071, 0.096),
            "Of 100 customers judged lost, 8.3 bought again within six months (between 7.1 and 9.6). The "
            "claim needs 5 or more.",
        ),
        (  # r = 0.30 and 0.42 are near 0.58 and 0.65 pairs in 100: 0.5 + arcsin(r) / π
            "VAL-3",
            (0.36, 0.30, 0.42),
            "Of two customers, the one who sees more value is also the more satisfied in about 62 of 100 pairs "
            "(between 60 and 64; ties count half, 50 would be chance): a medium link. The claim needs 59.7 or more.",
        ),
        (  # a correlation of a half: arcsin(0.5) / π is a sixth
            "LOY-1",
            (0.5, 0.5, 1.2),
            "If answers held no errors of measurement: of two customers, the more satisfied "
            "would also be the more loyal in about 67 of 100 pairs (between "
            "67 and 100; 50 would be chance): a large link. The claim needs 66.7 or more.",
        ),
        (  # log 12, log 8 and log 20
            "SEG-1",
            (math.log(12), math.log(8), math.log(20)),
            "On average, a customer of the high class spent 12.0 times as much later as one of the low class "
            "(between 8.0 and 20.0). The claim needs 3 times or more.",
        ),
        (
            "SEG-1",
            (math.log(30), math.log(12), INF),
            "On average, a customer of the high class spent 30 times as much later as one of the low class (at least "
            "12). The claim needs 3 times or more.",
        ),
        (
            "VAL-4",
            (1.52, 1.31, 1.73),
            "A brand that is 10 % cheaper is chosen about 15 % more often (between 13 and 17 %). The claim "
            "needs 5 % or more.",
        ),
        (
            "LOY-5",
            (1.4, -8.0, 11.0),
            "With the programme, members made 1 more purchase a period than they would have made without it "
            "(anything between 8 fewer and 11 more). The claim needs more than 0.",
        ),
        (
            "REL-2",
            (0.167, 0.047, 0.287),
            "Among customers who rate quality alike, there is a small link between being well informed and being "
            "satisfied (0.17, between 0.05 and 0.29; 0 is none, 0.5 and more is large). The claim needs 0.1 or more.",
        ),
        (
            "REL-2",
            (-0.04, -0.16, 0.08),
            "Among customers who rate quality alike, there is next to no link between being well informed and being "
            "satisfied, if any in the other direction (−0.04, between −0.16 and 0.08; 0 is none, 0.5 and "
            "more is large). The claim needs 0.1 or more.",
        ),
        (
            "SAT-1",
            (-0.297, -0.36, -0.24),
            "Of what the drivers explain of satisfaction, the share of quality is 30 percentage points "
            "smaller than that of the strongest other driver (between 24 and 36). The claim needs more than 0.",
        ),
        (
            "SAT-1",
            (0.012, -0.03, 0.05),
            "Of what the drivers explain of satisfaction, the share of quality is 1 percentage point larger "
            "than that of the strongest other driver (anything between 3 smaller and 5 larger). The claim needs "
            "more than 0.",
        ),
        (
            "VAL-1",
            (0.2, 0.2, 0.2),
            "The top 20 % of customers brought 20 % of the revenue (20 % at both ends). The claim needs 80 % or more.",
        ),
        (
            "LIF-1",
            (-0.011, -0.03, 0.02),
            "The stage accounts for none of the differences in how customers rank by spend in the three months after "
            "(estimate −1 %, between −3 and 2 %). The claim needs 6 % or more.",
        ),
    ],
)
def test_a_result_is_told_in_a_sentence(claim, numbers, sentence):
    assert said(claim, *numbers) == sentence


def test_an_equivalence_claim_names_both_ends_of_what_it_allows():
    # Spearman 0.1: r = 2 sin(0.1 π / 6) = 0.1047, and 50 + 100 arcsin(r) / π = 53.34
    assert said("VAL-5", 0.11, 0.02, 0.20) == (
        "Of two customers who came back, the one who buys more often also spends more per order in about 54 "
        "of 100 pairs (between 51 and 57; ties count half, 50 would be chance). "
        "The claim needs it to lie from 46.7 to 53.3."
    )


def test_pairs_agree_with_simulated_normal_customers():
    rng = np.random.default_rng(1)
    x, y = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 400_000).T
    agree = ((x[::2] > x[1::2]) == (y[::2] > y[1::2])).mean()
    assert agree == pytest.approx(2 / 3, abs=0.005)
    assert "about 67 of 100 pairs" in said("LOY-1", 0.5, 0.3, 0.7)


def test_rank_correlations_are_turned_into_those_of_normal_variables_first():
    rng = np.random.default_rng(2)
    x, y = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 200_000).T
    rho = np.corrcoef(pd.Series(x).rank(), pd.Series(np.exp(y)).rank())[0, 1]
    share = 50 + 100 * math.asin(0.6) / math.pi
    assert f"about {share:.0f} of 100 pairs" in said("REL-4", rho, rho - 0.1, rho + 0.1)


@pytest.mark.parametrize(
    ("theta", "word"),
    [
        (0.0, "next to no"),
        (0.0999, "next to no"),
        (0.1, "small"),
        (-0.1, "small"),
        (0.2999, "small"),
        (0.1 + 0.2, "medium"),
        (0.3, "medium"),
        (-0.4999, "medium"),
        (0.5, "large"),
        (-1.3, "large"),
    ],
)
def test_a_link_is_as_strong_as_cohen_has_it(theta, word):
    assert strength(theta) == word


def test_a_limit_is_never_rounded_over_the_threshold():
    assert "(between 19.6 and 30.0)" in said("SAT-5", 0.25, 0.196, 0.30)
    assert "(between 19.96 and 30.00)" in said("SAT-5", 0.25, 0.1996, 0.30)
    assert "(between 20 and 30)" in said("SAT-5", 0.25, 0.2, 0.30)


def test_there_are_as_many_decimals_as_the_interval_warrants():
    assert "Of 100 customers judged lost, 12 bought" in said("LIF-3", 0.12345, 0.10, 0.15)
    assert "Of 100 customers judged lost, 12.3 bought" in said("LIF-3", 0.12345, 0.12, 0.127)


def test_another_threshold_stands_in_the_sentence():
    assert said("LOY-4", 0.13, 0.09, 0.16, delta=0.025).endswith("The claim needs 2.5 or more.")


@pytest.mark.parametrize(
    ("low", "high", "limits"),
    [
        (NAN, NAN, "(no limits can be given)"),
        (-INF, INF, "(no limits can be given)"),
        (0.1, NAN, "(no limits can be given)"),
        (0.1, INF, "(at least 10)"),
        (-INF, 0.4, "(at most 40 more)"),
    ],
)
def test_an_interval_without_ends_says_so(low, high, limits):
    expected = limits.replace(" more", "") if "at most" in limits else limits
    assert expected in said("LOY-4", 0.2, low, high)


@each
def test_without_a_number_nothing_is_said(claim):
    assert said(claim, NAN, NAN, NAN) == NOTHING


# What holds for every claim


THETAS = [-2.0, -1.0, -0.35, -0.004, 0.0, 0.004, 0.01, 0.1, 0.5, 0.999, 1.0, 1.7, 3.0]
WIDTHS = [0.0, 0.001, 0.02, 0.3, 2.5]


def everything(claim: str) -> list[str]:
    cases = itertools.product(THETAS, WIDTHS, WIDTHS, (0.0, ENTRIES[claim]["threshold"], -0.2))
    return [said(claim, theta, theta - down, theta + up, n=40, delta=d) for theta, down, up, d in cases]


@each
def test_every_result_makes_a_clean_sentence(claim):
    for sentence in everything(claim):
        assert not re.search(r"[{}*|]|nan|inf\b|None|unknown|  |\( |\(\)", sentence), sentence
        assert not re.search(r"−0(\.0+)?(?![\d.])|(?<![\w.,])-\d", sentence), sentence
        assert not re.search(r"(?<![\d.,])1 (percentage points|purchases|promoters)\b", sentence), sentence
        assert not re.search(
            r"(?<![\d.,])(0|[2-9]|\d\d+|\d+\.\d+) (percentage point|purchase|promoter)\b", sentence
        ), sentence
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert sentence.count("(") == sentence.count(")")


@each
def test_a_sentence_carries_its_interval_and_its_threshold(claim):
    for sentence in everything(claim):
        assert re.search(r"between .+ and |at both ends", sentence), sentence
        assert "The claim needs " in sentence
    for template in ("effect", "effect_below"):
        assert "_between" in ENTRIES[claim].get(template, "_between")


@each
def test_only_a_cause_is_told_as_one(claim):
    entry = ENTRIES[claim]
    texts = [entry["effect"], entry.get("effect_below", "")]
    if entry["reading"] != "cause":
        for text in texts:
            assert not re.search(r"raise|cause|lead|because|improve|effect of|due to|make[sd]? them", text), (
                text
            )
    if entry["reading"] == "association":
        assert entry["caveat"].startswith("Association, not cause")


def test_a_cause_is_claimed_only_where_the_design_allows_it():
    assert sorted(claim for claim, entry in ENTRIES.items() if entry["reading"] == "cause") == [
        "LOY-5",
        "LOY-6",
    ]
    assert "parallel trends" in ENTRIES["LOY-5"]["caveat"]
    assert "by lot" in ENTRIES["LOY-6"]["caveat"]


@pytest.mark.parametrize("claim", ["REL-5", "SEG-5"])
def test_a_result_that_rests_on_assumptions_says_so(claim):
    assert ENTRIES[claim]["caveat"].startswith("It holds only under the ")
    assert ENTRIES[claim]["effect"].startswith("Under the ")


@each
def test_every_claim_says_how_what_and_what_not(claim):
    entry = ENTRIES[claim]
    assert entry["reading"] in READINGS
    for field in ("method", "caveat"):
        text = entry[field]
        assert text[0].isupper()
        assert text.endswith(".")
        assert text.count(". ") == (1 if claim == "LOY-5" and field == "caveat" else 0), "one sentence"
        assert not re.search("[{}*_`\u4e00-\u9fff]", text)
        assert 60 < len(text) < 480
    assert re.match("(Log of purchases|Survey|Purchases by product|Table of)", entry["method"])
    assert re.search("interval|limits|range", entry["method"])


@each
def test_the_place_is_a_heading_of_its_chapter(claim):
    headings = re.findall(r"^# ###? (.+)$", source(claim), flags=re.MULTILINE)
    assert headings.count(ENTRIES[claim]["place"]) == 1
    assert ENTRIES[claim]["place"] != "The claims"
    anchors = [markup.anchor(heading) for heading in headings]
    assert anchors.count(markup.anchor(ENTRIES[claim]["place"])) == 1


@each
def test_what_makes_a_claim_testable_names_parameters_of_its_chapter_and_keys_of_the_study_file(claim):
    entry = ENTRIES[claim]
    for need in entry["needs"]:
        assert re.match(r"(a (log|survey|table|budget)|the margin)\b", need)
    chapter, keys = entry["gives"].split("; study: ")
    number, names = re.fullmatch(r"chapter (\d): (.+)", chapter).groups()
    assert int(number) == CHAPTERS[claim[:3]]
    parameters = {node.target.id for node in ast.parse(source(claim)).body if isinstance(node, ast.AnnAssign)}
    for name in re.sub(r"\(.*?\)", "", names).replace(" or ", " ").replace(",", " ").split():
        assert name in parameters, name
    text = (places.PACKAGE / "study" / "schema.json").read_text(encoding="utf-8")
    properties = json.loads(text)["properties"]
    for key in re.findall(r"\b([a-z]+)\.([a-z]+)\b", keys):
        assert key[1] in properties[key[0]]["properties"], key
    assert re.search(r"[a-z]\.[a-z]|under parameters", keys)


# Verdicts


def verdict(claim: str, **options) -> claims.Verdict:
    row = pd.DataFrame([{"estimate": 0.127, "low": 0.094, "high": 0.161, "n": 3150}])
    return claims.test(claim, row, name="shop.csv", **options)


def test_a_verdict_says_what_the_ledger_says_and_the_sentence_on_its_numbers():
    found, entry = verdict("LOY-4"), ENTRIES["LOY-4"]
    assert found.effect == said("LOY-4", 0.127, 0.094, 0.161)
    for field in ("method", "reading", "caveat", "place"):
        assert getattr(found, field) == entry[field]
    assert set(found.to_dict()) >= {"method", "effect", "reading", "caveat", "place"}


def test_a_verdict_on_simulated_customers_begins_by_saying_so():
    assert verdict("LOY-5", simulated=True).effect == (
        "Simulated customers. With the programme, members made 0.13 more purchases a period than they would "
        "have made without it (between 0.09 and 0.16). The claim needs more than 0."
    )


def test_a_verdict_with_the_analysts_threshold_says_it_in_the_sentence():
    assert verdict("LOY-4", threshold=0.05).effect.endswith("The claim needs 5 or more.")


@each
def test_a_claim_that_is_not_testable_has_no_effect_and_keeps_method_caveat_and_place(claim):
    found = claims.not_given(claim, "no data", name="shop.csv")
    assert found.effect == ""
    assert (found.method, found.caveat) == (ENTRIES[claim]["method"], ENTRIES[claim]["caveat"])
    assert (found.reading, found.place) == (ENTRIES[claim]["reading"], ENTRIES[claim]["place"])


def test_a_verdict_can_still_be_made_without_the_words():
    found = verdict("LOY-4").to_dict()
    words = ("method", "effect", "reading", "caveat", "place")
    old = claims.Verdict(**{name: value for name, value in found.items() if name not in words})
    assert all(getattr(old, name) == "" for name in words)
