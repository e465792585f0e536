"""Drawing customers from the Pareto/NBD. The peer, `lifetimes`, draws them one by one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from lifetimes import generate_data

from benchmarks.fits import TRUTH
from benchmarks.timing import Row, Sizes, race
from crmtheory.models import ParetoNBD

FEW = 10_000  # customers that the peer draws in a second or two


def rows(sizes: Sizes) -> Iterator[Row]:
    """Few customers by both, and all of them by ours."""
    ages = np.full(sizes.customers, 39.0)
    few = ages[:FEW]

    def ours(some: np.ndarray) -> float:
        return float(ParetoNBD().simulate(TRUTH, some, np.random.default_rng(1))["x"].mean())

    def theirs() -> float:
        return float(generate_data.pareto_nbd_model(few, *TRUTH, size=FEW)["frequency"].mean())

    times = race({"ours": (lambda: ours(few), 7), "theirs": (theirs, 1)})
    expected = float(ParetoNBD().expected(TRUTH, 39.0))
    mean = f"mean x {times['ours'].answer:.3f}, expected {expected:.3f}"
    check = f"{mean}; theirs {times['theirs'].answer:.3f}, weeks with a purchase"
    yield Row(
        "simulation, Pareto/NBD", f"{FEW:,} customers", times["ours"], check, "lifetimes", times["theirs"]
    )
    alone = race({"ours": (lambda: ours(ages), 3)})["ours"]
    check = f"mean x {alone.answer:.3f}, expected {expected:.3f}"
    yield Row("simulation, Pareto/NBD", f"{len(ages):,} customers", alone, check)
