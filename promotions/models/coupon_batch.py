"""Batches of coupons: the rules that all coupons of a batch have in common."""

import uuid
from datetime import datetime
from typing import Self

from django.contrib.postgres.expressions import ArraySubquery
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from profiles.models import Experiment, Segment
from promotions.pricing.benefits import WHOLE, Benefit, BenefitKind

BENEFITS = (
    (BenefitKind.PERCENT.value, _("share of the price")),
    (BenefitKind.AMOUNT.value, _("amount")),
    (BenefitKind.FIXED_PRICE.value, _("fixed price")),
    (BenefitKind.FREE_ITEM.value, _("free item")),
)


class BatchState(models.TextChoices):
    """Where a batch stands, from the first idea to the end."""

    DRAFT = "draft", _("draft")
    REVIEW = "review", _("in review")
    LIVE = "live", _("live")
    PAUSED = "paused", _("paused")
    ENDED = "ended", _("ended")


class CodeKind(models.TextChoices):
    """What codes people use."""

    SHARED = "shared", _("one code for everybody")
    UNIQUE = "unique", _("a code for each coupon")


class CouponBatchQuerySet(models.QuerySet["CouponBatch"]):
    """Questions about batches."""

    def published(self) -> Self:
        """Those that people may know of."""
        return self.exclude(state__in=[BatchState.DRAFT, BatchState.REVIEW])

    def with_segments(self) -> Self:
        """With the keys of the segments they are for, as `segment_ids`."""
        links = CouponBatch.segments.through.objects.filter(couponbatch=OuterRef("pk")).order_by()
        return self.annotate(segment_ids=ArraySubquery(links.values("segment_id")))

    def open_at(self, moment: datetime) -> Self:
        """Those that are live in their window then."""
        begun = Q(starts_at=None) | Q(starts_at__lte=moment)
        return self.filter(begun, Q(ends_at=None) | Q(ends_at__gt=moment), state=BatchState.LIVE)


