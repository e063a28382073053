"""Profiles are told anew as soon as something happens, so that rules about traits and interests count it at once."""

from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import ConsentSource, LinkedAccount, Purpose, Stirring
from accounts.services import stirring
from accounts.services.consents import state_consents
from accounts.services.linking import create_link_code, leave, link
from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job
from profiles.models import Event, EventType, Profile, ProfileModel, Segment, SegmentMember
from profiles.profiling import building, model_store, retelling
from profiles.profiling.building import enqueue_build
from profiles.segmentation import live
from profiles.services import record
from tests.factories import CourseFactory, EventFactory, LinkedAccountFactory, SegmentFactory
from tests.profiles.test_profile_building import built, did

pytestmark = pytest.mark.django_db

BUYERS: dict[str, Any] = {"trait": "spending.orders", "op": ">=", "value": 2}


def members(segment: Segment) -> set[int]:
    return set(SegmentMember.objects.filter(segment=segment).values_list("account_id", flat=True))


def buys(account: LinkedAccount, category: str = "AI") -> None:
    record(account, EventType.PURCHASE, CourseFactory(platform=account.platform, category=category), 100)


def account_with_profile(**fields: Any) -> LinkedAccount:
    """Somebody who bought once, among others, when profiles were built."""
    account = LinkedAccountFactory(**fields)
    buys(account)
    for _ in range(2):
        did(LinkedAccountFactory())
    built()
    live.look()
    return account


def test_an_event_changes_who_belongs_by_a_trait_at_once() -> None:
    account = account_with_profile()
    twice, all_others = SegmentFactory(rule=BUYERS), SegmentFactory(rule={"not": BUYERS})
    stirring.stir([account.pk])
    live.look()
    assert (members(twice), members(all_others)) == (set(), {account.pk})
    buys(account)
    live.look()
    assert (members(twice), members(all_others)) == ({account.pk}, set())
    assert not Stirring.objects.exists()


def test_an_event_changes_who_belongs_by_an_interest_at_once() -> None:
    account = account_with_profile()
    CourseFactory(category="设计")
    drawn = SegmentFactory(rule={"interest": "AI", "at_least": 0.6, "in": "categories"})
    stirring.stir([account.pk])
    live.look()
    assert members(drawn) == {account.pk}
    course = CourseFactory(platform=account.platform, category=Profile.objects.exclude(account=account).first()
                           .traits["categories"][0]["name"])  # fmt: skip
    for _ in range(3):
        record(account, EventType.PURCHASE, course, 100)
    live.look()
    assert members(drawn) == set()


def test_segments_that_ask_about_such_segments_follow() -> None:
    account = account_with_profile()
    SegmentFactory(key="buyers", rule=BUYERS)
    others = SegmentFactory(rule={"all": [{"did": {"type": "purchase"}}, {"not": {"segment": "buyers"}}]})
    stirring.stir([account.pk])
    live.look()
    assert members(others) == {account.pk}
    buys(account)
    live.look()
    assert members(others) == set()


def test_what_is_told_at_once_is_what_a_building_tells() -> None:
    account = account_with_profile()
    did(account, days_ago=3)
    did(account, type=EventType.SEARCH, course=CourseFactory(platform=account.platform), days_ago=0)
    everybody = list(Profile.objects.values_list("account_id", flat=True))
    version, _learned = model_store.current_model()
    assert version is not None
    retelling.retell([account.pk])
    alone = Profile.objects.get(account=account)
    assert alone.traits["events"] == 7
    retelling.retell(everybody)
    together = Profile.objects.get(account=account)
    for told in (alone, together):
        told.traits["rfm"].pop("recency_days")
    assert alone.traits == together.traits
    assert np.allclose(alone.vector, together.vector, atol=1e-3)
    assert together.model == version


def test_somebody_new_has_a_profile_after_the_first_event() -> None:
    account_with_profile()
    once = SegmentFactory(rule={"trait": "spending.orders", "op": "=", "value": 1})
    newcomer, idle = LinkedAccountFactory.create_batch(2)
    stirring.stir([idle.pk])
    buys(newcomer)
    live.look()
    assert newcomer.pk in members(once)
    assert Profile.objects.get(account=newcomer).account_ids == [newcomer.pk]
    assert not Profile.objects.filter(account=idle).exists()


def test_accounts_that_join_have_one_profile_and_two_after_they_part() -> None:
    first = account_with_profile(cross_platform=True)
    second = LinkedAccountFactory(cross_platform=True)
    twice = SegmentFactory(rule=BUYERS)
    buys(second)
    live.look()
    link(first, create_link_code(second).code)
    live.look()
    assert members(twice) == {first.pk, second.pk}
    both = Profile.objects.filter(account__in=[first, second])
    assert [each.account_ids for each in both] == [[first.pk, second.pk]]
    leave(LinkedAccount.objects.get(pk=first.pk))
    live.look()
    assert members(twice) == set()
    assert sorted(each.account_ids for each in both.all()) == [[first.pk], [second.pk]]


