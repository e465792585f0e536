"""What a chapter computes by hand is what the package computes."""

import re

import numpy as np
import pandas as pd
import pytest

from crmtheory import lifecycle, loyalty, panel, places, relationship, satisfaction, segmentation


def by_hand(stem: str, **known) -> dict:
    """The names that the cell "by-hand" of a chapter defines."""
    source = (places.folder("notebooks") / "src" / f"{stem}.py").read_text(encoding="utf-8")
    cells = re.split(r"^# %%", source, flags=re.MULTILINE)
    (cell,) = [cell for cell in cells if cell.startswith(' tags=["by-hand"]')]
    names: dict = {**known}
    exec(cell.partition("\n")[2], names)
    return names


def test_the_stage_by_hand_is_that_of_the_rules():
    stage_by_hand = by_hand("02_customer_lifecycle")["stage_by_hand"]
    rng = np.random.default_rng(8)
    for _ in range(60):
        new, at_risk, window = rng.integers(1, 4, 3)
        lost, often = at_risk + rng.integers(1, 4), rng.integers(1, 6)
        rows = rng.poisson(0.5, (40, 9))
        rows = rows[rows.any(axis=1)]
        customer, period = np.nonzero(rows)
        cells = {"customer": customer, "period": period + 1, "purchases": rows[customer, period]}
        rules = lifecycle.MarketingRules(*map(int, (new, at_risk, lost, often, window)))
        stages = rules.assign(panel.from_frame(pd.DataFrame(cells))).at()
        last = max(period) + 1
        hand = [stage_by_hand(row[:last].tolist(), new, at_risk, lost, often, window) for row in rows]
        assert stages.astype(str).tolist() == hand


def test_the_high_class_by_hand_is_that_of_the_tiers():
    high_by_hand = by_hand("06_customer_segmentation")["high_by_hand"]
    rng = np.random.default_rng(9)
    for _ in range(200):
        values = rng.integers(0, 12, rng.integers(5, 60)).astype(float)
        share = float(rng.choice([0.1, 0.2, 0.3, 0.5]))
        tiers = segmentation.tiers(pd.Series(values), (share,), ("high", "rest"))
        assert (tiers == "high").tolist() == high_by_hand(values.tolist(), share)


def test_the_net_promoter_score_by_hand_is_that_of_the_package():
    nps_by_hand = by_hand("03_customer_satisfaction")["nps_by_hand"]
    rng = np.random.default_rng(10)
    for _ in range(50):
        ratings = rng.integers(0, 11, rng.integers(2, 60)).astype(float)
        assert satisfaction.nps(pd.Series(ratings))["estimate"].iloc[0] == pytest.approx(nps_by_hand(ratings))


def test_the_difference_in_differences_by_hand_is_that_of_the_package():
    did_by_hand = by_hand("04_customer_loyalty")["did_by_hand"]
    rng = np.random.default_rng(11)
    for _ in range(30):
        n = int(rng.integers(4, 40))
        member = np.arange(n) < n // 2
        before, after = rng.poisson(3, n), rng.poisson(4, n)
        cells = {
            "customer": list(range(n)) * 2,
            "period": [1] * n + [2] * n,
            "member": [*member, *member],
            "joined": 2,
        }
        panel_of = pd.DataFrame(cells | {"purchases": [*before, *after]})
        assert loyalty.did(panel_of)["estimate"].iloc[0] == pytest.approx(did_by_hand(before, after, member))


def test_the_value_kept_by_hand_is_that_of_the_package():
    namespace = by_hand("01_relationship_marketing", np=np)
    rng = np.random.default_rng(12)
    curve = relationship.Response(0.5, 0.8, 20.0)
    for _ in range(20):
        values = pd.Series(rng.gamma(0.5, 100.0, 12))
        spent = relationship.allocations(240.0, values, values, curve)
        kept = relationship.invest(240.0, values, values, curve, rng, resamples=2)["kept"]
        for rule in kept.index:
            assert kept[rule] == pytest.approx(namespace["kept_by_hand"](values, spent[rule]))
