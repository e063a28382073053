"""Members of segments: who enters and leaves, what is counted, and what platforms are told."""

from typing import Any

import pytest

from accounts.models import Change, LinkedAccount
from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job, JobState
from profiles.models import Segment, SegmentDay, SegmentKind, SegmentMember
from profiles.segmentation import keeping, membership
from profiles.segmentation.counting import Moved
from profiles.segmentation.fragments import sql
from profiles.segmentation.keeping import SegmentInUse
from profiles.segmentation.order import CircularRule
from profiles.segmentation.reading_rules import RuleError
from profiles.segmentation.rebuilding import MOVING, enqueue_rebuild
from tests.factories import (
    EventFactory,
    LinkedAccountFactory,
    PersonFactory,
    PlatformFactory,
    ProfileFactory,
    SegmentFactory,
)

pytestmark = pytest.mark.django_db


def rebuilt(segment: Segment) -> Job:
    job = jobs.run(enqueue_rebuild(segment, to_worker=False).pk)
    assert job.state == JobState.SUCCEEDED, job.error
    segment.refresh_from_db()
    return job


def members(segment: Segment) -> set[int]:
    return set(SegmentMember.objects.filter(segment=segment).values_list("account_id", flat=True))


def joined_pair() -> list[LinkedAccount]:
    return LinkedAccountFactory.create_batch(2, person=PersonFactory(), cross_platform=True)


def told() -> list[tuple[str, str, Any]]:
    return list(Change.objects.order_by("pk").values_list("type", "user_id", "data__segment"))


def test_a_rebuild_finds_all_accounts_of_all_persons_the_rule_holds_for() -> None:
    segment = SegmentFactory()
    first, second = joined_pair()
    EventFactory(account=second)
    alone, _nobody = LinkedAccountFactory.create_batch(2)
    EventFactory(account=alone)
    job = rebuilt(segment)
    assert members(segment) == {first.pk, second.pk, alone.pk}
    assert set(SegmentMember.objects.persons().values_list("account_id", flat=True)) == {first.pk, alone.pk}
    assert (segment.size, job.result["entered"], job.result["left"]) == (2, 2, 0)
    assert segment.settled_at is not None
    assert rebuilt(segment).result["entered"] == 0


def test_platforms_are_told_of_each_of_their_accounts_once_in_their_language() -> None:
    segment = SegmentFactory(name="")
    segment.told = {"cell": "champions"}
    segment.save()
    english, chinese = PlatformFactory(locale="en"), PlatformFactory()
    accounts = [LinkedAccountFactory(platform=each) for each in (english, chinese)]
    membership.replace(segment, [each.pk for each in accounts])
    assert [(each.type, each.user_id) for each in Change.objects.order_by("pk")] == [
        ("segment.entered", each.external_id) for each in accounts
    ]
    assert Change.objects.get(platform=english).data == {
        "user_id": accounts[0].external_id,
        "segment": segment.key,
        "name": "Champions",
    }
    membership.replace(segment, [accounts[0].pk])
    assert told()[2:] == [("segment.left", accounts[1].external_id, segment.key)]


def test_replacing_changes_only_what_differs() -> None:
    segment = SegmentFactory()
    one, two, three = (account.pk for account in LinkedAccountFactory.create_batch(3))
    assert membership.replace(segment, [one, two]) == Moved(2, 0)
    since = SegmentMember.objects.get(account=two).entered_at
    assert membership.replace(segment, sql("SELECT unnest(%s::bigint[])", [two, three])) == Moved(1, 1)
    assert members(segment) == {two, three}
    assert SegmentMember.objects.get(account=two).entered_at == since
    segment.refresh_from_db()
    assert segment.size == 2
    day = SegmentDay.objects.get()
    assert (day.size, day.entered, day.left) == (2, 3, 1)


def test_a_key_that_leads_nobody_is_passed_over() -> None:
    segment = SegmentFactory()
    _first, second = joined_pair()
    silent = LinkedAccountFactory(profiling=False)
    assert membership.replace(segment, [second.pk, silent.pk, 10**12]) == Moved(0, 0)


