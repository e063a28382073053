"""Rules as people read them, in both languages."""

from typing import Any

import pytest
from django.utils.translation import override

from profiles.segmentation.reading_rules import parse
from profiles.segmentation.words import in_words
from tests.factories import PlatformFactory, SegmentFactory

pytestmark = pytest.mark.django_db

RULES: list[tuple[dict[str, Any], str, str]] = [
    (
        {"all": [{"did": {"type": "view", "at_least": 3, "within_days": 30}}, {"not": {"did": {"type": "purchase"}}}]},
        "viewed at least 3 times within 30 days, and not: bought",
        "30 天内浏览至少 3 次，且非：购买",
    ),
    (
        {"any": [{"platform": "tide"}, {"all": [{"consents": "marketing"}, {"segment": "vip"}]}]},
        "is on 潮声, or (agrees to “Offers and messages”, and belongs to “贵客”)",
        "在潮声上，或（同意“优惠与消息”，且属于“贵客”）",
    ),
    (
        {
            "did": {
                "type": ["purchase"],
                "category": "AI",
                "sum_at_least": 19900,
                "between": ["2026-01-01", "2026-01-31"],
            }
        },
        "bought in AI for 199 in all between 2026-01-01 and 2026-01-31",
        "2026-01-01 至 2026-01-31 购买（AI 类）共 199",
    ),
    ({"did": {"type": "view", "at_most": 0}}, "never viewed", "从未浏览"),
    (
        {"trait": "spending.percentile", "op": ">=", "value": 0.8},
        "spending percentile is at least 80%",
        "消费分位至少为80%",
    ),
    (
        {"trait": "spending.tier", "op": "in", "value": ["low", "mid"]},
        "spending tier is one of low or middle",
        "消费档次为以下之一：低或中",
    ),
    ({"account_trait": "vip", "op": "=", "value": True}, "“vip” is yes", "“vip”为是"),
    ({"interest": "AI", "at_least": 0.2}, "AI takes at least 20% of the attention", "AI 至少占兴趣的 20%"),
]


@pytest.mark.parametrize(("rule", "english", "chinese"), RULES, ids=[english for _rule, english, _chinese in RULES])
def test_a_rule_reads_as_a_sentence(rule: dict[str, Any], english: str, chinese: str) -> None:
    PlatformFactory(slug="tide", name="潮声")
    SegmentFactory(key="vip", name="贵客")
    with override("en"):
        assert in_words(parse(rule)) == english
    with override("zh-hans"):
        assert in_words(parse(rule)) == chinese
