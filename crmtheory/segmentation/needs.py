"""Groups by need (需求分类): do customers fall into groups with like answers, and are the groups there at all?

k-means always finds k groups, also in data without any. So the groups are put to the test: cluster bootstrap samples,
assign all customers by each, and compare with the groups of the full data by the adjusted Rand index (Hubert & Arabie
1985): 1 for the same groups, 0 for what chance gives. The idea is that of Hennig (2007, Comput. Stat. Data Anal. 52,
258–271) and Dolnicar & Leisch (2010, Marketing Letters 21, 83–101). `no_groups` says what the index is on data with the
same columns but no groups; a stability that is no better shows nothing.

Rows are put in a fixed order before anything is drawn, so the order of the customers changes no result.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.numerics import Array
from crmtheory.segmentation.classes import CODES, checked_level

METHODS = ("k-means", "mixture")
STARTS = 10  # random starts of each clustering, the best of which counts
SMALL = 50_000  # customers up to which one thread is faster than several, which would wait for each other
SEEN = 5_000  # customers from whom the silhouette is computed; it needs all pairs


def candidates(
    answers: pd.DataFrame,
    rng: np.random.Generator,
    clusters: Iterable[int] = range(2, 9),
    *,
    methods: Iterable[str] = METHODS,
    missing: str = "refuse",
) -> pd.DataFrame:
    """Criteria for the number of groups.

    Parameters
    ----------
    answers : numbers or yes/no, one row a customer; columns on comparable scales, as distances add them up
    clusters : numbers of groups to try; methods : "k-means", "mixture" (normal, diagonal covariance)
    missing : "refuse" rows with missing answers, or "drop" them

    Returns
    -------
    frame: clusters, method, silhouette (Rousseeuw 1987; from at most 5,000 customers), calinski_harabasz, bic (mixture
    only; the smaller the better; of little meaning for yes/no answers, which are not normal), inertia (k-means only)

    Raises
    ------
    SchemaError : text columns, missing answers; DomainError : fewer distinct rows than groups
    """
    from sklearn.metrics import calinski_harabasz_score, silhouette_score

    x, _ = _sorted(answers, missing)
    tried, rows = [int(k) for k in clusters], []
    for method in methods:
        for k in tried:
            model, labels = _fitted(x, k, method, rng)
            several = len(np.unique(labels)) > 1
            pick = np.arange(len(x)) if len(x) <= SEEN else np.sort(rng.choice(len(x), SEEN, replace=False))
            seen = len(np.unique(labels[pick]))
            rows.append(
                {
                    "clusters": k,
                    "method": method,
                    "silhouette": float(silhouette_score(x[pick], labels[pick]))
                    if 1 < seen < len(pick)
                    else np.nan,
                    "calinski_harabasz": float(calinski_harabasz_score(x, labels))
                    if several and len(np.unique(labels)) < len(x)
                    else np.nan,
                    "bic": float(model.bic(x)) if method == "mixture" else np.nan,
                    "inertia": float(model.inertia_) if method == "k-means" else np.nan,
                }
            )
    return pd.DataFrame(rows)


def stability(
    answers: pd.DataFrame,
    clusters: int | Iterable[int],
    method: str,
    rng: np.random.Generator,
    *,
    resamples: int = 50,
    level: float = 0.95,
    missing: str = "refuse",
) -> pd.DataFrame:
    """How far the groups come back when other customers are drawn.

    Returns
    -------
    frame, one row per number of groups: clusters, method, ari (mean adjusted Rand index against the groups of the full
    data), low, high (percentiles of the resamples: where the index of another sample would lie), resamples
    """
    x, _ = _sorted(answers, missing)
    ks = [clusters] if isinstance(clusters, int | np.integer) else list(clusters)
    rows = [_row(k, method, _indices(x, int(k), method, rng, resamples), level) for k in ks]
    return pd.DataFrame(rows)


def no_groups(
    answers: pd.DataFrame,
    clusters: int | Iterable[int],
    method: str,
    rng: np.random.Generator,
    *,
    resamples: int = 50,
    worlds: int = 5,
    level: float = 0.95,
    missing: str = "refuse",
) -> pd.DataFrame:
    """The stability of data with the same columns and no groups, to compare with.

    Each column is shuffled on its own: the answers to every question stay as they are, what goes together is lost. The
    resamples are spread over several such worlds.

    Returns
    -------
    frame as of `stability`
    """
    x, _ = _sorted(answers, missing)
    ks = [clusters] if isinstance(clusters, int | np.integer) else list(clusters)
    each, rows = -(-resamples // worlds), []
    for k in ks:
        draws = [_indices(rng.permuted(x, axis=0), int(k), method, rng, each) for _ in range(worlds)]
        rows.append(_row(k, method, np.concatenate(draws), level))
    return pd.DataFrame(rows)


def choose(stabilities: pd.DataFrame, reference: pd.DataFrame | None = None, tolerance: float = 0.01) -> int:
    """The most stable number of groups; within `tolerance` of the best, the largest, as it tells more.

    Few groups are easily stable: a single question answered yes by half of the customers makes two that always come
    back. With a `reference` (of `no_groups`, for the same numbers) only those numbers count whose interval lies above
    that of the reference; if there are none, the largest gain over it decides.

    >>> choose(pd.DataFrame({"clusters": [2, 3, 4], "ari": [0.995, 1.0, 0.6]}))
    3
    """
    if not len(stabilities) or stabilities["ari"].isna().all():
        raise SchemaError(
            "There is no stability to choose by. Make the table with stability(answers, range(2, 9))."
        )
    gain = stabilities.set_index("clusters")["ari"]
    if reference is not None:
        chance = reference.set_index("clusters")["ari"]
        absent = gain.index.difference(chance.index)
        if len(absent):
            raise SchemaError(
                f"The reference lacks {len(absent)} of {len(gain)} numbers of groups, first {absent[0]}. "
                "Make it with no_groups for the same numbers."
            )
        clear = stabilities.set_index("clusters")["low"] > reference.set_index("clusters")["high"].reindex(
            gain.index
        )
        gain = gain[clear] if clear.any() else gain - chance.reindex(gain.index)
    return int(gain.index[gain >= gain.max() - tolerance].max())


def groups(
    answers: pd.DataFrame,
    clusters: int,
    method: str,
    rng: np.random.Generator,
    *,
    missing: str = "refuse",
) -> pd.Series:
    """The group of each customer, numbered by size: 1 is the largest (of equal ones, the one with the smaller mean in
    the first column that differs).

    Equal rows are in the same group, and with the same rng the order of the rows changes nothing.

    Returns
    -------
    Series of whole numbers on the index of the answers, name "group"; missing for rows that were dropped
    """
    x, place = _sorted(answers, missing)
    _, labels = _fitted(x, clusters, method, rng)
    found = np.unique(labels)
    means = {g: tuple(x[labels == g].mean(axis=0)) for g in found}
    by_size = sorted(found, key=lambda g: (-(labels == g).sum(), means[g]))
    number = {g: i for i, g in enumerate(by_size, start=1)}
    values = pd.array([pd.NA] * len(answers), dtype="Int64")
    values[place] = [number[g] for g in labels]
    return pd.Series(values, index=answers.index, name="group")


def _sorted(answers: pd.DataFrame, missing: str) -> tuple[Array, CODES]:
    """The answers as numbers, in an order that does not depend on that of the rows; and the row each came from."""
    if missing not in ("refuse", "drop"):
        raise SchemaError(unknown('way with "missing"', missing, ["refuse", "drop"]))
    if not isinstance(answers, pd.DataFrame) or not answers.shape[1]:
        raise SchemaError("Answers must be a DataFrame: one row a customer, one column a question.")
    text = [c for c in answers if not (pd.api.types.is_numeric_dtype(answers[c]))]
    if text:
        raise SchemaError(
            f'{len(text)} of {answers.shape[1]} columns are not numbers, first "{text[0]}". Yes and no become 1 and 0; '
            "leave out columns that describe the customer instead of the need."
        )
    if answers.index.duplicated().any():
        first = answers.index[answers.index.duplicated()][0]
        raise SchemaError(f"Answers: customer {first!r} is there more than once. Keep one row a customer.")
    x = answers.to_numpy(dtype=float, na_value=np.nan)
    lacking = ~np.isfinite(x).all(axis=1)
    if lacking.any() and missing == "refuse":
        raise SchemaError(
            f"{lacking.sum():,} of {len(x):,} customers lack an answer, first {answers.index[lacking][0]!r}. "
            'Pass missing="drop" to leave them out, or fill in what a missing answer means.'
        )
    kept = np.flatnonzero(~lacking)
    if not len(kept):
        raise SchemaError("There is no customer with all answers. At least two are needed.")
    order = kept[np.lexsort(x[kept].T[::-1])]
    return x[order], order


def _fitted(x: Array, clusters: int, method: str, rng: np.random.Generator) -> tuple[Any, CODES]:
    """A clustering of all rows and the group of each."""
    if method not in METHODS:
        raise SchemaError(unknown("method", method, METHODS))
    distinct = len(np.unique(x, axis=0))
    if not 1 < clusters <= distinct:
        raise DomainError(
            f"{clusters} groups cannot be made of {distinct:,} distinct rows of answers. Ask for 2 to {distinct:,}."
            if distinct > 1
            else "All customers gave the same answers, so there is nothing to divide them by."
        )
    with threadpool_limits(1 if len(x) <= SMALL else None):
        model = _model(x, clusters, method, rng)
        return model, _labels(model, x)


def _model(x: Array, clusters: int, method: str, rng: np.random.Generator) -> Any:
    """One clustering, the best of several random starts: a KMeans or a GaussianMixture."""
    from sklearn.cluster import KMeans  # slow to import, and few need it
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    seed = int(rng.integers(2**31 - 1))
    if method == "k-means":
        model = KMeans(clusters, n_init=STARTS, random_state=seed)
    else:
        # Answers that are the same for a whole group have no variance: one hundredth of the mean variance is the least.
        least = 0.01 * x.var(axis=0).mean() + 1e-12
        model = GaussianMixture(
            clusters, covariance_type="diag", n_init=STARTS, max_iter=300, reg_covar=least, random_state=seed
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a sample may have few distinct rows
        return model.fit(x)


def _labels(model: Any, x: Array) -> CODES:
    return np.asarray(model.predict(x))


def _indices(x: Array, clusters: int, method: str, rng: np.random.Generator, resamples: int) -> Array:
    """Adjusted Rand index of the groups of each bootstrap sample against those of all, (resamples,)."""
    from sklearn.metrics import adjusted_rand_score

    _, whole = _fitted(x, clusters, method, rng)
    draws = np.empty(resamples)
    with threadpool_limits(1 if len(x) <= SMALL else None):
        for i in range(resamples):
            pick = np.sort(rng.integers(0, len(x), len(x)))
            draws[i] = adjusted_rand_score(whole, _labels(_model(x[pick], clusters, method, rng), x))
    return draws


def _row(clusters: int, method: str, draws: Array, level: float) -> dict[str, object]:
    tail = (1 - checked_level(level)) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    mean = float(draws.mean())
    return {"clusters": int(clusters), "method": method, "ari": mean, "low": low, "high": high,
            "resamples": len(draws)}  # fmt: skip
