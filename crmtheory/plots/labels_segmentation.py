"""The words on the figures of segmentation, and on those of concentration that it shows."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "ari": "adjusted Rand index of resamples\n(1: the same groups, 0: chance)",
        "by chance": "data without groups",
        "chosen": "chosen",
        "clusters": "number of groups",
        "criterion aic": "AIC\nlower is better",
        "criterion bic": "BIC\nlower is better",
        "criterion calinski_harabasz": "Calinski–Harabasz\nhigher is better",
        "criterion davies_bouldin": "Davies–Bouldin\nlower is better",
        "criterion gap": "gap statistic\nhigher is better",
        "criterion inertia": "sum of squares within\nlower is better",
        "criterion silhouette": "silhouette\nhigher is better",
        "criterion stability": "stability (ARI)\nhigher is better",
        "customers, smallest first": "customers, smallest first",
        "difference": "difference from the mean of all customers",
        "difference in points": "percentage points above (+) or below (−) all customers",
        "frequency score": "frequency score (5: most often)",
        "later share": "share who buy later",
        "later value": "later revenue per customer ({unit})",
        "needed share": "exact: top {x:.1%} bring {part:.0%}",
        "policy by class": "one for each class",
        "policy gain": "gain: each class − all",
        "policy nothing": "do nothing",
        "policy uniform": "for all: {treatment}",
        "frame is chosen": "A frame marks the treatment chosen for the class",
        "profit per customer": "profit per customer ({unit})",
        "recency score": "recency score (5: most recent)",
        "rfm customers": "customers",
        "rfm later": "share who buy later",
        "rfm purchases": "purchases per customer",
        "rfm revenue": "revenue per customer ({unit})",
        "rfm share": "share of customers",
        "share": "of customers",
        "share_of_later": "of later value",
        "share_of_total": "of value",
        "share of whole": "share of the whole",
        "top fifth": "share of revenue held by the top {at:.0%}",
    }
}
