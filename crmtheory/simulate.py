"""Made-up customers whose truth is known. Each docstring says what is true and what a method that misses it
will say.
"""

from __future__ import annotations

import numpy as np
import pandas as pd


def regular_buyers(
    n: int, length: float, rng: np.random.Generator, *, gap: float = 4.0, leave: float = 0.1
) -> pd.DataFrame:
    """Customers who buy like clockwork, which no model of random timing expects.

    Truth: everybody buys about every `gap` weeks (times between purchases are Gamma with shape 20) and leaves
    with probability `leave` after each purchase. A customer silent for two gaps has almost surely left. A
    model of random timing takes the silence for bad luck and keeps hoping.

    Parameters
    ----------
    n : customers; length : weeks each is watched

    Returns
    -------
    frame x, t_x, T (weeks), alive (at T)

    >>> regular_buyers(3, 20.0, np.random.default_rng(1)).columns.tolist()
    ['x', 't_x', 'T', 'alive']
    """
    most = int(3 * length / gap) + 10
    times = np.cumsum(rng.gamma(20.0, gap / 20.0, (n, most)), axis=1)
    chances = rng.geometric(
        leave, n
    )  # the first purchase is a chance to leave too: chances − 1 repeats follow at the most
    made = (times <= length) & (np.arange(1, most + 1) < chances[:, None])
    x = made.sum(axis=1)
    t_x = np.where(x > 0, np.take_along_axis(times, np.maximum(x - 1, 0)[:, None], axis=1)[:, 0], 0.0)
    return pd.DataFrame({"x": x, "t_x": t_x, "T": float(length), "alive": x + 1 < chances})
