"""Events, joinings, consents and looks while profiles are built, in real processes: all comes out right."""

import pytest
from django.db import connection

from accounts.models import Stirring
from accounts.services import stirring
from crossmarket.foundation import jobs
from crossmarket.foundation.models import JobState
from profiles.models import Profile, ProfileModel, Segment, SegmentMember
from profiles.profiling import building, retelling, subjects
from profiles.profiling.building import enqueue_build
from profiles.segmentation import keeping, live
from profiles.segmentation.rebuilding import enqueue_rebuild_all
from tests.factories import CourseFactory, EventFactory, LinkedAccountFactory, PersonFactory, PlatformFactory
from tests.profiles.test_segment_concurrency import PERSONS, joiner, looker, sender, talker
from tests.profiles.test_segment_properties import check_sizes_and_changes, members
from tests.side_by_side import side_by_side

pytestmark = pytest.mark.django_db(transaction=True)

RULES = {
    "bought": {"trait": "spending.orders", "op": ">=", "value": 2},
    "busy": {"all": [{"trait": "events", "op": ">=", "value": 8}, {"segment": "bought"}]},
    "viewed": {"did": {"type": "view", "at_least": 2}},
}


def builder() -> None:
    for _ in range(3):
        job = jobs.run(enqueue_build(to_worker=False).pk)
        assert job.state == JobState.SUCCEEDED, job.error


def told() -> dict[int, tuple[list[int], int]]:
    """By account: of which accounts the profile is made that is kept there, and of how many events."""
    return {each.account_id: (each.account_ids, each.traits["events"]) for each in Profile.objects.all()}


def test_profiles_and_members_come_out_as_a_building_afterwards_tells_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "AT_ONCE", 5)
    monkeypatch.setattr(live, "RETOLD_AT_ONCE", 4)
    monkeypatch.setattr(building, "AT_ONCE", 3)
    monkeypatch.setattr(building, "AGAIN_AT_ONCE", 2)
    monkeypatch.setattr(stirring, "MOST_IN_A_LATER_MARK", 2)
    tide, xuehai = PlatformFactory(slug="tide"), PlatformFactory(slug="xuehai")
    for platform in (tide, xuehai):
        CourseFactory(platform=platform, item_id="c1")
    accounts = [
        [
            LinkedAccountFactory(platform=platform, external_id=f"u{number}", cross_platform=True)
            for platform in (tide, xuehai)
        ]
        for number in range(PERSONS)
    ]
    for pair in accounts:
        EventFactory(account=pair[0], course=pair[0].platform.courses.get())
    for key, rule in RULES.items():
        keeping.save(Segment(key=key, rule=rule), to_worker=False)
    builder()
    pairs = [(one, other) for one, other in accounts[:5]]
    some = [each for pair in accounts for each in pair]

    side_by_side(sender(tide, 1), sender(xuehai, 2), joiner(pairs), talker(some), looker, looker, builder)
    while Stirring.objects.exists():
        live.look()

    assert set(Profile.objects.values_list("model", flat=True)) == {ProfileModel.objects.current().pk}
    kept, belonging = told(), members()
    assert {tuple(ids) for ids, _events in kept.values()} <= {tuple(each.account_ids) for each in subjects.everyone()}
    result = jobs.run(enqueue_rebuild_all(to_worker=False).pk).result
    assert (result["entered"], result["left"]) == (0, 0)
    check_sizes_and_changes()
    builder()
    assert told() == kept
    jobs.run(enqueue_rebuild_all(to_worker=False).pk)
    assert members() == belonging


def test_who_is_being_erased_keeps_nobody_waiting() -> None:
    person = PersonFactory()
    going, _staying = (EventFactory(account__person=person, account__cross_platform=True).account for _ in range(2))
    other = EventFactory().account
    jobs.run(enqueue_build(to_worker=False).pk)
    keeping.save(Segment(key="some", rule={"trait": "events", "op": ">=", "value": 1}), to_worker=False)
    Profile.objects.all().delete()
    stirring.stir([going.pk, other.pk])
    eraser = connection.copy()
    try:
        eraser.set_autocommit(False)
        with eraser.cursor() as cursor:
            cursor.execute("SELECT 1 FROM accounts_linkedaccount WHERE id = %s FOR UPDATE", [going.pk])
            assert retelling.retell([going.pk]) == 0
            live.look()
            assert [each.account_id for each in Profile.objects.all()] == [other.pk]
            eraser.rollback()
    finally:
        eraser.close()
    live.look()
    assert Profile.objects.count() == 2
    assert SegmentMember.objects.count() == 3
