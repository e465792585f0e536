"""Customers who rate a service, answer Kano's two questions, or write comments, with a known truth behind it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.numerics import Array
from crmtheory.simulate.drawing import between_0_and_1, whole

# Kano's table by pairs of answers (functional, dysfunctional), 1 like … 5 dislike.
PAIRS: dict[str, tuple[tuple[int, int], ...]] = {
    "attractive": ((1, 2), (1, 3), (1, 4)),
    "one_dimensional": ((1, 5),),
    "must_be": ((2, 5), (3, 5), (4, 5)),
    "indifferent": tuple((yes, no) for yes in (2, 3, 4) for no in (2, 3, 4)),
    "reverse": (*((yes, 1) for yes in (2, 3, 4, 5)), (5, 2), (5, 3), (5, 4)),
    "questionable": ((1, 1), (5, 5)),
}
ANSWERS = 25  # pairs of answers
SPREAD = 1.0  # how far a rating lies from its mean at most, before it is rounded


def servqual_pairs(
    n: int,
    rng: np.random.Generator,
    gaps: Mapping[str, float],
    *,
    expectations: Mapping[str, float] | None = None,
    items: int = 3,
    scale: tuple[int, int] = (1, 7),
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Ratings of what customers expect and what they perceive, with known gaps.

    Truth: on each dimension, the mean perception is the mean expectation plus the gap, exactly: whole answers are made
    by rounding up or down by chance, so that no answer moves the mean, and nobody reaches past the scale. Each customer
    is a little stricter or milder on all items.

    What a naive reading will say: expectations differ between dimensions, so the dimension of which most is expected is
    perceived best, and called good by perceptions alone, even where its gap is the widest.

    Parameters
    ----------
    gaps : true gap of each dimension, points of the scale
    expectations : true mean expectation of each; by default falling evenly from 6 to 5 sevenths of the scale in the
        order of `gaps`
    items : questions per dimension, named "reliability 1", …

    Returns
    -------
    perceptions, expectations : respondents (1 to n) × items, whole answers
    truth : index dimension: expectation, perception, gap, items (list of columns, as `gaps` of the theory takes them)

    Raises
    ------
    SchemaError : expectations of other dimensions
    DomainError : means that leave no room on the scale

    >>> seen, hoped, truth = servqual_pairs(2000, np.random.default_rng(1), {"reliability": -1.0, "empathy": 0.0})
    >>> truth[["expectation", "perception", "gap"]].round(2).to_numpy().tolist()
    [[6.0, 5.0, -1.0], [5.0, 5.0, 0.0]]
    >>> bool(abs((seen - hoped)["reliability 2"].mean() + 1) < 0.1)
    True
    """
    n, items = whole(n, "respondents"), whole(items, "items")
    names = list(gaps)
    if not names:
        raise SchemaError('No dimension was named. Give true gaps, such as {"reliability": -1.0}.')
    low, high = scale
    width = high - low + 1
    if expectations is None:
        hoped = low - 1 + width * np.linspace(6 / 7, 5 / 7, len(names))
    else:
        if set(expectations) != set(names):
            raise SchemaError(
                f"Expectations must be of the same dimensions as the gaps: {', '.join(names)}; they are of "
                f"{', '.join(map(str, expectations))}."
            )
        hoped = np.array([float(expectations[name]) for name in names])
    seen = hoped + np.array([float(gaps[name]) for name in names])
    for what, means in (("expectation", hoped), ("perception", seen)):
        bad = ~((means >= low + SPREAD) & (means <= high - SPREAD))
        if bad.any():
            raise DomainError(
                f"The mean {what} of {names[bad.argmax()]} would be {means[bad.argmax()]:g}; on a scale of {low} to "
                f"{high} it must lie between {low + SPREAD:g} and {high - SPREAD:g}, or answers would reach past the "
                "scale. Take smaller gaps, or give expectations=."
            )
    index = pd.RangeIndex(1, n + 1, name="respondent")
    columns = [f"{name} {i + 1}" for name in names for i in range(items)]
    mood = rng.uniform(-SPREAD / 2, SPREAD / 2, (n, 1))
    tables = [
        pd.DataFrame(_whole_answers(np.repeat(means, items) + mood, rng), index, columns)
        for means in (seen, hoped)
    ]
    asked = [columns[k * items : (k + 1) * items] for k in range(len(names))]
    truth = {"expectation": hoped, "perception": seen, "gap": seen - hoped, "items": asked}
    return tables[0], tables[1], pd.DataFrame(truth, pd.Index(names, name="dimension"))


