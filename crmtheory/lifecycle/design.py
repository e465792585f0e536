"""The design matrix that the lifecycle's models share, and the logistic fit with errors that name the column.

A number with two values becomes 0/1 (the higher is 1), another number its distance from the mean in standard deviations
(or stays as it is), text one 0/1 column a level against the *base*, the most frequent level. What is learnt from one
table can be applied to another; a level that was not there becomes the base and is counted.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import linalg

from crmtheory.errors import ConvergenceError, DomainError, SchemaError, unknown
from crmtheory.numerics import Array

MOST_LEVELS = 50  # more are an identifier or free text rather than a driver


@dataclass(frozen=True)
class Design:
    """How columns become numbers; made by `Design.learn`.

    numbers : column → (centre, scale): the number less its centre, over its scale
    pairs : columns of numbers with two values → (lower, higher)
    levels : columns of text → levels, the base first
    """

    columns: tuple[str, ...]
    numbers: Mapping[str, tuple[float, float]]
    pairs: Mapping[str, tuple[float, float]]
    levels: Mapping[str, tuple[str, ...]]

    @classmethod
    def learn(cls, frame: pd.DataFrame, columns: Sequence[str], standardise: bool = True) -> Design:
        """Means, deviations and levels of the columns.

        Raises
        ------
        SchemaError : an unknown column, one named twice, missing values, dates, too many levels
        DomainError : a column that never varies

        >>> learnt = Design.learn(pd.DataFrame({"area": ["N", "S", "N"], "age": [20, 30, 40]}), ["area", "age"])
        >>> learnt.matrix(pd.DataFrame({"area": ["S", "W"], "age": [30, 50]})).to_dict("list")
        {'(constant)': [1.0, 1.0], 'area: S': [1.0, 0.0], 'age': [0.0, 2.0]}
        """
        if isinstance(columns, str) or not len(columns) or len(set(columns)) < len(columns):
            raise SchemaError(f"A list of different columns was expected, not {columns!r}.")
        numbers: dict[str, tuple[float, float]] = {}
        pairs: dict[str, tuple[float, float]] = {}
        levels: dict[str, tuple[str, ...]] = {}
        for column in columns:
            values = _column(frame, column)
            different = values.unique()
            if not len(values):
                raise SchemaError("The table has no rows. Check the filter before it.")
            if len(different) < 2:
                raise DomainError(
                    f'Column "{column}" has the same value for all {len(values):,} customers, so nothing can be said '
                    "about it. Leave it out."
                )
            if values.dtype == object:
                if len(different) > MOST_LEVELS:
                    raise SchemaError(
                        f'Column "{column}" has {len(different):,} different texts, more than {MOST_LEVELS}. An '
                        "identifier is no driver: leave it out, or group it."
                    )
                count = values.value_counts()
                levels[column] = tuple(sorted(count.index, key=lambda name: (-count[name], name)))
            elif len(different) == 2:
                pairs[column] = (float(min(different)), float(max(different)))
            else:
                numbers[column] = (float(values.mean()), float(values.std())) if standardise else (0.0, 1.0)
        return cls(tuple(columns), numbers, pairs, levels)

    def matrix(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The design matrix on the frame's index: a first column of ones, then the columns in their order."""
        parts: dict[str, Array] = {"(constant)": np.ones(len(frame))}
        for column in self.columns:
            values = _column(frame, column)
            if column in self.levels:
                codes = pd.Index(self.levels[column]).get_indexer(pd.Index(values))  # −1: not there before
                for k, name in enumerate(self.levels[column][1:], start=1):
                    parts[f"{column}: {name}"] = (codes == k).astype(float)
                continue
            if values.dtype == object:
                raise SchemaError(
                    f'Column "{column}" held numbers when the model was fitted, and now holds text.'
                )
            low, high = self.pairs.get(column, (0.0, 0.0))
            centre, scale = (low, high - low) if high > low else self.numbers[column]
            parts[column] = (values.to_numpy(float) - centre) / scale
        return pd.DataFrame(parts, index=frame.index)

    def unseen(self, frame: pd.DataFrame) -> dict[str, int]:
        """By column of text, the rows whose level was not there when it was learnt."""
        return {
            column: int((~_column(frame, column).isin(levels)).sum())
            for column, levels in self.levels.items()
        }

    def rivals(self, j: int) -> list[int]:
        """The places in the matrix that are 0 or 1 together with place j, itself included; none for a number."""
        place = 1
        for column in self.columns:
            width = len(self.levels[column]) - 1 if column in self.levels else 1
            if place <= j < place + width:
                return [] if column in self.numbers else list(range(place, place + width))
            place += width
        raise IndexError(j)


YES_NO = {"yes": 1, "no": 0, "true": 1, "false": 0, "y": 1, "n": 0, "是": 1, "否": 0, "1": 1, "0": 0}


def yes_no(frame: pd.DataFrame, column: str) -> Array:
    """A column of 1 and 0, True and False or yes and no as floats; SchemaError else."""
    values = _column(frame, column)
    if not pd.api.types.is_numeric_dtype(values):
        values = values.astype(str).str.strip().str.lower().map(YES_NO)
    wrong = ~values.isin([0, 1])
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise SchemaError(
            f'Column "{column}" must be 1 for yes and 0 for no: {wrong.sum():,} of {len(wrong):,} values are neither, '
            f'first: {frame.index[first]} ("{frame[column].iloc[first]}"). Write 1 and 0, or yes and no, in the file.'
        )
    return values.to_numpy(float)


