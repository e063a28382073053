"""The shell that all campaigns have in common: for whom, when, with what budget, and where it stands."""

import uuid
from datetime import date, datetime
from typing import Self
from zoneinfo import ZoneInfo

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Platform
from profiles.models import Experiment, Segment

LARGEST_HOLDOUT = 50


class CampaignKind(models.TextChoices):
    """What people do in it."""

    CHECK_IN = "check_in", _("check-in")
    LOTTERY = "lottery", _("lottery")


class CampaignState(models.TextChoices):
    """Where a campaign stands, from the first idea to the end."""

    DRAFT = "draft", _("draft")
    SCHEDULED = "scheduled", _("scheduled")
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    ENDED = "ended", _("ended")


class CampaignQuerySet(models.QuerySet["Campaign"]):
    """Questions about campaigns."""

    def published(self) -> Self:
        """Those that people may know of."""
        return self.exclude(state=CampaignState.DRAFT)

    def open_at(self, moment: datetime) -> Self:
        """Those in which people can take part then."""
        begun = Q(starts_at=None) | Q(starts_at__lte=moment)
        not_over = Q(ends_at=None) | Q(ends_at__gt=moment)
        return self.filter(begun, not_over, state__in=[CampaignState.SCHEDULED, CampaignState.RUNNING])

    def overlapping(self, campaign: "Campaign") -> Self:
        """Others that run at some of the same time."""
        others = self.published().exclude(pk=campaign.pk)
        if campaign.ends_at:
            others = others.filter(Q(starts_at=None) | Q(starts_at__lt=campaign.ends_at))
        if campaign.starts_at:
            others = others.filter(Q(ends_at=None) | Q(ends_at__gt=campaign.starts_at))
        return others


class Campaign(models.Model):
    """One campaign: its audience, window, budget and state. What its kind needs besides stands in a plan of its own.

    platforms, segments: for people of any of these; for all where there are none. timezone: whose days count.
    points_budget: what it may give in points, null for no limit; points_given is kept within it by a constraint.
    holdout: percent of its people whom it leaves alone, so that what it brings can be measured by `experiment`, which
    is made when the campaign is scheduled.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=100)
    description = models.TextField(_("description"), blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=CampaignKind.choices)
    state = models.CharField(
        _("state"), max_length=10, choices=CampaignState.choices, default=CampaignState.DRAFT, editable=False
    )
    platforms = models.ManyToManyField(Platform, blank=True, related_name="+", verbose_name=_("platforms"))
    segments = models.ManyToManyField(Segment, blank=True, related_name="+", verbose_name=_("segments"))
    needs_marketing_consent = models.BooleanField(
        _("only for those who agree to marketing"),
        default=False,
        help_text=_("People come to a campaign by themselves; whoever is written to must agree in any case."),
    )
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai")
    points_budget = models.PositiveBigIntegerField(_("budget in points"), null=True, blank=True)
    points_given = models.PositiveBigIntegerField(_("points given"), default=0, editable=False)
    holdout = models.PositiveSmallIntegerField(
        _("percent left alone"),
        default=0,
        validators=[MaxValueValidator(LARGEST_HOLDOUT)],
        help_text=_("A random share of its people does not see it, so that what it brings can be measured."),
    )
    experiment = models.OneToOneField(
        Experiment,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="campaign",
        verbose_name=_("experiment"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="campaign_ends_after_start",
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
            ),
            models.CheckConstraint(
                name="campaign_within_points", condition=Q(points_budget=None) | Q(points_given__lte=F("points_budget"))
            ),
            models.CheckConstraint(name="campaign_holdout_in_bounds", condition=Q(holdout__lte=LARGEST_HOLDOUT)),
        ]

    def __str__(self) -> str:
        return self.name

    def day_of(self, moment: datetime) -> date:
        """The day that it is in the campaign's time zone."""
        return moment.astimezone(ZoneInfo(self.timezone)).date()
