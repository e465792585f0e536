"""The words on the figures of surveys: scales, drivers and path models."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "simulated": "simulated data",
        "alpha": "Cronbach's alpha, 95% interval",
        "omega": "McDonald's omega, 95% interval",
        "reliability": "reliability of the scale (0 to 1)",
        "items": "{n} items",
        "one item": "1 item",
        "item rest": "correlation of the item with the rest of its scale (−1 to 1)",
        "item keeps": "item strengthens its scale",
        "item weak": "weak: without it alpha rises",
        "scale alpha": "{name} (α = {alpha})",
        "correlation": "correlation (−1 to 1), 95% interval",
        "importance": "share of R², 95% interval",
        "importance r2": "R² = {r2:.2f}",
        "importance axis": "importance for the outcome, 95% interval",
        "performance axis": "performance (0 to 100), 95% interval",
        "quadrant concentrate here": "concentrate here",
        "quadrant keep up": "keep up",
        "quadrant low priority": "low priority",
        "quadrant possible overkill": "possible overkill",
        "quadrant probability": "probability that the driver lies in its quadrant",
        "penalty": "penalty when low",
        "reward": "reward when high",
        "penalty reward": "difference of the outcome to a middling rating (points of its scale), 95% interval",
        "kind annoys": "only annoys",
        "kind delights": "delights",
        "kind both alike": "both alike",
        "kind unclear": "unclear",
        "kind too few": "too few low or high ratings",
        "arrow is path": "Number and width of an arrow: path coefficient; dashed: its interval holds 0",
        "arrow is path only": "Number and width of an arrow: path coefficient",
        "effect": "standardised effect, 95% interval",
        "effect total": "total effect",
        "effect indirect": "indirect effect",
        "htmt": "HTMT (1: not told apart)",
        "frame is above": "A frame marks HTMT above {at:g}",
    }
}
