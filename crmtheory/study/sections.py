"""A study in memory: the sections of a study file, and what each chapter is given of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from crmtheory import datasets
from crmtheory.errors import SchemaError, unknown
from crmtheory.study.checking import complain
from crmtheory.study.document import Place
from crmtheory.study.rules import SET_BY
from crmtheory.survey import Survey as Answers
from crmtheory.survey import read as read_answers

# Unless told otherwise: a chapter that reads one of them cannot do without, one that reads both needs either.
NEEDED = ("transactions", "survey")
# What changes the numbers. A chapter that cannot take it must not run as if it had not been asked for.
TELLING = ("policies", "reverse", "dont_know", "weight", "survey_policies", "pseudonymise")
# Tables for which a study has no section yet. They can be set as parameters; unset, no example stands in for them.
EXAMPLES = (
    "contracts", "leavers", "leads", "motives", "perceived", "choices", "value_ratings", "attachment", "model_survey",
    "advice_survey", "link_survey", "lines", "products", "studies", "brands", "members", "campaign",
)  # fmt: skip
SURVEY = ("items", "scale", "reverse", "dont_know", "weight", "respondent", "constructs", "labels")


def _nothing() -> Mapping[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True)
class Log:
    """The section `transactions`. `policies` holds the keywords of `transactions.read` that were given."""

    path: str
    columns: Mapping[str, str] = field(default_factory=_nothing)
    currency: str = ""
    preset: str = ""
    engine: str = ""
    memory: str = ""
    policies: Mapping[str, Any] = field(default_factory=_nothing)


@dataclass(frozen=True)
class Survey:
    """The section `survey`. Wordings given with the items have become labels.

    `policies` holds the other keywords of `survey.read` that were given: answers, keep, encoding, header.
    """

    path: str
    respondent: str = ""
    scale: tuple[float, float] | Mapping[str, tuple[float, float]] = (1, 10)
    items: tuple[str, ...] = ()
    constructs: Mapping[str, tuple[str, ...]] = field(default_factory=_nothing)
    reverse: tuple[str, ...] = ()
    dont_know: tuple[float | str, ...] = ()
    weight: str = ""
    labels: Mapping[str, str] = field(default_factory=_nothing)
    overall: str = ""
    recommend: str = ""
    policies: Mapping[str, Any] = field(default_factory=_nothing)


@dataclass(frozen=True)
class Table:
    """The section `contacts` or `attributes`: role → column."""

    path: str
    columns: Mapping[str, str]


class Runs(NamedTuple):
    """What is run: chapter → its parameters; and what is not: chapter → the reason."""

    runs: dict[str, dict[str, Any]]
    left_out: dict[str, str]


@dataclass(frozen=True)
class Study:
    """A study file that was read and checked. Paths of data are full paths, or names of shipped data sets."""

    path: Path
    sha256: str
    title: str = ""
    language: str = "en"
    transactions: Log | None = None
    survey: Survey | None = None
    contacts: Table | None = None
    attributes: Table | None = None
    pseudonymise: bool = False
    parameters: Mapping[str, Any] = field(default_factory=_nothing)
    chapters: Mapping[str, Mapping[str, Any]] = field(default_factory=_nothing)
    lines: Mapping[Place, int] = field(default_factory=_nothing, repr=False, compare=False)

    def runs(
        self, known: Mapping[str, Collection[str]], needs: Mapping[str, Collection[str]] | None = None
    ) -> Runs:
        """The parameters of each chapter, flat, as its cell of parameters has them.

        Parameters
        ----------
        known
            for each chapter that can be run, the names of its parameters. A chapter is given only what it
            knows. Sections that the study does not have are given as empty, so that no chapter falls back on
            the data of its example.
        needs
            for each chapter, the sections it cannot do without; for a chapter that is not named here:
            transactions or survey, if it knows them; one of the two, if it knows both

        Returns
        -------
        runs : chapter → parameters, in the order of `known`; new dictionaries and lists
        left_out : chapter → why it cannot be run on this study

        Raises
        ------
        SchemaError : a parameter that no chapter knows, or that its chapter does not know

        >>> study = Study(Path("s.yaml"), "", transactions=Log("a.csv", {"customer": "c", "date": "d"}),
        ...               parameters={"margin": 0.2})
        >>> runs, left_out = study.runs({"value": ["transactions", "margin"], "loyalty": ["survey", "margin"]})
        >>> runs
        {'value': {'transactions': 'a.csv', 'margin': 0.2}}
        >>> left_out
        {'loyalty': 'The study has no section "survey", which this chapter needs.'}
        """
        complain(self.path.name, list(self._unknown(known)), self.lines)
        runs: dict[str, dict[str, Any]] = {}
        left_out = {
            name: "The study has parameters for this chapter, but it is not written yet."
            for name in self.chapters
            if name not in known
        }
        given = self._given()
        for name, names in known.items():
            usual = [section for section in NEEDED if section in names]
            either = usual if len(usual) > 1 and name not in (needs or {}) else []
            reason = self._reason(names, (needs or {}).get(name, [] if either else usual), either)
            if reason:
                left_out[name] = reason
                continue
            common = {key: value for key, value in self.parameters.items() if key in names}
            flat = {key: value for key, value in given.items() if key in names}
            runs[name] = _thawed({**flat, **common, **self.chapters.get(name, {})})
        return Runs(runs, left_out)

    def read_survey(self) -> Answers:
        """The answers of the survey, read as the section `survey` says.

        Raises
        ------
        SchemaError : the study has no such section; it asks for pseudonyms, which a survey cannot be given; or all
            that `survey.read` refuses

        >>> answers = Survey("ecsi_mobile", scale=(1, 10), items=("CUSA1", "CUSA2", "CUSA3"))
        >>> Study(Path("s.yaml"), "", survey=answers).read_survey().answers.shape
        (250, 3)
        """
        if self.survey is None:
            raise SchemaError(
                f'{self.path.name} has no section "survey". Add one with its path, scale and items; docs/study.md '
                "explains the keys."
            )
        given = {name: value for name, value in vars(self.survey).items() if name in SURVEY and value != ""}
        if self.pseudonymise and self.survey.respondent:
            raise SchemaError(
                f"{self.path.name} asks for pseudonymise, but a survey is read with its respondents as they are. Take "
                "out survey.respondent, which numbers them, or replace them before."
            )
        return read_answers(datasets.locate(self.survey.path), **given, **self.survey.policies)

    def _unknown(self, known: Mapping[str, Collection[str]]) -> Iterator[tuple[Place, str]]:
        every = _free(name for names in known.values() for name in names)
        for name in self.parameters:
            if name not in every:
                yield ("parameters", name), unknown("parameter", name, every)
        for chapter, given in self.chapters.items():
            for name in given if chapter in known else ():
                if name not in known[chapter]:
                    what = f"parameter of the {chapter} chapter"
                    yield ("chapters", chapter, name), unknown(what, name, _free(known[chapter]))

    def _reason(self, names: Collection[str], needs: Iterable[str], either: Collection[str]) -> str:
        """Why a chapter that knows `names` cannot be run on this study; empty if it can."""
        if either and all(getattr(self, section) is None for section in either):
            sections = " nor ".join(f'"{section}"' for section in either)
            return f"The study has neither {sections}; this chapter needs one of them."
        for section in needs:
            if getattr(self, section) is None:
                return f'The study has no section "{section}", which this chapter needs.'
        given = self._given()
        for name in TELLING:
            section = SET_BY[name].partition(".")[0]
            read = (
                section in names
                if name != "pseudonymise"
                else {"survey", "contacts", "attributes"} & {*names}
            )
            if read and given[name] and name not in names:
                return f"The study asks for {SET_BY[name]}, which this chapter cannot take into account."
        return ""

    def _given(self) -> dict[str, Any]:
        """All that the sections say, under the names of parameters."""
        log, survey = self.transactions or Log(""), self.survey or Survey("")
        contacts, attributes = self.contacts or Table("", {}), self.attributes or Table("", {})
        policies = {
            "preset": log.preset,
            "invoice": log.columns.get("invoice"),
            **log.policies,
            "engine": log.engine,
            "memory": log.memory,
            "pseudonymise": self.pseudonymise and log.path,
        }
        kept = {name: value for name, value in policies.items() if name in log.policies or value}
        if "pseudonymise" in kept:
            kept["pseudonymise"] = True
        return {
            "transactions": log.path,
            **{role: log.columns.get(role, "") for role in ("customer", "date", "amount")},
            "currency": log.currency,
            "policies": kept,
            "survey": survey.path,
            **{
                name: value
                for name, value in vars(survey).items()
                if name not in {"path", "policies", "scale"}
            },
            "scale": () if isinstance(survey.scale, Mapping) else survey.scale,
            "scales": survey.scale if isinstance(survey.scale, Mapping) else {},
            "survey_policies": survey.policies,
            "contacts": contacts.path,
            "contacts_columns": contacts.columns,
            "attributes": attributes.path,
            "attributes_columns": attributes.columns,
            "pseudonymise": self.pseudonymise,
            **dict.fromkeys(EXAMPLES, ""),
            "more_surveys": {},
        }


def frozen(value: Any) -> Any:
    """Dictionaries as read-only mappings and lists as tuples, all the way down."""
    if isinstance(value, Mapping):
        return MappingProxyType({key: frozen(item) for key, item in value.items()})
    return tuple(map(frozen, value)) if isinstance(value, list) else value


def _thawed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _thawed(item) for key, item in value.items()}
    return [_thawed(item) for item in value] if isinstance(value, tuple) else value


def _free(names: Iterable[str]) -> list[str]:
    """The names that a study file may set as parameters."""
    return sorted({name for name in names if name not in SET_BY and name != "output"})
