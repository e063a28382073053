"""A sign of life of every Celery worker that runs jobs, kept in Redis: cheaper to ask for than the workers."""

import time
from typing import Any

import structlog
from celery import bootsteps

from crossmarket.foundation.redis import RedisError, client

logger = structlog.get_logger(__name__)

KEY = "crossmarket:workers"
"""A sorted set: a worker's name with the time of its last beat."""

SECONDS_BETWEEN_BEATS = 3.0
ALIVE_FOR = 15.0
"""Seconds after a beat during which a worker counts as alive."""


class HeartbeatStep(bootsteps.StartStopStep):
    """The part of a worker that beats. It runs in the worker's own loop, so it beats while tasks are at work."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._repeated: Any = None

    def include_if(self, parent: Any) -> bool:
        """Only for workers that take jobs: one for webhooks alone is no sign that jobs are done."""
        return parent.app.conf.task_default_queue in parent.app.amqp.queues.consume_from

    def start(self, parent: Any) -> None:
        """Beat now and every few seconds."""
        beat(parent.hostname)
        self._repeated = parent.timer.call_repeatedly(SECONDS_BETWEEN_BEATS, beat, (parent.hostname,))

    def stop(self, parent: Any) -> None:
        """Say good-bye, so that nobody has to wait until the last beat is too old."""
        if self._repeated:
            self._repeated.cancel()
        try:
            client().zrem(KEY, parent.hostname)
        except RedisError as error:
            logger.warning("worker_left_unnoticed", error=str(error))


def beat(worker: str) -> None:
    """Write down that the worker lives; without Redis it is only logged, the next beat tries again."""
    try:
        client().zadd(KEY, {worker: time.time()})
    except RedisError as error:
        logger.warning("worker_beat_lost", error=str(error))


def live_workers() -> int:
    """How many workers have beaten lately. Raises `RedisError`."""
    return int(client().zcount(KEY, time.time() - ALIVE_FOR, "+inf"))
