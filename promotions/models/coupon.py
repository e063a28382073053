"""Single coupons."""

from dataclasses import replace
from typing import Self

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount
from profiles.models import Course
from promotions.models.coupon_batch import CouponBatch
from promotions.pricing.benefits import Benefit


class CouponState(models.TextChoices):
    """Whose a coupon is."""

    FREE = "free", _("nobody's yet")
    HELD = "held", _("claimed")
    REVOKED = "revoked", _("revoked")


class CouponQuerySet(models.QuerySet["Coupon"]):
    """Questions about coupons."""

    def free_of(self, batch: CouponBatch) -> Self:
        """Those of a batch that anybody may claim."""
        return self.filter(batch=batch, state=CouponState.FREE, is_used=False)

    def held_by(self, account_ids: list[int]) -> Self:
        """Those that these accounts have claimed."""
        return self.filter(holder__in=account_ids, state=CouponState.HELD)

    def expired(self) -> Self:
        """Those whose days after claiming are over."""
        return self.filter(expires_at__lte=timezone.now())


class Coupon(models.Model):
    """One coupon of a batch, good once.

    code: of batches with a code for each coupon; of others null, for their coupons share the batch's.
    is_used: whether a reserved or committed redemption uses it. own_value, only_course: what it gives instead of its
    batch's value, and the one course of the batch's that it is good for; null for what all of the batch give.
    """

    batch = models.ForeignKey(CouponBatch, on_delete=models.CASCADE, related_name="coupons", verbose_name=_("batch"))
    code = models.CharField(_("code"), max_length=40, null=True, blank=True, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=CouponState.choices, default=CouponState.FREE)
    holder = models.ForeignKey(
        LinkedAccount, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("claimed by")
    )
    claimed_at = models.DateTimeField(_("claimed"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    channel = models.CharField(_("channel"), max_length=50, blank=True)
    own_value = models.BigIntegerField(_("own value"), null=True, blank=True, validators=[MinValueValidator(1)])
    only_course = models.ForeignKey(
        Course, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("only for the course")
    )
    is_used = models.BooleanField(_("used"), default=False, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = CouponQuerySet.as_manager()

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["batch", "id"], name="coupon_free", condition=Q(state="free", is_used=False)),
            models.Index(fields=["holder", "batch"], name="coupon_of_holder"),
        ]
        constraints = [
            models.CheckConstraint(
                name="coupon_held_by_somebody",
                condition=Q(state="held", holder__isnull=False, claimed_at__isnull=False) | ~Q(state="held"),
            ),
            models.CheckConstraint(
                name="coupon_own_value_makes_sense", condition=Q(own_value=None) | Q(own_value__gte=1)
            ),
            # A code that everybody types tells nobody's own coupon.
            models.CheckConstraint(
                name="coupon_of_its_own_has_code",
                condition=Q(code__isnull=False) | Q(own_value=None, only_course=None),
            ),
        ]

    def __str__(self) -> str:
        return self.code or f"{self.batch_id} {self.pk}"

    def gives_of(self, batch: CouponBatch) -> Benefit:
        """What it gives, being one of this batch."""
        return batch.gives if self.own_value is None else replace(batch.gives, value=self.own_value)