def kano_answers(
    n: int, rng: np.random.Generator, features: Mapping[str, str], *, noise: float = 0.2
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Answers to Kano's two questions on features whose true category is known.

    Truth: each customer answers a feature with a pair that means its category with probability 1 − noise, and with any
    of the 25 pairs otherwise.

    What a naive reading will say: asked directly, or by the first question alone, people ask for what they like. By the
    share who answer "I like it", an attractive feature and a one-dimensional one are the same, and a must-be feature,
    whose lack drives customers away, looks as unimportant as one that nobody minds.

    Parameters
    ----------
    features : true category of each: "attractive", "one_dimensional", "must_be", "indifferent", "reverse"; written with
        a hyphen they are known too
    noise : part of answers given at random

    Returns
    -------
    functional, dysfunctional : respondents (1 to n) × features, 1 (like) to 5 (dislike)
    truth : index feature: category, better, worse (true coefficients), and the probability of each category

    Raises
    ------
    SchemaError : unknown category, no features
    DomainError : noise out of range

    >>> yes, no, truth = kano_answers(500, np.random.default_rng(1), {"wifi": "must-be", "art": "attractive"}, noise=0)
    >>> set(no["wifi"]), set(yes["art"]), truth["worse"].tolist()
    ({5}, {1}, [-1.0, 0.0])
    """
    n = whole(n, "respondents")
    chance = float(between_0_and_1(noise, "noise"))
    if not features:
        raise SchemaError('No feature was named. Give true categories, such as {"wifi": "must-be"}.')
    known = {feature: str(category).replace("-", "_") for feature, category in features.items()}
    for category in known.values():
        if category not in PAIRS:
            raise SchemaError(unknown("category", category, PAIRS))
    index = pd.RangeIndex(1, n + 1, name="respondent")
    every = np.array([(yes, no) for yes in range(1, 6) for no in range(1, 6)])
    yes, no, rows = {}, {}, []
    for feature, category in known.items():
        own = np.array(PAIRS[category])
        pair = own[rng.integers(0, len(own), n)]
        random = every[rng.integers(0, ANSWERS, n)]
        pair = np.where(rng.random((n, 1)) < chance, random, pair)
        yes[feature], no[feature] = pair[:, 0], pair[:, 1]
        shares = {name: chance * len(pairs) / ANSWERS for name, pairs in PAIRS.items()}
        shares[category] += 1 - chance
        rows.append({"category": category, **_coefficients(shares), **shares})
    truth = pd.DataFrame(rows, pd.Index(list(known), name="feature"))
    return pd.DataFrame(yes, index), pd.DataFrame(no, index), truth


def comments_with_ratings(
    n: int, rng: np.random.Generator, lang: str = "en", *, noise: float = 0.2
) -> tuple[pd.Series, pd.Series, pd.DataFrame]:
    """Comments and ratings of the same people, with known themes and tone.

    Truth: each customer is pleased or not, with even chances, and writes one sentence about one theme that says so. The
    rating is 4 or 5 of the pleased and 1 or 2 of the others; with probability `noise` it is any of 1 to 5.

    What a naive reading will say: half of the sentences say it with a negation ("not expensive", 不贵). Counting words
    without it takes those for the opposite, so that the tone goes with nothing.

    Returns
    -------
    texts, ratings (1 to 5), truth (theme, tone: −1 or 1), all on respondents 1 to n

    Raises
    ------
    SchemaError : another language than "en" or "zh"
    DomainError : noise out of range

    >>> texts, ratings, truth = comments_with_ratings(3, np.random.default_rng(2), "zh", noise=0)
    >>> bool(((ratings > 3) == (truth["tone"] > 0)).all())
    True
    """
    n = whole(n, "respondents")
    chance = float(between_0_and_1(noise, "noise"))
    if lang not in SENTENCES:
        raise SchemaError(unknown("language", lang, SENTENCES))
    index = pd.RangeIndex(1, n + 1, name="respondent")
    sentences = SENTENCES[lang]
    choice = rng.integers(0, len(sentences), n)
    theme = np.array([row[0] for row in sentences])[choice]
    tone = np.array([row[1] for row in sentences])[choice]
    texts = np.array([row[2] for row in sentences], object)[choice]
    rating = np.where(tone > 0, 4, 1) + rng.integers(0, 2, n)
    rating = np.where(rng.random(n) < chance, rng.integers(1, 6, n), rating)
    truth = pd.DataFrame({"theme": theme, "tone": tone}, index)
    return pd.Series(texts, index, name="comment"), pd.Series(rating, index, name="rating"), truth


# Theme, tone, sentence: for each theme a plain and a negated one in both tones.
SENTENCES: dict[str, tuple[tuple[str, int, str], ...]] = {
    "en": (
        ("price", 1, "The tickets were cheap."),
        ("price", 1, "It is not expensive."),
        ("price", -1, "Far too expensive!"),
        ("price", -1, "Parking is not cheap."),
        ("cleanliness", 1, "The toilets are clean"),
        ("cleanliness", 1, "Restrooms weren't dirty at all."),
        ("cleanliness", -1, "Dirty floors in the restrooms."),
        ("cleanliness", -1, "The toilet was not very clean."),
        ("staff", 1, "Friendly staff"),
        ("staff", 1, "Never a rude cashier here."),
        ("staff", -1, "The employees were rude, sorry."),
        ("staff", -1, "The agent was not helpful."),
    ),
    "zh": (
        ("price", 1, "价格很便宜。"),
        ("price", 1, "一点也不贵"),
        ("price", -1, "东西太贵了！"),
        ("price", -1, "停车收费不便宜。"),
        ("cleanliness", 1, "洗手间很干净"),
        ("cleanliness", 1, "厕所一点不脏。"),
        ("cleanliness", -1, "地上很脏，厕所有异味。"),
        ("cleanliness", -1, "卫生间不太干净"),
        ("staff", 1, "工作人员非常热情！"),
        ("staff", 1, "店员没有不耐烦。"),
        ("staff", -1, "服务员态度粗鲁。"),
        ("staff", -1, "收银员不够礼貌"),
    ),
}


def _whole_answers(means: Array, rng: np.random.Generator) -> Array:
    """Whole numbers whose expected value is the mean given, up to `SPREAD` / 2 and a rounding away from it."""
    wanted = means + rng.uniform(-SPREAD / 2, SPREAD / 2, means.shape)
    return np.floor(wanted + rng.random(wanted.shape))


def _coefficients(shares: Mapping[str, float]) -> dict[str, float]:
    a, o, m, i = (shares[name] for name in ("attractive", "one_dimensional", "must_be", "indifferent"))
    total = a + o + m + i
    if total == 0:
        return {"better": np.nan, "worse": np.nan}
    return {"better": (a + o) / total, "worse": -(o + m) / total + 0.0}
