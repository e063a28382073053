"""What people do counts in segments within seconds: who was stirred is looked at again, nobody else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import ConsentSource, LinkedAccount, Purpose, Stirring
from accounts.services import stirring
from accounts.services.accounts import UserDescription, describe_users, ensure_accounts
from accounts.services.consents import state_consents
from accounts.services.linking import create_link_code, leave, link
from accounts.services.platform_changes import save_platform
from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job, JobState
from profiles.course_changes import save_course
from profiles.ingest.items import ItemDescription, put_item
from profiles.models import Course, CourseKind, EventType, Segment, SegmentMember
from profiles.segmentation import live
from profiles.segmentation.passing_time import let_time_pass
from profiles.segmentation.rebuilding import REBUILD
from profiles.services import record
from profiles.tasks import look_at_stirred
from tests.factories import CourseFactory, EventFactory, LinkedAccountFactory, SegmentFactory

pytestmark = pytest.mark.django_db


def members(segment: Segment) -> set[int]:
    return set(SegmentMember.objects.filter(segment=segment).values_list("account_id", flat=True))


def buys(account: LinkedAccount) -> None:
    record(account, EventType.PURCHASE, CourseFactory(platform=account.platform), 100)


def test_an_event_moves_its_account_into_a_segment_and_out_of_another() -> None:
    bought = SegmentFactory(rule={"did": {"type": "purchase"}})
    never = SegmentFactory(rule={"did": {"type": "purchase", "at_most": 0}})
    account, other = LinkedAccountFactory.create_batch(2)
    stirring.stir([account.pk, other.pk])
    live.look()
    assert (members(bought), members(never)) == (set(), {account.pk, other.pk})
    buys(account)
    live.look()
    assert (members(bought), members(never)) == ({account.pk}, {other.pk})
    assert not Stirring.objects.exists()


def test_nobody_is_looked_at_who_was_not_stirred() -> None:
    segment = SegmentFactory()
    EventFactory()
    live.look()
    assert members(segment) == set()


def consent(account: LinkedAccount, _course: Course) -> None:
    state_consents(account, {Purpose.MARKETING: True}, "1", ConsentSource.PERSON)


def platform_default(account: LinkedAccount, _course: Course) -> None:
    account.platform.marketing_default = True
    save_platform(account.platform, ["marketing_default"])


def description(account: LinkedAccount, _course: Course) -> None:
    describe_users(account.platform, [UserDescription(account.external_id, traits={"city": "杭州"})])


def joining(account: LinkedAccount, _course: Course) -> None:
    other = LinkedAccountFactory(platform__slug="tide", cross_platform=True)
    state_consents(account, {Purpose.CROSS_PLATFORM: True}, "1", ConsentSource.PERSON)
    link(other, create_link_code(account).code)


@pytest.mark.parametrize(
    ("what_happens", "rule"),
    [
        (consent, {"consents": "marketing"}),
        (platform_default, {"consents": "marketing"}),
        (description, {"account_trait": "city", "op": "=", "value": "杭州"}),
        (joining, {"platform": "tide"}),
        (lambda account, course: record(account, EventType.VIEW, course), {"did": {"type": "view"}}),
    ],
    ids=["consent", "default of the platform", "description", "joining", "event"],
)
def test_whatever_rules_ask_about_stirs(
    what_happens: Callable[[LinkedAccount, Course], None], rule: dict[str, Any]
) -> None:
    segment = SegmentFactory(rule=rule)
    account = LinkedAccountFactory()
    what_happens(account, CourseFactory(platform=account.platform))
    live.look()
    assert account.pk in members(segment)


def test_separating_and_withdrawing_look_at_everyone_concerned() -> None:
    segment = SegmentFactory(rule={"did": {"type": "purchase"}})
    first, second = LinkedAccountFactory.create_batch(2, cross_platform=True)
    link(first, create_link_code(second).code)
    buys(second)
    live.look()
    assert members(segment) == {first.pk, second.pk}
    leave(LinkedAccount.objects.get(pk=first.pk))
    live.look()
    assert members(segment) == {second.pk}
    state_consents(second, {Purpose.PROFILING: False}, "1", ConsentSource.PERSON)
    live.look()
    assert members(segment) == set()


def test_an_account_is_looked_at_as_soon_as_it_is_made() -> None:
    segment = SegmentFactory(rule={"not": {"did": {}}})
    reference = ensure_accounts(CourseFactory().platform, ["new"])["new"]
    look_at_stirred()
    assert members(segment) == {reference.id}


def test_more_marks_than_fit_into_one_look_are_all_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "AT_ONCE", 2)
    segment = SegmentFactory(rule={"not": {"did": {}}})
    accounts = [account.pk for account in LinkedAccountFactory.create_batch(5)]
    stirring.stir(accounts)
    live.look()
    assert members(segment) == set(accounts)


def test_what_a_course_is_about_counts_also_when_it_is_told_after_the_events(
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    about_ai, audio = SegmentFactory(rule={"did": {"category": "AI"}}), SegmentFactory(rule={"did": {"kind": "audio"}})
    SegmentFactory()
    account = LinkedAccountFactory()
    course = CourseFactory(platform=account.platform, category="", kind="course")
    record(account, EventType.VIEW, course)
    live.look()
    with django_capture_on_commit_callbacks(execute=True):
        put_item(account.platform, course.item_id, ItemDescription(title="人工智能", category="AI"))
    assert sorted(jobs.run(job.pk).result["entered"] for job in Job.objects.filter(kind=REBUILD)) == [0, 1]
    assert (members(about_ai), members(audio)) == ({account.pk}, set())
    course.refresh_from_db()
    course.kind = "audio"
    with django_capture_on_commit_callbacks(execute=True):
        save_course(course)
        save_course(course)
    for job in Job.objects.filter(kind=REBUILD, state=JobState.QUEUED):
        jobs.run(job.pk)
    assert members(audio) == {account.pk}


def test_courses_described_as_before_have_nobody_looked_at(
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    SegmentFactory(rule={"did": {"category": "AI"}})
    course = CourseFactory(category="AI", kind="audio")
    with django_capture_on_commit_callbacks(execute=True):
        put_item(course.platform, course.item_id, ItemDescription(title="新名", category="AI", kind=CourseKind.AUDIO))
        put_item(course.platform, "new", ItemDescription(title="新课", category="AI"))
    assert not Job.objects.exists()


def test_rules_with_more_conditions_than_a_query_has_columns_are_all_asked() -> None:
    account = EventFactory(type="purchase", value=5, timestamp=timezone.now()).account
    rules = [
        [{"did": {"type": "purchase", "at_least": 1, "sum_at_least": 1, "within_days": 1 + 90 * number + each}}
         for each in range(90)]
        for number in range(10)
    ]  # fmt: skip
    segments = [SegmentFactory(rule={"any": rule}) for rule in rules]
    stirring.stir([account.pk])
    live.look()
    assert all(members(each) == {account.pk} for each in segments)


def test_time_alone_lets_people_leave_and_enter() -> None:
    lately = SegmentFactory(rule={"did": {"within_days": 7}})
    quiet = SegmentFactory(rule={"did": {"within_days": 7, "at_most": 0}})
    now = timezone.now()
    let_time_pass(now - timedelta(hours=1))
    leaving, staying = (
        EventFactory(timestamp=now - timedelta(days=7) + timedelta(minutes=minutes)).account for minutes in (-1, 30)
    )
    for segment in (lately, quiet):
        SegmentMember.objects.create(segment=segment, account=staying, entered_at=now)
    SegmentMember.objects.create(segment=lately, account=leaving, entered_at=now)
    assert let_time_pass(now) == 1
    live.look()
    assert (members(lately), leaving.pk in members(quiet)) == ({staying.pk}, True)
    assert let_time_pass(now) == 0


def test_no_moment_is_left_out_when_nobody_looked_for_days() -> None:
    SegmentFactory(rule={"did": {"within_days": 7}})
    now = timezone.now()
    let_time_pass(now - timedelta(days=3))
    EventFactory(timestamp=now - timedelta(days=9))
    EventFactory(timestamp=now - timedelta(days=11))
    assert let_time_pass(now) == 1


def test_marks_of_many_accounts_take_few_rows_and_are_all_looked_at() -> None:
    segment = SegmentFactory(rule={"not": {"did": {}}})
    platform = LinkedAccountFactory().platform
    ensure_accounts(platform, [f"u{number}" for number in range(1_100)])
    Stirring.objects.all().delete()
    stirring.stir_platform(platform.pk)
    assert Stirring.objects.count() == 2
    live.look()
    assert len(members(segment)) == 1_101


def test_an_account_can_be_taken_out_of_all_marks() -> None:
    stirring.stir([1, 2])
    stirring.stir([2])
    stirring.forget(2)
    assert stirring.take(10) == [1]
