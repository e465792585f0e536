"""Fitting a path model by partial least squares (PLS): one function, one frozen result.

PLS gives each construct a score, a weighted sum of its standardised items, and regresses scores on scores. It finds its
weights so that scores of neighbouring constructs agree; nothing is assumed of distributions. With `consistent=True`
the error of measurement is taken out, as a model of common factors asks for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmtheory.errors import ConvergenceError, DomainError
from crmtheory.numerics import Array
from crmtheory.survey.complete import Complete, complete
from crmtheory.survey.path import quality
from crmtheory.survey.path.consistent import corrected, rho_a
from crmtheory.survey.path.effects import effects, totals
from crmtheory.survey.path.estimate import MOST, SINGULAR, outer, structural
from crmtheory.survey.path.model import Model
from crmtheory.survey.path.moments import Moments, Products

QUESTION = "A path model"
ROUNDING = 1e-9


@dataclass(frozen=True)
class Solution:
    """Everything that is estimated, for B samples at once; NaN in samples without a solution."""

    means: Array  # (B, K) of items
    sds: Array  # (B, K)
    weights: Array  # (B, K)
    loadings: Array  # (B, K)
    constructs: Array  # (B, J, J) correlations
    paths: Array  # (B, J, J)
    totals: Array  # (B, J, J)
    r_squared: Array  # (B, J)
    rho_a: Array  # (B, J)
    htmt: Array  # (B, pairs)
    iterations: np.ndarray  # (B,)

    @property
    def solved(self) -> np.ndarray:
        """Samples (B,) with weights and paths."""
        return np.isfinite(np.concatenate([self.weights, self.paths.reshape(len(self.paths), -1)], 1)).all(
            axis=1
        )

    @property
    def admissible(self) -> np.ndarray:
        """Samples (B,) whose correlations and loadings can be: none beyond 1, and no contradiction between them."""
        fine = self.solved
        smallest = np.linalg.eigvalsh(np.where(fine[:, None, None], self.constructs, 0.0))[:, 0]
        beyond = np.abs(self.loadings).max(axis=1) > 1 + ROUNDING
        return fine & ~beyond & (smallest > -ROUNDING)


def solve(
    model: Model, found: Moments, scheme: str, consistent: bool, start: Array | None = None
) -> Solution:
    """The model fitted to every sample of `found`."""
    fitted = outer(model, found.correlations, scheme, start)
    loadings, constructs = fitted.loadings, fitted.constructs
    if consistent:
        loadings, constructs = corrected(model, fitted.weights, loadings, constructs)
    paths, explained = structural(model, constructs)
    return Solution(
        means=found.means,
        sds=found.sds,
        weights=fitted.weights,
        loadings=loadings,
        constructs=constructs,
        paths=paths,
        totals=totals(paths),
        r_squared=explained,
        rho_a=rho_a(model, fitted.weights),
        htmt=quality.htmt(model, found.correlations),
        iterations=fitted.iterations,
    )


@dataclass(frozen=True)
class Result:
    """A fitted path model. Tables as named; `problems` says in sentences what cannot be taken at face value.

    paths, f_squared: from, to, estimate. loadings: construct, item, weight, loading. r_squared: index construct,
    estimate. reliability: index construct, alpha, rho_a, rho_c, ave. htmt: first, second, estimate. effects: from, to,
    direct, indirect, total. correlations: construct × construct. scores: respondent × construct (mean 0, variance 1;
    NaN for those who left an item out).
    """

    model: Model
    paths: pd.DataFrame
    loadings: pd.DataFrame
    r_squared: pd.DataFrame
    reliability: pd.DataFrame
    htmt: pd.DataFrame
    f_squared: pd.DataFrame
    effects: pd.DataFrame
    correlations: pd.DataFrame
    scores: pd.DataFrame
    n: int
    n_effective: float
    scheme: str
    consistent: bool
    iterations: int
    problems: tuple[str, ...]

    @property
    def admissible(self) -> bool:
        """Whether every number is one that can be: no correlation beyond 1 and the like."""
        return not self.problems


def fit(
    model: Model,
    answers: pd.DataFrame,
    scheme: str = "path",
    consistent: bool = False,
    weights: pd.Series | None = None,
) -> Result:
    """Fit a path model to answers.

    Everything follows from the correlations of the items, so units do not matter. Respondents who left out an item of
    the model are not used. Weights change estimates as if respondents were repeated.

    Parameters
    ----------
    answers : one row per respondent, a column for each item
    scheme : "path", "centroid" or "factor", see `estimate.outer`; results differ little
    consistent : divide out the error of measurement of constructs in mode A (Dijkstra & Henseler 2015)
    weights : on the same index, 0 or more

    Raises
    ------
    SchemaError : unknown items or scheme, answers that are no numbers
    DomainError : too few respondents, an item that everybody answered alike, items or constructs that repeat each other
    ConvergenceError : the weights did not settle

    >>> answers = pd.DataFrame({"a": [1.0, 2, 3, 4, 6], "b": [1.0, 3, 2, 5, 6], "c": [2.0, 1, 4, 3, 5]})
    >>> model = Model({"cause": ["a", "b"], "effect": ["c"]}, {"cause": "effect"})
    >>> fit(model, answers).paths.round(3)
        from      to  estimate
    0  cause  effect     0.723
    """
    data = prepared(model, answers, weights)
    products = Products(data)
    found = products.all()
    one = checked(model, found, solve(model, found, scheme, consistent))
    items, paths = found.correlations[0], one.paths[0]
    pairs = quality.htmt_pairs(model)
    z = (data.values - found.means) / found.sds
    scores = pd.DataFrame(z @ (one.weights[0][:, None] * model.member), data.index, list(model.names))
    edges = pd.DataFrame(model.edges, columns=["from", "to"])
    estimates = [paths[model.number(start), model.number(end)] for start, end in model.edges]
    driven = np.isfinite(one.r_squared[0]) | model.adjacent.any(axis=0)
    return Result(
        model=model,
        paths=edges.assign(estimate=estimates),
        loadings=item_frame(model).assign(weight=one.weights[0], loading=one.loadings[0]),
        r_squared=pd.DataFrame({"estimate": one.r_squared[0]}, pd.Index(model.names, name="construct"))[
            driven
        ],
        reliability=quality.reliability(model, items, one.weights[0], one.loadings[0]),
        htmt=pair_frame(model, pairs).assign(estimate=one.htmt[0]),
        f_squared=quality.f_squared(model, one.constructs[0]),
        effects=effects(model, paths),
        correlations=pd.DataFrame(one.constructs[0], list(model.names), list(model.names)),
        scores=scores.reindex(answers.index),
        n=len(data),
        n_effective=data.n_effective,
        scheme=scheme,
        consistent=consistent,
        iterations=int(one.iterations[0]),
        problems=_problems(model, one),
    )


def prepared(model: Model, answers: pd.DataFrame, weights: pd.Series | None) -> Complete:
    """Those who answered every item of the model; as many as its largest equation needs."""
    causes = int(model.adjacent.sum(axis=0).max())
    formed = [len(items) for name, items in model.constructs.items() if model.modes[name] == "B"]
    least = max(causes, *formed, 2) + 2 if formed else max(causes, 2) + 2
    return complete(answers, model.items, weights, question=QUESTION, least=least)


def checked(model: Model, found: Moments, one: Solution) -> Solution:
    """The solution itself, where there is one; otherwise what stands in its way."""
    for name in model.names:
        if model.modes[name] == "B" and len(model.constructs[name]) > 1:
            places = model.places(name)
            if np.linalg.eigvalsh(found.correlations[0][np.ix_(places, places)])[0] <= SINGULAR:
                raise DomainError(
                    f"The items of {name} ({', '.join(model.constructs[name])}) repeat each other, so mode B cannot "
                    "tell their weights apart. Leave one of them out, or measure the construct in mode A."
                )
    r = one.constructs[0]
    if not np.isfinite(
        one.weights
    ).all():  # perhaps for what the scheme regresses on; this one does not regress
        r = outer(model, found.correlations, "factor").constructs[0]
    for end in np.flatnonzero(model.adjacent.sum(axis=0) > 1):
        causes = np.flatnonzero(model.adjacent[:, end])
        block = r[np.ix_(causes, causes)]
        if np.isfinite(block).all() and np.abs(np.linalg.eigvalsh(block)).min() <= SINGULAR:
            raise DomainError(
                f"The constructs that act on {model.names[end]} ({', '.join(model.names[i] for i in causes)}) repeat "
                "each other, so their paths cannot be told apart. Leave one of them out."
            )
    if not np.isfinite(one.weights).all():
        what = (
            f"did not settle within {MOST:,} iterations"
            if one.iterations[0] >= MOST
            else "cannot be found: the scores of two neighbours have nothing in common"
        )
        raise ConvergenceError(
            f"The weights of the path model {what}. The usual cause is a construct whose items hardly go together, or "
            "with hardly any relation to its neighbours. Look at the correlations of the items, try "
            'scheme="factor", or leave the construct out.'
        )
    return one


def item_frame(model: Model) -> pd.DataFrame:
    """Columns construct, item."""
    return pd.DataFrame({"construct": [model.names[j] for j in model.owner], "item": list(model.items)})


def pair_frame(model: Model, pairs: list[tuple[int, int]]) -> pd.DataFrame:
    """Columns first, second."""
    columns = {"first": [model.names[i] for i, _ in pairs], "second": [model.names[j] for _, j in pairs]}
    return pd.DataFrame(columns, dtype="str")


def _problems(model: Model, one: Solution) -> tuple[str, ...]:
    """What makes a solution inadmissible, in sentences."""
    said = []
    for j in np.flatnonzero(one.rho_a[0] <= 0):
        said.append(f"The reliability ρ_A of {model.names[j]} is {one.rho_a[0, j]:.3f}; it must be above 0.")
    r = one.constructs[0]
    for i, j in np.argwhere(np.triu(np.abs(r) > 1 + ROUNDING, 1)):
        said.append(
            f"The corrected correlation of {model.names[i]} and {model.names[j]} is {r[i, j]:.3f}, beyond 1: their "
            "items do not tell the two apart."
        )
    for k in np.flatnonzero(np.abs(one.loadings[0]) > 1 + ROUNDING):
        said.append(f"The corrected loading of {model.items[k]} is {one.loadings[0, k]:.3f}, beyond 1.")
    for j in np.flatnonzero(one.r_squared[0] > 1 + ROUNDING):
        said.append(f"R² of {model.names[j]} is {one.r_squared[0, j]:.3f}, above 1.")
    if not said and not one.admissible[0]:
        said.append(
            "The corrected correlations of the constructs contradict each other (their matrix has a negative "
            "eigenvalue), so paths and R² cannot be taken at face value."
        )
    return tuple(said)
