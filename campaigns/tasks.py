"""Celery's way to what workers do for campaigns."""

from celery import shared_task

from campaigns.services import life


@shared_task(name="campaigns.follow_the_clock", ignore_result=True)
def follow_the_clock() -> None:
    """Let campaigns begin and end when their time has come."""
    life.follow_the_clock()
