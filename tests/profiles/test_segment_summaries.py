"""What is told of a segment besides its size: overlaps, and how its members differ from everyone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from crossmarket.foundation import jobs
from crossmarket.foundation.models import JobState
from profiles.models import Profile, Segment, SegmentSummary
from profiles.segmentation import membership, summaries
from profiles.segmentation.comparing import Difference, Figures, differences
from tests.factories import LinkedAccountFactory, ProfileFactory, SegmentFactory

pytestmark = pytest.mark.django_db


def summarised(segment: Segment) -> Figures:
    job = jobs.run(summaries.enqueue_summary(segment, to_worker=False).pk)
    assert job.state == JobState.SUCCEEDED, job.error
    figures = summaries.summary_of(segment)
    assert figures is not None
    return figures


def test_overlap_is_how_many_persons_are_in_both() -> None:
    first, second, apart = SegmentFactory.create_batch(3)
    accounts = [account.pk for account in LinkedAccountFactory.create_batch(4)]
    membership.replace(first, accounts)
    membership.replace(second, accounts[:1])
    membership.replace(apart, [LinkedAccountFactory().pk])
    first.refresh_from_db()
    figures = summarised(first)
    assert (figures.persons, figures.sampled) == (4, 4)
    assert [(each.segment, each.persons, each.share) for each in figures.overlaps] == [(second.key, 1, 0.25)]


def test_members_differ_from_everyone_where_they_do() -> None:
    segment = SegmentFactory()
    for number in range(40):
        is_member = number < 10
        traits = {
            "events": 200 + number if is_member else 10 + number,
            "trust": 0.5,
            "hours": {"habit": "night" if is_member else "morning"},
            "categories": [{"name": "AI" if is_member else "绘画", "share": 0.6}],
        }
        ProfileFactory(traits=traits)
    membership.replace(segment, list(Profile.objects.order_by("pk").values_list("account_id", flat=True)[:10]))
    told = {(each.trait, each.value): each for each in summarised(segment).differences}
    assert told["hours.habit", "night"].members == 1.0
    assert told["hours.habit", "night"].everyone == 0.25
    assert told["interest", "AI"].effect > 0 > told["interest", "绘画"].effect
    assert told["events", None].members > told["events", None].everyone
    assert ("trust", None) not in told


def test_of_few_persons_nothing_is_said() -> None:
    assert differences([{"events": 1}] * 4, [{"events": 9}] * 100) == []
    assert differences([], []) == []


def test_traits_that_are_missing_or_broken_are_passed_over() -> None:
    some = [{"events": None, "rfm": None, "platforms": "?"}, {}] * 10
    assert [each for each in differences(some, some) if not isinstance(each, Difference)] == []


def test_a_summary_is_made_anew_when_members_changed_since_and_it_is_old() -> None:
    segment = SegmentFactory()
    assert summaries.is_stale(segment)
    summarised(segment)
    membership.replace(segment, [LinkedAccountFactory().pk])
    segment.refresh_from_db()
    assert not summaries.is_stale(segment)
    old = timezone.now() - timedelta(hours=2)
    SegmentSummary.objects.update(made_at=old)
    assert summaries.is_stale(segment)
    Segment.objects.update(settled_at=old - timedelta(minutes=1))
    segment.refresh_from_db()
    assert not summaries.is_stale(segment)


def test_some_members_can_be_shown() -> None:
    segment = SegmentFactory()
    account, _silent = LinkedAccountFactory(), LinkedAccountFactory(profiling=False)
    membership.replace(segment, [account.pk])
    assert [member.account for member in summaries.members_to_show(segment)] == [account]
