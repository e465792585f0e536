"""How many answers a change takes: closed forms, and by how often simulated surveys see it."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.power import NormalIndPower

from crmtheory.errors import DomainError, SchemaError
from crmtheory.satisfaction import csat_sample_size, nps_sample_size, sample_sizes


def raised(error, call) -> str:
    with pytest.raises(error) as found:
        call()
    return str(found.value)


def test_by_hand():
    """(1.959964 + 0.841621)² = 7.848880; V = 0.7 − 0.09 = 0.61; 7.848880 · 1.22 / 0.01 = 957.6."""
    assert nps_sample_size(10, 0.5, 0.2) == 958


@pytest.mark.parametrize(("difference", "power", "level"), [(0.1, 0.8, 0.95), (0.3, 0.9, 0.99)])
def test_the_mean_takes_as_many_as_statsmodels_says(difference, power, level):
    solve = NormalIndPower().solve_power
    expected = solve(difference / 0.8, alpha=1 - level, power=power)
    assert csat_sample_size(difference, sd=0.8, power=power, level=level) == int(np.ceil(expected))


def test_surveys_of_that_size_see_a_change_of_the_score_as_often_as_promised():
    rng = np.random.default_rng(1)
    before, after = np.array([0.45, 0.30, 0.25]), np.array([0.55, 0.25, 0.20])
    n = nps_sample_size(15, 0.5, 0.225)
    score = np.array([1, 0, -1])
    draws = [rng.multinomial(n, shares, 4000) / n for shares in (before, after)]
    means = [draw @ score for draw in draws]
    variances = [(draw @ score**2 - mean**2) / n for draw, mean in zip(draws, means, strict=True)]
    z = (means[1] - means[0]) / np.sqrt(sum(variances))
    assert (z > stats.norm.ppf(0.975)).mean() == pytest.approx(0.8, abs=0.025)


def test_surveys_of_that_size_see_a_change_of_the_share_as_often_as_promised():
    rng = np.random.default_rng(2)
    n = csat_sample_size(-0.06, share=0.8, power=0.9)
    shares = [rng.binomial(n, p, 4000) / n for p in (0.8, 0.74)]
    z = (shares[1] - shares[0]) / np.sqrt(sum(share * (1 - share) / n for share in shares))
    assert (z < -stats.norm.ppf(0.975)).mean() == pytest.approx(0.9, abs=0.02)


def test_half_the_change_takes_four_times_the_answers():
    table = sample_sizes(pd.Series([10.0, 9, 8, 7, 3, 0] * 5), [4, 2, 1])
    assert table.columns.tolist() == ["difference", "answers"]
    assert table["difference"].tolist() == [4, 2, 1]
    assert table["answers"].tolist() == pytest.approx(
        table["answers"].iloc[0] * np.array([1, 4, 16]), rel=1e-3
    )


def test_the_frame_takes_the_spread_of_the_ratings():
    ratings = pd.Series([5.0, 4, 3, 5, 4, 1, 2, 5])
    mean = sample_sizes(ratings, [0.2], "mean")["answers"].item()
    assert mean == csat_sample_size(0.2, sd=ratings.std())
    top = sample_sizes(ratings, [-0.1, 0.1], "top")["answers"].tolist()
    assert top == [csat_sample_size(d, share=5 / 8) for d in (-0.1, 0.1)]
    score = sample_sizes(ratings + 5, [10])["answers"].item()
    assert score == nps_sample_size(10, 5 / 8, 1 / 8)


def test_unequal_weights_take_more_answers():
    ratings = pd.Series([10.0, 3.0, 10.0, 3.0])
    weights = pd.Series([1.0, 1.0, 3.0, 3.0])
    factor = 4 / (8**2 / 20)
    plain = sample_sizes(ratings, [10])["answers"].item()
    assert sample_sizes(ratings, [10], weights=weights)["answers"].item() == np.ceil(plain * factor)


def test_the_sign_of_a_change_of_the_score_does_not_matter():
    assert nps_sample_size(-5, 0.4, 0.3) == nps_sample_size(5, 0.4, 0.3)


def test_what_cannot_be_seen_is_refused():
    assert raised(DomainError, lambda: nps_sample_size(0, 0.4, 0.3)) == (
        "No number of answers shows a change of nothing. Name the smallest change that would matter."
    )
    assert raised(DomainError, lambda: csat_sample_size(0.3, share=0.8)) == (
        "A share of 0.8 cannot change by 0.3: it would be 1.1. Ask for a smaller change, or for one in the other "
        "direction."
    )
    assert "All answers are alike" in raised(DomainError, lambda: nps_sample_size(5, 1.0, 0.0))
    assert "All answers are alike" in raised(
        DomainError, lambda: sample_sizes(pd.Series([4.0, 4.0]), [1], "mean")
    )
    assert "add up to more than 1" in raised(SchemaError, lambda: nps_sample_size(5, 0.8, 0.3))
    assert "Give either sd" in raised(SchemaError, lambda: csat_sample_size(0.1))
    assert "Give either sd" in raised(SchemaError, lambda: csat_sample_size(0.1, sd=1, share=0.5))
    assert "power is a chance" in raised(SchemaError, lambda: csat_sample_size(0.1, sd=1, power=80))
    assert "sd is a standard deviation" in raised(SchemaError, lambda: csat_sample_size(0.1, sd=-1))
    assert raised(SchemaError, lambda: sample_sizes(pd.Series([4.0]), [1], "median")) == (
        'There is no measure "median". Did you mean "mean"? Known: nps, mean, top.'
    )
