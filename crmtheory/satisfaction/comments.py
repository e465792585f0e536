"""What comments are about, and in what tone: by a word list that everybody can read.

Every count can be traced to the words that made it (`matched`), and to the list (`wordlists`). A list misses irony,
comparisons and words it does not know, so it says what is talked about, and only roughly how. Where ratings exist,
`agreement` says how far its tone can be trusted. Notation: tone = (positive − negative) / (positive + negative) words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError
from crmtheory.satisfaction.reading import Hit, Reader
from crmtheory.satisfaction.wordlists import lists as known_lists
from crmtheory.survey import association
from crmtheory.survey.complete import checked_level, complete
from crmtheory.weighted import mean_and_error, share_interval

Words = Mapping[str, Sequence[str]]


def themes(texts: pd.Series, lang: str = "en", words: Words | None = None) -> pd.DataFrame:
    """Which themes each comment names; several, or none.

    Parameters
    ----------
    texts : one comment per respondent, missing where nothing was written
    lang : "en" or "zh"
    words : own lists by theme, instead of those of `wordlists`. To add to them:
        dict(wordlists.lists("en", "themes")) | {"parking": ["parking", "garage"]}

    Returns
    -------
    frame of bool, index of the texts × themes in the order of the lists

    Raises
    ------
    SchemaError : no texts, another language, an empty list

    >>> texts = pd.Series(["Long queues, friendly staff.", "Too expensive!", None])
    >>> themes(texts).loc[:, ["price", "staff", "waiting"]].astype(int).to_numpy().tolist()
    [[0, 1, 1], [1, 0, 0], [0, 0, 0]]
    """
    lists = _lists(lang, words, "themes")
    found = _read(texts, lists, lang)
    named = [[any(hit.kind == theme for hit in hits) for theme in lists] for hits in found]
    return pd.DataFrame(
        np.array(named, bool).reshape(len(texts), len(lists)), texts.index, pd.Index(lists, name="theme")
    )


def tone(texts: pd.Series, lang: str = "en", words: Words | None = None) -> pd.Series:
    """The tone of each comment, from −1 (only negative words) to 1; missing without a word of tone.

    A negation turns the word: in English up to two words before it in the same clause ("not very good", "no problem"),
    in Chinese right before it, with an adverb between them (不太满意, 没什么问题).

    Parameters
    ----------
    words : own lists {"positive": […], "negative": […]}, instead of those of `wordlists`

    >>> tone(pd.Series(["Not very good.", "Great staff, but slow.", "It rained."])).tolist()
    [-1.0, 0.0, nan]
    >>> tone(pd.Series(["服务很好", "不太满意", "没什么问题"]), "zh").tolist()
    [1.0, -1.0, 1.0]
    """
    found = _read(texts, _tones(lang, words), lang)
    values = []
    for hits in found:
        signs = [(1 if hit.kind == "positive" else -1) * (-1 if hit.negated else 1) for hit in hits]
        values.append(sum(signs) / len(signs) if signs else np.nan)
    return pd.Series(values, texts.index, float, name="tone")


def matched(
    texts: pd.Series, lang: str = "en", words: Words | None = None, tones: Words | None = None
) -> pd.DataFrame:
    """The words that were found, one row per place: what the counts of `themes` and `tone` are made of.

    Returns
    -------
    frame, index of the texts (repeated): kind (a theme, "positive" or "negative"), word (of the list), found (as
    written), negated (bool; only words of tone are turned)

    >>> matched(pd.Series(["The queues were not bad."]))
            kind   word   found  negated
    0    waiting  queue  queues    False
    0   negative    bad     bad     True
    """
    both = (_lists(lang, words, "themes"), False), (_tones(lang, tones), True)
    rows, index = [], []
    readings = [(_read(texts, lists, lang), turned) for lists, turned in both]
    for place, name in enumerate(texts.index):
        for found, turned in readings:
            for hit in found[place]:
                rows.append((hit.kind, hit.word, hit.found, hit.negated and turned))
                index.append(name)
    table = pd.DataFrame(rows, columns=["kind", "word", "found", "negated"])
    return table.astype({"negated": bool}).set_axis(pd.Index(index, name=texts.index.name))


def summary(
    texts: pd.Series,
    lang: str = "en",
    weights: pd.Series | None = None,
    words: Words | None = None,
    tones: Words | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """How many comments name each theme, and in what tone they are written.

    The tone is that of the whole comment: "slow, but lovely staff" counts as mixed for both themes.

    Returns
    -------
    frame, index = theme, in the order of the lists: comments (that name it), share (of those who wrote something),
    low, high (Wilson), tone (mean over the comments that name it and have one; missing if none), n (comments
    that are not blank)

    Raises
    ------
    SchemaError : as `themes`
    DomainError : nobody wrote anything

    >>> texts = pd.Series(["Slow.", "Friendly staff", "Rude staff, slow", ""])
    >>> summary(texts).loc[["staff", "waiting"], ["comments", "tone", "n"]]
             comments  tone  n
    theme
    staff           2   0.0  3
    waiting         2  -1.0  3
    """
    checked_level(level)
    named = themes(texts, lang, words)
    written = ~_blank(texts)
    if not written.any():
        raise DomainError(
            f"None of {len(texts):,} respondents wrote a comment. Check that the right column was read."
        )
    frame = pd.DataFrame({"comment": np.where(written, 1.0, np.nan)}, texts.index)
    found = complete(frame, ["comment"], weights, question="The summary", least=1, constant=True)
    kept = written & (np.ones(len(texts)) if weights is None else weights.to_numpy(float) > 0).astype(bool)
    w, mood = found.weights, tone(texts, lang, tones).to_numpy()[kept]
    rows = []
    for theme in named.columns:
        names = named[theme].to_numpy()[kept]
        share, low, high = share_interval(names.astype(float), w, level)
        spoken = names & ~np.isnan(mood)
        mean = mean_and_error(mood[spoken], w[spoken])[0]
        rows.append((int(names.sum()), share, low, high, mean, int(kept.sum())))
    columns = ["comments", "share", "low", "high", "tone", "n"]
    return pd.DataFrame(rows, named.columns, columns)


def agreement(
    tone: pd.Series, ratings: pd.Series, weights: pd.Series | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Spearman's rank correlation of tone and ratings of the same people.

    The interval is that of Bonett & Wright 2000, Psychometrika 65, 23–28: Fisher's z with the error
    √((1 + r²/2) / (n − 3)).

    Returns
    -------
    one row: method ("spearman"), estimate, low, high, n (those with both)

    Raises
    ------
    SchemaError : not on the same respondents
    DomainError : fewer than 4 with both, or all tones or all ratings alike

    >>> agreement(pd.Series([-1.0, 0, 1, 1, -1]), pd.Series([1.0, 3, 5, 4, 2])).round(2)
         method  estimate   low  high  n
    0  spearman      0.95  0.15   1.0  5
    """
    if not tone.index.equals(ratings.index):
        raise SchemaError(
            "Tone and ratings must be of the same respondents, in the same order. Reindex one: "
            "ratings.reindex(tone.index)."
        )
    return association.correlation(
        tone.rename("tone"), ratings.rename("rating"), "spearman", weights, level=level
    )


