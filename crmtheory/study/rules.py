"""The rules of a study file that a JSON Schema cannot express, and the names that parameters may not have."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from crmtheory.errors import unknown
from crmtheory.transactions import presets

SECRETS = ("key", "password", "passwd", "passphrase", "secret", "token", "salt")
SECRET = (
    "A study file is handed on, so it holds no secrets: keys come from an environment variable "
    "(CRMTHEORY_KEY) or from a key file. Take the line out."
)
# What a chapter is given by the sections: name of the parameter → place in the study file.
SET_BY = {
    "transactions": "transactions.path",
    "customer": "transactions.columns.customer",
    "date": "transactions.columns.date",
    "amount": "transactions.columns.amount",
    "invoice": "transactions.columns.invoice",
    "currency": "transactions.currency",
    "policies": "transactions.policies",
    "survey": "survey.path",
    "contacts": "contacts.path",
    "contacts_columns": "contacts.columns",
    "attributes": "attributes.path",
    "attributes_columns": "attributes.columns",
    "pseudonymise": "pseudonymise",
} | {
    name: f"survey.{name}"
    for name in (
        "respondent", "scale", "items", "constructs", "reverse", "dont_know", "weight", "labels",
        "overall", "recommend",
    )
} | {"scales": "survey.scale", "survey_policies": "survey"}  # fmt: skip
Problem = tuple[tuple[str | int, ...], str]


def is_secret(key: str) -> bool:
    """Whether a key asks for something that must not stand in a file.

    >>> is_secret("api_key"), is_secret("keyboard")
    (True, False)
    """
    return any(part in SECRETS for part in key.lower().replace("-", "_").split("_"))


def beyond(data: Mapping[str, Any]) -> Iterator[Problem]:
    """The problems of data that may break the schema too: what is not of the right form is passed over."""
    yield from _log(_block(data, "transactions"))
    yield from _survey(_block(data, "survey"))
    chapters = _block(data, "chapters")
    for place, given in (
        (("parameters",), _block(data, "parameters")),
        *((("chapters", name), _block(chapters, name)) for name in chapters),
    ):
        for name in given:
            if is_secret(name):
                yield (*place, name), SECRET
            elif name in SET_BY:
                yield (*place, name), f"is set by {SET_BY[name]}. Write it there."
            elif name == "output":
                yield (*place, name), "is named when the study is run, not here."


def _log(log: Mapping[str, Any]) -> Iterator[Problem]:
    policies, columns = _block(log, "policies"), _block(log, "columns")
    preset = log.get("preset")
    if isinstance(preset, str) and preset and preset not in presets.load():
        yield ("transactions", "preset"), unknown("preset", preset, presets.load())
    first, last = policies.get("earliest"), policies.get("latest")
    if isinstance(first, str) and isinstance(last, str) and first > last:
        place = ("transactions", "policies", "latest")
        yield place, f"{last} lies before earliest, {first}. Change the two round."
    if policies.get("refunds") == "invoice" and "invoice" not in columns and "preset" not in log:
        place = ("transactions", "policies", "refunds")
        yield (
            place,
            "Refunds are matched by invoice only with transactions.columns.invoice. Name that column.",
        )
    yield from _twice(columns, ("transactions", "columns"))


def _survey(survey: Mapping[str, Any]) -> Iterator[Problem]:
    scale, place = survey.get("scale"), ("survey", "scale")
    yield from _scale(scale, place)
    for name, pair in scale.items() if isinstance(scale, dict) else ():
        yield from _scale(pair, (*place, name))
    items = survey.get("items")
    if not items or not isinstance(items, list | dict) or not all(isinstance(one, str) for one in items):
        return
    for name, members in _block(survey, "constructs").items():
        yield from _among(members, items, ("survey", "constructs", name))
    yield from _among(survey.get("reverse"), items, ("survey", "reverse"))
    for role in ("overall", "recommend"):
        if isinstance(survey.get(role), str) and survey[role] not in items:
            yield ("survey", role), unknown("item", survey[role], items)


def _scale(pair: Any, place: tuple[str, ...]) -> Iterator[Problem]:
    if not isinstance(pair, list) or len(pair) != 2 or not all(isinstance(end, int | float) for end in pair):
        return
    if not pair[0] < pair[1]:
        yield place, f"must run from the lowest to the highest answer, not {pair}."


def _among(members: Any, items: Collection[str], place: tuple[str, ...]) -> Iterator[Problem]:
    for position, member in enumerate(members if isinstance(members, list) else ()):
        if member not in items:
            yield (*place, position), unknown("item", member, items)


def _twice(columns: Mapping[str, Any], place: tuple[str, ...]) -> Iterator[Problem]:
    seen: dict[Any, str] = {}
    for role, column in columns.items():
        if not isinstance(column, str):
            continue
        if column in seen:
            yield (*place, role), f'"{column}" is named for {seen[column]} already. One column has one role.'
        seen.setdefault(column, role)


def _block(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = data.get(key)
    return found if isinstance(found, dict) else {}
