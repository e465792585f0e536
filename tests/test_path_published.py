"""The satisfaction index of 250 mobile-phone customers (Tenenhaus et al. 2005) against the output of other software.

SmartPLS 2.0.M3 on these answers (items standardised), in the files tests/SmartPLS/results/ecsi/… of the R package
semPLS (Monecke & Leisch 2012, Journal of Statistical Software 48(3)): path coefficients, weights and total effects,
eight digits, for the three schemes.
"""

import numpy as np
import pandas as pd
import pytest

from crmtheory import datasets
from crmtheory.survey import path

PATHS = {  # in the order of ECSI.edges
    "path": "0.50491393 0.17873950 0.19575534 0.55674896 0.04998839 0.06252287 0.55830438 0.51202394 0.19476510 "
    "0.52806625 0.48547762 0.06692607",
    "centroid": "0.50470564 0.17883348 0.19535971 0.55724786 0.05078755 0.06442534 0.55721686 0.51254524 0.19181566 "
    "0.52609731 0.48347472 0.07123241",
    "factor": "0.50494314 0.17859267 0.19581962 0.55675903 0.05017810 0.06494365 0.55776245 0.51297470 0.19144526 "
    "0.52585655 0.48305917 0.07031057",
}
WEIGHTS = {  # in the order of ECSI.items
    "path": "0.30131215 0.25969115 0.21792305 0.32850357 0.32468141 0.52118068 0.47367966 0.44563424 0.21317504 "
    "0.14472169 0.20001771 0.17939947 0.17863569 0.17912074 0.21548153 0.47928245 0.60405602 0.36486486 0.38315604 "
    "0.45096120 1 0.46066473 0.11426953 0.65431059",
    "centroid": "0.29813185 0.26233656 0.21987218 0.32782296 0.32492101 0.52282271 0.46806824 0.44989729 0.21364542 "
    "0.14346701 0.19943921 0.17811594 0.18083905 0.18050324 0.21436270 0.48582034 0.59776530 0.37718684 0.38156707 "
    "0.44105872 1 0.45046794 0.13133992 0.65948149",
}
LOADINGS = (  # centroid, in the order of ECSI.items
    "0.74336994 0.60072962 0.57761738 0.76836239 0.74447502 0.77149227 0.68662595 0.61182525 0.80334000 0.63739120 "
    "0.78353507 0.76911595 0.75577372 0.77515801 0.77939921 0.90434465 0.93791155 0.79902589 0.84621071 0.85188614 1 "
    "0.81381092 0.21914243 0.91681439"
)
TOTAL = {
    ("Expectation", "Complaints"): 0.22066175,
    ("Expectation", "Loyalty"): 0.21763337,
    ("Expectation", "Quality"): 0.55674896,
    ("Expectation", "Satisfaction"): 0.41786755,
    ("Expectation", "Value"): 0.36082377,
    ("Image", "Complaints"): 0.20580149,
    ("Image", "Expectation"): 0.50491393,
    ("Image", "Loyalty"): 0.39873238,
    ("Image", "Quality"): 0.28111031,
    ("Image", "Satisfaction"): 0.38972664,
    ("Image", "Value"): 0.18218495,
    ("Quality", "Complaints"): 0.32780354,
    ("Quality", "Loyalty"): 0.32330474,
    ("Quality", "Satisfaction"): 0.62076216,
    ("Quality", "Value"): 0.55830438,
    ("Satisfaction", "Complaints"): 0.52806625,
    ("Satisfaction", "Loyalty"): 0.52081902,
    ("Value", "Complaints"): 0.10284888,
    ("Value", "Loyalty"): 0.10143737,
    ("Value", "Satisfaction"): 0.19476510,
    ("Complaints", "Loyalty"): 0.06692607,
}
STOPPED = 2e-7  # SmartPLS stopped when weights changed by less than 1e-7


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return pd.read_csv(datasets.path("ecsi_mobile"))


def numbers(text: str) -> np.ndarray:
    return np.array(text.split(), float)


@pytest.mark.parametrize("scheme", sorted(PATHS))
def test_path_coefficients_are_those_of_smartpls(answers, scheme):
    ours = path.fit(path.ECSI, answers, scheme).paths
    assert tuple(zip(ours["from"], ours["to"], strict=True)) == path.ECSI.edges
    assert ours["estimate"].to_numpy() == pytest.approx(numbers(PATHS[scheme]), abs=STOPPED)


@pytest.mark.parametrize("scheme", sorted(WEIGHTS))
def test_weights_are_those_of_smartpls(answers, scheme):
    ours = path.fit(path.ECSI, answers, scheme).loadings
    assert ours["weight"].to_numpy() == pytest.approx(numbers(WEIGHTS[scheme]), abs=STOPPED)


def test_loadings_are_those_of_smartpls(answers):
    ours = path.fit(path.ECSI, answers, "centroid").loadings
    assert ours["loading"].to_numpy() == pytest.approx(numbers(LOADINGS), abs=STOPPED)


def test_total_effects_are_those_of_smartpls(answers):
    ours = path.fit(path.ECSI, answers).effects.set_index(["from", "to"])["total"]
    assert ours.to_dict() == pytest.approx(TOTAL, abs=STOPPED)


def test_every_total_effect_is_there_once_and_only_where_a_route_leads(answers):
    found = path.fit(path.ECSI, answers).effects
    assert sorted(zip(found["from"], found["to"], strict=True)) == sorted(TOTAL)
