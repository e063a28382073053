"""Running jobs: kinds, the queue, progress, cancelling, and what happens when a worker dies."""

import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from celery import current_app
from django.db import connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from crossmarket.foundation.models import Job, JobLogLine, JobState
from crossmarket.foundation.redis import client
from crossmarket.foundation.traces import without_values

logger = structlog.get_logger(__name__)

SECONDS_BETWEEN_WRITES = 0.3
SECONDS_BETWEEN_HEARTBEATS = 10.0
LOST_AFTER = timedelta(minutes=2)
MESSAGE_TAKES = timedelta(minutes=1)
"""After this time a message is no longer on its way to the queue."""
RUN_TASK = "foundation.run_job"
WRITTEN_AT_END = ("state", "error", "finished_at", "heartbeat_at", "step", "done", "total", "metrics", "result")
"""All that the running process knows best; whether someone asked to cancel is written by others."""

Result = dict[str, Any]

Work = Callable[..., Result]
"""What a job kind does: it takes a `Reporter` and the job's arguments by name, and returns figures worth keeping.

It raises `JobFailed` for what people can mend.
"""


class UnknownJobKind(LookupError):
    """No room has declared this kind of job."""


class Cancelled(Exception):
    """Someone asked for the job to stop."""


class JobFailed(Exception):
    """The job cannot be done for a reason that people can understand and mend; the message says it."""


_kinds: dict[str, Work] = {}
_long: set[str] = set()
LONG_QUEUE = "long"
"""Jobs that may take hours wait behind one another here, so that exports, erasures and imports never wait for them."""


def job_kind(name: str, is_long: bool = False) -> Callable[[Work], Work]:
    """Declare a function as the work of the jobs of this kind. is_long: it may take many minutes."""

    def declare(work: Work) -> Work:
        _kinds[name] = work
        if is_long:
            _long.add(name)
        return work

    return declare


class Reporter:
    """How a job tells where it stands. Every report is also the moment at which a job can be cancelled."""

    def __init__(self, job: Job, listener: Callable[[Job], None] | None = None) -> None:
        self.job = job
        self._listener = listener
        self._written_at = 0.0

    def __call__(self, step: str, done: int, total: int, metrics: dict[str, float] | None = None) -> None:
        """Note the step and how much of it is done. Raises `Cancelled`."""
        job = self.job
        is_news = step != job.step or done >= total
        job.step, job.done, job.total = step, done, total
        job.metrics = {**job.metrics, **(metrics or {})}
        if is_news or time.monotonic() - self._written_at >= SECONDS_BETWEEN_WRITES:
            self._write()

    def log(self, message: str) -> None:
        """Write down a line for those who look at the job."""
        JobLogLine.objects.create(job=self.job, message=message)

    def _write(self) -> None:
        self._written_at = time.monotonic()
        self.job.heartbeat_at = timezone.now()
        self.job.save(update_fields=["step", "done", "total", "metrics", "heartbeat_at"])
        if self._listener:
            self._listener(self.job)
        if Job.objects.filter(pk=self.job.pk, cancel_requested=True).exists():
            raise Cancelled


def enqueue(kind: str, arguments: dict[str, Any] | None = None, to_worker: bool = True) -> Job:
    """A waiting job; a worker takes it once the running transaction is committed, unless the caller will `run` it."""
    _work(kind)
    job = Job.objects.create(kind=kind, arguments=arguments or {})
    if to_worker:
        transaction.on_commit(lambda: _send(job.pk, kind))
    return job


def request_cancel(job: Job) -> None:
    """Ask a job to stop: one that waits stops now, one that runs at its next report."""
    ended = Job.objects.filter(pk=job.pk, state=JobState.QUEUED).update(
        state=JobState.CANCELLED, cancel_requested=True, finished_at=timezone.now()
    )
    if not ended:
        Job.objects.filter(pk=job.pk, state=JobState.RUNNING).update(cancel_requested=True)


def run(job_id: UUID | str, listener: Callable[[Job], None] | None = None) -> Job:
    """Do the work of a waiting job and write down how it ended; a job that is not waiting is left alone."""
    now = timezone.now()
    claimed = Job.objects.filter(pk=job_id, state=JobState.QUEUED).update(
        state=JobState.RUNNING, started_at=now, heartbeat_at=now
    )
    job = Job.objects.get(pk=job_id)
    if not claimed:
        return job
    reporter = Reporter(job, listener)
    with structlog.contextvars.bound_contextvars(job_id=str(job.pk), job_kind=job.kind), _heartbeats(job):
        logger.info("job_started")
        try:
            job.result = _work(job.kind)(reporter, **job.arguments)
            _end(job, JobState.SUCCEEDED)
        except Cancelled:
            _end(job, JobState.CANCELLED)
        except JobFailed as error:
            _end(job, JobState.FAILED, str(error))
        except Exception as error:
            logger.exception("job_broke")
            reporter.log(without_values(traceback.format_exc()))
            _end(job, JobState.FAILED, without_values(f"{type(error).__name__}: {error}"))
        except BaseException:
            _end(job, JobState.CANCELLED, "The process that ran this job was stopped.")
            raise
        logger.info("job_ended", state=str(job.state), seconds=job.seconds)
    return job


def end_lost_jobs() -> int:
    """Mark running jobs without a sign of life as lost; returns how many there were."""
    return Job.objects.filter(state=JobState.RUNNING, heartbeat_at__lt=timezone.now() - LOST_AFTER).update(
        state=JobState.LOST,
        finished_at=timezone.now(),
        error="The worker that ran this job is gone. Start the job again.",
    )


def send_waiting_jobs() -> int:
    """Send jobs to the workers once more that wait though no message is on its way; returns how many there were.

    Jobs are rows, and messages only tell of them: when Redis loses the messages, nothing is lost.
    """
    waiting = Job.objects.filter(state=JobState.QUEUED, created_at__lt=timezone.now() - MESSAGE_TAKES)
    is_empty = {queue: not client().llen(queue) for queue in {_queue_of(each.kind) for each in waiting}}
    lost = [each for each in waiting.order_by("created_at") if is_empty[_queue_of(each.kind)]]
    for job in lost:
        _send(job.pk, job.kind)
    return len(lost)


def _queue_of(kind: str) -> str:
    return LONG_QUEUE if kind in _long else str(current_app.conf.task_default_queue)


def _send(job_id: UUID, kind: str) -> None:
    try:
        current_app.send_task(RUN_TASK, args=[str(job_id)], queue=_queue_of(kind))
    except OperationalError as error:
        logger.warning("job_not_sent", job_id=str(job_id), error=str(error))  # `send_waiting_jobs` will


def _work(kind: str) -> Work:
    if kind not in _kinds:
        raise UnknownJobKind(f"There is no job of the kind {kind!r}; known are: {', '.join(sorted(_kinds))}.")
    return _kinds[kind]


def _end(job: Job, state: JobState, error: str = "") -> None:
    job.state, job.error, job.finished_at = state, error, timezone.now()
    job.heartbeat_at = job.finished_at
    job.save(update_fields=WRITTEN_AT_END)


@contextmanager
def _heartbeats(job: Job) -> Iterator[None]:
    """Signs of life from a thread of its own, for steps that report nothing for a while."""
    ended = threading.Event()

    def beat() -> None:
        try:
            while not ended.wait(SECONDS_BETWEEN_HEARTBEATS):
                Job.objects.filter(pk=job.pk, state=JobState.RUNNING).update(heartbeat_at=timezone.now())
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name=f"heartbeat of job {job.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
