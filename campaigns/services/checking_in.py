"""Checking in: once for each person and day, with what days in a row bring."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount, Platform
from accounts.services import changes
from accounts.services.changes import News
from campaigns import audience, streaks, tasks_of_day
from campaigns.models import Campaign, CampaignKind, CheckIn, CheckInPlan, Grant, Milestone, RewardKind
from campaigns.refusals import Reason, Refusal
from campaigns.services import rewards
from campaigns.services.rewards import Reward
from promotions.services import points
from promotions.services.person_holding import hold_person

RECORDED = changes.declare("checkin.recorded", _("Check-in recorded"))
OF_MAKE_UP = "make-up"


@dataclass(frozen=True)
class Progress:
    """How far a person has come. next_milestone: the nearest that was not given yet, if any."""

    today: date
    days: frozenset[date]
    streak: int
    longest: int
    next_milestone: Milestone | None
    make_ups_left: int
    cards: int

    @property
    def is_done_today(self) -> bool:
        """Whether today's check-in is there."""
        return self.today in self.days


@dataclass(frozen=True)
class CheckedIn:
    """What came of a check-in. is_new: false where the day was there already. granted: what it gave just now."""

    day: date
    is_new: bool
    progress: Progress
    granted: list[Grant]


def find(campaign_id: UUID) -> Campaign:
    """A check-in campaign that people may know of. Raises `Refusal`."""
    campaigns = Campaign.objects.published().select_related("experiment", "check_in_plan")
    campaign = campaigns.filter(pk=campaign_id, kind=CampaignKind.CHECK_IN).first()
    if campaign is None:
        raise Refusal(Reason.NOT_FOUND)
    return campaign


@transaction.atomic
def check_in(platform: Platform, external_id: str, campaign_id: UUID, moment: datetime | None = None) -> CheckedIn:
    """Today's check-in of the person behind this user, however often it is sent. Raises `Refusal`."""
    campaign = find(campaign_id)
    account = hold_person(platform, external_id)
    now = moment or timezone.now()
    audience.check(campaign, account, now)
    plan, today = campaign.check_in_plan, campaign.day_of(now)
    if CheckIn.objects.of_person(account).filter(campaign=campaign, day=today).exists():
        return CheckedIn(today, False, progress(campaign, account, now), [])
    _check_task(campaign, plan, account, today)
    made = CheckIn.objects.create(campaign=campaign, account=account, day=today, made_at=now)
    granted = []
    if plan.daily_points:
        reward = Reward(RewardKind.POINTS, plan.daily_points)
        granted.append(rewards.grant(campaign, account, f"day {today}", reward))
    granted += _milestones(campaign, account)
    return _told(made, [each for each in granted if each is not None], now)


@transaction.atomic
def make_up(
    platform: Platform, external_id: str, campaign_id: UUID, day: date, moment: datetime | None = None
) -> CheckedIn:
    """Make a missed day up, with a card or for points. Made up already, it costs nothing again. Raises `Refusal`."""
    campaign = find(campaign_id)
    account = hold_person(platform, external_id)
    now = moment or timezone.now()
    audience.check(campaign, account, now)
    before = progress(campaign, account, now)
    if day in before.days:
        return CheckedIn(day, False, before, [])
    _check_day(campaign, before.today, day)
    if before.make_ups_left < 1:
        raise Refusal(Reason.NO_MAKE_UPS_LEFT)
    made = CheckIn(campaign=campaign, account=account, day=day, is_make_up=True, made_at=now)
    made.took_card = before.cards > 0
    if not made.took_card:
        _pay(campaign, account, day)
    made.save()
    return _told(made, _milestones(campaign, account), now)


def progress(campaign: Campaign, account: LinkedAccount, moment: datetime | None = None) -> Progress:
    """How far the person behind this account has come."""
    today = campaign.day_of(moment or timezone.now())
    own = list(CheckIn.objects.of_person(account).filter(campaign=campaign))
    days = frozenset(each.day for each in own)
    streak = streaks.current(days, today)
    made_up = sum(each.is_make_up for each in own)
    return Progress(
        today=today,
        days=days,
        streak=streak,
        longest=streaks.longest(days),
        next_milestone=_next_milestone(campaign, account, streak),
        make_ups_left=max(0, campaign.check_in_plan.make_ups - made_up),
        cards=_cards(campaign, account) - sum(each.took_card for each in own),
    )


def _check_task(campaign: Campaign, plan: CheckInPlan, account: LinkedAccount, today: date) -> None:
    if plan.task and tasks_of_day.times_done(campaign, account, plan.task, today) < plan.task_times:
        raise Refusal(Reason.TASK_OPEN, {"task": plan.get_task_display()})


def _check_day(campaign: Campaign, today: date, day: date) -> None:
    plan = campaign.check_in_plan
    is_too_early = campaign.starts_at is not None and day < campaign.day_of(campaign.starts_at)
    if is_too_early or not 0 < (today - day).days <= plan.make_up_days:
        raise Refusal(Reason.NOTHING_TO_MAKE_UP)


def _pay(campaign: Campaign, account: LinkedAccount, day: date) -> None:
    price = campaign.check_in_plan.make_up_price
    if price is None:
        raise Refusal(Reason.NO_MAKE_UPS_LEFT)
    if price:
        try:
            points.spend(account, price, OF_MAKE_UP, f"{campaign.pk} {account.pk} {day}")
        except points.NotEnough as error:
            raise Refusal(Reason.NOT_ENOUGH_POINTS, {"missing": error.missing}) from None


def _cards(campaign: Campaign, account: LinkedAccount) -> int:
    given = Grant.objects.filter(campaign=campaign, account__person_id=account.person_id, reward=RewardKind.CARDS)
    return sum(given.values_list("amount", flat=True))


def _granted(campaign: Campaign, account: LinkedAccount) -> set[str]:
    own = Grant.objects.filter(campaign=campaign, account__person_id=account.person_id)
    return set(own.values_list("reason", flat=True))


def _reason(milestone: Milestone) -> str:
    return f"milestone {milestone.pk}"


def _milestones(campaign: Campaign, account: LinkedAccount) -> list[Grant]:
    """Give what the person has reached and was not given yet."""
    own = CheckIn.objects.of_person(account).filter(campaign=campaign)
    longest = streaks.longest(own.values_list("day", flat=True))
    known = _granted(campaign, account)
    reached = [each for each in campaign.milestones.all() if each.days <= longest and _reason(each) not in known]
    given = [rewards.grant(campaign, account, _reason(each), Reward.planned(each)) for each in reached]
    return [each for each in given if each is not None]


def _next_milestone(campaign: Campaign, account: LinkedAccount, streak: int) -> Milestone | None:
    known = _granted(campaign, account)
    ahead = (each for each in campaign.milestones.all() if each.days > streak and _reason(each) not in known)
    return min(ahead, key=lambda each: each.days, default=None)


def _told(made: CheckIn, granted: list[Grant], now: datetime) -> CheckedIn:
    after = progress(made.campaign, made.account, now)
    told = {
        "campaign_id": str(made.campaign_id),
        "day": made.day.isoformat(),
        "is_make_up": made.is_make_up,
        "streak": after.streak,
    }
    changes.record([News(made.account.platform_id, RECORDED, made.account.external_id, told)])
    return CheckedIn(made.day, True, after, granted)
