"""The words on the figures of relationship marketing."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "kind customers": "of customers, 95% interval",
        "kind revenue": "of revenue",
        "mean revenue": "{amount} per customer",
        "gain over equal": "gain over equal shares for all, 95% interval",
        "budget": "budget ({unit})",
        "budget gain": "gain over equal shares for all",
        "budget kept": "value kept ({unit})",
        "kept": "keeps {amount}",
        "effort": "spent on a customer ({unit})",
        "response": "share of value kept (assumed)",
        "tenure": "tenure",
        "value per month": "revenue per month ({unit}), 95% interval",
        "silent for": "time since the last contact",
        "share of customers": "share of customers",
        "gap note": "{customers} customers, brought {value}",
        "gap note plain": "{customers} customers",
        "hit rate": "customers for whom a recommendation was right, 95% interval",
        "precision": "recommendations that were right, 95% interval",
        "items new": "new items",
        "items repeat": "repeat items",
        "items all": "all items",
        "mediated direct": "direct",
        "mediated indirect": "indirect",
        "mediated total": "total (all ways)",
        "arrow is effect": "Standardised effects with 95% intervals; dashed: the interval holds 0",
        "channel note": "{customers} customers, {purchases} purchases",
        "channel purchases": "of purchases",
        "channel revenue": "of revenue",
    }
}
