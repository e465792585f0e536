"""The independent check: the package lifetimes finds what we find on CDNOW."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from crmtheory import peer
from crmtheory.errors import DomainError
from crmtheory.models import ATTRITION

SHARED = ("BG/NBD", "MBG/NBD", "Pareto/NBD")


@pytest.fixture(scope="module")
def tables(cdnow, cdnow_fits):
    return {name: peer.side_by_side(cdnow_fits[name], cdnow, 39.0) for name in SHARED}


@pytest.mark.parametrize("name", SHARED)
def test_both_packages_find_the_same_maximum(name, tables, cdnow_fits):
    """In likelihood: lifetimes may not beat us, nor be worse by more than 0.01."""
    table = tables[name]
    assert table.loc["log-likelihood", "crmtheory"] == cdnow_fits[name].loglik
    lead = table.loc["log-likelihood", "crmtheory"] - table.loc["log-likelihood", "lifetimes"]
    assert -1e-6 <= lead <= 0.01
    parameters = table.loc[cdnow_fits[name].names]
    assert (parameters["crmtheory"] - parameters["lifetimes"]).abs().max() < 0.05 * cdnow_fits[name].se.max()


@pytest.mark.parametrize("name", SHARED)
def test_both_packages_expect_the_same_purchases_in_the_holdout(name, tables):
    expected = tables[name].loc["expected purchases, all customers"]
    assert expected["crmtheory"] == pytest.approx(expected["lifetimes"], rel=5e-3)


@pytest.mark.parametrize("name", SHARED)
def test_with_the_same_parameters_both_give_each_customer_the_same_probability(name, cdnow):
    fitter = peer.lifetimes_fitter(name, cdnow)
    theirs = np.asarray(fitter.conditional_probability_alive(cdnow["x"], cdnow["t_x"], cdnow["T"]), float)
    columns = (cdnow[column].to_numpy(float) for column in ("x", "t_x", "T"))
    ours = ATTRITION[name].p_alive(np.asarray(fitter.params_, float), *columns)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)


def test_the_table_names_every_parameter_and_leaves_the_summary_alone(cdnow, cdnow_fits):
    given = cdnow.copy(deep=True)
    table = peer.side_by_side(cdnow_fits["BG/NBD"], given, 39.0)
    assert table.columns.tolist() == ["crmtheory", "lifetimes"]
    assert table.index.tolist() == [
        "r", "alpha", "a", "b", "log-likelihood", "expected purchases, all customers"
    ]  # fmt: skip
    pd.testing.assert_frame_equal(given, cdnow)


def test_a_model_the_other_package_does_not_have_is_refused(cdnow):
    with pytest.raises(DomainError) as error:
        peer.lifetimes_fitter("NBD", cdnow)
    assert str(error.value) == "lifetimes has no NBD. It has BG/NBD, MBG/NBD, Pareto/NBD."


@pytest.mark.parametrize(
    ("lead", "words"),
    [
        (2e-5, "differ by less than 0.0001: both found the same maximum."),
        (-0.0042, "differ by 0.0042: both found the same maximum."),
        (1234.5, "differ by 1,234.5000: lifetimes stopped before the maximum."),
        (-0.02, "differ by 0.0200: our search stopped before the maximum."),
    ],
)
def test_a_difference_in_likelihood_is_put_into_words(lead, words):
    assert peer.in_words(lead).endswith(words)


def test_what_the_other_package_warns_of_says_nothing_about_our_data_and_is_kept_quiet():
    """In a fresh interpreter, since some of it happens once, on import."""
    program = (
        "import numpy as np\n"
        "from crmtheory import peer\n"
        "from crmtheory.models import BGNBD\n"
        "people = BGNBD().simulate((0.8, 6, 0.9, 2.5), 30.0, np.random.default_rng(1), n=300)\n"
        "import warnings\n"
        "warnings.simplefilter('error')\n"
        "peer.lifetimes_fitter('BG/NBD', people)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
