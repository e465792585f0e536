"""The page docs/study.md, made from the schema of study files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from crmtheory.study.checking import expected, resolve, schema
from crmtheory.study.document import inline
from crmtheory.study.rules import SET_BY

EXAMPLE = Path(__file__).with_name("example.yaml")
PAGE = Path(__file__).with_name("reference.md")  # the words; the example and the tables are put in
TOP = "At least one of transactions, survey, contacts and attributes is needed."


def reference() -> str:
    """The page docs/study.md: every key of a study file, what it takes and what it means.

    >>> print(reference().splitlines()[0])
    # The study file
    """
    page = PAGE.read_text(encoding="utf-8").replace("{description}", schema()["description"])
    page = page.replace("{example}", EXAMPLE.read_text(encoding="utf-8"))
    names = [f"| `{name}` | `{place}` |" for name, place in SET_BY.items()]
    page = page.replace("{names}", "\n".join(["| parameter | key |", "| --- | --- |", *names]))
    return page.replace("{tables}", "\n\n".join(_tables()))


def _tables() -> Iterator[str]:
    """One table for the top of the file and one for every block with keys of its own."""

    def blocks(rule: Mapping[str, Any], name: str) -> Iterator[str]:
        named = rule.get("properties", {})
        wanted = rule.get("required", ())
        head = f"### `{name}`" if name else "### The top of the file"
        rows = ["| key | takes | meaning |", "| --- | --- | --- |"]
        for key, below in named.items():
            below = resolve(below)
            rows.append(f"| `{key}` | {_takes(below)} | {_meaning(below, key in wanted)} |")
        yield "\n\n".join([head, rule["description"] if name else TOP, "\n".join(rows)])
        for key, below in named.items():
            if "properties" in resolve(below):
                yield from blocks(resolve(below), f"{name}.{key}".removeprefix("."))

    yield from blocks(schema(), "")


def _takes(rule: Mapping[str, Any]) -> str:
    return "block, see below" if "properties" in rule else re.sub(r"\|", r"\\|", expected(rule))


def _meaning(rule: Mapping[str, Any], needed: bool) -> str:
    words = [rule["description"]]
    if needed:
        words.append("**Needed.**")
    if "default" in rule:
        words.append(f"Without it: `{inline(rule['default'])}`.")
    elif "examples" in rule and "properties" not in rule:
        words.append(f"Such as `{inline(rule['examples'][0])}`.")
    return " ".join(words).replace("|", "\\|")
