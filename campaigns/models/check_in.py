"""Daily check-ins: what they give, who checked in when, and cards for days that were missed."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount
from campaigns.models.campaign import Campaign
from campaigns.models.reward import RewardPlan
from profiles.models import EventType


class CheckInPlan(models.Model):
    """What a day gives, what must be done for it, and how missed days can be made up.

    task: what a person must have done on the day, as often as `task_times`; empty for a bare check-in.
    make_ups: days that a person may make up in all; make_up_days: how many days back; make_up_price: points for one
    without a card, null when cards are needed.
    """

    campaign = models.OneToOneField(
        Campaign, on_delete=models.CASCADE, primary_key=True, related_name="check_in_plan", verbose_name=_("campaign")
    )
    daily_points = models.PositiveIntegerField(_("points for a day"), default=0)
    task = models.CharField(_("task of the day"), max_length=12, choices=EventType.choices, blank=True)
    task_times = models.PositiveSmallIntegerField(_("times a day"), default=1)
    make_ups = models.PositiveSmallIntegerField(_("days that can be made up"), default=0)
    make_up_days = models.PositiveSmallIntegerField(_("at most so many days later"), default=7)
    make_up_price = models.PositiveIntegerField(_("points for making up a day"), null=True, blank=True)

    class Meta:
        verbose_name = _("plan of check-ins")
        verbose_name_plural = _("plans of check-ins")

    def __str__(self) -> str:
        return str(self.campaign)


class Milestone(RewardPlan):
    """A reward for so many days in a row, once for each person."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="milestones", verbose_name=_("campaign")
    )
    days = models.PositiveSmallIntegerField(_("days in a row"))

    class Meta(RewardPlan.Meta):
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ["days", "pk"]
        constraints = [
            *RewardPlan.Meta.constraints,
            models.CheckConstraint(name="milestone_after_a_day", condition=Q(days__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.days}: {self.get_reward_display()}"


class CheckInQuerySet(models.QuerySet["CheckIn"]):
    """Questions about check-ins."""

    def of_person(self, account: LinkedAccount) -> Self:
        """Those of all accounts of the person behind this one."""
        return self.filter(account__person_id=account.person_id)


class CheckIn(models.Model):
    """That somebody checked in on a day of the campaign's time zone, or made the day up later."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="check_ins", verbose_name=_("campaign")
    )
    account = models.ForeignKey(LinkedAccount, on_delete=models.CASCADE, related_name="+", verbose_name=_("account"))
    day = models.DateField(_("day"))
    is_make_up = models.BooleanField(_("made up"), default=False)
    took_card = models.BooleanField(_("with a card"), default=False)
    made_at = models.DateTimeField(_("time"), default=timezone.now, editable=False)

    objects = CheckInQuerySet.as_manager()

    class Meta:
        verbose_name = _("check-in")
        verbose_name_plural = _("check-ins")
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["account", "campaign", "day"], name="check_in_once_a_day")]

    def __str__(self) -> str:
        return f"{self.day}"


class LeftLeaderboard(models.Model):
    """That a person does not want to be shown among the others of a campaign."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+", verbose_name=_("campaign"))
    account = models.ForeignKey(LinkedAccount, on_delete=models.CASCADE, related_name="+", verbose_name=_("account"))

    class Meta:
        verbose_name = _("person who left a leaderboard")
        verbose_name_plural = _("people who left a leaderboard")
        constraints = [models.UniqueConstraint(fields=["campaign", "account"], name="leaderboard_left_once")]

    def __str__(self) -> str:
        return f"{self.pk}"
