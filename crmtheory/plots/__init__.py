"""Figures. Each takes a table and an optional Axes, draws, and returns the Axes; none computes, shows or
saves.
"""

from crmtheory.plots import captions, concentration, style, value

__all__ = ["captions", "concentration", "style", "value"]
