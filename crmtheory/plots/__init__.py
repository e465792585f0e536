"""Figures. Each takes a table and an optional Axes, draws, and returns the Axes; none computes, shows or
saves.
"""

from crmtheory.plots import captions, concentration, evaluation, style, value

__all__ = ["captions", "concentration", "evaluation", "style", "value"]