class CouponBatch(models.Model):
    """What its coupons give, for what, when, how often and for how much in all.

    benefit, value, cap, units: see `promotions.pricing.benefits.Benefit`; money in minor units of `currency`.
    scope: the courses that it is good for (`promotions.scope`); all where it is empty.
    minimum: what these must cost without coupons. hours: hours of the week in `timezone`, always where it is empty.
    limits: uses in all, by one person on all accounts, on one day (in `timezone`); null for no limit. budget: what all
    uses may take off together. rank, group, is_exclusive: see `promotions.pricing.stacking.Claim`.
    used, spent: uses and money of all reserved and committed redemptions, without what was refunded; the constraints
    keep them within limits whatever programs do. returns_coupon: whether a use counts no more once all was refunded.
    reach: about how many people could use it when it went live, for forecasts of later ones. holdout, experiment: see
    `promotions.holdouts`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=100)
    description = models.TextField(_("description"), blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=BatchState.choices, default=BatchState.DRAFT, editable=False
    )
    benefit = models.CharField(_("benefit"), max_length=20, choices=BENEFITS)
    value = models.BigIntegerField(_("value"), validators=[MinValueValidator(0)])
    cap = models.BigIntegerField(_("at most"), null=True, blank=True, validators=[MinValueValidator(1)])
    units = models.PositiveIntegerField(_("units"), null=True, blank=True, validators=[MinValueValidator(1)])
    currency = models.CharField(_("currency"), max_length=3, default="CNY")
    scope = models.JSONField(_("good for"), default=dict, blank=True)
    minimum = models.BigIntegerField(_("minimum amount"), default=0, validators=[MinValueValidator(0)])
    first_purchase = models.BooleanField(_("for the first purchase only"), default=False)
    segments = models.ManyToManyField(Segment, blank=True, related_name="+", verbose_name=_("segments"))
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    days_after_claim = models.PositiveIntegerField(
        _("days after claiming"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(3650)]
    )
    hours = models.JSONField(_("hours of the week"), default=list, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, default="Asia/Shanghai")
    limit_total = models.PositiveBigIntegerField(_("uses in all"), null=True, blank=True)
    limit_person = models.PositiveIntegerField(_("uses by a person"), null=True, blank=True, default=1)
    limit_day = models.PositiveBigIntegerField(_("uses a day"), null=True, blank=True)
    budget = models.PositiveBigIntegerField(_("budget"), null=True, blank=True)
    rank = models.IntegerField(_("rank"), default=0)
    group = models.CharField(_("stacking group"), max_length=50, blank=True)
    is_exclusive = models.BooleanField(_("goes with no other"), default=False)
    code_kind = models.CharField(_("codes"), max_length=10, choices=CodeKind.choices, default=CodeKind.UNIQUE)
    shared_code = models.CharField(_("code"), max_length=40, blank=True)
    may_be_given = models.BooleanField(_("may be given to others"), default=False)
    returns_coupon = models.BooleanField(
        _("usable again after a refund"),
        default=True,
        help_text=_("When all of a paid order goes back, its coupon can be used again; the money always returns."),
    )
    used = models.PositiveBigIntegerField(_("uses"), default=0, editable=False)
    spent = models.PositiveBigIntegerField(_("taken off"), default=0, editable=False)
    holdout = models.PositiveSmallIntegerField(
        _("percent held out"),
        default=0,
        validators=[MaxValueValidator(50)],
        help_text=_("A random share of its people does not get it, so that what it brings can be measured."),
    )
    experiment = models.OneToOneField(
        Experiment,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="coupon_batch",
        verbose_name=_("experiment"),
    )
    reach = models.PositiveBigIntegerField(_("people who could use it"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True)

    segment_ids: list[int]
    """The keys of its segments, where `with_segments` has read them."""

    objects = CouponBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("coupon batch")
        verbose_name_plural = _("coupon batches")
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["shared_code"], name="batch_of_shared_code", condition=Q(code_kind=CodeKind.SHARED))
        ]
        permissions = [("approve_couponbatch", "Can let coupon batches go live")]
        constraints = [
            models.CheckConstraint(
                name="batch_within_total", condition=Q(limit_total=None) | Q(used__lte=F("limit_total"))
            ),
            models.CheckConstraint(name="batch_within_budget", condition=Q(budget=None) | Q(spent__lte=F("budget"))),
            models.CheckConstraint(
                name="batch_benefit_makes_sense",
                condition=Q(benefit=BenefitKind.PERCENT, value__range=(1, WHOLE))
                | Q(benefit=BenefitKind.AMOUNT, value__gte=1)
                | Q(benefit=BenefitKind.FIXED_PRICE, value__gte=0)
                | Q(benefit=BenefitKind.FREE_ITEM, value=0),
            ),
            models.CheckConstraint(
                name="batch_shared_code_where_shared",
                condition=Q(code_kind=CodeKind.SHARED) & ~Q(shared_code="")
                | Q(code_kind=CodeKind.UNIQUE, shared_code=""),
            ),
            models.UniqueConstraint(
                fields=["shared_code"],
                condition=Q(code_kind=CodeKind.SHARED) & ~Q(state=BatchState.ENDED),
                name="batch_shared_code_unique",
            ),
            # Everybody types the same code, claimed or not, so that no days after claiming could be kept.
            models.CheckConstraint(
                name="batch_days_after_claim_with_own_codes",
                condition=Q(code_kind=CodeKind.UNIQUE) | Q(days_after_claim=None),
            ),
            models.CheckConstraint(
                name="batch_ends_after_start",
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def gives(self) -> Benefit:
        """What a coupon of it gives."""
        return Benefit(BenefitKind(self.benefit), self.value, self.cap, self.units)


class BatchDay(models.Model):
    """How often coupons of a batch were used on a day of its time zone."""

    batch = models.ForeignKey(CouponBatch, on_delete=models.CASCADE, related_name="days")
    day = models.DateField(_("day"))
    used = models.PositiveBigIntegerField(_("uses"), default=0)

    class Meta:
        verbose_name = _("day of a batch")
        verbose_name_plural = _("days of batches")
        constraints = [models.UniqueConstraint(fields=["batch", "day"], name="batch_day_once")]

    def __str__(self) -> str:
        return f"{self.day}"
