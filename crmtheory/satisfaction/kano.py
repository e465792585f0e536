"""Kano's questionnaire: which features are expected, which please the more the better, which delight.

Each feature is asked about twice: how do you feel if the product has it (functional), how if it has not
(dysfunctional)? Answers: 1 I like it, 2 I expect it, 3 I do not mind, 4 I can live with it, 5 I dislike it. The pair of
answers gives the category, by the table of Kano, Seraku, Takahashi & Tsuji 1984, Hinshitsu 14(2), 39–48, as in Matzler
& Hinterhuber 1998, Technovation 18, 25–38.

Notation: A attractive, O one-dimensional, M must-be, I indifferent, R reverse (people want it not), Q questionable (the
two answers contradict each other).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError
from crmtheory.numerics import Array
from crmtheory.satisfaction.checked import on_scale
from crmtheory.survey.complete import checked_level, complete
from crmtheory.weighted import share_interval

ANSWERS = ("like", "expect", "neutral", "live with", "dislike")
NAMES = {
    "M": "must_be",
    "O": "one_dimensional",
    "A": "attractive",
    "I": "indifferent",
    "R": "reverse",
    "Q": "questionable",
}  # in the order in which ties are settled
TABLE = pd.DataFrame(
    [[NAMES[letter] for letter in row] for row in ("QAAAO", "RIIIM", "RIIIM", "RIIIM", "RRRRQ")],
    index=pd.Index(ANSWERS, name="functional"),
    columns=pd.Index(ANSWERS, name="dysfunctional"),
)
SCALE = (1, 5)


def categories(functional: pd.DataFrame, dysfunctional: pd.DataFrame) -> pd.DataFrame:
    """The category of each feature for each respondent.

    Parameters
    ----------
    functional, dysfunctional : respondents × features, the same in both; answers 1 to 5 in the order of `ANSWERS`, NaN
        where nothing was said

    Returns
    -------
    frame of texts (the names in `NAMES`), missing where one of the two answers is

    Raises
    ------
    SchemaError : tables that do not fit each other, answers other than 1 to 5

    >>> yes, no = pd.DataFrame({"wifi": [1.0, 2.0, 1.0]}), pd.DataFrame({"wifi": [3.0, 5.0, None]})
    >>> categories(yes, no)["wifi"].tolist()
    ['attractive', 'must_be', nan]
    """
    _fit(functional, dysfunctional)
    yes, no = functional.to_numpy(float, na_value=np.nan), dysfunctional.to_numpy(float, na_value=np.nan)
    both = np.isfinite(yes) & np.isfinite(no)
    found = np.full(yes.shape, np.nan, object)
    found[both] = TABLE.to_numpy(object)[yes[both].astype(int) - 1, no[both].astype(int) - 1]
    return pd.DataFrame(found, functional.index, functional.columns)


def summary(
    functional: pd.DataFrame,
    dysfunctional: pd.DataFrame,
    weights: pd.Series | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """What each feature is to most, and how much having it pleases and lacking it annoys.

    better = (A + O) / (A + O + M + I), worse = −(O + M) / (A + O + M + I) (Berger et al. 1993, Center for Quality of
    Management Journal 2(4), 3–36), each the share of those who take a side. The most frequent category counts; of
    equally frequent ones, that which does more harm when missed: M before O before A before I. Fong (1996, Center for
    Quality of Management Journal 5(3), 21–23): the first category, with a answers, is clearly ahead of the second, with
    b, when |a − b| ≥ 1.65 √((a + b)(2n − a − b) / 2n).

    Parameters
    ----------
    functional, dysfunctional : as in `categories`
    weights : on the same index. Counts then are weighted, and add up to n; the intervals (Wilson) and Fong's test count
        as many answers as the weights are worth

    Returns
    -------
    frame, index = feature: attractive, one_dimensional, must_be, indifferent, reverse, questionable (counts), category,
    better, better_low, better_high, worse (0 or less), worse_low, worse_high (missing where nobody is in A, O, M, I),
    clear (Fong), n

    Raises
    ------
    SchemaError : as `categories`
    DomainError : a feature without a pair of answers

    >>> yes, no = pd.DataFrame({"wifi": [1.0, 1, 1, 3]}), pd.DataFrame({"wifi": [3.0, 4, 5, 3]})
    >>> summary(yes, no)[["attractive", "indifferent", "category", "better", "worse", "clear"]]
             attractive  indifferent    category  better  worse  clear
    feature
    wifi            2.0          1.0  attractive    0.75  -0.25  False
    """
    checked_level(level)
    kinds = categories(functional, dysfunctional)
    if not len(kinds.columns):
        raise SchemaError("No feature was given: the tables of answers have no columns.")
    rows = [_feature(kinds[feature], weights, level) for feature in kinds.columns]
    return pd.DataFrame(rows, pd.Index(kinds.columns, name="feature"))


def _fit(functional: pd.DataFrame, dysfunctional: pd.DataFrame) -> None:
    if not functional.index.equals(dysfunctional.index):
        raise SchemaError(
            "The two tables of Kano's questions must have the same respondents in the same order; they have "
            f"{len(functional):,} and {len(dysfunctional):,} rows. Reindex one: "
            "dysfunctional.reindex(functional.index)."
        )
    if not functional.columns.equals(dysfunctional.columns):
        alone = functional.columns.symmetric_difference(dysfunctional.columns)
        raise SchemaError(
            "The two tables of Kano's questions must have the same features in the same order; "
            + (f"{alone[0]} is in one of them only." if len(alone) else "theirs differ in order.")
        )
    for question, answers in (("functional", functional), ("dysfunctional", dysfunctional)):
        texts = [name for name in answers.columns if not pd.api.types.is_numeric_dtype(answers[name])]
        if texts:
            raise SchemaError(
                f"Kano's {question} question takes numbers from 1 (like) to 5 (dislike), and the answers on {texts[0]} "
                "are none. Read the export with crmtheory.survey.read, and give it the codes of the texts."
            )
        on_scale(answers, f"Kano's {question} question", SCALE)


def _feature(kinds: pd.Series, weights: pd.Series | None, level: float) -> dict[str, object]:
    letters = {name: letter for letter, name in NAMES.items()}
    codes = kinds.map({name: place for place, name in enumerate(letters)}).astype(float)
    if codes.isna().all():
        raise DomainError(
            f"Nobody answered both questions on {kinds.name}, so it has no category. Leave it out, or check that the "
            "functional and the dysfunctional answers of a respondent are in the same row."
        )
    found = complete(
        codes.to_frame(), [kinds.name], weights, question="Kano's category", least=1, constant=True
    )
    place, w = found.values[:, 0].astype(int), found.weights
    counts = np.bincount(place, w, len(letters))
    count = dict(zip(NAMES, counts, strict=True))
    side = place < 4  # M, O, A, I: neither reverse nor questionable
    better = share_interval(np.isin(place[side], (1, 2)).astype(float), w[side], level)
    worse = share_interval(np.isin(place[side], (0, 1)).astype(float), w[side], level)
    return {
        **{NAMES[letter]: count[letter] for letter in "AOMIRQ"},
        # weighted sums that should be equal may differ in the last digit, and argmax takes the first of equal ones
        "category": list(letters)[int(np.round(counts, 9).argmax())],
        "better": better[0],
        "better_low": better[1],
        "better_high": better[2],
        "worse": -worse[0] + 0.0,  # no minus zero
        "worse_low": -worse[2] + 0.0,
        "worse_high": -worse[1] + 0.0,
        "clear": fong(counts * found.n_effective / len(found)),
        "n": len(found),
    }


def fong(counts: Array) -> bool:
    """Whether the most frequent category is clearly ahead of the second (Fong 1996; two-sided level of 10 %).

    >>> fong(np.array([30.0, 10.0, 10.0])), fong(np.array([22.0, 18.0, 10.0]))
    (True, False)
    """
    second, first = np.sort(counts)[-2:]
    n = counts.sum()
    chance = 1.65 * np.sqrt((first + second) * (2 * n - first - second) / (2 * n))
    return bool(first - second >= chance - 1e-9 and first > second)
