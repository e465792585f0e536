"""The words on the figures of satisfaction."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "promoters": "promoters (9–10)",
        "passives": "passives (7–8)",
        "detractors": "detractors (0–6)",
        "share of answers": "share of answers",
        "nps": "NPS (points), 95% interval",
        "csat mean": "mean rating (points of the scale), 95% interval",
        "csat top": "share satisfied, 95% interval",
        "expectation": "expectation",
        "perception": "perception",
        "gap axis": "mean rating (points of the scale)",
        "gap": "perception − expectation\n(points), 95% interval",
        "better": "better: satisfaction if the feature is there (0 to 1)",
        "worse": "worse: dissatisfaction if it is missing (0 to 1), sign dropped",
        "kano attractive": "attractive",
        "kano one_dimensional": "one-dimensional",
        "kano must_be": "must be",
        "kano indifferent": "indifferent",
        "kano reverse": "reverse",
        "kano questionable": "questionable",
        "kano unclear": "open marker: category not clear",
        "change": "change of the mean (points of the scale), 95% interval",
        "rose": "rose",
        "fell": "fell",
        "no clear change": "no clear change",
        "not asked twice": "not asked twice",
        "theme share": "share of comments, 95% interval",
        "comments": "{n} comments",
        "comments one": "1 comment",
        "tone": "mean tone (−1 to 1)",
        "tone none": "no tone word",
        "difference to see": "difference to see ({unit})",
        "answers needed": "answers needed per period",
        "points": "points",
    }
}
