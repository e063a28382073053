"""Celery's way to what workers do for promotions."""

from celery import shared_task

from promotions.services import offering, points, redeeming


@shared_task(name="promotions.release_overdue", ignore_result=True)
def release_overdue() -> None:
    """Give back what reservations hold that are over."""
    while redeeming.release_overdue():
        pass


@shared_task(name="promotions.expire_points", ignore_result=True)
def expire_points() -> None:
    """Let points go whose time is over."""
    while points.expire():
        pass


@shared_task(name="promotions.make_offers", ignore_result=True)
def make_offers() -> None:
    """Let all running programs decide on personal offers."""
    offering.enqueue_all()
