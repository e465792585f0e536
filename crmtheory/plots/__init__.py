"""Figures. Each takes a table and an optional Axes, draws, and returns the Axes; none computes, shows or
saves.
"""

from crmtheory.plots import (
    captions,
    captions_lifecycle,
    captions_segmentation,
    concentration,
    drivers,
    evaluation,
    flow,
    groups,
    lifecycle,
    segmentation,
    style,
    survival,
    value,
)

__all__ = [
    "captions",
    "captions_lifecycle",
    "captions_segmentation",
    "concentration",
    "drivers",
    "evaluation",
    "flow",
    "groups",
    "lifecycle",
    "segmentation",
    "style",
    "survival",
    "value",
]
