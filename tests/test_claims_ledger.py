"""The ledger itself: every claim in order, with its threshold, in both languages, on data that exist."""

import math
import re
import tomllib

import pytest

from crmtheory import datasets, places

# id, Chinese label, threshold
LEDGER = [
    ("REL-1", "信任是基础", 0.10),
    ("REL-2", "持续沟通提升满意度", 0.10),
    ("REL-3", "个性化服务提升满意度", 0.10),
    ("REL-4", "长期关系更有价值", 0.10),
    ("REL-5", "按贡献投入维护", 0.05),
    ("REL-6", "个性化推荐", 0.02),
    ("LIF-1", "各阶段行为不同", 0.06),
    ("LIF-2", "阶段可预警流失", 0.70),
    ("LIF-3", "流失客户可挽回", 0.05),
    ("LIF-4", "关系越久越稳", 0.05),
    ("LIF-5", "成长—成熟—衰退", 0.0),
    ("LIF-6", "数据挖掘寻找潜在客户", 0.70),
    ("SAT-1", "质量是基础", 0.0),
    ("SAT-2", "满足期望", 0.10),
    ("SAT-3", "重视反馈", 0.10),
    ("SAT-4", "体验要素不对称", 0.10),
    ("SAT-5", "满意者推荐", 0.20),
    ("LOY-1", "满意度与忠诚度强相关", 0.50),
    ("LOY-2", "完全满意才忠诚", 0.0),
    ("LOY-3", "忠诚者复购", 0.20),
    ("LOY-4", "不满导致流失", 0.10),
    ("LOY-5", "会员制提升复购", 0.0),
    ("LOY-6", "客户关怀活动", 0.0),
    ("VAL-1", "二八法则", 0.80),
    ("VAL-2", "仅看销售额不够", 0.0),
    ("VAL-3", "感知价值驱动满意", 0.30),
    ("VAL-4", "价值 = 质量/价格", 0.50),
    ("VAL-5", "金额与频次独立", 0.10),
    ("SEG-1", "价值分层有效", math.log(3)),
    ("SEG-2", "分层稳定", 0.50),
    ("SEG-3", "活跃/沉默/流失", 0.20),
    ("SEG-4", "按需求分类", 0.60),
    ("SEG-5", "差异化策略", 0.0),
]
THEORIES = {
    "REL": "relationship",
    "LIF": "lifecycle",
    "SAT": "satisfaction",
    "LOY": "loyalty",
    "VAL": "value",
    "SEG": "segmentation",
}
REQUIRED = {
    "id": str,
    "theory": str,
    "claim": str,
    "claim_zh": str,
    "label_zh": str,
    "estimand": str,
    "kind": str,
    "threshold": float,
    "threshold_source": str,
    "data": list,
    "needs": list,
    "gives": str,
    "method": str,
    "effect": str,
    "reading": str,
    "caveat": str,
    "place": str,
}
OPTIONAL = {"threshold_text": str, "simulation": str, "not_testable": str, "effect_below": str}


def ledger() -> list[dict]:
    return tomllib.loads((places.PACKAGE / "claims.toml").read_text(encoding="utf-8"))["claim"]


each = pytest.mark.parametrize("claim", ledger(), ids=lambda claim: claim["id"])


def test_the_ledger_has_every_claim_in_order_with_its_label_and_threshold():
    assert [(claim["id"], claim["label_zh"], claim["threshold"]) for claim in ledger()] == LEDGER


@each
def test_an_entry_has_the_agreed_fields_and_no_others(claim):
    assert set(REQUIRED) <= set(claim) <= set(REQUIRED) | set(OPTIONAL)
    for field, value in claim.items():
        assert isinstance(value, (REQUIRED | OPTIONAL)[field]), field
        assert value or field in {"data", "threshold"}, field


@each
def test_the_id_begins_with_the_letters_of_its_theory(claim):
    assert THEORIES[claim["id"].split("-")[0]] == claim["theory"]


@each
def test_a_claim_is_stated_in_english_and_in_chinese(claim):
    assert re.match("[A-Z0-9]", claim["claim"])
    assert re.search("[\u4e00-\u9fff]", claim["claim_zh"])
    assert claim["claim_zh"].endswith("。")
    assert not re.search("[,:;]", claim["claim_zh"]), "Chinese sentences take full-width punctuation"
    assert not re.search("[\u4e00-\u9fff]", claim["claim"] + claim["estimand"])


@each
def test_default_data_exist_and_a_claim_without_any_says_why(claim):
    assert set(claim["data"]) <= set(datasets.catalogue().index)
    assert bool(claim["data"]) != bool(claim.get("simulation") or claim.get("not_testable"))
    assert claim["needs"]


def test_only_the_membership_claim_is_simulated_and_only_care_campaigns_are_not_testable():
    assert [claim["id"] for claim in ledger() if "simulation" in claim] == ["LOY-5"]
    assert [claim["id"] for claim in ledger() if "not_testable" in claim] == ["LOY-6"]


def test_only_the_independence_of_spend_and_frequency_is_an_equivalence_claim():
    assert {claim["kind"] for claim in ledger()} == {"at least", "equivalence"}
    assert [claim["id"] for claim in ledger() if claim["kind"] == "equivalence"] == ["VAL-5"]


def test_a_threshold_that_is_no_plain_number_can_be_read():
    assert {claim["id"]: claim["threshold_text"] for claim in ledger() if "threshold_text" in claim} == {
        "SEG-1": "log 3"
    }


@each
def test_a_threshold_names_the_literature_the_claim_itself_or_a_convention(claim):
    source = claim["threshold_source"]
    openings = ("Cohen (1988)", "Hosmer & Lemeshow (2000)", "the claim", "convention of this ledger: ")
    assert source.startswith(openings)
