"""The models reproduce the figures in print for CDNOW (1/10 sample, 39 weeks of calibration).

A closed form or a log-likelihood agrees to half a unit of the last printed digit. Estimates are compared in
likelihood: the printed point may not beat ours, nor be worse by more than 0.01, since a spreadsheet's optimum
is not exact.
"""

import numpy as np
import pytest

from crmtheory.models import BGBB, BGNBD, MBGNBD, MODELS, NBD, SBG, GammaGamma, ParetoNBD

ESTIMATES = {
    "NBD": (0.385, 12.07),
    "BG/NBD": (0.243, 4.414, 0.793, 2.426),
    "MBG/NBD": (0.525, 6.183, 0.891, 1.614),
    "Pareto/NBD": (0.553, 10.578, 0.606, 11.669),
    "Gamma-Gamma": (6.25, 3.74, 15.44),
}
LOG_LIKELIHOODS = {"NBD": -9763.7, "BG/NBD": -9582.4, "Pareto/NBD": -9595.0, "Gamma-Gamma": -4055.9}


def printed(text: str) -> "pytest.approx":
    """Agreement with a number as it is printed: within half a unit of its last digit."""
    decimals = len(text.partition(".")[2])
    return pytest.approx(float(text), abs=0.5 * 10.0**-decimals, rel=0)


def rows(model, summary):
    columns, usable = model.read(summary)
    return [column[usable] for column in columns]


def test_calibration_holds_the_2357_customers_of_the_published_sample(cdnow):
    """Fader, Hardie & Lee 2005, Marketing Science 24:275–284: 2,357 customers, T between 27 and 39 weeks."""
    assert len(cdnow) == 2357
    assert cdnow["T"].max() == printed("38.86")
    assert cdnow["T"].min() == 27


@pytest.mark.parametrize("name", ESTIMATES)
def test_published_estimates_are_as_likely_as_ours_and_no_likelier(name, cdnow, cdnow_fits):
    """NBD, BG/NBD: Fader, Hardie & Lee 2005, Marketing Science 24:275–284. Pareto/NBD: the same, and Fader &
    Hardie 2005, note 9. MBG/NBD: as reported by the R package BTYDplus. Gamma-Gamma: Fader & Hardie 2013, note
    25.
    """
    model, fit = MODELS[name], cdnow_fits[name]
    lead = fit.loglik - model.loglik(ESTIMATES[name], *rows(model, cdnow)).sum()
    assert 0 <= lead <= 0.01


@pytest.mark.parametrize("name", LOG_LIKELIHOODS)
def test_log_likelihood_at_the_maximum_is_the_published_one(name, cdnow_fits):
    """Sources as for the estimates."""
    assert cdnow_fits[name].loglik == printed(str(LOG_LIKELIHOODS[name]))


@pytest.mark.parametrize("name", ESTIMATES)
def test_published_estimates_lie_within_a_twentieth_of_a_standard_error_of_ours(name, cdnow_fits):
    """Sources as for the estimates. The likelihood could be right and the parameters in another order."""
    fit = cdnow_fits[name]
    assert np.all(np.abs(np.array(ESTIMATES[name]) - fit.theta) < 0.05 * fit.se)


def test_bg_nbd_expects_1_226_purchases_of_the_customer_in_the_spreadsheet():
    """Estimates of Fader, Hardie & Lee 2005. The value is that of the authors' spreadsheet, as reported by the
    tests of lifetimes.
    """
    assert BGNBD().conditional(ESTIMATES["BG/NBD"], 39, x=2, t_x=30.43, T=38.86) == printed("1.226")


def test_pareto_nbd_expects_25_46_purchases_of_the_customer_in_the_manual():
    """As reported by the vignette of the R package BTYD: E[Y(52)] and P(alive) at x = 26, t_x = 30.86, T = 31."""
    busy = (26, 30.86, 31)
    assert ParetoNBD().conditional(ESTIMATES["Pareto/NBD"], 52, *busy) == printed("25.46")
    assert ParetoNBD().p_alive(ESTIMATES["Pareto/NBD"], *busy) == printed("0.9979")


def test_gamma_gamma_fits_the_946_customers_who_came_back(cdnow_fits):
    """Fader & Hardie 2013, note 25: the model is fitted to the 946 customers with repeat purchases."""
    assert cdnow_fits["Gamma-Gamma"].n == 946


def test_published_models_rank_as_published_in_likelihood(cdnow_fits):
    """Fader, Hardie & Lee 2005: BG/NBD fits CDNOW better than Pareto/NBD; both beat the NBD by far."""
    loglik = {name: cdnow_fits[name].loglik for name in ("NBD", "BG/NBD", "Pareto/NBD")}
    assert loglik["BG/NBD"] > loglik["Pareto/NBD"] > loglik["NBD"] + 100


def test_a_model_is_known_by_the_name_it_has_in_the_literature():
    expected = {
        "NBD": NBD,
        "BG/NBD": BGNBD,
        "MBG/NBD": MBGNBD,
        "Pareto/NBD": ParetoNBD,
        "BG/BB": BGBB,
        "Gamma-Gamma": GammaGamma,
        "sBG": SBG,
    }
    assert {name: type(model) for name, model in MODELS.items()} == expected
