"""Many tests at once: p values adjusted so that the chance of even one false finding among all stays where it was."""

from __future__ import annotations

import numpy as np
import pandas as pd


def holm(p: pd.Series) -> pd.Series:
    """Holm's adjustment: the smallest of m p values times m, the next times m − 1 …, but never below an earlier one.

    Parameters
    ----------
    p : p values; missing ones are no tests and stay missing

    Source: Holm (1979), Scandinavian Journal of Statistics 6, 65–70.

    >>> holm(pd.Series([0.04, 0.01, np.nan, 0.03])).tolist()
    [0.06, 0.03, nan, 0.06]
    """
    ordered = p.dropna().sort_values()
    m = len(ordered)
    return (ordered * np.arange(m, 0, -1)).cummax().clip(upper=1.0).reindex(p.index)
