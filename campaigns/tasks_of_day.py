"""What a person has done on a day, where that is the task of a check-in."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.models import LinkedAccount, Purpose
from accounts.models.linked_account import consenting_to
from campaigns.models import Campaign
from profiles.models import Event


def times_done(campaign: Campaign, account: LinkedAccount, event_type: str, day: date) -> int:
    """How often the person did it on the day: with this account, and with others where both sides agree."""
    since, until = bounds(day, campaign.timezone)
    events = Event.objects.consented(Purpose.PROFILING).cleaned().of_type(event_type)
    done = events.filter(timestamp__gte=since, timestamp__lt=until)
    return done.filter(account__in=_accounts(account)).count()


def bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """When a day begins and ends in a time zone; it is not always 24 hours long."""
    since, until = (datetime.combine(each, time.min, ZoneInfo(zone)) for each in (day, day + timedelta(days=1)))
    return since, until


def _accounts(account: LinkedAccount) -> list[int]:
    sharing = LinkedAccount.objects.filter(consenting_to(Purpose.CROSS_PLATFORM), person_id=account.person_id)
    shared = set(sharing.values_list("pk", flat=True))
    return sorted(shared) if account.pk in shared else [account.pk]
