"""Figures. Each takes a table and an optional Axes, draws, and returns the Axes; none computes, shows or
saves.
"""

from crmtheory.plots import concentration, style, value

__all__ = ["concentration", "style", "value"]
