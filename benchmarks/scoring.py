"""What to expect of each customer. Both sides use the same parameters, so the answers must agree.

The lifetime value of `lifetimes` has no interval and pays at the end of each month; ours is discounted to the day and
has a confidence interval that joins both models. So the sums differ a little.
"""

from __future__ import annotations

from collections.abc import Iterator

import lifetimes
import numpy as np
import pandas as pd

from benchmarks.fits import customers
from benchmarks.timing import Row, Sizes, Timed, race
from crmtheory import value
from crmtheory.models import GammaGamma, ParetoNBD

MONTHS = 12
RATE = 0.10  # a year


def rows(sizes: Sizes) -> Iterator[Row]:
    """P(alive), conditional expectation, lifetime value."""
    frame = customers(sizes.customers)
    x, t_x, T = (frame[name] for name in ("x", "t_x", "T"))
    size = f"{len(frame):,} customers"
    fit, spend = ParetoNBD().fit(frame, unit="week"), GammaGamma().fit(frame)
    peer, peer_spend = lifetimes.ParetoNBDFitter(), lifetimes.GammaGammaFitter()
    peer.params_ = fit.estimates
    peer.predict = peer.conditional_expected_number_of_purchases_up_to_time
    peer_spend.params_ = spend.estimates.rename({"gamma": "v"})
    paid = frame["m"].fillna(0.0)

    times = race(
        {
            "ours": (lambda: fit.p_alive(frame), 5),
            "theirs": (lambda: peer.conditional_probability_alive(x, t_x, T), 5),
        }
    )
    yield Row("P(alive), Pareto/NBD", size, times["ours"], _differ(times), "lifetimes", times["theirs"])

    times = race(
        {
            "ours": (lambda: fit.conditional(frame, "52 weeks"), 5),
            "theirs": (lambda: peer.predict(52.0, x, t_x, T), 5),
        }
    )
    yield Row(
        "purchases in the next 52 weeks", size, times["ours"], _differ(times), "lifetimes", times["theirs"]
    )

    def lifetime_value() -> pd.Series:
        monthly = (1 + RATE) ** (1 / 12) - 1
        return peer_spend.customer_lifetime_value(
            peer, x, t_x, T, paid, time=MONTHS, discount_rate=monthly, freq="W"
        )

    def ours() -> pd.Series:
        return value.clv(fit, spend, frame, horizon=f"{MONTHS} months", discount_rate=RATE)["clv"]

    times = race({"ours": (ours, 5), "theirs": (lifetime_value, 3)})
    totals = f"sum {times['ours'].answer.sum():,.0f}; theirs {times['theirs'].answer.sum():,.0f}"
    peer_name = "lifetimes, value only, no intervals"
    job = "P(alive), purchases, lifetime value, all with intervals"
    yield Row(job, size, times["ours"], totals, peer_name, times["theirs"], target=2.0)


def _differ(times: dict[str, Timed]) -> str:
    ours, theirs = (np.asarray(times[name].answer, float) for name in ("ours", "theirs"))
    return f"largest difference {np.max(np.abs(ours - theirs)):.0e}"
