"""Who only annoys and who delights: what bad and good ratings of a driver go with, against ratings in the middle.

Brandt (1988, J. Services Marketing 2(3), 35–41) puts two 0/1 columns for each driver into a regression of the outcome:
1 for a low rating (its coefficient p is the penalty), 1 for a high one (the reward r); the middle is what they are
compared with. A driver whose penalty is the larger can mainly annoy; one whose reward is the larger can delight.
The asymmetry is |p| − |r|, in units of the outcome.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import stats

from crmtheory.errors import DomainError, SchemaError
from crmtheory.numerics import Array
from crmtheory.survey.complete import checked_level
from crmtheory.survey.drivers.asked import checked_resamples
from crmtheory.survey.drivers.dummies import LEAST, Dummies, dummies, sandwich

ALIKE = 0.1  # an asymmetry surely within ± this counts as none, in units of the outcome


def penalty_reward(
    answers: pd.DataFrame,
    outcome: str,
    drivers: Sequence[str],
    rng: np.random.Generator,
    low_at: float | Mapping[str, float],
    high_at: float | Mapping[str, float],
    weights: pd.Series | None = None,
    resamples: int = 20_000,
    level: float = 0.95,
    missing: str = "category",
) -> pd.DataFrame:
    """Penalty, reward and their difference for each driver, all drivers in one (weighted) regression.

    Parameters
    ----------
    answers : frame, one row per respondent
    outcome, drivers : columns
    rng : draws the `resamples` errors from which the width of the simultaneous intervals is found
    low_at, high_at : ratings up to the first are low, ratings from the second are high, the others are the middle; a
        number, or one for each driver
    weights : on the same index; only their ratios matter
    level : of each interval of penalty and reward, and of all intervals of the asymmetry together
    missing : "category" (a rating not given is a category of its own, so that all who answered the outcome are used:
        hardly anybody rates everything) or "drop" (only those who rated all drivers)

    Returns
    -------
    frame, index driver: penalty (mean outcome at low ratings less that at middle ratings, other drivers held fixed;
    0 or less as a rule), penalty_low, penalty_high, reward, reward_low, reward_high, estimate (|penalty| − |reward|),
    low, high (all hold together with probability `level`), n_low, n_middle, n_high (respondents), kind ("annoys": low
    above 0, "delights": high below 0, "both alike": interval within ±0.1, else "unclear"; also where the sign is odd:
    a larger "penalty" above 0, or a larger "reward" below 0).
    A driver with fewer than 10 low, middle or high ratings is "unclear" without numbers. Such ratings stay in the
    regression where they are 10 or more.

    Raises
    ------
    SchemaError, DomainError : as `complete`; low_at not below high_at; no driver with 10 ratings of each kind; drivers
        rated low, middle and high by the same people

    Notes
    -----
    Errors are those of the HC3 sandwich. |p| − |r| has kinks where p or r is 0, so normal errors of it would be wrong
    for weak drivers. But with u = p − r and v = p + r it is max(min(u, v), min(−u, −v)), which never falls when one of
    the four terms rises. So intervals that hold together for u and v of all drivers give intervals for all |p| − |r|.
    Those are of the max-|t| kind: the quantile of the largest of correlated t variables (Hothorn, Bretz & Westfall
    2008, Biometrical Journal 50, 346–363). They err on the side of caution, since u matters only for weak drivers. The
    sandwich is preferred to a bootstrap, whose samples lose rare categories.

    >>> rng = np.random.default_rng(1)
    >>> food = rng.integers(1, 6, 400).astype(float)
    >>> overall = 4 - (food <= 2) + rng.normal(0, 0.3, 400)
    >>> answers = pd.DataFrame({"overall": overall, "food": food})
    >>> penalty_reward(answers, "overall", ["food"], rng, low_at=2, high_at=4)["kind"].to_dict()
    {'food': 'annoys'}
    """
    checked_level(level)
    question = "The penalty–reward contrast"
    checked_resamples(resamples, rng, question)
    if missing not in ("category", "drop"):
        raise SchemaError(f'{question}: missing is "category" or "drop", not "{missing}".')
    data = dummies(answers, outcome, drivers, low_at, high_at, weights, missing == "drop", question)
    judged = data.counts.min(axis=1) >= LEAST
    if not judged.any():
        raise DomainError(_too_few(data, question))
    fit = sandwich(data, judged, question)
    signs = np.kron(np.eye(int(judged.sum())), [[1.0, -1.0], [1.0, 1.0]])  # u and v of each driver in turn
    names = ["penalty", "reward"]
    numbers = pd.DataFrame(np.nan, index=pd.Index(data.drivers, name="driver"), columns=_NUMBERS)
    half = stats.t.ppf((1 + level) / 2, fit.freedom) * np.sqrt(np.diag(fit.covariance))
    for i, name in enumerate(names):
        beta, width = fit.beta[i::2], half[i::2]
        numbers.loc[judged, [name, f"{name}_low", f"{name}_high"]] = np.c_[beta, beta - width, beta + width]
    contrasts, spread = signs @ fit.beta, signs @ fit.covariance @ signs.T
    width = _largest_t(spread, fit.freedom, resamples, rng, level) * np.sqrt(np.diag(spread))
    u_low, v_low = (contrasts - width).reshape(-1, 2).T
    u_high, v_high = (contrasts + width).reshape(-1, 2).T
    low = np.maximum(np.minimum(u_low, v_low), np.minimum(-v_high, -u_high))
    high = np.maximum(np.minimum(u_high, v_high), np.minimum(-v_low, -u_low))
    estimate = np.abs(fit.beta[0::2]) - np.abs(fit.beta[1::2])
    numbers.loc[judged, ["estimate", "low", "high"]] = np.c_[estimate, low, high]
    counts = dict(zip(("n_low", "n_middle", "n_high"), data.counts.T, strict=True))
    return numbers.assign(**counts, kind=[_kind(row) for _, row in numbers.iterrows()])


def largest_asymmetry(table: pd.DataFrame) -> pd.DataFrame:
    """The driver whose penalty and reward differ most, either way.

    A low rating that goes with more of the outcome, or a high one with less, is neither penalty nor reward. Drivers
    whose larger side is of that kind are left out.

    Parameters
    ----------
    table : of `penalty_reward`

    Returns
    -------
    one-row frame: driver, estimate (largest | |penalty| − |reward| |), low, high, n (ratings of that driver). The
    interval is for the largest asymmetry, whichever driver has it: since all intervals in the table hold together, it
    is at least the largest distance of an interval from 0, and at most the largest end. The estimate is the largest of
    several uncertain numbers, so it tends to be too large; read the interval.

    Raises
    ------
    SchemaError : not such a table; DomainError : no driver in it has an asymmetry

    >>> table = pd.DataFrame({"estimate": [0.2, -0.5], "low": [0.1, -0.9], "high": [0.3, -0.1]}, index=["food", "art"])
    >>> largest_asymmetry(table.assign(penalty=[-0.4, -0.1], reward=[0.2, 0.6], n_low=20, n_middle=30,
    ...     n_high=40)).to_dict("records")
    [{'driver': 'art', 'estimate': 0.5, 'low': 0.1, 'high': 0.9, 'n': 90}]
    """
    needed = ("penalty", "reward", "estimate", "low", "high", "n_low", "n_middle", "n_high")
    absent = [name for name in needed if name not in table.columns]
    if absent:
        raise SchemaError(
            f"The largest asymmetry is looked up in a table of penalty_reward; {absent[0]} is missing."
        )
    known = table[table["estimate"].notna()]
    if known.empty:
        raise DomainError(
            f"None of the {len(table):,} drivers has an asymmetry: a driver needs {LEAST} low, {LEAST} middle and "
            f"{LEAST} high ratings. Ask more people, or set low_at and high_at (low_rating and high_rating in the "
            "chapter) so that all three occur."
        )
    strange = np.where(known["estimate"] > 0, known["penalty"] > 0, known["reward"] < 0)
    if strange.all():
        raise DomainError(
            f"With all {len(known):,} drivers a low rating goes with more of the outcome, or a high one with less. Are "
            "the items reversed?"
        )
    known = known[~strange]
    sizes = known["estimate"].abs()
    distance = np.maximum(np.maximum(known["low"], -known["high"]), 0.0)
    largest = known.iloc[int(sizes.argmax())]
    return pd.DataFrame(
        {
            "driver": [largest.name],
            "estimate": [float(sizes.max())],
            "low": [float(distance.max())],
            "high": [float(np.maximum(known["low"].abs(), known["high"].abs()).max())],
            "n": [int(largest[["n_low", "n_middle", "n_high"]].sum())],
        }
    )


_NUMBERS = [
    *("penalty", "penalty_low", "penalty_high", "reward", "reward_low", "reward_high"),
    *("estimate", "low", "high"),
]


def _kind(row: pd.Series) -> str:
    """What the interval says; who is happier where ratings are low is not annoyed, so signs count, too."""
    if row["low"] > 0:
        return "annoys" if row["penalty"] < 0 else "unclear"
    if row["high"] < 0:
        return "delights" if row["reward"] > 0 else "unclear"
    return "both alike" if row["low"] >= -ALIKE and row["high"] <= ALIKE else "unclear"


def _largest_t(spread: Array, freedom: int, resamples: int, rng: np.random.Generator, level: float) -> float:
    """The quantile of the largest |t| of variables correlated as `spread` (m, m) says, from random draws."""
    scale = np.sqrt(np.diag(spread))
    safe = np.where(scale > 0, scale, 1.0)
    values, vectors = np.linalg.eigh(spread / np.outer(safe, safe))
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    normal = rng.standard_normal((resamples, len(scale))) @ root.T
    chi = np.sqrt(rng.chisquare(freedom, resamples) / freedom)
    return float(np.quantile(np.abs(normal).max(axis=1) / chi, level))


def _too_few(data: Dummies, question: str) -> str:
    low, middle, high = data.counts[0]
    return (
        f"{question} needs {LEAST} low, {LEAST} middle and {LEAST} high ratings of a driver; none of the "
        f"{len(data.drivers):,} drivers has them. {data.drivers[0]} has {low:,} low, {middle:,} middle and {high:,} "
        "high. Set low_at and high_at (low_rating and high_rating in the chapter) so that all three occur, or ask more "
        "people."
    )
