"""Celery's way to what workers do for recommendations."""

from celery import shared_task

from recommend import looking, ranker_training, schedule, searching, segment_tastes, shadows
from recommend.exploring import learning
from recommend.serving.record import store_pending

__all__ = ["searching"]  # declares a kind of job, as `schedule` does by way of `training`


@shared_task(name="recommend.store_recommendations", ignore_result=True)
def store_recommendations() -> None:
    """Write down what was recommended."""
    store_pending()


@shared_task(name="recommend.follow_in_shadow", ignore_result=True)
def follow_in_shadow() -> None:
    """Work out what models in the shadow would have recommended."""
    shadows.follow()


@shared_task(name="recommend.train_on_schedule", ignore_result=True)
def train_on_schedule() -> None:
    """Train anew on what has happened since, when it is time."""
    schedule.enqueue_due()


@shared_task(name="recommend.learn_from_answers", ignore_result=True)
def learn_from_answers() -> None:
    """Count what came of what was tried."""
    learning.learn()


@shared_task(name="recommend.follow_first_stage", ignore_result=True)
def follow_first_stage() -> None:
    """Train the ranker anew once the model that finds courses, or the profiles, are others."""
    ranker_training.follow_first_stage()


@shared_task(name="recommend.learn_segment_tastes", ignore_result=True)
def learn_segment_tastes() -> None:
    """Count what the members of segments like."""
    segment_tastes.learn()


@shared_task(name="recommend.look_at_courses_nightly", ignore_result=True)
def look_at_courses_nightly() -> None:
    """Look at covers, audio previews and texts that are new, before models are trained on them."""
    looking.enqueue_looking()
