"""The words on the figures, by language, so that an edition in another language changes no drawing code."""

from __future__ import annotations

from collections import ChainMap

from crmtheory.errors import SchemaError, unknown
from crmtheory.plots import (
    labels_lifecycle,
    labels_loyalty,
    labels_perceived,
    labels_relationship,
    labels_satisfaction,
    labels_segmentation,
    labels_survey,
)

COMMON: dict[str, dict[str, str]] = {
    "en": {
        "80/20 rule": "rule: 20% bring 80%",
        "actual": "actual",
        "actual mean": "actual purchases per customer",
        "all equal": "all customers equal",
        "band": "95% prediction band",
        "calibration ends": "calibration ends",
        "counted": "counted",
        "cumulative repeats": "repeat purchases so far",
        "customer": "customer",
        "customers, best first": "customers, best ranked first",
        "customers, largest first": "customers, largest first",
        "most profitable first": "customers, most profitable first",
        "density": "customers, relative to random timing",
        "equal": "predicted = actual",
        "equity": "customer equity ({unit})",
        "expected": "expected",
        "first purchase in": "month of the first purchase",
        "lifetime value": "lifetime value ({unit}), 95% interval of the model's mean",
        "mean purchases in holdout": "mean purchases in the {holdout} after",
        "median": "median",
        "middle half": "middle half of customers",
        "middle purchase": "middle of three successive purchases (0 = with the first, 1 = with the third)",
        "months since first": "months since the first purchase",
        "part of later revenue": "share of later revenue",
        "part of profit": "cumulative profit, as a share of its peak",
        "part of revenue": "share of revenue",
        "predicted mean": "predicted purchases per customer",
        "random timing": "random timing",
        "regular timing": "regular timing (shape 3)",
        "repeat purchases": "repeat purchases",
        "repeat purchases before": "repeat purchases before the split",
        "repeats in first": "repeat purchases in the first {unit}",
        "silence": "{unit}s since the last purchase",
        "spend per purchase": "spend per purchase ({unit})",
        "tenths": "tenths of customers, 95% interval",
        "these customers": "these customers",
        "time since start": "{unit}s since the start of the log",
        "top share": "top {at:.0%}, with 95% interval",
        "value so far": "value so far ({unit})",
        "MAE": "MAE (purchases per customer)\nlower is better",
        "RMSE": "RMSE (purchases per customer)\nlower is better",
        "bias": "bias (predicted / actual − 1)\n0 is best",
        "rank correlation": "rank correlation (1: perfect)\nhigher is better",
        "top-decile lift": "top-decile lift (1: as the average)\nhigher is better",
        "log score": "log score (per customer)\nhigher is better",
        "calibration error": "calibration error (part of actual)\nlower is better",
        "all": "all origins",
        "origin": "origin {day}",
        "model": "model",
        "rule": "rule of thumb",
        "nothing": "no estimate",
        "no probabilities": "gives no probabilities",
    }
}
# Each theory adds its own words; a key belongs to one file only.
ADDED = (
    labels_lifecycle,
    labels_loyalty,
    labels_perceived,
    labels_relationship,
    labels_satisfaction,
    labels_segmentation,
    labels_survey,
)
LABELS: dict[str, dict[str, str]] = {
    lang: dict(ChainMap(*(part.WORDS[lang] for part in ADDED), words)) for lang, words in COMMON.items()
}


def label(key: str, lang: str = "en") -> str:
    """The words for `key` in one language.

    >>> label("customer")
    'customer'
    """
    if lang not in LABELS:
        raise SchemaError(unknown("language", lang, LABELS))
    return LABELS[lang][key]
