"""Fitting: the CDNOW sample, and simulated customers whose ages are whole days, as in a real log.

The peer is `lifetimes`. A row also compares what was found: both log-likelihoods, by our formula, so that
speed is not bought with a worse fit. `lifetimes` starts at a random point, so its time varies.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import lifetimes
import numpy as np
import pandas as pd

from benchmarks.timing import Row, Sizes, Timed, race
from crmtheory import datasets, transactions
from crmtheory.models import BGNBD, Attrition, GammaGamma, ParetoNBD
from crmtheory.numerics import distinct_rows
from crmtheory.peer import lifetimes_fitter

TRUTH = (0.55, 10.58, 0.61, 11.67)  # r, α, s, β of the simulated customers; weeks
SPEND = (6.25, 3.74, 15.44)  # p, q, γ
SLOW = 300_000  # from here on the Pareto/NBD of `lifetimes` needs minutes


def rows(sizes: Sizes) -> Iterator[Row]:
    """The fits, one row each."""
    sample = cdnow()
    for model in (ParetoNBD(), BGNBD()):
        target = 0.1 if model.name == "Pareto/NBD" else None
        yield _against_lifetimes(model, sample, "CDNOW sample, 2,357 customers", 7, 7, target)
    frame = customers(sizes.customers)
    size = f"{len(frame):,} customers, {_distinct(frame):,} distinct"
    if len(frame) < SLOW:
        yield _against_lifetimes(ParetoNBD(), frame, size, 5, 1, 2.0, faster=60)
        yield _against_grouped(frame, size)
    else:
        found = race({"ours": (lambda: ParetoNBD().fit(frame, unit="week"), 3)})["ours"]
        yield Row("Pareto/NBD fit", size, found, _loglik(found), "lifetimes: not run, takes minutes")
    many = len(frame) > SLOW
    yield _against_lifetimes(BGNBD(), frame, size, 5, 3, None, faster=30 if many else None)


def growth(most: int) -> str:
    """How the time of a fit grows with the number of customers, in a sentence."""
    few, many = customers(most // 10), customers(most)
    times = race(
        {
            "few": (lambda: ParetoNBD().fit(few, unit="week"), 5),
            "many": (lambda: ParetoNBD().fit(many, unit="week"), 5),
        }
    )
    ratio = times["many"].median / times["few"].median
    met = "met" if ratio < 4 else "missed"
    return (
        f"Pareto/NBD fit: {len(many):,} customers took {ratio:.1f} times as long as {len(few):,} "
        f"({times['many']} s against {times['few']} s); the target of less than 4 times was {met}."
    )


def cdnow() -> pd.DataFrame:
    """The CDNOW sample up to 30 September 1997, in weeks."""
    log = transactions.read(datasets.path("cdnow_sample"), customer="customer_id", amount="amount_usd")
    return log.summary("week", calibration_end="1997-09-30")


def customers(n: int) -> pd.DataFrame:
    """n simulated customers with x, t_x, T (weeks, all whole days) and m; always the same ones.

    The purchases of one day are not merged, which would change x a little and the time not at all.

    >>> customers(3)[["t_x", "T"]].mul(7).round(9).mod(1).max().max() == 0
    np.True_
    """
    rng = np.random.default_rng(20)
    ages = rng.integers(27 * 7, 39 * 7 + 1, n) / 7
    frame = ParetoNBD().simulate(TRUTH, ages, rng)
    by_day = np.minimum(np.ceil(frame["t_x"] * 7) / 7, frame["T"])
    spend = np.round(GammaGamma().simulate(SPEND, frame["x"], rng), 2)
    return frame[["x"]].assign(t_x=by_day, T=frame["T"], m=spend)


def _against_lifetimes(
    model: Attrition,
    frame: pd.DataFrame,
    size: str,
    runs: int,
    peer_runs: int,
    target: float | None,
    faster: float | None = None,
) -> Row:
    times = race(
        {
            "ours": (lambda: model.fit(frame, unit="week"), runs),
            "lifetimes": (lambda: lifetimes_fitter(model.name, frame), peer_runs),
        }
    )
    ours, theirs = times["ours"], times["lifetimes"]
    check = f"{_loglik(ours)}; theirs {_theirs(model, frame, theirs.answer):,.3f}"
    return Row(f"{model.name} fit", size, ours, check, "lifetimes", theirs, target, faster)


def _against_grouped(frame: pd.DataFrame, size: str) -> Row:
    """Much of the difference comes from grouping equal customers, which a user of `lifetimes` can do by hand."""

    def grouped() -> Any:
        counts = frame.groupby(["x", "t_x", "T"]).size().reset_index(name="n")
        fitter = lifetimes.ParetoNBDFitter()
        return fitter.fit(counts["x"], counts["t_x"], counts["T"], weights=counts["n"])

    model = ParetoNBD()
    times = race({"ours": (lambda: model.fit(frame, unit="week"), 3), "peer": (grouped, 1)})
    check = f"{_loglik(times['ours'])}; theirs {_theirs(model, frame, times['peer'].answer):,.3f}"
    peer = "lifetimes, equal rows grouped by hand"
    return Row("Pareto/NBD fit", size, times["ours"], check, peer, times["peer"])


def _loglik(ours: Timed) -> str:
    return f"log-likelihood {ours.answer.loglik:,.3f}"


def _theirs(model: Attrition, frame: pd.DataFrame, fitter: Any) -> float:
    theta = np.asarray(fitter.params_, float)
    return float(model.loglik(theta, *(frame[name].to_numpy(float) for name in ("x", "t_x", "T"))).sum())


def _distinct(frame: pd.DataFrame) -> int:
    columns = [frame[name].to_numpy(float) for name in ("x", "t_x", "T")]
    return len(distinct_rows(columns, np.ones(len(frame)))[1])
