"""Celery's way to what workers do for campaigns."""

from celery import shared_task

from campaigns.services import life, outreach, reminding


@shared_task(name="campaigns.follow_the_clock", ignore_result=True)
def follow_the_clock() -> None:
    """Let campaigns begin and end when their time has come."""
    life.follow_the_clock()


@shared_task(name="campaigns.send_due", ignore_result=True)
def send_due() -> None:
    """Send the messages that are due and that people can bear."""
    while outreach.send_due() >= outreach.AT_ONCE:
        pass


@shared_task(name="campaigns.remind", ignore_result=True)
def remind() -> None:
    """Let reminders wait for their moment: of coupons that end, and of check-ins still to do."""
    reminding.coupons_expiring()
    reminding.streaks_at_risk()
