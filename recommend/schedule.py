"""Training by the clock: once a day at the time that the desk says."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone

from crossmarket.foundation.models import Job
from recommend.algorithms.base import InvalidConfig
from recommend.algorithms.registry import UnknownAlgorithm
from recommend.models import ModelVersion, Role, TrainingSchedule
from recommend.promotion import Activation
from recommend.training import enqueue_training

logger = structlog.get_logger(__name__)


@transaction.atomic
def enqueue_due(now: datetime | None = None) -> Job | None:
    """Put the training of the day into the queue when its time has come; once, whoever asks, and late if need be."""
    TrainingSchedule.the_one()
    schedule = TrainingSchedule.objects.select_for_update().get()
    due = last_due(schedule, now or timezone.now())
    if not schedule.is_on or schedule.last_due_at >= due:
        return None
    schedule.last_due_at = due
    schedule.save(update_fields=["last_due_at"])
    return enqueue(schedule)


def last_due(schedule: TrainingSchedule, now: datetime) -> datetime:
    """The last moment, now or before, at which the clock of the desk showed the time of the schedule."""
    local = timezone.localtime(now)
    today = local.replace(hour=schedule.hour, minute=schedule.minute, second=0, microsecond=0)
    return today if today <= local else today - timedelta(days=1)


def enqueue(schedule: TrainingSchedule) -> Job | None:
    """Put the training that the schedule asks for into the queue now; None where there is nothing to train."""
    pattern = ModelVersion.objects.active()
    if schedule.algorithm:
        same = ModelVersion.objects.filter(algorithm=schedule.algorithm, role=Role.RECOMMENDER)
        pattern = same.order_by("-number").first()
    elif pattern is None:
        return None
    name = schedule.algorithm or (pattern.algorithm if pattern else "")
    try:
        settings = pattern.config if pattern else {}
        return enqueue_training(name, settings, Activation.IF_NO_WORSE, warm_start=schedule.warm_start)
    except (UnknownAlgorithm, InvalidConfig) as error:
        logger.error("not_trained_by_schedule", algorithm=name, error=str(error))  # noqa: TRY400 - its words say all
        return None
