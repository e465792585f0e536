"""How long until the next purchase: the time at which silence is as likely as not, found by bracketing.

Notation: s(t) = P(no purchase in the next t), which falls with t.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from crmtheory.numerics import Array, distinct_rows

LONGEST = 250.0  # log10 of a time that counts as for ever: as long as a double can say
STEPS = 200  # never reached: bisection alone needs 57


def median_wait(model: Any, theta: Array, x: Array, t_x: Array, T: Array, given_alive: bool) -> Array:
    """The time of each history, all of one shape; arguments as `Attrition.median_wait`.

    Of those who are alive only x and T matter, so equal ones are asked once.
    """
    if given_alive and theta.ndim == 1 and x.size:
        rows, _, inverse = distinct_rows([x.ravel(), T.ravel()], np.ones(x.size))
        few = model.half_time(lambda t: model.pmf_alive(theta, 0.0, t, *rows), theta, rows[1])
        return few[inverse].reshape(x.shape)

    def silent(t: Array) -> Array:
        return model.silence(theta, t, x, t_x, T, given_alive=given_alive)

    return model.half_time(silent, theta, T)


def half_life(silent: Callable[[Array], Array], scale: Array) -> Array:
    """The t at which silent(t), which falls with t, is one half; infinite where it is above for ever.

    Root-finding of Chandrupatla (1997, Advances in Engineering Software 28, 145–149) in log₁₀ t: steps of inverse
    quadratic interpolation where these are safe, and halves elsewhere.
    """

    def above(place: Array) -> Array:
        return silent(scale * 10**place) - 0.5

    new, old = np.full(scale.shape, LONGEST), np.full(scale.shape, -12.0)
    at_new, at_old = above(new), above(old)
    never = at_new > 0
    last, at_last = old, at_old
    part = np.full(scale.shape, 0.5)
    for _ in range(STEPS):
        place = new + part * (old - new)
        at_place = above(place)
        same = np.sign(at_place) == np.sign(at_new)
        last, at_last = np.where(same, new, old), np.where(same, at_new, at_old)
        old, at_old = np.where(same, old, new), np.where(same, at_old, at_new)
        new, at_new = place, at_place
        nearer = np.abs(at_new) < np.abs(at_old)
        best = np.where(nearer, new, old)
        tolerance = 1e-12 * np.maximum(np.abs(best), 1.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            least = tolerance / np.abs(old - new)
            done = never | (least > 0.5) | (at_new == 0)
            if done.all():
                break
            along, rise = (new - old) / (last - old), (at_new - at_old) / (at_last - at_old)
            safe = (rise**2 < along) & ((1 - rise) ** 2 < 1 - along)
            step = at_new / (at_old - at_new) * at_last / (at_old - at_last)
            step -= (last - new) / (old - new) * at_new / (at_last - at_new) * at_old / (at_old - at_last)
        part = np.where(safe & np.isfinite(step), np.clip(step, least, 1 - least), 0.5)
        part = np.where(done, 0.0, part)
    return np.where(never, np.inf, scale * 10**best)
