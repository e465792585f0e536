"""Figures. Each takes a table and an optional Axes, draws, and returns the Axes; none computes, shows or saves."""
