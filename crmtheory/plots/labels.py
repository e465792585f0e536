"""The words on the figures, by language, so that an edition in another language changes no drawing code."""

from __future__ import annotations

from crmtheory.errors import SchemaError, unknown

LABELS: dict[str, dict[str, str]] = {
    "en": {
        "80/20 rule": "rule: 20 % bring 80 %",
        "MAE": "mean absolute error (purchases per customer; lower is better)",
        "RMSE": "root mean squared error (purchases per customer; lower is better)",
        "actual": "actual",
        "actual mean": "actual purchases per customer",
        "all equal": "all customers equal",
        "band": "95 % prediction band",
        "bias": "bias: predicted ÷ actual − 1",
        "calibration ends": "calibration ends",
        "counted": "counted",
        "cumulative repeats": "repeat purchases so far",
        "customer": "customer",
        "customers, best first": "customers, best ranked first",
        "customers, largest first": "customers, largest first",
        "density": "density",
        "equal": "predicted = actual",
        "equity": "customer equity ({unit})",
        "expected": "expected",
        "first purchase in": "month of the first purchase",
        "lifetime value": "lifetime value ({unit}) with 95 % interval",
        "mean purchases in holdout": "mean purchases in the {holdout} after",
        "median": "median",
        "middle half": "middle half of customers",
        "middle purchase": "middle of three successive purchases (0 = with the first, 1 = with the third)",
        "months since first": "months since the first purchase",
        "part of later revenue": "part of later revenue",
        "part of profit": "part of profit",
        "part of revenue": "part of revenue",
        "predicted mean": "predicted purchases per customer",
        "random timing": "random timing",
        "rank correlation": "rank correlation with what happened (higher is better)",
        "regular timing": "regular timing (shape 3)",
        "repeat purchases": "repeat purchases",
        "repeat purchases before": "repeat purchases before the split",
        "repeats in first": "repeat purchases in the first {unit}",
        "silence": "{unit}s since the last purchase",
        "spend per purchase": "spend per purchase ({unit})",
        "tenths": "customers by tenths, 95 % interval",
        "these customers": "these customers",
        "time since start": "{unit}s since the start of the log",
        "top share": "top {at:.0%}, with 95 % interval",
        "top-decile lift": "top-decile lift (purchases of the predicted best tenth ÷ average)",
        "value so far": "value so far ({unit})",
    }
}


def label(key: str, lang: str = "en") -> str:
    """The words for `key` in one language.

    >>> label("customer")
    'customer'
    """
    if lang not in LABELS:
        raise SchemaError(unknown("language", lang, LABELS))
    return LABELS[lang][key]
