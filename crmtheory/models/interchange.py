"""A fit as JSON text, to be kept, sent or read elsewhere: numbers and names, never data.

The text is one object:

==============  ====================================================================================
key             content
==============  ====================================================================================
format          1: the number of this layout
crmtheory       the version that wrote it
model           name of the model; `declaration` follows when the model was made from parts
parameters      names, in the order of theta
theta           (k,) estimates
cov             (k, k) their covariance
cov_used        (k, k) covariance of ln theta for derived quantities
loglik, n       log-likelihood, customers
unit            of time, or null
robust          whether cov is the sandwich estimate
verdict         what the optimiser reached
==============  ====================================================================================

JSON has no NaN and no infinity: a missing number is null, an infinite one the text "Infinity" or "-Infinity".
All other numbers come back exactly as they were.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from crmtheory import __version__
from crmtheory.errors import SchemaError, unknown
from crmtheory.models.fit import Fit
from crmtheory.models.verdict import Verdict
from crmtheory.schema import Problem, broken
from crmtheory.units import days_per

FORMAT = 1
INFINITE = {"Infinity": math.inf, "-Infinity": -math.inf}
STATUSES = ("converged", "on a boundary", "not identified")


def to_json(fit: Fit) -> str:
    """A fit as JSON text. `from_json` gives it back.

    Parameters
    ----------
    fit : any fit; a model with a method `declaration()` adds what that returns, and is made from it again

    >>> from crmtheory.models import GammaGamma
    >>> verdict = Verdict("converged", "The maximum was reached.", 0.0, 40.0, 12)
    >>> fit = GammaGamma().result(model=GammaGamma(), theta=[6.25, 3.74, 15.44], cov=np.eye(3), loglik=-4055.9,
    ...                           n=946, unit="week", verdict=verdict)
    >>> to_json(fit)[:68]
    '{"format": 1, "crmtheory": "0.1.0", "model": "Gamma-Gamma", "paramet'
    >>> from_json(to_json(fit)) == fit
    True
    """
    verdict = fit.verdict
    declaration = getattr(fit.model, "declaration", None)
    content = {
        "format": FORMAT,
        "crmtheory": __version__,
        "model": fit.model.name,
        **({} if declaration is None else {"declaration": declaration()}),
        "parameters": fit.names,
        "theta": _plain(fit.theta),
        "cov": _plain(fit.cov),
        "cov_used": _plain(fit.cov_used),
        "loglik": _plain(fit.loglik),
        "n": int(fit.n),
        "unit": fit.unit,
        "robust": bool(fit.robust),
        "verdict": {
            "status": verdict.status,
            "message": verdict.message,
            "gradient_norm": _plain(verdict.gradient_norm),
            "condition": _plain(verdict.condition),
            "evaluations": int(verdict.evaluations),
        },
    }
    return json.dumps(content, allow_nan=False)


def from_json(text: str, models: Sequence[Any] = ()) -> Any:
    """The fit that `to_json` wrote, of the family's own kind, ready to answer.

    Parameters
    ----------
    text : what `to_json` gave
    models : models of your own, as objects; they come before those of the package

    Raises
    ------
    SchemaError : the text is no fit, or of a newer layout, or its model is not known or has other parameters
    """
    content = _read(text)
    model = _model(content, models)
    names, given = [param.name for param in model.params], content.get("parameters")
    if isinstance(given, list) and given != names:
        raise SchemaError(
            f"This fit of {model.name} has the parameters {', '.join(map(str, given))}; the model here has "
            f"{', '.join(names)}. Fit again, or use the model that the fit was made with."
        )
    _check(content, len(names))
    verdict = content["verdict"]
    return model.result(
        model=model,
        theta=np.array(content["theta"], float),
        cov=_matrix(content["cov"]),
        cov_used=_matrix(content["cov_used"]),
        loglik=_number(content["loglik"]),
        n=content["n"],
        unit=content["unit"],
        robust=content["robust"],
        verdict=Verdict(
            verdict["status"],
            verdict["message"],
            _number(verdict["gradient_norm"]),
            _number(verdict["condition"]),
            verdict["evaluations"],
        ),
    )


def _plain(value: Any) -> Any:
    """Numbers and arrays as JSON can say them."""
    if isinstance(value, np.ndarray):
        return [_plain(item) for item in value]
    number = float(value)
    if math.isnan(number):
        return None
    return number if math.isfinite(number) else ("Infinity" if number > 0 else "-Infinity")


def _number(value: Any) -> float:
    if value is None:
        return math.nan
    return INFINITE[value] if isinstance(value, str) else float(value)


def _matrix(rows: list[list[Any]]) -> Any:
    return np.array([[_number(value) for value in row] for row in rows], dtype=float)


def _read(text: str) -> dict[str, Any]:
    """The object in the text, of a layout that is known here."""

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not JSON")

    advice = "Give the text that to_json wrote, unchanged."
    try:
        content = json.loads(text, parse_constant=refuse)
    except (TypeError, ValueError, RecursionError) as error:
        raise SchemaError(f"The text is not JSON: {error}. {advice}") from None
    layout: Any = content.get("format") if isinstance(content, dict) else None
    if not _is_count(layout) or not isinstance(content.get("model"), str):
        raise SchemaError(f'The text is JSON, but not a fit: it names no "format" and "model". {advice}')
    if layout > FORMAT:
        raise SchemaError(
            f"This fit is written in format {layout}, by crmtheory {content.get('crmtheory', '(not said)')}; "
            f"version {__version__} reads formats up to {FORMAT}. Update crmtheory."
        )
    return content


def _model(content: dict[str, Any], own: Sequence[Any]) -> Any:
    """The model by its name: one of the caller's, one made from its declaration, or one of the package's."""
    from crmtheory.models import MODELS  # here, because the package imports the fit that imports this

    for model in own:
        if isinstance(model, type):
            raise SchemaError(f"Give models as objects: {model.__name__}() and not {model.__name__}.")
    mine = {model.name: model for model in own}
    name = content["model"]
    if "declaration" in content:
        return _declared(name, content["declaration"], own)
    if name in mine:
        return mine[name]
    if name not in MODELS:
        raise SchemaError(
            unknown("model", name, [*mine, *MODELS])
            + " Pass a model of your own: from_json(text, models=[MyModel()])."
        )
    return MODELS[name]


def _declared(name: str, declaration: Any, own: Sequence[Any]) -> Any:
    """A model that was made from parts, such as one with covariates; the parts may be the caller's own."""
    from crmtheory.models import covariates  # here, for the reason above

    made: Any = covariates.WithCovariates
    try:
        return made.from_declaration(declaration, own)
    except (KeyError, TypeError, AttributeError) as error:
        raise SchemaError(
            f'The declaration of "{name}" cannot be read ({error!r}). Give the text that to_json wrote, unchanged, '
            "or pass the model: from_json(text, models=[model])."
        ) from None