def _read(texts: pd.Series, lists: Words, lang: str) -> list[list[Hit]]:
    """What is found in each text; equal texts are read once."""
    blank = _blank(texts)
    reader = Reader(lists, lang)
    known: dict[str, list[Hit]] = {}
    found = []
    for text, empty in zip(texts, blank, strict=True):
        if not empty and text not in known:
            known[text] = reader.hits(text)
        found.append([] if empty else known[text])
    return found


def _blank(texts: pd.Series) -> np.ndarray:
    """Where nothing was written; anything that is neither missing nor a text is refused."""
    if not isinstance(texts, pd.Series):
        raise SchemaError(f"Comments must be a Series of texts, not {type(texts).__name__}.")
    missing = texts.isna().to_numpy(bool)
    strange = np.array([not isinstance(text, str) for text in texts], bool) & ~missing
    if strange.any():
        raise SchemaError(
            f"{strange.sum():,} of {len(texts):,} comments are no texts, first: respondent "
            f"{texts.index[strange.argmax()]} ({texts.iloc[strange.argmax()]!r}). The usual cause is another column."
        )
    return missing | np.array([isinstance(text, str) and not text.strip() for text in texts], bool)


def _lists(lang: str, own: Words | None, part: str) -> dict[str, tuple[str, ...]]:
    known = known_lists(lang, part)
    lists = {str(name): tuple(words) for name, words in (known if own is None else own).items()}
    for name, words in lists.items():
        if isinstance((own or {}).get(name), str) or not words or not all(word.strip() for word in words):
            raise SchemaError(f'The list of "{name}" needs words, such as ["price", "expensive"].')
    if not lists:
        raise SchemaError(
            'No theme was given. Give words by theme, such as {"price": ["price", "expensive"]}.'
        )
    return lists


def _tones(lang: str, own: Words | None) -> dict[str, tuple[str, ...]]:
    lists = _lists(lang, own, "tone")
    if set(lists) != {"positive", "negative"}:
        raise SchemaError(
            f'The lists of tone are "positive" and "negative"; those given are {", ".join(sorted(lists))}.'
        )
    return lists