def logistic(x: pd.DataFrame, happened: Array) -> tuple[Array, Array]:
    """Maximum-likelihood coefficients of a logistic model and their covariance.

    Raises
    ------
    DomainError : one outcome only, too few rows, columns that determine each other (named)
    ConvergenceError : some column tells the outcome without error (perfect separation; named)
    """
    if happened.all() or not happened.any():
        whom = "all" if happened.all() else "none"
        raise DomainError(
            f"It happened to {whom} of the {len(happened):,} customers, so nothing can drive it. "
            "Take more customers, or another period."
        )
    independent(x)
    _separated(x, happened == 1)
    from statsmodels.discrete.discrete_model import Logit  # slow to import

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they warn of is judged below
        try:
            fit = Logit(happened, x.to_numpy()).fit(method="newton", maxiter=50, disp=0, skip_hessian=False)
            beta, covariance = np.asarray(fit.params), np.asarray(fit.cov_params())
            good = bool(fit.mle_retvals["converged"]) and np.all(np.abs(beta[1:]) < 25 * _reach(x))
        except np.linalg.LinAlgError:
            beta, covariance, good = np.zeros(x.shape[1]), np.full((x.shape[1],) * 2, np.nan), False
    if not good or not np.isfinite(covariance).all():
        largest = x.columns[1:][int(np.argmax(np.abs(beta[1:] / _reach(x))))]
        raise ConvergenceError(
            "The columns together tell without error who belongs where (perfect separation), so no finite ratio fits. "
            f'Leave out columns, "{largest}" first, or merge rare levels.'
        )
    return beta, covariance


def independent(x: pd.DataFrame) -> None:
    """DomainError when there are fewer rows than columns, or a column is a linear combination of others (named)."""
    if len(x) <= x.shape[1]:
        raise DomainError(
            f"{len(x):,} customers are too few for {x.shape[1]:,} coefficients, the constant included. "
            "Take more customers, or fewer drivers."
        )
    scaled = x.to_numpy() / np.sqrt((x.to_numpy() ** 2).sum(axis=0))
    triangle = np.asarray(np.linalg.qr(scaled, mode="r"))
    _, pivoted, order = linalg.qr(triangle, pivoting=True)
    rank = int((np.abs(np.diag(pivoted)) > 1e-9).sum())
    if rank < x.shape[1]:
        extra, kept = order[rank], order[:rank]
        weight = np.linalg.lstsq(triangle[:, kept], triangle[:, extra], rcond=None)[0]
        involved = sorted([int(extra), *(int(k) for k in kept[np.abs(weight) > 1e-7])])
        names = ", ".join(f'"{x.columns[k]}"' for k in involved if k > 0)
        raise DomainError(
            f"These columns determine each other, so their parts cannot be told apart: {names}. Leave one of them out."
        )


def _separated(x: pd.DataFrame, event: NDArray[np.bool_]) -> None:
    """ConvergenceError for a column that alone tells some or all outcomes without error."""
    for name in x.columns[1:]:
        values = x[name].to_numpy()
        yes, no = values[event], values[~event]
        two = np.isin(values, (0.0, 1.0)).all()
        for side in (1.0, 0.0) if two else ():
            if min((yes == side).sum(), (no == side).sum()) == 0:
                which = f'with "{name}"' if side else f'without "{name}"'
                raise ConvergenceError(
                    f"All {(values == side).sum():,} customers {which} have the same outcome, so no finite ratio fits "
                    "(perfect separation). Leave the column out, or merge its levels."
                )
        if not two and (yes.min() >= no.max() or yes.max() <= no.min()):
            raise ConvergenceError(
                f'"{name}" tells without error who belongs where (perfect separation), so no finite ratio fits. Was it '
                "known beforehand? Leave it out."
            )


def _reach(x: pd.DataFrame) -> Array:
    """One over the standard deviation of each column, to put coefficients on one scale."""
    return 1 / x.to_numpy()[:, 1:].std(axis=0)


def _column(frame: pd.DataFrame, column: str) -> pd.Series:
    """A column as floats, or as texts (dtype object); SchemaError where it is neither or has gaps."""
    if column not in frame.columns:
        raise SchemaError(unknown("column", column, map(str, frame.columns)))
    values = frame[column]
    number = pd.api.types.is_numeric_dtype(values)
    gaps = values.isna() | (np.isinf(values.to_numpy(float, na_value=np.nan)) if number else False)
    if gaps.any():
        raise SchemaError(
            f'Column "{column}" is missing or infinite for {gaps.sum():,} of {len(values):,} customers, first: '
            f'{frame.index[int(np.flatnonzero(gaps)[0])]}. Fill it, for text with a level such as "unknown", or '
            "leave these customers out."
        )
    if number:
        return values.astype(float)
    if pd.api.types.is_datetime64_any_dtype(values) or pd.api.types.is_timedelta64_dtype(values):
        raise SchemaError(
            f'Column "{column}" holds dates. Turn it into a number first, such as days until a day.'
        )
    return values.astype(str).astype(object)