def _check(content: dict[str, Any], k: int) -> None:
    """Everything a fit needs is there and has the right form and size; SchemaError with all that has not."""
    verdict = content.get("verdict")
    parts = verdict if isinstance(verdict, dict) else {}
    rules: list[tuple[str, Any, Callable[[Any], bool], str]] = [
        ("parameters", content, lambda v: isinstance(v, list), "a list of names"),
        ("theta", content, lambda v: _is_list(v, _is_positive, k), f"a list of {k} positive numbers"),
        ("cov", content, lambda v: _is_square(v, k), f"{k} lists of {k} numbers"),
        ("cov_used", content, lambda v: _is_square(v, k), f"{k} lists of {k} numbers"),
        ("loglik", content, _is_number, "a number"),
        ("n", content, _is_count, "a whole number"),
        ("unit", content, _is_unit, "day, week, month, quarter, year or null"),
        ("robust", content, lambda v: isinstance(v, bool), "true or false"),
        ("verdict", content, lambda v: isinstance(v, dict), "an object"),
        ("status", parts, lambda v: v in STATUSES, f"one of {', '.join(STATUSES)}"),
        ("message", parts, lambda v: isinstance(v, str), "text"),
        ("gradient_norm", parts, _is_number, "a number"),
        ("condition", parts, _is_number, "a number"),
        ("evaluations", parts, _is_count, "a whole number"),
    ]
    problems: list[Problem] = []
    for key, where, good, expected in rules:
        if where is parts and not isinstance(verdict, dict):
            continue  # said once, by the rule for the verdict
        if key not in where:
            problems.append((key, f"It is missing. It must be {expected}."))
        elif not good(where[key]):
            shown = json.dumps(where[key])
            shown = shown if len(shown) <= 40 else shown[:37] + "…"
            problems.append((key, f"It must be {expected}, not {shown}."))
    if problems:
        raise broken(f"The text of this fit of {content['model']}", problems)


def _is_number(value: Any) -> bool:
    """A number as `_plain` writes it."""
    if value is None or isinstance(value, str):
        return value is None or value in INFINITE
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return plain and abs(value) <= sys.float_info.max


def _is_positive(value: Any) -> bool:
    return _is_number(value) and 0 < _number(value) < math.inf


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_unit(value: Any) -> bool:
    if value is None:
        return True
    try:
        return isinstance(value, str) and days_per(value) > 0
    except SchemaError:
        return False


def _is_list(value: Any, good: Callable[[Any], bool], k: int | None = None) -> bool:
    return isinstance(value, list) and (k is None or len(value) == k) and all(good(item) for item in value)


def _is_square(value: Any, k: int) -> bool:
    return _is_list(value, lambda row: _is_list(row, _is_number, k), k)
