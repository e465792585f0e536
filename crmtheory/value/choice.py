"""Choice among offers: how much a price turns choice, and what a brand is worth to those who choose.

    rows, left_out = choice.long(panel, more={"display": "disp."})
    fit = choice.conditional_logit(rows, ["display"])
    choice.elasticities(fit)

Notation: u_j = v_j + ε_j utility of offer j, v_j = β·x_j + α_j what is known of it; x_j price, display, feature; α_j
the brand constant, all that is liked about a brand beyond what was measured; P_j the probability to take j; β_p the
coefficient of price.

The **elasticity** of brand j to its own price is the change of its choices in per cent when its price rises by 1 %
everywhere. At one choice it is β_p p_j (1 − P_j); over all choices it is the mean of these weighted by P_j (sample
enumeration; Train 2009, Discrete Choice Methods with Simulation, sections 2.6 and 3.6). To another price p_k it is
−β_p p_k P_k: the same for all brands j at one choice. That is the independence of irrelevant alternatives (IIA): who
turns away from k goes to the others in proportion to their shares. `iia` tests it.

Intervals are by the delta method with the influence of each household, who are taken as a sample: they hold what is
uncertain in the coefficients and in whom one meets.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from crmtheory.errors import DomainError, SchemaError, unknown
from crmtheory.survey.complete import checked_level, intervals
from crmtheory.value.logit import Logit, clustered, conditional_logit
from crmtheory.value.offers import Long, long, roles

__all__ = [
    "Logit",
    "Long",
    "conditional_logit",
    "cross",
    "elasticities",
    "iia",
    "long",
    "own_elasticity",
    "roles",
    "worth",
]


def elasticities(fit: Logit, level: float = 0.95) -> pd.DataFrame:
    """Elasticity of each brand's choices to its own price, over all choices.

    Returns
    -------
    frame, index brand: share (of choices), price (mean where offered), own (elasticity, below 0 where a higher price
    costs choices), low, high, n (households), choices
    """
    estimate, influence = _elasticity(fit)
    half = _half(influence, level)
    share = np.bincount(fit.taken, minlength=len(fit.brands)) / fit.choices
    price = fit.prices.sum(axis=0) / fit.offered.sum(axis=0)
    columns = {
        "share": share,
        "price": price,
        "own": estimate,
        "low": estimate - half,
        "high": estimate + half,
    }
    return pd.DataFrame(columns, pd.Index(fit.brands, name="brand")).assign(
        n=fit.households, choices=fit.choices
    )


def own_elasticity(fit: Logit, level: float = 0.95) -> pd.DataFrame:
    """Minus the elasticity to the own price, as one number: the mean of the brands weighted by their shares of choices.

    Returns
    -------
    one-row frame: estimate (above 0 where a higher price costs choices), low, high, n (households), choices

    >>> from crmtheory import simulate
    >>> shop = simulate.choosing_households(200, np.random.default_rng(1), price=-2.0)
    >>> fit = conditional_logit(long(shop).rows)
    >>> own_elasticity(fit)["estimate"].iloc[0].round(1)
    np.float64(1.7)
    """
    estimate, influence = _elasticity(fit)
    mine = fit.taken[:, None] == np.arange(len(fit.brands))
    share = mine.mean(axis=0)
    of_share = _by_household(mine - share, fit) / fit.choices
    half = _half(influence @ share + of_share @ estimate, level)
    middle = -float(estimate @ share)
    row = {"estimate": middle, "low": middle - half, "high": middle + half, "n": fit.households}
    return pd.DataFrame([row | {"choices": fit.choices}])


def cross(fit: Logit) -> pd.DataFrame:
    """Elasticity of each brand's choices (rows) to each brand's price (columns); own prices on the diagonal.

    Off the diagonal the rows differ only because brands are taken at different choices: at any one choice the model
    has all others gain alike (IIA).
    """
    p, slope = fit.probabilities(), fit.table.loc["price", "estimate"] * fit.prices
    total = p.sum(axis=0)
    table = -np.einsum("nj,nk,nk->jk", p, p, slope) / total[:, None]
    table += np.diag((p * slope).sum(axis=0) / total)
    index = pd.Index(fit.brands, name="brand")
    return pd.DataFrame(table, index, index.rename("price_of"))


def worth(
    fit: Logit, rng: np.random.Generator, resamples: int = 2000, level: float = 0.95
) -> tuple[pd.DataFrame, np.ndarray]:
    """What each brand is worth to those who choose, in money: the perceived quality that choices reveal.

    The constant of a brand over −β_p is what people would pay more for it than for the last brand, all else equal.
    Choices show only such differences; the level is set so that over all brands worth is on average the price. The
    brand of worth w at price p is then chosen more often than others the more w exceeds p.

    Returns
    -------
    offers : frame, index brand: quality (worth, in the unit of price), low, high, price (mean where offered), share
    draws : (resamples, brands), quality with coefficients drawn anew from their joint normal distribution (Krinsky &
        Robb 1986, Review of Economics and Statistics 68, 715–719); for `value_map.value_map`

    Raises
    ------
    DomainError : the interval of the coefficient of price is not below 0, so constants have no price
    """
    brands = fit.brands
    beta = fit.table["estimate"].to_numpy()
    row = fit.table.loc["price"]
    if not row["high"] < 0:
        raise DomainError(
            f"The coefficient of price is {row['estimate']:.3g} [{row['low']:.3g}, {row['high']:.3g}]: that a higher "
            "price costs choices cannot be told here, so what a brand is worth cannot be said in money."
        )
    covariance = fit.covariance()
    root = np.linalg.cholesky(covariance + 1e-12 * np.diag(np.diag(covariance)))  # few households: singular
    drawn = beta + rng.standard_normal((resamples, len(beta))) @ root.T
    drawn = np.where(drawn[:, :1] < 0, drawn, np.nan)
    level_of = fit.prices.sum(axis=0) / fit.offered.sum(axis=0)

    def money(values: np.ndarray) -> np.ndarray:
        constants = np.zeros((len(values), len(brands)))
        constants[:, :-1] = values[:, -(len(brands) - 1) :]
        more = constants / -values[:, :1]
        quality: np.ndarray = more - more.mean(axis=1, keepdims=True) + level_of.mean()
        return quality

    draws = money(drawn)
    low, high = intervals(draws, level)
    table = pd.DataFrame({"quality": money(beta[None, :])[0], "low": low, "high": high, "price": level_of})
    share = np.bincount(fit.taken, minlength=len(brands)) / fit.choices
    return table.set_index(pd.Index(brands, name="brand")).assign(share=share), draws


def iia(rows: pd.DataFrame, fit: Logit, without: str) -> pd.DataFrame:
    """Whether the coefficients stay as they are when a brand is taken out: they should, if IIA holds.

    The idea of Hausman & McFadden (1984, Econometrica 52, 1219–1240): fit again on the choices of other brands, and
    compare the coefficients of price and the further columns. Their test needs the first fit to be efficient, which
    it is not where households choose many times. So the covariance of the difference is formed by household from the
    influence of each on both fits. Unequal tastes of households break IIA too.

    Returns
    -------
    one-row frame: without (brand), price (its coefficient among all), price_without, statistic, df, p_value, n (left
    households), choices

    Raises
    ------
    SchemaError : no such brand
    DomainError : only two brands, or as `conditional_logit` on what is left
    """
    if without not in fit.brands:
        raise SchemaError(unknown("brand", without, fit.brands))
    if len(fit.brands) < 3:
        raise DomainError("With two brands nothing is left to choose when one is taken out.")
    took = rows.loc[(rows["brand"] == without) & (rows["chosen"] == 1), "occasion"]
    left = rows[~rows["occasion"].isin(took) & (rows["brand"] != without)]
    left = left[left.groupby("occasion")["brand"].transform("size") > 1]
    terms = [name for name in fit.terms if name not in fit.brands]
    k = len(terms)
    fewer = conditional_logit(left, terms[1:])
    # Households are numbered by first appearance in each fit.
    names, gone = (pd.unique(part["household"]) for part in (rows, left))
    change = -fit.influence[:, :k].copy()
    change[pd.Index(names).get_indexer(pd.Index(gone))] += fewer.influence[:, :k]
    difference = (fewer.table["estimate"].iloc[:k] - fit.table["estimate"].iloc[:k]).to_numpy()
    statistic = float(difference @ np.linalg.solve(clustered(change), difference))
    row = {"without": without, "price": fit.table.loc["price", "estimate"]}
    row |= {"price_without": fewer.table.loc["price", "estimate"], "statistic": statistic, "df": k}
    return pd.DataFrame(
        [
            row
            | {"p_value": float(stats.chi2.sf(statistic, k)), "n": fewer.households, "choices": fewer.choices}
        ]
    )


def _elasticity(fit: Logit) -> tuple[np.ndarray, np.ndarray]:
    """Elasticity of each brand to its own price, and the influence of each household on it, (households, brands).

    E_j = A_j / B_j with A_j = Σ P_j e_j, B_j = Σ P_j and e_j = β_p p_j (1 − P_j).
    """
    p, price, beta = fit.probabilities(), fit.prices, fit.table.loc["price", "estimate"]
    own = beta * price * (1 - p)
    total = p.sum(axis=0)
    estimate = (p * own).sum(axis=0) / total
    influence = _by_household(p * (own - estimate), fit) / total
    # ∂P_j = P_j (x_j − x̄); A_j = Σ β_p p_j (P_j − P_j²), so ∂A_j = Σ β_p p_j (1 − 2 P_j) ∂P_j, and ∂β_p itself.
    mean = np.einsum("nj,njk->nk", p, fit.x)
    weight = p * (beta * price * (1 - 2 * p) - estimate)
    slope = np.einsum("nj,njk->jk", weight, fit.x) - weight.T @ mean
    slope[:, 0] += (p * price * (1 - p)).sum(axis=0)
    return estimate, influence + fit.influence @ (slope / total[:, None]).T


def _by_household(values: np.ndarray, fit: Logit) -> np.ndarray:
    added = np.zeros((fit.households, values.shape[1]))
    np.add.at(added, fit.group, values)
    return added


def _half(influence: np.ndarray, level: float) -> np.ndarray:
    """Half the width of the interval of an estimate with this influence of each household."""
    households = len(influence)
    variance = (influence**2).sum(axis=0) * households / (households - 1)
    half: np.ndarray = stats.t.isf((1 - checked_level(level)) / 2, households - 1) * np.sqrt(variance)
    return half
