"""A fit kept as JSON text comes back the same, and a text that is no fit is refused in words."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from crmtheory import __version__
from crmtheory.errors import SchemaError
from crmtheory.models import BGNBD, MODELS, NBD, AttritionFit, ParetoNBD, SpendFit, Verdict
from crmtheory.models.covariates import WithCovariates
from crmtheory.models.interchange import FORMAT, from_json, to_json
from crmtheory.models.sbg import SBG

CDNOW = ("NBD", "BG/NBD", "MBG/NBD", "Pareto/NBD", "Gamma-Gamma")


@pytest.fixture
def fit():
    """An NBD fit with round numbers."""
    verdict = Verdict("converged", "The maximum was reached.", 0.0, 12.5, 9)
    cov = [[0.25, 0.5], [0.5, 4.0]]
    return NBD().result(
        model=NBD(), theta=[0.5, 8.0], cov=cov, loglik=-100.5, n=40, unit="week", verdict=verdict
    )


def changed(fit, **parts):
    """The text of a fit with some of its parts replaced; ... leaves a part out."""
    content = json.loads(to_json(fit)) | parts
    return json.dumps({key: value for key, value in content.items() if value is not ...})


def refused(text, models=()):
    with pytest.raises(SchemaError) as error:
        from_json(text, models)
    return str(error.value)


def assert_same(back, fit):
    """All that a fit holds, to the last digit."""
    assert back == fit
    assert type(back) is type(fit)
    np.testing.assert_array_equal(back.cov_used, fit.cov_used)
    assert (back.verdict, back.robust, back.names) == (fit.verdict, fit.robust, fit.names)


@pytest.mark.parametrize("name", CDNOW)
def test_a_fit_comes_back_to_the_last_digit(name, cdnow_fits):
    assert_same(from_json(to_json(cdnow_fits[name])), cdnow_fits[name])


def test_a_fit_that_came_back_answers_as_before(cdnow, cdnow_fits):
    buying, spend = (from_json(to_json(cdnow_fits[name])) for name in ("Pareto/NBD", "Gamma-Gamma"))
    assert isinstance(buying, AttritionFit)
    assert isinstance(spend, SpendFit)
    expected = cdnow_fits["Pareto/NBD"].conditional(cdnow, "1 year")
    pd.testing.assert_series_equal(buying.conditional(cdnow, "1 year"), expected)
    pd.testing.assert_series_equal(
        spend.conditional_mean(cdnow), cdnow_fits["Gamma-Gamma"].conditional_mean(cdnow)
    )
    pd.testing.assert_frame_equal(buying.table(), cdnow_fits["Pareto/NBD"].table())


def test_the_text_says_what_it_is_and_holds_no_data(fit):
    assert json.loads(to_json(fit)) == {
        "format": 1,
        "crmtheory": __version__,
        "model": "NBD",
        "parameters": ["r", "alpha"],
        "theta": [0.5, 8.0],
        "cov": [[0.25, 0.5], [0.5, 4.0]],
        "cov_used": [[1.0, 0.125], [0.125, 0.0625]],
        "loglik": -100.5,
        "n": 40,
        "unit": "week",
        "robust": False,
        "verdict": {
            "status": "converged",
            "message": "The maximum was reached.",
            "gradient_norm": 0.0,
            "condition": 12.5,
            "evaluations": 9,
        },
    }


def test_what_is_missing_or_infinite_survives_in_strict_json(fit):
    cov = np.array([[0.25, np.nan], [np.nan, np.nan]])
    verdict = Verdict("on a boundary", "alpha has no standard error.", np.inf, -np.inf, 9)
    edge = replace(fit, cov=cov, cov_used=np.diag([1.0, 0.0]), verdict=verdict, loglik=np.nan)

    def refuse(constant):
        raise AssertionError(constant)

    content = json.loads(to_json(edge), parse_constant=refuse)
    assert content["cov"] == [[0.25, None], [None, None]]
    assert content["loglik"] is None
    assert content["verdict"]["gradient_norm"] == "Infinity"
    back = from_json(to_json(edge))
    np.testing.assert_array_equal(back.cov, cov)
    np.testing.assert_array_equal(back.cov_used, np.diag([1.0, 0.0]))
    assert back.verdict == verdict
    assert np.isnan(back.loglik)


def test_numbers_that_are_hard_to_write_come_back_exactly(fit):
    theta = [0.1 + 0.2, np.nextafter(8.0, 9.0)]
    hard = replace(fit, theta=theta, loglik=-1 / 3, cov=np.array([[5e-324, 1e-17], [1e-17, 1.7e308]]))
    back = from_json(to_json(hard))
    assert back.theta.tolist() == theta
    assert back.loglik == -1 / 3
    np.testing.assert_array_equal(back.cov, hard.cov)


def test_the_text_may_be_laid_out_and_sorted_anew_by_other_programs(fit):
    assert_same(from_json(json.dumps(json.loads(to_json(fit)), indent=2, sort_keys=True)), fit)


def test_whole_numbers_written_without_a_point_are_numbers_too(fit):
    back = from_json(changed(fit, theta=[1, 8], loglik=-100))
    assert back.theta.tolist() == [1.0, 8.0]
    assert isinstance(back.loglik, float)


def test_a_robust_fit_and_one_without_unit_stay_so(cdnow):
    fit = NBD().fit(cdnow, robust=True)
    assert_same(from_json(to_json(fit)), fit)
    bare = replace(fit, unit=None)
    assert from_json(to_json(bare)).unit is None


def test_what_came_back_is_frozen_as_every_fit(fit):
    back = from_json(to_json(fit))
    with pytest.raises(ValueError, match="read-only"):
        back.theta[0] = 1.0


def test_a_contract_model_comes_back(fit):
    people = pd.DataFrame({"t": [1, 2, 3, 4, 4], "lost": [1, 1, 1, 1, 0], "n": [369, 163, 86, 56, 326]})
    contract = SBG().fit(people, unit="year", weights="n")
    back = from_json(to_json(contract), models=() if "sBG" in MODELS else [SBG()])
    assert_same(back, contract)


# Models of one's own


class Clockwork(NBD):
    name = "Clockwork"


def test_a_model_of_ones_own_is_found_among_those_given(fit):
    own = replace(fit, model=Clockwork())
    back = from_json(to_json(own), models=[Clockwork()])
    assert_same(back, own)


def test_a_model_given_comes_before_the_package_own_of_that_name(fit):
    class Mine(NBD):
        name = "NBD"

    assert type(from_json(to_json(fit), models=[Mine()]).model) is Mine


def test_an_unknown_model_is_refused_with_the_next_step(fit):
    message = refused(to_json(replace(fit, model=Clockwork())))
    known = ", ".join(MODELS)
    assert message == (
        f'There is no model "Clockwork". Known: {known}. '
        "Pass a model of your own: from_json(text, models=[MyModel()])."
    )


def test_a_class_instead_of_a_model_is_refused(fit):
    message = refused(to_json(fit), models=[Clockwork])
    assert message == "Give models as objects: Clockwork() and not Clockwork."


def test_a_model_with_other_parameters_than_the_text_is_refused(fit):
    message = refused(changed(fit, model="Pareto/NBD"))
    assert message == (
        "This fit of Pareto/NBD has the parameters r, alpha; the model here has r, alpha, s, beta. "
        "Fit again, or use the model that the fit was made with."
    )


# Models with covariates


@pytest.fixture
def with_covariates(cdnow):
    people = cdnow.assign(later=(cdnow["T"] < 33).astype(float))
    people.attrs = cdnow.attrs
    model = WithCovariates(ParetoNBD(), buying=["later"])
    verdict = Verdict("converged", "The maximum was reached.", 0.0, 12.5, 9)
    theta = [0.55, 10.6, 0.6, 11.7, 1.25]
    return model.result(
        model=model, theta=theta, cov=np.eye(5), loglik=-9594.0, n=2357, unit="week", verdict=verdict
    )


def test_a_model_with_covariates_keeps_how_it_was_made(with_covariates):
    content = json.loads(to_json(with_covariates))
    assert content["model"] == "Pareto/NBD with covariates"
    assert content["declaration"] == {
        "base": "Pareto/NBD",
        "buying": ["later"],
        "leaving": [],
        "centre": {"later": 0.0},
    }
    assert content["parameters"][-1] == "buying: later"


def test_a_model_with_covariates_is_made_again(with_covariates):
    back = from_json(to_json(with_covariates))
    assert_same(back, with_covariates)
    assert back.model.declaration() == with_covariates.model.declaration()


def test_where_covariates_are_counted_from_comes_back_also_when_the_model_is_given(cdnow):
    frame = cdnow.assign(later=np.arange(len(cdnow)) % 7 + 3.0)
    model = WithCovariates(BGNBD(), buying=["later"])
    fit = model.fit(frame)
    for back in (from_json(to_json(fit)), from_json(to_json(fit), models=[model])):
        assert back == fit
        assert back.conditional(frame, 10).equals(fit.conditional(frame, 10))


def test_the_base_of_a_model_with_covariates_may_be_ones_own(cdnow):
    class Mine(BGNBD):
        name = "Mine"

    fit = WithCovariates(Mine(), buying=["later"]).fit(cdnow.assign(later=np.arange(len(cdnow)) % 7))
    assert from_json(to_json(fit), models=[Mine()]) == fit
    assert refused(to_json(fit)).startswith('There is no model "Mine".')


def test_a_declaration_that_cannot_be_read_is_refused(with_covariates):
    message = refused(changed(with_covariates, declaration={}))
    assert message == (
        "The declaration of \"Pareto/NBD with covariates\" cannot be read (KeyError('base')). Give the text that "
        "to_json wrote, unchanged, or pass the model: from_json(text, models=[model])."
    )


# Texts that are no fit

ADVICE = "Give the text that to_json wrote, unchanged."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expecting value: line 1 column 1 (char 0)"),
        ('{"format": 1,', "Expecting property name enclosed in double quotes: line 1 column 14 (char 13)"),
        ('{"loglik": NaN}', "NaN is not JSON"),
        ('{"loglik": -Infinity}', "-Infinity is not JSON"),
        (None, "the JSON object must be str, bytes or bytearray, not NoneType"),
    ],
)
def test_a_text_that_is_not_json_is_refused(text, reason):
    assert refused(text) == f"The text is not JSON: {reason}. {ADVICE}"


@pytest.mark.parametrize(
    "text", ["[]", "3", "null", "{}", '{"format": "1", "model": "NBD"}', '{"format": 1}']
)
def test_json_that_is_no_fit_is_refused(text):
    assert refused(text) == f'The text is JSON, but not a fit: it names no "format" and "model". {ADVICE}'


def test_a_newer_format_is_refused_before_anything_else_is_looked_at(fit):
    message = refused(changed(fit, format=FORMAT + 1, crmtheory="9.1", theta="elsewhere"))
    assert message == (
        f"This fit is written in format 2, by crmtheory 9.1; version {__version__} reads formats up to 1. "
        "Update crmtheory."
    )


def test_every_part_that_is_missing_or_wrong_is_named_at_once(fit):
    text = changed(fit, theta=[0.5], cov=[[1.0, 2.0], [3.0]], loglik="much", n=..., robust=1, verdict=...)
    assert refused(text) == (
        "The text of this fit of NBD breaks 6 rules.\n"
        "  theta       It must be a list of 2 positive numbers, not [0.5].\n"
        "  cov         It must be 2 lists of 2 numbers, not [[1.0, 2.0], [3.0]].\n"
        '  loglik      It must be a number, not "much".\n'
        "  n           It is missing. It must be a whole number.\n"
        "  robust      It must be true or false, not 1.\n"
        "  verdict     It is missing. It must be an object."
    )


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("theta", [0.5, -8.0], "It must be a list of 2 positive numbers, not [0.5, -8.0]."),
        ("theta", [0.5, None], "It must be a list of 2 positive numbers, not [0.5, null]."),
        ("theta", [True, 8.0], "It must be a list of 2 positive numbers, not [true, 8.0]."),
        ("theta", [10**400, 8.0], f"It must be a list of 2 positive numbers, not [1{'0' * 35}…."),
        ("cov_used", [1.0, 2.0], "It must be 2 lists of 2 numbers, not [1.0, 2.0]."),
        ("n", -1, "It must be a whole number, not -1."),
        ("n", 3.5, "It must be a whole number, not 3.5."),
        ("unit", "fortnight", 'It must be day, week, month, quarter, year or null, not "fortnight".'),
        ("parameters", "r, alpha", 'It must be a list of names, not "r, alpha".'),
    ],
)
def test_a_part_of_the_wrong_kind_is_refused(part, value, said, fit):
    message = refused(changed(fit, **{part: value}))
    assert message == f"The text of this fit of NBD breaks 1 rule.\n  {part:<12}{said}"


def test_a_verdict_of_unknown_status_is_refused(fit):
    verdict = json.loads(to_json(fit))["verdict"] | {"status": "splendid"}
    assert refused(changed(fit, verdict=verdict)) == (
        "The text of this fit of NBD breaks 1 rule.\n"
        '  status      It must be one of converged, on a boundary, not identified, not "splendid".'
    )