def test_who_is_joined_belongs_together_and_is_counted_once() -> None:
    segment = SegmentFactory()
    first, second = LinkedAccountFactory.create_batch(2, cross_platform=True)
    EventFactory(account=second)
    rebuilt(segment)
    assert segment.size == 1
    LinkedAccount.objects.filter(pk=second.pk).update(person=first.person_id)
    assert membership.settle([second.pk]) == Moved(0, 0)
    segment.refresh_from_db()
    assert (segment.size, members(segment)) == (1, {first.pk, second.pk})
    LinkedAccount.objects.filter(pk=second.pk).update(person=PersonFactory())
    membership.settle([first.pk, second.pk])
    segment.refresh_from_db()
    assert (segment.size, members(segment)) == (1, {second.pk})
    assert [each[0] for each in told()] == ["segment.entered", "segment.entered", "segment.left"]


def test_a_member_stands_only_while_everyone_it_belongs_for_agrees() -> None:
    segment = SegmentFactory()
    _first, second = joined_pair()
    EventFactory(account=second)
    rebuilt(segment)
    assert SegmentMember.objects.standing().count() == 2
    LinkedAccount.objects.filter(pk=second.pk).update(cross_platform=False)
    assert not SegmentMember.objects.standing().exists()
    membership.settle([second.pk])
    assert [each.account_id for each in SegmentMember.objects.standing()] == [second.pk]
    LinkedAccount.objects.filter(pk=second.pk).update(profiling=False)
    assert not SegmentMember.objects.standing().exists()


def test_segments_that_ask_about_a_segment_follow_it() -> None:
    base = SegmentFactory()
    asking = SegmentFactory(rule={"not": {"segment": base.key}})
    first, second = LinkedAccountFactory.create_batch(2)
    rebuilt(asking)
    assert members(asking) == {first.pk, second.pk}
    EventFactory(account=first)
    rebuilt(base)
    assert members(asking) == {second.pk}
    membership.replace(base, [])
    assert members(asking) == {first.pk, second.pk}


def test_segments_are_looked_at_after_those_they_ask_about_whatever_their_order() -> None:
    asking = SegmentFactory(rule={"segment": "zz"})
    SegmentFactory(key="zz")
    account = EventFactory().account
    membership.settle([account.pk])
    assert members(asking) == {account.pk}


def test_a_circle_is_refused() -> None:
    first = SegmentFactory(key="first")
    SegmentFactory(key="second", rule={"any": [{"platform": "a"}, {"segment": "first"}]})
    first.rule = {"not": {"segment": "second"}}
    with pytest.raises(CircularRule, match="first → second → first"):
        keeping.save(first)
    first.rule = {"segment": "first"}
    with pytest.raises(CircularRule):
        keeping.save(first)


def test_a_segment_that_is_not_there_cannot_be_asked_about() -> None:
    with pytest.raises(RuleError) as refused:
        keeping.save(SegmentFactory.build(rule={"all": [{"segment": "nowhere"}]}))
    assert [fault.path for fault in refused.value.faults] == ["/all/0/segment"]


def test_saving_never_writes_an_old_size_back() -> None:
    segment = SegmentFactory()
    stale = Segment.objects.get()
    membership.replace(segment, [LinkedAccountFactory().pk])
    stale.name = "新名"
    assert keeping.save(stale) is None
    segment.refresh_from_db()
    assert (segment.size, segment.name) == (1, "新名")


def test_members_leave_a_segment_that_is_not_kept_or_removed() -> None:
    segment, other = SegmentFactory.create_batch(2)
    account = LinkedAccountFactory()
    for each in (segment, other):
        membership.replace(each, [account.pk])
    segment.is_active = False
    job = keeping.save(segment, to_worker=False)
    assert job is not None
    assert not Segment.objects.of_account(account).filter(pk=segment.pk).exists()
    jobs.run(job.pk)
    segment.refresh_from_db()
    assert (segment.size, members(segment)) == (0, set())
    keeping.remove(other)
    assert not Segment.objects.filter(pk=other.pk).exists()
    assert [each[0] for each in told()] == ["segment.entered", "segment.entered", "segment.left", "segment.left"]


