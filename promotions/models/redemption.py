"""Redemptions: coupons on an order, from reserving to paying or giving back."""

import uuid
from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount, Platform
from promotions.models.coupon import Coupon
from promotions.models.coupon_batch import CouponBatch


class RedemptionState(models.TextChoices):
    """Where a redemption stands."""

    RESERVED = "reserved", _("reserved")
    COMMITTED = "committed", _("committed")
    ROLLED_BACK = "rolled_back", _("rolled back")
    EXPIRED = "expired", _("expired")


COUNTING = (RedemptionState.RESERVED, RedemptionState.COMMITTED)


class RedemptionQuerySet(models.QuerySet["Redemption"]):
    """Questions about redemptions."""

    def overdue(self, moment: datetime) -> Self:
        """Those whose reservation has ended by itself."""
        return self.filter(state=RedemptionState.RESERVED, expires_at__lte=moment)


class Redemption(models.Model):
    """The coupons of one order, used together or not at all; money in minor units.

    amount: what the order costs without coupons; discount: what they take off; refunded: what was paid back until now.
    The account is null once it was erased: what was paid remains, and nobody is behind it any more.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+", verbose_name=_("platform"))
    account = models.ForeignKey(
        LinkedAccount, on_delete=models.SET_NULL, null=True, related_name="redemptions", verbose_name=_("account")
    )
    order_id = models.CharField(_("order"), max_length=200)
    currency = models.CharField(_("currency"), max_length=3)
    amount = models.BigIntegerField(_("amount"))
    discount = models.BigIntegerField(_("discount"))
    refunded = models.BigIntegerField(_("paid back"), default=0)
    lines = models.JSONField(_("lines"))
    state = models.CharField(
        _("state"), max_length=20, choices=RedemptionState.choices, default=RedemptionState.RESERVED
    )
    expires_at = models.DateTimeField(_("reserved until"))
    created_at = models.DateTimeField(_("reserved"), default=timezone.now, editable=False)
    ended_at = models.DateTimeField(_("committed or given back"), null=True, blank=True)

    objects = RedemptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("redemption")
        verbose_name_plural = _("redemptions")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="redemption_discount_within_amount", condition=Q(discount__gt=0, discount__lte=F("amount"))
            ),
            models.CheckConstraint(
                name="redemption_refunded_within_paid",
                condition=Q(refunded__gte=0, refunded__lte=F("amount") - F("discount")),
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], name="redemption_overdue", condition=Q(state="reserved")),
            models.Index(fields=["platform", "order_id"], name="redemption_of_order"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.discount}"


class Use(models.Model):
    """One coupon's part in a redemption: what it takes off, in all and of each line of the order.

    place: its place in the order in which coupons count. day: the day in the batch's time zone, for limits a day.
    returned: the part of the amount that went back with what was refunded. counts: among the uses of its batch.
    """

    redemption = models.ForeignKey(Redemption, on_delete=models.CASCADE, related_name="uses")
    batch = models.ForeignKey(CouponBatch, on_delete=models.PROTECT, related_name="uses", verbose_name=_("batch"))
    coupon = models.ForeignKey(
        Coupon, on_delete=models.SET_NULL, null=True, related_name="uses", verbose_name=_("coupon")
    )
    code = models.CharField(_("code"), max_length=40)
    place = models.PositiveSmallIntegerField(_("place"))
    amount = models.BigIntegerField(_("discount"))
    discounts = ArrayField(models.BigIntegerField(), verbose_name=_("discount of each line"))
    returned = models.BigIntegerField(_("discount returned"), default=0)
    day = models.DateField(_("day"))
    counts = models.BooleanField(default=True, editable=False)

    class Meta:
        verbose_name = _("use of a coupon")
        verbose_name_plural = _("uses of coupons")
        ordering = ["redemption", "place"]
        constraints = [
            models.UniqueConstraint(fields=["redemption", "place"], name="use_one_at_a_place"),
            models.UniqueConstraint(fields=["coupon"], condition=Q(counts=True), name="coupon_used_once"),
            models.CheckConstraint(name="use_takes_something_off", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="use_returned_within_amount", condition=Q(returned__gte=0, returned__lte=F("amount"))
            ),
        ]
        indexes = [models.Index(fields=["batch"], name="use_of_batch", condition=Q(counts=True))]

    def __str__(self) -> str:
        return f"{self.code} {self.amount}"
