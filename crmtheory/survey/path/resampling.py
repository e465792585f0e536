"""Intervals for a path model: the bootstrap over respondents, all samples fitted at once.

Weights are not counts: respondents are drawn with equal chances and keep their weights, so intervals depend on the
number of people and on ratios of weights only. Each sample starts from the weights of the fit and keeps its signs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from crmtheory.errors import ConvergenceError, SchemaError, unknown
from crmtheory.numerics import Array
from crmtheory.survey.complete import checked_level, intervals
from crmtheory.survey.path import quality
from crmtheory.survey.path.effects import named, reached
from crmtheory.survey.path.fitting import Solution, checked, item_frame, pair_frame, prepared, solve
from crmtheory.survey.path.model import Model
from crmtheory.survey.path.moments import Moments, Products

INTERVALS = ("percentile", "bca")
SAID = 0.05  # share of failed samples from which it is a problem


@dataclass(frozen=True)
class Bootstrap:
    """Estimates with intervals; every table ends with estimate, low, high, n.

    paths, total, indirect: from, to (indirect: pairs joined by a route past another construct). loadings, weights:
    construct, item. htmt: first, second. r_squared, rho_a: index construct.
    """

    paths: pd.DataFrame
    total: pd.DataFrame
    indirect: pd.DataFrame
    loadings: pd.DataFrame
    weights: pd.DataFrame
    htmt: pd.DataFrame
    r_squared: pd.DataFrame
    rho_a: pd.DataFrame
    n: int
    resamples: int
    failed: int  # samples without a solution, left out
    inadmissible: (
        int  # samples with a correlation or loading beyond 1, kept: leaving them out narrows intervals
    )
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Draws:
    """A fit, its bootstrap samples, and (for BCa) the fits without each respondent."""

    model: Model
    fit: Solution
    samples: Solution  # only those with a solution
    without: Solution | None
    n: int
    resamples: int
    level: float

    @property
    def failed(self) -> int:
        return self.resamples - len(self.samples.weights)

    @property
    def inadmissible(self) -> int:
        return int((~self.samples.admissible).sum())

    @property
    def problems(self) -> tuple[str, ...]:
        """Sentences where more samples failed, or say what cannot be, than can be overlooked."""
        said = []
        if self.failed > SAID * self.resamples:
            said.append(
                f"{self.failed:,} of {self.resamples:,} bootstrap samples have no solution and were left out, so the "
                "intervals are too narrow. The usual causes are few respondents, items that nearly everybody answered "
                "alike, or a construct whose items hardly go together."
            )
        if self.inadmissible > SAID * self.resamples:
            said.append(
                f"{self.inadmissible:,} of {self.resamples:,} bootstrap samples have corrected correlations or "
                "loadings that cannot be, such as a correlation beyond 1. They were kept. The items do not tell some "
                "constructs apart: trust no single corrected path, and look at htmt for the pairs near 1."
            )
        return tuple(said)

    def summary(self, estimate: Array, draws: Array, without: Array | None) -> dict[str, Any]:
        """Columns estimate, low, high, n of statistics (m,) with draws (B, m)."""
        if without is None:
            low, high = intervals(draws, self.level)
        else:
            low, high = bca(draws, estimate, without, self.level)
        return {"estimate": estimate, "low": low, "high": high, "n": self.n}

    def of(self, pick: Any) -> dict[str, Any]:
        """The same for what `pick` (Solution → (B, m)) takes from fit, samples and fits without each respondent."""
        without = None if self.without is None else pick(self.without)
        return self.summary(pick(self.fit)[0], pick(self.samples), without)


def bootstrap(
    model: Model,
    answers: pd.DataFrame,
    rng: np.random.Generator,
    resamples: int = 5000,
    interval: str = "percentile",
    scheme: str = "path",
    consistent: bool = False,
    weights: pd.Series | None = None,
    level: float = 0.95,
) -> Bootstrap:
    """Fit a path model and give every estimate a bootstrap interval.

    Parameters
    ----------
    interval : "percentile", or "bca" (bias-corrected and accelerated, Efron 1987), which also fits the model without
        each respondent in turn
    other parameters : as in `fit`

    Raises
    ------
    SchemaError, DomainError, ConvergenceError : as in `fit`; ConvergenceError also when fewer than half of the samples
        have a solution

    >>> rng = np.random.default_rng(1)
    >>> cause = rng.normal(size=(200, 1))
    >>> answers = pd.DataFrame(cause + rng.normal(size=(200, 3)), columns=["a", "b", "c"])
    >>> model = Model({"cause": ["a", "b"], "effect": ["c"]}, {"cause": "effect"})
    >>> row = bootstrap(model, answers, rng, resamples=200).paths.iloc[0]
    >>> bool(row["low"] < row["estimate"] < row["high"])
    True
    """
    draws = drawn(model, answers, rng, resamples, interval, scheme, consistent, weights, level)
    constructs = pd.Index(model.names, name="construct")
    items, pairs = item_frame(model), quality.htmt_pairs(model)
    edges = [(model.number(start), model.number(end)) for start, end in model.edges]
    joined, past = reached(model), reached(model, least=2)
    driven = model.adjacent.any(axis=0)

    return Bootstrap(
        paths=named(model, edges).assign(**draws.of(partial(_at, pairs=edges, what="paths"))),
        total=named(model, joined).assign(**draws.of(partial(_at, pairs=joined, what="totals"))),
        indirect=named(model, past).assign(**draws.of(partial(_at, pairs=past, what="indirect"))),
        loadings=items.assign(**draws.of(lambda found: found.loadings)),
        weights=items.assign(**draws.of(lambda found: found.weights)),
        htmt=pair_frame(model, pairs).assign(**draws.of(lambda found: found.htmt)),
        r_squared=pd.DataFrame(draws.of(lambda found: found.r_squared[:, driven]), constructs[driven]),
        rho_a=pd.DataFrame(
            draws.of(lambda found: found.rho_a[:, model.reflective]), constructs[model.reflective]
        ),
        n=draws.n,
        resamples=resamples,
        failed=draws.failed,
        inadmissible=draws.inadmissible,
        problems=draws.problems,
    )


def drawn(
    model: Model,
    answers: pd.DataFrame,
    rng: np.random.Generator,
    resamples: int,
    interval: str,
    scheme: str,
    consistent: bool,
    weights: pd.Series | None,
    level: float,
) -> Draws:
    """The fit and all its bootstrap samples."""
    checked_level(level)
    if interval not in INTERVALS:
        raise SchemaError(unknown("interval", interval, INTERVALS))
    if resamples < 1:
        raise SchemaError(f"resamples is a number of bootstrap samples, such as 5000; it is {resamples}.")
    data = prepared(model, answers, weights)
    products = Products(data)
    found = products.all()
    one = checked(model, found, solve(model, found, scheme, consistent))
    again = partial(_solved, model, scheme, consistent, one.weights[0])
    samples = again(products.resamples(resamples, rng))
    if len(samples.weights) < resamples / 2:
        raise ConvergenceError(
            f"{resamples - len(samples.weights):,} of {resamples:,} bootstrap samples have no solution, so no interval "
            "can be given. The usual causes are few respondents, items that nearly everybody answered alike, or a "
            "construct whose items hardly go together. Leave such items out, or ask more people."
        )
    without = again(products.without_each()) if interval == "bca" else None
    return Draws(model, one, samples, without, len(data), resamples, level)


def bca(draws: Array, estimate: Array, without: Array, level: float = 0.95) -> tuple[Array, Array]:
    """Bias-corrected and accelerated intervals (Efron 1987, JASA 82:171–185).

    Parameters
    ----------
    draws : (B, m); estimate : (m,); without : (n, m), the estimate without each respondent in turn

    >>> low, high = bca(np.arange(101.0)[:, None], np.array([50.0]), np.array([[49.0], [50.0], [51.0]]), 0.9)
    >>> low.round(6).tolist(), high.round(6).tolist()
    ([5.0], [95.0])
    """
    checked_level(level)
    b = len(draws)
    below = ((draws < estimate).mean(axis=0) + (draws <= estimate).mean(axis=0)) / 2
    shift = ndtri(np.clip(below, 0.5 / b, 1 - 0.5 / b))  # at the edge as if half a draw lay beyond
    apart = np.nanmean(without, axis=0) - without
    spread = np.nansum(apart**2, axis=0) ** 1.5
    skew = np.nansum(apart**3, axis=0) / (6 * np.where(spread > 0, spread, np.inf))
    low, high = np.full(len(estimate), np.nan), np.full(len(estimate), np.nan)
    for ends, tail in ((low, (1 - level) / 2), (high, (1 + level) / 2)):
        z = shift + ndtri(tail)
        share = ndtr(shift + z / (1 - skew * z))
        for m in np.flatnonzero(np.isfinite(estimate) & np.isfinite(draws).any(axis=0)):
            ends[m] = np.nanquantile(draws[:, m], share[m])
    return low, high


def _solved(model: Model, scheme: str, consistent: bool, start: Array, blocks: Iterator[Moments]) -> Solution:
    """The solutions of all samples that have one."""
    found = [solve(model, block, scheme, consistent, start) for block in blocks]
    kept = [one.solved for one in found]
    columns = {
        field.name: np.concatenate(
            [getattr(one, field.name)[keep] for one, keep in zip(found, kept, strict=True)]
        )
        for field in fields(Solution)
    }
    return Solution(**columns)


def _at(found: Solution, pairs: list[tuple[int, int]], what: str) -> Array:
    """Statistics (B, pairs) of constructs (from, to)."""
    table = found.totals - found.paths if what == "indirect" else getattr(found, what)
    return table[:, [i for i, _ in pairs], [j for _, j in pairs]]
