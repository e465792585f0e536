"""Comments read by word lists: themes, tone, negation, English and Chinese, and whether ratings agree."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from crmtheory import simulate
from crmtheory.errors import DomainError, SchemaError
from crmtheory.satisfaction import comments
from crmtheory.satisfaction.reading import forms
from crmtheory.satisfaction.wordlists import THEMES_CHINESE, lists


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def named(text: str, lang: str = "en", words=None) -> set[str]:
    row = comments.themes(pd.Series([text]), lang, words).iloc[0]
    return set(row.index[row])


def tone(text: str, lang: str = "en") -> float:
    return comments.tone(pd.Series([text]), lang).item()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Long queues, friendly staff.", {"waiting", "staff"}),
        ("WAITED two hours for the shuttle", {"waiting"}),
        ("Deliveries arrived broken", {"delivery", "quality"}),
        ("the web site crashed", {"website"}),
        ("Prices are okay; the toilets' smell is not", {"price", "cleanliness"}),
        ("It rained.", set()),
        ("The airline and its pricey-looking planes", set()),
        ("ＡＰＰ", {"website"}),
    ],
)
def test_english_themes(text, expected):
    assert named(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("服务员态度很好，但是排队太久", {"staff", "waiting"}),
        ("快递很快，包装结实", {"delivery", "quality"}),
        ("性价比高", {"price"}),
        ("APP登录不了", {"website"}),
        ("卫生间很干净。", {"cleanliness"}),
        ("还行吧", set()),
    ],
)
def test_chinese_themes(text, expected):
    assert named(text, "zh") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("good", 1),
        ("not good", -1),
        ("Not very good", -1),
        ("not all that good", 1),  # three words away: out of reach, and said so
        ("no problem at all", 1),
        ("isn’t clean", -1),
        ("I didn't enjoy it", -1),
        ("not without problems", -1),
        ("Not only friendly but fast", 1),
        ("No, great service", 1),
        ("Great staff, slow shuttle", 0),
        ("Great staff, great food, slow shuttle", 1 / 3),
        ("could be better", -1),
        ("cheaper than elsewhere", 1),
    ],
)
def test_english_tone(text, expected):
    assert tone(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("好", 1),
        ("不好", -1),
        ("不太好", -1),
        ("不错", 1),
        ("不是很满意", -1),
        ("不满", -1),
        ("没有任何问题", 1),
        ("不是不好", 1),
        ("服务特别好", 1),
        ("差不多", np.nan),
        ("等了好久", np.nan),
        ("快递还没到", np.nan),
        ("很干净，但是太贵", 0),
        ("不贵", 1),
    ],
)
def test_chinese_tone(text, expected):
    assert tone(text, "zh") == pytest.approx(expected, nan_ok=True)


def test_blank_comments_name_nothing_and_have_no_tone():
    texts = pd.Series([None, np.nan, "", "   ", "good"], list("abcde"))
    assert not comments.themes(texts).any(axis=None)
    assert comments.themes(texts).index.equals(texts.index)
    assert comments.tone(texts).isna().tolist() == [True] * 4 + [False]
    assert len(comments.themes(pd.Series([], dtype=str))) == 0


def test_every_count_can_be_traced_to_its_words():
    texts = pd.Series(["Queues were not bad", None, "Slow, slow!"], ["x", "y", "z"])
    table = comments.matched(texts)
    rows = [tuple(row) for row in table.reset_index().to_numpy().tolist()]
    assert rows == [
        ("x", "waiting", "queue", "queues", False),
        ("x", "negative", "bad", "bad", True),
        ("z", "waiting", "slow", "slow", False),
        ("z", "waiting", "slow", "slow", False),
        ("z", "negative", "slow", "slow", False),
        ("z", "negative", "slow", "slow", False),
    ]
    assert comments.matched(pd.Series([None], dtype=object)).empty


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_word_of_a_list_is_found_by_itself(lang):
    for theme, words in lists(lang, "themes").items():
        for word in words:
            assert theme in named(word, lang), word
    for kind, words in lists(lang, "tone").items():
        for word in words:
            assert tone(word, lang) == (1 if kind == "positive" else -1), word


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_lists_hold_no_word_twice_and_none_in_both_tones(lang):
    for part in ("themes", "tone", "reading"):
        for words in lists(lang, part).values():
            assert len(set(words)) == len(words)
            assert all(words)
    assert not set(lists(lang, "tone")["positive"]) & set(lists(lang, "tone")["negative"])


def test_both_languages_have_the_same_themes():
    assert list(lists("en", "themes")) == list(lists("zh", "themes")) == list(THEMES_CHINESE)


def test_own_lists_take_the_place_of_the_given_ones():
    assert named("Parking garage full, queues", words={"parking": ["parking", "garage"]}) == {"parking"}
    assert named("停车场太小", "zh", {"停车": ["停车场"]}) == {"停车"}
    assert named("quick check in", words={"arrival": ["check in"]}) == {"arrival"}
    assert named("checked in a bag", words={"arrival": ["check in"]}) == set()
    own = {"positive": ["spacious"], "negative": ["cramped"]}
    assert comments.tone(pd.Series(["spacious", "good", "not cramped"]), words=own).tolist() == pytest.approx(
        [1, np.nan, 1], nan_ok=True
    )
    # a phrase that is passed over elsewhere is found where it is listed
    assert named("fast food", words={"food": ["fast food"]}) == {"food"}


def test_suffixes_are_taken_off_but_short_words_are_left():
    assert "bus" not in forms("buses")[:1]
    assert forms("gas") == ["gas"]
    assert "class" in forms("class")
    assert "clas" not in forms("class")
    assert "easy" in forms("easily")
    assert "manager" in forms("manager's")


def test_the_summary_counts_comments_not_respondents():
    texts = pd.Series(["slow", "Friendly staff", "rude staff, slow", None, " "])
    table = comments.summary(texts, level=0.9)
    assert table.index.tolist() == list(lists("en", "themes"))
    assert (table["n"] == 3).all()
    row = table.loc["staff"]
    assert row["comments"] == 2
    low, high = proportion_confint(2, 3, 0.1, "wilson")
    assert [row["share"], row["low"], row["high"]] == pytest.approx([2 / 3, low, high])
    assert row["tone"] == pytest.approx((1 - 1) / 2)
    none = table.loc["price"]
    assert [none["comments"], none["share"], none["low"]] == [0, 0, 0]
    assert np.isnan(none["tone"])


def test_the_summary_honours_weights():
    texts = pd.Series(["slow", "Friendly staff", "rude staff", "slow", None])
    weights = pd.Series([1, 3, 2, 0, 5])
    again = texts.repeat(weights).reset_index(drop=True)
    one, other = comments.summary(texts, weights=weights), comments.summary(again)
    pd.testing.assert_frame_equal(one[["share", "tone"]], other[["share", "tone"]])
    assert one.loc["waiting", "comments"] == 1
    assert one["n"].iloc[0] == 3


def test_the_order_of_comments_changes_nothing():
    texts, _, _ = simulate.comments_with_ratings(60, np.random.default_rng(1))
    order = np.random.default_rng(2).permutation(60)
    pd.testing.assert_frame_equal(comments.summary(texts.iloc[order]), comments.summary(texts))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_made_up_comments_are_read_as_they_were_meant(lang):
    """Sentences of the package's own making, so this checks the reading; it says little of real comments."""
    texts, ratings, truth = simulate.comments_with_ratings(500, np.random.default_rng(3), lang, noise=0.3)
    found = comments.themes(texts, lang)
    assert all(found.loc[i, theme] for i, theme in truth["theme"].items())
    assert (np.sign(comments.tone(texts, lang)) == truth["tone"]).all()
    row = comments.agreement(comments.tone(texts, lang), ratings).iloc[0]
    assert row["low"] > 0.5


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_without_negation_the_tone_goes_with_nothing(lang):
    texts, ratings, _ = simulate.comments_with_ratings(2_000, np.random.default_rng(4), lang, noise=0)
    words = comments.matched(texts, lang)
    words = words[words["kind"].isin(["positive", "negative"])]
    naive = (words["kind"] == "positive").groupby(level=0).mean()
    both = naive.to_frame("tone").join(ratings)
    assert abs(stats.spearmanr(both["tone"], both["rating"]).statistic) < 0.3


