"""A survey that was read: its answers, and what follows from them item by item and construct by construct."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.survey.items import Item
from crmtheory.survey.report import Report


@dataclass(frozen=True, repr=False, eq=False)
class Survey:
    """Answers that were read and checked. Made by `read`; every method leaves them as they are.

    Attributes
    ----------
    answers
        one row per respondent (the index), one float column per item; NaN where nothing was said, where the
        answer was "don't know", or where it was set aside. Reversed items are turned round already.
    weights
        Series on the same index, as given, or None
    kept
        frame on the same index: the further columns that were carried along
    rejected
        one row per answer set aside: respondent, row (1 is the first row of data), item, value (as written),
        reason
    report
        what was read and what was set aside, item by item
    items, constructs, labels
        what was said of the items; the items of each construct; the labels of items and constructs, as given
    """

    answers: pd.DataFrame
    weights: pd.Series | None
    kept: pd.DataFrame
    rejected: pd.DataFrame
    report: Report
    items: tuple[Item, ...]
    constructs: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, str]

    def __repr__(self) -> str:
        r = self.report
        parts = [f"{r.respondents:,} respondents", f"{r.items:,} items", f"{r.answered:,} answers"]
        parts += [f"{r.rejected:,} set aside"] if r.rejected else []
        parts += ["weighted"] if self.weights is not None else []
        return f"Survey({r.source}: {', '.join(parts)})"

    def codebook(self) -> pd.DataFrame:
        """What each item is, and how it was answered.

        Returns
        -------
        frame
            index `item`, in the order asked for: label (the item's own name where none was given), construct
            (several are joined by a comma), low and high (the scale), reversed, n (answers), mean and sd (on
            the scale, after turning round), missing (respondents - n).

        Notes
        -----
        With weights w the mean is Σwx / Σw over those who answered: a respondent of weight 3 counts like three
        rows. The variance is Σw(x - mean)² / Σw · n / (n - 1), where n counts the answers with a weight above
        0: it does not change with the unit of the weights, and with equal weights it is the usual one. Survey
        weights are not counts, so weight 3 does not add two respondents to n.
        """
        weights = np.ones(len(self.answers)) if self.weights is None else self.weights.to_numpy()
        rows = []
        for item in self.items:
            values = self.answers[item.name].to_numpy()
            said = ~np.isnan(values)
            mean, sd = _moments(values[said], weights[said])
            rows.append(
                {
                    "item": item.name,
                    "label": item.label,
                    "construct": ", ".join(item.constructs),
                    "low": item.low,
                    "high": item.high,
                    "reversed": item.reversed,
                    "n": int(said.sum()),
                    "mean": mean,
                    "sd": sd,
                    "missing": int((~said).sum()),
                }
            )
        return pd.DataFrame(rows).set_index("item")

    def scores(self, construct: str | None = None) -> pd.DataFrame | pd.Series:
        """The mean of a construct's items for each respondent, on the scale of the items.

        A respondent has a score when at least half of the items are answered; otherwise it is missing.
        Weights play no part: a score belongs to one person.

        Parameters
        ----------
        construct
            one construct (the answer is a Series), or None for all (a frame, one column each)

        Raises
        ------
        SchemaError : no constructs were named, or not this one
        DomainError : the items of a construct are on different scales, so that their mean means nothing
        """
        if not self.constructs:
            raise SchemaError(
                'This survey has no constructs. Pass constructs={"name": ["item", …]} to survey.read.'
            )
        if construct is not None:
            if construct not in self.constructs:
                raise SchemaError(unknown("construct", construct, self.constructs))
            return self._score(construct)
        return pd.DataFrame({name: self._score(name) for name in self.constructs}, index=self.answers.index)

    def _score(self, construct: str) -> pd.Series:
        members = self.constructs[construct]
        scales: dict[tuple[float, float], str] = {}
        for item in self.items:
            if item.name in members:
                scales.setdefault((item.low, item.high), item.name)
        if len(scales) > 1:
            found = ", ".join(f"{name} {low:g} to {high:g}" for (low, high), name in scales.items())
            raise DomainError(
                f'The construct "{construct}" has no mean: its items are on different scales ({found}). '
                "Put items of one scale together."
            )
        answers = self.answers[list(members)]
        enough = answers.notna().sum(axis=1) * 2 >= len(members)
        return answers.mean(axis=1).where(enough).rename(construct)


def _moments(values: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Weighted mean and standard deviation. Taken from the first value, so that constants stay exact."""
    values, weights = values[weights > 0], weights[weights > 0]
    if not values.size:
        return np.nan, np.nan
    share = weights / weights.max()
    share = share / share.sum()
    mean = values[0] + share @ (values - values[0])
    if values.size == 1:
        return float(mean), np.nan
    return float(mean), float(np.sqrt(share @ (values - mean) ** 2 * values.size / (values.size - 1)))
