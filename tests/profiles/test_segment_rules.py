"""Who belongs to a segment by its rule, and what is said of a rule that is none."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import LinkedAccount
from profiles.models import Segment
from profiles.segmentation import compiling, membership
from profiles.segmentation.fragments import sql
from profiles.segmentation.reading_rules import RuleError, parse
from profiles.segmentation.rule import document
from tests.factories import (
    CourseFactory,
    EventFactory,
    LinkedAccountFactory,
    PersonFactory,
    ProfileFactory,
    SegmentFactory,
)

pytestmark = pytest.mark.django_db


def belong(rule: dict[str, Any]) -> set[int]:
    """The first accounts of those to whom a rule applies."""
    members = sql("SELECT account_id, lead FROM (") + compiling.everyone() + ") AS everyone"
    query = compiling.belonging({1: parse(rule)}, members, timezone.now())
    return set(membership.rows_of(sql("SELECT lead FROM (") + query + ") AS belonging"))


def did(account: LinkedAccount, times: int = 1, days_ago: float = 1, **fields: Any) -> None:
    course = fields.pop("course", None) or CourseFactory(platform=account.platform)
    for _ in range(times):
        EventFactory(account=account, course=course, timestamp=timezone.now() - timedelta(days=days_ago), **fields)


def test_somebody_did_something_so_often_within_some_days() -> None:
    often, seldom, long_ago = LinkedAccountFactory.create_batch(3)
    did(often, 3)
    did(seldom, 2)
    did(long_ago, 3, days_ago=40)
    assert belong({"did": {"type": "view", "at_least": 3, "within_days": 30}}) == {often.pk}
    assert belong({"did": {"type": "view", "at_most": 2, "within_days": 30}}) == {seldom.pk, long_ago.pk}
    assert belong({"did": {"type": "view", "at_least": 3}}) == {often.pk, long_ago.pk}
    assert belong({"did": {"type": "purchase"}}) == set()


def test_somebody_did_this_and_not_that() -> None:
    viewer, buyer = LinkedAccountFactory.create_batch(2)
    did(viewer)
    did(buyer)
    did(buyer, type="purchase", value=500)
    viewed, bought = {"did": {"type": "view"}}, {"did": {"type": ["purchase", "refund"]}}
    assert belong({"all": [viewed, {"not": bought}]}) == {viewer.pk}
    assert belong({"any": [viewed, bought]}) == {viewer.pk, buyer.pk}
    assert belong({"did": {"type": "purchase", "sum_at_least": 500}}) == {buyer.pk}
    assert belong({"did": {"type": "purchase", "sum_at_least": 501}}) == set()


def test_what_was_done_is_told_by_course_kind_category_platform_and_time() -> None:
    account = LinkedAccountFactory()
    course = CourseFactory(platform=account.platform, category="AI", kind="audio", item_id="a 1")
    did(account, course=course)
    slug = account.platform.slug
    today = timezone.localdate()
    between = [str(today - timedelta(days=2)), str(today)]
    for wish, other in (
        ({"category": "AI"}, {"category": ["x", "y"]}),
        ({"kind": "audio"}, {"kind": "video"}),
        ({"platform": slug}, {"platform": "elsewhere"}),
        ({"platform": slug, "course": "a 1"}, {"platform": slug, "course": "a 2"}),
        ({"between": between}, {"between": ["2020-01-01", "2020-02-01"]}),
    ):
        assert belong({"did": wish}) == {account.pk}
        assert belong({"did": other}) == set()


def test_joined_accounts_count_together_and_others_each_by_itself() -> None:
    person = PersonFactory()
    first, second = LinkedAccountFactory.create_batch(2, person=person, cross_platform=True)
    apart = LinkedAccountFactory(person=person)
    silent = LinkedAccountFactory(profiling=False)
    for account in (first, second, apart, silent):
        did(account)
    assert belong({"did": {"at_least": 2}}) == {first.pk}
    assert belong({"did": {"at_least": 1}}) == {first.pk, apart.pk}
    assert belong({"not": {"platform": "nowhere"}}) == {first.pk, apart.pk}
    assert belong({"platform": second.platform.slug}) == {first.pk}


def test_traits_of_profiles_compare_and_unknown_ones_never_do() -> None:
    traits = {
        "spending": {"percentile": 0.9, "tier": "high"},
        "platforms": [{}, {}],
        "last_event": "2026-05-02T00:00:00Z",
    }
    known = ProfileFactory(traits=traits).account_id
    ProfileFactory(traits={"spending": {"percentile": None, "tier": None}})
    for trait, op, value in (
        ("spending.percentile", ">=", 0.9),
        ("spending.percentile", "!=", 0.2),
        ("spending.tier", "in", ["high", "mid"]),
        ("platforms", "=", 2),
        ("last_event", ">=", "2026-05-01"),
    ):
        assert belong({"trait": trait, "op": op, "value": value}) == {known}, trait
    assert belong({"trait": "spending.percentile", "op": "<", "value": 0.9}) == set()


def test_a_profile_counts_only_while_all_its_accounts_belong_together() -> None:
    person = PersonFactory()
    first, second = LinkedAccountFactory.create_batch(2, person=person, cross_platform=True)
    ProfileFactory(account=first, account_ids=[first.pk, second.pk], traits={"events": 5})
    rule = {"trait": "events", "op": "=", "value": 5}
    assert belong(rule) == {first.pk}
    LinkedAccount.objects.filter(pk=second.pk).update(cross_platform=False)
    assert belong(rule) == set()


def test_interests_are_shares_of_categories_or_topics() -> None:
    traits = {"categories": [{"name": "AI", "share": 0.3}], "topics": [{"name": '数"据', "share": 0.2}]}
    account_id = ProfileFactory(traits=traits).account_id
    assert belong({"interest": "AI", "at_least": 0.3}) == {account_id}
    assert belong({"interest": "AI", "at_least": 0.31}) == set()
    assert belong({"interest": "AI", "at_least": 0.1, "in": "topics"}) == set()
    assert belong({"interest": '数"据', "at_least": 0.2, "in": "topics"}) == {account_id}


def test_what_platforms_tell_of_accounts_and_what_these_agree_to() -> None:
    told = LinkedAccountFactory(traits={"city": "杭州", "level": 7, "vip": True}, marketing=True)
    LinkedAccountFactory(traits={"city": None, "level": "7"})
    for op, name, value in (
        ("=", "city", "杭州"),
        ("!=", "city", "上海"),
        ("in", "city", ["杭州", "上海"]),
        (">", "level", 6),
        ("=", "vip", True),
    ):
        assert belong({"account_trait": name, "op": op, "value": value}) == {told.pk}, name
    assert belong({"consents": "marketing"}) == {told.pk}


def test_values_that_look_like_sql_are_only_values() -> None:
    nasty = "'; DROP TABLE profiles_event; -- %s %(a)s {0} \\ \" $$"
    account = LinkedAccountFactory(traits={nasty: nasty})
    assert belong({"account_trait": nasty, "op": "=", "value": nasty}) == {account.pk}
    for rule in (
        {"platform": nasty},
        {"segment": nasty},
        {"interest": nasty, "at_least": 0.1},
        {"did": {"category": nasty}},
    ):
        assert belong(rule) == set()


def test_a_segment_may_ask_about_another() -> None:
    account = LinkedAccountFactory()
    segment = SegmentFactory()
    did(account)
    membership.replace(segment, [account.pk])
    assert belong({"segment": segment.key}) == {account.pk}
    Segment.objects.update(is_active=False)
    assert belong({"segment": segment.key}) == set()


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ("{", ""),
        ([], ""),
        ({}, ""),
        ({"all": []}, "/all"),
        ({"any": [{"platform": "a"}, {"not": {"platform": 5}}]}, "/any/1/not/platform"),
        ({"all": [{"platform": "a"}], "any": []}, ""),
        ({"platform": "a", "more": 1}, ""),
        ({"trait": "fame", "op": "=", "value": 1}, "/trait"),
        ({"trait": "events", "op": "in", "value": [1]}, "/op"),
        ({"trait": "events", "op": "=", "value": "many"}, "/value"),
        ({"trait": "trust", "op": "=", "value": 2}, "/value"),
        ({"trait": "spending.tier", "op": "=", "value": "huge"}, "/value"),
        ({"trait": "last_event", "op": "<", "value": "yesterday"}, "/value"),
        ({"interest": "AI", "at_least": 0}, "/at_least"),
        ({"did": {"type": "vieuw"}}, "/did/type/0"),
        ({"did": {"often": 3}}, "/did/often"),
        ({"did": {"at_least": 0}}, "/did/at_least"),
        ({"did": {"at_least": 3, "at_most": 2}}, "/did/at_most"),
        ({"did": {"course": "x"}}, "/did/course"),
        ({"did": {"within_days": 3, "between": ["2026-01-01", "2026-01-02"]}}, "/did/between"),
        ({"did": {"between": ["2026-01-05", "2026-01-01"]}}, "/did/between"),
        ({"did": {"between": ["2026-01-05", "soon"]}}, "/did/between/1"),
        ({"did": {"between": ["2026-01-05", "9999-12-31"]}}, "/did/between/1"),
        ({"consents": "everything"}, "/consents"),
        ({"account_trait": "age", "op": ">", "value": "old"}, "/value"),
        ({"account_trait": "age", "op": "=", "value": float("nan")}, "/value"),
        ({"account_trait": "age", "op": "=", "value": 10**400}, "/value"),
        ({"platform": "a\0b"}, "/platform"),
        ({"platform": "\ud800"}, "/platform"),
        ({"account_trait": "age", "op": "in", "value": list(range(1000))}, "/value"),
    ],
)
def test_what_is_wrong_is_told_with_its_path(rule: Any, path: str) -> None:
    with pytest.raises(RuleError) as refused:
        parse(rule)
    assert path in [fault.path for fault in refused.value.faults]
    assert all(fault.detail for fault in refused.value.faults)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(RuleError) as refused:
        parse({"all": [{"did": {"type": "vieuw", "kind": "book"}}, {"trait": "fame", "op": "=", "value": 1}]})
    assert [fault.path for fault in refused.value.faults] == ["/all/0/did/type/0", "/all/0/did/kind/0", "/all/1/trait"]


def test_rules_are_neither_endless_nor_bottomless() -> None:
    deep: Any = {"platform": "a"}
    for _ in range(2_000):
        deep = {"not": deep}
    for rule in (deep, {"all": [{"platform": "a"}] * 100_000}):
        with pytest.raises(RuleError):
            parse(rule)


def test_a_rule_is_kept_in_its_shortest_form() -> None:
    rule = {
        "all": [
            {"did": {"type": "view", "at_most": None}},
            {"not": {"interest": "AI", "at_least": 0.5, "in": "topics"}},
        ]
    }
    shortest = document(parse(rule))
    assert shortest == {
        "all": [{"did": {"type": ["view"]}}, {"not": {"interest": "AI", "at_least": 0.5, "in": "topics"}}]
    }
    assert document(parse(shortest)) == shortest
