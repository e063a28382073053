"""People of whom hardly anything is known are offered what the members of their segments like, if they agree to it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import TestCase
from django.utils import timezone

from accounts import sharing
from accounts.models import LinkedAccount
from profiles.models import Event, Segment, SegmentMember
from recommend import segment_tastes
from recommend.models import SegmentTaste
from recommend.placements.keeping import describe
from recommend.serving import belonging, fellows
from tests.factories import SegmentFactory
from tests.partner import Partner, batch, event
from tests.recommend.trained import GROUPS, ITEMS, LEARNERS, group_of, planted_partner, trained

pytestmark = pytest.mark.django_db(transaction=True)

OF_A_GROUP = ITEMS // GROUPS


@pytest.fixture
def shop() -> Partner:
    """Learners of three tastes; who is new has done nothing yet."""
    partner = planted_partner()
    assert partner.post("/users", batch({"user_id": "new"}, {"user_id": "other"})).status_code == 202
    trained("popularity")
    return partner


def segment_of(shop: Partner, *users: str) -> Segment:
    """A segment with these members."""
    segment = SegmentFactory(size=len(users))
    accounts = shop.platform.accounts.filter(external_id__in=users)
    SegmentMember.objects.bulk_create(
        SegmentMember(segment=segment, account=account, entered_at=timezone.now()) for account in accounts
    )
    return segment


def of_taste(group: int) -> list[str]:
    return [f"l{number}" for number in range(group, LEARNERS, GROUPS)]


def groups_of(items: list[str]) -> set[int]:
    return {group_of(item) for item in items}


def first(shop: Partner, user: str, **asked: Any) -> list[str]:
    return shop.recommended_ids(user, limit=OF_A_GROUP, **asked)


@pytest.mark.parametrize("group", range(GROUPS))
def test_newcomers_get_what_their_segment_likes(shop: Partner, group: int) -> None:
    segment_of(shop, "new", *of_taste(group))
    assert segment_tastes.learn() == 1
    assert groups_of(first(shop, "new")) == {group}
    for language, reason in (("zh", "和你相似的学习者喜欢"), ("en", "Liked by learners like you")):
        given = shop.recommended("new", limit=OF_A_GROUP, lang=language)["items"]
        assert {(each["source"], each["reason"]) for each in given} == {("segment", reason)}
    assert groups_of(shop.recommended_ids("other")) == set(range(GROUPS)), "who belongs to none gets what all like"
    assert "segment" not in {each["source"] for each in shop.recommended("other")["items"]}


def test_who_has_done_little_is_offered_it_besides_and_who_has_done_more_is_known_by_that(shop: Partner) -> None:
    segment_of(shop, "new", *of_taste(2))
    segment_tastes.learn()
    only_segment = {"off": ["model", "similar", "same_category", "popular", "new", "exploration"]}
    with TestCase.captureOnCommitCallbacks(execute=True):
        describe(shop.platform, "home", only_segment)
    shop.post("/events", batch(event(user_id="new", item_id="c0")))
    given = shop.recommended("new", limit=OF_A_GROUP)["items"]
    assert groups_of([each["item_id"] for each in given]) == {2}
    shop.post("/events", batch(*(event(user_id="new", item_id=f"c{number}") for number in (1, 3, 4, 6))))
    assert "segment" not in {each["source"] for each in shop.recommended("new")["items"]}


def test_a_placement_can_do_without(shop: Partner) -> None:
    segment_of(shop, "new", *of_taste(1))
    segment_tastes.learn()
    with TestCase.captureOnCommitCallbacks(execute=True):
        describe(shop.platform, "home", {"off": ["segment"]})
    assert shop.recommended_ids("new") == shop.recommended_ids("")


@pytest.mark.parametrize("purpose", ["recommendation", "profiling"])
def test_a_consent_that_is_withdrawn_counts_at_once(shop: Partner, purpose: str) -> None:
    segment_of(shop, "new", *of_taste(1))
    segment_tastes.learn()
    assert groups_of(first(shop, "new")) == {1}
    shop.put("/users/new/consents", {purpose: False, "policy_version": "1"})
    assert shop.recommended_ids("new") == shop.recommended_ids("")


@pytest.mark.parametrize("purpose", ["recommendation", "profiling"])
def test_only_members_who_agree_are_counted(shop: Partner, purpose: str) -> None:
    segment_of(shop, "new", *of_taste(1))
    segment_tastes.learn()
    assert SegmentTaste.objects.get().people == LEARNERS // GROUPS
    LinkedAccount.objects.filter(external_id__in=of_taste(1)[:2]).update(**{purpose: False})
    segment_tastes.learn()
    assert SegmentTaste.objects.get().people == LEARNERS // GROUPS - 2
    LinkedAccount.objects.filter(external_id__in=of_taste(1)[:3]).update(**{purpose: False})
    assert segment_tastes.learn() == 0, "of fewer than ten nothing is told"


def test_what_was_done_lately_tells_more(shop: Partner) -> None:
    segment_of(shop, *of_taste(0))
    segment_tastes.learn()
    taste = SegmentTaste.objects.get()
    favourite = taste.course_ids[0]
    Event.objects.filter(course=favourite).update(timestamp=timezone.now() - timedelta(days=25))
    segment_tastes.learn()
    again = SegmentTaste.objects.get()
    assert again.course_ids[-1] == favourite
    assert again.liking[-1] < taste.liking[0] / 4
    Event.objects.update(timestamp=timezone.now() - timedelta(days=31))
    assert segment_tastes.learn() == 0


def test_what_a_few_like_is_no_taste_of_the_segment(shop: Partner) -> None:
    segment_of(shop, *of_taste(0))
    for user in of_taste(0)[:2]:
        shop.post("/events", batch(*(event(user_id=user, item_id="c1", type="purchase", value=5) for _ in range(3))))
    segment_tastes.learn()
    assert shop.platform.courses.get(item_id="c1").pk not in SegmentTaste.objects.get().course_ids


def test_a_segment_of_everybody_has_no_taste_of_its_own(shop: Partner) -> None:
    segment_of(shop, "new", *(f"l{number}" for number in range(LEARNERS)))
    segment_tastes.learn()
    assert "segment" not in {each["source"] for each in shop.recommended("new")["items"]}


def test_the_smallest_segments_tell_most(shop: Partner) -> None:
    everybody = [f"l{number}" for number in range(LEARNERS)]
    for _ in range(3):
        segment_of(shop, "new", *everybody)
    segment_of(shop, "new", *of_taste(1))
    segment_tastes.learn()
    assert groups_of(first(shop, "new")) == {1}


def test_no_query_more_for_it(shop: Partner, django_assert_num_queries: Any) -> None:
    shop.post("/users", batch({"user_id": "new", "traits": {"city": "杭州"}}))
    shop.recommended("new")
    with django_assert_num_queries(1):  # the traits
        shop.recommended("new")
    segment_of(shop, "new", *of_taste(1))
    segment_tastes.learn()
    belonging.cache._delete(belonging.keys_ahead(sharing.of_external_id(shop.platform.pk, "new")))  # minutes later
    assert groups_of(first(shop, "new")) == {1}
    shop.recommended("new")
    with django_assert_num_queries(1):
        shop.recommended("new")


def test_what_segments_like_now_is_taken_up_after_a_minute(shop: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    segment = segment_of(shop, "new", *of_taste(1))
    segment_tastes.learn()
    assert groups_of(first(shop, "new")) == {1}
    SegmentMember.objects.filter(segment=segment, account__external_id__in=of_taste(1)).delete()
    for account in shop.platform.accounts.filter(external_id__in=of_taste(2)):
        SegmentMember.objects.create(segment=segment, account=account, entered_at=timezone.now())
    segment_tastes.learn()
    monkeypatch.setattr(fellows, "LOOK_SECONDS", -1)
    assert groups_of(first(shop, "new")) == {2}
