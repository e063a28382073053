"""How often somebody may draw: freely each day, and for what they did."""

from datetime import date

from django.db import transaction
from django.db.models import QuerySet, Sum

from accounts.models import LinkedAccount, Purpose
from campaigns.models import Campaign, Chance, Draw, PaidWith
from profiles.models import Event, EventType

MOST_PURCHASES = 1_000
"""Of one account in one lottery; nobody honest buys as much."""


@transaction.atomic
def give(campaign: Campaign, account: LinkedAccount, draws: int, reason: str) -> Chance:
    """Let somebody draw so many times more, once for each reason."""
    given, _is_new = Chance.objects.get_or_create(
        campaign=campaign, account=account, reason=reason, defaults={"draws": draws}
    )
    return given


def collect(campaign: Campaign, account: LinkedAccount) -> None:
    """Chances for the purchases that the account has made while the lottery runs, each once."""
    draws = campaign.lottery_plan.purchase_draws
    if not draws:
        return
    bought = Event.objects.consented(Purpose.PROFILING).cleaned().of_type(EventType.PURCHASE).filter(account=account)
    if campaign.starts_at:
        bought = bought.filter(timestamp__gte=campaign.starts_at)
    bought = bought.order_by("timestamp", "pk")[:MOST_PURCHASES]
    rows = [
        Chance(campaign=campaign, account=account, draws=draws, reason=f"purchase {event}")
        for event in bought.values_list("pk", flat=True)
    ]
    Chance.objects.bulk_create(rows, ignore_conflicts=True)


def left(campaign: Campaign, account: LinkedAccount, today: date) -> int:
    """How often the person can still draw today without paying points."""
    can = free_left(campaign, account, today) + owned(campaign, account)
    a_day = campaign.lottery_plan.draws_a_day
    return can if a_day is None else min(can, max(0, a_day - drawn_on(campaign, account, today)))


def free_left(campaign: Campaign, account: LinkedAccount, today: date) -> int:
    """Of the free draws of the day."""
    used = _draws(campaign, account).filter(paid_with=PaidWith.FREE, day=today).count()
    return max(0, campaign.lottery_plan.free_daily - used)


def owned(campaign: Campaign, account: LinkedAccount) -> int:
    """Of the chances that the person's accounts were given."""
    given = Chance.objects.filter(campaign=campaign, account__person_id=account.person_id)
    used = _draws(campaign, account).filter(paid_with=PaidWith.CHANCE).count()
    return max(0, int(given.aggregate(all=Sum("draws"))["all"] or 0) - used)


def drawn_on(campaign: Campaign, account: LinkedAccount, day: date) -> int:
    """How often the person has drawn that day."""
    return _draws(campaign, account).filter(day=day).count()


def _draws(campaign: Campaign, account: LinkedAccount) -> QuerySet[Draw]:
    return Draw.objects.filter(entrant__account__person_id=account.person_id, campaign=campaign).order_by()
