"""What a chapter on answers does first: read the survey that its parameters name, remember it, show what was read.

A chapter finds what it needs by *constructs*: the parameter `constructs` says which items measure trust, satisfaction,
loyalty and so on. A construct that is not named is a question that was not asked, and a claim on it is not testable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType

import pandas as pd

from crmtheory import datasets, survey
from crmtheory.chapter import Chapter
from crmtheory.errors import SchemaError
from crmtheory.survey import Survey

NOTHING: Mapping[str, str] = MappingProxyType({})
HEAVY, FEW = 0.25, 10  # weight of one respondent, and respondents of equal weight, that are worth a warning
RECOMMEND = (0, 10)  # the scale of the question on recommendation, unless another is given
SHOWN = ["label", "construct", "low", "high", "n", "mean", "sd", "missing"]


def read_survey(chapter: Chapter, keep: Mapping[str, str] = NOTHING, more: Sequence[str] = ()) -> Survey:
    """The survey that the parameters survey, items, scale, scales, reverse, dont_know, weight, respondent, constructs,
    labels, overall, recommend and survey_policies describe; its codebook is shown, answers set aside are written.

    Parameters
    ----------
    keep : further columns to carry along: parameter → column, such as {"period": "year"}; empty ones are passed over
    more : further items, on the scale of all or on their own

    Raises
    ------
    SchemaError : no item is named, an item has no scale, pseudonyms are asked for, or all that `survey.read` refuses
    """
    given = chapter.parameters
    if given.get("pseudonymise") and given["respondent"]:
        raise SchemaError(
            "pseudonymise hides the customers of a log; respondents are read as they are. Leave respondent empty, "
            "which numbers them, or replace the ids before."
        )
    roles = [given.get("overall", ""), given.get("recommend", "")]
    policies = dict(given["survey_policies"])
    carried = dict.fromkeys([*keep.values(), *policies.pop("keep", ())])
    scales = {roles[1]: RECOMMEND, **given["scales"]} if roles[1] else given["scales"]
    items = _items([*given["items"], *(role for role in roles if role), *more], given["constructs"])
    if not items:
        raise SchemaError("The survey has no items: name the columns of answers in items or in constructs.")
    with _in_parameters(keep):
        found = survey.read(
            datasets.locate(given["survey"]),
            items,
            scale=_scales(items, given["scale"], scales),
            reverse=given["reverse"],
            dont_know=given["dont_know"],
            weight=given["weight"] or None,
            respondent=given["respondent"] or None,
            constructs=given["constructs"],
            labels=given["labels"],
            keep=[name for name in carried if name],
            **policies,
        )
    _remember(chapter, given["survey"], found)
    chapter.set_aside(found.rejected, "answer")
    codebook = found.codebook()
    named = (codebook["label"] != codebook.index).any()
    shown = [
        name for name in SHOWN if (named or name != "label") and (found.constructs or name != "construct")
    ]
    formats = {"low": "{:g}", "high": "{:g}", "mean": "{:.2f}", "sd": "{:.2f}"}
    chapter.table(codebook[shown], caption="What was asked", rows=40, formats=formats)
    for warning in [*found.report.warnings, *_about_weights(found)]:
        chapter.say("*{text}*", text=warning)
    return found


def read_answers(
    chapter: Chapter,
    name: str,
    constructs: Mapping[str, Sequence[str]],
    scale: Sequence[float],
    *,
    items: Sequence[str] = (),
    scales: Mapping[str, Sequence[float]] | None = None,
    keep: Mapping[str, str] = NOTHING,
    weight: str = "",
) -> Survey:
    """A further survey, by the constructs and the scale that parameters give; it is remembered among the data. Answers
    off the scale are left out and counted in a sentence.

    Raises
    ------
    SchemaError : as `read_survey`
    """
    wanted = _items(items, constructs)
    if not wanted:
        raise SchemaError(f"The survey {name} has no items: name the columns of answers of each construct.")
    with _in_parameters(keep):
        found = survey.read(
            datasets.locate(name),
            wanted,
            scale=_scales(wanted, scale, scales or {}),
            constructs=constructs,
            keep=[column for column in dict.fromkeys(keep.values()) if column],
            weight=weight or None,
        )
    _remember(chapter, name, found)
    if found.report.rejected:
        ends = f"{found.rejected['item'].iloc[0]}: {found.rejected['value'].iloc[0]}"
        text = "*{n:,} answers of {name} are off the scale and left out, first {ends}. Check its scale.*"
        chapter.say(text, n=found.report.rejected, name=name, ends=ends)
    for warning in _about_weights(found):
        chapter.say("*{text}*", text=warning)
    return found


def lacking(found: Survey | None, *roles: str) -> str:
    """Why a question on these constructs cannot be asked of a survey; empty if it can.

    >>> lacking(None, "trust")
    'no survey was given (parameter survey)'
    """
    if found is None:
        return "no survey was given (parameter survey)"
    absent = [role for role in roles if role not in found.constructs]
    if not absent:
        return ""
    known = ", ".join(found.constructs) or "none"
    return f"the survey has no items for {', '.join(absent)} (parameter constructs; it names {known})"


def scores(found: Survey, *roles: str) -> pd.DataFrame:
    """The mean of each construct's items by respondent, one column a construct, with the weights in mind of the caller.

    >>> answers = survey.read(pd.DataFrame({"a": [1, 2], "b": [3, 4]}), ["a", "b"], constructs={"trust": ["a", "b"]})
    >>> scores(answers, "trust")["trust"].tolist()
    [2.0, 3.0]
    """
    return pd.DataFrame({role: found.scores(role) for role in roles}, index=found.answers.index)


@contextmanager
def _in_parameters(keep: Mapping[str, str]) -> Iterator[None]:
    """What is wrong with a survey in the words of a chapter: its parameters, and the columns that exist only once."""
    try:
        yield
    except SchemaError as error:
        lines, told = str(error).split("\n"), False
        for place, line in enumerate(lines):
            known = re.search(r" Known: .*?\.(?= (?:Correct|Name) )", line)
            if known and told:
                line = line.replace(known[0], "")
            told = told or known is not None
            for parameter, column in keep.items():
                if f'There is no column "{column}".' in line:
                    line = line.replace("Correct the name in keep", f"Correct the parameter {parameter}")
            lines[place] = re.sub(r'Name yours with (\w+)="…"', r"Name yours in the parameter \1", line)
        raise SchemaError("\n".join(lines)) from None


def _about_weights(found: Survey) -> list[str]:
    """What should be known of weights that a few respondents dominate."""
    if found.weights is None or not found.weights.sum() > 0:
        return []
    share = found.weights / found.weights.sum()
    equal = 1 / float((share**2).sum())
    if len(share) < FEW or (share.max() < HEAVY and equal >= FEW):
        return []
    return [
        f"Respondent {share.idxmax()} has {share.max():.0%} of all weight; with these weights the "
        f"{len(share):,} respondents tell as much as {equal:.0f} of equal weight. Intervals by so few are not to be "
        "trusted: check the column of weights."
    ]


def _items(items: Sequence[str], constructs: Mapping[str, Sequence[str]]) -> list[str]:
    members = [item for one in constructs.values() for item in ([one] if isinstance(one, str) else one)]
    return list(dict.fromkeys([*items, *members]))


def _scales(
    items: Sequence[str], scale: Sequence[float], scales: Mapping[str, Sequence[float]]
) -> dict[str, tuple[float, float]]:
    """The scale of each item: its own where it has one, else that of all."""
    pairs = {"scale": scale} if len(scale) else {}
    for name, pair in [*pairs.items(), *scales.items()]:
        if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
            raise SchemaError(
                f"{name}: a scale is its lowest and highest answer, such as [1, 10], not {pair}."
            )
    without = [item for item in items if item not in scales]
    if without and not len(scale):
        raise SchemaError(
            f"{len(without)} of {len(items)} items have no scale, first: {without[0]}. Give one for all in scale, "
            f'or its own in scales: {{"{without[0]}": [1, 10]}}.'
        )
    return {item: tuple(scales.get(item, scale)) for item in items}  # type: ignore[misc]


def _remember(chapter: Chapter, name: str, found: Survey) -> None:
    chapter.data(name, sha256=found.report.sha256, rows=found.report.respondents)