def test_who_withdraws_from_profiling_has_no_profile_any_more() -> None:
    account = account_with_profile()
    segment = SegmentFactory(rule={"trait": "spending.orders", "op": ">=", "value": 1})
    stirring.stir([account.pk])
    live.look()
    assert members(segment) == {account.pk}
    state_consents(account, {Purpose.PROFILING: False}, "1", ConsentSource.PERSON)
    live.look()
    assert members(segment) == set()
    assert not Profile.objects.filter(account=account).exists()


def test_who_has_no_events_left_has_no_profile_any_more() -> None:
    account = account_with_profile()
    SegmentFactory(rule=BUYERS)
    Event.objects.filter(account=account).delete()
    stirring.stir([account.pk])
    live.look()
    assert not Profile.objects.filter(account=account).exists()


@pytest.mark.parametrize("rule", [{"did": {"type": "purchase"}}, {"platform": "tide"}])
def test_nothing_is_told_anew_unless_rules_ask_about_profiles(rule: dict[str, Any]) -> None:
    account = account_with_profile()
    SegmentFactory(rule=rule)
    SegmentFactory(rule=BUYERS, is_active=False)
    fresh_at = Profile.objects.get(account=account).fresh_at
    buys(account)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        live.look()
    assert not [each["sql"] for each in queries if "profiles_profile" in each["sql"]]
    assert Profile.objects.get(account=account).fresh_at == fresh_at


def test_before_the_first_model_rules_use_what_stands() -> None:
    segment = SegmentFactory(rule={"not": BUYERS})
    account = EventFactory().account
    stirring.stir([account.pk])
    live.look()
    assert members(segment) == {account.pk}
    assert not Profile.objects.exists()


def test_a_model_that_cannot_be_read_is_logged_and_rules_use_what_stands(caplog: pytest.LogCaptureFixture) -> None:
    account = account_with_profile()
    once = SegmentFactory(rule={"trait": "spending.orders", "op": "=", "value": 1})
    version = ProfileModel.objects.current()
    assert version is not None
    default_storage.delete(f"profile-models/{version.pk}/arrays.npz")
    model_store._load.cache_clear()
    buys(account)
    live.look()
    assert "profile_model_unreadable" in caplog.text
    assert members(once) == {account.pk}
    assert Profile.objects.get(account=account).traits["spending"]["orders"] == 1


def test_a_flood_is_told_a_few_at_a_time_after_all_other_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "RETOLD_AT_ONCE", 2)
    monkeypatch.setattr(stirring, "MOST_IN_A_LATER_MARK", 2)
    monkeypatch.setattr(stirring, "tell", lambda: None)
    account_with_profile()
    bought, traits = SegmentFactory(rule={"did": {"type": "purchase"}}), SegmentFactory(rule=BUYERS)
    accounts = LinkedAccountFactory.create_batch(5)
    for account in accounts:
        buys(account)
        buys(account)
    sizes = []
    for _ in range(4):
        live.look()
        sizes.append((len(members(bought)), len(members(traits))))
    assert sizes == [(5, 2), (5, 4), (5, 5), (5, 5)]


def test_what_happens_during_a_building_is_not_lost_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    account = account_with_profile()
    twice = SegmentFactory(rule=BUYERS)
    write = building.write_of_before

    def overtaken(*given: Any) -> Any:
        buys(account)
        live.look()
        assert members(twice) == {account.pk}
        return write(*given)

    monkeypatch.setattr(building, "write_of_before", overtaken)
    job = built()
    profile = Profile.objects.get(account=account)
    assert profile.traits["spending"]["orders"] == 2
    assert profile.model == ProfileModel.objects.current()
    assert (str(profile.model), job.result["removed"]) == ("v2", 0)
    stirring.stir([account.pk])
    live.look()
    assert members(twice) == {account.pk}


def test_accounts_that_join_during_a_building_have_one_profile_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    first = account_with_profile(cross_platform=True)
    second = LinkedAccountFactory(cross_platform=True)
    buys(second)
    write = building.write_of_before

    def overtaken(*given: Any) -> Any:
        link(first, create_link_code(second).code)
        return write(*given)

    monkeypatch.setattr(building, "write_of_before", overtaken)
    built()
    told = Profile.objects.filter(account__in=[first, second])
    assert [(each.account_ids, each.traits["events"]) for each in told] == [([first.pk, second.pk], 2)]


def test_a_building_that_is_cancelled_leaves_the_model_before_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    account = account_with_profile()
    SegmentFactory(rule=BUYERS)
    job = enqueue_build(to_worker=False)
    seen: list[str] = []

    def cancel(running: Job) -> None:
        if running.step == building.TELLING:
            seen.append(running.step)
            jobs.request_cancel(running)

    jobs.run(job.pk, cancel)
    assert seen
    buys(account)
    live.look()
    assert str(Profile.objects.get(account=account).model) == "v1"
