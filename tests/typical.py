"""Ordinary parameters and histories with which several files test all attrition models."""

import pytest

from crmtheory.models import ATTRITION

THETA = {
    "NBD": (0.9, 8.0),
    "BG/NBD": (0.8, 6.0, 0.9, 2.5),
    "MBG/NBD": (0.8, 6.0, 0.9, 2.5),
    "Pareto/NBD": (0.8, 8.0, 0.7, 12.0),
}
HISTORIES = ((0, 0, 30), (1, 2, 30), (4, 28, 30), (9, 30, 30), (9, 6, 30), (0, 0, 0))  # x, t_x, T

each_model = pytest.mark.parametrize("model", ATTRITION.values(), ids=ATTRITION)
