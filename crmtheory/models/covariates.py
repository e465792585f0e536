"""Time-invariant covariates: what is known of a customer besides the history changes how fast they buy and leave.

A covariate z multiplies the customer's purchase rate by e^(γz), and the rate of leaving likewise. A fit counts z from
its mean, so the parameters of the model are those of a customer whose covariates are average. In the Pareto/NBD that is
α e^(−γz) for buying and β e^(−γz) for leaving, in the BG/NBD a e^(γz) for leaving: the odds of the mean chance to leave
are multiplied by e^(γz). Source: Fader & Hardie 2007, "Incorporating time-invariant covariates into the Pareto/NBD and
BG/NBD models" (with b left as it is).

Each effect is reported as the factor e^γ per unit of z, like a hazard ratio: 1 is no effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from crmtheory.errors import ConvergenceError, SchemaError, unknown
from crmtheory.models.attrition import Attrition
from crmtheory.models.base import Param
from crmtheory.models.fit import Fit
from crmtheory.models.history import numeric_columns
from crmtheory.numerics import Array

SMALL = 0.01  # least standard deviation of a covariate: e^(3 / 0.01) per unit is about what a double can hold


class WithCovariates(Attrition):
    """An attrition model with covariates on buying, on leaving, or on both.

    Parameters
    ----------
    base : the model without covariates, such as ParetoNBD()
    buying, leaving : names of numeric columns of the summary (for categories make columns of 0 and 1)

    Raises
    ------
    SchemaError : the model has no such process, or a column is named twice

    >>> from crmtheory.models import ParetoNBD
    >>> WithCovariates(ParetoNBD(), buying=["online"]).params[-1].name
    'buying: online'
    """

    name: str  # type: ignore[misc]
    params: tuple[Param, ...]  # type: ignore[misc]
    columns: dict[str, str | None]  # type: ignore[misc]

    def __init__(self, base: Attrition, buying: Sequence[str] = (), leaving: Sequence[str] = ()) -> None:
        effects = [("buying", name) for name in buying] + [("leaving", name) for name in leaving]
        for process, names in (("buying", buying), ("leaving", leaving)):
            if isinstance(names, str):
                raise SchemaError(f'{process} takes a list of columns: {process}=["{names}"].')
            if names and not base.processes:
                raise SchemaError(
                    f"The {base.name} takes no covariates; NBD, BG/NBD, MBG/NBD and Pareto/NBD do."
                )
            if names and process not in base.processes:
                raise SchemaError(f"In the {base.name} nobody leaves, so no covariate can act on it.")
            if len(set(names)) < len(names):
                raise SchemaError(f"A covariate is named twice for {process}: {', '.join(names)}.")
        if not effects:
            raise SchemaError("Name at least one covariate for buying or leaving.")
        self.base, self.effects = base, tuple(effects)
        self.name = f"{base.name} with covariates"
        meaning = {"buying": "factor on the purchase rate", "leaving": "factor on the rate of leaving"}
        more = [Param(f"{process}: {name}", f"{meaning[process]} per unit") for process, name in effects]
        self.params = (*base.params, *more)
        self.covariates = tuple(dict.fromkeys(name for _, name in effects))
        self.columns = {**base.columns, **dict.fromkeys(self.covariates)}
        self.centre: dict[str, float] = dict.fromkeys(self.covariates, 0.0)

    def read(self, summary: pd.DataFrame) -> tuple[list[Array], NDArray[np.bool_]]:
        columns, usable = self.base.read(summary)
        for name in self.covariates:
            if name in summary.columns and not pd.api.types.is_numeric_dtype(summary[name]):
                raise SchemaError(
                    f'Covariate "{name}" must hold numbers, not {summary[name].dtype}. '
                    "For categories make columns of 0 and 1, as pandas.get_dummies does."
                )
        got = numeric_columns(summary, self.covariates)
        for name, values in got.items():
            wrong = ~np.isfinite(values)
            if wrong.any():
                first = summary.index[int(np.flatnonzero(wrong)[0])]
                raise SchemaError(
                    f'Covariate "{name}" is missing or infinite for {wrong.sum():,} of {len(values):,} customers, '
                    f"first: {first}. Fill it in, or leave these customers out."
                )
        return [*columns, *got.values()], usable

    def check(self, *rows: Array) -> None:
        self.base.check(*rows[:3])
        for name, values in zip(self.covariates, rows[3:], strict=True):
            if np.ptp(values) == 0:
                raise ConvergenceError(
                    f'Covariate "{name}" is {values[0]:g} for every customer, so its effect cannot be told. '
                    "Leave it out."
                )
            if values.std() < SMALL:
                raise ConvergenceError(
                    f'Covariate "{name}" differs between customers by {values.std():.2g} (standard deviation) only, so '
                    "its effect per unit is beyond what can be written. Give it in a smaller unit, such as thousandths."
                )

    def settled(self, rows: list[Array], weights: Array) -> WithCovariates:
        means = [float(np.average(z, weights=weights)) for z in rows[3:]]
        return self._at(dict(zip(self.covariates, means, strict=True)))

    def _at(self, centre: Mapping[str, float]) -> WithCovariates:
        """The same model with parameters that are those of a customer whose covariates have these values."""
        named = self.declaration()
        model = WithCovariates(self.base, named["buying"], named["leaving"])
        model.centre = dict(centre)
        return model

    def standardise(self, rows: list[Array], weights: Array) -> tuple[list[Array], Array]:
        factors, scaled = np.ones(len(self.params)), list(rows)
        for place, name in enumerate(self.covariates, start=3):
            gap = rows[place] - self.centre[name]
            sd = float(np.sqrt(np.average(gap**2, weights=weights)))
            scaled[place] = self.centre[name] + gap / sd
            for j, (_, other) in enumerate(self.effects, start=len(self.base.params)):
                if other == name:
                    factors[j] = 1 / sd
        return scaled, factors

    def _acts_on(self, process: str) -> tuple[int, float]:
        """Place and sign of the parameter that a process's covariates multiply."""
        name, sign = self.base.processes[process]
        return [param.name for param in self.base.params].index(name), sign

    def spread(self, theta: Array, *extra: Array) -> Array:
        """The base model's parameters of each customer, (k, n), from their covariates."""
        k = len(self.base.params)
        z = self._from_centre(extra)
        own = np.repeat(theta[:k, None], len(extra[0]), axis=1) if np.ndim(theta) == 1 else theta[:k].copy()
        for (process, name), factor in zip(self.effects, theta[k:], strict=True):
            i, sign = self._acts_on(process)
            own[i] *= np.exp(np.clip(sign * np.log(factor) * z[name], -300, 300))
        return own

    def _from_centre(self, extra: tuple[Array, ...]) -> dict[str, Array]:
        return {name: z - self.centre[name] for name, z in zip(self.covariates, extra, strict=True)}

    def loglik(self, theta: ArrayLike, x: Array, t_x: Array, T: Array, *extra: Array) -> Array:
        theta = np.asarray(theta, float)
        return self.base.loglik(self.spread(theta, *extra) if extra else self._own(theta), x, t_x, T)

    def loglik_and_score(
        self, theta: Array, x: Array, t_x: Array, T: Array, *extra: Array
    ) -> tuple[Array, Array]:
        z = self._from_centre(extra)
        loglik, score = self.base.loglik_and_score(self.spread(theta, *extra), x, t_x, T)
        more = []
        for process, name in self.effects:
            i, sign = self._acts_on(process)
            more.append(sign * z[name] * score[i])
        return loglik, np.stack([*score, *more])

    def _own(self, theta: ArrayLike) -> Array:
        """The base model's parameters: of each customer if spread, else of one whose covariates are the means."""
        return np.asarray(theta, float)[: len(self.base.params)]

    def p_alive(self, theta: ArrayLike, x: ArrayLike, t_x: ArrayLike, T: ArrayLike) -> Array:
        return self.base.p_alive(self._own(theta), x, t_x, T)

    def expected_alive(self, theta: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike) -> Array:
        return self.base.expected_alive(self._own(theta), t, x, T)

    def survival_alive(self, theta: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike) -> Array:
        return self.base.survival_alive(self._own(theta), t, x, T)

    def pmf_alive(self, theta: ArrayLike, y: ArrayLike, t: ArrayLike, x: ArrayLike, T: ArrayLike) -> Array:
        return self.base.pmf_alive(self._own(theta), y, t, x, T)

    def draw_alive(
        self, theta: ArrayLike, x: Array, T: Array, rng: np.random.Generator
    ) -> tuple[Array, Array, Array]:
        return self.base.draw_alive(self._own(theta), x, T, rng)

    def declaration(self) -> dict[str, Any]:
        """What makes this model again, by `from_declaration`."""
        named: dict[str, Any] = {"buying": [], "leaving": []}
        for process, name in self.effects:
            named[process].append(name)
        return {"base": self.base.name, **named, "centre": self.centre}

    @classmethod
    def from_declaration(cls, declaration: dict[str, Any], own: Sequence[Any] = ()) -> WithCovariates:
        """The model that gave this declaration; its base is one of the package or of `own` (bases, or models on them).

        SchemaError if there is no such base.
        """
        from crmtheory.models import ATTRITION  # the package imports this file

        bases = [model.base if isinstance(model, cls) else model for model in own]
        known = {**ATTRITION, **{base.name: base for base in bases}}
        name = declaration["base"]
        if name not in known:
            raise SchemaError(unknown("model", name, known))
        return cls(known[name], declaration["buying"], declaration["leaving"])._at(declaration["centre"])

    def __repr__(self) -> str:
        named = self.declaration()
        return f"WithCovariates({self.base!r}, buying={named['buying']}, leaving={named['leaving']})"