def test_agreement_is_spearmans_correlation_of_those_with_both():
    mood = pd.Series([-1.0, 0, 1, 1, -1, np.nan, 0.5])
    ratings = pd.Series([1.0, 3, 5, 4, 2, 5, np.nan])
    row = comments.agreement(mood, ratings).iloc[0]
    assert row["n"] == 5
    assert row["estimate"] == pytest.approx(stats.spearmanr(mood[:5], ratings[:5]).statistic)


def test_what_cannot_be_compared_is_refused():
    mood = pd.Series([1.0, -1.0, 0.0, 1.0])
    raised(DomainError, lambda: comments.agreement(mood, pd.Series([5.0] * 4)))
    raised(DomainError, lambda: comments.agreement(mood * np.nan, pd.Series([5.0, 4, 3, 2])))
    raised(SchemaError, lambda: comments.agreement(mood, pd.Series([5.0, 4, 3, 2], list("abcd"))))


def test_what_are_no_comments_is_refused():
    assert raised(SchemaError, lambda: comments.themes(pd.Series(["good", 5, 7], ["安娜", "b", "c"]))) == (
        "2 of 3 comments are no texts, first: respondent b (5). The usual cause is another column."
    )
    assert "must be a Series of texts" in raised(SchemaError, lambda: comments.tone(["good"]))
    assert raised(SchemaError, lambda: comments.tone(pd.Series(["bon"]), "fr")) == (
        'There is no language "fr". Known: en, zh.'
    )
    assert raised(SchemaError, lambda: comments.themes(pd.Series(["x"]), words={"price": "cheap"})) == (
        'The list of "price" needs words, such as ["price", "expensive"].'
    )
    assert "needs words" in raised(
        SchemaError, lambda: comments.themes(pd.Series(["x"]), words={"price": [" "]})
    )
    assert "No theme" in raised(SchemaError, lambda: comments.themes(pd.Series(["x"]), words={}))
    assert raised(SchemaError, lambda: comments.tone(pd.Series(["x"]), words={"good": ["fine"]})) == (
        'The lists of tone are "positive" and "negative"; those given are good.'
    )
    assert raised(DomainError, lambda: comments.summary(pd.Series([None, ""]))) == (
        "None of 2 respondents wrote a comment. Check that the right column was read."
    )
