"""Celery's way to what persons have a right to; importing this module lets workers know the kinds of jobs."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from accounts.erasure import forget_notices
from crossmarket.rights import erasing, exporting

NOTICE_DAYS = 7
"""So long a platform can learn that its user was erased; the notice names the user, and goes after that."""


@shared_task(name="rights.finish_erasures", ignore_result=True)
def finish_erasures() -> None:
    """Begin again what was interrupted."""
    erasing.finish_open()


@shared_task(name="rights.forget_old", ignore_result=True)
def forget_old() -> None:
    """Remove archives and notices of erasures that have had their time."""
    exporting.forget_over()
    forget_notices(timezone.now() - timedelta(days=NOTICE_DAYS))
