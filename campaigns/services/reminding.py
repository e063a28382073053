"""Reminders that wait for their moment: of coupons that end soon, and of days in a row that would break."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from accounts.models import LinkedAccount, Purpose
from accounts.models.linked_account import consenting_to
from campaigns import tasks_of_day
from campaigns.models import Campaign, CampaignKind, CheckIn, MessageKind
from campaigns.services import checking_in, outreach
from campaigns.services.outreach import Timing, Words
from promotions import rule_words
from promotions.models import Coupon, CouponBatch, CouponState

DAYS_AHEAD = timedelta(days=3)
EVENING = time(18)
"""From then on, by the campaign's clock, people are reminded of today's check-in."""
LEAST_STREAK = 2
COUPON_PRIORITY, STREAK_PRIORITY = 20, 30
AT_ONCE = 2_000


def coupons_expiring(moment: datetime | None = None) -> int:
    """Remind those who agree to marketing of coupons that end within days; returns of how many coupons."""
    now = moment or timezone.now()
    reminded = 0
    for coupon in _ending(now).iterator(AT_ONCE):
        ends_at = min(at for at in (coupon.expires_at, coupon.batch.ends_at) if at)
        holder = coupon.holder
        if holder is None:
            continue
        with override(holder.platform.locale):
            words = Words(
                _("Your coupon ends soon: %(rule)s") % {"rule": rule_words.gives_in_words(coupon.batch, coupon)},
                _("%(name)s: use it before it ends.") % {"name": coupon.batch.name},
            )
        timing = Timing(now, ends_at, COUPON_PRIORITY)
        outreach.queue(holder, MessageKind.COUPON_EXPIRING, f"coupon {coupon.pk}", words, timing=timing)
        reminded += 1
    return reminded


def streaks_at_risk(moment: datetime | None = None) -> int:
    """Remind those whose days in a row would end today; returns how many people."""
    now = moment or timezone.now()
    campaigns = Campaign.objects.open_at(now).filter(kind=CampaignKind.CHECK_IN).select_related("check_in_plan")
    return sum(_remind_of(campaign, now) for campaign in campaigns)


def _ending(now: datetime) -> QuerySet[Coupon]:
    soon = Q(expires_at__range=(now, now + DAYS_AHEAD)) | Q(
        expires_at=None, batch__ends_at__range=(now, now + DAYS_AHEAD)
    )
    held = Coupon.objects.filter(
        soon, state=CouponState.HELD, is_used=False, batch__in=CouponBatch.objects.open_at(now)
    )
    agreeing = held.filter(consenting_to(Purpose.MARKETING, path="holder__"))
    return agreeing.select_related("batch", "holder__platform").order_by("pk")


def _remind_of(campaign: Campaign, now: datetime) -> int:
    if now.astimezone(ZoneInfo(campaign.timezone)).time() < EVENING:
        return 0
    today = campaign.day_of(now)
    _begins, ends = tasks_of_day.bounds(today, campaign.timezone)
    came = CheckIn.objects.filter(campaign=campaign, day=today - timedelta(days=1))
    done = CheckIn.objects.filter(campaign=campaign, day=today).values("account__person_id")
    accounts = LinkedAccount.objects.filter(consenting_to(Purpose.MARKETING), pk__in=came.values("account"))
    reminded = 0
    for account in accounts.exclude(person_id__in=done).select_related("platform").iterator(AT_ONCE):
        streak = checking_in.progress(campaign, account, now).streak
        if streak < LEAST_STREAK:
            continue
        with override(account.platform.locale):
            words = Words(
                ngettext("One day in a row: keep it up", "%(count)d days in a row: keep them up", streak)
                % {"count": streak},
                _("You have not checked in to “%(campaign)s” today.") % {"campaign": campaign.name},
                reverse("campaigns:messages"),
            )
        outreach.queue(
            account,
            MessageKind.STREAK_AT_RISK,
            f"streak {campaign.pk} {today}",
            words,
            timing=Timing(now, ends, STREAK_PRIORITY),
            campaign=campaign,
        )
        reminded += 1
    return reminded
