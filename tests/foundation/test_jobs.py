"""Long work as rows that one can watch, read and cancel."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery.signals import before_task_publish
from django.db import transaction
from django.utils import timezone

from crossmarket.foundation import jobs
from crossmarket.foundation.jobs import JobFailed, Reporter, UnknownJobKind
from crossmarket.foundation.models import Job, JobLogLine, JobState
from tests.factories import JobFactory
from tests.outages import without_redis
from tests.side_by_side import side_by_side

pytestmark = pytest.mark.django_db

KIND = "tests.work"


@pytest.fixture
def declare() -> Iterator[Callable[[jobs.Work], None]]:
    """Declares what jobs of `KIND` do."""
    yield lambda work: jobs.job_kind(KIND)(work) and None
    jobs._kinds.pop(KIND, None)


@pytest.fixture
def sent() -> Iterator[list[str]]:
    """The ids of the jobs that workers are told of."""
    told: list[str] = []

    def note(body: Any, **_rest: Any) -> None:
        told.extend(body[0])

    before_task_publish.connect(note)
    yield told
    before_task_publish.disconnect(note)


def waiting(**fields: Any) -> Job:
    return JobFactory(kind=KIND, **{"arguments": {}, **fields})


def state_of(job: Job) -> str:
    return Job.objects.get(pk=job.pk).state


class TestHowAJobEnds:
    def test_what_it_returns_is_kept(self, declare: Callable[[jobs.Work], None]) -> None:
        declare(lambda reporter, **arguments: {"twice": 2 * arguments["number"]})
        job = jobs.run(waiting(arguments={"number": 21}).pk)
        job.refresh_from_db()
        assert (job.state, job.result, job.percent) == (JobState.SUCCEEDED, {"twice": 42}, 100)
        assert job.started_at <= job.finished_at
        assert job.seconds >= 0

    def test_a_reason_that_people_can_mend_is_told_in_its_words(self, declare: Callable[[jobs.Work], None]) -> None:
        def work(reporter: Reporter, /) -> dict[str, Any]:
            raise JobFailed("There are no events yet; import some first.")

        declare(work)
        job = jobs.run(waiting().pk)
        assert (job.state, job.error) == (JobState.FAILED, "There are no events yet; import some first.")
        assert not job.log_lines.exists()

    def test_a_bug_leaves_its_traceback_in_the_log(self, declare: Callable[[jobs.Work], None]) -> None:
        declare(lambda reporter: {"impossible": 1 // 0})
        job = jobs.run(waiting().pk)
        assert job.state == JobState.FAILED
        assert job.error.startswith("ZeroDivisionError")
        assert "Traceback" in job.log_lines.get().message

    def test_wrong_arguments_fail_the_job(self, declare: Callable[[jobs.Work], None]) -> None:
        declare(lambda reporter: {})
        assert "TypeError" in jobs.run(waiting(arguments={"unheard": 1}).pk).error

    def test_a_kind_that_is_gone_fails_the_job(self) -> None:
        job = jobs.run(waiting().pk)
        assert job.state == JobState.FAILED
        assert KIND in job.error

    def test_a_process_that_is_stopped_ends_its_job(self, declare: Callable[[jobs.Work], None]) -> None:
        def work(reporter: Reporter, /) -> dict[str, Any]:
            raise KeyboardInterrupt

        declare(work)
        job = waiting()
        with pytest.raises(KeyboardInterrupt):
            jobs.run(job.pk)
        assert state_of(job) == JobState.CANCELLED


class TestProgress:
    def test_step_figures_and_log_are_seen_while_it_runs(self, declare: Callable[[jobs.Work], None]) -> None:
        seen: list[tuple[str, str, int, dict[str, float]]] = []

        def work(reporter: Reporter, /) -> dict[str, Any]:
            for done in (0, 1, 2):
                reporter("counting", done, 2, {"loss": 0.5 - done / 10})
                row = Job.objects.get(pk=reporter.job.pk)
                seen.append((row.state, row.step, row.percent, row.metrics))
            reporter.log("counted to two")
            return {}

        declare(work)
        job = jobs.run(waiting().pk)
        assert seen[0] == ("running", "counting", 0, {"loss": 0.5})
        assert seen[-1] == ("running", "counting", 100, {"loss": 0.3})
        assert [line.message for line in job.log_lines.all()] == ["counted to two"]

    def test_the_last_figures_are_kept_however_quickly_they_came(self, declare: Callable[[jobs.Work], None]) -> None:
        def work(reporter: Reporter, /) -> dict[str, Any]:
            for done in range(10):
                reporter("training", done, 100, {"loss": float(done)})
            return {}

        declare(work)
        job = Job.objects.get(pk=jobs.run(waiting().pk).pk)
        assert job.metrics == {"loss": 9.0}

    def test_a_listener_hears_of_it(self, declare: Callable[[jobs.Work], None]) -> None:
        heard: list[str] = []
        declare(lambda reporter: reporter("first", 0, 1) or reporter("second", 1, 1) or {})
        jobs.run(waiting().pk, lambda job: heard.append(job.step))
        assert heard == ["first", "second"]

    def test_a_total_that_is_not_known_is_no_percentage(self) -> None:
        assert Job(done=5, total=0).percent == 0
        assert Job(done=7, total=5).percent == 100


class TestCancelling:
    def test_one_that_waits_stops_at_once_and_never_runs(self, declare: Callable[[jobs.Work], None]) -> None:
        declare(lambda reporter: pytest.fail("it ran"))
        job = waiting()
        jobs.request_cancel(job)
        jobs.run(job.pk)
        job.refresh_from_db()
        assert (job.state, job.started_at) == (JobState.CANCELLED, None)
        assert job.finished_at is not None

    def test_one_that_runs_stops_at_its_next_report(self, declare: Callable[[jobs.Work], None]) -> None:
        def work(reporter: Reporter, /) -> dict[str, Any]:
            reporter("first", 0, 2)
            jobs.request_cancel(reporter.job)
            reporter("second", 1, 2)
            pytest.fail("it went on")

        declare(work)
        job = jobs.run(waiting().pk)
        job.refresh_from_db()
        assert (job.state, job.step, job.cancel_requested) == (JobState.CANCELLED, "second", True)

    def test_one_that_has_ended_stays_as_it_was(self, declare: Callable[[jobs.Work], None]) -> None:
        declare(lambda reporter: {})
        job = jobs.run(waiting().pk)
        jobs.request_cancel(job)
        job.refresh_from_db()
        assert (job.state, job.cancel_requested) == (JobState.SUCCEEDED, False)


class TestOneRunOnly:
    def test_a_job_that_has_ended_is_left_alone(self, declare: Callable[[jobs.Work], None]) -> None:
        runs: list[int] = []
        declare(lambda reporter: runs.append(1) or {})
        job = waiting()
        jobs.run(job.pk)
        jobs.run(job.pk)
        assert runs == [1]

    @pytest.mark.django_db(transaction=True)
    def test_of_several_workers_one_runs_it(self, declare: Callable[[jobs.Work], None]) -> None:
        declare(lambda reporter: reporter.log("ran") or {})
        job = waiting()
        side_by_side(*[lambda: jobs.run(job.pk).state] * 4)
        assert JobLogLine.objects.filter(job=job).count() == 1
        assert state_of(job) == JobState.SUCCEEDED


class TestLostJobs:
    def test_one_without_a_sign_of_life_is_lost(self) -> None:
        long_ago = timezone.now() - jobs.LOST_AFTER - timedelta(seconds=1)
        lost = waiting(state=JobState.RUNNING, started_at=long_ago, heartbeat_at=long_ago)
        alive = waiting(state=JobState.RUNNING, started_at=long_ago, heartbeat_at=timezone.now())
        assert jobs.end_lost_jobs() == 1
        lost.refresh_from_db()
        assert (lost.state, state_of(alive)) == (JobState.LOST, JobState.RUNNING)
        assert "again" in lost.error

    @pytest.mark.django_db(transaction=True)
    def test_one_that_is_busy_without_a_report_gives_signs_of_life(
        self, declare: Callable[[jobs.Work], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(jobs, "SECONDS_BETWEEN_HEARTBEATS", 0.01)

        def work(reporter: Reporter, /) -> dict[str, Any]:
            started = reporter.job.heartbeat_at
            pause = threading.Event()
            for _ in range(2_000):
                if Job.objects.get(pk=reporter.job.pk).heartbeat_at > started:
                    return {"alive": True}
                pause.wait(0.01)
            return {"alive": False}

        declare(work)
        assert jobs.run(waiting().pk).result == {"alive": True}


class TestTheQueue:
    def test_an_unknown_kind_is_refused_before_anything_is_queued(self) -> None:
        with pytest.raises(UnknownJobKind, match=KIND):
            jobs.enqueue(KIND)
        assert not Job.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_a_worker_is_told_once_the_row_is_there(
        self, declare: Callable[[jobs.Work], None], sent: list[str]
    ) -> None:
        declare(lambda reporter: {})
        with transaction.atomic():
            job = jobs.enqueue(KIND)
            assert sent == []
        assert sent == [str(job.pk)]

    @pytest.mark.django_db(transaction=True)
    def test_a_job_for_the_caller_is_not_sent(self, declare: Callable[[jobs.Work], None], sent: list[str]) -> None:
        declare(lambda reporter: {})
        jobs.enqueue(KIND, to_worker=False)
        assert sent == []

    def test_a_message_that_redis_lost_is_sent_again(self, sent: list[str]) -> None:
        forgotten = waiting()
        Job.objects.filter(pk=forgotten.pk).update(created_at=timezone.now() - timedelta(minutes=2))
        waiting()
        assert jobs.send_waiting_jobs() == 1
        assert sent == [str(forgotten.pk)]

    def test_without_redis_a_job_waits(self, tmp_path: Path, declare: Callable[[jobs.Work], None]) -> None:
        declare(lambda reporter: {})
        with without_redis(tmp_path):
            job = jobs.enqueue(KIND)
        assert state_of(job) == JobState.QUEUED
