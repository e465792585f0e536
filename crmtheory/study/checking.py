"""A study file held against its schema: all that is wrong in one message, in words and with lines.

The rules stand in schema.json; those that a JSON Schema cannot express stand in rules.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from crmtheory.errors import unknown
from crmtheory.schema import broken
from crmtheory.study import rules
from crmtheory.study.document import Document, Place, inline

KINDS = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a block of keys",
}
Problem = tuple[Place, str]


@cache
def schema() -> Mapping[str, Any]:
    """The JSON Schema of study files (draft 2020-12), as schema.json beside this file has it."""
    text = Path(__file__).with_name("schema.json").read_text(encoding="utf-8")
    return MappingProxyType(json.loads(text))


def resolve(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule with what its ``$ref`` points to; its own words go before those.

    >>> resolve({"$ref": "#/$defs/column"})["type"]
    'string'
    """
    if "$ref" not in rule:
        return dict(rule)
    return {**schema()["$defs"][rule["$ref"].rpartition("/")[2]], **rule}


def check(document: Document) -> dict[str, Any]:
    """The data of a study file, with texts where texts are wanted.

    Raises
    ------
    SchemaError : one message with all problems, in the order of the lines
    """
    from jsonschema import Draft202012Validator

    data = _fitted(document.data, schema(), (), document.texts)
    validator = Draft202012Validator(schema(), format_checker=Draft202012Validator.FORMAT_CHECKER)
    problems = list(document.problems)
    for error in validator.iter_errors(data):
        problems += _worded(error, document)
    wrong = {place for place, _ in problems}
    problems += [one for one in rules.beyond(data) if not any(_touches(one[0], place) for place in wrong)]
    complain(document.path.name, problems, document.lines)
    return data


def complain(name: str, problems: list[Problem], lines: Mapping[Place, int]) -> None:
    """Raise one SchemaError with all problems, each with its line and key, unless there are none."""
    if problems:
        order = {place: number for number, place in enumerate(lines)}
        ordered = sorted(
            dict.fromkeys(problems), key=lambda one: (_line(one[0], lines), order.get(one[0], 0))
        )
        raise broken(
            name,
            [(f"line {_line(place, lines)}, {dotted(place)}", sentence) for place, sentence in ordered],
        )


def dotted(place: Place) -> str:
    """A place as people write it.

    >>> dotted(("survey", "items", 2))
    'survey.items[3]'
    """
    text = "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in place)
    return text.removeprefix(".") or "the file"


def _line(place: Place, lines: Mapping[Place, int]) -> int:
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place, 1)


def _touches(one: Place, other: Place) -> bool:
    """Whether one of two places lies in the other."""
    return bool(other) and (one[: len(other)] == other or other[: len(one)] == one)


def _fitted(value: Any, rule: Mapping[str, Any], place: Place, texts: Mapping[Place, str]) -> Any:
    """The value with numbers and dates as they were written wherever the schema wants text."""
    rule = resolve(rule)
    for choice in map(resolve, rule.get("anyOf", ())):
        if _is(value, choice.get("type")):
            rule = choice
    if isinstance(value, dict):
        named = rule.get("properties", {})
        rest = rule.get("additionalProperties") or {}
        return {key: _fitted(item, named.get(key, rest), (*place, key), texts) for key, item in value.items()}
    if isinstance(value, list):
        return [_fitted(item, rule.get("items", {}), (*place, i), texts) for i, item in enumerate(value)]
    if rule.get("type") == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return texts[place]
    return value


def _is(value: Any, kind: Any) -> bool:
    types: dict[str, type | tuple[type, ...]] = {
        "string": str, "object": dict, "array": list, "number": (int, float), "boolean": bool,
    }  # fmt: skip
    return kind in types and isinstance(value, types[kind])


def _worded(error: Any, document: Document) -> Iterator[Problem]:
    """What a message of the validator means, once for each key it is about."""
    place, rule, kind = tuple(error.absolute_path), error.schema, error.validator
    if kind == "anyOf" and not place:
        yield place, "names no data. Give transactions, survey, contacts or attributes."
    elif kind == "anyOf":
        inner = [one for one in error.context if one.validator != "type" or tuple(one.relative_path)]
        for one in inner:
            yield from _worded(one, document)
        if not inner:
            yield place, _must_be(rule, error.instance, place, document)
    elif kind == "additionalProperties":
        for key in error.instance:
            if key not in rule["properties"]:
                yield (*place, key), _unknown(key, place, rule)
    elif kind == "required":
        named = _rule(place).get("properties", {})
        meant = {_meant(key, named) for key in error.instance if key not in named}
        for key in error.validator_value:
            if key not in error.instance and key not in meant:
                yield (*place, key), _missing(place, key)
    elif kind in {"minItems", "maxItems"} and rule.get("maxItems") == rule["minItems"]:
        yield place, f"must be a list of {rule['minItems']}, not of {len(error.instance)}. {_such_as(rule)}"
    elif kind in {"minItems", "minProperties"}:
        yield place, "is empty. Take the line out, or fill it."
    elif kind == "minLength":
        yield place, "is blank. Take the line out, or fill it."
    else:
        yield place, _must_be(rule, error.instance, place, document)


