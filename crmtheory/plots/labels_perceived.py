"""The words on the figures of value to the customer."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "benefit": "benefit",
        "cost": "cost (price)",
        "effect of value": "standard deviations of satisfaction per standard deviation, 95% interval",
        "fair-value line": "fair-value line: quality = price",
        "least correlation taken out": "value, least common\ncorrelation taken out",
        "map quality": "relative quality (1 = mean of the offers)",
        "map price": "relative price (1 = mean of the offers)",
        "more for the money": "more for the money",
        "less for the money": "less for the money",
        "own-price elasticity": "choices lost when the own price rises by 1% (%), 95% interval",
        "as answered": "value, as answered",
        "each respondent centred": "value, each respondent\ncentred",
        "threshold of the claim": "threshold of the claim ({at:g})",
        "weighted mean": "mean, by share",
    }
}
