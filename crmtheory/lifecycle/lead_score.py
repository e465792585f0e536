"""The lead score: how likely a prospect is to become a customer, by a logistic model that shows what it goes by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from crmtheory.errors import SchemaError
from crmtheory.lifecycle.design import Design, logistic, yes_no
from crmtheory.lifecycle.drivers import ratios
from crmtheory.models.history import possible_level
from crmtheory.numerics import Array

POINTS_TO_DOUBLE = 20.0  # the points that double the odds


@dataclass(frozen=True, repr=False, eq=False)
class LeadScore:
    """A fitted lead score; made by `fit_lead_score`.

    features : the columns it reads; n, events : what it was fitted to
    """

    design: Design
    names: tuple[str, ...]
    coefficients: Array
    covariance: Array
    n: int
    events: int

    @property
    def features(self) -> tuple[str, ...]:
        return self.design.columns

    def table(self, level: float = 0.95) -> pd.DataFrame:
        """What each feature adds: index driver; points (20 double the odds), ratio (of odds), low, high, p_value.

        Numbers count per standard deviation of the table learnt from, two-valued ones from the lower to the higher,
        levels against the most frequent one.
        """
        table = ratios(self.names, self.coefficients[1:], self.covariance[1:, 1:], possible_level(level))
        table.insert(0, "points", self.coefficients[1:] * POINTS_TO_DOUBLE / np.log(2))
        return table

    def score(self, frame: pd.DataFrame) -> pd.Series:
        """The probability to become a customer, on the frame's index.

        A level that was not there when the score was fitted counts as the most frequent one; see `unseen`.
        """
        chance = special.expit(self.design.matrix(frame).to_numpy() @ self.coefficients)
        return pd.Series(chance, index=frame.index, name="score")

    def unseen(self, frame: pd.DataFrame) -> pd.Series:
        """By column of text, how many rows have a level that was not there when the score was fitted."""
        return pd.Series(self.design.unseen(frame), name="unseen", dtype=int)

    def __repr__(self) -> str:
        return f"<LeadScore of {', '.join(self.features)}; {self.events:,} of {self.n:,} converted>"


def fit_lead_score(train: pd.DataFrame, outcome: str, features: Sequence[str]) -> LeadScore:
    """A logistic model of who becomes a customer.

    Numbers enter in standard deviations from their mean, which changes no score and makes ratios comparable; text by
    level against the most frequent level.

    Raises
    ------
    SchemaError : unknown columns, missing values; DomainError : one outcome only, a feature that never varies, features
        that determine each other; ConvergenceError : a feature that tells the outcome without error

    >>> rng = np.random.default_rng(1)
    >>> leads = pd.DataFrame({"visits": rng.poisson(3, 500)})
    >>> leads["bought"] = rng.random(500) < 0.05 + 0.1 * leads["visits"].clip(upper=8)
    >>> fit_lead_score(leads, "bought", ["visits"]).score(pd.DataFrame({"visits": [0, 6]})).round(1).tolist()
    [0.1, 0.7]
    """
    happened = yes_no(train, outcome)
    if outcome in features:
        raise SchemaError(f'"{outcome}" is the outcome and cannot be a feature. Take it out of features.')
    design = Design.learn(train, features)
    x = design.matrix(train)
    beta, covariance = logistic(x, happened)
    return LeadScore(design, tuple(x.columns[1:]), beta, covariance, len(x), int(happened.sum()))