def _missing(place: Place, key: str) -> str:
    sentence = f"is missing. {_rule((*place, key))['description']}"
    return f"{sentence} A preset would name it." if place == ("transactions", "columns") else sentence


def _rule(place: Place) -> dict[str, Any]:
    """The rule for a key that has a name of its own in the schema."""
    rule: Mapping[str, Any] = schema()
    for step in place:
        rule = resolve(rule)["properties"][step]
    return resolve(rule)


def _meant(key: str, named: Mapping[str, Any]) -> str:
    """The key of a rule that comes closest to an unknown one; its absence is the same mistake."""
    return "".join(get_close_matches(key.lower(), named, n=1, cutoff=0.5))


def _must_be(rule: Mapping[str, Any], value: Any, place: Place, document: Document) -> str:
    if value is None:
        return "has no value. Give it one, or put # before the line."
    text = document.texts.get(place, "")
    if isinstance(value, bool) and expected(rule).endswith("text"):
        truth = "" if text.lower() == str(value).lower() else f" but {str(value).lower()}"
        return f'must be text, and without quotes {text} is no text{truth}. Write it in quotes: "{text}".'
    shown = f'"{value}"' if isinstance(value, str) else text or expected({"type": _kind(value)})
    hint = ""
    if "enum" in rule and isinstance(value, str):
        match = unknown("word", value, rule["enum"]).partition(" Did you mean ")[2].partition("?")[0]
        hint = f" Did you mean {match}?" if match else ""
    elif expected(rule).startswith("a list") and not isinstance(value, dict | list):
        hint = f" Write [{text}]."
    elif "enum" not in rule:
        hint = f" {_such_as(rule)}"
    return f"must be {expected(rule)}, not {shown}.{hint}".rstrip()


def expected(rule: Mapping[str, Any]) -> str:
    rule = resolve(rule)
    if "enum" in rule:
        words = [word if word.isalnum() else f'"{word}"' for word in rule["enum"]]
        return f"one of {', '.join(words)}"
    if rule.get("format") == "date":
        return "a day"
    if "patternErrorMessage" in rule:
        return rule["patternErrorMessage"]
    if "anyOf" in rule:
        return " or ".join(expected(choice) for choice in rule["anyOf"])
    kinds = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
    words = [KINDS[kind] for kind in kinds]
    inner = resolve(rule.get("items", {})).get("type")
    if inner in ("string", "number"):
        words = ["a list of texts" if inner == "string" else "a list of numbers"]
    least = f" of {rule['minimum']} or more" if "minimum" in rule else ""
    return " or ".join(words) + least


def _kind(value: Any) -> str:
    return "object" if isinstance(value, dict) else "array"


def _such_as(rule: Mapping[str, Any]) -> str:
    examples = resolve(rule).get("examples")
    if not examples:
        return ""
    return f"Such as: {examples[0] if isinstance(examples[0], str) else inline(examples[0])}."


def _unknown(key: str, place: Place, rule: Mapping[str, Any]) -> str:
    if rules.is_secret(key):
        return rules.SECRET
    homes = [home for home in _homes() if home[-1] == key]
    near = [home for home in homes if home[:1] == place[:1]] or homes
    if near:
        places = [dotted(home[:-1]) if home[:-1] else "the top of the file" for home in near]
        where = " or ".join([", ".join(places[:-1]), places[-1]] if places[:-1] else places)
        here = dotted(place) if place else "the top of the file"
        return f"does not belong to {here} but to {where}."
    return unknown("key", key, rule["properties"])


@cache
def _homes() -> tuple[Place, ...]:
    """The places of all keys that have a name of their own in the schema."""

    def below(rule: Mapping[str, Any], place: Place) -> Iterator[Place]:
        for key, item in resolve(rule).get("properties", {}).items():
            yield (*place, key)
            yield from below(item, (*place, key))

    return tuple(below(schema(), ()))
