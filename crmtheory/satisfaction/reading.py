"""Finding the words of a list in a comment, and what a negation before them turns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crmtheory.satisfaction.wordlists import lists as known_lists

REACH = 2  # words between which an English negation turns another
CLAUSES = re.compile(r"[.,;:!?()\n]|\bbut\b")
TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
MARK = "\0neutral"  # the kind of words that are taken out of the reading


@dataclass(frozen=True)
class Hit:
    """A word found: `kind` (the list), `word` (of the list), `found` (as written), `negated`."""

    kind: str
    word: str
    found: str
    negated: bool


class Reader:
    """Reads comments of one language by lists of words.

    >>> Reader({"positive": ["good"]}, "en").hits("Not so good")
    [Hit(kind='positive', word='good', found='good', negated=True)]
    """

    def __init__(self, lists: Mapping[str, Sequence[str]], lang: str) -> None:
        self.lang = lang
        reading = known_lists(lang, "reading")
        self.negations = frozenset(reading["negations"])
        pairs = [(kind, word) for kind, words in lists.items() for word in words]
        # A neutral phrase gives way where the analyst lists the very same word.
        listed = {plain(word) for _, word in pairs}
        pairs += [(MARK, word) for word in reading["neutral"] if plain(word) not in listed]
        self.kinds: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        for kind, word in pairs:
            key = tuple(TOKEN.findall(plain(word))) if lang == "en" else (plain(word),)
            if key:
                self.kinds.setdefault(key, []).append((kind, word))
        self.longest = max((len(key) if lang == "en" else len(key[0])) for key in self.kinds)
        no = "|".join(sorted(self.negations, key=len, reverse=True))
        between = "|".join(sorted(reading.get("between", ()), key=len, reverse=True))
        self.negation = re.compile(no)
        self.negations_before = re.compile(f"(?:(?:{no})(?:{between})*)+$")

    def hits(self, text: str) -> list[Hit]:
        return self._english(plain(text)) if self.lang == "en" else self._chinese(plain(text))

    def _english(self, text: str) -> list[Hit]:
        found = []
        for clause in CLAUSES.split(text):
            tokens = TOKEN.findall(clause)
            turns = [token in self.negations or token.endswith("n't") for token in tokens]
            place = 0
            while place < len(tokens):
                length, kinds = self._english_at(tokens, place)
                negated = sum(turns[max(0, place - REACH) : place]) % 2 == 1  # two of them turn it back
                written = " ".join(tokens[place : place + length])
                found += [Hit(kind, word, written, negated) for kind, word in kinds if kind != MARK]
                if any(kind == MARK for kind, _ in kinds):
                    turns[place : place + length] = [False] * length  # "not only" turns nothing
                place += length
        return found

    def _english_at(self, tokens: list[str], place: int) -> tuple[int, list[tuple[str, str]]]:
        """The longest entry that starts here: how many tokens, and the lists it is in."""
        for length in range(min(self.longest, len(tokens) - place), 0, -1):
            exact = tuple(tokens[place : place + length])
            for last in forms(exact[-1]):
                if kinds := self.kinds.get((*exact[:-1], last)):
                    return length, kinds
        return 1, []

    def _chinese(self, text: str) -> list[Hit]:
        found = []
        place = 0
        while place < len(text):
            for length in range(min(self.longest, len(text) - place), 0, -1):
                if kinds := self.kinds.get((text[place : place + length],)):
                    before = self.negations_before.search(text[max(0, place - 12) : place])
                    negated = before is not None and len(self.negation.findall(before[0])) % 2 == 1
                    written = text[place : place + length]
                    found += [Hit(kind, word, written, negated) for kind, word in kinds if kind != MARK]
                    place += length
                    break
            else:
                place += 1
        return found


def plain(text: str) -> str:
    """A text as it is compared: full-width letters and curly apostrophes as ordinary ones, no capitals.

    >>> plain("Ｄｏｎ’t")
    "don't"
    """
    return unicodedata.normalize("NFKC", text).replace("’", "'").casefold()


def forms(token: str) -> list[str]:
    """What an English word may be a form of, the word itself first.

    >>> forms("queues")
    ['queues', 'queue', 'queu']
    >>> "stop" in forms("stopped"), "smile" in forms("smiling"), "delivery" in forms("deliveries")
    (True, True, True)
    """
    token = token.removesuffix("'s").removesuffix("'")
    found = [token]
    for ending in ("s", "es", "d", "ed", "ing", "ly", "er"):
        stem = token.removesuffix(ending)
        if stem != token and len(stem) >= 3 and not (ending == "s" and stem.endswith("s")):
            found.append(stem)
            if ending in ("ed", "ing", "er"):
                found.append(f"{stem}e")
                if stem[-1] == stem[-2]:
                    found.append(stem[:-1])
    if len(token) > 4 and token.endswith(("ies", "ied", "ily", "ier")):
        found.append(f"{token[:-3]}y")
    return found
