"""The word lists by which comments are read; they stand in wordlists.toml, to be read and changed by people."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from crmtheory.errors import SchemaError, unknown

Lists = Mapping[str, tuple[str, ...]]
LANGUAGES = ("en", "zh")
THEMES_CHINESE = {
    "price": "价格",
    "quality": "质量",
    "service": "服务",
    "delivery": "配送",
    "staff": "员工",
    "cleanliness": "卫生",
    "waiting": "等待",
    "website": "网站与应用",
    "range": "商品种类",
    "food": "餐饮",
    "finding one's way": "指引",
}


@cache
def lists(lang: str, part: str) -> Lists:
    """The lists of a language: part is "themes", "tone" or "reading" (neutral phrases, negations).

    >>> lists("zh", "tone")["positive"][:3]
    ('好', '不错', '满意')
    >>> dict(lists("en", "themes")) | {"parking": ("parking", "garage")}  # doctest: +ELLIPSIS
    {'price': ('price', ...
    """
    if lang not in LANGUAGES:
        raise SchemaError(unknown("language", lang, LANGUAGES))
    text = resources.files("crmtheory.satisfaction").joinpath("wordlists.toml").read_text(encoding="utf-8")
    said = tomllib.loads(text)[lang][part]
    return MappingProxyType(
        {name: tuple(word.strip() for word in words.split(",")) for name, words in said.items()}
    )
