"""Made-up members, cards and surveys keep the truth that their docstrings state."""

import numpy as np
import pandas as pd
import pytest

from crmtheory.errors import DomainError
from crmtheory.simulate import birthday_campaign, programme_members, survey_then_purchases


def changes(panel, joined):
    """Mean change of members less that of others, and members less others after joining."""
    after = panel["period"] >= joined
    means = panel.groupby(["member", after.rename("after")])["purchases"].mean().unstack()
    change = means[True] - means[False]
    return change[True] - change[False], means.loc[True, True] - means.loc[False, True]


def test_members_change_by_the_effect_and_bought_more_before():
    panel = programme_members(20_000, np.random.default_rng(1), effect=0.4)
    twice, naive = changes(panel, 5)
    assert twice == pytest.approx(0.4, abs=0.04)
    assert naive > 0.9


def test_without_selection_members_are_like_others():
    panel = programme_members(20_000, np.random.default_rng(2), effect=0.4, selection=0)
    assert changes(panel, 5)[1] == pytest.approx(0.4, abs=0.06)
    assert panel["member"].mean() == pytest.approx(0.3, abs=0.01)


@pytest.mark.parametrize("joined", [2, 5, 8])
def test_with_trends_that_part_the_second_difference_is_too_high_by_half_the_drift(joined):
    panel = programme_members(
        20_000, np.random.default_rng(3), effect=0, joined=joined, trend="diverging", drift=0.2
    )
    assert changes(panel, joined)[0] == pytest.approx(0.2 * 8 / 2, abs=0.1)


def test_times_of_joining_are_drawn_and_kept():
    panel = programme_members(500, np.random.default_rng(4), joined=[3, 6])
    assert set(panel["joined"].dropna()) == {3.0, 6.0}
    assert (panel["joined"].notna() == panel["member"]).all()
    assert panel.groupby("customer")["joined"].nunique().max() == 1
    assert len(panel) == 500 * 8


def test_a_card_by_lot_shows_its_effect_and_a_card_for_the_best_shows_more():
    lot = birthday_campaign(100_000, np.random.default_rng(5), baseline=0.2, effect=0.05)
    best = birthday_campaign(
        100_000, np.random.default_rng(6), baseline=0.2, effect=0.0, by_lot=False, share=0.3
    )
    for frame, truth in ((lot, 0.05), (best, 0.2)):
        shares = frame.groupby("card")["bought"].mean()
        assert shares[True] - shares[False] == pytest.approx(truth, abs=0.01)
        assert shares.mean() < 0.5
    assert best["card"].sum() == 30_000


def test_a_survey_correlates_with_purchases_as_stated():
    frame = survey_then_purchases(
        200_000, np.random.default_rng(7), correlation=0.4, intention=0.8, reliability=0.5
    )
    r = frame.corr()
    mu, sigma = 3.0, 0.7
    naive = 0.4 * np.sqrt(0.5) * sigma * mu / np.sqrt(mu + mu**2 * np.expm1(sigma**2))
    assert r.loc["satisfaction_1", "purchases"] == pytest.approx(naive, abs=0.01)
    assert r.loc["satisfaction_1", "satisfaction_2"] == pytest.approx(0.5, abs=0.01)
    assert r.loc["satisfaction_3", "intention_2"] == pytest.approx(0.5 * 0.8, abs=0.01)
    assert frame["purchases"].mean() == pytest.approx(3, abs=0.03)
    assert frame.drop(columns="purchases").std().to_numpy() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("world", [programme_members, birthday_campaign, survey_then_purchases])
def test_the_same_seed_makes_the_same_world(world):
    first, second = (world(50, np.random.default_rng(8)) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    with pytest.raises(DomainError, match="The number of customers must be whole"):
        world(0, np.random.default_rng(8))


def test_numbers_out_of_range_are_refused():
    rng = np.random.default_rng(9)
    for said, make in (
        ("Members join in period 2 to 8, not", lambda: programme_members(9, rng, joined=1)),
        ("Members join in period 2 to 8, not", lambda: programme_members(9, rng, joined=[])),
        (
            'There is no trend "paralel". Did you mean "parallel"',
            lambda: programme_members(9, rng, trend="paralel"),
        ),
        (
            "share lies between 0 and 1, without the ends, unlike 1",
            lambda: programme_members(9, rng, share=1),
        ),
        ("Growth, effect and drift are 0 or more", lambda: programme_members(9, rng, effect=-1)),
        (
            "baseline \\+ effect must lie between 0 and 1",
            lambda: birthday_campaign(9, rng, baseline=0.9, effect=0.2),
        ),
        ("reliability must lie between 0 and 1", lambda: survey_then_purchases(9, rng, reliability=2)),
        ("The size of a correlation must lie", lambda: survey_then_purchases(9, rng, correlation=-2)),
        (
            "Purchases must be above 0 and spread 0 or more",
            lambda: survey_then_purchases(9, rng, purchases=0),
        ),
    ):
        with pytest.raises(DomainError, match=said):
            make()