def likelihood_ratio(larger: Fit, smaller: Fit) -> pd.DataFrame:
    """Do the covariates that only the larger model has say anything? The likelihood-ratio test (Wilks 1938).

    Parameters
    ----------
    larger, smaller : fits to the same customers (a fit holds no data, so that they are the same is not checked); the
        smaller model has none, or some, of the larger one's covariates

    Returns
    -------
    one-row frame: statistic (twice the gain in log-likelihood), df, p_value

    Raises
    ------
    SchemaError : the models are not nested, or the fits are not to the same number of customers
    """
    if not isinstance(larger.model, WithCovariates):
        raise SchemaError(f"The larger model must have covariates, and {larger.model.name} has none.")
    inner = smaller.model
    base = inner.base if isinstance(inner, WithCovariates) else inner
    fewer = set(inner.effects) if isinstance(inner, WithCovariates) else set()
    if type(base) is not type(larger.model.base) or not fewer < set(larger.model.effects):
        raise SchemaError(
            f"The test compares a model with itself plus further covariates; {inner!r} is not contained in "
            f"{larger.model!r}."
        )
    if larger.n != smaller.n or larger.unit != smaller.unit:
        raise SchemaError(
            f"The fits are to {larger.n:,} and {smaller.n:,} customers (units {larger.unit}, {smaller.unit}). "
            'Fit both to the same summary. A join or merge forgets the unit: then say unit="week", say, when fitting.'
        )
    statistic = max(2 * (larger.loglik - smaller.loglik), 0.0)
    df = len(larger.theta) - len(smaller.theta)
    p_value = float(stats.chi2.sf(statistic, df))
    return pd.DataFrame([{"statistic": statistic, "df": df, "p_value": p_value}])
