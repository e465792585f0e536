"""Prospects: who of those contacted becomes a customer, and can the likely ones be found beforehand?

A *lead score* is the probability of a transparent logistic model. What it may learn from is decided by one question: is
it known before the contact? Two kinds of column are not:

- what comes out of the contact itself. A long call is a call that is going well: `duration` in the bank's table tells
  the outcome because it is part of it, and nobody knows it when choosing whom to call.
- the calendar. `day` and `month` describe when the bank called, not whom. Over two and a half years each month was met
  two or three times, under different campaigns, so a month stands for what was done then and not for a season.

`BANK_FEATURES` are the other columns, chosen by this rule alone and not by how well they do. One of them needs a word:
`contact` was not recorded (unknown) in the first two months, so this level is partly a date. Without the column the
score does better in time (area 0.72, not 0.70); that was seen only afterwards and is no reason to leave it out.

And it is judged on later contacts than those it learnt from, as in use. Rows split at random lie on the same days on
both sides, so the model is examined on the market it has already seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crmtheory import holdout
from crmtheory.concentration import captured
from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.evaluation.auc import auc
from crmtheory.lifecycle.design import yes_no
from crmtheory.lifecycle.lead_score import LeadScore, fit_lead_score
from crmtheory.models.history import numeric_columns
from crmtheory.numerics import Array

Whole = NDArray[np.int64]

__all__ = [
    "BANK_FEATURES",
    "LeadScore",
    "by_attempt",
    "conversion",
    "fit_lead_score",
    "judged_in_time",
    "lift_table",
    "score_calibration",
]

BANK_FEATURES = (
    *("age", "job", "marital", "education", "default", "balance", "housing", "loan"),  # the client
    *("contact", "campaign", "pdays", "previous", "poutcome"),  # the channel, and the contacts so far
)


def conversion(
    contacts: pd.DataFrame, by: str, outcome: str, most: int = 6, level: float = 0.95
) -> pd.DataFrame:
    """The share that became customers, by channel, by number of contacts, or by any other column.

    Whole numbers of 0 or more with a median below `most` are counts: 1, 2, … and "6+". Other numbers go in fifths of
    about equal size. Text goes by its own order where it is an ordered category, else by size, largest first.

    By the number of contacts it is the share among those whose *last* contact was that one: a customer who says yes is
    not asked again. For the chance that one more contact succeeds see `by_attempt`.

    Parameters
    ----------
    contacts : one row a person contacted; outcome : column with 1 for who became a customer, else 0

    Returns
    -------
    frame, index `by` (text): contacts, converted, share, low, high (Wilson)

    Raises
    ------
    SchemaError : an unknown column, or an outcome other than 1 and 0

    >>> frame = pd.DataFrame({"calls": [1, 1, 2, 9], "bought": [1, 0, 1, 0]})
    >>> conversion(frame, "calls", "bought")[["contacts", "converted", "share"]].to_dict("index")
    {'1': {'contacts': 2, 'converted': 1, 'share': 0.5}, '2': {'contacts': 1, 'converted': 1, 'share': 1.0},
    '6+': {'contacts': 1, 'converted': 0, 'share': 0.0}}
    """
    converted = yes_no(contacts, outcome)
    if by not in contacts.columns:
        raise SchemaError(unknown("column", by, map(str, contacts.columns)))
    code, names = _grouped(contacts[by], most)
    size = np.bincount(code, minlength=len(names)).astype(np.int64)
    won = np.bincount(code, converted, len(names)).astype(float)
    return _shares(won, size, pd.Index(names, name=by), level)


def by_attempt(
    contacts: pd.DataFrame, attempts: str, outcome: str, most: int = 6, level: float = 0.95
) -> pd.DataFrame:
    """The chance that the k-th contact succeeds, among all who were contacted at least k times.

    Parameters
    ----------
    contacts : one row a person, with the number of contacts made until the person said yes or was given up
    attempts : the column with this number, 1 or more

    Returns
    -------
    frame, index attempt (1, …, `most`): contacts (people contacted at least so often), converted (at this contact),
    share, low, high (Wilson)

    >>> frame = pd.DataFrame({"calls": [1, 1, 2, 2], "bought": [1, 0, 1, 0]})
    >>> by_attempt(frame, "calls", "bought", most=2)["share"].tolist()
    [0.25, 0.5]
    """
    converted = yes_no(contacts, outcome)
    made = numeric_columns(contacts, (attempts,))[attempts]
    wrong = ~((made >= 1) & (made == np.round(made)))
    if wrong.any():
        raise SchemaError(
            f'Column "{attempts}" must count contacts, 1 or more: {wrong.sum():,} of {len(made):,} values do not, '
            f"first: {contacts.index[int(np.flatnonzero(wrong)[0])]}. Leave out those who were not contacted."
        )
    steps = np.arange(1, most + 1)
    asked = np.array([(made >= k).sum() for k in steps])
    won = np.array([converted[made == k].sum() for k in steps])
    return _shares(won, asked, pd.Index(steps, name="attempt"), level)


def judged_in_time(
    contacts: pd.DataFrame,
    outcome: str,
    features: Sequence[str],
    rng: np.random.Generator,
    share: float = 0.7,
    leak: str | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """How well a lead score does on later contacts, and how well it would seem to do if judged carelessly.

    Parameters
    ----------
    contacts : one row a contact, in the order in which they were made; share : the first part, which it learns from
    rng : draws the random split, of the same sizes
    leak : a column known only after the contact, to show what including it would feign

    Returns
    -------
    frame: split ("in time", "random" and, with a leak, "in time, with duration"), auc, low, high (DeLong), n, events
    (contacts judged, converted among them), unseen (contacts judged with a level that was not there before)

    Raises
    ------
    DomainError : a share that leaves fewer than two contacts to judge; otherwise as `fit_lead_score` and `auc`

    >>> rng = np.random.default_rng(1)
    >>> leads = pd.DataFrame({"visits": rng.poisson(3, 900)})
    >>> leads["bought"] = rng.random(900) < 0.05 + 0.1 * leads["visits"].clip(upper=8)
    >>> judged_in_time(leads, "bought", ["visits"], rng)["split"].tolist()
    ['in time', 'random']
    """
    n = len(contacts)
    cut = int(share * n) if 0 < share < 1 else n
    if n - cut < 2 or cut < 2:
        raise DomainError(
            f"A share of {share:g} of {n:,} contacts leaves too few to learn from or to judge. Take one such as 0.7."
        )
    order = np.arange(n)
    splits = {"in time": (order, list(features)), "random": (rng.permutation(n), list(features))}
    if leak is not None:
        splits[f"in time, with {leak}"] = (order, [*features, leak])
    rows = []
    for name, (rows_in_order, columns) in splits.items():
        train, later = contacts.iloc[rows_in_order[:cut]], contacts.iloc[rows_in_order[cut:]]
        lead = fit_lead_score(train, outcome, columns)
        found = auc(lead.score(later), later[outcome].astype(float), level).rename(
            columns={"estimate": "auc"}
        )
        rows.append({"split": name, **found.iloc[0].to_dict(), "unseen": int(lead.unseen(later).sum())})
    return pd.DataFrame(rows).astype({"n": int, "events": int})


def score_calibration(
    lead: LeadScore, contacts: pd.DataFrame, outcome: str, groups: int = 10, level: float = 0.95
) -> pd.DataFrame:
    """Whether of those scored 20 % some 20 % convert: tenths by score, on contacts the score has not seen.

    Returns
    -------
    frame, index group (1 = lowest score): customers, predicted, actual, low, high

    >>> leads = pd.DataFrame({"visits": [0, 1, 2, 3] * 25, "bought": [0, 0, 1, 0, 0, 1, 0, 1, 0, 0] * 10})
    >>> score_calibration(fit_lead_score(leads, "bought", ["visits"]), leads, "bought", groups=2)["customers"].tolist()
    [50, 50]
    """
    actual = pd.Series(yes_no(contacts, outcome), index=contacts.index)
    return holdout.calibration(lead.score(contacts), actual, groups, level)


def lift_table(
    score: pd.Series,
    happened: pd.Series,
    shares: Sequence[float] = (0.1, 0.2, 0.3, 0.5, 1.0),
    level: float = 0.95,
) -> pd.DataFrame:
    """What contacting only the best-scored part brings.

    Contacts with equal scores at the cut belong to the best part in part, each the same part.

    Returns
    -------
    frame, index share (of contacts): contacts, converted (both may be fractions where scores tie), rate, low, high
    (Wilson), lift (rate over that of all), captured (part of all conversions)

    Raises
    ------
    SchemaError : score and outcome not on the same contacts; DomainError : nobody converted, a share outside (0, 1]

    >>> lift_table(pd.Series([4, 3, 2, 1]), pd.Series([1, 1, 0, 0]), [0.5, 1.0])["lift"].tolist()
    [2.0, 1.0]
    """
    if not score.index.equals(happened.index):
        raise SchemaError("Score and outcome must be on the same contacts: score.reindex(happened.index).")
    base = float(auc(score, happened, level)["events"].iloc[0]) / len(score)  # with its checks of both
    values, won = score.to_numpy(float), happened.to_numpy(float)
    rows = {}
    for share in shares:
        if not 0 < share <= 1:
            raise DomainError(f"A share lies above 0 and up to 1, not {share}. For 10 % give 0.1.")
        size, part = share * len(values), captured(values, won, share)
        converted = part * won.sum()
        low, high = holdout.wilson(converted, size, level)
        rate = converted / size
        row = {"contacts": size, "converted": converted, "rate": rate, "low": float(low), "high": float(high)}
        rows[share] = row | {"lift": rate / base, "captured": part}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("share")


def _shares(won: Array, size: Whole, index: pd.Index, level: float) -> pd.DataFrame:
    low, high = holdout.wilson(won, size, level)
    table = {"contacts": size.astype(np.int64), "converted": won.astype(np.int64)}
    share = won / np.where(size > 0, size, np.nan)
    return pd.DataFrame(table | {"share": share, "low": low, "high": high}, index=index)


def _grouped(values: pd.Series, most: int) -> tuple[Whole, list[str]]:
    """The group of each row and the names of the groups in their order; gaps are a last group of their own."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        code, names = values.cat.codes.to_numpy(), [str(name) for name in values.cat.categories]
    elif pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        code, names = _number_groups(values.to_numpy(float, na_value=np.nan), most)
    else:
        text = values.astype(str).where(values.notna())
        count = text.value_counts()
        names = sorted(count.index, key=lambda name: (-count[name], name))
        code = pd.Index(names, dtype=object).get_indexer(pd.Index(text, dtype=object))
    gaps = code < 0
    code, names = np.where(gaps, len(names), code), names + ["(blank)"] * bool(gaps.any())
    used, code = np.unique(code, return_inverse=True)
    return code.astype(np.int64), [names[k] for k in used]


def _number_groups(v: Array, most: int) -> tuple[Whole, list[str]]:
    known = v[np.isfinite(v)]
    if not len(known):
        return np.full(len(v), -1, dtype=np.int64), []
    if (known >= 0).all() and (known == np.round(known)).all() and np.median(known) < most:
        code = np.where(np.isfinite(v), np.minimum(v, most), -1).astype(np.int64)
        return code, [*map(str, range(most)), f"{most}+"]
    edges = np.unique(np.quantile(known, [0.2, 0.4, 0.6, 0.8], method="inverted_cdf"))
    group = np.searchsorted(edges, known)  # up to and with the edge: equal numbers stay together
    code = np.full(len(v), -1, dtype=np.int64)
    code[np.isfinite(v)] = group
    parts = [known[group == k] for k in range(len(edges) + 1)]
    return code, [f"{part.min():g} to {part.max():g}" if len(part) else "" for part in parts]
