"""Personal offers: programs that decide on them, each decision with its inputs, and who wants none."""

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount, Platform
from crossmarket.foundation.models import Job
from profiles.models import Course, Segment
from promotions.models.coupon import Coupon
from promotions.models.coupon_batch import CouponBatch
from promotions.pricing.benefits import WHOLE

A_SHARE = [MinValueValidator(0), MaxValueValidator(WHOLE)]


class ProgramState(models.TextChoices):
    """Where a program stands."""

    DRAFT = "draft", _("draft")
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    ENDED = "ended", _("ended")


def usual_levels() -> list[int]:
    """The discounts that a new program may give, in basis points."""
    return [500, 1_000, 2_000, 3_000]


class OfferProgram(models.Model):
    """By which rules personal offers are made: to whom, on what, how much, and how much they may cost in all.

    batch: its coupons are what people get, each with a value and a course of its own. levels: shares of the price that
    may be taken off, ascending. Shares are in basis points, money in minor units of the batch's currency. cost_share:
    what a sale costs us, of the list price. least_margin: what a sale must leave of the list price, after cost and
    discount. exploration: of the candidates, this share gets a level drawn at random (none is one of them), so that
    one learns what offers do. holdout: this share of persons never gets an offer. budget: what all offers may be
    expected to take off together.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=100)
    state = models.CharField(
        _("state"), max_length=10, choices=ProgramState.choices, default=ProgramState.DRAFT, editable=False
    )
    batch = models.OneToOneField(
        CouponBatch, on_delete=models.PROTECT, related_name="offer_program", verbose_name=_("batch")
    )
    scope = models.JSONField(_("courses"), default=dict, blank=True)
    platforms = models.ManyToManyField(Platform, blank=True, related_name="+", verbose_name=_("platforms"))
    segments = models.ManyToManyField(Segment, blank=True, related_name="+", verbose_name=_("segments"))
    levels = ArrayField(
        models.PositiveIntegerField(validators=[MinValueValidator(1), MaxValueValidator(WHOLE)]),
        verbose_name=_("discounts"),
        default=usual_levels,
    )
    budget = models.PositiveBigIntegerField(_("budget"), validators=[MinValueValidator(1)])
    cost_share = models.PositiveIntegerField(_("cost of a sale"), default=3_000, validators=A_SHARE)
    least_margin = models.PositiveIntegerField(_("margin that must be left"), default=1_000, validators=A_SHARE)
    exploration = models.PositiveIntegerField(_("drawn at random"), default=1_000, validators=A_SHARE)
    holdout = models.PositiveIntegerField(_("held out"), default=500, validators=A_SHARE)
    offers_at_most = models.PositiveIntegerField(_("offers to a person"), default=3, validators=[MinValueValidator(1)])
    quiet_days = models.PositiveIntegerField(_("days of quiet"), default=14)
    outcome_days = models.PositiveIntegerField(_("days that count"), default=14, validators=[MinValueValidator(1)])
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True, editable=False)
    decided_at = models.DateTimeField(_("last decided"), null=True, editable=False)

    class Meta:
        verbose_name = _("personal offer program")
        verbose_name_plural = _("personal offer programs")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="program_shares_are_shares",
                condition=Q(cost_share__lte=WHOLE, least_margin__lte=WHOLE, exploration__lte=WHOLE, holdout__lte=WHOLE),
            ),
            models.CheckConstraint(name="program_has_levels", condition=Q(levels__len__gte=1)),
        ]

    def __str__(self) -> str:
        return self.name


class OfferTerms(models.Model):
    """Other terms for one course, or for all of a platform: what a sale costs, and how much may be taken off."""

    program = models.ForeignKey(OfferProgram, on_delete=models.CASCADE, related_name="terms")
    platform = models.ForeignKey(
        Platform, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("platform")
    )
    course = models.ForeignKey(
        Course, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("course")
    )
    cost_share = models.PositiveIntegerField(_("cost of a sale"), null=True, blank=True, validators=A_SHARE)
    least = models.PositiveIntegerField(_("discount at least"), default=0, validators=A_SHARE)
    most = models.PositiveIntegerField(_("discount at most"), default=WHOLE, validators=A_SHARE)

    class Meta:
        verbose_name = _("terms of a course or platform")
        verbose_name_plural = _("terms of courses and platforms")
        constraints = [
            models.CheckConstraint(
                name="terms_of_one_thing",
                condition=Q(platform__isnull=False, course=None) | Q(platform=None, course__isnull=False),
            ),
            models.CheckConstraint(name="terms_in_order", condition=Q(least__lte=F("most"))),
            models.UniqueConstraint(fields=["program", "platform"], name="terms_once_a_platform"),
            models.UniqueConstraint(fields=["program", "course"], name="terms_once_a_course"),
        ]

    def __str__(self) -> str:
        return str(self.course or self.platform)


class Outcome(models.TextChoices):
    """What came of an offer."""

    OPEN = "open", _("not known yet")
    BOUGHT = "bought", _("bought")
    NOT_BOUGHT = "not_bought", _("not bought")


class OfferQuerySet(models.QuerySet["Offer"]):
    """Questions about decisions."""

    def given(self) -> Self:
        """Those that gave something."""
        return self.filter(level__gt=0)

    def settled(self) -> Self:
        """Those of which one knows what came of them."""
        return self.exclude(outcome=Outcome.OPEN)

    def due(self, moment: datetime) -> Self:
        """Those whose days are over, though nobody has looked yet what came of them."""
        return self.filter(outcome=Outcome.OPEN, counts_until__lte=moment)


class Offer(models.Model):
    """One automated decision: to offer somebody so much off a course, or (level 0) on purpose nothing.

    What was decided, and by what, is never changed; only what came of it is added. level: basis points of the price;
    propensity: how likely just this level was drawn; explored: drawn at random, not chosen. chances: by level of
    `ladder`, beginning with 0, how likely the model held it that they buy. uplift: by how much it held the chance to
    rise. inputs: all that the model was told, and which it was. reason: why, as a document (`promotions.offer_words`).
    """

    program = models.ForeignKey(
        OfferProgram, on_delete=models.CASCADE, related_name="offers", verbose_name=_("program")
    )
    account = models.ForeignKey(
        LinkedAccount, on_delete=models.CASCADE, related_name="offers", verbose_name=_("account")
    )
    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="+", verbose_name=_("course"))
    coupon = models.OneToOneField(
        Coupon, on_delete=models.SET_NULL, null=True, related_name="offer", verbose_name=_("coupon")
    )
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("job"))
    price = models.PositiveBigIntegerField(_("list price"))
    level = models.PositiveIntegerField(_("discount"))
    explored = models.BooleanField(_("drawn at random"))
    propensity = models.FloatField(_("likelihood of this decision"))
    ladder = ArrayField(models.PositiveIntegerField(), verbose_name=_("discounts to choose from"))
    chances = ArrayField(models.FloatField(), verbose_name=_("chances of buying"), default=list)
    uplift = models.FloatField(_("expected uplift"), default=0.0)
    gain = models.FloatField(_("expected gain"), default=0.0)
    reason = models.JSONField(_("reason"), default=dict)
    inputs = models.JSONField(_("inputs"), default=dict)
    decided_at = models.DateTimeField(_("decided"), default=timezone.now)
    counts_until = models.DateTimeField(_("counts until"))
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome.choices, default=Outcome.OPEN)
    paid = models.PositiveBigIntegerField(_("paid"), null=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("personal offer")
        verbose_name_plural = _("personal offers")
        ordering = ["-decided_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="offer_level_is_share", condition=Q(level__lte=WHOLE)),
            models.CheckConstraint(name="offer_propensity", condition=Q(propensity__gt=0, propensity__lte=1)),
        ]
        indexes = [
            models.Index(fields=["program", "decided_at"], name="offer_of_program"),
            models.Index(fields=["account", "decided_at"], name="offer_of_account"),
            models.Index(fields=["counts_until"], name="offer_due", condition=Q(outcome="open")),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.course_id} {self.level}"

    @property
    def quiet_until(self) -> datetime:
        """When the person may get another one."""
        return self.decided_at + timedelta(days=self.program.quiet_days)


class OffersChoiceQuerySet(models.QuerySet["PersonalOffersChoice"]):
    """Questions about choices."""

    def refusing(self) -> Self:
        """Those that want no personal offers."""
        return self.filter(wanted=False)


class PersonalOffersChoice(models.Model):
    """Whether a person wants personal offers, as they said on one of their accounts. Nothing said is yes.

    It counts for the person: whoever refuses on one account gets none on any other.
    """

    account = models.OneToOneField(
        LinkedAccount, on_delete=models.CASCADE, related_name="personal_offers_choice", verbose_name=_("account")
    )
    wanted = models.BooleanField(_("wants personal offers"))
    changed_at = models.DateTimeField(_("changed"), default=timezone.now)

    objects = OffersChoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("choice of personal offers")
        verbose_name_plural = _("choices of personal offers")

    def __str__(self) -> str:
        return f"{self.account_id} {self.wanted}"
