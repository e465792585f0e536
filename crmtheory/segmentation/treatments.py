"""From segment to action: what the theory advises for each class of value and activity, customer by customer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crmtheory.errors import SchemaError
from crmtheory.segmentation.activity import ACTIVITY
from crmtheory.segmentation.classes import best_first, checked, codes_of, matched, numbers
from crmtheory.segmentation.tiers import NAMES

ADVICE: dict[tuple[str, str], str] = {
    (
        "high",
        "active",
    ): "Name one person who answers them; thank them in person and offer new things to them first.",
    ("high", "silent"): "Call within a week, ask what has changed, and offer what they usually buy.",
    (
        "high",
        "churned",
    ): "Ask why they left and put it right; make one offer worth less than a year of their margin.",
    ("medium", "active"): "Suggest one further product that buyers like them take; offer membership.",
    ("medium", "silent"): "Send one reminder with what they bought last and an offer that ends in two weeks.",
    (
        "medium",
        "churned",
    ): "Write once with a reason to come back; stop if there is no answer within a month.",
    ("low", "active"): "Serve them through the shop and the help pages; welcome a first purchase once.",
    ("low", "silent"): "Keep them on the general mailing; spend nothing on them one by one.",
    ("low", "churned"): "Stop paid contact; delete their data when the law or their wish asks for it.",
}


def advice(table: Mapping[tuple[str, str], str] = ADVICE) -> pd.DataFrame:
    """The advice as a table: index value (the best first), columns active, silent, churned.

    >>> advice().loc["low", "silent"]
    'Keep them on the general mailing; spend nothing on them one by one.'
    """
    frame = pd.DataFrame({a: {v: table[v, a] for v in NAMES} for a in ACTIVITY})
    return frame.rename_axis(index="value", columns="activity")


def actions(
    value_class: pd.Series,
    activity: pd.Series,
    needs: pd.Series | None = None,
    values: pd.Series | None = None,
    columns: pd.DataFrame | None = None,
    table: Mapping[tuple[str, str], str] = ADVICE,
) -> pd.DataFrame:
    """What to do with each customer, the most valuable first: a list that a CRM system can import.

    Parameters
    ----------
    value_class : "high", "medium", "low", or any three ordered classes, such as A, B, C
    activity : "active", "silent", "churned"
    needs : need group of each customer, if known (see `groups`); customers without one keep it missing
    values : what to sort by, such as CLV; by default by value class, then by activity
    columns : further columns by customer, such as place or channel

    Returns
    -------
    frame by customer: segment ("high, active"), action, value_class, activity; then need, value and the further columns
    that were given. Customers who are equal in what is sorted by stay in the order of `value_class`.

    >>> value, activity = pd.Series({"甲": "low", "乙": "high"}), pd.Series({"甲": "silent", "乙": "active"})
    >>> actions(value, activity)["segment"].to_dict()
    {'乙': 'high, active', '甲': 'low, silent'}
    """
    tier = _named(checked(value_class, "value_class"))
    state = checked(
        matched(tier, activity, "activity", "Give one for every customer with a value class."), "activity"
    )
    wrong = ~state.isin(ACTIVITY).to_numpy()
    if wrong.any():
        raise SchemaError(
            f"activity is one of {', '.join(ACTIVITY)}; {wrong.sum():,} of {len(state):,} customers have another, "
            f"first {state.index[wrong][0]!r}: {state[wrong].iloc[0]!r}."
        )
    lacking = [cell for cell in ((v, a) for v in NAMES for a in ACTIVITY) if cell not in table]
    if lacking:
        raise SchemaError(
            f"The table of advice has no entry for {lacking[0]}. It needs one for each of 9 cells."
        )
    place = codes_of(tier, NAMES) * len(ACTIVITY) + codes_of(state, ACTIVITY)
    cells = [(v, a) for v in NAMES for a in ACTIVITY]
    frame = pd.DataFrame(
        {
            "segment": np.array([f"{v}, {a}" for v, a in cells], object)[place],
            "action": np.array([table[cell] for cell in cells], object)[place],
            "value_class": value_class,
            "activity": activity.reindex(tier.index),
        },
        index=tier.index,
    )
    by = pd.Series(-place, tier.index)
    if needs is not None:
        frame["need"] = matched(tier, needs, "needs", "Give a group, or a missing one, for every customer.")
    if values is not None:
        by = numbers(
            matched(tier, values, "values", "Give one for every customer with a value class."), "values"
        )
        frame["value"] = by
    if columns is not None:
        taken = [c for c in columns if c in frame]
        if taken:
            raise SchemaError(f'The column "{taken[0]}" is made here and cannot be given too. Rename it.')
        for name in columns:
            frame[name] = matched(tier, columns[name], "columns", "Give a row for every customer.")
    return frame.iloc[np.argsort(-by.to_numpy(), kind="stable")]


def _named(value_class: pd.Series) -> pd.Series:
    """The value classes as high, medium, low."""
    if value_class.isin(NAMES).all():
        return value_class
    names = best_first(value_class)
    is_ordered = isinstance(value_class.dtype, pd.CategoricalDtype) and value_class.cat.ordered
    if len(names) != len(NAMES) or not is_ordered:
        raise SchemaError(
            f"value_class is one of {', '.join(NAMES)}, or one of three ordered classes as `tiers` and `abc` make "
            f"them; found: {', '.join(map(str, names[:5]))}."
        )
    return value_class.map(dict(zip(names, NAMES, strict=True))).astype(object)