def test_nobody_leaves_a_segment_that_is_kept_up_to_date_again() -> None:
    segment = SegmentFactory(is_active=False)
    account = EventFactory().account
    job = enqueue_rebuild(segment, to_worker=False)
    Segment.objects.update(is_active=True)
    membership.replace(segment, [account.pk])
    assert membership.dissolve(segment) == Moved()
    assert members(segment) == {account.pk}
    jobs.run(job.pk)
    assert members(segment) == {account.pk}


def test_a_rule_that_is_changed_while_members_are_looked_for_counts_at_last() -> None:
    segment = SegmentFactory()
    viewer, buyer = EventFactory().account, EventFactory(type="purchase").account

    def change_the_rule(job: Job) -> None:
        if job.step == MOVING:
            Segment.objects.filter(pk=segment.pk).update(rule={"did": {"type": "purchase"}})

    jobs.run(enqueue_rebuild(segment, to_worker=False).pk, change_the_rule)
    assert members(segment) == {buyer.pk}
    assert viewer.pk not in members(segment)


@pytest.mark.parametrize("comes_instead", [False, True])
def test_nobody_stays_in_a_cluster_for_what_accounts_did_that_belong_to_them_no_more(comes_instead: bool) -> None:
    cluster = SegmentFactory(kind=SegmentKind.CLUSTER, rule=None, cluster=1)
    first, second = joined_pair()
    alone = LinkedAccountFactory()
    ProfileFactory(account=first, account_ids=[first.pk, second.pk])
    membership.replace(cluster, [first.pk, alone.pk])
    LinkedAccount.objects.filter(pk=second.pk).update(person=PersonFactory())
    if comes_instead:
        LinkedAccountFactory(person=first.person, cross_platform=True)
    membership.settle([first.pk, second.pk, alone.pk])
    assert members(cluster) == {alone.pk}
    assert membership.replace(cluster, [first.pk, alone.pk]) == Moved(), "found when they still belonged together"


def test_who_joins_somebody_in_a_cluster_is_in_it_too() -> None:
    cluster = SegmentFactory(kind=SegmentKind.CLUSTER, rule=None, cluster=1)
    first = LinkedAccountFactory(cross_platform=True)
    ProfileFactory(account=first, account_ids=[first.pk])
    membership.replace(cluster, [first.pk])
    second = LinkedAccountFactory(person=first.person, cross_platform=True)
    membership.settle([second.pk])
    assert members(cluster) == {first.pk, second.pk}


def test_a_cluster_can_be_renamed_whether_or_not_it_is_kept() -> None:
    cluster = SegmentFactory(kind=SegmentKind.CLUSTER, rule=None, cluster=1)
    for is_active in (False, True):
        cluster.is_active = is_active
        keeping.save(cluster, to_worker=False)
        cluster.name = f"{is_active}"
        assert keeping.save(cluster) is None


def test_a_segment_that_others_ask_about_stays_and_keeps_its_key() -> None:
    base = SegmentFactory()
    SegmentFactory(rule={"segment": base.key}, name="问的人")
    with pytest.raises(SegmentInUse, match="问的人"):
        keeping.remove(base)
    base.key = "another"
    with pytest.raises(SegmentInUse):
        keeping.save(base)


def test_accounts_that_are_erased_leave_without_a_word() -> None:
    segment = SegmentFactory()
    account = LinkedAccountFactory()
    membership.replace(segment, [account.pk])
    Change.objects.all().delete()
    membership.forget([account.pk])
    segment.refresh_from_db()
    assert (segment.size, members(segment), told()) == (0, set(), [])


def test_a_rule_that_cannot_be_answered_holds_no_other_segment_up() -> None:
    broken = SegmentFactory(rule={"trait": "last_event", "op": "<", "value": "2026-01-01"})
    well = SegmentFactory()
    account = EventFactory().account
    ProfileFactory(account=account, traits={"last_event": "soon"})
    membership.settle([account.pk])
    assert (members(broken), members(well)) == (set(), {account.pk})


def test_a_rule_that_cannot_be_read_fails_its_job_and_nothing_else() -> None:
    broken, well = SegmentFactory(rule={"nonsense": 1}), SegmentFactory()
    account = EventFactory().account
    membership.settle([account.pk])
    assert members(well) == {account.pk}
    job = jobs.run(enqueue_rebuild(broken, to_worker=False).pk)
    assert job.state == JobState.FAILED
    assert "account_trait" in job.error
