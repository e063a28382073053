"""When events are judged, what is counted, and who is told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import LinkedAccount, Platform
from crossmarket.foundation import jobs
from crossmarket.foundation.models import Job, JobState
from profiles import live_history, tasks
from profiles.cleaning import arriving, looking
from profiles.cleaning.looking import CLEAN
from profiles.models import CleaningProgress, Event, EventFlag, EventType, QualityDay
from profiles.opinions import ratings_of
from profiles.profiling.reading import portrait_of
from recommend import training_data
from recommend.serving import popular
from tests.factories import (
    CourseFactory,
    EventFactory,
    JobFactory,
    LinkedAccountFactory,
    PlatformFactory,
    RatingFactory,
    RejectedEventFactory,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def account(db: None) -> LinkedAccount:
    return LinkedAccountFactory(profiling=True, recommendation=True)


@pytest.fixture
def cleaned_once(db: None) -> None:
    """All there was before has been judged by the rules as they are."""
    run_job()


def run_job() -> Job:
    job = jobs.run(looking.enqueue_cleaning(to_worker=False).pk)
    assert job.state == JobState.SUCCEEDED, job.error
    return job


def pair(account: LinkedAccount, moment: datetime | None = None, **fields: object) -> tuple[Event, Event]:
    """An event, and the same once more a second later."""
    first = EventFactory(
        account=account, course__platform=account.platform, timestamp=moment or timezone.now(), **fields
    )
    later = first.timestamp + timedelta(seconds=1)
    return first, EventFactory(account=account, course=first.course, timestamp=later, **fields)


def left_out() -> set[int]:
    return set(EventFlag.objects.values_list("pk", flat=True))


class TestLooking:
    """Every few minutes what came is judged."""

    def test_what_was_received_is_judged_once(self, cleaned_once: None, account: LinkedAccount) -> None:
        _first, again = pair(account)
        assert looking.look() == 1
        assert left_out() == {again.pk}
        assert CleaningProgress.current().judged_to == again.pk
        assert looking.look() == 0

    def test_what_comes_later_may_make_a_duplicate_of_what_was_kept(
        self, cleaned_once: None, account: LinkedAccount
    ) -> None:
        kept = EventFactory(account=account, course__platform=account.platform, timestamp=NOON)
        looking.look()
        assert not left_out()
        EventFactory(account=account, course=kept.course, timestamp=NOON - timedelta(seconds=1))
        looking.look()
        assert left_out() == {kept.pk}

    def test_the_first_look_leaves_everything_to_one_job(self, account: LinkedAccount) -> None:
        _first, again = pair(account)
        tasks.clean_what_came()
        tasks.clean_what_came()
        assert not left_out()
        jobs.run(Job.objects.get(kind=CLEAN).pk)
        assert left_out() == {again.pk}
        assert CleaningProgress.current().judged_to == again.pk

    def test_other_rules_judge_everything_anew(self, cleaned_once: None, account: LinkedAccount) -> None:
        first, again = pair(account)
        EventFlag.objects.create(event=first, step="a step that is gone")
        CleaningProgress.objects.update(rules="of yesterday")
        looking.look()
        jobs.run(Job.objects.get(kind=CLEAN, state=JobState.QUEUED).pk)
        assert left_out() == {again.pk}

    @pytest.mark.django_db(transaction=True)
    def test_an_event_that_arrives_behind_a_later_one_is_not_missed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        run_job()
        account = LinkedAccountFactory()
        first = EventFactory(account=account, course__platform=account.platform, timestamp=NOON)
        monkeypatch.setattr(arriving, "PATIENCE", 0.0)
        with a_transaction_elsewhere(lambda: EventFactory(account=account, course=first.course, timestamp=NOON)):
            last = EventFactory(account=account, course__platform=account.platform, timestamp=NOON)
            looking.look()
            assert CleaningProgress.current().judged_to < last.pk
        looking.look()
        assert EventFlag.objects.count() == 1
        assert CleaningProgress.current().judged_to == last.pk

    @pytest.mark.django_db(transaction=True)
    def test_transactions_that_end_soon_are_waited_for(self) -> None:
        run_job()
        account = LinkedAccountFactory()
        first = EventFactory(account=account, course__platform=account.platform, timestamp=NOON)
        storing = a_transaction_elsewhere(lambda: EventFactory(account=account, course=first.course, timestamp=NOON))
        with storing as end:
            EventFactory(account=account, course__platform=account.platform, timestamp=NOON)
            threading.Timer(0.3, end).start()
            looking.look()
        assert EventFlag.objects.count() == 1


@contextmanager
def a_transaction_elsewhere(work: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """Another connection that has done the work and commits when told to, or at the end of the block."""
    done, end = threading.Event(), threading.Event()

    def run() -> None:
        try:
            with transaction.atomic():
                work()
                done.set()
                end.wait(30)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert done.wait(30)
    try:
        yield end.set
    finally:
        end.set()
        thread.join()


class TestJob:
    """Everything, by a button or a command."""

    def test_one_waits_at_most(self, db: None) -> None:
        assert looking.enqueue_cleaning() == looking.enqueue_cleaning()

    def test_one_runs_at_most(self, db: None) -> None:
        JobFactory(kind=CLEAN, arguments={}, state=JobState.RUNNING, heartbeat_at=timezone.now())
        job = jobs.run(looking.enqueue_cleaning(to_worker=False).pk)
        assert job.state == JobState.FAILED
        assert "wait until that job has ended" in job.error

    def test_the_command_tells_what_changed(self, account: LinkedAccount) -> None:
        pair(account)
        output = StringIO()
        call_command("clean_events", "--here", stdout=output)
        assert "1" in output.getvalue()
        JobFactory(kind=CLEAN, arguments={}, state=JobState.RUNNING, heartbeat_at=timezone.now())
        with pytest.raises(CommandError, match="already"):
            call_command("clean_events", "--here")


class TestCounting:
    """What is counted of each platform and day of receipt."""

    def counted(self, platform: Platform, day: date | None = None) -> dict[str, int]:
        rows = QualityDay.objects.filter(platform=platform, day=day or timezone.localdate())
        return dict(rows.values_list("step", "events"))

    def test_what_was_seen_left_out_filled_in_and_refused(self, account: LinkedAccount) -> None:
        pair(account)
        course = CourseFactory(platform=account.platform, price=9_900)
        for event_type in (EventType.PURCHASE, EventType.REFUND, EventType.COMPLETE):
            EventFactory(account=account, course=course, type=event_type)
        EventFactory(account=account, course__price=None, course__platform=account.platform, type=EventType.PURCHASE)
        RatingFactory(account=account, course=course, value=7)
        RejectedEventFactory(platform=account.platform)
        run_job()
        assert self.counted(account.platform) == {
            "seen": 7,
            "duplicate": 1,
            "impossible": 1,
            "price_of_purchase": 1,
            "price_of_refund": 1,
            "whole_completion": 1,
            "refused": 1,
        }

    def test_platforms_and_days_are_counted_apart(self, cleaned_once: None, account: LinkedAccount) -> None:
        yesterday = timezone.now() - timedelta(days=1)
        first, _again = pair(account, NOON)
        Event.objects.filter(pk=first.pk).update(received_at=yesterday)
        other = EventFactory(course__platform=PlatformFactory())
        looking.look()
        assert self.counted(account.platform) == {"seen": 1, "duplicate": 1}
        assert self.counted(account.platform, timezone.localtime(yesterday).date()) == {"seen": 1}
        assert self.counted(other.platform) == {"seen": 1}

    def test_a_day_is_counted_anew_when_what_came_on_it_is_judged_anew(
        self, cleaned_once: None, account: LinkedAccount
    ) -> None:
        kept = EventFactory(account=account, course__platform=account.platform, timestamp=NOON)
        yesterday = timezone.now() - timedelta(days=1)
        Event.objects.filter(pk=kept.pk).update(received_at=yesterday)
        looking.look()
        EventFactory(account=account, course=kept.course, timestamp=NOON - timedelta(seconds=1))
        looking.look()
        assert self.counted(account.platform, timezone.localtime(yesterday).date()) == {"seen": 1, "duplicate": 1}

    def test_counts_of_days_of_which_everything_was_erased_stay(
        self, cleaned_once: None, account: LinkedAccount
    ) -> None:
        pair(account)
        looking.look()
        Event.objects.all().delete()
        run_job()
        assert self.counted(account.platform) == {"seen": 2, "duplicate": 1}
        assert not EventFlag.objects.exists()

    def test_refusals_alone_are_counted(self, cleaned_once: None, account: LinkedAccount) -> None:
        RejectedEventFactory.create_batch(2, platform=account.platform)
        looking.look()
        assert self.counted(account.platform) == {"refused": 2}


class TestLearning:
    """Nothing learns from what is left out."""

    def test_no_model_and_no_list_of_what_is_popular(self, account: LinkedAccount) -> None:
        bad = RatingFactory(account=account, course__platform=account.platform, value=9, timestamp=timezone.now())
        run_job()
        assert not len(training_data.load().interactions)
        assert popular.courses(account.platform_id) == []
        assert ratings_of(bad.course).count == 0

    def test_the_live_history_forgets_it_at_once(
        self, account: LinkedAccount, django_capture_on_commit_callbacks: Callable[..., object]
    ) -> None:
        first, _again = pair(account)
        assert live_history.of([account.pk]).weights == [2.0]
        with django_capture_on_commit_callbacks(execute=True):
            run_job()
        history = live_history.of([account.pk])
        assert (history.course_ids, history.weights) == ([first.course_id], [1.0])

    def test_profiles_count_what_stands_for_a_missing_amount(self, account: LinkedAccount) -> None:
        EventFactory(account=account, course__platform=account.platform, course__price=9_900, type=EventType.PURCHASE)
        pair(account)
        run_job()
        portrait = portrait_of(account)
        assert portrait is not None
        assert portrait.traits.events == 2
        assert portrait.traits.spending.spent == 9_900
