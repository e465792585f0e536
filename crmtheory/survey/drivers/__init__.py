"""What goes with satisfaction: regressions, shares of importance, the map of priorities, and who only annoys.

A driver is an item that may explain an outcome. All answers here are associations among people as they were; that a
driver leads does not say what would follow if a company improved it.

- `linear`, `ordered_logit`: each driver with the others held fixed
- `importance`, `lead`: shares of the explained variance, for drivers that go together
- `importance_performance`: where importance is high and performance low
- `penalty_reward`, `largest_asymmetry`: whether bad ratings cost more than good ratings gain
"""

from __future__ import annotations

from crmtheory.survey.drivers.asymmetry import largest_asymmetry, penalty_reward
from crmtheory.survey.drivers.importance import importance, lead
from crmtheory.survey.drivers.map import importance_performance
from crmtheory.survey.drivers.regression import linear, ordered_logit

__all__ = [
    "importance",
    "importance_performance",
    "largest_asymmetry",
    "lead",
    "linear",
    "ordered_logit",
    "penalty_reward",
]
